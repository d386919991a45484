//! `/language`: how somebody is spoken to. Language: the one chosen here, else that of the person's app when we speak it,
//! else the house's. Time zone: the one chosen here, else the house's.

use chrono::{DateTime, Utc};
use chrono_tz::{TZ_VARIANTS, Tz};
use waas_platform::db::PgConnection;
use waas_platform::render::{Context, Reader, RenderError};
use waas_platform::telegram::cards::{self, CardKey, Placement};
use waas_platform::telegram::{Button, Place, Priority, Turn, View};

use super::chat::{Caller, caller};
use super::{menu, store};
use crate::front::Front;

/// How somebody wants to be spoken to, as far as they said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tongue {
    /// The language chosen here.
    pub(super) chosen: Option<String>,
    /// The language of the person's app, as Telegram tells it.
    pub(super) app: Option<String>,
    /// The time zone chosen here.
    pub(super) zone: Option<Tz>,
    /// What the menu in the private chat was made of.
    pub(super) menu: Option<String>,
}

impl Tongue {
    /// The person as a reader.
    pub(super) fn reader(&self, front: &Front, now: DateTime<Utc>) -> Reader {
        front.reader_of([self.chosen.as_deref(), self.app.as_deref()], self.zone, now)
    }

    /// The language that the person chose or that their app speaks, when it is one of ours.
    pub(super) fn own(&self, front: &Front) -> Option<&str> {
        [&self.chosen, &self.app].into_iter().flatten().map(String::as_str).find(|tag| front.speaks(tag))
    }

    /// Where the language comes from, for the words that say so.
    fn origin(&self, front: &Front) -> &'static str {
        match (self.own(front), &self.chosen) {
            (None, _) => "house",
            (Some(own), Some(chosen)) if own == chosen => "chosen",
            (Some(_), _) => "app",
        }
    }
}

/// Time zones for one tap, from west to east; every other one can be written. The word of each is in the catalogue.
const ZONES: [(Tz, &str); 5] = [
    (Tz::Europe__London, "zone-london"),
    (Tz::Europe__Berlin, "zone-berlin"),
    (Tz::Europe__Kyiv, "zone-kyiv"),
    (Tz::Europe__Moscow, "zone-moscow"),
    (Tz::Asia__Yekaterinburg, "zone-yekaterinburg"),
];

/// What is chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Choice {
    /// A language of ours.
    Language(String),
    /// No language: the app's counts again.
    AsApp,
    /// A time zone.
    Zone(Tz),
}

impl Choice {
    /// As typed behind the command: `de`, `Deutsch`, `Europe/Vienna`, whatever its case.
    fn read(front: &Front, text: &str) -> Option<Self> {
        let words = front.renderer().words();
        let by_name = words.languages().find(|tag| name_of(front, tag).to_lowercase() == text.to_lowercase());
        let language = by_name.or_else(|| words.serves(text)).map(|tag| Self::Language(tag.to_owned()));
        let zone = || TZ_VARIANTS.into_iter().find(|zone| zone.name().eq_ignore_ascii_case(text)).map(Self::Zone);
        language.or_else(zone)
    }
}

/// A language by the name that its speakers give it.
fn name_of(front: &Front, tag: &str) -> String {
    front.renderer().words().text(tag, "language-name", &[])
}

/// `/language [LANGUAGE or ZONE]`
pub(super) async fn command(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(caller) = caller(&turn, &front).await? else {
        return Ok(());
    };
    let asked = turn.incoming().command("language").unwrap_or_default().trim().to_owned();
    if asked.is_empty() {
        return show(&turn, &front, &caller, Placement::Anew).await;
    }
    let Some(choice) = Choice::read(&front, &asked) else {
        let asked: String = asked.chars().take(64).collect();
        let context = Context::new().with("asked", &asked);
        return turn.reply(View::text(front.say(&caller.reader, "access/language_unknown.html", &context)?)).await;
    };
    let caller = choose(&turn, &front, caller, &choice).await?;
    show(&turn, &front, &caller, Placement::Anew).await
}

