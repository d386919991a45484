//! `parse_mode=MarkdownV2`, with the server's literal errors.

use super::detect::checked_link;
use super::entity::{Entity, EntityKind};

/// Characters that mean something, or must be escaped.
const RESERVED: &str = "_*[]()~`>#+-=|{}.!\n";
/// The last character that a backslash escapes.
const LAST_ESCAPED: char = '\u{7e}';

/// What is open. The names are those of the server's errors.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Bold,
    Italic,
    Underline,
    Strikethrough,
    Spoiler,
    Code,
    Pre,
    /// A `pre` with a language.
    PreCode(String),
    TextUrl,
    CustomEmoji,
    BlockQuote,
}

impl Kind {
    fn name(&self) -> &'static str {
        match self {
            Self::Bold => "Bold",
            Self::Italic => "Italic",
            Self::Underline => "Underline",
            Self::Strikethrough => "Strikethrough",
            Self::Spoiler => "Spoiler",
            Self::Code => "Code",
            Self::Pre => "Pre",
            Self::PreCode(_) => "PreCode",
            Self::TextUrl => "TextUrl",
            Self::CustomEmoji => "CustomEmoji",
            Self::BlockQuote => "BlockQuote",
        }
    }

    fn is_verbatim(&self) -> bool {
        matches!(self, Self::Code | Self::Pre | Self::PreCode(_))
    }

    /// The mark that ends it; quotes end with their last line.
    fn end(&self) -> Option<&'static str> {
        Some(match self {
            Self::Bold => "*",
            Self::Italic => "_",
            Self::Underline => "__",
            Self::Strikethrough => "~",
            Self::Spoiler => "||",
            Self::Code => "`",
            Self::Pre | Self::PreCode(_) => "```",
            Self::TextUrl | Self::CustomEmoji => "]",
            Self::BlockQuote => return None,
        })
    }
}

struct Open {
    kind: Kind,
    /// Byte offset in the input, for errors.
    begin: usize,
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
    /// Nothing stands in the present line yet, so that it may begin a quote.
    line_start: bool,
}

/// Parses MarkdownV2 into plain text and entities (not yet normalised).
/// The error is the text that follows `can't parse entities: `; offsets in it are bytes of the input.
pub(crate) fn parse(input: &str) -> Result<(String, Vec<Entity>), String> {
    let mut parser = Parser {
        input,
        at: 0,
        text: String::with_capacity(input.len()),
        utf16: 0,
        open: Vec::new(),
        entities: Vec::new(),
        line_start: true,
    };
    while let Some(c) = parser.rest().chars().next() {
        parser.step(c)?;
    }
    if let Some(quote) = parser.open.pop_if(|o| o.kind == Kind::BlockQuote) {
        parser.add(EntityKind::Blockquote, &quote);
    }
    match parser.open.last() {
        Some(open) => Err(unended(open)),
        None => Ok((parser.text, parser.entities)),
    }
}

fn unended(open: &Open) -> String {
    format!("Can't find end of {} entity at byte offset {}", open.kind.name(), open.begin)
}

