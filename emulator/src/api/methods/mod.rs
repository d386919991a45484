//! The methods of the Bot API, grouped by what they are about.

pub(crate) mod callback;
pub(crate) mod chats;
pub(crate) mod commands;
pub(crate) mod edit;
pub(crate) mod files;
pub(crate) mod forum;
pub(crate) mod send;
pub(crate) mod updates;
pub(crate) mod webhook;

use super::call::{Call, Reply};
use super::params::Params;
use crate::Emulator;

/// A method that answers at once.
pub(crate) type Quick = fn(&mut Call<'_>) -> Reply;

/// A method that starts or ends deliveries, for which it needs the whole emulator.
pub(crate) type Wide = fn(&Emulator, i64, &Params) -> Reply;

/// How a method runs.
#[derive(Clone, Copy)]
pub(crate) enum Method {
    /// The long poll, the only one that waits.
    GetUpdates,
    Quick(Quick),
    Wide(Wide),
}

/// Every method by its lower-case name.
const METHODS: &[(&str, Method)] = &[
    ("answercallbackquery", Method::Quick(callback::answer_callback_query)),
    ("closeforumtopic", Method::Quick(forum::close_forum_topic)),
    ("closegeneralforumtopic", Method::Quick(forum::close_general_forum_topic)),
    ("createforumtopic", Method::Quick(forum::create_forum_topic)),
    ("deleteforumtopic", Method::Quick(forum::delete_forum_topic)),
    ("deletemessage", Method::Quick(edit::delete_message)),
    ("deletemessages", Method::Quick(edit::delete_messages)),
    ("deletemycommands", Method::Quick(commands::delete_my_commands)),
    ("deletewebhook", Method::Wide(webhook::delete_webhook)),
    ("editforumtopic", Method::Quick(forum::edit_forum_topic)),
    ("editgeneralforumtopic", Method::Quick(forum::edit_general_forum_topic)),
    ("editmessagecaption", Method::Quick(edit::edit_message_caption)),
    ("editmessagereplymarkup", Method::Quick(edit::edit_message_reply_markup)),
    ("editmessagetext", Method::Quick(edit::edit_message_text)),
    ("getchat", Method::Quick(chats::get_chat)),
    ("getchatadministrators", Method::Quick(chats::get_chat_administrators)),
    ("getchatmember", Method::Quick(chats::get_chat_member)),
    ("getchatmembercount", Method::Quick(chats::get_chat_member_count)),
    ("getfile", Method::Quick(files::get_file)),
    ("getforumtopiciconstickers", Method::Quick(forum::get_forum_topic_icon_stickers)),
    ("getme", Method::Quick(chats::get_me)),
    ("getmycommands", Method::Quick(commands::get_my_commands)),
    ("getupdates", Method::GetUpdates),
    ("getwebhookinfo", Method::Quick(webhook::get_webhook_info)),
    ("hidegeneralforumtopic", Method::Quick(forum::hide_general_forum_topic)),
    ("leavechat", Method::Quick(chats::leave_chat)),
    ("reopenforumtopic", Method::Quick(forum::reopen_forum_topic)),
    ("reopengeneralforumtopic", Method::Quick(forum::reopen_general_forum_topic)),
    ("sendchataction", Method::Quick(send::send_chat_action)),
    ("senddocument", Method::Quick(send::send_document)),
    ("sendmessage", Method::Quick(send::send_message)),
    ("sendphoto", Method::Quick(send::send_photo)),
    ("setmessagereaction", Method::Quick(edit::set_message_reaction)),
    ("setmycommands", Method::Quick(commands::set_my_commands)),
    ("setwebhook", Method::Wide(webhook::set_webhook)),
    ("unhidegeneralforumtopic", Method::Quick(forum::unhide_general_forum_topic)),
    ("unpinallforumtopicmessages", Method::Quick(forum::unpin_all)),
    ("unpinallgeneralforumtopicmessages", Method::Quick(forum::unpin_all)),
];

impl Method {
    /// The method of a name, in any case.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        METHODS.binary_search_by(|(known, _)| (*known).cmp(&name)).ok().map(|at| METHODS[at].1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_so_that_every_method_is_found() {
        for (name, _) in METHODS {
            assert!(Method::named(name).is_some(), "{name}");
        }
        assert!(Method::named("getMe").is_some());
        assert!(Method::named("nothing").is_none());
    }
}
