//! Comparisons, membership, identity and truth.

use krait_bytecode::oparg::compare;
use krait_runtime::frame::StackRef;
use krait_runtime::{CompareOp, PyDict, PyFloat, PyList, PyLong, PyObject, PyResult, PyStr};

use super::machine::*;
use crate::specialize;

#[inline(always)]
pub(super) fn compare_op(m: &mut Machine, oparg: u32) -> Flow {
    if m.specialize_now() {
        m.save();
        specialize::compare_op(m.ip, m.object(2), m.object(1), oparg);
        return Flow::Again;
    }
    m.save();
    let result = attempt!(compare_objects(m.object(2), m.object(1), oparg));
    m.replace_two(result);
    m.next(1)
}

#[inline(never)]
fn compare_objects(left: &PyObject, right: &PyObject, oparg: u32) -> PyResult<StackRef> {
    const OPS: [CompareOp; 6] = [
        CompareOp::Lt,
        CompareOp::Le,
        CompareOp::Eq,
        CompareOp::Ne,
        CompareOp::Gt,
        CompareOp::Ge,
    ];
    let result = left.rich_compare(right, OPS[compare::operator(oparg) as usize])?;
    if oparg & compare::TO_BOOL == 0 {
        return Ok(StackRef::from_obj(result));
    }
    Ok(truth(result.is_true()?))
}

const UNORDERED: u32 = 1;
const LESS: u32 = 2;
const GREATER: u32 = 4;
const EQUAL: u32 = 8;

/// Replaces two operands without finalizers by a truth value.
#[inline(always)]
fn finish(m: &mut Machine, value: bool) -> Flow {
    let (right, left) = (m.pop(), m.peek(1));
    m.poke(1, truth(value));
    close(right);
    close(left);
    m.next(1)
}

#[inline(always)]
pub(super) fn compare_op_int(m: &mut Machine, oparg: u32) -> Flow {
    let (Some(left), Some(right)) = (exact::<PyLong>(m.peek(2)), exact::<PyLong>(m.peek(1))) else {
        return Flow::Base;
    };
    if !left.is_compact() || !right.is_compact() {
        return Flow::Base;
    }
    let (left, right) = (left.compact_value(), right.compact_value());
    let outcome = if left < right {
        LESS
    } else if left > right {
        GREATER
    } else {
        EQUAL
    };
    finish(m, oparg & outcome != 0)
}

#[inline(always)]
pub(super) fn compare_op_float(m: &mut Machine, oparg: u32) -> Flow {
    let (Some(left), Some(right)) = (exact::<PyFloat>(m.peek(2)), exact::<PyFloat>(m.peek(1)))
    else {
        return Flow::Base;
    };
    let (left, right) = (left.value(), right.value());
    let outcome = if left < right {
        LESS
    } else if left > right {
        GREATER
    } else if left == right {
        EQUAL
    } else {
        UNORDERED
    };
    finish(m, oparg & outcome != 0)
}

#[inline(always)]
pub(super) fn compare_op_str(m: &mut Machine, oparg: u32) -> Flow {
    let (Some(left), Some(right)) = (exact::<PyStr>(m.peek(2)), exact::<PyStr>(m.peek(1))) else {
        return Flow::Base;
    };
    let outcome = if left.same_text(right) { EQUAL } else { LESS };
    // Only `==` and `!=` are specialised: which way unequal strings differ does not matter.
    finish(m, oparg & outcome != 0)
}

#[inline(always)]
pub(super) fn contains_op(m: &mut Machine, oparg: u32) -> Flow {
    if m.specialize_now() {
        m.save();
        specialize::contains_op(m.ip, m.object(1));
        return Flow::Again;
    }
    m.save();
    let found = attempt!(m.object(1).contains(m.object(2)));
    m.replace_two(truth(found != (oparg != 0)));
    m.next(1)
}

#[inline(always)]
pub(super) fn contains_op_dict(m: &mut Machine, oparg: u32) -> Flow {
    let Some(dict) = exact::<PyDict>(m.peek(1)) else {
        return Flow::Base;
    };
    m.save();
    let found = attempt!(dict.contains(m.object(2)));
    m.replace_two(truth(found != (oparg != 0)));
    m.next(1)
}

#[inline(always)]
pub(super) fn contains_op_set(m: &mut Machine, oparg: u32) -> Flow {
    if !specialize::is_exact_set(m.object(1)) {
        return Flow::Base;
    }
    m.save();
    let found = attempt!(m.object(1).contains(m.object(2)));
    m.replace_two(truth(found != (oparg != 0)));
    m.next(1)
}

#[inline(always)]
pub(super) fn is_op(m: &mut Machine, oparg: u32) -> Flow {
    let same = m.peek(1).as_ptr() == m.peek(2).as_ptr();
    m.save();
    m.replace_two(truth(same != (oparg != 0)));
    m.next(0)
}

#[inline(always)]
pub(super) fn to_bool(m: &mut Machine) -> Flow {
    if m.specialize_now() {
        m.save();
        specialize::to_bool(m.ip, m.object(1));
        return Flow::Again;
    }
    m.save();
    let value = attempt!(m.object(1).is_true());
    m.replace_top(truth(value));
    m.next(3)
}

#[inline(always)]
pub(super) fn to_bool_bool(m: &mut Machine) -> Flow {
    let value = m.peek(1);
    if value.is(krait_runtime::true_()) || value.is(krait_runtime::false_()) {
        m.next(3)
    } else {
        Flow::Base
    }
}

#[inline(always)]
pub(super) fn to_bool_int(m: &mut Machine) -> Flow {
    let Some(value) = exact::<PyLong>(m.peek(1)) else {
        return Flow::Base;
    };
    let value = truth(!value.is_zero());
    m.replace_top(value);
    m.next(3)
}

#[inline(always)]
pub(super) fn to_bool_list(m: &mut Machine) -> Flow {
    let Some(list) = exact::<PyList>(m.peek(1)) else {
        return Flow::Base;
    };
    let value = truth(!list.is_empty());
    m.save();
    m.replace_top(value);
    m.next(3)
}

#[inline(always)]
pub(super) fn to_bool_none(m: &mut Machine) -> Flow {
    if !m.peek(1).is(krait_runtime::none()) {
        return Flow::Base;
    }
    m.poke(1, truth(false));
    m.next(3)
}

#[inline(always)]
pub(super) fn to_bool_str(m: &mut Machine) -> Flow {
    let Some(text) = exact::<PyStr>(m.peek(1)) else {
        return Flow::Base;
    };
    let value = truth(!text.is_empty());
    m.replace_top(value);
    m.next(3)
}

#[inline(always)]
pub(super) fn to_bool_always_true(m: &mut Machine) -> Flow {
    if m.object(1).type_().raw().tp_version_tag.get() != m.cache32(1) {
        return Flow::Base;
    }
    m.save();
    m.replace_top(truth(true));
    m.next(3)
}