fn reserved(c: char) -> String {
    format!("Character '{c}' is reserved and must be escaped with the preceding '\\'")
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        &self.input[self.at..]
    }

    fn push(&mut self, c: char) {
        self.utf16 += c.len_utf16();
        self.text.push(c);
        self.line_start = c == '\n';
    }

    fn step(&mut self, c: char) -> Result<(), String> {
        if let Some(escaped) = escaped(self.rest()) {
            self.push(escaped);
            self.line_start = false;
            self.at += 2;
            return Ok(());
        }
        let verbatim = self.open.last().is_some_and(|o| o.kind.is_verbatim());
        let means_something = if verbatim { c == '`' } else { RESERVED.contains(c) };
        if !means_something {
            self.push(c);
            self.at += c.len_utf8();
            return Ok(());
        }
        if self.ends_quote()? {
            return Ok(());
        }
        let ends = self.open.last().and_then(|o| o.kind.end()).is_some_and(|mark| self.is_at(mark));
        if ends { self.close() } else { self.begin(c) }
    }

    /// Whether a mark stands here; two underscores are never read as two single ones.
    fn is_at(&self, mark: &str) -> bool {
        self.rest().starts_with(mark) && !(mark == "_" && self.rest().starts_with("__"))
    }

    /// Ends a quote where its last line ends, with `||` as an expandable one.
    fn ends_quote(&mut self) -> Result<bool, String> {
        let Some(quote) = self.open.iter().position(|o| o.kind == Kind::BlockQuote) else {
            return Ok(false);
        };
        let rest = self.rest();
        let ends_line = |rest: &str| rest.is_empty() || (rest.starts_with('\n') && !rest.starts_with("\n>"));
        let innermost = quote + 1 == self.open.len();
        if innermost && rest.strip_prefix("||").is_some_and(ends_line) {
            self.at += 2;
            self.end_quote(EntityKind::ExpandableBlockquote);
            return Ok(true);
        }
        if !rest.starts_with('\n') {
            return Ok(false);
        }
        if ends_line(rest) {
            if let Some(inner) = self.open.last().filter(|_| !innermost) {
                return Err(unended(inner));
            }
            self.end_quote(EntityKind::Blockquote);
        } else {
            // The quote goes on in the next line; its mark is not text.
            self.at += 2;
            self.push('\n');
            self.line_start = false;
            return Ok(true);
        }
        Ok(true)
    }

    /// The line end behind the quote is still to be read.
    fn end_quote(&mut self, kind: EntityKind) {
        if let Some(quote) = self.open.pop() {
            self.add(kind, &quote);
        }
    }

    fn begin(&mut self, c: char) -> Result<(), String> {
        let begin = self.at;
        let two = |second: char| self.input[begin..].chars().nth(1) == Some(second);
        let (kind, length) = match c {
            '\n' => {
                self.push('\n');
                self.at += 1;
                return Ok(());
            }
            '_' if two('_') => (Kind::Underline, 2),
            '_' => (Kind::Italic, 1),
            '*' => (Kind::Bold, 1),
            '~' => (Kind::Strikethrough, 1),
            '|' if two('|') => (Kind::Spoiler, 2),
            '[' => (Kind::TextUrl, 1),
            '!' if two('[') => (Kind::CustomEmoji, 2),
            '`' if self.rest().starts_with("```") => {
                let (language, length) = fence(self.rest());
                (language.map_or(Kind::Pre, Kind::PreCode), length)
            }
            '`' => (Kind::Code, 1),
            '>' if self.line_start && self.open.is_empty() => (Kind::BlockQuote, 1),
            _ => return Err(reserved(c)),
        };
        self.at += length;
        self.open.push(Open { kind, begin, offset: self.utf16, position: self.text.len() });
        Ok(())
    }

    fn close(&mut self) -> Result<(), String> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        self.at += open.kind.end().map_or(0, str::len);
        let kind = match open.kind.clone() {
            Kind::Bold => EntityKind::Bold,
            Kind::Italic => EntityKind::Italic,
            Kind::Underline => EntityKind::Underline,
            Kind::Strikethrough => EntityKind::Strikethrough,
            Kind::Spoiler => EntityKind::Spoiler,
            Kind::Code => EntityKind::Code,
            Kind::Pre => EntityKind::Pre { language: None },
            Kind::PreCode(language) => EntityKind::Pre { language: Some(language) },
            Kind::BlockQuote => EntityKind::Blockquote,
            Kind::TextUrl => {
                let target = match self.target("a URL")? {
                    Some(target) => target,
                    None => self.text[open.position..].to_owned(),
                };
                match checked_link(&target) {
                    Some(url) => EntityKind::TextLink { url },
                    None => return Ok(()),
                }
            }
            Kind::CustomEmoji => {
                let target = self.target("a custom emoji URL")?;
                let target = target.ok_or("Custom emoji entity must contain a tg://emoji URL")?;
                let id = target.strip_prefix("tg://emoji?id=").filter(|id| id.parse::<u64>().is_ok());
                let id = id.ok_or("Custom emoji URL must have an emoji identifier")?;
                EntityKind::CustomEmoji { custom_emoji_id: id.to_owned() }
            }
        };
        self.add(kind, &open);
        Ok(())
    }

    /// What stands in parentheses here, if they do.
    fn target(&mut self, what: &str) -> Result<Option<String>, String> {
        if !self.rest().starts_with('(') {
            return Ok(None);
        }
        self.at += 1;
        let begin = self.at;
        let mut target = String::new();
        loop {
            let rest = self.rest();
            if let Some(c) = escaped(rest) {
                target.push(c);
                self.at += 2;
                continue;
            }
            match rest.chars().next() {
                None => return Err(format!("Can't find end of {what} at byte offset {begin}")),
                Some(')') => {
                    self.at += 1;
                    return Ok(Some(target));
                }
                Some(c) => {
                    target.push(c);
                    self.at += c.len_utf8();
                }
            }
        }
    }

    /// Empty entities leave nothing.
    fn add(&mut self, kind: EntityKind, open: &Open) {
        let length = self.utf16 - open.offset;
        if length > 0 {
            self.entities.push(Entity::new(kind, open.offset, length));
        }
    }
}

