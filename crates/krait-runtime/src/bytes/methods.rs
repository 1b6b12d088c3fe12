//! What `bytes` objects do as sequences; searching and splitting, shared with `bytearray`, are in
//! their own files.

use std::borrow::Cow;
use std::cell::Cell;

use krait_abi as abi;
use krait_macros::{pyclass, pymethods};

use super::PyBytes;
use crate::abstract_::not_implemented_if;
use crate::memoryview::PyMemoryView;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::slice::{PySlice, SliceRange};
use crate::tuple::checked_index;
use crate::{CompareOp, Field, OptionalArg, PyLong, PyResult, PyStr, PyTuple, PyType, exc};

/// The bytes of any object that lends a buffer: those of `bytes` as they are, a copy of others, which
/// may change; `None` for objects that lend none.
#[inline]
pub fn bytes_like(value: &PyObject) -> PyResult<Option<Cow<'_, [u8]>>> {
    if let Some(bytes) = value.downcast::<PyBytes>() {
        return Ok(Some(Cow::Borrowed(bytes.as_bytes())));
    }
    copied_buffer(value)
}

fn copied_buffer(value: &PyObject) -> PyResult<Option<Cow<'_, [u8]>>> {
    if let Some(array) = value.downcast::<crate::bytearray::PyByteArray>() {
        return Ok(Some(Cow::Owned(array.to_vec())));
    }
    if !value.has_buffer() {
        return Ok(None);
    }
    Ok(Some(Cow::Owned(value.bytes_buffer()?.to_vec())))
}

/// As [`bytes_like`], for callers who have an error of their own for whatever does not lend its bytes.
pub fn bytes_if_lent(value: &PyObject) -> Option<Cow<'_, [u8]>> {
    bytes_like(value).unwrap_or_else(|error| {
        error.clear();
        None
    })
}

/// As [`bytes_like`], also of a buffer whose items do not lie side by side: what `bytes` and `bytearray` copy.
pub fn bytes_of_buffer(value: &PyObject) -> PyResult<Option<Cow<'_, [u8]>>> {
    if value.is_instance_of::<PyBytes>() || !value.has_buffer() {
        return bytes_like(value);
    }
    let buffer = value.buffer(krait_abi::PyBUF_FULL_RO)?;
    let bytes = PyMemoryView::from_buffer(buffer)?.to_vec()?;
    Ok(Some(Cow::Owned(bytes)))
}

/// The bytes of a `bytes` or `bytearray`; `None` for others.
pub fn bytes_or_bytearray(value: &PyObject) -> Option<Cow<'_, [u8]>> {
    if let Some(bytes) = value.downcast::<PyBytes>() {
        return Some(Cow::Borrowed(bytes.as_bytes()));
    }
    let array = value.downcast::<crate::bytearray::PyByteArray>()?;
    Some(Cow::Owned(array.to_vec()))
}

/// One byte from an int.
pub fn byte_from(value: &PyObject, what: &str) -> PyResult<u8> {
    match value
        .index()?
        .to_i64()
        .and_then(|value| u8::try_from(value).ok())
    {
        Some(byte) => Ok(byte),
        None => Err(crate::value_error!("{what} must be in range(0, 256)")),
    }
}

