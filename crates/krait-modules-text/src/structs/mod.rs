//! `_struct`: C structs as bytes.

mod format;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use krait_macros::{pyclass, pyfunction, pymethods};
use krait_runtime::buffer::BufferView;
use krait_runtime::{
    Args, Field, Interpreter, Obj, Py, PyBytes, PyClass, PyDict, PyModule, PyObject, PyResult,
    PyStr, PyTuple, PyType, WeakList, exc, pymodule, runtime_error, type_error,
};

use crate::util::{Data, add_exception, copy_range, raise};
use format::Layout;

pymodule! {
    pub STRUCT = "_struct",
    "Functions to convert between Python values and C structs.\n\
    Python bytes objects are used to hold the data representing the C struct\n\
    and also as format strings to describe the layout of data in the C struct.",
    functions: [_clearcache, calcsize, iter_unpack, pack, pack_into, unpack, unpack_from],
    classes: [Struct],
    hidden: [UnpackIterator],
    exec: Some(exec)
}

/// The name of the module's exception.
const ERROR: &str = "struct.error";
/// So many formats are remembered.
const CACHE_SIZE: usize = 100;

fn exec(module: &PyModule) -> PyResult<()> {
    add_exception(module, ERROR, &[&exc::Exception], None)?;
    Ok(())
}

/// Formats that the module's functions have met.
#[derive(Default)]
struct Cache(Field<PyDict>);

/// The `Struct` of a format, remembered.
fn cached(format: &PyObject) -> PyResult<Py<Struct>> {
    let cache = &Interpreter::current().extension::<Cache>().0;
    let known = match cache.get() {
        Some(known) => known,
        None => {
            let made = PyDict::new()?;
            cache.set(Some(made.clone()));
            made
        }
    };
    if !format.is_instance_of::<PyStr>() && !format.is_instance_of::<PyBytes>() {
        // What cannot be a format need not be hashable.
        format::format_bytes(format)?;
    }
    // Text alone is a key: comparing it with bytes may be an error.
    let text = format_text(format)?;
    if let Some(found) = known.get_item(&text)?
        && let Ok(found) = found.cast::<Struct>()
    {
        return Ok(found);
    }
    let made = Struct::make(
        Struct::type_object(),
        Some(Layout::parse(&format::format_bytes(format)?)?),
    )?;
    made.format.set(Some(text.clone()));
    if known.len() >= CACHE_SIZE {
        known.clear();
    }
    known.set_item(&text, &made)?;
    Ok(made)
}

fn format_text(format: &PyObject) -> PyResult<Py<PyStr>> {
    match format.downcast::<PyStr>() {
        Some(text) => text.exact(),
        None => PyStr::from_latin1(&Data::of(format)?),
    }
}

/// A compiled format: a C struct's layout.
#[pyclass(name = "Struct", module = "_struct", flags(BASETYPE, GC))]
#[repr(C)]
pub(super) struct Struct {
    ob_base: PyObject,
    layout: RefCell<Option<Rc<Layout>>>,
    #[traverse]
    format: Field<PyStr>,
    #[weaklist]
    weaklist: WeakList,
}

/// A place in a buffer of `len` bytes for `size` bytes, or the words that say why there is none.
fn place(
    offset: isize,
    size: usize,
    len: usize,
    no_space: &str,
    requires: [&str; 2],
) -> PyResult<usize> {
    let (size, len) = (size as isize, len as isize);
    let mut at = offset;
    if offset < 0 {
        if offset + size > 0 {
            return Err(raise(
                ERROR,
                format!("{no_space} {size} bytes at offset {offset}"),
            ));
        }
        if offset + len < 0 {
            let text = format!("offset {offset} out of range for {len}-byte buffer");
            return Err(raise(ERROR, text));
        }
        at += len;
    }
    if len - at < size {
        let [function, verb] = requires;
        return Err(raise(
            ERROR,
            format!(
                "{function} requires a buffer of at least {} bytes for {verb} {size} bytes at \
                 offset {at} (actual buffer size is {len})",
                size as usize + at as usize
            ),
        ));
    }
    Ok(at as usize)
}

impl Struct {
    fn make(class: &PyType, layout: Option<Layout>) -> PyResult<Py<Struct>> {
        Py::new_in(
            class,
            Struct {
                ob_base: PyObject::HEADER,
                layout: RefCell::new(layout.map(Rc::new)),
                format: Field::empty(),
                weaklist: WeakList::new(),
            },
        )
    }

    fn layout(&self) -> PyResult<Rc<Layout>> {
        let layout = self.layout.borrow().clone();
        layout.ok_or_else(|| runtime_error!("Struct object is not initialized"))
    }

