//! The SQL of clients: their sites and what is said with them.

use chrono::{DateTime, Utc};
use uuid::Uuid;
use waas_platform::db::PgConnection;
use waas_platform::telegram::BotId;

use super::model::{Content, Message, Site, Stage, Thread};

pub(super) mod reminders;

struct SiteRow {
    id: Uuid,
    lead_id: Option<Uuid>,
    tenant: Option<String>,
    person_id: i64,
    bot_id: i64,
    name: String,
    address: Option<String>,
    stage: String,
    why: Option<String>,
}

impl TryFrom<SiteRow> for Site {
    type Error = sqlx::Error;

    fn try_from(row: SiteRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.id,
            lead: row.lead_id,
            tenant: row.tenant,
            person: row.person_id,
            bot: BotId(row.bot_id),
            name: row.name,
            address: row.address,
            stage: Stage::from_word(&row.stage).ok_or_else(|| sqlx::Error::Decode(row.stage.clone().into()))?,
            why: row.why,
        })
    }
}

fn read(rows: Vec<SiteRow>) -> sqlx::Result<Vec<Site>> {
    rows.into_iter().map(Site::try_from).collect()
}

/// A client's sites, oldest first.
pub(super) async fn sites_of(conn: &mut PgConnection, bot: BotId, person: i64) -> sqlx::Result<Vec<Site>> {
    let rows = sqlx::query_as!(
        SiteRow,
        "select id, lead_id, tenant, person_id, bot_id, name, address, stage, why from client_sites
         where bot_id = $1 and person_id = $2 order by created_at, id",
        bot.0,
        person
    );
    read(rows.fetch_all(conn).await?)
}

/// What came of a lead last.
pub(super) async fn site_of_lead(conn: &mut PgConnection, lead: Uuid) -> sqlx::Result<Option<Site>> {
    let row = sqlx::query_as!(
        SiteRow,
        "select id, lead_id, tenant, person_id, bot_id, name, address, stage, why from client_sites
         where lead_id = $1 order by created_at desc, id desc limit 1",
        lead
    );
    row.fetch_optional(conn).await?.map(Site::try_from).transpose()
}

/// Whoever took a tenant's site over last, as its client.
pub(super) async fn site_of_tenant(conn: &mut PgConnection, slug: &str) -> sqlx::Result<Option<Site>> {
    let row = sqlx::query_as!(
        SiteRow,
        "select id, lead_id, tenant, person_id, bot_id, name, address, stage, why from client_sites
         where tenant = $1 order by created_at desc, id desc limit 1",
        slug
    );
    row.fetch_optional(conn).await?.map(Site::try_from).transpose()
}

/// The site of a request, held until the transaction ends.
pub(super) async fn hold_site(conn: &mut PgConnection, request: Uuid) -> sqlx::Result<Option<Site>> {
    let row = sqlx::query_as!(
        SiteRow,
        "select id, lead_id, tenant, person_id, bot_id, name, address, stage, why from client_sites
         where request_id = $1 for update",
        request
    );
    row.fetch_optional(conn).await?.map(Site::try_from).transpose()
}

