//! The house checks itself by reading its own sources: what the compiler cannot see. Each rule is a function from files
//! to complaints, and has a broken twin: a snippet that it must complain about, so that a rule which went blind is found.

mod acts;
mod arrows;
mod rooms;
mod source;
mod tidiness;
mod twins;
mod words;

use source::Source;

/// A rule: what it finds wrong, one line each.
type Rule = fn(&[Source]) -> Vec<String>;

/// Applies a rule to the whole repository.
#[track_caller]
fn holds(rule: Rule) {
    let complaints = rule(&source::repository());
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// The broken twin: the rule must find something here, and nothing once it is mended.
#[track_caller]
fn notices(rule: Rule, broken: (&str, &str), mended: (&str, &str)) {
    let found = rule(&[Source::of(broken.0, broken.1)]);
    assert!(!found.is_empty(), "not noticed: {} with {}", broken.0, broken.1);
    let found = rule(&[Source::of(mended.0, mended.1)]);
    assert!(found.is_empty(), "complained about without need: {found:?}");
}
