//! Entities to HTML for the browser.

use crate::model::Telegram;
use crate::text::FormattedText;
use crate::text::entity::{Entity, EntityKind};
use maud::{Markup, PreEscaped, html};

/// Renders a text with its entities: blocks outside, everything else inside.
pub(super) fn render(telegram: &Telegram, text: &FormattedText) -> Markup {
    let units: Vec<u16> = text.text.encode_utf16().collect();
    let is_block = |e: &&Entity| {
        matches!(e.kind, EntityKind::Blockquote | EntityKind::ExpandableBlockquote | EntityKind::Pre { .. })
    };
    let inline: Vec<&Entity> = text.entities.iter().filter(|e| !is_block(e)).collect();
    let painter = Painter { telegram, units: &units, inline };
    let mut at = 0;
    let mut out = String::new();
    for block in text.entities.iter().filter(is_block) {
        // Blocks of the server never overlap; one given by hand that does is shown as plain text.
        if block.offset < at {
            continue;
        }
        out.push_str(&painter.range(at, block.offset).0);
        let inner = painter.range(block.offset, block.end());
        let shown = match &block.kind {
            EntityKind::Pre { language } => html! { pre data-language=[language] { (inner) } },
            EntityKind::ExpandableBlockquote => html! { blockquote.expandable { (inner) } },
            _ => html! { blockquote { (inner) } },
        };
        out.push_str(&shown.0);
        // The line end behind a block is shown by the block itself.
        let line_end = units.get(block.end()) == Some(&u16::from(b'\n'));
        at = block.end() + usize::from(line_end);
    }
    out.push_str(&painter.range(at, units.len()).0);
    PreEscaped(out)
}

struct Painter<'a> {
    telegram: &'a Telegram,
    units: &'a [u16],
    inline: Vec<&'a Entity>,
}

impl Painter<'_> {
    /// A stretch of text cut at every border of an entity, each piece wrapped in all that cover it.
    fn range(&self, from: usize, to: usize) -> Markup {
        let mut borders = vec![from, to];
        for entity in &self.inline {
            borders.extend([entity.offset, entity.end()].into_iter().filter(|b| (from..to).contains(b)));
        }
        borders.sort_unstable();
        borders.dedup();
        let pieces = borders.windows(2).map(|pair| self.piece(pair[0], pair[1]));
        PreEscaped(pieces.map(|m| m.0).collect())
    }

    fn piece(&self, from: usize, to: usize) -> Markup {
        let text = String::from_utf16_lossy(self.units.get(from..to).unwrap_or_default());
        let mut shown = html! { (text) };
        // Entities stand outer before inner, so the inner ones wrap first.
        for entity in self.inline.iter().rev() {
            if entity.offset <= from && to <= entity.end() {
                shown = self.wrap(entity, shown);
            }
        }
        shown
    }

    fn wrap(&self, entity: &Entity, inner: Markup) -> Markup {
        let whole = || String::from_utf16_lossy(self.units.get(entity.offset..entity.end()).unwrap_or_default());
        match &entity.kind {
            EntityKind::Bold => html! { strong { (inner) } },
            EntityKind::Italic => html! { em { (inner) } },
            EntityKind::Underline => html! { u { (inner) } },
            EntityKind::Strikethrough => html! { s { (inner) } },
            EntityKind::Spoiler => html! { span.spoiler tabindex="0" { (inner) } },
            EntityKind::Code => html! { code { (inner) } },
            EntityKind::TextLink { url } => self.link(url, inner),
            EntityKind::Url => {
                let url = whole();
                let url = if url.contains("://") { url } else { format!("http://{url}") };
                self.link(&url, inner)
            }
            EntityKind::Email => html! { a href={ "mailto:" (whole()) } { (inner) } },
            EntityKind::PhoneNumber => html! { a href={ "tel:" (whole()) } { (inner) } },
            EntityKind::BotCommand => html! {
                button.command type="button" data-send=(whole()) { (inner) }
            },
            EntityKind::Mention => self.link(&format!("https://t.me/{}", whole().trim_start_matches('@')), inner),
            EntityKind::TextMention { .. } | EntityKind::Hashtag | EntityKind::Cashtag => {
                html! { span.tag { (inner) } }
            }
            _ => inner,
        }
    }

    fn link(&self, url: &str, inner: Markup) -> Markup {
        // Only links that a messenger would open; anything else stays text.
        if !(url.starts_with("http://") || url.starts_with("https://")) {
            return inner;
        }
        let (bot, start) = self.telegram.deep_link(url).unzip();
        html! {
            a.deep[bot.is_some()] href=(url) target="_blank" rel="noopener" data-bot=[bot] data-start=[start] { (inner) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Store;
    use crate::text::{Markup as Mode, format};

    fn shown(html: &str) -> String {
        let telegram = Telegram::new(Store::default(), 10);
        render(&telegram, &format(html, Mode::Html).unwrap()).0
    }

    #[test]
    fn entities_nest_and_text_is_escaped() {
        assert_eq!(shown("a&lt;<b>b<i>c</i></b>"), "a&lt;<strong>b</strong><strong><em>c</em></strong>");
        assert_eq!(shown("<blockquote>x <b>y</b></blockquote>\nz"), "<blockquote>x <strong>y</strong></blockquote>z");
    }

    #[test]
    fn only_web_links_are_links() {
        assert!(shown("<a href=\"https://e.org/?a&quot;b\">x</a>").contains("href=\"https://e.org/?a&quot;b\""));
        assert_eq!(shown("<a href=\"tg://settings\">x</a>"), "x");
    }
}
