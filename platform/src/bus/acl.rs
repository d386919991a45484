//! Redis users that may publish to one channel and do nothing else.
//!
//! Users live in Redis's memory: a restart without an ACL file forgets them. The caller owns the truth and says what should
//! be there ([`Bus::reconcile_users`], on each reconnect and by timer); making a user that stands already changes nothing.

use std::collections::HashSet;
use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::{Bus, BusError};

/// A user with the right to publish to one channel. Holds the hash of the password only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AclUser {
    name: String,
    password_sha256: String,
    channel: String,
}

impl AclUser {
    /// A user `name` who may `PUBLISH` to exactly `channel`, besides `AUTH`, `HELLO` and `PING`.
    ///
    /// # Errors
    /// [`BusError::Refused`]: a name or a channel that Redis would read as something else (only `A-Za-z0-9_.:-`, 1 to 128
    /// characters, so that a channel can never be a pattern), the name `default`, or an empty password.
    pub fn publisher(name: &str, password: &str, channel: &str) -> Result<Self, BusError> {
        if !is_plain(name) || name == "default" {
            return Err(BusError::Refused("a user name must be 1 to 128 of A-Z a-z 0-9 _ . : -".to_owned()));
        }
        if !is_plain(channel) {
            return Err(BusError::Refused("a channel must be 1 to 128 of A-Z a-z 0-9 _ . : -".to_owned()));
        }
        if password.is_empty() {
            return Err(BusError::Refused("a user needs a password".to_owned()));
        }
        let mut password_sha256 = String::with_capacity(64);
        for byte in Sha256::digest(password) {
            // Writing to a String cannot fail.
            let _ = write!(password_sha256, "{byte:02x}");
        }
        Ok(Self { name: name.to_owned(), password_sha256, channel: channel.to_owned() })
    }

    /// The user's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn set(&self) -> redis::Cmd {
        let mut command = redis::cmd("ACL");
        command
            .arg("SETUSER")
            .arg(&self.name)
            // `reset` first: what was ever granted before is gone, and the whole list is applied at once or not at all.
            .arg("reset")
            .arg("on")
            // By hash, so that the password stands in no slow log and no monitor.
            .arg(format!("#{}", self.password_sha256))
            .arg("resetkeys")
            .arg("resetchannels")
            .arg(format!("&{}", self.channel))
            .arg("-@all")
            .arg("+publish")
            .arg("+auth")
            .arg("+hello")
            .arg("+ping");
        command
    }
}

fn is_plain(name: &str) -> bool {
    (1..=128).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.:-".contains(&b))
}

/// What [`Bus::reconcile_users`] found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// Users that were missing and were made.
    pub made: Vec<String>,
    /// Users that stood already (and have exactly their rights again).
    pub kept: usize,
}

impl Bus {
    /// Makes a user, or gives an existing one exactly these rights and this password. Connections of the user stay.
    ///
    /// # Errors
    /// [`BusError`] says whether waiting helps.
    pub async fn ensure_user(&self, user: &AclUser) -> Result<(), BusError> {
        Ok(user.set().query_async(&mut self.shared.clone()).await?)
    }

    /// Removes a user and cuts its connections; one that is not there is well too. Says whether there was one.
    ///
    /// # Errors
    /// [`BusError`] says whether waiting helps.
    pub async fn delete_user(&self, name: &str) -> Result<bool, BusError> {
        let removed: u64 = redis::cmd("ACL").arg("DELUSER").arg(name).query_async(&mut self.shared.clone()).await?;
        Ok(removed > 0)
    }

    /// The names of all users that begin with `prefix`, sorted.
    ///
    /// # Errors
    /// [`BusError`] says whether waiting helps.
    pub async fn users(&self, prefix: &str) -> Result<Vec<String>, BusError> {
        let mut names: Vec<String> = redis::cmd("ACL").arg("USERS").query_async(&mut self.shared.clone()).await?;
        names.retain(|name| name.starts_with(prefix));
        names.sort();
        Ok(names)
    }

    /// Makes all of `desired` stand with exactly their rights, in one round trip. Others are left alone: one Redis may serve
    /// several hubs.
    ///
    /// # Errors
    /// [`BusError`] says whether waiting helps; repeated it ends in the same state.
    pub async fn reconcile_users(&self, desired: &[AclUser]) -> Result<Reconciled, BusError> {
        let standing: HashSet<String> = self.users("").await?.into_iter().collect();
        let mut found = Reconciled::default();
        let mut pipeline = redis::pipe();
        for user in desired {
            if standing.contains(&user.name) {
                found.kept += 1;
            } else {
                found.made.push(user.name.clone());
            }
            pipeline.add_command(user.set()).ignore();
        }
        if !desired.is_empty() {
            pipeline.query_async::<()>(&mut self.shared.clone()).await?;
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_redis_would_read_otherwise_are_refused() {
        for name in ["", "default", "a b", "a\nb", "*", "ü", &"a".repeat(129)] {
            assert!(AclUser::publisher(name, "secret", "telemetry:a").is_err(), "user {name:?}");
        }
        for channel in ["", "*", "telemetry:*", "telemetry:?", "a[b]", "a b", "a\\"] {
            assert!(AclUser::publisher("a", "secret", channel).is_err(), "channel {channel:?}");
        }
        assert!(AclUser::publisher("a", "", "telemetry:a").is_err());
    }

    #[test]
    fn the_password_is_not_kept() {
        let user = AclUser::publisher("tenant:a", "swordfish", "telemetry:a").expect("a plain user");
        assert!(!format!("{user:?}").contains("swordfish"));
    }
}
