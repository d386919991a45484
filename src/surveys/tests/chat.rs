//! The chat of surveys on a real database: updates go in as Telegram hands them over, cards and messages come out.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;
use waas_platform::clock::Clock;
use waas_platform::db::PgConnection;
use waas_platform::render::Share;
use waas_platform::secrets::MasterKey;
use waas_platform::telegram::turn::{Branch, LastWords, Turns, dead_press};
use waas_platform::telegram::{BotId, BotIdentity, Incoming, Settings, Turn, dptree, inbox};

use super::super::{Dialogues, Invitation, NewInvitation, Submission, Submitted, Surveys, chat, invite};
use super::database::with_database;
use super::{front, noon};
use crate::front::Front;

const BOT: BotId = BotId(7);
const ANN: i64 = 42;
const BOB: i64 = 43;

/// Keeps what it was told.
#[derive(Default)]
struct Listener(Mutex<Vec<Submission>>);

impl Submitted for Listener {
    fn submitted<'a>(&'a self, _: &'a mut PgConnection, done: &'a Submission) -> BoxFuture<'a, anyhow::Result<()>> {
        Box::pin(async move {
            self.0.lock().expect("no panic before").push(done.clone());
            Ok(())
        })
    }
}

/// Fails a test whose turn is given up.
struct NoLastWords;

impl LastWords for NoLastWords {
    fn say<'a>(
        &'a self,
        _: &'a mut PgConnection,
        _: &'a BotIdentity,
        _: &'a Incoming,
        error: &'a str,
    ) -> BoxFuture<'a, anyhow::Result<()>> {
        Box::pin(async move { anyhow::bail!("a turn was given up: {error}") })
    }
}

fn menu() -> Branch {
    let fallback = |turn: Turn, front: Front, surveys: Arc<Surveys>| async move {
        chat::message(&turn, &front, &surveys).await?;
        Ok(())
    };
    let mut menu = dptree::entry().branch(dead_press().endpoint(|turn: Turn| async move {
        turn.toast("stale").await;
        Ok(())
    }));
    for branch in chat::branches() {
        menu = menu.branch(branch);
    }
    menu.branch(dptree::endpoint(fallback))
}

/// One bot with its database.
struct Desk {
    pool: PgPool,
    clock: Clock,
    keys: Arc<MasterKey>,
    listener: Arc<Listener>,
    turns: Turns,
    next_update: i64,
}

impl Desk {
    fn open(pool: PgPool, share: &Share) -> anyhow::Result<Self> {
        let (clock, front) = (Clock::manual(noon()), front());
        let keys = Arc::new(MasterKey::parse(&MasterKey::generate())?);
        let listener = Arc::new(Listener::default());
        let surveys = Surveys::new(Dialogues::load(share)?, front.renderer().words(), Arc::clone(&listener) as _);
        let settings = Settings {
            turn_workers: 1,
            turn_attempts: 1,
            turn_deadline: Duration::from_secs(30),
            ..Settings::default()
        };
        let turns = Turns {
            pool: pool.clone(),
            bot: BotIdentity { id: BOT, username: "waas_bot".to_owned() },
            menu: menu(),
            services: dptree::deps![front, Arc::clone(&keys), Arc::new(surveys)],
            last_words: Arc::new(NoLastWords),
            clock: clock.clone(),
            settings,
        };
        turns.check();
        Ok(Self { pool, clock, keys, listener, turns, next_update: 1 })
    }

    async fn invite(&self, subject: Uuid) -> anyhow::Result<Invitation> {
        let new = NewInvitation {
            dialogue: "onboarding".to_owned(),
            subject,
            locale: "de".to_owned(),
            known: [("lead.phone".to_owned(), "+4930901820".to_owned())].into(),
        };
        let settings = super::super::Settings { link_ttl: chrono::Duration::days(14), by_mail: false };
        invite(&mut *self.pool.acquire().await?, &self.keys, self.clock.now(), &settings, new).await
    }

