//! Numeric literals: where they end and what is wrong with them. Their values come later.

use super::{Lexer, Step, Stop};
use crate::token::TokenKind;

impl Lexer<'_> {
    /// A number that begins at `start`, with a digit or with a dot before a digit.
    pub(super) fn number(&mut self, start: usize) -> Step {
        self.pos = start;
        if self.at(start) == b'0' {
            let radix = match self.at(start + 1) {
                b'x' | b'X' => Some(("hexadecimal", 16)),
                b'o' | b'O' => Some(("octal", 8)),
                b'b' | b'B' => Some(("binary", 2)),
                _ => None,
            };
            if let Some((kind, radix)) = radix {
                self.pos += 2;
                self.radix_digits(kind, radix)?;
                self.check_end_of_number(kind)?;
            } else {
                self.after_zero(start)?;
            }
        } else if self.at(start) == b'.' {
            self.fraction()?;
        } else {
            self.decimal_digits()?;
            self.decimal_tail()?;
        }
        self.push(TokenKind::Number, start, self.pos);
        Ok(())
    }

    fn radix_digits(&mut self, kind: &str, radix: u32) -> Step {
        let is_digit = |byte: u8| (byte as char).is_digit(radix);
        loop {
            if self.at(self.pos) == b'_' {
                self.pos += 1;
            }
            let byte = self.at(self.pos);
            if !is_digit(byte) {
                if byte.is_ascii_digit() {
                    self.pos += 1;
                    return self.fail(format!(
                        "invalid digit '{}' in {kind} literal",
                        byte as char
                    ));
                }
                return self.fail(format!("invalid {kind} literal"));
            }
            while is_digit(self.at(self.pos)) {
                self.pos += 1;
            }
            if self.at(self.pos) != b'_' {
                break;
            }
        }
        let byte = self.at(self.pos);
        if byte.is_ascii_digit() {
            self.pos += 1;
            return self.fail(format!(
                "invalid digit '{}' in {kind} literal",
                byte as char
            ));
        }
        Ok(())
    }

    /// A literal that begins with 0 and has no radix letter: zeros, or a float or imaginary.
    fn after_zero(&mut self, start: usize) -> Step {
        self.pos += 1;
        loop {
            if self.at(self.pos) == b'_' {
                self.pos += 1;
                if !self.at(self.pos).is_ascii_digit() {
                    return self.fail("invalid decimal literal");
                }
            }
            if self.at(self.pos) != b'0' {
                break;
            }
            self.pos += 1;
        }
        let zeros_end = self.pos + 1;
        let nonzero = self.at(self.pos).is_ascii_digit();
        if nonzero {
            self.decimal_digits()?;
            let is_integer = !matches!(self.at(self.pos), b'.' | b'e' | b'E' | b'j' | b'J');
            if is_integer && !self.options.extra_tokens {
                let offset = self.chars(self.line_start, start) as i32 + 1;
                let end_offset = self.chars(self.line_start, zeros_end) as i32;
                let message = "leading zeros in decimal integer literals are not permitted; \
                               use an 0o prefix for octal integers";
                return self.fail_range(message, offset, end_offset);
            }
        }
        self.decimal_tail()
    }

    /// Digits with single underscores between them.
    fn decimal_digits(&mut self) -> Step {
        loop {
            while self.at(self.pos).is_ascii_digit() {
                self.pos += 1;
            }
            if self.at(self.pos) != b'_' {
                return Ok(());
            }
            self.pos += 1;
            if !self.at(self.pos).is_ascii_digit() {
                return self.fail("invalid decimal literal");
            }
        }
    }

    /// What may follow the digits: a fraction, an exponent, a `j`.
    fn decimal_tail(&mut self) -> Step {
        match self.at(self.pos) {
            b'.' => self.fraction(),
            b'e' | b'E' => self.exponent(),
            b'j' | b'J' => self.imaginary(),
            _ => self.check_end_of_number("decimal"),
        }
    }

    fn fraction(&mut self) -> Step {
        self.pos += 1;
        if self.at(self.pos).is_ascii_digit() {
            self.decimal_digits()?;
        }
        match self.at(self.pos) {
            b'e' | b'E' => self.exponent(),
            b'j' | b'J' => self.imaginary(),
            _ => self.check_end_of_number("decimal"),
        }
    }

    fn exponent(&mut self) -> Step {
        match self.at(self.pos + 1) {
            b'+' | b'-' => {
                self.pos += 2;
                if !self.at(self.pos).is_ascii_digit() {
                    return self.fail("invalid decimal literal");
                }
            }
            digit if digit.is_ascii_digit() => self.pos += 1,
            // A name follows, such as the `else` of `1else`.
            _ => return self.check_end_of_number("decimal"),
        }
        self.decimal_digits()?;
        match self.at(self.pos) {
            b'j' | b'J' => self.imaginary(),
            _ => self.check_end_of_number("decimal"),
        }
    }

    fn imaginary(&mut self) -> Step {
        self.pos += 1;
        self.check_end_of_number("imaginary")
    }

    /// Refuses a name right after a number, apart from the keywords that may stand there.
    fn check_end_of_number(&mut self, kind: &str) -> Result<(), Stop> {
        let rest = &self.src[self.pos..];
        let byte = self.at(self.pos);
        // `tokenize` takes whatever looks like a number.
        if self.options.extra_tokens || !(byte.is_ascii_alphanumeric() || byte == b'_') {
            return Ok(());
        }
        // CPython looks for the end of the word only where it has more than two letters, or `or`.
        let words: &[&[u8]] = &[b"and", b"else", b"for", b"or", b"not"];
        let beginnings: &[&[u8]] = &[b"if", b"in", b"is"];
        if words.iter().any(|word| starts_with_word(rest, word))
            || beginnings
                .iter()
                .any(|beginning| rest.starts_with(beginning))
        {
            let message = format!("invalid {kind} literal");
            self.warn(message.clone(), message);
            return Ok(());
        }
        self.fail(format!("invalid {kind} literal"))
    }
}

/// Whether `rest` begins with `word` and the word ends there.
fn starts_with_word(rest: &[u8], word: &[u8]) -> bool {
    rest.strip_prefix(word).is_some_and(|after| {
        !after
            .first()
            .is_some_and(|&byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80)
    })
}
