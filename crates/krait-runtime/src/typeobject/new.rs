//! `type.__new__`: makes a class from a name, bases and a namespace.
//!
//! The steps are CPython's, in its order, which programs can see: the metaclass, the best base, the
//! `__slots__`, the special names in the namespace, `type_ready`, the slot functions,
//! `__set_name__` and `__init_subclass__`.

use krait_abi as abi;

use super::PyType;
use super::heap;
pub(super) use super::layout::solid_base;
use super::layout::{best_base, calculate_metaclass};
use super::slots_spec::{SlotsSpec, read_slots};
use crate::descr::{PyClassMethod, PyStaticMethod};
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{
    PyCell, PyDict, PyErr, PyFunction, PyResult, PyStr, PyTuple, intern, type_error, value_error,
};

/// Where a managed list of weak references is, from the object.
pub(super) const MANAGED_WEAKREF_OFFSET: isize = -4 * size_of::<usize>() as isize;

/// The arguments of `type.__new__`, checked.
pub(super) struct NewType<'a> {
    /// `name`.
    pub(super) name: &'a PyStr,
    /// The bases as given.
    pub(super) bases: &'a PyTuple,
    /// The namespace.
    pub(super) dict: &'a PyDict,
}

/// Makes a class for native callers: `meta(name, bases, dict)` without keywords, by `type.__new__`.
pub fn new_type(
    meta: &PyType,
    name: &PyStr,
    bases: &PyTuple,
    dict: &PyDict,
) -> PyResult<Py<PyType>> {
    let request = NewType { name, bases, dict };
    let bases = effective_bases(&request)?;
    let meta = calculate_metaclass(meta, &bases)?;
    make_type(&meta, &request, &bases, None)
}

