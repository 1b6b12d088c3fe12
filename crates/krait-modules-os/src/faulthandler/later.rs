//! `dump_traceback_later`: a watchdog that shows where all threads are when its time is up.
//!
//! It looks at frames only while it holds the interpreter's lock: a program that hangs in native
//! code without giving the lock up is not shown.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use krait_host::fd::Fd;
use krait_macros::pyfunction;
use krait_runtime::object::{Obj, PyClass, PyObject};
use krait_runtime::{
    Field, Interpreter, PyResult, ThreadState, overflow_error, runtime_error, value_error,
};

use super::{Writer, target};

/// What a watchdog and the program share: whether it is called off.
#[derive(Default)]
struct Leash {
    is_off: Mutex<bool>,
    changed: Condvar,
}

impl Leash {
    /// Waits for the time to pass; true if the watchdog is called off meanwhile.
    fn wait(&self, time: Duration) -> bool {
        let guard = self.is_off.lock().unwrap_or_else(PoisonError::into_inner);
        let (guard, _) = self
            .changed
            .wait_timeout_while(guard, time, |is_off| !*is_off)
            .unwrap_or_else(PoisonError::into_inner);
        *guard
    }

    fn call_off(&self) {
        *self.is_off.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }
}

/// The watchdog that is running.
static RUNNING: Mutex<Option<(Arc<Leash>, JoinHandle<()>)>> = Mutex::new(None);

/// What it writes to is kept open.
#[derive(Default)]
struct Kept(Field<PyObject>);

/// What a watchdog does.
struct Order {
    time: Duration,
    repeat: bool,
    exit: bool,
    descriptor: Fd,
    head: String,
}

fn watch(interp: &'static Interpreter, leash: &Leash, order: &Order) {
    loop {
        if leash.wait(order.time) {
            return;
        }
        ThreadState::look_from_outside(interp, |own| {
            let writer = Writer(order.descriptor);
            writer.text(&order.head);
            writer.all_threads(None, |thread| !std::ptr::eq(thread, own));
        });
        if order.exit {
            krait_host::process::exit_now(1);
        }
        if !order.repeat {
            return;
        }
    }
}

/// The first line of what is written.
fn head(time: Duration) -> String {
    let (seconds, micros) = (time.as_secs(), time.subsec_micros());
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if micros == 0 {
        format!("Timeout ({hours}:{minutes:02}:{seconds:02})!\n")
    } else {
        format!("Timeout ({hours}:{minutes:02}:{seconds:02}.{micros:06})!\n")
    }
}

/// Write the tracebacks of all threads after a time, unless it is called off before.
#[pyfunction(
    signature = "(timeout, repeat=False, file=None, exit=False)",
    text_signature = "($module, /, timeout, repeat=False, file=sys.stderr, exit=False)"
)]
pub(super) fn dump_traceback_later(
    timeout: f64,
    repeat: bool,
    file: Option<&PyObject>,
    exit: bool,
) -> PyResult<()> {
    if timeout.is_nan() || timeout <= 0.0 {
        return Err(value_error!("timeout must be greater than 0"));
    }
    let Ok(time) = Duration::try_from_secs_f64(timeout) else {
        return Err(overflow_error!("timeout value is too large"));
    };
    // Like the clock that CPython waits by.
    let time = Duration::from_micros(time.as_nanos().div_ceil(1000) as u64);
    let order = Order {
        time,
        repeat,
        exit,
        descriptor: target(file)?,
        head: head(time),
    };
    call_off();
    let interp = Interpreter::current();
    interp
        .extension::<Kept>()
        .0
        .set(file.map(|file| -> Obj { file.to_obj() }));
    let leash = Arc::new(Leash::default());
    let own = leash.clone();
    let started = std::thread::Builder::new()
        .name("faulthandler".to_owned())
        .spawn(move || watch(interp, &own, &order));
    match started {
        Ok(thread) => {
            let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
            *running = Some((leash, thread));
            Ok(())
        }
        Err(_) => Err(runtime_error!("unable to start watchdog thread")),
    }
}

/// Call off what dump_traceback_later() has ordered.
#[pyfunction]
pub(super) fn cancel_dump_traceback_later() {
    call_off();
    Interpreter::current().extension::<Kept>().0.set(None);
}

fn call_off() {
    let running = RUNNING
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    if let Some((leash, thread)) = running {
        leash.call_off();
        // It may be waiting for the lock.
        let _ended = ThreadState::allow_threads(|| thread.join());
    }
}
