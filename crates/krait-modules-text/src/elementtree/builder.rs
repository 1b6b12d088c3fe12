//! `TreeBuilder`: a tree of elements from starts, texts and ends.

use std::cell::{Cell, RefCell};

use krait_macros::{pyclass, pymethods};
use krait_runtime::{
    Args, Field, KwArgs, Obj, OptionalArg, Py, PyClass, PyDict, PyErr, PyList, PyObject, PyResult,
    PyStr, PyTuple, PyType, index_error, none, type_error,
};

use super::element::{Element, held, shown};
use super::{PARSE_ERROR, factories};
use crate::util::raise;

/// The kinds of events that a builder can report.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub(super) enum Report {
    Start,
    End,
    StartNs,
    EndNs,
    Comment,
    Pi,
}

/// Their names.
pub(super) const REPORTS: [(&str, Report); 6] = [
    ("start", Report::Start),
    ("end", Report::End),
    ("start-ns", Report::StartNs),
    ("end-ns", Report::EndNs),
    ("comment", Report::Comment),
    ("pi", Report::Pi),
];

/// A builder of trees.
#[pyclass(
    name = "TreeBuilder",
    module = "xml.etree.ElementTree",
    flags(BASETYPE, GC)
)]
#[repr(C)]
pub(super) struct TreeBuilder {
    ob_base: PyObject,
    #[traverse]
    root: Field<PyObject>,
    /// The innermost open element.
    #[traverse]
    this: Field<PyObject>,
    /// What began or ended last.
    #[traverse]
    last: Field<PyObject>,
    /// What text comes after, if it does not come at the beginning of `last`.
    #[traverse]
    last_for_tail: Field<PyObject>,
    /// Text objects that belong to `last`.
    #[traverse]
    data: RefCell<Vec<Obj>>,
    /// Text after them that is no object yet.
    text: RefCell<String>,
    /// The elements around `this`.
    #[traverse]
    stack: RefCell<Vec<Option<Obj>>>,
    #[traverse]
    element_factory: Field<PyObject>,
    #[traverse]
    comment_factory: Field<PyObject>,
    #[traverse]
    pi_factory: Field<PyObject>,
    /// Where events are reported to.
    #[traverse]
    append_event: Field<PyObject>,
    /// The names of the events that are reported.
    #[traverse]
    reported: [Field<PyObject>; REPORTS.len()],
    insert_comments: Cell<bool>,
    insert_pis: Cell<bool>,
}

impl TreeBuilder {
    pub(super) fn create(class: &PyType) -> PyResult<Py<TreeBuilder>> {
        Py::new_in(
            class,
            TreeBuilder {
                ob_base: PyObject::HEADER,
                root: Field::empty(),
                this: Field::empty(),
                last: Field::empty(),
                last_for_tail: Field::empty(),
                data: RefCell::default(),
                text: RefCell::default(),
                stack: RefCell::default(),
                element_factory: Field::empty(),
                comment_factory: Field::from_option(factories().comment.get()),
                pi_factory: Field::from_option(factories().pi.get()),
                append_event: Field::empty(),
                reported: [const { Field::empty() }; REPORTS.len()],
                insert_comments: Cell::new(false),
                insert_pis: Cell::new(false),
            },
        )
    }

    /// Reports events from now on by calling `append`.
    pub(super) fn report_to(&self, append: Obj) {
        self.append_event.set(Some(append));
        self.reported.iter().for_each(|name| name.set(None));
    }

    pub(super) fn report(&self, report: Report, name: Obj) {
        self.reported[report as usize].set(Some(name));
    }

    fn tell(&self, report: Report, node: impl FnOnce() -> PyResult<Obj>) -> PyResult<()> {
        if let (Some(append), Some(name)) = (
            self.append_event.get(),
            self.reported[report as usize].get(),
        ) {
            let event = PyTuple::from_array([name, node()?])?;
            append.call1(&event)?;
        }
        Ok(())
    }

    /// Tells a namespace that begins.
    pub(super) fn start_namespace(&self, pair: impl FnOnce() -> PyResult<Obj>) -> PyResult<()> {
        self.tell(Report::StartNs, pair)
    }

