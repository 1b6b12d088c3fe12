//! The values of attributes and entities, with the entities in them put in.

use std::ops::Range;
use std::rc::Rc;

use crate::chars;
use crate::content::push_with_newlines;
use crate::dtd::Dtd;
use crate::error::Error;
use crate::event::{Event, Handler};
use crate::names::Atom;
use crate::parser::{Kind, Parser};
use crate::run::{Flow, Mode, Run, Step};
use crate::scan::{self, Reference, Stop};
use crate::tags::utf8;

/// A piece of an entity's value that is being read.
pub(crate) struct ValueFrame {
    pub(crate) text: Rc<[u8]>,
    pub(crate) at: usize,
    /// Where the piece begins in what is being read, for the positions of errors.
    pub(crate) origin: usize,
    /// The parameter entity whose text it is.
    pub(crate) name: Option<Atom>,
}

/// An entity within an attribute's value.
struct Nested {
    text: Rc<str>,
    at: usize,
    name: Atom,
}

impl Parser {
    /// Appends the normalized value of an attribute: `text[range]` without its quotes.
    ///
    /// `tag` tells values in start tags from defaults in declarations.
    pub(crate) fn normalize(
        &mut self,
        dtd: &mut Dtd,
        text: &[u8],
        range: Range<usize>,
        cdata: bool,
        tag: bool,
        out: &mut String,
    ) -> Result<(), Error> {
        let begin = out.len();
        let mut nested: Vec<Nested> = Vec::new();
        let mut outer = range.start;
        loop {
            let (bytes, at) = match nested.last() {
                Some(entity) => (entity.text.clone(), entity.at),
                None => (Rc::from(""), outer),
            };
            let bytes = if nested.is_empty() {
                &text[..range.end]
            } else {
                bytes.as_bytes()
            };
            if at == bytes.len() {
                match nested.pop() {
                    Some(entity) => dtd.set_open(false, entity.name, false),
                    None => break,
                }
                continue;
            }
            let piece = match value_piece(bytes, at, self.namespaces.is_none(), out) {
                Ok(piece) => piece,
                Err(stop) => {
                    if nested.is_empty() {
                        self.point(if let Stop::Invalid(at) = stop { at } else { at });
                    }
                    return Err(Error::InvalidToken);
                }
            };
            let end = match piece {
                Piece::Done(end) | Piece::Entity(end) => end,
                Piece::BadCharacter => {
                    if nested.is_empty() {
                        self.point(at);
                    }
                    return Err(Error::BadCharRef);
                }
            };
            match nested.last_mut() {
                Some(entity) => entity.at = end,
                None => outer = end,
            }
            if let Piece::Entity(end) = piece {
                let name = utf8(&bytes[at + 1..end - 1]);
                match self.value_entity(dtd, name, tag) {
                    Ok(Some(entity)) => nested.push(entity),
                    Ok(None) => {}
                    Err(error) => {
                        // What is missing is told at the token, as expat does.
                        let missing = matches!(
                            error,
                            Error::UndefinedEntity
                                | Error::EntityDeclaredInPe
                                | Error::AmplificationLimit
                        );
                        if nested.is_empty() && !missing {
                            self.point(at);
                        }
                        return Err(error);
                    }
                }
            }
        }
        if !cdata {
            let words: Vec<&str> = out[begin..]
                .split(' ')
                .filter(|word| !word.is_empty())
                .collect();
            let value = words.join(" ");
            out.truncate(begin);
            out.push_str(&value);
        }
        Ok(())
    }

    /// The entity that an attribute's value refers to, opened; nothing if it is not known and need not be.
    fn value_entity(
        &mut self,
        dtd: &mut Dtd,
        name: &str,
        tag: bool,
    ) -> Result<Option<Nested>, Error> {
        let must_exist = if tag {
            !dtd.has_param_entity_refs || dtd.standalone
        } else {
            self.machine.document
                && if dtd.standalone {
                    self.frames.is_empty()
                } else {
                    !dtd.has_param_entity_refs
                }
        };
        let name = dtd.names.intern(name);
        let Some(entity) = dtd.general.get_mut(&name) else {
            return if must_exist {
                Err(Error::UndefinedEntity)
            } else {
                Ok(None)
            };
        };
        if must_exist && !entity.in_document {
            return Err(Error::EntityDeclaredInPe);
        }
        if entity.open {
            return Err(Error::RecursiveEntityRef);
        }
        if entity.notation.is_some() {
            return Err(Error::BinaryEntityRef);
        }
        let Some(text) = entity.text.clone() else {
            return Err(Error::AttributeExternalEntityRef);
        };
        entity.open = true;
        self.limits.add_indirect(text.len())?;
        Ok(Some(Nested { text, at: 0, name }))
    }

