use chrono::TimeDelta;
use serde_json::{Value, json};
use waas_platform::render::{Bar, CAPTION_LIMIT, Plot};

use super::super::figures::{Figures, Line};
use super::super::flood::Flood;
use super::super::model::NewLead;
use super::super::reminders::Cause;
use super::super::score::{Rules, SHIPPED};
use super::super::store::Filter;
use super::super::store::history::Event;
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
        call_at: None,
        closed_why: None,
        merged_into: None,
        version: 1,
        created_at: noon(),
        received_at: noon() - TimeDelta::minutes(5),
    }
}

fn shown(lead: &Lead, holder: Option<&str>) -> String {
    let front = front();
    let around = Around { holder, ..Around::default() };
    in_every_language(&front, noon(), |reader| screen(&card(&front, reader, lead, &around).expect("a card")))
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
    let won = shown(&won, Some("Bo"));
    assert!(!won.contains("Provision") && won.contains("[Write to the client]"), "{won}");
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
        let view = card(&front, &reader(&front), &lead, &Around { holder: Some(&long(64)), ..Around::default() })
            .expect("a card");
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
    let all = Filter::default();
    let page = Page {
        leads: &leads,
        filter: &all,
        whose: None,
        shared: false,
        holds: true,
        desk: "here",
        later: true,
        more: true,
        list: "l",
    };
    let shown = |page: &Page<'_>| {
        in_every_language(&front, noon(), |reader| screen(&list(&front, reader, page).expect("a list")))
    };
    insta::assert_snapshot!("a_page_of_leads", shown(&page));
    let won = Filter { state: Some(LeadState::Won), ..Filter::default() };
    let none = Page {
        leads: &[],
        filter: &won,
        whose: None,
        shared: false,
        holds: true,
        desk: "here",
        later: false,
        more: false,
        list: "l",
    };
    insta::assert_snapshot!("no_leads", shown(&none));
    let empty = |desk| Page { leads: &[], later: false, more: false, desk, ..page };
    let empty = ["here", "group", "owner"].map(|desk| shown(&empty(desk)));
    insta::assert_snapshot!("no_leads_at_all", empty.join("\n────────\n"));
    let held = Filter { holder: Some(7), ..Filter::default() };
    let mine = Page { leads: &leads[..1], filter: &held, whose: Some(Whose::Mine), later: false, more: false, ..page };
    let bos = Page { whose: Some(Whose::Of("Bo <b>")), shared: true, ..mine };
    // Who only looks has none, and is not offered to see them.
    let viewers = Page { leads: &leads[..1], holds: false, later: false, more: false, ..page };
    insta::assert_snapshot!("a_viewers_list", shown(&viewers));
    insta::assert_snapshot!("somebodys_leads", format!("{}\n────────\n{}", shown(&mine), shown(&bos)));
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
fn what_a_card_tells_beside_its_lead() {
    let front = front();
    let promised = Lead {
        state: LeadState::Contacted,
        assignee: Some(7),
        call_at: Some(noon() + TimeDelta::hours(26)),
        ..lead(json!({ "message": null }))
    };
    let twin = Lead { id: uuid::Uuid::from_u128(9), number: 7, ..lead(json!({})) };
    let around = Around { holder: Some("Bo"), twins: std::slice::from_ref(&twin), merged: None };
    let show = |lead: &Lead, around: &Around<'_>| {
        in_every_language(&front, noon(), |reader| screen(&card(&front, reader, lead, around).expect("a card")))
    };
    let mut cards = vec![show(&promised, &around)];
    for why in ["no_answer", "<b>wants a shop</b>"] {
        let rejected = Lead { state: LeadState::Rejected, closed_why: Some(why.to_owned()), ..promised.clone() };
        let rejected = Lead { call_at: None, ..rejected };
        cards.push(show(&rejected, &Around::default()));
    }
    let merged = Lead { merged_into: Some(twin.id), ..lead(json!({ "message": null })) };
    let around = Around { merged: Some(7), ..Around::default() };
    cards.push(show(&merged, &around));
    insta::assert_snapshot!(cards.join("\n\n────────\n\n"));
}

fn event(what: &str, from: Option<&str>, to: &str, note: Option<&str>, detail: Value) -> Told {
    let event = Event {
        at: noon(),
        what: what.to_owned(),
        person: None,
        actor: None,
        from: from.map(str::to_owned),
        to: to.to_owned(),
        note: note.map(str::to_owned),
        detail,
        lead: (what == "merged").then_some(9),
    };
    let to = (what == "assigned").then(|| "Eva".to_owned());
    Told { event, who: from.map(|_| "Bo".to_owned()), to }
}

