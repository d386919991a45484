//! `make demo`: plays the story with real parts and tells it, then leaves the stage to whoever watches.
//!
//! With `DEMO=once` it ends after the story: 0 when all went as told, else 1. Nothing stays behind either way.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Result;
use tokio::signal::unix::{SignalKind, signal};
use waas_world::World;
use waas_world::story::Story;

// One thread, which lives as long as the demo: the kernel ends the demo's programs with the thread that started them.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let once = std::env::var("DEMO").is_ok_and(|value| value == "once");
    match run(once).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(130),
        Err(error) => {
            let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
            say(&format!("✗ {}", causes.join(": ")));
            ExitCode::FAILURE
        }
    }
}

/// False when a signal ended the story.
async fn run(once: bool) -> Result<bool> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let stopped = async {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    tokio::pin!(stopped);

    say("WaaS Hub: one lead becomes a live site, one alert becomes calm. Bo runs the agency, Ann wants a site.");
    let world = tokio::select! {
        world = World::start() => world?,
        () = &mut stopped => return Ok(false),
    };
    let played = tokio::select! {
        played = tell(&world) => played,
        () = &mut stopped => {
            world.abandon().await?;
            return Ok(false);
        }
    };
    if let Ok(farewell) = &played
        && !once
    {
        say(farewell);
        (&mut stopped).await;
        say("taking everything down …");
    }
    let cleared = world.abandon().await;
    played?;
    cleared?;
    Ok(true)
}

/// Plays the story; what comes back is where to go next.
async fn tell(world: &World) -> Result<String> {
    let story = Story::begin(world, "", say).await?;
    story.play().await?;
    let site = world.site(&story.shop_domain)?.url();
    let (start, lead) = (world.emulator().url(), world.gateway().push_command(&world.lead("Clara Klein")));
    let (bo, ann, shop) = (story.bo.browser(), story.ann.browser(), &story.shop);
    let desk = story.bo.browser_beside(&story.ann);
    Ok(format!(
        "
The stage is yours:
  Bo's chat     {bo}
  Ann's chat    {ann}
  side by side  {desk}
  her new shop  {site}

Three things to try:
  1. as Bo, write /tenant {shop}
  2. in another terminal: docker kill {shop}-backend-1   then look at Bo's chat and press Restart
  3. a second customer, from the first word to the site: in another terminal
     {lead}
     then, as Bo, press Take and Onboard, and open the link as somebody new ({start})

Ctrl-C takes everything down."
    ))
}

fn say(line: &str) {
    // A closed pipe is no reason to stop before everything is taken down.
    let _ = writeln!(std::io::stdout(), "{line}");
}
