//! `Context`: precision, range and rounding of arithmetic, and what happened in it.
//!
//! Invariant: the settings are within libmpdec's limits, whatever a program assigns.

use std::cell::Cell;
use std::rc::Rc;

use krait_decimal::{Context, Decimal, MAX_EMAX, MAX_PREC, MIN_EMIN, Rounding, Status};
use krait_macros::{pyclass, pymethods};
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::{
    Field, PyDict, PyList, PyLong, PyResult, PyStr, PyTuple, PyType, attribute_error,
    overflow_error, type_error, value_error,
};

use super::number::PyDecimal;
use super::signals::{PySignalDict, Which, names};
use super::state;

/// The roundings by their names, as messages list them.
pub(super) const ROUNDINGS: [(&str, Rounding); 8] = [
    ("ROUND_CEILING", Rounding::Ceiling),
    ("ROUND_FLOOR", Rounding::Floor),
    ("ROUND_UP", Rounding::Up),
    ("ROUND_DOWN", Rounding::Down),
    ("ROUND_HALF_UP", Rounding::HalfUp),
    ("ROUND_HALF_DOWN", Rounding::HalfDown),
    ("ROUND_HALF_EVEN", Rounding::HalfEven),
    ("ROUND_05UP", Rounding::ZeroFiveUp),
];

fn rounding_name(rounding: Rounding) -> &'static str {
    ROUNDINGS
        .iter()
        .find(|(_, known)| *known == rounding)
        .map_or("", |(name, _)| name)
}

/// The rounding that a string names.
pub(super) fn rounding_of(value: &PyObject) -> PyResult<Rounding> {
    value
        .downcast::<PyStr>()
        .and_then(|text| ROUNDINGS.iter().find(|(name, _)| text.is_text(name)))
        .map(|(_, rounding)| *rounding)
        .ok_or_else(|| {
            type_error!(
                "valid values for rounding are:\n  [ROUND_CEILING, ROUND_FLOOR, ROUND_UP, \
                 ROUND_DOWN,\n   ROUND_HALF_UP, ROUND_HALF_DOWN, ROUND_HALF_EVEN,\n   ROUND_05UP]"
            )
        })
}

/// A setting's value as C's `Py_ssize_t`.
pub(super) fn ssize(value: &PyObject) -> PyResult<i64> {
    match value.downcast::<PyLong>() {
        Some(int) => int
            .to_i64()
            .ok_or_else(|| overflow_error!("Python int too large to convert to C ssize_t")),
        None => Err(type_error!("an integer is required")),
    }
}

/// What a context says and has seen; its dictionaries of signals look at it, too.
pub(super) struct Settings {
    pub(super) arithmetic: Cell<Context>,
    traps: Cell<Status>,
    status: Cell<Status>,
    pub(super) capitals: Cell<bool>,
}

impl Settings {
    /// The conditions that raise, or those that were met.
    pub(super) fn set_of(&self, which: Which) -> &Cell<Status> {
        match which {
            Which::Traps => &self.traps,
            Which::Flags => &self.status,
        }
    }
}

/// The context affects almost all operations and controls rounding,
/// over- and underflow, the raising of exceptions and more. A new context
/// starts from the default settings: what is given here overrides them.
///
///     >>> Context(prec=4, rounding=ROUND_DOWN, traps=[]).divide(2, 3)
///     Decimal('0.6666')
#[pyclass(
    name = "Context",
    module = "decimal",
    flags(BASETYPE, GC),
    methods(CORE, UNARY, BINARY, QUESTIONS, PREFIX, INFIX, OTHERS)
)]
#[repr(C)]
pub(super) struct PyContext {
    ob_base: PyObject,
    settings: Rc<Settings>,
    #[traverse]
    traps: Field<PyObject>,
    #[traverse]
    flags: Field<PyObject>,
}

/// The constructor's arguments; `None` leaves a setting as it is.
#[derive(Clone, Copy, Default)]
pub(super) struct Changes<'a> {
    pub(super) prec: Option<&'a PyObject>,
    pub(super) rounding: Option<&'a PyObject>,
    pub(super) emin: Option<&'a PyObject>,
    pub(super) emax: Option<&'a PyObject>,
    pub(super) capitals: Option<&'a PyObject>,
    pub(super) clamp: Option<&'a PyObject>,
    pub(super) flags: Option<&'a PyObject>,
    pub(super) traps: Option<&'a PyObject>,
}

