//! *Answers*: what was sent in about a subject, for operators to read before they build on it, and to correct.

use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;
use waas_dialogue::{Input, StepId};
use waas_platform::telegram::cards::{self, CardKey, Placement};
use waas_platform::telegram::{Button, Event, Priority, Turn, View, prompts};

use super::correct::{self, Corrected, Corrector};
use super::tap::Tap;
use super::{Surveys, moves, view};
use crate::access::{Operator, operator};
use crate::front::Front;

/// The action of the buttons below a question that is asked anew, and of the text that answers it.
pub(super) const ACTION: &str = "survey.fix";
/// The card on which answers are corrected.
pub(super) const CARD: &str = "survey_fix";

/// Replies with the answers of the survey that was sent in last about the subject of the pressed button.
pub(super) async fn show(turn: Turn, front: Front, surveys: Arc<Surveys>) -> anyhow::Result<()> {
    let Some((operator, subject)) = asked(&turn, &front).await? else {
        return Ok(());
    };
    let lang = &operator.reader().lang;
    let mut tx = turn.tx().await;
    let sent = moves::sent_in(&mut tx, &surveys, subject, lang).await?;
    let may_correct = correct::offered(&mut tx, &surveys, subject, lang).await?.is_some();
    drop(tx);
    let Some(sheet) = sent else {
        turn.toast(front.word(operator.reader(), "survey-no-answers")).await;
        return Ok(());
    };
    let view = View::text(view::sheet(&front, operator.reader(), &sheet)?);
    let button = Button::press(front.word(operator.reader(), "button-correct"), "survey.correct", subject);
    turn.reply(view.row(may_correct.then_some(button))).await
}

/// *Correct*: which answer.
pub(super) async fn pick(turn: Turn, front: Front, surveys: Arc<Surveys>) -> anyhow::Result<()> {
    let Some((operator, subject)) = asked(&turn, &front).await? else {
        return Ok(());
    };
    let mut tx = turn.tx().await;
    let offered = correct::offered(&mut tx, &surveys, subject, &operator.reader().lang).await?;
    drop(tx);
    let Some(rows) = offered else {
        turn.toast(front.word(operator.reader(), "survey-fix-closed")).await;
        return Ok(());
    };
    let view = view::pick(&front, operator.reader(), subject, &rows)?;
    put(&turn, &operator, subject, &view, Placement::Anew).await
}

/// The answer that was picked is asked for anew.
pub(super) async fn begin(turn: Turn, front: Front, surveys: Arc<Surveys>) -> anyhow::Result<()> {
    let Some((operator, subject)) = asked(&turn, &front).await? else {
        return Ok(());
    };
    let step = turn.meaning().and_then(|meaning| meaning.args["step"].as_str()).unwrap_or_default();
    let by = Corrector { person: operator.id(), language: &operator.reader().lang };
    let mut tx = turn.tx().await;
    let begun = correct::begin(&mut tx, &surveys, &by, subject, StepId::from(step), turn.now()).await?;
    drop(tx);
    tell(&turn, &front, &operator, subject, begun).await
}

/// A new value, pressed or written.
pub(super) async fn answer(turn: Turn, front: Front, surveys: Arc<Surveys>) -> anyhow::Result<()> {
    let Some((operator, subject)) = asked(&turn, &front).await? else {
        return Ok(());
    };
    let (input, drawn) = match (turn.meaning(), &turn.incoming().event) {
        (Some(meaning), _) => {
            let tap = Tap::read(&meaning.args)?;
            let revision = tap.revision;
            (tap.input(), Some(revision))
        }
        (None, Event::Text(text)) => (Input::Text(text.clone()), None),
        (None, _) => (Input::Unsupported, None),
    };
    let by = Corrector { person: operator.id(), language: &operator.reader().lang };
    let mut tx = turn.tx().await;
    let answered = correct::answer(&mut tx, &surveys, &by, subject, input, drawn, turn.now()).await?;
    drop(tx);
    tell(&turn, &front, &operator, subject, answered).await
}

/// Shows on the card where the correction stands. While a question is open, the operator's next text answers it.
async fn tell(
    turn: &Turn,
    front: &Front,
    operator: &Operator,
    subject: Uuid,
    outcome: Corrected,
) -> anyhow::Result<()> {
    let (place, by) = (operator.place(), operator.id());
    let mut tx = turn.tx().await;
    if let Corrected::Asks(_) = &outcome {
        prompts::ask(&mut tx, place, by, ACTION, &subject.to_string(), Value::Null, turn.now()).await?;
    } else {
        prompts::drop(&mut tx, place, by, ACTION, &subject.to_string()).await?;
    }
    drop(tx);
    let word = |key: &str| front.word(operator.reader(), key);
    let view = match outcome {
        Corrected::Asks(standing) => view::asked_anew(front, operator.reader(), &standing)?,
        Corrected::Done(changed) => view::corrected(front, operator.reader(), subject, &changed)?,
        Corrected::Same | Corrected::Dropped => view::brief(front, operator.reader(), &word("survey-fix-same"))?,
        Corrected::Closed => view::brief(front, operator.reader(), &word("survey-fix-closed"))?,
        Corrected::Stale => {
            let key = "survey-already-answered";
            if turn.pressed().is_some() {
                turn.toast(word(key)).await;
                return Ok(());
            }
            view::brief(front, operator.reader(), &word(key))?
        }
    };
    // What was written brings the card to the bottom, what was pressed changes it in its place.
    let placement = if turn.pressed().is_some() { Placement::Here } else { Placement::Anew };
    put(turn, operator, subject, &view, placement).await
}

async fn put(turn: &Turn, operator: &Operator, subject: Uuid, view: &View, placement: Placement) -> anyhow::Result<()> {
    let key = CardKey { kind: CARD, subject: subject.to_string() };
    let mut tx = turn.tx().await;
    Ok(cards::put(&mut tx, turn.clock(), operator.place(), &key, view, Priority::Reply, placement).await?)
}

/// The operator, and whom what they pressed, wrote or replied to is about.
async fn asked(turn: &Turn, front: &Front) -> anyhow::Result<Option<(Operator, Uuid)>> {
    let Some(operator) = operator(turn, front).await? else {
        return Ok(None);
    };
    let meaning = turn.meaning().or(turn.prompted()).map(|meaning| meaning.subject.as_str());
    let subject = meaning.or_else(|| turn.replied().map(|card| card.subject.as_str()));
    Ok(subject.and_then(|subject| subject.parse().ok()).map(|subject| (operator, subject)))
}

/// A button that asks an answer anew.
pub(super) fn button(label: &str, subject: Uuid, step: &StepId) -> Button {
    Button::press(label, "survey.fix_step", subject).with(json!({ "step": step }))
}
