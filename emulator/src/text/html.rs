//! `parse_mode=HTML`: tags to entities, with the server's literal errors and byte offsets.
//!
//! Parses only; trimming, nesting rules and link detection come after it.

use super::entity::{Entity, EntityKind};

/// Tags that the server knows; any other start tag is an error.
const TAGS: &[&str] = &[
    "a",
    "b",
    "strong",
    "i",
    "em",
    "s",
    "strike",
    "del",
    "u",
    "ins",
    "tg-spoiler",
    "tg-emoji",
    "span",
    "pre",
    "code",
    "blockquote",
    "tg-time",
];

/// An opened tag waiting for its end.
struct Open {
    tag: String,
    argument: Option<String>,
    /// UTF-16 offset where its content begins.
    offset: usize,
    /// Byte position in the output where its content begins.
    position: usize,
}

struct Parser<'a> {
    input: &'a str,
    at: usize,
    text: String,
    utf16: usize,
    open: Vec<Open>,
    entities: Vec<Entity>,
}

/// Parses HTML into plain text and entities (not yet normalised).
/// The error is the text that follows `can't parse entities: `; offsets in it are bytes of the input.
pub(crate) fn parse(input: &str) -> Result<(String, Vec<Entity>), String> {
    let mut parser = Parser {
        input,
        at: 0,
        text: String::with_capacity(input.len()),
        utf16: 0,
        open: Vec::new(),
        entities: Vec::new(),
    };
    while let Some(c) = parser.peek() {
        if c == '<' {
            parser.tag()?;
        } else if let Some(decoded) = (c == '&').then(|| parser.character_reference()).flatten() {
            parser.push(decoded);
        } else {
            parser.advance(c);
            parser.push(c);
        }
    }
    match parser.open.last() {
        Some(open) => Err(format!("Can't find end tag corresponding to start tag \"{}\"", open.tag)),
        None => Ok((parser.text, parser.entities)),
    }
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.input.get(self.at..)?.chars().next()
    }

    fn advance(&mut self, c: char) {
        self.at += c.len_utf8();
    }

    fn push(&mut self, c: char) {
        self.utf16 += c.len_utf16();
        self.text.push(c);
    }

    /// Moves over characters while the test holds and returns them.
    fn take_while(&mut self, test: impl Fn(char) -> bool) -> &str {
        let start = self.at;
        while let Some(c) = self.peek().filter(|&c| test(c)) {
            self.advance(c);
        }
        &self.input[start..self.at]
    }

    fn skip_space(&mut self) {
        self.take_while(|c| c.is_ascii_whitespace());
    }

    /// A character reference at the cursor, if it is one the server decodes; the cursor moves behind it.
    fn character_reference(&mut self) -> Option<char> {
        let rest = self.input.get(self.at + 1..)?;
        let (decoded, used) = if let Some(number) = rest.strip_prefix('#') {
            let (digits, radix, prefix) = match number.strip_prefix(['x', 'X']) {
                Some(hex) => (hex, 16, 2),
                None => (number, 10, 1),
            };
            let length = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
            let code = u32::from_str_radix(&digits[..length], radix).ok()?;
            let decoded = char::from_u32(code).filter(|&c| c != '\0')?;
            (decoded, prefix + length)
        } else {
            let length = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
            let decoded = match &rest[..length] {
                "lt" => '<',
                "gt" => '>',
                "amp" => '&',
                "quot" => '"',
                _ => return None,
            };
            (decoded, length)
        };
        self.at += 1 + used;
        if self.peek() == Some(';') {
            self.at += 1;
        }
        Some(decoded)
    }

    fn tag(&mut self) -> Result<(), String> {
        let begin = self.at;
        self.at += 1;
        if self.peek() == Some('/') {
            self.at += 1;
            self.end_tag(begin)
        } else {
            self.start_tag(begin)
        }
    }

    fn start_tag(&mut self, begin: usize) -> Result<(), String> {
        let tag = self.take_while(|c| !c.is_ascii_whitespace() && c != '>').to_ascii_lowercase();
        let unclosed = || format!("Unclosed start tag at byte offset {begin}");
        if self.peek().is_none() {
            return Err(unclosed());
        }
        if !TAGS.contains(&tag.as_str()) {
            return Err(format!("Unsupported start tag \"{tag}\" at byte offset {begin}"));
        }
        let mut argument = None;
        loop {
            self.skip_space();
            match self.peek() {
                None => return Err(unclosed()),
                Some('>') => break,
                Some(_) => {}
            }
            let (name, value) = self.attribute(&tag, begin)?;
            if let Some(found) = argument_of(&tag, &name, value) {
                argument = Some(found);
            }
        }
        self.at += 1;
        if tag == "span" && argument.as_deref() != Some("spoiler") {
            return Err(format!("Tag \"span\" must have class \"tg-spoiler\" at byte offset {begin}"));
        }
        self.open.push(Open { tag, argument, offset: self.utf16, position: self.text.len() });
        Ok(())
    }

    /// One attribute: its name, and its value unless it stands bare.
    fn attribute(&mut self, tag: &str, begin: usize) -> Result<(String, Option<String>), String> {
        let name =
            self.take_while(|c| !c.is_ascii_whitespace() && !matches!(c, '=' | '>' | '/' | '"' | '\'')).to_owned();
        if name.is_empty() {
            return Err(format!("Empty attribute name in the tag \"{tag}\" at byte offset {begin}"));
        }
        self.skip_space();
        if self.peek() != Some('=') {
            return Ok((name, None));
        }
        self.at += 1;
        self.skip_space();
        let value = match self.peek() {
            None => return Err(format!("Unclosed start tag at byte offset {begin}")),
            Some(quote @ ('"' | '\'')) => {
                self.at += 1;
                self.quoted(quote, begin)?
            }
            Some(_) => {
                let start = self.at;
                let token = self.take_while(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-').to_ascii_lowercase();
                if !self.peek().is_none_or(|c| c.is_ascii_whitespace() || c == '>') {
                    return Err(format!("Unexpected end of name token at byte offset {start}"));
                }
                token
            }
        };
        Ok((name, Some(value)))
    }

    fn quoted(&mut self, quote: char, begin: usize) -> Result<String, String> {
        let mut value = String::new();
        loop {
            match self.peek() {
                None => return Err(format!("Unclosed start tag at byte offset {begin}")),
                Some(c) if c == quote => {
                    self.at += 1;
                    return Ok(value);
                }
                Some(c) => {
                    let decoded = (c == '&').then(|| self.character_reference()).flatten();
                    if decoded.is_none() {
                        self.advance(c);
                    }
                    value.push(decoded.unwrap_or(c));
                }
            }
        }
    }

    fn end_tag(&mut self, begin: usize) -> Result<(), String> {
        let Some(open) = self.open.pop() else {
            return Err(format!("Unexpected end tag at byte offset {begin}"));
        };
        let name = self.take_while(|c| !c.is_ascii_whitespace() && c != '>').to_ascii_lowercase();
        self.skip_space();
        if self.peek() != Some('>') {
            return Err(format!("Unclosed end tag at byte offset {begin}"));
        }
        self.at += 1;
        if !name.is_empty() && name != open.tag {
            return Err(format!(
                "Unmatched end tag at byte offset {begin}, expected \"</{}>\", found \"</{name}>\"",
                open.tag
            ));
        }
        self.close(open);
        Ok(())
    }

    /// Turns a closed tag into an entity; empty ones leave nothing.
    fn close(&mut self, open: Open) {
        let length = self.utf16 - open.offset;
        if length == 0 {
            return;
        }
        let kind = match open.tag.as_str() {
            "b" | "strong" => EntityKind::Bold,
            "i" | "em" => EntityKind::Italic,
            "u" | "ins" => EntityKind::Underline,
            "s" | "strike" | "del" => EntityKind::Strikethrough,
            "tg-spoiler" | "span" => EntityKind::Spoiler,
            "blockquote" if open.argument.is_some() => EntityKind::ExpandableBlockquote,
            "blockquote" => EntityKind::Blockquote,
            "pre" => EntityKind::Pre { language: self.language_inside(&open) },
            // A language counts only for the code that begins a `pre`; closing that `pre` takes it over.
            "code" => match (open.argument, self.open.last()) {
                (Some(language), Some(outer)) if outer.tag == "pre" && outer.offset == open.offset => {
                    EntityKind::Pre { language: Some(language) }
                }
                _ => EntityKind::Code,
            },
            "a" => {
                let target = open.argument.unwrap_or_else(|| self.text[open.position..].to_owned());
                match super::detect::checked_link(&target) {
                    Some(url) => EntityKind::TextLink { url },
                    None => return,
                }
            }
            "tg-emoji" => match open.argument.filter(|id| id.parse::<u64>().is_ok()) {
                Some(custom_emoji_id) => EntityKind::CustomEmoji { custom_emoji_id },
                None => return,
            },
            // `tg-time` is shown by newer clients only; older ones see its text.
            _ => return,
        };
        self.entities.push(Entity::new(kind, open.offset, length));
    }

    /// `<pre><code class="language-x">` is one `pre` with a language.
    fn language_inside(&mut self, pre: &Open) -> Option<String> {
        let length = self.utf16 - pre.offset;
        let inner = self.entities.last()?;
        if inner.offset != pre.offset || inner.length != length || !inner.kind.is_verbatim() {
            return None;
        }
        match self.entities.pop()?.kind {
            EntityKind::Pre { language } => language,
            _ => None,
        }
    }
}