#[test]
fn what_is_asked_told_and_reminded_of() {
    let front = front();
    let one = lead(json!({}));
    let member = |id: i64, name: &str| crate::access::Member {
        id,
        first_name: name.to_owned(),
        role: crate::access::Role::Operator,
    };
    let told = [
        event("moved", None, "new", None, json!({})),
        event("moved", Some("new"), "contacted", None, json!({ "call_at": noon() + TimeDelta::hours(3) })),
        event("noted", Some("contacted"), "contacted", Some("Prefers <mornings>"), json!({})),
        event("assigned", Some("contacted"), "contacted", None, json!({ "to": 7 })),
        event("merged", Some("contacted"), "contacted", None, json!({ "lead": 9 })),
        event("scored", Some("contacted"), "contacted", None, json!({ "score": 80 })),
        event("moved", Some("contacted"), "rejected", Some("spam"), json!({})),
    ];
    let many: Vec<Told> = (0..30).map(|_| event("moved", None, "new", None, json!({}))).collect();
    let line = |of: Option<&str>, count: i64| Line {
        of: of.map(str::to_owned),
        count,
        touched: count,
        first_touch_s: Some(5_400.0),
        won: count / 3,
        closed: 0,
    };
    let counted = Figures {
        since: noon() - TimeDelta::days(7),
        all: Some(line(None, 7)),
        by_source: vec![line(Some("codex-dlc.com"), 6), line(Some("<fair>"), 1)],
        by_niche: vec![line(Some("beauty_salon"), 6), line(None, 1)],
        by_operator: vec![line(Some("7"), 6), line(None, 1)],
    };
    let empty = Figures { all: None, ..counted.clone() };
    let names = |_| Some("Bo".to_owned());
    let flood = Flood { began_at: noon(), last_at: noon() + TimeDelta::minutes(2), carded: 20, digested: 9_980 };
    let leads: Vec<Lead> = (1..=10).map(|number| Lead { number, ..one.clone() }).collect();
    insta::assert_snapshot!(in_every_language(&front, noon(), |reader| {
        let views = [
            ask_when(&front, reader, &one),
            ask_why(&front, reader, &one),
            ask_who(&front, reader, &one, &[member(7, "Bo"), member(8, "Eva")]),
            noted(&front, reader, &front.word(reader, "lead-ask-when-again")),
            history(&front, reader, &one, &told[..5], None),
            history(&front, reader, &one, &told, Some(1)),
            history(&front, reader, &one, &many, Some(24)).map(|view| View { html: view.html.cut(120), ..view }),
            handed(&front, reader, &one, Some("Bo <b>"), None),
            handed(&front, reader, &one, Some("Bo <b>"), Some("Eva")),
            handed(&front, reader, &one, None, None),
            handed(&front, reader, &one, None, Some("Eva")),
            reminder(&front, reader, Cause::Call, &leads[..1], 1),
            reminder(&front, reader, Cause::Idle, &leads[..1], 1),
            reminder(&front, reader, Cause::Request, &leads[..1], 1),
            reminder(&front, reader, Cause::All, &leads[..8], 10),
            figures(&front, reader, &counted, &names),
            figures(&front, reader, &empty, &names),
            digest(&front, reader, "<flood>.example", &flood),
        ];
        let screens: Vec<String> = views.into_iter().map(|view| screen(&view.expect("a layout"))).collect();
        screens.join("\n\n────────\n\n")
    }));
}

#[test]
fn a_history_is_read_from_its_newest_page_to_its_oldest_and_whole() {
    let front = front();
    let reader = reader(&front);
    let note = |nth: usize| format!("note {nth} {}end of {nth}", "🦀 long ".repeat(if nth == 9 { 500 } else { 0 }));
    let told: Vec<Told> =
        (1..=14).map(|nth| event("noted", Some("taken"), "taken", Some(&note(nth)), json!({}))).collect();
    let one = lead(json!({}));
    let pages = [None, Some(6), Some(2)].map(|upto| history(&front, &reader, &one, &told, upto).expect("a page"));
    let texts = pages.each_ref().map(|view| view.html.plain());
    let place = |text: &str, nth: usize| text.find(&format!("note {nth} "));
    assert!(place(&texts[0], 14) < place(&texts[0], 9) && place(&texts[0], 14).is_some(), "{}", texts[0]);
    assert!(place(&texts[1], 6).is_some() && place(&texts[1], 1).is_some() && place(&texts[1], 7).is_none());
    assert!(place(&texts[2], 1).is_some() && place(&texts[2], 3).is_none());
    // Notes that are all long: fewer a page, and none is left out.
    let long: Vec<Told> = (1..=14)
        .map(|nth| {
            event("noted", Some("taken"), "taken", Some(&format!("note {nth} {}", "🦀".repeat(2_000))), json!({}))
        })
        .collect();
    let page = history(&front, &reader, &one, &long, None).expect("a page");
    let text = page.html.plain();
    assert!(page.html.units() <= 4_096 && place(&text, 14).is_some() && place(&text, 11).is_none(), "{text}");
    assert!(pages.iter().all(|page| page.html.units() <= 4_096));
    let labels = pages.each_ref().map(|page| page.rows.iter().flatten().map(Button::label).collect::<Vec<_>>());
    assert_eq!(labels[0], ["Older", "All as a file"]);
    assert_eq!(labels[1], ["Newest", "All as a file"]);
    assert_eq!(labels[2], ["Newest", "All as a file"]);
    // What is cut on its page is whole in the file.
    assert!(!texts[0].contains("end of 9"));
    let whole = whole_history(&front, &reader, &one, &told).expect("a file");
    assert!((1..=14).all(|nth| whole.contains(&note(nth))), "{whole}");
}

