//! Surveys as data: a pure engine.
//!
//! A [`Definition`] is read once from TOML and says what is asked, in which
//! order and under which conditions. A [`Session`] is one person's way through
//! it. [`Definition::apply`] takes a session and one [`Input`] and answers with
//! the next session and the [`Effect`]s a front end has to show;
//! [`Definition::view`] says at any time what stands on the screen.
//!
//! The crate must not know: Telegram, HTTP, databases, the clock, and any word
//! that a respondent reads. Texts come from the definition; refusals and values
//! leave as typed keys with parameters, and the front end words them.
//!
//! | module | is for |
//! |---|---|
//! | `definition`, `kind`, `condition` | the nouns of a survey |
//! | `read`, `problem` | TOML to definition, every problem at once |
//! | `requirement` | does this survey answer what a template needs |
//! | `path` | which steps are asked, how many are left |
//! | `session`, `engine` | one person's state and its only transition |
//! | `accept`, `answer`, `refusal` | raw input to typed answer, or why not |
//! | `view` | what a front end must show |

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail"))]

mod accept;
mod answer;
mod condition;
mod definition;
mod engine;
mod ids;
mod kind;
mod locale;
mod path;
mod problem;
mod read;
mod refusal;
mod requirement;
mod session;
mod view;

pub use answer::{Answer, Answers, File, Origin, Shown};
pub use definition::{Definition, Step};
pub use engine::{Applied, Effect, Mismatch};
pub use ids::{OptionId, StepId};
pub use kind::AnswerKind;
pub use locale::{Locale, UnknownLocale};
pub use path::Progress;
pub use problem::{Problem, ProblemKind};
pub use refusal::Refusal;
pub use requirement::{Requirement, Unmet};
pub use session::{Input, Known, Leaving, Position, Session};
pub use view::{Button, Offer, OptionView, QuestionView, ReviewView, Row, View};
