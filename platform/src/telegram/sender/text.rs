//! A text on its way: sent or edited in the best form that Telegram takes.

use serde::Deserialize;
use teloxide::payloads::{EditMessageText, EditMessageTextSetters, SendMessage, SendMessageSetters};
use teloxide::types::{
    ButtonRequest, ChatId, InlineKeyboardButton, InlineKeyboardMarkup, KeyboardButton, KeyboardMarkup,
    LinkPreviewOptions, MessageId, ParseMode, Recipient, ReplyMarkup, ThreadId,
};

use crate::render::{Html, TEXT_LIMIT};
use crate::telegram::buttons::{KeyDoes, Keyboard};
use crate::telegram::{Api, ApiError, Failure};

/// More bytes than this are refused before anything is parsed.
const RAW_LIMIT: usize = 32_768;

/// What one message shows.
pub(super) struct Text<'a> {
    pub(super) html: &'a Html,
    pub(super) keyboard: &'a Keyboard,
    pub(super) topic: Option<i64>,
    /// The label of a reply keyboard that shares the person's phone number.
    pub(super) ask_contact: Option<&'a str>,
}

/// What stands on the screen now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) message_id: i64,
    /// Only the beginning stands there.
    pub(super) cut: bool,
    /// The topic was gone; it stands outside.
    pub(super) left_topic: bool,
}

/// How a text is tried. A message is never replaced by an apology: it loses what Telegram does not take, one thing after
/// another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Form {
    topic: Option<i64>,
    markup: bool,
    cut: bool,
}

impl Form {
    fn of(text: &Text<'_>) -> Self {
        let too_long = text.html.as_str().len() > RAW_LIMIT || text.html.units() > TEXT_LIMIT;
        Self { topic: text.topic, markup: true, cut: too_long }
    }

    /// The next form to try after a failure; none when the failure has nothing to do with the form, or no form is left.
    fn after(self, failure: &Failure) -> Option<Self> {
        match failure {
            Failure::TopicGone if self.topic.is_some() => Some(Self { topic: None, ..self }),
            Failure::BadMarkup if self.markup => Some(Self { markup: false, ..self }),
            Failure::TooLong if !self.cut => Some(Self { cut: true, ..self }),
            // Cut by what is read, the markup around it may still be too long.
            Failure::TooLong if self.markup => Some(Self { markup: false, ..self }),
            _ => None,
        }
    }

    fn body(self, html: &Html) -> String {
        let html = if self.cut { html.cut(TEXT_LIMIT) } else { html.clone() };
        if self.markup { html.into() } else { html.plain() }
    }
}

/// Sends it anew.
pub(super) async fn send(api: &Api, chat: i64, text: &Text<'_>) -> Result<Shown, ApiError> {
    #[derive(Deserialize)]
    struct Sent {
        message_id: i64,
    }
    bring(text, |form| {
        let mut payload = SendMessage::new(recipient(chat), form.body(text.html)).link_preview_options(no_preview());
        payload.parse_mode = form.markup.then_some(ParseMode::Html);
        payload.message_thread_id = form.topic.and_then(thread);
        payload.reply_markup = markup(text);
        async move { api.call::<_, Sent>(&payload).await.map(|sent| sent.message_id) }
    })
    .await
}

/// Puts it in the place of what a message shows.
pub(super) async fn edit(api: &Api, chat: i64, message_id: i64, text: &Text<'_>) -> Result<Shown, ApiError> {
    bring(text, |form| {
        let mut payload = EditMessageText::new(recipient(chat), message(message_id), form.body(text.html))
            .link_preview_options(no_preview());
        payload.parse_mode = form.markup.then_some(ParseMode::Html);
        payload.reply_markup = Some(inline(text.keyboard));
        async move { api.call::<_, serde_json::Value>(&payload).await.map(|_| message_id) }
    })
    .await
}

async fn bring<F>(text: &Text<'_>, attempt: impl Fn(Form) -> F) -> Result<Shown, ApiError>
where
    F: Future<Output = Result<i64, ApiError>>,
{
    let mut form = Form::of(text);
    loop {
        match attempt(form).await {
            Ok(message_id) => {
                return Ok(Shown { message_id, cut: form.cut, left_topic: form.topic != text.topic });
            }
            Err(error) => form = form.after(&error.failure).ok_or(error)?,
        }
    }
}

pub(super) fn recipient(chat: i64) -> Recipient {
    Recipient::Id(ChatId(chat))
}

pub(super) fn message(id: i64) -> MessageId {
    MessageId(i32::try_from(id).unwrap_or(i32::MAX))
}

fn thread(topic: i64) -> Option<ThreadId> {
    i32::try_from(topic).ok().map(|id| ThreadId(MessageId(id)))
}

fn no_preview() -> LinkPreviewOptions {
    LinkPreviewOptions {
        is_disabled: true,
        url: None,
        prefer_small_media: false,
        prefer_large_media: false,
        show_above_text: false,
    }
}

fn markup(text: &Text<'_>) -> Option<ReplyMarkup> {
    if let Some(label) = text.ask_contact {
        let share = KeyboardButton::new(label).request(ButtonRequest::Contact);
        return Some(KeyboardMarkup::new([[share]]).resize_keyboard().one_time_keyboard().into());
    }
    (!text.keyboard.is_empty()).then(|| inline(text.keyboard).into())
}

fn inline(keyboard: &Keyboard) -> InlineKeyboardMarkup {
    InlineKeyboardMarkup::new(keyboard.iter().map(|row| {
        row.iter().filter_map(|key| match &key.does {
            KeyDoes::Token(token) => Some(InlineKeyboardButton::callback(key.label.clone(), token.clone())),
            // A link that does not parse would make Telegram refuse the whole message.
            KeyDoes::Url(url) => Some(InlineKeyboardButton::url(key.label.clone(), url.parse().ok()?)),
        })
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_out_is_tried_once_and_together_with_the_others() {
        let mut form = Form { topic: Some(7), markup: true, cut: false };
        let way = [Failure::TooLong, Failure::TopicGone, Failure::TooLong];
        for failure in way {
            form = form.after(&failure).expect("a way out");
        }
        assert_eq!(form, Form { topic: None, markup: false, cut: true });
        for failure in [Failure::TooLong, Failure::TopicGone, Failure::BadMarkup, Failure::Passing] {
            assert_eq!(form.after(&failure), None, "{failure:?}");
        }
    }

    #[test]
    fn what_is_known_to_be_too_long_is_cut_before_it_is_sent() {
        let text = |html: &Html| Form::of(&Text { html, keyboard: &Vec::new(), topic: None, ask_contact: None }).cut;
        assert!(!text(&Html::escape(&"x".repeat(TEXT_LIMIT))));
        assert!(text(&Html::escape(&"x".repeat(TEXT_LIMIT + 1))));
        // Few characters, each of them long in the source.
        assert!(text(&Html::escape(&"\"".repeat(TEXT_LIMIT * 2))));
    }
}
