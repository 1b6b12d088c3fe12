//! Declarations: the document type, entities, notations, elements and attributes.

use std::rc::Rc;

use crate::dtd::{Declared, Entity};
use crate::error::Error;
use crate::event::{Event, ExternalId, Handler, ModelKind, ModelNode, ParamEntityParsing};
use crate::lex_prolog::Quantifier;
use crate::names::Atom;
use crate::parser::{Kind, Parser};
use crate::prolog::{Group, Target};
use crate::role::Role;
use crate::run::Step;
use crate::scan;
use crate::tags::utf8;

/// Whether a token is told by the handler of its declaration.
type Handled = Result<bool, Error>;

impl Parser {
    /// Does what a token of a declaration does.
    pub(crate) fn declare(&mut self, role: Role, text: &[u8], at: usize, end: usize) -> Handled {
        let token = utf8(&text[at..end]);
        let literal = || -> Rc<str> { Rc::from(token.get(1..token.len() - 1).unwrap_or_default()) };
        match role {
            Role::DoctypeName
            | Role::DoctypePublicId
            | Role::DoctypeSystemId
            | Role::DoctypeInternalSubset
            | Role::DoctypeClose => self.doctype(role, text, at, end),
            Role::GeneralEntityName => Ok(self.entity_name(token, false)),
            Role::ParamEntityName => Ok(self.entity_name(token, true)),
            Role::EntityValue => Ok(self.begin_entity_value(text, at, end)),
            Role::EntityPublicId => {
                let id = self.public_id(text, at, end)?;
                Ok(self.entity_id(|entity| entity.id.public = Some(id)))
            }
            Role::EntitySystemId => {
                let (id, base) = (literal(), self.base.clone());
                Ok(self.entity_id(|entity| {
                    entity.id.system = Some(id);
                    entity.id.base = base;
                }))
            }
            Role::EntityComplete => Ok(self.entity_complete()),
            Role::EntityNotationName => Ok(self.entity_notation(token)),
            Role::NotationName => {
                self.declaring.notation = None;
                self.declaring.notation_public = None;
                let wanted = self.wants(Handler::NotationDecl);
                if wanted {
                    self.declaring.notation = Some(Rc::from(token));
                }
                Ok(wanted)
            }
            Role::NotationPublicId => {
                let id = self.public_id(text, at, end)?;
                let wanted = self.declaring.notation.is_some();
                if wanted {
                    self.declaring.notation_public = Some(id);
                }
                Ok(wanted)
            }
            Role::NotationSystemId => Ok(self.notation_complete(Some(literal()))),
            Role::NotationNoSystemId => Ok(self.notation_complete(None)),
            Role::AttlistElementName => {
                self.declaring.element = Some(self.intern(token));
                Ok(self.attlist_handled())
            }
            Role::AttributeName => {
                self.declaring.attribute = Some(self.intern(token));
                self.declaring.cdata = false;
                self.declaring.kind.clear();
                Ok(self.attlist_handled())
            }
            Role::AttributeType(kind) => {
                self.declaring.cdata = kind == "CDATA";
                self.declaring.kind.push_str(kind);
                Ok(self.attlist_handled())
            }
            Role::AttributeChoice { notation } => {
                let kind = &mut self.declaring.kind;
                kind.push_str(match (kind.is_empty(), notation) {
                    (true, true) => "NOTATION(",
                    (true, false) => "(",
                    (false, _) => "|",
                });
                kind.push_str(token);
                Ok(self.attlist_handled())
            }
            Role::NoDefault { required } => Ok(self.attribute(None, required)),
            Role::DefaultValue { fixed } => self.default_value(text, at, end, fixed),
            _ => self.content_model(role, token),
        }
    }

    fn intern(&self, name: &str) -> Atom {
        self.dtd.borrow_mut().names.intern(name)
    }

