//! How capabilities speak: layouts and words for one reader.
//!
//! Handlers hand over facts; what a person reads stands in `templates/telegram/` and `templates/locales/`.

#[cfg(test)]
pub(crate) mod aloud;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use waas_platform::render::{Arg, Context, Html, Missing, Reader, RenderError, Renderer, Share, Words};

/// The renderer and the defaults for people who chose nothing.
#[derive(Clone, Debug)]
pub struct Front {
    renderer: Arc<Renderer>,
    locale: String,
    zone: Tz,
}

impl Front {
    /// Speaks with these layouts; `locale` and `zone` are for readers of whom nothing is known.
    pub fn new(renderer: Arc<Renderer>, locale: impl Into<String>, zone: Tz) -> Self {
        Self { renderer, locale: locale.into(), zone }
    }

    /// Reads layouts and words from the share.
    ///
    /// # Errors
    /// A file cannot be read, or does not parse.
    pub fn open(share: &Share, locale: impl Into<String>, zone: Tz) -> anyhow::Result<Self> {
        let words = Arc::new(Words::load(share, Missing::Show)?);
        Ok(Self::new(Arc::new(Renderer::load(share, words)?), locale, zone))
    }

    /// A reader with a wished language, or the default one when there is no wish or we do not speak it.
    pub fn reader(&self, wished: Option<&str>, now: DateTime<Utc>) -> Reader {
        self.reader_of([wished], None, now)
    }

    /// A reader with the first of the wished languages that we speak, and a time zone; the defaults stand behind both.
    pub fn reader_of<'a>(
        &self,
        wishes: impl IntoIterator<Item = Option<&'a str>>,
        zone: Option<Tz>,
        now: DateTime<Utc>,
    ) -> Reader {
        let words = self.renderer.words();
        let spoken = wishes.into_iter().flatten().find_map(|tag| words.serves(tag));
        let lang = spoken.unwrap_or_else(|| words.pick(&self.locale)).to_owned();
        Reader { lang, zone: zone.unwrap_or(self.zone), now }
    }

    /// Whether a language tag names a language of ours.
    pub fn speaks(&self, tag: &str) -> bool {
        self.renderer.words().serves(tag).is_some()
    }

    /// The time zone of those who chose none.
    pub fn zone(&self) -> Tz {
        self.zone
    }

    /// A message from a layout below `templates/telegram/`.
    ///
    /// # Errors
    /// The layout or one of its values is missing; a bug that the tests find.
    pub fn say(&self, reader: &Reader, layout: &str, context: &Context) -> Result<Html, RenderError> {
        self.renderer.telegram(layout, reader, context)
    }

    /// A button's label or another short text.
    pub fn word(&self, reader: &Reader, key: &str) -> String {
        self.renderer.words().text(&reader.lang, key, &[])
    }

    /// A short text with values in it.
    pub fn word_with(&self, reader: &Reader, key: &str, args: &[(&str, Arg<'_>)]) -> String {
        self.renderer.words().text(&reader.lang, key, args)
    }

    /// The renderer itself, for files that are no chat.
    pub fn renderer(&self) -> &Arc<Renderer> {
        &self.renderer
    }
}
