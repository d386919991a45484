//! `/deadletters`: what could not be handled, and a button that brings each whole as a file.

use chrono::{DateTime, Utc};
use serde::Serialize;
use waas_platform::render::{Context, Reader, RenderError};
use waas_platform::telegram::turn::{Branch, command, press};
use waas_platform::telegram::{Button, Priority, Turn, View, outbox};

use super::DeadLetter;
use crate::access;
use crate::front::Front;

/// How many one message lists.
const SHOWN: i64 = 8;

/// The branches of this capability.
pub fn branches() -> Vec<Branch> {
    vec![command("deadletters").endpoint(list), press("dead_letter.show").endpoint(show)]
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
    let found = match turn.meaning().and_then(|meaning| meaning.subject.parse().ok()) {
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
    Ok(())
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
