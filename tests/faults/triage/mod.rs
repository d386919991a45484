//! Kill -9 while leads go through every move of the triage, by button, command, answer and terminal. Whatever is killed when,
//! a move counts once, and the card shows what the database has.

mod course;

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use sqlx::PgConnection;
use waas_world::luck::{self, Luck};
use waas_world::{Message, Options, Person, World, until};

use super::{TAKEOVER, quick_heirs};
use course::{Door, STEPS, Step};

/// A turn is over within this time of the press, most of them.
const SPAN: Duration = Duration::from_millis(120);
/// And a command of the terminal, which starts a process first.
const TERMINAL_SPAN: Duration = Duration::from_millis(400);

/// What became of a move.
#[derive(Debug, PartialEq)]
enum Outcome {
    /// It counts, and is written down, once.
    Done,
    /// Nothing is left of it.
    Nothing,
}

/// A lead in the triage, and what was written of it before the blow.
struct Case {
    number: String,
    /// The number of its twin, or nothing.
    twin: String,
    /// Whose leaving gives it back, or nothing.
    max: String,
    ids: Vec<uuid::Uuid>,
    rows: i64,
    acts: i64,
}

impl Case {
    fn fill(&self, text: &str) -> String {
        text.replace("{n}", &self.number).replace("{m}", &self.twin).replace("{max}", &self.max)
    }

    fn words(&self, words: &[&str]) -> Vec<String> {
        words.iter().map(|word| self.fill(word)).collect()
    }

    /// The last rows of the history and the audit, which those of the move come after.
    async fn mark(&mut self, database: &mut PgConnection) -> Result<()> {
        let last = "select coalesce((select max(id) from lead_events), 0), coalesce((select max(id) from audit), 0)";
        (self.rows, self.acts) = sqlx::query_as(last).fetch_one(database).await?;
        Ok(())
    }

    /// What the move left in the history and the audit: both of it, once, or nothing.
    async fn outcome(&self, database: &mut PgConnection, step: &Step) -> Result<Outcome> {
        let rows: Vec<(String, String, String)> = sqlx::query_as(
            "select what, from_state, to_state from lead_events where id > $1 and lead_id = any ($2) order by id",
        )
        .bind(self.rows)
        .bind(&self.ids)
        .fetch_all(&mut *database)
        .await?;
        let acts: Vec<String> = sqlx::query_scalar(
            "select act from audit where id > $1 and outcome = 'done'
               and subject in (select 'lead:' || id from unnest($2::uuid[]) id)",
        )
        .bind(self.acts)
        .bind(&self.ids)
        .fetch_all(&mut *database)
        .await?;
        let [what, from, to] = step.row.map(str::to_owned);
        if rows.is_empty() && acts.is_empty() {
            return Ok(Outcome::Nothing);
        }
        ensure!(rows == [(what, from, to)] && acts == [step.act], "done once, and written: {rows:?}, {acts:?}");
        Ok(Outcome::Done)
    }
}

/// A fresh lead, and a twin of it where the move is about two, brought to where the move begins.
async fn prepare(world: &World, bo: &Person, database: &mut PgConnection, step: &Step, nth: usize) -> Result<Case> {
    let leaves = step.before.iter().flat_map(|words| words.iter()).any(|word| *word == "{max}");
    let max = if leaves { world.member(&format!("Max{nth}"), "operator").await?.first_name } else { String::new() };
    let mut found = Vec::new();
    for name in if step.is_of_two() { vec!["One", "Two"] } else { vec!["One"] } {
        let name = format!("{name} of {nth};");
        let mut lead = world.lead(&name);
        // Nobody's twin, but for those who are meant to be one person.
        lead["phone"] = format!("+4930{:07}", 1_000 + nth).into();
        lead["email"] = Value::Null;
        world.gateway().push(&lead).await?;
        bo.finds("a card for the lead", TAKEOVER, |m| m.says(&name) && m.offers("Take")).await?;
        let lead = "select id, number from leads where name = $1";
        let (id, number): (uuid::Uuid, i64) = sqlx::query_as(lead).bind(&name).fetch_one(&mut *database).await?;
        found.push((id, number.to_string()));
    }
    // The younger of two is the one that is worked on.
    let (_, number) = found.last().context("a lead")?.clone();
    let twin = found.first().filter(|_| found.len() > 1).map(|(_, number)| number.clone()).unwrap_or_default();
    let ids = found.into_iter().map(|(id, _)| id).collect();
    let mut case = Case { number, twin, max, ids, rows: 0, acts: 0 };
    for words in step.before {
        terminal(world, &case, words).await?.expect(0)?;
    }
    world.settles().await?;
    case.mark(database).await?;
    Ok(case)
}

