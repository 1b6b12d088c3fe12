//! What `Element.iter` and `Element.itertext` give: a walk through the tree as it is at each step.

use std::cell::RefCell;

use krait_macros::{pyclass, pymethods};
use krait_runtime::{Field, Obj, Py, PyClass, PyObject, PyResult, PyStr, attribute_error};

use super::element::{Element, shown};

/// The iterator of elements or their texts.
#[pyclass(
    name = "_element_iterator",
    module = "_elementtree",
    flags(GC, DISALLOW_INSTANTIATION)
)]
#[repr(C)]
pub(super) struct ElementIterator {
    ob_base: PyObject,
    /// Where the walk begins, until it has.
    #[traverse]
    root: Field<Element>,
    #[traverse]
    tag: Field<PyObject>,
    /// The elements that the walk is inside of.
    #[traverse]
    parents: RefCell<Vec<Obj>>,
    /// The next child of each.
    indices: RefCell<Vec<usize>>,
    text: bool,
}

impl ElementIterator {
    pub(super) fn create(root: &Element, tag: Option<Obj>, text: bool) -> PyResult<Py<Self>> {
        Py::new(ElementIterator {
            ob_base: PyObject::HEADER,
            root: Field::new(PyClass::to_owned(root)),
            tag: Field::from_option(tag),
            parents: RefCell::default(),
            indices: RefCell::default(),
            text,
        })
    }

    /// Leaves the innermost element. The text after it is given, unless the walk began there.
    fn leave(&self) -> Option<Obj> {
        let parent = self.parents.borrow_mut().pop();
        self.indices.borrow_mut().pop();
        if self.parents.borrow().is_empty() {
            return None;
        }
        parent?.downcast::<Element>()?.tail.get()
    }

    fn enter(&self, element: Obj) {
        self.parents.borrow_mut().push(element);
        self.indices.borrow_mut().push(0);
    }
}

/// The next step of the walk.
enum Step {
    Entered(Obj),
    /// With the text after what was left.
    Left(Option<Obj>),
    Done,
}

impl ElementIterator {
    fn step(&self) -> PyResult<Step> {
        let innermost = self.parents.borrow().last().cloned();
        let Some(parent) = innermost else {
            let Some(root) = self.root.take() else {
                return Ok(Step::Done);
            };
            self.enter(root.to_obj());
            return Ok(Step::Entered(root.into_object()));
        };
        let index = match self.indices.borrow_mut().last_mut() {
            Some(index) => {
                *index += 1;
                *index - 1
            }
            None => 0,
        };
        let child = parent
            .downcast::<Element>()
            .and_then(|parent| parent.child(index));
        let Some(child) = child else {
            return Ok(Step::Left(self.leave()));
        };
        if child.downcast::<Element>().is_none() {
            return Err(attribute_error!(
                "'{}' object has no attribute 'iter'",
                child.type_().tp_name()
            ));
        }
        self.enter(child.clone());
        Ok(Step::Entered(child))
    }
}

#[pymethods]
impl ElementIterator {
    #[slot(tp_iter)]
    fn iter(&self) -> Py<Self> {
        PyClass::to_owned(self)
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Obj>> {
        loop {
            let text = match self.step()? {
                Step::Done => return Ok(None),
                Step::Left(text) => text,
                Step::Entered(child) => {
                    let Some(element) = child.downcast::<Element>() else {
                        continue;
                    };
                    if self.text {
                        // The texts of comments and processing instructions are no text of the document.
                        let tag = element.tag.get();
                        match tag.is_none_or(|tag| tag.is_instance_of::<PyStr>()) {
                            true => element.text.get(),
                            false => self.leave(),
                        }
                    } else {
                        let found = match self.tag.get() {
                            None => true,
                            Some(tag) => {
                                let own = shown(&element.tag);
                                own.is(&tag) || own.eq(&tag)?
                            }
                        };
                        if found {
                            return Ok(Some(child));
                        }
                        continue;
                    }
                }
            };
            if !self.text {
                continue;
            }
            if let Some(text) = text
                && text.is_true()?
            {
                return Ok(Some(text));
            }
        }
    }
}
