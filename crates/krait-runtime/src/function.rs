//! `function`: a Python function, CPython's `PyFunctionObject`.
//!
//! Invariants:
//! 1. `func_code`, `func_globals`, `func_builtins`, `func_name` and `func_qualname` are always set
//!    (until the collector clears a dying cycle).
//! 2. Two functions with the same valid `func_version` have the same code and kinds of defaults;
//!    any change of code or defaults takes the version away, and the specialiser's caches with it.

use std::cell::Cell;
use std::mem::offset_of;

use krait_abi as abi;
use krait_macros::{pyclass, pymethods};

use crate::cell::PyCell;
use crate::code::PyCode;
use crate::field::{Field, WeakList};
use crate::method::PyMethod;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::state::Interpreter;
use crate::{PyDict, PyResult, PyStr, PyTuple, PyType};

/// Create a function object.
///
///   code
///     a code object
///   globals
///     the globals dictionary
///   name
///     a string that overrides the name from the code object
///   argdefs
///     a tuple that specifies the default argument values
///   closure
///     a tuple that supplies the bindings for free variables
///   kwdefaults
///     a dictionary that specifies the default keyword argument values
#[pyclass(
    name = "function",
    symbol = PyFunction_Type,
    flags(GC, METHOD_DESCRIPTOR),
    members = MEMBERS,
    vectorcall_offset = vectorcall
)]
#[repr(C)]
#[allow(missing_docs, reason = "the fields are documented by their C names")]
pub struct PyFunction {
    ob_base: PyObject,
    /// `__globals__`, the namespace of its module.
    #[traverse]
    pub func_globals: Field<PyDict>,
    /// `__builtins__`, where names that the globals lack are looked up.
    #[traverse]
    pub func_builtins: Field<PyObject>,
    /// `__name__`.
    #[traverse]
    pub func_name: Field<PyStr>,
    /// `__qualname__`.
    #[traverse]
    pub func_qualname: Field<PyStr>,
    /// `__code__`.
    #[traverse]
    pub func_code: Field<PyCode>,
    /// A tuple.
    #[traverse]
    pub func_defaults: Field<PyTuple>,
    /// `__kwdefaults__`: the defaults of keyword-only parameters.
    #[traverse]
    pub func_kwdefaults: Field<PyDict>,
    /// A tuple of cells.
    #[traverse]
    pub func_closure: Field<PyTuple>,
    /// `__doc__`.
    #[traverse]
    pub func_doc: Field<PyObject>,
    /// `__dict__`, made when it is first asked for.
    #[dict]
    pub func_dict: Field<PyDict>,
    #[weaklist]
    func_weakreflist: WeakList,
    /// `__module__`.
    #[traverse]
    pub func_module: Field<PyObject>,
    /// A dictionary, or a tuple of names and values that becomes one when it is asked for.
    #[traverse]
    pub func_annotations: Field<PyObject>,
    /// `__annotate__`: computes the annotations.
    #[traverse]
    pub func_annotate: Field<PyObject>,
    /// `__type_params__`, a tuple.
    #[traverse]
    pub func_typeparams: Field<PyObject>,
    /// How the function is called; the specialiser looks at it.
    pub vectorcall: Cell<Option<abi::vectorcallfunc>>,
    /// Says which code and defaults the function has (invariant 2); 0 if it has no version.
    pub func_version: Cell<u32>,
}

macro_rules! same_offsets {
    ($($field:ident),+ $(,)?) => {
        const _: () = {
            $(assert!(offset_of!(PyFunction, $field) == offset_of!(abi::PyFunctionObject, $field));)+
        };
    };
}
same_offsets!(
    func_globals,
    func_builtins,
    func_name,
    func_qualname,
    func_code,
    func_defaults,
    func_kwdefaults,
    func_closure,
    func_doc,
    func_dict,
    func_weakreflist,
    func_module,
    func_annotations,
    func_annotate,
    func_typeparams,
    vectorcall,
    func_version,
);

