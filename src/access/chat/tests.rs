//! What everybody is told, whole and in every language.

use chrono::{DateTime, Utc};

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
    for (name, member, layout) in [
        ("help_of_an_operator", Some(&bo), "access/help.html"),
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
        told.push(say("welcome", &context.clone().with("role", "operator")));
        for layout in ["code_not_valid", "not_enrolled", "turn_failed", "language_unknown", "replied"] {
            told.push(say(layout, &context));
        }
        told.push(say("out_of_reach", &context.clone().with("person", &true)));
        told.push(say("out_of_reach", &context.clone().with("person", &false)));
        told.push(say("pointer", &context.clone().with("link", "https://t.me/c/1/2")));
        told.push(say("pointer", &context.clone().with("link", &None::<&str>)));
        for key in ["not-for-you", "press-stale", "press-foreign", "access-language-set"] {
            told.push(front.word(reader, key));
        }
        told.push(front.word_with(reader, "access-zone-set", &[("zone", "Berlin".into())]));
        told.join("\n────────\n")
    }));
}

#[test]
fn descriptions_of_commands_fit_a_menu() {
    let front = front();
    in_every_language(&front, noon(), |reader| {
        for (name, does) in described(&front, reader, &OPERATOR_COMMANDS).into_iter().chain(written(&front, reader)) {
            let length = does.chars().count();
            assert!((3..=60).contains(&length), "{name}: {does}");
        }
        String::new()
    });
}
