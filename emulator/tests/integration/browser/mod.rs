//! The page in a real browser: people chat through a bot that each scene plays itself.

mod access;
mod driver;
mod scenes;

use crate::server::{BOT, Server};
use driver::{DOWN, ENTER, ESCAPE, TAB, UP, browse};
use scenes::{Bot, picture, picture_file, shop};
use serde_json::json;
use std::path::PathBuf;

#[tokio::test]
async fn two_people_side_by_side_talk_through_a_bot() {
    browse(|page| async move {
        let server = page.server.clone();
        let (ann, bo) = (server.stranger("Ann Weber").await, server.person("Bo").await);
        let mut bot = Bot::of(&server);
        page.goto(&format!("/desk?people={ann}:{BOT},{bo}:{BOT}")).await;
        let [hers, his] = [1, 2].map(|n| format!(".pane:nth-of-type({n})"));

        page.click(&format!("{hers} .start")).await;
        assert_eq!(bot.hears_text().await, "/start");
        page.types(&format!("{hers} textarea"), &format!("Is Bo there?{ENTER}")).await;
        let heard = bot.hears_text().await;
        bot.says(bo, &format!("Ann: {heard}"), json!({})).await;
        page.reads(&format!("{his} .bubble"), "Ann: Is Bo there?").await;
        let told = bot.says(ann, "Looking for Bo …", json!({})).await;
        page.reads(&format!("{hers} .bubble"), "Looking for Bo …").await;
        server.ok("editMessageText", json!({"chat_id": ann, "message_id": told, "text": "Bo has read it."})).await;
        page.reads(&format!("{hers} .message:last-child"), "Bo has read it.").await;
        page.reads(&format!("{hers} .message:last-child .when"), "edited").await;
        assert!(!page.text("body").await.contains("Looking for Bo"));
        page.shot("two-people").await;
    })
    .await;
}

#[tokio::test]
async fn contacts_places_and_pictures_are_shared() {
    browse(|page| async move {
        let server = page.server.clone();
        let ann = server.person("Ann Weber").await;
        let mut bot = Bot::of(&server);
        page.goto(&format!("/?as={ann}&chat={BOT}")).await;
        let keyboard = json!({"keyboard": [[{"text": "My number", "request_contact": true}], ["Later", "Never"]]});
        bot.says(ann, "How can we call you?", keyboard).await;
        page.click(".reply-keys [data-share=contact]").await;
        page.shot("share-contact").await;
        page.click("#ask [value=yes]").await;
        let contact = bot.hears().await["message"]["contact"].clone();
        assert_eq!((&contact["user_id"], &contact["first_name"]), (&json!(ann), &json!("Ann Weber")));
        bot.says(ann, "Thank you", json!({"remove_keyboard": true})).await;
        page.misses(".reply-keys").await;

        page.click("[data-attach]").await;
        page.click(".attachments [data-share=location]").await;
        page.click("#place [value=yes]").await;
        assert_eq!(bot.hears().await["message"]["location"]["latitude"], json!(52.5219));

        page.types("textarea", "our front").await;
        let (folder, file) = picture_file();
        page.uploads("input[name=photo]", &file).await;
        let photo = bot.hears().await["message"].clone();
        assert_eq!((&photo["caption"], photo["photo"].is_array()), (&json!("our front"), true));
        drop(folder);
        page.until("document.querySelector('.photo img')?.naturalWidth > 0").await;

        bot.sends_file(ann, "sendDocument", "document", "contract.pdf", b"%PDF".to_vec()).await;
        bot.sends_file(ann, "sendPhoto", "photo", "plot.png", picture(320, 160)).await;
        page.sees(".document[download='contract.pdf']").await;
        page.until("document.querySelectorAll('.photo img').length == 2").await;
        page.shot("files").await;
    })
    .await;
}

