//! The methods and slots of `array.array`.

use krait_abi as abi;
use krait_macros::pymethods;
use krait_runtime::abstract_::not_implemented_if;
use krait_runtime::convert::{CodePoint, SliceIndex};
use krait_runtime::generic_alias::new_generic_alias;
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::{
    CompareOp, FromPyObject, Interpreter, PyBytes, PyDict, PyErr, PyList, PyLong, PyResult,
    PySlice, PyStr, PyTuple, PyType, StrBuilder, hooks, index_error, none, type_error, value_error,
};

use super::kinds::{Kind, find};
use super::{PyArray, PyArrayIter, grow, no_memory};

fn bad_argument() -> PyErr {
    type_error!("bad argument type for built-in operation")
}

/// The type code that a constructor's first argument is.
fn kind_argument(object: &PyObject) -> PyResult<&'static Kind> {
    let length = object.downcast::<PyStr>().map(PyStr::len);
    match length {
        Some(1) => {}
        Some(length) => {
            return Err(type_error!(
                "array() argument 1 must be a unicode character, not a string of length {length}"
            ));
        }
        None => {
            return Err(type_error!(
                "array() argument 1 must be a unicode character, not {}",
                object.type_().tp_name()
            ));
        }
    }
    let CodePoint(code) = CodePoint::from_py(object, krait_runtime::convert::ArgRef::NONE)?;
    let kind = find(code).ok_or_else(|| {
        value_error!("bad typecode (must be b, B, u, w, h, H, i, I, l, L, q, Q, f or d)")
    })?;
    if kind.code == 'u' {
        hooks::warn(
            &krait_runtime::exc::DeprecationWarning,
            "The 'u' type code is deprecated and will be removed in Python 3.16",
            1,
        )?;
    }
    Ok(kind)
}

impl PyArray {
    /// Fills a new array from its constructor's second argument.
    fn fill(&self, initial: &PyObject) -> PyResult<()> {
        if let Some(text) = initial.downcast::<PyStr>() {
            if !self.kind.is_text() {
                return Err(type_error!(
                    "cannot use a str to initialize an array with typecode '{}'",
                    self.kind.code
                ));
            }
            return self.push_text(text);
        }
        if initial.is_instance_of::<PyBytes>()
            || initial.is_instance_of::<krait_runtime::bytearray::PyByteArray>()
        {
            return self.push_bytes(&initial.bytes_buffer()?.to_vec());
        }
        if let Some(other) = initial.downcast::<PyArray>() {
            if other.kind.is_text() && !self.kind.is_text() {
                return Err(type_error!(
                    "cannot use a unicode array to initialize an array with typecode '{}'",
                    self.kind.code
                ));
            }
            if other.kind.code == self.kind.code {
                let bytes = other.bytes.borrow().clone();
                return self.push_bytes(&bytes);
            }
        }
        for item in initial.try_iter()? {
            self.push(&*item?)?;
        }
        Ok(())
    }

    fn push_text(&self, text: &PyStr) -> PyResult<()> {
        let bytes: Vec<u8> = text
            .as_slice()
            .iter()
            .flat_map(|code: u32| code.to_ne_bytes())
            .collect();
        self.push_bytes(&bytes)
    }

    /// Adds the items of an iterable or an array.
    fn extend_by(&self, items: &PyObject) -> PyResult<()> {
        let Some(other) = items.downcast::<PyArray>() else {
            for item in items.try_iter()? {
                self.push(&*item?)?;
            }
            return Ok(());
        };
        if other.kind.code != self.kind.code {
            return Err(type_error!("can only extend with array of same kind"));
        }
        let bytes = other.bytes.borrow().clone();
        self.push_bytes(&bytes)
    }

    /// The position that an index means, counted from the end if it is negative.
    fn position(&self, index: isize) -> Option<usize> {
        let index = if index < 0 {
            index + self.len() as isize
        } else {
            index
        };
        usize::try_from(index)
            .ok()
            .filter(|index| *index < self.len())
    }

    /// The bytes of a run of items, repeated.
    fn repeated(&self, count: isize) -> PyResult<Vec<u8>> {
        let bytes = self.bytes.borrow();
        let count = count.max(0) as usize;
        let total = bytes.len().checked_mul(count).ok_or_else(no_memory)?;
        let mut result = Vec::new();
        grow(&mut result, total)?;
        for _ in 0..count {
            result.extend_from_slice(&bytes);
        }
        Ok(result)
    }

