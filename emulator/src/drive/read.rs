//! What a person sees: messages as they stand, the bot's menu.

use super::{Name, Refused};
use crate::Emulator;
use crate::model::Telegram;
use crate::model::bot::{Command, Scope};
use crate::model::chat::Place;
use crate::model::wire::Reader;
use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::Value;

/// Whose eyes.
#[derive(Debug, Deserialize)]
pub(crate) struct Eyes {
    #[serde(rename = "for")]
    person: Option<String>,
}

impl Eyes {
    fn look(&self, telegram: &Telegram, chat: &str) -> Result<Place, Refused> {
        let person = match &self.person {
            Some(name) => Some(telegram.person_of(&Name::of(name))?),
            None => None,
        };
        telegram.place_of(&Name::of(chat), person)
    }
}

/// `GET /chats/{chat}/messages?for=PERSON`, oldest first; empty when the chat does not exist yet.
pub(crate) async fn messages(
    State(emulator): State<Emulator>,
    Path(chat): Path<String>,
    Query(eyes): Query<Eyes>,
) -> Result<Json<Vec<Value>>, Refused> {
    let telegram = emulator.lock();
    let place = eyes.look(&telegram, &chat)?;
    let messages = telegram.messages(place).into_iter().flatten();
    Ok(Json(messages.map(|(_, m)| telegram.message_json(place, m, Reader::Person)).collect()))
}

/// `GET /chats/{chat}/commands?for=PERSON`: the menu that the person is offered.
pub(crate) async fn commands(
    State(emulator): State<Emulator>,
    Path(chat): Path<String>,
    Query(eyes): Query<Eyes>,
) -> Result<Json<Vec<Command>>, Refused> {
    let telegram = emulator.lock();
    let place = eyes.look(&telegram, &chat)?;
    Ok(Json(telegram.menu(place)))
}

impl Telegram {
    /// The menu of a chat, from its narrowest scope to the default; in a group those of all its bots, whatever language
    /// their people speak.
    pub(crate) fn menu(&self, place: Place) -> Vec<Command> {
        let Place::Private { bot, person } = place else {
            let scopes = [Scope::Chat { chat_id: place.chat_id() }, Scope::AllGroupChats, Scope::Default];
            let bots = self.bots_in(place).into_iter().filter_map(|bot| self.store.bots.get(&bot));
            return bots.flat_map(|bot| bot.menu(&scopes, "").to_vec()).collect();
        };
        let (Some(bot), Some(user)) = (self.store.bots.get(&bot), self.user(person)) else {
            return Vec::new();
        };
        let scopes = [Scope::Chat { chat_id: person }, Scope::AllPrivateChats, Scope::Default];
        let language = user.language_code.as_deref().unwrap_or_default();
        bot.menu(&scopes, language).to_vec()
    }
}
