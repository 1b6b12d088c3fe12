//! `code`: a code object, CPython's `PyCodeObject`: its parts, and its instructions at the end.
//!
//! Invariants:
//! 1. All object fields are set and never change; only the instructions rewrite themselves, the
//!    caches behind them included, and `co_code` undoes that.
//! 2. The instructions end in one that leaves the code, every jump and exception handler lands on
//!    an instruction, and indices into constants, names and locals are in range: the compiler and
//!    the `.pyc` reader vouch for it, as in CPython; the eval loop does not check again.

mod methods;
mod positions;
mod unit;

use std::cell::Cell;
use std::mem::offset_of;

use krait_abi as abi;
use krait_bytecode::opcode::{CACHES, DEOPT, MIN_INSTRUMENTED_OPCODE, op};
use krait_macros::pyclass;

use crate::field::{Field, WeakList};
use crate::object::{Obj, Py, PyClass, PyObject, PyVarObject};
use crate::state::{Interpreter, Specialization};
use crate::{PyBytes, PyResult, PyStr, PyTuple};

pub use positions::CodePosition;
pub use unit::{constant_from_object, constant_to_object};

/// Create a code object.  Not for mere mortals.
#[pyclass(
    name = "code",
    symbol = PyCode_Type,
    layout = manual,
    itemsize = size_of::<abi::_Py_CODEUNIT>() as isize,
    basicsize = offset_of!(PyCode, co_code_adaptive) as isize,
    methods(METHODS, ITERATORS, SLOTS)
)]
#[repr(C)]
#[allow(missing_docs, reason = "the fields are documented by their C names")]
pub struct PyCode {
    ob_base: PyVarObject,
    pub co_consts: Field<PyTuple>,
    pub co_names: Field<PyTuple>,
    pub co_exceptiontable: Field<PyBytes>,
    pub co_flags: Cell<i32>,
    pub co_argcount: Cell<i32>,
    pub co_posonlyargcount: Cell<i32>,
    pub co_kwonlyargcount: Cell<i32>,
    pub co_stacksize: Cell<i32>,
    pub co_firstlineno: Cell<i32>,
    pub co_nlocalsplus: Cell<i32>,
    pub co_framesize: Cell<i32>,
    pub co_nlocals: Cell<i32>,
    pub co_ncellvars: Cell<i32>,
    pub co_nfreevars: Cell<i32>,
    pub co_version: Cell<u32>,
    pub co_localsplusnames: Field<PyTuple>,
    pub co_localspluskinds: Field<PyBytes>,
    pub co_filename: Field<PyStr>,
    pub co_name: Field<PyStr>,
    pub co_qualname: Field<PyStr>,
    pub co_linetable: Field<PyBytes>,
    #[weaklist]
    co_weakreflist: WeakList,
    pub co_executors: Cell<*mut abi::_PyExecutorArray>,
    co_cached: Cell<*mut CoCached>,
    pub co_instrumentation_version: Cell<usize>,
    pub co_monitoring: Cell<*mut abi::_PyCoMonitoringData>,
    pub co_unique_id: Cell<isize>,
    pub co_firsttraceable: Cell<i32>,
    pub co_extra: Cell<*mut std::ffi::c_void>,
    co_code_adaptive: [Cell<u16>; 1],
}

macro_rules! same_offsets {
    ($($field:ident = $c_field:ident),+ $(,)?) => {
        const _: () = {
            $(assert!(offset_of!(PyCode, $field) == offset_of!(abi::PyCodeObject, $c_field));)+
        };
    };
}
same_offsets!(
    co_consts = co_consts,
    co_exceptiontable = co_exceptiontable,
    co_flags = co_flags,
    co_stacksize = co_stacksize,
    co_framesize = co_framesize,
    co_version = co_version,
    co_localsplusnames = co_localsplusnames,
    co_linetable = co_linetable,
    co_weakreflist = co_weakreflist,
    co_cached = _co_cached,
    co_instrumentation_version = _co_instrumentation_version,
    co_monitoring = _co_monitoring,
    co_firsttraceable = _co_firsttraceable,
    co_extra = co_extra,
    co_code_adaptive = co_code_adaptive,
);

/// `co_*` attributes made on demand: CPython's `_PyCoCached`.
#[repr(C)]
#[derive(Default)]
struct CoCached {
    code: Field<PyBytes>,
    varnames: Field<PyTuple>,
    cellvars: Field<PyTuple>,
    freevars: Field<PyTuple>,
}

