//! The one message that ticks through the steps; drawn in the transaction of each record of the saga.

use serde::Serialize;
use waas_platform::db::PgConnection;
use waas_platform::durable::{SagaState, SagaView, StepState};
use waas_platform::render::{Context, Reader};
use waas_platform::secrets::mask;
use waas_platform::telegram::cards::{self, Placement};
use waas_platform::telegram::{Button, Priority, View};

use super::card;
use crate::access;
use crate::clients;
use crate::front::Front;
use crate::provisioning::model::RequestState;
use crate::provisioning::store;
use crate::provisioning::work::{Builder, Order};

/// The most of an error that a card shows, in characters; the whole stands in `hub job show`.
const ERROR_LENGTH: usize = 900;

#[derive(Serialize)]
struct Line<'a> {
    mark: &'static str,
    name: &'a str,
}

/// Draws the saga as it stands, and opens its request again when everything was undone.
pub(in crate::provisioning) async fn draw_progress(
    builder: Builder,
    conn: &mut PgConnection,
    saga: &SagaView,
) -> anyhow::Result<()> {
    let order: Order = serde_json::from_value(saga.params.clone())?;
    if let (SagaState::Undone | SagaState::Cancelled, Some(request)) = (saga.state, order.wanted.request) {
        store::set_request(conn, request, RequestState::Open, None).await?;
    }
    if let (SagaState::Running, Some(request)) = (saga.state, order.wanted.request) {
        clients::building(conn, &builder.clock, &builder.front, request).await?;
    }
    let url = builder.planner.public_url(&order.wanted.domain);
    let key = card(order.plan);
    for place in cards::places(conn, &key).await? {
        let reader = access::reader_at(conn, &builder.front, place, builder.clock.now()).await?;
        let view = view(&builder.front, &reader, &url, &order, saga)?;
        match saga.state {
            SagaState::Queued | SagaState::Running | SagaState::Undoing => {
                cards::tick(conn, &builder.clock, place, &key, &view).await?;
            }
            _ => cards::put(conn, &builder.clock, place, &key, &view, Priority::Card, Placement::Here).await?,
        }
    }
    Ok(())
}

pub(super) fn view(front: &Front, reader: &Reader, url: &str, order: &Order, saga: &SagaView) -> anyhow::Result<View> {
    let lines: Vec<Line<'_>> =
        saga.steps.iter().map(|step| Line { mark: mark(step.state), name: &step.name }).collect();
    let done = saga.steps.iter().filter(|step| step.state == StepState::Done).count();
    let elapsed = (saga.finished_at.unwrap_or(reader.now) - saga.created_at).num_seconds().max(0);
    let error = saga.error.as_deref().map(|error| {
        let masked = mask::text(error).into_owned();
        masked.chars().take(ERROR_LENGTH).collect::<String>()
    });
    let context = Context::new()
        .with("slug", &order.wanted.slug)
        .with("url", url)
        .with("state", saga.state.as_str())
        .with("steps", &lines)
        .with("done", &done)
        .with("total", &saga.steps.len())
        .with("elapsed", &elapsed)
        .with("error", &error);
    let html = front.say(reader, "provisioning/progress.html", &context)?;
    let word = |key: &str| front.word(reader, key);
    let retry = |action: &str, subject: String| Button::press(word("button-retry"), action, subject);
    let logs = Button::press(word("button-logs"), "job.logs", saga.id);
    let view = View::text(html);
    Ok(match saga.state {
        SagaState::Stuck => view.row([
            retry("job.retry", saga.id.to_string()),
            Button::press(word("button-undo"), "job.undo", saga.id),
            logs,
        ]),
        SagaState::Undone | SagaState::Cancelled => view.row([retry("plan.again", order.plan.to_string()), logs]),
        SagaState::Queued | SagaState::Running | SagaState::Undoing | SagaState::Done => view,
    })
}

const fn mark(state: StepState) -> &'static str {
    match state {
        StepState::Pending => "▫️",
        StepState::Running => "⏳",
        StepState::Done => "✅",
        StepState::Failed => "❌",
        StepState::Undoing => "↩️",
        StepState::Undone => "◻️",
        StepState::UndoFailed => "⛔",
        StepState::Skipped => "▫️",
    }
}
