//! *Refuse*: an operator says no to a request, and the client reads why.

use serde_json::json;
use uuid::Uuid;
use waas_platform::render::Context;
use waas_platform::telegram::cards::Placement;
use waas_platform::telegram::{Button, Event, Turn, View};

use super::put_aside;
use crate::access::questions::Question;
use crate::access::{Operator, operator};
use crate::clients;
use crate::front::Front;
use crate::leads::{self, LeadMove};
use crate::provisioning::planning::Planner;

/// Characters of a reason that a client reads.
const WHY_CHARS: usize = 1_000;

/// The question for the reason.
fn question(subject: &str) -> Question<'_> {
    Question { action: "provision.refuse", subject }
}

/// *Refuse* on a lead's card: asks for the reason.
pub(super) async fn ask(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(operator) = operator(&turn, &front).await? else {
        return Ok(());
    };
    let Some(meaning) = turn.meaning() else { return Ok(()) };
    let view = words(&front, &operator, "provisioning-ask-refuse")?;
    question(&meaning.subject).ask(&turn, &front, &operator, view).await
}

/// The operator wrote the reason: they see it as the client will, and are asked whether that is it.
pub(super) async fn because(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(operator) = operator(&turn, &front).await? else {
        return Ok(());
    };
    let (Some(asked), Event::Text(why)) = (turn.prompted(), &turn.incoming().event) else {
        return Ok(());
    };
    let why: String = why.trim().chars().take(WHY_CHARS).collect();
    let context = Context::new().with("why", &why);
    let view = View::text(front.say(operator.reader(), "provisioning/refuse_sure.html", &context)?);
    let label = front.word(operator.reader(), "button-confirm");
    let sure = Button::press(label, "provision.refuse_sure", &asked.subject).with(json!({ "why": why }));
    question(&asked.subject).confirm(&turn, &front, &operator, view, sure).await
}

/// *Confirm* below the reason: the request is refused, its lead lost, its client told.
pub(super) async fn sure(turn: Turn, front: Front, planner: Planner) -> anyhow::Result<()> {
    let Some(operator) = operator(&turn, &front).await? else {
        return Ok(());
    };
    let Some(meaning) = turn.meaning() else { return Ok(()) };
    let (Ok(id), Some(why)) = (meaning.subject.parse::<Uuid>(), meaning.args["why"].as_str()) else {
        return Ok(());
    };
    let (clock, actor) = (turn.clock(), operator.actor());
    let mut tx = turn.tx().await;
    let key = match planner.refuse(&mut tx, &actor, id).await? {
        None => "provisioning-request-not-open",
        Some((request, plans)) => {
            for plan in plans {
                put_aside(&mut tx, clock, &front, &plan).await?;
            }
            if let Some(lead) = request.lead {
                leads::request_closed(&mut tx, clock, &front, lead).await?;
                // Where it stands elsewhere by now, that is what operators decided about the lead.
                let lose = LeadMove::Lose.because(Some(why.to_owned()));
                leads::act(&mut tx, clock, &front, &actor, lead, lose).await?;
            }
            clients::refused(&mut tx, clock, &front, id, why).await?;
            "provisioning-refused"
        }
    };
    drop(tx);
    let view = words(&front, &operator, key)?;
    question(&meaning.subject).show(&turn, &operator, &view, Placement::Here).await
}

fn words(front: &Front, operator: &Operator, key: &str) -> anyhow::Result<View> {
    let context = Context::new().with("question", &front.word(operator.reader(), key));
    Ok(View::text(front.say(operator.reader(), "provisioning/question.html", &context)?))
}
