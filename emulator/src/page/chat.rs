//! The right column of a pane: one chat, or one topic, with its messages and what a person can type, press and share.

use super::forms::topic_icon;
use super::list::{members_button, members_words};
use super::spec::{Looking, link};
use super::{avatar, icon};
use crate::markup::{Keyboard, ReplyKeyboard};
use crate::model::Telegram;
use crate::model::chat::Place;
use crate::model::message::Message;
use crate::model::reading::Window;
use maud::{Markup, html};

/// Messages shown; older ones stay on the server.
const SHOWN: usize = 300;

impl Telegram {
    pub(super) fn chat(&self, place: Place, looking: &Looking, start: Option<&str>) -> Markup {
        html! {
            div.head data-part="head" { (self.head(place, looking)) }
            div.messages role="log" aria-label="Messages" tabindex="0" {
                @for message in self.latest(place, looking.window) {
                    (self.bubble(place, message, looking))
                }
            }
            div.context hidden {
                div { strong {} span {} }
                button.round type="button" data-drop-context aria-label="Do not" { (icon("close")) }
            }
            div.composer data-part="composer" { (self.composer(place, looking, start)) }
        }
    }

    /// What stands above the messages.
    pub(super) fn head(&self, place: Place, looking: &Looking) -> Markup {
        let title = self.chat_title(place);
        let key = self.chat_key(place);
        let forum = self.forum_of(place);
        let (back, back_spec) = link(looking.person, forum.map(|_| key.as_str()), None);
        html! {
            header {
                a.round.back href=(back) data-open=(back_spec) aria-label="Back" { (icon("back")) }
                @match (forum, looking.window) {
                    (Some(forum), Window::Topic(id)) => {
                        @let topic = id.and_then(|id| forum.topics.get(&id));
                        @match topic {
                            Some(topic) => (topic_icon(topic.icon_color, &topic.name)),
                            None => span.topic-icon.general aria-hidden="true" { "#" },
                        }
                        div.who {
                            h2 dir="auto" { (topic.map_or(forum.general.name.as_str(), |t| t.name.as_str())) }
                            small.faint.status data-idle=(title) { (title) }
                        }
                        @let closed = topic.map_or(forum.general.closed, |t| t.closed);
                        @if forum.standing(looking.person).is_admin() {
                            button.quiet type="button" data-topic-act=(if closed { "reopen" } else { "close" }) {
                                @if closed { "Reopen" } @else { "Close" }
                            }
                        }
                    }
                    _ => {
                        (avatar(&title, match place { Place::Private { bot, .. } => bot, Place::Group { group } => group }))
                        div.who {
                            h2 dir="auto" { (title) }
                            @let subtitle = self.subtitle(place);
                            small.faint.status data-idle=(subtitle) { (subtitle) }
                        }
                        @if matches!(place, Place::Group { .. }) && forum.is_none() { (members_button()) }
                        @if matches!(place, Place::Private { .. }) && self.messages(place).is_some() {
                            @let blocked = self.is_blocked(place);
                            button.quiet type="button" data-block=(!blocked) { @if blocked { "Unblock" } @else { "Block" } }
                        }
                    }
                }
                (self.owner(looking.person))
            }
        }
    }

    fn subtitle(&self, place: Place) -> String {
        match place {
            Place::Private { bot, .. } => format!("bot · @{}", self.store.bots.get(&bot).map_or("", |b| b.username())),
            Place::Group { group } => self.store.groups.get(&group).map_or_else(String::new, members_words),
        }
    }

    fn latest(&self, place: Place, window: Window) -> Vec<&Message> {
        let messages = self.messages(place).into_iter().flat_map(|m| m.values().rev());
        let mut latest: Vec<&Message> = messages.filter(|m| window.shows(m.topic)).take(SHOWN).collect();
        latest.reverse();
        latest
    }

