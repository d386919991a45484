//! Surveys in a private chat: the deep link, the card with the present question, and everything that people send as an
//! answer.

use std::sync::Arc;

use waas_dialogue::Input;
use waas_platform::db::PgConnection;
use waas_platform::render::{Context, Reader};
use waas_platform::secrets::MasterKey;
use waas_platform::telegram::cards::{self, CardKey, Placement};
use waas_platform::telegram::turn::{Branch, answer_to, command, deep_link, press, reply_to};
use waas_platform::telegram::{Event, Place, Priority, Turn, View, outbox};

use super::moves::{self, Answered, Opened, Respondent, Standing};
use super::tap::{self, Tap};
use super::{PREFIX, Surveys, answers, view};
use crate::access::{Caller, caller, questions};
use crate::front::Front;

/// The branches of this capability; what is no command comes through [`message`].
pub fn branches() -> Vec<Branch> {
    vec![
        deep_link(PREFIX).endpoint(open),
        press(tap::ACTION).endpoint(pressed),
        command("cancel").endpoint(cancel),
        press("survey.answers").endpoint(answers::show),
        press("survey.correct").endpoint(answers::pick),
        press("survey.fix_step").endpoint(answers::begin),
        press(answers::ACTION).endpoint(answers::answer),
        answer_to(answers::ACTION).endpoint(answers::answer),
        reply_to(answers::CARD).endpoint(answers::answer),
    ]
}

async fn open(turn: Turn, front: Front, keys: Arc<MasterKey>, surveys: Arc<Surveys>) -> anyhow::Result<()> {
    let Some(caller) = caller(&turn, &front).await? else {
        return Ok(());
    };
    if !turn.incoming().private {
        return notice(&turn, &front, &caller, "survey-private-only").await;
    }
    let payload = turn.incoming().command("start").unwrap_or_default();
    let token = payload.strip_prefix(PREFIX).unwrap_or(payload);
    let mut tx = turn.tx().await;
    let opened = moves::open(&mut tx, &surveys, &keys, &respondent(&caller), token, turn.now()).await?;
    if let Opened::Stands(standing) = &opened {
        return show(&mut tx, &turn, &front, &caller, standing, Placement::Anew).await;
    }
    drop(tx);
    let key = match opened {
        Opened::Unknown => "survey-unknown",
        Opened::Stranger => "survey-stranger",
        Opened::Submitted => "survey-submitted",
        Opened::Expired | Opened::Stands(_) => "survey-expired",
    };
    notice(&turn, &front, &caller, key).await
}

async fn pressed(turn: Turn, front: Front, surveys: Arc<Surveys>) -> anyhow::Result<()> {
    let Some(caller) = caller(&turn, &front).await? else {
        return Ok(());
    };
    let Some(meaning) = turn.meaning() else {
        return Ok(());
    };
    let (id, tap) = (meaning.subject.parse()?, Tap::read(&meaning.args)?);
    let drawn = Some(tap.revision);
    let mut tx = turn.tx().await;
    let answered = moves::answer(&mut tx, &surveys, &respondent(&caller), id, tap.input(), drawn, turn.now()).await?;
    if let Answered::Stands(standing) = &answered {
        return show(&mut tx, &turn, &front, &caller, standing, Placement::Here).await;
    }
    drop(tx);
    let key = match answered {
        Answered::Stale => "survey-already-answered",
        Answered::Expired => "survey-expired",
        Answered::Over | Answered::Stands(_) => "survey-over",
    };
    turn.toast(front.word(&caller.reader, key)).await;
    Ok(())
}

/// `/cancel` ends the question that was asked last in this chat; whoever is asked nothing leaves their survey.
async fn cancel(turn: Turn, front: Front, surveys: Arc<Surveys>) -> anyhow::Result<()> {
    if questions::end(&turn, &front).await? {
        return Ok(());
    }
    let Some(caller) = caller(&turn, &front).await? else {
        return Ok(());
    };
    if !take(&turn, &front, &surveys, &caller, Input::Cancel).await? {
        return notice(&turn, &front, &caller, "survey-nothing-to-cancel").await;
    }
    Ok(())
}

