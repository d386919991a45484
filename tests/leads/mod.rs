//! Leads against a real database and a real Redis.

mod calls;
mod chat;
mod desk;
mod figures;
mod flood;
mod hands;
mod http;
mod intake;
mod late;
mod moves;
mod redis;
mod waits;

use std::sync::Arc;

use anyhow::Context as _;
use chrono::Duration;
use chrono_tz::Tz;
use serde_json::{Value, json};
use waas_hub::access::{self, Role};
use waas_hub::audit::Actor;
use waas_hub::front::Front;
use waas_hub::leads::{self, Lead, NewLead, Rules};
use waas_platform::clock::Clock;
use waas_platform::db::{PgConnection, PgPool};
use waas_platform::render::{Missing, Renderer, Share, Words};
use waas_platform::secrets::MasterKey;
use waas_platform::telegram::{BotId, Person};

const BOT: BotId = BotId(7_000);
const BO: i64 = 101;
const EVA: i64 = 102;

pub(crate) fn front() -> Front {
    let share = Share::default();
    let words = Arc::new(Words::load(&share, Missing::Refuse).expect("our catalogues"));
    Front::new(Arc::new(Renderer::load(&share, words).expect("our layouts")), "en", Tz::UTC)
}

fn rules() -> Rules {
    leads::rules(&Share::default(), None).expect("the shipped rules")
}

pub(crate) fn keys() -> MasterKey {
    MasterKey::parse(&MasterKey::generate()).expect("a fresh key")
}

fn anna(id: &str) -> Value {
    json!({
        "id": id, "source": "codex-dlc.com", "niche": "beauty_salon", "name": "Anna Weber",
        "phone": "+4930123456", "message": "Need online booking", "domain": "new-salon.de", "ours": "unknown fields stay"
    })
}

fn read(sent: &Value) -> NewLead {
    NewLead::from_value(sent.clone()).expect("a lead")
}

async fn accept(conn: &mut PgConnection, sent: &[Value]) -> anyhow::Result<leads::Accepted> {
    let new: Vec<NewLead> = sent.iter().map(read).collect();
    Ok(leads::accept(conn, &rules(), &new, Clock::system().now()).await?)
}

async fn one_lead(conn: &mut PgConnection) -> anyhow::Result<Lead> {
    accept(conn, &[anna("1")]).await?.new.pop().context("the lead is new")
}

/// Lets somebody in the way people are let in: by a code.
async fn enrol(conn: &mut PgConnection, id: i64, first_name: &str, role: Role) -> anyhow::Result<()> {
    let (keys, now) = (keys(), Clock::system().now());
    let person = Person { id, first_name: first_name.to_owned(), last_name: None, username: None, language: None };
    access::remember(conn, &person).await?;
    let actor = Actor::Terminal("test".to_owned());
    let code = access::make_code(conn, &keys, &actor, role, now, Duration::minutes(10)).await?;
    access::enrol(conn, &keys, &person, &code.code, now).await?;
    Ok(())
}

/// The text of every card of a kind, oldest first.
async fn cards(pool: &PgPool, kind: &str) -> anyhow::Result<Vec<String>> {
    let views: Vec<Value> = sqlx::query_scalar("select view from cards where kind = $1 order by created_at, id")
        .bind(kind)
        .fetch_all(pool)
        .await?;
    Ok(views.iter().map(|view| view["html"].as_str().unwrap_or_default().to_owned()).collect())
}

async fn count(pool: &PgPool, table: &str) -> anyhow::Result<i64> {
    let sql = format!("select count(*) from {table}");
    Ok(sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(pool).await?)
}

/// Whether a transaction of this database waits for a lock of another.
pub(crate) async fn somebody_waits(pool: &PgPool) -> anyhow::Result<bool> {
    Ok(count(pool, "pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'").await? > 0)
}
