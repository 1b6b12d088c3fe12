//! The proleptic Gregorian calendar and the ISO calendar, as arithmetic on numbers.

/// The first year.
pub(super) const MIN_YEAR: i32 = 1;
/// The last year.
pub(super) const MAX_YEAR: i32 = 9999;
/// The ordinal of the last day.
pub(super) const MAX_ORDINAL: i64 = 3_652_059;
/// Days of four centuries.
const DAYS_400: i64 = 146_097;
const DAYS_100: i64 = 36_524;
const DAYS_4: i64 = 1461;

/// A day of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Day {
    pub(super) year: i32,
    pub(super) month: i32,
    pub(super) day: i32,
}

/// A time of day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Clock {
    pub(super) hour: i32,
    pub(super) minute: i32,
    pub(super) second: i32,
    pub(super) micro: i32,
}

impl Clock {
    /// Seconds since midnight.
    pub(super) fn seconds(self) -> i64 {
        i64::from(self.hour) * 3600 + i64::from(self.minute) * 60 + i64::from(self.second)
    }

    /// Microseconds since midnight.
    pub(super) fn micros(self) -> i64 {
        self.seconds() * 1_000_000 + i64::from(self.micro)
    }

    /// The time so many microseconds after midnight, of less than a day.
    pub(super) fn from_micros(micros: i64) -> Clock {
        let seconds = micros / 1_000_000;
        Clock {
            hour: (seconds / 3600) as i32,
            minute: (seconds / 60 % 60) as i32,
            second: (seconds % 60) as i32,
            micro: (micros % 1_000_000) as i32,
        }
    }
}

pub(super) fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days before each month in a year without a leap day.
const BEFORE_MONTH: [i64; 13] = [0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

pub(super) fn days_in_month(year: i32, month: i32) -> i32 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days of the year before a month.
pub(super) fn days_before_month(year: i32, month: i32) -> i64 {
    let before = BEFORE_MONTH.get(month as usize).copied().unwrap_or(0);
    before + i64::from(month > 2 && is_leap(year))
}

fn days_before_year(year: i32) -> i64 {
    let years = i64::from(year) - 1;
    years * 365 + years / 4 - years / 100 + years / 400
}

impl Day {
    /// The number of the day; January 1 of year 1 is 1.
    pub(super) fn ordinal(self) -> i64 {
        days_before_year(self.year) + days_before_month(self.year, self.month) + i64::from(self.day)
    }

    /// The day of an ordinal, which is at least 1.
    pub(super) fn from_ordinal(ordinal: i64) -> Day {
        let days = ordinal - 1;
        let (centuries_4, rest) = (days / DAYS_400, days % DAYS_400);
        let (centuries, rest) = (rest / DAYS_100, rest % DAYS_100);
        let (years_4, rest) = (rest / DAYS_4, rest % DAYS_4);
        let (years, rest) = (rest / 365, rest % 365);
        let year = (centuries_4 * 400 + centuries * 100 + years_4 * 4 + years + 1) as i32;
        if years == 4 || centuries == 4 {
            // The leap day at the end of a cycle of 4 or 400 years.
            return Day {
                year: year - 1,
                month: 12,
                day: 31,
            };
        }
        let month = (1..=12)
            .rev()
            .find(|&month| days_before_month(year, month) <= rest)
            .unwrap_or(1);
        Day {
            year,
            month,
            day: (rest - days_before_month(year, month)) as i32 + 1,
        }
    }

    /// The day of the week, from Monday = 0.
    pub(super) fn weekday(self) -> i32 {
        ((self.ordinal() + 6) % 7) as i32
    }

    /// The day of the year, from 1.
    pub(super) fn yearday(self) -> i32 {
        (days_before_month(self.year, self.month) + i64::from(self.day)) as i32
    }

    /// ISO year, week and day of the week.
    pub(super) fn iso(self) -> (i32, i32, i32) {
        let ordinal = self.ordinal();
        let week_of = |year: i32| (ordinal - iso_monday(year)).div_euclid(7);
        let mut year = self.year;
        let mut week = week_of(year);
        if week < 0 {
            year -= 1;
            week = week_of(year);
        } else if week >= 52 && ordinal >= iso_monday(year + 1) {
            year += 1;
            week = 0;
        }
        (year, week as i32 + 1, self.weekday() + 1)
    }
}

/// The ordinal of the Monday that starts an ISO year.
fn iso_monday(year: i32) -> i64 {
    let first = days_before_year(year) + 1;
    let weekday = (first + 6).rem_euclid(7);
    let monday = first - weekday;
    if weekday > 3 { monday + 7 } else { monday }
}

/// What is wrong with an ISO date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BadIso {
    Year,
    Week,
    Weekday,
}

/// The ordinal of an ISO date.
pub(super) fn from_iso(year: i32, week: i32, weekday: i32) -> Result<i64, BadIso> {
    if !(MIN_YEAR..=MAX_YEAR).contains(&year) {
        return Err(BadIso::Year);
    }
    if !(1..=53).contains(&week) {
        return Err(BadIso::Week);
    }
    if week == 53 && iso_monday(year) + 52 * 7 >= iso_monday(year + 1) {
        return Err(BadIso::Week);
    }
    if !(1..=7).contains(&weekday) {
        return Err(BadIso::Weekday);
    }
    Ok(iso_monday(year) + i64::from(week - 1) * 7 + i64::from(weekday - 1))
}
