use super::*;

const HEAD: &str = "name = \"test\"\nversion = 1\nlocales = [\"en\"]\nintro.en = \"I\"\n\
                    review.en = \"R\"\ndone.en = \"D\"\ncancelled.en = \"C\"\n";
/// The first line of a step that follows `HEAD`.
const FIRST: usize = 8;

/// Place and kind of every problem of the steps.
fn problems(steps: &str) -> Vec<(usize, Option<String>, ProblemKind)> {
    let source = format!("{HEAD}{steps}");
    match definition(&source) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.into_iter().map(|problem| (problem.line, problem.step, problem.kind)).collect(),
    }
}

/// A text step with further lines.
fn text(id: &str, more: &str) -> String {
    format!("[[step]]\nid = \"{id}\"\nkind = \"text\"\nlabel.en = \"L\"\ntext.en = \"T\"\n{more}\n")
}

/// The only problem of a text step with `more` on its sixth line.
fn only(more: &str) -> ProblemKind {
    let found = problems(&text("it", more));
    let [(line, step, kind)] = found.as_slice() else {
        panic!("not one problem: {found:#?}");
    };
    assert_eq!((*line, step.as_deref()), (FIRST + 5, Some("it")));
    kind.clone()
}

#[test]
fn every_problem_is_told_at_once_with_its_line() {
    let source = "name = \"Test\"\nlocales = [\"de\", \"fr\"]\nintro.en = \"\"\nreview = \"R\"\n\
                  extra = 1\ndone.en = \"D\"\ndone.de = \"D\"\n[[step]]\nid = \"a\"\nkind = \"txt\"\n";
    let problems = definition(source).unwrap_err();
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn what_is_not_toml_is_told_with_its_line() {
    let problems = definition("name = \"a\"\nversion = = 1\n").unwrap_err();
    assert_eq!(problems[0].line, 2);
    assert!(matches!(problems[0].kind, ProblemKind::Syntax { .. }));
}

#[test]
fn unknown_keys_and_keys_of_other_kinds_are_told() {
    let key = |key: &str| ProblemKind::UnknownKey { key: key.to_owned() };
    assert_eq!(only("optinal = true"), key("optinal"));
    assert_eq!(only("max_lines = 3"), key("max_lines"));
}

#[test]
fn names_are_unique_and_well_formed() {
    let twice = format!("{}{}", text("a", ""), text("a", ""));
    let id = "a".to_owned();
    assert_eq!(problems(&twice), [(FIRST + 7, Some("a".to_owned()), ProblemKind::DuplicateStep { id })]);
    for name in ["Name", "1a", "", "a-b", "a b", &"a".repeat(33)] {
        let found = problems(&text(name, ""));
        assert!(matches!(found[0].2, ProblemKind::BadName { max: 32, .. }), "{name}");
    }
}

#[test]
fn texts_stand_in_every_language_and_fit_a_message() {
    let empty = ProblemKind::EmptyText { key: "hint".to_owned(), locale: Locale::En };
    assert_eq!(only("hint.en = \" \""), empty);
    let foreign = ProblemKind::ForeignLocale { key: "hint".to_owned(), locale: "de".to_owned() };
    let hint = "hint = { en = \"H\", de = \"H\" }";
    assert_eq!(only(hint), foreign);
    // Telegram counts an emoji as two.
    let found = problems(&text("it", &format!("hint.en = \"{}\"", "😀".repeat(2049))));
    assert_eq!(
        found[1].2,
        ProblemKind::TooLong { key: "hint".to_owned(), locale: Locale::En, length: 4098, max: 4096 }
    );
    let long = "x".repeat(2000);
    let found = problems(&text("it", &format!("hint.en = \"{long}\"\nrefuse.en = \"{long}\"")));
    assert!(matches!(&found[0].2, ProblemKind::TooLong { key, .. } if key == "message"));
    assert_eq!(found.len(), 1);

    let german = HEAD.replace("[\"en\"]", "[\"en\", \"de\"]");
    let problems = definition(&format!("{german}{}", text("it", ""))).unwrap_err();
    let lacking = |problem: &&Problem| matches!(problem.kind, ProblemKind::MissingLocale { locale: Locale::De, .. });
    assert_eq!(problems.iter().filter(lacking).count(), 6);
}

#[test]
fn limits_do_not_cross() {
    let bad = |key: &str| ProblemKind::BadLimit { key: key.to_owned() };
    assert_eq!(only("max_length = 10001"), bad("max_length"));
    assert_eq!(only("min_length = -1"), bad("min_length"));
    assert_eq!(only("max_length = 0"), bad("max_length"));
    let found = problems(&text("it", "min_length = 5\nmax_length = 4"));
    assert_eq!(found[0].2, bad("max_length"));
    assert_eq!(problems(&text("it", "min_length = 2000")), []);
}

fn choice(more: &str) -> String {
    text("it", more).replace("\"text\"", "\"choice\"")
}

#[test]
fn a_choice_has_distinct_options() {
    assert_eq!(problems(&choice(""))[0].2, ProblemKind::OptionCount { count: 0, max: 50 });
    let option = |id: &str, label: &str| format!("{{ id = \"{id}\", label.en = \"{label}\" }}");
    let found = |a: &str, b: &str| problems(&choice(&format!("option = [{a}, {b}]")))[0].2.clone();
    assert_eq!(found(&option("a", "A"), &option("a", "B")), ProblemKind::DuplicateOption { id: "a".to_owned() });
    assert_eq!(found(&option("a", "A"), &option("b", "a")), ProblemKind::DuplicateLabel { label: "a".to_owned() });
    let long = "o".repeat(33);
    assert!(matches!(found(&option(&long, "A"), &option("b", "B")), ProblemKind::BadName { max: 32, .. }));
}

#[test]
fn conditions_look_back_at_options_that_exist() {
    let choice = choice("option = [{ id = \"a\", label.en = \"A\" }, { id = \"b\", label.en = \"B\" }]");
    let with = |when: &str| {
        let steps = format!("{choice}{}{}", text("mid", &format!("when = {when}")), text("end", ""));
        let found = problems(&steps);
        found.into_iter().map(|(_, _, kind)| kind).collect::<Vec<_>>()
    };
    assert_eq!(with("{ step = \"it\", is = [\"a\"] }"), []);
    assert_eq!(with("{ step = \"end\", answered = true }"), [ProblemKind::LaterStep { id: "end".to_owned() }]);
    assert_eq!(with("{ step = \"mid\", answered = true }"), [ProblemKind::LaterStep { id: "mid".to_owned() }]);
    assert_eq!(with("{ step = \"none\", answered = true }"), [ProblemKind::UnknownStep { id: "none".to_owned() }]);
    let wrong = "{ any = [{ step = \"it\", is = [\"c\"] }, { step = \"it\" }] }";
    assert_eq!(
        with(wrong),
        [ProblemKind::UnknownOption { step: "it".to_owned(), option: "c".to_owned() }, ProblemKind::BadCondition,]
    );
    let after = text("x", "when = { step = \"y\", is = [\"a\"] }");
    assert_eq!(problems(&format!("{}{after}", text("y", "")))[0].2, ProblemKind::NotComparable { id: "y".to_owned() });
}

#[test]
fn steps_that_no_answers_lead_to_are_told() {
    let option = "option = [{ id = \"a\", label.en = \"A\" }, { id = \"b\", label.en = \"B\" }]";
    let when = "when = { all = [{ step = \"it\", is = [\"a\"] }, { step = \"it\", is = [\"b\"] }] }";
    let steps = format!("{}{}", choice(option), text("never", when));
    let found = problems(&steps);
    assert_eq!(found, [(FIRST + 6, Some("never".to_owned()), ProblemKind::Unreachable)]);
    let required = text("y", "when = { step = \"x\", answered = false }");
    let found = problems(&format!("{}{required}", text("x", "")));
    assert_eq!(found[0].2, ProblemKind::Unreachable);
    assert_eq!(problems(&format!("{}{required}", text("x", "optional = true"))), []);
}

#[test]
fn what_cannot_be_known_in_advance_has_no_prefill() {
    let rating = text("it", "prefill = \"lead.phone\"").replace("\"text\"", "\"rating\"");
    assert_eq!(problems(&rating)[0].2, ProblemKind::NoPrefill { kind: "rating" });
}

#[test]
fn the_example_of_the_documentation_is_sound() {
    let readme = include_str!("../../../README.md");
    let start = readme.find("```toml\n").unwrap() + "```toml\n".len();
    let end = start + readme[start..].find("```").unwrap();
    assert_eq!(definition(&readme[start..end]).unwrap().name(), "feedback");
}
