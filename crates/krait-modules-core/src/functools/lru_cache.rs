//! `lru_cache`: results of calls by their arguments, with or without a limit on how many are kept.

use std::cell::Cell;

use krait_abi as abi;
use krait_macros::{pyclass, pymethods};
use krait_runtime::odict::PyODict;
use krait_runtime::{
    Field, Interpreter, Obj, Py, PyClass, PyDict, PyLong, PyMethod, PyObject, PyResult, PyStr,
    PyTuple, PyType, WeakList, exc, none, type_error,
};

use crate::fastcall::{CallArguments, FastCall, vectorcall};

/// Create a cached callable that wraps another function.
///
/// user_function:      the function being cached
///
/// maxsize:  0         for no caching
///           None      for unlimited cache size
///           n         for a bounded cache
///
/// typed:    False     cache f(3) and f(3.0) as identical calls
///           True      cache f(3) and f(3.0) as distinct calls
///
/// cache_info_type:    namedtuple class with the fields:
///                         hits misses currsize maxsize
#[pyclass(
    name = "_lru_cache_wrapper", module = "functools", flags(BASETYPE, GC, METHOD_DESCRIPTOR),
    vectorcall_offset = vectorcall
)]
#[repr(C)]
pub(super) struct LruCacheWrapper {
    ob_base: PyObject,
    #[traverse]
    function: Field<PyObject>,
    #[traverse]
    cache: Field<PyODict>,
    #[traverse]
    info_type: Field<PyObject>,
    /// `None` without limit.
    maxsize: Cell<Option<usize>>,
    typed: Cell<bool>,
    hits: Cell<usize>,
    misses: Cell<usize>,
    vectorcall: Cell<Option<abi::vectorcallfunc>>,
    #[dict]
    dict: Field<PyDict>,
    #[weaklist]
    weaklist: WeakList,
}

/// What separates positional arguments from keywords in a key: an object that is nothing else.
#[derive(Default)]
struct KeywordMark(Field<PyObject>);

fn keyword_mark() -> PyResult<Obj> {
    let mark = &Interpreter::current().extension::<KeywordMark>().0;
    if let Some(object) = mark.get() {
        return Ok(object);
    }
    let object = PyObject::type_object().as_object().call0()?;
    mark.set(Some(object.clone()));
    Ok(object)
}

fn make_key(args: &CallArguments<'_>, typed: bool) -> PyResult<Obj> {
    let names = args.keyword_names();
    if !typed
        && names.is_none()
        && let [only] = args.all
        && (only.is_exact::<PyLong>() || only.is_exact::<PyStr>())
    {
        return Ok(only.to_obj());
    }
    let mut parts: Vec<Obj> = args.positional().iter().map(|arg| arg.to_obj()).collect();
    if let Some(names) = names {
        parts.push(keyword_mark()?);
        for (name, value) in names.as_slice().iter().zip(args.keyword_values()) {
            parts.push(name.clone());
            parts.push(value.to_obj());
        }
    }
    if typed {
        parts.extend(args.all.iter().map(|arg| arg.type_().to_obj()));
    }
    Ok(PyTuple::from_vec(parts)?.into_object())
}

impl LruCacheWrapper {
    fn missed(&self) {
        self.misses.set(self.misses.get() + 1);
    }

    fn function(&self) -> Obj {
        self.function.get().unwrap_or_else(|| none().to_obj())
    }
}

impl FastCall for LruCacheWrapper {
    fn fast_call(&self, args: CallArguments<'_>) -> PyResult<Obj> {
        let (Some(cache), limit) = (self.cache.get(), self.maxsize.get()) else {
            return Err(type_error!("the cache is gone"));
        };
        if limit == Some(0) {
            self.missed();
            return args.pass_to(&self.function());
        }
        let key = make_key(&args, self.typed.get())?;
        let hash = key.hash()?;
        let known = match limit {
            None => cache.dict().get_item_hash(&key, hash)?,
            Some(_) => cache.get_and_renew(&key, hash)?,
        };
        if let Some(known) = known {
            self.hits.set(self.hits.get() + 1);
            return Ok(known);
        }
        self.missed();
        let result = args.pass_to(&self.function())?;
        // The call may have come here again with the same arguments.
        if cache.dict().get_item_hash(&key, hash)?.is_some() {
            return Ok(result);
        }
        if limit.is_some_and(|limit| cache.dict().len() >= limit) {
            let oldest = cache.pop_oldest()?;
            cache.insert_newest(key, hash, result.clone())?;
            drop(oldest);
        } else {
            cache.insert_newest(key, hash, result.clone())?;
        }
        Ok(result)
    }
}

#[pymethods]
impl LruCacheWrapper {
    #[pynew(
        name = "lru_cache",
        signature = "(user_function, maxsize, typed, cache_info_type)",
        text_signature = ""
    )]
    fn new(
        class: &PyType,
        user_function: &PyObject,
        maxsize: &PyObject,
        typed: bool,
        cache_info_type: &PyObject,
    ) -> PyResult<Py<Self>> {
        if !user_function.is_callable() {
            return Err(type_error!("the first argument must be callable"));
        }
        let maxsize = if maxsize.is(none()) {
            None
        } else if maxsize.has_index() {
            Some(maxsize.as_isize(Some(&exc::OverflowError))?.max(0) as usize)
        } else {
            return Err(type_error!("maxsize should be integer or None"));
        };
        Py::new_in(
            class,
            LruCacheWrapper {
                ob_base: PyObject::HEADER,
                function: Field::new(user_function.to_obj()),
                cache: Field::new(PyODict::empty()?),
                info_type: Field::new(cache_info_type.to_obj()),
                maxsize: Cell::new(maxsize),
                typed: Cell::new(typed),
                hits: Cell::new(0),
                misses: Cell::new(0),
                vectorcall: Cell::new(Some(vectorcall::<LruCacheWrapper>)),
                dict: Field::empty(),
                weaklist: WeakList::new(),
            },
        )
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

    /// Report cache statistics
    #[pymethod]
    fn cache_info(&self) -> PyResult<Obj> {
        let number = |value: usize| PyLong::from_usize(value).map(Py::into_object);
        let maxsize = match self.maxsize.get() {
            Some(maxsize) => number(maxsize)?,
            None => none().to_obj(),
        };
        let used = self.cache.get().map_or(0, |cache| cache.dict().len());
        let class = self.info_type.get().unwrap_or_else(|| none().to_obj());
        class.call(&[
            &*number(self.hits.get())?,
            &*number(self.misses.get())?,
            &*maxsize,
            &*number(used)?,
        ])
    }

    /// Clear the cache and cache statistics
    #[pymethod]
    fn cache_clear(&self) -> PyResult<()> {
        self.hits.set(0);
        self.misses.set(0);
        self.cache.set(Some(PyODict::empty()?));
        Ok(())
    }

    #[pymethod(name = "__reduce__")]
    fn reduce(&self) -> PyResult<Obj> {
        self.getattr(krait_runtime::intern!("__qualname__"))
    }

    #[pymethod(name = "__copy__", signature = "($self, /)", text_signature = "")]
    fn copy(&self) -> Obj {
        self.to_obj()
    }

    #[pymethod(
        name = "__deepcopy__",
        signature = "($self, memo, /)",
        text_signature = ""
    )]
    fn deepcopy(&self, _memo: &PyObject) -> Obj {
        self.to_obj()
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
