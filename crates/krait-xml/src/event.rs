//! What the parser tells of a document.

use std::ops::Range;
use std::rc::Rc;

use crate::lex_prolog::Quantifier;
use crate::names::Atom;

/// A piece of text of the current event; `Parser::text` gives it.
#[derive(Clone, Debug)]
pub enum Text {
    /// In the entity that is being read.
    Input(Range<usize>),
    /// In the parser's scratch buffer.
    Scratch,
    /// One character.
    Char(char),
}

/// What an external entity is known by.
#[derive(Clone, Debug, Default)]
pub struct ExternalId {
    /// The base of relative addresses.
    pub base: Option<Rc<str>>,
    /// The system identifier.
    pub system: Option<Rc<str>>,
    /// The public identifier.
    pub public: Option<Rc<str>>,
}

/// What a node of a content model is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelKind {
    /// `EMPTY`
    Empty,
    /// `ANY`
    Any,
    /// `(#PCDATA|…)`
    Mixed,
    /// An element.
    Name,
    /// Parts between bars.
    Choice,
    /// Parts between commas.
    Sequence,
}

/// A node of a content model. The nodes are in the order in which they begin in the document.
#[derive(Clone, Debug)]
pub struct ModelNode {
    /// What it is.
    pub kind: ModelKind,
    /// How often it may occur.
    pub quantifier: Quantifier,
    /// The element of a [`ModelKind::Name`].
    pub name: Option<Atom>,
    /// The node that it is a part of.
    pub parent: Option<usize>,
}

/// An attribute of a start tag.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// Its name, with the namespace if namespaces are looked at.
    pub name: Atom,
    pub(crate) value: Range<usize>,
}

/// An event.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum Event {
    /// A start tag; `Parser::attributes` has its attributes.
    StartElement(Atom),
    EndElement(Atom),
    CharacterData(Text),
    /// Text for which there is no other handler.
    Default(Text),
    ProcessingInstruction {
        target: Atom,
        data: Text,
    },
    Comment(Text),
    StartCdata,
    EndCdata,
    StartNamespace {
        prefix: Option<Atom>,
        uri: Option<Rc<str>>,
    },
    EndNamespace {
        prefix: Option<Atom>,
    },
    /// `standalone` is -1 where it is not given.
    XmlDecl {
        version: Option<Rc<str>>,
        encoding: Option<Rc<str>>,
        standalone: i32,
    },
    StartDoctype {
        name: Rc<str>,
        system: Option<Rc<str>>,
        public: Option<Rc<str>>,
        internal_subset: bool,
    },
    EndDoctype,
    ElementDecl {
        name: Atom,
        model: Vec<ModelNode>,
    },
    AttlistDecl {
        element: Atom,
        attribute: Atom,
        kind: Rc<str>,
        default: Option<Rc<str>>,
        required: bool,
    },
    EntityDecl {
        name: Atom,
        parameter: bool,
        value: Option<Rc<str>>,
        id: ExternalId,
        notation: Option<Rc<str>>,
    },
    UnparsedEntityDecl {
        name: Atom,
        id: ExternalId,
        notation: Rc<str>,
    },
    NotationDecl {
        name: Rc<str>,
        id: ExternalId,
    },
    SkippedEntity {
        name: Atom,
        parameter: bool,
    },
    /// An external entity is wanted: `Parser::answer` says whether it was read.
    ExternalEntityRef {
        context: Option<Rc<str>>,
        id: ExternalId,
    },
    /// The document has an external subset: `Parser::answer` says whether that is all right.
    NotStandalone,
    /// The encoding has this name: `Parser::set_encoding_table` says what it is.
    UnknownEncoding(Rc<str>),
}

/// The kinds of events that somebody may or may not want.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Handler {
    StartElement,
    EndElement,
    CharacterData,
    Default,
    ProcessingInstruction,
    Comment,
    StartCdata,
    EndCdata,
    StartNamespace,
    EndNamespace,
    XmlDecl,
    StartDoctype,
    EndDoctype,
    ElementDecl,
    AttlistDecl,
    EntityDecl,
    UnparsedEntityDecl,
    NotationDecl,
    SkippedEntity,
    ExternalEntityRef,
    NotStandalone,
}

/// When parameter entities and the external subset are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamEntityParsing {
    /// Never.
    Never,
    /// Unless the document says that it is standalone.
    UnlessStandalone,
    /// Always.
    Always,
}
