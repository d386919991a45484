//! Masking by value: every known secret, in the forms that it may travel in, is replaced before text leaves.
//!
//! The registry is one for the process, because logs are. Known secrets are searched for in one pass (Aho-Corasick);
//! the few that came since the automaton was built are searched for one by one, so that learning many stays cheap.

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::{self, Write};
use std::sync::{LazyLock, PoisonError, RwLock};

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tracing_subscriber::fmt::MakeWriter;

/// What stands in place of a secret.
pub const MASK: &str = "***";

/// Shorter texts are words and numbers that occur by chance; masking them would hide the log.
const SHORTEST: usize = 8;
/// As many late-comers are searched for one by one before the automaton is built anew.
const LATE: usize = 64;

static REGISTRY: LazyLock<RwLock<Registry>> = LazyLock::new(RwLock::default);

#[derive(Default)]
struct Registry {
    known: HashSet<String>,
    late: Vec<String>,
    automaton: Option<AhoCorasick>,
}

/// Adds a secret: as it is, in base64, URL-encoded and as JSON writes it. [`super::Secret`] does so by itself.
pub fn register(secret: &str) {
    if secret.len() < SHORTEST {
        return;
    }
    let already = REGISTRY.read().unwrap_or_else(PoisonError::into_inner).known.contains(secret);
    if !already {
        REGISTRY.write().unwrap_or_else(PoisonError::into_inner).learn(secret);
    }
}

/// Replaces every known secret in a text by `***`.
pub fn text(text: &str) -> Cow<'_, str> {
    REGISTRY.read().unwrap_or_else(PoisonError::into_inner).mask(text)
}

impl Registry {
    fn learn(&mut self, secret: &str) {
        let json = serde_json::Value::from(secret).to_string();
        let forms = [
            secret.to_owned(),
            STANDARD_NO_PAD.encode(secret),
            URL_SAFE_NO_PAD.encode(secret),
            utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
            json.trim_matches('"').to_owned(),
        ];
        for form in forms {
            if self.known.insert(form.clone()) {
                self.late.push(form);
            }
        }
        if self.late.len() > LATE {
            // A registry that cannot be built (too many patterns for its index type) still masks one by one.
            if let Ok(built) = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&self.known) {
                self.automaton = Some(built);
                self.late.clear();
            }
        }
        self.late.sort_unstable_by_key(|form| std::cmp::Reverse(form.len()));
    }

    fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut out = Cow::Borrowed(text);
        for form in self.late.iter().filter(|form| text.contains(form.as_str())) {
            out = Cow::Owned(out.replace(form.as_str(), MASK));
        }
        if let Some(automaton) = self.automaton.as_ref().filter(|a| a.is_match(out.as_ref())) {
            let masks = vec![MASK; automaton.patterns_len()];
            out = Cow::Owned(automaton.replace_all(&out, &masks));
        }
        out
    }
}

/// Wraps where log lines go, so that each is masked. A line must come in one write, as `tracing_subscriber` does it.
#[derive(Clone, Debug)]
pub struct Masking<M>(pub M);

/// One line on its way out.
#[derive(Debug)]
pub struct MaskingWriter<W>(W);

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for Masking<M> {
    type Writer = MaskingWriter<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        MaskingWriter(self.0.make_writer())
    }

    fn make_writer_for(&'a self, meta: &tracing::Metadata<'_>) -> Self::Writer {
        MaskingWriter(self.0.make_writer_for(meta))
    }
}

impl<W: Write> Write for MaskingWriter<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let shown = String::from_utf8_lossy(line);
        self.0.write_all(text(&shown).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Secret;
    use super::*;

    #[test]
    fn every_form_of_a_secret_is_masked() {
        let secret = Secret::new("p\"ss/wörd+123");
        for form in [
            secret.expose().to_owned(),
            STANDARD_NO_PAD.encode(secret.expose()),
            URL_SAFE_NO_PAD.encode(secret.expose()),
            utf8_percent_encode(secret.expose(), NON_ALPHANUMERIC).to_string(),
            format!("{:?}", secret.expose()),
        ] {
            let line = format!("url=postgres://u:{form}@host");
            assert!(!text(&line).contains(form.trim_matches('"')), "{form}");
            assert!(text(&line).contains(MASK));
        }
    }

    #[test]
    fn many_secrets_are_masked_before_and_after_the_automaton_is_built() {
        let mut registry = Registry::default();
        for n in 0..500 {
            registry.learn(&format!("secret-number-{n:04}"));
            assert_eq!(registry.mask(&format!("a secret-number-{n:04} b secret-number-0000")), "a *** b ***");
        }
        assert!(registry.automaton.is_some());
    }

    #[test]
    fn a_secret_that_contains_another_is_masked_whole() {
        let mut registry = Registry::default();
        registry.learn("inner-secret");
        registry.learn("outer-inner-secret-end");
        assert_eq!(registry.mask("x outer-inner-secret-end y inner-secret"), "x *** y ***");
    }

    #[test]
    fn short_words_and_clean_lines_stay() {
        register("short");
        assert!(matches!(text("a short line"), Cow::Borrowed("a short line")));
    }

    #[test]
    fn log_lines_are_masked() {
        let secret = Secret::new("a-canary-of-the-log");
        let mut line = MaskingWriter(Vec::new());
        line.write_all(format!("key={}\n", secret.expose()).as_bytes()).expect("written");
        assert_eq!(line.0, b"key=***\n");
    }
}
