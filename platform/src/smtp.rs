//! A mail server, spoken to for one mail at a time and never for longer than a delivery may take.

use std::fmt;
use std::time::Duration;

use lettre::transport::smtp::AsyncSmtpTransportBuilder;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use crate::secrets::Secret;

/// How long one delivery may take, from the connection to the server's word that it has the mail.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(20);

/// The server, and the account there.
#[derive(Clone)]
pub(crate) struct Smtp {
    builder: AsyncSmtpTransportBuilder,
    patience: Duration,
}

/// Why a mail was not taken.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub(crate) struct NotTaken {
    pub(crate) reason: String,
    /// Another attempt would end the same way.
    pub(crate) for_good: bool,
}

impl Smtp {
    /// The server at `url` (`smtp://user:password@host:port`, `smtps://…`); none when that is no address.
    pub(crate) fn at(url: &Secret) -> Option<Self> {
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose()).ok()?;
        Some(Self { builder: builder.timeout(Some(TIMEOUT)), patience: TIMEOUT })
    }

    /// Hands a mail over. lettre's own time limit is for the connection alone: a server that accepts and is silent would be
    /// waited for without end.
    ///
    /// By a connection of its own, whose end is not waited for: a server that is silent after it took the mail has it.
    pub(crate) async fn deliver(&self, message: Message) -> Result<(), NotTaken> {
        let transport = self.builder.clone().build::<Tokio1Executor>();
        match tokio::time::timeout(self.patience, transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(NotTaken { for_good: error.is_permanent(), reason: error.to_string() }),
            Err(_) => {
                let reason = format!("the mail server did not answer within {:?}", self.patience);
                Err(NotTaken { reason, for_good: false })
            }
        }
    }
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Smtp")
    }
}

#[cfg(test)]
mod tests {
    use lettre::message::header::ContentType;
    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
    use tokio::net::TcpListener;

    use super::*;

    /// A server that plays its lines, each when a line of the client begins so, and is silent afterwards.
    async fn server(script: &'static [(&'static str, &'static str)]) -> Smtp {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("smtp://{}", listener.local_addr().expect("bound"));
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.expect("a client");
            let (reader, mut writer) = stream.into_split();
            let mut lines = BufReader::new(reader).lines();
            for (begins, answer) in script {
                while !begins.is_empty()
                    && !lines.next_line().await.expect("a line").is_some_and(|l| l.starts_with(begins))
                {
                }
                writer.write_all(answer.as_bytes()).await.expect("it listens");
            }
            // Kept open: the client must not learn more.
            std::future::pending::<()>().await;
        });
        Smtp { patience: Duration::from_millis(300), ..Smtp::at(&Secret::new(url)).expect("an address") }
    }

    fn message() -> Message {
        let from = "hub@example.org".parse().expect("an address");
        let to = "ann@example.org".parse().expect("an address");
        let builder = Message::builder().from(from).to(to).subject("Hello").header(ContentType::TEXT_PLAIN);
        builder.body("Hello, Ann".to_owned()).expect("a mail")
    }

    #[tokio::test]
    async fn a_server_that_accepts_and_is_silent_is_not_waited_for() {
        let silent = server(&[]).await;
        let error = silent.deliver(message()).await.expect_err("nobody took it");
        assert!(!error.for_good && error.reason.contains("did not answer"), "{error}");
    }

    #[tokio::test]
    async fn a_server_that_is_silent_after_it_took_the_mail_has_it() {
        let taken = server(&[
            ("", "220 mail.example\r\n"),
            ("EHLO", "250 mail.example\r\n"),
            ("MAIL", "250 go on\r\n"),
            ("RCPT", "250 go on\r\n"),
            ("DATA", "354 go on\r\n"),
            (".", "250 taken\r\n"),
        ]);
        taken.await.deliver(message()).await.expect("it was taken");
    }
}
