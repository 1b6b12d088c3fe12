//! How exception classes are built: one generic set of slots over [`Exception`].

use std::cell::Cell;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

use krait_abi as abi;

use crate::field::Field;
use crate::gc::{self, TRAVERSED, Traverse, TraverseResult, Visitor};
use crate::object::{Obj, PyClass, PyObject};
use crate::typeobject::{PyType, PyType_Type};
use crate::{PyDict, PyResult, PyTuple};

/// A struct that is the layout of an exception class, and what the class does of its own.
pub(super) trait Exception: PyClass {
    /// What the class overrides; the rest is inherited.
    const OWN: Own;

    /// Visits the fields that follow [`PyBaseException`](super::PyBaseException)'s.
    fn traverse_own(&self, _visitor: &mut Visitor) -> TraverseResult {
        TRAVERSED
    }

    /// Empties those fields.
    fn clear_own(&self) {}

    /// `__init__`.
    fn init(&self, _args: &PyTuple, _kwargs: Option<&PyDict>) -> PyResult<()> {
        Ok(())
    }

    /// `__str__`.
    fn str(&self) -> PyResult<Obj> {
        super::base::of(self).base_str()
    }

    /// `__repr__`.
    fn repr(&self) -> PyResult<Obj> {
        super::base::of(self).base_repr()
    }
}

/// Which slots and tables a class has of its own.
#[derive(Clone, Copy)]
pub(super) struct Own {
    pub(super) init: bool,
    pub(super) str: bool,
    pub(super) repr: bool,
    pub(super) new: Option<abi::newfunc>,
    pub(super) methods: &'static [abi::PyMethodDef],
    pub(super) members: &'static [abi::PyMemberDef],
    pub(super) getset: &'static [abi::PyGetSetDef],
}

impl Own {
    pub(super) const NOTHING: Own = Own {
        init: false,
        str: false,
        repr: false,
        new: None,
        methods: &[],
        members: &[],
        getset: &[],
    };
}

/// How much of [`Exception::OWN`] a class of that layout has itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The class that the layout belongs to.
    Owner,
    /// A subclass with a `__new__` of its own, as CPython's simple exceptions have.
    Simple,
    /// A subclass that inherits everything.
    Heir,
    /// An heir whose instances have weak references, as if it were made by a `class` statement.
    WeaklyReferable,
}

const fn table<T>(rows: &'static [T]) -> *mut T {
    if rows.is_empty() {
        ptr::null_mut()
    } else {
        rows.as_ptr().cast_mut()
    }
}

/// The static type object of an exception class; `name` and `doc` end in a zero byte.
pub(super) const fn static_class<E: Exception>(
    name: &'static str,
    base: *const PyType,
    role: Role,
    doc: Option<&'static str>,
) -> PyType {
    const TYPE: *mut abi::PyTypeObject = (&raw const PyType_Type).cast_mut().cast();
    let own = match role {
        Role::Owner => E::OWN,
        Role::Simple => Own {
            new: Some(base_new),
            ..Own::NOTHING
        },
        Role::Heir | Role::WeaklyReferable => Own::NOTHING,
    };
    let owner = matches!(role, Role::Owner);
    let is_base = base.is_null();
    let weak = matches!(role, Role::WeaklyReferable);
    PyType(abi::PyTypeObject {
        ob_base: abi::PyVarObject {
            ob_base: PyObject::immortal(TYPE).0,
            ob_size: Cell::new(0),
        },
        tp_name: Cell::new(name.as_ptr().cast::<c_char>()),
        tp_basicsize: Cell::new(size_of::<E>() as isize),
        tp_dealloc: Cell::new(Some(dealloc::<E>)),
        tp_repr: Cell::new(if own.repr { Some(tp_repr::<E>) } else { None }),
        tp_str: Cell::new(if own.str { Some(tp_str::<E>) } else { None }),
        tp_getattro: Cell::new(if is_base {
            Some(crate::attr::generic_getattro)
        } else {
            None
        }),
        tp_setattro: Cell::new(if is_base {
            Some(crate::attr::generic_setattro)
        } else {
            None
        }),
        tp_flags: Cell::new(
            abi::Py_TPFLAGS_DEFAULT
                | abi::Py_TPFLAGS_BASETYPE
                | abi::Py_TPFLAGS_HAVE_GC
                | abi::Py_TPFLAGS_BASE_EXC_SUBCLASS
                | if weak {
                    abi::Py_TPFLAGS_MANAGED_WEAKREF
                } else {
                    0
                },
        ),
        tp_weaklistoffset: Cell::new(if weak {
            crate::weakref::MANAGED_WEAKREF_OFFSET
        } else {
            0
        }),
        tp_doc: Cell::new(match doc {
            Some(doc) => doc.as_ptr().cast::<c_char>(),
            None => ptr::null(),
        }),
        tp_traverse: Cell::new(Some(traverse::<E>)),
        tp_clear: Cell::new(Some(clear::<E>)),
        tp_methods: Cell::new(table(own.methods)),
        tp_members: Cell::new(table(own.members)),
        tp_getset: Cell::new(table(own.getset)),
        tp_base: Cell::new(base.cast_mut().cast()),
        tp_dictoffset: Cell::new(std::mem::offset_of!(abi::PyBaseExceptionObject, dict) as isize),
        tp_init: Cell::new(if own.init { Some(tp_init::<E>) } else { None }),
        tp_new: Cell::new(own.new),
        tp_vectorcall: Cell::new(match role {
            Role::Simple => Some(base_vectorcall),
            _ if owner && is_base => Some(base_vectorcall),
            _ => None,
        }),
        ..abi::PyTypeObject::EMPTY
    })
}

