//! One message as a bubble with its buttons.

use super::sidebar::{clock_time, summary};
use super::{avatar, rich};
use crate::markup::{Action, InlineButton};
use crate::model::Telegram;
use crate::model::chat::Place;
use crate::model::message::{Content, Message};
use crate::text::FormattedText;
use maud::{Markup, html};

impl Telegram {
    /// A message as a person's client shows it.
    pub(super) fn bubble(&self, place: Place, message: &Message, person: i64) -> Markup {
        if let Content::Service(service) = &message.content {
            return html! {
                article.service #{ "m" (message.id) } { (self.service_words(message.from, service)) }
            };
        }
        let own = message.from == person;
        let in_group = matches!(place, Place::Group { .. });
        let author = self.user(message.from).map_or_else(String::new, |u| u.full_name());
        html! {
            article.message.own[own] #{ "m" (message.id) } data-id=(message.id) {
                @if in_group && !own { (avatar(&author, message.from)) }
                div.stack {
                    div.bubble {
                        @if in_group && !own { strong.author { (author) } }
                        @if let Some(answered) = message.reply_to.and_then(|id| self.message(place, id)) {
                            a.quote href={ "#m" (answered.id) } { (summary(self, answered)) }
                        }
                        (self.content(&message.content))
                        footer {
                            @for (_, emoji) in &message.reactions { span.reaction { (emoji) } }
                            @if message.edit_date.is_some() { "edited " }
                            (clock_time(message.date))
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
            }
        }
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
            _ => html! {
                button.key data-row=(row) data-column=(column) { (button.text) }
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
                    span.icon aria-hidden="true" { "📄" }
                    span { strong { (name) } small { (size_words(document.file_size)) } }
                }
                (self.paragraph(caption))
            },
            Content::Contact(contact) => html! {
                div.document {
                    span.icon aria-hidden="true" { "👤" }
                    span {
                        strong { (contact.first_name) " " (contact.last_name.as_deref().unwrap_or_default()) }
                        small { "+" (contact.phone_number.trim_start_matches('+')) }
                    }
                }
            },
            Content::Location(location) => html! {
                div.document {
                    span.icon aria-hidden="true" { "📍" }
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
