//! Loading objects: the machine that a pickle is a program for.

use krait_runtime::codecs::Encoding;
use krait_runtime::memoryview::PyMemoryView;
use krait_runtime::{
    Obj, Py, PyBytes, PyClass, PyDict, PyErr, PyFloat, PyFrozenSet, PyList, PyLong, PyObject,
    PyResult, PySet, PyStr, PyTuple, PyType, bool_object, bytearray::PyByteArray, exc, none,
    overflow_error, type_error, value_error,
};
use krait_text::escape::{BadHex, decode_bytes_escape};

use super::input::Input;
use super::opcodes::*;
use super::unpickler::{Unpickler, no_persistent_load};
use super::{HIGHEST_PROTOCOL, memo, unpickling_error};
use crate::util::import;

/// One pickle being read.
pub(super) struct Load<'a> {
    unpickler: &'a Unpickler,
    input: Input,
    persistent: Option<Obj>,
    stack: Vec<Obj>,
    marks: Vec<usize>,
}

impl<'a> Load<'a> {
    pub(super) fn new(unpickler: &'a Unpickler, input: Input, persistent: Option<Obj>) -> Self {
        Load {
            unpickler,
            input,
            persistent,
            stack: Vec::new(),
            marks: Vec::new(),
        }
    }

    pub(super) fn run(&mut self) -> PyResult<Obj> {
        loop {
            let code = self.input.code()?;
            if code == STOP {
                return self.pop();
            }
            self.step(code)?;
        }
    }

    fn fence(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    #[cold]
    fn underflow(&self) -> PyErr {
        unpickling_error(if self.marks.is_empty() {
            "unpickling stack underflow"
        } else {
            "unexpected MARK found"
        })
    }

    fn pop(&mut self) -> PyResult<Obj> {
        if self.stack.len() <= self.fence() {
            return Err(self.underflow());
        }
        self.stack.pop().ok_or_else(|| self.underflow())
    }

    fn top(&self) -> PyResult<&Obj> {
        if self.stack.len() <= self.fence() {
            return Err(self.underflow());
        }
        self.stack.last().ok_or_else(|| self.underflow())
    }

    fn push(&mut self, object: Obj) {
        self.stack.push(object);
    }

    /// What is above the last mark, which goes away.
    fn pop_mark(&mut self) -> PyResult<std::vec::Drain<'_, Obj>> {
        let Some(mark) = self.marks.pop() else {
            return Err(unpickling_error("could not find MARK"));
        };
        let mark = mark.min(self.stack.len());
        Ok(self.stack.drain(mark..))
    }

    /// As [`Load::pop_mark`], with the object below the mark, which those are for.
    fn pop_mark_and_top(&mut self) -> PyResult<(Obj, std::vec::Drain<'_, Obj>)> {
        let Some(mark) = self.marks.pop() else {
            return Err(unpickling_error("could not find MARK"));
        };
        let mark = mark.min(self.stack.len());
        if mark <= self.fence() {
            return Err(self.underflow());
        }
        let target = self.stack[mark - 1].clone();
        Ok((target, self.stack.drain(mark..)))
    }

    /// A number of so many bytes, the lowest first.
    #[inline(always)]
    fn number(&mut self, bytes: usize) -> PyResult<u64> {
        let mut all = [0; 8];
        all[..bytes].copy_from_slice(self.input.take(bytes)?);
        Ok(u64::from_le_bytes(all))
    }

    fn signed(&mut self) -> PyResult<i32> {
        Ok(self.number(4)? as u32 as i32)
    }

    /// A length of eight bytes.
    fn long_length(&mut self, what: &str) -> PyResult<usize> {
        isize::try_from(self.number(8)?)
            .map(|len| len as usize)
            .map_err(|_| {
                overflow_error!(
                    "{what} exceeds system's maximum size of {} bytes",
                    isize::MAX
                )
            })
    }

