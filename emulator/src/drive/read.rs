//! What a person sees: messages as they stand, the menu of commands.

use super::{Name, Refused};
use crate::Emulator;
use crate::model::Telegram;
use crate::model::bot::{Bot, Command, Scope};
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

/// `GET /chats/{chat}/commands?for=PERSON`: the menu that the person is offered there.
pub(crate) async fn commands(
    State(emulator): State<Emulator>,
    Path(chat): Path<String>,
    Query(eyes): Query<Eyes>,
) -> Result<Json<Vec<Command>>, Refused> {
    let telegram = emulator.lock();
    let person = match &eyes.person {
        Some(name) => telegram.person_of(&Name::of(name))?,
        None => return Err(Refused::bad("a menu is a person's: add ?for=PERSON")),
    };
    let place = telegram.place_of(&Name::of(&chat), Some(person))?;
    Ok(Json(telegram.menu(place, person).into_iter().map(|(_, command)| command.clone()).collect()))
}

impl Telegram {
    /// The commands that a person is offered in a chat, each with its bot: for every bot there the list of the narrowest
    /// scope that has one.
    pub(crate) fn menu(&self, place: Place, person: i64) -> Vec<(&Bot, &Command)> {
        let Some(user) = self.user(person) else {
            return Vec::new();
        };
        let language = user.language_code.as_deref().unwrap_or_default();
        let scopes = match place {
            Place::Private { .. } => vec![Scope::Chat { chat_id: person }, Scope::AllPrivateChats, Scope::Default],
            Place::Group { group } => {
                let is_admin = self.store.groups.get(&group).is_some_and(|g| g.standing(person).is_admin());
                group_scopes(group, person, is_admin)
            }
        };
        let bots = self.bots_in(place).into_iter().filter_map(|id| self.store.bots.get(&id));
        bots.flat_map(|bot| bot.menu(&scopes, language).iter().map(move |command| (bot, command))).collect()
    }
}

/// Narrowest first, as clients of groups look.
fn group_scopes(chat_id: i64, user_id: i64, is_admin: bool) -> Vec<Scope> {
    let for_admins = |scope| is_admin.then_some(scope);
    [
        Some(Scope::ChatMember { chat_id, user_id }),
        for_admins(Scope::ChatAdministrators { chat_id }),
        Some(Scope::Chat { chat_id }),
        for_admins(Scope::AllChatAdministrators),
        Some(Scope::AllGroupChats),
        Some(Scope::Default),
    ]
    .into_iter()
    .flatten()
    .collect()
}
