//! Tenants: names, states and the moves between them. No IO.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Names that would be confused with something else. Names of templates are reserved too; who plans knows them.
const RESERVED: [&str; 5] = ["all", "hub", "platform", "surveys", "template"];

/// A tenant's name: `[a-z][a-z0-9_-]{1,30}`. It becomes a folder, a compose project and container names, so nothing
/// else ever reaches those.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Slug(String);

/// Why a text is no slug.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSlug {
    /// Other characters or another length.
    #[error("a name is 2 to 31 of a-z, 0-9, _ and -, and begins with a letter")]
    Shape,
    /// It means something else already.
    #[error("\"{0}\" is reserved")]
    Reserved(String),
}

/// Characters of a slug that the hub makes itself; a number behind it still fits.
const NAMED: usize = 28;

impl Slug {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As a label of a host name.
    pub fn label(&self) -> String {
        self.0.replace('_', "-")
    }

    /// Makes a slug of a business name: transliterated, lower case, `_` between words, of a long name only the words
    /// that fit. `None` when nothing of the name can be written in ASCII letters and digits.
    pub fn from_name(name: &str) -> Option<Self> {
        let ascii = any_ascii::any_ascii(&in_german_letters(name)).to_ascii_lowercase();
        let words: Vec<String> = ascii
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(ToOwned::to_owned)
            .collect();
        let mut text = words.join("_");
        if text.starts_with(|c: char| c.is_ascii_digit()) {
            text.insert_str(0, "s_");
        }
        let text = whole_words(&text, NAMED);
        match text.parse() {
            Ok(slug) => Some(slug),
            Err(BadSlug::Reserved(word)) => format!("{word}_site").parse().ok(),
            Err(BadSlug::Shape) => format!("{text}_site").parse().ok(),
        }
    }

    /// The name of a business whose own name has no letter that ASCII knows.
    pub fn nameless() -> Self {
        Self("site".to_owned())
    }

    /// The same name with a number, for when it is taken.
    #[must_use]
    pub fn numbered(&self, number: u32) -> Self {
        let stem: String = self.0.chars().take(27).collect();
        Self(format!("{stem}_{number}"))
    }
}

/// As Germans spell their letters where there are none: general transliteration only drops the dots.
fn in_german_letters(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for letter in name.chars() {
        match letter {
            'ä' | 'Ä' => out.push_str("ae"),
            'ö' | 'Ö' => out.push_str("oe"),
            'ü' | 'Ü' => out.push_str("ue"),
            'ß' | 'ẞ' => out.push_str("ss"),
            // Two dots that stand apart from their letter, as some systems write them.
            '\u{308}' if out.ends_with(['a', 'o', 'u', 'A', 'O', 'U']) => out.push('e'),
            _ => out.push(letter),
        }
    }
    out
}

/// As many words as fit into `most` bytes; of a single longer word its beginning.
fn whole_words(ascii: &str, most: usize) -> &str {
    if ascii.len() <= most {
        return ascii;
    }
    let (head, tail) = ascii.split_at(most);
    // One letter alone, such as the one put before a figure, is no name yet.
    match head.rsplit_once('_').filter(|(words, _)| !tail.starts_with('_') && words.len() > 1) {
        Some((words, _)) => words,
        None => head.trim_end_matches('_'),
    }
}

impl FromStr for Slug {
    type Err = BadSlug;

