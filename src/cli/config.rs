//! `hub config`: every setting with its value, source and default. Secrets are masked.

use serde::Serialize;

use super::{CliError, Invocation, Table};
use crate::config::Shown;

#[derive(Serialize)]
struct Settings {
    items: Vec<Shown>,
    next: Option<String>,
}

pub(super) fn run(invocation: &Invocation) -> Result<(), CliError> {
    let loaded = invocation.load();
    let settings = Settings { items: loaded.settings, next: None };
    invocation.result(&settings, |settings| {
        let mut table = Table::new(&["key", "value", "source", "default", "type", "what it does"]);
        for s in &settings.items {
            let default = s.default.map_or("(required)", |d| if d.is_empty() { "-" } else { d });
            table.row(vec![
                s.key.clone(),
                s.value.clone().unwrap_or_else(|| "-".to_owned()),
                s.source.clone(),
                default.to_owned(),
                s.kind.to_owned(),
                s.doc.clone(),
            ]);
        }
        table.to_string()
    })?;
    // The table stands even when something is wrong with it; then the exit code and the faults say so.
    loaded.config.map(|_| ()).map_err(CliError::Settings)
}
