//! What a pane shows, in addresses and in the model.

use crate::drive::Name;
use crate::model::Telegram;
use crate::model::chat::{Group, Place};
use crate::model::reading::Window;

/// What a pane shall show, as addresses write it: `PERSON`, `PERSON:CHAT` or `PERSON:CHAT:TOPIC`.
///
/// A topic is its id, 1 for General, or `all`.
#[derive(Debug, Clone)]
pub(super) struct Spec {
    person: Name,
    chat: Option<Name>,
    topic: Option<String>,
}

/// What of that exists.
#[derive(Debug, Clone, Copy)]
pub(super) struct Looking {
    pub(super) person: i64,
    pub(super) place: Option<Place>,
    pub(super) window: Window,
}

impl Spec {
    pub(super) fn new(person: &str, chat: Option<&str>, topic: Option<&str>) -> Self {
        let given = |word: Option<&str>| word.filter(|w| !w.is_empty()).map(str::to_owned);
        Self { person: Name::of(person), chat: given(chat).map(|c| Name::of(&c)), topic: given(topic) }
    }

    /// Those of a list with commas.
    pub(super) fn list(text: &str) -> Vec<Self> {
        text.split(',').filter(|word| !word.trim().is_empty()).map(Self::one).collect()
    }

    pub(super) fn names_a_topic(&self) -> bool {
        self.topic.is_some()
    }

    fn one(word: &str) -> Self {
        let mut parts = word.trim().splitn(3, ':');
        Self::new(parts.next().unwrap_or_default(), parts.next(), parts.next())
    }
}

impl Telegram {
    /// What a pane shows; `None` when there is no such person. A chat that the person is not in is as good as none.
    pub(super) fn look(&self, spec: &Spec) -> Option<Looking> {
        let person = self.person_of(&spec.person).ok()?;
        let place = spec.chat.as_ref().and_then(|chat| self.acting_place(chat, person).ok());
        let window = match place.and_then(|place| self.forum_of(place)) {
            None => Window::Whole,
            Some(forum) => match spec.topic.as_deref() {
                Some("all") => Window::Whole,
                Some("1") => Window::Topic(None),
                Some(id) => id
                    .parse()
                    .ok()
                    .filter(|id| forum.topics.contains_key(id))
                    .map_or(Window::Closed, |id| Window::Topic(Some(id))),
                None => Window::Closed,
            },
        };
        Some(Looking { person, place, window })
    }

    /// Whether a pane was to show that place, even when its person may not any more.
    pub(super) fn means(&self, spec: &Spec, place: Place) -> bool {
        let person = self.person_of(&spec.person).ok();
        spec.chat.as_ref().and_then(|chat| self.place_of(chat, person).ok()) == Some(place)
    }

    /// The group, when it has topics.
    pub(super) fn forum_of(&self, place: Place) -> Option<&Group> {
        match place {
            Place::Group { group } => self.store.groups.get(&group).filter(|g| g.is_forum),
            Place::Private { .. } => None,
        }
    }

    /// How a chat is named in addresses: a bot's username or a group's id.
    pub(super) fn chat_key(&self, place: Place) -> String {
        match place {
            Place::Private { bot, .. } => {
                self.store.bots.get(&bot).map_or_else(|| bot.to_string(), |b| b.username().to_owned())
            }
            Place::Group { group } => group.to_string(),
        }
    }

    /// How a topic is named in addresses.
    pub(super) fn topic_key(&self, looking: &Looking) -> Option<String> {
        self.forum_of(looking.place?)?;
        match looking.window {
            Window::Whole => Some("all".to_owned()),
            Window::Topic(id) => Some(id.unwrap_or(1).to_string()),
            Window::Closed => None,
        }
    }

    /// What stands above a chat.
    pub(super) fn chat_title(&self, place: Place) -> String {
        match place {
            Place::Private { bot, .. } => self.full_name(bot),
            Place::Group { group } => self.store.groups.get(&group).map_or_else(String::new, |g| g.title.clone()),
        }
    }

    /// First and last name of a person or bot.
    pub(super) fn full_name(&self, id: i64) -> String {
        self.user(id).map_or_else(String::new, |u| u.full_name())
    }
}

/// The address of a pane on a page of its own, and what the script opens in the pane instead.
pub(super) fn link(person: i64, chat: Option<&str>, topic: Option<&str>) -> (String, String) {
    let mut address = format!("/?as={person}");
    let mut spec = person.to_string();
    for (name, part) in [("chat", chat), ("topic", topic)] {
        if let Some(part) = part {
            address.push_str(&format!("&{name}={part}"));
            spec.push_str(&format!(":{part}"));
        }
    }
    (address, spec)
}
