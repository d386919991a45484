//! Words: every language says the same keys with the same values, every key is asked for, and no handler has words of its
//! own.

use std::collections::{BTreeMap, BTreeSet};

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
use fluent_syntax::parser;

use super::source::Source;
use super::{holds, notices};

const LOCALES: &str = "templates/locales/";
const LAYOUTS: &str = "templates/telegram/";

/// What a message asks for.
#[derive(Clone, Debug, Default, PartialEq)]
struct Message {
    values: BTreeSet<String>,
    messages: BTreeSet<String>,
}

/// Language, then key, then what it asks for.
type Catalogues = BTreeMap<String, BTreeMap<String, Message>>;

/// Reads all catalogues; those that do not parse are told by the platform's own tests.
fn catalogues(sources: &[Source]) -> Catalogues {
    let mut found = Catalogues::new();
    for source in sources {
        let Some((lang, file)) = source.path.strip_prefix(LOCALES).and_then(|rest| rest.split_once('/')) else {
            continue;
        };
        if !file.ends_with(".ftl") {
            continue;
        }
        let resource = parser::parse(source.text.as_str()).unwrap_or_else(|(resource, _)| resource);
        let keys = found.entry(lang.to_owned()).or_default();
        for entry in &resource.body {
            if let Entry::Message(message) = entry {
                let mut asks = Message::default();
                let attributes = message.attributes.iter().map(|attribute| &attribute.value);
                message.value.iter().chain(attributes).for_each(|pattern| of_pattern(pattern, &mut asks));
                keys.insert(message.id.name.to_owned(), asks);
            }
        }
    }
    found
}

fn of_pattern(pattern: &Pattern<&str>, asks: &mut Message) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            of_expression(expression, asks);
        }
    }
}

fn of_expression(expression: &Expression<&str>, asks: &mut Message) {
    match expression {
        Expression::Inline(inline) => of_inline(inline, asks),
        Expression::Select { selector, variants } => {
            of_inline(selector, asks);
            variants.iter().for_each(|variant| of_pattern(&variant.value, asks));
        }
    }
}

fn of_inline(inline: &InlineExpression<&str>, asks: &mut Message) {
    match inline {
        InlineExpression::VariableReference { id } => {
            asks.values.insert(id.name.to_owned());
        }
        InlineExpression::MessageReference { id, .. } => {
            asks.messages.insert(id.name.to_owned());
        }
        InlineExpression::FunctionReference { arguments, .. } => {
            arguments.positional.iter().for_each(|argument| of_inline(argument, asks));
        }
        InlineExpression::Placeable { expression } => of_expression(expression, asks),
        InlineExpression::StringLiteral { .. }
        | InlineExpression::NumberLiteral { .. }
        | InlineExpression::TermReference { .. } => {}
    }
}

/// Every key stands in every language, and asks for the same values there.
fn languages_agree(sources: &[Source]) -> Vec<String> {
    let catalogues = catalogues(sources);
    let every: BTreeSet<&String> = catalogues.values().flat_map(BTreeMap::keys).collect();
    let mut complaints = Vec::new();
    for key in every {
        let mut first: Option<(&String, &Message)> = None;
        for (lang, keys) in &catalogues {
            match (keys.get(key), first) {
                (None, _) => complaints.push(format!("{key} is missing in {lang}")),
                (Some(message), None) => first = Some((lang, message)),
                (Some(message), Some((other, asked))) if message.values != asked.values => complaints
                    .push(format!("{key} asks for {:?} in {lang}, for {:?} in {other}", message.values, asked.values)),
                (Some(_), Some(_)) => {}
            }
        }
    }
    complaints
}

