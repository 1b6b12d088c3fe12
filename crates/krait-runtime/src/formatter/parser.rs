//! The grammar of `str.format`: literal text and replacement fields, and the parts of a field's name.

use std::cell::Cell;

use krait_macros::{pyclass, pymethods};
use krait_text::StrSlice;

use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{Field, PyLong, PyResult, PyStr, PyTuple};

/// Literal text, and the field after it if there is one. All are positions in the template.
pub(super) struct Segment {
    /// The literal, with escaped braces undone.
    pub(super) literal: (usize, usize),
    pub(super) field: Option<ReplacementField>,
}

/// A replacement field.
pub(super) struct ReplacementField {
    pub(super) name: (usize, usize),
    pub(super) conversion: Option<u32>,
    pub(super) spec: (usize, usize),
    /// Whether the specifier has fields itself.
    pub(super) spec_is_nested: bool,
}

const OPEN: u32 = b'{' as u32;
const CLOSE: u32 = b'}' as u32;

#[cold]
fn error<T>(message: &str) -> PyResult<T> {
    Err(crate::value_error!("{message}"))
}

/// The next brace at or after `from`.
fn next_brace(text: StrSlice<'_>, from: usize, end: usize) -> Option<usize> {
    match text {
        StrSlice::Latin1(units) => {
            memchr::memchr2(b'{', b'}', &units[from..end]).map(|found| from + found)
        }
        _ => (from..end).find(|&index| matches!(text.at(index), OPEN | CLOSE)),
    }
}

/// Reads the next piece of a template from `*at` on; `None` at the end.
pub(super) fn next_segment(
    text: StrSlice<'_>,
    at: &mut usize,
    end: usize,
) -> PyResult<Option<Segment>> {
    let start = *at;
    if start >= end {
        return Ok(None);
    }
    let Some(brace) = next_brace(text, start, end) else {
        *at = end;
        return Ok(Some(Segment {
            literal: (start, end),
            field: None,
        }));
    };
    let kind = text.at(brace);
    let doubled = brace + 1 < end && text.at(brace + 1) == kind;
    if doubled {
        // The literal ends with one brace; the other is skipped.
        *at = brace + 2;
        return Ok(Some(Segment {
            literal: (start, brace + 1),
            field: None,
        }));
    }
    if kind == CLOSE {
        return error("Single '}' encountered in format string");
    }
    if brace + 1 == end {
        return error("Single '{' encountered in format string");
    }
    *at = brace + 1;
    let field = replacement_field(text, at, end)?;
    Ok(Some(Segment {
        literal: (start, brace),
        field: Some(field),
    }))
}

/// Reads a field behind its brace, and the closing brace.
fn replacement_field(text: StrSlice<'_>, at: &mut usize, end: usize) -> PyResult<ReplacementField> {
    let start = *at;
    let mut in_brackets = false;
    let mut stop = None;
    while *at < end {
        let code = text.at(*at);
        *at += 1;
        match u8::try_from(code) {
            Ok(b'{') if !in_brackets => return error("unexpected '{' in field name"),
            Ok(b'[') => in_brackets = true,
            Ok(b']') => in_brackets = false,
            Ok(found @ (b'}' | b':' | b'!')) if !in_brackets => {
                stop = Some(found);
                break;
            }
            _ => {}
        }
    }
    let Some(stop) = stop else {
        return error("expected '}' before end of string");
    };
    let mut field = ReplacementField {
        name: (start, *at - 1),
        conversion: None,
        spec: (*at, *at),
        spec_is_nested: false,
    };
    if stop == b'}' {
        return Ok(field);
    }
    if stop == b'!' {
        if *at >= end {
            return error("end of string while looking for conversion specifier");
        }
        field.conversion = Some(text.at(*at));
        *at += 1;
        if *at < end {
            let code = text.at(*at);
            *at += 1;
            if code == CLOSE {
                field.spec = (*at, *at);
                return Ok(field);
            }
            if code != u32::from(b':') {
                return error("expected ':' after conversion specifier");
            }
        }
    }
    specifier(text, at, end, &mut field)?;
    Ok(field)
}

fn specifier(
    text: StrSlice<'_>,
    at: &mut usize,
    end: usize,
    field: &mut ReplacementField,
) -> PyResult<()> {
    let start = *at;
    let mut depth = 1;
    while *at < end {
        match text.at(*at) {
            OPEN => {
                field.spec_is_nested = true;
                depth += 1;
            }
            CLOSE => depth -= 1,
            _ => {}
        }
        *at += 1;
        if depth == 0 {
            field.spec = (start, *at - 1);
            return Ok(());
        }
    }
    error("unmatched '{' in format spec")
}

/// A number that a name is; `None` if it is none.
pub(super) fn name_as_index(text: StrSlice<'_>) -> PyResult<Option<usize>> {
    if text.is_empty() {
        return Ok(None);
    }
    let mut value = 0_usize;
    for code in text.iter() {
        let Some(digit) = krait_unicode::decimal(code) else {
            return Ok(None);
        };
        let next = value
            .checked_mul(10)
            .and_then(|value| value.checked_add(digit.into()));
        match next.filter(|&value| value <= isize::MAX as usize) {
            Some(next) => value = next,
            None => return error("Too many decimal digits in format string"),
        }
    }
    Ok(Some(value))
}

