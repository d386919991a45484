//! `POST /v1/leads` over a real socket, a real database and real signatures.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use chrono::TimeDelta;
use futures_util::future::try_join_all;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use sqlx::postgres::PgPoolOptions;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use waas_hub::audit::Actor;
use waas_hub::keys::{self, Away, Created, Gateway, Holder, NewKey, Ring};
use waas_hub::leads::{self, HttpSettings};
use waas_platform::clock::Clock;
use waas_platform::db::PgPool;
use waas_platform::secrets::{MasterKey, Secret};
use waas_platform::web::{self, auth::Claim};

use super::{anna, count, keys as master_key, rules};
use crate::database::with_database;

/// The door, open on a port of its own.
struct Door {
    pool: PgPool,
    master: Arc<MasterKey>,
    clock: Clock,
    url: String,
    client: Client,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Door {
    async fn open(pool: &PgPool, settings: HttpSettings) -> anyhow::Result<Self> {
        let (master, clock) = (Arc::new(master_key()), Clock::manual(Clock::system().now()));
        let ring = Arc::new(Ring::new(pool.clone(), Arc::clone(&master), clock.clone()));
        let (routes, receiver) = leads::api::open(pool.clone(), ring, Arc::new(rules()), clock.clone(), settings);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/v1/leads", listener.local_addr()?);
        let (stop, mut tasks) = (CancellationToken::new(), JoinSet::new());
        tasks.spawn(receiver.run(stop.clone()));
        let ended = stop.clone();
        tasks.spawn(async move {
            web::serve(listener, routes, ended, Duration::from_secs(5)).await.expect("it serves");
        });
        Ok(Self { pool: pool.clone(), master, clock, url, client: Client::new(), stop, tasks })
    }

    async fn key(&self, name: &str) -> anyhow::Result<NewKey> {
        let holder = Holder::Gateway(name.parse::<Gateway>()?);
        let actor = Actor::Terminal("test".to_owned());
        match keys::create(&mut *self.pool.acquire().await?, &self.master, &holder, &actor).await? {
            Created::Key(key) => Ok(key),
            other => anyhow::bail!("{other:?}"),
        }
    }

    fn post(&self, body: impl Into<reqwest::Body>) -> RequestBuilder {
        self.client.post(&self.url).header("content-type", "application/json").body(body)
    }

    fn bearing(&self, key: &NewKey, body: &Value) -> RequestBuilder {
        self.post(body.to_string()).bearer_auth(key.bearer.expose())
    }

    /// Signed by the specification, by code that is not ours.
    fn signed(&self, key: &NewKey, id: &str, body: &str) -> anyhow::Result<RequestBuilder> {
        let at = self.clock.now().timestamp();
        let signature = standardwebhooks::Webhook::new(key.webhook_secret.expose())?.sign(id, at, body.as_bytes())?;
        let signed = self.post(body.to_owned()).header("webhook-id", id).header("webhook-timestamp", at.to_string());
        Ok(signed.header("webhook-signature", signature))
    }

    async fn close(mut self) {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}

async fn told(response: Response) -> anyhow::Result<(u16, Value)> {
    let status = response.status().as_u16();
    let kind = response.headers()["content-type"].to_str()?.to_owned();
    let expected = if status < 400 { "application/json" } else { web::PROBLEM_JSON };
    assert_eq!(kind, expected, "{status}");
    Ok((status, response.json().await?))
}

#[tokio::test]
async fn one_or_many_are_taken_once_and_the_rest_is_told_why() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let door = Door::open(&pool, HttpSettings::default()).await?;
        let key = door.key("codex-dlc.com").await?;
        let post = async |body: Value| told(door.bearing(&key, &body).send().await?).await;
        assert_eq!(post(anna("1")).await?, (202, json!({"accepted": 1, "duplicates": 0, "rejected": []})));
        let mixed = json!([anna("1"), anna("2"), {"id": "3"}, 7, anna("2")]);
        let rejected = json!([{"index": 2, "reason": "missing:source"}, {"index": 3, "reason": "malformed"}]);
        assert_eq!(post(mixed).await?, (202, json!({"accepted": 1, "duplicates": 2, "rejected": rejected})));
        assert_eq!(post(json!([])).await?, (202, json!({"accepted": 0, "duplicates": 0, "rejected": []})));
        assert_eq!(count(&pool, "leads where shown_at is null and score > 0").await?, 2);
        assert_eq!(count(&pool, "lead_events").await?, 2);
        let broken = door.post("{").bearer_auth(key.bearer.expose()).send().await?;
        assert_eq!(told(broken).await?.0, 400);
        let large = door.post(vec![b' '; 10 * 1024 * 1024]).bearer_auth(key.bearer.expose()).send().await?;
        assert_eq!(told(large).await?.0, 413);
        door.close().await;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_signed_call_counts_once_and_another_body_under_its_id_is_a_conflict() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let door = Door::open(&pool, HttpSettings::default()).await?;
        let (key, other) = (door.key("one").await?, door.key("two").await?);
        let body = json!([anna("1"), anna("2")]).to_string();
        let nothing = json!({"accepted": 0, "duplicates": 0, "rejected": []});
        let all = json!({"accepted": 2, "duplicates": 0, "rejected": []});
        assert_eq!(told(door.signed(&key, "msg.1", &body)?.send().await?).await?, (202, all));
        assert_eq!(told(door.signed(&key, "msg.1", &body)?.send().await?).await?, (202, nothing));
        let changed = door.signed(&key, "msg.1", &anna("9").to_string())?.send().await?;
        assert_eq!(told(changed).await?.0, 409);
        assert_eq!(count(&pool, "leads").await?, 2);
        assert_eq!(count(&pool, "audit where act = 'key.call_changed' and outcome = 'refused'").await?, 1);
        // An id is one gateway's own.
        let elsewhere = door.signed(&other, "msg.1", &anna("9").to_string())?.send().await?;
        assert_eq!(told(elsewhere).await?.1["accepted"], 1);

        let request = door.signed(&key, "msg.2", &body)?.build()?;
        door.clock.advance(TimeDelta::seconds(301));
        let late = door.client.execute(request.try_clone().expect("a body that can be copied")).await?;
        assert_eq!(told(late).await?.0, 401);
        door.close().await;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn strangers_get_401_and_cost_the_database_nothing() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let door = Door::open(&pool, HttpSettings::default()).await?;
        let key = door.key("one").await?;
        let body = anna("1").to_string();
        assert_eq!(told(door.bearing(&key, &anna("1")).send().await?).await?.0, 202);
        // From here on no look at the database can succeed, and none is needed.
        sqlx::query("alter table keys rename to keys_away").execute(&pool).await?;
        let wrong = ["", "Bearer", "Bearer x", "Bearer ' or 1=1 --", "Basic YTpi"];
        for wrong in wrong {
            let refused = door.post(body.clone()).header("authorization", wrong).send().await?;
            assert_eq!(refused.headers()["www-authenticate"], "Bearer");
            assert_eq!(told(refused).await?.0, 401, "{wrong}");
        }
        let forged = door.signed(&key, "m", &body)?.header("webhook-signature", "v1,AAAA").build()?;
        let mut forged = forged;
        forged.headers_mut().insert("webhook-signature", "v1,AAAA v2,x".parse()?);
        assert_eq!(told(door.client.execute(forged).await?).await?.0, 401);
        assert_eq!(told(door.post(body.clone()).header("webhook-id", "m").send().await?).await?.0, 401);
        assert_eq!(told(door.post(body.clone()).send().await?).await?.0, 401);
        sqlx::query("alter table keys_away rename to keys").execute(&pool).await?;
        assert_eq!(count(&pool, "leads").await?, 1);
        door.close().await;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_key_works_at_once_goes_on_while_rotated_and_ends_when_revoked() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let door = Door::open(&pool, HttpSettings::default()).await?;
        let actor = Actor::Terminal("test".to_owned());
        assert_eq!(told(door.post("{}").bearer_auth("nobody's").send().await?).await?.0, 401);
        door.clock.advance(TimeDelta::seconds(1));
        let old = door.key("one").await?;
        let status =
            async |key: &NewKey, id: &str| anyhow::Ok(told(door.bearing(key, &anna(id)).send().await?).await?.0);
        assert_eq!(status(&old, "1").await?, 202);
        let mut conn = pool.acquire().await?;
        let (now, overlap) = (door.clock.now(), TimeDelta::hours(1));
        let keys::Rotated::Key(new, _, until) =
            keys::rotate(&mut conn, &door.master, old.id, &actor, now, overlap).await?
        else {
            panic!("rotated")
        };
        assert!((until - now - overlap).abs() < TimeDelta::milliseconds(1), "{until}");
        door.clock.advance(TimeDelta::seconds(2));
        assert_eq!((status(&new, "2").await?, status(&old, "3").await?), (202, 202));
        // Still remembered as holding: the transaction knows better.
        keys::revoke(&mut conn, new.id, &actor, now).await?;
        assert_eq!(status(&new, "4").await?, 401);
        door.clock.advance(TimeDelta::minutes(61));
        assert_eq!(status(&old, "5").await?, 401);
        assert_eq!(count(&pool, "leads").await?, 3);
        let listed = keys::page(&mut conn, None, 10).await?;
        let states: Vec<&str> = listed.iter().map(|key| key.state(door.clock.now())).collect();
        assert_eq!(states, ["expired", "revoked"]);
        let second: Vec<_> = keys::page(&mut conn, Some(old.id), 10).await?.iter().map(|key| key.id).collect();
        assert_eq!((second, keys::page(&mut conn, None, 1).await?.len()), (vec![new.id], 1));
        door.close().await;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_tenants_key_is_refused_and_too_many_calls_are_told_when_to_come_again() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let door = Door::open(&pool, HttpSettings { per_minute: 60, burst: 5, ..HttpSettings::default() }).await?;
        let key = door.key("one").await?;
        sqlx::query("alter table keys drop constraint keys_tenant_fkey").execute(&pool).await?;
        let tenants = "insert into keys (id, tenant, bearer_hash, webhook_secret) values ($1, 'new_salon', $2, '')";
        let hash = door.master.hash_code("key:bearer", "a tenant's token");
        let id = uuid::Uuid::from_u128(5);
        sqlx::query(tenants).bind(id).bind(hash.as_bytes().to_vec()).execute(&pool).await?;
        let refused = door.post("{}").bearer_auth("a tenant's token").send().await?;
        assert_eq!(told(refused).await?.0, 403);

        let mut refused = 0;
        for n in 0..20 {
            let response = door.bearing(&key, &anna(&n.to_string())).send().await?;
            if response.status() == StatusCode::TOO_MANY_REQUESTS.as_u16() {
                let wait: u64 = response.headers()["retry-after"].to_str()?.parse()?;
                assert!((1..=2).contains(&wait), "{wait}");
                assert_eq!(told(response).await?.0, 429);
                refused += 1;
            }
        }
        assert!((10..=15).contains(&refused), "{refused}");
        door.close().await;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn without_the_database_senders_are_asked_to_come_again() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let door = Door::open(&pool, HttpSettings::default()).await?;
        let key = door.key("one").await?;
        assert_eq!(told(door.bearing(&key, &anna("1")).send().await?).await?.0, 202);
        sqlx::query("alter table leads rename to leads_away").execute(&pool).await?;
        let away = door.bearing(&key, &anna("2")).send().await?;
        assert_eq!(away.headers()["retry-after"], "1");
        assert_eq!(told(away).await?.0, 503);
        sqlx::query("alter table leads_away rename to leads").execute(&pool).await?;
        assert_eq!(told(door.bearing(&key, &anna("2")).send().await?).await?.1["accepted"], 1);
        door.close().await;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn known_keys_are_believed_while_the_database_is_away_and_nobody_waits_for_it_twice() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let door = Door::open(&pool, HttpSettings::default()).await?;
        let (key, clock) = (door.key("one").await?, door.clock.clone());
        let known = Ring::new(pool.clone(), Arc::clone(&door.master), clock.clone());
        let knows_nothing = Ring::new(pool.clone(), Arc::clone(&door.master), clock.clone());
        let (ours, strange) = (Claim::Bearer(key.bearer.clone()), Claim::Bearer(Secret::new("x".to_owned())));
        assert_eq!(known.whose(&strange, b"").await, Ok(None));
        clock.advance(TimeDelta::minutes(1));
        sqlx::query("alter table keys rename to keys_away").execute(&pool).await?;
        assert!(known.whose(&ours, b"").await.is_ok_and(|holder| holder.is_some_and(|holder| holder.id == key.id)));
        assert_eq!(known.whose(&strange, b"").await, Err(Away), "it may be a new key");
        assert_eq!(knows_nothing.whose(&ours, b"").await, Err(Away));
        sqlx::query("alter table keys_away rename to keys").execute(&pool).await?;
        // The one look in vain speaks for all of that moment.
        assert_eq!(knows_nothing.whose(&ours, b"").await, Err(Away));
        clock.advance(TimeDelta::seconds(1));
        assert!(knows_nothing.whose(&ours, b"").await.is_ok_and(|holder| holder.is_some()));
        assert_eq!(known.whose(&strange, b"").await, Ok(None));
        door.close().await;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn many_who_call_while_the_database_is_away_are_told_together() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let patience = Duration::from_millis(500);
        let narrow = PgPoolOptions::new().max_connections(1).acquire_timeout(patience);
        let narrow = narrow.connect_with((*pool.connect_options()).clone()).await?;
        let door = Door::open(&narrow, HttpSettings::default()).await?;
        let key = door.key("one").await?;
        assert_eq!(told(door.bearing(&key, &anna("1")).send().await?).await?.0, 202);
        let held = narrow.acquire().await?;
        let calls = (2..42).map(|n| door.bearing(&key, &anna(&n.to_string())).send());
        // One after the other they would take 20 s.
        let answers = tokio::time::timeout(Duration::from_secs(10), try_join_all(calls)).await??;
        assert!(answers.iter().all(|answer| answer.status() == StatusCode::SERVICE_UNAVAILABLE.as_u16()));
        drop(held);
        assert_eq!(told(door.bearing(&key, &anna("2")).send().await?).await?.0, 202);
        door.close().await;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_lead_that_the_database_refuses_is_told_by_its_place() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let door = Door::open(&pool, HttpSettings::default()).await?;
        let key = door.key("one").await?;
        sqlx::query("alter table leads add check (external_id <> '13')").execute(&pool).await?;
        let body = json!([7, anna("13"), {"id": "3"}]);
        let rejected = json!([
            {"index": 0, "reason": "malformed"}, {"index": 1, "reason": "malformed"}, {"index": 2, "reason": "missing:source"}
        ]);
        let answer = told(door.bearing(&key, &body).send().await?).await?;
        assert_eq!(answer, (202, json!({"accepted": 0, "duplicates": 0, "rejected": rejected})));
        door.close().await;
        Ok(())
    })
    .await
}
