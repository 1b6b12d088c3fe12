//! `_abc`: the registries and caches behind `abc.ABCMeta`.
//!
//! Invariant: classes are held weakly. An entry's key is the class's address, and it counts only while
//! its weak reference still leads to that very class.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use krait_abi as abi;
use krait_macros::{pyclass, pyfunction, pymethods};
use krait_runtime::abstract_::is_subclass;
use krait_runtime::weakref::{PyWeakReference, new_ref};
use krait_runtime::{
    Interpreter, Obj, Py, PyClass, PyDict, PyFrozenSet, PyList, PyLong, PyObject, PyResult, PySet,
    PyStr, PyTuple, PyType, bool_object, not_implemented, pymodule, runtime_error, type_error,
};

pymodule! {
    pub ABC = "_abc", "The native half of abc.ABCMeta.",
    functions: [
        get_cache_token, _abc_init, _reset_registry, _reset_caches, _get_dump, _abc_register,
        _abc_instancecheck, _abc_subclasscheck,
    ],
    classes: [],
    hidden: [AbcData],
    exec: None
}

/// The flags that say how pattern matching sees a class.
const COLLECTION_FLAGS: u64 = abi::Py_TPFLAGS_SEQUENCE | abi::Py_TPFLAGS_MAPPING;

/// A set of classes that does not keep them alive.
#[derive(Default)]
struct WeakClasses {
    entries: HashMap<usize, Py<PyWeakReference>>,
    /// At this size the dead entries are swept out.
    sweep_at: usize,
}

impl WeakClasses {
    fn contains(&self, class: &PyObject) -> bool {
        self.entries
            .get(&key_of(class))
            .and_then(|reference| reference.get())
            .is_some_and(|found| found.is(class))
    }

    fn references(&self) -> Vec<Py<PyWeakReference>> {
        self.entries.values().cloned().collect()
    }
}

fn key_of(class: &PyObject) -> usize {
    std::ptr::from_ref(class).addr()
}

/// Adds a class; what falls out of the set is dropped after the borrow has ended.
fn add_to(set: &RefCell<WeakClasses>, class: &PyObject) -> PyResult<()> {
    let reference = new_ref(class, None)?;
    let mut dead = Vec::new();
    let mut classes = set.borrow_mut();
    dead.extend(classes.entries.insert(key_of(class), reference));
    if classes.entries.len() > classes.sweep_at.max(32) {
        let stale: Vec<usize> = classes
            .entries
            .iter()
            .filter(|(_, reference)| reference.get().is_none())
            .map(|(key, _)| *key)
            .collect();
        dead.extend(stale.iter().filter_map(|key| classes.entries.remove(key)));
        classes.sweep_at = classes.entries.len() * 2;
    }
    drop(classes);
    drop(dead);
    Ok(())
}

fn empty(set: &RefCell<WeakClasses>) {
    let old = set.take();
    drop(old);
}

fn to_set(set: &RefCell<WeakClasses>) -> PyResult<Obj> {
    let references = set.borrow().references();
    let result = PySet::new()?;
    for reference in references {
        result.table().add(&reference)?;
    }
    Ok(result.into_object())
}

/// Internal state held by ABC machinery.
#[pyclass(name = "_abc_data", module = "_abc", flags(BASETYPE, GC))]
#[repr(C)]
struct AbcData {
    ob_base: PyObject,
    registry: RefCell<WeakClasses>,
    cache: RefCell<WeakClasses>,
    negative_cache: RefCell<WeakClasses>,
    negative_version: Cell<u64>,
}

#[pymethods]
impl AbcData {
    #[slot(tp_new)]
    fn tp_new(class: &PyType, _args: &PyTuple, _kwargs: Option<&PyDict>) -> PyResult<Obj> {
        Ok(Self::make(class)?.into_object())
    }
}

impl AbcData {
    fn make(class: &PyType) -> PyResult<Py<AbcData>> {
        Py::new_in(
            class,
            AbcData {
                ob_base: PyObject::HEADER,
                registry: RefCell::default(),
                cache: RefCell::default(),
                negative_cache: RefCell::default(),
                negative_version: Cell::new(counter().get()),
            },
        )
    }

    /// Whether a negative answer is on record and still counts.
    fn known_negative(&self, class: &PyObject) -> bool {
        self.negative_version.get() == counter().get()
            && self.negative_cache.borrow().contains(class)
    }
}

/// How often a class was registered anywhere: each time all negative answers become void.
#[derive(Default)]
struct Counter(Cell<u64>);

fn counter() -> &'static Cell<u64> {
    &Interpreter::current().extension::<Counter>().0
}

