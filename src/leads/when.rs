//! When somebody will call, as people write it: `2h`, `16:30`, `tomorrow at 9`, `morgen um 9 Uhr`, `завтра в 9`, `28.11. 14:00`.
//! Pure.
//!
//! Made here, since no crate that is looked after reads all three languages of the house, on another clock than its own.

mod words;

use chrono::{DateTime, Datelike as _, Duration, LocalResult, NaiveDate, NaiveTime, TimeZone as _, Timelike as _, Utc};
use chrono_tz::Tz;

use words::{DAY, HOUR, Meaning, Part, meaning, prepared, tokens};

/// Nobody promises to call later than this.
const AT_MOST: Duration = Duration::days(366);
/// The hour that is meant when only a day is named.
const MORNING: u32 = 9;
/// A bare hour up to this one is one of the afternoon: nobody calls at four in the morning.
const NIGHT: u32 = 6;

/// The moment that is meant, seen from `now` in `zone`; always in the future. `None`: it is none, or too far away.
pub(super) fn parse(text: &str, now: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
    let today = now.with_timezone(&zone).date_naive();
    let said = Said::read(&tokens(&prepared(text)), today)?;
    let at = said.moment(now, zone)?;
    (at > now && at - now <= AT_MOST).then_some(at)
}

/// `now` plus so many days, at this hour on the clock of `zone`.
pub(super) fn at_hour(now: DateTime<Utc>, zone: Tz, days: i64, hour: u32) -> Option<DateTime<Utc>> {
    let day = now.with_timezone(&zone).date_naive().checked_add_signed(Duration::try_days(days)?)?;
    local(day, NaiveTime::from_hms_opt(hour, 0, 0)?, zone)
}

/// A day, as far as it was said.
#[derive(Clone, Copy, PartialEq)]
enum Day {
    On(NaiveDate),
    /// The next one of that name, today only for a time that is still to come.
    Next(chrono::Weekday),
}

/// A time of day, as far as it was said.
#[derive(Clone, Copy, PartialEq)]
struct Clock {
    time: NaiveTime,
    /// An hour in words or alone, which may be one of the afternoon.
    bare: bool,
}

impl Clock {
    fn bare(hour: u32, minute: u32) -> Option<Self> {
        Some(Self { time: NaiveTime::from_hms_opt(hour, minute, 0)?, bare: true })
    }
}

/// What stands around a word.
struct Around<'a> {
    next: Option<Meaning>,
    behind: &'a [String],
    /// A time of day was announced.
    at: bool,
    /// A length of time was announced.
    ahead: bool,
    today: NaiveDate,
}

/// What the word behind the first one means. `9 am` is an hour of the morning, `um 9 am Montag` is none of its.
fn next(words: &[String]) -> Option<Meaning> {
    let second = meaning(words.get(1)?);
    if second != Meaning::Am {
        return Some(second);
    }
    let third = words.get(2).map(|word| meaning(word));
    let names_a_day =
        matches!(third, Some(Meaning::Weekday(_) | Meaning::Number(_) | Meaning::Part(_) | Meaning::Other));
    Some(if names_a_day { Meaning::Nothing } else { Meaning::Noon(false) })
}

/// What was said, piece by piece. Nothing may be said twice.
#[derive(Default)]
struct Said {
    day: Option<Day>,
    clock: Option<Clock>,
    part: Option<Part>,
    ahead: Option<Duration>,
    /// A bare number, which is an hour only beside something else.
    number: Option<u32>,
}

