//! The object header, owned references and class identity.
//!
//! Invariants that all other code leans on:
//! 1. A `&PyObject` points at a live object whose header is initialised; whoever lends it keeps a
//!    count on it (or it is immortal) for the whole of the borrow.
//! 2. Every field behind a `&T` is a cell: Python aliases everything, so there is no `&mut T`.
//! 3. References never cross threads by themselves (`Py` is not `Send`), and a thread touches
//!    objects only while it holds the interpreter lock.
//! 4. A struct that implements [`PyClass`] starts with the header, and every object for which
//!    `T::check` holds is laid out as a `T`.

use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr::NonNull;

use krait_abi as abi;

use crate::typeobject::PyType;

/// Any Python object: the header that every object starts with.
#[repr(transparent)]
pub struct PyObject(pub(crate) abi::PyObject);

/// The header of objects with a size: `ob_size` follows the object header.
#[repr(transparent)]
pub struct PyVarObject(pub(crate) abi::PyVarObject);

/// An owned reference to any object.
pub type Obj = Py<PyObject>;

/// From this count on an object is immortal: its count never changes.
const IMMORTAL: u32 = abi::_Py_IMMORTAL_INITIAL_REFCNT;

impl PyObject {
    /// A header for struct literals that [`Py::new_in`] fills in when the object is allocated.
    #[allow(clippy::declare_interior_mutable_const)]
    pub const HEADER: PyObject = PyObject(abi::PyObject {
        ob_refcnt: std::cell::Cell::new(0),
        ob_overflow: std::cell::Cell::new(0),
        ob_flags: std::cell::Cell::new(0),
        ob_type: std::cell::Cell::new(std::ptr::null_mut()),
    });

    /// A header for an immortal static object of the given type.
    pub const fn immortal(ob_type: *mut abi::PyTypeObject) -> PyObject {
        PyObject(abi::PyObject {
            ob_refcnt: std::cell::Cell::new(IMMORTAL),
            ob_overflow: std::cell::Cell::new(0),
            ob_flags: std::cell::Cell::new(abi::_Py_STATIC_FLAG_BITS),
            ob_type: std::cell::Cell::new(ob_type),
        })
    }

    /// The object's class, `type(obj)`.
    #[inline(always)]
    pub fn type_(&self) -> &PyType {
        // SAFETY: invariant 1: the header is initialised, and an object keeps its type alive. A
        // class assignment could end the old type, which callers avoid by not holding the borrow
        // across Python code without a reference of their own.
        unsafe { &*self.0.ob_type.get().cast::<PyType>() }
    }

    /// The class as a raw pointer, for identity comparisons.
    #[inline(always)]
    pub fn type_ptr(&self) -> *mut abi::PyTypeObject {
        self.0.ob_type.get()
    }

    /// Sets the class pointer without touching any count.
    ///
    /// # Safety
    /// The object must be laid out as an instance of `ty`, and the caller moves the counts.
    pub unsafe fn set_type_raw(&self, ty: *mut abi::PyTypeObject) {
        self.0.ob_type.set(ty);
    }

    /// The object as the C API sees it. Writing through it is bounded by the invariants above.
    #[inline(always)]
    pub fn as_ptr(&self) -> *mut abi::PyObject {
        std::ptr::from_ref(self).cast_mut().cast()
    }

    /// Borrows an object from a raw pointer.
    ///
    /// # Safety
    /// `ptr` must point at a live object that stays alive for `'a`.
    #[inline(always)]
    pub unsafe fn from_ptr<'a>(ptr: *mut abi::PyObject) -> &'a PyObject {
        // SAFETY: the caller's contract.
        unsafe { &*ptr.cast::<PyObject>() }
    }

    /// Borrows an object from a pointer that may be null.
    ///
    /// # Safety
    /// As [`PyObject::from_ptr`], unless null.
    #[inline(always)]
    pub unsafe fn from_ptr_opt<'a>(ptr: *mut abi::PyObject) -> Option<&'a PyObject> {
        // SAFETY: the caller's contract.
        unsafe { ptr.cast::<PyObject>().as_ref() }
    }

    /// The reference count that `sys.getrefcount` is made from.
    pub fn refcount(&self) -> u32 {
        self.0.ob_refcnt.get()
    }

    /// Whether the object is immortal: never counted, never freed.
    #[inline(always)]
    pub fn is_immortal(&self) -> bool {
        (self.0.ob_refcnt.get() as i32) < 0
    }