    fn step(&mut self, code: u8) -> PyResult<()> {
        match code {
            PROTO => {
                let protocol = self.input.take(1)?[0];
                if i64::from(protocol) > HIGHEST_PROTOCOL {
                    return Err(value_error!("unsupported pickle protocol: {protocol}"));
                }
                self.unpickler.set_protocol(protocol);
            }
            FRAME => {
                let len = self.number(8)?;
                if self.input.is_in_frame() {
                    return Err(unpickling_error(
                        "beginning of a new frame before end of current frame",
                    ));
                }
                let len = isize::try_from(len).map_err(|_| {
                    overflow_error!(
                        "FRAME length exceeds system's maximum of {} bytes",
                        isize::MAX
                    )
                })?;
                self.input.begin_frame(len as usize)?;
            }
            MARK => self.marks.push(self.stack.len()),
            POP => {
                if self.marks.last() == Some(&self.stack.len()) {
                    self.marks.pop();
                } else {
                    self.pop()?;
                }
            }
            POP_MARK => drop(self.pop_mark()?),
            DUP => {
                let top = self.top()?.clone();
                self.push(top);
            }
            NONE => self.push(none().to_obj()),
            NEWTRUE => self.push(bool_object(true).to_obj()),
            NEWFALSE => self.push(bool_object(false).to_obj()),
            INT | LONG | FLOAT | BININT | BININT1 | BININT2 | LONG1 | LONG4 | BINFLOAT => {
                let number = self.load_number(code)?;
                self.push(number);
            }
            STRING | BINSTRING | SHORT_BINSTRING | UNICODE | SHORT_BINUNICODE | BINUNICODE
            | BINUNICODE8 | SHORT_BINBYTES | BINBYTES | BINBYTES8 | BYTEARRAY8 => {
                let data = self.load_data(code)?;
                self.push(data);
            }
            GET | BINGET | LONG_BINGET | PUT | BINPUT | LONG_BINPUT | MEMOIZE => self.memo(code)?,
            _ => return self.step_object(code),
        }
        Ok(())
    }

    fn step_object(&mut self, code: u8) -> PyResult<()> {
        match code {
            EMPTY_TUPLE => self.push(PyTuple::empty().into_object()),
            TUPLE1 | TUPLE2 | TUPLE3 => {
                let count = usize::from(code - TUPLE1) + 1;
                if self.stack.len() < self.fence() + count {
                    return Err(self.underflow());
                }
                let items = self.stack.drain(self.stack.len() - count..);
                let tuple = PyTuple::from_exact(items)?;
                self.push(tuple.into_object());
            }
            TUPLE => {
                let tuple = PyTuple::from_exact(self.pop_mark()?)?;
                self.push(tuple.into_object());
            }
            EMPTY_LIST => self.push(PyList::from_vec(Vec::new())?.into_object()),
            LIST => {
                let list = PyList::from_exact(self.pop_mark()?)?;
                self.push(list.into_object());
            }
            EMPTY_DICT => self.push(PyDict::new()?.into_object()),
            DICT => {
                let dict = PyDict::new()?;
                set_items(&dict, self.pop_mark()?, "DICT")?;
                self.push(dict.into_object());
            }
            EMPTY_SET => self.push(PySet::new()?.into_object()),
            FROZENSET => {
                let set = PyFrozenSet::from_vec(self.pop_mark()?.collect())?;
                self.push(set.into_object());
            }
            APPEND => {
                let item = self.pop()?;
                append(&self.top()?.clone(), [item].into_iter())?;
            }
            APPENDS => {
                let (target, items) = self.pop_mark_and_top()?;
                append(&target, items)?;
            }
            SETITEM => {
                let value = self.pop()?;
                let key = self.pop()?;
                set_items(&self.top()?.clone(), [key, value].into_iter(), "SETITEM")?;
            }
            SETITEMS => {
                let (target, items) = self.pop_mark_and_top()?;
                set_items(&target, items, "SETITEMS")?;
            }
            ADDITEMS => {
                let (target, items) = self.pop_mark_and_top()?;
                add_items(&target, items)?;
            }
            PERSID => {
                let line = self.input.line()?.to_vec();
                if !line.is_ascii() {
                    return Err(unpickling_error(
                        "persistent IDs in protocol 0 must be ASCII strings",
                    ));
                }
                let id = PyStr::from_latin1(&line)?.into_object();
                self.load_persistent(&id)?;
            }
            BINPERSID => {
                let id = self.pop()?;
                self.load_persistent(&id)?;
            }
            NEXT_BUFFER | READONLY_BUFFER => self.load_buffer(code)?,
            _ => return self.step_call(code),
        }
        Ok(())
    }