impl PyFunction {
    /// A function of `code` in `globals`, named as the code is: what `MAKE_FUNCTION` makes.
    pub fn from_code(code: Py<PyCode>, globals: Py<PyDict>) -> PyResult<Py<PyFunction>> {
        let qualname = code.co_qualname.get();
        Self::with_qualname(code, globals, qualname)
    }

    /// As [`PyFunction::from_code`], with another `__qualname__`.
    pub fn with_qualname(
        code: Py<PyCode>,
        globals: Py<PyDict>,
        qualname: Option<Py<PyStr>>,
    ) -> PyResult<Py<PyFunction>> {
        let builtins = builtins_of(&globals)?;
        let module = globals.get_str(crate::intern!("__name__"))?;
        Py::new(PyFunction {
            ob_base: PyObject::HEADER,
            func_globals: Field::new(globals),
            func_builtins: Field::new(builtins),
            func_name: Field::from_option(code.co_name.get()),
            func_qualname: Field::from_option(qualname),
            func_doc: Field::new(code.docstring()),
            func_code: Field::new(code),
            func_defaults: Field::empty(),
            func_kwdefaults: Field::empty(),
            func_closure: Field::empty(),
            func_dict: Field::empty(),
            func_weakreflist: WeakList::new(),
            func_module: Field::from_option(module),
            func_annotations: Field::empty(),
            func_annotate: Field::empty(),
            func_typeparams: Field::empty(),
            vectorcall: Cell::new(Some(Interpreter::current().hooks.get().function_vectorcall)),
            func_version: Cell::new(abi::FUNC_VERSION_UNSET),
        })
    }

    /// The code object.
    #[inline]
    pub fn code(&self) -> Py<PyCode> {
        self.func_code
            .get()
            .expect("invariant 1: a function has a code object")
    }

    /// The version that caches compare, given now if there is none; 0 when there can be none.
    pub fn version(&self) -> u32 {
        let version = self.func_version.get();
        if version >= abi::FUNC_VERSION_FIRST_VALID {
            return version;
        }
        let interp = Interpreter::current();
        let own = interp.hooks.get().function_vectorcall as usize;
        let mine = self.vectorcall.get().map(|function| function as usize);
        if version == abi::FUNC_VERSION_CLEARED || mine != Some(own) {
            return 0;
        }
        let next = next_version(interp);
        self.func_version.set(next);
        next
    }

    /// Takes the version away because code or defaults change.
    pub fn modified(&self) {
        if self.func_version.get() < abi::FUNC_VERSION_FIRST_VALID {
            return;
        }
        self.func_version.set(abi::FUNC_VERSION_CLEARED);
        (Interpreter::current().hooks.get().function_modified)(self);
    }

    /// The annotations dictionary, made on first use.
    pub fn annotations_dict(&self) -> PyResult<Option<Py<PyDict>>> {
        let made = match self.func_annotations.get() {
            None => {
                let Some(annotate) = self.func_annotate.get().filter(|each| each.is_callable())
                else {
                    return Ok(None);
                };
                let format = crate::PyLong::from_i64(1)?;
                let value = annotate.call1(&format)?;
                value.cast::<PyDict>().map_err(|value| {
                    crate::type_error!(
                        "__annotate__ returned non-dict of type '{}'",
                        value.type_name()
                    )
                })?
            }
            Some(value) => match value.cast::<PyTuple>() {
                Ok(pairs) => {
                    let dict = PyDict::new()?;
                    for pair in pairs.as_slice().chunks_exact(2) {
                        dict.set_item(&pair[0], &pair[1])?;
                    }
                    dict
                }
                Err(value) => return Ok(value.cast::<PyDict>().ok()),
            },
        };
        self.func_annotations.set(Some(made.clone().into_object()));
        Ok(Some(made))
    }
}

/// The next function version; 0 when the supply has run out.
pub fn next_version(interp: &Interpreter) -> u32 {
    let next = interp
        .next_func_version
        .get()
        .max(abi::FUNC_VERSION_FIRST_VALID);
    if next == u32::MAX {
        return 0;
    }
    interp.next_func_version.set(next + 1);
    next
}

