//! The SQL of tenants: the rows themselves here, what hangs on them beside.

mod containers;
mod holdings;

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;
use waas_platform::db::PgConnection;

use super::model::{Health, Slug, TenantState};
pub use containers::Container;
pub(super) use containers::{containers, see_containers};
pub(super) use holdings::{claim_port, claimed_ports, forget_secrets, keep_secret, release_port, secrets};

/// A tenant as it stands.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// Its name.
    pub slug: Slug,
    /// Its host name.
    pub domain: String,
    /// `managed`, or `registered` for one that runs elsewhere.
    pub kind: String,
    /// Where it stands in its life.
    pub state: TenantState,
    /// What it was before it was deleted.
    pub state_before: Option<TenantState>,
    /// Made from this template.
    pub template: Option<String>,
    /// In this version.
    pub template_version: Option<String>,
    /// The site's language.
    pub locale: String,
    /// The site's time zone.
    pub timezone: String,
    /// The template's inputs.
    pub inputs: Value,
    /// The lead it came from.
    pub lead_id: Option<Uuid>,
    /// The client, once known.
    pub client_id: Option<i64>,
    /// Its port on loopback.
    pub port: Option<u16>,
    /// How it is doing.
    pub health: Health,
    /// Grows with each change.
    pub version: i64,
    /// Since when it exists.
    pub created_at: DateTime<Utc>,
    /// When what was deleted goes for good.
    pub erase_after: Option<DateTime<Utc>>,
}

struct Row {
    slug: String,
    domain: String,
    kind: String,
    state: String,
    state_before: Option<String>,
    template: Option<String>,
    template_version: Option<String>,
    locale: String,
    timezone: String,
    inputs: Value,
    lead_id: Option<Uuid>,
    client_id: Option<i64>,
    port: Option<i32>,
    health: String,
    version: i64,
    created_at: DateTime<Utc>,
    erase_after: Option<DateTime<Utc>>,
}

impl TryFrom<Row> for Tenant {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> Result<Self, sqlx::Error> {
        let unreadable = |what: String| sqlx::Error::Decode(what.into());
        Ok(Self {
            slug: row.slug.parse().map_err(|error| unreadable(format!("slug: {error}")))?,
            domain: row.domain,
            kind: row.kind,
            state: TenantState::from_word(&row.state).ok_or_else(|| unreadable(format!("state {}", row.state)))?,
            state_before: row.state_before.as_deref().and_then(TenantState::from_word),
            template: row.template,
            template_version: row.template_version,
            locale: row.locale,
            timezone: row.timezone,
            inputs: row.inputs,
            lead_id: row.lead_id,
            client_id: row.client_id,
            port: row.port.and_then(|port| u16::try_from(port).ok()),
            health: Health::from_word(&row.health),
            version: row.version,
            created_at: row.created_at,
            erase_after: row.erase_after,
        })
    }
}

pub(super) async fn find(conn: &mut PgConnection, slug: &Slug) -> sqlx::Result<Option<Tenant>> {
    let row = sqlx::query_as!(
        Row,
        "select slug, domain, kind, state, state_before, template, template_version, locale, timezone, inputs, lead_id,
                client_id, port, health, version, created_at, erase_after
         from tenants where slug = $1",
        slug.as_str()
    )
    .fetch_optional(conn)
    .await?;
    row.map(Tenant::try_from).transpose()
}

/// A page in order of slug, after `cursor`.
pub(super) async fn page(conn: &mut PgConnection, cursor: Option<&str>, limit: i64) -> sqlx::Result<Vec<Tenant>> {
    let rows = sqlx::query_as!(
        Row,
        "select slug, domain, kind, state, state_before, template, template_version, locale, timezone, inputs, lead_id,
                client_id, port, health, version, created_at, erase_after
         from tenants where slug > coalesce($1, '') order by slug limit $2",
        cursor,
        limit
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Tenant::try_from).collect()
}

/// Keeps others from changing the tenant until the transaction ends.
pub(super) async fn lock(conn: &mut PgConnection, slug: &Slug) -> sqlx::Result<()> {
    sqlx::query!("select slug from tenants where slug = $1 for update", slug.as_str()).fetch_optional(conn).await?;
    Ok(())
}

/// Tenants that may have containers.
pub(super) async fn built(conn: &mut PgConnection) -> sqlx::Result<Vec<Slug>> {
    let slugs = sqlx::query_scalar!(
        "select slug from tenants where kind = 'managed' and state not in ('planned', 'failed') order by slug"
    )
    .fetch_all(conn)
    .await?;
    Ok(slugs.iter().filter_map(|slug| slug.parse().ok()).collect())
}

/// All names.
pub(super) async fn names(conn: &mut PgConnection) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!("select slug from tenants order by slug").fetch_all(conn).await
}

/// How many tenants that should run are in each health, by its word.
pub(super) async fn healths(conn: &mut PgConnection) -> sqlx::Result<Vec<(String, i64)>> {
    let rows = sqlx::query!(
        r#"select health, count(*) as "count!" from tenants where state in ('live', 'registered') group by health"#
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.health, row.count)).collect())
}

