//! The grammar's text as a table that the matcher can follow.

use super::first::{First, find_first};
use super::grammar::GRAMMAR;
use crate::token::TokenKind;
use std::collections::HashMap;
use std::sync::OnceLock;

/// All rules, by number.
pub(super) struct Table {
    pub(super) rules: Vec<Rule>,
    numbers: HashMap<&'static str, u16>,
}

pub(super) struct Rule {
    pub(super) name: &'static str,
    pub(super) alternatives: Vec<Alternative>,
    /// What a match may begin with.
    pub(super) first: First,
    /// Whether its results are kept.
    pub(super) memo: bool,
    /// Whether CPython keeps them, too; see `Matcher::rule`.
    pub(super) shared_memo: bool,
}

pub(super) struct Alternative {
    pub(super) parts: Vec<Part>,
    /// What a match may begin with.
    pub(super) first: First,
    pub(super) yields: Yield,
    pub(super) error: Option<Action>,
}

/// What an alternative makes.
#[derive(Clone, Copy)]
pub(super) enum Yield {
    /// Its only part, or a node without a kind.
    Plain,
    /// The part named `a`.
    Named,
    /// A node of this kind.
    Kind(&'static str),
    /// A node of this kind, if there is more than the first part.
    KindIfMore(&'static str),
    /// A node of the last part's kind, if there is more than the first part.
    LikeLast,
}

/// What an error production raises: how, and with which message.
pub(super) struct Action {
    pub(super) name: &'static str,
    pub(super) message: &'static str,
    /// Whether it is tried before the source is known to be wrong.
    pub(super) always: bool,
}

pub(super) struct Part {
    /// Where its match is kept: 0 for `a`, 1 for `b`.
    pub(super) capture: Option<usize>,
    pub(super) item: Item,
}

pub(super) enum Item {
    Token(TokenKind),
    /// A name that is this soft keyword.
    Soft(&'static str),
    /// Any soft keyword.
    AnySoft,
    /// `!=`, or `<>` where that is its spelling.
    NotEqual,
    Rule(u16),
    Group(Vec<Alternative>),
    Optional(Box<Item>),
    /// As many as there are, at least this many.
    Repeat(Box<Item>, usize),
    /// One or more of the second with the first between.
    Gather(Box<Item>, Box<Item>),
    /// Looks ahead, for a match or for none.
    Look(Box<Item>, bool),
    Cut,
    /// A token that must be there.
    Force(TokenKind),
}

/// The rules whose results CPython keeps, however they were found.
const SHARED_MEMO: &[&str] = &[
    "simple_stmt",
    "import_stmt",
    "block",
    "expression",
    "star_expression",
    "disjunction",
    "conjunction",
    "inversion",
    "factor",
    "await_primary",
    "strings",
    "arguments",
    "star_target",
    "target_with_star_atom",
    "del_target",
    "type_param",
    "closed_pattern",
    "dotted_name",
    "attr",
    "name_or_attr",
    "bitwise_or",
    "bitwise_xor",
    "bitwise_and",
    "shift_expr",
    "sum",
    "term",
    "primary",
    "t_primary",
    "tstring",
];

/// Further rules whose results are worth keeping: they are tried in several places.
const OWN_MEMO: &[&str] = &[
    "named_expression",
    "genexp",
    "atom",
    "statement",
    "star_targets",
    "args",
    "kwargs",
    "invalid_comprehension",
];

impl Table {
    /// The one table of the process.
    pub(super) fn get() -> &'static Table {
        static TABLE: OnceLock<Table> = OnceLock::new();
        TABLE.get_or_init(Table::read)
    }

    /// The number of a rule; rule 0 if there is none of the name.
    pub(super) fn number(&self, name: &str) -> u16 {
        self.numbers.get(name).copied().unwrap_or(0)
    }

    fn read() -> Table {
        let heads = GRAMMAR.lines().filter_map(|line| line.strip_suffix(':'));
        let heads: Vec<&'static str> = heads.filter(|line| !line.starts_with('|')).collect();
        let numbers: HashMap<_, _> = heads
            .iter()
            .zip(0u16..)
            .map(|(name, n)| (*name, n))
            .collect();
        let mut rules: Vec<Rule> = heads
            .iter()
            .map(|&name| Rule {
                name,
                alternatives: Vec::new(),
                first: First::NONE,
                memo: SHARED_MEMO.contains(&name) || OWN_MEMO.contains(&name),
                shared_memo: SHARED_MEMO.contains(&name),
            })
            .collect();
        let texts = TokenKind::ALL.iter().filter(|kind| !kind.text().is_empty());
        let texts: HashMap<_, _> = texts.map(|kind| (kind.text(), *kind)).collect();
        let mut current = 0;
        for line in GRAMMAR.lines() {
            if let Some(text) = line.strip_prefix("| ") {
                let mut reader = Reader {
                    rest: text,
                    numbers: &numbers,
                    texts: &texts,
                };
                let alternative = reader.line();
                if let Some(rule) = rules.get_mut(current) {
                    rule.alternatives.push(alternative);
                }
            } else if let Some(&number) = line.strip_suffix(':').and_then(|name| numbers.get(name))
            {
                current = usize::from(number);
            }
        }
        find_first(&mut rules);
        Table { rules, numbers }
    }
}

/// Reads one line of the grammar.
struct Reader<'t> {
    rest: &'static str,
    numbers: &'t HashMap<&'static str, u16>,
    texts: &'t HashMap<&'static str, TokenKind>,
}

impl Reader<'_> {
    fn line(&mut self) -> Alternative {
        let mut error = None;
        if let Some((parts, action)) = self.rest.split_once(" => ") {
            let (always, action) = match action.strip_prefix("always ") {
                Some(action) => (true, action),
                None => (false, action),
            };
            let (name, message) = action.split_once(':').unwrap_or((action, ""));
            error = Some(Action {
                name,
                message: message.trim_start(),
                always,
            });
            self.rest = parts;
        }
        let mut yields = Yield::Plain;
        if let Some((parts, kind)) = self.rest.split_once(" -> ") {
            yields = match kind.strip_suffix('?') {
                Some(kind) => Yield::KindIfMore(kind),
                None if kind == "a" => Yield::Named,
                None if kind == "last" => Yield::LikeLast,
                None => Yield::Kind(kind),
            };
            self.rest = parts;
        }
        Alternative {
            parts: self.parts(),
            first: First::NONE,
            yields,
            error,
        }
    }

