//! Numbers that get another value in place: what an instruction is about to throw away is what it
//! needs a new one of.
//!
//! Only exact ints and floats with a single reference, which is an operand's or that of the variable
//! that the next instruction stores to. Nothing else can refer to such an object: a slot may borrow
//! from a variable only while no instruction stores to it (rule 3), and that store comes next.

use krait_bytecode::op;
use krait_runtime::frame::StackRef;
use krait_runtime::{PyClass, PyFloat, PyLong};

use super::arith::CACHES;
use super::machine::*;

/// Gives the int in a slot that counts another value, if nobody else refers to it; whether it has.
#[inline(always)]
fn overwrite_int(slot: StackRef, value: i64) -> bool {
    if slot.is_null() || !slot.is_owned() {
        return false;
    }
    // SAFETY: the slot's is the one reference, and the module says who could borrow from it.
    exact::<PyLong>(slot).is_some_and(|int| unsafe { int.overwrite(value) })
}

/// As [`overwrite_int`] for a float.
#[inline(always)]
fn overwrite_float(slot: StackRef, value: f64) -> bool {
    if slot.is_null() || !slot.is_owned() || !borrow(slot).is_unique() {
        return false;
    }
    let Some(float) = exact::<PyFloat>(slot) else {
        return false;
    };
    // SAFETY: the object is a float, the slot's is the one reference, and the module says who could
    // borrow from it.
    unsafe {
        (*float.as_ptr().cast::<krait_abi::PyFloatObject>())
            .ob_fval
            .set(value);
    }
    true
}

/// The variable that the instruction behind this one, with its caches, stores to.
#[inline(always)]
fn stored_next(m: &Machine, caches: usize) -> Option<u32> {
    let store = m.unit(1 + caches);
    match store.code() {
        op::STORE_FAST => Some(u32::from(store.arg())),
        op::STORE_FAST_LOAD_FAST => Some(u32::from(store.arg() >> 4)),
        _ => None,
    }
}

/// The int in the variable that the next instruction stores to, taken out of it with another value,
/// if nobody else refers to it: the loop has no more use for the value before.
#[inline(always)]
pub(super) fn reuse_loop_variable(m: &mut Machine, caches: usize, value: i64) -> Option<StackRef> {
    let variable = stored_next(m, caches)?;
    let slot = m.local(variable);
    overwrite_int(slot, value).then(|| {
        m.set_local(variable, StackRef::NULL);
        slot
    })
}

/// Replaces two operands by a number: in place of one of them, of the variable that the left one
/// borrows from and the result goes to, or by a new one.
#[inline(always)]
fn replace_operands(
    m: &mut Machine,
    overwrite: impl Fn(StackRef) -> bool,
    make: impl FnOnce() -> krait_runtime::PyResult<StackRef>,
) -> Flow {
    let (left, right) = (m.peek(2), m.peek(1));
    if overwrite(left) {
        m.pop();
        close_number(right);
        return m.next(CACHES);
    }
    if overwrite(right) {
        m.pop();
        m.poke(1, right);
        close_number(left);
        return m.next(CACHES);
    }
    if !left.is_owned()
        && let Some(variable) = stored_next(m, CACHES)
    {
        let slot = m.local(variable);
        if slot.is(borrow(left)) && overwrite(slot) {
            m.set_local(variable, StackRef::NULL);
            m.pop();
            m.poke(1, slot);
            close_number(right);
            return m.next(CACHES);
        }
    }
    m.save();
    let result = attempt!(make());
    m.pop();
    m.poke(1, result);
    close_number(right);
    close_number(left);
    m.next(CACHES)
}

/// Replaces two floats by their result.
#[inline(always)]
pub(super) fn push_float(m: &mut Machine, result: f64) -> Flow {
    replace_operands(
        m,
        |slot| overwrite_float(slot, result),
        || Ok(StackRef::from_obj(PyFloat::new(result)?.into_object())),
    )
}

/// Replaces two numbers by an int.
#[inline(always)]
pub(super) fn push_int(m: &mut Machine, result: i64) -> Flow {
    if let Some(small) = PyLong::small(result) {
        let (right, left) = (m.pop(), m.peek(1));
        m.poke(1, StackRef::from_immortal(small.as_object()));
        close_number(right);
        close_number(left);
        return m.next(CACHES);
    }
    replace_operands(
        m,
        |slot| overwrite_int(slot, result),
        || Ok(StackRef::from_obj(PyLong::from_i64(result)?.into_object())),
    )
}
