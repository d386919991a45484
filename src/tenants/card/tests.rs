use chrono::TimeDelta;
use serde_json::Value;
use waas_platform::docker::Labels;

use super::*;
use crate::front::aloud::{front, in_every_language, screen};

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_262_400, 0).expect("a valid time")
}

fn tenant(state: TenantState, health: Health) -> Tenant {
    let registered = state == TenantState::Registered;
    Tenant {
        slug: "new_salon".parse().expect("a slug"),
        domain: "new-salon.localhost".to_owned(),
        kind: if registered { "registered" } else { "managed" }.to_owned(),
        state,
        state_before: None,
        template: (!registered).then(|| "fastapi".to_owned()),
        template_version: (!registered).then(|| "1.0.0".to_owned()),
        locale: "en".to_owned(),
        timezone: "UTC".to_owned(),
        inputs: Value::Null,
        lead_id: None,
        client_id: None,
        port: Some(20_000),
        health,
        version: 3,
        created_at: noon(),
        erase_after: (state == TenantState::Deleted).then(|| noon() + TimeDelta::days(90)),
    }
}

fn container(service: &str, state: &str, exit_code: Option<i32>) -> Container {
    Container {
        service: service.to_owned(),
        name: format!("new_salon-{service}-1"),
        engine_id: Some("c0ffee".to_owned()),
        state: state.to_owned(),
        exit_code,
        log_tail: None,
    }
}

fn screens(views: impl IntoIterator<Item = Result<View, RenderError>>) -> String {
    let screens: Vec<String> = views.into_iter().map(|view| screen(&view.expect("a view"))).collect();
    screens.join("\n────────\n")
}

fn facts(tenant: Tenant, containers: Vec<Container>, reported: Reported) -> Facts {
    Facts { tenant, url: "http://new-salon.localhost:8088".to_owned(), containers, reported }
}

