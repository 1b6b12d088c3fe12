//! The prolog: what each token of it does.

use std::ops::Range;
use std::rc::Rc;

use crate::chars;
use crate::error::Error;
use crate::event::{Event, ExternalId, Handler, ModelNode, ParamEntityParsing};
use crate::lex_prolog::{self, Token};
use crate::names::Atom;
use crate::parser::{Kind, Parser};
use crate::role::{Part, Role};
use crate::run::{Flow, Mode, Run, Step};
use crate::scan::{self, Stop};
use crate::tags::utf8;

/// What an external identifier belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Target {
    /// To a declaration that does not count.
    #[default]
    Nothing,
    Entity {
        name: Atom,
        parameter: bool,
    },
}

/// What is known of the declaration that is being read.
#[derive(Default)]
pub(crate) struct Declaring {
    /// The document type, until it has been told.
    pub(crate) doctype: Option<Rc<str>>,
    pub(crate) doctype_id: ExternalId,
    pub(crate) has_system_id: bool,
    pub(crate) target: Target,
    pub(crate) notation: Option<Rc<str>>,
    pub(crate) notation_public: Option<Rc<str>>,
    pub(crate) element: Option<Atom>,
    pub(crate) attribute: Option<Atom>,
    pub(crate) cdata: bool,
    pub(crate) kind: String,
    pub(crate) model: Vec<ModelNode>,
    /// The open groups of the model.
    pub(crate) groups: Vec<Group>,
    pub(crate) in_element: bool,
    /// The literal of an entity's value, if it is to be told as text once it has been read.
    pub(crate) untold_value: Option<Range<usize>>,
}

/// An open group of a content model.
pub(crate) struct Group {
    /// Its node, if the model is wanted.
    pub(crate) node: Option<usize>,
    /// `,` or `|` once one was there.
    pub(crate) connector: Option<u8>,
}

impl Parser {
    pub(crate) fn prolog(&mut self, text: &[u8], at: usize) -> Run {
        let (token, end, extends) = match self.prolog_token(text, at) {
            Ok(lexed) => lexed,
            Err(stop) => {
                // At the beginning of an external entity there is no event yet, and none is made.
                let before = self.event_start;
                let stopped = self.stopped(stop, at);
                if self.kind == Kind::Parameter && self.frames.is_empty() && before.is_none() {
                    self.event_start = None;
                }
                return stopped;
            }
        };
        if token == Token::None {
            return self.prolog_end(at);
        }
        if extends && self.more() {
            return Ok(Flow::More);
        }
        if token == Token::InstanceStart {
            self.point(at);
        } else {
            self.take(at, end)?;
        }
        let Some(role) = self.machine.role(token, &text[at..end]) else {
            return Err(match token {
                Token::ParamEntityRef => Error::ParamEntityRef,
                Token::Declaration => Error::MisplacedXmlPi,
                _ => Error::Syntax,
            });
        };
        let handled = match role {
            Role::Filler(part) => token == Token::Bom || self.filler(part),
            Role::Instruction => return Ok(self.instruction(text, at, end)),
            Role::Comment => return Ok(self.comment(text, at, end)),
            Role::XmlDecl | Role::TextDecl => {
                self.xml_decl(text, at, end, role == Role::TextDecl)?;
                true
            }
            Role::InstanceStart => {
                self.offer_foreign_dtd();
                self.steps.push_back(Step::EnterContent);
                true
            }
            Role::IgnoreSection => {
                self.mode = Mode::Ignored;
                false
            }
            Role::ParamEntityRef | Role::InnerParamEntityRef => {
                let name = utf8(&text[at + 1..end - 1]);
                self.param_entity_ref(name, role == Role::ParamEntityRef)?
            }
            _ => self.declare(role, text, at, end)?,
        };
        if !handled {
            self.steps.push_back(Step::Default(at..end));
        }
        Ok(Flow::Again)
    }

    /// The next token outside of elements.
    pub(crate) fn prolog_token(&self, text: &[u8], at: usize) -> scan::Scan<lex_prolog::Lexed> {
        let letters = self.frames.is_empty() && !self.source.is_utf8();
        lex_prolog::token(text, at, self.namespaces.is_some(), letters)
    }

    fn prolog_end(&mut self, at: usize) -> Run {
        if self.more() {
            return Ok(Flow::More);
        }
        if let Some(frame) = self.frames.last() {
            if frame.between && self.machine.role(Token::None, b"").is_none() {
                return Err(Error::IncompletePe);
            }
            self.close();
            return Ok(Flow::Again);
        }
        self.point(at);
        if let Some(error) = self.source.unfinished() {
            return Err(error);
        }
        if self.kind == Kind::Document {
            return Err(Error::NoElements);
        }
        if self.machine.role(Token::None, b"").is_none() {
            return Err(Error::IncompletePe);
        }
        Ok(Flow::More)
    }

    pub(crate) fn ignored(&mut self, text: &[u8], at: usize) -> Run {
        match lex_prolog::ignored(text, at) {
            Ok(end) => {
                self.take(at, end)?;
                self.mode = Mode::Prolog;
                Ok(self.default(at..end))
            }
            Err(Stop::Partial) if !self.more() => {
                self.point(at);
                Err(Error::Syntax)
            }
            Err(stop) => self.stopped(stop, at),
        }
    }

