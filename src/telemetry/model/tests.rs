use super::*;
use proptest::prelude::*;
use serde_json::json;

fn now() -> DateTime<Utc> {
    "2026-11-20T09:00:00Z".parse().expect("a time")
}

fn parse(text: &str) -> Result<Message, RefusedMessage> {
    Message::parse(text.as_bytes(), now(), &Limits::default())
}

fn message(more: Value) -> Value {
    let mut message = json!({"service": "backend", "boot": "c1f2", "seq": 41, "ts": "2026-11-20T08:59:59.123Z"});
    for (field, value) in more.as_object().expect("an object") {
        message[field] = value.clone();
    }
    message
}

fn reason(more: Value) -> String {
    let refused = parse(&message(more).to_string()).expect_err("a refusal");
    refused.reason.to_string()
}

#[test]
fn each_type_is_read() {
    let beat = message(json!({"type": "heartbeat", "version": "1.2", "uptime_s": 3.5, "interval_s": 10}));
    let beat = parse(&beat.to_string()).expect("a heartbeat");
    assert_eq!(beat.position, Position { service: "backend".to_owned(), boot: "c1f2".to_owned(), seq: 41 });
    let body = Body::Heartbeat { version: Some("1.2".to_owned()), uptime_s: Some(3.5), interval_s: 10 };
    assert_eq!(beat.body, body);

    let metric = message(json!({"type": "metric", "metrics": {"cpu": 0.5, "n": -1}, "labels": {"route": "/"}}));
    let Body::Metric { metrics, labels } = parse(&metric.to_string()).expect("a metric").body else {
        panic!("not a metric")
    };
    assert_eq!((metrics["cpu"], metrics["n"], labels["route"].as_str()), (0.5, -1.0, "/"));

    let error = message(json!({"type": "error", "level": "critical", "message": "boom"}));
    let error = parse(&error.to_string()).expect("an error").body;
    assert!(matches!(error, Body::Error { level: Level::Critical, count: 1, .. }));

    let bye = message(json!({"type": "event", "name": "bye", "prev": {"boot": "b0", "seq": 7}}));
    let bye = parse(&bye.to_string()).expect("an event");
    assert!(bye.is_bye());
    assert_eq!(bye.previous, Some(Previous { boot: "b0".to_owned(), seq: 7 }));
}

#[test]
fn times_are_text_or_milliseconds_and_within_a_week() {
    let at = |ts: Value| parse(&message(json!({"type": "event", "name": "x", "ts": ts})).to_string());
    let millis = now().timestamp_millis();
    assert_eq!(at(json!(millis)).expect("in time").ts, now());
    assert!(at(json!(millis - 7 * 86_400_000)).is_ok());
    assert_eq!(at(json!(millis - 7 * 86_400_000 - 1)).expect_err("old").reason, Rejection::TooOld);
    for wrong in [json!("9999-01-01T00:00:00Z"), json!(-1), json!("now"), json!(millis + 3_600_000)] {
        assert_eq!(at(wrong.clone()).expect_err("wrong").reason, Rejection::invalid("ts"), "{wrong}");
    }
}

/// SEC17: each is refused with its reason, and its place in the sequence is known wherever it can be.
#[test]
fn poison_is_refused_by_name() {
    let labels: Map<String, Value> = (0..1000).map(|n| (format!("l{n}"), json!("x"))).collect();
    let cases = [
        (json!({"type": "metric", "metrics": {}}), "invalid:metrics"),
        (json!({"type": "metric", "metrics": {"a": "1"}}), "invalid:metrics"),
        (json!({"type": "metric", "metrics": {"a": null}}), "invalid:metrics"),
        (json!({"type": "metric", "metrics": {"a b": 1}}), "invalid:metrics"),
        (json!({"type": "metric"}), "missing:metrics"),
        (json!({"type": "metric", "metrics": {"a": 1}, "labels": labels}), "invalid:labels"),
        (json!({"type": "metric", "metrics": {"a": 1}, "labels": {"l": "x".repeat(200_000)}}), "invalid:labels"),
        (json!({"type": "metric", "metrics": {"a": 1}, "labels": {"l": "\0"}}), "invalid:labels"),
        (json!({"type": "heartbeat"}), "missing:interval_s"),
        (json!({"type": "heartbeat", "interval_s": 0}), "invalid:interval_s"),
        (json!({"type": "heartbeat", "interval_s": 1e12}), "invalid:interval_s"),
        (json!({"type": "heartbeat", "interval_s": 5, "uptime_s": -1}), "invalid:uptime_s"),
        (json!({"type": "error", "level": "fatal", "message": "m"}), "invalid:level"),
        (json!({"type": "error", "level": "error"}), "missing:message"),
        (json!({"type": "error", "level": "error", "message": "m", "count": 0}), "invalid:count"),
        (json!({"type": "event", "name": "a b"}), "invalid:name"),
        (json!({"type": "event", "name": "a", "data": 1}), "invalid:data"),
        (json!({"type": "spam"}), "invalid:type"),
        (json!({}), "missing:type"),
        (json!({"type": "event", "name": "a", "seq": 0}), "invalid:seq"),
        (json!({"type": "event", "name": "a", "seq": -1}), "invalid:seq"),
        (json!({"type": "event", "name": "a", "seq": null}), "missing:seq"),
        (json!({"type": "event", "name": "a", "boot": "\u{202e}"}), "invalid:boot"),
        (json!({"type": "event", "name": "a", "service": "../x y"}), "invalid:service"),
        (json!({"type": "event", "name": "a", "prev": {"boot": "b"}}), "invalid:prev"),
    ];
    for (more, expected) in cases {
        assert_eq!(reason(more), expected);
    }
    for text in [
        r#"{"type":"metric","service":"b","boot":"c","seq":1,"ts":0,"metrics":{"a":NaN}}"#,
        r#"{"type":"metric","service":"b","boot":"c","seq":1,"ts":0,"metrics":{"a":1e309}}"#,
        r#"{"type":"metric","service":"b","boot":"c","seq":1,"seq":2,"ts":0,"metrics":{"a":1}}"#,
        &format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)),
    ] {
        let refused = parse(text).expect_err("a refusal");
        assert_eq!(refused, RefusedMessage { reason: Rejection::Malformed, position: None });
    }
    let refused = parse(&message(json!({"type": "spam"})).to_string()).expect_err("a refusal");
    assert_eq!(refused.position.map(|position| position.seq), Some(41));
}

#[test]
fn the_database_knows_the_same_levels() {
    let migration = include_str!("../../../migrations/0006_telemetry.sql");
    let levels = [Level::Warning, Level::Error, Level::Critical].map(|level| format!("'{}'", level.as_str()));
    assert!(migration.contains(&format!("check (level in ({}))", levels.join(", "))));
}

proptest! {
    #[test]
    fn no_bytes_break_the_parser(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = Message::parse(&bytes, now(), &Limits::default());
    }
}
