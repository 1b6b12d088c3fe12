//! `make_encoder`: objects to JSON text.

use std::cell::Cell;

use krait_macros::{pyclass, pymethods};
use krait_runtime::{
    Field, Obj, Py, PyBaseException, PyClass, PyDict, PyErr, PyFloat, PyList, PyLong, PyObject,
    PyResult, PyStr, PyTuple, PyType, StrBuilder, false_, none, state, true_, type_error,
    value_error,
};

use super::escape;
use super::scanner::call_arguments;

/// How text is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fast {
    /// By this module, in ASCII.
    Ascii,
    /// By this module.
    Unicode,
    /// By a function of the caller's.
    No,
}

/// Encoder(markers, default, encoder, indent, key_separator, item_separator, sort_keys, skipkeys, allow_nan)
#[pyclass(name = "Encoder", module = "_json", flags(BASETYPE, GC))]
#[repr(C)]
pub(super) struct Encoder {
    ob_base: PyObject,
    #[traverse]
    markers: Field<PyDict>,
    #[traverse]
    default: Field<PyObject>,
    #[traverse]
    encoder: Field<PyObject>,
    #[traverse]
    indent: Field<PyObject>,
    #[traverse]
    key_separator: Field<PyStr>,
    #[traverse]
    item_separator: Field<PyStr>,
    sort_keys: bool,
    skipkeys: bool,
    allow_nan: bool,
    fast: Cell<Fast>,
}

/// Which of this module's functions the encoder function is.
fn fast_of(encoder: &PyObject) -> PyResult<Fast> {
    let module = crate::util::import("_json")?;
    Ok(
        if encoder.is(&*module.getattr(krait_runtime::intern!("encode_basestring_ascii"))?) {
            Fast::Ascii
        } else if encoder.is(&*module.getattr(krait_runtime::intern!("encode_basestring"))?) {
            Fast::Unicode
        } else {
            Fast::No
        },
    )
}

#[pymethods]
impl Encoder {
    #[pynew(
        signature = "(markers, default, encoder, indent, key_separator, item_separator, sort_keys, skipkeys, allow_nan)"
    )]
    #[allow(clippy::too_many_arguments, reason = "the class's own signature")]
    fn new(
        class: &PyType,
        markers: &PyObject,
        default: &PyObject,
        encoder: &PyObject,
        indent: &PyObject,
        key_separator: &PyObject,
        item_separator: &PyObject,
        sort_keys: bool,
        skipkeys: bool,
        allow_nan: bool,
    ) -> PyResult<Py<Self>> {
        let text = |object: &PyObject, number: usize| match object.downcast::<PyStr>() {
            Some(text) => Ok(Field::new(PyClass::to_owned(text))),
            None => Err(type_error!(
                "make_encoder() argument {number} must be str, not {}",
                object.type_().tp_name()
            )),
        };
        let key_separator = text(key_separator, 5)?;
        let item_separator = text(item_separator, 6)?;
        let markers = match markers.downcast::<PyDict>() {
            Some(markers) => Some(PyClass::to_owned(markers)),
            None if markers.is(none()) => None,
            None => {
                return Err(type_error!(
                    "make_encoder() argument 1 must be dict or None, not {}",
                    markers.type_().tp_name()
                ));
            }
        };
        Py::new_in(
            class,
            Encoder {
                ob_base: PyObject::HEADER,
                markers: Field::from_option(markers),
                default: Field::new(default.to_obj()),
                encoder: Field::new(encoder.to_obj()),
                indent: Field::new(indent.to_obj()),
                key_separator,
                item_separator,
                sort_keys,
                skipkeys,
                allow_nan,
                fast: Cell::new(fast_of(encoder)?),
            },
        )
    }

    #[slot(tp_call)]
    fn call(&self, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<Obj> {
        let names = ["obj", "_current_indent_level"];
        let [object, level] = call_arguments(args, kwargs, "_iterencode", names)?;
        let level: isize = level.extract()?;
        let indent = self.indent.get().filter(|indent| !indent.is(none()));
        let indent = match indent {
            None => None,
            Some(indent) => Some(indent.cast::<PyStr>().map_err(|indent| {
                type_error!(
                    "can only concatenate str (not \"{}\") to str",
                    indent.type_().tp_name()
                )
            })?),
        };
        let text = |field: &Field<PyStr>| match field.get() {
            Some(text) => Ok(text),
            None => PyStr::new(""),
        };
        let mut run = Run {
            encoder: self,
            markers: self.markers.get(),
            key_separator: text(&self.key_separator)?,
            item_separator: text(&self.item_separator)?,
            indent,
            out: StrBuilder::new(),
        };
        run.value(&object, usize::try_from(level).unwrap_or(0))?;
        let text = run.out.finish()?.into_object();
        Ok(PyTuple::from_vec(vec![text])?.into_object())
    }

    /// markers
    #[pygetter(name = "markers")]
    fn get_markers(&self) -> Option<Py<PyDict>> {
        self.markers.get()
    }

    /// default
    #[pygetter(name = "default")]
    fn get_default(&self) -> Option<Obj> {
        self.default.get()
    }

    /// encoder
    #[pygetter(name = "encoder")]
    fn get_encoder(&self) -> Option<Obj> {
        self.encoder.get()
    }

    /// indent
    #[pygetter(name = "indent")]
    fn get_indent(&self) -> Option<Obj> {
        self.indent.get()
    }

    /// key_separator
    #[pygetter(name = "key_separator")]
    fn get_key_separator(&self) -> Option<Py<PyStr>> {
        self.key_separator.get()
    }

    /// item_separator
    #[pygetter(name = "item_separator")]
    fn get_item_separator(&self) -> Option<Py<PyStr>> {
        self.item_separator.get()
    }

    /// sort_keys
    #[pygetter(name = "sort_keys")]
    fn get_sort_keys(&self) -> bool {
        self.sort_keys
    }

    /// skipkeys
    #[pygetter(name = "skipkeys")]
    fn get_skipkeys(&self) -> bool {
        self.skipkeys
    }
}

