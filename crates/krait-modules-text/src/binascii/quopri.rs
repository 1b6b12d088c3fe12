//! Quoted-printable data.

/// The longest line.
const LINE: usize = 76;

/// What is quoted.
#[derive(Clone, Copy)]
pub(super) struct Style {
    /// Tabs and spaces too.
    pub(super) quotetabs: bool,
    /// Ends of lines are ends of lines.
    pub(super) istext: bool,
    /// A header's text: underscores for spaces.
    pub(super) header: bool,
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}

pub(super) fn decode(data: &[u8], header: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len());
    let mut index = 0;
    while let Some(&byte) = data.get(index) {
        index += 1;
        if byte != b'=' {
            out.push(if header && byte == b'_' { b' ' } else { byte });
            continue;
        }
        let Some(&next) = data.get(index) else { break };
        if next == b'\n' || next == b'\r' {
            // A soft line break.
            let rest = &data[index..];
            index += rest
                .iter()
                .position(|&b| b == b'\n')
                .map_or(rest.len(), |i| i + 1);
        } else if next == b'=' {
            out.push(b'=');
            index += 1;
        } else if let Some(high) = digit(next)
            && let Some(low) = data.get(index + 1).copied().and_then(digit)
        {
            out.push(high << 4 | low);
            index += 2;
        } else {
            out.push(b'=');
        }
    }
    out
}

fn push_quoted(out: &mut Vec<u8>, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    out.extend([
        b'=',
        DIGITS[usize::from(byte >> 4)],
        DIGITS[usize::from(byte & 15)],
    ]);
}

fn must_quote(data: &[u8], index: usize, column: usize, style: Style) -> bool {
    let next = data.get(index + 1).copied();
    match data[index] {
        127.. | b'=' => true,
        b'_' => style.header,
        b'.' => column == 0 && matches!(next, None | Some(b'\n' | b'\r' | 0)),
        b'\r' | b'\n' => !style.istext,
        b'\t' | b' ' => next.is_none() || style.quotetabs,
        0..=32 => true,
        _ => false,
    }
}

pub(super) fn encode(data: &[u8], style: Style) -> Vec<u8> {
    let first_end = data.iter().position(|&byte| byte == b'\n');
    let crlf = first_end.is_some_and(|end| end > 0 && data[end - 1] == b'\r');
    let line_end: &[u8] = if crlf { b"\r\n" } else { b"\n" };
    let mut out = Vec::with_capacity(data.len());
    let (mut index, mut column) = (0, 0);
    while let Some(&byte) = data.get(index) {
        let next = data.get(index + 1).copied();
        if must_quote(data, index, column, style) {
            if column + 3 >= LINE {
                out.push(b'=');
                out.extend(line_end);
                column = 0;
            }
            push_quoted(&mut out, byte);
            index += 1;
            column += 3;
        } else if style.istext && (byte == b'\n' || byte == b'\r' && next == Some(b'\n')) {
            column = 0;
            // Blanks at the end of a line would be lost.
            if let Some(&blank @ (b' ' | b'\t')) = out.last() {
                out.pop();
                push_quoted(&mut out, blank);
            }
            out.extend(line_end);
            index += if byte == b'\r' { 2 } else { 1 };
        } else {
            if next.is_some_and(|next| next != b'\n') && column + 1 >= LINE {
                out.push(b'=');
                out.extend(line_end);
                column = 0;
            }
            column += 1;
            out.push(if style.header && byte == b' ' {
                b'_'
            } else {
                byte
            });
            index += 1;
        }
    }
    out
}
