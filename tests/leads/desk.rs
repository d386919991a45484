//! A lead worked to its end: promises and reminders, reasons, notes, hands, possible duplicates, search, figures.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::BoxFuture;
use serde_json::json;
use uuid::Uuid;
use waas_hub::access::Role;
use waas_hub::audit::Actor;
use waas_hub::leads::reminders::{Reminders, Requests, Settings};
use waas_hub::leads::{self, Acted, Assigned, Filter, LeadMove, LeadState, Merged, Wish};
use waas_platform::clock::Clock;
use waas_platform::db::{PgConnection, PgPool};

use super::chat::{shown_lead, two_operators};
use super::{BO, BOT, EVA, accept, anna, cards, count, enrol, front, one_lead, rules};
use crate::database::with_database;

async fn state_of(pool: &PgPool) -> anyhow::Result<String> {
    Ok(sqlx::query_scalar("select state from leads order by number limit 1").fetch_one(pool).await?)
}

#[tokio::test]
async fn call_back_asks_when_and_takes_a_button_or_words() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let bot = two_operators(&pool).await?;
        shown_lead(&pool).await?;
        assert_eq!(bot.pressed(BO, &bot.token("lead.call_back").await?).await?, "Noted: to call back.");
        assert_eq!(state_of(&pool).await?, "contacted");
        let asked = cards(&pool, "lead_ask").await?.remove(0);
        assert!(asked.contains("When will you call Anna Weber?"), "{asked}");

        bot.writes(BO, "when I feel like it").await?;
        assert!(bot.said().await?.contains("That is no time"));
        bot.writes(BO, "2h").await?;
        let answered = cards(&pool, "lead_ask").await?.remove(0);
        assert!(answered.starts_with("To call on"), "{answered}");
        assert!(cards(&pool, "lead").await?[0].contains("📞 To call on"));
        let promised: DateTime<Utc> = sqlx::query_scalar("select call_at from leads").fetch_one(&pool).await?;
        let away = (promised - Clock::system().now()).num_minutes();
        assert!((118..=120).contains(&away), "{away}");

        // Another time, by a button; a move on takes the promise away.
        bot.pressed(BO, &bot.token("lead.call_back").await?).await?;
        let answer = bot.pressed(BO, &bot.token("lead.call_at").await?).await?;
        assert!(answer.starts_with("To call on"), "{answer}");
        assert_eq!(count(&pool, "prompts").await?, 0, "it is answered");
        assert_eq!(bot.pressed(BO, &bot.token("lead.qualify").await?).await?, "Qualified.");
        assert_eq!(count(&pool, "leads where call_at is null").await?, 1);
        assert_eq!(count(&pool, "lead_events where what = 'promised'").await?, 3);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_rejected_lead_is_asked_for_its_reason() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let bot = two_operators(&pool).await?;
        shown_lead(&pool).await?;
        bot.pressed(BO, &bot.token("lead.reject").await?).await?;
        assert_eq!(state_of(&pool).await?, "rejected");
        assert_eq!(
            bot.pressed(BO, &bot.token_with("lead.why", json!({ "why": "elsewhere" })).await?).await?,
            "Noted: Went elsewhere"
        );
        assert!(cards(&pool, "lead").await?[0].contains("Why: Went elsewhere"));
        // It is answered: what they write next is about something else.
        assert_eq!(count(&pool, "prompts").await?, 0);
        // Reopened, it has no reason any more; lost, it is asked again, and words do too.
        bot.hears(BO, "/lead 1 reopen").await?;
        assert!(!cards(&pool, "lead").await?[0].contains("Why:"));
        bot.hears(BO, "/lead 1 qualify").await?;
        bot.pressed(BO, &bot.token("lead.lose").await?).await?;
        bot.writes(BO, "<i>wants a shop</i> /lead 1 reopen").await?;
        let card = cards(&pool, "lead").await?.remove(0);
        assert!(card.contains("Why: &lt;i&gt;wants a shop&lt;/i&gt; /lead 1 reopen"), "{card}");
        assert_eq!(state_of(&pool).await?, "lost", "what is said is data");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn notes_and_hands_stand_in_the_history_with_names() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let bot = two_operators(&pool).await?;
        shown_lead(&pool).await?;
        bot.pressed(BO, &bot.token("lead.note").await?).await?;
        bot.writes(BO, "Prefers mornings").await?;
        bot.hears(BO, "/lead 1 note Has a shop already").await?;
        bot.pressed(BO, &bot.token("lead.hand_over").await?).await?;
        let to_eva = bot.token_with("lead.assign", json!({ "to": EVA })).await?;
        assert_eq!(bot.pressed(BO, &to_eva).await?, "Eva has it now.");
        assert!(cards(&pool, "lead").await?[0].contains("Taken</b> · with Eva"));
        bot.hears(BO, "/lead 1 assign Nobody").await?;
        assert!(bot.said().await?.contains("Bo, Eva"));
        bot.hears(EVA, "/lead 1 call 3d").await?;
        bot.pressed(BO, &bot.token("lead.history").await?).await?;
        let told = cards(&pool, "lead_history").await?.pop().expect("the history");
        for part in
            ["came in", "Prefers mornings", "Has a shop already", "handed to Eva", "Taken → Contacted", "call on"]
        {
            assert!(told.contains(part), "{part}: {told}");
        }
        bot.hears(BO, "/lead 1 dance").await?;
        assert!(bot.said().await?.contains("<code>/lead 1 take</code>"));
        Ok(())
    })
    .await
}

