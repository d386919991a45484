//! Leads that may be the same person, and those that turned out to be.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;
use waas_platform::db::PgConnection;

use super::super::model::{LeadState, NewLead};
use super::super::score::Score;
use super::{Lead, Row, read};

/// Other leads with this lead's telephone number or e-mail address, oldest first.
pub(in crate::leads) async fn of(conn: &mut PgConnection, lead: &Lead, limit: i64) -> sqlx::Result<Vec<Lead>> {
    // By an array of keys: with two conditions and an order the planner walks all leads, 500 ms of 100,000.
    read(
        select_leads!(
            "where merged_into is null and id <> $1 and id = any (array(select p.id from leads p where p.phone_end = (select phone_end from leads where id = $1) union all select m.id from leads m where lower(m.email) = lower($2))) order by number limit $3",
            lead.id,
            lead.email,
            limit
        )
        .fetch_all(conn)
        .await?,
    )
}

/// What was sent, as the score reads it, whole.
pub(in crate::leads) async fn raw(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Value> {
    sqlx::query_scalar!("select raw from leads where id = $1", id).fetch_one(conn).await
}

/// The lead turned out to be another one; so did those that had turned out to be it.
pub(in crate::leads) async fn merge(
    conn: &mut PgConnection,
    from: Uuid,
    into: Uuid,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update leads set merged_into = $2, version = version + 1, updated_at = $3 where id = $1 or merged_into = $1",
        from,
        into,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What was promised to the twin, with its holder and how often they were reminded of it, becomes the lead's.
pub(in crate::leads) async fn take_promise(
    conn: &mut PgConnection,
    lead: &Lead,
    twin: &Lead,
    now: DateTime<Utc>,
) -> sqlx::Result<Lead> {
    let taken = sqlx::query!(
        "update leads l set state = 'contacted', call_at = t.call_at, assignee = coalesce(t.assignee, l.assignee),
                reminded = t.reminded, reminded_at = t.reminded_at, version = l.version + 1, updated_at = $3
         from leads t where l.id = $1 and t.id = $2
         returning l.version, l.assignee, l.call_at",
        lead.id,
        twin.id,
        now
    )
    .fetch_one(conn)
    .await?;
    let state = LeadState::Contacted;
    Ok(Lead { state, assignee: taken.assignee, call_at: taken.call_at, version: taken.version, ..lead.clone() })
}

/// Writes the facts of a lead anew, with the score that they make.
pub(in crate::leads) async fn set_facts(
    conn: &mut PgConnection,
    lead: &Lead,
    facts: &NewLead,
    score: &Score,
    now: DateTime<Utc>,
) -> sqlx::Result<Lead> {
    let reasons = serde_json::to_value(&score.reasons).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let version = sqlx::query_scalar!(
        "update leads set niche = $2, phone = $3, email = $4, telegram = $5, message = $6, locale = $7, domain = $8,
                score = $9, reasons = $10, version = version + 1, updated_at = $11
         where id = $1 returning version",
        lead.id,
        facts.niche,
        facts.phone,
        facts.email,
        facts.telegram,
        facts.message,
        facts.locale,
        facts.domain,
        i16::from(score.total),
        reasons,
        now
    )
    .fetch_one(conn)
    .await?;
    Ok(Lead {
        niche: facts.niche.clone(),
        phone: facts.phone.clone(),
        email: facts.email.clone(),
        telegram: facts.telegram.clone(),
        message: facts.message.clone(),
        locale: facts.locale.clone(),
        domain: facts.domain.clone(),
        score: score.clone(),
        version,
        ..lead.clone()
    })
}
