//! `/silence SLUG 2h [reason]`; without a slug, a site is asked for by buttons and silenced for the setting's time.

use serde_json::{Value, json};
use waas_platform::clock::random;
use waas_platform::render::{Context, Reader, RenderError};
use waas_platform::telegram::cards::{self, CardKey, Placement};
use waas_platform::telegram::{Button, Priority, Turn, View};

use super::super::Alerts;
use super::{Wish, person};
use crate::access::{Operator, operator};
use crate::front::Front;
use crate::tenants::{self, Slug};

/// Sites on a page of buttons.
const PAGE: i64 = 10;

pub(super) async fn said(turn: Turn, front: Front, alerts: Alerts) -> anyhow::Result<()> {
    let Some(operator) = operator(&turn, &front).await? else {
        return Ok(());
    };
    match Wish::read(turn.incoming().command("silence").unwrap_or_default()) {
        Some(wish) => silence(&turn, &front, &alerts, &operator, wish).await,
        None => ask(&turn, &front, &operator, &random::id().to_string(), None).await,
    }
}

pub(super) async fn picked(turn: Turn, front: Front, alerts: Alerts) -> anyhow::Result<()> {
    let (Some(operator), Some(meaning)) = (operator(&turn, &front).await?, turn.meaning()) else {
        return Ok(());
    };
    let wish = Wish { tenant: meaning.subject.clone(), time: None, reason: None };
    silence(&turn, &front, &alerts, &operator, wish).await
}

pub(super) async fn turn_page(turn: Turn, front: Front) -> anyhow::Result<()> {
    let (Some(operator), Some(meaning)) = (operator(&turn, &front).await?, turn.meaning()) else {
        return Ok(());
    };
    ask(&turn, &front, &operator, &meaning.subject, meaning.args.get("after").and_then(Value::as_str)).await
}

async fn silence(turn: &Turn, front: &Front, alerts: &Alerts, operator: &Operator, wish: Wish) -> anyhow::Result<()> {
    let mut tx = turn.tx().await;
    let slug = match wish.tenant.parse::<Slug>() {
        Ok(slug) => tenants::find(&mut tx, &slug).await?.map(|tenant| tenant.slug),
        Err(_) => None,
    };
    let Some(slug) = slug else {
        drop(tx);
        let context = Context::new().with("name", &wish.tenant);
        return turn.reply(View::text(front.say(operator.reader(), "alerts/tenant_not_found.html", &context)?)).await;
    };
    let silenced = alerts.silence_tenant(&mut tx, &slug, wish.time, wish.reason, &person(operator)).await?;
    drop(tx);
    let context = Context::new()
        .with("tenant", slug.as_str())
        .with("until", &silenced.silence.until)
        .with("reason", &silenced.silence.reason)
        .with("open", &silenced.open);
    turn.reply(View::text(front.say(operator.reader(), "alerts/tenant_silenced.html", &context)?)).await
}

async fn ask(turn: &Turn, front: &Front, operator: &Operator, list: &str, after: Option<&str>) -> anyhow::Result<()> {
    let mut tx = turn.tx().await;
    // One more than is shown tells whether there are more.
    let found = tenants::page(&mut tx, after, PAGE + 1).await?;
    let mut slugs: Vec<String> = found.into_iter().map(|tenant| tenant.slug.to_string()).collect();
    let more = slugs.len() > PAGE as usize;
    slugs.truncate(PAGE as usize);
    let next = slugs.last().filter(|_| more).cloned();
    let view = usage(front, &operator.card_reader(front), &slugs, next.as_deref(), list)?;
    let key = CardKey { kind: "silence_question", subject: list.to_owned() };
    Ok(cards::put(&mut tx, turn.clock(), operator.place(), &key, &view, Priority::Reply, Placement::Here).await?)
}

/// How it is written, with a site that is there, and a button for each.
pub(super) fn usage(
    front: &Front,
    reader: &Reader,
    slugs: &[String],
    next: Option<&str>,
    list: &str,
) -> Result<View, RenderError> {
    let context = Context::new().with("example", &slugs.first());
    let mut view = View::text(front.say(reader, "alerts/silence_usage.html", &context)?);
    for row in slugs.chunks(2) {
        view = view.row(row.iter().map(|slug| Button::press(slug.as_str(), "alert.silence_site", slug)));
    }
    let more = next.map(|slug| {
        Button::press(front.word(reader, "button-more"), "alert.silence_page", list).with(json!({ "after": slug }))
    });
    Ok(view.row(more))
}
