//! The SQL of requests, plans and one-time credentials.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;
use waas_platform::db::PgConnection;
use waas_platform::telegram::BotId;

use super::model::{PlanState, Request, RequestState, Wanted};
use super::plan::Plan;

fn unreadable(what: impl std::fmt::Display) -> sqlx::Error {
    sqlx::Error::Decode(what.to_string().into())
}

pub(super) async fn add_request(conn: &mut PgConnection, request: &Request) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into tenant_requests (id, lead_id, client_id, answers, locale, slug, domain, state)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        request.id,
        request.lead,
        request.client,
        Value::Object(request.answers.clone()),
        request.locale,
        request.slug,
        request.domain,
        request.state.word()
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn request(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<Request>> {
    let row = sqlx::query!(
        "select id, lead_id, client_id, answers, locale, slug, domain, state from tenant_requests where id = $1 for update",
        id
    )
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        let Value::Object(answers) = row.answers else {
            return Err(unreadable("answers are no object"));
        };
        let state = RequestState::from_word(&row.state).ok_or_else(|| unreadable(&row.state))?;
        Ok(Request {
            id: row.id,
            lead: row.lead_id,
            client: row.client_id,
            answers,
            locale: row.locale,
            slug: row.slug,
            domain: row.domain,
            state,
        })
    })
    .transpose()
}

pub(super) async fn correct_request(conn: &mut PgConnection, request: &Request) -> sqlx::Result<()> {
    sqlx::query!(
        "update tenant_requests set answers = $2, slug = $3, domain = $4, version = version + 1 where id = $1",
        request.id,
        Value::Object(request.answers.clone()),
        request.slug,
        request.domain
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn set_request(
    conn: &mut PgConnection,
    id: Uuid,
    state: RequestState,
    tenant: Option<&str>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update tenant_requests set state = $2, tenant = $3, version = version + 1 where id = $1",
        id,
        state.word(),
        tenant
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn open_among(conn: &mut PgConnection, requests: &[Uuid]) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!("select id from tenant_requests where id = any($1) and state = 'open'", requests)
        .fetch_all(conn)
        .await
}

/// A plan as it was shown last.
#[derive(Clone, Debug)]
pub struct StoredPlan {
    /// Its id, which stays when it is edited.
    pub id: Uuid,
    /// What it is made of.
    pub wanted: Wanted,
    /// What was shown, with its hash.
    pub shown: Plan,
    /// Where it stands.
    pub state: PlanState,
    /// The saga that follows it.
    pub saga: Option<Uuid>,
}

pub(super) async fn put_plan(conn: &mut PgConnection, plan: &StoredPlan) -> sqlx::Result<()> {
    let wanted = serde_json::to_value(&plan.wanted).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let shown = serde_json::to_value(&plan.shown).map_err(|error| sqlx::Error::Encode(error.into()))?;
    sqlx::query!(
        "insert into plans (id, request_id, wanted, shown, hash, state, saga_id) values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (id) do update
           set wanted = excluded.wanted, shown = excluded.shown, hash = excluded.hash, state = excluded.state,
               saga_id = excluded.saga_id, updated_at = now()",
        plan.id,
        plan.wanted.request,
        wanted,
        shown,
        plan.shown.hash,
        plan.state.word(),
        plan.saga
    )
    .execute(conn)
    .await?;
    Ok(())
}

struct PlanRow {
    id: Uuid,
    wanted: Value,
    shown: Value,
    state: String,
    saga_id: Option<Uuid>,
}

impl TryFrom<PlanRow> for StoredPlan {
    type Error = sqlx::Error;

    fn try_from(row: PlanRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.id,
            wanted: serde_json::from_value(row.wanted).map_err(unreadable)?,
            shown: serde_json::from_value(row.shown).map_err(unreadable)?,
            state: PlanState::from_word(&row.state).ok_or_else(|| unreadable(&row.state))?,
            saga: row.saga_id,
        })
    }
}

