//! Text primitives shared by the front end and the runtime: WTF-8 strings, spans, escapes.
#![forbid(unsafe_code)]

pub mod slice;
pub mod wtf8;

pub use slice::StrSlice;
pub use wtf8::Wtf8Buf;
