//! `translate` and `maketrans`.

use krait_macros::pymethods;
use krait_text::StrBuf;

use super::PyStr;
use crate::object::{Obj, Py, PyObject};
use crate::{OptionalArg, PyDict, PyLong, PyResult, exc};

/// What a translation table says of a character.
enum Mapped {
    Same,
    Deleted,
    One(u32),
    Many(Py<PyStr>),
}

/// Asks a table for a character.
fn look_up(table: &PyObject, code: u32) -> PyResult<Mapped> {
    let key = PyLong::from_i64(i64::from(code))?;
    let found = match table.get_item(&key) {
        Ok(found) => found,
        Err(error) if error.matches(&exc::LookupError) => {
            error.clear();
            return Ok(Mapped::Same);
        }
        Err(error) => return Err(error),
    };
    if found.is(crate::none()) {
        return Ok(Mapped::Deleted);
    }
    if let Some(int) = found.downcast::<PyLong>() {
        return match int.to_i64().and_then(|value| u32::try_from(value).ok()) {
            Some(code) if code <= 0x10_FFFF => Ok(Mapped::One(code)),
            _ => Err(crate::value_error!(
                "character mapping must be in range(0x110000)"
            )),
        };
    }
    match found.cast::<PyStr>() {
        Ok(text) if text.len() == 1 => Ok(Mapped::One(text.char_at(0))),
        Ok(text) => Ok(Mapped::Many(text)),
        Err(_) => Err(crate::type_error!(
            "character mapping must return integer, None or str"
        )),
    }
}

impl PyStr {
    /// Translates ASCII text as long as each character maps to none or an ASCII one, asking for
    /// each only once; how far it came, and what it made.
    fn translate_ascii(&self, table: &PyObject) -> PyResult<(usize, Vec<u8>)> {
        const UNKNOWN: u8 = 0xFF;
        const DELETED: u8 = 0xFE;
        let mut answers = [UNKNOWN; 128];
        let Some(text) = self.as_ascii() else {
            return Ok((0, Vec::new()));
        };
        let mut out = Vec::with_capacity(text.len());
        for (index, byte) in text.bytes().enumerate() {
            let slot = usize::from(byte);
            if answers[slot] == UNKNOWN {
                answers[slot] = match look_up(table, u32::from(byte))? {
                    Mapped::Same => byte,
                    Mapped::Deleted => DELETED,
                    Mapped::One(code @ 0..=0x7F) => code as u8,
                    _ => return Ok((index, out)),
                };
            }
            if answers[slot] != DELETED {
                out.push(answers[slot]);
            }
        }
        Ok((text.len(), out))
    }
}

fn table_key(code: u32) -> PyResult<Obj> {
    Ok(PyLong::from_i64(i64::from(code))?.into_object())
}

/// `maketrans(dict)`: strings of one character as keys become their numbers.
fn from_mapping(mapping: &PyObject) -> PyResult<Py<PyDict>> {
    let Some(mapping) = mapping.downcast_exact::<PyDict>() else {
        return Err(crate::type_error!(
            "if you give only one argument to maketrans it must be a dict"
        ));
    };
    let table = PyDict::new()?;
    for (key, value) in mapping.items_vec() {
        if let Some(text) = key.downcast::<PyStr>() {
            if text.len() != 1 {
                return Err(crate::value_error!(
                    "string keys in translatetable must be of length 1"
                ));
            }
            table.set_item(&*table_key(text.char_at(0))?, &value)?;
        } else if key.downcast::<PyLong>().is_some() {
            table.set_item(&key, &value)?;
        } else {
            return Err(crate::type_error!(
                "keys in translate table mustbe strings or integers"
            ));
        }
    }
    Ok(table)
}

#[pymethods(TRANSLATE)]
impl PyStr {
    /// Replace each character in the string using the given translation table.
    ///
    ///   table
    ///     Translation table, which must be a mapping of Unicode ordinals to
    ///     Unicode ordinals, strings, or None.
    ///
    /// The table must implement lookup/indexing via __getitem__, for instance a
    /// dictionary or list.  If this operation raises LookupError, the character is
    /// left untouched.  Characters mapped to None are deleted.
    #[pymethod(signature = "($self, table, /)")]
    fn translate(&self, table: &PyObject) -> PyResult<Py<PyStr>> {
        let (done, ascii) = self.translate_ascii(table)?;
        if done == self.len() && self.is_ascii() {
            return PyStr::from_latin1(&ascii);
        }
        let mut out = StrBuf::with_capacity(self.len());
        out.push_latin1(&ascii);
        for index in done..self.len() {
            let code = self.char_at(index);
            match look_up(table, code)? {
                Mapped::Same => out.push(code),
                Mapped::Deleted => {}
                Mapped::One(code) => out.push(code),
                Mapped::Many(text) => out.push_slice(text.as_slice()),
            }
        }
        PyStr::from_slice(out.as_slice())
    }

    /// Return a translation table usable for str.translate().
    ///
    /// If there is only one argument, it must be a dictionary mapping Unicode
    /// ordinals (integers) or characters to Unicode ordinals, strings or None.
    /// Character keys will be then converted to ordinals.
    /// If there are two arguments, they must be strings of equal length, and
    /// in the resulting dictionary, each character in x will be mapped to the
    /// character at the same position in y. If there is a third argument, it
    /// must be a string, whose characters will be mapped to None in the result.
    #[pystaticmethod(signature = "(x, y=<unrepresentable>, z=<unrepresentable>, /)")]
    fn maketrans(
        x: &PyObject,
        y: OptionalArg<&PyStr>,
        z: OptionalArg<&PyStr>,
    ) -> PyResult<Py<PyDict>> {
        let Some(y) = y.present() else {
            return from_mapping(x);
        };
        let Some(x) = x.downcast::<PyStr>() else {
            return Err(crate::type_error!(
                "first maketrans argument must be a string if there is a second argument"
            ));
        };
        if x.len() != y.len() {
            return Err(crate::value_error!(
                "the first two maketrans arguments must have equal length"
            ));
        }
        let table = PyDict::new()?;
        for (from, to) in x.as_slice().iter().zip(y.as_slice().iter()) {
            table.set_item(&*table_key(from)?, &*table_key(to)?)?;
        }
        if let Some(z) = z.present() {
            for code in z.as_slice().iter() {
                table.set_item(&*table_key(code)?, crate::none())?;
            }
        }
        Ok(table)
    }
}