/// Collects bytes from an iterable of ints; `what` names the result in messages.
pub fn bytes_from_iterable(value: &PyObject, what: &str) -> PyResult<Vec<u8>> {
    let iter = match value.iter() {
        Ok(iter) => iter,
        Err(error) if error.matches(&exc::TypeError) => {
            error.clear();
            return Err(crate::type_error!(
                "cannot convert '{}' object to {what}",
                value.type_().tp_name()
            ));
        }
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    let item_name = if what == "bytes" { "bytes" } else { "byte" };
    while let Some(item) = iter.iter_next()? {
        bytes.push(byte_from(&item, item_name)?);
    }
    Ok(bytes)
}

/// `PyObject_Bytes` and `PyBytes_FromObject`: the bytes of a buffer or of an iterable of ints.
pub fn from_object(value: &PyObject) -> PyResult<Py<PyBytes>> {
    if let Some(bytes) = value.downcast_exact::<PyBytes>() {
        return Ok(PyClass::to_owned(bytes));
    }
    if let Some(result) = value.call_special(crate::intern!("__bytes__"), &[])? {
        return result.cast::<PyBytes>().map_err(|other| {
            crate::type_error!(
                "{}.__bytes__() must return a bytes, not {}",
                value.type_().tp_name(),
                other.type_().tp_name()
            )
        });
    }
    if let Some(bytes) = bytes_of_buffer(value)? {
        return PyBytes::new(&bytes);
    }
    if value.is_instance_of::<PyStr>() {
        return Err(crate::type_error!("cannot convert 'str' object to bytes"));
    }
    PyBytes::new(&bytes_from_iterable(value, "bytes")?)
}

/// What the constructors of `bytes` and `bytearray` make of their arguments, but for `__bytes__`.
pub fn construct(
    what: &str,
    source: OptionalArg<&PyObject>,
    encoding: OptionalArg<&str>,
    errors: OptionalArg<&str>,
) -> PyResult<Vec<u8>> {
    let (encoding, errors) = (encoding.present(), errors.present());
    let Some(source) = source.present() else {
        return match (encoding, errors) {
            (None, None) => Ok(Vec::new()),
            (Some(_), _) => Err(crate::type_error!("encoding without a string argument")),
            (None, Some(_)) => Err(crate::type_error!("errors without a string argument")),
        };
    };
    if let Some(text) = source.downcast::<PyStr>() {
        let Some(encoding) = encoding else {
            return Err(crate::type_error!("string argument without an encoding"));
        };
        let encoded = crate::codecs::encode_to_bytes(text, encoding, errors)?;
        return Ok(encoded.as_bytes().to_vec());
    }
    if encoding.is_some() {
        return Err(crate::type_error!("encoding without a string argument"));
    }
    if errors.is_some() {
        return Err(crate::type_error!("errors without a string argument"));
    }
    if source.has_index() {
        match source.as_isize(Some(&exc::OverflowError)) {
            Ok(size) => {
                let Ok(size) = usize::try_from(size) else {
                    return Err(crate::value_error!("negative count"));
                };
                let mut bytes = Vec::new();
                bytes
                    .try_reserve_exact(size)
                    .map_err(|_| crate::err::no_memory())?;
                bytes.resize(size, 0);
                return Ok(bytes);
            }
            Err(error) if error.matches(&exc::TypeError) => error.clear(),
            Err(error) => return Err(error),
        }
    }
    match bytes_of_buffer(source)? {
        Some(bytes) => Ok(bytes.into_owned()),
        None => bytes_from_iterable(source, what),
    }
}

/// How bytes are written: `b'…'`.
pub fn repr_bytes(bytes: &[u8]) -> String {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') {
        b'"'
    } else {
        b'\''
    };
    let mut text = String::with_capacity(bytes.len() + 3);
    text.push('b');
    text.push(char::from(quote));
    for &byte in bytes {
        match byte {
            b'\\' => text.push_str("\\\\"),
            b'\t' => text.push_str("\\t"),
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            _ if byte == quote => {
                text.push('\\');
                text.push(char::from(byte));
            }
            0x20..0x7F => text.push(char::from(byte)),
            _ => {
                text.push_str("\\x");
                for nibble in [byte >> 4, byte & 15] {
                    text.extend(char::from_digit(nibble.into(), 16));
                }
            }
        }
    }
    text.push(char::from(quote));
    text
}

/// Warns of a comparison of bytes with text or ints under `-b`.
pub(crate) fn warn_comparison(this: &str, other: &PyObject) -> PyResult<()> {
    if crate::Interpreter::current().flags.borrow().bytes_warning == 0 {
        return Ok(());
    }
    let kind = if other.is_instance_of::<PyStr>() {
        "string"
    } else if other.is_instance_of::<PyLong>() && this == "bytes" {
        "int"
    } else {
        return Ok(());
    };
    let name = if this == "bytes" {
        "bytes"
    } else {
        "bytearray"
    };
    crate::hooks::warn(
        &exc::BytesWarning,
        &format!("Comparison between {name} and {kind}"),
        1,
    )
}

impl PyBytes {
    /// The bytes at these positions; the object itself if they are all in order.
    pub(crate) fn pick(&self, range: SliceRange) -> PyResult<Obj> {
        let bytes = self.as_bytes();
        let picked = if range.step == 1 {
            if range.len == bytes.len() && self.is_exact::<PyBytes>() {
                return Ok(self.to_obj());
            }
            let start = range.start as usize;
            PyBytes::new(&bytes[start..start + range.len])
        } else {
            let picked: Vec<u8> = range.indices().map(|index| bytes[index]).collect();
            PyBytes::new(&picked)
        };
        Ok(picked?.into_object())
    }

    fn in_class(class: &PyType, bytes: &[u8]) -> PyResult<Obj> {
        if std::ptr::eq(class, PyBytes::type_object()) {
            return Ok(PyBytes::new(bytes)?.into_object());
        }
        let object = class.alloc(bytes.len())?;
        // SAFETY: `tp_alloc` of a class laid out on `bytes` made room for the bytes and a NUL.
        unsafe {
            let raw = &*object.as_ptr().cast::<abi::PyBytesObject>();
            raw.ob_shash.set(-1);
            let data = object.as_ptr().byte_add(super::HEADER).cast::<u8>();
            data.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
            data.add(bytes.len()).write(0);
        }
        Ok(object)
    }
}

