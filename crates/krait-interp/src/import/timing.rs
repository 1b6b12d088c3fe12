//! `-X importtime`: how long each import takes, with and without what it imports itself.

use std::cell::Cell;
use std::time::{Duration, Instant};

use krait_runtime::state::Interpreter;
use krait_runtime::{Obj, PyErr, PyResult, PyStr};

/// Where the measurement stands.
#[derive(Default)]
struct ImportTimes {
    started: Cell<bool>,
    level: Cell<usize>,
    /// What the imports within the current one took.
    inner: Cell<Duration>,
}

fn times() -> &'static ImportTimes {
    Interpreter::current().extension::<ImportTimes>()
}

fn wanted() -> i32 {
    Interpreter::current().flags.borrow().import_time
}

/// A name as stderr can show it.
fn shown(name: &PyStr) -> String {
    let encoded = krait_runtime::codecs::encode_to_bytes(name, "utf-8", Some("backslashreplace"));
    match encoded.map_err(PyErr::clear) {
        Ok(bytes) => String::from_utf8_lossy(bytes.as_bytes()).into_owned(),
        Err(()) => name.to_string_lossy(),
    }
}

fn print_head() {
    if !times().started.replace(true) {
        krait_host::reportln!("import time: self [us] | cumulative | imported package");
    }
}

fn print_row(own: &str, all: &str, name: &PyStr) {
    print_head();
    let indent = times().level.get() * 2;
    krait_host::reportln!(
        "import time: {own:>9} | {all:>10} | {:indent$}{}",
        "",
        shown(name)
    );
}

/// Tells of a module that was loaded already, if that is wanted.
pub(super) fn note_cached(name: &PyStr) {
    if wanted() > 1 {
        print_row("cached   ", "cached    ", name);
    }
}

/// Runs an import, and tells how long it took if that is wanted.
pub(super) fn measured(name: &PyStr, load: impl FnOnce() -> PyResult<Obj>) -> PyResult<Obj> {
    if wanted() == 0 {
        return load();
    }
    print_head();
    let times = times();
    let outer = times.inner.replace(Duration::ZERO);
    times.level.update(|level| level + 1);
    let start = Instant::now();
    let result = load();
    let all = start.elapsed();
    times.level.update(|level| level - 1);
    let own = all.saturating_sub(times.inner.get());
    let micros = |time: Duration| time.as_micros().to_string();
    // The names are to be made while no exception is set.
    let pending = PyErr::occurred().map(PyErr::take);
    print_row(&micros(own), &micros(all), name);
    if let Some(pending) = pending {
        let _set = PyErr::restore(pending);
    }
    times.inner.set(outer + all);
    result
}
