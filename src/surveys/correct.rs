//! An operator corrects an answer that was sent in: the engine asks its own question again and takes or refuses the new value
//! by its own rules. When the new value opens other questions, they are asked too; nothing counts before all is answered.

use std::collections::BTreeSet;

use anyhow::{Context as _, anyhow};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;
use waas_dialogue::{
    AnswerKind, Applied, Definition, Effect, Input, Locale, Position, Row as Line, Session, Shown, StepId,
};
use waas_platform::db::PgConnection;
use waas_platform::telegram::BotId;

use super::moves::{self, Sheet, Standing};
use super::store::{self, Row, corrections};
use super::{Correction, Submission, Surveys};
use crate::audit::{Act, Actor};

/// Who corrects, and in which language they are asked.
pub(super) struct Corrector<'a> {
    pub(super) person: i64,
    pub(super) language: &'a str,
}

/// What became of a wish to correct something.
pub(super) enum Corrected {
    /// A question stands open; a refused answer as well.
    Asks(Box<Standing>),
    /// It counts now: the questions that changed, each with what was answered before and what is since.
    Done(Vec<Changed>),
    /// The answer is what it was.
    Same,
    /// They gave up.
    Dropped,
    /// The question moved on since it was drawn.
    Stale,
    /// Too late: it is being built. Or nothing was sent in.
    Closed,
}

/// A question whose answer was corrected.
pub(super) struct Changed {
    pub(super) label: String,
    pub(super) was: Shown,
    pub(super) is_now: Shown,
}

/// The answers that may be corrected now; none when it is too late, or nothing was sent in. Pictures are sent by the client
/// alone.
pub(super) async fn offered(
    conn: &mut PgConnection,
    surveys: &Surveys,
    subject: Uuid,
    language: &str,
) -> anyhow::Result<Option<Vec<Line>>> {
    if !surveys.listener.may_correct(conn, subject).await? {
        return Ok(None);
    }
    let Some(Sheet { definition, session }) = moves::sent_in(conn, surveys, subject, language).await? else {
        return Ok(None);
    };
    let rows = definition.review_rows(&session);
    let typed = |row: &Line| definition.answer_kind(row.step.as_str()) != Some(AnswerKind::Photo);
    Ok(Some(rows.into_iter().filter(typed).collect()))
}

/// Asks one question anew.
pub(super) async fn begin(
    conn: &mut PgConnection,
    surveys: &Surveys,
    by: &Corrector<'_>,
    subject: Uuid,
    step: StepId,
    now: DateTime<Utc>,
) -> anyhow::Result<Corrected> {
    let Some((row, definition, mut sent)) = submitted(conn, surveys, by, subject).await? else {
        return Ok(Corrected::Closed);
    };
    sent.position = Position::Reviewing;
    let Applied { session, .. } = definition.apply(&sent, Input::Edit(step))?;
    if !matches!(session.position, Position::Editing { .. }) {
        return Ok(Corrected::Stale);
    }
    let revision = corrections::begin(conn, row.id, by.person, &serde_json::to_value(&session)?, now).await?;
    let expires_at = row.expires_at;
    let standing =
        Standing { id: subject, revision, expires_at, definition, session, refused: None, bring_contact: false };
    Ok(Corrected::Asks(Box::new(standing)))
}

/// Takes an answer. `drawn` is the revision of the question that a press came from.
pub(super) async fn answer(
    conn: &mut PgConnection,
    surveys: &Surveys,
    by: &Corrector<'_>,
    subject: Uuid,
    input: Input,
    drawn: Option<i64>,
    now: DateTime<Utc>,
) -> anyhow::Result<Corrected> {
    let Some((row, definition, sent)) = submitted(conn, surveys, by, subject).await? else {
        return Ok(Corrected::Closed);
    };
    let Some(draft) = corrections::hold(conn, row.id).await?.filter(|draft| draft.person == by.person) else {
        return Ok(Corrected::Stale);
    };
    if drawn.is_some_and(|revision| revision != draft.revision) {
        return Ok(Corrected::Stale);
    }
    if matches!(input, Input::Cancel | Input::Back) {
        corrections::forget(conn, row.id).await?;
        return Ok(Corrected::Dropped);
    }
    let before: Session = serde_json::from_value(draft.draft).context("a correction does not read")?;
    let before = before.in_locale(sent.locale);
    let Applied { mut session, effects } = definition.apply(&before, input)?;
    let refused = effects.iter().find_map(|effect| match effect {
        Effect::Refused { step, reason } => Some((step.clone(), reason.clone())),
        _ => None,
    });
    if session.position != Position::Reviewing {
        let revision = corrections::keep(conn, row.id, &serde_json::to_value(&session)?).await?;
        let expires_at = row.expires_at;
        let standing =
            Standing { id: subject, revision, expires_at, definition, session, refused, bring_contact: false };
        return Ok(Corrected::Asks(Box::new(standing)));
    }
    corrections::forget(conn, row.id).await?;
    session.position = Position::Submitted;
    settle(conn, surveys, by, &row, &definition, (&sent, session), now).await
}

