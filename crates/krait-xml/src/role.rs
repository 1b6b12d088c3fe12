//! The grammar of the prolog and the document type declaration, as a machine that takes one token after the other.
//!
//! Every token has a role in what it is a part of; the state says which roles may come next. That declarations are
//! taken apart token by token matters: each may have a handler of its own, and parameter entities begin and end
//! between any two of them.

use crate::lex_prolog::{Quantifier, Token};

/// Which declaration white space and keywords belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Nothing,
    Doctype,
    Entity,
    Notation,
    Attlist,
    Element,
}

/// The types of attributes that are one word.
pub(crate) const ATTRIBUTE_TYPES: [&str; 8] = [
    "CDATA", "ID", "IDREF", "IDREFS", "ENTITY", "ENTITIES", "NMTOKEN", "NMTOKENS",
];

/// What a token does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// A part that says nothing by itself.
    Filler(Part),
    XmlDecl,
    TextDecl,
    Instruction,
    Comment,
    InstanceStart,
    DoctypeName,
    DoctypePublicId,
    DoctypeSystemId,
    DoctypeInternalSubset,
    DoctypeClose,
    GeneralEntityName,
    ParamEntityName,
    EntityValue,
    EntityPublicId,
    EntitySystemId,
    EntityComplete,
    EntityNotationName,
    NotationName,
    NotationPublicId,
    NotationSystemId,
    NotationNoSystemId,
    AttlistElementName,
    AttributeName,
    AttributeType(&'static str),
    AttributeChoice {
        notation: bool,
    },
    /// `#IMPLIED` or `#REQUIRED`
    NoDefault {
        required: bool,
    },
    DefaultValue {
        fixed: bool,
    },
    ElementName,
    ContentEmpty,
    ContentAny,
    ContentPcdata,
    ContentElement(Quantifier),
    GroupOpen,
    GroupClose(Quantifier),
    GroupSequence,
    GroupChoice,
    IgnoreSection,
    /// A parameter entity between declarations.
    ParamEntityRef,
    /// A parameter entity within a declaration.
    InnerParamEntityRef,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Start,
    BeforeDoctype,
    AfterDoctype,
    Doctype(Doctype),
    InternalSubset,
    ExternalStart,
    ExternalSubset,
    Entity(Entity),
    Notation(Notation),
    Attlist(Attlist),
    Element(Element),
    /// After `<![`, after `INCLUDE`, after `IGNORE`.
    Section(Option<bool>),
    Close(Part),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doctype {
    Name,
    External,
    Public,
    System,
    Subset,
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entity {
    Name,
    ParamName,
    /// What the entity is; the flag tells parameter entities.
    Value(bool),
    Public(bool),
    System(bool),
    End(bool),
    Notation,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Notation {
    Name,
    Kind,
    Public,
    System,
    AfterPublic,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attlist {
    Element,
    Attribute,
    Type,
    Choice,
    AfterChoice,
    NotationOpen,
    Notation,
    AfterNotation,
    Default,
    Fixed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Element {
    Name,
    Content,
    GroupStart,
    AfterPcdata,
    MixedName,
    AfterMixedName,
    Part,
    AfterPart,
}

/// The machine.
pub(crate) struct Machine {
    state: State,
    /// Whether this is the document itself, where parameter entities are not used within declarations.
    pub(crate) document: bool,
    /// Open groups of a content model.
    depth: usize,
    /// Open `<![INCLUDE[` sections.
    included: usize,
}

type Step = Option<(Role, State)>;

impl Machine {
    pub(crate) fn document() -> Self {
        Machine {
            state: State::Start,
            document: true,
            depth: 0,
            included: 0,
        }
    }

    pub(crate) fn external_subset() -> Self {
        Machine {
            state: State::ExternalStart,
            document: false,
            depth: 0,
            included: 0,
        }
    }

    /// Where declarations go on after one of them.
    fn top(&self) -> State {
        if self.document {
            State::InternalSubset
        } else {
            State::ExternalSubset
        }
    }

    /// What a token does, or nothing if it is out of place.
    pub(crate) fn role(&mut self, token: Token, text: &[u8]) -> Option<Role> {
        let step = match self.state {
            State::Start | State::BeforeDoctype | State::AfterDoctype => self.prolog(token, text),
            State::Doctype(state) => doctype(state, token, text),
            State::InternalSubset => self.subset(token, text),
            State::ExternalStart | State::ExternalSubset => self.external(token, text),
            State::Entity(state) => self.entity(state, token, text),
            State::Notation(state) => self.notation(state, token, text),
            State::Attlist(state) => self.attlist(state, token, text),
            State::Element(state) => self.element(state, token, text),
            State::Section(kind) => self.section(kind, token, text),
            State::Close(part) => match token {
                Token::Space => Some((Role::Filler(part), self.state)),
                Token::DeclClose => Some((Role::Filler(part), self.top())),
                _ => None,
            },
        };
        match step {
            Some((role, state)) => {
                self.state = state;
                Some(role)
            }
            None if !self.document && token == Token::ParamEntityRef => {
                Some(Role::InnerParamEntityRef)
            }
            None => None,
        }
    }

    fn prolog(&mut self, token: Token, text: &[u8]) -> Step {
        let doctype_allowed = self.state != State::AfterDoctype;
        let next = if doctype_allowed {
            State::BeforeDoctype
        } else {
            State::AfterDoctype
        };
        Some(match token {
            Token::Space => (Role::Filler(Part::Nothing), next),
            Token::Bom if doctype_allowed => (Role::Filler(Part::Nothing), self.state),
            Token::Declaration if self.state == State::Start => (Role::XmlDecl, next),
            Token::Instruction => (Role::Instruction, next),
            Token::Comment => (Role::Comment, next),
            Token::DeclOpen if doctype_allowed && text == b"<!DOCTYPE" => {
                (Role::Filler(Part::Doctype), State::Doctype(Doctype::Name))
            }
            Token::InstanceStart => (Role::InstanceStart, next),
            _ => return None,
        })
    }

    fn subset(&mut self, token: Token, text: &[u8]) -> Step {
        let here = self.state;
        Some(match token {
            Token::Space | Token::None => (Role::Filler(Part::Nothing), here),
            Token::DeclOpen => match text {
                b"<!ENTITY" => (Role::Filler(Part::Entity), State::Entity(Entity::Name)),
                b"<!ATTLIST" => (
                    Role::Filler(Part::Attlist),
                    State::Attlist(Attlist::Element),
                ),
                b"<!ELEMENT" => (Role::Filler(Part::Element), State::Element(Element::Name)),
                b"<!NOTATION" => (
                    Role::Filler(Part::Notation),
                    State::Notation(Notation::Name),
                ),
                _ => return None,
            },
            Token::Instruction => (Role::Instruction, here),
            Token::Comment => (Role::Comment, here),
            Token::ParamEntityRef => (Role::ParamEntityRef, here),
            Token::CloseBracket => (Role::Filler(Part::Doctype), State::Doctype(Doctype::End)),
            _ => return None,
        })
    }

    fn external(&mut self, token: Token, text: &[u8]) -> Step {
        let first = self.state == State::ExternalStart;
        self.state = State::ExternalSubset;
        let filler = Role::Filler(Part::Nothing);
        match token {
            Token::Declaration if first => Some((Role::TextDecl, State::ExternalSubset)),
            Token::CondSectOpen => Some((filler, State::Section(None))),
            Token::CondSectClose => {
                self.included = self.included.checked_sub(1)?;
                Some((filler, State::ExternalSubset))
            }
            Token::CloseBracket => None,
            Token::None if self.included > 0 => None,
            _ => self.subset(token, text),
        }
    }

    fn entity(&mut self, state: Entity, token: Token, text: &[u8]) -> Step {
        let filler = Role::Filler(Part::Entity);
        let then = |role, state| Some((role, State::Entity(state)));
        match (state, token) {
            (_, Token::Space) => then(filler, state),
            (Entity::Name, Token::Percent) => then(filler, Entity::ParamName),
            (Entity::Name, Token::Name) => then(Role::GeneralEntityName, Entity::Value(false)),
            (Entity::ParamName, Token::Name) => then(Role::ParamEntityName, Entity::Value(true)),
            (Entity::Value(parameter), Token::Name) => match text {
                b"SYSTEM" => then(filler, Entity::System(parameter)),
                b"PUBLIC" => then(filler, Entity::Public(parameter)),
                _ => None,
            },
            (Entity::Value(_), Token::Literal) => {
                Some((Role::EntityValue, State::Close(Part::Entity)))
            }
            (Entity::Public(parameter), Token::Literal) => {
                then(Role::EntityPublicId, Entity::System(parameter))
            }
            (Entity::System(parameter), Token::Literal) => {
                then(Role::EntitySystemId, Entity::End(parameter))
            }
            (Entity::End(_), Token::DeclClose) => Some((Role::EntityComplete, self.top())),
            (Entity::End(false), Token::Name) if text == b"NDATA" => then(filler, Entity::Notation),
            (Entity::Notation, Token::Name) => {
                Some((Role::EntityNotationName, State::Close(Part::Entity)))
            }
            _ => None,
        }
    }

    fn notation(&mut self, state: Notation, token: Token, text: &[u8]) -> Step {
        let filler = Role::Filler(Part::Notation);
        let then = |role, state| Some((role, State::Notation(state)));
        let close = State::Close(Part::Notation);
        match (state, token) {
            (_, Token::Space) => then(filler, state),
            (Notation::Name, Token::Name) => then(Role::NotationName, Notation::Kind),
            (Notation::Kind, Token::Name) => match text {
                b"SYSTEM" => then(filler, Notation::System),
                b"PUBLIC" => then(filler, Notation::Public),
                _ => None,
            },
            (Notation::Public, Token::Literal) => {
                then(Role::NotationPublicId, Notation::AfterPublic)
            }
            (Notation::System | Notation::AfterPublic, Token::Literal) => {
                Some((Role::NotationSystemId, close))
            }
            (Notation::AfterPublic, Token::DeclClose) => {
                Some((Role::NotationNoSystemId, self.top()))
            }
            _ => None,
        }
    }

    fn attlist(&mut self, state: Attlist, token: Token, text: &[u8]) -> Step {
        let filler = Role::Filler(Part::Attlist);
        let then = |role, state| Some((role, State::Attlist(state)));
        match (state, token) {
            (_, Token::Space) => then(filler, state),
            (Attlist::Element, Token::Name | Token::PrefixedName) => {
                then(Role::AttlistElementName, Attlist::Attribute)
            }
            (Attlist::Attribute, Token::DeclClose) => Some((filler, self.top())),
            (Attlist::Attribute, Token::Name | Token::PrefixedName) => {
                then(Role::AttributeName, Attlist::Type)
            }
            (Attlist::Type, Token::Name) if text == b"NOTATION" => {
                then(filler, Attlist::NotationOpen)
            }
            (Attlist::Type, Token::Name) => {
                let kind = ATTRIBUTE_TYPES
                    .iter()
                    .find(|kind| kind.as_bytes() == text)?;
                then(Role::AttributeType(kind), Attlist::Default)
            }
            (Attlist::Type, Token::OpenParen) => then(filler, Attlist::Choice),
            (Attlist::Choice, Token::Nmtoken | Token::Name | Token::PrefixedName) => then(
                Role::AttributeChoice { notation: false },
                Attlist::AfterChoice,
            ),
            (Attlist::AfterChoice | Attlist::AfterNotation, Token::CloseParen(Quantifier::One)) => {
                then(filler, Attlist::Default)
            }
            (Attlist::AfterChoice, Token::Or) => then(filler, Attlist::Choice),
            (Attlist::NotationOpen, Token::OpenParen) => then(filler, Attlist::Notation),
            (Attlist::Notation, Token::Name) => then(
                Role::AttributeChoice { notation: true },
                Attlist::AfterNotation,
            ),
            (Attlist::AfterNotation, Token::Or) => then(filler, Attlist::Notation),
            (Attlist::Default, Token::PoundName) => match text {
                b"#IMPLIED" => then(Role::NoDefault { required: false }, Attlist::Attribute),
                b"#REQUIRED" => then(Role::NoDefault { required: true }, Attlist::Attribute),
                b"#FIXED" => then(filler, Attlist::Fixed),
                _ => None,
            },
            (Attlist::Default | Attlist::Fixed, Token::Literal) => {
                let fixed = state == Attlist::Fixed;
                then(Role::DefaultValue { fixed }, Attlist::Attribute)
            }
            _ => None,
        }
    }

    fn element(&mut self, state: Element, token: Token, text: &[u8]) -> Step {
        let filler = Role::Filler(Part::Element);
        let then = |role, state| Some((role, State::Element(state)));
        let close = State::Close(Part::Element);
        match (state, token) {
            (_, Token::Space) => then(filler, state),
            (Element::Name, Token::Name | Token::PrefixedName) => {
                then(Role::ElementName, Element::Content)
            }
            (Element::Content, Token::Name) => match text {
                b"EMPTY" => Some((Role::ContentEmpty, close)),
                b"ANY" => Some((Role::ContentAny, close)),
                _ => None,
            },
            (Element::Content, Token::OpenParen) => {
                self.depth = 1;
                then(Role::GroupOpen, Element::GroupStart)
            }
            (Element::GroupStart, Token::PoundName) if text == b"#PCDATA" => {
                then(Role::ContentPcdata, Element::AfterPcdata)
            }
            (Element::GroupStart | Element::Part, Token::OpenParen) => {
                self.depth += 1;
                then(Role::GroupOpen, Element::Part)
            }
            (Element::GroupStart | Element::Part, Token::Name | Token::PrefixedName) => {
                then(Role::ContentElement(Quantifier::One), Element::AfterPart)
            }
            (Element::GroupStart | Element::Part, Token::NameWith(quantifier)) => {
                then(Role::ContentElement(quantifier), Element::AfterPart)
            }
            (
                Element::AfterPcdata,
                Token::CloseParen(quantifier @ (Quantifier::One | Quantifier::Any)),
            ) => Some((Role::GroupClose(quantifier), close)),
            (Element::AfterPcdata | Element::AfterMixedName, Token::Or) => {
                then(filler, Element::MixedName)
            }
            (Element::MixedName, Token::Name | Token::PrefixedName) => then(
                Role::ContentElement(Quantifier::One),
                Element::AfterMixedName,
            ),
            (Element::AfterMixedName, Token::CloseParen(Quantifier::Any)) => {
                Some((Role::GroupClose(Quantifier::Any), close))
            }
            (Element::AfterPart, Token::CloseParen(quantifier)) => {
                self.depth = self.depth.saturating_sub(1);
                let next = if self.depth == 0 {
                    close
                } else {
                    State::Element(state)
                };
                Some((Role::GroupClose(quantifier), next))
            }
            (Element::AfterPart, Token::Comma) => then(Role::GroupSequence, Element::Part),
            (Element::AfterPart, Token::Or) => then(Role::GroupChoice, Element::Part),
            _ => None,
        }
    }

    fn section(&mut self, kind: Option<bool>, token: Token, text: &[u8]) -> Step {
        let filler = Role::Filler(Part::Nothing);
        match (kind, token) {
            (_, Token::Space) => Some((filler, self.state)),
            (None, Token::Name) => match text {
                b"INCLUDE" => Some((filler, State::Section(Some(true)))),
                b"IGNORE" => Some((filler, State::Section(Some(false)))),
                _ => None,
            },
            (Some(true), Token::OpenBracket) => {
                self.included += 1;
                Some((filler, State::ExternalSubset))
            }
            (Some(false), Token::OpenBracket) => Some((Role::IgnoreSection, State::ExternalSubset)),
            _ => None,
        }
    }
}

fn doctype(state: Doctype, token: Token, text: &[u8]) -> Step {
    let filler = Role::Filler(Part::Doctype);
    let then = |role, state| Some((role, State::Doctype(state)));
    match (state, token) {
        (_, Token::Space) => then(filler, state),
        (Doctype::Name, Token::Name | Token::PrefixedName) => {
            then(Role::DoctypeName, Doctype::External)
        }
        (Doctype::External, Token::Name) => match text {
            b"SYSTEM" => then(filler, Doctype::System),
            b"PUBLIC" => then(filler, Doctype::Public),
            _ => None,
        },
        (Doctype::Public, Token::Literal) => then(Role::DoctypePublicId, Doctype::System),
        (Doctype::System, Token::Literal) => then(Role::DoctypeSystemId, Doctype::Subset),
        (Doctype::External | Doctype::Subset, Token::OpenBracket) => {
            Some((Role::DoctypeInternalSubset, State::InternalSubset))
        }
        (Doctype::External | Doctype::Subset | Doctype::End, Token::DeclClose) => {
            Some((Role::DoctypeClose, State::AfterDoctype))
        }
        _ => None,
    }
}
