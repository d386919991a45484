//! What clients and operators say to each other: help asked for, questions, answers, the end of it. Each act is written in the
//! caller's transaction, with its audit row.

use uuid::Uuid;
use waas_platform::clock::{Clock, random};
use waas_platform::db::PgConnection;
use waas_platform::telegram::cards::Placement;
use waas_platform::telegram::{BotId, Place};

use super::model::{Content, Heard, MESSAGE_CHARS, Settings, Thread};
use super::{showing, store};
use crate::audit::{Act, Actor};
use crate::front::Front;
use crate::{access, leads};

/// What words are passed on with.
#[derive(Clone, Copy, Debug)]
pub struct Desk<'a> {
    /// Time.
    pub clock: &'a Clock,
    /// Layouts and words.
    pub front: &'a Front,
    /// Limits, and the house's name.
    pub settings: &'a Settings,
}

/// A client asks for help: their thread, begun now unless one is open. `None`: nothing here is theirs.
///
/// # Errors
/// The database refuses.
pub async fn ask_help(
    conn: &mut PgConnection,
    clock: &Clock,
    (bot, person): (BotId, i64),
) -> sqlx::Result<Option<Thread>> {
    if store::sites_of(conn, bot, person).await?.is_empty() {
        return Ok(None);
    }
    let (thread, new) = store::begin(conn, random::id(), bot, person, clock.now()).await?;
    if new {
        Act::done(&Actor::Person(person), "client.help", subject(&thread)).record(conn).await?;
    }
    Ok(Some(thread))
}

/// The open thread of a client.
///
/// # Errors
/// The database refuses.
pub async fn open_of(conn: &mut PgConnection, bot: BotId, person: i64) -> sqlx::Result<Option<Thread>> {
    store::open_of(conn, bot, person).await
}

/// A client wrote into their thread. Operators see it on the thread's card, which comes to the bottom of their chat at most
/// once in the time of the settings: a flood is one message that changes.
///
/// # Errors
/// The database refuses, or a card cannot be drawn.
pub async fn from_client(
    conn: &mut PgConnection,
    desk: Desk<'_>,
    mut thread: Thread,
    content: &Content,
) -> anyhow::Result<Heard> {
    let Desk { clock, front, settings } = desk;
    let now = clock.now();
    let (heard, unanswered, files) = thread.hears(content.file().is_some(), settings.most_unanswered);
    (thread.unanswered, thread.files) = (unanswered, files);
    if matches!(heard, Heard::First | Heard::More) {
        store::add_message(conn, thread.id, thread.person, true, content, now).await?;
        note(conn, clock, &thread, thread.person, "💬", content).await?;
        let rested = thread.noticed_at.is_none_or(|at| now - at >= settings.pace);
        if rested {
            thread.noticed_at = Some(now);
        }
        let placement = if rested { Placement::Anew } else { Placement::Here };
        showing::thread(conn, clock, front, &thread, None, placement).await?;
        showing::bring(conn, clock, front, &thread, content).await?;
    }
    store::keep(conn, &thread).await?;
    Ok(heard)
}

/// What became of an operator's words to a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// They are on their way.
    Sent,
    /// The client blocked the bot; nothing was sent.
    OutOfReach,
    /// The thread was closed before.
    Closed,
    /// There is no such client or thread.
    NotFound,
}

/// Somebody of the team, and where they speak.
#[derive(Clone, Copy, Debug)]
pub struct Speaker {
    /// By Telegram id.
    pub person: i64,
    /// The chat in which they see the thread.
    pub place: Place,
}

/// An operator answers in a thread.
///
/// # Errors
/// The database refuses, or a card cannot be drawn.
pub async fn reply(
    conn: &mut PgConnection,
    desk: Desk<'_>,
    by: Speaker,
    thread: Uuid,
    content: &Content,
) -> anyhow::Result<Sent> {
    let thread = match store::hold(conn, thread).await? {
        None => return Ok(Sent::NotFound),
        Some(thread) if !thread.open => return Ok(Sent::Closed),
        Some(thread) => thread,
    };
    if !access::reachable(conn, thread.person).await? {
        Act::refused(&Actor::Person(by.person), "client.reply", subject(&thread)).record(conn).await?;
        return Ok(Sent::OutOfReach);
    }
    bring(conn, desk, by, thread, content, false).await
}

