//! What each container of a tenant was last seen doing.

use chrono::{DateTime, Utc};
use waas_platform::db::PgConnection;

use crate::tenants::model::Slug;

/// One container as last seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// The service's name in the stack.
    pub service: String,
    /// The container's name.
    pub name: String,
    /// The engine's id.
    pub engine_id: Option<String>,
    /// `running starting healthy unhealthy exited missing`.
    pub state: String,
    /// How it ended, when it did.
    pub exit_code: Option<i32>,
    /// The last lines of its log when it is not well, as the watcher read them; never stored here.
    pub log_tail: Option<String>,
}

impl Container {
    /// Whether it stands as it stood before; the log is no part of that.
    pub fn stands_as(&self, before: &Self) -> bool {
        let Self { service, name, engine_id, state, exit_code, log_tail: _ } = self;
        (service, name, engine_id, state, exit_code)
            == (&before.service, &before.name, &before.engine_id, &before.state, &before.exit_code)
    }
}

pub(in crate::tenants) async fn containers(conn: &mut PgConnection, slug: &Slug) -> sqlx::Result<Vec<Container>> {
    sqlx::query_as!(
        Container,
        "select service, name, engine_id, state, exit_code, null::text as log_tail
         from tenant_containers where tenant = $1 order by service",
        slug.as_str()
    )
    .fetch_all(conn)
    .await
}

/// Writes what was seen; services that are not in it any more go.
pub(in crate::tenants) async fn see_containers(
    conn: &mut PgConnection,
    slug: &Slug,
    seen: &[Container],
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let services: Vec<String> = seen.iter().map(|c| c.service.clone()).collect();
    let names: Vec<String> = seen.iter().map(|c| c.name.clone()).collect();
    let ids: Vec<Option<String>> = seen.iter().map(|c| c.engine_id.clone()).collect();
    let states: Vec<String> = seen.iter().map(|c| c.state.clone()).collect();
    let codes: Vec<Option<i32>> = seen.iter().map(|c| c.exit_code).collect();
    sqlx::query!("delete from tenant_containers where tenant = $1 and service <> all ($2)", slug.as_str(), &services)
        .execute(&mut *conn)
        .await?;
    sqlx::query!(
        "insert into tenant_containers (tenant, service, name, engine_id, state, exit_code, seen_at)
         select $1, service, name, engine_id, state, exit_code, $7
         from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::int[])
           as t (service, name, engine_id, state, exit_code)
         on conflict (tenant, service) do update
           set name = excluded.name, engine_id = excluded.engine_id, state = excluded.state,
               exit_code = excluded.exit_code, seen_at = excluded.seen_at",
        slug.as_str(),
        &services,
        &names,
        &ids as &[Option<String>],
        &states,
        &codes as &[Option<i32>],
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}
