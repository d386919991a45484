//! `parse_mode=Markdown`, the first Markdown of the Bot API: no nesting, few escapes.

use super::detect::checked_link;
use super::entity::{Entity, EntityKind, utf16_len};
use super::markdown::fence;

/// Characters that begin an entity; only they can be escaped.
const MARKS: [char; 4] = ['_', '*', '`', '['];

/// Parses it into plain text and entities (not yet normalised).
/// The error is the text that follows `can't parse entities: `; offsets in it are bytes of the input.
pub(crate) fn parse(input: &str) -> Result<(String, Vec<Entity>), String> {
    let mut text = String::with_capacity(input.len());
    let mut entities = Vec::new();
    let mut at = 0;
    while let Some(c) = input[at..].chars().next() {
        let rest = &input[at..];
        if let Some(mark) = rest.strip_prefix('\\').and_then(|r| r.chars().next()).filter(|c| MARKS.contains(c)) {
            text.push(mark);
            at += 2;
            continue;
        }
        if !MARKS.contains(&c) {
            text.push(c);
            at += c.len_utf8();
            continue;
        }
        let (language, opening, end) = match c {
            '`' if rest.starts_with("```") => {
                let (language, length) = fence(rest);
                (language, length, "```")
            }
            '`' => (None, 1, "`"),
            '[' => (None, 1, "]"),
            '*' => (None, 1, "*"),
            _ => (None, 1, "_"),
        };
        let inside = &rest[opening..];
        let length =
            inside.find(end).ok_or_else(|| format!("Can't find end of the entity starting at byte offset {at}"))?;
        let inside = &inside[..length];
        at += opening + length + end.len();
        let kind = match c {
            '*' => Some(EntityKind::Bold),
            '_' => Some(EntityKind::Italic),
            '`' if end.len() == 3 => Some(EntityKind::Pre { language }),
            '`' => Some(EntityKind::Code),
            _ => {
                let target = input[at..].strip_prefix('(').map(|t| t.find(')').map_or(t, |n| &t[..n]));
                at += target.map_or(0, |t| t.len() + 2);
                at = at.min(input.len());
                checked_link(target.unwrap_or(inside)).map(|url| EntityKind::TextLink { url })
            }
        };
        let (offset, length) = (utf16_len(&text), utf16_len(inside));
        text.push_str(inside);
        entities.extend(kind.filter(|_| length > 0).map(|kind| Entity::new(kind, offset, length)));
    }
    Ok((text, entities))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn its_five_marks() {
        let (text, entities) = parse("é *b* _i_ `c` ```rs\np``` [l](https://e.org/x) \\_").unwrap();
        assert_eq!(text, "é b i c p l _");
        let kinds: Vec<&EntityKind> = entities.iter().map(|e| &e.kind).collect();
        assert_eq!(
            kinds,
            [
                &EntityKind::Bold,
                &EntityKind::Italic,
                &EntityKind::Code,
                &EntityKind::Pre { language: Some("rs".into()) },
                &EntityKind::TextLink { url: "https://e.org/x".into() },
            ]
        );
        assert_eq!((entities[0].offset, entities[0].length), (2, 1));
    }

    #[test]
    fn an_unended_entity_is_refused() {
        assert_eq!(parse("é snake_case").unwrap_err(), "Can't find end of the entity starting at byte offset 8");
    }

    proptest! {
        /// Nothing that can be typed makes the parser panic, and entities stay inside the text.
        #[test]
        fn any_input_is_parsed_or_refused(input in "([_*\\[\\]()`\\\\\né😀a-c ]|```){0,40}") {
            if let Ok((text, entities)) = parse(&input) {
                let len = utf16_len(&text);
                for entity in entities {
                    prop_assert!(entity.length > 0 && entity.end() <= len);
                }
            }
        }
    }
}
