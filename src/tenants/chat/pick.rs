//! A command that wants a tenant and was given none: which one is asked by buttons, and a press goes on as if it had been typed.

use serde_json::Value;
use waas_platform::telegram::cards::{self, CardKey, Placement};
use waas_platform::telegram::turn::{Branch, press};
use waas_platform::telegram::{Priority, Turn};

use super::super::estate::Estate;
use super::super::{card, store};
use super::{argument, delete_question, logs_pressed, meant, open, pressed};
use crate::access::{Colleague, colleague};
use crate::front::Front;
use crate::tenants::Job;

/// Tenants on a page of buttons.
const PAGE: i64 = 10;

/// What is asked for, so that a button brings back one of these words and no other.
const COMMANDS: [&str; 8] = ["tenant", "logs", "restart", "up", "down", "delete", "restore", "erase"];

pub(super) fn branches() -> [Branch; 2] {
    [press("tenant.picked").endpoint(picked), press("tenant.pick_page").endpoint(turn_page)]
}

/// Asks which tenant is meant.
pub(super) async fn ask(
    turn: &Turn,
    front: &Front,
    asker: &Colleague,
    command: &str,
    list: &str,
    after: Option<&str>,
) -> anyhow::Result<()> {
    let mut tx = turn.tx().await;
    // One more than is shown tells whether there are more.
    let found = store::page(&mut tx, after, PAGE + 1).await?;
    let (tenants, rest) = found.split_at(found.len().min(PAGE as usize));
    let next = tenants.last().filter(|_| !rest.is_empty()).map(|tenant| &tenant.slug);
    let page = card::Page { tenants, next, later: after.is_some(), list };
    let view = card::which(front, &asker.card_reader(front), &page, command)?;
    let key = CardKey { kind: "tenant_list", subject: list.to_owned() };
    Ok(cards::put(&mut tx, turn.clock(), asker.place(), &key, &view, Priority::Reply, Placement::Here).await?)
}

async fn turn_page(turn: Turn, front: Front) -> anyhow::Result<()> {
    let (Some(colleague), Some(command)) = (colleague(&turn, &front).await?, wanted(&turn)) else {
        return Ok(());
    };
    let Some(meaning) = turn.meaning() else {
        return Ok(());
    };
    let after = meaning.args.get("after").and_then(Value::as_str);
    ask(&turn, &front, &colleague, command, &meaning.subject, after).await
}

async fn picked(turn: Turn, front: Front, estate: Estate) -> anyhow::Result<()> {
    match wanted(&turn) {
        Some("logs") => logs_pressed(turn, front).await,
        Some("restart") => pressed(turn, front, estate, Job::Restart).await,
        Some("up") => pressed(turn, front, estate, Job::Start).await,
        Some("down") => pressed(turn, front, estate, Job::Stop).await,
        Some("restore") => pressed(turn, front, estate, Job::Restore).await,
        Some("delete") => match meant(&turn, &front).await? {
            Some((operator, tenant)) => delete_question(&turn, &front, &estate, &operator, &tenant).await,
            None => Ok(()),
        },
        Some("erase") => super::ask_erase_pressed(turn, front, estate).await,
        Some(_) => open(turn, front, estate).await,
        None => Ok(()),
    }
}

fn wanted(turn: &Turn) -> Option<&'static str> {
    let word = argument(turn, "for")?;
    COMMANDS.into_iter().find(|command| *command == word)
}
