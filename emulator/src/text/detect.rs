//! Detection of what nobody marked up: commands, mentions, hashtags, links, e-mail addresses, telephone numbers.

use super::entity::{Entity, EntityKind, utf16_len};

/// Top-level domains that make a bare host name a link; links with a scheme need none of them.
const TOP_LEVEL: &[&str] = &[
    "com", "org", "net", "info", "biz", "eu", "de", "at", "ch", "ru", "uk", "fr", "it", "es", "nl", "pl", "io", "dev",
    "app", "me", "site", "shop", "online", "store", "xyz", "ai", "tech", "cloud",
];

/// Finds entities in plain text, in order, without overlap.
pub(crate) fn find(text: &str) -> Vec<Entity> {
    let mut found = Vec::new();
    // Byte and UTF-16 positions move together, so that offsets cost one pass.
    let (mut byte, mut unit) = (0, 0);
    let mut previous = None;
    while let Some(c) = text[byte..].chars().next() {
        let rest = &text[byte..];
        let hit = if previous.is_some_and(is_word) { None } else { at_boundary(c, previous, rest) };
        if let Some((kind, length)) = hit {
            let matched = &rest[..length];
            let units = utf16_len(matched);
            found.push(Entity::new(kind, unit, units));
            byte += length;
            unit += units;
            previous = matched.chars().last();
        } else {
            byte += c.len_utf8();
            unit += c.len_utf16();
            previous = Some(c);
        }
    }
    found
}

/// What begins at the start of a word; the length is in bytes.
fn at_boundary(c: char, previous: Option<char>, rest: &str) -> Option<(EntityKind, usize)> {
    match c {
        '/' if !matches!(previous, Some('/' | '<' | ':')) => command(rest).map(|n| (EntityKind::BotCommand, n)),
        '@' => name_after(rest, 3, 32).map(|n| (EntityKind::Mention, n)),
        '#' => hashtag(rest).map(|n| (EntityKind::Hashtag, n)),
        '+' => phone(rest).map(|n| (EntityKind::PhoneNumber, n)),
        c if c.is_alphanumeric() => {
            email(rest).map(|n| (EntityKind::Email, n)).or_else(|| link(rest).map(|n| (EntityKind::Url, n)))
        }
        _ => None,
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Length of a sign plus an ASCII name of the given length, if it ends there.
fn name_after(rest: &str, min: usize, max: usize) -> Option<usize> {
    let name = &rest[1..];
    let length = name.find(|c| !is_name(c)).unwrap_or(name.len());
    let ends = !name[length..].chars().next().is_some_and(is_word);
    (ends && (min..=max).contains(&length)).then_some(1 + length)
}

fn command(rest: &str) -> Option<usize> {
    let length = name_after(rest, 1, 64)?;
    if !rest[length..].starts_with('@') {
        let next = rest[length..].chars().next();
        return (next != Some('/')).then_some(length);
    }
    Some(match name_after(&rest[length..], 3, 32) {
        Some(bot) => length + bot,
        None => length,
    })
}

fn hashtag(rest: &str) -> Option<usize> {
    let word = &rest[1..];
    let length = word.find(|c| !is_word(c)).unwrap_or(word.len());
    let has_letter = word[..length].chars().any(char::is_alphabetic);
    (has_letter && length > 0).then_some(1 + length)
}

fn phone(rest: &str) -> Option<usize> {
    let number = &rest[1..];
    let length = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    (7..=15).contains(&length).then_some(1 + length)
}

fn email(rest: &str) -> Option<usize> {
    let local = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "._%+-".contains(c)))?;
    let domain = rest[local..].strip_prefix('@')?;
    let length = host_length(domain);
    let host = &domain[..length];
    let top = host.rsplit_once('.')?.1;
    (top.len() >= 2 && top.chars().all(|c| c.is_ascii_alphabetic())).then_some(local + 1 + length)
}

/// Length of the host name at the start, without a final dot.
fn host_length(text: &str) -> usize {
    let length = text.find(|c: char| !(c.is_alphanumeric() || c == '.' || c == '-')).unwrap_or(text.len());
    text[..length].trim_end_matches(['.', '-']).len()
}

