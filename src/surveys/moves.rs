//! What a person can do with a survey: open its link, and answer. Shared by every front end; says what came of it, and
//! shows nothing.

use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;
use waas_dialogue::{AnswerKind, Applied, Definition, Effect, Input, Locale, Position, Refusal, Session, StepId};
use waas_platform::db::PgConnection;
use waas_platform::secrets::MasterKey;
use waas_platform::telegram::BotId;

use super::model::{Move, State};
use super::store::{self, Row};
use super::{PURPOSE, Submission, Surveys};
use crate::audit::{Act, Actor};

/// Who answers, and through which bot.
#[derive(Clone, Debug)]
pub(super) struct Respondent {
    pub(super) person: i64,
    pub(super) bot: BotId,
    /// Their own language; without one they get what the invitation wished for, and keep what they have.
    pub(super) language: Option<String>,
}

/// A survey as it stands after a move: all that is needed to show it.
pub(super) struct Standing {
    pub(super) id: Uuid,
    pub(super) revision: i64,
    pub(super) expires_at: DateTime<Utc>,
    pub(super) definition: Arc<Definition>,
    pub(super) session: Session,
    /// Why the last answer was not taken.
    pub(super) refused: Option<(StepId, Refusal)>,
    /// A phone number is asked now, and the button that shares one's own is to be brought.
    pub(super) bring_contact: bool,
}

/// What became of opening a link.
pub(super) enum Opened {
    /// It is this person's; here is where it stands.
    Stands(Box<Standing>),
    /// Nobody made this link.
    Unknown,
    /// Somebody else owns it.
    Stranger,
    /// It was sent in.
    Submitted,
    /// Its time is over.
    Expired,
}

/// What became of an answer.
pub(super) enum Answered {
    /// It was applied; a refused one as well.
    Stands(Box<Standing>),
    /// The survey has moved on since this was drawn; nothing changed.
    Stale,
    /// There is nothing to answer any more, or it is not this person's.
    Over,
    /// Its time is over.
    Expired,
}

/// Opens a link: the first person to do so owns the survey and begins it.
pub(super) async fn open(
    conn: &mut PgConnection,
    surveys: &Surveys,
    keys: &MasterKey,
    by: &Respondent,
    token: &str,
    now: DateTime<Utc>,
) -> anyhow::Result<Opened> {
    let hash = keys.hash_code(PURPOSE, token);
    let Some(mut row) = store::by_link(conn, hash.as_bytes()).await? else {
        return Ok(Opened::Unknown);
    };
    if row.person.is_some_and(|owner| owner != by.person) {
        record(conn, by, "survey.open", row.id, false, Value::Null).await?;
        return Ok(Opened::Stranger);
    }
    if expire(conn, &mut row, now).await? {
        return Ok(Opened::Expired);
    }
    match row.state {
        State::Submitted => Ok(Opened::Submitted),
        State::Expired => Ok(Opened::Expired),
        State::Invited | State::Cancelled => begin(conn, surveys, row, by, now).await,
        State::Active => resume(conn, surveys, row, by, now).await,
    }
}

async fn begin(
    conn: &mut PgConnection,
    surveys: &Surveys,
    mut row: Row,
    by: &Respondent,
    now: DateTime<Utc>,
) -> anyhow::Result<Opened> {
    let definition = surveys.dialogues.pin(conn, &row.dialogue).await?;
    let locale = surveys.language(&definition, [by.language.as_deref(), Some(&row.locale)]);
    let known = serde_json::from_value(row.known.clone()).context("what was known in advance does not read")?;
    let session = Session::start(&definition, locale, known);
    shift(&mut row, Move::Begin)?;
    (row.person, row.bot) = (Some(by.person), Some(by.bot.0));
    row.definition = Some(i32::try_from(definition.version())?);
    let bring_contact = asks_phone(&definition, &session);
    let standing = keep(conn, row, definition, session, None, bring_contact, now).await?;
    let detail = json!({ "version": standing.session.version, "locale": locale.as_str() });
    record(conn, by, "survey.begin", standing.id, true, detail).await?;
    Ok(Opened::Stands(Box::new(standing)))
}

