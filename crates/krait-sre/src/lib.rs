//! The regular-expression machine behind `_sre`.
#![forbid(unsafe_code)]
