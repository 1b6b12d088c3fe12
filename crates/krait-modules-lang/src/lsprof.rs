//! `_lsprof`: counts the calls of a program and times them, for `cProfile`.
//!
//! A profiler is a tool of `sys.monitoring`. What it knows of a function is kept under an address:
//! that of the code object, which is held, or that of a native function's row in its method table.
//! The timer is Python code when the program gives one, and may do anything: no borrow of the
//! profiler's fields lives across a call of it.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use krait_host::time::{CLOCK_MONOTONIC, clock_gettime};
use krait_macros::{pyclass, pymethods};
use krait_runtime::cfunction::PyCFunction;
use krait_runtime::descr::PyMethodDescr;
use krait_runtime::monitoring::event;
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::structseq::StructSeq;
use krait_runtime::{
    Field, IntoPy, PyDict, PyErr, PyFloat, PyList, PyLong, PyModule, PyResult, PyStr, PyTuple,
    PyType, none, overflow_error, pymodule, runtime_error, type_error, value_error,
};

pymodule! {
    pub LSPROF = "_lsprof",
    "A profiler that counts and times calls",
    functions: [],
    classes: [PyProfiler],
    exec: Some(exec)
}

static ENTRY: StructSeq = StructSeq::new(
    "_lsprof.profiler_entry",
    "",
    &[
        ("code", "code object or built-in function name"),
        ("callcount", "how many times this was called"),
        ("reccallcount", "how many times called recursively"),
        ("totaltime", "total time in this entry"),
        ("inlinetime", "inline time in this entry (not in subcalls)"),
        ("calls", "details of the calls"),
    ],
);

static SUBENTRY: StructSeq = StructSeq::new(
    "_lsprof.profiler_subentry",
    "",
    &[
        ("code", "called code object or built-in function name"),
        ("callcount", "how many times this is called"),
        ("reccallcount", "how many times this is called recursively"),
        ("totaltime", "total time spent in this call"),
        ("inlinetime", "inline time (not in further subcalls)"),
    ],
);

/// The tool that a profiler is (`sys.monitoring.PROFILER_ID`).
const TOOL: i32 = 2;

/// Which method hears of which event.
const CALLBACKS: [(usize, &str); 9] = [
    (event::PY_START, "_pystart_callback"),
    (event::PY_RESUME, "_pystart_callback"),
    (event::PY_THROW, "_pythrow_callback"),
    (event::PY_RETURN, "_pyreturn_callback"),
    (event::PY_YIELD, "_pyreturn_callback"),
    (event::PY_UNWIND, "_pyreturn_callback"),
    (event::CALL, "_ccall_callback"),
    (event::C_RETURN, "_creturn_callback"),
    (event::C_RAISE, "_creturn_callback"),
];

const NANOSECOND: f64 = 1e-9;

/// The calls of a function, or of a function by another.
#[derive(Clone, Copy, Default)]
struct Calls {
    /// Time with all that was called; of calls within calls only the outermost counts.
    total: i64,
    /// Time in the function itself.
    own: i64,
    count: i64,
    recursive: i64,
    /// How many are running.
    level: i64,
}

impl Calls {
    fn end(&mut self, total: i64, own: i64) {
        self.level -= 1;
        if self.level == 0 {
            self.total = self.total.wrapping_add(total);
        } else {
            self.recursive += 1;
        }
        self.own = self.own.wrapping_add(own);
        self.count += 1;
    }
}

/// A call that is running: of which function, since when, and how long in what it called.
#[derive(Clone, Copy)]
struct Running {
    function: usize,
    since: i64,
    below: i64,
}

/// What was counted; functions have numbers in the order of their first calls.
#[derive(Default)]
struct Record {
    numbers: HashMap<usize, usize>,
    functions: Vec<Calls>,
    /// By caller and called.
    pairs: HashMap<(usize, usize), Calls>,
    running: Vec<Running>,
}

impl Record {
    /// A call begins; the time comes later.
    fn begin(&mut self, function: usize, by_caller: bool) {
        self.functions[function].level += 1;
        if by_caller && let Some(caller) = self.running.last() {
            let pair = (caller.function, function);
            self.pairs.entry(pair).or_default().level += 1;
        }
        self.running.push(Running {
            function,
            since: 0,
            below: 0,
        });
    }

