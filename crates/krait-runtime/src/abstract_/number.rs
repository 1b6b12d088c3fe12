//! The number protocol: binary and in-place operators, unary ones, and conversions.

use std::mem::offset_of;

use krait_abi as abi;

use crate::call::result_from_ptr;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{PyErr, PyLong, PyResult};

/// The binary operators, each with its slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum BinaryOp {
    Add,
    And,
    FloorDivide,
    LShift,
    MatrixMultiply,
    Multiply,
    Remainder,
    Or,
    Power,
    RShift,
    Subtract,
    TrueDivide,
    Xor,
    DivMod,
}

struct OpRow {
    op: BinaryOp,
    symbol: &'static str,
    inplace_symbol: &'static str,
    slot: usize,
    inplace: Option<usize>,
}

macro_rules! op_rows {
    ($($op:ident $symbol:literal $slot:ident $($inplace:ident $inplace_symbol:literal)?;)*) => {
        const OPS: &[OpRow] = &[$(OpRow {
            op: BinaryOp::$op,
            symbol: $symbol,
            inplace_symbol: concat!($($inplace_symbol)?),
            slot: offset_of!(abi::PyNumberMethods, $slot),
            inplace: op_rows!(@inplace $($inplace)?),
        }),*];
    };
    (@inplace) => { None };
    (@inplace $inplace:ident) => { Some(offset_of!(abi::PyNumberMethods, $inplace)) };
}

// In the order of `BinaryOp`.
op_rows! {
    Add "+" nb_add nb_inplace_add "+=";
    And "&" nb_and nb_inplace_and "&=";
    FloorDivide "//" nb_floor_divide nb_inplace_floor_divide "//=";
    LShift "<<" nb_lshift nb_inplace_lshift "<<=";
    MatrixMultiply "@" nb_matrix_multiply nb_inplace_matrix_multiply "@=";
    Multiply "*" nb_multiply nb_inplace_multiply "*=";
    Remainder "%" nb_remainder nb_inplace_remainder "%=";
    Or "|" nb_or nb_inplace_or "|=";
    Power "** or pow()" nb_power nb_inplace_power "**=";
    RShift ">>" nb_rshift nb_inplace_rshift ">>=";
    Subtract "-" nb_subtract nb_inplace_subtract "-=";
    TrueDivide "/" nb_true_divide nb_inplace_true_divide "/=";
    Xor "^" nb_xor nb_inplace_xor "^=";
    DivMod "divmod()" nb_divmod;
}

impl BinaryOp {
    fn row(self) -> &'static OpRow {
        let row = &OPS[self as usize];
        debug_assert!(row.op == self);
        row
    }
}

/// Reads a binary slot of a class's number suite.
#[inline(always)]
fn number_slot(object: &PyObject, offset: usize) -> Option<abi::binaryfunc> {
    let suite = object.type_().raw().tp_as_number.get();
    if suite.is_null() {
        return None;
    }
    // SAFETY: the offset is that of a binary slot (`nb_power` takes a third argument, which
    // `call_slot` passes to all: C's calling convention ignores surplus arguments).
    unsafe { *suite.byte_add(offset).cast::<Option<abi::binaryfunc>>() }
}

#[inline(always)]
fn call_slot(
    slot: abi::binaryfunc,
    left: &PyObject,
    right: &PyObject,
    op: BinaryOp,
) -> PyResult<Obj> {
    // SAFETY: a number slot takes two objects, one of which is of the slot's class; `nb_power`
    // is declared with three and gets `None` for the modulus.
    unsafe {
        if op == BinaryOp::Power {
            let power: abi::ternaryfunc = std::mem::transmute(slot);
            result_from_ptr(power(left.as_ptr(), right.as_ptr(), crate::none().as_ptr()))
        } else {
            result_from_ptr(slot(left.as_ptr(), right.as_ptr()))
        }
    }
}

