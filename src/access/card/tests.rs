use chrono::TimeDelta;

use super::*;
use crate::front::aloud::{front, in_every_language, screen};

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_262_400, 0).expect("a valid time")
}

fn member_named(id: i64, first_name: &str, role: Role) -> Standing {
    Standing {
        id,
        first_name: first_name.to_owned(),
        last_name: None,
        username: None,
        role,
        since: noon() - TimeDelta::days(30),
        removed_at: None,
    }
}

fn team() -> Vec<Standing> {
    let bo = Standing { username: Some("bo_the_owner".to_owned()), ..member_named(101, "Bo", Role::Owner) };
    let long = Standing {
        last_name: Some("von und zu Hohenstaufen-Oettingen <b>".to_owned()),
        ..member_named(102, "Maximiliane-Charlotte", Role::Operator)
    };
    vec![bo, long, member_named(103, "مريم\n👩‍💻", Role::Operator), member_named(104, "Vic", Role::Viewer)]
}

#[test]
fn the_team_as_owners_and_others_see_it() {
    let front = front();
    let team = team();
    for (name, members, later, more, owner) in [
        ("for_an_owner", team.as_slice(), false, true, true),
        ("for_others", team.get(..1).expect("somebody"), true, false, false),
        ("nobody_more", &[], true, false, true),
    ] {
        let page = Page { members, later, more, owner, list: "1" };
        let shown =
            in_every_language(&front, noon(), |reader| screen(&super::members(&front, reader, &page).expect("a list")));
        insta::assert_snapshot!(name, shown);
    }
}

#[test]
fn one_member() {
    let front = front();
    let team = team();
    let removed = Standing { removed_at: Some(noon()), ..team[3].clone() };
    for (name, one, owner, last_owner) in [
        ("member_for_an_owner", &team[1], true, false),
        ("member_for_others", &team[0], false, true),
        ("last_owner", &team[0], true, true),
        ("removed", &removed, true, false),
    ] {
        let shown = in_every_language(&front, noon(), |reader| {
            screen(&member(&front, reader, one, owner, last_owner, "1").expect("a card"))
        });
        insta::assert_snapshot!(name, shown);
    }
}

#[test]
fn every_change_says_what_it_means() {
    let front = front();
    let shown = in_every_language(&front, noon(), |reader| {
        let mut asked = Vec::new();
        for from in Role::ALL {
            for to in Role::ALL.into_iter().map(Some).chain([None]).filter(|to| *to != Some(from)) {
                let one = member_named(7, "Eva", from);
                asked.push(screen(&ask(&front, reader, &one, to, "1").expect("a question")));
            }
        }
        asked.join("\n────────\n")
    });
    insta::assert_snapshot!(shown);
}

#[test]
fn an_invitation_and_what_people_are_told() {
    let front = front();
    let shown = in_every_language(&front, noon(), |reader| {
        let mut told = vec![screen(&invite(&front, reader, "1").expect("a question"))];
        for role in Role::ALL {
            let link = "https://t.me/waas_bot?start=enrol_abc";
            told.push(invitation(&front, reader, role, link, noon()).expect("a message").to_string());
        }
        for role in Role::ALL.into_iter().map(Some).chain([None]) {
            let context = Context::new().with("role", &role.map(Role::word));
            told.push(front.say(reader, "access/member_told.html", &context).expect("a message").to_string());
        }
        told.push(front.say(reader, "access/owners_only.html", &Context::new()).expect("a message").to_string());
        for key in
            ["member-changed", "member-gone", "member-done", "member-already", "member-removed", "member-invited"]
        {
            told.push(front.word(reader, key));
        }
        told.join("\n────────\n")
    });
    insta::assert_snapshot!(shown);
}