    /// The call on top of those that run is over, which was one of the function.
    fn end(&mut self, function: usize, now: i64, by_caller: bool) {
        let Some(call) = self.running.pop() else {
            return;
        };
        let total = now.wrapping_sub(call.since);
        let own = total.wrapping_sub(call.below);
        if let Some(calls) = self.functions.get_mut(function) {
            calls.end(total, own);
        }
        if let Some(caller) = self.running.last_mut() {
            caller.below = caller.below.wrapping_add(total);
            let pair = (caller.function, function);
            if by_caller && let Some(calls) = self.pairs.get_mut(&pair) {
                calls.end(total, own);
            }
        }
    }
}

/// Build a profiler object using the specified timer function.
///
/// The default timer is a fast built-in one based on real time.
/// For custom timer functions returning integers, 'timeunit' can
/// be a float specifying a scale (that is, how long each integer unit
/// is, in seconds).
#[pyclass(name = "Profiler", module = "_lsprof", flags(BASETYPE, GC))]
#[repr(C)]
struct PyProfiler {
    ob_base: PyObject,
    #[traverse]
    timer: Field<PyObject>,
    timeunit: Cell<f64>,
    /// What `sys.monitoring` gives in place of a missing argument.
    #[traverse]
    missing: Field<PyObject>,
    by_caller: Cell<bool>,
    natives: Cell<bool>,
    is_enabled: Cell<bool>,
    is_in_timer: Cell<bool>,
    record: RefCell<Record>,
    /// What the functions of the record are in the statistics: code objects, or texts.
    #[traverse]
    objects: RefCell<Vec<Obj>>,
}

impl PyProfiler {
    /// The time in the timer's units.
    fn now(&self) -> i64 {
        let Some(timer) = self.timer.get() else {
            return clock_gettime(CLOCK_MONOTONIC).map_or(0, |now| {
                now.sec.wrapping_mul(1_000_000_000).wrapping_add(now.nsec)
            });
        };
        let outer = self.is_in_timer.replace(true);
        let answer = timer.call0();
        self.is_in_timer.set(outer);
        let time = answer.and_then(|answer| {
            if self.timeunit.get() > 0.0 {
                whole_units(&answer)
            } else {
                nanoseconds(&answer)
            }
        });
        time.unwrap_or_else(|error| {
            let exception = error.take();
            let shown = timer.repr().map_or_else(
                |error| {
                    error.clear();
                    "?".to_owned()
                },
                |text| text.to_string_lossy(),
            );
            let context = format!("Exception ignored while calling _lsprof timer {shown}");
            PyErr::restore(exception).write_unraisable(Some(&context), None);
            0
        })
    }

    /// The number of a function, which gets one if it is new.
    fn number(&self, key: usize, object: impl FnOnce() -> PyResult<Obj>) -> PyResult<usize> {
        if let Some(number) = self.record.borrow().numbers.get(&key) {
            return Ok(*number);
        }
        let object = object()?;
        let mut record = self.record.borrow_mut();
        let number = record.functions.len();
        record.functions.push(Calls::default());
        record.numbers.insert(key, number);
        self.objects.borrow_mut().push(object);
        Ok(number)
    }

    fn enter(&self, key: usize, object: impl FnOnce() -> PyResult<Obj>) -> PyResult<()> {
        let pending = PyErr::occurred().map(PyErr::take);
        let number = self.number(key, object);
        if let Ok(number) = number {
            let depth = {
                let mut record = self.record.borrow_mut();
                record.begin(number, self.by_caller.get());
                record.running.len() - 1
            };
            let now = self.now();
            // The timer may have thrown the record away.
            if let Some(call) = self.record.borrow_mut().running.get_mut(depth) {
                call.since = now;
            }
        }
        if let Some(pending) = pending {
            let _set = PyErr::restore(pending);
            return Ok(());
        }
        number.map(drop)
    }

    fn leave(&self, key: usize) {
        let (number, depth) = {
            let mut record = self.record.borrow_mut();
            let depth = record.running.len();
            if depth == 0 {
                return;
            }
            let Some(number) = record.numbers.get(&key).copied() else {
                record.running.pop();
                return;
            };
            (number, depth)
        };
        let pending = PyErr::occurred().map(PyErr::take);
        let now = self.now();
        {
            let mut record = self.record.borrow_mut();
            if record.running.len() >= depth {
                record.running.truncate(depth);
                record.end(number, now, self.by_caller.get());
            }
        }
        if let Some(pending) = pending {
            let _set = PyErr::restore(pending);
        }
    }

