//! Finding the places where a match is worth trying.

use crate::machine::{Machine, Stop};
use crate::program::{Places, Prefix, Scan};
use crate::unit::Unit;

impl<U: Unit> Machine<'_, U> {
    /// Looks for the first match that begins at `pos` or later.
    pub(crate) fn search(&mut self, pos: usize) -> Result<bool, Stop> {
        let program = self.program;
        let subject = self.subject;
        // A match that begins after this has no room.
        let Some(last) = subject
            .len()
            .checked_sub(program.min_width)
            .filter(|&l| l >= pos)
        else {
            return Ok(false);
        };
        let mut at = pos;
        loop {
            let found = match &program.scan {
                Scan::Everywhere => Some(at),
                Scan::Beginning => (at == 0).then_some(0),
                Scan::Lines => next_line(subject, at),
                Scan::Bytes(bytes) => U::find_any(&subject[at..], bytes).map(|i| at + i),
                Scan::Table(table) => subject[at..]
                    .iter()
                    .position(|unit| table.contains(unit.code()))
                    .map(|i| at + i),
                Scan::Places(places) => find_places(places, &subject[at..]).map(|i| at + i),
                Scan::Prefix(prefix) => find_prefix(prefix, &subject[at..]).map(|i| at + i),
            };
            let Some(start) = found.filter(|&start| start <= last) else {
                return Ok(false);
            };
            if let Scan::Prefix(prefix) = &program.scan
                && prefix.whole
            {
                self.scratch.start = start;
                self.scratch.end = start + prefix.codes.len();
                return Ok(true);
            }
            if self.attempt(start)? {
                return Ok(true);
            }
            // Only the first attempt can end where the last match did.
            self.refused = usize::MAX;
            if start >= last {
                return Ok(false);
            }
            at = start + 1;
            self.tick()?;
        }
    }
}

/// The first beginning of a line from `at` on.
fn next_line<U: Unit>(subject: &[U], at: usize) -> Option<usize> {
    match at.checked_sub(1) {
        None => Some(0),
        Some(before) => U::find(&subject[before..], 10).map(|index| before + index + 1),
    }
}

fn find_prefix<U: Unit>(prefix: &Prefix, text: &[U]) -> Option<usize> {
    if let (Some(bytes), Some(finder)) = (U::as_bytes(text), &prefix.finder) {
        return finder.find(bytes);
    }
    let first = *prefix.codes.first()?;
    let mut from = 0;
    let mut misses = 0;
    loop {
        let rest = &text[from..];
        // Looking for the first character alone is the fastest way, unless it is everywhere.
        let found = if misses * 16 <= from {
            U::find(rest, first)
        } else {
            find_places(&prefix.places, rest)
        };
        let index = from + found?;
        let candidate = text.get(index..index + prefix.codes.len())?;
        if candidate
            .iter()
            .zip(&prefix.codes)
            .all(|(unit, &code)| unit.code() == code)
        {
            return Some(index);
        }
        misses += 1;
        from = index + 1;
    }
}

fn find_places<U: Unit>(places: &Places, text: &[U]) -> Option<usize> {
    let last = 1u8 << (places.count - 1);
    let mut matched = 0u8;
    for (index, unit) in text.iter().enumerate() {
        let ch = unit.code();
        let mask = if ch < 256 {
            places.low[ch as usize]
        } else {
            places.high
        };
        matched = (matched << 1 | 1) & mask;
        if matched & last != 0 {
            return Some(index + 1 - places.count as usize);
        }
    }
    None
}
