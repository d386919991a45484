//! Members as they are listed and changed.

use chrono::{DateTime, Utc};
use waas_platform::db::PgConnection;

use crate::access::model::{Role, Standing};

/// All owners, held until the transaction ends: whoever changes owners does so one after another, and sees what the one
/// before did.
pub(in crate::access) async fn hold_owners(conn: &mut PgConnection) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar!(
        "select person_id from members where role = 'owner' and state = 'active' order by person_id for update"
    )
    .fetch_all(conn)
    .await
}

/// Somebody who is or was a member, held until the transaction ends.
pub(in crate::access) async fn hold(conn: &mut PgConnection, person: i64) -> sqlx::Result<Option<Standing>> {
    let row = sqlx::query_as!(
        Row,
        "select m.person_id, p.first_name, p.last_name, p.username, m.role, m.since, m.revoked_at
         from members m join people p on p.id = m.person_id where m.person_id = $1 for update of m",
        person
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.and_then(Row::read))
}

/// Somebody who is or was a member.
pub(in crate::access) async fn find(conn: &mut PgConnection, person: i64) -> sqlx::Result<Option<Standing>> {
    let row = sqlx::query_as!(
        Row,
        "select m.person_id, p.first_name, p.last_name, p.username, m.role, m.since, m.revoked_at
         from members m join people p on p.id = m.person_id where m.person_id = $1",
        person
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.and_then(Row::read))
}

/// Members, the strongest role first, then by name; after this person. Those who were removed come last, if at all.
pub(in crate::access) async fn page(
    conn: &mut PgConnection,
    with_removed: bool,
    after: Option<i64>,
    limit: i64,
) -> sqlx::Result<Vec<Standing>> {
    let rows = sqlx::query_as!(
        Row,
        r#"with ranked as (
             select m.person_id, p.first_name, p.last_name, p.username, m.role, m.since, m.revoked_at,
                    array_position(array['owner', 'operator', 'viewer'], m.role)
                      + case when m.state = 'revoked' then 3 else 0 end as rank
             from members m join people p on p.id = m.person_id
           )
           select person_id as "person_id!", first_name as "first_name!", last_name as "last_name?",
                  username as "username?", role as "role!", since as "since!", revoked_at as "revoked_at?"
           from ranked
           where ($1 or revoked_at is null)
             and ($2::bigint is null or (rank, first_name, person_id)
                  > (select rank, first_name, person_id from ranked where person_id = $2))
           order by rank, first_name, person_id limit $3"#,
        with_removed,
        after,
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().filter_map(Row::read).collect())
}

pub(in crate::access) async fn set_role(conn: &mut PgConnection, person: i64, role: Role) -> sqlx::Result<()> {
    sqlx::query!("update members set role = $2 where person_id = $1", person, role.word()).execute(conn).await?;
    Ok(())
}

pub(in crate::access) async fn revoke(conn: &mut PgConnection, person: i64, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!("update members set state = 'revoked', revoked_at = $2 where person_id = $1", person, now)
        .execute(conn)
        .await?;
    Ok(())
}

struct Row {
    person_id: i64,
    first_name: String,
    last_name: Option<String>,
    username: Option<String>,
    role: String,
    since: DateTime<Utc>,
    revoked_at: Option<DateTime<Utc>>,
}

impl Row {
    /// None for a role that a newer version of the hub wrote.
    fn read(self) -> Option<Standing> {
        Some(Standing {
            id: self.person_id,
            first_name: self.first_name,
            last_name: self.last_name,
            username: self.username,
            role: self.role.parse().ok()?,
            since: self.since,
            removed_at: self.revoked_at,
        })
    }
}
