//! What is done with a lead. Every door (button, chat command, terminal) leads here, and each act writes the lead, its
//! history and the audit in the caller's transaction, and draws the card again.

use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;
use waas_platform::clock::Clock;
use waas_platform::db::PgConnection;
use waas_platform::telegram::{BotId, Place};

use super::model::{LeadMove, LeadState, NewLead, Refused, Wish};
use super::score::Rules;
use super::showing;
use super::store::history::{Entry, What};
use super::store::{self, Lead};
use crate::access;
use crate::audit::{Act, Actor};
use crate::front::Front;

/// How a wish to move a lead ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Acted {
    /// It stands so now.
    Moved(Lead),
    /// It stands as somebody left it, and the wish changed nothing.
    Stands(Lead, Refused),
    /// There is no such lead.
    NotFound,
}

/// Moves a lead by the one transition function. Whoever moves a lead that is nobody's has it from then on.
///
/// # Errors
/// The database refuses, or the card cannot be drawn.
pub async fn act(
    conn: &mut PgConnection,
    clock: &Clock,
    front: &Front,
    actor: &Actor,
    id: Uuid,
    wish: impl Into<Wish>,
) -> anyhow::Result<Acted> {
    let Wish { wanted, why, call_at } = wish.into();
    let Some(lead) = store::hold(conn, id).await? else {
        return Ok(Acted::NotFound);
    };
    let subject = format!("lead:{id}");
    let to = match lead.state.after(wanted) {
        // It turned out to be another one, and everything goes on there.
        Ok(_) if lead.merged_into.is_some() => Err(Refused::NotFrom(lead.state)),
        Ok(_) if wanted == LeadMove::Lose && lead.request_id.is_some() => Err(Refused::Requested(lead.state)),
        Ok(_) if wanted == LeadMove::Win && lead.state != LeadState::Onboarding && lead.request_id.is_none() => {
            Err(Refused::NotFrom(lead.state))
        }
        after => after,
    };
    let to = match to {
        Ok(to) => to,
        Err(refused) => {
            Act::refused(actor, wanted.word(), subject).record(conn).await?;
            return Ok(Acted::Stands(lead, refused));
        }
    };
    let by = match actor {
        Actor::Person(person) => Some(*person),
        Actor::Terminal(_) | Actor::System(_) => None,
    };
    let assignee = match wanted {
        _ if wanted.frees() => None,
        // Who promises to call is reminded of it, whoever had the lead.
        LeadMove::CallBack if call_at.is_some() => by.or(lead.assignee),
        _ => lead.assignee.or(by),
    };
    // Once more without another time: what was promised stands.
    let keeps = wanted == LeadMove::CallBack && call_at.is_none();
    let kept = if keeps { lead.call_at } else { call_at };
    let change = store::Change { to, assignee, call_at: kept, why: why.as_deref() };
    let moved = store::change(conn, &lead, &change, clock.now()).await?;
    // Held for update since it was read: nobody can have come between.
    let moved = moved.ok_or_else(|| anyhow::anyhow!("lead {id} changed while it was held"))?;
    let promised = json!({ "call_at": call_at });
    let what = if lead.state == to { What::Promised } else { What::Moved };
    let entry = Entry { from: Some(lead.state), note: why.as_deref(), ..Entry::of(what) };
    let entry = if call_at.is_some() { Entry { detail: promised, ..entry } } else { entry };
    store::history::add(conn, &moved, actor, &entry, clock.now()).await?;
    let detail = json!({ "from": lead.state.as_str(), "to": to.as_str() });
    Act::done(actor, wanted.word(), subject).detail(detail).record(conn).await?;
    showing::redraw(conn, clock, front, &moved).await?;
    Ok(Acted::Moved(moved))
}

/// How something that is said to a lead ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// It is written down.
    Kept(Lead),
    /// Nothing of that kind is to be said to it where it stands.
    Stands(Lead),
    /// There is no such lead.
    NotFound,
}

/// Says why a lead was closed, after it was.
///
/// # Errors
/// The database refuses, or the card cannot be drawn.
pub async fn explain(
    conn: &mut PgConnection,
    clock: &Clock,
    front: &Front,
    actor: &Actor,
    id: Uuid,
    why: &str,
) -> anyhow::Result<Told> {
    let lead = match store::hold(conn, id).await? {
        None => return Ok(Told::NotFound),
        Some(lead) if !lead.state.wants_reason() => return Ok(Told::Stands(lead)),
        Some(lead) => lead,
    };
    let lead = store::set_reason(conn, &lead, why, clock.now()).await?;
    let entry = Entry { note: Some(why), ..Entry::of(What::Noted) };
    store::history::add(conn, &lead, actor, &entry, clock.now()).await?;
    Act::done(actor, "lead.explain", format!("lead:{id}")).record(conn).await?;
    showing::redraw(conn, clock, front, &lead).await?;
    Ok(Told::Kept(lead))
}