    fn like(&self, bytes: Vec<u8>) -> PyResult<Obj> {
        Ok(PyArray::with_bytes(PyArray::type_object(), self.kind, bytes)?.into_object())
    }

    fn remove_at(&self, index: usize) -> PyResult<()> {
        let size = self.kind.size;
        self.resizable()?.drain(index * size..(index + 1) * size);
        Ok(())
    }

    /// The first item equal to a value, from one position to another.
    fn find_item(&self, value: &PyObject, start: usize, stop: usize) -> PyResult<Option<usize>> {
        let mut index = start;
        while index < stop {
            let Some(item) = self.item(index)? else { break };
            if item.eq(value)? {
                return Ok(Some(index));
            }
            index += 1;
        }
        Ok(None)
    }

    fn assign_slice(&self, slice: &PySlice, value: Option<&PyObject>) -> PyResult<()> {
        let size = self.kind.size;
        let replacement = match value {
            None => Vec::new(),
            Some(value) => match value.downcast::<PyArray>() {
                Some(other) if other.kind.code == self.kind.code => other.bytes.borrow().clone(),
                Some(_) => return Err(bad_argument()),
                None => {
                    return Err(type_error!(
                        "can only assign array (not \"{}\") to array slice",
                        value.type_().tp_name()
                    ));
                }
            },
        };
        let (start, stop, step) = slice.unpack()?;
        let range = krait_runtime::slice::adjust(start, stop, step, self.len());
        if range.step == 1 {
            let from = range.start as usize * size;
            let to = from + range.len * size;
            if replacement.len() == to - from {
                self.bytes.borrow_mut()[from..to].copy_from_slice(&replacement);
                return Ok(());
            }
            self.resizable()?.splice(from..to, replacement);
            return Ok(());
        }
        if value.is_some() {
            let count = replacement.len() / size;
            if count != range.len {
                return Err(value_error!(
                    "attempt to assign array of size {count} to extended slice of size {}",
                    range.len
                ));
            }
            let mut bytes = self.bytes.borrow_mut();
            for (index, item) in range.indices().zip(replacement.chunks_exact(size)) {
                bytes[index * size..(index + 1) * size].copy_from_slice(item);
            }
            return Ok(());
        }
        if range.len == 0 {
            return Ok(());
        }
        let mut gone = vec![false; self.len()];
        range.indices().for_each(|index| gone[index] = true);
        let mut bytes = self.resizable()?;
        let kept = bytes
            .chunks_exact(size)
            .zip(&gone)
            .filter(|(_, gone)| !**gone)
            .flat_map(|(item, _)| item.iter().copied())
            .collect();
        *bytes = kept;
        Ok(())
    }

    fn compare_items(&self, other: &PyArray, op: CompareOp) -> PyResult<Obj> {
        let (left, right) = (self.len(), other.len());
        if left != right && matches!(op, CompareOp::Eq | CompareOp::Ne) {
            return Ok(not_implemented_if(Some(op == CompareOp::Ne)));
        }
        for index in 0..left.min(right) {
            let (Some(mine), Some(its)) = (self.item(index)?, other.item(index)?) else {
                break;
            };
            if !mine.compare_bool_strict(&its)? {
                return match op {
                    CompareOp::Eq => Ok(not_implemented_if(Some(false))),
                    CompareOp::Ne => Ok(not_implemented_if(Some(true))),
                    _ => mine.rich_compare(&its, op),
                };
            }
        }
        Ok(not_implemented_if(Some(op.holds(left.cmp(&right)))))
    }
}

/// Equality without the short way for identical objects, which items of arrays never are.
trait Strict {
    fn compare_bool_strict(&self, other: &PyObject) -> PyResult<bool>;
}

impl Strict for PyObject {
    fn compare_bool_strict(&self, other: &PyObject) -> PyResult<bool> {
        self.rich_compare(other, CompareOp::Eq)?.is_true()
    }
}

