//! Whole pages: one person's messenger, several side by side, and the choice who to be.

use super::spec::{Looking, Spec};
use super::{Theme, answer, avatar, document, forms, icon, panel, transcript};
use crate::Emulator;
use crate::model::Telegram;
use crate::model::reading::Window;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;

/// `GET /?as=PERSON&chat=CHAT&topic=TOPIC&start=PAYLOAD`: who looks, at what, and with which deep link in hand.
#[derive(Debug, Deserialize)]
pub(super) struct One {
    #[serde(rename = "as")]
    person: Option<String>,
    chat: Option<String>,
    topic: Option<String>,
    start: Option<String>,
    panel: Option<String>,
}

/// `GET /desk?people=SPEC,SPEC…`; everybody without it.
#[derive(Debug, Deserialize)]
pub(super) struct Several {
    pub(super) people: Option<String>,
    start: Option<String>,
    panel: Option<String>,
}

/// The messenger of one person, or the choice.
pub(super) async fn one(State(emulator): State<Emulator>, Query(one): Query<One>, headers: HeaderMap) -> Response {
    let specs = one.person.as_deref().map(|p| Spec::new(p, one.chat.as_deref(), one.topic.as_deref()));
    let specs: Vec<Spec> = specs.into_iter().collect();
    page(&emulator, &specs, one.start.as_deref(), one.panel.is_some(), Theme::of(&headers))
}

/// Several messengers side by side.
pub(super) async fn several(
    State(emulator): State<Emulator>,
    Query(several): Query<Several>,
    headers: HeaderMap,
) -> Response {
    let specs = match &several.people {
        Some(people) => Spec::list(people),
        None => {
            let telegram = emulator.lock();
            telegram.store.people.keys().map(|id| Spec::new(&id.to_string(), None, None)).collect()
        }
    };
    page(&emulator, &specs, None, several.panel.is_some(), Theme::of(&headers))
}

fn page(emulator: &Emulator, specs: &[Spec], start: Option<&str>, with_panel: bool, theme: Theme) -> Response {
    let panel = with_panel.then(|| panel::panel(emulator, &transcript::Filter::default()));
    let mut telegram = emulator.lock();
    let looking: Vec<Looking> = specs.iter().filter_map(|spec| telegram.look(spec)).collect();
    if looking.is_empty() {
        return answer(telegram.welcome(theme));
    }
    looking.iter().for_each(|l| telegram.see(l));
    answer(telegram.desk(&looking, start, panel, theme))
}

/// `GET /app/pane?people=SPEC`: one pane anew.
pub(super) async fn pane(State(emulator): State<Emulator>, Query(several): Query<Several>) -> Response {
    let mut telegram = emulator.lock();
    let spec = several.people.as_deref().and_then(|people| Spec::list(people).pop());
    let Some(looking) = spec.and_then(|spec| telegram.look(&spec)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    telegram.see(&looking);
    answer(telegram.pane(&looking, several.start.as_deref()))
}

impl Telegram {
    /// A pane that is drawn has been read.
    fn see(&mut self, looking: &Looking) {
        if let Some(place) = looking.place {
            self.mark_read(looking.person, place, looking.window);
        }
    }

    /// Choosing who to be.
    fn welcome(&self, theme: Theme) -> Markup {
        let people = || self.store.people.values().filter(|p| !p.deactivated);
        document(
            "Who are you?",
            theme,
            html! {
                body.welcome {
                    main.sheet {
                        h1 { "Who are you?" }
                        p.faint { "Each pane is one person’s phone. Put several side by side to talk to the bots as several people." }
                        ul.people {
                            @for person in people() {
                                li {
                                    a href={ "/?as=" (person.user.id) } {
                                        (avatar(&person.user.full_name(), person.user.id))
                                        span { (person.user.full_name()) }
                                        small.faint { (forms::language_name(person.user.language_code.as_deref())) }
                                    }
                                }
                            }
                        }
                        @if people().count() > 1 {
                            a.wide-button href="/desk" { "All side by side" }
                        }
                        (forms::new_person(self.store.people.is_empty()))
                        p.links { a href="/panel" { "Clock, faults and transcript" } }
                    }
                    div.toasts role="status" {}
                }
            },
        )
    }

    /// Panes under a bar, with the panel where it is open.
    fn desk(&self, looking: &[Looking], start: Option<&str>, panel: Option<Markup>, theme: Theme) -> Markup {
        let names: Vec<String> = looking.iter().map(|l| self.full_name(l.person)).collect();
        document(
            &names.join(", "),
            theme,
            html! {
                body.desk.several[looking.len() > 1] {
                    header.bar {
                        a.brand href="/" title="All people" { span.mark aria-hidden="true" {} span { "Emulator" } }
                        nav.tabs aria-label="Panes" {
                            @for (index, (name, l)) in names.iter().zip(looking).enumerate() {
                                button.tab type="button" data-show=(index) aria-pressed=(index == 0) {
                                    (avatar(name, l.person)) span { (name) }
                                }
                                button.round.close-tab type="button" data-close-at=(index)
                                    aria-label={ "Close " (name) "’s pane" } title="Close this pane" { (icon("close")) }
                            }
                        }
                        (bar_buttons(panel.is_some()))
                    }
                    main.panes {
                        @for l in looking { (self.pane(l, start)) }
                    }
                    aside #panel aria-label="Controls" hidden[panel.is_none()] {
                        @if let Some(panel) = panel { (panel) }
                    }
                    (forms::dialogs(self))
                }
            },
        )
    }

    /// One person's messenger.
    pub(super) fn pane(&self, looking: &Looking, start: Option<&str>) -> Markup {
        let key = looking.place.map(|place| self.chat_key(place));
        let topic = self.topic_key(looking);
        let open = looking.place.is_some() && looking.window != Window::Closed;
        html! {
            section.pane.open[open] aria-label={ (self.full_name(looking.person)) "’s messenger" }
                data-person=(looking.person) data-chat=[key] data-topic=[topic] data-serial=(self.serial()) {
                div.side data-part="list" { (self.list(looking)) }
                div.chat {
                    @match looking.place {
                        Some(place) if open => (self.chat(place, looking, start)),
                        Some(_) => p.pill { "Choose a topic" },
                        None => p.pill { "Choose a chat to begin" },
                    }
                }
                div.toasts role="status" {}
            }
        }
    }
}

/// What every page with a bar has at its end.
pub(super) fn bar_buttons(panel_open: bool) -> Markup {
    html! {
        div.tools {
            button.tool type="button" data-dialog="add" aria-label="Another person beside" title="Another person beside" { (icon("plus")) span { "Person" } }
            button.tool type="button" data-panel aria-label="Controls" aria-controls="panel" aria-expanded=(panel_open) {
                (icon("sliders")) span { "Controls" }
            }
            (theme_switch())
        }
    }
}

pub(super) fn theme_switch() -> Markup {
    html! {
        button.tool type="button" data-theme-switch aria-label="Colours: as the system has them" title="Colours" { (icon("theme")) }
    }
}
