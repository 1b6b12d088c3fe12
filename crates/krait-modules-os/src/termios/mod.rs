//! `termios`: settings of terminals.

mod constants;

use krait_host::errno::Result;
use krait_host::tty::{self as host, Termios};
use krait_macros::pyfunction;
use krait_runtime::object::{Obj, Py, PyObject};
use krait_runtime::{
    IntoPy, PyBytes, PyList, PyModule, PyResult, ThreadState, exc, overflow_error, pymodule,
    type_error,
};

use crate::common::{Fildes, add_ints};

pymodule! {
    pub(crate) TERMIOS = "termios",
    "Control of terminals.\n\nThe first argument of all functions is a file descriptor or an object with a method fileno().",
    functions: [
        tcgetattr, tcsetattr, tcsendbreak, tcdrain, tcflush, tcflow, tcgetwinsize, tcsetwinsize,
    ],
    classes: [],
    exec: Some(exec)
}

fn exec(module: &PyModule) -> PyResult<()> {
    crate::exception::add_exception(module, "termios.error", &exc::Exception)?;
    add_ints(&module.dict(), constants::CONSTANTS)
}

fn call<T>(body: impl FnOnce() -> Result<T>) -> PyResult<T> {
    ThreadState::allow_threads(body)
        .map_err(|errno| crate::exception::raise_errno("termios.error", errno))
}

/// Get the settings of a terminal.
///
/// Returns a list: [iflag, oflag, cflag, lflag, ispeed, ospeed, cc]. The characters of cc are bytes
/// of length 1, except that those at VMIN and VTIME are ints where they mean numbers.
#[pyfunction(signature = "(fd, /)")]
fn tcgetattr(fd: Fildes) -> PyResult<Py<PyList>> {
    let settings = call(|| host::tcgetattr(fd.0))?;
    let numbers = settings.lflag & libc::ICANON == 0;
    let characters = settings.cc.iter().enumerate().map(|(index, &byte)| {
        if numbers && (index == libc::VMIN || index == libc::VTIME) {
            byte.into_py()
        } else {
            PyBytes::new(&[byte]).map(Py::into_object)
        }
    });
    let characters = PyList::from_vec(characters.collect::<PyResult<Vec<_>>>()?)?;
    let flags = [
        settings.iflag,
        settings.oflag,
        settings.cflag,
        settings.lflag,
        settings.ispeed,
        settings.ospeed,
    ];
    let mut items = flags
        .into_iter()
        .map(IntoPy::into_py)
        .collect::<PyResult<Vec<_>>>()?;
    items.push(characters.into_object());
    PyList::from_vec(items)
}

fn character(item: &PyObject) -> PyResult<u8> {
    if let Some(bytes) = item.downcast::<PyBytes>()
        && let [byte] = bytes.as_bytes()
    {
        return Ok(*byte);
    }
    match item.int_value() {
        Some(number) => Ok(number as u8),
        None => Err(type_error!(
            "tcsetattr: elements of attributes must be bytes objects of length 1 or integers"
        )),
    }
}

/// Set the settings of a terminal, a list as tcgetattr() returns it.
#[pyfunction(signature = "(fd, when, attributes, /)")]
fn tcsetattr(fd: Fildes, when: i32, attributes: &PyObject) -> PyResult<()> {
    let items = attributes
        .downcast::<PyList>()
        .map(PyList::to_vec)
        .filter(|items| items.len() == 7)
        .ok_or_else(|| type_error!("tcsetattr, arg 3: must be 7 element list"))?;
    let flag = |index: usize| -> PyResult<u32> { Ok(items[index].extract::<i64>()? as u32) };
    let (iflag, oflag, cflag, lflag) = (flag(0)?, flag(1)?, flag(2)?, flag(3)?);
    let (ispeed, ospeed) = (flag(4)?, flag(5)?);
    let mut cc = [0; libc::NCCS];
    let characters = items[6]
        .downcast::<PyList>()
        .map(PyList::to_vec)
        .filter(|characters| characters.len() == cc.len())
        .ok_or_else(|| {
            type_error!(
                "tcsetattr: attributes[6] must be {} element list",
                libc::NCCS
            )
        })?;
    for (slot, item) in cc.iter_mut().zip(&characters) {
        *slot = character(item)?;
    }
    let settings = Termios {
        iflag,
        oflag,
        cflag,
        lflag,
        ispeed,
        ospeed,
        cc,
    };
    call(|| host::tcsetattr(fd.0, when, &settings))
}

/// Send a break on a terminal; a duration of 0 is between 0.25 and 0.5 seconds.
#[pyfunction(signature = "(fd, duration, /)")]
fn tcsendbreak(fd: Fildes, duration: i32) -> PyResult<()> {
    call(|| host::tcsendbreak(fd.0, duration))
}

/// Wait until all output was sent.
#[pyfunction(signature = "(fd, /)")]
fn tcdrain(fd: Fildes) -> PyResult<()> {
    call(|| host::tcdrain(fd.0))
}

/// Drop what waits in the queue of input, of output, or both.
#[pyfunction(signature = "(fd, queue, /)")]
fn tcflush(fd: Fildes, queue: i32) -> PyResult<()> {
    call(|| host::tcflush(fd.0, queue))
}

/// Stop or start input or output.
#[pyfunction(signature = "(fd, action, /)")]
fn tcflow(fd: Fildes, action: i32) -> PyResult<()> {
    call(|| host::tcflow(fd.0, action))
}

/// Get the size of a terminal: rows and columns.
#[pyfunction(signature = "(fd, /)")]
fn tcgetwinsize(fd: Fildes) -> PyResult<(u16, u16)> {
    let (columns, lines) = call(|| host::window_size(fd.0))?;
    Ok((lines, columns))
}

/// Set the size of a terminal: rows and columns.
#[pyfunction(signature = "(fd, winsize, /)")]
fn tcsetwinsize(fd: Fildes, winsize: &PyObject) -> PyResult<()> {
    let malformed = "tcsetwinsize, arg 2: must be a two-item sequence";
    if !winsize.is_sequence() {
        return Err(type_error!("{malformed}"));
    }
    let items: Vec<Obj> = winsize.to_vec()?;
    let [lines, columns] = &items[..] else {
        return Err(type_error!("{malformed}"));
    };
    let (lines, columns) = (lines.extract::<i64>()?, columns.extract::<i64>()?);
    let out_of_range = |_| overflow_error!("winsize value(s) out of range.");
    let lines = u16::try_from(lines).map_err(out_of_range)?;
    let columns = u16::try_from(columns).map_err(out_of_range)?;
    call(|| host::set_window_size(fd.0, columns, lines))
}
