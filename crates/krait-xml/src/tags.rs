//! Start and end tags: attributes, their defaults, and namespaces.

use std::ops::Range;
use std::rc::Rc;

use crate::dtd::Dtd;
use crate::error::Error;
use crate::event::{Attribute, Event};
use crate::names::Atom;
use crate::parser::{Kind, Parser, Tag, XML_NAMESPACE};
use crate::run::{Flow, Mode, Run, Step};
use crate::scan;

/// The namespace of the prefix `xmlns` itself.
const XMLNS_NAMESPACE: &str = "http://www.w3.org/2000/xmlns/";

/// The prefix and the local part of a name.
fn split(name: &str) -> Option<(&str, &str)> {
    name.split_once(':')
}

/// Whether a character may stand in an address, where it could be mistaken for a separator.
fn is_uri_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || "%-._~:/?#[]@!$&'()*+,;=".contains(character)
}

impl Parser {
    pub(crate) fn start_tag(
        &mut self,
        text: &[u8],
        at: usize,
        name_end: usize,
        end: usize,
        empty: bool,
    ) -> Run {
        let dtd = self.dtd.clone();
        let mut dtd = dtd.borrow_mut();
        let raw = dtd.names.intern(utf8(&text[at + 1..name_end]));
        let bound = self.bound.len();
        let name = match self.tag_parts(&mut dtd, text, raw) {
            Ok(name) => name,
            // What prefixes were bound is told before the error.
            Err(error) if self.steps.is_empty() => return Err(error),
            Err(error) => {
                if self.frames.is_empty()
                    && let Some(place) = self.event_start.replace(at)
                {
                    self.steps.push_back(Step::Point(place));
                }
                if empty {
                    self.steps.push_back(Step::Unbind(bound));
                }
                self.steps.push_back(Step::Fail(error));
                return Ok(Flow::Again);
            }
        };
        let range = at..end;
        if empty {
            self.steps.push_back(Step::EmptyElement(name, range));
            self.after_element(bound);
        } else {
            self.tags.push(Tag { raw, name, bound });
            if self.steps.is_empty() {
                return Ok(self.either(
                    crate::event::Handler::StartElement,
                    Event::StartElement(name),
                    range,
                ));
            }
            self.steps.push_back(Step::StartElement(name, range));
        }
        Ok(Flow::Again)
    }

    pub(crate) fn end_tag(&mut self, text: &[u8], at: usize, end: usize) -> Run {
        let level = self.frames.last().map_or(0, |frame| frame.level);
        if self.tags.len() <= level {
            return Err(Error::AsyncEntity);
        }
        let Some(tag) = self.tags.pop() else {
            return Err(Error::AsyncEntity);
        };
        let start = at + 2;
        let matches = {
            let dtd = self.dtd.borrow();
            let raw = dtd.names.get(tag.raw).as_bytes();
            text[start..end]
                .strip_prefix(raw)
                .is_some_and(|rest| scan::skip_space(rest, 0) + 1 == rest.len())
        };
        if !matches {
            self.tags.push(tag);
            self.point(start);
            return Err(Error::TagMismatch);
        }
        self.after_element(tag.bound);
        Ok(self.either(
            crate::event::Handler::EndElement,
            Event::EndElement(tag.name),
            at..end,
        ))
    }

    /// What is due when an element has ended.
    fn after_element(&mut self, bound: usize) {
        if self.bound.len() > bound {
            self.steps.push_back(Step::Unbind(bound));
        }
        if self.tags.is_empty() && self.kind == Kind::Document {
            self.mode = Mode::Epilog;
        }
    }

    /// Forgets the innermost binding, and comes again until only `count` are left.
    pub(crate) fn unbind(&mut self, count: usize) -> Flow {
        if self.bound.len() <= count {
            return Flow::Again;
        }
        let Some(prefix) = self.bound.pop() else {
            return Flow::Again;
        };
        if let Some(uris) = self.bindings.get_mut(&prefix) {
            uris.pop();
        }
        self.steps.push_front(Step::Unbind(count));
        self.steps.push_front(Step::Tell(Event::EndNamespace {
            prefix: self.told_prefix(prefix),
        }));
        Flow::Again
    }

