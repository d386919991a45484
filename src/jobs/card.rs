//! What people see of jobs. Pure functions of a saga's view; no database.

use chrono::{DateTime, Utc};
use serde::Serialize;
use waas_platform::durable::{SagaState, SagaView, StepState, StepView};
use waas_platform::render::{Arg, Context, Html, Reader, RenderError};
use waas_platform::secrets::mask;
use waas_platform::telegram::{Button, View};

use crate::front::Front;

/// Units of an error that stand on a card; *Logs* brings it whole.
const ERROR_UNITS: usize = 1_200;
/// Characters of a step's own line.
const NOTE_CHARS: usize = 80;

#[derive(Serialize)]
struct Line {
    mark: &'static str,
    words: String,
    /// Seconds.
    took: Option<i64>,
    note: Option<String>,
}

/// A job's card with the house's title and buttons.
///
/// # Errors
/// A layout is broken; a bug that the tests find.
pub fn of(front: &Front, reader: &Reader, job: &SagaView) -> Result<View, RenderError> {
    view(front, reader, job, &title(front, reader, job), Vec::new())
}

/// A job's card under another title, with more buttons in a row of their own: for a capability whose own message becomes
/// the job's.
///
/// # Errors
/// A layout is broken; a bug that the tests find.
pub fn view(
    front: &Front,
    reader: &Reader,
    job: &SagaView,
    title: &Html,
    more: Vec<Button>,
) -> Result<View, RenderError> {
    let lines: Vec<Line> = job.steps.iter().map(|step| line(front, reader, &job.kind, step)).collect();
    let error = shown_error(job).map(|error| Html::escape(&mask::text(error)).cut(ERROR_UNITS)).unwrap_or_default();
    let context = Context::new()
        .html("title", title)
        .with("steps", &lines)
        .with("state", word(job))
        .with("elapsed", &(job.finished_at.unwrap_or(reader.now) - job.created_at).num_seconds().max(0))
        .with("begun", &job.steps.iter().any(|step| step.started_at.is_some()))
        .html("error", &error);
    let html = front.say(reader, "jobs/card.html", &context)?;
    let press = |key: &str, action: &str| Button::press(front.word(reader, key), action, job.id);
    let offered = match job.state {
        _ if job.requested.is_some() => Vec::new(),
        SagaState::Stuck => vec![
            press("button-retry", "job.retry").once(),
            press("button-undo", "job.undo").once(),
            press("button-logs", "job.logs"),
        ],
        SagaState::Queued | SagaState::Running if can_be_undone(job) => {
            vec![press("button-cancel", "job.cancel").once()]
        }
        SagaState::Undone | SagaState::Cancelled if is_in_trouble(job) => {
            vec![press("button-logs", "job.logs")]
        }
        _ => Vec::new(),
    };
    Ok(View::text(html).row(offered).row(more))
}

