//! Who is in the team: roles changed and members removed, at once and everywhere.
//!
//! What is changed counts from the commit on: rights are looked up at each act. So that nobody is left with buttons that
//! answer "not for you", the same transaction takes the menu, open questions and cards away, and gives on what they had.

use std::sync::Arc;

use chrono::Duration;
use futures_util::future::BoxFuture;
use serde_json::json;
use waas_platform::clock::Clock;
use waas_platform::db::PgConnection;
use waas_platform::render::Context;
use waas_platform::secrets::MasterKey;
use waas_platform::telegram::{BotId, Place, Priority, View, outbox, prompts};

use super::model::{Named, Role, Standing};
use super::store;
use crate::audit::{Act, Actor};
use crate::front::Front;

/// Who must know that somebody may do less than before.
pub trait Leaving: Send + Sync {
    /// Called in the transaction in which somebody leaves the team or stops being an operator or owner. `role` is what they
    /// are from now on; none when they are no member any more.
    fn left<'a>(
        &'a self,
        conn: &'a mut PgConnection,
        bot: Option<BotId>,
        person: i64,
        role: Option<Role>,
    ) -> BoxFuture<'a, anyhow::Result<()>>;
}

/// The use cases of members.
#[derive(Clone)]
pub struct Team {
    /// How people are told.
    pub front: Front,
    /// Time.
    pub clock: Clock,
    /// Hashes invitations.
    pub keys: Arc<MasterKey>,
    /// The bot that tells them; without one nobody is told.
    pub bot: Option<BotId>,
    /// How long an invitation works.
    pub code_life: Duration,
    /// Who must know.
    pub leaving: Arc<dyn Leaving>,
}

/// How a change of a member ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// They stand so now.
    To(Standing),
    /// They stood so already; nothing changed.
    Already(Standing),
    /// They are the last owner; nothing changed.
    LastOwner(Standing),
    /// Who asked is no owner, or no longer one; nothing changed.
    NotAnOwner,
    /// Nobody with this id is in the team.
    NotFound,
}

impl Team {
    /// Gives a member another role.
    ///
    /// # Errors
    /// The database refuses, or what follows from it cannot be drawn.
    pub async fn set_role(
        &self,
        conn: &mut PgConnection,
        actor: &Actor,
        person: i64,
        role: Role,
    ) -> anyhow::Result<Changed> {
        self.change(conn, actor, person, Some(role)).await
    }

    /// Takes a member out of the team; they can be invited again.
    ///
    /// # Errors
    /// The database refuses, or what follows from it cannot be drawn.
    pub async fn revoke(&self, conn: &mut PgConnection, actor: &Actor, person: i64) -> anyhow::Result<Changed> {
        self.change(conn, actor, person, None).await
    }

    async fn change(
        &self,
        conn: &mut PgConnection,
        actor: &Actor,
        person: i64,
        to: Option<Role>,
    ) -> anyhow::Result<Changed> {
        let (act, subject) = (if to.is_some() { "access.role" } else { "access.revoke" }, format!("person:{person}"));
        // Held from here on: of two owners who remove each other, the second finds that he is none any more.
        let owners = store::members::hold_owners(conn).await?;
        if let Actor::Person(asker) = actor
            && !owners.contains(asker)
        {
            Act::refused(actor, act, subject).record(conn).await?;
            return Ok(Changed::NotAnOwner);
        }
        let before = store::members::hold(conn, person).await?.filter(|member| member.removed_at.is_none());
        let Some(before) = before else { return Ok(Changed::NotFound) };
        if to == Some(before.role) {
            return Ok(Changed::Already(before));
        }
        if owners == [person] {
            Act::refused(actor, act, subject).record(conn).await?;
            return Ok(Changed::LastOwner(before));
        }
        let now = self.clock.now();
        let desk = self.desk(conn).await?;
        let after = match to {
            Some(role) => {
                store::members::set_role(conn, person, role).await?;
                Standing { role, ..before.clone() }
            }
            None => {
                store::members::revoke(conn, person, now).await?;
                Standing { removed_at: Some(now), ..before.clone() }
            }
        };
        let detail = json!({ "from": before.role.word(), "to": to.map(Role::word) });
        Act::done(actor, act, subject).detail(detail).record(conn).await?;
        let operates_no_more = before.role.operates() && !to.is_some_and(Role::operates);
        if operates_no_more || to.is_none() {
            prompts::end_all(conn, person).await?;
            self.leaving.left(conn, self.bot, person, to).await?;
        }
        if let Some(bot) = self.bot
            && self.desk(conn).await? != desk
        {
            super::desk::follow(conn, &self.clock, bot).await?;
        }
        self.tell(conn, person, to).await?;
        Ok(Changed::To(after))
    }

    /// Where operators are told things, as far as there is a bot.
    async fn desk(&self, conn: &mut PgConnection) -> sqlx::Result<Option<Place>> {
        match self.bot {
            Some(bot) => super::operators_place(conn, bot).await,
            None => Ok(None),
        }
    }

    /// The person's menu, and a line to them.
    async fn tell(&self, conn: &mut PgConnection, person: i64, role: Option<Role>) -> anyhow::Result<()> {
        let Some(bot) = self.bot else { return Ok(()) };
        let now = self.clock.now();
        super::refresh_menu(conn, &self.front, bot, person, now).await?;
        let reader = super::reader_of(conn, &self.front, person, now).await?;
        let context = Context::new().with("role", &role.map(Role::word));
        let html = self.front.say(&reader, "access/member_told.html", &context)?;
        let place = Place::private(bot, person);
        Ok(outbox::say(conn, &self.clock, place, View::text(html), Priority::Reply).await?)
    }
}

/// Members, the strongest role first, then by name; after the one with this id.
///
/// # Errors
/// The database refuses.
pub async fn members(
    conn: &mut PgConnection,
    with_removed: bool,
    after: Option<i64>,
    limit: i64,
) -> sqlx::Result<Vec<Standing>> {
    store::members::page(conn, with_removed, after, limit).await
}

/// Somebody who is or was a member.
///
/// # Errors
/// The database refuses.
pub async fn standing(conn: &mut PgConnection, person: i64) -> sqlx::Result<Option<Standing>> {
    store::members::find(conn, person).await
}

/// Which member is named, by first name or by Telegram id.
///
/// # Errors
/// The database refuses.
pub async fn named_member(conn: &mut PgConnection, name: &str) -> sqlx::Result<Named> {
    let all = store::members::page(conn, false, None, i64::MAX).await?;
    Ok(Named::among(all.into_iter().map(Into::into).collect(), name))
}
