//! Words that a person reads: Fluent catalogues by language, with English behind every other.
//!
//! Catalogues hold plain text and no markup: markup stands in layouts, where escaping can be relied on.

use std::collections::{BTreeMap, BTreeSet};

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

use super::format::grouped;
use super::share::{Share, ShareError};

/// The language behind every other; it has every key.
pub const FALLBACK: &str = "en";

const FOLDER: &str = "templates/locales";

/// Digits behind the point that `NUMBER` says at most.
const DECIMALS: usize = 6;

/// A value put into words: from `&str`, `String`, and numbers (which choose plural forms).
pub type Arg<'a> = fluent_bundle::FluentValue<'a>;

/// What happens when no catalogue has a key that a layout asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The layout fails to render: for tests and `template check`.
    Refuse,
    /// The key stands visibly in the text and an error is logged: a person still gets the rest of the message.
    Show,
}

/// All catalogues.
pub struct Words {
    bundles: BTreeMap<String, FluentBundle<FluentResource>>,
    /// Language, then catalogue (file name), then its keys.
    keys: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
    missing: Missing,
}

/// Why words could not be had.
#[derive(Debug, thiserror::Error)]
pub enum WordsError {
    /// The share folder could not be read.
    #[error(transparent)]
    Share(#[from] ShareError),
    /// A catalogue does not parse, or says a key twice.
    #[error("{path}: {what}")]
    Catalogue {
        /// The catalogue.
        path: String,
        /// All that is wrong with it.
        what: String,
    },
    /// There is no English.
    #[error("no catalogue for {FALLBACK} in {FOLDER}")]
    NoFallback,
    /// No catalogue has the key.
    #[error("no words for {key:?} ({lang})")]
    NoKey {
        /// The key, with `.attribute` where one was asked for.
        key: String,
        /// The language asked for.
        lang: String,
    },
    /// The message refers to something that was not given.
    #[error("words of {key:?} ({lang}): {what}")]
    Unfit {
        /// The key.
        key: String,
        /// The language.
        lang: String,
        /// What is missing or wrong.
        what: String,
    },
}

impl Words {
    /// Reads every `templates/locales/<lang>/*.ftl`.
    ///
    /// # Errors
    /// A catalogue cannot be read or parsed, repeats a key, or English is not there.
    pub fn load(share: &Share, missing: Missing) -> Result<Self, WordsError> {
        let mut bundles = BTreeMap::new();
        let mut keys = BTreeMap::<String, BTreeMap<String, BTreeSet<String>>>::new();
        for path in share.list(FOLDER)? {
            let mut parts = path.strip_prefix(FOLDER).unwrap_or(&path).split('/').skip(1);
            let (Some(lang), true) = (parts.next(), path.ends_with(".ftl")) else {
                continue;
            };
            let text = share.text(&path)?;
            let bundle = match bundles.entry(lang.to_owned()) {
                std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
                std::collections::btree_map::Entry::Vacant(entry) => {
                    let id: LanguageIdentifier = lang.parse().map_err(|_| WordsError::Catalogue {
                        path: path.clone(),
                        what: format!("{lang:?} is no language tag"),
                    })?;
                    let mut bundle = FluentBundle::new_concurrent(vec![id]);
                    // Marks around values would show as boxes in some clients and break copied text.
                    bundle.set_use_isolating(false);
                    entry.insert(bundle)
                }
            };
            let catalogue = path.rsplit('/').next().unwrap_or(&path).to_owned();
            keys.entry(lang.to_owned()).or_default().insert(catalogue, keys_of(&text));
            let resource = FluentResource::try_new(text)
                .map_err(|(_, errors)| WordsError::Catalogue { path: path.clone(), what: all(&errors) })?;
            bundle.add_resource(resource).map_err(|errors| WordsError::Catalogue { path, what: all(&errors) })?;
        }
        if !bundles.contains_key(FALLBACK) {
            return Err(WordsError::NoFallback);
        }
        let mut words = Self { bundles, keys, missing };
        words.teach_figures();
        Ok(words)
    }

