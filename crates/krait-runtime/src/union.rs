//! `types.UnionType` (also `typing.Union` in 3.14): `int | str`.

use krait_macros::{pyclass, pymethods};

use crate::abstract_::not_implemented_if;
use crate::generic_alias::{collect_parameters, substitute, type_repr};
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::set::{PyFrozenSet, PySet};
use crate::{CompareOp, Field, PyResult, PyStr, PyTuple, PyType, StrBuilder, WeakList};

/// Represent a union type
///
/// E.g. for int | str
#[pyclass(name = "Union", module = "typing", symbol = _PyUnion_Type, flags(GC))]
#[repr(C)]
pub struct PyUnion {
    ob_base: PyObject,
    #[traverse]
    args: Field<PyTuple>,
    #[traverse]
    parameters: Field<PyTuple>,
    #[weaklist]
    weaklist: WeakList,
}

/// The members of a union: each once, unions spread out, `None` as its class.
fn add_members(members: &mut Vec<Obj>, item: &PyObject) -> PyResult<()> {
    if let Some(union) = item.downcast::<PyUnion>() {
        return union
            .args()
            .as_slice()
            .iter()
            .try_for_each(|each| add_members(members, each));
    }
    let none_type = crate::singletons::PyNone::type_object();
    let item = if item.is(crate::none()) {
        none_type.to_obj()
    } else if item.is_instance_of::<PyStr>() {
        // The name of a type that need not exist yet.
        crate::typing::call_typing("ForwardRef", &[item])?
    } else {
        item.to_obj()
    };
    for each in members.iter() {
        // Aliases of different kinds may be equal: only of one class they count as the same.
        if each.is(&item) || (std::ptr::eq(each.type_(), item.type_()) && each.eq(&item)?) {
            return Ok(());
        }
    }
    members.push(item);
    Ok(())
}

/// The union of several types; a single one is itself.
pub fn make_union(items: &[Obj]) -> PyResult<Obj> {
    let mut members = Vec::new();
    for item in items {
        add_members(&mut members, item)?;
    }
    if members.len() == 1 {
        return Ok(members.remove(0));
    }
    let union = Py::new(PyUnion {
        ob_base: PyObject::HEADER,
        args: Field::new(PyTuple::from_vec(members)?),
        parameters: Field::empty(),
        weaklist: WeakList::new(),
    })?;
    Ok(union.into_object())
}

fn can_be_member(item: &PyObject) -> bool {
    item.is(crate::none())
        || item.is_instance_of::<PyType>()
        || item.is_instance_of::<crate::generic_alias::PyGenericAlias>()
        || item.is_instance_of::<PyUnion>()
        || item.type_().name() == "TypeAliasType"
}

/// `left | right` for types; `NotImplemented` for other operands.
pub fn union_of(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
    if !can_be_member(left) || !can_be_member(right) {
        return Ok(not_implemented_if(None));
    }
    make_union(&[left.to_obj(), right.to_obj()])
}

impl PyUnion {
    /// `__args__`.
    pub fn args(&self) -> Py<PyTuple> {
        self.args.get().unwrap_or_else(PyTuple::empty)
    }

    fn parameters(&self) -> PyResult<Py<PyTuple>> {
        if let Some(parameters) = self.parameters.get() {
            return Ok(parameters);
        }
        let parameters = collect_parameters(&self.args())?;
        self.parameters.set(Some(parameters.clone()));
        Ok(parameters)
    }
}

#[pymethods]
impl PyUnion {
    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Py<PyStr>> {
        let mut text = StrBuilder::new();
        for (index, arg) in self.args().as_slice().iter().enumerate() {
            if index > 0 {
                text.push_str(" | ");
            }
            text.push_py(&*type_repr(arg)?);
        }
        text.finish()
    }

    #[slot(tp_hash)]
    fn hash(&self) -> PyResult<isize> {
        PyFrozenSet::from_iterable(&self.args())?.hash()
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
        let Some(other) = other.downcast::<PyUnion>() else {
            return Ok(not_implemented_if(None));
        };
        if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
            return Ok(not_implemented_if(None));
        }
        let (left, right) = (
            PySet::from_iterable(&self.args())?,
            PySet::from_iterable(&other.args())?,
        );
        left.rich_compare(&right, op)
    }

    #[slot(nb_or)]
    fn or(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        union_of(left, right)
    }

    #[slot(mp_subscript)]
    fn subscript(&self, item: &PyObject) -> PyResult<Obj> {
        let args = substitute(self, &self.args(), &*self.parameters()?, item)?;
        make_union(args.as_slice())
    }

    #[pyclassmethod(name = "__class_getitem__", signature = "($type, item, /)")]
    fn class_getitem(class: &PyType, item: &PyObject) -> PyResult<Obj> {
        let _ = class;
        match item.downcast::<PyTuple>() {
            Some(items) if items.is_empty() => {
                Err(crate::type_error!("Cannot take a Union of no types."))
            }
            Some(items) => make_union(items.as_slice()),
            None => make_union(&[item.to_obj()]),
        }
    }

    #[pymethod(name = "__instancecheck__", signature = "($self, instance, /)")]
    fn instancecheck(&self, instance: &PyObject) -> PyResult<bool> {
        self.any_class("isinstance", |class| {
            crate::abstract_::is_instance(instance, class)
        })
    }

    #[pymethod(name = "__subclasscheck__", signature = "($self, cls, /)")]
    fn subclasscheck(&self, cls: &PyObject) -> PyResult<bool> {
        if !cls.is_instance_of::<PyType>() {
            return Err(crate::type_error!("issubclass() arg 1 must be a class"));
        }
        self.any_class("issubclass", |class| {
            crate::abstract_::is_subclass(cls, class)
        })
    }

    #[pymethod(name = "__mro_entries__", signature = "($self, bases, /)")]
    fn mro_entries(&self, bases: &PyObject) -> PyResult<Obj> {
        let _ = bases;
        Err(crate::type_error!(
            "Cannot subclass {}",
            self.repr()?.to_string_lossy()
        ))
    }

    #[pygetter(name = "__name__")]
    fn get_name(&self) -> &'static str {
        "Union"
    }

    #[pygetter(name = "__qualname__")]
    fn get_qualname(&self) -> &'static str {
        "Union"
    }

    #[pygetter(name = "__origin__")]
    fn get_origin(&self) -> Obj {
        PyUnion::type_object().to_obj()
    }

    #[pygetter(name = "__args__")]
    fn get_args(&self) -> Py<PyTuple> {
        self.args()
    }

    /// Type variables in the types.UnionType.
    #[pygetter(name = "__parameters__")]
    fn get_parameters(&self) -> PyResult<Py<PyTuple>> {
        self.parameters()
    }
}

impl PyUnion {
    fn any_class(
        &self,
        function: &str,
        check: impl Fn(&PyObject) -> PyResult<bool>,
    ) -> PyResult<bool> {
        let args = self.args();
        let alias = crate::generic_alias::PyGenericAlias::type_object();
        if args
            .as_slice()
            .iter()
            .any(|arg| arg.type_().is_subtype(alias))
        {
            return Err(crate::type_error!(
                "{function}() argument 2 cannot be a parameterized generic"
            ));
        }
        for class in args.as_slice() {
            if check(class)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
