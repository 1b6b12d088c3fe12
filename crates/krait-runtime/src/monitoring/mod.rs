//! `sys.monitoring` (PEP 669): which tools want which events, and the callbacks they gave.
//!
//! Code that a tool watches holds instrumented instructions, which call [`fire`] and its kin;
//! code that nobody watches is as the compiler made it and pays nothing. Every change of the wanted
//! events gives a new version, which each thread's eval breaker carries above its bits: a code
//! object whose own version differs is instrumented anew when it is entered ([`instrument`]), and at
//! once if a thread is running it. `sys.settrace` and `sys.setprofile` are two tools more
//! ([`legacy`]).

mod code;
mod fire;
pub mod legacy;

use std::cell::{Cell, RefCell};
use std::sync::atomic::Ordering;

use krait_abi as abi;

use crate::field::Field;
use crate::frame::Frame;
use crate::object::{Obj, PyClass, PyObject};
use crate::state::{Interpreter, ThreadState, breaker};
use crate::{PyCode, PyErr, PyResult, overflow_error, value_error};

pub(crate) use code::free_data;
pub use code::{base_under, deinstrument, hidden_opcode, instrument, loop_before};
pub use fire::{fire, fire_at, fire_exception, fire_instruction, fire_line, is_watched};

/// The events by number; an event set has the bit of each.
#[allow(missing_docs)]
pub mod event {
    pub const PY_START: usize = 0;
    pub const PY_RESUME: usize = 1;
    pub const PY_RETURN: usize = 2;
    pub const PY_YIELD: usize = 3;
    pub const CALL: usize = 4;
    pub const LINE: usize = 5;
    pub const INSTRUCTION: usize = 6;
    pub const JUMP: usize = 7;
    pub const BRANCH_LEFT: usize = 8;
    pub const BRANCH_RIGHT: usize = 9;
    pub const STOP_ITERATION: usize = 10;
    pub const RAISE: usize = 11;
    pub const EXCEPTION_HANDLED: usize = 12;
    pub const PY_UNWIND: usize = 13;
    pub const PY_THROW: usize = 14;
    pub const RERAISE: usize = 15;
    pub const C_RETURN: usize = 16;
    pub const C_RAISE: usize = 17;
    pub const BRANCH: usize = 18;
    /// Events before this one belong to an instruction: code can be watched for them on its own.
    pub const LOCAL: usize = 11;
    /// Events before this one are wanted each for itself; the others come with one of these.
    pub const UNGROUPED: usize = 16;
    /// How many there are.
    pub const COUNT: usize = 19;
    /// Their names.
    pub static NAMES: [&str; COUNT] = [
        "PY_START",
        "PY_RESUME",
        "PY_RETURN",
        "PY_YIELD",
        "CALL",
        "LINE",
        "INSTRUCTION",
        "JUMP",
        "BRANCH_LEFT",
        "BRANCH_RIGHT",
        "STOP_ITERATION",
        "RAISE",
        "EXCEPTION_HANDLED",
        "PY_UNWIND",
        "PY_THROW",
        "RERAISE",
        "C_RETURN",
        "C_RAISE",
        "BRANCH",
    ];
}

/// How many tools there are, the interpreter's own two included.
pub const TOOLS: usize = 8;
/// How many of them are for `sys.monitoring`.
pub const USER_TOOLS: usize = 6;
/// The tool that `sys.setprofile` is.
pub const PROFILE_TOOL: usize = 6;
/// The tool that `sys.settrace` is.
pub const TRACE_TOOL: usize = 7;

/// The distance of two versions: below it are the eval breaker's bits.
const VERSION_STEP: usize = breaker::MASK + 1;

/// What a tool gave for an event.
#[derive(Clone)]
pub(crate) enum Callback {
    /// A callable for this event.
    Own(Obj),
    /// A callable for both ways that a branch may go; switching it off for one does so for both.
    Branch(Obj),
}

