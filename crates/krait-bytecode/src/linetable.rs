//! The location table (`co_linetable`, PEP 626 and 657): which source range each instruction is of.
//!
//! An entry covers one to eight code units. Its first byte is `1 kkkk lll`: the kind of the entry and
//! the number of units less one; what follows depends on the kind. The line is a delta to the
//! entry before, at first to `co_firstlineno`.

/// A source range; a line or column below zero is unknown. Columns are byte offsets.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Location {
    /// The first line, from 1; -1 if there is none.
    pub line: i32,
    /// The last line.
    pub end_line: i32,
    /// The column of the first byte.
    pub col: i32,
    /// The column after the last byte.
    pub end_col: i32,
}

impl Location {
    /// No location at all.
    pub const NONE: Location = Location {
        line: -1,
        end_line: -1,
        col: -1,
        end_col: -1,
    };
    /// The compiler's mark for "as the next instruction".
    pub const NEXT: Location = Location {
        line: -2,
        end_line: -2,
        col: -2,
        end_col: -2,
    };

    /// A location with a line and no columns.
    pub const fn line_only(line: i32) -> Location {
        Location {
            line,
            end_line: line,
            col: -1,
            end_col: -1,
        }
    }
}

const KIND_SHORT_LAST: u8 = 9;
const KIND_ONE_LINE: u8 = 10;
const KIND_NO_COLUMNS: u8 = 13;
const KIND_LONG: u8 = 14;
const KIND_NONE: u8 = 15;
/// The most code units one entry covers.
const MAX_ENTRY_UNITS: usize = 8;

/// Writes a location table, one run of code units after the other.
#[derive(Debug)]
pub struct LineTableWriter {
    bytes: Vec<u8>,
    line: i32,
}

impl LineTableWriter {
    /// Starts the table of a code object with this `co_firstlineno`.
    pub fn new(firstlineno: i32) -> Self {
        Self {
            bytes: Vec::new(),
            line: firstlineno,
        }
    }

    /// Adds `units` code units at one location.
    pub fn push(&mut self, location: Location, mut units: usize) {
        while units > MAX_ENTRY_UNITS {
            self.entry(location, MAX_ENTRY_UNITS);
            units -= MAX_ENTRY_UNITS;
        }
        if units > 0 {
            self.entry(location, units);
        }
    }

    /// The finished table.
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }

    fn start(&mut self, kind: u8, units: usize) {
        self.bytes.push(0x80 | kind << 3 | (units - 1) as u8);
    }

    fn entry(&mut self, location: Location, units: usize) {
        if location.line < 0 {
            self.start(KIND_NONE, units);
            return;
        }
        let delta = location.line.wrapping_sub(self.line);
        let (col, end_col) = (location.col, location.end_col);
        if col < 0 || end_col < 0 {
            if location.end_line == location.line || location.end_line < 0 {
                self.start(KIND_NO_COLUMNS, units);
                write_signed_varint(&mut self.bytes, delta);
                self.line = location.line;
                return;
            }
        } else if location.end_line == location.line {
            if delta == 0 && col < 80 && end_col - col < 16 && end_col >= col {
                self.start((col >> 3) as u8, units);
                self.bytes
                    .push(((col & 7) as u8) << 4 | (end_col - col) as u8);
                return;
            }
            if (0..3).contains(&delta) && col < 128 && end_col < 128 {
                self.start(KIND_ONE_LINE + delta as u8, units);
                self.bytes.push(col as u8);
                self.bytes.push(end_col as u8);
                self.line = location.line;
                return;
            }
        }
        self.start(KIND_LONG, units);
        write_signed_varint(&mut self.bytes, delta);
        write_varint(
            &mut self.bytes,
            location.end_line.wrapping_sub(location.line) as u32,
        );
        write_varint(&mut self.bytes, (col + 1) as u32);
        write_varint(&mut self.bytes, (end_col + 1) as u32);
        self.line = location.line;
    }
}

fn write_varint(bytes: &mut Vec<u8>, mut value: u32) {
    while value >= 64 {
        bytes.push(0x40 | (value & 0x3F) as u8);
        value >>= 6;
    }
    bytes.push(value as u8);
}

fn write_signed_varint(bytes: &mut Vec<u8>, value: i32) {
    let magnitude = value.unsigned_abs();
    write_varint(bytes, magnitude << 1 | u32::from(value < 0));
}

/// A decoded entry: the code units `start..end` (indices of 16-bit words) are at `location`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LineEntry {
    /// The first code unit.
    pub start: usize,
    /// One past the last code unit.
    pub end: usize,
    /// Where in the source; [`Location::NONE`] if nowhere.
    pub location: Location,
}

/// Reads a location table entry by entry. A table cut short ends the iteration.
#[derive(Clone, Debug)]
pub struct LineTableReader<'a> {
    bytes: &'a [u8],
    at: usize,
    unit: usize,
    line: i32,
}