#[test]
fn a_tenant_that_serves() {
    let front = front();
    let reported = Reported {
        last_heartbeat_at: Some(noon() - TimeDelta::seconds(4)),
        received: 12_345,
        rejected: 1,
        lost: 2,
        unknown_since: Some(noon() - TimeDelta::hours(2)),
        metrics: [
            ("backend.memory_bytes", 61_399_040.0),
            ("backend.requests_total", 1_024.0),
            ("backend.response_ms_p95", 40.4),
            ("bot.memory_bytes", 512.0),
            ("latency_ms", 1.25),
            ("worker.queue_<depth>", 12.345),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec(),
    };
    let containers = vec![container("backend", "healthy", None), container("worker", "exited", Some(137))];
    let up = facts(tenant(TenantState::Live, Health::Degraded), containers, reported);
    let new = facts(tenant(TenantState::Live, Health::Unknown), Vec::new(), Reported::default());
    insta::assert_snapshot!(in_every_language(&front, noon(), |reader| screens([
        card(&front, reader, &up),
        card(&front, reader, &new)
    ])));
}

#[test]
fn whose_site_it_is_can_be_written_to() {
    let front = front();
    let shown = |client_id| {
        let tenant = Tenant { client_id, ..tenant(TenantState::Live, Health::Up) };
        let facts = facts(tenant, Vec::new(), Reported::default());
        in_every_language(&front, noon(), |reader| screen(&card(&front, reader, &facts).expect("a card")))
    };
    let labels = ["[Write to the client]", "[Kunden schreiben]", "[Написать клиенту]"];
    assert!(labels.iter().all(|label| shown(Some(7)).contains(label)), "{}", shown(Some(7)));
    assert!(labels.iter().all(|label| !shown(None).contains(label)), "{}", shown(None));
}

#[test]
fn every_other_state() {
    let front = front();
    insta::assert_snapshot!(in_every_language(&front, noon(), |reader| {
        let views = TenantState::ALL
            .into_iter()
            .filter(|state| *state != TenantState::Live)
            .map(|state| card(&front, reader, &facts(tenant(state, Health::Down), Vec::new(), Reported::default())));
        screens(views.chain([gone(&front, reader, &"new_salon".parse().expect("a slug"))]))
    }));
}

#[test]
fn what_was_stopped_on_purpose_is_not_red() {
    for (state, mark) in [
        (TenantState::Live, "🔴 backend"),
        (TenantState::Failed, "🔴 backend"),
        (TenantState::Stopped, "⚪️ backend"),
        (TenantState::Suspended, "⚪️ backend"),
        (TenantState::Deleted, "⚪️ backend"),
    ] {
        let front = front();
        let ended = facts(
            tenant(state, Health::Down),
            vec![container("backend", "exited", Some(0)), container("worker", "unhealthy", None)],
            Reported::default(),
        );
        let shown = screen(&card(&front, &front.reader(None, noon()), &ended).expect("a card"));
        assert!(shown.contains(mark) && shown.contains("🔴 worker"), "{state:?}: {shown}");
    }
}

#[test]
fn all_tenants() {
    let front = front();
    let tenants = [
        tenant(TenantState::Live, Health::Up),
        tenant(TenantState::Stopped, Health::Down),
        tenant(TenantState::Registered, Health::Unknown),
    ];
    let next = Some(&tenants[0].slug);
    insta::assert_snapshot!(in_every_language(&front, noon(), |reader| {
        let page = |tenants, next, later| list(&front, reader, &Page { tenants, next, later, list: "l" });
        screens([page(&tenants, next, false), page(&[], None, false), page(&[], None, true)])
    }));
}

#[test]
fn how_everything_is_doing() {
    let front = front();
    let healths = [("up", 4), ("degraded", 1), ("down", 2), ("unknown", 1)].map(|(word, n)| (word.to_owned(), n));
    let counts: Vec<(&str, u64)> =
        ["alerts", "leads", "lead-queue", "outbox", "inbox", "dead-letters", "jobs", "jobs-stuck"]
            .into_iter()
            .zip(0..)
            .collect();
    insta::assert_snapshot!(in_every_language(&front, noon(), |reader| {
        let ill = status(&front, reader, &healths, &counts);
        let calm = status(&front, reader, &[("up".to_owned(), 1)], &[("alerts", 0)]);
        screens([ill, calm])
    }));
}

#[test]
fn logs_and_none() {
    let front = front();
    let slug: Slug = "new_salon".parse().expect("a slug");
    insta::assert_snapshot!(in_every_language(&front, noon(), |reader| {
        let of = |service, text, found| logs(&front, reader, &LogLines { slug: &slug, service, text, found });
        screens([
            of(Some("backend"), "GET / 200\n<script>&", true),
            of(None, "", true),
            of(Some("nothing"), "", false),
            no_logs(&front, reader, &slug, "cannot reach Docker at unix:///x: <gone>"),
        ])
    }));
}

#[test]
fn questions_and_their_answers() {
    let front = front();
    let live = tenant(TenantState::Live, Health::Up);
    let text = "services: {backend: {image: new_salon-app, build: ., volumes: ['data:/data']}, cache: {image: redis}}\n\
                volumes: {data: {}}\nnetworks: {inner: {}}";
    let spec = ProjectSpec::parse(text, &Labels::new()).expect("a compose file");
    let goes = Goes::of(&live.slug, Some(&spec));
    let elsewhere = tenant(TenantState::Registered, Health::Up);
    insta::assert_snapshot!(in_every_language(&front, noon(), |reader| screens([
        ask_delete(&front, reader, &live, noon() + TimeDelta::days(90)),
        ask_erase(&front, reader, &live, &goes),
        ask_erase(&front, reader, &live, &Goes::default()),
        ask_erase(&front, reader, &elsewhere, &Goes::default()),
        answered(&front, reader, &live.slug, Job::Delete, "Bo", true),
        answered(&front, reader, &live.slug, Job::Erase, "<Bo>", false),
    ])));
}

#[test]
fn which_tenant_a_command_is_about() {
    let front = front();
    let tenants = [tenant(TenantState::Live, Health::Up)];
    let next = Some(&tenants[0].slug);
    insta::assert_snapshot!(in_every_language(&front, noon(), |reader| {
        let page = |tenants, next, later| which(&front, reader, &Page { tenants, next, later, list: "l" }, "logs");
        screens([page(&tenants, next, false), page(&[], None, false), page(&[], None, true)])
    }));
}

#[test]
fn names_that_nobody_has() {
    let front = front();
    let names = ["new_salon".to_owned(), "old_salon".to_owned()];
    insta::assert_snapshot!(in_every_language(&front, noon(), |reader| screens([
        unknown(&front, reader, "new_slaon", &names, Some("lily"), "logs"),
        unknown(&front, reader, "$(id)", &[], Some("lily"), "logs"),
        unknown(&front, reader, "lily", &[], None, "restart"),
    ])));
}

#[test]
fn what_a_wish_is_answered_with() {
    let front = front();
    insta::assert_snapshot!(in_every_language(&front, noon(), |reader| {
        let mut lines: Vec<String> = TenantState::ALL
            .into_iter()
            .map(|state| {
                let args = [("slug", "new_salon".into()), ("state", state.word().into())];
                front.word_with(reader, "tenant-refused", &args)
            })
            .collect();
        for key in
            ["tenant-begun", "tenant-busy", "tenant-changed", "tenant-not-ours", "tenant-gone", "tenant-logs-coming"]
        {
            lines.push(front.word_with(reader, key, &[("slug", "new_salon".into())]));
        }
        for state in ["stopped", "live", "deleted"] {
            let already = [("slug", "new_salon".into()), ("state", state.into())];
            lines.push(front.word_with(reader, "tenant-already", &already));
        }
        let services = [("slug", "new_salon".into()), ("services", "backend, worker".into())];
        lines.push(front.word_with(reader, "tenant-no-service", &services));
        lines.join("\n")
    }));
}
