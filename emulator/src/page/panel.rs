//! The panel: the clock, faults, and the transcript as it grows.

use super::desk::theme_switch;
use super::stream::Change;
use super::transcript::{Filter, rows};
use super::{Theme, answer, document, icon};
use crate::Emulator;
use crate::faults::{Active, Kind};
use crate::model::Telegram;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use futures_util::{Stream, StreamExt as _, stream};
use maud::{Markup, html};
use serde_json::json;
use std::time::Duration;

/// How often an open panel looks for what is new, in real time: quick enough to feel live, and a flood of calls costs no
/// more than this.
const LOOK: Duration = Duration::from_millis(250);

/// Faults by their names in the driving API, in words.
const FAULTS: [(&str, Kind, &str); 7] = [
    ("fail", Kind::Fail, "Refuse the call"),
    ("too_many_requests", Kind::TooManyRequests, "429: too many requests"),
    ("hang", Kind::Hang, "Never answer"),
    ("reset", Kind::Reset, "Cut the connection"),
    ("lose_answer", Kind::LoseAnswer, "Do it, lose the answer"),
    ("duplicate", Kind::Duplicate, "Deliver updates twice"),
    ("reorder", Kind::Reorder, "Swap updates"),
];

/// Methods that a fault is most often wanted for; any other can be typed.
const METHODS: [&str; 9] = [
    "sendMessage",
    "editMessageText",
    "answerCallbackQuery",
    "deleteMessage",
    "sendDocument",
    "sendPhoto",
    "setMyCommands",
    "getUpdates",
    "webhook",
];

/// `GET /panel`: nothing but the panel.
pub(super) async fn alone(State(emulator): State<Emulator>, headers: HeaderMap) -> Response {
    let panel = panel(&emulator, &Filter::default());
    answer(document(
        "Controls",
        Theme::of(&headers),
        html! {
            body.panel-page {
                header.bar {
                    a.brand href="/" title="All people" { span.mark aria-hidden="true" {} span { "Emulator" } }
                    div.tools { (theme_switch()) }
                }
                main #panel { (panel) }
            }
        },
    ))
}

/// `GET /app/panel`: the same as a part of a desk.
pub(super) async fn part(State(emulator): State<Emulator>, Query(filter): Query<Filter>) -> Response {
    answer(panel(&emulator, &filter))
}

pub(super) fn panel(emulator: &Emulator, filter: &Filter) -> Markup {
    let (last, records) = {
        let transcript = emulator.transcript();
        (transcript.last(), transcript.latest(filter, 0))
    };
    let faults = emulator.faults().list().to_vec();
    let telegram = emulator.lock();
    html! {
        div.panel data-seq=(last) {
            header.side-head {
                h2 { "Controls" }
                button.round type="button" data-panel aria-label="Close the controls" { (icon("close")) }
            }
            (telegram.clock_section())
            section aria-labelledby="faults-title" {
                h3 #faults-title { "Faults" }
                div data-part="faults" { (telegram.faults_list(&faults)) }
                (telegram.fault_form())
            }
            section.transcript aria-labelledby="transcript-title" {
                h3 #transcript-title { "Transcript" }
                (telegram.filter_form())
                div.calls role="log" aria-label="Calls, the latest first" aria-live="off" tabindex="0" { (rows(&records)) }
            }
        }
    }
}

impl Telegram {
    fn clock_section(&self) -> Markup {
        html! {
            section aria-labelledby="clock-title" {
                h3 #clock-title { "Clock" }
                div.clock {
                    time.now data-now=(self.now_ms()) data-offset=(self.store.clock.offset_ms) {}
                    small.faint data-ahead {}
                }
                div.chips {
                    @for (label, seconds) in [("+1 min", 60), ("+15 min", 900), ("+1 h", 3600), ("+1 day", 86400)] {
                        button type="button" data-advance=(seconds) { (label) }
                    }
                }
                form.chips data-set-clock {
                    input type="datetime-local" name="now" aria-label="Date and time" required;
                    button { "Set" }
                    button type="button" data-advance="real" { "Real time" }
                }
            }
        }
    }

    fn faults_list(&self, faults: &[Active]) -> Markup {
        html! {
            @if faults.is_empty() { p.faint { "None: every call is treated by the rules." } }
            ul.faults {
                @for fault in faults {
                    li {
                        div {
                            strong { (fault_words(fault)) }
                            small.faint { (self.fault_scope(fault)) }
                        }
                        button.quiet type="button" data-remove-fault=(fault.id) { "End" span.unseen { " fault " (fault.id) } }
                    }
                }
            }
        }
    }