/// `type.__new__(meta, name, bases, dict, **kwargs)`.
pub(super) fn type_new(meta: &PyType, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<Obj> {
    let [name, bases, dict] = args.as_slice() else {
        return Err(type_error!(
            "type.__new__() takes exactly 3 arguments ({} given)",
            args.len()
        ));
    };
    let wrong = |index: usize, expected: &str, found: &PyObject| {
        type_error!(
            "type.__new__() argument {index} must be {expected}, not {}",
            crate::args::argument_type_name(found)
        )
    };
    let request = NewType {
        name: name.downcast().ok_or_else(|| wrong(1, "str", name))?,
        bases: bases.downcast().ok_or_else(|| wrong(2, "tuple", bases))?,
        dict: dict.downcast().ok_or_else(|| wrong(3, "dict", dict))?,
    };
    let bases = effective_bases(&request)?;
    let winner = calculate_metaclass(meta, &bases)?;
    if !winner.is(meta)
        && let Some(new) = winner.raw().tp_new.get()
        && new as usize != super::type_methods::type_tp_new as *const () as usize
    {
        // The metaclass that the bases ask for makes the class its own way.
        let kwargs = kwargs.map_or(std::ptr::null_mut(), |kwargs| kwargs.as_ptr());
        // SAFETY: `tp_new` takes a class, a tuple, and a dictionary or null.
        return unsafe {
            crate::call::result_from_ptr(new(winner.as_type_ptr(), args.as_ptr(), kwargs))
        };
    }
    make_type(&winner, &request, &bases, kwargs).map(Py::into_object)
}

/// The bases, `object` if there are none.
fn effective_bases(request: &NewType<'_>) -> PyResult<Py<PyTuple>> {
    if request.bases.is_empty() {
        return PyTuple::from_vec(vec![PyObject::type_object().to_obj()]);
    }
    for base in request.bases.as_slice() {
        if base.downcast::<PyType>().is_none()
            && base.lookup_attr(intern!("__mro_entries__"))?.is_some()
        {
            return Err(type_error!(
                "type() doesn't support MRO entry resolution; use types.new_class()"
            ));
        }
    }
    Ok(PyClass::to_owned(request.bases))
}

fn make_type(
    meta: &PyType,
    request: &NewType<'_>,
    bases: &Py<PyTuple>,
    kwargs: Option<&PyDict>,
) -> PyResult<Py<PyType>> {
    let base = best_base(bases)?;
    let dict = request.dict.copy()?;
    let slots = read_slots(request.name, base, bases, &dict)?;
    let class = allocate(meta, slots.names.len())?;
    class
        .raw()
        .tp_base
        .set(PyClass::to_owned(base).into_ptr().cast());
    class.raw().tp_bases.set(bases.clone().into_ptr());
    class.raw().tp_dict.set(dict.clone().into_ptr());
    set_names(&class, request.name, &dict)?;
    set_module(&dict)?;
    set_doc(&class, &dict)?;
    wrap_implicit_methods(&dict)?;
    // Before the slots get their descriptors: one of them may have a cell's name.
    take_cells(&class, &dict)?;
    lay_out(&class, base, &slots)?;
    set_life(&class);
    super::ready_type(&class)?;
    super::slotdefs::fixup_slot_dispatchers(&class);
    if !dict.has_only_string_keys() {
        let message = format!(
            "non-string key in the __dict__ of class {}",
            class.tp_name()
        );
        crate::hooks::warn(&crate::exc::RuntimeWarning, &message, 1)?;
    }
    call_set_name(&class)?;
    call_init_subclass(&class, kwargs)?;
    Ok(class)
}

/// An empty heap type with room for `slots` members.
pub(super) fn allocate(meta: &PyType, slots: usize) -> PyResult<Py<PyType>> {
    let alloc = meta
        .raw()
        .tp_alloc
        .get()
        .unwrap_or(crate::alloc::type_generic_alloc);
    // SAFETY: the allocation slot takes its class; metaclasses derive from `type`.
    let class = unsafe {
        let class = crate::call::result_from_ptr(alloc(meta.as_type_ptr(), slots as isize))?;
        class.cast_unchecked::<PyType>()
    };
    let raw = class.raw();
    class.set_flags(
        abi::Py_TPFLAGS_DEFAULT
            | abi::Py_TPFLAGS_HEAPTYPE
            | abi::Py_TPFLAGS_BASETYPE
            | abi::Py_TPFLAGS_HAVE_GC,
    );
    if let Some(heap) = class.heap() {
        raw.tp_as_async.set((&raw const heap.as_async).cast_mut());
        raw.tp_as_sequence
            .set((&raw const heap.as_sequence).cast_mut());
        raw.tp_as_mapping
            .set((&raw const heap.as_mapping).cast_mut());
        raw.tp_as_number.set((&raw const heap.as_number).cast_mut());
        raw.tp_as_buffer.set((&raw const heap.as_buffer).cast_mut());
    }
    Ok(class)
}

/// Checks a class's name.
pub(super) fn check_name(name: &PyStr) -> PyResult<&str> {
    let text = name.as_utf8()?;
    if text.contains('\0') {
        return Err(value_error!("type name must not contain null characters"));
    }
    Ok(text)
}

/// `__name__` and `__qualname__`.
fn set_names(class: &PyType, name: &PyStr, dict: &PyDict) -> PyResult<()> {
    let text = check_name(name)?;
    let Some(heap) = class.heap() else {
        return Ok(());
    };
    // The string's cached form ends with a NUL and lives as long as the class holds the string.
    class.raw().tp_name.set(text.as_ptr().cast());
    heap.ht_name.set(name.to_obj().into_ptr());
    let key = intern!("__qualname__");
    let qualname = match dict.get_str(key)? {
        Some(qualname) if qualname.downcast::<PyStr>().is_none() => {
            return Err(type_error!(
                "type __qualname__ must be a str, not {}",
                qualname.type_().tp_name()
            ));
        }
        Some(qualname) => {
            dict.del_item(key)?;
            qualname
        }
        None => name.to_obj(),
    };
    heap.ht_qualname.set(qualname.into_ptr());
    Ok(())
}

/// `__module__`: by default that of the code that makes the class.
fn set_module(dict: &PyDict) -> PyResult<()> {
    let key = intern!("__module__");
    if dict.get_str(key)?.is_some() {
        return Ok(());
    }
    let hooks = crate::Interpreter::current().hooks.get();
    if let Some(globals) = (hooks.current_globals)()
        && let Some(module) = globals.get_str(intern!("__name__"))?
    {
        dict.set_item(key, &module)?;
    }
    Ok(())
}

/// `tp_doc`, for the C API; `__doc__` itself is in the dictionary.
fn set_doc(class: &PyType, dict: &PyDict) -> PyResult<()> {
    let Some(doc) = dict.get_str(intern!("__doc__"))? else {
        return Ok(());
    };
    let Some(doc) = doc.downcast::<PyStr>() else {
        return Ok(());
    };
    let mut text = doc.as_utf8()?.to_owned();
    if let Some(nul) = text.find('\0') {
        text.truncate(nul);
    }
    if let Ok(text) = std::ffi::CString::new(text) {
        class.raw().tp_doc.set(text.into_raw());
    }
    Ok(())
}

/// Plain functions under the names of methods that are always static or class methods.
fn wrap_implicit_methods(dict: &PyDict) -> PyResult<()> {
    let function = |name: &PyStr| -> PyResult<Option<Obj>> {
        Ok(dict
            .get_str(name)?
            .filter(|value| value.downcast_exact::<PyFunction>().is_some()))
    };
    let new = intern!("__new__");
    if let Some(value) = function(new)? {
        dict.set_item(new, &*PyStaticMethod::from_callable(&value)?)?;
    }
    for name in [intern!("__init_subclass__"), intern!("__class_getitem__")] {
        if let Some(value) = function(name)? {
            dict.set_item(name, &*PyClassMethod::from_callable(&value)?)?;
        }
    }
    Ok(())
}

/// Sizes and offsets, and the rows of the members that `__slots__` makes.
fn lay_out(class: &PyType, base: &PyType, slots: &SlotsSpec) -> PyResult<()> {
    let raw = class.raw();
    let mut offset = base.raw().tp_basicsize.get();
    let members = class.as_object().type_().raw().tp_basicsize.get();
    // SAFETY: the class was allocated with room for a row for each slot.
    let members = unsafe {
        class
            .as_ptr()
            .byte_offset(members)
            .cast::<abi::PyMemberDef>()
    };
    for (index, name) in slots.names.iter().enumerate() {
        let Some(name) = name.downcast::<PyStr>() else {
            continue;
        };
        let row = abi::PyMemberDef {
            // The class keeps the names in `ht_slots`; their cached form ends with a NUL.
            name: name.as_utf8()?.as_ptr().cast(),
            r#type: abi::Py_T_OBJECT_EX,
            offset,
            flags: 0,
            doc: std::ptr::null(),
        };
        // SAFETY: as above.
        unsafe { members.add(index).write(row) };
        offset += size_of::<usize>() as isize;
    }
    if slots.given
        && let Some(heap) = class.heap()
        && !slots.names.is_empty()
    {
        heap.ht_slots
            .set(PyTuple::from_vec(slots.names.clone())?.into_ptr());
    }
    if slots.add_dict {
        class.set_flags(class.flags() | abi::Py_TPFLAGS_MANAGED_DICT);
        raw.tp_dictoffset.set(-1);
    }
    if slots.add_weakref {
        class.set_flags(class.flags() | abi::Py_TPFLAGS_MANAGED_WEAKREF);
        raw.tp_weaklistoffset.set(MANAGED_WEAKREF_OFFSET);
    }
    raw.tp_basicsize.set(offset);
    raw.tp_itemsize.set(base.raw().tp_itemsize.get());
    if !slots.names.is_empty() {
        // The rows end with the type object's own block; the count bounds them.
        add_member_descriptors(class)?;
    }
    raw.tp_getset.set(super::instance_getset::instance_getset(
        slots.add_dict,
        slots.add_weakref,
    ));
    Ok(())
}

/// The descriptors of `__slots__`: put in here because the rows have no terminator for `type_ready`.
fn add_member_descriptors(class: &PyType) -> PyResult<()> {
    for member in heap::own_members(class) {
        let descr = crate::descr::PyMemberDescr::new(class, member)?;
        let name = super::ready::intern_c(member.name)?;
        if class.dict().get_str(&name)?.is_none() {
            class.dict().set_item(&name, &descr)?;
        }
    }
    Ok(())
}

/// How instances are made and end.
fn set_life(class: &PyType) {
    let raw = class.raw();
    raw.tp_dealloc.set(Some(heap::subtype_dealloc));
    raw.tp_alloc.set(Some(crate::alloc::type_generic_alloc));
    raw.tp_free.set(Some(crate::alloc::generic_free));
    raw.tp_traverse.set(Some(heap::subtype_traverse));
    raw.tp_clear.set(Some(heap::subtype_clear));
}

/// Fills the cells through which the class's code sees the class and its namespace, and takes them
/// out of the dictionary.
fn take_cells(class: &Py<PyType>, dict: &PyDict) -> PyResult<()> {
    let cell_of = |name: &PyStr| -> PyResult<Option<Py<PyCell>>> {
        let Some(value) = dict.get_str(name)? else {
            return Ok(None);
        };
        match value.cast::<PyCell>() {
            Ok(cell) => Ok(Some(cell)),
            Err(other) => Err(type_error!(
                "{} must be a nonlocal cell, not {}",
                name.to_string_lossy(),
                other.type_().as_object().repr()?.to_string_lossy()
            )),
        }
    };
    let name = intern!("__classdictcell__");
    if let Some(cell) = cell_of(name)? {
        cell.contents.set(Some(dict.to_obj()));
        dict.del_item(name)?;
    }
    let name = intern!("__classcell__");
    if let Some(cell) = cell_of(name)? {
        cell.contents.set(Some(class.to_obj()));
        dict.del_item(name)?;
    }
    Ok(())
}

/// Tells each attribute that wants to know its name.
fn call_set_name(class: &PyType) -> PyResult<()> {
    for (key, value) in class.dict().items_vec() {
        let Some(set_name) = value.lookup_special(intern!("__set_name__"))? else {
            continue;
        };
        if let Err(error) = set_name.call(&[class, &key]) {
            return Err(note_set_name(error, class, &key, &value));
        }
    }
    Ok(())
}

/// Adds to an error from `__set_name__` whose it was.
#[cold]
fn note_set_name(error: PyErr, class: &PyType, key: &PyObject, value: &PyObject) -> PyErr {
    let exception = error.take();
    let add = || -> PyResult<()> {
        let note = format!(
            "Error calling __set_name__ on '{}' instance {} in '{}'",
            value.type_().tp_name(),
            key.repr()?.to_string_lossy(),
            class.tp_name()
        );
        exception
            .call_method(intern!("add_note"), &[&*PyStr::new(&note)?])
            .map(drop)
    };
    match add() {
        Ok(()) => PyErr::restore(exception.clone()),
        Err(error) => error,
    }
}

/// `super(cls, cls).__init_subclass__(**kwargs)`.
fn call_init_subclass(class: &PyType, kwargs: Option<&PyDict>) -> PyResult<()> {
    if !class
        .mro()
        .is_some_and(|mro| mro.as_slice().iter().any(|each| each.is(class)))
    {
        // What `super(cls, cls)` says of an order that the class itself is not in.
        return Err(super::super_object::not_an_instance(class, class));
    }
    let init =
        super::super_object::super_attribute(class, class, class, intern!("__init_subclass__"))?;
    let Some(init) = init else { return Ok(()) };
    match kwargs.filter(|kwargs| !kwargs.is_empty()) {
        None => init.call0().map(drop),
        Some(kwargs) => init
            .call_tuple(&*PyTuple::from_vec(Vec::new())?, Some(kwargs))
            .map(drop),
    }
}
