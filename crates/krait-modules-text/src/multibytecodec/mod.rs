//! `_multibytecodec` and the modules of East Asian codecs: `_codecs_cn`, `_codecs_jp` and their kin.
//!
//! The codecs are `krait-text`'s; here are the objects that Python sees of them, and the error handlers.

mod incremental;
mod run;
mod stream;

use krait_macros::{pyclass, pyfunction, pymethods};
use krait_runtime::{
    Obj, Py, PyClass, PyErr, PyObject, PyResult, PyStr, PyType, exc, pymodule, type_error,
};
use krait_text::cjk::{self, Codec};

use incremental::{MultibyteIncrementalDecoder, MultibyteIncrementalEncoder};
use stream::{MultibyteStreamReader, MultibyteStreamWriter};

pymodule! {
    pub MULTIBYTECODEC = "_multibytecodec", "",
    functions: [],
    classes: [
        MultibyteIncrementalDecoder, MultibyteIncrementalEncoder, MultibyteStreamReader,
        MultibyteStreamWriter,
    ],
    hidden: [MultibyteCodec],
    exec: None
}

macro_rules! codec_modules {
    ($($static:ident $home:ident $name:literal;)*) => {$(
        mod $home {
            use super::*;

            #[pyfunction(signature = "(encoding, /)")]
            pub fn getcodec(encoding: &PyObject) -> PyResult<Py<MultibyteCodec>> {
                find($name, encoding)
            }
        }

        pymodule! {
            pub $static = $name, "",
            functions: [$home::getcodec],
            classes: [],
            hidden: [MultibyteCodec],
            exec: None
        }
    )*};
}

codec_modules! {
    CODECS_CN cn "_codecs_cn";
    CODECS_HK hk "_codecs_hk";
    CODECS_ISO2022 iso2022 "_codecs_iso2022";
    CODECS_JP jp "_codecs_jp";
    CODECS_KR kr "_codecs_kr";
    CODECS_TW tw "_codecs_tw";
}

/// The codec of this name that a module has.
fn find(module: &str, encoding: &PyObject) -> PyResult<Py<MultibyteCodec>> {
    let Some(name) = encoding.downcast::<PyStr>() else {
        return Err(type_error!("encoding name must be a string."));
    };
    let codec = cjk::find(module, name.as_utf8()?)
        .ok_or_else(|| PyErr::new(&exc::LookupError, "no such codec is supported."))?;
    Py::new(MultibyteCodec {
        ob_base: PyObject::HEADER,
        codec,
    })
}

// Doc comments would become the classes', and CPython's have none.
#[allow(missing_docs)]
#[pyclass(
    name = "MultibyteCodec",
    module = "_multibytecodec",
    flags(DISALLOW_INSTANTIATION)
)]
#[repr(C)]
pub struct MultibyteCodec {
    ob_base: PyObject,
    codec: &'static Codec,
}

#[pymethods]
impl MultibyteCodec {
    /// Return an encoded string version of 'input'.
    ///
    /// 'errors' may be given to set a different error handling scheme. Default is
    /// 'strict' meaning that encoding errors raise a UnicodeEncodeError. Other
    /// possible values are 'ignore', 'replace' and 'xmlcharrefreplace' as well as
    /// any other name registered with codecs.register_error that can handle
    /// UnicodeEncodeErrors.
    #[pymethod(signature = "($self, /, input, errors=None)")]
    fn encode(&self, input: &PyObject, errors: Option<&str>) -> PyResult<Obj> {
        run::encode_whole(self.codec, input, errors)
    }

    /// Decodes 'input'.
    ///
    /// 'errors' may be given to set a different error handling scheme. Default is
    /// 'strict' meaning that encoding errors raise a UnicodeDecodeError. Other
    /// possible values are 'ignore' and 'replace' as well as any other name
    /// registered with codecs.register_error that is able to handle
    /// UnicodeDecodeErrors.
    #[pymethod(signature = "($self, /, input, errors=None)")]
    fn decode(&self, input: &PyObject, errors: Option<&str>) -> PyResult<Obj> {
        run::decode_whole(self.codec, input, errors)
    }
}

/// The codec that a class has as its attribute `codec`.
fn codec_of(class: &PyType) -> PyResult<&'static Codec> {
    match class.getattr_str("codec")?.downcast::<MultibyteCodec>() {
        Some(object) => Ok(object.codec),
        None => Err(type_error!("codec is unexpected type")),
    }
}

/// The attribute `errors`, as it may be set.
fn checked_errors(value: Option<&PyObject>) -> PyResult<Py<PyStr>> {
    let Some(value) = value else {
        return Err(PyErr::new(&exc::AttributeError, "cannot delete attribute"));
    };
    match value.downcast::<PyStr>() {
        Some(errors) => Ok(PyClass::to_owned(errors)),
        None => Err(type_error!("errors must be a string")),
    }
}
