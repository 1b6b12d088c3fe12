//! Classes: the `type` object's layout, attribute lookup along the MRO, and its caches.
//!
//! Invariants:
//! 1. A class is ready before anything looks at it: its MRO, dictionary and inherited slots are set.
//! 2. A class with a non-zero version tag has not changed since the tag was given; every change to
//!    it or to a base goes through [`PyType::modified`], which takes the tag away from all subclasses.
//! 3. The lookup cache holds borrowed values, valid while the version matches: a class's dictionary
//!    keeps them alive, and changing it changes the version.
//! 4. Slots are compared by their addresses. So a function that is one is never inlined, which would give each crate a
//!    copy of its own.

mod buffer_slots;
pub(crate) mod glue;
mod heap;
mod instance_getset;
mod layout;
mod mro;
mod new;
mod ready;
mod slotdefs;
mod slots;
mod slots_spec;
mod spec;
mod super_object;
#[cfg(test)]
mod tests;
mod type_attributes;
mod type_methods;
mod wrappers;

pub(crate) use buffer_slots::PyBufferWrapper;
pub use layout::calculate_metaclass;
pub(crate) use layout::compatible_for_assignment;
pub use new::new_type;
pub(crate) use ready::intern_c;
pub use ready::{ready_all, ready_type};
pub(crate) use slotdefs::{SlotDef, row_name};
pub use slotdefs::{slot_wrapper_for, update_slot};
pub(crate) use slots::next_not_implemented;
pub use spec::{from_spec, type_data_offset};
pub use super_object::{PySuper, super_getattr, super_method};
pub(crate) use type_methods::class_method_of_type;
pub use type_methods::{PyType_Type, is_type_getattro};
pub(crate) use wrappers::tp_new_wrapper;

use std::cell::Cell;
use std::ops::Deref;

use krait_abi as abi;

use crate::object::{Obj, Py, PyClass, PyObject};
use crate::state::Interpreter;
use crate::{PyDict, PyStr, PyTuple};

/// A class: CPython's `PyTypeObject`.
#[repr(transparent)]
pub struct PyType(pub(crate) abi::PyTypeObject);

// SAFETY: static classes are shared by all threads, which touch them only while they hold the
// interpreter lock.
unsafe impl Sync for PyType {}

impl Deref for PyType {
    type Target = PyObject;

    #[inline(always)]
    fn deref(&self) -> &PyObject {
        // SAFETY: a type object starts with the object header.
        unsafe { &*std::ptr::from_ref(self).cast() }
    }
}

// SAFETY: `PyType` is a type object; subclasses of `type` are laid out on it.
unsafe impl PyClass for PyType {
    const NAME: &'static str = "type";

    #[inline(always)]
    fn type_object() -> &'static PyType {
        type_methods::type_type()
    }

    #[inline(always)]
    fn check(obj: &PyObject) -> bool {
        obj.type_().has_flag(abi::Py_TPFLAGS_TYPE_SUBCLASS)
    }
}

/// In `tp_versions_used`: the class gets no tag, since it is not told of every change.
const UNTAGGED: u16 = u16::MAX;

impl PyType {
    /// The C struct: slots and all.
    #[inline(always)]
    pub fn raw(&self) -> &abi::PyTypeObject {
        &self.0
    }

    /// The class as the C API sees it.
    #[inline(always)]
    pub fn as_type_ptr(&self) -> *mut abi::PyTypeObject {
        std::ptr::from_ref(&self.0).cast_mut()
    }

    /// Borrows a class from a raw pointer.
    ///
    /// # Safety
    /// `ptr` must point at a live type object for `'a`.
    #[inline(always)]
    pub unsafe fn from_type_ptr<'a>(ptr: *mut abi::PyTypeObject) -> &'a PyType {
        // SAFETY: the caller's contract.
        unsafe { &*ptr.cast::<PyType>() }
    }

    /// `tp_flags`.
    #[inline(always)]
    pub fn flags(&self) -> u64 {
        self.0.tp_flags.get()
    }

    /// Whether the flag (`Py_TPFLAGS_*`) is set.
    #[inline(always)]
    pub fn has_flag(&self, flag: u64) -> bool {
        self.flags() & flag != 0
    }

    /// Sets flags.
    pub fn set_flags(&self, flags: u64) {
        self.0.tp_flags.set(flags as _);
    }

    /// Whether the class was made at run time (by `class`, or from a C spec).
    #[inline(always)]
    pub fn is_heap_type(&self) -> bool {
        self.has_flag(abi::Py_TPFLAGS_HEAPTYPE)
    }

    /// The heap part, for classes made at run time.
    #[inline(always)]
    pub fn heap(&self) -> Option<&abi::PyHeapTypeObject> {
        // SAFETY: heap types are allocated as `PyHeapTypeObject`, which starts with the type.
        self.is_heap_type()
            .then(|| unsafe { &*std::ptr::from_ref(self).cast() })
    }