    /// Begins to read the value of the entity that is being declared, whose literal is `text[at..end]`.
    pub(crate) fn begin_value(&mut self, text: &[u8], at: usize, end: usize) {
        let mut dtd = self.dtd.borrow_mut();
        dtd.value.clear();
        dtd.in_value = true;
        self.mode = Mode::EntityValue;
        self.value.push(ValueFrame {
            text: Rc::from(&text[at + 1..end - 1]),
            at: 0,
            origin: at + 1,
            name: None,
        });
    }

    /// Reads an external parameter entity that is a part of a value, once all of it is there.
    pub(crate) fn value_input(&mut self, text: &[u8], at: usize) -> Run {
        if self.more() || at == text.len() {
            return Ok(Flow::More);
        }
        self.take(at, text.len())?;
        self.mode = Mode::EntityValue;
        self.value.push(ValueFrame {
            text: Rc::from(&text[at..]),
            at: 0,
            origin: at,
            name: None,
        });
        Ok(Flow::Again)
    }

    /// Reads on in the value of an entity. What there is of a value before an error is still declared.
    pub(crate) fn entity_value(&mut self) -> Run {
        match self.read_value() {
            Err(error) if self.kind != Kind::Value => {
                self.declaring.untold_value = None;
                let value: Rc<str> = Rc::from(self.dtd.borrow().value.as_str());
                self.value_complete(value);
                self.steps.push_back(Step::Fail(error));
                Ok(Flow::Again)
            }
            run => run,
        }
    }

    fn read_value(&mut self) -> Run {
        let dtd = self.dtd.clone();
        let mut dtd = dtd.borrow_mut();
        while let Some(frame) = self.value.last_mut() {
            let at = frame.at;
            let Some(&first) = frame.text.get(at) else {
                if let Some(name) = frame.name {
                    dtd.set_open(true, name, false);
                }
                self.value.pop();
                continue;
            };
            let text = frame.text.clone();
            let place = frame.name.is_none().then_some(frame.origin);
            match first {
                b'%' => match parameter_reference(&text, at, self.namespaces.is_none()) {
                    Ok(end) => {
                        frame.at = end;
                        let name = dtd.names.intern(utf8(&text[at + 1..end - 1]));
                        if let Some(flow) =
                            self.value_parameter(&mut dtd, name, place.map(|origin| origin + at))?
                        {
                            return Ok(flow);
                        }
                    }
                    Err(stop) => return self.bad_value(stop, at, place),
                },
                b'&' => match scan::reference(&text, at + 1, self.namespaces.is_none()) {
                    Ok((Reference::Entity, end)) => {
                        frame.at = end;
                        dtd.value.push_str(utf8(&text[at..end]));
                    }
                    Ok((Reference::Character, end)) => {
                        frame.at = end;
                        match scan::character_of_reference(&text[at..end]) {
                            Some(character) => dtd.value.push(character),
                            None => {
                                if let Some(origin) = place {
                                    self.point(origin + at);
                                }
                                return Err(Error::BadCharRef);
                            }
                        }
                    }
                    Err(stop) => return self.bad_value(stop, at, place),
                },
                _ => {
                    let rest = &text[at..];
                    let length = rest.iter().position(|byte| matches!(byte, b'%' | b'&'));
                    let end = at + length.unwrap_or(rest.len());
                    if let Err(invalid) = checked(&text[at..end]) {
                        return self.bad_value(Stop::Invalid(at + invalid), at, place);
                    }
                    frame.at = end;
                    push_with_newlines(&mut dtd.value, &text[at..end]);
                }
            }
        }
        if self.kind == Kind::Value {
            self.mode = Mode::ValueInput;
            return Ok(Flow::Again);
        }
        dtd.in_value = false;
        self.mode = Mode::Prolog;
        let value: Rc<str> = Rc::from(dtd.value.as_str());
        drop(dtd);
        self.value_complete(value);
        Ok(Flow::Again)
    }

    fn bad_value(&mut self, stop: Stop, at: usize, origin: Option<usize>) -> Run {
        if let Some(origin) = origin {
            self.point(origin + if let Stop::Invalid(at) = stop { at } else { at });
        }
        Err(Error::InvalidToken)
    }

