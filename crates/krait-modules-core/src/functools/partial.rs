//! `partial` and its `Placeholder`.
//!
//! Invariant: the stored arguments do not end with a placeholder, and `gaps` is how many they hold.

use std::cell::Cell;

use krait_abi as abi;
use krait_macros::{pyclass, pymethods};
use krait_runtime::repr::ReprGuard;
use krait_runtime::{
    Field, Interpreter, Obj, Py, PyClass, PyDict, PyMethod, PyObject, PyResult, PyTuple, PyType,
    WeakList, attribute_error, none, type_error,
};

use crate::fastcall::{CallArguments, FastCall, vectorcall};

/// The type of the Placeholder singleton.
///
/// Used as a placeholder for partial arguments.
#[pyclass(name = "_PlaceholderType", module = "functools", flags(GC))]
#[repr(C)]
pub(super) struct PlaceholderType {
    ob_base: PyObject,
}

#[derive(Default)]
struct Singleton(Field<PyObject>);

/// `functools.Placeholder`.
pub(super) fn placeholder() -> PyResult<Obj> {
    let singleton = &Interpreter::current().extension::<Singleton>().0;
    if let Some(object) = singleton.get() {
        return Ok(object);
    }
    let object = Py::new(PlaceholderType {
        ob_base: PyObject::HEADER,
    })?
    .into_object();
    singleton.set(Some(object.clone()));
    Ok(object)
}

fn is_placeholder(object: &PyObject) -> bool {
    object.is_exact::<PlaceholderType>()
}

#[pymethods]
impl PlaceholderType {
    #[slot(tp_new)]
    fn tp_new(_class: &PyType, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<Obj> {
        if !args.is_empty() || kwargs.is_some_and(|kwargs| !kwargs.is_empty()) {
            return Err(type_error!("PlaceholderType takes no arguments"));
        }
        placeholder()
    }

    #[slot(tp_repr)]
    fn repr(&self) -> &'static str {
        "Placeholder"
    }

    #[pymethod(name = "__reduce__")]
    fn reduce(&self) -> &'static str {
        "Placeholder"
    }
}

/// partial(func, /, *args, **keywords)
/// --
///
/// Create a new function with partial application of the given arguments and keywords.
#[pyclass(
    name = "partial", module = "functools", flags(BASETYPE, GC, METHOD_DESCRIPTOR),
    vectorcall_offset = vectorcall
)]
#[repr(C)]
pub(super) struct Partial {
    ob_base: PyObject,
    #[traverse]
    function: Field<PyObject>,
    #[traverse]
    args: Field<PyTuple>,
    #[traverse]
    keywords: Field<PyDict>,
    #[dict]
    dict: Field<PyDict>,
    #[weaklist]
    weaklist: WeakList,
    vectorcall: Cell<Option<abi::vectorcallfunc>>,
    gaps: Cell<usize>,
}

fn check_no_trailing(args: &[Obj]) -> PyResult<()> {
    if args.last().is_some_and(|last| is_placeholder(last)) {
        return Err(type_error!("trailing Placeholders are not allowed"));
    }
    Ok(())
}

/// `stored` with its placeholders filled by `given` in turn, and then the rest of those.
fn fill(stored: &[Obj], given: &[Obj]) -> Vec<Obj> {
    let mut given = given.iter();
    let mut all: Vec<Obj> = stored
        .iter()
        .map(|arg| match is_placeholder(arg) {
            true => given.next().unwrap_or(arg).clone(),
            false => arg.clone(),
        })
        .collect();
    all.extend(given.cloned());
    all
}

impl Partial {
    fn args(&self) -> Py<PyTuple> {
        self.args.get().unwrap_or_else(PyTuple::empty)
    }

    fn keywords(&self) -> PyResult<Py<PyDict>> {
        match self.keywords.get() {
            Some(keywords) => Ok(keywords),
            None => PyDict::new(),
        }
    }

    fn function(&self) -> Obj {
        self.function.get().unwrap_or_else(|| none().to_obj())
    }

    fn store_args(&self, args: Py<PyTuple>) {
        let gaps = args.as_slice().iter().filter(|arg| is_placeholder(arg));
        self.gaps.set(gaps.count());
        self.args.set(Some(args));
    }
}

