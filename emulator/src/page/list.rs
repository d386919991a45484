//! The left column of a pane: a person's chats, or the topics of the forum that is open.

use super::forms::{language_choice, topic_icon};
use super::spec::{Looking, link};
use super::{avatar, clock_time, icon};
use crate::model::Telegram;
use crate::model::chat::{Group, Place};
use crate::model::message::{Content, Message};
use crate::model::reading::{MOST_UNREAD, Window};
use maud::{Markup, html};

/// Longest preview in characters; the rest would not be seen anyway.
const PREVIEW: usize = 80;

/// One row of the column.
struct Entry<'a> {
    mark: Markup,
    title: &'a str,
    last: Option<&'a Message>,
    unread: usize,
    current: bool,
    closed: bool,
    /// Address and spec.
    link: (String, String),
    /// Said when there is no message.
    hint: &'static str,
}

impl Telegram {
    pub(super) fn list(&self, looking: &Looking) -> Markup {
        match looking.place.and_then(|place| self.forum_of(place)) {
            Some(forum) => self.topics(looking, forum),
            None => self.chats(looking),
        }
    }

    /// All chats of a person, the latest first; bots never spoken to come last.
    fn chats(&self, looking: &Looking) -> Markup {
        let person = looking.person;
        let name = self.full_name(person);
        let account = self.user(person);
        let language = account.and_then(|u| u.language_code.as_deref());
        let username = account.and_then(|u| u.username.as_deref());
        let private = self.store.bots.keys().map(|&bot| Place::Private { bot, person });
        let groups = self
            .store
            .groups
            .values()
            .filter(|g| g.ended.is_none() && g.standing(person).is_inside())
            .map(|g| Place::Group { group: g.id });
        let mut places: Vec<(Place, Option<&Message>)> =
            private.chain(groups).map(|place| (place, self.last_message(place))).collect();
        places.sort_by_key(|(_, last)| std::cmp::Reverse(last.map(|m| (m.date, m.id))));
        html! {
            header.side-head {
                (avatar(&name, person))
                div.who {
                    h2 { (name) }
                    small.faint {
                        (language_choice(person, &name, language))
                        @if let Some(username) = username { " · @" (username) }
                    }
                }
                button.round type="button" data-dialog="group" aria-label="New group" title="New group" { (icon("plus")) }
                button.round.close-pane type="button" data-close-pane aria-label="Close this pane" title="Close this pane" { (icon("close")) }
            }
            nav.entries aria-label={ "Chats of " (name) } {
                @if places.is_empty() {
                    p.hint { "No bot has called yet. Start one with this address as its Bot API server." }
                }
                @for (place, last) in places {
                    @let title = self.chat_title(place);
                    @let id = match place { Place::Private { bot, .. } => bot, Place::Group { group } => group };
                    @let in_forum = self.forum_of(place).is_some();
                    (self.entry(person, &Entry {
                        mark: if in_forum { html! { span.squared { (avatar(&title, id)) } } } else { avatar(&title, id) },
                        title: &title,
                        last,
                        unread: self.unread(person, place),
                        current: looking.place == Some(place),
                        closed: false,
                        link: link(person, Some(&self.chat_key(place)), None),
                        hint: "Tap to begin",
                    }))
                }
            }
        }
    }

