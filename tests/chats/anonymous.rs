//! What is said in the name of a group: nobody can know by whom.

use std::sync::Arc;

use serde_json::{Value, json};
use waas_hub::access::{self, Welcome};
use waas_hub::front::Front;
use waas_hub::menu::Apology;
use waas_platform::clock::Clock;
use waas_platform::db::{PgConnection, PgPool};
use waas_platform::render::{Missing, Renderer, Share, Words};
use waas_platform::secrets::MasterKey;
use waas_platform::telegram::turn::Turns;
use waas_platform::telegram::{BotId, BotIdentity, Settings, dptree, inbox};

use crate::database::with_database;

const BOT: BotId = BotId(7_000);
const GROUP: i64 = -1001;

struct Nobody;

impl Welcome for Nobody {
    fn welcome<'a>(
        &'a self,
        _: &'a mut PgConnection,
        _: BotId,
    ) -> futures_util::future::BoxFuture<'a, anyhow::Result<()>> {
        Box::pin(async { Ok(()) })
    }
}

fn turns(pool: &PgPool) -> Turns {
    let share = Share::default();
    let words = Arc::new(Words::load(&share, Missing::Refuse).expect("our catalogues"));
    let front = Front::new(Arc::new(Renderer::load(&share, words).expect("our layouts")), "en", chrono_tz::Tz::UTC);
    let menu = access::chat::branches().into_iter().fold(dptree::entry(), |menu, branch| menu.branch(branch));
    let keys = MasterKey::parse(&MasterKey::generate()).expect("a fresh key");
    Turns {
        pool: pool.clone(),
        bot: BotIdentity { id: BOT, username: "waas_bot".to_owned() },
        menu,
        services: dptree::deps![front.clone(), Arc::new(keys), Arc::new(Nobody) as Arc<dyn Welcome>],
        last_words: Arc::new(Apology { front, clock: Clock::system() }),
        clock: Clock::system(),
        settings: Settings::default(),
    }
}

/// What the bot answers to a command that came in the name of `sender`.
async fn answers(pool: &PgPool, sender: i64, text: &str) -> anyhow::Result<Vec<String>> {
    let update = json!({ "update_id": -sender, "message": {
        "message_id": 5, "date": 1_700_000_000, "text": text,
        "chat": { "id": GROUP, "type": "supergroup", "title": "Ops", "is_forum": true },
        "from": { "id": 1_087_968_824, "is_bot": true, "first_name": "Group" },
        "sender_chat": { "id": sender, "type": "supergroup", "title": "Ops" },
        "entities": [{ "type": "bot_command", "offset": 0, "length": text.len() }]
    } });
    inbox::store(&mut *pool.acquire().await?, BOT, &[update]).await?;
    assert!(turns(pool).one().await?, "it was due");
    let said: Vec<Value> = sqlx::query_scalar("delete from outbox returning call").fetch_all(pool).await?;
    Ok(said.iter().map(|call| call["html"].as_str().unwrap_or_default().to_owned()).collect())
}

#[tokio::test]
async fn an_anonymous_admin_is_told_how_to_be_known() -> anyhow::Result<()> {
    with_database(|pool| async move {
        let said = answers(&pool, GROUP, "/bind").await?;
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].contains("Remain anonymous"), "{said:?}");
        let bound: i64 = sqlx::query_scalar("select count(*) from operator_chats").fetch_one(&pool).await?;
        assert_eq!(bound, 0);
        // A channel that writes into its discussion group is no admin of ours, and nobody waits for an answer.
        assert!(answers(&pool, -1002, "/bind").await?.is_empty());
        Ok(())
    })
    .await
}
