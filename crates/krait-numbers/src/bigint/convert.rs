//! Conversion from and to text in any radix; sub-quadratic for long numbers.

use super::{BigInt, DIGIT_BITS, IntRef, MASK64, decimal, div, mul, normalized_len, trim};

/// From this many digits of 30 bits, a number is printed by halves.
const SPLIT_DIGITS: usize = 200;
/// From this many characters, text is read by halves.
const SPLIT_CHARS: usize = 3000;

/// The largest power of a radix below 2**30, and its exponent.
fn chunk_of(radix: u32) -> (u32, usize) {
    let (mut power, mut exponent) = (radix, 1);
    while u64::from(power) * u64::from(radix) <= MASK64 {
        power *= radix;
        exponent += 1;
    }
    (power, exponent)
}

/// Powers of a radix at doubling exponents: entry k is radix**(unit * 2**k).
struct Powers {
    unit: usize,
    entries: Vec<Vec<u32>>,
}

impl Powers {
    fn new(radix: u32, unit: usize) -> Self {
        let (chunk, width) = chunk_of(radix);
        let mut first = vec![1];
        for _ in 0..unit / width {
            mul::mul_small_add_in_place(&mut first, chunk, 0);
        }
        Self {
            unit: unit / width * width,
            entries: vec![first],
        }
    }

    fn grow(&mut self) {
        let last = &self.entries[self.entries.len() - 1];
        let next = mul::square(last);
        self.entries.push(next);
    }
}

const LOWER_DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

/// A magnitude in decimal.
pub fn to_decimal(digits: &[u32]) -> String {
    match *digits {
        [] => "0".to_owned(),
        [low] => decimal::u64_decimal(u64::from(low), &mut [0; 20]).to_owned(),
        [low, high] => {
            let value = u64::from(high) << DIGIT_BITS | u64::from(low);
            decimal::u64_decimal(value, &mut [0; 20]).to_owned()
        }
        _ => to_radix(digits, 10),
    }
}

/// A magnitude in a radix from 2 to 36, in lower case and without prefix.
pub fn to_radix(digits: &[u32], radix: u32) -> String {
    let text = if digits.is_empty() {
        vec![b'0']
    } else if radix.is_power_of_two() {
        to_binary_radix(digits, radix.trailing_zeros())
    } else {
        let mut out = Vec::with_capacity(digits.len() * 30 / radix.ilog2() as usize + 1);
        to_other_radix(digits, radix, &mut out);
        out
    };
    String::from_utf8(text).unwrap_or_default()
}

fn to_binary_radix(digits: &[u32], bits: u32) -> Vec<u8> {
    let mut out = Vec::with_capacity(digits.len() * 30 / bits as usize + 1);
    let (mut window, mut filled) = (0u64, 0);
    for &digit in digits {
        window |= u64::from(digit) << filled;
        filled += DIGIT_BITS;
        while filled >= bits {
            out.push(LOWER_DIGITS[(window & ((1 << bits) - 1)) as usize]);
            window >>= bits;
            filled -= bits;
        }
    }
    if window != 0 {
        out.push(LOWER_DIGITS[window as usize]);
    }
    while out.last() == Some(&b'0') {
        out.pop();
    }
    out.reverse();
    out
}

/// Appends a number of at least `width` characters.
fn push_u64(out: &mut Vec<u8>, mut value: u64, radix: u64, width: usize) {
    let start = out.len();
    while value != 0 || out.len() - start < width {
        out.push(LOWER_DIGITS[(value % radix) as usize]);
        value /= radix;
    }
    out[start..].reverse();
}

fn to_other_radix(digits: &[u32], radix: u32, out: &mut Vec<u8>) {
    if digits.len() < SPLIT_DIGITS {
        print_small(digits, radix, out, 0);
        return;
    }
    let unit = SPLIT_DIGITS * 30 / (radix.ilog2() as usize + 1) / 2;
    let mut powers = Powers::new(radix, unit);
    while powers.entries[powers.entries.len() - 1].len() * 2 <= digits.len() + 1 {
        powers.grow();
    }
    print_split(digits, radix, &powers, powers.entries.len(), out, 0);
}

