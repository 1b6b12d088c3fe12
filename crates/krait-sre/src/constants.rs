//! The numbers that `re._constants` and `_sre` agree on.

/// Version of the code format; `re._compiler` refuses a module that disagrees.
pub const MAGIC: u32 = 20230612;
/// Bytes in one word of code.
pub const CODESIZE: usize = 4;
/// The repeat count that means "without limit".
pub const MAXREPEAT: u32 = u32::MAX;
/// The largest number of groups in a pattern.
pub const MAXGROUPS: usize = 1_073_741_823;

/// Case-insensitive matching.
pub const FLAG_IGNORECASE: u32 = 2;
/// Classes and case follow the C locale (bytes patterns only).
pub const FLAG_LOCALE: u32 = 4;
/// `^` and `$` match at line breaks.
pub const FLAG_MULTILINE: u32 = 8;
/// `.` matches a newline as well.
pub const FLAG_DOTALL: u32 = 16;
/// Classes and case follow Unicode.
pub const FLAG_UNICODE: u32 = 32;
/// Whitespace and comments in the pattern are ignored.
pub const FLAG_VERBOSE: u32 = 64;
/// The compiler prints what it does.
pub const FLAG_DEBUG: u32 = 128;
/// Classes and case follow ASCII.
pub const FLAG_ASCII: u32 = 256;

/// The INFO block holds a literal prefix.
pub const INFO_PREFIX: u32 = 1;
/// The prefix is the whole pattern.
pub const INFO_LITERAL: u32 = 2;
/// The INFO block holds the set of first characters.
pub const INFO_CHARSET: u32 = 4;

macro_rules! numbered {
    ($($(#[$doc:meta])* $name:ident = $value:literal,)*) => {
        $($(#[$doc])* pub(crate) const $name: u32 = $value;)*
    };
}

/// Instructions of a code array.
pub(crate) mod op {
    numbered! {
        FAILURE = 0, SUCCESS = 1, ANY = 2, ANY_ALL = 3, ASSERT = 4, ASSERT_NOT = 5, AT = 6,
        BRANCH = 7, CATEGORY = 8, CHARSET = 9, BIGCHARSET = 10, GROUPREF = 11,
        GROUPREF_EXISTS = 12, IN = 13, INFO = 14, JUMP = 15, LITERAL = 16, MARK = 17,
        MAX_UNTIL = 18, MIN_UNTIL = 19, NOT_LITERAL = 20, NEGATE = 21, RANGE = 22, REPEAT = 23,
        REPEAT_ONE = 24, MIN_REPEAT_ONE = 26, ATOMIC_GROUP = 27, POSSESSIVE_REPEAT = 28,
        POSSESSIVE_REPEAT_ONE = 29, GROUPREF_IGNORE = 30, IN_IGNORE = 31, LITERAL_IGNORE = 32,
        NOT_LITERAL_IGNORE = 33, GROUPREF_LOC_IGNORE = 34, IN_LOC_IGNORE = 35,
        LITERAL_LOC_IGNORE = 36, NOT_LITERAL_LOC_IGNORE = 37, GROUPREF_UNI_IGNORE = 38,
        IN_UNI_IGNORE = 39, LITERAL_UNI_IGNORE = 40, NOT_LITERAL_UNI_IGNORE = 41,
        RANGE_UNI_IGNORE = 42,
    }
}

/// Positions that an `AT` instruction tests.
pub(crate) mod at {
    numbered! {
        BEGINNING = 0, BEGINNING_LINE = 1, BEGINNING_STRING = 2, BOUNDARY = 3, NON_BOUNDARY = 4,
        END = 5, END_LINE = 6, END_STRING = 7, LOC_BOUNDARY = 8, LOC_NON_BOUNDARY = 9,
        UNI_BOUNDARY = 10, UNI_NON_BOUNDARY = 11,
    }
}

/// Categories of characters.
pub(crate) mod category {
    numbered! {
        DIGIT = 0, NOT_DIGIT = 1, SPACE = 2, NOT_SPACE = 3, WORD = 4, NOT_WORD = 5,
        LINEBREAK = 6, NOT_LINEBREAK = 7, LOC_WORD = 8, LOC_NOT_WORD = 9, UNI_DIGIT = 10,
        UNI_NOT_DIGIT = 11, UNI_SPACE = 12, UNI_NOT_SPACE = 13, UNI_WORD = 14,
        UNI_NOT_WORD = 15, UNI_LINEBREAK = 16, UNI_NOT_LINEBREAK = 17,
    }
}