    /// `__name__`: for static classes the last part of `tp_name`.
    pub fn name(&self) -> String {
        if let Some(heap) = self.heap() {
            // SAFETY: `ht_name` is a live string once the type exists.
            let name = unsafe { PyObject::from_ptr_opt(heap.ht_name.get()) };
            if let Some(name) = name.and_then(PyObject::downcast::<PyStr>) {
                return name.to_string_lossy();
            }
        }
        let full = self.tp_name();
        match full.rfind('.') {
            Some(dot) => full[dot + 1..].to_owned(),
            None => full,
        }
    }

    /// `PyType_GetFullyQualifiedName`: module and qualified name, without the module of builtins
    /// and of the main program.
    pub fn fully_qualified_name(&self) -> String {
        if !self.is_heap_type() {
            return self.tp_name();
        }
        let text = |name: &str| match self.as_object().lookup_attr_str(name) {
            Ok(value) => value.and_then(|value| value.cast::<PyStr>().ok()),
            Err(error) => {
                error.clear();
                None
            }
        };
        let Some(qualname) = text("__qualname__") else {
            return self.tp_name();
        };
        match text("__module__").map(|module| module.to_string_lossy()) {
            Some(module) if module != "builtins" && module != "__main__" => {
                format!("{module}.{}", qualname.to_string_lossy())
            }
            _ => qualname.to_string_lossy(),
        }
    }

    /// `tp_name`: for classes made in C with the module in front.
    pub fn tp_name(&self) -> String {
        let name = self.0.tp_name.get();
        if name.is_null() {
            return String::new();
        }
        // SAFETY: `tp_name` is a C string that lives as long as the type.
        unsafe { std::ffi::CStr::from_ptr(name) }
            .to_string_lossy()
            .into_owned()
    }

    /// The name that messages use: with the module, unless that is `builtins` or `__main__`
    /// (`%T` in C format strings is this with the module always).
    pub fn qualified_name(&self) -> crate::PyResult<String> {
        let qualname = self.getattr(crate::intern!("__qualname__"))?;
        let qualname = qualname.str()?.to_string_lossy();
        let module = self.lookup_attr(crate::intern!("__module__"))?;
        Ok(
            match module.as_deref().and_then(PyObject::downcast::<PyStr>) {
                Some(module) if !matches!(&*module.to_string_lossy(), "builtins" | "__main__") => {
                    format!("{}.{qualname}", module.to_string_lossy())
                }
                _ => qualname,
            },
        )
    }

    /// Whether this class is `other` or derives from it, by the MRO.
    #[inline(always)]
    pub fn is_subtype(&self, other: &PyType) -> bool {
        std::ptr::eq(self, other) || self.is_proper_subtype(other)
    }

    fn is_proper_subtype(&self, other: &PyType) -> bool {
        match self.mro() {
            Some(mro) => mro.as_slice().iter().any(|class| class.is(other)),
            None => {
                // Not ready yet: only the chain of bases is known.
                let mut base = self.base();
                while let Some(class) = base {
                    if std::ptr::eq(class, other) {
                        return true;
                    }
                    base = class.base();
                }
                other.is(PyObject::type_object())
            }
        }
    }

    /// `__base__`: the base that decides the layout.
    #[inline]
    pub fn base(&self) -> Option<&PyType> {
        // SAFETY: a class keeps its base alive.
        unsafe { self.0.tp_base.get().cast::<PyType>().as_ref() }
    }

    /// `__mro__`.
    #[inline]
    pub fn mro(&self) -> Option<&PyTuple> {
        // SAFETY: `tp_mro` is a tuple; it is replaced only by assigning to `__bases__`, during which
        // nobody holds the borrow across Python code.
        unsafe { self.0.tp_mro.get().cast::<PyTuple>().as_ref() }
    }

    /// `__bases__`.
    pub fn bases(&self) -> Option<&PyTuple> {
        // SAFETY: as for `mro`.
        unsafe { self.0.tp_bases.get().cast::<PyTuple>().as_ref() }
    }

    /// The class's own namespace.
    #[inline]
    pub fn dict(&self) -> &PyDict {
        // SAFETY: a ready class has a dictionary, which it owns and never replaces.
        unsafe { &*self.0.tp_dict.get().cast::<PyDict>() }
    }

    /// Looks `name` up along the MRO, without descriptors: `_PyType_Lookup`.
    #[inline]
    pub fn lookup(&self, name: &PyStr) -> Option<Obj> {
        // SAFETY: the borrow is turned into a reference of its own before anything else runs.
        unsafe { self.lookup_ref(name) }.map(PyClass::to_obj)
    }