    /// Gives every catalogue Fluent's `NUMBER($n)`: the number grouped as its language groups. What is not a number stays.
    fn teach_figures(&mut self) {
        let part = |lang: &str, key| self.find(lang, key).map(|_| self.text(lang, key, &[])).unwrap_or_default();
        let forms: Vec<(String, String, String)> = self
            .bundles
            .keys()
            .map(|lang| (lang.clone(), part(lang, "number-thousands"), part(lang, "number-decimal")))
            .collect();
        for (lang, thousands, decimal) in forms {
            let added = self.bundles.get_mut(&lang).map(|bundle| {
                bundle.add_function("NUMBER", move |given, _| figure(given.first(), &thousands, &decimal))
            });
            if let Some(Err(error)) = added {
                tracing::error!(%error, lang, "figures stay as they are");
            }
        }
    }

    /// The language of ours that serves a language tag: `de-AT` is served by `de`; `None` for one that we do not speak.
    pub fn serves(&self, tag: &str) -> Option<&str> {
        let tag = tag.to_ascii_lowercase().replace('_', "-");
        let primary = tag.split('-').next().unwrap_or_default();
        [tag.as_str(), primary]
            .into_iter()
            .find_map(|wanted| self.bundles.get_key_value(wanted).map(|(lang, _)| lang.as_str()))
    }

    /// As [`Words::serves`]; a language that we do not speak is served by English.
    pub fn pick(&self, tag: &str) -> &str {
        self.serves(tag).unwrap_or(FALLBACK)
    }

    /// The language in which the layouts of a folder are said: the one that serves a tag best where it has the catalogue
    /// of the folder's name, else English. So a sentence and the dates and figures in it are in one language.
    pub fn spoken(&self, tag: &str, folder: &str) -> &str {
        let lang = self.pick(tag);
        let catalogue = format!("{folder}.ftl");
        let has = |lang: &str| self.keys.get(lang).is_some_and(|catalogues| catalogues.contains_key(&catalogue));
        if has(FALLBACK) && !has(lang) { FALLBACK } else { lang }
    }

    /// The languages that have a catalogue.
    pub fn languages(&self) -> impl Iterator<Item = &str> {
        self.bundles.keys().map(String::as_str)
    }

    /// What is missing where, as `(language, key)`: every key that English has not, and every key of a catalogue that a
    /// language has begun and not finished. A catalogue that a language has not at all is shown in English on purpose.
    pub fn gaps(&self) -> Vec<(String, String)> {
        let mut gaps = Vec::new();
        let every: BTreeSet<(&String, &String)> =
            self.keys.values().flatten().flat_map(|(file, keys)| keys.iter().map(move |key| (file, key))).collect();
        for (lang, catalogues) in &self.keys {
            for (file, key) in &every {
                let begun = lang == FALLBACK || catalogues.contains_key(*file);
                let said = catalogues.get(*file).is_some_and(|keys| keys.contains(*key));
                if begun && !said {
                    gaps.push((lang.clone(), (*key).clone()));
                }
            }
        }
        gaps
    }

    /// Whether a language has words of its own for this key.
    pub fn says(&self, lang: &str, key: &str) -> bool {
        self.find(lang, key).is_some_and(|(found_in, _)| found_in == lang)
    }

    /// Whether some catalogue can say this key in this language or in English.
    pub fn has(&self, lang: &str, key: &str) -> bool {
        self.find(lang, key).is_some()
    }

