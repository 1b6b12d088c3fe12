//! `type`: calling a class, its attributes, and its methods.

use std::cell::Cell;
use std::ffi::c_int;
use std::mem::offset_of;

use krait_abi as abi;
use krait_macros::pymethods;

use super::glue::{self, Ptr};
use super::{PyType, heap, mro, new, slotdefs};
use crate::attr::Method;
use crate::class::{self, ClassTable, GetSetDef, MethodDef, TypeParts, TypeSpec};
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{
    Args, KwArgs, PyDict, PyList, PyResult, PyStr, PyTuple, attribute_error, intern, type_error,
};

/// Read-only members of `type`: the fields of the C struct that programs see.
struct Members([abi::PyMemberDef; 7]);

// SAFETY: never changed.
unsafe impl Sync for Members {}

const fn member(name: &'static std::ffi::CStr, kind: c_int, offset: usize) -> abi::PyMemberDef {
    abi::PyMemberDef {
        name: name.as_ptr(),
        r#type: kind,
        offset: offset as isize,
        flags: abi::Py_READONLY,
        doc: std::ptr::null(),
    }
}

static MEMBERS: Members = Members([
    member(
        c"__basicsize__",
        abi::Py_T_PYSSIZET,
        offset_of!(abi::PyTypeObject, tp_basicsize),
    ),
    member(
        c"__itemsize__",
        abi::Py_T_PYSSIZET,
        offset_of!(abi::PyTypeObject, tp_itemsize),
    ),
    member(
        c"__flags__",
        abi::Py_T_ULONG,
        offset_of!(abi::PyTypeObject, tp_flags),
    ),
    member(
        c"__weakrefoffset__",
        abi::Py_T_PYSSIZET,
        offset_of!(abi::PyTypeObject, tp_weaklistoffset),
    ),
    member(
        c"__base__",
        abi::_Py_T_OBJECT,
        offset_of!(abi::PyTypeObject, tp_base),
    ),
    member(
        c"__dictoffset__",
        abi::Py_T_PYSSIZET,
        offset_of!(abi::PyTypeObject, tp_dictoffset),
    ),
    abi::PyMemberDef::EMPTY,
]);

/// The type object of `type`.
#[unsafe(no_mangle)]
pub static PyType_Type: PyType = {
    const TABLES: &[ClassTable] = &[PyType::METHODS, PyType::ATTRIBUTES];
    const DOC: &str = "type(object) -> the object's type\n\
        type(name, bases, dict, **kwds) -> a new type";
    static METHODS: [MethodDef; class::method_count(TABLES) + 1] = class::join_methods(TABLES);
    static GETSET: [GetSetDef; class::getset_count(TABLES) + 1] = class::join_getset(TABLES);
    static DOCSTRING: [u8; class::doc_len("type", TABLES, DOC)] =
        class::doc_bytes("type", TABLES, DOC);
    static NUMBER: abi::PyNumberMethods = abi::PyNumberMethods {
        nb_or: Cell::new(Some(type_or)),
        ..abi::PyNumberMethods::EMPTY
    };
    let mut parts = TypeParts::EMPTY;
    parts.ty.tp_dealloc = Cell::new(Some(heap::type_dealloc));
    parts.ty.tp_repr = Cell::new(Some(type_repr));
    parts.ty.tp_call = Cell::new(Some(type_call));
    parts.ty.tp_getattro = Cell::new(Some(type_getattro));
    parts.ty.tp_setattro = Cell::new(Some(type_setattro));
    parts.ty.tp_traverse = Cell::new(Some(heap::type_traverse));
    parts.ty.tp_clear = Cell::new(Some(heap::type_clear));
    parts.ty.tp_init = Cell::new(Some(type_init));
    parts.ty.tp_new = Cell::new(Some(type_tp_new));
    parts.ty.tp_free = Cell::new(Some(crate::alloc::generic_free));
    parts.ty.tp_is_gc = Cell::new(Some(heap::type_is_gc));
    parts.ty.tp_vectorcall = Cell::new(Some(type_vectorcall));
    parts.ty.tp_members = Cell::new(MEMBERS.0.as_ptr().cast_mut());
    class::static_type(
        TypeSpec {
            name: c"type",
            basicsize: size_of::<abi::PyHeapTypeObject>() as isize,
            itemsize: size_of::<abi::PyMemberDef>() as isize,
            flags: abi::Py_TPFLAGS_DEFAULT
                | abi::Py_TPFLAGS_HAVE_GC
                | abi::Py_TPFLAGS_BASETYPE
                | abi::Py_TPFLAGS_TYPE_SUBCLASS
                | abi::Py_TPFLAGS_HAVE_VECTORCALL
                | abi::Py_TPFLAGS_ITEMS_AT_END,
            base: std::ptr::null_mut(),
            dict_offset: offset_of!(abi::PyTypeObject, tp_dict) as isize,
            weaklist_offset: offset_of!(abi::PyTypeObject, tp_weaklist) as isize,
            vectorcall_offset: offset_of!(abi::PyTypeObject, tp_vectorcall) as isize,
            doc: class::doc_ptr(&DOCSTRING),
            methods: class::methods_ptr(&METHODS),
            getset: class::getset_ptr(&GETSET),
            number: (&raw const NUMBER).cast_mut(),
            sequence: std::ptr::null_mut(),
            mapping: std::ptr::null_mut(),
            asynchronous: std::ptr::null_mut(),
            buffer: std::ptr::null_mut(),
        },
        parts,
    )
};

