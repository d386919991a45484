//! Clients in the chat: *Ask for help*, what they write and *Pass it on*, on their side; *Ask*, *Write to the client*, *Reply*,
//! *Done* and replies to the thread's card on the operators'.

use std::sync::Arc;

use uuid::Uuid;
use waas_platform::clock::random;
use waas_platform::telegram::cards::{self, CardKey, Placement};
use waas_platform::telegram::turn::{Branch, answer_to, press, reply_to};
use waas_platform::telegram::{Event, Priority, Turn};

use super::card;
use super::model::{Content, Heard, Settings};
use super::talk::{self, Desk, Sent, Speaker, To};
use super::{showing, store};
use crate::access::questions::Question;
use crate::access::{Caller, Operator, caller, operator};
use crate::front::Front;

/// The branches of this capability; what clients write besides comes through [`message`].
pub fn branches() -> Vec<Branch> {
    vec![
        press("client.help").endpoint(help),
        press("client.pass_on").endpoint(pass_on),
        press("client.ask").endpoint(ask_what),
        answer_to("client.ask").endpoint(ask),
        press("client.write").endpoint(write_what),
        answer_to("client.write").endpoint(write),
        press("client.reply").endpoint(reply_what),
        answer_to("client.reply").endpoint(reply),
        reply_to(showing::THREAD).endpoint(reply),
        press("client.done").endpoint(done),
    ]
}

/// Shows a client how far their sites are. `false` for people who have none here, and for members, who have other things to
/// see.
///
/// # Errors
/// The database refuses.
pub async fn start(turn: &Turn, front: &Front) -> anyhow::Result<bool> {
    let Some(client) = client(turn, front).await? else {
        return Ok(false);
    };
    let who = (client.place.bot, client.person.id);
    let mut tx = turn.tx().await;
    if client.member.is_some() || store::sites_of(&mut tx, who.0, who.1).await?.is_empty() {
        return Ok(false);
    }
    showing::status(&mut tx, turn.clock(), front, who, Priority::Reply, Placement::Anew).await?;
    Ok(true)
}

/// Takes what a client wrote into their open thread; when none is open, it is kept and they are offered to pass it on.
/// `false` for people who have no site here: then it is somebody else's to handle.
///
/// # Errors
/// The database refuses, or a card cannot be drawn.
pub async fn message(turn: &Turn, front: &Front, settings: &Settings) -> anyhow::Result<bool> {
    if !says_something(&turn.incoming().event) {
        return Ok(false);
    }
    let Some(client) = client(turn, front).await? else {
        return Ok(false);
    };
    let mut tx = turn.tx().await;
    let Some(thread) = talk::open_of(&mut tx, client.place.bot, client.person.id).await? else {
        drop(tx);
        return offer(turn, front, &client).await;
    };
    let key = match Content::of(&turn.incoming().event) {
        None => Some("client-only-text"),
        Some(content) => {
            match talk::from_client(&mut tx, Desk { clock: turn.clock(), front, settings }, thread, &content).await? {
                Heard::First => Some("client-passed-on"),
                Heard::TooMuch => Some("client-too-much"),
                Heard::More | Heard::StillTooMuch => None,
            }
        }
    };
    drop(tx);
    if let Some(key) = key {
        turn.reply(card::notice(front, &client.reader, key)?).await?;
    }
    Ok(true)
}

/// A card of each message that nobody was told of, so that the button below it can go.
fn unsent(id: &str) -> CardKey {
    CardKey { kind: "client_unsent", subject: id.to_owned() }
}

/// Says that a message was not passed on, and offers to.
async fn offer(turn: &Turn, front: &Front, client: &Caller) -> anyhow::Result<bool> {
    let Some(content) = Content::of(&turn.incoming().event) else { return Ok(false) };
    let place = client.place;
    let mut tx = turn.tx().await;
    if client.member.is_some() || store::sites_of(&mut tx, place.bot, client.person.id).await?.is_empty() {
        return Ok(false);
    }
    let id = random::id().to_string();
    let view = card::unsent(front, &client.reader, &id, &content, serde_json::to_value(&content)?)?;
    cards::put(&mut tx, turn.clock(), place, &unsent(&id), &view, Priority::Reply, Placement::Anew).await?;
    Ok(true)
}