fn data_of(class: &PyObject) -> PyResult<Py<AbcData>> {
    class
        .getattr(krait_runtime::intern!("_abc_impl"))?
        .cast::<AbcData>()
        .map_err(|_| type_error!("_abc_impl is set to a wrong type"))
}

/// Returns the current ABC cache token.
///
/// The token is an opaque object that supports equality testing. It changes with every call of
/// register() on any ABC.
#[pyfunction(signature = "()")]
fn get_cache_token() -> u64 {
    counter().get()
}

fn is_abstract(value: &PyObject) -> PyResult<bool> {
    match value.lookup_attr(krait_runtime::intern!("__isabstractmethod__"))? {
        Some(flag) => flag.is_true(),
        None => Ok(false),
    }
}

fn compute_abstract_methods(class: &PyObject) -> PyResult<()> {
    let abstracts = PySet::new()?;
    let namespace = match class.downcast::<PyType>() {
        Some(class) => class.dict().items_vec(),
        None => PyDict::type_object()
            .as_object()
            .call1(&*class.getattr(krait_runtime::intern!("__dict__"))?)?
            .downcast::<PyDict>()
            .map(PyDict::items_vec)
            .unwrap_or_default(),
    };
    for (name, value) in &namespace {
        if is_abstract(value)? {
            abstracts.table().add(name)?;
        }
    }
    let bases = class.getattr(krait_runtime::intern!("__bases__"))?;
    let Some(bases) = bases.downcast::<PyTuple>() else {
        return Err(type_error!("__bases__ is not tuple"));
    };
    for base in bases.as_slice() {
        let Some(inherited) = base.lookup_attr(krait_runtime::intern!("__abstractmethods__"))?
        else {
            continue;
        };
        for name in inherited.try_iter()? {
            let name = name?;
            let Some(text) = name.downcast::<PyStr>() else {
                return Err(type_error!(
                    "attribute name must be string, not '{}'",
                    name.type_name()
                ));
            };
            if let Some(value) = class.lookup_attr(text)?
                && is_abstract(&value)?
            {
                abstracts.table().add(&name)?;
            }
        }
    }
    let frozen = PyFrozenSet::from_iterable(&abstracts)?;
    class.setattr_str("__abstractmethods__", &frozen)
}

/// Takes `__abc_tpflags__` out of the class's namespace and does what it says.
fn apply_collection_flags(class: &PyType) -> PyResult<()> {
    let name = PyStr::intern("__abc_tpflags__")?;
    let Some(flags) = class.dict().get_str(&name)? else {
        return Ok(());
    };
    let Some(flags) = flags.downcast_exact::<PyLong>().and_then(PyLong::to_i64) else {
        return Ok(());
    };
    let flags = flags as u64 & COLLECTION_FLAGS;
    if flags == COLLECTION_FLAGS {
        return Err(type_error!(
            "__abc_tpflags__ cannot be both Py_TPFLAGS_SEQUENCE and Py_TPFLAGS_MAPPING"
        ));
    }
    if flags != 0 {
        class.set_flags((class.flags() & !COLLECTION_FLAGS) | flags);
    }
    class.dict().del_item(&name)?;
    class.modified();
    Ok(())
}

/// Internal ABC helper for class set-up. Should be never used outside abc module.
#[pyfunction(signature = "($module, self, /)")]
fn _abc_init(self_: &PyObject) -> PyResult<()> {
    compute_abstract_methods(self_)?;
    let data = AbcData::make(AbcData::type_object())?;
    self_.setattr_str("_abc_impl", &data)?;
    match self_.downcast::<PyType>() {
        Some(class) => apply_collection_flags(class),
        None => Ok(()),
    }
}

/// Internal ABC helper to reset registry of a given class.
#[pyfunction(signature = "($module, self, /)")]
fn _reset_registry(self_: &PyObject) -> PyResult<()> {
    empty(&data_of(self_)?.registry);
    Ok(())
}

/// Internal ABC helper to reset both caches of a given class.
#[pyfunction(signature = "($module, self, /)")]
fn _reset_caches(self_: &PyObject) -> PyResult<()> {
    let data = data_of(self_)?;
    empty(&data.cache);
    empty(&data.negative_cache);
    Ok(())
}

/// Internal ABC helper for cache and registry debugging.
///
/// Return shallow copies of registry, of both caches, and negative cache version.
#[pyfunction(signature = "($module, self, /)")]
fn _get_dump(self_: &PyObject) -> PyResult<(Obj, Obj, Obj, u64)> {
    let data = data_of(self_)?;
    Ok((
        to_set(&data.registry)?,
        to_set(&data.cache)?,
        to_set(&data.negative_cache)?,
        data.negative_version.get(),
    ))
}

