//! The parser: its settings, what it keeps, and what it tells between two events.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use crate::dtd::Dtd;
use crate::error::Error;
use crate::event::{Attribute, Handler, ParamEntityParsing, Text};
use crate::lex_content::RawAttribute;
use crate::limits::Limits;
use crate::names::Atom;
use crate::prolog::Declaring;
use crate::role::Machine;
use crate::run::{Mode, Step};
use crate::source::Source;
use crate::values::ValueFrame;

/// The namespace that the prefix `xml` always has.
pub(crate) const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";

/// Which kind of entity a parser reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Document,
    General,
    Parameter,
    /// A parameter entity in the value of an entity.
    Value,
}

/// How names get their namespaces.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Namespaces {
    /// What stands between namespace and name.
    pub(crate) separator: Option<char>,
}

/// An internal entity that is being read.
pub(crate) struct Frame {
    pub(crate) text: Rc<str>,
    pub(crate) at: usize,
    pub(crate) name: Atom,
    pub(crate) parameter: bool,
    /// Whether it is a parameter entity between declarations.
    pub(crate) between: bool,
    /// How many elements were open when it began.
    pub(crate) level: usize,
}

/// An open element.
pub(crate) struct Tag {
    /// The name as it stands in the document.
    pub(crate) raw: Atom,
    pub(crate) name: Atom,
    /// How many bindings there were before it.
    pub(crate) bound: usize,
}

/// Unknown encodings may be asked for once.
pub(crate) enum Asked {
    Nothing,
    Table(Option<Box<[i32; 256]>>),
}

/// A parser of one entity that takes its bytes as they come.
pub struct Parser {
    pub(crate) source: Source,
    /// The next byte of the source.
    pub(crate) at: usize,
    /// Where the current event begins and ends in the source.
    pub(crate) event_start: Option<usize>,
    pub(crate) event_end: usize,
    pub(crate) kind: Kind,
    pub(crate) mode: Mode,
    pub(crate) frames: Vec<Frame>,
    pub(crate) steps: VecDeque<Step>,
    pub(crate) dtd: Rc<RefCell<Dtd>>,
    pub(crate) machine: Machine,
    pub(crate) declaring: Declaring,
    pub(crate) value: Vec<ValueFrame>,
    pub(crate) tags: Vec<Tag>,
    pub(crate) namespaces: Option<Namespaces>,
    pub(crate) triplets: bool,
    /// What each prefix means, innermost last.
    pub(crate) bindings: HashMap<Atom, Vec<Option<Rc<str>>>>,
    /// The prefixes in the order in which they were bound.
    pub(crate) bound: Vec<Atom>,
    pub(crate) raw_attributes: Vec<RawAttribute>,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) specified: usize,
    /// The values of the current attributes.
    pub(crate) values: String,
    pub(crate) scratch: String,
    /// Which names the current tag has had.
    pub(crate) seen: Vec<u32>,
    pub(crate) seen_round: u32,
    handlers: u32,
    pub(crate) expand_internal: bool,
    pub(crate) param_parsing: ParamEntityParsing,
    pub(crate) foreign_dtd: bool,
    pub(crate) base: Option<Rc<str>>,
    pub(crate) encoding_name: Option<Rc<str>>,
    pub(crate) answer: bool,
    pub(crate) asked: Asked,
    pub(crate) limits: Rc<Limits>,
    pub(crate) is_final: bool,
    pub(crate) started: bool,
    pub(crate) finished: bool,
    pub(crate) error: Option<Error>,
    /// Whether what has arrived waits for more.
    pub(crate) idle: bool,
    deferral: bool,
    /// How much was there when a token was last found to be incomplete.
    partial: usize,
    fed_at: usize,
}

impl Parser {
    /// A parser of a document. The encoding, if one is given, is stronger than what the document says. Namespaces are
    /// looked at if `namespace_separator` says what joins them with names (`Some(None)`: nothing does).
    pub fn new(encoding: Option<&str>, namespace_separator: Option<Option<char>>) -> Parser {
        let dtd = Rc::new(RefCell::new(Dtd::new()));
        let mut parser = Parser::build(Kind::Document, dtd, Rc::new(Limits::new()));
        parser.encoding_name = encoding.map(Rc::from);
        parser.namespaces = namespace_separator.map(|separator| Namespaces { separator });
        if parser.namespaces.is_some() {
            let prefix = parser.dtd.borrow_mut().names.intern("xml");
            parser
                .bindings
                .insert(prefix, vec![Some(Rc::from(XML_NAMESPACE))]);
        }
        parser
    }

