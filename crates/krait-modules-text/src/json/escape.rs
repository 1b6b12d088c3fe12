//! Text as JSON strings.

use krait_runtime::{Py, PyResult, PyStr, StrBuilder};
use krait_text::StrSlice;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// The JSON form of text.
pub(super) fn quoted(text: &PyStr, ascii: bool) -> PyResult<Py<PyStr>> {
    let mut out = StrBuilder::with_capacity(text.len() + 2);
    push_quoted(&mut out, text, ascii);
    out.finish()
}

/// Appends the JSON form of text.
pub(super) fn push_quoted(out: &mut StrBuilder, text: &PyStr, ascii: bool) {
    const QUOTE: StrSlice<'static> = StrSlice::Latin1(b"\"");
    out.push_slice(QUOTE);
    let units = text.as_slice();
    match units {
        StrSlice::Latin1(bytes) => push_runs(out, units, bytes, ascii),
        StrSlice::Ucs2(codes) => push_runs(out, units, codes, ascii),
        StrSlice::Ucs4(codes) => push_runs(out, units, codes, ascii),
    }
    out.push_slice(QUOTE);
}

fn push_runs<U: krait_sre::Unit>(
    out: &mut StrBuilder,
    all: StrSlice<'_>,
    units: &[U],
    ascii: bool,
) {
    let mut done = 0;
    for (index, unit) in units.iter().enumerate() {
        let code = unit.code();
        let plain = code >= 0x20 && code != 0x22 && code != 0x5C && (!ascii || code < 0x7F);
        if plain {
            continue;
        }
        out.push_slice(all.sub(done, index));
        push_escape(out, code);
        done = index + 1;
    }
    out.push_slice(all.sub(done, units.len()));
}

fn push_escape(out: &mut StrBuilder, code: u32) {
    let short = match code {
        0x22 => b'"',
        0x5C => b'\\',
        8 => b'b',
        9 => b't',
        10 => b'n',
        12 => b'f',
        13 => b'r',
        _ => {
            if let Some(above) = code.checked_sub(0x1_0000) {
                push_hex(out, 0xD800 + (above >> 10));
                push_hex(out, 0xDC00 + (above & 0x3FF));
            } else {
                push_hex(out, code);
            }
            return;
        }
    };
    out.push_slice(StrSlice::Latin1(&[b'\\', short]));
}

fn push_hex(out: &mut StrBuilder, code: u32) {
    let digit = |shift: u32| HEX[(code >> shift) as usize & 15];
    let escape = [b'\\', b'u', digit(12), digit(8), digit(4), digit(0)];
    out.push_slice(StrSlice::Latin1(&escape));
}
