//! Commands and buttons: `/alerts`, `/alert ID`, `/silence SLUG 2h [reason]`, and what the card's buttons do.

mod silence;

use chrono::{DateTime, Duration, Utc};
use serde::Serialize;
use waas_platform::render::{Context, Reader};
use waas_platform::telegram::turn::{Branch, command, press};
use waas_platform::telegram::{Button, Turn, View};

use super::model::{Alert, Refused, Status};
use super::{Acted, Alerts, Incident, Name, Person, Verb, card};
use crate::access::{Operator, colleague, operator};
use crate::front::Front;

/// Open alerts that one message lists.
const LISTED: i64 = 20;

/// The branches of this capability.
pub fn branches() -> Vec<Branch> {
    vec![
        command("alerts").endpoint(list),
        command("alert").endpoint(show_named),
        command("silence").endpoint(silence::said),
        press("alert.silence_site").endpoint(silence::picked),
        press("alert.silence_page").endpoint(silence::turn_page),
        press("alert.show").endpoint(show_pressed),
        press("alert.ack")
            .endpoint(|turn: Turn, front: Front, alerts: Alerts| act(turn, front, alerts, Verb::Ack(None))),
        press("alert.unack").endpoint(|turn: Turn, front: Front, alerts: Alerts| act(turn, front, alerts, Verb::Unack)),
        press("alert.silence")
            .endpoint(|turn: Turn, front: Front, alerts: Alerts| act(turn, front, alerts, Verb::Silence(None, None))),
        press("alert.unsilence")
            .endpoint(|turn: Turn, front: Front, alerts: Alerts| act(turn, front, alerts, Verb::Unsilence)),
        press("alert.resolve")
            .endpoint(|turn: Turn, front: Front, alerts: Alerts| act(turn, front, alerts, Verb::Resolve)),
    ]
}

/// An operator as the card and the audit name them.
pub fn person(operator: &Operator) -> Person {
    Person { actor: operator.actor(), name: operator.caller().person.first_name.clone() }
}

/// What was done, for the notice that says so.
#[derive(Clone, Copy)]
enum Did {
    Ack,
    Unack,
    Silence,
    Unsilence,
    Resolve,
}

impl Did {
    const fn words(self) -> &'static str {
        match self {
            Self::Ack => "alerts-did-ack",
            Self::Unack => "alerts-did-unack",
            Self::Silence => "alerts-did-silence",
            Self::Unsilence => "alerts-did-unsilence",
            Self::Resolve => "alerts-did-resolve",
        }
    }

    /// Until when it holds: of an acknowledgement and a silence, the one that was meant.
    fn until(self, alert: &Alert) -> Option<DateTime<Utc>> {
        match self {
            Self::Ack => alert.ack.as_ref().and_then(|ack| ack.until),
            Self::Silence => alert.silence.as_ref().map(|silence| silence.until),
            Self::Unack | Self::Unsilence | Self::Resolve => None,
        }
    }
}

async fn act(turn: Turn, front: Front, alerts: Alerts, verb: Verb) -> anyhow::Result<()> {
    let Some(operator) = operator(&turn, &front).await? else {
        return Ok(());
    };
    let Some(name) = subject(&turn) else {
        return Ok(());
    };
    let did = match &verb {
        Verb::Ack(_) => Did::Ack,
        Verb::Unack => Did::Unack,
        Verb::Silence(..) => Did::Silence,
        Verb::Unsilence => Did::Unsilence,
        Verb::Resolve => Did::Resolve,
    };
    let reader = operator.reader();
    let mut tx = turn.tx().await;
    if turn.meaning().is_some_and(|meaning| meaning.late) {
        let present =
            super::find(&mut tx, name).await?.filter(|one| !card::offers(one.alert.status(reader.now), &verb));
        if let Some(incident) = present {
            drop(tx);
            turn.toast(standing(&front, &operator, &incident)).await;
            return Ok(());
        }
    }
    let outcome = alerts.act(&mut tx, name, verb, &person(&operator)).await?;
    drop(tx);
    let words = match outcome {
        Acted::Done(incident) => {
            let until = did.until(&incident.alert).unwrap_or(reader.now);
            let until = front.renderer().words().local_time(&reader.lang, until, reader.zone, "time-date-time");
            front.word_with(reader, did.words(), &[("until", until.into())])
        }
        Acted::Refused(_, refused) => refusal(&front, reader, &refused),
        Acted::NotFound => front.word(reader, "alerts-gone"),
    };
    turn.toast(words).await;
    Ok(())
}

/// What somebody is told whose button stood on the screen longer than it made sense: how it stands now.
fn standing(front: &Front, operator: &Operator, incident: &Incident) -> String {
    let reader = operator.reader();
    let key = match incident.alert.status(reader.now) {
        Status::Firing => "alerts-refused-not-acked",
        Status::Acked => match incident.alert.live_ack(reader.now) {
            Some(ack) if !ack.by.is_same_person_as(&person(operator).on_card()) => {
                return refusal(front, reader, &Refused::AckedBy(ack.by.clone()));
            }
            _ => "alerts-refused-yours",
        },
        Status::Silenced => "alerts-refused-silenced",
        Status::Resolved => "alerts-refused-resolved",
    };
    front.word(reader, key)
}

