//! `/audit [PERSON or SUBJECT]`: who did what, for owners.

use std::sync::Arc;

use waas_platform::clock::random;
use waas_platform::db::PgConnection;
use waas_platform::telegram::cards::{self, CardKey, Placement};
use waas_platform::telegram::turn::{Branch, command, press};
use waas_platform::telegram::{Priority, Turn};

use super::{Operator, owner};
use crate::access::model::Named;
use crate::access::{Acquaintance, audit_card, first_name, team};
use crate::audit::{self, Filter};
use crate::front::Front;

/// Entries on a page.
const PAGE: i64 = 8;
/// Characters of what was asked for that are looked for.
const ASKED_CHARS: usize = 64;

pub(super) fn branches() -> Vec<Branch> {
    vec![command("audit").endpoint(list), press("audit.page").endpoint(turn_page)]
}

async fn list(turn: Turn, front: Front, acquaintance: Arc<dyn Acquaintance>) -> anyhow::Result<()> {
    let Some(owner) = owner(&turn, &front).await? else {
        return Ok(());
    };
    let asked: String = turn.incoming().command("audit").unwrap_or_default().chars().take(ASKED_CHARS).collect();
    // Each list is a card of its own, so that its pages are turned in place.
    let mut tx = turn.tx().await;
    let filter = meant(&mut tx, &*acquaintance, asked.trim()).await?;
    drop(tx);
    let list = random::id().to_string();
    put_page(&turn, &front, &*acquaintance, &owner, &list, (asked.trim(), &filter), None).await
}

async fn turn_page(turn: Turn, front: Front, acquaintance: Arc<dyn Acquaintance>) -> anyhow::Result<()> {
    let Some(owner) = owner(&turn, &front).await? else {
        return Ok(());
    };
    let Some(meaning) = turn.meaning() else {
        return Ok(());
    };
    let asked = meaning.args["asked"].as_str().unwrap_or_default();
    let mut tx = turn.tx().await;
    let filter = meant(&mut tx, &*acquaintance, asked).await?;
    drop(tx);
    let before = meaning.args["before"].as_i64();
    put_page(&turn, &front, &*acquaintance, &owner, &meaning.subject, (asked, &filter), before).await
}

/// What is asked for: by somebody of the team, or about something, by its id or the number that people know it by.
async fn meant(conn: &mut PgConnection, acquaintance: &dyn Acquaintance, asked: &str) -> anyhow::Result<Filter> {
    if asked.is_empty() {
        return Ok(Filter::default());
    }
    if let Named::One(person) = team::named_member(conn, asked).await? {
        return Ok(Filter { actor: Some(person.to_string()), ..Filter::default() });
    }
    let bare = asked.strip_prefix('#').unwrap_or(asked);
    let numbered = match bare.parse() {
        Ok(number) => acquaintance.subject(conn, number).await?,
        Err(_) => None,
    };
    Ok(Filter::default().about(bare).and(numbered))
}

async fn put_page(
    turn: &Turn,
    front: &Front,
    acquaintance: &dyn Acquaintance,
    owner: &Operator,
    list: &str,
    (asked, filter): (&str, &Filter),
    before: Option<i64>,
) -> anyhow::Result<()> {
    let mut tx = turn.tx().await;
    // One more than is shown tells whether there are more.
    let mut entries = audit::page(&mut tx, filter, before, PAGE + 1).await?;
    let more = entries.len() > PAGE as usize;
    entries.truncate(PAGE as usize);
    let mut told = Vec::with_capacity(entries.len());
    for entry in entries {
        let person = (entry.actor_kind == "person").then(|| entry.actor.parse().ok()).flatten();
        let name = match person {
            Some(person) => first_name(&mut tx, person).await?,
            None => None,
        };
        let about = match entry.subject.split_once(':') {
            Some(("person", id)) => match id.parse() {
                Ok(id) => first_name(&mut tx, id).await?,
                Err(_) => None,
            },
            _ => acquaintance.called(&mut tx, &entry.subject).await?,
        };
        told.push(audit_card::Told { entry, name, about });
    }
    let page = audit_card::Page { told: &told, asked, later: before.is_some(), more, list };
    let view = audit_card::page(front, &owner.card_reader(front), &page)?;
    let key = CardKey { kind: "audit", subject: list.to_owned() };
    Ok(cards::put(&mut tx, turn.clock(), owner.place(), &key, &view, Priority::Reply, Placement::Here).await?)
}
