//! The left column: who I am, my chats, other people.

use super::{Looking, avatar};
use crate::model::Telegram;
use crate::model::chat::Place;
use crate::model::message::{Content, Message};
use maud::{Markup, html};

/// Longest preview in characters; the rest would not be seen anyway.
const PREVIEW: usize = 80;

/// The form that makes a person.
pub(crate) fn new_person(open: bool) -> Markup {
    html! {
        details.new-person open[open] {
            summary { "New person" }
            form data-new-person {
                label { "First name" input name="first_name" required maxlength="64" autocomplete="off"; }
                label { "Last name" input name="last_name" maxlength="64" autocomplete="off"; }
                label { "Username" input name="username" pattern="[A-Za-z][A-Za-z0-9_]{3,31}" title="4 to 32 letters, digits and _" autocomplete="off"; }
                label { "Language"
                    select name="language_code" {
                        option value="en" { "English" }
                        option value="de" { "Deutsch" }
                        option value="ru" { "Русский" }
                    }
                }
                button { "Create" }
            }
        }
    }
}

impl Telegram {
    pub(super) fn sidebar(&self, looking: &Looking) -> Markup {
        let name = self.user(looking.person).map_or_else(String::new, |u| u.full_name());
        html! {
            aside.sidebar {
                details.me {
                    summary {
                        (avatar(&name, looking.person))
                        strong { (name) }
                        span.switch { "Switch person" }
                    }
                    div.others {
                        @for person in self.store.people.values().filter(|p| p.user.id != looking.person) {
                            a href={ "/?as=" (person.user.id) } target="_blank" {
                                (avatar(&person.user.full_name(), person.user.id))
                                span { (person.user.full_name()) }
                                small { "new tab" }
                            }
                        }
                        (new_person(false))
                    }
                }
                nav #chats aria-label="Chats" { (self.chat_list(looking)) }
            }
        }
    }

    /// All chats of a person, the latest first; bots never spoken to come last.
    pub(super) fn chat_list(&self, looking: &Looking) -> Markup {
        let person = looking.person;
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
            @if places.is_empty() {
                p.hint { "No bot has called yet. Start one with this address as its Bot API server." }
            }
            @for (place, last) in places {
                @let title = self.chat_title(place);
                @let id = match place { Place::Private { bot, .. } => bot, Place::Group { group } => group };
                a.entry.current[looking.place == Some(place)] href={ "/?as=" (person) "&chat=" (self.chat_key(place)) } {
                    (avatar(&title, id))
                    span.title { (title) }
                    @if let Some(message) = last {
                        (clock_time(message.date))
                        span.preview { (self.preview(message, person)) }
                    } @else {
                        span.preview.new { "Tap to begin" }
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
        if message.from == person { format!("You: {line}") } else { line }
    }
}

/// A message in one line.
pub(super) fn summary(telegram: &Telegram, message: &Message) -> String {
    let what = match &message.content {
        Content::Text(text) => text.text.clone(),
        Content::Photo { caption, .. } if caption.text.is_empty() => "🖼 Photo".to_owned(),
        Content::Photo { caption, .. } => format!("🖼 {}", caption.text),
        Content::Document { document, .. } => {
            format!("📄 {}", document.file_name.as_deref().unwrap_or("File"))
        }
        Content::Contact(contact) => format!("👤 {}", contact.first_name),
        Content::Location(_) => "📍 Location".to_owned(),
        Content::Service(service) => telegram.service_words(message.from, service),
    };
    what.chars().take(PREVIEW).map(|c| if c == '\n' { ' ' } else { c }).collect()
}

/// A time of day in UTC, which the script turns into local time.
pub(super) fn clock_time(seconds: i64) -> Markup {
    let time = chrono::DateTime::from_timestamp(seconds, 0).unwrap_or_default();
    html! {
        time datetime=(time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)) {
            (time.format("%H:%M"))
        }
    }
}
