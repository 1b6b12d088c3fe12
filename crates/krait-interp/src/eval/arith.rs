//! Operators: `BINARY_OP` and its specialised forms, unary operators, subscripts, slices.

use krait_bytecode::oparg::nb;
use krait_runtime::abstract_::number::{BinaryOp, binary_op, inplace_op};
use krait_runtime::frame::StackRef;
use krait_runtime::slice::get_plain_slice;
use krait_runtime::{
    Obj, PyClass, PyDict, PyFloat, PyList, PyLong, PyObject, PyResult, PySlice, PyStr, PyTuple,
};

use super::in_place::{push_float, push_int};
use super::machine::*;
use crate::specialize;

/// The cache entries of `BINARY_OP`.
pub(super) const CACHES: usize = 5;

/// The operators in the order of `BINARY_OP`'s argument.
const OPS: [BinaryOp; 13] = [
    BinaryOp::Add,
    BinaryOp::And,
    BinaryOp::FloorDivide,
    BinaryOp::LShift,
    BinaryOp::MatrixMultiply,
    BinaryOp::Multiply,
    BinaryOp::Remainder,
    BinaryOp::Or,
    BinaryOp::Power,
    BinaryOp::RShift,
    BinaryOp::Subtract,
    BinaryOp::TrueDivide,
    BinaryOp::Xor,
];

/// What `BINARY_OP` with this argument does.
#[inline(never)]
pub(crate) fn operate(left: &PyObject, right: &PyObject, oparg: u32) -> PyResult<Obj> {
    if oparg == nb::SUBSCR {
        return left.get_item(right);
    }
    if oparg < nb::INPLACE {
        binary_op(left, right, OPS[oparg as usize])
    } else {
        inplace_op(left, right, OPS[(oparg - nb::INPLACE) as usize])
    }
}

#[inline(always)]
pub(super) fn binary_op_generic(m: &mut Machine, oparg: u32) -> Flow {
    if m.specialize_now() {
        m.save();
        specialize::binary_op(m.frame(), m.ip, m.peek(2), m.peek(1), oparg);
        return Flow::Again;
    }
    m.save();
    let result = attempt!(operate(m.object(2), m.object(1), oparg));
    m.replace_two(StackRef::from_obj(result));
    m.next(CACHES)
}

/// Both operands as exact floats.
#[inline(always)]
fn floats(m: &Machine) -> Option<(f64, f64)> {
    let (left, right) = (exact::<PyFloat>(m.peek(2))?, exact::<PyFloat>(m.peek(1))?);
    Some((left.value(), right.value()))
}

#[inline(always)]
pub(super) fn binary_op_add_float(m: &mut Machine) -> Flow {
    let Some((left, right)) = floats(m) else {
        return Flow::Base;
    };
    push_float(m, left + right)
}

#[inline(always)]
pub(super) fn binary_op_subtract_float(m: &mut Machine) -> Flow {
    let Some((left, right)) = floats(m) else {
        return Flow::Base;
    };
    push_float(m, left - right)
}

#[inline(always)]
pub(super) fn binary_op_multiply_float(m: &mut Machine) -> Flow {
    let Some((left, right)) = floats(m) else {
        return Flow::Base;
    };
    push_float(m, left * right)
}

/// Both operands as exact ints of at most one digit.
#[inline(always)]
fn compact_ints(m: &Machine) -> Option<(i64, i64)> {
    let (left, right) = (exact::<PyLong>(m.peek(2))?, exact::<PyLong>(m.peek(1))?);
    (left.is_compact() && right.is_compact()).then(|| (left.compact_value(), right.compact_value()))
}

#[inline(always)]
pub(super) fn binary_op_add_int(m: &mut Machine) -> Flow {
    let Some((left, right)) = compact_ints(m) else {
        return Flow::Base;
    };
    push_int(m, left + right)
}

#[inline(always)]
pub(super) fn binary_op_subtract_int(m: &mut Machine) -> Flow {
    let Some((left, right)) = compact_ints(m) else {
        return Flow::Base;
    };
    push_int(m, left - right)
}

#[inline(always)]
pub(super) fn binary_op_multiply_int(m: &mut Machine) -> Flow {
    let Some((left, right)) = compact_ints(m) else {
        return Flow::Base;
    };
    push_int(m, left * right)
}