/// What a job does or has done, in words.
pub fn title(front: &Front, reader: &Reader, job: &SagaView) -> Html {
    let key = if job.state == SagaState::Done { "job-title-done" } else { "job-title" };
    let args: [(&str, Arg<'_>); 2] = [("kind", job.kind.as_str().into()), ("subject", job.subject.as_str().into())];
    Html::escape(&front.word_with(reader, key, &args))
}

/// Everything known of a job's course, for whoever looks for the reason.
///
/// # Errors
/// A layout is broken; a bug that the tests find.
pub(super) fn log(front: &Front, reader: &Reader, job: &SagaView) -> Result<Html, RenderError> {
    #[derive(Serialize)]
    struct Entry {
        words: String,
        state: &'static str,
        started: Option<DateTime<Utc>>,
        attempts: i32,
        note: Option<String>,
        error: Option<String>,
    }
    let masked = |text: &Option<String>| text.as_deref().map(|text| mask::text(text).into_owned());
    let entries: Vec<Entry> = job
        .steps
        .iter()
        .filter(|step| step.started_at.is_some())
        .map(|step| Entry {
            words: words_of(front, reader, &job.kind, step),
            state: step.state.as_str(),
            started: step.started_at,
            attempts: step.attempts,
            note: masked(&step.note),
            error: masked(&step.error),
        })
        .collect();
    let context = Context::new()
        .html("title", &title(front, reader, job))
        .with("id", &job.id.to_string())
        .with("state", word(job))
        .with("error", &masked(&job.error))
        .with("steps", &entries);
    front.say(reader, "jobs/log.html", &context)
}

/// The newest jobs, each with a button.
pub(super) fn list(front: &Front, reader: &Reader, jobs: &[SagaView]) -> Result<View, RenderError> {
    #[derive(Serialize)]
    struct Row {
        number: usize,
        mark: &'static str,
        title: String,
        /// Nothing for what is done: its title says so.
        state: Option<&'static str>,
        at: DateTime<Utc>,
    }
    let rows: Vec<Row> = (1..)
        .zip(jobs)
        .map(|(number, job)| Row {
            number,
            mark: mark_of(job),
            title: title(front, reader, job).plain(),
            state: (job.state != SagaState::Done).then(|| word(job)),
            at: job.created_at,
        })
        .collect();
    let mut view = View::text(front.say(reader, "jobs/list.html", &Context::new().with("rows", &rows))?);
    let numbered: Vec<(usize, &SagaView)> = (1..).zip(jobs).collect();
    for row in numbered.chunks(5) {
        view = view.row(row.iter().map(|(number, job)| Button::press(number.to_string(), "job.open", job.id)));
    }
    Ok(view)
}

/// Whether a person has to know: it waits for one, or it was unwound because something failed.
pub fn is_in_trouble(job: &SagaView) -> bool {
    match job.state {
        SagaState::Stuck => true,
        SagaState::Undone => job.error.is_some() || job.failed_step().is_some(),
        SagaState::Queued | SagaState::Running | SagaState::Undoing | SagaState::Done | SagaState::Cancelled => false,
    }
}

fn can_be_undone(job: &SagaView) -> bool {
    job.steps.iter().any(|step| step.undo_none_because.is_none())
}

/// The state, or what was asked of it and is not answered yet.
fn word(job: &SagaView) -> &'static str {
    job.requested.map_or(job.state.as_str(), |wish| wish.as_str())
}

fn shown_error(job: &SagaView) -> Option<&str> {
    if job.state == SagaState::Done {
        return None;
    }
    let of_step = || {
        let troubled = job.steps.iter().rev().find(|step| step.error.is_some() && step.started_at.is_some());
        troubled.and_then(|step| step.error.as_deref())
    };
    of_step().or(job.error.as_deref())
}

fn line(front: &Front, reader: &Reader, kind: &str, step: &StepView) -> Line {
    let took = match (step.started_at, step.finished_at) {
        (Some(from), Some(to)) if step.state == StepState::Done => {
            Some((to - from).num_seconds()).filter(|took| *took > 0)
        }
        _ => None,
    };
    let note = step.note.as_deref().filter(|_| step.state == StepState::Running).map(|note| {
        let line: String = note.chars().map(|c| if c.is_control() { ' ' } else { c }).take(NOTE_CHARS).collect();
        mask::text(&line).into_owned()
    });
    Line {
        mark: match step.state {
            StepState::Pending => "▫️",
            StepState::Running => "⏳",
            StepState::Done => "✅",
            StepState::Failed | StepState::UndoFailed => "❌",
            StepState::Undoing => "↩️",
            StepState::Undone => "⤵️",
            StepState::Skipped => "➖",
        },
        words: words_of(front, reader, kind, step),
        took,
        note,
    }
}

fn words_of(front: &Front, reader: &Reader, kind: &str, step: &StepView) -> String {
    front.word_with(reader, "job-step", &[("kind", kind.into()), ("step", step.name.as_str().into())])
}

fn mark_of(job: &SagaView) -> &'static str {
    match job.state {
        SagaState::Queued => "▫️",
        SagaState::Running => "⏳",
        SagaState::Undoing => "↩️",
        SagaState::Done => "✅",
        SagaState::Stuck => "⚠️",
        SagaState::Undone => "❌",
        SagaState::Cancelled => "➖",
    }
}

#[cfg(test)]
mod tests;