/// Puts the corrected answers in the place of the old ones, and tells whoever builds on them.
async fn settle(
    conn: &mut PgConnection,
    surveys: &Surveys,
    by: &Corrector<'_>,
    row: &Row,
    definition: &Definition,
    (sent, corrected): (&Session, Session),
    now: DateTime<Utc>,
) -> anyhow::Result<Corrected> {
    let (was, is_now) = (plain(definition, sent), plain(definition, &corrected));
    let steps: BTreeSet<&String> = was.keys().chain(is_now.keys()).collect();
    let differs = |step: &&String| was.get(*step) != is_now.get(*step);
    let mut changed: Vec<&String> = steps.into_iter().filter(differs).collect();
    // As the survey asks, like what is shown of them.
    changed.sort_by_key(|changed| definition.steps().position(|step| step.id().as_str() == changed.as_str()));
    if changed.is_empty() {
        return Ok(Corrected::Same);
    }
    let actor = Actor::Person(by.person);
    let subject = format!("survey:{}", row.id);
    let shown = differences(definition, sent, &corrected, &changed);
    let correction = Correction {
        submission: Submission {
            session: row.id,
            dialogue: row.dialogue.clone(),
            subject: row.subject,
            person: row.person.ok_or_else(|| anyhow!("survey {} was sent in by nobody", row.id))?,
            bot: BotId(row.bot.unwrap_or_default()),
            locale: stored_locale(row)?.as_str().to_owned(),
            answers: is_now.clone(),
        },
        by: by.person,
        steps: changed.iter().zip(&shown).map(|(step, shown)| ((*step).clone(), shown.label.clone())).collect(),
    };
    if !surveys.listener.corrected(conn, &correction).await? {
        Act::refused(&actor, "survey.correct", subject).record(conn).await?;
        return Ok(Corrected::Closed);
    }
    for step in &changed {
        let values = (was.get(*step), is_now.get(*step));
        corrections::add_change(conn, row.id, by.person, step, values, now).await?;
    }
    let kept = corrected.in_locale(stored_locale(row)?);
    corrections::correct(conn, row.id, &serde_json::to_value(&kept)?, now).await?;
    Act::done(&actor, "survey.correct", subject).detail(json!({ "steps": changed })).record(conn).await?;
    Ok(Corrected::Done(shown))
}

fn plain(definition: &Definition, session: &Session) -> serde_json::Map<String, Value> {
    definition.answers(session).iter().map(|(step, answer)| (step.to_string(), answer.plain())).collect()
}

/// The changed questions with both answers, in the order of the survey.
fn differences(definition: &Definition, sent: &Session, corrected: &Session, changed: &[&String]) -> Vec<Changed> {
    let (before, after) = (definition.review_rows(sent), definition.review_rows(corrected));
    let value = |rows: &[Line], step: &StepId| {
        rows.iter().find(|row| row.step == *step).map_or(Shown::Skipped, |row| row.value.clone())
    };
    let of = |step: &waas_dialogue::Step| Changed {
        label: step.label(sent.locale).to_owned(),
        was: value(&before, step.id()),
        is_now: value(&after, step.id()),
    };
    let is_changed = |step: &&waas_dialogue::Step| changed.iter().any(|changed| changed.as_str() == step.id().as_str());
    definition.steps().filter(is_changed).map(of).collect()
}

/// The language that the client answered in.
fn stored_locale(row: &Row) -> anyhow::Result<Locale> {
    let session: Session = serde_json::from_value(row.session.clone().unwrap_or_default())?;
    Ok(session.locale)
}

/// What was sent in about a subject, held until the transaction ends, in the language of who corrects it.
async fn submitted(
    conn: &mut PgConnection,
    surveys: &Surveys,
    by: &Corrector<'_>,
    subject: Uuid,
) -> anyhow::Result<Option<(Row, std::sync::Arc<Definition>, Session)>> {
    if !surveys.listener.may_correct(conn, subject).await? {
        return Ok(None);
    }
    let Some(found) = store::sent_in(conn, subject).await? else {
        return Ok(None);
    };
    let Some(row) = store::by_id(conn, found.id).await? else {
        return Ok(None);
    };
    let (definition, session) = moves::stored(conn, surveys, &row).await?;
    let locale = surveys.language(&definition, [Some(by.language), Some(session.locale.as_str())]);
    Ok(Some((row, definition, session.in_locale(locale))))
}