impl Said {
    /// `None`: a word of it means nothing here, or what they mean does not go together.
    fn read(tokens: &[String], today: NaiveDate) -> Option<Self> {
        // "So" and "do" are days as well, but hardly alone.
        if let [word] = tokens
            && word.chars().count() < 3
        {
            return None;
        }
        let mut said = Self::default();
        let mut rest = tokens;
        let (mut at, mut ahead) = (false, false);
        while let Some(word) = rest.first() {
            let around = Around { next: next(rest), behind: &rest[1..], at: std::mem::take(&mut at), ahead, today };
            let mut taken = 1;
            match meaning(word) {
                Meaning::At => at = true,
                Meaning::In => ahead = true,
                Meaning::Nothing | Meaning::Am => {}
                Meaning::Day(days) => said.on(Day::On(today.checked_add_signed(Duration::try_days(days)?)?))?,
                // In German the word for tomorrow is the one for the morning, too.
                Meaning::Tomorrow if said.day.is_some() => said.part(Part::Morning)?,
                Meaning::Tomorrow => said.on(Day::On(today.succ_opt()?))?,
                Meaning::Weekday(weekday) => said.on(Day::Next(weekday))?,
                Meaning::Part(part) => said.part(part)?,
                Meaning::DaysOrAfternoon => said.part(Part::Afternoon)?,
                Meaning::Tonight => {
                    said.on(Day::On(today))?;
                    said.part(Part::Evening)?;
                }
                // `через час`, `в час`.
                Meaning::Unit(seconds) if ahead && said.ahead.is_none() => said.ahead(1, seconds)?,
                Meaning::Unit(HOUR) if around.at => said.at(Clock::bare(1, 0)?)?,
                Meaning::Half(minutes) => {
                    let hour = rest.get(1)?.parse::<u32>().ok().filter(|hour| (1..=24).contains(hour))?;
                    let whole = Duration::hours(i64::from(hour)) + Duration::minutes(minutes);
                    let time = NaiveTime::MIN.overflowing_add_signed(whole).0;
                    said.at(Clock { time, bare: true })?;
                    taken = 2 + usize::from(rest.get(2).is_some_and(|word| meaning(word) == Meaning::Oclock));
                }
                Meaning::Month(month) => {
                    let day = rest.get(1)?.trim_end_matches('.').parse().ok()?;
                    said.on(Day::On(next_of(today, Some(month), day)?))?;
                    taken = 2 + usize::from(rest.get(2).is_some_and(|word| meaning(word) == Meaning::Ordinal));
                }
                Meaning::Number(number) => taken = said.number(number, word, &around)?,
                Meaning::Other => match clock_time(word, around.at || around.next == Some(Meaning::Oclock)) {
                    Some(time) => {
                        said.at(Clock { time, bare: false })?;
                        taken += said.halves(around.next)?;
                    }
                    None => said.on(Day::On(written_day(word, today)?))?,
                },
                Meaning::Unit(_) | Meaning::Oclock | Meaning::Noon(_) | Meaning::Ordinal => return None,
            }
            rest = rest.get(taken..)?;
        }
        said.settled()
    }

    /// A whole number, by what stands around it; how many words that was.
    fn number(&mut self, number: u32, word: &str, around: &Around<'_>) -> Option<usize> {
        // `в 9 часов` is a time of day, `через 9 часов` is not.
        let is_length = !around.at || around.ahead && self.ahead.is_none();
        match around.next {
            Some(Meaning::Unit(seconds)) if is_length || seconds != HOUR => self.ahead(number, seconds)?,
            Some(Meaning::DaysOrAfternoon) if is_length => self.ahead(number, DAY)?,
            Some(Meaning::DaysOrAfternoon) => {
                self.at(Clock::bare(number, 0)?)?;
                self.part(Part::Afternoon)?;
            }
            Some(Meaning::Oclock | Meaning::Unit(_)) => {
                let minutes = around.behind.get(1).filter(|word| word.len() == 2).and_then(|word| word.parse().ok());
                self.at(Clock::bare(number, minutes.unwrap_or(0))?)?;
                return Some(2 + usize::from(minutes.is_some()));
            }
            Some(Meaning::Noon(_)) => {
                self.at(Clock::bare(number, 0)?)?;
                self.halves(around.next)?;
            }
            Some(Meaning::Month(month)) => self.on(Day::On(next_of(around.today, Some(month), number)?))?,
            Some(Meaning::Ordinal) => {
                let month = match around.behind.get(1).map(|word| meaning(word)) {
                    Some(Meaning::Month(month)) => Some(month),
                    _ => None,
                };
                self.on(Day::On(next_of(around.today, month, number)?))?;
                return Some(2 + usize::from(month.is_some()));
            }
            _ if around.at => {
                self.at(Clock::bare(number, 0)?)?;
                return Some(1);
            }
            _ if word.ends_with('.') => {
                self.on(Day::On(next_of(around.today, None, number)?))?;
                return Some(1);
            }
            _ => return self.number.replace(number).is_none().then_some(1),
        }
        Some(2)
    }

    /// What stands behind a time, `am` or `pm`; how many words that was.
    fn halves(&mut self, next: Option<Meaning>) -> Option<usize> {
        match (next, self.clock) {
            (Some(Meaning::Oclock), _) => Some(1),
            (Some(Meaning::Noon(after)), Some(Clock { time, .. })) => {
                let hour = Some(time.hour()).filter(|hour| (1..=12).contains(hour))?;
                let time = time.with_hour(hour % 12 + if after { 12 } else { 0 })?;
                self.clock = Some(Clock { time, bare: false });
                Some(1)
            }
            _ => Some(0),
        }
    }

    fn on(&mut self, day: Day) -> Option<()> {
        self.day.replace(day).is_none().then_some(())
    }

    fn at(&mut self, clock: Clock) -> Option<()> {
        self.clock.replace(clock).is_none().then_some(())
    }

    fn part(&mut self, part: Part) -> Option<()> {
        self.part.replace(part).is_none().then_some(())
    }

    fn ahead(&mut self, number: u32, seconds: i64) -> Option<()> {
        let more = Duration::try_seconds(i64::from(number).checked_mul(seconds)?)?;
        let ahead = self.ahead.unwrap_or_default().checked_add(&more)?;
        self.ahead = Some(ahead).filter(|ahead| *ahead <= AT_MOST);
        self.ahead.map(|_| ())
    }

