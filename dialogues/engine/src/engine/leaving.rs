//! The way out: asked before anything is thrown away, and the way back.

use super::{Effect, Turn};
use crate::session::{Input, Leaving, Position};

impl Turn<'_> {
    /// Somebody who wants to stop, or has. Words are no answer to the question
    /// whether to throw everything away; to somebody who comes back, whatever
    /// they send, the survey shows first where it stands.
    pub(super) fn leaving(&mut self, leaving: Leaving, input: Input) {
        match (leaving, input) {
            (Leaving::Asked, Input::Discard) => self.cancel(),
            (Leaving::Asked, Input::Keep) => {
                self.session.leaving = Some(Leaving::Kept);
                self.effects.push(Effect::Kept);
            }
            (Leaving::Kept, Input::Cancel) => self.ask_to_leave(),
            (Leaving::Kept, Input::Keep | Input::Discard) => {}
            (_, Input::Resume) | (Leaving::Kept, _) => self.come_back(),
            (Leaving::Asked, _) => {}
        }
    }

    fn come_back(&mut self) {
        self.session.leaving = None;
        self.effects.push(match &self.session.position {
            Position::Asking { step } | Position::Editing { step } => Effect::Ask { step: step.clone() },
            _ => Effect::Review,
        });
    }

    pub(super) fn ask_to_leave(&mut self) {
        if self.session.is_untouched() {
            return self.cancel();
        }
        self.session.leaving = Some(Leaving::Asked);
        self.effects.push(Effect::AskToLeave);
    }

    fn cancel(&mut self) {
        self.session.leaving = None;
        self.enter(Position::Cancelled);
        self.effects.push(Effect::Cancelled);
    }
}
