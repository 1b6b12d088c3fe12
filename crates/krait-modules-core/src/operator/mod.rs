//! `_operator`: the operators as functions, and callables that fetch items, attributes and methods.

mod digest;
mod getters;

use krait_macros::pyfunction;
use krait_runtime::abstract_::{binary_op, inplace_op};
use krait_runtime::{
    Args, BinaryOp, CompareOp, KwArgs, Obj, Py, PyLong, PyObject, PyResult, PyTuple, exc, none,
    overflow_error, pymodule, type_error, value_error,
};

pymodule! {
    pub OPERATOR = "_operator", "Operator interface.\n\n\
        This module exports a set of functions implemented natively, corresponding\n\
        to the intrinsic operators of Python.  For example, operator.add(x, y)\n\
        is equivalent to the expression x+y.",
    functions: [
        truth, contains, indexOf, countOf, is_, is_not, is_none, is_not_none, index, add, sub, mul,
        matmul, floordiv, truediv, r#mod, neg, pos, abs, inv, invert, lshift, rshift, not_, and_, xor,
        or_, iadd, isub, imul, imatmul, ifloordiv, itruediv, imod, ilshift, irshift, iand, ixor, ior,
        concat, iconcat, getitem, setitem, delitem, pow, ipow, eq, ne, lt, le, gt, ge,
        digest::_compare_digest, length_hint, call,
    ],
    classes: [getters::AttrGetter, getters::ItemGetter, getters::MethodCaller],
    exec: None
}

macro_rules! binary {
    ($($doc:literal $name:ident $op:ident $function:ident;)+) => {$(
        #[doc = $doc]
        #[pyfunction(signature = "(a, b, /)")]
        fn $name(a: &PyObject, b: &PyObject) -> PyResult<Obj> {
            $function(a, b, BinaryOp::$op)
        }
    )+};
}

binary! {
    "Same as a + b." add Add binary_op;
    "Same as a - b." sub Subtract binary_op;
    "Same as a * b." mul Multiply binary_op;
    "Same as a @ b." matmul MatrixMultiply binary_op;
    "Same as a // b." floordiv FloorDivide binary_op;
    "Same as a / b." truediv TrueDivide binary_op;
    "Same as a % b." r#mod Remainder binary_op;
    "Same as a << b." lshift LShift binary_op;
    "Same as a >> b." rshift RShift binary_op;
    "Same as a & b." and_ And binary_op;
    "Same as a ^ b." xor Xor binary_op;
    "Same as a | b." or_ Or binary_op;
    "Same as a += b." iadd Add inplace_op;
    "Same as a -= b." isub Subtract inplace_op;
    "Same as a *= b." imul Multiply inplace_op;
    "Same as a @= b." imatmul MatrixMultiply inplace_op;
    "Same as a //= b." ifloordiv FloorDivide inplace_op;
    "Same as a /= b." itruediv TrueDivide inplace_op;
    "Same as a %= b." imod Remainder inplace_op;
    "Same as a <<= b." ilshift LShift inplace_op;
    "Same as a >>= b." irshift RShift inplace_op;
    "Same as a &= b." iand And inplace_op;
    "Same as a ^= b." ixor Xor inplace_op;
    "Same as a |= b." ior Or inplace_op;
    "Same as a **= b." ipow Power inplace_op;
}

macro_rules! comparisons {
    ($($doc:literal $name:ident $op:ident;)+) => {$(
        #[doc = $doc]
        #[pyfunction(signature = "(a, b, /)")]
        fn $name(a: &PyObject, b: &PyObject) -> PyResult<Obj> {
            a.rich_compare(b, CompareOp::$op)
        }
    )+};
}

comparisons! {
    "Same as a == b." eq Eq;
    "Same as a != b." ne Ne;
    "Same as a < b." lt Lt;
    "Same as a <= b." le Le;
    "Same as a > b." gt Gt;
    "Same as a >= b." ge Ge;
}

macro_rules! unary {
    ($($doc:literal $name:ident $method:ident;)+) => {$(
        #[doc = $doc]
        #[pyfunction(signature = "(a, /)")]
        fn $name(a: &PyObject) -> PyResult<Obj> {
            a.$method()
        }
    )+};
}

unary! {
    "Same as -a." neg negative;
    "Same as +a." pos positive;
    "Same as abs(a)." abs absolute;
    "Same as ~a." inv invert;
    "Same as ~a." invert invert;
}

/// Return True if a is true, False otherwise.
#[pyfunction(signature = "(a, /)")]
fn truth(a: &PyObject) -> PyResult<bool> {
    a.is_true()
}

/// Same as not a.
#[pyfunction(signature = "(a, /)")]
fn not_(a: &PyObject) -> PyResult<bool> {
    Ok(!a.is_true()?)
}

/// Same as a is b.
#[pyfunction(signature = "(a, b, /)")]
fn is_(a: &PyObject, b: &PyObject) -> bool {
    a.is(b)
}

