//! What a failed call means for its row, its card and its chat, recorded in one transaction.

use std::time::Duration;

use sqlx::{Acquire, PgConnection, Postgres, Transaction};

use super::queue::Row;
use super::verdict::{self, Kind, Tries, Verdict};
use super::{Sending, queue};
use crate::clock::random;
use crate::telegram::cards::{self, Card};
use crate::telegram::outbox::Call;
use crate::telegram::{ApiError, BotId, Failure, Priority, chats};

/// What was to be brought.
#[derive(Clone, Copy)]
pub(super) enum Subject<'a> {
    Card(&'a Card),
    Call(&'a Call),
}

impl Subject<'_> {
    fn card(&self) -> Option<&Card> {
        match self {
            Self::Card(card) => Some(card),
            Self::Call(_) => None,
        }
    }

    /// Whether it may be repeated without a trace, and for how long it has a point.
    fn kind(&self, row: &Row) -> Kind {
        let priority = row.priority;
        match self {
            Self::Card(card) if card.message_id.is_some() => Kind::Repeatable,
            Self::Card(_) if priority == Priority::Page as i16 => Kind::Page,
            Self::Card(_) => Kind::Once,
            Self::Call(Call::Whisper { .. }) if row.message_id.is_some() => Kind::Repeatable,
            Self::Call(Call::AnswerCallback { .. }) => Kind::Answer,
            Self::Call(
                Call::Say { .. }
                | Call::Digest { .. }
                | Call::Document { .. }
                | Call::Relay { .. }
                | Call::Picture { .. }
                | Call::Whisper { .. },
            ) => {
                if priority == Priority::Page as i16 {
                    Kind::Page
                } else {
                    Kind::Once
                }
            }
            Self::Call(
                Call::StripKeyboard { .. } | Call::Delete { .. } | Call::Rewrite { .. } | Call::SetCommands { .. },
            ) => Kind::Repeatable,
        }
    }
}

/// Records what a failure means.
pub(super) async fn settle(
    tx: &mut Transaction<'_, Postgres>,
    with: &Sending,
    row: &Row,
    subject: Subject<'_>,
    error: &ApiError,
) -> anyhow::Result<()> {
    let (bot, chat) = (with.bot, row.chat.unwrap_or_default());
    let said = error.to_string();
    metrics::counter!("hub_telegram_failures_total", "failure" => error.failure.word()).increment(1);
    let tries = Tries { all: row.attempts + 1, unknown: row.unknown_sends + 1 };
    match verdict::on(&error.failure, subject.kind(row), tries, with.patience()) {
        Verdict::Done => {
            if let Some((card, message_id)) = subject.card().and_then(|card| Some((card, card.message_id?))) {
                cards::sent(tx, card, chat, message_id, None).await?;
            }
            queue::finish(tx, row.id, "sent", None, None).await?;
        }
        Verdict::Hold(wait) => again(tx, bot, row, wait, &said).await?,
        Verdict::AgainUnknown(wait) => {
            if let Some(card) = subject.card().filter(|card| card.message_id.is_none()) {
                cards::sent_unknown(tx, card.id).await?;
            }
            metrics::counter!("hub_outbox_unknown_total").increment(1);
            queue::outcome_unknown(tx, row.id).await?;
            again(tx, bot, row, wait, &said).await?;
        }
        Verdict::SendAnew => match subject {
            Subject::Card(card) => {
                cards::lost(tx, card.id).await?;
                again(tx, bot, row, Duration::ZERO, &said).await?;
            }
            Subject::Call(Call::Whisper { .. }) => queue::has_place(tx, row.id, None).await?,
            Subject::Call(_) => queue::finish(tx, row.id, "dropped", None, Some(&said)).await?,
        },
        Verdict::Move(to) => {
            chats::migrate(tx, bot, chat, to).await?;
            tell(tx, with, News::Moved { from: chat, to }).await?;
            let row = Row { chat: Some(to), ..row.clone() };
            again(tx, bot, &row, Duration::ZERO, &said).await?;
        }
        Verdict::ShutOut => {
            chats::close(tx, bot, chat).await?;
            tell(tx, with, News::ShutOut { chat }).await?;
            match subject {
                _ if row.priority == Priority::Page as i16 => go_elsewhere(tx, with, row, subject, &said).await?,
                // Drawn as it stands by then, once the chat is open again.
                Subject::Card(_) => queue::finish(tx, row.id, "dropped", None, Some(&said)).await?,
                Subject::Call(_) => keep(tx, row, &said).await.map(drop)?,
            }
        }
        Verdict::Drop => queue::finish(tx, row.id, "dropped", None, Some(&said)).await?,
        Verdict::Bury => {
            if error.failure == Failure::Refused {
                metrics::counter!("hub_telegram_refusals_not_known_total").increment(1);
            }
            bury(tx, with, row, &said).await?;
        }
    }
    Ok(())
}

