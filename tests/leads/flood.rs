//! Many leads at once, and many leads in all.

use serde_json::{Value, json};
use waas_hub::access::Role;
use waas_hub::leads::{self, FloodLimit};
use waas_platform::clock::Clock;

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