/// Prints a number below the square of the last of `level` powers, padded to `width`.
fn print_split(
    digits: &[u32],
    radix: u32,
    powers: &Powers,
    level: usize,
    out: &mut Vec<u8>,
    width: usize,
) {
    if level == 0 || digits.len() < SPLIT_DIGITS / 2 {
        print_small(digits, radix, out, width);
        return;
    }
    let low_width = powers.unit << (level - 1);
    let Some((high, low)) = div::divrem(digits, &powers.entries[level - 1]) else {
        return;
    };
    if high.is_empty() && width == 0 {
        print_split(&low, radix, powers, level - 1, out, 0);
        return;
    }
    print_split(
        &high,
        radix,
        powers,
        level - 1,
        out,
        width.saturating_sub(low_width),
    );
    print_split(&low, radix, powers, level - 1, out, low_width);
}

fn print_small(digits: &[u32], radix: u32, out: &mut Vec<u8>, width: usize) {
    if radix == 10 {
        decimal::print(digits, out, width);
        return;
    }
    let (chunk, chunk_width) = chunk_of(radix);
    let mut rest = digits.to_vec();
    let mut chunks = Vec::with_capacity(digits.len() + 2);
    while !rest.is_empty() {
        chunks.push(u64::from(div::divrem_small_in_place(&mut rest, chunk)));
        rest.truncate(normalized_len(&rest));
    }
    let top = chunks.pop().unwrap_or(0);
    let rest_width = chunks.len() * chunk_width;
    push_u64(out, top, u64::from(radix), width.saturating_sub(rest_width));
    for &value in chunks.iter().rev() {
        push_u64(out, value, u64::from(radix), chunk_width);
    }
}

fn digit_value(byte: u8) -> Option<u32> {
    match byte {
        b'0'..=b'9' => Some(u32::from(byte - b'0')),
        b'a'..=b'z' => Some(u32::from(byte - b'a') + 10),
        b'A'..=b'Z' => Some(u32::from(byte - b'A') + 10),
        _ => None,
    }
}

/// The magnitude of digits in a radix from 2 to 36; underscores are skipped, and what is no
/// digit counts as zero: [`scan_int`] has checked the text before.
pub fn from_ascii_digits(text: &[u8], radix: u32) -> Vec<u32> {
    if radix.is_power_of_two() {
        return from_binary_radix(text, radix.trailing_zeros());
    }
    if text.len() < SPLIT_CHARS {
        return read_small(text.iter().copied().filter(|&byte| byte != b'_'), radix);
    }
    let clean: Vec<u8> = text.iter().copied().filter(|&byte| byte != b'_').collect();
    let mut powers = Powers::new(radix, SPLIT_CHARS / 2);
    while powers.unit << powers.entries.len() < clean.len() {
        powers.grow();
    }
    read_split(&clean, radix, &powers, powers.entries.len())
}

fn from_binary_radix(text: &[u8], bits: u32) -> Vec<u32> {
    let mut digits = Vec::with_capacity(text.len() * bits as usize / 30 + 1);
    let (mut window, mut filled) = (0u64, 0);
    for &byte in text.iter().rev().filter(|&&byte| byte != b'_') {
        window |= u64::from(digit_value(byte).unwrap_or(0)) << filled;
        filled += bits;
        if filled >= DIGIT_BITS {
            digits.push((window & MASK64) as u32);
            window >>= DIGIT_BITS;
            filled -= DIGIT_BITS;
        }
    }
    digits.push(window as u32);
    trim(&mut digits);
    digits
}

fn read_small(text: impl Iterator<Item = u8>, radix: u32) -> Vec<u32> {
    if radix == 10 {
        return decimal::read(text);
    }
    let (chunk, width) = chunk_of(radix);
    let mut digits = Vec::new();
    let (mut value, mut count) = (0, 0);
    for byte in text {
        value = value * radix + digit_value(byte).unwrap_or(0);
        count += 1;
        if count == width {
            mul::mul_small_add_in_place(&mut digits, chunk, value);
            (value, count) = (0, 0);
        }
    }
    if count > 0 {
        mul::mul_small_add_in_place(&mut digits, radix.pow(count as u32), value);
    }
    digits
}

