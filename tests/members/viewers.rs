//! Who may look and change nothing: what a viewer is shown, in private and where operators work, and what they are refused.

use anyhow::{Result, ensure};
use waas_world::{Message, Options, Person, World};

use crate::bad_input::unhurried;

/// A site, a job that waits for somebody, and an alert that is silenced.
const ESTATE: [&str; 4] = [
    "insert into tenants (slug, label, domain, kind, state) values ('lily', 'lily', 'lily.example', 'managed', 'stopped')",
    "insert into sagas (id, kind, version, subject, params, state)
     values ('01900000-0000-7000-8000-000000000001', 'tenant.restart', 1, 'lily', '{}', 'stuck')",
    "insert into saga_steps (saga_id, position, name, state, started_at, finished_at)
     values ('01900000-0000-7000-8000-000000000001', 0, 'restart', 'undo_failed', now(), now())",
    "insert into alerts (id, tenant, source, fingerprint, severity, title, starts_at,
                         silenced_by, silenced_at, silenced_until)
     values (gen_random_uuid(), 'lily', 'own', 'f', 'critical', 'Disk full', now(), 'Bo', now(), now() + interval '1 hour')",
];
const JOB: &str = "01900000-0000-7000-8000-000000000001";

/// What runs a command that changes something, each as one types it.
const CHANGES: [&str; 18] = [
    "/lead 1 take",
    "/lead 1 note she is rich",
    "/lead 1 reject no money",
    "/lead 1 call 2h",
    "/lead 1 assign Vic",
    "/lead 1 onboard",
    "/provision fastapi rose rose.example",
    "/silence lily 2h",
    "/restart lily",
    "/up lily",
    "/down lily",
    "/delete lily",
    "/restore lily",
    "/erase lily",
    "/logs lily",
    "/deadletters",
    "/members",
    "/restart",
];

/// A world with a lead, a site, a job and an alert; its owner, and a viewer who is told apart by what he may.
async fn stage() -> Result<(World, Person, Person)> {
    let settings = unhurried().settings;
    let world = World::start_with(Options { no_limits: true, settings, ..Options::default() }).await?;
    let bo = world.owner("Bo").await?;
    let vic = world.member("Vic", "viewer").await?;
    world.gateway().push(&world.lead("Ann Weber")).await?;
    bo.sees("a card for the lead", |m| m.offers("Take")).await?;
    let mut database = world.database().await?;
    for row in ESTATE {
        sqlx::query(row).execute(&mut database).await?;
    }
    Ok((world, bo, vic))
}

/// Nothing was done to anything, and nobody but the terminal stands in the audit with something done.
async fn nothing_changed(world: &World, vic: &Person) -> Result<()> {
    world.settles().await?;
    let lead = world.hub().json(&["lead", "show", "1"]).await?;
    ensure!(lead["state"] == "new", "{lead}");
    let mut database = world.database().await?;
    let done = "select array_agg(act) from audit where actor_kind = 'person' and actor = $1 and outcome = 'done'
                  and act <> 'access.enrol'";
    let done: Option<Vec<String>> = sqlx::query_scalar(done).bind(vic.id.to_string()).fetch_one(&mut database).await?;
    ensure!(done.is_none(), "a viewer did {done:?}");
    let tables = "select (select count(*) from prompts) + (select count(*) from tenant_silences)
                       + (select count(*) from sagas where id <> $1::uuid or requested is not null)
                       + (select count(*) from alerts where acked_by is not null or resolved_at is not null)";
    let made: i64 = sqlx::query_scalar(tables).bind(JOB).fetch_one(&mut database).await?;
    ensure!(made == 0, "something was begun, asked or silenced");
    Ok(())
}

/// Buttons, without what stands before their words.
fn labels(message: &Message) -> Vec<&str> {
    let labels = message.buttons.iter().flatten().map(|button| button.label.as_str());
    labels.map(|label| label.trim_start_matches(|c: char| !c.is_alphanumeric())).collect()
}

