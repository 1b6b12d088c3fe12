//! The pure-Python half of the standard library, inside the binary.
#![forbid(unsafe_code)]