#[inline(always)]
pub(super) fn binary_op_add_unicode(m: &mut Machine) -> Flow {
    let (Some(left), Some(right)) = (exact::<PyStr>(m.peek(2)), exact::<PyStr>(m.peek(1))) else {
        return Flow::Base;
    };
    m.save();
    let result = attempt!(left.concat(right));
    m.replace_two(StackRef::from_obj(result.into_object()));
    m.next(CACHES)
}

/// `x = x + y` (or `x += y`) for strings, where the local `x` is all but the only reference.
#[inline(always)]
pub(super) fn binary_op_inplace_add_unicode(m: &mut Machine) -> Flow {
    let (Some(left), Some(right)) = (exact::<PyStr>(m.peek(2)), exact::<PyStr>(m.peek(1))) else {
        return Flow::Base;
    };
    // The instruction after this one stores into the variable.
    let target = u32::from(m.unit(1 + CACHES).arg());
    if !m.local(target).is(left) {
        return Flow::Base;
    }
    m.save();
    let (right_slot, left_slot) = (m.pop(), m.pop());
    let variable = m.local(target);
    m.set_local(target, StackRef::NULL);
    // The variable's reference is the one that is appended to; the operand's goes first.
    let owner = if variable.is_owned() {
        close(left_slot);
        variable
    } else {
        close(variable);
        left_slot
    };
    let appended = krait_runtime::str::append_in_place(own(owner), right);
    close(right_slot);
    let result = attempt!(appended);
    m.set_local(target, StackRef::from_obj(result));
    // The store has been done.
    m.next(CACHES + 1)
}

#[inline(always)]
pub(super) fn binary_op_extend(m: &mut Machine) -> Flow {
    let descr = m.cache_ptr(1).addr();
    match specialize::extend(descr, m.object(2), m.object(1)) {
        None => Flow::Base,
        Some(specialize::Extended::Int(value)) => push_int(m, value),
        Some(specialize::Extended::Float(value)) => push_float(m, value),
    }
}

/// A non-negative index that fits one digit.
#[inline(always)]
fn small_index(slot: StackRef) -> Option<usize> {
    let index = exact::<PyLong>(slot)?;
    if !index.is_compact() {
        return None;
    }
    usize::try_from(index.compact_value()).ok()
}

#[inline(always)]
pub(super) fn binary_op_subscr_list_int(m: &mut Machine) -> Flow {
    let (Some(index), Some(list)) = (small_index(m.peek(1)), exact::<PyList>(m.peek(2))) else {
        return Flow::Base;
    };
    let Some(item) = list.get(index) else {
        return Flow::Base;
    };
    m.save();
    m.replace_two(StackRef::from_obj(item));
    m.next(CACHES)
}

#[inline(always)]
pub(super) fn binary_op_subscr_tuple_int(m: &mut Machine) -> Flow {
    let (Some(index), Some(tuple)) = (small_index(m.peek(1)), exact::<PyTuple>(m.peek(2))) else {
        return Flow::Base;
    };
    let Some(item) = tuple.as_slice().get(index) else {
        return Flow::Base;
    };
    let item = StackRef::new(item);
    m.save();
    m.replace_two(item);
    m.next(CACHES)
}

#[inline(always)]
pub(super) fn binary_op_subscr_str_int(m: &mut Machine) -> Flow {
    let (Some(index), Some(text)) = (small_index(m.peek(1)), exact::<PyStr>(m.peek(2))) else {
        return Flow::Base;
    };
    if index >= text.len() {
        return Flow::Base;
    }
    m.save();
    let item = attempt!(PyStr::from_char(text.char_at(index)));
    m.replace_two(StackRef::from_obj(item.into_object()));
    m.next(CACHES)
}

#[inline(always)]
pub(super) fn binary_op_subscr_list_slice(m: &mut Machine) -> Flow {
    let (true, true) = (
        borrow(m.peek(2)).is_exact::<PyList>(),
        borrow(m.peek(1)).is_exact::<PySlice>(),
    ) else {
        return Flow::Base;
    };
    m.save();
    let result = attempt!(m.object(2).get_item(m.object(1)));
    m.replace_two(StackRef::from_obj(result));
    m.next(CACHES)
}

