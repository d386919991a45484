//! Who may do what in the chat, said once: a line for each command, and the presses that only show something.
//!
//! Menus, `/help`, "did you mean" and the guards ([`colleague`](super::colleague)) all read it here. What stands in neither list
//! changes something and is for operators.

use waas_platform::telegram::buttons::Pressed;
use waas_platform::telegram::{Event, Turn};

use super::super::model::{Member, Role};

/// A command as the chat knows it; its words are `command-NAME` in the catalogue.
struct Command {
    name: &'static str,
    /// The weakest role that may give it; none: everybody.
    least: Option<Role>,
    shown: Shown,
}

/// Where a command is offered.
enum Shown {
    /// In the menu and in `/help`.
    InMenu,
    /// There too, but only to who is no member: the team has better ones.
    ToGuests,
    /// In `/help` with an example: it wants to know of what, and no menu can press it.
    Written(&'static str),
}

const VIEWERS: Option<Role> = Some(Role::Viewer);
const OPERATORS: Option<Role> = Some(Role::Operator);
const OWNERS: Option<Role> = Some(Role::Owner);
const EVERYBODY: Option<Role> = None;

/// In the order of the menu.
const COMMANDS: [Command; 28] = [
    offered("leads", VIEWERS),
    offered("tenants", VIEWERS),
    offered("status", VIEWERS),
    offered("alerts", VIEWERS),
    offered("jobs", VIEWERS),
    offered("report", VIEWERS),
    offered("provision", OPERATORS),
    offered("deadletters", OPERATORS),
    offered("members", OPERATORS),
    offered("audit", OWNERS),
    offered("bind", OWNERS),
    Command { name: "start", least: EVERYBODY, shown: Shown::ToGuests },
    offered("help", EVERYBODY),
    offered("language", EVERYBODY),
    offered("whoami", EVERYBODY),
    Command { name: "cancel", least: EVERYBODY, shown: Shown::ToGuests },
    written("lead", VIEWERS, "3"),
    written("tenant", VIEWERS, "new_salon"),
    written("logs", OPERATORS, "new_salon backend"),
    written("alert", VIEWERS, "5"),
    written("silence", OPERATORS, "new_salon 2h"),
    written("job", VIEWERS, "7"),
    written("restart", OPERATORS, "new_salon"),
    written("down", OPERATORS, "new_salon"),
    written("up", OPERATORS, "new_salon"),
    written("delete", OPERATORS, "new_salon"),
    written("restore", OPERATORS, "new_salon"),
    written("erase", OPERATORS, "new_salon"),
];

/// Presses that only show something: all that a viewer has of a card, and none of them redraws what the team works on.
const LOOKS: [&str; 12] = [
    "lead.page",
    "lead.open",
    "lead.message",
    "lead.history",
    "lead.history_page",
    "lead.history_whole",
    "tenant.page",
    "tenant.open",
    // Which site a command is about; what the command then does asks for its own right.
    "tenant.picked",
    "tenant.pick_page",
    "job.open",
    "alert.show",
];

const fn offered(name: &'static str, least: Option<Role>) -> Command {
    Command { name, least, shown: Shown::InMenu }
}

const fn written(name: &'static str, least: Option<Role>, example: &'static str) -> Command {
    Command { name, least, shown: Shown::Written(example) }
}

fn open_to(role: Option<Role>) -> impl Iterator<Item = &'static Command> {
    COMMANDS.iter().filter(move |command| command.least <= role)
}

/// The commands of somebody's menu; none: of who is no member.
pub(in crate::access) fn in_menu(role: Option<Role>) -> Vec<&'static str> {
    let offered = open_to(role).filter(|command| match command.shown {
        Shown::InMenu => true,
        Shown::ToGuests => role.is_none(),
        Shown::Written(_) => false,
    });
    offered.map(|command| command.name).collect()
}

/// Those that want to know of what, with an example of it.
pub(super) fn with_examples(role: Option<Role>) -> Vec<(&'static str, &'static str)> {
    let written = open_to(role).filter_map(|command| match command.shown {
        Shown::Written(example) => Some((command.name, example)),
        Shown::InMenu | Shown::ToGuests => None,
    });
    written.collect()
}

/// Every command that somebody may give.
pub(super) fn all(member: Option<&Member>) -> impl Iterator<Item = &'static str> {
    open_to(member.map(|member| member.role)).map(|command| command.name)
}

/// The weakest role that may do what this turn asks for, where it is the team's at all.
pub(super) fn least(turn: &Turn) -> Role {
    match (&turn.incoming().event, turn.pressed()) {
        (Event::Command { name, .. }, _) => {
            let command = COMMANDS.iter().find(|command| command.name == name);
            command.map_or(Role::Operator, |command| command.least.unwrap_or(Role::Viewer))
        }
        (_, Some(Pressed::Live(meaning) | Pressed::Stale(meaning))) if only_shows(&meaning.action) => Role::Viewer,
        _ => Role::Operator,
    }
}

/// Whether a press of this action changes nothing.
pub(super) fn only_shows(action: &str) -> bool {
    LOOKS.contains(&action)
}