/// What an interpreter's tools want.
pub struct Monitoring {
    version: Cell<usize>,
    /// Code instrumented before this version forgets which places were switched off.
    restart_version: Cell<usize>,
    /// For each event a bit for each tool that wants it from all code.
    wanted: [Cell<u8>; event::UNGROUPED],
    /// The names of the tools in use.
    pub names: [Field<PyObject>; USER_TOOLS],
    /// Goes up when a tool is cleared: what code objects hold of it is void then.
    tool_versions: [Cell<usize>; TOOLS],
    callbacks: [[RefCell<Option<Callback>>; event::COUNT]; USER_TOOLS],
    disable: Field<PyObject>,
    missing: Field<PyObject>,
}

impl Monitoring {
    pub(crate) fn new() -> Monitoring {
        Monitoring {
            version: Cell::new(0),
            restart_version: Cell::new(0),
            wanted: Default::default(),
            names: std::array::from_fn(|_| Field::empty()),
            tool_versions: Default::default(),
            callbacks: std::array::from_fn(|_| std::array::from_fn(|_| RefCell::new(None))),
            disable: Field::empty(),
            missing: Field::empty(),
        }
    }

    /// The version that a thread's eval breaker carries.
    pub(crate) fn version(&self) -> usize {
        self.version.get()
    }

    /// Whether a tool wants an event from all code.
    #[inline]
    pub fn wants(&self, event: usize) -> bool {
        self.wanted[event].get() != 0
    }

    /// `sys.monitoring.DISABLE`: what a callback returns to switch a place off.
    pub fn disable(&self) -> PyResult<Obj> {
        sentinel(&self.disable)
    }

    /// `sys.monitoring.MISSING`: what stands for an argument that is not there.
    pub fn missing(&self) -> PyResult<Obj> {
        sentinel(&self.missing)
    }

    /// The events that a tool gets from all code.
    pub fn events(&self, tool: usize) -> u32 {
        set_of(&self.wanted, tool)
    }

    /// Sets the events that a tool gets from all code.
    pub fn set_events(&self, tool: usize, events: u32) -> PyResult<()> {
        if self.events(tool) == events {
            return Ok(());
        }
        let version = self.next_version(self.version.get())?;
        put_set(&self.wanted, tool, events);
        self.adopt_version(version);
        Ok(())
    }

    /// The events that a tool gets from one code object.
    pub fn local_events(&self, tool: usize, code: &PyCode) -> u32 {
        code::data(code).map_or(0, |data| {
            data.drop_stale(self);
            set_of(&data.local, tool)
        })
    }

    /// Sets the events that a tool gets from one code object.
    pub fn set_local_events(&self, tool: usize, code: &PyCode, events: u32) -> PyResult<()> {
        if code.co_firsttraceable.get() as usize >= code.units().len() {
            let name = code.co_name.get();
            let name = name.map(|name| name.to_string_lossy()).unwrap_or_default();
            return Err(crate::system_error!(
                "cannot instrument shim code object '{name}'"
            ));
        }
        let data = code::data_or_new(code);
        data.drop_stale(self);
        if set_of(&data.local, tool) != events {
            put_set(&data.local, tool, events);
            code::instrument_now(code, self);
        }
        Ok(())
    }

    /// What a tool gave for an event; a tool has one callback for each.
    pub fn set_callback(&self, tool: usize, event: usize, callable: Option<Obj>) -> Option<Obj> {
        if event == event::BRANCH {
            let callback = callable.map(Callback::Branch);
            let left = self.callbacks[tool][event::BRANCH_LEFT].replace(callback.clone());
            let right = self.callbacks[tool][event::BRANCH_RIGHT].replace(callback);
            return right.or(left).map(Callback::into_callable);
        }
        let old = self.callbacks[tool][event].replace(callable.map(Callback::Own));
        old.map(Callback::into_callable)
    }

