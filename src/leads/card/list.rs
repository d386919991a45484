//! Lists of leads, with a button to open each; and the digest of a flood.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use waas_platform::render::{Context, Reader, RenderError};
use waas_platform::telegram::{Button, View};

use super::super::flood::Flood;
use super::super::model::LeadState;
use super::super::store::{Filter, Lead};
use super::{FIELD_CHARS, LISTED_CHARS, short};
use crate::front::Front;

/// What a button brings along that lists the leads of whoever presses it.
pub(in crate::leads) const MINE: &str = "mine";

/// A page of leads, newest first.
#[derive(Clone, Copy)]
pub(in crate::leads) struct Page<'a> {
    /// The leads of this page.
    pub(in crate::leads) leads: &'a [Lead],
    /// Only these leads.
    pub(in crate::leads) filter: &'a Filter,
    /// Whose leads are listed, when only somebody's are.
    pub(in crate::leads) whose: Option<Whose<'a>>,
    /// Whether others than who asked see it, too.
    pub(in crate::leads) shared: bool,
    /// Whether who asked can have leads at all.
    pub(in crate::leads) holds: bool,
    /// Where leads show up, seen from this list.
    pub(in crate::leads) desk: &'static str,
    /// Whether this is not the first page.
    pub(in crate::leads) later: bool,
    /// Whether there are older ones.
    pub(in crate::leads) more: bool,
    /// The card of this list, which its buttons redraw.
    pub(in crate::leads) list: &'a str,
}

/// Whose leads.
#[derive(Clone, Copy, Debug)]
pub(in crate::leads) enum Whose<'a> {
    /// The reader's.
    Mine,
    /// Of who is called so.
    Of(&'a str),
}

#[derive(Serialize)]
struct Line {
    number: i64,
    name: String,
    score: u8,
    state: &'static str,
    received: DateTime<Utc>,
}

/// A list with a button to open each, to turn its pages, and to see others.
pub(in crate::leads) fn list(front: &Front, reader: &Reader, page: &Page<'_>) -> Result<View, RenderError> {
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
    let filter = page.filter;
    // Of leads that are done nobody waits for more to come in.
    let comes =
        matches!(filter.state, None | Some(LeadState::New)) && filter.words.is_none() && filter.holder.is_none();
    let context = Context::new()
        .with("lines", &lines)
        .with("desk", &comes.then_some(page.desk))
        .with("state", filter.state.map_or("all", LeadState::as_str))
        .with("words", &filter.words.as_deref().map(|words| short(words, FIELD_CHARS)))
        .with("source", &filter.source.as_deref().map(|source| short(source, FIELD_CHARS)))
        .with("mine", &matches!(page.whose, Some(Whose::Mine)))
        .with(
            "of",
            &match page.whose {
                Some(Whose::Of(name)) => Some(short(name, LISTED_CHARS)),
                Some(Whose::Mine) | None => None,
            },
        );
    let mut view = View::text(front.say(reader, "leads/list.html", &context)?);
    for row in page.leads.chunks(4) {
        view = view.row(row.iter().map(|lead| Button::press(format!("#{}", lead.number), "lead.open", lead.id)));
    }
    let turn_to = |key: &str, filter: &Filter, before: Option<i64>| {
        Button::press(front.word(reader, key), "lead.page", page.list).with(args(filter, before))
    };
    let newest = page.later.then(|| turn_to("button-newest", filter, None));
    let older = page.more.then(|| turn_to("button-older", filter, page.leads.last().map(|lead| lead.number)));
    let only_new = Filter { state: Some(LeadState::New), ..Filter::default() };
    let only_new = (*filter != only_new).then(|| turn_to("button-only-new", &only_new, None));
    // Whose that is shows at the press: of many who see the list, anybody may ask.
    let mine = Button::press(front.word(reader, "button-only-mine"), "lead.page", page.list);
    let mine = mine.with(json!({ MINE: true }));
    let mine = (page.shared || page.holds && !matches!(page.whose, Some(Whose::Mine))).then_some(mine);
    let all = (*filter != Filter::default()).then(|| turn_to("button-all", &Filter::default(), None));
    Ok(view.row(newest.into_iter().chain(older)).row(only_new.into_iter().chain(mine).chain(all)))
}

/// A filter and a place in its list, as a button brings them along.
pub(in crate::leads) fn args(filter: &Filter, before: Option<i64>) -> Value {
    json!({
        "state": filter.state.map(LeadState::as_str),
        "source": filter.source,
        "holder": filter.holder,
        "words": filter.words,
        "before": before,
    })
}

/// What a source sent beyond its limit: one message, drawn again while more comes.
pub(in crate::leads) fn digest(
    front: &Front,
    reader: &Reader,
    source: &str,
    flood: &Flood,
) -> Result<View, RenderError> {
    let context = Context::new()
        .with("source", &short(source, FIELD_CHARS))
        .with("count", &flood.digested)
        .with("since", &flood.began_at)
        .with("last", &flood.last_at);
    let of = Filter { source: Some(source.to_owned()), ..Filter::default() };
    let list = format!("flood-{}", flood.began_at.timestamp_micros());
    let button = Button::press(front.word(reader, "button-show-them"), "lead.page", list).with(args(&of, None));
    Ok(View::text(front.say(reader, "leads/digest.html", &context)?).row([button]))
}
