//! `object.h`, the part about classes: `PyType_*`.

use std::ffi::{c_int, c_uint, c_ulong, c_void};

use krait_abi as abi;
use krait_runtime::typeobject::{from_spec, ready_type, type_data_offset};
use krait_runtime::{
    Obj, Py, PyClass, PyErr, PyModule, PyObject, PyResult, PyStr, PyTuple, PyType, type_error,
};

use crate::glue::*;

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyType_Ready(class: TypeArg) -> c_int {
    run(|| ready_type(some(class)?))
}

/// Makes a type of a specification that C passes.
fn make(
    meta: TypeArg,
    module: Arg,
    spec: Option<&abi::PyType_Spec>,
    bases: Arg,
) -> PyResult<Py<PyType>> {
    // SAFETY: the specification is as C's documentation demands.
    unsafe { from_spec(meta, module, some(spec)?, bases) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyType_FromSpec(spec: Option<&abi::PyType_Spec>) -> Out {
    run(|| make(None, None, spec, None))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyType_FromSpecWithBases(
    spec: Option<&abi::PyType_Spec>,
    bases: Arg,
) -> Out {
    run(|| make(None, None, spec, bases))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyType_FromModuleAndSpec(
    module: Arg,
    spec: Option<&abi::PyType_Spec>,
    bases: Arg,
) -> Out {
    run(|| make(None, module, spec, bases))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyType_FromMetaclass(
    meta: TypeArg,
    module: Arg,
    spec: Option<&abi::PyType_Spec>,
    bases: Arg,
) -> Out {
    run(|| make(meta, module, spec, bases))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyType_GetSlot(class: TypeArg, slot: c_int) -> *mut c_void {
    run(|| some(class)?.slot_by_id(slot))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyType_GetFlags(class: &PyType) -> c_ulong {
    class.flags() as c_ulong
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyType_IsSubtype(class: &PyType, other: &PyType) -> c_int {
    c_int::from(class.is_subtype(other))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyType_Modified(class: TypeArg) {
    if let Some(class) = class {
        class.modified();
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyType_ClearCache() -> c_uint {
    0
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyType_GenericAlloc(class: *mut abi::PyTypeObject, items: isize) -> Ptr {
    // SAFETY: the contract of `tp_alloc` is the caller's.
    unsafe { krait_runtime::alloc::type_generic_alloc(class, items) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyType_GenericNew(class: TypeArg, _args: Ptr, _kwargs: Ptr) -> Ptr {
    let Some(class) = class else {
        return std::ptr::null_mut();
    };
    let alloc = class
        .raw()
        .tp_alloc
        .get()
        .unwrap_or(krait_runtime::alloc::type_generic_alloc);
    // SAFETY: the allocation slot takes its class.
    unsafe { alloc(class.as_type_ptr(), 0) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyType_GetName(class: TypeArg) -> Out {
    run(|| some(class)?.as_object().getattr_str("__name__"))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyType_GetQualName(class: TypeArg) -> Out {
    run(|| some(class)?.as_object().getattr_str("__qualname__"))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyType_GetModuleName(class: TypeArg) -> Out {
    run(|| some(class)?.as_object().getattr_str("__module__"))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyType_GetFullyQualifiedName(class: TypeArg) -> Out {
    run(|| PyStr::new(&some(class)?.qualified_name()?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyType_GetDict(class: TypeArg) -> Out {
    class.map(|class| class.dict().to_obj())
}

/// The module that a class was made for.
fn module_of(class: &PyType) -> Option<Obj> {
    // SAFETY: null or a module that the class holds.
    unsafe { PyObject::from_ptr_opt(class.heap()?.ht_module.get()) }.map(PyClass::to_obj)
}

fn no_module(class: &PyType) -> PyErr {
    if class.is_heap_type() {
        type_error!(
            "PyType_GetModule: Type '{}' has no associated module",
            class.name()
        )
    } else {
        type_error!(
            "PyType_GetModule: Type '{}' is not a heap type",
            class.name()
        )
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyType_GetModule(class: TypeArg) -> Ptr {
    lend_result(
        some(class).and_then(|class| module_of(class).ok_or_else(|| no_module(class)).map(Some)),
    )
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyType_GetModuleState(class: TypeArg) -> *mut c_void {
    run(|| {
        let class = some(class)?;
        let module = module_of(class).ok_or_else(|| no_module(class))?;
        Ok(cast::<PyModule>(Some(&module))?.state())
    })
}

/// The classes in a class's order of resolution.
fn ancestors(class: &PyType) -> Vec<Py<PyType>> {
    let mro = class.mro().map(PyTuple::as_slice).unwrap_or_default();
    mro.iter()
        .filter_map(|each| each.clone().cast::<PyType>().ok())
        .collect()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyType_GetModuleByDef(class: TypeArg, def: *mut abi::PyModuleDef) -> Ptr {
    let found = some(class).and_then(|class| {
        let made_from = |module: &Obj| {
            module
                .downcast::<PyModule>()
                .is_some_and(|module| module.def() == def)
        };
        let modules = ancestors(class);
        let module = modules
            .iter()
            .find_map(|each| module_of(each).filter(made_from));
        module.map(Some).ok_or_else(|| {
            type_error!(
                "PyType_GetModuleByDef: No superclass of '{}' has the given module",
                class.name()
            )
        })
    });
    lend_result(found)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyType_GetBaseByToken(
    class: TypeArg,
    token: *mut c_void,
    result: Place<Out>,
) -> c_int {
    let found = some(class).and_then(|class| {
        if token.is_null() {
            return Err(krait_runtime::system_error!(
                "PyType_GetBaseByToken called with token=NULL"
            ));
        }
        let has_token =
            |each: &&Py<PyType>| each.heap().is_some_and(|heap| heap.ht_token.get() == token);
        Ok(ancestors(class)
            .iter()
            .find(has_token)
            .map(|each| each.to_obj()))
    });
    give_optional(result, found)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyType_GetTypeDataSize(class: &PyType) -> isize {
    class.raw().tp_basicsize.get() - type_data_offset(class)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_GetTypeData(object: Ptr, class: &PyType) -> *mut c_void {
    // SAFETY: the object is an instance of the class, whose part begins there.
    unsafe { object.byte_offset(type_data_offset(class)).cast() }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_GetItemData(object: &PyObject) -> *mut c_void {
    if !object.type_().has_flag(abi::Py_TPFLAGS_ITEMS_AT_END) {
        let _error = type_error!(
            "type '{}' does not have Py_TPFLAGS_ITEMS_AT_END",
            object.type_().tp_name()
        );
        return std::ptr::null_mut();
    }
    // SAFETY: the flag says that the items follow the rest of the object.
    unsafe {
        object
            .as_ptr()
            .byte_offset(object.type_().raw().tp_basicsize.get())
            .cast()
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyType_Freeze(class: TypeArg) -> c_int {
    run(|| {
        let class = some(class)?;
        for base in class.bases().map(PyTuple::as_slice).unwrap_or_default() {
            if let Some(base) = base.downcast::<PyType>()
                && !base.has_flag(abi::Py_TPFLAGS_IMMUTABLETYPE)
            {
                return Err(type_error!(
                    "Creating immutable type {} from mutable base {}",
                    class.name(),
                    base.name()
                ));
            }
        }
        class.set_flags(class.flags() | abi::Py_TPFLAGS_IMMUTABLETYPE);
        class.modified();
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyType_Lookup(class: &PyType, name: Arg) -> Ptr {
    lend(
        name.and_then(PyObject::downcast::<PyStr>)
            .and_then(|name| class.lookup(name)),
    )
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyType_LookupRef(class: &PyType, name: Arg) -> Out {
    class.lookup(name.and_then(PyObject::downcast::<PyStr>)?)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyType_Name(class: &PyType) -> *const std::ffi::c_char {
    let name = class.raw().tp_name.get();
    // SAFETY: a C string that lives as long as the class; the dot, if there is one, is in it.
    unsafe {
        match std::ffi::CStr::from_ptr(name)
            .to_bytes()
            .iter()
            .rposition(|&byte| byte == b'.')
        {
            Some(dot) => name.add(dot + 1),
            None => name,
        }
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnstable_Type_AssignVersionTag(class: &PyType) -> c_int {
    c_int::from(class.version_tag() != 0)
}
