//! A host name that a site can be reached by: parsed once, safe everywhere after.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The longest name that DNS carries, without the closing dot.
const MAX_LENGTH: usize = 253;
/// The longest part between two dots.
const MAX_LABEL: usize = 63;

/// A host name in its ASCII form, lower case, without a closing dot: `new-salon.de`, `xn--caf-dma.de`,
/// `shop.localhost`.
///
/// International names are taken and kept as punycode. Never an IP address, a port, a wildcard or a single label
/// other than `localhost`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Domain(String);

/// Why a text is no domain. Permanent: whoever typed it has to type another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DomainError {
    /// Nothing there.
    #[error("it is empty")]
    Empty,
    /// More than 253 characters.
    #[error("it is longer than 253 characters")]
    TooLong,
    /// A part is longer than 63 characters.
    #[error("a part of it is longer than 63 characters")]
    LabelTooLong,
    /// Two dots in a row, or one at the beginning.
    #[error("a part of it is empty")]
    EmptyLabel,
    /// An address of a machine.
    #[error("it is an IP address, not a name")]
    IpAddress,
    /// With `:8080` or the like.
    #[error("it has a port")]
    Port,
    /// With `*`.
    #[error("it has a wildcard")]
    Wildcard,
    /// A web address with `https://`, a path, or an e-mail address.
    #[error("it is an address, not only a name; leave out https:// and what follows the name")]
    Address,
    /// One word without a dot.
    #[error("it is a single word; a domain has a dot")]
    SingleLabel,
    /// A part begins or ends with a hyphen.
    #[error("a part of it begins or ends with a hyphen")]
    Hyphen,
    /// The last part has digits only, or other than letters.
    #[error("its last part is not one of the internet's")]
    TopLevel,
    /// Anything that no host name may contain, or a forbidden mix of scripts.
    #[error("it has a character that a domain cannot have")]
    Character,
}

impl DomainError {
    /// A stable word for catalogues of messages.
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLong => "too_long",
            Self::LabelTooLong => "label_too_long",
            Self::EmptyLabel => "empty_label",
            Self::IpAddress => "ip_address",
            Self::Port => "port",
            Self::Wildcard => "wildcard",
            Self::Address => "address",
            Self::SingleLabel => "single_label",
            Self::Hyphen => "hyphen",
            Self::TopLevel => "top_level",
            Self::Character => "character",
        }
    }
}

impl Domain {
    /// Reads what a person pasted: a name, or the address of a page (`https://www.ohara.de/kontakt`), of which only the
    /// host counts, without a leading `www.`. For chats; everything else parses, which is strict.
    ///
    /// # Errors
    /// The host is no domain.
    pub fn from_address(text: &str) -> Result<Self, DomainError> {
        let lower = text.trim().to_lowercase();
        let Some(page) = ["https://", "http://"].into_iter().find_map(|scheme| lower.strip_prefix(scheme)) else {
            return text.parse();
        };
        let host = page.split(['/', '?', '#']).next().unwrap_or_default();
        match host.strip_prefix("www.") {
            // `www.de` is a domain of its own.
            Some(rest) if rest.contains('.') => rest.parse(),
            _ => host.parse(),
        }
    }

    /// The ASCII form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it means this machine: `localhost` and the names below it, which need no DNS.
    pub fn is_local(&self) -> bool {
        self.0 == "localhost" || self.0.ends_with(".localhost")
    }

    /// The form that its owner would type: punycode turned back where it can be.
    pub fn to_unicode(&self) -> String {
        idna::domain_to_unicode(&self.0).0
    }
}

impl FromStr for Domain {
    type Err = DomainError;

    fn from_str(text: &str) -> Result<Self, DomainError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(DomainError::Empty);
        }
        // Much longer than any name can be; keeps the work below small.
        if text.len() > 4 * MAX_LENGTH {
            return Err(DomainError::TooLong);
        }
        if text.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok() {
            return Err(DomainError::IpAddress);
        }
        if text.contains(['/', '@', '?', '#']) {
            return Err(DomainError::Address);
        }
        if text.contains('*') {
            return Err(DomainError::Wildcard);
        }
        if let Some((_, port)) = text.rsplit_once(':') {
            let is_port = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
            return Err(if is_port { DomainError::Port } else { DomainError::Character });
        }
        let text = text.strip_suffix('.').unwrap_or(text);
        let ascii = idna::domain_to_ascii_cow(text.as_bytes(), idna::AsciiDenyList::STD3).map_err(|_| {
            if text.starts_with('.') || text.contains("..") { DomainError::EmptyLabel } else { DomainError::Character }
        })?;
        check(&ascii)?;
        Ok(Self(ascii.into_owned()))
    }
}