/// The one attribute of a tag that carries its meaning.
fn argument_of(tag: &str, name: &str, value: Option<String>) -> Option<String> {
    match (tag, name) {
        ("a", "href") | ("tg-emoji", "emoji-id") | ("tg-time", "unix") => value,
        ("code", "class") => Some(value?.strip_prefix("language-")?.to_owned()),
        ("span", "class") => Some(value?.strip_prefix("tg-")?.to_owned()),
        ("blockquote", "expandable") => Some(String::new()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn error(input: &str) -> String {
        parse(input).unwrap_err()
    }

    #[test]
    fn every_tag_becomes_its_entity() {
        for (tag, kind) in [
            ("b", EntityKind::Bold),
            ("strong", EntityKind::Bold),
            ("i", EntityKind::Italic),
            ("em", EntityKind::Italic),
            ("u", EntityKind::Underline),
            ("ins", EntityKind::Underline),
            ("s", EntityKind::Strikethrough),
            ("del", EntityKind::Strikethrough),
            ("tg-spoiler", EntityKind::Spoiler),
            ("code", EntityKind::Code),
            ("pre", EntityKind::Pre { language: None }),
            ("blockquote", EntityKind::Blockquote),
        ] {
            let (text, entities) = parse(&format!("é<{tag}>😀x</{tag}>")).unwrap();
            assert_eq!(text, "é😀x");
            assert_eq!(entities, [Entity::new(kind, 1, 3)], "{tag}");
        }
    }

    #[test]
    fn attributes_carry_their_meaning() {
        let (_, entities) = parse("<span class=\"tg-spoiler\">x</span>").unwrap();
        assert_eq!(entities[0].kind, EntityKind::Spoiler);
        let (_, entities) = parse("<blockquote expandable>x</blockquote>").unwrap();
        assert_eq!(entities[0].kind, EntityKind::ExpandableBlockquote);
        let (_, entities) = parse("<a href='https://e.org/?a=1&amp;b=2'>x</a>").unwrap();
        assert_eq!(entities[0].kind, EntityKind::TextLink { url: "https://e.org/?a=1&b=2".into() });
        let (_, entities) = parse("<pre><code class=\"language-rust\">x</code></pre>").unwrap();
        assert_eq!(entities, [Entity::new(EntityKind::Pre { language: Some("rust".into()) }, 0, 1)]);
    }

    #[test]
    fn references_are_decoded_and_unknown_ones_stay() {
        let (text, _) = parse("&lt;&gt;&amp;&quot;&#65;&#x42; &nbsp; & &#0;").unwrap();
        assert_eq!(text, "<>&\"AB &nbsp; & &#0;");
    }

    #[test]
    fn an_invalid_link_becomes_plain_text() {
        let (text, entities) = parse("<a href=\"not a link\">x</a>").unwrap();
        assert_eq!((text.as_str(), entities.len()), ("x", 0));
    }

    #[test]
    fn errors_are_literal_with_byte_offsets() {
        assert_eq!(error("é<foo>"), "Unsupported start tag \"foo\" at byte offset 2");
        assert_eq!(error("a < b"), "Unsupported start tag \"\" at byte offset 2");
        assert_eq!(error("a<b"), "Unclosed start tag at byte offset 1");
        assert_eq!(error("<a href=\"x"), "Unclosed start tag at byte offset 0");
        assert_eq!(error("<b>x</b"), "Unclosed end tag at byte offset 4");
        assert_eq!(error("x</b>"), "Unexpected end tag at byte offset 1");
        assert_eq!(error("<b>x</i>"), "Unmatched end tag at byte offset 4, expected \"</b>\", found \"</i>\"");
        assert_eq!(error("<b>x"), "Can't find end tag corresponding to start tag \"b\"");
        assert_eq!(error("<span>x</span>"), "Tag \"span\" must have class \"tg-spoiler\" at byte offset 0");
        assert_eq!(error("<a =1>x</a>"), "Empty attribute name in the tag \"a\" at byte offset 0");
    }

    fn escape(text: &str) -> String {
        text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
    }

    proptest! {
        /// Nothing that can be typed makes the parser panic, and entities stay inside the text.
        #[test]
        fn any_input_is_parsed_or_refused(input in "([<>/&;= \"'a-cé😀]|<b>|</b>|<a href=|&lt;|<pre>|<code class=\"language-x\">|</){0,40}") {
            if let Ok((text, entities)) = parse(&input) {
                let len = super::super::entity::utf16_len(&text);
                for entity in entities {
                    prop_assert!(entity.length > 0 && entity.end() <= len);
                }
            }
        }

        /// Escaped text comes back unchanged and without entities.
        #[test]
        fn escaping_is_undone(text in any::<String>()) {
            let (parsed, entities) = parse(&escape(&text)).unwrap();
            prop_assert_eq!(parsed, text);
            prop_assert!(entities.is_empty());
        }

        /// Bold around any text marks exactly that text.
        #[test]
        fn bold_marks_what_it_encloses(before in "[a-z😀é]{0,9}", inside in "[a-z😀é]{1,9}") {
            let (text, entities) = parse(&format!("{before}<b>{inside}</b>")).unwrap();
            prop_assert_eq!(text, format!("{before}{inside}"));
            prop_assert_eq!(entities, vec![Entity::new(
                EntityKind::Bold,
                super::super::entity::utf16_len(&before),
                super::super::entity::utf16_len(&inside),
            )]);
        }
    }
}
