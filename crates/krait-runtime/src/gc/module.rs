//! The `gc` module.

use std::ffi::c_int;

use krait_abi as abi;
use krait_macros::pyfunction;

use super::{GENERATIONS, GcState};
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::state::Interpreter;
use crate::{Args, PyDict, PyList, PyLong, PyModule, PyResult, PyTuple};

fn state() -> &'static GcState {
    &Interpreter::current().gc
}

fn int_tuple(values: [c_int; GENERATIONS]) -> PyResult<Py<PyTuple>> {
    let items = values.map(|value| Ok(PyLong::from_i64(i64::from(value))?.into_object()));
    PyTuple::from_vec(items.into_iter().collect::<PyResult<Vec<Obj>>>()?)
}

/// Let collections start by themselves.
#[pyfunction]
fn enable() {
    state().set_enabled(true);
}

/// Collect only when asked to.
#[pyfunction]
fn disable() {
    state().set_enabled(false);
}

/// Whether collections start by themselves.
#[pyfunction]
fn isenabled() -> bool {
    state().is_enabled()
}

/// Collect a generation and all younger ones now.
///
/// Without an argument the collection is a full one. Returns how many
/// objects were found unreachable.
#[pyfunction(signature = "(generation=2)")]
fn collect(generation: i32) -> PyResult<usize> {
    match usize::try_from(generation) {
        Ok(generation) if generation < GENERATIONS => Ok(super::collect(generation)),
        _ => Err(crate::value_error!("invalid generation")),
    }
}

/// Choose what collections report on sys.stderr: a sum of DEBUG_* flags.
///
///   DEBUG_STATS          counts and times
///   DEBUG_COLLECTABLE    each unreachable object that can be freed
///   DEBUG_UNCOLLECTABLE  each unreachable object that cannot
///   DEBUG_SAVEALL        nothing; but objects go to gc.garbage, not away
///   DEBUG_LEAK           all of these except the statistics
#[pyfunction(signature = "(flags, /)")]
fn set_debug(flags: i32) {
    state().set_debug(flags);
}

/// The sum of the DEBUG_* flags in force.
#[pyfunction]
fn get_debug() -> i32 {
    state().debug()
}

/// set_threshold(threshold0, [threshold1, [threshold2]])
/// Set how often each generation is collected; 0 for the first means never.
#[pyfunction(signature = "(*thresholds)", text_signature = "")]
fn set_threshold(thresholds: Args<'_>) -> PyResult<()> {
    if !(1..=GENERATIONS).contains(&thresholds.len()) {
        return Err(crate::type_error!(
            "gc.set_threshold requires 1 to 3 arguments"
        ));
    }
    let mut values = [None; GENERATIONS];
    for (value, given) in values.iter_mut().zip(thresholds.iter()) {
        let given = given.as_isize(Some(&crate::exc::OverflowError))?;
        let Ok(given) = c_int::try_from(given) else {
            return Err(crate::overflow_error!(
                "signed integer is greater than maximum"
            ));
        };
        *value = Some(given);
    }
    state().set_thresholds(values);
    Ok(())
}

/// How often each generation is collected, as a tuple.
#[pyfunction]
fn get_threshold() -> PyResult<Py<PyTuple>> {
    int_tuple(state().thresholds())
}

/// How far each generation is on the way to its threshold, as a tuple.
#[pyfunction]
fn get_count() -> PyResult<Py<PyTuple>> {
    int_tuple(state().counts())
}

/// The tracked objects that hold a reference to any of 'objs'.
#[pyfunction(signature = "(*objs)")]
fn get_referrers(objs: Args<'_>) -> PyResult<Py<PyList>> {
    crate::audit!(
        "gc.get_referrers",
        PyTuple::from_vec(objs.iter().map(PyClass::to_obj).collect())?
    )?;
    PyList::from_vec(super::referrers(state(), objs.as_slice(), None))
}

