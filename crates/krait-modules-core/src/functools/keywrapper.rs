//! `cmp_to_key`: keys that compare by an old-style comparison function.

use krait_macros::{pyclass, pyfunction, pymethods};
use krait_runtime::{
    CompareOp, Field, Obj, Py, PyClass, PyDict, PyLong, PyObject, PyResult, PyStr, PyTuple,
    attribute_error, none, type_error,
};

#[pyclass(
    name = "KeyWrapper",
    module = "functools",
    flags(GC, DISALLOW_INSTANTIATION),
    doc = ""
)]
#[repr(C)]
/// A comparison function, and the object that it compares.
pub(super) struct KeyWrapper {
    ob_base: PyObject,
    #[traverse]
    compare: Field<PyObject>,
    #[traverse]
    object: Field<PyObject>,
}

/// Convert a cmp= function into a key= function.
#[pyfunction(signature = "($module, /, mycmp)")]
pub(super) fn cmp_to_key(mycmp: &PyObject) -> PyResult<Py<KeyWrapper>> {
    Py::new(KeyWrapper {
        ob_base: PyObject::HEADER,
        compare: Field::new(mycmp.to_obj()),
        object: Field::empty(),
    })
}

/// The one argument `obj` of a call.
fn object_argument(args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<Obj> {
    let keywords = kwargs.map(PyDict::items_vec).unwrap_or_default();
    let given = args.len() + keywords.len();
    if given > 1 {
        return Err(type_error!("K() takes at most 1 argument ({given} given)"));
    }
    if let Some(object) = args.get(0) {
        return Ok(object.to_obj());
    }
    match keywords.into_iter().next() {
        None => Err(type_error!("K() missing required argument 'obj' (pos 1)")),
        Some((name, value))
            if name
                .downcast::<PyStr>()
                .is_some_and(|name| name.is_text("obj")) =>
        {
            Ok(value)
        }
        Some(_) => Err(type_error!("K() missing required argument 'obj' (pos 1)")),
    }
}

#[pymethods]
impl KeyWrapper {
    #[slot(tp_call)]
    fn call(&self, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<Obj> {
        let object = object_argument(args, kwargs)?;
        let key = Py::new(KeyWrapper {
            ob_base: PyObject::HEADER,
            compare: Field::from_option(self.compare.get()),
            object: Field::new(object),
        })?;
        Ok(key.into_object())
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
        let Some(other) = other.downcast::<KeyWrapper>() else {
            return Err(type_error!("other argument must be K instance"));
        };
        let (Some(compare), Some(left), Some(right)) =
            (self.compare.get(), self.object.get(), other.object.get())
        else {
            return Err(attribute_error!("object"));
        };
        let order = compare.call(&[&*left, &*right])?;
        order.rich_compare(&*PyLong::from_i64(0)?, op)
    }

    /// How the key function is called.
    #[pygetter(name = "__text_signature__")]
    fn text_signature(&self) -> &'static str {
        "(obj)"
    }

    /// Value wrapped by a key function.
    #[pygetter]
    fn obj(&self) -> Obj {
        self.object.get().unwrap_or_else(|| none().to_obj())
    }

    #[pysetter]
    fn set_obj(&self, value: Option<&PyObject>) -> PyResult<()> {
        self.object.set(value.map(PyClass::to_obj));
        Ok(())
    }
}