/// Back into the queue; the chat rests, so that order within it is kept.
async fn again(conn: &mut PgConnection, bot: BotId, row: &Row, wait: Duration, error: &str) -> sqlx::Result<()> {
    let rests = row.chat.filter(|_| !wait.is_zero());
    queue::put_back(conn, row.id, error, if rests.is_none() { wait } else { Duration::ZERO }).await?;
    if let Some(chat) = rests {
        sqlx::query!(
            "insert into chat_holds (bot_id, chat_id, until) values ($1, $2, now() + make_interval(secs => $3))
             on conflict (bot_id, chat_id) do update set until = greatest(chat_holds.until, excluded.until)",
            bot.0,
            chat,
            wait.as_secs_f64()
        )
        .execute(conn)
        .await?;
    }
    Ok(())
}

/// Gives a message up: it is a dead letter, and the operators are told.
pub(super) async fn bury(
    tx: &mut Transaction<'_, Postgres>,
    with: &Sending,
    row: &Row,
    reason: &str,
) -> anyhow::Result<()> {
    tracing::warn!(outbox = row.id, error = reason, "a message cannot be sent; it is a dead letter");
    if keep(tx, row, reason).await? {
        tell(tx, with, News::GivenUp { chat: row.chat, reason }).await?;
    }
    Ok(())
}

/// A page whose chat let nobody in goes to whoever else is there; when nobody is, it waits as a dead letter, and counts as a
/// page that waits.
async fn go_elsewhere(
    tx: &mut Transaction<'_, Postgres>,
    with: &Sending,
    row: &Row,
    subject: Subject<'_>,
    reason: &str,
) -> anyhow::Result<()> {
    let place = with.delivery.elsewhere(tx, with.bot, row.chat.unwrap_or_default()).await?;
    let Some(place) = place.filter(|place| Some(place.chat) != row.chat) else {
        return bury(tx, with, row, reason).await;
    };
    if let Some(card) = subject.card()
        && !cards::bring(tx, card.id, place).await?
    {
        queue::finish(tx, row.id, "dropped", None, Some("its card stands elsewhere")).await?;
        return Ok(());
    }
    tracing::warn!(outbox = row.id, from = row.chat, to = place.chat, "a page goes to another chat");
    queue::readdress(tx, row, place.chat).await?;
    Ok(queue::put_back(tx, row.id, reason, Duration::ZERO).await?)
}

/// Whether there was something to keep: a row goes with its card, and may be in the hands of another holder of the lease.
async fn keep(conn: &mut PgConnection, row: &Row, reason: &str) -> sqlx::Result<bool> {
    let kept = sqlx::query!(
        "insert into dead_letters (id, source, reason, attempts, raw, origin)
         select $1, 'message', $2, o.attempts,
                convert_to(coalesce(o.call, c.view)::text, 'UTF8'), o.id::text
         from outbox o left join cards c on c.id = o.card_id where o.id = $3 and o.state = 'sending'",
        random::id(),
        reason,
        row.id
    )
    .execute(&mut *conn)
    .await?
    .rows_affected()
        == 1;
    if kept {
        metrics::counter!("hub_dead_letters_kept_total", "source" => "message").increment(1);
        queue::finish(conn, row.id, "dead", None, Some(reason)).await?;
    }
    Ok(kept)
}

/// What the hub is told.
#[derive(Clone, Copy)]
enum News<'a> {
    ShutOut { chat: i64 },
    Moved { from: i64, to: i64 },
    GivenUp { chat: Option<i64>, reason: &'a str },
}

/// Lets the hub know, within the transaction. What it fails to say must not undo what is recorded of the message.
async fn tell(tx: &mut Transaction<'_, Postgres>, with: &Sending, news: News<'_>) -> anyhow::Result<()> {
    let (bot, delivery) = (with.bot, &with.delivery);
    let mut aside = tx.begin().await?;
    let told = match news {
        News::ShutOut { chat } => delivery.shut_out(&mut aside, bot, chat).await,
        News::Moved { from, to } => delivery.moved(&mut aside, bot, from, to).await,
        News::GivenUp { chat, reason } => delivery.given_up(&mut aside, bot, chat, reason).await,
    };
    match told {
        Ok(()) => aside.commit().await?,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "nobody could be told of a message that did not arrive");
            aside.rollback().await?;
        }
    }
    Ok(())
}
