//! Signals: the exceptions that conditions raise, and the mappings `Context.flags` and `Context.traps`.
//!
//! A `SignalDict` is a view of a context's settings. It does not keep the context alive: when that
//! has gone, or if the dictionary never belonged to one, its methods raise `ValueError`.

use std::cell::OnceCell;
use std::rc::{Rc, Weak};

use krait_decimal::Status;
use krait_macros::{pyclass, pymethods};
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::typeobject::new_type;
use krait_runtime::{
    CompareOp, PyDict, PyErr, PyList, PyResult, PyStr, PyTuple, PyType, exc, key_error,
    not_implemented, type_error, value_error,
};

use super::context::Settings;
use super::state;

/// The condition `FloatOperation` has the bit that libmpdec leaves unused.
pub(super) const FLOAT_OPERATION: Status = Status::NotImplemented;

/// The signals in the order of the dictionaries, each with the conditions that it stands for.
pub(super) const SIGNALS: [(&str, Status); 9] = [
    ("InvalidOperation", Status::IEEE_INVALID),
    ("FloatOperation", FLOAT_OPERATION),
    ("DivisionByZero", Status::DivisionByZero),
    ("Overflow", Status::Overflow),
    ("Underflow", Status::Underflow),
    ("Subnormal", Status::Subnormal),
    ("Inexact", Status::Inexact),
    ("Rounded", Status::Rounded),
    ("Clamped", Status::Clamped),
];

/// The conditions behind `InvalidOperation`, which exceptions tell apart in their argument.
const CONDITIONS: [(&str, Status); 5] = [
    ("InvalidOperation", Status::InvalidOperation),
    ("ConversionSyntax", Status::ConversionSyntax),
    ("DivisionImpossible", Status::DivisionImpossible),
    ("DivisionUndefined", Status::DivisionUndefined),
    ("InvalidContext", Status::InvalidContext),
];

/// What `repr()` of a context calls the conditions, by the order of their bits.
const NAMES_BY_BIT: [&str; 15] = [
    "Clamped",
    "InvalidOperation",
    "DivisionByZero",
    "InvalidOperation",
    "InvalidOperation",
    "InvalidOperation",
    "Inexact",
    "InvalidOperation",
    "InvalidOperation",
    "InvalidOperation",
    "FloatOperation",
    "Overflow",
    "Rounded",
    "Subnormal",
    "Underflow",
];

/// The classes of exceptions: the root, the signals, and the conditions that are classes of their own.
pub(super) struct Exceptions {
    root: Py<PyType>,
    signals: Vec<Py<PyType>>,
    conditions: Vec<Py<PyType>>,
    /// The signals as a tuple: what a dictionary of signals iterates over.
    tuple: Py<PyTuple>,
}

fn exception(name: &str, bases: &[&PyObject]) -> PyResult<Py<PyType>> {
    let dict = PyDict::new()?;
    dict.set("__module__", &*PyStr::intern("decimal")?)?;
    let bases = PyTuple::from_refs(bases)?;
    new_type(PyType::type_object(), &*PyStr::intern(name)?, &bases, &dict)
}

impl Exceptions {
    /// Makes the classes.
    pub(super) fn create() -> PyResult<Exceptions> {
        let root = exception("DecimalException", &[&exc::ArithmeticError])?;
        let simple = |name| exception(name, &[&root]);
        let invalid = simple("InvalidOperation")?;
        let by_zero = exception("DivisionByZero", &[&root, &exc::ZeroDivisionError])?;
        let float = exception("FloatOperation", &[&root, &exc::TypeError])?;
        let (inexact, rounded) = (simple("Inexact")?, simple("Rounded")?);
        let (subnormal, clamped) = (simple("Subnormal")?, simple("Clamped")?);
        let overflow = exception("Overflow", &[&inexact, &rounded])?;
        let underflow = exception("Underflow", &[&inexact, &rounded, &subnormal])?;
        let conditions = vec![
            invalid.clone(),
            exception("ConversionSyntax", &[&invalid])?,
            exception("DivisionImpossible", &[&invalid])?,
            exception("DivisionUndefined", &[&invalid, &exc::ZeroDivisionError])?,
            exception("InvalidContext", &[&invalid])?,
        ];
        let signals = vec![
            invalid, float, by_zero, overflow, underflow, subnormal, inexact, rounded, clamped,
        ];
        let tuple = PyTuple::from_exact(signals.iter().map(|class| class.clone().into_object()))?;
        Ok(Exceptions {
            root,
            signals,
            conditions,
            tuple,
        })
    }

