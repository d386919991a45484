use chrono::TimeDelta;
use uuid::Uuid;
use waas_platform::telegram::BotId;
use waas_platform::telegram::outbox::Relayed;

use super::super::model::Stage;
use super::*;
use crate::front::aloud::{front, in_every_language, screen};

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_262_400, 0).expect("a valid time")
}

fn site(stage: &'static str) -> Shown {
    let refused = stage == "refused";
    let site = Site {
        id: Uuid::nil(),
        lead: None,
        tenant: Some("new_salon".to_owned()),
        person: 42,
        bot: BotId(1),
        name: "Salon <Anna>".to_owned(),
        address: (!refused && stage != "received").then(|| "http://new-salon.de".to_owned()),
        stage: Stage::Ready,
        why: refused.then(|| "We do not build shops <yet>.".to_owned()),
    };
    Shown { stage, site }
}

fn open(open: bool) -> Thread {
    Thread { id: Uuid::nil(), bot: BotId(1), person: 42, lead: None, open, unanswered: 1, files: 0, noticed_at: None }
}

fn said(who: &str, by_client: bool, body: &str, file: Option<&str>) -> Said {
    let message = Message {
        at: noon() - TimeDelta::minutes(5),
        person: 1,
        by_client,
        body: body.to_owned(),
        file: file.map(str::to_owned),
    };
    Said { message, who: who.to_owned() }
}

#[test]
fn what_clients_read() {
    let front = front();
    insta::assert_snapshot!(in_every_language(&front, noon(), |reader| {
        let stages = ["received", "building", "ready", "stopped", "refused", "gone"];
        let mut views: Vec<View> = Vec::new();
        for stage in stages {
            views.push(status(&front, reader, &[site(stage)], false).expect("a layout"));
        }
        views.push(status(&front, reader, &[site("ready"), site("building")], true).expect("a layout"));
        let file = Relayed::Photo { file_id: "F".to_owned() };
        for kept in [Content::Text("Thank <you>!".to_owned()), Content::File(file, "Like & this".to_owned())] {
            views.push(unsent(&front, reader, "id", &kept, Value::Null).expect("a layout"));
        }
        for key in ["write-now", "passed-on", "too-much", "only-text", "closed"] {
            views.push(notice(&front, reader, &format!("client-{key}")).expect("a layout"));
        }
        let team = |house, question| from_team(&front, reader, house, "Which <colour>?\nAny?", question);
        views.extend([team(None, false), team(Some("Studio <Nord>"), true)].map(|view| view.expect("a layout")));
        views.iter().map(screen).collect::<Vec<_>>().join("\n────────\n")
    }));
}

#[test]
fn what_operators_read_of_clients() {
    let front = front();
    let around = |left_out| Around { client: "Ann".to_owned(), site: Some("Salon <Anna>"), lead: Some(12), left_out };
    let bare = Around { client: "Ann".to_owned(), site: None, lead: None, left_out: 0 };
    insta::assert_snapshot!(in_every_language(&front, noon(), |reader| {
        let waits = [said("Bo", false, "Which colour?", None), said("Ann", true, "Green & <gold>", None)];
        let answered = [said("Ann", true, "", Some("photo")), said("Bo", false, "The <plan>", Some("document"))];
        let long = [said("Ann", true, &"long ".repeat(200), None)];
        let views = [
            thread(&front, reader, &open(true), &around(0), &waits),
            thread(&front, reader, &open(true), &around(1), &answered),
            thread(&front, reader, &open(true), &around(22), &long),
            thread(&front, reader, &open(false), &bare, &waits),
        ];
        let words = [
            "ask-what",
            "reply-what",
            "write-what",
            "sent",
            "done",
            "out-of-reach",
            "thread-closed",
            "nobody",
            "team-only-text",
        ];
        let words = words.map(|key| front.word(reader, &format!("client-{key}"))).join("\n");
        let screens = views.map(|view| screen(&view.expect("a layout"))).join("\n────────\n");
        let below = ["", "My <shop> & I"].map(|text| caption(&front, reader, "Ann", text).expect("a layout"));
        let below = below.map(|html| html.to_string()).join("\n────────\n");
        let since = noon() - chrono::TimeDelta::hours(3);
        let reminder = screen(&reminder(&front, reader, "Ann <b>", since).expect("a layout"));
        format!("{screens}\n────────\n{reminder}\n────────\n{}\n────────\n{words}", below.as_str())
    }));
}
