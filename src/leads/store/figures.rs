//! Leads in figures.

use chrono::{DateTime, Utc};
use waas_platform::db::PgConnection;

use super::super::figures::Cell;

/// Counts of the leads that came since then, for each gateway, niche and operator. One pass over one index, without the leads;
/// how they ended is counted on the way, since each property more by which they are grouped is felt.
pub(in crate::leads) async fn cells(conn: &mut PgConnection, since: DateTime<Utc>) -> sqlx::Result<Vec<Cell>> {
    sqlx::query_as!(
        Cell,
        r#"select source, niche, assignee, count(*) as "count!",
                  count(*) filter (where state = 'won') as "won!",
                  count(*) filter (where state in ('rejected', 'lost')) as "closed!",
                  count(touched_at) as "touched!",
                  coalesce(extract(epoch from sum(touched_at - received_at))::float8, 0) as "waited_s!"
           from leads where merged_into is null and received_at >= $1
           group by source, niche, assignee"#,
        since
    )
    .fetch_all(conn)
    .await
}
