//! The plan as a message: shown, edited, confirmed, put aside.

use std::collections::BTreeMap;

use uuid::Uuid;
use waas_platform::clock::Clock;
use waas_platform::db::PgConnection;
use waas_platform::edge::Domain;
use waas_platform::render::{Context, Reader};
use waas_platform::telegram::buttons::Pressed;
use waas_platform::telegram::{Button, Place, Priority, Turn, View, cards, cards::Placement, prompts};

use super::card;
use super::why::Why;
use crate::access::{self, Operator, operator};
use crate::front::Front;
use crate::provisioning::model::{PlanState, Wanted};
use crate::provisioning::planning::{Again, Confirmed, NoPlan, Planner, Proposal, Wish};
use crate::provisioning::store::StoredPlan;
use crate::provisioning::template::Template;
use crate::tenants::Slug;

/// *Provision* on a lead's card.
pub(super) async fn of_request(turn: Turn, front: Front, planner: Planner) -> anyhow::Result<()> {
    let Some(operator) = operator(&turn, &front).await? else {
        return Ok(());
    };
    let Some(id) = subject(&turn) else {
        return Ok(());
    };
    let mut tx = turn.tx().await;
    let planned = planner.plan_request(&mut tx, id).await;
    drop(tx);
    match planned {
        Ok(Some(proposal)) => show_proposal(&turn, &front, &operator, &proposal).await,
        Ok(None) => {
            turn.toast(front.word(operator.reader(), "provisioning-request-not-open")).await;
            Ok(())
        }
        Err(no) => refuse(&turn, &front, &operator, no).await,
    }
}

/// A plan of a request, and what of the request it could not keep.
async fn show_proposal(turn: &Turn, front: &Front, operator: &Operator, proposal: &Proposal) -> anyhow::Result<()> {
    let Proposal { plan, taken } = proposal;
    let note = (!taken.is_empty()).then(|| {
        let args = [("wished", taken.join(", ").into())];
        front.word_with(&operator.card_reader(front), "provisioning-plan-taken", &args)
    });
    show(turn, front, operator, plan, note, Placement::Anew).await
}

/// `/provision TYPE CLIENT DOMAIN`
pub(super) async fn by_command(turn: Turn, front: Front, planner: Planner) -> anyhow::Result<()> {
    let Some(operator) = operator(&turn, &front).await? else {
        return Ok(());
    };
    let args = turn.incoming().command("provision").unwrap_or_default().to_owned();
    let words: Vec<&str> = args.split_whitespace().collect();
    let [template, slug, domain] = words[..] else {
        let known = Template::names(&planner.share)?;
        let context = Context::new().with("templates", &known);
        return turn.reply(View::text(front.say(operator.reader(), "provisioning/usage.html", &context)?)).await;
    };
    let (slug, domain) = match (slug.parse::<Slug>(), domain.parse::<Domain>()) {
        (Ok(slug), Ok(domain)) => (slug, domain),
        (Err(error), _) => return wrong(&turn, &front, &operator, slug, &error).await,
        (_, Err(error)) => return wrong(&turn, &front, &operator, domain, &error).await,
    };
    let wish = Wish { template: template.to_owned(), slug, domain, locale: None, set: BTreeMap::new() };
    let mut tx = turn.tx().await;
    let planned = planner.plan_wish(&mut tx, &wish).await;
    drop(tx);
    match planned {
        Ok(plan) => show(&turn, &front, &operator, &plan, None, Placement::Anew).await,
        Err(no) => refuse(&turn, &front, &operator, no).await,
    }
}