/// What code, layouts and other messages ask for: whole keys, and beginnings that are completed when they run
/// (`command-{name}`, `"provisioning-step-" ~ name`, the rules of the score).
fn asked_for(sources: &[Source]) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut whole, mut beginnings) = (BTreeSet::new(), BTreeSet::new());
    for source in sources {
        let texts: Vec<&str> = if source.is_shipped() {
            source.production().map(|line| line.code).collect()
        } else if source.path.starts_with(LAYOUTS) {
            source.text.lines().collect()
        } else {
            continue;
        };
        for text in texts.iter().flat_map(|line| line.split('"').skip(1).step_by(2)) {
            let is_key = |text: &str| text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
            let beginning = text.split_once('{').map_or(text, |(beginning, _)| beginning);
            if is_key(text) && !text.ends_with('-') {
                whole.insert(text.to_owned());
            } else if is_key(beginning) && beginning.ends_with('-') && beginning.len() > 1 {
                beginnings.insert(beginning.to_owned());
            }
        }
    }
    (whole, beginnings)
}

/// No key that nobody asks for. A key behind a beginning counts as asked for.
fn keys_are_used(sources: &[Source]) -> Vec<String> {
    let catalogues = catalogues(sources);
    let (whole, beginnings) = asked_for(sources);
    let referred: BTreeSet<&String> =
        catalogues.values().flat_map(BTreeMap::values).flat_map(|m| &m.messages).collect();
    let every: BTreeSet<&String> = catalogues.values().flat_map(BTreeMap::keys).collect();
    every
        .into_iter()
        .filter(|key| !whole.contains(*key) && !referred.contains(key))
        .filter(|key| !beginnings.iter().any(|beginning| key.starts_with(beginning.as_str())))
        .map(|key| format!("nobody asks for {key}"))
        .collect()
}

/// No layout asks for a key that no catalogue has. (What code asks for is tried by the tests of the views.)
fn layouts_find_their_words(sources: &[Source]) -> Vec<String> {
    let catalogues = catalogues(sources);
    let every: BTreeSet<&String> = catalogues.values().flat_map(BTreeMap::keys).collect();
    let mut complaints = Vec::new();
    for source in sources.iter().filter(|source| source.path.starts_with(LAYOUTS)) {
        for asked in source.text.split("t(key=\"").skip(1) {
            let (key, rest) = asked.split_once('"').unwrap_or((asked, ""));
            if !rest.trim_start().starts_with('~') && !every.iter().any(|known| *known == key) {
                complaints.push(format!("{}: no catalogue has {key}", source.path));
            }
        }
    }
    complaints
}

/// Calls that bring text before a person.
const SAYS: [&str; 8] = [
    ".toast(",
    ".alert(",
    ".reply(",
    "View::text(",
    "Html::escape(",
    "Button::press(",
    "Button::open(",
    "ask_contact(",
];

/// No text in a handler: nothing that is handed to a person is written there. A text is a literal with two words, or one that
/// is the label of a button. Keys, layouts and actions have no spaces.
fn no_words_in_handlers(sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in sources.iter().filter(|source| source.is_shipped() && source.path.starts_with("src/")) {
        if source.path.starts_with("src/cli/") {
            continue;
        }
        let code = source.production().map(|line| line.code).collect::<Vec<_>>().join("\n");
        for call in SAYS {
            for (at, _) in code.match_indices(call) {
                let said = arguments(&code[at + call.len()..]);
                let label = call.starts_with("Button") && said.starts_with('"') && has_letter(said);
                let sentence = literals(said).into_iter().find(|text| is_sentence(text));
                if let Some(text) = sentence.or_else(|| label.then(|| said.lines().next().unwrap_or(said))) {
                    let line = code[..at].lines().count();
                    complaints.push(format!("{}:{line}: words in a handler: {text}", source.path));
                }
            }
        }
    }
    complaints
}

/// The text up to the bracket that closes a call.
fn arguments(code: &str) -> &str {
    let (mut depth, mut quoted, mut before) = (1_usize, false, ' ');
    for (at, c) in code.char_indices() {
        match c {
            '"' if before != '\\' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &code[..at];
        }
        before = c;
    }
    code
}

fn literals(code: &str) -> Vec<&str> {
    code.split('"').skip(1).step_by(2).collect()
}

