//! Keyboards under messages: parsing `reply_markup` with the server's rules and errors.
//!
//! Knows the form of keyboards only; what a press does is elsewhere.

use crate::text::detect::checked_link;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Longest `callback_data`, in bytes.
pub(crate) const MAX_CALLBACK_DATA: usize = 64;
/// Longest text of a `copy_text` button, in characters.
const MAX_COPY_TEXT: usize = 256;
/// Longest `input_field_placeholder`, in characters.
const MAX_PLACEHOLDER: usize = 64;
/// More inline buttons than this are refused.
const MAX_BUTTONS: usize = 100;
/// More than this in a row works on the server but is cut by clients; it is noted in the transcript.
const WIDE_ROW: usize = 8;

/// A keyboard as it is stored and as it goes over the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Keyboard {
    /// Buttons under the message.
    Inline { inline_keyboard: Vec<Vec<InlineButton>> },
    /// Buttons in place of the person's keyboard.
    Reply(ReplyKeyboard),
    /// Takes the reply keyboard away.
    Remove { remove_keyboard: bool },
    /// Opens the reply form.
    Force { force_reply: bool },
}

/// A button under a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InlineButton {
    pub(crate) text: String,
    #[serde(flatten)]
    pub(crate) action: Action,
}

/// What an inline button does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Action {
    Url(String),
    CallbackData(String),
    CopyText { text: String },
    WebApp { url: String },
    SwitchInlineQuery(String),
    SwitchInlineQueryCurrentChat(String),
}

/// A keyboard of ready answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReplyKeyboard {
    pub(crate) keyboard: Vec<Vec<ReplyButton>>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) one_time_keyboard: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) resize_keyboard: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) is_persistent: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) input_field_placeholder: Option<String>,
}

/// A button of a reply keyboard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReplyButton {
    pub(crate) text: String,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) request_contact: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) request_location: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde's skip_serializing_if wants")]
fn is_false(value: &bool) -> bool {
    !value
}

impl Keyboard {
    /// The inline rows, when it is an inline keyboard.
    pub(crate) fn inline(&self) -> Option<&[Vec<InlineButton>]> {
        match self {
            Self::Inline { inline_keyboard } => Some(inline_keyboard),
            _ => None,
        }
    }

    /// What the transcript should warn about although the server lets it pass.
    pub(crate) fn warning(&self) -> Option<String> {
        let widest = self.inline()?.iter().map(Vec::len).max()?;
        (widest > WIDE_ROW).then(|| format!("a row of {widest} buttons is cut by clients after {WIDE_ROW}"))
    }

    fn asks_for_private_data(&self) -> bool {
        matches!(self, Self::Reply(k) if k.keyboard.iter().flatten().any(|b| b.request_contact || b.request_location))
    }
}

/// Parses a `reply_markup`; `private` says whether the chat is private.
/// `Ok(None)` when there is none or it holds no button. The error lacks the prefix `Bad Request: `.
pub(crate) fn parse(json: &str, private: bool) -> Result<Option<Keyboard>, String> {
    if json.trim().is_empty() {
        return Ok(None);
    }
    let value: Value =
        serde_json::from_str(json).map_err(|_| "can't parse reply keyboard markup JSON object".to_owned())?;
    let object = match &value {
        Value::Null => return Ok(None),
        Value::Object(object) => object,
        _ => return Err("object expected as reply markup".to_owned()),
    };
    let flag = |name: &str| object.get(name).and_then(Value::as_bool).unwrap_or(false);
    let keyboard = if let Some(rows) = object.get("inline_keyboard") {
        let rows = grid(rows, "inline_keyboard", inline_button).map_err(Refusal::into_inline)?;
        if rows.iter().map(Vec::len).sum::<usize>() > MAX_BUTTONS {
            return Err("reply markup is too long".to_owned());
        }
        if rows.is_empty() {
            return Ok(None);
        }
        Keyboard::Inline { inline_keyboard: rows }
    } else if let Some(rows) = object.get("keyboard") {
        let rows = grid(rows, "keyboard", reply_button).map_err(Refusal::into_reply)?;
        if rows.is_empty() {
            return Ok(None);
        }
        let placeholder = object
            .get("input_field_placeholder")
            .and_then(Value::as_str)
            .filter(|p| !p.is_empty())
            .map(|p| p.chars().take(MAX_PLACEHOLDER).collect());
        Keyboard::Reply(ReplyKeyboard {
            keyboard: rows,
            one_time_keyboard: flag("one_time_keyboard"),
            resize_keyboard: flag("resize_keyboard"),
            is_persistent: flag("is_persistent"),
            input_field_placeholder: placeholder,
        })
    } else if flag("remove_keyboard") {
        Keyboard::Remove { remove_keyboard: true }
    } else if flag("force_reply") {
        Keyboard::Force { force_reply: true }
    } else {
        return Ok(None);
    };
    if !private && keyboard.asks_for_private_data() {
        return Err("phone number can be requested in private chats only".to_owned());
    }
    Ok(Some(keyboard))
}

