//! The abstract syntax tree, after CPython's `Python.asdl`: its names, its fields, its order.
//!
//! The tree is plain data: it knows neither tokens nor objects. Shapes that CPython repeats for an
//! `async` twin (`FunctionDef`, `For`, `With`) or a starred one (`Try`) are one struct held by
//! both variants. Positions are CPython's: lines count from 1, columns are UTF-8 bytes from 0.
#![forbid(unsafe_code)]

mod constant;
mod expr;
mod hash;
mod identifier;
mod pattern;
mod stmt;

pub use constant::Constant;
pub use expr::{
    Arg, Arguments, BoolOp, CmpOp, Comprehension, Expr, ExprContext, ExprKind, Keyword, Operator,
    UnaryOp,
};
pub use hash::{NameHasher, NameMap, NameSet};
pub use identifier::Identifier;
pub use pattern::{MatchCase, Pattern, PatternKind};
pub use stmt::{
    Alias, ClassDef, ExceptHandler, For, FunctionDef, Mod, Stmt, StmtKind, Try, TypeIgnore,
    TypeParam, TypeParamKind, With, WithItem,
};

/// Where a node stands in the source, end exclusive.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Range {
    /// First line, from 1.
    pub lineno: u32,
    /// First column, in UTF-8 bytes from 0.
    pub col_offset: u32,
    /// Last line, from 1.
    pub end_lineno: u32,
    /// Column after the last byte.
    pub end_col_offset: u32,
}

impl Range {
    /// The range from the start of `self` to the end of `last`.
    #[inline]
    pub fn to(self, last: Range) -> Range {
        Range {
            end_lineno: last.end_lineno,
            end_col_offset: last.end_col_offset,
            ..self
        }
    }
}