/// Why nothing was changed, in words.
pub fn refusal(front: &Front, reader: &Reader, refused: &Refused) -> String {
    let key = match refused {
        Refused::Resolved => "alerts-refused-resolved",
        Refused::AckedBy(other) => {
            return front.word_with(reader, "alerts-refused-acked-by", &[("by", other.name.as_str().into())]);
        }
        Refused::NotAcked => "alerts-refused-not-acked",
        Refused::NotSilenced => "alerts-refused-not-silenced",
        Refused::InThePast | Refused::NothingLapsed => "alerts-refused-past",
    };
    front.word(reader, key)
}

#[derive(Serialize)]
struct Listed<'a> {
    mark: &'static str,
    number: i64,
    tenant: &'a str,
    title: String,
    words: &'static str,
    by: &'a str,
    starts_at: chrono::DateTime<chrono::Utc>,
}

async fn list(turn: Turn, front: Front) -> anyhow::Result<()> {
    let Some(colleague) = colleague(&turn, &front).await? else {
        return Ok(());
    };
    let mut tx = turn.tx().await;
    let mut open = super::page(&mut tx, false, None, LISTED + 1).await?;
    drop(tx);
    let more = open.len() > usize::try_from(LISTED).unwrap_or(usize::MAX);
    open.truncate(usize::try_from(LISTED).unwrap_or(usize::MAX));
    turn.reply(list_view(&front, colleague.reader(), &open, more)?).await
}

fn list_view(front: &Front, reader: &Reader, open: &[Incident], more: bool) -> anyhow::Result<View> {
    let listed: Vec<Listed<'_>> = open.iter().map(|incident| listed(front, reader, incident)).collect();
    let context = Context::new().with("alerts", &listed).with("more", &more);
    let mut view = View::text(front.say(reader, "alerts/list.html", &context)?);
    for row in open.chunks(4) {
        view = view.row(row.iter().map(|one| Button::press(format!("#{}", one.number), "alert.show", one.id)));
    }
    Ok(view)
}

fn listed<'a>(front: &Front, reader: &Reader, incident: &'a Incident) -> Listed<'a> {
    let now = reader.now;
    let alert = &incident.alert;
    let (words, by) = match alert.status(now) {
        Status::Firing => ("alerts-status-firing", ""),
        Status::Acked => ("alerts-status-acked", alert.ack.as_ref().map_or("", |ack| &ack.by.name)),
        Status::Silenced => ("alerts-status-silenced", alert.silence.as_ref().map_or("", |silence| &silence.by.name)),
        Status::Resolved => ("alerts-status-resolved", ""),
    };
    Listed {
        mark: card::mark(incident, now),
        number: incident.number,
        tenant: &incident.tenant,
        title: incident.title.words(front, reader).chars().take(80).collect(),
        words,
        by,
        starts_at: alert.starts_at,
    }
}

async fn show_named(turn: Turn, front: Front, alerts: Alerts) -> anyhow::Result<()> {
    let Some(colleague) = colleague(&turn, &front).await? else {
        return Ok(());
    };
    let said = turn.incoming().command("alert").unwrap_or_default().to_owned();
    if said.is_empty() {
        // Which one? The list has a button for each.
        return list(turn, front).await;
    }
    let mut tx = turn.tx().await;
    let found = match said.parse() {
        Ok(name) => super::find(&mut tx, name).await?,
        Err(super::NoName) => None,
    };
    if let Some(incident) = found {
        return alerts.show(&mut tx, &turn, &incident, &colleague).await;
    }
    drop(tx);
    let context = Context::new().with("name", &said);
    turn.reply(View::text(front.say(colleague.reader(), "alerts/not_found.html", &context)?)).await
}

async fn show_pressed(turn: Turn, front: Front, alerts: Alerts) -> anyhow::Result<()> {
    let Some(colleague) = colleague(&turn, &front).await? else {
        return Ok(());
    };
    let Some(name) = subject(&turn) else {
        return Ok(());
    };
    let mut tx = turn.tx().await;
    if let Some(incident) = super::find(&mut tx, name).await? {
        return alerts.show(&mut tx, &turn, &incident, &colleague).await;
    }
    drop(tx);
    turn.toast(front.word(colleague.reader(), "alerts-gone")).await;
    Ok(())
}

/// What stands behind `/silence`.
#[derive(Debug, PartialEq, Eq)]
struct Wish {
    tenant: String,
    time: Option<Duration>,
    reason: Option<String>,
}

impl Wish {
    /// `None` when it names no tenant, or a time that is none.
    fn read(said: &str) -> Option<Self> {
        let (tenant, rest) = said.split_once(char::is_whitespace).unwrap_or((said, ""));
        let (time, reason) = rest.trim().split_once(char::is_whitespace).unwrap_or((rest.trim(), ""));
        if tenant.is_empty() {
            return None;
        }
        let time = if time.is_empty() { None } else { Some(length(time)?) };
        let reason = Some(reason.trim().to_owned()).filter(|reason| !reason.is_empty());
        Some(Self { tenant: tenant.to_owned(), time, reason })
    }
}

