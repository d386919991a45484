//! A year of leads, written by SQL: posting them is not what is measured here. The n-th is the same in every run.

use std::time::{Duration, Instant};

use anyhow::Result;
use sqlx::Executor as _;

use crate::world::World;

/// How many.
pub(super) const LEADS: i64 = 100_000;

/// Those who have them, as `access` knows people; their ids are not the emulator's.
const PEOPLE: &str = "insert into people (id, first_name)
    select 6000000000 + nth, name
    from unnest('{Bo,Clara,Dmitri,Eva,Farid,Greta,Hanna,Ivan}'::text[]) with ordinality as t(name, nth)";

/// One comes every five minutes. Most of the old ones are closed; nobody is to be reminded of any, and all have their cards.
const LEADS_OF_A_YEAR: &str = r#"
    with said as (
      select '{Anna,Ben,Clara,David,Elena,Felix,Greta,Hassan,Ida,Jonas,Katja,Lukas,Maria,Nils,Olga,Paul,Rosa,Sergei,Tanja,Uwe,Vera,Wanda,Xenia,Yusuf,Zoe,Анна,Борис,Ольга,Иван,Мария}'::text[] as given,
             '{Weber,Schmidt,Krause,Novak,Ivanova,Petrov,Lang,Koch,Bauer,Richter,Klein,Wolf,Neumann,Schwarz,Braun,Hofmann,Lange,Werner,Krüger,Hartmann,Lehmann,Köhler,Maier,Huber,Fuchs,Scholz,Möller,Vogel,Frank,Berger,Winkler,Roth,Beck,Lorenz,Baumann,Franke,Albrecht,Simon,Ludwig,Böhm,Winter,Kraus,Martin,Schumacher,Vogt,Stein,Jäger,Otto,Sommer,Gross}'::text[] as family,
             '{beauty_salon,installers,shop,restaurant,bakery,lawyer,dentist,yoga,florist,garage,tutor,photographer}'::text[] as niche,
             '{codex-dlc.example,salon-finder.example,handwerk.example,landing-a.example,landing-b.example,partner.example}'::text[] as source,
             '{Potsdam,Leipzig,Dresden,Hamburg,Rostock,Kassel,Erfurt,Bremen,Mainz,Ulm,Jena,Halle,Görlitz,Cottbus,Weimar,Trier}'::text[] as city,
             '{bookings,payments,galleries,newsletters,deliveries,vouchers,calendars,translations,reviews,maps,forms,memberships}'::text[] as wish,
             '{new,rejected,rejected,rejected,rejected,rejected,rejected,rejected,lost,lost,lost,won,won,won,won,qualified,qualified,contacted,taken,onboarding}'::text[] as state
    ), drawn as (
      select n, abs(hashint8(n)::bigint) as h, said.* from said, generate_series(1, $1::bigint) n
    ), worded as (
      select n, h, given[1 + h % 30] as given, family[1 + h / 31 % 50] as family, niche[1 + h / 7 % 12] as niche,
             source[1 + h / 11 % 6] as source, city[1 + h / 13 % 16] as city, wish[1 + h / 17 % 12] as wish,
             wish[1 + h / 19 % 12] as other, state[1 + h / 23 % 20] as state,
             now() - ($1::bigint - n) * interval '5 minutes' as at,
             -- Every fiftieth was here before.
             20000000 + (n - case when n % 50 = 0 then 40 else 0 end) * 613 % 60000000 as phone
      from drawn
    ), whole as (
      select *, given || ' ' || family as name, '+49 30 ' || phone as number,
             lower(translate(given || '.' || family, 'äöüß', 'aous')) || n || '@firm-' || h % 97 || '.example' as email,
             'We run a small business in ' || city || ' and want a site with ' || wish || '. Our customers ask for ' ||
             other || ' every week, and the old page cannot do it. Please call in the morning, ' || given || '.' as message
      from worded
    ), added as (
      insert into leads (id, source, external_id, raw, name, niche, phone, email, message, locale, state, score, reasons,
                         assignee, shown_at, created_at, received_at, updated_at, touched_at, closed_why, reminded)
      select gen_random_uuid(), source, 'stock-' || n,
             jsonb_build_object('id', 'stock-' || n, 'source', source, 'name', name, 'niche', niche, 'phone', number,
                                'email', email, 'message', message, 'locale', 'de', 'consent', '{}'::jsonb),
             name, niche, number, email, message, 'de', state, h % 100,
             '[{"rule": "phone_given", "field": "phone", "points": 20}, {"rule": "message_detailed", "field": "message", "points": 15}]',
             case when state <> 'new' then 6000000001 + h / 29 % 8 end, at, at, at, at,
             case when state <> 'new' then at + h % 7200 * interval '1 second' end,
             case when state in ('rejected', 'lost') then 'budget' end, 2
      from whole
      returning id, state, received_at, touched_at, assignee
    ), came as (
      insert into lead_events (lead_id, at, to_state) select id, received_at, 'new' from added
    )
    insert into lead_events (lead_id, at, person_id, from_state, to_state)
    select id, touched_at, assignee, 'new', state from added where touched_at is not null"#;

/// Stores them; how long that took. Afterwards the tables are as Postgres' own tidying leaves them.
///
/// # Errors
/// The database refuses.
pub(super) async fn fill(world: &World) -> Result<Duration> {
    let mut database = world.database().await?;
    let began = Instant::now();
    database.execute(PEOPLE).await?;
    sqlx::query(LEADS_OF_A_YEAR).bind(LEADS).execute(&mut database).await?;
    database.execute("vacuum analyze leads").await?;
    database.execute("vacuum analyze lead_events").await?;
    Ok(began.elapsed())
}
