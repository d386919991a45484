//! The browser chat: rendered here, kept alive by server-sent events and a few small scripts.
//!
//! Acts go through the driving API, so that the page can do nothing that a test could not.

mod bubble;
mod chat;
mod desk;
mod forms;
mod list;
mod members;
mod panel;
mod rich;
mod spec;
mod stream;
mod transcript;

use crate::Emulator;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use maud::{DOCTYPE, Markup, html};

/// The page loads nothing from elsewhere and runs no script but its own.
const POLICY: &str = "default-src 'self'; img-src 'self' blob: data:; frame-ancestors 'none'";

pub(crate) fn routes() -> Router<Emulator> {
    Router::new()
        .route("/", get(desk::one))
        .route("/desk", get(desk::several))
        .route("/panel", get(panel::alone))
        .route("/app/pane", get(desk::pane))
        .route("/app/members", get(members::members))
        .route("/app/panel", get(panel::part))
        .route("/app/stream", get(stream::stream))
        .route("/app/file/{id}", get(file))
        .route("/app/{asset}", get(asset))
}

/// What the page is made of besides its HTML.
async fn asset(Path(name): Path<String>) -> Response {
    let (kind, text) = match name.as_str() {
        "style.css" => ("text/css", include_str!("assets/style.css")),
        "messages.css" => ("text/css", include_str!("assets/messages.css")),
        "panel.css" => ("text/css", include_str!("assets/panel.css")),
        "desk.js" => ("text/javascript", include_str!("assets/desk.js")),
        "pane.js" => ("text/javascript", include_str!("assets/pane.js")),
        "composer.js" => ("text/javascript", include_str!("assets/composer.js")),
        "panel.js" => ("text/javascript", include_str!("assets/panel.js")),
        "tools.js" => ("text/javascript", include_str!("assets/tools.js")),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    ([(header::CONTENT_TYPE, format!("{kind}; charset=utf-8"))], text).into_response()
}

/// A fragment or a whole page.
fn answer(page: Markup) -> Response {
    ([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(page.into_string())).into_response()
}

/// Dark, light, or as the system has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Theme {
    Auto,
    Light,
    Dark,
}

impl Theme {
    /// As the switch left it in a cookie, so that no page begins in the wrong one.
    fn of(headers: &HeaderMap) -> Self {
        let cookies = headers.get(header::COOKIE).and_then(|c| c.to_str().ok()).unwrap_or_default();
        match cookies.split(';').find_map(|pair| pair.trim().strip_prefix("emulator-theme=")) {
            Some("light") => Self::Light,
            Some("dark") => Self::Dark,
            _ => Self::Auto,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

fn document(title: &str, theme: Theme, body: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" data-theme=(theme.name()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content";
                title { (title) }
                link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='4.5' fill='%232f6feb'/%3E%3Cpath d='M4 5.2h8v4.6H7.6L5 12V9.8H4z' fill='white'/%3E%3C/svg%3E";
                link rel="stylesheet" href="/app/style.css";
                link rel="stylesheet" href="/app/messages.css";
                link rel="stylesheet" href="/app/panel.css";
                script type="module" src="/app/desk.js" {}
            }
            (body)
        }
    }
}

/// A coloured disc with initials.
fn avatar(name: &str, id: i64) -> Markup {
    let initials: String = name
        .split_whitespace()
        .filter_map(|word| word.chars().find(|c| c.is_alphanumeric()))
        .take(2)
        .flat_map(char::to_uppercase)
        .collect();
    let class = format!("avatar c{}", id.rem_euclid(7));
    html! { span class=(class) aria-hidden="true" { (initials) } }
}

/// Drawings in strokes on a 24 by 24 field, in the colour of the text.
fn icon(name: &str) -> Markup {
    let path = match name {
        "back" => "M15 5l-7 7 7 7",
        "send" => "M5 12h14M13 6l6 6-6 6",
        "attach" => {
            "M20 11.5l-8.2 8.2a5 5 0 0 1-7.1-7.1l8.6-8.6a3.4 3.4 0 0 1 4.8 4.8l-8.5 8.5a1.7 1.7 0 0 1-2.4-2.4l7.8-7.8"
        }
        "close" => "M6 6l12 12M18 6L6 18",
        "plus" => "M12 5v14M5 12h14",
        "more" => "M6 12h.01M12 12h.01M18 12h.01",
        "menu" => "M5 7h14M5 12h14M5 17h9",
        "sliders" => "M4 8h9M17 8h3M4 16h3M11 16h9M15 6v4M9 14v4",
        "theme" => "M12 4a8 8 0 1 0 8 8 6 6 0 0 1-8-8z",
        "group" => {
            "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20a6.5 6.5 0 0 1 13 0M16 4.5a3.5 3.5 0 0 1 0 6.5M18 14.5a6.5 6.5 0 0 1 3.5 5.5"
        }
        "lock" => "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
        "file" => "M7 3h7l5 5v13H7zM14 3v5h5",
        "pin" => "M12 21s7-6 7-11.5a7 7 0 0 0-14 0C5 15 12 21 12 21zM12 12a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
        _ => "M9.5 4L7.5 20M16.5 4l-2 16M4.5 9h16M3.5 15h16",
    };
    html! {
        svg.icon viewBox="0 0 24 24" width="22" height="22" aria-hidden="true" { path d=(path) {} }
    }
}

/// A time of day in UTC, which the script turns into local time.
fn clock_time(seconds: i64) -> Markup {
    let time = chrono::DateTime::from_timestamp(seconds, 0).unwrap_or_default();
    html! {
        time datetime=(time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)) { (time.format("%H:%M")) }
    }
}

/// A file for the browser: pictures are shown, everything else is downloaded and never run.
async fn file(State(emulator): State<Emulator>, Path(id): Path<String>) -> Response {
    let telegram = emulator.lock();
    let Some(file) = telegram.store.files.get(&id) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let is_photo = file.path.starts_with("photos/");
    let mut headers = HeaderMap::new();
    let kind = if is_photo { "image/jpeg" } else { "application/octet-stream" };
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, header::HeaderValue::from_static("nosniff"));
    if !is_photo {
        headers.insert(header::CONTENT_DISPOSITION, header::HeaderValue::from_static("attachment"));
    }
    (headers, file.content.clone()).into_response()
}
