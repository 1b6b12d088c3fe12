//! Classes of characters: categories, case, and the sets of a code array.
//!
//! What a set says of characters below 256 is worked out once, when the program is built, unless
//! it depends on the locale, which may change between two matches.

use crate::constants::{category, op};

/// What the C library says of the bytes in the current locale.
#[derive(Clone, Debug)]
pub struct Locale {
    /// `tolower` of every byte.
    pub lower: [u8; 256],
    /// `toupper` of every byte.
    pub upper: [u8; 256],
    /// `isalnum` of every byte.
    pub alnum: [bool; 256],
}

impl Locale {
    /// The "C" locale.
    pub const C: Locale = {
        let mut lower = [0; 256];
        let mut upper = [0; 256];
        let mut alnum = [false; 256];
        let mut byte = 0;
        while byte < 256 {
            let c = byte as u8;
            lower[byte] = c.to_ascii_lowercase();
            upper[byte] = c.to_ascii_uppercase();
            alnum[byte] = c.is_ascii_alphanumeric();
            byte += 1;
        }
        Locale {
            lower,
            upper,
            alnum,
        }
    };

    pub(crate) fn to_lower(&self, ch: u32) -> u32 {
        usize::try_from(ch)
            .ok()
            .and_then(|i| self.lower.get(i))
            .map_or(ch, |&c| c.into())
    }

    pub(crate) fn to_upper(&self, ch: u32) -> u32 {
        usize::try_from(ch)
            .ok()
            .and_then(|i| self.upper.get(i))
            .map_or(ch, |&c| c.into())
    }

    pub(crate) fn is_word(&self, ch: u32) -> bool {
        ch == u32::from(b'_')
            || usize::try_from(ch)
                .ok()
                .and_then(|i| self.alnum.get(i))
                .is_some_and(|&b| b)
    }
}

/// Whether `ch` is an ASCII letter.
pub fn ascii_iscased(ch: u32) -> bool {
    u8::try_from(ch).is_ok_and(|c| c.is_ascii_alphabetic())
}

/// `ch` in lower case if it is an ASCII letter.
#[inline]
pub fn ascii_tolower(ch: u32) -> u32 {
    if (0x41..=0x5a).contains(&ch) {
        ch + 32
    } else {
        ch
    }
}

/// Whether `ch` has another form in lower or upper case.
pub fn unicode_iscased(ch: u32) -> bool {
    unicode_tolower(ch) != ch || unicode_toupper(ch) != ch
}

/// The one character that `ch` is in lower case.
pub fn unicode_tolower(ch: u32) -> u32 {
    if ch < 128 {
        ascii_tolower(ch)
    } else {
        first_of(krait_unicode::case::to_lower(ch), ch)
    }
}

/// The one character that `ch` is in upper case: the first, if it becomes several.
pub fn unicode_toupper(ch: u32) -> u32 {
    first_of(krait_unicode::case::to_upper(ch), ch)
}

fn first_of(mapping: krait_unicode::case::Mapping, ch: u32) -> u32 {
    mapping.as_slice().first().copied().unwrap_or(ch)
}

/// Whether `\w` of a Unicode pattern matches `ch`.
#[inline]
pub(crate) fn unicode_is_word(ch: u32) -> bool {
    if ch < 128 {
        return ascii_is_word(ch);
    }
    krait_unicode::is_alnum(ch)
}

/// Whether `\w` of an ASCII pattern matches `ch`.
#[inline]
pub(crate) fn ascii_is_word(ch: u32) -> bool {
    u8::try_from(ch).is_ok_and(|c| c.is_ascii_alphanumeric() || c == b'_')
}

/// Whether `ch` belongs to the category numbered `which`.
pub(crate) fn in_category(which: u32, ch: u32, locale: &Locale) -> bool {
    let ascii_digit = || (0x30..=0x39).contains(&ch);
    let ascii_space = || matches!(ch, 9..=13 | 32);
    match which {
        category::DIGIT => ascii_digit(),
        category::NOT_DIGIT => !ascii_digit(),
        category::SPACE => ascii_space(),
        category::NOT_SPACE => !ascii_space(),
        category::WORD => ascii_is_word(ch),
        category::NOT_WORD => !ascii_is_word(ch),
        category::LINEBREAK => ch == 10,
        category::NOT_LINEBREAK => ch != 10,
        category::LOC_WORD => locale.is_word(ch),
        category::LOC_NOT_WORD => !locale.is_word(ch),
        category::UNI_DIGIT => krait_unicode::is_decimal(ch),
        category::UNI_NOT_DIGIT => !krait_unicode::is_decimal(ch),
        category::UNI_SPACE => krait_unicode::is_space(ch),
        category::UNI_NOT_SPACE => !krait_unicode::is_space(ch),
        category::UNI_WORD => unicode_is_word(ch),
        category::UNI_NOT_WORD => !unicode_is_word(ch),
        category::UNI_LINEBREAK => krait_unicode::is_linebreak(ch),
        category::UNI_NOT_LINEBREAK => !krait_unicode::is_linebreak(ch),
        _ => false,
    }
}