#[tokio::test]
async fn a_viewer_sees_what_there_is_and_is_offered_nothing_that_changes_it() -> Result<()> {
    let (world, _bo, vic) = stage().await?;
    vic.sends("/help").await?;
    let help = vic.sees("what he can ask for", |m| m.says("/leads")).await?;
    for (command, there) in [
        ("/tenants", true),
        ("/report", true),
        ("/language", true),
        ("/job 7", true),
        ("/restart", false),
        ("/provision", false),
        ("/members", false),
        ("/bind", false),
    ] {
        ensure!(help.says(command) == there, "{command}: {help}");
    }
    let menu = ["leads", "tenants", "status", "alerts", "jobs", "report", "help", "language", "whoami"];
    ensure!(vic.menu().await? == menu, "{:?}", vic.menu().await?);
    vic.sends("/tenats").await?;
    vic.sees("what was meant", |m| m.says("Did you mean") && m.says("/tenants")).await?;
    vic.sends("/eras").await?;
    vic.sees("no command that is not his", |m| m.says("did not understand") && !m.says("/erase")).await?;

    let looks: [(&str, &str, &[&str]); 11] = [
        ("/leads", "Ann Weber", &["1", "New"]),
        ("/leads new weber", "Ann Weber", &["1", "New", "All"]),
        ("/lead 1", "Lead #1", &["History"]),
        ("/lead 1 history", "Ann Weber", &[]),
        ("/report", "By source", &[]),
        ("/tenants", "lily", &["lily"]),
        ("/tenant lily", "lily.example", &[]),
        ("/tenant lilly", "Perhaps you meant", &["lily"]),
        ("/status", "How everything is doing", &[]),
        ("/alerts", "Disk full", &["1"]),
        ("/alert 1", "Disk full", &[]),
    ];
    for (command, says, offers) in looks {
        vic.sends(command).await?;
        let shown = vic.sees(command, |m| m.says(says)).await?;
        ensure!(labels(&shown) == offers, "{command} offers {:?}", labels(&shown));
    }
    vic.sends("/jobs").await?;
    let jobs = vic.sees("the job", |m| m.says("lily") && m.offers("1")).await?;
    vic.presses_on(&jobs, "1").await?;
    let job = vic.sees("its card", |m| m.id != jobs.id && m.says("lily")).await?;
    ensure!(job.buttons.is_empty(), "{job}");
    vic.sends("/leads").await?;
    vic.sees("the list", |m| m.offers("1")).await?;
    vic.presses("1").await?;
    let lead = vic.sees("the lead", |m| m.says("Lead #1")).await?;
    vic.presses_on(&lead, "History").await?;
    vic.sees("what happened", |m| m.id != lead.id && m.says("Ann Weber")).await?;
    nothing_changed(&world, &vic).await?;
    world.end().await
}

#[tokio::test]
async fn whatever_a_viewer_tries_to_change_they_are_told_who_may() -> Result<()> {
    let (world, bo, vic) = stage().await?;
    let ops = world.group("supergroup", "Ops", &[&bo, &vic], false).await?;
    ops.hears(&bo, None, "/bind").await?;
    ops.shows("that it is bound", |m| m.says("operators’ chat now")).await?;
    for change in CHANGES {
        vic.sends(change).await?;
        vic.sees(change, |m| m.says("Only operators and owners may do this")).await?;
    }
    vic.sends("/audit").await?;
    vic.sees("that this is for owners", |m| m.says("Only owners may do this")).await?;
    vic.sends("/bind").await?;
    vic.sees("that this is for owners", |m| m.says("Only an owner can choose")).await?;

    // In the group, by a press on each button of the team's cards, by a command and by a reply.
    let card = ops.shows("the lead", |m| m.says("Ann Weber") && m.offers("Take")).await?;
    let looks = ["History"];
    for label in labels(&card).into_iter().filter(|label| !looks.contains(label)) {
        let answer = ops.pressed(&vic, &card, label).await?.text.unwrap_or_default();
        ensure!(answer.starts_with("Only operators and owners may do this"), "{label}: {answer}");
    }
    let job = ops.shows("the job", |m| m.offers_all(&["Retry", "Undo"])).await?;
    for label in ["Retry", "Undo", "Logs"] {
        let answer = ops.pressed(&vic, &job, label).await?.text.unwrap_or_default();
        ensure!(answer.starts_with("Only operators and owners may do this"), "{label}: {answer}");
    }
    ops.hears_answer(&vic, &card, "she is rich").await?;
    ops.shows("that he writes no notes", |m| m.says("Only operators and owners")).await?;
    nothing_changed(&world, &vic).await?;
    ensure!(!world.hub().json(&["lead", "show", "1"]).await?.to_string().contains("rich"), "a note was kept");
    world.end().await
}