/// The character that a backslash at the start escapes.
fn escaped(rest: &str) -> Option<char> {
    rest.strip_prefix('\\')?.chars().next().filter(|&c| c > '\0' && c <= LAST_ESCAPED)
}

/// The language behind three backticks, and how long all that is with the line end that follows.
pub(super) fn fence(rest: &str) -> (Option<String>, usize) {
    let after = &rest[3..];
    let length = after.find(|c: char| c.is_ascii_whitespace() || c == '`').unwrap_or(after.len());
    let is_language = length > 0 && after[length..].starts_with(|c: char| c.is_ascii_whitespace());
    let length = if is_language { length } else { 0 };
    let language = is_language.then(|| after[..length].to_owned());
    (language, 3 + length + usize::from(after[length..].starts_with('\n')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn error(input: &str) -> String {
        parse(input).unwrap_err()
    }

    fn only(input: &str) -> (String, EntityKind) {
        let (text, entities) = parse(input).unwrap();
        assert_eq!(entities.len(), 1, "{input}");
        (text, entities[0].kind.clone())
    }

    #[test]
    fn every_mark_becomes_its_entity() {
        for (input, kind) in [
            ("*x*", EntityKind::Bold),
            ("_x_", EntityKind::Italic),
            ("__x__", EntityKind::Underline),
            ("~x~", EntityKind::Strikethrough),
            ("||x||", EntityKind::Spoiler),
            ("`x`", EntityKind::Code),
            ("```x```", EntityKind::Pre { language: None }),
            ("```rust\nx```", EntityKind::Pre { language: Some("rust".into()) }),
            ("```\nx```", EntityKind::Pre { language: None }),
            ("[x](https://e.org/\\)_)", EntityKind::TextLink { url: "https://e.org/)_".into() }),
            ("![x](tg://emoji?id=5)", EntityKind::CustomEmoji { custom_emoji_id: "5".into() }),
            (">x", EntityKind::Blockquote),
            (">x||", EntityKind::ExpandableBlockquote),
        ] {
            assert_eq!(only(input), ("x".to_owned(), kind), "{input}");
        }
    }

    #[test]
    fn entities_nest_and_count_in_utf16() {
        let (text, entities) = parse("😀 *a _b_* c").unwrap();
        assert_eq!(text, "😀 a b c");
        assert_eq!(entities, [Entity::new(EntityKind::Italic, 5, 1), Entity::new(EntityKind::Bold, 3, 3)]);
    }

    #[test]
    fn two_underscores_are_underline_first() {
        let (text, entities) = parse("__a _b_ c__").unwrap();
        assert_eq!(text, "a b c");
        assert_eq!(entities[1].kind, EntityKind::Underline);
        assert_eq!(error("_a__"), "Can't find end of Underline entity at byte offset 2");
    }

    #[test]
    fn quotes_go_on_line_by_line() {
        let (text, entities) = parse("a\n>b\n>*c*\nd\n**>e\n>f||").unwrap();
        assert_eq!(text, "a\nb\nc\nd\ne\nf");
        let quotes: Vec<&Entity> = entities.iter().filter(|e| e.kind != EntityKind::Bold).collect();
        assert_eq!(
            quotes,
            [&Entity::new(EntityKind::Blockquote, 2, 3), &Entity::new(EntityKind::ExpandableBlockquote, 8, 3)]
        );
    }

    #[test]
    fn escapes_and_verbatim_text() {
        assert_eq!(parse("1\\. a\\_b\\*").unwrap().0, "1. a_b*");
        assert_eq!(parse("`a_b*c.`").unwrap().0, "a_b*c.");
        assert_eq!(parse("`a\\`b\\\\`").unwrap().0, "a`b\\");
    }

    #[test]
    fn a_bad_link_becomes_plain_text() {
        assert_eq!(parse("[x](not a link)").unwrap(), ("x".to_owned(), vec![]));
    }

    #[test]
    fn errors_are_literal_with_byte_offsets() {
        assert_eq!(error("a.b"), "Character '.' is reserved and must be escaped with the preceding '\\'");
        assert_eq!(error("a | b"), "Character '|' is reserved and must be escaped with the preceding '\\'");
        assert_eq!(error("a > b"), "Character '>' is reserved and must be escaped with the preceding '\\'");
        assert_eq!(error("a!"), "Character '!' is reserved and must be escaped with the preceding '\\'");
        assert_eq!(error("é*b"), "Can't find end of Bold entity at byte offset 2");
        assert_eq!(error("_b"), "Can't find end of Italic entity at byte offset 0");
        assert_eq!(error("`b"), "Can't find end of Code entity at byte offset 0");
        assert_eq!(error("```rs\nb"), "Can't find end of PreCode entity at byte offset 0");
        assert_eq!(error("[b"), "Can't find end of TextUrl entity at byte offset 0");
        assert_eq!(error("[b](c"), "Can't find end of a URL at byte offset 4");
        assert_eq!(error(">*b\nc*"), "Can't find end of Bold entity at byte offset 1");
        assert_eq!(error("![b]"), "Custom emoji entity must contain a tg://emoji URL");
    }

    fn escape(text: &str) -> String {
        text.chars()
            .flat_map(|c| if c.is_ascii() && c > '\0' && c != '\n' && c < '\u{7f}' { vec!['\\', c] } else { vec![c] })
            .collect()
    }

    proptest! {
        /// Nothing that can be typed makes the parser panic or hang, and entities stay inside the text.
        #[test]
        fn any_input_is_parsed_or_refused(input in "([_*\\[\\]()~`>|!.\\\\\né😀a-c ]|```|\\|\\||\n>){0,40}") {
            if let Ok((text, entities)) = parse(&input) {
                let len = super::super::entity::utf16_len(&text);
                for entity in entities {
                    prop_assert!(entity.length > 0 && entity.end() <= len);
                }
            }
        }

        /// Escaped text comes back unchanged and without entities.
        #[test]
        fn escaping_is_undone(text in "[^\0]{0,40}") {
            let (parsed, entities) = parse(&escape(&text)).unwrap();
            prop_assert_eq!(parsed, text);
            prop_assert!(entities.is_empty());
        }
    }
}
