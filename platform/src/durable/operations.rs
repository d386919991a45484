//! What people and capabilities do with sagas, each in the caller's transaction: enqueue, retry, undo, cancel, list, show.
//!
//! Nobody here moves a saga: a wish is written, the engine answers it.

use std::time::Duration;

use futures_util::Stream;
use futures_util::stream;
use serde::Serialize;
use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::definition::SagaDef;
use super::state::{SagaState, Wish};
use super::store;
use super::view::{SagaId, SagaView};
use super::wake::{Signal, notify};
use crate::clock::random;

/// A saga to be enqueued, with the steps its definition has now.
#[derive(Clone, Debug)]
pub struct NewSaga {
    kind: &'static str,
    version: i32,
    subject: String,
    params: Value,
    steps: Vec<String>,
    because: Vec<Option<String>>,
    dedupe_key: Option<String>,
    created_by: Option<String>,
}

impl NewSaga {
    /// A saga of this definition about this subject.
    ///
    /// # Errors
    /// The parameters cannot be written as JSON.
    pub fn of<C: Clone + Send + Sync + 'static>(
        definition: &SagaDef<C>,
        subject: impl Into<String>,
        params: &impl Serialize,
    ) -> Result<Self, serde_json::Error> {
        let (steps, because) =
            definition.plan().map(|(name, because)| (name.to_owned(), because.map(str::to_owned))).unzip();
        Ok(Self {
            kind: definition.kind(),
            version: definition.version(),
            subject: subject.into(),
            params: serde_json::to_value(params)?,
            steps,
            because,
            dedupe_key: None,
            created_by: None,
        })
    }

    /// At most one saga with this key lives at a time; a second enqueue finds the first.
    #[must_use]
    pub fn dedupe(mut self, key: impl Into<String>) -> Self {
        self.dedupe_key = Some(key.into());
        self
    }

    /// Who wants it.
    #[must_use]
    pub fn by(mut self, who: impl Into<String>) -> Self {
        self.created_by = Some(who.into());
        self
    }
}

/// A saga that lives after an enqueue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enqueued {
    /// Its id.
    pub id: SagaId,
    /// It lived before, under the same key; nothing was added.
    pub already: bool,
}

/// What became of a wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Written; the engine answers it, mostly within a moment.
    Accepted,
    /// Not possible in this state; nothing was written.
    WrongState(SagaState),
    /// There is no such saga.
    NotFound,
}

/// A page of sagas, newest first.
#[derive(Clone, Debug)]
pub struct Page {
    /// The sagas.
    pub sagas: Vec<SagaView>,
    /// Where the next page begins; none on the last.
    pub next: Option<SagaId>,
}

/// Enqueues a saga; it begins once the caller's transaction has committed.
///
/// # Errors
/// The database refuses.
pub async fn enqueue(connection: &mut PgConnection, new: NewSaga) -> Result<Enqueued, sqlx::Error> {
    loop {
        let id = sqlx::query_scalar!(
            "insert into sagas (id, kind, version, subject, params, dedupe_key, created_by)
             values ($1, $2, $3, $4, $5, $6, $7)
             on conflict (dedupe_key) where finished_at is null do nothing
             returning id",
            random::id(),
            new.kind,
            new.version,
            new.subject,
            new.params,
            new.dedupe_key,
            new.created_by,
        )
        .fetch_optional(&mut *connection)
        .await?;
        if let Some(id) = id {
            sqlx::query!(
                "insert into saga_steps (saga_id, position, name, undo_none_because)
                 select $1, position::int - 1, name, because
                 from unnest($2::text[], $3::text[]) with ordinality as step (name, because, position)",
                id,
                &new.steps,
                &new.because as &[Option<String>],
            )
            .execute(&mut *connection)
            .await?;
            notify(connection, Signal::Sagas).await?;
            return Ok(Enqueued { id: SagaId(id), already: false });
        }
        let living =
            sqlx::query_scalar!("select id from sagas where dedupe_key = $1 and finished_at is null", new.dedupe_key,)
                .fetch_optional(&mut *connection)
                .await?;
        if let Some(id) = living {
            return Ok(Enqueued { id: SagaId(id), already: true });
        }
        // It ended between the two statements: the key is free now.
    }
}

/// Asks a stuck saga to go on where it stopped, forward or unwinding.
///
/// # Errors
/// The database refuses.
pub async fn retry(connection: &mut PgConnection, id: SagaId, who: &str) -> Result<Answer, sqlx::Error> {
    wish(connection, id, Wish::Retry, who).await
}

/// Asks a saga to unwind; the step at work is told to stop early.
///
/// # Errors
/// The database refuses.
pub async fn undo(connection: &mut PgConnection, id: SagaId, who: &str) -> Result<Answer, sqlx::Error> {
    wish(connection, id, Wish::Undo, who).await
}

