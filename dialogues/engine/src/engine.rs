//! The one transition function: session and input to session and effects.

use std::collections::BTreeSet;

use crate::{
    accept::accept,
    answer::{Answer, Answers, Origin},
    condition::Fact,
    definition::{Definition, Step},
    ids::{OptionId, StepId},
    kind::Kind,
    path,
    refusal::Refusal,
    session::{Input, Position, Session},
};

/// What [`Definition::apply`] answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// The session to store.
    pub session: Session,
    /// What to show, in this order; never empty.
    pub effects: Vec<Effect>,
}

/// What a front end has to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// An answer was stored; the message that asked for it can be closed.
    Answered {
        /// The step.
        step: StepId,
    },
    /// An optional step was passed over; its message can be closed.
    Skipped {
        /// The step.
        step: StepId,
    },
    /// Ask this question.
    Ask {
        /// The step.
        step: StepId,
    },
    /// A tick was set or taken: show the same question with its marks anew.
    Marked {
        /// The step.
        step: StepId,
    },
    /// Say why, and ask the same question again, in one message.
    Refused {
        /// The step.
        step: StepId,
        /// Why.
        reason: Refusal,
    },
    /// Show the review, or the choice of what to edit.
    Review,
    /// The survey was sent in, now and never again.
    Submitted(Answers),
    /// Ask whether the answers shall be kept or thrown away.
    AskToLeave,
    /// The person leaves, and the answers are kept.
    Kept,
    /// The survey was broken off, now and never again.
    Cancelled,
    /// The input has no meaning where the session stands (an old button, words
    /// on the review): show where things stand.
    NothingChanged,
}

/// The session does not belong to the definition it was brought to; somebody
/// loaded the wrong version or damaged what was stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// Another survey, or another version of it.
    #[error("the session belongs to {dialogue} version {version}")]
    Definition {
        /// The survey it belongs to.
        dialogue: String,
        /// The version it is pinned to.
        version: u32,
    },
    /// It stands at a step that the definition does not have.
    #[error("the session stands at a step that does not exist: {0}")]
    Step(StepId),
}

impl Definition {
    /// Applies one input. It has no other effect than its result, and the same
    /// session and input always give the same.
    ///
    /// # Errors
    /// When the session does not belong to this definition.
    pub fn apply(&self, session: &Session, input: Input) -> Result<Applied, Mismatch> {
        let standing = self.standing(session)?;
        let mut turn = Turn { definition: self, session: session.clone(), effects: Vec::new() };
        match (session.leaving, &session.position, standing) {
            (Some(leaving), ..) => turn.leaving(leaving, input),
            (None, _, Some(index)) => turn.question(index, input),
            (None, Position::Reviewing | Position::Picking, None) => turn.review(input),
            (None, _, None) => {}
        }
        if turn.effects.is_empty() {
            turn.effects.push(Effect::NothingChanged);
        }
        if turn.session != *session {
            turn.session.revision += 1;
        }
        Ok(Applied { session: turn.session, effects: turn.effects })
    }

    /// The answers that count: those of the steps on the path.
    #[must_use]
    pub fn answers(&self, session: &Session) -> Answers {
        let facts = path::facts(self, session);
        let on_path = self.steps.iter().zip(facts).filter(|(_, fact)| fact.on_path());
        Answers(
            on_path
                .filter_map(|(step, _)| {
                    let answer = session.answers.get(&step.id)?;
                    Some((step.id.clone(), answer.clone()))
                })
                .collect(),
        )
    }

    /// The step a session stands at, when it stands at one.
    pub(crate) fn standing(&self, session: &Session) -> Result<Option<usize>, Mismatch> {
        if session.dialogue != self.name || session.version != self.version {
            return Err(Mismatch::Definition { dialogue: session.dialogue.clone(), version: session.version });
        }
        match &session.position {
            Position::Asking { step } | Position::Editing { step } => {
                self.index(step).map(Some).ok_or_else(|| Mismatch::Step(step.clone()))
            }
            _ => Ok(None),
        }
    }

