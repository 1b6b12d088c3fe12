//! The slots of `str`: construction, text, comparison, the sequence protocol.

use krait_abi as abi;
use krait_macros::pymethods;
use krait_text::{StrSlice, repr};

use super::PyStr;
use super::iter::new_iterator;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::slice::{PySlice, SliceRange};
use crate::tuple::checked_index;
use crate::{CompareOp, OptionalArg, PyResult, PyTuple, PyType, exc};

impl PyStr {
    /// The characters from `start` up to `end`, which must be within the string; the string itself
    /// if those are all.
    pub fn substring(&self, start: usize, end: usize) -> PyResult<Py<PyStr>> {
        if start == 0 && end == self.len() && self.is_exact::<PyStr>() {
            return Ok(PyClass::to_owned(self));
        }
        self.copied_part(self.as_slice().sub(start, end))
    }

    /// A string of some of this string's characters.
    pub(super) fn copied_part(&self, part: StrSlice<'_>) -> PyResult<Py<PyStr>> {
        match part {
            StrSlice::Latin1(units) if self.is_ascii() => PyStr::from_ascii_bytes(units),
            _ => PyStr::from_slice(part),
        }
    }

    /// The string itself, or a plain `str` of the same text if it is of a subclass.
    pub fn exact(&self) -> PyResult<Py<PyStr>> {
        self.substring(0, self.len())
    }

    /// `ascii()` of what is a `repr` already: characters beyond ASCII become escapes.
    pub fn to_ascii_repr(&self) -> PyResult<Py<PyStr>> {
        if self.is_ascii() {
            return Ok(PyClass::to_owned(self));
        }
        let mut text = Vec::with_capacity(self.len() * 2);
        self.as_slice().for_each(|code| match code {
            0..=0x7F => text.push(code as u8),
            0x80..=0xFF => text.extend_from_slice(format!("\\x{code:02x}").as_bytes()),
            0x100..=0xFFFF => text.extend_from_slice(format!("\\u{code:04x}").as_bytes()),
            _ => text.extend_from_slice(format!("\\U{code:08x}").as_bytes()),
        });
        PyStr::from_latin1(&text)
    }

    /// The string of one character of this one.
    #[inline]
    fn character(&self, index: usize) -> PyResult<Obj> {
        match self.char_at(index) {
            code @ 0..=0xFF => Ok(crate::interned::latin1_str(code as u8).to_obj()),
            code => Ok(PyStr::from_char(code)?.into_object()),
        }
    }

    /// The characters at these positions.
    pub(crate) fn pick(&self, range: SliceRange) -> PyResult<Obj> {
        if range.len == 0 {
            return Ok(crate::interned::empty_str().to_obj());
        }
        if range.step == 1 {
            let start = range.start as usize;
            return Ok(self.substring(start, start + range.len)?.into_object());
        }
        let picked = match self.as_slice() {
            StrSlice::Latin1(units) => {
                let picked: Vec<u8> = range.indices().map(|index| units[index]).collect();
                self.copied_part(StrSlice::Latin1(&picked))
            }
            StrSlice::Ucs2(units) => {
                let picked: Vec<u16> = range.indices().map(|index| units[index]).collect();
                self.copied_part(StrSlice::Ucs2(&picked))
            }
            StrSlice::Ucs4(units) => {
                let picked: Vec<u32> = range.indices().map(|index| units[index]).collect();
                self.copied_part(StrSlice::Ucs4(&picked))
            }
        };
        Ok(picked?.into_object())
    }

    /// `str(object, encoding, errors)` of something to decode.
    fn decoded(
        object: &PyObject,
        encoding: Option<&str>,
        errors: Option<&str>,
    ) -> PyResult<Py<PyStr>> {
        if object.downcast::<PyStr>().is_some() {
            return Err(crate::type_error!("decoding str is not supported"));
        }
        let encoding = encoding.unwrap_or("utf-8");
        if let Some(bytes) = object.downcast::<crate::PyBytes>() {
            return crate::codecs::decode(bytes.as_bytes(), encoding, errors);
        }
        match crate::bytes::bytes_like(object)? {
            Some(bytes) => crate::codecs::decode(&bytes, encoding, errors),
            None => Err(crate::type_error!(
                "decoding to str: need a bytes-like object, {} found",
                object.type_().tp_name()
            )),
        }
    }
}

