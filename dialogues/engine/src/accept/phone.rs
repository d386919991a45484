//! Telephone numbers, written or shared as a contact, to E.164.

use phonenumber::{Mode, country};

use crate::refusal::Refusal;

/// A number that somebody wrote. A national one needs `region`.
pub(crate) fn typed(text: &str, region: Option<country::Id>) -> Result<String, Refusal> {
    // A number dialled from abroad may be written with 00.
    let international = text.starts_with('+') || text.starts_with("00");
    let text = match text.strip_prefix("00") {
        Some(rest) => format!("+{rest}"),
        None => text.to_owned(),
    };
    if !international && region.is_none() {
        let digits = text.chars().filter(char::is_ascii_digit).count();
        return Err(if digits >= 5 { Refusal::PhoneNeedsCountry } else { Refusal::NotAPhone });
    }
    let figures = |c: char| c.is_ascii_digit() || " +-–./()\u{a0}".contains(c);
    if !text.chars().all(figures) {
        return Err(Refusal::NotAPhone);
    }
    let number = phonenumber::parse(region, &text).map_err(|_| Refusal::NotAPhone)?;
    if !number.is_valid() {
        return Err(Refusal::NotAPhone);
    }
    Ok(number.format().mode(Mode::E164).to_string())
}

/// A number that the messenger vouches for; it may be of a range that the
/// public tables do not list, so only its form is held against E.164.
pub(crate) fn shared(phone: &str, owner_matches: bool) -> Result<String, Refusal> {
    if !owner_matches {
        return Err(Refusal::ForeignContact);
    }
    let separators = [' ', '-', '(', ')', '+'];
    let digits: String = phone.chars().filter(|c| !separators.contains(c)).collect();
    let fits = (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    if fits { Ok(format!("+{digits}")) } else { Err(Refusal::NotAPhone) }
}
