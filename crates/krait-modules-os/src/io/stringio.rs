//! `StringIO`: a text stream in memory.

use std::cell::{Cell, RefCell};

use krait_macros::{pyclass, pymethods};
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::{
    IntoPy, OptionalArg, PyDict, PyErr, PyLong, PyResult, PyStr, PyTuple, PyType, StrBuilder, exc,
    none, overflow_error, type_error, value_error,
};
use krait_text::StrSlice;

use super::base::{PyTextIOBase, Size, size_or_all};
use super::newline::{LineEnd, NewlineMode, NewlineState};

/// The content: while text is only added at the end, it stays as small as it comes.
enum Store {
    Growing(StrBuilder),
    Flat(Vec<u32>),
}

/// Text that can be read and written like a file.
#[pyclass(name = "StringIO", module = "_io", base = PyTextIOBase, flags(BASETYPE, GC))]
#[repr(C)]
pub(crate) struct PyStringIO {
    base: PyTextIOBase,
    store: RefCell<Store>,
    position: Cell<usize>,
    mode: Cell<Option<NewlineMode>>,
    newlines: Cell<NewlineState>,
    closed: Cell<bool>,
}

fn code_points(text: StrSlice<'_>, out: &mut Vec<u32>) {
    match text {
        StrSlice::Latin1(units) => out.extend(units.iter().map(|&unit| u32::from(unit))),
        StrSlice::Ucs2(units) => out.extend(units.iter().map(|&unit| u32::from(unit))),
        StrSlice::Ucs4(units) => out.extend_from_slice(units),
    }
}

impl Store {
    fn flat(&mut self) -> &mut Vec<u32> {
        if let Store::Growing(builder) = self {
            let mut units = Vec::with_capacity(builder.len());
            code_points(builder.as_slice(), &mut units);
            *self = Store::Flat(units);
        }
        match self {
            Store::Flat(units) => units,
            Store::Growing(_) => unreachable!("made flat above"),
        }
    }

    fn slice(&self) -> StrSlice<'_> {
        match self {
            Store::Growing(builder) => builder.as_slice(),
            Store::Flat(units) => StrSlice::Ucs4(units),
        }
    }
}

impl PyStringIO {
    /// The newline mode of a stream that is open.
    fn open(&self) -> PyResult<NewlineMode> {
        let Some(mode) = self.mode.get() else {
            return Err(value_error!("I/O operation on uninitialized object"));
        };
        if self.closed.get() {
            return Err(value_error!("I/O operation on closed file"));
        }
        Ok(mode)
    }

    fn put(&self, text: &PyStr, mode: NewlineMode) -> PyResult<()> {
        let mut text = PyClass::to_owned(text);
        if mode.universal {
            let mut state = self.newlines.get();
            text = state.feed(text, true)?;
            self.newlines.set(state);
        }
        if let Some(end) = mode.write {
            text = text.replaced(&*PyStr::new("\n")?, &*PyStr::new(end)?, usize::MAX)?;
        }
        let mut store = self.store.borrow_mut();
        let position = self.position.get();
        if let Store::Growing(builder) = &mut *store
            && builder.len() == position
        {
            builder.push_py(&text);
            self.position.set(position + text.len());
            return Ok(());
        }
        let units = store.flat();
        let Some(end) = position.checked_add(text.len()) else {
            return Err(overflow_error!("new position too large"));
        };
        if units.len() < end {
            let more = end - units.len();
            units
                .try_reserve(more)
                .map_err(|_| krait_runtime::err::no_memory())?;
            units.resize(end, 0);
        }
        let mut new = Vec::with_capacity(text.len());
        code_points(text.as_slice(), &mut new);
        units[position..end].copy_from_slice(&new);
        self.position.set(end);
        Ok(())
    }

    /// The text from the position on, up to `end`.
    fn cut(&self, end: usize) -> PyResult<Py<PyStr>> {
        let store = self.store.borrow();
        let text = store.slice();
        let end = end.min(text.len());
        let start = self.position.get().min(end);
        self.position.set(self.position.get().max(end));
        PyStr::from_slice(text.sub(start, end))
    }

    fn line(&self, mode: NewlineMode, limit: Option<usize>) -> PyResult<Py<PyStr>> {
        let start = self.position.get();
        let end = {
            let store = self.store.borrow();
            let text = store.slice();
            if start >= text.len() {
                text.len()
            } else {
                let end = mode.end.find(text, start).unwrap_or(text.len());
                limit.map_or(end, |limit| end.min(start.saturating_add(limit)))
            }
        };
        self.cut(end)
    }
}