// SAFETY: the address of the static type above.
unsafe impl class::StaticClass for PyType {
    const TYPE: *mut abi::PyTypeObject = class::static_type_ptr(&raw const PyType_Type);
}

/// `type`.
#[inline(always)]
pub(super) fn type_type() -> &'static PyType {
    &PyType_Type
}

/// Whether a slot is `type`'s own, so that its logic may be done in place.
#[inline(always)]
pub fn is_type_getattro(slot: abi::getattrofunc) -> bool {
    std::ptr::fn_addr_eq(slot, type_getattro as abi::getattrofunc)
}

impl PyType {
    /// `__module__`, if it is a string.
    pub(crate) fn module_text(&self) -> PyResult<Option<String>> {
        match self.module_object()? {
            Some(module) => Ok(module.downcast::<PyStr>().map(PyStr::to_string_lossy)),
            None => Ok(None),
        }
    }

    /// `__qualname__` as Rust text.
    pub(crate) fn qualname_text(&self) -> PyResult<String> {
        Ok(self.qualname_object()?.to_string_lossy())
    }

    pub(super) fn module_object(&self) -> PyResult<Option<Obj>> {
        if self.is_heap_type() {
            return self.dict().get_str(intern!("__module__"));
        }
        let name = self.tp_name();
        let module = name
            .rsplit_once('.')
            .map_or("builtins", |(module, _)| module);
        PyStr::intern(module).map(|module| Some(module.into_object()))
    }

    pub(super) fn name_object(&self) -> PyResult<Py<PyStr>> {
        self.heap_name(|heap| &heap.ht_name)
    }

    pub(super) fn qualname_object(&self) -> PyResult<Py<PyStr>> {
        self.heap_name(|heap| &heap.ht_qualname)
    }

    /// A name that heap types hold as an object and static ones as part of `tp_name`.
    fn heap_name(&self, field: fn(&abi::PyHeapTypeObject) -> &Cell<Ptr>) -> PyResult<Py<PyStr>> {
        if let Some(heap) = self.heap() {
            // SAFETY: null or a string that the class owns.
            if let Some(Ok(name)) = unsafe { glue::field_obj(field(heap)) }.map(Py::cast) {
                return Ok(name);
            }
        }
        PyStr::intern(&self.name())
    }