#[test]
fn what_commands_are_answered_with() {
    let front = front();
    insta::assert_snapshot!(in_every_language(&front, noon(), |reader| {
        let say = |layout: &str, context: Context| front.say(reader, layout, &context).expect("an answer").to_string();
        let states = ["new", "won"];
        let unknown = Context::new().with("asked", "<soon>").with("states", &states);
        [say("leads/not_found.html", Context::new().with("asked", "<7>")), say("leads/unknown_state.html", unknown)]
            .join("\n────────\n")
    }));
}

/// Everything that is written on a picture, bar by bar with its lengths.
fn written(plot: &Plot) -> String {
    let Plot { title, summary, legend: (whole, part), beside, groups, foot } = plot;
    let mut lines = vec![title.clone(), summary.clone(), format!("□ {whole} ■ {part}    {beside}")];
    for group in groups {
        lines.push(format!("── {}", group.title));
        let bar = |bar: &Bar| format!("{} [{}/{}] {}    {}", bar.label, bar.part, bar.whole, bar.value, bar.beside);
        lines.extend(group.bars.iter().map(bar));
    }
    lines.extend(foot.iter().cloned());
    lines.join("\n")
}

#[test]
fn a_picture_of_figures_names_eight_lines_and_sums_up_the_rest() {
    let front = front();
    let line = |of: Option<String>, count: i64| Line {
        of,
        count,
        touched: count / 2,
        first_touch_s: (count > 1).then_some(5_400.0),
        won: count / 4,
        closed: 0,
    };
    let figures = Figures {
        since: noon() - TimeDelta::days(7),
        all: Some(Line { touched: 1_000, won: 600, ..line(None, 2_345) }),
        by_source: (0..20).map(|n| line(Some(format!("gateway-{n}.example")), 100 - n)).collect(),
        by_niche: vec![line(Some("beauty_salon".to_owned()), 2_300), line(None, 45)],
        by_operator: (7..15).map(|n| line(Some(n.to_string()), 1)).collect(),
    };
    let names = |id| Some(format!("Bo {id}"));
    insta::assert_snapshot!(in_every_language(&front, noon(), |reader| {
        written(&plot(&front, reader, &figures, &names).expect("leads came"))
    }));
    let none = Figures { all: None, by_source: vec![], by_niche: vec![], by_operator: vec![], ..figures };
    assert_eq!(plot(&front, &reader(&front), &none, &names), None);
}

#[test]
fn words_below_a_picture_fit_there() {
    let front = front();
    let line = |of: Option<String>| Line {
        of,
        count: 1_000_000,
        touched: 1,
        first_touch_s: Some(900_000.0),
        won: 333_333,
        closed: 0,
    };
    let lines: Vec<Line> = (0..50).map(|n| line(Some(format!("{n:&<60}")))).collect();
    let figures = Figures {
        since: noon(),
        all: Some(line(None)),
        by_source: lines.clone(),
        by_niche: lines.clone(),
        by_operator: (0..50).map(|n| line(Some(n.to_string()))).collect(),
    };
    let names = |_| Some("Ω".repeat(200));
    for lang in LANGUAGES {
        let view = super::figures(&front, &front.reader(Some(lang), noon()), &figures, &names).expect("a layout");
        assert!(view.html.units() <= CAPTION_LIMIT, "{lang}: {}", view.html.units());
        assert!(view.html.as_str().matches("1,000,000").count() >= 4 || lang != "en", "{}", view.html);
    }
}