    fn skip_spaces(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, prefix: &str) -> bool {
        match self.rest.strip_prefix(prefix) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn parts(&mut self) -> Vec<Part> {
        let mut parts = Vec::new();
        loop {
            self.skip_spaces();
            if self.rest.is_empty() || self.rest.starts_with([')', '|']) {
                return parts;
            }
            let capture = if self.take("a=") {
                Some(0)
            } else if self.take("b=") {
                Some(1)
            } else {
                None
            };
            let item = self.item();
            parts.push(Part { capture, item });
        }
    }

    fn item(&mut self) -> Item {
        if self.take("~") {
            return Item::Cut;
        }
        if self.take("&&") {
            return match self.quantified() {
                Item::Token(kind) => Item::Force(kind),
                other => other,
            };
        }
        if self.take("&") {
            return Item::Look(Box::new(self.quantified()), true);
        }
        if self.take("!") {
            return Item::Look(Box::new(self.quantified()), false);
        }
        let item = self.quantified();
        if self.take(" % ") {
            return Item::Gather(Box::new(item), Box::new(self.quantified()));
        }
        item
    }

    fn quantified(&mut self) -> Item {
        let item = self.simple();
        if self.take("?") {
            Item::Optional(Box::new(item))
        } else if self.take("*") {
            Item::Repeat(Box::new(item), 0)
        } else if self.take("+") {
            Item::Repeat(Box::new(item), 1)
        } else {
            item
        }
    }

    fn simple(&mut self) -> Item {
        if self.take("(") {
            let mut alternatives = Vec::new();
            loop {
                let parts = self.parts();
                alternatives.push(Alternative {
                    parts,
                    first: First::NONE,
                    yields: Yield::Plain,
                    error: None,
                });
                if !self.take("|") {
                    break;
                }
            }
            self.take(")");
            return Item::Group(alternatives);
        }
        for quote in ['\'', '"'] {
            if let Some(rest) = self.rest.strip_prefix(quote) {
                let (text, rest) = rest.split_once(quote).unwrap_or((rest, ""));
                self.rest = rest;
                return match self.texts.get(text) {
                    Some(&kind) if quote == '\'' => Item::Token(kind),
                    _ => Item::Soft(text),
                };
            }
        }
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let length = self.rest.find(|c| !is_word(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(length);
        self.rest = rest;
        match named_token(word) {
            Some(item) => item,
            None => Item::Rule(self.numbers.get(word).copied().unwrap_or(0)),
        }
    }
}

fn named_token(word: &str) -> Option<Item> {
    use TokenKind as K;
    Some(Item::Token(match word {
        "NAME" => K::Name,
        "NUMBER" => K::Number,
        "STRING" => K::String,
        "NEWLINE" => K::Newline,
        "INDENT" => K::Indent,
        "DEDENT" => K::Dedent,
        "ENDMARKER" => K::EndMarker,
        "TYPE_COMMENT" => K::TypeComment,
        "FSTRING_START" => K::FStringStart,
        "FSTRING_MIDDLE" => K::FStringMiddle,
        "FSTRING_END" => K::FStringEnd,
        "TSTRING_START" => K::TStringStart,
        "TSTRING_MIDDLE" => K::TStringMiddle,
        "TSTRING_END" => K::TStringEnd,
        "SOFT_KEYWORD" => return Some(Item::AnySoft),
        "NOTEQUAL" => return Some(Item::NotEqual),
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use super::{Alternative, Item, Table};

    /// Every rule that is named exists, so that rule 0 is never meant by mistake.
    #[test]
    fn every_rule_is_defined() {
        fn check(alternatives: &[Alternative]) {
            for part in alternatives
                .iter()
                .flat_map(|alternative| &alternative.parts)
            {
                item(&part.item);
            }
        }
        fn item(it: &Item) {
            match it {
                Item::Rule(number) => assert_ne!(*number, 0),
                Item::Soft(word) => {
                    assert!(["match", "case", "type", "_"].contains(word), "{word}")
                }
                Item::Group(alternatives) => check(alternatives),
                Item::Optional(inner) | Item::Repeat(inner, _) | Item::Look(inner, _) => {
                    item(inner)
                }
                Item::Gather(separator, inner) => {
                    item(separator);
                    item(inner);
                }
                _ => {}
            }
        }
        for rule in &Table::get().rules {
            assert!(!rule.alternatives.is_empty(), "{}", rule.name);
            check(&rule.alternatives);
        }
    }
}
