//! `format()` of the builtin classes, `str.format` and `%`.

mod parser;
mod percent;
mod template;

use krait_numbers::format_spec::{
    FormatSpec, Kind, Locale, Rendered, SpecError, layout_str, render_complex, render_float,
    render_int,
};
use krait_text::{StrBuf, StrSlice, with_units};

use crate::object::{Py, PyClass, PyObject};
use crate::str::StrWriter;
use crate::{PyFloat, PyLong, PyResult, PyStr};

pub use parser::{
    FieldNameIterator, FormatterIterator, formatter_field_name_split, formatter_parser,
};
pub use percent::{percent_format, percent_format_bytes};
pub use template::{format_template, format_template_map};

/// How the current locale writes numbers, for the code `n`.
fn locale_for(spec: &FormatSpec) -> Locale {
    if spec.code != Some(u32::from(b'n')) {
        return Locale::default();
    }
    // SAFETY: `localeconv` returns strings of the C library that stay until the next change of the
    // locale, which is made under the interpreter lock; they are copied at once.
    unsafe {
        let conventions = libc::localeconv();
        if conventions.is_null() {
            return Locale::default();
        }
        let text = |pointer: *const libc::c_char| {
            std::ffi::CStr::from_ptr(pointer)
                .to_string_lossy()
                .into_owned()
                .into()
        };
        let grouping = std::ffi::CStr::from_ptr((*conventions).grouping)
            .to_bytes()
            .to_vec();
        Locale {
            decimal_point: text((*conventions).decimal_point),
            thousands_sep: text((*conventions).thousands_sep),
            grouping: grouping.into(),
        }
    }
}

#[cold]
fn spec_error(error: SpecError, spec: &PyStr, value: &PyObject) -> crate::PyErr {
    let message = error.message(&spec.to_string_lossy(), &value.type_().tp_name());
    if error.is_overflow() {
        crate::overflow_error!("{message}")
    } else {
        crate::value_error!("{message}")
    }
}

fn parse_spec(spec: &PyStr, kind: Kind, value: &PyObject) -> PyResult<FormatSpec> {
    with_units!(spec.as_slice(), units => FormatSpec::parse(units, kind))
        .map_err(|error| spec_error(error, spec, value))
}

fn rendered(rendered: &Rendered) -> PyResult<Py<PyStr>> {
    if let Some(text) = rendered.unpadded() {
        return PyStr::new(text);
    }
    let padding = rendered
        .left
        .saturating_add(rendered.middle)
        .saturating_add(rendered.right);
    if padding > isize::MAX as usize / 8 {
        return Err(crate::err::no_memory());
    }
    let (head, tail) = rendered.text.split_at(rendered.head);
    let mut out = StrBuf::with_capacity(rendered.text.len() + padding);
    out.push_n(rendered.fill, rendered.left);
    out.push_str(head);
    out.push_n(rendered.fill, rendered.middle);
    out.push_str(tail);
    out.push_n(rendered.fill, rendered.right);
    PyStr::from_slice(out.as_slice())
}

/// `int.__format__`.
pub fn format_int(value: &PyLong, spec: &PyStr) -> PyResult<Py<PyStr>> {
    if spec.is_empty() {
        return if value.is_exact::<PyLong>() {
            value.to_decimal_str()
        } else {
            value.str()
        };
    }
    let parsed = parse_spec(spec, Kind::Int, value)?;
    if matches!(parsed.code.and_then(char::from_u32), Some('d' | 'n')) && !value.is_compact() {
        // Raises beyond the limit of digits.
        value.to_decimal()?;
    }
    let number = render_int(&parsed, value.as_int_ref(), &locale_for(&parsed))
        .map_err(|error| spec_error(error, spec, value))?;
    rendered(&number)
}

/// `float.__format__`.
pub fn format_float(value: &PyFloat, spec: &PyStr) -> PyResult<Py<PyStr>> {
    if spec.is_empty() {
        return value.str();
    }
    let parsed = parse_spec(spec, Kind::Float, value)?;
    let number = render_float(&parsed, value.value(), &locale_for(&parsed))
        .map_err(|error| spec_error(error, spec, value))?;
    rendered(&number)
}

/// `complex.__format__`.
pub fn format_complex(value: &crate::PyComplex, spec: &PyStr) -> PyResult<Py<PyStr>> {
    if spec.is_empty() {
        return value.str();
    }
    let parsed = parse_spec(spec, Kind::Float, value)?;
    let number = render_complex(&parsed, value.real(), value.imag(), &locale_for(&parsed))
        .map_err(|error| spec_error(error, spec, value))?;
    rendered(&number)
}

/// `str.__format__`.
pub fn format_str(value: &PyStr, spec: &PyStr) -> PyResult<Py<PyStr>> {
    if spec.is_empty() {
        return if value.is_exact::<PyStr>() {
            Ok(PyClass::to_owned(value))
        } else {
            value.str()
        };
    }
    let parsed = parse_spec(spec, Kind::Str, value)?;
    let layout =
        layout_str(&parsed, value.len()).map_err(|error| spec_error(error, spec, value))?;
    let shown = value.as_slice().sub(0, layout.take);
    if layout.left == 0 && layout.right == 0 {
        return value.substring(0, layout.take);
    }
    let bound = if value.is_ascii() {
        0x7F
    } else {
        shown.max_code_point()
    };
    PyStr::padded_slice(shown, bound, layout.left, layout.right, layout.fill)
}

/// Appends `format(value, spec)`; the builtin classes' default formats without a string between.
fn push_formatted(out: &mut StrWriter, value: &PyObject, spec: StrSlice<'_>) -> PyResult<()> {
    if spec.is_empty() {
        if let Some(text) = value.downcast_exact::<PyStr>() {
            out.push_slice(text.as_slice());
            return Ok(());
        }
        if let Some(int) = value.downcast_exact::<PyLong>()
            && int.is_compact()
        {
            out.push_int(int.compact_value());
            return Ok(());
        }
    }
    out.push_slice(formatted(value, spec)?.as_slice());
    Ok(())
}

/// `format(value, spec)`.
fn formatted(value: &PyObject, spec: StrSlice<'_>) -> PyResult<Py<PyStr>> {
    let spec = PyStr::from_slice(spec)?;
    if let Some(text) = value.downcast_exact::<PyStr>() {
        format_str(text, &spec)
    } else if let Some(int) = value.downcast_exact::<PyLong>() {
        format_int(int, &spec)
    } else if let Some(float) = value.downcast_exact::<PyFloat>() {
        format_float(float, &spec)
    } else {
        value.format(&spec)
    }
}
