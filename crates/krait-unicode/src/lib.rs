//! The Unicode database at CPython 3.14's version.
#![forbid(unsafe_code)]