pub(super) fn reminders(clock: &Clock) -> Reminders {
    let settings = Settings {
        every: TimeDelta::seconds(30),
        untouched: TimeDelta::hours(1),
        to_all: TimeDelta::hours(2),
        quiet_from: 21,
        quiet_to: 8,
    };
    Reminders { front: front(), clock: clock.clone(), bot: Some(BOT), requests: Arc::new(FromTable), settings }
}

/// Requests as provisioning knows them.
#[derive(Debug)]
struct FromTable;

impl Requests for FromTable {
    fn unbuilt<'a>(
        &'a self,
        conn: &'a mut PgConnection,
        requests: &'a [Uuid],
    ) -> BoxFuture<'a, anyhow::Result<Vec<Uuid>>> {
        Box::pin(async move { Ok(waas_hub::provisioning::unbuilt(conn, requests).await?) })
    }
}

/// What was said as a reminder, in order: to whom, and the text.
pub(super) async fn reminded(pool: &PgPool) -> anyhow::Result<Vec<(i64, String)>> {
    let all = "select chat_id, call ->> 'html' from outbox where priority = 4 order by id";
    Ok(sqlx::query_as(all).fetch_all(pool).await?)
}

/// Ten in the morning.
pub(super) fn morning() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_255_200, 0).expect("a valid time")
}

pub(super) async fn two_in_the_team(conn: &mut PgConnection) -> anyhow::Result<()> {
    enrol(conn, BO, "Bo", Role::Owner).await?;
    enrol(conn, EVA, "Eva", Role::Operator).await
}