    /// What stands below the messages: a start button, or menu, text field and reply keyboard.
    pub(super) fn composer(&self, place: Place, looking: &Looking, start: Option<&str>) -> Markup {
        let fresh = matches!(place, Place::Private { .. }) && self.messages(place).is_none();
        if fresh || start.is_some() || self.is_blocked(place) {
            let text = match start {
                Some(payload) => format!("/start {payload}"),
                None => "/start".to_owned(),
            };
            return html! { button.start type="button" data-send=(text) { "Start" } };
        }
        if !self.may_write(place, looking) {
            return html! { p.note { (icon("lock")) "This topic is closed" } };
        }
        let keyboard = self.reply_keyboard(place, looking);
        let hint = keyboard.and_then(|k| k.input_field_placeholder.as_deref()).unwrap_or("Message");
        let menu = self.menu_rows(place, looking.person);
        html! {
            (menu)
            form.write data-write data-force=[self.asked_to_reply(place, looking)] {
                @if !menu.0.is_empty() {
                    button.round type="button" data-menu aria-label="Menu of commands" title="Menu of commands" { (icon("menu")) }
                }
                textarea name="text" rows="1" placeholder=(hint) aria-label="Message" maxlength="4096" autocomplete="off" {}
                button.round type="button" data-attach aria-label="Attach" title="Attach" { (icon("attach")) }
                button.round.send aria-label="Send" title="Send" { (icon("send")) }
                div.popup.attachments popover {
                    label { input.unseen type="file" name="photo" accept="image/*" multiple; "Photo" }
                    label { input.unseen type="file" name="document" multiple; "File" }
                    button type="button" data-share="contact" { "My phone number" }
                    button type="button" data-share="location" { "Location" }
                }
            }
            @if let Some(keyboard) = keyboard { (keys(keyboard)) }
        }
    }

    /// The commands on offer; in groups each with the name of its bot, as clients send them there.
    fn menu_rows(&self, place: Place, person: i64) -> Markup {
        let in_group = matches!(place, Place::Group { .. });
        let rows = self.menu(place, person);
        html! {
            @if !rows.is_empty() {
                div.popup.commands popover="manual" role="listbox" aria-label="Commands" {
                    @for (bot, command) in rows {
                        @let text = if in_group { format!("/{}@{}", command.command, bot.username()) } else { format!("/{}", command.command) };
                        button type="button" role="option" aria-selected="false" tabindex="-1" data-send=(text) {
                            strong { "/" (command.command) }
                            span { (command.description) }
                        }
                    }
                }
            }
        }
    }

    fn may_write(&self, place: Place, looking: &Looking) -> bool {
        let Some(forum) = self.forum_of(place) else {
            return true;
        };
        let closed = match looking.window {
            Window::Topic(Some(id)) => forum.topics.get(&id).is_none_or(|t| t.closed),
            _ => forum.general.closed,
        };
        !closed || forum.standing(looking.person).is_admin()
    }

    /// The message that a bot asked the person to answer, until they write anything.
    fn asked_to_reply(&self, place: Place, looking: &Looking) -> Option<i64> {
        let last = self.messages(place)?.values().rev().find(|m| looking.window.shows(m.topic))?;
        matches!(last.keyboard, Some(Keyboard::Force { .. })).then_some(last.id)
    }

    /// The reply keyboard in force: the last one sent, unless removed, or used up when it is for one time.
    fn reply_keyboard(&self, place: Place, looking: &Looking) -> Option<&ReplyKeyboard> {
        let mut used = false;
        for message in self.messages(place)?.values().rev().filter(|m| looking.window.shows(m.topic)) {
            match &message.keyboard {
                Some(Keyboard::Reply(keyboard)) => {
                    return (!(keyboard.one_time_keyboard && used)).then_some(keyboard);
                }
                Some(Keyboard::Remove { .. }) => return None,
                _ => used = used || message.from == looking.person,
            }
        }
        None
    }
}

fn keys(keyboard: &ReplyKeyboard) -> Markup {
    html! {
        div.reply-keys role="group" aria-label="Answers" {
            @for row in &keyboard.keyboard {
                div.row {
                    @for button in row {
                        @if button.request_contact {
                            button type="button" data-share="contact" { (button.text) }
                        } @else if button.request_location {
                            button type="button" data-share="location" { (button.text) }
                        } @else {
                            button type="button" data-send=(button.text) { (button.text) }
                        }
                    }
                }
            }
        }
    }
}
