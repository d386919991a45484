//! Who has leads, and which.

use uuid::Uuid;
use waas_platform::db::PgConnection;

/// Who has open leads.
pub(in crate::leads) async fn all(conn: &mut PgConnection) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar!(
        r#"select distinct assignee as "person!" from leads
           where assignee is not null and state in ('taken', 'contacted', 'qualified', 'onboarding')"#
    )
    .fetch_all(conn)
    .await
}

/// Somebody's open leads, oldest first.
pub(in crate::leads) async fn leads_of(conn: &mut PgConnection, person: i64) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "select id from leads
         where assignee = $1 and state in ('taken', 'contacted', 'qualified', 'onboarding') order by number",
        person
    )
    .fetch_all(conn)
    .await
}
