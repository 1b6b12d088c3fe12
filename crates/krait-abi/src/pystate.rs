//! `cpython/pystate.h`: the thread state as far as headers publish it; the interpreter state is opaque there.

use core::cell::Cell;
use core::ffi::{c_char, c_int, c_ulong};

use crate::{_PyInterpreterFrame, PyFrameObject, PyObject};

/// Opaque to C; the runtime owns its layout.
#[repr(C)]
pub struct PyInterpreterState {
    _opaque: [u8; 0],
}

/// A trace or profile function: its object, frame, `PyTrace_*`, argument.
pub type Py_tracefunc =
    unsafe extern "C" fn(*mut PyObject, *mut PyFrameObject, c_int, *mut PyObject) -> c_int;
/// A frame evaluation function (PEP 523).
pub type _PyFrameEvalFunction =
    unsafe extern "C" fn(*mut PyThreadState, *mut _PyInterpreterFrame, c_int) -> *mut PyObject;

abi_structs! {
    /// The exception being handled in one execution context, and the context around it.
    pub struct _PyErr_StackItem {
        pub exc_value: Cell<*mut PyObject>,
        pub previous_item: Cell<*mut _PyErr_StackItem>,
    }

    /// A chunk of the stack that frames live in.
    pub struct _PyStackChunk {
        pub previous: Cell<*mut _PyStackChunk>,
        pub size: Cell<usize>,
        pub top: Cell<usize>,
        pub data: [Cell<*mut PyObject>; 1],
    }

    /// Where a remote debugger leaves its script.
    pub struct _PyRemoteDebuggerSupport {
        pub debugger_pending_call: Cell<i32>,
        pub debugger_script_path: [Cell<c_char>; _Py_MAX_SCRIPT_PATH_SIZE],
    }

    /// A thread's state.
    pub struct PyThreadState {
        pub prev: Cell<*mut PyThreadState>,
        pub next: Cell<*mut PyThreadState>,
        pub interp: Cell<*mut PyInterpreterState>,
        pub eval_breaker: Cell<usize>,
        /// C's bit-fields as one word: see `STATUS_*`.
        pub _status: Cell<u32>,
        pub holds_gil: Cell<c_int>,
        pub _whence: Cell<c_int>,
        pub state: Cell<c_int>,
        pub py_recursion_remaining: Cell<c_int>,
        pub py_recursion_limit: Cell<c_int>,
        pub recursion_headroom: Cell<c_int>,
        pub tracing: Cell<c_int>,
        pub what_event: Cell<c_int>,
        pub current_frame: Cell<*mut _PyInterpreterFrame>,
        pub c_profilefunc: Cell<Option<Py_tracefunc>>,
        pub c_tracefunc: Cell<Option<Py_tracefunc>>,
        pub c_profileobj: Cell<*mut PyObject>,
        pub c_traceobj: Cell<*mut PyObject>,
        pub current_exception: Cell<*mut PyObject>,
        pub exc_info: Cell<*mut _PyErr_StackItem>,
        pub dict: Cell<*mut PyObject>,
        pub gilstate_counter: Cell<c_int>,
        pub async_exc: Cell<*mut PyObject>,
        pub thread_id: Cell<c_ulong>,
        pub native_thread_id: Cell<c_ulong>,
        pub delete_later: Cell<*mut PyObject>,
        pub critical_section: Cell<usize>,
        pub coroutine_origin_tracking_depth: Cell<c_int>,
        pub async_gen_firstiter: Cell<*mut PyObject>,
        pub async_gen_finalizer: Cell<*mut PyObject>,
        pub context: Cell<*mut PyObject>,
        pub context_ver: Cell<u64>,
        pub id: Cell<u64>,
        pub datastack_chunk: Cell<*mut _PyStackChunk>,
        pub datastack_top: Cell<*mut *mut PyObject>,
        pub datastack_limit: Cell<*mut *mut PyObject>,
        pub exc_state: _PyErr_StackItem,
        pub current_executor: Cell<*mut PyObject>,
        pub dict_global_version: Cell<u64>,
        pub threading_local_key: Cell<*mut PyObject>,
        pub threading_local_sentinel: Cell<*mut PyObject>,
        pub remote_debugger_support: _PyRemoteDebuggerSupport,
        pub datastack_cached_chunk: Cell<*mut _PyStackChunk>,
    }
}

abi_empty!(_PyErr_StackItem, PyThreadState);

/// Bits of `PyThreadState::_status`, in the order of C's bit-fields.
pub mod thread_status {
    /// The state is safe to use.
    pub const STATUS_INITIALIZED: u32 = 1 << 0;
    /// Bound to a thread of the system.
    pub const STATUS_BOUND: u32 = 1 << 1;
    /// No longer bound to its thread.
    pub const STATUS_UNBOUND: u32 = 1 << 2;
    /// Current for the GILState functions.
    pub const STATUS_BOUND_GILSTATE: u32 = 1 << 3;
    /// In use.
    pub const STATUS_ACTIVE: u32 = 1 << 4;
    /// Being finalised.
    pub const STATUS_FINALIZING: u32 = 1 << 5;
    /// Cleared.
    pub const STATUS_CLEARED: u32 = 1 << 6;
    /// Finalised.
    pub const STATUS_FINALIZED: u32 = 1 << 7;
}
pub use thread_status::*;

abi_consts! {
    pub const _Py_MAX_SCRIPT_PATH_SIZE: usize = 512;
    pub const _PY_DATA_STACK_CHUNK_SIZE: usize = 16 * 1024;
    pub const PyTrace_CALL: c_int = 0;
    pub const PyTrace_EXCEPTION: c_int = 1;
    pub const PyTrace_LINE: c_int = 2;
    pub const PyTrace_RETURN: c_int = 3;
    pub const PyTrace_C_CALL: c_int = 4;
    pub const PyTrace_C_EXCEPTION: c_int = 5;
    pub const PyTrace_C_RETURN: c_int = 6;
    pub const PyTrace_OPCODE: c_int = 7;
    pub const _PyThreadState_WHENCE_NOTSET: c_int = -1;
    pub const _PyThreadState_WHENCE_UNKNOWN: c_int = 0;
    pub const _PyThreadState_WHENCE_INIT: c_int = 1;
    pub const _PyThreadState_WHENCE_FINI: c_int = 2;
    pub const _PyThreadState_WHENCE_THREADING: c_int = 3;
    pub const _PyThreadState_WHENCE_GILSTATE: c_int = 4;
    pub const _PyThreadState_WHENCE_EXEC: c_int = 5;
}
