//! Instructions as code generation emits them: a list with labels that jumps refer to.

use krait_bytecode::opcode::flag;
use krait_bytecode::{AnyOpcode, Location};

/// One instruction. For an opcode with a target, the argument is a label.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Instr {
    pub(crate) op: AnyOpcode,
    pub(crate) arg: u32,
    pub(crate) loc: Location,
}

/// A place that jumps can go to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Label(pub(crate) u32);

impl Label {
    /// No place: what a block that nothing jumps to has.
    pub(crate) const NONE: Label = Label(u32::MAX);
}

/// The instructions of one code object.
#[derive(Debug, Default)]
pub(crate) struct InstrSeq {
    pub(crate) instrs: Vec<Instr>,
    /// The instruction each label stands before, by label.
    pub(crate) labels: Vec<Option<usize>>,
    /// What makes the module's `__annotate__`, to be put at the placeholder.
    pub(crate) annotations: Option<Box<InstrSeq>>,
}

impl InstrSeq {
    pub(crate) fn new_label(&mut self) -> Label {
        self.labels.push(None);
        Label(self.labels.len() as u32 - 1)
    }

    /// Puts a label before the next instruction.
    pub(crate) fn use_label(&mut self, label: Label) {
        if let Some(place) = self.labels.get_mut(label.0 as usize) {
            *place = Some(self.instrs.len());
        }
    }

    pub(crate) fn push(&mut self, op: AnyOpcode, arg: u32, loc: Location) {
        self.instrs.push(Instr { op, arg, loc });
    }

    /// Puts an instruction before the one at `at`.
    pub(crate) fn insert(&mut self, at: usize, instr: Instr) {
        self.instrs.insert(at, instr);
        for place in self.labels.iter_mut().flatten() {
            if *place >= at {
                *place += 1;
            }
        }
    }
}

/// What opcodes do to control flow.
pub(crate) trait ControlFlow: Copy {
    fn is_jump(self) -> bool;
    fn is_block_push(self) -> bool;
    fn has_target(self) -> bool;
    fn is_unconditional_jump(self) -> bool;
    fn is_conditional_jump(self) -> bool;
    fn is_scope_exit(self) -> bool;
    fn is_terminator(self) -> bool;
}

impl ControlFlow for AnyOpcode {
    fn is_jump(self) -> bool {
        self.has(flag::JUMP)
    }

    fn is_block_push(self) -> bool {
        matches!(
            self,
            AnyOpcode::SETUP_FINALLY | AnyOpcode::SETUP_WITH | AnyOpcode::SETUP_CLEANUP
        )
    }

    fn has_target(self) -> bool {
        self.is_jump() || self.is_block_push()
    }

    fn is_unconditional_jump(self) -> bool {
        matches!(
            self,
            AnyOpcode::JUMP
                | AnyOpcode::JUMP_NO_INTERRUPT
                | AnyOpcode::JUMP_FORWARD
                | AnyOpcode::JUMP_BACKWARD
                | AnyOpcode::JUMP_BACKWARD_NO_INTERRUPT
        )
    }

    fn is_conditional_jump(self) -> bool {
        matches!(
            self,
            AnyOpcode::POP_JUMP_IF_FALSE
                | AnyOpcode::POP_JUMP_IF_TRUE
                | AnyOpcode::POP_JUMP_IF_NONE
                | AnyOpcode::POP_JUMP_IF_NOT_NONE
        )
    }

    fn is_scope_exit(self) -> bool {
        matches!(
            self,
            AnyOpcode::RETURN_VALUE | AnyOpcode::RAISE_VARARGS | AnyOpcode::RERAISE
        )
    }

    fn is_terminator(self) -> bool {
        self.is_jump() || self.is_scope_exit()
    }
}
