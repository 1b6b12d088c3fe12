//! The abstract syntax tree, after CPython's `Python.asdl`.
#![forbid(unsafe_code)]
