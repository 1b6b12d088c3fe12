//! Which characters can come next at each instruction, and what follows from that: repeats that
//! need not give back, branches that look before they try, searches that skip.

use memchr::memmem;

use crate::class::{High, Set};
use crate::constants::{MAXREPEAT, at};
use crate::program::{
    Branch, First, FirstTable, Greed, Inst, Next, One, Places, Prefix, Program, Repeat, Scan,
    Single,
};

impl First {
    const NOTHING: First = First {
        low: [0; 4],
        high: false,
        empty: false,
    };
    const EMPTY: First = First {
        low: [0; 4],
        high: false,
        empty: true,
    };
    const UNKNOWN: First = First {
        low: [u64::MAX; 4],
        high: true,
        empty: true,
    };

    fn char(ch: u32) -> First {
        let mut first = First::NOTHING;
        first.add(ch);
        first
    }

    fn add(&mut self, ch: u32) {
        match ch {
            0..256 => self.low[ch as usize / 64] |= 1 << (ch % 64),
            _ => self.high = true,
        }
    }

    fn contains_low(&self, ch: u32) -> bool {
        self.low[(ch as usize / 64) % 4] >> (ch % 64) & 1 != 0
    }

    fn one(one: One, sets: &[Set]) -> First {
        let all = First {
            empty: false,
            ..First::UNKNOWN
        };
        match one {
            One::All => all,
            One::Any | One::NotChar(_) => {
                let out = if let One::NotChar(c) = one { c } else { 10 };
                let mut first = all;
                if out < 256 {
                    first.low[out as usize / 64] &= !(1 << (out % 64));
                }
                first
            }
            One::Char(c) => First::char(c),
            One::Set(index) => {
                let set = &sets[index as usize];
                if set.locale {
                    return all;
                }
                let mut first = First {
                    high: set.high != High::Never,
                    ..First::NOTHING
                };
                for (ch, _) in (0..).zip(set.low.iter()).filter(|&(_, &member)| member) {
                    first.add(ch);
                }
                first
            }
        }
    }

    fn or(&self, other: &First) -> First {
        let mut low = self.low;
        for (word, more) in low.iter_mut().zip(other.low) {
            *word |= more;
        }
        First {
            low,
            high: self.high || other.high,
            empty: self.empty || other.empty,
        }
    }

    /// Of something that may be passed over: what it or what follows begins with.
    fn then(&self, next: &First) -> First {
        if self.empty {
            First {
                empty: false,
                ..self.clone()
            }
            .or(next)
        } else {
            self.clone()
        }
    }

    /// What satisfies both, neither being empty.
    fn and(&self, other: &First) -> First {
        let mut low = self.low;
        for (word, more) in low.iter_mut().zip(other.low) {
            *word &= more;
        }
        First {
            low,
            high: self.high && other.high,
            empty: false,
        }
    }

    fn table(&self) -> FirstTable {
        let mut low = Box::new([false; 256]);
        for (ch, slot) in (0..).zip(low.iter_mut()) {
            *slot = self.contains_low(ch);
        }
        FirstTable {
            low,
            high: self.high,
        }
    }

    fn members(&self) -> impl Iterator<Item = u8> + '_ {
        (0..=255).filter(|&ch| self.contains_low(u32::from(ch)))
    }

    fn disjoint(&self, other: &First) -> bool {
        !(self.high && other.high) && self.low.iter().zip(other.low).all(|(a, b)| a & b == 0)
    }
}

/// Computes what can come next everywhere and fills in all that depends on it.
pub(crate) fn link(program: &mut Program, prefix: Vec<u32>, whole: bool) {
    // The end of a repeat's body goes back to its beginning, which the pass from the back has not
    // seen yet: the first pass takes it for unknown, the second knows more.
    let rough = pass(program, None);
    let firsts = pass(program, Some(&rough));
    link_singles(program, &firsts);
    link_branches(program, &firsts);
    program.scan = scan(program, &firsts, prefix, whole);
}

