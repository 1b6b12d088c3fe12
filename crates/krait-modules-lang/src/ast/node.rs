//! The class `AST`, from which all node classes derive: construction, copying, pickling, writing.

use krait_abi as abi;
use krait_macros::{pyclass, pymethods};
use krait_runtime::exceptions::exc;
use krait_runtime::hooks::warn;
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::object_type::{instance_dict_attribute, set_instance_dict_attribute};
use krait_runtime::repr::ReprGuard;
use krait_runtime::union::PyUnion;
use krait_runtime::{
    Args, Field, KwArgs, PyDict, PyList, PyResult, PySet, PyStr, PyTuple, PyType, StrBuilder,
    intern, none, type_error,
};

use super::state::state;
use super::table::Section;

// A doc comment would become the class's, and CPython's has none.
#[allow(missing_docs)]
#[pyclass(name = "AST", module = "ast", flags(BASETYPE, GC))]
#[repr(C)]
pub struct PyAST {
    ob_base: PyObject,
    #[dict]
    dict: Field<PyDict>,
}

/// Gives `AST` its class attributes, and lets programs change them.
pub(super) fn set_up_base() -> PyResult<()> {
    let class = PyAST::type_object();
    class.set_flags(class.flags() & !abi::Py_TPFLAGS_IMMUTABLETYPE);
    let empty = PyTuple::empty();
    for name in ["_fields", "_attributes", "__match_args__"] {
        class.setattr_str(name, &empty)?;
    }
    Ok(())
}

impl PyAST {
    /// An instance of a node class with this dictionary.
    pub(super) fn make(class: &PyType, dict: Option<Py<PyDict>>) -> PyResult<Obj> {
        let value = PyAST {
            ob_base: PyObject::HEADER,
            dict: Field::from_option(dict),
        };
        Ok(Py::new_in(class, value)?.into_object())
    }
}

/// The names in a class's `_fields`, none if it has no such attribute.
fn field_names(class: &PyType) -> PyResult<Option<Vec<Obj>>> {
    match class.lookup_attr(intern!("_fields"))? {
        Some(fields) => fields.to_vec().map(Some),
        None => Ok(None),
    }
}

/// The names in a class's `_attributes`.
fn attribute_names(class: &PyType) -> PyResult<Vec<Obj>> {
    match class.lookup_attr(intern!("_attributes"))? {
        Some(attributes) => attributes.to_vec(),
        None => Ok(Vec::new()),
    }
}

fn position_of(names: &[Obj], name: &PyObject) -> PyResult<Option<usize>> {
    for (index, each) in names.iter().enumerate() {
        if each.eq(name)? {
            return Ok(Some(index));
        }
    }
    Ok(None)
}

fn shown(object: &PyObject) -> PyResult<String> {
    Ok(object.repr()?.to_string_lossy())
}

fn deprecated(message: &str) -> PyResult<()> {
    warn(&exc::DeprecationWarning, message, 1)
}

/// Gives the fields that the constructor was not told of their defaults, or warns.
fn set_defaults(node: &PyObject, missing: &[Obj]) -> PyResult<()> {
    let class = node.type_();
    if missing.is_empty() {
        return Ok(());
    }
    let Some(types) = class.lookup_attr(intern!("_field_types"))? else {
        return Ok(());
    };
    for name in missing {
        let Some(kind) = types.lookup_item(name)? else {
            let (name, class) = (shown(name)?, class.tp_name());
            deprecated(&format!(
                "Field {name} is missing from {class}._field_types. This will become an error in Python 3.15."
            ))?;
            continue;
        };
        if kind.is_instance_of::<PyUnion>() {
            // The class has `None` for it.
            continue;
        }
        if kind.is_exact::<krait_runtime::generic_alias::PyGenericAlias>() {
            node.setattr(name, Some(&*PyList::new()?))?;
            continue;
        }
        let contexts = &state()?.sections[Section::ExprContext as usize];
        if kind.is(contexts.base.as_object()) {
            if let Some(load) = &contexts.nodes[0].singleton {
                node.setattr(name, Some(load))?;
            }
            continue;
        }
        let (name, class) = (shown(name)?, class.tp_name());
        deprecated(&format!(
            "{class}.__init__ missing 1 required positional argument: {name}. This will become an error in Python 3.15."
        ))?;
    }
    Ok(())
}

