//! Saving objects: the stream with its frames, and the builtin classes.

use krait_runtime::{
    Obj, PyBytes, PyClass, PyDict, PyErr, PyFloat, PyFrozenSet, PyFunction, PyList, PyLong,
    PyObject, PyResult, PySet, PyStr, PyTuple, PyType, bytearray::PyByteArray, exc, false_, none,
    not_implemented, state, true_,
};
use krait_text::StrSlice;

use super::buffer::PickleBuffer;
use super::opcodes::*;
use super::pickler::Pickler;
use super::{noted, pickling_error};

/// So many items are saved with one instruction.
pub(super) const BATCH: usize = 1000;
/// A frame ends when it has grown to this; data as large goes outside of frames.
const FRAME_TARGET: usize = 64 * 1024;
/// Smaller ones are not worth it.
const FRAME_LEAST: usize = 4;
const FRAME_HEADER: usize = 9;
/// The room for bytes that a pickle begins with, and for objects to remember.
const FIRST_CAPACITY: usize = 512;
const FIRST_MEMO: usize = 48;

/// One pickle being written.
pub(super) struct Save<'a> {
    pub(super) pickler: &'a Pickler,
    pub(super) protocol: i64,
    /// Whether binary instructions are used.
    pub(super) bin: bool,
    out: Vec<u8>,
    /// Where the header of the present frame is.
    frame: Option<usize>,
    framing: bool,
    write: Option<Obj>,
    persistent_id: Option<Obj>,
    reducer_override: Option<Obj>,
    pub(super) dispatch_table: Option<Obj>,
}

impl<'a> Save<'a> {
    pub(super) fn new(
        pickler: &'a Pickler,
        write: Option<Obj>,
        persistent_id: Option<Obj>,
        reducer_override: Option<Obj>,
        dispatch_table: Option<Obj>,
    ) -> Self {
        Save {
            pickler,
            protocol: pickler.protocol(),
            bin: pickler.is_binary(),
            out: Vec::with_capacity(FIRST_CAPACITY),
            frame: None,
            framing: false,
            write,
            persistent_id,
            reducer_override,
            dispatch_table,
        }
    }

    /// The bytes that were not written to a file.
    pub(super) fn output(&self) -> &[u8] {
        &self.out
    }

    pub(super) fn dump(&mut self, object: &PyObject) -> PyResult<()> {
        if self.protocol >= 2 {
            self.out.extend([PROTO, self.protocol as u8]);
            self.framing = self.protocol >= 4;
        }
        self.save(object)?;
        self.put(&[STOP]);
        self.end_frame();
        self.framing = false;
        Ok(())
    }

    /// Writes what there is to the file.
    pub(super) fn flush(&mut self) -> PyResult<()> {
        if let Some(write) = &self.write {
            let bytes = PyBytes::new(&self.out)?;
            self.out.clear();
            write.call1(&bytes)?;
        }
        Ok(())
    }

    /// Writes bytes of an instruction.
    #[inline]
    pub(super) fn put(&mut self, bytes: &[u8]) {
        if self.framing && self.frame.is_none() {
            self.frame = Some(self.out.len());
            self.out.extend([0; FRAME_HEADER]);
        }
        self.out.extend_from_slice(bytes);
    }

    fn end_frame(&mut self) {
        let Some(start) = self.frame.take() else {
            return;
        };
        let len = self.out.len() - start - FRAME_HEADER;
        if len < FRAME_LEAST {
            self.out.drain(start..start + FRAME_HEADER);
            return;
        }
        self.out[start] = FRAME;
        self.out[start + 1..start + FRAME_HEADER].copy_from_slice(&(len as u64).to_le_bytes());
    }

    /// Ends a frame that is long enough; no instruction is half written.
    fn boundary(&mut self) -> PyResult<()> {
        let Some(start) = self.frame else {
            return Ok(());
        };
        if self.out.len() - start - FRAME_HEADER >= FRAME_TARGET {
            self.end_frame();
            self.flush()?;
        }
        Ok(())
    }

    /// Writes an instruction with data; large data goes to the file as it is, outside of frames.
    fn put_data(&mut self, header: &[u8], data: &[u8], object: Option<&PyObject>) -> PyResult<()> {
        if data.len() < FRAME_TARGET || (!self.framing && self.write.is_none()) {
            self.put(header);
            self.out.extend_from_slice(data);
            return Ok(());
        }
        let framing = std::mem::replace(&mut self.framing, false);
        self.end_frame();
        self.out.extend_from_slice(header);
        match self.write.clone() {
            Some(write) => {
                self.flush()?;
                match object {
                    Some(object) => write.call1(object)?,
                    None => write.call1(&*PyBytes::new(data)?)?,
                };
            }
            None => self.out.extend_from_slice(data),
        }
        self.framing = framing;
        Ok(())
    }

