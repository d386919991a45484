//! What a front end must show for a session, in the words of the definition.

use serde::Serialize;

use crate::{
    answer::{Origin, Shown},
    condition::Fact,
    definition::{Definition, Step},
    engine::Mismatch,
    ids::{OptionId, StepId},
    kind::{AnswerKind, Kind},
    path::{self, Progress},
    session::{Input, Leaving, Position, Session},
};

/// What stands on the screen. All texts are plain; a front end escapes them.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "view", rename_all = "lowercase")]
pub enum View {
    /// A question.
    Question(Box<QuestionView>),
    /// All answers, to be checked and sent, or one of them to be picked.
    Review(ReviewView),
    /// The question whether to keep the answers or to throw them away; its words
    /// are the front end's.
    Leaving {
        /// The buttons below.
        buttons: Vec<Button>,
    },
    /// Put aside, to be gone on with; the words are the front end's.
    Kept {
        /// The buttons below.
        buttons: Vec<Button>,
    },
    /// Sent in.
    Submitted {
        /// The closing words.
        text: String,
    },
    /// Broken off.
    Cancelled {
        /// The closing words.
        text: String,
    },
}

/// A question with all that belongs to it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QuestionView {
    /// The step; also the name of a form field.
    pub step: StepId,
    /// What is asked, for the means of input: a phone wants a *share contact*.
    pub kind: AnswerKind,
    /// The words before the first question, until it is answered.
    pub intro: Option<String>,
    /// The question.
    pub text: String,
    /// How to answer it.
    pub hint: Option<String>,
    /// An example to stand in the empty field.
    pub placeholder: Option<String>,
    /// What can be pressed, in this order.
    pub options: Vec<OptionView>,
    /// Where the mark of an option of a choice comes from, when one is marked.
    pub marked: Option<Origin>,
    /// What [`Input::TakeOffer`] would answer.
    pub offer: Option<Offer>,
    /// The answer to the question before, when it was tapped: a chat holds no
    /// message of the person's with it.
    pub tapped: Option<Row>,
    /// The buttons below.
    pub buttons: Vec<Button>,
    /// How far the survey is; none while an answer is edited from the review.
    pub progress: Option<Progress>,
}

/// An answer for one tap.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Offer {
    /// The answer.
    pub value: Shown,
    /// Where it comes from.
    pub origin: Origin,
}

/// An option to press.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OptionView {
    /// Its name for [`Input::Choose`] or, in a multi-choice, [`Input::Toggle`].
    pub id: OptionId,
    /// Its words.
    pub label: String,
    /// Whether it is chosen at present, or known in advance to be likely.
    pub marked: bool,
}

/// The answers for a last look.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReviewView {
    /// The words above.
    pub text: String,
    /// Each question of the path.
    pub rows: Vec<Row>,
    /// The buttons below; while picking, one for each row.
    pub buttons: Vec<Button>,
    /// Whether the person is choosing what to edit.
    pub picking: bool,
}

/// One answer of the review.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The step, for [`Input::Edit`].
    pub step: StepId,
    /// Its short name.
    pub label: String,
    /// What was answered.
    pub value: Shown,
}

/// A button whose words are the front end's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Button {
    /// To the question before, or to the review.
    Back,
    /// Pass over an optional question.
    Skip,
    /// Stop.
    Cancel,
    /// Asked so: leave, and keep the answers.
    Keep,
    /// Asked so: break off, and throw the answers away.
    Discard,
    /// Go on after a break.
    Resume,
    /// End a multi-choice.
    Done,
    /// Choose an answer to change.
    PickEdit,
    /// Change this answer; its words are the label of the row.
    Edit(StepId),
    /// Send it in.
    Submit,
}

impl Button {
    /// What a press means.
    #[must_use]
    pub fn input(&self) -> Input {
        match self {
            Self::Back => Input::Back,
            Self::Skip => Input::Skip,
            Self::Cancel => Input::Cancel,
            Self::Keep => Input::Keep,
            Self::Discard => Input::Discard,
            Self::Resume => Input::Resume,
            Self::Done => Input::Done,
            Self::PickEdit => Input::PickEdit,
            Self::Edit(step) => Input::Edit(step.clone()),
            Self::Submit => Input::Submit,
        }
    }
}

