//! `object`: the class of everything, and what every object can do by default.

use std::cell::Cell;
use std::ffi::c_int;

use krait_abi as abi;
use krait_macros::pymethods;

use crate::class::{self, ClassTable, GetSetDef, MethodDef, TypeParts, TypeSpec};
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::typeobject::glue::{self, Ptr};
use crate::typeobject::{PyType, compatible_for_assignment};
use crate::{
    PyDict, PyList, PyModule, PyResult, PyStr, PyTuple, attribute_error, intern, type_error,
};

/// The type object of `object`.
#[unsafe(no_mangle)]
pub static PyBaseObject_Type: PyType = {
    const TABLES: &[ClassTable] = &[PyObject::METHODS];
    const DOC: &str = "object()\n--\n\nThe base class of the class hierarchy.\n\nWhen called, it \
        accepts no arguments and returns a new featureless\ninstance that has no instance \
        attributes and cannot be given any.\n";
    static METHODS: [MethodDef; class::method_count(TABLES) + 1] = class::join_methods(TABLES);
    static GETSET: [GetSetDef; class::getset_count(TABLES) + 1] = class::join_getset(TABLES);
    static DOCSTRING: [u8; class::doc_len("object", TABLES, DOC)] =
        class::doc_bytes("object", TABLES, DOC);
    let mut parts = TypeParts::EMPTY;
    parts.ty.tp_dealloc = Cell::new(Some(object_dealloc));
    parts.ty.tp_repr = Cell::new(Some(object_repr));
    parts.ty.tp_hash = Cell::new(Some(object_hash));
    parts.ty.tp_str = Cell::new(Some(object_str));
    parts.ty.tp_getattro = Cell::new(Some(crate::attr::generic_getattro));
    parts.ty.tp_setattro = Cell::new(Some(crate::attr::generic_setattro));
    parts.ty.tp_richcompare = Cell::new(Some(object_richcompare));
    parts.ty.tp_init = Cell::new(Some(object_init));
    parts.ty.tp_alloc = Cell::new(Some(crate::alloc::type_generic_alloc));
    parts.ty.tp_new = Cell::new(Some(object_new));
    parts.ty.tp_free = Cell::new(Some(crate::alloc::generic_free));
    class::static_type(
        TypeSpec {
            name: c"object",
            basicsize: size_of::<abi::PyObject>() as isize,
            itemsize: 0,
            flags: abi::Py_TPFLAGS_DEFAULT | abi::Py_TPFLAGS_BASETYPE,
            base: std::ptr::null_mut(),
            dict_offset: 0,
            weaklist_offset: 0,
            vectorcall_offset: 0,
            doc: class::doc_ptr(&DOCSTRING),
            methods: class::methods_ptr(&METHODS),
            getset: class::getset_ptr(&GETSET),
            number: std::ptr::null_mut(),
            sequence: std::ptr::null_mut(),
            mapping: std::ptr::null_mut(),
            asynchronous: std::ptr::null_mut(),
            buffer: std::ptr::null_mut(),
        },
        parts,
    )
};

/// `object`.
#[inline(always)]
pub fn object_type() -> &'static PyType {
    &PyBaseObject_Type
}

// SAFETY: the address of the static type above.
unsafe impl class::StaticClass for PyObject {
    const TYPE: *mut abi::PyTypeObject = class::static_type_ptr(&raw const PyBaseObject_Type);
}

#[inline(never)]
unsafe extern "C" fn object_dealloc(this: Ptr) {
    // SAFETY: the count has reached zero, and `tp_free` belongs to the object's allocation.
    unsafe {
        match glue::arg(this).type_().raw().tp_free.get() {
            Some(free) => free(this.cast()),
            None => crate::alloc::free_object(this),
        }
    }
}

#[inline(never)]
unsafe extern "C" fn object_repr(this: Ptr) -> Ptr {
    // SAFETY: a slot is called on a live object.
    let this = unsafe { glue::arg(this) };
    glue::obj_result((|| {
        let class = this.type_();
        let module = class.module_text()?;
        let name = match module {
            Some(module) if module != "builtins" => {
                format!("{module}.{}", class.qualname_text()?)
            }
            _ => class.tp_name(),
        };
        PyStr::new(&format!("<{name} object at {this:p}>"))
    })())
}

