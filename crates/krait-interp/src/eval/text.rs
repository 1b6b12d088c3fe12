//! f-strings and template strings.

use krait_bytecode::oparg::convert;
use krait_runtime::frame::StackRef;
use krait_runtime::{Obj, PyObject, PyResult, PyStr, system_error};
use krait_text::StrSlice;

use super::machine::*;
use crate::template;

#[inline(always)]
pub(super) fn convert_value(m: &mut Machine, oparg: u32) -> Flow {
    m.save();
    let text = attempt!(converted(m.object(1), oparg));
    m.replace_top(StackRef::from_obj(text));
    m.next(0)
}

#[inline(never)]
fn converted(value: &PyObject, how: u32) -> PyResult<Obj> {
    let text = match how {
        convert::STR => value.str()?,
        convert::REPR => value.repr()?,
        convert::ASCII => value.ascii()?,
        _ => return Err(system_error!("unknown conversion {how}")),
    };
    Ok(text.into_object())
}

#[inline(always)]
pub(super) fn format_simple(m: &mut Machine) -> Flow {
    if !m.object(1).is_exact::<PyStr>() {
        m.save();
        let text = attempt!(m.object(1).format(krait_runtime::interned::empty_str()));
        m.replace_top(StackRef::from_obj(text.into_object()));
    }
    m.next(0)
}

#[inline(always)]
pub(super) fn format_with_spec(m: &mut Machine) -> Flow {
    m.save();
    let text = attempt!(format_value(m.object(2), m.object(1)));
    m.replace_two(StackRef::from_obj(text));
    m.next(0)
}

#[inline(never)]
fn format_value(value: &PyObject, spec: &PyObject) -> PyResult<Obj> {
    match spec.downcast::<PyStr>() {
        Some(spec) => Ok(value.format(spec)?.into_object()),
        None => Err(system_error!(
            "Format specifier must be a string, not {}",
            spec.type_name()
        )),
    }
}

#[inline(always)]
pub(super) fn build_string(m: &mut Machine, oparg: u32) -> Flow {
    m.save();
    let text = attempt!(joined(&m.snapshot(), oparg as usize));
    m.replace_many(oparg as usize, StackRef::from_obj(text));
    m.next(0)
}

#[inline(never)]
fn joined(m: &Machine, count: usize) -> PyResult<Obj> {
    const SMALL: usize = 8;
    let mut small = [StrSlice::Latin1(&[]); SMALL];
    let mut large = Vec::new();
    let parts = if count <= SMALL {
        &mut small[..count]
    } else {
        large.resize(count, StrSlice::Latin1(&[]));
        &mut large[..]
    };
    let mut max_bound = 0;
    for (index, place) in parts.iter_mut().enumerate() {
        let Some(part) = m.object(count - index).downcast::<PyStr>() else {
            return Err(system_error!("BUILD_STRING of something that is no string"));
        };
        max_bound = max_bound.max(part.max_bound());
        *place = part.as_slice();
    }
    Ok(PyStr::join_slices(parts, max_bound)?.into_object())
}

#[inline(always)]
pub(super) fn build_template(m: &mut Machine) -> Flow {
    m.save();
    let value = attempt!(template::build_template(m.object(2), m.object(1)));
    m.replace_two(StackRef::from_obj(value));
    m.next(0)
}

#[inline(always)]
pub(super) fn build_interpolation(m: &mut Machine, oparg: u32) -> Flow {
    m.save();
    let operands = if oparg & 1 != 0 { 3 } else { 2 };
    let spec = if operands == 3 {
        Some(m.object(1))
    } else {
        None
    };
    let (value, text) = (m.object(operands), m.object(operands - 1));
    let made = attempt!(template::build_interpolation(value, text, oparg >> 2, spec));
    m.replace_many(operands, StackRef::from_obj(made));
    m.next(0)
}
