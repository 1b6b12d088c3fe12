//! Reading and writing struct fields by type code (`Py_T_*`).

use std::ffi::{CStr, c_char};

use krait_abi as abi;

use crate::cfunction::c_text;
use crate::field::Field;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::typeobject::glue;
use crate::{PyFloat, PyLong, PyResult, PyStr, attribute_error, type_error};

/// The field's address.
///
/// # Safety
/// The object is laid out as the row says.
unsafe fn address<T>(object: &PyObject, def: &abi::PyMemberDef) -> *mut T {
    // SAFETY: the caller's contract: the offset is inside the object.
    unsafe { object.as_ptr().byte_offset(def.offset).cast() }
}

/// Reads a member: `PyMember_GetOne`.
///
/// # Safety
/// The object is laid out as the row says.
pub unsafe fn member_get(object: &PyObject, def: &abi::PyMemberDef) -> PyResult<Obj> {
    // SAFETY: the caller's contract, for each type code.
    unsafe {
        macro_rules! int {
            ($type:ty) => {
                PyLong::from_i64(address::<$type>(object, def).read() as i64).map(Py::into_object)
            };
        }
        match def.r#type {
            abi::Py_T_BOOL => Ok(glue::bool_obj(address::<c_char>(object, def).read() != 0)),
            abi::Py_T_BYTE => int!(i8),
            abi::Py_T_UBYTE => int!(u8),
            abi::Py_T_SHORT => int!(i16),
            abi::Py_T_USHORT => int!(u16),
            abi::Py_T_INT => int!(i32),
            abi::Py_T_UINT => int!(u32),
            abi::Py_T_LONG | abi::Py_T_LONGLONG | abi::Py_T_PYSSIZET => int!(i64),
            abi::Py_T_ULONG | abi::Py_T_ULONGLONG => {
                PyLong::from_u64(address::<u64>(object, def).read()).map(Py::into_object)
            }
            abi::Py_T_FLOAT => {
                PyFloat::new(f64::from(address::<f32>(object, def).read())).map(Py::into_object)
            }
            abi::Py_T_DOUBLE => {
                PyFloat::new(address::<f64>(object, def).read()).map(Py::into_object)
            }
            abi::Py_T_STRING => {
                let text = address::<*const c_char>(object, def).read();
                if text.is_null() {
                    return Ok(glue::none_obj());
                }
                PyStr::new(&c_text(text)).map(Py::into_object)
            }
            abi::Py_T_STRING_INPLACE => {
                let text = CStr::from_ptr(address::<c_char>(object, def));
                PyStr::new(&text.to_string_lossy()).map(Py::into_object)
            }
            abi::Py_T_CHAR => {
                let code = address::<u8>(object, def).read();
                PyStr::from_latin1(&[code]).map(Py::into_object)
            }
            abi::_Py_T_OBJECT => Ok((*address::<Field>(object, def))
                .get()
                .unwrap_or_else(glue::none_obj)),
            abi::Py_T_OBJECT_EX => (*address::<Field>(object, def))
                .get()
                .ok_or_else(|| missing(object, def)),
            abi::_Py_T_NONE => Ok(glue::none_obj()),
            _ => Err(bad_type(def)),
        }
    }
}

#[cold]
fn missing(object: &PyObject, def: &abi::PyMemberDef) -> crate::PyErr {
    let name = c_text(def.name);
    let error = attribute_error!(
        "'{}' object has no attribute '{name}'",
        object.type_().fully_qualified_name()
    );
    if let Ok(name) = PyStr::intern(&name).map_err(crate::PyErr::clear) {
        crate::attr::note_attribute_error(&error, object, &name);
    }
    error
}

#[cold]
fn bad_type(def: &abi::PyMemberDef) -> crate::PyErr {
    crate::system_error!("bad memberdescr type for {}", c_text(def.name))
}