impl Definition {
    /// What to show for a session, in its language.
    ///
    /// # Errors
    /// When the session does not belong to this definition.
    pub fn view(&self, session: &Session) -> Result<View, Mismatch> {
        let locale = session.locale;
        let standing = self.standing(session)?;
        match session.leaving {
            Some(Leaving::Asked) => return Ok(View::Leaving { buttons: vec![Button::Keep, Button::Discard] }),
            Some(Leaving::Kept) => return Ok(View::Kept { buttons: vec![Button::Resume] }),
            None => {}
        }
        if let Some((index, step)) = standing.and_then(|index| Some((index, self.steps.get(index)?))) {
            return Ok(View::Question(Box::new(self.question(session, index, step))));
        }
        Ok(match session.position {
            Position::Submitted => View::Submitted { text: self.done.get(locale).to_owned() },
            Position::Cancelled => View::Cancelled { text: self.cancelled.get(locale).to_owned() },
            _ => View::Review(self.review(session)),
        })
    }

    fn question(&self, session: &Session, index: usize, step: &Step) -> QuestionView {
        let locale = session.locale;
        let editing = matches!(session.position, Position::Editing { .. });
        let before = path::before(self, session, index).and_then(|before| self.steps.get(before));
        let tapped = before.filter(|before| !editing && self.is_tapped(session, before));
        let buttons = [
            (matches!(step.kind, Kind::Multi { .. }), Button::Done),
            (editing || before.is_some(), Button::Back),
            (step.optional, Button::Skip),
            (true, Button::Cancel),
        ];
        let text = |text: &crate::locale::Text| text.get(locale).to_owned();
        let options = options(session, step);
        QuestionView {
            step: step.id.clone(),
            kind: step.answer_kind(),
            intro: (index == 0 && session.is_untouched()).then(|| text(&self.intro)),
            text: text(&step.text),
            hint: step.hint.as_ref().map(text),
            placeholder: step.placeholder.as_ref().map(text),
            marked: options.iter().any(|option| option.marked).then(|| origin(session, step)).flatten(),
            options,
            offer: self
                .offer(session, step)
                .map(|(answer, origin)| Offer { value: answer.shown(step, locale), origin }),
            tapped: tapped.map(|before| row(session, before)),
            buttons: buttons.into_iter().filter_map(|(shown, button)| shown.then_some(button)).collect(),
            progress: (!editing).then(|| path::progress(self, session, index)),
        }
    }

    /// Each question of the path with its answer, as the review lists them; also for a session that was sent in.
    #[must_use]
    pub fn review_rows(&self, session: &Session) -> Vec<Row> {
        let facts = path::facts(self, session);
        self.steps
            .iter()
            .zip(facts)
            .filter(|(_, fact)| !matches!(fact, Fact::Off | Fact::Open))
            .map(|(step, _)| row(session, step))
            .collect()
    }

    fn review(&self, session: &Session) -> ReviewView {
        let rows = self.review_rows(session);
        let picking = session.position == Position::Picking;
        let buttons = if picking {
            let edits = rows.iter().map(|row| Button::Edit(row.step.clone()));
            edits.chain([Button::Back, Button::Cancel]).collect()
        } else {
            vec![Button::Submit, Button::PickEdit, Button::Back, Button::Cancel]
        };
        ReviewView { text: self.review.get(session.locale).to_owned(), rows, buttons, picking }
    }
}

fn row(session: &Session, step: &Step) -> Row {
    let locale = session.locale;
    Row {
        step: step.id.clone(),
        label: step.label(locale).to_owned(),
        value: session.answers.get(&step.id).map_or(Shown::Skipped, |answer| answer.shown(step, locale)),
    }
}

/// Whose the marks of a question are; the ticks of a multi-choice speak for themselves.
fn origin(session: &Session, step: &Step) -> Option<Origin> {
    let several = matches!(step.kind, Kind::Multi { .. });
    (!several).then(|| if session.answers.contains_key(&step.id) { Origin::Given } else { Origin::Known })
}

fn options(session: &Session, step: &Step) -> Vec<OptionView> {
    let chosen = match session.answers.get(&step.id) {
        _ if matches!(step.kind, Kind::Multi { .. }) => session.draft.iter().cloned().collect(),
        Some(answer) => answer.chosen(),
        None => {
            let known = step.prefill.as_ref();
            let known = known.and_then(|name| session.known.get(name));
            known.map(|id| id.as_str().into()).into_iter().collect()
        }
    };
    let marked = |id| chosen.contains(id);
    step.kind
        .options()
        .iter()
        .map(|option| OptionView {
            id: option.id.clone(),
            label: option.label.get(session.locale).to_owned(),
            marked: marked(&option.id),
        })
        .collect()
}
