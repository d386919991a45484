//! The operators' chat: where `/bind` was said, else the owner's private chat; in a forum with a topic for each subject.
//!
//! A change of it (bound elsewhere, topics switched on, rights given, the bot put out) is written at once, and what belongs
//! there follows by a timer: whoever has [`Belongings`] draws them where they belong now.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::json;
use waas_platform::clock::Clock;
use waas_platform::db::PgConnection;
use waas_platform::durable::timers::schedule;
use waas_platform::durable::{Fired, Timer, TimersBuilder};
use waas_platform::render::Context;
use waas_platform::telegram::outbox::{self, MenuOf};
use waas_platform::telegram::topics::{self, Refusal};
use waas_platform::telegram::{BotId, Group, Place, Priority, View, cards};

use super::chat::rights;
use super::menu::described;
use super::model::Role;
use super::store::desk as store;
use super::{operators_place, reader_at};
use crate::audit::{Act, Actor};
use crate::front::Front;

/// The kind of the timer by which what belongs to the operators' chat follows it.
const KIND: &str = "access.desk";

/// Cards that wait for somebody's decision and stand only where it was asked for: they go along when a group is left. What
/// belongs to the operators' chat by itself is drawn anew there ([`Belongings`]).
const CARRIED: [&str; 1] = ["plan"];

/// What something said to the operators is about; in a forum each has a topic of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Desk<'a> {
    /// Leads.
    Leads,
    /// The hub itself: jobs, own alerts, dead letters, members.
    Platform,
    /// A tenant, by its slug.
    Tenant(&'a str),
}

impl Desk<'_> {
    /// The topic's name among those that the bot keeps.
    fn name(self) -> String {
        match self {
            Self::Leads => "leads".to_owned(),
            Self::Platform => "platform".to_owned(),
            Self::Tenant(slug) => format!("tenant:{slug}"),
        }
    }

    /// What the topic is called, in the language of the house.
    fn title(self, front: &Front, clock: &Clock) -> String {
        let house = front.reader(None, clock.now());
        match self {
            Self::Leads => front.word(&house, "access-topic-leads"),
            Self::Platform => front.word(&house, "access-topic-platform"),
            Self::Tenant(slug) => slug.to_owned(),
        }
    }
}

/// Who has cards that belong to the operators' chat.
pub trait Belongings: Send + Sync {
    /// Draws those that matter now where they belong; called in a transaction of its own after that changed. One that
    /// stands there already is left alone ([`Placement::Home`](cards::Placement)). `from` is the chat that was the operators'
    /// until now, where they are elsewhere by `/bind`.
    fn bring<'a>(
        &'a self,
        conn: &'a mut PgConnection,
        bot: BotId,
        from: Option<i64>,
    ) -> BoxFuture<'a, anyhow::Result<()>>;
}

/// Where operators are told of something; `None` until there is an owner.
///
/// # Errors
/// The database refuses.
pub async fn desk(
    conn: &mut PgConnection,
    clock: &Clock,
    front: &Front,
    bot: BotId,
    about: Desk<'_>,
) -> sqlx::Result<Option<Place>> {
    let Some(place) = operators_place(conn, bot).await? else { return Ok(None) };
    if place.chat > 0 || !store::is_forum(conn, bot).await? {
        return Ok(Some(place));
    }
    let topic = topics::keep(conn, bot, place.chat, &about.name(), &about.title(front, clock)).await?;
    Ok(Some(Place { topic: Some(topic), ..place }))
}

/// Where operators are told things, seen from a chat, as layouts have words for it: here, in their group, or alone with an
/// owner.
///
/// # Errors
/// The database refuses.
pub async fn seen_from(conn: &mut PgConnection, place: Place) -> sqlx::Result<&'static str> {
    Ok(match operators_place(conn, place.bot).await? {
        Some(desk) if desk.chat == place.chat => "here",
        Some(desk) if desk.chat < 0 => "group",
        Some(_) | None => "owner",
    })
}

