//! The machine: runs a program at one position, backtracking over an explicit stack.
//!
//! The stack holds three sorts of frames: choices (what to try when the present path fails), undo
//! records (what a mark was before), and the state of general repeats and of lookarounds. A
//! failure pops frames until a choice resumes, so that everything younger than the choice is
//! undone. Where a group forgets its choices, only its undo records stay.
//!
//! A general repeat's iterations are frames too: [`Machine::repeat`] is the index of the innermost
//! running one, which lies below every frame that can still refer to it.

use crate::class::{Fold, Locale, ascii_is_word, unicode_is_word};
use crate::constants::{MAXREPEAT, at};
use crate::program::{Greed, Inst, Next, One, Pc, Program, Single};
use crate::unit::Unit;

/// What a match must cover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Begin at the position.
    Match,
    /// Begin at the position and reach the end.
    FullMatch,
    /// Begin anywhere from the position on.
    Search,
}

/// What to look for, and where.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Where to begin.
    pub pos: usize,
    /// Where the subject is taken to end.
    pub endpos: usize,
    /// How the match must lie.
    pub mode: Mode,
    /// Whether an empty match at `pos` does not count (after an empty match there).
    pub must_advance: bool,
    /// The C locale, for patterns with `re.LOCALE`.
    pub locale: &'a Locale,
}

/// Why a match could not be decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The interrupt hook said so.
    Interrupted,
    /// There is no memory for the backtrack stack.
    Memory,
}

/// A mark that was not set.
const UNSET: usize = usize::MAX;
/// No repeat is running, or no barrier is on the stack.
const NONE: u32 = u32::MAX;
/// So many failures between two calls of the interrupt hook.
const INTERVAL: u32 = 4096;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Undo: mark `id` was `a`, `lastindex` was `extra`.
    Mark,
    /// Choice: the alternatives `b` (a mask) of branch `id`, at `a`.
    Branch,
    /// Choice: the repeat of one character at pc `id` may give back, from `b` down to `a`.
    Single,
    /// Choice: the lazy repeat of one character at pc `id` may take more, from `a` up to `b`.
    Lazy,
    /// Iteration `b` of repeat `id`, which began at `a`; `extra` is the repeat around it.
    Iteration,
    /// The same, and a choice: to leave the repeat at `a` instead.
    Greedy,
    /// Choice: one more iteration of the lazy repeat `id` at `a`.
    More,
    /// Barrier: the body of the lookahead or atomic group at pc `id`, begun at `a`.
    Body,
    /// Barrier: the body of the negative lookaround at pc `id`, a choice too.
    Not,
    /// Barrier: iteration `b` of possessive repeat `id`, begun at `a`.
    Possessive,
}

#[derive(Clone, Copy, Debug)]
struct Frame {
    kind: Kind,
    id: u32,
    /// The repeat that was running when the frame was pushed.
    repeat: u32,
    /// The barrier below a barrier; see also [`Kind`].
    extra: u32,
    a: usize,
    b: usize,
}

/// The memory of the machine, which serves one match after another.
#[derive(Debug, Default)]
pub struct Scratch {
    stack: Vec<Frame>,
    marks: Vec<usize>,
    pub(crate) start: usize,
    pub(crate) end: usize,
    lastindex: u32,
}

impl Scratch {
    /// Memory without anything in it.
    pub fn new() -> Scratch {
        Scratch::default()
    }

    /// Where the last match lies; group 0 is all of it.
    pub fn span(&self, group: usize) -> Option<(usize, usize)> {
        let Some(index) = group.checked_sub(1) else {
            return Some((self.start, self.end));
        };
        match self.marks.get(index * 2..index * 2 + 2) {
            Some(&[start, end]) if start != UNSET && end != UNSET => Some((start, end)),
            _ => None,
        }
    }

    /// The group that was closed last in the last match.
    pub fn lastindex(&self) -> Option<usize> {
        (self.lastindex != 0).then_some(self.lastindex as usize)
    }