fn read_split(text: &[u8], radix: u32, powers: &Powers, level: usize) -> Vec<u32> {
    if level == 0 || text.len() < SPLIT_CHARS {
        return read_small(text.iter().copied(), radix);
    }
    let low_width = powers.unit << (level - 1);
    let Some(middle) = text.len().checked_sub(low_width) else {
        return read_split(text, radix, powers, level - 1);
    };
    let high = read_split(&text[..middle], radix, powers, level - 1);
    let low = read_split(&text[middle..], radix, powers, level - 1);
    super::add::add(&mul::mul(&high, &powers.entries[level - 1]), &low)
}

/// An integer literal whose grammar has been checked but whose value is not computed yet, so that
/// a caller can refuse too many digits first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ScannedInt<'a> {
    /// Whether a minus sign stands before it.
    pub negative: bool,
    /// Its radix, from 2 to 36.
    pub radix: u32,
    /// The digits with their underscores, without sign and prefix.
    pub digits: &'a [u8],
    /// How many digits there are, underscores not counted.
    pub digit_count: usize,
}

impl ScannedInt<'_> {
    /// The value.
    pub fn to_bigint(&self) -> BigInt {
        BigInt::from_digits(self.negative, from_ascii_digits(self.digits, self.radix))
    }
}

/// Checks text by the grammar of `int(text, base)`: ASCII white space around, sign, prefix, digits
/// with single underscores between. `base` is 0 or from 2 to 36; `None` if the text is no integer.
pub fn scan_int(text: &[u8], base: u32) -> Option<ScannedInt<'_>> {
    let is_space = |byte: &u8| matches!(byte, b' ' | 9..=13);
    let start = text.iter().position(|byte| !is_space(byte))?;
    let end = text.iter().rposition(|byte| !is_space(byte))? + 1;
    let mut text = &text[start..end];
    let negative = text[0] == b'-';
    if matches!(text[0], b'+' | b'-') {
        text = &text[1..];
    }
    let prefix = match text {
        [b'0', b'x' | b'X', ..] => 16,
        [b'0', b'o' | b'O', ..] => 8,
        [b'0', b'b' | b'B', ..] => 2,
        _ => 0,
    };
    let radix = match base {
        0 if prefix != 0 => prefix,
        0 => 10,
        _ => base,
    };
    if prefix == radix {
        text = &text[2..];
        text = text.strip_prefix(b"_").unwrap_or(text);
    }
    let mut digit_count = 0;
    let mut after_digit = false;
    for &byte in text {
        match digit_value(byte) {
            Some(value) if value < radix => {
                digit_count += 1;
                after_digit = true;
            }
            None if byte == b'_' && after_digit => after_digit = false,
            _ => return None,
        }
    }
    if !after_digit {
        return None;
    }
    // Without a base, "010" is neither octal any more nor decimal.
    let leading_zero = base == 0 && prefix == 0 && text[0] == b'0';
    if leading_zero && text.iter().any(|byte| !matches!(byte, b'0' | b'_')) {
        return None;
    }
    Some(ScannedInt {
        negative,
        radix,
        digits: text,
        digit_count,
    })
}

impl IntRef<'_> {
    /// The integer in a radix from 2 to 36, with its sign, in lower case and without prefix.
    pub fn to_str_radix(self, radix: u32) -> String {
        let text = to_radix(self.digits, radix);
        if self.negative {
            format!("-{text}")
        } else {
            text
        }
    }
}

impl BigInt {
    /// The integer of text by the grammar of `int(text, base)`; see [`scan_int`].
    pub fn from_str_radix(text: &str, base: u32) -> Option<BigInt> {
        scan_int(text.as_bytes(), base).map(|scanned| scanned.to_bigint())
    }

    /// The integer in a radix from 2 to 36, with its sign, in lower case and without prefix.
    pub fn to_str_radix(&self, radix: u32) -> String {
        self.as_ref().to_str_radix(radix)
    }
}
