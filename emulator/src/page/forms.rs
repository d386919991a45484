//! Dialogs and the form for new people.

use super::avatar;
use crate::model::Telegram;
use maud::{Markup, html};

/// Languages that a person's client can have here, by the code that it sends.
const LANGUAGES: [(&str, &str); 10] = [
    ("en", "English"),
    ("de", "Deutsch"),
    ("ru", "Русский"),
    ("es", "Español"),
    ("fr", "Français"),
    ("pl", "Polski"),
    ("tr", "Türkçe"),
    ("uk", "Українська"),
    ("ar", "العربية"),
    ("pt-br", "Português (Brasil)"),
];

/// A language in its own words; unknown codes as they are.
pub(super) fn language_name(code: Option<&str>) -> &str {
    let code = code.unwrap_or("en");
    LANGUAGES.iter().find(|(known, _)| *known == code).map_or(code, |(_, name)| name)
}

/// The language of somebody's app, which can be changed.
pub(super) fn language_choice(person: i64, name: &str, code: Option<&str>) -> Markup {
    let code = code.unwrap_or("en");
    let known = LANGUAGES.iter().any(|(known, _)| *known == code);
    html! {
        select.language data-language=(person) aria-label={ "Language of " (name) "’s app" } title="Language of the app" autocomplete="off" {
            @if !known { option value=(code) selected { (code) } }
            @for (each, words) in LANGUAGES { option value=(each) selected[each == code] { (words) } }
        }
    }
}

/// The form that makes a person.
pub(super) fn new_person(open: bool) -> Markup {
    html! {
        details.new-person open[open] {
            summary { "New person" }
            form.fields data-new-person {
                label { span { "First name" } input name="first_name" required maxlength="64" autocomplete="off"; }
                label { span { "Last name" } input name="last_name" maxlength="64" autocomplete="off"; }
                label {
                    span { "Username" }
                    input name="username" pattern="[A-Za-z][A-Za-z0-9_]{3,31}" title="4 to 32 letters, digits and _" autocomplete="off";
                }
                label {
                    span { "Language" }
                    select name="language_code" {
                        @for (code, name) in LANGUAGES { option value=(code) { (name) } }
                    }
                }
                button.wide-button { "Create" }
            }
        }
    }
}

/// The dialogs of a desk, all closed.
pub(super) fn dialogs(telegram: &Telegram) -> Markup {
    html! {
        dialog #add closedby="any" aria-labelledby="add-title" {
            (head("add-title", "Another person beside"))
            ul.people {
                @for person in telegram.store.people.values().filter(|p| !p.deactivated) {
                    li {
                        button type="button" data-add=(person.user.id) {
                            (avatar(&person.user.full_name(), person.user.id))
                            span { (person.user.full_name()) }
                            small.faint { (language_name(person.user.language_code.as_deref())) }
                        }
                    }
                }
            }
            (new_person(false))
        }
        dialog #group closedby="any" aria-labelledby="group-title" {
            (head("group-title", "New group"))
            form.fields data-new-group {
                label { span { "Title" } input name="title" required autofocus maxlength="128" autocomplete="off"; }
                label {
                    span { "Kind" }
                    select name="kind" {
                        option value="forum" { "Supergroup with topics" }
                        option value="supergroup" { "Supergroup" }
                        option value="group" { "Basic group" }
                    }
                }
                fieldset {
                    legend { "People" }
                    @for person in telegram.store.people.values().filter(|p| !p.deactivated) {
                        label.check { input type="checkbox" name="member" value=(person.user.id); span { (person.user.full_name()) } }
                    }
                }
                fieldset {
                    legend { "Bots, as administrators" }
                    @for bot in telegram.store.bots.values() {
                        label.check { input type="checkbox" name="bot" value=(bot.user.id) checked; span { (bot.user.full_name()) } }
                    }
                }
                button.wide-button { "Create" }
            }
        }
        dialog #members closedby="any" aria-labelledby="members-title" {
            (head("members-title", "Members"))
            div.content {}
        }
        dialog #topic closedby="any" aria-labelledby="topic-title" {
            (head("topic-title", "New topic"))
            form.fields data-new-topic {
                label { span { "Name" } input name="name" required autofocus maxlength="128" autocomplete="off"; }
                fieldset.colours {
                    legend { "Colour" }
                    @for (index, colour) in crate::model::forum::ICON_COLORS.iter().enumerate() {
                        label title=(format!("Colour {}", index + 1)) {
                            input type="radio" name="icon_color" value=(colour) checked[index == 0] aria-label=(format!("Colour {}", index + 1));
                            (topic_icon(*colour, ""))
                        }
                    }
                }
                button.wide-button { "Create" }
            }
        }
        dialog #place closedby="any" aria-labelledby="place-title" {
            (head("place-title", "Share a location"))
            form.fields method="dialog" data-place {
                label { span { "Latitude" } input name="latitude" autofocus type="number" step="any" min="-90" max="90" required value="52.5219"; }
                label { span { "Longitude" } input name="longitude" type="number" step="any" min="-180" max="180" required value="13.4132"; }
                button.wide-button value="yes" { "Share" }
            }
        }
        dialog #ask closedby="any" aria-labelledby="ask-title" {
            h2 #ask-title {}
            p {}
            form.answers method="dialog" {
                button value="no" { "Cancel" }
                button.strong value="yes" autofocus { "OK" }
            }
        }
        div #actions.popup popover role="menu" aria-label="Message" {
            div.emojis role="none" {
                @for emoji in ["👍", "❤️", "🔥", "👀", "🎉"] {
                    button type="button" role="menuitem" data-react=(emoji) aria-label={ "React with " (emoji) } { (emoji) }
                }
            }
            button type="button" role="menuitem" data-act="reply" { "Reply" }
            button type="button" role="menuitem" data-act="edit" { "Edit" }
            button type="button" role="menuitem" data-act="copy" { "Copy text" }
            button type="button" role="menuitem" data-act="delete" { "Delete" }
        }
    }
}

fn head(id: &str, title: &str) -> Markup {
    html! {
        form.dialog-head method="dialog" {
            h2 id=(id) { (title) }
            button.round aria-label="Close" formnovalidate { (super::icon("close")) }
        }
    }
}

/// The mark of a topic: its colour and its first letter, `#` for General.
pub(super) fn topic_icon(colour: u32, name: &str) -> Markup {
    let letter: String = name.chars().find(|c| c.is_alphanumeric()).into_iter().flat_map(char::to_uppercase).collect();
    let class = format!("topic-icon t{colour:06x}");
    html! { span class=(class) aria-hidden="true" { (letter) } }
}
