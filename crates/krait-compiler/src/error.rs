//! What goes wrong at compile time, and what is only worth a warning.

use krait_ast::Range;
use krait_bytecode::Location;

/// Which exception a compile error is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CompileErrorKind {
    /// `SyntaxError`.
    Syntax,
    /// `SyntaxError` of the symbol table or of a future statement: CPython makes the exception of its
    /// message alone and sets the place afterwards.
    LatePlaced,
    /// `RecursionError`: the tree nests too deeply.
    Recursion,
    /// `OverflowError`: something does not fit the code object.
    Overflow,
    /// `SystemError` or `ValueError` in CPython: a tree that no parser makes.
    InvalidTree,
}

/// An error of the compiler: the exception's kind, CPython's message, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CompileError {
    /// Which exception it is.
    pub kind: CompileErrorKind,
    /// The message.
    pub message: String,
    /// Where in the source; columns are byte offsets from 0.
    pub location: Location,
    /// What was warned about before.
    pub warnings: Vec<CompileWarning>,
}

impl CompileError {
    /// A syntax error.
    pub fn syntax(location: Location, message: impl Into<String>) -> Self {
        Self {
            kind: CompileErrorKind::Syntax,
            message: message.into(),
            location,
            warnings: Vec::new(),
        }
    }

    /// The same error, if it is one of syntax, for CPython to place late.
    pub(crate) fn late_placed(mut self) -> Self {
        if self.kind == CompileErrorKind::Syntax {
            self.kind = CompileErrorKind::LatePlaced;
        }
        self
    }

    /// A tree that no parser makes.
    pub fn invalid_tree(message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            kind: CompileErrorKind::InvalidTree,
            message,
            location: Location::NONE,
            warnings: Vec::new(),
        }
    }

    /// The tree nests too deeply.
    pub fn recursion() -> Self {
        let message = "maximum recursion depth exceeded during compilation".to_owned();
        Self {
            kind: CompileErrorKind::Recursion,
            message,
            location: Location::NONE,
            warnings: Vec::new(),
        }
    }
}

impl std::fmt::Display for CompileError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for CompileError {}

/// What a stage of the compiler returns.
pub(crate) type Result<T> = std::result::Result<T, CompileError>;

/// A `SyntaxWarning`, for the caller to issue (or to turn into an error).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CompileWarning {
    /// The message.
    pub message: String,
    /// Where in the source.
    pub location: Location,
}

/// A node's range as a location. Line 0 is what nodes have that no source text stands for.
pub(crate) fn location(range: Range) -> Location {
    if range.lineno == 0 {
        return Location::NONE;
    }
    Location {
        line: range.lineno as i32,
        end_line: range.end_lineno as i32,
        col: range.col_offset as i32,
        end_col: range.end_col_offset as i32,
    }
}

/// How deep the tree may nest before the compiler gives up.
const MAX_DEPTH: usize = 6000;
/// Stack that must be left for one more level, and what is added when it is not.
const STACK_RED_ZONE: usize = 128 * 1024;
const STACK_GROWTH: usize = 2 * 1024 * 1024;

/// Counts nesting, so that no tree overflows the native stack.
#[derive(Debug, Default)]
pub(crate) struct Depth(usize);

impl Depth {
    /// Enters one more level, an error if that is one too many.
    pub(crate) fn enter(&mut self) -> Result<()> {
        if self.0 >= MAX_DEPTH {
            return Err(CompileError::recursion());
        }
        self.0 += 1;
        Ok(())
    }

    /// Leaves a level.
    pub(crate) fn leave(&mut self) {
        self.0 -= 1;
    }
}

/// Runs `body` with enough native stack for one more level.
pub(crate) fn with_stack<T>(body: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(STACK_RED_ZONE, STACK_GROWTH, body)
}

/// The stack that a whole compilation gets, and what is enough of it.
const DEEP_STACK: usize = 32 * 1024 * 1024;
const DEEP_STACK_LEFT: usize = 4 * 1024 * 1024;

/// Runs `body` with much native stack.
pub(crate) fn with_deep_stack<T>(body: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(DEEP_STACK_LEFT, DEEP_STACK, body)
}
