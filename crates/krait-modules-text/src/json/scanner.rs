//! `make_scanner`: JSON text to objects.

use std::cell::Cell;

use krait_macros::{pyclass, pymethods};
use krait_runtime::{
    Field, Obj, Py, PyClass, PyDict, PyFloat, PyList, PyLong, PyObject, PyResult, PyStr, PyTuple,
    PyType, bool_object, err, none, state, type_error, value_error,
};
use krait_sre::Unit;
use krait_text::StrSlice;

use super::{decode_error, expect_text, strings};

/// JSON scanner object
#[pyclass(name = "Scanner", module = "_json", flags(BASETYPE, GC))]
#[repr(C)]
pub(super) struct Scanner {
    ob_base: PyObject,
    strict: Cell<bool>,
    #[traverse]
    object_hook: Field<PyObject>,
    #[traverse]
    object_pairs_hook: Field<PyObject>,
    #[traverse]
    parse_float: Field<PyObject>,
    #[traverse]
    parse_int: Field<PyObject>,
    #[traverse]
    parse_constant: Field<PyObject>,
}

#[pymethods]
impl Scanner {
    #[pynew(signature = "(context)")]
    fn new(class: &PyType, context: &PyObject) -> PyResult<Py<Self>> {
        let strict = context
            .getattr(krait_runtime::intern!("strict"))?
            .is_true()?;
        let field = |name| context.getattr_str(name).map(Field::new);
        Py::new_in(
            class,
            Scanner {
                ob_base: PyObject::HEADER,
                strict: Cell::new(strict),
                object_hook: field("object_hook")?,
                object_pairs_hook: field("object_pairs_hook")?,
                parse_float: field("parse_float")?,
                parse_int: field("parse_int")?,
                parse_constant: field("parse_constant")?,
            },
        )
    }

    #[slot(tp_call)]
    fn call(&self, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<Obj> {
        let [string, index] = call_arguments(args, kwargs, "scan_once", ["string", "idx"])?;
        let index: isize = index.extract()?;
        let text = expect_text(&string)?;
        let Ok(index) = usize::try_from(index) else {
            return Err(value_error!("idx cannot be negative"));
        };
        let (value, next) = match text.as_slice() {
            StrSlice::Latin1(units) => self.parse(text, units)?.value(index)?,
            StrSlice::Ucs2(units) => self.parse(text, units)?.value(index)?,
            StrSlice::Ucs4(units) => self.parse(text, units)?.value(index)?,
        };
        let next = PyLong::from_usize(next)?.into_object();
        Ok(PyTuple::from_vec(vec![value, next])?.into_object())
    }

    /// strict
    #[pygetter(name = "strict")]
    fn get_strict(&self) -> bool {
        self.strict.get()
    }

    /// object_hook
    #[pygetter(name = "object_hook")]
    fn get_object_hook(&self) -> Option<Obj> {
        self.object_hook.get()
    }

    /// object_pairs_hook
    #[pygetter(name = "object_pairs_hook")]
    fn get_object_pairs_hook(&self) -> Option<Obj> {
        self.object_pairs_hook.get()
    }

    /// parse_float
    #[pygetter(name = "parse_float")]
    fn get_parse_float(&self) -> Option<Obj> {
        self.parse_float.get()
    }

    /// parse_int
    #[pygetter(name = "parse_int")]
    fn get_parse_int(&self) -> Option<Obj> {
        self.parse_int.get()
    }

    /// parse_constant
    #[pygetter(name = "parse_constant")]
    fn get_parse_constant(&self) -> Option<Obj> {
        self.parse_constant.get()
    }
}

/// Two arguments by position or name.
pub(super) fn call_arguments(
    args: &PyTuple,
    kwargs: Option<&PyDict>,
    function: &str,
    names: [&str; 2],
) -> PyResult<[Obj; 2]> {
    let given = args.len() + kwargs.map_or(0, PyDict::len);
    if given > 2 {
        return Err(type_error!(
            "{function}() takes at most 2 arguments ({given} given)"
        ));
    }
    let argument = |index: usize| -> PyResult<Obj> {
        if let Some(value) = args.get(index) {
            return Ok(value.to_obj());
        }
        let named = kwargs.map_or(Ok(None), |kwargs| kwargs.get(names[index]))?;
        named.ok_or_else(|| {
            type_error!(
                "{function}() missing required argument '{}' (pos {})",
                names[index],
                index + 1
            )
        })
    };
    Ok([argument(0)?, argument(1)?])
}

impl Scanner {
    fn parse<'a, U>(&self, text: &'a PyStr, units: &'a [U]) -> PyResult<Parse<'a, U>> {
        let hook = |field: &Field<PyObject>| field.get().filter(|hook| !hook.is(none()));
        let unless = |field: &Field<PyObject>, class: &PyType| {
            field.get().filter(|parser| !parser.is(class))
        };
        Ok(Parse {
            text,
            units,
            strict: self.strict.get(),
            object_hook: hook(&self.object_hook),
            pairs_hook: hook(&self.object_pairs_hook),
            parse_float: unless(&self.parse_float, PyFloat::type_object()),
            parse_int: unless(&self.parse_int, PyLong::type_object()),
            parse_constant: self.parse_constant.get(),
            keys: PyDict::new()?,
        })
    }
}

/// One text being read. The text is immutable and held by the caller, so its characters may be
/// borrowed while hooks run.
struct Parse<'a, U> {
    text: &'a PyStr,
    units: &'a [U],
    strict: bool,
    object_hook: Option<Obj>,
    pairs_hook: Option<Obj>,
    /// `None` for the builtin class.
    parse_float: Option<Obj>,
    parse_int: Option<Obj>,
    parse_constant: Option<Obj>,
    /// Equal keys are one object.
    keys: Py<PyDict>,
}

