//! `types.GenericAlias`: `list[int]` and its kin.

use krait_macros::{pyclass, pymethods};

use crate::abstract_::not_implemented_if;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{CompareOp, Field, PyDict, PyResult, PyStr, PyTuple, PyType, StrBuilder, WeakList};

/// Represent a PEP 585 generic type
///
/// E.g. for t = list[int], t.__origin__ is list and t.__args__ is (int,).
#[pyclass(name = "GenericAlias", module = "types", symbol = Py_GenericAliasType, flags(BASETYPE, GC), members = MEMBERS)]
#[repr(C)]
pub struct PyGenericAlias {
    ob_base: PyObject,
    #[traverse]
    origin: Field<PyObject>,
    #[traverse]
    args: Field<PyTuple>,
    #[traverse]
    parameters: Field<PyTuple>,
    #[weaklist]
    weaklist: WeakList,
    starred: std::cell::Cell<bool>,
}

/// `origin[item]` as an alias.
pub fn new_generic_alias(origin: &PyObject, item: &PyObject) -> PyResult<Obj> {
    Ok(PyGenericAlias::make(PyGenericAlias::type_object(), origin, item, false)?.into_object())
}

/// Attributes that are the alias's own, not the origin's.
const OWN_ATTRIBUTES: &[&str] = &[
    "__class__",
    "__origin__",
    "__args__",
    "__unpacked__",
    "__parameters__",
    "__typing_unpacked_tuple_args__",
    "__mro_entries__",
    "__reduce_ex__",
    "__reduce__",
];

/// Attributes that an alias does not have, even if its origin has.
const BLOCKED_ATTRIBUTES: &[&str] = &["__bases__", "__copy__", "__deepcopy__"];

impl PyGenericAlias {
    fn make(
        class: &PyType,
        origin: &PyObject,
        item: &PyObject,
        starred: bool,
    ) -> PyResult<Py<Self>> {
        let args = match item.downcast::<PyTuple>() {
            Some(args) => PyClass::to_owned(args),
            None => PyTuple::from_refs(&[item])?,
        };
        Py::new_in(
            class,
            PyGenericAlias {
                ob_base: PyObject::HEADER,
                origin: Field::new(origin.to_obj()),
                args: Field::new(args),
                parameters: Field::empty(),
                weaklist: WeakList::new(),
                starred: std::cell::Cell::new(starred),
            },
        )
    }

    /// `__origin__`.
    pub fn origin(&self) -> Obj {
        self.origin.get().unwrap_or_else(|| crate::none().to_obj())
    }

    /// `__args__`.
    pub fn args(&self) -> Py<PyTuple> {
        self.args.get().unwrap_or_else(PyTuple::empty)
    }

    /// `__parameters__`, collected on first use.
    fn parameters(&self) -> PyResult<Py<PyTuple>> {
        if let Some(parameters) = self.parameters.get() {
            return Ok(parameters);
        }
        let parameters = collect_parameters(&self.args())?;
        self.parameters.set(Some(parameters.clone()));
        Ok(parameters)
    }
}

/// An argument that is a list or tuple of arguments.
fn nested_arguments(arg: &PyObject) -> PyResult<Option<Py<PyTuple>>> {
    if let Some(tuple) = arg.downcast_exact::<PyTuple>() {
        return Ok(Some(PyClass::to_owned(tuple)));
    }
    match arg.downcast_exact::<crate::PyList>() {
        Some(list) => PyTuple::from_vec(list.to_vec()).map(Some),
        None => Ok(None),
    }
}

/// The type parameters among arguments, each once, in order.
pub fn collect_parameters(args: &PyTuple) -> PyResult<Py<PyTuple>> {
    let mut found = Vec::new();
    collect_into(&mut found, args)?;
    PyTuple::from_vec(found)
}