fn pass(program: &Program, before: Option<&[First]>) -> Vec<First> {
    let count = program.insts.len();
    let mut firsts = vec![First::UNKNOWN; count + 1];
    for pc in (0..count).rev() {
        let next = &firsts[pc + 1];
        let at = |pc: u32| &firsts[pc as usize];
        let first = match program.insts[pc] {
            Inst::Fail => First::NOTHING,
            Inst::Success => First::EMPTY,
            Inst::One(one) => First::one(one, &program.sets),
            Inst::Str { start, .. } => First::char(program.literals[start as usize]),
            Inst::Mark(_) | Inst::At(_) => next.clone(),
            Inst::AssertNot { end, .. } => at(end).clone(),
            Inst::Branch(branch) => program.branches[branch as usize]
                .targets
                .iter()
                .fold(First::NOTHING, |first, &target| first.or(at(target))),
            Inst::Jump(to) => at(to).clone(),
            Inst::Repeat(id) => {
                let Repeat { min, body, end, .. } = program.repeats[id as usize];
                if min > 0 {
                    at(body).clone()
                } else {
                    at(body).or(at(end + 1))
                }
            }
            Inst::MaxUntil(id) | Inst::MinUntil(id) => match before {
                Some(rough) => rough[program.repeats[id as usize].body as usize].or(next),
                None => First::UNKNOWN,
            },
            Inst::Single(id) => {
                let Single { one, min, .. } = program.singles[id as usize];
                let first = First::one(one, &program.sets);
                if min > 0 { first } else { first.or(next) }
            }
            Inst::Assert { back, end } => {
                let after = at(end);
                if back == 0 && !next.empty && !after.empty {
                    after.and(next)
                } else {
                    after.clone()
                }
            }
            Inst::Atomic { end } => next.then(at(end)),
            Inst::Possessive(id) => {
                let Repeat { min, end, .. } = program.repeats[id as usize];
                if min > 0 {
                    next.then(at(end))
                } else {
                    next.or(at(end))
                }
            }
            Inst::GroupRef { .. } => First::UNKNOWN,
            Inst::GroupRefExists { otherwise, .. } => next.or(at(otherwise)),
        };
        firsts[pc] = first;
    }
    firsts
}

fn link_singles(program: &mut Program, firsts: &[First]) {
    for pc in 0..program.insts.len() {
        let Inst::Single(id) = program.insts[pc] else {
            continue;
        };
        let next = &firsts[pc + 1];
        let mine = First::one(program.singles[id as usize].one, &program.sets);
        let literal = match program.insts[pc + 1] {
            Inst::One(One::Char(c)) => Some(c),
            Inst::Str { start, .. } => Some(program.literals[start as usize]),
            _ => None,
        };
        let link = match literal {
            _ if next.empty => Next::Anything,
            Some(c) => Next::Char(c),
            None => {
                program.firsts.push(next.table());
                Next::First(program.firsts.len() as u32 - 1)
            }
        };
        let single = &mut program.singles[id as usize];
        single.next = link;
        // What it would give back could not begin what follows.
        if single.greed == Greed::Max
            && single.max == MAXREPEAT
            && !next.empty
            && mine.disjoint(next)
        {
            single.greed = Greed::Possessive;
        }
    }
}

fn link_branches(program: &mut Program, firsts: &[First]) {
    for branch in &mut program.branches {
        let Branch {
            targets,
            low,
            high,
            end,
        } = branch;
        low.resize(256, 0);
        for (index, &target) in targets.iter().enumerate() {
            let first = &firsts[target as usize];
            let mask = 1u64 << index;
            for (ch, slot) in (0..).zip(low.iter_mut()) {
                if first.empty || first.contains_low(ch) {
                    *slot |= mask;
                }
            }
            if first.empty || first.high {
                *high |= mask;
            }
            if first.empty {
                *end |= mask;
            }
        }
    }
}

