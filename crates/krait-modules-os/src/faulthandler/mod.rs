//! `faulthandler`: where a program is, also when it dies of a signal.
//!
//! Invariant: what runs inside a signal handler neither allocates nor blocks; it reads the frames
//! of the thread that it interrupted, and writes with plain system calls.

mod chosen;
mod later;

use std::sync::atomic::{AtomicI32, Ordering};

use krait_host::fd::{self, Fd};
use krait_host::signal::{self as host, Disposition};
use krait_macros::pyfunction;
use krait_runtime::frame::{Frame, visible_frame};
use krait_runtime::object::PyObject;
use krait_runtime::{
    Interpreter, PyLong, PyResult, PyStr, ThreadState, pymodule, runtime_error, value_error,
};

use crate::common::{quick, sys_attr};

pymodule! {
    pub(crate) FAULTHANDLER = "faulthandler",
    "faulthandler module.",
    functions: [
        enable, disable, is_enabled, dump_traceback, dump_c_stack, later::dump_traceback_later,
        later::cancel_dump_traceback_later, chosen::register, chosen::unregister, _sigsegv, _sigfpe,
        _sigabrt,
    ],
    classes: [],
    exec: None
}

/// Where the handlers write; −1 while they are not installed.
static TARGET: AtomicI32 = AtomicI32::new(-1);

/// The signals that end a program because of a fault, with their texts.
const FATAL: &[(i32, &str)] = &[
    (libc::SIGBUS, "Bus error"),
    (libc::SIGILL, "Illegal instruction"),
    (libc::SIGFPE, "Floating-point exception"),
    (libc::SIGABRT, "Aborted"),
    (libc::SIGSEGV, "Segmentation fault"),
];

/// The deepest stack that is shown.
const MOST_FRAMES: usize = 100;

/// The longest name that is shown whole.
const LONGEST_NAME: usize = 500;

/// Writes to a descriptor without allocating; nobody can be told of a failure.
struct Writer(Fd);

impl Writer {
    fn text(&self, text: &str) {
        let mut rest = text.as_bytes();
        while let Ok(count @ 1..) = fd::write(self.0, rest) {
            rest = rest.get(count..).unwrap_or_default();
            if rest.is_empty() {
                break;
            }
        }
    }

    fn number(&self, mut number: u64, base: u64, least: usize) {
        let mut digits = [b'0'; 24];
        let mut at = digits.len();
        while number > 0 || digits.len() - at < least {
            at -= 1;
            digits[at] = b"0123456789abcdef"[(number % base) as usize];
            number /= base;
        }
        self.text(std::str::from_utf8(&digits[at..]).unwrap_or_default());
    }

    fn name(&self, name: Option<&PyStr>) {
        match name.map(PyStr::as_ascii) {
            Some(Some(text)) if text.len() > LONGEST_NAME => {
                self.text(&text[..LONGEST_NAME]);
                self.text("...");
            }
            Some(Some(text)) => self.text(text),
            // Other characters would have to be encoded.
            Some(None) => self.text("<not ASCII>"),
            None => self.text("???"),
        }
    }

    fn stack(&self, mut frame: Option<&Frame>) {
        if frame.is_none() {
            self.text("  <no Python frame>\n");
        }
        let mut depth = 0;
        while let Some(current) = frame {
            if depth == MOST_FRAMES {
                self.text("  ...\n");
                return;
            }
            let code = current.code();
            self.text("  File \"");
            self.name(code.co_filename.get().as_deref());
            self.text("\", line ");
            match current.line() {
                Some(line) => self.number(line.unsigned_abs().into(), 10, 1),
                None => self.text("???"),
            }
            self.text(" in ");
            self.name(code.co_name.get().as_deref());
            self.text("\n");
            depth += 1;
            frame = current.back();
        }
    }

    fn thread(&self, thread: &ThreadState, current: bool) {
        self.text(if current {
            "Current thread 0x"
        } else {
            "Thread 0x"
        });
        self.number(thread.ident.get() as u64, 16, 16);
        self.text(" (most recent call first):\n");
        self.stack(visible_frame(thread));
    }
}

impl Writer {
    /// The stacks of the threads that are wanted, the newest thread first.
    fn all_threads(&self, current: Option<&ThreadState>, wanted: impl Fn(&ThreadState) -> bool) {
        let mut first = true;
        Interpreter::current().for_each_thread_newest_first(|thread| {
            if !wanted(thread) {
                return;
            }
            if !first {
                self.text("\n");
            }
            first = false;
            let is_current = current.is_some_and(|current| std::ptr::eq(thread, current));
            self.thread(thread, is_current);
        });
    }
}

