//! The exception table (`co_exceptiontable`): which handler covers which instructions.
//!
//! An entry is four big-endian base-64 varints: start, length, target (all in code units) and
//! `depth << 1 | lasti`; the first byte of an entry has its high bit set, so that the table can be
//! searched from the middle.

/// One entry of the table, in code units (16-bit words).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ExceptionEntry {
    /// The first unit covered.
    pub start: usize,
    /// One past the last unit covered.
    pub end: usize,
    /// Where the handler is.
    pub target: usize,
    /// How many items stay on the stack.
    pub depth: usize,
    /// Whether the offset of the raising instruction is pushed below the exception.
    pub lasti: bool,
}

/// Appends an entry to a table.
pub fn write_entry(bytes: &mut Vec<u8>, entry: ExceptionEntry) {
    write_varint(bytes, entry.start, 0x80);
    write_varint(bytes, entry.end - entry.start, 0);
    write_varint(bytes, entry.target, 0);
    write_varint(bytes, entry.depth << 1 | usize::from(entry.lasti), 0);
}

fn write_varint(bytes: &mut Vec<u8>, value: usize, mut mark: u8) {
    let mut shift = 0;
    while value >> shift >= 64 {
        shift += 6;
    }
    while shift > 0 {
        bytes.push(mark | 0x40 | (value >> shift & 0x3F) as u8);
        mark = 0;
        shift -= 6;
    }
    bytes.push(mark | (value & 0x3F) as u8);
}

/// Reads a table entry by entry. A table cut short ends the iteration.
#[derive(Clone, Debug)]
pub struct ExceptionTableReader<'a> {
    bytes: &'a [u8],
}

impl<'a> ExceptionTableReader<'a> {
    /// Reads `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    fn varint(&mut self) -> Option<usize> {
        let mut value = 0usize;
        loop {
            let (&byte, rest) = self.bytes.split_first()?;
            self.bytes = rest;
            value = value.wrapping_shl(6) | usize::from(byte & 0x3F);
            if byte & 0x40 == 0 {
                return Some(value);
            }
        }
    }
}

impl Iterator for ExceptionTableReader<'_> {
    type Item = ExceptionEntry;

    fn next(&mut self) -> Option<ExceptionEntry> {
        let start = self.varint()?;
        let end = start.wrapping_add(self.varint()?);
        let target = self.varint()?;
        let depth_lasti = self.varint()?;
        Some(ExceptionEntry {
            start,
            end,
            target,
            depth: depth_lasti >> 1,
            lasti: depth_lasti & 1 != 0,
        })
    }
}

/// The handler that covers a code unit. Entries are in order of their start and do not overlap.
pub fn find_handler(table: &[u8], unit: usize) -> Option<ExceptionEntry> {
    ExceptionTableReader::new(table)
        .take_while(|entry| entry.start <= unit)
        .find(|entry| unit < entry.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_tables_are_read_back() {
        let entries = [
            ExceptionEntry {
                start: 3,
                end: 10,
                target: 70,
                depth: 0,
                lasti: false,
            },
            ExceptionEntry {
                start: 10,
                end: 5000,
                target: 300_000,
                depth: 4,
                lasti: true,
            },
        ];
        let mut bytes = Vec::new();
        for entry in entries {
            write_entry(&mut bytes, entry);
        }
        assert_eq!(bytes[..5], [0x83, 7, 0x41, 6, 0]);
        assert_eq!(
            ExceptionTableReader::new(&bytes).collect::<Vec<_>>(),
            entries
        );
        assert_eq!(find_handler(&bytes, 12), Some(entries[1]));
        assert_eq!(find_handler(&bytes, 2), None);
    }
}
