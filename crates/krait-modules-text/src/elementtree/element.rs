//! `Element`: what it holds, how it is made, copied and shown.

use std::cell::RefCell;

use krait_macros::{pyclass, pymethods};
use krait_runtime::{
    Args, Field, IntoPy, KwArgs, Obj, Py, PyClass, PyDict, PyList, PyObject, PyResult, PyStr,
    PyType, WeakList, attribute_error, none, runtime_error, type_error,
};

use super::not_element;
use crate::util::import;

/// An XML element.
#[pyclass(
    name = "Element",
    module = "xml.etree.ElementTree",
    flags(BASETYPE, GC),
    methods(METHODS, CHILDREN, SEARCH)
)]
#[repr(C)]
pub(super) struct Element {
    ob_base: PyObject,
    #[traverse]
    pub(super) tag: Field<PyObject>,
    /// Empty for `None`, as in all of these.
    #[traverse]
    pub(super) text: Field<PyObject>,
    #[traverse]
    pub(super) tail: Field<PyObject>,
    /// Made when somebody asks for it.
    #[traverse]
    attrib: Field<PyDict>,
    #[traverse]
    pub(super) children: RefCell<Vec<Obj>>,
    #[weaklist]
    weaklist: WeakList,
}

/// A field's value as an attribute.
pub(super) fn shown(field: &Field<PyObject>) -> Obj {
    field.get().unwrap_or_else(|| none().to_obj())
}

/// What a field holds for the value of an attribute.
pub(super) fn held(value: &PyObject) -> Option<Obj> {
    (!value.is(none())).then(|| value.to_obj())
}

/// The attributes that an element is made with: a copy of a dict, and keywords.
pub(super) fn attributes_from(
    function: &str,
    place: usize,
    attrib: Option<&PyObject>,
    extra: &KwArgs<'_>,
) -> PyResult<Option<Py<PyDict>>> {
    if let Some(attrib) = attrib {
        let Some(dict) = attrib.downcast::<PyDict>() else {
            return Err(type_error!(
                "{function}() argument {place} must be dict, not {}",
                attrib.type_name()
            ));
        };
        let dict = dict.copy()?;
        dict.merge(&*extra.to_dict()?, true)?;
        return Ok(Some(dict));
    }
    if extra.is_empty() {
        return Ok(None);
    }
    let extra = extra.to_dict()?;
    let Some(attrib) = extra.get("attrib")? else {
        return Ok(Some(extra));
    };
    let Some(dict) = attrib.downcast::<PyDict>() else {
        return Err(type_error!(
            "attrib must be dict, not {}",
            attrib.type_().tp_name()
        ));
    };
    let dict = dict.copy()?;
    extra.del_item(krait_runtime::intern!("attrib"))?;
    dict.merge(&extra, true)?;
    Ok(Some(dict))
}

/// A value that attributes are set to: none can be deleted.
fn present(value: Option<&PyObject>) -> PyResult<&PyObject> {
    value.ok_or_else(|| attribute_error!("can't delete element attribute"))
}

impl Element {
    fn make(class: &PyType, tag: Option<Obj>, attrib: Option<Py<PyDict>>) -> PyResult<Py<Element>> {
        Py::new_in(
            class,
            Element {
                ob_base: PyObject::HEADER,
                tag: Field::from_option(tag),
                text: Field::empty(),
                tail: Field::empty(),
                attrib: Field::from_option(attrib),
                children: RefCell::default(),
                weaklist: WeakList::new(),
            },
        )
    }

    /// A new element that keeps the dict that it is given.
    pub(super) fn create(tag: &PyObject, attrib: Option<Py<PyDict>>) -> PyResult<Py<Element>> {
        Element::make(Element::type_object(), held(tag), attrib)
    }

    pub(super) fn attributes(&self) -> PyResult<Py<PyDict>> {
        if let Some(attrib) = self.attrib.get() {
            return Ok(attrib);
        }
        let attrib = PyDict::new()?;
        self.attrib.set(Some(attrib.clone()));
        Ok(attrib)
    }

    pub(super) fn push(&self, child: Obj) {
        self.children.borrow_mut().push(child);
    }

    /// The child at an index, as long as there is one.
    pub(super) fn child(&self, index: usize) -> Option<Obj> {
        self.children.borrow().get(index).cloned()
    }

    /// Takes other children; the old ones die afterwards.
    pub(super) fn replace_children(&self, children: Vec<Obj>) {
        let old = self.children.replace(children);
        drop(old);
    }
}

/// Copies an object deeply, by `copy.deepcopy` unless it cannot change.
fn deep_copy(copy: &PyObject, object: Option<Obj>, memo: &PyDict) -> PyResult<Option<Obj>> {
    match object {
        Some(object) if !object.is_exact::<PyStr>() => copy.call(&[&object, memo]).map(Some),
        object => Ok(object),
    }
}

