//! Lines to rows.

use std::cell::Cell;

use krait_macros::{pyclass, pymethods};
use krait_runtime::{
    Field, Obj, Py, PyClass, PyFloat, PyList, PyObject, PyResult, PyStr, StrBuilder, none,
};

use super::dialect::Dialect;
use super::{ERROR, QUOTE_NONE, QUOTE_NONNUMERIC, QUOTE_NOTNULL, QUOTE_STRINGS, state};
use crate::util::raise;

/// Where in a row the reader is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    StartRecord,
    StartField,
    Escaped,
    Field,
    Quoted,
    EscapedInQuoted,
    QuoteInQuoted,
    EndOfLine,
    AfterEscapedEndOfLine,
}

/// CSV reader
///
/// Reader objects are responsible for reading and parsing tabular data in CSV format.
#[pyclass(name = "reader", module = "_csv", flags(GC, DISALLOW_INSTANTIATION))]
#[repr(C)]
pub(super) struct Reader {
    ob_base: PyObject,
    #[traverse]
    lines: Field<PyObject>,
    #[traverse]
    dialect: Field<Dialect>,
    line_num: Cell<usize>,
    /// Counts the calls, so that one inside of another is noticed.
    calls: Cell<usize>,
}

/// A row being read.
struct Row<'a> {
    dialect: &'a Dialect,
    at: At,
    fields: Vec<Obj>,
    field: StrBuilder,
    unquoted: bool,
    limit: isize,
}

/// The end of a line, as no character is.
const END: u32 = u32::MAX;

fn is_line_end(code: u32) -> bool {
    code == 10 || code == 13
}

impl Row<'_> {
    fn push(&mut self, code: u32) -> PyResult<()> {
        if self.field.len() as isize >= self.limit {
            let text = format!("field larger than field limit ({})", self.limit);
            return Err(raise(ERROR, text));
        }
        self.field.push(code);
        Ok(())
    }

    fn save(&mut self) -> PyResult<()> {
        let text = std::mem::take(&mut self.field);
        let unquoted = std::mem::replace(&mut self.unquoted, true);
        let quoting = self.dialect.quoting;
        let value =
            if unquoted && text.is_empty() && matches!(quoting, QUOTE_NOTNULL | QUOTE_STRINGS) {
                none().to_obj()
            } else if unquoted
                && !text.is_empty()
                && matches!(quoting, QUOTE_NONNUMERIC | QUOTE_STRINGS)
            {
                let text = text.finish()?;
                PyFloat::type_object().as_object().call1(&text)?
            } else {
                text.finish()?.into_object()
            };
        self.fields.push(value);
        Ok(())
    }

    /// Ends a field at the end of a line.
    fn save_at_end(&mut self, code: u32) -> PyResult<()> {
        self.save()?;
        self.at = if code == END {
            At::StartRecord
        } else {
            At::EndOfLine
        };
        Ok(())
    }

    fn is_quote(&self, code: u32) -> bool {
        self.dialect.quotechar == Some(code) && self.dialect.quoting != QUOTE_NONE
    }

    fn feed(&mut self, code: u32) -> PyResult<()> {
        let escape = self.dialect.escapechar == Some(code);
        match self.at {
            At::StartRecord if code == END => {}
            At::StartRecord if is_line_end(code) => self.at = At::EndOfLine,
            At::StartRecord | At::StartField => return self.start_field(code, escape),
            At::Escaped => {
                if is_line_end(code) {
                    self.push(code)?;
                    self.at = At::AfterEscapedEndOfLine;
                } else {
                    self.push(if code == END { 10 } else { code })?;
                    self.at = At::Field;
                }
            }
            At::AfterEscapedEndOfLine if code == END => {}
            At::AfterEscapedEndOfLine | At::Field => return self.in_field(code, escape),
            At::Quoted => {
                if code == END {
                } else if escape {
                    self.at = At::EscapedInQuoted;
                } else if self.is_quote(code) {
                    self.at = if self.dialect.doublequote {
                        At::QuoteInQuoted
                    } else {
                        At::Field
                    };
                } else {
                    self.push(code)?;
                }
            }
            At::EscapedInQuoted => {
                self.push(if code == END { 10 } else { code })?;
                self.at = At::Quoted;
            }
            At::QuoteInQuoted => return self.after_quote(code),
            At::EndOfLine => {
                if code == END {
                    self.at = At::StartRecord;
                } else if !is_line_end(code) {
                    return Err(raise(
                        ERROR,
                        "new-line character seen in unquoted field - do you need to open the \
                         file with newline=''?",
                    ));
                }
            }
        }
        Ok(())
    }

    fn start_field(&mut self, code: u32, escape: bool) -> PyResult<()> {
        self.at = At::StartField;
        if code == END || is_line_end(code) {
            self.save_at_end(code)?;
        } else if self.is_quote(code) {
            self.unquoted = false;
            self.at = At::Quoted;
        } else if escape {
            self.at = At::Escaped;
        } else if code == 32 && self.dialect.skipinitialspace {
        } else if code == self.dialect.delimiter {
            self.save()?;
        } else {
            self.push(code)?;
            self.at = At::Field;
        }
        Ok(())
    }

    fn in_field(&mut self, code: u32, escape: bool) -> PyResult<()> {
        self.at = At::Field;
        if code == END || is_line_end(code) {
            self.save_at_end(code)?;
        } else if escape {
            self.at = At::Escaped;
        } else if code == self.dialect.delimiter {
            self.save()?;
            self.at = At::StartField;
        } else {
            self.push(code)?;
        }
        Ok(())
    }

    fn after_quote(&mut self, code: u32) -> PyResult<()> {
        if self.is_quote(code) {
            self.push(code)?;
            self.at = At::Quoted;
        } else if code == self.dialect.delimiter {
            self.save()?;
            self.at = At::StartField;
        } else if code == END || is_line_end(code) {
            self.save_at_end(code)?;
        } else if !self.dialect.strict {
            self.push(code)?;
            self.at = At::Field;
        } else {
            let show = |code: u32| char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
            let delimiter = show(self.dialect.delimiter);
            let quote = self.dialect.quotechar.map_or('\0', show);
            return Err(raise(
                ERROR,
                format!("'{delimiter}' expected after '{quote}'"),
            ));
        }
        Ok(())
    }
}