/// Tries both operands' slots: the right one first if its class derives from the left one's.
#[inline]
fn dispatch(left: &PyObject, right: &PyObject, op: BinaryOp) -> PyResult<Obj> {
    let offset = op.row().slot;
    let left_slot = number_slot(left, offset);
    let mut right_slot = None;
    if !std::ptr::eq(left.type_ptr(), right.type_ptr()) {
        right_slot = number_slot(right, offset)
            .filter(|slot| !left_slot.is_some_and(|left| std::ptr::fn_addr_eq(left, *slot)));
    }
    if let Some(slot) = left_slot {
        if let Some(reflected) = right_slot
            && right.type_().is_subtype(left.type_())
        {
            let result = call_slot(reflected, left, right, op)?;
            if !result.is(crate::not_implemented()) {
                return Ok(result);
            }
            right_slot = None;
        }
        let result = call_slot(slot, left, right, op)?;
        if !result.is(crate::not_implemented()) {
            return Ok(result);
        }
    }
    if let Some(slot) = right_slot {
        return call_slot(slot, left, right, op);
    }
    Ok(crate::not_implemented().to_obj())
}

/// `left op right`.
pub fn binary_op(left: &PyObject, right: &PyObject, op: BinaryOp) -> PyResult<Obj> {
    let result = dispatch(left, right, op)?;
    if !result.is(crate::not_implemented()) {
        return Ok(result);
    }
    match sequence_fallback(left, right, op, false)? {
        Some(result) => Ok(result),
        None => Err(unsupported(left, right, op, op.row().symbol)),
    }
}

/// `left op= right`: the value to be assigned.
pub fn inplace_op(left: &PyObject, right: &PyObject, op: BinaryOp) -> PyResult<Obj> {
    let row = op.row();
    if let Some(offset) = row.inplace
        && let Some(slot) = number_slot(left, offset)
    {
        let result = call_slot(slot, left, right, op)?;
        if !result.is(crate::not_implemented()) {
            return Ok(result);
        }
    }
    let result = dispatch(left, right, op)?;
    if !result.is(crate::not_implemented()) {
        return Ok(result);
    }
    match sequence_fallback(left, right, op, true)? {
        Some(result) => Ok(result),
        None => Err(unsupported(left, right, op, row.inplace_symbol)),
    }
}

/// `+` and `*` of sequences, which have slots of their own.
fn sequence_fallback(
    left: &PyObject,
    right: &PyObject,
    op: BinaryOp,
    inplace: bool,
) -> PyResult<Option<Obj>> {
    match op {
        BinaryOp::Add => left.concat_slot(right, inplace),
        BinaryOp::Multiply => {
            if let Some(result) = left.repeat_slot(right, inplace)? {
                return Ok(Some(result));
            }
            right.repeat_slot(left, false)
        }
        _ => Ok(None),
    }
}

#[cold]
fn unsupported(left: &PyObject, right: &PyObject, op: BinaryOp, symbol: &str) -> PyErr {
    if op == BinaryOp::RShift
        && let Some(function) = left.downcast::<crate::PyCFunction>()
        && function.name() == "print"
    {
        return crate::type_error!(
            "unsupported operand type(s) for {symbol}: '{}' and '{}'. \
             Did you mean \"print(<message>, file=<output_stream>)\"?",
            left.type_().tp_name(),
            right.type_().tp_name()
        );
    }
    crate::type_error!(
        "unsupported operand type(s) for {symbol}: '{}' and '{}'",
        left.type_().tp_name(),
        right.type_().tp_name()
    )
}