#[pymethods]
impl Element {
    #[pynew(signature = "(*args, **extra)", text_signature = "")]
    fn new(cls: &PyType, _args: Args<'_>, _extra: KwArgs<'_>) -> PyResult<Py<Element>> {
        Element::make(cls, None, None)
    }

    #[pyinit(signature = "(*args, **extra)", text_signature = "")]
    fn init(&self, args: Args<'_>, extra: KwArgs<'_>) -> PyResult<()> {
        let given = args.as_slice();
        let (bound, limit) = match given.len() {
            0 => ("least", "1 argument"),
            1 | 2 => ("", ""),
            _ => ("most", "2 arguments"),
        };
        if !bound.is_empty() {
            return Err(type_error!(
                "Element() takes at {bound} {limit} ({} given)",
                given.len()
            ));
        }
        let attributes = attributes_from("Element", 2, given.get(1).copied(), &extra)?;
        self.attrib.set(attributes);
        self.replace_children(Vec::new());
        self.tag.set(held(given[0]));
        self.text.set(None);
        self.tail.set(None);
        Ok(())
    }

    /// A string identifying what kind of data this element represents
    #[pygetter(name = "tag")]
    fn get_tag(&self) -> Obj {
        shown(&self.tag)
    }

    #[pysetter(name = "tag")]
    fn set_tag(&self, value: Option<&PyObject>) -> PyResult<()> {
        self.tag.set(held(present(value)?));
        Ok(())
    }

    /// A string of text directly after the start tag, or None
    #[pygetter(name = "text")]
    fn get_text(&self) -> Obj {
        shown(&self.text)
    }

    #[pysetter(name = "text")]
    fn set_text(&self, value: Option<&PyObject>) -> PyResult<()> {
        self.text.set(held(present(value)?));
        Ok(())
    }

    /// A string of text directly after the end tag, or None
    #[pygetter(name = "tail")]
    fn get_tail(&self) -> Obj {
        shown(&self.tail)
    }

    #[pysetter(name = "tail")]
    fn set_tail(&self, value: Option<&PyObject>) -> PyResult<()> {
        self.tail.set(held(present(value)?));
        Ok(())
    }

    /// A dictionary containing the element's attributes
    #[pygetter(name = "attrib")]
    fn get_attrib(&self) -> PyResult<Py<PyDict>> {
        self.attributes()
    }