/// Sets the collection flags of a class and of its subclasses, as far as those may be changed.
fn set_flags_recursive(class: &PyType, flags: u64) {
    if class.has_flag(abi::Py_TPFLAGS_IMMUTABLETYPE as _)
        || class.flags() & COLLECTION_FLAGS == flags
    {
        return;
    }
    class.set_flags((class.flags() & !COLLECTION_FLAGS) | flags);
    class.modified();
    class.for_each_subclass(|subclass| set_flags_recursive(subclass, flags));
}

/// Internal ABC helper for subclass registration. Should be never used outside abc module.
#[pyfunction(signature = "($module, self, subclass, /)")]
fn _abc_register(self_: &PyObject, subclass: &PyObject) -> PyResult<Obj> {
    let Some(class) = subclass.downcast::<PyType>() else {
        return Err(type_error!("Can only register classes"));
    };
    if is_subclass(subclass, self_)? {
        return Ok(subclass.to_obj());
    }
    // Only after the test above: registering a class with itself does nothing.
    if is_subclass(self_, subclass)? {
        return Err(runtime_error!("Refusing to create an inheritance cycle"));
    }
    add_to(&data_of(self_)?.registry, subclass)?;
    counter().set(counter().get() + 1);
    if let Some(own) = self_.downcast::<PyType>() {
        let flags = own.flags() & COLLECTION_FLAGS;
        if flags != 0 {
            set_flags_recursive(class, flags);
        }
    }
    Ok(subclass.to_obj())
}

/// Internal ABC helper for instance checks. Should be never used outside abc module.
#[pyfunction(signature = "($module, self, instance, /)")]
fn _abc_instancecheck(self_: &PyObject, instance: &PyObject) -> PyResult<Obj> {
    let data = data_of(self_)?;
    let actual = instance.type_().to_obj();
    let subclass = match instance.lookup_attr(krait_runtime::intern!("__class__"))? {
        Some(class) => class,
        None => actual.clone(),
    };
    if data.cache.borrow().contains(&subclass) {
        return Ok(bool_object(true).to_obj());
    }
    let check = PyStr::intern("__subclasscheck__")?;
    if actual.is(&subclass) {
        if data.known_negative(&subclass) {
            return Ok(bool_object(false).to_obj());
        }
        return self_.call_method(&check, &[&*subclass]);
    }
    let result = self_.call_method(&check, &[&*subclass])?;
    if result.is_true()? {
        return Ok(result);
    }
    self_.call_method(&check, &[&*actual])
}

/// Internal ABC helper for subclass checks. Should be never used outside abc module.
#[pyfunction(signature = "($module, self, subclass, /)")]
fn _abc_subclasscheck(self_: &PyObject, subclass: &PyObject) -> PyResult<bool> {
    let Some(class) = subclass.downcast::<PyType>() else {
        return Err(type_error!("issubclass() arg 1 must be a class"));
    };
    let data = data_of(self_)?;
    if data.cache.borrow().contains(subclass) {
        return Ok(true);
    }
    if data.negative_version.get() < counter().get() {
        empty(&data.negative_cache);
        data.negative_version.set(counter().get());
    } else if data.negative_cache.borrow().contains(subclass) {
        return Ok(false);
    }
    let answer = decide(self_, class, &data)?;
    add_to(
        if answer {
            &data.cache
        } else {
            &data.negative_cache
        },
        subclass,
    )?;
    Ok(answer)
}

/// What no cache knows: asks the hook, the MRO, the registry and the subclasses.
fn decide(self_: &PyObject, class: &PyType, data: &AbcData) -> PyResult<bool> {
    let hooked = self_.call_method(krait_runtime::intern!("__subclasshook__"), &[class])?;
    if hooked.is(bool_object(true)) {
        return Ok(true);
    }
    if hooked.is(bool_object(false)) {
        return Ok(false);
    }
    if !hooked.is(not_implemented()) {
        return Err(krait_runtime::exc!(
            AssertionError,
            "__subclasshook__ must return either False, True, or NotImplemented"
        ));
    }
    if self_
        .downcast::<PyType>()
        .is_some_and(|own| class.is_subtype(own))
        || data.registry.borrow().contains(class)
    {
        return Ok(true);
    }
    let registered = data.registry.borrow().references();
    for reference in registered {
        if let Some(each) = reference.get()
            && is_subclass(class, &each)?
        {
            return Ok(true);
        }
    }
    let subclasses = self_.call_method(krait_runtime::intern!("__subclasses__"), &[])?;
    let Some(subclasses) = subclasses.downcast::<PyList>() else {
        return Err(type_error!("__subclasses__() must return a list"));
    };
    let mut index = 0;
    while let Some(each) = subclasses.get(index) {
        if is_subclass(class, &each)? {
            return Ok(true);
        }
        index += 1;
    }
    Ok(false)
}