    /// An attribute of the class: `type.__getattribute__` with `None` for a missing one.
    pub fn type_lookup_attr(&self, name: &PyStr) -> PyResult<Option<Obj>> {
        let meta = self.as_object().type_();
        let found = meta.lookup(name);
        let mut meta_get = None;
        if let Some(found) = &found {
            let kind = found.type_().raw();
            meta_get = kind.tp_descr_get.get();
            if let Some(get) = meta_get
                && kind.tp_descr_set.get().is_some()
            {
                // SAFETY: the slot takes its own instance, an object and a class.
                return suppress(unsafe {
                    crate::call::result_from_ptr(get(found.as_ptr(), self.as_ptr(), meta.as_ptr()))
                });
            }
        }
        if let Some(value) = self.lookup(name) {
            return match value.type_().raw().tp_descr_get.get() {
                None => Ok(Some(value)),
                // SAFETY: as above; a class attribute is bound to no instance.
                Some(get) => suppress(unsafe {
                    crate::call::result_from_ptr(get(
                        value.as_ptr(),
                        std::ptr::null_mut(),
                        self.as_ptr(),
                    ))
                }),
            };
        }
        match (found, meta_get) {
            // SAFETY: as above.
            (Some(found), Some(get)) => suppress(unsafe {
                crate::call::result_from_ptr(get(found.as_ptr(), self.as_ptr(), meta.as_ptr()))
            }),
            (found, _) => Ok(found),
        }
    }

    /// Refuses changes of special attributes of immutable classes, and their deletion in all.
    pub(super) fn check_special<'a>(
        &self,
        value: Option<&'a PyObject>,
        name: &str,
    ) -> PyResult<&'a PyObject> {
        if self.has_flag(abi::Py_TPFLAGS_IMMUTABLETYPE) {
            return Err(type_error!(
                "cannot set '{name}' attribute of immutable type '{}'",
                self.tp_name()
            ));
        }
        value.ok_or_else(|| {
            type_error!(
                "cannot delete '{name}' attribute of immutable type '{}'",
                self.tp_name()
            )
        })
    }

    /// Sets an item of the class's dictionary, and tells the caches.
    pub(super) fn set_in_dict(&self, name: &PyStr, value: &PyObject) -> PyResult<()> {
        self.modified();
        self.dict().set_item(name, value)?;
        self.modified();
        Ok(())
    }

    /// An item of the class's dictionary, bound to the class if it is a descriptor.
    pub(super) fn bound_in_dict(&self, name: &PyStr) -> PyResult<Option<Obj>> {
        let Some(value) = self.dict().get_str(name)? else {
            return Ok(None);
        };
        match value.type_().raw().tp_descr_get.get() {
            None => Ok(Some(value)),
            // SAFETY: the slot takes its own instance, no object, and a class.
            Some(get) => unsafe {
                crate::call::result_from_ptr(get(
                    value.as_ptr(),
                    std::ptr::null_mut(),
                    self.as_ptr(),
                ))
            }
            .map(Some),
        }
    }

    #[cold]
    pub(super) fn no_type_attribute(&self, name: &str) -> crate::PyErr {
        attribute_error!("type object '{}' has no attribute '{name}'", self.tp_name())
    }
}

