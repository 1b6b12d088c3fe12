//! `_elementtree`: elements, the builder that makes a tree of them, and the parser that feeds it.

mod builder;
mod children;
mod element;
mod iter;
mod search;
mod xmlparser;

use krait_macros::pyfunction;
use krait_runtime::{
    Args, Field, Interpreter, KwArgs, Obj, PyClass, PyModule, PyObject, PyResult, exc, none,
    pymodule, type_error,
};

use crate::util::add_exception;
use builder::TreeBuilder;
use element::Element;
use iter::ElementIterator;
use xmlparser::XmlParser;

pymodule! {
    pub ELEMENTTREE = "_elementtree", "",
    functions: [sub_element, set_factories],
    classes: [Element, TreeBuilder, XmlParser],
    hidden: [ElementIterator],
    exec: Some(exec)
}

/// The full name of the exception class.
const PARSE_ERROR: &str = "xml.etree.ElementTree.ParseError";

/// What makes comments and processing instructions, unless a builder is told otherwise.
#[derive(Default)]
struct Factories {
    comment: Field<PyObject>,
    pi: Field<PyObject>,
}

fn factories() -> &'static Factories {
    Interpreter::current().extension::<Factories>()
}

fn exec(module: &PyModule) -> PyResult<()> {
    add_exception(module, PARSE_ERROR, &[&exc::SyntaxError], None)?;
    Ok(())
}

/// A name for an object of any class, as messages have it.
fn not_element(object: &PyObject) -> krait_runtime::PyErr {
    type_error!("expected an Element, not \"{}\"", object.type_().tp_name())
}

fn element(object: &PyObject) -> PyResult<&Element> {
    object
        .downcast::<Element>()
        .ok_or_else(|| not_element(object))
}

#[pyfunction(
    name = "SubElement",
    signature = "(*args, **extra)",
    text_signature = ""
)]
fn sub_element(args: Args<'_>, extra: KwArgs<'_>) -> PyResult<Obj> {
    let given = args.as_slice();
    let (parent, tag) = match given {
        [parent, tag] | [parent, tag, _] => (parent, tag),
        _ => {
            let (bound, limit) = if given.len() < 2 {
                ("least", 2)
            } else {
                ("most", 3)
            };
            return Err(type_error!(
                "SubElement() takes at {bound} {limit} arguments ({} given)",
                given.len()
            ));
        }
    };
    let Some(parent) = parent.downcast::<Element>() else {
        return Err(type_error!(
            "SubElement() argument 1 must be xml.etree.ElementTree.Element, not {}",
            parent.type_name()
        ));
    };
    let attributes = element::attributes_from("SubElement", 3, given.get(2).copied(), &extra)?;
    let new = Element::create(tag, attributes)?;
    parent.push(new.to_obj());
    Ok(new.into_object())
}

/// Change the factories used to create comments and processing instructions.
///
/// For internal use only.
#[pyfunction(
    name = "_set_factories",
    signature = "(comment_factory, pi_factory, /)"
)]
fn set_factories(comment_factory: &PyObject, pi_factory: &PyObject) -> PyResult<(Obj, Obj)> {
    let check = |factory: &PyObject, kind: &str| -> PyResult<Option<Obj>> {
        if factory.is(none()) {
            return Ok(None);
        }
        if !factory.is_callable() {
            return Err(type_error!(
                "{kind} factory must be callable, not {}",
                factory.type_().tp_name()
            ));
        }
        Ok(Some(factory.to_obj()))
    };
    let comment = check(comment_factory, "Comment")?;
    let pi = check(pi_factory, "PI")?;
    let state = factories();
    let old = |object: Option<Obj>| object.unwrap_or_else(|| none().to_obj());
    Ok((
        old(state.comment.replace(comment)),
        old(state.pi.replace(pi)),
    ))
}