    /// Whether an object is in the memo; then it is fetched from there.
    pub(super) fn fetch(&mut self, object: &PyObject) -> bool {
        let address = object.as_ptr().addr();
        let index = self
            .pickler
            .memo()
            .borrow()
            .get(&address)
            .map(|entry| entry.0);
        let Some(index) = index else { return false };
        if !self.bin {
            self.put(format!("g{index}\n").as_bytes());
        } else if let Ok(index) = u8::try_from(index) {
            self.put(&[BINGET, index]);
        } else {
            let [a, b, c, d] = (index as u32).to_le_bytes();
            self.put(&[LONG_BINGET, a, b, c, d]);
        }
        true
    }

    pub(super) fn is_known(&self, object: &PyObject) -> bool {
        self.pickler
            .memo()
            .borrow()
            .contains_key(&object.as_ptr().addr())
    }

    /// Remembers an object, which is on top of the stack.
    pub(super) fn memoize(&mut self, object: &PyObject) {
        if self.pickler.is_fast() {
            return;
        }
        let (index, old) = {
            let mut memo = self.pickler.memo().borrow_mut();
            let index = memo.len();
            if index == 0 {
                memo.reserve(FIRST_MEMO);
            }
            let old = memo.insert(object.as_ptr().addr(), (index, object.to_obj()));
            (index, old)
        };
        drop(old);
        if self.protocol >= 4 {
            self.put(&[MEMOIZE]);
        } else if !self.bin {
            self.put(format!("p{index}\n").as_bytes());
        } else if let Ok(index) = u8::try_from(index) {
            self.put(&[BINPUT, index]);
        } else {
            let [a, b, c, d] = (index as u32).to_le_bytes();
            self.put(&[LONG_BINPUT, a, b, c, d]);
        }
    }

    pub(super) fn save(&mut self, object: &PyObject) -> PyResult<()> {
        self.boundary()?;
        self.save_any(object, true)
    }

    fn save_any(&mut self, object: &PyObject, persistent: bool) -> PyResult<()> {
        if persistent && self.save_persistent(object)? {
            return Ok(());
        }
        if object.is(none()) {
            self.put(&[NONE]);
        } else if object.is(true_()) || object.is(false_()) {
            self.save_bool(object.is(true_()));
        } else if object.is_exact::<PyLong>() {
            self.save_int(object)?;
        } else if let Some(float) = object.downcast_exact::<PyFloat>() {
            self.save_float(float)?;
        } else if self.fetch(object) {
        } else if let Some(bytes) = object.downcast_exact::<PyBytes>() {
            self.save_bytes(bytes)?;
        } else if let Some(text) = object.downcast_exact::<PyStr>() {
            self.save_text(text)?;
        } else {
            state::enter_recursive_call(" while pickling an object")?;
            self.save_container(object)?;
        }
        Ok(())
    }

    fn save_container(&mut self, object: &PyObject) -> PyResult<()> {
        if let Some(dict) = object.downcast_exact::<PyDict>() {
            self.save_dict(dict)
        } else if let Some(set) = object.downcast_exact::<PySet>() {
            self.save_set(set)
        } else if let Some(set) = object.downcast_exact::<PyFrozenSet>() {
            self.save_frozenset(set)
        } else if let Some(list) = object.downcast_exact::<PyList>() {
            self.save_list(list)
        } else if let Some(tuple) = object.downcast_exact::<PyTuple>() {
            self.save_tuple(tuple)
        } else if let Some(bytes) = object.downcast_exact::<PyByteArray>() {
            self.save_bytearray(bytes)
        } else if let Some(buffer) = object.downcast_exact::<PickleBuffer>() {
            self.save_picklebuffer(buffer)
        } else {
            self.save_other(object)
        }
    }

    /// What has no instruction of its own.
    fn save_other(&mut self, object: &PyObject) -> PyResult<()> {
        if let Some(reducer) = self.reducer_override.clone() {
            let reduced = reducer.call1(object)?;
            if !reduced.is(not_implemented()) {
                return self.save_reduced(object, &reduced);
            }
        }
        if let Some(class) = object.downcast_exact::<PyType>() {
            return self.save_class(class);
        }
        if object.is_exact::<PyFunction>() {
            return self.save_global(object, None);
        }
        let reduced = match self.registered_reducer(object)? {
            Some(reducer) => reducer.call1(object)?,
            None if object.is_instance_of::<PyType>() => return self.save_global(object, None),
            None => self.call_reduce(object)?,
        };
        self.save_reduced(object, &reduced)
    }