#[inline(never)]
unsafe extern "C" fn object_str(this: Ptr) -> Ptr {
    // SAFETY: a slot is called on a live object; its class's repr takes it.
    unsafe {
        match glue::arg(this).type_().raw().tp_repr.get() {
            Some(repr) => repr(this),
            None => object_repr(this),
        }
    }
}

/// Identity as a hash: the low bits of addresses are always zero.
pub fn identity_hash(object: &PyObject) -> isize {
    let hash = object.as_ptr().addr().rotate_right(4) as isize;
    if hash == -1 { -2 } else { hash }
}

#[inline(never)]
unsafe extern "C" fn object_hash(this: Ptr) -> isize {
    // SAFETY: a slot is called on a live object.
    identity_hash(unsafe { glue::arg(this) })
}

#[inline(never)]
unsafe extern "C" fn object_richcompare(this: Ptr, other: Ptr, op: c_int) -> Ptr {
    // SAFETY: a slot is called with live objects.
    let (this, other) = unsafe { (glue::arg(this), glue::arg(other)) };
    glue::obj_result((|| match op {
        abi::Py_EQ if this.is(other) => Ok(glue::bool_obj(true)),
        abi::Py_NE => {
            // By default `!=` is the opposite of `==`, unless that is not implemented.
            let Some(compare) = this.type_().raw().tp_richcompare.get() else {
                return Ok(glue::not_implemented_obj());
            };
            // SAFETY: the slot takes an instance of its class.
            let equal = unsafe {
                crate::call::result_from_ptr(compare(this.as_ptr(), other.as_ptr(), abi::Py_EQ))
            }?;
            if equal.is(crate::not_implemented()) {
                return Ok(equal);
            }
            Ok(glue::bool_obj(!equal.is_true()?))
        }
        _ => Ok(glue::not_implemented_obj()),
    })())
}

/// Whether a constructor got any argument.
fn has_arguments(args: &PyTuple, kwargs: Option<&PyDict>) -> bool {
    !args.is_empty() || kwargs.is_some_and(|kwargs| !kwargs.is_empty())
}

/// Whether the class's `tp_init` is `object`'s.
fn has_object_init(class: &PyType) -> bool {
    class
        .raw()
        .tp_init
        .get()
        .is_some_and(|init| init as usize == object_init as *const () as usize)
}

/// Whether the class's `tp_new` is `object`'s.
fn has_object_new(class: &PyType) -> bool {
    class
        .raw()
        .tp_new
        .get()
        .is_some_and(|new| new as usize == object_new as *const () as usize)
}

#[inline(never)]
unsafe extern "C" fn object_init(this: Ptr, args: Ptr, kwargs: Ptr) -> c_int {
    // SAFETY: the slot gets a tuple, and a dictionary or null.
    let (this, args, kwargs) = unsafe {
        (
            glue::arg(this),
            glue::arg_as::<PyTuple>(args),
            glue::arg_as_opt::<PyDict>(kwargs),
        )
    };
    glue::status((|| {
        if !has_arguments(args, kwargs) {
            return Ok(());
        }
        // Arguments are an error unless they are for a `__new__` that takes them.
        let class = this.type_();
        if !has_object_init(class) {
            return Err(type_error!(
                "object.__init__() takes exactly one argument (the instance to initialize)"
            ));
        }
        if has_object_new(class) {
            return Err(type_error!(
                "{}.__init__() takes exactly one argument (the instance to initialize)",
                class.tp_name()
            ));
        }
        Ok(())
    })())
}

/// `tp_new` of `object` and of every Python class that derives from no other native class.
#[inline(never)]
pub(crate) unsafe extern "C" fn object_new(
    class: *mut abi::PyTypeObject,
    args: Ptr,
    kwargs: Ptr,
) -> Ptr {
    // SAFETY: the slot gets a class, a tuple, and a dictionary or null.
    let (class, args, kwargs) = unsafe {
        (
            PyType::from_type_ptr(class),
            glue::arg_as::<PyTuple>(args),
            glue::arg_as_opt::<PyDict>(kwargs),
        )
    };
    if let Err(_error) = check_new(class, args, kwargs) {
        return std::ptr::null_mut();
    }
    match class.raw().tp_alloc.get() {
        // SAFETY: `tp_alloc` takes its class.
        Some(alloc) => unsafe { alloc(class.as_type_ptr(), 0) },
        // SAFETY: as above.
        None => unsafe { crate::alloc::type_generic_alloc(class.as_type_ptr(), 0) },
    }
}

