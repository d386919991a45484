//! Promised calls: what keeps them, what takes them along, and whom they still disturb.

use chrono::TimeDelta;
use waas_hub::audit::Actor;
use waas_hub::leads::{self, LeadMove, LeadState, Merged, Wish};
use waas_platform::clock::Clock;

use super::desk::{morning, reminded, reminders, two_in_the_team};
use super::{BO, EVA, anna, front, read, rules};
use crate::database::with_database;

fn call_in(clock: &Clock, minutes: i64) -> Wish {
    Wish { call_at: Some(clock.now() + TimeDelta::minutes(minutes)), ..LeadMove::CallBack.into() }
}

#[tokio::test]
async fn a_second_call_back_without_a_time_keeps_the_promise_and_reminds_of_it_once() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let (clock, front, eva) = (Clock::manual(morning()), front(), Actor::Person(EVA));
        let mut conn = pool.acquire().await?;
        two_in_the_team(&mut conn).await?;
        let lead = leads::accept(&mut conn, &rules(), &[read(&anna("1"))], clock.now()).await?.new.remove(0);
        let promised = call_in(&clock, 90);
        leads::act(&mut conn, &clock, &front, &eva, lead.id, promised.clone()).await?;
        clock.advance(TimeDelta::minutes(10));
        leads::act(&mut conn, &clock, &front, &eva, lead.id, LeadMove::CallBack).await?;
        let kept = leads::facts(&mut conn, lead.id).await?.expect("it is there");
        assert_eq!(kept.call_at, promised.call_at);

        clock.advance(TimeDelta::minutes(80));
        let reminders = reminders(&clock);
        assert_eq!(reminders.look(&mut conn).await?, 1);
        // Tried, and nobody answered: that is no reason to be told the same again at once.
        leads::act(&mut conn, &clock, &front, &eva, lead.id, LeadMove::CallBack).await?;
        assert_eq!(reminders.look(&mut conn).await?, 0);
        leads::act(&mut conn, &clock, &front, &eva, lead.id, call_in(&clock, 30)).await?;
        clock.advance(TimeDelta::minutes(30));
        assert_eq!(reminders.look(&mut conn).await?, 1, "another promise is another reminder");
        Ok(())
    })
    .await
}