/// Why a button is refused.
enum Refusal {
    /// The server cannot read it and says what it was reading.
    Form(String),
    /// The core refuses it with a bare code.
    Code(&'static str),
}

impl Refusal {
    fn form(text: &str) -> Self {
        Self::Form(text.to_owned())
    }

    fn into_inline(self) -> String {
        match self {
            Self::Form(text) => format!("can't parse inline keyboard button: {text}"),
            Self::Code(code) => code.to_owned(),
        }
    }

    fn into_reply(self) -> String {
        match self {
            Self::Form(text) => format!("can't parse keyboard button: {text}"),
            Self::Code(code) => code.to_owned(),
        }
    }
}

/// Reads rows of buttons; buttons without text and empty rows vanish, as on the server.
fn grid<B>(
    rows: &Value,
    field: &str,
    button: impl Fn(&Value) -> Result<Option<B>, Refusal>,
) -> Result<Vec<Vec<B>>, Refusal> {
    let Value::Array(rows) = rows else {
        return Err(Refusal::Form(format!("Field \"{field}\" must be of type Array")));
    };
    let mut grid = Vec::new();
    for row in rows {
        let Value::Array(row) = row else {
            return Err(Refusal::Form(format!("Field \"{field}\" must be an Array of Arrays")));
        };
        let row = row.iter().filter_map(|b| button(b).transpose()).collect::<Result<Vec<_>, _>>()?;
        if !row.is_empty() {
            grid.push(row);
        }
    }
    Ok(grid)
}

fn inline_button(value: &Value) -> Result<Option<InlineButton>, Refusal> {
    let Value::Object(object) = value else {
        return Err(Refusal::form("InlineKeyboardButton must be an Object"));
    };
    let text = match object.get("text") {
        None => return Err(Refusal::form("Can't find field \"text\"")),
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(_) => return Err(Refusal::form("Field \"text\" must be of type String")),
    };
    let word = |name: &str| object.get(name).and_then(Value::as_str);
    let inner = |name: &str, field: &str| object.get(name).and_then(|o| o.get(field)).and_then(Value::as_str);
    let action = if let Some(url) = word("url").filter(|u| !u.is_empty()) {
        Action::Url(checked_link(url).ok_or(Refusal::Code("BUTTON_URL_INVALID"))?)
    } else if let Some(data) = word("callback_data").filter(|d| !d.is_empty()) {
        if data.len() > MAX_CALLBACK_DATA {
            return Err(Refusal::Code("BUTTON_DATA_INVALID"));
        }
        Action::CallbackData(data.to_owned())
    } else if let Some(copied) = inner("copy_text", "text") {
        if copied.is_empty() || copied.chars().count() > MAX_COPY_TEXT {
            return Err(Refusal::Code("BUTTON_COPY_TEXT_INVALID"));
        }
        Action::CopyText { text: copied.to_owned() }
    } else if let Some(url) = inner("web_app", "url") {
        let url = checked_link(url).filter(|u| u.starts_with("https://"));
        Action::WebApp { url: url.ok_or(Refusal::Code("BUTTON_URL_INVALID"))? }
    } else if let Some(query) = word("switch_inline_query") {
        Action::SwitchInlineQuery(query.to_owned())
    } else if let Some(query) = word("switch_inline_query_current_chat") {
        Action::SwitchInlineQueryCurrentChat(query.to_owned())
    } else {
        return Err(Refusal::form("Text buttons are unallowed in the inline keyboard"));
    };
    Ok((!text.is_empty()).then_some(InlineButton { text, action }))
}

fn reply_button(value: &Value) -> Result<Option<ReplyButton>, Refusal> {
    let (text, contact, location) = match value {
        Value::String(text) => (text.as_str(), false, false),
        Value::Object(object) => {
            let Some(text) = object.get("text") else {
                return Err(Refusal::form("Can't find field \"text\""));
            };
            let Some(text) = text.as_str() else {
                return Err(Refusal::form("Field \"text\" must be of type String"));
            };
            let flag = |name: &str| object.get(name).and_then(Value::as_bool).unwrap_or(false);
            (text, flag("request_contact"), flag("request_location"))
        }
        _ => return Err(Refusal::form("KeyboardButton must be an Object")),
    };
    let text = text.trim();
    Ok((!text.is_empty()).then(|| ReplyButton {
        text: text.to_owned(),
        request_contact: contact,
        request_location: location,
    }))
}

/// A label without the emoji and spaces before its first letter or digit.
pub(crate) fn bare_label(label: &str) -> &str {
    label.trim().trim_start_matches(|c: char| !c.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inline(button: &str) -> Result<Option<Keyboard>, String> {
        parse(&format!("{{\"inline_keyboard\":[[{button}]]}}"), true)
    }

    #[test]
    fn callback_data_is_1_to_64_bytes() {
        let data = "é".repeat(32);
        assert!(inline(&format!("{{\"text\":\"x\",\"callback_data\":\"{data}\"}}")).is_ok());
        assert_eq!(
            inline(&format!("{{\"text\":\"x\",\"callback_data\":\"{data}a\"}}")),
            Err("BUTTON_DATA_INVALID".into())
        );
        assert_eq!(
            inline("{\"text\":\"x\",\"callback_data\":\"\"}"),
            Err("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard".into())
        );
    }

    #[test]
    fn rows_without_buttons_vanish() {
        assert_eq!(parse("{\"inline_keyboard\":[[],[]]}", true), Ok(None));
    }

    #[test]
    fn the_wire_form_survives_a_round_trip() {
        let json = serde_json::json!({"inline_keyboard": [[
            {"text": "a", "callback_data": "1"},
            {"text": "b", "url": "https://a.de/"},
            {"text": "c", "copy_text": {"text": "x"}}
        ]]});
        let keyboard = parse(&json.to_string(), true).unwrap().unwrap();
        assert_eq!(serde_json::to_value(&keyboard).unwrap(), json);
        assert_eq!(serde_json::from_value::<Keyboard>(json).unwrap(), keyboard);
        for json in [
            serde_json::json!({"keyboard": [[{"text": "a", "request_contact": true}]], "resize_keyboard": true}),
            serde_json::json!({"remove_keyboard": true}),
        ] {
            let keyboard = parse(&json.to_string(), true).unwrap().unwrap();
            assert_eq!(serde_json::from_value::<Keyboard>(json).unwrap(), keyboard);
        }
    }

    #[test]
    fn contacts_are_asked_for_in_private_only() {
        let json = "{\"keyboard\":[[{\"text\":\"a\",\"request_contact\":true}]]}";
        assert!(parse(json, true).is_ok());
        assert_eq!(parse(json, false), Err("phone number can be requested in private chats only".into()));
    }

    #[test]
    fn labels_lose_their_emoji() {
        assert_eq!(bare_label("✅ Take"), "Take");
        assert_eq!(bare_label("⬅️ Назад"), "Назад");
        assert_eq!(bare_label("Done"), "Done");
    }
}