    fn doctype(&mut self, role: Role, text: &[u8], at: usize, end: usize) -> Handled {
        let wanted = self.wants(Handler::StartDoctype);
        match role {
            Role::DoctypeName => {
                if wanted {
                    self.declaring.doctype = Some(Rc::from(utf8(&text[at..end])));
                }
                Ok(wanted)
            }
            Role::DoctypePublicId => {
                self.foreign_dtd = false;
                let id = self.public_id(text, at, end)?;
                let mut dtd = self.dtd.borrow_mut();
                dtd.subset.get_or_insert_default().public = Some(id.clone());
                if wanted {
                    self.declaring.doctype_id.public = Some(id);
                }
                Ok(wanted)
            }
            Role::DoctypeSystemId => {
                self.foreign_dtd = false;
                self.declaring.has_system_id = true;
                let id: Rc<str> = Rc::from(utf8(&text[at + 1..end - 1]));
                {
                    let mut dtd = self.dtd.borrow_mut();
                    dtd.has_param_entity_refs = true;
                    let subset = dtd.subset.get_or_insert_default();
                    subset.system = Some(id.clone());
                    subset.base = self.base.clone();
                }
                if wanted {
                    self.declaring.doctype_id.system = Some(id);
                }
                if self.param_parsing == ParamEntityParsing::Never {
                    self.check_standalone();
                }
                Ok(wanted)
            }
            Role::DoctypeInternalSubset => Ok(self.tell_doctype(true)),
            _ => {
                let told = self.tell_doctype(false);
                if self.declaring.has_system_id || self.foreign_dtd {
                    self.foreign_dtd = false;
                    self.offer_subset(self.declaring.has_system_id);
                }
                self.steps.push_back(Step::EndDoctype);
                Ok(told || self.wants(Handler::EndDoctype))
            }
        }
    }

    fn tell_doctype(&mut self, internal_subset: bool) -> bool {
        let Some(name) = self.declaring.doctype.take() else {
            return false;
        };
        let id = std::mem::take(&mut self.declaring.doctype_id);
        self.steps.push_back(Step::Tell(Event::StartDoctype {
            name,
            system: id.system,
            public: id.public,
            internal_subset,
        }));
        true
    }

    /// Declares an entity, unless it is declared already.
    fn entity_name(&mut self, name: &str, parameter: bool) -> bool {
        let wanted = self.wants(Handler::EntityDecl);
        self.declaring.target = Target::Nothing;
        if !parameter && scan::predefined(name.as_bytes()).is_some() {
            return false;
        }
        let in_document = self.kind == Kind::Document && self.frames.is_empty();
        let mut dtd = self.dtd.borrow_mut();
        if !dtd.keep_processing {
            return false;
        }
        let name = dtd.names.intern(name);
        if let std::collections::hash_map::Entry::Vacant(place) =
            dtd.entities(parameter).entry(name)
        {
            place.insert(Entity {
                in_document,
                ..Entity::default()
            });
            self.declaring.target = Target::Entity { name, parameter };
            return wanted;
        }
        false
    }

    /// Changes the entity that is being declared, if its declaration counts.
    fn entity_id(&mut self, change: impl FnOnce(&mut Entity)) -> bool {
        let mut dtd = self.dtd.borrow_mut();
        if let Target::Entity { name, parameter } = self.declaring.target
            && dtd.keep_processing
            && let Some(entity) = dtd.entities(parameter).get_mut(&name)
        {
            change(entity);
            return self.wants(Handler::EntityDecl);
        }
        false
    }

    fn begin_entity_value(&mut self, text: &[u8], at: usize, end: usize) -> bool {
        if !self.dtd.borrow().keep_processing {
            return false;
        }
        self.begin_value(text, at, end);
        let told = self.declaring.target != Target::Nothing && self.wants(Handler::EntityDecl);
        self.declaring.untold_value = (!told).then_some(at..end);
        true
    }