#[pymethods]
impl PyStringIO {
    #[slot(tp_new)]
    fn tp_new(cls: &PyType, _args: &PyTuple, _kwargs: Option<&PyDict>) -> PyResult<Obj> {
        let stream = PyStringIO {
            base: PyTextIOBase::part(),
            store: RefCell::new(Store::Growing(StrBuilder::new())),
            position: Cell::new(0),
            mode: Cell::new(None),
            newlines: Cell::default(),
            closed: Cell::new(false),
        };
        Ok(Py::new_in(cls, stream)?.into_object())
    }

    #[pyinit(signature = "(initial_value='', newline='\\n')")]
    fn init(
        &self,
        initial_value: OptionalArg<&PyObject>,
        newline: OptionalArg<&PyObject>,
    ) -> PyResult<()> {
        self.mode.set(None);
        let mode = match newline.present() {
            None => NewlineMode::new(Some(&*PyStr::new("\n")?), true)?,
            Some(newline) if newline.is(none()) => NewlineMode::new(None, true)?,
            Some(newline) => match newline.downcast::<PyStr>() {
                Some(newline) => NewlineMode::new(Some(newline), true)?,
                None => {
                    return Err(type_error!(
                        "newline must be str or None, not {}",
                        newline.type_().tp_name()
                    ));
                }
            },
        };
        let initial = initial_value.present().filter(|value| !value.is(none()));
        let initial = match initial {
            None => None,
            Some(value) => match value.downcast::<PyStr>() {
                Some(text) => Some(text),
                None => {
                    return Err(type_error!(
                        "initial_value must be str or None, not {}",
                        value.type_().tp_name()
                    ));
                }
            },
        };
        self.store.replace(Store::Growing(StrBuilder::new()));
        self.position.set(0);
        self.newlines.set(NewlineState {
            translate: mode.translate,
            ..NewlineState::default()
        });
        self.closed.set(false);
        self.mode.set(Some(mode));
        if let Some(text) = initial.filter(|text| !text.is_empty()) {
            self.put(text, mode)?;
        }
        self.position.set(0);
        Ok(())
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Obj>> {
        let mode = self.open()?;
        if !self.as_object().is_exact::<PyStringIO>() {
            let line = self.call_method(krait_runtime::intern!("readline"), &[])?;
            let Some(text) = line.downcast::<PyStr>() else {
                return Err(krait_runtime::exc!(
                    OSError,
                    "readline() should have returned a str object, not '{}'",
                    line.type_().tp_name()
                ));
            };
            return Ok((!text.is_empty()).then(|| line.clone()));
        }
        let line = self.line(mode, None)?;
        Ok((!line.is_empty()).then(|| line.into_object()))
    }

    /// Close the IO object.
    #[pymethod(signature = "($self, /)")]
    fn close(&self) {
        self.closed.set(true);
        self.store.replace(Store::Growing(StrBuilder::new()));
    }

    /// Retrieve the entire contents of the object.
    #[pymethod(signature = "($self, /)")]
    fn getvalue(&self) -> PyResult<Py<PyStr>> {
        self.open()?;
        PyStr::from_slice(self.store.borrow().slice())
    }

    /// Read at most size characters, returned as a string.
    #[pymethod(signature = "($self, size=-1, /)")]
    fn read(&self, size: OptionalArg<Size>) -> PyResult<Py<PyStr>> {
        self.open()?;
        let limit = size_or_all(size).limit().unwrap_or(usize::MAX);
        self.cut(self.position.get().saturating_add(limit))
    }

    /// Read until newline or EOF.
    #[pymethod(signature = "($self, size=-1, /)")]
    fn readline(&self, size: OptionalArg<Size>) -> PyResult<Py<PyStr>> {
        let mode = self.open()?;
        self.line(mode, size_or_all(size).limit())
    }

    /// Tell the current file position.
    #[pymethod(signature = "($self, /)")]
    fn tell(&self) -> PyResult<usize> {
        self.open()?;
        Ok(self.position.get())
    }

    /// Truncate size to pos.
    #[pymethod(signature = "($self, pos=None, /)")]
    fn truncate(&self, pos: Option<Size>) -> PyResult<usize> {
        self.open()?;
        let size = match pos {
            None => self.position.get(),
            Some(Size(size)) => {
                usize::try_from(size).map_err(|_| value_error!("Negative size value {size}"))?
            }
        };
        let mut store = self.store.borrow_mut();
        if size < store.slice().len() {
            store.flat().truncate(size);
        }
        Ok(size)
    }

    /// Change stream position.
    #[pymethod(signature = "($self, pos, whence=0, /)")]
    fn seek(&self, pos: isize, whence: i32) -> PyResult<usize> {
        self.open()?;
        if !(0..=2).contains(&whence) {
            return Err(value_error!(
                "Invalid whence ({whence}, should be 0, 1 or 2)"
            ));
        }
        if whence == 0 && pos < 0 {
            return Err(value_error!("Negative seek position {pos}"));
        }
        if whence != 0 && pos != 0 {
            return Err(PyErr::new(
                &exc::OSError,
                "Can't do nonzero cur-relative seeks",
            ));
        }
        match whence {
            0 => self.position.set(pos as usize),
            2 => self.position.set(self.store.borrow().slice().len()),
            _ => {}
        }
        Ok(self.position.get())
    }

    /// Write string to file.
    #[pymethod(signature = "($self, s, /)")]
    fn write(&self, s: &PyObject) -> PyResult<usize> {
        let Some(text) = s.downcast::<PyStr>() else {
            return Err(type_error!(
                "string argument expected, got '{}'",
                s.type_().tp_name()
            ));
        };
        let mode = self.open()?;
        if !text.is_empty() {
            self.put(text, mode)?;
        }
        Ok(text.len())
    }

    /// Returns True if the IO object can be seeked.
    #[pymethod(signature = "($self, /)")]
    fn seekable(&self) -> PyResult<bool> {
        self.open().map(|_| true)
    }

    /// Returns True if the IO object can be read.
    #[pymethod(signature = "($self, /)")]
    fn readable(&self) -> PyResult<bool> {
        self.open().map(|_| true)
    }

    /// Returns True if the IO object can be written.
    #[pymethod(signature = "($self, /)")]
    fn writable(&self) -> PyResult<bool> {
        self.open().map(|_| true)
    }

    #[pymethod(name = "__getstate__", signature = "($self, /)")]
    fn getstate(&self) -> PyResult<Obj> {
        let mode = self.open()?;
        let dict = match self.as_object().instance_dict() {
            Some(dict) => dict.copy()?.into_object(),
            None => none().to_obj(),
        };
        (self.getvalue()?, mode.argument, self.position.get(), dict).into_py()
    }

    #[pymethod(name = "__setstate__", signature = "($self, state, /)")]
    fn setstate(&self, state: &PyObject) -> PyResult<()> {
        let Some([value, newline, position, dict]) =
            state.downcast::<PyTuple>().map(PyTuple::as_slice)
        else {
            return Err(type_error!(
                "{}.__setstate__ argument should be 4-tuple, got {}",
                self.as_object().type_().tp_name(),
                state.type_().tp_name()
            ));
        };
        if self.closed.get() {
            return Err(value_error!("I/O operation on closed file"));
        }
        self.init(OptionalArg::Missing, OptionalArg::Present(newline))?;
        // The text was translated before: it goes in as it is.
        let mut units = Vec::new();
        if let Some(text) = value.downcast::<PyStr>() {
            code_points(text.as_slice(), &mut units);
        } else if !value.is(none()) {
            return Err(type_error!(
                "initial_value must be str or None, not {}",
                value.type_().tp_name()
            ));
        }
        self.store.replace(Store::Flat(units));
        if position.downcast::<PyLong>().is_none() {
            return Err(type_error!(
                "third item of state must be an integer, got {}",
                position.type_().tp_name()
            ));
        }
        let position: isize = position.extract()?;
        let Ok(position) = usize::try_from(position) else {
            return Err(value_error!("position value cannot be negative"));
        };
        self.position.set(position);
        if dict.is(none()) {
            return Ok(());
        }
        let Some(entries) = dict.downcast::<PyDict>() else {
            return Err(type_error!(
                "fourth item of state should be a dict, got a {}",
                dict.type_().tp_name()
            ));
        };
        if let Some(own) = self.as_object().instance_dict_or_new()? {
            own.update(entries, true)?;
        }
        Ok(())
    }

    #[pygetter]
    fn closed(&self) -> PyResult<bool> {
        if self.mode.get().is_none() {
            return Err(value_error!("I/O operation on uninitialized object"));
        }
        Ok(self.closed.get())
    }

    #[pygetter]
    fn line_buffering(&self) -> PyResult<bool> {
        self.open().map(|_| false)
    }

    #[pygetter]
    fn newlines(&self) -> PyResult<Obj> {
        let mode = self.open()?;
        if mode.universal || mode.end == LineEnd::Any {
            return self.newlines.get().newlines();
        }
        none().into_py()
    }
}