/// How binding ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// It is the operators' chat from now on.
    Now,
    /// It was before.
    Already,
}

/// Makes a chat the operators' chat. Of two who bind at once the later one wins, and the other chat is told so.
///
/// `group` is none for a private chat.
///
/// # Errors
/// The database refuses, or the notice cannot be drawn.
pub async fn bind(
    conn: &mut PgConnection,
    clock: &Clock,
    front: &Front,
    owner: i64,
    place: Place,
    group: Option<&Group>,
) -> anyhow::Result<Bound> {
    let (bot, here) = (place.bot, Place { topic: None, ..place });
    store::lock(conn, bot).await?;
    let before = operators_place(conn, bot).await?;
    let (title, is_forum) = group.map_or((String::new(), false), |group| (group.title.clone(), group.is_forum));
    store::bind(conn, here, owner, &title, is_forum).await?;
    topics::try_again(conn, bot, here.chat).await?;
    if group.is_some() {
        set_menu(conn, clock, front, bot, here.chat).await?;
    }
    if is_forum {
        greet_platform(conn, clock, front, bot).await?;
    }
    let before = before.filter(|before| before.chat != here.chat);
    follow_from(conn, clock, bot, before.map(|before| before.chat)).await?;
    let Some(before) = before else { return Ok(Bound::Already) };
    let detail = json!({ "from": before.chat, "to": here.chat });
    let subject = format!("chat:{}", here.chat);
    Act::done(&Actor::Person(owner), "access.bind", subject).detail(detail).record(conn).await?;
    leave(conn, clock, front, before, &title).await?;
    Ok(Bound::Now)
}

/// The commands that a bound group is offered, in the language of the house.
///
/// # Errors
/// The database refuses.
pub(super) async fn set_menu(
    conn: &mut PgConnection,
    clock: &Clock,
    front: &Front,
    bot: BotId,
    chat: i64,
) -> sqlx::Result<()> {
    let commands = described(front, &front.reader(None, clock.now()), &rights::in_menu(Some(Role::Operator)));
    outbox::set_commands(conn, bot, MenuOf::Chat(chat), commands).await
}

/// The first words of the platform's topic: what it is for. Whether topics can be had shows now, not at the first alert.
async fn greet_platform(conn: &mut PgConnection, clock: &Clock, front: &Front, bot: BotId) -> anyhow::Result<()> {
    let Some(place) = desk(conn, clock, front, bot, Desk::Platform).await? else { return Ok(()) };
    let html = front.say(&front.reader(None, clock.now()), "access/platform_topic.html", &Context::new())?;
    Ok(outbox::say(conn, clock, place, View::text(html), Priority::Reply).await?)
}

/// Tells a chat that it is the operators' chat no longer. What stands in a private chat goes on there; a group's buttons
/// change nothing any more.
async fn leave(conn: &mut PgConnection, clock: &Clock, front: &Front, before: Place, to: &str) -> anyhow::Result<()> {
    let context = Context::new().with("title", to).with("group", &(before.chat < 0));
    let html = front.say(&reader_at(conn, front, before, clock.now()).await?, "access/moved.html", &context)?;
    outbox::say(conn, clock, before, View::text(html), Priority::Reply).await?;
    if before.chat < 0 {
        store::left(conn, before, "moved").await?;
        outbox::set_commands(conn, before.bot, MenuOf::Chat(before.chat), Vec::new()).await?;
        let to = operators_place(conn, before.bot).await?;
        cards::forsake(conn, before.bot, before.chat, to, &CARRIED).await?;
    }
    Ok(())
}

/// What belongs to the operators' chat is drawn where it belongs, soon and beside whatever goes on.
///
/// # Errors
/// The database refuses.
pub(super) async fn follow(conn: &mut PgConnection, clock: &Clock, bot: BotId) -> sqlx::Result<()> {
    follow_from(conn, clock, bot, None).await
}

async fn follow_from(conn: &mut PgConnection, clock: &Clock, bot: BotId, from: Option<i64>) -> sqlx::Result<()> {
    schedule(conn, KIND, &bot.0.to_string(), &json!({ "from": from }), clock.now()).await?;
    Ok(())
}

