//! HTML that Telegram's parser takes: a value that is valid by construction, is measured as Telegram measures it, and
//! can be cut without breaking.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::kind;

/// The most UTF-16 units that a text message may have after its markup is parsed.
pub const TEXT_LIMIT: usize = 4096;
/// The same for a caption.
pub const CAPTION_LIMIT: usize = 1024;

/// The tags that Telegram knows.
const TAGS: [&str; 17] = [
    "a",
    "b",
    "blockquote",
    "code",
    "del",
    "em",
    "i",
    "ins",
    "pre",
    "s",
    "span",
    "strike",
    "strong",
    "tg-emoji",
    "tg-spoiler",
    "tg-time",
    "u",
];

/// Balanced Telegram HTML with every entity complete. Made by rendering, escaping or parsing, never from raw text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Html(String);

/// Why a text is not valid Telegram HTML.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} at byte {at}")]
pub struct BadHtml {
    /// Where in the text.
    pub at: usize,
    what: String,
}

enum Token<'a> {
    Open {
        name: &'a str,
        raw: &'a str,
    },
    Close {
        name: &'a str,
        raw: &'a str,
    },
    /// One character of the reader's text, as it stands in the source (perhaps an entity).
    Char {
        value: char,
        raw: &'a str,
    },
}

impl Html {
    /// User text as HTML: nothing in it is markup any more.
    pub fn escape(text: &str) -> Self {
        Self(kind::telegram(text))
    }

    /// Checks that a text is valid Telegram HTML.
    ///
    /// # Errors
    /// An unknown or unbalanced tag, a bare `<` or `&`, an unknown entity.
    pub fn parse(text: impl Into<String>) -> Result<Self, BadHtml> {
        let text = text.into();
        let mut open = Vec::new();
        walk(&text, |at, token| {
            match token {
                Token::Open { name, .. } => open.push(name.to_owned()),
                Token::Close { name, .. } => {
                    if open.pop().as_deref() != Some(name) {
                        return Err(BadHtml { at, what: format!("</{name}> closes nothing") });
                    }
                }
                Token::Char { .. } => {}
            }
            Ok(true)
        })?;
        match open.pop() {
            None => Ok(Self(text)),
            Some(name) => Err(BadHtml { at: text.len(), what: format!("<{name}> is not closed") }),
        }
    }

    /// The markup.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing stands in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds other markup behind.
    pub fn push(&mut self, other: &Self) {
        self.0.push_str(&other.0);
    }

    /// What a person reads: without tags, entities decoded.
    pub fn plain(&self) -> String {
        let mut out = String::with_capacity(self.0.len());
        self.each_char(|value| out.push(value));
        out
    }

    /// The length that Telegram counts against its limits: UTF-16 units of the text without markup.
    pub fn units(&self) -> usize {
        let mut units = 0;
        self.each_char(|value| units += value.len_utf16());
        units
    }

    /// At most `limit` units (see [`Html::units`]); what is cut ends with `…` and all tags are closed.
    #[must_use]
    pub fn cut(&self, limit: usize) -> Self {
        if self.units() <= limit {
            return self.clone();
        }
        let Some(budget) = limit.checked_sub(1) else {
            return Self::default();
        };
        let (mut out, mut open, mut used) = (String::new(), Vec::new(), 0);
        let cut = walk(&self.0, |_, token| {
            match token {
                Token::Open { name, raw } => {
                    open.push(name.to_owned());
                    out.push_str(raw);
                }
                Token::Close { raw, .. } => {
                    open.pop();
                    out.push_str(raw);
                }
                Token::Char { value, raw } => {
                    if used + value.len_utf16() > budget {
                        return Ok(false);
                    }
                    used += value.len_utf16();
                    out.push_str(raw);
                }
            }
            Ok(true)
        });
        debug_assert!(cut.is_ok(), "valid by construction");
        out.push('…');
        for name in open.iter().rev() {
            out.push_str("</");
            out.push_str(name);
            out.push('>');
        }
        Self(out)
    }

    fn each_char(&self, mut take: impl FnMut(char)) {
        let walked = walk(&self.0, |_, token| {
            if let Token::Char { value, .. } = token {
                take(value);
            }
            Ok(true)
        });
        debug_assert!(walked.is_ok(), "valid by construction");
    }
}

impl fmt::Display for Html {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Html {
    type Error = BadHtml;
    fn try_from(text: String) -> Result<Self, BadHtml> {
        Self::parse(text)
    }
}

impl From<Html> for String {
    fn from(html: Html) -> Self {
        html.0
    }
}

/// Reads token by token until the end or until `take` says false.
fn walk<'a>(text: &'a str, mut take: impl FnMut(usize, Token<'a>) -> Result<bool, BadHtml>) -> Result<(), BadHtml> {
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let (token, length) = match first {
            '<' => tag(rest),
            '&' => entity(rest),
            '>' => Err("a bare >".to_owned()),
            c => Ok((Token::Char { value: c, raw: &rest[..c.len_utf8()] }, c.len_utf8())),
        }
        .map_err(|what| BadHtml { at, what })?;
        if !take(at, token)? {
            return Ok(());
        }
        at += length;
    }
    Ok(())
}

