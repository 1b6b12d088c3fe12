//! HZ: GB 2312 in seven bits, between `~{` and `~}`.

use super::tables::charset;
use super::{State, Stop};
use crate::StrBuf;

/// Whether the text is between the marks.
fn in_gb(state: &State) -> bool {
    state.0[0] != 0
}

pub(super) fn decode(
    state: &mut State,
    input: &[u8],
    at: &mut usize,
    out: &mut StrBuf,
) -> Result<(), Stop> {
    let gb2312 = charset("gb2312");
    while let Some(&byte) = input.get(*at) {
        if byte == b'~' {
            let &second = input.get(*at + 1).ok_or(Stop::Incomplete)?;
            match second {
                b'~' if !in_gb(state) => out.push(u32::from(b'~')),
                b'{' if !in_gb(state) => state.0[0] = 1,
                b'}' if in_gb(state) => state.0[0] = 0,
                b'\n' if !in_gb(state) => {}
                _ => return Err(Stop::Illegal(1)),
            }
            *at += 2;
            continue;
        }
        if byte & 0x80 != 0 {
            return Err(Stop::Illegal(1));
        }
        if !in_gb(state) {
            out.push(u32::from(byte));
            *at += 1;
            continue;
        }
        let &second = input.get(*at + 1).ok_or(Stop::Incomplete)?;
        let key = u32::from(byte) << 8 | u32::from(second);
        out.push(gb2312.value(key).ok_or(Stop::Illegal(1))?);
        *at += 2;
    }
    Ok(())
}

pub(super) fn encode(
    state: &mut State,
    input: &[u32],
    at: &mut usize,
    out: &mut Vec<u8>,
) -> Result<(), Stop> {
    let gb2312 = charset("gb2312");
    while let Some(&code) = input.get(*at) {
        if let Ok(byte) = u8::try_from(code)
            && byte < 0x80
        {
            finish(state, out);
            out.push(byte);
            if byte == b'~' {
                out.push(b'~');
            }
        } else {
            let key = gb2312.key(code).ok_or(Stop::Illegal(1))?;
            if !in_gb(state) {
                out.extend_from_slice(b"~{");
                state.0[0] = 1;
            }
            out.extend_from_slice(&(key as u16).to_be_bytes());
        }
        *at += 1;
    }
    Ok(())
}

/// Leaves GB 2312.
pub(super) fn finish(state: &mut State, out: &mut Vec<u8>) {
    if in_gb(state) {
        out.extend_from_slice(b"~}");
        state.0[0] = 0;
    }
}
