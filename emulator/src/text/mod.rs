//! Message text as Telegram stores it: parsed markup, UTF-16 entities, lengths.
//!
//! Knows nothing of bots, chats or HTTP; the rest of the emulator hands it strings.

pub(crate) mod clean;
pub(crate) mod detect;
pub(crate) mod entity;
pub(crate) mod html;
pub(crate) mod legacy;
pub(crate) mod markdown;

use entity::{Entity, EntityKind};
use serde::{Deserialize, Serialize};

/// At most this many entities of a message take effect; the rest are dropped silently.
const MAX_ENTITIES: usize = 100;

/// A text with its entities, offsets in UTF-16 units.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FormattedText {
    pub(crate) text: String,
    pub(crate) entities: Vec<Entity>,
}

/// How the sender marked the text up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Markup {
    /// `parse_mode` absent: the entities come beside the text.
    Entities(Vec<Entity>),
    /// `parse_mode=HTML`.
    Html,
    /// `parse_mode=MarkdownV2`.
    MarkdownV2,
    /// `parse_mode=Markdown`, the old one.
    Markdown,
}

/// Parses, trims, normalises and completes a text the way the server does before it stores it.
/// The error is the literal text behind `can't parse entities: `.
pub(crate) fn format(raw: &str, markup: Markup) -> Result<FormattedText, String> {
    let cleaned = clean::strip_control(raw);
    let (text, entities) = match markup {
        Markup::Html => html::parse(&cleaned)?,
        Markup::MarkdownV2 => markdown::parse(&cleaned)?,
        Markup::Markdown => legacy::parse(&cleaned)?,
        Markup::Entities(entities) => (cleaned, entities),
    };
    let (text, entities) = clean::trim(&text, entities);
    let mut entities = entity::normalise(entities, entity::utf16_len(&text));
    for found in detect::find(&text) {
        let clashes = entities.iter().any(|e| e.overlaps(&found) && !e.kind.may_contain_links());
        if !clashes {
            entities.push(found);
        }
    }
    entity::sort(&mut entities);
    entities.truncate(MAX_ENTITIES);
    Ok(FormattedText { text, entities })
}

/// A text typed by a person: no markup, only what clients detect by themselves.
pub(crate) fn typed(raw: &str) -> FormattedText {
    let (text, _) = clean::trim(&clean::strip_control(raw), Vec::new());
    let entities = detect::find(&text);
    FormattedText { text, entities }
}

impl FormattedText {
    /// Length as Telegram's limit on texts counts it: Unicode code points.
    pub(crate) fn chars(&self) -> usize {
        self.text.chars().count()
    }

    /// The bot command that the text begins with, without slash, split from its `@bot`.
    pub(crate) fn command(&self) -> Option<(&str, Option<&str>)> {
        let first = self.entities.first()?;
        if first.offset != 0 || first.kind != EntityKind::BotCommand {
            return None;
        }
        // Commands are ASCII, so UTF-16 units are bytes here.
        let word = self.text.get(1..first.length)?;
        Some(match word.split_once('@') {
            Some((command, bot)) => (command, Some(bot)),
            None => (word, None),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_found_with_and_without_a_bot_name() {
        assert_eq!(typed("/start abc").command(), Some(("start", None)));
        assert_eq!(typed("/help@hub_bot").command(), Some(("help", Some("hub_bot"))));
        assert_eq!(typed("see /help").command(), None);
    }

    #[test]
    fn html_is_trimmed_with_its_entities() {
        let text = format("  <b> Hi </b> ", Markup::Html).unwrap();
        assert_eq!(text.text, "Hi");
        assert_eq!(text.entities, [Entity::new(EntityKind::Bold, 0, 2)]);
    }

    #[test]
    fn links_are_detected_inside_bold_but_not_inside_code() {
        let bold = format("<b>see https://t.me/x</b>", Markup::Html).unwrap();
        assert!(bold.entities.iter().any(|e| e.kind == EntityKind::Url));
        let code = format("<code>https://t.me/x</code>", Markup::Html).unwrap();
        assert_eq!(code.entities, [Entity::new(EntityKind::Code, 0, 14)]);
    }
}
