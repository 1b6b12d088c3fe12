//! An XML 1.0 parser with namespaces that takes a document in pieces and behaves as the C library expat does.
//!
//! A [`Parser`] is fed bytes and asked for the next [`Event`] until there is none. Nothing is borrowed between two
//! events, so that whoever handles one may change the parser's settings, ask where it is, or read an external entity
//! with a parser of its own ([`Parser::external_entity_parser`]). Which events are made depends on which are wanted
//! ([`Parser::set_handler`]): text without a handler of its own goes to the default handler, if there is one.
//!
//! Error codes, positions and the order of events are expat's, and so are the limits for hostile documents. Nothing
//! recurses: neither elements nor entities nor content models can exhaust the stack.
//!
//! Start with `run` (from event to event), then `content` and `prolog`; `lex_content`, `lex_prolog` and `scan` recognise
//! tokens, `role` is the grammar of declarations.
#![forbid(unsafe_code)]

mod chars;
mod content;
mod declare;
mod dtd;
mod error;
mod event;
mod lex_content;
mod lex_prolog;
mod limits;
mod names;
mod parser;
mod prolog;
mod role;
mod run;
mod scan;
mod source;
mod tags;
#[cfg(test)]
mod tests;
mod values;
mod xmldecl;

pub use error::{ERRORS, Error, error_message};
pub use event::{
    Attribute, Event, ExternalId, Handler, ModelKind, ModelNode, ParamEntityParsing, Text,
};
pub use lex_prolog::Quantifier;
pub use names::Atom;
pub use parser::Parser;
