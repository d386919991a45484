//! Texts of any length and script: a person gets all of it, as a message where it fits and as its beginning with the whole
//! as a file where it does not.

use anyhow::Context as _;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;
use waas_platform::render::{Html, TEXT_LIMIT};
use waas_platform::telegram::{Priority, View, outbox};
use waas_world::luck;

use super::Stage;
use crate::database::with_database;

/// The longest text that is promised to arrive, in bytes.
const LONGEST: usize = 900 * 1024;

/// What has broken bots before.
fn hostile() -> Vec<String> {
    let long = |part: &str, bytes: usize| part.repeat(bytes / part.len() + 1);
    [
        "a",
        ".",
        "😀",
        "é",
        "e\u{301}",
        "👩‍👩‍👧‍👦",
        "مرحبا بالعالم",
        "\u{202e}reversed\u{202c}",
        "x\u{200b}\u{200d}\u{feff}y",
        "<b>",
        "</b>",
        "<b><i></b></i>",
        "<a href=\"tg://user?id=1\">",
        "&lt;&amp;&nbsp;&#0;&#x110000;&",
        "a < b && c > d",
        "<script>alert(1)</script>",
        "{{ 7 * 7 }} {% raw %}",
        "*bold* _it_ `code` [l](tg://x)",
        "line\nline\n\n\nline",
        "tab\tand \"quotes\" 'here'",
        "𝕌𝕟𝕚𝕔𝕠𝕕𝕖",
        "\u{10ffff}",
    ]
    .into_iter()
    .map(str::to_owned)
    .chain([
        // Around the limit, in characters of one and of two units.
        "x".repeat(TEXT_LIMIT - 1),
        "x".repeat(TEXT_LIMIT),
        "x".repeat(TEXT_LIMIT + 1),
        "😀".repeat(TEXT_LIMIT / 2),
        format!("x{}", "😀".repeat(TEXT_LIMIT / 2)),
        // Where a cut would fall within an escaped character, or within a joined one.
        "&".repeat(TEXT_LIMIT + 3),
        long("<b>&amp;", 3 * TEXT_LIMIT),
        long("👩‍👩‍👧‍👦", 5 * TEXT_LIMIT),
        long("e\u{301}\u{302}", 5 * TEXT_LIMIT),
        // More bytes than the server reads at all.
        long("\"", 40_000),
        long("مرحبا ", 100_000),
        long("a line of a log\n", LONGEST),
        long("😀&<>\u{200f}", LONGEST),
    ])
    .map(|text| text.chars().fold(String::new(), within(LONGEST)))
    .collect()
}

/// Takes characters for as long as they fit.
fn within(bytes: usize) -> impl Fn(String, char) -> String {
    move |mut text, c| {
        if text.len() + c.len_utf8() <= bytes {
            text.push(c);
        }
        text
    }
}

/// Any text with something to read in it; of any length up to `longest` bytes, short ones as often as long ones.
fn any_text(longest: usize) -> impl Strategy<Value = String> {
    let parts = prop_oneof![
        any::<String>(),
        "[a-zA-Z0-9 .,]{1,40}",
        "[\\p{Arabic}\\p{Hebrew}\\p{Han} ]{1,40}",
        prop::sample::select(vec!["😀", "👩‍👩‍👧‍👦", "\u{200b}", "\u{202e}", "<b>", "</i>", "&amp;", "&", "\"", "\n"])
            .prop_map(str::to_owned),
    ];
    let length = prop_oneof![Just(0), 1..200usize, 3_000..9_000usize, 20_000..60_000usize, 60_000..longest];
    (prop::collection::vec(parts, 1..12), length).prop_map(move |(parts, length)| {
        // Something that is no white space stands at both ends: Telegram takes the rest away.
        let part = format!("«{}»", parts.concat());
        part.chars().cycle().take(length).chain(part.chars()).fold(String::new(), within(longest))
    })
}

/// As the server shows a text: characters that are none stand as one that says so.
fn shown(text: &str) -> String {
    Html::escape(text).plain().trim().to_owned()
}

/// Sends each to somebody and looks at what stands in the chat.
async fn arrive(stage: &Stage, chat: i64, texts: &[String]) -> anyhow::Result<()> {
    let before = stage.messages(chat, chat).await?.len();
    for text in texts {
        let view = View::text(Html::escape(text));
        let mut conn = stage.pool.acquire().await?;
        outbox::say(&mut conn, &stage.clock, stage.place(chat), view, Priority::Reply).await?;
    }
    stage.settles().await?;
    let messages = stage.messages(chat, chat).await?;
    let (files, said): (Vec<&Value>, Vec<&Value>) =
        messages[before..].iter().partition(|message| message["document"].is_object());
    assert_eq!(said.len(), texts.len(), "one message a text");
    let mut files = files.into_iter();
    for (text, message) in texts.iter().zip(said) {
        let whole = shown(text);
        let stands = message["text"].as_str().context("a text")?;
        if Html::escape(text).units() <= TEXT_LIMIT {
            assert_eq!(stands, whole, "it fits");
            continue;
        }
        let beginning = stands.strip_suffix('…').context("what is cut says so")?;
        assert!(whole.starts_with(beginning.trim_end()), "its beginning: {stands}");
        assert!(stands.encode_utf16().count() > TEXT_LIMIT - 64, "as much as fits: {}", stands.len());
        let file = files.next().with_context(|| format!("the whole of {} bytes as a file", text.len()))?;
        assert_eq!(file["reply_to_message"]["message_id"], message["message_id"], "in reply to it");
        let id = file["document"]["file_id"].as_str().context("a file")?;
        let content = String::from_utf8(stage.api.download(id, 2 * LONGEST).await?)?;
        assert!(content.trim() == whole, "{} bytes of {} in the file", content.len(), whole.len());
    }
    assert!(files.next().is_none(), "a file of what fits");
    assert!(stage.reasons().await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn the_texts_that_broke_others_arrive_whole() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let stage = Stage::sending(&pool).await?;
        let ann = stage.person("Ann").await?;
        arrive(&stage, ann, &hostile()).await?;
        stage.end().await
    })
    .await
}

#[tokio::test]
async fn any_text_arrives_whole() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let stage = Stage::sending(&pool).await?;
        let ann = stage.person("Ann").await?;
        let (texts, longest) = (luck::rounds(24, 400), luck::rounds(100_000, LONGEST));
        // By the seed of proptest's own configuration (`PROPTEST_RNG_SEED`), like every property test.
        let mut chance = TestRunner::new(Config::default());
        for number in 0..texts / 8 {
            let some = (0..8).map(|_| any_text(longest).new_tree(&mut chance).map(|tree| tree.current()));
            let some: Vec<String> = some.collect::<Result<_, _>>().map_err(anyhow::Error::msg)?;
            arrive(&stage, ann, &some).await.with_context(|| format!("texts {} to {}", number * 8, number * 8 + 7))?;
        }
        stage.end().await
    })
    .await
}