#[tokio::test]
async fn a_key_spins_until_the_bot_has_answered() {
    browse(|page| async move {
        let server = page.server.clone();
        let ann = server.person("Ann").await;
        let mut bot = Bot::of(&server);
        let card = json!({"inline_keyboard": [[{"text": "Take", "callback_data": "t"}, {"text": "Why", "callback_data": "w"}]]});
        let id = bot.says(ann, "A lead", card.clone()).await;
        page.goto(&format!("/?as={ann}&chat={BOT}")).await;

        page.click(".key[data-column='0']").await;
        page.sees(".key.busy[aria-busy=true]").await;
        let query = bot.hears().await["callback_query"]["id"].clone();
        let edit = json!({"chat_id": ann, "message_id": id, "text": "A lead, taken", "reply_markup": card});
        server.ok("editMessageText", edit).await;
        page.reads(".bubble", "A lead, taken").await;
        page.shot("spinner").await;
        page.until("document.querySelectorAll('.key.busy').length == 1").await;
        server.ok("answerCallbackQuery", json!({"callback_query_id": query, "text": "It is yours"})).await;
        page.reads(".toast", "It is yours").await;
        page.misses(".key.busy").await;

        page.click(".key[data-column='1']").await;
        let query = bot.hears().await["callback_query"]["id"].clone();
        let answer = json!({"callback_query_id": query, "text": "Because it pays", "show_alert": true});
        server.ok("answerCallbackQuery", answer).await;
        page.reads("#ask[open] p", "Because it pays").await;
        page.keys(ENTER).await;
        page.misses("#ask").await;
    })
    .await;
}

#[tokio::test]
async fn a_deep_link_opens_its_bot_in_the_same_pane() {
    browse(|page| async move {
        let server = page.server.clone();
        let (ann, bo) = (server.stranger("Ann").await, server.stranger("Bo").await);
        let group = json!({"type": "group", "title": "Family", "members": [ann, bo]});
        let group = server.drive("chats", group).await["id"].as_i64().unwrap();
        let link = format!("Look: https://t.me/{BOT}?start=onb_7");
        server.drive("send", json!({"from": bo, "chat": group, "text": link})).await;
        let mut bot = Bot::of(&server);
        page.goto(&format!("/desk?people={bo},{ann}:{group}")).await;
        page.click(".pane:nth-of-type(2) .text a").await;
        assert_eq!(bot.hears_text().await, "/start onb_7");
        page.reads(".pane:nth-of-type(2) .own .text", "/start onb_7").await;
        page.until(&format!("location.search === '?people={bo},{ann}:{BOT}'")).await;
        // What the address says is shown again after a reload, and by the way back what was there before.
        page.asks("history.back()").await;
        page.reads(".pane:nth-of-type(2) .message", "Look:").await;
    })
    .await;
}

#[tokio::test]
async fn topics_are_read_written_and_closed() {
    browse(|page| async move {
        let server = page.server.clone();
        let forum = shop(&server).await;
        let mut bot = Bot::of(&server);
        page.goto(&format!("/?as={}&chat={}", forum.bo, forum.id)).await;
        page.reads(".topics", "General").await;
        let leads = format!(".topics [data-open$=':{}']", forum.leads);
        page.reads(&format!("{leads} .badge"), "1").await;
        page.click(&leads).await;
        page.reads(".messages", "A new lead").await;
        page.misses(&format!("{leads} .badge")).await;
        assert!(!page.text(".messages").await.contains("All is well"));
        page.types("textarea", &format!("I take it{ENTER}")).await;
        let heard = bot.hears().await["message"].clone();
        assert_eq!((&heard["message_thread_id"], &heard["text"]), (&json!(forum.leads), &json!("I take it")));

        let elsewhere = json!({"chat_id": forum.id, "text": "Elsewhere"});
        server.ok("sendMessage", elsewhere).await;
        page.reads(".topics [data-open$=':1'] .badge", "1").await;
        page.reads(".topics .preview", "Elsewhere").await;
        page.shot("topics").await;
        server.ok("closeForumTopic", json!({"chat_id": forum.id, "message_thread_id": forum.leads})).await;
        page.reads(".composer", "This topic is closed").await;
        page.reads(".topics .title", "(closed)").await;
    })
    .await;
}