fn collect_into(found: &mut Vec<Obj>, args: &PyTuple) -> PyResult<()> {
    crate::state::enter_recursive_call(" in __parameter__ calculation")?;
    fn add(found: &mut Vec<Obj>, parameter: &Obj) {
        if !found.iter().any(|each| each.is(parameter)) {
            found.push(parameter.clone());
        }
    }
    for arg in args.as_slice() {
        if arg.is_instance_of::<PyType>() {
            continue;
        }
        if let Some(nested) = nested_arguments(arg)? {
            collect_into(found, &nested)?;
        } else if arg
            .lookup_attr(crate::intern!("__typing_subst__"))?
            .is_some()
        {
            add(found, arg);
        } else if let Some(inner) = arg.lookup_attr(crate::intern!("__parameters__"))?
            && let Some(inner) = inner.downcast::<PyTuple>()
        {
            inner.as_slice().iter().for_each(|each| add(found, each));
        }
    }
    Ok(())
}

/// Puts arguments in the place of type parameters: what `alias[item]` does.
pub fn substitute(
    alias: &PyObject,
    args: &PyTuple,
    parameters: &PyTuple,
    item: &PyObject,
) -> PyResult<Py<PyTuple>> {
    if parameters.is_empty() {
        return Err(crate::type_error!(
            "{} is not a generic class",
            alias.repr()?.to_string_lossy()
        ));
    }
    let items = prepared_items(alias, parameters, item)?;
    substitute_all(args, parameters, &items)
}

/// One item for each parameter: what the parameters themselves make of the subscript.
fn prepared_items(
    alias: &PyObject,
    parameters: &PyTuple,
    item: &PyObject,
) -> PyResult<Py<PyTuple>> {
    let mut items = unpack_args(item)?;
    for parameter in parameters.as_slice() {
        if let Some(prepare) = parameter.lookup_attr(crate::intern!("__typing_prepare_subst__"))?
            && !prepare.is(crate::none())
        {
            let prepared = prepare.call(&[alias, &*items])?;
            items = match prepared.cast::<PyTuple>() {
                Ok(tuple) => tuple,
                Err(other) => PyTuple::from_vec(vec![other])?,
            };
        }
    }
    if items.len() != parameters.len() {
        return Err(crate::type_error!(
            "Too {} arguments for {}; actual {}, expected {}",
            if items.len() > parameters.len() {
                "many"
            } else {
                "few"
            },
            alias.repr()?.to_string_lossy(),
            items.len(),
            parameters.len()
        ));
    }
    Ok(items)
}

fn substitute_all(args: &PyTuple, parameters: &PyTuple, items: &PyTuple) -> PyResult<Py<PyTuple>> {
    crate::state::enter_recursive_call(" in type parameter substitution")?;
    let mut result = Vec::with_capacity(args.len());
    for arg in args.as_slice() {
        if arg.is_instance_of::<PyType>() {
            result.push(arg.clone());
            continue;
        }
        if let Some(nested) = nested_arguments(arg)? {
            let new = substitute_all(&nested, parameters, items)?;
            result.push(match arg.is_exact::<PyTuple>() {
                true => new.into_object(),
                false => crate::PyList::from_vec(new.as_slice().to_vec())?.into_object(),
            });
            continue;
        }
        let unpacked = is_unpacked_typevartuple(arg)?;
        let new = match arg.lookup_attr(crate::intern!("__typing_subst__"))? {
            Some(subst) => {
                let index = parameters.as_slice().iter().position(|each| each.is(arg));
                let Some(value) = index.and_then(|index| items.as_slice().get(index)) else {
                    return Err(crate::type_error!(
                        "argument {} with __typing_subst__ was not found in __parameters__",
                        arg.repr()?.to_string_lossy()
                    ));
                };
                subst.call1(value)?
            }
            None => substitute_inner(arg, parameters, items)?,
        };
        if !unpacked {
            result.push(new);
            continue;
        }
        match new.downcast::<PyTuple>() {
            Some(many) => result.extend_from_slice(many.as_slice()),
            None => {
                return Err(crate::type_error!(
                    "expected __typing_subst__ of {} objects to return a tuple, not {}",
                    arg.type_name(),
                    new.type_name()
                ));
            }
        }
    }
    PyTuple::from_vec(result)
}

