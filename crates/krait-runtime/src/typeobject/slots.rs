//! The slot functions of classes made in Python: each calls the method of its `__dunder__` name.
//!
//! Methods are looked up on the class, never on the instance, and are called without making a bound
//! method where that cannot be noticed.
//! Invariant: a function is put into a slot only by `slotdefs`, when the class has such a method.

use std::ffi::c_int;

use krait_abi as abi;

use super::PyType;
use super::glue::{self, Ptr};
use crate::object::{Obj, PyClass, PyObject};
use crate::{PyResult, PyStr, PyTuple, intern, type_error};

/// A method found on an object's class: still without self, or bound by its `__get__`.
pub(crate) enum Special {
    /// Takes self as its first argument.
    Unbound(Obj),
    /// Has self already.
    Bound(Obj),
}

impl Special {
    /// Looks a special method up on the object's class.
    #[inline]
    pub(crate) fn lookup(object: &PyObject, name: &PyStr) -> PyResult<Option<Special>> {
        let class = object.type_();
        let Some(found) = class.lookup(name) else {
            return Ok(None);
        };
        let kind = found.type_();
        if kind.has_flag(abi::Py_TPFLAGS_METHOD_DESCRIPTOR) {
            return Ok(Some(Special::Unbound(found)));
        }
        match kind.raw().tp_descr_get.get() {
            None => Ok(Some(Special::Bound(found))),
            Some(get) => {
                // SAFETY: the slot takes its own instance, an object and a class.
                let bound = unsafe {
                    crate::call::result_from_ptr(get(
                        found.as_ptr(),
                        object.as_ptr(),
                        class.as_object().as_ptr(),
                    ))
                }?;
                Ok(Some(Special::Bound(bound)))
            }
        }
    }

    /// Whether the class says `name = None`, which means that the operation is not supported.
    pub(crate) fn is_none(&self) -> bool {
        let (Special::Unbound(method) | Special::Bound(method)) = self;
        method.is(crate::none())
    }

    /// Calls the method; `args[0]` is the object it was looked up on.
    #[inline]
    pub(crate) fn call(&self, args: &[&PyObject]) -> PyResult<Obj> {
        match self {
            Special::Unbound(method) => method.call(args),
            Special::Bound(method) => method.call(&args[1..]),
        }
    }
}

/// Calls a special method of `args[0]`; `AttributeError` if it has none.
pub(crate) fn call_special(name: &PyStr, args: &[&PyObject]) -> PyResult<Obj> {
    match Special::lookup(args[0], name)? {
        Some(method) => method.call(args),
        None => Err(crate::attribute_error!("{}", name.to_string_lossy())),
    }
}

/// Calls a special method of `args[0]`; `NotImplemented` if it has none.
fn call_maybe(name: &PyStr, args: &[&PyObject]) -> PyResult<Obj> {
    match Special::lookup(args[0], name)? {
        Some(method) => method.call(args),
        None => Ok(glue::not_implemented_obj()),
    }
}

/// Defines slot functions of one C shape from a safe body.
macro_rules! slot_fn {
    (unary $name:ident($this:ident) $body:block) => {
        #[inline(never)]
        pub(super) unsafe extern "C" fn $name(this: Ptr) -> Ptr {
            // SAFETY: a slot is called on a live object.
            let $this = unsafe { glue::arg(this) };
            glue::obj_of(move || $body)
        }
    };
    (binary $name:ident($this:ident, $other:ident) $body:block) => {
        #[inline(never)]
        pub(super) unsafe extern "C" fn $name(this: Ptr, other: Ptr) -> Ptr {
            // SAFETY: a slot is called with live objects.
            let ($this, $other) = unsafe { (glue::arg(this), glue::arg(other)) };
            glue::obj_of(move || $body)
        }
    };
    (assign $name:ident($this:ident, $key:ident, $value:ident) $body:block) => {
        #[inline(never)]
        pub(super) unsafe extern "C" fn $name(this: Ptr, key: Ptr, value: Ptr) -> c_int {
            // SAFETY: a slot is called with live objects.
            let ($this, $key) = unsafe { (glue::arg(this), glue::arg(key)) };
            // SAFETY: as above; a null value means deletion.
            let $value = unsafe { glue::arg_opt(value) };
            glue::status_of(move || $body)
        }
    };
}