    /// Ends the calls that are running; what the timer starts meanwhile is for the next time.
    fn end_running(&self) {
        let mut left = self.record.borrow().running.len();
        while left > 0 {
            let now = self.now();
            let mut record = self.record.borrow_mut();
            record.running.truncate(left);
            if let Some(function) = record.running.last().map(|call| call.function) {
                record.end(function, now, self.by_caller.get());
            }
            left = left.min(record.running.len() + 1) - 1;
        }
    }

    fn refuse_in_timer(&self, what: &str) -> PyResult<()> {
        if self.is_in_timer.get() {
            return Err(runtime_error!("cannot {what} profiler in external timer"));
        }
        Ok(())
    }

    /// The row of the native function that is called, and what shows it.
    fn native<'a>(&self, callable: &'a PyObject, first: &'a PyObject) -> Option<Native<'a>> {
        if let Some(function) = callable.downcast::<PyCFunction>() {
            return Some(Native::Function(function));
        }
        let method = callable.downcast::<PyMethodDescr>()?;
        let applies = !self.missing.is(first) && method.is_of(first);
        applies.then_some(Native::Method(method, first))
    }

    fn stats(&self) -> PyResult<Py<PyList>> {
        let unit = match self.timer.is_some() {
            true if self.timeunit.get() != 0.0 => self.timeunit.get(),
            _ => NANOSECOND,
        };
        let objects = self.objects.borrow().clone();
        let (functions, mut pairs) = {
            let record = self.record.borrow();
            let pairs: Vec<_> = record
                .pairs
                .iter()
                .map(|(key, calls)| (*key, *calls))
                .collect();
            (record.functions.clone(), pairs)
        };
        pairs.sort_unstable_by_key(|(key, _)| *key);
        let mut pairs = &pairs[..];
        let mut entries = Vec::new();
        for (number, (calls, object)) in functions.iter().zip(&objects).enumerate() {
            let of_others = pairs
                .iter()
                .take_while(|((caller, _), _)| *caller == number);
            let (called, rest) = pairs.split_at(of_others.count());
            pairs = rest;
            if calls.count == 0 {
                continue;
            }
            let mut below = Vec::new();
            for ((_, function), calls) in called {
                if calls.count != 0
                    && let Some(object) = objects.get(*function)
                {
                    below.push(SUBENTRY.make(row(object, calls, unit)?)?);
                }
            }
            let mut fields = row(object, calls, unit)?;
            fields.push(if called.is_empty() {
                none().to_obj()
            } else {
                PyList::from_vec(below)?.into_object()
            });
            entries.push(ENTRY.make(fields)?);
        }
        PyList::from_vec(entries)
    }
}

/// The fields that both kinds of entries have.
fn row(object: &Obj, calls: &Calls, unit: f64) -> PyResult<Vec<Obj>> {
    Ok(vec![
        object.clone(),
        calls.count.into_py()?,
        calls.recursive.into_py()?,
        (unit * calls.total as f64).into_py()?,
        (unit * calls.own as f64).into_py()?,
    ])
}

/// A native function, or a native method with what it is called on.
enum Native<'a> {
    Function(&'a PyCFunction),
    Method(&'a PyMethodDescr, &'a PyObject),
}

impl Native<'_> {
    fn key(&self) -> usize {
        match self {
            Native::Function(function) => std::ptr::from_ref(function.def()) as usize,
            Native::Method(method, _) => std::ptr::from_ref(method.def()) as usize,
        }
    }

    /// A text: a bound method would keep alive what it is bound to.
    fn shown(&self) -> PyResult<Obj> {
        match self {
            Native::Function(function) => shown_function(function),
            Native::Method(method, this) => {
                let name = PyStr::new(&method.name())?;
                shown_method(this, &name, None)
            }
        }
    }
}

/// How the statistics name a native function.
fn shown_function(function: &PyCFunction) -> PyResult<Obj> {
    let name = PyStr::new(&function.name())?;
    let module = function
        .as_object()
        .lookup_attr(krait_runtime::intern!("__module__"))?;
    let module = module.filter(|module| module.is_instance_of::<PyStr>());
    if let Some(this) = function.bound_self() {
        return shown_method(&this, &name, module.as_deref());
    }
    let name = name.to_string_lossy();
    let text = match module.map(|module| module.str()).transpose()? {
        Some(module) if !module.is_text("builtins") => {
            format!("<{}.{name}>", module.to_string_lossy())
        }
        _ => format!("<{name}>"),
    };
    Ok(PyStr::new(&text)?.into_object())
}