/// The builtins that code run in `globals` sees: `__builtins__` there, or the interpreter's own.
pub fn builtins_of(globals: &PyDict) -> PyResult<Obj> {
    if let Some(builtins) = globals.get_str(crate::intern!("__builtins__"))? {
        if let Some(module) = builtins.downcast::<crate::PyModule>() {
            return Ok(module.dict().into_object());
        }
        return Ok(builtins);
    }
    let interp = Interpreter::current();
    match (interp.hooks.get().current_builtins)().or_else(|| interp.builtins.get()) {
        Some(builtins) => Ok(builtins.into_object()),
        None => Err(crate::system_error!("no builtins")),
    }
}

/// None as Rust's, anything else kept.
fn not_none(value: Option<&PyObject>) -> Option<&PyObject> {
    value.filter(|value| !value.is(crate::none()))
}

fn or_none<T: PyClass>(value: Option<Py<T>>) -> Obj {
    value.map_or_else(|| crate::none().to_obj(), Py::into_object)
}

fn checked_closure(code: &PyCode, closure: Option<&PyObject>) -> PyResult<Option<Py<PyTuple>>> {
    let expected = code.co_nfreevars.get() as usize;
    let cells = match not_none(closure) {
        None if expected != 0 && closure.is_none() => None,
        None if expected != 0 => {
            return Err(crate::type_error!("arg 5 (closure) must be tuple"));
        }
        None => return Ok(None),
        Some(closure) => match closure.downcast::<PyTuple>() {
            Some(cells) => Some(cells),
            None if expected != 0 => {
                return Err(crate::type_error!("arg 5 (closure) must be tuple"));
            }
            None => return Err(crate::type_error!("arg 5 (closure) must be None or tuple")),
        },
    };
    let Some(cells) = cells else {
        return Err(crate::type_error!("arg 5 (closure) must be tuple"));
    };
    if cells.len() != expected {
        let name = code
            .co_name
            .get()
            .map(|name| name.to_string_lossy())
            .unwrap_or_default();
        return Err(crate::value_error!(
            "{name} requires closure of length {expected}, not {}",
            cells.len()
        ));
    }
    for cell in cells.as_slice() {
        if !cell.is_exact::<PyCell>() {
            return Err(crate::type_error!(
                "arg 5 (closure) expected cell, found {}",
                cell.type_().tp_name()
            ));
        }
    }
    Ok((expected != 0).then(|| cells.to_owned()))
}

/// What programs see of the struct.
const MEMBERS: &[krait_abi::PyMemberDef] = crate::members! {
    PyFunction:
    c"__closure__" func_closure _Py_T_OBJECT;
    c"__globals__" func_globals _Py_T_OBJECT;
    c"__builtins__" func_builtins _Py_T_OBJECT;
};

#[pymethods]
impl PyFunction {
    #[pynew(signature = "(code, globals, name=None, argdefs=None, closure=None, kwdefaults=None)")]
    fn new(
        _cls: &PyType,
        code: &PyCode,
        globals: &PyDict,
        name: Option<&PyObject>,
        argdefs: Option<&PyObject>,
        closure: Option<&PyObject>,
        kwdefaults: Option<&PyObject>,
    ) -> PyResult<Py<Self>> {
        let name = match not_none(name) {
            None => None,
            Some(name) => Some(
                name.downcast::<PyStr>()
                    .ok_or_else(|| crate::type_error!("arg 3 (name) must be None or string"))?,
            ),
        };
        let defaults = match not_none(argdefs) {
            None => None,
            Some(defaults) => Some(
                defaults
                    .downcast::<PyTuple>()
                    .ok_or_else(|| crate::type_error!("arg 4 (defaults) must be None or tuple"))?,
            ),
        };
        let closure = checked_closure(code, closure)?;
        let kwdefaults =
            match not_none(kwdefaults) {
                None => None,
                Some(defaults) => Some(defaults.downcast::<PyDict>().ok_or_else(|| {
                    crate::type_error!("arg 6 (kwdefaults) must be None or dict")
                })?),
            };
        let function = Self::from_code(PyClass::to_owned(code), PyClass::to_owned(globals))?;
        if let Some(name) = name {
            function.func_name.set(Some(PyClass::to_owned(name)));
        }
        function.func_defaults.set(defaults.map(PyClass::to_owned));
        function.func_closure.set(closure);
        function
            .func_kwdefaults
            .set(kwdefaults.map(PyClass::to_owned));
        Ok(function)
    }