    /// Makes the classes attributes of the module.
    pub(super) fn add_to(&self, dict: &PyDict) -> PyResult<()> {
        let classes = std::iter::once(&self.root)
            .chain(&self.signals)
            .chain(&self.conditions);
        for class in classes {
            dict.set(&class.name(), class)?;
        }
        Ok(())
    }

    /// The signals among some conditions, in the order of the dictionaries.
    fn signals_in(&self, status: Status) -> impl Iterator<Item = &Py<PyType>> {
        self.signals
            .iter()
            .zip(SIGNALS)
            .filter(move |(_, (_, conditions))| status.intersects(*conditions))
            .map(|(class, _)| class)
    }

    /// The list of signals among some conditions.
    pub(super) fn list(&self, status: Status) -> PyResult<Obj> {
        let signals = self.signals_in(status);
        let list = PyList::from_vec(signals.map(|class| class.clone().into_object()).collect())?;
        Ok(list.into_object())
    }

    /// Raises the first of the signals among some conditions; its argument lists all of them.
    #[cold]
    pub(super) fn raise(&self, status: Status) -> PyErr {
        if status.intersects(Status::MallocError) {
            return krait_runtime::err::no_memory();
        }
        let invalid = self
            .conditions
            .iter()
            .zip(CONDITIONS)
            .filter(|(_, (_, condition))| status.intersects(*condition))
            .map(|(class, _)| class);
        let others = Status::from_bits(status.bits() & !Status::IEEE_INVALID.bits());
        let all = invalid.chain(self.signals_in(others));
        let list = match PyList::from_vec(all.map(|class| class.clone().into_object()).collect()) {
            Ok(list) => list,
            Err(error) => return error,
        };
        match self.signals_in(status).next() {
            Some(class) => PyErr::set_object(class, list.into_object()),
            None => krait_runtime::system_error!("invalid error flag"),
        }
    }

    /// The conditions of the signal that a class is.
    fn conditions_of(&self, class: &PyObject) -> PyResult<Status> {
        let known = self.signals.iter().zip(SIGNALS);
        known
            .filter(|(signal, _)| signal.as_object().is(class))
            .map(|(_, (_, conditions))| conditions)
            .next()
            .ok_or_else(|| {
                key_error!(
                    "valid values for signals are:\n  [InvalidOperation, FloatOperation, \
                     DivisionByZero,\n   Overflow, Underflow, Subnormal, Inexact, Rounded,\n   \
                     Clamped]"
                )
            })
    }

    /// The conditions of a list of signals.
    pub(super) fn in_list(&self, list: &PyList) -> PyResult<Status> {
        let mut status = Status::empty();
        for class in list.to_vec() {
            status |= self.conditions_of(&class)?;
        }
        Ok(status)
    }

    /// The conditions that a dictionary says are set; it must have every signal.
    fn in_dict(&self, dict: &PyDict) -> PyResult<Status> {
        if dict.len() != SIGNALS.len() {
            return Err(key_error!("invalid signal dict"));
        }
        let mut status = Status::empty();
        for (class, value) in dict.items_vec() {
            let conditions = self.conditions_of(&class)?;
            if value.is_true()? {
                status |= conditions;
            }
        }
        Ok(status)
    }

    /// The conditions that a dictionary of signals or an ordinary one says are set.
    pub(super) fn in_mapping(&self, mapping: &PyObject) -> PyResult<Status> {
        if let Some(signals) = mapping.downcast::<PySignalDict>() {
            return signals.status();
        }
        match mapping.downcast::<PyDict>() {
            Some(dict) => self.in_dict(dict),
            None => Err(type_error!("argument must be a signal dict")),
        }
    }
}

/// Conditions as `repr()` of a context shows them: `[Clamped, InvalidOperation]`.
pub(super) fn names(status: Status) -> String {
    let mut shown: Vec<&str> = Vec::new();
    for (bit, name) in NAMES_BY_BIT.iter().enumerate() {
        if status.bits() >> bit & 1 == 1 && !shown.contains(name) {
            shown.push(name);
        }
    }
    format!("[{}]", shown.join(", "))
}

/// Which of a context's two sets of conditions a dictionary shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    /// `Context.traps`
    Traps,
    /// `Context.flags`
    Flags,
}

/// What a dictionary shows.
struct View {
    settings: Weak<Settings>,
    which: Which,
}