/// How the statistics name a native method: as its class shows it.
fn shown_method(this: &PyObject, name: &PyStr, module: Option<&PyObject>) -> PyResult<Obj> {
    if let Some(method) = this.type_().lookup(name) {
        match method.repr() {
            Ok(text) => return Ok(text.into_object()),
            Err(error) => error.clear(),
        }
    }
    let name = name.to_string_lossy();
    let text = match module {
        Some(module) => format!(
            "<built-in method {}.{name}>",
            module.str()?.to_string_lossy()
        ),
        None => format!("<built-in method {name}>"),
    };
    Ok(PyStr::new(&text)?.into_object())
}

fn out_of_range() -> PyErr {
    overflow_error!("timestamp out of range for C PyTime_t")
}

/// The time as an int in the unit that the program gave.
fn whole_units(time: &PyObject) -> PyResult<i64> {
    match time.downcast::<PyLong>() {
        Some(time) => time.to_i64().ok_or_else(out_of_range),
        None => Err(type_error!("expect int, got {}", time.type_().tp_name())),
    }
}

/// The time in seconds, as whole nanoseconds.
fn nanoseconds(time: &PyObject) -> PyResult<i64> {
    if let Some(time) = time.downcast::<PyFloat>() {
        let time = (time.value() * 1e9).floor();
        if time.is_nan() {
            return Err(value_error!("Invalid value NaN (not a number)"));
        }
        // The upper bound is not a float: 2**63 is the first that is too large.
        let fits = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&time);
        return if fits {
            Ok(time as i64)
        } else {
            Err(out_of_range())
        };
    }
    if time.downcast::<PyLong>().is_none() && !time.has_index() {
        return Err(type_error!(
            "'{}' object cannot be interpreted as an integer or float",
            time.type_().tp_name()
        ));
    }
    let seconds = time.index()?.to_i64();
    seconds
        .and_then(|seconds| seconds.checked_mul(1_000_000_000))
        .ok_or_else(out_of_range)
}

fn monitoring() -> PyResult<Obj> {
    let interp = krait_runtime::Interpreter::current();
    let found = match interp.sysdict.get() {
        Some(sys) => sys.get("monitoring")?,
        None => None,
    };
    found.ok_or_else(|| runtime_error!("lost sys.monitoring"))
}

#[pymethods]
impl PyProfiler {
    #[slot(tp_new)]
    fn tp_new(class: &PyType, _args: &PyTuple, _kwargs: Option<&PyDict>) -> PyResult<Obj> {
        let profiler = PyProfiler {
            ob_base: PyObject::HEADER,
            timer: Field::empty(),
            timeunit: Cell::new(0.0),
            missing: Field::empty(),
            by_caller: Cell::new(false),
            natives: Cell::new(false),
            is_enabled: Cell::new(false),
            is_in_timer: Cell::new(false),
            record: RefCell::default(),
            objects: RefCell::default(),
        };
        Ok(Py::new_in(class, profiler)?.into_object())
    }

    #[pyinit(signature = "(timer=<unrepresentable>, timeunit=0.0, subcalls=True, builtins=True)")]
    fn init(
        &self,
        timer: krait_runtime::OptionalArg<&PyObject>,
        timeunit: f64,
        subcalls: bool,
        builtins: bool,
    ) {
        self.timer.set(timer.present().map(PyClass::to_obj));
        self.timeunit.set(timeunit);
        self.by_caller.set(subcalls);
        self.natives.set(builtins);
    }

    /// list of profiler_entry objects.
    ///
    /// getstats() -> list of profiler_entry objects
    ///
    /// Each entry has these attributes:
    ///
    ///     code          code object, or the text for a native function
    ///     callcount     how many times this was called
    ///     reccallcount  how many of these while it was running already
    ///     totaltime     time with all that it called
    ///     inlinetime    time without what it called
    ///     calls         None, or a list of profiler_subentry objects
    ///
    /// The subentries are of the functions that it called, with the same attributes but calls.
    #[pymethod(signature = "($self, /)")]
    fn getstats(&self) -> PyResult<Py<PyList>> {
        self.stats()
    }