    /// Whether the object has a persistent id, which is saved in its place.
    fn save_persistent(&mut self, object: &PyObject) -> PyResult<bool> {
        let Some(function) = self.persistent_id.clone() else {
            return Ok(false);
        };
        let id = function.call1(object)?;
        if id.is(none()) {
            return Ok(false);
        }
        if self.bin {
            self.save_any(&id, false)?;
            self.put(&[BINPERSID]);
            return Ok(true);
        }
        let text = id.str()?;
        let Some(ascii) = text.as_ascii() else {
            return Err(pickling_error(
                "persistent IDs in protocol 0 must be ASCII strings",
            ));
        };
        self.put(&[PERSID]);
        self.put(ascii.as_bytes());
        self.put(b"\n");
        Ok(true)
    }

    fn save_bool(&mut self, value: bool) {
        match (self.protocol >= 2, value) {
            (true, true) => self.put(&[NEWTRUE]),
            (true, false) => self.put(&[NEWFALSE]),
            (false, true) => self.put(b"I01\n"),
            (false, false) => self.put(b"I00\n"),
        }
    }

    fn save_int(&mut self, object: &PyObject) -> PyResult<()> {
        let Some(int) = object.downcast::<PyLong>() else {
            return Ok(());
        };
        let small = int.to_i64().and_then(|value| i32::try_from(value).ok());
        if let Some(value) = small {
            if !self.bin {
                self.put(format!("I{value}\n").as_bytes());
            } else if let Ok(value) = u8::try_from(value) {
                self.put(&[BININT1, value]);
            } else if let Ok(value) = u16::try_from(value) {
                let [low, high] = value.to_le_bytes();
                self.put(&[BININT2, low, high]);
            } else {
                let [a, b, c, d] = value.to_le_bytes();
                self.put(&[BININT, a, b, c, d]);
            }
            return Ok(());
        }
        if self.protocol < 2 {
            let text = object.repr()?.to_string_lossy();
            self.put(format!("L{text}L\n").as_bytes());
            return Ok(());
        }
        let value = int.as_int_ref();
        let len = (value.bit_length() / 8) as usize + 1;
        let mut bytes = value
            .to_le_bytes(len, true)
            .map_err(|error| krait_runtime::overflow_error!("{}", error.message()))?;
        // The sign of a power of two needs no byte of its own.
        if let [.., below, 0xFF] = bytes[..]
            && below >= 0x80
        {
            bytes.pop();
        }
        if let Ok(len) = u8::try_from(bytes.len()) {
            self.put(&[LONG1, len]);
        } else if let Ok(len) = i32::try_from(bytes.len()) {
            self.put(&[LONG4]);
            self.put(&len.to_le_bytes());
        } else {
            return Err(krait_runtime::overflow_error!("int too large to pickle"));
        }
        self.put(&bytes);
        Ok(())
    }

    fn save_float(&mut self, float: &PyFloat) -> PyResult<()> {
        if self.bin {
            self.put(&[BINFLOAT]);
            self.put(&float.value().to_be_bytes());
        } else {
            let text = krait_numbers::float::repr(float.value());
            self.put(format!("F{text}\n").as_bytes());
        }
        Ok(())
    }

    /// Data with its length: `codes` for lengths of one, four and eight bytes.
    fn save_sized(
        &mut self,
        data: &[u8],
        codes: [Option<u8>; 3],
        object: Option<&PyObject>,
    ) -> PyResult<()> {
        let len = data.len();
        let mut header = [0; FRAME_HEADER];
        header[1..].copy_from_slice(&(len as u64).to_le_bytes());
        let used = match (codes, u8::try_from(len), u32::try_from(len)) {
            ([Some(code), ..], Ok(_), _) => {
                header[0] = code;
                2
            }
            ([_, Some(code), _], _, Ok(_)) => {
                header[0] = code;
                5
            }
            ([_, _, Some(code)], ..) => {
                header[0] = code;
                9
            }
            _ => {
                return Err(krait_runtime::overflow_error!(
                    "serializing a bytes object larger than 4 GiB requires pickle protocol 4 or higher"
                ));
            }
        };
        self.put_data(&header[..used], data, object)
    }