    /// Tells a namespace that ends.
    pub(super) fn end_namespace(&self) -> PyResult<()> {
        self.tell(Report::EndNs, || Ok(none().to_obj()))
    }

    /// Takes text that is not an object.
    pub(super) fn push_text(&self, text: &str) {
        if self.last.is_some() {
            self.text.borrow_mut().push_str(text);
        }
    }

    /// Takes text that is an object.
    pub(super) fn data_object(&self, data: &PyObject) -> PyResult<()> {
        if self.last.is_some() {
            self.settle_text()?;
            self.data.borrow_mut().push(data.to_obj());
        }
        Ok(())
    }

    /// Makes an object of the text that is none.
    fn settle_text(&self) -> PyResult<()> {
        if self.text.borrow().is_empty() {
            return Ok(());
        }
        let text = PyStr::new(&self.text.borrow())?.into_object();
        self.text.borrow_mut().clear();
        self.data.borrow_mut().push(text);
        Ok(())
    }

    /// Gives the text so far to the element that it belongs to.
    fn flush(&self) -> PyResult<()> {
        self.settle_text()?;
        if self.data.borrow().is_empty() {
            return Ok(());
        }
        let data = self.data.take();
        match (self.last_for_tail.get(), self.last.get()) {
            (Some(element), _) => extend(&element, true, data),
            (None, Some(element)) => extend(&element, false, data),
            (None, None) => Ok(()),
        }
    }

    /// Adds a node to an element.
    fn add(&self, parent: &PyObject, node: &PyObject) -> PyResult<()> {
        match parent.downcast::<Element>() {
            Some(parent)
                if parent.is_exact::<Element>() && node.downcast::<Element>().is_some() =>
            {
                parent.push(node.to_obj());
                Ok(())
            }
            _ => parent.call_method_str("append", &[node]).map(drop),
        }
    }

    pub(super) fn start_element(
        &self,
        tag: &PyObject,
        attrib: Option<Py<PyDict>>,
    ) -> PyResult<Obj> {
        self.flush()?;
        let node = match self.element_factory.get() {
            None => Element::create(tag, attrib)?.into_object(),
            Some(factory) => {
                let attrib = match attrib {
                    Some(attrib) => attrib,
                    None => PyDict::new()?,
                };
                factory.call(&[tag, &attrib])?
            }
        };
        let this = self.this.get();
        self.last_for_tail.set(None);
        match &this {
            Some(this) => self.add(this, &node)?,
            None if self.root.is_some() => {
                return Err(raise(PARSE_ERROR, "multiple elements on top level"));
            }
            None => self.root.set(Some(node.clone())),
        }
        self.stack.borrow_mut().push(this);
        self.this.set(Some(node.clone()));
        self.last.set(Some(node.clone()));
        self.tell(Report::Start, || Ok(node.clone()))?;
        Ok(node)
    }

    pub(super) fn end_element(&self) -> PyResult<Obj> {
        self.flush()?;
        let Some(outer) = self.stack.borrow_mut().pop() else {
            return Err(index_error!("pop from empty stack"));
        };
        let node = self.this.get();
        self.last.set(node.clone());
        self.last_for_tail.set(node.clone());
        self.this.set(outer);
        let node = node.unwrap_or_else(|| none().to_obj());
        self.tell(Report::End, || Ok(node.clone()))?;
        Ok(node)
    }

    /// Inserts what a factory made.
    fn insert(&self, node: &Obj, wanted: bool) -> PyResult<()> {
        if wanted && let Some(this) = self.this.get() {
            self.add(&this, node)?;
            self.last_for_tail.set(Some(node.clone()));
        }
        Ok(())
    }

    pub(super) fn add_comment(&self, text: &PyObject) -> PyResult<Obj> {
        self.flush()?;
        let comment = match self.comment_factory.get() {
            None => text.to_obj(),
            Some(factory) => {
                let comment = factory.call1(text)?;
                self.insert(&comment, self.insert_comments.get())?;
                comment
            }
        };
        self.tell(Report::Comment, || Ok(comment.clone()))?;
        Ok(comment)
    }

