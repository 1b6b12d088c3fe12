//! Rows to lines.

use krait_macros::{pyclass, pymethods};
use krait_runtime::{
    Field, Obj, Py, PyClass, PyFloat, PyObject, PyResult, PyStr, StrBuilder, exc, intern, none,
    type_error,
};

use super::dialect::Dialect;
use super::{ERROR, QUOTE_ALL, QUOTE_NONE, QUOTE_NONNUMERIC, QUOTE_NOTNULL, QUOTE_STRINGS};
use crate::util::raise;

/// CSV writer
///
/// Writer objects are responsible for generating tabular data in CSV format from sequence input.
#[pyclass(name = "writer", module = "_csv", flags(GC, DISALLOW_INSTANTIATION))]
#[repr(C)]
pub(super) struct Writer {
    ob_base: PyObject,
    #[traverse]
    write: Field<PyObject>,
    #[traverse]
    dialect: Field<Dialect>,
}

/// Whether an object counts as a number.
fn is_number(object: &PyObject) -> bool {
    object.has_index()
        || object.is_instance_of::<krait_runtime::PyComplex>()
        || [intern!("__int__"), intern!("__float__")]
            .iter()
            .any(|name| object.type_().lookup(name).is_some())
}

/// The text of a field; `None` for none.
fn field_text(field: &PyObject) -> PyResult<Option<Py<PyStr>>> {
    if field.is(none()) {
        return Ok(None);
    }
    if let Some(text) = field.downcast::<PyStr>() {
        return Ok(Some(PyClass::to_owned(text)));
    }
    if field.is_exact::<PyFloat>() {
        return field.repr().map(Some);
    }
    field.str().map(Some)
}

impl Writer {
    pub(super) fn new(write: Obj, dialect: Py<Dialect>) -> PyResult<Py<Writer>> {
        Py::new(Writer {
            ob_base: PyObject::HEADER,
            write: Field::new(write),
            dialect: Field::new(dialect),
        })
    }

    fn write_row(&self, row: &PyObject) -> PyResult<Obj> {
        let (Some(write), Some(dialect)) = (self.write.get(), self.dialect.get()) else {
            return Err(type_error!("the writer is gone"));
        };
        let items = row.iter().map_err(|error| {
            if !error.matches(&exc::TypeError) {
                return error;
            }
            error.clear();
            raise(
                ERROR,
                format!("iterable expected, not {}", row.type_().tp_name()),
            )
        })?;
        let terminator = dialect.terminator()?;
        let mut out = StrBuilder::new();
        let (mut count, mut null) = (0, false);
        while let Some(field) = items.iter_next()? {
            let quoted = match dialect.quoting {
                QUOTE_NONNUMERIC => !is_number(&field),
                QUOTE_ALL => true,
                QUOTE_STRINGS => field.is_instance_of::<PyStr>(),
                QUOTE_NOTNULL => !field.is(none()),
                _ => false,
            };
            null = field.is(none());
            let text = field_text(&field)?;
            if count > 0 {
                out.push(dialect.delimiter);
            }
            append(&mut out, &dialect, &terminator, text.as_deref(), quoted)?;
            count += 1;
        }
        if count > 0 && out.is_empty() {
            let unquotable = null && matches!(dialect.quoting, QUOTE_STRINGS | QUOTE_NOTNULL);
            if dialect.quoting == QUOTE_NONE || unquotable {
                return Err(raise(ERROR, "single empty field record must be quoted"));
            }
            append(&mut out, &dialect, &terminator, None, true)?;
        }
        out.push_py(&terminator);
        write.call1(&*out.finish()?)
    }
}

/// Appends one field.
fn append(
    out: &mut StrBuilder,
    dialect: &Dialect,
    terminator: &PyStr,
    text: Option<&PyStr>,
    mut quoted: bool,
) -> PyResult<()> {
    let mut body = StrBuilder::new();
    for code in text.into_iter().flat_map(|text| text.as_slice().iter()) {
        let is_quote = dialect.quotechar == Some(code);
        let is_escape = dialect.escapechar == Some(code);
        let special = code == dialect.delimiter
            || is_quote
            || is_escape
            || matches!(code, 10 | 13)
            || terminator.as_slice().iter().any(|each| each == code);
        if special {
            let mut escape = dialect.quoting == QUOTE_NONE;
            if !escape && is_quote {
                if dialect.doublequote {
                    body.push(code);
                } else {
                    escape = true;
                }
            } else if !escape && is_escape {
                escape = true;
            }
            if escape {
                match dialect.escapechar {
                    Some(escape) => body.push(escape),
                    None => {
                        return Err(raise(ERROR, "need to escape, but no escapechar set"));
                    }
                }
            } else {
                quoted = true;
            }
        }
        body.push(code);
    }
    if body.is_empty() && dialect.delimiter == 32 && dialect.skipinitialspace {
        let unquotable = text.is_none() && matches!(dialect.quoting, QUOTE_STRINGS | QUOTE_NOTNULL);
        if dialect.quoting == QUOTE_NONE || unquotable {
            return Err(raise(
                ERROR,
                "empty field must be quoted if delimiter is a space and skipinitialspace is true",
            ));
        }
        quoted = true;
    }
    let quote = dialect.quotechar.filter(|_| quoted);
    if let Some(quote) = quote {
        out.push(quote);
    }
    out.push_slice(body.as_slice());
    if let Some(quote) = quote {
        out.push(quote);
    }
    Ok(())
}

#[pymethods]
impl Writer {
    /// writerow(iterable)
    ///
    /// Construct and write a CSV record from an iterable of fields.
    #[pymethod(signature = "($self, row, /)")]
    fn writerow(&self, row: &PyObject) -> PyResult<Obj> {
        self.write_row(row)
    }

    /// writerows(iterable of iterables)
    ///
    /// Construct and write a series of iterables to a csv file.
    #[pymethod(signature = "($self, rows, /)")]
    fn writerows(&self, rows: &PyObject) -> PyResult<()> {
        let rows = rows.iter()?;
        while let Some(row) = rows.iter_next()? {
            self.write_row(&row)?;
        }
        Ok(())
    }

    #[pygetter(name = "dialect")]
    fn get_dialect(&self) -> Option<Py<Dialect>> {
        self.dialect.get()
    }
}
