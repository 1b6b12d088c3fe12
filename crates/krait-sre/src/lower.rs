//! From a code array to a [`Program`], checking everything on the way.
//!
//! The constructs that are open at a word are kept in a list, so that no nesting, however deep,
//! uses the native stack.

use crate::class::{Fold, Rule, Set, charset_is_valid};
use crate::constants::{INFO_CHARSET, INFO_LITERAL, INFO_PREFIX, MAXGROUPS, at, category, op};
use crate::first;
use crate::program::{Branch, Greed, Inst, Next, One, Pc, Program, Repeat, Scan, Single};

/// The code array is not one that `re._compiler` emits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidCode;

impl std::fmt::Display for InvalidCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("invalid SRE code")
    }
}

impl std::error::Error for InvalidCode {}

type Checked<T> = Result<T, InvalidCode>;

/// A construct whose body is being lowered, and the word where that body ends.
struct Open {
    end: usize,
    kind: Kind,
}

enum Kind {
    /// The whole pattern.
    Pattern,
    Repeat(u32),
    Possessive(u32),
    /// A lookaround or atomic group, begun by the instruction at this index.
    Body(Pc),
    /// An alternative: the branch, and the jumps of its alternatives to the end.
    Alternative {
        branch: u32,
        jumps: Vec<Pc>,
        finish: Option<usize>,
    },
    /// The first half of a conditional, begun by this instruction.
    Then(Pc),
    /// Its second half, with the first half's jump.
    Else(Pc),
}

impl Program {
    /// Validates and lowers `code`, the code of a pattern with `groups` groups.
    pub fn new(code: &[u32], groups: usize) -> Result<Program, InvalidCode> {
        let Some((&op::SUCCESS, _)) = code.split_last() else {
            return Err(InvalidCode);
        };
        if groups > MAXGROUPS || u32::try_from(code.len()).is_err() {
            return Err(InvalidCode);
        }
        let program = Program {
            insts: Vec::with_capacity(code.len() / 2),
            literals: Vec::new(),
            sets: Vec::new(),
            singles: Vec::new(),
            repeats: Vec::new(),
            branches: Vec::new(),
            firsts: Vec::new(),
            scan: Scan::Everywhere,
            min_width: 0,
            groups,
        };
        let mut lowering = Lowering {
            code,
            pos: 0,
            program,
            open: Vec::new(),
            label: 0,
            prefix: Vec::new(),
            whole: false,
        };
        lowering.info()?;
        lowering.pattern()?;
        let Lowering {
            mut program,
            prefix,
            whole,
            ..
        } = lowering;
        first::link(&mut program, prefix, whole && groups == 0);
        Ok(program)
    }
}

struct Lowering<'a> {
    code: &'a [u32],
    pos: usize,
    program: Program,
    open: Vec<Open>,
    /// The last instruction that something jumps to: nothing is merged across it.
    label: Pc,
    prefix: Vec<u32>,
    whole: bool,
}

