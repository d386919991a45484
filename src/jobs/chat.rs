//! `/jobs`, `/job ID`, and the buttons on a job's card.

use waas_platform::db::PgConnection;
use waas_platform::durable::{SagaId, SagaView, Wish, operations};
use waas_platform::render::{Context, TEXT_LIMIT};
use waas_platform::telegram::turn::{Branch, command, press};
use waas_platform::telegram::{Priority, Turn, View, outbox};

use super::{Wished, card};
use crate::access::{Colleague, Operator, colleague, operator};
use crate::front::Front;

/// Jobs on the list.
const SHOWN: u16 = 10;
/// Characters of what was asked for that an answer repeats.
const ASKED_CHARS: usize = 64;

/// The branches of this capability.
pub fn branches() -> Vec<Branch> {
    let wished = |action, wish| {
        press(action).endpoint(move |turn: Turn, front: Front| async move { wishes(turn, front, wish).await })
    };
    vec![
        command("jobs").endpoint(list),
        command("job").endpoint(show),
        press("job.open").endpoint(open),
        press("job.logs").endpoint(logs),
        wished("job.retry", Wish::Retry),
        wished("job.undo", Wish::Undo),
        wished("job.cancel", Wish::Cancel),
    ]
}

async fn list(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(colleague) = colleague(&turn, &front).await? else {
        return Ok(());
    };
    let mut tx = turn.tx().await;
    let page = operations::list(&mut tx, SHOWN, None, None).await?;
    drop(tx);
    turn.reply(card::list(&front, colleague.reader(), &page.sagas)?).await
}

async fn show(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(colleague) = colleague(&turn, &front).await? else {
        return Ok(());
    };
    let asked = turn.incoming().command("job").unwrap_or_default().trim().to_owned();
    if asked.is_empty() {
        // Which one? The list has a button for each.
        return list(turn, front).await;
    }
    let mut tx = turn.tx().await;
    let job = match asked.parse::<SagaId>() {
        Ok(id) => operations::show(&mut tx, id).await?,
        Err(_) => None,
    };
    match job {
        Some(job) => bring(&mut tx, &turn, &front, &colleague, &job).await,
        None => {
            drop(tx);
            let asked: String = asked.chars().take(ASKED_CHARS).collect();
            let context = Context::new().with("asked", &asked);
            turn.reply(View::text(front.say(colleague.reader(), "jobs/not_found.html", &context)?)).await
        }
    }
}

async fn open(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(colleague) = colleague(&turn, &front).await? else {
        return Ok(());
    };
    let Some(job) = meant(&turn, &front, &colleague).await? else {
        return Ok(());
    };
    let mut tx = turn.tx().await;
    bring(&mut tx, &turn, &front, &colleague, &job).await
}

async fn bring(
    conn: &mut PgConnection,
    turn: &Turn,
    front: &Front,
    to: &Colleague,
    job: &SagaView,
) -> anyhow::Result<()> {
    let view = card::of(front, &to.card_reader(front), job)?;
    Ok(to.bring(conn, turn, &super::key(job.id), view).await?)
}

/// The job's own course: what each step said, and errors whole.
async fn logs(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some((operator, job)) = pressed(&turn, &front).await? else {
        return Ok(());
    };
    let html = card::log(&front, operator.reader(), &job)?;
    let mut tx = turn.tx().await;
    if html.units() <= TEXT_LIMIT {
        outbox::say(&mut tx, turn.clock(), operator.place(), View::text(html), Priority::Reply).await?;
    } else {
        let name = format!("job-{}.txt", job.id);
        outbox::document(&mut tx, operator.place(), name, html.plain(), Priority::Reply).await?;
    }
    Ok(())
}

async fn wishes(turn: Turn, front: Front, wish: Wish) -> anyhow::Result<()> {
    let Some((operator, job)) = pressed(&turn, &front).await? else {
        return Ok(());
    };
    let mut tx = turn.tx().await;
    let outcome = super::wish(&mut tx, &operator.actor(), job.id, wish).await?;
    let words = match outcome {
        Wished::Accepted(job) => {
            super::follow(&mut tx, turn.clock(), &front, None, &job).await?;
            front.word_with(operator.reader(), "job-wish-taken", &[("wish", wish.as_str().into())])
        }
        Wished::WrongState(state) => {
            front.word_with(operator.reader(), "job-wish-refused", &[("state", state.as_str().into())])
        }
        Wished::NotFound => front.word(operator.reader(), "job-gone"),
    };
    drop(tx);
    turn.toast(words).await;
    Ok(())
}

/// The operator who pressed, and the job that the button is about; a job that is gone is answered here.
async fn pressed(turn: &Turn, front: &Front) -> anyhow::Result<Option<(Operator, SagaView)>> {
    let Some(operator) = operator(turn, front).await? else {
        return Ok(None);
    };
    Ok(meant(turn, front, &operator).await?.map(|job| (operator, job)))
}

/// The job that the pressed button is about; one that is gone is answered here.
async fn meant(turn: &Turn, front: &Front, asker: &Colleague) -> anyhow::Result<Option<SagaView>> {
    let id: Option<SagaId> = turn.meaning().and_then(|meaning| meaning.subject.parse().ok());
    let mut tx = turn.tx().await;
    let job = match id {
        Some(id) => operations::show(&mut tx, id).await?,
        None => None,
    };
    drop(tx);
    if job.is_none() {
        turn.toast(front.word(asker.reader(), "job-gone")).await;
    }
    Ok(job)
}