    /// Takes the value of the entity that is being declared.
    pub(crate) fn value_complete(&mut self, value: Rc<str>) {
        if let Some(range) = self.declaring.untold_value.take() {
            self.steps.push_back(Step::Default(range));
        }
        let Target::Entity { name, parameter } = self.declaring.target else {
            return;
        };
        if let Some(entity) = self.dtd.borrow_mut().entities(parameter).get_mut(&name) {
            entity.text = Some(value.clone());
        }
        self.dtd.borrow_mut().held += value.len() + size_of::<Entity>();
        let id = ExternalId {
            base: self.base.clone(),
            ..ExternalId::default()
        };
        self.steps.push_back(Step::Tell(Event::EntityDecl {
            name,
            parameter,
            value: Some(value),
            id,
            notation: None,
        }));
    }

    fn entity_complete(&mut self) -> bool {
        let mut dtd = self.dtd.borrow_mut();
        if let Target::Entity { name, parameter } = self.declaring.target
            && dtd.keep_processing
            && self.wants(Handler::EntityDecl)
            && let Some(entity) = dtd.entities(parameter).get(&name)
        {
            self.steps.push_back(Step::Tell(Event::EntityDecl {
                name,
                parameter,
                value: None,
                id: entity.id.clone(),
                notation: None,
            }));
            return true;
        }
        false
    }

    fn entity_notation(&mut self, notation: &str) -> bool {
        let mut dtd = self.dtd.borrow_mut();
        let Target::Entity { name, parameter } = self.declaring.target else {
            return false;
        };
        if !dtd.keep_processing {
            return false;
        }
        let Some(entity) = dtd.entities(parameter).get_mut(&name) else {
            return false;
        };
        let notation: Rc<str> = Rc::from(notation);
        entity.notation = Some(notation.clone());
        let id = entity.id.clone();
        let event = if self.wants(Handler::UnparsedEntityDecl) {
            Event::UnparsedEntityDecl { name, id, notation }
        } else if self.wants(Handler::EntityDecl) {
            Event::EntityDecl {
                name,
                parameter,
                value: None,
                id,
                notation: Some(notation),
            }
        } else {
            return false;
        };
        self.steps.push_back(Step::Tell(event));
        true
    }

    fn notation_complete(&mut self, system: Option<Rc<str>>) -> bool {
        let public = self.declaring.notation_public.take();
        let Some(name) = self.declaring.notation.take() else {
            return false;
        };
        if system.is_none() && public.is_none() {
            return false;
        }
        let id = ExternalId {
            base: self.base.clone(),
            system,
            public,
        };
        self.steps
            .push_back(Step::Tell(Event::NotationDecl { name, id }));
        true
    }

    fn attlist_handled(&self) -> bool {
        self.dtd.borrow().keep_processing && self.wants(Handler::AttlistDecl)
    }

    fn default_value(&mut self, text: &[u8], at: usize, end: usize, fixed: bool) -> Handled {
        let dtd = self.dtd.clone();
        let mut dtd = dtd.borrow_mut();
        if !dtd.keep_processing {
            return Ok(false);
        }
        let mut value = String::new();
        let cdata = self.declaring.cdata;
        self.normalize(&mut dtd, text, at + 1..end - 1, cdata, false, &mut value)?;
        drop(dtd);
        Ok(self.attribute(Some(Rc::from(value)), fixed))
    }

    /// Declares an attribute.
    fn attribute(&mut self, default: Option<Rc<str>>, required: bool) -> bool {
        let (Some(element), Some(attribute)) = (self.declaring.element, self.declaring.attribute)
        else {
            return false;
        };
        {
            let mut dtd = self.dtd.borrow_mut();
            if !dtd.keep_processing {
                return false;
            }
            dtd.held += size_of::<Declared>() + default.as_ref().map_or(0, |text| text.len());
            dtd.elements.entry(element).or_default().declare(Declared {
                name: attribute,
                cdata: self.declaring.cdata,
                default: default.clone(),
            });
        }
        if !self.wants(Handler::AttlistDecl) {
            return false;
        }
        if self.declaring.kind.contains('(') {
            self.declaring.kind.push(')');
        }
        let kind = Rc::from(self.declaring.kind.as_str());
        self.steps.push_back(Step::Tell(Event::AttlistDecl {
            element,
            attribute,
            kind,
            default,
            required,
        }));
        true
    }

