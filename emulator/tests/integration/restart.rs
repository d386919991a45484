//! The data file.

use crate::server::Server;
use serde_json::json;

#[tokio::test]
async fn everything_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("chat.json");
    let server = Server::with_data(data.clone()).await;
    let ann = server.person("Ann").await;
    let text = "<pre><code class=\"language-sh\">ls</code></pre> <a href=\"https://e.org/\">x</a>";
    let markup =
        json!({"inline_keyboard": [[{"text": "a", "callback_data": "1"}, {"text": "b", "url": "https://e.org/"}]]});
    server.ok("sendMessage", json!({"chat_id": ann, "text": text, "parse_mode": "HTML", "reply_markup": markup})).await;
    server.ok("sendMessage", json!({"chat_id": ann, "text": "keys", "reply_markup": {"keyboard": [["a"]]}})).await;
    server
        .drive("send", json!({"from": ann, "chat": "salon_bot", "document": {"file_name": "a.txt", "data": "aGk="}}))
        .await;
    let commands = json!({"commands": [{"command": "help", "description": "shows help"}]});
    server.ok("setMyCommands", commands.clone()).await;
    let seen = server.sees(ann).await;
    let waiting = server.updates().await;
    server.stop().await;

    let server = Server::with_data(data).await;
    assert_eq!(server.sees(ann).await, seen);
    assert_eq!(server.updates().await, waiting);
    assert_eq!(server.ok("getMyCommands", json!({})).await, commands["commands"]);
    let id = &waiting[0]["message"]["document"]["file_id"];
    server.ok("getFile", json!({"file_id": id})).await;
    let next = server.bot_says(ann, "on").await["message_id"].as_i64().unwrap();
    assert_eq!(next, seen.last().unwrap()["message_id"].as_i64().unwrap() + 1);
}
