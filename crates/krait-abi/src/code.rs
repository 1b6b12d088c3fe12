//! `cpython/code.h`, `pycore_code.h`, `pycore_backoff.h`: code objects, code units and inline caches.

use core::cell::Cell;
use core::ffi::{c_int, c_void};

use crate::{Py_ssize_t, PyObject, PyVarObject};

/// Tool data per code object for `sys.monitoring`; its layout is the interpreter's own.
#[repr(C)]
pub struct _PyCoMonitoringData {
    _opaque: [u8; 0],
}

/// What an optimiser hangs on a code object; its layout is the optimiser's own.
#[repr(C)]
pub struct _PyExecutorObject {
    _opaque: [u8; 0],
}

abi_structs! {
    /// `co_*` attributes made on demand.
    pub struct _PyCoCached {
        pub _co_code: Cell<*mut PyObject>,
        pub _co_varnames: Cell<*mut PyObject>,
        pub _co_cellvars: Cell<*mut PyObject>,
        pub _co_freevars: Cell<*mut PyObject>,
    }

    /// The executors of a code object.
    pub struct _PyExecutorArray {
        pub size: Cell<c_int>,
        pub capacity: Cell<c_int>,
        pub executors: [Cell<*mut _PyExecutorObject>; 1],
    }

    /// `code`; `ob_size` code units follow from `co_code_adaptive` on.
    pub struct PyCodeObject {
        pub ob_base: PyVarObject,
        pub co_consts: Cell<*mut PyObject>,
        pub co_names: Cell<*mut PyObject>,
        pub co_exceptiontable: Cell<*mut PyObject>,
        /// `CO_*`.
        pub co_flags: Cell<c_int>,
        pub co_argcount: Cell<c_int>,
        pub co_posonlyargcount: Cell<c_int>,
        pub co_kwonlyargcount: Cell<c_int>,
        pub co_stacksize: Cell<c_int>,
        pub co_firstlineno: Cell<c_int>,
        pub co_nlocalsplus: Cell<c_int>,
        /// In words: locals, stack and frame header.
        pub co_framesize: Cell<c_int>,
        pub co_nlocals: Cell<c_int>,
        pub co_ncellvars: Cell<c_int>,
        pub co_nfreevars: Cell<c_int>,
        pub co_version: Cell<u32>,
        pub co_localsplusnames: Cell<*mut PyObject>,
        pub co_localspluskinds: Cell<*mut PyObject>,
        pub co_filename: Cell<*mut PyObject>,
        pub co_name: Cell<*mut PyObject>,
        pub co_qualname: Cell<*mut PyObject>,
        pub co_linetable: Cell<*mut PyObject>,
        pub co_weakreflist: Cell<*mut PyObject>,
        pub co_executors: Cell<*mut _PyExecutorArray>,
        pub _co_cached: Cell<*mut _PyCoCached>,
        pub _co_instrumentation_version: Cell<usize>,
        pub _co_monitoring: Cell<*mut _PyCoMonitoringData>,
        pub _co_unique_id: Cell<Py_ssize_t>,
        pub _co_firsttraceable: Cell<c_int>,
        pub co_extra: Cell<*mut c_void>,
        pub co_code_adaptive: [Cell<u8>; 1],
    }

    /// A value of 12 bits above a backoff exponent of 4.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct _Py_BackoffCounter {
        pub value_and_backoff: u16,
    }

    /// One code unit: opcode in the low byte and argument in the high byte, or an entry of an inline cache.
    pub struct _Py_CODEUNIT {
        pub cache: Cell<u16>,
    }

    /// Cache of `LOAD_GLOBAL`.
    pub struct _PyLoadGlobalCache {
        pub counter: Cell<_Py_BackoffCounter>,
        pub module_keys_version: Cell<u16>,
        pub builtin_keys_version: Cell<u16>,
        pub index: Cell<u16>,
    }

    /// Cache of `BINARY_OP`.
    pub struct _PyBinaryOpCache {
        pub counter: Cell<_Py_BackoffCounter>,
        pub external_cache: [Cell<u16>; 4],
    }

    /// Cache of `UNPACK_SEQUENCE`.
    pub struct _PyUnpackSequenceCache {
        pub counter: Cell<_Py_BackoffCounter>,
    }

    /// Cache of `COMPARE_OP`.
    pub struct _PyCompareOpCache {
        pub counter: Cell<_Py_BackoffCounter>,
    }

    /// Cache of `LOAD_SUPER_ATTR`.
    pub struct _PySuperAttrCache {
        pub counter: Cell<_Py_BackoffCounter>,
    }

    /// Cache of `STORE_ATTR`, and of `LOAD_ATTR` for attributes.
    pub struct _PyAttrCache {
        pub counter: Cell<_Py_BackoffCounter>,
        pub version: [Cell<u16>; 2],
        pub index: Cell<u16>,
    }

    /// Cache of `LOAD_ATTR` for methods; `keys_version[0]` may hold the offset of the dictionary.
    pub struct _PyLoadMethodCache {
        pub counter: Cell<_Py_BackoffCounter>,
        pub type_version: [Cell<u16>; 2],
        pub keys_version: [Cell<u16>; 2],
        pub descr: [Cell<u16>; 4],
    }

    /// Cache of `CALL` and `CALL_KW`.
    pub struct _PyCallCache {
        pub counter: Cell<_Py_BackoffCounter>,
        pub func_version: [Cell<u16>; 2],
    }

    /// Cache of `STORE_SUBSCR`.
    pub struct _PyStoreSubscrCache {
        pub counter: Cell<_Py_BackoffCounter>,
    }

    /// Cache of `FOR_ITER`.
    pub struct _PyForIterCache {
        pub counter: Cell<_Py_BackoffCounter>,
    }

    /// Cache of `SEND`.
    pub struct _PySendCache {
        pub counter: Cell<_Py_BackoffCounter>,
    }

    /// Cache of `TO_BOOL`.
    pub struct _PyToBoolCache {
        pub counter: Cell<_Py_BackoffCounter>,
        pub version: [Cell<u16>; 2],
    }

    /// Cache of `CONTAINS_OP`.
    pub struct _PyContainsOpCache {
        pub counter: Cell<_Py_BackoffCounter>,
    }
}

