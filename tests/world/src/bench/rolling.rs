//! A planned restart as people notice it: two replicas behind one address, restarted in turn while people write.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use tokio::sync::mpsc;

use super::figure::{Figure, Unit, milliseconds, percentile};
use crate::balancer::Balancer;
use crate::deadline::rest;
use crate::events::Events;
use crate::hub::Hub;
use crate::person::Person;
use crate::world::{Options, World};

/// People who write side by side, each once in this time.
const PEOPLE: usize = 10;
const PACE: Duration = Duration::from_millis(500);
/// How long without, and with restarts.
const CALM: Duration = Duration::from_secs(30);
const ROLLING: Duration = Duration::from_secs(120);
/// Between two restarts.
const BETWEEN: Duration = Duration::from_secs(5);
/// An answer that takes longer is lost.
const PATIENCE: Duration = Duration::from_secs(30);

/// Measures answers while nothing happens, and while each replica is restarted in turn.
///
/// # Errors
/// A part of the world fails, or an answer does not come.
pub async fn measure(tell: &dyn Fn(&str)) -> Result<Vec<Figure>> {
    let options = Options { no_limits: true, balanced: true, ..Options::default() };
    let options =
        options.set("HUB_TELEGRAM__MODE", "webhook").set("HUB_TELEGRAM__WEBHOOK_SECRET", "a-secret_of-this-run");
    let world = super::world_with(options).await?;
    let measured = run(&world, tell).await;
    let cleared = world.abandon().await;
    let figures = measured?;
    cleared?;
    Ok(figures)
}

async fn run(world: &World, tell: &dyn Fn(&str)) -> Result<Vec<Figure>> {
    let replica = world.replica()?;
    let _balancer = Balancer::start(world.spare_port(), vec![world.hub().port(), replica.port()]).await?;
    world.hub().start().await?;
    replica.start().await?;
    let mut people = Vec::new();
    for n in 0..PEOPLE {
        people.push(world.person(&format!("Person {n}"), "").await?);
    }
    let mut answers = Answers::watch(world).await?;
    talk(&people, &mut answers, Duration::from_secs(3)).await?;
    let calm = talk(&people, &mut answers, CALM).await?;
    let restarts = restart([world.hub(), &replica]);
    let (rolling, restarted) = tokio::join!(talk(&people, &mut answers, ROLLING), restarts);
    restarted?;
    let rolling = rolling?;
    replica.stop().await?;
    let (calm, rolling) = (milliseconds(&calm), milliseconds(&rolling));
    let p99 = |took: &[f64]| percentile(took, 99.0);
    let figures = vec![
        Figure::new(
            "text → answer, two replicas, p99",
            "10 people, each a text every 500 ms, by webhook through a balancer; limits of sending lifted",
            Unit::Milliseconds,
            vec![p99(&calm)],
        ),
        Figure::new(
            "the same, each restarted in turn every 5 s, p99",
            "SIGTERM and a new process, for two minutes; every text answered, or there is no figure",
            Unit::Milliseconds,
            vec![p99(&rolling)],
        ),
        Figure::new("the latter in terms of the former", "of that run", Unit::Times, vec![p99(&rolling) / p99(&calm)])
            .at_most(3.0),
    ];
    figures.iter().for_each(|figure| tell(&figure.to_string()));
    Ok(figures)
}

async fn restart(replicas: [&Hub; 2]) -> Result<()> {
    let began = Instant::now();
    for hub in replicas.into_iter().cycle() {
        rest(BETWEEN).await;
        if began.elapsed() + BETWEEN > ROLLING {
            break;
        }
        hub.stop().await?;
        hub.start().await?;
    }
    Ok(())
}

/// What comes from the bot: to whom, and when.
struct Answers(mpsc::UnboundedReceiver<(i64, Instant)>);

impl Answers {
    async fn watch(world: &World) -> Result<Self> {
        let (sender, answers) = mpsc::unbounded_channel();
        let mut events: Events = world.emulator().events().await?;
        tokio::spawn(async move {
            // It ends with the emulator, or when nobody listens any more.
            while let Ok(event) = events.next().await {
                let message = &event["message"];
                if event["type"] == "new_message"
                    && message["from"]["is_bot"] == true
                    && let Some(chat) = message["chat"]["id"].as_i64()
                    && sender.send((chat, Instant::now())).is_err()
                {
                    return;
                }
            }
        });
        Ok(Self(answers))
    }
}

/// Everybody writes at their pace for so long, each once the last answer came; how long each answer took.
async fn talk(people: &[Person], answers: &mut Answers, lasts: Duration) -> Result<Vec<Duration>> {
    let began = Instant::now();
    let mut due: HashMap<i64, Instant> = HashMap::new();
    let mut open: HashMap<i64, Instant> = HashMap::new();
    let mut took = Vec::new();
    let apart = PACE / u32::try_from(people.len())?;
    for (person, nth) in people.iter().zip(0..) {
        due.insert(person.id, began + apart * nth);
    }
    loop {
        let now = Instant::now();
        let over = began.elapsed() > lasts;
        if over && open.is_empty() {
            return Ok(took);
        }
        ensure!(open.values().all(|sent| now - *sent < PATIENCE), "an answer did not come within {PATIENCE:?}");
        let ready = people.iter().filter(|person| !open.contains_key(&person.id));
        let next = ready.filter_map(|person| Some((*due.get(&person.id)?, person))).min_by_key(|(at, _)| *at);
        let (at, person) = match next.filter(|_| !over) {
            Some((at, person)) => (at, Some(person)),
            None => (now + BETWEEN, None),
        };
        tokio::select! {
            answer = answers.0.recv() => {
                let (chat, came) = answer.context("the emulator is gone")?;
                if let Some(sent) = open.remove(&chat) {
                    took.push(came - sent);
                }
            }
            () = rest(at.saturating_duration_since(now)) => if let Some(person) = person {
                open.insert(person.id, Instant::now());
                due.insert(person.id, at.max(now) + PACE);
                person.sends("Is anybody there?").await?;
            }
        }
    }
}
