//! Objects and memory: counts, sizes, interned strings.

use krait_macros::pyfunction;
use krait_runtime::object::{Obj, PyClass, PyObject};
use krait_runtime::{
    Interpreter, OptionalArg, PyDict, PyFloat, PyList, PyLong, PyMethod, PyResult, PySet, PySlice,
    PyStr, PyType, exc, intern as interned_name, type_error, value_error,
};

/// Return the reference count of object.
///
/// The argument itself may count as a reference, as long as the call lasts.
#[pyfunction(signature = "(object, /)")]
pub fn getrefcount(object: &PyObject) -> u32 {
    object.refcount()
}

/// getsizeof(object [, default]) -> int
///
/// Return the size of object in bytes.
#[pyfunction(signature = "(object, default=<unrepresentable>)", text_signature = "")]
pub fn getsizeof(object: &PyObject, default: OptionalArg<&PyObject>) -> PyResult<Obj> {
    match (size_of_object(object), default.present()) {
        (Err(error), Some(default)) if error.matches(&exc::TypeError) => {
            error.clear();
            Ok(default.to_obj())
        }
        (result, _) => Ok(PyLong::from_i64(result? as i64)?.into_object()),
    }
}

fn size_of_object(object: &PyObject) -> PyResult<usize> {
    let Some(method) = object.lookup_special(interned_name!("__sizeof__"))? else {
        return Err(type_error!(
            "Type {} doesn't define __sizeof__",
            object.type_().tp_name()
        ));
    };
    let size = method.call0()?;
    let Some(size) = size.downcast::<PyLong>() else {
        return Err(type_error!("an integer is required"));
    };
    let Some(size) = size.to_i64() else {
        return Err(krait_runtime::overflow_error!(
            "Python int too large to convert to C ssize_t"
        ));
    };
    let Ok(size) = usize::try_from(size) else {
        return Err(value_error!("__sizeof__() should return >= 0"));
    };
    // Static classes are collected by nobody, though instances of `type` are.
    let before = match krait_runtime::gc::is_gc(object) {
        true => krait_runtime::alloc::pre_header_size(object.type_().flags()),
        false => 0,
    };
    Ok(size + before)
}

/// Enter the string into the table of interned strings and return the one that is there.
///
/// Equal interned strings are one object, which makes looking them up in dictionaries faster.
#[pyfunction(signature = "(string, /)")]
pub fn intern(string: &PyStr) -> PyResult<Obj> {
    if !string.is_exact::<PyStr>() {
        return Err(type_error!("can't intern {}", string.type_().tp_name()));
    }
    Ok(string.interned().into_object())
}

/// Return True if the given string is interned.
#[pyfunction(signature = "(string, /)")]
pub fn _is_interned(string: &PyStr) -> bool {
    string.is_interned()
}

/// Return True if the given object is immortal (PEP 683).
#[pyfunction(signature = "(op, /)")]
pub fn _is_immortal(op: &PyObject) -> bool {
    op.is_immortal()
}

/// Return the number of memory blocks currently allocated.
#[pyfunction]
pub fn getallocatedblocks() -> usize {
    krait_runtime::alloc::allocated_blocks()
}

/// Return the number of interned strings.
#[pyfunction(
    signature = "(*, _only_immortal=False)",
    text_signature = "($module, /, *, _only_immortal=False)"
)]
pub fn getunicodeinternedsize(_only_immortal: bool) -> usize {
    Interpreter::current().interned.len()
}

/// Clear the internal type lookup cache.
#[pyfunction]
pub fn _clear_type_cache() -> PyResult<()> {
    krait_runtime::hooks::warn(
        &krait_runtime::exc::DeprecationWarning,
        "sys._clear_type_cache() is deprecated and scheduled for removal in a future version. Use sys._clear_internal_caches() instead.",
        1,
    )?;
    PyObject::type_object().modified();
    Ok(())
}

/// Clear all internal performance-related caches.
#[pyfunction]
pub fn _clear_internal_caches() {
    PyObject::type_object().modified();
}

/// Take the descriptors of __dict__ and __weakref__ out of a class that another takes the place of.
#[pyfunction(signature = "(type, /)")]
pub fn _clear_type_descriptors(r#type: &PyObject) -> PyResult<()> {
    let Some(class) = r#type.downcast::<PyType>() else {
        return Err(type_error!(
            "_clear_type_descriptors() argument must be type, not {}",
            r#type.type_().tp_name()
        ));
    };
    if class.has_flag(krait_abi::Py_TPFLAGS_IMMUTABLETYPE) {
        return Err(type_error!("argument is immutable"));
    }
    for name in ["__dict__", "__weakref__"] {
        class.dict().del_item(&*PyStr::intern(name)?)?;
    }
    class.modified();
    Ok(())
}

/// Print debug info to stderr about the state of the allocator of objects.
#[pyfunction]
pub fn _debugmallocstats() {
    let stats = krait_runtime::alloc::stats();
    let classes: [&PyType; 6] = [
        PyDict::type_object(),
        PyFloat::type_object(),
        PyList::type_object(),
        PyMethod::type_object(),
        PySlice::type_object(),
        PySet::type_object(),
    ];
    for class in classes {
        let size = class.raw().tp_basicsize.get() as usize
            + krait_runtime::alloc::pre_header_size(class.flags());
        let free = stats.classes.iter().find(|each| each.size >= size);
        krait_host::reportln!(
            "{:8} free Py{}Objects * {size} bytes each",
            free.map_or(0, |class| class.free),
            capitalized(&class.name()),
        );
    }
    krait_host::reportln!("(classes whose objects are of one size share what is free)\n\n{stats}");
}

/// A class's name as C has it.
fn capitalized(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}