impl FastCall for Partial {
    fn fast_call(&self, args: CallArguments<'_>) -> PyResult<Obj> {
        let (function, stored, keywords) = (self.function(), self.args(), self.keywords.get());
        let given = args.positional();
        if given.len() < self.gaps.get() {
            return Err(type_error!(
                "missing positional arguments in 'partial' call; expected at least {}, got {}",
                self.gaps.get(),
                given.len()
            ));
        }
        let mut rest = given.iter().copied();
        let mut all: Vec<&PyObject> = Vec::with_capacity(stored.len() + args.all.len());
        for arg in stored.as_slice() {
            match is_placeholder(arg) {
                true => all.extend(rest.next()),
                false => all.push(arg),
            }
        }
        all.extend(rest);
        let Some(keywords) = keywords.filter(|keywords| !keywords.is_empty()) else {
            all.extend_from_slice(args.keyword_values());
            return match args.keyword_names() {
                Some(names) => function.call_with_names(&all, names),
                None => function.call(&all),
            };
        };
        let merged = keywords.copy()?;
        if let Some(names) = args.keyword_names() {
            for (name, value) in names.as_slice().iter().zip(args.keyword_values()) {
                merged.set_item(name, value)?;
            }
        }
        function.call_tuple(&*PyTuple::from_refs(&all)?, Some(&merged))
    }
}

/// The address of the class's `tp_call`.
fn call_slot(class: &PyType) -> Option<*const ()> {
    class.raw().tp_call.get().map(|call| call as *const ())
}

