//! `module`.

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::mem::offset_of;

use krait_abi as abi;
use krait_macros::{pyclass, pymethods};

use crate::field::{Field, WeakList};
use crate::gc::{self, TRAVERSED, Traverse, TraverseResult, Visitor};
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::state::Interpreter;
use crate::{PyDict, PyErr, PyList, PyResult, PyStr, PyTuple, PyType};

/// A module: a namespace with a name, and a docstring of any type.
#[pyclass(name = "module", symbol = PyModule_Type, flags(BASETYPE, GC), layout = manual)]
#[repr(C)]
pub struct PyModule {
    ob_base: PyObject,
    #[dict]
    md_dict: Field<PyDict>,
    md_def: Cell<*mut abi::PyModuleDef>,
    md_state: Cell<*mut c_void>,
    #[weaklist]
    md_weaklist: WeakList,
    md_name: Field<PyObject>,
}

const _: () = {
    assert!(size_of::<PyModule>() == size_of::<abi::PyModuleObject>());
    assert!(offset_of!(PyModule, md_dict) == offset_of!(abi::PyModuleObject, md_dict));
    assert!(offset_of!(PyModule, md_state) == offset_of!(abi::PyModuleObject, md_state));
    assert!(offset_of!(PyModule, md_name) == offset_of!(abi::PyModuleObject, md_name));
};

impl PyModule {
    /// A new module with the attributes that every module has.
    pub fn new(name: &str) -> PyResult<Py<PyModule>> {
        Self::new_object(&*PyStr::intern(name)?)
    }

    /// As [`PyModule::new`], for a name that is an object already.
    pub fn new_object(name: &PyStr) -> PyResult<Py<PyModule>> {
        let module = Self::bare(Self::type_object())?;
        module.init_dict(name, None)?;
        Ok(module)
    }

    /// A module with an empty dictionary, as `__new__` leaves it.
    fn bare(class: &PyType) -> PyResult<Py<PyModule>> {
        let module = PyModule {
            ob_base: PyObject::HEADER,
            md_dict: Field::new(PyDict::new()?),
            md_def: Cell::new(std::ptr::null_mut()),
            md_state: Cell::new(std::ptr::null_mut()),
            md_weaklist: WeakList::new(),
            md_name: Field::empty(),
        };
        Py::new_in(class, module)
    }

    fn init_dict(&self, name: &PyStr, doc: Option<&PyObject>) -> PyResult<()> {
        let dict = self.dict();
        let none = crate::none();
        dict.set("__name__", name)?;
        dict.set("__doc__", doc.unwrap_or(none))?;
        dict.set("__package__", none)?;
        dict.set("__loader__", none)?;
        dict.set("__spec__", none)?;
        self.md_name.set(Some(name.to_obj()));
        Ok(())
    }

    /// The module's namespace.
    pub fn dict(&self) -> Py<PyDict> {
        if let Some(dict) = self.md_dict.get() {
            return dict;
        }
        // Only a module whose parts were cleared by the collector has none.
        match PyDict::new() {
            Ok(dict) => {
                self.md_dict.set(Some(dict.clone()));
                dict
            }
            Err(_) => std::process::abort(),
        }
    }

    /// `__name__`, if it is a string.
    pub fn name(&self) -> PyResult<Option<Py<PyStr>>> {
        Ok(self
            .dict()
            .get("__name__")?
            .and_then(|name| name.cast::<PyStr>().ok()))
    }

    /// Adds an attribute.
    pub fn add(&self, name: &str, value: &PyObject) -> PyResult<()> {
        self.dict().set(name, value)
    }

    /// What the module was made from, for modules written in C.
    pub fn def(&self) -> *mut abi::PyModuleDef {
        self.md_def.get()
    }

    /// The state of a module written in C.
    pub fn state(&self) -> *mut c_void {
        self.md_state.get()
    }