    async fn handle(&mut self, kind: &str, body: Value) -> anyhow::Result<()> {
        let update = json!({ "update_id": self.next_update, kind: body });
        self.next_update += 1;
        inbox::store(&mut *self.pool.acquire().await?, BOT, &[update]).await?;
        ensure!(self.turns.one().await?, "nothing was due");
        Ok(())
    }

    async fn send(&mut self, from: i64, content: Value) -> anyhow::Result<()> {
        let person = json!({ "id": from, "is_bot": false, "first_name": "Ann", "language_code": "en" });
        let mut message = json!({ "message_id": 100 + self.next_update, "date": 1_795_262_400,
            "chat": { "id": from, "type": "private", "first_name": "Ann" }, "from": person });
        for (name, value) in content.as_object().context("an object")? {
            message[name] = value.clone();
        }
        self.handle("message", message).await
    }

    async fn write(&mut self, from: i64, text: &str) -> anyhow::Result<()> {
        let mut content = json!({ "text": text });
        if text.starts_with('/') {
            let length = text.split(' ').next().unwrap_or_default().len();
            content["entities"] = json!([{ "type": "bot_command", "offset": 0, "length": length }]);
        }
        self.send(from, content).await
    }

    async fn start(&mut self, from: i64, invitation: &Invitation) -> anyhow::Result<()> {
        self.write(from, &format!("/start {}", invitation.payload)).await
    }

    async fn press_token(&mut self, from: i64, token: &str) -> anyhow::Result<()> {
        let query = json!({ "id": "q", "from": { "id": from, "is_bot": false, "first_name": "Ann" }, "data": token,
            "chat_instance": "1", "message": { "message_id": 5, "date": 1_795_262_400,
            "chat": { "id": from, "type": "private", "first_name": "Ann" }, "text": "x" } });
        self.handle("callback_query", query).await
    }

    async fn press(&mut self, from: i64, label: &str) -> anyhow::Result<()> {
        let token = self.token(label).await?;
        self.press_token(from, &token).await
    }

    /// The only card as it should stand: its text and the labels of its buttons.
    async fn card(&self) -> anyhow::Result<String> {
        let view = self.card_view().await?;
        Ok(format!("{} {}", view["html"].as_str().unwrap_or_default(), labels(&view).join(" ")))
    }

    async fn card_view(&self) -> anyhow::Result<Value> {
        Ok(sqlx::query_scalar("select view from cards").fetch_one(&self.pool).await?)
    }

    async fn token(&self, label: &str) -> anyhow::Result<String> {
        let view = self.card_view().await?;
        let key = keys(&view).find(|key| key["label"].as_str().is_some_and(|said| said.ends_with(label)));
        let key = key.with_context(|| format!("no button {label} on {view}"))?;
        Ok(key["does"]["token"].as_str().or(key["token"].as_str()).context("a token")?.to_owned())
    }

    /// The newest message or toast that is not a card.
    async fn said(&self) -> anyhow::Result<String> {
        let call: Value = sqlx::query_scalar("select call from outbox where call is not null order by id desc limit 1")
            .fetch_one(&self.pool)
            .await?;
        Ok(call["html"].as_str().or(call["text"].as_str()).unwrap_or_default().to_owned())
    }

    async fn state(&self, id: Uuid) -> anyhow::Result<String> {
        Ok(sqlx::query_scalar("select state from survey_sessions where id = $1").bind(id).fetch_one(&self.pool).await?)
    }
}

fn keys(view: &Value) -> impl Iterator<Item = &Value> {
    view["keyboard"].as_array().into_iter().flatten().flat_map(|row| row.as_array().into_iter().flatten())
}

fn labels(view: &Value) -> Vec<String> {
    keys(view).map(|key| format!("[{}]", key["label"].as_str().unwrap_or_default())).collect()
}

