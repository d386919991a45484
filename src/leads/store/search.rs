//! Leads by the words in them. Postgres cannot know how rare the beginning of a word is, so it is told how to look: first
//! among the newest leads, where words that many have are found at once; then, for rare ones, in the index of words.

use waas_platform::db::PgConnection;

use super::super::model::LeadState;
use super::Filter;

/// So many of the newest leads are looked through one by one.
const NEWEST: i64 = 2_000;

/// The numbers of the newest leads below `before` that the filter lets through, with `query` in place of its words.
pub(super) async fn numbers(
    conn: &mut PgConnection,
    filter: &Filter,
    query: &str,
    before: Option<i64>,
    limit: i64,
) -> sqlx::Result<Vec<i64>> {
    let state = filter.state.map(LeadState::as_str);
    let below = match before {
        Some(before) => before,
        None => {
            sqlx::query_scalar!("select max(number) from leads").fetch_one(&mut *conn).await?.unwrap_or_default() + 1
        }
    };
    let newest = sqlx::query_scalar!(
        "select number from leads
         where number < $1 and number >= $1 - $2::bigint and merged_into is null and words @@ to_tsquery('simple', $3)
           and ($4::text is null or state = $4) and ($5::text is null or source = $5)
           and ($6::bigint is null or assignee = $6)
         order by number desc limit $7",
        below,
        NEWEST,
        query,
        state,
        filter.source,
        filter.holder,
        limit
    )
    .fetch_all(&mut *conn)
    .await?;
    if i64::try_from(newest.len()).is_ok_and(|found| found >= limit) {
        return Ok(newest);
    }
    // `offset 0` keeps the planner from walking through all leads in the order of their numbers.
    sqlx::query_scalar!(
        "select number from (
           select number, state, source, assignee from leads
           where words @@ to_tsquery('simple', $2) and merged_into is null offset 0
         ) found
         where number < $1 and ($3::text is null or state = $3) and ($4::text is null or source = $4)
           and ($5::bigint is null or assignee = $5)
         order by number desc limit $6",
        below,
        query,
        state,
        filter.source,
        filter.holder,
        limit
    )
    .fetch_all(conn)
    .await
}
