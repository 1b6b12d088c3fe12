//! Lines of uuencoded data.

/// The most bytes in a line.
pub(super) const LINE: usize = 45;

pub(super) fn encode(data: &[u8], backtick: bool) -> Vec<u8> {
    let digit = |bits: u32| match (bits & 63) as u8 {
        0 if backtick => b'`',
        value => value + b' ',
    };
    let mut out = vec![digit(data.len() as u32)];
    for chunk in data.chunks(3) {
        let byte = |index| u32::from(chunk.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        out.extend([
            digit(bits >> 18),
            digit(bits >> 12),
            digit(bits >> 6),
            digit(bits),
        ]);
    }
    out.push(b'\n');
    out
}

pub(super) fn decode(data: &[u8]) -> Result<Vec<u8>, &'static str> {
    let Some((&first, rest)) = data.split_first() else {
        return Err("Missing length byte");
    };
    let len = usize::from(first.wrapping_sub(b' ') & 63);
    let mut out = Vec::with_capacity(len);
    let mut rest = rest.iter().copied().fuse();
    let (mut bits, mut count) = (0u32, 0);
    while out.len() < len {
        let value = match rest.next() {
            // Mailers eat spaces at the end of a line.
            None | Some(b'\n' | b'\r') => 0,
            Some(byte @ b' '..=b'`') => byte.wrapping_sub(b' ') & 63,
            Some(_) => return Err("Illegal char"),
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    if rest.all(|byte| matches!(byte, b' ' | b'`' | b'\n' | b'\r')) {
        Ok(out)
    } else {
        Err("Trailing garbage")
    }
}
