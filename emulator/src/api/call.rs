//! One call while it runs: who calls, with what, and the checks that many methods share.

use super::error::ApiError;
use super::limits::{Limiter, Weight};
use super::params::Params;
use crate::Options;
use crate::markup::{self, Keyboard};
use crate::model::Telegram;
use crate::model::acts::Extra;
use crate::model::chat::{End, GroupKind, Permission, Place, Standing};
use crate::model::message::Message;
use crate::model::wire::Reader;
use crate::text::entity::{Entity, EntityKind};
use crate::text::{self, FormattedText, Markup};
use serde_json::{Value, json};

/// Longest text before parsing, in bytes.
const MAX_RAW_TEXT: usize = 32_768;
/// Longest text after parsing, in code points.
const MAX_TEXT: usize = 4096;
/// Longest caption after parsing, in code points.
const MAX_CAPTION: usize = 1024;

/// What a successful call answers.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The result as JSON text.
    pub(crate) json: String,
    pub(crate) description: Option<&'static str>,
}

impl Outcome {
    pub(crate) fn of(result: impl Into<Value>) -> Self {
        Self { json: result.into().to_string(), description: None }
    }

    pub(crate) fn done() -> Self {
        Self::of(true)
    }
}

/// The answer of a method.
pub(crate) type Reply = Result<Outcome, ApiError>;

/// A call and what it may touch.
pub(crate) struct Call<'a> {
    pub(crate) telegram: &'a mut Telegram,
    pub(crate) limiter: &'a mut Limiter,
    pub(crate) options: &'a Options,
    pub(crate) params: &'a Params,
    pub(crate) bot: i64,
    /// Remarks for the transcript on what the real server lets pass.
    pub(crate) warnings: Vec<String>,
}

