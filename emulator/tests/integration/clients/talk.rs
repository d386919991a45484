//! What goes well.

use super::bot::Bot;
use crate::server::{BOT, TOKEN};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

pub(super) async fn texts_are_echoed_and_deep_links_arrive(bot: &Bot) {
    let mut ann = bot.person("Ann").await;
    let said = ann.says("Grüß dich 🧵, <b>friend</b>").await;
    let echo = ann.hears().await;
    assert_eq!(echo["text"], json!("Grüß dich 🧵, <b>friend</b>"));
    assert_eq!(echo["reply_to_message"]["message_id"], said["message_id"]);
    ann.says("/start invite_Qz7-8").await;
    assert_eq!(ann.hears().await["text"], json!("Welcome, Ann: invite_Qz7-8"));
}

pub(super) async fn styles_survive_the_way_there_and_back(bot: &Bot) {
    let mut ann = bot.person("Ann").await;
    ann.says("/styles").await;
    assert_eq!(ann.hears().await["text"], json!("Straße 🧵 bold and leaning link 1 < 2"));
    // The library made HTML of the entities again.
    assert_eq!(
        ann.hears().await["text"],
        json!(
            "Straße 🧵 <b>bold <i>and leaning</i></b> <a href=\"https://new-salon.de/?lead=7\">link</a> \
             <code>1 &lt; 2</code>"
        )
    );
    ann.says("/markdown").await;
    assert_eq!(ann.hears().await["text"], json!("Done. bold and struck link 1 < 2"));
    assert_eq!(
        ann.hears().await["text"],
        json!(r"Done\. *bold ~and struck~* [link](https://new-salon.de/?lead=7) `1 < 2`")
    );
}

pub(super) async fn a_button_answers_and_changes_its_message(bot: &Bot) {
    let mut ann = bot.person("Ann").await;
    ann.says("/card").await;
    let card = ann.hears().await;
    assert_eq!(card["text"], json!("Lead 7: new"));
    assert_eq!(ann.presses(&card, "Site").await["url"], json!("https://new-salon.de/"));
    assert_eq!(
        ann.presses(&card, "Take").await,
        json!({"answered": true, "text": "It is yours", "alert": true, "url": null})
    );
    let changed = ann.sees_changed().await;
    assert_eq!((&changed["message_id"], &changed["text"]), (&card["message_id"], &json!("Lead 7: taken by Ann")));
    assert_eq!(changed["reply_markup"], Value::Null);
}

pub(super) async fn a_number_is_shared_by_a_button(bot: &Bot) {
    let mut ann = bot.person("Ann").await;
    ann.says("/phone").await;
    assert_eq!(ann.hears().await["reply_markup"]["keyboard"][0][0]["request_contact"], json!(true));
    ann.sends(json!({"contact": {"phone_number": "+4915112345678"}})).await;
    let noted = ann.hears().await;
    assert_eq!(noted["text"], json!("Noted: +4915112345678"));
    assert_eq!(noted["reply_markup"], json!({"remove_keyboard": true}));
}

/// A grey picture of 3 by 2 pixels.
const PICTURE: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAAAAAC4HznGAAAADklEQVR42mNoaGhgAGIADAgDAdjJ9/AAAAAASUVORK5CYII=";

pub(super) async fn pictures_and_documents_go_down_and_up(bot: &Bot) {
    let mut ann = bot.person("Ann").await;
    ann.sends(json!({"photo": PICTURE, "caption": "before"})).await;
    let picture = ann.hears().await;
    assert_eq!(picture["caption"], json!("3 wide, before"));
    let sizes = picture["photo"].as_array().unwrap();
    assert_eq!(content(bot, &sizes[sizes.len() - 1]).await, STANDARD.decode(PICTURE).unwrap());

    let every_byte: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let file = json!({"file_name": "Müller & Söhne.pdf", "mime_type": "application/pdf", "data": STANDARD.encode(&every_byte)});
    ann.sends(json!({"document": file, "caption": "the contract"})).await;
    let back = ann.hears().await;
    assert_eq!(back["caption"], json!("application/pdf, the contract"));
    assert_eq!(back["document"]["file_name"], json!("back-Müller & Söhne.pdf"));
    assert_eq!(content(bot, &back["document"]).await, every_byte);
}

pub(super) async fn an_album_comes_together(bot: &Bot) {
    let mut ann = bot.person("Ann").await;
    ann.says("/album").await;
    let pages = [ann.hears().await, ann.hears().await];
    assert_eq!((&pages[0]["caption"], &pages[1]["caption"]), (&json!("1.txt"), &json!("2.txt")));
    assert!(pages[0]["media_group_id"].is_string());
    assert_eq!(pages[0]["media_group_id"], pages[1]["media_group_id"]);
    assert_eq!(content(bot, &pages[1]["document"]).await, b"page 2");
}

/// The bytes behind a file's id.
async fn content(bot: &Bot, file: &Value) -> Vec<u8> {
    let file = bot.server.ok("getFile", json!({"file_id": file["file_id"]})).await;
    let path = format!("/file/bot{TOKEN}/{}", file["file_path"].as_str().unwrap());
    bot.server.get(&path).await.bytes().await.unwrap().to_vec()
}

pub(super) async fn the_menu_is_set(bot: &Bot) {
    let ann = bot.person("Ann").await;
    let menu = bot.server.look(&format!("chats/{BOT}/commands?for={}", ann.id)).await;
    assert_eq!(menu, json!([{"command": "card", "description": "Show a card"}]));
}