/// Whether the classes' methods of that name differ: the right operand's class overrides it.
fn is_overloaded(left: &PyObject, right: &PyObject, name: &PyStr) -> PyResult<bool> {
    let Some(of_right) = right.type_().as_object().lookup_attr(name)? else {
        return Ok(false);
    };
    let Some(of_left) = left.type_().as_object().lookup_attr(name)? else {
        return Ok(true);
    };
    of_left.compare_bool(&of_right, crate::CompareOp::Ne)
}

/// A binary operator: the left operand's method, the right operand's reflected one, and the latter
/// first when its class is a subclass that overrides it.
#[inline]
fn binary_operator(
    operands: [&PyObject; 2],
    third: Option<&PyObject>,
    has_slot: fn(&PyType) -> bool,
    names: [&PyStr; 2],
) -> PyResult<Obj> {
    let [left, right] = operands;
    let call = |name: &PyStr, first: &PyObject, second: &PyObject| match third {
        None => call_maybe(name, &[first, second]),
        Some(third) => call_maybe(name, &[first, second, third]),
    };
    let mut try_right = !std::ptr::eq(left.type_(), right.type_()) && has_slot(right.type_());
    if has_slot(left.type_()) {
        if try_right
            && right.type_().is_subtype(left.type_())
            && is_overloaded(left, right, names[1])?
        {
            let result = call(names[1], right, left)?;
            if !result.is(crate::not_implemented()) {
                return Ok(result);
            }
            try_right = false;
        }
        let result = call(names[0], left, right)?;
        if !result.is(crate::not_implemented()) || std::ptr::eq(left.type_(), right.type_()) {
            return Ok(result);
        }
    }
    if try_right {
        return call(names[1], right, left);
    }
    Ok(glue::not_implemented_obj())
}

/// Whether the class's number suite satisfies the predicate.
fn number_slot(class: &PyType, test: impl Fn(&abi::PyNumberMethods) -> bool) -> bool {
    // SAFETY: a suite lives as long as its type.
    unsafe { class.raw().tp_as_number.get().as_ref() }.is_some_and(test)
}

macro_rules! binary_slots {
    ($($function:ident $slot:ident $name:literal $reflected:literal;)+) => { $(
        slot_fn! { binary $function(left, right) {
            fn has_slot(class: &PyType) -> bool {
                number_slot(class, |suite| {
                    suite.$slot.get().is_some_and(|slot| slot as usize == $function as *const () as usize)
                })
            }
            binary_operator([left, right], None, has_slot, [intern!($name), intern!($reflected)])
        } }
    )+ };
}

binary_slots! {
    slot_nb_add nb_add "__add__" "__radd__";
    slot_nb_subtract nb_subtract "__sub__" "__rsub__";
    slot_nb_multiply nb_multiply "__mul__" "__rmul__";
    slot_nb_matrix_multiply nb_matrix_multiply "__matmul__" "__rmatmul__";
    slot_nb_remainder nb_remainder "__mod__" "__rmod__";
    slot_nb_divmod nb_divmod "__divmod__" "__rdivmod__";
    slot_nb_lshift nb_lshift "__lshift__" "__rlshift__";
    slot_nb_rshift nb_rshift "__rshift__" "__rrshift__";
    slot_nb_and nb_and "__and__" "__rand__";
    slot_nb_xor nb_xor "__xor__" "__rxor__";
    slot_nb_or nb_or "__or__" "__ror__";
    slot_nb_floor_divide nb_floor_divide "__floordiv__" "__rfloordiv__";
    slot_nb_true_divide nb_true_divide "__truediv__" "__rtruediv__";
}

/// `nb_power`: `**` and both forms of `pow()`.
#[inline(never)]
pub(super) unsafe extern "C" fn slot_nb_power(left: Ptr, right: Ptr, modulus: Ptr) -> Ptr {
    fn has_slot(class: &PyType) -> bool {
        number_slot(class, |suite| {
            suite
                .nb_power
                .get()
                .is_some_and(|slot| slot as usize == slot_nb_power as *const () as usize)
        })
    }
    // SAFETY: a slot is called with live objects.
    let (left, right, modulus) = unsafe { (glue::arg(left), glue::arg(right), glue::arg(modulus)) };
    let third = (!modulus.is(crate::none())).then_some(modulus);
    let names = [intern!("__pow__"), intern!("__rpow__")];
    glue::obj_result(binary_operator([left, right], third, has_slot, names))
}

