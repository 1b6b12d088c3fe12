//! How objects are pickled by default: `object.__reduce_ex__` and `object.__getstate__`.

use krait_abi as abi;

use crate::object::{Obj, Py, PyClass, PyObject};
use crate::typeobject::glue;
use crate::{
    PyCFunction, PyDict, PyList, PyResult, PyTuple, PyType, intern, type_error, value_error,
};

/// A module of the standard library that native code leans on.
fn import(name: &str) -> PyResult<Obj> {
    let interp = crate::Interpreter::current();
    if let Some(modules) = interp.modules.get()
        && let Some(module) = modules.get(name)?
    {
        return Ok(module);
    }
    (interp.hooks.get().import)(&*crate::PyStr::intern(name)?, None, None, None, 0)
}

/// `object.__reduce_ex__`.
pub(crate) fn reduce_ex(object: &PyObject, protocol: i32) -> PyResult<Obj> {
    let name = intern!("__reduce__");
    if let Some(reduce) = object.lookup_attr(name)? {
        let class = object.getattr(intern!("__class__"))?;
        let of_class = class.getattr(name)?;
        let native = PyObject::type_object().lookup(name);
        if !native.is_some_and(|native| native.is(&of_class)) {
            return reduce.call0();
        }
    }
    common_reduce(object, protocol)
}

/// What `copyreg` does up to protocol 1, and natively from 2 on.
pub(crate) fn common_reduce(object: &PyObject, protocol: i32) -> PyResult<Obj> {
    if protocol >= 2 {
        return reduce_newobj(object);
    }
    let protocol = crate::PyLong::from_i64(i64::from(protocol))?;
    import("copyreg")?.call_method(intern!("_reduce_ex"), &[object, &protocol])
}

/// What `__getnewargs_ex__` or `__getnewargs__` says that `__new__` wants.
fn new_arguments(object: &PyObject) -> PyResult<(Option<Py<PyTuple>>, Option<Py<PyDict>>)> {
    if let Some(method) = object.lookup_special(intern!("__getnewargs_ex__"))? {
        let pair = method.call0()?;
        let Some(pair) = pair.downcast::<PyTuple>() else {
            return Err(type_error!(
                "__getnewargs_ex__ should return a tuple, not '{}'",
                pair.type_().tp_name()
            ));
        };
        let [args, kwargs] = pair.as_slice() else {
            return Err(value_error!(
                "__getnewargs_ex__ should return a tuple of length 2, not {}",
                pair.len()
            ));
        };
        let Some(args) = args.downcast::<PyTuple>() else {
            return Err(type_error!(
                "first item of the tuple returned by __getnewargs_ex__ must be a tuple, not '{}'",
                args.type_().tp_name()
            ));
        };
        let Some(kwargs) = kwargs.downcast::<PyDict>() else {
            return Err(type_error!(
                "second item of the tuple returned by __getnewargs_ex__ must be a dict, not '{}'",
                kwargs.type_().tp_name()
            ));
        };
        return Ok((
            Some(PyClass::to_owned(args)),
            Some(PyClass::to_owned(kwargs)),
        ));
    }
    if let Some(method) = object.lookup_special(intern!("__getnewargs__"))? {
        return match method.call0()?.cast::<PyTuple>() {
            Ok(args) => Ok((Some(args), None)),
            Err(other) => Err(type_error!(
                "__getnewargs__ should return a tuple, not '{}'",
                other.type_().tp_name()
            )),
        };
    }
    Ok((None, None))
}

fn reduce_newobj(object: &PyObject) -> PyResult<Obj> {
    let class = object.type_();
    if class.raw().tp_new.get().is_none() {
        return Err(type_error!("cannot pickle '{}' object", class.tp_name()));
    }
    let (args, kwargs) = new_arguments(object)?;
    let copyreg = import("copyreg")?;
    let has_args = args.is_some();
    let class = object.type_().to_obj();
    let (newobj, newargs) = match kwargs.filter(|kwargs| !kwargs.is_empty()) {
        None => {
            let mut all = vec![class];
            all.extend(args.iter().flat_map(|args| args.as_slice()).cloned());
            (
                copyreg.getattr(intern!("__newobj__"))?,
                PyTuple::from_vec(all)?,
            )
        }
        Some(kwargs) => {
            let args = match args {
                Some(args) => args,
                None => PyTuple::from_vec(Vec::new())?,
            };
            let all = vec![class, args.into_object(), kwargs.into_object()];
            (
                copyreg.getattr(intern!("__newobj_ex__"))?,
                PyTuple::from_vec(all)?,
            )
        }
    };
    let is_list = object.downcast::<PyList>().is_some();
    let is_dict = object.downcast::<PyDict>().is_some();
    let state = state(object, !(has_args || is_list || is_dict))?;
    let list_items = if is_list {
        object.iter()?
    } else {
        glue::none_obj()
    };
    let dict_items = if is_dict {
        object.call_method(intern!("items"), &[])?.iter()?
    } else {
        glue::none_obj()
    };
    PyTuple::from_vec(vec![
        newobj,
        newargs.into_object(),
        state,
        list_items,
        dict_items,
    ])
    .map(Py::into_object)
}

