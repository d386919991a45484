//! How callers prove who they are: a bearer token, or a signature by Standard Webhooks over id, time and body.
//!
//! Pure: whose a token or a secret is, and which ids were seen before, is known elsewhere.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use chrono::{DateTime, TimeDelta, Utc};
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook};

use crate::secrets::{self, Secret};

/// The longest webhook id that is taken, in bytes.
const ID_BYTES: usize = 256;
/// Signatures of one call that are looked at: two while a secret is rotated, and some room.
const SIGNATURES: usize = 8;

/// What a caller shows.
#[derive(Clone, Debug)]
pub enum Claim {
    /// A token: whoever has it is the one.
    Bearer(Secret),
    /// A signature: to be held against the body and the secrets that may have made it.
    Signed(Signed),
}

/// The signed part of a webhook call beside its body.
#[derive(Clone, Debug)]
pub struct Signed {
    id: String,
    at: i64,
    /// Those of version `v1`, without the version; the others are no concern of ours.
    signatures: Vec<String>,
}

/// Why nothing was shown that could prove anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unproven {
    /// Neither a token nor a signature.
    #[error("A bearer token or a webhook signature is needed.")]
    Missing,
    /// A header of the signature is missing or does not read.
    #[error("The headers webhook-id, webhook-timestamp and webhook-signature are needed, each well-formed.")]
    Malformed,
    /// Signed too long ago, or in the future.
    #[error("The webhook-timestamp is too far from the present.")]
    OutOfTime,
}

impl Claim {
    /// Reads the headers of a call; a token goes before a signature. The time of a signature may be `tolerance` away from
    /// `now` in both directions.
    ///
    /// # Errors
    /// [`Unproven`]: nothing is shown, or it cannot be held against anything.
    pub fn read(headers: &HeaderMap, now: DateTime<Utc>, tolerance: TimeDelta) -> Result<Self, Unproven> {
        if let Some(token) = bearer(headers) {
            return Ok(Self::Bearer(token));
        }
        let [id, at, signatures] = [HEADER_WEBHOOK_ID, HEADER_WEBHOOK_TIMESTAMP, HEADER_WEBHOOK_SIGNATURE]
            .map(|name| headers.get(name).map(|value| value.to_str().unwrap_or_default().trim()));
        let (id, at, signatures) = match (id, at, signatures) {
            (None, None, None) => return Err(Unproven::Missing),
            (Some(id), Some(at), Some(signatures)) => (id, at, signatures),
            _ => return Err(Unproven::Malformed),
        };
        let at: i64 = at.parse().map_err(|_| Unproven::Malformed)?;
        if id.is_empty() || id.len() > ID_BYTES {
            return Err(Unproven::Malformed);
        }
        if now.timestamp().abs_diff(at) > tolerance.num_seconds().unsigned_abs() {
            return Err(Unproven::OutOfTime);
        }
        let signatures = signatures.split(' ').filter_map(|one| one.strip_prefix("v1,"));
        let signatures = signatures.take(SIGNATURES).map(str::to_owned).collect();
        Ok(Self::Signed(Signed { id: id.to_owned(), at, signatures }))
    }
}

impl Signed {
    /// The call's own id: the same one again is the same call.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether this secret (`whsec_…`) made one of the signatures over this body. Takes as long whether it did or not.
    pub fn is_by(&self, secret: &Secret, body: &[u8]) -> bool {
        let made = Webhook::new(secret.expose()).and_then(|signer| signer.sign(&self.id, self.at, body));
        let Ok(made) = made else { return false };
        let made = made.trim_start_matches("v1,");
        self.signatures.iter().fold(false, |found, given| secrets::same(given.as_bytes(), made.as_bytes()) | found)
    }
}