    fn pack_values(&self, values: &[&PyObject], function: &str) -> PyResult<(Rc<Layout>, Vec<u8>)> {
        let layout = self.layout()?;
        if values.len() != layout.len {
            return Err(raise(
                ERROR,
                format!(
                    "{function} expected {} items for packing (got {})",
                    layout.len,
                    values.len()
                ),
            ));
        }
        let bytes = layout.pack(values)?;
        Ok((layout, bytes))
    }

    fn write_into(&self, args: &[&PyObject]) -> PyResult<()> {
        let layout = self.layout()?;
        let (buffer, offset, values) = match args {
            [] => return Err(raise(ERROR, "pack_into expected buffer argument")),
            [_] => return Err(raise(ERROR, "pack_into expected offset argument")),
            [buffer, offset, values @ ..] => (*buffer, *offset, values),
        };
        if values.len() != layout.len {
            return Err(raise(
                ERROR,
                format!(
                    "pack_into expected {} items for packing (got {})",
                    layout.len,
                    values.len()
                ),
            ));
        }
        let view = buffer.writable_buffer().map_err(|error| {
            error.clear();
            type_error!(
                "argument must be read-write bytes-like object, not {}",
                buffer.type_().tp_name()
            )
        })?;
        let offset = offset.as_isize(Some(&exc::IndexError))?;
        let at = place(
            offset,
            layout.size,
            view.len(),
            "no space to pack",
            ["pack_into", "packing"],
        )?;
        let bytes = layout.pack(values)?;
        view.write_at(at, &bytes);
        Ok(())
    }

    fn read(&self, buffer: &PyObject) -> PyResult<Py<PyTuple>> {
        let layout = self.layout()?;
        let data = Data::of(buffer)?;
        if data.len() != layout.size {
            let text = format!("unpack requires a buffer of {} bytes", layout.size);
            return Err(raise(ERROR, text));
        }
        PyTuple::from_vec(layout.unpack(&data)?)
    }

    fn read_from(&self, buffer: &PyObject, offset: isize) -> PyResult<Py<PyTuple>> {
        let layout = self.layout()?;
        let view = buffer.bytes_buffer()?;
        let at = place(
            offset,
            layout.size,
            view.len(),
            "not enough data to unpack",
            ["unpack_from", "unpacking"],
        )?;
        let data = copy_range(&view, at, layout.size);
        PyTuple::from_vec(layout.unpack(&data)?)
    }

    fn iterate(&self, buffer: &PyObject) -> PyResult<Py<UnpackIterator>> {
        let layout = self.layout()?;
        if layout.size == 0 {
            return Err(raise(
                ERROR,
                "cannot iteratively unpack with a struct of length 0",
            ));
        }
        let view = buffer.bytes_buffer()?;
        if view.len() % layout.size != 0 {
            let text = format!(
                "iterative unpacking requires a buffer of a multiple of {} bytes",
                layout.size
            );
            return Err(raise(ERROR, text));
        }
        Py::new(UnpackIterator {
            ob_base: PyObject::HEADER,
            layout,
            view: RefCell::new(Some(view)),
            index: Cell::new(0),
        })
    }
}

#[pymethods]
impl Struct {
    #[slot(tp_new)]
    fn tp_new(class: &PyType, _args: &PyTuple, _kwargs: Option<&PyDict>) -> PyResult<Obj> {
        Ok(Struct::make(class, None)?.into_object())
    }

    #[pyinit(signature = "(format)")]
    fn init(&self, format: &PyObject) -> PyResult<()> {
        let layout = Layout::parse(&format::format_bytes(format)?)?;
        self.layout.replace(Some(Rc::new(layout)));
        self.format.set(Some(format_text(format)?));
        Ok(())
    }

    /// pack(v1, v2, ...) -> bytes
    ///
    /// Return a bytes object with the values packed by the format.
    #[pymethod(signature = "($self, *values)", text_signature = "")]
    fn pack(&self, values: Args<'_>) -> PyResult<Py<PyBytes>> {
        PyBytes::new(&self.pack_values(values.as_slice(), "pack")?.1)
    }

    /// pack_into(buffer, offset, v1, v2, ...)
    ///
    /// Pack the values by the format and write them into the buffer from the offset on.
    #[pymethod(signature = "($self, *values)", text_signature = "")]
    fn pack_into(&self, values: Args<'_>) -> PyResult<()> {
        self.write_into(values.as_slice())
    }

    /// Return a tuple of the values in the buffer, which has the struct's size.
    #[pymethod(signature = "($self, buffer, /)")]
    fn unpack(&self, buffer: &PyObject) -> PyResult<Py<PyTuple>> {
        self.read(buffer)
    }

    /// Return a tuple of the values in the buffer from the offset on.
    #[pymethod(signature = "($self, /, buffer, offset=0)")]
    fn unpack_from(&self, buffer: &PyObject, offset: isize) -> PyResult<Py<PyTuple>> {
        self.read_from(buffer, offset)
    }

