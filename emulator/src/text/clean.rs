//! Cleaning of incoming text: control characters, carriage returns, white space at both ends.

use super::entity::{Entity, utf16_len};

/// Drops carriage returns and turns other control characters, but not line ends and tabs, into spaces.
pub(crate) fn strip_control(raw: &str) -> String {
    raw.chars().filter(|&c| c != '\r').map(|c| if c < ' ' && c != '\n' && c != '\t' { ' ' } else { c }).collect()
}

/// Trims white space at both ends and moves the entities along; those that fall off are shortened or dropped.
pub(crate) fn trim(text: &str, entities: Vec<Entity>) -> (String, Vec<Entity>) {
    let without_tail = text.trim_end();
    let trimmed = without_tail.trim_start();
    let cut = utf16_len(&without_tail[..without_tail.len() - trimmed.len()]);
    let len = utf16_len(trimmed);
    let moved = entities
        .into_iter()
        .filter_map(|mut e| {
            let start = e.offset.max(cut) - cut;
            let end = e.end().checked_sub(cut)?.min(len);
            e.offset = start;
            e.length = end.checked_sub(start)?;
            (e.length > 0).then_some(e)
        })
        .collect();
    (trimmed.to_owned(), moved)
}

#[cfg(test)]
mod tests {
    use super::super::entity::EntityKind;
    use super::*;

    #[test]
    fn control_characters_become_spaces() {
        assert_eq!(strip_control("a\r\nb\u{7}c\t"), "a\nb c\t");
    }

    #[test]
    fn trimming_counts_in_utf16() {
        let (text, entities) = trim(" 😀a ", vec![Entity::new(EntityKind::Bold, 0, 5)]);
        assert_eq!(text, "😀a");
        assert_eq!(entities, [Entity::new(EntityKind::Bold, 0, 3)]);
    }
}