    /// A prefix as events have it: the default namespace has none.
    fn told_prefix(&self, prefix: Atom) -> Option<Atom> {
        // The table may be lent out, but only to whoever gave the prefix.
        match self.dtd.try_borrow() {
            Ok(dtd) => (!dtd.names.get(prefix).is_empty()).then_some(prefix),
            Err(_) => Some(prefix),
        }
    }

    /// A new round in which no name has been seen.
    fn new_round(&mut self) {
        self.seen_round = self.seen_round.wrapping_add(1);
        if self.seen_round == 0 {
            self.seen.fill(0);
            self.seen_round = 1;
        }
    }

    /// Whether a name was seen in this round before.
    fn see(&mut self, name: Atom) -> bool {
        let index = name.index();
        if index >= self.seen.len() {
            self.seen.resize(index + 16, 0);
        }
        std::mem::replace(&mut self.seen[index], self.seen_round) == self.seen_round
    }

    fn seen(&self, name: Atom) -> bool {
        self.seen.get(name.index()) == Some(&self.seen_round)
    }

    /// Collects the attributes of a tag; the result is the element's name.
    fn tag_parts(&mut self, dtd: &mut Dtd, text: &[u8], element: Atom) -> Result<Atom, Error> {
        self.attributes.clear();
        self.values.clear();
        self.specified = 0;
        if self.raw_attributes.is_empty() && dtd.elements.is_empty() && self.namespaces.is_none() {
            return Ok(element);
        }
        self.new_round();
        let raw_attributes = std::mem::take(&mut self.raw_attributes);
        let collected = raw_attributes
            .iter()
            .try_for_each(|raw| self.specified_attribute(dtd, text, element, raw));
        self.raw_attributes = raw_attributes;
        collected?;
        self.specified = self.attributes.len();
        if !dtd.elements.is_empty() {
            self.defaults(dtd, element)?;
        }
        if self.namespaces.is_none() {
            return Ok(element);
        }
        self.expand_attributes(dtd)?;
        self.expand(dtd, element, true)
    }

    fn specified_attribute(
        &mut self,
        dtd: &mut Dtd,
        text: &[u8],
        element: Atom,
        raw: &crate::lex_content::RawAttribute,
    ) -> Result<(), Error> {
        let name = dtd.names.intern(utf8(&text[raw.name.clone()]));
        if self.see(name) {
            self.point(raw.name.start);
            return Err(Error::DuplicateAttribute);
        }
        let cdata = match dtd.elements.is_empty() {
            true => true,
            false => dtd
                .elements
                .get(&element)
                .and_then(|element| element.find(name))
                .is_none_or(|declared| declared.cdata),
        };
        let start = self.values.len();
        if raw.plain && cdata {
            self.values.push_str(utf8(&text[raw.value.clone()]));
        } else {
            let mut values = std::mem::take(&mut self.values);
            let normalized = self.normalize(dtd, text, raw.value.clone(), cdata, true, &mut values);
            self.values = values;
            normalized?;
        }
        self.add_attribute(dtd, name, start..self.values.len())
    }

    /// Adds an attribute, or binds what it declares.
    fn add_attribute(
        &mut self,
        dtd: &mut Dtd,
        name: Atom,
        value: Range<usize>,
    ) -> Result<(), Error> {
        if self.namespaces.is_some() {
            let text = dtd.names.get(name).clone();
            let declared = match &*text {
                "xmlns" => Some(""),
                text => text.strip_prefix("xmlns:"),
            };
            if let Some(prefix) = declared {
                let prefix = dtd.names.intern(prefix);
                let uri = self.values[value.clone()].to_owned();
                self.values.truncate(value.start);
                return self.bind(dtd, prefix, &uri);
            }
        }
        self.attributes.push(Attribute { name, value });
        Ok(())
    }

