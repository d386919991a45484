//! What operators see of leads: the card, the list, the invitation to forward. Pure functions of facts; no database.
//!
//! What strangers typed is cut here to what a phone can show. It is never changed otherwise, and it stands alone on its
//! line, so that marks for the direction of writing in it reach no further.

mod asked;
mod figures;
mod history;
mod list;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;
use waas_platform::render::{Context, Html, Reader, RenderError};
use waas_platform::telegram::{Button, View};

use super::model::{LeadMove, LeadState, REASONS as CLOSING};
use super::store::Lead;
use crate::front::Front;
pub(super) use asked::{ask_when, ask_who, ask_why, handed, noted, reminder};
pub(super) use figures::{figures, plot};
pub(super) use history::{Told, history, whole_history};
pub(super) use list::{MINE, Page, Whose, digest, list};

/// Units of the message that fit a card beside everything else at its longest.
const MESSAGE_UNITS: usize = 1_200;
/// Characters of a name on a card.
const NAME_CHARS: usize = 200;
/// Characters of any other field on a card.
const FIELD_CHARS: usize = 80;
/// Characters of a name in a list.
const LISTED_CHARS: usize = 40;
/// Reasons that are named one by one, best first as the rules order them.
const REASONS: usize = 12;
/// Kinds of business that have words of their own.
const NICHES: [&str; 3] = ["beauty_salon", "installers", "shop"];
/// Moves that a card offers, in the order of its buttons.
const OFFERED: [LeadMove; 8] = [
    LeadMove::Take,
    LeadMove::CallBack,
    LeadMove::Qualify,
    LeadMove::Reject,
    LeadMove::Onboard,
    LeadMove::Lose,
    LeadMove::Release,
    LeadMove::Reopen,
];

#[derive(Serialize)]
struct ShownReason {
    points: String,
    field: String,
    words: String,
}

/// What a card shows beside its lead.
#[derive(Clone, Copy, Debug, Default)]
pub struct Around<'a> {
    /// The first name of who has it.
    pub holder: Option<&'a str>,
    /// Leads that may be the same person.
    pub twins: &'a [Lead],
    /// The number of the lead that it turned out to be.
    pub merged: Option<i64>,
}

/// The card of a lead.
///
/// # Errors
/// The layout or one of its values is missing; a bug that the tests find.
pub fn card(front: &Front, reader: &Reader, lead: &Lead, around: &Around<'_>) -> Result<View, RenderError> {
    let message = lead.message.as_deref().map(Html::escape);
    let cut = message.as_ref().is_some_and(|html| html.units() > MESSAGE_UNITS);
    let letters = lead.message.as_deref().map_or(0, |text| text.chars().count());
    let shown: Vec<ShownReason> = lead
        .score
        .reasons
        .iter()
        .take(REASONS)
        .map(|reason| ShownReason {
            points: format!("{:+}", reason.points).replace('-', "−"),
            field: front.word_with(reader, "lead-score-field", &[("field", reason.field.as_str().into())]),
            words: front.word(reader, &reason.words_key()),
        })
        .collect();
    let field = |value: &Option<String>| value.as_deref().map(|text| short(text, FIELD_CHARS));
    let context = Context::new()
        .with("name", &short(&lead.name, NAME_CHARS))
        .with("number", &lead.number.to_string())
        .with("niche", &lead.niche.as_deref().map(|niche| niche_words(front, reader, niche)))
        .with("source", &short(&lead.source, FIELD_CHARS))
        .with("phone", &field(&lead.phone))
        .with("email", &field(&lead.email))
        .with("telegram", &field(&lead.telegram))
        .with("domain", &field(&lead.domain))
        .with("locale", &field(&lead.locale))
        .html("message", &message.map(|html| html.cut(MESSAGE_UNITS)).unwrap_or_default())
        .with("cut", &cut)
        .with("letters", &letters)
        .with("score", &lead.score.total.to_string())
        .with("reasons", &shown)
        .with("received", &lead.received_at)
        .with("state", lead.state.as_str())
        .with("holder", &around.holder.map(|name| short(name, LISTED_CHARS)))
        .with("call_at", &lead.call_at)
        .with("why", &lead.closed_why.as_deref().map(|why| why_words(front, reader, why)))
        .with("twins", &duplicate_names(around.twins))
        .with("merged", &around.merged.map(|number| number.to_string()))
        .with("request", &may_provision(lead));
    let mut view = View::text(front.say(reader, "leads/card.html", &context)?);
    // Everything is done with the other one.
    if lead.merged_into.is_some() {
        return Ok(view);
    }
    if let (true, Some(request)) = (may_provision(lead), lead.request_id) {
        view = view.row([
            Button::press(front.word(reader, "button-provision"), "provision.plan", request),
            Button::press(front.word(reader, "button-answers"), "survey.answers", lead.id),
        ]);
        view = view.row([
            Button::press(front.word(reader, "button-ask"), "client.ask", lead.id),
            Button::press(front.word(reader, "button-refuse"), "provision.refuse", request),
        ]);
    }
    // Whoever became a client is written to as one.
    if lead.state == LeadState::Won && lead.request_id.is_some() {
        let label = front.word(reader, "button-write-to-client");
        view = view.row([Button::press(label, "client.write", format!("lead:{}", lead.id))]);
    }
    let buttons: Vec<Button> = OFFERED
        .into_iter()
        .filter(|wanted| offers(lead, *wanted))
        .map(|wanted| Button::press(front.word(reader, label_key(wanted)), wanted.word(), lead.id))
        .collect();
    for row in buttons.chunks(2) {
        view = view.row(row.to_vec());
    }
    for twin in around.twins {
        let label = front.word_with(reader, "button-merge", &[("number", twin.number.to_string().into())]);
        view = view.row([Button::press(label, "lead.merge", lead.id).with(json!({ "with": twin.id }))]);
    }
    let press = |key: &str, action: &str| Button::press(front.word(reader, key), action, lead.id);
    let hand_over = lead.state.is_open().then(|| press("button-hand-over", "lead.hand_over"));
    let about = [press("button-note", "lead.note"), press("button-history", "lead.history")];
    view = view.row(about.into_iter().chain(hand_over));
    if cut {
        view = view.row([press("button-whole-message", "lead.message")]);
    }
    Ok(view)
}

