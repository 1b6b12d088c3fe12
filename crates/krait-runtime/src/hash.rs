//! Hashes of bytes: SipHash-1-3, as CPython 3.14 has it, under the interpreter's key.

use crate::state::Interpreter;

/// The hash of a byte string; never -1, and 0 for the empty one.
pub fn hash_bytes(bytes: &[u8]) -> isize {
    if bytes.is_empty() {
        return 0;
    }
    let (key0, key1) = Interpreter::current().hash_key.get();
    match siphash13(key0, key1, bytes) as isize {
        -1 => -2,
        hash => hash,
    }
}

/// SipHash with one compression round a word and three at the end.
pub fn siphash13(key0: u64, key1: u64, bytes: &[u8]) -> u64 {
    let mut v = [
        key0 ^ 0x736f_6d65_7073_6575,
        key1 ^ 0x646f_7261_6e64_6f6d,
        key0 ^ 0x6c79_6765_6e65_7261,
        key1 ^ 0x7465_6462_7974_6573,
    ];
    let (words, tail) = bytes.as_chunks::<8>();
    for word in words {
        let word = u64::from_le_bytes(*word);
        v[3] ^= word;
        round(&mut v);
        v[0] ^= word;
    }
    let mut last = (bytes.len() as u64) << 56;
    for (index, &byte) in tail.iter().enumerate() {
        last |= u64::from(byte) << (8 * index);
    }
    v[3] ^= last;
    round(&mut v);
    v[0] ^= last;
    v[2] ^= 0xFF;
    for _ in 0..3 {
        round(&mut v);
    }
    v[0] ^ v[1] ^ v[2] ^ v[3]
}

#[inline(always)]
fn round(v: &mut [u64; 4]) {
    v[0] = v[0].wrapping_add(v[1]);
    v[2] = v[2].wrapping_add(v[3]);
    v[1] = v[1].rotate_left(13) ^ v[0];
    v[3] = v[3].rotate_left(16) ^ v[2];
    v[0] = v[0].rotate_left(32);
    v[2] = v[2].wrapping_add(v[1]);
    v[0] = v[0].wrapping_add(v[3]);
    v[1] = v[1].rotate_left(17) ^ v[2];
    v[3] = v[3].rotate_left(21) ^ v[0];
    v[2] = v[2].rotate_left(32);
}

#[cfg(test)]
mod tests {
    // With PYTHONHASHSEED=0 CPython's key is all zeros.
    #[test]
    fn as_cpython_with_a_zero_key() {
        for (text, expected) in EXPECTED {
            assert_eq!(
                super::siphash13(0, 0, text.as_bytes()) as i64,
                expected,
                "{text:?}"
            );
        }
    }

    // What `PYTHONHASHSEED=0 python3.14` gives as hash(text).
    const EXPECTED: [(&str, i64); 6] = [
        ("a", 4644417185603328019),
        ("abcdefg", 7904145750247929094),
        ("abcdefgh", 4574395652268504554),
        ("hello world", -5642461784034726774),
        ("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 17573350960781366),
        ("__init__", 4748292593639647670),
    ];
}
