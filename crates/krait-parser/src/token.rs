//! Tokens: their kinds, under the numbers of CPython's `token` module, and their places.

use krait_ast::Range;

macro_rules! token_kinds {
    ($($name:ident = $number:literal $text:literal,)*) => {
        /// The kind of a token. Below 68 the discriminant is the number in CPython's `token`
        /// module; the keywords follow.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u8)]
        #[allow(missing_docs)]
        pub enum TokenKind {
            $($name = $number,)*
        }

        impl TokenKind {
            /// The fixed text of operators and keywords, `""` for other tokens.
            pub const fn text(self) -> &'static str {
                match self {
                    $(TokenKind::$name => $text,)*
                }
            }

            /// Every kind, for tables that are keyed by text.
            pub(crate) const ALL: &'static [TokenKind] = &[$(TokenKind::$name,)*];
        }
    };
}

token_kinds! {
    EndMarker = 0 "", Name = 1 "", Number = 2 "", String = 3 "", Newline = 4 "", Indent = 5 "",
    Dedent = 6 "", LPar = 7 "(", RPar = 8 ")", LSqb = 9 "[", RSqb = 10 "]", Colon = 11 ":",
    Comma = 12 ",", Semi = 13 ";", Plus = 14 "+", Minus = 15 "-", Star = 16 "*", Slash = 17 "/",
    VBar = 18 "|", Amper = 19 "&", Less = 20 "<", Greater = 21 ">", Equal = 22 "=", Dot = 23 ".",
    Percent = 24 "%", LBrace = 25 "{", RBrace = 26 "}", EqEqual = 27 "==", NotEqual = 28 "!=",
    LessEqual = 29 "<=", GreaterEqual = 30 ">=", Tilde = 31 "~", Circumflex = 32 "^",
    LeftShift = 33 "<<", RightShift = 34 ">>", DoubleStar = 35 "**", PlusEqual = 36 "+=",
    MinEqual = 37 "-=", StarEqual = 38 "*=", SlashEqual = 39 "/=", PercentEqual = 40 "%=",
    AmperEqual = 41 "&=", VBarEqual = 42 "|=", CircumflexEqual = 43 "^=",
    LeftShiftEqual = 44 "<<=", RightShiftEqual = 45 ">>=", DoubleStarEqual = 46 "**=",
    DoubleSlash = 47 "//", DoubleSlashEqual = 48 "//=", At = 49 "@", AtEqual = 50 "@=",
    RArrow = 51 "->", Ellipsis = 52 "...", ColonEqual = 53 ":=", Exclamation = 54 "!", Op = 55 "",
    TypeIgnore = 56 "", TypeComment = 57 "", SoftKeyword = 58 "", FStringStart = 59 "",
    FStringMiddle = 60 "", FStringEnd = 61 "", TStringStart = 62 "", TStringMiddle = 63 "",
    TStringEnd = 64 "", Comment = 65 "", Nl = 66 "", ErrorToken = 67 "",
    False = 70 "False", None = 71 "None", True = 72 "True", And = 73 "and", As = 74 "as",
    Assert = 75 "assert", Async = 76 "async", Await = 77 "await", Break = 78 "break",
    Class = 79 "class", Continue = 80 "continue", Def = 81 "def", Del = 82 "del",
    Elif = 83 "elif", Else = 84 "else", Except = 85 "except", Finally = 86 "finally",
    For = 87 "for", From = 88 "from", Global = 89 "global", If = 90 "if", Import = 91 "import",
    In = 92 "in", Is = 93 "is", Lambda = 94 "lambda", Nonlocal = 95 "nonlocal", Not = 96 "not",
    Or = 97 "or", Pass = 98 "pass", Raise = 99 "raise", Return = 100 "return", Try = 101 "try",
    While = 102 "while", With = 103 "with", Yield = 104 "yield",
}

impl TokenKind {
    /// The number in CPython's `token` module, to which keywords are names.
    pub const fn number(self) -> u8 {
        if self.is_keyword() {
            TokenKind::Name as u8
        } else {
            self as u8
        }
    }

    /// Whether this is a keyword.
    pub const fn is_keyword(self) -> bool {
        self as u8 >= TokenKind::False as u8
    }

    /// The keyword that `name` is, or `Name`.
    #[inline]
    pub(crate) fn of_name(name: &[u8]) -> TokenKind {
        use TokenKind as K;
        if name.len() < 2 || name.len() > 8 {
            return K::Name;
        }
        match name[0] {
            b'a' => match name {
                b"and" => K::And,
                b"as" => K::As,
                b"assert" => K::Assert,
                b"async" => K::Async,
                b"await" => K::Await,
                _ => K::Name,
            },
            b'b' if name == b"break" => K::Break,
            b'c' => match name {
                b"class" => K::Class,
                b"continue" => K::Continue,
                _ => K::Name,
            },
            b'd' => match name {
                b"def" => K::Def,
                b"del" => K::Del,
                _ => K::Name,
            },
            b'e' => match name {
                b"else" => K::Else,
                b"elif" => K::Elif,
                b"except" => K::Except,
                _ => K::Name,
            },
            b'f' => match name {
                b"for" => K::For,
                b"from" => K::From,
                b"finally" => K::Finally,
                _ => K::Name,
            },
            b'g' if name == b"global" => K::Global,
            b'i' => match name {
                b"if" => K::If,
                b"in" => K::In,
                b"is" => K::Is,
                b"import" => K::Import,
                _ => K::Name,
            },
            b'l' if name == b"lambda" => K::Lambda,
            b'n' => match name {
                b"not" => K::Not,
                b"nonlocal" => K::Nonlocal,
                _ => K::Name,
            },
            b'o' if name == b"or" => K::Or,
            b'p' if name == b"pass" => K::Pass,
            b'r' => match name {
                b"return" => K::Return,
                b"raise" => K::Raise,
                _ => K::Name,
            },
            b't' if name == b"try" => K::Try,
            b'w' => match name {
                b"with" => K::With,
                b"while" => K::While,
                _ => K::Name,
            },
            b'y' if name == b"yield" => K::Yield,
            b'F' if name == b"False" => K::False,
            b'N' if name == b"None" => K::None,
            b'T' if name == b"True" => K::True,
            _ => K::Name,
        }
    }
}

/// A token: its kind, its bytes in the source, its position.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Its first byte.
    pub start: u32,
    /// The byte after its last.
    pub end: u32,
    /// Lines and columns of both.
    pub range: Range,
}
