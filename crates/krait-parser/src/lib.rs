//! Source text to tokens to AST.
#![forbid(unsafe_code)]