/// What a code object is made of.
#[allow(missing_docs)]
pub struct CodeParts {
    pub argcount: i32,
    pub posonlyargcount: i32,
    pub kwonlyargcount: i32,
    pub stacksize: i32,
    pub flags: i32,
    pub code: Vec<u8>,
    pub consts: Py<PyTuple>,
    pub names: Py<PyTuple>,
    pub localsplusnames: Py<PyTuple>,
    pub localspluskinds: Py<PyBytes>,
    pub filename: Py<PyStr>,
    pub name: Py<PyStr>,
    pub qualname: Py<PyStr>,
    pub firstlineno: i32,
    pub linetable: Py<PyBytes>,
    pub exceptiontable: Py<PyBytes>,
}

/// How many words a frame has before its locals.
pub const FRAME_SPECIALS_SIZE: usize =
    offset_of!(abi::_PyInterpreterFrame, localsplus) / size_of::<usize>();

/// The largest frame, in words, that a code object may ask for.
const MAX_FRAME_WORDS: usize = (i32::MAX / size_of::<usize>() as i32) as usize;

impl PyCode {
    /// Makes a code object of its parts.
    pub fn build(parts: CodeParts) -> PyResult<Py<PyCode>> {
        parts.check()?;
        let kinds = parts.localspluskinds.as_bytes().to_vec();
        let count = |bit: u8| kinds.iter().filter(|kind| **kind & bit != 0).count() as i32;
        let (nlocals, ncells, nfree) = (
            count(abi::CO_FAST_LOCAL),
            count(abi::CO_FAST_CELL),
            count(abi::CO_FAST_FREE),
        );
        let words = kinds.len() + parts.stacksize as usize + FRAME_SPECIALS_SIZE;
        if words > MAX_FRAME_WORDS {
            return Err(crate::overflow_error!("code: co_stacksize is too large"));
        }
        let units = parts.code.len() / 2;
        // SAFETY: the allocation has room for `units` items and is all zeros past the header, which
        // is valid for every field: empty fields, null pointers and zeros.
        let code: Py<PyCode> = unsafe {
            crate::alloc::alloc_object(<PyCode as PyClass>::type_object(), units)?.cast_unchecked()
        };
        code.co_flags.set(parts.flags);
        code.co_argcount.set(parts.argcount);
        code.co_posonlyargcount.set(parts.posonlyargcount);
        code.co_kwonlyargcount.set(parts.kwonlyargcount);
        code.co_stacksize.set(parts.stacksize);
        code.co_firstlineno.set(parts.firstlineno);
        code.co_nlocalsplus.set(kinds.len() as i32);
        code.co_framesize.set(words as i32);
        code.co_nlocals.set(nlocals);
        code.co_ncellvars.set(ncells);
        code.co_nfreevars.set(nfree);
        code.co_version
            .set(crate::function::next_version(Interpreter::current()));
        code.co_consts.set(Some(parts.consts));
        code.co_names.set(Some(parts.names));
        code.co_exceptiontable.set(Some(parts.exceptiontable));
        code.co_localsplusnames.set(Some(parts.localsplusnames));
        code.co_localspluskinds.set(Some(parts.localspluskinds));
        code.co_filename.set(Some(parts.filename));
        code.co_name.set(Some(parts.name));
        code.co_qualname.set(Some(parts.qualname));
        let linetable = if Interpreter::current().flags.borrow().no_debug_ranges {
            positions::without_columns(&parts.linetable, parts.firstlineno)?
        } else {
            parts.linetable
        };
        code.co_linetable.set(Some(linetable));
        code.set_instructions(&parts.code);
        Ok(code)
    }

    fn set_instructions(&self, code: &[u8]) {
        let specialization = Interpreter::current().specialization.get();
        let units = self.units();
        for (unit, bytes) in units.iter().zip(code.chunks_exact(2)) {
            unit.cache.set(u16::from_le_bytes([bytes[0], bytes[1]]));
        }
        self.co_firsttraceable.set(units.len() as i32);
        let mut at = 0;
        while at < units.len() {
            let opcode = units[at].code();
            if opcode == op::RESUME && self.co_firsttraceable.get() == units.len() as i32 {
                self.co_firsttraceable.set(at as i32);
            }
            let caches = usize::from(CACHES[usize::from(opcode)]);
            if caches > 0 && at + caches < units.len() {
                units[at + 1]
                    .cache
                    .set(initial_counter(opcode, specialization));
            }
            at += 1 + caches;
        }
    }

