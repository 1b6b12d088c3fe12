//! The methods, attributes and slots of code objects.

use krait_abi as abi;
use krait_bytecode::opcode::{CACHES, op};
use krait_macros::pymethods;

use super::positions::int_or_none;
use super::{CodeParts, PyCode};
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{CompareOp, KwArgs, PyBytes, PyList, PyResult, PyStr, PyTuple, PyType};

fn or_none<T: PyClass>(value: Option<Py<T>>) -> Obj {
    value.map_or_else(|| crate::none().to_obj(), Py::into_object)
}

/// The names of a tuple, which must all be strings.
fn checked_names(tuple: &PyTuple) -> PyResult<Vec<Obj>> {
    tuple
        .as_slice()
        .iter()
        .map(|name| match name.downcast::<PyStr>() {
            Some(_) => Ok(name.to_obj()),
            None => Err(crate::type_error!(
                "name tuples must contain only strings, not '{}'",
                name.type_name()
            )),
        })
        .collect()
}

/// The parts of a code object as the constructor and `replace` take them.
struct Constructor {
    argcount: i32,
    posonlyargcount: i32,
    kwonlyargcount: i32,
    stacksize: i32,
    flags: i32,
    code: Py<PyBytes>,
    consts: Py<PyTuple>,
    names: Py<PyTuple>,
    varnames: Py<PyTuple>,
    filename: Py<PyStr>,
    name: Py<PyStr>,
    qualname: Py<PyStr>,
    firstlineno: i32,
    linetable: Py<PyBytes>,
    exceptiontable: Py<PyBytes>,
    freevars: Py<PyTuple>,
    cellvars: Py<PyTuple>,
    nlocals: i32,
}

impl Constructor {
    fn build(self) -> PyResult<Py<PyCode>> {
        let negative = [
            ("argcount", self.argcount),
            ("posonlyargcount", self.posonlyargcount),
            ("kwonlyargcount", self.kwonlyargcount),
            ("nlocals", self.nlocals),
        ];
        for (name, value) in negative {
            if value < 0 {
                return Err(crate::value_error!("code: {name} must not be negative"));
            }
        }
        let varnames = checked_names(&self.varnames)?;
        if varnames.len() as i32 != self.nlocals {
            return Err(crate::value_error!("code: co_nlocals != len(co_varnames)"));
        }
        let mut names = varnames;
        let mut kinds = self.argument_kinds(names.len());
        for cell in checked_names(&self.cellvars)? {
            // A cell that is also a parameter shares its slot.
            match same_name(&names, &cell)? {
                Some(index) => kinds[index] |= abi::CO_FAST_CELL,
                None => {
                    names.push(cell);
                    kinds.push(abi::CO_FAST_CELL);
                }
            }
        }
        for free in checked_names(&self.freevars)? {
            names.push(free);
            kinds.push(abi::CO_FAST_FREE);
        }
        PyCode::build(CodeParts {
            argcount: self.argcount,
            posonlyargcount: self.posonlyargcount,
            kwonlyargcount: self.kwonlyargcount,
            stacksize: self.stacksize,
            flags: self.flags,
            code: self.code.as_bytes().to_vec(),
            consts: self.consts,
            names: self.names,
            localsplusnames: PyTuple::from_vec(names)?,
            localspluskinds: PyBytes::new(&kinds)?,
            filename: self.filename,
            name: self.name,
            qualname: self.qualname,
            firstlineno: self.firstlineno,
            linetable: self.linetable,
            exceptiontable: self.exceptiontable,
        })
    }

    fn argument_kinds(&self, locals: usize) -> Vec<u8> {
        let mut kinds = vec![abi::CO_FAST_LOCAL; locals];
        let mut args = Vec::new();
        for index in 0..self.argcount {
            let by_name = if index < self.posonlyargcount {
                0
            } else {
                abi::CO_FAST_ARG_KW
            };
            args.push(abi::CO_FAST_ARG_POS | by_name);
        }
        args.extend((0..self.kwonlyargcount).map(|_| abi::CO_FAST_ARG_KW));
        if self.flags & abi::CO_VARARGS != 0 {
            args.push(abi::CO_FAST_ARG_VAR | abi::CO_FAST_ARG_POS);
        }
        if self.flags & abi::CO_VARKEYWORDS != 0 {
            args.push(abi::CO_FAST_ARG_VAR | abi::CO_FAST_ARG_KW);
        }
        for (kind, arg) in kinds.iter_mut().zip(args) {
            *kind |= arg;
        }
        kinds
    }
}

