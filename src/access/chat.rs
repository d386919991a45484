//! Who speaks, and the commands that everybody has: `/start`, `/help`, `/whoami`, `/language`.
//!
//! `callers` looks up who speaks, `rights` says what they may; `members` holds the team, `audit` who did what, `bind` makes a
//! chat the operators', `reach` hears of chats that open and close, `questions` asks operators for words.

mod audit;
mod bind;
mod callers;
mod members;
mod near;
pub mod questions;
mod reach;
pub(super) mod rights;

use std::sync::Arc;

use waas_platform::render::{Context, Html, Reader, RenderError};
use waas_platform::secrets::MasterKey;
use waas_platform::telegram::turn::{Branch, command, deep_link, press};
use waas_platform::telegram::{Event, Turn, View};

use super::menu::described;
use super::model::{Enrolled, Member, Role};
use super::{Welcome, tongue};
use crate::front::Front;
pub use bind::left_behind;
pub use callers::{Caller, Colleague, Operator, caller, colleague, operator, owner};
pub use reach::reachability;

/// The branches of this capability.
pub fn branches() -> Vec<Branch> {
    let own = vec![
        deep_link("enrol_").endpoint(enrol),
        command("whoami").endpoint(whoami),
        command("help").endpoint(help),
        command("bind").endpoint(bind::command),
        command("language").endpoint(tongue::command),
        press("access.tongue").endpoint(tongue::pressed),
    ];
    [own, questions::branches(), members::branches(), audit::branches()].into_iter().flatten().collect()
}

async fn enrol(turn: Turn, front: Front, keys: Arc<MasterKey>, waiting: Arc<dyn Welcome>) -> anyhow::Result<()> {
    let Some(caller) = caller(&turn, &front).await? else {
        return Ok(());
    };
    let args = turn.incoming().command("start").unwrap_or_default().to_owned();
    let code = args.trim_start_matches("enrol_");
    let mut tx = turn.tx().await;
    let bot = turn.bot().id;
    let before = super::operators_place(&mut tx, bot).await?;
    let outcome = super::enrol(&mut tx, &keys, &caller.person, code, turn.now()).await?;
    if super::operators_place(&mut tx, bot).await? != before {
        super::desk::follow(&mut tx, turn.clock(), bot).await?;
    }
    let desk = super::seen_from(&mut tx, caller.place).await?;
    drop(tx);
    match outcome {
        Enrolled::Welcome(role) => {
            let context = Context::new().with("name", &caller.person.first_name);
            let context = context.with("role", role.word()).with("desk", desk);
            let html = front.say(&caller.reader, "access/welcome.html", &context)?;
            turn.reply(View::text(html)).await?;
            let mut tx = turn.tx().await;
            super::refresh_menu(&mut tx, &front, bot, caller.person.id, turn.now()).await?;
            waiting.welcome(&mut tx, bot).await
        }
        Enrolled::NotValid => {
            turn.reply(View::text(front.say(&caller.reader, "access/code_not_valid.html", &Context::new())?)).await
        }
    }
}

async fn whoami(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(caller) = caller(&turn, &front).await? else {
        return Ok(());
    };
    let context = Context::new()
        .with("name", &caller.person.first_name)
        .with("id", &caller.person.id)
        .with("role", caller.member.as_ref().map_or("none", |member| member.role.word()));
    turn.reply(View::text(front.say(&caller.reader, "access/whoami.html", &context)?)).await
}

async fn help(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(caller) = caller(&turn, &front).await? else {
        return Ok(());
    };
    greet(&turn, &front, &caller, "access/help.html").await
}

/// What somebody gets who starts without a link, or whose words nobody understood.
///
/// # Errors
/// The database refuses.
pub async fn start(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(caller) = caller(&turn, &front).await? else {
        return Ok(());
    };
    // In a group nobody asked us anything.
    if !turn.incoming().private && turn.incoming().command("start").is_none() {
        return Ok(());
    }
    let layout = if caller.member.is_some() { "access/help.html" } else { "access/stranger.html" };
    greet(&turn, &front, &caller, layout).await
}

/// The last branch: a command or text that nobody else took.
///
/// # Errors
/// The database refuses.
pub async fn not_understood(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(caller) = caller(&turn, &front).await? else {
        return Ok(());
    };
    if let Event::Command { name, .. } = &turn.incoming().event {
        let near = near::near(caller.member.as_ref(), name);
        if !near.is_empty() && (turn.incoming().private || meant_for_us(&turn, &caller).await?) {
            let asked: String = name.chars().take(32).collect();
            let context = Context::new().with("asked", &asked).with("near", &described(&front, &caller.reader, &near));
            return turn.reply(View::text(front.say(&caller.reader, "access/unknown_command.html", &context)?)).await;
        }
    }
    if !turn.incoming().private {
        return Ok(());
    }
    let layout = if caller.member.is_some() { "access/not_understood.html" } else { "access/stranger.html" };
    greet(&turn, &front, &caller, layout).await
}

/// Whether a command in a group that is none of ours was most likely meant for us: a member wrote it where operators work.
async fn meant_for_us(turn: &Turn, caller: &Caller) -> anyhow::Result<bool> {
    let mut tx = turn.tx().await;
    let desk = super::operators_place(&mut tx, caller.place.bot).await?;
    Ok(caller.member.is_some() && desk.is_some_and(|desk| desk.chat == caller.place.chat))
}

/// A member replied to a message of ours that takes no replies: says what can be done. `false` for others, whom that tells
/// nothing.
///
/// # Errors
/// The database refuses.
pub async fn replied_in_vain(turn: &Turn, front: &Front) -> anyhow::Result<bool> {
    if matches!(turn.incoming().event, Event::Command { .. }) {
        return Ok(false);
    }
    let Some(caller) = caller(turn, front).await? else {
        return Ok(false);
    };
    if caller.member.is_none() {
        return Ok(false);
    }
    turn.reply(View::text(front.say(&caller.reader, "access/replied.html", &Context::new())?)).await?;
    Ok(true)
}

async fn greet(turn: &Turn, front: &Front, caller: &Caller, layout: &str) -> anyhow::Result<()> {
    let member = caller.member.as_ref();
    turn.reply(View::text(greeting(front, &caller.reader, &caller.person.first_name, member, layout)?)).await
}

/// What somebody reads who asks what there is to ask for.
fn greeting(
    front: &Front,
    reader: &Reader,
    name: &str,
    member: Option<&Member>,
    layout: &str,
) -> Result<Html, RenderError> {
    let role = member.map(|member| member.role);
    let context = Context::new()
        .with("name", name)
        .with("commands", &described(front, reader, &rights::in_menu(role)))
        .with("common", &described(front, reader, &["cancel", "language", "whoami"]))
        .with("written", &written(front, reader, role));
    front.say(reader, layout, &context)
}

/// Each written command as one types it, and what it does.
fn written(front: &Front, reader: &Reader, role: Option<Role>) -> Vec<(String, String)> {
    let line = |(name, example)| (format!("/{name} {example}"), front.word(reader, &format!("command-{name}")));
    rights::with_examples(role).into_iter().map(line).collect()
}

#[cfg(test)]
mod tests;
