use proptest::prelude::*;

use super::*;

const BERLIN: Tz = chrono_tz::Europe::Berlin;

/// Friday, 27 November 2026, 15:00 in Berlin.
fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 27, 14, 0, 0).single().expect("a valid time")
}

fn said(text: &str) -> Option<String> {
    parse(text, now(), BERLIN).map(|at| at.with_timezone(&BERLIN).format("%m-%d %H:%M").to_string())
}

#[track_caller]
fn each_is(expected: &[(&str, &str)]) {
    let wrong: Vec<_> = expected
        .iter()
        .map(|(text, meant)| (*text, said(text), *meant))
        .filter(|(_, understood, meant)| understood.as_deref() != Some(*meant))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_is_written_short_is_understood_on_ones_own_clock() {
    each_is(&[
        ("30m", "11-27 15:30"),
        ("2h", "11-27 17:00"),
        ("1h 30m", "11-27 16:30"),
        ("1h30m", "11-27 16:30"),
        ("3 d", "11-30 15:00"),
        ("16:30", "11-27 16:30"),
        ("9:05", "11-28 09:05"),
        ("Tomorrow", "11-28 09:00"),
        ("morgen 8:00", "11-28 08:00"),
        ("завтра, 10:15", "11-28 10:15"),
        ("1.12. 14:00", "12-01 14:00"),
        ("3.2.", "02-03 09:00"),
        ("2026-12-24 10:00", "12-24 10:00"),
        ("24.12.2026", "12-24 09:00"),
        ("24.12.26 11:00", "12-24 11:00"),
    ]);
}

#[test]
fn english_is_understood() {
    each_is(&[
        ("tomorrow at 9", "11-28 09:00"),
        ("tomorrow 9", "11-28 09:00"),
        ("tomorrow at 9am", "11-28 09:00"),
        ("at 9am tomorrow", "11-28 09:00"),
        ("tomorrow morning", "11-28 09:00"),
        ("tomorrow afternoon at 4", "11-28 16:00"),
        ("day after tomorrow at noon", "11-29 12:00"),
        ("the day after tomorrow", "11-29 09:00"),
        ("at 4", "11-27 16:00"),
        ("at 10", "11-28 10:00"),
        ("4pm", "11-27 16:00"),
        ("4:30 pm", "11-27 16:30"),
        ("4 p.m.", "11-27 16:00"),
        ("12 am", "11-28 00:00"),
        ("half past 4", "11-27 16:30"),
        ("5 o'clock", "11-27 17:00"),
        ("tonight", "11-27 18:00"),
        ("tonight at 8", "11-27 20:00"),
        ("friday 4pm", "11-27 16:00"),
        ("friday at 10", "12-04 10:00"),
        ("Mon 10am", "11-30 10:00"),
        ("next monday at 10", "11-30 10:00"),
        ("on Tuesday", "12-01 09:00"),
        ("in 2 hours", "11-27 17:00"),
        ("in an hour", "11-27 16:00"),
        ("in half an hour", "11-27 15:30"),
        ("in a week", "12-04 15:00"),
        ("in 3 days at 11", "11-30 11:00"),
        ("in two days in the morning", "11-29 09:00"),
        ("Dec 1 at 2 pm", "12-01 14:00"),
        ("December 1st at 10", "12-01 10:00"),
        ("1st of December", "12-01 09:00"),
        ("1st December at 10", "12-01 10:00"),
    ]);
}

#[test]
fn german_is_understood() {
    each_is(&[
        ("morgen um 9", "11-28 09:00"),
        ("Morgen um 9 Uhr", "11-28 09:00"),
        ("morgen 9 Uhr", "11-28 09:00"),
        ("9 Uhr", "11-28 09:00"),
        ("9uhr", "11-28 09:00"),
        ("um 16 Uhr 30", "11-27 16:30"),
        ("16.30 Uhr", "11-27 16:30"),
        ("um 16.30", "11-27 16:30"),
        ("16:30 Uhr", "11-27 16:30"),
        ("um 4", "11-27 16:00"),
        ("4 Uhr", "11-27 16:00"),
        ("halb 10", "11-28 09:30"),
        ("um halb 5", "11-27 16:30"),
        ("viertel nach 9", "11-28 09:15"),
        ("heute Abend", "11-27 18:00"),
        ("heute abend um 8", "11-27 20:00"),
        ("heute um 17 Uhr", "11-27 17:00"),
        ("morgen früh", "11-28 09:00"),
        ("morgen früh um 8", "11-28 08:00"),
        ("morgen nachmittag", "11-28 15:00"),
        ("morgen um 3 nachmittags", "11-28 15:00"),
        ("morgen Mittag", "11-28 12:00"),
        ("übermorgen um 10", "11-29 10:00"),
        ("Montag 10 Uhr", "11-30 10:00"),
        ("am Montag um 10", "11-30 10:00"),
        ("um 10 am Montag", "11-30 10:00"),
        ("nächsten Montag um 10", "11-30 10:00"),
        ("Montag morgen", "11-30 09:00"),
        ("Di 14 Uhr", "12-01 14:00"),
        ("Freitag um 10", "12-04 10:00"),
        ("in 2 Stunden", "11-27 17:00"),
        ("in einer Stunde", "11-27 16:00"),
        ("in einer halben Stunde", "11-27 15:30"),
        ("in 20 Min.", "11-27 15:20"),
        ("in 3 Tagen um 11 Uhr", "11-30 11:00"),
        ("in einer Woche", "12-04 15:00"),
        ("am 3.12. gegen 10", "12-03 10:00"),
        ("28.11. um 14.30 Uhr", "11-28 14:30"),
        ("28. November um 14 Uhr", "11-28 14:00"),
        ("am 3. um 10", "12-03 10:00"),
    ]);
}

#[test]
fn russian_is_understood() {
    each_is(&[
        ("завтра в 9", "11-28 09:00"),
        ("завтра 9", "11-28 09:00"),
        ("завтра в 9 утра", "11-28 09:00"),
        ("завтра в 9 часов", "11-28 09:00"),
        ("завтра в 9-30", "11-28 09:30"),
        ("завтра в 9.30", "11-28 09:30"),
        ("завтра утром", "11-28 09:00"),
        ("завтра днём", "11-28 15:00"),
        ("завтра в 3 дня", "11-28 15:00"),
        ("завтра в 3 часа дня", "11-28 15:00"),
        ("завтра после обеда", "11-28 15:00"),
        ("сегодня вечером", "11-27 18:00"),
        ("сегодня в 17", "11-27 17:00"),
        ("в 5 вечера", "11-27 17:00"),
        ("в час", "11-28 13:00"),
        ("к 10", "11-28 10:00"),
        ("через 2 часа", "11-27 17:00"),
        ("через час", "11-27 16:00"),
        ("через полчаса", "11-27 15:30"),
        ("через полтора часа", "11-27 16:30"),
        ("через 20 минут", "11-27 15:20"),
        ("через 2 дня", "11-29 15:00"),
        ("через 2 дня в 10", "11-29 10:00"),
        ("через 2 дня в 10 часов", "11-29 10:00"),
        ("через неделю", "12-04 15:00"),
        ("послезавтра утром", "11-29 09:00"),
        ("в понедельник в 11", "11-30 11:00"),
        ("в среду утром", "12-02 09:00"),
        ("в пятницу в 10", "12-04 10:00"),
        ("пн 12:00", "11-30 12:00"),
        ("1 декабря в 12:00", "12-01 12:00"),
        ("1 декабря", "12-01 09:00"),
        ("2 ч", "11-27 17:00"),
        ("30 мин", "11-27 15:30"),
    ]);
}

#[test]
fn what_is_no_time_is_none() {
    for text in [
        "",
        "soon",
        "25:00",
        "0m",
        "today 9:00",
        "31.2.",
        "2020-01-01",
        "999d",
        "99999999999999999999h",
        "-1h",
        "+2h",
        "9",
        "so",
        "do",
        "um",
        "в",
        "Uhr",
        "gestern um 9",
        "lunch at 12?",
        "morgen um 25",
        "13 pm",
        "morgen übermorgen",
        "um 9 um 10",
        "in 2 Stunden um 9",
        "10-12 Uhr",
        "24.12.99999",
        "next week",
        "Dec",
    ] {
        assert_eq!(said(text), None, "{text}");
    }
}

#[test]
fn an_hour_that_does_not_exist_is_the_next_one() {
    let before = Utc.with_ymd_and_hms(2027, 3, 27, 12, 0, 0).single().expect("a valid time");
    let at = parse("28.3. 2:30", before, BERLIN).expect("a moment");
    assert_eq!(at.with_timezone(&BERLIN).format("%H:%M").to_string(), "03:30");
}

proptest! {
    #[test]
    fn no_text_breaks_it(text in "\\PC{0,40}") {
        if let Some(at) = parse(&text, now(), BERLIN) {
            prop_assert!(at > now());
        }
    }

    #[test]
    fn no_words_break_it(words in proptest::collection::vec(prop::sample::select(vec![
        "in", "um", "at", "в", "am", "9", "30", "99", "4294967295", "uhr", "h", "часа", "дня", "halb", "dec", "morgen", "fr",
        "tonight", "абв", "31.", "31.12.", "24.12.9999", "16:30", "pm", "через", "tage",
    ]), 0..6)) {
        if let Some(at) = parse(&words.join(" "), now(), BERLIN) {
            prop_assert!(at > now());
        }
    }
}
