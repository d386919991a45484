//! The world's Redis, and those who use it besides the hub: gateways that push leads, tenants that publish.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use redis::AsyncCommands as _;
use redis::aio::MultiplexedConnection;
use serde_json::Value;
use tokio::sync::Mutex;

use crate::deadline::until;
use crate::process::Program;

/// A Redis server of its own: its keys and its ACL users are nobody else's.
#[derive(Debug)]
pub struct Gateway {
    client: redis::Client,
    door: Door,
    configuration: String,
    log: std::path::PathBuf,
    program: Mutex<Option<Program>>,
}

/// Where the server listens and what opens it.
#[derive(Clone, Debug)]
pub(crate) struct Door {
    pub(crate) port: u16,
    pub(crate) bridge: String,
    pub(crate) password: String,
}

impl Door {
    pub(crate) fn url(&self) -> String {
        format!("redis://:{}@127.0.0.1:{}/", self.password, self.port)
    }
}

impl Gateway {
    pub(crate) async fn start(door: &Door, folder: &Path, log: &Path) -> Result<Self> {
        let Door { port, bridge, password } = door;
        let folder = folder.display();
        let gateway = Self {
            client: redis::Client::open(door.url())?,
            door: door.clone(),
            // Tenants reach it on the bridge: the password is by standard input, not in the process list.
            configuration: format!(
                "port {port}\nbind 127.0.0.1 -{bridge}\nrequirepass {password}\nsave \"\"\ndir {folder}\n"
            ),
            log: log.to_owned(),
            program: Mutex::new(None),
        };
        gateway.back().await?;
        Ok(gateway)
    }

    /// Starts the server again after [`away`](Self::away), empty.
    ///
    /// # Errors
    /// It does not answer within 10 s.
    pub async fn back(&self) -> Result<()> {
        let started = Program::start(Path::new("redis-server"), ["-"], &[], Some(&self.configuration), &self.log)?;
        *self.program.lock().await = Some(started);
        until("Redis to answer", Duration::from_secs(10), async || {
            if let Some(program) = self.program.lock().await.as_mut() {
                program.expect_alive()?;
            }
            Ok(self.connection().await.ok())
        })
        .await?;
        Ok(())
    }

    /// Kills the server: what it held is gone.
    ///
    /// # Errors
    /// The process cannot be waited for.
    pub async fn away(&self) -> Result<()> {
        match self.program.lock().await.take() {
            Some(mut program) => program.kill9().await,
            None => Ok(()),
        }
    }

    /// Throws out whoever is connected; the server and what it holds stay.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn cuts(&self) -> Result<()> {
        let mut redis = self.connection().await?;
        for kind in ["normal", "pubsub"] {
            let _: i64 = redis::cmd("CLIENT").arg("KILL").arg("TYPE").arg(kind).query_async(&mut redis).await?;
        }
        Ok(())
    }

    async fn connection(&self) -> Result<MultiplexedConnection> {
        Ok(self.client.get_multiplexed_async_connection().await?)
    }

    /// Hands over a lead as a gateway does.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn push(&self, lead: &Value) -> Result<()> {
        self.push_raw(lead.to_string().as_bytes()).await
    }

    /// Puts anything on the list.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn push_raw(&self, bytes: &[u8]) -> Result<()> {
        let _: i64 = self.connection().await?.lpush("hub:leads", bytes).await?;
        Ok(())
    }

    /// The same as a line for a terminal.
    pub fn push_command(&self, lead: &Value) -> String {
        let Door { port, password, .. } = &self.door;
        // No quote of the shell's stands in a lead of ours.
        format!("REDISCLI_AUTH={password} redis-cli -p {port} lpush hub:leads '{lead}'")
    }

    /// How many wait on the list and how many are being stored.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn depth(&self) -> Result<(usize, usize)> {
        let mut redis = self.connection().await?;
        Ok((redis.llen("hub:leads").await?, redis.llen("hub:leads:processing").await?))
    }

    /// Publishes a telemetry message in a tenant's name.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn publish(&self, slug: &str, message: &Value) -> Result<()> {
        let channel = format!("telemetry:{slug}");
        let _: i64 = self.connection().await?.publish(channel, message.to_string()).await?;
        Ok(())
    }

    /// The ACL users, without the default one.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn users(&self) -> Result<BTreeSet<String>> {
        let mut redis = self.connection().await?;
        let users: Vec<String> = redis::cmd("ACL").arg("USERS").query_async(&mut redis).await?;
        Ok(users.into_iter().filter(|u| u != "default").collect())
    }
}
