//! Which capability may know which, and how: by the doors that its `mod.rs` opens.

use std::collections::{BTreeMap, BTreeSet};

use super::source::Source;
use super::{holds, notices};

/// The arrows that exist. A new one is a decision: it goes here, and into ARCHITECTURE.md with its reason.
const ARROWS: [(&str, &[&str]); 12] = [
    ("audit", &[]),
    ("access", &["audit"]),
    ("dead_letters", &["access", "audit"]),
    ("surveys", &["access", "audit"]),
    ("leads", &["access", "audit", "dead_letters", "keys", "surveys"]),
    ("jobs", &["access", "audit"]),
    ("tenants", &["access", "audit", "jobs"]),
    ("keys", &["access", "audit", "telemetry", "tenants"]),
    ("clients", &["access", "audit", "leads", "tenants"]),
    ("provisioning", &["access", "audit", "clients", "leads", "surveys", "telemetry", "tenants"]),
    ("telemetry", &["tenants"]),
    ("alerts", &["access", "audit", "telemetry", "tenants"]),
];

/// What all capabilities stand on, beside the platform.
const GROUND: [&str; 2] = ["config", "front"];

/// What puts capabilities together; nobody below may know it.
const ROOF: [&str; 2] = ["app", "cli"];

fn allowed(capability: &str) -> Option<&'static [&'static str]> {
    ARROWS.iter().find(|(name, _)| *name == capability).map(|(_, others)| *others)
}

/// `src/leads/chat.rs` → `leads`; files directly under `src` belong to no capability.
fn room_of(path: &str) -> Option<&str> {
    path.strip_prefix("src/")?.split_once('/').map(|(room, _)| room)
}

/// Every path behind `crate::`, groups taken apart: `crate::{a, b::c}` gives `a` and `b::c`.
fn crate_paths(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, mark) in code.match_indices("crate::") {
        let rest = &code[at + mark.len()..];
        match rest.strip_prefix('{') {
            None => found.push(path_at(rest)),
            Some(group) => {
                let mut depth = 0;
                let end = group.find(|c| match c {
                    '{' => {
                        depth += 1;
                        false
                    }
                    '}' if depth == 0 => true,
                    '}' => {
                        depth -= 1;
                        false
                    }
                    _ => false,
                });
                let group = &group[..end.unwrap_or(group.len())];
                let mut depth = 0;
                let parts = group.split(|c| {
                    match c {
                        '{' => depth += 1,
                        '}' => depth -= 1,
                        _ => {}
                    }
                    c == ',' && depth == 0
                });
                found.extend(parts.map(|part| path_at(part.trim())));
            }
        }
    }
    found.retain(|path| !path.is_empty());
    found
}

fn path_at(text: &str) -> String {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':').unwrap_or(text.len());
    text[..end].trim_matches(':').to_owned()
}

fn along_the_arrows(sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in sources.iter().filter(|s| s.is_shipped()) {
        let Some(room) = room_of(&source.path).filter(|r| !ROOF.contains(r) && !GROUND.contains(r)) else {
            continue;
        };
        let Some(others) = allowed(room) else {
            complaints.push(format!("{}: {room} is no capability in the table of tests/house/arrows.rs", source.path));
            continue;
        };
        for path in crate_paths(&code_of(source)) {
            let to = path.split("::").next().unwrap_or_default();
            let is_module = allowed(to).is_some() || ROOF.contains(&to);
            if is_module && to != room && !others.contains(&to) {
                complaints.push(format!("{}: {room} must not know {to} (crate::{path})", source.path));
            }
        }
    }
    complaints
}

/// The whole file as one text, so that a group may span lines.
fn code_of(source: &Source) -> String {
    source.production().map(|line| line.code).collect::<Vec<_>>().join("\n")
}

fn by_the_front_door(sources: &[Source]) -> Vec<String> {
    let inner: BTreeSet<(&str, &str)> = sources.iter().filter_map(|s| inner_module(&s.path)).collect();
    let mut complaints = Vec::new();
    // The composition root builds what stands in the rooms, so it enters them; nobody else does.
    let visitors = sources.iter().filter(|s| s.is_shipped() && !s.path.starts_with("src/app/"));
    for source in visitors {
        let room = room_of(&source.path).unwrap_or_default();
        for path in crate_paths(&code_of(source)) {
            let mut parts = path.split("::");
            let (to, door) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            // Without the other files at hand the usual names of rooms must do.
            let usual = ["model", "store", "chat", "api", "work"].contains(&door);
            if allowed(to).is_some() && to != room && (usual || inner.contains(&(to, door))) {
                complaints.push(format!("{}: crate::{path} goes around src/{to}/mod.rs", source.path));
            }
        }
    }
    complaints
}

/// `src/leads/score.rs` → `(leads, score)`.
fn inner_module(path: &str) -> Option<(&str, &str)> {
    let (room, rest) = path.strip_prefix("src/")?.split_once('/')?;
    let module = rest.split('/').next()?;
    let module = module.strip_suffix(".rs").unwrap_or(module);
    (module != "mod").then_some((room, module))
}

#[test]
fn the_table_has_no_circle() {
    let mut rank: BTreeMap<&str, usize> = BTreeMap::new();
    while rank.len() < ARROWS.len() {
        let known = rank.len();
        for (name, others) in ARROWS {
            if others.iter().all(|other| rank.contains_key(other)) {
                rank.entry(name).or_insert(known);
            }
        }
        assert!(
            rank.len() > known,
            "a circle among {:?}",
            ARROWS.map(|(n, _)| n).iter().filter(|n| !rank.contains_key(*n)).collect::<Vec<_>>()
        );
    }
}

#[test]
fn capabilities_know_only_those_that_the_arrows_point_to() {
    holds(along_the_arrows);
}

#[test]
fn an_arrow_the_wrong_way_is_noticed() {
    notices(
        along_the_arrows,
        ("src/tenants/work.rs", "use crate::alerts::open;"),
        ("src/alerts/work.rs", "use crate::tenants::Tenant;"),
    );
    notices(
        along_the_arrows,
        ("src/surveys/work.rs", "use crate::{\n    audit::record,\n    leads::{Lead, LeadId},\n};"),
        ("src/leads/work.rs", "use crate::{\n    audit::record,\n    surveys::{Survey, Link},\n};"),
    );
    notices(along_the_arrows, ("src/leads/work.rs", "crate::app::stop()"), ("src/app.rs", "crate::leads::start()"));
    notices(along_the_arrows, ("src/billing/mod.rs", "//! New."), ("src/config/mod.rs", "//! Old."));
}

#[test]
fn capabilities_are_entered_by_their_front_door() {
    holds(by_the_front_door);
}

#[test]
fn a_side_entrance_is_noticed() {
    notices(
        by_the_front_door,
        ("src/alerts/work.rs", "crate::tenants::store::find(tx)"),
        ("src/tenants/work.rs", "crate::tenants::store::find(tx)"),
    );
    let twin = [
        Source::of("src/leads/score.rs", "pub fn score() {}"),
        Source::of("src/cli/lead.rs", "crate::leads::score::score()"),
    ];
    assert_eq!(by_the_front_door(&twin).len(), 1);
}
