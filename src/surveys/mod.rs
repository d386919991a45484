//! Surveys: questions to people outside the team, by link, in their language.
//!
//! What is asked stands in `dialogues/` and is led by the pure crate [`waas_dialogue`]; here are the links, who owns
//! them, what is stored between two answers, and the chat. Whom a survey is about is an opaque id: whoever invites knows
//! it, and is told through [`Submitted`] when the answers are in. Knows neither leads nor provisioning.

mod answers;
pub mod chat;
mod correct;
mod dialogues;
pub mod model;
mod moves;
mod store;
mod tap;
#[cfg(test)]
mod tests;
mod view;
mod words;

use std::sync::Arc;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use uuid::Uuid;
use waas_dialogue::Locale;
use waas_platform::clock::random;
use waas_platform::db::PgConnection;
use waas_platform::render::Words;
use waas_platform::secrets::{MasterKey, Sealed, Secret};
use waas_platform::telegram::BotId;

pub use dialogues::{Checked, Dialogues, Wrong, check, check_all};
pub use model::{Invitation, NewInvitation, Settings};

/// What stands before the token in a deep link.
pub const PREFIX: &str = "onb_";
/// What tokens are hashed and sealed for.
const PURPOSE: &str = "survey";

/// A survey that was just sent in.
#[derive(Clone, Debug)]
pub struct Submission {
    /// The survey's id, as in its [`Invitation`].
    pub session: Uuid,
    /// The definition's name.
    pub dialogue: String,
    /// Whom it is about, as in its [`NewInvitation`].
    pub subject: Uuid,
    /// Who answered, by Telegram id.
    pub person: i64,
    /// The bot they spoke with.
    pub bot: BotId,
    /// The language they answered in.
    pub locale: String,
    /// Bare values by step name: what templates read as `answers.x`.
    pub answers: serde_json::Map<String, serde_json::Value>,
}

/// An answer of a survey that an operator corrected after it was sent in.
#[derive(Clone, Debug)]
pub struct Correction {
    /// The survey as it stands now.
    pub submission: Submission,
    /// Who corrected it, by Telegram id.
    pub by: i64,
    /// What has another answer now, or none: each step with what it asks for, in the language of who corrected it.
    pub steps: Vec<(String, String)>,
}

/// Who wants to know when answers are in.
pub trait Submitted: Send + Sync {
    /// Called once for a survey, in the transaction that makes it submitted; an error undoes the submission.
    fn submitted<'a>(&'a self, conn: &'a mut PgConnection, done: &'a Submission) -> BoxFuture<'a, anyhow::Result<()>>;

    /// Whether answers about this subject may still be corrected; nobody's may, unless the listener says so.
    fn may_correct<'a>(&'a self, _: &'a mut PgConnection, _: Uuid) -> BoxFuture<'a, anyhow::Result<bool>> {
        Box::pin(async { Ok(false) })
    }

    /// Called in the transaction that corrects answers; `false`: it is too late, and they stay as they were.
    fn corrected<'a>(&'a self, _: &'a mut PgConnection, _: &'a Correction) -> BoxFuture<'a, anyhow::Result<bool>> {
        Box::pin(async { Ok(false) })
    }
}

/// What the chat of surveys works with.
pub struct Surveys {
    dialogues: Dialogues,
    listener: Arc<dyn Submitted>,
    /// The languages in which the hub can say all that it adds to a definition's own texts.
    spoken: Vec<Locale>,
}

impl Surveys {
    /// Leads people through these dialogues and tells `listener` what was sent in.
    pub fn new(dialogues: Dialogues, words: &Words, listener: Arc<dyn Submitted>) -> Self {
        let gaps = words.gaps();
        let spoken = |locale: &Locale| {
            let begun = words.says(locale.as_str(), "survey-button-submit");
            begun && !gaps.iter().any(|(lang, key)| lang == locale.as_str() && key.starts_with("survey-"))
        };
        Self { dialogues, listener, spoken: Locale::ALL.into_iter().filter(spoken).collect() }
    }
}

/// Whether somebody opened a survey.
///
/// # Errors
/// The database refuses.
pub async fn asked(conn: &mut PgConnection, bot: BotId, person: i64) -> sqlx::Result<bool> {
    store::has(conn, bot, person).await
}

/// Makes a link into a survey; a subject that has a living one gets the same again.
///
/// # Errors
/// The database refuses, or the stored link was sealed with another master key.
pub async fn invite(
    conn: &mut PgConnection,
    keys: &MasterKey,
    now: DateTime<Utc>,
    settings: &Settings,
    new: NewInvitation,
) -> anyhow::Result<Invitation> {
    store::expire_of(conn, &new, now).await?;
    let token = random::token();
    let link = store::Link {
        id: random::id(),
        sealed: keys.seal(PURPOSE, &Secret::new(token.as_str())).as_bytes().to_vec(),
        expires_at: now + settings.link_ttl,
    };
    let hash = keys.hash_code(PURPOSE, &token);
    let link = if store::add(conn, &link, hash.as_bytes(), &new, now).await? {
        link
    } else {
        store::living(conn, &new).await?
    };
    let token = keys.open(PURPOSE, &Sealed::from(link.sealed)).context("the link of a survey does not open")?;
    Ok(Invitation { id: link.id, payload: format!("{PREFIX}{}", token.expose()), expires_at: link.expires_at })
}