/// What the system calls at a fault: tells where the program is, and lets the fault take its way.
extern "C" fn on_fault(number: i32) {
    let writer = Writer(TARGET.load(Ordering::Relaxed));
    let text = FATAL
        .iter()
        .find(|(signal, _)| *signal == number)
        .map_or("Unknown", |(_, text)| text);
    writer.text("Fatal Python error: ");
    writer.text(text);
    writer.text("\n\n");
    match ThreadState::current_opt() {
        Some(thread) => writer.thread(thread, true),
        None => writer.text("<the thread runs no Python code>\n"),
    }
    let _ = host::set_disposition(number, Disposition::Default);
    let _ = host::raise(number);
}

/// The descriptor of a file: an int, an object with fileno(), or sys.stderr.
fn target(file: Option<&PyObject>) -> PyResult<Fd> {
    let stderr;
    let file = match file {
        Some(file) => file,
        None => {
            stderr = sys_attr("stderr")?
                .filter(|file| !file.is(krait_runtime::none()))
                .ok_or_else(|| runtime_error!("sys.stderr is None"))?;
            &stderr
        }
    };
    if let Some(number) = file.downcast::<PyLong>() {
        return number
            .to_i64()
            .and_then(|fd| Fd::try_from(fd).ok())
            .filter(|&fd| fd >= 0)
            .ok_or_else(|| value_error!("file is not a valid file descriptor"));
    }
    let number = file.call_method(krait_runtime::intern!("fileno"), &[])?;
    let fd = number
        .int_value()
        .and_then(|fd| Fd::try_from(fd).ok())
        .filter(|&fd| fd >= 0)
        .ok_or_else(|| runtime_error!("file.fileno() is not a valid file descriptor"))?;
    if let Err(error) = file.call_method(krait_runtime::intern!("flush"), &[]) {
        error.clear();
    }
    Ok(fd)
}

/// Have the traceback written to a file when the program dies of a fault.
#[pyfunction(
    signature = "(file=None, all_threads=True)",
    text_signature = "($module, /, file=sys.stderr, all_threads=True)"
)]
fn enable(file: Option<&PyObject>, all_threads: bool) -> PyResult<()> {
    // The other threads go on running while the handler does: only the one at fault is shown.
    let _ = all_threads;
    TARGET.store(target(file)?, Ordering::Relaxed);
    for (number, _) in FATAL {
        quick(host::set_handler(*number, on_fault))?;
    }
    Ok(())
}

/// Leave faults to the system again; returns whether they were handled.
#[pyfunction(signature = "()")]
fn disable() -> PyResult<bool> {
    if TARGET.swap(-1, Ordering::Relaxed) == -1 {
        return Ok(false);
    }
    for (number, _) in FATAL {
        quick(host::set_disposition(*number, Disposition::Default))?;
    }
    Ok(true)
}

/// Return whether faults are handled.
#[pyfunction(signature = "()")]
fn is_enabled() -> bool {
    TARGET.load(Ordering::Relaxed) != -1
}

/// Write the traceback of the current thread, or of all threads, to a file.
#[pyfunction(
    signature = "(file=None, all_threads=True)",
    text_signature = "($module, /, file=sys.stderr, all_threads=True)"
)]
fn dump_traceback(file: Option<&PyObject>, all_threads: bool) -> PyResult<()> {
    let writer = Writer(target(file)?);
    let current = ThreadState::current();
    if !all_threads {
        writer.text("Stack (most recent call first):\n");
        writer.stack(visible_frame(current));
        return Ok(());
    }
    writer.all_threads(Some(current), |_| true);
    Ok(())
}

/// Write the stack of native functions to a file; it cannot be had here.
#[pyfunction(
    signature = "(file=None)",
    text_signature = "($module, /, file=sys.stderr)"
)]
fn dump_c_stack(file: Option<&PyObject>) -> PyResult<()> {
    let writer = Writer(target(file)?);
    writer.text("Current thread's C stack trace (most recent call first):\n");
    writer.text("  <cannot get C stack on this system>\n");
    Ok(())
}

/// Raise a SIGSEGV signal.
#[pyfunction(signature = "(release_gil=False, /)")]
fn _sigsegv(release_gil: bool) -> PyResult<()> {
    if release_gil {
        return quick(ThreadState::allow_threads(|| host::raise(libc::SIGSEGV)));
    }
    quick(host::raise(libc::SIGSEGV))
}

/// Raise a SIGFPE signal.
#[pyfunction]
fn _sigfpe() -> PyResult<()> {
    quick(host::raise(libc::SIGFPE))
}

/// Raise a SIGABRT signal.
#[pyfunction]
fn _sigabrt() -> PyResult<()> {
    quick(host::raise(libc::SIGABRT))
}
