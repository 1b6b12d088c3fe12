//! The lowered form of a code array.

use memchr::memmem;

use crate::class::{Fold, Locale, Set};
use crate::unit::Unit;

/// Index of an instruction.
pub(crate) type Pc = u32;

/// A test of one character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum One {
    /// Any character but a newline.
    Any,
    /// Any character.
    All,
    /// This character.
    Char(u32),
    /// Any character but this one.
    NotChar(u32),
    /// A character of the set with this index.
    Set(u32),
}

/// One instruction. The next one follows unless the text says otherwise.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Inst {
    /// Never matches.
    Fail,
    /// The end of the pattern, or of the body of the innermost lookaround or atomic group.
    Success,
    /// Consumes one character.
    One(One),
    /// Consumes the literals `start..end` of [`Program::literals`].
    Str { start: u32, end: u32 },
    /// Tests the position.
    At(u32),
    /// Remembers the position as a mark.
    Mark(u32),
    /// Tries the alternatives of [`Program::branches`] in turn.
    Branch(u32),
    /// Goes on elsewhere.
    Jump(Pc),
    /// Begins a general repeat: goes to its `until`.
    Repeat(u32),
    /// Ends the body of a greedy general repeat.
    MaxUntil(u32),
    /// Ends the body of a lazy general repeat.
    MinUntil(u32),
    /// Repeats one character; see [`Single`].
    Single(u32),
    /// Looks ahead or, from `back` characters earlier, behind; `end` follows the body.
    Assert { back: u32, end: Pc },
    /// The same, negated.
    AssertNot { back: u32, end: Pc },
    /// A group whose choices are forgotten once it matched.
    Atomic { end: Pc },
    /// Begins a repeat that never gives back; its body ends with `Success`.
    Possessive(u32),
    /// Matches what a group matched.
    GroupRef { group: u32, fold: Fold },
    /// Goes on at `otherwise` if the group did not match.
    GroupRefExists { group: u32, otherwise: Pc },
}

/// How a one-character repeat chooses its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Greed {
    Max,
    Min,
    /// As much as there is, and never less.
    Possessive,
}

/// A repeat of one character.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Single {
    pub(crate) one: One,
    pub(crate) min: u32,
    pub(crate) max: u32,
    pub(crate) greed: Greed,
    /// What may follow.
    pub(crate) next: Next,
}

/// What can be asked of the character after a repeat before going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Nothing: what follows may match the empty string.
    Anything,
    /// It must be this character.
    Char(u32),
    /// It must be in the [`First`] with this index.
    First(u32),
}

/// A general repeat.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Repeat {
    pub(crate) min: u32,
    pub(crate) max: u32,
    /// First instruction of the body.
    pub(crate) body: Pc,
    /// The `until`, or for a possessive repeat what follows the body's `Success`.
    pub(crate) end: Pc,
}

/// Alternatives, at most [`Branch::LIMIT`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Branch {
    pub(crate) targets: Vec<Pc>,
    /// For each character below 256, the alternatives that can begin with it.
    pub(crate) low: Vec<u64>,
    /// The alternatives that can begin with a character from 256 on.
    pub(crate) high: u64,
    /// The alternatives that can match at the end of the subject.
    pub(crate) end: u64,
}

impl Branch {
    /// As many as a mask has bits.
    pub(crate) const LIMIT: usize = 64;
}

/// The characters with which a match can begin: never too few.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct First {
    /// Those below 256.
    pub(crate) low: [u64; 4],
    /// Whether one from 256 on can begin.
    pub(crate) high: bool,
    /// Whether the match can be empty, so that the character does not matter.
    pub(crate) empty: bool,
}

/// A [`First`] that is quick to ask.
#[derive(Clone, Debug)]
pub(crate) struct FirstTable {
    pub(crate) low: Box<[bool; 256]>,
    pub(crate) high: bool,
}

impl FirstTable {
    #[inline(always)]
    pub(crate) fn contains(&self, ch: u32) -> bool {
        if ch < 256 {
            self.low[ch as usize]
        } else {
            self.high
        }
    }
}

/// How a search finds the places that are worth trying.
#[derive(Clone, Debug)]
pub(crate) enum Scan {
    /// Every place.
    Everywhere,
    /// Only the beginning of the subject.
    Beginning,
    /// The beginning of the subject and of each line.
    Lines,
    /// Where one of these bytes is (one to three of them), and no other character can begin.
    Bytes(Vec<u8>),
    /// Where a character of the table is.
    Table(FirstTable),
    /// Where the next characters are each of their place's.
    Places(Box<Places>),
    /// Where this literal is.
    Prefix(Box<Prefix>),
}

/// Which characters can stand at each of the first places of a match. Bit `i` of a mask says that
/// the character can stand at place `i`: shifting the mask of the places matched so far finds the
/// candidates with one load and no branch for each character of the subject.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    pub(crate) low: [u8; 256],
    pub(crate) high: u8,
    /// How many places there are, eight at most.
    pub(crate) count: u32,
}

/// The literal with which every match begins.
#[derive(Clone, Debug)]
pub(crate) struct Prefix {
    pub(crate) codes: Vec<u32>,
    /// Finds the literal in bytes, if its characters fit.
    pub(crate) finder: Option<memmem::Finder<'static>>,
    /// Finds its first characters in wider units.
    pub(crate) places: Places,
    /// Whether the literal is the whole pattern and has no group.
    pub(crate) whole: bool,
}

/// A pattern, validated and lowered.
#[derive(Debug)]
pub struct Program {
    pub(crate) insts: Vec<Inst>,
    pub(crate) literals: Vec<u32>,
    pub(crate) sets: Vec<Set>,
    pub(crate) singles: Vec<Single>,
    pub(crate) repeats: Vec<Repeat>,
    pub(crate) branches: Vec<Branch>,
    pub(crate) firsts: Vec<FirstTable>,
    pub(crate) scan: Scan,
    /// The least number of characters that a match has.
    pub(crate) min_width: usize,
    pub(crate) groups: usize,
}

impl Program {
    /// The number of groups, the whole match not counted.
    pub fn groups(&self) -> usize {
        self.groups
    }

    /// Whether one character passes a test.
    #[inline(always)]
    pub(crate) fn passes<U: Unit>(&self, one: One, unit: U, locale: &Locale) -> bool {
        let ch = unit.code();
        match one {
            One::Any => ch != 10,
            One::All => true,
            One::Char(c) => ch == c,
            One::NotChar(c) => ch != c,
            One::Set(set) => self.sets[set as usize].contains(ch, locale),
        }
    }
}

impl std::fmt::Debug for First {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let count: u32 = self.low.iter().map(|w| w.count_ones()).sum();
        write!(
            f,
            "First({count} low, high {}, empty {})",
            self.high, self.empty
        )
    }
}
