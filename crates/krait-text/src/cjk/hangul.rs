//! Syllables that KS X 1001 lacks, written in EUC-KR as a filler and three letters.

use super::tables::Charset;

/// How many bytes such a syllable has.
pub(super) const LEN: usize = 8;

/// The filler: it opens a syllable, and stands where one has no last consonant.
const FILLER: [u8; 2] = [0xA4, 0xD4];
/// The row of the letters.
const ROW: u8 = 0xA4;
/// The cell of the first vowel.
const FIRST_VOWEL: u8 = 0xBF;
const VOWELS: u32 = 21;
const FIRST_SYLLABLE: u32 = 0xAC00;
const LAST_SYLLABLE: u32 = 0xD7A3;

/// The cells of the consonants that open a syllable, in the order of Unicode's syllables.
const INITIALS: [u8; 19] = [
    0xA1, 0xA2, 0xA4, 0xA7, 0xA8, 0xA9, 0xB1, 0xB2, 0xB3, 0xB5, 0xB6, 0xB7, 0xB8, 0xB9, 0xBA, 0xBB,
    0xBC, 0xBD, 0xBE,
];
/// Those that close one; the first is none at all.
const FINALS: [u8; 28] = [
    0xD4, 0xA1, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7, 0xA9, 0xAA, 0xAB, 0xAC, 0xAD, 0xAE, 0xAF, 0xB0,
    0xB1, 0xB2, 0xB4, 0xB5, 0xB6, 0xB7, 0xB8, 0xBA, 0xBB, 0xBC, 0xBD, 0xBE,
];

fn allowed(charset: &Charset) -> bool {
    charset.name == "euc_kr"
}

/// Whether a syllable of this sort starts here.
pub(super) fn is_composed(charset: &Charset, input: &[u8]) -> bool {
    input.starts_with(&FILLER) && allowed(charset)
}

/// The syllable that eight bytes make.
pub(super) fn compose(bytes: &[u8]) -> Option<u32> {
    let &[_, _, ROW, initial, ROW, vowel, ROW, last] = bytes else {
        return None;
    };
    let initial = INITIALS.iter().position(|&cell| cell == initial)? as u32;
    let vowel = u32::from(vowel.checked_sub(FIRST_VOWEL)?);
    let last = FINALS.iter().position(|&cell| cell == last)? as u32;
    (vowel < VOWELS).then(|| FIRST_SYLLABLE + (initial * VOWELS + vowel) * 28 + last)
}

/// The eight bytes of a syllable.
pub(super) fn decompose(charset: &Charset, code: u32) -> Option<Vec<u8>> {
    if !allowed(charset) || !(FIRST_SYLLABLE..=LAST_SYLLABLE).contains(&code) {
        return None;
    }
    let index = code - FIRST_SYLLABLE;
    let initial = INITIALS[(index / 28 / VOWELS) as usize];
    let vowel = FIRST_VOWEL + (index / 28 % VOWELS) as u8;
    let last = FINALS[(index % 28) as usize];
    let [filler_row, filler] = FILLER;
    Some(vec![
        filler_row, filler, ROW, initial, ROW, vowel, ROW, last,
    ])
}
