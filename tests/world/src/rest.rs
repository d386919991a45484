//! Whether a world has come to rest, and what it has on the machine.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use sqlx::PgConnection;

use crate::deadline::until;
use crate::engine::Inventory;
use crate::world::World;

impl World {
    /// All that this world has on the engine, under `data_dir`, and in Redis.
    ///
    /// # Errors
    /// Docker or Redis is away.
    pub async fn inventory(&self) -> Result<Inventory> {
        let mut found = self.engine().inventory().await?;
        let tenants = ["tenants", "edge/sites", "edge/conf.d"];
        let files = tenants.iter().flat_map(|folder| files_under(&self.data_dir().join(folder)));
        found.kinds.insert("file", files.collect());
        found.kinds.insert("Redis user", self.gateway().users().await?);
        Ok(found)
    }

    /// Fails while something is under way that should have come to an end: messages to be sent, updates to be worked
    /// on, leads to be taken.
    ///
    /// # Errors
    /// It is still there after 15 s.
    pub async fn settles(&self) -> Result<()> {
        self.settles_within(Duration::from_secs(15)).await
    }

    /// The same with another patience.
    ///
    /// # Errors
    /// It is still there after that time.
    pub async fn settles_within(&self, patience: Duration) -> Result<()> {
        let mut database = self.database().await?;
        let mut last = Vec::new();
        let settled = until("nothing to be left over", patience, async || {
            last = self.unfinished(&mut database).await?;
            Ok(last.is_empty().then_some(()))
        })
        .await;
        match settled {
            Ok(_) => Ok(()),
            Err(error) => Err(error.context(format!(
                "left over: {}\nthe hub's log ends with:\n{}",
                last.join(", "),
                self.hub().log_tail()
            ))),
        }
    }

    /// Looks in the order in which an update becomes a message, so that nothing slips past between two looks.
    async fn unfinished(&self, database: &mut PgConnection) -> Result<Vec<String>> {
        let undelivered = self.emulator().undelivered(self.token()).await?;
        let (waiting, processing) = self.gateway().depth().await?;
        let mut counts = vec![
            (undelivered, "updates at the Bot API"),
            (i64::try_from(waiting)?, "leads waiting"),
            (i64::try_from(processing)?, "leads taken"),
        ];
        for (what, query) in [
            ("updates to handle", "select count(*) from inbox where state = 'waiting'"),
            // What is to go later, such as the deletion of a message with credentials, is not left over.
            (
                "messages to send",
                "select count(*) from outbox where state in ('waiting', 'sending') and not_before <= now()",
            ),
        ] {
            counts.push((sqlx::query_scalar(query).fetch_one(&mut *database).await?, what));
        }
        let left = counts.into_iter().filter(|(count, _)| *count > 0);
        Ok(left.map(|(count, what)| format!("{count} {what}")).collect())
    }
}

fn files_under(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_under(&path));
        }
        found.push(path.display().to_string());
    }
    found
}
