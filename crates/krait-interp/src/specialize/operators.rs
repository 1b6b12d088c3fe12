//! Specialising operators, comparisons, subscripts, truth, iteration and unpacking.

use krait_bytecode::op;
use krait_bytecode::oparg::{compare, nb};
use krait_runtime::frame::{Frame, StackRef};
use krait_runtime::list::PyListIter;
use krait_runtime::range::PyRangeIter;
use krait_runtime::set::{PyFrozenSet, PySet};
use krait_runtime::tuple::PyTupleIter;
use krait_runtime::{
    PyBool, PyDict, PyFloat, PyFunction, PyList, PyLong, PyObject, PySlice, PyStr, PyTuple,
};

use super::Site;
use crate::eval::machine::{Unit, borrow};
use crate::genobject::{PyCoroutine, PyGenerator};

fn both<T: krait_runtime::PyClass>(left: &PyObject, right: &PyObject) -> bool {
    left.is_exact::<T>() && right.is_exact::<T>()
}

/// The value of an exact `int` of at most one digit.
fn compact(object: &PyObject) -> Option<i64> {
    let value = object.downcast_exact::<PyLong>()?;
    value.is_compact().then(|| value.compact_value())
}

/// Specialises `BINARY_OP`.
#[inline(never)]
pub(crate) fn binary_op(frame: &Frame, ip: *mut Unit, left: StackRef, right: StackRef, oparg: u32) {
    let site = Site::new(ip);
    let (left, right) = (borrow(left), borrow(right));
    let operator = if (nb::INPLACE..nb::SUBSCR).contains(&oparg) {
        oparg - nb::INPLACE
    } else {
        oparg
    };
    let ints = compact(left).is_some() && compact(right).is_some();
    let floats = both::<PyFloat>(left, right);
    let opcode = match operator {
        nb::ADD if both::<PyStr>(left, right) => Some(string_add(frame, ip, left)),
        nb::ADD if ints => Some(op::BINARY_OP_ADD_INT),
        nb::ADD if floats => Some(op::BINARY_OP_ADD_FLOAT),
        nb::MULTIPLY if ints => Some(op::BINARY_OP_MULTIPLY_INT),
        nb::MULTIPLY if floats => Some(op::BINARY_OP_MULTIPLY_FLOAT),
        nb::SUBTRACT if ints => Some(op::BINARY_OP_SUBTRACT_INT),
        nb::SUBTRACT if floats => Some(op::BINARY_OP_SUBTRACT_FLOAT),
        nb::SUBSCR => subscript(left, right),
        _ => extension(site, left, right, operator),
    };
    site.decide(opcode);
}

/// In-place if the sum goes right back into the variable that the left operand came from.
fn string_add(frame: &Frame, ip: *mut Unit, left: &PyObject) -> u8 {
    // SAFETY: an instruction follows the operator and its five caches.
    let next = unsafe { &*ip.add(6) };
    // SAFETY: `STORE_FAST` names a variable of the frame.
    let stored =
        next.code() == op::STORE_FAST && unsafe { frame.slot(usize::from(next.arg())) }.is(left);
    if stored {
        op::BINARY_OP_INPLACE_ADD_UNICODE
    } else {
        op::BINARY_OP_ADD_UNICODE
    }
}

fn subscript(container: &PyObject, key: &PyObject) -> Option<u8> {
    let index = compact(key).is_some_and(|index| index >= 0);
    if container.is_exact::<PyList>() {
        if index {
            return Some(op::BINARY_OP_SUBSCR_LIST_INT);
        }
        return key
            .is_exact::<PySlice>()
            .then_some(op::BINARY_OP_SUBSCR_LIST_SLICE);
    }
    if container.is_exact::<PyTuple>() {
        return index.then_some(op::BINARY_OP_SUBSCR_TUPLE_INT);
    }
    if container.is_exact::<PyStr>() {
        return index.then_some(op::BINARY_OP_SUBSCR_STR_INT);
    }
    if container.is_exact::<PyDict>() {
        return Some(op::BINARY_OP_SUBSCR_DICT);
    }
    let class = container.type_();
    let heap = class.heap()?;
    let name = PyStr::intern("__getitem__").ok()?;
    let getitem = class.lookup(&name)?;
    let function = getitem.downcast_exact::<PyFunction>()?;
    let version = function.version();
    if version == 0 || class.version_tag() == 0 || !super::call::is_simple(function, 2) {
        return None;
    }
    // Borrowed: the class keeps it until it changes, which clears the cache.
    heap._spec_cache.getitem.set(getitem.as_ptr());
    heap._spec_cache.getitem_version.set(version);
    Some(op::BINARY_OP_SUBSCR_GETITEM)
}

