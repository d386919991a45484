//! Topics of forum groups.

use super::Telegram;
use super::acts::Extra;
use super::chat::{Group, Place};
use super::message::Content;
use super::service::Service;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Colours that a new topic's icon may have; the first when nobody chooses.
pub(crate) const ICON_COLORS: [u32; 6] = [0x6F_B9F0, 0xFF_D67E, 0xCB_86DB, 0x8E_EE98, 0xFF_93B2, 0xFB_6F5F];
/// Longest name of a topic in characters.
pub(crate) const MAX_NAME: usize = 128;

/// Refusals in the server's words, without the prefix.
pub(crate) type Words = &'static str;
const NO_FORUM: Words = "the chat is not a forum";
const UNKNOWN: Words = "TOPIC_ID_INVALID";
const UNCHANGED: Words = "TOPIC_NOT_MODIFIED";

/// A topic; its id is that of the message that opened it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Topic {
    pub(crate) name: String,
    pub(crate) icon_color: u32,
    pub(crate) icon_custom_emoji_id: Option<String>,
    /// Who opened it.
    pub(crate) creator: i64,
    /// Takes no messages.
    pub(crate) closed: bool,
}

/// The topic that is always there.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct General {
    pub(crate) name: String,
    pub(crate) closed: bool,
    /// Not shown to people; a hidden one is closed too.
    pub(crate) hidden: bool,
}

impl Default for General {
    fn default() -> Self {
        Self { name: "General".to_owned(), closed: false, hidden: false }
    }
}

impl Topic {
    /// The Bot API's `ForumTopic`.
    pub(crate) fn json(&self, id: i64) -> Value {
        let mut topic = json!({"message_thread_id": id, "name": self.name, "icon_color": self.icon_color});
        if let Some(icon) = &self.icon_custom_emoji_id {
            topic["icon_custom_emoji_id"] = icon.clone().into();
        }
        topic
    }
}

/// A name without white space at its ends, cut where it is too long.
pub(crate) fn clean_name(name: &str) -> String {
    let cut: String = name.trim().chars().take(MAX_NAME).collect();
    cut.trim_end().to_owned()
}

impl Telegram {
    /// The group, if it is a forum.
    fn forum(&mut self, group: i64) -> Result<&mut Group, Words> {
        self.store.groups.get_mut(&group).filter(|g| g.is_forum).ok_or(NO_FORUM)
    }

    /// Writes of a change into its topic, or into General.
    fn tell(&mut self, group: i64, by: i64, topic: Option<i64>, service: Service) -> i64 {
        let extra = Extra { topic, ..Extra::default() };
        self.post(Place::Group { group }, by, Content::Service(service), extra)
    }

    /// Opens a topic and returns its id.
    pub(crate) fn open_topic(
        &mut self,
        group: i64,
        by: i64,
        name: &str,
        icon_color: u32,
        icon_custom_emoji_id: Option<String>,
    ) -> Result<i64, Words> {
        self.forum(group)?;
        let name = clean_name(name);
        if name.is_empty() {
            return Err("title must be non-empty");
        }
        let topic = Topic {
            name: name.clone(),
            icon_color,
            icon_custom_emoji_id: icon_custom_emoji_id.clone(),
            creator: by,
            closed: false,
        };
        let id = self.tell(group, by, None, Service::TopicCreated { name, icon_color, icon_custom_emoji_id });
        self.forum(group)?.topics.insert(id, topic);
        Ok(id)
    }

    /// Renames a topic or gives it another icon; `None` leaves it, an empty icon takes it away.
    pub(crate) fn edit_topic(
        &mut self,
        group: i64,
        by: i64,
        id: i64,
        name: Option<&str>,
        icon: Option<&str>,
    ) -> Result<(), Words> {
        let topic = self.forum(group)?.topics.get_mut(&id).ok_or(UNKNOWN)?;
        let name = name.map(clean_name).filter(|n| !n.is_empty() && *n != topic.name);
        let icon = icon.filter(|i| *i != topic.icon_custom_emoji_id.as_deref().unwrap_or_default());
        if name.is_none() && icon.is_none() {
            return Err(UNCHANGED);
        }
        if let Some(name) = &name {
            topic.name.clone_from(name);
        }
        if let Some(icon) = icon {
            topic.icon_custom_emoji_id = Some(icon.to_owned()).filter(|i| !i.is_empty());
        }
        let icon_custom_emoji_id = icon.map(str::to_owned);
        self.tell(group, by, Some(id), Service::TopicEdited { name, icon_custom_emoji_id });
        Ok(())
    }

    /// Renames General.
    pub(crate) fn edit_general(&mut self, group: i64, by: i64, name: &str) -> Result<(), Words> {
        let name = clean_name(name);
        let general = &mut self.forum(group)?.general;
        if name.is_empty() {
            return Err("title must be non-empty");
        }
        if general.name == name {
            return Err(UNCHANGED);
        }
        general.name.clone_from(&name);
        self.tell(group, by, None, Service::TopicEdited { name: Some(name), icon_custom_emoji_id: None });
        Ok(())
    }

    /// Closes or reopens a topic; General without an id.
    pub(crate) fn close_topic(&mut self, group: i64, by: i64, id: Option<i64>, closed: bool) -> Result<(), Words> {
        let forum = self.forum(group)?;
        let now = match id {
            Some(id) => &mut forum.topics.get_mut(&id).ok_or(UNKNOWN)?.closed,
            None => &mut forum.general.closed,
        };
        if *now == closed {
            return Err(UNCHANGED);
        }
        *now = closed;
        if !closed && id.is_none() {
            forum.general.hidden = false;
        }
        self.tell(group, by, id, if closed { Service::TopicClosed } else { Service::TopicReopened });
        Ok(())
    }

    /// Hides General, which closes it, or shows it again.
    pub(crate) fn hide_general(&mut self, group: i64, by: i64, hidden: bool) -> Result<(), Words> {
        let general = &mut self.forum(group)?.general;
        if general.hidden == hidden {
            return Err(UNCHANGED);
        }
        general.hidden = hidden;
        general.closed |= hidden;
        self.tell(group, by, None, if hidden { Service::GeneralHidden } else { Service::GeneralShown });
        Ok(())
    }

    /// Deletes a topic with all that was said in it; nobody is told, as on the server.
    pub(crate) fn delete_topic(&mut self, group: i64, id: i64) -> Result<(), Words> {
        let forum = self.forum(group)?;
        forum.topics.remove(&id).ok_or(UNKNOWN)?;
        let gone: Vec<i64> = forum.messages.values().filter(|m| m.topic == Some(id)).map(|m| m.id).collect();
        for message in gone {
            self.delete(Place::Group { group }, message);
        }
        Ok(())
    }
}
