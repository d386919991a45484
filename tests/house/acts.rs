//! What the audit tells of: every act that the code can write has words in every language.

use std::collections::BTreeSet;

use super::holds;
use super::source::Source;

/// Where the words stand, below each language.
const CATALOGUE: &str = "/access_team.ftl";
/// What acts are about; other literals with a dot in them are settings and files.
const KINDS: [&str; 11] = [
    "access",
    "alert",
    "client",
    "credentials",
    "dead_letter",
    "job",
    "key",
    "lead",
    "provisioning",
    "survey",
    "tenant",
];
/// Files whose literals are what buttons mean, unless an act is written right there.
const OF_BUTTONS: [&str; 6] = ["/chat.rs", "/chat/", "/card.rs", "/card/", "/view.rs", "src/app/"];

/// The acts that the code can write: literals beside `Act::…`, and those that come to it by a function's answer.
fn acts(sources: &[Source]) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    for source in sources.iter().filter(|source| source.is_shipped() && source.path.starts_with("src/")) {
        let of_buttons = OF_BUTTONS.iter().any(|part| source.path.contains(part));
        for line in source.production() {
            let writes = line.code.contains("Act::done(") || line.code.contains("Act::refused(");
            // A constant is a timer or what a button means.
            if !writes && (of_buttons || line.code.contains("const ") || line.code.contains("press(")) {
                continue;
            }
            found.extend(line.code.split('"').skip(1).step_by(2).filter(|literal| is_act(literal)));
        }
    }
    found
}

fn is_act(literal: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    literal.split_once('.').is_some_and(|(kind, verb)| KINDS.contains(&kind) && is_word(verb))
}

fn acts_have_words(sources: &[Source]) -> Vec<String> {
    let acts = acts(sources);
    let catalogues = sources.iter().filter(|source| source.path.ends_with(CATALOGUE));
    let mut complaints = Vec::new();
    for catalogue in catalogues {
        let told = catalogue.text.split("\naudit-act").nth(1).and_then(|rest| rest.split("*[other]").next());
        let told: BTreeSet<&str> = told
            .unwrap_or_default()
            .lines()
            .filter_map(|line| Some(line.trim_start().strip_prefix('[')?.split_once(']')?.0))
            .collect();
        for act in &acts {
            let key = act.replace('.', "-");
            if !told.contains(key.as_str()) {
                complaints.push(format!("{}: the audit has no words for {act}", catalogue.path));
            }
        }
    }
    complaints
}

#[test]
fn every_act_has_words() {
    let sources = super::source::repository();
    let acts = acts(&sources);
    for known in ["lead.take", "alert.ack", "client.reply", "survey.begin", "job.undo", "access.revoke", "tenant.erase"]
    {
        assert!(acts.contains(known), "{known} is not found among {acts:?}");
    }
    holds(acts_have_words);
}

#[test]
fn an_act_without_words_is_noticed() {
    let complaints = |code: &str| {
        acts_have_words(&[
            Source::of(
                "templates/locales/en/access_team.ftl",
                "x = y\naudit-act = { $act ->\n    [lead-take] taken\n   *[other] { $act }\n}\n",
            ),
            Source::of("src/leads/moves.rs", code),
        ])
        .len()
    };
    assert_eq!(complaints(r#"Act::done(actor, "lead.take", subject)"#), 0);
    assert_eq!(complaints(r#"Act::done(actor, "lead.eat", subject)"#), 1);
    assert_eq!(complaints(r#"Self::Eat => "lead.eat","#), 1);
    assert_eq!(complaints(r#"const KIND: &str = "lead.reminders";"#), 0);
    let button = Source::of("src/leads/card.rs", r#"Button::press(label, "lead.open", id)"#);
    assert!(acts(&[button]).is_empty());
}