fn link(rest: &str) -> Option<usize> {
    let lower = rest.get(..8).unwrap_or(rest).to_ascii_lowercase();
    let scheme = ["https://", "http://", "tg://"].into_iter().find(|s| lower.starts_with(s));
    let (start, bare) = match scheme {
        Some(scheme) => (scheme.len(), false),
        None => (0, true),
    };
    let host = host_length(&rest[start..]);
    let name = &rest[start..start + host];
    if host == 0 || (scheme != Some("tg://") && !name.contains('.')) {
        return None;
    }
    if bare {
        let top = name.rsplit_once('.')?.1.to_ascii_lowercase();
        if !TOP_LEVEL.contains(&top.as_str()) {
            return None;
        }
    }
    let tail = &rest[start + host..];
    let continues = tail.starts_with(['/', ':', '?', '#']);
    let length = if continues {
        let end =
            tail.find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '«' | '»')).unwrap_or(tail.len());
        tail[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '\'']).len()
    } else {
        0
    };
    Some(start + host + length)
}

/// A link as the server accepts it in `<a href>` and in buttons; a host without scheme gets `http://`.
/// `None` when it is no link: unknown scheme, white space, or a host without a dot.
pub(crate) fn checked_link(link: &str) -> Option<String> {
    let link = link.trim();
    if link.is_empty() || link.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return None;
    }
    let lower = link.to_ascii_lowercase();
    if lower.starts_with("tg://") || lower.starts_with("ton://") {
        return Some(link.to_owned());
    }
    let rest = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://"));
    let bare = rest.is_none();
    let rest = rest.unwrap_or(&lower);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let name = match host.rsplit_once(':') {
        Some((name, port)) => port.parse::<u16>().ok().map(|_| name)?,
        None => host,
    };
    let valid = host_length(name) == name.len() && name.contains('.') && !name.starts_with('.');
    if !valid {
        return None;
    }
    let with_scheme = if bare { format!("http://{link}") } else { link.to_owned() };
    // The server adds the slash that ends a bare host.
    let ends_at_host = rest.len() == authority.len();
    Some(if ends_at_host { format!("{with_scheme}/") } else { with_scheme })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(String, EntityKind)> {
        let units: Vec<u16> = text.encode_utf16().collect();
        find(text)
            .into_iter()
            .map(|e| {
                let part = String::from_utf16(&units[e.offset..e.end()]).unwrap();
                (part, e.kind)
            })
            .collect()
    }

    #[test]
    fn each_kind_is_found() {
        assert_eq!(
            kinds(
                "😀 /start@hub_bot, @anna #Salon anna@new-salon.de +4930123456 (https://t.me/x?start=a_b) new-salon.de."
            ),
            [
                ("/start@hub_bot".into(), EntityKind::BotCommand),
                ("@anna".into(), EntityKind::Mention),
                ("#Salon".into(), EntityKind::Hashtag),
                ("anna@new-salon.de".into(), EntityKind::Email),
                ("+4930123456".into(), EntityKind::PhoneNumber),
                ("https://t.me/x?start=a_b".into(), EntityKind::Url),
                ("new-salon.de".into(), EntityKind::Url),
            ]
        );
    }

    #[test]
    fn lookalikes_are_left_alone() {
        assert!(kinds("and/or a.b.c 3.14 #1 @ab http://localhost/x file.txt").is_empty());
    }

    #[test]
    fn links_are_checked_as_buttons_want_them() {
        assert_eq!(checked_link("t.me/x").as_deref(), Some("http://t.me/x"));
        assert_eq!(checked_link("https://a.de").as_deref(), Some("https://a.de/"));
        assert_eq!(checked_link("http://salon.localhost:8080/a").as_deref(), Some("http://salon.localhost:8080/a"));
        for bad in ["", "javascript:alert(1)", "http://localhost/", "not a link", "https://"] {
            assert_eq!(checked_link(bad), None, "{bad}");
        }
    }
}
