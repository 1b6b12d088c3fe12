//! `_decimal`: decimal floating-point arithmetic, over `krait_decimal`.
//!
//! The arithmetic knows no object: here are the classes, their conversions, and how the conditions
//! that an operation met become flags and exceptions. Start with `operations`.

mod compare;
mod context;
mod convert;
mod current;
mod format;
mod methods;
mod number;
mod operations;
mod operators;
mod signals;

use std::cell::{Cell, OnceCell};

use krait_decimal::{Context, MAX_EMAX, MAX_PREC, MIN_EMIN, MIN_ETINY, Rounding, Status};
use krait_runtime::context::{ContextVar, new_variable};
use krait_runtime::object::{Obj, Py, PyClass};
use krait_runtime::{
    Interpreter, PyDict, PyLong, PyModule, PyResult, PyStr, PyTuple, PyType, bool_object, intern,
    pymodule, system_error,
};

use context::{PyContext, ROUNDINGS};
use current::{IEEE_CONTEXT_MAX_BITS, PyContextManager};
use number::PyDecimal;
use signals::{Exceptions, PySignalDict};

pymodule! {
    pub DECIMAL = "_decimal", "Decimal arithmetic",
    functions: [
        current::getcontext, current::setcontext, current::localcontext, current::ieee_context,
    ],
    classes: [PyDecimal, PyContext],
    hidden: [PySignalDict, PyContextManager],
    exec: Some(exec),
}

/// The standard contexts.
struct Templates {
    default: Py<PyContext>,
    basic: Py<PyContext>,
    extended: Py<PyContext>,
}

/// What the module has in an interpreter.
struct State {
    exceptions: Exceptions,
    templates: Templates,
    /// The class of `Context.flags`.
    signal_dict: Obj,
    /// `DecimalTuple`.
    decimal_tuple: Obj,
    /// `numbers.Rational`.
    rational: Obj,
    /// The variable that holds the current context.
    variable: Py<ContextVar>,
}

#[derive(Default)]
struct Kept(OnceCell<State>);

thread_local! {
    /// The state that this thread asked for last, and the interpreter that it belongs to.
    static LAST: Cell<Option<(*const Interpreter, &'static State)>> = const { Cell::new(None) };
}

/// The module's state in the current interpreter.
#[inline(always)]
fn state() -> PyResult<&'static State> {
    let interp = Interpreter::current();
    match LAST.get() {
        Some((owner, state)) if std::ptr::eq(owner, interp) => Ok(state),
        _ => find_state(interp),
    }
}

#[cold]
fn find_state(interp: &'static Interpreter) -> PyResult<&'static State> {
    let kept = interp.extension::<Kept>().0.get();
    let state = kept.ok_or_else(|| system_error!("module _decimal is not ready"))?;
    LAST.set(Some((interp, state)));
    Ok(state)
}

/// What a pure-Python module holds under a name.
fn imported(interp: &Interpreter, module: &str, name: &str) -> PyResult<Obj> {
    let name = PyStr::intern(name)?;
    let names = PyTuple::from_array([name.clone().into_object()])?;
    let import = interp.hooks.get().import;
    import(&*PyStr::intern(module)?, None, None, Some(&names), 0)?.getattr(&name)
}

impl Templates {
    fn create() -> PyResult<Templates> {
        let usual = Status::IEEE_INVALID | Status::DivisionByZero | Status::Overflow;
        let nine = Context {
            prec: 9,
            emax: 999_999,
            emin: -999_999,
            rounding: Rounding::HalfEven,
            clamp: false,
        };
        let default = Context { prec: 28, ..nine };
        let basic = Context {
            rounding: Rounding::HalfUp,
            ..nine
        };
        Ok(Templates {
            default: PyContext::with(default, usual)?,
            basic: PyContext::with(basic, usual | Status::Underflow | Status::Clamped)?,
            extended: PyContext::with(nine, Status::empty())?,
        })
    }
}

impl State {
    fn create(interp: &Interpreter) -> PyResult<State> {
        let number = imported(interp, "numbers", "Number")?;
        number.call_method(intern!("register"), &[PyDecimal::type_object()])?;
        let mapping = imported(interp, "collections.abc", "MutableMapping")?;
        let bases = PyTuple::from_refs(&[PySignalDict::type_object(), &mapping])?;
        let signal_dict = PyType::type_object().as_object().call(&[
            &*PyStr::intern("SignalDict")?,
            &bases,
            &*PyDict::new()?,
        ])?;
        let decimal_tuple = imported(interp, "collections", "namedtuple")?.call(&[
            &*PyStr::intern("DecimalTuple")?,
            &*PyStr::new("sign digits exponent")?,
        ])?;
        decimal_tuple.setattr_str("__module__", &*PyStr::intern("decimal")?)?;
        let variable = new_variable("decimal_context")?.cast::<ContextVar>();
        Ok(State {
            exceptions: Exceptions::create()?,
            templates: Templates::create()?,
            signal_dict,
            decimal_tuple,
            rational: imported(interp, "numbers", "Rational")?,
            variable: variable.map_err(|_| system_error!("decimal_context is no variable"))?,
        })
    }
}

fn exec(module: &PyModule) -> PyResult<()> {
    let interp = Interpreter::current();
    let kept = &interp.extension::<Kept>().0;
    if kept.get().is_none() {
        let made = State::create(interp)?;
        // An import in between may have made it, too: then that one stays.
        let _ = kept.set(made);
    }
    let state = state()?;
    let dict = module.dict();
    state.exceptions.add_to(&dict)?;
    dict.set("DecimalTuple", &state.decimal_tuple)?;
    dict.set("DefaultContext", &state.templates.default)?;
    dict.set("BasicContext", &state.templates.basic)?;
    dict.set("ExtendedContext", &state.templates.extended)?;
    for (name, _) in ROUNDINGS {
        dict.set(name, &*PyStr::intern(name)?)?;
    }
    for (name, value) in [
        ("MAX_PREC", MAX_PREC),
        ("MAX_EMAX", MAX_EMAX),
        ("MIN_EMIN", MIN_EMIN),
        ("MIN_ETINY", MIN_ETINY),
        ("IEEE_CONTEXT_MAX_BITS", IEEE_CONTEXT_MAX_BITS),
    ] {
        dict.set(name, &*PyLong::from_i64(value)?)?;
    }
    dict.set("HAVE_THREADS", bool_object(true))?;
    dict.set("HAVE_CONTEXTVAR", bool_object(true))?;
    dict.set("__version__", &*PyStr::intern("1.70")?)?;
    dict.set("__libmpdec_version__", &*PyStr::intern("2.5.1")?)
}
