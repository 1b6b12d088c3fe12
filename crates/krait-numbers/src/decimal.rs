//! Decimal digits of machine integers, without memory of their own.

/// The most characters of a 64-bit integer: 19 digits and a sign.
pub const DECIMAL_DIGITS: usize = 20;

const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut value = 0;
    while value < 100 {
        pairs[value] = [b'0' + (value / 10) as u8, b'0' + (value % 10) as u8];
        value += 1;
    }
    pairs
};

/// The decimal text of a number, at the end of `buffer`.
#[inline]
pub fn decimal_digits(value: i64, buffer: &mut [u8; DECIMAL_DIGITS]) -> &[u8] {
    let mut start = DECIMAL_DIGITS;
    let mut rest = value.unsigned_abs();
    while rest >= 100 {
        start -= 2;
        buffer[start..start + 2].copy_from_slice(&PAIRS[(rest % 100) as usize]);
        rest /= 100;
    }
    if rest >= 10 {
        start -= 2;
        buffer[start..start + 2].copy_from_slice(&PAIRS[rest as usize]);
    } else {
        start -= 1;
        buffer[start] = b'0' + rest as u8;
    }
    if value < 0 {
        start -= 1;
        buffer[start] = b'-';
    }
    &buffer[start..]
}

#[cfg(test)]
mod tests {
    use super::{DECIMAL_DIGITS, decimal_digits};

    #[test]
    fn digits_are_those_of_the_standard_library() {
        let mut samples = vec![0, i64::MIN, i64::MAX, -1];
        for power in 0..19 {
            let value = 10_i64.pow(power);
            samples.extend([value, value - 1, value + 1, -value, 1 - value]);
        }
        for value in samples {
            let mut buffer = [0; DECIMAL_DIGITS];
            assert_eq!(
                decimal_digits(value, &mut buffer),
                value.to_string().as_bytes()
            );
        }
    }
}