    fn fault_scope(&self, fault: &Active) -> String {
        let rule = &fault.rule;
        let mut words = vec![rule.method.clone().unwrap_or_else(|| "any method".to_owned())];
        words.extend(rule.bot.map(|bot| format!("of {}", self.full_name(bot))));
        words.extend(rule.chat.map(|chat| format!("in {}", self.chat_words(chat))));
        let mut scope = words.join(" ");
        scope.push_str(&format!(" · struck {}", fault.hits));
        if let Some(count) = rule.count {
            scope.push_str(&format!(" of {count}"));
        }
        if let Some(left) = fault.seconds_left() {
            scope.push_str(&format!(" · {left} s left"));
        }
        scope
    }

    fn chat_words(&self, chat: i64) -> String {
        self.store.groups.get(&chat).map_or_else(|| self.full_name(chat), |group| group.title.clone())
    }

    fn fault_form(&self) -> Markup {
        let people = self.store.people.values().map(|p| (p.user.id, p.user.full_name()));
        let groups = self.store.groups.values().filter(|g| g.ended.is_none()).map(|g| (g.id, g.title.clone()));
        html! {
            details.new-fault {
                summary { "New fault" }
                form.fields data-new-fault {
                    label.wide { span { "What happens" }
                        select name="fault" { @for (name, _, words) in FAULTS { option value=(name) { (words) } } }
                    }
                    label { span { "Method" } input name="method" list="methods" placeholder="any" autocomplete="off"; }
                    datalist #methods { @for method in METHODS { option value=(method) {} } }
                    label { span { "Times" } input name="count" type="number" min="1" placeholder="without end" value="1"; }
                    label { span { "Bot" }
                        select name="bot" {
                            option value="" { "any" }
                            @for bot in self.store.bots.values() { option value=(bot.user.id) { (bot.user.full_name()) } }
                        }
                    }
                    label { span { "Chat" }
                        select name="chat" {
                            option value="" { "any" }
                            @for (id, name) in people.chain(groups) { option value=(id) { (name) } }
                        }
                    }
                    label { span { "Seconds" } input name="seconds" type="number" min="1" placeholder="without end"; }
                    label { span { "Status" } input name="status" type="number" min="400" max="599" placeholder="500"; }
                    label.wide { span { "Description" } input name="description" placeholder="Internal Server Error" autocomplete="off"; }
                    button.wide-button { "Set the fault" }
                }
            }
        }
    }

    fn filter_form(&self) -> Markup {
        html! {
            form.filter data-filter {
                input name="method" type="search" placeholder="Method" aria-label="Method" autocomplete="off";
                select name="bot" aria-label="Bot" {
                    option value="" { "All bots" }
                    @for bot in self.store.bots.values() { option value=(bot.username()) { "@" (bot.username()) } }
                }
                div.which {
                    label.check { input type="checkbox" name="trouble" value="1"; span { "Only trouble" } }
                    label.check { input type="checkbox" name="polls" value="1"; span { "Polls too" } }
                    a href="/_emulator/transcript" target="_blank" { "All as JSON" }
                }
            }
        }
    }
}

fn fault_words(fault: &Active) -> String {
    let words = FAULTS.iter().find(|(_, kind, _)| *kind == fault.rule.fault).map_or("", |(_, _, words)| words);
    match fault.rule.status {
        Some(status) => format!("{words} with {status}"),
        None => words.to_owned(),
    }
}

/// What changes in an open panel, after the record of that number.
pub(super) fn changes(emulator: Emulator, filter: Filter, after: u64) -> impl Stream<Item = Change> {
    let watcher = Watcher { emulator, filter, seen: after, faults: None, offset: None };
    let looks = stream::unfold((watcher, tokio::time::interval(LOOK)), |(mut watcher, mut looks)| async move {
        looks.tick().await;
        Some((stream::iter(watcher.look()), (watcher, looks)))
    });
    looks.flatten()
}

struct Watcher {
    emulator: Emulator,
    filter: Filter,
    seen: u64,
    /// As last shown.
    faults: Option<String>,
    offset: Option<i64>,
}

impl Watcher {
    fn look(&mut self) -> Vec<Change> {
        let mut changes = Vec::new();
        let (last, records) = {
            let transcript = self.emulator.transcript();
            (transcript.last(), transcript.latest(&self.filter, self.seen))
        };
        self.seen = last;
        if !records.is_empty() {
            changes.push(("calls", json!({"html": rows(&records).0})));
        }
        let faults = self.emulator.faults().list().to_vec();
        let telegram = self.emulator.lock();
        let shown = telegram.faults_list(&faults).0;
        if self.faults.as_ref() != Some(&shown) {
            changes.push(("faults", json!({"html": shown})));
            self.faults = Some(shown);
        }
        let offset = telegram.store.clock.offset_ms;
        if self.offset != Some(offset) {
            changes.push(("clock", json!({"now": telegram.now_ms(), "offset": offset})));
            self.offset = Some(offset);
        }
        changes
    }
}
