//! A bot that a scene plays itself, and a small shop with people, a forum and some messages of every kind.

use super::{BOT, PathBuf, Server};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The bot, one update after another.
pub(super) struct Bot<'a> {
    server: &'a Server,
    next: i64,
}

impl<'a> Bot<'a> {
    pub(super) fn of(server: &'a Server) -> Self {
        Self { server, next: 0 }
    }

    /// The next update.
    pub(super) async fn hears(&mut self) -> Value {
        let wanted = json!(["message", "edited_message", "callback_query"]);
        let asked = json!({"offset": self.next, "limit": 1, "timeout": 20, "allowed_updates": wanted});
        let update = self.server.ok("getUpdates", asked).await[0].clone();
        self.next = update["update_id"].as_i64().expect("nobody said anything") + 1;
        update
    }

    pub(super) async fn hears_text(&mut self) -> String {
        self.hears().await["message"]["text"].as_str().unwrap().to_owned()
    }

    /// Sends a text and returns its id.
    pub(super) async fn says(&self, chat: i64, text: &str, markup: Value) -> i64 {
        let message = json!({"chat_id": chat, "text": text, "reply_markup": markup});
        self.server.ok("sendMessage", message).await["message_id"].as_i64().unwrap()
    }

    pub(super) async fn sends_file(&self, chat: i64, method: &str, field: &'static str, name: &str, content: Vec<u8>) {
        let part = Part::bytes(content).file_name(name.to_owned());
        let form = Form::new().text("chat_id", chat.to_string()).part(field, part);
        assert_eq!(self.server.multipart(method, form).await.0, 200);
    }
}

/// A bitmap with a gradient, in a form that needs no compression: GIF wants it, PNG allows stored blocks.
pub(super) fn picture(width: u32, height: u32) -> Vec<u8> {
    let mut rows = Vec::new();
    for y in 0..height {
        rows.push(0);
        for x in 0..width {
            let shade = |part: u32, of: u32| u8::try_from(80 + part * 120 / of).unwrap();
            rows.extend([shade(x, width), shade(y, height), 200]);
        }
    }
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    header.extend([8, 2, 0, 0, 0]);
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, content) in [(b"IHDR", header), (b"IDAT", stored(&rows)), (b"IEND", Vec::new())] {
        let body = [kind.as_slice(), &content].concat();
        png.extend(u32::try_from(content.len()).unwrap().to_be_bytes());
        png.extend(&body);
        png.extend(crc(&body).to_be_bytes());
    }
    png
}

/// The zlib form without compression.
fn stored(content: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let mut blocks = content.chunks(60_000).peekable();
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).unwrap();
        out.push(u8::from(blocks.peek().is_none()));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(block);
    }
    let (a, b) = content.iter().fold((1_u32, 0_u32), |(a, b), &byte| {
        let a = (a + u32::from(byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    out.extend((b << 16 | a).to_be_bytes());
    out
}

fn crc(content: &[u8]) -> u32 {
    !content.iter().fold(!0_u32, |sum, &byte| {
        (0..8).fold(sum ^ u32::from(byte), |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xEDB8_8320 } else { sum >> 1 })
    })
}

/// A picture to choose in a file dialog; the folder goes with what is returned.
pub(super) fn picture_file() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("front.png");
    std::fs::write(&file, picture(640, 400)).unwrap();
    (folder, file)
}

/// What a demo looks like after some time.
pub(super) struct Shop {
    pub(super) ann: i64,
    pub(super) bo: i64,
    pub(super) id: i64,
    pub(super) leads: i64,
}

/// Ann has a card, a keyboard, pictures, quotes and code before her; Bo a forum with two topics.
pub(super) async fn shop(server: &Server) -> Shop {
    let (ann, bo) = (server.person("Ann Weber").await, server.person("Bo").await);
    let bot = Bot::of(server);
    let commands = json!([
        {"command": "leads", "description": "Who wants a site, and who has them"},
        {"command": "status", "description": "How all sites are"},
        {"command": "language", "description": "Speak another language"}
    ]);
    server.ok("setMyCommands", json!({"commands": commands})).await;
    server.says(ann, "Hello, I should like a site for my salon").await;
    let text = "<b>Lead 7</b> · score 82\nAnna Weber, <i>beauty salon</i>\n<blockquote>Need online booking, three chairs, \
                and please nothing that I have to learn first.</blockquote>\n<code>new-salon.de</code> · \
                <a href=\"https://example.org/\">the old site</a> · /lead_7 · <tg-spoiler>+49 30 23125 007</tg-spoiler>";
    let markup = json!({"inline_keyboard": [
        [{"text": "✋ Take", "callback_data": "1"}, {"text": "📞 Call back", "callback_data": "2"}, {"text": "Reject", "callback_data": "3"}],
        [{"text": "Open the survey that belongs to it", "url": format!("https://t.me/{BOT}?start=onb_7")}]
    ]});
    let card = json!({"chat_id": ann, "text": text, "parse_mode": "HTML", "reply_markup": markup});
    let card = server.ok("sendMessage", card).await["message_id"].clone();
    let contact = json!({"from": ann, "chat": BOT, "contact": true, "reply_to": card});
    server.drive("send", contact).await;
    bot.sends_file(ann, "sendPhoto", "photo", "plot.png", picture(600, 240)).await;
    bot.sends_file(ann, "sendDocument", "document", "a-rather-long-name-of-a-contract-2026-11.pdf", b"%PDF".to_vec())
        .await;
    server
        .drive("send", json!({"from": ann, "chat": BOT, "location": {"latitude": 52.5219, "longitude": 13.4132}}))
        .await;
    let long = format!("See https://example.org/{}", "way-too-long-".repeat(12));
    bot.says(ann, &long, json!({"keyboard": [["Yes", "No", "I have to ask somebody"], ["Cancel"]]})).await;
    server.drive("react", json!({"from": ann, "chat": BOT, "message_id": card, "emoji": "👍"})).await;

    let group = json!({"type": "supergroup", "title": "Studio North", "is_forum": true, "members": [bo, ann], "admins": [ann, BOT]});
    let id = server.drive("chats", group).await["id"].as_i64().unwrap();
    let mut topics = Vec::new();
    for (name, colour) in [("Leads", 7_322_096), ("new_salon", 16_766_590)] {
        let topic = json!({"chat_id": id, "name": name, "icon_color": colour});
        topics.push(server.ok("createForumTopic", topic).await["message_thread_id"].as_i64().unwrap());
    }
    let in_topic = |topic: i64, text: &str| json!({"chat_id": id, "text": text, "message_thread_id": topic});
    server.ok("sendMessage", in_topic(topics[0], "A new lead")).await;
    server.ok("sendMessage", in_topic(topics[1], "All is well")).await;
    server.drive("send", json!({"from": ann, "chat": id, "text": "I am off for today", "topic": topics[1]})).await;
    server.confirm_all().await;
    Shop { ann, bo, id, leads: topics[0] }
}
