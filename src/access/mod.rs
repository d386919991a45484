//! Who may do what: people, members, enrolment, the operators' chat.
//!
//! Rights are looked up when they are needed, by numeric id, in the transaction of the act; nothing is remembered
//! between turns. Knows no lead and no tenant.

mod audit_card;
mod card;
pub mod chat;
pub mod desk;
pub mod menu;
pub mod model;
mod store;
mod team;
mod tongue;

use chrono::{DateTime, Duration, Utc};
use futures_util::future::BoxFuture;
use waas_platform::clock::{Clock, random};
use waas_platform::db::PgConnection;
use waas_platform::render::{Context, Reader};
use waas_platform::secrets::MasterKey;
use waas_platform::telegram::{BotId, BotIdentity, Person, Place, Priority, View, outbox};

use crate::audit::{Act, Actor};
use crate::front::Front;
pub use chat::{Caller, Colleague, Operator, caller, colleague, operator, owner, questions};
pub use desk::{Belongings, Desk, desk, seen_from};
pub use model::{Enrolled, Member, Named, Role, Standing};
pub use team::{Changed, Leaving, Team, members, named_member, standing};

/// Who has something for people that are let in.
pub trait Welcome: Send + Sync {
    /// Called in the transaction of the enrolment, after the person was greeted.
    fn welcome<'a>(&'a self, conn: &'a mut PgConnection, bot: BotId) -> BoxFuture<'a, anyhow::Result<()>>;
}

/// Who knows of people and things beyond the team.
pub trait Acquaintance: Send + Sync {
    /// Whether something here is theirs: a site, or answers.
    fn knows<'a>(&'a self, conn: &'a mut PgConnection, bot: BotId, person: i64) -> BoxFuture<'a, anyhow::Result<bool>>;

    /// What people call what the audit has under this name (`#12` for a lead); none where they have no other word for it.
    fn called<'a>(&'a self, _: &'a mut PgConnection, _: &'a str) -> BoxFuture<'a, anyhow::Result<Option<String>>> {
        Box::pin(async { Ok(None) })
    }

    /// What the audit calls the lead that people know by this number; none when there is none.
    fn subject<'a>(&'a self, _: &'a mut PgConnection, _: i64) -> BoxFuture<'a, anyhow::Result<Option<String>>> {
        Box::pin(async { Ok(None) })
    }
}

/// What enrolment codes are hashed for.
const PURPOSE: &str = "enrol";

/// A fresh enrolment code, shown once.
#[derive(Clone, Debug)]
pub struct Code {
    /// What the new member sends as `/start enrol_CODE`.
    pub code: String,
    /// What they become.
    pub role: Role,
    /// Until when it works.
    pub expires_at: DateTime<Utc>,
}

/// Makes a one-time code; only its hash is stored. Made by a person, it works as long as they are an owner.
///
/// # Errors
/// The database refuses.
pub async fn make_code(
    conn: &mut PgConnection,
    keys: &MasterKey,
    actor: &Actor,
    role: Role,
    now: DateTime<Utc>,
    life: Duration,
) -> sqlx::Result<Code> {
    let code = random::token();
    let expires_at = now + life;
    let made_by = match actor {
        Actor::Person(person) => Some(*person),
        Actor::Terminal(_) | Actor::System(_) => None,
    };
    store::add_code(conn, keys.hash_code(PURPOSE, &code).as_bytes(), role, made_by, expires_at).await?;
    Act::done(actor, "access.code_made", format!("role:{}", role.word())).record(conn).await?;
    Ok(Code { code, role, expires_at })
}

