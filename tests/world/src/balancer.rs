//! What stands before several replicas: connections go in turn to those that are up.

use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A load balancer of connections; gone when dropped.
#[derive(Debug)]
pub struct Balancer {
    task: JoinHandle<()>,
}

impl Balancer {
    /// Listens on `port` and hands each connection to the next of `replicas` (ports) that takes it. Closes it when none
    /// does.
    ///
    /// # Errors
    /// The port is taken.
    pub async fn start(port: u16, replicas: Vec<u16>) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let task = tokio::spawn(async move {
            let next = AtomicUsize::new(0);
            // It ends with the listener; each connection ends with its sides.
            while let Ok((mut client, _)) = listener.accept().await {
                let first = next.fetch_add(1, Ordering::Relaxed);
                let replicas = replicas.clone();
                tokio::spawn(async move {
                    for turn in 0..replicas.len() {
                        let Some(port) = replicas.get((first + turn) % replicas.len()) else { return };
                        if let Ok(mut replica) = TcpStream::connect(("127.0.0.1", *port)).await {
                            // A replica that dies cuts the connection, as a real balancer would.
                            let _ = copy_bidirectional(&mut client, &mut replica).await;
                            return;
                        }
                    }
                });
            }
        });
        Ok(Self { task })
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.task.abort();
    }
}