fn is_unpacked_typevartuple(arg: &PyObject) -> PyResult<bool> {
    match arg.lookup_attr(crate::intern!("__typing_is_unpacked_typevartuple__"))? {
        Some(flag) => flag.is_true(),
        None => Ok(false),
    }
}

/// An argument that has parameters of its own.
fn substitute_inner(arg: &PyObject, parameters: &PyTuple, items: &PyTuple) -> PyResult<Obj> {
    let Some(inner) = arg.lookup_attr(crate::intern!("__parameters__"))? else {
        return Ok(arg.to_obj());
    };
    match inner.downcast::<PyTuple>() {
        Some(inner) if !inner.is_empty() => arg.get_item(&*pick_items(inner, parameters, items)?),
        _ => Ok(arg.to_obj()),
    }
}

/// The items for the parameters in `wanted`; a parameter for several items takes them all.
fn pick_items(wanted: &PyTuple, parameters: &PyTuple, items: &PyTuple) -> PyResult<Py<PyTuple>> {
    let mut chosen = Vec::new();
    for parameter in wanted.as_slice() {
        let index = parameters
            .as_slice()
            .iter()
            .position(|each| each.is(parameter));
        let Some(item) = index.and_then(|index| items.as_slice().get(index)) else {
            chosen.push(parameter.clone());
            continue;
        };
        match item.downcast::<PyTuple>() {
            Some(many) if parameter.is_instance_of::<crate::typing::PyTypeVarTuple>() => {
                chosen.extend_from_slice(many.as_slice());
            }
            _ => chosen.push(item.clone()),
        }
    }
    PyTuple::from_vec(chosen)
}

/// The subscript as a tuple, with `*tuple[…]` spread out.
fn unpack_args(item: &PyObject) -> PyResult<Py<PyTuple>> {
    let items = match item.downcast::<PyTuple>() {
        Some(items) => items.as_slice().to_vec(),
        None => vec![item.to_obj()],
    };
    let mut result = Vec::with_capacity(items.len());
    for item in items {
        if !item.is_instance_of::<PyType>()
            && let Some(unpacked) =
                item.lookup_attr(crate::intern!("__typing_unpacked_tuple_args__"))?
            && let Some(unpacked) = unpacked.downcast::<PyTuple>()
            && !unpacked
                .as_slice()
                .last()
                .is_some_and(|last| last.is(crate::ellipsis()))
        {
            result.extend_from_slice(unpacked.as_slice());
            continue;
        }
        result.push(item);
    }
    PyTuple::from_vec(result)
}

/// How a type looks inside an alias or union: classes by qualified name.
pub fn type_repr(item: &PyObject) -> PyResult<Py<PyStr>> {
    if item.is(crate::ellipsis()) {
        return PyStr::new("...");
    }
    if item.is(crate::singletons::PyNone::type_object()) {
        return PyStr::new("None");
    }
    let is_alias = item.lookup_attr(crate::intern!("__origin__"))?.is_some()
        && item.lookup_attr(crate::intern!("__args__"))?.is_some();
    if is_alias {
        return item.repr();
    }
    if let (Some(qualname), Some(module)) = (
        item.lookup_attr(crate::intern!("__qualname__"))?,
        item.lookup_attr(crate::intern!("__module__"))?,
    ) && !module.is(crate::none())
    {
        let (qualname, module) = (qualname.str()?, module.str()?);
        if module.is_text("builtins") {
            return Ok(qualname);
        }
        return PyStr::new(&format!(
            "{}.{}",
            module.to_string_lossy(),
            qualname.to_string_lossy()
        ));
    }
    item.repr()
}