/// # Safety
/// `object` is a live object laid out as a `T` for `'a`.
pub(super) unsafe fn borrow<'a, T: PyClass>(object: *mut abi::PyObject) -> &'a T {
    // SAFETY: the caller's contract.
    unsafe { PyObject::from_ptr(object).downcast_unchecked() }
}

/// # Safety
/// As [`borrow`], unless null.
pub(super) unsafe fn borrow_opt<'a, T: PyClass>(object: *mut abi::PyObject) -> Option<&'a T> {
    // SAFETY: the caller's contract.
    unsafe { PyObject::from_ptr_opt(object).map(|object| object.downcast_unchecked()) }
}

/// Turns our result into the status of a C slot.
pub(super) fn status(result: PyResult<()>) -> c_int {
    if result.is_ok() { 0 } else { -1 }
}

#[inline(never)]
unsafe extern "C" fn dealloc<E: Exception>(object: *mut abi::PyObject) {
    // SAFETY: the contract of `tp_dealloc`: the last reference to an instance is gone.
    unsafe {
        gc::untrack_raw(object);
        let exception = borrow::<E>(object);
        exception.clear_own();
        super::base::of(exception).clear_fields();
        crate::alloc::free_by_slot(object);
    }
}

#[inline(never)]
unsafe extern "C" fn traverse<E: Exception>(
    object: *mut abi::PyObject,
    visit: abi::visitproc,
    arg: *mut c_void,
) -> c_int {
    // SAFETY: the contract of `tp_traverse`.
    let (exception, mut visitor) = unsafe { (borrow::<E>(object), Visitor::new(visit, arg)) };
    let result = super::base::of(exception)
        .traverse_fields(&mut visitor)
        .and_then(|()| exception.traverse_own(&mut visitor));
    gc::traverse_status(result)
}

#[inline(never)]
unsafe extern "C" fn clear<E: Exception>(object: *mut abi::PyObject) -> c_int {
    // SAFETY: the contract of `tp_clear`.
    let exception = unsafe { borrow::<E>(object) };
    exception.clear_own();
    super::base::of(exception).clear_fields();
    0
}

#[inline(never)]
unsafe extern "C" fn tp_str<E: Exception>(object: *mut abi::PyObject) -> *mut abi::PyObject {
    // SAFETY: the contract of `tp_str`.
    crate::call::result_into_ptr(unsafe { borrow::<E>(object) }.str())
}

#[inline(never)]
unsafe extern "C" fn tp_repr<E: Exception>(object: *mut abi::PyObject) -> *mut abi::PyObject {
    // SAFETY: the contract of `tp_repr`.
    crate::call::result_into_ptr(unsafe { borrow::<E>(object) }.repr())
}

#[inline(never)]
unsafe extern "C" fn tp_init<E: Exception>(
    object: *mut abi::PyObject,
    args: *mut abi::PyObject,
    kwargs: *mut abi::PyObject,
) -> c_int {
    // SAFETY: the contract of `tp_init`.
    let (exception, args, kwargs) = unsafe {
        (
            borrow::<E>(object),
            borrow::<PyTuple>(args),
            borrow_opt::<PyDict>(kwargs),
        )
    };
    status(exception.init(args, kwargs))
}

