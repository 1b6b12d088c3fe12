//! `isinstance` and `issubclass`.

use crate::object::{Obj, PyClass, PyObject};
use crate::typeobject::PyType;
use crate::{PyResult, PyTuple, intern, type_error};

/// The bases of something that acts as a class: `None` if it has no tuple of that name.
fn abstract_bases(class: &PyObject) -> PyResult<Option<Obj>> {
    let bases = class.lookup_attr(intern!("__bases__"))?;
    Ok(bases.filter(|bases| bases.downcast::<PyTuple>().is_some()))
}

/// `issubclass` by `__bases__`, for things that are not classes but act as such.
fn abstract_issubclass(derived: &PyObject, class: &PyObject) -> PyResult<bool> {
    let mut derived = derived.to_obj();
    loop {
        if derived.is(class) {
            return Ok(true);
        }
        let Some(bases) = abstract_bases(&derived)? else {
            return Ok(false);
        };
        let bases = bases
            .downcast::<PyTuple>()
            .map_or(&[][..], PyTuple::as_slice);
        match bases {
            [] => return Ok(false),
            [only] => derived = only.clone(),
            several => {
                crate::state::enter_recursive_call(" in __issubclass__")?;
                for base in several {
                    if abstract_issubclass(base, class)? {
                        return Ok(true);
                    }
                }
                return Ok(false);
            }
        }
    }
}

/// `type.__instancecheck__`: by the real class, then by `__class__`.
pub(crate) fn recursive_isinstance(object: &PyObject, class: &PyObject) -> PyResult<bool> {
    if let Some(class) = class.downcast::<PyType>() {
        if object.type_().is_subtype(class) {
            return Ok(true);
        }
        let Some(claimed) = object.lookup_attr(intern!("__class__"))? else {
            return Ok(false);
        };
        return Ok(!std::ptr::eq(claimed.as_ptr(), object.type_().as_ptr())
            && claimed
                .downcast::<PyType>()
                .is_some_and(|claimed| claimed.is_subtype(class)));
    }
    if abstract_bases(class)?.is_none() {
        return Err(type_error!(
            "isinstance() arg 2 must be a type, a tuple of types, or a union"
        ));
    }
    match object.lookup_attr(intern!("__class__"))? {
        Some(claimed) => abstract_issubclass(&claimed, class),
        None => Ok(false),
    }
}

/// `type.__subclasscheck__`.
pub(crate) fn recursive_issubclass(derived: &PyObject, class: &PyObject) -> PyResult<bool> {
    if let (Some(derived), Some(class)) = (derived.downcast::<PyType>(), class.downcast::<PyType>())
    {
        return Ok(derived.is_subtype(class));
    }
    if abstract_bases(derived)?.is_none() {
        return Err(type_error!("issubclass() arg 1 must be a class"));
    }
    if abstract_bases(class)?.is_none() {
        return Err(type_error!(
            "issubclass() arg 2 must be a class, a tuple of classes, or a union"
        ));
    }
    abstract_issubclass(derived, class)
}

/// The classes of a union or the items of a tuple, one of which is enough.
fn alternatives(class: &PyObject) -> PyResult<Option<Obj>> {
    if class.downcast::<PyTuple>().is_some() {
        return Ok(Some(class.to_obj()));
    }
    if class.downcast_exact::<crate::union::PyUnion>().is_some() {
        return class.getattr(intern!("__args__")).map(Some);
    }
    Ok(None)
}

/// `isinstance(object, class)`.
pub fn is_instance(object: &PyObject, class: &PyObject) -> PyResult<bool> {
    if std::ptr::eq(object.type_().as_ptr(), class.as_ptr()) {
        return Ok(true);
    }
    if std::ptr::eq(class.type_(), PyType::type_object()) {
        return recursive_isinstance(object, class);
    }
    if let Some(classes) = alternatives(class)? {
        crate::state::enter_recursive_call(" in __instancecheck__")?;
        let classes = classes
            .downcast::<PyTuple>()
            .map_or(&[][..], PyTuple::as_slice);
        for class in classes {
            if is_instance(object, class)? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    match class.lookup_special(intern!("__instancecheck__"))? {
        Some(check) => {
            crate::state::enter_recursive_call(" in __instancecheck__")?;
            check.call1(object)?.is_true()
        }
        None => recursive_isinstance(object, class),
    }
}

/// `issubclass(derived, class)`.
pub fn is_subclass(derived: &PyObject, class: &PyObject) -> PyResult<bool> {
    if std::ptr::eq(class.type_(), PyType::type_object()) {
        return Ok(derived.is(class) || recursive_issubclass(derived, class)?);
    }
    if let Some(classes) = alternatives(class)? {
        crate::state::enter_recursive_call(" in __subclasscheck__")?;
        let classes = classes
            .downcast::<PyTuple>()
            .map_or(&[][..], PyTuple::as_slice);
        for class in classes {
            if is_subclass(derived, class)? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    match class.lookup_special(intern!("__subclasscheck__"))? {
        Some(check) => {
            crate::state::enter_recursive_call(" in __subclasscheck__")?;
            check.call1(derived)?.is_true()
        }
        None => recursive_issubclass(derived, class),
    }
}
