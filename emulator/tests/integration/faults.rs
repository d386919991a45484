//! Faults on demand.

use crate::server::{Server, TOKEN};
use serde_json::json;

#[tokio::test]
async fn a_call_fails_as_told_and_does_nothing() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    server
        .drive(
            "faults",
            json!({"fault": "fail", "method": "sendMessage", "chat": ann, "status": 502, "description": "Bad Gateway", "count": 1}),
        )
        .await;
    let send = json!({"chat_id": ann, "text": "x"});
    assert_eq!(server.refused("sendMessage", send.clone()).await, "502 Bad Gateway");
    assert_eq!(server.sees(ann).await.len(), 1);
    server.ok("sendMessage", send).await;
    assert_eq!(server.look("faults").await[0]["hits"], json!(1));
}

#[tokio::test]
async fn too_many_requests_for_a_while() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    let bo = server.person("Bo").await;
    server.drive("faults", json!({"fault": "too_many_requests", "chat": ann, "seconds": 30})).await;
    let (status, body) = server.call("sendMessage", json!({"chat_id": ann, "text": "x"})).await;
    assert_eq!(status, 429);
    assert_eq!(body["parameters"]["retry_after"], json!(30));
    server.bot_says(bo, "not concerned").await;
}

#[tokio::test]
async fn an_answer_is_lost_after_the_work_is_done() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    for (fault, seen) in [("reset", 1), ("lose_answer", 2)] {
        server.drive("faults", json!({"fault": fault, "method": "sendMessage", "count": 1})).await;
        let url = format!("{}/bot{TOKEN}/sendMessage?chat_id={ann}&text=x", server.url);
        let answer = async { reqwest::get(url).await?.bytes().await };
        assert!(answer.await.is_err(), "{fault}");
        assert_eq!(server.sees(ann).await.len(), seen, "{fault}");
    }
}

#[tokio::test]
async fn a_hanging_call_is_in_the_transcript_and_does_nothing() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    server.drive("faults", json!({"fault": "hang", "method": "sendMessage"})).await;
    let url = format!("{}/bot{TOKEN}/sendMessage?chat_id={ann}&text=x", server.url);
    let hanging = tokio::spawn(reqwest::get(url));
    loop {
        let calls = server.look("transcript?method=sendMessage").await;
        if calls[0]["verdict"] == json!("left hanging") {
            break;
        }
    }
    assert_eq!(server.sees(ann).await.len(), 1);
    hanging.abort();
}

#[tokio::test]
async fn an_unknown_fault_is_refused() {
    let server = Server::start().await;
    let (status, body) = server.try_drive("faults", json!({"fault": "explode"})).await;
    assert_eq!(status, 400, "{body}");
}