    /// Looks for a match of `program` in `subject`; [`Scratch::span`] tells where it was found.
    /// The hook is called now and then, and ends the search with an error of its own.
    pub fn run<U: Unit>(
        &mut self,
        program: &Program,
        subject: &[U],
        request: &Request<'_>,
        interrupt: &mut dyn FnMut() -> Result<(), Stop>,
    ) -> Result<bool, Stop> {
        let end = request.endpos.min(subject.len());
        let pos = request.pos.min(end);
        let request = Request {
            pos,
            endpos: end,
            ..*request
        };
        self.marks.clear();
        self.marks.resize(program.groups * 2, UNSET);
        self.lastindex = 0;
        // One unusual pattern must not keep its memory for ever.
        if self.stack.capacity() > 1 << 16 {
            self.stack = Vec::new();
        }
        let mut machine = Machine {
            program,
            subject: &subject[..end],
            locale: request.locale,
            scratch: self,
            full: request.mode == Mode::FullMatch,
            refused: if request.must_advance { pos } else { UNSET },
            interrupt,
            fuel: INTERVAL,
            repeat: NONE,
            barrier: NONE,
            dirty: false,
        };
        match request.mode {
            Mode::Match | Mode::FullMatch => machine.attempt(pos),
            Mode::Search => machine.search(pos),
        }
    }
}

/// A machine at work.
pub(crate) struct Machine<'a, U> {
    pub(crate) program: &'a Program,
    pub(crate) subject: &'a [U],
    locale: &'a Locale,
    pub(crate) scratch: &'a mut Scratch,
    full: bool,
    /// A position at which the match must not end.
    pub(crate) refused: usize,
    interrupt: &'a mut dyn FnMut() -> Result<(), Stop>,
    fuel: u32,
    /// Index of the frame of the innermost running general repeat.
    repeat: u32,
    /// Index of the innermost barrier.
    barrier: u32,
    /// Whether the last attempt may have left marks set.
    dirty: bool,
}

/// Where to go on.
type Resume = Option<(Pc, usize)>;