/// The sets of the first characters of a match, place by place, where they are narrow enough to be
/// worth the look.
fn places(program: &Program) -> Option<Places> {
    const MOST: usize = 8;
    let mut fuel = 256;
    let mut sets = place_sets(program, 0, MOST, 0, &mut fuel);
    let narrow = |set: &First| !set.high && set.members().count() <= 16;
    while sets.last().is_some_and(|set| !narrow(set)) {
        sets.pop();
    }
    if sets.iter().filter(|set| narrow(set)).count() < 3 {
        return None;
    }
    Some(Places::new(&sets))
}

impl Places {
    /// The masks of these sets, eight at most.
    fn new(sets: &[First]) -> Places {
        let mut places = Places {
            low: [0; 256],
            high: 0,
            count: sets.len() as u32,
        };
        for (place, set) in sets.iter().enumerate() {
            for member in set.members() {
                places.low[usize::from(member)] |= 1 << place;
            }
            if set.high {
                places.high |= 1 << place;
            }
        }
        places
    }
}

/// The sets of the places from `pc` on, as far as they are certain, `most` at most. Alternatives
/// are followed to a small depth, and not for ever.
fn place_sets(
    program: &Program,
    mut pc: u32,
    most: usize,
    depth: u32,
    fuel: &mut u32,
) -> Vec<First> {
    let mut sets: Vec<First> = Vec::new();
    while sets.len() < most && *fuel > 0 {
        *fuel -= 1;
        match program.insts[pc as usize] {
            Inst::One(one) => sets.push(First::one(one, &program.sets)),
            Inst::Str { start, end } => {
                let literal = &program.literals[start as usize..end as usize];
                sets.extend(
                    literal
                        .iter()
                        .take(most - sets.len())
                        .map(|&c| First::char(c)),
                );
            }
            Inst::Mark(_) | Inst::At(_) => {}
            Inst::Jump(to) => {
                pc = to;
                continue;
            }
            Inst::AssertNot { end, .. } | Inst::Assert { end, .. } => {
                pc = end;
                continue;
            }
            Inst::Single(id) => {
                let Single { one, min, max, .. } = program.singles[id as usize];
                let first = First::one(one, &program.sets);
                let count = (min as usize).min(most - sets.len());
                sets.extend(std::iter::repeat_n(first, count));
                if min != max {
                    break;
                }
            }
            Inst::Branch(id) if depth < 4 => {
                let left = most - sets.len();
                let mut common: Option<Vec<First>> = None;
                for &target in &program.branches[id as usize].targets {
                    let mine = place_sets(program, target, left, depth + 1, fuel);
                    common = Some(match common {
                        None => mine,
                        Some(other) => other.iter().zip(&mine).map(|(a, b)| a.or(b)).collect(),
                    });
                }
                sets.extend(common.unwrap_or_default());
                break;
            }
            _ => break,
        }
        pc += 1;
    }
    sets
}

fn scan(program: &Program, firsts: &[First], prefix: Vec<u32>, whole: bool) -> Scan {
    let leading = program
        .insts
        .iter()
        .find(|inst| !matches!(inst, Inst::Mark(_)));
    match leading {
        Some(Inst::At(at::BEGINNING | at::BEGINNING_STRING)) => return Scan::Beginning,
        Some(Inst::At(at::BEGINNING_LINE)) => return Scan::Lines,
        _ => {}
    }
    if prefix.len() > 1 || prefix.first().is_some_and(|&c| c >= 256) {
        let bytes: Option<Vec<u8>> = prefix.iter().map(|&c| u8::try_from(c).ok()).collect();
        let finder = bytes.map(|bytes| memmem::Finder::new(&bytes).into_owned());
        let firsts: Vec<First> = prefix.iter().take(8).map(|&c| First::char(c)).collect();
        return Scan::Prefix(Box::new(Prefix {
            codes: prefix,
            finder,
            places: Places::new(&firsts),
            whole,
        }));
    }
    let first = &firsts[0];
    if first.empty {
        return Scan::Everywhere;
    }
    if let Some(places) = places(program) {
        return Scan::Places(Box::new(places));
    }
    let members: Vec<u8> = first.members().collect();
    if !first.high && (1..=3).contains(&members.len()) {
        return Scan::Bytes(members);
    }
    Scan::Table(first.table())
}
