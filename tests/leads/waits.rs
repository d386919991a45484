//! Whoever waits longest: requests that nobody builds, leads that are nobody's far on their way.

use chrono::TimeDelta;
use uuid::Uuid;
use waas_hub::audit::Actor;
use waas_hub::leads::{self, LeadMove};
use waas_platform::clock::Clock;
use waas_platform::db::PgPool;

use super::desk::{morning, reminded, reminders, two_in_the_team};
use super::{BO, EVA, anna, front, read, rules};
use crate::database::with_database;

/// A request of a lead, in that state.
async fn request(pool: &PgPool, lead: Uuid, state: &str) -> anyhow::Result<Uuid> {
    let id = Uuid::new_v4();
    sqlx::query(
        "insert into tenant_requests (id, lead_id, answers, locale, slug, domain, state, tenant)
         values ($1, $2, '{}', 'de', 'salon', 'salon.de', $3, 'salon')",
    )
    .bind(id)
    .bind(lead)
    .bind(state)
    .execute(pool)
    .await?;
    Ok(id)
}

#[tokio::test]
async fn a_request_that_nobody_builds_is_its_holders_first_and_then_everybodys() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let (clock, front, eva) = (Clock::manual(morning()), front(), Actor::Person(EVA));
        let mut conn = pool.acquire().await?;
        two_in_the_team(&mut conn).await?;
        let new: Vec<_> = (1..=3).map(|n| read(&anna(&n.to_string()))).collect();
        let new = leads::accept(&mut conn, &rules(), &new, clock.now()).await?.new;
        // One waits, one is being built, and one has no answers yet.
        for (lead, state) in new.iter().zip([Some("open"), Some("provisioning"), None]) {
            leads::act(&mut conn, &clock, &front, &eva, lead.id, LeadMove::Onboard).await?;
            if let Some(state) = state {
                let request = request(&pool, lead.id, state).await?;
                leads::request_made(&mut conn, &clock, &front, lead.id, request).await?;
            }
        }
        let reminders = reminders(&clock);
        clock.advance(TimeDelta::minutes(59));
        assert_eq!(reminders.look(&mut conn).await?, 0);
        clock.advance(TimeDelta::minutes(1));
        assert_eq!((reminders.look(&mut conn).await?, reminders.look(&mut conn).await?), (1, 0));
        clock.advance(TimeDelta::hours(2));
        assert_eq!((reminders.look(&mut conn).await?, reminders.look(&mut conn).await?), (1, 0));
        let told = reminded(&pool).await?;
        assert_eq!(told.iter().map(|(to, _)| *to).collect::<Vec<_>>(), [EVA, BO]);
        assert!(told[0].1.contains("nobody builds the site") && told[0].1.contains("#1"), "{}", told[0].1);
        assert!(told[1].1.contains("A lead waits") && told[1].1.contains("#1"), "{}", told[1].1);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn what_is_nobodys_far_on_its_way_is_told_to_all() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let (clock, front, eva) = (Clock::manual(morning()), front(), Actor::Person(EVA));
        let mut conn = pool.acquire().await?;
        two_in_the_team(&mut conn).await?;
        let new: Vec<_> = (1..=3).map(|n| read(&anna(&n.to_string()))).collect();
        let new = leads::accept(&mut conn, &rules(), &new, clock.now()).await?.new;
        // In onboarding with a holder who leaves, qualified at the terminal and nobody's, in onboarding with Bo.
        leads::act(&mut conn, &clock, &front, &eva, new[0].id, LeadMove::Onboard).await?;
        let terminal = Actor::Terminal("root".to_owned());
        leads::act(&mut conn, &clock, &front, &terminal, new[1].id, LeadMove::Qualify).await?;
        leads::act(&mut conn, &clock, &front, &Actor::Person(BO), new[2].id, LeadMove::Onboard).await?;
        leads::left(&mut conn, &clock, &front, EVA).await?;
        let reminders = reminders(&clock);
        clock.advance(TimeDelta::hours(1));
        assert_eq!((reminders.look(&mut conn).await?, reminders.look(&mut conn).await?), (1, 0));
        let told = reminded(&pool).await?;
        assert_eq!(told.len(), 1);
        assert!(told[0].0 == BO && told[0].1.contains("2 leads wait"), "{told:?}");
        assert!(!told[0].1.contains("#3"), "{told:?}");
        Ok(())
    })
    .await
}
