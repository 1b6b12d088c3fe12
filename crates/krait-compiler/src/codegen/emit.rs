//! Helpers that add instructions to the current unit.

use krait_ast::Identifier;
use krait_bytecode::{AnyOpcode, Const, Location};

use super::Compiler;
use crate::error::Result;
use crate::instr::{Instr, InstrSeq, Label};

impl Compiler<'_> {
    pub(super) fn seq(&mut self) -> &mut InstrSeq {
        &mut self.unit_mut().seq
    }

    /// Adds an instruction.
    pub(super) fn op(&mut self, op: AnyOpcode, arg: u32, loc: Location) {
        self.seq().push(op, arg, loc);
    }

    /// Adds an instruction without argument.
    pub(super) fn op0(&mut self, op: AnyOpcode, loc: Location) {
        self.seq().push(op, 0, loc);
    }

    /// Adds an instruction that refers to a label.
    pub(super) fn jump(&mut self, op: AnyOpcode, target: Label, loc: Location) {
        self.seq().push(op, target.0, loc);
    }

    pub(super) fn new_label(&mut self) -> Label {
        self.seq().new_label()
    }

    pub(super) fn use_label(&mut self, label: Label) {
        self.seq().use_label(label);
    }

    /// Adds a constant to the unit's and returns its index.
    pub(super) fn add_const(&mut self, value: Const) -> u32 {
        self.unit_mut().meta.consts.add(value)
    }

    pub(super) fn load_const(&mut self, value: Const, loc: Location) -> Result<()> {
        let index = self.add_const(value);
        self.op(AnyOpcode::LOAD_CONST, index, loc);
        Ok(())
    }

    pub(super) fn load_none(&mut self, loc: Location) {
        let index = self.add_const(Const::None);
        self.op(AnyOpcode::LOAD_CONST, index, loc);
    }

    /// Adds an instruction whose argument is an index into `co_names`.
    pub(super) fn op_name(&mut self, op: AnyOpcode, name: &Identifier, loc: Location) {
        let index = self.name_index(name);
        self.op(op, index, loc);
    }

    /// The index of a name, mangled, in `co_names`.
    pub(super) fn name_index(&mut self, name: &Identifier) -> u32 {
        let mangled = self.maybe_mangle(name);
        self.unit_mut().meta.names.add(&mangled)
    }

    /// `LOAD_ATTR` for an attribute.
    pub(super) fn load_attr(&mut self, name: &Identifier, loc: Location) {
        let index = self.name_index(name);
        self.op(AnyOpcode::LOAD_ATTR, index << 1, loc);
    }

    /// `LOAD_ATTR` for a method that is called right after its arguments.
    pub(super) fn load_method(&mut self, name: &Identifier, loc: Location) {
        let index = self.name_index(name);
        self.op(AnyOpcode::LOAD_ATTR, index << 1 | 1, loc);
    }

    /// Leaves a handler with the exception it handles raised again.
    pub(super) fn pop_except_and_reraise(&mut self, loc: Location) {
        self.op(AnyOpcode::COPY, 3, loc);
        self.op0(AnyOpcode::POP_EXCEPT, loc);
        self.op(AnyOpcode::RERAISE, 1, loc);
    }

    /// The loop that `await` and `yield from` are.
    pub(super) fn yield_from(&mut self, loc: Location, is_await: bool) {
        use krait_bytecode::oparg::resume;
        let (send, fail, exit) = (self.new_label(), self.new_label(), self.new_label());
        self.use_label(send);
        self.jump(AnyOpcode::SEND, exit, loc);
        // Only close() or throw() make the yield raise; the handler turns StopIteration into a value.
        self.jump(AnyOpcode::SETUP_FINALLY, fail, loc);
        self.op(AnyOpcode::YIELD_VALUE, 1, loc);
        self.op0(AnyOpcode::POP_BLOCK, Location::NONE);
        let place = if is_await {
            resume::AFTER_AWAIT
        } else {
            resume::AFTER_YIELD_FROM
        };
        self.op(AnyOpcode::RESUME, place, loc);
        self.jump(AnyOpcode::JUMP_NO_INTERRUPT, send, loc);
        self.use_label(fail);
        self.op0(AnyOpcode::CLEANUP_THROW, loc);
        self.use_label(exit);
        self.op0(AnyOpcode::END_SEND, loc);
    }

    /// `yield` of the value on the stack.
    pub(super) fn yield_value(&mut self, loc: Location) {
        use krait_bytecode::oparg::{intrinsic1, resume};
        if self.ste().coroutine && self.ste().generator {
            self.op(AnyOpcode::CALL_INTRINSIC_1, intrinsic1::ASYNC_GEN_WRAP, loc);
        }
        self.op(AnyOpcode::YIELD_VALUE, 0, loc);
        self.op(AnyOpcode::RESUME, resume::AFTER_YIELD, loc);
    }

    /// Makes a StopIteration that leaves the generator a RuntimeError.
    pub(super) fn wrap_in_stopiteration_handler(&mut self) {
        use krait_bytecode::oparg::intrinsic1;
        let handler = self.new_label();
        let setup = Instr {
            op: AnyOpcode::SETUP_CLEANUP,
            arg: handler.0,
            loc: Location::NONE,
        };
        self.seq().insert(0, setup);
        self.load_none(Location::NONE);
        self.op0(AnyOpcode::RETURN_VALUE, Location::NONE);
        self.use_label(handler);
        self.op(
            AnyOpcode::CALL_INTRINSIC_1,
            intrinsic1::STOPITERATION_ERROR,
            Location::NONE,
        );
        self.op(AnyOpcode::RERAISE, 1, Location::NONE);
    }
}
