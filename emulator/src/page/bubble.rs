//! One message as a bubble with its buttons.

use super::list::summary;
use super::spec::Looking;
use super::{avatar, clock_time, icon, rich};
use crate::markup::{Action, InlineButton};
use crate::model::Telegram;
use crate::model::chat::Place;
use crate::model::message::{Content, Message};
use crate::model::reading::Window;
use crate::text::FormattedText;
use maud::{Markup, html};
use std::collections::BTreeMap;

impl Telegram {
    /// A message as a person's client shows it.
    pub(super) fn bubble(&self, place: Place, message: &Message, looking: &Looking) -> Markup {
        let time = clock_time(message.date);
        if let Content::Service(service) = &message.content {
            return html! {
                div.service data-id=(message.id) {
                    (self.service_words(message.from, service)) span.unseen { " " (time) }
                }
            };
        }
        let own = message.from == looking.person;
        let in_group = matches!(place, Place::Group { .. });
        let author = self.full_name(message.from);
        let colour = format!("author a{}", message.from.rem_euclid(7));
        html! {
            article.message.own[own].pictured[matches!(message.content, Content::Photo { .. })]
                data-id=(message.id) data-from=(message.from) {
                @if in_group && !own { (avatar(&author, message.from)) }
                div.stack {
                    div.bubble {
                        @if in_group && !own { strong class=(colour) { (author) } }
                        @if looking.window == Window::Whole && let Some(topic) = self.topic_name(place, message.topic) {
                            small.topic { "# " (topic) }
                        }
                        @if let Some(answered) = message.reply_to.and_then(|id| self.message(place, id)) {
                            button.quote type="button" data-jump=(answered.id) {
                                strong { (self.full_name(answered.from)) }
                                span { (summary(self, answered)) }
                            }
                        }
                        (self.content(&message.content))
                        footer {
                            (reactions(message, looking.person))
                            span.when { @if message.edit_date.is_some() { "edited " } (time) }
                        }
                    }
                    @if let Some(rows) = message.keyboard.as_ref().and_then(|k| k.inline()) {
                        div.keys {
                            @for (r, row) in rows.iter().enumerate() {
                                div.row {
                                    @for (c, button) in row.iter().enumerate() { (self.key(button, r, c)) }
                                }
                            }
                        }
                    }
                }
                button.more type="button" data-more aria-haspopup="menu" aria-label="Actions" { (icon("more")) }
            }
        }
    }

    fn topic_name(&self, place: Place, topic: Option<i64>) -> Option<&str> {
        let Place::Group { group } = place else {
            return None;
        };
        Some(&self.store.groups.get(&group)?.topics.get(&topic?)?.name)
    }

    fn key(&self, button: &InlineButton, row: usize, column: usize) -> Markup {
        match &button.action {
            Action::Url(url) | Action::WebApp { url } => {
                let deep = self.deep_link(url);
                let (bot, start) = deep.unzip();
                html! {
                    a.key.deep[bot.is_some()] href=(url) target="_blank" rel="noopener" data-bot=[bot] data-start=[start] {
                        (button.text) span.corner aria-hidden="true" { "↗" }
                    }
                }
            }
            Action::CopyText { text } => html! {
                button.key type="button" data-copy=(text) { (button.text) span.corner aria-hidden="true" { "⧉" } }
            },
            _ => html! {
                button.key type="button" data-row=(row) data-column=(column) { (button.text) }
            },
        }
    }

    /// Bot and payload of a `t.me` deep link to a bot that is known here.
    pub(super) fn deep_link<'a>(&self, url: &'a str) -> Option<(&'a str, &'a str)> {
        let rest = url.trim_start_matches("https://").trim_start_matches("http://").strip_prefix("t.me/")?;
        let (bot, query) = rest.split_once('?').unwrap_or((rest, ""));
        self.bot_named(bot)?;
        let start = query.split('&').find_map(|pair| pair.strip_prefix("start=")).unwrap_or_default();
        Some((bot, start))
    }

    fn content(&self, content: &Content) -> Markup {
        match content {
            Content::Text(text) => self.paragraph(text),
            Content::Photo { sizes, caption } => html! {
                @if let Some(size) = sizes.last() {
                    a.photo href={ "/app/file/" (size.file_id) } target="_blank" {
                        img src={ "/app/file/" (size.file_id) } alt=(photo_label(caption)) width=(size.width) height=(size.height);
                    }
                }
                (self.paragraph(caption))
            },
            Content::Document { document, caption } => html! {
                @let name = document.file_name.as_deref().unwrap_or("File");
                a.document href={ "/app/file/" (document.file_id) } download=(name) {
                    span.disc { (icon("file")) }
                    span { strong { (name) } small { (size_words(document.file_size)) } }
                }
                (self.paragraph(caption))
            },
            Content::Contact(contact) => html! {
                @let name = format!("{} {}", contact.first_name, contact.last_name.as_deref().unwrap_or_default());
                div.document {
                    (avatar(&name, contact.user_id.unwrap_or_default()))
                    span { strong { (name) } small { "+" (contact.phone_number.trim_start_matches('+')) } }
                }
            },
            Content::Location(location) => html! {
                div.document {
                    span.disc { (icon("pin")) }
                    span {
                        strong { "Location" }
                        small { (format!("{:.4}, {:.4}", location.latitude, location.longitude)) }
                    }
                }
            },
            Content::Service(_) => html! {},
        }
    }

    fn paragraph(&self, text: &FormattedText) -> Markup {
        html! {
            @if !text.text.is_empty() { div.text dir="auto" { (rich::render(self, text)) } }
        }
    }
}

/// Each emoji once, with how many chose it; a press takes one's own away or adds it.
fn reactions(message: &Message, person: i64) -> Markup {
    let mut chosen: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for (who, emoji) in &message.reactions {
        chosen.entry(emoji).or_default().push(*who);
    }
    html! {
        @for (emoji, people) in chosen {
            @let own = people.contains(&person);
            button.reaction type="button" data-react=(emoji) aria-pressed=(own) {
                (emoji) @if people.len() > 1 { " " (people.len()) }
            }
        }
    }
}

fn photo_label(caption: &FormattedText) -> &str {
    if caption.text.is_empty() { "Photo" } else { &caption.text }
}

fn size_words(bytes: usize) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{} KB", bytes / 1024),
        _ => format!("{} MB", bytes / 1_048_576),
    }
}