#[pymethods]
impl PyAST {
    #[slot(tp_new)]
    fn new(cls: &PyType, _args: &PyTuple, _kwargs: Option<&PyDict>) -> PyResult<Obj> {
        PyAST::make(cls, None)
    }

    #[slot(tp_init)]
    fn init(&self, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<()> {
        let class = self.type_();
        let fields = class.getattr(intern!("_fields"))?.to_vec()?;
        if args.len() > fields.len() {
            let plural = if fields.len() == 1 { "" } else { "s" };
            return Err(type_error!(
                "{} constructor takes at most {} positional argument{plural}",
                class.name(),
                fields.len()
            ));
        }
        let mut given = vec![false; fields.len()];
        for (index, (name, value)) in fields.iter().zip(args.as_slice()).enumerate() {
            self.setattr(name, Some(value))?;
            given[index] = true;
        }
        for (name, value) in kwargs.map(PyDict::items_vec).unwrap_or_default() {
            match position_of(&fields, &name)? {
                Some(index) if given[index] => {
                    return Err(type_error!(
                        "{} got multiple values for argument {}",
                        class.tp_name(),
                        shown(&name)?
                    ));
                }
                Some(index) => given[index] = true,
                None => {
                    if position_of(&attribute_names(class)?, &name)?.is_none() {
                        let (class, name) = (class.tp_name(), shown(&name)?);
                        deprecated(&format!(
                            "{class}.__init__ got an unexpected keyword argument {name}. Support for arbitrary keyword arguments is deprecated and will be removed in Python 3.15."
                        ))?;
                    }
                }
            }
            self.setattr(&name, Some(&value))?;
        }
        let missing: Vec<Obj> = fields
            .iter()
            .zip(&given)
            .filter(|(_, given)| !**given)
            .map(|(name, _)| name.clone())
            .collect();
        set_defaults(self, &missing)
    }

    #[pygetter(name = "__dict__")]
    fn get_dict(&self) -> PyResult<Obj> {
        instance_dict_attribute(self)
    }

    #[pysetter(name = "__dict__")]
    fn set_dict(&self, value: Option<&PyObject>) -> PyResult<()> {
        set_instance_dict_attribute(self, value)
    }

    #[pymethod(name = "__reduce__")]
    fn reduce(&self) -> PyResult<Obj> {
        let class = self.type_().to_obj();
        let Some(dict) = self.lookup_attr(intern!("__dict__"))? else {
            let empty = PyTuple::empty().into_object();
            return Ok(PyTuple::from_vec(vec![class, empty])?.into_object());
        };
        let mut positional = Vec::new();
        for name in field_names(self.type_())?.unwrap_or_default() {
            // The constructor warns of fields that it is not given: the state sets them later.
            match dict.lookup_item(&name)? {
                Some(_) => positional.push(none().to_obj()),
                None => break,
            }
        }
        let positional = PyTuple::from_vec(positional)?.into_object();
        Ok(PyTuple::from_vec(vec![class, positional, dict])?.into_object())
    }

    /// Return a copy of the AST node with new values for the specified fields.
    #[pymethod(name = "__replace__", signature = "($self, /, *args, **kwargs)")]
    fn replace(&self, args: Args<'_>, kwargs: KwArgs<'_>) -> PyResult<Obj> {
        if args.iter().next().is_some() {
            return Err(type_error!("__replace__() takes no positional arguments"));
        }
        let changes = PyDict::new()?;
        for (name, value) in kwargs.iter() {
            changes.set_item(name, value)?;
        }
        let dict = match self.lookup_attr(intern!("__dict__"))? {
            Some(dict) => dict,
            None => PyDict::new()?.into_object(),
        };
        check_replacement(self.type_(), &dict, &changes)?;
        // What else programs have set is not kept.
        let all = PyDict::new()?;
        let fields = field_names(self.type_())?.unwrap_or_default();
        for name in fields.into_iter().chain(attribute_names(self.type_())?) {
            if let Some(value) = dict.lookup_item(&name)? {
                all.set_item(&name, &value)?;
            }
        }
        all.update(&changes, true)?;
        let class = self.type_().to_obj();
        class.call_tuple(&PyTuple::empty(), Some(&all))
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Py<PyStr>> {
        let mut text = StrBuilder::new();
        write_node(self, 3, &mut text)?;
        text.finish()
    }
}

/// Checks that the new node has all fields that it needs, and nothing else.
fn check_replacement(class: &PyType, dict: &PyObject, changes: &PyDict) -> PyResult<()> {
    let fields = field_names(class)?.unwrap_or_default();
    let attributes = attribute_names(class)?;
    for (name, _) in changes.items_vec() {
        if position_of(&fields, &name)?.is_none() && position_of(&attributes, &name)?.is_none() {
            return Err(type_error!(
                "{}.__replace__ got an unexpected keyword argument {}.",
                class.tp_name(),
                shown(&name)?
            ));
        }
    }
    let types = class.lookup_attr(intern!("_field_types"))?;
    let optional = PySet::new()?;
    let mut missing = Vec::new();
    for name in fields {
        if dict.lookup_item(&name)?.is_some() || changes.contains(&name)? {
            continue;
        }
        let kind = match &types {
            Some(types) => types.lookup_item(&name)?,
            None => None,
        };
        if kind.is_some_and(|kind| kind.is_instance_of::<PyUnion>()) {
            optional.table().add(&name)?;
        } else {
            missing.push(shown(&name)?);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    missing.sort();
    let plural = if missing.len() == 1 { "" } else { "s" };
    Err(type_error!(
        "{}.__replace__ missing {} keyword argument{plural}: {}.",
        class.tp_name(),
        missing.len(),
        missing.join(", ")
    ))
}

/// Writes a node down to a depth.
fn write_node(node: &PyObject, depth: usize, text: &mut StrBuilder) -> PyResult<()> {
    let class = node.type_();
    let guard = ReprGuard::enter(node);
    text.push_str(&class.tp_name());
    if depth == 0 || guard.is_none() {
        text.push_str("(...)");
        return Ok(());
    }
    text.push_str("(");
    let fields = field_names(class)?.unwrap_or_default();
    for (index, name) in fields.iter().enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        let value = node.getattr(name)?;
        text.push_py(&*name.str()?);
        text.push_str("=");
        if let Some(list) = value.downcast::<PyList>() {
            write_row(&list.to_vec(), ["[", "]"], depth - 1, text)?;
        } else if let Some(tuple) = value.downcast::<PyTuple>() {
            write_row(tuple.as_slice(), ["(", ")"], depth - 1, text)?;
        } else {
            write_value(&value, depth - 1, text)?;
        }
    }
    text.push_str(")");
    Ok(())
}

fn write_value(value: &PyObject, depth: usize, text: &mut StrBuilder) -> PyResult<()> {
    if value.is_instance_of::<PyAST>() {
        return write_node(value, depth, text);
    }
    text.push_py(&*value.repr()?);
    Ok(())
}

/// Writes the first and the last of a row.
fn write_row(
    items: &[Obj],
    brackets: [&str; 2],
    depth: usize,
    text: &mut StrBuilder,
) -> PyResult<()> {
    text.push_str(brackets[0]);
    match items {
        [] => {}
        [only] => write_value(only, depth, text)?,
        [first, between @ .., last] => {
            write_value(first, depth, text)?;
            text.push_str(if between.is_empty() { ", " } else { ", ..., " });
            write_value(last, depth, text)?;
        }
    }
    text.push_str(brackets[1]);
    Ok(())
}
