//! The table of the kernel's classes: adding one is one row here.
//!
//! The order is free (a class readies its bases first), but `object`, `type` and the classes that
//! class dictionaries are made of come first, as they do in CPython. The exceptions have a table of
//! their own.

use crate::object::PyClass;
use crate::typeobject::PyType;

macro_rules! classes {
    ($($class:path,)+) => {
        /// Every class of the table.
        pub fn builtin_types() -> impl Iterator<Item = &'static PyType> {
            let classes: &[fn() -> &'static PyType] = &[$(<$class as PyClass>::type_object),+];
            classes.iter().map(|class| class())
        }
    };
}

classes! {
    crate::PyObject,
    crate::PyType,
    crate::PyStr,
    crate::PyTuple,
    crate::PyDict,
    crate::PyLong,
    crate::PyBool,
    crate::PyFloat,
    crate::PyComplex,
    crate::PyBytes,
    crate::bytearray::PyByteArray,
    crate::memoryview::PyMemoryView,
    crate::memoryview::ManagedBuffer,
    crate::memoryview::PyMemoryIter,
    crate::bytearray::PyByteArrayIter,
    crate::PyList,
    crate::set::PySet,
    crate::set::PyFrozenSet,
    crate::PySlice,
    crate::range::PyRange,
    crate::singletons::PyNone,
    crate::singletons::PyNotImplemented,
    crate::singletons::PyEllipsis,
    crate::descr::PyMethodDescr,
    crate::descr::PyClassMethodDescr,
    crate::descr::PyWrapperDescr,
    crate::descr::PyMethodWrapper,
    crate::descr::PyGetSetDescr,
    crate::descr::PyMemberDescr,
    crate::descr::PyMappingProxy,
    crate::descr::PyProperty,
    crate::descr::PyClassMethod,
    crate::descr::PyStaticMethod,
    crate::cfunction::PyCFunction,
    crate::cfunction::PyCMethod,
    crate::typeobject::PySuper,
    crate::typeobject::PyBufferWrapper,
    crate::PyFunction,
    crate::PyMethod,
    crate::PyCell,
    crate::PyCode,
    crate::frame::PyFrame,
    crate::frame::PyFrameLocalsProxy,
    crate::traceback::PyTraceback,
    crate::PyModule,
    crate::capsule::PyCapsule,
    crate::namespace::PyNamespace,
    crate::generic_alias::PyGenericAlias,
    crate::union::PyUnion,
    crate::weakref::PyWeakReference,
    crate::weakref::PyWeakProxy,
    crate::weakref::PyWeakCallableProxy,
    crate::seq_iter::PySeqIter,
    crate::seq_iter::PyCallIter,
    crate::iterators::PyEnumerate,
    crate::iterators::PyReversed,
    crate::iterators::PyZip,
    crate::iterators::PyMap,
    crate::iterators::PyFilter,
    crate::range::PyRangeIter,
    crate::range::PyLongRangeIter,
    crate::list::PyListIter,
    crate::list::PyListReverseIter,
    crate::tuple::PyTupleIter,
    crate::set::PySetIter,
    crate::bytes::PyBytesIter,
    crate::str::PyStrIter,
    crate::str::PyStrAsciiIter,
    crate::context::Context,
    crate::context::ContextVar,
    crate::context::Token,
    crate::context::TokenMissing,
    crate::context::HamtNode,
    crate::context::ContextKeys,
    crate::context::ContextValues,
    crate::context::ContextItems,
    crate::formatter::FormatterIterator,
    crate::formatter::FieldNameIterator,
    crate::dict::PyDictKeys,
    crate::dict::PyDictValues,
    crate::dict::PyDictItems,
    crate::dict::PyDictKeyIter,
    crate::dict::PyDictValueIter,
    crate::dict::PyDictItemIter,
    crate::dict::PyDictRevKeyIter,
    crate::dict::PyDictRevValueIter,
    crate::dict::PyDictRevItemIter,
}
