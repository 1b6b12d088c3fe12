//! Reading marshalled objects. Nothing is allocated beyond what the input can hold, and nesting is
//! bounded.

use krait_runtime::bytearray::PyByteArray;
use krait_runtime::code::CodeParts;
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::tuple::TupleInProgress;
use krait_runtime::{
    PyBytes, PyCode, PyComplex, PyDict, PyErr, PyFloat, PyFrozenSet, PyList, PyLong, PyResult,
    PySet, PySlice, PyStr, PyTuple, bool_object, ellipsis, exc, none, type_error, value_error,
};
use krait_text::Wtf8Buf;

use super::{FLAG_REF, MAX_DEPTH, tag};

/// How many levels a code object counts for: it takes more stack than a tuple.
const CODE_DEPTH: usize = 4;

/// Where bytes come from.
trait Source {
    /// The next `count` bytes.
    fn take(&mut self, count: usize) -> PyResult<std::borrow::Cow<'_, [u8]>>;

    /// Refuses a count of objects that the rest of the input is too short for, as far as is known.
    fn check_room(&self, count: usize) -> PyResult<()>;
}

/// Bytes in memory.
struct Memory<'a>(&'a [u8]);

impl Source for Memory<'_> {
    #[inline]
    fn take(&mut self, count: usize) -> PyResult<std::borrow::Cow<'_, [u8]>> {
        let Some((head, rest)) = self.0.split_at_checked(count) else {
            return Err(too_short());
        };
        self.0 = rest;
        Ok(head.into())
    }

    fn check_room(&self, count: usize) -> PyResult<()> {
        if count > self.0.len() {
            return Err(PyErr::new(&exc::EOFError, "EOF read where object expected"));
        }
        Ok(())
    }
}

/// A file object, read as far as needed.
struct File<'a>(&'a PyObject);

impl Source for File<'_> {
    fn take(&mut self, count: usize) -> PyResult<std::borrow::Cow<'_, [u8]>> {
        let buffer = PyByteArray::new(&vec![0; count])?;
        let read = self
            .0
            .call_method(krait_runtime::intern!("readinto"), &[&buffer])?;
        match read.index()?.int_value().map(usize::try_from) {
            Some(Ok(len)) if len == count => Ok(buffer.as_object().bytes_buffer()?.to_vec().into()),
            Some(Ok(len)) if len > count => Err(value_error!(
                "read() returned too much data: {count} bytes requested, {len} returned"
            )),
            _ => Err(PyErr::new(&exc::EOFError, "EOF read where not expected")),
        }
    }

    fn check_room(&self, _count: usize) -> PyResult<()> {
        Ok(())
    }
}

/// Reads an object from the start of `bytes`.
pub fn loads_bytes(bytes: &[u8], allow_code: bool) -> PyResult<Obj> {
    read_all(Memory(bytes), allow_code)
}

/// Reads an object from a file.
pub(super) fn load_file(file: &PyObject, allow_code: bool) -> PyResult<Obj> {
    let empty = file.call_method(krait_runtime::intern!("read"), &[&*PyLong::from_i64(0)?])?;
    if empty.downcast::<PyBytes>().is_none() {
        return Err(type_error!(
            "file.read() returned not bytes but {}",
            empty.type_().tp_name()
        ));
    }
    read_all(File(file), allow_code)
}

fn read_all(source: impl Source, allow_code: bool) -> PyResult<Obj> {
    let mut reader = Reader {
        source,
        references: Vec::new(),
        depth: 0,
        allow_code,
    };
    match reader.object()? {
        Some(object) => Ok(object),
        None => Err(type_error!("NULL object in marshal data for object")),
    }
}

#[cold]
fn too_short() -> PyErr {
    PyErr::new(&exc::EOFError, "marshal data too short")
}

#[cold]
fn bad(reason: &str) -> PyErr {
    value_error!("bad marshal data ({reason})")
}

