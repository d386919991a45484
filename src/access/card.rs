//! What people see of the team. Pure: facts in, views out.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;
use waas_platform::render::{Context, Html, Reader, RenderError};
use waas_platform::telegram::{Button, View};

use super::model::{Role, Standing};
use crate::front::Front;

/// Characters of a name in a text.
const NAME_CHARS: usize = 64;
/// Characters of a name on one of two labels in a row.
const LABEL_CHARS: usize = 20;

/// A page of the team.
pub(super) struct Page<'a> {
    /// Who is listed.
    pub(super) members: &'a [Standing],
    /// Whether this is not the first page.
    pub(super) later: bool,
    /// Whether there are more.
    pub(super) more: bool,
    /// Whether the reader may change anything.
    pub(super) owner: bool,
    /// The card of this list, which its buttons redraw.
    pub(super) list: &'a str,
}

#[derive(Serialize)]
struct Line {
    mark: &'static str,
    name: String,
    role: &'static str,
    id: String,
}

/// The team: a button for each, to turn the page, and for owners to invite somebody.
pub(super) fn members(front: &Front, reader: &Reader, page: &Page<'_>) -> Result<View, RenderError> {
    let line = |member: &Standing| Line {
        mark: mark(member.role),
        name: full_name(member),
        role: member.role.word(),
        id: member.id.to_string(),
    };
    let lines: Vec<Line> = page.members.iter().map(line).collect();
    let context = Context::new().with("lines", &lines).with("owner", &page.owner);
    let mut view = View::text(front.say(reader, "access/members.html", &context)?);
    for row in page.members.chunks(2) {
        view = view.row(row.iter().map(|member| {
            let label = short(&format!("{} {}", mark(member.role), member.first_name), LABEL_CHARS);
            Button::press(label, "member.open", page.list).with(json!({ "person": member.id }))
        }));
    }
    let turn_to = |key: &str, after: Option<i64>| {
        Button::press(front.word(reader, key), "member.page", page.list).with(json!({ "after": after }))
    };
    let first = page.later.then(|| turn_to("button-to-start", None));
    let next = page.more.then(|| turn_to("button-more", page.members.last().map(|member| member.id)));
    view = view.row(first.into_iter().chain(next));
    if page.owner {
        view = view.row([Button::press(front.word(reader, "button-invite"), "member.invite", page.list)]);
    }
    Ok(view)
}

/// One member; for owners with buttons for every other role and for removing them.
pub(super) fn member(
    front: &Front,
    reader: &Reader,
    member: &Standing,
    owner: bool,
    last_owner: bool,
    list: &str,
) -> Result<View, RenderError> {
    let context = Context::new()
        .with("mark", mark(member.role))
        .with("name", &full_name(member))
        .with("username", &member.username)
        .with("id", &member.id.to_string())
        .with("role", member.role.word())
        .with("since", &member.since)
        .with("removed", &member.removed_at)
        .with("last_owner", &(owner && last_owner));
    let mut view = View::text(front.say(reader, "access/member.html", &context)?);
    if owner && !last_owner && member.removed_at.is_none() {
        let others = Role::ALL.into_iter().rev().filter(|role| *role != member.role);
        view = view.row(others.map(|role| {
            let label = front.word(reader, &format!("button-role-{}", role.word()));
            Button::press(label, "member.ask", list).with(wish(member, Some(role)))
        }));
        view =
            view.row([Button::press(front.word(reader, "button-remove"), "member.ask", list).with(wish(member, None))]);
    }
    Ok(view.row([back(front, reader, list)]))
}

/// What a change would mean, with a button to do it. The wish carries the role that was shown: another one by then and
/// nothing is done.
pub(super) fn ask(
    front: &Front,
    reader: &Reader,
    member: &Standing,
    to: Option<Role>,
    list: &str,
) -> Result<View, RenderError> {
    let context = Context::new()
        .with("name", &full_name(member))
        .with("from", member.role.word())
        .with("to", to.map_or("removed", Role::word))
        .with("leads_go", &(member.role.operates() && !to.is_some_and(Role::operates)));
    let confirm = Button::press(front.word(reader, "button-confirm"), "member.change", list).with(wish(member, to));
    let cancel =
        Button::press(front.word(reader, "button-cancel"), "member.open", list).with(json!({ "person": member.id }));
    Ok(View::text(front.say(reader, "access/member_ask.html", &context)?).row([confirm.once(), cancel]))
}

/// What somebody can be invited as.
pub(super) fn invite(front: &Front, reader: &Reader, list: &str) -> Result<View, RenderError> {
    let view = View::text(front.say(reader, "access/member_invite.html", &Context::new())?);
    let roles = Role::ALL.into_iter().rev().map(|role| {
        let label = front.word(reader, &format!("button-role-{}", role.word()));
        Button::press(label, "member.invite_as", list).with(json!({ "role": role.word() })).once()
    });
    Ok(view.row(roles).row([back(front, reader, list)]))
}

/// The message to forward to whom it is for.
pub(super) fn invitation(
    front: &Front,
    reader: &Reader,
    role: Role,
    link: &str,
    until: DateTime<Utc>,
) -> Result<Html, RenderError> {
    let context = Context::new().with("role", role.word()).with("link", link).with("until", &until);
    front.say(reader, "access/invitation.html", &context)
}

fn back(front: &Front, reader: &Reader, list: &str) -> Button {
    Button::press(front.word(reader, "button-team"), "member.page", list).with(json!({ "after": null }))
}

fn wish(member: &Standing, to: Option<Role>) -> serde_json::Value {
    json!({ "person": member.id, "was": member.role.word(), "to": to.map(Role::word) })
}

const fn mark(role: Role) -> &'static str {
    match role {
        Role::Owner => "👑",
        Role::Operator => "🛠",
        Role::Viewer => "👁",
    }
}

fn full_name(member: &Standing) -> String {
    let last = member.last_name.as_deref().map(|last| format!(" {last}")).unwrap_or_default();
    short(&format!("{}{last}", member.first_name), NAME_CHARS)
}

/// One line of at most `chars` characters; what was cut ends with an ellipsis.
pub(super) fn short(text: &str, chars: usize) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.chars().count() <= chars {
        return line;
    }
    let kept: String = line.chars().take(chars.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests;
