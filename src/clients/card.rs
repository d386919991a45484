//! What clients see of their sites, and operators of what clients write. Pure functions of facts; no database.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use waas_platform::render::{Context, Html, Reader, RenderError};
use waas_platform::telegram::{Button, View};

use super::model::{Content, Message, Site, Thread};
use super::talk::To;
use crate::front::Front;

/// Sites that a client's card shows, the newest ones.
const SITES: usize = 5;
/// Characters of a name.
const NAME_CHARS: usize = 80;
/// Characters of one message on a thread's card.
const MESSAGE_CHARS: usize = 350;

/// A site as its client reads of it: `stage` is what layouts have words for.
pub(super) struct Shown {
    pub(super) stage: &'static str,
    pub(super) site: Site,
}

#[derive(Serialize)]
struct SiteLine<'a> {
    name: String,
    stage: &'a str,
    address: Option<&'a str>,
    why: Option<&'a str>,
}

/// How far a client's sites are. While they speak with the operators nothing is to be pressed for that.
pub(super) fn status(front: &Front, reader: &Reader, sites: &[Shown], talks: bool) -> Result<View, RenderError> {
    let lines: Vec<SiteLine<'_>> = sites[sites.len().saturating_sub(SITES)..]
        .iter()
        .map(|Shown { stage, site }| SiteLine {
            name: cut(&site.name, NAME_CHARS),
            stage,
            address: site.address.as_deref().filter(|_| *stage != "gone"),
            why: site.why.as_deref(),
        })
        .collect();
    let context = Context::new().with("sites", &lines).with("talks", &talks);
    let view = View::text(front.say(reader, "clients/status.html", &context)?);
    if talks {
        return Ok(view);
    }
    Ok(view.row([Button::press(front.word(reader, "button-ask-help"), "client.help", "")]))
}

/// A short word of the hub's own.
pub(super) fn notice(front: &Front, reader: &Reader, key: &str) -> Result<View, RenderError> {
    Ok(View::text(front.say(reader, "clients/notice.html", &Context::new().with("key", key))?))
}

/// What a client wrote while nothing that they write is passed on; `kept` comes along with the button that does it.
pub(super) fn unsent(
    front: &Front,
    reader: &Reader,
    id: &str,
    content: &Content,
    kept: Value,
) -> Result<View, RenderError> {
    let context = Context::new().with("file", &content.file()).with("text", &cut(content.body(), MESSAGE_CHARS));
    let view = View::text(front.say(reader, "clients/unsent.html", &context)?);
    Ok(view.row([Button::press(front.word(reader, "button-pass-on"), "client.pass_on", id).with(kept)]))
}

/// What an operator wrote, as the client reads it: under the house's name.
pub(super) fn from_team(
    front: &Front,
    reader: &Reader,
    house: Option<&str>,
    text: &str,
    question: bool,
) -> Result<View, RenderError> {
    let house = house.map_or_else(|| front.word(reader, "client-team"), str::to_owned);
    let context = Context::new().with("house", &house).with("text", text).with("question", &question);
    Ok(View::text(front.say(reader, "clients/from_team.html", &context)?))
}

/// A client waits for an answer.
pub(super) fn reminder(
    front: &Front,
    reader: &Reader,
    client: &str,
    since: DateTime<Utc>,
) -> Result<View, RenderError> {
    let context = Context::new().with("client", &cut(client, NAME_CHARS)).with("since", &since);
    Ok(View::text(front.say(reader, "clients/reminder.html", &context)?))
}

/// A message with the name of its writer.
pub(super) struct Said {
    pub(super) message: Message,
    pub(super) who: String,
}

/// What stands around a thread.
pub(super) struct Around<'a> {
    /// The client's first name.
    pub(super) client: String,
    /// What their business is called.
    pub(super) site: Option<&'a str>,
    /// The lead's number.
    pub(super) lead: Option<i64>,
    /// Earlier messages that are not shown.
    pub(super) left_out: i64,
}

#[derive(Serialize)]
struct Line {
    at: DateTime<Utc>,
    who: String,
    team: bool,
    file: Option<String>,
    text: String,
}

/// A thread as operators see it.
pub(super) fn thread(
    front: &Front,
    reader: &Reader,
    thread: &Thread,
    around: &Around<'_>,
    said: &[Said],
) -> Result<View, RenderError> {
    let state = match (thread.open, said.last()) {
        (false, _) => "closed",
        (true, Some(last)) if last.message.by_client => "waits",
        (true, _) => "answered",
    };
    let lines: Vec<Line> = said
        .iter()
        .map(|Said { message, who }| Line {
            at: message.at,
            who: cut(who, NAME_CHARS),
            team: !message.by_client,
            file: message.file.clone(),
            text: cut(&message.body, MESSAGE_CHARS),
        })
        .collect();
    let context = Context::new()
        .with("client", &cut(&around.client, NAME_CHARS))
        .with("site", &around.site.map(|name| cut(name, NAME_CHARS)))
        .with("number", &around.lead.map(|number| number.to_string()))
        .with("state", state)
        .with("left_out", &around.left_out)
        .with("messages", &lines);
    let view = View::text(front.say(reader, "clients/thread.html", &context)?);
    if !thread.open {
        let label = front.word(reader, "button-write-to-client");
        return Ok(view.row([Button::press(label, "client.write", To::Thread(thread.id).subject())]));
    }
    let press = |key: &str, action: &str| Button::press(front.word(reader, key), action, thread.id);
    Ok(view.row([press("button-reply", "client.reply"), press("button-done", "client.done")]))
}

/// What stands below a client's file: whose it is, and what they wrote there.
pub(super) fn caption(front: &Front, reader: &Reader, client: &str, text: &str) -> Result<Html, RenderError> {
    let context = Context::new().with("client", &cut(client, NAME_CHARS)).with("text", text);
    front.say(reader, "clients/caption.html", &context)
}

/// What an operator is asked or told.
pub(super) fn to_operator(front: &Front, reader: &Reader, words: &str) -> Result<View, RenderError> {
    Ok(View::text(front.say(reader, "clients/words.html", &Context::new().with("words", words))?))
}

/// Whether the card shows only the beginning of a text.
pub(super) fn is_cut(text: &str) -> bool {
    text.chars().count() > MESSAGE_CHARS
}

/// At most `chars` characters; what was cut ends with an ellipsis.
pub(super) fn cut(text: &str, chars: usize) -> String {
    if text.chars().count() <= chars {
        return text.to_owned();
    }
    let kept: String = text.chars().take(chars.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests;