/// *Confirm*
pub(super) async fn confirm(turn: Turn, front: Front, planner: Planner) -> anyhow::Result<()> {
    let Some(operator) = operator(&turn, &front).await? else {
        return Ok(());
    };
    let Some(id) = subject(&turn) else {
        return Ok(());
    };
    let hash = turn.meaning().and_then(|meaning| meaning.args["hash"].as_str()).unwrap_or_default().to_owned();
    let mut tx = turn.tx().await;
    let confirmed = planner.confirm(&mut tx, &operator.actor(), id, &hash).await;
    drop(tx);
    match confirmed {
        // The saga's first record draws the progress onto this card.
        Ok(Confirmed::Started(_)) => {
            turn.toast(front.word(operator.reader(), "provisioning-started")).await;
            started(&turn, &front, &operator, id).await
        }
        Ok(Confirmed::Changed(plan)) => {
            turn.alert(front.word(operator.reader(), "provisioning-plan-changed")).await;
            let note = front.word(&operator.card_reader(&front), "provisioning-plan-changed");
            show(&turn, &front, &operator, &plan, Some(note), Placement::Here).await
        }
        Ok(Confirmed::Already(_) | Confirmed::NotFound) => {
            turn.toast(front.word(operator.reader(), "press-stale")).await;
            Ok(())
        }
        Err(no) => refuse(&turn, &front, &operator, no).await,
    }
}

/// *Retry* after everything was undone.
pub(super) async fn again(turn: Turn, front: Front, planner: Planner) -> anyhow::Result<()> {
    let Some(operator) = operator(&turn, &front).await? else {
        return Ok(());
    };
    let Some(id) = subject(&turn) else {
        return Ok(());
    };
    let mut tx = turn.tx().await;
    let again = planner.again(&mut tx, &operator.actor(), id).await;
    drop(tx);
    tell_again(&turn, &front, &operator, id, again).await
}

/// *Retry* on a plan that was put aside since: nothing is built, and the plan that stands in its place is shown.
pub(super) async fn again_late(turn: Turn, front: Front, planner: Planner) -> anyhow::Result<()> {
    let Some(operator) = operator(&turn, &front).await? else {
        return Ok(());
    };
    let Some(Pressed::Stale(meaning)) = turn.pressed() else { return Ok(()) };
    let Ok(id) = meaning.subject.parse() else { return Ok(()) };
    let mut tx = turn.tx().await;
    let instead = planner.instead(&mut tx, id).await;
    drop(tx);
    tell_again(&turn, &front, &operator, id, instead).await
}

async fn tell_again(
    turn: &Turn,
    front: &Front,
    operator: &Operator,
    id: Uuid,
    again: Result<Again, NoPlan>,
) -> anyhow::Result<()> {
    let key = match again {
        Ok(Again::Started(_)) => {
            turn.toast(front.word(operator.reader(), "provisioning-started")).await;
            return started(turn, front, operator, id).await;
        }
        Ok(Again::Anew(proposal)) => return show_proposal(turn, front, operator, &proposal).await,
        Ok(Again::NotOpen) => "provisioning-request-not-open",
        Ok(Again::NotFound) => "press-stale",
        Err(no) => return refuse(turn, front, operator, no).await,
    };
    turn.toast(front.word(operator.reader(), key)).await;
    Ok(())
}

/// Takes the buttons away at once, so that a second press finds none; the saga draws the rest.
async fn started(turn: &Turn, front: &Front, operator: &Operator, id: Uuid) -> anyhow::Result<()> {
    let html = front.say(&operator.card_reader(front), "provisioning/started.html", &Context::new())?;
    put(turn, operator.place(), id, &View::text(html), Placement::Here).await
}

/// *Cancel*
pub(super) async fn cancel(turn: Turn, front: Front, planner: Planner) -> anyhow::Result<()> {
    let Some(operator) = operator(&turn, &front).await? else {
        return Ok(());
    };
    let Some(id) = subject(&turn) else {
        return Ok(());
    };
    let mut tx = turn.tx().await;
    let plan = planner.cancel(&mut tx, &operator.actor(), id).await?;
    drop(tx);
    let Some(plan) = plan.filter(|plan| plan.state == PlanState::Cancelled) else {
        return Ok(());
    };
    let mut tx = turn.tx().await;
    put_aside(&mut tx, turn.clock(), &front, &plan).await
}

