//! `register`: a signal of the user's choice shows where the program is, and lets it go on.

use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use krait_host::signal::{self as host, Disposition};
use krait_macros::pyfunction;
use krait_runtime::frame::visible_frame;
use krait_runtime::object::PyObject;
use krait_runtime::{PyResult, ThreadState, value_error};

use super::{FATAL, Writer, target};
use crate::common::quick;

/// More than the largest signal number.
const SIGNALS: usize = 65;

/// Where each signal's handler writes; −1 without one.
static TARGETS: [AtomicI32; SIGNALS] = [const { AtomicI32::new(-1) }; SIGNALS];
/// Whether the signal takes its default way afterwards.
static CHAINED: [AtomicBool; SIGNALS] = [const { AtomicBool::new(false) }; SIGNALS];

extern "C" fn on_signal(number: i32) {
    let Some(index) = usize::try_from(number).ok().filter(|&at| at < SIGNALS) else {
        return;
    };
    let writer = Writer(TARGETS[index].load(Ordering::Relaxed));
    // Other threads go on running meanwhile: only the one that was interrupted can be looked at.
    if let Some(thread) = ThreadState::current_opt() {
        writer.text("Current thread 0x");
        writer.number(thread.ident.get() as u64, 16, 16);
        writer.text(" (most recent call first):\n");
        writer.stack(visible_frame(thread));
    } else {
        writer.text("<the thread runs no Python code>\n");
    }
    if CHAINED[index].load(Ordering::Relaxed) {
        let _ = host::set_disposition(number, Disposition::Default);
        let _ = host::raise(number);
    }
}

fn checked(signum: i32) -> PyResult<usize> {
    if FATAL.iter().any(|(fatal, _)| *fatal == signum) {
        return Err(value_error!(
            "signal {signum} cannot be registered, use enable() instead"
        ));
    }
    usize::try_from(signum)
        .ok()
        .filter(|&signum| signum > 0 && signum < SIGNALS)
        .ok_or_else(|| value_error!("signal number out of range"))
}

/// Register a handler for the signal: write where the program is to a file.
#[pyfunction(
    signature = "(signum, file=None, all_threads=True, chain=False)",
    text_signature = "($module, /, signum, file=sys.stderr, all_threads=True, chain=False)"
)]
pub(super) fn register(
    signum: i32,
    file: Option<&PyObject>,
    all_threads: bool,
    chain: bool,
) -> PyResult<()> {
    let index = checked(signum)?;
    // The other threads go on running while the handler does: they are not shown.
    let _ = all_threads;
    TARGETS[index].store(target(file)?, Ordering::Relaxed);
    CHAINED[index].store(chain, Ordering::Relaxed);
    quick(host::set_handler(signum, on_signal)).map(drop)
}

/// Unregister the handler of the signal; returns whether there was one.
#[pyfunction(signature = "(signum, /)")]
pub(super) fn unregister(signum: i32) -> PyResult<bool> {
    let index = checked(signum)?;
    if TARGETS[index].swap(-1, Ordering::Relaxed) == -1 {
        return Ok(false);
    }
    quick(host::set_disposition(signum, Disposition::Default))?;
    Ok(true)
}
