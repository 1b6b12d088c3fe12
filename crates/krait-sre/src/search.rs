//! Finding the places where a match is worth trying.

use crate::machine::{Machine, Stop};
use crate::program::{Prefix, Scan};
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
    let (&first, rest) = prefix.codes.split_first()?;
    let mut from = 0;
    loop {
        let index = from + U::find(&text[from..], first)?;
        let tail = text.get(index + 1..index + 1 + rest.len())?;
        if tail
            .iter()
            .zip(rest)
            .all(|(unit, &code)| unit.code() == code)
        {
            return Some(index);
        }
        from = index + 1;
    }
}
