//! `abstract.h`, the part about numbers: `PyNumber_*`.

use std::ffi::c_int;

use krait_runtime::abstract_::{binary_op, inplace_op};
use krait_runtime::{BinaryOp, Py, PyClass, PyFloat, PyLong, PyObject, none};

use crate::glue::*;

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyNumber_Check(object: Arg) -> c_int {
    let Some(object) = object else { return 0 };
    // SAFETY: a suite lives as long as its class.
    let has_slot =
        unsafe { object.type_().raw().tp_as_number.get().as_ref() }.is_some_and(|suite| {
            suite.nb_index.get().is_some()
                || suite.nb_int.get().is_some()
                || suite.nb_float.get().is_some()
        });
    c_int::from(has_slot || object.downcast::<krait_runtime::PyComplex>().is_some())
}

macro_rules! binary_functions {
    ($($name:ident $in_place:ident $op:ident;)+) => { $(
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(left: Arg, right: Arg) -> Out {
            run(|| binary_op(some(left)?, some(right)?, BinaryOp::$op))
        }


        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $in_place(left: Arg, right: Arg) -> Out {
            run(|| inplace_op(some(left)?, some(right)?, BinaryOp::$op))
        }
    )+ };
}

binary_functions! {
    PyNumber_Add PyNumber_InPlaceAdd Add;
    PyNumber_Subtract PyNumber_InPlaceSubtract Subtract;
    PyNumber_Multiply PyNumber_InPlaceMultiply Multiply;
    PyNumber_MatrixMultiply PyNumber_InPlaceMatrixMultiply MatrixMultiply;
    PyNumber_FloorDivide PyNumber_InPlaceFloorDivide FloorDivide;
    PyNumber_TrueDivide PyNumber_InPlaceTrueDivide TrueDivide;
    PyNumber_Remainder PyNumber_InPlaceRemainder Remainder;
    PyNumber_Lshift PyNumber_InPlaceLshift LShift;
    PyNumber_Rshift PyNumber_InPlaceRshift RShift;
    PyNumber_And PyNumber_InPlaceAnd And;
    PyNumber_Xor PyNumber_InPlaceXor Xor;
    PyNumber_Or PyNumber_InPlaceOr Or;
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyNumber_Divmod(left: Arg, right: Arg) -> Out {
    run(|| some(left)?.divmod(some(right)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyNumber_Power(base: Arg, exponent: Arg, modulus: Arg) -> Out {
    run(|| some(base)?.power(some(exponent)?, some(modulus)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyNumber_InPlacePower(base: Arg, exponent: Arg, modulus: Arg) -> Out {
    run(|| {
        let (base, exponent, modulus) = (some(base)?, some(exponent)?, some(modulus)?);
        if modulus.is(none()) {
            inplace_op(base, exponent, BinaryOp::Power)
        } else {
            base.power(exponent, modulus)
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyNumber_Negative(object: Arg) -> Out {
    run(|| some(object)?.negative())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyNumber_Positive(object: Arg) -> Out {
    run(|| some(object)?.positive())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyNumber_Absolute(object: Arg) -> Out {
    run(|| some(object)?.absolute())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyNumber_Invert(object: Arg) -> Out {
    run(|| some(object)?.invert())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyIndex_Check(object: Arg) -> c_int {
    c_int::from(object.is_some_and(PyObject::has_index))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyNumber_Index(object: Arg) -> Out {
    run(|| {
        let index = some(object)?.index()?;
        // The subclasses of `int` are answered with a plain one.
        if index.is_exact::<PyLong>() {
            Ok(index)
        } else {
            PyLong::exact_copy(&index)
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyNumber_Long(object: Arg) -> Out {
    run(|| PyLong::from_object(some(object)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyNumber_Float(object: Arg) -> Out {
    run(|| {
        let object = some(object)?;
        if object.is_exact::<PyFloat>() {
            return Ok(object.to_obj());
        }
        PyFloat::new(PyFloat::from_object(object)?).map(Py::into_object)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyNumber_AsSsize_t(object: Arg, overflow: Arg) -> isize {
    run(|| {
        let overflow = overflow.map(|class| cast(Some(class))).transpose()?;
        some(object)?.as_isize(overflow)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyNumber_ToBase(number: Arg, base: c_int) -> Out {
    run(|| {
        let number = some(number)?.index()?;
        let function = match base {
            2 => "bin",
            8 => "oct",
            16 => "hex",
            10 => return number.as_object().str().map(Py::into_object),
            _ => {
                return Err(krait_runtime::system_error!(
                    "PyNumber_ToBase: base must be 2, 8, 10 or 16"
                ));
            }
        };
        krait_runtime::descr::builtin(function)?.call1(&number)
    })
}
