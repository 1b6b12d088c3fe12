//! `PyCapsule`: a C pointer in an object, with a name that tells what it points at.

use std::cell::Cell;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

use krait_abi as abi;
use krait_macros::{pyclass, pymethods};

use crate::gc;
use crate::object::{Obj, Py, PyObject};
use crate::{PyResult, PyStr};

/// A C pointer in a Python object.
///
/// Extension modules hand the tables of their C interfaces to each other
/// in capsules.
#[pyclass(
    name = "PyCapsule", symbol = PyCapsule_Type, flags(GC, DISALLOW_INSTANTIATION), layout = manual
)]
#[repr(C)]
pub struct PyCapsule {
    ob_base: PyObject,
    pointer: Cell<*mut c_void>,
    name: Cell<*const c_char>,
    context: Cell<*mut c_void>,
    destructor: Cell<Option<abi::PyCapsule_Destructor>>,
    traverse_func: Cell<Option<abi::traverseproc>>,
    clear_func: Cell<Option<abi::inquiry>>,
}

const _: () = assert!(size_of::<PyCapsule>() == size_of::<abi::PyCapsule>());

impl PyCapsule {
    /// `PyCapsule_New`.
    ///
    /// # Safety
    /// `name` is null or a C string that outlives the capsule; `destructor` may be called with it.
    pub unsafe fn new(
        pointer: *mut c_void,
        name: *const c_char,
        destructor: Option<abi::PyCapsule_Destructor>,
    ) -> PyResult<Py<PyCapsule>> {
        if pointer.is_null() {
            return Err(crate::value_error!(
                "PyCapsule_New called with null pointer"
            ));
        }
        let capsule = Py::new(PyCapsule {
            ob_base: PyObject::HEADER,
            pointer: Cell::new(pointer),
            name: Cell::new(name),
            context: Cell::new(ptr::null_mut()),
            destructor: Cell::new(destructor),
            traverse_func: Cell::new(None),
            clear_func: Cell::new(None),
        })?;
        // Tracked only once it has functions for the collector.
        gc::untrack(&capsule);
        Ok(capsule)
    }

    /// The pointer; never null.
    pub fn pointer(&self) -> &Cell<*mut c_void> {
        &self.pointer
    }

    /// The name as given; null for none.
    pub fn name_ptr(&self) -> &Cell<*const c_char> {
        &self.name
    }

    /// The context that C code may set.
    pub fn context(&self) -> &Cell<*mut c_void> {
        &self.context
    }

    /// The function that is called when the capsule ends.
    pub fn destructor(&self) -> &Cell<Option<abi::PyCapsule_Destructor>> {
        &self.destructor
    }

    /// `_PyCapsule_SetTraverse`: lets the collector see what the pointer refers to.
    ///
    /// # Safety
    /// The functions fulfil the contracts of `tp_traverse` and `tp_clear` for this capsule.
    pub unsafe fn set_traverse(&self, traverse: abi::traverseproc, clear: abi::inquiry) {
        self.traverse_func.set(Some(traverse));
        self.clear_func.set(Some(clear));
        gc::track(self);
    }

    /// Whether the capsule's name is `name` (null is a name of its own).
    ///
    /// # Safety
    /// `name` is null or a C string.
    pub unsafe fn has_name(&self, name: *const c_char) -> bool {
        let own = self.name.get();
        if own.is_null() || name.is_null() {
            return own == name;
        }
        // SAFETY: two C strings: the caller's, and the one from `new`, which is still alive.
        unsafe { CStr::from_ptr(own) == CStr::from_ptr(name) }
    }
}

#[pymethods]
impl PyCapsule {
    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Obj> {
        let name = self.name.get();
        let text = if name.is_null() {
            format!("<capsule object NULL at {self:p}>")
        } else {
            // SAFETY: the name is a C string that outlives the capsule.
            let name = unsafe { CStr::from_ptr(name) }.to_string_lossy();
            format!("<capsule object \"{name}\" at {self:p}>")
        };
        Ok(PyStr::new(&text)?.into_object())
    }

    #[slot(tp_dealloc)]
    #[inline(never)]
    unsafe extern "C" fn tp_dealloc(object: *mut abi::PyObject) {
        // SAFETY: the contract of `tp_dealloc`; the destructor takes the capsule while it is whole.
        unsafe {
            gc::untrack_raw(object);
            let capsule = PyObject::from_ptr(object).downcast_unchecked::<PyCapsule>();
            if let Some(destructor) = capsule.destructor.get() {
                destructor(object);
            }
            crate::alloc::free_object(object);
        }
    }

    #[slot(tp_traverse)]
    #[inline(never)]
    unsafe extern "C" fn tp_traverse(
        object: *mut abi::PyObject,
        visit: abi::visitproc,
        arg: *mut c_void,
    ) -> c_int {
        // SAFETY: the contract of `tp_traverse`, which the capsule's own function shares.
        unsafe {
            let capsule = PyObject::from_ptr(object).downcast_unchecked::<PyCapsule>();
            capsule
                .traverse_func
                .get()
                .map_or(0, |traverse| traverse(object, visit, arg))
        }
    }

    #[slot(tp_clear)]
    #[inline(never)]
    unsafe extern "C" fn tp_clear(object: *mut abi::PyObject) -> c_int {
        // SAFETY: the contract of `tp_clear`, which the capsule's own function shares.
        unsafe {
            let capsule = PyObject::from_ptr(object).downcast_unchecked::<PyCapsule>();
            capsule.clear_func.get().map_or(0, |clear| clear(object))
        }
    }
}
