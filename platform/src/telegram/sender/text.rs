//! A text on its way: sent or edited in the best form that Telegram takes.

use serde::Deserialize;
use teloxide::payloads::{EditMessageText, EditMessageTextSetters, SendMessage, SendMessageSetters};
use teloxide::types::{
    ButtonRequest, ChatId, ForceReply, InlineKeyboardButton, InlineKeyboardMarkup, KeyboardButton, KeyboardMarkup,
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
    /// What else stands below it.
    pub(super) below: Below<'a>,
}

/// What stands below a message that has no buttons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Below<'a> {
    Nothing,
    /// A key with this label that shares the person's phone number.
    AskContact(&'a str),
    /// The field for an answer to this message opens, for those whom the text names.
    AskReply,
}

/// What stands on the screen now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) message_id: i64,
    /// Only the beginning stands there.
    pub(super) cut: bool,
    /// The topic in which a new message stands; none in General, and of an edit.
    pub(super) thread: Option<i64>,
}

/// How a text is tried. A message is never replaced by an apology: it loses what Telegram does not take, one thing after
/// another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Form {
    markup: bool,
    cut: bool,
}

impl Form {
    fn of(text: &Text<'_>) -> Self {
        let too_long = text.html.as_str().len() > RAW_LIMIT || text.html.units() > TEXT_LIMIT;
        Self { markup: true, cut: too_long }
    }

    /// The next form to try after a failure; none when the failure has nothing to do with the form, or no form is left.
    fn after(self, failure: &Failure) -> Option<Self> {
        match failure {
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

/// A message as the server shows it after it was sent: where it stands is for the server to say. A group without topics
/// takes the id of one, and leaves it out of its answer.
#[derive(Deserialize)]
pub(super) struct Sent {
    message_id: i64,
    message_thread_id: Option<i64>,
    #[serde(default)]
    is_topic_message: bool,
}

impl Sent {
    /// Beside it, whether only the beginning stands there.
    pub(super) fn shown(self, cut: bool) -> Shown {
        let thread = self.message_thread_id.filter(|_| self.is_topic_message);
        Shown { message_id: self.message_id, cut, thread }
    }
}

/// Sends it anew, into a topic or into General.
pub(super) async fn send(api: &Api, chat: i64, thread: Option<i64>, text: &Text<'_>) -> Result<Shown, ApiError> {
    bring(text, |form| {
        let mut payload = SendMessage::new(recipient(chat), form.body(text.html)).link_preview_options(no_preview());
        payload.parse_mode = form.markup.then_some(ParseMode::Html);
        payload.message_thread_id = thread.map(thread_id);
        payload.reply_markup = markup(text);
        async move { api.call::<_, Sent>(&payload).await.map(|sent| sent.shown(form.cut)) }
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
        let shown = Shown { message_id, cut: form.cut, thread: None };
        async move { api.call::<_, serde_json::Value>(&payload).await.map(|_| shown) }
    })
    .await
}

async fn bring<F>(text: &Text<'_>, attempt: impl Fn(Form) -> F) -> Result<Shown, ApiError>
where
    F: Future<Output = Result<Shown, ApiError>>,
{
    let mut form = Form::of(text);
    loop {
        match attempt(form).await {
            Ok(shown) => return Ok(shown),
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

pub(super) fn thread_id(thread: i64) -> ThreadId {
    ThreadId(message(thread))
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
    match text.below {
        _ if !text.keyboard.is_empty() => Some(inline(text.keyboard).into()),
        Below::Nothing => None,
        Below::AskContact(label) => {
            let share = KeyboardButton::new(label).request(ButtonRequest::Contact);
            Some(KeyboardMarkup::new([[share]]).resize_keyboard().one_time_keyboard().into())
        }
        Below::AskReply => Some(ForceReply::new().selective().into()),
    }
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
        let mut form = Form { markup: true, cut: false };
        let way = [Failure::TooLong, Failure::TooLong];
        for failure in way {
            form = form.after(&failure).expect("a way out");
        }
        assert_eq!(form, Form { markup: false, cut: true });
        for failure in [Failure::TooLong, Failure::BadMarkup, Failure::Passing] {
            assert_eq!(form.after(&failure), None, "{failure:?}");
        }
    }

    #[test]
    fn what_is_known_to_be_too_long_is_cut_before_it_is_sent() {
        let text = |html: &Html| Form::of(&Text { html, keyboard: &Vec::new(), below: Below::Nothing }).cut;
        assert!(!text(&Html::escape(&"x".repeat(TEXT_LIMIT))));
        assert!(text(&Html::escape(&"x".repeat(TEXT_LIMIT + 1))));
        // Few characters, each of them long in the source.
        assert!(text(&Html::escape(&"\"".repeat(TEXT_LIMIT * 2))));
    }
}