    /// Sets definition and state; the state's block belongs to the module from now on.
    ///
    /// # Safety
    /// `def` outlives the module; `state` is null or a block of the object allocator.
    pub unsafe fn set_def(&self, def: *mut abi::PyModuleDef, state: *mut c_void) {
        self.md_def.set(def);
        self.md_state.set(state);
    }

    /// The module's attribute, with `__getattr__` and, for a missing one, CPython's explanation.
    fn get_attribute(&self, name: &PyStr) -> PyResult<Option<Obj>> {
        if let Some(value) = self.generic_lookup(name)? {
            return Ok(Some(value));
        }
        match self.dict().get("__getattr__")? {
            Some(getattr) => getattr.call1(name).map(Some),
            None => Ok(None),
        }
    }

    #[cold]
    fn missing_attribute(&self, name: &PyStr) -> PyErr {
        self.explain_missing(&name.to_string_lossy()).map_or_else(
            |error| error,
            |text| PyErr::new(&crate::exc::AttributeError, text),
        )
    }

    fn explain_missing(&self, name: &str) -> PyResult<String> {
        let dict = self.dict();
        let Some(module) = self.name()? else {
            return Ok(format!("module has no attribute '{name}'"));
        };
        let module = module.to_string_lossy();
        let plain = format!("module '{module}' has no attribute '{name}'");
        let spec = match dict.get("__spec__")? {
            Some(spec) if !spec.is(crate::none()) => spec,
            _ => return Ok(plain),
        };
        let origin = file_origin(&spec)?;
        let shadowing = match &origin {
            Some(origin) => may_shadow(origin)?,
            None => false,
        };
        if shadowing && is_stdlib_name(&module)? {
            return Ok(format!(
                "{plain} (consider renaming '{}' since it has the same name as the standard library module named '{module}' and prevents importing that standard library module)",
                origin.unwrap_or_default()
            ));
        }
        if is_initializing(&spec)? {
            return Ok(match origin {
                Some(origin) if shadowing => format!(
                    "{plain} (consider renaming '{origin}' if it has the same name as a library you intended to import)"
                ),
                Some(origin) => format!(
                    "partially initialized module '{module}' from '{origin}' has no attribute '{name}' (most likely due to a circular import)"
                ),
                None => format!(
                    "partially initialized module '{module}' has no attribute '{name}' (most likely due to a circular import)"
                ),
            });
        }
        if let Some(submodules) = spec.lookup_attr(crate::intern!("_uninitialized_submodules"))?
            && submodules.contains(&*PyStr::new(name)?)?
        {
            return Ok(format!(
                "cannot access submodule '{name}' of module '{module}' (most likely due to a circular import)"
            ));
        }
        Ok(plain)
    }

    fn traverse_fields(&self, visitor: &mut Visitor) -> TraverseResult {
        self.md_dict.traverse(visitor)?;
        self.md_name.traverse(visitor)?;
        TRAVERSED
    }
}

/// Whether a module's spec says that it is being initialised.
pub fn is_initializing(spec: &PyObject) -> PyResult<bool> {
    match spec.lookup_attr(crate::intern!("_initializing"))? {
        Some(value) => value.is_true(),
        None => Ok(false),
    }
}

/// The file that a spec says its module comes from.
pub fn file_origin(spec: &PyObject) -> PyResult<Option<String>> {
    match spec.lookup_attr(crate::intern!("has_location"))? {
        Some(has_location) if has_location.is_true()? => {}
        _ => return Ok(None),
    }
    let origin = spec.lookup_attr(crate::intern!("origin"))?;
    Ok(origin.and_then(|origin| Some(origin.downcast::<PyStr>()?.to_string_lossy())))
}