#[tokio::test]
async fn a_promise_is_kept_in_mind_once_by_its_holder_and_then_by_all() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let (clock, front) = (Clock::manual(morning()), front());
        let mut conn = pool.acquire().await?;
        two_in_the_team(&mut conn).await?;
        let lead = leads::accept(&mut conn, &rules(), &[super::read(&anna("1"))], clock.now()).await?.new.remove(0);
        let call_at = Some(clock.now() + TimeDelta::minutes(90));
        let wish = Wish { call_at, ..LeadMove::CallBack.into() };
        leads::act(&mut conn, &clock, &front, &Actor::Person(EVA), lead.id, wish).await?;
        let reminders = reminders(&clock);
        clock.advance(TimeDelta::minutes(89));
        assert_eq!(reminders.look(&mut conn).await?, 0);
        clock.advance(TimeDelta::minutes(1));
        assert_eq!((reminders.look(&mut conn).await?, reminders.look(&mut conn).await?), (1, 0));
        clock.advance(TimeDelta::minutes(119));
        assert_eq!(reminders.look(&mut conn).await?, 0);
        clock.advance(TimeDelta::minutes(1));
        assert_eq!((reminders.look(&mut conn).await?, reminders.look(&mut conn).await?), (1, 0));
        let told = reminded(&pool).await?;
        assert_eq!(told.iter().map(|(to, _)| *to).collect::<Vec<_>>(), [EVA, BO]);
        assert!(told[0].1.contains("You promised to call") && told[0].1.contains("+4930123456"), "{}", told[0].1);
        assert!(told[1].1.contains("A lead waits"), "{}", told[1].1);
        clock.advance(TimeDelta::days(30));
        assert_eq!(reminders.look(&mut conn).await?, 0);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn untouched_leads_wait_for_the_end_of_the_night_and_are_told_of_together() -> anyhow::Result<()> {
    with_database(|pool| async move {
        // An hour before the quiet hours begin.
        let clock = Clock::manual(morning() + TimeDelta::hours(10));
        let mut conn = pool.acquire().await?;
        two_in_the_team(&mut conn).await?;
        let new: Vec<_> = (0..12).map(|n| super::read(&anna(&n.to_string()))).collect();
        let new = leads::accept(&mut conn, &rules(), &new, clock.now()).await?.new;
        // The column's default is the time of the database, not of this clock.
        sqlx::query("update leads set updated_at = received_at").execute(&pool).await?;
        leads::act(&mut conn, &clock, &front(), &Actor::Person(EVA), new[0].id, LeadMove::Take).await?;
        let reminders = reminders(&clock);
        for _ in 0..11 {
            clock.advance(TimeDelta::hours(1));
            assert_eq!(reminders.look(&mut conn).await?, 0, "{}", clock.now());
        }
        clock.advance(TimeDelta::hours(1));
        assert_eq!((reminders.look(&mut conn).await?, reminders.look(&mut conn).await?), (2, 0));
        let told = reminded(&pool).await?;
        assert_eq!(told.iter().map(|(to, _)| *to).collect::<Vec<_>>(), [EVA, BO]);
        assert!(told[0].1.contains("You took it"), "{}", told[0].1);
        assert!(told[1].1.contains("11 leads wait") && told[1].1.contains("And 3 more"), "{}", told[1].1);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn what_somebody_had_who_left_the_team_is_new_again() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let (clock, front) = (Clock::manual(morning()), front());
        let mut conn = pool.acquire().await?;
        two_in_the_team(&mut conn).await?;
        let leads: Vec<_> = accept(&mut conn, &[anna("1"), anna("2"), anna("3"), anna("4")]).await?.new;
        let eva = Actor::Person(EVA);
        for (lead, wanted) in leads.iter().zip([LeadMove::Take, LeadMove::Qualify, LeadMove::Onboard, LeadMove::Reject])
        {
            leads::act(&mut conn, &clock, &front, &eva, lead.id, wanted).await?;
        }
        assert_eq!(leads::release_orphans(&mut conn, &clock, &front).await?, 0);
        sqlx::query("update members set state = 'revoked', revoked_at = now() where person_id = $1")
            .bind(EVA)
            .execute(&pool)
            .await?;
        // The look of the reminders does it, whoever revoked her and how.
        reminders(&clock).look(&mut conn).await?;
        let states: Vec<(String, Option<i64>)> =
            sqlx::query_as("select state, assignee from leads order by number").fetch_all(&pool).await?;
        let told = states.iter().map(|(state, who)| (state.as_str(), *who)).collect::<Vec<_>>();
        assert_eq!(told, [("new", None), ("new", None), ("onboarding", None), ("rejected", Some(EVA))]);
        let to_eva = leads::assign(&mut conn, &clock, &front, Some(BOT), &Actor::Person(BO), leads[0].id, EVA).await?;
        assert_eq!(to_eva, Assigned::NoOperator);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn possible_duplicates_are_told_and_merged_with_both_histories() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let bot = two_operators(&pool).await?;
        let (clock, front) = (Clock::system(), front());
        let mut conn = pool.acquire().await?;
        let poor = json!({"id": "x", "source": "fair", "name": "A. Weber", "phone": "030 / 123456"});
        let twin = json!({"id": "y", "source": "mail", "name": "Anna", "email": "Anna@new-salon.de", "niche": "shop",
                          "phone": "+49 (30) 123456"});
        let stranger = json!({"id": "z", "source": "mail", "name": "Zoe", "email": "zoe@web.de"});
        let new = accept(&mut conn, &[poor, twin, stranger]).await?.new;
        leads::show(&mut conn, &clock, &front, BOT, &new, leads::FloodLimit::default()).await?;
        let shown = cards(&pool, "lead").await?;
        assert!(shown.iter().any(|card| card.contains("Possibly the same person: #1")), "{shown:?}");
        assert!(shown.iter().any(|card| card.contains("Zoe") && !card.contains("Possibly")));

        leads::note(&mut conn, &clock, &Actor::Person(EVA), new[1].id, "met at the fair").await?;
        assert_eq!(bot.pressed(BO, &bot.token("lead.merge").await?).await?, "Both are lead #1 now.");
        let kept = leads::facts(&mut conn, new[0].id).await?.expect("it is there");
        assert_eq!((kept.email.as_deref(), kept.niche.as_deref()), (Some("Anna@new-salon.de"), Some("shop")));
        assert_eq!(kept.phone.as_deref(), Some("030 / 123456"), "what was known stays");
        assert!(kept.score.total > new[0].score.total, "the score follows the facts");
        let history = leads::history(&mut conn, kept.id).await?;
        let told: Vec<_> = history.iter().map(|event| (event.what.as_str(), event.lead)).collect();
        assert!(told.contains(&("noted", Some(2))) && told.contains(&("merged", None)), "{told:?}");
        assert_eq!(told.iter().filter(|(what, _)| *what == "moved").count(), 2, "both arrivals");
        assert!(told.contains(&("scored", None)), "{told:?}");
        assert_eq!(leads::page(&mut conn, &Filter::default(), None, 10).await?.len(), 2);
        let (one, other) = (new[1].id, new[2].id);
        let again = leads::merge(&mut conn, &clock, &front, &rules(), &Actor::Person(BO), one, other).await?;
        assert_eq!(again, Merged::Already);
        let taken = leads::act(&mut conn, &clock, &front, &Actor::Person(BO), one, LeadMove::Take).await?;
        assert!(matches!(taken, Acted::Stands(..)), "{taken:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn what_is_in_work_is_never_hidden_behind_what_is_not() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let bot = two_operators(&pool).await?;
        let (clock, front, eva) = (Clock::system(), front(), Actor::Person(EVA));
        let mut conn = pool.acquire().await?;
        let same = |id: &str| json!({"id": id, "source": "fair", "name": "A. Weber", "phone": "030 / 123456"});
        let new = accept(&mut conn, &[same("1"), same("2")]).await?.new;
        leads::show(&mut conn, &clock, &front, BOT, &new, leads::FloodLimit::default()).await?;
        leads::act(&mut conn, &clock, &front, &eva, new[1].id, LeadMove::Onboard).await?;
        let second = bot.token_with("lead.merge", json!({ "with": new[1].id })).await?;
        assert_eq!(bot.pressed(BO, &second).await?, "Both are lead #2 now.");
        let first = leads::facts(&mut conn, new[0].id).await?.expect("it is there");
        assert_eq!(first.merged_into, Some(new[1].id));

        // Two with an onboarding of their own stay two, until one of them is given up.
        let (two, three) = (new[1].id, accept(&mut conn, &[same("3")]).await?.new[0].id);
        leads::act(&mut conn, &clock, &front, &eva, three, LeadMove::Onboard).await?;
        let both = leads::merge(&mut conn, &clock, &front, &rules(), &eva, two, three).await?;
        assert_eq!(both, Merged::Both);
        assert_eq!(count(&pool, "audit where act = 'lead.merge' and outcome = 'refused'").await?, 1);
        leads::act(&mut conn, &clock, &front, &eva, three, LeadMove::Lose).await?;
        let kept = leads::merge(&mut conn, &clock, &front, &rules(), &eva, two, three).await?;
        assert!(matches!(&kept, Merged::Into(lead) if lead.id == two), "{kept:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_question_is_answered_once_and_other_texts_are_none_of_its_business() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let bot = two_operators(&pool).await?;
        shown_lead(&pool).await?;
        bot.pressed(BO, &bot.token("lead.reject").await?).await?;
        bot.pressed(BO, &bot.token_with("lead.why", json!({ "why": "spam" })).await?).await?;
        bot.writes(BO, "lunch?").await?;
        assert_eq!(count(&pool, "leads where closed_why = 'spam'").await?, 1);
        // A time that cannot be read is asked for once more, and then no longer.
        bot.hears(BO, "/lead 1 reopen").await?;
        bot.pressed(BO, &bot.token("lead.call_back").await?).await?;
        for waiting in [1, 0] {
            bot.writes(BO, "lunch?").await?;
            assert_eq!(count(&pool, "prompts").await?, waiting);
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn who_promises_a_call_is_reminded_of_it_and_a_note_is_something_done() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let (clock, front) = (Clock::manual(morning()), front());
        let mut conn = pool.acquire().await?;
        two_in_the_team(&mut conn).await?;
        let new = [super::read(&anna("1")), super::read(&anna("2"))];
        let new = leads::accept(&mut conn, &rules(), &new, clock.now()).await?.new;
        for lead in &new {
            leads::act(&mut conn, &clock, &front, &Actor::Person(BO), lead.id, LeadMove::Take).await?;
        }
        let wish = Wish { call_at: Some(clock.now() + TimeDelta::minutes(30)), ..LeadMove::CallBack.into() };
        leads::act(&mut conn, &clock, &front, &Actor::Person(EVA), new[0].id, wish).await?;
        clock.advance(TimeDelta::minutes(59));
        leads::note(&mut conn, &clock, &Actor::Person(BO), new[1].id, "met them").await?;
        clock.advance(TimeDelta::minutes(1));
        assert_eq!(reminders(&clock).look(&mut conn).await?, 1);
        assert_eq!(reminded(&pool).await?.iter().map(|(to, _)| *to).collect::<Vec<_>>(), [EVA]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn nobody_is_reminded_of_a_lead_that_turned_out_to_be_another() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let (clock, front, eva) = (Clock::manual(morning()), front(), Actor::Person(EVA));
        let mut conn = pool.acquire().await?;
        two_in_the_team(&mut conn).await?;
        let new: Vec<_> = (1..=4).map(|n| super::read(&anna(&n.to_string()))).collect();
        let new = leads::accept(&mut conn, &rules(), &new, clock.now()).await?.new;
        let wish = Wish { call_at: Some(clock.now() + TimeDelta::minutes(30)), ..LeadMove::CallBack.into() };
        leads::act(&mut conn, &clock, &front, &eva, new[0].id, wish).await?;
        leads::act(&mut conn, &clock, &front, &eva, new[1].id, LeadMove::Take).await?;
        for lead in &new[2..] {
            leads::act(&mut conn, &clock, &front, &eva, lead.id, LeadMove::Qualify).await?;
        }
        leads::merge(&mut conn, &clock, &front, &rules(), &eva, new[0].id, new[2].id).await?;
        leads::merge(&mut conn, &clock, &front, &rules(), &eva, new[1].id, new[3].id).await?;
        clock.advance(TimeDelta::hours(2));
        assert_eq!(reminders(&clock).look(&mut conn).await?, 0);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn after_a_flood_all_are_called_once() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let clock = Clock::manual(morning());
        let mut conn = pool.acquire().await?;
        two_in_the_team(&mut conn).await?;
        let new: Vec<_> = (0..300).map(|n| super::read(&anna(&n.to_string()))).collect();
        leads::accept(&mut conn, &rules(), &new, clock.now()).await?;
        // The column's default is the time of the database, not of this clock.
        sqlx::query("update leads set updated_at = received_at").execute(&pool).await?;
        clock.advance(TimeDelta::hours(1));
        let reminders = reminders(&clock);
        assert_eq!((reminders.look(&mut conn).await?, reminders.look(&mut conn).await?), (1, 0));
        let told = reminded(&pool).await?.remove(0).1;
        assert!(told.contains("300 leads wait") && told.contains("And 292 more"), "{told}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn leads_are_found_by_name_words_and_telephone_number() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let bot = two_operators(&pool).await?;
        let mut conn = pool.acquire().await?;
        let with = |id: &str, name: &str, phone: &str, email: &str| {
            json!({"id": id, "source": "codex-dlc.com", "name": name, "phone": phone, "email": email,
                   "message": "Нужна онлайн-запись"})
        };
        accept(
            &mut conn,
            &[
                with("1", "Anna-Maria Weber", "+49 30 123456", "a@new-salon.de"),
                with("2", "Ольга Петрова", "0170 9876543", "olga@example.ru"),
                with("3", "أحمد", "+43 1 5550000", "x@shop.at"),
            ],
        )
        .await?;
        let mut found = async |words: &str| {
            let filter = Filter { words: Some(words.to_owned()), ..Filter::default() };
            let leads = leads::page(&mut conn, &filter, None, 10).await?;
            anyhow::Ok(leads.iter().map(|lead| lead.number).collect::<Vec<_>>())
        };
        for (words, numbers) in [
            ("weber", vec![1]),
            ("MARIA", vec![1]),
            ("anna web", vec![1]),
            ("ольг", vec![2]),
            ("أحمد", vec![3]),
            ("запись", vec![3, 2, 1]),
            ("salon", vec![1]),
            ("olga@example.ru", vec![2]),
            ("030 123456", vec![1]),
            ("+49 30 12", vec![1]),
            ("01709876543", vec![2]),
            ("170 98", vec![2]),
            ("codex-dlc.com", vec![3, 2, 1]),
            ("nobody", vec![]),
            ("' or 1=1 --", vec![]),
            ("anna & ! | (", vec![1]),
        ] {
            assert_eq!(found(words).await?, numbers, "{words}");
        }
        bot.hears(BO, "/leads new петрова").await?;
        let list = cards(&pool, "lead_list").await?.remove(0);
        assert!(list.contains("with “петрова”") && list.contains("#2<") && !list.contains("#1<"), "{list}");
        let all = json!({ "state": null, "words": null, "holder": null });
        bot.pressed(BO, &bot.token_with("lead.page", all).await?).await?;
        assert!(cards(&pool, "lead_list").await?[0].contains("#1<"), "the filter can be left");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn figures_tell_how_many_how_soon_and_who() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let bot = two_operators(&pool).await?;
        let (clock, front) = (Clock::manual(Clock::system().now() - TimeDelta::hours(2)), front());
        let began = clock.now() - TimeDelta::seconds(1);
        let mut conn = pool.acquire().await?;
        let new: Vec<_> = (0..4).map(|n| super::read(&anna(&n.to_string()))).collect();
        let new = leads::accept(&mut conn, &rules(), &new, clock.now()).await?.new;
        clock.advance(TimeDelta::minutes(10));
        let eva = Actor::Person(EVA);
        leads::act(&mut conn, &clock, &front, &eva, new[0].id, LeadMove::Onboard).await?;
        assert!(matches!(leads::won(&mut conn, &clock, &front, new[0].id).await?, Acted::Moved(_)));
        leads::act(&mut conn, &clock, &front, &eva, new[1].id, LeadMove::Reject).await?;
        let figures = leads::figures(&mut conn, began).await?;
        let all = figures.all.expect("leads came");
        assert_eq!((all.count, all.touched, all.won, all.closed), (4, 2, 1, 1));
        assert!((all.first_touch_s.expect("touched") - 600.0).abs() < 1.0);
        assert_eq!(figures.by_source[0].of.as_deref(), Some("codex-dlc.com"));
        let of_eva = figures.by_operator.iter().find(|line| line.of == Some(EVA.to_string())).expect("Eva's");
        assert_eq!((of_eva.count, of_eva.won), (2, 1));
        bot.hears(BO, "/report leads 24h").await?;
        let pictures = bot.calls("picture").await?;
        let told = pictures[0]["caption"].as_str().expect("words below the picture");
        let png: Vec<u8> = sqlx::query_scalar("select png from outbox_pictures").fetch_one(&pool).await?;
        assert!(png.starts_with(b"\x89PNG"), "its bytes wait with it");
        for part in ["4 leads, 1 won (25 %)", "after 10 min", "codex-dlc.com: 4 leads", "Beauty salon", "Eva: 2 leads"]
        {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert_eq!(leads::figures(&mut conn, clock.now()).await?.all, None);
        // Nothing is no picture.
        sqlx::query("update leads set received_at = received_at - interval '2 days'").execute(&pool).await?;
        bot.hears(BO, "/report leads 24h").await?;
        assert!(bot.said().await?.contains("None came."));
        assert_eq!(count(&pool, "outbox_pictures").await?, 1);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_database_knows_the_same_words_of_the_history() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let mut conn = pool.acquire().await?;
        let lead = one_lead(&mut conn).await?;
        let check = "select pg_get_constraintdef(oid) from pg_constraint where conname = 'lead_events_what_check'";
        let check: String = sqlx::query_scalar(check).fetch_one(&pool).await?;
        for word in ["moved", "noted", "promised", "assigned", "merged", "scored"] {
            assert!(check.contains(&format!("'{word}'")), "{check}");
        }
        assert_eq!(lead.state, LeadState::New);
        Ok(())
    })
    .await
}