/// Like [`undo`], but the saga ends as cancelled: nobody wants it any more.
///
/// # Errors
/// The database refuses.
pub async fn cancel(connection: &mut PgConnection, id: SagaId, who: &str) -> Result<Answer, sqlx::Error> {
    wish(connection, id, Wish::Cancel, who).await
}

async fn wish(connection: &mut PgConnection, id: SagaId, wish: Wish, who: &str) -> Result<Answer, sqlx::Error> {
    let state = sqlx::query_scalar!("select state from sagas where id = $1 for update", id.0)
        .fetch_optional(&mut *connection)
        .await?;
    let Some(state) = state else {
        return Ok(Answer::NotFound);
    };
    let state = store::saga_state(&state)?;
    if !wish.is_allowed_in(state) {
        return Ok(Answer::WrongState(state));
    }
    sqlx::query!(
        "update sagas set requested = $2, requested_by = $3, next_run_at = now() where id = $1",
        id.0,
        wish.as_str(),
        who,
    )
    .execute(&mut *connection)
    .await?;
    notify(connection, Signal::Saga(id)).await?;
    Ok(Answer::Accepted)
}

/// A saga as it stands.
///
/// # Errors
/// The database refuses.
pub async fn show(connection: &mut PgConnection, id: SagaId) -> Result<Option<SagaView>, sqlx::Error> {
    store::view(connection, id).await
}

/// A page of at most `limit` sagas, newest first, after `cursor`, in one state or all.
///
/// # Errors
/// The database refuses.
pub async fn list(
    connection: &mut PgConnection,
    limit: u16,
    cursor: Option<SagaId>,
    state: Option<SagaState>,
) -> Result<Page, sqlx::Error> {
    let limit = usize::from(limit.max(1));
    let mut ids: Vec<Uuid> = sqlx::query_scalar!(
        "select id from sagas
         where ($1::uuid is null or id < $1) and ($2::text is null or state = $2)
         order by id desc limit $3",
        cursor.map(|id| id.0),
        state.map(SagaState::as_str),
        i64::try_from(limit + 1).unwrap_or(i64::MAX),
    )
    .fetch_all(&mut *connection)
    .await?;
    let more = ids.len() > limit;
    ids.truncate(limit);
    let next = if more { ids.last().copied().map(SagaId) } else { None };
    Ok(Page { sagas: store::views(connection, &ids).await?, next })
}

/// Whether a saga about this subject is at work or about to be; a stuck one is not.
///
/// # Errors
/// The database refuses.
pub async fn is_at_work(connection: &mut PgConnection, subject: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (
               select from sagas where subject = $1 and finished_at is null and state <> 'stuck'
           ) as "at_work!""#,
        subject,
    )
    .fetch_one(connection)
    .await
}

/// The saga that lives under this key, if one does; a stuck one still lives.
///
/// # Errors
/// The database refuses.
pub async fn living(connection: &mut PgConnection, dedupe_key: &str) -> Result<Option<SagaView>, sqlx::Error> {
    let id = sqlx::query_scalar!("select id from sagas where dedupe_key = $1 and finished_at is null", dedupe_key,)
        .fetch_optional(&mut *connection)
        .await?;
    match id {
        Some(id) => store::view(connection, SagaId(id)).await,
        None => Ok(None),
    }
}

/// How many sagas there are in each state, all states named.
///
/// # Errors
/// The database refuses.
pub async fn counts(connection: &mut PgConnection) -> Result<Vec<(SagaState, i64)>, sqlx::Error> {
    let rows =
        sqlx::query!(r#"select state, count(*) as "count!" from sagas group by state"#).fetch_all(connection).await?;
    let count = |state: SagaState| rows.iter().find(|row| row.state == state.as_str()).map_or(0, |row| row.count);
    Ok(SagaState::ALL.map(|state| (state, count(state))).to_vec())
}

/// The saga as it stands, then again after each change, until it ends or is stuck. It looks each `every`: a notice a
/// step would cost all writers a lock, and a person does not see the difference.
pub fn follow(pool: PgPool, id: SagaId, every: Duration) -> impl Stream<Item = Result<SagaView, sqlx::Error>> + Send {
    stream::try_unfold((pool, None::<SagaView>), move |(pool, seen)| async move {
        if seen.as_ref().is_some_and(is_at_rest) {
            return Ok(None);
        }
        loop {
            let mut connection = pool.acquire().await?;
            let now = store::view(&mut connection, id).await?;
            drop(connection);
            match now {
                None => return Ok(None),
                Some(view) if seen.as_ref() != Some(&view) => {
                    return Ok(Some((view.clone(), (pool, Some(view)))));
                }
                Some(_) => tokio::time::sleep(every).await,
            }
        }
    })
}

fn is_at_rest(view: &SagaView) -> bool {
    view.state.is_end() || (view.state == SagaState::Stuck && view.requested.is_none())
}