/// Brings the present question of the person's survey to the bottom of the chat. `false` when they are in none.
///
/// # Errors
/// The database refuses.
pub async fn resume(turn: &Turn, front: &Front, surveys: &Surveys) -> anyhow::Result<bool> {
    if !turn.incoming().private {
        return Ok(false);
    }
    let Some(caller) = caller(turn, front).await? else {
        return Ok(false);
    };
    let mut tx = turn.tx().await;
    let Some(standing) = moves::again(&mut tx, surveys, &respondent(&caller), turn.now()).await? else {
        return Ok(false);
    };
    show(&mut tx, turn, front, &caller, &standing, Placement::Anew).await?;
    Ok(true)
}

/// Takes a text, contact, photo, file, place or anything else that is no command as the answer to the present question
/// of the person's survey. `false` when they are in none: then it is somebody else's to handle.
///
/// # Errors
/// The database refuses, or whoever is told of a submission does.
pub async fn message(turn: &Turn, front: &Front, surveys: &Surveys) -> anyhow::Result<bool> {
    if !turn.incoming().private {
        return Ok(false);
    }
    let Some(input) = input(&turn.incoming().event) else {
        return Ok(false);
    };
    let Some(caller) = caller(turn, front).await? else {
        return Ok(false);
    };
    take(turn, front, surveys, &caller, input).await
}

/// What somebody sent as the engine takes it; `None` for what can be no answer.
fn input(event: &Event) -> Option<Input> {
    Some(match event.clone() {
        Event::Text(text) => Input::Text(text),
        Event::Contact { phone, own } => Input::Contact { phone, owner_matches: own },
        Event::Photo { file_id, unique_id, .. } => Input::Photo { file_id, unique_id },
        Event::Document { file_id, unique_id, name, mime, .. } => Input::Document { file_id, unique_id, name, mime },
        Event::Location { latitude, longitude } => Input::Location { lat: latitude, lon: longitude },
        Event::OtherMessage => Input::Unsupported,
        Event::Command { .. }
        | Event::Press(_)
        | Event::Reachable(_)
        | Event::TopicReopened
        | Event::Migrated { .. }
        | Event::Other => {
            return None;
        }
    })
}

async fn take(turn: &Turn, front: &Front, surveys: &Surveys, caller: &Caller, input: Input) -> anyhow::Result<bool> {
    let by = respondent(caller);
    let mut tx = turn.tx().await;
    let Some(answered) = moves::answer_present(&mut tx, surveys, &by, input, turn.now()).await? else {
        return Ok(false);
    };
    match answered {
        Answered::Stands(standing) => show(&mut tx, turn, front, caller, &standing, Placement::Anew).await?,
        Answered::Expired => {
            drop(tx);
            notice(turn, front, caller, "survey-expired").await?;
        }
        Answered::Stale | Answered::Over => return Ok(false),
    }
    Ok(true)
}

/// Draws the survey's one card; what was typed brings it to the bottom of the chat, what was pressed edits it in place.
async fn show(
    conn: &mut PgConnection,
    turn: &Turn,
    front: &Front,
    caller: &Caller,
    standing: &Standing,
    placement: Placement,
) -> anyhow::Result<()> {
    let reader = Reader { lang: standing.session.locale.as_str().to_owned(), ..caller.reader.clone() };
    let place = Place::private(turn.bot().id, caller.person.id);
    let key = CardKey { kind: "survey", subject: standing.id.to_string() };
    let drawn = view::draw(front, &reader, standing)?;
    // All of it is an answer to what the person just did, and goes out in the order written.
    cards::put(conn, turn.clock(), place, &key, &drawn, Priority::Reply, placement).await?;
    if standing.bring_contact {
        let html = front.say(&reader, "surveys/contact.html", &Context::new())?;
        let label = front.word(&reader, "survey-share-phone");
        outbox::ask_contact(conn, place, View::text(html), label).await?;
    }
    Ok(())
}

async fn notice(turn: &Turn, front: &Front, caller: &Caller, key: &str) -> anyhow::Result<()> {
    let html = front.say(&caller.reader, "surveys/notice.html", &Context::new().with("key", key))?;
    turn.reply(View::text(html)).await
}

fn respondent(caller: &Caller) -> Respondent {
    Respondent { person: caller.person.id, bot: caller.place.bot, language: caller.own_language.clone() }
}