macro_rules! method_slots {
    ($($kind:ident $function:ident $name:literal;)+) => { $( method_slots!(@ $kind $function $name); )+ };
    (@ unary $function:ident $name:literal) => {
        slot_fn! { unary $function(this) { call_special(intern!($name), &[this]) } }
    };
    (@ binary $function:ident $name:literal) => {
        slot_fn! { binary $function(this, other) { call_special(intern!($name), &[this, other]) } }
    };
}

method_slots! {
    unary slot_nb_negative "__neg__";
    unary slot_nb_positive "__pos__";
    unary slot_nb_absolute "__abs__";
    unary slot_nb_invert "__invert__";
    unary slot_nb_int "__int__";
    unary slot_nb_float "__float__";
    unary slot_nb_index "__index__";
    unary slot_tp_str "__str__";
    unary slot_tp_iternext "__next__";
    binary slot_nb_inplace_add "__iadd__";
    binary slot_nb_inplace_subtract "__isub__";
    binary slot_nb_inplace_multiply "__imul__";
    binary slot_nb_inplace_matrix_multiply "__imatmul__";
    binary slot_nb_inplace_remainder "__imod__";
    binary slot_nb_inplace_lshift "__ilshift__";
    binary slot_nb_inplace_rshift "__irshift__";
    binary slot_nb_inplace_and "__iand__";
    binary slot_nb_inplace_xor "__ixor__";
    binary slot_nb_inplace_or "__ior__";
    binary slot_nb_inplace_floor_divide "__ifloordiv__";
    binary slot_nb_inplace_true_divide "__itruediv__";
    binary slot_mp_subscript "__getitem__";
    binary slot_tp_getattro "__getattribute__";
}

/// `nb_inplace_power`: `__ipow__` never sees the third operand.
#[inline(never)]
pub(super) unsafe extern "C" fn slot_nb_inplace_power(left: Ptr, right: Ptr, _: Ptr) -> Ptr {
    // SAFETY: a slot is called with live objects.
    let (left, right) = unsafe { (glue::arg(left), glue::arg(right)) };
    glue::obj_result(call_special(intern!("__ipow__"), &[left, right]))
}

slot_fn! { unary slot_tp_repr(this) {
    match Special::lookup(this, intern!("__repr__"))? {
        Some(method) => method.call(&[this]),
        None => Ok(PyStr::new(&format!("<{} object at {:p}>", this.type_().name(), this))?.into_object()),
    }
} }

slot_fn! { unary slot_tp_iter(this) {
    match Special::lookup(this, intern!("__iter__"))? {
        Some(method) if method.is_none() => {}
        Some(method) => return method.call(&[this]),
        None => {
            if Special::lookup(this, intern!("__getitem__"))?.is_some() {
                return crate::seq_iter::new_sequence_iterator(this);
            }
        }
    }
    Err(type_error!("'{}' object is not iterable", this.type_name()))
} }

macro_rules! async_slots {
    ($($function:ident $name:literal $message:literal;)+) => { $(
        slot_fn! { unary $function(this) {
            match Special::lookup(this, intern!($name))? {
                Some(method) => method.call(&[this]),
                None => Err(type_error!($message, this.type_name())),
            }
        } }
    )+ };
}

async_slots! {
    slot_am_await "__await__" "object {} does not have __await__ method";
    slot_am_aiter "__aiter__" "object {} does not have __aiter__ method";
    slot_am_anext "__anext__" "object {} does not have __anext__ method";
}

/// `sq_length` and `mp_length`.
#[inline(never)]
pub(super) unsafe extern "C" fn slot_sq_length(this: Ptr) -> isize {
    // SAFETY: a slot is called on a live object.
    let this = unsafe { glue::arg(this) };
    glue::size((|| {
        length_result(&*call_special(intern!("__len__"), &[this])?)
    })())
}

/// Checks what a `__len__` returned.
fn length_result(result: &PyObject) -> PyResult<isize> {
    let index = result.index()?;
    if index.is_negative() {
        return Err(crate::value_error!("__len__() should return >= 0"));
    }
    index.as_isize(Some(&crate::exc::OverflowError))
}

/// `sq_item`: `__getitem__` with an int.
#[inline(never)]
pub(super) unsafe extern "C" fn slot_sq_item(this: Ptr, index: isize) -> Ptr {
    // SAFETY: a slot is called on a live object.
    let this = unsafe { glue::arg(this) };
    glue::obj_result((|| {
        let index = crate::PyLong::from_i64(index as i64)?;
        call_special(intern!("__getitem__"), &[this, &index])
    })())
}

