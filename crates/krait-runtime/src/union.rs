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
#[pyclass(name = "Union", module = "typing", symbol = _PyUnion_Type, flags(GC), members = MEMBERS)]
#[repr(C)]
pub struct PyUnion {
    ob_base: PyObject,
    #[traverse]
    args: Field<PyTuple>,
    /// The members that have a hash, and those that have none (empty if all have one).
    #[traverse]
    hashable: Field<PyFrozenSet>,
    #[traverse]
    unhashable: Field<PyTuple>,
    #[traverse]
    parameters: Field<PyTuple>,
    #[weaklist]
    weaklist: WeakList,
}

/// Collects the members of a union: each once, unions spread out, `None` as its class.
struct Builder {
    members: Vec<Obj>,
    hashable: Py<PySet>,
    unhashable: Vec<Obj>,
}

impl Builder {
    fn add(&mut self, item: &PyObject) -> PyResult<()> {
        if let Some(union) = item.downcast::<PyUnion>() {
            return union
                .args()
                .as_slice()
                .iter()
                .try_for_each(|each| self.add_single(each.clone()));
        }
        if item.is(crate::none()) {
            return self.add_single(crate::singletons::PyNone::type_object().to_obj());
        }
        if item.is_instance_of::<PyStr>() {
            // The name of a type that need not exist yet.
            return self.add_single(crate::typing::call_typing("ForwardRef", &[item])?);
        }
        if !can_be_member(item) {
            let message = PyStr::new("Union[arg, ...]: each arg must be a type.")?;
            return self.add_single(crate::typing::call_typing(
                "_type_check",
                &[item, &message],
            )?);
        }
        self.add_single(item.to_obj())
    }

    fn add_single(&mut self, item: Obj) -> PyResult<()> {
        match item.hash() {
            Ok(hash) => {
                if self.hashable.table().contains_hash(&item, hash)? {
                    return Ok(());
                }
                self.hashable.table().add(&item)?;
            }
            Err(error) => {
                error.clear();
                if contains(&self.unhashable, &item)? {
                    return Ok(());
                }
                self.unhashable.push(item.clone());
            }
        }
        self.members.push(item);
        Ok(())
    }
}

fn contains(items: &[Obj], wanted: &PyObject) -> PyResult<bool> {
    for item in items {
        if item.is(wanted) || item.eq(wanted)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The union of several types; a single one is itself.
pub fn make_union(items: &[Obj]) -> PyResult<Obj> {
    let mut builder = Builder {
        members: Vec::new(),
        hashable: PySet::from_iterable(&PyTuple::empty())?,
        unhashable: Vec::new(),
    };
    for item in items {
        builder.add(item)?;
    }
    let Builder {
        mut members,
        hashable,
        unhashable,
    } = builder;
    if members.len() == 1 {
        return Ok(members.remove(0));
    }
    let union = Py::new(PyUnion {
        ob_base: PyObject::HEADER,
        args: Field::new(PyTuple::from_vec(members)?),
        hashable: Field::new(PyFrozenSet::from_iterable(&hashable)?),
        unhashable: Field::new(PyTuple::from_vec(unhashable)?),
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
        || item.is_instance_of::<crate::typing::PyTypeAlias>()
}

/// `left | right` for types; `NotImplemented` for other operands.
pub fn union_of(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
    // What a union takes is what `Union[…]` takes; two other operands must be types.
    let is_union = left.is_instance_of::<PyUnion>() || right.is_instance_of::<PyUnion>();
    if !(is_union || can_be_member(left) && can_be_member(right)) {
        return Ok(not_implemented_if(None));
    }
    make_union(&[left.to_obj(), right.to_obj()])
}

impl PyUnion {
    /// `__args__`.
    pub fn args(&self) -> Py<PyTuple> {
        self.args.get().unwrap_or_else(PyTuple::empty)
    }

    fn hashable(&self) -> PyResult<Py<PyFrozenSet>> {
        match self.hashable.get() {
            Some(hashable) => Ok(hashable),
            None => PyFrozenSet::from_iterable(&PyTuple::empty()),
        }
    }

    fn unhashable(&self) -> Py<PyTuple> {
        self.unhashable.get().unwrap_or_else(PyTuple::empty)
    }

    /// Whether both have the same members, in whatever order.
    fn is_equal(&self, other: &PyUnion) -> PyResult<bool> {
        if !self.hashable()?.as_object().eq(&*other.hashable()?)? {
            return Ok(false);
        }
        let (left, right) = (self.unhashable(), other.unhashable());
        if left.len() != right.len() {
            return Ok(false);
        }
        for member in left.as_slice() {
            if !contains(right.as_slice(), member)? {
                return Ok(false);
            }
        }
        Ok(true)
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

/// What programs see of the struct.
const MEMBERS: &[krait_abi::PyMemberDef] = crate::members! {
    PyUnion:
    c"__args__" args _Py_T_OBJECT;
};

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
        let unhashable = self.unhashable();
        if let Some(first) = unhashable.as_slice().first() {
            // One of them says why, unless it has got a hash since.
            first.hash()?;
            return Err(crate::type_error!(
                "union contains {} unhashable element{}",
                unhashable.len(),
                if unhashable.len() == 1 { "" } else { "s" }
            ));
        }
        self.hashable()?.hash()
    }

    #[slot(tp_getattro)]
    fn getattro(&self, name: &PyObject) -> PyResult<Obj> {
        let Some(text) = name.downcast::<PyStr>() else {
            return Err(crate::type_error!(
                "attribute name must be string, not '{}'",
                name.type_name()
            ));
        };
        if text.is_text("__module__") {
            return PyUnion::type_object().as_object().getattr(name);
        }
        self.generic_getattr(text)
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
        let Some(other) = other.downcast::<PyUnion>() else {
            return Ok(not_implemented_if(None));
        };
        let equal = match op {
            CompareOp::Eq => self.is_equal(other)?,
            CompareOp::Ne => !self.is_equal(other)?,
            _ => return Ok(not_implemented_if(None)),
        };
        Ok(not_implemented_if(Some(equal)))
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

    #[pyclassmethod(name = "__class_getitem__", signature = "($type, object, /)")]
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

    #[pymethod(name = "__mro_entries__", signature = "($self, object, /)")]
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
