//! Every message of provisioning, whole, as people receive it.

use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;
use waas_platform::durable::{SagaId, SagaState, SagaView, StepState, StepView};
use waas_platform::edge::DomainError;
use waas_platform::render::Context;

use super::why::Why;
use crate::front::aloud::{front, in_every_language, screen};
use crate::provisioning::inputs::InputFault;
use crate::provisioning::model::{PlanState, Wanted};
use crate::provisioning::plan::{Plan, PlannedContainer, PlannedFile};
use crate::provisioning::planning::NoPlan;
use crate::provisioning::store::StoredPlan;
use crate::provisioning::template::TemplateError;
use crate::provisioning::work::{self, Order};
use crate::tenants::BadSlug;

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_262_400, 0).expect("a valid time")
}

fn wanted() -> Wanted {
    serde_json::from_value(json!({
        "template": "fastapi", "slug": "new_salon", "domain": "new-salon.localhost", "locale": "en", "timezone": "UTC",
        "size": "S", "inputs": {}, "request": null, "lead": null, "client": null, "port": 20000
    }))
    .expect("a wish")
}

fn plan() -> StoredPlan {
    let container = |service: &str, memory: u64| PlannedContainer {
        service: service.to_owned(),
        name: format!("new_salon-{service}-1"),
        image: "waas-new_salon:1.0.0".to_owned(),
        memory: memory * 1024 * 1024,
        cpus: 0.5,
        pids: 32,
    };
    StoredPlan {
        id: Uuid::nil(),
        wanted: wanted(),
        shown: Plan {
            hash: "0123456789abcdef".to_owned(),
            slug: "new_salon".to_owned(),
            domain: "new-salon.localhost".to_owned(),
            template: "fastapi".to_owned(),
            version: "1.0.0".to_owned(),
            size: "S".to_owned(),
            files: vec![PlannedFile { path: "compose.yaml".to_owned(), sha256: None }],
            containers: vec![container("backend", 160), container("postgres", 192)],
            ports: vec![20000],
            networks: vec!["new_salon_data".to_owned(), "new_salon_net".to_owned()],
            volumes: vec!["new_salon_files".to_owned()],
            not_undone: Vec::new(),
        },
        state: PlanState::Open,
        saga: None,
    }
}

fn saga(state: SagaState, at: usize, here: StepState, error: Option<&str>) -> SagaView {
    let steps = work::definition()
        .plan()
        .enumerate()
        .map(|(position, (name, because))| StepView {
            name: name.to_owned(),
            state: match position.cmp(&at) {
                std::cmp::Ordering::Less => StepState::Done,
                std::cmp::Ordering::Equal => here,
                std::cmp::Ordering::Greater => StepState::Pending,
            },
            started_at: None,
            finished_at: None,
            error: None,
            position: i32::try_from(position).expect("few steps"),
            attempts: 0,
            failures: 0,
            interruptions: 0,
            output: None,
            progress: None,
            note: None,
            undo_none_because: because.map(ToOwned::to_owned),
        })
        .collect();
    SagaView {
        id: SagaId(Uuid::nil()),
        kind: work::KIND.to_owned(),
        subject: "new_salon".to_owned(),
        state,
        step: None,
        steps,
        version: 1,
        params: json!({}),
        requested: None,
        requested_by: None,
        unwind_to: None,
        error: error.map(ToOwned::to_owned),
        created_by: None,
        created_at: noon() - chrono::Duration::seconds(12),
        next_run_at: noon(),
        finished_at: None,
    }
}

#[test]
fn the_plan() {
    let front = front();
    let shown = |note: Option<&str>| {
        in_every_language(&front, noon(), |reader| {
            let args = [("wished", "new_salon".into())];
            let note = note.map(|key| front.word_with(reader, key, &args));
            screen(&super::plan::view(&front, reader, &plan(), note).expect("a plan"))
        })
    };
    insta::assert_snapshot!("plan", shown(None));
    insta::assert_snapshot!("plan_changed", shown(Some("provisioning-plan-changed")));
    insta::assert_snapshot!("plan_taken", shown(Some("provisioning-plan-taken")));
}