    /// The topics of a forum: General first, the others with the latest message first.
    fn topics(&self, looking: &Looking, forum: &Group) -> Markup {
        let (person, group) = (looking.person, forum.id);
        let key = group.to_string();
        let place = Place::Group { group };
        let known = self.by_topic(person, place);
        let entry = |mark: Markup, title, topic: Option<i64>, closed| {
            let (last, unread) = known.get(&topic).copied().unzip();
            Entry {
                mark,
                title,
                last,
                unread: unread.unwrap_or(0),
                current: looking.window == Window::Topic(topic),
                closed,
                link: link(person, Some(&key), Some(&topic.unwrap_or(1).to_string())),
                hint: "No messages yet",
            }
        };
        let mut topics: Vec<Entry<'_>> = forum
            .topics
            .iter()
            .map(|(&id, topic)| {
                let mark = topic_icon(topic.icon_color, &topic.name);
                entry(mark, &topic.name, Some(id), topic.closed)
            })
            .collect();
        topics.sort_by_key(|e| std::cmp::Reverse(e.last.map(|m| (m.date, m.id))));
        let (home, spec) = link(person, None, None);
        let general = &forum.general;
        let sign = html! { span.topic-icon.general aria-hidden="true" { "#" } };
        let all = html! { span.topic-icon.general aria-hidden="true" { "∗" } };
        html! {
            header.side-head {
                a.round href=(home) data-open=(spec) aria-label="All chats" title="All chats" { (icon("back")) }
                div.who {
                    h2 { (forum.title) }
                    small.faint { span.owner-name { (self.first_name(person)) " · " } (members_words(forum)) }
                }
                (members_button())
                button.round type="button" data-dialog="topic" aria-label="New topic" title="New topic" { (icon("plus")) }
            }
            nav.entries.topics aria-label={ "Topics of " (forum.title) } {
                (self.entry(person, &Entry {
                    mark: all,
                    title: "All messages",
                    last: self.last_message(place),
                    unread: 0,
                    current: looking.window == Window::Whole,
                    closed: false,
                    link: link(person, Some(&key), Some("all")),
                    hint: "No messages yet",
                }))
                @if !general.hidden { (self.entry(person, &entry(sign, &general.name, None, general.closed))) }
                @for topic in &topics { (self.entry(person, topic)) }
            }
        }
    }

    /// Whose pane it is; seen only beside others.
    pub(super) fn owner(&self, person: i64) -> Markup {
        html! { span.owner { (avatar(&self.full_name(person), person)) (self.first_name(person)) } }
    }

    fn first_name(&self, person: i64) -> &str {
        self.user(person).map_or("", |user| &user.first_name)
    }

    fn entry(&self, person: i64, entry: &Entry<'_>) -> Markup {
        let (address, spec) = &entry.link;
        html! {
            a.entry.current[entry.current] href=(address) data-open=(spec) aria-current=[entry.current.then_some("true")] {
                (entry.mark)
                span.title dir="auto" {
                    (entry.title)
                    @if entry.closed { (icon("lock")) span.unseen { " (closed)" } }
                }
                @if let Some(message) = entry.last { (clock_time(message.date)) }
                span.preview dir="auto" {
                    @match entry.last { Some(message) => (self.preview(message, person)), None => (entry.hint) }
                }
                @if entry.unread > 0 && !entry.current {
                    span.badge {
                        @if entry.unread > MOST_UNREAD { (MOST_UNREAD) "+" } @else { (entry.unread) }
                        span.unseen { " unread" }
                    }
                }
            }
        }
    }

    fn last_message(&self, place: Place) -> Option<&Message> {
        self.messages(place)?.values().next_back()
    }

    fn preview(&self, message: &Message, person: i64) -> String {
        let line = summary(self, message);
        if message.from == person && !message.content.is_service() { format!("You: {line}") } else { line }
    }
}

pub(super) fn members_button() -> Markup {
    html! { button.round type="button" data-members aria-label="Members" title="Members" { (icon("group")) } }
}

/// How many are in a group.
pub(super) fn members_words(group: &Group) -> String {
    match group.members.values().filter(|s| s.is_inside()).count() {
        1 => "1 member".to_owned(),
        n => format!("{n} members"),
    }
}

/// A message in one line.
pub(super) fn summary(telegram: &Telegram, message: &Message) -> String {
    let what = match &message.content {
        Content::Text(text) => text.text.clone(),
        Content::Photo { caption, .. } if caption.text.is_empty() => "Photo".to_owned(),
        Content::Photo { caption, .. } => format!("Photo: {}", caption.text),
        Content::Document { document, .. } => format!("File: {}", document.file_name.as_deref().unwrap_or("unnamed")),
        Content::Contact(contact) => format!("Contact: {}", contact.first_name),
        Content::Location(_) => "Location".to_owned(),
        Content::Service(service) => telegram.service_words(message.from, service),
    };
    what.chars().take(PREVIEW).map(|c| if c == '\n' { ' ' } else { c }).collect()
}