    fn step_call(&mut self, code: u8) -> PyResult<()> {
        match code {
            GLOBAL => {
                let (module, name) = (self.text_line()?, self.text_line()?);
                let found = self.unpickler.class(&module, &name)?;
                self.push(found);
            }
            STACK_GLOBAL => {
                let (name, module) = (self.pop()?, self.pop()?);
                let (Some(module), Some(name)) = (
                    module.downcast_exact::<PyStr>(),
                    name.downcast_exact::<PyStr>(),
                ) else {
                    return Err(unpickling_error("STACK_GLOBAL requires str"));
                };
                let found = self.unpickler.class(module, name)?;
                self.push(found);
            }
            EXT1 => self.load_extension(1)?,
            EXT2 => self.load_extension(2)?,
            EXT4 => self.load_extension(4)?,
            REDUCE => {
                let (arguments, function) = (self.pop()?, self.pop()?);
                let Some(arguments) = arguments.downcast::<PyTuple>() else {
                    return Err(type_error!("argument list must be a tuple"));
                };
                let made = function.call_tuple(arguments, None)?;
                self.push(made);
            }
            NEWOBJ => {
                let (arguments, class) = (self.pop()?, self.pop()?);
                let made = new_object("NEWOBJ", &class, &arguments, None)?;
                self.push(made);
            }
            NEWOBJ_EX => {
                let (keywords, arguments, class) = (self.pop()?, self.pop()?, self.pop()?);
                let made = new_object("NEWOBJ_EX", &class, &arguments, Some(&keywords))?;
                self.push(made);
            }
            INST => {
                if self.marks.is_empty() {
                    return Err(unpickling_error("could not find MARK"));
                }
                let (module, name) = (self.text_line()?, self.text_line()?);
                let class = self.unpickler.class(&module, &name)?;
                let arguments = self.pop_mark()?.collect();
                self.push(instantiate(&class, arguments)?);
            }
            OBJ => {
                let mut items = self.pop_mark()?;
                let Some(class) = items.next() else {
                    return Err(unpickling_error("unpickling stack underflow"));
                };
                let arguments = items.collect();
                self.push(instantiate(&class, arguments)?);
            }
            BUILD => {
                let state = self.pop()?;
                build(&self.top()?.clone(), &state)?;
            }
            _ => {
                let shown = match code {
                    b'\'' | b'\\' => format!("\\x{code:02x}"),
                    b' '..=b'~' => char::from(code).to_string(),
                    _ => format!("\\x{code:02x}"),
                };
                return Err(unpickling_error(format!("invalid load key, '{shown}'.")));
            }
        }
        Ok(())
    }

    fn load_number(&mut self, code: u8) -> PyResult<Obj> {
        let number = match code {
            BININT => PyLong::from_i64(self.signed()?.into())?.into_object(),
            BININT1 => PyLong::from_u64(self.number(1)?)?.into_object(),
            BININT2 => PyLong::from_u64(self.number(2)?)?.into_object(),
            LONG1 | LONG4 => {
                let len = if code == LONG1 {
                    self.number(1)? as usize
                } else {
                    usize::try_from(self.signed()?)
                        .map_err(|_| unpickling_error("LONG pickle has negative byte count"))?
                };
                let bytes = self.input.take(len)?;
                let value = krait_numbers::BigInt::from_le_bytes(bytes, true);
                PyLong::from_bigint(&value)?.into_object()
            }
            BINFLOAT => {
                let bits = self.number(8)?.swap_bytes();
                PyFloat::new(f64::from_bits(bits))?.into_object()
            }
            FLOAT => {
                let line = self.input.full_line()?.to_vec();
                match krait_numbers::float::parse(&line) {
                    Some(value) => PyFloat::new(value)?.into_object(),
                    None => {
                        return Err(value_error!(
                            "could not convert string to float: '{}\n'",
                            String::from_utf8_lossy(&line)
                        ));
                    }
                }
            }
            INT => {
                let line = self.input.full_line()?.to_vec();
                match &line[..] {
                    b"00" => bool_object(false).to_obj(),
                    b"01" => bool_object(true).to_obj(),
                    _ => int_of(&line)?,
                }
            }
            _ => {
                let line = self.input.full_line()?.to_vec();
                int_of(line.strip_suffix(b"L").unwrap_or(&line))?
            }
        };
        Ok(number)
    }