    /// A parameter entity in the value of an entity, whose reference is at `place` of what is being read.
    fn value_parameter(
        &mut self,
        dtd: &mut Dtd,
        name: Atom,
        place: Option<usize>,
    ) -> Result<Option<Flow>, Error> {
        let allowed = !self.machine.document || !self.frames.is_empty();
        if !allowed && self.value.len() == 1 {
            self.point(place.unwrap_or(self.at));
            return Err(Error::ParamEntityRef);
        }
        let standalone = dtd.standalone;
        let Some(entity) = dtd.parameter.get_mut(&name) else {
            // The rest of a value that lacks a part is of no use.
            dtd.keep_processing = standalone;
            self.abandon_value(dtd);
            return Ok(None);
        };
        if entity.open {
            if let Some(place) = place {
                self.point(place);
            }
            return Err(Error::RecursiveEntityRef);
        }
        if let Some(text) = entity.text.clone() {
            entity.open = true;
            self.limits.add_indirect(text.len())?;
            self.value.push(ValueFrame {
                text: Rc::from(text.as_bytes()),
                at: 0,
                origin: 0,
                name: Some(name),
            });
            return Ok(None);
        }
        if !self.wants(Handler::ExternalEntityRef) {
            dtd.keep_processing = standalone;
            return Ok(None);
        }
        entity.open = true;
        let id = entity.id.clone();
        dtd.param_entity_read = false;
        self.steps.push_back(Step::ValueAnswer(name));
        Ok(Some(Flow::Tell(Event::ExternalEntityRef {
            context: None,
            id,
        })))
    }

    fn abandon_value(&mut self, dtd: &mut Dtd) {
        for frame in self.value.drain(..) {
            if let Some(name) = frame.name {
                dtd.set_open(true, name, false);
            }
        }
    }

    pub(crate) fn value_answer(&mut self, name: Atom) -> Run {
        {
            let mut dtd = self.dtd.borrow_mut();
            dtd.set_open(true, name, false);
            if !dtd.param_entity_read {
                dtd.keep_processing = dtd.standalone;
            }
        }
        self.accept()
    }
}

/// What was found in an attribute's value.
enum Piece {
    Done(usize),
    Entity(usize),
    BadCharacter,
}

/// Appends the next piece of an attribute's value, unless it is an entity.
fn value_piece(bytes: &[u8], at: usize, colons: bool, out: &mut String) -> scan::Scan<Piece> {
    let mut end = at;
    while bytes
        .get(end)
        .is_some_and(|&byte| chars::is_plain_value(byte))
    {
        end += 1;
    }
    if end > at {
        out.push_str(utf8(&bytes[at..end]));
        return Ok(Piece::Done(end));
    }
    match bytes[at] {
        b'&' => match scan::reference(bytes, at + 1, colons)? {
            (Reference::Character, end) => match scan::character_of_reference(&bytes[at..end]) {
                Some(character) => {
                    out.push(character);
                    Ok(Piece::Done(end))
                }
                None => Ok(Piece::BadCharacter),
            },
            (Reference::Entity, end) => match scan::predefined(&bytes[at + 1..end - 1]) {
                Some(character) => {
                    out.push(character);
                    Ok(Piece::Done(end))
                }
                None => Ok(Piece::Entity(end)),
            },
        },
        b'\r' => {
            out.push(' ');
            Ok(Piece::Done(if bytes.get(at + 1) == Some(&b'\n') {
                at + 2
            } else {
                at + 1
            }))
        }
        b'\n' | b'\t' => {
            out.push(' ');
            Ok(Piece::Done(at + 1))
        }
        // Only entities have it here.
        b'<' => Err(Stop::Invalid(at)),
        _ => {
            let (length, _) = scan::character(bytes, at)?;
            out.push_str(utf8(&bytes[at..at + length]));
            Ok(Piece::Done(at + length))
        }
    }
}

/// The end of a reference to a parameter entity.
fn parameter_reference(text: &[u8], at: usize, colons: bool) -> scan::Scan<usize> {
    let next = scan::byte(text, at + 1)?;
    if chars::is_space(next) || next == b'%' {
        return Err(Stop::Invalid(at + 1));
    }
    let end = scan::name(text, at + 1, colons)?;
    match scan::byte(text, end)? {
        b';' => Ok(end + 1),
        _ => Err(Stop::Invalid(end)),
    }
}

/// Whether every character is one that documents may contain; the error is where one is not.
fn checked(text: &[u8]) -> Result<(), usize> {
    let mut at = 0;
    while at < text.len() {
        match scan::character(text, at) {
            Ok((length, _)) => at += length,
            Err(_) => return Err(at),
        }
    }
    Ok(())
}
