//! Dialects: how rows are written.

use krait_macros::{pyclass, pymethods};
use krait_runtime::{
    Field, IntoPy, KwArgs, Obj, Py, PyClass, PyDict, PyErr, PyLong, PyObject, PyResult, PyStr,
    PyTuple, PyType, exc, none, type_error, value_error,
};

use super::{QUOTE_MINIMAL, QUOTE_NONE, QUOTE_NOTNULL, registered};

/// CSV dialect
///
/// The Dialect type records CSV dialect options.
#[pyclass(name = "Dialect", module = "_csv", flags(BASETYPE, GC))]
#[repr(C)]
pub(super) struct Dialect {
    ob_base: PyObject,
    pub(super) delimiter: u32,
    pub(super) doublequote: bool,
    pub(super) escapechar: Option<u32>,
    #[traverse]
    lineterminator: Field<PyStr>,
    pub(super) quotechar: Option<u32>,
    pub(super) quoting: i64,
    pub(super) skipinitialspace: bool,
    pub(super) strict: bool,
}

/// The options in the order of the constructor's parameters after `dialect`.
const OPTIONS: [&str; 8] = [
    "delimiter",
    "doublequote",
    "escapechar",
    "lineterminator",
    "quotechar",
    "quoting",
    "skipinitialspace",
    "strict",
];

/// `Dialect(dialect, **fmtparams)`.
pub(super) fn call_dialect(
    dialect: Option<&PyObject>,
    fmtparams: &KwArgs<'_>,
) -> PyResult<Py<Dialect>> {
    let options = fmtparams.to_dict()?;
    let made = make(Dialect::type_object(), dialect, &[], Some(&options))?;
    made.cast::<Dialect>()
        .map_err(|other| type_error!("{} is no dialect", other.type_name()))
}

fn bad_char(name: &str, or_none: &str, value: &PyObject) -> PyErr {
    match value.downcast::<PyStr>() {
        Some(text) => type_error!(
            "\"{name}\" must be a unicode character{or_none}, not a string of length {}",
            text.len()
        ),
        None => type_error!(
            "\"{name}\" must be a unicode character{or_none}, not {}",
            value.type_().tp_name()
        ),
    }
}

fn char_of(name: &str, or_none: &str, value: &PyObject) -> PyResult<u32> {
    match value.downcast::<PyStr>() {
        Some(text) if text.len() == 1 => Ok(text.char_at(0)),
        _ => Err(bad_char(name, or_none, value)),
    }
}

fn optional_char(name: &str, value: Option<&Obj>, default: Option<u32>) -> PyResult<Option<u32>> {
    match value {
        None => Ok(default),
        Some(value) if value.is(none()) => Ok(None),
        Some(value) => char_of(name, " or None", value).map(Some),
    }
}

fn flag_of(value: Option<&Obj>, default: bool) -> PyResult<bool> {
    value.map_or(Ok(default), |value| value.is_true())
}

fn quoting_of(value: Option<&Obj>) -> PyResult<Option<i64>> {
    let Some(value) = value else { return Ok(None) };
    let Some(number) = value.downcast_exact::<PyLong>() else {
        return Err(type_error!(
            "\"quoting\" must be an integer, not {}",
            value.type_().tp_name()
        ));
    };
    match number.to_i64() {
        Some(quoting @ QUOTE_MINIMAL..=QUOTE_NOTNULL) => Ok(Some(quoting)),
        _ => Err(type_error!("bad \"quoting\" value")),
    }
}

/// The options that are given: by position or name, else as attributes of another dialect.
fn gather(
    dialect: Option<&PyObject>,
    positional: &[Obj],
    kwargs: Option<&PyDict>,
) -> PyResult<[Option<Obj>; 8]> {
    let mut options: [Option<Obj>; 8] = Default::default();
    for (option, value) in options.iter_mut().zip(positional) {
        *option = Some(value.clone());
    }
    for (name, value) in kwargs.map(PyDict::items_vec).unwrap_or_default() {
        let name = name.str()?.to_string_lossy();
        match OPTIONS.iter().position(|&option| option == name) {
            Some(index) => options[index] = Some(value),
            None if name == "dialect" => {}
            None => {
                return Err(type_error!(
                    "this function got an unexpected keyword argument '{name}'"
                ));
            }
        }
    }
    if let Some(dialect) = dialect {
        for (option, name) in options.iter_mut().zip(OPTIONS) {
            if option.is_none() {
                *option = dialect.lookup_attr_str(name)?;
            }
        }
    }
    Ok(options)
}

