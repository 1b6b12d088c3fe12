//! CPython's C API, exported from the program: extension modules that were built with the headers
//! of CPython 3.14 find these functions when they are loaded, and call them.
//!
//! One file a C header. A function is thin: it turns C's arguments into Rust's ([`glue`]) and calls
//! the runtime. Variadic functions are in `variadic/`. The static types and singletons are the
//! runtime's own statics, under their C names.
//!
//! The functions are documented by C's documentation; comments here say where there is more to know.

// These macros panic where nobody reads: `krait_host::report!` and its kin do not.
#![deny(clippy::print_stderr, clippy::print_stdout)]
#![allow(
    non_snake_case,
    non_upper_case_globals,
    missing_docs,
    clippy::missing_safety_doc,
    reason = "the C names are the contract, and so is what C's documentation says of them"
)]
#![allow(
    private_interfaces,
    improper_ctypes_definitions,
    reason = "the types are pointers to C, whatever they are to Rust"
)]

mod abstract_;
mod bytesobject;
mod ceval;
mod code;
mod codecs;
mod datetime;
mod dictobject;
mod exceptions;
mod floatobject;
mod glue;
mod import;
pub mod loader;
mod longobject;
mod methodobject;
mod modsupport;
mod moduleobject;
mod number;
mod object;
mod objimpl;
mod pybuffer;
mod pycapsule;
mod pyerrors;
mod pylifecycle;
mod pymem;
mod pystate;
mod sliceobject;
mod structseq;
mod tupleobject;
mod typeobject;
mod unicode_codecs;
mod unicode_ctype;
mod unicodeobject;
mod unicodewriter;
mod weakrefobject;

use krait_runtime::{Interpreter, PyClass, PyResult};

/// Makes the interface ready for the calling thread's interpreter, before any extension is loaded.
pub fn install(interp: &'static Interpreter) -> PyResult<()> {
    pystate::set_main(interp);
    krait_runtime::typeobject::ready_type(moduleobject::PyModuleDefObject::type_object())
}
