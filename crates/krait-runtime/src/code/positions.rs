//! Where in the source the instructions of a code object are: its line and location tables.

use krait_bytecode::linetable::{LineEntry, LineTableReader, LineTableWriter, Location};

use super::PyCode;
use crate::object::{Obj, Py, PyClass};
use crate::{PyBytes, PyLong, PyResult, PyTuple};

/// A source range as `co_positions` has it; `None` where it is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct CodePosition {
    pub line: Option<i32>,
    pub end_line: Option<i32>,
    pub col: Option<i32>,
    pub end_col: Option<i32>,
}

impl From<Location> for CodePosition {
    fn from(location: Location) -> Self {
        let known = |value: i32| (value >= 0).then_some(value);
        CodePosition {
            line: known(location.line),
            end_line: known(location.end_line),
            col: known(location.col),
            end_col: known(location.end_col),
        }
    }
}

impl PyCode {
    /// The line of the code unit at this byte offset; `None` if it has none. Before the first
    /// instruction that is `co_firstlineno`.
    pub fn line_of(&self, byte_offset: i32) -> Option<i32> {
        if byte_offset < 0 {
            return Some(self.co_firstlineno.get());
        }
        let position = self.position_of(byte_offset);
        position.and_then(|position| position.line)
    }

    /// The source range of the code unit at this byte offset.
    pub fn position_of(&self, byte_offset: i32) -> Option<CodePosition> {
        let unit = usize::try_from(byte_offset).ok()? / 2;
        let table = self.co_linetable.get()?;
        LineTableReader::new(table.as_bytes(), self.co_firstlineno.get())
            .find(|entry| unit < entry.end)
            .map(|entry| entry.location.into())
    }

    /// The location table, decoded.
    pub fn line_entries(&self) -> Vec<LineEntry> {
        let table = self.co_linetable.get();
        table.map_or_else(Vec::new, |table| {
            LineTableReader::new(table.as_bytes(), self.co_firstlineno.get()).collect()
        })
    }

    /// Runs of code units on one line: (first byte, byte after the last, line).
    pub fn line_ranges(&self) -> Vec<(i32, i32, Option<i32>)> {
        let mut ranges: Vec<(i32, i32, Option<i32>)> = Vec::new();
        for entry in self.line_entries() {
            let line = CodePosition::from(entry.location).line;
            let (start, end) = (entry.start as i32 * 2, entry.end as i32 * 2);
            match ranges.last_mut() {
                Some(last) if last.2 == line => last.1 = end,
                _ => ranges.push((start, end, line)),
            }
        }
        ranges
    }

    /// The source range of each code unit.
    pub fn unit_positions(&self) -> Vec<CodePosition> {
        let mut positions = Vec::with_capacity(self.units().len());
        for entry in self.line_entries() {
            for _ in entry.start..entry.end {
                positions.push(entry.location.into());
            }
        }
        positions
    }
}

/// A location table with the lines of another and nothing more.
pub(super) fn without_columns(table: &PyBytes, firstlineno: i32) -> PyResult<Py<PyBytes>> {
    let mut writer = LineTableWriter::new(firstlineno);
    for entry in LineTableReader::new(table.as_bytes(), firstlineno) {
        let location = Location {
            end_line: entry.location.line,
            col: -1,
            end_col: -1,
            ..entry.location
        };
        writer.push(location, entry.end - entry.start);
    }
    PyBytes::new(&writer.finish())
}

/// A number, or None.
pub(super) fn int_or_none(value: Option<i32>) -> PyResult<Obj> {
    match value {
        Some(value) => Ok(PyLong::from_i64(i64::from(value))?.into_object()),
        None => Ok(crate::none().to_obj()),
    }
}

impl CodePosition {
    /// The tuple that `co_positions` yields.
    pub(super) fn to_tuple(self) -> PyResult<Obj> {
        let parts = [self.line, self.end_line, self.col, self.end_col];
        let parts = parts
            .into_iter()
            .map(int_or_none)
            .collect::<PyResult<Vec<_>>>()?;
        Ok(PyTuple::from_vec(parts)?.into_object())
    }
}