/// One text being written.
struct Run<'a> {
    encoder: &'a Encoder,
    /// The containers that are being written, by address.
    markers: Option<Py<PyDict>>,
    key_separator: Py<PyStr>,
    item_separator: Py<PyStr>,
    indent: Option<Py<PyStr>>,
    out: StrBuilder,
}

/// Adds a note that says where in the object an exception came up.
#[cold]
fn noted(error: PyErr, note: impl FnOnce() -> PyResult<String>) -> PyErr {
    let exception = error.take();
    let add = || -> PyResult<()> {
        let note = PyStr::new(&note()?)?;
        if let Some(exception) = exception.downcast::<PyBaseException>() {
            exception.add_note(&note)?;
        }
        Ok(())
    };
    match add() {
        Ok(()) => PyErr::restore(exception),
        Err(error) => error,
    }
}

/// The name that notes use for an object's class.
fn class_name(object: &PyObject) -> PyResult<String> {
    object.type_().qualified_name()
}

impl Run<'_> {
    fn value(&mut self, object: &PyObject, level: usize) -> PyResult<()> {
        if object.is(none()) {
            self.out.push_str("null");
        } else if object.is(true_()) {
            self.out.push_str("true");
        } else if object.is(false_()) {
            self.out.push_str("false");
        } else if let Some(text) = object.downcast::<PyStr>() {
            self.text(text)?;
        } else if let Some(int) = object.downcast::<PyLong>() {
            self.int(int)?;
        } else if let Some(float) = object.downcast::<PyFloat>() {
            let text = self.float_text(float)?;
            self.out.push_str(&text);
        } else if object.is_instance_of::<PyList>() || object.is_instance_of::<PyTuple>() {
            state::enter_recursive_call(" while encoding a JSON object")?;
            self.list(object, level)?;
        } else if let Some(dict) = object.downcast::<PyDict>() {
            state::enter_recursive_call(" while encoding a JSON object")?;
            self.dict(dict, level)?;
        } else {
            self.other(object, level)?;
        }
        Ok(())
    }

    fn other(&mut self, object: &PyObject, level: usize) -> PyResult<()> {
        let marker = self.enter(object)?;
        let default = self.encoder.default.get();
        let default = default.ok_or_else(|| type_error!("the encoder has no default"))?;
        let replacement = default.call1(object)?;
        state::enter_recursive_call(" while encoding a JSON object")?;
        self.value(&replacement, level).map_err(|error| {
            noted(error, || {
                Ok(format!("when serializing {} object", class_name(object)?))
            })
        })?;
        self.leave(marker)
    }

    /// Notes that a container is being written.
    fn enter(&self, object: &PyObject) -> PyResult<Option<Py<PyLong>>> {
        let Some(markers) = &self.markers else {
            return Ok(None);
        };
        let marker = PyLong::from_usize(object.as_ptr().addr())?;
        if markers.contains(&marker)? {
            return Err(value_error!("Circular reference detected"));
        }
        markers.set_item(&marker, object)?;
        Ok(Some(marker))
    }

    fn leave(&self, marker: Option<Py<PyLong>>) -> PyResult<()> {
        if let (Some(markers), Some(marker)) = (&self.markers, marker) {
            markers.del_item(&marker)?;
        }
        Ok(())
    }

    fn text(&mut self, text: &PyStr) -> PyResult<()> {
        match self.encoder.fast.get() {
            Fast::Ascii => escape::push_quoted(&mut self.out, text, true),
            Fast::Unicode => escape::push_quoted(&mut self.out, text, false),
            Fast::No => {
                let encoder = self.encoder.encoder.get();
                let encoder = encoder.ok_or_else(|| type_error!("the encoder is gone"))?;
                let encoded = encoder.call1(text)?;
                match encoded.downcast::<PyStr>() {
                    Some(encoded) => self.out.push_py(encoded),
                    None => {
                        return Err(type_error!(
                            "encoder() must return a string, not {}",
                            encoded.type_().tp_name()
                        ));
                    }
                }
            }
        }
        Ok(())
    }

    fn int(&mut self, int: &PyLong) -> PyResult<()> {
        match int.to_i64() {
            Some(value) => {
                let mut buffer = [0; 20];
                if value < 0 {
                    self.out.push_str("-");
                }
                let digits =
                    krait_numbers::bigint::mag::u64_decimal(value.unsigned_abs(), &mut buffer);
                self.out.push_str(digits);
            }
            None => self.out.push_str(&int.to_decimal()?),
        }
        Ok(())
    }

    fn float_text(&self, float: &PyFloat) -> PyResult<String> {
        let value = float.value();
        if value.is_finite() {
            return Ok(krait_numbers::float::repr(value));
        }
        if !self.encoder.allow_nan {
            return Err(value_error!(
                "Out of range float values are not JSON compliant: {}",
                float.repr()?.to_string_lossy()
            ));
        }
        Ok(if value.is_nan() {
            "NaN"
        } else if value > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        }
        .to_owned())
    }

    fn newline(&mut self, level: usize) {
        if let Some(indent) = &self.indent {
            self.out.push_str("\n");
            for _ in 0..level {
                self.out.push_py(indent);
            }
        }
    }

    fn list(&mut self, sequence: &PyObject, level: usize) -> PyResult<()> {
        let item_at = |index: usize| match sequence.downcast::<PyList>() {
            Some(list) => list.get(index),
            None => sequence
                .downcast::<PyTuple>()
                .and_then(|tuple| tuple.get(index).map(PyClass::to_obj)),
        };
        if item_at(0).is_none() {
            self.out.push_str("[]");
            return Ok(());
        }
        let marker = self.enter(sequence)?;
        self.out.push_str("[");
        let mut index = 0;
        while let Some(item) = item_at(index) {
            if index > 0 {
                self.out.push_py(&self.item_separator);
            }
            self.newline(level + 1);
            self.value(&item, level + 1).map_err(|error| {
                noted(error, || {
                    Ok(format!(
                        "when serializing {} item {index}",
                        class_name(sequence)?
                    ))
                })
            })?;
            index += 1;
        }
        self.leave(marker)?;
        self.newline(level);
        self.out.push_str("]");
        Ok(())
    }

    fn dict(&mut self, dict: &PyDict, level: usize) -> PyResult<()> {
        if dict.is_empty() {
            self.out.push_str("{}");
            return Ok(());
        }
        let marker = self.enter(dict)?;
        self.out.push_str("{");
        let mut first = true;
        if self.encoder.sort_keys || !dict.is_exact::<PyDict>() {
            for (key, value) in self.items(dict)? {
                self.pair(dict, &key, &value, level, &mut first)?;
            }
        } else {
            let mut position = 0;
            while let Some((key, value)) = dict.next(&mut position) {
                self.pair(dict, &key, &value, level, &mut first)?;
            }
        }
        self.leave(marker)?;
        if !first {
            self.newline(level);
        }
        self.out.push_str("}");
        Ok(())
    }

    /// The items as the dictionary's own method gives them, in order.
    fn items(&self, dict: &PyDict) -> PyResult<Vec<(Obj, Obj)>> {
        let items = PyList::from_vec(
            dict.call_method(krait_runtime::intern!("items"), &[])?
                .to_vec()?,
        )?;
        if self.encoder.sort_keys {
            items.sort(None, false)?;
        }
        let mut pairs = Vec::with_capacity(items.len());
        for item in items.to_vec() {
            match item.downcast::<PyTuple>().map(PyTuple::as_slice) {
                Some([key, value]) => pairs.push((key.clone(), value.clone())),
                _ => return Err(value_error!("items must return 2-tuples")),
            }
        }
        Ok(pairs)
    }

    fn pair(
        &mut self,
        dict: &PyDict,
        key: &PyObject,
        value: &PyObject,
        level: usize,
        first: &mut bool,
    ) -> PyResult<()> {
        let Some(text) = self.key_text(key)? else {
            return Ok(());
        };
        if !std::mem::replace(first, false) {
            self.out.push_py(&self.item_separator);
        }
        self.newline(level + 1);
        self.text(&text)?;
        self.out.push_py(&self.key_separator);
        self.value(value, level + 1).map_err(|error| {
            noted(error, || {
                let key = key.repr()?.to_string_lossy();
                Ok(format!("when serializing {} item {key}", class_name(dict)?))
            })
        })
    }

    /// A key as text; `None` if it is to be skipped.
    fn key_text(&self, key: &PyObject) -> PyResult<Option<Py<PyStr>>> {
        if let Some(text) = key.downcast::<PyStr>() {
            return Ok(Some(PyClass::to_owned(text)));
        }
        let text = if let Some(float) = key.downcast::<PyFloat>() {
            self.float_text(float)?
        } else if key.is(true_()) {
            "true".to_owned()
        } else if key.is(false_()) {
            "false".to_owned()
        } else if key.is(none()) {
            "null".to_owned()
        } else if let Some(int) = key.downcast::<PyLong>() {
            int.to_decimal()?
        } else if self.encoder.skipkeys {
            return Ok(None);
        } else {
            return Err(type_error!(
                "keys must be str, int, float, bool or None, not {}",
                key.type_().tp_name()
            ));
        };
        PyStr::new(&text).map(Some)
    }
}
