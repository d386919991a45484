//! What is read out of updates, and what is not.

use super::super::BotId;
use super::*;
use serde_json::json;

fn bot() -> BotIdentity {
    BotIdentity { id: BotId(7), username: "waas_bot".to_owned() }
}

fn message(text: &str, command: bool) -> Value {
    let mut update = json!({"update_id": 1, "message": {"message_id": 5, "date": 1_700_000_000,
        "chat": {"id": 42, "type": "private", "first_name": "Ann"},
        "from": {"id": 42, "is_bot": false, "first_name": "Ann", "language_code": "de"}, "text": text}});
    if command {
        let length = text.split_whitespace().next().unwrap_or_default().len();
        update["message"]["entities"] = json!([{"type": "bot_command", "offset": 0, "length": length}]);
    }
    update
}

#[test]
fn a_command_is_taken_apart() {
    let incoming = Incoming::read(&bot(), &message("/Start@waas_bot  onb_abc ", true));
    assert_eq!(incoming.command("start"), Some("onb_abc"));
    assert_eq!(incoming.person.map(|p| (p.id, p.language)), Some((42, Some("de".to_owned()))));
    assert!(incoming.private);
}

#[test]
fn a_command_for_another_bot_is_not_ours() {
    assert_eq!(Incoming::read(&bot(), &message("/start@other_bot", true)).event, Event::Other);
}

#[test]
fn text_that_looks_like_a_command_but_is_none_stays_text() {
    assert_eq!(Incoming::read(&bot(), &message("/not marked", false)).event, Event::Text("/not marked".to_owned()));
}

#[test]
fn a_post_of_a_channel_is_nobodys() {
    let raw = json!({"update_id": 1, "channel_post": {"message_id": 5, "date": 1_700_000_000, "text": "/bind",
        "chat": {"id": -1001, "type": "channel", "title": "News"},
        "sender_chat": {"id": -1001, "type": "channel", "title": "News"},
        "entities": [{"type": "bot_command", "offset": 0, "length": 5}]}});
    assert_eq!(Incoming::read(&bot(), &raw).event, Event::Other);
}

#[test]
fn who_writes_in_the_name_of_the_group_or_of_a_channel_is_not_known() {
    let said_by = |sender: i64, kind: &str| {
        let raw = json!({"update_id": 1, "message": {"message_id": 5, "date": 1_700_000_000, "text": "/bind",
            "chat": {"id": -1001, "type": "supergroup", "title": "Ops", "is_forum": true},
            "from": {"id": 1_087_968_824, "is_bot": true, "first_name": "Group"},
            "sender_chat": {"id": sender, "type": kind, "title": "Ops"},
            "entities": [{"type": "bot_command", "offset": 0, "length": 5}]}});
        Incoming::read(&bot(), &raw)
    };
    let (anonymous, channel) = (said_by(-1001, "supergroup"), said_by(-1002, "channel"));
    assert_eq!(anonymous.command("bind"), Some(""));
    assert_eq!((anonymous.person, channel.person), (None, None));
    let group = anonymous.group.expect("a group");
    assert_eq!((group.title.as_str(), group.is_forum, group.anonymous), ("Ops", true, true));
    assert!(!channel.group.expect("a group").anonymous);
}

#[test]
fn what_is_only_said_in_a_topic_answers_nobody() {
    let said = |answered: i64| {
        let chat = json!({"id": -1001, "type": "supergroup", "title": "Ops", "is_forum": true});
        let raw = json!({"update_id": 1, "message": {"message_id": 9, "date": 1_700_000_000, "text": "tomorrow",
            "chat": chat, "from": {"id": 42, "is_bot": false, "first_name": "Ann"},
            "message_thread_id": 3, "is_topic_message": true,
            "reply_to_message": {"message_id": answered, "date": 1_700_000_000, "text": "When?", "chat": chat,
                "from": {"id": 7, "is_bot": true, "first_name": "Hub"}}}});
        Incoming::read(&bot(), &raw).group.expect("a group").replies_to_us
    };
    assert!(said(8));
    assert!(!said(3), "the message that opened the topic");
}

