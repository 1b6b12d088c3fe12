//! `_local`: an object whose attributes are another thread's own in each thread.
//!
//! The object has the dictionaries of all threads, so that the collector sees what they hold as
//! its own. The dictionary of a thread's state has, under a name that no other object has, what takes
//! the thread's dictionary away when the thread ends.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::{Rc, Weak};
use std::sync::atomic::{AtomicU64, Ordering};

use krait_macros::{pyclass, pymethods};
use krait_runtime::gc::{Traverse, TraverseResult, Visitor};
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::{
    Field, PyDict, PyErr, PyResult, PyStr, PyTuple, PyType, ThreadState, WeakList, attribute_error,
    intern, type_error,
};

/// The name of an object's dictionaries; they go with it.
struct Key(u64);

impl Key {
    fn next() -> Key {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Key(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    fn name(&self) -> PyResult<Py<PyStr>> {
        PyStr::new(&format!("thread.local.{}", self.0))
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        let Some(thread) = ThreadState::current_opt() else {
            return;
        };
        let mut dicts = Vec::new();
        thread
            .interp
            .for_each_thread(|thread| dicts.extend(thread.dict.get()));
        let forget = || -> PyResult<()> {
            let name = self.name()?;
            dicts
                .iter()
                .try_for_each(|dict| dict.del_item(&name).map(drop))
        };
        // An object may end while an exception is on its way.
        let pending = PyErr::occurred().map(PyErr::take);
        if let Err(error) = forget() {
            error.clear();
        }
        if let Some(pending) = pending {
            let _token = PyErr::restore(pending);
        }
    }
}

/// The dictionaries of an object, by the serial numbers of the threads.
#[derive(Default)]
struct Dicts(Rc<RefCell<HashMap<u64, Py<PyDict>>>>);

impl Dicts {
    fn get(&self, thread: u64) -> Option<Py<PyDict>> {
        self.0.borrow().get(&thread).cloned()
    }
}

impl Traverse for Dicts {
    fn traverse(&self, visitor: &mut Visitor) -> TraverseResult {
        self.0.traverse(visitor)
    }

    fn clear(&self) {
        let dicts = self.0.take();
        drop(dicts);
    }
}

/// What a thread holds for an object: it goes with the thread, and the thread's dictionary with it.
#[pyclass(
    name = "_localdummy",
    module = "_thread",
    flags(DISALLOW_INSTANTIATION),
    doc = "Thread-local dummy"
)]
#[repr(C)]
pub(super) struct PyLocalDummy {
    ob_base: PyObject,
    #[weaklist]
    weaklist: WeakList,
    share: Share,
}

#[pymethods]
impl PyLocalDummy {}

/// A thread's part in the dictionaries of an object.
struct Share {
    dicts: Weak<RefCell<HashMap<u64, Py<PyDict>>>>,
    thread: u64,
}

impl Drop for Share {
    fn drop(&mut self) {
        if let Some(dicts) = self.dicts.upgrade() {
            // The borrow ends before what the dictionary holds goes.
            let dict = dicts.borrow_mut().remove(&self.thread);
            drop(dict);
        }
    }
}

/// Thread-local data
#[pyclass(name = "_local", module = "_thread", flags(BASETYPE, GC))]
#[repr(C)]
pub(super) struct PyLocal {
    ob_base: PyObject,
    /// What `__init__` is called with in each thread.
    #[traverse]
    args: Field<PyTuple>,
    #[traverse]
    kwargs: Field<PyDict>,
    #[weaklist]
    weaklist: WeakList,
    #[traverse]
    dicts: Dicts,
    key: Key,
}

/// Whether a class has an `__init__` of its own.
fn has_init(class: &PyType) -> bool {
    let own = class.raw().tp_init.get().map(|init| init as usize);
    own != PyObject::type_object()
        .raw()
        .tp_init
        .get()
        .map(|init| init as usize)
}

impl PyLocal {
    /// The thread's dictionary; made, and filled by `__init__`, when the thread first asks.
    fn dict(&self) -> PyResult<Py<PyDict>> {
        let thread = ThreadState::current().serial;
        if let Some(dict) = self.dicts.get(thread) {
            return Ok(dict);
        }
        let dict = self.add_dict()?;
        let class = self.as_object().type_();
        if has_init(class)
            && let Some(args) = self.args.get()
        {
            let init = self.as_object().lookup_special(intern!("__init__"))?;
            if let Some(init) = init
                && let Err(error) = init.call_tuple(&args, self.kwargs.get().as_deref())
            {
                let exception = error.take();
                let dict = self.dicts.0.borrow_mut().remove(&thread);
                drop(dict);
                return Err(PyErr::restore(exception));
            }
        }
        Ok(dict)
    }

