use chrono::TimeDelta;
use serde_json::{Value, json};

use super::super::model::NewLead;
use super::super::score::{Rules, SHIPPED};
use super::*;
use crate::front::aloud::{LANGUAGES, front, in_every_language, screen};

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_262_400, 0).expect("a valid time")
}

fn reader(front: &Front) -> Reader {
    front.reader(None, noon())
}

/// Anna's lead as it came in, with some fields changed.
fn lead(changed: Value) -> Lead {
    let mut sent = json!({
        "id": "7f0c", "source": "codex-dlc.com", "niche": "beauty_salon", "name": "Anna Weber",
        "phone": "+4930123456", "email": "anna@new-salon.de", "telegram": "@annaweber",
        "message": "Need online booking", "locale": "de", "domain": "new-salon.de"
    });
    for (field, value) in changed.as_object().expect("an object") {
        sent[field] = value.clone();
    }
    let new = NewLead::from_value(sent).expect("a lead");
    let score = Rules::parse(SHIPPED).expect("the shipped rules").score(&new);
    Lead {
        id: uuid::Uuid::from_u128(1),
        number: 12,
        source: new.source,
        external_id: new.external_id,
        name: new.name,
        niche: new.niche,
        phone: new.phone,
        email: new.email,
        telegram: new.telegram,
        message: new.message,
        locale: new.locale,
        domain: new.domain,
        state: LeadState::New,
        score,
        assignee: None,
        request_id: None,
        version: 1,
        created_at: noon(),
        received_at: noon() - TimeDelta::minutes(5),
    }
}

fn shown(lead: &Lead, holder: Option<&str>) -> String {
    let front = front();
    in_every_language(&front, noon(), |reader| screen(&card(&front, reader, lead, holder).expect("a card")))
}

#[test]
fn a_new_lead() {
    insta::assert_snapshot!(shown(&lead(json!({})), None));
}

#[test]
fn every_other_state() {
    let cards: Vec<String> = LeadState::ALL
        .into_iter()
        .filter(|state| *state != LeadState::New)
        .map(|state| {
            let lead = Lead { state, assignee: Some(7), ..lead(json!({ "message": null })) };
            shown(&lead, Some("Bo"))
        })
        .collect();
    insta::assert_snapshot!(cards.join("\n\n────────\n\n"));
}

#[test]
fn a_submitted_survey_offers_provision_instead_of_onboard() {
    let request_id = Some(uuid::Uuid::from_u128(2));
    let open = Lead { state: LeadState::Onboarding, assignee: Some(7), request_id, ..lead(json!({})) };
    insta::assert_snapshot!(shown(&open, Some("Bo")));
    let won = Lead { state: LeadState::Won, ..open };
    assert!(!shown(&won, Some("Bo")).contains("Provision"));
}

#[test]
fn the_least_that_a_lead_can_be() {
    let sent = json!({
        "niche": null, "phone": null, "telegram": null, "message": null, "locale": null, "domain": null,
        "email": "a@gmail.com"
    });
    insta::assert_snapshot!(shown(&lead(sent), None));
}

#[test]
fn what_strangers_type_stays_text() {
    let sent = json!({
        "name": "<b>&\"{{x}}\u{202e}gnp.\u{200b}\u{2066}{% raw %}\nline", "niche": "<script>", "phone": "+1 & 2",
        "email": "\"<i>\"@x.de", "telegram": "@a_b*c", "message": "</blockquote>{{ config }}\n\n\n<a href=\"x\">", "domain": "../../etc"
    });
    let lead = Lead { assignee: Some(7), state: LeadState::Taken, ..lead(sent) };
    let shown = shown(&lead, Some("</b>Bo"));
    assert!(shown.contains("&lt;b&gt;&amp;&quot;{{x}}\u{202e}gnp.\u{200b}\u{2066}{% raw %} line"), "{shown}");
    insta::assert_snapshot!(shown.escape_debug().to_string().replace("\\n", "\n"));
}

#[test]
fn the_longest_lead_still_fits_one_message() {
    // Characters of two units each, and of the longest escape.
    for letter in ["🦀", "&"] {
        let long = |chars: usize| letter.repeat(chars);
        let sent = json!({
            "name": long(5_000), "niche": long(64), "phone": long(64), "email": long(320), "telegram": long(60),
            "message": long(60_000), "domain": long(253), "source": long(253)
        });
        let front = front();
        let lead = Lead { assignee: Some(7), state: LeadState::Taken, ..lead(sent) };
        let view = card(&front, &reader(&front), &lead, Some(&long(64))).expect("a card");
        let units = view.html.units();
        assert!(units < 3_500, "{units}");
        assert!(view.html.plain().contains("60,000 characters in all"), "{}", view.html.plain());
        assert!(screen(&view).ends_with("[Whole message]"));
    }
}

#[test]
fn a_list_and_its_pages() {
    let leads: Vec<Lead> = (0..8)
        .map(|n| Lead {
            number: 20 - n,
            state: LeadState::ALL[usize::try_from(n).expect("small")],
            name: if n == 3 { "<b>".repeat(40) } else { format!("Person {n}") },
            received_at: noon() - TimeDelta::hours(n * 7),
            ..lead(json!({}))
        })
        .collect();
    let front = front();
    let page = Page { leads: &leads, state: None, later: true, more: true, list: "l" };
    let shown = |page: &Page<'_>| {
        in_every_language(&front, noon(), |reader| screen(&list(&front, reader, page).expect("a list")))
    };
    insta::assert_snapshot!("a_page_of_leads", shown(&page));
    let none = Page { leads: &[], state: Some(LeadState::Won), later: false, more: false, list: "l" };
    insta::assert_snapshot!("no_leads", shown(&none));
}

#[test]
fn an_invitation_can_be_forwarded_as_it_is() {
    let front = front();
    let link = "https://t.me/waas_bot?start=onb_3kVt9_x-2";
    let until = noon() + TimeDelta::days(14);
    insta::assert_snapshot!(in_every_language(&front, noon(), |reader| {
        let view = invitation(&front, reader, &lead(json!({})), link, until).expect("an invitation");
        assert!(view.html.plain().lines().any(|line| line == link));
        screen(&view)
    }));
}

#[test]
fn the_shipped_rules_have_words() {
    let front = front();
    for key in Rules::parse(SHIPPED).expect("the shipped rules").words_keys() {
        assert!(LANGUAGES.iter().all(|lang| front.renderer().words().says(lang, &key)), "{key}");
    }
}

#[test]
fn what_commands_are_answered_with() {
    let front = front();
    insta::assert_snapshot!(in_every_language(&front, noon(), |reader| {
        let say = |layout: &str, context: Context| front.say(reader, layout, &context).expect("an answer").to_string();
        let states = ["new", "won"];
        let unknown = Context::new().with("asked", "<soon>").with("states", &states);
        [
            say("leads/ask_which.html", Context::new()),
            say("leads/not_found.html", Context::new().with("asked", "<7>")),
            say("leads/unknown_state.html", unknown),
        ]
        .join("\n────────\n")
    }));
}