    /// Return an iterator over tuples of values in the buffer, one struct after the other.
    #[pymethod(signature = "($self, buffer, /)")]
    fn iter_unpack(&self, buffer: &PyObject) -> PyResult<Py<UnpackIterator>> {
        self.iterate(buffer)
    }

    /// S.__sizeof__() -> size of S in memory, in bytes
    #[pymethod(name = "__sizeof__", signature = "($self, /)")]
    fn sizeof(&self) -> PyResult<usize> {
        /// What CPython has for the object, and for each run of values and the end of them.
        const OBJECT: usize = 56;
        const RUN: usize = 32;
        Ok(OBJECT + RUN * (self.layout()?.runs() + 1))
    }

    /// struct format string
    #[pygetter(name = "format")]
    fn get_format(&self) -> PyResult<Py<PyStr>> {
        let format = self.format.get();
        format.ok_or_else(|| runtime_error!("Struct object is not initialized"))
    }

    /// struct size in bytes
    #[pygetter(name = "size")]
    fn get_size(&self) -> isize {
        self.layout
            .borrow()
            .as_ref()
            .map_or(-1, |layout| layout.size as isize)
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<String> {
        let format = self.get_format()?.repr()?.to_string_lossy();
        Ok(format!("{}({format})", self.type_name()))
    }
}

/// Unpacks one struct of a buffer after the other.
#[pyclass(
    name = "unpack_iterator",
    module = "_struct",
    flags(DISALLOW_INSTANTIATION)
)]
#[repr(C)]
pub(super) struct UnpackIterator {
    ob_base: PyObject,
    layout: Rc<Layout>,
    /// Given back at the end.
    view: RefCell<Option<BufferView>>,
    index: Cell<usize>,
}

#[pymethods]
impl UnpackIterator {
    #[slot(tp_iter)]
    fn iter(&self) -> Obj {
        self.to_obj()
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Obj>> {
        let size = self.layout.size;
        let index = self.index.get();
        let data = match &*self.view.borrow() {
            Some(view) if index < view.len() => Some(copy_range(view, index, size)),
            _ => None,
        };
        let Some(data) = data else {
            let view = self.view.take();
            drop(view);
            return Ok(None);
        };
        self.index.set(index + size);
        let values = PyTuple::from_vec(self.layout.unpack(&data)?)?;
        Ok(Some(values.into_object()))
    }

    #[pymethod(name = "__length_hint__", signature = "($self, /)")]
    fn length_hint(&self) -> usize {
        match &*self.view.borrow() {
            Some(view) => (view.len() - self.index.get()) / self.layout.size,
            None => 0,
        }
    }
}

/// Clear the internal cache.
#[pyfunction(signature = "()")]
fn _clearcache() {
    Interpreter::current().extension::<Cache>().0.set(None);
}

/// Return the size in bytes of the struct that the format describes.
#[pyfunction(signature = "(format, /)")]
fn calcsize(format: &PyObject) -> PyResult<usize> {
    Ok(cached(format)?.layout()?.size)
}

fn split_format<'a>(args: &'a [&'a PyObject]) -> PyResult<(Py<Struct>, &'a [&'a PyObject])> {
    match args.split_first() {
        Some((format, values)) => Ok((cached(format)?, values)),
        None => Err(type_error!("missing format argument")),
    }
}

/// pack(format, v1, v2, ...) -> bytes
///
/// Return a bytes object with the values packed by the format.
#[pyfunction(signature = "(*args)", text_signature = "")]
fn pack(args: Args<'_>) -> PyResult<Py<PyBytes>> {
    let (layout, values) = split_format(args.as_slice())?;
    PyBytes::new(&layout.pack_values(values, "pack")?.1)
}

/// pack_into(format, buffer, offset, v1, v2, ...)
///
/// Pack the values by the format and write them into the buffer from the offset on.
#[pyfunction(signature = "(*args)", text_signature = "")]
fn pack_into(args: Args<'_>) -> PyResult<()> {
    let (layout, values) = split_format(args.as_slice())?;
    layout.write_into(values)
}

/// Return a tuple of the values in the buffer, which has the size of the struct.
#[pyfunction(signature = "(format, buffer, /)")]
fn unpack(format: &PyObject, buffer: &PyObject) -> PyResult<Py<PyTuple>> {
    cached(format)?.read(buffer)
}

/// Return a tuple of the values in the buffer from the offset on.
#[pyfunction(signature = "(format, /, buffer, offset=0)")]
fn unpack_from(format: &PyObject, buffer: &PyObject, offset: isize) -> PyResult<Py<PyTuple>> {
    cached(format)?.read_from(buffer, offset)
}

/// Return an iterator over tuples of values in the buffer, one struct after the other.
#[pyfunction(signature = "(format, buffer, /)")]
fn iter_unpack(format: &PyObject, buffer: &PyObject) -> PyResult<Py<UnpackIterator>> {
    cached(format)?.iterate(buffer)
}
