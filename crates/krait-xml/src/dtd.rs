//! What is known of a document's type: entities, attributes with defaults.

use std::collections::HashMap;
use std::rc::Rc;

use crate::event::ExternalId;
use crate::names::{Atom, Names};

/// An entity.
#[derive(Clone, Default)]
pub(crate) struct Entity {
    /// The replacement text of an internal entity.
    pub(crate) text: Option<Rc<str>>,
    pub(crate) id: ExternalId,
    pub(crate) notation: Option<Rc<str>>,
    /// Whether it is being read.
    pub(crate) open: bool,
    /// Whether it was declared in the document itself.
    pub(crate) in_document: bool,
}

/// An attribute that was declared for an element.
#[derive(Clone)]
pub(crate) struct Declared {
    pub(crate) name: Atom,
    pub(crate) cdata: bool,
    pub(crate) default: Option<Rc<str>>,
}

/// The declarations for an element.
#[derive(Clone, Default)]
pub(crate) struct ElementType {
    pub(crate) attributes: Vec<Declared>,
    places: HashMap<Atom, usize>,
}

impl ElementType {
    pub(crate) fn find(&self, name: Atom) -> Option<&Declared> {
        self.places.get(&name).map(|&place| &self.attributes[place])
    }

    /// Adds a declaration unless there is one.
    pub(crate) fn declare(&mut self, attribute: Declared) {
        if let std::collections::hash_map::Entry::Vacant(place) = self.places.entry(attribute.name)
        {
            place.insert(self.attributes.len());
            self.attributes.push(attribute);
        }
    }
}

/// Everything that declarations have said. Parsers of parameter entities share it with the document's.
#[derive(Clone)]
pub(crate) struct Dtd {
    pub(crate) names: Names,
    pub(crate) general: HashMap<Atom, Entity>,
    pub(crate) parameter: HashMap<Atom, Entity>,
    pub(crate) elements: HashMap<Atom, ElementType>,
    /// Whether declarations still count: not after an entity that was not read.
    pub(crate) keep_processing: bool,
    pub(crate) has_param_entity_refs: bool,
    pub(crate) standalone: bool,
    /// Whether somebody has read the external entity that was offered last.
    pub(crate) param_entity_read: bool,
    /// The external subset.
    pub(crate) subset: Option<ExternalId>,
    /// The value of the entity that is being declared, which external parameter entities add to.
    pub(crate) value: String,
    pub(crate) in_value: bool,
    /// How much memory the values of entities and attributes take.
    pub(crate) held: usize,
}

impl Dtd {
    pub(crate) fn new() -> Self {
        Dtd {
            names: Names::new(),
            general: HashMap::new(),
            parameter: HashMap::new(),
            elements: HashMap::new(),
            keep_processing: true,
            has_param_entity_refs: false,
            standalone: false,
            param_entity_read: false,
            subset: None,
            value: String::new(),
            in_value: false,
            held: 0,
        }
    }

    pub(crate) fn entities(&mut self, parameter: bool) -> &mut HashMap<Atom, Entity> {
        if parameter {
            &mut self.parameter
        } else {
            &mut self.general
        }
    }

    pub(crate) fn set_open(&mut self, parameter: bool, name: Atom, open: bool) {
        if let Some(entity) = self.entities(parameter).get_mut(&name) {
            entity.open = open;
        }
    }
}