    fn load_data(&mut self, code: u8) -> PyResult<Obj> {
        let len = match code {
            STRING => {
                let line = self.input.line()?.to_vec();
                return self.load_string(&line);
            }
            UNICODE => {
                let line = self.input.line()?.to_vec();
                let decoded = Encoding::RawUnicodeEscape.decode(&line, None, true)?;
                return Ok(decoded.text.into_object());
            }
            SHORT_BINSTRING | SHORT_BINUNICODE | SHORT_BINBYTES => self.number(1)? as usize,
            BINSTRING => usize::try_from(self.signed()?)
                .map_err(|_| unpickling_error("BINSTRING pickle has negative byte count"))?,
            BINUNICODE | BINBYTES => self.number(4)? as usize,
            BINUNICODE8 => self.long_length("BINUNICODE")?,
            BINBYTES8 => self.long_length("BINBYTES")?,
            _ => self.long_length("BYTEARRAY8")?,
        };
        match code {
            SHORT_BINSTRING | BINSTRING => {
                let bytes = self.input.take(len)?.to_vec();
                self.unpickler.decode(&bytes)
            }
            SHORT_BINUNICODE | BINUNICODE | BINUNICODE8 => {
                let bytes = self.input.take(len)?;
                if let Some(text) = PyStr::from_ascii(bytes) {
                    return Ok(text?.into_object());
                }
                let bytes = bytes.to_vec();
                let decoded = Encoding::Utf8.decode(&bytes, Some("surrogatepass"), true)?;
                Ok(decoded.text.into_object())
            }
            BYTEARRAY8 => Ok(PyByteArray::new(self.input.take(len)?)?.into_object()),
            _ => Ok(PyBytes::new(self.input.take(len)?)?.into_object()),
        }
    }

    /// A quoted string of protocol 0.
    fn load_string(&mut self, line: &[u8]) -> PyResult<Obj> {
        let body = match line {
            [open @ (b'\'' | b'"'), body @ .., close] if open == close => body,
            _ => {
                return Err(unpickling_error(
                    "the STRING opcode argument must be quoted",
                ));
            }
        };
        let (bytes, _) = decode_bytes_escape(body, BadHex::Strict)
            .map_err(|error| value_error!("{}", error.message()))?;
        self.unpickler.decode(&bytes)
    }

    fn text_line(&mut self) -> PyResult<Py<PyStr>> {
        let line = self.input.full_line()?.to_vec();
        let text = Encoding::Utf8.decode(&line, None, true)?.text;
        Ok(text.interned())
    }

    fn memo(&mut self, code: u8) -> PyResult<()> {
        let index = match code {
            GET | PUT => {
                let line = self.input.full_line()?.to_vec();
                let key = int_of(&line)?;
                let index = key.downcast::<PyLong>().and_then(PyLong::to_i64);
                let index = index.and_then(|index| usize::try_from(index).ok());
                index.ok_or_else(|| value_error!("negative PUT argument"))?
            }
            BINGET | BINPUT => self.number(1)? as usize,
            LONG_BINGET | LONG_BINPUT => self.number(4)? as usize,
            _ => self.unpickler.memo().borrow().len(),
        };
        if matches!(code, GET | BINGET | LONG_BINGET) {
            let found = self.unpickler.memo().borrow().get(index).cloned().flatten();
            let found = found.ok_or_else(|| {
                unpickling_error(format!("Memo value not found at index {index}"))
            })?;
            self.push(found);
            return Ok(());
        }
        let top = self.top()?.clone();
        let old = memo::put(&mut self.unpickler.memo().borrow_mut(), index, top)?;
        drop(old);
        Ok(())
    }

