//! Bots, people and groups: made and listed.

use super::{Body, Name, Refused};
use crate::Emulator;
use crate::model::Telegram;
use crate::model::bot::{Bot, parse_token};
use crate::model::chat::{GroupKind, Standing};
use crate::model::person::{Person, User, is_username};
use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// `POST /bots`.
#[derive(Debug, Deserialize)]
pub(crate) struct NewBot {
    token: String,
    username: Option<String>,
    first_name: Option<String>,
    privacy: Option<bool>,
}

/// Makes a bot, or renames the one that has the id; a new secret revokes the old token.
pub(crate) async fn add_bot(State(emulator): State<Emulator>, Body(new): Body<NewBot>) -> Result<Json<User>, Refused> {
    let id = parse_token(&new.token).ok_or_else(|| Refused::bad("a token looks like 123456:AbC-d_e"))?;
    let mut telegram = emulator.lock();
    if let Some(name) = &new.username {
        check_username(&telegram, name, id)?;
    }
    let known = telegram.store.bots.contains_key(&id);
    if !known {
        telegram.bot_of_token(id, &new.token);
    }
    let bot = telegram.store.bots.get_mut(&id).ok_or_else(|| Refused::missing("the bot vanished"))?;
    rename(bot, new);
    emulator.touch();
    Ok(Json(bot.user.clone()))
}

fn rename(bot: &mut Bot, new: NewBot) {
    bot.token = new.token;
    if let Some(username) = new.username {
        if new.first_name.is_none() {
            bot.user.first_name.clone_from(&username);
        }
        bot.user.username = Some(username);
    }
    if let Some(name) = new.first_name {
        bot.user.first_name = name;
    }
    if let Some(privacy) = new.privacy {
        bot.privacy = privacy;
    }
}

fn check_username(telegram: &Telegram, name: &str, id: i64) -> Result<(), Refused> {
    if !is_username(name) {
        return Err(Refused::bad(format!(
            "{name} is no username: 4 to 32 letters, digits and _, beginning with a letter"
        )));
    }
    if telegram.is_username_taken(name, id) {
        return Err(Refused::conflict(format!("the username {name} is taken")));
    }
    Ok(())
}

/// A bot as it is listed: its `User`, and how many updates it has not confirmed.
#[derive(Debug, Serialize)]
pub(crate) struct ListedBot {
    #[serde(flatten)]
    user: User,
    pending_update_count: usize,
}

/// `GET /bots`: each of them; no tokens.
pub(crate) async fn bots(State(emulator): State<Emulator>) -> Json<Vec<ListedBot>> {
    let telegram = emulator.lock();
    let bots = telegram.store.bots.values();
    Json(bots.map(|b| ListedBot { user: b.user.clone(), pending_update_count: b.queue.len() }).collect())
}

/// `POST /people`.
#[derive(Debug, Deserialize)]
pub(crate) struct NewPerson {
    first_name: String,
    last_name: Option<String>,
    username: Option<String>,
    language_code: Option<String>,
    id: Option<i64>,
    phone_number: Option<String>,
}

/// Makes a person, or changes the one that has the id.
pub(crate) async fn add_person(
    State(emulator): State<Emulator>,
    Body(new): Body<NewPerson>,
) -> Result<Json<Person>, Refused> {
    let mut telegram = emulator.lock();
    let first_name = new.first_name.trim();
    if first_name.is_empty() || first_name.chars().count() > 64 {
        return Err(Refused::bad("first_name has 1 to 64 characters"));
    }
    let id = new.id.unwrap_or_else(|| telegram.free_person_id());
    if id <= 0 || telegram.store.bots.contains_key(&id) {
        return Err(Refused::bad(format!("{id} cannot be the id of a person")));
    }
    if let Some(name) = &new.username {
        check_username(&telegram, name, id)?;
    }
    let person = Person {
        user: User {
            id,
            is_bot: false,
            first_name: first_name.to_owned(),
            last_name: new.last_name.filter(|n| !n.is_empty()),
            username: new.username,
            language_code: Some(new.language_code.unwrap_or_else(|| "en".to_owned())),
        },
        // The German regulator keeps +49 30 23125 000 to 999 free for fiction.
        phone_number: new.phone_number.unwrap_or_else(|| format!("493023125{:03}", id.rem_euclid(1000))),
        deactivated: false,
    };
    telegram.add_person(person.clone());
    emulator.touch();
    Ok(Json(person))
}

