//! Command menus by scope and language.

use crate::api::call::{Call, Outcome, Reply};
use crate::api::error::ApiError;
use crate::model::bot::{Bot, Command, Scope};
use serde_json::{Value, json};

/// Most commands in one menu.
const MAX_COMMANDS: usize = 100;
/// Longest name, in characters.
const MAX_NAME: usize = 32;
/// Longest description, in characters.
const MAX_DESCRIPTION: usize = 256;

/// `setMyCommands`; an empty list deletes.
pub(crate) fn set_my_commands(call: &mut Call<'_>) -> Reply {
    let list = match call.params.json("commands") {
        None => Vec::new(),
        Some(Ok(Value::Array(list))) => list,
        Some(Ok(_)) => return Err(ApiError::bad_request("expected an Array of BotCommand")),
        Some(Err(_)) => return Err(ApiError::bad_request("can't parse commands JSON object")),
    };
    if list.len() > MAX_COMMANDS {
        return Err(ApiError::bad_request("BOT_COMMANDS_TOO_MUCH"));
    }
    let commands = list.iter().map(command).collect::<Result<Vec<_>, _>>()?;
    let key = (scope(call)?, language(call)?);
    let bot = bot(call)?;
    if commands.is_empty() {
        bot.commands.remove(&key);
    } else {
        bot.commands.insert(key, commands);
    }
    Ok(Outcome::done())
}

/// `getMyCommands` of exactly one scope and language.
pub(crate) fn get_my_commands(call: &mut Call<'_>) -> Reply {
    let key = (scope(call)?, language(call)?);
    let commands = bot(call)?.commands.get(&key).cloned().unwrap_or_default();
    Ok(Outcome::of(json!(commands)))
}

/// `deleteMyCommands`.
pub(crate) fn delete_my_commands(call: &mut Call<'_>) -> Reply {
    let key = (scope(call)?, language(call)?);
    bot(call)?.commands.remove(&key);
    Ok(Outcome::done())
}

fn bot<'a>(call: &'a mut Call<'_>) -> Result<&'a mut Bot, ApiError> {
    call.telegram.store.bots.get_mut(&call.bot).ok_or_else(|| ApiError::new(401, "Unauthorized"))
}

fn command(value: &Value) -> Result<Command, ApiError> {
    let field = |name: &str| {
        value[name]
            .as_str()
            .map(str::trim)
            .ok_or_else(|| ApiError::bad_request(format!("can't parse BotCommand: Can't find field \"{name}\"")))
    };
    let name = field("command")?.trim_start_matches('/');
    let description = field("description")?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name.is_empty() || name.len() > MAX_NAME || !name.chars().all(plain) {
        return Err(ApiError::bad_request("BOT_COMMAND_INVALID"));
    }
    if description.is_empty() || description.chars().count() > MAX_DESCRIPTION {
        return Err(ApiError::bad_request("BOT_COMMAND_DESCRIPTION_INVALID"));
    }
    Ok(Command { command: name.to_owned(), description: description.to_owned() })
}

fn language(call: &Call<'_>) -> Result<String, ApiError> {
    let code = call.params.text("language_code").unwrap_or_default();
    let valid = code.is_empty() || (code.len() == 2 && code.chars().all(|c| c.is_ascii_lowercase()));
    if !valid {
        return Err(ApiError::bad_request("BOT_COMMAND_LANG_CODE_INVALID"));
    }
    Ok(code.to_owned())
}

fn scope(call: &Call<'_>) -> Result<Scope, ApiError> {
    let unreadable = |why: &str| ApiError::bad_request(format!("can't parse BotCommandScope: {why}"));
    let value = match call.params.json("scope") {
        None => return Ok(Scope::Default),
        Some(Ok(Value::Object(value))) => Value::Object(value),
        Some(Ok(_)) => return Err(unreadable("BotCommandScope must be an Object")),
        Some(Err(_)) => return Err(unreadable("can't parse JSON object")),
    };
    let kind = value["type"].as_str().ok_or_else(|| unreadable("Can't find field \"type\""))?;
    let chat = || {
        let id = value["chat_id"]
            .as_i64()
            .or_else(|| value["chat_id"].as_str()?.parse().ok())
            .ok_or_else(|| ApiError::bad_request("chat_id is empty"))?;
        let store = &call.telegram.store;
        let known = store.groups.contains_key(&id) || store.private.contains_key(&(call.bot, id));
        known.then_some(id).ok_or_else(|| ApiError::bad_request("chat not found"))
    };
    Ok(match kind {
        "default" => Scope::Default,
        "all_private_chats" => Scope::AllPrivateChats,
        "all_group_chats" => Scope::AllGroupChats,
        "all_chat_administrators" => Scope::AllChatAdministrators,
        "chat" => Scope::Chat { chat_id: chat()? },
        "chat_administrators" => Scope::ChatAdministrators { chat_id: chat()? },
        "chat_member" => Scope::ChatMember {
            chat_id: chat()?,
            user_id: value["user_id"].as_i64().ok_or_else(|| ApiError::bad_request("invalid user_id specified"))?,
        },
        _ => return Err(unreadable("Unsupported type specified")),
    })
}
