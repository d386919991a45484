//! The name of a site's file.

use std::fmt;
use std::str::FromStr;

/// `[a-z0-9][a-z0-9_-]*`, at most 64 characters: safe as a file name and inside a message.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SiteName(String);

/// A text that is no site name. Permanent: the caller's fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no site name: 1 to 64 of a-z 0-9 _ -, beginning with a letter or digit")]
pub struct SiteNameError(String);

impl SiteName {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SiteName {
    type Err = SiteNameError;

    fn from_str(text: &str) -> Result<Self, SiteNameError> {
        let first_is_good = text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
        if first_is_good && text.len() <= 64 && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(SiteNameError(text.chars().take(64).collect()))
        }
    }
}

impl fmt::Display for SiteName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_become_files() {
        for good in ["a", "new_salon", "ann-shop", "1st", &"a".repeat(64)] {
            assert!(good.parse::<SiteName>().is_ok(), "{good}");
        }
        for bad in ["", "..", "../x", "a/b", "A", "-a", "_a", "a.conf", "$(id)", "a b", &"a".repeat(65)] {
            assert!(bad.parse::<SiteName>().is_err(), "{bad}");
        }
    }
}
