//! Going from event to event.

use std::mem;
use std::rc::Rc;

use crate::error::Error;
use crate::event::{Event, Handler, Text};
use crate::names::Atom;
use crate::parser::{Asked, Frame, Kind, Parser};
use crate::scan::Stop;
use crate::source::{self, CONVERTED, Encoding, Guess, Named};
use crate::{lex_content, xmldecl};

/// What the bytes at the cursor are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The first bytes, which tell the encoding.
    Start,
    /// An external entity that may begin with a text declaration.
    EntityStart,
    Prolog,
    /// A section whose `<![IGNORE[` has been read.
    Ignored,
    Content,
    Cdata,
    Epilog,
    /// The value of an entity that is being declared.
    EntityValue,
    /// An external parameter entity that is a part of such a value.
    ValueInput,
}

/// What is still to be done for the current token.
pub(crate) enum Step {
    /// Tell an event, if it is wanted.
    Tell(Event),
    /// Tell a start tag, or its text.
    StartElement(Atom, std::ops::Range<usize>),
    /// Tell an end tag, or its text.
    EndElement(Atom, std::ops::Range<usize>),
    /// Tell both of an empty element; the second step of two.
    EmptyElement(Atom, std::ops::Range<usize>),
    EmptyElementEnd(Atom, std::ops::Range<usize>),
    /// Forget the bindings of the element that has ended, down to this many.
    Unbind(usize),
    /// Tell text that has no other handler.
    Default(std::ops::Range<usize>),
    DefaultPiece(std::ops::Range<usize>),
    Fail(Error),
    /// Go to where in the source an error is.
    Point(usize),
    /// The encoding of what follows, if it is one that is known by name.
    Encoding(Rc<str>, usize),
    EncodingAnswer(usize),
    GeneralAnswer(Atom),
    ParameterAnswer(Atom),
    ValueAnswer(Atom),
    /// Whether there is a system identifier, and whether parameter entities were known before.
    SubsetAnswer {
        declared: bool,
        had_references: bool,
    },
    StandaloneAnswer,
    /// Go on after the document type declaration that has been read.
    EndDoctype,
    EnterContent,
}

/// What became of a step.
pub(crate) enum Flow {
    /// Go on.
    Again,
    Tell(Event),
    /// More bytes are needed, or none are left.
    More,
}

pub(crate) type Run = Result<Flow, Error>;

