//! Who is told that a lead changed hands.

use serde_json::json;
use waas_hub::audit::Actor;
use waas_hub::leads::{self, LeadMove};
use waas_platform::clock::Clock;
use waas_platform::db::PgPool;

use super::chat::{shown_lead, two_operators};
use super::{BO, BOT, EVA, accept, anna, cards, front};
use crate::database::with_database;

/// The lines of that kind: to whom, and the text.
async fn told(pool: &PgPool) -> anyhow::Result<Vec<(i64, String)>> {
    let all = "select chat_id, call ->> 'html' from outbox where call ->> 'html' like '📥%' order by id";
    Ok(sqlx::query_as(all).fetch_all(pool).await?)
}

#[tokio::test]
async fn mine_on_a_list_that_many_see_is_whoever_presses_it() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let bot = two_operators(&pool).await?;
        let mut conn = pool.acquire().await?;
        let new = accept(&mut conn, &[anna("1"), anna("2"), anna("3")]).await?.new;
        for (lead, person) in new.iter().zip([BO, EVA]) {
            leads::act(&mut conn, &Clock::system(), &front(), &Actor::Person(person), lead.id, LeadMove::Take).await?;
        }
        bot.hears_in_group(BO, "/leads").await?;
        // Bo drew the list; Eva presses, then Bo does on what she sees.
        for (person, number, name) in [(EVA, "#2<", "Eva"), (BO, "#1<", "Bo")] {
            bot.pressed_in_group(person, &bot.token_with("lead.page", json!({ "mine": true })).await?).await?;
            let lists = cards(&pool, "lead_list").await?;
            let [list] = lists.as_slice() else { panic!("{lists:?}") };
            assert!(list.contains(number) && list.matches("<b>#").count() == 1, "{list}");
            assert!(list.contains(&format!("with {name}")) && !list.contains("yours"), "{list}");
        }
        // Alone with the bot it is one's own, and need not be asked for twice.
        bot.hears(BO, "/leads").await?;
        bot.pressed(BO, &bot.token_with("lead.page", json!({ "mine": true })).await?).await?;
        let list = cards(&pool, "lead_list").await?.remove(1);
        assert!(list.contains("yours") && list.contains("#1<") && !list.contains("#2<"), "{list}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_lead_that_changes_hands_is_told_to_both_unless_they_did_it_themselves() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let bot = two_operators(&pool).await?;
        let lead = shown_lead(&pool).await?;
        bot.pressed(BO, &bot.token("lead.take").await?).await?;
        bot.pressed(BO, &bot.token("lead.hand_over").await?).await?;
        bot.pressed(BO, &bot.token_with("lead.assign", json!({ "to": EVA })).await?).await?;
        let lines = told(&pool).await?;
        assert_eq!(lines.iter().map(|(to, _)| *to).collect::<Vec<_>>(), [EVA], "Bo knows what he did");
        assert!(lines[0].1.contains("Bo handed you a lead") && lines[0].1.contains("Anna Weber"), "{lines:?}");

        let (clock, front) = (Clock::system(), front());
        let mut conn = pool.acquire().await?;
        let terminal = Actor::Terminal("root".to_owned());
        leads::assign(&mut conn, &clock, &front, Some(BOT), &terminal, lead.id, BO).await?;
        leads::assign(&mut conn, &clock, &front, Some(BOT), &terminal, lead.id, BO).await?;
        let lines = told(&pool).await?;
        assert_eq!(lines[1..].iter().map(|(to, _)| *to).collect::<Vec<_>>(), [BO, EVA], "once");
        assert!(lines[1].1.contains("handed to you at the terminal"), "{lines:?}");
        assert!(lines[2].1.contains("handed on to Bo"), "{lines:?}");

        // To take it is no handing over.
        leads::act(&mut conn, &clock, &front, &Actor::Person(BO), lead.id, LeadMove::Release).await?;
        leads::act(&mut conn, &clock, &front, &Actor::Person(EVA), lead.id, LeadMove::Take).await?;
        assert_eq!(told(&pool).await?.len(), 3);
        Ok(())
    })
    .await
}