#[pymethods(CORE)]
impl PyStr {
    #[pynew(
        signature = "(object='', encoding='utf-8', errors='strict')",
        text_signature = "",
        vectorcall
    )]
    fn new_object(
        class: &PyType,
        object: OptionalArg<&PyObject>,
        encoding: OptionalArg<&str>,
        errors: OptionalArg<&str>,
    ) -> PyResult<Obj> {
        let (encoding, errors) = (encoding.present(), errors.present());
        let text = match object.present() {
            None => PyClass::to_owned(crate::interned::empty_str()),
            Some(object) if encoding.is_none() && errors.is_none() => object.str()?,
            Some(object) => Self::decoded(object, encoding, errors)?,
        };
        if std::ptr::eq(class, PyStr::type_object()) {
            return Ok(text.into_object());
        }
        PyStr::new_in_subclass(class, &text)
    }

    #[slot(tp_repr)]
    fn repr_slot(&self) -> PyResult<Py<PyStr>> {
        if let Some(text) = self.as_ascii()
            && text
                .bytes()
                .all(|byte| matches!(byte, 0x20..=0x7E) && byte != b'\'' && byte != b'\\')
        {
            let quote = StrSlice::Latin1(b"'");
            return PyStr::join_slices(&[quote, StrSlice::Latin1(text.as_bytes()), quote], 0x7F);
        }
        PyStr::from_slice(repr::str_repr(self.as_slice()).as_slice())
    }

    #[slot(tp_str)]
    fn str_slot(&self) -> PyResult<Py<PyStr>> {
        self.exact()
    }

    #[slot(tp_hash)]
    fn hash_slot(&self) -> PyResult<isize> {
        Ok(self.hash_text())
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
        let Some(other) = other.downcast::<PyStr>() else {
            return Ok(crate::not_implemented().to_obj());
        };
        let holds = match op {
            CompareOp::Eq => self.same_text(other),
            CompareOp::Ne => !self.same_text(other),
            _ => op.holds(self.as_slice().cmp(&other.as_slice())),
        };
        Ok(crate::bool_object(holds).to_obj())
    }

    #[slot(tp_iter)]
    fn iter_slot(&self) -> PyResult<Obj> {
        new_iterator(self)
    }

    #[slot(sq_length, mp_length)]
    fn length_slot(&self) -> PyResult<usize> {
        Ok(self.len())
    }

    #[slot(sq_item)]
    fn item(&self, index: isize) -> PyResult<Obj> {
        match usize::try_from(index) {
            Ok(index) if index < self.len() => self.character(index),
            _ => Err(crate::index_error!("string index out of range")),
        }
    }

    #[slot(mp_subscript)]
    fn subscript(&self, key: &PyObject) -> PyResult<Obj> {
        if key.has_index() {
            let index = key.as_isize(Some(&exc::IndexError))?;
            return match checked_index(index, self.len()) {
                Some(index) => self.character(index),
                None => Err(crate::index_error!("string index out of range")),
            };
        }
        match key.downcast::<PySlice>() {
            Some(slice) => self.pick(slice.adjusted(self.len())?),
            None => Err(crate::type_error!(
                "string indices must be integers, not '{}'",
                key.type_().tp_name()
            )),
        }
    }

    #[slot(sq_contains)]
    fn contains_slot(&self, item: &PyObject) -> PyResult<bool> {
        match item.downcast::<PyStr>() {
            Some(item) => Ok(krait_text::search::find(self.as_slice(), item.as_slice()).is_some()),
            None => Err(crate::type_error!(
                "'in <string>' requires string as left operand, not {}",
                item.type_().tp_name()
            )),
        }
    }

    #[slot(sq_concat)]
    fn concat_slot(&self, other: &PyObject) -> PyResult<Obj> {
        match other.downcast::<PyStr>() {
            Some(other) => Ok(self.concat(other)?.into_object()),
            None => Err(crate::type_error!(
                "can only concatenate str (not \"{}\") to str",
                other.type_().tp_name()
            )),
        }
    }

    #[slot(sq_repeat)]
    fn repeat_slot(&self, count: isize) -> PyResult<Py<PyStr>> {
        if count == 1 {
            return self.exact();
        }
        self.repeated(usize::try_from(count).unwrap_or(0))
    }

    #[slot(nb_remainder)]
    fn remainder(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        match left.downcast::<PyStr>() {
            Some(format) => Ok(crate::formatter::percent_format(format, right)?.into_object()),
            None => Ok(crate::not_implemented().to_obj()),
        }
    }

    #[pymethod(name = "__getnewargs__")]
    fn getnewargs(&self) -> PyResult<Py<PyTuple>> {
        PyTuple::from_vec(vec![PyStr::from_slice(self.as_slice())?.into_object()])
    }

    /// Return the size of the string in memory, in bytes.
    #[pymethod(name = "__sizeof__")]
    fn sizeof(&self) -> usize {
        self.memory_size()
    }

    #[slot(tp_dealloc)]
    #[inline(never)]
    unsafe extern "C" fn tp_dealloc(object: *mut abi::PyObject) {
        // SAFETY: called by the kernel with a string that nothing refers to any more.
        unsafe {
            PyObject::from_ptr(object)
                .downcast_unchecked::<PyStr>()
                .release();
            crate::alloc::free_object(object);
        }
    }
}

#[pymethods(ENCODE)]
impl PyStr {
    /// Encode the string using the codec registered for encoding.
    ///
    ///   encoding
    ///     The encoding in which to encode the string.
    ///   errors
    ///     What to do with characters that cannot be encoded. 'strict' raises a
    ///     UnicodeEncodeError; 'ignore', 'replace', 'xmlcharrefreplace' and every name
    ///     registered with codecs.register_error go on instead.
    #[pymethod(signature = "($self, /, encoding='utf-8', errors='strict')")]
    fn encode(&self, encoding: &str, errors: OptionalArg<&str>) -> PyResult<Py<crate::PyBytes>> {
        crate::codecs::encode_to_bytes(self, encoding, errors.present())
    }
}

#[pymethods(FORMAT)]
impl PyStr {
    /// Return a formatted version of the string, using substitutions from args and kwargs.
    ///
    /// The substitutions are identified by braces ('{' and '}').
    #[pymethod(signature = "($self, /, *args, **kwargs)")]
    fn format(&self, args: crate::Args<'_>, kwargs: crate::KwArgs<'_>) -> PyResult<Py<PyStr>> {
        crate::formatter::format_template(self, &args, &kwargs)
    }

    /// Return a formatted version of the string, using substitutions from mapping.
    ///
    /// The substitutions are identified by braces ('{' and '}').
    #[pymethod(signature = "($self, mapping, /)")]
    fn format_map(&self, mapping: &PyObject) -> PyResult<Py<PyStr>> {
        crate::formatter::format_template_map(self, mapping)
    }

    /// Return a formatted version of the string as described by format_spec.
    #[pymethod(name = "__format__", signature = "($self, format_spec, /)")]
    fn format_method(&self, format_spec: &PyStr) -> PyResult<Py<PyStr>> {
        crate::formatter::format_str(self, format_spec)
    }
}