/// Whether it is new: one row a request, and one a tenant and client.
pub(super) async fn add_site(
    conn: &mut PgConnection,
    site: &Site,
    request: Option<Uuid>,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let added = sqlx::query!(
        "insert into client_sites
           (id, request_id, lead_id, tenant, person_id, bot_id, name, address, stage, why, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
         on conflict do nothing",
        site.id,
        request,
        site.lead,
        site.tenant,
        site.person,
        site.bot.0,
        site.name,
        site.address,
        site.stage.word(),
        site.why,
        now
    );
    Ok(added.execute(conn).await?.rows_affected() == 1)
}

pub(super) async fn set_site(conn: &mut PgConnection, site: &Site, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!(
        "update client_sites set tenant = $2, address = $3, stage = $4, why = $5, updated_at = $6 where id = $1",
        site.id,
        site.tenant,
        site.address,
        site.stage.word(),
        site.why,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn rename(conn: &mut PgConnection, request: Uuid, name: &str) -> sqlx::Result<()> {
    sqlx::query!("update client_sites set name = $2 where request_id = $1", request, name).execute(conn).await?;
    Ok(())
}

struct ThreadRow {
    id: Uuid,
    bot_id: i64,
    person_id: i64,
    lead_id: Option<Uuid>,
    open: bool,
    unanswered: i32,
    files: i32,
    noticed_at: Option<DateTime<Utc>>,
}

impl From<ThreadRow> for Thread {
    fn from(row: ThreadRow) -> Self {
        Self {
            id: row.id,
            bot: BotId(row.bot_id),
            person: row.person_id,
            lead: row.lead_id,
            open: row.open,
            unanswered: row.unanswered,
            files: row.files,
            noticed_at: row.noticed_at,
        }
    }
}

/// The open thread of a client; begun now when there is none. Held until the transaction ends. `true`: it is new.
pub(super) async fn begin(
    conn: &mut PgConnection,
    id: Uuid,
    bot: BotId,
    person: i64,
    now: DateTime<Utc>,
) -> sqlx::Result<(Thread, bool)> {
    let added = sqlx::query!(
        "insert into client_threads (id, bot_id, person_id, opened_at) values ($1, $2, $3, $4)
         on conflict (bot_id, person_id) where state = 'open' do nothing",
        id,
        bot.0,
        person,
        now
    );
    let new = added.execute(&mut *conn).await?.rows_affected() == 1;
    let thread = open_of(conn, bot, person).await?.ok_or(sqlx::Error::RowNotFound)?;
    Ok((thread, new))
}

/// The open thread of a client, held until the transaction ends.
pub(super) async fn open_of(conn: &mut PgConnection, bot: BotId, person: i64) -> sqlx::Result<Option<Thread>> {
    let row = sqlx::query_as!(
        ThreadRow,
        r#"select id, bot_id, person_id, lead_id, state = 'open' as "open!", unanswered, files, noticed_at
           from client_threads where bot_id = $1 and person_id = $2 and state = 'open' for update"#,
        bot.0,
        person
    );
    Ok(row.fetch_optional(conn).await?.map(Thread::from))
}

/// The newest open threads of a bot, oldest first.
pub(super) async fn open_threads(conn: &mut PgConnection, bot: BotId, limit: i64) -> sqlx::Result<Vec<Uuid>> {
    let mut newest = sqlx::query_scalar!(
        "select id from client_threads where bot_id = $1 and state = 'open' order by opened_at desc, id limit $2",
        bot.0,
        limit
    )
    .fetch_all(conn)
    .await?;
    newest.reverse();
    Ok(newest)
}

/// A thread, held until the transaction ends.
pub(super) async fn hold(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<Thread>> {
    let row = sqlx::query_as!(
        ThreadRow,
        r#"select id, bot_id, person_id, lead_id, state = 'open' as "open!", unanswered, files, noticed_at
           from client_threads where id = $1 for update"#,
        id
    );
    Ok(row.fetch_optional(conn).await?.map(Thread::from))
}

/// Writes what moves of an open thread.
pub(super) async fn keep(conn: &mut PgConnection, thread: &Thread) -> sqlx::Result<()> {
    sqlx::query!(
        "update client_threads set lead_id = $2, unanswered = $3, files = $4, noticed_at = $5 where id = $1",
        thread.id,
        thread.lead,
        thread.unanswered,
        thread.files,
        thread.noticed_at
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn close(conn: &mut PgConnection, id: Uuid, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!("update client_threads set state = 'closed', closed_at = $2 where id = $1", id, now)
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn add_message(
    conn: &mut PgConnection,
    thread: Uuid,
    person: i64,
    by_client: bool,
    content: &Content,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into client_messages (thread_id, at, person_id, by_client, body, file) values ($1, $2, $3, $4, $5, $6)",
        thread,
        now,
        person,
        by_client,
        content.body(),
        content.file()
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The newest messages of a thread, oldest first, and how many there are in all.
pub(super) async fn messages(conn: &mut PgConnection, thread: Uuid, limit: i64) -> sqlx::Result<(Vec<Message>, i64)> {
    let mut newest = sqlx::query_as!(
        Message,
        "select at, person_id as person, by_client, body, file from client_messages where thread_id = $1
         order by id desc limit $2",
        thread,
        limit
    )
    .fetch_all(&mut *conn)
    .await?;
    newest.reverse();
    let count = sqlx::query_scalar!(r#"select count(*) as "count!" from client_messages where thread_id = $1"#, thread);
    Ok((newest, count.fetch_one(conn).await?))
}
