//! Patterns of `match` statements.

use crate::{Constant, Expr, Identifier, Range, Stmt};

/// One `case`.
#[derive(Clone, PartialEq, Debug)]
pub struct MatchCase {
    /// What must match.
    pub pattern: Pattern,
    /// The condition after `if`.
    pub guard: Option<Box<Expr>>,
    /// What is run.
    pub body: Vec<Stmt>,
}

/// A pattern.
#[derive(Clone, PartialEq, Debug)]
pub struct Pattern {
    /// What it is.
    pub kind: PatternKind,
    /// Where it is.
    pub range: Range,
}

/// The kinds of pattern.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs)] // The fields are the ASDL's own.
pub enum PatternKind {
    /// A value compared by `==`.
    MatchValue { value: Box<Expr> },
    /// `None`, `True`, `False`, compared by `is`.
    MatchSingleton { value: Constant },
    /// `[a, b]`
    MatchSequence { patterns: Vec<Pattern> },
    /// `{a: b, **rest}`
    MatchMapping {
        keys: Vec<Expr>,
        patterns: Vec<Pattern>,
        rest: Option<Identifier>,
    },
    /// `A(b, c=d)`
    MatchClass {
        cls: Box<Expr>,
        patterns: Vec<Pattern>,
        kwd_attrs: Vec<Identifier>,
        kwd_patterns: Vec<Pattern>,
    },
    /// `*name` or `*_`
    MatchStar { name: Option<Identifier> },
    /// `a as name`, `name`, `_`
    MatchAs {
        pattern: Option<Box<Pattern>>,
        name: Option<Identifier>,
    },
    /// `a | b`
    MatchOr { patterns: Vec<Pattern> },
}