    fn from_str(text: &str) -> Result<Self, BadSlug> {
        let begins = text.starts_with(|c: char| c.is_ascii_lowercase());
        let fits = (2..=31).contains(&text.len());
        let clean = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-');
        if !(begins && fits && clean) {
            return Err(BadSlug::Shape);
        }
        if RESERVED.contains(&text) {
            return Err(BadSlug::Reserved(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for Slug {
    type Error = BadSlug;

    fn try_from(text: String) -> Result<Self, BadSlug> {
        text.parse()
    }
}

impl From<Slug> for String {
    fn from(slug: Slug) -> Self {
        slug.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a tenant stands in its life. The same words stand in the check of `tenants.state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TenantState {
    /// Runs elsewhere and only reports. In: `tenant register`. Out: erase.
    Registered,
    /// Confirmed, nothing built. In: a confirmed plan. Out: the provisioning saga.
    Planned,
    /// Being built. In: the saga's first step. Out: live, failed (undone), stuck.
    Provisioning,
    /// Serves. In: the saga's last step, start, restore. Out: stop, suspend, delete.
    Live,
    /// Stopped on purpose, data kept. In: stop. Out: start, delete.
    Stopped,
    /// Stopped because it is not paid for. In: suspend. Out: resume, delete.
    Suspended,
    /// Stopped, data kept until the grace time ends. In: delete. Out: restore, erase.
    Deleted,
    /// Building failed and was undone. In: the saga's undo. Out: erase, or a new plan.
    Failed,
    /// An undo failed and a person must look. In: a stuck saga. Out: retry or undo of that saga.
    Stuck,
}

/// What may be asked of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// The saga begins.
    Build,
    /// The saga is through.
    GoLive,
    /// The saga was undone.
    Fail,
    /// The saga cannot go on.
    GetStuck,
    /// Stop it, keep it.
    Stop,
    /// Start it again.
    Start,
    /// Stop it and let the grace time run.
    Delete,
    /// Take the delete back; the state before comes again.
    Restore,
}

/// A move that the present state forbids; an outcome, not an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a tenant that is {} cannot do this", .from.word())]
pub struct Refused {
    /// The present state.
    pub from: TenantState,
}

impl TenantState {
    /// All states.
    pub const ALL: [Self; 9] = [
        Self::Registered,
        Self::Planned,
        Self::Provisioning,
        Self::Live,
        Self::Stopped,
        Self::Suspended,
        Self::Deleted,
        Self::Failed,
        Self::Stuck,
    ];

    /// The word in database, JSON and chat.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Planned => "planned",
            Self::Provisioning => "provisioning",
            Self::Live => "live",
            Self::Stopped => "stopped",
            Self::Suspended => "suspended",
            Self::Deleted => "deleted",
            Self::Failed => "failed",
            Self::Stuck => "stuck",
        }
    }

    /// The word read back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// The state after a move. `before` is what a deleted tenant was.
    ///
    /// # Errors
    /// The present state forbids it.
    pub fn after(self, step: Move, before: Option<Self>) -> Result<Self, Refused> {
        let refused = Err(Refused { from: self });
        match (step, self) {
            (Move::Build, Self::Planned | Self::Provisioning | Self::Failed | Self::Stuck) => Ok(Self::Provisioning),
            (Move::GoLive, Self::Provisioning | Self::Live) => Ok(Self::Live),
            (Move::Fail, Self::Planned | Self::Provisioning | Self::Stuck | Self::Failed) => Ok(Self::Failed),
            (Move::GetStuck, Self::Planned | Self::Provisioning | Self::Stuck) => Ok(Self::Stuck),
            (Move::Stop, Self::Live | Self::Stopped) => Ok(Self::Stopped),
            (Move::Start, Self::Stopped | Self::Live) => Ok(Self::Live),
            (
                Move::Delete,
                Self::Live | Self::Stopped | Self::Suspended | Self::Registered | Self::Failed | Self::Deleted,
            ) => Ok(Self::Deleted),
            (Move::Restore, Self::Deleted) => Ok(before.unwrap_or(Self::Live)),
            _ => refused,
        }
    }

    /// Whether its containers are meant to run.
    pub const fn should_run(self) -> bool {
        matches!(self, Self::Live)
    }
}

/// How a tenant is doing, by its containers and heartbeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// All containers healthy.
    Up,
    /// Some are not, but the site's own is.
    Degraded,
    /// The site's own is not.
    Down,
    /// Nothing was heard or seen yet.
    Unknown,
}

impl Health {
    /// The word in database, JSON and chat.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Degraded => "degraded",
            Self::Down => "down",
            Self::Unknown => "unknown",
        }
    }

    /// The word read back; anything else is unknown.
    pub fn from_word(word: &str) -> Self {
        [Self::Up, Self::Degraded, Self::Down].into_iter().find(|health| health.word() == word).unwrap_or(Self::Unknown)
    }

    /// Judges by heartbeats, where containers cannot be seen: how many services speak, and how many are missed.
    pub const fn heard(alive: i64, missed: i64) -> Self {
        match (alive, missed) {
            (0, 0) => Self::Unknown,
            (_, 0) => Self::Up,
            (0, _) => Self::Down,
            _ => Self::Degraded,
        }
    }

    /// Judges by the containers' states, given as (service, contract's word). `front` is the service people see.
    pub fn of<'a>(containers: impl IntoIterator<Item = (&'a str, &'a str)>, front: &str) -> Self {
        let mut seen = false;
        let mut ill = false;
        for (service, state) in containers {
            seen = true;
            let well = matches!(state, "running" | "healthy" | "starting");
            if !well && service == front {
                return Self::Down;
            }
            ill |= !well;
        }
        match (seen, ill) {
            (false, _) => Self::Unknown,
            (true, true) => Self::Degraded,
            (true, false) => Self::Up,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hostile_names_are_no_slugs() {
        for text in [
            "a;id",
            "$(id)",
            "`id`",
            "a\nb",
            "--privileged",
            "../x",
            "a b",
            "A1",
            "1a",
            "a",
            "",
            "ünal",
            "аnna",
            &"a".repeat(32),
        ] {
            assert_eq!(text.parse::<Slug>(), Err(BadSlug::Shape), "{text:?}");
        }
        assert!(matches!("hub".parse::<Slug>(), Err(BadSlug::Reserved(_))));
    }

    #[test]
    fn business_names_become_slugs() {
        let slug = |name| Slug::from_name(name).map(|slug| slug.to_string());
        assert_eq!(slug("New Salon"), Some("new_salon".to_owned()));
        assert_eq!(slug("Größe & Ärger"), Some("groesse_aerger".to_owned()));
        assert_eq!(slug("Grösse u\u{308}ber"), Some("groesse_ueber".to_owned()));
        assert_eq!(slug("Jürgen Müllers Schöne Küchen GmbH"), Some("juergen_muellers_schoene".to_owned()));
        assert_eq!(slug("Haus der tausend Kerzen in Ulm"), Some("haus_der_tausend_kerzen_in".to_owned()));
        assert_eq!(slug("Haus der tausend Kerzen vonUlm"), Some("haus_der_tausend_kerzen".to_owned()));
        assert_eq!(slug("Donaudampfschifffahrtsgesellschaft"), Some("donaudampfschifffahrtsgesell".to_owned()));
        assert_eq!(slug("7 Donaudampfschifffahrtsgesellschaften"), Some("s_7".to_owned()));
        assert_eq!(slug("Салон Анна"), Some("salon_anna".to_owned()));
        assert_eq!(slug("7 Sterne"), Some("s_7_sterne".to_owned()));
        assert_eq!(slug("Hub"), Some("hub_site".to_owned()));
        assert_eq!(slug("✂✂"), Slug::from_name("✂✂").map(|slug| slug.to_string()));
    }

    #[test]
    fn the_front_decides_between_down_and_degraded() {
        assert_eq!(Health::of([("backend", "exited"), ("worker", "healthy")], "backend"), Health::Down);
        assert_eq!(Health::of([("backend", "healthy"), ("worker", "exited")], "backend"), Health::Degraded);
        assert_eq!(Health::of([("backend", "healthy"), ("worker", "running")], "backend"), Health::Up);
        assert_eq!(Health::of([], "backend"), Health::Unknown);
    }

    #[test]
    fn a_deleted_tenant_comes_back_as_it_was() {
        assert_eq!(TenantState::Deleted.after(Move::Restore, Some(TenantState::Stopped)), Ok(TenantState::Stopped));
        assert!(TenantState::Provisioning.after(Move::Delete, None).is_err());
    }

    proptest! {
        #[test]
        fn every_name_gives_a_valid_slug_or_none(name in "\\PC{0,60}") {
            if let Some(slug) = Slug::from_name(&name) {
                prop_assert!(slug.as_str().parse::<Slug>().is_ok());
                prop_assert!(slug.numbered(99).as_str().parse::<Slug>().is_ok());
            }
        }
    }
}