async fn at_desk<F>(test: F) -> anyhow::Result<()>
where
    F: AsyncFnOnce(Desk) -> anyhow::Result<()>,
{
    with_database(|pool| async move { test(Desk::open(pool, &Share::default())?).await }).await
}

#[tokio::test]
async fn a_subject_has_one_living_link() -> anyhow::Result<()> {
    at_desk(async |desk: Desk| {
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let first = desk.invite(one).await?;
        assert!(first.payload.starts_with("onb_") && first.payload.len() <= 64);
        assert_eq!(desk.invite(one).await?, first);
        assert_ne!(desk.invite(other).await?.payload, first.payload);
        desk.clock.advance(chrono::Duration::days(15));
        assert_ne!(desk.invite(one).await?.payload, first.payload);
        assert_eq!(desk.state(first.id).await?, "expired");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_whole_way_tells_the_listener_once() -> anyhow::Result<()> {
    at_desk(async |mut desk: Desk| {
        let invitation = desk.invite(Uuid::from_u128(1)).await?;
        desk.start(ANN, &invitation).await?;
        assert!(desk.card().await?.contains("1/11"));
        desk.write(ANN, "Salon Anna").await?;
        desk.press(ANN, "Shop").await?;
        desk.write(ANN, "Tea").await?;
        desk.press(ANN, "We send it").await?;
        desk.write(ANN, "always").await?;
        assert!(desk.said().await?.contains("use the button below"));
        let contact = json!({ "phone_number": "4930901820", "first_name": "Ann", "user_id": ANN });
        desk.send(ANN, json!({ "contact": contact })).await?;
        desk.write(ANN, "ann@tea").await?;
        let refused = desk.card().await?;
        assert!(
            refused.contains("⚠️") && refused.contains("[Back]") && refused.contains("e-mail address?"),
            "{refused}"
        );
        desk.write(ANN, "ann@tea.example.com").await?;
        desk.press(ANN, "Skip").await?;
        desk.press(ANN, "Skip").await?;
        let photo = json!([{ "file_id": "F", "file_unique_id": "U", "width": 9, "height": 9, "file_size": 1 }]);
        desk.send(ANN, json!({ "photo": photo })).await?;
        desk.press(ANN, "Yes, I agree").await?;
        desk.press(ANN, "Edit").await?;
        desk.press(ANN, "Business name").await?;
        desk.write(ANN, "Ann's Tea").await?;
        let submit = desk.token("Submit").await?;
        desk.press_token(ANN, &submit).await?;
        assert!(desk.card().await?.starts_with("Thank you"));
        desk.press_token(ANN, &submit).await?;
        desk.start(ANN, &invitation).await?;
        assert!(desk.said().await?.contains("your answers already"));
        let told = desk.listener.0.lock().expect("no panic before").clone();
        assert_eq!(told.len(), 1);
        assert_eq!((told[0].person, told[0].subject, told[0].bot), (ANN, Uuid::from_u128(1), BOT));
        assert_eq!(told[0].answers["business_name"], "Ann's Tea");
        assert_eq!(told[0].answers["phone"], "+4930901820");
        assert_eq!(told[0].answers["photo"]["file_id"], "F");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_first_to_open_a_link_owns_it() -> anyhow::Result<()> {
    at_desk(async |mut desk: Desk| {
        let invitation = desk.invite(Uuid::from_u128(1)).await?;
        desk.start(ANN, &invitation).await?;
        desk.start(BOB, &invitation).await?;
        assert!(desk.said().await?.contains("belongs to them alone"));
        desk.write(BOB, "Bob's").await?;
        assert!(desk.card().await?.contains("1/11"));
        let token = desk.token("Cancel").await?;
        desk.press_token(BOB, &token).await?;
        assert_eq!(desk.state(invitation.id).await?, "active");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn of_two_taps_one_counts() -> anyhow::Result<()> {
    at_desk(async |mut desk: Desk| {
        let invitation = desk.invite(Uuid::from_u128(1)).await?;
        desk.start(ANN, &invitation).await?;
        desk.write(ANN, "Salon Anna").await?;
        let (salon, shop) = (desk.token("Beauty salon").await?, desk.token("Shop").await?);
        desk.press_token(ANN, &salon).await?;
        let after = desk.card().await?;
        desk.press_token(ANN, &shop).await?;
        assert_eq!(desk.card().await?, after);
        assert_eq!(desk.said().await?, "stale");
        // The same with a button whose card did not notice: the revision in it decides.
        sqlx::query("update buttons set card_version = null where token = $1").bind(&shop).execute(&desk.pool).await?;
        desk.press_token(ANN, &shop).await?;
        assert_eq!(desk.card().await?, after);
        assert!(desk.said().await?.contains("answered already"));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_turn_that_dies_leaves_the_same_question() -> anyhow::Result<()> {
    at_desk(async |mut desk: Desk| {
        let invitation = desk.invite(Uuid::from_u128(1)).await?;
        desk.start(ANN, &invitation).await?;
        desk.write(ANN, "Salon Anna").await?;
        let before = desk.card().await?;
        let by = super::super::moves::Respondent { person: ANN, bot: BOT, language: None };
        let front = front();
        let listener = Arc::clone(&desk.listener);
        let surveys = Surveys::new(Dialogues::load(&Share::default())?, front.renderer().words(), listener);
        let mut killed = desk.pool.begin().await?;
        let input = waas_dialogue::Input::Choose("shop".into());
        let now = desk.clock.now();
        super::super::moves::answer(&mut killed, &surveys, &by, invitation.id, input, None, now).await?;
        drop(killed);
        assert_eq!(desk.card().await?, before);
        desk.start(ANN, &invitation).await?;
        assert!(desk.card().await?.contains("What do you do?"));
        desk.press(ANN, "Shop").await?;
        assert!(desk.card().await?.contains("What do you offer"));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn after_cancel_the_link_starts_afresh_and_nothing_is_kept() -> anyhow::Result<()> {
    at_desk(async |mut desk: Desk| {
        let invitation = desk.invite(Uuid::from_u128(1)).await?;
        desk.start(ANN, &invitation).await?;
        desk.write(ANN, "Salon Anna").await?;
        desk.write(ANN, "/cancel").await?;
        let question = desk.card().await?;
        assert!(question.contains("throw away your answers?") && !question.contains("[Cancel]"), "{question}");
        assert_eq!(desk.state(invitation.id).await?, "active");
        desk.press(ANN, "Throw away").await?;
        let card = desk.card().await?;
        assert!(card.contains("your answers are not kept") && !card.contains('['), "{card}");
        assert_eq!(desk.state(invitation.id).await?, "cancelled");
        let kept: Option<Value> =
            sqlx::query_scalar("select session from survey_sessions").fetch_one(&desk.pool).await?;
        assert_eq!(kept, None);
        desk.write(ANN, "/cancel").await?;
        assert!(desk.said().await?.contains("nothing to cancel"));
        assert_eq!(desk.invite(Uuid::from_u128(1)).await?, invitation);
        desk.start(BOB, &invitation).await?;
        assert!(desk.said().await?.contains("belongs to them alone"));
        desk.start(ANN, &invitation).await?;
        assert!(desk.card().await?.contains("1/11"));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn what_is_kept_goes_on_by_button_by_link_and_by_word() -> anyhow::Result<()> {
    at_desk(async |mut desk: Desk| {
        let invitation = desk.invite(Uuid::from_u128(1)).await?;
        desk.start(ANN, &invitation).await?;
        desk.write(ANN, "Salon Anna").await?;
        let question = desk.card().await?;
        for way in ["button", "link", "word"] {
            desk.press(ANN, "Cancel").await?;
            desk.press(ANN, "Keep for later").await?;
            let kept = desk.card().await?;
            assert!(kept.contains("your answers are kept") && kept.ends_with("[Go on]"), "{kept}");
            assert_eq!(desk.state(invitation.id).await?, "active");
            match way {
                "button" => desk.press(ANN, "Go on").await?,
                "link" => desk.start(ANN, &invitation).await?,
                _ => desk.write(ANN, "Shop").await?,
            }
            assert_eq!(desk.card().await?, question, "{way}");
        }
        // The link is a way back from the question, too.
        desk.press(ANN, "Cancel").await?;
        desk.start(ANN, &invitation).await?;
        assert_eq!(desk.card().await?, question);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_key_for_the_own_number_comes_back_with_each_refusal() -> anyhow::Result<()> {
    at_desk(async |mut desk: Desk| {
        let invitation = desk.invite(Uuid::from_u128(1)).await?;
        desk.start(ANN, &invitation).await?;
        desk.write(ANN, "Salon Anna").await?;
        desk.press(ANN, "Shop").await?;
        desk.write(ANN, "Tea").await?;
        desk.press(ANN, "We send it").await?;
        let keys = async |desk: &Desk| -> anyhow::Result<i64> {
            let asked = "select count(*) from outbox where call ->> 'ask_contact' is not null";
            Ok(sqlx::query_scalar(asked).fetch_one(&desk.pool).await?)
        };
        desk.write(ANN, "always").await?;
        assert_eq!(keys(&desk).await?, 1);
        for refused in 1..=2 {
            desk.write(ANN, "call me").await?;
            assert_eq!(keys(&desk).await?, 1 + refused);
        }
        // Whoever comes back to the question has it again.
        desk.press(ANN, "Back").await?;
        desk.press(ANN, "Keep: always").await?;
        assert_eq!(keys(&desk).await?, 4);
        desk.write(ANN, "+4930901820").await?;
        desk.write(ANN, "no address").await?;
        assert_eq!(keys(&desk).await?, 4);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_link_ends_with_its_time() -> anyhow::Result<()> {
    at_desk(async |mut desk: Desk| {
        let (unopened, begun) = (desk.invite(Uuid::from_u128(1)).await?, desk.invite(Uuid::from_u128(2)).await?);
        desk.start(ANN, &begun).await?;
        desk.clock.advance(chrono::Duration::days(14));
        desk.write(ANN, "Salon Anna").await?;
        assert!(desk.said().await?.contains("time for this link is over"));
        desk.start(ANN, &unopened).await?;
        assert!(desk.said().await?.contains("time for this link is over"));
        assert_eq!(desk.state(begun.id).await?, "expired");
        assert_eq!(desk.state(unopened.id).await?, "expired");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_running_survey_survives_a_new_version() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let folder = tempfile::tempdir()?;
        let share = Share::new(Some(folder.path().to_owned()));
        let old = share.text("dialogues/onboarding.toml")?;
        let mut desk = Desk::open(pool.clone(), &share)?;
        let begun = desk.invite(Uuid::from_u128(1)).await?;
        desk.start(ANN, &begun).await?;
        std::fs::create_dir_all(folder.path().join("dialogues"))?;
        let new = old.replace("\nversion = 3\n", "\nversion = 4\n").replace("What do you do?", "What is your trade?");
        std::fs::write(folder.path().join("dialogues/onboarding.toml"), new)?;
        let later = Desk::open(pool, &share)?;
        desk.turns = later.turns;
        desk.write(ANN, "Salon Anna").await?;
        assert!(desk.card().await?.contains("What do you do?"));
        desk.write(ANN, "/cancel").await?;
        desk.press(ANN, "Throw away").await?;
        let keys = Arc::clone(&desk.keys);
        desk.turns.services.insert(keys);
        desk.start(ANN, &begun).await?;
        desk.write(ANN, "Salon Anna").await?;
        assert!(desk.card().await?.contains("What is your trade?"));
        Ok(())
    })
    .await
}
