//! Bots written with client libraries that nobody here wrote, as processes of their own: what the emulator says must be
//! what those libraries take for Telegram. Both bots of `tests/clients` do and say the same; where the libraries name a
//! thing differently, `bot` says how.

mod bot;
mod errors;
mod groups;
mod talk;

use bot::{Bot, Delivery, Library};

/// Everything, with one library and one way of delivery; each scene has its own people.
async fn all(library: Library, delivery: Delivery) {
    let bot = Bot::start(library, delivery).await;
    talk::texts_are_echoed_and_deep_links_arrive(&bot).await;
    talk::styles_survive_the_way_there_and_back(&bot).await;
    talk::a_button_answers_and_changes_its_message(&bot).await;
    talk::a_number_is_shared_by_a_button(&bot).await;
    talk::pictures_and_documents_go_down_and_up(&bot).await;
    talk::the_menu_is_set(&bot).await;
    talk::an_album_comes_together(&bot).await;
    groups::answers_stay_in_their_topic(&bot).await;
    groups::a_migrated_group_tells_its_new_id(&bot).await;
    errors::texts_that_are_refused(&bot).await;
    errors::chats_that_are_closed(&bot).await;
    errors::a_flood_says_how_long_to_wait(&bot).await;
    errors::a_server_in_trouble(&bot).await;
    bot.updates_came_as_wanted().await;
    bot.nothing_was_odd().await;
}

#[tokio::test]
async fn aiogram_by_polling() {
    all(Library::Aiogram, Delivery::Polling).await;
}

#[tokio::test]
async fn python_telegram_bot_by_polling() {
    all(Library::PythonTelegramBot, Delivery::Polling).await;
}

#[tokio::test]
async fn aiogram_by_webhook() {
    all(Library::Aiogram, Delivery::Webhook).await;
}

#[tokio::test]
async fn aiogram_by_a_webhook_that_it_answers_with_methods() {
    all(Library::Aiogram, Delivery::AnsweredWebhook).await;
}

#[tokio::test]
async fn python_telegram_bot_by_webhook() {
    all(Library::PythonTelegramBot, Delivery::Webhook).await;
}
