//! What can be wrong with a format specifier, and CPython's words for it.

/// Why a value cannot be formatted by a specifier.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SpecError {
    /// Width or precision is beyond an index.
    TooManyDigits,
    /// A point without digits.
    MissingPrecision,
    /// Both `,` and `_`.
    CommaAndUnderscore,
    /// A separator with a presentation type that has none.
    SeparatorWith(u8, u32),
    /// Text after the presentation type.
    Invalid,
    /// A presentation type the value does not have.
    UnknownCode(u32),
    /// A precision for an integer.
    IntPrecision,
    /// `z` for an integer.
    IntNegativeZero,
    /// A sign with `c`.
    SignWithC,
    /// `#` with `c`.
    AlternateWithC,
    /// No code point for `c` (`OverflowError`).
    CharacterRange,
    /// An integer beyond C's `long` for `c` (`OverflowError`).
    CharacterTooLarge,
    /// An integer beyond the largest float (`OverflowError`).
    IntTooLarge,
    /// A precision beyond C's `int`.
    PrecisionTooBig,
    /// A space for a string.
    StrSpace,
    /// A sign for a string.
    StrSign,
    /// `z` for a string.
    StrNegativeZero,
    /// `#` for a string.
    StrAlternate,
    /// `=` for a string.
    StrAlign,
    /// Zero padding for a complex number.
    ComplexZeroPadding,
    /// `=` for a complex number.
    ComplexAlign,
}

impl SpecError {
    /// Whether the exception is `OverflowError`; else it is `ValueError`.
    pub fn is_overflow(self) -> bool {
        matches!(
            self,
            SpecError::CharacterRange | SpecError::CharacterTooLarge | SpecError::IntTooLarge
        )
    }

    /// The exception's text. `spec` is the whole specifier and `type_name` the name of the
    /// value's type.
    pub fn message(self, spec: &str, type_name: &str) -> String {
        let text = match self {
            SpecError::TooManyDigits => "Too many decimal digits in format string",
            SpecError::MissingPrecision => "Format specifier missing precision",
            SpecError::CommaAndUnderscore => "Cannot specify both ',' and '_'.",
            SpecError::SeparatorWith(separator, code) => {
                return format!(
                    "Cannot specify '{}' with {}.",
                    char::from(separator),
                    quoted(code)
                );
            }
            SpecError::Invalid => {
                let type_name: String = type_name.chars().take(200).collect();
                return format!(
                    "Invalid format specifier '{spec}' for object of type '{type_name}'"
                );
            }
            SpecError::UnknownCode(code) => {
                let type_name: String = type_name.chars().take(200).collect();
                let code = quoted(code);
                return format!("Unknown format code {code} for object of type '{type_name}'");
            }
            SpecError::IntPrecision => "Precision not allowed in integer format specifier",
            SpecError::IntNegativeZero => {
                "Negative zero coercion (z) not allowed in integer format specifier"
            }
            SpecError::SignWithC => "Sign not allowed with integer format specifier 'c'",
            SpecError::AlternateWithC => {
                "Alternate form (#) not allowed with integer format specifier 'c'"
            }
            SpecError::CharacterRange => "%c arg not in range(0x110000)",
            SpecError::CharacterTooLarge => "Python int too large to convert to C long",
            SpecError::IntTooLarge => "int too large to convert to float",
            SpecError::PrecisionTooBig => "precision too big",
            SpecError::StrSpace => "Space not allowed in string format specifier",
            SpecError::StrSign => "Sign not allowed in string format specifier",
            SpecError::StrNegativeZero => {
                "Negative zero coercion (z) not allowed in string format specifier"
            }
            SpecError::StrAlternate => "Alternate form (#) not allowed in string format specifier",
            SpecError::StrAlign => "'=' alignment not allowed in string format specifier",
            SpecError::ComplexZeroPadding => {
                "Zero padding is not allowed in complex format specifier"
            }
            SpecError::ComplexAlign => {
                "'=' alignment flag is not allowed in complex format specifier"
            }
        };
        text.to_owned()
    }
}

/// A presentation type as CPython quotes it.
fn quoted(code: u32) -> String {
    match char::from_u32(code) {
        Some(printable) if (33..128).contains(&code) => format!("'{printable}'"),
        _ => format!("'\\x{code:x}'"),
    }
}
