//! Words: cleaned of what cannot be seen, then measured in characters.

use crate::refusal::Refusal;

/// Characters that take no room and only disturb: zero-width blanks, marks of
/// byte order and of writing direction, soft hyphens. The joiners U+200C and
/// U+200D are letters' own business (Persian, emoji) and stay inside words.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206f}' | '\u{feff}'
    )
}

/// One line: no control characters, single blanks, none around.
pub(crate) fn line(raw: &str) -> String {
    let visible: String =
        raw.chars().filter(|c| !is_invisible(*c)).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words = visible.split_whitespace().map(|word| word.trim_matches(|c| matches!(c, '\u{200c}' | '\u{200d}')));
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// Several lines, each cleaned; empty ones are dropped at both ends and never
/// stand two together.
fn paragraph(raw: &str) -> String {
    let mut text = String::new();
    for cleaned in raw.lines().map(line) {
        if cleaned.is_empty() && (text.is_empty() || text.ends_with("\n\n")) {
            continue;
        }
        text.push_str(&cleaned);
        text.push('\n');
    }
    text.trim_end().to_owned()
}

pub(crate) fn text(raw: &str, min: usize, max: usize, multiline: bool) -> Result<String, Refusal> {
    let text = if multiline { paragraph(raw) } else { line(raw) };
    let length = text.chars().count();
    if length == 0 {
        Err(Refusal::Empty)
    } else if length < min {
        Err(Refusal::TooShort { min })
    } else if length > max {
        Err(Refusal::TooLong { max })
    } else {
        Ok(text)
    }
}

/// One entry a line, without the bullets people put before them.
pub(crate) fn lines(raw: &str, min: usize, max: usize, length: usize) -> Result<Vec<String>, Refusal> {
    let entries = raw.lines().map(line).map(|entry| {
        let bullet = ["- ", "– ", "— ", "* ", "• "];
        let bare = bullet.into_iter().find_map(|bullet| entry.strip_prefix(bullet));
        bare.unwrap_or(&entry).to_owned()
    });
    let entries: Vec<String> = entries.filter(|entry| !entry.is_empty()).collect();
    if entries.is_empty() {
        return Err(Refusal::Empty);
    }
    if entries.len() < min {
        return Err(Refusal::TooFewLines { min });
    }
    if entries.len() > max {
        return Err(Refusal::TooManyLines { max });
    }
    let long = entries.iter().position(|entry| entry.chars().count() > length);
    match long {
        Some(place) => Err(Refusal::LineTooLong { line: place + 1, max: length }),
        None => Ok(entries),
    }
}
