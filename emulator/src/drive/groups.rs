//! What people do with groups: members, topics, migration, deletion.

use super::{Body, Name, Refused};
use crate::Emulator;
use crate::model::Telegram;
use crate::model::chat::{GroupKind, Place, Standing};
use crate::model::forum::ICON_COLORS;
use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};

/// `POST /members`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewStanding {
    /// The creator when missing.
    from: Option<Name>,
    chat: Name,
    /// A person or a bot.
    member: Name,
    status: Standing,
}

/// Adds, promotes, demotes or puts out somebody; says whether that changed anything.
pub(crate) async fn set_member(
    State(emulator): State<Emulator>,
    Body(new): Body<NewStanding>,
) -> Result<Json<Value>, Refused> {
    let mut telegram = emulator.lock();
    let group = telegram.group_of(&new.chat)?;
    let actor = match &new.from {
        Some(name) => telegram.person_of(name)?,
        None => telegram.creator(group),
    };
    let member = telegram.account_of(&new.member)?;
    if new.status == Standing::Creator {
        return Err(Refused::bad("a group keeps its creator"));
    }
    let changed = telegram.set_standing(group, actor, member, new.status);
    emulator.touch();
    Ok(Json(json!({"changed": changed})))
}

/// `POST /migrate`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Migration {
    chat: Name,
    /// Topics were switched on, which is why the group migrates.
    #[serde(default)]
    is_forum: bool,
}

/// Turns a group into a supergroup and returns that.
pub(crate) async fn migrate(
    State(emulator): State<Emulator>,
    Body(migration): Body<Migration>,
) -> Result<Json<Value>, Refused> {
    let mut telegram = emulator.lock();
    let group = telegram.group_of(&migration.chat)?;
    let new = telegram
        .migrate(group, migration.is_forum)
        .ok_or_else(|| Refused::bad("only a basic group becomes a supergroup, and only once"))?;
    emulator.touch();
    Ok(Json(telegram.chat_json(new)))
}

/// `POST /forum`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Switch {
    chat: Name,
    is_forum: bool,
}

/// Switches the topics of a supergroup on or off; nobody is told. What stands in topics stays, and is there again with them.
pub(crate) async fn set_forum(
    State(emulator): State<Emulator>,
    Body(switch): Body<Switch>,
) -> Result<Json<Value>, Refused> {
    let mut telegram = emulator.lock();
    let id = telegram.group_of(&switch.chat)?;
    let group = telegram.store.groups.get_mut(&id).filter(|group| group.kind == GroupKind::Supergroup);
    group.ok_or_else(|| Refused::bad("only a supergroup can be a forum"))?.is_forum = switch.is_forum;
    emulator.touch();
    Ok(Json(telegram.chat_json(Place::Group { group: id })))
}

/// `DELETE /chats/{chat}`.
pub(crate) async fn delete_chat(
    State(emulator): State<Emulator>,
    Path(chat): Path<String>,
) -> Result<Json<Value>, Refused> {
    let mut telegram = emulator.lock();
    let group = telegram.group_of(&Name::of(&chat))?;
    telegram.delete_group(group);
    emulator.touch();
    Ok(Json(json!({"deleted": true})))
}

/// `POST /topics`: what a person does with a topic; without `topic` it is General.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TopicAct {
    from: Name,
    chat: Name,
    act: Act,
    topic: Option<i64>,
    name: Option<String>,
    icon_color: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Act {
    Create,
    Edit,
    Close,
    Reopen,
    Delete,
    Hide,
    Unhide,
}

/// Does it, and returns the topic as it stands; null for General and for a deleted one.
pub(crate) async fn topic(
    State(emulator): State<Emulator>,
    Body(doing): Body<TopicAct>,
) -> Result<Json<Value>, Refused> {
    let mut telegram = emulator.lock();
    let by = telegram.person_of(&doing.from)?;
    let Place::Group { group } = telegram.acting_place(&doing.chat, by)? else {
        return Err(Refused::bad("only groups have topics"));
    };
    let id = doing.topic.filter(|&id| id > 1);
    let name = doing.name.unwrap_or_default();
    let done = match (doing.act, id) {
        (Act::Create, _) => {
            let color = doing.icon_color.unwrap_or(ICON_COLORS[0]);
            telegram.open_topic(group, by, &name, color, None).map(Some)
        }
        (Act::Edit, Some(id)) => telegram.edit_topic(group, by, id, Some(&name), None).map(|()| Some(id)),
        (Act::Edit, None) => telegram.edit_general(group, by, &name).map(|()| None),
        (Act::Close | Act::Reopen, id) => telegram.close_topic(group, by, id, doing.act == Act::Close).map(|()| id),
        (Act::Delete, Some(id)) => telegram.delete_topic(group, id).map(|()| None),
        (Act::Hide | Act::Unhide, None) => telegram.hide_general(group, by, doing.act == Act::Hide).map(|()| None),
        (Act::Delete, None) => Err("General cannot be deleted"),
        (Act::Hide | Act::Unhide, Some(_)) => Err("only General can be hidden"),
    };
    let id = done.map_err(Refused::bad)?;
    emulator.touch();
    let shown = telegram.store.groups.get(&group).and_then(|g| Some(g.topics.get(&id?)?.json(id?)));
    Ok(Json(json!(shown)))
}

impl Telegram {
    /// The id of a group.
    fn group_of(&self, chat: &Name) -> Result<i64, Refused> {
        match self.place_of(chat, Some(0))? {
            Place::Group { group } => Ok(group),
            Place::Private { .. } => Err(Refused::bad("that is no group")),
        }
    }
}