fn same_name(names: &[Obj], wanted: &PyObject) -> PyResult<Option<usize>> {
    for (index, name) in names.iter().enumerate() {
        if name.compare_bool(wanted, CompareOp::Eq)? {
            return Ok(Some(index));
        }
    }
    Ok(None)
}

#[pymethods]
impl PyCode {
    #[pynew(
        signature = "(argcount, posonlyargcount, kwonlyargcount, nlocals, stacksize, flags, codestring, constants, names, varnames, filename, name, qualname, firstlineno, linetable, exceptiontable, freevars=(), cellvars=(), /)"
    )]
    fn new(
        _cls: &PyType,
        argcount: i32,
        posonlyargcount: i32,
        kwonlyargcount: i32,
        nlocals: i32,
        stacksize: i32,
        flags: i32,
        codestring: &PyBytes,
        constants: &PyTuple,
        names: &PyTuple,
        varnames: &PyTuple,
        filename: &PyStr,
        name: &PyStr,
        qualname: &PyStr,
        firstlineno: i32,
        linetable: &PyBytes,
        exceptiontable: &PyBytes,
        freevars: Option<&PyTuple>,
        cellvars: Option<&PyTuple>,
    ) -> PyResult<Py<Self>> {
        let tuple = |value: Option<&PyTuple>| match value {
            Some(value) => Ok(PyClass::to_owned(value)),
            None => PyTuple::from_vec(Vec::new()),
        };
        Constructor {
            argcount,
            posonlyargcount,
            kwonlyargcount,
            stacksize,
            flags,
            code: PyClass::to_owned(codestring),
            consts: PyClass::to_owned(constants),
            names: PyClass::to_owned(names),
            varnames: PyClass::to_owned(varnames),
            filename: PyClass::to_owned(filename),
            name: PyClass::to_owned(name),
            qualname: PyClass::to_owned(qualname),
            firstlineno,
            linetable: PyClass::to_owned(linetable),
            exceptiontable: PyClass::to_owned(exceptiontable),
            freevars: tuple(freevars)?,
            cellvars: tuple(cellvars)?,
            nlocals,
        }
        .build()
    }

    /// Return a copy of the code object with new values for the specified fields.
    #[pymethod(
        text_signature = "($self, /, **changes)",
        signature = "($self, **changes)"
    )]
    fn replace(&self, changes: KwArgs<'_>) -> PyResult<Obj> {
        let mut parts = self.parts()?;
        for (name, value) in changes.iter() {
            parts.set(&name.to_string_lossy(), value)?;
        }
        Ok(parts.build()?.into_object())
    }

    /// The same as replace().
    #[pymethod(
        name = "__replace__",
        text_signature = "($self, /, **changes)",
        signature = "($self, **changes)"
    )]
    fn dunder_replace(&self, changes: KwArgs<'_>) -> PyResult<Obj> {
        self.replace(changes)
    }

    #[pygetter]
    fn co_argcount(&self) -> i32 {
        self.co_argcount.get()
    }

    #[pygetter]
    fn co_posonlyargcount(&self) -> i32 {
        self.co_posonlyargcount.get()
    }

    #[pygetter]
    fn co_kwonlyargcount(&self) -> i32 {
        self.co_kwonlyargcount.get()
    }

    #[pygetter]
    fn co_stacksize(&self) -> i32 {
        self.co_stacksize.get()
    }

    #[pygetter]
    fn co_flags(&self) -> i32 {
        self.co_flags.get()
    }

    #[pygetter]
    fn co_nlocals(&self) -> i32 {
        self.co_nlocals.get()
    }

    #[pygetter]
    fn co_firstlineno(&self) -> i32 {
        self.co_firstlineno.get()
    }

    #[pygetter]
    fn co_names(&self) -> Obj {
        or_none(self.co_names.get())
    }

    #[pygetter]
    fn co_filename(&self) -> Obj {
        or_none(self.co_filename.get())
    }

    #[pygetter]
    fn co_name(&self) -> Obj {
        or_none(self.co_name.get())
    }

    #[pygetter]
    fn co_qualname(&self) -> Obj {
        or_none(self.co_qualname.get())
    }

    #[pygetter]
    fn co_linetable(&self) -> Obj {
        or_none(self.co_linetable.get())
    }

    #[pygetter]
    fn co_exceptiontable(&self) -> Obj {
        or_none(self.co_exceptiontable.get())
    }

    #[pygetter]
    fn co_consts(&self) -> Obj {
        or_none(self.co_consts.get())
    }

    #[pygetter]
    fn co_varnames(&self) -> PyResult<Obj> {
        Ok(self.varnames()?.into_object())
    }

    #[pygetter]
    fn co_cellvars(&self) -> PyResult<Obj> {
        Ok(self.cellvars()?.into_object())
    }

    #[pygetter]
    fn co_freevars(&self) -> PyResult<Obj> {
        Ok(self.freevars()?.into_object())
    }

    #[pygetter]
    fn co_code(&self) -> PyResult<Obj> {
        Ok(self.code_bytes()?.into_object())
    }

    #[pygetter]
    fn _co_code_adaptive(&self) -> PyResult<Obj> {
        let bytes: Vec<u8> = self
            .units()
            .iter()
            .flat_map(|unit| unit.cache.get().to_le_bytes())
            .collect();
        Ok(PyBytes::new(&bytes)?.into_object())
    }

    #[pygetter]
    fn co_lnotab(&self) -> PyResult<Obj> {
        crate::hooks::warn(
            &crate::exc::DeprecationWarning,
            "co_lnotab is deprecated, use co_lines instead.",
            1,
        )?;
        Ok(PyBytes::new(&self.lnotab())?.into_object())
    }

    #[pymethod(name = "__sizeof__", signature = "($self, /)")]
    fn sizeof(&self) -> PyResult<isize> {
        let class = self.type_().raw();
        Ok(class.tp_basicsize.get() + self.units().len() as isize * class.tp_itemsize.get())
    }
}

