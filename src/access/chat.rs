//! Who speaks, and the commands that everybody has: `/start`, `/help`, `/whoami`, `/language`.
//!
//! `members` holds the team, `audit` who did what, `bind` makes a chat the operators', `reach` hears of chats that open and
//! close, `questions` asks operators for words.

mod audit;
mod bind;
mod members;
mod near;
pub mod questions;
mod reach;

use std::sync::Arc;

use waas_platform::render::{Context, Html, Reader, RenderError};
use waas_platform::secrets::MasterKey;
use waas_platform::telegram::turn::{Branch, command, deep_link, press};
use waas_platform::telegram::{Event, Person, Place, Turn, View};

use super::menu::described;
use super::model::{Enrolled, Member, Role};
use super::{Welcome, menu, tongue};
use crate::front::Front;
pub use bind::left_behind;
pub use reach::reachability;

/// The operators' commands in the order of the menu; the word of each is `command-NAME` in the catalogue.
pub(super) const OPERATOR_COMMANDS: [&str; 10] =
    ["leads", "tenants", "status", "alerts", "jobs", "provision", "deadletters", "members", "help", "whoami"];
/// The owners' commands: the operators' and what is theirs alone.
pub(super) const OWNER_COMMANDS: [&str; 12] = [
    "leads",
    "tenants",
    "status",
    "alerts",
    "jobs",
    "provision",
    "deadletters",
    "members",
    "audit",
    "bind",
    "help",
    "whoami",
];
/// The operators' commands that want to know of what: no menu can press them, so `/help` shows how they are written.
const WRITTEN_COMMANDS: [(&str, &str); 12] = [
    ("lead", "3"),
    ("tenant", "new_salon"),
    ("logs", "new_salon backend"),
    ("alert", "5"),
    ("silence", "new_salon 2h"),
    ("job", "7"),
    ("restart", "new_salon"),
    ("down", "new_salon"),
    ("up", "new_salon"),
    ("delete", "new_salon"),
    ("restore", "new_salon"),
    ("erase", "new_salon"),
];
/// What everybody has.
pub(super) const COMMON_COMMANDS: [&str; 5] = ["start", "help", "language", "whoami", "cancel"];

/// Who speaks and where, as looked up in this turn.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The person.
    pub person: Person,
    /// The chat.
    pub place: Place,
    /// Their membership, if they have one.
    pub member: Option<Member>,
    /// How they are spoken to.
    pub reader: Reader,
    /// The language that they chose or that their app speaks; `None` when they are spoken to as the house speaks.
    pub own_language: Option<String>,
}

/// An operator or owner, looked up in this turn: the proof that operators' functions ask for.
#[derive(Clone, Debug)]
pub struct Operator {
    caller: Caller,
}

impl Operator {
    /// Who speaks and where.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The numeric id.
    pub fn id(&self) -> i64 {
        self.caller.person.id
    }

    /// How they are spoken to.
    pub fn reader(&self) -> &Reader {
        &self.caller.reader
    }

    /// How a card in this chat is worded: for them alone where they are alone with the bot, else in the house's language.
    pub fn card_reader(&self, front: &Front) -> Reader {
        if self.place().chat == self.id() { self.reader().clone() } else { front.reader(None, self.reader().now) }
    }

    /// The chat.
    pub fn place(&self) -> Place {
        self.caller.place
    }

    /// A question whose answer is this person's next text: in a group, where only a reply is an answer, it says so.
    ///
    /// # Errors
    /// A layout is broken; a bug that the tests find.
    pub fn asked(&self, front: &Front, view: View) -> Result<View, RenderError> {
        if self.place().chat == self.id() {
            return Ok(view);
        }
        let hint = front.say(self.reader(), "access/reply_here.html", &Context::new())?;
        let mut html = view.html;
        html.push(&Html::escape("\n\n"));
        html.push(&hint);
        Ok(View { html, ..view })
    }

    /// Whether they may change the team too.
    pub fn is_owner(&self) -> bool {
        self.caller.member.as_ref().is_some_and(|member| member.role == Role::Owner)
    }

    /// As an actor of the audit.
    pub fn actor(&self) -> crate::audit::Actor {
        crate::audit::Actor::Person(self.id())
    }
}