/// Same as a is not b.
#[pyfunction(signature = "(a, b, /)")]
fn is_not(a: &PyObject, b: &PyObject) -> bool {
    !a.is(b)
}

/// Same as a is None.
#[pyfunction(signature = "(a, /)")]
fn is_none(a: &PyObject) -> bool {
    a.is(none())
}

/// Same as a is not None.
#[pyfunction(signature = "(a, /)")]
fn is_not_none(a: &PyObject) -> bool {
    !a.is(none())
}

/// Same as a.__index__()
#[pyfunction(signature = "(a, /)")]
fn index(a: &PyObject) -> PyResult<Py<PyLong>> {
    let index = a.index()?;
    match index.is_exact::<PyLong>() {
        true => Ok(index),
        false => PyLong::exact_copy(&index),
    }
}

/// Same as a ** b.
#[pyfunction(signature = "(a, b, /)")]
fn pow(a: &PyObject, b: &PyObject) -> PyResult<Obj> {
    a.power(b, none())
}

/// Same as b in a (note reversed operands).
#[pyfunction(signature = "(a, b, /)")]
fn contains(a: &PyObject, b: &PyObject) -> PyResult<bool> {
    a.contains(b)
}

/// An iterator for a search, with the message of searches.
fn search(a: &PyObject) -> PyResult<Obj> {
    a.iter().map_err(|error| {
        if !error.matches(&exc::TypeError) {
            return error;
        }
        error.clear();
        type_error!("argument of type '{}' is not iterable", a.type_().tp_name())
    })
}

/// Return the first index of b in a.
#[pyfunction(signature = "(a, b, /)")]
#[allow(non_snake_case, reason = "CPython's name")]
fn indexOf(a: &PyObject, b: &PyObject) -> PyResult<usize> {
    let iter = search(a)?;
    let mut index = 0;
    while let Some(item) = iter.iter_next()? {
        if item.eq(b)? {
            return Ok(index);
        }
        index += 1;
    }
    Err(value_error!("sequence.index(x): x not in sequence"))
}

/// Return the number of items in a which are, or which equal, b.
#[pyfunction(signature = "(a, b, /)")]
#[allow(non_snake_case, reason = "CPython's name")]
fn countOf(a: &PyObject, b: &PyObject) -> PyResult<usize> {
    let iter = search(a)?;
    let mut count = 0;
    while let Some(item) = iter.iter_next()? {
        count += usize::from(item.eq(b)?);
    }
    Ok(count)
}

/// Same as a + b, for a and b sequences.
#[pyfunction(signature = "(a, b, /)")]
fn concat(a: &PyObject, b: &PyObject) -> PyResult<Obj> {
    a.sequence_concat(b)
}

/// Same as a += b, for a and b sequences.
#[pyfunction(signature = "(a, b, /)")]
fn iconcat(a: &PyObject, b: &PyObject) -> PyResult<Obj> {
    match a.is_sequence() {
        true => inplace_op(a, b, BinaryOp::Add),
        false => a.sequence_concat(b),
    }
}

/// Same as a[b].
#[pyfunction(signature = "(a, b, /)")]
fn getitem(a: &PyObject, b: &PyObject) -> PyResult<Obj> {
    a.get_item(b)
}

/// Same as a[b] = c.
#[pyfunction(signature = "(a, b, c, /)")]
fn setitem(a: &PyObject, b: &PyObject, c: &PyObject) -> PyResult<()> {
    a.set_item(b, c)
}

/// Same as del a[b].
#[pyfunction(signature = "(a, b, /)")]
fn delitem(a: &PyObject, b: &PyObject) -> PyResult<()> {
    a.del_item(b)
}

/// Return an estimate of the number of items in obj.
///
/// This is useful for presizing containers when building from an iterable.
///
/// If the object supports len(), the result will be exact.
/// Otherwise, it may over- or under-estimate by an arbitrary amount.
/// The result will be an integer >= 0.
#[pyfunction(signature = "(obj, default=0, /)")]
fn length_hint(obj: &PyObject, default: isize) -> PyResult<isize> {
    // The default may be negative, which an estimate never is: it is told apart by a value of its own.
    let hint = obj.length_hint(usize::MAX)?;
    match hint {
        usize::MAX => Ok(default),
        hint => isize::try_from(hint)
            .map_err(|_| overflow_error!("Python int too large to convert to C ssize_t")),
    }
}

/// Same as obj(*args, **kwargs).
#[pyfunction(
    signature = "(*args, **kwargs)",
    text_signature = "($module, obj, /, *args, **kwargs)"
)]
fn call(args: Args<'_>, kwargs: KwArgs<'_>) -> PyResult<Obj> {
    let Some((callable, rest)) = args.as_slice().split_first() else {
        return Err(type_error!("call expected at least 1 argument, got 0"));
    };
    if kwargs.is_empty() {
        return callable.call(rest);
    }
    let rest = PyTuple::from_refs(rest)?;
    let kwargs = kwargs.to_dict()?;
    callable.call_tuple(&rest, Some(&kwargs))
}
