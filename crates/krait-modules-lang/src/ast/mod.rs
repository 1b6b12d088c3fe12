//! `_ast`: trees as objects.
//!
//! The classes and both conversions come from the one table in [`table`]; [`validate`] finds what a program's
//! own tree has that no parser makes. The interpreter's `compile()` uses [`to_object`] and [`from_object`].

mod convert;
mod node;
mod state;
mod table;
mod validate;

use krait_ast::Mod;
use krait_runtime::object::{Obj, PyClass, PyObject};
use krait_runtime::{PyLong, PyModule, PyResult, pymodule, type_error, value_error};

use convert::{At, Tree};
pub use node::PyAST;
use table::{SECTIONS, Section};

pymodule! {
    pub AST = "_ast", "",
    functions: [],
    classes: [],
    exec: Some(exec),
}

fn exec(module: &PyModule) -> PyResult<()> {
    let state = state::state()?;
    let dict = module.dict();
    dict.set("AST", PyAST::type_object())?;
    let flags = [
        ("PyCF_ALLOW_TOP_LEVEL_AWAIT", 0x2000),
        ("PyCF_ONLY_AST", 0x400),
        ("PyCF_TYPE_COMMENTS", 0x1000),
        ("PyCF_OPTIMIZED_AST", 0x8400),
    ];
    for (name, value) in flags {
        dict.set(name, &*PyLong::from_i64(value)?)?;
    }
    for (def, section) in SECTIONS.iter().zip(&state.sections) {
        dict.set(def.name, &section.base)?;
        for node in &section.nodes {
            dict.set(node.def.name, &node.class)?;
        }
    }
    Ok(())
}

/// The object of a tree.
pub fn to_object(tree: &Mod) -> PyResult<Obj> {
    tree.to_object(state::state()?)
}

/// The tree of an object, `None` if it is no node; `mode` is `compile()`'s.
///
/// # Errors
/// `TypeError` and `ValueError` for a tree that cannot be compiled.
pub fn from_object(object: &PyObject, mode: &str) -> PyResult<Option<Mod>> {
    if !object.is_instance_of::<PyAST>() {
        return Ok(None);
    }
    let state = state::state()?;
    let (position, expected) = match mode {
        "exec" => (0, "Module"),
        "single" => (1, "Interactive"),
        "eval" => (2, "Expression"),
        "func_type" => (3, "FunctionType"),
        _ => {
            return Err(value_error!(
                "compile() mode must be 'exec', 'eval' or 'single'"
            ));
        }
    };
    if state.find(object.type_()) != Some((Section::Mod as usize, position)) {
        return Err(type_error!(
            "expected {expected} node, got {}",
            object.type_name()
        ));
    }
    let at = At {
        state,
        node: expected,
        field: "",
        kind: "mod",
    };
    let Some(tree) = Mod::from_object(object, at)? else {
        return Ok(None);
    };
    validate::validate(&tree)?;
    Ok(Some(tree))
}