/// The result of a `BINARY_OP_EXTEND`.
pub(crate) enum Extended {
    Int(i64),
    Float(f64),
}

/// The kinds of operands of `BINARY_OP_EXTEND`.
mod operands {
    pub(super) const INTS: usize = 1;
    pub(super) const FLOAT_INT: usize = 2;
    pub(super) const INT_FLOAT: usize = 3;
    pub(super) const FLOATS: usize = 4;
}

fn extension(site: Site, left: &PyObject, right: &PyObject, operator: u32) -> Option<u8> {
    let (left_int, right_int) = (compact(left).is_some(), compact(right).is_some());
    let (left_float, right_float) = (left.is_exact::<PyFloat>(), right.is_exact::<PyFloat>());
    let kind = match operator {
        nb::AND | nb::OR | nb::XOR | nb::FLOOR_DIVIDE | nb::REMAINDER | nb::LSHIFT | nb::RSHIFT
            if left_int && right_int =>
        {
            operands::INTS
        }
        nb::TRUE_DIVIDE if left_float && right_float => operands::FLOATS,
        nb::TRUE_DIVIDE if left_int && right_int => operands::INTS,
        nb::ADD | nb::SUBTRACT | nb::MULTIPLY | nb::TRUE_DIVIDE if left_float && right_int => {
            operands::FLOAT_INT
        }
        nb::ADD | nb::SUBTRACT | nb::MULTIPLY | nb::TRUE_DIVIDE if left_int && right_float => {
            operands::INT_FLOAT
        }
        _ => return None,
    };
    site.set64(1, ((operator as usize) << 8 | kind) as u64);
    Some(op::BINARY_OP_EXTEND)
}

/// What `BINARY_OP_EXTEND` computes; `None` if the guess was wrong or the result would be an error.
#[inline(always)]
pub(crate) fn extend(descr: usize, left: &PyObject, right: &PyObject) -> Option<Extended> {
    let operator = (descr >> 8) as u32;
    match descr & 0xFF {
        operands::INTS => int_operator(operator, compact(left)?, compact(right)?),
        operands::FLOAT_INT => {
            let left = left.downcast_exact::<PyFloat>()?.value();
            float_operator(operator, left, compact(right)? as f64)
        }
        operands::INT_FLOAT => {
            let right = right.downcast_exact::<PyFloat>()?.value();
            float_operator(operator, compact(left)? as f64, right)
        }
        _ => {
            let left = left.downcast_exact::<PyFloat>()?.value();
            float_operator(operator, left, right.downcast_exact::<PyFloat>()?.value())
        }
    }
}

#[inline(always)]
fn int_operator(operator: u32, left: i64, right: i64) -> Option<Extended> {
    Some(Extended::Int(match operator {
        nb::AND => left & right,
        nb::OR => left | right,
        nb::XOR => left ^ right,
        nb::FLOOR_DIVIDE if right != 0 => {
            let quotient = left / right;
            if left % right != 0 && (left < 0) != (right < 0) {
                quotient - 1
            } else {
                quotient
            }
        }
        nb::REMAINDER if right != 0 => {
            let rest = left % right;
            if rest != 0 && (rest < 0) != (right < 0) {
                rest + right
            } else {
                rest
            }
        }
        // One digit shifted by at most 31 still fits.
        nb::LSHIFT if (0..32).contains(&right) => left << right,
        nb::RSHIFT if right >= 0 => left >> right.min(63),
        nb::TRUE_DIVIDE if right != 0 => return Some(Extended::Float(left as f64 / right as f64)),
        _ => return None,
    }))
}

#[inline(always)]
fn float_operator(operator: u32, left: f64, right: f64) -> Option<Extended> {
    Some(Extended::Float(match operator {
        nb::ADD => left + right,
        nb::SUBTRACT => left - right,
        nb::MULTIPLY => left * right,
        nb::TRUE_DIVIDE if right != 0.0 => left / right,
        _ => return None,
    }))
}

/// Specialises `STORE_SUBSCR`.
#[inline(never)]
pub(crate) fn store_subscr(ip: *mut Unit, container: StackRef, key: StackRef) {
    let (container, key) = (borrow(container), borrow(key));
    let opcode = if let Some(list) = container.downcast_exact::<PyList>() {
        compact(key)
            .filter(|index| (0..list.len() as i64).contains(index))
            .map(|_| op::STORE_SUBSCR_LIST_INT)
    } else {
        container
            .is_exact::<PyDict>()
            .then_some(op::STORE_SUBSCR_DICT)
    };
    Site::new(ip).decide(opcode);
}