    /// The instructions and their caches.
    #[inline]
    pub fn units(&self) -> &[abi::_Py_CODEUNIT] {
        // SAFETY: `ob_size` units were allocated from `co_code_adaptive` on, and live as long as
        // the object; a unit is a cell.
        unsafe { std::slice::from_raw_parts(self.first_unit(), self.ob_base.ob_size() as usize) }
    }

    /// The address of the first instruction.
    #[inline(always)]
    pub fn first_unit(&self) -> *mut abi::_Py_CODEUNIT {
        std::ptr::from_ref(self)
            .cast_mut()
            .wrapping_byte_add(offset_of!(PyCode, co_code_adaptive))
            .cast()
    }

    /// Whether all these bits of `co_flags` are set.
    #[inline(always)]
    pub fn has_flag(&self, flag: i32) -> bool {
        self.co_flags.get() & flag == flag
    }

    /// The docstring, or None.
    pub fn docstring(&self) -> Obj {
        let first = match self.co_consts.get() {
            Some(consts) if self.has_flag(abi::CO_HAS_DOCSTRING) => {
                consts.as_slice().first().map(|first| first.to_obj())
            }
            _ => None,
        };
        first.unwrap_or_else(|| crate::none().to_obj())
    }

    /// The instructions as the compiler wrote them: no specialised forms, caches zero.
    pub fn base_instructions(&self) -> Vec<u8> {
        let units = self.units();
        let mut bytes = Vec::with_capacity(units.len() * 2);
        let mut at = 0;
        while at < units.len() {
            let opcode = self.base_opcode(at);
            bytes.extend([opcode, units[at].arg()]);
            at += 1;
            for _ in 0..CACHES[usize::from(opcode)] {
                bytes.extend([0, 0]);
                at += 1;
            }
        }
        bytes
    }

    /// The opcode at a unit as the compiler wrote it.
    pub fn base_opcode(&self, unit: usize) -> u8 {
        match self.units()[unit].code() {
            op::INSTRUMENTED_LINE | op::INSTRUMENTED_INSTRUCTION => {
                crate::monitoring::base_under(self, unit)
            }
            opcode if opcode >= MIN_INSTRUMENTED_OPCODE => {
                crate::monitoring::deinstrument(opcode).unwrap_or(opcode)
            }
            opcode => DEOPT[usize::from(opcode)],
        }
    }

    /// The name of a local, cell or free variable.
    pub fn local_name(&self, index: usize) -> Option<Py<PyStr>> {
        let names = self.co_localsplusnames.get()?;
        names
            .as_slice()
            .get(index)?
            .downcast::<PyStr>()
            .map(PyClass::to_owned)
    }

    /// The kind (`CO_FAST_*`) of a local, cell or free variable.
    pub fn local_kind(&self, index: usize) -> u8 {
        let kinds = self.co_localspluskinds.get();
        kinds
            .and_then(|kinds| kinds.as_bytes().get(index).copied())
            .unwrap_or(0)
    }

    /// The names whose kind has this bit, in order.
    fn names_of_kind(&self, bit: u8) -> PyResult<Py<PyTuple>> {
        let count = self.co_nlocalsplus.get() as usize;
        let names = (0..count).filter(|index| self.local_kind(*index) & bit != 0);
        PyTuple::from_vec(
            names
                .filter_map(|index| self.local_name(index).map(Py::into_object))
                .collect(),
        )
    }

    fn cached(&self) -> &CoCached {
        if self.co_cached.get().is_null() {
            self.co_cached.set(Box::into_raw(Box::default()));
        }
        // SAFETY: set just now or before, from a box that lives until the object dies.
        unsafe { &*self.co_cached.get() }
    }

    /// `co_varnames`.
    pub fn varnames(&self) -> PyResult<Py<PyTuple>> {
        self.cached_names(&self.cached().varnames, abi::CO_FAST_LOCAL)
    }

    /// `co_cellvars`.
    pub fn cellvars(&self) -> PyResult<Py<PyTuple>> {
        self.cached_names(&self.cached().cellvars, abi::CO_FAST_CELL)
    }

    /// `co_freevars`.
    pub fn freevars(&self) -> PyResult<Py<PyTuple>> {
        self.cached_names(&self.cached().freevars, abi::CO_FAST_FREE)
    }

