//! Loading and storing of variables and constants, and moves on the stack.

use krait_bytecode::oparg::common_constant;
use krait_runtime::cell::PyCell;
use krait_runtime::frame::StackRef;
use krait_runtime::{PyClass, PyObject, PyResult};

use super::machine::*;
use crate::errors::unbound;

#[inline(always)]
pub(super) fn load_fast(m: &mut Machine, oparg: u32) -> Flow {
    let value = dup(m.local(oparg));
    m.push(value);
    m.next(0)
}

#[inline(always)]
pub(super) fn load_fast_borrow(m: &mut Machine, oparg: u32) -> Flow {
    let value = borrowed(m.local(oparg));
    m.push(value);
    m.next(0)
}

#[inline(always)]
pub(super) fn load_fast_load_fast(m: &mut Machine, oparg: u32) -> Flow {
    let (first, second) = (dup(m.local(oparg >> 4)), dup(m.local(oparg & 15)));
    m.push(first);
    m.push(second);
    m.next(0)
}

#[inline(always)]
pub(super) fn load_fast_borrow_load_fast_borrow(m: &mut Machine, oparg: u32) -> Flow {
    let (first, second) = (borrowed(m.local(oparg >> 4)), borrowed(m.local(oparg & 15)));
    m.push(first);
    m.push(second);
    m.next(0)
}

#[inline(always)]
pub(super) fn load_fast_check(m: &mut Machine, oparg: u32) -> Flow {
    let value = m.local(oparg);
    if value.is_null() {
        m.save();
        drop(unbound(m.code(), oparg as usize));
        return Flow::Error;
    }
    m.push(dup(value));
    m.next(0)
}

#[inline(always)]
pub(super) fn load_fast_and_clear(m: &mut Machine, oparg: u32) -> Flow {
    m.push(m.local(oparg));
    m.set_local(oparg, StackRef::NULL);
    m.next(0)
}

#[inline(always)]
pub(super) fn store_fast(m: &mut Machine, oparg: u32) -> Flow {
    let value = m.pop();
    let old = m.local(oparg);
    m.set_local(oparg, value);
    if old.is_owned() {
        m.save();
        close(old);
    }
    m.next(0)
}

#[inline(always)]
pub(super) fn store_fast_load_fast(m: &mut Machine, oparg: u32) -> Flow {
    let value = m.pop();
    let old = m.local(oparg >> 4);
    m.set_local(oparg >> 4, value);
    m.save();
    close(old);
    let next = dup(m.local(oparg & 15));
    m.push(next);
    m.next(0)
}

#[inline(always)]
pub(super) fn store_fast_store_fast(m: &mut Machine, oparg: u32) -> Flow {
    let first = m.pop();
    let old = m.local(oparg >> 4);
    m.set_local(oparg >> 4, first);
    m.save();
    close(old);
    let second = m.pop();
    let old = m.local(oparg & 15);
    m.set_local(oparg & 15, second);
    m.save_sp();
    close(old);
    m.next(0)
}

#[inline(always)]
pub(super) fn delete_fast(m: &mut Machine, oparg: u32) -> Flow {
    let value = m.local(oparg);
    m.save();
    if value.is_null() {
        drop(unbound(m.code(), oparg as usize));
        return Flow::Error;
    }
    m.set_local(oparg, StackRef::NULL);
    close(value);
    m.next(0)
}

#[inline(always)]
pub(super) fn load_const(m: &mut Machine, oparg: u32) -> Flow {
    // SAFETY: rule 1: the frame keeps the code object alive, and that its constants; what leaves the
    // frame is counted then.
    let value = unsafe { StackRef::borrow_ptr(m.constant(oparg).as_ptr()) };
    m.push(value);
    m.next(0)
}

#[inline(always)]
pub(super) fn load_small_int(m: &mut Machine, oparg: u32) -> Flow {
    // The argument is a byte: all of these are shared.
    if let Some(small) = krait_runtime::PyLong::small(i64::from(oparg)) {
        m.push(StackRef::from_immortal(small.as_object()));
    }
    m.next(0)
}

#[inline(always)]
pub(super) fn load_common_constant(m: &mut Machine, oparg: u32) -> Flow {
    m.save();
    let value = attempt!(common_constant_object(oparg));
    m.push(value);
    m.next(0)
}

