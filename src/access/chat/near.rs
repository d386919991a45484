//! What a mistyped command was meant to be.

use std::collections::BTreeSet;

use super::super::model::Member;
use super::rights;

/// Commands that are offered in place of one that is none.
const OFFERED: usize = 3;
/// Letters by which such a one may be wrong, at most half of it.
const EDITS: usize = 2;

/// The commands that somebody most likely meant, of those that are theirs; best first.
pub(super) fn near(member: Option<&Member>, asked: &str) -> Vec<&'static str> {
    let theirs: BTreeSet<&'static str> = rights::all(member).collect();
    // What begins alike was not typed to its end; else at most so many letters are wrong.
    let begins = |name: &str| asked.chars().count() > 2 && (name.starts_with(asked) || asked.starts_with(name));
    let mut found: Vec<(usize, &'static str)> = theirs
        .into_iter()
        .map(|name| (if begins(name) { 1 } else { strsim::osa_distance(asked, name) }, name))
        .filter(|(distance, name)| *distance <= EDITS.min(name.chars().count() / 2))
        .collect();
    found.sort_unstable();
    found.into_iter().take(OFFERED).map(|(_, name)| name).collect()
}
