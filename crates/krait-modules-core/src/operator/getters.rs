//! `itemgetter`, `attrgetter` and `methodcaller`.

use std::cell::Cell;

use krait_abi as abi;
use krait_macros::{pyclass, pymethods};
use krait_runtime::repr::ReprGuard;
use krait_runtime::{
    Field, Interpreter, Obj, Py, PyClass, PyDict, PyObject, PyResult, PyStr, PyTuple, PyType,
    type_error,
};

use crate::fastcall::{CallArguments, FastCall, vectorcall};

fn no_keywords(name: &str, kwargs: Option<&PyDict>) -> PyResult<()> {
    match kwargs {
        Some(kwargs) if !kwargs.is_empty() => {
            Err(type_error!("{name}() takes no keyword arguments"))
        }
        _ => Ok(()),
    }
}

/// The one argument of a call.
fn operand<'a>(name: &str, args: &CallArguments<'a>) -> PyResult<&'a PyObject> {
    if args.keyword_names().is_some() {
        return Err(type_error!("{name}() takes no keyword arguments"));
    }
    match args.positional() {
        [operand] => Ok(operand),
        more => Err(type_error!(
            "{name} expected 1 argument, got {}",
            more.len()
        )),
    }
}

fn at_least_one(name: &str, args: &PyTuple) -> PyResult<()> {
    if args.is_empty() {
        return Err(type_error!("{name} expected 1 argument, got 0"));
    }
    Ok(())
}

/// `module.Class(arguments)`.
fn shown(object: &PyObject, arguments: impl FnOnce() -> PyResult<String>) -> PyResult<String> {
    let class = object.type_();
    let name = format!(
        "{}.{}",
        class
            .getattr(krait_runtime::intern!("__module__"))?
            .str()?
            .to_string_lossy(),
        class.name()
    );
    match ReprGuard::enter(object) {
        Some(_guard) => Ok(format!("{name}({})", arguments()?)),
        None => Ok(format!("{name}(...)")),
    }
}

fn joined(items: &[Obj]) -> PyResult<String> {
    let items: Vec<String> = items
        .iter()
        .map(|item| Ok(item.repr()?.to_string_lossy()))
        .collect::<PyResult<_>>()?;
    Ok(items.join(", "))
}

/// What several lookups give: the one result, or a tuple.
fn gather(count: usize, get: impl Fn(usize) -> PyResult<Obj>) -> PyResult<Obj> {
    if count == 1 {
        return get(0);
    }
    let items = (0..count).map(get).collect::<PyResult<Vec<_>>>()?;
    Ok(PyTuple::from_vec(items)?.into_object())
}

/// itemgetter(item, /, *items)
/// --
///
/// Return a callable object that fetches the given item(s) from its operand.
///
/// After f = itemgetter(2), the call f(r) returns r[2].
/// After g = itemgetter(2, 5, 3), the call g(r) returns (r[2], r[5], r[3])
#[pyclass(name = "itemgetter", module = "operator", flags(GC), vectorcall_offset = vectorcall)]
#[repr(C)]
pub(super) struct ItemGetter {
    ob_base: PyObject,
    #[traverse]
    items: Field<PyTuple>,
    vectorcall: Cell<Option<abi::vectorcallfunc>>,
}

impl ItemGetter {
    fn items(&self) -> Py<PyTuple> {
        self.items.get().unwrap_or_else(PyTuple::empty)
    }
}

impl FastCall for ItemGetter {
    fn fast_call(&self, args: CallArguments<'_>) -> PyResult<Obj> {
        let operand = operand("itemgetter", &args)?;
        let items = self.items();
        gather(items.len(), |index| {
            operand.get_item(&items.as_slice()[index])
        })
    }
}

#[pymethods]
impl ItemGetter {
    #[slot(tp_new)]
    fn tp_new(class: &PyType, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<Obj> {
        no_keywords("itemgetter", kwargs)?;
        at_least_one("itemgetter", args)?;
        let getter = Py::new_in(
            class,
            ItemGetter {
                ob_base: PyObject::HEADER,
                items: Field::new(PyClass::to_owned(args)),
                vectorcall: Cell::new(Some(vectorcall::<ItemGetter>)),
            },
        )?;
        Ok(getter.into_object())
    }

    /// How the object is called.
    #[pygetter(name = "__text_signature__")]
    fn text_signature(&self) -> &'static str {
        "(obj, /)"
    }

