//! *Refuse*: an operator says no to a request, and the client reads why.

use serde_json::Value;
use uuid::Uuid;
use waas_platform::render::Context;
use waas_platform::telegram::{Event, Turn, View, prompts};

use super::put_aside;
use crate::access::operator;
use crate::clients;
use crate::front::Front;
use crate::leads::{self, LeadMove};
use crate::provisioning::planning::Planner;

/// Characters of a reason that a client reads.
const WHY_CHARS: usize = 1_000;

/// *Refuse* on a lead's card: asks for the reason.
pub(super) async fn ask(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(operator) = operator(&turn, &front).await? else {
        return Ok(());
    };
    let Some(meaning) = turn.meaning() else { return Ok(()) };
    let mut tx = turn.tx().await;
    let (place, by, now) = (operator.place(), operator.id(), turn.now());
    prompts::ask(&mut tx, place, by, "provision.refuse", &meaning.subject, Value::Null, now).await?;
    drop(tx);
    let context = Context::new().with("question", &front.word(operator.reader(), "provisioning-ask-refuse"));
    turn.reply(View::text(front.say(operator.reader(), "provisioning/question.html", &context)?)).await
}

/// The operator wrote the reason: the request is refused, its lead lost, its client told.
pub(super) async fn because(turn: Turn, front: Front, planner: Planner) -> anyhow::Result<()> {
    let Some(operator) = operator(&turn, &front).await? else {
        return Ok(());
    };
    let id = turn.prompted().and_then(|meaning| meaning.subject.parse::<Uuid>().ok());
    let (Some(id), Event::Text(why)) = (id, &turn.incoming().event) else {
        return Ok(());
    };
    let why: String = why.trim().chars().take(WHY_CHARS).collect();
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
                leads::act(&mut tx, clock, &front, &actor, lead, LeadMove::Lose.because(Some(why.clone()))).await?;
            }
            clients::refused(&mut tx, clock, &front, id, &why).await?;
            "provisioning-refused"
        }
    };
    drop(tx);
    let context = Context::new().with("question", &front.word(operator.reader(), key));
    turn.reply(View::text(front.say(operator.reader(), "provisioning/question.html", &context)?)).await
}
