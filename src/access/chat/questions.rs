//! Questions to operators whose answer somebody outside reads, and how any question is taken back: *Cancel*, `/cancel`.

use serde_json::{Value, json};
use waas_platform::render::{Context, Reader};
use waas_platform::telegram::cards::{self, CardKey, Placement};
use waas_platform::telegram::turn::{Branch, press};
use waas_platform::telegram::{Button, Priority, Turn, View, prompts};

use super::{Operator, caller, operator};
use crate::front::Front;

/// The card on which a question stands, and afterwards what became of it. It is named as what the question is about, so that
/// a reply to it is one about that.
const CARD: &str = "question";

/// A question whose answer is an operator's next text.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The action of the branch that takes the answer.
    pub action: &'a str,
    /// What it is about.
    pub subject: &'a str,
}

impl Question<'_> {
    /// Asks.
    ///
    /// # Errors
    /// The database refuses, or a layout is broken.
    pub async fn ask(&self, turn: &Turn, front: &Front, operator: &Operator, view: View) -> anyhow::Result<()> {
        let mut tx = turn.tx().await;
        let (place, by, now) = (operator.place(), operator.id(), turn.now());
        prompts::ask(&mut tx, place, by, self.action, self.subject, Value::Null, now).await?;
        drop(tx);
        let view = operator.asked(front, view)?.row([self.cancel(front, operator)]);
        self.show(turn, operator, &view, Placement::Anew).await
    }

    /// Shows what was answered, to be said yes to by `sure` before it counts.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn confirm(
        &self,
        turn: &Turn,
        front: &Front,
        operator: &Operator,
        view: View,
        sure: Button,
    ) -> anyhow::Result<()> {
        self.show(turn, operator, &view.row([sure, self.cancel(front, operator)]), Placement::Anew).await
    }

    /// Shows in the place of the question what became of it.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn show(
        &self,
        turn: &Turn,
        operator: &Operator,
        view: &View,
        placement: Placement,
    ) -> anyhow::Result<()> {
        let key = CardKey { kind: CARD, subject: self.subject.to_owned() };
        let mut tx = turn.tx().await;
        Ok(cards::put(&mut tx, turn.clock(), operator.place(), &key, view, Priority::Reply, placement).await?)
    }

    /// Theirs alone: what somebody else in a group was asked stays open.
    fn cancel(&self, front: &Front, operator: &Operator) -> Button {
        let button = Button::press(front.word(operator.reader(), "button-cancel"), "access.cancel", self.subject);
        button.with(json!({ "action": self.action })).only_for(operator.id())
    }
}

pub(super) fn branches() -> Vec<Branch> {
    vec![press("access.cancel").endpoint(cancel)]
}

/// *Cancel*
async fn cancel(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(operator) = operator(&turn, &front).await? else {
        return Ok(());
    };
    let Some(meaning) = turn.meaning() else { return Ok(()) };
    let Some(action) = meaning.args["action"].as_str() else { return Ok(()) };
    let mut tx = turn.tx().await;
    prompts::drop(&mut tx, operator.place(), operator.id(), action, &meaning.subject).await?;
    drop(tx);
    let view = ended(&front, operator.reader(), action)?;
    Question { action, subject: &meaning.subject }.show(&turn, &operator, &view, Placement::Here).await
}

/// `/cancel`: ends the question that this person is asked here, and says which one that was. `false`: they are asked nothing.
///
/// # Errors
/// The database refuses, or a layout is broken.
pub async fn end(turn: &Turn, front: &Front) -> anyhow::Result<bool> {
    let Some(caller) = caller(turn, front).await? else {
        return Ok(false);
    };
    let place = caller.place;
    let mut tx = turn.tx().await;
    let Some(asked) = prompts::end(&mut tx, place, caller.person.id, turn.now()).await? else {
        return Ok(false);
    };
    let view = ended(front, &caller.reader, &asked.action)?;
    let key = CardKey { kind: CARD, subject: asked.subject };
    if cards::places(&mut tx, &key).await?.iter().any(|stands| stands.bot == place.bot && stands.chat == place.chat) {
        cards::put(&mut tx, turn.clock(), place, &key, &view, Priority::Card, Placement::Here).await?;
    }
    drop(tx);
    turn.reply(view).await?;
    Ok(true)
}

pub(super) fn ended(front: &Front, reader: &Reader, action: &str) -> anyhow::Result<View> {
    let context = Context::new().with("question", &action.replace(['.', '_'], "-"));
    Ok(View::text(front.say(reader, "access/question_ended.html", &context)?))
}
