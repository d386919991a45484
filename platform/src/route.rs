//! Ways to people that are not Telegram, for what must reach somebody while Telegram is away: mail by SMTP, or a webhook.

use std::fmt;

use lettre::Message;
use lettre::message::Mailbox;

use crate::secrets::Secret;
use crate::smtp::{Smtp, TIMEOUT};

/// Why nothing went out. Says no address and no password.
#[derive(Debug, thiserror::Error)]
pub enum RouteError {
    /// A setting does not read as what it should be.
    #[error("{0} is not an address")]
    BadAddress(&'static str),
    /// The other side refused it or was not there.
    #[error("{0}")]
    NotDelivered(String),
}

/// One way.
#[derive(Clone)]
pub enum Way {
    /// Mail to fixed people.
    Mail(Box<Mail>),
    /// A POST of `{"title", "text"}` as JSON.
    Hook(Hook),
}

/// A mail server, and between whom.
#[derive(Clone)]
pub struct Mail {
    smtp: Smtp,
    from: Mailbox,
    to: Vec<Mailbox>,
}

/// Where a webhook goes.
#[derive(Clone)]
pub struct Hook {
    client: reqwest::Client,
    /// It may carry a token.
    url: Secret,
}

impl Way {
    /// Mail by the server at `url` (`smtp://user:password@host:port`, `smtps://…`) to the comma-separated `to`.
    ///
    /// # Errors
    /// One of the three is no address.
    pub fn mail(url: &Secret, from: &str, to: &str) -> Result<Self, RouteError> {
        let smtp = Smtp::at(url).ok_or(RouteError::BadAddress("second_route.smtp_url"))?;
        let mailbox = |text: &str, key| text.trim().parse().map_err(|_| RouteError::BadAddress(key));
        Ok(Self::Mail(Box::new(Mail {
            smtp,
            from: mailbox(from, "second_route.mail_from")?,
            to: to.split(',').map(|text| mailbox(text, "second_route.mail_to")).collect::<Result<_, _>>()?,
        })))
    }

    /// A webhook.
    ///
    /// # Errors
    /// It is no address, or the TLS back end cannot be set up.
    pub fn hook(url: Secret) -> Result<Self, RouteError> {
        let bad = RouteError::BadAddress("second_route.webhook_url");
        let parsed: url::Url = url.expose().parse().map_err(|_| bad)?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(RouteError::BadAddress("second_route.webhook_url"));
        }
        let client = reqwest::Client::builder().timeout(TIMEOUT).redirect(reqwest::redirect::Policy::none()).build();
        let client = client.map_err(|error| RouteError::NotDelivered(error.to_string()))?;
        Ok(Self::Hook(Hook { client, url }))
    }

    /// Its name in logs and `/readyz`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Mail(_) => "mail",
            Self::Hook(_) => "webhook",
        }
    }

    /// Brings a text to whoever is at the other end.
    ///
    /// # Errors
    /// It was not taken.
    pub async fn send(&self, title: &str, text: &str) -> Result<(), RouteError> {
        match self {
            Self::Mail(mail) => {
                let Mail { smtp, from, to } = &**mail;
                let message = to
                    .iter()
                    .fold(Message::builder().from(from.clone()), |message, to| message.to(to.clone()))
                    .subject(title)
                    .body(text.to_owned())
                    .map_err(|error| RouteError::NotDelivered(error.to_string()))?;
                smtp.deliver(message).await.map_err(|error| RouteError::NotDelivered(error.to_string()))
            }
            Self::Hook(Hook { client, url }) => {
                let body = serde_json::json!({ "title": title, "text": text });
                let answer = client.post(url.expose()).json(&body).send().await;
                let answer = answer.and_then(reqwest::Response::error_for_status);
                answer.map(drop).map_err(|error| RouteError::NotDelivered(error.without_url().to_string()))
            }
        }
    }
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").field("to", &self.to).finish_non_exhaustive()
    }
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hook")
    }
}

impl fmt::Debug for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked_at_the_start_and_never_shown() {
        let smtp = Secret::new("smtps://bo:canary@mail.example:465".to_owned());
        let way = Way::mail(&smtp, "Hub <hub@example.org>", "bo@example.org, eva@example.org").expect("fits");
        assert!(!format!("{way:?}").contains("canary"));
        assert!(Way::mail(&smtp, "nobody", "bo@example.org").is_err());
        assert!(Way::mail(&smtp, "hub@example.org", "bo@example.org,").is_err());
        for url in ["canary", "ftp://canary.example"] {
            let error = Way::hook(Secret::new(url.to_owned())).expect_err("no address");
            assert!(!format!("{error} {error:?}").contains("canary"));
        }
    }
}