    /// Makes the object immortal.
    pub fn make_immortal(&self) {
        self.0.ob_refcnt.set(IMMORTAL);
    }

    /// Whether this is the only reference to the object, so that it may be changed in place.
    #[inline(always)]
    pub fn is_unique(&self) -> bool {
        self.0.ob_refcnt.get() == 1
    }

    /// `self is other`.
    #[inline(always)]
    pub fn is(&self, other: &PyObject) -> bool {
        std::ptr::eq(self, other)
    }

    /// Adds a reference.
    #[inline(always)]
    pub(crate) fn incref(&self) {
        let count = self.0.ob_refcnt.get();
        if count < IMMORTAL {
            self.0.ob_refcnt.set(count + 1);
        }
    }

    /// Whether the object is exactly of class `T`, not of a subclass.
    #[inline(always)]
    pub fn is_exact<T: PyClass>(&self) -> bool {
        std::ptr::eq(self.type_(), T::type_object())
    }

    /// Whether the object is an instance of class `T` or of a subclass, without Python hooks.
    #[inline(always)]
    pub fn is_instance_of<T: PyClass>(&self) -> bool {
        T::check(self)
    }

    /// The object as a `T`, if it is an instance of it or of a subclass.
    #[inline(always)]
    pub fn downcast<T: PyClass>(&self) -> Option<&T> {
        // SAFETY: invariant 4.
        T::check(self).then(|| unsafe { self.downcast_unchecked() })
    }

    /// The object as a `T`, if that is its exact class.
    #[inline(always)]
    pub fn downcast_exact<T: PyClass>(&self) -> Option<&T> {
        // SAFETY: invariant 4: instances of exactly `T`'s type are laid out as `T`.
        self.is_exact::<T>()
            .then(|| unsafe { self.downcast_unchecked() })
    }

    /// The object as a `T`, unchecked.
    ///
    /// # Safety
    /// The object must be laid out as a `T`.
    #[inline(always)]
    pub unsafe fn downcast_unchecked<T: PyClass>(&self) -> &T {
        // SAFETY: the caller's contract; `T` starts with the header.
        unsafe { &*std::ptr::from_ref(self).cast::<T>() }
    }

    /// The name of the object's class, for messages: `type(obj).__name__`.
    pub fn type_name(&self) -> String {
        self.type_().name()
    }
}

impl PyVarObject {
    /// A header for struct literals that the allocation fills in.
    #[allow(clippy::declare_interior_mutable_const)]
    pub const HEADER: PyVarObject = PyVarObject(abi::PyVarObject {
        ob_base: PyObject::HEADER.0,
        ob_size: std::cell::Cell::new(0),
    });

    /// `Py_SIZE`: the number of items (for ints and the like, CPython's own encoding).
    #[inline(always)]
    pub fn ob_size(&self) -> isize {
        self.0.ob_size.get()
    }
}

impl Deref for PyVarObject {
    type Target = PyObject;

    #[inline(always)]
    fn deref(&self) -> &PyObject {
        // SAFETY: `PyVarObject` starts with the object header.
        unsafe { &*std::ptr::from_ref(self).cast() }
    }
}

/// How the memory of a class's direct instances is made up, as far as it is known at compile time:
/// then the class object need not be asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Allocation {
    /// The class object has to be asked.
    Ask,
    /// The struct alone.
    Plain,
    /// The struct behind a collector's header.
    Collected,
}

/// A Rust struct that is the layout of a Python class.
///
/// # Safety
/// `ALLOCATION` is true of the class object. `Self` is `repr(C)` (or transparent), starts with the object header, and every object that
/// [`PyClass::check`] accepts is laid out as a `Self`.
pub unsafe trait PyClass: Sized + 'static {
    /// The class's name, as in `__name__`.
    const NAME: &'static str;

    /// What the declaration of the class tells of the memory of its direct instances.
    const ALLOCATION: Allocation = Allocation::Ask;

    /// The class object.
    fn type_object() -> &'static PyType;

    /// Whether `obj` is an instance of the class or of a subclass.
    #[inline]
    fn check(obj: &PyObject) -> bool {
        obj.type_().is_subtype(Self::type_object())
    }

    /// The object behind the struct.
    #[inline(always)]
    fn as_object(&self) -> &PyObject {
        // SAFETY: the trait's contract: the struct starts with the object header.
        unsafe { &*std::ptr::from_ref(self).cast() }
    }

    /// A new owned reference.
    #[inline(always)]
    fn to_owned(&self) -> Py<Self> {
        self.as_object().incref();
        Py(NonNull::from(self), PhantomData)
    }

    /// A new owned reference as a plain object.
    #[inline(always)]
    fn to_obj(&self) -> Obj {
        PyClass::to_owned(self.as_object())
    }
}