/// The plan, locked until the transaction ends: of two presses one waits and finds it changed.
pub(super) async fn plan(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<StoredPlan>> {
    let row =
        sqlx::query_as!(PlanRow, "select id, wanted, shown, state, saga_id from plans where id = $1 for update", id)
            .fetch_optional(conn)
            .await?;
    row.map(StoredPlan::try_from).transpose()
}

/// The request that a plan is made for, without holding anything: whoever changes both holds the request first.
pub(super) async fn request_of_plan(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<Uuid>> {
    let request = sqlx::query_scalar!("select request_id from plans where id = $1", id);
    Ok(request.fetch_optional(conn).await?.flatten())
}

/// The plans of a request that are not put aside, oldest first, held until the transaction ends.
pub(super) async fn plans_of(conn: &mut PgConnection, request: Uuid) -> sqlx::Result<Vec<StoredPlan>> {
    let rows = sqlx::query_as!(
        PlanRow,
        "select id, wanted, shown, state, saga_id from plans where request_id = $1 and state <> 'cancelled'
         order by created_at, id for update",
        request
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(StoredPlan::try_from).collect()
}

pub(super) async fn open_plan_of(conn: &mut PgConnection, request: Uuid) -> sqlx::Result<Option<StoredPlan>> {
    let row = sqlx::query_as!(
        PlanRow,
        "select id, wanted, shown, state, saga_id from plans where request_id = $1 and state = 'open'
         order by created_at desc limit 1",
        request
    )
    .fetch_optional(conn)
    .await?;
    row.map(StoredPlan::try_from).transpose()
}

/// The newest open plans whose card stands nowhere, or in one of these chats.
pub(super) async fn open_plans_in(
    conn: &mut PgConnection,
    bot: BotId,
    chats: &[i64],
    limit: i64,
) -> sqlx::Result<Vec<StoredPlan>> {
    let rows = sqlx::query_as!(
        PlanRow,
        "select id, wanted, shown, state, saga_id from plans p
         where state = 'open'
           and coalesce((select bool_or(c.chat_id = any ($2)) from cards c
                         where c.kind = 'plan' and c.subject = p.id::text and c.bot_id = $1), true)
         order by created_at desc, id limit $3",
        bot.0,
        chats,
        limit
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(StoredPlan::try_from).collect()
}

/// The youngest plan that was confirmed for a tenant.
pub(super) async fn confirmed_for(conn: &mut PgConnection, slug: &str) -> sqlx::Result<Option<StoredPlan>> {
    let row = sqlx::query_as!(
        PlanRow,
        "select id, wanted, shown, state, saga_id from plans
         where state = 'confirmed' and wanted ->> 'slug' = $1 order by created_at desc limit 1",
        slug
    )
    .fetch_optional(conn)
    .await?;
    row.map(StoredPlan::try_from).transpose()
}

pub(super) async fn add_credentials(
    conn: &mut PgConnection,
    token_hash: &[u8],
    tenant: &str,
    sealed: &[u8],
    expires_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into credentials (token_hash, tenant, sealed, expires_at) values ($1, $2, $3, $4)",
        token_hash,
        tenant,
        sealed,
        expires_at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// One-time credentials as the opener finds them.
pub(super) struct Credentials {
    pub(super) tenant: String,
    pub(super) opened_by: Option<i64>,
    pub(super) shown: bool,
    pub(super) expired: bool,
    pub(super) sealed: Vec<u8>,
}

/// Looks credentials up and gives them to the first opener.
pub(super) async fn open_credentials(
    conn: &mut PgConnection,
    token_hash: &[u8],
    person: i64,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Credentials>> {
    sqlx::query!(
        "update credentials set opened_by = $2 where token_hash = $1 and opened_by is null and expires_at > $3",
        token_hash,
        person,
        now
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query_as!(
        Credentials,
        r#"select tenant, opened_by, shown_at is not null as "shown!", expires_at <= $2 as "expired!", sealed
           from credentials where token_hash = $1 for update"#,
        token_hash,
        now
    )
    .fetch_optional(conn)
    .await
}

/// Marks them as read and forgets the sealed text.
pub(super) async fn spend_credentials(
    conn: &mut PgConnection,
    token_hash: &[u8],
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!("update credentials set shown_at = $2, sealed = '' where token_hash = $1", token_hash, now)
        .execute(conn)
        .await?;
    Ok(())
}