/// The objects that any of 'objs' holds a reference to.
#[pyfunction(signature = "(*objs)")]
fn get_referents(objs: Args<'_>) -> PyResult<Py<PyList>> {
    crate::audit!(
        "gc.get_referents",
        PyTuple::from_vec(objs.iter().map(PyClass::to_obj).collect())?
    )?;
    PyList::from_vec(super::referents(objs.iter()))
}

/// The tracked objects of a generation, or of all if it is None.
///
/// The returned list itself is not among them.
#[pyfunction(signature = "(generation=None)")]
fn get_objects(generation: Option<&PyObject>) -> PyResult<Py<PyList>> {
    let chosen = match generation {
        None => -1,
        Some(generation) if generation.has_index() => {
            generation.as_isize(Some(&crate::exc::OverflowError))?
        }
        Some(other) => {
            return Err(crate::type_error!(
                "argument should be integer or None, not '{}'",
                other.type_().tp_name()
            ));
        }
    };
    crate::audit!("gc.get_objects", chosen)?;
    if chosen >= GENERATIONS as isize {
        return Err(crate::value_error!(
            "generation parameter must be less than the number of available generations ({GENERATIONS})"
        ));
    }
    if chosen < -1 {
        return Err(crate::value_error!(
            "generation parameter cannot be negative"
        ));
    }
    PyList::from_vec(super::objects(state(), usize::try_from(chosen).ok()))
}

/// What each generation's collections found so far: a list of dictionaries.
#[pyfunction]
fn get_stats() -> PyResult<Py<PyList>> {
    let mut rows = Vec::new();
    for stats in state().stats() {
        let row = PyDict::new()?;
        row.set("collections", &*PyLong::from_usize(stats.collections)?)?;
        row.set("collected", &*PyLong::from_usize(stats.collected)?)?;
        row.set("uncollectable", &*PyLong::from_usize(stats.uncollectable)?)?;
        rows.push(row.into_object());
    }
    PyList::from_vec(rows)
}

/// Whether the collector knows of the object.
///
/// It does not of objects that refer to no others, such as numbers.
#[pyfunction(signature = "(obj, /)")]
fn is_tracked(obj: &PyObject) -> bool {
    super::is_tracked(obj)
}

/// Whether the object's finalizer was called already.
#[pyfunction(signature = "(obj, /)")]
fn is_finalized(obj: &PyObject) -> bool {
    super::is_finalized(obj)
}

/// Leave all objects that are tracked now out of future collections.
///
/// A process that forks afterwards shares their memory with its children
/// for longer.
#[pyfunction]
fn freeze() {
    state().freeze();
}

/// Collect what was frozen again: it joins the oldest generation.
#[pyfunction]
fn unfreeze() {
    state().unfreeze();
}

/// How many objects are frozen.
#[pyfunction]
fn get_freeze_count() -> usize {
    state().freeze_count()
}

const DEBUG_FLAGS: [(&str, c_int); 5] = [
    ("DEBUG_STATS", abi::_PyGC_DEBUG_STATS),
    ("DEBUG_COLLECTABLE", abi::_PyGC_DEBUG_COLLECTABLE),
    ("DEBUG_UNCOLLECTABLE", abi::_PyGC_DEBUG_UNCOLLECTABLE),
    ("DEBUG_SAVEALL", abi::_PyGC_DEBUG_SAVEALL),
    ("DEBUG_LEAK", abi::_PyGC_DEBUG_LEAK),
];

fn exec(module: &PyModule) -> PyResult<()> {
    module.add("garbage", &*state().garbage()?)?;
    module.add("callbacks", &*state().callbacks()?)?;
    for (name, flag) in DEBUG_FLAGS {
        module.add(name, &*PyLong::from_i64(i64::from(flag))?)?;
    }
    Ok(())
}

crate::pymodule! {
    pub GC = "gc", "Control of the collector that finds unreachable reference cycles.",
    functions: [
        enable, disable, isenabled, set_debug, get_debug, get_count, set_threshold, get_threshold,
        collect, get_objects, get_stats, is_tracked, get_referrers, get_referents, is_finalized,
        freeze, unfreeze, get_freeze_count,
    ],
    classes: [],
    exec: Some(exec)
}
