//! An emulator on a free port, one bot and people, as verbs.

use serde_json::{Value, json};
use std::path::PathBuf;
use telegram_emulator::{Emulator, Options};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) const TOKEN: &str = "7000001:AAtestTOKEN_of-a-bot";
pub(crate) const BOT: &str = "salon_bot";

pub(crate) struct Server {
    pub(crate) url: String,
    http: reqwest::Client,
    stop: Option<oneshot::Sender<()>>,
    task: Option<JoinHandle<()>>,
}

impl Server {
    /// Without rate limits, with the bot.
    pub(crate) async fn start() -> Self {
        Self::with(Options { limits: false, ..Options::default() }).await
    }

    pub(crate) async fn with_data(data: PathBuf) -> Self {
        Self::with(Options { limits: false, data: Some(data), ..Options::default() }).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        let emulator = Emulator::new(options).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            let stop = async {
                let _ = stopped.await;
            };
            emulator.serve(listener, stop).await.unwrap();
        });
        let server = Self { url, http: reqwest::Client::new(), stop: Some(stop), task: Some(task) };
        server.drive("bots", json!({"token": TOKEN, "username": BOT})).await;
        server
    }

    pub(crate) async fn stop(mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        self.task.take().unwrap().await.unwrap();
    }

    /// Status and body of a Bot API call.
    pub(crate) async fn call_as(&self, token: &str, method: &str, body: Value) -> (u16, Value) {
        let url = format!("{}/bot{token}/{method}", self.url);
        let response = self.http.post(url).json(&body).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    pub(crate) async fn call(&self, method: &str, body: Value) -> (u16, Value) {
        self.call_as(TOKEN, method, body).await
    }

    /// The result of a call that must succeed.
    pub(crate) async fn ok(&self, method: &str, body: Value) -> Value {
        let (status, mut body) = self.call(method, body).await;
        assert_eq!((status, &body["ok"]), (200, &json!(true)), "{body}");
        body["result"].take()
    }

    /// `"<code> <description>"` of a call that must be refused.
    pub(crate) async fn refused(&self, method: &str, body: Value) -> String {
        let (status, body) = self.call(method, body).await;
        assert_eq!(body["ok"], json!(false), "{body}");
        assert_eq!(body["error_code"], json!(status));
        format!("{status} {}", body["description"].as_str().unwrap())
    }

    pub(crate) async fn multipart(&self, method: &str, form: reqwest::multipart::Form) -> (u16, Value) {
        let url = format!("{}/bot{TOKEN}/{method}", self.url);
        let response = self.http.post(url).multipart(form).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// Status and body of a driving call.
    pub(crate) async fn try_drive(&self, path: &str, body: Value) -> (u16, Value) {
        let url = format!("{}/_emulator/{path}", self.url);
        let response = self.http.post(url).json(&body).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    pub(crate) async fn drive(&self, path: &str, body: Value) -> Value {
        let (status, body) = self.try_drive(path, body).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    pub(crate) async fn get(&self, path: &str) -> reqwest::Response {
        let url = format!("{}{path}", self.url);
        self.http.get(url).send().await.unwrap()
    }

    pub(crate) async fn look(&self, path: &str) -> Value {
        self.get(&format!("/_emulator/{path}")).await.json().await.unwrap()
    }

    pub(crate) async fn remove(&self, path: &str) {
        let url = format!("{}/_emulator/{path}", self.url);
        let response = self.http.delete(url).send().await.unwrap();
        assert_eq!(response.status(), 200);
    }

    /// A new person who has not yet spoken to the bot.
    pub(crate) async fn stranger(&self, name: &str) -> i64 {
        self.drive("people", json!({"first_name": name})).await["id"].as_i64().unwrap()
    }

    /// A new person who pressed Start; the bot has read it.
    pub(crate) async fn person(&self, name: &str) -> i64 {
        let id = self.stranger(name).await;
        self.says(id, "/start").await;
        self.ok("getUpdates", json!({"offset": -1})).await;
        self.confirm_all().await;
        id
    }

    pub(crate) async fn says(&self, person: i64, text: &str) -> Value {
        self.drive("send", json!({"from": person, "chat": BOT, "text": text})).await
    }

    /// The bot sends a text and gets the message.
    pub(crate) async fn bot_says(&self, chat: i64, text: &str) -> Value {
        self.ok("sendMessage", json!({"chat_id": chat, "text": text})).await
    }

    /// Waiting updates, up to 100, without confirming them.
    pub(crate) async fn updates(&self) -> Vec<Value> {
        let updates = self.ok("getUpdates", json!({"timeout": 10})).await;
        updates.as_array().unwrap().clone()
    }

    pub(crate) async fn confirm_all(&self) {
        self.ok("deleteWebhook", json!({"drop_pending_updates": true})).await;
    }

    /// The messages that a person sees in the private chat.
    pub(crate) async fn sees(&self, person: i64) -> Vec<Value> {
        let path = format!("chats/{BOT}/messages?for={person}");
        self.look(&path).await.as_array().unwrap().clone()
    }
}
