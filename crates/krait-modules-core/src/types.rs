//! `_types`: the builtin classes that have no name of their own.

use krait_runtime::descr::{
    PyClassMethodDescr, PyGetSetDescr, PyMappingProxy, PyMemberDescr, PyMethodDescr,
    PyMethodWrapper, PyWrapperDescr,
};
use krait_runtime::singletons::{PyEllipsis, PyNone, PyNotImplemented};
use krait_runtime::{
    PyCFunction, PyCell, PyClass, PyCode, PyFunction, PyMethod, PyModule, PyObject, PyResult,
    PyType, pymodule, system_error,
};

pymodule! {
    pub TYPES = "_types", "Define names for built-in types.",
    functions: [],
    classes: [],
    exec: Some(exec)
}

/// A class of the interpreter's, which modules do not see: by its name among the static classes.
fn interpreter_class(name: &str) -> PyResult<krait_runtime::Py<PyType>> {
    PyObject::type_object()
        .subclasses()
        .into_iter()
        .find(|class| !class.is_heap_type() && class.tp_name() == name)
        .ok_or_else(|| system_error!("there is no class '{name}'"))
}

fn exec(module: &PyModule) -> PyResult<()> {
    let dict = module.dict();
    let classes: &[(&str, fn() -> &'static PyType)] = &[
        ("BuiltinFunctionType", PyCFunction::type_object),
        ("BuiltinMethodType", PyCFunction::type_object),
        (
            "CapsuleType",
            krait_runtime::capsule::PyCapsule::type_object,
        ),
        ("CellType", PyCell::type_object),
        ("ClassMethodDescriptorType", PyClassMethodDescr::type_object),
        ("CodeType", PyCode::type_object),
        ("EllipsisType", PyEllipsis::type_object),
        ("FrameType", krait_runtime::frame::PyFrame::type_object),
        ("FunctionType", PyFunction::type_object),
        (
            "GenericAlias",
            krait_runtime::generic_alias::PyGenericAlias::type_object,
        ),
        ("GetSetDescriptorType", PyGetSetDescr::type_object),
        ("LambdaType", PyFunction::type_object),
        ("MappingProxyType", PyMappingProxy::type_object),
        ("MemberDescriptorType", PyMemberDescr::type_object),
        ("MethodDescriptorType", PyMethodDescr::type_object),
        ("MethodType", PyMethod::type_object),
        ("MethodWrapperType", PyMethodWrapper::type_object),
        ("ModuleType", PyModule::type_object),
        ("NoneType", PyNone::type_object),
        ("NotImplementedType", PyNotImplemented::type_object),
        (
            "SimpleNamespace",
            krait_runtime::namespace::PyNamespace::type_object,
        ),
        (
            "TracebackType",
            krait_runtime::traceback::PyTraceback::type_object,
        ),
        ("UnionType", krait_runtime::union::PyUnion::type_object),
        ("WrapperDescriptorType", PyWrapperDescr::type_object),
    ];
    for (name, class) in classes {
        dict.set(name, class())?;
    }
    for (name, class) in [
        ("AsyncGeneratorType", "async_generator"),
        ("CoroutineType", "coroutine"),
        ("GeneratorType", "generator"),
    ] {
        dict.set(name, &*interpreter_class(class)?)?;
    }
    Ok(())
}