#[pymethods(ITERATORS)]
impl PyCode {
    /// Runs of instructions on one line, as (start, end, line).
    #[pymethod(signature = "($self, /)")]
    fn co_lines(&self) -> PyResult<Obj> {
        let mut rows = Vec::new();
        for (start, end, line) in self.line_ranges() {
            let parts = vec![
                int_or_none(Some(start))?,
                int_or_none(Some(end))?,
                int_or_none(line)?,
            ];
            rows.push(PyTuple::from_vec(parts)?.into_object());
        }
        PyList::from_vec(rows)?.iter()
    }

    /// The source range of each code unit, as (line, end line, column, end column).
    #[pymethod(signature = "($self, /)")]
    fn co_positions(&self) -> PyResult<Obj> {
        let rows = self.unit_positions();
        let rows = rows
            .into_iter()
            .map(|row| row.to_tuple())
            .collect::<PyResult<Vec<_>>>()?;
        PyList::from_vec(rows)?.iter()
    }

    /// The branches, as offsets (of the branch, where it goes if not taken, where if taken).
    #[pymethod(signature = "($self, /)")]
    fn co_branches(&self) -> PyResult<Obj> {
        let mut rows = Vec::new();
        for branch in self.branches() {
            let parts = branch
                .into_iter()
                .map(|offset| int_or_none(Some(offset * 2)));
            rows.push(PyTuple::from_vec(parts.collect::<PyResult<_>>()?)?.into_object());
        }
        PyList::from_vec(rows)?.iter()
    }

    /// The name of the local variable at an index of the frame.
    #[pymethod(signature = "($self, /, oparg)")]
    fn _varname_from_oparg(&self, oparg: i32) -> PyResult<Obj> {
        match usize::try_from(oparg)
            .ok()
            .and_then(|index| self.local_name(index))
        {
            Some(name) => Ok(name.into_object()),
            None => Err(crate::index_error!("tuple index out of range")),
        }
    }
}

