//! The node classes of an interpreter, and the making of nodes.

use std::cell::OnceCell;
use std::collections::HashMap;

use krait_ast::Range;
use krait_runtime::generic_alias::new_generic_alias;
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::state::enter_recursive_call;
use krait_runtime::typeobject::new_type;
use krait_runtime::union::union_of;
use krait_runtime::{
    Interpreter, PyDict, PyList, PyLong, PyResult, PyStr, PyTuple, PyType, intern, none,
};

use super::convert::number;
use super::node::PyAST;
use super::table::{FieldDef, NodeDef, Quantity, SECTIONS, Section, SectionDef};

/// A class with fields.
pub(super) struct NodeClass {
    pub(super) def: &'static NodeDef,
    pub(super) class: Py<PyType>,
    /// The names of its fields.
    pub(super) fields: Vec<Py<PyStr>>,
    /// The one instance in trees that were parsed, of classes without fields or position.
    pub(super) singleton: Option<Obj>,
}

/// A type of the grammar.
pub(super) struct SectionClasses {
    pub(super) base: Py<PyType>,
    pub(super) nodes: Vec<NodeClass>,
}

/// All node classes.
pub(super) struct State {
    pub(super) sections: Vec<SectionClasses>,
    by_class: HashMap<usize, (usize, usize)>,
}

/// Where [`State`] is kept per interpreter.
#[derive(Default)]
struct Kept(OnceCell<State>);

/// The names of a position's parts.
const ATTRIBUTES: [&str; 4] = ["lineno", "col_offset", "end_lineno", "end_col_offset"];

/// The interpreter's node classes, made on first use.
pub(super) fn state() -> PyResult<&'static State> {
    let kept = &Interpreter::current().extension::<Kept>().0;
    if kept.get().is_none() {
        let made = State::new()?;
        // Nothing in between can have set it: making classes imports nothing.
        let _ = kept.set(made);
    }
    kept.get()
        .ok_or_else(|| krait_runtime::system_error!("the node classes of _ast are not ready"))
}

impl State {
    fn new() -> PyResult<State> {
        krait_runtime::typeobject::ready_type(PyAST::type_object())?;
        super::node::set_up_base()?;
        let mut sections = Vec::with_capacity(SECTIONS.len());
        let mut by_class = HashMap::new();
        for (index, def) in SECTIONS.iter().enumerate() {
            let section = make_section(def)?;
            for (position, node) in section.nodes.iter().enumerate() {
                by_class.insert(address(&node.class), (index, position));
            }
            sections.push(section);
        }
        let state = State { sections, by_class };
        for (def, section) in SECTIONS.iter().zip(&state.sections) {
            for node in &section.nodes {
                if def.product || !node.def.fields.is_empty() || !is_simple(def) {
                    set_field_types(&state, node)?;
                } else {
                    set_no_field_types(&node.class)?;
                }
            }
        }
        Ok(state)
    }

    /// The section and variant of a class, found by its bases.
    pub(super) fn find(&self, class: &PyType) -> Option<(usize, usize)> {
        if let Some(found) = self.by_class.get(&address(class)) {
            return Some(*found);
        }
        let mro = class.mro()?;
        mro.as_slice().iter().find_map(|base| {
            self.by_class
                .get(&(std::ptr::from_ref::<PyObject>(base) as usize))
                .copied()
        })
    }

    /// The class of a type of the grammar.
    fn class_of(&self, kind: &str) -> Option<&Py<PyType>> {
        let index = SECTIONS.iter().position(|section| section.name == kind)?;
        Some(&self.sections[index].base)
    }

    /// Makes a node from its fields, and its position if it has one.
    pub(super) fn make(
        &self,
        section: Section,
        position: usize,
        fields: Vec<Obj>,
        range: Option<Range>,
    ) -> PyResult<Obj> {
        enter_recursive_call(" during  ast construction")?;
        let node = &self.sections[section as usize].nodes[position];
        if let Some(singleton) = &node.singleton {
            return Ok(singleton.clone());
        }
        let dict = PyDict::with_capacity(fields.len() + 4)?;
        for (name, value) in node.fields.iter().zip(&fields) {
            dict.set_item(name, value)?;
        }
        if let Some(range) = range {
            dict.set_item(intern!("lineno"), &*number(range.lineno)?)?;
            dict.set_item(intern!("col_offset"), &*number(range.col_offset)?)?;
            dict.set_item(intern!("end_lineno"), &*number(range.end_lineno)?)?;
            dict.set_item(intern!("end_col_offset"), &*number(range.end_col_offset)?)?;
        }
        PyAST::make(&node.class, Some(dict))
    }
}

/// Whether a type of the grammar is nothing but names, such as the operators.
fn is_simple(def: &SectionDef) -> bool {
    !def.located && def.nodes.iter().all(|node| node.fields.is_empty())
}

fn address(class: &PyType) -> usize {
    std::ptr::from_ref(class.as_object()) as usize
}

