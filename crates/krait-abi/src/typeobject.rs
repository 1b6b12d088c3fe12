//! `cpython/object.h`: type objects and the method suites.

use core::cell::Cell;
use core::ffi::{c_char, c_int, c_uchar, c_uint, c_ulong, c_void};

use crate::{
    Py_ssize_t, PyDictKeysObject, PyGetSetDef, PyMemberDef, PyMethodDef, PyObject, PyVarObject,
    allocfunc, binaryfunc, descrgetfunc, descrsetfunc, destructor, freefunc, getattrfunc,
    getattrofunc, getbufferproc, getiterfunc, hashfunc, initproc, inquiry, iternextfunc, lenfunc,
    newfunc, objobjargproc, objobjproc, releasebufferproc, reprfunc, richcmpfunc, sendfunc,
    setattrfunc, setattrofunc, ssizeargfunc, ssizeobjargproc, ternaryfunc, traverseproc, unaryfunc,
    vectorcallfunc,
};

/// A slot: a function that may be absent and may be replaced.
pub type Slot<F> = Cell<Option<F>>;

abi_structs! {
    /// The number suite.
    pub struct PyNumberMethods {
        pub nb_add: Slot<binaryfunc>,
        pub nb_subtract: Slot<binaryfunc>,
        pub nb_multiply: Slot<binaryfunc>,
        pub nb_remainder: Slot<binaryfunc>,
        pub nb_divmod: Slot<binaryfunc>,
        pub nb_power: Slot<ternaryfunc>,
        pub nb_negative: Slot<unaryfunc>,
        pub nb_positive: Slot<unaryfunc>,
        pub nb_absolute: Slot<unaryfunc>,
        pub nb_bool: Slot<inquiry>,
        pub nb_invert: Slot<unaryfunc>,
        pub nb_lshift: Slot<binaryfunc>,
        pub nb_rshift: Slot<binaryfunc>,
        pub nb_and: Slot<binaryfunc>,
        pub nb_xor: Slot<binaryfunc>,
        pub nb_or: Slot<binaryfunc>,
        pub nb_int: Slot<unaryfunc>,
        pub nb_reserved: Cell<*mut c_void>,
        pub nb_float: Slot<unaryfunc>,
        pub nb_inplace_add: Slot<binaryfunc>,
        pub nb_inplace_subtract: Slot<binaryfunc>,
        pub nb_inplace_multiply: Slot<binaryfunc>,
        pub nb_inplace_remainder: Slot<binaryfunc>,
        pub nb_inplace_power: Slot<ternaryfunc>,
        pub nb_inplace_lshift: Slot<binaryfunc>,
        pub nb_inplace_rshift: Slot<binaryfunc>,
        pub nb_inplace_and: Slot<binaryfunc>,
        pub nb_inplace_xor: Slot<binaryfunc>,
        pub nb_inplace_or: Slot<binaryfunc>,
        pub nb_floor_divide: Slot<binaryfunc>,
        pub nb_true_divide: Slot<binaryfunc>,
        pub nb_inplace_floor_divide: Slot<binaryfunc>,
        pub nb_inplace_true_divide: Slot<binaryfunc>,
        pub nb_index: Slot<unaryfunc>,
        pub nb_matrix_multiply: Slot<binaryfunc>,
        pub nb_inplace_matrix_multiply: Slot<binaryfunc>,
    }

    /// The sequence suite.
    pub struct PySequenceMethods {
        pub sq_length: Slot<lenfunc>,
        pub sq_concat: Slot<binaryfunc>,
        pub sq_repeat: Slot<ssizeargfunc>,
        pub sq_item: Slot<ssizeargfunc>,
        pub was_sq_slice: Cell<*mut c_void>,
        pub sq_ass_item: Slot<ssizeobjargproc>,
        pub was_sq_ass_slice: Cell<*mut c_void>,
        pub sq_contains: Slot<objobjproc>,
        pub sq_inplace_concat: Slot<binaryfunc>,
        pub sq_inplace_repeat: Slot<ssizeargfunc>,
    }

    /// The mapping suite.
    pub struct PyMappingMethods {
        pub mp_length: Slot<lenfunc>,
        pub mp_subscript: Slot<binaryfunc>,
        pub mp_ass_subscript: Slot<objobjargproc>,
    }

    /// The suite of awaitables, asynchronous iterators and `send`.
    pub struct PyAsyncMethods {
        pub am_await: Slot<unaryfunc>,
        pub am_aiter: Slot<unaryfunc>,
        pub am_anext: Slot<unaryfunc>,
        pub am_send: Slot<sendfunc>,
    }

    /// The buffer suite.
    pub struct PyBufferProcs {
        pub bf_getbuffer: Slot<getbufferproc>,
        pub bf_releasebuffer: Slot<releasebufferproc>,
    }

    /// A type: how its instances are laid out, and its slots.
    pub struct PyTypeObject {
        pub ob_base: PyVarObject,
        pub tp_name: Cell<*const c_char>,
        pub tp_basicsize: Cell<Py_ssize_t>,
        pub tp_itemsize: Cell<Py_ssize_t>,
        pub tp_dealloc: Slot<destructor>,
        pub tp_vectorcall_offset: Cell<Py_ssize_t>,
        pub tp_getattr: Slot<getattrfunc>,
        pub tp_setattr: Slot<setattrfunc>,
        pub tp_as_async: Cell<*mut PyAsyncMethods>,
        pub tp_repr: Slot<reprfunc>,
        pub tp_as_number: Cell<*mut PyNumberMethods>,
        pub tp_as_sequence: Cell<*mut PySequenceMethods>,
        pub tp_as_mapping: Cell<*mut PyMappingMethods>,
        pub tp_hash: Slot<hashfunc>,
        pub tp_call: Slot<ternaryfunc>,
        pub tp_str: Slot<reprfunc>,
        pub tp_getattro: Slot<getattrofunc>,
        pub tp_setattro: Slot<setattrofunc>,
        pub tp_as_buffer: Cell<*mut PyBufferProcs>,
        /// `Py_TPFLAGS_*`.
        pub tp_flags: Cell<c_ulong>,
        pub tp_doc: Cell<*const c_char>,
        pub tp_traverse: Slot<traverseproc>,
        pub tp_clear: Slot<inquiry>,
        pub tp_richcompare: Slot<richcmpfunc>,
        pub tp_weaklistoffset: Cell<Py_ssize_t>,
        pub tp_iter: Slot<getiterfunc>,
        pub tp_iternext: Slot<iternextfunc>,
        pub tp_methods: Cell<*mut PyMethodDef>,
        pub tp_members: Cell<*mut PyMemberDef>,
        pub tp_getset: Cell<*mut PyGetSetDef>,
        /// Owned by a heap type, borrowed by a static one.
        pub tp_base: Cell<*mut PyTypeObject>,
        pub tp_dict: Cell<*mut PyObject>,
        pub tp_descr_get: Slot<descrgetfunc>,
        pub tp_descr_set: Slot<descrsetfunc>,
        pub tp_dictoffset: Cell<Py_ssize_t>,
        pub tp_init: Slot<initproc>,
        pub tp_alloc: Slot<allocfunc>,
        pub tp_new: Slot<newfunc>,
        pub tp_free: Slot<freefunc>,
        pub tp_is_gc: Slot<inquiry>,
        pub tp_bases: Cell<*mut PyObject>,
        pub tp_mro: Cell<*mut PyObject>,
        pub tp_cache: Cell<*mut PyObject>,
        pub tp_subclasses: Cell<*mut c_void>,
        pub tp_weaklist: Cell<*mut PyObject>,
        pub tp_del: Slot<destructor>,
        /// Changes with every change of the type; 0 means none given yet.
        pub tp_version_tag: Cell<c_uint>,
        pub tp_finalize: Slot<destructor>,
        pub tp_vectorcall: Slot<vectorcallfunc>,
        /// One bit for each watcher of this type.
        pub tp_watched: Cell<c_uchar>,
        /// How many version tags this type has used up.
        pub tp_versions_used: Cell<u16>,
    }

    /// What the specialiser remembers about a heap type; `PyType_Modified` clears it.
    pub struct _specialization_cache = "struct _specialization_cache" {
        pub getitem: Cell<*mut PyObject>,
        pub getitem_version: Cell<u32>,
        pub init: Cell<*mut PyObject>,
    }

    /// A type made at run time, with its suites inside.
    pub struct PyHeapTypeObject {
        pub ht_type: PyTypeObject,
        pub as_async: PyAsyncMethods,
        pub as_number: PyNumberMethods,
        pub as_mapping: PyMappingMethods,
        pub as_sequence: PySequenceMethods,
        pub as_buffer: PyBufferProcs,
        pub ht_name: Cell<*mut PyObject>,
        pub ht_slots: Cell<*mut PyObject>,
        pub ht_qualname: Cell<*mut PyObject>,
        /// The keys that dictionaries of instances share.
        pub ht_cached_keys: Cell<*mut PyDictKeysObject>,
        pub ht_module: Cell<*mut PyObject>,
        pub _ht_tpname: Cell<*mut c_char>,
        pub ht_token: Cell<*mut c_void>,
        pub _spec_cache: _specialization_cache,
    }
}