#[pymethods(SLOTS)]
impl PyCode {
    #[slot(tp_dealloc)]
    #[inline(never)]
    unsafe extern "C" fn tp_dealloc(object: *mut abi::PyObject) {
        // SAFETY: the contract of `tp_dealloc`.
        unsafe { super::code_dealloc(object) }
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Obj> {
        let text = |value: Option<Py<PyStr>>| value.map(|value| value.to_string_lossy());
        let name = text(self.co_name.get()).unwrap_or_default();
        let line = if self.co_firstlineno.get() != 0 {
            self.co_firstlineno.get()
        } else {
            -1
        };
        let repr = match text(self.co_filename.get()) {
            Some(file) => format!("<code object {name} at {self:p}, file \"{file}\", line {line}>"),
            None => format!("<code object {name} at {self:p}, file ???, line {line}>"),
        };
        Ok(PyStr::new(&repr)?.into_object())
    }

    #[slot(tp_hash)]
    fn hash(&self) -> PyResult<isize> {
        let mut hash = 20_221_211_isize;
        let mut mix = |value: isize| hash = (hash ^ value).wrapping_mul(1_000_003);
        let parts: [Obj; 5] = [
            or_none(self.co_name.get()),
            or_none(self.co_names.get()),
            or_none(self.co_localsplusnames.get()),
            or_none(self.co_linetable.get()),
            or_none(self.co_exceptiontable.get()),
        ];
        for part in parts {
            mix(part.hash()?);
        }
        let counts = [
            &self.co_argcount,
            &self.co_posonlyargcount,
            &self.co_kwonlyargcount,
        ];
        for count in counts
            .into_iter()
            .chain([&self.co_flags, &self.co_firstlineno])
        {
            mix(count.get() as isize);
        }
        for byte in self.base_instructions() {
            mix(isize::from(byte));
        }
        Ok(if hash == -1 { -2 } else { hash })
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
        let (Some(other), true) = (
            other.downcast::<PyCode>(),
            matches!(op, CompareOp::Eq | CompareOp::Ne),
        ) else {
            return Ok(crate::not_implemented().to_obj());
        };
        let same = self.is(other) || self.same_as(other)?;
        Ok(crate::bool_object(same == matches!(op, CompareOp::Eq)).to_obj())
    }
}

impl PyCode {
    fn same_as(&self, other: &PyCode) -> PyResult<bool> {
        let counts = |code: &PyCode| {
            [
                code.co_argcount.get(),
                code.co_posonlyargcount.get(),
                code.co_kwonlyargcount.get(),
                code.co_flags.get(),
                code.co_firstlineno.get(),
            ]
        };
        if counts(self) != counts(other) || self.base_instructions() != other.base_instructions() {
            return Ok(false);
        }
        let parts = |code: &PyCode| -> [Obj; 5] {
            [
                or_none(code.co_name.get()),
                or_none(code.co_names.get()),
                or_none(code.co_localsplusnames.get()),
                or_none(code.co_linetable.get()),
                or_none(code.co_exceptiontable.get()),
            ]
        };
        for (left, right) in parts(self).iter().zip(&parts(other)) {
            if !left.compare_bool(right, CompareOp::Eq)? {
                return Ok(false);
            }
        }
        same_constant(
            &or_none(self.co_consts.get()),
            &or_none(other.co_consts.get()),
        )
    }

    fn parts(&self) -> PyResult<Constructor> {
        let empty = || PyTuple::from_vec(Vec::new());
        let text = |value: Option<Py<PyStr>>| value.map_or_else(|| PyStr::new(""), Ok);
        let bytes = |value: Option<Py<PyBytes>>| value.map_or_else(|| PyBytes::new(b""), Ok);
        Ok(Constructor {
            argcount: self.co_argcount.get(),
            posonlyargcount: self.co_posonlyargcount.get(),
            kwonlyargcount: self.co_kwonlyargcount.get(),
            stacksize: self.co_stacksize.get(),
            flags: self.co_flags.get(),
            code: self.code_bytes()?,
            consts: self.co_consts.get().map_or_else(empty, Ok)?,
            names: self.co_names.get().map_or_else(empty, Ok)?,
            varnames: self.varnames()?,
            filename: text(self.co_filename.get())?,
            name: text(self.co_name.get())?,
            qualname: text(self.co_qualname.get())?,
            firstlineno: self.co_firstlineno.get(),
            linetable: bytes(self.co_linetable.get())?,
            exceptiontable: bytes(self.co_exceptiontable.get())?,
            freevars: self.freevars()?,
            cellvars: self.cellvars()?,
            nlocals: self.co_nlocals.get(),
        })
    }

    /// Jumps of instructions that decide: unit of the branch, the two units it leads to.
    pub(crate) fn branches(&self) -> Vec<[i32; 3]> {
        let units = self.units();
        let (mut found, mut at, mut extended) = (Vec::new(), 0, 0);
        while at < units.len() {
            let opcode = self.base_opcode(at);
            let oparg = extended << 8 | i32::from(units[at].arg());
            let next = at + 1 + usize::from(CACHES[usize::from(opcode)]);
            extended = if opcode == op::EXTENDED_ARG { oparg } else { 0 };
            let skip = |unit: usize| {
                let skips = unit < units.len() && self.base_opcode(unit) == op::NOT_TAKEN;
                unit as i32 + i32::from(skips)
            };
            match opcode {
                op::POP_JUMP_IF_FALSE
                | op::POP_JUMP_IF_TRUE
                | op::POP_JUMP_IF_NONE
                | op::POP_JUMP_IF_NOT_NONE => {
                    found.push([at as i32, skip(next), next as i32 + oparg]);
                }
                op::FOR_ITER => found.push([at as i32, next as i32, next as i32 + oparg + 2]),
                op::END_ASYNC_FOR => {
                    let source = next as i32 - oparg;
                    found.push([source, skip(source as usize + 1), next as i32]);
                }
                _ => {}
            }
            at = next;
        }
        found
    }