struct Reader<S> {
    source: S,
    /// Objects to refer back to; `None` while one is being made that cannot be referred to yet.
    references: Vec<Option<Obj>>,
    depth: usize,
    allow_code: bool,
}

impl<S: Source> Reader<S> {
    fn array<const N: usize>(&mut self) -> PyResult<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(&self.source.take(N)?);
        Ok(array)
    }

    fn u8(&mut self) -> PyResult<u8> {
        Ok(self.array::<1>()?[0])
    }

    fn i32(&mut self) -> PyResult<i32> {
        Ok(i32::from_le_bytes(self.array()?))
    }

    fn f64(&mut self) -> PyResult<f64> {
        Ok(f64::from_le_bytes(self.array()?))
    }

    fn size(&mut self, error: &str) -> PyResult<usize> {
        usize::try_from(self.i32()?).map_err(|_| bad(error))
    }

    fn text_float(&mut self) -> PyResult<f64> {
        let size = usize::from(self.u8()?);
        let text = self.source.take(size)?;
        let parsed = std::str::from_utf8(&text)
            .ok()
            .and_then(|text| text.parse().ok());
        parsed.ok_or_else(|| {
            value_error!(
                "could not convert string to float: {:?}",
                String::from_utf8_lossy(&text)
            )
        })
    }

    /// An object that must be there.
    fn item(&mut self, container: &str) -> PyResult<Obj> {
        self.object()?
            .ok_or_else(|| type_error!("NULL object in marshal data for {container}"))
    }

    /// The next object; `None` for the mark that ends a dictionary.
    fn object(&mut self) -> PyResult<Option<Obj>> {
        let Ok(code) = self.u8().map_err(|error| {
            if error.matches(&exc::EOFError) {
                error.clear();
                Some(PyErr::new(&exc::EOFError, "EOF read where object expected"))
            } else {
                Some(error)
            }
        }) else {
            return Err(PyErr::fetch());
        };
        if self.depth >= MAX_DEPTH {
            return Err(value_error!("recursion limit exceeded"));
        }
        self.depth += 1;
        let result = self.object_of(code & !FLAG_REF, code & FLAG_REF != 0);
        self.depth -= 1;
        result
    }

    fn object_of(&mut self, code: u8, referable: bool) -> PyResult<Option<Obj>> {
        let object = match code {
            tag::NULL => return Ok(None),
            // These are never entered into the table.
            tag::NONE => return Ok(Some(none().to_obj())),
            tag::FALSE => return Ok(Some(bool_object(false).to_obj())),
            tag::TRUE => return Ok(Some(bool_object(true).to_obj())),
            tag::ELLIPSIS => return Ok(Some(ellipsis().to_obj())),
            tag::STOP_ITERATION => return Ok(Some(exc::StopIteration.to_obj())),
            tag::REF => return self.reference().map(Some),
            tag::SMALL_TUPLE => {
                let count = usize::from(self.u8()?);
                return self.tuple(count, referable).map(Some);
            }
            tag::TUPLE => {
                let count = self.size("tuple size out of range")?;
                return self.tuple(count, referable).map(Some);
            }
            tag::FROZENSET | tag::SLICE | tag::CODE => {
                return self.finished_later(code, referable).map(Some);
            }
            tag::LIST | tag::DICT | tag::SET => {
                return self.filled_later(code, referable).map(Some);
            }
            _ => self.leaf(code)?,
        };
        if referable {
            self.references.push(Some(object.clone()));
        }
        Ok(Some(object))
    }

    // Kept out of line so that nesting costs little stack.
    #[inline(never)]
    fn leaf(&mut self, code: u8) -> PyResult<Obj> {
        match code {
            tag::INT => Ok(PyLong::from_i64(self.i32()?.into())?.into_object()),
            tag::INT64 => Ok(PyLong::from_i64(i64::from_le_bytes(self.array()?))?.into_object()),
            tag::LONG => self.long(),
            tag::FLOAT => Ok(PyFloat::new(self.text_float()?)?.into_object()),
            tag::BINARY_FLOAT => Ok(PyFloat::new(self.f64()?)?.into_object()),
            tag::COMPLEX => {
                let (real, imag) = (self.text_float()?, self.text_float()?);
                Ok(PyComplex::new(real, imag)?.into_object())
            }
            tag::BINARY_COMPLEX => {
                let (real, imag) = (self.f64()?, self.f64()?);
                Ok(PyComplex::new(real, imag)?.into_object())
            }
            tag::STRING => {
                let size = self.size("bytes object size out of range")?;
                Ok(PyBytes::new(&self.source.take(size)?)?.into_object())
            }
            tag::SHORT_ASCII | tag::SHORT_ASCII_INTERNED => {
                let size = usize::from(self.u8()?);
                self.latin1(size, code == tag::SHORT_ASCII_INTERNED)
            }
            tag::ASCII | tag::ASCII_INTERNED => {
                let size = self.size("string size out of range")?;
                self.latin1(size, code == tag::ASCII_INTERNED)
            }
            tag::UNICODE | tag::INTERNED => {
                let size = self.size("string size out of range")?;
                let bytes = self.source.take(size)?;
                let text = match std::str::from_utf8(&bytes) {
                    Ok(text) => PyStr::new(text)?,
                    Err(_) => match Wtf8Buf::from_bytes(bytes.to_vec()) {
                        Some(text) => PyStr::from_wtf8(&text)?,
                        None => return Err(bad("invalid string")),
                    },
                };
                Ok(finish_text(text, code == tag::INTERNED))
            }
            _ => Err(bad("unknown type code")),
        }
    }

    fn latin1(&mut self, size: usize, interned: bool) -> PyResult<Obj> {
        Ok(finish_text(
            PyStr::from_latin1(&self.source.take(size)?)?,
            interned,
        ))
    }

    fn long(&mut self) -> PyResult<Obj> {
        let count = self.i32()?;
        if count == i32::MIN {
            return Err(bad("long size out of range"));
        }
        let halves = self.source.take(count.unsigned_abs() as usize * 2)?;
        let mut digits: Vec<u32> = Vec::with_capacity(halves.len() / 4 + 1);
        for (index, half) in halves.chunks_exact(2).enumerate() {
            let half = u32::from(half[0]) | u32::from(half[1]) << 8;
            if half > 0x7FFF {
                return Err(bad("digit out of range in long"));
            }
            match digits.last_mut() {
                Some(digit) if index % 2 == 1 => *digit |= half << 15,
                _ => digits.push(half),
            }
        }
        if count != 0 && halves.ends_with(&[0, 0]) {
            return Err(bad("unnormalized long data"));
        }
        Ok(PyLong::from_digits(count < 0, &digits)?.into_object())
    }

    fn reference(&mut self) -> PyResult<Obj> {
        let index = usize::try_from(self.i32()?).map_err(|_| bad("invalid reference"))?;
        match self.references.get(index) {
            Some(Some(object)) => Ok(object.clone()),
            _ => Err(bad("invalid reference")),
        }
    }

    fn items(&mut self, count: usize, container: &str) -> PyResult<Vec<Obj>> {
        let mut items = Vec::with_capacity(count.min(256));
        for _ in 0..count {
            items.push(self.item(container)?);
        }
        Ok(items)
    }

    /// A tuple; containers in it may refer to it.
    fn tuple(&mut self, count: usize, referable: bool) -> PyResult<Obj> {
        if !referable {
            return Ok(PyTuple::from_vec(self.items(count, "tuple")?)?.into_object());
        }
        // What the input cannot hold is not allocated.
        self.source.check_room(count)?;
        let mut unfinished = TupleInProgress::new(count)?;
        self.references.push(Some(unfinished.tuple().to_obj()));
        for _ in 0..count {
            unfinished.push(self.item("tuple")?);
        }
        Ok(unfinished.finish().into_object())
    }

    /// Objects that exist only once their parts do: nothing in them can refer to them.
    fn finished_later(&mut self, code: u8, referable: bool) -> PyResult<Obj> {
        let place = self.references.len();
        if referable {
            self.references.push(None);
        }
        let object = match code {
            tag::FROZENSET => {
                let count = self.size("set size out of range")?;
                PyFrozenSet::from_vec(self.items(count, "set")?)?.into_object()
            }
            tag::SLICE => {
                let (start, stop) = (self.item("slice")?, self.item("slice")?);
                PySlice::new(&start, &stop, &*self.item("slice")?)?.into_object()
            }
            _ => self.code()?,
        };
        if referable {
            self.references[place] = Some(object.clone());
        }
        Ok(object)
    }

    /// Containers that exist before their parts, which may refer to them.
    fn filled_later(&mut self, code: u8, referable: bool) -> PyResult<Obj> {
        let count = match code {
            tag::LIST => self.size("list size out of range")?,
            tag::SET => self.size("set size out of range")?,
            _ => 0,
        };
        let object = match code {
            tag::LIST => PyList::new()?.into_object(),
            tag::SET => PySet::new()?.into_object(),
            _ => PyDict::new()?.into_object(),
        };
        if referable {
            self.references.push(Some(object.clone()));
        }
        if let Some(list) = object.downcast::<PyList>() {
            for _ in 0..count {
                list.push(self.item("list")?)?;
            }
        } else if let Some(set) = object.downcast::<PySet>() {
            for _ in 0..count {
                set.table().add(&*self.item("set")?)?;
            }
        } else if let Some(dict) = object.downcast::<PyDict>() {
            while let Some(key) = self.object()? {
                let Some(value) = self.object()? else { break };
                dict.set_item(&key, &value)?;
            }
        }
        Ok(object)
    }

    /// A part of a code object that must be of a class.
    fn part<T: PyClass>(&mut self) -> PyResult<Py<T>> {
        self.item("code object")?
            .cast::<T>()
            .map_err(|_| bad("invalid code object"))
    }

    fn count(&mut self) -> PyResult<i32> {
        match self.i32()? {
            count @ 0.. => Ok(count),
            _ => Err(bad("invalid code object")),
        }
    }

    #[inline(never)]
    fn code(&mut self) -> PyResult<Obj> {
        if !self.allow_code {
            return Err(value_error!("unmarshalling code objects is disallowed"));
        }
        self.depth += CODE_DEPTH;
        let code = self.code_parts();
        self.depth -= CODE_DEPTH;
        Ok(code?.into_object())
    }

    fn code_parts(&mut self) -> PyResult<Py<PyCode>> {
        let parts = CodeParts {
            argcount: self.count()?,
            posonlyargcount: self.count()?,
            kwonlyargcount: self.count()?,
            stacksize: self.count()?,
            flags: self.i32()?,
            code: self.part::<PyBytes>()?.as_bytes().to_vec(),
            consts: self.part()?,
            names: self.part()?,
            localsplusnames: self.part()?,
            localspluskinds: self.part()?,
            filename: self.part()?,
            name: self.part()?,
            qualname: self.part()?,
            firstlineno: self.i32()?,
            linetable: self.part()?,
            exceptiontable: self.part()?,
        };
        let names = [&parts.names, &parts.localsplusnames];
        let all_text = names.iter().all(|names| {
            names
                .as_slice()
                .iter()
                .all(|name| name.is_instance_of::<PyStr>())
        });
        let parameters = i64::from(parts.argcount) + i64::from(parts.kwonlyargcount);
        if !all_text
            || parts.localspluskinds.len() != parts.localsplusnames.len()
            || !parts.code.len().is_multiple_of(2)
            || parts.posonlyargcount > parts.argcount
            || parameters > parts.localsplusnames.len() as i64
        {
            return Err(bad("invalid code object"));
        }
        PyCode::build(parts)
    }
}

fn finish_text(text: Py<PyStr>, interned: bool) -> Obj {
    if interned {
        text.interned().into_object()
    } else {
        text.into_object()
    }
}