#[test]
fn a_bot_that_may_not_write_is_as_good_as_put_out() {
    let standing = |status: &Value| {
        let mut member = json!({"user": {"id": 7, "is_bot": true, "first_name": "Hub"}});
        for (field, value) in status.as_object().into_iter().flatten() {
            member[field] = value.clone();
        }
        let raw = json!({"update_id": 1, "my_chat_member": {"date": 1_700_000_000,
            "chat": {"id": -1001, "type": "supergroup", "title": "Ops"},
            "from": {"id": 42, "is_bot": false, "first_name": "Ann"},
            "old_chat_member": {"user": member["user"], "status": "left"}, "new_chat_member": member}});
        Incoming::read(&bot(), &raw).event
    };
    let restricted = |may_write: bool| {
        let mut rights = json!({"status": "restricted", "is_member": true, "until_date": 0});
        for right in [
            "can_send_messages",
            "can_send_audios",
            "can_send_documents",
            "can_send_photos",
            "can_send_videos",
            "can_send_video_notes",
            "can_send_voice_notes",
            "can_send_polls",
            "can_send_other_messages",
            "can_add_web_page_previews",
            "can_change_info",
            "can_invite_users",
            "can_pin_messages",
            "can_manage_topics",
        ] {
            rights[right] = may_write.into();
        }
        rights
    };
    assert_eq!(standing(&json!({"status": "member"})), Event::Reachable(true));
    assert_eq!(standing(&json!({"status": "left"})), Event::Reachable(false));
    assert_eq!(standing(&restricted(true)), Event::Reachable(true));
    assert_eq!(standing(&restricted(false)), Event::Reachable(false));
}

#[test]
fn a_command_of_somebody_elses_is_a_text() {
    let others = [
        ("forward_origin", json!({"type": "hidden_user", "sender_user_name": "Max", "date": 1_700_000_000})),
        ("via_bot", json!({"id": 9, "is_bot": true, "first_name": "Gif", "username": "gif"})),
    ];
    for (field, value) in others {
        let mut update = message("/erase new_salon", true);
        update["message"][field] = value;
        assert_eq!(Incoming::read(&bot(), &update).event, Event::Text("/erase new_salon".to_owned()), "{field}");
    }
}

#[test]
fn a_reply_counts_when_it_answers_this_bot() {
    let mut update = message("noted", false);
    let answered = |from: i64| {
        json!({"message_id": 4, "date": 1_700_000_000, "text": "card",
        "chat": {"id": 42, "type": "private", "first_name": "Ann"},
        "from": {"id": from, "is_bot": true, "first_name": "Hub", "username": "waas_bot"}})
    };
    update["message"]["reply_to_message"] = answered(7);
    assert_eq!(Incoming::read(&bot(), &update).reply_to, Some(4));
    update["message"]["reply_to_message"] = answered(8);
    assert_eq!(Incoming::read(&bot(), &update).reply_to, None);
}

#[test]
fn what_is_written_below_a_file_is_read() {
    let mut update = message("", false);
    let fields = update["message"].as_object_mut().expect("a message");
    fields.remove("text");
    fields.insert("document".to_owned(), json!({"file_id": "F", "file_unique_id": "U", "file_size": 1}));
    fields.insert("caption".to_owned(), "/erase <this> page".into());
    let Event::Document { caption, .. } = Incoming::read(&bot(), &update).event else { panic!("no file") };
    assert_eq!(caption.as_deref(), Some("/erase <this> page"));
}

#[test]
fn an_unknown_kind_is_kept_as_other() {
    let raw = json!({"update_id": 9, "gift_from_the_future": {"from": {"id": 1}}});
    assert_eq!(Incoming::read(&bot(), &raw).event, Event::Other);
    assert_eq!(address(&raw), ("gift_from_the_future".to_owned(), "0:0:1".to_owned()));
}

#[test]
fn a_press_and_a_message_of_one_person_share_their_conversation() {
    let press = json!({"update_id": 2, "callback_query": {"id": "1", "from": {"id": 42}, "data": "t",
        "message": {"message_id": 3, "chat": {"id": 42}}}});
    assert_eq!(address(&press).1, address(&message("hi", false)).1);
}
