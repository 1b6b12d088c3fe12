//! Base64.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// No character of the alphabet.
const NONE: u8 = 64;
const VALUES: [u8; 256] = {
    let mut values = [NONE; 256];
    let mut index = 0;
    while index < 64 {
        values[ALPHABET[index] as usize] = index as u8;
        index += 1;
    }
    values
};

pub(super) fn encode(data: &[u8], newline: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len().div_ceil(3) * 4 + 1);
    let digit = |bits: u32| ALPHABET[bits as usize & 63];
    let mut chunks = data.chunks_exact(3);
    for chunk in &mut chunks {
        let bits = u32::from_be_bytes([0, chunk[0], chunk[1], chunk[2]]);
        out.extend([
            digit(bits >> 18),
            digit(bits >> 12),
            digit(bits >> 6),
            digit(bits),
        ]);
    }
    match *chunks.remainder() {
        [a] => {
            let bits = u32::from(a) << 16;
            out.extend([digit(bits >> 18), digit(bits >> 12), b'=', b'=']);
        }
        [a, b] => {
            let bits = u32::from_be_bytes([0, a, b, 0]);
            out.extend([digit(bits >> 18), digit(bits >> 12), digit(bits >> 6), b'=']);
        }
        _ => {}
    }
    if newline {
        out.push(b'\n');
    }
    out
}

/// Decodes; outside of strict mode what is no base64 is passed over.
pub(super) fn decode(data: &[u8], strict: bool) -> Result<Vec<u8>, String> {
    if strict && data.first() == Some(&b'=') {
        return Err("Leading padding not allowed".into());
    }
    let mut out = Vec::with_capacity(data.len().div_ceil(4) * 3);
    // How many characters of the present group there were, and their bits.
    let (mut group, mut bits) = (0, 0u32);
    let (mut pads, mut padded) = (0, false);
    let mut index = 0;
    while let Some(&byte) = data.get(index) {
        index += 1;
        if group == 0
            && !padded
            && let Some(&[b, c, d]) = data.get(index..index + 3)
        {
            let values = [byte, b, c, d].map(|each| VALUES[usize::from(each)]);
            if values.iter().all(|&value| value < NONE) {
                let bits = values.iter().fold(0, |bits, &v| bits << 6 | u32::from(v));
                out.extend(&bits.to_be_bytes()[1..]);
                index += 3;
                continue;
            }
        }
        if byte == b'=' {
            padded = true;
            if group >= 2 {
                pads += 1;
            }
            if strict && (group == 0 || group + pads > 4) {
                return Err("Excess padding not allowed".into());
            }
            continue;
        }
        let value = VALUES[usize::from(byte)];
        if value == NONE {
            if strict {
                return Err("Only base64 data is allowed".into());
            }
            continue;
        }
        if strict && padded {
            return Err(match group + pads {
                4 => "Excess data after padding",
                _ => "Discontinuous padding not allowed",
            }
            .into());
        }
        pads = 0;
        bits = bits << 6 | u32::from(value);
        group = (group + 1) % 4;
        match group {
            2 => out.push((bits >> 4) as u8),
            3 => out.push((bits >> 2) as u8),
            0 => out.push(bits as u8),
            _ => {}
        }
    }
    match group {
        0 => Ok(out),
        2 | 3 if group + pads >= 4 => Ok(out),
        1 => Err(format!(
            "Invalid base64-encoded string: number of data characters ({}) cannot be 1 more than \
             a multiple of 4",
            out.len() / 3 * 4 + 1
        )),
        _ => Err("Incorrect padding".into()),
    }
}