/// *Pass it on*: what was kept is the first message of a thread, unless one was opened since.
async fn pass_on(turn: Turn, front: Front, settings: Arc<Settings>) -> anyhow::Result<()> {
    let (Some(client), Some(meaning)) = (client(&turn, &front).await?, turn.meaning()) else {
        return Ok(());
    };
    let content: Content = serde_json::from_value(meaning.args.clone())?;
    let (place, who) = (client.place, (client.place.bot, client.person.id));
    let mut tx = turn.tx().await;
    let heard = match talk::ask_help(&mut tx, turn.clock(), who).await? {
        None => None,
        Some(thread) => {
            let desk = Desk { clock: turn.clock(), front: &front, settings: &settings };
            Some(talk::from_client(&mut tx, desk, thread, &content).await?)
        }
    };
    let refused = match heard {
        Some(Heard::First | Heard::More) => None,
        Some(Heard::TooMuch | Heard::StillTooMuch) => Some("client-too-much"),
        None => Some("press-stale"),
    };
    if let Some(key) = refused {
        drop(tx);
        turn.alert(front.word(&client.reader, key)).await;
        return Ok(());
    }
    showing::status(&mut tx, turn.clock(), &front, who, Priority::Card, Placement::Here).await?;
    let view = card::notice(&front, &client.reader, "client-passed-on")?;
    let key = unsent(&meaning.subject);
    Ok(cards::put(&mut tx, turn.clock(), place, &key, &view, Priority::Reply, Placement::Here).await?)
}

fn says_something(event: &Event) -> bool {
    Content::of(event).is_some() || matches!(event, Event::Location { .. } | Event::OtherMessage)
}

/// Whoever is alone with the bot.
async fn client(turn: &Turn, front: &Front) -> anyhow::Result<Option<Caller>> {
    if turn.incoming().private { caller(turn, front).await } else { Ok(None) }
}

/// *Ask for help*
async fn help(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(client) = client(&turn, &front).await? else {
        return Ok(());
    };
    let who = (client.place.bot, client.person.id);
    let mut tx = turn.tx().await;
    if talk::ask_help(&mut tx, turn.clock(), who).await?.is_none() {
        drop(tx);
        turn.toast(front.word(&client.reader, "press-stale")).await;
        return Ok(());
    }
    showing::status(&mut tx, turn.clock(), &front, who, Priority::Reply, Placement::Here).await?;
    drop(tx);
    turn.reply(card::notice(&front, &client.reader, "client-write-now")?).await
}

/// What an operator is to write next.
async fn prompt(turn: &Turn, front: &Front, operator: &Operator, action: &str, key: &str) -> anyhow::Result<()> {
    let Some(meaning) = turn.meaning() else { return Ok(()) };
    let words = front.word(operator.reader(), key);
    let view = card::to_operator(front, operator.reader(), &words)?;
    Question { action, subject: &meaning.subject }.ask(turn, front, operator, view).await
}

/// *Ask* on a lead's card
async fn ask_what(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(operator) = operator(&turn, &front).await? else {
        return Ok(());
    };
    let Some(lead) = subject(&turn) else { return Ok(()) };
    prompt_to(&turn, &front, &operator, &To::Lead(lead), "client.ask", "client-ask-what").await
}

/// As [`prompt`], when there is somebody to write to.
async fn prompt_to(
    turn: &Turn,
    front: &Front,
    operator: &Operator,
    to: &To,
    action: &str,
    key: &str,
) -> anyhow::Result<()> {
    let mut tx = turn.tx().await;
    let is_there = talk::is_there(&mut tx, to).await?;
    drop(tx);
    if !is_there {
        turn.toast(front.word(operator.reader(), "client-nobody")).await;
        return Ok(());
    }
    prompt(turn, front, operator, action, key).await
}

async fn ask(turn: Turn, front: Front, settings: Arc<Settings>) -> anyhow::Result<()> {
    let Some(operator) = operator(&turn, &front).await? else {
        return Ok(());
    };
    let to = subject(&turn).map(To::Lead);
    send(&turn, &front, &settings, &operator, to, true).await
}

