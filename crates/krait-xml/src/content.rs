//! Elements' content, and what follows the root element.

use std::mem;

use crate::error::Error;
use crate::event::{Event, ExternalId, Handler, Text};
use crate::lex_content::{self, Token};
use crate::lex_prolog;
use crate::names::Atom;
use crate::parser::{Kind, Parser};
use crate::run::{Flow, Mode, Run, Step};
use crate::scan::{self, Stop};
use crate::source::{self, CONVERTED};

impl Parser {
    /// How many elements were open where the entity that is being read began.
    fn level(&self) -> usize {
        self.frames.last().map_or(0, |frame| frame.level)
    }

    /// Whether the entity that is being read is the document itself.
    fn in_document(&self) -> bool {
        self.frames.is_empty() && self.kind == Kind::Document
    }

    pub(crate) fn content(&mut self, text: &[u8], at: usize) -> Run {
        let mut attributes = mem::take(&mut self.raw_attributes);
        let token = lex_content::token(text, at, self.namespaces.is_some(), &mut attributes);
        self.raw_attributes = attributes;
        let (token, end) = match token {
            Ok(token) => token,
            Err(stop) => return self.stopped(stop, at),
        };
        match token {
            Token::None => return self.content_end(at),
            Token::TrailingReturn | Token::TrailingBracket if self.more() => return Ok(Flow::More),
            Token::Data => return self.data(text, at, end),
            _ => self.take(at, end)?,
        }
        match token {
            Token::Newline | Token::TrailingReturn => {
                if token == Token::TrailingReturn && self.in_document() {
                    let error = self.source.unfinished().unwrap_or(Error::NoElements);
                    self.steps.push_back(Step::Fail(error));
                }
                Ok(self.either(
                    Handler::CharacterData,
                    Event::CharacterData(Text::Char('\n')),
                    at..end,
                ))
            }
            Token::TrailingBracket => Ok(self.either(
                Handler::CharacterData,
                Event::CharacterData(Text::Input(at..end)),
                at..end,
            )),
            Token::StartTag { name_end, empty } => self.start_tag(text, at, name_end, end, empty),
            Token::EndTag => self.end_tag(text, at, end),
            Token::EntityRef => self.entity_ref(text, at, end),
            Token::CharRef => match scan::character_of_reference(&text[at..end]) {
                Some(character) => Ok(self.either(
                    Handler::CharacterData,
                    Event::CharacterData(Text::Char(character)),
                    at..end,
                )),
                None => Err(Error::BadCharRef),
            },
            Token::CdataOpen => {
                self.mode = Mode::Cdata;
                Ok(self.either(Handler::StartCdata, Event::StartCdata, at..end))
            }
            Token::Comment => Ok(self.comment(text, at, end)),
            Token::Instruction => Ok(self.instruction(text, at, end)),
            Token::Declaration => Err(Error::MisplacedXmlPi),
            Token::None | Token::Data | Token::CdataClose => Ok(Flow::Again),
        }
    }

    /// Tells a run of text.
    fn data(&mut self, text: &[u8], at: usize, mut end: usize) -> Run {
        if self.frames.is_empty() && !self.source.is_utf8() && end - at > CONVERTED {
            end = source::cut(text, at, end);
        }
        self.take(at, end)?;
        let event = Event::CharacterData(Text::Input(at..end));
        Ok(self.either(Handler::CharacterData, event, at..end))
    }

    fn content_end(&mut self, at: usize) -> Run {
        if self.more() {
            return Ok(Flow::More);
        }
        self.point(at);
        if self.in_document() {
            return Err(self.source.unfinished().unwrap_or(Error::NoElements));
        }
        if self.tags.len() != self.level() {
            return Err(Error::AsyncEntity);
        }
        if self.frames.is_empty() {
            return Ok(Flow::More);
        }
        self.close();
        Ok(Flow::Again)
    }

    pub(crate) fn cdata(&mut self, text: &[u8], at: usize) -> Run {
        let (token, end) = match lex_content::cdata_token(text, at) {
            Ok((Token::None, _)) | Err(Stop::Partial) if !self.more() => {
                self.point(at);
                return Err(Error::UnclosedCdataSection);
            }
            Ok((Token::None, _)) => return Ok(Flow::More),
            Ok(token) => token,
            Err(stop) => return self.stopped(stop, at),
        };
        if token == Token::Data {
            return self.data(text, at, end);
        }
        self.take(at, end)?;
        if token == Token::Newline {
            let event = Event::CharacterData(Text::Char('\n'));
            return Ok(self.either(Handler::CharacterData, event, at..end));
        }
        self.mode = Mode::Content;
        Ok(self.either(Handler::EndCdata, Event::EndCdata, at..end))
    }