/// `GET /people`.
pub(crate) async fn people(State(emulator): State<Emulator>) -> Json<Vec<Person>> {
    let telegram = emulator.lock();
    Json(telegram.store.people.values().cloned().collect())
}

/// `POST /people/{person}`.
#[derive(Debug, Deserialize)]
pub(crate) struct ChangedPerson {
    language_code: String,
}

/// Their app speaks another language from now on: what they send tells it.
pub(crate) async fn change_person(
    State(emulator): State<Emulator>,
    Path(person): Path<String>,
    Body(changed): Body<ChangedPerson>,
) -> Result<Json<Person>, Refused> {
    let code = changed.language_code.trim();
    let is_tag = (2..=35).contains(&code.len()) && code.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if !is_tag {
        return Err(Refused::bad("language_code is a tag such as de or pt-br"));
    }
    let mut telegram = emulator.lock();
    let id = telegram.person_of(&Name::of(&person))?;
    let person = telegram.store.people.get_mut(&id).ok_or_else(|| Refused::missing("the person vanished"))?;
    person.user.language_code = Some(code.to_owned());
    let person = person.clone();
    emulator.touch();
    Ok(Json(person))
}

/// `DELETE /people/{person}`: the account is gone; what it wrote stays.
pub(crate) async fn delete_person(
    State(emulator): State<Emulator>,
    Path(person): Path<String>,
) -> Result<Json<Value>, Refused> {
    let mut telegram = emulator.lock();
    let id = telegram.person_of(&Name::of(&person))?;
    if let Some(person) = telegram.store.people.get_mut(&id) {
        person.deactivated = true;
    }
    emulator.touch();
    Ok(Json(json!({"deleted": true})))
}

/// `POST /chats`.
#[derive(Debug, Deserialize)]
pub(crate) struct NewChat {
    #[serde(rename = "type")]
    kind: GroupKind,
    title: String,
    #[serde(default)]
    is_forum: bool,
    members: Vec<Name>,
    /// People or bots; the first person among them is the creator, else the first member is.
    #[serde(default)]
    admins: Vec<Name>,
    #[serde(default)]
    bots: Vec<Name>,
}

/// Makes a group.
pub(crate) async fn add_chat(
    State(emulator): State<Emulator>,
    Body(new): Body<NewChat>,
) -> Result<Json<Value>, Refused> {
    if new.is_forum && new.kind == GroupKind::Group {
        return Err(Refused::bad("only a supergroup can be a forum"));
    }
    let mut telegram = emulator.lock();
    let mut members = BTreeMap::new();
    let mut creator = None;
    for name in &new.members {
        let id = telegram.person_of(name)?;
        creator.get_or_insert(id);
        members.insert(id, Standing::Member);
    }
    for name in &new.bots {
        members.insert(bot_id(&telegram, name)?, Standing::Member);
    }
    let mut chosen = None;
    for name in &new.admins {
        let id = match telegram.person_of(name) {
            Ok(id) => {
                chosen.get_or_insert(id);
                id
            }
            Err(_) => bot_id(&telegram, name)?,
        };
        members.insert(id, Standing::Administrator);
    }
    let creator = chosen.or(creator).ok_or_else(|| Refused::bad("a group needs at least one person"))?;
    members.insert(creator, Standing::Creator);
    let place = telegram.add_group(new.kind, new.title, new.is_forum, members);
    emulator.touch();
    Ok(Json(json!(telegram.chat_json(place))))
}

fn bot_id(telegram: &Telegram, name: &Name) -> Result<i64, Refused> {
    let bot = match name {
        Name::Id(id) => telegram.store.bots.get(id),
        Name::Word(word) => telegram.bot_named(word),
    };
    bot.map(|b| b.user.id).ok_or_else(|| Refused::missing(format!("there is no bot {name:?}")))
}
