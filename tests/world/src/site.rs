//! A tenant's site as a visitor's browser gets it: by its domain, through the hub's edge.

use std::time::Duration;

use anyhow::{Context as _, Result};
use reqwest::header::{COOKIE, HOST, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, Method};

use crate::deadline::{Waited, until};

/// One site behind the edge.
#[derive(Clone, Debug)]
pub struct Site {
    http: Client,
    port: u16,
    domain: String,
}

/// What came back; redirects are not followed.
#[derive(Clone, Debug)]
pub struct Page {
    /// The HTTP status.
    pub status: u16,
    /// The body as text.
    pub body: String,
    /// Where a redirect leads.
    pub location: Option<String>,
    /// The cookie that was set, as it is sent back.
    pub cookie: Option<String>,
}

impl Site {
    pub(crate) fn new(port: u16, domain: &str) -> Result<Self> {
        Ok(Self {
            http: Client::builder().no_proxy().redirect(Policy::none()).timeout(Duration::from_secs(10)).build()?,
            port,
            domain: domain.to_owned(),
        })
    }

    /// What a person types into a browser.
    pub fn url(&self) -> String {
        format!("http://{}:{}/", self.domain, self.port)
    }

    /// Gets a page.
    ///
    /// # Errors
    /// The edge does not answer.
    pub async fn get(&self, path: &str) -> Result<Page> {
        self.ask(Method::GET, path, None, &[]).await
    }

    /// Gets a page with a cookie.
    ///
    /// # Errors
    /// The edge does not answer.
    pub async fn get_as(&self, path: &str, cookie: &str) -> Result<Page> {
        self.ask(Method::GET, path, Some(cookie), &[]).await
    }

    /// Sends a form.
    ///
    /// # Errors
    /// The edge does not answer.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Result<Page> {
        self.ask(Method::POST, path, None, form).await
    }

    async fn ask(&self, method: Method, path: &str, cookie: Option<&str>, form: &[(&str, &str)]) -> Result<Page> {
        // By address with the name in the header: not every resolver knows `.localhost`.
        let url = format!("http://127.0.0.1:{}{path}", self.port);
        // As a browser sends it: with the port, which is not that of http.
        let host = format!("{}:{}", self.domain, self.port);
        let mut request = self.http.request(method, url).header(HOST, host);
        if let Some(cookie) = cookie {
            request = request.header(COOKIE, cookie);
        }
        if !form.is_empty() {
            // A browser says with each form from which page it was sent.
            request = request.form(form).header(ORIGIN, format!("http://{}:{}", self.domain, self.port));
        }
        let answer = request.send().await.with_context(|| format!("{}{path} does not answer", self.url()))?;
        let header = |name| {
            let value = answer.headers().get(name)?;
            value.to_str().ok().map(str::to_owned)
        };
        let location = header(LOCATION);
        let cookie = header(SET_COOKIE).and_then(|c| c.split(';').next().map(|pair| pair.trim().to_owned()));
        Ok(Page { status: answer.status().as_u16(), location, cookie, body: answer.text().await? })
    }

    /// Waits until a page has this status.
    ///
    /// # Errors
    /// It does not within that time.
    pub async fn answers(&self, path: &str, status: u16, within: Duration) -> Result<Waited<Page>> {
        let what = format!("{}{} to answer {status}", self.domain, path);
        until(&what, within, async || {
            let page = self.get(path).await.ok();
            Ok(page.filter(|p| p.status == status))
        })
        .await
    }
}
