//! Who speaks, looked up in their turn, and the proofs of what they may: a [`Colleague`] sees, an [`Operator`] changes.

use std::ops::Deref;

use waas_platform::db::PgConnection;
use waas_platform::render::{Context, Html, Reader, RenderError};
use waas_platform::telegram::cards::{self, CardKey, Placement};
use waas_platform::telegram::{Person, Place, Priority, Turn, View, outbox};

use super::super::model::{Member, Role};
use super::super::store::{self, Known};
use super::{bind, reach, rights};
use crate::access::{desk, menu};
use crate::audit::Actor;
use crate::front::Front;

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

/// A member of the team who may do what this turn asks for, as [`rights`] has it: the proof that what only shows something
/// asks for.
#[derive(Clone, Debug)]
pub struct Colleague {
    caller: Caller,
    role: Role,
}

impl Colleague {
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
        if self.is_alone() { self.reader().clone() } else { front.reader(None, self.reader().now) }
    }

    /// The chat.
    pub fn place(&self) -> Place {
        self.caller.place
    }

    /// Whether nobody else reads what is said here.
    pub fn is_alone(&self) -> bool {
        self.place().chat == self.id()
    }

    /// Whether they may change things, too.
    pub fn operates(&self) -> bool {
        self.role.operates()
    }

    /// Whether they may change the team.
    pub fn is_owner(&self) -> bool {
        self.role == Role::Owner
    }

    /// The operator that they are; a viewer is told who may do this, and `None` comes back.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn to_operate(self, turn: &Turn, front: &Front) -> anyhow::Result<Option<Operator>> {
        if self.operates() {
            return Ok(Some(Operator(self)));
        }
        refuse(turn, front, &self.caller, Role::Operator).await?;
        Ok(None)
    }

    /// What they asked for, as they see it: to a viewer it offers nothing that changes anything.
    pub fn sees(&self, view: View) -> View {
        if self.operates() { view } else { view.only(rights::only_shows) }
    }

    /// Brings what they asked for to the bottom of their chat. To a viewer it is a copy, not the card: whoever only looks moves
    /// no card of the team's, and is not taken for somebody who was told.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn bring(&self, conn: &mut PgConnection, turn: &Turn, key: &CardKey, view: View) -> sqlx::Result<()> {
        let (clock, place) = (turn.clock(), self.place());
        if self.operates() {
            return cards::put(conn, clock, place, key, &view, Priority::Reply, Placement::Anew).await;
        }
        outbox::say(conn, clock, place, self.sees(view), Priority::Reply).await
    }
}

/// An operator or owner, looked up in this turn: the proof that everything asks for that changes something.
#[derive(Clone, Debug)]
pub struct Operator(Colleague);

/// An operator sees whatever a colleague does.
impl Deref for Operator {
    type Target = Colleague;

    fn deref(&self) -> &Colleague {
        &self.0
    }
}

impl Operator {
    /// A question whose answer is this person's next text: in a group, where only a reply is an answer, it says so.
    ///
    /// # Errors
    /// A layout is broken; a bug that the tests find.
    pub fn asked(&self, front: &Front, view: View) -> Result<View, RenderError> {
        if self.is_alone() {
            return Ok(view);
        }
        let hint = front.say(self.reader(), "access/reply_here.html", &Context::new())?;
        let mut html = view.html;
        html.push(&Html::escape("\n\n"));
        html.push(&hint);
        Ok(View { html, ..view })
    }

    /// As an actor of the audit.
    pub fn actor(&self) -> Actor {
        Actor::Person(self.id())
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
    let Known { came_back, member, tongue, group_menu } = store::know(&mut tx, person, Some(place.chat)).await?;
    if came_back && turn.incoming().private {
        reach::back(&mut tx, turn.clock(), place).await?;
    }
    let reader = tongue.reader(front, turn.now());
    match &turn.incoming().group {
        None if turn.incoming().private => {
            menu::keep(&mut tx, front, place, member.as_ref(), &tongue, &reader).await?;
        }
        None => {}
        Some(group) => {
            desk::note(&mut tx, turn.clock(), place, group).await?;
            let role = member.as_ref().map(|member| member.role);
            let whose = (place, person.id);
            menu::keep_in_group(&mut tx, front, turn.now(), whose, role, group_menu.as_deref()).await?;
        }
    }
    let own_language = tongue.own(front).map(str::to_owned);
    Ok(Some(Caller { person: person.clone(), place, member, reader, own_language }))
}

/// The member of the team who speaks, where they may do what this turn asks for; anybody else is told who may, and `None`
/// comes back. For what only shows something.
///
/// # Errors
/// The database refuses.
pub async fn colleague(turn: &Turn, front: &Front) -> anyhow::Result<Option<Colleague>> {
    at_least(turn, front, rights::least(turn)).await
}

/// The operator who speaks; anybody else is told who may do this, and `None` comes back.
///
/// # Errors
/// The database refuses.
pub async fn operator(turn: &Turn, front: &Front) -> anyhow::Result<Option<Operator>> {
    Ok(at_least(turn, front, rights::least(turn).max(Role::Operator)).await?.map(Operator))
}

/// The owner who speaks; anybody else is told that this is for owners, and `None` comes back.
///
/// # Errors
/// The database refuses.
pub async fn owner(turn: &Turn, front: &Front) -> anyhow::Result<Option<Operator>> {
    Ok(at_least(turn, front, Role::Owner).await?.map(Operator))
}

/// The member who speaks, if they are at least this; else they are told who may do this.
pub(super) async fn at_least(turn: &Turn, front: &Front, least: Role) -> anyhow::Result<Option<Colleague>> {
    let Some(caller) = caller(turn, front).await? else {
        bind::mend_anonymity(turn, front).await?;
        return Ok(None);
    };
    let role = caller.member.as_ref().map(|member| member.role);
    if let Some(role) = role.filter(|role| *role >= least) {
        return Ok(Some(Colleague { caller, role }));
    }
    refuse(turn, front, &caller, least).await?;
    Ok(None)
}

/// Says who may do this.
async fn refuse(turn: &Turn, front: &Front, caller: &Caller, least: Role) -> anyhow::Result<()> {
    let (words, layout) = match (&caller.member, least) {
        (None, _) => ("not-for-you", "access/not_enrolled.html"),
        (Some(_), Role::Owner) => ("access-owners-only", "access/owners_only.html"),
        (Some(_), _) => ("access-operators-only", "access/operators_only.html"),
    };
    if turn.pressed().is_some() {
        turn.alert(front.word(&caller.reader, words)).await;
        return Ok(());
    }
    turn.reply(View::text(front.say(&caller.reader, layout, &Context::new())?)).await
}
