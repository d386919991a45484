//! Raw input to a typed answer, or the reason why not. One file a group of kinds.

mod date;
mod email;
mod host;
mod number;
mod phone;
mod text;

use crate::{
    answer::{Answer, File},
    definition::Step,
    kind::Kind,
    locale::Locale,
    refusal::Refusal,
    session::Input,
};

/// The most characters of a text that any question takes.
pub(crate) const LONGEST: usize = 10_000;

/// Holds what a person sent against what a step asks. Steps with options do not
/// come here: their answers are pressed.
pub(crate) fn accept(step: &Step, locale: Locale, input: Input) -> Result<Answer, Refusal> {
    if let Input::Text(raw) = &input
        && raw.chars().nth(LONGEST).is_some()
    {
        return Err(Refusal::TooLong { max: LONGEST });
    }
    match (&step.kind, input) {
        (Kind::Text { min, max, multiline }, Input::Text(raw)) => {
            text::text(&raw, *min, *max, *multiline).map(Answer::Text)
        }
        (Kind::Lines { min, max, length }, Input::Text(raw)) => {
            text::lines(&raw, *min, *max, *length).map(Answer::Lines)
        }
        (Kind::Number { min, max, decimals }, Input::Text(raw)) => {
            number::number(&text::line(&raw), *min, *max, *decimals).map(Answer::Number)
        }
        (Kind::Phone { region }, Input::Text(raw)) => {
            phone::typed(&text::line(&raw), region.or(locale.region())).map(Answer::Phone)
        }
        (Kind::Phone { .. }, Input::Contact { phone, owner_matches }) => {
            phone::shared(&phone, owner_matches).map(Answer::Phone)
        }
        (Kind::Email, Input::Text(raw)) => email::email(&text::line(&raw)).map(Answer::Email),
        (Kind::Domain, Input::Text(raw)) => host::domain(&text::line(&raw)).map(Answer::Domain),
        (Kind::Date { earliest, latest }, Input::Text(raw)) => {
            date::date(&text::line(&raw), *earliest, *latest).map(Answer::Date)
        }
        (Kind::Location, Input::Location { lat, lon }) => number::location(lat, lon),
        (Kind::Location, Input::Text(raw)) => number::coordinates(&text::line(&raw)),
        (Kind::Photo { .. }, Input::Photo { file_id, unique_id }) => {
            Ok(Answer::Photo(File { file_id, unique_id, name: None, mime: None }))
        }
        (Kind::Photo { files }, Input::Document { file_id, unique_id, name, mime }) => {
            let picture = mime.as_deref().is_some_and(|mime| mime.starts_with("image/"));
            if !files && !picture {
                return Err(Refusal::NotAPicture);
            }
            let name = name.map(|name| text::line(&name));
            Ok(Answer::Photo(File { file_id, unique_id, name: name.filter(|name| !name.is_empty()), mime }))
        }
        (kind, _) => Err(Refusal::WrongKind { expected: kind.answer_kind() }),
    }
}

#[cfg(test)]
mod tests;
