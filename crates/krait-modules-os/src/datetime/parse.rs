//! Reads ISO 8601: the forms that `fromisoformat` accepts.

use super::calendar::{self, Clock, Day};

/// A time of day and its zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Time {
    pub(super) clock: Clock,
    /// Microseconds east of Greenwich.
    pub(super) offset: Option<i128>,
}

/// Goes over text from left to right.
struct Cursor<'a>(&'a [u32]);

impl Cursor<'_> {
    fn at_end(&self) -> bool {
        self.0.is_empty()
    }

    /// Skips this character, if it is next.
    fn skip(&mut self, char: u8) -> bool {
        match self.0.split_first() {
            Some((&first, rest)) if first == u32::from(char) => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    fn digit(&mut self) -> Option<i32> {
        let (&first, rest) = self.0.split_first()?;
        let digit = first
            .checked_sub(u32::from(b'0'))
            .filter(|&digit| digit < 10)?;
        self.0 = rest;
        Some(digit as i32)
    }

    /// A number of exactly so many digits.
    fn digits(&mut self, count: usize) -> Option<i32> {
        (0..count).try_fold(0, |number, _| Some(number * 10 + self.digit()?))
    }
}

/// Reads a date that is all of the text.
pub(super) fn date(text: &[u32]) -> Option<Day> {
    let mut cursor = Cursor(text);
    let year = cursor.digits(4)?;
    let dashes = cursor.skip(b'-');
    let day = if cursor.skip(b'W') {
        let week = cursor.digits(2)?;
        let mut weekday = 1;
        if !cursor.at_end() {
            if dashes && !cursor.skip(b'-') {
                return None;
            }
            weekday = cursor.digits(1)?;
        }
        Day::from_ordinal(calendar::from_iso(year, week, weekday).ok()?)
    } else {
        let month = cursor.digits(2)?;
        if dashes && !cursor.skip(b'-') {
            return None;
        }
        let day = cursor.digits(2)?;
        Day { year, month, day }
    };
    cursor.at_end().then_some(day)
}

/// Where the date of a date and time ends.
pub(super) fn date_end(text: &[u32]) -> Option<usize> {
    let is = |at: usize, char: u8| text.get(at) == Some(&u32::from(char));
    let digit = |at: usize| {
        text.get(at)
            .is_some_and(|code| (u32::from(b'0')..=u32::from(b'9')).contains(code))
    };
    if text.len() < 7 {
        return None;
    }
    if is(4, b'-') {
        if !is(5, b'W') {
            return Some(10);
        }
        // A dash after the week may come before the day of the week, or separate the time.
        return match text.len() {
            ..=7 => None,
            9 if is(8, b'-') => None,
            len if len > 8 && is(8, b'-') && !(len > 10 && digit(10)) => Some(10),
            _ => Some(8),
        };
    }
    if !is(4, b'W') {
        return Some(8);
    }
    let end = (7..text.len()).find(|&at| !digit(at)).unwrap_or(text.len());
    Some(match end {
        ..9 => end,
        _ if end % 2 == 0 => 7,
        _ => 8,
    })
}

/// Hours, and as many of minutes, seconds and a fraction as there are, up to the end of the text.
fn clock(text: &[u32]) -> Option<Clock> {
    let mut cursor = Cursor(text);
    let colons = text.get(2) == Some(&u32::from(b':'));
    let mut parts = [0; 3];
    for (index, part) in parts.iter_mut().enumerate() {
        *part = cursor.digits(2)?;
        if cursor.at_end() || index == 2 {
            break;
        }
        if colons && !cursor.skip(b':') {
            return None;
        }
        if cursor.at_end() {
            return None;
        }
    }
    let [hour, minute, second] = parts;
    let mut micro = 0;
    if !cursor.at_end() {
        if !cursor.skip(b'.') && !cursor.skip(b',') {
            return None;
        }
        let mut unit = 100_000;
        micro = cursor.digit()? * unit;
        while let Some(digit) = cursor.digit() {
            unit /= 10;
            micro += digit * unit;
        }
        if !cursor.at_end() {
            return None;
        }
    }
    Some(Clock {
        hour,
        minute,
        second,
        micro,
    })
}

/// Reads a time, with its zone, that is all of the text.
pub(super) fn time(text: &[u32]) -> Option<Time> {
    let is_sign = |code: &u32| [b'+', b'-', b'Z'].map(u32::from).contains(code);
    let Some(at) = text.iter().position(is_sign) else {
        return clock(text).map(|clock| Time {
            clock,
            offset: None,
        });
    };
    let (before, zone) = (clock(&text[..at])?, &text[at + 1..]);
    let offset = if text[at] == u32::from(b'Z') {
        zone.is_empty().then_some(0)?
    } else {
        let offset = clock(zone)?;
        if offset.minute > 59 || offset.second > 59 {
            return None;
        }
        let total = i128::from(offset.micros());
        if text[at] == u32::from(b'-') {
            -total
        } else {
            total
        }
    };
    Some(Time {
        clock: before,
        offset: Some(offset),
    })
}
