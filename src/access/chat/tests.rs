//! What everybody is told, whole and in every language.

use chrono::{DateTime, Utc};

use super::near::near;
use super::*;
use crate::access::Role;
use crate::front::aloud::{front, in_every_language};

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_262_400, 0).expect("a valid time")
}

#[test]
fn who_asks_is_told_what_there_is() {
    let front = front();
    let bo = Member { id: 7, first_name: "Bo".to_owned(), role: Role::Owner };
    let (eva, vic) = (Member { role: Role::Operator, ..bo.clone() }, Member { role: Role::Viewer, ..bo.clone() });
    for (name, member, layout) in [
        ("help_of_an_owner", Some(&bo), "access/help.html"),
        ("help_of_an_operator", Some(&eva), "access/help.html"),
        ("help_of_a_viewer", Some(&vic), "access/help.html"),
        ("help_of_anybody", None, "access/help.html"),
        ("not_understood", Some(&bo), "access/not_understood.html"),
        ("stranger", None, "access/stranger.html"),
    ] {
        let shown = in_every_language(&front, noon(), |reader| {
            greeting(&front, reader, "Bo <b>", member, layout).expect("a greeting").to_string()
        });
        insta::assert_snapshot!(name, shown);
    }
}

#[test]
fn the_other_messages() {
    let front = front();
    insta::assert_snapshot!(in_every_language(&front, noon(), |reader| {
        let say = |layout: &str, context: &Context| {
            front.say(reader, &format!("access/{layout}.html"), context).expect("a message").to_string()
        };
        let context = Context::new().with("name", "Ann <b>").with("id", &4711).with("asked", "klingon <b>");
        let mut told = Vec::new();
        for role in ["owner", "operator", "viewer", "none"] {
            told.push(say("whoami", &context.clone().with("role", role)));
        }
        for (role, desk) in
            [("owner", "here"), ("operator", "group"), ("operator", "owner"), ("viewer", "group"), ("viewer", "owner")]
        {
            told.push(say("welcome", &context.clone().with("role", role).with("desk", desk)));
        }
        for layout in [
            "code_not_valid",
            "not_enrolled",
            "owners_only",
            "operators_only",
            "turn_failed",
            "language_unknown",
            "replied",
        ] {
            told.push(say(layout, &context));
        }
        told.push(say("out_of_reach", &context.clone().with("person", &true)));
        told.push(say("out_of_reach", &context.clone().with("person", &false)));
        told.push(say("pointer", &context.clone().with("link", "https://t.me/c/1/2")));
        told.push(say("pointer", &context.clone().with("link", &None::<&str>)));
        for key in ["not-for-you", "access-operators-only", "press-stale", "press-foreign", "access-language-set"] {
            told.push(front.word(reader, key));
        }
        told.push(front.word_with(reader, "access-zone-set", &[("zone", "Berlin".into())]));
        told.join("\n────────\n")
    }));
}

#[test]
fn what_is_told_of_the_operators_chat() {
    let front = front();
    insta::assert_snapshot!(in_every_language(&front, noon(), |reader| {
        let say = |layout: &str, context: &Context| {
            front.say(reader, &format!("access/{layout}.html"), context).expect("a message").to_string()
        };
        let bound = |already: bool, group: bool, forum: bool| {
            say("bound", &Context::new().with("already", &already).with("group", &group).with("forum", &forum))
        };
        let mut told = vec![bound(false, true, true), bound(true, true, false), bound(false, false, false)];
        for (title, group) in [("Ops & <b>", false), ("", true)] {
            told.push(say("moved", &Context::new().with("title", title).with("group", &group)));
        }
        let titled = Context::new().with("title", "Ops & <b>");
        for closed in [false, true] {
            told.push(say("no_topic", &titled.clone().with("closed", &closed)));
        }
        for layout in ["let_in_again", "bind_not_owner", "anonymous", "platform_topic", "reply_here"] {
            told.push(say(layout, &titled));
        }
        for key in ["access-topic-leads", "access-topic-platform", "press-moved", "command-bind"] {
            told.push(front.word(reader, key));
        }
        told.join("\n────────\n")
    }));
}

#[test]
fn who_cancels_a_question_is_told_which_one_ended() {
    let front = front();
    let asked =
        ["client.ask", "client.reply", "client.write", "provision.refuse", "plan.slug", "plan.domain", "lead.when"];
    let asked = asked.into_iter().chain(["lead.why", "lead.note", "survey.fix", "what.ever"]);
    insta::assert_snapshot!(in_every_language(&front, noon(), |reader| {
        let ended =
            asked.clone().map(|action| questions::ended(&front, reader, action).expect("a layout").html.to_string());
        ended.collect::<Vec<_>>().join("\n")
    }));
}

#[test]
fn a_mistyped_command_is_answered_with_those_that_were_meant_and_are_ones_own() {
    let member = |role| Member { id: 7, first_name: "Bo".to_owned(), role };
    let (owner, operator, viewer) = (member(Role::Owner), member(Role::Operator), member(Role::Viewer));
    assert_eq!(near(Some(&operator), "tenats"), ["tenants", "tenant"]);
    assert_eq!(near(Some(&operator), "stat"), ["start", "status"]);
    assert_eq!(near(Some(&operator), "leadss"), ["lead", "leads"]);
    assert_eq!(near(Some(&operator), "restrat"), ["restart"]);
    assert_eq!(near(Some(&owner), "audti"), ["audit"]);
    assert_eq!(near(Some(&viewer), "tenats"), ["tenants", "tenant"]);
    for (member, asked) in
        [(Some(&operator), "audti"), (Some(&viewer), "restrat"), (None, "leads"), (Some(&owner), "qqqqqq"), (None, "x")]
    {
        assert!(near(member, asked).is_empty(), "{asked}");
    }
    assert_eq!(near(None, "langage"), ["language"]);
    let front = front();
    insta::assert_snapshot!(in_every_language(&front, noon(), |reader| {
        let near = described(&front, reader, &["tenants", "tenant"]);
        let context = Context::new().with("asked", "tenats").with("near", &near);
        front.say(reader, "access/unknown_command.html", &context).expect("an answer").to_string()
    }));
}

#[test]
fn a_viewer_is_offered_what_shows_something_and_no_more() {
    let viewer = Some(Role::Viewer);
    let menu = ["leads", "tenants", "status", "alerts", "jobs", "report", "help", "language", "whoami"];
    assert_eq!(rights::in_menu(viewer), menu);
    let written: Vec<&str> = rights::with_examples(viewer).into_iter().map(|(name, _)| name).collect();
    assert_eq!(written, ["lead", "tenant", "alert", "job"]);
    // Whoever may more may all of that, too.
    for role in [Role::Operator, Role::Owner] {
        let theirs = rights::in_menu(Some(role));
        assert!(menu.iter().all(|name| theirs.contains(name)), "{theirs:?}");
    }
    assert_eq!(rights::in_menu(None), ["start", "help", "language", "whoami", "cancel"]);
}

#[test]
fn descriptions_of_commands_fit_a_menu() {
    let front = front();
    in_every_language(&front, noon(), |reader| {
        let owner = Some(Role::Owner);
        let offered = described(&front, reader, &rights::in_menu(owner));
        for (name, does) in offered.into_iter().chain(written(&front, reader, owner)) {
            let length = does.chars().count();
            assert!((3..=60).contains(&length), "{name}: {does}");
        }
        String::new()
    });
}
