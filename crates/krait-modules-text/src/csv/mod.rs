//! `_csv`: reading and writing rows of separated values.

mod dialect;
mod reader;
mod writer;

use std::cell::Cell;

use krait_macros::pyfunction;
use krait_runtime::{
    Args, Field, Interpreter, IntoPy, KwArgs, Obj, OptionalArg, Py, PyClass, PyDict, PyList,
    PyLong, PyModule, PyObject, PyResult, PyStr, args, exc, pymodule, type_error,
};

use crate::util::{add_exception, raise};
use dialect::{Dialect, call_dialect};
use reader::Reader;
use writer::Writer;

pymodule! {
    pub CSV = "_csv", "CSV parsing and writing.\n",
    functions: [
        field_size_limit, get_dialect, list_dialects, reader_, register_dialect,
        unregister_dialect, writer_,
    ],
    classes: [Dialect],
    hidden: [],
    exec: Some(exec)
}

/// The name of the module's exception.
const ERROR: &str = "_csv.Error";

/// Values of `quoting`.
const QUOTE_MINIMAL: i64 = 0;
const QUOTE_ALL: i64 = 1;
const QUOTE_NONNUMERIC: i64 = 2;
const QUOTE_NONE: i64 = 3;
const QUOTE_STRINGS: i64 = 4;
const QUOTE_NOTNULL: i64 = 5;

/// What the module keeps.
struct State {
    dialects: Field<PyDict>,
    field_limit: Cell<isize>,
}

impl Default for State {
    fn default() -> Self {
        State {
            dialects: Field::empty(),
            field_limit: Cell::new(128 * 1024),
        }
    }
}

fn state() -> &'static State {
    Interpreter::current().extension::<State>()
}

fn dialects() -> PyResult<Py<PyDict>> {
    match state().dialects.get() {
        Some(dialects) => Ok(dialects),
        None => PyDict::new(),
    }
}

fn exec(module: &PyModule) -> PyResult<()> {
    let constants = [
        ("QUOTE_MINIMAL", QUOTE_MINIMAL),
        ("QUOTE_ALL", QUOTE_ALL),
        ("QUOTE_NONNUMERIC", QUOTE_NONNUMERIC),
        ("QUOTE_NONE", QUOTE_NONE),
        ("QUOTE_STRINGS", QUOTE_STRINGS),
        ("QUOTE_NOTNULL", QUOTE_NOTNULL),
    ];
    for (name, value) in constants {
        module.add(name, &*value.into_py()?)?;
    }
    let dialects = PyDict::new()?;
    module.add("_dialects", &dialects)?;
    state().dialects.set(Some(dialects));
    // Their names as attributes are not their own names.
    for (name, class) in [
        ("Reader", Reader::type_object()),
        ("Writer", Writer::type_object()),
    ] {
        krait_runtime::typeobject::ready_type(class)?;
        module.add(name, class)?;
    }
    add_exception(module, ERROR, &[&exc::Exception], None)?;
    Ok(())
}

/// The dialect with a name.
fn registered(name: &PyObject) -> PyResult<Obj> {
    match dialects()?.get_item(name)? {
        Some(dialect) => Ok(dialect),
        None => Err(raise(ERROR, "unknown dialect")),
    }
}

/// Return a list of all known dialect names.
#[pyfunction(signature = "()")]
fn list_dialects() -> PyResult<Py<PyList>> {
    PyList::from_vec(dialects()?.keys_vec())
}

/// Create a mapping from a string name to a CSV dialect.
#[pyfunction(
    signature = "(*args, **fmtparams)",
    text_signature = "($module, name, /, dialect='excel', **fmtparams)"
)]
fn register_dialect(args: Args<'_>, fmtparams: KwArgs<'_>) -> PyResult<()> {
    args::check_positional("register_dialect", args.len(), 1, 2)?;
    let Some(name) = args.get(0).and_then(|name| name.downcast::<PyStr>()) else {
        return Err(type_error!("dialect name must be a string"));
    };
    let dialect = call_dialect(args.get(1), &fmtparams)?;
    dialects()?.set_item(name, &dialect)
}

/// Delete the name/dialect mapping associated with a string name.
#[pyfunction(signature = "(name)")]
fn unregister_dialect(name: &PyObject) -> PyResult<()> {
    if dialects()?.del_item(name)? {
        Ok(())
    } else {
        Err(raise(ERROR, "unknown dialect"))
    }
}

/// Return the dialect instance associated with name.
#[pyfunction(signature = "(name)")]
fn get_dialect(name: &PyObject) -> PyResult<Obj> {
    registered(name)
}

/// Sets an upper limit on parsed fields; returns the old limit.
#[pyfunction(signature = "(new_limit=<unrepresentable>)")]
fn field_size_limit(new_limit: OptionalArg<&PyObject>) -> PyResult<isize> {
    let limit = &state().field_limit;
    let old = limit.get();
    if let OptionalArg::Present(new) = new_limit {
        if !new.is_exact::<PyLong>() {
            return Err(type_error!("limit must be an integer"));
        }
        limit.set(new.extract()?);
    }
    Ok(old)
}

/// Return a reader object that will process lines from the given iterable.
#[pyfunction(
    name = "reader",
    signature = "(*args, **fmtparams)",
    text_signature = "($module, iterable, /, dialect='excel', **fmtparams)"
)]
fn reader_(args: Args<'_>, fmtparams: KwArgs<'_>) -> PyResult<Obj> {
    args::check_positional("reader", args.len(), 1, 2)?;
    let lines = args.as_slice()[0].iter()?;
    let dialect = call_dialect(args.get(1), &fmtparams)?;
    Ok(Reader::new(lines, dialect)?.into_object())
}

/// Return a writer object that will write user data on the given file object.
#[pyfunction(
    name = "writer",
    signature = "(*args, **fmtparams)",
    text_signature = "($module, fileobj, /, dialect='excel', **fmtparams)"
)]
fn writer_(args: Args<'_>, fmtparams: KwArgs<'_>) -> PyResult<Obj> {
    args::check_positional("writer", args.len(), 1, 2)?;
    let file = args.as_slice()[0];
    let write = file
        .lookup_attr(krait_runtime::intern!("write"))?
        .filter(|write| write.is_callable());
    let Some(write) = write else {
        return Err(type_error!("argument 1 must have a \"write\" method"));
    };
    let dialect = call_dialect(args.get(1), &fmtparams)?;
    Ok(Writer::new(write, dialect)?.into_object())
}
