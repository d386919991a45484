//! *Answers*: what was sent in about a subject, for operators to read before they build on it.

use std::sync::Arc;

use waas_platform::telegram::{Turn, View};

use super::{Surveys, moves, view};
use crate::access::operator;
use crate::front::Front;

/// Replies with the answers of the survey that was sent in last about the subject of the pressed button.
pub(super) async fn show(turn: Turn, front: Front, surveys: Arc<Surveys>) -> anyhow::Result<()> {
    let Some(operator) = operator(&turn, &front).await? else {
        return Ok(());
    };
    let Some(subject) = turn.meaning().and_then(|meaning| meaning.subject.parse().ok()) else {
        return Ok(());
    };
    let mut tx = turn.tx().await;
    let sent = moves::sent_in(&mut tx, &surveys, subject, &operator.reader().lang).await?;
    drop(tx);
    match sent {
        Some(sheet) => turn.reply(View::text(view::sheet(&front, operator.reader(), &sheet)?)).await,
        None => {
            turn.toast(front.word(operator.reader(), "survey-no-answers")).await;
            Ok(())
        }
    }
}