/// Specialises `COMPARE_OP`.
#[inline(never)]
pub(crate) fn compare_op(ip: *mut Unit, left: &PyObject, right: &PyObject, oparg: u32) {
    let equality = matches!(compare::operator(oparg), 2 | 3);
    let opcode = if compact(left).is_some() && compact(right).is_some() {
        Some(op::COMPARE_OP_INT)
    } else if both::<PyFloat>(left, right) {
        Some(op::COMPARE_OP_FLOAT)
    } else if equality && both::<PyStr>(left, right) {
        Some(op::COMPARE_OP_STR)
    } else {
        None
    };
    Site::new(ip).decide(opcode);
}

/// Whether an object is exactly a set or frozenset.
#[inline(always)]
pub(crate) fn is_exact_set(object: &PyObject) -> bool {
    object.is_exact::<PySet>() || object.is_exact::<PyFrozenSet>()
}

/// Specialises `CONTAINS_OP`.
#[inline(never)]
pub(crate) fn contains_op(ip: *mut Unit, container: &PyObject) {
    let opcode = if container.is_exact::<PyDict>() {
        Some(op::CONTAINS_OP_DICT)
    } else {
        is_exact_set(container).then_some(op::CONTAINS_OP_SET)
    };
    Site::new(ip).decide(opcode);
}

/// Specialises `TO_BOOL`.
#[inline(never)]
pub(crate) fn to_bool(ip: *mut Unit, value: &PyObject) {
    let site = Site::new(ip);
    let opcode = if value.is_exact::<PyBool>() {
        Some(op::TO_BOOL_BOOL)
    } else if value.is_exact::<PyLong>() {
        Some(op::TO_BOOL_INT)
    } else if value.is_exact::<PyList>() {
        Some(op::TO_BOOL_LIST)
    } else if value.is(krait_runtime::none()) {
        Some(op::TO_BOOL_NONE)
    } else if value.is_exact::<PyStr>() {
        Some(op::TO_BOOL_STR)
    } else {
        always_true(site, value)
    };
    site.decide(opcode);
}

fn always_true(site: Site, value: &PyObject) -> Option<u8> {
    let raw = value.type_().raw();
    // SAFETY: a class's suites live as long as the class.
    let decides = unsafe {
        raw.tp_as_number
            .get()
            .as_ref()
            .is_some_and(|suite| suite.nb_bool.get().is_some())
            || raw
                .tp_as_mapping
                .get()
                .as_ref()
                .is_some_and(|suite| suite.mp_length.get().is_some())
            || raw
                .tp_as_sequence
                .get()
                .as_ref()
                .is_some_and(|suite| suite.sq_length.get().is_some())
    };
    let version = value.type_().version_tag();
    if decides || version == 0 {
        return None;
    }
    site.set32(1, version);
    Some(op::TO_BOOL_ALWAYS_TRUE)
}

/// Specialises `FOR_ITER`.
#[inline(never)]
pub(crate) fn for_iter(ip: *mut Unit, iterator: &PyObject) {
    let opcode = if iterator.is_exact::<PyListIter>() {
        Some(op::FOR_ITER_LIST)
    } else if iterator.is_exact::<PyTupleIter>() {
        Some(op::FOR_ITER_TUPLE)
    } else if iterator.is_exact::<PyRangeIter>() {
        Some(op::FOR_ITER_RANGE)
    } else {
        iterator
            .is_exact::<PyGenerator>()
            .then_some(op::FOR_ITER_GEN)
    };
    Site::new(ip).decide(opcode);
}

/// Specialises `SEND`.
#[inline(never)]
pub(crate) fn send(ip: *mut Unit, receiver: &PyObject) {
    let fits = receiver.is_exact::<PyGenerator>() || receiver.is_exact::<PyCoroutine>();
    Site::new(ip).decide(fits.then_some(op::SEND_GEN));
}

/// Specialises `UNPACK_SEQUENCE`.
#[inline(never)]
pub(crate) fn unpack_sequence(ip: *mut Unit, sequence: &PyObject, oparg: u32) {
    let count = oparg as usize;
    let opcode = if let Some(tuple) = sequence.downcast_exact::<PyTuple>() {
        (tuple.len() == count).then_some(if count == 2 {
            op::UNPACK_SEQUENCE_TWO_TUPLE
        } else {
            op::UNPACK_SEQUENCE_TUPLE
        })
    } else {
        sequence
            .downcast_exact::<PyList>()
            .filter(|list| list.len() == count)
            .map(|_| op::UNPACK_SEQUENCE_LIST)
    };
    Site::new(ip).decide(opcode);
}