#[tokio::test]
async fn a_group_is_made_and_its_members_change_under_their_eyes() {
    browse(|page| async move {
        let server = page.server.clone();
        let (ann, bo) = (server.person("Ann").await, server.person("Bo").await);
        page.goto(&format!("/desk?people={bo},{ann}")).await;
        page.click(".pane:nth-of-type(1) [data-dialog=group]").await;
        page.types("#group [name=title]", "Studio North").await;
        page.click(&format!("#group [name=member][value='{ann}']")).await;
        page.click("#group .wide-button").await;
        page.reads(".pane:nth-of-type(2) .title", "Studio North").await;
        page.click(".pane:nth-of-type(1) [data-dialog=topic]").await;
        page.types("#topic [name=name]", &format!("Leads{ENTER}")).await;
        page.reads(".pane:nth-of-type(1) .head h2", "Leads").await;

        page.click(".pane:nth-of-type(1) [data-members]").await;
        page.shot("members").await;
        page.click(&format!("#members [data-member='{ann}'][data-standing=kicked]")).await;
        page.sees(&format!("#members [data-member='{ann}'][data-standing=member]")).await;
        page.until("!document.querySelector('.pane:nth-of-type(2)').textContent.includes('Studio North')").await;
    })
    .await;
}

#[tokio::test]
async fn the_panel_sets_faults_and_the_clock_and_shows_each_call() {
    browse(|page| async move {
        let server = page.server.clone();
        let ann = server.person("Ann").await;
        page.goto(&format!("/?as={ann}&chat={BOT}")).await;
        page.click(".tool[data-panel]").await;
        page.click(".new-fault summary").await;
        page.types("[data-new-fault] [name=method]", "sendMessage").await;
        page.types("[data-new-fault] [name=status]", "502").await;
        page.types("[data-new-fault] [name=description]", "Bad Gateway").await;
        page.click("[data-new-fault] .wide-button").await;
        page.reads(".faults", "sendMessage").await;

        let refused = server.refused("sendMessage", json!({"chat_id": ann, "text": "lost"})).await;
        assert_eq!(refused, "502 Bad Gateway");
        page.reads(".call.trouble", "Bad Gateway").await;
        page.reads(".faults", "struck 1 of 1").await;
        server.bot_says(ann, "arrived").await;
        page.reads(".call:first-child .verdict", "ok").await;
        page.click(".filter [name=trouble]").await;
        page.until("document.querySelectorAll('.call').length == 1").await;
        page.click(".call summary").await;
        page.reads(".call[open] pre", "lost").await;
        page.shot("panel").await;
        page.click("[data-remove-fault]").await;
        page.misses(".faults li").await;

        page.click("[data-advance='86400']").await;
        page.reads("[data-ahead]", "1 d from real time").await;
        assert_eq!(server.look("clock").await["offset_ms"], json!(86_400_000));
        page.click("[data-advance=real]").await;
        page.reads("[data-ahead]", "real time").await;
        page.until("!document.querySelector('[data-ahead]').textContent.includes('from')").await;
    })
    .await;
}

#[tokio::test]
async fn everything_goes_by_keyboard() {
    browse(|page| async move {
        let server = page.server.clone();
        let ann = server.person("Ann").await;
        let commands = json!([
            {"command": "leads", "description": "Who wants a site"},
            {"command": "status", "description": "How all is"},
            {"command": "start", "description": "Begin"}
        ]);
        server.ok("setMyCommands", json!({"commands": commands})).await;
        server.confirm_all().await;
        let mut bot = Bot::of(&server);
        page.goto(&format!("/?as={ann}")).await;
        page.asks("document.querySelector('.entry').focus()").await;
        page.keys(ENTER).await;
        page.until("document.activeElement.matches('textarea')").await;
        page.keys("/s").await;
        page.until("document.querySelectorAll('.commands [role=option]:not([hidden])').length == 2").await;
        page.keys(DOWN).await;
        page.reads(".commands [aria-selected=true]", "/start").await;
        page.shot("commands").await;
        page.keys(UP).await;
        page.keys(ENTER).await;
        assert_eq!(bot.hears_text().await, "/status");
        page.misses(".commands").await;
        page.keys(&format!("/l{ESCAPE}")).await;
        page.misses(".commands").await;
        page.asks("document.querySelector('textarea').value = ''").await;
        page.keys(&format!("helo{ENTER}")).await;
        assert_eq!(bot.hears_text().await, "helo");
        page.reads(".own", "helo").await;
        page.keys(UP).await;
        page.reads(".context:not([hidden])", "Edit").await;
        page.keys(&format!("!{ENTER}")).await;
        assert_eq!(bot.hears().await["edited_message"]["text"], json!("helo!"));
        page.reads(".own .text", "helo!").await;
        page.keys(TAB).await;
        page.until("getComputedStyle(document.activeElement).outlineStyle === 'solid'").await;
    })
    .await;
}