/// Whether a module from this file may hide another one: it lies where the script does.
pub fn may_shadow(origin: &str) -> PyResult<bool> {
    let interp = Interpreter::current();
    if interp.flags.borrow().safe_path {
        return Ok(false);
    }
    let Some(path) = interp
        .sysdict
        .get()
        .map(|sys| sys.get("path"))
        .transpose()?
        .flatten()
    else {
        return Ok(false);
    };
    let first = path.downcast::<PyList>().and_then(|path| path.get(0));
    let Some(first) = first.as_deref().and_then(PyObject::downcast::<PyStr>) else {
        return Ok(false);
    };
    let mut folder = origin.rsplit_once('/').map_or("", |(folder, _)| folder);
    if origin.ends_with("/__init__.py") {
        folder = folder.rsplit_once('/').map_or("", |(folder, _)| folder);
    }
    let first = first.to_string_lossy();
    Ok(!folder.is_empty() && folder == first)
}

/// Whether the standard library has a module of this name.
pub fn is_stdlib_name(name: &str) -> PyResult<bool> {
    let interp = Interpreter::current();
    let names = interp
        .sysdict
        .get()
        .map(|sys| sys.get("stdlib_module_names"))
        .transpose()?
        .flatten();
    match names {
        Some(names) => names.contains(&*PyStr::new(name)?),
        None => Ok(false),
    }
}

#[pymethods]
impl PyModule {
    #[slot(tp_new)]
    fn tp_new(cls: &PyType, _args: &PyTuple, _kwargs: Option<&PyDict>) -> PyResult<Obj> {
        Ok(Self::bare(cls)?.into_object())
    }

