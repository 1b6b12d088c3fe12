//! `pyexpat`: XML parsers whose handlers are Python functions, over `krait-xml`.

mod attributes;
mod deliver;
mod parser;

pub(crate) use deliver::encoding_table;

use krait_macros::pyfunction;
use krait_runtime::{
    Interpreter, IntoPy, Obj, OptionalArg, Py, PyClass, PyDict, PyModule, PyObject, PyResult,
    PyStr, PyTuple, exc, none, pymodule, type_error, value_error,
};
use krait_xml::ERRORS;

use crate::util::add_exception;
use parser::XmlParser;

pymodule! {
    pub PYEXPAT = "pyexpat", "Python wrapper for Expat parser.",
    functions: [parser_create, error_string],
    classes: [],
    hidden: [XmlParser],
    exec: Some(exec)
}

/// The full name of the exception class.
const ERROR: &str = "xml.parsers.expat.ExpatError";

/// The version of expat whose behaviour this is.
pub(crate) const VERSION: (i64, i64, i64) = (2, 9, 0);

/// What expat would be built with: names and values.
const FEATURES: [(&str, i64); 10] = [
    ("sizeof(XML_Char)", 1),
    ("sizeof(XML_LChar)", 1),
    ("XML_DTD", 0),
    ("XML_CONTEXT_BYTES", 1024),
    ("XML_NS", 0),
    ("XML_BLAP_MAX_AMP", 100),
    ("XML_BLAP_ACT_THRES", 8 << 20),
    ("XML_GE", 0),
    ("XML_AT_MAX_AMP", 100),
    ("XML_AT_ACT_THRES", 64 << 20),
];

/// When parameter entities are read.
const PARAM_ENTITY_PARSING: [(&str, i64); 3] = [
    ("XML_PARAM_ENTITY_PARSING_NEVER", 0),
    ("XML_PARAM_ENTITY_PARSING_UNLESS_STANDALONE", 1),
    ("XML_PARAM_ENTITY_PARSING_ALWAYS", 2),
];

/// Kinds and quantifiers in content models.
const MODEL: [(&str, i64); 10] = [
    ("XML_CTYPE_EMPTY", 1),
    ("XML_CTYPE_ANY", 2),
    ("XML_CTYPE_MIXED", 3),
    ("XML_CTYPE_NAME", 4),
    ("XML_CTYPE_CHOICE", 5),
    ("XML_CTYPE_SEQ", 6),
    ("XML_CQUANT_NONE", 0),
    ("XML_CQUANT_OPT", 1),
    ("XML_CQUANT_REP", 2),
    ("XML_CQUANT_PLUS", 3),
];

fn exec(module: &PyModule) -> PyResult<()> {
    let class = add_exception(module, ERROR, &[&exc::Exception], None)?;
    module.add("error", &class)?;
    module.add("XMLParserType", XmlParser::type_object())?;
    let (major, minor, micro) = VERSION;
    let version = format!("expat_{major}.{minor}.{micro}");
    module.add("EXPAT_VERSION", &*version.into_py()?)?;
    module.add("version_info", &*VERSION.into_py()?)?;
    module.add("native_encoding", &*"UTF-8".into_py()?)?;
    let features = FEATURES
        .iter()
        .map(|&row| row.into_py())
        .collect::<PyResult<Vec<Obj>>>()?;
    module.add("features", &*krait_runtime::PyList::from_vec(features)?)?;
    for (name, value) in PARAM_ENTITY_PARSING {
        module.add(name, &*value.into_py()?)?;
    }
    let errors = submodule(
        module,
        "errors",
        "Constants used to describe error conditions.",
    )?;
    let codes = PyDict::new()?;
    let messages = PyDict::new()?;
    for &(name, code, message) in ERRORS {
        let (code, message) = (code.into_py()?, PyStr::new(message)?);
        errors.add(name, &message)?;
        codes.set_item(&message, &code)?;
        messages.set_item(&code, &message)?;
    }
    errors.add("codes", &codes)?;
    errors.add("messages", &messages)?;
    let doc = "Constants used to interpret content model information.";
    let model = submodule(module, "model", doc)?;
    for (name, value) in MODEL {
        model.add(name, &*value.into_py()?)?;
    }
    Ok(())
}

/// A module inside of this one, which can be imported by its full name.
fn submodule(module: &PyModule, name: &str, doc: &str) -> PyResult<Py<PyModule>> {
    let full_name = PyStr::intern(&format!("pyexpat.{name}"))?;
    let inner = PyModule::new_object(&full_name)?;
    inner.add("__doc__", &*doc.into_py()?)?;
    if let Some(modules) = Interpreter::current().modules.get() {
        modules.set_item(&full_name, &inner)?;
    }
    module.add(name, &inner)?;
    Ok(inner)
}

/// Returns string error for given number.
#[pyfunction(name = "ErrorString", signature = "(code, /)")]
fn error_string(code: i64) -> Option<&'static str> {
    krait_xml::error_message(code)
}

/// Return a new XML parser object.
#[pyfunction(
    name = "ParserCreate",
    signature = "(encoding=None, namespace_separator=None, intern=<unrepresentable>)"
)]
fn parser_create(
    encoding: Option<&str>,
    namespace_separator: Option<&str>,
    intern: OptionalArg<&PyObject>,
) -> PyResult<Py<XmlParser>> {
    let intern = match intern {
        OptionalArg::Missing => Some(PyDict::new()?),
        OptionalArg::Present(object) if object.is(none()) => None,
        OptionalArg::Present(object) => match object.downcast::<PyDict>() {
            Some(dict) => Some(PyClass::to_owned(dict)),
            None => return Err(type_error!("intern must be a dictionary")),
        },
    };
    let separator = match namespace_separator.map(|text| (text.len(), text.chars().next())) {
        None => None,
        Some((0 | 1, separator)) => Some(separator),
        Some(_) => {
            return Err(value_error!(
                "namespace_separator must be at most one character, omitted, or None"
            ));
        }
    };
    XmlParser::create(krait_xml::Parser::new(encoding, separator), intern)
}

/// A tuple of objects.
fn tuple<const N: usize>(items: [Obj; N]) -> PyResult<Obj> {
    Ok(PyTuple::from_array(items)?.into_object())
}