    /// What a person can take by one tap instead of writing it: the answer given
    /// before, else a value known in advance that this step would accept.
    pub(crate) fn offer(&self, session: &Session, step: &Step) -> Option<(Answer, Origin)> {
        if !step.kind.options().is_empty() {
            return None;
        }
        let given = session.answers.get(&step.id).cloned().map(|answer| (answer, Origin::Given));
        given.or_else(|| Some((known(session, step)?, Origin::Known)))
    }

    /// Whether the answer to a step was tapped rather than written: one of its
    /// options, or the value that was known in advance.
    pub(crate) fn is_tapped(&self, session: &Session, step: &Step) -> bool {
        let answer = session.answers.get(&step.id);
        answer.is_some() && (!step.kind.options().is_empty() || known(session, step).as_ref() == answer)
    }
}

/// What was known in advance as an answer to this step, when it fits.
fn known(session: &Session, step: &Step) -> Option<Answer> {
    let known = session.known.get(step.prefill.as_ref()?)?;
    accept(step, session.locale, Input::Text(known.clone())).ok()
}

/// One input at work.
struct Turn<'a> {
    definition: &'a Definition,
    session: Session,
    effects: Vec<Effect>,
}

impl<'a> Turn<'a> {
    fn question(&mut self, index: usize, input: Input) {
        let definition = self.definition;
        let Some(step) = definition.steps.get(index) else {
            return;
        };
        match input {
            Input::Back => self.back(index),
            Input::Skip => self.skip(step),
            Input::Cancel => self.ask_to_leave(),
            Input::Resume => self.effects.push(Effect::Ask { step: step.id.clone() }),
            Input::TakeOffer => {
                if let Some((answer, _)) = definition.offer(&self.session, step) {
                    self.answer(step, answer);
                }
            }
            Input::Choose(option) => self.choose(step, &option),
            Input::Toggle(option) => self.toggle(step, &option),
            Input::Done => self.done(step),
            Input::PickEdit | Input::Edit(_) | Input::Submit | Input::Keep | Input::Discard => {}
            Input::Text(words) if !step.kind.options().is_empty() => self.named(step, &words),
            content => match accept(step, self.session.locale, content) {
                Ok(answer) => self.answer(step, answer),
                Err(reason) => self.refuse(step, reason),
            },
        }
    }

    fn review(&mut self, input: Input) {
        match (input, &self.session.position) {
            (Input::Submit, Position::Reviewing) => self.submit(),
            (Input::PickEdit, Position::Reviewing) => {
                self.session.position = Position::Picking;
                self.effects.push(Effect::Review);
            }
            (Input::Edit(step), _) => {
                let facts = path::facts(self.definition, &self.session);
                let index = self.definition.index(&step);
                let fact = index.and_then(|index| facts.get(index));
                if fact.is_some_and(|fact| fact.on_path()) {
                    self.enter(Position::Editing { step: step.clone() });
                    self.effects.push(Effect::Ask { step });
                }
            }
            (Input::Back, Position::Reviewing) => {
                if let Some(index) = path::last(self.definition, &self.session) {
                    self.ask(index);
                }
            }
            (Input::Back, _) => self.show_review(),
            (Input::Cancel, _) => self.ask_to_leave(),
            (Input::Resume, _) => self.effects.push(Effect::Review),
            _ => {}
        }
    }

    fn back(&mut self, index: usize) {
        if matches!(self.session.position, Position::Editing { .. }) {
            self.show_review();
        } else if let Some(before) = path::before(self.definition, &self.session, index) {
            self.ask(before);
        }
    }

    fn skip(&mut self, step: &Step) {
        if !step.optional {
            return self.refuse(step, Refusal::Required);
        }
        self.session.answers.remove(&step.id);
        self.session.skipped.insert(step.id.clone());
        self.effects.push(Effect::Skipped { step: step.id.clone() });
        self.forward();
    }

