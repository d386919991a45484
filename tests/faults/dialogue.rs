//! Kill -9 at each step of a survey, at each write of the turn that takes an answer; and two taps at once.

use anyhow::{Context as _, Result, ensure};
use waas_world::luck::{self, Luck};
use waas_world::{Options, Person, World};

use super::checkpoint::{Checkpoint, Moment};
use super::survey::{Act, COURSE, at, stands_at, what};
use super::{TAKEOVER, invited, quick_heirs};
use crate::bad_input::unhurried;

/// Where the turn of an answer can be cut, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Cut {
    /// The update is being stored: nothing is confirmed yet.
    Stored,
    /// The answer is being kept, in the turn's transaction.
    Kept,
    /// The next question is about to be sent.
    Sending,
    /// It was sent, and that is being recorded.
    Sent,
}

impl Cut {
    const ALL: [Self; 4] = [Self::Stored, Self::Kept, Self::Sending, Self::Sent];

    fn moment(self) -> Moment {
        // The survey's own card is the only one that is drawn meanwhile; other messages pass.
        let card = "new.card_id is not null";
        let (table, write, when) = match self {
            Self::Stored => ("inbox", "insert", "new.kind in ('message', 'callback_query')".to_owned()),
            Self::Kept => ("survey_sessions", "update", "new.revision > old.revision".to_owned()),
            Self::Sending => {
                ("outbox", "update", format!("old.state = 'waiting' and new.state = 'sending' and {card}"))
            }
            Self::Sent => ("outbox", "update", format!("old.state = 'sending' and new.state = 'sent' and {card}")),
        };
        Moment { table, write, when }
    }
}

/// Which cuts fall at question `n`: all of them in the long run, else one, another each time.
fn cuts(n: usize) -> Vec<Cut> {
    let wanted = luck::rounds(1, Cut::ALL.len());
    let mut chosen: Vec<Cut> = Cut::ALL.into_iter().cycle().skip(n).take(wanted).collect();
    chosen.sort();
    chosen
}

/// Ann does what question `n` wants, and the hub is killed at each of these moments, one life each. Whether a press itself
/// is answered then nobody can promise.
async fn answers_under_blows(world: &World, ann: &Person, n: usize, luck: &mut Luck) -> Result<()> {
    let act = COURSE.get(n).context("no such question")?;
    let mut cuts = cuts(n).into_iter();
    let first = cuts.next().context("no cut")?;
    let mut checkpoint = Checkpoint::of(world, first.moment()).await?;
    let blows = async {
        loop {
            let held = checkpoint.reached().await.with_context(|| format!("question {}", n + 1))?;
            held.kills(world, luck.heads()).await?;
            let Some(next) = cuts.next() else { break };
            checkpoint = Checkpoint::of(world, next.moment()).await?;
            world.hub().start().await?;
        }
        world.hub().start().await
    };
    let (acted, struck) = tokio::join!(act.by(ann), blows);
    struck?;
    match act {
        Act::Presses(_) => Ok(()),
        Act::Writes(_) | Act::SharesContact | Act::SendsPhoto => acted,
    }
}

#[tokio::test]
async fn killed_at_each_write_of_each_answer_a_survey_asks_nothing_again_and_keeps_all_answers() -> Result<()> {
    let mut luck = Luck::of("dialogue")?;
    let options = quick_heirs().set("HUB_TELEGRAM__LEASE", "1s");
    let world = World::start_with(Options { no_limits: true, ..options }).await?;
    let bo = world.owner("Bo").await?;
    let link = invited(&world, &bo, "Ann Weber").await?;
    let ann = world.person("Ann", "Weber").await?;
    ann.opens(&link).await?;
    ann.sees("question 1", |m| at(m, 1)).await?;
    world.settles().await?;

    for n in 0..COURSE.len() {
        answers_under_blows(&world, &ann, n, &mut luck).await?;
        let next = n + 2;
        ann.finds(&what(next), TAKEOVER, |m| stands_at(m, next)).await?;
        world.settles().await?;
        let asked_again = ann.messages().await?.into_iter().rfind(|m| m.progress().is_some() || m.offers("Submit"));
        ensure!(asked_again.as_ref().is_some_and(|m| stands_at(m, next)), "{asked_again:?} instead of {}", what(next));
    }

    let review = ann.finds("the review", TAKEOVER, |m| m.offers("Submit")).await?.value;
    for answer in ["Salon Anna", "Beauty salon", "Haircut", "Mon–Fri 9–18", "ann@new-salon.example"] {
        ensure!(review.says(answer), "{answer} is lost:\n{review}");
    }
    ann.presses_on(&review, "Submit").await?;
    bo.finds("Provision on the card", TAKEOVER, |m| m.offers("Provision")).await?;
    world.end().await
}

#[tokio::test]
async fn of_two_taps_at_once_one_moves_the_survey_and_the_other_is_told() -> Result<()> {
    let world = World::start_with(unhurried()).await?;
    let bo = world.owner("Bo").await?;
    let link = invited(&world, &bo, "Ann Weber").await?;
    let ann = world.person("Ann", "Weber").await?;
    ann.opens(&link).await?;
    ann.sees("question 1", |m| at(m, 1)).await?;
    ann.sends("Salon Anna").await?;
    let kinds = ann.sees("question 2", |m| at(m, 2)).await?;

    let (one, other) =
        tokio::try_join!(ann.presses_as_seen(&kinds, "Beauty salon"), ann.presses_as_seen(&kinds, "Shop"))?;
    ensure!(one.text.is_none() != other.text.is_none(), "one of them is told: {one:?} {other:?}");
    ann.finds("question 3", TAKEOVER, |m| at(m, 3)).await?;
    world.settles().await?;
    let mut database = world.database().await?;
    // Begun, two answers: the second tap moved nothing.
    let kind: Option<String> = sqlx::query_scalar("select (session -> 'answers' -> 'kind')::text from survey_sessions")
        .fetch_one(&mut database)
        .await?;
    let won = if one.text.is_none() { "beauty_salon" } else { "shop" };
    ensure!(kind.as_deref().is_some_and(|kind| kind.contains(won)), "{won} won, and {kind:?} is kept");
    world.end().await
}
