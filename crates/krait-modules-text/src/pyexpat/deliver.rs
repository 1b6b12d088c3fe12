//! From the parser's events to calls of handlers.

use std::rc::Rc;

use krait_runtime::{
    Interpreter, IntoPy, Obj, PyClass, PyDict, PyList, PyResult, PyStr, codecs, exc, none,
    value_error,
};
use krait_xml::{Atom, Event, ExternalId, ModelKind, ModelNode, Quantifier, Text};

use super::parser::{Slot, XmlParser};
use super::tuple;

/// Where tracebacks say that handlers are called.
const CALLER: &str = "Modules/pyexpat.c";

/// How deep content models may be nested: few programs could do anything with what is much deeper.
const DEEPEST: usize = 200_000;

impl XmlParser {
    /// Calls the handler of an event. Without one nothing happens.
    pub(super) fn deliver(&self, event: Event) -> PyResult<()> {
        if let Event::CharacterData(text) = &event {
            return self.character_data(text);
        }
        if !self.buffer.borrow().is_empty() {
            self.flush()?;
        }
        match event {
            Event::StartElement(name) => self.start_element(name),
            Event::EndElement(name) => {
                let name = self.name(name)?;
                self.call(Slot::EndElement, &[name])
            }
            Event::CharacterData(text) => self.character_data(&text),
            Event::Default(text) => {
                let text = self.text(&text)?;
                self.call_slot(self.default_slot.get(), &[text]).map(drop)
            }
            Event::ProcessingInstruction { target, data } => {
                let arguments = [self.name(target)?, self.text(&data)?];
                self.call(Slot::ProcessingInstruction, &arguments)
            }
            Event::Comment(text) => {
                let text = self.text(&text)?;
                self.call(Slot::Comment, &[text])
            }
            Event::StartCdata => self.call(Slot::StartCdataSection, &[]),
            Event::EndCdata => self.call(Slot::EndCdataSection, &[]),
            Event::StartNamespace { prefix, uri } => {
                let arguments = [self.name_or_none(prefix)?, self.interned(uri.as_deref())?];
                self.call(Slot::StartNamespaceDecl, &arguments)
            }
            Event::EndNamespace { prefix } => {
                let prefix = self.name_or_none(prefix)?;
                self.call(Slot::EndNamespaceDecl, &[prefix])
            }
            Event::SkippedEntity { name, parameter } => {
                let arguments = [self.name(name)?, i32::from(parameter).into_py()?];
                self.call(Slot::SkippedEntity, &arguments)
            }
            Event::ExternalEntityRef { context, id } => {
                let [base, system, public] = self.id(&id)?;
                let arguments = [context.as_deref().into_py()?, base, system, public];
                self.ask(Slot::ExternalEntityRef, &arguments)
            }
            Event::NotStandalone => self.ask(Slot::NotStandalone, &[]),
            Event::UnknownEncoding(name) => {
                let table = encoding_table(&name)?;
                self.parser.borrow_mut().set_encoding_table(Some(table));
                Ok(())
            }
            declaration => self.declaration(declaration),
        }
    }

    fn declaration(&self, event: Event) -> PyResult<()> {
        match event {
            Event::XmlDecl {
                version,
                encoding,
                standalone,
            } => {
                let arguments = [
                    version.as_deref().into_py()?,
                    encoding.as_deref().into_py()?,
                    standalone.into_py()?,
                ];
                self.call(Slot::XmlDecl, &arguments)
            }
            Event::StartDoctype {
                name,
                system,
                public,
                internal_subset,
            } => {
                let arguments = [
                    self.interned(Some(&name))?,
                    self.interned(system.as_deref())?,
                    self.interned(public.as_deref())?,
                    i32::from(internal_subset).into_py()?,
                ];
                self.call(Slot::StartDoctypeDecl, &arguments)
            }
            Event::EndDoctype => self.call(Slot::EndDoctypeDecl, &[]),
            Event::ElementDecl { name, model } => {
                let model = self.model(&model)?;
                let arguments = [self.name(name)?, model];
                self.call(Slot::ElementDecl, &arguments)
            }
            Event::AttlistDecl {
                element,
                attribute,
                kind,
                default,
                required,
            } => {
                let arguments = [
                    self.name(element)?,
                    self.name(attribute)?,
                    (&*kind).into_py()?,
                    default.as_deref().into_py()?,
                    i32::from(required).into_py()?,
                ];
                self.call(Slot::AttlistDecl, &arguments)
            }
            Event::EntityDecl {
                name,
                parameter,
                value,
                id,
                notation,
            } => {
                let [base, system, public] = self.id(&id)?;
                let arguments = [
                    self.name(name)?,
                    i32::from(parameter).into_py()?,
                    value.as_deref().into_py()?,
                    base,
                    system,
                    public,
                    self.interned(notation.as_deref())?,
                ];
                self.call(Slot::EntityDecl, &arguments)
            }
            Event::UnparsedEntityDecl { name, id, notation } => {
                let [base, system, public] = self.id(&id)?;
                let notation = self.interned(Some(&notation))?;
                let arguments = [self.name(name)?, base, system, public, notation];
                self.call(Slot::UnparsedEntityDecl, &arguments)
            }
            Event::NotationDecl { name, id } => {
                let [base, system, public] = self.id(&id)?;
                let arguments = [self.interned(Some(&name))?, base, system, public];
                self.call(Slot::NotationDecl, &arguments)
            }
            _ => Ok(()),
        }
    }

