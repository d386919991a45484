//! A button is a row. `callback_data` is an opaque token; the row says what a press means, for whom, until when, and
//! with which version of the card it was drawn.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::Place;
use super::view::{Button, Does};
use crate::clock::random;
use crate::db::in_portions;

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

/// What the buttons of a message mean, by column, ready to be stored.
#[derive(Debug, Default)]
pub(crate) struct Minted {
    pub(crate) tokens: Vec<String>,
    pub(crate) actions: Vec<String>,
    pub(crate) subjects: Vec<String>,
    pub(crate) args: Vec<Value>,
    pub(crate) persons: Vec<Option<i64>>,
    pub(crate) single_uses: Vec<bool>,
    pub(crate) expresses: Vec<bool>,
    pub(crate) expire_at: DateTime<Utc>,
}

impl Minted {
    /// Gives each button a token; the keyboard that shows them.
    pub(crate) fn of(rows: &[Vec<Button>], now: DateTime<Utc>) -> (Keyboard, Self) {
        let mut minted = Self { expire_at: now + chrono::Duration::days(LIFE_DAYS), ..Self::default() };
        let keyboard = rows.iter().map(|row| row.iter().map(|button| minted.key(button)).collect()).collect();
        (keyboard, minted)
    }

    fn key(&mut self, button: &Button) -> Key {
        let does = match &button.does {
            Does::Open(url) => KeyDoes::Url(url.clone()),
            Does::Press { action, subject, args, person, single_use, express } => {
                let token = random::token();
                self.tokens.push(token.clone());
                self.actions.push(action.clone());
                self.subjects.push(subject.clone());
                self.args.push(args.clone());
                self.persons.push(*person);
                self.single_uses.push(*single_use);
                self.expresses.push(*express);
                KeyDoes::Token(token)
            }
        };
        Key { label: button.label.clone(), does }
    }
}

/// Mints tokens for the buttons of a message that is no card, and stores what they mean.
pub(crate) async fn mint(
    conn: &mut PgConnection,
    rows: &[Vec<Button>],
    place: Place,
    now: DateTime<Utc>,
) -> sqlx::Result<Keyboard> {
    let (keyboard, minted) = Minted::of(rows, now);
    if !minted.tokens.is_empty() {
        sqlx::query!(
            r#"insert into buttons (token, action, subject, args, person_id, single_use, express, chat_id, expires_at)
               select token, action, subject, args, person_id, single_use, express, $8, $9
               from unnest($1::text[], $2::text[], $3::text[], $4::jsonb[], $5::bigint[], $6::bool[], $7::bool[])
                 as t (token, action, subject, args, person_id, single_use, express)"#,
            &minted.tokens,
            &minted.actions,
            &minted.subjects,
            &minted.args,
            &minted.persons as &[Option<i64>],
            &minted.single_uses,
            &minted.expresses,
            place.chat,
            minted.expire_at,
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

/// Looks a pressed token up and spends it when it is single-use, in one statement. Must run in the turn's transaction, so
/// that a press that fails later is not spent.
///
/// Nobody waits for the open turn of another press on the same button: a single-use button that is just being spent is
/// spent, and any other is not locked at all. What two people may not both do is decided by the use case.
///
/// Where a button counts is found out here and written into no button: it goes where its card is, one of a message that is
/// no card goes along when its group gets another id, and what was minted for a chat before that was forsaken counts no more.
/// A chat may have half a million of them, and whoever moves it waits for an answer.
pub(crate) async fn press(
    conn: &mut PgConnection,
    token: &str,
    chat: i64,
    person: i64,
    now: DateTime<Utc>,
) -> sqlx::Result<LookedUp> {
    let row = sqlx::query!(
        r#"with found as (
             select b.*, c.id as card, (b.card_version is not null and b.card_version < c.version) as moved_on,
                    coalesce(c.chat_id, m.to_id, b.chat_id) as present_chat,
                    -- What was brought elsewhere in time goes on there.
                    (c.id is null and exists (select from forsaken_chats f
                                              where f.chat_id in (b.chat_id, m.to_id)
                                                and f.forsaken_at > b.created_at)) as forsaken
             from buttons b
             left join cards c on c.id = b.card_id
             left join lateral (select to_id from moved_chats where from_id = b.chat_id limit 1) m on true
             where b.token = $1
           ), spent as (
             update buttons set used_at = $4
             where token in (
               select b.token from buttons b
               where b.token = $1 and b.single_use and b.used_at is null and b.expires_at > $4
                 and coalesce(b.person_id, $3) = $3
                 and not exists (select from found f
                                 where f.present_chat <> $2 or f.forsaken or (f.card_id is not null and f.card is null)
                                    or (f.moved_on and not f.express))
               for no key update skip locked)
             returning token
           )
           select action as "action!", subject as "subject!", args as "args!", express as "express!", card as "card?",
                  coalesce(moved_on, false) as "moved_on!",
                  (present_chat <> $2 or coalesce(person_id, $3) <> $3
                   or (card_id is not null and card is null and not forsaken)) as "foreign!",
                  (expires_at > $4 and not forsaken and (not single_use or exists (select from spent))) as "counts!"
           from found"#,
        token,
        chat,
        person,
        now
    )
    .fetch_optional(conn)
    .await?;
    let Some(row) = row.filter(|row| !row.foreign) else {
        return Ok(LookedUp { pressed: Pressed::Foreign, card: None });
    };
    let meaning =
        Meaning { action: row.action, subject: row.subject, args: row.args, late: row.moved_on && row.express };
    let live = row.counts && (row.express || !row.moved_on);
    let pressed = if live { Pressed::Live(meaning) } else { Pressed::Stale(meaning) };
    Ok(LookedUp { pressed, card: row.card })
}

/// Removes buttons that expired before `before`: a press on one of them is nobody's from then on.
///
/// # Errors
/// The database refuses.
pub async fn forget(pool: &PgPool, before: DateTime<Utc>) -> sqlx::Result<u64> {
    in_portions(|portion| async move {
        let gone = sqlx::query!(
            "delete from buttons where token = any (array(select token from buttons where expires_at < $1 limit $2))",
            before,
            portion
        );
        Ok(gone.execute(pool).await?.rows_affected())
    })
    .await
}
