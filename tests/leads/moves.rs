//! Leads are stored once, shown once, and have one holder.

use chrono::Duration;
use serde_json::{Value, json};
use waas_hub::access::Role;
use waas_hub::audit::Actor;
use waas_hub::leads::{self, Acted, Filter, FloodLimit, LeadMove, LeadState, Onboarded, Refused};
use waas_hub::surveys;
use waas_platform::clock::Clock;

use super::intake::eventually;
use super::{BO, BOT, EVA, accept, anna, cards, count, enrol, front, keys, one_lead, somebody_waits};
use crate::database::with_database;

#[tokio::test]
async fn the_same_lead_is_one_lead_however_often_it_comes() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let mut conn = pool.acquire().await?;
        let mut again = anna("1");
        again["name"] = json!("Somebody else");
        let first = accept(&mut conn, &[anna("1"), again.clone(), anna("2")]).await?;
        assert_eq!((first.new.len(), first.duplicates), (2, 1));
        let second = accept(&mut conn, &[again, anna("3")]).await?;
        assert_eq!((second.new.len(), second.duplicates), (1, 1));

        let leads =
            leads::page(&mut conn, &Filter { state: Some(LeadState::New), ..Filter::default() }, None, 10).await?;
        let ids: Vec<&str> = leads.iter().map(|lead| lead.external_id.as_str()).collect();
        assert_eq!(ids, ["3", "2", "1"]);
        assert!(leads.iter().all(|lead| lead.name == "Anna Weber" && lead.score.total > 0));
        let raw: Value = sqlx::query_scalar("select raw from leads where external_id = '1'").fetch_one(&pool).await?;
        assert_eq!(raw, anna("1"));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_lead_waits_for_the_first_owner_and_is_shown_once() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let (clock, front) = (Clock::system(), front());
        let mut tx = pool.begin().await?;
        let lead = one_lead(&mut tx).await?;
        leads::show(&mut tx, &clock, &front, BOT, std::slice::from_ref(&lead), FloodLimit::default()).await?;
        tx.commit().await?;
        assert!(cards(&pool, "lead").await?.is_empty());

        let mut tx = pool.begin().await?;
        enrol(&mut tx, BO, "Bo", Role::Owner).await?;
        assert_eq!(leads::show_waiting(&mut tx, &clock, &front, BOT, FloodLimit::default()).await?, 1);
        assert_eq!(leads::show_waiting(&mut tx, &clock, &front, BOT, FloodLimit::default()).await?, 0);
        tx.commit().await?;
        let cards = cards(&pool, "lead").await?;
        assert_eq!(cards.len(), 1);
        assert!(cards[0].contains("Anna Weber") && cards[0].contains("phone"), "{}", cards[0]);
        assert_eq!(count(&pool, "outbox where card_id is not null").await?, 1);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn somebody_let_in_while_a_lead_is_stored_sees_it() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let (clock, front) = (Clock::system(), front());
        // Neither transaction sees the other's rows when the second begins to wait for the first.
        let mut storing = pool.begin().await?;
        let lead = one_lead(&mut storing).await?;
        leads::show(&mut storing, &clock, &front, BOT, std::slice::from_ref(&lead), FloodLimit::default()).await?;
        let letting_in = {
            let (pool, clock, front) = (pool.clone(), clock.clone(), front.clone());
            tokio::spawn(async move {
                let mut tx = pool.begin().await?;
                enrol(&mut tx, BO, "Bo", Role::Owner).await?;
                let shown = leads::show_waiting(&mut tx, &clock, &front, BOT, FloodLimit::default()).await?;
                tx.commit().await?;
                anyhow::Ok(shown)
            })
        };
        eventually("one waits for the other", async || somebody_waits(&pool).await).await;
        storing.commit().await?;
        assert_eq!(letting_in.await??, 1);
        assert_eq!(cards(&pool, "lead").await?.len(), 1);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn of_two_takes_at_once_one_wins_and_the_other_learns_who() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let (clock, front) = (Clock::system(), front());
        let mut conn = pool.acquire().await?;
        enrol(&mut conn, BO, "Bo", Role::Owner).await?;
        enrol(&mut conn, EVA, "Eva", Role::Operator).await?;
        let lead = one_lead(&mut conn).await?;
        leads::show(&mut conn, &clock, &front, BOT, std::slice::from_ref(&lead), FloodLimit::default()).await?;

        let mut first = pool.begin().await?;
        let won = leads::act(&mut first, &clock, &front, &Actor::Person(BO), lead.id, LeadMove::Take).await?;
        assert!(matches!(&won, Acted::Moved(lead) if lead.assignee == Some(BO)), "{won:?}");
        let second = {
            let (pool, clock, front) = (pool.clone(), clock.clone(), front.clone());
            tokio::spawn(async move {
                let mut tx = pool.begin().await?;
                let outcome = leads::act(&mut tx, &clock, &front, &Actor::Person(EVA), lead.id, LeadMove::Take).await?;
                tx.commit().await?;
                anyhow::Ok(outcome)
            })
        };
        eventually("one waits for the other", async || somebody_waits(&pool).await).await;
        first.commit().await?;
        let lost = second.await??;
        let Acted::Stands(standing, Refused::Already(LeadState::Taken)) = &lost else { panic!("{lost:?}") };
        assert_eq!(standing.assignee, Some(BO));

        let card = cards(&pool, "lead").await?.remove(0);
        assert!(card.contains("Taken") && card.contains("Bo") && !card.contains("Eva"), "{card}");
        assert_eq!(count(&pool, "lead_events where to_state = 'taken'").await?, 1);
        assert_eq!(count(&pool, "audit where act = 'lead.take' and outcome = 'done'").await?, 1);
        assert_eq!(count(&pool, "audit where act = 'lead.take' and outcome = 'refused'").await?, 1);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn onboarding_gives_the_same_link_again_until_the_survey_is_in() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let (clock, front, keys) = (Clock::system(), front(), keys());
        let settings = surveys::Settings { link_ttl: Duration::days(14), by_mail: false };
        let actor = Actor::Person(BO);
        let mut conn = pool.acquire().await?;
        enrol(&mut conn, BO, "Bo", Role::Owner).await?;
        let lead = one_lead(&mut conn).await?;
        leads::show(&mut conn, &clock, &front, BOT, std::slice::from_ref(&lead), FloodLimit::default()).await?;

        let mut links = Vec::new();
        for _ in 0..2 {
            match leads::onboard(&mut conn, &clock, &front, &keys, &settings, &actor, lead.id).await? {
                Onboarded::Invited(lead, link) => {
                    assert_eq!((lead.state, lead.assignee), (LeadState::Onboarding, Some(BO)));
                    links.push(link);
                }
                other => panic!("{other:?}"),
            }
        }
        assert!(links[0].payload.starts_with("onb_"));
        assert_eq!(links[0], links[1]);

        let request = uuid::Uuid::from_u128(9);
        leads::request_made(&mut conn, &clock, &front, lead.id, request).await?;
        let meaning: (String, String) =
            sqlx::query_as("select action, subject from buttons where action like 'provision.%'")
                .fetch_one(&pool)
                .await?;
        assert_eq!(meaning, ("provision.plan".to_owned(), request.to_string()));

        assert!(matches!(leads::won(&mut conn, &clock, &front, lead.id).await?, Acted::Moved(_)));
        let again = leads::onboard(&mut conn, &clock, &front, &keys, &settings, &actor, lead.id).await?;
        assert!(matches!(again, Onboarded::Stands(_, Refused::NotFrom(LeadState::Won))), "{again:?}");
        Ok(())
    })
    .await
}