/// Writes a member, or deletes it: `PyMember_SetOne`.
///
/// # Safety
/// The object is laid out as the row says.
pub unsafe fn member_set(
    object: &PyObject,
    def: &abi::PyMemberDef,
    value: Option<&PyObject>,
) -> PyResult<()> {
    if def.flags & abi::Py_READONLY != 0 {
        return Err(attribute_error!("readonly attribute"));
    }
    let Some(value) = value else {
        // SAFETY: the caller's contract.
        return unsafe { member_delete(object, def) };
    };
    // SAFETY: the caller's contract, for each type code.
    unsafe {
        macro_rules! int {
            ($type:ty, $name:literal) => {{
                let number = value.as_isize(Some(&crate::exc::OverflowError))? as i64;
                let narrowed = number as $type;
                address::<$type>(object, def).write(narrowed);
                if narrowed as i64 != number {
                    let message = concat!("Truncation of value to ", $name);
                    crate::hooks::warn(&crate::exc::RuntimeWarning, message, 1)?;
                }
                Ok(())
            }};
        }
        match def.r#type {
            abi::Py_T_BOOL => {
                let truth = if value.is(crate::bool_object(true)) {
                    1
                } else if value.is(crate::bool_object(false)) {
                    0
                } else {
                    return Err(type_error!("attribute value type must be bool"));
                };
                address::<c_char>(object, def).write(truth);
                Ok(())
            }
            abi::Py_T_BYTE => int!(i8, "char"),
            abi::Py_T_UBYTE => int!(u8, "unsigned char"),
            abi::Py_T_SHORT => int!(i16, "short"),
            abi::Py_T_USHORT => int!(u16, "unsigned short"),
            abi::Py_T_INT => int!(i32, "int"),
            abi::Py_T_UINT => int!(u32, "unsigned int"),
            abi::Py_T_LONG | abi::Py_T_LONGLONG | abi::Py_T_PYSSIZET => {
                let number = value.as_isize(Some(&crate::exc::OverflowError))?;
                address::<i64>(object, def).write(number as i64);
                Ok(())
            }
            abi::Py_T_ULONG | abi::Py_T_ULONGLONG => {
                let index = value.index()?;
                let number = index
                    .to_u64()
                    .or_else(|| index.to_i64().map(|number| number as u64));
                let Some(number) = number else {
                    return Err(crate::overflow_error!(
                        "Python int too large to convert to C unsigned long"
                    ));
                };
                address::<u64>(object, def).write(number);
                Ok(())
            }
            abi::Py_T_FLOAT => {
                address::<f32>(object, def).write(value.to_f64()? as f32);
                Ok(())
            }
            abi::Py_T_DOUBLE => {
                address::<f64>(object, def).write(value.to_f64()?);
                Ok(())
            }
            abi::Py_T_CHAR => {
                let text = value.downcast::<PyStr>().filter(|text| text.len() == 1);
                let Some(code) = text.map(|text| text.char_at(0)).filter(|code| *code < 128) else {
                    return Err(type_error!("bad argument type for built-in operation"));
                };
                address::<u8>(object, def).write(code as u8);
                Ok(())
            }
            abi::_Py_T_OBJECT | abi::Py_T_OBJECT_EX => {
                (*address::<Field>(object, def)).set(Some(value.to_obj()));
                Ok(())
            }
            abi::Py_T_STRING | abi::Py_T_STRING_INPLACE => Err(type_error!("readonly attribute")),
            _ => Err(bad_type(def)),
        }
    }
}

/// Deletes a member.
///
/// # Safety
/// As [`member_set`].
unsafe fn member_delete(object: &PyObject, def: &abi::PyMemberDef) -> PyResult<()> {
    match def.r#type {
        // SAFETY: the caller's contract: a nullable object pointer is there.
        abi::Py_T_OBJECT_EX => match unsafe { (*address::<Field>(object, def)).take() } {
            Some(_) => Ok(()),
            None => Err(attribute_error!("{}", c_text(def.name))),
        },
        abi::_Py_T_OBJECT => {
            // SAFETY: as above.
            unsafe { (*address::<Field>(object, def)).set(None) };
            Ok(())
        }
        _ => Err(type_error!("can't delete numeric/char attribute")),
    }
}