    /// The words for a key (`message` or `message.attribute`), in this language or else in English.
    ///
    /// Never fails: what is missing stands as `⟦key⟧` and is logged as an error.
    pub fn text(&self, lang: &str, key: &str, args: &[(&str, Arg<'_>)]) -> String {
        self.try_text(lang, key, args).unwrap_or_else(|error| {
            tracing::error!(%error, "words are missing");
            format!("⟦{key}⟧")
        })
    }

    /// As [`Words::text`], failing when the words or one of their values are missing.
    ///
    /// # Errors
    /// No catalogue has the key, or its words name a value that was not given.
    pub fn try_text(&self, lang: &str, key: &str, args: &[(&str, Arg<'_>)]) -> Result<String, WordsError> {
        let no_key = || WordsError::NoKey { key: key.to_owned(), lang: lang.to_owned() };
        let (found_in, bundle) = self.find(lang, key).ok_or_else(no_key)?;
        if found_in != self.pick(lang) {
            tracing::debug!(lang, key, "no words in this language, English is shown");
        }
        let (id, attribute) = split(key);
        let message = bundle.get_message(id).ok_or_else(no_key)?;
        let pattern = match attribute {
            Some(name) => message.get_attribute(name).map(|a| a.value()),
            None => message.value(),
        }
        .ok_or_else(no_key)?;
        let args: FluentArgs<'_> = args.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, Some(&args), &mut errors).into_owned();
        if errors.is_empty() {
            return Ok(text);
        }
        Err(WordsError::Unfit { key: key.to_owned(), lang: found_in.to_owned(), what: all(&errors) })
    }

    /// As a layout asks for words: by the policy this was loaded with.
    pub(super) fn for_layout(&self, lang: &str, key: &str, args: &[(&str, Arg<'_>)]) -> Result<String, WordsError> {
        match self.missing {
            Missing::Refuse => self.try_text(lang, key, args),
            Missing::Show => Ok(self.text(lang, key, args)),
        }
    }

    fn find(&self, lang: &str, key: &str) -> Option<(&str, &FluentBundle<FluentResource>)> {
        let (id, attribute) = split(key);
        [self.pick(lang), FALLBACK].into_iter().find_map(|lang| {
            let (lang, bundle) = self.bundles.get_key_value(lang)?;
            let message = bundle.get_message(id)?;
            let there = match attribute {
                Some(name) => message.get_attribute(name).is_some(),
                None => message.value().is_some(),
            };
            there.then_some((lang.as_str(), bundle))
        })
    }
}

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Words").field("languages", &self.bundles.keys()).finish_non_exhaustive()
    }
}

fn figure<'a>(given: Option<&FluentValue<'a>>, thousands: &str, decimal: &str) -> FluentValue<'a> {
    match given {
        Some(FluentValue::Number(number)) => grouped(number.value, DECIMALS, thousands, decimal).into(),
        Some(FluentValue::String(text)) => text.to_string().into(),
        Some(_) | None => FluentValue::Error,
    }
}

fn split(key: &str) -> (&str, Option<&str>) {
    key.split_once('.').map_or((key, None), |(id, attribute)| (id, Some(attribute)))
}

/// The message keys and `message.attribute` keys of a catalogue, by the format's own layout rules: a message begins in
/// the first column, an attribute with a dot on an indented line.
fn keys_of(text: &str) -> BTreeSet<String> {
    let (mut keys, mut message) = (BTreeSet::new(), None);
    for line in text.lines() {
        let name = |text: &str| text.split_once('=').map(|(name, _)| name.trim_end().to_owned());
        if line.starts_with(|c: char| c.is_ascii_alphabetic()) {
            message = name(line);
            keys.extend(message.clone());
        } else if let (Some(attribute), Some(message)) = (line.trim_start().strip_prefix('.').and_then(name), &message)
        {
            keys.insert(format!("{message}.{attribute}"));
        }
    }
    keys
}

fn all<E: std::fmt::Display>(errors: &[E]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(catalogues: &[(&str, &str)]) -> Result<Words, WordsError> {
        let folder = tempfile::tempdir().expect("a folder");
        for (path, text) in catalogues {
            let path = folder.path().join(FOLDER).join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("made");
            std::fs::write(path, text).expect("written");
        }
        Words::load(&Share::new(Some(folder.path().to_owned())), Missing::Show)
    }

    #[test]
    fn no_catalogue_has_gaps() {
        let words = Words::load(&Share::default(), Missing::Refuse).expect("our own catalogues");
        let gaps: Vec<_> = words.gaps();
        assert!(gaps.is_empty(), "{gaps:?}");
    }

    #[test]
    fn a_language_without_the_key_falls_back_to_english_and_then_to_the_key() {
        let words = words(&[("en/x.ftl", "hi = Hello { $name }\n    .title = Title"), ("de/y.ftl", "other = Ja")])
            .expect("loads");
        assert_eq!(words.text("de-AT", "hi", &[("name", "Bo".into())]), "Hello Bo");
        assert_eq!(words.text("de", "hi.title", &[]), "Title");
        assert_eq!(words.text("fr", "none", &[]), "⟦none⟧");
        assert!(matches!(words.try_text("de", "hi", &[]), Err(WordsError::Unfit { .. })));
        let gaps = words.gaps();
        let gap = |lang: &str, key: &str| gaps.contains(&(lang.to_owned(), key.to_owned()));
        assert!(!gap("de", "hi.title") && gap("en", "other"), "{gaps:?}");
    }

    #[test]
    fn a_catalogue_that_was_begun_must_be_finished() {
        let words = words(&[("en/x.ftl", "a = 1\nb = 2"), ("de/x.ftl", "a = 1")]).expect("loads");
        assert!(words.gaps().contains(&("de".to_owned(), "b".to_owned())));
    }

    #[test]
    fn plural_forms_follow_the_language() {
        let ru = "n-leads = { $n ->\n    [one] { $n } заявка\n    [few] { $n } заявки\n   *[other] { $n } заявок\n}";
        let words = words(&[("ru/x.ftl", ru)]).expect("loads");
        let say = |n: i64| words.text("ru", "n-leads", &[("n", n.into())]);
        assert_eq!((say(1), say(3), say(11)), ("1 заявка".into(), "3 заявки".into(), "11 заявок".into()));
    }

    #[test]
    fn figures_in_a_sentence_are_grouped_where_it_asks_for_it() {
        let say = "n = { NUMBER($n) } / { $n ->\n    [one] eins\n   *[other] viele\n}";
        let words = words(&[("en/x.ftl", "a = 1"), ("de/x.ftl", say)]).expect("loads");
        let text = |n: Arg<'_>| words.text("de", "n", &[("n", n)]);
        assert_eq!(text(12_345.into()), "12.345 / viele");
        assert_eq!(text(1.into()), "1 / eins");
        assert_eq!(text((-1234.5).into()), "−1.234,5 / viele");
        assert_eq!(text("<b>".into()), "<b> / viele");
        assert!(matches!(words.try_text("de", "n", &[]), Err(WordsError::Unfit { .. })));
    }

    #[test]
    fn a_language_that_we_do_not_speak_is_none_of_ours() {
        let words = words(&[("en/x.ftl", "a = 1"), ("de/x.ftl", "a = 1")]).expect("loads");
        assert_eq!((words.serves("de_CH"), words.serves("DE"), words.serves("fr")), (Some("de"), Some("de"), None));
        assert_eq!(words.pick("fr"), "en");
    }

    #[test]
    fn a_broken_catalogue_is_named() {
        let error = words(&[("en/bad.ftl", "key = { $")]).expect_err("refused");
        assert!(error.to_string().contains("en/bad.ftl"), "{error}");
        let error = words(&[("en/a.ftl", "twice = 1"), ("en/b.ftl", "twice = 2")]).expect_err("refused");
        assert!(error.to_string().contains("en/b.ftl"), "{error}");
    }

    #[test]
    fn values_are_put_in_without_invisible_marks() {
        let words = words(&[("en/x.ftl", "hi = Hello { $name }!")]).expect("loads");
        assert_eq!(words.text("en", "hi", &[("name", "{ $x }<b>".into())]), "Hello { $x }<b>!");
    }
}
