//! Writing objects in marshal's form.

use std::collections::HashMap;

use krait_runtime::object::{Obj, PyClass, PyObject};
use krait_runtime::set::SetTable;
use krait_runtime::{
    PyBytes, PyCode, PyComplex, PyDict, PyFloat, PyFrozenSet, PyList, PyLong, PyResult, PySet,
    PySlice, PyStr, PyTuple, bool_object, ellipsis, exc, none, value_error,
};

use super::{FLAG_REF, MAX_DEPTH, tag};

/// The object as marshalled bytes.
pub fn dumps_bytes(value: &PyObject, version: i32, allow_code: bool) -> PyResult<Vec<u8>> {
    let mut writer = Writer {
        out: Vec::new(),
        version,
        allow_code,
        depth: 0,
        references: HashMap::new(),
        open: Vec::new(),
        kept: Vec::new(),
    };
    writer.object(value)?;
    Ok(writer.out)
}

struct Writer {
    out: Vec<u8>,
    version: i32,
    allow_code: bool,
    depth: usize,
    /// The numbers of the objects that can be referred to, by address.
    references: HashMap<usize, u32>,
    /// The objects being written that nothing in them can refer to, by address.
    open: Vec<usize>,
    /// Keeps these objects alive, so that addresses stay theirs.
    kept: Vec<Obj>,
}

impl Writer {
    fn i32(&mut self, value: i32) {
        self.out.extend_from_slice(&value.to_le_bytes());
    }

    fn size(&mut self, size: usize) -> PyResult<()> {
        let Ok(size) = i32::try_from(size) else {
            return Err(value_error!("unmarshallable object"));
        };
        self.i32(size);
        Ok(())
    }

