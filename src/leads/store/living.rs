//! Leads that somebody works on.

use waas_platform::db::PgConnection;

use super::{Lead, Row, read};

/// The newest that are being worked on and were shown, oldest first.
pub(in crate::leads) async fn newest(conn: &mut PgConnection, limit: i64) -> sqlx::Result<Vec<Lead>> {
    let rows = select_leads!(
        "where state not in ('rejected', 'won', 'lost') and merged_into is null and shown_at is not null
         order by number desc limit $1",
        limit
    );
    Ok(read(rows.fetch_all(conn).await?)?.into_iter().rev().collect())
}