#[inline(always)]
pub(super) fn binary_op_subscr_dict(m: &mut Machine) -> Flow {
    let Some(dict) = exact::<PyDict>(m.peek(2)) else {
        return Flow::Base;
    };
    m.save();
    let key = m.object(1);
    match attempt!(dict.get_item(key)) {
        Some(value) => {
            m.replace_two(StackRef::from_obj(value));
            m.next(CACHES)
        }
        None => {
            drop(krait_runtime::err::key_error_object(key));
            Flow::Error
        }
    }
}

#[inline(always)]
pub(super) fn unary_negative(m: &mut Machine) -> Flow {
    m.save();
    let result = attempt!(m.object(1).negative());
    m.replace_top(StackRef::from_obj(result));
    m.next(0)
}

#[inline(always)]
pub(super) fn unary_invert(m: &mut Machine) -> Flow {
    m.save();
    let result = attempt!(m.object(1).invert());
    m.replace_top(StackRef::from_obj(result));
    m.next(0)
}

#[inline(always)]
pub(super) fn unary_not(m: &mut Machine) -> Flow {
    let value = m.peek(1).is(krait_runtime::bool_object(false).as_object());
    m.poke(1, truth(value));
    m.next(0)
}

fn slice_of(start: StackRef, stop: StackRef) -> PyResult<Obj> {
    Ok(PySlice::new(borrow(start), borrow(stop), krait_runtime::none())?.into_object())
}

#[inline(always)]
pub(super) fn binary_slice(m: &mut Machine) -> Flow {
    m.save();
    let result = attempt!(get_slice(m.object(3), m.peek(2), m.peek(1)));
    m.replace_many(3, StackRef::from_obj(result));
    m.next(0)
}

#[inline(never)]
fn get_slice(container: &PyObject, start: StackRef, stop: StackRef) -> PyResult<Obj> {
    match get_plain_slice(container, borrow(start), borrow(stop)) {
        Some(result) => result,
        None => container.get_item(&*slice_of(start, stop)?),
    }
}

#[inline(always)]
pub(super) fn store_slice(m: &mut Machine) -> Flow {
    m.save();
    attempt!(set_slice(m.object(3), m.peek(2), m.peek(1), m.object(4)));
    m.drop_many(4);
    m.next(0)
}

#[inline(never)]
fn set_slice(
    container: &PyObject,
    start: StackRef,
    stop: StackRef,
    value: &PyObject,
) -> PyResult<()> {
    container.set_item(&*slice_of(start, stop)?, value)
}

#[inline(always)]
pub(super) fn store_subscr(m: &mut Machine) -> Flow {
    if m.specialize_now() {
        m.save();
        specialize::store_subscr(m.ip, m.peek(2), m.peek(1));
        return Flow::Again;
    }
    m.save();
    attempt!(m.object(2).set_item(m.object(1), m.object(3)));
    m.drop_many(3);
    m.next(1)
}

#[inline(always)]
pub(super) fn store_subscr_list_int(m: &mut Machine) -> Flow {
    let (Some(index), Some(list)) = (small_index(m.peek(1)), exact::<PyList>(m.peek(2))) else {
        return Flow::Base;
    };
    if index >= list.len() {
        return Flow::Base;
    }
    m.save();
    let (key, container) = (m.pop(), m.pop());
    let value = m.pop_obj();
    m.save_sp();
    // The list is kept by its slot until the old item is gone.
    let old = list.replace(index, value);
    close(key);
    drop(old);
    close(container);
    m.next(1)
}

#[inline(always)]
pub(super) fn store_subscr_dict(m: &mut Machine) -> Flow {
    let Some(dict) = exact::<PyDict>(m.peek(2)) else {
        return Flow::Base;
    };
    m.save();
    attempt!(dict.set_item(m.object(1), m.object(3)));
    m.drop_many(3);
    m.next(1)
}

#[inline(always)]
pub(super) fn delete_subscr(m: &mut Machine) -> Flow {
    m.save();
    attempt!(m.object(2).del_item(m.object(1)));
    m.drop_many(2);
    m.next(0)
}