    #[pygetter]
    fn __dict__(&self) -> PyResult<Obj> {
        crate::object_type::instance_dict_attribute(self)
    }

    #[pysetter(name = "__dict__")]
    fn set_dict(&self, value: Option<&PyObject>) -> PyResult<()> {
        crate::object_type::set_instance_dict_attribute(self, value)
    }

    #[pygetter]
    fn __doc__(&self) -> Obj {
        or_none(self.func_doc.get())
    }

    #[pysetter(name = "__doc__")]
    fn set_doc(&self, value: Option<&PyObject>) -> PyResult<()> {
        self.func_doc.set(value.map(PyClass::to_obj));
        Ok(())
    }

    #[pygetter]
    fn __module__(&self) -> Obj {
        or_none(self.func_module.get())
    }

    #[pysetter(name = "__module__")]
    fn set_module(&self, value: Option<&PyObject>) -> PyResult<()> {
        self.func_module.set(value.map(PyClass::to_obj));
        Ok(())
    }

    #[pygetter]
    fn __code__(&self) -> Obj {
        or_none(self.func_code.get())
    }

    #[pysetter(name = "__code__")]
    fn set_code(&self, value: Option<&PyObject>) -> PyResult<()> {
        let Some(code) = value.and_then(PyObject::downcast::<PyCode>) else {
            return Err(crate::type_error!("__code__ must be set to a code object"));
        };
        let free = code.co_nfreevars.get() as usize;
        let cells = self.func_closure.get().map_or(0, |closure| closure.len());
        if free != cells {
            let name = self
                .func_name
                .get()
                .map(|name| name.to_string_lossy())
                .unwrap_or_default();
            return Err(crate::value_error!(
                "{name}() requires a code object with {cells} free vars, not {free}"
            ));
        }
        let kind =
            |flags: i32| flags & (abi::CO_GENERATOR | abi::CO_COROUTINE | abi::CO_ASYNC_GENERATOR);
        let old = self.func_code.get();
        if old.is_some_and(|old| kind(old.co_flags.get()) != kind(code.co_flags.get())) {
            let message = "Assigning a code object of non-matching type is deprecated \
                           (e.g., from a generator to a plain function)";
            crate::hooks::warn(&crate::exc::DeprecationWarning, message, 1)?;
        }
        self.modified();
        self.func_code.set(Some(PyClass::to_owned(code)));
        Ok(())
    }

    #[pygetter]
    fn __name__(&self) -> Obj {
        or_none(self.func_name.get())
    }

    #[pysetter(name = "__name__")]
    fn set_name(&self, value: Option<&PyObject>) -> PyResult<()> {
        let Some(name) = value.and_then(PyObject::downcast::<PyStr>) else {
            return Err(crate::type_error!(
                "__name__ must be set to a string object"
            ));
        };
        self.func_name.set(Some(PyClass::to_owned(name)));
        Ok(())
    }

    #[pygetter]
    fn __qualname__(&self) -> Obj {
        or_none(self.func_qualname.get())
    }

    #[pysetter(name = "__qualname__")]
    fn set_qualname(&self, value: Option<&PyObject>) -> PyResult<()> {
        let Some(name) = value.and_then(PyObject::downcast::<PyStr>) else {
            return Err(crate::type_error!(
                "__qualname__ must be set to a string object"
            ));
        };
        self.func_qualname.set(Some(PyClass::to_owned(name)));
        Ok(())
    }

