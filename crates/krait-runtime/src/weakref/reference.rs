//! `weakref.ref`.

use std::cell::Cell;
use std::mem::offset_of;
use std::ptr;

use krait_abi as abi;
use krait_macros::{pyclass, pymethods};

use super::list_head;
use crate::field::Field;
use crate::gc::{self, Traverse, Visitor};
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::typeobject::PyType;
use crate::{CompareOp, PyDict, PyResult, PyStr, PyTuple};

#[pyclass(
    name = "ReferenceType", module = "weakref", symbol = _PyWeakref_RefType, flags(BASETYPE, GC),
    vectorcall_offset = vectorcall, layout = manual, doc = ""
)]
#[repr(C)]
/// A weak reference: also the struct of the proxies.
pub struct PyWeakReference {
    ob_base: PyObject,
    /// The referent, not counted; `None` when it is gone.
    pub(super) wr_object: Cell<*mut abi::PyObject>,
    pub(super) wr_callback: Field<PyObject>,
    /// -1 until it is computed.
    hash: Cell<isize>,
    pub(super) wr_prev: Cell<*mut PyWeakReference>,
    pub(super) wr_next: Cell<*mut PyWeakReference>,
    pub(super) vectorcall: Cell<Option<abi::vectorcallfunc>>,
}

const _: () = {
    assert!(size_of::<PyWeakReference>() == size_of::<abi::PyWeakReference>());
    assert!(offset_of!(PyWeakReference, wr_next) == offset_of!(abi::PyWeakReference, wr_next));
};

/// A weak reference to `object`: an existing one if it would be the same.
pub fn new_ref(object: &PyObject, callback: Option<&PyObject>) -> PyResult<Py<PyWeakReference>> {
    make(
        PyWeakReference::type_object(),
        object,
        callback,
        Some(reference_vectorcall),
    )
}

/// Makes a weak reference or proxy of class `class`.
pub(super) fn make(
    class: &PyType,
    object: &PyObject,
    callback: Option<&PyObject>,
    vectorcall: Option<abi::vectorcallfunc>,
) -> PyResult<Py<PyWeakReference>> {
    let Some(head) = list_head(object) else {
        return Err(crate::type_error!(
            "cannot create weak reference to '{}' object",
            object.type_().tp_name()
        ));
    };
    let callback = callback.filter(|callback| !callback.is(crate::none()));
    let is_ref = ptr::eq(class, PyWeakReference::type_object());
    let is_proxy = !is_ref && super::proxy::is_proxy_class(class);
    if callback.is_none() && (is_ref || is_proxy) {
        let (reference, proxy) = shared(head);
        let existing = if is_ref { reference } else { proxy };
        if let Some(existing) = existing.filter(|existing| existing.refcount() > 0) {
            return Ok(PyClass::to_owned(existing));
        }
    }
    let reference = PyWeakReference {
        ob_base: PyObject::HEADER,
        wr_object: Cell::new(object.as_ptr()),
        wr_callback: Field::from_option(callback.map(PyClass::to_obj)),
        hash: Cell::new(-1),
        wr_prev: Cell::new(ptr::null_mut()),
        wr_next: Cell::new(ptr::null_mut()),
        vectorcall: Cell::new(vectorcall),
    };
    let reference = crate::alloc::new_object(class, reference)?;
    let (first, second) = shared(head);
    let after = match (callback.is_none(), is_ref, is_proxy) {
        (true, true, _) => None,
        (true, _, true) => first,
        _ => second.or(first),
    };
    reference.insert(head, after);
    Ok(reference)
}

/// The plain `ref` and the plain proxy without callback at the beginning of a list.
fn shared(
    head: &Cell<*mut PyWeakReference>,
) -> (Option<&PyWeakReference>, Option<&PyWeakReference>) {
    // SAFETY: linked weak references are not freed yet.
    let mut next = unsafe { head.get().as_ref() };
    let mut reference = None;
    if let Some(each) = next
        && !each.wr_callback.is_some()
        && ptr::eq(each.type_(), PyWeakReference::type_object())
    {
        reference = next;
        // SAFETY: as above.
        next = unsafe { each.wr_next.get().as_ref() };
    }
    let proxy = next
        .filter(|each| !each.wr_callback.is_some() && super::proxy::is_proxy_class(each.type_()));
    (reference, proxy)
}

impl PyWeakReference {
    /// A weak reference or a proxy.
    pub fn any(object: &PyObject) -> Option<&PyWeakReference> {
        if let Some(reference) = object.downcast::<PyWeakReference>() {
            return Some(reference);
        }
        // SAFETY: proxies are laid out as weak references.
        super::proxy::is_proxy(object).then(|| unsafe { object.downcast_unchecked() })
    }

