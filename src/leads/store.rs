//! The SQL of leads.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;
use waas_platform::db::PgConnection;

use super::model::{LeadRef, LeadState, NewLead};
use super::score::{Reason, Score};

/// A lead as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Lead {
    /// For machines.
    pub id: Uuid,
    /// For people.
    pub number: i64,
    /// Which gateway sent it.
    pub source: String,
    /// The gateway's own id.
    pub external_id: String,
    /// The person's or the business's name, whole.
    pub name: String,
    /// Kind of business, as the gateway names it.
    pub niche: Option<String>,
    /// As it was typed.
    pub phone: Option<String>,
    /// As it was typed.
    pub email: Option<String>,
    /// Username without `@`.
    pub telegram: Option<String>,
    /// What the person wrote, whole.
    pub message: Option<String>,
    /// Language tag, lower case.
    pub locale: Option<String>,
    /// The wished domain, as it was typed.
    pub domain: Option<String>,
    /// Where it stands.
    pub state: LeadState,
    /// How promising it is, and why.
    pub score: Score,
    /// The operator who has it, by Telegram id.
    pub assignee: Option<i64>,
    /// The tenant request that waits to be provisioned.
    pub request_id: Option<Uuid>,
    /// When somebody promised to call.
    pub call_at: Option<DateTime<Utc>>,
    /// Why it was rejected or lost.
    pub closed_why: Option<String>,
    /// The lead that it turned out to be.
    pub merged_into: Option<Uuid>,
    /// Grows with every change.
    pub version: i64,
    /// When the person sent it.
    pub created_at: DateTime<Utc>,
    /// When it came here.
    pub received_at: DateTime<Utc>,
}

struct Row {
    id: Uuid,
    number: i64,
    source: String,
    external_id: String,
    name: String,
    niche: Option<String>,
    phone: Option<String>,
    email: Option<String>,
    telegram: Option<String>,
    message: Option<String>,
    locale: Option<String>,
    domain: Option<String>,
    state: String,
    score: i16,
    reasons: Value,
    assignee: Option<i64>,
    request_id: Option<Uuid>,
    call_at: Option<DateTime<Utc>>,
    closed_why: Option<String>,
    merged_into: Option<Uuid>,
    version: i64,
    created_at: DateTime<Utc>,
    received_at: DateTime<Utc>,
}

impl TryFrom<Row> for Lead {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> sqlx::Result<Self> {
        let unreadable = |error: Box<dyn std::error::Error + Send + Sync>| sqlx::Error::Decode(error);
        let reasons: Vec<Reason> = serde_json::from_value(row.reasons).map_err(|error| unreadable(error.into()))?;
        Ok(Self {
            id: row.id,
            number: row.number,
            source: row.source,
            external_id: row.external_id,
            name: row.name,
            niche: row.niche,
            phone: row.phone,
            email: row.email,
            telegram: row.telegram,
            message: row.message,
            locale: row.locale,
            domain: row.domain,
            state: row.state.parse::<LeadState>().map_err(|error| unreadable(error.into()))?,
            score: Score { total: u8::try_from(row.score).map_err(|error| unreadable(error.into()))?, reasons },
            assignee: row.assignee,
            request_id: row.request_id,
            call_at: row.call_at,
            closed_why: row.closed_why,
            merged_into: row.merged_into,
            version: row.version,
            created_at: row.created_at,
            received_at: row.received_at,
        })
    }
}

/// Every column but the raw one, which may be large and is nobody's but the archive's.
macro_rules! select_leads {
    ($tail:literal $(, $value:expr)*) => {
        sqlx::query_as!(
            Row,
            "select id, number, source, external_id, name, niche, phone, email, telegram, message, locale, domain, state, score, reasons, assignee, request_id, call_at, closed_why, merged_into, version, created_at, received_at from leads " + $tail
            $(, $value)*
        )
    };
}

// Below the macro, which they use.
pub(super) mod figures;
pub(super) mod floods;
pub(super) mod history;
pub(super) mod holders;
pub(super) mod living;
pub(super) mod reminders;
mod search;
pub(super) mod twins;

fn read(rows: Vec<Row>) -> sqlx::Result<Vec<Lead>> {
    rows.into_iter().map(Lead::try_from).collect()
}

/// The Postgres channel on which it is told that leads wait for their cards.
pub const WAITING: &str = "leads_waiting";

/// Tells, at the commit, that leads wait for their cards.
pub(super) async fn announce(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("select pg_notify($1, '')", WAITING).execute(conn).await?;
    Ok(())
}