    /// Whether white space and keywords of a declaration are told by its own handler.
    fn filler(&self, part: Part) -> bool {
        let keep = self.dtd.borrow().keep_processing;
        match part {
            Part::Nothing => false,
            Part::Doctype => self.wants(Handler::StartDoctype),
            Part::Entity => keep && self.wants(Handler::EntityDecl),
            Part::Notation => self.wants(Handler::NotationDecl),
            Part::Attlist => keep && self.wants(Handler::AttlistDecl),
            Part::Element => self.wants(Handler::ElementDecl),
        }
    }

    /// A reference to a parameter entity. Whether it needs no other handler.
    fn param_entity_ref(&mut self, name: &str, between: bool) -> Result<bool, Error> {
        let dtd = self.dtd.clone();
        let mut dtd = dtd.borrow_mut();
        dtd.has_param_entity_refs = true;
        let standalone = dtd.standalone;
        if self.param_parsing == ParamEntityParsing::Never {
            dtd.keep_processing = standalone;
            drop(dtd);
            self.check_standalone();
            return Ok(false);
        }
        let name = dtd.names.intern(name);
        let must_exist = self.machine.document && standalone && self.frames.is_empty();
        let Some(entity) = dtd.parameter.get_mut(&name) else {
            if must_exist {
                return Err(Error::UndefinedEntity);
            }
            dtd.keep_processing = standalone;
            let skipped = between && self.wants(Handler::SkippedEntity);
            if skipped {
                self.steps.push_back(Step::Tell(Event::SkippedEntity {
                    name,
                    parameter: true,
                }));
            }
            return Ok(skipped);
        };
        if must_exist && !entity.in_document {
            return Err(Error::EntityDeclaredInPe);
        }
        if entity.open {
            return Err(Error::RecursiveEntityRef);
        }
        if let Some(text) = entity.text.clone() {
            drop(dtd);
            self.open(name, text, true, between);
            return Ok(true);
        }
        if !self.wants(Handler::ExternalEntityRef) {
            dtd.keep_processing = standalone;
            return Ok(false);
        }
        entity.open = true;
        let id = entity.id.clone();
        dtd.param_entity_read = false;
        self.steps
            .push_back(Step::Tell(Event::ExternalEntityRef { context: None, id }));
        self.steps.push_back(Step::ParameterAnswer(name));
        Ok(true)
    }

    pub(crate) fn parameter_answer(&mut self, name: Atom) -> Run {
        let read = {
            let mut dtd = self.dtd.borrow_mut();
            dtd.set_open(true, name, false);
            if !dtd.param_entity_read {
                dtd.keep_processing = dtd.standalone;
            }
            dtd.param_entity_read
        };
        self.accept()?;
        if read {
            self.check_standalone();
        }
        Ok(Flow::Again)
    }

    /// Asks whether a document that is not standalone may go on.
    pub(crate) fn check_standalone(&mut self) {
        if !self.dtd.borrow().standalone && self.wants(Handler::NotStandalone) {
            self.steps.push_front(Step::StandaloneAnswer);
            self.steps.push_front(Step::Tell(Event::NotStandalone));
        }
    }

    /// Offers an external subset to a document that has no document type declaration.
    fn offer_foreign_dtd(&mut self) {
        if std::mem::take(&mut self.foreign_dtd) {
            self.offer_subset(false);
        }
    }

    /// Asks for the external subset.
    pub(crate) fn offer_subset(&mut self, declared: bool) {
        let dtd = self.dtd.clone();
        let mut dtd = dtd.borrow_mut();
        let had_references = std::mem::replace(&mut dtd.has_param_entity_refs, true);
        if self.param_parsing == ParamEntityParsing::Never
            || !self.wants(Handler::ExternalEntityRef)
        {
            return;
        }
        let mut id = dtd.subset.clone().unwrap_or_default();
        if !declared {
            id.base = self.base.clone();
        }
        dtd.param_entity_read = false;
        self.steps
            .push_back(Step::Tell(Event::ExternalEntityRef { context: None, id }));
        self.steps.push_back(Step::SubsetAnswer {
            declared,
            had_references,
        });
    }

    pub(crate) fn subset_answer(&mut self, declared: bool, had_references: bool) -> Run {
        self.accept()?;
        let read = {
            let mut dtd = self.dtd.borrow_mut();
            if !dtd.param_entity_read && !declared {
                dtd.has_param_entity_refs = had_references;
            }
            dtd.param_entity_read
        };
        if read {
            self.check_standalone();
        }
        Ok(Flow::Again)
    }

    /// A public identifier, checked, with its white space made one.
    pub(crate) fn public_id(
        &mut self,
        text: &[u8],
        at: usize,
        end: usize,
    ) -> Result<Rc<str>, Error> {
        let id = &text[at + 1..end - 1];
        if let Some(bad) = id.iter().position(|&byte| !chars::is_public_id(byte)) {
            self.point(at + 1 + bad);
            return Err(Error::PublicId);
        }
        let words: Vec<&str> = utf8(id).split_ascii_whitespace().collect();
        Ok(Rc::from(words.join(" ")))
    }
}