fn has_letter(text: &str) -> bool {
    literals(text).first().is_some_and(|label| label.chars().any(char::is_alphabetic))
}

/// Two words side by side; what stands in `{}` is data.
fn is_sentence(text: &str) -> bool {
    let mut plain = String::new();
    let mut depth = 0_usize;
    for c in text.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            c if depth == 0 => plain.push(c),
            _ => {}
        }
    }
    let words: Vec<&str> = plain.split_whitespace().collect();
    words.windows(2).any(|pair| pair.iter().all(|word| word.chars().any(char::is_alphabetic)))
}

#[test]
fn every_language_says_the_same() {
    holds(languages_agree);
}

#[test]
fn a_missing_or_differently_parametrised_key_is_noticed() {
    let agree = |german: &str| {
        languages_agree(&[
            Source::of("templates/locales/en/x.ftl", "hi = Hello { $name }\nbye = Bye { NUMBER($n) }\n"),
            Source::of("templates/locales/de/x.ftl", german),
        ])
    };
    assert!(
        agree("hi = Hallo { $name }\nbye = { $n ->\n    [one] Tschüss\n   *[other] Tschüss { $n }\n}\n").is_empty()
    );
    assert_eq!(agree("hi = Hallo { $name }\n"), ["bye is missing in de"]);
    assert_eq!(agree("hi = Hallo\nbye = Tschüss { $n }\n").len(), 1);
    assert_eq!(agree("hi = Hallo { $name }\nbye = Tschüss { NUMBER($m) }\n").len(), 1);
}

#[test]
fn every_key_is_asked_for() {
    holds(keys_are_used);
}

#[test]
fn a_key_that_nobody_asks_for_is_noticed() {
    let used = |code: &str| {
        keys_are_used(&[
            Source::of("templates/locales/en/x.ftl", "x-hi = Hello { x-who }\nx-who = you\n"),
            Source::of("src/leads/chat.rs", code),
        ])
    };
    assert_eq!(used("front.word(reader, \"x-other\")"), ["nobody asks for x-hi"]);
    assert!(used("front.word(reader, \"x-hi\")").is_empty());
    assert!(used("front.word(reader, &format!(\"x-{name}\"))").is_empty());
    let tests = "#[cfg(test)]\nmod tests {\n    front.word(reader, \"x-hi\")\n}";
    assert_eq!(used(tests).len(), 1, "a test is nobody");
}

#[test]
fn layouts_ask_for_words_that_are_there() {
    holds(layouts_find_their_words);
}

#[test]
fn a_layout_without_words_is_noticed() {
    let found = |layout: &str| {
        layouts_find_their_words(&[
            Source::of("templates/locales/en/x.ftl", "x-hi = Hello\n"),
            Source::of("templates/telegram/x/y.html", layout),
        ])
    };
    assert_eq!(found("{{ t(key=\"x-ho\") }}").len(), 1);
    assert!(found("{{ t(key=\"x-hi\") }}{{ t(key=\"x-\" ~ name) }}").is_empty());
}

#[test]
fn handlers_have_no_words() {
    holds(no_words_in_handlers);
}

#[test]
fn words_in_a_handler_are_noticed() {
    notices(
        no_words_in_handlers,
        ("src/leads/chat.rs", r#"turn.toast("It is yours.").await;"#),
        ("src/leads/chat.rs", r#"turn.toast(front.word(reader, "lead-done-take")).await;"#),
    );
    notices(
        no_words_in_handlers,
        (
            "src/leads/chat.rs",
            "turn.reply(View::text(Html::escape(\n    &format!(\"Lead {} is yours\", lead.number),\n)))",
        ),
        ("src/leads/chat.rs", r#"turn.reply(View::text(Html::escape(&format!("{} – {}", lead.name, lead.number))))"#),
    );
    notices(
        no_words_in_handlers,
        ("src/leads/card.rs", r#"Button::press("Take", "lead.take", lead.id)"#),
        ("src/leads/card.rs", r##"Button::press(format!("#{}", lead.number), "lead.open", lead.id)"##),
    );
}