    fn load_persistent(&mut self, id: &PyObject) -> PyResult<()> {
        let Some(function) = self.persistent.clone() else {
            return Err(no_persistent_load());
        };
        let object = function.call1(id)?;
        self.push(object);
        Ok(())
    }

    fn load_buffer(&mut self, code: u8) -> PyResult<()> {
        if code == NEXT_BUFFER {
            let Some(buffers) = self.unpickler.buffers() else {
                return Err(unpickling_error(
                    "pickle stream refers to out-of-band data but no *buffers* argument was given",
                ));
            };
            let Some(buffer) = buffers.iter_next()? else {
                return Err(unpickling_error("not enough out-of-band buffers"));
            };
            self.push(buffer);
            return Ok(());
        }
        let memory = PyMemoryView::from_object(self.top()?)?;
        if memory
            .getattr(krait_runtime::intern!("readonly"))?
            .is_true()?
        {
            return Ok(());
        }
        let readonly = memory.call_method(krait_runtime::intern!("toreadonly"), &[])?;
        self.pop()?;
        self.push(readonly);
        Ok(())
    }

    /// An object that is registered with copyreg under a number.
    fn load_extension(&mut self, bytes: usize) -> PyResult<()> {
        let code = self.number(bytes)? as u32 as i32;
        if code <= 0 {
            return Err(unpickling_error("EXT specifies code <= 0"));
        }
        let code = PyLong::from_i64(code.into())?;
        let copyreg = import("copyreg")?;
        let cache = copyreg.getattr(krait_runtime::intern!("_extension_cache"))?;
        if let Some(found) = cache.lookup_item(&code)? {
            self.push(found);
            return Ok(());
        }
        let registry = copyreg.getattr(krait_runtime::intern!("_inverted_registry"))?;
        let Some(entry) = registry.lookup_item(&code)? else {
            return Err(value_error!(
                "unregistered extension code {}",
                code.repr()?.to_string_lossy()
            ));
        };
        let names = match entry.downcast::<PyTuple>().map(PyTuple::as_slice) {
            Some([module, name]) => module.downcast::<PyStr>().zip(name.downcast::<PyStr>()),
            _ => None,
        };
        let Some((module, name)) = names else {
            return Err(value_error!(
                "_inverted_registry[{}] isn't a 2-tuple of strings",
                code.repr()?.to_string_lossy()
            ));
        };
        let found = self.unpickler.class(module, name)?;
        cache.set_item(&code, &found)?;
        self.push(found);
        Ok(())
    }
}

/// An int written in digits.
fn int_of(line: &[u8]) -> PyResult<Obj> {
    let text = PyStr::from_latin1(line)?;
    let int = PyLong::from_str(&text, 10).map_err(|error| {
        if !error.matches(&exc::ValueError) || line.len() > 100 {
            return error;
        }
        error.clear();
        value_error!("could not convert string to int")
    })?;
    Ok(int.into_object())
}

fn append(target: &PyObject, items: impl ExactSizeIterator<Item = Obj>) -> PyResult<()> {
    if let Some(list) = target.downcast_exact::<PyList>() {
        for item in items {
            list.push(item)?;
        }
        return Ok(());
    }
    if items.len() > 1
        && let Some(extend) = target.lookup_attr(krait_runtime::intern!("extend"))?
    {
        extend.call1(&*PyList::from_exact(items)?)?;
        return Ok(());
    }
    let append = target.getattr(krait_runtime::intern!("append"))?;
    for item in items {
        append.call1(&item)?;
    }
    Ok(())
}