fn names(names: &[&str]) -> PyResult<Py<PyTuple>> {
    let names = names
        .iter()
        .map(|name| Ok(PyStr::intern(name)?.into_object()))
        .collect::<PyResult<Vec<Obj>>>()?;
    PyTuple::from_vec(names)
}

/// The name of a field in Python.
fn python_name(field: &FieldDef) -> &'static str {
    field.name.trim_end_matches('_')
}

/// `Name(type field, …)`, as the class's docstring has it.
fn signature(node: &NodeDef) -> String {
    if node.fields.is_empty() {
        return node.name.to_owned();
    }
    let fields: Vec<String> = node
        .fields
        .iter()
        .map(|field| {
            let mark = match field.quantity {
                Quantity::one => "",
                Quantity::opt => "?",
                Quantity::many => "*",
                Quantity::many_opt => "?*",
            };
            format!("{}{mark} {}", field.kind, python_name(field))
        })
        .collect();
    format!("{}({})", node.name, fields.join(", "))
}

fn section_doc(def: &SectionDef) -> String {
    let alternatives: Vec<String> = def.nodes.iter().map(signature).collect();
    let separator = if is_simple(def) {
        " | ".to_owned()
    } else {
        format!("\n{} | ", " ".repeat(def.name.len()))
    };
    format!("{} = {}", def.name, alternatives.join(&separator))
}

fn make_class(name: &str, base: &PyType, fields: &[FieldDef], doc: &str) -> PyResult<Py<PyType>> {
    let dict = PyDict::new()?;
    let field_names: Vec<&str> = fields.iter().map(python_name).collect();
    let field_names = names(&field_names)?;
    dict.set("_fields", &field_names)?;
    dict.set("__match_args__", &field_names)?;
    dict.set("__module__", &*PyStr::intern("ast")?)?;
    dict.set("__doc__", &*PyStr::new(doc)?)?;
    let bases = PyTuple::from_refs(&[base])?;
    let class = new_type(PyType::type_object(), &*PyStr::intern(name)?, &bases, &dict)?;
    for field in fields {
        if field.quantity == Quantity::opt {
            class.setattr_str(python_name(field), none())?;
        }
    }
    Ok(class)
}

fn set_attributes(class: &PyType, located: bool) -> PyResult<()> {
    let attributes: &[&str] = if located { &ATTRIBUTES } else { &[] };
    class.setattr_str("_attributes", &*names(attributes)?)?;
    for attribute in attributes.iter().skip(2) {
        class.setattr_str(attribute, none())?;
    }
    Ok(())
}

fn node_class(
    def: &'static NodeDef,
    class: Py<PyType>,
    singleton: Option<Obj>,
) -> PyResult<NodeClass> {
    let fields = def
        .fields
        .iter()
        .map(|field| PyStr::intern(python_name(field)))
        .collect::<PyResult<_>>()?;
    Ok(NodeClass {
        def,
        class,
        fields,
        singleton,
    })
}

fn make_section(def: &'static SectionDef) -> PyResult<SectionClasses> {
    let root = PyAST::type_object();
    if def.product {
        let node = &def.nodes[0];
        let base = make_class(node.name, root, node.fields, &signature(node))?;
        set_attributes(&base, def.located)?;
        let nodes = vec![node_class(node, base.clone(), None)?];
        return Ok(SectionClasses { base, nodes });
    }
    let base = make_class(def.name, root, &[], &section_doc(def))?;
    set_attributes(&base, def.located)?;
    let nodes = def
        .nodes
        .iter()
        .map(|node| {
            let class = make_class(node.name, &base, node.fields, &signature(node))?;
            let singleton = if is_simple(def) {
                Some(PyAST::make(&class, None)?)
            } else {
                None
            };
            node_class(node, class, singleton)
        })
        .collect::<PyResult<_>>()?;
    Ok(SectionClasses { base, nodes })
}

fn set_no_field_types(class: &PyType) -> PyResult<()> {
    let types = PyDict::new()?;
    class.setattr_str("_field_types", &types)?;
    class.setattr_str("__annotations__", &types)
}

/// Sets `_field_types`, which are the annotations as well.
fn set_field_types(state: &State, node: &NodeClass) -> PyResult<()> {
    let types = PyDict::new()?;
    for (def, name) in node.def.fields.iter().zip(&node.fields) {
        let kind: Obj = match def.kind {
            "identifier" | "string" => PyStr::type_object().to_obj(),
            "int" => PyLong::type_object().to_obj(),
            "constant" => PyObject::type_object().to_obj(),
            other => match state.class_of(other) {
                Some(class) => class.to_obj(),
                None => continue,
            },
        };
        let kind = match def.quantity {
            Quantity::one => kind,
            Quantity::opt => union_of(&kind, none())?,
            Quantity::many | Quantity::many_opt => new_generic_alias(PyList::type_object(), &kind)?,
        };
        types.set_item(name, &kind)?;
    }
    node.class.setattr_str("_field_types", &types)?;
    node.class.setattr_str("__annotations__", &types)
}
