//! Text primitives shared by the front end and the runtime: WTF-8 strings, spans, escapes.
#![forbid(unsafe_code)]

pub mod buf;
pub mod case;
pub mod cjk;
pub mod classify;
pub mod codec;
pub mod escape;
pub mod hex;
pub mod layout;
pub mod repr;
pub mod search;
pub mod slice;
pub mod split;
pub mod wtf8;

pub use buf::StrBuf;
pub use slice::StrSlice;
pub use wtf8::Wtf8Buf;