    #[pysetter(name = "attrib")]
    fn set_attrib(&self, value: Option<&PyObject>) -> PyResult<()> {
        let value = present(value)?;
        let Some(dict) = value.downcast::<PyDict>() else {
            return Err(type_error!(
                "attrib must be dict, not {}",
                value.type_().tp_name()
            ));
        };
        self.attrib.set(Some(PyClass::to_owned(dict)));
        Ok(())
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<String> {
        let address = std::ptr::from_ref(self).addr();
        let name = self.type_().tp_name().to_string();
        let name = name.rsplit('.').next().unwrap_or_default().to_owned();
        let Some(_guard) = krait_runtime::repr::ReprGuard::enter(self) else {
            return Err(runtime_error!("reentrant call inside {name}.__repr__"));
        };
        let tag = shown(&self.tag).repr()?.to_string_lossy();
        Ok(format!("<{name} {tag} at {address:#x}>"))
    }

    #[pymethod(name = "__copy__")]
    fn copy(&self) -> PyResult<Py<Element>> {
        let attrib = self.attrib.get().map(|attrib| attrib.copy()).transpose()?;
        let new = Element::make(Element::type_object(), self.tag.get(), attrib)?;
        new.text.set(self.text.get());
        new.tail.set(self.tail.get());
        let children = self.children.borrow().clone();
        new.replace_children(children);
        Ok(new)
    }

    #[pymethod(name = "__deepcopy__", signature = "($self, memo, /)")]
    fn deepcopy(&self, memo: &PyObject) -> PyResult<Py<Element>> {
        let Some(memo) = memo.downcast::<PyDict>() else {
            return Err(type_error!(
                "__deepcopy__() argument must be dict, not {}",
                memo.type_name()
            ));
        };
        let copy = import("copy")?.getattr_str("deepcopy")?;
        let tag = deep_copy(&copy, self.tag.get(), memo)?;
        let attrib = match self.attrib.get() {
            Some(attrib) => match copy.call(&[&attrib, memo])?.cast::<PyDict>() {
                Ok(attrib) => Some(attrib),
                Err(other) => {
                    return Err(type_error!(
                        "attrib must be dict, not {}",
                        other.type_().tp_name()
                    ));
                }
            },
            None => None,
        };
        let new = Element::make(Element::type_object(), tag, attrib)?;
        new.text.set(deep_copy(&copy, self.text.get(), memo)?);
        new.tail.set(deep_copy(&copy, self.tail.get(), memo)?);
        let mut index = 0;
        while let Some(child) = self.child(index) {
            let child = copy.call(&[&child, memo])?;
            if child.downcast::<Element>().is_none() {
                return Err(not_element(&child));
            }
            new.push(child);
            index += 1;
        }
        let id = std::ptr::from_ref(self).addr().into_py()?;
        memo.set_item(&id, &new)?;
        Ok(new)
    }

    #[pymethod(name = "__sizeof__")]
    fn sizeof(&self) -> usize {
        size_of::<Element>() + self.children.borrow().capacity() * size_of::<Obj>()
    }

    #[pymethod(name = "__getstate__")]
    fn getstate(&self) -> PyResult<Py<PyDict>> {
        let state = PyDict::new()?;
        state.set("tag", &shown(&self.tag))?;
        let children = self.children.borrow().clone();
        state.set("_children", &*PyList::from_vec(children)?)?;
        let attrib = match self.attrib.get() {
            Some(attrib) => attrib,
            None => PyDict::new()?,
        };
        state.set("attrib", &attrib)?;
        state.set("text", &shown(&self.text))?;
        state.set("tail", &shown(&self.tail))?;
        Ok(state)
    }

    #[pymethod(name = "__setstate__", signature = "($self, state, /)")]
    fn setstate(&self, state: &PyObject) -> PyResult<()> {
        let Some(state) = state.downcast::<PyDict>() else {
            let shown = state.repr()?.to_string_lossy();
            return Err(type_error!(
                "Don't know how to unpickle \"{shown}\" as an Element"
            ));
        };
        let Some(tag) = state.get("tag")? else {
            return Err(type_error!("tag may not be NULL"));
        };
        let field = |name: &str| -> PyResult<Option<Obj>> {
            Ok(state.get(name)?.and_then(|value| held(&value)))
        };
        self.tag.set(held(&tag));
        self.text.set(field("text")?);
        self.tail.set(field("tail")?);
        let children = match state.get("_children")? {
            None => Vec::new(),
            Some(children) => match children.downcast::<PyList>() {
                Some(children) => children.to_vec(),
                None => return Err(type_error!("'_children' is not a list")),
            },
        };
        if let Some(other) = children
            .iter()
            .find(|child| child.downcast::<Element>().is_none())
        {
            return Err(not_element(other));
        }
        let attrib = match state.get("attrib")? {
            Some(attrib) => match attrib.cast::<PyDict>() {
                Ok(attrib) => Some(attrib),
                Err(other) => {
                    return Err(type_error!(
                        "attrib must be dict, not {}",
                        other.type_().tp_name()
                    ));
                }
            },
            None => None,
        };
        self.attrib.set(attrib);
        self.replace_children(children);
        Ok(())
    }

    #[pymethod]
    fn clear(&self) {
        self.attrib.set(None);
        self.replace_children(Vec::new());
        self.text.set(None);
        self.tail.set(None);
    }

    #[pymethod(signature = "($self, /, key, default=None)")]
    fn get(&self, key: &PyObject, default: Option<&PyObject>) -> PyResult<Obj> {
        let found = match self.attrib.get() {
            Some(attrib) => attrib.get_item(key)?,
            None => None,
        };
        Ok(found.unwrap_or_else(|| default.unwrap_or(none()).to_obj()))
    }

    #[pymethod(signature = "($self, key, value, /)")]
    fn set(&self, key: &PyObject, value: &PyObject) -> PyResult<()> {
        self.attributes()?.set_item(key, value)
    }

    #[pymethod]
    fn keys(&self) -> PyResult<Py<PyList>> {
        PyList::from_vec(match self.attrib.get() {
            Some(attrib) => attrib.keys_vec(),
            None => Vec::new(),
        })
    }

    #[pymethod]
    fn items(&self) -> PyResult<Py<PyList>> {
        let mut items = Vec::new();
        if let Some(attrib) = self.attrib.get() {
            for pair in attrib.items_vec() {
                items.push(krait_runtime::PyTuple::from_array([pair.0, pair.1])?.into_object());
            }
        }
        PyList::from_vec(items)
    }

    #[pymethod(signature = "($self, tag, attrib, /)")]
    fn makeelement(&self, tag: &PyObject, attrib: &PyObject) -> PyResult<Py<Element>> {
        match attrib.downcast::<PyDict>() {
            Some(attrib) => Element::create(tag, Some(attrib.copy()?)),
            None => Err(type_error!(
                "makeelement() argument 2 must be dict, not {}",
                attrib.type_name()
            )),
        }
    }

    #[slot(nb_bool)]
    fn bool(&self) -> PyResult<bool> {
        krait_runtime::hooks::warn(
            &krait_runtime::exc::DeprecationWarning,
            "Testing an element's truth value will always return True in future versions.  \
             Use specific 'len(elem)' or 'elem is not None' test instead.",
            1,
        )?;
        Ok(!self.children.borrow().is_empty())
    }
}