/// Looks up who speaks, and keeps their names; what this turn audits was heard in their chat. `None` for channel posts, bots
/// and anonymous admins, who get no answer.
///
/// # Errors
/// The database refuses.
pub async fn caller(turn: &Turn, front: &Front) -> anyhow::Result<Option<Caller>> {
    let Some((person, place)) = turn.actor() else {
        return Ok(None);
    };
    let mut tx = turn.tx().await;
    let super::store::Known { came_back, member, tongue } =
        super::store::know(&mut tx, person, Some(place.chat)).await?;
    if came_back && turn.incoming().private {
        reach::back(&mut tx, turn.clock(), place).await?;
    }
    let reader = tongue.reader(front, turn.now());
    match &turn.incoming().group {
        None if turn.incoming().private => {
            menu::keep(&mut tx, front, place, member.as_ref(), &tongue, &reader).await?;
        }
        None => {}
        Some(group) => super::desk::note(&mut tx, turn.clock(), place, group).await?,
    }
    let own_language = tongue.own(front).map(str::to_owned);
    Ok(Some(Caller { person: person.clone(), place, member, reader, own_language }))
}

/// The operator who speaks; anybody else is told once how people are let in, and `None` comes back.
///
/// # Errors
/// The database refuses.
pub async fn operator(turn: &Turn, front: &Front) -> anyhow::Result<Option<Operator>> {
    let Some(caller) = caller(turn, front).await? else {
        bind::mend_anonymity(turn, front).await?;
        return Ok(None);
    };
    if caller.member.as_ref().is_some_and(|member| member.role.operates()) {
        return Ok(Some(Operator { caller }));
    }
    if turn.pressed().is_some() {
        turn.alert(front.word(&caller.reader, "not-for-you")).await;
    } else {
        let html = front.say(&caller.reader, "access/not_enrolled.html", &Context::new())?;
        turn.reply(View::text(html)).await?;
    }
    Ok(None)
}

/// The owner who speaks; anybody else is told that this is for owners, and `None` comes back.
///
/// # Errors
/// The database refuses.
pub async fn owner(turn: &Turn, front: &Front) -> anyhow::Result<Option<Operator>> {
    let Some(operator) = operator(turn, front).await? else {
        return Ok(None);
    };
    if operator.is_owner() {
        return Ok(Some(operator));
    }
    if turn.pressed().is_some() {
        turn.alert(front.word(operator.reader(), "access-owners-only")).await;
    } else {
        let html = front.say(operator.reader(), "access/owners_only.html", &Context::new())?;
        turn.reply(View::text(html)).await?;
    }
    Ok(None)
}

/// The branches of this capability.
pub fn branches() -> Vec<Branch> {
    let own = vec![
        deep_link("enrol_").endpoint(enrol),
        command("whoami").endpoint(whoami),
        command("help").endpoint(help),
        command("bind").endpoint(bind::command),
        command("language").endpoint(tongue::command),
        press("access.tongue").endpoint(tongue::pressed),
    ];
    [own, questions::branches(), members::branches(), audit::branches()].into_iter().flatten().collect()
}

async fn enrol(turn: Turn, front: Front, keys: Arc<MasterKey>, waiting: Arc<dyn Welcome>) -> anyhow::Result<()> {
    let Some(caller) = caller(&turn, &front).await? else {
        return Ok(());
    };
    let args = turn.incoming().command("start").unwrap_or_default().to_owned();
    let code = args.trim_start_matches("enrol_");
    let mut tx = turn.tx().await;
    let bot = turn.bot().id;
    let before = super::operators_place(&mut tx, bot).await?;
    let outcome = super::enrol(&mut tx, &keys, &caller.person, code, turn.now()).await?;
    if super::operators_place(&mut tx, bot).await? != before {
        super::desk::follow(&mut tx, turn.clock(), bot).await?;
    }
    let desk = super::seen_from(&mut tx, caller.place).await?;
    drop(tx);
    match outcome {
        Enrolled::Welcome(role) => {
            let context = Context::new().with("name", &caller.person.first_name);
            let context = context.with("role", role.word()).with("desk", desk);
            let html = front.say(&caller.reader, "access/welcome.html", &context)?;
            turn.reply(View::text(html)).await?;
            let mut tx = turn.tx().await;
            super::refresh_menu(&mut tx, &front, bot, caller.person.id, turn.now()).await?;
            waiting.welcome(&mut tx, bot).await
        }
        Enrolled::NotValid => {
            turn.reply(View::text(front.say(&caller.reader, "access/code_not_valid.html", &Context::new())?)).await
        }
    }
}

