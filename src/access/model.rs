//! Roles, and what each may do. No IO.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What a member is. Clients are no members: they own a tenant or a survey, and nothing else is theirs to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sees, changes nothing.
    Viewer,
    /// Does the daily work: leads, provisioning, alerts.
    Operator,
    /// Everything, and the members.
    Owner,
}

impl Role {
    /// All roles, weakest first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Operator, Self::Owner];

    /// The word in the database, on the command line and in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Owner => "owner",
        }
    }

    /// Whether this role may change things in the operators' daily work.
    pub fn operates(self) -> bool {
        self >= Self::Operator
    }
}

impl std::str::FromStr for Role {
    type Err = UnknownRole;

    fn from_str(word: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.word() == word).ok_or_else(|| UnknownRole(word.to_owned()))
    }
}

/// A word that is no role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no role; it is one of owner, operator, viewer")]
pub struct UnknownRole(pub String);

/// Somebody with rights, as they stand now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The numeric id.
    pub id: i64,
    /// As they call themselves.
    pub first_name: String,
    /// What they may do.
    pub role: Role,
}

/// Somebody who is or was a member, with all that is told of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The numeric id.
    pub id: i64,
    /// As they call themselves.
    pub first_name: String,
    /// As they call themselves.
    pub last_name: Option<String>,
    /// Without `@`.
    pub username: Option<String>,
    /// What they may do, or could.
    pub role: Role,
    /// When they were last let in.
    pub since: DateTime<Utc>,
    /// When they were removed; none while they are in the team.
    pub removed_at: Option<DateTime<Utc>>,
}

impl From<Standing> for Member {
    fn from(standing: Standing) -> Self {
        Self { id: standing.id, first_name: standing.first_name, role: standing.role }
    }
}

/// Who is meant by a first name or a Telegram id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// This one, by id.
    One(i64),
    /// Any of these; only an id tells them apart.
    Several(Vec<Member>),
    /// None of these.
    Nobody(Vec<Member>),
}

impl Named {
    /// Whom a name means among these.
    pub fn among(team: Vec<Member>, name: &str) -> Self {
        let is_meant =
            |member: &Member| member.first_name.to_lowercase() == name.to_lowercase() || member.id.to_string() == name;
        let meant: Vec<Member> = team.iter().filter(|member| is_meant(member)).cloned().collect();
        match meant.as_slice() {
            [] => Self::Nobody(team),
            [one] => Self::One(one.id),
            _ => Self::Several(meant),
        }
    }
}

/// How using an enrolment code ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Enrolled {
    /// The person is a member now.
    Welcome(Role),
    /// Nobody made this code, or it was used or has expired; the reader is not told which.
    NotValid,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back_as_roles() {
        for role in Role::ALL {
            assert_eq!(role.word().parse(), Ok(role));
        }
        assert_eq!("admin".parse::<Role>(), Err(UnknownRole("admin".to_owned())));
    }

    #[test]
    fn a_name_that_two_have_means_neither() {
        let member = |id: i64, name: &str| Member { id, first_name: name.to_owned(), role: Role::Operator };
        let team = vec![member(1, "Bo"), member(2, "Eva"), member(3, "EVA")];
        assert_eq!(Named::among(team.clone(), "bo"), Named::One(1));
        assert_eq!(Named::among(team.clone(), "eva"), Named::Several(team[1..].to_vec()));
        assert_eq!(Named::among(team.clone(), "3"), Named::One(3));
        assert_eq!(Named::among(team.clone(), "Max"), Named::Nobody(team));
    }

    #[test]
    fn a_viewer_operates_nothing() {
        assert!(!Role::Viewer.operates());
        assert!(Role::Operator.operates() && Role::Owner.operates());
    }
}
