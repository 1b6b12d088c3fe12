//! What a parse can complain of: errors and warnings, as plain data.

use std::fmt;

/// The exception class an error stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorKind {
    /// `SyntaxError`
    SyntaxError,
    /// `IndentationError`
    IndentationError,
    /// `TabError`
    TabError,
    /// `_IncompleteInputError`
    IncompleteInputError,
    /// `MemoryError`: the source nests too deeply to parse.
    MemoryError,
    /// `RecursionError`: the tree would be too deep to walk.
    RecursionError,
    /// `ValueError`: an identifier whose normal form is a keyword.
    ValueError,
}

/// A syntax error with the location that Python reports.
///
/// Offsets are what CPython puts into the exception: characters from 1, and 0 or -1 where CPython
/// has no column.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SyntaxError {
    /// The exception class.
    pub kind: ErrorKind,
    /// The message.
    pub message: String,
    /// First line, from 1.
    pub lineno: u32,
    /// First column.
    pub offset: i32,
    /// Last line; 0 if the error has no end.
    pub end_lineno: u32,
    /// Column after the last character.
    pub end_offset: i32,
    /// The text of the first line; `None` if the error has no location at all.
    pub text: Option<String>,
    /// What was warned about before.
    pub warnings: Vec<Warning>,
    /// The whole source, if the error is in the middle of parsing it: Python looks for misspelt
    /// keywords in it.
    pub source: Option<String>,
}

impl SyntaxError {
    /// An error without a location.
    pub(crate) fn unplaced(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            lineno: 0,
            offset: 0,
            end_lineno: 0,
            end_offset: 0,
            text: None,
            warnings: Vec::new(),
            source: None,
        }
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{:?}: {} (line {})",
            self.kind, self.message, self.lineno
        )
    }
}

impl std::error::Error for SyntaxError {}

/// Why bytes could not be parsed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ParseError {
    /// The source is wrong.
    Syntax(Box<SyntaxError>),
    /// The bytes are not what they are declared to be. CPython finds out before it knows a file name.
    Undecodable(Box<SyntaxError>),
    /// The source declares a codec that is not built in: decode it and call [`crate::parse_str`].
    ForeignCodec {
        /// The codec's name as declared.
        codec: String,
        /// What to decode.
        source: Vec<u8>,
    },
}

impl From<SyntaxError> for ParseError {
    fn from(error: SyntaxError) -> Self {
        Self::Syntax(Box::new(error))
    }
}

/// The category of a warning.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WarningCategory {
    /// `SyntaxWarning`
    SyntaxWarning,
    /// `DeprecationWarning`
    DeprecationWarning,
}

/// Something that the source should not do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Warning {
    /// Its category.
    pub category: WarningCategory,
    /// Its message.
    pub message: String,
    /// Its line.
    pub lineno: u32,
    /// What to raise if the warning is an error.
    pub error: Box<SyntaxError>,
}
