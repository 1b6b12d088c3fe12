//! `Element`'s searches: plain tags here, paths by the module `ElementPath`.

use krait_macros::pymethods;
use krait_runtime::{Obj, Py, PyClass, PyList, PyObject, PyResult, PyStr, none};

use super::element::{Element, shown};
use super::iter::ElementIterator;
use crate::util::import;

/// Whether this may be more than a tag.
fn is_path(path: &PyObject) -> bool {
    let Some(path) = path.downcast::<PyStr>() else {
        return true;
    };
    let path = path.to_string_lossy();
    if path.starts_with("{}") || path.starts_with("{*}") {
        return true;
    }
    let mut outside = true;
    for character in path.chars() {
        match character {
            '{' => outside = false,
            '}' => outside = true,
            '/' | '*' | '[' | '@' | '.' if outside => return true,
            _ => {}
        }
    }
    false
}

impl Element {
    /// Calls a function of `ElementPath`, if the search is one for it.
    fn by_path(
        &self,
        function: &str,
        path: &PyObject,
        rest: &[&PyObject],
        namespaces: Option<&PyObject>,
    ) -> PyResult<Option<Obj>> {
        if namespaces.is_none() && !is_path(path) {
            return Ok(None);
        }
        let function = import("xml.etree.ElementPath")?.getattr_str(function)?;
        let mut arguments: Vec<&PyObject> = vec![self, path];
        arguments.extend(rest);
        arguments.push(namespaces.unwrap_or(none()));
        function.call(&arguments).map(Some)
    }

    /// The first child from an index on that has a tag, and the index after it.
    fn next_with_tag(&self, tag: &PyObject, mut index: usize) -> PyResult<Option<(Obj, usize)>> {
        while let Some(child) = self.child(index) {
            index += 1;
            if let Some(element) = child.downcast::<Element>() {
                let own = shown(&element.tag);
                if own.is(tag) || own.eq(tag)? {
                    return Ok(Some((child, index)));
                }
            }
        }
        Ok(None)
    }
}

#[pymethods(SEARCH)]
impl Element {
    #[pymethod(signature = "($self, /, path, namespaces=None)")]
    fn find(&self, path: &PyObject, namespaces: Option<&PyObject>) -> PyResult<Option<Obj>> {
        if let Some(found) = self.by_path("find", path, &[], namespaces)? {
            return Ok(Some(found));
        }
        Ok(self.next_with_tag(path, 0)?.map(|found| found.0))
    }

    #[pymethod(signature = "($self, /, path, default=None, namespaces=None)")]
    fn findtext(
        &self,
        path: &PyObject,
        default: Option<&PyObject>,
        namespaces: Option<&PyObject>,
    ) -> PyResult<Obj> {
        let default = default.unwrap_or(none());
        if let Some(found) = self.by_path("findtext", path, &[default], namespaces)? {
            return Ok(found);
        }
        let Some((child, _)) = self.next_with_tag(path, 0)? else {
            return Ok(default.to_obj());
        };
        match child
            .downcast::<Element>()
            .and_then(|child| child.text.get())
        {
            Some(text) => Ok(text),
            None => Ok(PyStr::new("")?.into_object()),
        }
    }

    #[pymethod(signature = "($self, /, path, namespaces=None)")]
    fn findall(&self, path: &PyObject, namespaces: Option<&PyObject>) -> PyResult<Obj> {
        if let Some(found) = self.by_path("findall", path, &[], namespaces)? {
            return Ok(found);
        }
        let mut found = Vec::new();
        let mut index = 0;
        while let Some((child, next)) = self.next_with_tag(path, index)? {
            found.push(child);
            index = next;
        }
        Ok(PyList::from_vec(found)?.into_object())
    }

    #[pymethod(signature = "($self, /, path, namespaces=None)")]
    fn iterfind(&self, path: &PyObject, namespaces: Option<&PyObject>) -> PyResult<Obj> {
        let function = import("xml.etree.ElementPath")?.getattr_str("iterfind")?;
        function.call(&[self, path, namespaces.unwrap_or(none())])
    }

    #[pymethod(signature = "($self, /, tag=None)")]
    fn iter(&self, tag: Option<&PyObject>) -> PyResult<Py<ElementIterator>> {
        let any = tag.and_then(|tag| tag.downcast::<PyStr>());
        let any = any.is_some_and(|tag| tag.is_text("*"));
        let tag = tag.filter(|_| !any).map(PyClass::to_obj);
        ElementIterator::create(self, tag, false)
    }

    #[pymethod]
    fn itertext(&self) -> PyResult<Py<ElementIterator>> {
        ElementIterator::create(self, None, true)
    }
}
