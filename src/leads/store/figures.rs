//! Leads in figures.

use chrono::{DateTime, Utc};
use waas_platform::db::PgConnection;

use super::super::figures::{Group, Line};

/// Counts by one property of the leads that came since then, most first. Read from one index, without the leads.
pub(in crate::leads) async fn by(
    conn: &mut PgConnection,
    group: Group,
    since: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<Vec<Line>> {
    sqlx::query_as!(
        Line,
        r#"select case $1 when 'source' then source when 'niche' then niche when 'operator' then assignee::text end as "of",
                  count(*) as "count!", count(touched_at) as "touched!",
                  extract(epoch from percentile_cont(0.5) within group (order by touched_at - received_at))::float8
                    as "first_touch_s",
                  count(*) filter (where state = 'won') as "won!",
                  count(*) filter (where state in ('rejected', 'lost')) as "closed!"
           from leads where merged_into is null and received_at >= $2
           group by 1 order by 2 desc, 1 limit $3"#,
        group.word(),
        since,
        limit
    )
    .fetch_all(conn)
    .await
}