async fn whoami(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(caller) = caller(&turn, &front).await? else {
        return Ok(());
    };
    let context = Context::new()
        .with("name", &caller.person.first_name)
        .with("id", &caller.person.id)
        .with("role", caller.member.as_ref().map_or("none", |member| member.role.word()));
    turn.reply(View::text(front.say(&caller.reader, "access/whoami.html", &context)?)).await
}

async fn help(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(caller) = caller(&turn, &front).await? else {
        return Ok(());
    };
    greet(&turn, &front, &caller, "access/help.html").await
}

/// What somebody gets who starts without a link, or whose words nobody understood.
///
/// # Errors
/// The database refuses.
pub async fn start(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(caller) = caller(&turn, &front).await? else {
        return Ok(());
    };
    // In a group nobody asked us anything.
    if !turn.incoming().private && turn.incoming().command("start").is_none() {
        return Ok(());
    }
    let layout = if caller.member.is_some() { "access/help.html" } else { "access/stranger.html" };
    greet(&turn, &front, &caller, layout).await
}

/// The last branch: a command or text that nobody else took.
///
/// # Errors
/// The database refuses.
pub async fn not_understood(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(caller) = caller(&turn, &front).await? else {
        return Ok(());
    };
    if let Event::Command { name, .. } = &turn.incoming().event {
        let near = near::near(caller.member.as_ref(), name);
        if !near.is_empty() && (turn.incoming().private || meant_for_us(&turn, &caller).await?) {
            let asked: String = name.chars().take(32).collect();
            let context = Context::new().with("asked", &asked).with("near", &described(&front, &caller.reader, &near));
            return turn.reply(View::text(front.say(&caller.reader, "access/unknown_command.html", &context)?)).await;
        }
    }
    if !turn.incoming().private {
        return Ok(());
    }
    let layout = if caller.member.is_some() { "access/not_understood.html" } else { "access/stranger.html" };
    greet(&turn, &front, &caller, layout).await
}

/// Whether a command in a group that is none of ours was most likely meant for us: a member wrote it where operators work.
async fn meant_for_us(turn: &Turn, caller: &Caller) -> anyhow::Result<bool> {
    let mut tx = turn.tx().await;
    let desk = super::operators_place(&mut tx, caller.place.bot).await?;
    Ok(caller.member.is_some() && desk.is_some_and(|desk| desk.chat == caller.place.chat))
}

/// A member replied to a message of ours that takes no replies: says what can be done. `false` for others, whom that tells
/// nothing.
///
/// # Errors
/// The database refuses.
pub async fn replied_in_vain(turn: &Turn, front: &Front) -> anyhow::Result<bool> {
    if matches!(turn.incoming().event, Event::Command { .. }) {
        return Ok(false);
    }
    let Some(caller) = caller(turn, front).await? else {
        return Ok(false);
    };
    if caller.member.is_none() {
        return Ok(false);
    }
    turn.reply(View::text(front.say(&caller.reader, "access/replied.html", &Context::new())?)).await?;
    Ok(true)
}

async fn greet(turn: &Turn, front: &Front, caller: &Caller, layout: &str) -> anyhow::Result<()> {
    let member = caller.member.as_ref();
    turn.reply(View::text(greeting(front, &caller.reader, &caller.person.first_name, member, layout)?)).await
}

/// What somebody reads who asks what there is to ask for.
fn greeting(
    front: &Front,
    reader: &Reader,
    name: &str,
    member: Option<&Member>,
    layout: &str,
) -> Result<Html, RenderError> {
    let context = Context::new()
        .with("name", name)
        .with("commands", &described(front, reader, menu::names(member)))
        .with("common", &described(front, reader, &["cancel", "language", "whoami"]));
    let context = match member {
        Some(member) if member.role.operates() => context.with("written", &written(front, reader)),
        Some(_) | None => context,
    };
    front.say(reader, layout, &context)
}

/// Each written command as one types it, and what it does.
fn written(front: &Front, reader: &Reader) -> Vec<(String, String)> {
    let line =
        |(name, example): &(&str, &str)| (format!("/{name} {example}"), front.word(reader, &format!("command-{name}")));
    WRITTEN_COMMANDS.iter().map(line).collect()
}

#[cfg(test)]
mod tests;