abi_sync!(
    PyNumberMethods,
    PySequenceMethods,
    PyMappingMethods,
    PyAsyncMethods,
    PyBufferProcs,
    PyTypeObject,
    PyHeapTypeObject,
);
abi_empty!(
    PyNumberMethods,
    PySequenceMethods,
    PyMappingMethods,
    PyAsyncMethods,
    PyBufferProcs,
    PyTypeObject,
    PyHeapTypeObject,
);

abi_consts! {
    pub const _Py_ATTR_CACHE_UNUSED: c_int = 30000;
    pub const _Py_TYPE_VERSION_INT: c_uint = 1;
    pub const _Py_TYPE_VERSION_FLOAT: c_uint = 2;
    pub const _Py_TYPE_VERSION_LIST: c_uint = 3;
    pub const _Py_TYPE_VERSION_TUPLE: c_uint = 4;
    pub const _Py_TYPE_VERSION_STR: c_uint = 5;
    pub const _Py_TYPE_VERSION_SET: c_uint = 6;
    pub const _Py_TYPE_VERSION_FROZEN_SET: c_uint = 7;
    pub const _Py_TYPE_VERSION_DICT: c_uint = 8;
    pub const _Py_TYPE_VERSION_BYTEARRAY: c_uint = 9;
    pub const _Py_TYPE_VERSION_BYTES: c_uint = 10;
    pub const _Py_TYPE_VERSION_COMPLEX: c_uint = 11;
    pub const _Py_TYPE_VERSION_NEXT: c_uint = 16;
    pub const _Py_TYPE_BASE_VERSION_TAG: c_uint = 2 << 16;
    pub const _Py_MAX_GLOBAL_TYPE_VERSION_TAG: c_uint = _Py_TYPE_BASE_VERSION_TAG - 1;
}
