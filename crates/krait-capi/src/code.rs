//! `cpython/code.h` and `cpython/pyframe.h`: code and frame objects that C code makes, for its entries in
//! tracebacks.

use std::ffi::c_int;

use krait_abi as abi;
use krait_runtime::code::CodeParts;
use krait_runtime::frame::PyFrame;
use krait_runtime::{
    Obj, Py, PyBytes, PyClass, PyCode, PyDict, PyResult, PyStr, PyTuple, ThreadState,
};

use crate::glue::*;

/// The names and kinds of a code object's variables: locals, of which some are cells too, then cells,
/// then free variables.
fn variables(
    [varnames, freevars, cellvars]: [&PyTuple; 3],
    arguments: usize,
) -> PyResult<(Py<PyTuple>, Py<PyBytes>)> {
    let (mut names, mut kinds): (Vec<Obj>, Vec<u8>) = (Vec::new(), Vec::new());
    for (index, name) in varnames.as_slice().iter().enumerate() {
        names.push(name.clone());
        let argument = if index < arguments {
            abi::CO_FAST_ARG_POS | abi::CO_FAST_ARG_KW
        } else {
            0
        };
        kinds.push(abi::CO_FAST_LOCAL | argument);
    }
    for name in cellvars.as_slice() {
        let mut shared = None;
        for (index, variable) in varnames.as_slice().iter().enumerate() {
            if variable.eq(name)? {
                shared = Some(index);
            }
        }
        match shared {
            Some(index) => kinds[index] |= abi::CO_FAST_CELL,
            None => {
                names.push(name.clone());
                kinds.push(abi::CO_FAST_CELL);
            }
        }
    }
    for name in freevars.as_slice() {
        names.push(name.clone());
        kinds.push(abi::CO_FAST_FREE);
    }
    Ok((PyTuple::from_vec(names)?, PyBytes::new(&kinds)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnstable_Code_NewWithPosOnlyArgs(
    argcount: c_int,
    posonlyargcount: c_int,
    kwonlyargcount: c_int,
    _nlocals: c_int,
    stacksize: c_int,
    flags: c_int,
    code: Arg,
    consts: Arg,
    names: Arg,
    varnames: Arg,
    freevars: Arg,
    cellvars: Arg,
    filename: Arg,
    name: Arg,
    qualname: Arg,
    firstlineno: c_int,
    linetable: Arg,
    exceptiontable: Arg,
) -> Out {
    run(|| {
        let tuple = |object| cast::<PyTuple>(object);
        let text = |object| Ok(PyClass::to_owned(cast::<PyStr>(object)?));
        let bytes = |object| Ok(PyClass::to_owned(cast::<PyBytes>(object)?));
        let arguments = argcount.max(0) + kwonlyargcount.max(0);
        let lists = [tuple(varnames)?, tuple(freevars)?, tuple(cellvars)?];
        let (localsplusnames, localspluskinds) = variables(lists, arguments as usize)?;
        PyCode::build(CodeParts {
            argcount,
            posonlyargcount,
            kwonlyargcount,
            stacksize,
            flags,
            code: cast::<PyBytes>(code)?.as_bytes().to_vec(),
            consts: PyClass::to_owned(tuple(consts)?),
            names: PyClass::to_owned(tuple(names)?),
            localsplusnames,
            localspluskinds,
            filename: text(filename)?,
            name: text(name)?,
            qualname: text(qualname)?,
            firstlineno,
            linetable: bytes(linetable)?,
            exceptiontable: bytes(exceptiontable)?,
        })
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyFrame_New(
    _thread: &ThreadState,
    code: Arg,
    globals: Arg,
    locals: Arg,
) -> Out {
    run(|| {
        let code = PyClass::to_owned(cast::<PyCode>(code)?);
        PyFrame::new_stopped(code, PyClass::to_owned(cast::<PyDict>(globals)?), locals)
    })
}
