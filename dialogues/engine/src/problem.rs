//! What is wrong with a definition, and where.
//!
//! These words are for the author of a definition at a terminal, who reads them
//! beside the file; no respondent ever does.

use std::fmt;

use crate::locale::Locale;

/// One problem of a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line in the file, counted from 1.
    pub line: usize,
    /// The step it is about, when it is about one whose name can be read.
    pub step: Option<String>,
    /// What it is.
    pub kind: ProblemKind,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.step {
            Some(step) => write!(f, "line {}, step {step}: {}", self.line, self.kind),
            None => write!(f, "line {}: {}", self.line, self.kind),
        }
    }
}

/// The kinds of problems.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProblemKind {
    /// The file is not TOML.
    #[error("not TOML: {message}")]
    Syntax {
        /// What the reader of TOML says.
        message: String,
    },
    /// A key that has no meaning here.
    #[error("unknown key `{key}`")]
    UnknownKey {
        /// The key.
        key: String,
    },
    /// A key that must stand here.
    #[error("`{key}` is missing")]
    Missing {
        /// The key.
        key: String,
    },
    /// A value of another type.
    #[error("`{key}` must be {expected}")]
    WrongType {
        /// The key.
        key: String,
        /// What is expected.
        expected: &'static str,
    },
    /// A name that is not `[a-z][a-z0-9_]*` or is over its length.
    #[error("`{name}` is no name: use a-z, 0-9 and _, begin with a letter, at most {max} characters")]
    BadName {
        /// The name.
        name: String,
        /// The most characters it may have.
        max: usize,
    },
    /// A language the engine does not know, or that the definition does not list.
    #[error("`{key}` is in a language that `locales` does not list: {locale}")]
    ForeignLocale {
        /// The text's key.
        key: String,
        /// The language as written.
        locale: String,
    },
    /// A text lacks a language of the definition.
    #[error("`{key}` has no text in {locale}")]
    MissingLocale {
        /// The text's key.
        key: String,
        /// The language it lacks.
        locale: Locale,
    },
    /// A text is empty or only blanks.
    #[error("`{key}` is empty in {locale}")]
    EmptyText {
        /// The text's key.
        key: String,
        /// The language.
        locale: Locale,
    },
    /// A text, or a question with its hint and refusal, is too long for a message.
    #[error("`{key}` has {length} UTF-16 units in {locale}, {max} are allowed")]
    TooLong {
        /// The text's key; `message` for a question with its hint and refusal.
        key: String,
        /// The language.
        locale: Locale,
        /// Its length.
        length: usize,
        /// The most allowed.
        max: usize,
    },
    /// The definition has no steps.
    #[error("there are no steps")]
    NoSteps,
    /// No such kind of question.
    #[error("no such kind: {kind}")]
    UnknownKind {
        /// The kind as written.
        kind: String,
    },
    /// Two steps of one name.
    #[error("a second step named `{id}`")]
    DuplicateStep {
        /// The name.
        id: String,
    },
    /// Two options of one name.
    #[error("a second option named `{id}`")]
    DuplicateOption {
        /// The name.
        id: String,
    },
    /// Two options that read the same in one language.
    #[error("two options read `{label}`")]
    DuplicateLabel {
        /// The words.
        label: String,
    },
    /// Fewer than two options, or too many to show.
    #[error("{count} options: a choice needs 2 to {max}")]
    OptionCount {
        /// How many there are.
        count: usize,
        /// The most allowed.
        max: usize,
    },
    /// A limit that is negative, over the engine's, or crosses its counterpart.
    #[error("`{key}` is out of bounds")]
    BadLimit {
        /// The key.
        key: String,
    },
    /// A condition with no or several tests in one table.
    #[error("a condition is one of: step with `is` or `answered`, `not`, `any`, `all`")]
    BadCondition,
    /// A condition on a step that does not exist.
    #[error("the condition names a step that does not exist: {id}")]
    UnknownStep {
        /// The name.
        id: String,
    },
    /// A condition on this step or a later one.
    #[error("the condition looks forward: {id} is not asked before this step")]
    LaterStep {
        /// The name.
        id: String,
    },
    /// `is` on a step without options.
    #[error("the condition compares {id}, which has no options")]
    NotComparable {
        /// The name.
        id: String,
    },
    /// `is` with an option the step does not have.
    #[error("the condition names an option that {step} does not have: {option}")]
    UnknownOption {
        /// The step.
        step: String,
        /// The option.
        option: String,
    },
    /// No way of answering leads to this step.
    #[error("no answers lead to this step")]
    Unreachable,
    /// A value known in advance cannot be offered for this kind.
    #[error("`prefill` has no meaning for {kind}")]
    NoPrefill {
        /// The kind of the step.
        kind: &'static str,
    },
}