/// Stores what is not there yet, in one statement; the ids of those that were new. Of two equal ones in a batch the
/// first counts.
pub(super) async fn insert(
    conn: &mut PgConnection,
    leads: &[(Uuid, &NewLead, Score)],
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<Uuid>> {
    let ids: Vec<Uuid> = leads.iter().map(|(id, _, _)| *id).collect();
    let required =
        |of: fn(&NewLead) -> &str| -> Vec<String> { leads.iter().map(|(_, lead, _)| of(lead).to_owned()).collect() };
    let optional = |of: fn(&NewLead) -> &Option<String>| -> Vec<Option<String>> {
        leads.iter().map(|(_, lead, _)| of(lead).clone()).collect()
    };
    let raws: Vec<Value> = leads.iter().map(|(_, lead, _)| lead.raw.clone()).collect();
    let scores: Vec<i16> = leads.iter().map(|(_, _, score)| i16::from(score.total)).collect();
    let reasons: Vec<Value> = leads
        .iter()
        .map(|(_, _, score)| serde_json::to_value(&score.reasons))
        .collect::<Result<_, _>>()
        .map_err(|error| sqlx::Error::Encode(error.into()))?;
    let created: Vec<DateTime<Utc>> = leads.iter().map(|(_, lead, _)| lead.created_at.unwrap_or(now)).collect();
    sqlx::query_scalar!(
        r#"with added as (
             insert into leads (id, source, external_id, raw, name, niche, phone, email, telegram, message, locale, domain,
                                score, reasons, created_at, received_at)
             select t.*, $16
             from unnest($1::uuid[], $2::text[], $3::text[], $4::jsonb[], $5::text[], $6::text[], $7::text[], $8::text[],
                         $9::text[], $10::text[], $11::text[], $12::text[], $13::smallint[], $14::jsonb[],
                         $15::timestamptz[]) as t
             on conflict (source, external_id) do nothing
             returning id
           ), told as (
             insert into lead_events (lead_id, at, to_state) select id, $16, 'new' from added
           )
           select id as "id!" from added"#,
        &ids,
        &required(|lead| &lead.source),
        &required(|lead| &lead.external_id),
        &raws,
        &required(|lead| &lead.name),
        &optional(|lead| &lead.niche) as &[Option<String>],
        &optional(|lead| &lead.phone) as &[Option<String>],
        &optional(|lead| &lead.email) as &[Option<String>],
        &optional(|lead| &lead.telegram) as &[Option<String>],
        &optional(|lead| &lead.message) as &[Option<String>],
        &optional(|lead| &lead.locale) as &[Option<String>],
        &optional(|lead| &lead.domain) as &[Option<String>],
        &scores,
        &reasons,
        &created,
        now
    )
    .fetch_all(conn)
    .await
}

pub(super) async fn by_ids(conn: &mut PgConnection, ids: &[Uuid]) -> sqlx::Result<Vec<Lead>> {
    read(select_leads!("where id = any($1) order by number", ids).fetch_all(conn).await?)
}

pub(super) async fn find(conn: &mut PgConnection, lead: LeadRef) -> sqlx::Result<Option<Lead>> {
    let row = match lead {
        LeadRef::Id(id) => select_leads!("where id = $1", id).fetch_optional(conn).await?,
        LeadRef::Number(number) => select_leads!("where number = $1", number).fetch_optional(conn).await?,
    };
    row.map(Lead::try_from).transpose()
}

/// The lead that a gateway calls so.
pub(super) async fn by_key(conn: &mut PgConnection, source: &str, external_id: &str) -> sqlx::Result<Option<Lead>> {
    let row = select_leads!("where source = $1 and external_id = $2", source, external_id).fetch_optional(conn).await?;
    row.map(Lead::try_from).transpose()
}

/// As [`find`], and nobody else changes it until the transaction ends.
pub(super) async fn hold(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<Lead>> {
    select_leads!("where id = $1 for update", id).fetch_optional(conn).await?.map(Lead::try_from).transpose()
}

/// Which leads a list shows; what is not said does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// In this state.
    pub state: Option<LeadState>,
    /// From this gateway.
    pub source: Option<String>,
    /// Somebody's, by Telegram id.
    pub holder: Option<i64>,
    /// With these words in name, message or addresses, each as a beginning; digits are looked for in telephone numbers.
    pub words: Option<String>,
}