#[tokio::test]
async fn where_operators_work_a_viewer_gets_copies_and_moves_no_card() -> Result<()> {
    let (world, bo, vic) = stage().await?;
    let ops = world.group("supergroup", "Ops", &[&bo, &vic], false).await?;
    ops.hears(&bo, None, "/bind").await?;
    let card = ops.shows("the lead", |m| m.says("Ann Weber") && m.offers("Take")).await?;
    ops.hears(&bo, None, "/tenant lily").await?;
    let site = ops.shows("the site", |m| m.says("lily.example") && m.offers("Start")).await?;
    ops.hears(&bo, None, "/alert 1").await?;
    let alert = ops.shows("the alert", |m| m.says("Disk full") && m.offers("Resolve")).await?;

    for (command, says) in [("/lead 1", "Lead #1"), ("/tenant lily", "lily.example"), ("/alert 1", "Disk full")] {
        let before = ops.messages().await?.into_iter().map(|m| m.id).max().unwrap_or_default();
        ops.hears(&vic, None, command).await?;
        let copy = ops.shows(command, |m| m.id > before && m.says(says)).await?;
        let changes = labels(&copy).into_iter().filter(|label| *label != "History").count();
        ensure!(changes == 0, "{command}: {copy}");
    }
    world.settles().await?;
    let standing = ops.messages().await?;
    for card in [&card, &site, &alert] {
        let now = standing.iter().find(|m| m.id == card.id);
        ensure!(now.is_some_and(|now| !now.buttons.is_empty()), "the team's card has lost its buttons: {card}");
    }
    // The group's menu offers what operators may; his own there what he may, for as long as he is a viewer.
    let theirs = ops.menu(&bo).await?;
    ensure!(theirs.iter().any(|name| name == "provision"), "{theirs:?}");
    let his = ops.menu(&vic).await?;
    ensure!(his == vic.menu().await?, "{his:?}");
    world.hub().json(&["member", "role", &vic.id.to_string(), "operator", "--yes"]).await?;
    world.settles().await?;
    ensure!(ops.menu(&vic).await? == theirs, "an operator has the group's menu");
    world.hub().json(&["member", "role", &vic.id.to_string(), "viewer", "--yes"]).await?;

    // Pages are turned by whoever looks, also on a list that somebody else asked for; a lead that is opened there is a copy.
    ops.hears(&bo, None, "/leads").await?;
    let list = ops.shows("the list", |m| m.offers("1") && m.offers("New")).await?;
    ops.pressed(&vic, &list, "New").await?;
    let list = ops.shows("the new ones", |m| m.id == list.id && m.offers("All")).await?;
    ops.pressed(&vic, &list, "1").await?;
    ops.shows("a copy", |m| m.id > list.id && m.says("Lead #1") && !m.offers("Take")).await?;
    ops.pressed(&bo, &card, "Take").await?;
    ops.shows("the card, where it stood", |m| m.id == card.id && m.says("with Bo")).await?;
    world.end().await
}

#[tokio::test]
async fn who_only_looked_is_not_taken_for_somebody_who_was_told() -> Result<()> {
    let (world, bo, vic) = stage().await?;
    // Nobody was shown it yet, since it was silent from the beginning.
    vic.sends("/alert 1").await?;
    vic.sees("the alert", |m| m.says("Disk full") && m.buttons.is_empty()).await?;
    bo.begin().await?;
    world.hub().cli(&["alert", "unsilence", "1"]).await?.expect(0)?;
    bo.sees("the alert", |m| m.says("Disk full") && m.offers("Ack")).await?;
    let mut database = world.database().await?;
    let kinds = "select count(*) from cards where chat_id = $1 and kind in ('lead', 'tenant', 'job', 'alert')";
    let kept: i64 = sqlx::query_scalar(kinds).bind(vic.id).fetch_one(&mut database).await?;
    ensure!(kept == 0, "{kept} cards of the team's are kept up to date for a viewer");
    world.end().await
}