    fn build(kind: Kind, dtd: Rc<RefCell<Dtd>>, limits: Rc<Limits>) -> Parser {
        let machine = match kind {
            Kind::Document => Machine::document(),
            _ => Machine::external_subset(),
        };
        Parser {
            source: Source::new(),
            at: 0,
            event_start: None,
            event_end: 0,
            kind,
            mode: Mode::Start,
            frames: Vec::new(),
            steps: VecDeque::new(),
            dtd,
            machine,
            declaring: Declaring::default(),
            value: Vec::new(),
            tags: Vec::new(),
            namespaces: None,
            triplets: false,
            bindings: HashMap::new(),
            bound: Vec::new(),
            raw_attributes: Vec::new(),
            attributes: Vec::new(),
            specified: 0,
            values: String::new(),
            scratch: String::new(),
            seen: Vec::new(),
            seen_round: 0,
            handlers: 0,
            expand_internal: true,
            param_parsing: ParamEntityParsing::Never,
            foreign_dtd: false,
            base: None,
            encoding_name: None,
            answer: true,
            asked: Asked::Nothing,
            limits,
            is_final: false,
            started: false,
            finished: false,
            error: None,
            idle: true,
            deferral: true,
            partial: 0,
            fed_at: 0,
        }
    }

    /// A parser of the external entity that was asked for last: of a general entity with the event's context, of a
    /// parameter entity without one.
    pub fn external_entity_parser(&self, context: Option<&str>, encoding: Option<&str>) -> Parser {
        let (kind, dtd) = match context {
            Some(_) => (
                Kind::General,
                Rc::new(RefCell::new(self.dtd.borrow().clone())),
            ),
            None if self.dtd.borrow().in_value => (Kind::Value, self.dtd.clone()),
            None => (Kind::Parameter, self.dtd.clone()),
        };
        let mut parser = Parser::build(kind, dtd, self.limits.clone());
        parser.encoding_name = encoding.map(Rc::from);
        parser.namespaces = self.namespaces;
        parser.triplets = self.triplets;
        parser.handlers = self.handlers;
        parser.expand_internal = self.expand_internal;
        parser.param_parsing = self.param_parsing;
        parser.deferral = self.deferral;
        if let Some(context) = context {
            parser.set_context(context);
        }
        parser
    }

    /// Takes bindings and open entities from the text that `context` made of them.
    fn set_context(&mut self, context: &str) {
        let mut dtd = self.dtd.borrow_mut();
        for entity in dtd.general.values_mut() {
            entity.open = false;
        }
        for part in context.split('\x0c').filter(|part| !part.is_empty()) {
            match part.split_once('=') {
                Some((prefix, uri)) => {
                    let prefix = dtd.names.intern(prefix);
                    self.bindings
                        .entry(prefix)
                        .or_default()
                        .push(Some(Rc::from(uri)));
                }
                None => {
                    let name = dtd.names.intern(part);
                    dtd.set_open(false, name, true);
                }
            }
        }
    }

    /// Tells whether events of a kind are wanted.
    pub fn set_handler(&mut self, handler: Handler, wanted: bool) {
        let bit = 1 << handler as u8;
        if wanted {
            self.handlers |= bit;
        } else {
            self.handlers &= !bit;
        }
    }

    pub(crate) fn wants(&self, handler: Handler) -> bool {
        self.handlers & 1 << handler as u8 != 0
    }

    /// Whether internal entities are read although somebody wants what has no handler.
    pub fn set_expand_internal(&mut self, expand: bool) {
        self.expand_internal = expand;
    }

    /// Whether names come with their prefixes, after the separator once more.
    pub fn set_triplets(&mut self, triplets: bool) {
        if !self.started {
            self.triplets = triplets;
        }
    }

    /// Takes bytes. They are looked at by [`Parser::next`], which must have said that there is no event any more.
    pub fn feed(&mut self, bytes: &[u8], is_final: bool) -> Result<(), Error> {
        if self.finished {
            self.error = Some(Error::Finished);
        }
        if let Some(error) = self.error {
            return Err(error);
        }
        self.started = true;
        self.is_final = is_final;
        self.at -= self.forget();
        self.source.push(bytes);
        self.fed_at = self.at;
        let waiting = self.source.text.len() - self.at;
        // Looking at one long token again for each small piece of it would take quadratic time.
        self.idle = self.deferral && !is_final && waiting < self.partial.saturating_mul(2);
        Ok(())
    }

    fn forget(&mut self) -> usize {
        let keep = self.event_start.map_or(self.at, |start| start.min(self.at));
        let dropped = self.source.forget(keep);
        if let Some(start) = &mut self.event_start {
            *start -= dropped;
        }
        self.event_end = self.event_end.saturating_sub(dropped);
        dropped
    }

    /// Notes that all that could be looked at has been.
    pub(crate) fn rest(&mut self) {
        self.idle = true;
        let waiting = self.source.text.len() - self.at;
        self.partial = if self.at == self.fed_at { waiting } else { 0 };
        if !self.is_final {
            self.source.settle(self.at);
        }
        self.finished = self.is_final;
    }

    /// Ends the parse, as a handler that failed does.
    pub fn abort(&mut self) {
        if self.error.is_none() {
            self.error = Some(Error::Aborted);
            self.finished = true;
            self.event_start = Some(self.event_end);
        }
    }

    /// Says whether an external entity was read, or the document may go on.
    pub fn answer(&mut self, answer: bool) {
        self.answer = answer;
    }

