//! The driving API under `/_emulator`: people's hands, for tests and demos.
//!
//! Every route is documented in the README with each of its fields.

mod accounts;
mod change;
mod control;
mod events;
mod groups;
mod press;
mod read;
mod send;

use crate::Emulator;
use crate::model::Telegram;
use crate::model::chat::{Permission, Place};
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

/// Largest body of a driving call in bytes: a document as base64 text.
const MAX_BODY: usize = 80 * 1024 * 1024;

pub(crate) fn routes() -> Router<Emulator> {
    Router::new()
        .route("/bots", get(accounts::bots).post(accounts::add_bot))
        .route("/people", get(accounts::people).post(accounts::add_person))
        .route("/people/{person}", post(accounts::change_person).delete(accounts::delete_person))
        .route("/chats", post(accounts::add_chat))
        .route("/chats/{chat}", delete(groups::delete_chat))
        .route("/chats/{chat}/messages", get(read::messages))
        .route("/chats/{chat}/commands", get(read::commands))
        .route("/send", post(send::send))
        .route("/edit", post(change::edit))
        .route("/delete", post(change::delete))
        .route("/react", post(change::react))
        .route("/members", post(groups::set_member))
        .route("/migrate", post(groups::migrate))
        .route("/forum", post(groups::set_forum))
        .route("/topics", post(groups::topic))
        .route("/press", post(press::press))
        .route("/block", post(send::block))
        .route("/faults", get(control::faults).post(control::add_fault).delete(control::clear_faults))
        .route("/faults/{id}", delete(control::remove_fault))
        .route("/updates/restart", post(control::restart_updates))
        .route("/clock", get(control::clock).post(control::set_clock))
        .route("/transcript", get(control::transcript))
        .route("/events", get(events::events))
        .layer(axum::extract::DefaultBodyLimit::max(MAX_BODY))
}

/// A refusal of the driving API: `{"error": "…"}`.
#[derive(Debug)]
pub(crate) struct Refused(StatusCode, String);

impl Refused {
    pub(crate) fn bad(text: impl Into<String>) -> Self {
        Self(StatusCode::BAD_REQUEST, text.into())
    }

    pub(crate) fn missing(text: impl Into<String>) -> Self {
        Self(StatusCode::NOT_FOUND, text.into())
    }

    pub(crate) fn conflict(text: impl Into<String>) -> Self {
        Self(StatusCode::CONFLICT, text.into())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(json!({"error": self.1}))).into_response()
    }
}

/// A JSON body; one of another form is refused like everything else here.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refused> {
        match Json::<T>::from_request(request, state).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(rejection) => Err(Refused(rejection.status(), rejection.body_text())),
        }
    }
}

/// An account or chat as a caller writes it: an id or a username.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Name {
    Id(i64),
    Word(String),
}

impl Name {
    /// A name from a path or query, where ids are words.
    pub(crate) fn of(word: &str) -> Self {
        word.parse().map_or_else(|_| Self::Word(word.to_owned()), Self::Id)
    }
}

impl Telegram {
    /// The id of a person.
    pub(crate) fn person_of(&self, name: &Name) -> Result<i64, Refused> {
        let people = &self.store.people;
        let found = match name {
            Name::Id(id) => people.contains_key(id).then_some(*id),
            Name::Word(word) => {
                let word = word.trim_start_matches('@');
                people
                    .values()
                    .find(|p| p.user.username.as_deref() == Some(word))
                    .map(|p| p.user.id)
                    .or_else(|| word.parse().ok().filter(|id| people.contains_key(id)))
            }
        };
        found.ok_or_else(|| Refused::missing(format!("there is no person {name:?}")))
    }

    /// The id of a person or a bot.
    pub(crate) fn account_of(&self, name: &Name) -> Result<i64, Refused> {
        let bot = match name {
            Name::Id(id) => self.store.bots.get(id),
            Name::Word(word) => self.bot_named(word),
        };
        bot.map_or_else(|| self.person_of(name), |bot| Ok(bot.user.id))
    }

    /// The place that a chat means for a person: a group, or the private chat with a bot (which may not exist yet).
    pub(crate) fn place_of(&self, chat: &Name, person: Option<i64>) -> Result<Place, Refused> {
        let id = match chat {
            Name::Id(id) => Some(*id),
            Name::Word(word) => word.parse().ok(),
        };
        if let Some(group) = id.and_then(|id| self.store.groups.get(&id)) {
            return Ok(Place::Group { group: group.id });
        }
        let bot = match (id, chat) {
            (Some(id), _) => self.store.bots.get(&id),
            (None, Name::Word(word)) => self.bot_named(word),
            (None, Name::Id(_)) => None,
        };
        let bot = bot.ok_or_else(|| Refused::missing(format!("there is no group or bot {chat:?}")))?.user.id;
        let person = person.ok_or_else(|| Refused::bad("a private chat needs a person: add ?for=PERSON"))?;
        Ok(Place::Private { bot, person })
    }

    /// The same, refused where the person cannot act: not a member, or the bot is blocked.
    pub(crate) fn acting_place(&self, chat: &Name, person: i64) -> Result<Place, Refused> {
        let place = self.place_of(chat, Some(person))?;
        match place {
            Place::Group { group } if self.store.groups.get(&group).is_some_and(|g| g.ended.is_some()) => {
                Err(Refused::bad("that group was deleted or has become a supergroup"))
            }
            Place::Group { group } if !self.is_member(group, person) => {
                Err(Refused::bad("the person is not a member of that group"))
            }
            _ => Ok(place),
        }
    }

    fn is_member(&self, group: i64, person: i64) -> bool {
        self.store.groups.get(&group).is_some_and(|g| g.standing(person).is_inside())
    }

    pub(crate) fn is_blocked(&self, place: Place) -> bool {
        match place {
            Place::Private { bot, person } => {
                self.store.private.get(&(bot, person)).is_some_and(|c| c.permission == Permission::Blocked)
            }
            Place::Group { .. } => false,
        }
    }
}