impl PyContext {
    /// A context of a class with these settings.
    fn create(
        cls: &PyType,
        arithmetic: Context,
        traps: Status,
        status: Status,
        capitals: bool,
    ) -> PyResult<Py<PyContext>> {
        Py::new_in(
            cls,
            PyContext {
                ob_base: PyObject::HEADER,
                settings: Rc::new(Settings {
                    arithmetic: Cell::new(arithmetic),
                    traps: Cell::new(traps),
                    status: Cell::new(status),
                    capitals: Cell::new(capitals),
                }),
                traps: Field::empty(),
                flags: Field::empty(),
            },
        )
    }

    /// A plain context in which nothing has happened.
    pub(super) fn with(arithmetic: Context, traps: Status) -> PyResult<Py<PyContext>> {
        Self::create(
            PyContext::type_object(),
            arithmetic,
            traps,
            Status::empty(),
            true,
        )
    }

    /// A plain context with the same settings and the same flags.
    pub(super) fn copied(&self) -> PyResult<Py<PyContext>> {
        let from = &self.settings;
        Self::create(
            PyContext::type_object(),
            from.arithmetic.get(),
            from.traps.get(),
            from.status.get(),
            from.capitals.get(),
        )
    }

    /// As [`PyContext::copied`], without the flags.
    pub(super) fn fresh(&self) -> PyResult<Py<PyContext>> {
        let copy = self.copied()?;
        copy.settings.status.set(Status::empty());
        Ok(copy)
    }

    /// What the arithmetic wants to know.
    #[inline(always)]
    pub(super) fn arithmetic(&self) -> Context {
        self.settings.arithmetic.get()
    }

    /// As [`PyContext::arithmetic`], with the rounding that an argument names if it is not `None`.
    pub(super) fn rounded_as(&self, rounding: Option<&PyObject>) -> PyResult<Context> {
        let arithmetic = self.arithmetic();
        match rounding {
            Some(rounding) => Ok(Context {
                rounding: rounding_of(rounding)?,
                ..arithmetic
            }),
            None => Ok(arithmetic),
        }
    }

    /// Whether exponents are marked by capitals.
    pub(super) fn capitals(&self) -> bool {
        self.settings.capitals.get()
    }

    /// Notes the conditions that an operation met, and raises what is trapped.
    #[inline(always)]
    pub(super) fn report(&self, status: Status) -> PyResult<()> {
        if status.is_empty() {
            return Ok(());
        }
        self.note(status);
        let trapped = self.settings.traps.get() | Status::MallocError;
        if status.intersects(trapped) {
            return self.trap(status & trapped);
        }
        Ok(())
    }

    #[cold]
    fn trap(&self, trapped: Status) -> PyResult<()> {
        Err(state()?.exceptions.raise(trapped))
    }

    /// Notes conditions without raising anything.
    #[inline(always)]
    pub(super) fn note(&self, status: Status) {
        let seen = &self.settings.status;
        seen.set(seen.get() | status);
    }

    /// The result of an operation as an object, once its conditions are reported.
    #[inline(always)]
    pub(super) fn finish(&self, result: Decimal, status: Status) -> PyResult<Obj> {
        self.report(status)?;
        PyDecimal::make(result)
    }

    fn dictionary(&self, which: Which) -> PyResult<Obj> {
        let field = match which {
            Which::Traps => &self.traps,
            Which::Flags => &self.flags,
        };
        if let Some(dict) = field.get() {
            return Ok(dict);
        }
        let dict = PySignalDict::of(&self.settings, which)?;
        // Making it may have run code that asked for it, too: the first one stays.
        if let Some(dict) = field.get() {
            return Ok(dict);
        }
        field.set(Some(dict.clone()));
        Ok(dict)
    }

    fn update(&self, change: impl FnOnce(&mut Context)) {
        let mut arithmetic = self.arithmetic();
        change(&mut arithmetic);
        self.settings.arithmetic.set(arithmetic);
    }

    fn assign_prec(&self, value: &PyObject) -> PyResult<()> {
        let value = ssize(value)?;
        if !(1..=MAX_PREC).contains(&value) {
            return Err(value_error!("valid range for prec is [1, MAX_PREC]"));
        }
        self.update(|context| context.prec = value);
        Ok(())
    }

    fn assign_emin(&self, value: &PyObject) -> PyResult<()> {
        let value = ssize(value)?;
        if !(MIN_EMIN..=0).contains(&value) {
            return Err(value_error!("valid range for Emin is [MIN_EMIN, 0]"));
        }
        self.update(|context| context.emin = value);
        Ok(())
    }

    fn assign_emax(&self, value: &PyObject) -> PyResult<()> {
        let value = ssize(value)?;
        if !(0..=MAX_EMAX).contains(&value) {
            return Err(value_error!("valid range for Emax is [0, MAX_EMAX]"));
        }
        self.update(|context| context.emax = value);
        Ok(())
    }