impl<U: Unit> Machine<'_, U> {
    /// Tries to match at `start`.
    pub(crate) fn attempt(&mut self, start: usize) -> Result<bool, Stop> {
        if self.dirty {
            self.scratch.marks.fill(UNSET);
            self.scratch.lastindex = 0;
        }
        self.scratch.stack.clear();
        self.repeat = NONE;
        self.barrier = NONE;
        let program = self.program;
        let subject = self.subject;
        let insts = program.insts.as_slice();
        let mut pc: Pc = 0;
        let mut ptr = start;
        loop {
            let resume: Resume = match insts[pc as usize] {
                Inst::One(one) => match subject.get(ptr) {
                    Some(&unit) if program.passes(one, unit, self.locale) => {
                        Some((pc + 1, ptr + 1))
                    }
                    _ => None,
                },
                Inst::Str { start, end } => {
                    let literal = &program.literals[start as usize..end as usize];
                    match subject.get(ptr..ptr + literal.len()) {
                        Some(text) if text.iter().zip(literal).all(|(c, &l)| c.code() == l) => {
                            Some((pc + 1, ptr + literal.len()))
                        }
                        _ => None,
                    }
                }
                Inst::Mark(mark) => {
                    self.mark(mark, ptr)?;
                    Some((pc + 1, ptr))
                }
                Inst::Single(id) => self.single(pc, id, ptr)?,
                Inst::Branch(id) => {
                    let branch = &program.branches[id as usize];
                    let mask = match subject.get(ptr).map(|unit| unit.code()) {
                        None => branch.end,
                        Some(ch @ 0..256) => branch.low[ch as usize],
                        Some(_) => branch.high,
                    };
                    self.alternative(id, mask, ptr)?
                }
                Inst::Jump(to) => Some((to, ptr)),
                Inst::Repeat(id) => {
                    self.iteration(Kind::Iteration, id, UNSET, 0, self.repeat)?;
                    Some((program.repeats[id as usize].end, ptr))
                }
                Inst::MaxUntil(id) => self.max_until(pc, id, ptr)?,
                Inst::MinUntil(id) => self.min_until(pc, id, ptr)?,
                Inst::At(which) => self.at(which, ptr).then_some((pc + 1, ptr)),
                Inst::Assert { back, .. } => match ptr.checked_sub(back as usize) {
                    Some(from) => {
                        self.barrier(Kind::Body, pc, ptr, 0)?;
                        Some((pc + 1, from))
                    }
                    None => None,
                },
                Inst::AssertNot { back, end } => match ptr.checked_sub(back as usize) {
                    Some(from) => {
                        self.barrier(Kind::Not, pc, ptr, 0)?;
                        Some((pc + 1, from))
                    }
                    None => Some((end, ptr)),
                },
                Inst::Atomic { .. } => {
                    self.barrier(Kind::Body, pc, ptr, 0)?;
                    Some((pc + 1, ptr))
                }
                Inst::Possessive(id) => {
                    let repeat = program.repeats[id as usize];
                    if repeat.max == 0 {
                        Some((repeat.end, ptr))
                    } else {
                        self.barrier(Kind::Possessive, id, ptr, 0)?;
                        Some((repeat.body, ptr))
                    }
                }
                Inst::GroupRef { group, fold } => {
                    self.group_ref(group, fold, ptr).map(|end| (pc + 1, end))
                }
                Inst::GroupRefExists { group, otherwise } => {
                    let to = if self.group(group).is_some() {
                        pc + 1
                    } else {
                        otherwise
                    };
                    Some((to, ptr))
                }
                Inst::Fail => None,
                Inst::Success if self.barrier == NONE => {
                    if (self.full && ptr != subject.len()) || ptr == self.refused {
                        None
                    } else {
                        self.scratch.start = start;
                        self.scratch.end = ptr;
                        return Ok(true);
                    }
                }
                Inst::Success => self.body_matched(ptr)?,
            };
            match resume {
                Some((next, at)) => {
                    pc = next;
                    ptr = at;
                }
                None => match self.backtrack()? {
                    Some((next, at)) => {
                        pc = next;
                        ptr = at;
                    }
                    None => return Ok(false),
                },
            }
        }
    }

    #[inline]
    pub(crate) fn tick(&mut self) -> Result<(), Stop> {
        self.fuel -= 1;
        if self.fuel == 0 {
            self.fuel = INTERVAL;
            (self.interrupt)()?;
        }
        Ok(())
    }

    #[inline(always)]
    fn push(&mut self, frame: Frame) -> Result<(), Stop> {
        let stack = &mut self.scratch.stack;
        if stack.len() == stack.capacity() {
            grow(stack)?;
        }
        stack.push(frame);
        Ok(())
    }

    #[inline]
    fn mark(&mut self, mark: u32, ptr: usize) -> Result<(), Stop> {
        let old = self.scratch.marks[mark as usize];
        self.dirty = true;
        // With nothing to go back to, nothing has to be undone.
        if !self.scratch.stack.is_empty() {
            let (a, extra) = (old, self.scratch.lastindex);
            self.push(Frame {
                kind: Kind::Mark,
                id: mark,
                repeat: 0,
                extra,
                a,
                b: 0,
            })?;
        }
        self.scratch.marks[mark as usize] = ptr;
        if mark & 1 != 0 {
            self.scratch.lastindex = mark / 2 + 1;
        }
        Ok(())
    }

    /// Goes to the first alternative of `mask`, keeping the others for later.
    #[inline]
    fn alternative(&mut self, id: u32, mask: u64, ptr: usize) -> Result<Resume, Stop> {
        if mask == 0 {
            return Ok(None);
        }
        let index = mask.trailing_zeros() as usize;
        let others = mask & (mask - 1);
        if others != 0 {
            let (repeat, b) = (self.repeat, others as usize);
            self.push(Frame {
                kind: Kind::Branch,
                id,
                repeat,
                extra: 0,
                a: ptr,
                b,
            })?;
        }
        Ok(Some((
            self.program.branches[id as usize].targets[index],
            ptr,
        )))
    }

    fn barrier(&mut self, kind: Kind, id: u32, a: usize, b: usize) -> Result<(), Stop> {
        let (repeat, extra) = (self.repeat, self.barrier);
        self.barrier = self.scratch.stack.len() as u32;
        self.push(Frame {
            kind,
            id,
            repeat,
            extra,
            a,
            b,
        })
    }

    /// Begins iteration `count` of repeat `id` at `at`.
    fn iteration(
        &mut self,
        kind: Kind,
        id: u32,
        at: usize,
        count: usize,
        outer: u32,
    ) -> Result<(), Stop> {
        let repeat = self.repeat;
        self.repeat = self.scratch.stack.len() as u32;
        self.push(Frame {
            kind,
            id,
            repeat,
            extra: outer,
            a: at,
            b: count,
        })
    }

    fn max_until(&mut self, pc: Pc, id: u32, ptr: usize) -> Result<Resume, Stop> {
        self.tick()?;
        let repeat = &self.program.repeats[id as usize];
        let Frame {
            a: last,
            b: done,
            extra: outer,
            ..
        } = self.scratch.stack[self.repeat as usize];
        if done < repeat.min as usize {
            self.iteration(Kind::Iteration, id, last, done + 1, outer)?;
            return Ok(Some((repeat.body, ptr)));
        }
        // An iteration that matched nothing is not repeated.
        if (done < repeat.max as usize || repeat.max == MAXREPEAT) && ptr != last {
            self.iteration(Kind::Greedy, id, ptr, done + 1, outer)?;
            return Ok(Some((repeat.body, ptr)));
        }
        self.repeat = outer;
        Ok(Some((pc + 1, ptr)))
    }

    fn min_until(&mut self, pc: Pc, id: u32, ptr: usize) -> Result<Resume, Stop> {
        self.tick()?;
        let repeat = &self.program.repeats[id as usize];
        let Frame {
            a: last,
            b: done,
            extra: outer,
            ..
        } = self.scratch.stack[self.repeat as usize];
        if done < repeat.min as usize {
            self.iteration(Kind::Iteration, id, last, done + 1, outer)?;
            return Ok(Some((repeat.body, ptr)));
        }
        let running = self.repeat;
        self.push(Frame {
            kind: Kind::More,
            id,
            repeat: running,
            extra: 0,
            a: ptr,
            b: 0,
        })?;
        self.repeat = outer;
        Ok(Some((pc + 1, ptr)))
    }

    /// One more iteration of a lazy repeat after what follows it failed.
    fn more(&mut self, frame: Frame) -> Result<Resume, Stop> {
        let repeat = &self.program.repeats[frame.id as usize];
        let Frame {
            a: last,
            b: done,
            extra: outer,
            ..
        } = self.scratch.stack[frame.repeat as usize];
        if (done >= repeat.max as usize && repeat.max != MAXREPEAT) || frame.a == last {
            return Ok(None);
        }
        self.repeat = frame.repeat;
        self.iteration(Kind::Iteration, frame.id, frame.a, done + 1, outer)?;
        Ok(Some((repeat.body, frame.a)))
    }

    /// Whether what follows a repeat can begin at `ptr`.
    #[inline(always)]
    fn can_follow(&self, next: Next, ptr: usize) -> bool {
        match next {
            Next::Anything => true,
            Next::Char(c) => self.subject.get(ptr).is_some_and(|unit| unit.code() == c),
            Next::First(first) => self
                .subject
                .get(ptr)
                .is_some_and(|unit| self.program.firsts[first as usize].contains(unit.code())),
        }
    }

    /// Where the run of characters that pass `one`, from `from` and no longer than `limit`, ends.
    #[inline]
    fn run_end(&self, one: One, from: usize, limit: usize) -> usize {
        let text = &self.subject[from..limit];
        let length = match one {
            One::All => None,
            One::Any => U::find(text, 10),
            One::NotChar(c) => U::find(text, c),
            One::Char(c) => text.iter().position(|unit| unit.code() != c),
            One::Set(set) => {
                let set = &self.program.sets[set as usize];
                text.iter()
                    .position(|unit| !set.contains(unit.code(), self.locale))
            }
        };
        length.map_or(limit, |length| from + length)
    }

    /// The repeat of one character with this index, at `ptr`.
    fn single(&mut self, pc: Pc, id: u32, ptr: usize) -> Result<Resume, Stop> {
        let Single {
            one,
            min,
            max,
            greed,
            next,
        } = self.program.singles[id as usize];
        let room = self.subject.len() - ptr;
        if (min as usize) > room {
            return Ok(None);
        }
        let floor = ptr + min as usize;
        let limit = if max == MAXREPEAT {
            ptr + room
        } else {
            ptr + room.min(max as usize)
        };
        if greed == Greed::Min {
            if self.run_end(one, ptr, floor) != floor {
                return Ok(None);
            }
            return self.lazy(pc, floor, limit);
        }
        let stop = self.run_end(one, ptr, limit);
        if stop < floor {
            return Ok(None);
        }
        if greed == Greed::Possessive {
            return Ok(self.can_follow(next, stop).then_some((pc + 1, stop)));
        }
        let Some(at) = self.give_back(next, floor, stop) else {
            return Ok(None);
        };
        if at > floor {
            let repeat = self.repeat;
            let (a, b) = (floor, at);
            self.push(Frame {
                kind: Kind::Single,
                id: pc,
                repeat,
                extra: 0,
                a,
                b,
            })?;
        }
        Ok(Some((pc + 1, at)))
    }

    /// The last place in `floor..=stop` where what follows can begin.
    #[inline]
    fn give_back(&self, next: Next, floor: usize, stop: usize) -> Option<usize> {
        match next {
            Next::Anything => Some(stop),
            Next::Char(c) => {
                let text = &self.subject[floor..(stop + 1).min(self.subject.len())];
                U::rfind(text, c).map(|index| floor + index)
            }
            Next::First(first) => {
                let first = &self.program.firsts[first as usize];
                let text = &self.subject[floor..(stop + 1).min(self.subject.len())];
                text.iter()
                    .rposition(|unit| first.contains(unit.code()))
                    .map(|index| floor + index)
            }
        }
    }

    /// Takes as few more characters as what follows allows, from `from` up to `limit`.
    fn lazy(&mut self, pc: Pc, from: usize, limit: usize) -> Result<Resume, Stop> {
        let Inst::Single(id) = self.program.insts[pc as usize] else {
            return Ok(None);
        };
        let Single { one, next, .. } = self.program.singles[id as usize];
        let at = match next {
            Next::Anything => from,
            Next::Char(c) => {
                let text = &self.subject[from..(limit + 1).min(self.subject.len())];
                match U::find(text, c) {
                    Some(index) if self.run_end(one, from, from + index) == from + index => {
                        from + index
                    }
                    _ => return Ok(None),
                }
            }
            Next::First(first) => {
                let first = &self.program.firsts[first as usize];
                let mut at = from;
                loop {
                    let Some(&unit) = self.subject.get(at) else {
                        return Ok(None);
                    };
                    if first.contains(unit.code()) {
                        break at;
                    }
                    if at >= limit || !self.program.passes(one, unit, self.locale) {
                        return Ok(None);
                    }
                    at += 1;
                }
            }
        };
        if at < limit {
            let repeat = self.repeat;
            self.push(Frame {
                kind: Kind::Lazy,
                id: pc,
                repeat,
                extra: 0,
                a: at,
                b: limit,
            })?;
        }
        Ok(Some((pc + 1, at)))
    }

    fn at(&self, which: u32, ptr: usize) -> bool {
        let before = ptr.checked_sub(1).and_then(|index| self.subject.get(index));
        let after = self.subject.get(ptr);
        let newline = |unit: Option<&U>| unit.is_none_or(|unit| unit.code() == 10);
        let boundary = |word: &dyn Fn(u32) -> bool| {
            let is_word = |unit: Option<&U>| unit.is_some_and(|unit| word(unit.code()));
            is_word(before) != is_word(after)
        };
        let locale = |ch| self.locale.is_word(ch);
        match which {
            at::BEGINNING | at::BEGINNING_STRING => ptr == 0,
            at::BEGINNING_LINE => newline(before),
            at::END => {
                ptr == self.subject.len() || (ptr + 1 == self.subject.len() && newline(after))
            }
            at::END_LINE => newline(after),
            at::END_STRING => ptr == self.subject.len(),
            at::BOUNDARY => boundary(&ascii_is_word),
            at::NON_BOUNDARY => !boundary(&ascii_is_word),
            at::LOC_BOUNDARY => boundary(&locale),
            at::LOC_NON_BOUNDARY => !boundary(&locale),
            at::UNI_BOUNDARY => boundary(&unicode_is_word),
            _ => !boundary(&unicode_is_word),
        }
    }

    fn group(&self, group: u32) -> Option<(usize, usize)> {
        let start = self.scratch.marks[group as usize * 2];
        let end = self.scratch.marks[group as usize * 2 + 1];
        (start != UNSET && end != UNSET && start <= end).then_some((start, end))
    }

    /// Where the text of a group, met again at `ptr`, ends.
    fn group_ref(&self, group: u32, fold: Fold, ptr: usize) -> Option<usize> {
        let (start, end) = self.group(group)?;
        let text = &self.subject[start..end];
        let again = self.subject.get(ptr..ptr + text.len())?;
        let same = |a: &U, b: &U| {
            a == b || fold.lower(a.code(), self.locale) == fold.lower(b.code(), self.locale)
        };
        let matches = match fold {
            Fold::None => text == again,
            _ => text.iter().zip(again).all(|(a, b)| same(a, b)),
        };
        matches.then_some(ptr + text.len())
    }

    /// The body of the innermost barrier matched up to `ptr`.
    fn body_matched(&mut self, ptr: usize) -> Result<Resume, Stop> {
        let barrier = self.barrier as usize;
        let Frame {
            kind,
            id,
            repeat,
            extra,
            a: begun,
            b: done,
        } = self.scratch.stack[barrier];
        self.barrier = extra;
        self.repeat = repeat;
        if kind == Kind::Not {
            self.unwind(barrier);
            return Ok(None);
        }
        self.forget(barrier);
        if kind == Kind::Body {
            return Ok(match self.program.insts[id as usize] {
                Inst::Assert { end, .. } => Some((end, begun)),
                Inst::Atomic { end } => Some((end, ptr)),
                _ => None,
            });
        }
        self.tick()?;
        let possessive = &self.program.repeats[id as usize];
        let done = done + 1;
        let wanted = done < possessive.min as usize
            || ((done < possessive.max as usize || possessive.max == MAXREPEAT) && ptr != begun);
        if wanted {
            self.barrier(Kind::Possessive, id, ptr, done)?;
            return Ok(Some((possessive.body, ptr)));
        }
        Ok(Some((possessive.end, ptr)))
    }

    /// Drops the choices from `barrier` on, keeping what undoes the marks.
    fn forget(&mut self, barrier: usize) {
        let stack = &mut self.scratch.stack;
        let mut kept = barrier;
        // With nothing below to go back to, the marks need not be undone either.
        if barrier > 0 {
            for index in barrier..stack.len() {
                if stack[index].kind == Kind::Mark {
                    stack[kept] = stack[index];
                    kept += 1;
                }
            }
        }
        stack.truncate(kept);
    }

    /// Drops everything from `barrier` on, undoing the marks.
    fn unwind(&mut self, barrier: usize) {
        while self.scratch.stack.len() > barrier {
            if let Some(frame) = self.scratch.stack.pop() {
                self.undo(frame);
            }
        }
    }

    #[inline]
    fn undo(&mut self, frame: Frame) {
        if frame.kind == Kind::Mark {
            self.scratch.marks[frame.id as usize] = frame.a;
            self.scratch.lastindex = frame.extra;
        }
    }

    /// Goes back to the youngest choice that is left.
    fn backtrack(&mut self) -> Result<Resume, Stop> {
        self.tick()?;
        while let Some(frame) = self.scratch.stack.pop() {
            match frame.kind {
                Kind::Mark => {
                    self.undo(frame);
                    continue;
                }
                Kind::Iteration => continue,
                _ => {}
            }
            self.repeat = frame.repeat;
            let resume = match frame.kind {
                Kind::Mark | Kind::Iteration => None,
                Kind::Branch => self.alternative(frame.id, frame.b as u64, frame.a)?,
                Kind::Single => self.less(frame)?,
                Kind::Lazy => self.longer(frame)?,
                Kind::Greedy => {
                    self.repeat = frame.extra;
                    Some((self.program.repeats[frame.id as usize].end + 1, frame.a))
                }
                Kind::More => self.more(frame)?,
                Kind::Body => {
                    self.barrier = frame.extra;
                    None
                }
                Kind::Not => {
                    self.barrier = frame.extra;
                    match self.program.insts[frame.id as usize] {
                        Inst::AssertNot { end, .. } => Some((end, frame.a)),
                        _ => None,
                    }
                }
                Kind::Possessive => {
                    self.barrier = frame.extra;
                    let repeat = &self.program.repeats[frame.id as usize];
                    (frame.b >= repeat.min as usize).then_some((repeat.end, frame.a))
                }
            };
            if resume.is_some() {
                return Ok(resume);
            }
        }
        Ok(None)
    }

    /// A repeat of one character gives back what it has to.
    fn less(&mut self, frame: Frame) -> Result<Resume, Stop> {
        let Inst::Single(id) = self.program.insts[frame.id as usize] else {
            return Ok(None);
        };
        let next = self.program.singles[id as usize].next;
        let Some(at) = self.give_back(next, frame.a, frame.b - 1) else {
            return Ok(None);
        };
        if at > frame.a {
            self.push(Frame { b: at, ..frame })?;
        }
        Ok(Some((frame.id + 1, at)))
    }

    /// A lazy repeat of one character takes one more.
    fn longer(&mut self, frame: Frame) -> Result<Resume, Stop> {
        let Inst::Single(id) = self.program.insts[frame.id as usize] else {
            return Ok(None);
        };
        let one = self.program.singles[id as usize].one;
        match self.subject.get(frame.a) {
            Some(&unit) if self.program.passes(one, unit, self.locale) => {
                self.lazy(frame.id, frame.a + 1, frame.b)
            }
            _ => Ok(None),
        }
    }
}

#[cold]
fn grow(stack: &mut Vec<Frame>) -> Result<(), Stop> {
    let more = stack.len().max(64);
    // Frames are named by 32-bit indices.
    if stack.len() + more >= NONE as usize {
        return Err(Stop::Memory);
    }
    stack.try_reserve_exact(more).map_err(|_| Stop::Memory)
}