/// A descriptor's `AttributeError` means that there is no attribute.
fn suppress(result: PyResult<Obj>) -> PyResult<Option<Obj>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.matches(&crate::exc::AttributeError) => {
            error.clear();
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

#[inline(never)]
unsafe extern "C" fn type_getattro(class: Ptr, name: Ptr) -> Ptr {
    // SAFETY: the slot is called on a class.
    let (class, name) = unsafe { (glue::arg_as::<PyType>(class), glue::arg(name)) };
    glue::obj_result((|| {
        let Some(name) = name.downcast::<PyStr>() else {
            return Err(type_error!(
                "attribute name must be string, not '{}'",
                name.type_().tp_name()
            ));
        };
        getattr_of_type(class, name)
    })())
}

/// As [`PyType::type_lookup_attr`], with the errors of descriptors passed on.
fn getattr_of_type(class: &PyType, name: &PyStr) -> PyResult<Obj> {
    let meta = class.as_object().type_();
    let bind = |descr: &PyObject, get: abi::descrgetfunc, object: Ptr, owner: &PyType| {
        // SAFETY: the slot takes its own instance, an object or null, and a class.
        unsafe { crate::call::result_from_ptr(get(descr.as_ptr(), object, owner.as_ptr())) }
    };
    let found = meta.lookup(name);
    let meta_get = found
        .as_ref()
        .and_then(|found| found.type_().raw().tp_descr_get.get());
    if let (Some(found), Some(get)) = (&found, meta_get)
        && found.type_().raw().tp_descr_set.get().is_some()
    {
        return bind(found, get, class.as_ptr(), meta);
    }
    if let Some(value) = class.lookup(name) {
        return match value.type_().raw().tp_descr_get.get() {
            Some(get) => bind(&value, get, std::ptr::null_mut(), class),
            None => Ok(value),
        };
    }
    match (found, meta_get) {
        (Some(found), Some(get)) => bind(&found, get, class.as_ptr(), meta),
        (Some(found), None) => Ok(found),
        (None, _) => Err(class.no_type_attribute(&name.to_string_lossy())),
    }
}

/// The class method that `class.name(…)` calls, if it is one.
pub(crate) fn class_method_of_type(class: &PyType, name: &PyStr) -> Option<Method> {
    let meta = class.as_object().type_();
    if !meta.raw().tp_getattro.get().is_some_and(is_type_getattro) {
        return None;
    }
    let function = crate::descr::class_method_function(&*class.lookup(name)?)?;
    let shadowed = meta
        .lookup(name)
        .is_some_and(|found| found.type_().raw().tp_descr_set.get().is_some());
    (!shadowed).then(|| Method::OfClass(function, class.to_obj()))
}

#[inline(never)]
unsafe extern "C" fn type_setattro(class: Ptr, name: Ptr, value: Ptr) -> c_int {
    // SAFETY: the slot is called on a class; a null value deletes.
    let (class, name, value) = unsafe {
        (
            glue::arg_as::<PyType>(class),
            glue::arg(name),
            glue::arg_opt(value),
        )
    };
    glue::status(setattr_of_type(class, name, value))
}

fn setattr_of_type(class: &PyType, name: &PyObject, value: Option<&PyObject>) -> PyResult<()> {
    if class.has_flag(abi::Py_TPFLAGS_IMMUTABLETYPE) {
        return Err(type_error!(
            "cannot set {} attribute of immutable type '{}'",
            name.repr()?.to_string_lossy(),
            class.tp_name()
        ));
    }
    let Some(name) = name.downcast::<PyStr>() else {
        return Err(type_error!(
            "attribute name must be string, not '{}'",
            name.type_().tp_name()
        ));
    };
    let name = name.interned();
    if let Some(descr) = class.as_object().type_().lookup(&name)
        && let Some(set) = descr.type_().raw().tp_descr_set.get()
    {
        let value = value.map_or(std::ptr::null_mut(), PyObject::as_ptr);
        // SAFETY: the slot takes its own instance, the class, and a value or null.
        return glue::check_status(unsafe { set(descr.as_ptr(), class.as_ptr(), value) });
    }
    // Before and after: what the old value's end runs must not see stale caches.
    class.modified();
    match value {
        Some(value) => class.dict().set_item(&name, value)?,
        None => {
            if class.dict().pop_item_for(&name)?.is_none() {
                return Err(class.no_type_attribute(&name.to_string_lossy()));
            }
        }
    }
    class.modified();
    if super::wrappers::is_dunder(&name) {
        slotdefs::update_slot(class, &name);
    }
    Ok(())
}

#[inline(never)]
unsafe extern "C" fn type_repr(class: Ptr) -> Ptr {
    // SAFETY: the slot is called on a class.
    let class = unsafe { glue::arg_as::<PyType>(class) };
    glue::obj_result((|| {
        let text = match class.module_text()? {
            Some(module) if module != "builtins" => {
                format!("<class '{module}.{}'>", class.qualname_text()?)
            }
            _ => format!("<class '{}'>", class.tp_name()),
        };
        PyStr::new(&text)
    })())
}

#[inline(never)]
unsafe extern "C" fn type_or(left: Ptr, right: Ptr) -> Ptr {
    // SAFETY: a slot is called with live objects.
    let (left, right) = unsafe { (glue::arg(left), glue::arg(right)) };
    glue::obj_result(crate::union::union_of(left, right))
}

/// `type(object)`, and calls with any other class.
#[inline(never)]
unsafe extern "C" fn type_vectorcall(
    class: Ptr,
    args: *const Ptr,
    nargsf: usize,
    kwnames: Ptr,
) -> Ptr {
    // SAFETY: the vectorcall contract.
    let (meta, names, args) = unsafe {
        let names = glue::arg_as_opt::<PyTuple>(kwnames);
        let count = nargsf & !crate::call::ARGUMENTS_OFFSET;
        let total = count + names.map_or(0, PyTuple::len);
        (
            glue::arg_as::<PyType>(class),
            names,
            (glue::args(args, total), count),
        )
    };
    let (values, count) = args;
    let has_keywords = names.is_some_and(|names| !names.is_empty());
    if count == 1 && std::ptr::eq(meta, type_type()) {
        if has_keywords {
            let _error = type_error!("type() takes no keyword arguments");
            return std::ptr::null_mut();
        }
        return values[0].type_().to_obj().into_ptr();
    }
    glue::obj_result((|| {
        let positional = PyTuple::from_refs(&values[..count])?;
        let keywords = match names {
            Some(names) if has_keywords => {
                let keywords = PyDict::new()?;
                for (name, value) in names.as_slice().iter().zip(&values[count..]) {
                    keywords.set_item(name, value)?;
                }
                Some(keywords)
            }
            _ => None,
        };
        call_type(meta, &positional, keywords.as_deref())
    })())
}

#[inline(never)]
unsafe extern "C" fn type_call(class: Ptr, args: Ptr, kwargs: Ptr) -> Ptr {
    // SAFETY: the slot gets a tuple, and a dictionary or null.
    let (class, args, kwargs) = unsafe {
        (
            glue::arg_as::<PyType>(class),
            glue::arg_as::<PyTuple>(args),
            glue::arg_as_opt::<PyDict>(kwargs),
        )
    };
    glue::obj_result(call_type(class, args, kwargs))
}

/// Makes an instance: `tp_new`, then `tp_init` if that gave an instance of the class.
fn call_type(class: &PyType, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<Obj> {
    if std::ptr::eq(class, type_type()) {
        let keywords = kwargs.is_some_and(|kwargs| !kwargs.is_empty());
        if args.len() == 1 && !keywords {
            return Ok(args.as_slice()[0].type_().to_obj());
        }
        if args.len() != 3 {
            return Err(type_error!("type() takes 1 or 3 arguments"));
        }
    }
    let Some(new) = class.raw().tp_new.get() else {
        return Err(type_error!("cannot create '{}' instances", class.tp_name()));
    };
    let kwargs = kwargs.map_or(std::ptr::null_mut(), |kwargs| kwargs.as_ptr());
    // SAFETY: `tp_new` takes a class, a tuple, and a dictionary or null.
    let object =
        unsafe { crate::call::result_from_ptr(new(class.as_type_ptr(), args.as_ptr(), kwargs)) }?;
    let made = object.type_();
    if !made.is_subtype(class) {
        return Ok(object);
    }
    if let Some(init) = made.raw().tp_init.get() {
        // SAFETY: `tp_init` takes an instance of its class, a tuple, and a dictionary or null.
        glue::check_status(unsafe { init(object.as_ptr(), args.as_ptr(), kwargs) })?;
    }
    Ok(object)
}

/// `type.__new__`.
#[inline(never)]
pub(super) unsafe extern "C" fn type_tp_new(
    meta: *mut abi::PyTypeObject,
    args: Ptr,
    kwargs: Ptr,
) -> Ptr {
    // SAFETY: the slot gets a metaclass, a tuple, and a dictionary or null.
    let (meta, args, kwargs) = unsafe {
        (
            PyType::from_type_ptr(meta),
            glue::arg_as::<PyTuple>(args),
            glue::arg_as_opt::<PyDict>(kwargs),
        )
    };
    glue::obj_result(new::type_new(meta, args, kwargs))
}

#[inline(never)]
unsafe extern "C" fn type_init(_: Ptr, args: Ptr, kwargs: Ptr) -> c_int {
    // SAFETY: the slot gets a tuple, and a dictionary or null.
    let (args, kwargs) = unsafe {
        (
            glue::arg_as::<PyTuple>(args),
            glue::arg_as_opt::<PyDict>(kwargs),
        )
    };
    let keywords = kwargs.is_some_and(|kwargs| !kwargs.is_empty());
    glue::status(match args.len() {
        1 if keywords => Err(type_error!("type.__init__() takes no keyword arguments")),
        1 | 3 => Ok(()),
        _ => Err(type_error!("type.__init__() takes 1 or 3 arguments")),
    })
}

#[pymethods]
impl PyType {
    /// Return a type's method resolution order.
    #[pymethod(name = "mro")]
    fn mro_method(&self) -> PyResult<Obj> {
        PyList::from_vec(mro::compute_mro(self)?).map(Py::into_object)
    }

    /// Return a list of immediate subclasses.
    #[pymethod(name = "__subclasses__")]
    fn subclasses_method(&self) -> PyResult<Obj> {
        PyList::from_vec(self.subclasses().into_iter().map(Py::into_object).collect())
            .map(Py::into_object)
    }

    /// Create the namespace for the class statement
    #[pyclassmethod(
        name = "__prepare__",
        signature = "(*args, **kwargs)",
        text_signature = "($cls, name, bases, /, **kwds)"
    )]
    fn prepare(_cls: &PyType, _args: Args<'_>, _kwargs: KwArgs<'_>) -> PyResult<Obj> {
        PyDict::new().map(Py::into_object)
    }

    /// Check if an object is an instance.
    #[pymethod(name = "__instancecheck__", signature = "($self, instance, /)")]
    fn instancecheck(&self, instance: &PyObject) -> PyResult<bool> {
        crate::abstract_::recursive_isinstance(instance, self)
    }

    /// Check if a class is a subclass.
    #[pymethod(name = "__subclasscheck__", signature = "($self, subclass, /)")]
    fn subclasscheck(&self, subclass: &PyObject) -> PyResult<bool> {
        crate::abstract_::recursive_issubclass(subclass, self)
    }

    /// Specialized __dir__ implementation for types.
    #[pymethod(name = "__dir__")]
    fn type_dir(&self) -> PyResult<Obj> {
        let names = PyDict::new()?;
        crate::object_type::merge_class_dict(&names, self)?;
        PyList::from_vec(names.keys_vec()).map(Py::into_object)
    }

    /// Return memory consumption of the type object.
    #[pymethod(name = "__sizeof__")]
    fn type_sizeof(&self) -> PyResult<usize> {
        if !self.is_heap_type() {
            return Ok(size_of::<abi::PyTypeObject>());
        }
        let keys = self.cached_keys().map_or(0, |keys| keys.size_in_bytes());
        Ok(size_of::<abi::PyHeapTypeObject>() + keys)
    }
}