    fn assign_rounding(&self, value: &PyObject) -> PyResult<()> {
        let rounding = rounding_of(value)?;
        self.update(|context| context.rounding = rounding);
        Ok(())
    }

    fn assign_capitals(&self, value: &PyObject) -> PyResult<()> {
        match ssize(value)? {
            value @ 0..=1 => {
                self.settings.capitals.set(value == 1);
                Ok(())
            }
            _ => Err(value_error!("valid values for capitals are 0 or 1")),
        }
    }

    fn assign_clamp(&self, value: &PyObject) -> PyResult<()> {
        match ssize(value)? {
            value @ 0..=1 => {
                self.update(|context| context.clamp = value == 1);
                Ok(())
            }
            _ => Err(value_error!("valid values for clamp are 0 or 1")),
        }
    }

    /// Makes a list or dictionary of signals the traps or the flags.
    fn assign_signals(&self, which: Which, value: &PyObject) -> PyResult<()> {
        let exceptions = &state()?.exceptions;
        let status = match value.downcast::<PyList>() {
            Some(list) => exceptions.in_list(list)?,
            None => exceptions.in_mapping(value)?,
        };
        self.settings.set_of(which).set(status);
        Ok(())
    }

    /// Applies the constructor's arguments.
    pub(super) fn change(&self, changes: Changes<'_>) -> PyResult<()> {
        let apply = |value: Option<&PyObject>, set: fn(&Self, &PyObject) -> PyResult<()>| {
            value.map_or(Ok(()), |value| set(self, value))
        };
        apply(changes.prec, Self::assign_prec)?;
        apply(changes.rounding, Self::assign_rounding)?;
        apply(changes.emin, Self::assign_emin)?;
        apply(changes.emax, Self::assign_emax)?;
        apply(changes.capitals, Self::assign_capitals)?;
        apply(changes.clamp, Self::assign_clamp)?;
        apply(changes.traps, |context, value| {
            context.assign_signals(Which::Traps, value)
        })?;
        apply(changes.flags, |context, value| {
            context.assign_signals(Which::Flags, value)
        })
    }
}

/// Which dictionary an attribute's name means.
fn signals_attribute(name: &PyObject) -> Option<Which> {
    let name = name.downcast::<PyStr>()?;
    if name.is_text("traps") {
        Some(Which::Traps)
    } else if name.is_text("flags") {
        Some(Which::Flags)
    } else {
        None
    }
}

#[pymethods(CORE)]
impl PyContext {
    #[slot(tp_new)]
    fn new(cls: &PyType, _args: &PyTuple, _kwargs: Option<&PyDict>) -> PyResult<Py<Self>> {
        let template = &state()?.templates.default.settings;
        Self::create(
            cls,
            template.arithmetic.get(),
            template.traps.get(),
            template.status.get(),
            true,
        )
    }

