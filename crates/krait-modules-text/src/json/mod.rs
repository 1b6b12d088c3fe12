//! `_json`: the scanner and the encoder behind the `json` package.

mod encoder;
mod escape;
mod scanner;
mod strings;

use krait_macros::pyfunction;
use krait_runtime::{Obj, Py, PyClass, PyErr, PyObject, PyResult, PyStr, pymodule, type_error};

use crate::util::import;
use encoder::Encoder;
use scanner::Scanner;

pymodule! {
    pub JSON = "_json", "json speedups\n",
    functions: [encode_basestring, encode_basestring_ascii, scanstring],
    classes: [],
    hidden: [],
    exec: Some(exec)
}

fn exec(module: &krait_runtime::PyModule) -> PyResult<()> {
    krait_runtime::typeobject::ready_type(Scanner::type_object())?;
    krait_runtime::typeobject::ready_type(Encoder::type_object())?;
    module.add("make_scanner", Scanner::type_object())?;
    module.add("make_encoder", Encoder::type_object())
}

/// Raises `json.JSONDecodeError(message, text, position)`.
#[cold]
fn decode_error(message: &str, text: &PyStr, position: usize) -> PyErr {
    let make = || -> PyResult<Obj> {
        let class = import("json.decoder")?.getattr(krait_runtime::intern!("JSONDecodeError"))?;
        let message = PyStr::new(message)?;
        let position = krait_runtime::PyLong::from_usize(position)?;
        class.call(&[&message, text, &position])
    };
    match make() {
        Ok(exception) => PyErr::raise(exception),
        Err(error) => error,
    }
}

/// The text that an argument must be.
fn expect_text(object: &PyObject) -> PyResult<&PyStr> {
    object.downcast::<PyStr>().ok_or_else(|| {
        type_error!(
            "first argument must be a string, not {}",
            object.type_().tp_name()
        )
    })
}

/// Return the JSON form of text; what is not ASCII stays as it is.
#[pyfunction(signature = "($self, object, /)")]
fn encode_basestring(object: &PyObject) -> PyResult<Py<PyStr>> {
    escape::quoted(expect_text(object)?, false)
}

/// Return the JSON form of text in ASCII only.
#[pyfunction(signature = "($self, object, /)")]
fn encode_basestring_ascii(object: &PyObject) -> PyResult<Py<PyStr>> {
    escape::quoted(expect_text(object)?, true)
}

/// scanstring(string, end, strict=True) -> (string, end)
///
/// Scan a JSON string; end is the index of the character after its opening quote.
/// Return the text and the index of the character after its closing quote.
#[pyfunction(signature = "(string, end, strict=True, /)", text_signature = "")]
fn scanstring(string: &PyObject, end: isize, strict: bool) -> PyResult<(Py<PyStr>, usize)> {
    let text = expect_text(string)?;
    let begin = usize::try_from(end)
        .ok()
        .filter(|&begin| begin <= text.len())
        .ok_or_else(|| krait_runtime::value_error!("end is out of bounds"))?;
    match text.as_slice() {
        krait_text::StrSlice::Latin1(units) => strings::scan(text, units, begin, strict),
        krait_text::StrSlice::Ucs2(units) => strings::scan(text, units, begin, strict),
        krait_text::StrSlice::Ucs4(units) => strings::scan(text, units, begin, strict),
    }
}
