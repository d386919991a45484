//! What is written after `/lead ID`, and `/report leads`: the card's buttons for people who type.

use chrono::Duration;
use waas_platform::render::{Context, Plot};
use waas_platform::secrets::MasterKey;
use waas_platform::telegram::{Priority, Turn, View, outbox};

use super::super::invite::{self, Onboarded};
use super::super::model::{LeadMove, Wish};
use super::super::moves::{self, Acted};
use super::super::store::Lead;
use super::super::{card, when};
use super::{Hand, desk, done, history, standing, stands};
use crate::access::{Colleague, Operator, colleague};
use crate::front::Front;
use crate::surveys;

/// A verb as it is typed, with what is typed after it.
const EXAMPLES: [&str; 12] = [
    "take",
    "call tomorrow 9:00",
    "qualify",
    "reject …",
    "onboard",
    "won",
    "lost …",
    "reopen",
    "release",
    "note …",
    "assign …",
    "history",
];

/// Does what is typed after `/lead ID`, and answers once.
pub(super) async fn run(
    turn: &Turn,
    front: &Front,
    keys: &MasterKey,
    settings: &surveys::Settings,
    asker: Colleague,
    lead: &Lead,
    typed: &str,
) -> anyhow::Result<()> {
    let (verb, rest) = typed.split_once(char::is_whitespace).unwrap_or((typed, ""));
    let rest = rest.trim();
    if (verb.to_lowercase().as_str(), rest) == ("history", "") {
        return history::show(turn, front, &asker, lead.id).await;
    }
    // Whatever else can be typed here changes something.
    let Some(operator) = asker.to_operate(turn, front).await? else {
        return Ok(());
    };
    let operator = &operator;
    let said = (!rest.is_empty()).then(|| rest.to_owned());
    let wish: Wish = match (verb.to_lowercase().as_str(), said) {
        ("take", None) => LeadMove::Take.into(),
        ("qualify", why) => LeadMove::Qualify.because(why),
        ("reject", Some(why)) => LeadMove::Reject.because(Some(why)),
        ("lost", Some(why)) => LeadMove::Lose.because(Some(why)),
        ("won", None) => LeadMove::Win.into(),
        ("reopen", why) => LeadMove::Reopen.because(why),
        ("release", why) => LeadMove::Release.because(why),
        ("call", Some(at)) => match when::parse(&at, turn.now(), operator.reader().zone) {
            Some(at) => Wish { call_at: Some(at), ..LeadMove::CallBack.into() },
            None => {
                let words = front.word(operator.reader(), "lead-ask-when-again");
                return desk::reply(turn, front, operator, &words).await;
            }
        },
        ("onboard", None) => return onboard(turn, front, keys, settings, operator, lead).await,
        ("note", Some(text)) => {
            let words = desk::keep_note(turn, front, operator, lead.id, &text).await?;
            return desk::reply(turn, front, operator, &words).await;
        }
        ("assign", Some(name)) => {
            let words = desk::hand_to_named(turn, front, operator, lead.id, &name).await?;
            return desk::reply(turn, front, operator, &words).await;
        }
        _ => return unknown(turn, front, operator, lead).await,
    };
    let wanted = wish.wanted;
    let mut tx = turn.tx().await;
    let outcome = moves::act(&mut tx, turn.clock(), front, &operator.actor(), lead.id, wish).await?;
    drop(tx);
    let words = match outcome {
        Acted::Moved(_) => front.word(operator.reader(), done(wanted)),
        Acted::Stands(lead, refused) => stands(turn, front, operator, &lead, refused).await?,
        Acted::NotFound => front.word(operator.reader(), "lead-gone"),
    };
    desk::reply(turn, front, operator, &words).await
}

async fn onboard(
    turn: &Turn,
    front: &Front,
    keys: &MasterKey,
    settings: &surveys::Settings,
    operator: &Operator,
    lead: &Lead,
) -> anyhow::Result<()> {
    let mut tx = turn.tx().await;
    let outcome = invite::onboard(&mut tx, turn.clock(), front, keys, settings, &operator.actor(), lead.id).await?;
    drop(tx);
    let words = match outcome {
        Onboarded::Invited(lead, invitation) => {
            match (Hand { keys, settings }).out(turn, front, operator, (&lead, &invitation)).await? {
                Some(words) => words,
                None => return Ok(()),
            }
        }
        Onboarded::Stands(lead, _) => standing(turn, front, operator, &lead).await?,
        Onboarded::NotFound => front.word(operator.reader(), "lead-gone"),
    };
    desk::reply(turn, front, operator, &words).await
}

async fn unknown(turn: &Turn, front: &Front, operator: &Operator, lead: &Lead) -> anyhow::Result<()> {
    let context = Context::new().with("number", &lead.number.to_string()).with("verbs", &EXAMPLES);
    turn.reply(View::text(front.say(operator.reader(), "leads/unknown_verb.html", &context)?)).await
}

/// The time that `/report [leads] [24h|7d|30d]` asks for; a week when none is said.
fn length(asked: &str) -> Duration {
    match asked.split_whitespace().find(|word| *word != "leads") {
        Some("24h") => Duration::hours(24),
        Some("30d") => Duration::days(30),
        _ => Duration::days(7),
    }
}

pub(super) async fn figures(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(colleague) = colleague(&turn, &front).await? else {
        return Ok(());
    };
    let length = length(turn.incoming().command("report").unwrap_or_default());
    let mut tx = turn.tx().await;
    let figures = super::super::figures(&mut tx, turn.now() - length).await?;
    let names = super::super::names(&mut tx, &figures).await?;
    drop(tx);
    let name = |id: i64| names.get(&id).cloned();
    let view = card::figures(&front, colleague.reader(), &figures, &name)?;
    let Some(png) = drawn(card::plot(&front, colleague.reader(), &figures, &name)).await else {
        return turn.reply(view).await;
    };
    let mut tx = turn.tx().await;
    Ok(outbox::picture(&mut tx, colleague.place(), &png, view.html, Priority::Reply).await?)
}

/// The picture, where there is something to see. One that cannot be drawn is no reason to keep the words back.
async fn drawn(plot: Option<Plot>) -> Option<Vec<u8>> {
    let plot = plot?;
    // Beside the other turns: it takes a processor for a while.
    let drawn = tokio::task::spawn_blocking(move || plot.png()).await;
    drawn
        .map_err(anyhow::Error::from)
        .and_then(|png| Ok(png?))
        .inspect_err(|error| tracing::error!(error = format!("{error:#}"), "figures cannot be drawn"))
        .ok()
}