    /// Makes the thread's dictionary, which goes when the thread or the object does.
    fn add_dict(&self) -> PyResult<Py<PyDict>> {
        let thread = ThreadState::current();
        let all = match thread.dict.get() {
            Some(all) => all,
            None => {
                let all = PyDict::new()?;
                thread.dict.set(Some(all.clone()));
                all
            }
        };
        let share = Py::new(PyLocalDummy {
            ob_base: PyObject::HEADER,
            weaklist: WeakList::new(),
            share: Share {
                dicts: Rc::downgrade(&self.dicts.0),
                thread: thread.serial,
            },
        })?;
        // One that an `__init__` that failed left behind goes first.
        all.set_item(&*self.key.name()?, &share)?;
        let dict = PyDict::new()?;
        let old = self
            .dicts
            .0
            .borrow_mut()
            .insert(thread.serial, dict.clone());
        drop(old);
        Ok(dict)
    }
}

/// Whether a name is that of the dictionary, as the name itself says.
fn is_dict_name(name: &PyObject) -> PyResult<bool> {
    match name.downcast::<PyStr>() {
        Some(name) => Ok(name.is_text("__dict__")),
        None => name.eq(intern!("__dict__")),
    }
}

fn text_of(name: &PyObject) -> PyResult<&PyStr> {
    name.downcast::<PyStr>()
        .ok_or_else(|| type_error!("attribute name must be string, not '{}'", name.type_name()))
}

#[pymethods]
impl PyLocal {
    #[slot(tp_new)]
    fn tp_new(cls: &PyType, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<Obj> {
        let given = !args.is_empty() || kwargs.is_some_and(|kwargs| !kwargs.is_empty());
        if given && !has_init(cls) {
            return Err(type_error!("Initialization arguments are not supported"));
        }
        let local = Py::new_in(
            cls,
            PyLocal {
                ob_base: PyObject::HEADER,
                args: Field::new(PyClass::to_owned(args)),
                kwargs: Field::from_option(kwargs.map(PyClass::to_owned)),
                weaklist: WeakList::new(),
                dicts: Dicts::default(),
                key: Key::next(),
            },
        )?;
        // In this thread `__init__` is called by the class.
        local.add_dict()?;
        Ok(local.into_object())
    }

    #[slot(tp_getattro)]
    fn getattro(&self, name: &PyObject) -> PyResult<Obj> {
        let dict = self.dict()?;
        if is_dict_name(name)? {
            return Ok(dict.into_object());
        }
        let name = text_of(name)?;
        let this = self.as_object();
        let class = this.type_();
        let descr = class.lookup(name);
        let bind = |descr: &PyObject| -> PyResult<Option<Obj>> {
            descr.call_special(
                krait_runtime::intern!("__get__"),
                &[this, class.as_object()],
            )
        };
        if let Some(descr) = &descr
            && descr.type_().raw().tp_descr_set.get().is_some()
            && let Some(value) = bind(descr)?
        {
            return Ok(value);
        }
        if let Some(value) = dict.get_item(name)? {
            return Ok(value);
        }
        match descr {
            Some(descr) => Ok(bind(&descr)?.unwrap_or(descr)),
            None => Err(krait_runtime::attr::no_attribute(this, name)),
        }
    }

    #[slot(tp_setattro)]
    fn setattro(&self, name: &PyObject, value: Option<&PyObject>) -> PyResult<()> {
        let dict = self.dict()?;
        let this = self.as_object();
        if is_dict_name(name)? {
            return Err(attribute_error!(
                "'{}' object attribute {} is read-only",
                this.type_().tp_name(),
                name.repr()?.to_string_lossy()
            ));
        }
        let name = text_of(name)?;
        let descr = this.type_().lookup(name);
        if let Some(descr) = &descr
            && descr.type_().raw().tp_descr_set.get().is_some()
        {
            let called = match value {
                Some(value) => {
                    descr.call_special(krait_runtime::intern!("__set__"), &[this, value])?
                }
                None => descr.call_special(krait_runtime::intern!("__delete__"), &[this])?,
            };
            if called.is_some() {
                return Ok(());
            }
        }
        match value {
            Some(value) => dict.set_item(name, value),
            None if dict.del_item(name)? => Ok(()),
            None => Err(krait_runtime::attr::no_attribute(this, name)),
        }
    }
}
