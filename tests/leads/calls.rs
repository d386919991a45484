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

#[tokio::test]
async fn a_merge_takes_the_earlier_call_along_with_who_promised_it() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let (clock, front) = (Clock::manual(morning()), front());
        let (bo, eva) = (Actor::Person(BO), Actor::Person(EVA));
        let mut conn = pool.acquire().await?;
        two_in_the_team(&mut conn).await?;
        let new: Vec<_> = (1..=6).map(|n| read(&anna(&n.to_string()))).collect();
        let new: Vec<_> =
            leads::accept(&mut conn, &rules(), &new, clock.now()).await?.new.iter().map(|lead| lead.id).collect();
        // Each twin is merged into the one before it, which Bo has: taken, with a later call, with an earlier one.
        leads::act(&mut conn, &clock, &front, &bo, new[0], LeadMove::Take).await?;
        for (id, minutes) in [(new[2], 60), (new[4], 10)] {
            leads::act(&mut conn, &clock, &front, &bo, id, call_in(&clock, minutes)).await?;
        }
        for (into, minutes, by) in [(0, 30, EVA), (2, 30, EVA), (4, 10, BO)] {
            leads::act(&mut conn, &clock, &front, &eva, new[into + 1], call_in(&clock, 30)).await?;
            let merged = leads::merge(&mut conn, &clock, &front, &rules(), &bo, new[into + 1], new[into]).await?;
            let Merged::Into(lead) = merged else { panic!("{merged:?}") };
            let at = Some(clock.now() + TimeDelta::minutes(minutes));
            assert_eq!((lead.id, lead.state, lead.call_at), (new[into], LeadState::Contacted, at), "{into}");
            let kept = leads::facts(&mut conn, lead.id).await?.expect("it is there");
            assert_eq!((kept.state, kept.call_at, kept.assignee), (lead.state, lead.call_at, Some(by)), "{into}");
        }
        let history = leads::history(&mut conn, new[0]).await?;
        assert!(history.iter().any(|event| event.what == "assigned" && event.detail["to"] == EVA), "{history:?}");
        clock.advance(TimeDelta::minutes(30));
        assert_eq!(reminders(&clock).look(&mut conn).await?, 3);
        let mut told: Vec<i64> = reminded(&pool).await?.iter().map(|(to, _)| *to).collect();
        told.sort_unstable();
        assert_eq!(told, [BO, EVA, EVA]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn what_was_done_after_a_reminder_keeps_the_alarm_from_all() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let (clock, front, eva) = (Clock::manual(morning()), front(), Actor::Person(EVA));
        let mut conn = pool.acquire().await?;
        two_in_the_team(&mut conn).await?;
        let new = [read(&anna("1")), read(&anna("2"))];
        let new = leads::accept(&mut conn, &rules(), &new, clock.now()).await?.new;
        leads::act(&mut conn, &clock, &front, &eva, new[0].id, LeadMove::Take).await?;
        leads::act(&mut conn, &clock, &front, &eva, new[1].id, call_in(&clock, 60)).await?;
        let reminders = reminders(&clock);
        clock.advance(TimeDelta::hours(1));
        assert_eq!(reminders.look(&mut conn).await?, 2);
        clock.advance(TimeDelta::minutes(90));
        for lead in &new {
            leads::note(&mut conn, &clock, &eva, lead.id, "called, sends an offer").await?;
        }
        clock.advance(TimeDelta::minutes(30));
        assert_eq!(reminders.look(&mut conn).await?, 0, "there is nothing to alarm all for");
        // Left lying again, it is its holder's first.
        clock.advance(TimeDelta::minutes(30));
        assert_eq!(reminders.look(&mut conn).await?, 1);
        clock.advance(TimeDelta::hours(2));
        assert_eq!(reminders.look(&mut conn).await?, 1);
        let told: Vec<i64> = reminded(&pool).await?.iter().map(|(to, _)| *to).collect();
        assert_eq!(told, [EVA, EVA, EVA, BO]);
        Ok(())
    })
    .await
}