    /// Start collecting profiling information.
    ///
    ///   subcalls
    ///     If True, also records for each function
    ///     statistics separated according to its current caller.
    ///   builtins
    ///     If True, records the time spent in
    ///     built-in functions separately from their caller.
    #[pymethod(signature = "($self, /, subcalls=True, builtins=True)")]
    fn enable(&self, subcalls: bool, builtins: bool) -> PyResult<()> {
        self.by_caller.set(subcalls);
        self.natives.set(builtins);
        let monitoring = monitoring()?;
        let tool = TOOL.into_py()?;
        let name = PyStr::new("cProfile")?;
        monitoring.call_method_str("use_tool_id", &[&tool, &name])?;
        self.missing.set(Some(monitoring.getattr_str("MISSING")?));
        let mut events = 0;
        for (event, method) in CALLBACKS {
            events |= 1 << event;
            let callback = self.as_object().getattr_str(method)?;
            let event = (1 << event).into_py()?;
            monitoring.call_method_str("register_callback", &[&tool, &event, &callback])?;
        }
        monitoring.call_method_str("set_events", &[&tool, &*i64::into_py(events)?])?;
        self.is_enabled.set(true);
        Ok(())
    }

    /// Stop collecting profiling information.
    #[pymethod(signature = "($self, /)")]
    fn disable(&self) -> PyResult<()> {
        self.refuse_in_timer("disable")?;
        if !self.is_enabled.get() {
            return Ok(());
        }
        let monitoring = monitoring()?;
        let tool = TOOL.into_py()?;
        for (event, _) in CALLBACKS {
            let event = (1 << event).into_py()?;
            monitoring.call_method_str("register_callback", &[&tool, &event, none()])?;
        }
        monitoring.call_method_str("set_events", &[&tool, &*0.into_py()?])?;
        monitoring.call_method_str("free_tool_id", &[&tool])?;
        self.is_enabled.set(false);
        self.end_running();
        Ok(())
    }

    /// Clear all profiling information collected so far.
    #[pymethod(signature = "($self, /)")]
    fn clear(&self) -> PyResult<()> {
        self.refuse_in_timer("clear")?;
        self.record.take();
        // Code objects may run Python code when they go.
        let objects = self.objects.take();
        drop(objects);
        Ok(())
    }

    #[pymethod(signature = "($self, code, instruction_offset, /)")]
    fn _pystart_callback(&self, code: &PyObject, instruction_offset: &PyObject) -> PyResult<()> {
        let _ = instruction_offset;
        self.enter(code.as_ptr() as usize, || Ok(code.to_obj()))
    }

    #[pymethod(signature = "($self, code, instruction_offset, exception, /)")]
    fn _pythrow_callback(
        &self,
        code: &PyObject,
        instruction_offset: &PyObject,
        exception: &PyObject,
    ) -> PyResult<()> {
        let _ = (instruction_offset, exception);
        self.enter(code.as_ptr() as usize, || Ok(code.to_obj()))
    }

    #[pymethod(signature = "($self, code, instruction_offset, retval, /)")]
    fn _pyreturn_callback(
        &self,
        code: &PyObject,
        instruction_offset: &PyObject,
        retval: &PyObject,
    ) {
        let _ = (instruction_offset, retval);
        self.leave(code.as_ptr() as usize);
    }

    #[pymethod(signature = "($self, code, instruction_offset, callable, self_arg, /)")]
    fn _ccall_callback(
        &self,
        code: &PyObject,
        instruction_offset: &PyObject,
        callable: &PyObject,
        self_arg: &PyObject,
    ) -> PyResult<()> {
        let _ = (code, instruction_offset);
        if self.natives.get()
            && let Some(native) = self.native(callable, self_arg)
        {
            self.enter(native.key(), || native.shown())?;
        }
        Ok(())
    }

    #[pymethod(signature = "($self, code, instruction_offset, callable, self_arg, /)")]
    fn _creturn_callback(
        &self,
        code: &PyObject,
        instruction_offset: &PyObject,
        callable: &PyObject,
        self_arg: &PyObject,
    ) {
        let _ = (code, instruction_offset);
        if self.natives.get()
            && let Some(native) = self.native(callable, self_arg)
        {
            self.leave(native.key());
        }
    }
}

fn exec(module: &PyModule) -> PyResult<()> {
    module.add("profiler_entry", ENTRY.class()?)?;
    module.add("profiler_subentry", SUBENTRY.class()?)
}