impl Parser {
    /// The next event, or nothing if more bytes are needed, or all is done.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Option<Event>, Error> {
        if let Some(error) = self.error {
            return Err(error);
        }
        if self.idle {
            return Ok(None);
        }
        if let Err(error) = self.check_memory() {
            return self.give_up(error);
        }
        loop {
            match self.advance() {
                Ok(Flow::Again) => {}
                Ok(Flow::Tell(event)) => return Ok(Some(event)),
                Ok(Flow::More) => {
                    if let Err(error) = self.check_memory() {
                        return self.give_up(error);
                    }
                    if self.is_final
                        && let Some(error) = self.source.unfinished()
                    {
                        return self.give_up(error);
                    }
                    self.rest();
                    return Ok(None);
                }
                Err(error) => return self.give_up(error),
            }
        }
    }

    fn give_up<T>(&mut self, error: Error) -> Result<T, Error> {
        self.error = Some(error);
        self.steps.clear();
        Err(error)
    }

    fn advance(&mut self) -> Run {
        if let Some(step) = self.steps.pop_front() {
            return self.step(step);
        }
        if let Some(frame) = self.frames.last() {
            let (text, at) = (frame.text.clone(), frame.at);
            return self.dispatch(text.as_bytes(), at);
        }
        if self.mode == Mode::Start {
            return self.start();
        }
        let text = mem::take(&mut self.source.text);
        let flow = self.dispatch(&text, self.at);
        self.source.text = text;
        flow
    }

    fn dispatch(&mut self, text: &[u8], at: usize) -> Run {
        match self.mode {
            Mode::Start => Ok(Flow::Again),
            Mode::EntityStart => self.entity_start(text, at),
            Mode::Prolog => self.prolog(text, at),
            Mode::Ignored => self.ignored(text, at),
            Mode::Content => self.content(text, at),
            Mode::Cdata => self.cdata(text, at),
            Mode::Epilog => self.epilog(text, at),
            Mode::EntityValue => self.entity_value(),
            Mode::ValueInput => self.value_input(text, at),
        }
    }

    /// Whether more bytes may come after what is being read.
    pub(crate) fn more(&self) -> bool {
        self.frames.is_empty() && !self.is_final
    }

    /// Makes a token the current event and goes past it.
    pub(crate) fn take(&mut self, at: usize, end: usize) -> Result<(), Error> {
        match self.frames.last_mut() {
            Some(frame) => {
                frame.at = end;
                self.limits.add_indirect(end - at)
            }
            None => {
                self.at = end;
                self.event_start = Some(at);
                self.event_end = end;
                if self.kind == Kind::Document {
                    self.limits.add_direct(end - at);
                    return Ok(());
                }
                self.limits.add_indirect(end - at)
            }
        }
    }

    /// Makes a place in the source the one that an error is at.
    pub(crate) fn point(&mut self, at: usize) {
        if self.frames.is_empty() {
            self.event_start = Some(at);
            self.event_end = at;
        }
    }

    /// What a piece that was not recognised means.
    pub(crate) fn stopped(&mut self, stop: Stop, at: usize) -> Run {
        if self.more() && !matches!(stop, Stop::Invalid(_)) {
            return Ok(Flow::More);
        }
        self.point(at);
        Err(match stop {
            Stop::Partial if self.frames.is_empty() => {
                self.source.unfinished().unwrap_or(Error::UnclosedToken)
            }
            Stop::Partial => Error::UnclosedToken,
            Stop::PartialChar => Error::PartialChar,
            Stop::Invalid(at) => {
                self.point(at);
                Error::InvalidToken
            }
        })
    }

    /// Begins to read an internal entity.
    pub(crate) fn open(&mut self, name: Atom, text: Rc<str>, parameter: bool, between: bool) {
        self.dtd.borrow_mut().set_open(parameter, name, true);
        self.frames.push(Frame {
            text,
            at: 0,
            name,
            parameter,
            between,
            level: self.tags.len(),
        });
    }

    /// Ends the innermost internal entity.
    pub(crate) fn close(&mut self) {
        if let Some(frame) = self.frames.pop() {
            self.dtd
                .borrow_mut()
                .set_open(frame.parameter, frame.name, false);
        }
    }

    fn start(&mut self) -> Run {
        if self.kind != Kind::Document {
            self.dtd.borrow_mut().param_entity_read = true;
        }
        let named = match self.encoding_name.clone() {
            None => None,
            Some(name) => match Named::find(&name) {
                Some(named) => Some(named),
                None => {
                    self.mode = self.after_start();
                    self.steps.push_back(Step::EncodingAnswer(self.at));
                    self.point(self.at);
                    return Ok(Flow::Tell(Event::UnknownEncoding(name)));
                }
            },
        };
        let content = self.kind == Kind::General;
        match source::guess(&self.source.text, named, content) {
            Guess::Unknown if !self.is_final => return Ok(Flow::More),
            Guess::Unknown if !self.source.text.is_empty() => {
                self.point(0);
                return Err(Error::UnclosedToken);
            }
            Guess::Known { encoding, bom } => {
                self.source.switch(encoding, 0);
                if bom {
                    self.take(0, '\u{feff}'.len_utf8())?;
                }
            }
            Guess::Unknown | Guess::Silent => {
                if let Some(named) = named {
                    self.source.switch(named.encoding(), 0);
                }
            }
        }
        self.mode = self.after_start();
        Ok(Flow::Again)
    }

    fn after_start(&self) -> Mode {
        match self.kind {
            Kind::Document | Kind::Parameter => Mode::Prolog,
            Kind::General | Kind::Value => Mode::EntityStart,
        }
    }

    /// Reads a text declaration if there is one.
    fn entity_start(&mut self, text: &[u8], at: usize) -> Run {
        let next = match self.kind {
            Kind::Value => Mode::ValueInput,
            _ => Mode::Content,
        };
        let mut attributes = mem::take(&mut self.raw_attributes);
        let token = lex_content::token(text, at, self.namespaces.is_some(), &mut attributes);
        self.raw_attributes = attributes;
        match token {
            Ok((lex_content::Token::Declaration, end)) => {
                self.mode = next;
                self.take(at, end)?;
                self.xml_decl(text, at, end, true)?;
                Ok(Flow::Again)
            }
            Ok((lex_content::Token::None, _)) if self.more() => Ok(Flow::More),
            Err(stop @ (Stop::Partial | Stop::PartialChar)) => self.stopped(stop, at),
            _ => {
                self.mode = next;
                Ok(Flow::Again)
            }
        }
    }

    /// Reads an XML or text declaration.
    pub(crate) fn xml_decl(
        &mut self,
        text: &[u8],
        at: usize,
        end: usize,
        entity: bool,
    ) -> Result<(), Error> {
        let declaration = match xmldecl::parse(text, at, end, entity) {
            Ok(declaration) => declaration,
            Err(at) => {
                self.point(at);
                return Err(if entity {
                    Error::TextDecl
                } else {
                    Error::XmlDecl
                });
            }
        };
        let string = |range: std::ops::Range<usize>| -> Rc<str> {
            Rc::from(String::from_utf8_lossy(&text[range]))
        };
        if declaration.standalone == Some(true) {
            self.dtd.borrow_mut().standalone = true;
            if self.param_parsing == crate::event::ParamEntityParsing::UnlessStandalone {
                self.param_parsing = crate::event::ParamEntityParsing::Never;
            }
        }
        if self.wants(Handler::XmlDecl) {
            self.steps.push_back(Step::Tell(Event::XmlDecl {
                version: declaration.version.map(string),
                encoding: declaration.encoding.clone().map(string),
                standalone: declaration.standalone.map_or(-1, i32::from),
            }));
        } else {
            self.steps.push_back(Step::Default(at..end));
        }
        if let Some(encoding) = declaration.encoding
            && self.encoding_name.is_none()
            && self.frames.is_empty()
        {
            let place = encoding.start;
            self.steps
                .push_back(Step::Encoding(string(encoding), place));
        }
        Ok(())
    }

    fn tell_if(&self, event: Event) -> Flow {
        let wanted = match &event {
            Event::StartElement(_) => Handler::StartElement,
            Event::EndElement(_) => Handler::EndElement,
            Event::CharacterData(_) => Handler::CharacterData,
            Event::Default(_) => Handler::Default,
            Event::ProcessingInstruction { .. } => Handler::ProcessingInstruction,
            Event::Comment(_) => Handler::Comment,
            Event::StartCdata => Handler::StartCdata,
            Event::EndCdata => Handler::EndCdata,
            Event::StartNamespace { .. } => Handler::StartNamespace,
            Event::EndNamespace { .. } => Handler::EndNamespace,
            Event::XmlDecl { .. } => Handler::XmlDecl,
            Event::StartDoctype { .. } => Handler::StartDoctype,
            Event::EndDoctype => Handler::EndDoctype,
            Event::ElementDecl { .. } => Handler::ElementDecl,
            Event::AttlistDecl { .. } => Handler::AttlistDecl,
            Event::EntityDecl { .. } => Handler::EntityDecl,
            Event::UnparsedEntityDecl { .. } => Handler::UnparsedEntityDecl,
            Event::NotationDecl { .. } => Handler::NotationDecl,
            Event::SkippedEntity { .. } => Handler::SkippedEntity,
            Event::ExternalEntityRef { .. } => Handler::ExternalEntityRef,
            Event::NotStandalone => Handler::NotStandalone,
            Event::UnknownEncoding(_) => return Flow::Tell(event),
        };
        if self.wants(wanted) {
            Flow::Tell(event)
        } else {
            Flow::Again
        }
    }

    /// The text of a token, for whoever wants what has no handler of its own.
    pub(crate) fn default(&mut self, range: std::ops::Range<usize>) -> Flow {
        if !self.wants(Handler::Default) {
            return Flow::Again;
        }
        if range.len() > CONVERTED && self.frames.is_empty() && !self.source.is_utf8() {
            self.steps.push_front(Step::DefaultPiece(range));
            return Flow::Again;
        }
        Flow::Tell(Event::Default(Text::Input(range)))
    }

    /// The first piece of a long text that was in another encoding than UTF-8.
    fn default_piece(&mut self, range: std::ops::Range<usize>) -> Flow {
        let end = self.source.cut(range.start, range.end);
        self.event_start = Some(range.start);
        self.steps.push_front(if end < range.end {
            Step::DefaultPiece(end..range.end)
        } else {
            Step::Point(end)
        });
        self.tell_if(Event::Default(Text::Input(range.start..end)))
    }

    /// One event if it is wanted, else the token's text.
    pub(crate) fn either(
        &mut self,
        handler: Handler,
        event: Event,
        range: std::ops::Range<usize>,
    ) -> Flow {
        if self.wants(handler) {
            Flow::Tell(event)
        } else {
            self.default(range)
        }
    }

    fn step(&mut self, step: Step) -> Run {
        match step {
            Step::Tell(event) => Ok(self.tell_if(event)),
            Step::Default(range) => Ok(self.default(range)),
            Step::DefaultPiece(range) => Ok(self.default_piece(range)),
            Step::Fail(error) => Err(error),
            Step::Point(at) => {
                self.point(at);
                Ok(Flow::Again)
            }
            Step::StartElement(name, range) => {
                Ok(self.either(Handler::StartElement, Event::StartElement(name), range))
            }
            Step::EndElement(name, range) => {
                Ok(self.either(Handler::EndElement, Event::EndElement(name), range))
            }
            Step::EmptyElement(name, range) => {
                let started = self.wants(Handler::StartElement);
                self.steps.push_front(if started {
                    Step::EmptyElementEnd(name, range)
                } else {
                    Step::EndElement(name, range)
                });
                Ok(self.tell_if(Event::StartElement(name)))
            }
            Step::EmptyElementEnd(name, range) => {
                if self.wants(Handler::EndElement) {
                    self.point(range.end);
                }
                Ok(self.tell_if(Event::EndElement(name)))
            }
            Step::Unbind(count) => Ok(self.unbind(count)),
            Step::Encoding(name, place) => self.declared_encoding(&name, place),
            Step::EncodingAnswer(place) => self.encoding_answer(place),
            Step::GeneralAnswer(name) => {
                self.dtd.borrow_mut().set_open(false, name, false);
                self.accept()
            }
            Step::ParameterAnswer(name) => self.parameter_answer(name),
            Step::ValueAnswer(name) => self.value_answer(name),
            Step::SubsetAnswer {
                declared,
                had_references,
            } => self.subset_answer(declared, had_references),
            Step::StandaloneAnswer if !self.answer => Err(Error::NotStandalone),
            Step::StandaloneAnswer => Ok(Flow::Again),
            Step::EndDoctype => Ok(self.tell_if(Event::EndDoctype)),
            Step::EnterContent => {
                self.mode = Mode::Content;
                Ok(Flow::Again)
            }
        }
    }

    /// Whether the external entity that was asked for has been read.
    pub(crate) fn accept(&mut self) -> Run {
        if mem::replace(&mut self.answer, true) {
            Ok(Flow::Again)
        } else {
            Err(Error::ExternalEntityHandling)
        }
    }

    fn declared_encoding(&mut self, name: &Rc<str>, place: usize) -> Run {
        let current = self.source.encoding();
        let Some(named) = Named::find(name) else {
            self.steps.push_front(Step::EncodingAnswer(place));
            return Ok(Flow::Tell(Event::UnknownEncoding(name.clone())));
        };
        let encoding = named.encoding();
        let same = match (current, &encoding) {
            (Encoding::Utf16 { .. }, Encoding::Utf16 { .. }) if named == Named::Utf16 => {
                return Ok(Flow::Again);
            }
            (Encoding::Utf16 { big: left }, Encoding::Utf16 { big: right }) => left == right,
            _ => current.unit() == encoding.unit(),
        };
        if !same {
            self.point(place);
            return Err(Error::IncorrectEncoding);
        }
        self.source.switch(encoding, self.at);
        Ok(Flow::Again)
    }

    fn encoding_answer(&mut self, place: usize) -> Run {
        let table = match mem::replace(&mut self.asked, Asked::Nothing) {
            Asked::Table(Some(table)) => source::table(&table),
            _ => None,
        };
        match table {
            Some(table) => {
                self.source.switch(Encoding::Table(table), self.at);
                Ok(Flow::Again)
            }
            None => {
                self.point(place);
                Err(Error::UnknownEncoding)
            }
        }
    }
}