type Read<T> = PyResult<(T, usize)>;

impl<U: Unit> Parse<'_, U> {
    fn at(&self, index: usize) -> u8 {
        let code = self.units.get(index).map_or(0, |unit| unit.code());
        u8::try_from(code).unwrap_or(0)
    }

    fn skip_space(&self, mut index: usize) -> usize {
        while index < self.units.len() && matches!(self.at(index), b' ' | b'\t' | b'\n' | b'\r') {
            index += 1;
        }
        index
    }

    fn error(&self, message: &str, index: usize) -> krait_runtime::PyErr {
        decode_error(message, self.text, index)
    }

    fn starts(&self, index: usize, word: &[u8]) -> bool {
        self.units
            .get(index..index + word.len())
            .is_some_and(|units| {
                units
                    .iter()
                    .zip(word)
                    .all(|(unit, &byte)| unit.code() == u32::from(byte))
            })
    }

    fn value(&self, index: usize) -> Read<Obj> {
        let constant = |value: &PyObject, len: usize| Ok((value.to_obj(), index + len));
        match self.at(index) {
            b'"' => {
                let (text, next) = strings::scan(self.text, self.units, index + 1, self.strict)?;
                Ok((text.into_object(), next))
            }
            b'{' => {
                state::enter_recursive_call(" while decoding a JSON object from a unicode string")?;
                self.object(index + 1)
            }
            b'[' => {
                state::enter_recursive_call(" while decoding a JSON array from a unicode string")?;
                self.array(index + 1)
            }
            b'n' if self.starts(index, b"null") => constant(none(), 4),
            b't' if self.starts(index, b"true") => constant(bool_object(true), 4),
            b'f' if self.starts(index, b"false") => constant(bool_object(false), 5),
            b'N' if self.starts(index, b"NaN") => self.constant("NaN", index),
            b'I' if self.starts(index, b"Infinity") => self.constant("Infinity", index),
            b'-' if self.starts(index, b"-Infinity") => self.constant("-Infinity", index),
            _ => self.number(index),
        }
    }

    fn constant(&self, name: &str, index: usize) -> Read<Obj> {
        let word = PyStr::intern(name)?;
        let value = match &self.parse_constant {
            Some(parse) => parse.call1(&word)?,
            None => word.into_object(),
        };
        Ok((value, index + name.len()))
    }

    fn array(&self, begin: usize) -> Read<Obj> {
        let mut items = Vec::new();
        let mut index = self.skip_space(begin);
        if self.at(index) != b']' {
            loop {
                let (value, next) = self.value(index)?;
                items.push(value);
                index = self.skip_space(next);
                match self.at(index) {
                    b']' => break,
                    b',' => {}
                    _ => return Err(self.error("Expecting ',' delimiter", index)),
                }
                let comma = index;
                index = self.skip_space(index + 1);
                if self.at(index) == b']' {
                    return Err(self.error("Illegal trailing comma before end of array", comma));
                }
            }
        }
        Ok((PyList::from_vec(items)?.into_object(), index + 1))
    }

    /// A key, the same object for equal keys.
    fn key(&self, index: usize) -> Read<Obj> {
        if self.at(index) != b'"' {
            let message = "Expecting property name enclosed in double quotes";
            return Err(self.error(message, index));
        }
        let (key, next) = strings::scan(self.text, self.units, index + 1, self.strict)?;
        let key = self.keys.set_default(&key, &key)?;
        let colon = self.skip_space(next);
        if self.at(colon) != b':' {
            return Err(self.error("Expecting ':' delimiter", colon));
        }
        Ok((key, self.skip_space(colon + 1)))
    }

    fn object(&self, begin: usize) -> Read<Obj> {
        let dict = PyDict::new()?;
        let mut pairs = Vec::new();
        let mut index = self.skip_space(begin);
        if self.at(index) != b'}' {
            loop {
                let (key, next) = self.key(index)?;
                let (value, next) = self.value(next)?;
                if self.pairs_hook.is_some() {
                    pairs.push(PyTuple::from_vec(vec![key, value])?.into_object());
                } else {
                    let hash = key.hash()?;
                    dict.set_item_owned(key, hash, value)?;
                }
                index = self.skip_space(next);
                match self.at(index) {
                    b'}' => break,
                    b',' => {}
                    _ => return Err(self.error("Expecting ',' delimiter", index)),
                }
                let comma = index;
                index = self.skip_space(index + 1);
                if self.at(index) == b'}' {
                    return Err(self.error("Illegal trailing comma before end of object", comma));
                }
            }
        }
        let value = if let Some(hook) = &self.pairs_hook {
            hook.call1(&*PyList::from_vec(pairs)?)?
        } else if let Some(hook) = &self.object_hook {
            hook.call1(&dict)?
        } else {
            dict.into_object()
        };
        Ok((value, index + 1))
    }

    fn digits(&self, mut index: usize) -> usize {
        while self.at(index).is_ascii_digit() {
            index += 1;
        }
        index
    }

    fn number(&self, start: usize) -> Read<Obj> {
        let mut end = start + usize::from(self.at(start) == b'-');
        match self.at(end) {
            b'0' => end += 1,
            b'1'..=b'9' => end = self.digits(end + 1),
            _ => {
                return Err(err::stop_iteration(
                    PyLong::from_usize(start)?.into_object(),
                ));
            }
        }
        let mut is_float = false;
        if self.at(end) == b'.' && self.at(end + 1).is_ascii_digit() {
            is_float = true;
            end = self.digits(end + 1);
        }
        if matches!(self.at(end), b'e' | b'E') {
            let sign = usize::from(matches!(self.at(end + 1), b'+' | b'-'));
            if self.at(end + 1 + sign).is_ascii_digit() {
                is_float = true;
                end = self.digits(end + 1 + sign);
            }
        }
        let parser = if is_float {
            &self.parse_float
        } else {
            &self.parse_int
        };
        let value = match parser {
            Some(parser) => parser.call1(&*self.text.substring(start, end)?)?,
            None if is_float => self.float(start, end)?,
            None => self.int(start, end)?,
        };
        Ok((value, end))
    }

    fn ascii(&self, start: usize, end: usize) -> Vec<u8> {
        (start..end).map(|index| self.at(index)).collect()
    }

    fn float(&self, start: usize, end: usize) -> PyResult<Obj> {
        match krait_numbers::float::parse(&self.ascii(start, end)) {
            Some(value) => Ok(PyFloat::new(value)?.into_object()),
            None => PyFloat::type_object()
                .as_object()
                .call1(&*self.text.substring(start, end)?),
        }
    }

    fn int(&self, start: usize, end: usize) -> PyResult<Obj> {
        /// So many characters always fit 64 bits.
        const SHORT: usize = 18;
        if end - start <= SHORT {
            let negative = self.at(start) == b'-';
            let magnitude = (start + usize::from(negative)..end).fold(0i64, |value, index| {
                value * 10 + i64::from(self.at(index) - b'0')
            });
            let value = if negative { -magnitude } else { magnitude };
            return Ok(PyLong::from_i64(value)?.into_object());
        }
        Ok(PyLong::from_str(&*self.text.substring(start, end)?, 10)?.into_object())
    }
}