/// The name as it fits into a sentence.
pub(super) fn short_name(lead: &Lead) -> String {
    short(&lead.name, NAME_CHARS)
}

/// The numbers of possible duplicates, as one reads them.
fn duplicate_names(twins: &[Lead]) -> String {
    twins.iter().map(|twin| format!("#{}", twin.number)).collect::<Vec<_>>().join(", ")
}

/// Why a lead was closed: one of the reasons that are offered, or somebody's own words.
pub(super) fn why_words(front: &Front, reader: &Reader, why: &str) -> String {
    known_why(front, reader, why).unwrap_or_else(|| short(why, NAME_CHARS))
}

/// The words of a reason that is offered.
fn known_why(front: &Front, reader: &Reader, why: &str) -> Option<String> {
    let known = CLOSING.into_iter().chain(["left"]).find(|known| *known == why)?;
    Some(front.word(reader, &format!("lead-why-{}", known.replace('_', "-"))))
}

/// The message with the link, worded so that it can be forwarded as it is.
pub(super) fn invitation(
    front: &Front,
    reader: &Reader,
    lead: &Lead,
    link: &str,
    until: DateTime<Utc>,
) -> Result<View, RenderError> {
    let context = Context::new().with("name", &short(&lead.name, NAME_CHARS)).with("link", link).with("until", &until);
    Ok(View::text(front.say(reader, "leads/invitation.html", &context)?))
}

/// Provisioning may begin while the lead is being worked on and its survey was submitted.
fn may_provision(lead: &Lead) -> bool {
    lead.request_id.is_some() && lead.state.is_open()
}

/// A lead in onboarding keeps *Onboard*: it shows the same link again, until the survey is submitted.
fn offers(lead: &Lead, wanted: LeadMove) -> bool {
    let again = wanted == LeadMove::Onboard && lead.state == LeadState::Onboarding;
    // Whose request waits is told why nothing comes of it: by *Refuse*.
    let by_request = matches!(wanted, LeadMove::Onboard | LeadMove::Lose) && lead.request_id.is_some();
    (lead.state.after(wanted).is_ok() || again) && !by_request
}

fn label_key(wanted: LeadMove) -> &'static str {
    match wanted {
        LeadMove::Take => "button-take",
        LeadMove::CallBack => "button-call-back",
        LeadMove::Qualify => "button-qualify",
        LeadMove::Reject => "button-reject",
        LeadMove::Onboard | LeadMove::SendIn => "button-onboard",
        LeadMove::Win => "button-win",
        LeadMove::Lose => "button-lose",
        LeadMove::Reopen => "button-reopen",
        LeadMove::Release => "button-release",
    }
}

fn niche_words(front: &Front, reader: &Reader, niche: &str) -> String {
    match NICHES.into_iter().find(|known| known.eq_ignore_ascii_case(niche)) {
        Some(known) => front.word(reader, &format!("lead-niche-{}", known.replace('_', "-"))),
        None => short(niche, FIELD_CHARS),
    }
}

/// One line of at most `chars` characters; what was cut ends with an ellipsis.
fn short(text: &str, chars: usize) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.chars().count() <= chars {
        return line;
    }
    let kept: String = line.chars().take(chars.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests;