fn cancelled(front: &Front, reader: &Reader, plan: &StoredPlan) -> anyhow::Result<View> {
    let context = Context::new().with("slug", &plan.wanted.slug).with("domain", &plan.wanted.domain);
    Ok(View::text(front.say(reader, "provisioning/cancelled.html", &context)?))
}

/// The plan was put aside: its message says so wherever it stands.
pub(in crate::provisioning) async fn put_aside(
    conn: &mut PgConnection,
    clock: &Clock,
    front: &Front,
    plan: &StoredPlan,
) -> anyhow::Result<()> {
    let key = card(plan.id);
    for place in cards::places(conn, &key).await? {
        let reader = access::reader_at(conn, front, place, clock.now()).await?;
        let view = cancelled(front, &reader, plan)?;
        cards::put(conn, clock, place, &key, &view, Priority::Card, Placement::Here).await?;
    }
    Ok(())
}

/// What of a plan is asked for anew.
#[derive(Clone, Copy)]
enum Field {
    Slug,
    Domain,
}

impl Field {
    /// The action of its button and of the text that answers it.
    const fn action(self) -> &'static str {
        match self {
            Self::Slug => "plan.slug",
            Self::Domain => "plan.domain",
        }
    }

    const fn question(self) -> &'static str {
        match self {
            Self::Slug => "provisioning-ask-slug",
            Self::Domain => "provisioning-ask-domain",
        }
    }
}

/// *Change name*
pub(super) async fn ask_slug(turn: Turn, front: Front) -> anyhow::Result<()> {
    ask(turn, front, Field::Slug).await
}

/// *Change domain*
pub(super) async fn ask_domain(turn: Turn, front: Front) -> anyhow::Result<()> {
    ask(turn, front, Field::Domain).await
}

async fn ask(turn: Turn, front: Front, field: Field) -> anyhow::Result<()> {
    let Some(operator) = operator(&turn, &front).await? else {
        return Ok(());
    };
    let Some(id) = subject(&turn) else {
        return Ok(());
    };
    await_answer(&turn, &operator, field, id).await?;
    let context = Context::new().with("question", &front.word(operator.reader(), field.question()));
    turn.ask(front.say(operator.reader(), "provisioning/question.html", &context)?).await
}

async fn await_answer(turn: &Turn, operator: &Operator, field: Field, plan: Uuid) -> anyhow::Result<()> {
    let mut tx = turn.tx().await;
    let nothing = serde_json::Value::Object(serde_json::Map::new());
    let subject = plan.to_string();
    prompts::ask(&mut tx, operator.place(), operator.id(), field.action(), &subject, nothing, turn.now()).await?;
    Ok(())
}

/// The operator typed another name.
pub(super) async fn set_slug(turn: Turn, front: Front, planner: Planner) -> anyhow::Result<()> {
    let Some(operator) = operator(&turn, &front).await? else {
        return Ok(());
    };
    let typed = typed(&turn);
    let change = typed.parse::<Slug>().map(|slug| move |wanted: &mut Wanted| wanted.slug = slug);
    edit(&turn, &front, &operator, &planner, Field::Slug, &typed, change).await
}

/// The operator typed another domain.
pub(super) async fn set_domain(turn: Turn, front: Front, planner: Planner) -> anyhow::Result<()> {
    let Some(operator) = operator(&turn, &front).await? else {
        return Ok(());
    };
    let typed = typed(&turn);
    let change =
        Domain::from_address(&typed).map(|domain| move |wanted: &mut Wanted| wanted.domain = domain.to_string());
    edit(&turn, &front, &operator, &planner, Field::Domain, &typed, change).await
}

