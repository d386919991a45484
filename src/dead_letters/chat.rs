//! `/deadletters`: what could not be handled, and buttons that bring each whole as a file and decide about it.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;
use waas_platform::render::{Context, Reader, RenderError};
use waas_platform::telegram::turn::{Branch, command, press};
use waas_platform::telegram::{Button, Priority, Turn, View, outbox};

use super::{DeadLetter, Decided, Doors};
use crate::access;
use crate::front::Front;

/// How many one message lists.
const SHOWN: i64 = 8;

/// The branches of this capability.
pub fn branches() -> Vec<Branch> {
    vec![
        command("deadletters").endpoint(list),
        press("dead_letter.show").endpoint(show),
        press("dead_letter.retry").endpoint(again),
        press("dead_letter.drop").endpoint(discard),
    ]
}

async fn list(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(operator) = access::operator(&turn, &front).await? else {
        return Ok(());
    };
    let mut tx = turn.tx().await;
    let letters = super::page(&mut tx, None, SHOWN).await?;
    let count = super::undecided(&mut tx).await?;
    drop(tx);
    turn.reply(listed(&front, operator.reader(), &letters, count)?).await
}

async fn show(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(operator) = access::operator(&turn, &front).await? else {
        return Ok(());
    };
    let mut tx = turn.tx().await;
    let found = match subject(&turn) {
        Some(id) => super::find(&mut tx, id).await?,
        None => None,
    };
    let Some((letter, raw)) = found else {
        drop(tx);
        turn.toast(front.word(operator.reader(), "dead-letter-gone")).await;
        return Ok(());
    };
    let text = String::from_utf8_lossy(&raw).into_owned();
    let name = format!("dead-letter-{}.txt", letter.id);
    outbox::document(&mut tx, operator.place(), name, text, Priority::Reply).await?;
    drop(tx);
    turn.reply(one(&front, operator.reader(), &letter)?).await
}

async fn again(turn: Turn, front: Front, doors: Arc<dyn Doors>) -> anyhow::Result<()> {
    let (Some(operator), Some(id)) = (access::operator(&turn, &front).await?, subject(&turn)) else {
        return Ok(());
    };
    let mut tx = turn.tx().await;
    let decided = super::retry(&mut tx, &*doors, id, &operator.actor()).await?;
    drop(tx);
    turn.toast(told(&front, operator.reader(), &decided, "dead-letter-retried")).await;
    Ok(())
}

async fn discard(turn: Turn, front: Front) -> anyhow::Result<()> {
    let (Some(operator), Some(id)) = (access::operator(&turn, &front).await?, subject(&turn)) else {
        return Ok(());
    };
    let mut tx = turn.tx().await;
    let decided = super::discard(&mut tx, id, &operator.actor()).await?;
    drop(tx);
    turn.toast(told(&front, operator.reader(), &decided, "dead-letter-dropped")).await;
    Ok(())
}

fn subject(turn: &Turn) -> Option<Uuid> {
    turn.meaning()?.subject.parse().ok()
}

fn told(front: &Front, reader: &Reader, decided: &Decided, done: &str) -> String {
    match decided {
        Decided::Done => front.word(reader, done),
        Decided::Already => front.word(reader, "dead-letter-decided"),
        Decided::Refused(reason) => {
            let reason = super::one_line(reason);
            front.word_with(reader, "dead-letter-refused", &[("reason", reason.as_str().into())])
        }
        Decided::NotFound => front.word(reader, "dead-letter-gone"),
    }
}

/// What can be decided about one.
fn one(front: &Front, reader: &Reader, letter: &DeadLetter) -> Result<View, RenderError> {
    let context = Context::new()
        .with("source", &letter.source)
        .with("reason", &super::one_line(&letter.reason))
        .with("attempts", &letter.attempts)
        .with("at", &letter.created_at);
    Ok(View::text(front.say(reader, "dead_letters/one.html", &context)?).row([
        Button::press(front.word(reader, "button-retry"), "dead_letter.retry", letter.id),
        Button::press(front.word(reader, "button-drop"), "dead_letter.drop", letter.id),
    ]))
}

#[derive(Serialize)]
struct Line<'a> {
    number: usize,
    source: &'a str,
    reason: String,
    head: &'a str,
    id: String,
    at: DateTime<Utc>,
}

fn listed(front: &Front, reader: &Reader, letters: &[DeadLetter], count: i64) -> Result<View, RenderError> {
    let lines: Vec<Line<'_>> = (1..)
        .zip(letters)
        .map(|(number, letter)| Line {
            number,
            source: &letter.source,
            reason: super::one_line(&letter.reason),
            head: &letter.head,
            id: letter.id.to_string(),
            at: letter.created_at,
        })
        .collect();
    let shown = i64::try_from(lines.len()).unwrap_or(i64::MAX);
    let context = Context::new().with("lines", &lines).with("count", &count).with("older", &(count - shown).max(0));
    let mut view = View::text(front.say(reader, "dead_letters/list.html", &context)?);
    let label = front.word(reader, "button-show");
    for row in lines.chunks(4) {
        let button = |line: &Line<'_>| Button::press(format!("{label} {}", line.number), "dead_letter.show", &line.id);
        view = view.row(row.iter().map(button));
    }
    Ok(view)
}

#[cfg(test)]
mod tests;