/// Writes something down in the history of a lead; that is something done with it.
///
/// # Errors
/// The database refuses.
pub async fn note(conn: &mut PgConnection, clock: &Clock, actor: &Actor, id: Uuid, text: &str) -> anyhow::Result<Told> {
    let Some(lead) = store::hold(conn, id).await? else {
        return Ok(Told::NotFound);
    };
    store::touch(conn, id, clock.now()).await?;
    let entry = Entry { note: Some(text), ..Entry::of(What::Noted) };
    store::history::add(conn, &lead, actor, &entry, clock.now()).await?;
    Act::done(actor, "lead.note", format!("lead:{id}")).record(conn).await?;
    Ok(Told::Kept(lead))
}

/// How handing over a lead ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Assigned {
    /// They have it now.
    To(Lead),
    /// They have it already.
    Already(Lead),
    /// Nobody works on it any more.
    Closed(Lead),
    /// They are no operator.
    NoOperator,
    /// There is no such lead.
    NotFound,
}

/// Hands a lead over. A new one is taken by whoever gets it. They are told in private, and so is whoever had it, unless they
/// did it themselves.
///
/// # Errors
/// The database refuses, or the card cannot be drawn.
pub async fn assign(
    conn: &mut PgConnection,
    clock: &Clock,
    front: &Front,
    bot: Option<BotId>,
    actor: &Actor,
    id: Uuid,
    to: i64,
) -> anyhow::Result<Assigned> {
    if !access::member(conn, to).await?.is_some_and(|member| member.role.operates()) {
        return Ok(Assigned::NoOperator);
    }
    let mut lead = match store::hold(conn, id).await? {
        None => return Ok(Assigned::NotFound),
        Some(lead) if lead.assignee == Some(to) => return Ok(Assigned::Already(lead)),
        Some(lead) if !lead.state.is_open() || lead.merged_into.is_some() => {
            Act::refused(actor, "lead.assign", format!("lead:{id}")).record(conn).await?;
            return Ok(Assigned::Closed(lead));
        }
        Some(lead) => lead,
    };
    let (now, from, had) = (clock.now(), lead.state, lead.assignee);
    if from == LeadState::New {
        let change = store::Change { to: LeadState::Taken, assignee: Some(to), call_at: None, why: None };
        let taken = store::change(conn, &lead, &change, now).await?;
        lead = taken.ok_or_else(|| anyhow::anyhow!("lead {id} changed while it was held"))?;
    } else {
        lead = store::set_assignee(conn, &lead, Some(to), now).await?;
    }
    let entry = Entry { from: Some(from), detail: json!({ "to": to }), ..Entry::of(What::Assigned) };
    store::history::add(conn, &lead, actor, &entry, now).await?;
    Act::done(actor, "lead.assign", format!("lead:{id}")).detail(json!({ "to": to })).record(conn).await?;
    showing::redraw(conn, clock, front, &lead).await?;
    if let Some(bot) = bot {
        for person in [Some(to), had].into_iter().flatten().filter(|person| *actor != Actor::Person(*person)) {
            showing::tell_handed(conn, clock, front, Place::private(bot, person), actor, &lead).await?;
        }
    }
    Ok(Assigned::To(lead))
}

/// Somebody left the team: what they had is new again, or in onboarding and nobody's. How many leads that were.
///
/// # Errors
/// The database refuses, or a card cannot be drawn.
pub async fn left(conn: &mut PgConnection, clock: &Clock, front: &Front, person: i64) -> anyhow::Result<usize> {
    const BY: Actor = Actor::System("leads");
    let ids = store::holders::leads_of(conn, person).await?;
    for id in &ids {
        let left = LeadMove::Release.because(Some("left".to_owned()));
        if let Acted::Stands(lead, _) = act(conn, clock, front, &BY, *id, left).await? {
            let lead = store::set_assignee(conn, &lead, None, clock.now()).await?;
            let entry = Entry { note: Some("left"), detail: json!({ "to": null }), ..Entry::of(What::Assigned) };
            store::history::add(conn, &lead, &BY, &entry, clock.now()).await?;
            showing::redraw(conn, clock, front, &lead).await?;
        }
    }
    Ok(ids.len())
}

/// As [`left`], for everybody who has leads and is in the team no more, whenever and however they left it.
///
/// # Errors
/// The database refuses, or a card cannot be drawn.
pub async fn release_orphans(conn: &mut PgConnection, clock: &Clock, front: &Front) -> anyhow::Result<usize> {
    let mut released = 0;
    for person in store::holders::all(conn).await? {
        if !access::member(conn, person).await?.is_some_and(|member| member.role.operates()) {
            released += left(conn, clock, front, person).await?;
        }
    }
    Ok(released)
}

/// How merging two leads ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Merged {
    /// They are one now: this one.
    Into(Box<Lead>),
    /// They are one already, or one lead is named twice.
    Already,
    /// Both have an onboarding of their own, and neither can be hidden behind the other.
    Both,
    /// There is no such lead.
    NotFound,
}

