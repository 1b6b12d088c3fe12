//! ISO 2022: escape sequences designate character sets to G0, G1 and G2.
//!
//! The state: the sets in G0, G1 and G2 by their marks (the last byte of the escape sequence, with the high bit for
//! sets of two bytes), then flags.

use super::tables::charset;
use super::{State, Stop, double};
use crate::StrBuf;

const ESC: u8 = 0x1B;
const SHIFT_OUT: u8 = 0x0E;
const SHIFT_IN: u8 = 0x0F;
const ASCII: u8 = b'B';
const TWO_BYTES: u8 = 0x80;
const JISX0208: u8 = b'B' | TWO_BYTES;
const LATIN_1: u8 = b'A';
const GREEK: u8 = b'F';

const FLAGS: usize = 4;
const SHIFTED: u8 = 1;
/// Inside an escape sequence that means nothing here and is passed through.
const PASSING: u8 = 2;
/// So long may an escape sequence be.
const LONGEST: usize = 16;

/// The state at the start of text to encode: ASCII in G0 and G1.
pub(super) const ENCODER: State = State([ASCII, ASCII, 0, 0, 0, 0, 0, 0]);
/// The state at the start of text to decode.
pub(super) const DECODER: State = State([ASCII, ASCII, ASCII, 0, 0, 0, 0, 0]);