    /// As [`PyType::lookup`], borrowed from the class that has it.
    ///
    /// # Safety
    /// The borrow ends before anything that can change a class (any Python code).
    #[inline]
    pub unsafe fn lookup_ref(&self, name: &PyStr) -> Option<&PyObject> {
        let version = self.0.tp_version_tag.get();
        let cache = type_cache(version, name);
        if cache.version.get() == version && version != 0 && std::ptr::eq(cache.name.get(), name) {
            // SAFETY: invariant 3.
            return unsafe { cache.value.get().as_ref() };
        }
        self.lookup_uncached(name)
    }

    #[inline(never)]
    fn lookup_uncached(&self, name: &PyStr) -> Option<&PyObject> {
        let mro = self.mro()?;
        let mut found = None;
        for class in mro.as_slice() {
            // SAFETY: an MRO holds classes only.
            let class = unsafe { class.downcast_unchecked::<PyType>() };
            // SAFETY: looking up an exact string runs no Python code.
            if let Some(value) = unsafe { class.dict().get_str_ref(name) } {
                // SAFETY: the class's dictionary keeps the value alive for as long as `self` is
                // unchanged; the lifetime is the caller's to keep (see `lookup_ref`).
                found = Some(unsafe { &*std::ptr::from_ref(value) });
                break;
            }
        }
        if name.is_interned() && self.assign_version_tag() {
            let version = self.0.tp_version_tag.get();
            let cache = type_cache(version, name);
            cache.version.set(version);
            cache.name.set(name);
            cache
                .value
                .set(found.map_or(std::ptr::null(), std::ptr::from_ref));
            // The cache compares addresses: the name must not be freed and its address reused.
            name.keep_for_cache();
        }
        found
    }

    /// The version tag, given now if there is none; 0 when the supply has run out.
    pub fn version_tag(&self) -> u32 {
        self.assign_version_tag();
        self.0.tp_version_tag.get()
    }

    fn assign_version_tag(&self) -> bool {
        if self.0.tp_version_tag.get() != 0 {
            return true;
        }
        if !self.has_flag(abi::Py_TPFLAGS_READY) {
            return false;
        }
        if self.0.tp_versions_used.get() == UNTAGGED {
            return false;
        }
        let interp = Interpreter::current();
        // A tag promises that a change to any base is noticed: each base needs one too.
        if let Some(bases) = self.bases() {
            for base in bases.as_slice() {
                if !base
                    .downcast::<PyType>()
                    .is_some_and(PyType::assign_version_tag)
                {
                    return false;
                }
            }
        }
        let version = interp.next_type_version.get();
        if version == u32::MAX {
            return false;
        }
        interp.next_type_version.set(version + 1);
        self.0.tp_version_tag.set(version);
        true
    }

    /// A new instance from `tp_alloc`, with room for `items` items if the class is of variable
    /// size, and all fields zero; the collector tracks it if it does instances of the class.
    pub fn alloc(&self, items: usize) -> crate::PyResult<Obj> {
        let object = crate::alloc::alloc_object(self, items)?;
        crate::gc::track(&object);
        Ok(object)
    }

    /// Says that the class changed: caches about it and its subclasses are void.
    pub fn modified(&self) {
        if self.0.tp_version_tag.get() == 0 {
            return;
        }
        self.0.tp_version_tag.set(0);
        if let Some(heap) = self.heap() {
            heap._spec_cache.getitem.set(std::ptr::null_mut());
            heap._spec_cache.init.set(std::ptr::null_mut());
        }
        self.for_each_subclass(|subclass| subclass.modified());
    }

    /// Calls `visit` with each live direct subclass.
    pub fn for_each_subclass(&self, mut visit: impl FnMut(&PyType)) {
        for subclass in self.subclasses() {
            visit(&subclass);
        }
    }

    /// The live direct subclasses, in the order of their creation.
    pub fn subclasses(&self) -> Vec<Py<PyType>> {
        ready::live_subclasses(self)
    }
}

/// How many entries the lookup cache has, as in CPython.
const CACHE_SIZE: usize = 1 << 12;

struct CacheEntry {
    version: Cell<u32>,
    name: Cell<*const PyStr>,
    value: Cell<*const PyObject>,
}

struct TypeCache([CacheEntry; CACHE_SIZE]);

// SAFETY: touched only by the thread that holds the interpreter lock.
unsafe impl Sync for TypeCache {}

// Version tags are unique in the process while there is one interpreter; the cache is process-wide
// so that a lookup costs no indirection.
static TYPE_CACHE: TypeCache = TypeCache(
    [const {
        CacheEntry {
            version: Cell::new(0),
            name: Cell::new(std::ptr::null()),
            value: Cell::new(std::ptr::null()),
        }
    }; CACHE_SIZE],
);

#[inline(always)]
fn type_cache(version: u32, name: &PyStr) -> &'static CacheEntry {
    let hash = version as usize ^ (std::ptr::from_ref(name).addr() >> 4);
    &TYPE_CACHE.0[hash % CACHE_SIZE]
}
