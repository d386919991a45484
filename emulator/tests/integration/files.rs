//! Photos and documents up and down.

use crate::server::{BOT, Server, TOKEN};
use reqwest::multipart::{Form, Part};
use serde_json::json;

/// The header of a PNG picture of the given size; enough for who looks at headers only.
fn png(width: u32, height: u32) -> Vec<u8> {
    let mut picture = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    picture.extend(width.to_be_bytes());
    picture.extend(height.to_be_bytes());
    picture
}

fn form(chat: i64, name: &'static str, part: Part) -> Form {
    Form::new().text("chat_id", chat.to_string()).part(name, part)
}

#[tokio::test]
async fn a_photo_goes_up_and_comes_down() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    let picture = png(640, 480);
    let part = Part::bytes(picture.clone()).file_name("plot.png");
    let form = form(ann, "photo", part).text("caption", "<b>CPU</b>").text("parse_mode", "HTML");
    let (status, body) = server.multipart("sendPhoto", form).await;
    assert_eq!(status, 200, "{body}");
    let sent = &body["result"];
    assert_eq!(sent["caption"], json!("CPU"));
    let id = &sent["photo"][1]["file_id"];
    let file = server.ok("getFile", json!({"file_id": id})).await;
    assert_eq!(file["file_size"], json!(picture.len()));
    let path = format!("/file/bot{TOKEN}/{}", file["file_path"].as_str().unwrap());
    let content = server.get(&path).await.bytes().await.unwrap();
    assert_eq!(content, picture);
    let again = server.ok("sendPhoto", json!({"chat_id": ann, "photo": id})).await;
    assert_eq!(again["photo"][0]["file_id"], *id);
    let other = format!("/file/bot99:other_bot/{}", file["file_path"].as_str().unwrap());
    assert_eq!(server.get(&other).await.status(), 404);
}

#[tokio::test]
async fn pictures_are_checked() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    for (content, words) in [
        (b"no picture".to_vec(), "IMAGE_PROCESS_FAILED"),
        (png(9000, 2000), "PHOTO_INVALID_DIMENSIONS"),
        (png(2100, 100), "PHOTO_INVALID_DIMENSIONS"),
    ] {
        let (status, body) =
            server.multipart("sendPhoto", form(ann, "photo", Part::bytes(content).file_name("x.png"))).await;
        assert_eq!(status, 400);
        assert_eq!(body["description"], json!(format!("Bad Request: {words}")));
    }
    for (photo, words) in [
        (json!(""), "there is no photo in the request"),
        (json!("AgADnonsense"), "wrong file identifier/HTTP URL specified"),
        (json!("https://e.org/a.png"), "failed to get HTTP URL content"),
    ] {
        assert_eq!(
            server.refused("sendPhoto", json!({"chat_id": ann, "photo": photo})).await,
            format!("400 Bad Request: {words}")
        );
    }
}

#[tokio::test]
async fn documents_keep_their_name_and_attach_works() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    let part = Part::bytes(b"logs".to_vec()).file_name("last.log.txt").mime_str("text/plain").unwrap();
    let form = Form::new().text("chat_id", ann.to_string()).text("document", "attach://upload").part("upload", part);
    let (_, body) = server.multipart("sendDocument", form).await;
    let document = &body["result"]["document"];
    assert_eq!(document["file_name"], json!("last.log.txt"));
    assert_eq!(document["mime_type"], json!("text/plain"));
    assert_eq!(
        server
            .refused(
                "editMessageText",
                json!({"chat_id": ann, "message_id": body["result"]["message_id"], "text": "x"})
            )
            .await,
        "400 Bad Request: there is no text in the message to edit"
    );
    let long = json!({"chat_id": ann, "document": document["file_id"], "caption": "x".repeat(1025)});
    assert_eq!(server.refused("sendDocument", long).await, "400 Bad Request: message caption is too long");
}

#[tokio::test]
async fn only_files_up_to_20_mb_are_prepared_for_download() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    let part = Part::bytes(vec![7; 20 * 1024 * 1024 + 1]).file_name("big.bin");
    let (_, body) = server.multipart("sendDocument", form(ann, "document", part)).await;
    let id = &body["result"]["document"]["file_id"];
    assert_eq!(server.refused("getFile", json!({"file_id": id})).await, "400 Bad Request: file is too big");
    assert_eq!(
        server.refused("getFile", json!({"file_id": "x"})).await,
        "400 Bad Request: wrong file_id or the file is temporarily unavailable"
    );
}

#[tokio::test]
async fn what_a_person_uploads_can_be_fetched() {
    let server = Server::start().await;
    let ann = server.person("Ann").await;
    let body = json!({"from": ann, "chat": BOT, "document": {"file_name": "logo.svg", "data": "PHN2Zy8+"}});
    server.drive("send", body).await;
    let document = server.updates().await[0]["message"]["document"].clone();
    let file = server.ok("getFile", json!({"file_id": document["file_id"]})).await;
    let path = file["file_path"].as_str().unwrap();
    assert!(path.starts_with("documents/") && path.ends_with(".svg"));
    let content = server.get(&format!("/file/bot{TOKEN}/{path}")).await.text().await;
    assert_eq!(content.unwrap(), "<svg/>");
}