    #[pyinit(signature = "(name, doc=None)")]
    fn init(&self, name: &PyStr, doc: Option<&PyObject>) -> PyResult<()> {
        self.init_dict(name, doc)
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Obj> {
        if let Some(importlib) = Interpreter::current().importlib.get() {
            return importlib.call_method(crate::intern!("_module_repr"), &[self]);
        }
        let name = match self.name()? {
            Some(name) => name.repr()?.to_string_lossy(),
            None => "'?'".to_owned(),
        };
        Ok(PyStr::new(&format!("<module {name}>"))?.into_object())
    }

    #[slot(tp_getattro)]
    fn getattro(&self, name: &PyObject) -> PyResult<Obj> {
        let Some(name) = name.downcast::<PyStr>() else {
            return Err(crate::type_error!(
                "attribute name must be string, not '{}'",
                name.type_name()
            ));
        };
        self.get_attribute(name)?
            .ok_or_else(|| self.missing_attribute(name))
    }

    #[slot(tp_dealloc)]
    #[inline(never)]
    unsafe extern "C" fn tp_dealloc(object: *mut abi::PyObject) {
        // SAFETY: the contract of `tp_dealloc`.
        unsafe {
            gc::untrack_raw(object);
            crate::weakref::clear_weakrefs(PyObject::from_ptr(object));
            let module = PyObject::from_ptr(object).downcast_unchecked::<PyModule>();
            if let Some(def) = module.md_def.get().as_ref()
                && let Some(m_free) = def.m_free
            {
                m_free(object.cast());
            }
            module.md_dict.set(None);
            module.md_name.set(None);
            crate::alloc::free(module.md_state.replace(std::ptr::null_mut()).cast());
            match (*(*object).ob_type.get()).tp_free.get() {
                Some(tp_free) => tp_free(object.cast()),
                None => crate::alloc::free_object(object),
            }
        }
    }

    #[slot(tp_traverse)]
    #[inline(never)]
    unsafe extern "C" fn tp_traverse(
        object: *mut abi::PyObject,
        visit: abi::visitproc,
        arg: *mut c_void,
    ) -> c_int {
        // SAFETY: the contract of `tp_traverse`; a definition's function takes its module.
        unsafe {
            let module = PyObject::from_ptr(object).downcast_unchecked::<PyModule>();
            if let Some(def) = module.md_def.get().as_ref()
                && let Some(m_traverse) = def.m_traverse
                && (def.m_size <= 0 || !module.md_state.get().is_null())
            {
                let status = m_traverse(object, visit, arg);
                if status != 0 {
                    return status;
                }
            }
            gc::traverse_status(module.traverse_fields(&mut Visitor::new(visit, arg)))
        }
    }

    #[slot(tp_clear)]
    #[inline(never)]
    unsafe extern "C" fn tp_clear(object: *mut abi::PyObject) -> c_int {
        // SAFETY: the contract of `tp_clear`; a definition's function takes its module.
        unsafe {
            let module = PyObject::from_ptr(object).downcast_unchecked::<PyModule>();
            if let Some(def) = module.md_def.get().as_ref()
                && let Some(m_clear) = def.m_clear
                && (def.m_size <= 0 || !module.md_state.get().is_null())
                && m_clear(object) != 0
                && let Some(error) = PyErr::occurred()
            {
                error.write_unraisable(Some("in m_clear of module"), None);
            }
            module.md_dict.set(None);
        }
        0
    }

    /// The names in the module, or what its own __dir__ gives.
    #[pymethod(name = "__dir__", signature = "($self, /)")]
    fn dir(&self) -> PyResult<Obj> {
        let dict = self.getattr(crate::intern!("__dict__"))?;
        let Some(dict) = dict.downcast::<PyDict>() else {
            let shown = self.repr()?.str()?.to_string_lossy();
            return Err(crate::type_error!("{shown}.__dict__ is not a dictionary"));
        };
        match dict.get("__dir__")? {
            Some(dir) => dir.call0(),
            None => Ok(PyList::from_vec(dict.keys_vec())?.into_object()),
        }
    }

    #[pygetter]
    fn __dict__(&self) -> Obj {
        self.dict().into_object()
    }

    #[pygetter(name = "__annotations__")]
    fn annotations(&self) -> PyResult<Obj> {
        let dict = self.dict();
        if let Some(annotations) = dict.get("__annotations__")? {
            return Ok(annotations);
        }
        let annotations = match dict.get("__annotate__")? {
            Some(annotate) if annotate.is_callable() => {
                let value = annotate.call1(&*crate::PyLong::from_i64(1)?)?;
                if value.downcast::<PyDict>().is_none() {
                    return Err(crate::type_error!(
                        "__annotate__ returned non-dict of type '{}'",
                        value.type_name()
                    ));
                }
                value
            }
            _ => PyDict::new()?.into_object(),
        };
        // While its code runs, the module may get more annotations.
        let initializing = match dict.get("__spec__")? {
            Some(spec) => is_initializing(&spec)?,
            None => false,
        };
        if !initializing {
            dict.set("__annotations__", &annotations)?;
        }
        Ok(annotations)
    }

    #[pysetter(name = "__annotations__")]
    fn set_annotations(&self, value: Option<&PyObject>) -> PyResult<()> {
        let dict = self.dict();
        match value {
            Some(value) => dict.set("__annotations__", value)?,
            None => {
                if !dict.del_item(crate::intern!("__annotations__"))? {
                    return Err(crate::attribute_error!("__annotations__"));
                }
            }
        }
        dict.del_item(crate::intern!("__annotate__"))?;
        Ok(())
    }

    #[pygetter(name = "__annotate__")]
    fn annotate(&self) -> PyResult<Obj> {
        let dict = self.dict();
        if let Some(annotate) = dict.get("__annotate__")? {
            return Ok(annotate);
        }
        dict.set("__annotate__", crate::none())?;
        Ok(crate::none().to_obj())
    }

    #[pysetter(name = "__annotate__")]
    fn set_annotate(&self, value: Option<&PyObject>) -> PyResult<()> {
        let Some(value) = value else {
            return Err(crate::type_error!("cannot delete __annotate__ attribute"));
        };
        let is_none = value.is(crate::none());
        if !is_none && !value.is_callable() {
            return Err(crate::type_error!("__annotate__ must be callable or None"));
        }
        let dict = self.dict();
        dict.set("__annotate__", value)?;
        if !is_none {
            dict.del_item(crate::intern!("__annotations__"))?;
        }
        Ok(())
    }
}
