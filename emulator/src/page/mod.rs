//! The browser chat at `/`: rendered here, kept alive by server-sent events and one small script.
//!
//! Acts go through the driving API, so that the page can do nothing that a test could not.

mod bubble;
mod chat;
mod rich;
mod sidebar;
mod stream;

use crate::Emulator;
use crate::drive::Name;
use crate::model::Telegram;
use crate::model::chat::Place;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use maud::{DOCTYPE, Markup, html};
use serde::Deserialize;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");
/// The page loads nothing from elsewhere and runs no script but its own.
const POLICY: &str = "default-src 'self'; img-src 'self' blob: data:; frame-ancestors 'none'";

pub(crate) fn routes() -> Router<Emulator> {
    Router::new()
        .route("/", get(page))
        .route("/app/style.css", get(style))
        .route("/app/script.js", get(script))
        .route("/app/stream", get(stream::stream))
        .route("/app/file/{id}", get(file))
}

async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE).into_response()
}

async fn script() -> Response {
    let kind = "text/javascript; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], SCRIPT).into_response()
}

/// Who looks, at which chat, and with which deep link in hand.
#[derive(Debug, Deserialize)]
pub(crate) struct View {
    #[serde(rename = "as")]
    person: Option<String>,
    chat: Option<String>,
    start: Option<String>,
}

/// Whom and what a request means, as far as that exists.
struct Looking {
    person: i64,
    place: Option<Place>,
}

impl View {
    fn resolve(&self, telegram: &Telegram) -> Option<Looking> {
        let person = telegram.person_of(&Name::of(self.person.as_deref()?)).ok()?;
        let place = self.chat.as_deref().and_then(|chat| telegram.acting_place(&Name::of(chat), person).ok());
        Some(Looking { person, place })
    }
}

async fn page(State(emulator): State<Emulator>, Query(view): Query<View>) -> Response {
    let telegram = emulator.lock();
    let body = match view.resolve(&telegram) {
        Some(looking) => telegram.workspace(&looking, view.start.as_deref()),
        None => telegram.welcome(),
    };
    ([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(body.into_string())).into_response()
}

fn document(title: &str, body: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content";
                meta name="color-scheme" content="light dark";
                title { (title) }
                link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Ccircle cx='8' cy='8' r='8' fill='%233390ec'/%3E%3Cpath d='M3 8l10-4-2 9-3-2-2 2v-3l5-4-6 3z' fill='white'/%3E%3C/svg%3E";
                link rel="stylesheet" href="/app/style.css";
                script src="/app/script.js" defer {}
            }
            (body)
        }
    }
}

impl Telegram {
    /// Choosing who to be.
    fn welcome(&self) -> Markup {
        document(
            "Who are you?",
            html! {
                body.welcome {
                    main {
                        h1 { "Who are you?" }
                        p.hint { "Each browser tab is one person's phone. Open several to talk to the bots as several people." }
                        ul.people {
                            @for person in self.store.people.values() {
                                li {
                                    a href={ "/?as=" (person.user.id) } {
                                        (avatar(&person.user.full_name(), person.user.id))
                                        span { (person.user.full_name()) }
                                        small { (person.user.language_code.as_deref().unwrap_or("en")) }
                                    }
                                }
                            }
                        }
                        (sidebar::new_person(self.store.people.is_empty()))
                    }
                }
            },
        )
    }

    /// The messenger of one person.
    fn workspace(&self, looking: &Looking, start: Option<&str>) -> Markup {
        let person = looking.person;
        let me = self.user(person).map_or_else(String::new, |u| u.full_name());
        let key = looking.place.map(|place| self.chat_key(place));
        let title = match looking.place {
            Some(place) => format!("{me} · {}", self.chat_title(place)),
            None => me,
        };
        document(
            &title,
            html! {
                body.workspace.open[looking.place.is_some()] data-person=(person) data-chat=[&key] {
                    (self.sidebar(looking))
                    main.chat {
                        @match looking.place {
                            Some(place) => (self.chat_pane(place, person, start)),
                            None => p.pill { "Choose a chat to begin" },
                        }
                    }
                    div #toasts role="status" aria-live="polite" {}
                    dialog #alert {
                        p {}
                        form method="dialog" { button { "OK" } }
                    }
                    dialog #confirm {
                        p {}
                        form method="dialog" {
                            button value="no" { "Cancel" }
                            button value="yes" { "Share" }
                        }
                    }
                }
            },
        )
    }

    /// How a chat is named in addresses: a bot's username or a group's id.
    fn chat_key(&self, place: Place) -> String {
        match place {
            Place::Private { bot, .. } => {
                self.store.bots.get(&bot).map_or_else(|| bot.to_string(), |b| b.username().to_owned())
            }
            Place::Group { group } => group.to_string(),
        }
    }

    /// What stands above a chat.
    fn chat_title(&self, place: Place) -> String {
        match place {
            Place::Private { bot, .. } => self.user(bot).map_or_else(String::new, |u| u.full_name()),
            Place::Group { group } => self.store.groups.get(&group).map_or_else(String::new, |g| g.title.clone()),
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