impl _Py_CODEUNIT {
    /// The unit that holds an opcode and its argument.
    pub const fn new(code: u8, arg: u8) -> Self {
        Self {
            cache: Cell::new(u16::from_le_bytes([code, arg])),
        }
    }

    /// The opcode, if this is an instruction.
    #[inline(always)]
    pub fn code(&self) -> u8 {
        self.cache.get() as u8
    }

    /// The argument, if this is an instruction.
    #[inline(always)]
    pub fn arg(&self) -> u8 {
        (self.cache.get() >> 8) as u8
    }
}

abi_consts! {
    pub const CO_OPTIMIZED: c_int = 0x0001;
    pub const CO_NEWLOCALS: c_int = 0x0002;
    pub const CO_VARARGS: c_int = 0x0004;
    pub const CO_VARKEYWORDS: c_int = 0x0008;
    pub const CO_NESTED: c_int = 0x0010;
    pub const CO_GENERATOR: c_int = 0x0020;
    pub const CO_COROUTINE: c_int = 0x0080;
    pub const CO_ITERABLE_COROUTINE: c_int = 0x0100;
    pub const CO_ASYNC_GENERATOR: c_int = 0x0200;
    pub const CO_FUTURE_DIVISION: c_int = 0x20000;
    pub const CO_FUTURE_ABSOLUTE_IMPORT: c_int = 0x40000;
    pub const CO_FUTURE_WITH_STATEMENT: c_int = 0x80000;
    pub const CO_FUTURE_PRINT_FUNCTION: c_int = 0x10_0000;
    pub const CO_FUTURE_UNICODE_LITERALS: c_int = 0x20_0000;
    pub const CO_FUTURE_BARRY_AS_BDFL: c_int = 0x40_0000;
    pub const CO_FUTURE_GENERATOR_STOP: c_int = 0x80_0000;
    pub const CO_FUTURE_ANNOTATIONS: c_int = 0x100_0000;
    pub const CO_NO_MONITORING_EVENTS: c_int = 0x200_0000;
    pub const CO_HAS_DOCSTRING: c_int = 0x400_0000;
    pub const CO_METHOD: c_int = 0x800_0000;
    pub const CO_MAXBLOCKS: c_int = 21;
    /// Kinds of local variable, one byte each in `co_localspluskinds`.
    pub const CO_FAST_ARG_POS: u8 = 0x02;
    pub const CO_FAST_ARG_KW: u8 = 0x04;
    pub const CO_FAST_ARG_VAR: u8 = 0x08;
    pub const CO_FAST_ARG: u8 = CO_FAST_ARG_POS | CO_FAST_ARG_KW | CO_FAST_ARG_VAR;
    pub const CO_FAST_HIDDEN: u8 = 0x10;
    pub const CO_FAST_LOCAL: u8 = 0x20;
    pub const CO_FAST_CELL: u8 = 0x40;
    pub const CO_FAST_FREE: u8 = 0x80;
    /// Kinds of entry in `co_linetable`.
    pub const PY_CODE_LOCATION_INFO_SHORT0: u8 = 0;
    pub const PY_CODE_LOCATION_INFO_ONE_LINE0: u8 = 10;
    pub const PY_CODE_LOCATION_INFO_ONE_LINE1: u8 = 11;
    pub const PY_CODE_LOCATION_INFO_ONE_LINE2: u8 = 12;
    pub const PY_CODE_LOCATION_INFO_NO_COLUMNS: u8 = 13;
    pub const PY_CODE_LOCATION_INFO_LONG: u8 = 14;
    pub const PY_CODE_LOCATION_INFO_NONE: u8 = 15;
    pub const INLINE_CACHE_ENTRIES_LOAD_GLOBAL: usize = size_of::<_PyLoadGlobalCache>() / 2;
    pub const INLINE_CACHE_ENTRIES_BINARY_OP: usize = size_of::<_PyBinaryOpCache>() / 2;
    pub const INLINE_CACHE_ENTRIES_UNPACK_SEQUENCE: usize = size_of::<_PyUnpackSequenceCache>() / 2;
    pub const INLINE_CACHE_ENTRIES_COMPARE_OP: usize = size_of::<_PyCompareOpCache>() / 2;
    pub const INLINE_CACHE_ENTRIES_LOAD_SUPER_ATTR: usize = size_of::<_PySuperAttrCache>() / 2;
    pub const INLINE_CACHE_ENTRIES_LOAD_ATTR: usize = size_of::<_PyLoadMethodCache>() / 2;
    pub const INLINE_CACHE_ENTRIES_STORE_ATTR: usize = size_of::<_PyAttrCache>() / 2;
    pub const INLINE_CACHE_ENTRIES_CALL: usize = size_of::<_PyCallCache>() / 2;
    pub const INLINE_CACHE_ENTRIES_CALL_KW: usize = size_of::<_PyCallCache>() / 2;
    pub const INLINE_CACHE_ENTRIES_STORE_SUBSCR: usize = size_of::<_PyStoreSubscrCache>() / 2;
    pub const INLINE_CACHE_ENTRIES_FOR_ITER: usize = size_of::<_PyForIterCache>() / 2;
    pub const INLINE_CACHE_ENTRIES_SEND: usize = size_of::<_PySendCache>() / 2;
    pub const INLINE_CACHE_ENTRIES_TO_BOOL: usize = size_of::<_PyToBoolCache>() / 2;
    pub const INLINE_CACHE_ENTRIES_CONTAINS_OP: usize = size_of::<_PyContainsOpCache>() / 2;
    pub const BACKOFF_BITS: u16 = 4;
    pub const MAX_BACKOFF: u16 = 12;
    pub const UNREACHABLE_BACKOFF: u16 = 15;
    pub const ADAPTIVE_WARMUP_VALUE: u16 = 1;
    pub const ADAPTIVE_WARMUP_BACKOFF: u16 = 1;
    pub const ADAPTIVE_COOLDOWN_VALUE: u16 = 52;
    pub const ADAPTIVE_COOLDOWN_BACKOFF: u16 = 0;
    pub const COMPARISON_UNORDERED: u8 = 1;
    pub const COMPARISON_LESS_THAN: u8 = 2;
    pub const COMPARISON_GREATER_THAN: u8 = 4;
    pub const COMPARISON_EQUALS: u8 = 8;
    pub const COMPARISON_NOT_EQUALS: u8 = COMPARISON_UNORDERED | COMPARISON_LESS_THAN | COMPARISON_GREATER_THAN;
}