    fn save_bytes(&mut self, bytes: &PyBytes) -> PyResult<()> {
        if self.protocol >= 3 {
            self.save_bytes_data(bytes.as_bytes(), Some(bytes))?;
            self.memoize(bytes);
            return Ok(());
        }
        // Before there were bytes, text of their codes stood for them.
        let (function, arguments) = if bytes.is_empty() {
            (PyBytes::type_object().to_obj(), Vec::new())
        } else {
            let text = PyStr::from_latin1(bytes.as_bytes())?.into_object();
            let latin1 = PyStr::intern("latin1")?.into_object();
            let encode =
                crate::util::import("_codecs")?.getattr(krait_runtime::intern!("encode"))?;
            (encode, vec![text, latin1])
        };
        self.save_call(&function, arguments, bytes)
    }

    fn save_bytes_data(&mut self, data: &[u8], object: Option<&PyObject>) -> PyResult<()> {
        let large = (self.protocol >= 4).then_some(BINBYTES8);
        self.save_sized(data, [Some(SHORT_BINBYTES), Some(BINBYTES), large], object)
    }

    fn save_bytearray(&mut self, bytes: &PyByteArray) -> PyResult<()> {
        if self.protocol >= 5 {
            self.save_sized(&bytes.to_vec(), [None, None, Some(BYTEARRAY8)], None)?;
            self.memoize(bytes);
            return Ok(());
        }
        let arguments = if bytes.is_empty() {
            Vec::new()
        } else {
            vec![PyBytes::new(&bytes.to_vec())?.into_object()]
        };
        self.save_call(PyByteArray::type_object(), arguments, bytes)
    }

    fn save_picklebuffer(&mut self, buffer: &PickleBuffer) -> PyResult<()> {
        if self.protocol < 5 {
            return Err(pickling_error(
                "PickleBuffer can only be pickled with protocol >= 5",
            ));
        }
        let Some((data, readonly)) = buffer.contents()? else {
            return Err(pickling_error(
                "PickleBuffer can not be pickled when pointing to a non-contiguous buffer",
            ));
        };
        let in_band = match self.pickler.buffer_callback() {
            Some(callback) => callback.call1(buffer)?.is_true()?,
            None => true,
        };
        if !in_band {
            self.put(&[NEXT_BUFFER]);
            if readonly {
                self.put(&[READONLY_BUFFER]);
            }
            return Ok(());
        }
        if readonly {
            self.save_bytes_data(&data, None)?;
        } else {
            self.save_sized(&data, [None, None, Some(BYTEARRAY8)], None)?;
        }
        self.memoize(buffer);
        Ok(())
    }

    fn save_text(&mut self, text: &PyStr) -> PyResult<()> {
        if self.bin {
            let short = (self.protocol >= 4).then_some(SHORT_BINUNICODE);
            let large = (self.protocol >= 4).then_some(BINUNICODE8);
            let codes = [short, Some(BINUNICODE), large];
            match text.as_ascii() {
                Some(ascii) => self.save_sized(ascii.as_bytes(), codes, None)?,
                None => self.save_sized(text.to_wtf8().as_bytes(), codes, None)?,
            }
        } else {
            let line = raw_unicode_escape(text.as_slice());
            self.put(&[UNICODE]);
            self.put(&line);
            self.put(b"\n");
        }
        self.memoize(text);
        Ok(())
    }

    pub(super) fn save_tuple(&mut self, tuple: &PyTuple) -> PyResult<()> {
        let len = tuple.len();
        if len == 0 {
            if self.bin {
                self.put(&[EMPTY_TUPLE]);
            } else {
                self.put(&[MARK, TUPLE]);
            }
            return Ok(());
        }
        let short = len <= 3 && self.protocol >= 2;
        if !short {
            self.put(&[MARK]);
        }
        for (index, item) in tuple.as_slice().iter().enumerate() {
            self.save(item)
                .map_err(|error| item_noted(error, tuple, index))?;
        }
        // An item that leads back here has saved the tuple already.
        if self.is_known(tuple) {
            if short {
                self.put(&[POP; 3][..len]);
            } else if self.bin {
                self.put(&[POP_MARK]);
            } else {
                self.put(&vec![POP; len + 1]);
            }
            self.fetch(tuple);
            return Ok(());
        }
        self.put(&[match len {
            1 if short => TUPLE1,
            2 if short => TUPLE2,
            3 if short => TUPLE3,
            _ => TUPLE,
        }]);
        self.memoize(tuple);
        Ok(())
    }

