//! The object kernel: counts, collector, classes, attribute lookup, exceptions, thread state, the
//! abstract protocols and the builtin types. It never names the interpreter (see [`hooks`]).

// These macros panic where nobody reads: `krait_host::report!` and its kin do not.
#![deny(clippy::print_stderr, clippy::print_stdout)]

extern crate self as krait_runtime;

// The kernel: what every object needs.
pub mod alloc;
mod field;
pub mod gc;
pub mod hash;
pub mod hooks;
pub mod import_lock;
pub mod interned;
pub mod lock;
pub mod object;
pub mod state;

// The protocols.
pub mod abstract_;
pub mod attr;
pub mod call;
pub mod err;
mod instance;
pub mod typeobject;

// What `#[pyclass]` and its kin lean on.
pub mod args;
pub mod class;
pub mod convert;
pub mod macro_support;
pub mod module_macro;
pub mod suggestions;
#[cfg(test)]
pub(crate) mod test_support;

// Classes that the kernel itself needs.
pub mod cfunction;
pub mod descr;
pub mod dict;
pub mod exceptions;
pub mod long;
pub mod object_type;
pub mod singletons;
pub mod str;
pub mod tuple;
pub mod weakref;

// The other builtin classes.
pub mod audit;
pub mod buffer;
pub mod builtin_types;
pub mod bytearray;
pub mod bytes;
pub mod capsule;
pub mod cell;
pub mod code;
pub mod codecs;
pub mod complex;
pub mod context;
pub mod float;
pub mod formatter;
pub mod frame;
pub mod function;
pub mod generic_alias;
pub mod iterators;
pub mod list;
pub mod memoryview;
pub mod method;
pub mod module;
pub mod monitoring;
pub mod namespace;
pub mod odict;
pub mod range;
mod reduce;
pub mod repr;
pub mod seq_iter;
pub mod set;
pub mod slice;
pub mod structseq;
pub mod traceback;
pub mod typing;
pub mod union;

pub use exceptions::exc;

pub use abstract_::{BinaryOp, CompareOp, ObjIter, SendResult};
pub use args::{Args, KwArgs, OptionalArg};
pub use attr::Method;
pub use bytes::PyBytes;
pub use cell::PyCell;
pub use cfunction::PyCFunction;
pub use class::{ClassTable, GetSetDef, MethodDef};
pub use code::PyCode;
pub use complex::PyComplex;
pub use convert::{FromPyObject, IntoPy};
pub use dict::PyDict;
pub use err::{PyErr, PyResult};
pub use exceptions::PyBaseException;
pub use field::{Field, WeakList};
pub use float::PyFloat;
pub use function::PyFunction;
pub use gc::{Traverse, Visitor};
pub use list::PyList;
pub use long::PyLong;
pub use method::PyMethod;
pub use module::PyModule;
pub use module_macro::{ModuleDef, ModuleRegistry};
pub use object::{Obj, Py, PyClass, PyObject, PyVarObject};
pub use set::{PyFrozenSet, PySet};
pub use singletons::{PyBool, bool_object, ellipsis, false_, none, not_implemented, true_};
pub use slice::PySlice;
pub use state::{Interpreter, ThreadState};
pub use str::{PyStr, StrBuilder};
pub use tuple::PyTuple;
pub use typeobject::PyType;
