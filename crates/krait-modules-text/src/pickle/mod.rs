//! `_pickle`: objects as streams of bytes and back.

mod buffer;
mod input;
mod load;
mod memo;
mod opcodes;
mod pickler;
mod save;
mod save_reduce;
mod unpickler;

use krait_macros::pyfunction;
use krait_runtime::{
    Field, Obj, PyBaseException, PyClass, PyErr, PyModule, PyObject, PyResult, PyStr, exc, pymodule,
};

use crate::util::{add_exception, raise};
use buffer::PickleBuffer;
use pickler::Pickler;
use unpickler::{Options, Unpickler};

pymodule! {
    pub PICKLE = "_pickle", "Optimized C implementation for the Python pickle module.",
    functions: [dump, dumps, load_, loads],
    classes: [PickleBuffer, Pickler, Unpickler],
    hidden: [memo::PicklerMemoProxy, memo::UnpicklerMemoProxy],
    exec: Some(exec)
}

/// The names of the module's exceptions.
const PICKLING_ERROR: &str = "_pickle.PicklingError";
const UNPICKLING_ERROR: &str = "_pickle.UnpicklingError";
const HIGHEST_PROTOCOL: i64 = 5;
const DEFAULT_PROTOCOL: i64 = 5;

fn exec(module: &PyModule) -> PyResult<()> {
    let base = add_exception(module, "_pickle.PickleError", &[&exc::Exception], None)?;
    add_exception(module, PICKLING_ERROR, &[&base], None)?;
    add_exception(module, UNPICKLING_ERROR, &[&base], None)?;
    Ok(())
}

#[cold]
fn pickling_error(message: impl AsRef<str>) -> PyErr {
    raise(PICKLING_ERROR, message)
}

#[cold]
fn unpickling_error(message: impl AsRef<str>) -> PyErr {
    raise(UNPICKLING_ERROR, message)
}

/// Adds a note that says where in the object an exception came up.
#[cold]
fn noted(error: PyErr, note: impl FnOnce() -> PyResult<String>) -> PyErr {
    let exception = error.take();
    let add = || -> PyResult<()> {
        let note = PyStr::new(&note()?)?;
        if let Some(exception) = exception.downcast::<PyBaseException>() {
            exception.add_note(&note)?;
        }
        Ok(())
    };
    match add() {
        Ok(()) => PyErr::restore(exception),
        Err(error) => error,
    }
}

/// A hook of a pickler or unpickler: an attribute that was set, or a subclass's method; not the
/// base class's own method, which does nothing.
fn hook(
    object: &PyObject,
    set: &Field<PyObject>,
    base: &krait_runtime::PyType,
    name: &str,
) -> PyResult<Option<Obj>> {
    if let Some(set) = set.get() {
        return Ok(Some(set));
    }
    let name = PyStr::intern(name)?;
    let own = object.type_().lookup(&name);
    let inherited = base.lookup(&name);
    match (&own, &inherited) {
        (Some(own), Some(inherited)) if own.is(inherited) => Ok(None),
        _ => object.lookup_attr(&name),
    }
}

/// Write a pickled representation of obj to the open file object file.
#[pyfunction(signature = "(obj, file, protocol=None, *, fix_imports=True, buffer_callback=None)")]
fn dump(
    obj: &PyObject,
    file: &PyObject,
    protocol: Option<&PyObject>,
    fix_imports: bool,
    buffer_callback: Option<&PyObject>,
) -> PyResult<()> {
    let pickler = Pickler::make(Pickler::type_object())?;
    pickler.set_options(Some(file), protocol, fix_imports, buffer_callback)?;
    pickler.dump_to_file(obj)
}

/// Return the pickled representation of the object as a bytes object.
#[pyfunction(signature = "(obj, protocol=None, *, fix_imports=True, buffer_callback=None)")]
fn dumps(
    obj: &PyObject,
    protocol: Option<&PyObject>,
    fix_imports: bool,
    buffer_callback: Option<&PyObject>,
) -> PyResult<Obj> {
    let pickler = Pickler::make(Pickler::type_object())?;
    pickler.set_options(None, protocol, fix_imports, buffer_callback)?;
    pickler.dump_to_bytes(obj)
}

/// Read and return an object from the pickle data stored in a file.
#[pyfunction(
    name = "load",
    signature = "(file, *, fix_imports=True, encoding='ASCII', errors='strict', buffers=())"
)]
fn load_(
    file: &PyObject,
    fix_imports: bool,
    encoding: &str,
    errors: &str,
    buffers: Option<&PyObject>,
) -> PyResult<Obj> {
    let unpickler = Unpickler::make(Unpickler::type_object())?;
    unpickler.set_options(Options {
        file: Some(file),
        fix_imports,
        encoding,
        errors,
        buffers,
    })?;
    unpickler.load_from_file()
}

/// Read and return an object from the given pickle data.
#[pyfunction(
    signature = "(data, /, *, fix_imports=True, encoding='ASCII', errors='strict', buffers=())"
)]
fn loads(
    data: &PyObject,
    fix_imports: bool,
    encoding: &str,
    errors: &str,
    buffers: Option<&PyObject>,
) -> PyResult<Obj> {
    let unpickler = Unpickler::make(Unpickler::type_object())?;
    unpickler.set_options(Options {
        file: None,
        fix_imports,
        encoding,
        errors,
        buffers,
    })?;
    unpickler.load_from_bytes(crate::util::Data::of(data)?)
}
