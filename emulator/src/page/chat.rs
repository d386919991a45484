//! The right column: one chat with its messages and what a person can type, press and share.

use super::avatar;
use crate::markup::{Keyboard, ReplyKeyboard};
use crate::model::Telegram;
use crate::model::chat::{Group, Place};
use crate::model::message::Message;
use maud::{Markup, html};

/// Messages shown; older ones stay on the server.
const SHOWN: usize = 300;

impl Telegram {
    pub(super) fn chat_pane(&self, place: Place, person: i64, start: Option<&str>) -> Markup {
        let title = self.chat_title(place);
        let id = match place {
            Place::Private { bot, .. } => bot,
            Place::Group { group } => group,
        };
        html! {
            header {
                a.back href={ "/?as=" (person) } aria-label="Back to chats" { "←" }
                (avatar(&title, id))
                div.who {
                    h1 { (title) }
                    small #status data-idle=(self.subtitle(place)) { (self.subtitle(place)) }
                }
                @if matches!(place, Place::Private { .. }) && self.messages(place).is_some() {
                    @let blocked = self.is_blocked(place);
                    button.quiet data-block=(!blocked) { @if blocked { "Unblock" } @else { "Block" } }
                }
            }
            div #messages role="log" aria-label="Messages" tabindex="0" {
                @for message in self.latest(place) {
                    (self.bubble(place, message, person))
                }
            }
            div #composer { (self.composer(place, person, start)) }
        }
    }

    fn subtitle(&self, place: Place) -> String {
        match place {
            Place::Private { bot, .. } => format!("bot · @{}", self.store.bots.get(&bot).map_or("", |b| b.username())),
            Place::Group { group } => {
                let members =
                    self.store.groups.get(&group).map_or(0, |g| g.members.values().filter(|s| s.is_inside()).count());
                format!("{members} members")
            }
        }
    }

    fn latest(&self, place: Place) -> Vec<&Message> {
        let mut latest: Vec<&Message> =
            self.messages(place).into_iter().flat_map(|m| m.values().rev().take(SHOWN)).collect();
        latest.reverse();
        latest
    }

    /// What stands below the messages: a start button, or menu, text field and reply keyboard.
    pub(super) fn composer(&self, place: Place, person: i64, start: Option<&str>) -> Markup {
        let fresh = matches!(place, Place::Private { .. }) && self.messages(place).is_none();
        if fresh || start.is_some() || self.is_blocked(place) {
            let text = match start {
                Some(payload) => format!("/start {payload}"),
                None => "/start".to_owned(),
            };
            return html! { button.start data-send=(text) { "START" } };
        }
        let menu = self.menu(place);
        let keyboard = self.reply_keyboard(place, person);
        let hint = keyboard.and_then(|k| k.input_field_placeholder.as_deref()).unwrap_or("Message");
        html! {
            @if !menu.is_empty() {
                div #menu popover {
                    @for command in &menu {
                        button data-send={ "/" (command.command) } {
                            strong { "/" (command.command) }
                            span { (command.description) }
                        }
                    }
                }
            }
            form.write data-write {
                @if !menu.is_empty() {
                    button.menu type="button" popovertarget="menu" aria-label="Menu of commands" { "☰" span { " Menu" } }
                }
                @if let Some(group) = self.forum_of(place) {
                    select name="topic" aria-label="Topic" {
                        option value="" { (group.general.name) }
                        @for (id, topic) in group.topics.iter().filter(|(_, t)| !t.closed) {
                            option value=(id) { (topic.name) }
                        }
                    }
                }
                textarea name="text" rows="1" placeholder=(hint) aria-label="Message" maxlength="4096" autocomplete="off" {}
                label.attach title="Photo or file" {
                    (icon("M16.5 6v11a4 4 0 0 1-8 0V5.5a2.5 2.5 0 0 1 5 0V16a1 1 0 0 1-2 0V6.5H10V16a2.5 2.5 0 0 0 5 0V5.5a4 4 0 0 0-8 0V17a5.5 5.5 0 0 0 11 0V6z"))
                    input type="file" name="file" aria-label="Attach a photo or file";
                }
                button.send aria-label="Send" { (icon("M3.4 20.4 20.9 12.9a1 1 0 0 0 0-1.8L3.4 3.6a.7.7 0 0 0-1 .8L4.5 10.6 14 12 4.5 13.4 2.4 19.6a.7.7 0 0 0 1 .8z")) }
            }
            @if let Some(keyboard) = keyboard { (keys(keyboard)) }
        }
    }

    fn forum_of(&self, place: Place) -> Option<&Group> {
        match place {
            Place::Group { group } => self.store.groups.get(&group).filter(|g| g.is_forum),
            Place::Private { .. } => None,
        }
    }

    /// The reply keyboard in force: the last one sent, unless removed, or used up when it is for one time.
    fn reply_keyboard(&self, place: Place, person: i64) -> Option<&ReplyKeyboard> {
        let mut used = false;
        for message in self.messages(place)?.values().rev() {
            match &message.keyboard {
                Some(Keyboard::Reply(keyboard)) => {
                    return (!(keyboard.one_time_keyboard && used)).then_some(keyboard);
                }
                Some(Keyboard::Remove { .. }) => return None,
                _ => used = used || message.from == person,
            }
        }
        None
    }
}

/// A drawing of one path on a 24 by 24 field, in the colour of the text.
fn icon(path: &str) -> Markup {
    html! {
        svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true" fill="currentColor" { path d=(path) {} }
    }
}

fn keys(keyboard: &ReplyKeyboard) -> Markup {
    html! {
        div.reply-keys role="group" aria-label="Answers" {
            @for row in &keyboard.keyboard {
                div.row {
                    @for button in row {
                        @if button.request_contact {
                            button data-share="contact" { (button.text) }
                        } @else if button.request_location {
                            button data-share="location" { (button.text) }
                        } @else {
                            button data-send=(button.text) { (button.text) }
                        }
                    }
                }
            }
        }
    }
}
