//! Leads that were given up and answer all the same.

use waas_hub::access::Role;
use waas_hub::audit::Actor;
use waas_hub::leads::{self, Acted, FloodLimit, LeadMove, LeadState, Refused};
use waas_platform::clock::Clock;

use super::{BO, BOT, cards, count, enrol, front, one_lead};
use crate::database::with_database;

#[tokio::test]
async fn who_was_lost_and_sends_the_survey_in_is_in_onboarding_again_and_can_be_won() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let (clock, front, bo) = (Clock::system(), front(), Actor::Person(BO));
        let mut conn = pool.acquire().await?;
        enrol(&mut conn, BO, "Bo", Role::Owner).await?;
        let lead = one_lead(&mut conn).await?;
        leads::show(&mut conn, &clock, &front, BOT, std::slice::from_ref(&lead), FloodLimit::default()).await?;
        leads::act(&mut conn, &clock, &front, &bo, lead.id, LeadMove::Onboard).await?;
        let lost = LeadMove::Lose.because(Some("no_answer".to_owned()));
        leads::act(&mut conn, &clock, &front, &bo, lead.id, lost).await?;

        leads::request_made(&mut conn, &clock, &front, lead.id, uuid::Uuid::from_u128(9)).await?;
        let back = leads::facts(&mut conn, lead.id).await?.expect("it is there");
        assert_eq!((back.state, back.assignee), (LeadState::Onboarding, Some(BO)));
        assert_eq!(back.closed_why, None, "it is not lost any more");
        assert_eq!(count(&pool, "lead_events where actor = 'system:surveys' and to_state = 'onboarding'").await?, 1);
        assert_eq!(count(&pool, "audit where act = 'lead.sent_in' and outcome = 'done'").await?, 1);
        let card = cards(&pool, "lead").await?.remove(0);
        assert!(card.contains("Onboarding") && card.contains("can be built"), "{card}");
        assert!(count(&pool, "buttons where action = 'provision.plan'").await? > 0);
        let again = leads::act(&mut conn, &clock, &front, &bo, lead.id, LeadMove::Reopen).await?;
        assert!(matches!(again, Acted::Stands(_, Refused::NotFrom(LeadState::Onboarding))), "{again:?}");

        assert!(matches!(leads::won(&mut conn, &clock, &front, lead.id).await?, Acted::Moved(_)));
        assert_eq!(count(&pool, "leads where state = 'won'").await?, 1);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_lead_with_a_request_is_won_from_wherever_it_is_worked_on_and_none_without() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let (clock, front, bo) = (Clock::system(), front(), Actor::Person(BO));
        let mut conn = pool.acquire().await?;
        enrol(&mut conn, BO, "Bo", Role::Owner).await?;
        let lead = one_lead(&mut conn).await?;
        leads::act(&mut conn, &clock, &front, &bo, lead.id, LeadMove::Qualify).await?;
        let early = leads::won(&mut conn, &clock, &front, lead.id).await?;
        assert!(matches!(early, Acted::Stands(_, Refused::NotFrom(LeadState::Qualified))), "{early:?}");
        // As a former version of the hub left it: reopened with its request.
        sqlx::query("update leads set request_id = gen_random_uuid(), state = 'new'").execute(&pool).await?;
        assert!(matches!(leads::won(&mut conn, &clock, &front, lead.id).await?, Acted::Moved(_)));
        Ok(())
    })
    .await
}
