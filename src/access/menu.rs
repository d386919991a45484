//! Command menus: everybody's in each language, and a person's own where their language or their role asks for one.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use waas_platform::db::PgConnection;
use waas_platform::render::Reader;
use waas_platform::telegram::outbox::{self, MenuOf};
use waas_platform::telegram::{BotId, Place};

use super::chat::rights;
use super::model::{Member, Role};
use super::tongue::Tongue;
use super::{operators_place, store};
use crate::front::Front;

/// Sets the menus that everybody sees in a private chat with the bot: by the language of the app, and the house's for apps
/// in a language that we do not speak.
///
/// # Errors
/// The database refuses.
pub async fn set_common(conn: &mut PgConnection, bot: BotId, front: &Front, now: DateTime<Utc>) -> sqlx::Result<()> {
    let everybodys = rights::in_menu(None);
    let house = described(front, &front.reader(None, now), &everybodys);
    outbox::set_commands(conn, bot, MenuOf::Everybody, house).await?;
    let languages: Vec<String> = front.renderer().words().languages().map(str::to_owned).collect();
    // Telegram knows languages by two letters only.
    for language in languages.into_iter().filter(|language| language.len() == 2) {
        let commands = described(front, &front.reader(Some(&language), now), &everybodys);
        outbox::set_commands(conn, bot, MenuOf::Speakers(language), commands).await?;
    }
    Ok(())
}

/// Sets the menu of somebody's private chat when another one stands there: after a change of language, of role, or of what
/// the menu says. Who is no member and speaks as their app does has everybody's.
///
/// # Errors
/// The database refuses.
pub(super) async fn keep(
    conn: &mut PgConnection,
    front: &Front,
    place: Place,
    member: Option<&Member>,
    tongue: &Tongue,
    reader: &Reader,
) -> sqlx::Result<()> {
    if member.is_none() && tongue.chosen.is_none() && tongue.menu.is_none() {
        return Ok(());
    }
    let commands = described(front, reader, &rights::in_menu(member.map(|member| member.role)));
    let digest = digest(&commands);
    // Who writes the same person's row at this moment keeps the menu; an express press does not wait for it.
    if tongue.menu.as_ref() != Some(&digest) && store::keep_menu(conn, place.chat, &digest).await? {
        outbox::set_commands(conn, place.bot, MenuOf::Chat(place.chat), commands).await?;
    }
    Ok(())
}

/// A viewer's own menu where operators work together, whose own offers what operators may. Gone again when they are no viewer
/// any more, or the operators are elsewhere; to be called where they speak in a group, and when their role changes.
///
/// # Errors
/// The database refuses.
pub(super) async fn keep_in_group(
    conn: &mut PgConnection,
    front: &Front,
    now: DateTime<Utc>,
    (place, person): (Place, i64),
    role: Option<Role>,
    kept: Option<&str>,
) -> sqlx::Result<()> {
    let looks = role == Some(Role::Viewer);
    if !looks && kept.is_none() {
        return Ok(());
    }
    let desk = operators_place(conn, place.bot).await?;
    let here = looks && place.chat < 0 && desk.is_some_and(|desk| desk.chat == place.chat);
    let commands = described(front, &front.reader(None, now), &rights::in_menu(role));
    let made = here.then(|| format!("{}:{}", place.chat, digest(&commands)));
    if made.as_deref() == kept || !store::keep_group_menu(conn, person, made.as_deref()).await? {
        return Ok(());
    }
    let before = kept.and_then(|kept| kept.split_once(':')?.0.parse().ok());
    if let Some(chat) = before.filter(|chat| !here || *chat != place.chat) {
        outbox::set_commands(conn, place.bot, MenuOf::Member { chat, person }, Vec::new()).await?;
    }
    if here {
        outbox::set_commands(conn, place.bot, MenuOf::Member { chat: place.chat, person }, commands).await?;
    }
    Ok(())
}

/// Each command with what it does.
pub(super) fn described(front: &Front, reader: &Reader, names: &[&str]) -> Vec<(String, String)> {
    names.iter().map(|name| ((*name).to_owned(), front.word(reader, &format!("command-{name}")))).collect()
}

fn digest(commands: &[(String, String)]) -> String {
    let mut hash = Sha256::new();
    for (name, does) in commands {
        hash.update(name.as_bytes());
        hash.update([0]);
        hash.update(does.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
