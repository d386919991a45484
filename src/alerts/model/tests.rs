use super::*;
use chrono::Duration;
use proptest::prelude::*;

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + minute * 60, 0).expect("a time")
}

fn bo() -> Actor {
    Actor { id: Some(7), name: "Bo".to_owned() }
}

fn eve() -> Actor {
    Actor { id: Some(8), name: "Bo".to_owned() }
}

fn notice(says: Says, starts: Option<i64>, ends: Option<i64>) -> Notice {
    let fired = Notice::firing(Severity::Critical, "down", Some("backend"));
    Notice { says, starts_at: starts.map(at), ends_at: ends.map(at), ..fired }
}

fn opened() -> Alert {
    match Alert::meaning(None, &notice(Says::Firing, Some(0), None), at(1)) {
        Meaning::Opens(alert) => alert,
        other => panic!("a first firing opens: {other:?}"),
    }
}

fn moved(alert: &Alert, wanted: Move, minute: i64) -> Alert {
    alert.after(wanted, at(minute)).expect("a legal move").0
}

fn ack(by: Actor, until: Option<i64>) -> Move {
    Move::Ack { by, until: until.map(at) }
}

fn silence(until: i64) -> Move {
    Move::Silence { by: bo(), until: at(until), reason: None }
}

fn resolve(ends: Option<i64>) -> Move {
    Move::Resolve { by: bo(), ends_at: ends.map(at) }
}

#[test]
fn the_status_is_the_first_that_holds() {
    let alert = opened();
    assert_eq!(alert.status(at(1)), Status::Firing);
    let acked = moved(&alert, ack(bo(), Some(60)), 2);
    assert_eq!(acked.status(at(2)), Status::Acked);
    let silenced = moved(&acked, silence(30), 3);
    assert_eq!(silenced.status(at(3)), Status::Silenced);
    assert_eq!(silenced.changes_at(at(3)), Some(at(30)));
    assert_eq!(silenced.status(at(30)), Status::Acked, "the silence ran out, the lease did not");
    assert_eq!(silenced.status(at(60)), Status::Firing, "both ran out");
    assert_eq!(moved(&silenced, resolve(None), 4).status(at(5)), Status::Resolved);
}

#[test]
fn an_ack_never_beats_a_resolve() {
    let over = moved(&opened(), resolve(None), 2);
    for wanted in [ack(bo(), None), silence(60), resolve(None), Move::Fire { severity: Severity::Info }] {
        assert_eq!(over.after(wanted, at(3)), Err(Refused::Resolved));
    }
}

#[test]
fn one_has_it_and_another_is_told_who() {
    let acked = moved(&opened(), ack(bo(), Some(60)), 2);
    assert_eq!(acked.after(ack(eve(), None), at(3)), Err(Refused::AckedBy(bo())));
    let renewed = moved(&acked, ack(bo(), Some(90)), 30);
    assert_eq!(renewed.ack, Some(Ack { by: bo(), at: at(2), until: Some(at(90)) }));
    let taken_over = moved(&acked, ack(eve(), None), 60);
    assert_eq!(taken_over.ack.map(|ack| ack.by), Some(eve()));
    assert_eq!(acked.after(Move::Unack { by: eve() }, at(4)).map(|(_, event)| event), Ok(EventKind::Unacked));
}

#[test]
fn what_is_not_there_cannot_be_taken_back_and_the_past_is_refused() {
    let alert = opened();
    assert_eq!(alert.after(Move::Unack { by: bo() }, at(2)), Err(Refused::NotAcked));
    assert_eq!(alert.after(Move::Unsilence { by: bo() }, at(2)), Err(Refused::NotSilenced));
    assert_eq!(alert.after(ack(bo(), Some(2)), at(2)), Err(Refused::InThePast));
    assert_eq!(alert.after(silence(1), at(2)), Err(Refused::InThePast));
    let silenced = moved(&alert, silence(30), 3);
    assert_eq!(moved(&silenced, Move::Unsilence { by: bo() }, 4).status(at(4)), Status::Firing);
}

#[test]
fn firing_again_counts_and_takes_the_new_severity() {
    let alert = opened();
    let again = Alert::meaning(
        Some(&alert),
        &Notice { severity: Severity::Info, ..notice(Says::Firing, Some(0), None) },
        at(2),
    );
    let Meaning::Continues(wanted) = again else { panic!("it goes on: {again:?}") };
    let again = moved(&alert, wanted, 2);
    assert_eq!((again.count, again.severity, again.starts_at), (2, Severity::Info, at(0)));
}

