use chrono::TimeDelta;
use serde_json::Value;
use uuid::Uuid;
use waas_platform::durable::{SagaId, Wish};
use waas_platform::render::TEXT_LIMIT;

use super::*;
use crate::front::aloud::{front, in_every_language, screen};

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_262_400, 0).expect("a valid time")
}

fn step(name: &str, state: StepState, error: Option<&str>) -> StepView {
    let begun = !matches!(state, StepState::Pending | StepState::Skipped);
    StepView {
        name: name.to_owned(),
        state,
        started_at: begun.then(|| noon() - TimeDelta::seconds(40)),
        finished_at: state.is_finished().then(|| noon() - TimeDelta::seconds(28)),
        error: error.map(str::to_owned),
        position: 0,
        attempts: if error.is_some() { 3 } else { 1 },
        failures: 0,
        interruptions: 0,
        output: None,
        progress: None,
        note: (state == StepState::Running).then(|| "backend".to_owned()),
        undo_none_because: Some("nothing to take back".to_owned()),
    }
}

fn job(kind: &str, state: SagaState, steps: Vec<StepView>) -> SagaView {
    SagaView {
        id: SagaId(Uuid::from_u128(7)),
        kind: kind.to_owned(),
        subject: "new_salon".to_owned(),
        state,
        step: None,
        steps,
        version: 1,
        params: Value::Null,
        requested: None,
        requested_by: None,
        unwind_to: None,
        error: None,
        created_by: None,
        created_at: noon() - TimeDelta::seconds(42),
        next_run_at: noon(),
        finished_at: state.is_end().then(noon),
    }
}

fn shown(job: &SagaView) -> String {
    let front = front();
    in_every_language(&front, noon(), |reader| screen(&of(&front, reader, job).expect("a card")))
}

#[test]
fn a_job_on_its_way() {
    let queued = job("tenant_restart", SagaState::Queued, vec![step("restart", StepState::Pending, None)]);
    let mut running = job(
        "provision",
        SagaState::Running,
        vec![
            step("files", StepState::Done, None),
            step("images", StepState::Running, None),
            step("containers", StepState::Pending, None),
        ],
    );
    running.steps[0].undo_none_because = None;
    let done = job("tenant_erase", SagaState::Done, vec![step("containers", StepState::Done, None)]);
    insta::assert_snapshot!([shown(&queued), shown(&running), shown(&done)].join("\n────────\n"));
}

#[test]
fn a_job_in_trouble() {
    let error = "backend did not come up: Unhealthy\n<b>Traceback & co</b>";
    let steps = || vec![step("restart", StepState::Done, None), step("healthy", StepState::Failed, Some(error))];
    let stuck = job("tenant_restart", SagaState::Stuck, steps());
    let asked = SagaView { requested: Some(Wish::Retry), ..job("tenant_restart", SagaState::Stuck, steps()) };
    let undone = job(
        "provision",
        SagaState::Undone,
        vec![step("files", StepState::Undone, Some("no space left")), step("images", StepState::Skipped, None)],
    );
    insta::assert_snapshot!([shown(&stuck), shown(&asked), shown(&undone)].join("\n────────\n"));
}

#[test]
fn the_course_of_a_job() {
    let front = front();
    let stuck = job(
        "tenant_start",
        SagaState::Stuck,
        vec![step("healthy", StepState::Failed, Some("a <bad> line")), step("state", StepState::Pending, None)],
    );
    insta::assert_snapshot!(in_every_language(&front, noon(), |reader| {
        log(&front, reader, &stuck).expect("a log").as_str().to_owned()
    }));
}

#[test]
fn the_newest_jobs() {
    let front = front();
    let jobs = [
        job("tenant_erase", SagaState::Running, Vec::new()),
        job("provision", SagaState::Stuck, Vec::new()),
        job("something_new", SagaState::Done, Vec::new()),
    ];
    insta::assert_snapshot!(in_every_language(&front, noon(), |reader| {
        let some = screen(&list(&front, reader, &jobs).expect("a list"));
        let none = screen(&list(&front, reader, &[]).expect("a list"));
        let asked = Context::new().with("asked", "<x>");
        let unknown = front.say(reader, "jobs/not_found.html", &asked).expect("an answer");
        [some, none, unknown.as_str().to_owned()].join("\n────────\n")
    }));
}

#[test]
fn the_longest_error_fits_a_message() {
    let stuck = job(
        "provision",
        SagaState::Stuck,
        (0..14).map(|_| step("leftovers", StepState::Failed, Some(&"&".repeat(50_000)))).collect(),
    );
    let front = front();
    let view = of(&front, &front.reader(None, noon()), &stuck).expect("a card");
    assert!(view.html.units() <= TEXT_LIMIT, "{}", view.html.units());
}

/// The steps of every kind of job by the names that the jobs give them, and all that a press is answered with.
#[test]
fn every_kind_and_step_has_words() {
    let front = front();
    let kinds = [
        "provision",
        "tenant_restart",
        "tenant_stop",
        "tenant_start",
        "tenant_delete",
        "tenant_restore",
        "tenant_erase",
        "tenant_logs",
    ];
    let steps = [
        "reserve",
        "secrets",
        "files",
        "images",
        "telemetry",
        "networks",
        "volumes",
        "containers",
        "start",
        "migrate",
        "route",
        "smoke",
        "live",
        "restart",
        "stop",
        "healthy",
        "state",
        "site",
        "user",
        "folder",
        "leftovers",
        "records",
        "fetch",
    ];
    insta::assert_snapshot!(in_every_language(&front, noon(), |reader| {
        let with = |key: &str, args: &[(&str, Arg<'_>)]| front.word_with(reader, key, args);
        let mut book = Vec::new();
        for kind in kinds {
            book.push(title(&front, reader, &job(kind, SagaState::Running, Vec::new())).plain());
            book.push(title(&front, reader, &job(kind, SagaState::Done, Vec::new())).plain());
        }
        for kind in ["provision", "tenant_stop", "tenant_start", "tenant_delete", "tenant_restore", "tenant_erase"] {
            let words = steps.map(|step| with("job-step", &[("kind", kind.into()), ("step", step.into())]));
            book.push(format!("{kind}: {}", words.join(" · ")));
        }
        for state in SagaState::ALL {
            book.push(with("job-wish-refused", &[("state", state.as_str().into())]));
        }
        for wish in [Wish::Retry, Wish::Undo, Wish::Cancel] {
            book.push(with("job-wish-taken", &[("wish", wish.as_str().into())]));
            book.push(with("job-state", &[("state", wish.as_str().into())]));
        }
        book.push(front.word(reader, "job-gone"));
        book.join("\n")
    }));
}
