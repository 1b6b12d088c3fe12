//! `pycore_interpframe_structs.h`, `pycore_frame.h`, `pycore_stackref.h`, `cpython/traceback.h`: frames, generators,
//! tracebacks.

use core::cell::Cell;
use core::ffi::{c_char, c_int};

use crate::{_Py_CODEUNIT, _PyErr_StackItem, PyObject};

abi_structs! {
    /// An object pointer on the evaluation stack; the low bits say whether it owns a count.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct _PyStackRef {
        pub bits: usize,
    }

    /// The frame the interpreter works on: this header, then locals, cells and free variables, then the stack.
    pub struct _PyInterpreterFrame {
        /// The code object, or `None`.
        pub f_executable: Cell<_PyStackRef>,
        pub previous: Cell<*mut _PyInterpreterFrame>,
        pub f_funcobj: Cell<_PyStackRef>,
        /// Borrowed.
        pub f_globals: Cell<*mut PyObject>,
        /// Borrowed.
        pub f_builtins: Cell<*mut PyObject>,
        pub f_locals: Cell<*mut PyObject>,
        pub frame_obj: Cell<*mut PyFrameObject>,
        pub instr_ptr: Cell<*mut _Py_CODEUNIT>,
        pub stackpointer: Cell<*mut _PyStackRef>,
        pub return_offset: Cell<u16>,
        /// `FRAME_OWNED_BY_*`.
        pub owner: Cell<u8>,
        pub visited: Cell<u8>,
        pub localsplus: [Cell<_PyStackRef>; 1],
    }

    /// `frame`.
    pub struct PyFrameObject {
        pub ob_base: PyObject,
        pub f_back: Cell<*mut PyFrameObject>,
        pub f_frame: Cell<*mut _PyInterpreterFrame>,
        pub f_trace: Cell<*mut PyObject>,
        pub f_lineno: Cell<c_int>,
        pub f_trace_lines: Cell<c_char>,
        pub f_trace_opcodes: Cell<c_char>,
        pub f_extra_locals: Cell<*mut PyObject>,
        pub f_locals_cache: Cell<*mut PyObject>,
        pub f_overwritten_fast_locals: Cell<*mut PyObject>,
        /// The frame itself, once it has been copied off the stack.
        pub _f_frame_data: [Cell<*mut PyObject>; 1],
    }

    /// `FrameLocalsProxy`.
    pub struct PyFrameLocalsProxyObject {
        pub ob_base: PyObject,
        pub frame: Cell<*mut PyFrameObject>,
    }

    /// `generator`.
    pub struct PyGenObject {
        pub ob_base: PyObject,
        pub gi_weakreflist: Cell<*mut PyObject>,
        pub gi_name: Cell<*mut PyObject>,
        pub gi_qualname: Cell<*mut PyObject>,
        pub gi_exc_state: _PyErr_StackItem,
        pub gi_origin_or_finalizer: Cell<*mut PyObject>,
        pub gi_hooks_inited: Cell<c_char>,
        pub gi_closed: Cell<c_char>,
        pub gi_running_async: Cell<c_char>,
        /// `FRAME_CREATED`…`FRAME_CLEARED`.
        pub gi_frame_state: Cell<i8>,
        pub gi_iframe: _PyInterpreterFrame,
    }

    /// `coroutine`: laid out as [`PyGenObject`].
    pub struct PyCoroObject {
        pub ob_base: PyObject,
        pub cr_weakreflist: Cell<*mut PyObject>,
        pub cr_name: Cell<*mut PyObject>,
        pub cr_qualname: Cell<*mut PyObject>,
        pub cr_exc_state: _PyErr_StackItem,
        pub cr_origin_or_finalizer: Cell<*mut PyObject>,
        pub cr_hooks_inited: Cell<c_char>,
        pub cr_closed: Cell<c_char>,
        pub cr_running_async: Cell<c_char>,
        pub cr_frame_state: Cell<i8>,
        pub cr_iframe: _PyInterpreterFrame,
    }

    /// `async_generator`: laid out as [`PyGenObject`].
    pub struct PyAsyncGenObject {
        pub ob_base: PyObject,
        pub ag_weakreflist: Cell<*mut PyObject>,
        pub ag_name: Cell<*mut PyObject>,
        pub ag_qualname: Cell<*mut PyObject>,
        pub ag_exc_state: _PyErr_StackItem,
        pub ag_origin_or_finalizer: Cell<*mut PyObject>,
        pub ag_hooks_inited: Cell<c_char>,
        pub ag_closed: Cell<c_char>,
        pub ag_running_async: Cell<c_char>,
        pub ag_frame_state: Cell<i8>,
        pub ag_iframe: _PyInterpreterFrame,
    }

    /// `traceback`.
    pub struct PyTracebackObject {
        pub ob_base: PyObject,
        pub tb_next: Cell<*mut PyTracebackObject>,
        pub tb_frame: Cell<*mut PyFrameObject>,
        pub tb_lasti: Cell<c_int>,
        pub tb_lineno: Cell<c_int>,
    }
}

abi_consts! {
    pub const FRAME_OWNED_BY_THREAD: u8 = 0;
    pub const FRAME_OWNED_BY_GENERATOR: u8 = 1;
    pub const FRAME_OWNED_BY_FRAME_OBJECT: u8 = 2;
    pub const FRAME_OWNED_BY_INTERPRETER: u8 = 3;
    pub const FRAME_OWNED_BY_CSTACK: u8 = 4;
    pub const FRAME_CREATED: i8 = -3;
    pub const FRAME_SUSPENDED: i8 = -2;
    pub const FRAME_SUSPENDED_YIELD_FROM: i8 = -1;
    pub const FRAME_EXECUTING: i8 = 0;
    pub const FRAME_COMPLETED: i8 = 1;
    pub const FRAME_CLEARED: i8 = 4;
    /// The tag of a small integer on the stack.
    pub const Py_INT_TAG: usize = 3;
    /// The tag of a borrowed, or immortal, pointer: dropping it does not decrement.
    pub const Py_TAG_REFCNT: usize = 1;
    pub const Py_TAG_BITS: usize = 3;
    pub const PyStackRef_NULL_BITS: usize = Py_TAG_REFCNT;
}