    /// Says which characters the bytes of an unknown encoding are; -1 is none.
    pub fn set_encoding_table(&mut self, table: Option<Box<[i32; 256]>>) {
        self.asked = Asked::Table(table);
    }

    /// Whether the first bytes have been given.
    pub fn has_started(&self) -> bool {
        self.started
    }

    /// The encoding that is stronger than what the document says; too late once parsing has begun.
    pub fn set_encoding(&mut self, encoding: &str) {
        if !self.started {
            self.encoding_name = Some(Rc::from(encoding));
        }
    }

    /// When parameter entities are read. Whether that could still be set.
    pub fn set_param_entity_parsing(&mut self, when: ParamEntityParsing) -> bool {
        if !self.started {
            self.param_parsing = when;
        }
        !self.started
    }

    /// Whether a document without an external subset is offered one.
    pub fn set_foreign_dtd(&mut self, foreign: bool) -> Result<(), Error> {
        if self.started {
            return Err(Error::CantChangeFeatureOnceParsing);
        }
        self.foreign_dtd = foreign;
        Ok(())
    }

    /// The base of relative addresses, which entities are told with.
    pub fn set_base(&mut self, base: Option<&str>) {
        self.base = base.map(Rc::from);
    }

    /// The base of relative addresses.
    pub fn base(&self) -> Option<&str> {
        self.base.as_deref()
    }

    /// Whether a long token is looked at again only when much more of it has arrived.
    pub fn set_reparse_deferral(&mut self, deferral: bool) {
        self.deferral = deferral;
    }

    /// Whether a long token is looked at again only when much more of it has arrived.
    pub fn reparse_deferral(&self) -> bool {
        self.deferral
    }

    /// Whether this parses a document, not an entity for another parser.
    pub fn is_root(&self) -> bool {
        self.kind == Kind::Document
    }

    /// How many times larger than itself a document may become by its entities.
    pub fn set_maximum_amplification(&mut self, factor: f32) -> bool {
        // Not a number is refused, too.
        let valid = self.is_root() && factor >= 1.0;
        if valid {
            self.limits.maximum_amplification.set(factor);
        }
        valid
    }

    /// From how many bytes on the amplification is looked at.
    pub fn set_activation_threshold(&mut self, bytes: u64) -> bool {
        if self.is_root() {
            self.limits.activation_threshold.set(bytes);
        }
        self.is_root()
    }

    /// How many times more memory than the document has bytes its parsers may hold.
    pub fn set_maximum_memory_amplification(&mut self, factor: f32) -> bool {
        let valid = self.is_root() && factor >= 1.0;
        if valid {
            self.limits.maximum_memory.set(factor);
        }
        valid
    }

    /// From how many bytes on the memory is looked at.
    pub fn set_memory_activation_threshold(&mut self, bytes: u64) -> bool {
        if self.is_root() {
            self.limits.memory_threshold.set(bytes);
        }
        self.is_root()
    }

    /// Whether the parser may hold what it holds.
    pub(crate) fn check_memory(&self) -> Result<(), Error> {
        let dtd = self.dtd.borrow();
        let held = size_of::<Parser>()
            + self.source.memory()
            + self.values.capacity()
            + self.scratch.capacity()
            + self.tags.len() * size_of::<Tag>()
            + dtd.names.memory()
            + dtd.held;
        self.limits.check_memory(held)
    }

    /// The error that ended the parse.
    pub fn error(&self) -> Option<Error> {
        self.error
    }

    /// The text of a piece of the current event.
    pub fn text<'a>(&'a self, text: &Text, buffer: &'a mut [u8; 4]) -> &'a str {
        match text {
            Text::Scratch => &self.scratch,
            Text::Char(character) => character.encode_utf8(buffer),
            Text::Input(range) => {
                let input = match self.frames.last() {
                    Some(frame) => frame.text.as_bytes(),
                    None => &self.source.text,
                };
                let bytes = input.get(range.clone()).unwrap_or_default();
                // The scanners have checked it.
                std::str::from_utf8(bytes).unwrap_or_default()
            }
        }
    }

    /// A name.
    pub fn name(&self, atom: Atom) -> Rc<str> {
        self.dtd.borrow().names.get(atom).clone()
    }

    /// The attributes of the current start tag: those of the tag, then the defaults.
    pub fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    /// How many attributes the start tag itself has.
    pub fn specified_attributes(&self) -> usize {
        self.specified
    }

    /// The value of an attribute of the current start tag.
    pub fn attribute_value(&self, attribute: &Attribute) -> &str {
        self.values.get(attribute.value.clone()).unwrap_or_default()
    }

    /// Line (from 1) and column (from 0) of the current event.
    pub fn line_and_column(&mut self) -> (u64, u64) {
        self.source.line_and_column(self.event_start.unwrap_or(0))
    }

    /// How many bytes went before the current event.
    pub fn byte_index(&self) -> Option<u64> {
        self.event_start.map(|start| self.source.byte_index(start))
    }

    /// The bytes from the current event to the end of what has arrived.
    pub fn input_context(&self) -> Option<&[u8]> {
        self.event_start.map(|start| self.source.context(start))
    }
}
