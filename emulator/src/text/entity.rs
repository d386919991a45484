//! Message entities: their kinds, how they may nest, and the order the server returns them in.

use crate::model::person::User;
use serde::{Deserialize, Serialize};

/// What a stretch of text is; serialised with the Bot API's names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum EntityKind {
    Mention,
    Hashtag,
    Cashtag,
    BotCommand,
    Url,
    Email,
    PhoneNumber,
    Bold,
    Italic,
    Underline,
    Strikethrough,
    Spoiler,
    Blockquote,
    ExpandableBlockquote,
    Code,
    Pre {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        language: Option<String>,
    },
    TextLink {
        url: String,
    },
    TextMention {
        user: User,
    },
    CustomEmoji {
        custom_emoji_id: String,
    },
}

impl EntityKind {
    /// Styles that may be cut in pieces around others and that melt together when they touch.
    pub(crate) fn is_style(&self) -> bool {
        matches!(self, Self::Bold | Self::Italic | Self::Underline | Self::Strikethrough | Self::Spoiler)
    }

    /// `code` and `pre` hold nothing else.
    pub(crate) fn is_verbatim(&self) -> bool {
        matches!(self, Self::Code | Self::Pre { .. })
    }

    /// Whether links, mentions and commands are still detected inside it.
    pub(crate) fn may_contain_links(&self) -> bool {
        self.is_style() || matches!(self, Self::Blockquote | Self::ExpandableBlockquote)
    }

    /// Outer kinds come first where two entities cover the same range.
    fn rank(&self) -> u8 {
        match self {
            Self::Blockquote | Self::ExpandableBlockquote => 0,
            Self::Pre { .. } => 1,
            Self::TextLink { .. } | Self::TextMention { .. } => 2,
            Self::Bold => 3,
            Self::Italic => 4,
            Self::Underline => 5,
            Self::Strikethrough => 6,
            Self::Spoiler => 7,
            Self::CustomEmoji { .. } => 9,
            _ => 8,
        }
    }
}

/// A stretch of text with a meaning; offset and length in UTF-16 code units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entity {
    pub(crate) offset: usize,
    pub(crate) length: usize,
    #[serde(flatten)]
    pub(crate) kind: EntityKind,
}

impl Entity {
    pub(crate) fn new(kind: EntityKind, offset: usize, length: usize) -> Self {
        Self { offset, length, kind }
    }

    pub(crate) fn end(&self) -> usize {
        self.offset + self.length
    }

    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        self.offset < other.end() && other.offset < self.end()
    }
}

/// UTF-16 length of a text, the unit of every entity offset.
pub(crate) fn utf16_len(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// Order of the Bot API: by offset, outer before inner.
pub(crate) fn sort(entities: &mut [Entity]) {
    entities
        .sort_by(|a, b| a.offset.cmp(&b.offset).then(b.length.cmp(&a.length)).then(a.kind.rank().cmp(&b.kind.rank())));
}

/// Clips entities to the text, drops empty ones, melts touching styles, keeps `code` and `pre` free of others.
pub(crate) fn normalise(entities: Vec<Entity>, text_len: usize) -> Vec<Entity> {
    let mut kept: Vec<Entity> = entities
        .into_iter()
        .filter(|e| e.length > 0 && e.offset < text_len)
        .map(|mut e| {
            e.length = e.length.min(text_len - e.offset);
            e
        })
        .collect();
    sort(&mut kept);

    let verbatim: Vec<(usize, usize)> =
        kept.iter().filter(|e| e.kind.is_verbatim()).map(|e| (e.offset, e.end())).collect();
    let mut result: Vec<Entity> = Vec::with_capacity(kept.len());
    for entity in kept {
        if entity.kind.is_style() {
            for piece in outside(entity, &verbatim) {
                melt(&mut result, piece);
            }
        } else if !clashes(&entity, &result) {
            result.push(entity);
        }
    }
    sort(&mut result);
    result
}

/// Whether a kind that cannot be cut meets one already kept that it must not share characters with.
fn clashes(entity: &Entity, kept: &[Entity]) -> bool {
    kept.iter().filter(|k| !k.kind.is_style() && k.overlaps(entity)).any(|k| {
        let quote = matches!(k.kind, EntityKind::Blockquote | EntityKind::ExpandableBlockquote);
        let same_family = quote && matches!(entity.kind, EntityKind::Blockquote | EntityKind::ExpandableBlockquote);
        !quote || same_family
    })
}

/// The parts of a style that lie outside the given ranges.
fn outside(entity: Entity, ranges: &[(usize, usize)]) -> Vec<Entity> {
    let mut pieces = vec![(entity.offset, entity.end())];
    for &(from, to) in ranges {
        pieces =
            pieces.into_iter().flat_map(|(a, b)| [(a, b.min(from)), (a.max(to), b)]).filter(|(a, b)| a < b).collect();
    }
    pieces.into_iter().map(|(a, b)| Entity::new(entity.kind.clone(), a, b - a)).collect()
}

/// Adds a style, joined with one of the same kind that it touches.
fn melt(result: &mut Vec<Entity>, piece: Entity) {
    if let Some(same) =
        result.iter_mut().find(|e| e.kind == piece.kind && e.offset <= piece.end() && piece.offset <= e.end())
    {
        let end = same.end().max(piece.end());
        same.offset = same.offset.min(piece.offset);
        same.length = end - same.offset;
    } else {
        result.push(piece);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn touching_styles_melt() {
        let out = normalise(vec![Entity::new(EntityKind::Bold, 0, 2), Entity::new(EntityKind::Bold, 2, 2)], 4);
        assert_eq!(out, [Entity::new(EntityKind::Bold, 0, 4)]);
    }

    #[test]
    fn code_pushes_styles_out() {
        let out = normalise(vec![Entity::new(EntityKind::Bold, 0, 6), Entity::new(EntityKind::Code, 2, 2)], 6);
        assert_eq!(
            out,
            [
                Entity::new(EntityKind::Bold, 0, 2),
                Entity::new(EntityKind::Code, 2, 2),
                Entity::new(EntityKind::Bold, 4, 2),
            ]
        );
    }

    #[test]
    fn entities_beyond_the_text_are_clipped_or_dropped() {
        let out = normalise(vec![Entity::new(EntityKind::Bold, 1, 10), Entity::new(EntityKind::Code, 9, 1)], 3);
        assert_eq!(out, [Entity::new(EntityKind::Bold, 1, 2)]);
    }

    #[test]
    fn the_wire_form_is_the_bot_apis() {
        let link = Entity::new(EntityKind::TextLink { url: "http://a.de/".into() }, 1, 2);
        assert_eq!(
            serde_json::to_value(&link).unwrap(),
            serde_json::json!({"type": "text_link", "offset": 1, "length": 2, "url": "http://a.de/"})
        );
    }
}
