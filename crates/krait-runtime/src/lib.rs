//! The object kernel: counts, collector, classes, attribute lookup, exceptions, thread state, the
//! abstract protocols and the builtin types. It never names the interpreter (see [`hooks`]).

extern crate self as krait_runtime;
