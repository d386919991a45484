//! Every message of provisioning, whole, as people receive it.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::json;
use uuid::Uuid;
use waas_platform::durable::{SagaId, SagaState, SagaView, StepState, StepView};
use waas_platform::render::{Context, Missing, Renderer, Share, Words};
use waas_platform::telegram::View;

use crate::front::Front;
use crate::provisioning::model::{PlanState, Wanted};
use crate::provisioning::plan::{Plan, PlannedContainer, PlannedFile};
use crate::provisioning::store::StoredPlan;
use crate::provisioning::work::{self, Order};

fn front() -> Front {
    let share = Share::default();
    let words = Arc::new(Words::load(&share, Missing::Refuse).expect("our catalogues"));
    Front::new(Arc::new(Renderer::load(&share, words).expect("our layouts")), "en", Tz::UTC)
}

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

fn shown(view: &View) -> String {
    let rows = view.rows.iter().map(|row| {
        let labels: Vec<String> = row.iter().map(|button| format!("[{}]", button.label())).collect();
        labels.join(" ")
    });
    std::iter::once(view.html.as_str().to_owned()).chain(rows).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_plan() {
    let front = front();
    let reader = front.reader(None, noon());
    let view = super::plan::view(&front, &reader, &plan(), None).expect("a plan");
    insta::assert_snapshot!("plan", shown(&view));
    let note = front.word(&reader, "provisioning-plan-changed");
    let view = super::plan::view(&front, &reader, &plan(), Some(note)).expect("a plan");
    insta::assert_snapshot!("plan_changed", shown(&view));
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
    for (name, state, at, here, error) in states {
        let saga = saga(state, at, here, error);
        let view = super::progress::view(&front(), noon(), "http://new-salon.localhost:8088", &order, &saga);
        insta::assert_snapshot!(format!("progress_{name}"), shown(&view.expect("a view")));
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
        .with("why", "a name is 2 to 31 of a-z")
        .with("question", "?")
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
    ] {
        let html = front.say(&front.reader(None, noon()), &format!("provisioning/{name}.html"), &context);
        insta::assert_snapshot!(format!("message_{name}"), html.expect("a message").as_str());
    }
}