fn repr_argument(text: &mut StrBuilder, arg: &PyObject) -> PyResult<()> {
    let Some(list) = arg.downcast_exact::<crate::PyList>() else {
        text.push_py(&*type_repr(arg)?);
        return Ok(());
    };
    text.push_str("[");
    for index in 0..list.len() {
        if index > 0 {
            text.push_str(", ");
        }
        // The representation of an item before may have shortened the list.
        let Some(item) = list.get(index) else {
            return Err(crate::exc!(IndexError, "list index out of range"));
        };
        text.push_py(&*type_repr(&item)?);
    }
    text.push_str("]");
    Ok(())
}

/// What programs see of the struct.
const MEMBERS: &[krait_abi::PyMemberDef] = crate::members! {
    PyGenericAlias:
    c"__origin__" origin _Py_T_OBJECT;
    c"__args__" args _Py_T_OBJECT;
    c"__unpacked__" starred Py_T_BOOL;
};

#[pymethods]
impl PyGenericAlias {
    #[pynew(signature = "(origin, args, /)")]
    fn new(class: &PyType, origin: &PyObject, args: &PyObject) -> PyResult<Py<Self>> {
        Self::make(class, origin, args, false)
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Py<PyStr>> {
        let mut text = StrBuilder::new();
        if self.starred.get() {
            text.push_str("*");
        }
        text.push_py(&*type_repr(&self.origin())?);
        text.push_str("[");
        let args = self.args();
        for (index, arg) in args.as_slice().iter().enumerate() {
            if index > 0 {
                text.push_str(", ");
            }
            repr_argument(&mut text, arg)?;
        }
        if args.is_empty() {
            text.push_str("()");
        }
        text.push_str("]");
        text.finish()
    }

    #[slot(tp_hash)]
    fn hash(&self) -> PyResult<isize> {
        let hash = self.origin().hash()? ^ self.args().hash()?;
        Ok(if hash == -1 { -2 } else { hash })
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
        let Some(other) = other.downcast::<PyGenericAlias>() else {
            return Ok(not_implemented_if(None));
        };
        let equal = self.starred.get() == other.starred.get()
            && self.origin().eq(&other.origin())?
            && self.args().eq(&other.args())?;
        Ok(not_implemented_if(match op {
            CompareOp::Eq => Some(equal),
            CompareOp::Ne => Some(!equal),
            _ => None,
        }))
    }

    #[slot(tp_call)]
    fn call(&self, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<Obj> {
        let object = self.origin().call_tuple(args, kwargs)?;
        match object.setattr_str("__orig_class__", self) {
            Err(error)
                if error.matches(&crate::exc::AttributeError)
                    || error.matches(&crate::exc::TypeError) =>
            {
                error.clear();
            }
            other => other?,
        }
        Ok(object)
    }

    #[slot(tp_getattro)]
    fn getattro(&self, name: &PyObject) -> PyResult<Obj> {
        let Some(text) = name.downcast::<PyStr>() else {
            return Err(crate::type_error!(
                "attribute name must be string, not '{}'",
                name.type_name()
            ));
        };
        let named = |names: &[&str]| names.iter().any(|each| text.is_text(each));
        if named(OWN_ATTRIBUTES) || named(BLOCKED_ATTRIBUTES) {
            return self.generic_getattr(text);
        }
        self.origin().getattr(name)
    }

    #[slot(mp_subscript)]
    fn subscript(&self, item: &PyObject) -> PyResult<Obj> {
        let args = substitute(self, &self.args(), &*self.parameters()?, item)?;
        let alias = Self::make(self.type_(), &self.origin(), &args, self.starred.get())?;
        Ok(alias.into_object())
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        let iterator = Py::new(PyGenericAliasIter {
            ob_base: PyObject::HEADER,
            alias: Field::new(PyClass::to_owned(self)),
        })?;
        Ok(iterator.into_object())
    }

    #[slot(nb_or)]
    fn or(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        crate::union::union_of(left, right)
    }

    #[pymethod(name = "__mro_entries__", signature = "($self, object, /)")]
    fn mro_entries(&self, bases: &PyObject) -> PyResult<Py<PyTuple>> {
        let _ = bases;
        PyTuple::from_vec(vec![self.origin()])
    }

    #[pymethod(name = "__instancecheck__", signature = "($self, object, /)")]
    fn instancecheck(&self, instance: &PyObject) -> PyResult<Obj> {
        let _ = instance;
        Err(crate::type_error!(
            "isinstance() argument 2 cannot be a parameterized generic"
        ))
    }

    #[pymethod(name = "__subclasscheck__", signature = "($self, object, /)")]
    fn subclasscheck(&self, cls: &PyObject) -> PyResult<Obj> {
        let _ = cls;
        Err(crate::type_error!(
            "issubclass() argument 2 cannot be a parameterized generic"
        ))
    }

    #[pymethod(name = "__reduce__")]
    fn reduce(&self) -> PyResult<Py<PyTuple>> {
        let arguments = PyTuple::from_vec(vec![self.origin(), self.args().into_object()])?;
        if self.starred.get() {
            let plain = Self::make(self.type_(), &self.origin(), &self.args(), false)?;
            let iter = crate::seq_iter::builtin("iter")?.call1(&plain)?;
            let next = crate::seq_iter::builtin("next")?;
            return PyTuple::from_vec(vec![next, PyTuple::from_vec(vec![iter])?.into_object()]);
        }
        PyTuple::from_vec(vec![
            PyGenericAlias::type_object().to_obj(),
            arguments.into_object(),
        ])
    }

    #[pymethod(name = "__dir__")]
    fn dir(&self) -> PyResult<Obj> {
        let names = self.origin().call_special(crate::intern!("__dir__"), &[])?;
        let list = crate::PyList::new()?;
        if let Some(names) = names {
            list.extend(&names)?;
        }
        for own in OWN_ATTRIBUTES {
            let own = PyStr::intern(own)?;
            if !list.contains(&own)? {
                list.push(own.into_object())?;
            }
        }
        Ok(list.into_object())
    }

    /// Type variables in the GenericAlias.
    #[pygetter(name = "__parameters__")]
    fn get_parameters(&self) -> PyResult<Py<PyTuple>> {
        self.parameters()
    }

    #[pygetter(name = "__typing_unpacked_tuple_args__")]
    fn get_unpacked_tuple_args(&self) -> Option<Py<PyTuple>> {
        let is_tuple = self.origin().is(PyTuple::type_object());
        (self.starred.get() && is_tuple).then(|| self.args())
    }
}

/// What `*alias` iterates over: the starred alias alone. It is a class of its own because an
/// iterator over a tuple would hold the starred alias, which itself is pickled as the `next` of such
/// an iterator.
#[pyclass(name = "generic_alias_iterator", symbol = _Py_GenericAliasIterType, flags(GC, DISALLOW_INSTANTIATION))]
#[repr(C)]
pub struct PyGenericAliasIter {
    ob_base: PyObject,
    #[traverse]
    alias: Field<PyGenericAlias>,
}

#[pymethods]
impl PyGenericAliasIter {
    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Obj>> {
        let Some(alias) = self.alias.get() else {
            return Ok(None);
        };
        let starred = PyGenericAlias::make(alias.type_(), &alias.origin(), &alias.args(), true)?;
        self.alias.set(None);
        Ok(Some(starred.into_object()))
    }

    #[pymethod(name = "__reduce__")]
    fn reduce(&self) -> PyResult<Obj> {
        let iter = crate::seq_iter::builtin("iter")?;
        let rest = match self.alias.get() {
            Some(alias) => alias.into_object(),
            None => PyTuple::empty().into_object(),
        };
        let arguments = PyTuple::from_vec(vec![rest])?.into_object();
        Ok(PyTuple::from_vec(vec![iter, arguments])?.into_object())
    }
}