/// `__setitem__` or `__delitem__`.
fn assign_item(this: &PyObject, key: &PyObject, value: Option<&PyObject>) -> PyResult<()> {
    match value {
        Some(value) => call_special(intern!("__setitem__"), &[this, key, value]),
        None => call_special(intern!("__delitem__"), &[this, key]),
    }
    .map(drop)
}

/// `sq_ass_item`: `__setitem__` or `__delitem__` with an int.
#[inline(never)]
pub(super) unsafe extern "C" fn slot_sq_ass_item(this: Ptr, index: isize, value: Ptr) -> c_int {
    // SAFETY: a slot is called with live objects; a null value means deletion.
    let (this, value) = unsafe { (glue::arg(this), glue::arg_opt(value)) };
    glue::status((|| {
        assign_item(this, &*crate::PyLong::from_i64(index as i64)?, value)
    })())
}

slot_fn! { assign slot_mp_ass_subscript(this, key, value) { assign_item(this, key, value) } }

/// `sq_contains`: `__contains__`, or a search by iteration.
#[inline(never)]
pub(super) unsafe extern "C" fn slot_sq_contains(this: Ptr, value: Ptr) -> c_int {
    // SAFETY: a slot is called with live objects.
    let (this, value) = unsafe { (glue::arg(this), glue::arg(value)) };
    glue::truth((|| match Special::lookup(this, intern!("__contains__"))? {
        Some(method) if method.is_none() => Err(type_error!(
            "'{}' object is not a container",
            this.type_name()
        )),
        Some(method) => method.call(&[this, value])?.is_true(),
        None => {
            for item in this.try_iter()? {
                if item?.eq(value)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
    })())
}

/// `nb_bool`: `__bool__`, then `__len__`; without either everything is true.
#[inline(never)]
pub(super) unsafe extern "C" fn slot_nb_bool(this: Ptr) -> c_int {
    // SAFETY: a slot is called on a live object.
    let this = unsafe { glue::arg(this) };
    glue::truth((|| {
        if let Some(method) = Special::lookup(this, intern!("__bool__"))? {
            let result = method.call(&[this])?;
            if result.is(crate::bool_object(true)) {
                return Ok(true);
            }
            if result.is(crate::bool_object(false)) {
                return Ok(false);
            }
            return Err(type_error!(
                "__bool__ should return bool, returned {}",
                result.type_().tp_name()
            ));
        }
        match Special::lookup(this, intern!("__len__"))? {
            Some(method) => length_result(&*method.call(&[this])?).map(|length| length != 0),
            None => Ok(true),
        }
    })())
}

/// `tp_hash`.
#[inline(never)]
pub(super) unsafe extern "C" fn slot_tp_hash(this: Ptr) -> isize {
    // SAFETY: a slot is called on a live object.
    let this = unsafe { glue::arg(this) };
    glue::size((|| {
        let method = match Special::lookup(this, intern!("__hash__"))? {
            Some(method) if !method.is_none() => method,
            _ => return Err(type_error!("unhashable type: '{}'", this.type_name())),
        };
        let result = method.call(&[this])?;
        let Some(number) = result.downcast::<crate::PyLong>() else {
            return Err(type_error!("__hash__ method should return an integer"));
        };
        // An int that fits is the hash itself; a larger one is hashed as an int.
        let hash = match number.to_i64().map(|hash| hash as isize) {
            Some(hash) => hash,
            None => number.hash()?,
        };
        Ok(if hash == -1 { -2 } else { hash })
    })())
}

/// `tp_iternext` of classes that inherit one but have no `__next__`: `_PyObject_NextNotImplemented`.
#[inline(never)]
pub(crate) unsafe extern "C" fn next_not_implemented(this: Ptr) -> Ptr {
    // SAFETY: a slot is called on a live object.
    let this = unsafe { glue::arg(this) };
    let _error = type_error!("'{}' object is not iterable", this.type_name());
    std::ptr::null_mut()
}

/// `tp_call`.
#[inline(never)]
pub(super) unsafe extern "C" fn slot_tp_call(this: Ptr, args: Ptr, kwargs: Ptr) -> Ptr {
    // SAFETY: the slot gets a tuple, and a dictionary or null.
    let (this, args, kwargs) = unsafe {
        (
            glue::arg(this),
            glue::arg_as::<PyTuple>(args),
            glue::arg_as_opt::<crate::PyDict>(kwargs),
        )
    };
    glue::obj_result((|| {
        let name = intern!("__call__");
        match Special::lookup(this, name)? {
            Some(Special::Bound(method)) => method.call_tuple(args, kwargs),
            Some(Special::Unbound(method)) => {
                crate::state::enter_recursive_call(" while calling a Python object")?;
                call_prepend(&method, this, args, kwargs)
            }
            None => Err(crate::attribute_error!("{}", name.to_string_lossy())),
        }
    })())
}

impl PyType {
    /// Whether calling an instance calls the `__call__` that a class made in Python gives it.
    #[inline(always)]
    pub fn calls_python_method(&self) -> bool {
        let tp_call = self.raw().tp_call.get();
        tp_call.is_some_and(|call| std::ptr::fn_addr_eq(call, slot_tp_call as abi::ternaryfunc))
    }
}

/// Calls with fewer arguments than this need no memory of their own.
const SMALL: usize = 7;

/// `callable(first, *args, **kwargs)`.
pub(super) fn call_prepend(
    callable: &PyObject,
    first: &PyObject,
    args: &PyTuple,
    kwargs: Option<&crate::PyDict>,
) -> PyResult<Obj> {
    match kwargs {
        Some(kwargs) if !kwargs.is_empty() => {
            let mut all = Vec::with_capacity(args.len() + 1);
            all.push(first.to_obj());
            all.extend(args.as_slice().iter().cloned());
            callable.call_tuple(&*PyTuple::from_vec(all)?, Some(kwargs))
        }
        _ if args.len() < SMALL => {
            let mut all = [first; SMALL];
            for (place, item) in all[1..].iter_mut().zip(args.as_slice()) {
                *place = item;
            }
            callable.call(&all[..=args.len()])
        }
        _ => {
            let mut all = Vec::with_capacity(args.len() + 1);
            all.push(first);
            all.extend(args.as_slice().iter().map(|item| &**item));
            callable.call(&all)
        }
    }
}

/// Calls what was found for an attribute hook, bound to `this`, with the attribute's name.
fn call_attribute(this: &PyObject, hook: &PyObject, name: &PyObject) -> PyResult<Obj> {
    let kind = hook.type_();
    if kind.has_flag(abi::Py_TPFLAGS_METHOD_DESCRIPTOR) {
        return hook.call(&[this, name]);
    }
    match kind.raw().tp_descr_get.get() {
        None => hook.call1(name),
        Some(get) => {
            // SAFETY: the slot takes its own instance, an object and a class.
            let bound = unsafe {
                let class = this.type_().as_object().as_ptr();
                crate::call::result_from_ptr(get(hook.as_ptr(), this.as_ptr(), class))
            }?;
            bound.call1(name)
        }
    }
}

slot_fn! { binary slot_tp_getattr_hook(this, name) {
    let class = this.type_();
    let Some(hook) = class.lookup(intern!("__getattr__")) else {
        // `__getattr__` has gone: the class's slot becomes the plain one.
        class.raw().tp_getattro.set(Some(slot_tp_getattro));
        return call_special(intern!("__getattribute__"), &[this, name]);
    };
    let getattribute = class.lookup(intern!("__getattribute__"));
    let generic = match &getattribute {
        None => true,
        Some(method) => crate::descr::wraps(method, crate::attr::generic_getattro as *const ()),
    };
    if generic {
        // No AttributeError is made for a miss that `__getattr__` will answer.
        if let Some(name) = name.downcast::<PyStr>()
            && let Some(value) = this.generic_lookup(name)?
        {
            return Ok(value);
        }
    } else if let Some(getattribute) = getattribute {
        match call_attribute(this, &getattribute, name) {
            Err(error) if error.matches(&crate::exc::AttributeError) => error.clear(),
            result => return result,
        }
    }
    call_attribute(this, &hook, name)
} }

slot_fn! { assign slot_tp_setattro(this, name, value) {
    match value {
        Some(value) => call_special(intern!("__setattr__"), &[this, name, value]),
        None => call_special(intern!("__delattr__"), &[this, name]),
    }
    .map(drop)
} }

/// `tp_richcompare`.
#[inline(never)]
pub(super) unsafe extern "C" fn slot_tp_richcompare(this: Ptr, other: Ptr, op: c_int) -> Ptr {
    // SAFETY: a slot is called with live objects.
    let (this, other) = unsafe { (glue::arg(this), glue::arg(other)) };
    let name = match op {
        abi::Py_LT => intern!("__lt__"),
        abi::Py_LE => intern!("__le__"),
        abi::Py_EQ => intern!("__eq__"),
        abi::Py_NE => intern!("__ne__"),
        abi::Py_GT => intern!("__gt__"),
        _ => intern!("__ge__"),
    };
    glue::obj_result(call_maybe(name, &[this, other]))
}

/// `tp_descr_get`.
#[inline(never)]
pub(super) unsafe extern "C" fn slot_tp_descr_get(this: Ptr, object: Ptr, class: Ptr) -> Ptr {
    // SAFETY: a slot is called with live objects; the object or the class may be null.
    let (this, object, class) =
        unsafe { (glue::arg(this), glue::arg_opt(object), glue::arg_opt(class)) };
    glue::obj_result((|| {
        let Some(get) = this.type_().lookup(intern!("__get__")) else {
            // The method has gone: spare later calls the look-up.
            let raw = this.type_().raw();
            if raw
                .tp_descr_get
                .get()
                .is_some_and(|slot| slot as usize == slot_tp_descr_get as *const () as usize)
            {
                raw.tp_descr_get.set(None);
            }
            return Ok(this.to_obj());
        };
        let none = crate::none();
        get.call(&[this, object.unwrap_or(none), class.unwrap_or(none)])
    })())
}

slot_fn! { assign slot_tp_descr_set(this, target, value) {
    match value {
        Some(value) => call_special(intern!("__set__"), &[this, target, value]),
        None => call_special(intern!("__delete__"), &[this, target]),
    }
    .map(drop)
} }

/// `tp_init`.
#[inline(never)]
pub(super) unsafe extern "C" fn slot_tp_init(this: Ptr, args: Ptr, kwargs: Ptr) -> c_int {
    // SAFETY: the slot gets a tuple, and a dictionary or null.
    let (this, args, kwargs) = unsafe {
        (
            glue::arg(this),
            glue::arg_as::<PyTuple>(args),
            glue::arg_as_opt::<crate::PyDict>(kwargs),
        )
    };
    glue::status((|| {
        let name = intern!("__init__");
        let result = match Special::lookup(this, name)? {
            Some(Special::Bound(method)) => method.call_tuple(args, kwargs)?,
            Some(Special::Unbound(method)) => call_prepend(&method, this, args, kwargs)?,
            None => return Err(crate::attribute_error!("{}", name.to_string_lossy())),
        };
        if !result.is(crate::none()) {
            return Err(type_error!(
                "__init__() should return None, not '{}'",
                result.type_().tp_name()
            ));
        }
        Ok(())
    })())
}

/// `tp_new`: `__new__` is a static method, so the class is passed as it is.
#[inline(never)]
pub(super) unsafe extern "C" fn slot_tp_new(
    class: *mut abi::PyTypeObject,
    args: Ptr,
    kwargs: Ptr,
) -> Ptr {
    // SAFETY: the slot gets a class, a tuple, and a dictionary or null.
    let (class, args, kwargs) = unsafe {
        (
            PyType::from_type_ptr(class),
            glue::arg_as::<PyTuple>(args),
            glue::arg_as_opt::<crate::PyDict>(kwargs),
        )
    };
    glue::obj_result((|| {
        let new = class.as_object().getattr(intern!("__new__"))?;
        call_prepend(&new, class, args, kwargs)
    })())
}

/// `tp_finalize`: `__del__`, whose errors nobody can catch.
#[inline(never)]
pub(super) unsafe extern "C" fn slot_tp_finalize(this: Ptr) {
    // SAFETY: a finalizer is called on a live object, which it may bring back to life.
    let this = unsafe { glue::arg(this) };
    let pending = crate::PyErr::occurred().map(crate::PyErr::take);
    match Special::lookup(this, intern!("__del__")) {
        Ok(Some(method)) => {
            if let Err(error) = method.call(&[this]) {
                let (Special::Unbound(function) | Special::Bound(function)) = &method;
                let exception = error.take();
                let shown = match function.repr() {
                    Ok(shown) => shown.to_string_lossy(),
                    Err(error) => {
                        error.clear();
                        "<NULL>".to_owned()
                    }
                };
                let doing = format!("Exception ignored while calling deallocator {shown}");
                crate::PyErr::restore(exception).write_unraisable(Some(&doing), None);
            }
        }
        Ok(None) => {}
        Err(error) => error.write_unraisable(None, Some(this)),
    }
    if let Some(pending) = pending {
        let _error = crate::PyErr::restore(pending);
    }
}