/// Reads a length of time as people type it: `90s`, `30m`, `2h`, `1d`; above zero, at most a year.
pub fn length(text: &str) -> Option<Duration> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let count: i64 = text[..digits].parse().ok()?;
    let seconds = match &text[digits..] {
        "s" => 1,
        "m" | "min" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    let seconds = count.checked_mul(seconds)?;
    (1..=366 * 86_400).contains(&seconds).then(|| Duration::seconds(seconds))
}

fn subject(turn: &Turn) -> Option<Name> {
    turn.meaning()?.subject.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::model::{Ack, Actor, Alert, Silence};
    use super::super::notice::{Severity, Source};
    use super::*;
    use crate::front::aloud::{front, in_every_language, screen};

    fn incident(number: i64, severity: Severity) -> Incident {
        Incident {
            id: uuid::Uuid::nil(),
            number,
            tenant: "new_salon".to_owned(),
            source: Source::Own,
            fingerprint: "f".to_owned(),
            service: None,
            title: "Disk <full>".into(),
            description: None,
            url: None,
            log_tail: None,
            resolved_by: None,
            alert: Alert {
                severity,
                count: 1,
                starts_at: "2026-11-20T09:00:00Z".parse().expect("a time"),
                ends_at: None,
                resolved_at: None,
                ack: None,
                silence: None,
            },
        }
    }

    #[test]
    fn every_answer_stands_whole() {
        let front = front();
        let now = "2026-11-20T09:05:00Z".parse().expect("a time");
        let mut taken = incident(2, Severity::Warning);
        let by = Actor { id: Some(1), name: "Bo".to_owned() };
        taken.alert.ack = Some(Ack { by: by.clone(), at: now, until: None });
        let mut quiet = incident(3, Severity::Info);
        let until = now + Duration::hours(1);
        quiet.alert.silence = Some(Silence { by, at: now, until, reason: None });
        let open = [incident(1, Severity::Critical), taken, quiet];
        insta::assert_snapshot!(in_every_language(&front, now, |reader| {
            let list = |open: &[Incident], more| screen(&list_view(&front, reader, open, more).expect("a list"));
            let say =
                |layout: &str, context: Context| front.say(reader, layout, &context).expect("an answer").to_string();
            let silenced = |open: usize, reason: Option<&str>| {
                let context = Context::new().with("tenant", "new_salon").with("until", &until);
                say("alerts/tenant_silenced.html", context.with("reason", &reason).with("open", &open))
            };
            let answers = [
                list(&[], false),
                list(&open[..1], false),
                list(&open, true),
                say("alerts/not_found.html", Context::new().with("name", "<7>")),
                say("alerts/tenant_not_found.html", Context::new().with("name", "a&b")),
                screen(&silence::usage(&front, reader, &["new_salon".to_owned()], None, "1").expect("a question")),
                screen(&silence::usage(&front, reader, &[], None, "1").expect("a question")),
                silenced(0, None),
                silenced(2, Some("moving")),
                say(
                    "alerts/open_again.html",
                    Context::new().with("number", "7").with("tenant", "new_salon").with("title", "Disk <full>"),
                ),
            ];
            let mut shown = answers.to_vec();
            let other = Actor { id: None, name: "Eve".to_owned() };
            for refused in [
                Refused::Resolved,
                Refused::AckedBy(other),
                Refused::NotAcked,
                Refused::NotSilenced,
                Refused::InThePast,
                Refused::NothingLapsed,
            ] {
                shown.push(refusal(&front, reader, &refused));
            }
            for did in ["ack", "unack", "silence", "unsilence", "resolve"] {
                shown.push(front.word_with(reader, &format!("alerts-did-{did}"), &[("until", "10:05".into())]));
            }
            for key in ["alerts-refused-yours", "alerts-refused-silenced", "alerts-gone"] {
                shown.push(front.word(reader, key));
            }
            for count in [1, 3] {
                shown.push(front.word_with(reader, "alerts-route-title", &[("count", count.into())]));
                let pages: Vec<String> = (0..count).map(|n| format!("new_salon: Disk <{n}>")).collect();
                shown.push(say("alerts/pages.html", Context::new().with("pages", &pages).with("count", &count)));
            }
            shown.push(front.word(reader, "alerts-route-text"));
            shown.join("\n---\n")
        }));
    }

    #[test]
    fn a_silence_is_read_as_people_type_it() {
        let wish = |said| Wish::read(said);
        let full = wish("new_salon 2h moving  house").expect("a wish");
        assert_eq!(
            (full.tenant.as_str(), full.time, full.reason.as_deref()),
            ("new_salon", Some(Duration::hours(2)), Some("moving  house"))
        );
        assert_eq!(wish("new_salon").map(|wish| (wish.time, wish.reason)), Some((None, None)));
        for said in
            ["", "new_salon soon", "new_salon 0h", "new_salon 2w", "new_salon -1h", "new_salon 99999999999999999999h"]
        {
            assert_eq!(wish(said), None, "{said:?}");
        }
    }
}