/// *Write to the client* on the card of a settled thread, of a lead that was won, or of a tenant.
async fn write_what(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(operator) = operator(&turn, &front).await? else {
        return Ok(());
    };
    let Some(to) = turn.meaning().and_then(|meaning| To::from_subject(&meaning.subject)) else { return Ok(()) };
    prompt_to(&turn, &front, &operator, &to, "client.write", "client-write-what").await
}

async fn write(turn: Turn, front: Front, settings: Arc<Settings>) -> anyhow::Result<()> {
    let Some(operator) = operator(&turn, &front).await? else {
        return Ok(());
    };
    let to = turn.prompted().and_then(|asked| To::from_subject(&asked.subject));
    send(&turn, &front, &settings, &operator, to, false).await
}

async fn send(
    turn: &Turn,
    front: &Front,
    settings: &Settings,
    operator: &Operator,
    to: Option<To>,
    question: bool,
) -> anyhow::Result<()> {
    let (Some(to), Event::Text(text)) = (to, &turn.incoming().event) else {
        return Ok(());
    };
    let mut tx = turn.tx().await;
    let desk = Desk { clock: turn.clock(), front, settings };
    let sent = talk::write(&mut tx, desk, speaker(operator), &to, text, question).await?;
    drop(tx);
    tell(turn, front, operator, sent).await
}

/// *Reply* on a thread's card
async fn reply_what(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(operator) = operator(&turn, &front).await? else {
        return Ok(());
    };
    prompt(&turn, &front, &operator, "client.reply", "client-reply-what").await
}

async fn reply(turn: Turn, front: Front, settings: Arc<Settings>) -> anyhow::Result<()> {
    let Some(operator) = operator(&turn, &front).await? else {
        return Ok(());
    };
    let Some(thread) = subject(&turn) else { return Ok(()) };
    let Some(content) = Content::of(&turn.incoming().event) else {
        let words = front.word(operator.reader(), "client-team-only-text");
        return turn.reply(card::to_operator(&front, operator.reader(), &words)?).await;
    };
    let mut tx = turn.tx().await;
    let desk = Desk { clock: turn.clock(), front: &front, settings: &settings };
    let sent = talk::reply(&mut tx, desk, speaker(&operator), thread, &content).await?;
    drop(tx);
    tell(&turn, &front, &operator, sent).await
}

/// The thread's card shows what was sent; anything else is said.
async fn tell(turn: &Turn, front: &Front, operator: &Operator, sent: Sent) -> anyhow::Result<()> {
    let key = match sent {
        Sent::Sent => "client-sent",
        Sent::OutOfReach => "client-out-of-reach",
        Sent::Closed => "client-thread-closed",
        Sent::NotFound => "client-nobody",
    };
    let view = card::to_operator(front, operator.reader(), &front.word(operator.reader(), key))?;
    let Some(asked) = turn.prompted() else { return turn.reply(view).await };
    // What did not go out must be seen, wherever the question stands by now.
    let placement = if sent == Sent::Sent { Placement::Here } else { Placement::Anew };
    Question { action: &asked.action, subject: &asked.subject }.show(turn, operator, &view, placement).await
}

/// *Done*
async fn done(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(operator) = operator(&turn, &front).await? else {
        return Ok(());
    };
    let Some(thread) = subject(&turn) else { return Ok(()) };
    let mut tx = turn.tx().await;
    let closed = talk::close(&mut tx, turn.clock(), &front, &operator.actor(), thread).await?;
    drop(tx);
    let key = match closed {
        Some(true) => "client-done",
        Some(false) => "client-thread-closed",
        None => "client-nobody",
    };
    turn.toast(front.word(operator.reader(), key)).await;
    Ok(())
}

fn speaker(operator: &Operator) -> Speaker {
    Speaker { person: operator.id(), place: operator.place() }
}

/// What was pressed, asked or replied to.
fn subject(turn: &Turn) -> Option<Uuid> {
    let meaning = turn.meaning().or(turn.prompted()).map(|meaning| meaning.subject.as_str());
    meaning.or_else(|| turn.replied().map(|card| card.subject.as_str()))?.parse().ok()
}