    fn start_element(&self, name: Atom) -> PyResult<()> {
        let name = self.name(name)?;
        let attributes = self.attributes()?;
        self.call(Slot::StartElement, &[name, attributes])
    }

    /// The attributes of the current start tag: a dict, or a list of names and values.
    fn attributes(&self) -> PyResult<Obj> {
        let parser = self.parser.borrow();
        let count = match self.specified_attributes.get() {
            true => parser.specified_attributes(),
            false => parser.attributes().len(),
        };
        // Making objects may not look at the parser, but a dict of names may compare strings only.
        let pairs = parser
            .attributes()
            .iter()
            .take(count)
            .map(|attribute| {
                let value = PyStr::new(parser.attribute_value(attribute))?;
                Ok((attribute.name, value.into_object()))
            })
            .collect::<PyResult<Vec<(Atom, Obj)>>>()?;
        drop(parser);
        if self.ordered_attributes.get() {
            let mut items = Vec::with_capacity(2 * pairs.len());
            for (name, value) in pairs {
                items.push(self.name(name)?);
                items.push(value);
            }
            return Ok(PyList::from_vec(items)?.into_object());
        }
        let dict = PyDict::new()?;
        for (name, value) in pairs {
            dict.set_item(&*self.name(name)?, &value)?;
        }
        Ok(dict.into_object())
    }

    /// Tells text, at once or when enough of it is there.
    fn character_data(&self, text: &Text) -> PyResult<()> {
        if !self.buffer_text.get() {
            let text = self.text(text)?;
            return self.call(Slot::CharacterData, &[text]);
        }
        let length = self.parser.borrow().text(text, &mut [0; 4]).len();
        let size = self.buffer_size.get();
        if self.buffer.borrow().len() + length > size {
            self.flush()?;
            // The handler may have gone meanwhile.
            if self.get_handler(Slot::CharacterData).is_none() {
                return Ok(());
            }
        }
        if length > size {
            let text = self.text(text)?;
            return self.call(Slot::CharacterData, &[text]);
        }
        let parser = self.parser.borrow();
        let mut buffer = self.buffer.borrow_mut();
        buffer.push_str(parser.text(text, &mut [0; 4]));
        self.buffer_used.set(buffer.len());
        Ok(())
    }

    /// Tells the text that is buffered.
    pub(super) fn flush(&self) -> PyResult<()> {
        if self.buffer.borrow().is_empty() {
            return Ok(());
        }
        let text = PyStr::new(&self.buffer.borrow())?.into_object();
        self.buffer.borrow_mut().clear();
        let told = self.call(Slot::CharacterData, &[text]);
        self.buffer_used.set(0);
        told
    }

    fn call(&self, slot: Slot, arguments: &[Obj]) -> PyResult<()> {
        self.call_slot(slot as usize, arguments).map(drop)
    }

    /// Calls a handler whose result the parser wants.
    fn ask(&self, slot: Slot, arguments: &[Obj]) -> PyResult<()> {
        let answer = match self.call_slot(slot as usize, arguments)? {
            Some(result) => result.extract::<i64>()? != 0,
            None => true,
        };
        self.parser.borrow_mut().answer(answer);
        Ok(())
    }

    fn call_slot(&self, slot: usize, arguments: &[Obj]) -> PyResult<Option<Obj>> {
        let Some((handler, name)) = self.handler(slot) else {
            return Ok(None);
        };
        let called = match arguments {
            [] => handler.call0(),
            [one] => handler.call1(one),
            [one, two] => handler.call(&[one, two]),
            more => handler.call(&more.iter().map(|each| &**each).collect::<Vec<_>>()),
        };
        called.map(Some).inspect_err(|_| {
            (Interpreter::current().hooks.get().add_traceback)(name, CALLER, 1);
        })
    }