/// Newest first, with numbers below `before`; merged ones are left out.
pub(super) async fn page(
    conn: &mut PgConnection,
    filter: &Filter,
    before: Option<i64>,
    limit: i64,
) -> sqlx::Result<Vec<Lead>> {
    if let Some(words) = &filter.words {
        let numbers = search::numbers(conn, filter, words, before, limit).await?;
        return read(select_leads!("where number = any($1) order by number desc", &numbers).fetch_all(conn).await?);
    }
    let rows = select_leads!(
        "where merged_into is null and ($1::text is null or state = $1) and ($2::bigint is null or number < $2) and ($4::text is null or source = $4) and ($5::bigint is null or assignee = $5) order by number desc limit $3",
        filter.state.map(LeadState::as_str),
        before,
        limit,
        filter.source,
        filter.holder
    );
    read(rows.fetch_all(conn).await?)
}

/// What moves of a lead when its state does.
pub(super) struct Change<'a> {
    pub(super) to: LeadState,
    pub(super) assignee: Option<i64>,
    pub(super) call_at: Option<DateTime<Utc>>,
    pub(super) why: Option<&'a str>,
}

/// Writes a move down, if the lead still is as it was read; `None` when it is not. What was promised and why it was closed
/// are those of the new state; of the same promise nobody is reminded twice.
pub(super) async fn change(
    conn: &mut PgConnection,
    lead: &Lead,
    change: &Change<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Lead>> {
    let closed_why = change.why.filter(|_| change.to.wants_reason());
    let version = sqlx::query_scalar!(
        "update leads set state = $3, assignee = $4, version = version + 1, updated_at = $5, call_at = $6, closed_why = $7,
                touched_at = coalesce(touched_at, $5), reminded = case when call_at = $6 then reminded else 0 end,
                reminded_at = case when call_at = $6 then reminded_at end
         where id = $1 and version = $2
         returning version",
        lead.id,
        lead.version,
        change.to.as_str(),
        change.assignee,
        now,
        change.call_at,
        closed_why
    )
    .fetch_optional(conn)
    .await?;
    Ok(version.map(|version| Lead {
        state: change.to,
        assignee: change.assignee,
        call_at: change.call_at,
        closed_why: closed_why.map(str::to_owned),
        version,
        ..lead.clone()
    }))
}

/// Somebody else has it from now on.
pub(super) async fn set_assignee(
    conn: &mut PgConnection,
    lead: &Lead,
    to: Option<i64>,
    now: DateTime<Utc>,
) -> sqlx::Result<Lead> {
    let version = sqlx::query_scalar!(
        "update leads set assignee = $2, version = version + 1, updated_at = $3, reminded = 0, reminded_at = null
         where id = $1 returning version",
        lead.id,
        to,
        now
    )
    .fetch_one(conn)
    .await?;
    Ok(Lead { assignee: to, version, ..lead.clone() })
}

/// Somebody did something with it that changed nothing of it.
pub(super) async fn touch(conn: &mut PgConnection, id: Uuid, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!("update leads set updated_at = $2, touched_at = coalesce(touched_at, $2) where id = $1", id, now)
        .execute(conn)
        .await?;
    Ok(())
}

/// Why it was closed, said afterwards.
pub(super) async fn set_reason(
    conn: &mut PgConnection,
    lead: &Lead,
    why: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<Lead> {
    let version = sqlx::query_scalar!(
        "update leads set closed_why = $2, version = version + 1, updated_at = $3 where id = $1 returning version",
        lead.id,
        why,
        now
    )
    .fetch_one(conn)
    .await?;
    Ok(Lead { closed_why: Some(why.to_owned()), version, ..lead.clone() })
}

pub(super) async fn set_request(
    conn: &mut PgConnection,
    id: Uuid,
    request: Option<Uuid>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update leads set request_id = $2, version = version + 1, updated_at = $3, reminded = 0, reminded_at = null
         where id = $1",
        id,
        request,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Leads without a card, oldest first; those that another process is just showing are left out.
pub(super) async fn waiting(conn: &mut PgConnection, limit: i64) -> sqlx::Result<Vec<Lead>> {
    let rows = select_leads!("where shown_at is null order by number limit $1 for update skip locked", limit);
    read(rows.fetch_all(conn).await?)
}

pub(super) async fn set_shown(conn: &mut PgConnection, id: Uuid, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!("update leads set shown_at = $2 where id = $1", id, now).execute(conn).await?;
    Ok(())
}

/// One at a time: who finds nobody to show a lead to, and who is just being let in. Held until the transaction ends.
pub(super) async fn lock_showing(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!(r#"select pg_advisory_xact_lock(hashtextextended('leads.show', 0))::text as "held""#)
        .fetch_one(conn)
        .await?;
    Ok(())
}

/// Told of by a digest instead of a card of their own.
pub(super) async fn set_all_shown(conn: &mut PgConnection, ids: &[Uuid], now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!("update leads set shown_at = $2 where id = any($1)", ids, now).execute(conn).await?;
    Ok(())
}