fn bearer(headers: &HeaderMap) -> Option<Secret> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    // Not registered for masking: a stranger may call anything a token, "a" as well.
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| Secret::with_known_part(token))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    const BODY: &[u8] = br#"{"email":"test@example.com","username":"test_user"}"#;
    const ID: &str = "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk";
    /// The signature of the specification's own example.
    const SIGNATURE: &str = "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=";
    const AT: i64 = 1_649_367_553;

    fn headers(all: &[(&'static str, &str)]) -> HeaderMap {
        all.iter().map(|(name, value)| (name.parse().expect("a name"), value.parse().expect("a value"))).collect()
    }

    fn read(id: &str, at: i64, signature: &str, now: i64) -> Result<Claim, Unproven> {
        let at = at.to_string();
        let all = [("webhook-id", id), ("webhook-timestamp", at.as_str()), ("webhook-signature", signature)];
        let now = DateTime::from_timestamp(now, 0).expect("a valid time");
        Claim::read(&headers(&all), now, TimeDelta::seconds(300))
    }

    fn holds(id: &str, at: i64, signature: &str, body: &[u8]) -> bool {
        match read(id, at, signature, at) {
            Ok(Claim::Signed(signed)) => signed.is_by(&Secret::with_known_part(SECRET), body),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_example_of_the_specification_holds_and_nothing_near_it() {
        assert!(holds(ID, AT, SIGNATURE, BODY));
        assert!(
            holds(ID, AT, &format!("v1,AAAA v2,{} {SIGNATURE}", &SIGNATURE[3..]), BODY),
            "one of several is enough"
        );
        let version = SIGNATURE.replace("v1,", "v1a,");
        for wrong in ["", "v1,", &SIGNATURE[..20], &SIGNATURE[3..], &version, &SIGNATURE.to_lowercase()] {
            assert!(!holds(ID, AT, wrong, BODY), "{wrong}");
        }
        assert!(!holds(ID, AT + 1, SIGNATURE, BODY));
        assert!(!holds("msg.27", AT, SIGNATURE, BODY), "an id with dots moves no boundary");
        assert!(
            !holds(ID, AT, SIGNATURE, br#"{"email": "test@example.com","username":"test_user"}"#),
            "white space counts"
        );
    }

    #[test]
    fn a_time_too_far_away_proves_nothing() {
        for (now, fits) in [(AT - 300, true), (AT + 300, true), (AT - 301, false), (AT + 301, false)] {
            let read = read(ID, AT, SIGNATURE, now);
            assert_eq!(read.err(), (!fits).then_some(Unproven::OutOfTime), "{}", now - AT);
        }
        assert_eq!(read(ID, i64::MIN, SIGNATURE, AT).err(), Some(Unproven::OutOfTime));
    }

    #[test]
    fn what_is_missing_or_malformed_is_said() {
        let now = DateTime::from_timestamp(AT, 0).expect("a valid time");
        let read = |all: &[(&'static str, &str)]| Claim::read(&headers(all), now, TimeDelta::seconds(300)).err();
        assert_eq!(read(&[]), Some(Unproven::Missing));
        assert_eq!(read(&[("authorization", "Basic YQ==")]), Some(Unproven::Missing));
        assert_eq!(read(&[("authorization", "Bearer ")]), Some(Unproven::Missing));
        assert_eq!(read(&[("webhook-id", "1")]), Some(Unproven::Malformed));
        let all = |id, at| [("webhook-id", id), ("webhook-timestamp", at), ("webhook-signature", SIGNATURE)];
        assert_eq!(read(&all("1", "soon")), Some(Unproven::Malformed));
        assert_eq!(read(&all("", "1649367553")), Some(Unproven::Malformed));
        assert_eq!(read(&all(&"x".repeat(257), "1649367553")), Some(Unproven::Malformed));
        let token = headers(&[("authorization", "bEARER  t0ken "), ("webhook-id", "1")]);
        assert!(
            matches!(Claim::read(&token, now, TimeDelta::zero()), Ok(Claim::Bearer(token)) if token.expose() == "t0ken")
        );
    }

    proptest! {
        #[test]
        fn no_headers_break_it(id in "\\PC{0,300}", at in "\\PC{0,20}", signature in "\\PC{0,200}", body: Vec<u8>) {
            let headers: HeaderMap = [("webhook-id", id), ("webhook-timestamp", at), ("webhook-signature", signature)]
                .into_iter()
                .filter_map(|(name, value)| Some((name.parse().ok()?, value.parse().ok()?)))
                .collect();
            if let Ok(Claim::Signed(signed)) = Claim::read(&headers, DateTime::UNIX_EPOCH, TimeDelta::days(36_500)) {
                prop_assert!(!signed.is_by(&Secret::with_known_part(SECRET), &body));
            }
        }
    }
}