/// One lead turned out to be another: that one keeps both histories and learns what it did not know, which may change its
/// score; the first is shown nowhere by itself any more. When only the first is being worked on, it is the one that is kept:
/// what is in work is never hidden.
///
/// # Errors
/// The database refuses, or a card cannot be drawn.
pub async fn merge(
    conn: &mut PgConnection,
    clock: &Clock,
    front: &Front,
    rules: &Rules,
    actor: &Actor,
    from: Uuid,
    into: Uuid,
) -> anyhow::Result<Merged> {
    // In one order, so that two people who merge the same two do not wait for each other.
    let (low, high) = (from.min(into), from.max(into));
    let (Some(low), Some(high)) = (store::hold(conn, low).await?, store::hold(conn, high).await?) else {
        return Ok(Merged::NotFound);
    };
    let (twin, kept) = if low.id == from { (low, high) } else { (high, low) };
    if twin.id == kept.id || twin.merged_into.is_some() || kept.merged_into.is_some() {
        return Ok(Merged::Already);
    }
    if begun(&twin) && begun(&kept) {
        Act::refused(actor, "lead.merge", format!("lead:{}", twin.id)).record(conn).await?;
        return Ok(Merged::Both);
    }
    let (twin, kept) = if in_work(&twin) > in_work(&kept) { (kept, twin) } else { (twin, kept) };
    let now = clock.now();
    store::twins::merge(conn, twin.id, kept.id, now).await?;
    let entry = Entry { detail: json!({ "lead": twin.number }), ..Entry::of(What::Merged) };
    store::history::add(conn, &kept, actor, &entry, now).await?;
    let kept = inherit(conn, actor, kept, &twin, now).await?;
    let kept = learn(conn, rules, actor, kept, &twin, now).await?;
    let subject = format!("lead:{}", twin.id);
    Act::done(actor, "lead.merge", subject).detail(json!({ "into": kept.id })).record(conn).await?;
    let twin = Lead { merged_into: Some(kept.id), ..twin };
    showing::redraw(conn, clock, front, &twin).await?;
    showing::redraw(conn, clock, front, &kept).await?;
    Ok(Merged::Into(Box::new(kept)))
}

/// Whether a survey, a request or a site hangs on it.
fn begun(lead: &Lead) -> bool {
    lead.request_id.is_some() || matches!(lead.state, LeadState::Onboarding | LeadState::Won)
}

/// How far its work has come; the greater one must be seen.
fn in_work(lead: &Lead) -> (bool, bool) {
    (begun(lead), lead.state.is_open() && lead.state != LeadState::New)
}

/// The call that was promised to the twin is promised still, by whoever promised it, unless one is due earlier or the lead has
/// got further than calls: that ends a promise here as it does without a merge.
async fn inherit(
    conn: &mut PgConnection,
    actor: &Actor,
    lead: Lead,
    twin: &Lead,
    now: DateTime<Utc>,
) -> anyhow::Result<Lead> {
    let (true, Some(at)) = (matches!(lead.state, LeadState::Taken | LeadState::Contacted), twin.call_at) else {
        return Ok(lead);
    };
    if lead.call_at.is_some_and(|own| own <= at) {
        return Ok(lead);
    }
    let (from, had) = (lead.state, lead.assignee);
    let lead = store::twins::take_promise(conn, &lead, twin, now).await?;
    if lead.assignee != had {
        let entry = Entry { from: Some(from), detail: json!({ "to": lead.assignee }), ..Entry::of(What::Assigned) };
        store::history::add(conn, &lead, actor, &entry, now).await?;
    } else if lead.state != from {
        let entry = Entry { from: Some(from), ..Entry::of(What::Moved) };
        store::history::add(conn, &lead, actor, &entry, now).await?;
    }
    Ok(lead)
}

/// Fills what was not known of a lead from another one, and scores it anew.
async fn learn(
    conn: &mut PgConnection,
    rules: &Rules,
    actor: &Actor,
    lead: Lead,
    other: &Lead,
    now: DateTime<Utc>,
) -> anyhow::Result<Lead> {
    let raw = store::twins::raw(conn, lead.id).await?;
    let either = |own: &Option<String>, others: &Option<String>| own.clone().or_else(|| others.clone());
    let facts = NewLead {
        external_id: lead.external_id.clone(),
        source: lead.source.clone(),
        name: lead.name.clone(),
        niche: either(&lead.niche, &other.niche),
        phone: either(&lead.phone, &other.phone),
        email: either(&lead.email, &other.email),
        telegram: either(&lead.telegram, &other.telegram),
        message: either(&lead.message, &other.message),
        locale: either(&lead.locale, &other.locale),
        domain: either(&lead.domain, &other.domain),
        marketing_consent: raw["consent"]["marketing"].as_bool(),
        created_at: Some(lead.created_at),
        raw,
    };
    let score = rules.score(&facts);
    let rescored = score != lead.score;
    let lead = store::twins::set_facts(conn, &lead, &facts, &score, now).await?;
    if rescored {
        let entry = Entry { detail: json!({ "score": score.total }), ..Entry::of(What::Scored) };
        store::history::add(conn, &lead, actor, &entry, now).await?;
    }
    Ok(lead)
}