/// `object.__getstate__()` of the object's class, with `required` passed on if it is `object`'s own.
fn state(object: &PyObject, required: bool) -> PyResult<Obj> {
    let getstate = object.getattr(intern!("__getstate__"))?;
    let native = PyObject::type_object().lookup(intern!("__getstate__"));
    let is_native = getstate
        .downcast_exact::<PyCFunction>()
        .is_some_and(|function| {
            function.bound_self().is_some_and(|this| this.is(object))
                && native
                    .as_ref()
                    .and_then(|native| native.downcast_exact::<crate::descr::PyMethodDescr>())
                    .is_some_and(|native| std::ptr::eq(native.def(), function.def()))
        });
    if is_native {
        default_state(object, required)
    } else {
        getstate.call0()
    }
}

/// The names of the `__slots__` that make up the state, by `copyreg`.
fn slot_names(class: &PyType) -> PyResult<Option<Obj>> {
    let checked = |names: Obj| {
        if names.is(crate::none()) {
            return Ok(Ok(None));
        }
        if names.downcast::<PyList>().is_some() {
            return Ok(Ok(Some(names)));
        }
        Ok(Err(names))
    };
    if let Some(names) = class.dict().get_str(intern!("__slotnames__"))? {
        return checked(names)?.map_err(|names| {
            type_error!(
                "{}.__slotnames__ should be a list or None, not {}",
                class.tp_name(),
                names.type_().tp_name()
            )
        });
    }
    let names = import("copyreg")?.call_method(intern!("_slotnames"), &[class])?;
    checked(names)?.map_err(|_| type_error!("copyreg._slotnames didn't return a list or None"))
}

/// `object.__getstate__`: the instance's dictionary, with the values of its slots beside it.
pub(crate) fn default_state(object: &PyObject, required: bool) -> PyResult<Obj> {
    let class = PyClass::to_owned(object.type_());
    if required && class.raw().tp_itemsize.get() != 0 {
        return Err(type_error!("cannot pickle {} objects", class.tp_name()));
    }
    let dict = if object.is_instance_dict_empty() {
        None
    } else {
        object.instance_dict_or_new()?
    };
    let state = dict.map_or_else(glue::none_obj, Py::into_object);
    let names = match slot_names(&class)? {
        Some(names) => names.to_vec()?,
        None => Vec::new(),
    };
    if required {
        const WORD: isize = size_of::<usize>() as isize;
        let mut explained = size_of::<abi::PyObject>() as isize;
        if class.raw().tp_dictoffset.get() != 0 && !class.has_flag(abi::Py_TPFLAGS_MANAGED_DICT) {
            explained += WORD;
        }
        if class.raw().tp_weaklistoffset.get() > 0 {
            explained += WORD;
        }
        explained += WORD * names.len() as isize;
        if class.raw().tp_basicsize.get() > explained {
            return Err(type_error!("cannot pickle '{}' object", class.tp_name()));
        }
    }
    if names.is_empty() {
        return Ok(state);
    }
    let slots = PyDict::new()?;
    for name in names {
        let value = match name.downcast::<crate::PyStr>() {
            Some(text) => object.lookup_attr(text)?,
            None => Some(object.getattr(&name)?),
        };
        if let Some(value) = value {
            slots.set_item(&name, &value)?;
        }
    }
    if slots.is_empty() {
        return Ok(state);
    }
    PyTuple::from_vec(vec![state, slots.into_object()]).map(Py::into_object)
}

impl PyObject {
    /// Whether the instance has no attribute of its own; makes no dictionary.
    fn is_instance_dict_empty(&self) -> bool {
        if !self.has_instance_dict() {
            return true;
        }
        if let Some(dict) = self.instance_dict() {
            return dict.is_empty();
        }
        self.valid_inline_values()
            .is_none_or(|values| values.len() == 0)
    }
}
