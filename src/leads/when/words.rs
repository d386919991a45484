//! The words in which people say when, in the languages that operators are spoken to in.

use chrono::Weekday;

/// A part of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Morning,
    Noon,
    Afternoon,
    Evening,
}

impl Part {
    /// The hour that is meant when no other is said.
    pub(super) const fn hour(self) -> u32 {
        match self {
            Self::Morning => 9,
            Self::Noon => 12,
            Self::Afternoon => 15,
            Self::Evening => 18,
        }
    }

    /// Whether an hour beside it is counted from noon.
    pub(super) const fn is_late(self) -> bool {
        matches!(self, Self::Afternoon | Self::Evening)
    }
}

/// What one word means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Meaning {
    /// A time of day follows, or a day.
    At,
    /// A length of time follows.
    In,
    /// It says nothing by itself.
    Nothing,
    /// So many days from today.
    Day(i64),
    /// The next day, or the morning.
    Tomorrow,
    /// The evening of today.
    Tonight,
    Weekday(Weekday),
    Part(Part),
    /// So many seconds.
    Unit(i64),
    /// Days behind a number, or the afternoon behind an hour.
    DaysOrAfternoon,
    /// What stands before it is an hour.
    Oclock,
    /// What stands before it is counted from midnight, or from noon.
    Noon(bool),
    /// As before, or a preposition.
    Am,
    /// What stands before it is the day of a month.
    Ordinal,
    /// So many minutes beside the hour that follows.
    Half(i64),
    /// By number, from one.
    Month(u32),
    Number(u32),
    /// A time or a date in digits, or nothing of all this.
    Other,
}

const MINUTE: i64 = 60;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;
const WEEK: i64 = 7 * DAY;

/// What several words say together, as one that is known.
const TOGETHER: [(&str, &str); 19] = [
    ("ё", "е"),
    ("day after tomorrow", "übermorgen"),
    ("o'clock", "uhr"),
    ("o’clock", "uhr"),
    ("a.m.", "am"),
    ("p.m.", "pm"),
    ("half an hour", "30 min"),
    ("eine halbe stunde", "30 min"),
    ("einer halben stunde", "30 min"),
    ("halbe stunde", "30 min"),
    ("halben stunde", "30 min"),
    ("полчаса", "30 мин"),
    ("полтора часа", "90 мин"),
    ("anderthalb stunden", "90 min"),
    ("half past", "halfpast"),
    (" of ", " "),
    ("viertel nach", "viertelnach"),
    ("viertel vor", "viertelvor"),
    ("после обеда", "afternoon"),
];

const MONTHS: [&[&str]; 12] = [
    &["jan", "january", "januar", "янв", "января"],
    &["feb", "february", "februar", "фев", "февр", "февраля"],
    &["mar", "march", "mär", "märz", "мар", "марта"],
    &["apr", "april", "апр", "апреля"],
    &["may", "mai", "мая"],
    &["jun", "june", "juni", "июн", "июня"],
    &["jul", "july", "juli", "июл", "июля"],
    &["aug", "august", "авг", "августа"],
    &["sep", "sept", "september", "сен", "сент", "сентября"],
    &["oct", "october", "okt", "oktober", "окт", "октября"],
    &["nov", "november", "ноя", "нояб", "ноября"],
    &["dec", "december", "dez", "dezember", "дек", "декабря"],
];

const WEEKDAYS: [(Weekday, &[&str]); 7] = [
    (Weekday::Mon, &["mon", "monday", "mo", "montag", "пн", "понедельник"]),
    (Weekday::Tue, &["tue", "tuesday", "di", "dienstag", "вт", "вторник"]),
    (Weekday::Wed, &["wed", "wednesday", "mi", "mittwoch", "ср", "среда", "среду"]),
    (Weekday::Thu, &["thu", "thursday", "do", "donnerstag", "чт", "четверг"]),
    (Weekday::Fri, &["fri", "friday", "fr", "freitag", "пт", "пятница", "пятницу"]),
    (Weekday::Sat, &["sat", "saturday", "sa", "samstag", "sonnabend", "сб", "суббота", "субботу"]),
    (Weekday::Sun, &["sun", "sunday", "so", "sonntag", "вс", "воскресенье"]),
];

