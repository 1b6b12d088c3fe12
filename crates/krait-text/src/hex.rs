//! Hexadecimal digits of bytes and back: `bytes.hex`, `bytes.fromhex`, `binascii`.
//!
//! Both directions compute on blocks of bytes without a branch, which compilers turn into vector
//! instructions.

/// Bytes that are converted at a time.
const BLOCK: usize = 16;

/// The digit of a number below 16.
#[inline(always)]
fn digit(value: u8) -> u8 {
    value + b'0' + u8::from(value > 9) * (b'a' - b'9' - 1)
}

/// What a digit is worth; 255 for what is none.
#[inline(always)]
fn worth(digit: u8) -> u8 {
    let decimal = digit.wrapping_sub(b'0');
    let letter = (digit | 0x20).wrapping_sub(b'a');
    if decimal < 10 {
        decimal
    } else if letter < 6 {
        letter + 10
    } else {
        255
    }
}

/// Writes two digits for each byte.
#[inline(always)]
fn write_digits(to: &mut [u8], bytes: &[u8]) {
    for (to, &byte) in to.chunks_exact_mut(2).zip(bytes) {
        to[0] = digit(byte >> 4);
        to[1] = digit(byte & 15);
    }
}

/// How separators stand between the digits: `separator` every `group` bytes, which are counted from
/// the right if `group` is positive, from the left if it is negative.
#[derive(Clone, Copy, Debug)]
pub struct Groups {
    separator: u8,
    /// Bytes before the first separator, and between two.
    first: usize,
    size: usize,
}

impl Groups {
    /// The groups of so many bytes; `None` if no separator stands anywhere.
    pub fn new(len: usize, separator: Option<u8>, group: isize) -> Option<Groups> {
        let size = group.unsigned_abs();
        let separator = separator.filter(|_| size > 0 && size < len)?;
        let first = match len % size {
            rest if group > 0 && rest > 0 => rest,
            _ => size,
        };
        Some(Groups {
            separator,
            first,
            size,
        })
    }
}

/// How many characters [`encode`] writes for so many bytes.
pub fn encoded_len(len: usize, groups: Option<Groups>) -> usize {
    let separators = groups.map_or(0, |groups| (len - groups.first).div_ceil(groups.size));
    2 * len + separators
}

/// Writes two digits a byte into a place of [`encoded_len`] characters.
pub fn encode(to: &mut [u8], bytes: &[u8], groups: Option<Groups>) {
    let Some(groups) = groups else {
        let mut places = to.chunks_exact_mut(BLOCK * 2);
        let mut blocks = bytes.chunks_exact(BLOCK);
        for (place, block) in (&mut places).zip(&mut blocks) {
            write_digits(place, block);
        }
        write_digits(places.into_remainder(), blocks.remainder());
        return;
    };
    let (head, tail) = bytes.split_at(groups.first);
    let (mut place, mut rest) = to.split_at_mut(head.len() * 2);
    write_digits(place, head);
    for part in tail.chunks(groups.size) {
        (place, rest) = rest.split_at_mut(1 + part.len() * 2);
        place[0] = groups.separator;
        write_digits(&mut place[1..], part);
    }
}

/// The bytes that pairs of digits stand for; `None` if there is anything but pairs of digits.
pub fn decode(digits: &[u8]) -> Option<Vec<u8>> {
    if digits.len() % 2 == 1 {
        return None;
    }
    let mut bytes = vec![0; digits.len() / 2];
    let mut bad = 0;
    let mut places = bytes.chunks_exact_mut(BLOCK);
    let mut blocks = digits.chunks_exact(BLOCK * 2);
    for (place, block) in (&mut places).zip(&mut blocks) {
        let mut values = [0; BLOCK * 2];
        for (value, &digit) in values.iter_mut().zip(block) {
            *value = worth(digit);
            bad |= *value;
        }
        for (byte, pair) in place.iter_mut().zip(values.chunks_exact(2)) {
            *byte = pair[0] << 4 | pair[1];
        }
    }
    let pairs = blocks.remainder().chunks_exact(2);
    for (byte, pair) in places.into_remainder().iter_mut().zip(pairs) {
        let (high, low) = (worth(pair[0]), worth(pair[1]));
        bad |= high | low;
        *byte = high << 4 | low & 15;
    }
    (bad & 0xF0 == 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::{Groups, decode, encode, encoded_len};

    fn digits(bytes: &[u8], separator: Option<u8>, group: isize) -> Vec<u8> {
        let groups = Groups::new(bytes.len(), separator, group);
        let mut digits = vec![0; encoded_len(bytes.len(), groups)];
        encode(&mut digits, bytes, groups);
        digits
    }

    #[test]
    fn digits_of_all_bytes_and_back() {
        let bytes: Vec<u8> = (0..=255).collect();
        for len in [0, 1, 2, 15, 16, 17, 31, 32, 33, 255, 256] {
            let digits = digits(&bytes[..len], None, 1);
            let expected: String = bytes[..len].iter().map(|b| format!("{b:02x}")).collect();
            assert_eq!(digits, expected.as_bytes());
            assert_eq!(decode(&digits).as_deref(), Some(&bytes[..len]));
            assert_eq!(
                decode(&digits.to_ascii_uppercase()).as_deref(),
                Some(&bytes[..len])
            );
        }
    }

    #[test]
    fn only_digits_are_digits() {
        for byte in 0..=255_u8 {
            let is_digit = byte.is_ascii_hexdigit();
            assert_eq!(decode(&[byte, b'0']).is_some(), is_digit, "{byte}");
            for at in 0..64 {
                let mut digits = [b'7'; 64];
                digits[at] = byte;
                assert_eq!(decode(&digits).is_some(), is_digit, "{byte} at {at}");
            }
        }
        assert_eq!(decode(b"123"), None);
    }

    #[test]
    fn groups_are_counted_from_either_side() {
        let check = |group, expected: &str| {
            assert_eq!(
                digits(b"\x01\x02\x03\x04\x05", Some(b':'), group),
                expected.as_bytes()
            );
        };
        check(1, "01:02:03:04:05");
        check(2, "01:0203:0405");
        check(-2, "0102:0304:05");
        check(5, "0102030405");
        check(4, "01:02030405");
        check(-4, "01020304:05");
        check(9, "0102030405");
        check(0, "0102030405");
        check(isize::MIN, "0102030405");
    }
}