/// `BaseException.__new__`: keywords are left to `__init__`.
#[inline(never)]
pub(super) unsafe extern "C" fn base_new(
    class: *mut abi::PyTypeObject,
    args: *mut abi::PyObject,
    _kwargs: *mut abi::PyObject,
) -> *mut abi::PyObject {
    // SAFETY: the contract of `tp_new`.
    let (class, args) = unsafe { (PyType::from_type_ptr(class), borrow::<PyTuple>(args)) };
    crate::call::result_into_ptr(super::base::allocate(class, args))
}

/// Calls of exception classes that add nothing to `BaseException`.
#[inline(never)]
unsafe extern "C" fn base_vectorcall(
    class: *mut abi::PyObject,
    args: *const *mut abi::PyObject,
    nargsf: usize,
    kwnames: *mut abi::PyObject,
) -> *mut abi::PyObject {
    // SAFETY: the contract of vectorcall: `class` is the class that has this function.
    let (class, kwnames) = unsafe { (borrow::<PyType>(class), borrow_opt::<PyTuple>(kwnames)) };
    if kwnames.is_some_and(|names| !names.is_empty()) {
        let _error = crate::type_error!("{}() takes no keyword arguments", class.tp_name());
        return ptr::null_mut();
    }
    let nargs = nargsf & !crate::call::ARGUMENTS_OFFSET;
    // SAFETY: there are `nargs` live arguments.
    let arg = |index: usize| unsafe { PyObject::from_ptr(*args.add(index)) }.to_obj();
    let made = PyTuple::from_exact((0..nargs).map(arg))
        .and_then(|args| super::base::allocate(class, &args));
    crate::call::result_into_ptr(made)
}

/// Whether a `tp_new` is `BaseException`'s.
pub(super) fn is_base_new(tp_new: abi::newfunc) -> bool {
    ptr::fn_addr_eq(tp_new, base_new as abi::newfunc)
}

/// Whether a `tp_init` is `BaseException`'s.
pub(super) fn is_base_init(tp_init_slot: abi::initproc) -> bool {
    ptr::fn_addr_eq(
        tp_init_slot,
        tp_init::<super::PyBaseException> as abi::initproc,
    )
}

/// Raises `TypeError` if there are keywords.
pub(super) fn no_keywords(class: &PyType, kwargs: Option<&PyDict>) -> PyResult<()> {
    match kwargs {
        Some(kwargs) if !kwargs.is_empty() => Err(crate::type_error!(
            "{}() takes no keyword arguments",
            class.tp_name()
        )),
        _ => Ok(()),
    }
}

/// Takes the keywords of `names` out of `kwargs`, in that order; any other raises `TypeError`.
pub(super) fn take_keywords<const N: usize>(
    class: &str,
    kwargs: Option<&PyDict>,
    names: [&str; N],
) -> PyResult<[Option<Obj>; N]> {
    let mut values = [const { None }; N];
    let Some(kwargs) = kwargs else {
        return Ok(values);
    };
    if kwargs.len() > N {
        let plural = if N == 1 { "" } else { "s" };
        let given = kwargs.len();
        return Err(crate::type_error!(
            "{class}() takes at most {N} keyword argument{plural} ({given} given)"
        ));
    }
    for (key, value) in kwargs.items_vec() {
        let key = key.str()?.to_string_lossy();
        match names.iter().position(|name| **name == *key) {
            Some(index) => values[index] = Some(value),
            None => {
                let near = crate::suggestions::closest(&key, names.iter().copied());
                let hint =
                    near.map_or_else(String::new, |near| format!(". Did you mean '{near}'?"));
                return Err(crate::type_error!(
                    "{class}() got an unexpected keyword argument '{key}'{hint}"
                ));
            }
        }
    }
    Ok(values)
}

/// A method without arguments.
pub(super) const fn method_noargs(
    name: &'static CStr,
    doc: &'static CStr,
    function: abi::PyCFunction,
) -> abi::PyMethodDef {
    method(name, doc, function, abi::METH_NOARGS)
}

/// A method with one argument.
pub(super) const fn method_o(
    name: &'static CStr,
    doc: &'static CStr,
    function: abi::PyCFunction,
) -> abi::PyMethodDef {
    method(name, doc, function, abi::METH_O)
}

/// A method with any flags. An empty doc is none.
pub(super) const fn method(
    name: &'static CStr,
    doc: &'static CStr,
    function: abi::PyCFunction,
    flags: c_int,
) -> abi::PyMethodDef {
    abi::PyMethodDef {
        ml_name: name.as_ptr(),
        ml_meth: Some(function),
        ml_flags: flags,
        ml_doc: if doc.is_empty() {
            ptr::null()
        } else {
            doc.as_ptr()
        },
    }
}