    /// The referent, if it is alive.
    #[inline]
    pub fn get(&self) -> Option<Obj> {
        let object = self.wr_object.get();
        if ptr::eq(object, crate::none().as_ptr()) {
            return None;
        }
        // SAFETY: the referent is alive or being deallocated (invariant 1 of the module); in the
        // latter case its count is zero and it is not touched.
        let object = unsafe { PyObject::from_ptr(object) };
        (object.refcount() != 0).then(|| object.to_obj())
    }

    /// The callback.
    pub(crate) fn callback(&self) -> Option<Obj> {
        self.wr_callback.get()
    }

    pub(super) fn take_callback(&self) -> Option<Obj> {
        self.wr_callback.take()
    }

    fn insert(&self, head: &Cell<*mut PyWeakReference>, after: Option<&PyWeakReference>) {
        let this = ptr::from_ref(self).cast_mut();
        let next = match after {
            Some(after) => after.wr_next.replace(this),
            None => head.replace(this),
        };
        self.wr_prev
            .set(after.map_or(ptr::null_mut(), |after| ptr::from_ref(after).cast_mut()));
        self.wr_next.set(next);
        // SAFETY: linked weak references are not freed yet.
        if let Some(next) = unsafe { next.as_ref() } {
            next.wr_prev.set(this);
        }
    }

    /// Takes the weak reference out of its referent's list: the referent is gone for it.
    pub(crate) fn detach(&self) {
        let object = self.wr_object.replace(crate::none().as_ptr());
        if ptr::eq(object, crate::none().as_ptr()) || object.is_null() {
            return;
        }
        let (prev, next) = (
            self.wr_prev.replace(ptr::null_mut()),
            self.wr_next.replace(ptr::null_mut()),
        );
        // SAFETY: while linked, the neighbours and the referent (with the list's head) are there.
        unsafe {
            match prev.as_ref() {
                Some(prev) => prev.wr_next.set(next),
                None => {
                    if let Some(head) = list_head(PyObject::from_ptr(object)) {
                        head.set(next);
                    }
                }
            }
            if let Some(next) = next.as_ref() {
                next.wr_prev.set(prev);
            }
        }
    }

    /// The referent's hash, remembered so that it outlives it.
    fn hash_value(&self) -> PyResult<isize> {
        if self.hash.get() != -1 {
            return Ok(self.hash.get());
        }
        let Some(object) = self.get() else {
            return Err(crate::type_error!("weak object has gone away"));
        };
        let hash = object.hash()?;
        self.hash.set(hash);
        Ok(hash)
    }
}

/// `ref(object[, callback])`'s arguments.
fn arguments<'a>(
    function: &str,
    args: &'a PyTuple,
) -> PyResult<(&'a PyObject, Option<&'a PyObject>)> {
    match args.as_slice() {
        [] => Err(crate::type_error!(
            "{function} expected at least 1 argument, got 0"
        )),
        [object] => Ok((object, None)),
        [object, callback] => Ok((object, Some(callback))),
        more => Err(crate::type_error!(
            "{function} expected at most 2 arguments, got {}",
            more.len()
        )),
    }
}

/// Calling a weak reference gives the referent or `None`.
///
/// # Safety
/// The vectorcall contract.
unsafe extern "C" fn reference_vectorcall(
    callable: *mut abi::PyObject,
    _args: *const *mut abi::PyObject,
    nargsf: usize,
    kwnames: *mut abi::PyObject,
) -> *mut abi::PyObject {
    // SAFETY: the vectorcall contract: `callable` is a weak reference, `kwnames` null or a tuple.
    let (reference, kwnames) = unsafe {
        (
            PyObject::from_ptr(callable).downcast_unchecked::<PyWeakReference>(),
            PyObject::from_ptr_opt(kwnames).map(|names| names.downcast_unchecked::<PyTuple>()),
        )
    };
    let nargs = nargsf & !crate::call::ARGUMENTS_OFFSET;
    let keywords = kwnames.map_or(0, PyTuple::len);
    crate::call::result_into_ptr(reference.called(nargs, keywords))
}

impl PyWeakReference {
    fn called(&self, nargs: usize, keywords: usize) -> PyResult<Obj> {
        if keywords != 0 {
            return Err(crate::type_error!("weakref() takes no keyword arguments"));
        }
        if nargs != 0 {
            return Err(crate::type_error!(
                "weakref expected 0 arguments, got {nargs}"
            ));
        }
        Ok(self.get().unwrap_or_else(|| crate::none().to_obj()))
    }

    /// Frees a weak reference or proxy.
    ///
    /// # Safety
    /// The contract of `tp_dealloc`.
    pub(super) unsafe fn dealloc(object: *mut abi::PyObject) {
        // SAFETY: the contract of `tp_dealloc`.
        unsafe {
            gc::untrack_raw(object);
            let reference = PyObject::from_ptr(object).downcast_unchecked::<PyWeakReference>();
            reference.detach();
            reference.wr_callback.set(None);
            match (*(*object).ob_type.get()).tp_free.get() {
                Some(tp_free) => tp_free(object.cast()),
                None => crate::alloc::free_object(object),
            }
        }
    }

