//! The SQL of people, members, codes and the operators' chat.

pub(super) mod desk;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use waas_platform::db::PgConnection;
use waas_platform::telegram::{BotId, BotIdentity, Person, Place};

use super::model::{Member, Role};
use super::tongue::Tongue;
use crate::audit::{self, HEARD_IN};

pub(super) mod members;

/// Who speaks, as the house knows them.
pub(super) struct Known {
    /// They were out of reach until now.
    pub(super) came_back: bool,
    pub(super) member: Option<Member>,
    pub(super) tongue: Tongue,
    /// What their own menu in the operators' group was made of, and in which group.
    pub(super) group_menu: Option<String>,
}

/// Looks a person up and keeps their names; what they do in this transaction was heard in `chat`, where there is one. A row
/// that another turn of theirs is just writing is left alone: an express press must not wait for a slow command of the same
/// person. So is one that says all this already, but for the minute in which they were seen last.
pub(super) async fn know(conn: &mut PgConnection, person: &Person, chat: Option<i64>) -> sqlx::Result<Known> {
    let known = sqlx::query!(
        r#"with seen as (
             select id, reachable from people
             where id = $1 and ((first_name, last_name, username) is distinct from ($2, $3, $4) or not reachable
                                or app_language is distinct from coalesce($5, app_language)
                                or last_seen < now() - interval '1 minute')
             for no key update skip locked
           ), kept as (
             update people p
               set first_name = $2, last_name = $3, username = $4, app_language = coalesce($5, p.app_language),
                   reachable = true, last_seen = now()
             from seen where p.id = seen.id
             returning not seen.reachable as came_back
           )
           select p.locale, coalesce($5, p.app_language) as app_language, p.timezone, p.menu, p.group_menu,
                  m.role as "role?",
                  coalesce((select came_back from kept), false) as "came_back!",
                  set_config($6, $7, true) as heard_in
           from people p left join members m on m.person_id = p.id and m.state = 'active'
           where p.id = $1"#,
        person.id,
        person.first_name,
        person.last_name,
        person.username,
        person.language,
        HEARD_IN,
        chat.map(|chat| chat.to_string())
    )
    .fetch_optional(&mut *conn)
    .await?;
    if let Some(known) = known {
        let role = known.role.and_then(|word| word.parse().ok());
        let member = role.map(|role| Member { id: person.id, first_name: person.first_name.clone(), role });
        let zone = known.timezone.and_then(|name| name.parse().ok());
        let tongue = Tongue { chosen: known.locale, app: known.app_language, zone, menu: known.menu };
        return Ok(Known { came_back: known.came_back, member, tongue, group_menu: known.group_menu });
    }
    // Looked for first: to find a conflict with a row that is being written, an insert would wait for its end.
    sqlx::query!(
        "insert into people (id, first_name, last_name, username, app_language)
         select $1, $2, $3, $4, $5 where not exists (select 1 from people where id = $1)
         on conflict (id) do nothing",
        person.id,
        person.first_name,
        person.last_name,
        person.username,
        person.language
    )
    .execute(&mut *conn)
    .await?;
    if let Some(chat) = chat {
        audit::heard_in(conn, chat).await?;
    }
    let tongue = Tongue { app: person.language.clone(), ..Tongue::default() };
    Ok(Known { came_back: false, member: None, tongue, group_menu: None })
}

pub(super) async fn reachable(conn: &mut PgConnection, person: i64) -> sqlx::Result<bool> {
    let reachable = sqlx::query_scalar!("select reachable from people where id = $1", person);
    Ok(reachable.fetch_optional(conn).await?.unwrap_or(false))
}

/// Whether that is news.
pub(super) async fn set_reachable(conn: &mut PgConnection, person: i64, reachable: bool) -> sqlx::Result<bool> {
    let changed = sqlx::query!("update people set reachable = $2 where id = $1 and reachable <> $2", person, reachable)
        .execute(conn)
        .await?;
    Ok(changed.rows_affected() == 1)
}

/// Whether the operators are to be told that somebody cannot be reached; they are now. `gone`: that is news.
pub(super) async fn tells_of_loss(
    conn: &mut PgConnection,
    person: i64,
    gone: bool,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let told = sqlx::query!(
        "update people set lost_told_at = $3
         where id = $1
           and (lost_told_at is null or lost_told_at <= $3::timestamptz - interval '1 day' and ($2 or lost_told_at < last_seen))",
        person,
        gone,
        now
    )
    .execute(conn)
    .await?;
    Ok(told.rows_affected() == 1)
}

pub(super) async fn member(conn: &mut PgConnection, person: i64) -> sqlx::Result<Option<Member>> {
    let row = sqlx::query!(
        "select m.role, p.first_name
         from members m join people p on p.id = m.person_id
         where m.person_id = $1 and m.state = 'active'",
        person
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.and_then(|row| {
        let role = row.role.parse().ok()?;
        Some(Member { id: person, first_name: row.first_name, role })
    }))
}

pub(super) async fn operators(conn: &mut PgConnection) -> sqlx::Result<Vec<Member>> {
    let ids = sqlx::query_scalar!(
        "select m.person_id from members m join people p on p.id = m.person_id
         where m.state = 'active' and m.role in ('owner', 'operator') order by p.first_name, m.person_id"
    )
    .fetch_all(&mut *conn)
    .await?;
    let mut operators = Vec::with_capacity(ids.len());
    for id in ids {
        operators.extend(member(conn, id).await?);
    }
    Ok(operators)
}

