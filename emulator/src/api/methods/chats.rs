//! Who the bot is, and what it can learn of chats and members.

use crate::api::call::{Call, Outcome, Reply};
use crate::api::error::ApiError;
use crate::model::chat::{Place, Standing};
use serde_json::{Value, json};

/// `getMe`.
pub(crate) fn get_me(call: &mut Call<'_>) -> Reply {
    let mut me = call.telegram.user_json(call.bot);
    let privacy = call.telegram.store.bots.get(&call.bot).is_none_or(|b| b.privacy);
    me["can_join_groups"] = true.into();
    me["can_read_all_group_messages"] = (!privacy).into();
    me["supports_inline_queries"] = false.into();
    me["can_connect_to_business"] = false.into();
    me["has_main_web_app"] = false.into();
    Ok(Outcome::of(me))
}

/// `getChat`; a private chat must exist already.
pub(crate) fn get_chat(call: &mut Call<'_>) -> Reply {
    let place = call.chat()?;
    call.check_membership(place)?;
    if call.telegram.messages(place).is_none() {
        return Err(ApiError::bad_request("chat not found"));
    }
    let mut chat = call.telegram.chat_json(place);
    chat["accent_color_id"] = place.chat_id().rem_euclid(7).into();
    chat["max_reaction_count"] = 11.into();
    chat["accepted_gift_types"] = json!({
        "unlimited_gifts": false,
        "limited_gifts": false,
        "unique_gifts": false,
        "premium_subscription": false,
    });
    Ok(Outcome::of(chat))
}

/// `getChatMember`.
pub(crate) fn get_chat_member(call: &mut Call<'_>) -> Reply {
    let place = call.chat()?;
    call.check_membership(place)?;
    let user = call
        .params
        .number::<i64>("user_id")
        .filter(|&id| call.telegram.user(id).is_some())
        .ok_or_else(|| ApiError::bad_request("invalid user_id specified"))?;
    let standing = match place {
        Place::Private { bot, person } if user == bot || user == person => Standing::Member,
        Place::Private { .. } => return Err(ApiError::bad_request("member not found")),
        Place::Group { group } => call.telegram.store.groups.get(&group).map_or(Standing::Left, |g| g.standing(user)),
    };
    Ok(Outcome::of(call.telegram.member_json(user, standing)))
}

/// `getChatAdministrators`: people and bots with rights, the creator included.
pub(crate) fn get_chat_administrators(call: &mut Call<'_>) -> Reply {
    let members = members(call)?;
    let admins = members.into_iter().filter(|(_, s)| s.is_admin()).map(|(id, s)| call.telegram.member_json(id, s));
    Ok(Outcome::of(Value::Array(admins.collect())))
}

/// `getChatMemberCount`.
pub(crate) fn get_chat_member_count(call: &mut Call<'_>) -> Reply {
    let inside = members(call)?.into_iter().filter(|(_, s)| s.is_inside()).count();
    Ok(Outcome::of(inside))
}

/// Who is or was in the group of a call.
fn members(call: &Call<'_>) -> Result<Vec<(i64, Standing)>, ApiError> {
    let place = call.chat()?;
    call.check_membership(place)?;
    let group = match place {
        Place::Group { group } => call.telegram.store.groups.get(&group),
        Place::Private { .. } => None,
    };
    let group = group.ok_or_else(|| ApiError::bad_request("there are no administrators in the private chat"))?;
    Ok(group.members.iter().map(|(id, s)| (*id, *s)).collect())
}

/// `leaveChat`.
pub(crate) fn leave_chat(call: &mut Call<'_>) -> Reply {
    let place = call.chat()?;
    call.check_membership(place)?;
    let Place::Group { group } = place else {
        return Err(ApiError::bad_request("chat member status can't be changed in private chats"));
    };
    call.telegram.set_standing(group, call.bot, call.bot, Standing::Left);
    Ok(Outcome::done())
}
