//! What clients and operators say to each other: help asked for, questions, answers, the end of it. Each act is written in the
//! caller's transaction, with its audit row.

use uuid::Uuid;
use waas_platform::clock::{Clock, random};
use waas_platform::db::PgConnection;
use waas_platform::telegram::cards::Placement;
use waas_platform::telegram::{BotId, Place};

use super::model::{Content, Heard, MESSAGE_CHARS, Settings, Site, Thread};
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
    bring(conn, desk, by, thread, content, Kind::Reply).await
}

/// Whom an operator writes to, with no thread open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum To {
    /// The client of a lead.
    Lead(Uuid),
    /// The client of a site that runs, by its slug.
    Tenant(String),
    /// Whoever wrote in a thread that is settled.
    Thread(Uuid),
}

impl To {
    /// As the subject of a button.
    pub fn subject(&self) -> String {
        match self {
            Self::Lead(id) => format!("lead:{id}"),
            Self::Tenant(slug) => format!("tenant:{slug}"),
            Self::Thread(id) => format!("thread:{id}"),
        }
    }

    /// The subject read back.
    pub fn from_subject(subject: &str) -> Option<Self> {
        let (kind, which) = subject.split_once(':')?;
        match kind {
            "lead" => which.parse().ok().map(Self::Lead),
            "tenant" => Some(Self::Tenant(which.to_owned())),
            "thread" => which.parse().ok().map(Self::Thread),
            _ => None,
        }
    }
}

/// A client, as they are written to.
struct Client {
    bot: BotId,
    person: i64,
    lead: Option<Uuid>,
}

async fn found(conn: &mut PgConnection, to: &To) -> sqlx::Result<Option<Client>> {
    let of_site = |site: Site| Client { bot: site.bot, person: site.person, lead: site.lead };
    Ok(match to {
        To::Lead(lead) => store::site_of_lead(conn, *lead).await?.map(of_site),
        To::Tenant(slug) => store::site_of_tenant(conn, slug).await?.map(of_site),
        To::Thread(id) => {
            let thread = store::hold(conn, *id).await?;
            thread.map(|thread| Client { bot: thread.bot, person: thread.person, lead: thread.lead })
        }
    })
}

/// Whether there is a client to be written to.
///
/// # Errors
/// The database refuses.
pub async fn is_there(conn: &mut PgConnection, to: &To) -> sqlx::Result<bool> {
    Ok(found(conn, to).await?.is_some())
}

/// An operator writes to a client, or asks them a `question`, in the thread that is open or in a new one. Of a lead's client
/// all of it stands in the lead's history too.
///
/// # Errors
/// The database refuses, or a card cannot be drawn.
pub async fn write(
    conn: &mut PgConnection,
    desk: Desk<'_>,
    by: Speaker,
    to: &To,
    text: &str,
    question: bool,
) -> anyhow::Result<Sent> {
    let Some(client) = found(conn, to).await? else {
        return Ok(Sent::NotFound);
    };
    if !access::reachable(conn, client.person).await? {
        // No thread is begun that the client knows nothing of.
        let act = if question { "client.ask" } else { "client.write" };
        Act::refused(&Actor::Person(by.person), act, format!("client:{}", client.person)).record(conn).await?;
        return Ok(Sent::OutOfReach);
    }
    let (thread, new) = store::begin(conn, random::id(), client.bot, client.person, desk.clock.now()).await?;
    let thread = Thread { lead: client.lead.or(thread.lead), ..thread };
    let content = Content::Text(text.chars().take(MESSAGE_CHARS).collect());
    let kind = match (question, new) {
        (true, _) => Kind::Question,
        (false, true) => Kind::First,
        (false, false) => Kind::Reply,
    };
    bring(conn, desk, by, thread, &content, kind).await
}

/// What an operator's words are to their client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A question.
    Question,
    /// The first words of a thread.
    First,
    /// Words in a thread that goes on.
    Reply,
}

impl Kind {
    const fn act(self) -> &'static str {
        match self {
            Self::Question => "client.ask",
            Self::First => "client.write",
            Self::Reply => "client.reply",
        }
    }
}

async fn bring(
    conn: &mut PgConnection,
    desk: Desk<'_>,
    by: Speaker,
    mut thread: Thread,
    content: &Content,
    kind: Kind,
) -> anyhow::Result<Sent> {
    let Desk { clock, front, settings } = desk;
    let (actor, question) = (Actor::Person(by.person), kind == Kind::Question);
    // Who is answered is heard at once when they go on.
    (thread.unanswered, thread.files, thread.noticed_at) = (0, 0, None);
    store::keep(conn, &thread).await?;
    store::add_message(conn, thread.id, by.person, false, content, clock.now()).await?;
    note(conn, clock, &thread, by.person, if question { "❓" } else { "💬" }, content).await?;
    showing::to_client(conn, clock, front, &thread, settings.house.as_deref(), content, question).await?;
    // What begins is to be seen; in what goes on the card is before the operator's eyes.
    let placement = if kind == Kind::Reply { Placement::Here } else { Placement::Anew };
    showing::thread(conn, clock, front, &thread, Some(by.place), placement).await?;
    Act::done(&actor, kind.act(), subject(&thread)).record(conn).await?;
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