impl<'a> LineTableReader<'a> {
    /// Reads `bytes`, the table of a code object with this `co_firstlineno`.
    pub fn new(bytes: &'a [u8], firstlineno: i32) -> Self {
        Self {
            bytes,
            at: 0,
            unit: 0,
            line: firstlineno,
        }
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn varint(&mut self) -> Option<u32> {
        let mut value = 0u32;
        let mut shift = 0;
        loop {
            let byte = self.byte()?;
            value |= u32::from(byte & 0x3F).checked_shl(shift).unwrap_or(0);
            shift += 6;
            if byte & 0x40 == 0 {
                return Some(value);
            }
        }
    }

    fn signed_varint(&mut self) -> Option<i32> {
        let value = self.varint()?;
        let magnitude = (value >> 1) as i32;
        Some(if value & 1 != 0 {
            -magnitude
        } else {
            magnitude
        })
    }
}

impl Iterator for LineTableReader<'_> {
    type Item = LineEntry;

    fn next(&mut self) -> Option<LineEntry> {
        let first = self.byte()?;
        let start = self.unit;
        self.unit += usize::from(first & 7) + 1;
        let location = match (first >> 3) & 15 {
            kind @ 0..=KIND_SHORT_LAST => {
                let byte = self.byte()?;
                let col = i32::from(kind) << 3 | i32::from(byte >> 4);
                let end_col = col + i32::from(byte & 15);
                Location {
                    line: self.line,
                    end_line: self.line,
                    col,
                    end_col,
                }
            }
            kind @ KIND_ONE_LINE..KIND_NO_COLUMNS => {
                self.line = self.line.wrapping_add(i32::from(kind - KIND_ONE_LINE));
                let col = i32::from(self.byte()?);
                let end_col = i32::from(self.byte()?);
                Location {
                    line: self.line,
                    end_line: self.line,
                    col,
                    end_col,
                }
            }
            KIND_NO_COLUMNS => {
                self.line = self.line.wrapping_add(self.signed_varint()?);
                Location::line_only(self.line)
            }
            KIND_LONG => {
                self.line = self.line.wrapping_add(self.signed_varint()?);
                let end_line = self.line.wrapping_add(self.varint()? as i32);
                let col = (self.varint()? as i32).wrapping_sub(1);
                let end_col = (self.varint()? as i32).wrapping_sub(1);
                Location {
                    line: self.line,
                    end_line,
                    col,
                    end_col,
                }
            }
            _ => Location::NONE,
        };
        Some(LineEntry {
            start,
            end: self.unit,
            location,
        })
    }
}

/// The location of the code unit with this index: what a traceback shows.
pub fn location_of(linetable: &[u8], firstlineno: i32, unit: usize) -> Location {
    LineTableReader::new(linetable, firstlineno)
        .find(|entry| entry.end > unit)
        .map_or(Location::NONE, |entry| entry.location)
}

/// The line of the code unit with this index, `None` if it has none.
pub fn line_of(linetable: &[u8], firstlineno: i32, unit: usize) -> Option<i32> {
    let line = location_of(linetable, firstlineno, unit).line;
    (line >= 0).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_tables_are_read_back() {
        let one = |line, end_line, col, end_col| Location {
            line,
            end_line,
            col,
            end_col,
        };
        let runs = [
            (one(1, 1, 0, 5), 1),
            (one(1, 1, 79, 90), 3),
            (one(3, 3, 100, 127), 2),
            (Location::NONE, 9),
            (one(2, 2, 4, 200), 1),
            (one(300, 310, 4, 2), 20),
            (Location::line_only(7), 1),
        ];
        let mut writer = LineTableWriter::new(1);
        for (location, units) in runs {
            writer.push(location, units);
        }
        let bytes = writer.finish();
        let mut unit = 0;
        for (location, units) in runs {
            for _ in 0..units {
                assert_eq!(location_of(&bytes, 1, unit), location);
                unit += 1;
            }
        }
        assert_eq!(location_of(&bytes, 1, unit), Location::NONE);
    }

    #[test]
    fn bytes_are_cpythons() {
        // compile("x = 1\nfor i in x:\n  print(i,\n    x)\n", "f", "exec").co_linetable
        let bytes = [
            0xF0, 3, 1, 1, 1, 0xD8, 4, 5, 0x80, 1, 0xDB, 9, 10, 0x80, 0x41, 0xD9, 2, 7, 0x88, 1,
            0xD8, 4, 5, 0xF6, 3, 1, 3, 7, 0xF3, 3, 0, 10, 11,
        ];
        let positions = [
            (1, 0, 0, 0, 0),
            (1, 1, 1, 4, 5),
            (1, 1, 1, 0, 1),
            (4, 2, 2, 9, 10),
            (1, 2, 2, 4, 5),
            (2, 3, 3, 2, 7),
            (1, 3, 3, 8, 9),
            (1, 4, 4, 4, 5),
            (7, 3, 4, 2, 6),
            (4, 2, 2, 9, 10),
        ];
        let mut unit = 0;
        for (units, line, end_line, col, end_col) in positions {
            for _ in 0..units {
                let location = location_of(&bytes, 1, unit);
                if line > 0 {
                    assert_eq!(
                        location,
                        Location {
                            line,
                            end_line,
                            col,
                            end_col
                        },
                        "{unit}"
                    );
                }
                unit += 1;
            }
        }
        assert_eq!(line_of(&bytes, 1, 0), Some(0));
    }
}