    /// An option pressed. One that the step does not have was on an old message.
    fn choose(&mut self, step: &Step, option: &OptionId) {
        let Some(place) = step.kind.option_index(option) else {
            return;
        };
        match &step.kind {
            Kind::Choice { .. } => self.answer(step, Answer::Choice(option.clone())),
            Kind::Rating { .. } => {
                // The options of a rating are 1 to 5, in this order.
                let stars = u8::try_from(place + 1).unwrap_or(u8::MAX);
                self.answer(step, Answer::Rating(stars));
            }
            Kind::Consent { .. } if option.as_str() == Kind::YES => {
                self.answer(step, Answer::Consent);
            }
            Kind::Consent { .. } if step.optional => self.skip(step),
            Kind::Consent { .. } => self.refuse(step, Refusal::ConsentNeeded),
            _ => {}
        }
    }

    fn toggle(&mut self, step: &Step, option: &OptionId) {
        let Kind::Multi { max, .. } = &step.kind else {
            return;
        };
        if step.kind.option_index(option).is_none() {
            return;
        }
        if !self.session.draft.remove(option) {
            if self.session.draft.len() >= *max {
                return self.refuse(step, Refusal::TooManyChoices { max: *max });
            }
            self.session.draft.insert(option.clone());
        }
        self.effects.push(Effect::Marked { step: step.id.clone() });
    }

    fn done(&mut self, step: &Step) {
        let Kind::Multi { options, min, .. } = &step.kind else {
            return;
        };
        let draft = &self.session.draft;
        if draft.is_empty() && step.optional {
            return self.skip(step);
        }
        let least = (*min).max(1);
        if draft.len() < least {
            return self.refuse(step, Refusal::TooFewChoices { min: least });
        }
        let chosen = options.iter().map(|option| &option.id);
        let chosen = chosen.filter(|id| draft.contains(*id)).cloned().collect();
        self.answer(step, Answer::Multi(chosen));
    }

    /// An option typed instead of pressed.
    fn named(&mut self, step: &Step, words: &str) {
        let option = step.kind.option_named(words.trim());
        match option.map(|option| option.id.clone()) {
            Some(option) if matches!(step.kind, Kind::Multi { .. }) => self.toggle(step, &option),
            Some(option) => self.choose(step, &option),
            None => self.refuse(step, Refusal::NotAnOption),
        }
    }

    fn answer(&mut self, step: &Step, answer: Answer) {
        self.session.skipped.remove(&step.id);
        self.session.answers.insert(step.id.clone(), answer);
        self.effects.push(Effect::Answered { step: step.id.clone() });
        self.forward();
    }

    fn refuse(&mut self, step: &Step, reason: Refusal) {
        self.effects.push(Effect::Refused { step: step.id.clone(), reason });
    }

    /// To the first question that is still open, else to the review.
    fn forward(&mut self) {
        match path::first_open(self.definition, &self.session) {
            Some(index) => self.ask(index),
            None => self.show_review(),
        }
    }

    fn ask(&mut self, index: usize) {
        if let Some(step) = self.definition.steps.get(index) {
            let step = step.id.clone();
            self.enter(Position::Asking { step: step.clone() });
            self.effects.push(Effect::Ask { step });
        }
    }

    fn show_review(&mut self) {
        self.enter(Position::Reviewing);
        self.effects.push(Effect::Review);
    }

    fn submit(&mut self) {
        let facts = path::facts(self.definition, &self.session);
        if facts.contains(&Fact::Open) {
            // Only a session that was changed from outside gets here.
            return self.forward();
        }
        let answers = self.definition.answers(&self.session);
        self.enter(Position::Submitted);
        self.effects.push(Effect::Submitted(answers));
    }

    /// Moves to a position, with the ticks that belong to it.
    fn enter(&mut self, position: Position) {
        self.session.draft = match &position {
            Position::Asking { step } | Position::Editing { step } => match self.session.answers.get(step) {
                Some(Answer::Multi(chosen)) => chosen.iter().cloned().collect(),
                _ => BTreeSet::new(),
            },
            _ => BTreeSet::new(),
        };
        self.session.position = position;
    }
}

mod leaving;
#[cfg(test)]
mod tests;