#[pymethods]
impl Partial {
    #[slot(tp_new)]
    fn tp_new(class: &PyType, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<Obj> {
        let [function, given @ ..] = args.as_slice() else {
            return Err(type_error!("type 'partial' takes at least one argument"));
        };
        if !function.is_callable() {
            return Err(type_error!("the first argument must be callable"));
        }
        check_no_trailing(given)?;
        let new_keywords = kwargs.map(PyDict::items_vec).unwrap_or_default();
        if new_keywords.iter().any(|(_, value)| is_placeholder(value)) {
            return Err(type_error!(
                "Placeholder cannot be passed as a keyword argument"
            ));
        }
        // A partial of a partial is one partial, unless the inner one has attributes of its own.
        let inner = function
            .downcast::<Partial>()
            .filter(|inner| call_slot(inner.type_()) == call_slot(Partial::type_object()))
            .filter(|inner| !inner.dict.is_some());
        let (function, args, keywords) = match inner {
            Some(inner) => (
                inner.function(),
                fill(inner.args().as_slice(), given),
                inner.keywords()?.copy()?,
            ),
            None => (function.clone(), given.to_vec(), PyDict::new()?),
        };
        for (name, value) in &new_keywords {
            keywords.set_item(name, value)?;
        }
        let partial = Py::new_in(
            class,
            Partial {
                ob_base: PyObject::HEADER,
                function: Field::new(function),
                args: Field::empty(),
                keywords: Field::new(keywords),
                dict: Field::empty(),
                weaklist: WeakList::new(),
                vectorcall: Cell::new(Some(vectorcall::<Partial>)),
                gaps: Cell::new(0),
            },
        )?;
        partial.store_args(PyTuple::from_vec(args)?);
        Ok(partial.into_object())
    }

    #[slot(tp_call)]
    fn call(&self, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<Obj> {
        self.call_tuple(args, kwargs)
    }

    #[slot(tp_descr_get)]
    fn descr_get(&self, object: Option<&PyObject>, _class: Option<&PyObject>) -> PyResult<Obj> {
        match object.filter(|object| !object.is(none())) {
            Some(object) => Ok(PyMethod::bind(self.to_obj(), object.to_obj())?.into_object()),
            None => Ok(self.to_obj()),
        }
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<String> {
        let class = self.type_();
        let name = format!(
            "{}.{}",
            class
                .getattr(krait_runtime::intern!("__module__"))?
                .str()?
                .to_string_lossy(),
            class
                .getattr(krait_runtime::intern!("__qualname__"))?
                .str()?
                .to_string_lossy()
        );
        let Some(_guard) = ReprGuard::enter(self) else {
            return Ok("...".to_owned());
        };
        // All at once: a representation may run code that changes the partial.
        let (function, args, keywords) = (self.function(), self.args(), self.keywords()?);
        let mut text = format!("{name}({}", function.repr()?.to_string_lossy());
        for arg in args.as_slice() {
            text.push_str(", ");
            text.push_str(&arg.repr()?.to_string_lossy());
        }
        for (key, value) in keywords.items_vec() {
            let (key, value) = (
                key.str()?.to_string_lossy(),
                value.repr()?.to_string_lossy(),
            );
            text.push_str(&format!(", {key}={value}"));
        }
        text.push(')');
        Ok(text)
    }

    #[pymethod(name = "__reduce__")]
    fn reduce(
        &self,
    ) -> PyResult<(
        Obj,
        (Obj,),
        (Obj, Py<PyTuple>, Py<PyDict>, Option<Py<PyDict>>),
    )> {
        Ok((
            self.type_().to_obj(),
            (self.function(),),
            (
                self.function(),
                self.args(),
                self.keywords()?,
                self.dict.get(),
            ),
        ))
    }

    #[pymethod(name = "__setstate__", signature = "($self, object, /)")]
    fn setstate(&self, state: &PyObject) -> PyResult<()> {
        let parts = state.downcast::<PyTuple>().map(PyTuple::as_slice);
        let invalid = || type_error!("invalid partial state");
        let Some([function, args, keywords, dict]) = parts else {
            return Err(invalid());
        };
        let (Some(args), true) = (args.downcast::<PyTuple>(), function.is_callable()) else {
            return Err(invalid());
        };
        let keywords = match keywords.downcast::<PyDict>() {
            Some(keywords) if keywords.is_exact::<PyDict>() => PyClass::to_owned(keywords),
            Some(keywords) => keywords.copy()?,
            None if keywords.is(none()) => PyDict::new()?,
            None => return Err(invalid()),
        };
        check_no_trailing(args.as_slice())?;
        let dict = match dict.downcast::<PyDict>() {
            Some(dict) => Some(PyClass::to_owned(dict)),
            None if dict.is(none()) => None,
            None => return Err(invalid()),
        };
        self.store_args(match args.is_exact::<PyTuple>() {
            true => PyClass::to_owned(args),
            false => PyTuple::from_vec(args.as_slice().to_vec())?,
        });
        self.function.set(Some(function.clone()));
        self.keywords.set(Some(keywords));
        self.dict.set(dict);
        Ok(())
    }

    /// See PEP 585
    #[pyclassmethod(name = "__class_getitem__", signature = "($type, object, /)")]
    fn class_getitem(class: &PyType, item: &PyObject) -> PyResult<Obj> {
        krait_runtime::generic_alias::new_generic_alias(class, item)
    }

    /// function object to use in future partial calls
    #[pygetter]
    fn func(&self) -> Obj {
        self.function()
    }

    /// tuple of arguments to future partial calls
    #[pygetter(name = "args")]
    fn args_getter(&self) -> Py<PyTuple> {
        self.args()
    }

    /// dictionary of keyword arguments to future partial calls
    #[pygetter(name = "keywords")]
    fn keywords_getter(&self) -> PyResult<Py<PyDict>> {
        self.keywords()
    }

    #[pysetter]
    fn set_func(&self, _value: Option<&PyObject>) -> PyResult<()> {
        Err(attribute_error!("readonly attribute"))
    }

    #[pysetter]
    fn set_args(&self, _value: Option<&PyObject>) -> PyResult<()> {
        Err(attribute_error!("readonly attribute"))
    }

    #[pysetter]
    fn set_keywords(&self, _value: Option<&PyObject>) -> PyResult<()> {
        Err(attribute_error!("readonly attribute"))
    }

    #[pygetter]
    fn __dict__(&self) -> PyResult<Py<PyDict>> {
        crate::instance_dict(&self.dict)
    }

    #[pysetter(name = "__dict__")]
    fn set_dict(&self, value: Option<&PyObject>) -> PyResult<()> {
        crate::set_instance_dict(&self.dict, value)
    }
}
