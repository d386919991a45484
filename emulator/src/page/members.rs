//! Who is in a group and who could be: what its dialog shows.

use super::desk::Several;
use super::spec::Spec;
use super::{answer, avatar};
use crate::Emulator;
use crate::model::Telegram;
use crate::model::chat::{Group, Place, Standing};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

/// `GET /app/members?people=SPEC`.
pub(super) async fn members(State(emulator): State<Emulator>, Query(several): Query<Several>) -> Response {
    let telegram = emulator.lock();
    let spec = several.people.as_deref().and_then(|people| Spec::list(people).pop());
    let looking = spec.and_then(|spec| telegram.look(&spec));
    let group = looking.and_then(|l| match l.place? {
        Place::Group { group } => telegram.store.groups.get(&group),
        Place::Private { .. } => None,
    });
    match (looking, group) {
        (Some(looking), Some(group)) => answer(telegram.members(group, looking.person)),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

impl Telegram {
    fn members(&self, group: &Group, person: i64) -> Markup {
        let may = group.standing(person).is_admin();
        let inside = group.members.iter().filter(|(_, standing)| standing.is_inside());
        let people = self.store.people.values().filter(|p| !p.deactivated).map(|p| p.user.id);
        let outside = people.chain(self.store.bots.keys().copied()).filter(|&id| !group.standing(id).is_inside());
        html! {
            ul.members {
                @for (&id, &standing) in inside {
                    (self.member(id, standing.name(), html! {
                        @match standing {
                            Standing::Member if may => (act(id, "administrator", "Promote")),
                            Standing::Administrator if may => (act(id, "member", "Demote")),
                            _ => {},
                        }
                        @if id == person { (act(id, "left", "Leave")) }
                        @else if may && standing != Standing::Creator { (act(id, "kicked", "Remove")) }
                    }))
                }
                @for id in outside { (self.member(id, "outside", act(id, "member", "Add"))) }
            }
        }
    }

    fn member(&self, id: i64, standing: &str, acts: Markup) -> Markup {
        let name = self.full_name(id);
        html! {
            li {
                (avatar(&name, id))
                div.who {
                    span { (name) }
                    small.faint { (standing) @if self.store.bots.contains_key(&id) { " · bot" } }
                }
                (acts)
            }
        }
    }
}

fn act(member: i64, standing: &str, words: &str) -> Markup {
    html! { button.quiet type="button" data-member=(member) data-standing=(standing) { (words) } }
}
