//! The shell over a real socket.

use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::{get, post};
use serde_json::Value;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::*;

struct Server {
    url: String,
    stop: CancellationToken,
    task: JoinHandle<io::Result<()>>,
}

async fn server(routes: Router, drain: Duration) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let stop = CancellationToken::new();
    let task = tokio::spawn(serve(listener, routes, stop.clone(), drain));
    Server { url, stop, task }
}

async fn problem(response: reqwest::Response) -> Value {
    assert_eq!(response.headers()[CONTENT_TYPE], PROBLEM_JSON);
    assert!(response.headers().contains_key(REQUEST_ID));
    response.json().await.expect("a document")
}

#[tokio::test]
async fn every_refusal_is_a_problem_document() {
    let routes = Router::new()
        .route("/json", post(|Json(_): Json<Vec<u32>>| async { "ok" }))
        .route("/panic", get(|| async { panic!("on purpose") as () }))
        .route("/number/{n}", get(|Path(n): Path<u8>| async move { n.to_string() }))
        .route("/busy", get(|| async { Problem::status(429).retry_after(7).with("limit", 3) }));
    let server = server(routes, Duration::from_secs(5)).await;
    let client = reqwest::Client::new();

    let large = client.post(format!("{}/json", server.url)).json(&vec![7_u32; BODY_LIMIT]).send().await.expect("sent");
    assert_eq!(large.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(problem(large).await["status"], 413);

    for (path, status) in [("/none", 404), ("/json", 405), ("/panic", 500), ("/number/x", 400)] {
        let response = client.get(format!("{}{path}", server.url)).send().await.expect("answered");
        assert_eq!(response.status().as_u16(), status, "{path}");
        let problem = problem(response).await;
        assert_eq!(problem["status"], status, "{path}");
        assert!(!problem.to_string().contains("on purpose"), "the cause of a panic stays in the log");
    }
    let busy = client.get(format!("{}/busy", server.url)).send().await.expect("answered");
    assert_eq!(busy.headers()["retry-after"], "7");
    assert_eq!(problem(busy).await["limit"], 3);
    server.stop.cancel();
    server.task.await.expect("no panic").expect("no error");
}

#[tokio::test]
async fn a_request_id_is_taken_over_when_it_is_harmless() {
    let server = server(Router::new(), Duration::from_secs(5)).await;
    let client = reqwest::Client::new();
    for (given, kept) in [("abc-1", true), ("a b\"", false)] {
        let sent = client.get(format!("{}/x", server.url)).header(REQUEST_ID, given).send().await.expect("answered");
        assert_eq!(sent.headers()[REQUEST_ID] == given, kept, "{given}");
    }
    server.stop.cancel();
    server.task.await.expect("no panic").expect("no error");
}

#[tokio::test]
async fn a_stop_waits_for_the_request_under_way() {
    let (entered, leave) = (std::sync::Arc::new(Notify::new()), std::sync::Arc::new(Notify::new()));
    let (inside, wait) = (entered.clone(), leave.clone());
    let slow = move || async move {
        inside.notify_one();
        wait.notified().await;
        "done"
    };
    let server = server(Router::new().route("/slow", get(slow)), Duration::from_secs(30)).await;
    let request = tokio::spawn(reqwest::get(format!("{}/slow", server.url)));
    entered.notified().await;
    server.stop.cancel();
    leave.notify_one();
    let answer = request.await.expect("no panic").expect("answered");
    assert_eq!(answer.text().await.expect("text"), "done");
    server.task.await.expect("no panic").expect("no error");
}

#[tokio::test]
async fn a_stop_does_not_wait_for_ever() {
    let entered = std::sync::Arc::new(Notify::new());
    let inside = entered.clone();
    let stuck = move || async move {
        inside.notify_one();
        std::future::pending::<&str>().await
    };
    let server = server(Router::new().route("/stuck", get(stuck)), Duration::from_millis(50)).await;
    let request = tokio::spawn(reqwest::get(format!("{}/stuck", server.url)));
    entered.notified().await;
    server.stop.cancel();
    server.task.await.expect("no panic").expect("no error");
    request.abort();
}

#[tokio::test]
async fn only_a_required_dependency_makes_it_unready() {
    let health = |required| {
        Health::new(Duration::from_millis(50))
            .role("bot", "running")
            .probe("postgres", true, || async { Finding::well("15") })
            .probe("docker", required, || async { Finding::ill("refused") })
            .probe("edge", false, std::future::pending)
    };
    for (required, status) in [(false, 200), (true, 503)] {
        let server = server(health(required).routes(None), Duration::from_secs(5)).await;
        let response = reqwest::get(format!("{}/readyz", server.url)).await.expect("answered");
        assert_eq!(response.status().as_u16(), status);
        let shape: Value = response.json().await.expect("json");
        assert_eq!(shape["ready"], status == 200);
        assert_eq!(shape["roles"]["bot"], "running");
        assert_eq!(shape["dependencies"]["docker"], serde_json::json!({"ok": false, "detail": "refused"}));
        assert_eq!(shape["dependencies"]["edge"]["ok"], false);
        for path in ["healthz", "health"] {
            let alive = reqwest::get(format!("{}/{path}", server.url)).await.expect("answered");
            assert_eq!(alive.status(), StatusCode::OK);
        }
        server.stop.cancel();
        server.task.await.expect("no panic").expect("no error");
    }
}
