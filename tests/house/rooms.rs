//! What is touched only in its own room: SQL, adapter crates, time and randomness, a shell.

use super::source::{Source, names};
use super::{holds, notices};

/// An adapter crate, and the paths in which it may be named. `…/api.rs` stands for the HTTP rooms of the capabilities,
/// `…/chat.rs` for those that hang their branches into the menu, a dptree. (SQL has a rule of its own: sqlx's error and
/// connection types pass through `mod.rs`.)
const ADAPTERS: [(&str, &[&str]); 14] = [
    ("bollard", &["platform/src/docker/"]),
    ("lettre", &["platform/src/mail.rs", "platform/src/route.rs", "platform/src/smtp.rs"]),
    ("tar", &["platform/src/docker/"]),
    ("redis", &["platform/src/bus/"]),
    ("teloxide", &["platform/src/telegram/"]),
    ("dptree", &["platform/src/telegram/", "src/menu.rs", "src/app/bot.rs", "/chat.rs", "/chat/"]),
    ("axum", &["platform/src/web/", "platform/src/telegram/webhook.rs", "/api.rs", "/api/"]),
    ("governor", &["platform/src/web/"]),
    ("standardwebhooks", &["platform/src/web/"]),
    ("tera", &["platform/src/render/"]),
    ("fluent_bundle", &["platform/src/render/"]),
    ("unic_langid", &["platform/src/render/"]),
    ("resvg", &["platform/src/render/"]),
    ("chacha20poly1305", &["platform/src/secrets/"]),
];

fn adapters_in_their_rooms(sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in sources.iter().filter(|s| s.is_shipped()) {
        for (name, rooms) in ADAPTERS {
            let at_home = rooms.iter().any(|room| {
                if room.starts_with('/') { source.path.contains(room) } else { source.path.starts_with(room) }
            });
            if at_home {
                continue;
            }
            for line in source.production().filter(|line| names(line.code, &format!("{name}::"))) {
                complaints.push(format!("{}:{}: {name} is named outside of {rooms:?}", source.path, line.number));
            }
        }
    }
    complaints
}

/// Words that only SQL begins with.
const SQL: [&str; 8] = [
    "\"select ",
    "\"insert into ",
    "\"update ",
    "\"delete from ",
    "\"with ",
    "query!(",
    "sqlx::query",
    "query_scalar!(",
];

fn sql_in_stores(sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    let capabilities = sources.iter().filter(|s| s.is_shipped() && s.path.starts_with("src/"));
    for source in capabilities.filter(|s| s.file_name() != "store.rs" && !s.path.contains("/store/")) {
        for line in source.production() {
            let lower = line.code.to_lowercase();
            // A sentence may begin with "with": SQL also has a select in it.
            let is_sql = SQL.iter().any(|word| lower.contains(word))
                && (lower.contains(" from ")
                    || lower.contains(" set ")
                    || lower.contains(" into ")
                    || lower.contains('!')
                    || lower.contains("sqlx::query"));
            if is_sql {
                complaints.push(format!("{}:{}: SQL outside of store.rs", source.path, line.number));
            }
        }
    }
    complaints
}

/// How "now" and chance are called.
const CLOCK: [&str; 7] =
    ["Utc::now", "Local::now", "SystemTime::now", "rand::", "Uuid::new_v4", "Uuid::now_v7", "fastrand::"];

fn time_and_chance_from_the_clock(sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in sources.iter().filter(|s| s.is_shipped() && s.path != "platform/src/clock.rs") {
        for line in source.production() {
            if let Some(word) = CLOCK.iter().find(|word| names(line.code, word)) {
                complaints.push(format!("{}:{}: {word} belongs to platform/src/clock.rs", source.path, line.number));
            }
        }
    }
    complaints
}