#[pymethods(CORE)]
impl PyBytes {
    #[pynew(
        signature = "(source=b'', /, encoding=<unrepresentable>, errors=<unrepresentable>)",
        text_signature = ""
    )]
    fn tp_new(
        class: &PyType,
        source: OptionalArg<&PyObject>,
        encoding: OptionalArg<&str>,
        errors: OptionalArg<&str>,
    ) -> PyResult<Obj> {
        if let OptionalArg::Present(object) = source
            && matches!(
                (&encoding, &errors),
                (OptionalArg::Missing, OptionalArg::Missing)
            )
        {
            if object.is_exact::<PyBytes>() && std::ptr::eq(class, PyBytes::type_object()) {
                return Ok(object.to_obj());
            }
            if !object.is_instance_of::<PyStr>()
                && let Some(result) = object.call_special(crate::intern!("__bytes__"), &[])?
            {
                let Some(bytes) = result.downcast::<PyBytes>() else {
                    return Err(crate::type_error!(
                        "{}.__bytes__() must return a bytes, not {}",
                        object.type_().tp_name(),
                        result.type_().tp_name()
                    ));
                };
                if std::ptr::eq(class, PyBytes::type_object()) {
                    return Ok(result);
                }
                return Self::in_class(class, bytes.as_bytes());
            }
        }
        Self::in_class(class, &construct("bytes", source, encoding, errors)?)
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Py<PyStr>> {
        PyStr::new(&repr_bytes(self.as_bytes()))
    }

    #[slot(tp_str)]
    fn str(&self) -> PyResult<Py<PyStr>> {
        if crate::Interpreter::current().flags.borrow().bytes_warning > 0 {
            crate::hooks::warn(&exc::BytesWarning, "str() on a bytes instance", 1)?;
        }
        self.repr()
    }

    #[slot(tp_hash)]
    fn hash(&self) -> PyResult<isize> {
        let cached = self.0.ob_shash.get();
        if cached != -1 {
            return Ok(cached);
        }
        let hash = crate::hash::hash_bytes(self.as_bytes());
        self.0.ob_shash.set(hash);
        Ok(hash)
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
        let Some(other) = other.downcast::<PyBytes>() else {
            if matches!(op, CompareOp::Eq | CompareOp::Ne) {
                warn_comparison("bytes", other)?;
            }
            return Ok(not_implemented_if(None));
        };
        Ok(not_implemented_if(Some(
            op.holds(self.as_bytes().cmp(other.as_bytes())),
        )))
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Py<PyBytesIter>> {
        Py::new(PyBytesIter {
            ob_base: PyObject::HEADER,
            index: Cell::new(0),
            bytes: Field::new(PyClass::to_owned(self)),
        })
    }

    #[slot(sq_length, mp_length)]
    fn length(&self) -> PyResult<usize> {
        Ok(self.len())
    }

    #[slot(sq_item)]
    fn item(&self, index: isize) -> PyResult<i64> {
        match usize::try_from(index)
            .ok()
            .and_then(|index| self.as_bytes().get(index))
        {
            Some(&byte) => Ok(byte.into()),
            None => Err(crate::index_error!("index out of range")),
        }
    }

    #[slot(sq_contains)]
    fn contains_item(&self, item: &PyObject) -> PyResult<bool> {
        contains(self.as_bytes(), item)
    }

    #[slot(sq_concat)]
    fn concat(&self, other: &PyObject) -> PyResult<Obj> {
        if let Some(right) = other.downcast::<PyBytes>() {
            if right.is_empty() && self.is_exact::<PyBytes>() {
                return Ok(self.to_obj());
            }
            if self.is_empty() && right.is_exact::<PyBytes>() {
                return Ok(right.to_obj());
            }
        }
        let Some(right) = bytes_like(other)? else {
            return Err(crate::type_error!(
                "can't concat {} to {}",
                other.type_().tp_name(),
                self.type_().tp_name()
            ));
        };
        let parts = [self.as_bytes(), &right];
        let joined = PyBytes::from_parts(parts[0].len() + parts[1].len(), parts.into_iter())?;
        Ok(joined.into_object())
    }

    #[slot(sq_repeat)]
    fn repeat(&self, count: isize) -> PyResult<Obj> {
        if count == 1 && self.is_exact::<PyBytes>() {
            return Ok(self.to_obj());
        }
        let count = usize::try_from(count).unwrap_or(0);
        let Some(len) = self
            .len()
            .checked_mul(count)
            .filter(|&len| len <= isize::MAX as usize)
        else {
            return Err(crate::overflow_error!("repeated bytes are too long"));
        };
        if self.is_empty() {
            return Ok(PyBytes::new(b"")?.into_object());
        }
        let repeated = PyBytes::new_with(len, |to| {
            for chunk in to.chunks_exact_mut(self.len()) {
                chunk.copy_from_slice(self.as_bytes());
            }
        })?;
        Ok(repeated.into_object())
    }

    #[slot(mp_subscript)]
    fn subscript(&self, key: &PyObject) -> PyResult<Obj> {
        if key.has_index() {
            let index = key.as_isize(Some(&exc::IndexError))?;
            return match checked_index(index, self.len()) {
                Some(index) => Ok(PyLong::from_i64(self.as_bytes()[index].into())?.into_object()),
                None => Err(crate::index_error!("index out of range")),
            };
        }
        let Some(slice) = key.downcast::<PySlice>() else {
            return Err(crate::type_error!(
                "byte indices must be integers or slices, not {}",
                key.type_().tp_name()
            ));
        };
        self.pick(slice.adjusted(self.len())?)
    }

    #[slot(bf_getbuffer)]
    fn getbuffer(&self, view: &mut abi::Py_buffer, flags: i32) -> PyResult<()> {
        let data = self.as_bytes().as_ptr().cast_mut();
        crate::buffer::fill_info(view, self, data, self.len(), true, flags)
    }

    #[pymethod(name = "__getnewargs__")]
    fn getnewargs(&self) -> PyResult<Py<PyTuple>> {
        PyTuple::from_vec(vec![PyBytes::new(self.as_bytes())?.into_object()])
    }

    /// Convert this value to exact type bytes.
    #[pymethod(name = "__bytes__")]
    fn bytes(&self) -> PyResult<Obj> {
        if self.is_exact::<PyBytes>() {
            return Ok(self.to_obj());
        }
        Ok(PyBytes::new(self.as_bytes())?.into_object())
    }

    #[slot(tp_dealloc)]
    #[inline(never)]
    unsafe extern "C" fn tp_dealloc(object: *mut abi::PyObject) {
        // SAFETY: called by the kernel with a bytes object that nothing refers to any more.
        unsafe { crate::alloc::free_object(object) };
    }
}

/// `item in bytes`: a byte's value, or a run of bytes.
pub fn contains(bytes: &[u8], item: &PyObject) -> PyResult<bool> {
    if item.has_index() {
        return Ok(bytes.contains(&byte_from(item, "byte")?));
    }
    match bytes_like(item)? {
        Some(needle) => Ok(krait_text::search::find_bytes(bytes, &needle).is_some()),
        None => Err(crate::type_error!(
            "a bytes-like object is required, not '{}'",
            item.type_().tp_name()
        )),
    }
}

/// The iterator of bytes.
#[pyclass(name = "bytes_iterator", symbol = PyBytesIter_Type, flags(GC))]
#[repr(C)]
pub struct PyBytesIter {
    ob_base: PyObject,
    index: Cell<usize>,
    #[traverse]
    bytes: Field<PyBytes>,
}

#[pymethods]
impl PyBytesIter {
    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Obj>> {
        let Some(bytes) = self.bytes.get() else {
            return Ok(None);
        };
        let index = self.index.get();
        match bytes.as_bytes().get(index) {
            Some(&byte) => {
                self.index.set(index + 1);
                Ok(Some(PyLong::from_i64(byte.into())?.into_object()))
            }
            None => {
                self.bytes.set(None);
                Ok(None)
            }
        }
    }

    #[pymethod(name = "__length_hint__")]
    fn length_hint(&self) -> usize {
        self.bytes
            .get()
            .map_or(0, |bytes| bytes.len() - self.index.get())
    }

    #[pymethod(name = "__reduce__")]
    fn reduce(&self) -> PyResult<Obj> {
        let rest = || Some((self.bytes.get()?.into_object(), self.index.get() as isize));
        crate::seq_iter::reduce_iterator("iter", rest, || Ok(PyTuple::empty().into_object()))
    }

    #[pymethod(name = "__setstate__", signature = "($self, object, /)")]
    fn setstate(&self, state: &PyObject) -> PyResult<()> {
        let index = state.as_isize(Some(&exc::OverflowError))?;
        if let Some(bytes) = self.bytes.get() {
            self.index.set((index.max(0) as usize).min(bytes.len()));
        }
        Ok(())
    }
}