#[inline(never)]
fn common_constant_object(oparg: u32) -> PyResult<StackRef> {
    let class: &PyObject = match oparg {
        common_constant::ASSERTION_ERROR => &krait_runtime::exc::AssertionError,
        common_constant::NOT_IMPLEMENTED_ERROR => &krait_runtime::exc::NotImplementedError,
        common_constant::BUILTIN_TUPLE => krait_runtime::PyTuple::type_object(),
        common_constant::BUILTIN_ALL => {
            return crate::builtins::common_all().map(StackRef::from_obj);
        }
        _ => return crate::builtins::common_any().map(StackRef::from_obj),
    };
    Ok(StackRef::new(class))
}

#[inline(always)]
pub(super) fn pop_top(m: &mut Machine) -> Flow {
    let value = m.pop();
    if value.is_owned() {
        m.save();
        close(value);
    }
    m.next(0)
}

#[inline(always)]
pub(super) fn push_null(m: &mut Machine) -> Flow {
    m.push(StackRef::NULL);
    m.next(0)
}

#[inline(always)]
pub(super) fn copy(m: &mut Machine, oparg: u32) -> Flow {
    let value = dup(m.peek(oparg as usize));
    m.push(value);
    m.next(0)
}

#[inline(always)]
pub(super) fn swap(m: &mut Machine, oparg: u32) -> Flow {
    let (top, other) = (m.peek(1), m.peek(oparg as usize));
    m.poke(1, other);
    m.poke(oparg as usize, top);
    m.next(0)
}

#[inline(always)]
pub(super) fn make_cell(m: &mut Machine, oparg: u32) -> Flow {
    m.save();
    // The initial value of a parameter, if it has one.
    let initial = own_opt(m.local(oparg));
    m.set_local(oparg, StackRef::NULL);
    let cell = attempt!(PyCell::new_cell(initial));
    m.set_local(oparg, StackRef::from_obj(cell.into_object()));
    m.next(0)
}

#[inline(always)]
pub(super) fn copy_free_vars(m: &mut Machine, oparg: u32) -> Flow {
    let closure = m
        .frame()
        .function()
        .and_then(|function| function.func_closure.get());
    if let Some(closure) = closure {
        let offset = m.code().co_nlocalsplus.get() as u32 - oparg;
        for index in 0..oparg {
            m.set_local(offset + index, tuple_slot(&closure, index as usize));
        }
    }
    m.next(0)
}

/// The cell of a variable.
#[inline(always)]
fn cell<'a>(m: &Machine, oparg: u32) -> &'a PyCell {
    // SAFETY: rule 2: `MAKE_CELL` or `COPY_FREE_VARS` put a cell there.
    unsafe { borrow(m.local(oparg)).downcast_unchecked::<PyCell>() }
}

#[inline(always)]
pub(super) fn load_deref(m: &mut Machine, oparg: u32) -> Flow {
    match cell(m, oparg).contents.get() {
        Some(value) => {
            m.push_obj(value);
            m.next(0)
        }
        None => unbound_cell(m, oparg),
    }
}

#[cold]
#[inline(never)]
fn unbound_cell_error(m: &Machine, oparg: u32) {
    m.save();
    drop(unbound(m.code(), oparg as usize));
}

#[inline(always)]
fn unbound_cell(m: &mut Machine, oparg: u32) -> Flow {
    unbound_cell_error(&m.snapshot(), oparg);
    Flow::Error
}

#[inline(always)]
pub(super) fn store_deref(m: &mut Machine, oparg: u32) -> Flow {
    let value = m.pop_obj();
    m.save();
    cell(m, oparg).contents.set(Some(value));
    m.next(0)
}

#[inline(always)]
pub(super) fn delete_deref(m: &mut Machine, oparg: u32) -> Flow {
    m.save();
    if cell(m, oparg).contents.take().is_none() {
        return unbound_cell(m, oparg);
    }
    m.next(0)
}

#[inline(always)]
pub(super) fn load_from_dict_or_deref(m: &mut Machine, oparg: u32) -> Flow {
    m.save();
    let Some(name) = m.code().local_name(oparg as usize) else {
        return Flow::Error;
    };
    match attempt!(m.object(1).lookup_item(name.as_object())) {
        Some(value) => m.replace_top(StackRef::from_obj(value)),
        None => match cell(m, oparg).contents.get() {
            Some(value) => m.replace_top(StackRef::from_obj(value)),
            None => return unbound_cell(m, oparg),
        },
    }
    m.next(0)
}
