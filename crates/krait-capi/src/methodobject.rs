//! `methodobject.h`, `descrobject.h`, `cpython/funcobject.h` and `cpython/classobject.h`: functions,
//! methods and descriptors.

use std::ffi::c_int;

use krait_abi as abi;
use krait_runtime::descr::{
    PyClassMethod, PyClassMethodDescr, PyGetSetDescr, PyMemberDescr, PyMethodDescr, PyStaticMethod,
    member_get, member_set,
};
use krait_runtime::{
    Obj, PyCFunction, PyClass, PyFunction, PyMethod, PyObject, PyResult, PyType, none,
};

use crate::glue::*;

fn function(
    def: Option<&abi::PyMethodDef>,
    this: Arg,
    module: Arg,
    class: TypeArg,
) -> PyResult<krait_runtime::Py<PyCFunction>> {
    PyCFunction::new_in_class(some(def)?, this, module, class)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyCFunction_New(def: Option<&abi::PyMethodDef>, this: Arg) -> Out {
    run(|| function(def, this, None, None))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyCFunction_NewEx(
    def: Option<&abi::PyMethodDef>,
    this: Arg,
    module: Arg,
) -> Out {
    run(|| function(def, this, module, None))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyCMethod_New(
    def: Option<&abi::PyMethodDef>,
    this: Arg,
    module: Arg,
    class: TypeArg,
) -> Out {
    run(|| function(def, this, module, class))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyCFunction_GetFunction(object: Arg) -> Option<abi::PyCFunction> {
    cast::<PyCFunction>(object).ok()?.def().ml_meth
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyCFunction_GetSelf(object: Arg) -> Ptr {
    lend_result(cast::<PyCFunction>(object).map(|function| {
        function
            .bound_self()
            .filter(|_| function.def().ml_flags & abi::METH_STATIC == 0)
    }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyCFunction_GetFlags(object: Arg) -> c_int {
    cast::<PyCFunction>(object).map_or(-1, |function| function.def().ml_flags)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyDescr_NewMethod(class: TypeArg, def: Option<&abi::PyMethodDef>) -> Out {
    run(|| PyMethodDescr::new(some(class)?, some(def)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyDescr_NewClassMethod(
    class: TypeArg,
    def: Option<&abi::PyMethodDef>,
) -> Out {
    run(|| PyClassMethodDescr::new(some(class)?, some(def)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyDescr_NewMember(class: TypeArg, def: Option<&abi::PyMemberDef>) -> Out {
    run(|| PyMemberDescr::new(some(class)?, some(def)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyDescr_NewGetSet(class: TypeArg, def: Option<&abi::PyGetSetDef>) -> Out {
    run(|| PyGetSetDescr::new(some(class)?, some(def)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyDescr_IsData(object: &PyObject) -> c_int {
    c_int::from(object.type_().raw().tp_descr_set.get().is_some())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyMember_GetOne(object: Arg, def: Option<&abi::PyMemberDef>) -> Out {
    // SAFETY: the caller's object is laid out as the row says.
    run(|| unsafe { member_get(some(object)?, some(def)?) })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyMember_SetOne(
    object: Arg,
    def: Option<&abi::PyMemberDef>,
    value: Arg,
) -> c_int {
    // SAFETY: the caller's object is laid out as the row says.
    run(|| unsafe { member_set(some(object)?, some(def)?, value) })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyWrapper_New(descr: Arg, this: Arg) -> Out {
    run(|| {
        let descr = cast::<krait_runtime::descr::PyWrapperDescr>(descr)?;
        krait_runtime::descr::PyMethodWrapper::bind(descr, some(this)?)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyMethod_New(function: Arg, this: Arg) -> Out {
    run(|| PyMethod::bind(some(function)?.to_obj(), some(this)?.to_obj()))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyMethod_Function(method: Arg) -> Ptr {
    lend_result(cast::<PyMethod>(method).map(|method| Some(method.function())))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyMethod_Self(method: Arg) -> Ptr {
    lend_result(cast::<PyMethod>(method).map(|method| Some(method.instance())))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyInstanceMethod_New(function: Arg) -> Out {
    some(function).ok().map(PyClass::to_obj)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyStaticMethod_New(callable: Arg) -> Out {
    run(|| PyStaticMethod::from_callable(some(callable)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyClassMethod_New(callable: Arg) -> Out {
    run(|| PyClassMethod::from_callable(some(callable)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyFunction_GetCode(function: Arg) -> Ptr {
    lend_result(cast::<PyFunction>(function).map(|function| Some(function.code().into_object())))
}

/// An attribute of a function, lent: the function holds it. `None` is null to C.
fn part(function: Arg, name: &str) -> Ptr {
    lend_result(cast::<PyFunction>(function).and_then(|function| {
        let value = function.as_object().getattr_str(name)?;
        Ok::<Option<Obj>, _>((!value.is(none())).then_some(value))
    }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyFunction_GetGlobals(function: Arg) -> Ptr {
    part(function, "__globals__")
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyFunction_GetModule(function: Arg) -> Ptr {
    part(function, "__module__")
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyFunction_GetDefaults(function: Arg) -> Ptr {
    part(function, "__defaults__")
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyFunction_GetKwDefaults(function: Arg) -> Ptr {
    part(function, "__kwdefaults__")
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyFunction_GetClosure(function: Arg) -> Ptr {
    part(function, "__closure__")
}

/// Whether the class is one that C's `PyType_Check` macros call exact.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyEval_GetFuncName(object: &PyObject) -> *const std::ffi::c_char {
    let class: &PyType = object.type_();
    class.raw().tp_name.get()
}
