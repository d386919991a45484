//! What operators see of leads: the card, the list, the invitation to forward. Pure functions of facts; no database.
//!
//! What strangers typed is cut here to what a phone can show. It is never changed otherwise, and it stands alone on its
//! line, so that marks for the direction of writing in it reach no further.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;
use waas_platform::render::{Context, Html, Reader, RenderError};
use waas_platform::telegram::{Button, View};

use super::model::{LeadMove, LeadState};
use super::store::Lead;
use crate::front::Front;

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
const OFFERED: [LeadMove; 6] =
    [LeadMove::Take, LeadMove::CallBack, LeadMove::Qualify, LeadMove::Reject, LeadMove::Onboard, LeadMove::Reopen];

#[derive(Serialize)]
struct ShownReason {
    points: String,
    field: String,
    words: String,
}

/// The card of a lead; `holder` is the first name of who has it.
pub(super) fn card(front: &Front, reader: &Reader, lead: &Lead, holder: Option<&str>) -> Result<View, RenderError> {
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
        .with("holder", &holder.map(|name| short(name, LISTED_CHARS)))
        .with("request", &may_provision(lead));
    let mut view = View::text(front.say(reader, "leads/card.html", &context)?);
    if let (true, Some(request)) = (may_provision(lead), lead.request_id) {
        view = view.row([
            Button::press(front.word(reader, "button-provision"), "provision.plan", request),
            Button::press(front.word(reader, "button-answers"), "survey.answers", lead.id),
        ]);
    }
    let buttons: Vec<Button> = OFFERED
        .into_iter()
        .filter(|wanted| offers(lead, *wanted))
        .map(|wanted| Button::press(front.word(reader, label_key(wanted)), wanted.word(), lead.id))
        .collect();
    for row in buttons.chunks(2) {
        view = view.row(row.to_vec());
    }
    if cut {
        view = view.row([Button::press(front.word(reader, "button-whole-message"), "lead.message", lead.id)]);
    }
    Ok(view)
}

/// A page of leads, newest first.
pub(super) struct Page<'a> {
    /// The leads of this page.
    pub(super) leads: &'a [Lead],
    /// Only leads in this state.
    pub(super) state: Option<LeadState>,
    /// Whether this is not the first page.
    pub(super) later: bool,
    /// Whether there are older ones.
    pub(super) more: bool,
    /// The card of this list, which its buttons redraw.
    pub(super) list: &'a str,
}

#[derive(Serialize)]
struct Line {
    number: i64,
    name: String,
    score: u8,
    state: &'static str,
    received: DateTime<Utc>,
}

/// A list with a button to open each.
pub(super) fn list(front: &Front, reader: &Reader, page: &Page<'_>) -> Result<View, RenderError> {
    let lines: Vec<Line> = page
        .leads
        .iter()
        .map(|lead| Line {
            number: lead.number,
            name: short(&lead.name, LISTED_CHARS),
            score: lead.score.total,
            state: lead.state.as_str(),
            received: lead.received_at,
        })
        .collect();
    let context = Context::new().with("lines", &lines).with("state", page.state.map_or("all", LeadState::as_str));
    let mut view = View::text(front.say(reader, "leads/list.html", &context)?);
    for row in page.leads.chunks(4) {
        view = view.row(row.iter().map(|lead| Button::press(format!("#{}", lead.number), "lead.open", lead.id)));
    }
    let turn_to = |key: &str, before: Option<i64>| {
        let args = json!({ "state": page.state.map(LeadState::as_str), "before": before });
        Button::press(front.word(reader, key), "lead.page", page.list).with(args)
    };
    let newest = page.later.then(|| turn_to("button-newest", None));
    let older = page.more.then(|| turn_to("button-older", page.leads.last().map(|lead| lead.number)));
    Ok(view.row(newest.into_iter().chain(older)))
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
    (lead.state.after(wanted).is_ok() || again) && !(wanted == LeadMove::Onboard && lead.request_id.is_some())
}

fn label_key(wanted: LeadMove) -> &'static str {
    match wanted {
        LeadMove::Take => "button-take",
        LeadMove::CallBack => "button-call-back",
        LeadMove::Qualify => "button-qualify",
        LeadMove::Reject => "button-reject",
        LeadMove::Onboard => "button-onboard",
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