#[test]
fn a_firing_that_began_before_the_end_opens_nothing_and_a_later_one_does() {
    let over = moved(&opened(), resolve(Some(10)), 12);
    assert_eq!((over.ends_at, over.resolved_at), (Some(at(10)), Some(at(12))));
    let means = |starts| Alert::meaning(Some(&over), &notice(Says::Firing, Some(starts), None), at(20));
    assert_eq!(means(0), Meaning::Stale);
    assert_eq!(means(10), Meaning::Stale);
    assert!(matches!(means(11), Meaning::Opens(Alert { count: 1, .. })));
    let now = Alert::meaning(Some(&over), &notice(Says::Firing, None, None), at(20));
    assert!(matches!(now, Meaning::Opens(_)), "without a beginning it begins now");
}

#[test]
fn a_resolve_ends_only_what_is_open_and_not_younger() {
    assert_eq!(Alert::meaning(None, &notice(Says::Resolved, None, Some(1)), at(2)), Meaning::Stale);
    let open = Alert { starts_at: at(5), ..opened() };
    assert_eq!(Alert::meaning(Some(&open), &notice(Says::Resolved, None, Some(4)), at(6)), Meaning::Stale);
    let ends = Alert::meaning(Some(&open), &notice(Says::Resolved, None, Some(6)), at(6));
    assert!(matches!(ends, Meaning::Continues(Move::Resolve { .. })));
}

#[test]
fn a_silence_survives_until_its_own_end() {
    let silenced = moved(&opened(), silence(60), 2);
    let over = moved(&silenced, resolve(None), 3);
    let again = |minute| Alert::meaning(Some(&over), &notice(Says::Firing, Some(minute), None), at(minute));
    let Meaning::Opens(soon) = again(30) else { panic!("it opens") };
    assert_eq!(soon.status(at(30)), Status::Silenced);
    let Meaning::Opens(later) = again(61) else { panic!("it opens") };
    assert_eq!((later.status(at(61)), later.silence), (Status::Firing, None));
}

#[test]
fn a_sender_ahead_of_time_does_not_block_the_future() {
    let over = moved(&opened(), resolve(Some(9_999)), 12);
    assert_eq!(over.ends_at, Some(at(12)));
    let Meaning::Opens(early) = Alert::meaning(None, &notice(Says::Firing, Some(9_999), None), at(1)) else {
        panic!("it opens")
    };
    assert_eq!(early.starts_at, at(1));
}

#[test]
fn the_database_knows_the_same_events() {
    let words = EventKind::ALL.map(|kind| format!("'{}'", kind.as_str())).join(", ");
    let migration = include_str!("../../../migrations/0007_alerts.sql");
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let flat = migration.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains(&format!("check (kind in ({words}))")), "{words}");
}

proptest! {
    /// Whatever happens in whatever order: once resolved it stays so, and the end is never before the beginning.
    #[test]
    fn resolved_is_for_ever(moves in proptest::collection::vec((0_usize..6, -50_i64..50), 1..40)) {
        let mut alert = opened();
        let mut resolved = false;
        for (minute, (kind, offset)) in (2..).zip(moves) {
            let until = at(minute) + Duration::minutes(offset);
            let wanted = match kind {
                0 => Move::Fire { severity: Severity::Warning },
                1 => Move::Ack { by: bo(), until: Some(until) },
                2 => Move::Unack { by: bo() },
                3 => Move::Silence { by: eve(), until, reason: None },
                4 => Move::Unsilence { by: eve() },
                _ => Move::Resolve { by: bo(), ends_at: Some(until) },
            };
            match alert.after(wanted, at(minute)) {
                Ok((next, event)) => {
                    prop_assert!(!resolved);
                    resolved = event == EventKind::Resolved;
                    alert = next;
                }
                Err(refused) => prop_assert_eq!(refused == Refused::Resolved, resolved),
            }
            prop_assert_eq!(alert.status(at(minute)) == Status::Resolved, resolved);
            prop_assert!(alert.ends_at.is_none_or(|end| end >= alert.starts_at));
            prop_assert_eq!(alert.ends_at.is_some(), alert.resolved_at.is_some());
        }
    }
}