    fn sized(&mut self, bytes: &[u8]) -> PyResult<()> {
        self.size(bytes.len())?;
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    fn singleton(value: &PyObject) -> Option<u8> {
        let singletons: [(&PyObject, u8); 5] = [
            (none(), tag::NONE),
            (bool_object(true), tag::TRUE),
            (bool_object(false), tag::FALSE),
            (ellipsis(), tag::ELLIPSIS),
            (exc::StopIteration.as_object(), tag::STOP_ITERATION),
        ];
        singletons
            .iter()
            .find(|(singleton, _)| value.is(singleton))
            .map(|(_, tag)| *tag)
    }

    fn object(&mut self, value: &PyObject) -> PyResult<()> {
        if self.depth >= MAX_DEPTH {
            return Err(value_error!("object too deeply nested to marshal"));
        }
        if let Some(tag) = Self::singleton(value) {
            self.out.push(tag);
            return Ok(());
        }
        self.depth += 1;
        let result = match self.refer(value) {
            Ok(None) => Ok(()),
            Ok(Some(flag)) => self.content(value, flag),
            Err(error) => Err(error),
        };
        self.depth -= 1;
        result
    }

    /// Writes a reference and gives `None` if the object was written before; else what to add to
    /// its type code.
    fn refer(&mut self, value: &PyObject) -> PyResult<Option<u8>> {
        if self.version < 3 {
            return Ok(Some(0));
        }
        // What nobody else refers to cannot come again, except for interned strings.
        let interned = value
            .downcast_exact::<PyStr>()
            .is_some_and(PyStr::is_interned);
        if value.is_unique() && !interned {
            return Ok(Some(0));
        }
        let address = std::ptr::from_ref(value).addr();
        if let Some(&number) = self.references.get(&address) {
            if self.open.contains(&address) {
                return Err(value_error!("unmarshallable object"));
            }
            self.out.push(tag::REF);
            self.i32(number as i32);
            return Ok(None);
        }
        self.references
            .insert(address, self.references.len() as u32);
        self.kept.push(value.to_obj());
        Ok(Some(FLAG_REF))
    }

    fn content(&mut self, value: &PyObject, flag: u8) -> PyResult<()> {
        if let Some(int) = value.downcast_exact::<PyLong>() {
            return self.int(int, flag);
        }
        if let Some(float) = value.downcast_exact::<PyFloat>() {
            if self.version > 1 {
                self.out.push(tag::BINARY_FLOAT | flag);
                self.out.extend_from_slice(&float.value().to_le_bytes());
                return Ok(());
            }
            self.out.push(tag::FLOAT | flag);
            return self.text_float(value);
        }
        if let Some(complex) = value.downcast_exact::<PyComplex>() {
            let parts = [complex.real(), complex.imag()];
            if self.version > 1 {
                self.out.push(tag::BINARY_COMPLEX | flag);
                parts
                    .iter()
                    .for_each(|part| self.out.extend_from_slice(&part.to_le_bytes()));
                return Ok(());
            }
            self.out.push(tag::COMPLEX | flag);
            return parts
                .iter()
                .try_for_each(|part| self.text_float(&*PyFloat::new(*part)?));
        }
        if let Some(bytes) = value.downcast_exact::<PyBytes>() {
            self.out.push(tag::STRING | flag);
            return self.sized(bytes.as_bytes());
        }
        if let Some(text) = value.downcast_exact::<PyStr>() {
            return self.text(text, flag);
        }
        if let Some(tuple) = value.downcast_exact::<PyTuple>() {
            match u8::try_from(tuple.len()) {
                Ok(len) if self.version >= 4 => self.out.extend([tag::SMALL_TUPLE | flag, len]),
                _ => {
                    self.out.push(tag::TUPLE | flag);
                    self.size(tuple.len())?;
                }
            }
            return tuple
                .as_slice()
                .iter()
                .try_for_each(|item| self.object(item));
        }
        self.container(value, flag)
    }

    fn container(&mut self, value: &PyObject, flag: u8) -> PyResult<()> {
        if let Some(list) = value.downcast_exact::<PyList>() {
            self.out.push(tag::LIST | flag);
            self.size(list.len())?;
            // Writing does not run Python code that could change the list.
            for index in 0..list.len() {
                if let Some(item) = list.get(index) {
                    self.list_item(item)?;
                }
            }
            return Ok(());
        }
        if let Some(dict) = value.downcast_exact::<PyDict>() {
            self.out.push(tag::DICT | flag);
            let mut position = 0;
            while let Some((key, value)) = dict.next(&mut position) {
                self.list_item(key)?;
                self.list_item(value)?;
            }
            self.out.push(tag::NULL);
            return Ok(());
        }
        if value.is_exact::<PySet>() || value.is_exact::<PyFrozenSet>() {
            return self.set(value, flag);
        }
        if let Some(code) = value.downcast_exact::<PyCode>() {
            return self.closed(value, |writer| writer.code(code, flag));
        }
        if let Some(slice) = value.downcast_exact::<PySlice>()
            && self.version >= 5
        {
            self.out.push(tag::SLICE | flag);
            return self.closed(value, |writer| {
                [slice.start(), slice.stop(), slice.step()]
                    .into_iter()
                    .try_for_each(|part| writer.list_item(part))
            });
        }
        if value.has_buffer() {
            let buffer = value.bytes_buffer()?;
            self.out.push(tag::STRING | flag);
            return self.sized(&buffer.to_vec());
        }
        Err(value_error!("unmarshallable object"))
    }

    /// Writes the parts of an object that none of them can refer to: it exists only when they do.
    fn closed(
        &mut self,
        value: &PyObject,
        write: impl FnOnce(&mut Self) -> PyResult<()>,
    ) -> PyResult<()> {
        let address = std::ptr::from_ref(value).addr();
        self.open.push(address);
        let result = write(self);
        self.open.pop();
        result
    }

    /// Writes an item that was borrowed from its container: our own reference must not make it look
    /// shared.
    fn list_item(&mut self, item: Obj) -> PyResult<()> {
        // SAFETY: the container, which nothing changes meanwhile, keeps the item alive.
        let borrowed = unsafe { PyObject::from_ptr(item.as_ptr()) };
        drop(item);
        self.object(borrowed)
    }

    fn int(&mut self, int: &PyLong, flag: u8) -> PyResult<()> {
        if let Some(small) = int.to_i64().and_then(|value| i32::try_from(value).ok()) {
            self.out.push(tag::INT | flag);
            self.i32(small);
            return Ok(());
        }
        self.out.push(tag::LONG | flag);
        let digits = int.digits();
        // Halves of digits, without a zero at the top.
        let top_is_half = digits.last().is_some_and(|top| top >> 15 == 0);
        let count = digits.len() * 2 - usize::from(top_is_half);
        let signed = i32::try_from(count).map_err(|_| value_error!("unmarshallable object"))?;
        self.i32(if int.is_negative() { -signed } else { signed });
        let halves = digits
            .iter()
            .flat_map(|digit| [digit & 0x7FFF, digit >> 15]);
        for half in halves.take(count) {
            self.out.extend_from_slice(&(half as u16).to_le_bytes());
        }
        Ok(())
    }

    /// A float as text of 17 digits.
    fn text_float(&mut self, value: &PyObject) -> PyResult<()> {
        let text = value.format(&*PyStr::new(".17g")?)?.to_string_lossy();
        self.out.push(text.len() as u8);
        self.out.extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn text(&mut self, text: &PyStr, flag: u8) -> PyResult<()> {
        let interned = text.is_interned();
        if self.version >= 4
            && let Some(ascii) = text.as_ascii()
        {
            if let Ok(len) = u8::try_from(ascii.len()) {
                let tag = if interned {
                    tag::SHORT_ASCII_INTERNED
                } else {
                    tag::SHORT_ASCII
                };
                self.out.extend([tag | flag, len]);
                self.out.extend_from_slice(ascii.as_bytes());
                return Ok(());
            }
            self.out.push(
                if interned {
                    tag::ASCII_INTERNED
                } else {
                    tag::ASCII
                } | flag,
            );
            return self.sized(ascii.as_bytes());
        }
        let tag = if self.version >= 3 && interned {
            tag::INTERNED
        } else {
            tag::UNICODE
        };
        self.out.push(tag | flag);
        self.sized(text.to_wtf8().as_bytes())
    }

    /// Sets are written in the order of their members' bytes, so that equal sets give equal bytes.
    fn set(&mut self, value: &PyObject, flag: u8) -> PyResult<()> {
        self.out.push(
            if value.is_exact::<PySet>() {
                tag::SET
            } else {
                tag::FROZENSET
            } | flag,
        );
        let Some(table) = SetTable::of(value) else {
            return Err(value_error!("unmarshallable object"));
        };
        self.size(table.len())?;
        let mut members = Vec::with_capacity(table.len());
        let mut position = 0;
        while let Some((member, _)) = table.next(&mut position) {
            let bytes = dumps_bytes(&member, self.version, self.allow_code)?;
            members.push((bytes, member));
        }
        members.sort_by(|left, right| left.0.cmp(&right.0));
        members
            .into_iter()
            .try_for_each(|(_, member)| self.list_item(member))
    }

    fn code(&mut self, code: &PyCode, flag: u8) -> PyResult<()> {
        if !self.allow_code {
            return Err(value_error!("marshalling code objects is disallowed"));
        }
        self.out.push(tag::CODE | flag);
        self.i32(code.co_argcount.get());
        self.i32(code.co_posonlyargcount.get());
        self.i32(code.co_kwonlyargcount.get());
        self.i32(code.co_stacksize.get());
        self.i32(code.co_flags.get());
        // A fresh object, as in CPython: nothing else refers to it.
        self.object(&*PyBytes::new(&code.base_instructions())?)?;
        self.part(code.co_consts.get())?;
        self.part(code.co_names.get())?;
        self.part(code.co_localsplusnames.get())?;
        self.part(code.co_localspluskinds.get())?;
        self.part(code.co_filename.get())?;
        self.part(code.co_name.get())?;
        self.part(code.co_qualname.get())?;
        self.i32(code.co_firstlineno.get());
        self.part(code.co_linetable.get())?;
        self.part(code.co_exceptiontable.get())
    }

    fn part<T: PyClass>(&mut self, part: Option<krait_runtime::Py<T>>) -> PyResult<()> {
        match part {
            Some(part) => self.list_item(part.into_object()),
            None => Err(value_error!("unmarshallable object")),
        }
    }
}