async fn resume(
    conn: &mut PgConnection,
    surveys: &Surveys,
    mut row: Row,
    by: &Respondent,
    now: DateTime<Utc>,
) -> anyhow::Result<Opened> {
    let (definition, session) = load(conn, surveys, &row, by).await?;
    let Applied { session, .. } = definition.apply(&session, Input::Resume)?;
    row.bot = Some(by.bot.0);
    let bring_contact = asks_phone(&definition, &session);
    let standing = keep(conn, row, definition, session, None, bring_contact, now).await?;
    Ok(Opened::Stands(Box::new(standing)))
}

/// A survey that was sent in, as it was answered.
pub(super) struct Sheet {
    pub(super) definition: Arc<Definition>,
    pub(super) session: Session,
}

/// What was sent in last about a subject, its questions in `language` where the definition speaks it.
pub(super) async fn sent_in(
    conn: &mut PgConnection,
    surveys: &Surveys,
    subject: Uuid,
    language: &str,
) -> anyhow::Result<Option<Sheet>> {
    let Some(row) = store::sent_in(conn, subject).await? else {
        return Ok(None);
    };
    let (definition, session) = stored(conn, surveys, &row).await?;
    let session = session.in_locale(surveys.language(&definition, [Some(language), Some(&row.locale)]));
    Ok(Some(Sheet { definition, session }))
}

/// The survey that this person answers at present, to be shown again as it stands.
pub(super) async fn again(
    conn: &mut PgConnection,
    surveys: &Surveys,
    by: &Respondent,
    now: DateTime<Utc>,
) -> anyhow::Result<Option<Box<Standing>>> {
    let Some(mut row) = store::answered_by(conn, by.person, by.bot).await? else {
        return Ok(None);
    };
    if expire(conn, &mut row, now).await? {
        return Ok(None);
    }
    match resume(conn, surveys, row, by, now).await? {
        Opened::Stands(standing) => Ok(Some(standing)),
        Opened::Unknown | Opened::Stranger | Opened::Submitted | Opened::Expired => Ok(None),
    }
}

/// Applies an answer. `drawn` is the revision of the screen that a press came from.
pub(super) async fn answer(
    conn: &mut PgConnection,
    surveys: &Surveys,
    by: &Respondent,
    id: Uuid,
    input: Input,
    drawn: Option<i64>,
    now: DateTime<Utc>,
) -> anyhow::Result<Answered> {
    let Some(row) = store::by_id(conn, id).await? else {
        return Ok(Answered::Over);
    };
    apply(conn, surveys, by, row, input, drawn, now).await
}

/// Applies an answer to the survey that this person answers at present; none when they are in none.
pub(super) async fn answer_present(
    conn: &mut PgConnection,
    surveys: &Surveys,
    by: &Respondent,
    input: Input,
    now: DateTime<Utc>,
) -> anyhow::Result<Option<Answered>> {
    match store::answered_by(conn, by.person, by.bot).await? {
        Some(row) => Ok(Some(apply(conn, surveys, by, row, input, None, now).await?)),
        None => Ok(None),
    }
}

/// The row is held.
async fn apply(
    conn: &mut PgConnection,
    surveys: &Surveys,
    by: &Respondent,
    mut row: Row,
    input: Input,
    drawn: Option<i64>,
    now: DateTime<Utc>,
) -> anyhow::Result<Answered> {
    if row.person != Some(by.person) || row.state != State::Active {
        return Ok(Answered::Over);
    }
    if expire(conn, &mut row, now).await? {
        return Ok(Answered::Expired);
    }
    if drawn.is_some_and(|revision| revision != row.revision) {
        return Ok(Answered::Stale);
    }
    let (definition, before) = load(conn, surveys, &row, by).await?;
    let Applied { session, effects } = definition.apply(&before, input)?;
    let refused = effects.iter().find_map(|effect| match effect {
        Effect::Refused { step, reason } => Some((step.clone(), reason.clone())),
        _ => None,
    });
    let arrived = effects.iter().any(|effect| matches!(effect, Effect::Ask { .. }));
    // The key goes with whatever was sent, also with what was refused: whoever comes back to the question needs it anew.
    let bring_contact = (refused.is_some() || arrived) && asks_phone(&definition, &session);
    match session.position {
        Position::Submitted => shift(&mut row, Move::Submit)?,
        Position::Cancelled => shift(&mut row, Move::Cancel)?,
        _ => {}
    }
    let done = (row.state == State::Submitted).then(|| submission(&row, by, &definition, &session));
    let standing = keep(conn, row, definition, session, refused, bring_contact, now).await?;
    if let Some(done) = done {
        record(conn, by, "survey.submit", standing.id, true, Value::Null).await?;
        surveys.listener.submitted(conn, &done).await?;
    }
    if standing.session.position == Position::Cancelled {
        record(conn, by, "survey.cancel", standing.id, true, Value::Null).await?;
    }
    Ok(Answered::Stands(Box::new(standing)))
}

