//! Every move of the triage, by each door that people have for it.

/// By which door somebody makes a move, and what is said there.
#[derive(Clone, Copy, Debug)]
pub(super) enum Door {
    /// Buttons by their labels: the first on the lead's card, each further one on what the one before brought. The blow falls
    /// on the last.
    Buttons(&'static [&'static str]),
    /// A button of the card, and what is written in answer to its question. The blow falls on the answer.
    Answer(&'static str, &'static str),
    /// What is written behind `/lead N`.
    Command(&'static str),
    /// `hub …`; the blow falls on this process too.
    Terminal(&'static [&'static str]),
}

/// A move by one door.
#[derive(Debug)]
pub(super) struct Step {
    /// What brings a fresh lead to where the move begins, by terminal and in peace.
    pub(super) before: &'static [&'static [&'static str]],
    pub(super) door: Door,
    /// The audit's word for it.
    pub(super) act: &'static str,
    /// The one row of the history: what, from, to.
    pub(super) row: [&'static str; 3],
    /// Words of the answer by button, command or text.
    pub(super) says: &'static str,
}

impl Step {
    /// Whether it is about two leads that may be one person.
    pub(super) fn is_of_two(&self) -> bool {
        self.act == "lead.merge"
    }
}

const fn step(
    before: &'static [&'static [&'static str]],
    door: Door,
    act: &'static str,
    row: [&'static str; 3],
    says: &'static str,
) -> Step {
    Step { before, door, act, row, says }
}

use Door::{Answer, Buttons, Command, Terminal};

const FRESH: &[&[&str]] = &[];
const TAKEN: &[&[&str]] = &[&["lead", "take", "{n}", "--for", "Bo"]];
const CALLED: &[&[&str]] = &[&["lead", "call", "{n}"]];
const QUALIFIED: &[&[&str]] = &[&["lead", "qualify", "{n}"]];
const REJECTED: &[&[&str]] = &[&["lead", "reject", "{n}", "--reason", "none of ours"]];
const ONBOARDING: &[&[&str]] = &[&["lead", "onboard", "{n}"]];
const OF_MAX: &[&[&str]] = &[&["lead", "assign", "{n}", "{max}"]];

const TAKE: [&str; 3] = ["moved", "new", "taken"];
const CALL: [&str; 3] = ["moved", "taken", "contacted"];
const PROMISE: [&str; 3] = ["promised", "contacted", "contacted"];
const QUALIFY: [&str; 3] = ["moved", "taken", "qualified"];
const REJECT: [&str; 3] = ["moved", "new", "rejected"];
const EXPLAIN: [&str; 3] = ["noted", "rejected", "rejected"];
const ONBOARD: [&str; 3] = ["moved", "qualified", "onboarding"];
const WIN: [&str; 3] = ["moved", "onboarding", "won"];
const LOSE: [&str; 3] = ["moved", "qualified", "lost"];
const REOPEN: [&str; 3] = ["moved", "rejected", "new"];
const RELEASE: [&str; 3] = ["moved", "taken", "new"];
const ASSIGN: [&str; 3] = ["assigned", "taken", "taken"];
const MERGE: [&str; 3] = ["merged", "new", "new"];

/// All of them. `{n}` is the lead's number, `{m}` that of its twin, `{max}` somebody who leaves the team.
pub(super) const STEPS: [Step; 36] = [
    step(FRESH, Buttons(&["Take"]), "lead.take", TAKE, "It is yours"),
    step(FRESH, Command("take"), "lead.take", TAKE, "It is yours"),
    step(FRESH, Terminal(&["lead", "take", "{n}"]), "lead.take", TAKE, ""),
    step(TAKEN, Buttons(&["Call back"]), "lead.call_back", CALL, "to call back"),
    step(TAKEN, Command("call tomorrow 9:00"), "lead.call_back", CALL, "to call back"),
    step(TAKEN, Terminal(&["lead", "call", "{n}", "--in", "2h"]), "lead.call_back", CALL, ""),
    step(FRESH, Answer("Call back", "tomorrow 9:00"), "lead.call_back", PROMISE, "You will be reminded"),
    step(CALLED, Command("call tomorrow 10:00"), "lead.call_back", PROMISE, "to call back"),
    step(CALLED, Terminal(&["lead", "call", "{n}", "--in", "3h"]), "lead.call_back", PROMISE, ""),
    step(TAKEN, Buttons(&["Qualify"]), "lead.qualify", QUALIFY, "Qualified"),
    step(TAKEN, Command("qualify"), "lead.qualify", QUALIFY, "Qualified"),
    step(TAKEN, Terminal(&["lead", "qualify", "{n}"]), "lead.qualify", QUALIFY, ""),
    step(FRESH, Buttons(&["Reject"]), "lead.reject", REJECT, "Rejected"),
    step(FRESH, Command("reject we build no castles"), "lead.reject", REJECT, "Rejected"),
    step(FRESH, Terminal(&["lead", "reject", "{n}", "--reason", "castles"]), "lead.reject", REJECT, ""),
    step(FRESH, Buttons(&["Reject", "Spam"]), "lead.explain", EXPLAIN, "Noted: Spam"),
    step(FRESH, Answer("Reject", "we build no castles"), "lead.explain", EXPLAIN, "Noted: we build no castles"),
    step(QUALIFIED, Buttons(&["Onboard"]), "lead.onboard", ONBOARD, "the link to forward"),
    step(QUALIFIED, Command("onboard"), "lead.onboard", ONBOARD, "start=onb_"),
    step(QUALIFIED, Terminal(&["lead", "onboard", "{n}"]), "lead.onboard", ONBOARD, ""),
    step(ONBOARDING, Command("won"), "lead.win", WIN, "Won"),
    step(ONBOARDING, Terminal(&["lead", "won", "{n}"]), "lead.win", WIN, ""),
    step(QUALIFIED, Buttons(&["Lost"]), "lead.lose", LOSE, "Lost"),
    step(QUALIFIED, Command("lost too expensive"), "lead.lose", LOSE, "Lost"),
    step(QUALIFIED, Terminal(&["lead", "lost", "{n}", "--reason", "money"]), "lead.lose", LOSE, ""),
    step(REJECTED, Buttons(&["Reopen"]), "lead.reopen", REOPEN, "Open again"),
    step(REJECTED, Command("reopen"), "lead.reopen", REOPEN, "Open again"),
    step(REJECTED, Terminal(&["lead", "reopen", "{n}"]), "lead.reopen", REOPEN, ""),
    step(TAKEN, Buttons(&["Give back"]), "lead.release", RELEASE, "nobody's again"),
    step(TAKEN, Command("release"), "lead.release", RELEASE, "nobody's again"),
    step(OF_MAX, Terminal(&["member", "revoke", "{max}", "--yes"]), "lead.release", RELEASE, ""),
    step(TAKEN, Buttons(&["Hand over", "Eva"]), "lead.assign", ASSIGN, "Eva has it"),
    step(TAKEN, Command("assign Eva"), "lead.assign", ASSIGN, "Eva has it"),
    step(TAKEN, Terminal(&["lead", "assign", "{n}", "Eva"]), "lead.assign", ASSIGN, ""),
    step(FRESH, Buttons(&["Merge with #{m}"]), "lead.merge", MERGE, "Both are lead"),
    step(FRESH, Terminal(&["lead", "merge", "{n}", "{m}"]), "lead.merge", MERGE, ""),
];
