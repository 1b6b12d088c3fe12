//! From the compiler's plain code units to code objects, and back for `marshal`.

use hashbrown::HashMap;
use std::sync::Arc;

use krait_bytecode::{CodeUnit, Const};
use krait_text::Wtf8Buf;

use super::{CodeParts, PyCode};
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{PyBytes, PyComplex, PyFloat, PyFrozenSet, PyLong, PyResult, PySlice, PyStr, PyTuple};

impl PyCode {
    /// The code object of a code unit: names are interned, constants made.
    pub fn from_unit(unit: &CodeUnit) -> PyResult<Py<PyCode>> {
        let filename = PyStr::from_wtf8(&unit.filename)?;
        Self::from_unit_in(unit, &filename, &mut SharedConstants::default())
    }

    /// As [`PyCode::from_unit`], sharing file name and constants among all the nested code objects.
    fn from_unit_in<'a>(
        unit: &'a CodeUnit,
        filename: &Py<PyStr>,
        shared: &mut SharedConstants<'a>,
    ) -> PyResult<Py<PyCode>> {
        let consts = unit
            .consts
            .iter()
            .map(|constant| match constant {
                Const::Code(code) => Ok(Self::from_unit_in(code, filename, shared)?.into_object()),
                _ => shared.object(constant),
            })
            .collect::<PyResult<Vec<_>>>()?;
        PyCode::build(CodeParts {
            argcount: unit.argcount as i32,
            posonlyargcount: unit.posonlyargcount as i32,
            kwonlyargcount: unit.kwonlyargcount as i32,
            stacksize: unit.stacksize as i32,
            flags: unit.flags as i32,
            code: unit.code.clone(),
            consts: shared.tuple(consts)?,
            names: shared.tuple(names(&unit.names)?)?,
            localsplusnames: PyTuple::from_vec(names(&unit.localsplusnames)?)?,
            localspluskinds: PyBytes::new(&unit.localspluskinds)?,
            filename: filename.clone(),
            name: PyStr::intern_wtf8(&unit.name)?,
            qualname: PyStr::intern_wtf8(&unit.qualname)?,
            firstlineno: unit.firstlineno,
            linetable: PyBytes::new(&unit.linetable)?,
            exceptiontable: PyBytes::new(&unit.exceptiontable)?,
        })
    }

    /// The code object as plain data.
    pub fn to_unit(&self) -> PyResult<CodeUnit> {
        let names = |names: Option<Py<PyTuple>>| -> Vec<Wtf8Buf> {
            let Some(names) = names else {
                return Vec::new();
            };
            let texts = names
                .as_slice()
                .iter()
                .filter_map(|name| name.downcast::<PyStr>());
            texts.map(PyStr::to_wtf8).collect()
        };
        let text = |text: Option<Py<PyStr>>| text.map(|text| text.to_wtf8()).unwrap_or_default();
        let bytes = |bytes: Option<Py<PyBytes>>| {
            bytes
                .map(|bytes| bytes.as_bytes().to_vec())
                .unwrap_or_default()
        };
        let consts = match self.co_consts.get() {
            Some(consts) => {
                let consts = consts.as_slice().iter();
                consts
                    .map(|each| constant_from_object(each))
                    .collect::<PyResult<Vec<_>>>()?
            }
            None => Vec::new(),
        };
        Ok(CodeUnit {
            argcount: self.co_argcount.get() as u32,
            posonlyargcount: self.co_posonlyargcount.get() as u32,
            kwonlyargcount: self.co_kwonlyargcount.get() as u32,
            stacksize: self.co_stacksize.get() as u32,
            flags: self.co_flags.get() as u32,
            code: self.base_instructions(),
            consts,
            names: names(self.co_names.get()),
            localsplusnames: names(self.co_localsplusnames.get()),
            localspluskinds: bytes(self.co_localspluskinds.get()),
            filename: text(self.co_filename.get()),
            name: text(self.co_name.get()),
            qualname: text(self.co_qualname.get()),
            firstlineno: self.co_firstlineno.get(),
            linetable: bytes(self.co_linetable.get()),
            exceptiontable: bytes(self.co_exceptiontable.get()),
        })
    }
}

/// The constants of one compilation: equal ones are one object.
#[derive(Default)]
struct SharedConstants<'a> {
    objects: HashMap<&'a Const, Obj>,
    /// The tuples of constants, by the addresses of their items.
    tuples: HashMap<Vec<*const PyObject>, Py<PyTuple>>,
}

impl<'a> SharedConstants<'a> {
    fn object(&mut self, constant: &'a Const) -> PyResult<Obj> {
        let is_single = match constant {
            Const::None | Const::True | Const::False | Const::Ellipsis => true,
            Const::Str(text) => looks_like_name(text),
            _ => false,
        };
        if is_single {
            return constant_to_object(constant);
        }
        if let Some(known) = self.objects.get(constant) {
            return Ok(known.clone());
        }
        let object = match constant {
            Const::Tuple(items) => {
                let items = items.iter().map(|item| self.object(item));
                let items = items.collect::<PyResult<Vec<_>>>()?;
                self.tuple(items)?.into_object()
            }
            _ => constant_to_object(constant)?,
        };
        self.objects.insert(constant, object.clone());
        Ok(object)
    }

