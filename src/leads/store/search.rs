//! Leads by the words in them. Postgres cannot know how rare the beginning of a word is, so it is told how to look: first
//! among the newest leads, where words that many have are found at once; then, for rare ones, in the index of words.

use waas_platform::db::PgConnection;

use super::super::model::LeadState;
use super::Filter;

/// So many of the newest leads are looked through one by one.
const NEWEST: i64 = 2_000;

/// The numbers of the newest leads below `before` that the filter lets through, with these words in them.
pub(super) async fn numbers(
    conn: &mut PgConnection,
    filter: &Filter,
    typed: &str,
    before: Option<i64>,
    limit: i64,
) -> sqlx::Result<Vec<i64>> {
    let query = query(typed);
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

/// What was typed as a query of Postgres: every word as a beginning, all of them. Of a telephone number its digits count,
/// without what stands before the area. Nothing of it can be read as an operator: only letters and digits are left.
fn query(typed: &str) -> String {
    let is_phone =
        typed.chars().any(|c| c.is_ascii_digit()) && typed.chars().all(|c| c.is_ascii_digit() || " +-/().".contains(c));
    if is_phone {
        let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
        let digits = digits.trim_start_matches('0');
        if digits.is_empty() {
            return String::new();
        }
        return format!("{digits}:* | {}:*", &digits[digits.len().saturating_sub(8)..]);
    }
    let words: Vec<String> = typed
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| format!("{word}:*"))
        .collect();
    words.join(" & ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::query;

    #[test]
    fn what_is_typed_becomes_beginnings_of_words() {
        assert_eq!(query("Anna web"), "Anna:* & web:*");
        assert_eq!(query("new-salon.de"), "new:* & salon:* & de:*");
        assert_eq!(query("Анна & !x | (y"), "Анна:* & x:* & y:*");
        assert_eq!(query("+49 30 / 123456"), "4930123456:* | 30123456:*");
        assert_eq!(query("030 123456"), "30123456:* | 30123456:*");
        assert_eq!((query("12"), query("&|!"), query("00")), ("12:* | 12:*".to_owned(), String::new(), String::new()));
    }

    proptest! {
        #[test]
        fn nothing_typed_can_be_an_operator(typed in "\\PC{0,60}") {
            let query = query(&typed);
            let words = query.split([' ']).filter(|part| !["&", "|"].contains(part));
            for word in words.filter(|word| !word.is_empty()) {
                let bare = word.trim_end_matches(":*");
                prop_assert!(bare.chars().all(char::is_alphanumeric), "{query}");
            }
        }
    }
}