fn tag(rest: &str) -> Result<(Token<'_>, usize), String> {
    let end = rest.find('>').ok_or("a bare <")?;
    let raw = &rest[..=end];
    let inner = &rest[1..end];
    let (closing, inner) = inner.strip_prefix('/').map_or((false, inner), |name| (true, name));
    let name = inner.split([' ', '\n']).next().unwrap_or(inner);
    if !TAGS.contains(&name) {
        return Err(format!("<{name}> is no tag of Telegram"));
    }
    if inner.contains('<') || inner.matches('"').count() % 2 == 1 {
        return Err(format!("<{name}> is not well formed"));
    }
    let token = if closing { Token::Close { name, raw } } else { Token::Open { name, raw } };
    Ok((token, end + 1))
}

fn entity(rest: &str) -> Result<(Token<'_>, usize), String> {
    // The longest that is known: `&#x10FFFF;`.
    let end = rest.bytes().take(11).position(|b| b == b';').ok_or("a bare &")?;
    let name = &rest[1..end];
    let value = match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        _ => name.strip_prefix('#').and_then(|digits| {
            let code = match digits.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => digits.parse().ok()?,
            };
            char::from_u32(code)
        }),
    }
    .ok_or_else(|| format!("&{name}; is no entity of Telegram"))?;
    Ok((Token::Char { value, raw: &rest[..=end] }, end + 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn counts_as_telegram_counts() {
        let html = Html::parse("<b>a&lt;</b>😀&#128512;").expect("valid");
        assert_eq!(html.plain(), "a<😀😀");
        assert_eq!(html.units(), 6);
    }

    #[test]
    fn a_cut_never_splits_an_entity_and_closes_what_is_open() {
        let html = Html::parse("<b>ab<i>&lt;&lt;&lt;</i></b> tail").expect("valid");
        assert_eq!(html.cut(4).as_str(), "<b>ab<i>&lt;…</i></b>");
        assert_eq!(html.cut(1).as_str(), "<b>…</b>");
        assert_eq!(html.cut(0).as_str(), "");
        assert_eq!(html.cut(10), html);
    }

    #[test]
    fn what_telegram_would_refuse_is_no_html() {
        for text in ["<b>", "</b>", "<b></i>", "<script>", "a < b", "&nbsp;", "&", "<a href=\"x>y</a>", "<b", "a > b"] {
            assert!(Html::parse(text).is_err(), "{text}");
        }
        for text in ["<a href=\"https://x.y/?a=1&amp;b\">x</a>", "<pre><code class=\"language-sh\">ls</code></pre>"] {
            assert!(Html::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_stored_card_is_checked_when_it_is_read_back() {
        let html = Html::escape("<b>");
        let stored = serde_json::to_string(&html).expect("json");
        assert_eq!(serde_json::from_str::<Html>(&stored).expect("valid"), html);
        assert!(serde_json::from_str::<Html>("\"<b>\"").is_err());
    }

    fn markup() -> impl Strategy<Value = Html> {
        let leaf = any::<String>().prop_map(|text| Html::escape(&text).0);
        leaf.prop_recursive(4, 24, 4, |inner| {
            (
                prop::sample::select(vec!["b", "i", "pre", "a href=\"https://x.y/?q=&amp;\""]),
                prop::collection::vec(inner, 0..4),
            )
                .prop_map(|(tag, parts)| {
                    let name = tag.split(' ').next().unwrap_or(tag);
                    format!("<{tag}>{}</{name}>", parts.concat())
                })
        })
        .prop_map(Html)
    }

    proptest! {
        #[test]
        fn escaped_text_is_valid_and_reads_the_same(text in "[^\\p{Cc}]*") {
            let html = Html::escape(&text);
            prop_assert!(Html::parse(html.as_str()).is_ok());
            prop_assert_eq!(html.plain(), text);
        }

        #[test]
        fn a_cut_is_valid_and_within_the_limit(html in markup(), limit in 0usize..60) {
            prop_assert!(Html::parse(html.as_str()).is_ok(), "{}", html);
            let cut = html.cut(limit);
            prop_assert!(Html::parse(cut.as_str()).is_ok(), "{}", cut);
            prop_assert!(cut.units() <= limit);
            let text = cut.plain();
            prop_assert!(html.plain().starts_with(text.strip_suffix('…').unwrap_or(&text)));
        }

        #[test]
        fn parsing_never_panics(text in any::<String>()) {
            let _ = Html::parse(text);
        }
    }
}