    fn tuple(&mut self, items: Vec<Obj>) -> PyResult<Py<PyTuple>> {
        // Code objects are never shared, so neither is what holds them.
        if items.iter().any(|item| item.is_instance_of::<PyCode>()) {
            return PyTuple::from_vec(items);
        }
        let key = items.iter().map(|item| std::ptr::from_ref(&**item));
        let key: Vec<_> = key.collect();
        if let Some(known) = self.tuples.get(&key) {
            return Ok(known.clone());
        }
        let tuple = PyTuple::from_vec(items)?;
        self.tuples.insert(key, tuple.clone());
        Ok(tuple)
    }
}

fn names(names: &[Wtf8Buf]) -> PyResult<Vec<Obj>> {
    names
        .iter()
        .map(|name| Ok(PyStr::intern_wtf8(name)?.into_object()))
        .collect()
}

/// Whether CPython interns a string constant: it looks like a name.
fn looks_like_name(text: &Wtf8Buf) -> bool {
    text.as_bytes()
        .iter()
        .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

/// The object of a constant.
pub fn constant_to_object(constant: &Const) -> PyResult<Obj> {
    let objects = |items: &[Const]| {
        items
            .iter()
            .map(constant_to_object)
            .collect::<PyResult<Vec<_>>>()
    };
    Ok(match constant {
        Const::None => crate::none().to_obj(),
        Const::True => crate::bool_object(true).to_obj(),
        Const::False => crate::bool_object(false).to_obj(),
        Const::Ellipsis => crate::ellipsis().to_obj(),
        Const::Int(value) => PyLong::from_bigint(value)?.into_object(),
        Const::Float(value) => PyFloat::new(*value)?.into_object(),
        Const::Complex(real, imag) => PyComplex::new(*real, *imag)?.into_object(),
        Const::Str(text) if looks_like_name(text) => PyStr::intern_wtf8(text)?.into_object(),
        Const::Str(text) => PyStr::from_wtf8(text)?.into_object(),
        Const::Bytes(bytes) => PyBytes::new(bytes)?.into_object(),
        Const::Tuple(items) => PyTuple::from_vec(objects(items)?)?.into_object(),
        Const::FrozenSet(items) => PyFrozenSet::from_vec(objects(items)?)?.into_object(),
        Const::Slice(parts) => {
            let [start, stop, step] = &**parts;
            let (start, stop) = (constant_to_object(start)?, constant_to_object(stop)?);
            PySlice::new(&start, &stop, &*constant_to_object(step)?)?.into_object()
        }
        Const::Code(code) => PyCode::from_unit(code)?.into_object(),
    })
}

/// The constant that an object is; anything that cannot stand in a code object is a `ValueError`.
pub fn constant_from_object(object: &PyObject) -> PyResult<Const> {
    let constants = |items: &[Obj]| {
        items
            .iter()
            .map(|each| constant_from_object(each))
            .collect::<PyResult<Vec<_>>>()
    };
    if object.is(crate::none()) {
        return Ok(Const::None);
    }
    if object.is(crate::ellipsis()) {
        return Ok(Const::Ellipsis);
    }
    if object.is(&crate::bool_object(true).to_obj()) {
        return Ok(Const::True);
    }
    if object.is(&crate::bool_object(false).to_obj()) {
        return Ok(Const::False);
    }
    if let Some(value) = object.downcast_exact::<PyLong>() {
        return Ok(Const::Int(value.to_bigint()));
    }
    if let Some(value) = object.downcast_exact::<PyFloat>() {
        return Ok(Const::Float(value.value()));
    }
    if let Some(value) = object.downcast_exact::<PyComplex>() {
        return Ok(Const::Complex(value.real(), value.imag()));
    }
    if let Some(text) = object.downcast::<PyStr>() {
        return Ok(Const::Str(text.to_wtf8()));
    }
    if let Some(bytes) = object.downcast::<PyBytes>() {
        return Ok(Const::Bytes(bytes.as_bytes().to_vec()));
    }
    if let Some(items) = object.downcast_exact::<PyTuple>() {
        return Ok(Const::Tuple(constants(items.as_slice())?));
    }
    if let Some(items) = object.downcast_exact::<PyFrozenSet>() {
        return Ok(Const::FrozenSet(constants(&items.to_vec()?)?));
    }
    if let Some(slice) = object.downcast_exact::<PySlice>() {
        let part = |part: Obj| constant_from_object(&part);
        let parts = [
            part(slice.start())?,
            part(slice.stop())?,
            part(slice.step())?,
        ];
        return Ok(Const::Slice(Box::new(parts)));
    }
    if let Some(code) = object.downcast_exact::<PyCode>() {
        return Ok(Const::Code(Arc::new(code.to_unit()?)));
    }
    Err(crate::value_error!("unmarshallable object"))
}
