use chrono::TimeDelta;
use serde_json::Value;

use super::*;
use crate::front::aloud::{front, in_every_language, screen};

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_262_400, 0).expect("a valid time")
}

fn told(minutes: i64, who: (&str, &str, Option<&str>), act: &str, subject: &str, chat: Option<i64>) -> Told {
    let (actor_kind, actor, name) = who;
    let entry = Entry {
        id: 100 - minutes,
        at: noon() - TimeDelta::minutes(minutes),
        actor_kind: actor_kind.to_owned(),
        actor: actor.to_owned(),
        act: act.to_owned(),
        subject: subject.to_owned(),
        chat_id: chat,
        outcome: "done".to_owned(),
        detail: Value::Null,
        position: None,
    };
    Told { entry, name: name.map(str::to_owned), about: None }
}

#[test]
fn a_page_of_the_audit() {
    let front = front();
    let bo = ("person", "101", Some("Bo <b>"));
    let lead = "lead:019342e1-0000-7000-8000-000000000001";
    let mut entries = vec![
        told(1, bo, "lead.take", lead, Some(101)),
        told(2, bo, "tenant.erase", "tenant:new_salon", Some(-1001)),
        told(3, ("terminal", "root", None), "key.create", "gateway:codex-dlc.com", None),
        told(4, ("system", "leads", None), "lead.release", lead, None),
        told(5, ("person", "7", None), "nobody.knows", "person:7", None),
    ];
    entries[1].entry.outcome = "refused".to_owned();
    entries[2].entry.outcome = "failed".to_owned();
    // A lead that is forgotten has no number any more: the last of them.
    entries[0].about = Some("#12".to_owned());
    for (name, told, asked, later, more) in
        [("entries", entries.as_slice(), "", true, true), ("nothing_about_it", &[], "new_salon <i>", false, false)]
    {
        let shown = in_every_language(&front, noon(), |reader| {
            screen(&page(&front, reader, &Page { told, asked, later, more, list: "1" }).expect("a page"))
        });
        insta::assert_snapshot!(name, shown);
    }
}

/// What is done in the hub, as it stands in its code, and what people read for it.
#[test]
fn every_act_has_its_words() {
    let front = front();
    let acts = [
        "access.enrol",
        "access.code_made",
        "access.role",
        "access.revoke",
        "access.bind",
        "access.unbind",
        "alert.ack",
        "alert.unack",
        "alert.silence",
        "alert.unsilence",
        "alert.resolve",
        "alert.silence_tenant",
        "client.help",
        "client.ask",
        "client.reply",
        "client.done",
        "credentials.read",
        "dead_letter.retry",
        "dead_letter.drop",
        "job.retry",
        "job.undo",
        "job.cancel",
        "key.create",
        "key.rotate",
        "key.revoke",
        "key.call_changed",
        "lead.add",
        "lead.take",
        "lead.call_back",
        "lead.qualify",
        "lead.reject",
        "lead.onboard",
        "lead.sent_in",
        "lead.win",
        "lead.lose",
        "lead.reopen",
        "lead.release",
        "lead.assign",
        "lead.explain",
        "lead.note",
        "lead.merge",
        "lead.mail",
        "provisioning.confirm",
        "provisioning.again",
        "provisioning.plan_cancelled",
        "provisioning.refuse",
        "survey.open",
        "survey.begin",
        "survey.submit",
        "survey.cancel",
        "survey.correct",
        "tenant.register",
        "tenant.state",
        "tenant.restart",
        "tenant.stop",
        "tenant.start",
        "tenant.delete",
        "tenant.restore",
        "tenant.erase",
        "tenant.erased",
    ];
    let shown = in_every_language(&front, noon(), |reader| {
        let said = acts.map(|act| {
            let words = line(&front, reader, &told(0, ("system", "x", None), act, "x:1", None)).act;
            assert_ne!(words, act.replace('.', "-"), "{act} has no words");
            words
        });
        said.join("\n")
    });
    insta::assert_snapshot!(shown);
}
