//! The scanner that `Pattern.scanner` and `Pattern.finditer` give.

use std::cell::{Cell, RefCell};

use krait_macros::{pyclass, pymethods};
use krait_runtime::{Field, Obj, Py, PyClass, PyObject, PyResult, none, value_error};
use krait_sre::Mode;

use super::match_object::Match;
use super::pattern::Pattern;
use super::subject::Cursor;

/// Finds one match after another.
#[pyclass(
    name = "SRE_Scanner",
    module = "_sre",
    flags(GC, DISALLOW_INSTANTIATION)
)]
#[repr(C)]
pub(super) struct Scanner {
    ob_base: PyObject,
    #[traverse]
    pattern: Field<Pattern>,
    /// The place that was reached; `None` once a match failed.
    cursor: RefCell<Option<Cursor>>,
    busy: Cell<bool>,
}

impl Scanner {
    pub(super) fn new(pattern: &Pattern, cursor: Cursor) -> PyResult<Py<Scanner>> {
        Py::new(Scanner {
            ob_base: PyObject::HEADER,
            pattern: Field::new(PyClass::to_owned(pattern)),
            cursor: RefCell::new(Some(cursor)),
            busy: Cell::new(false),
        })
    }

    fn next(&self, mode: Mode) -> PyResult<Obj> {
        if self.busy.get() {
            return Err(value_error!("regular expression scanner already executing"));
        }
        // Out of its cell, for a signal handler may look at the scanner.
        let (Some(pattern), Some(mut cursor)) = (self.pattern.get(), self.cursor.take()) else {
            return Ok(none().to_obj());
        };
        self.busy.set(true);
        let mut scratch = pattern.take_scratch();
        let found = cursor.next(&pattern, &mut scratch, mode);
        self.busy.set(false);
        if found?.is_none() {
            pattern.give_scratch(scratch);
            return Ok(none().to_obj());
        }
        let result = Match::new(&pattern, &cursor, &scratch);
        pattern.give_scratch(scratch);
        self.cursor.replace(Some(cursor));
        Ok(result?.into_object())
    }
}

#[pymethods]
impl Scanner {
    /// Return the next match, which begins where the last one ended.
    #[pymethod(name = "match", signature = "($self, /)")]
    fn match_(&self) -> PyResult<Obj> {
        self.next(Mode::Match)
    }

    /// Return the next match, wherever it is.
    #[pymethod(signature = "($self, /)")]
    fn search(&self) -> PyResult<Obj> {
        self.next(Mode::Search)
    }

    #[pygetter(name = "pattern")]
    fn get_pattern(&self) -> Option<Py<Pattern>> {
        self.pattern.get()
    }
}