    #[slot(tp_call)]
    fn call(&self, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<Obj> {
        self.call_tuple(args, kwargs)
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<String> {
        shown(self, || joined(self.items().as_slice()))
    }

    /// Return state information for pickling
    #[pymethod(name = "__reduce__")]
    fn reduce(&self) -> (Obj, Py<PyTuple>) {
        (self.type_().to_obj(), self.items())
    }
}

/// attrgetter(attr, /, *attrs)
/// --
///
/// Return a callable object that fetches the given attribute(s) from its operand.
///
/// After f = attrgetter('name'), the call f(r) returns r.name.
/// After g = attrgetter('name', 'date'), the call g(r) returns (r.name, r.date).
/// After h = attrgetter('name.first', 'name.last'), the call h(r) returns
/// (r.name.first, r.name.last).
#[pyclass(name = "attrgetter", module = "operator", flags(GC), vectorcall_offset = vectorcall)]
#[repr(C)]
pub(super) struct AttrGetter {
    ob_base: PyObject,
    /// The names as given.
    #[traverse]
    names: Field<PyTuple>,
    /// For each name a tuple of what stands between its dots.
    #[traverse]
    paths: Field<PyTuple>,
    vectorcall: Cell<Option<abi::vectorcallfunc>>,
}

impl AttrGetter {
    fn names(&self) -> Py<PyTuple> {
        self.names.get().unwrap_or_else(PyTuple::empty)
    }
}

impl FastCall for AttrGetter {
    fn fast_call(&self, args: CallArguments<'_>) -> PyResult<Obj> {
        let operand = operand("attrgetter", &args)?;
        let paths = self.paths.get().unwrap_or_else(PyTuple::empty);
        gather(paths.len(), |index| {
            let mut value = operand.to_obj();
            let path = paths.as_slice()[index].downcast::<PyTuple>();
            for name in path.map(PyTuple::as_slice).unwrap_or_default() {
                value = value.getattr(name)?;
            }
            Ok(value)
        })
    }
}

/// The parts of a dotted name, interned.
fn split_name(name: &PyStr) -> PyResult<Obj> {
    let dot = PyStr::intern(".")?;
    let parts = name
        .call_method(krait_runtime::intern!("split"), &[&dot])?
        .to_vec()?
        .iter()
        .filter_map(|part| part.downcast::<PyStr>())
        .map(|part| part.interned().into_object())
        .collect();
    Ok(PyTuple::from_vec(parts)?.into_object())
}

#[pymethods]
impl AttrGetter {
    #[slot(tp_new)]
    fn tp_new(class: &PyType, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<Obj> {
        no_keywords("attrgetter", kwargs)?;
        at_least_one("attrgetter", args)?;
        let paths = args
            .as_slice()
            .iter()
            .map(|name| match name.downcast::<PyStr>() {
                Some(name) => split_name(name),
                None => Err(type_error!("attribute name must be a string")),
            })
            .collect::<PyResult<Vec<_>>>()?;
        let getter = Py::new_in(
            class,
            AttrGetter {
                ob_base: PyObject::HEADER,
                names: Field::new(PyClass::to_owned(args)),
                paths: Field::new(PyTuple::from_vec(paths)?),
                vectorcall: Cell::new(Some(vectorcall::<AttrGetter>)),
            },
        )?;
        Ok(getter.into_object())
    }

    /// How the object is called.
    #[pygetter(name = "__text_signature__")]
    fn text_signature(&self) -> &'static str {
        "(obj, /)"
    }

    #[slot(tp_call)]
    fn call(&self, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<Obj> {
        self.call_tuple(args, kwargs)
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<String> {
        shown(self, || joined(self.names().as_slice()))
    }

    /// Return state information for pickling
    #[pymethod(name = "__reduce__")]
    fn reduce(&self) -> (Obj, Py<PyTuple>) {
        (self.type_().to_obj(), self.names())
    }
}

/// methodcaller(name, /, *args, **kwargs)
/// --
///
/// Return a callable object that calls the given method on its operand.
///
/// After f = methodcaller('name'), the call f(r) returns r.name().
/// After g = methodcaller('name', 'date', foo=1), the call g(r) returns
/// r.name('date', foo=1).
#[pyclass(name = "methodcaller", module = "operator", flags(GC), vectorcall_offset = vectorcall)]
#[repr(C)]
pub(super) struct MethodCaller {
    ob_base: PyObject,
    #[traverse]
    name: Field<PyStr>,
    #[traverse]
    args: Field<PyTuple>,
    #[traverse]
    keywords: Field<PyDict>,
    vectorcall: Cell<Option<abi::vectorcallfunc>>,
}

impl MethodCaller {
    fn parts(&self) -> PyResult<(Py<PyStr>, Py<PyTuple>, Option<Py<PyDict>>)> {
        let (Some(name), Some(args)) = (self.name.get(), self.args.get()) else {
            return Err(type_error!("methodcaller was cleared"));
        };
        Ok((name, args, self.keywords.get()))
    }
}

impl FastCall for MethodCaller {
    fn fast_call(&self, args: CallArguments<'_>) -> PyResult<Obj> {
        let operand = operand("methodcaller", &args)?;
        let (name, args, keywords) = self.parts()?;
        match keywords {
            Some(keywords) => operand.getattr(&name)?.call_tuple(&args, Some(&keywords)),
            None => {
                let args: Vec<&PyObject> = args.as_slice().iter().map(|arg| &**arg).collect();
                operand.call_method(&name, &args)
            }
        }
    }
}

#[pymethods]
impl MethodCaller {
    #[slot(tp_new)]
    fn tp_new(class: &PyType, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<Obj> {
        let [name, rest @ ..] = args.as_slice() else {
            return Err(type_error!(
                "methodcaller needs at least one argument, the method name"
            ));
        };
        let Some(name) = name.downcast::<PyStr>() else {
            return Err(type_error!("method name must be a string"));
        };
        let keywords = match kwargs.filter(|kwargs| !kwargs.is_empty()) {
            Some(kwargs) => Some(kwargs.copy()?),
            None => None,
        };
        let caller = Py::new_in(
            class,
            MethodCaller {
                ob_base: PyObject::HEADER,
                name: Field::new(name.interned()),
                args: Field::new(PyTuple::from_vec(rest.to_vec())?),
                keywords: Field::from_option(keywords),
                vectorcall: Cell::new(Some(vectorcall::<MethodCaller>)),
            },
        )?;
        Ok(caller.into_object())
    }

    /// How the object is called.
    #[pygetter(name = "__text_signature__")]
    fn text_signature(&self) -> &'static str {
        "(obj, /)"
    }

    #[slot(tp_call)]
    fn call(&self, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<Obj> {
        self.call_tuple(args, kwargs)
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<String> {
        let (name, args, keywords) = self.parts()?;
        shown(self, || {
            let mut parts = vec![name.as_object().repr()?.to_string_lossy()];
            for arg in args.as_slice() {
                parts.push(arg.repr()?.to_string_lossy());
            }
            for (key, value) in keywords.map(|dict| dict.items_vec()).unwrap_or_default() {
                let value = value.repr()?.to_string_lossy();
                parts.push(format!("{}={value}", key.str()?.to_string_lossy()));
            }
            Ok(parts.join(", "))
        })
    }

    /// Return state information for pickling
    #[pymethod(name = "__reduce__")]
    fn reduce(&self) -> PyResult<(Obj, Py<PyTuple>)> {
        let (name, args, keywords) = self.parts()?;
        let class = self.type_().to_obj();
        let Some(keywords) = keywords else {
            let mut all = vec![name.into_object()];
            all.extend_from_slice(args.as_slice());
            return Ok((class, PyTuple::from_vec(all)?));
        };
        let import = Interpreter::current().hooks.get().import;
        let functools = import(&*PyStr::intern("functools")?, None, None, None, 0)?;
        let bound = PyTuple::from_vec(vec![class, name.into_object()])?;
        let partial = functools
            .getattr(krait_runtime::intern!("partial"))?
            .call_tuple(&bound, Some(&keywords))?;
        Ok((partial, args))
    }
}
