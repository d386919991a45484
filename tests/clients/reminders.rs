//! A client who waits for an answer is not forgotten.

use chrono::{DateTime, TimeDelta};
use waas_hub::access::{self, Role};
use waas_hub::audit::Actor;
use waas_hub::clients::model::Content;
use waas_hub::clients::reminders::Reminders;
use waas_hub::clients::talk::{self, Desk, Speaker};
use waas_hub::clients::{Settings, model};
use waas_hub::leads::Reminding;
use waas_platform::clock::Clock;
use waas_platform::db::{PgConnection, PgPool};
use waas_platform::telegram::{BotId, Person, Place};

use crate::database::with_database;
use crate::leads::{front, keys};

const BOT: BotId = BotId(7_000);
const BO: i64 = 101;
const ANN: i64 = 900;

async fn known(conn: &mut PgConnection, id: i64, first_name: &str) -> anyhow::Result<Person> {
    let person = Person { id, first_name: first_name.to_owned(), last_name: None, username: None, language: None };
    access::remember(conn, &person).await?;
    Ok(person)
}

/// What Bo was reminded of.
async fn reminded(pool: &PgPool) -> anyhow::Result<Vec<String>> {
    let all = "select call ->> 'html' from outbox where chat_id = $1 and call ->> 'html' like '⏰%' order by id";
    Ok(sqlx::query_scalar(all).bind(BO).fetch_all(pool).await?)
}

#[tokio::test]
async fn operators_are_reminded_once_of_each_wait_and_not_at_night() -> anyhow::Result<()> {
    with_database(|pool| async move {
        // Ten in the morning.
        let clock = Clock::manual(DateTime::from_timestamp(1_795_255_200, 0).expect("a valid time"));
        let (front, keys, settings) = (front(), keys(), Settings::default());
        let mut conn = pool.acquire().await?;
        let (bo, now) = (known(&mut conn, BO, "Bo").await?, clock.now());
        let actor = Actor::Terminal("test".to_owned());
        let code = access::make_code(&mut conn, &keys, &actor, Role::Owner, now, TimeDelta::minutes(10)).await?;
        access::enrol(&mut conn, &keys, &bo, &code.code, now).await?;
        known(&mut conn, ANN, "Ann").await?;
        waas_hub::clients::took_over(&mut conn, &clock, &front, (BOT, ANN), "salon", "http://salon.de").await?;

        let desk = Desk { clock: &clock, front: &front, settings: &settings };
        let wrote = async |conn: &mut PgConnection, text: &str| {
            let thread: model::Thread = talk::ask_help(conn, &clock, (BOT, ANN)).await?.expect("she is a client");
            let id = thread.id;
            talk::from_client(conn, desk, thread, &Content::Text(text.to_owned())).await?;
            anyhow::Ok(id)
        };
        let rest = TimeDelta::minutes(30);
        let remind = Reminding { every: rest, untouched: rest * 2, to_all: rest * 4, quiet_from: 21, quiet_to: 8 };
        let reminders = Reminders { front: front.clone(), clock: clock.clone(), bot: Some(BOT), settings: remind };
        let thread = wrote(&mut conn, "Where are my bookings?").await?;
        clock.advance(rest);
        wrote(&mut conn, "Hello?").await?;
        assert_eq!(reminders.look(&mut conn).await?, 0);
        clock.advance(rest);
        assert_eq!((reminders.look(&mut conn).await?, reminders.look(&mut conn).await?), (1, 0));
        let told = reminded(&pool).await?;
        assert!(told.len() == 1 && told[0].contains("Ann waits for an answer"), "{told:?}");

        // Answered, nobody waits; asked again, somebody does, but not at night.
        let by = Speaker { person: BO, place: Place::private(BOT, BO) };
        clock.advance(rest);
        talk::reply(&mut conn, desk, by, thread, &Content::Text("On the page Bookings.".to_owned())).await?;
        clock.advance(TimeDelta::hours(9));
        assert_eq!(reminders.look(&mut conn).await?, 0);
        wrote(&mut conn, "And prices?").await?;
        for _ in 0..11 {
            clock.advance(TimeDelta::hours(1));
            assert_eq!(reminders.look(&mut conn).await?, 0, "{}", clock.now());
        }
        clock.advance(TimeDelta::hours(1));
        assert_eq!((reminders.look(&mut conn).await?, reminders.look(&mut conn).await?), (1, 0));
        talk::close(&mut conn, &clock, &front, &Actor::Person(BO), thread).await?;
        assert_eq!(reminded(&pool).await?.len(), 2);
        Ok(())
    })
    .await
}