/// Where the first part of a field's name ends: at the first point or bracket.
pub(super) fn first_part(name: StrSlice<'_>) -> usize {
    (0..name.len())
        .find(|&index| matches!(u8::try_from(name.at(index)), Ok(b'.' | b'[')))
        .unwrap_or(name.len())
}

/// One step from an object to what a field names.
pub(super) enum Access<'a> {
    Attribute(StrSlice<'a>),
    Index(usize),
    Key(StrSlice<'a>),
}

/// Reads the next step of a field's name behind its first part; `None` at the end.
pub(super) fn next_access<'a>(name: StrSlice<'a>, at: &mut usize) -> PyResult<Option<Access<'a>>> {
    let len = name.len();
    if *at >= len {
        return Ok(None);
    }
    let kind = name.at(*at);
    let start = *at + 1;
    let part = match u8::try_from(kind) {
        Ok(b'.') => {
            let rest = name.sub(start, len);
            *at = start + first_part(rest);
            name.sub(start, *at)
        }
        Ok(b'[') => {
            let Some(close) = (start..len).find(|&index| name.at(index) == u32::from(b']')) else {
                return error("Missing ']' in format string");
            };
            *at = close + 1;
            name.sub(start, close)
        }
        _ => return error("Only '.' or '[' may follow ']' in format field specifier"),
    };
    if part.is_empty() {
        return error("Empty attribute in format string");
    }
    if kind == u32::from(b'.') {
        return Ok(Some(Access::Attribute(part)));
    }
    Ok(Some(match name_as_index(part)? {
        Some(index) => Access::Index(index),
        None => Access::Key(part),
    }))
}

/// What `_string.formatter_parser` returns: yields (literal, name, specifier, conversion).
#[pyclass(
    name = "formatteriterator",
    module = "_string",
    flags(DISALLOW_INSTANTIATION)
)]
#[repr(C)]
pub struct FormatterIterator {
    ob_base: PyObject,
    template: Field<PyStr>,
    at: Cell<usize>,
}

/// `_string.formatter_parser(template)`.
pub fn formatter_parser(template: &PyStr) -> PyResult<Py<FormatterIterator>> {
    Py::new(FormatterIterator {
        ob_base: PyObject::HEADER,
        template: Field::new(PyClass::to_owned(template)),
        at: Cell::new(0),
    })
}

#[pymethods]
impl FormatterIterator {
    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Obj>> {
        let Some(template) = self.template.get() else {
            return Ok(None);
        };
        let mut at = self.at.get();
        let segment = next_segment(template.as_slice(), &mut at, template.len());
        self.at.set(at);
        let Some(segment) = segment? else {
            return Ok(None);
        };
        let part = |range: (usize, usize)| -> PyResult<Obj> {
            Ok(template.substring(range.0, range.1)?.into_object())
        };
        let none = || crate::none().to_obj();
        let literal = part(segment.literal)?;
        let items = match segment.field {
            None => vec![literal, none(), none(), none()],
            Some(field) => {
                let conversion = match field.conversion {
                    Some(code) => PyStr::from_char(code)?.into_object(),
                    None => none(),
                };
                vec![literal, part(field.name)?, part(field.spec)?, conversion]
            }
        };
        Ok(Some(PyTuple::from_vec(items)?.into_object()))
    }
}

/// The second part of what `_string.formatter_field_name_split` returns: yields (is attribute, name
/// or index).
#[pyclass(
    name = "fieldnameiterator",
    module = "_string",
    flags(DISALLOW_INSTANTIATION)
)]
#[repr(C)]
pub struct FieldNameIterator {
    ob_base: PyObject,
    name: Field<PyStr>,
    at: Cell<usize>,
}

#[pymethods]
impl FieldNameIterator {
    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Obj>> {
        let Some(name) = self.name.get() else {
            return Ok(None);
        };
        let mut at = self.at.get();
        let access = next_access(name.as_slice(), &mut at);
        self.at.set(at);
        let (is_attribute, value) = match access? {
            None => return Ok(None),
            Some(Access::Attribute(name)) => (true, PyStr::from_slice(name)?.into_object()),
            Some(Access::Key(name)) => (false, PyStr::from_slice(name)?.into_object()),
            Some(Access::Index(index)) => (false, PyLong::from_usize(index)?.into_object()),
        };
        let is_attribute = crate::bool_object(is_attribute).to_obj();
        Ok(Some(
            PyTuple::from_vec(vec![is_attribute, value])?.into_object(),
        ))
    }
}

/// `_string.formatter_field_name_split(name)`: the first part, and an iterator over the others.
pub fn formatter_field_name_split(name: &PyStr) -> PyResult<Py<PyTuple>> {
    let end = first_part(name.as_slice());
    let first = match name_as_index(name.as_slice().sub(0, end))? {
        Some(index) => PyLong::from_usize(index)?.into_object(),
        None => name.substring(0, end)?.into_object(),
    };
    let rest = Py::new(FieldNameIterator {
        ob_base: PyObject::HEADER,
        name: Field::new(PyClass::to_owned(name)),
        at: Cell::new(end),
    })?;
    PyTuple::from_vec(vec![first, rest.into_object()])
}