fn no_sleep_in_tests(sources: &[Source]) -> Vec<String> {
    // The one place that waits for everybody, and its own tests.
    let waits = ["tests/world/src/deadline.rs"];
    let mut complaints = Vec::new();
    for source in sources.iter().filter(|s| s.is_rust() && !waits.contains(&s.path.as_str())) {
        // Of the house this rule's own words are not meant.
        if source.path.starts_with("tests/house/") {
            continue;
        }
        // The world is there for tests only: all of it counts.
        let everywhere = source.path.starts_with("tests/");
        let production = source.production().filter(|_| everywhere);
        for line in source.tests().chain(production).filter(|line| line.code.contains("sleep(")) {
            complaints
                .push(format!("{}:{}: a test that sleeps; wait for something with a name", source.path, line.number));
        }
    }
    complaints
}

fn no_shell(sources: &[Source]) -> Vec<String> {
    let shells = ["\"sh\"", "\"bash\"", "\"/bin/sh\"", "\"/bin/bash\"", "sh -c"];
    let mut complaints = Vec::new();
    for source in sources.iter().filter(|s| s.is_shipped()) {
        for line in source.production() {
            if shells.iter().any(|shell| names(line.code, shell)) {
                complaints.push(format!(
                    "{}:{}: a shell; give the program its arguments one by one",
                    source.path, line.number
                ));
            }
        }
    }
    complaints
}

#[test]
fn each_adapter_crate_is_named_only_in_its_room() {
    holds(adapters_in_their_rooms);
}

#[test]
fn an_adapter_outside_of_its_room_is_noticed() {
    notices(
        adapters_in_their_rooms,
        ("src/leads/work.rs", "let client = redis::Client::open(url)?;"),
        ("platform/src/bus/mod.rs", "let client = redis::Client::open(url)?;"),
    );
    notices(
        adapters_in_their_rooms,
        ("src/leads/work.rs", "use axum::Router;"),
        ("src/leads/api.rs", "use axum::Router;"),
    );
}

#[test]
fn sql_stands_only_in_stores_and_the_platform() {
    holds(sql_in_stores);
}

#[test]
fn sql_in_a_handler_is_noticed() {
    notices(
        sql_in_stores,
        ("src/leads/chat.rs", r#"let q = "select id from leads where id = $1";"#),
        ("src/leads/store.rs", r#"let q = "select id from leads where id = $1";"#),
    );
    notices(
        sql_in_stores,
        ("src/leads/work.rs", "query!(statement)"),
        ("src/leads/work.rs", r#"say("With best regards")"#),
    );
}

#[test]
fn now_and_chance_come_from_the_clock() {
    holds(time_and_chance_from_the_clock);
}

#[test]
fn another_clock_is_noticed() {
    notices(
        time_and_chance_from_the_clock,
        ("src/leads/work.rs", "let now = Utc::now();"),
        ("platform/src/clock.rs", "let now = Utc::now();"),
    );
    notices(
        time_and_chance_from_the_clock,
        ("platform/src/bus/mod.rs", "rand::random::<u64>()"),
        ("platform/src/bus/mod.rs", "clock.operand::<u64>()"),
    );
}

#[test]
fn no_test_sleeps() {
    holds(no_sleep_in_tests);
}

#[test]
fn a_sleeping_test_is_noticed() {
    notices(
        no_sleep_in_tests,
        ("src/leads/work.rs", "#[cfg(test)]\nmod tests {\n    tokio::time::sleep(a).await;\n}"),
        ("src/leads/work.rs", "tokio::time::sleep(a).await;\n#[cfg(test)]\nmod tests {\n}"),
    );
    notices(
        no_sleep_in_tests,
        ("tests/world/src/person.rs", "std::thread::sleep(a);"),
        ("tests/world/src/deadline.rs", "std::thread::sleep(a);"),
    );
}

#[test]
fn nobody_starts_a_shell() {
    holds(no_shell);
}

#[test]
fn a_shell_is_noticed() {
    notices(
        no_shell,
        ("platform/src/edge/mod.rs", r#"Command::new("sh").arg("-c")"#),
        ("platform/src/edge/mod.rs", r#"Command::new("nginx").arg("-c")"#),
    );
}
