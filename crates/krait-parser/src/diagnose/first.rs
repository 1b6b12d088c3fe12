//! Which tokens a rule may begin with, so that the matcher need not try what cannot match.
//!
//! Lookaheads are left out, so the sets are never too small. They do not change what the matcher
//! looks at: an alternative that is passed over would have looked at the same first token only.

use super::table::{Alternative, Item, Part, Rule};
use crate::token::TokenKind;

/// Sets of kinds of tokens: without the error productions and with them.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct First([u128; 2]);

impl First {
    pub(super) const NONE: First = First([0; 2]);
    const ALL: First = First([u128::MAX; 2]);

    /// Whether a match may begin with `kind`.
    pub(super) fn may_begin(self, kind: TokenKind, with_errors: bool) -> bool {
        self.0[usize::from(with_errors)] & Self::bit(kind) != 0
    }

    const fn bit(kind: TokenKind) -> u128 {
        1 << kind as u8
    }

    fn of(kind: TokenKind) -> First {
        First([Self::bit(kind); 2])
    }

    fn or(self, other: First) -> First {
        First([self.0[0] | other.0[0], self.0[1] | other.0[1]])
    }
}

/// Fills in the sets of all rules and alternatives.
pub(super) fn find_first(rules: &mut [Rule]) {
    loop {
        let known: Vec<First> = rules.iter().map(|rule| rule.first).collect();
        for rule in rules.iter_mut() {
            rule.first = of_alternatives(&mut rule.alternatives, &known);
        }
        if rules.iter().map(|rule| rule.first).eq(known) {
            return;
        }
    }
}

fn of_alternatives(alternatives: &mut [Alternative], known: &[First]) -> First {
    let mut all = First::NONE;
    for alternative in alternatives {
        alternative.first = of_parts(&mut alternative.parts, known);
        let only_with_errors = alternative
            .error
            .as_ref()
            .is_some_and(|action| !action.always);
        if only_with_errors {
            alternative.first.0[0] = 0;
        }
        all = all.or(alternative.first);
    }
    all
}

/// The set of a sequence; everything if it may be empty.
fn of_parts(parts: &mut [Part], known: &[First]) -> First {
    let mut all = First::NONE;
    let mut open = true;
    for part in parts {
        // Groups further on need their own sets, too.
        let (first, may_be_empty) = of_item(&mut part.item, known);
        if open {
            all = all.or(first);
            open = may_be_empty;
        }
    }
    if open { First::ALL } else { all }
}

/// The set of an item, and whether it may match nothing.
fn of_item(item: &mut Item, known: &[First]) -> (First, bool) {
    match item {
        Item::Token(kind) => (First::of(*kind), false),
        Item::Soft(_) | Item::AnySoft => (First::of(TokenKind::Name), false),
        Item::NotEqual => (First::of(TokenKind::NotEqual), false),
        Item::Rule(number) => (known[usize::from(*number)], false),
        Item::Group(alternatives) => (of_alternatives(alternatives, known), false),
        Item::Optional(inner) | Item::Repeat(inner, 0) => (of_item(inner, known).0, true),
        Item::Repeat(inner, _) => of_item(inner, known),
        Item::Gather(separator, inner) => {
            of_item(separator, known);
            of_item(inner, known)
        }
        Item::Look(inner, _) => {
            of_item(inner, known);
            (First::NONE, true)
        }
        Item::Cut => (First::NONE, true),
        Item::Force(_) => (First::ALL, false),
    }
}