fn make(
    class: &PyType,
    dialect: Option<&PyObject>,
    positional: &[Obj],
    kwargs: Option<&PyDict>,
) -> PyResult<Obj> {
    let named = match kwargs {
        Some(kwargs) => kwargs.get("dialect")?,
        None => None,
    };
    let dialect = dialect
        .or(named.as_deref())
        .filter(|dialect| !dialect.is(none()));
    let dialect = match dialect {
        Some(name) if name.is_instance_of::<PyStr>() => Some(registered(name)?),
        other => other.map(PyClass::to_obj),
    };
    let options = gather(dialect.as_deref(), positional, kwargs)?;
    // A dialect that nothing is changed of serves as it is.
    let unchanged = positional.is_empty()
        && kwargs.is_none_or(|kwargs| kwargs.len() == usize::from(named.is_some()));
    if let Some(dialect) = &dialect
        && unchanged
        && dialect.is_instance_of::<Dialect>()
    {
        return Ok(dialect.clone());
    }
    let [
        delimiter,
        doublequote,
        escapechar,
        lineterminator,
        quotechar,
        quoting,
        skipinitialspace,
        strict,
    ] = &options;
    let delimiter = match delimiter {
        None => u32::from(b','),
        Some(value) => char_of("delimiter", "", value)?,
    };
    let doublequote = flag_of(doublequote.as_ref(), true)?;
    let escapechar = optional_char("escapechar", escapechar.as_ref(), None)?;
    let terminator = match lineterminator {
        None => PyStr::new("\r\n")?,
        Some(value) => match value.downcast::<PyStr>() {
            Some(text) => PyClass::to_owned(text),
            None => {
                return Err(type_error!(
                    "\"lineterminator\" must be a string, not {}",
                    value.type_().tp_name()
                ));
            }
        },
    };
    let no_quotechar = quotechar.as_ref().is_some_and(|value| value.is(none()));
    let quotechar = optional_char("quotechar", quotechar.as_ref(), Some(b'"'.into()))?;
    let quoting = match quoting_of(quoting.as_ref())? {
        Some(quoting) => quoting,
        None if no_quotechar => QUOTE_NONE,
        None => QUOTE_MINIMAL,
    };
    let made = Dialect {
        ob_base: PyObject::HEADER,
        delimiter,
        doublequote,
        escapechar,
        lineterminator: Field::new(terminator),
        quotechar,
        quoting,
        skipinitialspace: flag_of(skipinitialspace.as_ref(), false)?,
        strict: flag_of(strict.as_ref(), false)?,
    };
    made.check()?;
    Ok(Py::new_in(class, made)?.into_object())
}

impl Dialect {
    /// What ends a row.
    pub(super) fn terminator(&self) -> PyResult<Py<PyStr>> {
        match self.lineterminator.get() {
            Some(text) => Ok(text),
            None => PyStr::new(""),
        }
    }

    /// Refuses characters that would be taken for one another.
    fn check(&self) -> PyResult<()> {
        if self.quoting != QUOTE_NONE && self.quotechar.is_none() {
            return Err(type_error!("quotechar must be set if quoting enabled"));
        }
        let terminator = self.terminator()?;
        let chars = [
            ("delimiter", Some(self.delimiter), true),
            ("escapechar", self.escapechar, !self.skipinitialspace),
            ("quotechar", self.quotechar, !self.skipinitialspace),
        ];
        for (name, code, space_allowed) in chars {
            let Some(code) = code else { continue };
            if matches!(code, 10 | 13) || code == 32 && !space_allowed {
                return Err(value_error!("bad {name} value"));
            }
            if terminator.as_slice().iter().any(|each| each == code) {
                return Err(value_error!("bad {name} or lineterminator value"));
            }
        }
        for (one, other) in [(0, 1), (0, 2), (1, 2)] {
            if chars[one].1.is_some() && chars[one].1 == chars[other].1 {
                return Err(value_error!(
                    "bad {} or {} value",
                    chars[one].0,
                    chars[other].0
                ));
            }
        }
        Ok(())
    }
}

fn char_object(code: Option<u32>) -> PyResult<Obj> {
    match code {
        Some(code) => Ok(PyStr::from_char(code)?.into_object()),
        None => ().into_py(),
    }
}

#[pymethods]
impl Dialect {
    #[slot(tp_new)]
    fn tp_new(class: &PyType, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<Obj> {
        let (dialect, rest) = match args.as_slice().split_first() {
            Some((dialect, rest)) => (Some(&**dialect), rest),
            None => (None, args.as_slice()),
        };
        if rest.len() > OPTIONS.len() {
            return Err(exc!(
                TypeError,
                "function takes at most 9 arguments ({} given)",
                args.len()
            ));
        }
        make(class, dialect, rest, kwargs)
    }

    #[pygetter(name = "delimiter")]
    fn get_delimiter(&self) -> PyResult<Obj> {
        char_object(Some(self.delimiter))
    }

    #[pygetter(name = "doublequote")]
    fn get_doublequote(&self) -> bool {
        self.doublequote
    }

    #[pygetter(name = "escapechar")]
    fn get_escapechar(&self) -> PyResult<Obj> {
        char_object(self.escapechar)
    }

    #[pygetter(name = "lineterminator")]
    fn get_lineterminator(&self) -> PyResult<Py<PyStr>> {
        self.terminator()
    }

    #[pygetter(name = "quotechar")]
    fn get_quotechar(&self) -> PyResult<Obj> {
        char_object(self.quotechar)
    }

    #[pygetter(name = "quoting")]
    fn get_quoting(&self) -> i64 {
        self.quoting
    }

    #[pygetter(name = "skipinitialspace")]
    fn get_skipinitialspace(&self) -> bool {
        self.skipinitialspace
    }

    #[pygetter(name = "strict")]
    fn get_strict(&self) -> bool {
        self.strict
    }

    /// raises an exception to avoid pickling
    #[pymethod(name = "__reduce__", signature = "($self, *args)", text_signature = "")]
    fn reduce(&self, args: krait_runtime::Args<'_>) -> PyResult<Obj> {
        let _ = args;
        Err(type_error!(
            "cannot pickle '{}' instances",
            self.type_name()
        ))
    }

    /// raises an exception to avoid pickling
    #[pymethod(
        name = "__reduce_ex__",
        signature = "($self, *args)",
        text_signature = ""
    )]
    fn reduce_ex(&self, args: krait_runtime::Args<'_>) -> PyResult<Obj> {
        let _ = args;
        Err(type_error!(
            "cannot pickle '{}' instances",
            self.type_name()
        ))
    }
}
