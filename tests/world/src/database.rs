//! A database of its own for each world, copied from one that the real `hub migrate` made.

use std::path::Path;

use anyhow::{Context as _, Result};
use sqlx::{Connection as _, Executor as _, PgConnection};

/// A database that is dropped by [`Database::drop_now`], or by the next world in the same slot.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    admin_url: String,
    name: String,
}

/// Where the database is made, by the address of the maintenance database.
#[derive(Clone, Debug)]
pub(crate) enum Server {
    /// Many worlds use it, and it outlives them.
    Shared(String),
    /// It is one world's, which may let it crash.
    Own(String),
}

/// A number of ours, so that two tests do not make the template at once.
const MAKING_TEMPLATE: i64 = 0x7761_6173;

impl Database {
    /// Makes it anew. `migrate` is called with the address of an empty database when there is no template yet for what
    /// stands in `migrations`.
    pub(crate) async fn create(
        server: Server,
        name: &str,
        migrations: &str,
        migrate: impl AsyncFnOnce(&str) -> Result<()>,
    ) -> Result<Self> {
        let (Server::Shared(admin_url) | Server::Own(admin_url)) = &server;
        let mut admin = PgConnection::connect(admin_url)
            .await
            .context("the private Postgres does not answer: `docker/services start`")?;
        let template = format!("template_{migrations}");
        admin.execute(sqlx::query("select pg_advisory_lock($1)").bind(MAKING_TEMPLATE)).await?;
        let known: Option<String> = sqlx::query_scalar("select datname::text from pg_database where datname = $1")
            .bind(&template)
            .fetch_optional(&mut admin)
            .await?;
        if known.is_none() {
            // Those of binaries that were built over are of no use to anybody.
            let old: Vec<String> =
                sqlx::query_scalar("select datname::text from pg_database where datname like 'template\\_%'")
                    .fetch_all(&mut admin)
                    .await?;
            for name in old {
                drop_database(&mut admin, &name).await?;
            }
            let raw = format!("{template}_raw");
            run(&mut admin, format!("create database {raw}")).await?;
            migrate(&at(admin_url, &raw)).await?;
            let rename = format!("alter database {raw} rename to {template}");
            run(&mut admin, rename).await?;
        }
        drop_database(&mut admin, name).await?;
        let copy = format!("create database {name} template {template}");
        run(&mut admin, copy).await?;
        // Until here, so that nobody drops a template that is being copied.
        admin.execute(sqlx::query("select pg_advisory_unlock($1)").bind(MAKING_TEMPLATE)).await?;
        // Only a crash of Postgres itself could lose what is confirmed early; worlds crash the hub.
        if let Server::Shared(_) = &server {
            run(&mut admin, format!("alter database {name} set synchronous_commit = off")).await?;
        }
        admin.close().await?;
        Ok(Self { admin_url: admin_url.to_owned(), name: name.to_owned() })
    }

    /// For `database.url`.
    pub(crate) fn url(&self) -> String {
        at(&self.admin_url, &self.name)
    }

    /// A connection, for what no door of the hub shows.
    pub(crate) async fn connect(&self) -> Result<PgConnection> {
        Ok(PgConnection::connect(&self.url()).await?)
    }

    /// Drops it, whoever is still connected.
    pub(crate) async fn drop_now(&self) -> Result<()> {
        let mut admin = PgConnection::connect(&self.admin_url).await?;
        drop_database(&mut admin, &self.name).await?;
        Ok(admin.close().await?)
    }
}

async fn drop_database(admin: &mut PgConnection, name: &str) -> Result<()> {
    run(admin, format!("drop database if exists {name} with (force)")).await
}

/// Statements about databases take no parameters; all names in them are made here.
async fn run(admin: &mut PgConnection, statement: String) -> Result<()> {
    admin.execute(sqlx::AssertSqlSafe(statement)).await.map(drop).map_err(Into::into)
}

/// The same server, another database.
fn at(url: &str, name: &str) -> String {
    url.rsplit_once('/').map_or_else(|| url.to_owned(), |(server, _)| format!("{server}/{name}"))
}

/// A name for what the binary at `hub` would migrate to: another binary, another template.
pub(crate) fn fingerprint(hub: &Path) -> Result<String> {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let about = std::fs::metadata(hub).with_context(|| format!("cannot read {}", hub.display()))?;
    let mut hasher = DefaultHasher::new();
    (hub, about.len(), about.modified()?).hash(&mut hasher);
    Ok(format!("{:016x}", hasher.finish()))
}
