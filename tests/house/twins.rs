//! Every guard that `docs/guarantees.md` promises has a twin that stands in the tree, and no twin stands there unmentioned. The
//! list is shown at the end of `make test`.

use std::collections::BTreeSet;

use super::holds;
use super::source::Source;

const DOCUMENT: &str = "docs/guarantees.md";
/// The chapter whose table names a twin a row.
const CHAPTER: &str = "## With a twin";
/// How twins that are tests of their own are called.
const TWIN: &str = "twin_";

/// A row of the table.
struct Guard<'a> {
    guard: &'a str,
    /// Names of functions in its column of twins.
    twins: Vec<&'a str>,
    /// Files and folders in which it is tried.
    places: Vec<&'a str>,
}

fn guards(document: &str) -> Vec<Guard<'_>> {
    let chapter = document.split_once(CHAPTER).map_or("", |(_, rest)| rest);
    let chapter = chapter.split_once("\n## ").map_or(chapter, |(chapter, _)| chapter);
    let rows = chapter.lines().filter(|line| line.starts_with('|')).skip(2);
    rows.filter_map(|row| {
        let mut columns = row.trim_matches('|').split('|').map(str::trim);
        let (guard, twins, places) = (columns.next()?, columns.next()?, columns.next()?);
        Some(Guard { guard, twins: quoted(twins), places: quoted(places) })
    })
    .collect()
}

/// What stands between backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// Names of all functions in the tree.
fn functions(sources: &[Source]) -> BTreeSet<&str> {
    let rust = sources.iter().filter(|source| source.is_rust());
    let lines = rust.flat_map(|source| source.text.lines());
    lines.filter_map(|line| line.trim_start().rsplit_once("fn ")?.1.split(['(', '<']).next()).collect()
}

fn every_guard_has_its_twin(sources: &[Source]) -> Vec<String> {
    let document = sources.iter().find(|source| source.path == DOCUMENT).map_or("", |source| &source.text);
    let (guards, functions) = (guards(document), functions(sources));
    let mut complaints = Vec::new();
    if guards.is_empty() {
        complaints.push(format!("{DOCUMENT}: no table under “{CHAPTER}”"));
    }
    for Guard { guard, twins, places } in &guards {
        let (there, gone): (Vec<&str>, Vec<&str>) = twins.iter().partition(|twin| functions.contains(**twin));
        eprintln!("{guard}\n    → {}", there.join(", "));
        if there.is_empty() {
            complaints.push(format!("{DOCUMENT}: no twin of “{guard}” stands in the tree ({})", gone.join(", ")));
        }
        let moved = places.iter().filter(|place| !sources.iter().any(|source| source.path.starts_with(**place)));
        complaints.extend(moved.map(|place| format!("{DOCUMENT}: “{guard}” is not tried in {place}: there is none")));
    }
    let mentioned: BTreeSet<&str> = guards.iter().flat_map(|guard| guard.twins.iter().copied()).collect();
    let twins = functions.iter().filter(|name| name.starts_with(TWIN) && name.len() > TWIN.len());
    for unmentioned in twins.filter(|name| !mentioned.contains(**name)) {
        complaints.push(format!("{DOCUMENT} does not say what {unmentioned} is the twin of"));
    }
    complaints
}

#[test]
fn guards_have_twins() {
    holds(every_guard_has_its_twin);
}

#[test]
fn a_guard_without_a_twin_and_a_twin_without_a_guard_are_noticed() {
    let table = |rows: &str| {
        format!("# x\n\n{CHAPTER}\n\n| guard | twin | where |\n|---|---|---|\n{rows}\n## Next\n\n| other | - |\n")
    };
    let name = format!("{TWIN}without_it");
    let complaints = |rows: &str, code: &str| {
        every_guard_has_its_twin(&[Source::of(DOCUMENT, &table(rows)), Source::of("tests/a.rs", code)]).len()
    };
    let (row, twin) = (format!("| holds | `{name}` (by policy) | `tests/a.rs` |"), format!("async fn {name}() {{}}"));
    assert_eq!(complaints(&row, &twin), 0);
    assert_eq!(complaints(&row, "fn other() {}"), 1, "the twin is gone");
    assert_eq!(complaints("| holds | none yet | - |", ""), 1, "no twin is named");
    assert_eq!(
        complaints("| holds | `other` | same |", &format!("fn other() {{}}\n{twin}")),
        1,
        "nobody mentions the twin"
    );
    assert_eq!(complaints(&row.replace("a.rs", "b.rs"), &twin), 1, "it is tried in another file");
    assert_eq!(complaints("", ""), 1, "the table is gone");
}