// SAFETY: every object starts with the header, and everything is an instance of `object`.
unsafe impl PyClass for PyObject {
    const NAME: &'static str = "object";

    #[inline(always)]
    fn type_object() -> &'static PyType {
        crate::object_type::object_type()
    }

    #[inline(always)]
    fn check(_: &PyObject) -> bool {
        true
    }
}

/// An owned reference to an object of class `T`: cloning counts up, dropping counts down.
#[repr(transparent)]
pub struct Py<T: PyClass>(NonNull<T>, PhantomData<*const T>);

impl<T: PyClass> Py<T> {
    /// Takes over a reference from a raw pointer.
    ///
    /// # Safety
    /// `ptr` must be an object laid out as a `T`, with a count that the caller gives away.
    #[inline(always)]
    pub unsafe fn from_owned_ptr(ptr: *mut abi::PyObject) -> Py<T> {
        // SAFETY: the caller's contract: an object is never at null.
        Py(unsafe { NonNull::new_unchecked(ptr.cast()) }, PhantomData)
    }

    /// Takes over a reference from a raw pointer that may be null.
    ///
    /// # Safety
    /// As [`Py::from_owned_ptr`], unless null.
    #[inline(always)]
    pub unsafe fn from_owned_ptr_opt(ptr: *mut abi::PyObject) -> Option<Py<T>> {
        NonNull::new(ptr.cast()).map(|ptr| Py(ptr, PhantomData))
    }

    /// A new reference to the object at a raw pointer.
    ///
    /// # Safety
    /// `ptr` must point at a live object laid out as a `T`.
    #[inline(always)]
    pub unsafe fn from_borrowed_ptr(ptr: *mut abi::PyObject) -> Py<T> {
        // SAFETY: the caller's contract.
        unsafe { PyClass::to_owned(&*ptr.cast::<T>()) }
    }

    /// Gives the reference away as a raw pointer with its count.
    #[inline(always)]
    pub fn into_ptr(self) -> *mut abi::PyObject {
        ManuallyDrop::new(self).0.as_ptr().cast()
    }

    /// The reference as one to a plain object.
    #[inline(always)]
    pub fn into_object(self) -> Obj {
        let this = ManuallyDrop::new(self);
        Py(this.0.cast(), PhantomData)
    }

    /// The reference as one to a `U`, if the object is an instance of it; the reference back if not.
    #[inline]
    pub fn cast<U: PyClass>(self) -> Result<Py<U>, Py<T>> {
        if U::check(self.as_object()) {
            let this = ManuallyDrop::new(self);
            Ok(Py(this.0.cast(), PhantomData))
        } else {
            Err(self)
        }
    }

    /// The reference as one to a `U`, unchecked.
    ///
    /// # Safety
    /// The object must be laid out as a `U`.
    #[inline(always)]
    pub unsafe fn cast_unchecked<U: PyClass>(self) -> Py<U> {
        let this = ManuallyDrop::new(self);
        Py(this.0.cast(), PhantomData)
    }

    /// Allocates an object of exactly class `T`.
    #[inline(always)]
    pub fn new(value: T) -> crate::PyResult<Py<T>> {
        match T::ALLOCATION {
            Allocation::Ask => Self::new_in(T::type_object(), value),
            Allocation::Plain => crate::alloc::new_plain(value),
            Allocation::Collected => crate::alloc::new_collected(value),
        }
    }

    /// Allocates an object of `class`, which must be `T`'s class or a subclass laid out on it.
    ///
    /// The header in `value` is a placeholder ([`PyObject::HEADER`]): the allocated one is kept.
    #[inline(always)]
    pub fn new_in(class: &PyType, value: T) -> crate::PyResult<Py<T>> {
        debug_assert!(class.is_subtype(T::type_object()));
        crate::alloc::new_object(class, value)
    }
}

impl<T: PyClass> Clone for Py<T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        PyClass::to_owned(&**self)
    }
}

impl<T: PyClass> Drop for Py<T> {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: an owned reference holds a count, which ends here.
        unsafe { decref(self.0.as_ptr().cast()) }
    }
}

impl<T: PyClass> Deref for Py<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: the object lives as long as this reference holds its count.
        unsafe { self.0.as_ref() }
    }
}

