//! Expressions, and what hangs off them: operators, arguments, keywords, comprehensions.

use crate::{Constant, Identifier, Range};
use krait_text::Wtf8Buf;

/// An expression.
#[derive(Clone, PartialEq, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it is.
    pub range: Range,
}

/// The kinds of expression.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs)] // The fields are the ASDL's own.
pub enum ExprKind {
    /// `a and b`
    BoolOp { op: BoolOp, values: Vec<Expr> },
    /// `a := b`
    NamedExpr { target: Box<Expr>, value: Box<Expr> },
    /// `a + b`
    BinOp {
        left: Box<Expr>,
        op: Operator,
        right: Box<Expr>,
    },
    /// `-a`
    UnaryOp { op: UnaryOp, operand: Box<Expr> },
    /// `lambda a: b`
    Lambda {
        args: Box<Arguments>,
        body: Box<Expr>,
    },
    /// `a if b else c`
    IfExp {
        test: Box<Expr>,
        body: Box<Expr>,
        orelse: Box<Expr>,
    },
    /// `{a: b, **c}`; a missing key is `**`.
    Dict {
        keys: Vec<Option<Expr>>,
        values: Vec<Expr>,
    },
    /// `{a, b}`
    Set { elts: Vec<Expr> },
    /// `[a for b in c]`
    ListComp {
        elt: Box<Expr>,
        generators: Vec<Comprehension>,
    },
    /// `{a for b in c}`
    SetComp {
        elt: Box<Expr>,
        generators: Vec<Comprehension>,
    },
    /// `{a: b for c in d}`
    DictComp {
        key: Box<Expr>,
        value: Box<Expr>,
        generators: Vec<Comprehension>,
    },
    /// `(a for b in c)`
    GeneratorExp {
        elt: Box<Expr>,
        generators: Vec<Comprehension>,
    },
    /// `await a`
    Await { value: Box<Expr> },
    /// `yield a`
    Yield { value: Option<Box<Expr>> },
    /// `yield from a`
    YieldFrom { value: Box<Expr> },
    /// `a < b < c`
    Compare {
        left: Box<Expr>,
        ops: Vec<CmpOp>,
        comparators: Vec<Expr>,
    },
    /// `a(b, c=d)`
    Call {
        func: Box<Expr>,
        args: Vec<Expr>,
        keywords: Vec<Keyword>,
    },
    /// `{a!r:b}` in an f-string; `conversion` is -1 or the character's code.
    FormattedValue {
        value: Box<Expr>,
        conversion: i32,
        format_spec: Option<Box<Expr>>,
    },
    /// `{a!r:b}` in a t-string; `str` is the expression's source text.
    Interpolation {
        value: Box<Expr>,
        str: Constant,
        conversion: i32,
        format_spec: Option<Box<Expr>>,
    },
    /// An f-string.
    JoinedStr { values: Vec<Expr> },
    /// A t-string.
    TemplateStr { values: Vec<Expr> },
    /// A literal; `kind` is `u` for strings with that prefix.
    Constant {
        value: Constant,
        kind: Option<Box<Wtf8Buf>>,
    },
    /// `a.b`
    Attribute {
        value: Box<Expr>,
        attr: Identifier,
        ctx: ExprContext,
    },
    /// `a[b]`
    Subscript {
        value: Box<Expr>,
        slice: Box<Expr>,
        ctx: ExprContext,
    },
    /// `*a`
    Starred { value: Box<Expr>, ctx: ExprContext },
    /// A name.
    Name { id: Identifier, ctx: ExprContext },
    /// `[a, b]`
    List { elts: Vec<Expr>, ctx: ExprContext },
    /// `(a, b)`
    Tuple { elts: Vec<Expr>, ctx: ExprContext },
    /// `a:b:c` in a subscript.
    Slice {
        lower: Option<Box<Expr>>,
        upper: Option<Box<Expr>>,
        step: Option<Box<Expr>>,
    },
}

/// What an expression is used for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ExprContext {
    /// Its value is read.
    Load,
    /// It is assigned to.
    Store,
    /// It is deleted.
    Del,
}

/// `and`, `or`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum BoolOp {
    And,
    Or,
}

/// Binary operators.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Operator {
    Add,
    Sub,
    Mult,
    MatMult,
    Div,
    Mod,
    Pow,
    LShift,
    RShift,
    BitOr,
    BitXor,
    BitAnd,
    FloorDiv,
}

/// Unary operators.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum UnaryOp {
    Invert,
    Not,
    UAdd,
    USub,
}

/// Comparison operators.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum CmpOp {
    Eq,
    NotEq,
    Lt,
    LtE,
    Gt,
    GtE,
    Is,
    IsNot,
    In,
    NotIn,
}

/// One `for … in … if …` of a comprehension.
#[derive(Clone, PartialEq, Debug)]
pub struct Comprehension {
    /// What is assigned.
    pub target: Expr,
    /// What is iterated over.
    pub iter: Expr,
    /// The conditions.
    pub ifs: Vec<Expr>,
    /// Whether it is `async for`.
    pub is_async: bool,
}

/// The parameters of a function or lambda.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Arguments {
    /// Parameters before `/`.
    pub posonlyargs: Vec<Arg>,
    /// Ordinary parameters.
    pub args: Vec<Arg>,
    /// `*args`
    pub vararg: Option<Box<Arg>>,
    /// Parameters after `*`.
    pub kwonlyargs: Vec<Arg>,
    /// One entry for each of `kwonlyargs`.
    pub kw_defaults: Vec<Option<Expr>>,
    /// `**kwargs`
    pub kwarg: Option<Box<Arg>>,
    /// Defaults of the last parameters of `posonlyargs` and `args` together.
    pub defaults: Vec<Expr>,
}

/// One parameter.
#[derive(Clone, PartialEq, Debug)]
pub struct Arg {
    /// Its name.
    pub arg: Identifier,
    /// Its annotation.
    pub annotation: Option<Box<Expr>>,
    /// Its type comment, where these were asked for.
    pub type_comment: Option<Box<Wtf8Buf>>,
    /// Where it is.
    pub range: Range,
}

/// A keyword argument of a call or class; no name means `**value`.
#[derive(Clone, PartialEq, Debug)]
pub struct Keyword {
    /// The name.
    pub arg: Option<Identifier>,
    /// The value.
    pub value: Expr,
    /// Where it is.
    pub range: Range,
}