    /// Forgets a tool's events and callbacks.
    pub fn clear_tool(&self, tool: usize) -> PyResult<()> {
        for event in 0..event::COUNT {
            drop(self.set_callback(tool, event, None));
        }
        self.set_events(tool, 0)?;
        let version = self.next_version(self.version.get())?;
        self.tool_versions[tool].set(version);
        self.adopt_version(version);
        Ok(())
    }

    /// Switches everything on again that callbacks switched off.
    pub fn restart(&self) -> PyResult<()> {
        let restart = self.next_version(self.version.get())?;
        let version = self.next_version(restart)?;
        self.restart_version.set(restart);
        self.adopt_version(version);
        Ok(())
    }

    /// The tools of each event, for those that have any.
    pub fn all_events(&self) -> impl Iterator<Item = (&'static str, u8)> {
        let rows = event::NAMES.iter().zip(&self.wanted);
        rows.map(|(name, tools)| (*name, tools.get()))
            .filter(|(_, tools)| *tools != 0)
    }

    fn next_version(&self, version: usize) -> PyResult<usize> {
        version
            .checked_add(VERSION_STEP)
            .ok_or_else(|| overflow_error!("events set too many times"))
    }

    /// Makes a version the current one: code that is running is instrumented at once.
    fn adopt_version(&self, version: usize) {
        self.version.set(version);
        Interpreter::current().for_each_thread(|thread| {
            let _ =
                thread
                    .eval_breaker
                    .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |bits| {
                        Some(bits & breaker::MASK | version)
                    });
            let mut frame: *const Frame = thread.current_frame.get().cast();
            // SAFETY: a thread's frames are alive while linked; those of the interpreter's own have
            // no code, all others hold one.
            while let Some(running) = unsafe { frame.as_ref() } {
                if running.owner.get() != abi::FRAME_OWNED_BY_INTERPRETER {
                    instrument(running.code(), self);
                }
                frame = running.previous_frame();
            }
        });
    }
}

impl Callback {
    fn into_callable(self) -> Obj {
        match self {
            Callback::Own(callable) | Callback::Branch(callable) => callable,
        }
    }
}

/// The tool of this number, which must be one that programs can use.
pub fn checked_tool(tool: i32) -> PyResult<usize> {
    usize::try_from(tool)
        .ok()
        .filter(|&tool| tool < USER_TOOLS)
        .ok_or_else(|| value_error!("invalid tool {tool} (must be between 0 and 5)"))
}

/// Gives a new thread the current version.
pub(crate) fn adopt_in(thread: &ThreadState) {
    let version = thread.interp.monitoring.version();
    thread.eval_breaker.fetch_or(version, Ordering::Relaxed);
}

fn sentinel(field: &Field<PyObject>) -> PyResult<Obj> {
    if let Some(sentinel) = field.get() {
        return Ok(sentinel);
    }
    let made = PyObject::type_object().instantiate(&[])?;
    field.set(Some(made.clone()));
    Ok(made)
}

/// The set of the events that a tool has its bit in.
fn set_of(events: &[Cell<u8>], tool: usize) -> u32 {
    let rows = events.iter().enumerate();
    rows.fold(0, |set, (event, tools)| {
        set | u32::from(tools.get() >> tool & 1) << event
    })
}

fn put_set(events: &[Cell<u8>], tool: usize, set: u32) {
    for (event, tools) in events.iter().enumerate() {
        let bit = (set >> event & 1) as u8;
        tools.set(tools.get() & !(1 << tool) | bit << tool);
    }
}

/// Runs `call` while the exception that is set is put aside; it is set again unless `call` fails.
pub(crate) fn with_exception_aside(call: impl FnOnce(&PyObject) -> PyResult<()>) {
    let Some(error) = PyErr::occurred() else {
        return;
    };
    let exception = error.take();
    if call(&exception).is_ok() {
        let _set = PyErr::restore(exception);
    }
}