/// Whether a category depends on the locale.
pub(crate) fn category_is_locale(which: u32) -> bool {
    matches!(which, category::LOC_WORD | category::LOC_NOT_WORD)
}

/// How a character is changed before it is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fold {
    None,
    Ascii,
    Unicode,
    Locale,
}

impl Fold {
    /// The form of `ch` that is compared.
    #[inline]
    pub(crate) fn lower(self, ch: u32, locale: &Locale) -> u32 {
        match self {
            Fold::None => ch,
            Fold::Ascii => ascii_tolower(ch),
            Fold::Unicode => unicode_tolower(ch),
            Fold::Locale => locale.to_lower(ch),
        }
    }
}

/// What a set answers for characters from 256 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum High {
    /// None of them belongs.
    Never,
    /// All of them belong.
    Always,
    /// The rule decides.
    Ask,
}

/// The rule that a set was made from.
#[derive(Clone, Debug)]
pub(crate) enum Rule {
    /// A charset of a code array, without its `FAILURE` word's followers.
    Charset(Box<[u32]>, Fold),
    /// One character, perhaps negated.
    Literal { code: u32, fold: Fold, negate: bool },
    /// One category.
    Category(u32),
    /// No character at all.
    Empty,
}

impl Rule {
    fn depends_on_locale(&self) -> bool {
        match self {
            Rule::Charset(code, fold) => *fold == Fold::Locale || charset_is_locale(code),
            Rule::Literal { fold, .. } => *fold == Fold::Locale,
            Rule::Category(which) => category_is_locale(*which),
            Rule::Empty => false,
        }
    }

    fn contains(&self, ch: u32, locale: &Locale) -> bool {
        match self {
            Rule::Charset(code, Fold::Locale) => {
                let (lower, upper) = (locale.to_lower(ch), locale.to_upper(ch));
                let is_in = |ch| in_charset(code, ch, locale);
                if code.first() == Some(&op::NEGATE) {
                    is_in(lower) && is_in(upper)
                } else {
                    is_in(lower) || is_in(upper)
                }
            }
            Rule::Charset(code, fold) => in_charset(code, fold.lower(ch, locale), locale),
            Rule::Literal { code, fold, negate } => {
                let same = match fold {
                    Fold::Locale => {
                        ch == *code || locale.to_lower(ch) == *code || locale.to_upper(ch) == *code
                    }
                    _ => fold.lower(ch, locale) == *code,
                };
                same != *negate
            }
            Rule::Category(which) => in_category(*which, ch, locale),
            Rule::Empty => false,
        }
    }

    /// What the rule says of all characters from 256 on, where that is plain to see.
    fn high(&self) -> High {
        match self {
            Rule::Charset(code, fold) => charset_high(code, *fold),
            Rule::Literal { code, fold, negate } => match fold {
                Fold::None | Fold::Ascii if *code < 256 => {
                    if *negate {
                        High::Always
                    } else {
                        High::Never
                    }
                }
                _ => High::Ask,
            },
            Rule::Category(which) => match *which {
                category::DIGIT | category::SPACE | category::WORD | category::LINEBREAK => {
                    High::Never
                }
                category::NOT_DIGIT
                | category::NOT_SPACE
                | category::NOT_WORD
                | category::NOT_LINEBREAK => High::Always,
                _ => High::Ask,
            },
            Rule::Empty => High::Never,
        }
    }
}

/// A set of characters, ready to be asked quickly.
#[derive(Clone, Debug)]
pub(crate) struct Set {
    /// Membership of the characters below 256; unused when `locale`.
    pub(crate) low: Box<[bool; 256]>,
    pub(crate) high: High,
    /// Whether membership depends on the locale, so that nothing is known beforehand.
    pub(crate) locale: bool,
    rule: Rule,
}

impl Set {
    pub(crate) fn new(rule: Rule) -> Set {
        let locale = rule.depends_on_locale();
        let mut low = Box::new([false; 256]);
        if !locale {
            for (ch, slot) in (0..).zip(low.iter_mut()) {
                *slot = rule.contains(ch, &Locale::C);
            }
        }
        let high = if locale { High::Ask } else { rule.high() };
        Set {
            low,
            high,
            locale,
            rule,
        }
    }

    #[inline(always)]
    pub(crate) fn contains(&self, ch: u32, locale: &Locale) -> bool {
        if ch < 256 && !self.locale {
            self.low[ch as usize]
        } else {
            self.contains_high(ch, locale)
        }
    }

    #[inline(never)]
    fn contains_high(&self, ch: u32, locale: &Locale) -> bool {
        match self.high {
            High::Never => false,
            High::Always => true,
            High::Ask => self.rule.contains(ch, locale),
        }
    }
}

