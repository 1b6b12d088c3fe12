//! Tabs and padding: `expandtabs`, `center`, `zfill`.

use crate::{StrBuf, StrSlice};

/// `expandtabs`: a tab becomes spaces up to the next multiple of `size`; `None` if the result
/// would be too long for memory.
pub fn expand_tabs(text: StrSlice<'_>, size: usize) -> Option<StrBuf> {
    let mut out = StrBuf::with_capacity(text.len());
    let mut column = 0usize;
    for code_point in text.iter() {
        if code_point == 9 {
            if size > 0 {
                let spaces = size - column % size;
                out.len()
                    .checked_add(spaces)
                    .filter(|&len| len <= isize::MAX as usize / 4)?;
                Vec::<u8>::new()
                    .try_reserve_exact(out.len() + spaces)
                    .ok()?;
                out.push_n(0x20, spaces);
                column += spaces;
            }
        } else {
            column = if matches!(code_point, 10 | 13) {
                0
            } else {
                column + 1
            };
            out.push(code_point);
        }
    }
    Some(out)
}

/// How `center` splits the padding of a string of `len` characters: before and after.
pub fn center_padding(len: usize, width: usize) -> (usize, usize) {
    let padding = width.saturating_sub(len);
    let left = padding / 2 + (padding & width & 1);
    (left, padding - left)
}

/// `zfill`: zeros after the sign, up to `width`.
pub fn zero_fill(text: StrSlice<'_>, width: usize) -> StrBuf {
    let mut out = StrBuf::with_capacity(width.max(text.len()).min(text.len() + (1 << 20)));
    let signed = !text.is_empty() && matches!(text.at(0), 0x2B | 0x2D);
    let head = usize::from(signed);
    out.push_slice(text.sub(0, head));
    out.push_n(0x30, width.saturating_sub(text.len()));
    out.push_slice(text.sub(head, text.len()));
    out
}