#[tokio::test]
async fn on_a_phone_nothing_is_wider_than_the_screen() {
    browse(|page| async move {
        let server = page.server.clone();
        let forum = shop(&server).await;
        let (ann, bo) = (forum.ann, forum.bo);
        page.on_a_phone().await;
        for (name, path) in [
            ("welcome", "/".to_owned()),
            ("chats", format!("/?as={bo}")),
            ("chat", format!("/?as={ann}&chat={BOT}")),
            ("topics", format!("/?as={bo}&chat={}", forum.id)),
            ("topic", format!("/?as={bo}&chat={}&topic={}", forum.id, forum.leads)),
            ("desk", format!("/desk?people={ann}:{BOT},{bo}")),
            ("panel", format!("/?as={bo}&panel=1")),
            ("panel-alone", "/panel".to_owned()),
        ] {
            page.goto(&path).await;
            page.until("document.readyState === 'complete'").await;
            page.shot(&format!("phone-{name}")).await;
            let wide = "return [...document.querySelectorAll('html, body, main, .pane, .side, .entries, .chat, .messages, .composer, .panel')]
                .filter((e) => e.scrollWidth > Math.min(e.clientWidth, innerWidth) + 1).map((e) => e.className || e.tagName)";
            assert_eq!(page.asks(wide).await, json!([]), "{path}");
        }
        page.goto(&format!("/desk?people={ann}:{BOT},{bo}")).await;
        page.click(".tab[data-show='1']").await;
        page.reads(".pane.shown .who", "Bo").await;
        page.click(&format!(".pane.shown .entry[data-open$=':{BOT}']")).await;
        page.click(".pane.shown .back").await;
        page.sees(".pane.shown .entries").await;
    })
    .await;
}

#[tokio::test]
async fn the_language_of_somebodys_app_is_changed_where_they_stand() {
    browse(|page| async move {
        let server = page.server.clone();
        let (ann, bo) = (server.person("Ann").await, server.person("Bo").await);
        let mut bot = Bot::of(&server);
        page.goto(&format!("/desk?people={ann}:{BOT},{bo}")).await;
        let chosen = format!(".pane:nth-of-type(1) [data-language='{ann}']");
        assert_eq!(page.asks(&format!("return document.querySelector(\"{chosen}\").value")).await, json!("en"));
        // As a person does it: by keyboard, in the list that the browser opens.
        page.types(&chosen, "Deu").await;
        page.until(&format!("document.querySelector(\"{chosen}\").value === 'de'")).await;
        page.shot("language").await;
        page.types(".pane:nth-of-type(1) textarea", &format!("Guten Tag{ENTER}")).await;
        let heard = bot.hears().await["message"].clone();
        assert_eq!((&heard["text"], &heard["from"]["language_code"]), (&json!("Guten Tag"), &json!("de")));
        // What is drawn anew shows it still, and the others speak as before.
        page.until(&format!("document.querySelector(\"{chosen}\").value === 'de'")).await;
        page.goto("/").await;
        page.reads(&format!(".people a[href='/?as={ann}']"), "Deutsch").await;
        page.reads(&format!(".people a[href='/?as={bo}']"), "English").await;
        page.goto(&format!("/?as={ann}")).await;
        page.on_a_phone().await;
        page.shot("phone-language").await;
        page.is_usable_by_anybody("the list with its language on a phone").await;
    })
    .await;
}

