//! What wrapper descriptors call: `int.__add__(1, 2)` checks its arguments here and calls the slot.
//!
//! Each wrapper gets self, the tuple of the other arguments, and the slot's function, whose C type
//! follows from the table row in `slotdefs` that pairs the two.

use std::ffi::{c_int, c_void};

use krait_abi as abi;

use super::PyType;
use super::glue::{self, Ptr};
use crate::call::result_from_ptr;
use crate::object::{Obj, PyObject};
use crate::{PyDict, PyErr, PyResult, PyStr, PyTuple, type_error};

/// Checks that exactly `expected` arguments were given.
fn check_count(args: &PyTuple, expected: usize) -> PyResult<()> {
    if args.len() == expected {
        return Ok(());
    }
    let plural = if expected == 1 { "" } else { "s" };
    Err(type_error!(
        "expected {expected} argument{plural}, got {}",
        args.len()
    ))
}

/// Defines wrappers: `name(this, args, slot as SlotType) -> result`.
macro_rules! wrappers {
    ($(
        $(#[$doc:meta])*
        fn $name:ident($this:ident, $args:ident, $slot:ident: $slot_type:ty) $body:block
    )+) => { $(
        $(#[$doc])*
        #[inline(never)]
        pub(super) unsafe extern "C" fn $name(this: Ptr, args: Ptr, wrapped: *mut c_void) -> Ptr {
            // SAFETY: a wrapper gets a live object, a tuple, and the function that the table pairs
            // with it, which has this type.
            let ($this, $args, $slot) = unsafe {
                (
                    glue::arg(this),
                    glue::arg_as::<PyTuple>(args),
                    std::mem::transmute::<*mut c_void, $slot_type>(wrapped),
                )
            };
            glue::obj_of(move || $body)
        }
    )+ };
}

/// The argument at `index`, which the caller has checked to exist.
fn nth(args: &PyTuple, index: usize) -> Ptr {
    args.as_slice()[index].as_ptr()
}

/// Calls a slot that gives an object.
macro_rules! object_slot {
    ($call:expr) => {
        // SAFETY: the slot gets live objects, the first an instance of its class.
        unsafe { result_from_ptr($call) }
    };
}

/// Calls a slot that gives a status, and answers `None`.
macro_rules! status_slot {
    ($call:expr) => {{
        // SAFETY: the slot gets live objects (or null to delete), the first an instance of its class.
        glue::check_status(unsafe { $call })?;
        Ok(glue::none_obj())
    }};
}

/// A result of -1 with an exception set is an error.
fn checked_size(value: isize) -> PyResult<isize> {
    if value == -1
        && let Some(error) = PyErr::occurred()
    {
        return Err(error);
    }
    Ok(value)
}

fn int_obj(value: isize) -> PyResult<Obj> {
    Ok(crate::PyLong::from_i64(value as i64)?.into_object())
}

/// An index argument, counted from the end if negative and the object has a length.
fn index_argument(this: &PyObject, index: &PyObject) -> PyResult<isize> {
    let mut position = index.as_isize(Some(&crate::exc::IndexError))?;
    if position < 0 {
        // SAFETY: a suite lives as long as its type.
        let suite = unsafe { this.type_().raw().tp_as_sequence.get().as_ref() };
        if let Some(length) = suite.and_then(|suite| suite.sq_length.get()) {
            // SAFETY: the slot gets an instance of its class.
            let length = unsafe { length(this.as_ptr()) };
            if length < 0 {
                return Err(PyErr::fetch());
            }
            position += length;
        }
    }
    Ok(position)
}

/// Nothing, but a function that has it is no copy of one that has not.
#[inline(always)]
fn distinct() {
    #[cfg(not(miri))]
    // SAFETY: a comment, no instruction.
    unsafe {
        std::arch::asm!("/* left */", options(nomem, nostack, preserves_flags));
    }
}

wrappers! {
    /// Slots of one operand.
    fn wrap_unaryfunc(this, args, slot: abi::unaryfunc) {
        check_count(args, 0)?;
        object_slot!(slot(this.as_ptr()))
    }
    /// Slots of two operands.
    fn wrap_binaryfunc(this, args, slot: abi::binaryfunc) {
        check_count(args, 1)?;
        object_slot!(slot(this.as_ptr(), nth(args, 0)))
    }
    /// Number slots with self on the left. Their functions take both operands in either order, so
    /// the wrapper must not be taken for that of sequences, as would happen if the compiler made one
    /// function of the two.
    fn wrap_binaryfunc_l(this, args, slot: abi::binaryfunc) {
        distinct();
        check_count(args, 1)?;
        object_slot!(slot(this.as_ptr(), nth(args, 0)))
    }
    /// Number slots with self on the right.
    fn wrap_binaryfunc_r(this, args, slot: abi::binaryfunc) {
        check_count(args, 1)?;
        object_slot!(slot(nth(args, 0), this.as_ptr()))
    }
    /// `__pow__`.
    fn wrap_ternaryfunc(this, args, slot: abi::ternaryfunc) {
        let third = power_arguments(args)?;
        object_slot!(slot(this.as_ptr(), nth(args, 0), third))
    }
    /// `__rpow__`.
    fn wrap_ternaryfunc_r(this, args, slot: abi::ternaryfunc) {
        let third = power_arguments(args)?;
        object_slot!(slot(nth(args, 0), this.as_ptr(), third))
    }
    /// `__bool__`.
    fn wrap_inquirypred(this, args, slot: abi::inquiry) {
        check_count(args, 0)?;
        // SAFETY: the slot gets an instance of its class.
        let answer = checked_size(unsafe { slot(this.as_ptr()) } as isize)?;
        Ok(glue::bool_obj(answer != 0))
    }
    /// `__len__`.
    fn wrap_lenfunc(this, args, slot: abi::lenfunc) {
        check_count(args, 0)?;
        // SAFETY: the slot gets an instance of its class.
        int_obj(checked_size(unsafe { slot(this.as_ptr()) })?)
    }
    /// `__mul__` of sequences.
    fn wrap_indexargfunc(this, args, slot: abi::ssizeargfunc) {
        check_count(args, 1)?;
        let count = args.as_slice()[0].as_isize(Some(&crate::exc::OverflowError))?;
        object_slot!(slot(this.as_ptr(), count))
    }
    /// `__getitem__` of sequences.
    fn wrap_sq_item(this, args, slot: abi::ssizeargfunc) {
        check_count(args, 1)?;
        let index = index_argument(this, &args.as_slice()[0])?;
        object_slot!(slot(this.as_ptr(), index))
    }
    /// `__setitem__` of sequences.
    fn wrap_sq_setitem(this, args, slot: abi::ssizeobjargproc) {
        check_count(args, 2)?;
        let index = index_argument(this, &args.as_slice()[0])?;
        status_slot!(slot(this.as_ptr(), index, nth(args, 1)))
    }
    /// `__delitem__` of sequences.
    fn wrap_sq_delitem(this, args, slot: abi::ssizeobjargproc) {
        check_count(args, 1)?;
        let index = index_argument(this, &args.as_slice()[0])?;
        status_slot!(slot(this.as_ptr(), index, std::ptr::null_mut()))
    }
    /// `__contains__`.
    fn wrap_objobjproc(this, args, slot: abi::objobjproc) {
        check_count(args, 1)?;
        // SAFETY: the slot gets an instance of its class and a live object.
        let answer = checked_size(unsafe { slot(this.as_ptr(), nth(args, 0)) } as isize)?;
        Ok(glue::bool_obj(answer != 0))
    }
    /// `__setitem__` of mappings.
    fn wrap_objobjargproc(this, args, slot: abi::objobjargproc) {
        check_count(args, 2)?;
        status_slot!(slot(this.as_ptr(), nth(args, 0), nth(args, 1)))
    }
    /// `__delitem__` of mappings.
    fn wrap_delitem(this, args, slot: abi::objobjargproc) {
        check_count(args, 1)?;
        status_slot!(slot(this.as_ptr(), nth(args, 0), std::ptr::null_mut()))
    }
    /// `__setattr__`.
    fn wrap_setattr(this, args, slot: abi::setattrofunc) {
        check_count(args, 2)?;
        check_setattr_is_own(this, slot, "__setattr__")?;
        status_slot!(slot(this.as_ptr(), nth(args, 0), nth(args, 1)))
    }
    /// `__delattr__`.
    fn wrap_delattr(this, args, slot: abi::setattrofunc) {
        check_count(args, 1)?;
        check_setattr_is_own(this, slot, "__delattr__")?;
        status_slot!(slot(this.as_ptr(), nth(args, 0), std::ptr::null_mut()))
    }
    /// `__hash__`.
    fn wrap_hashfunc(this, args, slot: abi::hashfunc) {
        check_count(args, 0)?;
        // SAFETY: the slot gets an instance of its class.
        int_obj(checked_size(unsafe { slot(this.as_ptr()) })?)
    }
    /// `__next__`.
    fn wrap_next(this, args, slot: abi::iternextfunc) {
        check_count(args, 0)?;
        // SAFETY: the slot gets an instance of its class.
        match unsafe { Obj::from_owned_ptr_opt(slot(this.as_ptr())) } {
            Some(value) => Ok(value),
            None => Err(PyErr::occurred()
                .unwrap_or_else(|| crate::err::stop_iteration(glue::none_obj()))),
        }
    }
    /// `__get__`.
    fn wrap_descr_get(this, args, slot: abi::descrgetfunc) {
        let given = args.as_slice();
        if given.is_empty() {
            return Err(type_error!("__get__ expected at least 1 argument, got 0"));
        }
        if given.len() > 2 {
            return Err(type_error!("__get__ expected at most 2 arguments, got {}", given.len()));
        }
        let or_null = |index: usize| match given.get(index) {
            Some(value) if !value.is(crate::none()) => value.as_ptr(),
            _ => std::ptr::null_mut(),
        };
        let (object, class) = (or_null(0), or_null(1));
        if object.is_null() && class.is_null() {
            return Err(type_error!("__get__(None, None) is invalid"));
        }
        object_slot!(slot(this.as_ptr(), object, class))
    }
    /// `__set__`.
    fn wrap_descr_set(this, args, slot: abi::descrsetfunc) {
        check_count(args, 2)?;
        status_slot!(slot(this.as_ptr(), nth(args, 0), nth(args, 1)))
    }
    /// `__delete__`.
    fn wrap_descr_delete(this, args, slot: abi::descrsetfunc) {
        check_count(args, 1)?;
        status_slot!(slot(this.as_ptr(), nth(args, 0), std::ptr::null_mut()))
    }
    /// `__del__`.
    fn wrap_del(this, args, slot: abi::destructor) {
        check_count(args, 0)?;
        // SAFETY: the finalizer gets an instance of its class.
        unsafe { slot(this.as_ptr()) };
        Ok(glue::none_obj())
    }
    /// `__buffer__`.
    fn wrap_buffer(this, args, slot: abi::getbufferproc) {
        check_count(args, 1)?;
        let flags = args.as_slice()[0].as_isize(Some(&crate::exc::OverflowError))?;
        let Ok(flags) = c_int::try_from(flags) else {
            return Err(crate::overflow_error!("buffer flags out of range"));
        };
        // SAFETY: the slot that the wrapper was made for.
        unsafe { super::buffer_slots::memoryview_of(this, slot, flags) }
    }
    /// `__release_buffer__`.
    fn wrap_releasebuffer(this, args, _slot: abi::releasebufferproc) {
        check_count(args, 1)?;
        super::buffer_slots::release_memoryview(this, &args.as_slice()[0])?;
        Ok(glue::none_obj())
    }
}

/// The third operand of `__pow__`, `None` when missing.
fn power_arguments(args: &PyTuple) -> PyResult<Ptr> {
    match args.as_slice() {
        [_] => Ok(crate::none().as_ptr()),
        [_, third] => Ok(third.as_ptr()),
        _ => Err(type_error!("expected 1 or 2 arguments, got {}", args.len())),
    }
}

macro_rules! richcompare_wrappers {
    ($($name:ident = $op:ident;)+) => { wrappers! { $(
        /// A comparison.
        fn $name(this, args, slot: abi::richcmpfunc) {
            check_count(args, 1)?;
            object_slot!(slot(this.as_ptr(), nth(args, 0), abi::$op))
        }
    )+ } };
}

richcompare_wrappers! {
    richcmp_lt = Py_LT;
    richcmp_le = Py_LE;
    richcmp_eq = Py_EQ;
    richcmp_ne = Py_NE;
    richcmp_gt = Py_GT;
    richcmp_ge = Py_GE;
}

/// Refuses `object.__setattr__(C, …)`, which would go behind the back of the class's own native
/// `__setattr__` (Carlo Verre's hack).
fn check_setattr_is_own(this: &PyObject, slot: abi::setattrofunc, what: &str) -> PyResult<()> {
    let class = this.type_();
    let mut base = Some(class);
    while let Some(each) = base {
        let own = each.raw().tp_setattro.get();
        if own.is_some_and(|own| std::ptr::fn_addr_eq(own, slot)) {
            return Ok(());
        }
        if !super::slotdefs::is_dynamic_setattro(each) && own.is_some() {
            return Err(type_error!(
                "can't apply this {what} to {} object",
                class.name()
            ));
        }
        base = each.base();
    }
    Ok(())
}

/// `__call__`, with keywords.
#[inline(never)]
pub(super) unsafe extern "C" fn wrap_call(
    this: Ptr,
    args: Ptr,
    wrapped: *mut c_void,
    kwargs: Ptr,
) -> Ptr {
    // SAFETY: the table pairs this wrapper with `tp_call` functions, whose arguments these are.
    unsafe {
        let slot = std::mem::transmute::<*mut c_void, abi::ternaryfunc>(wrapped);
        slot(this, args, kwargs)
    }
}

/// `__init__`, with keywords.
#[inline(never)]
pub(super) unsafe extern "C" fn wrap_init(
    this: Ptr,
    args: Ptr,
    wrapped: *mut c_void,
    kwargs: Ptr,
) -> Ptr {
    // SAFETY: the table pairs this wrapper with `tp_init` functions, whose arguments these are.
    let status = unsafe {
        let slot = std::mem::transmute::<*mut c_void, abi::initproc>(wrapped);
        slot(this, args, kwargs)
    };
    glue::obj_result(glue::check_status(status).map(|()| glue::none_obj()))
}

/// The `__new__` in the dictionary of each native class with a `tp_new`; self is the class.
///
/// # Safety
/// The contract of `METH_VARARGS | METH_KEYWORDS`.
#[inline(never)]
pub(crate) unsafe extern "C" fn tp_new_wrapper(this: Ptr, args: Ptr, kwargs: Ptr) -> Ptr {
    // SAFETY: the method is bound to a class and gets a tuple, and a dictionary or null.
    let (class, args, kwargs) = unsafe {
        (
            glue::arg_as::<PyType>(this),
            glue::arg_as::<PyTuple>(args),
            glue::arg_as_opt::<PyDict>(kwargs),
        )
    };
    glue::obj_result(new_checked(class, args, kwargs))
}

/// `class.__new__(subtype, …)`: checks that `subtype`'s layout is one that `class` can make.
fn new_checked(class: &PyType, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<Obj> {
    let Some(first) = args.as_slice().first() else {
        return Err(type_error!(
            "{}.__new__(): not enough arguments",
            class.tp_name()
        ));
    };
    let Some(subtype) = first.downcast::<PyType>() else {
        return Err(type_error!(
            "{}.__new__(X): X is not a type object ({})",
            class.tp_name(),
            first.type_().tp_name()
        ));
    };
    if !subtype.is_subtype(class) {
        let (name, sub) = (class.tp_name(), subtype.tp_name());
        return Err(type_error!(
            "{name}.__new__({sub}): {sub} is not a subtype of {name}"
        ));
    }
    if subtype.has_flag(abi::Py_TPFLAGS_DISALLOW_INSTANTIATION) {
        return Err(type_error!(
            "cannot create '{}' instances",
            subtype.tp_name()
        ));
    }
    // The most derived native class decides how instances are made.
    let mut native = Some(subtype);
    while let Some(each) = native {
        if !super::slotdefs::is_dynamic_new(each) {
            break;
        }
        native = each.base();
    }
    let own = class.raw().tp_new.get();
    let native_new = native.and_then(|native| native.raw().tp_new.get());
    if native_new.map(|slot| slot as usize) != own.map(|slot| slot as usize) {
        return Err(type_error!(
            "{}.__new__({}) is not safe, use {}.__new__()",
            class.tp_name(),
            subtype.tp_name(),
            native.map_or_else(String::new, PyType::tp_name)
        ));
    }
    let Some(new) = own else {
        let name = class.tp_name();
        return Err(type_error!("cannot create '{name}' instances"));
    };
    let rest = PyTuple::from_exact(args.as_slice()[1..].iter().cloned())?;
    let kwargs = kwargs.map_or(std::ptr::null_mut(), |dict| dict.as_ptr());
    // SAFETY: `tp_new` takes a subclass of its class, a tuple, and a dictionary or null.
    unsafe { result_from_ptr(new(subtype.as_type_ptr(), rest.as_ptr(), kwargs)) }
}

/// Whether a text is a dunder name.
pub(super) fn is_dunder(name: &PyStr) -> bool {
    let text = name.to_string_lossy();
    text.len() > 4 && text.starts_with("__") && text.ends_with("__")
}