#[test]
fn the_progress_in_every_state() {
    let error = "backend did not come up: Unhealthy\nlast check: <html> & no answer";
    let states = [
        ("running", SagaState::Running, 3, StepState::Running, None),
        ("done", SagaState::Done, 13, StepState::Done, None),
        ("undoing", SagaState::Undoing, 8, StepState::Failed, Some(error)),
        ("undone", SagaState::Undone, 8, StepState::Failed, Some(error)),
        ("stuck", SagaState::Stuck, 8, StepState::UndoFailed, Some(error)),
    ];
    let order = Order { plan: Uuid::nil(), wanted: wanted() };
    let front = front();
    for (name, state, at, here, error) in states {
        let saga = saga(state, at, here, error);
        let shown = in_every_language(&front, noon(), |reader| {
            let view = super::progress::view(&front, reader, "http://new-salon.localhost:8088", &order, &saga);
            screen(&view.expect("a view"))
        });
        insta::assert_snapshot!(format!("progress_{name}"), shown);
    }
}

#[test]
fn the_other_messages() {
    let front = front();
    let context = Context::new()
        .with("slug", "new_salon")
        .with("domain", "new-salon.localhost")
        .with("url", "http://new-salon.localhost")
        .with("link", "https://t.me/waas_bot?start=cred_TOKEN")
        .with("templates", &["fastapi"])
        .with("typed", "../<b>")
        .with("username", "admin")
        .with("password", "<secret> & more")
        .with("minutes", &10);
    for name in [
        "started",
        "cancelled",
        "usage",
        "wrong",
        "no_plan",
        "plan_closed",
        "question",
        "live",
        "hand_on",
        "ready",
        "keys_unknown",
        "keys_not_yours",
        "keys_gone",
        "keys_expired",
        "keys_offer",
        "keys_shown",
        "keys",
        "refuse_sure",
    ] {
        let shown = in_every_language(&front, noon(), |reader| {
            let context = context
                .clone()
                .with("why", &BadSlug::Shape.why(&front, reader))
                .with("question", &front.word(reader, "provisioning-ask-slug"));
            let html = front.say(reader, &format!("provisioning/{name}.html"), &context);
            html.expect("a message").as_str().to_owned()
        });
        insta::assert_snapshot!(format!("message_{name}"), shown);
    }
}

/// Each reason why something does not work, and what presses are answered with.
#[test]
fn reasons_and_answers() {
    let front = front();
    let slug = || wanted().slug;
    let taken = NoPlan::SlugTaken { slug: slug(), by: "new-salon".to_owned() };
    let domain_taken = NoPlan::DomainTaken { domain: "new-salon.de".to_owned(), by: "new_salon".to_owned() };
    let faults = vec![
        InputFault::Missing("title".to_owned()),
        InputFault::Unknown("x".to_owned()),
        InputFault::Unfit { name: "hours".to_owned(), why: "a text".to_owned() },
    ];
    let unknown = TemplateError::Unknown { name: "jango".to_owned(), known: Vec::new() };
    let reasons: Vec<Box<dyn Why>> = vec![
        Box::new(BadSlug::Shape),
        Box::new(BadSlug::Reserved("hub".to_owned())),
        Box::new(NoPlan::SlugReserved(slug())),
        Box::new(taken),
        Box::new(domain_taken),
        Box::new(NoPlan::AtWork(slug())),
        Box::new(NoPlan::Sealed),
        Box::new(NoPlan::NoPort),
        Box::new(NoPlan::Template(unknown)),
        Box::new(NoPlan::Inputs(faults)),
        Box::new(DomainError::Empty),
        Box::new(DomainError::TooLong),
        Box::new(DomainError::LabelTooLong),
        Box::new(DomainError::EmptyLabel),
        Box::new(DomainError::IpAddress),
        Box::new(DomainError::Port),
        Box::new(DomainError::Wildcard),
        Box::new(DomainError::Address),
        Box::new(DomainError::SingleLabel),
        Box::new(DomainError::Hyphen),
        Box::new(DomainError::TopLevel),
        Box::new(DomainError::Character),
    ];
    insta::assert_snapshot!(in_every_language(&front, noon(), |reader| {
        let why = reasons.iter().map(|reason| reason.why(&front, reader));
        let keys = [
            "provisioning-ask-domain",
            "provisioning-request-not-open",
            "provisioning-keys-shown",
            "provisioning-ask-refuse",
            "provisioning-refused",
        ];
        let answers = keys.map(|key| front.word(reader, key));
        let show = front.word(reader, "button-show");
        why.chain(answers).chain([show]).collect::<Vec<_>>().join("\n")
    }));
}
