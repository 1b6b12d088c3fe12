//! Docstrings of native functions, which may begin with a signature: `name(args)\n--\n\ntext`.

use std::ffi::c_char;

use crate::cfunction::c_text;
use crate::object::{Obj, Py};
use crate::{PyResult, PyStr};

const END: &str = ")\n--\n\n";

/// The signature and the text after it, if the docstring begins with one.
fn split<'a>(name: &str, doc: &'a str) -> Option<(&'a str, &'a str)> {
    let name = name.rsplit('.').next().unwrap_or(name);
    let signature = doc
        .strip_prefix(name)
        .filter(|rest| rest.starts_with('('))?;
    let end = signature.find(END)?;
    // An empty line before the marker means that the marker is part of the text.
    if signature[..end].contains("\n\n") {
        return None;
    }
    Some((&signature[..=end], &signature[end + END.len()..]))
}

/// The docstring without its signature.
pub(crate) fn without_signature<'a>(name: &str, doc: &'a str) -> &'a str {
    split(name, doc).map_or(doc, |(_, text)| text)
}

/// The signature: `(args)`.
pub(crate) fn text_signature<'a>(name: &str, doc: &'a str) -> Option<&'a str> {
    split(name, doc).map(|(signature, _)| signature)
}

/// `__doc__` of a function with this C docstring.
pub(crate) fn doc_object(name: &str, doc: *const c_char) -> PyResult<Obj> {
    let doc = c_text(doc);
    let text = without_signature(name, &doc);
    if text.is_empty() {
        return Ok(crate::typeobject::glue::none_obj());
    }
    PyStr::new(text).map(Py::into_object)
}

/// `__text_signature__` of a function with this C docstring.
pub(crate) fn signature_object(name: &str, doc: *const c_char) -> PyResult<Obj> {
    match text_signature(name, &c_text(doc)) {
        Some(signature) => PyStr::new(signature).map(Py::into_object),
        None => Ok(crate::typeobject::glue::none_obj()),
    }
}