pub(super) async fn first_name(conn: &mut PgConnection, person: i64) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!("select first_name from people where id = $1", person).fetch_optional(conn).await
}

pub(super) async fn add_code(
    conn: &mut PgConnection,
    hash: &[u8],
    role: Role,
    made_by: Option<i64>,
    expires_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into enrol_codes (code_hash, role, made_by, expires_at) values ($1, $2, $3, $4)",
        hash,
        role.word(),
        made_by,
        expires_at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Spends a code: of two people with the same one, one finds it used. A code is worth what its maker is.
pub(super) async fn use_code(
    conn: &mut PgConnection,
    hash: &[u8],
    person: i64,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Role>> {
    let role = sqlx::query_scalar!(
        "update enrol_codes set used_by = $2, used_at = $3
         where code_hash = $1 and used_at is null and expires_at > $3
           and (made_by is null or exists (
                select from members where person_id = made_by and role = 'owner' and state = 'active'))
         returning role",
        hash,
        person,
        now
    )
    .fetch_optional(conn)
    .await?;
    Ok(role.and_then(|word| word.parse().ok()))
}

/// Makes a person a member; somebody who is one already has been so as long as before.
pub(super) async fn add_member(conn: &mut PgConnection, person: i64, role: Role) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into members (person_id, role) values ($1, $2)
         on conflict (person_id) do update set role = excluded.role, state = 'active', revoked_at = null,
           since = case when members.state = 'active' then members.since else now() end",
        person,
        role.word()
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The chat that was bound, else the first owner's private chat. A bound private chat counts while its person is an owner
/// who can be reached.
pub(super) async fn operators_place(conn: &mut PgConnection, bot: BotId) -> sqlx::Result<Option<Place>> {
    let bound = sqlx::query_scalar!(
        "select chat_id from operator_chats o
         where bot_id = $1
           and (chat_id < 0
                or exists (select from members m join people p on p.id = m.person_id
                           where p.id = o.chat_id and p.reachable and m.role = 'owner' and m.state = 'active'))",
        bot.0
    )
    .fetch_optional(&mut *conn)
    .await?;
    if let Some(chat) = bound {
        return Ok(Some(Place { bot, chat, topic: None }));
    }
    let owner = sqlx::query_scalar!(
        "select m.person_id from members m join people p on p.id = m.person_id
         where m.role = 'owner' and m.state = 'active' order by p.reachable desc, m.since, m.person_id limit 1"
    )
    .fetch_optional(conn)
    .await?;
    Ok(owner.map(|id| Place::private(bot, id)))
}

pub(super) async fn remember_bot(conn: &mut PgConnection, bot: &BotIdentity) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into bots (bot_id, username) values ($1, $2)
         on conflict (bot_id) do update set username = excluded.username, seen_at = now()",
        bot.id.0,
        bot.username
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn known_bot(conn: &mut PgConnection, id: BotId) -> sqlx::Result<Option<BotIdentity>> {
    let username =
        sqlx::query_scalar!("select username from bots where bot_id = $1", id.0).fetch_optional(conn).await?;
    Ok(username.map(|username| BotIdentity { id, username }))
}

/// How somebody wants to be spoken to; nothing of it of a person who never wrote.
pub(super) async fn tongue(conn: &mut PgConnection, person: i64) -> sqlx::Result<Tongue> {
    let row = sqlx::query!("select locale, app_language, timezone, menu from people where id = $1", person)
        .fetch_optional(conn)
        .await?;
    Ok(row.map_or_else(Tongue::default, |row| Tongue {
        chosen: row.locale,
        app: row.app_language,
        zone: row.timezone.and_then(|name| name.parse().ok()),
        menu: row.menu,
    }))
}

pub(super) async fn choose_language(conn: &mut PgConnection, person: i64, tag: Option<&str>) -> sqlx::Result<()> {
    sqlx::query!("update people set locale = $2 where id = $1", person, tag).execute(conn).await?;
    Ok(())
}

pub(super) async fn choose_zone(conn: &mut PgConnection, person: i64, zone: Tz) -> sqlx::Result<()> {
    sqlx::query!("update people set timezone = $2 where id = $1", person, zone.name()).execute(conn).await?;
    Ok(())
}

/// Notes what somebody's menu was made of; `false` when their row is just being written by another turn.
pub(super) async fn keep_menu(conn: &mut PgConnection, person: i64, digest: &str) -> sqlx::Result<bool> {
    let kept = sqlx::query!(
        "with free as (select id from people where id = $1 for no key update skip locked)
         update people p set menu = $2 from free where p.id = free.id",
        person,
        digest
    )
    .execute(conn)
    .await?;
    Ok(kept.rows_affected() == 1)
}

pub(super) async fn group_menu(conn: &mut PgConnection, person: i64) -> sqlx::Result<Option<String>> {
    let menu = sqlx::query_scalar!("select group_menu from people where id = $1", person);
    Ok(menu.fetch_optional(conn).await?.flatten())
}

/// As [`keep_menu`], of the menu in the operators' group.
pub(super) async fn keep_group_menu(conn: &mut PgConnection, person: i64, menu: Option<&str>) -> sqlx::Result<bool> {
    let kept = sqlx::query!(
        "with free as (select id from people where id = $1 for no key update skip locked)
         update people p set group_menu = $2 from free where p.id = free.id",
        person,
        menu
    )
    .execute(conn)
    .await?;
    Ok(kept.rows_affected() == 1)
}