    #[pyinit(
        signature = "($self, prec=None, rounding=None, Emin=None, Emax=None, capitals=None, clamp=None, flags=None, traps=None)",
        anonymous
    )]
    #[allow(clippy::too_many_arguments, reason = "Python's parameters")]
    fn init(
        &self,
        prec: Option<&PyObject>,
        rounding: Option<&PyObject>,
        emin: Option<&PyObject>,
        emax: Option<&PyObject>,
        capitals: Option<&PyObject>,
        clamp: Option<&PyObject>,
        flags: Option<&PyObject>,
        traps: Option<&PyObject>,
    ) -> PyResult<()> {
        self.change(Changes {
            prec,
            rounding,
            emin,
            emax,
            capitals,
            clamp,
            flags,
            traps,
        })
    }

    #[slot(tp_getattro)]
    fn getattro(&self, name: &PyObject) -> PyResult<Obj> {
        if let Some(which) = signals_attribute(name) {
            return self.dictionary(which);
        }
        match name.downcast::<PyStr>() {
            Some(name) => self.as_object().generic_getattr(name),
            None => Err(type_error!(
                "attribute name must be string, not '{}'",
                name.type_().tp_name()
            )),
        }
    }

    #[slot(tp_setattro)]
    fn setattro(&self, name: &PyObject, value: Option<&PyObject>) -> PyResult<()> {
        let Some(value) = value else {
            return Err(attribute_error!("context attributes cannot be deleted"));
        };
        if let Some(which) = signals_attribute(name) {
            let status = state()?.exceptions.in_mapping(value)?;
            self.settings.set_of(which).set(status);
            return Ok(());
        }
        match name.downcast::<PyStr>() {
            Some(name) => self.as_object().generic_setattr(name, Some(value)),
            None => Err(type_error!(
                "attribute name must be string, not '{}'",
                name.type_().tp_name()
            )),
        }
    }

    #[slot(tp_repr)]
    fn repr(&self) -> String {
        let context = self.arithmetic();
        format!(
            "Context(prec={}, rounding={}, Emin={}, Emax={}, capitals={}, clamp={}, flags={}, \
             traps={})",
            context.prec,
            rounding_name(context.rounding),
            context.emin,
            context.emax,
            u8::from(self.capitals()),
            u8::from(context.clamp),
            names(self.settings.status.get()),
            names(self.settings.traps.get()),
        )
    }

    #[pygetter]
    fn prec(&self) -> i64 {
        self.arithmetic().prec
    }

    #[pysetter]
    fn set_prec(&self, value: Option<&PyObject>) -> PyResult<()> {
        self.assign_prec(present(value)?)
    }

    #[pygetter(name = "Emax")]
    fn emax(&self) -> i64 {
        self.arithmetic().emax
    }

    #[pysetter(name = "Emax")]
    fn set_emax(&self, value: Option<&PyObject>) -> PyResult<()> {
        self.assign_emax(present(value)?)
    }

    #[pygetter(name = "Emin")]
    fn emin(&self) -> i64 {
        self.arithmetic().emin
    }

    #[pysetter(name = "Emin")]
    fn set_emin(&self, value: Option<&PyObject>) -> PyResult<()> {
        self.assign_emin(present(value)?)
    }

    #[pygetter]
    fn rounding(&self) -> PyResult<Py<PyStr>> {
        PyStr::intern(rounding_name(self.arithmetic().rounding))
    }

    #[pysetter]
    fn set_rounding(&self, value: Option<&PyObject>) -> PyResult<()> {
        self.assign_rounding(present(value)?)
    }

    #[pygetter(name = "capitals")]
    fn get_capitals(&self) -> i64 {
        i64::from(self.capitals())
    }

    #[pysetter]
    fn set_capitals(&self, value: Option<&PyObject>) -> PyResult<()> {
        self.assign_capitals(present(value)?)
    }

    #[pygetter]
    fn clamp(&self) -> i64 {
        i64::from(self.arithmetic().clamp)
    }

    #[pysetter]
    fn set_clamp(&self, value: Option<&PyObject>) -> PyResult<()> {
        self.assign_clamp(present(value)?)
    }

    /// Return Emin - prec + 1: the least exponent that results can have.
    #[pymethod(name = "Etiny", signature = "($self, /)")]
    fn etiny(&self) -> i64 {
        self.arithmetic().etiny()
    }

    /// Return Emax - prec + 1: the largest exponent of a result that has
    /// as many digits as the precision allows.
    #[pymethod(name = "Etop", signature = "($self, /)")]
    fn etop(&self) -> i64 {
        self.arithmetic().etop()
    }

    /// Return Decimal(10).
    #[pymethod(signature = "($self, /)")]
    fn radix(&self) -> PyResult<Obj> {
        PyDecimal::make(Decimal::from_i64(10))
    }

    /// Set all flags to False.
    #[pymethod(signature = "($self, /)")]
    fn clear_flags(&self) {
        self.settings.status.set(Status::empty());
    }

    /// Set all traps to False.
    #[pymethod(signature = "($self, /)")]
    fn clear_traps(&self) {
        self.settings.traps.set(Status::empty());
    }

    #[pymethod(name = "__copy__", signature = "($self, /)")]
    fn dunder_copy(&self) -> PyResult<Py<PyContext>> {
        self.copied()
    }

    #[pymethod(name = "__reduce__", signature = "($self, /)")]
    fn reduce(&self) -> PyResult<(Obj, Obj)> {
        let context = self.arithmetic();
        let exceptions = &state()?.exceptions;
        let int = |value: i64| PyLong::from_i64(value).map(Py::into_object);
        let settings = PyTuple::from_array([
            int(context.prec)?,
            PyStr::intern(rounding_name(context.rounding))?.into_object(),
            int(context.emin)?,
            int(context.emax)?,
            int(self.capitals().into())?,
            int(context.clamp.into())?,
            exceptions.list(self.settings.status.get())?,
            exceptions.list(self.settings.traps.get())?,
        ])?;
        Ok((self.as_object().type_().to_obj(), settings.into_object()))
    }

    /// Return a copy of the context.
    #[pymethod(signature = "($self, /)")]
    fn copy(&self) -> PyResult<Py<PyContext>> {
        self.copied()
    }
}

/// A setter's value: `tp_setattro` refuses to delete, but the descriptor itself can be called, too.
fn present(value: Option<&PyObject>) -> PyResult<&PyObject> {
    value.ok_or_else(|| attribute_error!("context attributes cannot be deleted"))
}
