//! Many leads at once, and many leads in all.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use waas_hub::access::Role;
use waas_hub::leads::{self, Filter, FloodLimit, LeadState};
use waas_platform::clock::Clock;
use waas_platform::db::PgPool;

use super::{BO, BOT, accept, anna, cards, count, enrol, front};
use crate::database::with_database;

fn from(source: &str, id: usize) -> Value {
    let mut lead = anna(&id.to_string());
    lead["source"] = json!(source);
    lead
}

#[tokio::test]
async fn ten_thousand_from_one_source_are_a_digest_and_the_others_get_their_cards() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let (clock, front, limit) = (Clock::system(), front(), FloodLimit::default());
        let mut conn = pool.acquire().await?;
        enrol(&mut conn, BO, "Bo", Role::Owner).await?;
        for part in 0..20 {
            let mut sent: Vec<Value> = (0..500).map(|n| from("flood.example", part * 500 + n)).collect();
            if part % 10 == 5 {
                sent.push(from("calm.example", part));
            }
            let mut tx = pool.begin().await?;
            let new = accept(&mut tx, &sent).await?.new;
            leads::show(&mut tx, &clock, &front, BOT, &new, limit).await?;
            tx.commit().await?;
        }
        assert_eq!(count(&pool, "leads where shown_at is null").await?, 0);
        assert_eq!(count(&pool, "leads").await?, 10_002);
        let shown = cards(&pool, "lead").await?;
        assert_eq!(shown.iter().filter(|card| card.contains("flood.example")).count(), 100);
        assert_eq!(shown.iter().filter(|card| card.contains("calm.example")).count(), 2);
        let digests = cards(&pool, "lead_flood").await?;
        assert_eq!(digests.len(), 1);
        assert!(digests[0].contains("flood.example") && digests[0].contains("9,900"), "{}", digests[0]);
        assert_eq!(count(&pool, "outbox where state = 'waiting'").await?, 103);
        // In a chat that takes one message a second, the others' cards do not wait for the flood.
        let ahead = "select count(*) from outbox o join cards c on c.id = o.card_id
                     where (o.priority, o.id) < (select o.priority, o.id from outbox o join cards c on c.id = o.card_id
                                                 where c.view ->> 'html' like '%calm.example%' order by o.id limit 1)";
        let ahead: i64 = sqlx::query_scalar(ahead).fetch_one(&pool).await?;
        assert!(ahead <= 11, "{ahead}");
        Ok(())
    })
    .await
}

/// What is stored in bulk, as leads that came over a year.
async fn a_hundred_thousand(pool: &PgPool) -> anyhow::Result<()> {
    sqlx::raw_sql(
        "insert into leads (id, source, external_id, raw, name, niche, phone, email, message, state, score, reasons,
                            assignee, created_at, received_at, touched_at)
         select gen_random_uuid(), 'gateway-' || (n % 7) || '.example', n::text, '{}',
                (array['Anna','Bert','Carla','Dora','Emil'])[1 + n % 5] || ' ' || md5(n::text), 'niche_' || (n % 11),
                '+49' || (300000000 + n), 'p' || n || '@mail' || (n % 1000) || '.example',
                'Need online booking and a shop for ' || md5((n * 7)::text) || ' in the old town', s.state, 50, '[]',
                case when s.state in ('new', 'rejected') then null else 100 + n % 5 end,
                t.at, t.at, case when s.state <> 'new' then t.at + n % 5000 * interval '1 second' end
         from generate_series(1, 100000) n,
              lateral (select now() - n * interval '5 minutes' as at) t,
              lateral (select (array['new','taken','contacted','qualified','rejected','won','lost'])[1 + n % 7] as state) s;
        ",
    )
    .execute(pool)
    .await?;
    // By itself: several statements at once are a transaction.
    sqlx::query("vacuum analyze leads").execute(pool).await?;
    Ok(())
}

/// The slowest of some looks, beside the first, which fills the caches.
async fn slowest(mut look: impl AsyncFnMut() -> anyhow::Result<usize>) -> anyhow::Result<(Duration, usize)> {
    let (mut slowest, mut found) = (Duration::ZERO, look().await?);
    for _ in 0..10 {
        let began = Instant::now();
        found = look().await?;
        slowest = slowest.max(began.elapsed());
    }
    Ok((slowest, found))
}

/// Prints what it measures. `cargo nextest run … --run-ignored only --no-capture`.
#[tokio::test]
#[ignore = "a measurement"]
async fn looks_at_a_hundred_thousand_leads() -> anyhow::Result<()> {
    with_database(|pool| async move {
        a_hundred_thousand(&pool).await?;
        let mut conn = pool.acquire().await?;
        let words = |words: &str| Filter { words: Some(words.to_owned()), ..Filter::default() };
        let looks = [
            ("newest", Filter::default()),
            ("one state", Filter { state: Some(LeadState::Won), ..Filter::default() }),
            ("one source", Filter { source: Some("gateway-3.example".to_owned()), ..Filter::default() }),
            ("a rare word", words("p77777")),
            ("two words", words("carla 4e")),
            ("a word of all", words("booking")),
            ("a telephone number", words("0300 077777")),
            ("a word of none", words("unheard")),
        ];
        let mut told = Vec::new();
        for (name, filter) in looks {
            let look = async || Ok(leads::page(&mut *pool.acquire().await?, &filter, None, 9).await?.len());
            let (took, found) = slowest(look).await?;
            told.push((name, took, found));
        }
        for (name, days) in [("figures of 30 days", 30), ("figures of all", 400)] {
            let since = Clock::system().now() - chrono::Duration::days(days);
            let look = async || Ok(leads::figures(&mut conn, since).await?.by_source.len());
            let (took, found) = slowest(look).await?;
            told.push((name, took, found));
        }
        #[expect(clippy::print_stdout, reason = "that is what it is for")]
        for (name, took, found) in &told {
            println!("{name}: {took:?} ({found} found)");
        }
        Ok(())
    })
    .await
}