/// One item of a charset.
enum Item<'a> {
    Literal(u32),
    Range(u32, u32),
    RangeIgnore(u32, u32),
    Category(u32),
    Bitmap(&'a [u32]),
    BigBitmap { map: &'a [u32], blocks: &'a [u32] },
    Negate,
}

/// The items of a charset that was validated; stops at its `FAILURE`.
struct Items<'a>(&'a [u32]);

impl<'a> Iterator for Items<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        let (item, size) = match *self.0 {
            [op::LITERAL, c, ..] => (Item::Literal(c), 2),
            [op::RANGE, lo, hi, ..] => (Item::Range(lo, hi), 3),
            [op::RANGE_UNI_IGNORE, lo, hi, ..] => (Item::RangeIgnore(lo, hi), 3),
            [op::CATEGORY, which, ..] => (Item::Category(which), 2),
            [op::NEGATE, ..] => (Item::Negate, 1),
            [op::CHARSET, ..] => (Item::Bitmap(self.0.get(1..9)?), 9),
            [op::BIGCHARSET, count, ..] => {
                let end = 66 + count as usize * 8;
                let blocks = self.0.get(66..end)?;
                (
                    Item::BigBitmap {
                        map: self.0.get(2..66)?,
                        blocks,
                    },
                    end,
                )
            }
            _ => return None,
        };
        self.0 = self.0.get(size..).unwrap_or_default();
        Some(item)
    }
}

fn bit(words: &[u32], index: usize) -> bool {
    words
        .get(index / 32)
        .is_some_and(|word| word >> (index % 32) & 1 != 0)
}

fn in_charset(code: &[u32], ch: u32, locale: &Locale) -> bool {
    let mut ok = true;
    for item in Items(code) {
        let found = match item {
            Item::Negate => {
                ok = !ok;
                false
            }
            Item::Literal(c) => c == ch,
            Item::Range(lo, hi) => lo <= ch && ch <= hi,
            Item::RangeIgnore(lo, hi) => {
                (lo <= ch && ch <= hi) || {
                    let upper = unicode_toupper(ch);
                    lo <= upper && upper <= hi
                }
            }
            Item::Category(which) => in_category(which, ch, locale),
            Item::Bitmap(words) => ch < 256 && bit(words, ch as usize),
            Item::BigBitmap { map, blocks } => {
                // The map holds one byte for each block of 256 characters.
                ch < 0x10000 && {
                    let page = (ch >> 8) as usize;
                    let block = map[page / 4].to_ne_bytes()[page % 4];
                    bit(blocks, usize::from(block) * 256 + (ch & 255) as usize)
                }
            }
        };
        if found {
            return ok;
        }
    }
    !ok
}

fn charset_is_locale(code: &[u32]) -> bool {
    Items(code).any(|item| matches!(item, Item::Category(which) if category_is_locale(which)))
}

/// What a charset answers for every character from 256 on, if it is the same for all of them.
fn charset_high(code: &[u32], fold: Fold) -> High {
    // Folding can bring a high character below 256 (the Kelvin sign to `k`).
    if matches!(fold, Fold::Unicode | Fold::Locale) {
        return High::Ask;
    }
    let mut ok = true;
    for item in Items(code) {
        match item {
            Item::Negate => ok = !ok,
            Item::Literal(c) if c < 256 => {}
            Item::Range(_, hi) if hi < 256 => {}
            Item::Bitmap(_) => {}
            Item::Category(which) => match Rule::Category(which).high() {
                High::Never => {}
                High::Always => return if ok { High::Always } else { High::Never },
                High::Ask => return High::Ask,
            },
            _ => return High::Ask,
        }
    }
    if ok { High::Never } else { High::Always }
}

/// Checks the charset that fills `code`, its last word being `FAILURE`.
pub(crate) fn charset_is_valid(code: &[u32]) -> bool {
    let mut rest = code;
    while let Some(&word) = rest.first() {
        let size = match word {
            op::FAILURE => return rest.len() == 1,
            op::NEGATE => 1,
            op::LITERAL => 2,
            op::RANGE | op::RANGE_UNI_IGNORE => 3,
            op::CATEGORY => match rest.get(1) {
                Some(&which) if which <= category::UNI_NOT_LINEBREAK => 2,
                _ => return false,
            },
            op::CHARSET => 9,
            op::BIGCHARSET => {
                let (Some(&count), Some(map)) = (rest.get(1), rest.get(2..66)) else {
                    return false;
                };
                // Every block that the map names must be there.
                if map
                    .iter()
                    .flat_map(|w| w.to_ne_bytes())
                    .any(|b| u32::from(b) >= count)
                {
                    return false;
                }
                match (count as usize).checked_mul(8) {
                    Some(words) => 66 + words,
                    None => return false,
                }
            }
            _ => return false,
        };
        match rest.get(size..) {
            Some(tail) => rest = tail,
            None => return false,
        }
    }
    false
}