async fn terminal(world: &World, case: &Case, words: &[&str]) -> Result<waas_world::Outcome> {
    let words = case.words(words);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    world.hub().cli(&words).await
}

/// The card as it stands in the chat: the one message that the hub knows as it.
async fn card(bo: &Person, database: &mut PgConnection, id: uuid::Uuid) -> Result<Message> {
    let living = "select message_id from cards where kind = 'lead' and subject = $1::text and chat_id = $2";
    let message: Option<i64> = sqlx::query_scalar(living).bind(id.to_string()).bind(bo.id).fetch_one(database).await?;
    let message = message.context("the card was never sent")?;
    let found = bo.messages().await?.into_iter().find(|m| m.id == message);
    found.with_context(|| format!("message {message} is not in the chat"))
}

/// All but the last act, in peace; what the last one is then.
enum Last {
    Press(Message, String),
    Text(String),
    Terminal,
}

async fn come_to_it(
    world: &World,
    bo: &Person,
    database: &mut PgConnection,
    step: &Step,
    case: &mut Case,
) -> Result<Last> {
    let id = *case.ids.last().context("a lead")?;
    let first = card(bo, database, id).await?;
    let question = async |label: &str| -> Result<Message> {
        bo.presses_on(&first, label).await?;
        let asked = bo.sees("what is asked back", |m| m.id > first.id && !m.offers("History")).await?;
        world.settles().await?;
        Ok(asked)
    };
    let last = match step.door {
        Door::Buttons([label]) => Last::Press(first, case.fill(label)),
        Door::Buttons([label, then]) => Last::Press(question(label).await?, (*then).to_owned()),
        Door::Buttons(_) => bail!("one button, or two"),
        Door::Answer(label, text) => {
            question(label).await?;
            Last::Text(text.to_owned())
        }
        Door::Command(verb) => Last::Text(format!("/lead {} {}", case.number, case.fill(verb))),
        Door::Terminal(_) => Last::Terminal,
    };
    case.mark(database).await?;
    Ok(last)
}

/// By command line: of the two processes that have to do with it one is killed.
async fn at_the_terminal(world: &World, case: &Case, words: &[&str], luck: &mut Luck) -> Result<()> {
    let typed = terminal(world, case, words);
    if luck.heads() {
        // Dropped, it is killed; the hub that lives must make nothing of the half.
        tokio::select! {
            done = typed => done?.expect(0).map(drop)?,
            () = luck.moment(TERMINAL_SPAN) => {}
        }
        return Ok(());
    }
    let killed = async {
        luck.moment(TERMINAL_SPAN).await;
        world.hub().crashes().await
    };
    let (done, restarted) = tokio::join!(typed, killed);
    restarted?;
    done?.expect(0).map(drop)
}

/// Makes the move while the hub is killed, and reads what is said of it.
async fn under_the_blow(
    world: &World,
    bo: &Person,
    step: &Step,
    case: &Case,
    last: &Last,
    luck: &mut Luck,
) -> Result<()> {
    if let (Last::Terminal, Door::Terminal(words)) = (last, step.door) {
        return at_the_terminal(world, case, words, luck).await;
    }
    let killed = async {
        luck.moment(SPAN).await;
        world.hub().crashes().await
    };
    match last {
        Last::Press(message, label) => {
            let (answer, restarted) = tokio::join!(bo.presses_on(message, label), killed);
            restarted?;
            // Whether a press is answered at all nobody can promise in such a moment.
            if let Ok(said) = answer.map(|answer| answer.text.unwrap_or_default()) {
                ensure!(said.is_empty() || said.contains(step.says), "{}: {said}", step.says);
            }
        }
        Last::Text(text) => {
            let newest = bo.messages().await?.last().map_or(0, |m| m.id);
            let (sent, restarted) = tokio::join!(bo.sends(text), killed);
            sent?;
            restarted?;
            // An answer stands in the place of its question, that of a command below it.
            let is_command = text.starts_with('/');
            let says = |m: &Message| m.text.contains(step.says) && (m.id > newest || !is_command);
            bo.finds(step.says, TAKEOVER, says).await?;
        }
        Last::Terminal => bail!("only by terminal"),
    }
    Ok(())
}