#[tokio::test]
async fn panes_of_a_desk_are_closed_on_a_phone_too() {
    browse(|page| async move {
        let server = page.server.clone();
        let (ann, bo, eva) = (server.person("Ann").await, server.person("Bo").await, server.person("Eva").await);
        page.on_a_phone().await;
        page.goto(&format!("/desk?people={ann}:{BOT},{bo}:{BOT},{eva}")).await;
        // Only the one in front is closed by its tab, also while a chat is open in it.
        let shown = "return [...document.querySelectorAll('.close-tab')].map((e) => e.offsetParent !== null)";
        assert_eq!(page.asks(shown).await, json!([true, false, false]));
        page.click(".tab[data-show='1']").await;
        assert_eq!(page.asks(shown).await, json!([false, true, false]));
        page.shot("phone-close").await;
        page.is_usable_by_anybody("a desk of three on a phone").await;
        page.click(".close-tab[data-close-at='1']").await;
        page.until(&format!("location.search === '?people={ann}:{BOT},{eva}'")).await;
        page.click(".tab[data-show='1']").await;
        page.click(".close-tab[data-close-at='1']").await;
        // The last one has no tab, and nothing to be closed.
        page.until(&format!("location.search === '?as={ann}&chat={BOT}'")).await;
        page.sees(".pane.shown .composer").await;
        assert_eq!(page.asks("return document.querySelectorAll('.close-tab, .close-pane').length > 0 && [...document.querySelectorAll('.close-tab, .close-pane')].some((e) => e.offsetParent !== null)").await, json!(false));
        page.shot("phone-last").await;
    })
    .await;
}

#[tokio::test]
async fn every_view_is_usable_by_anybody_in_light() {
    every_view_in("light").await;
}

#[tokio::test]
async fn every_view_is_usable_by_anybody_in_dark() {
    every_view_in("dark").await;
}

/// Each view as the system's colours make it, and once more with something opened in it.
async fn every_view_in(colours: &'static str) {
    browse(move |page| async move {
        let server = page.server.clone();
        let forum = shop(&server).await;
        let (ann, bo) = (forum.ann, forum.bo);
        server.drive("faults", json!({"fault": "fail", "method": "sendPhoto", "status": 500})).await;
        server.call("sendMessage", json!({"chat_id": ann, "text": ""})).await;
        page.in_colours(colours).await;
        for (name, path, opened) in [
            ("welcome", "/".to_owned(), "summary"),
            ("chat", format!("/?as={ann}&chat={BOT}&panel=1"), ".new-fault summary"),
            ("desk", format!("/desk?people={ann}:{BOT},{bo}:{}:{}", forum.id, forum.leads), "[data-menu]"),
            ("all-messages", format!("/?as={bo}&chat={}&topic=all", forum.id), "[data-attach]"),
            ("add", format!("/?as={bo}"), "[data-dialog=add]"),
            ("group", format!("/?as={bo}"), "[data-dialog=group]"),
            ("topic", format!("/?as={bo}&chat={}", forum.id), "[data-dialog=topic]"),
            ("members", format!("/?as={bo}&chat={}", forum.id), "[data-members]"),
            ("actions", format!("/?as={ann}&chat={BOT}"), ".message:last-child .more"),
            ("panel", "/panel".to_owned(), ".call summary"),
        ] {
            page.goto(&path).await;
            page.until("document.documentElement.dataset.theme === 'auto'").await;
            page.shot(&format!("{colours}-{name}")).await;
            page.is_usable_by_anybody(&format!("{path} in {colours}")).await;
            page.asks(&format!("document.querySelector({}).click()", json!(opened))).await;
            page.shot(&format!("{colours}-{name}-open")).await;
            page.is_usable_by_anybody(&format!("{path} in {colours}, {opened} open")).await;
        }
        assert_eq!(page.colour_scheme().await, "light dark");
        // The switch wins over the system, and lasts.
        for chosen in ["light", "dark"] {
            page.click("[data-theme-switch]").await;
            page.goto("/panel").await;
            assert_eq!(page.colour_scheme().await, chosen);
        }
    })
    .await;
}
