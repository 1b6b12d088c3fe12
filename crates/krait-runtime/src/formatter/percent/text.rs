//! `str % args`.

use krait_text::{StrSlice, search, with_units};

use super::number::{format_number, is_numeric};
use super::{Arguments, Conversion, Reader, character, object_text};
use crate::object::{Py, PyClass, PyObject};
use crate::str::StrWriter;
use crate::{PyLong, PyResult, PyStr};

/// `format % args` for a string.
pub fn percent_format(format: &PyStr, args: &PyObject) -> PyResult<Py<PyStr>> {
    let text = format.as_slice();
    let is_text = args.downcast::<PyStr>().is_some();
    let mut args = Arguments::new(args, is_text, "string");
    if let Some(whole) = whole(format, &mut args)? {
        return Ok(whole);
    }
    let mut out = StrWriter::new();
    with_units!(text, units => push_all(&mut out, text, units, &mut args))?;
    args.finish()?;
    out.finish()
}

/// The result if the format is one text, which is that, or one `%s`, whose text it mostly is.
fn whole(format: &PyStr, args: &mut Arguments<'_>) -> PyResult<Option<Py<PyStr>>> {
    let text = format.as_slice();
    let len = text.len();
    let unit = |index: usize| text.at(index);
    match search::find_char(text, u32::from(b'%')) {
        None if format.is_exact::<PyStr>() => {
            args.finish()?;
            return Ok(Some(PyClass::to_owned(format)));
        }
        Some(0) if len <= LONGEST_WHOLE && len > 1 => {}
        _ => return Ok(None),
    }
    // A number that is an argument, or a key, is for the general way.
    let is_simple = |index| !matches!(u8::try_from(unit(index)), Ok(b'*' | b'(' | b'%'));
    if unit(len - 1) != u32::from(b's') || !(1..len).all(is_simple) {
        return Ok(None);
    }
    let mut reader = Reader { at: 1, len, unit };
    let conversion = reader.conversion(args)?;
    if reader.at != len {
        return Ok(None);
    }
    let value = args.next()?;
    let shown = object_text(&value, b's')?;
    args.finish()?;
    if is_unchanged(&conversion, &shown) {
        return Ok(Some(shown));
    }
    let mut out = StrWriter::new();
    push_text(&mut out, &conversion, &shown)?;
    out.finish().map(Some)
}

/// A longer format is not looked through for whether it is one conversion.
const LONGEST_WHOLE: usize = 12;

/// Appends all of a format, which is given in both of its forms.
fn push_all<T: Copy + Into<u32>>(
    out: &mut StrWriter,
    text: StrSlice<'_>,
    units: &[T],
    args: &mut Arguments<'_>,
) -> PyResult<()> {
    let mut reader = Reader {
        at: 0,
        len: units.len(),
        unit: |index: usize| units[index].into(),
    };
    while reader.at < units.len() {
        let rest = text.sub(reader.at, units.len());
        let Some(found) = search::find_char(rest, u32::from(b'%')) else {
            out.push_slice(rest);
            break;
        };
        if found > 0 {
            out.push_slice(rest.sub(0, found));
            reader.at += found;
        }
        reader.at += 1;
        if reader.take(b'%') {
            out.push(u32::from(b'%'));
            continue;
        }
        if reader.take(b'(') {
            let Some(mapping) = args.mapping else {
                return Err(crate::type_error!("format requires a mapping"));
            };
            let (start, end) = reader.key()?;
            args.select(&*PyStr::from_slice(text.sub(start, end))?, mapping)?;
        }
        let conversion = match reader.plain_conversion() {
            Some(conversion) => conversion,
            None => reader.conversion(args)?,
        };
        push_converted(out, &conversion, args)?;
    }
    Ok(())
}

fn push_converted(
    out: &mut StrWriter,
    conversion: &Conversion,
    args: &mut Arguments<'_>,
) -> PyResult<()> {
    let value = args.next()?;
    match conversion.byte() {
        code @ (b's' | b'r' | b'a') => {
            if code == b's' && conversion.is_plain() {
                // The commonest conversions, without a string between.
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
            push_text(out, conversion, &*object_text(&value, code)?)
        }
        b'c' => push_padded(out, conversion, StrSlice::Ucs4(&[text_character(&value)?])),
        code if is_numeric(code) => {
            if conversion.is_plain()
                && matches!(code, b'd' | b'i' | b'u')
                && let Some(int) = value.downcast_exact::<PyLong>()
                && int.is_compact()
            {
                out.push_int(int.compact_value());
                return Ok(());
            }
            out.push_latin1(format_number(conversion, &value, true)?.as_bytes());
            Ok(())
        }
        _ => Err(conversion.unsupported()),
    }
}

/// Whether a text comes out of a conversion as it is.
fn is_unchanged(conversion: &Conversion, text: &PyStr) -> bool {
    let shown = conversion.precision.unwrap_or(usize::MAX);
    text.is_exact::<PyStr>() && text.len() <= shown && text.len() >= conversion.width
}

fn push_text(out: &mut StrWriter, conversion: &Conversion, text: &PyStr) -> PyResult<()> {
    let shown = conversion
        .precision
        .map_or(text.len(), |most| most.min(text.len()));
    push_padded(out, conversion, text.as_slice().sub(0, shown))
}

fn push_padded(out: &mut StrWriter, conversion: &Conversion, text: StrSlice<'_>) -> PyResult<()> {
    let (left, right) = conversion.padding(text.len());
    let len = text.len().saturating_add(left).saturating_add(right);
    if left.max(right) > 0 && !out.try_reserve(len, text.max_code_point()) {
        return Err(crate::err::no_memory());
    }
    out.push_n(u32::from(b' '), left);
    out.push_slice(text);
    out.push_n(u32::from(b' '), right);
    Ok(())
}

/// The argument of `%c`.
fn text_character(value: &PyObject) -> PyResult<u32> {
    if let Some(text) = value.downcast::<PyStr>() {
        if text.len() == 1 {
            return Ok(text.char_at(0));
        }
        return Err(crate::type_error!(
            "%c requires an int or a unicode character, not a string of length {}",
            text.len()
        ));
    }
    if !value.has_index() {
        return Err(crate::type_error!(
            "%c requires an int or a unicode character, not {}",
            value.type_().qualified_name()?
        ));
    }
    character(value, 0x11_0000)?
        .ok_or_else(|| crate::overflow_error!("%c arg not in range(0x110000)"))
}