/// The group's people are known to it by what comes from it: whether it has topics now.
///
/// # Errors
/// The database refuses.
pub(super) async fn note(conn: &mut PgConnection, clock: &Clock, place: Place, group: &Group) -> sqlx::Result<()> {
    // What is switched off stays where it is: threads that are none any more show in one stream.
    if store::note(conn, place, &group.title, group.is_forum).await? && group.is_forum {
        topics::try_again(conn, place.bot, place.chat).await?;
        follow(conn, clock, place.bot).await?;
    }
    Ok(())
}

/// The bot was let into a group, or has other rights there: what could not be had may be had now.
///
/// # Errors
/// The database refuses, or the notice cannot be drawn.
pub(super) async fn let_in(
    conn: &mut PgConnection,
    clock: &Clock,
    front: &Front,
    place: Place,
    group: &Group,
) -> anyhow::Result<()> {
    note(conn, clock, place, group).await?;
    cards::catch_up(conn, place.bot, place.chat).await?;
    if topics::try_again(conn, place.bot, place.chat).await? {
        store::tell_of_rights_again(conn, place).await?;
        return Ok(follow(conn, clock, place.bot).await?);
    }
    // Whether it is still the people's that it was, the owner must say.
    if store::is_back(conn, place).await?
        && let Some(owner) = operators_place(conn, place.bot).await?
    {
        let context = Context::new().with("title", &group.title);
        let html =
            front.say(&reader_at(conn, front, owner, clock.now()).await?, "access/let_in_again.html", &context)?;
        outbox::say(conn, clock, owner, View::text(html), Priority::Reminder).await?;
    }
    Ok(())
}

/// A topic cannot be had: the group is told once how to mend it.
///
/// # Errors
/// The database refuses, or the notice cannot be drawn.
pub async fn no_topic(
    conn: &mut PgConnection,
    clock: &Clock,
    front: &Front,
    bot: BotId,
    chat: i64,
    why: &Refusal,
) -> anyhow::Result<()> {
    let place = Place { bot, chat, topic: None };
    let context = match why {
        Refusal::NoForum => return Ok(store::no_forum(conn, place).await?),
        Refusal::NoRights if !store::tells_of_rights(conn, place).await? => return Ok(()),
        Refusal::NoRights => Context::new().with("closed", &false).with("title", ""),
        Refusal::Closed(title) => Context::new().with("closed", &true).with("title", title),
    };
    let html = front.say(&reader_at(conn, front, place, clock.now()).await?, "access/no_topic.html", &context)?;
    Ok(outbox::say(conn, clock, place, View::text(html), Priority::Reply).await?)
}

/// Whether a group was the operators' chat and is so no longer.
///
/// # Errors
/// The database refuses.
pub async fn is_left(conn: &mut PgConnection, place: Place) -> sqlx::Result<bool> {
    store::is_left(conn, place).await
}

/// Adds the handler of the timer that brings what belongs to the operators' chat there.
pub fn timers(builder: TimersBuilder, belongings: Vec<Arc<dyn Belongings>>) -> TimersBuilder {
    let belongings: Arc<[Arc<dyn Belongings>]> = belongings.into();
    builder.on(KIND, move |conn, timer| Box::pin(bring(conn, timer, Arc::clone(&belongings))))
}

async fn bring(
    conn: &mut PgConnection,
    timer: &Timer,
    belongings: Arc<[Arc<dyn Belongings>]>,
) -> anyhow::Result<Fired> {
    let bot = BotId(timer.subject.parse()?);
    let to = operators_place(conn, bot).await?;
    for chat in store::put_out(conn, bot).await? {
        cards::forsake(conn, bot, chat, to, &CARRIED).await?;
    }
    let from = timer.payload["from"].as_i64();
    for each in belongings.iter() {
        each.bring(conn, bot, from).await?;
    }
    Ok(Fired::Done)
}
