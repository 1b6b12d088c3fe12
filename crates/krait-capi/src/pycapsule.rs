//! `pycapsule.h`.

use std::ffi::{c_char, c_int, c_void};

use krait_abi as abi;
use krait_runtime::capsule::PyCapsule;
use krait_runtime::{PyObject, PyResult, value_error};

use crate::glue::*;

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyCapsule_New(
    pointer: *mut c_void,
    name: *const c_char,
    destructor: Option<abi::PyCapsule_Destructor>,
) -> Out {
    // SAFETY: the name outlives the capsule, as C's documentation demands.
    run(|| unsafe { PyCapsule::new(pointer, name, destructor) })
}

/// A capsule; `function` is what the message names.
fn capsule<'a>(object: Arg<'a>, function: &str) -> PyResult<&'a PyCapsule> {
    object
        .and_then(PyObject::downcast::<PyCapsule>)
        .ok_or_else(|| value_error!("{function} called with invalid PyCapsule object"))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyCapsule_IsValid(object: Arg, name: *const c_char) -> c_int {
    let capsule = object.and_then(PyObject::downcast_exact::<PyCapsule>);
    // SAFETY: a C string or null.
    c_int::from(capsule.is_some_and(|capsule| unsafe { capsule.has_name(name) }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyCapsule_GetPointer(object: Arg, name: *const c_char) -> *mut c_void {
    run(|| {
        let capsule = capsule(object, "PyCapsule_GetPointer")?;
        // SAFETY: a C string or null.
        if !unsafe { capsule.has_name(name) } {
            return Err(value_error!(
                "PyCapsule_GetPointer called with incorrect name"
            ));
        }
        Ok(capsule.pointer().get())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyCapsule_GetName(object: Arg) -> *const c_char {
    run(|| Ok(capsule(object, "PyCapsule_GetName")?.name_ptr().get()))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyCapsule_GetContext(object: Arg) -> *mut c_void {
    run(|| Ok(capsule(object, "PyCapsule_GetContext")?.context().get()))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyCapsule_GetDestructor(object: Arg) -> Option<abi::PyCapsule_Destructor> {
    capsule(object, "PyCapsule_GetDestructor")
        .ok()?
        .destructor()
        .get()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyCapsule_SetPointer(object: Arg, pointer: *mut c_void) -> c_int {
    run(|| {
        let capsule = capsule(object, "PyCapsule_SetPointer")?;
        if pointer.is_null() {
            return Err(value_error!(
                "PyCapsule_SetPointer called with null pointer"
            ));
        }
        capsule.pointer().set(pointer);
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyCapsule_SetName(object: Arg, name: *const c_char) -> c_int {
    run(|| {
        capsule(object, "PyCapsule_SetName")?.name_ptr().set(name);
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyCapsule_SetContext(object: Arg, context: *mut c_void) -> c_int {
    run(|| {
        capsule(object, "PyCapsule_SetContext")?
            .context()
            .set(context);
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyCapsule_SetDestructor(
    object: Arg,
    destructor: Option<abi::PyCapsule_Destructor>,
) -> c_int {
    run(|| {
        capsule(object, "PyCapsule_SetDestructor")?
            .destructor()
            .set(destructor);
        Ok(())
    })
}

/// The capsules that modules of the library have for C code alone: made when they are asked for.
const PROVIDED: &[(&str, fn() -> PyResult<krait_runtime::Obj>)] =
    &[("datetime.datetime_CAPI", crate::datetime::capsule)];

/// The pointer of a capsule at a dotted path, whose first part is a module.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyCapsule_Import(name: Text, _no_block: c_int) -> *mut c_void {
    run(|| {
        let path = name.lossy();
        let mut parts = path.split('.');
        let mut object = crate::import::import_name(parts.next().unwrap_or_default())?;
        for (index, part) in parts.enumerate() {
            object = match object.lookup_attr_str(part)? {
                Some(object) => object,
                None => match PROVIDED.iter().find(|(known, _)| *known == path) {
                    Some((_, make)) => make()?,
                    None => {
                        // A submodule that nobody has imported yet.
                        let module: Vec<&str> = path.split('.').take(index + 2).collect();
                        crate::import::import_name(&module.join("."))?
                    }
                },
            };
        }
        match object.downcast::<PyCapsule>() {
            // SAFETY: the name is a C string.
            Some(capsule) if unsafe { capsule.has_name(name.0) } => Ok(capsule.pointer().get()),
            _ => Err(krait_runtime::attribute_error!(
                "PyCapsule_Import \"{path}\" is not valid"
            )),
        }
    })
}
