use std::sync::Arc;

use chrono::TimeDelta;
use chrono_tz::Tz;
use serde_json::Value;
use uuid::Uuid;
use waas_platform::durable::{SagaId, Wish};
use waas_platform::render::{Missing, Renderer, Share, TEXT_LIMIT, Words};

use super::*;

fn front() -> Front {
    let share = Share::default();
    let words = Arc::new(Words::load(&share, Missing::Refuse).expect("our catalogues"));
    Front::new(Arc::new(Renderer::load(&share, words).expect("our layouts")), "en", Tz::UTC)
}

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

fn screen(view: &View) -> String {
    let labels = |row: &Vec<Button>| row.iter().map(|button| format!("[{}]", button.label())).collect::<String>();
    let rows: Vec<String> = view.rows.iter().map(labels).collect();
    format!("{}\n\n{}", view.html.as_str(), rows.join("\n"))
}

fn shown(job: &SagaView) -> String {
    let front = front();
    screen(&of(&front, &front.reader(None, noon()), job).expect("a card"))
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
    let html = log(&front, &front.reader(None, noon()), &stuck).expect("a log");
    insta::assert_snapshot!(html.as_str());
}

#[test]
fn the_newest_jobs() {
    let front = front();
    let jobs = [
        job("tenant_erase", SagaState::Running, Vec::new()),
        job("provision", SagaState::Stuck, Vec::new()),
        job("something_new", SagaState::Done, Vec::new()),
    ];
    let reader = front.reader(None, noon());
    let some = screen(&list(&front, &reader, &jobs).expect("a list"));
    let none = screen(&list(&front, &reader, &[]).expect("a list"));
    let unknown = front.say(&reader, "jobs/not_found.html", &Context::new().with("asked", "<x>")).expect("an answer");
    insta::assert_snapshot!([some, none, unknown.as_str().to_owned()].join("\n────────\n"));
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
