//! The link to the survey by mail, for leads that cannot be written to at Telegram.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use anyhow::{Context as _, Result, ensure};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use waas_world::{Options, World, until};

use super::{SOON, unhurried};

/// A mail server that answers each mail as told, else takes it.
struct Sink {
    url: String,
    taken: Arc<Mutex<Vec<String>>>,
}

impl Sink {
    /// `answers` are given to the first mails, in this order.
    async fn start(answers: &[&'static str]) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let sink = Self { url: format!("smtp://{}", listener.local_addr()?), taken: Arc::default() };
        let (taken, answers) = (Arc::clone(&sink.taken), Arc::new(Mutex::new(VecDeque::from(answers.to_vec()))));
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (taken, answers) = (Arc::clone(&taken), Arc::clone(&answers));
                tokio::spawn(async move { converse(socket, &taken, &answers).await.expect("a conversation") });
            }
        });
        Ok(sink)
    }

    fn options(&self) -> Options {
        unhurried()
            .set("HUB_MAIL__SMTP_URL", &self.url)
            .set("HUB_MAIL__FROM", "Studio <hello@studio.example>")
            .set("HUB_MAIL__BACKOFF", "50ms")
    }

    fn mails(&self) -> Vec<String> {
        self.taken.lock().expect("no panic before").clone()
    }
}

async fn converse(
    socket: tokio::net::TcpStream,
    taken: &Mutex<Vec<String>>,
    answers: &Mutex<VecDeque<&'static str>>,
) -> std::io::Result<()> {
    let (read, mut write) = socket.into_split();
    let (mut lines, mut mail, mut in_mail) = (BufReader::new(read).lines(), String::new(), false);
    write.write_all(b"220 ready\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        let answer = match (in_mail, line.as_str()) {
            (true, ".") => {
                in_mail = false;
                let mail = std::mem::take(&mut mail);
                let answer = answers.lock().expect("no panic before").pop_front().unwrap_or("250 taken");
                if answer.starts_with("250") {
                    taken.lock().expect("no panic before").push(mail);
                }
                answer
            }
            (true, line) => {
                mail.push_str(line);
                mail.push('\n');
                continue;
            }
            (false, "DATA") => {
                in_mail = true;
                "354 go on"
            }
            (false, "QUIT") => "221 bye",
            (false, _) => "250 ok",
        };
        write.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
    Ok(())
}

/// The link in a mail, whose long lines are folded.
fn link(mail: &str) -> Result<String> {
    let text = mail.replace("=\n", "").replace("=3D", "=");
    let from = text.find("start=onb_").with_context(|| format!("no link in {mail}"))?;
    let payload = &text[from + "start=".len()..];
    let end = payload.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-').unwrap_or(payload.len());
    Ok(payload[..end].to_owned())
}

#[tokio::test]
async fn a_lead_without_telegram_gets_its_link_by_mail_once_and_it_opens_the_survey() -> Result<()> {
    // Busy at first: it is tried again.
    let sink = Sink::start(&["451 later", "451 later"]).await?;
    let world = World::start_with(sink.options()).await?;
    let bo = world.owner("Bo").await?;
    let mut lead = world.lead("Änne Weber");
    lead["locale"] = "de".into();
    world.gateway().push(&lead).await?;
    bo.finds("the card", SOON, |m| m.offers("Onboard")).await?;
    let answer = bo.presses("Onboard").await?;
    ensure!(answer.text.as_deref().unwrap_or_default().contains("ann@new-salon.example"), "{answer:?}");
    bo.sees("the link to forward as well", |m| m.text.contains("start=onb_")).await?;
    let mails = until("the mail", SOON, async || Ok(Some(sink.mails()).filter(|mails| !mails.is_empty()))).await?.value;
    ensure!(mails[0].contains("hello@studio.example") && mails[0].contains("ann@new-salon.example"), "{}", mails[0]);

    bo.presses("Onboard").await?;
    bo.sees("the link again", |m| m.text.contains("start=onb_")).await?;
    let ann = world.person("Ann", "Weber").await?;
    ann.opens(&link(&mails[0])?).await?;
    ann.sees("the first question", |m| m.progress().is_some()).await?;
    ensure!(sink.mails().len() == 1, "once");
    let mut database = world.database().await?;
    let kept = "select count(*) from mails where state = 'sent' and sealed = '' and attempts = 3";
    let kept: i64 = sqlx::query_scalar(kept).fetch_one(&mut database).await?;
    ensure!(kept == 1, "what was sent is not kept");
    world.end().await
}

#[tokio::test]
async fn a_mail_that_is_refused_for_good_is_a_dead_letter_and_goes_out_when_it_is_retried() -> Result<()> {
    let sink = Sink::start(&["550 no such person"]).await?;
    let world = World::start_with(sink.options()).await?;
    let bo = world.owner("Bo").await?;
    world.gateway().push(&world.lead("Ann Weber")).await?;
    bo.finds("the card", SOON, |m| m.offers("Onboard")).await?;
    bo.presses("Onboard").await?;
    bo.finds("that it was not taken", SOON, |m| m.says("no such person")).await?;
    let letters = world.hub().list(&["dead-letter", "list"]).await?;
    let id = letters[0]["id"].as_str().context("an id")?;
    let shown = world.hub().json(&["dead-letter", "show", id]).await?;
    ensure!(!shown.to_string().contains("onb_"), "the link is nobody's business: {shown}");
    world.hub().cli(&["dead-letter", "retry", id]).await?.expect(0)?;
    until("the mail", SOON, async || Ok((!sink.mails().is_empty()).then_some(()))).await?;
    world.end().await
}

#[tokio::test]
async fn without_a_mail_server_or_with_telegram_the_link_is_only_shown() -> Result<()> {
    let sink = Sink::start(&[]).await?;
    for (options, telegram) in [(unhurried(), None), (sink.options(), Some("annaweber"))] {
        let world = World::start_with(options).await?;
        let bo = world.owner("Bo").await?;
        let mut lead = world.lead("Ann Weber");
        lead["telegram"] = telegram.into();
        world.gateway().push(&lead).await?;
        bo.finds("the card", SOON, |m| m.offers("Onboard")).await?;
        let answer = bo.presses("Onboard").await?;
        ensure!(answer.text.as_deref() == Some("Here is the link to forward."), "{answer:?}");
        bo.sees("the link", |m| m.text.contains("start=onb_")).await?;
        let mut database = world.database().await?;
        let mails: i64 = sqlx::query_scalar("select count(*) from mails").fetch_one(&mut database).await?;
        ensure!(mails == 0);
        world.end().await?;
    }
    Ok(())
}