    fn defaults(&mut self, dtd: &mut Dtd, element: Atom) -> Result<(), Error> {
        let Some(declared) = dtd.elements.get(&element) else {
            return Ok(());
        };
        let missing: Vec<(Atom, Rc<str>)> = declared
            .attributes
            .iter()
            .filter(|attribute| !self.seen(attribute.name))
            .filter_map(|attribute| Some((attribute.name, attribute.default.clone()?)))
            .collect();
        for (name, value) in missing {
            let start = self.values.len();
            self.limits.add_indirect(value.len())?;
            self.values.push_str(&value);
            self.add_attribute(dtd, name, start..self.values.len())?;
        }
        Ok(())
    }

    /// Gives attributes with prefixes their namespaces.
    fn expand_attributes(&mut self, dtd: &mut Dtd) -> Result<(), Error> {
        self.new_round();
        for index in 0..self.attributes.len() {
            let name = self.attributes[index].name;
            if !dtd.names.get(name).contains(':') {
                continue;
            }
            let expanded = self.expand(dtd, name, false)?;
            // Two prefixes may stand for one namespace.
            let whole = if self.triplets {
                self.expand_plain(dtd, name)?
            } else {
                expanded
            };
            if self.see(whole) {
                return Err(Error::DuplicateAttribute);
            }
            self.attributes[index].name = expanded;
        }
        Ok(())
    }

    /// A name with its namespace; elements without a prefix are in the default namespace.
    fn expand(&mut self, dtd: &mut Dtd, name: Atom, element: bool) -> Result<Atom, Error> {
        self.expand_with(dtd, name, element, self.triplets)
    }

    fn expand_plain(&mut self, dtd: &mut Dtd, name: Atom) -> Result<Atom, Error> {
        self.expand_with(dtd, name, false, false)
    }

    fn expand_with(
        &mut self,
        dtd: &mut Dtd,
        name: Atom,
        element: bool,
        triplet: bool,
    ) -> Result<Atom, Error> {
        let text = dtd.names.get(name).clone();
        let (prefix, local) = match split(&text) {
            Some(parts) => parts,
            None if element => ("", &*text),
            None => return Ok(name),
        };
        let binding = match prefix.is_empty() && self.bound.is_empty() && self.bindings.len() == 1 {
            true => None,
            false => {
                let prefix = dtd.names.intern(prefix);
                self.bindings
                    .get(&prefix)
                    .and_then(|uris| uris.last().cloned().flatten())
            }
        };
        let Some(uri) = binding else {
            return if prefix.is_empty() {
                Ok(name)
            } else {
                Err(Error::UnboundPrefix)
            };
        };
        let separator = self.namespaces.and_then(|namespaces| namespaces.separator);
        self.scratch.clear();
        self.scratch.push_str(&uri);
        self.scratch.extend(separator);
        self.scratch.push_str(local);
        if triplet && !prefix.is_empty() && separator.is_some() {
            self.scratch.extend(separator);
            self.scratch.push_str(prefix);
        }
        Ok(dtd.names.intern(&self.scratch))
    }

    /// Binds a prefix to a namespace.
    fn bind(&mut self, dtd: &mut Dtd, prefix: Atom, uri: &str) -> Result<(), Error> {
        let name = dtd.names.get(prefix).clone();
        if uri.is_empty() && !name.is_empty() {
            return Err(Error::UndeclaringPrefix);
        }
        if &*name == "xmlns" {
            return Err(Error::ReservedPrefixXmlns);
        }
        let separator = self.namespaces.and_then(|namespaces| namespaces.separator);
        if separator
            .is_some_and(|character| !is_uri_character(character) && uri.contains(character))
        {
            return Err(Error::Syntax);
        }
        match (&*name == "xml", uri == XML_NAMESPACE) {
            (true, false) => return Err(Error::ReservedPrefixXml),
            (false, true) => return Err(Error::ReservedNamespaceUri),
            _ if uri == XMLNS_NAMESPACE => return Err(Error::ReservedNamespaceUri),
            _ => {}
        }
        let uri: Option<Rc<str>> = (!uri.is_empty()).then(|| Rc::from(uri));
        self.bindings.entry(prefix).or_default().push(uri.clone());
        self.bound.push(prefix);
        let prefix = (!name.is_empty()).then_some(prefix);
        self.steps
            .push_back(Step::Tell(Event::StartNamespace { prefix, uri }));
        Ok(())
    }
}

/// Text that the scanners have checked.
pub(crate) fn utf8(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}