    #[pygetter]
    fn __defaults__(&self) -> Obj {
        or_none(self.func_defaults.get())
    }

    #[pysetter(name = "__defaults__")]
    fn set_defaults(&self, value: Option<&PyObject>) -> PyResult<()> {
        let value =
            match not_none(value) {
                None => None,
                Some(value) => Some(value.downcast::<PyTuple>().ok_or_else(|| {
                    crate::type_error!("__defaults__ must be set to a tuple object")
                })?),
            };
        self.modified();
        self.func_defaults.set(value.map(PyClass::to_owned));
        Ok(())
    }

    #[pygetter]
    fn __kwdefaults__(&self) -> Obj {
        or_none(self.func_kwdefaults.get())
    }

    #[pysetter(name = "__kwdefaults__")]
    fn set_kwdefaults(&self, value: Option<&PyObject>) -> PyResult<()> {
        let value = match not_none(value) {
            None => None,
            Some(value) => Some(value.downcast::<PyDict>().ok_or_else(|| {
                crate::type_error!("__kwdefaults__ must be set to a dict object")
            })?),
        };
        self.modified();
        self.func_kwdefaults.set(value.map(PyClass::to_owned));
        Ok(())
    }

    #[pygetter]
    fn __annotations__(&self) -> PyResult<Obj> {
        if let Some(annotations) = self.annotations_dict()? {
            return Ok(annotations.into_object());
        }
        let empty = PyDict::new()?.into_object();
        self.func_annotations.set(Some(empty.clone()));
        Ok(empty)
    }

    #[pysetter(name = "__annotations__")]
    fn set_annotations(&self, value: Option<&PyObject>) -> PyResult<()> {
        let value = not_none(value);
        if value.is_some_and(|value| value.downcast::<PyDict>().is_none()) {
            return Err(crate::type_error!(
                "__annotations__ must be set to a dict object"
            ));
        }
        self.func_annotations.set(value.map(PyClass::to_obj));
        self.func_annotate.set(None);
        Ok(())
    }

    #[pygetter]
    fn __annotate__(&self) -> Obj {
        or_none(self.func_annotate.get())
    }

    #[pysetter(name = "__annotate__")]
    fn set_annotate(&self, value: Option<&PyObject>) -> PyResult<()> {
        let Some(value) = value else {
            return Err(crate::type_error!("__annotate__ cannot be deleted"));
        };
        if value.is(crate::none()) {
            self.func_annotate.set(Some(value.to_obj()));
        } else if value.is_callable() {
            self.func_annotate.set(Some(value.to_obj()));
            self.func_annotations.set(None);
        } else {
            return Err(crate::type_error!("__annotate__ must be callable or None"));
        }
        Ok(())
    }

    #[pygetter]
    fn __type_params__(&self) -> PyResult<Obj> {
        match self.func_typeparams.get() {
            Some(parameters) => Ok(parameters),
            None => Ok(PyTuple::from_vec(Vec::new())?.into_object()),
        }
    }

    #[pysetter(name = "__type_params__")]
    fn set_type_params(&self, value: Option<&PyObject>) -> PyResult<()> {
        let Some(parameters) = value.filter(|value| value.is_instance_of::<PyTuple>()) else {
            return Err(crate::type_error!("__type_params__ must be set to a tuple"));
        };
        self.func_typeparams.set(Some(parameters.to_obj()));
        Ok(())
    }

    #[slot(tp_descr_get)]
    fn descr_get(&self, obj: Option<&PyObject>, _ty: Option<&PyObject>) -> PyResult<Obj> {
        match not_none(obj) {
            None => Ok(self.to_obj()),
            Some(instance) => Ok(PyMethod::bind(self.to_obj(), instance.to_obj())?.into_object()),
        }
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Obj> {
        let name = self
            .func_qualname
            .get()
            .map(|name| name.to_string_lossy())
            .unwrap_or_default();
        Ok(PyStr::new(&format!("<function {name} at {self:p}>"))?.into_object())
    }
}