/// Uses a code for a person. Who is in the team already stays in it since when they were, with the stronger role.
///
/// # Errors
/// The database refuses.
pub async fn enrol(
    conn: &mut PgConnection,
    keys: &MasterKey,
    person: &Person,
    code: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<Enrolled> {
    let actor = Actor::Person(person.id);
    let subject = format!("person:{}", person.id);
    let Some(role) = store::use_code(conn, keys.hash_code(PURPOSE, code).as_bytes(), person.id, now).await? else {
        Act::refused(&actor, "access.enrol", subject).record(conn).await?;
        return Ok(Enrolled::NotValid);
    };
    // Held, so that whoever gives them another role meanwhile is not overruled by what was read before.
    let before = store::members::hold(conn, person.id).await?.filter(|member| member.removed_at.is_none());
    let role = before.map_or(role, |member| member.role.max(role));
    store::add_member(conn, person.id, role).await?;
    let detail = serde_json::json!({ "role": role.word() });
    Act::done(&actor, "access.enrol", subject).detail(detail).record(conn).await?;
    Ok(Enrolled::Welcome(role))
}

/// The member with this id, if there is one and they are not revoked.
///
/// # Errors
/// The database refuses.
pub async fn member(conn: &mut PgConnection, person: i64) -> sqlx::Result<Option<Member>> {
    store::member(conn, person).await
}

/// Everybody who may change things in the daily work, by name.
///
/// # Errors
/// The database refuses.
pub async fn operators(conn: &mut PgConnection) -> sqlx::Result<Vec<Member>> {
    store::operators(conn).await
}

/// Which operator is named, by first name or by Telegram id.
///
/// # Errors
/// The database refuses.
pub async fn named(conn: &mut PgConnection, name: &str) -> sqlx::Result<Named> {
    Ok(Named::among(operators(conn).await?, name))
}

/// What a person calls themselves, to show who has something.
///
/// # Errors
/// The database refuses.
pub async fn first_name(conn: &mut PgConnection, person: i64) -> sqlx::Result<Option<String>> {
    store::first_name(conn, person).await
}

/// How somebody is spoken to: in the language and the time zone that they chose, else as their app speaks, else as the house
/// does.
///
/// # Errors
/// The database refuses.
pub async fn reader_of(
    conn: &mut PgConnection,
    front: &Front,
    person: i64,
    now: DateTime<Utc>,
) -> sqlx::Result<Reader> {
    Ok(store::tongue(conn, person).await?.reader(front, now))
}

/// Who reads a card in a chat: one person alone with the bot, or a group, which is spoken to as the house speaks.
///
/// # Errors
/// The database refuses.
pub async fn reader_at(
    conn: &mut PgConnection,
    front: &Front,
    place: Place,
    now: DateTime<Utc>,
) -> sqlx::Result<Reader> {
    // A private chat has its person's id; those of groups are below zero.
    if place.chat > 0 { reader_of(conn, front, place.chat, now).await } else { Ok(front.reader(None, now)) }
}

/// Sets somebody's menus after their role or their language changed.
///
/// # Errors
/// The database refuses.
pub async fn refresh_menu(
    conn: &mut PgConnection,
    front: &Front,
    bot: BotId,
    person: i64,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let tongue = store::tongue(conn, person).await?;
    let reader = tongue.reader(front, now);
    let member = member(conn, person).await?;
    let place = Place::private(bot, person);
    menu::keep(conn, front, place, member.as_ref(), &tongue, &reader).await?;
    let in_group = store::group_menu(conn, person).await?;
    menu::keep_in_group(conn, front, now, (place, person), member.map(|member| member.role), in_group.as_deref()).await
}

/// Keeps names and language of somebody who wrote; whether they were out of reach until now.
///
/// # Errors
/// The database refuses.
pub async fn remember(conn: &mut PgConnection, person: &Person) -> sqlx::Result<bool> {
    Ok(store::know(conn, person, None).await?.came_back)
}

/// Whether somebody lets the bot write to them, as far as is known.
///
/// # Errors
/// The database refuses.
pub async fn reachable(conn: &mut PgConnection, person: i64) -> sqlx::Result<bool> {
    store::reachable(conn, person).await
}

/// Nothing can be brought to a chat any more: the person blocked the bot, or it was put out of the group. They are marked
/// until they let the bot in again. Where it was the operators' chat, what stood there follows to whoever is told things now.
///
/// `matters`: a message to them failed, or they have to do with us; then the operators are told, once, and not twice a day
/// of one person, however often they come and go.
///
/// # Errors
/// The database refuses, or the notice cannot be drawn.
pub async fn lost(
    conn: &mut PgConnection,
    clock: &Clock,
    front: &Front,
    bot: BotId,
    chat: i64,
    matters: bool,
) -> anyhow::Result<()> {
    let is_person = chat > 0;
    let before = operators_place(conn, bot).await?;
    let unbound = !is_person && store::desk::unbind(conn, bot, chat).await?;
    if unbound {
        let subject = format!("chat:{chat}");
        Act::done(&Actor::System("access"), "access.unbind", subject).record(conn).await?;
    }
    let gone = is_person && store::set_reachable(conn, chat, false).await?;
    if operators_place(conn, bot).await? != before {
        desk::follow(conn, clock, bot).await?;
    }
    let place = desk(conn, clock, front, bot, Desk::Platform).await?.filter(|place| place.chat != chat);
    let Some(place) = place else { return Ok(()) };
    if !(unbound || is_person && matters && store::tells_of_loss(conn, chat, gone, clock.now()).await?) {
        return Ok(());
    }
    let name = if is_person { first_name(conn, chat).await? } else { None };
    let context = Context::new().with("name", &name.unwrap_or_default()).with("person", &is_person);
    let reader = reader_at(conn, front, place, clock.now()).await?;
    let html = front.say(&reader, "access/out_of_reach.html", &context)?;
    Ok(outbox::say(conn, clock, place, View::text(html), Priority::Reminder).await?)
}

/// A group has another id now. What it is called in menus, and the cards that belong there, come along.
///
/// # Errors
/// The database refuses.
pub async fn chat_moved(
    conn: &mut PgConnection,
    clock: &Clock,
    front: &Front,
    bot: BotId,
    from: i64,
    to: i64,
) -> sqlx::Result<()> {
    if store::desk::move_chat(conn, bot, from, to).await? {
        desk::set_menu(conn, clock, front, bot, to).await?;
        desk::follow(conn, clock, bot).await?;
    }
    Ok(())
}

/// Where operators are told things; in a forum, what everybody reads (see [`desk`]). `None` until there is an owner.
///
/// # Errors
/// The database refuses.
pub async fn operators_place(conn: &mut PgConnection, bot: BotId) -> sqlx::Result<Option<Place>> {
    store::operators_place(conn, bot).await
}

/// Keeps the bot's username for the command line's links.
///
/// # Errors
/// The database refuses.
pub async fn remember_bot(conn: &mut PgConnection, bot: &BotIdentity) -> sqlx::Result<()> {
    store::remember_bot(conn, bot).await
}

/// The bot as it was last seen.
///
/// # Errors
/// The database refuses.
pub async fn known_bot(conn: &mut PgConnection, id: BotId) -> sqlx::Result<Option<BotIdentity>> {
    store::known_bot(conn, id).await
}