    fn save_list(&mut self, list: &PyList) -> PyResult<()> {
        if self.bin {
            self.put(&[EMPTY_LIST]);
        } else {
            self.put(&[MARK, LIST]);
        }
        self.memoize(list);
        if !self.bin || list.len() == 1 {
            let mut index = 0;
            while let Some(item) = list.get(index) {
                self.save(&item)
                    .map_err(|error| item_noted(error, list, index))?;
                self.put(&[APPEND]);
                index += 1;
            }
            return Ok(());
        }
        let mut index = 0;
        while index < list.len() {
            let end = index + BATCH;
            self.put(&[MARK]);
            while index < end
                && let Some(item) = list.get(index)
            {
                self.save(&item)
                    .map_err(|error| item_noted(error, list, index))?;
                index += 1;
            }
            self.put(&[APPENDS]);
        }
        Ok(())
    }

    fn save_pair(&mut self, dict: &PyDict, key: &PyObject, value: &PyObject) -> PyResult<()> {
        self.save(key)?;
        self.save(value).map_err(|error| {
            noted(error, || {
                let key = key.repr()?.to_string_lossy();
                Ok(format!("when serializing {} item {key}", class_name(dict)?))
            })
        })
    }

    fn save_dict(&mut self, dict: &PyDict) -> PyResult<()> {
        if self.bin {
            self.put(&[EMPTY_DICT]);
        } else {
            self.put(&[MARK, DICT]);
        }
        self.memoize(dict);
        let len = dict.len();
        let one_by_one = !self.bin || len == 1;
        let (mut position, mut done) = (0, 0);
        while let Some((key, value)) = dict.next(&mut position) {
            if !one_by_one && done % BATCH == 0 {
                self.put(&[MARK]);
            }
            self.save_pair(dict, &key, &value)?;
            done += 1;
            if dict.len() != len {
                return Err(changed("dictionary"));
            }
            if one_by_one {
                self.put(&[SETITEM]);
            } else if done % BATCH == 0 || done == len {
                self.put(&[SETITEMS]);
            }
        }
        Ok(())
    }

    fn save_set(&mut self, set: &PySet) -> PyResult<()> {
        if self.protocol < 4 {
            let items = PyList::from_vec(set.to_vec()?)?.into_object();
            return self.save_call(PySet::type_object(), vec![items], set);
        }
        self.put(&[EMPTY_SET]);
        self.memoize(set);
        let len = set.table().len();
        let (mut position, mut done) = (0, 0);
        while let Some((item, _)) = set.table().next(&mut position) {
            if done % BATCH == 0 {
                self.put(&[MARK]);
            }
            self.save(&item)
                .map_err(|error| element_noted(error, set))?;
            done += 1;
            if set.table().len() != len {
                return Err(changed("set"));
            }
            if done % BATCH == 0 || done == len {
                self.put(&[ADDITEMS]);
            }
        }
        Ok(())
    }

    fn save_frozenset(&mut self, set: &PyFrozenSet) -> PyResult<()> {
        if self.protocol < 4 {
            let items = PyList::from_vec(set.to_vec()?)?.into_object();
            return self.save_call(PyFrozenSet::type_object(), vec![items], set);
        }
        self.put(&[MARK]);
        for item in set.to_vec()? {
            self.save(&item)
                .map_err(|error| element_noted(error, set))?;
        }
        if self.is_known(set) {
            self.put(&[POP_MARK]);
            self.fetch(set);
            return Ok(());
        }
        self.put(&[FROZENSET]);
        self.memoize(set);
        Ok(())
    }
}

/// The name that notes use for an object's class.
pub(super) fn class_name(object: &PyObject) -> PyResult<String> {
    object.type_().qualified_name()
}

fn item_noted(error: PyErr, container: &PyObject, index: usize) -> PyErr {
    noted(error, || {
        Ok(format!(
            "when serializing {} item {index}",
            class_name(container)?
        ))
    })
}

fn element_noted(error: PyErr, set: &PyObject) -> PyErr {
    noted(error, || {
        Ok(format!("when serializing {} element", class_name(set)?))
    })
}

fn changed(what: &str) -> PyErr {
    exc!(RuntimeError, "{what} changed size during iteration")
}

/// Text in one line: what would end it, or is not Latin-1, as escapes.
#[allow(
    clippy::match_overlapping_arm,
    reason = "the first arm is the exceptions"
)]
fn raw_unicode_escape(units: StrSlice<'_>) -> Vec<u8> {
    let mut line = Vec::with_capacity(units.len());
    units.for_each(|code| match code {
        0 | 10 | 13 | 0x1A | 0x5C => line.extend(format!("\\u{code:04x}").bytes()),
        0..=0xFF => line.push(code as u8),
        0x100..=0xFFFF => line.extend(format!("\\u{code:04x}").bytes()),
        _ => line.extend(format!("\\U{code:08x}").bytes()),
    });
    line
}
