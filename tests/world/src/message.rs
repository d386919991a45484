//! A message as a person sees it: text, links, buttons.

use std::fmt;

use serde_json::Value;

/// One message of a chat, as the Bot API server shows it to the person.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Its number in the chat.
    pub id: i64,
    /// Whether the bot wrote it.
    pub from_bot: bool,
    /// Text, or the caption of a picture or file, without markup.
    pub text: String,
    /// The inline buttons, row by row.
    pub buttons: Vec<Vec<Button>>,
    /// The buttons of a reply keyboard, row by row.
    pub keys: Vec<Vec<Key>>,
    /// As the server gave it.
    pub raw: Value,
}

/// An inline button.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Button {
    /// As drawn, with its emoji.
    pub label: String,
    /// Where it leads, if it is a link.
    pub url: Option<String>,
    /// What its press tells the bot.
    pub token: Option<String>,
}

/// A button of a reply keyboard: pressing it writes its label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// What it says.
    pub label: String,
    /// Whether it shares the person's contact instead.
    pub shares_contact: bool,
}

impl Message {
    pub(crate) fn read(raw: Value) -> Self {
        let word = |value: &Value| value.as_str().map(str::to_owned);
        let markup = &raw["reply_markup"];
        Self {
            id: raw["message_id"].as_i64().unwrap_or_default(),
            from_bot: raw["from"]["is_bot"].as_bool().unwrap_or(false),
            text: word(&raw["text"]).or_else(|| word(&raw["caption"])).unwrap_or_default(),
            buttons: rows(&markup["inline_keyboard"], |button| Button {
                label: word(&button["text"]).unwrap_or_default(),
                url: word(&button["url"]),
                token: word(&button["callback_data"]),
            }),
            keys: rows(&markup["keyboard"], |key| Key {
                label: word(&key["text"]).or_else(|| word(key)).unwrap_or_default(),
                shares_contact: key["request_contact"].as_bool().unwrap_or(false),
            }),
            raw,
        }
    }

    /// Whether the text holds these words, in whatever case.
    pub fn says(&self, words: &str) -> bool {
        self.text.to_lowercase().contains(&words.to_lowercase())
    }

    /// Whether it carries a button with this label; an emoji before the label does not count.
    pub fn offers(&self, label: &str) -> bool {
        self.find(label).is_some()
    }

    /// Whether it carries all of them.
    pub fn offers_all(&self, labels: &[&str]) -> bool {
        labels.iter().all(|label| self.offers(label))
    }

    /// A button by its label, with or without the emoji before it.
    pub(crate) fn find(&self, label: &str) -> Option<&Button> {
        self.buttons.iter().flatten().find(|button| bare(&button.label) == label)
    }

    /// The key of a reply keyboard.
    pub(crate) fn key(&self, label: &str) -> Option<&Key> {
        self.keys.iter().flatten().find(|key| bare(&key.label) == label)
    }

    /// The payload of a deep link in text, entities or buttons (`…?start=PAYLOAD`) that begins with `prefix`.
    pub fn deep_link(&self, prefix: &str) -> Option<String> {
        let entities = ["entities", "caption_entities"]
            .iter()
            .filter_map(|field| self.raw[field].as_array())
            .flatten()
            .filter_map(|entity| entity["url"].as_str());
        let buttons = self.buttons.iter().flatten().filter_map(|b| b.url.as_deref());
        entities.chain(buttons).chain([self.text.as_str()]).find_map(|place| payload(place, prefix))
    }

    /// The topic in which it stands; none in General.
    pub fn topic(&self) -> Option<i64> {
        self.raw["message_thread_id"].as_i64()
    }

    /// How far a survey is: the last `n/m` of the text.
    pub fn progress(&self) -> Option<(u32, u32)> {
        let words = self.text.split(|c: char| !c.is_ascii_digit() && c != '/');
        let mut pairs = words.filter_map(|word| {
            let (n, m) = word.split_once('/')?;
            Some((n.parse().ok()?, m.parse().ok()?))
        });
        pairs.next_back()
    }

    /// The pieces that are set off to be copied (`<code>`, `<pre>`, spoilers), in order.
    pub fn codes(&self) -> Vec<String> {
        let entities = self.raw["entities"].as_array().into_iter().flatten();
        let set_off = |kind: &str| matches!(kind, "code" | "pre" | "spoiler");
        let units: Vec<u16> = self.text.encode_utf16().collect();
        entities
            .filter(|entity| entity["type"].as_str().is_some_and(set_off))
            .filter_map(|entity| {
                // Offsets count UTF-16 units.
                let offset = usize::try_from(entity["offset"].as_u64()?).ok()?;
                let length = usize::try_from(entity["length"].as_u64()?).ok()?;
                Some(String::from_utf16_lossy(units.get(offset..offset + length)?))
            })
            .collect()
    }
}

fn rows<T>(value: &Value, read: impl Fn(&Value) -> T) -> Vec<Vec<T>> {
    let rows = value.as_array().into_iter().flatten();
    rows.map(|row| row.as_array().into_iter().flatten().map(&read).collect()).collect()
}

/// A label without the emoji that may stand before it.
fn bare(label: &str) -> &str {
    label.trim_start_matches(|c: char| !c.is_alphanumeric()).trim()
}

fn payload(text: &str, prefix: &str) -> Option<String> {
    text.split("start=").skip(1).find_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-').unwrap_or(rest.len());
        let found = &rest[..end];
        found.starts_with(prefix).then(|| found.to_owned())
    })
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = if self.from_bot { "bot" } else { "   " };
        write!(f, "{:>5} {who} │ {}", self.id, self.text.replace('\n', "\n          │ "))?;
        for row in &self.buttons {
            let labels: Vec<&str> = row.iter().map(|b| b.label.as_str()).collect();
            write!(f, "\n          │ [{}]", labels.join("] ["))?;
        }
        for row in &self.keys {
            let labels: Vec<&str> = row.iter().map(|k| k.label.as_str()).collect();
            write!(f, "\n          │ ({})", labels.join(") ("))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn card() -> Message {
        Message::read(json!({
            "message_id": 7, "from": {"is_bot": true},
            "text": "🔑 user: admin\npassword: s3cret https://t.me/hub_bot?start=cred_Ab-9_x.",
            "entities": [{"type": "code", "offset": 9, "length": 5}, {"type": "bold", "offset": 0, "length": 2}],
            "reply_markup": {"inline_keyboard": [[{"text": "✅ Take", "callback_data": "a"}], [{"text": "Call back", "callback_data": "b"}]]}
        }))
    }

    #[test]
    fn labels_are_found_behind_their_emoji_and_whole() {
        assert!(card().find("Take").is_some());
        assert!(card().find("Call back").is_some());
        assert!(!card().offers("Call"));
    }

    #[test]
    fn progress_is_read_wherever_it_stands() {
        let text = |text: &str| Message::read(json!({"text": text})).progress();
        assert_eq!(text("Question 11/12\nWhen are you open?"), Some((11, 12)));
        assert_eq!(text("and/or 3 / 4"), None);
    }

    #[test]
    fn links_and_codes_are_read_as_a_person_would_copy_them() {
        assert_eq!(card().deep_link("cred_").as_deref(), Some("cred_Ab-9_x"));
        assert_eq!(card().deep_link("onb_"), None);
        assert_eq!(card().codes(), ["admin"]);
    }
}
