//! A button is a row. `callback_data` is an opaque token; the row says what a press means, for whom, until when, and
//! with which version of the card it was drawn.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::Place;
use super::view::{Button, Does};
use crate::clock::random;

/// How long a button lives. Long, since a card's buttons must work after any holiday; versions make them harmless.
const LIFE_DAYS: i64 = 90;

/// A keyboard as it is stored and sent: labels with tokens or links.
pub(crate) type Keyboard = Vec<Vec<Key>>;

/// One key of a stored keyboard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Key {
    pub(crate) label: String,
    #[serde(flatten)]
    pub(crate) does: KeyDoes,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KeyDoes {
    Token(String),
    Url(String),
}

/// Mints tokens for the buttons of a message and stores what they mean.
pub(crate) async fn mint(
    conn: &mut PgConnection,
    rows: &[Vec<Button>],
    place: Place,
    card: Option<(Uuid, i64)>,
    now: DateTime<Utc>,
) -> sqlx::Result<Keyboard> {
    let mut tokens = Vec::new();
    let mut actions = Vec::new();
    let mut subjects = Vec::new();
    let mut arguments: Vec<Value> = Vec::new();
    let mut persons: Vec<Option<i64>> = Vec::new();
    let mut singles = Vec::new();
    let mut expresses = Vec::new();
    let keyboard = rows
        .iter()
        .map(|row| {
            row.iter()
                .map(|button| {
                    let does = match &button.does {
                        Does::Open(url) => KeyDoes::Url(url.clone()),
                        Does::Press { action, subject, args, person, single_use, express } => {
                            let token = random::token();
                            tokens.push(token.clone());
                            actions.push(action.clone());
                            subjects.push(subject.clone());
                            arguments.push(args.clone());
                            persons.push(*person);
                            singles.push(*single_use);
                            expresses.push(*express);
                            KeyDoes::Token(token)
                        }
                    };
                    Key { label: button.label.clone(), does }
                })
                .collect()
        })
        .collect();
    if !tokens.is_empty() {
        sqlx::query!(
            r#"insert into buttons (token, action, subject, args, person_id, single_use, express,
                                    card_id, card_version, chat_id, expires_at)
               select token, action, subject, args, person_id, single_use, express, $8, $9, $10, $11
               from unnest($1::text[], $2::text[], $3::text[], $4::jsonb[], $5::bigint[], $6::bool[], $7::bool[])
                 as t (token, action, subject, args, person_id, single_use, express)"#,
            &tokens,
            &actions,
            &subjects,
            &arguments,
            &persons as &[Option<i64>],
            &singles,
            &expresses,
            card.map(|(id, _)| id),
            card.map(|(_, version)| version),
            place.chat,
            now + chrono::Duration::days(LIFE_DAYS),
        )
        .execute(conn)
        .await?;
    }
    Ok(keyboard)
}

/// What a pressed token turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Pressed {
    /// It counts: run its action.
    Live(Meaning),
    /// It once meant this, but the card has moved on, it was used, or it expired. It must change nothing.
    Stale(Meaning),
    /// Nobody minted it, or it was pressed where or by whom it must not be.
    Foreign,
}

/// What a button stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct Meaning {
    /// The action, `capability.verb`.
    pub action: String,
    /// What it acts on.
    pub subject: String,
    /// What it brings along; `Null` when nothing.
    pub args: Value,
    /// An express button whose card has been drawn anew since: the use case decides whether the press still makes sense.
    pub late: bool,
}

/// A press as it was looked up: what it means, and the card that the button belongs to.
pub(crate) struct LookedUp {
    pub(crate) pressed: Pressed,
    /// The card, unless the button stands on a message that is none or the press is foreign.
    pub(crate) card: Option<Uuid>,
}

/// Looks a pressed token up and spends it when it is single-use. Must run in the turn's transaction, so that a press
/// that fails later is not spent.
pub(crate) async fn press(
    conn: &mut PgConnection,
    token: &str,
    chat: i64,
    person: i64,
    now: DateTime<Utc>,
) -> sqlx::Result<LookedUp> {
    let row = sqlx::query!(
        r#"select b.action, b.subject, b.args, b.chat_id, b.person_id, b.single_use, b.express, b.used_at, b.expires_at,
                  b.card_id, (b.card_version is not null and b.card_version < c.version) as "moved_on?"
           from buttons b left join cards c on c.id = b.card_id
           where b.token = $1
           for update of b"#,
        token
    )
    .fetch_optional(&mut *conn)
    .await?;
    let foreign = LookedUp { pressed: Pressed::Foreign, card: None };
    let Some(row) = row else {
        return Ok(foreign);
    };
    if row.chat_id != chat || row.person_id.is_some_and(|owner| owner != person) {
        return Ok(foreign);
    }
    let moved_on = row.moved_on.unwrap_or(false);
    let meaning = Meaning { action: row.action, subject: row.subject, args: row.args, late: moved_on && row.express };
    if row.used_at.is_some() || row.expires_at <= now || (moved_on && !row.express) {
        return Ok(LookedUp { pressed: Pressed::Stale(meaning), card: row.card_id });
    }
    if row.single_use {
        sqlx::query!("update buttons set used_at = $2 where token = $1", token, now).execute(conn).await?;
    }
    Ok(LookedUp { pressed: Pressed::Live(meaning), card: row.card_id })
}