/// Adds a tenant that runs elsewhere; `false` when slug, label or domain is taken.
pub(super) async fn register(conn: &mut PgConnection, slug: &Slug, domain: &str) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "insert into tenants (slug, label, domain, kind, state) values ($1, $2, $3, 'registered', 'registered')
         on conflict do nothing",
        slug.as_str(),
        slug.label(),
        domain
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Which of these names are tenants.
pub(super) async fn existing(conn: &mut PgConnection, names: &[String]) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!("select slug from tenants where slug = any($1)", names).fetch_all(conn).await
}

/// How a tenant that runs elsewhere is, by what it lets hear; nothing of one that stands here.
pub(super) async fn hear(conn: &mut PgConnection, slug: &str, health: Health) -> sqlx::Result<()> {
    sqlx::query!(
        "update tenants set health = $2 where slug = $1 and state = 'registered' and health <> $2",
        slug,
        health.word()
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A new tenant, as a confirmed plan describes it.
#[derive(Clone, Debug)]
pub struct NewTenant {
    /// Its name.
    pub slug: Slug,
    /// Its host name.
    pub domain: String,
    /// Made from this template.
    pub template: String,
    /// In this version.
    pub template_version: String,
    /// The site's language.
    pub locale: String,
    /// The site's time zone.
    pub timezone: String,
    /// The template's inputs.
    pub inputs: Value,
    /// The lead it comes from.
    pub lead_id: Option<Uuid>,
    /// The client, when known already.
    pub client_id: Option<i64>,
    /// The saga that makes it.
    pub built_by: String,
}

/// Adds a planned tenant; `false` when slug, label or domain is taken.
pub(super) async fn insert(conn: &mut PgConnection, new: &NewTenant) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "insert into tenants (slug, label, domain, kind, state, template, template_version, locale, timezone, inputs,
                              lead_id, client_id, built_by)
         values ($1, $2, $3, 'managed', 'planned', $4, $5, $6, $7, $8, $9, $10, $11)
         on conflict do nothing",
        new.slug.as_str(),
        new.slug.label(),
        new.domain,
        new.template,
        new.template_version,
        new.locale,
        new.timezone,
        new.inputs,
        new.lead_id,
        new.client_id,
        new.built_by
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether the plan with this mark is what made the tenant.
pub(super) async fn built_by(conn: &mut PgConnection, slug: &Slug, mark: &str) -> sqlx::Result<bool> {
    let found = sqlx::query_scalar!("select slug from tenants where slug = $1 and built_by = $2", slug.as_str(), mark)
        .fetch_optional(conn)
        .await?;
    Ok(found.is_some())
}

/// Who holds a slug (or its label) or a domain.
pub(super) async fn holder(
    conn: &mut PgConnection,
    slug: Option<&Slug>,
    domain: Option<&str>,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        "select slug from tenants where label = $1 or domain = $2 limit 1",
        slug.map(Slug::label),
        domain
    )
    .fetch_optional(conn)
    .await
}

/// Moves the state; the caller has asked the transition function. `false` when the tenant has changed since it was read.
pub(super) async fn set_state(
    conn: &mut PgConnection,
    tenant: &Tenant,
    state: TenantState,
    now: DateTime<Utc>,
    erase_after: Option<DateTime<Utc>>,
) -> sqlx::Result<bool> {
    let deleted = state == TenantState::Deleted;
    let done = sqlx::query!(
        "update tenants
         set state = $3, version = version + 1,
             state_before = case when $4 and state <> 'deleted' then state when $4 then state_before end,
             deleted_at = case when $4 then coalesce(deleted_at, $5) end,
             erase_after = case when $4 then coalesce(erase_after, $6) end,
             live_at = case when $3 = 'live' then coalesce(live_at, $5) else live_at end
         where slug = $1 and version = $2",
        tenant.slug.as_str(),
        tenant.version,
        state.word(),
        deleted,
        now,
        erase_after
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn remove(conn: &mut PgConnection, slug: &Slug) -> sqlx::Result<()> {
    sqlx::query!("delete from tenants where slug = $1", slug.as_str()).execute(conn).await?;
    Ok(())
}

pub(super) async fn set_client(conn: &mut PgConnection, slug: &Slug, person: i64) -> sqlx::Result<()> {
    sqlx::query!("update tenants set client_id = coalesce(client_id, $2) where slug = $1", slug.as_str(), person)
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn set_spec_hash(conn: &mut PgConnection, slug: &Slug, hash: &str) -> sqlx::Result<()> {
    sqlx::query!("update tenants set spec_hash = $2 where slug = $1", slug.as_str(), hash).execute(conn).await?;
    Ok(())
}

pub(super) async fn set_health(conn: &mut PgConnection, slug: &Slug, health: Health) -> sqlx::Result<()> {
    sqlx::query!("update tenants set health = $2 where slug = $1 and health <> $2", slug.as_str(), health.word())
        .execute(conn)
        .await?;
    Ok(())
}