impl Reader {
    pub(super) fn new(lines: Obj, dialect: Py<Dialect>) -> PyResult<Py<Reader>> {
        Py::new(Reader {
            ob_base: PyObject::HEADER,
            lines: Field::new(lines),
            dialect: Field::new(dialect),
            line_num: Cell::new(0),
            calls: Cell::new(0),
        })
    }
}

#[pymethods]
impl Reader {
    #[slot(tp_iter)]
    fn iter(&self) -> Obj {
        self.to_obj()
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Obj>> {
        let (Some(lines), Some(dialect)) = (self.lines.get(), self.dialect.get()) else {
            return Ok(None);
        };
        let mut row = Row {
            dialect: &dialect,
            at: At::StartRecord,
            fields: Vec::new(),
            field: StrBuilder::new(),
            unquoted: true,
            limit: state().field_limit.get(),
        };
        let call = self.calls.get().wrapping_add(1);
        self.calls.set(call);
        loop {
            let line = lines.iter_next()?;
            if self.calls.get() != call {
                return Err(raise(ERROR, "iterator has already advanced the reader"));
            }
            let Some(line) = line else {
                if row.field.is_empty() && row.at != At::Quoted {
                    return Ok(None);
                }
                if dialect.strict {
                    return Err(raise(ERROR, "unexpected end of data"));
                }
                row.save()?;
                break;
            };
            let Some(line) = line.downcast::<PyStr>() else {
                return Err(raise(
                    ERROR,
                    format!(
                        "iterator should return strings, not {} (the file should be opened in \
                         text mode)",
                        line.type_().tp_name()
                    ),
                ));
            };
            self.line_num.set(self.line_num.get() + 1);
            for code in line.as_slice().iter() {
                row.feed(code)?;
            }
            row.feed(END)?;
            if row.at == At::StartRecord {
                break;
            }
        }
        let fields = std::mem::take(&mut row.fields);
        Ok(Some(PyList::from_vec(fields)?.into_object()))
    }

    #[pygetter(name = "dialect")]
    fn get_dialect(&self) -> Option<Py<Dialect>> {
        self.dialect.get()
    }

    #[pygetter(name = "line_num")]
    fn get_line_num(&self) -> usize {
        self.line_num.get()
    }
}