    pub(super) fn add_pi(&self, target: &PyObject, text: &PyObject) -> PyResult<Obj> {
        self.flush()?;
        let pi = match self.pi_factory.get() {
            None => PyTuple::from_refs(&[target, text])?.into_object(),
            Some(factory) => {
                let pi = factory.call(&[target, text])?;
                self.insert(&pi, self.insert_pis.get())?;
                pi
            }
        };
        self.tell(Report::Pi, || Ok(pi.clone()))?;
        Ok(pi)
    }

    /// The tree.
    pub(super) fn done(&self) -> Obj {
        shown(&self.root)
    }
}

/// Joins texts.
fn join(mut data: Vec<Obj>) -> PyResult<Obj> {
    if data.len() == 1
        && let Some(only) = data.pop()
    {
        return Ok(only);
    }
    let list = PyList::from_vec(data)?;
    PyStr::new("")?.call_method_str("join", &[&list])
}

/// Appends text to an element's text or tail.
fn extend(element: &PyObject, tail: bool, mut data: Vec<Obj>) -> PyResult<()> {
    if element.is_exact::<Element>()
        && let Some(element) = element.downcast::<Element>()
    {
        let field = if tail { &element.tail } else { &element.text };
        if let Some(before) = field.get() {
            data.insert(0, before);
        }
        let text = join(data)?;
        field.set(held(&text));
        return Ok(());
    }
    let name = if tail { "tail" } else { "text" };
    let before = element.getattr_str(name)?;
    if !before.is(none()) {
        data.insert(0, before);
    }
    element.setattr_str(name, &*join(data)?)
}

/// What is given for a factory: nothing and `None` are the same.
fn factory(given: Option<&PyObject>, default: Option<Obj>) -> Option<Obj> {
    given.map(PyClass::to_obj).or(default)
}

#[pymethods]
impl TreeBuilder {
    #[pynew(signature = "(*args, **kwargs)", text_signature = "")]
    fn new(cls: &PyType, _args: Args<'_>, _kwargs: KwArgs<'_>) -> PyResult<Py<TreeBuilder>> {
        TreeBuilder::create(cls)
    }

    #[pyinit(
        signature = "(element_factory=None, *, comment_factory=None, pi_factory=None, insert_comments=False, insert_pis=False)"
    )]
    fn init(
        &self,
        element_factory: Option<&PyObject>,
        comment_factory: Option<&PyObject>,
        pi_factory: Option<&PyObject>,
        insert_comments: bool,
        insert_pis: bool,
    ) -> PyResult<()> {
        self.element_factory.set(factory(element_factory, None));
        self.comment_factory
            .set(factory(comment_factory, factories().comment.get()));
        self.pi_factory
            .set(factory(pi_factory, factories().pi.get()));
        self.insert_comments.set(insert_comments);
        self.insert_pis.set(insert_pis);
        Ok(())
    }

    #[pymethod(signature = "($self, tag, attrs, /)")]
    fn start(&self, tag: &PyObject, attrs: &PyObject) -> PyResult<Obj> {
        match attrs.downcast::<PyDict>() {
            Some(attrs) => self.start_element(tag, Some(PyClass::to_owned(attrs))),
            None => Err(type_error!(
                "start() argument 2 must be dict, not {}",
                attrs.type_name()
            )),
        }
    }

    #[pymethod(signature = "($self, data, /)")]
    fn data(&self, data: &PyObject) -> PyResult<()> {
        self.data_object(data)
    }

    #[pymethod(signature = "($self, tag, /)")]
    fn end(&self, _tag: &PyObject) -> PyResult<Obj> {
        self.end_element()
    }

    #[pymethod(signature = "($self, text, /)")]
    fn comment(&self, text: &PyObject) -> PyResult<Obj> {
        self.add_comment(text)
    }

    #[pymethod(signature = "($self, target, text=None, /)")]
    fn pi(&self, target: &PyObject, text: OptionalArg<&PyObject>) -> PyResult<Obj> {
        self.add_pi(target, text.present().unwrap_or(none()))
    }

    #[pymethod]
    fn close(&self) -> PyResult<Obj> {
        Ok::<Obj, PyErr>(self.done())
    }
}