    /// Visits what a weak reference or proxy owns.
    ///
    /// # Safety
    /// The contract of `tp_traverse`.
    pub(super) unsafe fn visit(
        object: *mut abi::PyObject,
        visit: abi::visitproc,
        arg: *mut std::ffi::c_void,
    ) -> i32 {
        // SAFETY: the contract of `tp_traverse`.
        let (reference, mut visitor) = unsafe {
            (
                PyObject::from_ptr(object).downcast_unchecked::<PyWeakReference>(),
                Visitor::new(visit, arg),
            )
        };
        gc::traverse_status(reference.wr_callback.traverse(&mut visitor))
    }
}

#[pymethods]
impl PyWeakReference {
    #[slot(tp_new)]
    fn tp_new(cls: &PyType, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<Obj> {
        let is_plain = ptr::eq(cls, Self::type_object());
        if is_plain && kwargs.is_some_and(|kwargs| !kwargs.is_empty()) {
            return Err(crate::type_error!("ref() takes no keyword arguments"));
        }
        // A subclass may take more arguments in `__init__`; `ref` itself does not.
        let (object, callback) = arguments("__new__", args)?;
        let reference = make(cls, object, callback, Some(reference_vectorcall))?;
        Ok(reference.into_object())
    }

    #[slot(tp_init)]
    fn tp_init(&self, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<()> {
        if kwargs.is_some_and(|kwargs| !kwargs.is_empty()) {
            return Err(crate::type_error!("ref() takes no keyword arguments"));
        }
        arguments("__init__", args).map(|_| ())
    }

    #[slot(tp_call)]
    fn tp_call(&self, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<Obj> {
        self.called(args.len(), kwargs.map_or(0, PyDict::len))
    }

    #[slot(tp_hash)]
    fn tp_hash(&self) -> PyResult<isize> {
        self.hash_value()
    }

    #[slot(tp_richcompare)]
    fn tp_richcompare(&self, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
        let equality = matches!(op, CompareOp::Eq | CompareOp::Ne);
        let Some(other) = other.downcast::<PyWeakReference>().filter(|_| equality) else {
            return Ok(crate::not_implemented().to_obj());
        };
        match (self.get(), other.get()) {
            (Some(left), Some(right)) => left.rich_compare(&right, op),
            _ => {
                let same = self.is(other);
                Ok(crate::bool_object(same == matches!(op, CompareOp::Eq)).to_obj())
            }
        }
    }

    #[slot(tp_repr)]
    fn tp_repr(&self) -> PyResult<Obj> {
        let text = match self.get() {
            None => format!("<weakref at {self:p}; dead>"),
            Some(object) => {
                let class = object.type_().fully_qualified_name();
                let name = object
                    .lookup_attr(crate::intern!("__name__"))
                    .unwrap_or_else(|error| {
                        // It only helps to tell the object.
                        error.clear();
                        None
                    });
                match name.as_deref().and_then(PyObject::downcast::<PyStr>) {
                    Some(name) => format!(
                        "<weakref at {self:p}; to '{class}' at {:p} ({})>",
                        &*object,
                        name.to_string_lossy()
                    ),
                    None => format!("<weakref at {self:p}; to '{class}' at {:p}>", &*object),
                }
            }
        };
        Ok(PyStr::new(&text)?.into_object())
    }

    #[slot(tp_dealloc)]
    #[inline(never)]
    unsafe extern "C" fn tp_dealloc(object: *mut abi::PyObject) {
        // SAFETY: the contract of `tp_dealloc`.
        unsafe { PyWeakReference::dealloc(object) };
    }

    #[slot(tp_traverse)]
    #[inline(never)]
    unsafe extern "C" fn tp_traverse(
        object: *mut abi::PyObject,
        visit: abi::visitproc,
        arg: *mut std::ffi::c_void,
    ) -> i32 {
        // SAFETY: the contract of `tp_traverse`.
        unsafe { PyWeakReference::visit(object, visit, arg) }
    }

    #[slot(tp_clear)]
    #[inline(never)]
    unsafe extern "C" fn tp_clear(object: *mut abi::PyObject) -> i32 {
        // SAFETY: the contract of `tp_clear`.
        let reference =
            unsafe { PyObject::from_ptr(object).downcast_unchecked::<PyWeakReference>() };
        reference.detach();
        reference.wr_callback.set(None);
        0
    }

    #[pygetter]
    fn __callback__(&self) -> Obj {
        self.callback().unwrap_or_else(|| crate::none().to_obj())
    }

    /// See PEP 585
    #[pyclassmethod(name = "__class_getitem__", signature = "($type, object, /)")]
    fn class_getitem(cls: &PyType, item: &PyObject) -> PyResult<Obj> {
        crate::generic_alias::new_generic_alias(cls, item)
    }
}