impl Call<'_> {
    /// The chat that a call names, if the bot may know it.
    pub(crate) fn chat(&self) -> Result<Place, ApiError> {
        let name = self.params.text("chat_id").ok_or_else(|| ApiError::bad_request("chat_id is empty"))?;
        let not_found = || ApiError::bad_request("chat not found");
        let id: i64 = name.trim().parse().map_err(|_| not_found())?;
        if let Some(group) = self.telegram.store.groups.get(&id) {
            return match (group.ended, group.kind) {
                (Some(End::MigratedTo(new)), _) => Err(ApiError::migrated(new)),
                (Some(End::Deleted), GroupKind::Group) => Err(ApiError::forbidden("the group chat was deleted")),
                // Of a deleted supergroup a bot knows only that it is not in it any longer.
                _ => Ok(Place::Group { group: id }),
            };
        }
        if self.telegram.store.people.contains_key(&id) {
            return Ok(Place::Private { bot: self.bot, person: id });
        }
        if id != self.bot && self.telegram.store.bots.contains_key(&id) {
            return Err(ApiError::forbidden("bot can't send messages to bots"));
        }
        Err(not_found())
    }

    /// The chat that a call names, if the bot may write there.
    pub(crate) fn writable_chat(&self) -> Result<Place, ApiError> {
        let place = self.chat()?;
        match place {
            Place::Private { person, .. } if self.telegram.store.people.get(&person).is_some_and(|p| p.deactivated) => {
                Err(ApiError::forbidden("user is deactivated"))
            }
            Place::Private { bot, person } => match self.telegram.store.private.get(&(bot, person)) {
                None => Err(ApiError::forbidden("bot can't initiate conversation with a user")),
                Some(c) if c.permission == Permission::Blocked => {
                    Err(ApiError::forbidden("bot was blocked by the user"))
                }
                Some(_) => Ok(place),
            },
            Place::Group { .. } => self.check_membership(place).map(|()| place),
        }
    }

    /// Refuses a group that the bot is not in.
    pub(crate) fn check_membership(&self, place: Place) -> Result<(), ApiError> {
        let Place::Group { group } = place else {
            return Ok(());
        };
        let Some(group) = self.telegram.store.groups.get(&group) else {
            return Err(ApiError::bad_request("chat not found"));
        };
        let kind = group.kind.name();
        match group.standing(self.bot) {
            Standing::Kicked => Err(ApiError::forbidden(&format!("bot was kicked from the {kind} chat"))),
            Standing::Left => Err(ApiError::forbidden(&format!("bot is not a member of the {kind} chat"))),
            _ => Ok(()),
        }
    }

    /// The text of a message, checked; `message text is empty` when there is none.
    pub(crate) fn message_text(&self) -> Result<FormattedText, ApiError> {
        let Some(raw) = self.params.text("text") else {
            return Err(ApiError::bad_request("message text is empty"));
        };
        let formatted = self.formatted(raw, "entities")?;
        if formatted.text.is_empty() {
            return Err(ApiError::bad_request("text must be non-empty"));
        }
        if formatted.chars() > MAX_TEXT {
            return Err(ApiError::bad_request("message is too long"));
        }
        Ok(formatted)
    }

    /// The caption of a medium; empty when there is none.
    pub(crate) fn caption(&self) -> Result<FormattedText, ApiError> {
        let raw = self.params.text("caption").unwrap_or_default();
        let formatted = self.formatted(raw, "caption_entities")?;
        if formatted.chars() > MAX_CAPTION {
            return Err(ApiError::bad_request("message caption is too long"));
        }
        Ok(formatted)
    }

    fn formatted(&self, raw: &str, entities: &str) -> Result<FormattedText, ApiError> {
        if raw.len() > MAX_RAW_TEXT {
            return Err(ApiError::bad_request("text is too long"));
        }
        let markup = match self.params.text("parse_mode") {
            None => Markup::Entities(self.given_entities(entities)?),
            Some(mode) if mode.eq_ignore_ascii_case("html") => Markup::Html,
            Some(_) => return Err(ApiError::bad_request("unsupported parse_mode")),
        };
        let mut formatted =
            text::format(raw, markup).map_err(|e| ApiError::bad_request(format!("can't parse entities: {e}")))?;
        formatted.entities = formatted.entities.into_iter().filter_map(|e| self.with_known_mention(e)).collect();
        Ok(formatted)
    }

    fn given_entities(&self, name: &str) -> Result<Vec<Entity>, ApiError> {
        match self.params.json(name) {
            None => Ok(Vec::new()),
            Some(value) => value
                .and_then(serde_json::from_value)
                .map_err(|e| ApiError::bad_request(format!("can't parse MessageEntity: {e}"))),
        }
    }

    /// `tg://user?id=7` becomes a mention of a known person and vanishes for an unknown one.
    fn with_known_mention(&self, entity: Entity) -> Option<Entity> {
        let id = match &entity.kind {
            EntityKind::TextLink { url } => url.strip_prefix("tg://user?id="),
            _ => None,
        };
        let Some(id) = id else {
            return Some(entity);
        };
        let user = self.telegram.user(id.parse().ok()?)?.clone();
        Some(Entity { kind: EntityKind::TextMention { user }, ..entity })
    }

    /// The keyboard of a call; `inline_only` for edits.
    pub(crate) fn keyboard(&mut self, inline_only: bool) -> Result<Option<Keyboard>, ApiError> {
        let json = self.params.text("reply_markup").unwrap_or_default();
        let private = !self.params.text("chat_id").is_some_and(|id| id.starts_with(['-', '@']));
        let keyboard = markup::parse(json, private).map_err(ApiError::bad_request)?;
        if inline_only && keyboard.as_ref().is_some_and(|k| k.inline().is_none()) {
            return Err(ApiError::bad_request("inline keyboard expected"));
        }
        self.warnings.extend(keyboard.as_ref().and_then(Keyboard::warning));
        Ok(keyboard)
    }

    /// Reply and topic of a new message in a place.
    pub(crate) fn extra(&self, place: Place, keyboard: Option<Keyboard>) -> Result<Extra, ApiError> {
        let reply_to = self.reply_to(place)?;
        Ok(Extra { keyboard, topic: self.topic(place, reply_to)?, reply_to })
    }

    /// The topic of a new message: the one named, else that of the message it answers, else General (`None`).
    pub(crate) fn topic(&self, place: Place, reply_to: Option<i64>) -> Result<Option<i64>, ApiError> {
        let group = match place {
            Place::Group { group } => self.telegram.store.groups.get(&group).filter(|g| g.is_forum),
            Place::Private { .. } => None,
        };
        let Some(group) = group else {
            return Ok(None);
        };
        let answered = reply_to.and_then(|id| self.telegram.message(place, id)).and_then(|m| m.topic);
        let topic = self.params.number::<i64>("message_thread_id").filter(|&id| id != 0).or(answered);
        let closed = match topic {
            None => group.general.closed,
            Some(id) => match group.topics.get(&id) {
                None => return Err(ApiError::bad_request("message thread not found")),
                Some(topic) => topic.closed,
            },
        };
        if closed {
            return Err(ApiError::bad_request("TOPIC_CLOSED"));
        }
        Ok(topic)
    }

    fn reply_to(&self, place: Place) -> Result<Option<i64>, ApiError> {
        let given = match self.params.json("reply_parameters") {
            Some(value) => {
                let value = value.map_err(|_| ApiError::bad_request("can't parse reply parameters JSON object"))?;
                let lenient = value["allow_sending_without_reply"].as_bool();
                (value["message_id"].as_i64(), lenient.unwrap_or(false))
            }
            None => (self.params.number("reply_to_message_id"), self.params.flag("allow_sending_without_reply")),
        };
        match given {
            (None | Some(0), _) => Ok(None),
            (Some(id), _) if self.telegram.message(place, id).is_some() => Ok(Some(id)),
            (Some(_), true) => Ok(None),
            (Some(_), false) => Err(ApiError::bad_request("message to be replied not found")),
        }
    }

    /// Counts the call against the rate limits.
    pub(crate) fn admit(&mut self, place: Place, weight: Weight) -> Result<(), ApiError> {
        if !self.options.limits {
            return Ok(());
        }
        let now = self.telegram.now_ms();
        self.limiter.admit(self.bot, place.chat_id(), weight, now).map_err(ApiError::too_many)
    }

    /// A message of this bot that a call wants to change.
    pub(crate) fn message_to_edit(&self) -> Result<(Place, &Message), ApiError> {
        let Some(id) = self.params.number::<i64>("message_id") else {
            return Err(ApiError::bad_request("message identifier is not specified"));
        };
        let place = self.chat()?;
        self.check_membership(place)?;
        let message =
            self.telegram.message(place, id).ok_or_else(|| ApiError::bad_request("message to edit not found"))?;
        // A message with a reply keyboard is fixed, like one of somebody else.
        let fixed = message.keyboard.as_ref().is_some_and(|k| k.inline().is_none());
        if message.from != self.bot || message.content.is_service() || fixed {
            return Err(ApiError::bad_request("message can't be edited"));
        }
        Ok((place, message))
    }

    /// A message as the result of a call.
    pub(crate) fn show(&self, place: Place, id: i64) -> Outcome {
        let shown = self.telegram.message(place, id).map(|m| self.telegram.message_json(place, m, Reader::Bot));
        Outcome::of(json!(shown))
    }
}