/// How the characters of a set are found.
#[derive(Clone, Copy, Debug)]
enum Set {
    /// By the map of this name.
    Map(&'static str),
    /// Of the map, only pairs of code points.
    PairsOf(&'static str),
    /// JIS X 0201's Latin half.
    Roman,
    /// Its other half.
    Katakana,
    /// The upper half of an 8-bit set: only ever decoded, from G2.
    Upper,
}

/// A character set that an encoding has.
#[derive(Clone, Copy, Debug)]
struct Designation {
    mark: u8,
    /// 0 to 2 for G0 to G2.
    place: usize,
    set: Set,
}

/// One of the family of encodings.
#[derive(Debug)]
pub struct Iso2022 {
    /// The sets, in the order in which the encoder tries them.
    sets: &'static [Designation],
    shifts: bool,
    uses_g2: bool,
    /// Whether `ESC & @` may come before JIS X 0208's own sequence.
    extended: bool,
}

const fn two(mark: u8, place: usize, name: &'static str) -> Designation {
    Designation {
        mark: mark | TWO_BYTES,
        place,
        set: Set::Map(name),
    }
}

const fn one(mark: u8, place: usize, set: Set) -> Designation {
    Designation { mark, place, set }
}

const ROMAN: Designation = one(b'J', 0, Set::Roman);
const OLD_JISX0208: Designation = two(b'@', 0, "jisx0208");

const fn japanese(sets: &'static [Designation], uses_g2: bool) -> Iso2022 {
    Iso2022 {
        sets,
        shifts: false,
        uses_g2,
        extended: true,
    }
}

pub(super) static KR: Iso2022 = Iso2022 {
    sets: &[two(b'C', 1, "ksx1001")],
    shifts: true,
    uses_g2: false,
    extended: false,
};
pub(super) static JP: Iso2022 = japanese(&[two(b'B', 0, "jisx0208"), ROMAN, OLD_JISX0208], false);
pub(super) static JP_1: Iso2022 = japanese(
    &[
        two(b'B', 0, "jisx0208"),
        two(b'D', 0, "jisx0212"),
        ROMAN,
        OLD_JISX0208,
    ],
    false,
);
pub(super) static JP_2: Iso2022 = japanese(
    &[
        two(b'B', 0, "jisx0208"),
        two(b'D', 0, "jisx0212"),
        two(b'C', 0, "ksx1001"),
        two(b'A', 0, "gb2312"),
        ROMAN,
        OLD_JISX0208,
        one(LATIN_1, 2, Set::Upper),
        one(GREEK, 2, Set::Upper),
    ],
    true,
);
pub(super) static JP_2004: Iso2022 = japanese(
    &[
        Designation {
            mark: b'Q' | TWO_BYTES,
            place: 0,
            set: Set::PairsOf("jisx0213_2004_1"),
        },
        two(b'B', 0, "jisx0208"),
        two(b'Q', 0, "jisx0213_2004_1"),
        two(b'P', 0, "jisx0213_2"),
    ],
    false,
);
pub(super) static JP_3: Iso2022 = japanese(
    &[
        Designation {
            mark: b'O' | TWO_BYTES,
            place: 0,
            set: Set::PairsOf("jisx0213_2000_1"),
        },
        two(b'B', 0, "jisx0208"),
        two(b'O', 0, "jisx0213_2000_1"),
        two(b'P', 0, "jisx0213_2"),
    ],
    false,
);
pub(super) static JP_EXT: Iso2022 = japanese(
    &[
        two(b'B', 0, "jisx0208"),
        two(b'D', 0, "jisx0212"),
        ROMAN,
        one(b'I', 0, Set::Katakana),
        OLD_JISX0208,
    ],
    false,
);

const YEN: u32 = 0xA5;
const OVERLINE: u32 = 0x203E;
const HALFWIDTH: u32 = 0xFF61;

impl Set {
    /// What the next bytes mean in this set.
    fn value(self, bytes: &[u8]) -> Option<u32> {
        let first = u32::from(bytes[0]);
        match self {
            Set::Map(name) | Set::PairsOf(name) => {
                charset(name).value(first << 8 | u32::from(*bytes.get(1)?))
            }
            Set::Roman => match bytes[0] {
                b'\\' => Some(YEN),
                b'~' => Some(OVERLINE),
                0..0x80 => Some(first),
                _ => None,
            },
            Set::Katakana => (0x21..=0x5F)
                .contains(&first)
                .then(|| HALFWIDTH + (first - 0x21)),
            Set::Upper => None,
        }
    }

    /// The bytes of what comes next, and how many characters they are.
    fn key(self, input: &[u32], last: bool) -> Result<Option<(u32, usize)>, Stop> {
        let code = input[0];
        Ok(match self {
            Set::Map(name) => charset(name).key(code).map(|key| (key, 1)),
            Set::PairsOf(name) => {
                double::next_key(charset(name), input, last)?.filter(|&(_, len)| len == 2)
            }
            Set::Roman => match code {
                YEN => Some((u32::from(b'\\'), 1)),
                OVERLINE => Some((u32::from(b'~'), 1)),
                _ => None,
            },
            Set::Katakana => (HALFWIDTH..=HALFWIDTH + 0x3E)
                .contains(&code)
                .then(|| (code - HALFWIDTH + 0x21, 1)),
            Set::Upper => None,
        })
    }
}

/// What a byte means in the upper half of ISO 8859-7.
fn greek(byte: u8) -> Option<u32> {
    Some(match byte | 0x80 {
        0xA1 => 0x2018,
        0xA2 => 0x2019,
        0xAF => 0x2015,
        0xB4..=0xB6 | 0xB8..=0xBA | 0xBC | 0xBE..=0xD1 | 0xD3..=0xFE => {
            u32::from(byte | 0x80) + 0x2D0
        }
        code @ (0xA0 | 0xA3 | 0xA6..=0xA9 | 0xAB..=0xAD | 0xB0..=0xB3 | 0xB7 | 0xBB | 0xBD) => {
            u32::from(code)
        }
        _ => return None,
    })
}

impl Iso2022 {
    fn find(&self, mark: u8) -> Option<&Designation> {
        self.sets.iter().find(|set| set.mark == mark)
    }

    /// The length of the escape sequence at the start of `input`; 0 if it has no end.
    fn escape_len(&self, input: &[u8]) -> Result<usize, Stop> {
        let mut at = 1;
        while at < LONGEST {
            match input.get(at) {
                None => return Err(Stop::Incomplete),
                Some(b'A'..=b'Z' | b'@') => return Ok(at + 1),
                Some(b'&') if self.extended && input.get(at + 1) == Some(&b'@') => at += 3,
                Some(_) => at += 1,
            }
        }
        Ok(0)
    }

    /// Carries out the escape sequence at the start of `input`; its length.
    fn escape(&self, state: &mut State, input: &[u8]) -> Result<usize, Stop> {
        let len = self.escape_len(input)?;
        let (mark, place) = match &input[..len] {
            [] => return Err(Stop::Illegal(1)),
            [_, b'$', mark] => (mark | TWO_BYTES, 0),
            [_, b'(', mark] => (*mark, 0),
            [_, b')', mark] => (*mark, 1),
            [_, b'.', mark] if self.uses_g2 => (*mark, 2),
            [_, b'$', b'(', mark] => (mark | TWO_BYTES, 0),
            [_, b'$', b')', mark] => (mark | TWO_BYTES, 1),
            [_, _, _, ESC, b'$', b'B'] if self.extended => (JISX0208, 0),
            _ => return Err(Stop::Illegal(len)),
        };
        if mark != ASCII && self.find(mark).is_none() {
            return Err(Stop::Illegal(len));
        }
        state.0[place] = mark;
        Ok(len)
    }

    /// One character of G2.
    fn single_shift(&self, state: &State, byte: u8) -> Result<u32, Stop> {
        let code = match state.0[2] {
            LATIN_1 if byte < 0x80 => Some(u32::from(byte) + 0x80),
            GREEK => greek(byte ^ 0x80).filter(|_| byte < 0x80),
            ASCII if byte < 0x80 => Some(u32::from(byte)),
            _ => None,
        };
        code.ok_or(Stop::Illegal(3))
    }

    /// Decodes what starts with an escape; how many bytes that were.
    fn after_escape(
        &self,
        state: &mut State,
        input: &[u8],
        out: &mut StrBuf,
    ) -> Result<usize, Stop> {
        match input.get(1) {
            None => Err(Stop::Incomplete),
            Some(b'(' | b')' | b'$' | b'.' | b'&') => self.escape(state, input),
            Some(b'N') if self.uses_g2 => {
                let &byte = input.get(2).ok_or(Stop::Incomplete)?;
                out.push(self.single_shift(state, byte)?);
                Ok(3)
            }
            Some(_) => {
                out.push(u32::from(ESC));
                state.0[FLAGS] |= PASSING;
                Ok(1)
            }
        }
    }

    /// Decodes from `at` on.
    pub(super) fn decode(
        &self,
        state: &mut State,
        input: &[u8],
        at: &mut usize,
        out: &mut StrBuf,
    ) -> Result<(), Stop> {
        while let Some(&byte) = input.get(*at) {
            if state.0[FLAGS] & PASSING != 0 {
                out.push(u32::from(byte));
                *at += 1;
                if byte.is_ascii_uppercase() || byte == b'@' {
                    state.0[FLAGS] &= !PASSING;
                }
                continue;
            }
            *at += match byte {
                ESC => self.after_escape(state, &input[*at..], out)?,
                SHIFT_IN if self.shifts => {
                    state.0[FLAGS] &= !SHIFTED;
                    1
                }
                SHIFT_OUT if self.shifts => {
                    state.0[FLAGS] |= SHIFTED;
                    1
                }
                b'\n' => {
                    state.0[FLAGS] &= !SHIFTED;
                    out.push(u32::from(byte));
                    1
                }
                _ => self.character(state, &input[*at..], out)?,
            };
        }
        Ok(())
    }

    fn character(&self, state: &State, input: &[u8], out: &mut StrBuf) -> Result<usize, Stop> {
        let byte = input[0];
        if byte >= 0x80 {
            return Err(Stop::Illegal(1));
        }
        let mark = state.0[usize::from(state.0[FLAGS] & SHIFTED != 0)];
        if byte < 0x20 || mark == ASCII {
            out.push(u32::from(byte));
            return Ok(1);
        }
        let set = self.find(mark).ok_or(Stop::Illegal(1))?;
        let width = if mark & TWO_BYTES != 0 { 2 } else { 1 };
        let bytes = input.get(..width).ok_or(Stop::Incomplete)?;
        double::push(set.set.value(bytes).ok_or(Stop::Illegal(width))?, out);
        Ok(width)
    }

    /// The set that has what comes next.
    fn set_for(
        &self,
        input: &[u32],
        last: bool,
    ) -> Result<Option<(&Designation, u32, usize)>, Stop> {
        for set in self.sets {
            if let Some((key, len)) = set.set.key(input, last)? {
                return Ok(Some((set, key, len)));
            }
        }
        Ok(None)
    }

    /// Encodes from `at` on.
    pub(super) fn encode(
        &self,
        state: &mut State,
        input: &[u32],
        at: &mut usize,
        last: bool,
        out: &mut Vec<u8>,
    ) -> Result<(), Stop> {
        while let Some(&code) = input.get(*at) {
            if let Ok(byte) = u8::try_from(code)
                && byte < 0x80
            {
                ascii(state, out);
                out.push(byte);
                *at += 1;
                continue;
            }
            let (set, key, len) = self.set_for(&input[*at..], last)?.ok_or(Stop::Illegal(1))?;
            designate(state, set, out);
            if set.mark & TWO_BYTES != 0 {
                out.extend_from_slice(&(key as u16).to_be_bytes());
            } else {
                out.push(key as u8);
            }
            *at += len;
        }
        Ok(())
    }
}

/// Has ASCII written next.
fn ascii(state: &mut State, out: &mut Vec<u8>) {
    if state.0[0] != ASCII {
        out.extend_from_slice(&[ESC, b'(', ASCII]);
        state.0[0] = ASCII;
    }
    shift_in(state, out);
}

fn shift_in(state: &mut State, out: &mut Vec<u8>) {
    if state.0[FLAGS] & SHIFTED != 0 {
        out.push(SHIFT_IN);
        state.0[FLAGS] &= !SHIFTED;
    }
}

/// Has characters of a set written next.
fn designate(state: &mut State, set: &Designation, out: &mut Vec<u8>) {
    if set.place == 0 {
        shift_in(state, out);
    }
    if state.0[set.place] != set.mark {
        let place = if set.place == 0 { b'(' } else { b')' };
        let last = set.mark & !TWO_BYTES;
        out.push(ESC);
        match set.mark {
            // The oldest sets of two bytes have a shorter sequence.
            JISX0208 => out.extend_from_slice(&[b'$', last]),
            mark if mark & TWO_BYTES != 0 => out.extend_from_slice(&[b'$', place, last]),
            _ => out.extend_from_slice(&[place, last]),
        }
        state.0[set.place] = set.mark;
    }
    if set.place == 1 && state.0[FLAGS] & SHIFTED == 0 {
        out.push(SHIFT_OUT);
        state.0[FLAGS] |= SHIFTED;
    }
}

/// Ends encoded text.
pub(super) fn finish(state: &mut State, out: &mut Vec<u8>) {
    shift_in(state, out);
    ascii(state, out);
}

/// Forgets G0 and the shift; G1 and G2 stay.
pub(super) fn reset_decoder(state: &mut State) {
    state.0[0] = ASCII;
    state.0[FLAGS] &= !SHIFTED;
}