    fn cached_names(&self, cache: &Field<PyTuple>, bit: u8) -> PyResult<Py<PyTuple>> {
        if let Some(names) = cache.get() {
            return Ok(names);
        }
        let names = self.names_of_kind(bit)?;
        cache.set(Some(names.clone()));
        Ok(names)
    }

    /// `co_code`.
    pub fn code_bytes(&self) -> PyResult<Py<PyBytes>> {
        let cache = &self.cached().code;
        if let Some(code) = cache.get() {
            return Ok(code);
        }
        let code = PyBytes::new(&self.base_instructions())?;
        cache.set(Some(code.clone()));
        Ok(code)
    }

    /// Drops everything the object owns: the body of its deallocator.
    fn drop_parts(&self) {
        crate::monitoring::free_data(self);
        for field in [&self.co_consts, &self.co_names, &self.co_localsplusnames] {
            field.set(None);
        }
        for field in [
            &self.co_exceptiontable,
            &self.co_localspluskinds,
            &self.co_linetable,
        ] {
            field.set(None);
        }
        for field in [&self.co_filename, &self.co_name, &self.co_qualname] {
            field.set(None);
        }
        let cached = self.co_cached.replace(std::ptr::null_mut());
        if !cached.is_null() {
            // SAFETY: made by `Box::into_raw` in `cached`, and nobody borrows it any more.
            drop(unsafe { Box::from_raw(cached) });
        }
    }
}

/// The counter that the first cache of an instruction starts with.
pub(crate) fn initial_counter(opcode: u8, specialization: Specialization) -> u16 {
    match opcode {
        op::JUMP_BACKWARD => (4095 << abi::BACKOFF_BITS) | 12,
        // Alternating bits: the history of an undecided branch.
        op::POP_JUMP_IF_FALSE
        | op::POP_JUMP_IF_TRUE
        | op::POP_JUMP_IF_NONE
        | op::POP_JUMP_IF_NOT_NONE => 0x5555,
        _ => match specialization {
            Specialization::Adaptive => {
                (abi::ADAPTIVE_WARMUP_VALUE << abi::BACKOFF_BITS) | abi::ADAPTIVE_WARMUP_BACKOFF
            }
            Specialization::Off => abi::UNREACHABLE_BACKOFF,
            Specialization::Eager => abi::ADAPTIVE_WARMUP_BACKOFF,
        },
    }
}

impl CodeParts {
    /// What CPython's `_PyCode_Validate` checks.
    fn check(&self) -> PyResult<()> {
        let kinds = self.localspluskinds.as_bytes();
        let bad_counts = self.argcount < self.posonlyargcount
            || self.posonlyargcount < 0
            || self.kwonlyargcount < 0
            || self.stacksize < 0;
        if bad_counts
            || kinds.len() != self.localsplusnames.len()
            || !self.code.len().is_multiple_of(2)
        {
            return Err(crate::value_error!(
                "code: argcount is too large or negative"
            ));
        }
        let names = [&self.names, &self.localsplusnames];
        if names.iter().any(|names| {
            names
                .as_slice()
                .iter()
                .any(|name| name.downcast::<PyStr>().is_none())
        }) {
            return Err(crate::type_error!("name tuples must contain only strings"));
        }
        let locals = kinds
            .iter()
            .filter(|kind| **kind & abi::CO_FAST_LOCAL != 0)
            .count() as i32;
        let extra = [abi::CO_VARARGS, abi::CO_VARKEYWORDS]
            .iter()
            .filter(|flag| self.flags & **flag != 0)
            .count() as i32;
        if self.argcount + self.kwonlyargcount + extra > locals {
            return Err(crate::value_error!("code: varnames is too small"));
        }
        if self.code.is_empty() {
            return Err(crate::value_error!("code: co_code is malformed"));
        }
        Ok(())
    }
}

/// The deallocator.
///
/// # Safety
/// `object` is a code object that nothing refers to any more.
pub(super) unsafe extern "C" fn code_dealloc(object: *mut abi::PyObject) {
    // SAFETY: `object` is a code object; after this nobody uses it.
    unsafe {
        let code = PyObject::from_ptr(object).downcast_unchecked::<PyCode>();
        crate::weakref::clear_weakrefs(code);
        code.drop_parts();
        crate::alloc::free_object(object);
    }
}
