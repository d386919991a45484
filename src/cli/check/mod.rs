//! `hub check`: tries every setting and connection, says what is wrong and how to mend it.
//!
//! A probe is a name and a future; [`probes`](probes()) lists them. They run side by side, each within `http.probe_timeout`.

mod probes;

use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};
use serde::Serialize;
use waas_platform::secrets::mask;

use super::{CliError, Invocation, Table};
use crate::config::Fault;
pub use probes::probes;

/// What a look found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// What was looked at.
    pub name: String,
    /// Whether it is well.
    pub ok: bool,
    /// What was found.
    pub found: String,
    /// What to do when it is not well.
    pub mend: Option<String>,
}

/// What `hub check --json` prints.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Whether everything is well.
    pub ok: bool,
    /// Each look.
    pub items: Vec<Item>,
}

/// What one probe says: found, or what is wrong and how to mend it.
pub type Look = Result<String, (String, String)>;

/// A named look at one thing.
pub struct Probe {
    name: &'static str,
    look: BoxFuture<'static, Look>,
}

impl Probe {
    /// A probe.
    pub fn new(name: &'static str, look: impl Future<Output = Look> + Send + 'static) -> Self {
        Self { name, look: Box::pin(look) }
    }
}

pub(super) async fn run(invocation: &Invocation) -> Result<(), CliError> {
    let loaded = invocation.load();
    let mut items: Vec<Item> = Vec::new();
    match loaded.config {
        Ok(config) => {
            let count = loaded.settings.len();
            items.push(item("config", Ok(format!("{count} settings fit"))));
            items.extend(look_at(probes(&config), config.http.probe_timeout).await);
        }
        Err(faults) => {
            let fault = |f: &Fault| item("config", Err((f.found(), f.mend.clone())));
            items.extend(faults.iter().map(fault));
        }
    }
    let report = Report { ok: items.iter().all(|item| item.ok), items };
    invocation.result(&report, human)?;
    if report.ok { Ok(()) } else { Err(CliError::FoundWrong) }
}

/// Runs probes side by side; one that takes longer than `patience` is not well.
pub async fn look_at(probes: Vec<Probe>, patience: Duration) -> Vec<Item> {
    let looks = probes.into_iter().map(|probe| async move {
        let look = tokio::time::timeout(patience, probe.look).await.unwrap_or_else(|_| {
            Err((format!("no answer within {patience:?}"), "see whether it runs and is reachable".into()))
        });
        item(probe.name, look)
    });
    join_all(looks).await
}

fn item(name: &str, look: Look) -> Item {
    let (ok, found, mend) = match look {
        Ok(found) => (true, found, None),
        Err((found, mend)) => (false, found, Some(mend)),
    };
    Item { name: name.to_owned(), ok, found: mask::text(&found).into_owned(), mend }
}

fn human(report: &Report) -> String {
    let mut table = Table::new(&["", "what", "found", "how to mend it"]);
    for item in &report.items {
        let mark = if item.ok { "ok" } else { "WRONG" };
        table.row(vec![mark.into(), item.name.clone(), item.found.clone(), item.mend.clone().unwrap_or_default()]);
    }
    table.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn probes_run_side_by_side_and_a_silent_one_is_not_well() {
        let both = tokio::sync::Barrier::new(2);
        let both = std::sync::Arc::new(both);
        let wait = |both: std::sync::Arc<tokio::sync::Barrier>| async move {
            both.wait().await;
            Ok("met".to_owned())
        };
        let probes = vec![
            Probe::new("one", wait(both.clone())),
            Probe::new("two", wait(both)),
            Probe::new("silent", std::future::pending()),
        ];
        let items = look_at(probes, Duration::from_millis(300)).await;
        assert_eq!(items.iter().map(|item| item.ok).collect::<Vec<_>>(), [true, true, false]);
        assert!(items[2].found.contains("no answer") && items[2].mend.is_some());
    }

    #[test]
    fn the_json_has_the_fields_of_the_contract() {
        let report = Report { ok: false, items: vec![item("redis", Err(("refused".into(), "start it".into())))] };
        let json = serde_json::to_value(&report).expect("json");
        assert_eq!(
            json,
            serde_json::json!({"ok": false, "items": [{"name": "redis", "ok": false, "found": "refused", "mend": "start it"}]})
        );
    }
}