macro_rules! unary_operators {
    ($($(#[$doc:meta])* $name:ident $slot:ident $symbol:literal;)*) => {
        impl PyObject {
            $(
                $(#[$doc])*
                pub fn $name(&self) -> PyResult<Obj> {
                    // SAFETY: a suite lives as long as its class, a slot takes its instances.
                    unsafe {
                        if let Some(suite) = self.type_().raw().tp_as_number.get().as_ref()
                            && let Some(slot) = suite.$slot.get()
                        {
                            return result_from_ptr(slot(self.as_ptr()));
                        }
                    }
                    Err(crate::type_error!(
                        concat!("bad operand type for ", $symbol, ": '{}'"),
                        self.type_().tp_name()
                    ))
                }
            )*
        }
    };
}

unary_operators! {
    /// `-self`.
    negative nb_negative "unary -";
    /// `+self`.
    positive nb_positive "unary +";
    /// `~self`.
    invert nb_invert "unary ~";
    /// `abs(self)`.
    absolute nb_absolute "abs()";
}

impl PyObject {
    /// `self + other`.
    pub fn add(&self, other: &PyObject) -> PyResult<Obj> {
        binary_op(self, other, BinaryOp::Add)
    }

    /// `self - other`.
    pub fn subtract(&self, other: &PyObject) -> PyResult<Obj> {
        binary_op(self, other, BinaryOp::Subtract)
    }

    /// `self * other`.
    pub fn multiply(&self, other: &PyObject) -> PyResult<Obj> {
        binary_op(self, other, BinaryOp::Multiply)
    }

    /// `divmod(self, other)`.
    pub fn divmod(&self, other: &PyObject) -> PyResult<Obj> {
        binary_op(self, other, BinaryOp::DivMod)
    }

    /// `pow(self, exponent, modulus)`; with `None` as the modulus, `self ** exponent`.
    pub fn power(&self, exponent: &PyObject, modulus: &PyObject) -> PyResult<Obj> {
        if modulus.is(crate::none()) {
            return binary_op(self, exponent, BinaryOp::Power);
        }
        let offset = BinaryOp::Power.row().slot;
        // CPython asks the base, then the exponent, then the modulus, each function once.
        let mut tried: Vec<abi::binaryfunc> = Vec::new();
        let mut slots: Vec<_> = [self, exponent, modulus]
            .iter()
            .map(|each| number_slot(each, offset))
            .collect();
        if !std::ptr::eq(self.type_(), exponent.type_())
            && exponent.type_().is_subtype(self.type_())
        {
            slots.swap(0, 1);
        }
        for slot in slots.into_iter().flatten() {
            if tried.iter().any(|each| std::ptr::fn_addr_eq(*each, slot)) {
                continue;
            }
            tried.push(slot);
            // SAFETY: `nb_power` is declared with three arguments.
            let result = unsafe {
                let power: abi::ternaryfunc = std::mem::transmute(slot);
                result_from_ptr(power(self.as_ptr(), exponent.as_ptr(), modulus.as_ptr()))?
            };
            if !result.is(crate::not_implemented()) {
                return Ok(result);
            }
        }
        Err(crate::type_error!(
            "unsupported operand type(s) for ** or pow(): '{}', '{}', '{}'",
            self.type_().tp_name(),
            exponent.type_().tp_name(),
            modulus.type_().tp_name()
        ))
    }

    /// Calls a unary slot of the number suite if the class has it.
    fn unary_slot(&self, offset: usize) -> Option<PyResult<Obj>> {
        let suite = self.type_().raw().tp_as_number.get();
        if suite.is_null() {
            return None;
        }
        // SAFETY: the offset is that of a unary slot, which takes instances of its class.
        unsafe {
            let slot = *suite.byte_add(offset).cast::<Option<abi::unaryfunc>>();
            slot.map(|slot| result_from_ptr(slot(self.as_ptr())))
        }
    }

    /// Whether the object can be an index: its class has `__index__`.
    pub fn has_index(&self) -> bool {
        // SAFETY: a suite lives as long as its class.
        unsafe { self.type_().raw().tp_as_number.get().as_ref() }
            .is_some_and(|suite| suite.nb_index.get().is_some())
    }

    /// `operator.index(self)`: an `int` (maybe of a subclass).
    pub fn index(&self) -> PyResult<Py<PyLong>> {
        if let Some(int) = self.downcast::<PyLong>() {
            return Ok(PyClass::to_owned(int));
        }
        let Some(result) = self.unary_slot(offset_of!(abi::PyNumberMethods, nb_index)) else {
            return Err(crate::type_error!(
                "'{}' object cannot be interpreted as an integer",
                self.type_().tp_name()
            ));
        };
        let result = result?;
        if result.is_exact::<PyLong>() {
            // SAFETY: checked.
            return Ok(unsafe { result.cast_unchecked() });
        }
        match result.cast::<PyLong>() {
            Ok(int) => {
                crate::hooks::warn(
                    &crate::exc::DeprecationWarning,
                    &format!(
                        "__index__ returned non-int (type {}).  The ability to return an \
                         instance of a strict subclass of int is deprecated, and may be \
                         removed in a future version of Python.",
                        int.type_().tp_name()
                    ),
                    1,
                )?;
                Ok(int)
            }
            Err(other) => Err(crate::type_error!(
                "__index__ returned non-int (type {})",
                other.type_().tp_name()
            )),
        }
    }

    /// As [`PyObject::index`], never of a subclass: `PyNumber_Index`.
    pub fn exact_index(&self) -> PyResult<Py<PyLong>> {
        let index = self.index()?;
        if index.is_exact::<PyLong>() {
            Ok(index)
        } else {
            PyLong::exact_copy(&index)
        }
    }

    /// The object as an `isize` through `__index__`; `overflow` is the exception for values too
    /// large, or `None` to clip.
    #[inline]
    pub fn as_isize(&self, overflow: Option<&crate::PyType>) -> PyResult<isize> {
        match self.downcast_exact::<PyLong>() {
            Some(int) if int.is_compact() => Ok(int.compact_value() as isize),
            _ => self.as_isize_slow(overflow),
        }
    }

    fn as_isize_slow(&self, overflow: Option<&crate::PyType>) -> PyResult<isize> {
        let int = self.index()?;
        if let Some(value) = int.to_i64() {
            return Ok(value as isize);
        }
        match overflow {
            None => Ok(if int.is_negative() {
                isize::MIN
            } else {
                isize::MAX
            }),
            Some(class) => Err(PyErr::new(
                class,
                format!(
                    "cannot fit '{}' into an index-sized integer",
                    self.type_().tp_name()
                ),
            )),
        }
    }

    /// `int(self)` of something that is not text: `__int__`, `__index__`, then `__trunc__` is no more.
    pub fn to_int_slots(&self) -> PyResult<Option<Py<PyLong>>> {
        if self.is_exact::<PyLong>() {
            return self.index().map(Some);
        }
        let Some(result) = self.unary_slot(offset_of!(abi::PyNumberMethods, nb_int)) else {
            return if self.has_index() {
                self.index().map(Some)
            } else {
                Ok(None)
            };
        };
        let result = result?;
        if result.is_exact::<PyLong>() {
            // SAFETY: checked.
            return Ok(Some(unsafe { result.cast_unchecked() }));
        }
        match result.cast::<PyLong>() {
            Ok(int) => {
                crate::hooks::warn(
                    &crate::exc::DeprecationWarning,
                    &format!(
                        "__int__ returned non-int (type {}).  The ability to return an \
                         instance of a strict subclass of int is deprecated, and may be \
                         removed in a future version of Python.",
                        int.type_().tp_name()
                    ),
                    1,
                )?;
                PyLong::exact_copy(&int).map(Some)
            }
            Err(other) => Err(crate::type_error!(
                "__int__ returned non-int (type {})",
                other.type_().tp_name()
            )),
        }
    }

    /// The object as a C double: `__float__`, else `__index__`.
    pub fn to_f64(&self) -> PyResult<f64> {
        if let Some(float) = self.downcast_exact::<crate::PyFloat>() {
            return Ok(float.value());
        }
        if let Some(result) = self.unary_slot(offset_of!(abi::PyNumberMethods, nb_float)) {
            let result = result?;
            let Some(float) = result.downcast::<crate::PyFloat>() else {
                return Err(crate::type_error!(
                    "{}.__float__ returned non-float (type {})",
                    self.type_().tp_name(),
                    result.type_().tp_name()
                ));
            };
            if !result.is_exact::<crate::PyFloat>() {
                crate::hooks::warn(
                    &crate::exc::DeprecationWarning,
                    &format!(
                        "{}.__float__ returned non-float (type {}).  The ability to return an \
                         instance of a strict subclass of float is deprecated, and may be \
                         removed in a future version of Python.",
                        self.type_().tp_name(),
                        result.type_().tp_name()
                    ),
                    1,
                )?;
            }
            return Ok(float.value());
        }
        if self.has_index() {
            return self.index()?.to_f64();
        }
        Err(crate::type_error!(
            "must be real number, not {}",
            self.type_().tp_name()
        ))
    }
}
