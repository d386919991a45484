//! The survey with teloxide, its state in Redis.
//!
//! `teloxide --port 9000 --api http://127.0.0.1:8081 --token 1:A --redis redis://127.0.0.1:6379/0`

use anyhow::Context as _;
use clap::Parser;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use teloxide::dispatching::dialogue::RedisStorage;
use teloxide::dispatching::dialogue::serializer::Json;
use teloxide::prelude::*;
use teloxide::update_listeners::webhooks;

#[derive(Debug, Parser)]
struct Arguments {
    /// Where updates are posted to, on this machine.
    #[arg(long)]
    port: u16,
    /// The Bot API server.
    #[arg(long)]
    api: reqwest::Url,
    #[arg(long)]
    token: String,
    /// Where the state of the dialogues is.
    #[arg(long)]
    redis: String,
}

/// Which answer is awaited.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
enum State {
    #[default]
    Nothing,
    Name,
    City,
    Phone,
}

type Survey = Dialogue<State, RedisStorage<Json>>;

async fn begin(bot: Bot, survey: Survey, message: Message) -> anyhow::Result<()> {
    survey.update(State::Name).await.context("state")?;
    bot.send_message(message.chat.id, "1/3 What is your business called?").await?;
    Ok(())
}

async fn name_given(bot: Bot, survey: Survey, message: Message) -> anyhow::Result<()> {
    survey.update(State::City).await.context("state")?;
    bot.send_message(message.chat.id, "2/3 Which city is it in?").await?;
    Ok(())
}

async fn city_given(bot: Bot, survey: Survey, message: Message) -> anyhow::Result<()> {
    survey.update(State::Phone).await.context("state")?;
    bot.send_message(message.chat.id, "3/3 Which number may we print?").await?;
    Ok(())
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    env_logger::init();
    let arguments = Arguments::parse();
    let bot = Bot::new(arguments.token).set_api_url(arguments.api);
    let storage = RedisStorage::open(&arguments.redis, Json).await?;
    let handler = Update::filter_message()
        .enter_dialogue::<Message, RedisStorage<Json>, State>()
        .branch(dptree::case![State::Name].endpoint(name_given))
        .branch(dptree::case![State::City].endpoint(city_given))
        .endpoint(begin);
    let address = SocketAddr::from(([127, 0, 0, 1], arguments.port));
    let url = format!("http://{address}/hook").parse()?;
    let listener = webhooks::axum(bot.clone(), webhooks::Options::new(address, url)).await?;
    Dispatcher::builder(bot, handler)
        .dependencies(dptree::deps![storage])
        .build()
        .dispatch_with_listener(listener, LoggingErrorHandler::new())
        .await;
    Ok(())
}