fn check(ascii: &str) -> Result<(), DomainError> {
    if ascii.is_empty() {
        return Err(DomainError::Empty);
    }
    if ascii.len() > MAX_LENGTH {
        return Err(DomainError::TooLong);
    }
    for label in ascii.split('.') {
        if label.is_empty() {
            return Err(DomainError::EmptyLabel);
        }
        if label.len() > MAX_LABEL {
            return Err(DomainError::LabelTooLong);
        }
        if label.starts_with('-') || label.ends_with('-') {
            return Err(DomainError::Hyphen);
        }
        if !label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
            return Err(DomainError::Character);
        }
    }
    match ascii.rsplit_once('.') {
        None if ascii == "localhost" => Ok(()),
        None => Err(DomainError::SingleLabel),
        // A number at the end is how browsers recognise addresses such as 127.1.
        Some((_, top)) if top.bytes().all(|b| b.is_ascii_digit()) || top.starts_with("0x") => {
            Err(DomainError::IpAddress)
        }
        Some((_, top))
            if top.len() < 2 || (!top.starts_with("xn--") && !top.bytes().all(|b| b.is_ascii_lowercase())) =>
        {
            Err(DomainError::TopLevel)
        }
        Some(_) => Ok(()),
    }
}

impl TryFrom<String> for Domain {
    type Error = DomainError;

    fn try_from(text: String) -> Result<Self, DomainError> {
        text.parse()
    }
}

impl From<Domain> for String {
    fn from(domain: Domain) -> Self {
        domain.0
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_brought_to_one_form() {
        let cases = [
            ("new-salon.de", "new-salon.de"),
            (" New-Salon.DE. ", "new-salon.de"),
            ("café.de", "xn--caf-dma.de"),
            ("салон.рф", "xn--80awgdm.xn--p1ai"),
            ("localhost", "localhost"),
            ("ann-shop.localhost", "ann-shop.localhost"),
            ("a.b.c.example", "a.b.c.example"),
            ("1a.example", "1a.example"),
        ];
        for (typed, kept) in cases {
            let domain: Domain = typed.parse().unwrap_or_else(|error| panic!("{typed}: {error}"));
            assert_eq!(domain.as_str(), kept, "{typed}");
        }
        assert_eq!("xn--caf-dma.de".parse::<Domain>().map(|d| d.to_unicode()), Ok("café.de".to_owned()));
        assert!("x.localhost".parse::<Domain>().is_ok_and(|d| d.is_local()));
    }

    #[test]
    fn what_is_no_name_says_why() {
        use DomainError as E;
        let long_label = format!("{}.de", "a".repeat(64));
        let long = format!("{}de", "abcdefgh.".repeat(30));
        let cases = [
            ("", E::Empty),
            (".", E::Empty),
            ("127.0.0.1", E::IpAddress),
            ("127.1", E::IpAddress),
            ("::1", E::IpAddress),
            ("[::1]", E::IpAddress),
            ("a.de:8080", E::Port),
            ("*.a.de", E::Wildcard),
            ("*", E::Wildcard),
            ("https://a.de/x", E::Address),
            ("anna@a.de", E::Address),
            ("shop", E::SingleLabel),
            ("_", E::Character),
            ("..", E::EmptyLabel),
            ("a..de", E::EmptyLabel),
            (".a.de", E::EmptyLabel),
            ("-a.de", E::Hyphen),
            ("a-.de", E::Hyphen),
            ("a.d", E::TopLevel),
            ("a.d3", E::TopLevel),
            ("a_b.de", E::Character),
            ("a b.de", E::Character),
            ("a.com; return 200 x;", E::Character),
            ("a.com\nserver{", E::Character),
            ("$(id).de", E::Character),
            (long_label.as_str(), E::LabelTooLong),
            (long.as_str(), E::TooLong),
        ];
        for (typed, expected) in cases {
            assert_eq!(typed.parse::<Domain>(), Err(expected), "{typed}");
        }
    }

    #[test]
    fn of_the_address_of_a_page_the_host_counts() {
        for address in ["http://www.ohara.de/kontakt", "HTTPS://OHARA.de?x=1#top", " https://ohara.de ", "ohara.de"] {
            assert_eq!(Domain::from_address(address), "ohara.de".parse(), "{address}");
            let is_name = address == "ohara.de";
            assert_eq!(address.parse::<Domain>().is_ok(), is_name, "{address}");
        }
        assert_eq!(Domain::from_address("http://www.de/").map(String::from), Ok("www.de".to_owned()));
        for (address, error) in [
            ("https://10.0.0.1/", DomainError::IpAddress),
            ("https://ohara.de:8080/x", DomainError::Port),
            ("https://anna@ohara.de/", DomainError::Address),
            ("https:///x", DomainError::Empty),
            ("ftp://ohara.de/x", DomainError::Address),
            ("ohara.de/kontakt", DomainError::Address),
        ] {
            assert_eq!(Domain::from_address(address), Err(error), "{address}");
        }
    }

    #[test]
    fn it_is_read_from_json_as_strictly_as_from_text() {
        assert_eq!(serde_json::from_str::<Domain>("\"A.de\"").ok(), "a.de".parse().ok());
        assert!(serde_json::from_str::<Domain>("\"a.de:80\"").is_err());
    }

    proptest! {
        #[test]
        fn nothing_but_host_characters_comes_through(text in any::<String>()) {
            if let Ok(domain) = text.parse::<Domain>() {
                prop_assert!(domain.as_str().bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.'));
                prop_assert!(domain.as_str().len() <= MAX_LENGTH);
                prop_assert_eq!(domain.as_str().parse::<Domain>(), Ok(domain.clone()));
            }
        }
    }
}