    fn text(&self, text: &Text) -> PyResult<Obj> {
        let parser = self.parser.borrow();
        Ok(PyStr::new(parser.text(text, &mut [0; 4]))?.into_object())
    }

    /// A name of the parser as an object, the same one each time.
    fn name(&self, atom: Atom) -> PyResult<Obj> {
        if let Some(Some(known)) = self.names.borrow().get(atom.index()) {
            return Ok(known.clone());
        }
        let name = self.parser.borrow().name(atom);
        let object = self.interned(Some(&name))?;
        let mut names = self.names.borrow_mut();
        if names.len() <= atom.index() {
            names.resize(atom.index() + 1, None);
        }
        names[atom.index()] = Some(object.clone());
        Ok(object)
    }

    fn name_or_none(&self, atom: Option<Atom>) -> PyResult<Obj> {
        atom.map_or_else(|| Ok(none().to_obj()), |atom| self.name(atom))
    }

    /// A string by way of the dict that makes equal ones the same.
    fn interned(&self, text: Option<&str>) -> PyResult<Obj> {
        let Some(text) = text else {
            return Ok(none().to_obj());
        };
        let text = PyStr::new(text)?;
        let Some(dict) = self.intern.get() else {
            return Ok(text.into_object());
        };
        match dict.get_item(&text)? {
            Some(known) => Ok(known),
            None => {
                dict.set_item(&text, &text)?;
                Ok(text.into_object())
            }
        }
    }

    fn id(&self, id: &ExternalId) -> PyResult<[Obj; 3]> {
        let each = |text: &Option<Rc<str>>| self.interned(text.as_deref());
        Ok([each(&id.base)?, each(&id.system)?, each(&id.public)?])
    }

    /// A content model as nested tuples.
    fn model(&self, nodes: &[ModelNode]) -> PyResult<Obj> {
        let mut depths: Vec<usize> = Vec::with_capacity(nodes.len());
        for node in nodes {
            depths.push(node.parent.map_or(0, |parent| depths[parent] + 1));
        }
        if depths.iter().any(|&depth| depth > DEEPEST) {
            return Err(exc!(
                RecursionError,
                "maximum recursion depth exceeded in a content model"
            ));
        }
        let mut children: Vec<Vec<Obj>> = nodes.iter().map(|_| Vec::new()).collect();
        // Parts begin after what they are parts of: from the end, all parts of a node are made before it.
        for (index, node) in nodes.iter().enumerate().rev() {
            let mut parts = std::mem::take(&mut children[index]);
            parts.reverse();
            let name = match node.name {
                Some(name) => (&*self.parser.borrow().name(name)).into_py()?,
                None => none().to_obj(),
            };
            let made = tuple([
                kind(node.kind).into_py()?,
                quantifier(node.quantifier).into_py()?,
                name,
                krait_runtime::PyTuple::from_vec(parts)?.into_object(),
            ])?;
            match node.parent.and_then(|parent| children.get_mut(parent)) {
                Some(siblings) => siblings.push(made),
                None => return Ok(made),
            }
        }
        Ok(none().to_obj())
    }
}

/// Which characters the bytes of one of Python's encodings are.
pub(crate) fn encoding_table(name: &str) -> PyResult<Box<[i32; 256]>> {
    let bytes: Vec<u8> = (0..=255).collect();
    let text = codecs::decode(&bytes, name, Some("replace"))?;
    if text.len() != bytes.len() {
        return Err(value_error!("multi-byte encodings are not supported"));
    }
    let mut table = Box::new([-1; 256]);
    for (index, code) in table.iter_mut().enumerate() {
        match text.char_at(index) {
            0xfffd => {}
            character => *code = character as i32,
        }
    }
    Ok(table)
}

fn kind(kind: ModelKind) -> i32 {
    match kind {
        ModelKind::Empty => 1,
        ModelKind::Any => 2,
        ModelKind::Mixed => 3,
        ModelKind::Name => 4,
        ModelKind::Choice => 5,
        ModelKind::Sequence => 6,
    }
}

fn quantifier(quantifier: Quantifier) -> i32 {
    match quantifier {
        Quantifier::One => 0,
        Quantifier::Optional => 1,
        Quantifier::Any => 2,
        Quantifier::Some => 3,
    }
}