fn set_items(
    target: &PyObject,
    mut items: impl ExactSizeIterator<Item = Obj>,
    opcode: &str,
) -> PyResult<()> {
    if items.len() % 2 == 1 {
        return Err(unpickling_error(format!(
            "odd number of items for {opcode}"
        )));
    }
    let exact = target.downcast_exact::<PyDict>();
    while let (Some(key), Some(value)) = (items.next(), items.next()) {
        match exact {
            Some(dict) => {
                let hash = key.hash()?;
                dict.set_item_owned(key, hash, value)?;
            }
            None => target.set_item(&key, &value)?,
        }
    }
    Ok(())
}

fn add_items(target: &PyObject, items: impl Iterator<Item = Obj>) -> PyResult<()> {
    if let Some(set) = target.downcast_exact::<PySet>() {
        for item in items {
            set.table().add(&item)?;
        }
        return Ok(());
    }
    let add = target.getattr(krait_runtime::intern!("add"))?;
    for item in items {
        add.call1(&item)?;
    }
    Ok(())
}

fn new_object(
    opcode: &str,
    class: &PyObject,
    arguments: &PyObject,
    keywords: Option<&PyObject>,
) -> PyResult<Obj> {
    let wrong = |what: &str, expected: &str, object: &PyObject| {
        unpickling_error(format!(
            "{opcode} {what} argument must be a {expected}, not {}",
            object.type_().tp_name()
        ))
    };
    if !class.is_instance_of::<PyType>() {
        return Err(wrong("class", "type", class));
    }
    let Some(arguments) = arguments.downcast::<PyTuple>() else {
        return Err(wrong("args", "tuple", arguments));
    };
    let keywords = match keywords {
        None => None,
        Some(keywords) => match keywords.downcast::<PyDict>() {
            Some(dict) => Some(dict),
            None => return Err(wrong("kwargs", "dict", keywords)),
        },
    };
    let new = class.getattr(krait_runtime::intern!("__new__"))?;
    if arguments.is_empty() && keywords.is_none() {
        return new.call1(class);
    }
    let mut row = vec![class.to_obj()];
    row.extend(arguments.as_slice().iter().cloned());
    new.call_tuple(&*PyTuple::from_vec(row)?, keywords)
}

fn instantiate(class: &PyObject, arguments: Vec<Obj>) -> PyResult<Obj> {
    if arguments.is_empty()
        && class.is_instance_of::<PyType>()
        && class
            .lookup_attr(krait_runtime::intern!("__getinitargs__"))?
            .is_none()
    {
        return class
            .getattr(krait_runtime::intern!("__new__"))?
            .call1(class);
    }
    class.call_tuple(&*PyTuple::from_vec(arguments)?, None)
}

fn build(object: &PyObject, state: &PyObject) -> PyResult<()> {
    if let Some(setstate) = object.lookup_attr(krait_runtime::intern!("__setstate__"))? {
        setstate.call1(state)?;
        return Ok(());
    }
    let (state, slots) = match state.downcast::<PyTuple>().map(PyTuple::as_slice) {
        Some([state, slots]) => (state.clone(), slots.clone()),
        _ => (state.to_obj(), none().to_obj()),
    };
    if !state.is(none()) {
        let Some(state) = state.downcast::<PyDict>() else {
            return Err(unpickling_error("state is not a dictionary"));
        };
        let attributes = object.getattr(krait_runtime::intern!("__dict__"))?;
        for (key, value) in state.items_vec() {
            let key = match key.cast::<PyStr>() {
                Ok(name) if name.is_exact::<PyStr>() => name.interned().into_object(),
                Ok(name) => name.into_object(),
                Err(other) => other,
            };
            attributes.set_item(&key, &value)?;
        }
    }
    if !slots.is(none()) {
        let Some(slots) = slots.downcast::<PyDict>() else {
            return Err(unpickling_error("slot state is not a dictionary"));
        };
        for (key, value) in slots.items_vec() {
            object.setattr(&key, Some(&value))?;
        }
    }
    Ok(())
}
