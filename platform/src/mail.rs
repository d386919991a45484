//! Mails to people outside: written in the transaction of whatever causes them, and brought to a mail server afterwards until
//! it takes them. What it refuses for good, or for too long, becomes a dead letter.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use lettre::address::AddressError;
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::{Address, Message};
use sqlx::{Acquire as _, PgConnection, PgPool};
use tokio_util::sync::CancellationToken;

use crate::clock::random;
use crate::db::{Signal, in_portions, signals};
use crate::route::RouteError;
use crate::secrets::{MasterKey, Sealed, Secret};
use crate::smtp::{NotTaken, Smtp};

/// The Postgres channel on which a commit with a mail in it wakes the [`Postman`].
pub const WAKE: &str = "hub_mails";

/// What texts are sealed for while they wait.
const PURPOSE: &str = "mail";
/// A mail in hand is nobody else's for so long; a delivery is over by then ([`smtp`](crate::smtp) sees to that).
const IN_HAND: Duration = Duration::from_secs(60);
/// Between two attempts to write down what became of a mail.
const RECORD_AGAIN: Duration = Duration::from_millis(500);
/// The longest time between two looks for mails that are due.
const LOOK: Duration = Duration::from_secs(5);
/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(3_600);

/// A mail to be sent.
#[derive(Clone, Debug)]
pub struct Mail<'a> {
    /// To whom: one address.
    pub to: &'a str,
    /// What it is about, on one line.
    pub subject: &'a str,
    /// What it says, as plain text.
    pub text: &'a str,
    /// The same key is the same mail, however often it is written.
    pub dedupe: &'a str,
}

/// What became of writing a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// It is on its way.
    New,
    /// It was written before.
    Already,
    /// Nobody can have this address.
    BadAddress,
}

/// Writes a mail; it goes out once the transaction is committed.
///
/// # Errors
/// The database refuses.
pub async fn write(conn: &mut PgConnection, keys: &MasterKey, mail: &Mail<'_>) -> sqlx::Result<Written> {
    let Ok(address) = mail.to.trim().parse::<Address>() else {
        return Ok(Written::BadAddress);
    };
    let sealed = keys.seal(PURPOSE, &Secret::new(mail.text.to_owned()));
    let subject: String = mail.subject.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let written = sqlx::query!(
        "insert into mails (dedupe, recipient, subject, sealed) values ($1, $2, $3, $4) on conflict (dedupe) do nothing",
        mail.dedupe,
        address.to_string(),
        subject,
        sealed.as_bytes()
    );
    if written.execute(&mut *conn).await?.rows_affected() == 0 {
        return Ok(Written::Already);
    }
    signals::notify(conn, WAKE).await?;
    Ok(Written::New)
}

/// Sends a mail once more that was given up, by the row that its dead letter names. `false`: there is no such row.
///
/// # Errors
/// The database refuses.
pub async fn retry(conn: &mut PgConnection, row: i64) -> sqlx::Result<bool> {
    let again = sqlx::query!(
        "update mails set state = 'waiting', attempts = 0, not_before = now(), finished_at = null
         where id = $1 and state = 'dead'",
        row
    );
    let again = again.execute(&mut *conn).await?.rows_affected() == 1;
    signals::notify(conn, WAKE).await?;
    Ok(again)
}

/// Removes mails that were sent before `before`.
///
/// # Errors
/// The database refuses.
pub async fn forget(pool: &PgPool, before: DateTime<Utc>) -> sqlx::Result<u64> {
    in_portions(|portion| async move {
        let gone = sqlx::query!(
            "delete from mails where id = any (array(
               select id from mails where state = 'sent' and finished_at < $1 limit $2))",
            before,
            portion
        );
        Ok(gone.execute(pool).await?.rows_affected())
    })
    .await
}

/// Who is told of a mail that is given up.
pub trait GivenUp: Send + Sync {
    /// Called in the transaction that buries it.
    fn given_up<'a>(&'a self, conn: &'a mut PgConnection, reason: &'a str) -> BoxFuture<'a, anyhow::Result<()>>;
}

/// A mail server, and who writes.
#[derive(Clone)]
pub struct Server {
    smtp: Smtp,
    from: Mailbox,
}

impl Server {
    /// The server at `url` (`smtp://user:password@host:port`, `smtps://…`); `from` writes.
    ///
    /// # Errors
    /// One of the two is no address.
    pub fn new(url: &Secret, from: &str) -> Result<Self, RouteError> {
        let smtp = Smtp::at(url).ok_or(RouteError::BadAddress("mail.smtp_url"))?;
        let from = from.trim().parse().map_err(|_| RouteError::BadAddress("mail.from"))?;
        Ok(Self { smtp, from })
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("from", &self.from).finish_non_exhaustive()
    }
}

/// Brings mails to the server, on as many replicas as there are.
#[derive(Clone)]
pub struct Postman {
    /// The database.
    pub pool: PgPool,
    /// Opens what waits sealed.
    pub keys: Arc<MasterKey>,
    /// Where mails are brought.
    pub server: Server,
    /// Attempts before a mail is given up.
    pub attempts: i32,
    /// The pause after the first failure; it doubles with each, up to an hour.
    pub backoff: Duration,
    /// Who is told of what is given up.
    pub given_up: Arc<dyn GivenUp>,
}

struct Row {
    id: i64,
    recipient: String,
    subject: String,
    sealed: Vec<u8>,
    attempts: i32,
}