/// An operator asks the client of a lead something; question and answer stand in the lead's history too.
///
/// # Errors
/// The database refuses, or a card cannot be drawn.
pub async fn ask(
    conn: &mut PgConnection,
    desk: Desk<'_>,
    by: Speaker,
    lead: Uuid,
    question: &str,
) -> anyhow::Result<Sent> {
    let Some(site) = store::site_of_lead(conn, lead).await? else {
        return Ok(Sent::NotFound);
    };
    if !access::reachable(conn, site.person).await? {
        // No thread is begun that the client knows nothing of.
        Act::refused(&Actor::Person(by.person), "client.ask", format!("client:{}", site.person)).record(conn).await?;
        return Ok(Sent::OutOfReach);
    }
    let (thread, _) = store::begin(conn, random::id(), site.bot, site.person, desk.clock.now()).await?;
    let thread = Thread { lead: Some(lead), ..thread };
    let question = Content::Text(question.chars().take(MESSAGE_CHARS).collect());
    bring(conn, desk, by, thread, &question, true).await
}

async fn bring(
    conn: &mut PgConnection,
    desk: Desk<'_>,
    by: Speaker,
    mut thread: Thread,
    content: &Content,
    question: bool,
) -> anyhow::Result<Sent> {
    let Desk { clock, front, settings } = desk;
    let (actor, act) = (Actor::Person(by.person), if question { "client.ask" } else { "client.reply" });
    // Who is answered is heard at once when they go on.
    (thread.unanswered, thread.files, thread.noticed_at) = (0, 0, None);
    store::keep(conn, &thread).await?;
    store::add_message(conn, thread.id, by.person, false, content, clock.now()).await?;
    note(conn, clock, &thread, by.person, if question { "❓" } else { "💬" }, content).await?;
    showing::to_client(conn, clock, front, &thread, settings.house.as_deref(), content, question).await?;
    let placement = if question { Placement::Anew } else { Placement::Here };
    showing::thread(conn, clock, front, &thread, Some(by.place), placement).await?;
    Act::done(&actor, act, subject(&thread)).record(conn).await?;
    Ok(Sent::Sent)
}

/// An operator closes a thread; the client is told. `None`: there is no such thread; `false`: it was closed before.
///
/// # Errors
/// The database refuses, or a card cannot be drawn.
pub async fn close(
    conn: &mut PgConnection,
    clock: &Clock,
    front: &Front,
    actor: &Actor,
    id: Uuid,
) -> anyhow::Result<Option<bool>> {
    let Some(thread) = store::hold(conn, id).await? else {
        return Ok(None);
    };
    if !thread.open {
        return Ok(Some(false));
    }
    store::close(conn, id, clock.now()).await?;
    let thread = Thread { open: false, ..thread };
    showing::thread(conn, clock, front, &thread, None, Placement::Here).await?;
    showing::say(conn, clock, front, &thread, "client-closed").await?;
    Act::done(actor, "client.done", subject(&thread)).record(conn).await?;
    Ok(Some(true))
}

/// Writes a message of a thread that began with a question into the history of its lead.
async fn note(
    conn: &mut PgConnection,
    clock: &Clock,
    thread: &Thread,
    by: i64,
    mark: &str,
    content: &Content,
) -> anyhow::Result<()> {
    let Some(lead) = thread.lead else { return Ok(()) };
    let file = match content.file() {
        None => "",
        Some("photo") => " 📷",
        Some(_) => " 📎",
    };
    let said = format!("{mark}{file} {}", content.body());
    leads::note(conn, clock, &Actor::Person(by), lead, said.trim_end()).await?;
    Ok(())
}

fn subject(thread: &Thread) -> String {
    format!("client:{}", thread.person)
}