impl Lowering<'_> {
    fn word(&self, at: usize) -> Checked<u32> {
        self.code.get(at).copied().ok_or(InvalidCode)
    }

    fn take(&mut self) -> Checked<u32> {
        let word = self.word(self.pos)?;
        self.pos += 1;
        Ok(word)
    }

    /// Takes a skip word; the answer is where it leads, inside the construct that is open.
    fn skip(&mut self) -> Checked<usize> {
        let from = self.pos;
        let to = from + self.take()? as usize;
        let limit = self.open.last().map_or(self.code.len(), |open| open.end);
        if to <= from || to > limit {
            Err(InvalidCode)
        } else {
            Ok(to)
        }
    }

    fn here(&self) -> Pc {
        self.program.insts.len() as Pc
    }

    /// Marks the next instruction as one that is jumped to.
    fn bind(&mut self) -> Pc {
        self.label = self.here();
        self.label
    }

    fn emit(&mut self, inst: Inst) -> Pc {
        self.program.insts.push(inst);
        self.here() - 1
    }

    fn enter(&mut self, end: usize, kind: Kind) -> Checked<()> {
        if end < self.pos || end > self.code.len() {
            return Err(InvalidCode);
        }
        self.bind();
        self.open.push(Open { end, kind });
        Ok(())
    }

    /// The INFO block that may begin the code.
    fn info(&mut self) -> Checked<()> {
        if self.word(0)? != op::INFO {
            return Ok(());
        }
        self.pos = 1;
        let end = self.skip()?;
        let block = self.code.get(2..end).ok_or(InvalidCode)?;
        let [flags, min, _max, rest @ ..] = block else {
            return Err(InvalidCode);
        };
        if flags & !(INFO_PREFIX | INFO_LITERAL | INFO_CHARSET) != 0
            || flags & (INFO_PREFIX | INFO_CHARSET) == INFO_PREFIX | INFO_CHARSET
            || flags & (INFO_PREFIX | INFO_LITERAL) == INFO_LITERAL
        {
            return Err(InvalidCode);
        }
        self.program.min_width = *min as usize;
        let mut left = rest;
        if flags & INFO_PREFIX != 0 {
            let [count, skip, tables @ ..] = rest else {
                return Err(InvalidCode);
            };
            let count = *count as usize;
            if *skip as usize > count || tables.len() != count.checked_mul(2).ok_or(InvalidCode)? {
                return Err(InvalidCode);
            }
            let (prefix, overlap) = tables.split_at(count);
            if overlap.iter().any(|&o| o as usize >= count) {
                return Err(InvalidCode);
            }
            self.prefix = prefix.to_vec();
            self.whole = flags & INFO_LITERAL != 0;
            left = &[];
        } else if flags & INFO_CHARSET != 0 {
            if !charset_is_valid(rest) {
                return Err(InvalidCode);
            }
            left = &[];
        }
        self.pos = end;
        if left.is_empty() {
            Ok(())
        } else {
            Err(InvalidCode)
        }
    }

    fn pattern(&mut self) -> Checked<()> {
        self.enter(self.code.len() - 1, Kind::Pattern)?;
        while let Some(open) = self.open.last() {
            if self.pos == open.end {
                self.close()?;
            } else if self.pos > open.end {
                return Err(InvalidCode);
            } else {
                self.instruction()?;
            }
        }
        Ok(())
    }

    /// Ends the innermost construct, whose body is complete.
    fn close(&mut self) -> Checked<()> {
        let Some(Open { kind, .. }) = self.open.pop() else {
            return Err(InvalidCode);
        };
        match kind {
            Kind::Pattern => {
                self.emit(Inst::Success);
            }
            Kind::Repeat(id) => {
                let until = match self.take()? {
                    op::MAX_UNTIL => Inst::MaxUntil(id),
                    op::MIN_UNTIL => Inst::MinUntil(id),
                    _ => return Err(InvalidCode),
                };
                self.bind();
                self.program.repeats[id as usize].end = self.emit(until);
                self.bind();
            }
            Kind::Possessive(id) => {
                if self.take()? != op::SUCCESS {
                    return Err(InvalidCode);
                }
                self.emit(Inst::Success);
                self.program.repeats[id as usize].end = self.bind();
            }
            Kind::Body(begin) => {
                if self.take()? != op::SUCCESS {
                    return Err(InvalidCode);
                }
                self.emit(Inst::Success);
                let after = self.bind();
                match &mut self.program.insts[begin as usize] {
                    Inst::Assert { end, .. }
                    | Inst::AssertNot { end, .. }
                    | Inst::Atomic { end } => *end = after,
                    _ => return Err(InvalidCode),
                }
            }
            Kind::Alternative {
                branch,
                jumps,
                finish,
            } => self.alternative(branch, jumps, finish)?,
            Kind::Then(begin) | Kind::Else(begin) => {
                let after = self.bind();
                match &mut self.program.insts[begin as usize] {
                    Inst::GroupRefExists { otherwise: to, .. } | Inst::Jump(to) => *to = after,
                    _ => return Err(InvalidCode),
                }
            }
        }
        Ok(())
    }

    /// Ends an alternative with its jump, and begins the next one if there is one.
    fn alternative(
        &mut self,
        branch: u32,
        mut jumps: Vec<Pc>,
        finish: Option<usize>,
    ) -> Checked<()> {
        if self.take()? != op::JUMP {
            return Err(InvalidCode);
        }
        let to = self.skip()?;
        if finish.is_some_and(|finish| finish != to) {
            return Err(InvalidCode);
        }
        jumps.push(self.emit(Inst::Jump(0)));
        if self.word(self.pos)? != 0 {
            return self.begin_alternative(branch, jumps, Some(to));
        }
        self.pos += 1;
        if self.pos != to {
            return Err(InvalidCode);
        }
        let after = self.bind();
        for jump in jumps {
            self.program.insts[jump as usize] = Inst::Jump(after);
        }
        Ok(())
    }

    fn begin_alternative(
        &mut self,
        branch: u32,
        jumps: Vec<Pc>,
        finish: Option<usize>,
    ) -> Checked<()> {
        let next = self.skip()?;
        let end = next.checked_sub(2).ok_or(InvalidCode)?;
        let here = self.here();
        let mut branch = branch;
        let targets = &mut self.program.branches[branch as usize].targets;
        if targets.len() == Branch::LIMIT - 1 {
            // A mask is full: the last alternative is another branch with the rest of them.
            targets.push(here);
            branch = self.new_branch();
        }
        let here = self.here();
        self.program.branches[branch as usize].targets.push(here);
        self.enter(
            end,
            Kind::Alternative {
                branch,
                jumps,
                finish,
            },
        )
    }

    fn new_branch(&mut self) -> u32 {
        let id = self.program.branches.len() as u32;
        self.program.branches.push(Branch::default());
        self.emit(Inst::Branch(id));
        id
    }

    fn instruction(&mut self) -> Checked<()> {
        if let Some(one) = self.one()? {
            match one {
                Some(One::Char(c)) => self.literal(c),
                Some(one) => {
                    self.emit(Inst::One(one));
                }
                None => {
                    self.emit(Inst::Fail);
                }
            }
            return Ok(());
        }
        match self.take()? {
            op::AT => {
                let which = self.take()?;
                if which > at::UNI_NON_BOUNDARY {
                    return Err(InvalidCode);
                }
                self.emit(Inst::At(which));
            }
            op::MARK => {
                let mark = self.take()?;
                if mark as usize >= 2 * self.program.groups {
                    return Err(InvalidCode);
                }
                self.emit(Inst::Mark(mark));
            }
            op::BRANCH => {
                let branch = self.new_branch();
                self.begin_alternative(branch, Vec::new(), None)?;
            }
            opcode @ (op::REPEAT | op::POSSESSIVE_REPEAT) => self.repeat(opcode)?,
            op::REPEAT_ONE => self.single(Greed::Max)?,
            op::MIN_REPEAT_ONE => self.single(Greed::Min)?,
            op::POSSESSIVE_REPEAT_ONE => self.single(Greed::Possessive)?,
            opcode @ (op::ASSERT | op::ASSERT_NOT) => {
                let end = self.skip()?;
                let back = self.take()?;
                let begin = self.emit(match opcode {
                    op::ASSERT => Inst::Assert { back, end: 0 },
                    _ => Inst::AssertNot { back, end: 0 },
                });
                self.enter(end - 1, Kind::Body(begin))?;
            }
            op::ATOMIC_GROUP => {
                let end = self.skip()?;
                let begin = self.emit(Inst::Atomic { end: 0 });
                self.enter(end - 1, Kind::Body(begin))?;
            }
            op::GROUPREF => self.group_ref(Fold::None)?,
            op::GROUPREF_IGNORE => self.group_ref(Fold::Ascii)?,
            op::GROUPREF_UNI_IGNORE => self.group_ref(Fold::Unicode)?,
            op::GROUPREF_LOC_IGNORE => self.group_ref(Fold::Locale)?,
            op::GROUPREF_EXISTS => {
                let group = self.group()?;
                // The word counts from the one before it.
                let skip = self.take()? as usize;
                let end = (self.pos + skip).checked_sub(2).ok_or(InvalidCode)?;
                if self.open.last().is_none_or(|open| end > open.end) {
                    return Err(InvalidCode);
                }
                let begin = self.emit(Inst::GroupRefExists {
                    group,
                    otherwise: 0,
                });
                self.enter(end, Kind::Then(begin))?;
            }
            op::JUMP => self.otherwise()?,
            _ => return Err(InvalidCode),
        }
        Ok(())
    }

    /// The jump at the end of a conditional's first half.
    fn otherwise(&mut self) -> Checked<()> {
        let Some(Open {
            end,
            kind: Kind::Then(begin),
        }) = self.open.pop()
        else {
            return Err(InvalidCode);
        };
        let finish = self.skip()?;
        if self.pos != end {
            return Err(InvalidCode);
        }
        let jump = self.emit(Inst::Jump(0));
        let here = self.here();
        if let Inst::GroupRefExists { otherwise, .. } = &mut self.program.insts[begin as usize] {
            *otherwise = here;
        }
        self.enter(finish, Kind::Else(jump))
    }

    fn group(&mut self) -> Checked<u32> {
        let group = self.take()?;
        if group as usize >= self.program.groups {
            Err(InvalidCode)
        } else {
            Ok(group)
        }
    }

    fn group_ref(&mut self, fold: Fold) -> Checked<()> {
        let group = self.group()?;
        self.emit(Inst::GroupRef { group, fold });
        Ok(())
    }

    fn repeat(&mut self, opcode: u32) -> Checked<()> {
        let end = self.skip()?;
        let (min, max) = (self.take()?, self.take()?);
        if min > max {
            return Err(InvalidCode);
        }
        let id = self.program.repeats.len() as u32;
        let greedy = opcode == op::REPEAT;
        let begin = self.emit(if greedy {
            Inst::Repeat(id)
        } else {
            Inst::Possessive(id)
        });
        self.program.repeats.push(Repeat {
            min,
            max,
            body: begin + 1,
            end: 0,
        });
        self.enter(
            end,
            if greedy {
                Kind::Repeat(id)
            } else {
                Kind::Possessive(id)
            },
        )
    }

    fn single(&mut self, greed: Greed) -> Checked<()> {
        let end = self.skip()?;
        let (min, max) = (self.take()?, self.take()?);
        let one = self.one()?.ok_or(InvalidCode)?;
        if min > max || self.take()? != op::SUCCESS || self.pos != end {
            return Err(InvalidCode);
        }
        let one = match one {
            Some(one) => one,
            None => self.set(Rule::Empty),
        };
        let id = self.program.singles.len() as u32;
        self.program.singles.push(Single {
            one,
            min,
            max,
            greed,
            next: Next::Anything,
        });
        self.emit(Inst::Single(id));
        Ok(())
    }

    /// Appends a literal, to the one before it if that is allowed.
    fn literal(&mut self, code: u32) {
        let insts = &mut self.program.insts;
        let literals = &mut self.program.literals;
        let mergeable = insts.len() > self.label as usize;
        match insts.last_mut().filter(|_| mergeable) {
            Some(Inst::Str { end, .. }) if *end as usize == literals.len() => {
                literals.push(code);
                *end += 1;
            }
            Some(last @ Inst::One(One::Char(_))) => {
                let Inst::One(One::Char(before)) = *last else {
                    return;
                };
                let start = literals.len() as u32;
                literals.extend([before, code]);
                *last = Inst::Str {
                    start,
                    end: start + 2,
                };
            }
            _ => insts.push(Inst::One(One::Char(code))),
        }
    }

    fn set(&mut self, rule: Rule) -> One {
        self.program.sets.push(Set::new(rule));
        One::Set(self.program.sets.len() as u32 - 1)
    }

    /// The test of one character that is next in the code, if there is one: `Some(None)` is
    /// the test that never passes.
    fn one(&mut self) -> Checked<Option<Option<One>>> {
        let opcode = self.word(self.pos)?;
        let fold = match opcode {
            op::LITERAL_IGNORE | op::NOT_LITERAL_IGNORE | op::IN_IGNORE => Fold::Ascii,
            op::LITERAL_UNI_IGNORE | op::NOT_LITERAL_UNI_IGNORE | op::IN_UNI_IGNORE => {
                Fold::Unicode
            }
            op::LITERAL_LOC_IGNORE | op::NOT_LITERAL_LOC_IGNORE | op::IN_LOC_IGNORE => Fold::Locale,
            _ => Fold::None,
        };
        let one = match opcode {
            op::FAILURE => {
                self.pos += 1;
                return Ok(Some(None));
            }
            op::ANY => One::Any,
            op::ANY_ALL => One::All,
            op::LITERAL => One::Char(self.word(self.pos + 1)?),
            op::NOT_LITERAL => One::NotChar(self.word(self.pos + 1)?),
            op::LITERAL_IGNORE
            | op::NOT_LITERAL_IGNORE
            | op::LITERAL_UNI_IGNORE
            | op::NOT_LITERAL_UNI_IGNORE
            | op::LITERAL_LOC_IGNORE
            | op::NOT_LITERAL_LOC_IGNORE => {
                let code = self.word(self.pos + 1)?;
                let negate = matches!(
                    opcode,
                    op::NOT_LITERAL_IGNORE
                        | op::NOT_LITERAL_UNI_IGNORE
                        | op::NOT_LITERAL_LOC_IGNORE
                );
                self.set(Rule::Literal { code, fold, negate })
            }
            op::CATEGORY => {
                let which = self.word(self.pos + 1)?;
                if which > category::UNI_NOT_LINEBREAK {
                    return Err(InvalidCode);
                }
                self.set(Rule::Category(which))
            }
            op::IN | op::IN_IGNORE | op::IN_UNI_IGNORE | op::IN_LOC_IGNORE => {
                self.pos += 1;
                let end = self.skip()?;
                let charset = self.code.get(self.pos..end).ok_or(InvalidCode)?;
                if !charset_is_valid(charset) {
                    return Err(InvalidCode);
                }
                self.pos = end;
                return Ok(Some(Some(self.set(Rule::Charset(charset.into(), fold)))));
            }
            _ => return Ok(None),
        };
        self.pos += if matches!(opcode, op::ANY | op::ANY_ALL) {
            1
        } else {
            2
        };
        Ok(Some(Some(one)))
    }
}