    /// The old line table: pairs of byte and line increments.
    fn lnotab(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let (mut line, mut code) = (self.co_firstlineno.get(), 0);
        for (start, _, entry_line) in self.line_ranges() {
            let Some(entry_line) = entry_line else {
                continue;
            };
            let (mut bdelta, mut ldelta) = (start - code, entry_line - line);
            if ldelta == 0 && bdelta == 0 && !bytes.is_empty() {
                continue;
            }
            while bdelta > 254 {
                bytes.extend([254, 0]);
                bdelta -= 254;
            }
            while ldelta > 127 {
                bytes.extend([bdelta as u8, 127]);
                (bdelta, ldelta) = (0, ldelta - 127);
            }
            while ldelta < -128 {
                bytes.extend([bdelta as u8, 0x80]);
                (bdelta, ldelta) = (0, ldelta + 128);
            }
            if bdelta != 0 || ldelta != 0 {
                bytes.extend([bdelta as u8, ldelta as u8]);
            }
            (line, code) = (entry_line, start);
        }
        bytes
    }
}

impl Constructor {
    /// Sets one part by its attribute name, as `replace` does.
    fn set(&mut self, name: &str, value: &PyObject) -> PyResult<()> {
        match name {
            "co_argcount" => self.argcount = int_of(value)?,
            "co_posonlyargcount" => self.posonlyargcount = int_of(value)?,
            "co_kwonlyargcount" => self.kwonlyargcount = int_of(value)?,
            "co_nlocals" => self.nlocals = int_of(value)?,
            "co_stacksize" => self.stacksize = int_of(value)?,
            "co_flags" => self.flags = int_of(value)?,
            "co_firstlineno" => self.firstlineno = int_of(value)?,
            "co_code" => self.code = typed(name, value)?,
            "co_consts" => self.consts = typed(name, value)?,
            "co_names" => self.names = typed(name, value)?,
            "co_varnames" => self.varnames = typed(name, value)?,
            "co_freevars" => self.freevars = typed(name, value)?,
            "co_cellvars" => self.cellvars = typed(name, value)?,
            "co_filename" => self.filename = typed(name, value)?,
            "co_name" => self.name = typed(name, value)?,
            "co_qualname" => self.qualname = typed(name, value)?,
            "co_linetable" => self.linetable = typed(name, value)?,
            "co_exceptiontable" => self.exceptiontable = typed(name, value)?,
            _ => {
                return Err(crate::type_error!(
                    "replace() got an unexpected keyword argument '{name}'"
                ));
            }
        }
        Ok(())
    }
}

fn int_of(value: &PyObject) -> PyResult<i32> {
    let index = value.index()?;
    index
        .to_i64()
        .and_then(|wide| i32::try_from(wide).ok())
        .ok_or_else(|| crate::overflow_error!("signed integer is greater than maximum"))
}

fn typed<T: PyClass>(name: &str, value: &PyObject) -> PyResult<Py<T>> {
    value.downcast::<T>().map(PyClass::to_owned).ok_or_else(|| {
        crate::type_error!(
            "replace() argument '{name}' must be {}, not {}",
            T::NAME,
            value.type_name()
        )
    })
}

/// Whether two constants are the same: equal, and of the same types all the way down.
fn same_constant(left: &PyObject, right: &PyObject) -> PyResult<bool> {
    if left.is(right) {
        return Ok(true);
    }
    if left.type_ptr() != right.type_ptr() {
        return Ok(false);
    }
    if let (Some(left), Some(right)) = (left.downcast::<PyTuple>(), right.downcast::<PyTuple>()) {
        if left.len() != right.len() {
            return Ok(false);
        }
        for (left, right) in left.as_slice().iter().zip(right.as_slice()) {
            if !same_constant(left, right)? {
                return Ok(false);
            }
        }
        return Ok(true);
    }
    // Zeros of different sign are equal and print differently.
    if matches!(left.type_().name().as_str(), "float" | "complex") {
        return Ok(left.repr()?.to_string_lossy() == right.repr()?.to_string_lossy());
    }
    left.compare_bool(right, CompareOp::Eq)
}
