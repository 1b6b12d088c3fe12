//! Modules and statements.

use crate::{Arguments, Expr, Identifier, Keyword, MatchCase, Operator, Range};
use krait_text::Wtf8Buf;

/// What a parse yields.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs)] // The fields are the ASDL's own.
pub enum Mod {
    /// A file.
    Module {
        body: Vec<Stmt>,
        type_ignores: Vec<TypeIgnore>,
    },
    /// One interactive statement.
    Interactive { body: Vec<Stmt> },
    /// What `eval` takes.
    Expression { body: Box<Expr> },
    /// A signature from a type comment.
    FunctionType {
        argtypes: Vec<Expr>,
        returns: Box<Expr>,
    },
}

/// A `# type: ignore` comment.
#[derive(Clone, PartialEq, Debug)]
pub struct TypeIgnore {
    /// Its line.
    pub lineno: u32,
    /// What follows `ignore`.
    pub tag: Wtf8Buf,
}

/// A statement.
#[derive(Clone, PartialEq, Debug)]
pub struct Stmt {
    /// What it is.
    pub kind: StmtKind,
    /// Where it is.
    pub range: Range,
}

/// The kinds of statement.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs)] // The fields are the ASDL's own.
pub enum StmtKind {
    FunctionDef(Box<FunctionDef>),
    AsyncFunctionDef(Box<FunctionDef>),
    ClassDef(Box<ClassDef>),
    Return {
        value: Option<Box<Expr>>,
    },
    Delete {
        targets: Vec<Expr>,
    },
    Assign {
        targets: Vec<Expr>,
        value: Box<Expr>,
        type_comment: Option<Box<Wtf8Buf>>,
    },
    TypeAlias {
        name: Box<Expr>,
        type_params: Vec<TypeParam>,
        value: Box<Expr>,
    },
    AugAssign {
        target: Box<Expr>,
        op: Operator,
        value: Box<Expr>,
    },
    AnnAssign {
        target: Box<Expr>,
        annotation: Box<Expr>,
        value: Option<Box<Expr>>,
        simple: bool,
    },
    For(Box<For>),
    AsyncFor(Box<For>),
    While {
        test: Box<Expr>,
        body: Vec<Stmt>,
        orelse: Vec<Stmt>,
    },
    If {
        test: Box<Expr>,
        body: Vec<Stmt>,
        orelse: Vec<Stmt>,
    },
    With(Box<With>),
    AsyncWith(Box<With>),
    Match {
        subject: Box<Expr>,
        cases: Vec<MatchCase>,
    },
    Raise {
        exc: Option<Box<Expr>>,
        cause: Option<Box<Expr>>,
    },
    Try(Box<Try>),
    TryStar(Box<Try>),
    Assert {
        test: Box<Expr>,
        msg: Option<Box<Expr>>,
    },
    Import {
        names: Vec<Alias>,
    },
    ImportFrom {
        module: Option<Identifier>,
        names: Vec<Alias>,
        level: u32,
    },
    Global {
        names: Vec<Identifier>,
    },
    Nonlocal {
        names: Vec<Identifier>,
    },
    Expr {
        value: Box<Expr>,
    },
    Pass,
    Break,
    Continue,
}

/// `def`, `async def`.
#[derive(Clone, PartialEq, Debug)]
pub struct FunctionDef {
    /// Its name.
    pub name: Identifier,
    /// Its parameters.
    pub args: Box<Arguments>,
    /// Its statements.
    pub body: Vec<Stmt>,
    /// Its decorators, the outermost first.
    pub decorator_list: Vec<Expr>,
    /// The annotation after `->`.
    pub returns: Option<Box<Expr>>,
    /// Its type comment, where these were asked for.
    pub type_comment: Option<Box<Wtf8Buf>>,
    /// Its type parameters.
    pub type_params: Vec<TypeParam>,
}

/// `class`.
#[derive(Clone, PartialEq, Debug)]
pub struct ClassDef {
    /// Its name.
    pub name: Identifier,
    /// Its positional arguments.
    pub bases: Vec<Expr>,
    /// Its keyword arguments.
    pub keywords: Vec<Keyword>,
    /// Its statements.
    pub body: Vec<Stmt>,
    /// Its decorators, the outermost first.
    pub decorator_list: Vec<Expr>,
    /// Its type parameters.
    pub type_params: Vec<TypeParam>,
}

/// `for`, `async for`.
#[derive(Clone, PartialEq, Debug)]
pub struct For {
    /// What is assigned.
    pub target: Expr,
    /// What is iterated over.
    pub iter: Expr,
    /// The loop's statements.
    pub body: Vec<Stmt>,
    /// The statements of `else`.
    pub orelse: Vec<Stmt>,
    /// Its type comment, where these were asked for.
    pub type_comment: Option<Box<Wtf8Buf>>,
}

/// `with`, `async with`.
#[derive(Clone, PartialEq, Debug)]
pub struct With {
    /// The context managers.
    pub items: Vec<WithItem>,
    /// The statements.
    pub body: Vec<Stmt>,
    /// Its type comment, where these were asked for.
    pub type_comment: Option<Box<Wtf8Buf>>,
}

/// `try` with `except` or with `except*`.
#[derive(Clone, PartialEq, Debug)]
pub struct Try {
    /// The statements of `try`.
    pub body: Vec<Stmt>,
    /// The handlers.
    pub handlers: Vec<ExceptHandler>,
    /// The statements of `else`.
    pub orelse: Vec<Stmt>,
    /// The statements of `finally`.
    pub finalbody: Vec<Stmt>,
}

/// One `except`.
#[derive(Clone, PartialEq, Debug)]
pub struct ExceptHandler {
    /// The exception type, if any (`type` in the ASDL).
    pub type_: Option<Box<Expr>>,
    /// The name after `as`.
    pub name: Option<Identifier>,
    /// The statements.
    pub body: Vec<Stmt>,
    /// Where it is.
    pub range: Range,
}

/// One name of an `import`.
#[derive(Clone, PartialEq, Debug)]
pub struct Alias {
    /// The (dotted) name, or `*`.
    pub name: Identifier,
    /// The name after `as`.
    pub asname: Option<Identifier>,
    /// Where it is.
    pub range: Range,
}

/// One context manager of a `with`.
#[derive(Clone, PartialEq, Debug)]
pub struct WithItem {
    /// The context manager.
    pub context_expr: Expr,
    /// The target after `as`.
    pub optional_vars: Option<Box<Expr>>,
}

/// A type parameter.
#[derive(Clone, PartialEq, Debug)]
pub struct TypeParam {
    /// What it is.
    pub kind: TypeParamKind,
    /// Where it is.
    pub range: Range,
}

/// The kinds of type parameter.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs)] // The fields are the ASDL's own.
pub enum TypeParamKind {
    /// `T: bound = default`
    TypeVar {
        name: Identifier,
        bound: Option<Box<Expr>>,
        default_value: Option<Box<Expr>>,
    },
    /// `**P = default`
    ParamSpec {
        name: Identifier,
        default_value: Option<Box<Expr>>,
    },
    /// `*Ts = default`
    TypeVarTuple {
        name: Identifier,
        default_value: Option<Box<Expr>>,
    },
}
