//! Topics of forums.

use crate::api::call::{Call, Outcome, Reply};
use crate::api::error::ApiError;
use crate::model::chat::Place;
use crate::model::forum::{ICON_COLORS, MAX_NAME, Words};
use serde_json::json;

/// `createForumTopic`.
pub(crate) fn create_forum_topic(call: &mut Call<'_>) -> Reply {
    let group = administered(call, "not enough rights to create a topic", None)?;
    let color = match call.params.text("icon_color") {
        None => ICON_COLORS[0],
        Some(text) => text
            .trim()
            .parse()
            .ok()
            .filter(|c| ICON_COLORS.contains(c))
            .ok_or_else(|| ApiError::bad_request("invalid topic icon color specified"))?,
    };
    let name = name(call).unwrap_or_default();
    let icon = call.params.text("icon_custom_emoji_id").map(str::to_owned);
    let id = call.telegram.open_topic(group, call.bot, &name, color, icon).map_err(ApiError::bad_request)?;
    let topic = call.telegram.store.groups.get(&group).and_then(|g| g.topics.get(&id)).map(|t| t.json(id));
    Ok(Outcome::of(json!(topic)))
}

/// `editForumTopic`.
pub(crate) fn edit_forum_topic(call: &mut Call<'_>) -> Reply {
    let id = thread(call);
    let group = administered(call, "not enough rights to edit the topic", Some(id))?;
    let name = name(call);
    // Here an empty icon says something: it takes the present one away.
    let icon = call.params.given("icon_custom_emoji_id");
    done(call.telegram.edit_topic(group, call.bot, id, name.as_deref(), icon))
}

/// `closeForumTopic`.
pub(crate) fn close_forum_topic(call: &mut Call<'_>) -> Reply {
    toggle(call, true)
}

/// `reopenForumTopic`.
pub(crate) fn reopen_forum_topic(call: &mut Call<'_>) -> Reply {
    toggle(call, false)
}

fn toggle(call: &mut Call<'_>, closed: bool) -> Reply {
    let id = thread(call);
    let group = administered(call, "not enough rights to edit the topic", Some(id))?;
    done(call.telegram.close_topic(group, call.bot, Some(id), closed))
}

/// `deleteForumTopic`.
pub(crate) fn delete_forum_topic(call: &mut Call<'_>) -> Reply {
    let id = thread(call);
    let group = administered(call, "not enough rights to delete the topic", None)?;
    done(call.telegram.delete_topic(group, id))
}

/// `editGeneralForumTopic`.
pub(crate) fn edit_general_forum_topic(call: &mut Call<'_>) -> Reply {
    let group = administered(call, "not enough rights to edit the topic", None)?;
    let name = name(call).unwrap_or_default();
    done(call.telegram.edit_general(group, call.bot, &name))
}

/// `closeGeneralForumTopic`.
pub(crate) fn close_general_forum_topic(call: &mut Call<'_>) -> Reply {
    let group = administered(call, "not enough rights to edit the topic", None)?;
    done(call.telegram.close_topic(group, call.bot, None, true))
}

/// `reopenGeneralForumTopic`.
pub(crate) fn reopen_general_forum_topic(call: &mut Call<'_>) -> Reply {
    let group = administered(call, "not enough rights to edit the topic", None)?;
    done(call.telegram.close_topic(group, call.bot, None, false))
}

/// `hideGeneralForumTopic`.
pub(crate) fn hide_general_forum_topic(call: &mut Call<'_>) -> Reply {
    let group = administered(call, "not enough rights to edit the topic", None)?;
    done(call.telegram.hide_general(group, call.bot, true))
}

/// `unhideGeneralForumTopic`.
pub(crate) fn unhide_general_forum_topic(call: &mut Call<'_>) -> Reply {
    let group = administered(call, "not enough rights to edit the topic", None)?;
    done(call.telegram.hide_general(group, call.bot, false))
}

/// `unpinAllForumTopicMessages` and its sister for General: nothing can be pinned here.
pub(crate) fn unpin_all(call: &mut Call<'_>) -> Reply {
    administered(call, "not enough rights to manage pinned messages in the chat", None)?;
    Ok(Outcome::done())
}

/// `getForumTopicIconStickers`: there are none here.
pub(crate) fn get_forum_topic_icon_stickers(_: &mut Call<'_>) -> Reply {
    Ok(Outcome::of(json!([])))
}

/// The forum of a call, if the bot administers it, or opened the topic that it wants to change.
fn administered(call: &Call<'_>, otherwise: Words, own: Option<i64>) -> Result<i64, ApiError> {
    let place = call.writable_chat()?;
    let group = match place {
        Place::Group { group } => call.telegram.store.groups.get(&group).filter(|g| g.is_forum),
        Place::Private { .. } => None,
    };
    let group = group.ok_or_else(|| ApiError::bad_request("the chat is not a forum"))?;
    let opened = own.and_then(|id| group.topics.get(&id)).is_some_and(|t| t.creator == call.bot);
    if !group.standing(call.bot).is_admin() && !opened {
        return Err(ApiError::bad_request(otherwise));
    }
    Ok(group.id)
}

fn thread(call: &Call<'_>) -> i64 {
    call.params.number("message_thread_id").unwrap_or(0)
}

/// The name of a call; a long one is cut by the server, which the transcript notes.
fn name(call: &mut Call<'_>) -> Option<String> {
    let name = call.params.text("name").map(str::to_owned)?;
    let length = name.chars().count();
    if length > MAX_NAME {
        call.warnings.push(format!("a topic name of {length} characters is cut after {MAX_NAME}"));
    }
    Some(name)
}

fn done(result: Result<(), Words>) -> Reply {
    result.map(|()| Outcome::done()).map_err(ApiError::bad_request)
}
