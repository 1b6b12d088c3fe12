//! `builtins`: the functions and classes that every program sees.

mod attributes;
mod code;
mod io;
mod iteration;
mod numbers;

use krait_runtime::object::{Obj, PyClass, PyObject};
use krait_runtime::{
    PyBool, PyModule, PyResult, bool_object, exceptions, none, not_implemented, pymodule,
};

pymodule! {
    pub BUILTINS = "builtins",
    "Built-in functions, types, exceptions, and other objects.\n\nThis module provides direct access to all 'built-in'\nidentifiers of Python; for example, builtins.len is\nthe full name for the built-in function len().\n\nThis module is not normally accessed explicitly by most\napplications, but can be useful in modules that provide\nobjects with the same name as a builtin and need both.",
    functions: [
        code::build_class,
        attributes::import,
        numbers::abs,
        iteration::all,
        iteration::any,
        io::ascii,
        numbers::bin,
        io::breakpoint,
        attributes::callable,
        io::chr,
        code::compile,
        attributes::delattr,
        attributes::dir,
        numbers::divmod,
        code::eval,
        code::exec,
        io::format,
        attributes::getattr,
        code::globals,
        attributes::hasattr,
        numbers::hash,
        numbers::hex,
        attributes::id,
        io::input,
        attributes::isinstance,
        attributes::issubclass,
        iteration::iter,
        iteration::aiter,
        iteration::len,
        code::locals,
        iteration::max,
        iteration::min,
        iteration::next,
        iteration::anext,
        numbers::oct,
        io::ord,
        numbers::pow,
        io::print,
        io::repr,
        numbers::round,
        attributes::setattr,
        iteration::sorted,
        iteration::sum,
        attributes::vars,
    ],
    classes: [
        PyBool,
        krait_runtime::memoryview::PyMemoryView,
        krait_runtime::bytearray::PyByteArray,
        krait_runtime::PyBytes,
        krait_runtime::descr::PyClassMethod,
        krait_runtime::PyComplex,
        krait_runtime::PyDict,
        krait_runtime::iterators::PyEnumerate,
        krait_runtime::iterators::PyFilter,
        krait_runtime::PyFloat,
        krait_runtime::PyFrozenSet,
        krait_runtime::descr::PyProperty,
        krait_runtime::PyLong,
        krait_runtime::PyList,
        krait_runtime::iterators::PyMap,
        PyObject,
        krait_runtime::range::PyRange,
        krait_runtime::iterators::PyReversed,
        krait_runtime::PySet,
        krait_runtime::PySlice,
        krait_runtime::descr::PyStaticMethod,
        krait_runtime::PyStr,
        krait_runtime::typeobject::PySuper,
        krait_runtime::PyTuple,
        krait_runtime::PyType,
        krait_runtime::iterators::PyZip,
    ],
    exec: Some(exec)
}

/// Adds the constants and exceptions.
fn exec(module: &PyModule) -> PyResult<()> {
    let dict = module.dict();
    dict.set("None", none())?;
    dict.set("Ellipsis", krait_runtime::ellipsis())?;
    dict.set("NotImplemented", not_implemented())?;
    dict.set("False", bool_object(false))?;
    dict.set("True", bool_object(true))?;
    for (name, class) in exceptions::builtin_names() {
        dict.set(name, class)?;
    }
    let debug = krait_runtime::Interpreter::current()
        .flags
        .borrow()
        .optimize
        == 0;
    dict.set("__debug__", bool_object(debug))
}

/// An owned reference to `None`.
fn none_obj() -> Obj {
    none().to_obj()
}