    /// A bare number is an hour beside a day or a part of one; alone it may be anything.
    fn settled(mut self) -> Option<Self> {
        if let Some(hour) = self.number.take() {
            if self.day.is_none() && self.part.is_none() {
                return None;
            }
            self.at(Clock { time: NaiveTime::from_hms_opt(hour, 0, 0)?, bare: true })?;
        }
        // `in 2 days at 9` names a day, `in 2 hours at 9` nothing.
        let whole_days = self.ahead.is_some_and(|ahead| ahead.num_seconds() % DAY == 0);
        let fits = self.day.is_none() && (whole_days || self.clock.is_none() && self.part.is_none());
        (self.ahead.is_none() || fits).then_some(self)
    }

    /// The time of day that is meant; none when nothing was said of it.
    fn time(&self) -> Option<NaiveTime> {
        let Some(Clock { time, bare }) = self.clock else {
            return self.part.and_then(|part| NaiveTime::from_hms_opt(part.hour(), 0, 0));
        };
        let hour = time.hour();
        let later = match self.part {
            Some(Part::Noon) => (1..=3).contains(&hour),
            Some(part) => part.is_late() && (1..12).contains(&hour),
            None => bare && (1..=NIGHT).contains(&hour),
        };
        if later { time.with_hour(hour + 12) } else { Some(time) }
    }

    fn moment(&self, now: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        let today = now.with_timezone(&zone).date_naive();
        let time = self.time();
        if let Some(ahead) = self.ahead {
            return match time {
                Some(time) => local(today.checked_add_signed(ahead)?, time, zone),
                None => now.checked_add_signed(ahead),
            };
        }
        let morning = NaiveTime::from_hms_opt(MORNING, 0, 0)?;
        match (self.day, time) {
            (None, None) => None,
            (Some(Day::On(day)), time) => local(day, time.unwrap_or(morning), zone),
            (Some(Day::Next(weekday)), time) => {
                let far = (i64::from(weekday.num_days_from_monday()) + 7
                    - i64::from(today.weekday().num_days_from_monday()))
                    % 7;
                let at = |days| local(today.checked_add_signed(Duration::days(days))?, time.unwrap_or(morning), zone);
                let at_first = at(far)?;
                if at_first > now { Some(at_first) } else { at(far + 7) }
            }
            // Today, or tomorrow when that has passed.
            (None, Some(time)) => {
                let at = local(today, time, zone)?;
                if at > now { Some(at) } else { local(today.succ_opt()?, time, zone) }
            }
        }
    }
}

/// `16:30`; where a time of day is expected `16.30` and `16-30` as well. `10-12` is none.
fn clock_time(word: &str, expected: bool) -> Option<NaiveTime> {
    let dotted = || word.split_once('.').filter(|_| expected && !word.ends_with('.'));
    let dashed = || word.split_once('-').filter(|(_, minute)| expected && (*minute == "00" || *minute > "24"));
    let (hour, minute) = word.split_once(':').or_else(dotted).or_else(dashed)?;
    NaiveTime::from_hms_opt(hour.parse().ok()?, minute.parse().ok()?, 0)
}

/// `28.11.`, `28.11.2026`, `28.11.26`, `2026-11-28`.
fn written_day(word: &str, today: NaiveDate) -> Option<NaiveDate> {
    if let Ok(day) = NaiveDate::parse_from_str(word, "%Y-%m-%d") {
        return Some(day).filter(|day| is_near(day.year(), today));
    }
    let mut parts = word.trim_end_matches('.').split('.');
    let (day, month) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    match parts.next() {
        Some(year) => {
            let written: i32 = year.parse().ok()?;
            let year = if year.len() == 2 { today.year() - today.year() % 100 + written } else { written };
            NaiveDate::from_ymd_opt(year, month, day).filter(|_| is_near(year, today))
        }
        None => next_of(today, Some(month), day),
    }
}

/// What lies further away is nobody's promise, and beyond what calendars are made for.
fn is_near(year: i32, today: NaiveDate) -> bool {
    (today.year()..=today.year() + 2).contains(&year)
}

/// The next such day of this month, or of any.
fn next_of(today: NaiveDate, month: Option<u32>, day: u32) -> Option<NaiveDate> {
    (0..=12)
        .filter_map(|months| {
            let first = today.with_day(1)?.checked_add_months(chrono::Months::new(months))?;
            first.with_day(day).filter(|day| month.is_none_or(|month| day.month() == month))
        })
        .find(|day| *day >= today)
}

/// An hour that a change of the clock leaves out is taken an hour later, one that comes twice the first time.
fn local(day: NaiveDate, time: NaiveTime, zone: Tz) -> Option<DateTime<Utc>> {
    let at = day.and_time(time);
    match zone.from_local_datetime(&at) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Some(at.to_utc()),
        LocalResult::None => zone.from_local_datetime(&(at + Duration::hours(1))).earliest().map(|at| at.to_utc()),
    }
}

#[cfg(test)]
mod tests;