/// Changes the plan; what cannot be is explained, and the question stays open for another answer.
async fn edit<E: Why + Send + Sync>(
    turn: &Turn,
    front: &Front,
    operator: &Operator,
    planner: &Planner,
    field: Field,
    typed: &str,
    change: Result<impl FnOnce(&mut Wanted) + Send, E>,
) -> anyhow::Result<()> {
    let Some(id) = turn.prompted().and_then(|meaning| meaning.subject.parse().ok()) else {
        return Ok(());
    };
    let change = match change {
        Ok(change) => change,
        Err(error) => {
            await_answer(turn, operator, field, id).await?;
            return wrong(turn, front, operator, typed, &error).await;
        }
    };
    let mut tx = turn.tx().await;
    let planned = planner.edit(&mut tx, id, change).await;
    drop(tx);
    match planned {
        Ok(Some(plan)) if plan.state == PlanState::Open => {
            show(turn, front, operator, &plan, None, Placement::Anew).await
        }
        Ok(_) => {
            turn.reply(View::text(front.say(operator.reader(), "provisioning/plan_closed.html", &Context::new())?))
                .await
        }
        Err(no) => {
            await_answer(turn, operator, field, id).await?;
            refuse(turn, front, operator, no).await
        }
    }
}

fn typed(turn: &Turn) -> String {
    match &turn.incoming().event {
        waas_platform::telegram::Event::Text(text) => text.trim().to_lowercase(),
        _ => String::new(),
    }
}

fn subject(turn: &Turn) -> Option<Uuid> {
    turn.meaning()?.subject.parse().ok()
}

/// A name or domain that cannot be one.
async fn wrong(
    turn: &Turn,
    front: &Front,
    operator: &Operator,
    typed: &str,
    error: &(dyn Why + Sync),
) -> anyhow::Result<()> {
    let context = Context::new().with("typed", typed).with("why", &error.why(front, operator.reader()));
    turn.reply(View::text(front.say(operator.reader(), "provisioning/wrong.html", &context)?)).await
}

/// There can be no such plan; says why and what to do.
async fn refuse(turn: &Turn, front: &Front, operator: &Operator, no: NoPlan) -> anyhow::Result<()> {
    if let NoPlan::Database(error) = no {
        return Err(error.into());
    }
    let context = Context::new().with("why", &no.why(front, operator.reader()));
    turn.reply(View::text(front.say(operator.reader(), "provisioning/no_plan.html", &context)?)).await
}

async fn show(
    turn: &Turn,
    front: &Front,
    operator: &Operator,
    plan: &StoredPlan,
    note: Option<String>,
    placement: Placement,
) -> anyhow::Result<()> {
    let view = view(front, &operator.card_reader(front), plan, note)?;
    put(turn, operator.place(), plan.id, &view, placement).await
}

async fn put(turn: &Turn, place: Place, id: Uuid, view: &View, placement: Placement) -> anyhow::Result<()> {
    let mut tx = turn.tx().await;
    cards::put(&mut tx, turn.clock(), place, &card(id), view, Priority::Reply, placement).await?;
    Ok(())
}

/// The plan as people read it.
pub(super) fn view(front: &Front, reader: &Reader, plan: &StoredPlan, note: Option<String>) -> anyhow::Result<View> {
    let shown = &plan.shown;
    let total: u64 = shown.containers.iter().map(|container| container.memory).sum();
    let megabytes = |bytes: u64| bytes / (1024 * 1024);
    let containers: Vec<(String, String, u64, f64)> = shown
        .containers
        .iter()
        .map(|of| (of.service.clone(), of.image.clone(), megabytes(of.memory), of.cpus))
        .collect();
    let context = Context::new()
        .with("plan", shown)
        .with("containers", &containers)
        .with("memory", &megabytes(total))
        .with("files", &shown.files.len())
        .with("note", &note);
    let html = front.say(reader, "provisioning/plan.html", &context)?;
    let word = |key: &str| front.word(reader, key);
    let confirm = Button::press(word("button-confirm"), "plan.confirm", plan.id)
        // Not for once: the plan's own state counts a confirmation once, and a refused one may be tried again.
        .with(serde_json::json!({ "hash": shown.hash }));
    Ok(View::text(html).row([confirm, Button::press(word("button-cancel"), "plan.cancel", plan.id)]).row([
        Button::press(word("button-change-name"), "plan.slug", plan.id),
        Button::press(word("button-change-domain"), "plan.domain", plan.id),
    ]))
}