#[pymethods(CORE)]
impl PyArray {
    #[slot(tp_new)]
    fn new(cls: &PyType, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<Obj> {
        if std::ptr::eq(cls, PyArray::type_object())
            && kwargs.is_some_and(|kwargs| !kwargs.is_empty())
        {
            return Err(type_error!("array.array() takes no keyword arguments"));
        }
        let (code, initial) = match args.as_slice() {
            [] => return Err(type_error!("array() takes at least 1 argument (0 given)")),
            [code] => (code, None),
            [code, initial] => (code, Some(initial)),
            more => {
                return Err(type_error!(
                    "array() takes at most 2 arguments ({} given)",
                    more.len()
                ));
            }
        };
        let array = PyArray::with_bytes(cls, kind_argument(code)?, Vec::new())?;
        if let Some(initial) = initial {
            array.fill(initial)?;
        }
        Ok(array.into_object())
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Py<PyStr>> {
        let mut text = StrBuilder::new();
        text.push_str(&self.type_().name());
        text.push_str(&format!("('{}'", self.kind.code));
        if self.len() > 0 {
            text.push_str(", ");
            let items = if self.kind.is_text() {
                self.tounicode()?
            } else {
                self.tolist()?.into_object()
            };
            text.push_py(&*items.repr()?);
        }
        text.push_str(")");
        text.finish()
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
        match other.downcast::<PyArray>() {
            Some(other) => self.compare_items(other, op),
            None => Ok(not_implemented_if(None)),
        }
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        PyArrayIter::make(self)
    }

    #[slot(bf_getbuffer)]
    fn getbuffer(&self, view: &mut abi::Py_buffer, flags: i32) -> PyResult<()> {
        let (data, len) = {
            let mut bytes = self.bytes.borrow_mut();
            (bytes.as_mut_ptr(), bytes.len())
        };
        krait_runtime::buffer::fill_info(view, self, data, len, false, flags)?;
        self.shape.set((len / self.kind.size) as isize);
        view.itemsize.set(self.kind.size as isize);
        let has = |flag: i32| flags & flag == flag;
        if has(abi::PyBUF_FORMAT) {
            view.format.set(self.kind.format.as_ptr().cast_mut());
        }
        if has(abi::PyBUF_ND) {
            view.shape.set(self.shape.as_ptr());
        }
        if has(abi::PyBUF_STRIDES) {
            view.strides.set((&raw const self.stride).cast_mut());
        }
        self.exports.update(|exports| exports + 1);
        Ok(())
    }

    #[slot(bf_releasebuffer)]
    fn releasebuffer(&self, view: &mut abi::Py_buffer) {
        let _ = view;
        self.exports.update(|exports| exports - 1);
    }

    #[slot(sq_length)]
    fn sq_length(&self) -> PyResult<usize> {
        Ok(self.len())
    }

    #[slot(mp_length)]
    fn mp_length(&self) -> PyResult<usize> {
        Ok(self.len())
    }

    #[slot(sq_item)]
    fn sq_item(&self, index: isize) -> PyResult<Obj> {
        let item = match usize::try_from(index) {
            Ok(index) => self.item(index)?,
            Err(_) => None,
        };
        item.ok_or_else(|| index_error!("array index out of range"))
    }

    #[slot(sq_ass_item)]
    fn sq_ass_item(&self, index: isize, value: Option<&PyObject>) -> PyResult<()> {
        let Some(index) = usize::try_from(index)
            .ok()
            .filter(|index| *index < self.len())
        else {
            return Err(index_error!("array assignment index out of range"));
        };
        let Some(value) = value else {
            return self.remove_at(index);
        };
        let item = (self.kind.set)(value)?;
        if self.overwrite(index, item) {
            return Ok(());
        }
        Err(index_error!("array assignment index out of range"))
    }

    #[slot(mp_subscript)]
    fn subscript(&self, key: &PyObject) -> PyResult<Obj> {
        if key.has_index() {
            let index = key.as_isize(Some(&krait_runtime::exc::IndexError))?;
            let item = match self.position(index) {
                Some(index) => self.item(index)?,
                None => None,
            };
            return item.ok_or_else(|| index_error!("array index out of range"));
        }
        let Some(slice) = key.downcast::<PySlice>() else {
            return Err(type_error!("array indices must be integers"));
        };
        let (start, stop, step) = slice.unpack()?;
        let range = krait_runtime::slice::adjust(start, stop, step, self.len());
        let size = self.kind.size;
        let bytes = {
            let bytes = self.bytes.borrow();
            let item = |index: usize| bytes[index * size..(index + 1) * size].iter().copied();
            range.indices().flat_map(item).collect()
        };
        self.like(bytes)
    }

    #[slot(mp_ass_subscript)]
    fn ass_subscript(&self, key: &PyObject, value: Option<&PyObject>) -> PyResult<()> {
        if key.has_index() {
            let index = key.as_isize(Some(&krait_runtime::exc::IndexError))?;
            let Some(index) = self.position(index) else {
                return Err(index_error!("array assignment index out of range"));
            };
            return self.sq_ass_item(index as isize, value);
        }
        match key.downcast::<PySlice>() {
            Some(slice) => self.assign_slice(slice, value),
            None => Err(type_error!("array indices must be integers")),
        }
    }

    #[slot(sq_concat)]
    fn concat(&self, other: &PyObject) -> PyResult<Obj> {
        let Some(other) = other.downcast::<PyArray>() else {
            return Err(type_error!(
                "can only append array (not \"{}\") to array",
                other.type_().tp_name()
            ));
        };
        if other.kind.code != self.kind.code {
            return Err(bad_argument());
        }
        let bytes = [&self.bytes.borrow()[..], &other.bytes.borrow()[..]].concat();
        self.like(bytes)
    }

    #[slot(sq_repeat)]
    fn repeat(&self, count: isize) -> PyResult<Obj> {
        self.like(self.repeated(count)?)
    }

    #[slot(sq_inplace_concat)]
    fn inplace_concat(&self, other: &PyObject) -> PyResult<Obj> {
        if !other.is_instance_of::<PyArray>() {
            return Err(type_error!(
                "can only extend array with array (not \"{}\")",
                other.type_().tp_name()
            ));
        }
        self.extend_by(other)?;
        Ok(self.to_obj())
    }

    #[slot(sq_inplace_repeat)]
    fn inplace_repeat(&self, count: isize) -> PyResult<Obj> {
        if count != 1 && self.len() > 0 {
            let bytes = self.repeated(count)?;
            *self.resizable()? = bytes;
        }
        Ok(self.to_obj())
    }

    #[slot(sq_contains)]
    fn contains(&self, value: &PyObject) -> PyResult<bool> {
        Ok(self.find_item(value, 0, usize::MAX)?.is_some())
    }
}

#[pymethods]
impl PyArray {
    /// Append new value v to the end of the array.
    #[pymethod(signature = "($self, v, /)")]
    fn append(&self, v: &PyObject) -> PyResult<()> {
        self.push(v)
    }

    /// Return a tuple (address, length) giving the current memory address and the length in items of the buffer used to hold array's contents.
    ///
    /// The length should be multiplied by the itemsize attribute to calculate
    /// the buffer length in bytes.
    #[pymethod(signature = "($self, /)")]
    fn buffer_info(&self) -> (usize, usize) {
        (self.bytes.borrow().as_ptr() as usize, self.len())
    }

    /// Byteswap all items of the array.
    ///
    /// If the items in the array are not 1, 2, 4, or 8 bytes in size, RuntimeError is
    /// raised.
    #[pymethod(signature = "($self, /)")]
    fn byteswap(&self) {
        let mut bytes = self.bytes.borrow_mut();
        bytes
            .chunks_exact_mut(self.kind.size)
            .for_each(<[u8]>::reverse);
    }

    /// Remove all items from the array.
    #[pymethod(signature = "($self, /)")]
    fn clear(&self) -> PyResult<()> {
        self.resizable()?.clear();
        Ok(())
    }

    /// Return a copy of the array.
    #[pymethod(name = "__copy__", signature = "($self, /)")]
    fn copy(&self) -> PyResult<Obj> {
        let bytes = self.bytes.borrow().clone();
        self.like(bytes)
    }

    /// Return a copy of the array.
    #[pymethod(name = "__deepcopy__", signature = "($self, unused, /)")]
    fn deepcopy(&self, unused: &PyObject) -> PyResult<Obj> {
        let _ = unused;
        self.copy()
    }

    /// Return number of occurrences of v in the array.
    #[pymethod(signature = "($self, v, /)")]
    fn count(&self, v: &PyObject) -> PyResult<usize> {
        let mut count = 0;
        let mut index = 0;
        while let Some(item) = self.item(index)? {
            count += usize::from(item.compare_bool_strict(v)?);
            index += 1;
        }
        Ok(count)
    }

    /// Append items to the end of the array.
    #[pymethod(signature = "($self, bb, /)")]
    fn extend(&self, bb: &PyObject) -> PyResult<()> {
        self.extend_by(bb)
    }

    /// Read n objects from the file object f and append them to the end of the array.
    #[pymethod(signature = "($self, f, n, /)")]
    fn fromfile(&self, f: &PyObject, n: isize) -> PyResult<()> {
        let Ok(count) = usize::try_from(n) else {
            return Err(value_error!("negative count"));
        };
        let wanted = count.checked_mul(self.kind.size).ok_or_else(no_memory)?;
        let size = PyLong::from_usize(wanted)?;
        let read = f.call_method(krait_runtime::intern!("read"), &[&size])?;
        let Some(bytes) = read.downcast::<PyBytes>() else {
            return Err(type_error!("read() didn't return bytes"));
        };
        let bytes = bytes.as_bytes();
        self.push_bytes(bytes)?;
        if bytes.len() != wanted {
            return Err(krait_runtime::exc!(
                EOFError,
                "read() didn't return enough bytes"
            ));
        }
        Ok(())
    }

    /// Append items to array from list.
    #[pymethod(signature = "($self, list, /)")]
    fn fromlist(&self, list: &PyObject) -> PyResult<()> {
        let Some(list) = list.downcast::<PyList>() else {
            return Err(type_error!("arg must be list"));
        };
        let mut bytes = Vec::new();
        let count = list.len();
        for index in 0..count {
            let Some(item) = list.get(index) else { break };
            let item = (self.kind.set)(&item)?;
            bytes.extend_from_slice(&item[..self.kind.size]);
            if list.len() != count {
                return Err(krait_runtime::runtime_error!(
                    "list changed size during iteration"
                ));
            }
        }
        self.push_bytes(&bytes)
    }

    /// Appends items from the string, interpreting it as an array of machine values, as if it had been read from a file using the fromfile() method.
    #[pymethod(signature = "($self, buffer, /)")]
    fn frombytes(&self, buffer: &PyObject) -> PyResult<()> {
        let bytes = buffer.bytes_buffer()?.to_vec();
        self.push_bytes(&bytes)
    }

    /// Extends this array with data from the unicode string ustr.
    ///
    /// The array must be a unicode type array; otherwise a ValueError is raised.
    /// Use array.frombytes(ustr.encode(...)) to append Unicode data to an array of
    /// some other type.
    #[pymethod(signature = "($self, ustr, /)")]
    fn fromunicode(&self, ustr: &PyStr) -> PyResult<()> {
        if !self.kind.is_text() {
            return Err(value_error!(
                "fromunicode() may only be called on unicode type arrays ('u' or 'w')"
            ));
        }
        self.push_text(ustr)
    }

    /// Return index of first occurrence of v in the array.
    ///
    /// Raise ValueError if the value is not present.
    #[pymethod(signature = "($self, v, start=0, stop=sys.maxsize, /)")]
    fn index(
        &self,
        v: &PyObject,
        start: krait_runtime::OptionalArg<SliceIndex>,
        stop: krait_runtime::OptionalArg<SliceIndex>,
    ) -> PyResult<usize> {
        use krait_runtime::OptionalArg::{Missing, Present};
        let len = self.len() as isize;
        let bound = |given, default: isize| match given {
            Present(SliceIndex(value)) if value < 0 => (value + len).max(0) as usize,
            Present(SliceIndex(value)) => value as usize,
            Missing => default as usize,
        };
        self.find_item(v, bound(start, 0), bound(stop, isize::MAX))?
            .ok_or_else(|| value_error!("array.index(x): x not in array"))
    }

    /// Insert a new item v into the array before position i.
    #[pymethod(signature = "($self, i, v, /)")]
    fn insert(&self, i: isize, v: &PyObject) -> PyResult<()> {
        let item = (self.kind.set)(v)?;
        let len = self.len() as isize;
        let index = if i < 0 { (i + len).max(0) } else { i.min(len) } as usize;
        let size = self.kind.size;
        let mut bytes = self.resizable()?;
        grow(&mut bytes, size)?;
        bytes.splice(index * size..index * size, item[..size].iter().copied());
        Ok(())
    }

    /// Return the i-th element and delete it from the array.
    ///
    /// i defaults to -1.
    #[pymethod(signature = "($self, i=-1, /)")]
    fn pop(&self, i: isize) -> PyResult<Obj> {
        if self.len() == 0 {
            return Err(index_error!("pop from empty array"));
        }
        let Some(index) = self.position(i) else {
            return Err(index_error!("pop index out of range"));
        };
        let item = self.item(index)?;
        self.remove_at(index)?;
        item.ok_or_else(|| index_error!("pop index out of range"))
    }

    /// Return state information for pickling.
    #[pymethod(name = "__reduce_ex__", signature = "($self, value, /)")]
    fn reduce_ex(&self, value: &PyObject) -> PyResult<Obj> {
        if !value.is_instance_of::<PyLong>() {
            return Err(type_error!("__reduce_ex__ argument should be an integer"));
        }
        let protocol = value.extract::<i64>()?;
        let dict = self
            .lookup_attr(krait_runtime::intern!("__dict__"))?
            .unwrap_or_else(|| none().to_obj());
        let class = self.type_().to_obj();
        let code = PyStr::from_char(self.kind.code as u32)?.into_object();
        if protocol < 3 {
            let args = PyTuple::from_vec(vec![code, self.tolist()?.into_object()])?;
            return Ok(PyTuple::from_vec(vec![class, args.into_object(), dict])?.into_object());
        }
        let import = Interpreter::current().hooks.get().import;
        let module = import(&*PyStr::intern("array")?, None, None, None, 0)?;
        let function = module.getattr(krait_runtime::intern!("_array_reconstructor"))?;
        let machine = PyLong::from_i64(i64::from(self.kind.machine))?.into_object();
        let args = PyTuple::from_vec(vec![class, code, machine, self.tobytes()?])?;
        Ok(PyTuple::from_vec(vec![function, args.into_object(), dict])?.into_object())
    }

    /// Remove the first occurrence of v in the array.
    #[pymethod(signature = "($self, v, /)")]
    fn remove(&self, v: &PyObject) -> PyResult<()> {
        match self.find_item(v, 0, usize::MAX)? {
            Some(index) if index < self.len() => self.remove_at(index),
            _ => Err(value_error!("array.remove(x): x not in array")),
        }
    }

    /// Reverse the order of the items in the array.
    #[pymethod(signature = "($self, /)")]
    fn reverse(&self) {
        let size = self.kind.size;
        let mut bytes = self.bytes.borrow_mut();
        bytes.reverse();
        bytes.chunks_exact_mut(size).for_each(<[u8]>::reverse);
    }

    /// Write all items (as machine values) to the file object f.
    #[pymethod(signature = "($self, f, /)")]
    fn tofile(&self, f: &PyObject) -> PyResult<()> {
        let bytes = self.bytes.borrow().clone();
        let write = f.getattr(krait_runtime::intern!("write"))?;
        for block in bytes.chunks(64 * 1024) {
            write.call1(&*PyBytes::new(block)?)?;
        }
        Ok(())
    }

    /// Convert array to an ordinary list with the same items.
    #[pymethod(signature = "($self, /)")]
    fn tolist(&self) -> PyResult<Py<PyList>> {
        let mut items = Vec::with_capacity(self.len());
        while let Some(item) = self.item(items.len())? {
            items.push(item);
        }
        PyList::from_vec(items)
    }

    /// Convert the array to an array of machine values and return the bytes representation.
    #[pymethod(signature = "($self, /)")]
    fn tobytes(&self) -> PyResult<Obj> {
        Ok(PyBytes::new(&self.bytes.borrow())?.into_object())
    }

    /// Extends this array with data from the unicode string ustr.
    ///
    /// Convert the array to a unicode string.  The array must be a unicode type array;
    /// otherwise a ValueError is raised.  Use array.tobytes().decode() to obtain a
    /// unicode string from an array of some other type.
    #[pymethod(signature = "($self, /)")]
    fn tounicode(&self) -> PyResult<Obj> {
        if !self.kind.is_text() {
            return Err(value_error!(
                "tounicode() may only be called on unicode type arrays ('u' or 'w')"
            ));
        }
        let codes: Vec<u32> = (0..self.len())
            .filter_map(|index| self.raw(index))
            .map(|item| u32::from_ne_bytes([item[0], item[1], item[2], item[3]]))
            .collect();
        if let Some(code) = codes.iter().find(|code| **code > 0x10_FFFF) {
            return Err(value_error!(
                "character U+{code:x} is not in range [U+0000; U+10ffff]"
            ));
        }
        Ok(PyStr::from_code_points(codes)?.into_object())
    }

    /// Size of the array in memory, in bytes.
    #[pymethod(name = "__sizeof__", signature = "($self, /)")]
    fn sizeof(&self) -> usize {
        64 + self.bytes.borrow().capacity()
    }

    /// See PEP 585
    #[pyclassmethod(name = "__class_getitem__", signature = "($type, object, /)")]
    fn class_getitem(cls: &PyType, object: &PyObject) -> PyResult<Obj> {
        new_generic_alias(cls, object)
    }

    /// the typecode character used to create the array
    #[pygetter]
    fn typecode(&self) -> String {
        self.kind.code.to_string()
    }

    /// the size, in bytes, of one array item
    #[pygetter]
    fn itemsize(&self) -> usize {
        self.kind.size
    }
}