fn submission(row: &Row, by: &Respondent, definition: &Definition, session: &Session) -> Submission {
    let answers = definition.answers(session).iter().map(|(step, answer)| (step.to_string(), answer.plain())).collect();
    Submission {
        session: row.id,
        dialogue: row.dialogue.clone(),
        subject: row.subject,
        person: by.person,
        bot: by.bot,
        locale: session.locale.as_str().to_owned(),
        answers,
    }
}

/// What is stored, in the language that the person speaks now: they may have chosen another since the last question.
async fn load(
    conn: &mut PgConnection,
    surveys: &Surveys,
    row: &Row,
    by: &Respondent,
) -> anyhow::Result<(Arc<Definition>, Session)> {
    let (definition, session) = stored(conn, surveys, row).await?;
    let locale = surveys.language(&definition, [by.language.as_deref(), Some(session.locale.as_str())]);
    Ok((definition, session.in_locale(locale)))
}

pub(super) async fn stored(
    conn: &mut PgConnection,
    surveys: &Surveys,
    row: &Row,
) -> anyhow::Result<(Arc<Definition>, Session)> {
    let (Some(version), Some(session)) = (row.definition, row.session.clone()) else {
        return Err(anyhow!("survey {} is active without a session", row.id));
    };
    let definition = surveys.dialogues.pinned(conn, &row.dialogue, version).await?;
    let session = serde_json::from_value(session).with_context(|| format!("the session of survey {}", row.id))?;
    Ok((definition, session))
}

/// Writes a session. One that was cancelled is forgotten: nobody may use its answers.
async fn keep(
    conn: &mut PgConnection,
    mut row: Row,
    definition: Arc<Definition>,
    session: Session,
    refused: Option<(StepId, Refusal)>,
    bring_contact: bool,
    now: DateTime<Utc>,
) -> anyhow::Result<Standing> {
    row.session = match row.state {
        State::Cancelled => None,
        _ => Some(serde_json::to_value(&session)?),
    };
    let revision = store::keep(conn, &row, now).await?;
    let (id, expires_at) = (row.id, row.expires_at);
    Ok(Standing { id, revision, expires_at, definition, session, refused, bring_contact })
}

/// Ends a survey whose time is over; `true` when it did so now.
async fn expire(conn: &mut PgConnection, row: &mut Row, now: DateTime<Utc>) -> anyhow::Result<bool> {
    let Some(expired) = row.state.after(Move::Expire).filter(|_| row.expires_at <= now) else {
        return Ok(false);
    };
    row.state = expired;
    store::keep(conn, row, now).await?;
    Ok(true)
}

fn shift(row: &mut Row, happens: Move) -> anyhow::Result<()> {
    let state = row.state;
    row.state = state.after(happens).ok_or_else(|| anyhow!("survey {}: {happens:?} while {state:?}", row.id))?;
    Ok(())
}

fn asks_phone(definition: &Definition, session: &Session) -> bool {
    match &session.position {
        Position::Asking { step } | Position::Editing { step } => {
            definition.answer_kind(step.as_str()) == Some(AnswerKind::Phone)
        }
        _ => false,
    }
}

async fn record(
    conn: &mut PgConnection,
    by: &Respondent,
    act: &'static str,
    id: Uuid,
    done: bool,
    detail: Value,
) -> sqlx::Result<()> {
    let (actor, subject) = (Actor::Person(by.person), format!("survey:{id}"));
    let act = if done { Act::done(&actor, act, subject) } else { Act::refused(&actor, act, subject) };
    act.from_chat(Some(by.person)).detail(detail).record(conn).await
}

impl Surveys {
    /// The first wish that both the definition and the hub's own words can fulfil, else English.
    pub(super) fn language(&self, definition: &Definition, wishes: [Option<&str>; 2]) -> Locale {
        wishes
            .into_iter()
            .flatten()
            .filter_map(|tag| tag.parse().ok())
            .find(|locale| self.spoken.contains(locale) && definition.locales().contains(locale))
            .unwrap_or_default()
    }
}