    fn content_model(&mut self, role: Role, token: &str) -> Handled {
        let wanted = self.wants(Handler::ElementDecl);
        match role {
            Role::ElementName => {
                self.declaring.in_element = wanted;
                self.declaring.model.clear();
                self.declaring.groups.clear();
                if wanted {
                    self.declaring.element = Some(self.intern(token));
                }
                Ok(wanted)
            }
            Role::ContentAny | Role::ContentEmpty => {
                if !self.declaring.in_element {
                    return Ok(false);
                }
                let kind = if role == Role::ContentAny {
                    ModelKind::Any
                } else {
                    ModelKind::Empty
                };
                self.model_node(kind, Quantifier::One, None);
                self.element_complete();
                Ok(wanted)
            }
            Role::ContentPcdata => {
                if let Some(group) = self.declaring.groups.last().and_then(|group| group.node) {
                    self.declaring.model[group].kind = ModelKind::Mixed;
                }
                Ok(self.declaring.in_element && wanted)
            }
            Role::ContentElement(quantifier) => {
                if !self.declaring.in_element {
                    return Ok(false);
                }
                let name = token.trim_end_matches(['?', '*', '+']);
                let name = self.intern(name);
                self.model_node(ModelKind::Name, quantifier, Some(name));
                Ok(wanted)
            }
            Role::GroupOpen => {
                let node = self
                    .declaring
                    .in_element
                    .then(|| self.model_node(ModelKind::Sequence, Quantifier::One, None));
                self.declaring.groups.push(Group {
                    node,
                    connector: None,
                });
                Ok(self.declaring.in_element && wanted)
            }
            Role::GroupSequence => {
                self.connector(b',')?;
                Ok(self.declaring.in_element && wanted)
            }
            Role::GroupChoice => Ok(self.connector(b'|')? && wanted),
            Role::GroupClose(quantifier) => {
                let group = self.declaring.groups.pop();
                if let Some(node) = group.and_then(|group| group.node) {
                    self.declaring.model[node].quantifier = quantifier;
                    if self.declaring.groups.is_empty() {
                        self.element_complete();
                    }
                    return Ok(wanted);
                }
                Ok(false)
            }
            _ => Ok(false),
        }
    }

    fn model_node(&mut self, kind: ModelKind, quantifier: Quantifier, name: Option<Atom>) -> usize {
        let parent = self.declaring.groups.last().and_then(|group| group.node);
        self.declaring.model.push(ModelNode {
            kind,
            quantifier,
            name,
            parent,
        });
        self.declaring.model.len() - 1
    }

    /// What joins the parts of the innermost group. Whether it says that the group is a choice.
    fn connector(&mut self, connector: u8) -> Handled {
        let Some(group) = self.declaring.groups.last_mut() else {
            return Ok(false);
        };
        let first = match group.connector.replace(connector) {
            Some(other) if other != connector => return Err(Error::Syntax),
            other => other.is_none(),
        };
        if let Some(node) = group.node
            && first
            && connector == b'|'
            && self.declaring.model[node].kind != ModelKind::Mixed
        {
            self.declaring.model[node].kind = ModelKind::Choice;
            return Ok(true);
        }
        Ok(false)
    }

    fn element_complete(&mut self) {
        self.declaring.in_element = false;
        if let Some(name) = self.declaring.element {
            let model = std::mem::take(&mut self.declaring.model);
            self.steps
                .push_back(Step::Tell(Event::ElementDecl { name, model }));
        }
    }
}