/// A field shown as an attribute: `None` when empty.
pub(super) const fn member(
    name: &'static CStr,
    offset: usize,
    kind: c_int,
    flags: c_int,
    doc: &'static CStr,
) -> abi::PyMemberDef {
    abi::PyMemberDef {
        name: name.as_ptr(),
        r#type: kind,
        offset: offset as isize,
        flags,
        doc: if doc.is_empty() {
            ptr::null()
        } else {
            doc.as_ptr()
        },
    }
}

/// A computed attribute.
pub(super) const fn getset(
    name: &'static CStr,
    get: abi::getter,
    set: abi::setter,
) -> abi::PyGetSetDef {
    abi::PyGetSetDef {
        name: name.as_ptr(),
        get: Some(get),
        set: Some(set),
        doc: ptr::null(),
        closure: ptr::null_mut(),
    }
}

/// Defines a C function around `fn(&T) -> PyResult<Obj>`, for `METH_NOARGS`.
macro_rules! noargs {
    ($name:ident = $class:ty, $function:path) => {
        #[inline(never)]
        unsafe extern "C" fn $name(
            this: *mut krait_abi::PyObject,
            _: *mut krait_abi::PyObject,
        ) -> *mut krait_abi::PyObject {
            // SAFETY: a method's `self` is an instance of its class.
            let this = unsafe { $crate::exceptions::class::borrow::<$class>(this) };
            $crate::call::result_into_ptr($function(this))
        }
    };
}

/// Defines a C function around `fn(&T, &PyObject) -> PyResult<Obj>`, for `METH_O`.
macro_rules! one_arg {
    ($name:ident = $class:ty, $function:path) => {
        #[inline(never)]
        unsafe extern "C" fn $name(
            this: *mut krait_abi::PyObject,
            argument: *mut krait_abi::PyObject,
        ) -> *mut krait_abi::PyObject {
            // SAFETY: a method's `self` is an instance of its class; the argument is an object.
            let (this, argument) = unsafe {
                (
                    $crate::exceptions::class::borrow::<$class>(this),
                    $crate::PyObject::from_ptr(argument),
                )
            };
            $crate::call::result_into_ptr($function(this, argument))
        }
    };
}

/// Defines C functions around a getter and a setter.
macro_rules! accessors {
    ($get:ident, $set:ident = $class:ty, $getter:path, $setter:path) => {
        #[inline(never)]
        unsafe extern "C" fn $get(
            this: *mut krait_abi::PyObject,
            _: *mut std::ffi::c_void,
        ) -> *mut krait_abi::PyObject {
            // SAFETY: the object is an instance of the class that has the attribute.
            let this = unsafe { $crate::exceptions::class::borrow::<$class>(this) };
            $crate::call::result_into_ptr($getter(this))
        }

        #[inline(never)]
        unsafe extern "C" fn $set(
            this: *mut krait_abi::PyObject,
            value: *mut krait_abi::PyObject,
            _: *mut std::ffi::c_void,
        ) -> std::ffi::c_int {
            // SAFETY: as above; the value is an object or null.
            let (this, value) = unsafe {
                (
                    $crate::exceptions::class::borrow::<$class>(this),
                    $crate::PyObject::from_ptr_opt(value),
                )
            };
            $crate::exceptions::class::status($setter(this, value))
        }
    };
}

/// Makes a struct a class of the table.
macro_rules! exception_class {
    ($class:ident, $name:ident) => {
        impl std::ops::Deref for $class {
            type Target = $crate::PyObject;

            #[inline(always)]
            fn deref(&self) -> &$crate::PyObject {
                // SAFETY: the struct starts with the object header.
                unsafe { &*std::ptr::from_ref(self).cast() }
            }
        }

        // SAFETY: the class and its subclasses are laid out as the struct, which starts with the header.
        unsafe impl $crate::object::PyClass for $class {
            const NAME: &'static str = stringify!($name);

            #[inline(always)]
            fn type_object() -> &'static $crate::PyType {
                &$crate::exceptions::exc::$name
            }
        }
    };
}

pub(super) use {accessors, exception_class, noargs, one_arg};

/// Visits fields one after the other.
pub(super) fn traverse_all(fields: &[&Field<PyObject>], visitor: &mut Visitor) -> TraverseResult {
    for field in fields {
        field.traverse(visitor)?;
    }
    TRAVERSED
}

/// Empties fields one after the other.
pub(super) fn clear_all(fields: &[&Field<PyObject>]) {
    for field in fields {
        field.set(None);
    }
}