#[inline]
fn check_new(class: &PyType, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<()> {
    if has_arguments(args, kwargs) {
        // Arguments are an error unless they are for an `__init__` that takes them.
        if !has_object_new(class) {
            return Err(type_error!(
                "object.__new__() takes exactly one argument (the type to instantiate)"
            ));
        }
        if has_object_init(class) {
            return Err(type_error!("{}() takes no arguments", class.tp_name()));
        }
    }
    if class.has_flag(abi::Py_TPFLAGS_IS_ABSTRACT) {
        return Err(abstract_class(class));
    }
    Ok(())
}

#[cold]
fn abstract_class(class: &PyType) -> crate::PyErr {
    let names = || -> PyResult<Vec<String>> {
        let methods = class.as_object().getattr(intern!("__abstractmethods__"))?;
        let sorted = PyList::from_vec(methods.to_vec()?)?;
        sorted.as_object().call_method(intern!("sort"), &[])?;
        sorted
            .as_object()
            .to_vec()?
            .iter()
            .map(|name| Ok(name.str()?.to_string_lossy()))
            .collect()
    };
    match names() {
        Ok(names) => type_error!(
            "Can't instantiate abstract class {} without an implementation for abstract method{} '{}'",
            class.tp_name(),
            if names.len() > 1 { "s" } else { "" },
            names.join("', '")
        ),
        Err(error) => error,
    }
}

/// `__dict__` of an instance, for classes that show it: `PyObject_GenericGetDict`.
pub fn instance_dict_attribute(this: &PyObject) -> PyResult<Obj> {
    match this.instance_dict_or_new()? {
        Some(dict) => Ok(dict.into_object()),
        None => Err(attribute_error!("This object has no __dict__")),
    }
}

/// Assignment to `__dict__` of an instance: `PyObject_GenericSetDict`.
pub fn set_instance_dict_attribute(this: &PyObject, value: Option<&PyObject>) -> PyResult<()> {
    if !this.has_instance_dict() {
        return Err(attribute_error!("This object has no __dict__"));
    }
    let Some(value) = value else {
        return Err(type_error!("cannot delete __dict__"));
    };
    let Some(dict) = value.downcast::<PyDict>() else {
        return Err(type_error!(
            "__dict__ must be set to a dictionary, not a '{}'",
            value.type_().tp_name()
        ));
    };
    this.set_instance_dict(Some(PyClass::to_owned(dict)))
}

/// Whether a class may be given to, or taken from, an instance by assigning to `__class__`.
fn check_assignable(old: &PyType, new: &PyType) -> PyResult<()> {
    let module = PyModule::type_object();
    let both_modules = old.is_subtype(module) && new.is_subtype(module);
    if !both_modules
        && (old.has_flag(abi::Py_TPFLAGS_IMMUTABLETYPE)
            || new.has_flag(abi::Py_TPFLAGS_IMMUTABLETYPE))
    {
        return Err(type_error!(
            "__class__ assignment only supported for mutable types or ModuleType subclasses"
        ));
    }
    compatible_for_assignment(old, new, "__class__")
}

#[pymethods]
impl PyObject {
    /// the object's class
    #[pygetter(name = "__class__")]
    fn object_class(&self) -> PyResult<Obj> {
        Ok(self.type_().to_obj())
    }

    #[pysetter(name = "__class__")]
    fn set_object_class(&self, value: Option<&PyObject>) -> PyResult<()> {
        if let Some(value) = value {
            crate::audit!("object.__setattr__", self, "__class__", value)?;
        }
        let Some(value) = value else {
            return Err(type_error!("can't delete __class__ attribute"));
        };
        let Some(new) = value.downcast::<PyType>() else {
            return Err(type_error!(
                "__class__ must be set to a class, not '{}' object",
                value.type_().tp_name()
            ));
        };
        let old = PyClass::to_owned(self.type_());
        check_assignable(&old, new)?;
        if old.has_flag(abi::Py_TPFLAGS_INLINE_VALUES) {
            // Embedded values go by the old class's keys: the attributes move to a dictionary.
            let dict = self.instance_dict_or_new()?;
            self.set_instance_dict(dict)?;
        }
        // SAFETY: the layouts are compatible; the counts on the classes are moved here.
        unsafe {
            if new.is_heap_type() {
                let _kept = PyClass::to_owned(new).into_ptr();
            }
            self.set_type_raw(new.as_type_ptr());
            if old.is_heap_type() {
                crate::object::decref(old.as_ptr());
            }
        }
        Ok(())
    }

    /// Helper for pickle.
    #[pymethod(name = "__reduce_ex__", signature = "($self, protocol, /)")]
    fn object_reduce_ex(&self, protocol: i32) -> PyResult<Obj> {
        crate::reduce::reduce_ex(self, protocol)
    }

    /// Helper for pickle.
    #[pymethod(name = "__reduce__")]
    fn object_reduce(&self) -> PyResult<Obj> {
        crate::reduce::common_reduce(self, 0)
    }

    /// Helper for pickle.
    #[pymethod(name = "__getstate__")]
    fn object_getstate(&self) -> PyResult<Obj> {
        crate::reduce::default_state(self, false)
    }

    /// Abstract classes can override this to customize issubclass().
    ///
    /// This is invoked early on by abc.ABCMeta.__subclasscheck__().
    /// It should return True, False or NotImplemented.  If it returns
    /// NotImplemented, the normal algorithm is used.  Otherwise, it
    /// overrides the normal algorithm (and the outcome is cached).
    #[pyclassmethod(name = "__subclasshook__", signature = "($type, object, /)")]
    fn object_subclasshook(_cls: &PyType, _object: &PyObject) -> PyResult<Obj> {
        Ok(glue::not_implemented_obj())
    }

    /// This method is called when a class is subclassed.
    ///
    /// The default implementation does nothing. It may be
    /// overridden to extend subclasses.
    #[pyclassmethod(name = "__init_subclass__", signature = "($type, /)")]
    fn object_init_subclass(_cls: &PyType) -> PyResult<()> {
        Ok(())
    }

    /// Default object formatter.
    ///
    /// Return str(self) if format_spec is empty. Raise TypeError otherwise.
    #[pymethod(name = "__format__", signature = "($self, format_spec, /)")]
    fn object_format(&self, format_spec: &PyStr) -> PyResult<Obj> {
        if !format_spec.is_empty() {
            return Err(type_error!(
                "unsupported format string passed to {}.__format__",
                self.type_().tp_name()
            ));
        }
        self.str().map(Py::into_object)
    }

    /// Size of object in memory, in bytes.
    #[pymethod(name = "__sizeof__")]
    fn object_sizeof(&self) -> PyResult<usize> {
        let class = self.type_().raw();
        let mut size = class.tp_basicsize.get() as usize;
        let itemsize = class.tp_itemsize.get() as usize;
        if itemsize > 0 {
            // SAFETY: objects of classes with items start with `PyVarObject`.
            let items = unsafe { &*self.as_ptr().cast::<abi::PyVarObject>() }
                .ob_size
                .get();
            size += items.unsigned_abs() * itemsize;
        }
        Ok(size)
    }

    /// Default dir() implementation.
    #[pymethod(name = "__dir__")]
    fn object_dir(&self) -> PyResult<Obj> {
        let own = self.lookup_attr(intern!("__dict__"))?;
        let names = match own.as_ref().and_then(|own| own.downcast::<PyDict>()) {
            Some(dict) => dict.copy()?,
            None => PyDict::new()?,
        };
        if let Some(class) = self.lookup_attr(intern!("__class__"))? {
            merge_class_dict(&names, &class)?;
        }
        PyList::from_vec(names.keys_vec()).map(Py::into_object)
    }
}

/// Adds the names of a class and of its bases to a dictionary, for `dir()`.
pub(crate) fn merge_class_dict(names: &PyDict, class: &PyObject) -> PyResult<()> {
    if let Some(dict) = class.lookup_attr(intern!("__dict__"))? {
        for key in dict.call_method(intern!("keys"), &[])?.try_iter()? {
            names.set_item(&*key?, crate::none())?;
        }
    }
    if let Some(bases) = class.lookup_attr(intern!("__bases__"))? {
        // Something that only looks like a class may have bases of any kind.
        if bases.is_sequence() {
            for base in bases.to_vec()? {
                crate::state::enter_recursive_call(" in __dir__")?;
                merge_class_dict(names, &base)?;
            }
        }
    }
    Ok(())
}