/// The card shows what the database has, on one message that lives; second copies only where a send is unknown.
async fn shows_the_truth(bo: &Person, database: &mut PgConnection, case: &Case) -> Result<()> {
    for id in &case.ids {
        let (state, merged, unknown, number): (String, Option<uuid::Uuid>, i64, i64) = sqlx::query_as(
            "select l.state, l.merged_into, c.unknown_sends::bigint, l.number
             from leads l join cards c on c.kind = 'lead' and c.subject = l.id::text where l.id = $1",
        )
        .bind(id)
        .fetch_one(&mut *database)
        .await?;
        let shown = card(bo, database, *id).await?;
        let said =
            shown.text.lines().find(|line| line.split(" · ").next().is_some_and(|w| w.eq_ignore_ascii_case(&state)));
        ensure!(said.is_some(), "it is {state}, and its card says:\n{shown}");
        ensure!(merged.is_some() == shown.says("Everything goes on there"), "merged into {merged:?}:\n{shown}");
        let line = format!("Lead #{number} ");
        let copies = bo.messages().await?.iter().filter(|m| m.text.contains(&line) && m.offers("History")).count();
        ensure!(i64::try_from(copies)? <= 1 + unknown, "{copies} cards of #{number}, {unknown} sends are unknown");
    }
    Ok(())
}

/// All steps in an order of luck, over and over.
fn order(luck: &mut Luck, count: usize) -> Vec<usize> {
    let mut all = Vec::new();
    while all.len() < count {
        let mut pass: Vec<usize> = (0..STEPS.len()).collect();
        for last in (1..pass.len()).rev() {
            pass.swap(last, luck.below(last + 1));
        }
        all.extend(pass);
    }
    all.truncate(count);
    all
}

#[tokio::test]
async fn a_move_of_a_lead_counts_once_by_every_door_whenever_the_hub_is_killed() -> Result<()> {
    let mut luck = Luck::of("triage")?;
    let world = World::start_with(Options { no_limits: true, ..quick_heirs() }).await?;
    let bo = world.owner("Bo").await?;
    world.member("Eva", "operator").await?;
    let mut database = world.database().await?;
    let (count, mut nothing) = (luck::rounds(6, 5 * STEPS.len()), 0);
    for (nth, which) in order(&mut luck, count).into_iter().enumerate() {
        let step = &STEPS[which];
        let tried = async {
            let mut case = prepare(&world, &bo, &mut database, step, nth).await?;
            let last = come_to_it(&world, &bo, &mut database, step, &mut case).await?;
            under_the_blow(&world, &bo, step, &case, &last, &mut luck).await?;
            world.settles().await?;
            let outcome = case.outcome(&mut database, step).await?;
            match (outcome, step.door) {
                (Outcome::Done, _) => {}
                (Outcome::Nothing, Door::Terminal(words)) => {
                    nothing += 1;
                    terminal(&world, &case, words).await?.expect(0)?;
                    world.settles().await?;
                    ensure!(case.outcome(&mut database, step).await? == Outcome::Done, "it counts the second time");
                }
                // What reached Telegram is handled, however often the hub dies.
                (Outcome::Nothing, _) => bail!("what was pressed or written is lost"),
            }
            shows_the_truth(&bo, &mut database, &case).await
        };
        tried.await.with_context(|| format!("after {nth} steps, {step:?}"))?;
    }
    eprintln!(
        "triage: {count} moves, each under a blow; {nothing} died at the terminal without a trace and were repeated"
    );
    world.end().await
}

/// The same look at a hub whose updates are not done with the move that they ask for: the blow falls between the two, and the
/// update is handled again.
#[tokio::test]
async fn twin_an_update_that_is_done_apart_from_its_move_counts_twice() -> Result<()> {
    let world = World::start_with(Options { no_limits: true, ..quick_heirs() }).await?;
    let bo = world.owner("Bo").await?;
    let mut database = world.database().await?;
    let is_promise = |step: &&Step| matches!(step.door, Door::Command("call tomorrow 10:00"));
    let step = STEPS.iter().find(is_promise).context("a promise by command")?;
    let case = prepare(&world, &bo, &mut database, step, 0).await?;
    bo.sends(&format!("/lead {} call tomorrow 10:00", case.number)).await?;
    bo.finds(step.says, TAKEOVER, |m| m.text.contains(step.says)).await?;
    world.settles().await?;
    ensure!(case.outcome(&mut database, step).await? == Outcome::Done, "it counts");
    world.hub().kill9().await?;
    let undone = "update inbox set state = 'waiting', finished_at = null
                  where seq = (select max(seq) from inbox where kind = 'message')";
    ensure!(sqlx::query(undone).execute(&mut database).await?.rows_affected() == 1, "no such update");
    world.hub().start().await?;
    let again =
        until("the update to be handled again", TAKEOVER, async || Ok(case.outcome(&mut database, step).await.err()));
    let complaint = again.await?.value.to_string();
    ensure!(complaint.contains("done once"), "{complaint}");
    world.end().await
}