impl<T: PyClass> From<&T> for Py<T> {
    fn from(value: &T) -> Self {
        PyClass::to_owned(value)
    }
}

impl<T: PyClass> fmt::Debug for Py<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "<{} object at {:p}>",
            self.as_object().type_name(),
            self.0
        )
    }
}

impl fmt::Debug for PyObject {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "<{} object at {:p}>", self.type_name(), self)
    }
}

/// Ends one reference; the object is deallocated at once when it was the last.
///
/// # Safety
/// `ptr` must be a live object whose count the caller gives up.
#[inline(always)]
pub unsafe fn decref(ptr: *mut abi::PyObject) {
    // SAFETY: the caller's contract.
    let object = unsafe { &*ptr };
    let count = object.ob_refcnt.get();
    if (count as i32) < 0 {
        return;
    }
    object.ob_refcnt.set(count - 1);
    if count == 1 {
        // SAFETY: the count has reached zero: nobody else refers to the object.
        unsafe { dealloc(ptr) };
    }
}

/// As [`decref`] for an object of exactly class `int` or `float`: it goes without its class being
/// asked, and runs nothing.
///
/// # Safety
/// As for [`decref`]; the object is of one of those classes, exactly.
#[inline(always)]
pub(crate) unsafe fn decref_plain(ptr: *mut abi::PyObject) {
    // SAFETY: the caller's contract.
    let object = unsafe { &*ptr };
    let count = object.ob_refcnt.get();
    if (count as i32) < 0 {
        return;
    }
    object.ob_refcnt.set(count - 1);
    if count == 1 {
        // SAFETY: nobody else refers to the object, which starts its block: its class has neither
        // managed words nor a collector's header.
        unsafe { free_plain(ptr) };
    }
}

/// Frees an object that has nothing before its header.
///
/// # Safety
/// As for [`crate::alloc::free`].
#[inline(never)]
unsafe fn free_plain(ptr: *mut abi::PyObject) {
    // SAFETY: the caller's contract.
    unsafe { crate::alloc::free(ptr.cast()) };
}

/// Runs the class's deallocator on an object whose count has reached zero.
///
/// A container that ends deep in the native stack is put aside and ended when the stack is shallow
/// again: letting go of a long chain must not overflow it.
///
/// # Safety
/// `ptr` must be an object that nothing refers to any more.
#[inline(never)]
unsafe fn dealloc(ptr: *mut abi::PyObject) {
    let ptr = crate::alloc::whole(ptr);
    // SAFETY: the type outlives its instances, and each type has a deallocator once ready.
    unsafe {
        let ty = &*(*ptr).ob_type.get();
        let Some(tp_dealloc) = ty.tp_dealloc.get() else {
            return;
        };
        if ty.tp_flags.get() & abi::Py_TPFLAGS_HAVE_GC == 0 {
            return tp_dealloc(ptr);
        }
        let tstate = crate::ThreadState::current();
        if tstate.stack_is_low() {
            // Its count is zero: the collector must not come across it meanwhile.
            crate::gc::untrack(PyObject::from_ptr(ptr));
            tstate.delete_later.borrow_mut().push(ptr);
            return;
        }
        tp_dealloc(ptr);
        if !tstate.delete_later.borrow().is_empty() && tstate.stack_is_roomy() {
            dealloc_postponed(tstate);
        }
    }
}

/// Ends the objects that were put aside; those that this puts aside again too.
#[cold]
unsafe fn dealloc_postponed(tstate: &crate::ThreadState) {
    loop {
        let next = tstate.delete_later.borrow_mut().pop();
        let Some(ptr) = next else { return };
        // SAFETY: what is in the list has a count of zero and is there once.
        unsafe {
            if let Some(tp_dealloc) = (*(*ptr).ob_type.get()).tp_dealloc.get() {
                tp_dealloc(ptr);
            }
        }
    }
}

/// The header of an object of a static class being made by hand, with one reference.
///
/// Always inlined: a header that is built on the stack field by field and then copied in one piece
/// has the processor wait for the fields.
#[inline(always)]
pub(crate) fn new_header(class: &'static PyType) -> abi::PyObject {
    debug_assert!(!class.is_heap_type());
    abi::PyObject {
        ob_refcnt: std::cell::Cell::new(1),
        ob_overflow: std::cell::Cell::new(0),
        ob_flags: std::cell::Cell::new(0),
        ob_type: std::cell::Cell::new(class.as_type_ptr()),
    }
}