impl Postman {
    /// Works until cancelled; `due` fires when there may be something to bring.
    pub async fn run(self, mut due: Signal, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match self.one().await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(error = format!("{error:#}"), "mails cannot be looked after; trying again")
                }
            }
            tokio::select! {
                () = stop.cancelled() => {}
                // A mail that was put back is due again no sooner than that.
                () = due.wait(LOOK.min(self.backoff)) => {}
            }
        }
    }

    /// Brings one mail that is due; `false` when none is.
    ///
    /// A process that dies between the server's answer and its record leaves the mail to be sent again: it may come twice,
    /// with one message id.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn one(&self) -> anyhow::Result<bool> {
        let row = sqlx::query_as!(
            Row,
            "update mails set attempts = attempts + 1, not_before = now() + make_interval(secs => $1)
             where id = (select id from mails where state = 'waiting' and not_before <= now()
                         order by not_before, id limit 1 for update skip locked)
             returning id, recipient, subject, sealed, attempts",
            IN_HAND.as_secs_f64()
        )
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(false) };
        let sent = self.deliver(&row).await;
        let began = Instant::now();
        // What is known is written down: to find out by another attempt would bring the mail twice.
        while let Err(error) = self.record(&row, &sent).await {
            if began.elapsed() > IN_HAND {
                return Err(error);
            }
            tracing::warn!(mail = row.id, error = format!("{error:#}"), "a mail cannot be recorded yet; trying again");
            tokio::time::sleep(RECORD_AGAIN).await;
        }
        Ok(true)
    }

    async fn record(&self, row: &Row, sent: &Result<(), NotTaken>) -> anyhow::Result<()> {
        let mut tx = self.pool.begin().await?;
        match sent {
            Ok(()) => _ = finish(&mut tx, row, "sent", None).await?,
            Err(NotTaken { reason, for_good }) if *for_good || row.attempts >= self.attempts => {
                tracing::warn!(mail = row.id, error = reason, "a mail cannot be sent; it is a dead letter");
                if bury(&mut tx, row, reason).await? {
                    self.tell(&mut tx, reason).await?;
                }
            }
            Err(NotTaken { reason, .. }) => {
                tracing::warn!(mail = row.id, error = reason, "a mail is not taken yet");
                put_back(&mut tx, row, reason, self.pause_after(row.attempts)).await?;
            }
        }
        Ok(tx.commit().await?)
    }

    /// Lets it be known that a mail is given up. What cannot be said must not undo what is recorded of the mail.
    async fn tell(&self, conn: &mut PgConnection, reason: &str) -> anyhow::Result<()> {
        let mut aside = conn.begin().await?;
        match self.given_up.given_up(&mut aside, reason).await {
            Ok(()) => aside.commit().await?,
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "nobody could be told of a mail that is given up");
                aside.rollback().await?;
            }
        }
        Ok(())
    }

    async fn deliver(&self, row: &Row) -> Result<(), NotTaken> {
        let hopeless = |reason: String| NotTaken { reason, for_good: true };
        let sealed = Sealed::from(row.sealed.clone());
        let text = self.keys.open(PURPOSE, &sealed).map_err(|error| hopeless(error.to_string()))?;
        let to: Mailbox = row.recipient.parse().map_err(|error: AddressError| hopeless(error.to_string()))?;
        let id = format!("<hub-mail-{}@{}>", row.id, self.server.from.email.domain());
        let message = Message::builder()
            .from(self.server.from.clone())
            .to(to)
            .subject(&row.subject)
            .message_id(Some(id))
            .header(ContentType::TEXT_PLAIN)
            .body(text.expose().to_owned())
            .map_err(|error| hopeless(error.to_string()))?;
        self.server.smtp.deliver(message).await
    }

    fn pause_after(&self, attempt: i32) -> Duration {
        let doublings = u32::try_from(attempt.clamp(1, 16) - 1).unwrap_or_default();
        self.backoff.saturating_mul(2u32.pow(doublings)).min(LONGEST_PAUSE)
    }
}

/// Ends a mail, unless somebody else has taken it in hand since; whether it did.
async fn finish(conn: &mut PgConnection, row: &Row, state: &str, error: Option<&str>) -> sqlx::Result<bool> {
    let ended = sqlx::query!(
        "update mails set state = $3, last_error = $4, finished_at = now(),
                sealed = case when $3 = 'sent' then ''::bytea else sealed end
         where id = $1 and attempts = $2 and state = 'waiting'",
        row.id,
        row.attempts,
        state,
        error
    )
    .execute(conn)
    .await?;
    Ok(ended.rows_affected() == 1)
}

async fn put_back(conn: &mut PgConnection, row: &Row, error: &str, pause: Duration) -> sqlx::Result<()> {
    sqlx::query!(
        "update mails set last_error = $3, not_before = now() + make_interval(secs => $4)
         where id = $1 and attempts = $2 and state = 'waiting'",
        row.id,
        row.attempts,
        error,
        pause.as_secs_f64()
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The dead letter names whom it was for and what it was about; its text stays sealed in its row.
async fn bury(conn: &mut PgConnection, row: &Row, reason: &str) -> sqlx::Result<bool> {
    if !finish(conn, row, "dead", Some(reason)).await? {
        return Ok(false);
    }
    let about = format!("{}: {}", row.recipient, row.subject);
    sqlx::query!(
        "insert into dead_letters (id, source, reason, attempts, raw, origin) values ($1, 'message', $2, $3, $4, $5)",
        random::id(),
        reason,
        row.attempts,
        about.as_bytes(),
        format!("{ORIGIN}{}", row.id)
    )
    .execute(conn)
    .await?;
    metrics::counter!("hub_dead_letters_kept_total", "source" => "message").increment(1);
    Ok(true)
}

/// What the origin of a mail's dead letter begins with; its row follows.
pub const ORIGIN: &str = "mail:";