// A doc comment would become the class's, and CPython's has none.
#[allow(missing_docs)]
#[pyclass(name = "SignalDictMixin", module = "decimal", flags(BASETYPE))]
#[repr(C)]
pub(super) struct PySignalDict {
    ob_base: PyObject,
    view: OnceCell<View>,
}

impl PySignalDict {
    /// A view of a context's settings.
    pub(super) fn of(settings: &Rc<Settings>, which: Which) -> PyResult<Obj> {
        let made = state()?.signal_dict.as_object().call0()?;
        let view = View {
            settings: Rc::downgrade(settings),
            which,
        };
        match made.downcast::<PySignalDict>() {
            Some(dict) if dict.view.set(view).is_ok() => Ok(made),
            _ => Err(krait_runtime::system_error!(
                "SignalDict is not what it was made as"
            )),
        }
    }

    fn settings(&self) -> PyResult<(Rc<Settings>, Which)> {
        self.view
            .get()
            .and_then(|view| Some((view.settings.upgrade()?, view.which)))
            .ok_or_else(|| value_error!("invalid signal dict"))
    }

    fn status(&self) -> PyResult<Status> {
        let (settings, which) = self.settings()?;
        Ok(settings.set_of(which).get())
    }

    fn values(&self) -> PyResult<impl Iterator<Item = (&'static Py<PyType>, bool)>> {
        let status = self.status()?;
        Ok(state()?
            .exceptions
            .signals
            .iter()
            .zip(SIGNALS)
            .map(move |(class, (_, conditions))| (class, status.intersects(conditions))))
    }
}

#[pymethods]
impl PySignalDict {
    #[slot(tp_new)]
    fn new(cls: &PyType, _args: &PyTuple, _kwargs: Option<&PyDict>) -> PyResult<Py<Self>> {
        Py::new_in(
            cls,
            PySignalDict {
                ob_base: PyObject::HEADER,
                view: OnceCell::new(),
            },
        )
    }

    #[slot(tp_init)]
    fn init(&self, _args: &PyTuple, _kwargs: Option<&PyDict>) -> PyResult<()> {
        Ok(())
    }

    #[slot(mp_length)]
    fn len(&self) -> PyResult<usize> {
        self.settings()?;
        Ok(SIGNALS.len())
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        self.settings()?;
        state()?.exceptions.tuple.as_object().iter()
    }

    #[slot(mp_subscript)]
    fn get(&self, key: &PyObject) -> PyResult<bool> {
        let status = self.status()?;
        let conditions = state()?.exceptions.conditions_of(key)?;
        Ok(status.intersects(conditions))
    }

    #[slot(mp_ass_subscript)]
    fn assign(&self, key: &PyObject, value: Option<&PyObject>) -> PyResult<()> {
        let (settings, which) = self.settings()?;
        let Some(value) = value else {
            return Err(value_error!("signal keys cannot be deleted"));
        };
        let conditions = state()?.exceptions.conditions_of(key)?;
        let is_set = value.is_true()?;
        let cell = settings.set_of(which);
        let others = cell.get().bits() & !conditions.bits();
        let added = if is_set { conditions.bits() } else { 0 };
        cell.set(Status::from_bits(others | added));
        Ok(())
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<String> {
        let mut shown = Vec::new();
        for (class, value) in self.values()? {
            let value = if value { "True" } else { "False" };
            shown.push(format!("{}:{value}", class.repr()?.to_string_lossy()));
        }
        Ok(format!("{{{}}}", shown.join(", ")))
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
        let own = self.status()?;
        if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
            return Ok(not_implemented().to_obj());
        }
        let theirs = if let Some(other) = other.downcast::<PySignalDict>() {
            other.status()?
        } else if let Some(dict) = other.downcast::<PyDict>() {
            match state()?.exceptions.in_dict(dict) {
                Ok(status) => status,
                // Keys that are no signals: the dictionary is not equal.
                Err(error) if error.matches(&exc::KeyError) => {
                    error.clear();
                    return Ok(not_implemented().to_obj());
                }
                Err(error) => return Err(error),
            }
        } else {
            return Ok(not_implemented().to_obj());
        };
        Ok(krait_runtime::bool_object((own == theirs) == (op == CompareOp::Eq)).to_obj())
    }

    #[pymethod(signature = "($self, /)")]
    fn copy(&self) -> PyResult<Py<PyDict>> {
        let dict = PyDict::new()?;
        for (class, value) in self.values()? {
            dict.set_item(class, krait_runtime::bool_object(value))?;
        }
        Ok(dict)
    }
}