/// A button of the card.
pub(super) async fn pressed(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(caller) = caller(&turn, &front).await? else {
        return Ok(());
    };
    let meant = turn.meaning().map(|meaning| meaning.args["choice"].as_str().unwrap_or_default().to_owned());
    let choice = match meant.as_deref() {
        None => return Ok(()),
        Some("") => Choice::AsApp,
        Some(text) => match Choice::read(&front, text) {
            Some(choice) => choice,
            None => return Ok(()),
        },
    };
    let caller = choose(&turn, &front, caller, &choice).await?;
    show(&turn, &front, &caller, Placement::Here).await?;
    let words = match choice {
        Choice::Language(_) | Choice::AsApp => front.word(&caller.reader, "access-language-set"),
        Choice::Zone(zone) => {
            let zone = zone_name(&front, &caller.reader, zone);
            front.word_with(&caller.reader, "access-zone-set", &[("zone", zone.into())])
        }
    };
    turn.toast(words).await;
    Ok(())
}

/// Keeps the choice; the caller as they are spoken to from now on.
async fn choose(turn: &Turn, front: &Front, caller: Caller, choice: &Choice) -> anyhow::Result<Caller> {
    let person = caller.person.id;
    let mut tx = turn.tx().await;
    match choice {
        Choice::Language(tag) => store::choose_language(&mut tx, person, Some(tag)).await?,
        Choice::AsApp => store::choose_language(&mut tx, person, None).await?,
        Choice::Zone(zone) => store::choose_zone(&mut tx, person, *zone).await?,
    }
    let tongue = store::tongue(&mut tx, person).await?;
    let reader = tongue.reader(front, turn.now());
    let place = Place::private(caller.place.bot, person);
    menu::keep(&mut tx, front, place, caller.member.as_ref(), &tongue, &reader).await?;
    Ok(Caller { own_language: tongue.own(front).map(str::to_owned), reader, ..caller })
}

async fn show(turn: &Turn, front: &Front, caller: &Caller, placement: Placement) -> anyhow::Result<()> {
    let mut tx = turn.tx().await;
    let tongue = store::tongue(&mut tx, caller.person.id).await?;
    let view = view(front, &caller.reader, caller.person.id, &tongue)?;
    put(&mut tx, turn, caller, &view, placement).await
}

async fn put(
    conn: &mut PgConnection,
    turn: &Turn,
    caller: &Caller,
    view: &View,
    placement: Placement,
) -> anyhow::Result<()> {
    let key = CardKey { kind: "language", subject: caller.person.id.to_string() };
    Ok(cards::put(conn, turn.clock(), caller.place, &key, view, Priority::Reply, placement).await?)
}

/// The card, with what is chosen ticked. Only whom it is about may press.
pub(super) fn view(front: &Front, reader: &Reader, person: i64, tongue: &Tongue) -> Result<View, RenderError> {
    let context = Context::new()
        .with("by", tongue.origin(front))
        .with("place", &zone_name(front, reader, reader.zone))
        .with("time", &reader.now);
    let press = |label: String, ticked: bool, choice: &str| {
        let label = if ticked { format!("✓ {label}") } else { label };
        Button::press(label, "access.tongue", person).with(serde_json::json!({ "choice": choice })).only_for(person)
    };
    let chosen = tongue.chosen.as_deref();
    let words = front.renderer().words();
    let languages: Vec<Button> =
        words.languages().map(|tag| press(name_of(front, tag), chosen == Some(tag), tag)).collect();
    let mut view = View::text(front.say(reader, "access/language.html", &context)?).row(languages).row([press(
        front.word(reader, "button-as-app"),
        chosen.is_none(),
        "",
    )]);
    for row in zones(front).chunks(2) {
        view = view.row(row.iter().map(|zone| {
            let label = zone_name(front, reader, *zone);
            press(label, reader.zone == *zone, zone.name())
        }));
    }
    Ok(view)
}

/// The house's own zone first when it is none of the usual.
fn zones(front: &Front) -> Vec<Tz> {
    let house = front.zone();
    let usual = ZONES.map(|(zone, _)| zone);
    std::iter::once(house).filter(|zone| !usual.contains(zone)).chain(usual).collect()
}

fn zone_name(front: &Front, reader: &Reader, zone: Tz) -> String {
    let known = ZONES.into_iter().find(|(known, _)| *known == zone);
    known.map_or_else(|| zone.name().to_owned(), |(_, key)| front.word(reader, key))
}

#[cfg(test)]
mod tests;
