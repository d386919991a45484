//! Service messages: what Telegram itself writes into a chat.

use super::Telegram;
use super::chat::{GroupKind, Place};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Service {
    GroupCreated,
    /// These came into the group.
    Joined(Vec<i64>),
    /// That one left the group or was put out.
    Gone(i64),
    /// A basic group became the supergroup of that id.
    MigratedTo(i64),
    /// A supergroup was the basic group of that id.
    MigratedFrom(i64),
    TopicCreated {
        name: String,
        icon_color: u32,
        icon_custom_emoji_id: Option<String>,
    },
    /// The new name and icon, where they changed.
    TopicEdited {
        name: Option<String>,
        icon_custom_emoji_id: Option<String>,
    },
    TopicClosed,
    TopicReopened,
    GeneralHidden,
    GeneralShown,
}

impl Telegram {
    /// The field of a message that tells of it.
    pub(crate) fn service_json(&self, place: Place, service: &Service) -> (&'static str, Value) {
        match service {
            Service::GroupCreated => {
                let group = match place {
                    Place::Group { group } => self.store.groups.get(&group),
                    Place::Private { .. } => None,
                };
                let is_super = group.is_some_and(|g| g.kind == GroupKind::Supergroup);
                (if is_super { "supergroup_chat_created" } else { "group_chat_created" }, true.into())
            }
            Service::Joined(ids) => ("new_chat_members", ids.iter().map(|&id| self.user_json(id)).collect()),
            Service::Gone(id) => ("left_chat_member", self.user_json(*id)),
            Service::MigratedTo(id) => ("migrate_to_chat_id", (*id).into()),
            Service::MigratedFrom(id) => ("migrate_from_chat_id", (*id).into()),
            Service::TopicCreated { name, icon_color, icon_custom_emoji_id } => {
                let mut topic = json!({"name": name, "icon_color": icon_color});
                if let Some(icon) = icon_custom_emoji_id {
                    topic["icon_custom_emoji_id"] = icon.clone().into();
                }
                ("forum_topic_created", topic)
            }
            Service::TopicEdited { name, icon_custom_emoji_id } => {
                let mut topic = json!({});
                if let Some(name) = name {
                    topic["name"] = name.clone().into();
                }
                if let Some(icon) = icon_custom_emoji_id {
                    topic["icon_custom_emoji_id"] = icon.clone().into();
                }
                ("forum_topic_edited", topic)
            }
            Service::TopicClosed => ("forum_topic_closed", json!({})),
            Service::TopicReopened => ("forum_topic_reopened", json!({})),
            Service::GeneralHidden => ("general_forum_topic_hidden", json!({})),
            Service::GeneralShown => ("general_forum_topic_unhidden", json!({})),
        }
    }

    /// The same as a person reads it.
    pub(crate) fn service_words(&self, from: i64, service: &Service) -> String {
        let name = |id: i64| self.user(id).map_or_else(String::new, |u| u.full_name());
        let who = name(from);
        match service {
            Service::GroupCreated => format!("{who} created the group"),
            Service::Joined(ids) => {
                let names: Vec<String> = ids.iter().map(|&id| name(id)).collect();
                format!("{} joined", names.join(", "))
            }
            Service::Gone(id) => format!("{} left", name(*id)),
            Service::MigratedTo(_) => "The group became a supergroup".to_owned(),
            Service::MigratedFrom(_) => "This supergroup was a group before".to_owned(),
            Service::TopicCreated { name, .. } => format!("{who} opened the topic “{name}”"),
            Service::TopicEdited { name: Some(name), .. } => format!("{who} renamed the topic to “{name}”"),
            Service::TopicEdited { name: None, .. } => format!("{who} changed the topic’s icon"),
            Service::TopicClosed => format!("{who} closed the topic"),
            Service::TopicReopened => format!("{who} reopened the topic"),
            Service::GeneralHidden => format!("{who} hid General"),
            Service::GeneralShown => format!("{who} showed General"),
        }
    }
}