/// The text with one writing for what has several.
pub(super) fn prepared(text: &str) -> String {
    TOGETHER.iter().fold(text.trim().to_lowercase(), |text, (many, one)| text.replace(many, one))
}

/// Its words; digits and letters that are written together are two.
pub(super) fn tokens(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for word in text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty()) {
        let mut token = String::new();
        for c in word.chars() {
            let last = token.chars().rev().find(|c| c.is_alphanumeric());
            if c.is_alphanumeric() && last.is_some_and(|last| last.is_ascii_digit() != c.is_ascii_digit()) {
                found.push(std::mem::take(&mut token));
            }
            token.push(c);
        }
        found.push(token);
    }
    found
}

pub(super) fn meaning(token: &str) -> Meaning {
    let word = token.trim_end_matches('.');
    if let Ok(number) = word.parse::<u32>()
        && word.bytes().all(|digit| digit.is_ascii_digit())
    {
        return Meaning::Number(number);
    }
    match word {
        "at" | "um" | "gegen" | "ab" | "by" | "в" | "во" | "к" | "около" | "после" => Meaning::At,
        "am" => Meaning::Am,
        "in" | "через" => Meaning::In,
        "the" | "on" | "next" | "this" | "nächsten" | "nächste" | "nächster" | "kommenden" | "diesen" | "den"
        | "der" | "следующий" | "следующую" | "следующее" | "эту" | "этот" => {
            Meaning::Nothing
        }
        "a" | "an" | "one" | "ein" | "eine" | "einer" | "einem" | "einen" | "один" | "одну" => {
            Meaning::Number(1)
        }
        "two" | "zwei" | "два" | "две" => Meaning::Number(2),
        "three" | "drei" | "три" => Meaning::Number(3),
        "today" | "heute" | "сегодня" => Meaning::Day(0),
        "tomorrow" | "завтра" => Meaning::Day(1),
        "morgen" => Meaning::Tomorrow,
        "übermorgen" | "послезавтра" => Meaning::Day(2),
        "tonight" => Meaning::Tonight,
        "morning" | "früh" | "morgens" | "vormittag" | "vormittags" | "утром" | "утра" => {
            Meaning::Part(Part::Morning)
        }
        "noon" | "mittag" | "mittags" | "полдень" => Meaning::Part(Part::Noon),
        "afternoon" | "nachmittag" | "nachmittags" | "днем" => Meaning::Part(Part::Afternoon),
        "дня" => Meaning::DaysOrAfternoon,
        "evening" | "abend" | "abends" | "вечером" | "вечера" => Meaning::Part(Part::Evening),
        "m" | "min" | "mins" | "minute" | "minutes" | "minuten" | "мин" | "минуту" | "минуты" | "минут" => {
            Meaning::Unit(MINUTE)
        }
        "h" | "hr" | "hrs" | "hour" | "hours" | "std" | "stunde" | "stunden" | "ч" | "час" | "часа" | "часов" => {
            Meaning::Unit(HOUR)
        }
        "d" | "day" | "days" | "t" | "tag" | "tage" | "tagen" | "д" | "день" | "дней" => Meaning::Unit(DAY),
        "week" | "weeks" | "woche" | "wochen" | "неделю" | "недели" | "недель" => Meaning::Unit(WEEK),
        "uhr" => Meaning::Oclock,
        "pm" => Meaning::Noon(true),
        "st" | "nd" | "rd" | "th" => Meaning::Ordinal,
        "halb" => Meaning::Half(-30),
        "halfpast" => Meaning::Half(30),
        "viertelnach" => Meaning::Half(15),
        "viertelvor" => Meaning::Half(-15),
        _ => named(word),
    }
}

/// Months and days of the week.
fn named(word: &str) -> Meaning {
    if let Some(month) = (1..).zip(MONTHS).find_map(|(month, names)| names.contains(&word).then_some(month)) {
        return Meaning::Month(month);
    }
    let weekday = WEEKDAYS.iter().find(|(_, names)| names.contains(&word));
    weekday.map_or(Meaning::Other, |(weekday, _)| Meaning::Weekday(*weekday))
}