    fn entity_ref(&mut self, text: &[u8], at: usize, end: usize) -> Run {
        let name = &text[at + 1..end - 1];
        if let Some(character) = scan::predefined(name) {
            // The expansion is counted, small as it is.
            self.limits.add_indirect(1)?;
            let event = Event::CharacterData(Text::Char(character));
            return Ok(self.either(Handler::CharacterData, event, at..end));
        }
        let dtd = self.dtd.clone();
        let mut dtd = dtd.borrow_mut();
        let name = dtd
            .names
            .intern(std::str::from_utf8(name).unwrap_or_default());
        let must_exist = !dtd.has_param_entity_refs || dtd.standalone;
        let Some(entity) = dtd.general.get_mut(&name) else {
            if must_exist {
                return Err(Error::UndefinedEntity);
            }
            let event = Event::SkippedEntity {
                name,
                parameter: false,
            };
            return Ok(self.either(Handler::SkippedEntity, event, at..end));
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
        if let Some(value) = entity.text.clone() {
            if !self.expand_internal {
                let event = Event::SkippedEntity {
                    name,
                    parameter: false,
                };
                return Ok(self.either(Handler::SkippedEntity, event, at..end));
            }
            drop(dtd);
            // What ends with this reference must end the elements that it began before the entity begins.
            if self
                .frames
                .last()
                .is_some_and(|frame| frame.at == frame.text.len())
                && self.tags.len() != self.level()
            {
                return Err(Error::AsyncEntity);
            }
            self.open(name, value, false, false);
            return Ok(Flow::Again);
        }
        if !self.wants(Handler::ExternalEntityRef) {
            return Ok(self.default(at..end));
        }
        entity.open = true;
        let id = entity.id.clone();
        drop(dtd);
        self.general_ref(name, id)
    }

    fn general_ref(&mut self, name: Atom, id: ExternalId) -> Run {
        self.steps.push_back(Step::GeneralAnswer(name));
        let context = Some(self.context().into());
        Ok(Flow::Tell(Event::ExternalEntityRef { context, id }))
    }

    /// Bindings and open entities as text, from which a parser of an entity takes them.
    fn context(&self) -> String {
        let dtd = self.dtd.borrow();
        let mut bound: Vec<_> = self
            .bindings
            .iter()
            .filter_map(|(prefix, uris)| Some((*prefix, uris.last()?.clone()?)))
            .collect();
        bound.sort_unstable_by_key(|row| row.0);
        let mut open: Vec<_> = dtd
            .general
            .iter()
            .filter(|row| row.1.open)
            .map(|row| *row.0)
            .collect();
        open.sort_unstable();
        let bound = bound
            .iter()
            .map(|(prefix, uri)| format!("{}={uri}", dtd.names.get(*prefix)));
        let open = open.iter().map(|name| dtd.names.get(*name).to_string());
        bound.chain(open).collect::<Vec<_>>().join("\x0c")
    }

    /// Tells a comment.
    pub(crate) fn comment(&mut self, text: &[u8], at: usize, end: usize) -> Flow {
        if !self.wants(Handler::Comment) {
            return self.default(at..end);
        }
        let text = self.with_newlines(text, at + 4, end - 3);
        Flow::Tell(Event::Comment(text))
    }

    /// Tells a processing instruction.
    pub(crate) fn instruction(&mut self, text: &[u8], at: usize, end: usize) -> Flow {
        if !self.wants(Handler::ProcessingInstruction) {
            return self.default(at..end);
        }
        let start = at + 2;
        let name_end = scan::name(text, start, true).unwrap_or(start);
        let target = std::str::from_utf8(&text[start..name_end]).unwrap_or_default();
        let target = self.dtd.borrow_mut().names.intern(target);
        let data = scan::skip_space(text, name_end).min(end - 2);
        let data = self.with_newlines(text, data, end - 2);
        Flow::Tell(Event::ProcessingInstruction { target, data })
    }

    /// Text in which every end of a line is a line feed.
    fn with_newlines(&mut self, text: &[u8], start: usize, end: usize) -> Text {
        let bytes = &text[start..end];
        if !bytes.contains(&b'\r') {
            return Text::Input(start..end);
        }
        self.scratch.clear();
        push_with_newlines(&mut self.scratch, bytes);
        Text::Scratch
    }

    pub(crate) fn epilog(&mut self, text: &[u8], at: usize) -> Run {
        // What more bytes might change is white space or wrong in any case.
        let (token, end) = match self.prolog_token(text, at) {
            Ok((token, end, _)) => (token, end),
            Err(stop) => return self.stopped(stop, at),
        };
        if token == lex_prolog::Token::None {
            // A carriage return at the very end stays the current event where its text is told as it is.
            let told_whole = self.source.is_utf8() || !self.wants(Handler::Default);
            if !(self.is_final && told_whole && text[..at].ends_with(b"\r")) {
                self.point(at);
            }
            return Ok(Flow::More);
        }
        self.take(at, end)?;
        match token {
            lex_prolog::Token::Space => Ok(self.default(at..end)),
            lex_prolog::Token::Comment => Ok(self.comment(text, at, end)),
            lex_prolog::Token::Instruction => Ok(self.instruction(text, at, end)),
            _ => Err(Error::JunkAfterDocElement),
        }
    }
}

/// Appends checked text, with a line feed for every end of a line.
pub(crate) fn push_with_newlines(out: &mut String, bytes: &[u8]) {
    for (index, line) in bytes.split(|&byte| byte == b'\r').enumerate() {
        let line = match line.strip_prefix(b"\n") {
            Some(rest) if index > 0 => rest,
            _ => line,
        };
        if index > 0 {
            out.push('\n');
        }
        out.push_str(std::str::from_utf8(line).unwrap_or_default());
    }
}
