//! `Element` as a sequence of its children.

use krait_macros::pymethods;
use krait_runtime::{
    Obj, PyClass, PyList, PyObject, PyResult, exc, index_error, type_error, value_error,
};

use super::element::Element;
use super::{element, not_element};

/// The elements of an iterable.
fn elements(iterable: &PyObject) -> PyResult<Vec<Obj>> {
    let items = iterable.to_vec_or("assignment expects an iterable")?;
    match items
        .iter()
        .find(|item| item.downcast::<Element>().is_none())
    {
        Some(other) => Err(not_element(other)),
        None => Ok(items),
    }
}

/// An argument that must be an element.
fn argument<'a>(function: &str, place: &str, object: &'a PyObject) -> PyResult<&'a Element> {
    object.downcast::<Element>().ok_or_else(|| {
        type_error!(
            "{function}() argument{place} must be xml.etree.ElementTree.Element, not {}",
            object.type_name()
        )
    })
}

impl Element {
    fn len(&self) -> usize {
        self.children.borrow().len()
    }

    /// Where an index points, counted from the end if it is negative.
    fn position(&self, index: isize) -> Option<usize> {
        let length = self.len();
        let index = if index < 0 {
            index.checked_add_unsigned(length)?
        } else {
            index
        };
        usize::try_from(index).ok().filter(|&index| index < length)
    }

    fn change_at(&self, index: isize, value: Option<&PyObject>) -> PyResult<()> {
        let value = value.map(element).transpose()?;
        let Some(position) = self.position(index) else {
            return Err(index_error!("child assignment index out of range"));
        };
        let mut children = self.children.borrow_mut();
        let old = match value {
            Some(value) => std::mem::replace(&mut children[position], value.to_obj()),
            None => children.remove(position),
        };
        drop(children);
        drop(old);
        Ok(())
    }

    fn change_slice(
        &self,
        slice: &krait_runtime::PySlice,
        value: Option<&PyObject>,
    ) -> PyResult<()> {
        let (start, stop, step) = slice.unpack()?;
        let new = value.map(elements).transpose()?;
        // What Python code ran meanwhile may have changed the length.
        let range = krait_runtime::slice::adjust(start, stop, step, self.len());
        let indices: Vec<usize> = range.indices().collect();
        let mut children = self.children.borrow_mut();
        let old: Vec<Obj> = match new {
            Some(new) if step == 1 => {
                let at = usize::try_from(range.start)
                    .unwrap_or(0)
                    .min(children.len());
                children.splice(at..at + indices.len(), new).collect()
            }
            Some(new) => {
                if new.len() != indices.len() {
                    return Err(value_error!(
                        "attempt to assign sequence of size {} to extended slice of size {}",
                        new.len(),
                        indices.len()
                    ));
                }
                let pairs = indices.into_iter().zip(new);
                pairs
                    .map(|(index, child)| std::mem::replace(&mut children[index], child))
                    .collect()
            }
            None => {
                let mut gone = vec![false; children.len()];
                indices.iter().for_each(|&index| gone[index] = true);
                let all = std::mem::take(&mut *children);
                let (old, kept): (Vec<_>, Vec<_>) =
                    all.into_iter().zip(gone).partition(|each| each.1);
                *children = kept.into_iter().map(|each| each.0).collect();
                old.into_iter().map(|each| each.0).collect()
            }
        };
        drop(children);
        drop(old);
        Ok(())
    }
}

#[pymethods(CHILDREN)]
impl Element {
    #[slot(sq_length, mp_length)]
    fn length(&self) -> usize {
        self.len()
    }

    #[slot(sq_item)]
    fn item(&self, index: isize) -> PyResult<Obj> {
        usize::try_from(index)
            .ok()
            .and_then(|index| self.child(index))
            .ok_or_else(|| index_error!("child index out of range"))
    }

    #[slot(mp_subscript)]
    fn subscript(&self, key: &PyObject) -> PyResult<Obj> {
        if key.has_index() {
            let index = key.as_isize(Some(&exc::IndexError))?;
            return self
                .position(index)
                .and_then(|index| self.child(index))
                .ok_or_else(|| index_error!("child index out of range"));
        }
        let Some(slice) = key.downcast::<krait_runtime::PySlice>() else {
            return Err(type_error!("element indices must be integers"));
        };
        let (start, stop, step) = slice.unpack()?;
        let range = krait_runtime::slice::adjust(start, stop, step, self.len());
        let items: Vec<Obj> = {
            let children = self.children.borrow();
            range
                .indices()
                .map(|index| children[index].clone())
                .collect()
        };
        Ok(PyList::from_vec(items)?.into_object())
    }

    #[slot(mp_ass_subscript)]
    fn ass_subscript(&self, key: &PyObject, value: Option<&PyObject>) -> PyResult<()> {
        if key.has_index() {
            return self.change_at(key.as_isize(Some(&exc::IndexError))?, value);
        }
        match key.downcast::<krait_runtime::PySlice>() {
            Some(slice) => self.change_slice(slice, value),
            None => Err(type_error!("element indices must be integers")),
        }
    }

    #[pymethod(signature = "($self, subelement, /)")]
    fn append(&self, subelement: &PyObject) -> PyResult<()> {
        self.push(argument("append", " 1", subelement)?.to_obj());
        Ok(())
    }

    #[pymethod(signature = "($self, elements, /)")]
    fn extend(&self, elements: &PyObject) -> PyResult<()> {
        for child in elements.to_vec_or("'elements' must be an iterable")? {
            if child.downcast::<Element>().is_none() {
                return Err(not_element(&child));
            }
            self.push(child);
        }
        Ok(())
    }

    #[pymethod(signature = "($self, index, subelement, /)")]
    fn insert(&self, index: isize, subelement: &PyObject) -> PyResult<()> {
        let child = argument("insert", " 2", subelement)?.to_obj();
        let mut children = self.children.borrow_mut();
        let length = children.len();
        let index = if index < 0 {
            index.saturating_add_unsigned(length).max(0)
        } else {
            index
        };
        let index = index.unsigned_abs().min(length);
        children.insert(index, child);
        Ok(())
    }

    #[pymethod(signature = "($self, subelement, /)")]
    fn remove(&self, subelement: &PyObject) -> PyResult<()> {
        let wanted = argument("remove", "", subelement)?;
        let mut index = 0;
        loop {
            let Some(child) = self.child(index) else {
                return Err(value_error!("Element.remove(x): element not found"));
            };
            if child.is(wanted) || child.eq(wanted)? {
                let mut children = self.children.borrow_mut();
                // The comparison may have changed the children.
                let at = match children.get(index) {
                    Some(at) if at.is(&child) => Some(index),
                    _ => None,
                };
                let old = at.map(|at| children.remove(at));
                drop(children);
                drop(old);
                return Ok(());
            }
            index += 1;
        }
    }
}
