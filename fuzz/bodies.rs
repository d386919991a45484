//! What each target does with its bytes: plain functions that panic when a promise is broken. The fuzzer calls them
//! millions of times (`make fuzz`), `tests/fuzz` with the corpus and with arbitrary bytes in every `make test`.

use serde_json::{Value, json};
use waas_platform::render::Html;
use waas_platform::telegram::{BotId, BotIdentity, Event, Incoming};

fn bot() -> BotIdentity {
    BotIdentity { id: BotId(7), username: "waas_bot".to_owned() }
}

/// An update as it may come from anywhere: it is read without a panic, the same each time, and nobody is taken for a
/// person who proves to be none.
pub(crate) fn update(bytes: &[u8]) {
    let Ok(raw) = serde_json::from_slice::<Value>(bytes) else { return };
    let incoming = Incoming::read(&bot(), &raw);
    assert_eq!(incoming, Incoming::read(&bot(), &raw), "read twice, understood twice");
    if let Some(place) = incoming.place {
        assert_eq!(place.bot, bot().id);
    }
    match &incoming.event {
        Event::Command { name, args } => {
            assert!(!name.contains('@') && !name.chars().any(char::is_whitespace), "{name:?}");
            assert_eq!(name, &name.to_ascii_lowercase());
            assert_eq!(args, args.trim());
        }
        Event::Press(press) => assert_eq!(raw["callback_query"]["data"].as_str().unwrap_or_default(), press.token),
        _ => {}
    }
    for kind in ["message", "callback_query", "my_chat_member"] {
        let is_bot = raw[kind]["from"]["is_bot"] == true;
        let speaks = raw.as_object().is_some_and(|fields| fields.len() == 1 && fields.contains_key(kind));
        assert!(!(is_bot && speaks && incoming.person.is_some()), "a bot is taken for a person");
    }
    if raw["message"]["sender_chat"].is_object() && raw["message"].is_object() && raw.get("callback_query").is_none() {
        let by_message = matches!(incoming.event, Event::Reachable(_) | Event::Press(_));
        assert!(by_message || incoming.person.is_none(), "a channel is taken for a person");
    }
}

/// Any text: as markup it is refused or sound, escaped it is sound, and cut anywhere it stays so.
pub(crate) fn html(bytes: &[u8]) {
    let (limit, text) = match bytes {
        [high, low, text @ ..] => (usize::from(u16::from_be_bytes([*high, *low])), text),
        _ => (0, bytes),
    };
    let text = String::from_utf8_lossy(text);
    let parsed = Html::parse(text.as_ref()).ok();
    for html in parsed.into_iter().chain([Html::escape(&text)]) {
        let cut = html.cut(limit);
        assert!(Html::parse(cut.as_str()).is_ok(), "cut at {limit}: {cut}");
        assert!(cut.units() <= limit.max(html.units().min(limit)), "{} units of {limit}", cut.units());
        let (whole, read) = (html.plain(), cut.plain());
        assert!(whole.starts_with(read.strip_suffix('…').unwrap_or(&read)), "{read:?} does not begin {whole:?}");
        assert_eq!(html.units(), whole.encode_utf16().count());
    }
}

/// Any callback data: it arrives as it was pressed, in whatever words, and says nothing by itself.
pub(crate) fn callback(bytes: &[u8]) {
    let data = String::from_utf8_lossy(bytes);
    let raw = json!({ "update_id": 1, "callback_query": {
        "id": "1", "chat_instance": "1", "data": data,
        "from": { "id": 42, "is_bot": false, "first_name": "Ann" },
        "message": { "message_id": 5, "date": 1_700_000_000, "text": "a card",
            "chat": { "id": 42, "type": "private", "first_name": "Ann" } } } });
    let incoming = Incoming::read(&bot(), &raw);
    assert_eq!(incoming.person.map(|person| person.id), Some(42));
    let Event::Press(press) = incoming.event else { panic!("no press: {data:?}") };
    assert_eq!(press.token, data);
}
