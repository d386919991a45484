//! Leads in figures.

use chrono::{DateTime, Utc};
use waas_platform::db::PgConnection;

use super::super::figures::Cell;

/// Counts of the leads that came since then, for each gateway, niche, operator and end of their own. One pass over one
/// index, without the leads.
pub(in crate::leads) async fn cells(conn: &mut PgConnection, since: DateTime<Utc>) -> sqlx::Result<Vec<Cell>> {
    sqlx::query_as!(
        Cell,
        r#"select source, niche, assignee, state = 'won' as "won!", state in ('rejected', 'lost') as "closed!",
                  count(*) as "count!", count(touched_at) as "touched!",
                  coalesce(extract(epoch from sum(touched_at - received_at))::float8, 0) as "waited_s!"
           from leads where merged_into is null and received_at >= $1
           group by source, niche, assignee, state"#,
        since
    )
    .fetch_all(conn)
    .await
}
