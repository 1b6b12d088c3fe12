//! Comprehensions and generator expressions, inlined (PEP 709) or as functions of their own.

use krait_ast::{Comprehension, Expr, ExprKind, Identifier};
use krait_bytecode::{AnyOpcode, Location};

use super::Compiler;
use super::jump::Condition;
use super::unit::{FBlockKind, ScopeType, UnitArgs};
use crate::error::{CompileError, Result, location};
use crate::instr::Label;
use crate::symtable::{BlockType, EntryId, KeyKind, NodeKey, Scope, SymbolFlags, def};

/// What a comprehension makes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Generator,
    List,
    Set,
    Dict,
}

/// What an inlined comprehension changed in the unit around it, to be put back.
struct Inlined {
    pushed: Vec<Identifier>,
    symbols: Vec<(Identifier, SymbolFlags)>,
    fast_hidden: Vec<Identifier>,
    cleanup: Label,
}

/// The parts that are the same for all generators of one comprehension.
#[derive(Clone, Copy)]
struct Parts<'a> {
    kind: Kind,
    generators: &'a [Comprehension],
    elt: &'a Expr,
    value: Option<&'a Expr>,
    loc: Location,
}

impl<'a> Compiler<'a> {
    pub(super) fn comprehension(&mut self, expr: &'a Expr) -> Result<()> {
        let loc = location(expr.range);
        let (kind, name, elt, value, generators) = match &expr.kind {
            ExprKind::ListComp { elt, generators } => {
                (Kind::List, "<listcomp>", elt, None, generators)
            }
            ExprKind::SetComp { elt, generators } => {
                (Kind::Set, "<setcomp>", elt, None, generators)
            }
            ExprKind::DictComp {
                key,
                value,
                generators,
            } => (Kind::Dict, "<dictcomp>", key, Some(&**value), generators),
            ExprKind::GeneratorExp { elt, generators } => {
                (Kind::Generator, "<genexpr>", elt, None, generators)
            }
            _ => return Ok(()),
        };
        let Some(outermost) = generators.first() else {
            return Err(CompileError::invalid_tree(
                "comprehension with no generators",
            ));
        };
        let parts = Parts {
            kind,
            generators,
            elt,
            value,
            loc,
        };
        let key = NodeKey::new(expr, KeyKind::Comprehension);
        let entry = self.entry_id(key)?;
        let inlined = self.symtable.entry(entry).comp_inlined;
        let is_async = self.symtable.entry(entry).coroutine;
        let outer_scope = self.scope_type();
        let top_level_await = self.is_top_level_await();
        let mut state = None;
        if inlined {
            self.outermost_iterator(outermost)?;
            state = Some(self.push_inlined(entry, loc)?);
        } else {
            let args = UnitArgs {
                args: 1,
                ..UnitArgs::default()
            };
            self.enter_scope(
                name.into(),
                ScopeType::Comprehension,
                key,
                loc.line,
                None,
                args,
            )?;
        }
        if is_async
            && kind != Kind::Generator
            && !matches!(
                outer_scope,
                ScopeType::AsyncFunction | ScopeType::Comprehension
            )
            && !top_level_await
        {
            let message = "asynchronous comprehension outside of an asynchronous function";
            return Err(CompileError::syntax(loc, message));
        }
        let build = match kind {
            Kind::Generator => None,
            Kind::List => Some(AnyOpcode::BUILD_LIST),
            Kind::Set => Some(AnyOpcode::BUILD_SET),
            Kind::Dict => Some(AnyOpcode::BUILD_MAP),
        };
        if let Some(build) = build {
            self.op(build, 0, loc);
            if inlined {
                self.op(AnyOpcode::SWAP, 2, loc);
            }
        }
        self.generator(parts, 0, 0, inlined)?;
        if let Some(state) = state {
            return self.pop_inlined(state, entry, loc);
        }
        if kind == Kind::Generator {
            self.wrap_in_stopiteration_handler();
        } else {
            self.op0(AnyOpcode::RETURN_VALUE, loc);
        }
        let code = self.finish_scope(true)?;
        self.make_closure(code, 0, loc)?;
        self.outermost_iterator(outermost)?;
        self.op(AnyOpcode::CALL, 0, loc);
        if is_async && kind != Kind::Generator {
            self.op(AnyOpcode::GET_AWAITABLE, 0, loc);
            self.load_none(loc);
            self.yield_from(loc, true);
        }
        Ok(())
    }

    fn outermost_iterator(&mut self, outermost: &'a Comprehension) -> Result<()> {
        self.visit_expr(&outermost.iter)?;
        let op = if outermost.is_async {
            AnyOpcode::GET_AITER
        } else {
            AnyOpcode::GET_ITER
        };
        self.op0(op, location(outermost.iter.range));
        Ok(())
    }

    fn generator(&mut self, parts: Parts<'a>, at: usize, depth: u32, on_stack: bool) -> Result<()> {
        if parts.generators[at].is_async {
            self.async_generator(parts, at, depth, on_stack)
        } else {
            self.sync_generator(parts, at, depth, on_stack)
        }
    }

    fn sync_generator(
        &mut self,
        parts: Parts<'a>,
        at: usize,
        mut depth: u32,
        on_stack: bool,
    ) -> Result<()> {
        let generator = &parts.generators[at];
        let (start, if_cleanup, anchor) = (self.new_label(), self.new_label(), self.new_label());
        let iter_loc = location(generator.iter.range);
        let mut loops = true;
        if at == 0 {
            if !on_stack {
                self.op(AnyOpcode::LOAD_FAST, 0, parts.loc);
            }
        } else if let Some(value) = single_element(&generator.iter) {
            // `for y in [f(x)]` only gives a value a name.
            self.visit_expr(value)?;
            loops = false;
        } else {
            self.visit_expr(&generator.iter)?;
            self.op0(AnyOpcode::GET_ITER, iter_loc);
        }
        if loops {
            depth += 1;
            self.use_label(start);
            self.jump(AnyOpcode::FOR_ITER, anchor, iter_loc);
        }
        self.visit_expr(&generator.target)?;
        for test in &generator.ifs {
            self.jump_if(test, if_cleanup, Condition::False, parts.loc)?;
        }
        let elt_loc = self.innermost(parts, at + 1, depth)?;
        self.use_label(if_cleanup);
        if loops {
            self.jump(AnyOpcode::JUMP, start, elt_loc);
            self.use_label(anchor);
            // A generator's end jumps to END_FOR, other iterators' past it.
            self.op0(AnyOpcode::END_FOR, Location::NONE);
            self.op0(AnyOpcode::POP_ITER, Location::NONE);
        }
        Ok(())
    }

    fn async_generator(
        &mut self,
        parts: Parts<'a>,
        at: usize,
        mut depth: u32,
        on_stack: bool,
    ) -> Result<()> {
        let generator = &parts.generators[at];
        let loc = parts.loc;
        let (start, send) = (self.new_label(), self.new_label());
        let (except, if_cleanup) = (self.new_label(), self.new_label());
        if at == 0 {
            if !on_stack {
                self.op(AnyOpcode::LOAD_FAST, 0, loc);
            }
        } else {
            self.visit_expr(&generator.iter)?;
            self.op0(AnyOpcode::GET_AITER, location(generator.iter.range));
        }
        self.use_label(start);
        let kind = FBlockKind::AsyncComprehensionGenerator;
        self.push_fblock(loc, kind, start, Label::NONE)?;
        self.jump(AnyOpcode::SETUP_FINALLY, except, loc);
        self.op0(AnyOpcode::GET_ANEXT, loc);
        self.load_none(loc);
        self.use_label(send);
        self.yield_from(loc, true);
        self.op0(AnyOpcode::POP_BLOCK, loc);
        self.visit_expr(&generator.target)?;
        for test in &generator.ifs {
            self.jump_if(test, if_cleanup, Condition::False, loc)?;
        }
        depth += 1;
        let elt_loc = self.innermost(parts, at + 1, depth)?;
        self.use_label(if_cleanup);
        self.jump(AnyOpcode::JUMP, start, elt_loc);
        self.pop_fblock();
        self.use_label(except);
        self.jump(AnyOpcode::END_ASYNC_FOR, send, loc);
        Ok(())
    }

    /// The next generator, or the element if there is none. Returns the element's place.
    fn innermost(&mut self, parts: Parts<'a>, next: usize, depth: u32) -> Result<Location> {
        let mut loc = location(parts.elt.range);
        if next < parts.generators.len() {
            self.generator(parts, next, depth, false)?;
            return Ok(loc);
        }
        self.visit_expr(parts.elt)?;
        match parts.kind {
            Kind::Generator => {
                self.yield_value(loc);
                self.op0(AnyOpcode::POP_TOP, loc);
            }
            Kind::List => self.op(AnyOpcode::LIST_APPEND, depth + 1, loc),
            Kind::Set => self.op(AnyOpcode::SET_ADD, depth + 1, loc),
            Kind::Dict => {
                if let Some(value) = parts.value {
                    self.visit_expr(value)?;
                    let end = location(value.range);
                    loc = Location {
                        end_line: end.end_line,
                        end_col: end.end_col,
                        ..loc
                    };
                }
                self.op(AnyOpcode::MAP_ADD, depth + 1, loc);
            }
        }
        Ok(loc)
    }

    /// Makes the comprehension's names local to it: saves the values that the names have outside.
    fn push_inlined(&mut self, entry: EntryId, loc: Location) -> Result<Inlined> {
        let symbols: Vec<(Identifier, SymbolFlags)> = self
            .symtable
            .entry(entry)
            .symbols
            .iter()
            .map(|(name, flags)| (name.clone(), flags))
            .collect();
        let outer = self.unit().ste;
        let in_class_block =
            self.ste().block_type == BlockType::Class && self.unit().in_inlined_comp == 0;
        let function_like = self.ste().is_function_like();
        self.unit_mut().in_inlined_comp += 1;
        let mut state = Inlined {
            pushed: Vec::new(),
            symbols: Vec::new(),
            fast_hidden: Vec::new(),
            cleanup: Label::NONE,
        };
        let mut make_cells = Vec::new();
        for (name, flags) in symbols {
            let bound = flags & def::LOCAL != 0 && flags & def::NONLOCAL == 0;
            let scope = Scope::from_flags(flags);
            let outer_flags = self.symtable.entry(outer).flags(&name);
            let outer_scope = Scope::from_flags(outer_flags);
            let differs = scope != outer_scope
                && scope != Some(Scope::Free)
                && !(scope == Some(Scope::Cell) && outer_scope == Some(Scope::Free));
            if differs || in_class_block {
                self.symtable.entries[outer].symbols.set(&name, flags);
                state.symbols.push((name.clone(), outer_flags));
            }
            if !bound {
                continue;
            }
            if !function_like {
                let hidden = &mut self.unit_mut().meta.fasthidden;
                if hidden.get(&name) != Some(&true) {
                    hidden.insert(name.clone(), true);
                    state.fast_hidden.push(name.clone());
                }
            }
            if scope == Some(Scope::Cell) {
                make_cells.push((name.clone(), outer_scope == Some(Scope::Free)));
            }
            state.pushed.push(name);
        }
        for name in &state.pushed {
            let index = self.unit_mut().meta.varnames.add(name);
            self.op(AnyOpcode::LOAD_FAST_AND_CLEAR, index, loc);
            if let Some((_, is_free)) = make_cells.iter().find(|(cell, _)| cell == name) {
                let index = self.deref_index(name, !*is_free);
                self.op(AnyOpcode::MAKE_CELL, index, loc);
            }
        }
        if !state.pushed.is_empty() {
            // The iterable back on top.
            self.op(AnyOpcode::SWAP, state.pushed.len() as u32 + 1, loc);
            state.cleanup = self.new_label();
            self.jump(AnyOpcode::SETUP_FINALLY, state.cleanup, loc);
            // Nothing unwinds it, but it counts as a nested block.
            self.push_fblock(
                loc,
                FBlockKind::InlinedComprehension,
                Label::NONE,
                Label::NONE,
            )?;
        }
        Ok(state)
    }

    fn pop_inlined(&mut self, state: Inlined, entry: EntryId, loc: Location) -> Result<()> {
        let _ = entry;
        let none = Location::NONE;
        if !state.pushed.is_empty() {
            self.pop_fblock();
            self.op0(AnyOpcode::POP_BLOCK, none);
            let end = self.new_label();
            self.jump(AnyOpcode::JUMP_NO_INTERRUPT, end, none);
            self.use_label(state.cleanup);
            // Below the exception is the unfinished result.
            self.op(AnyOpcode::SWAP, 2, none);
            self.op0(AnyOpcode::POP_TOP, none);
            self.restore_inlined(&state.pushed, loc);
            self.op(AnyOpcode::RERAISE, 0, none);
            self.use_label(end);
            self.restore_inlined(&state.pushed, loc);
        }
        self.unit_mut().in_inlined_comp -= 1;
        let outer = self.unit().ste;
        for (name, flags) in state.symbols {
            if flags == 0 {
                self.symtable.entries[outer].symbols.remove(&name);
            } else {
                self.symtable.entries[outer].symbols.set(&name, flags);
            }
        }
        for name in state.fast_hidden {
            self.unit_mut().meta.fasthidden.insert(name, false);
        }
        Ok(())
    }

    fn restore_inlined(&mut self, pushed: &[Identifier], loc: Location) {
        self.op(AnyOpcode::SWAP, pushed.len() as u32 + 1, loc);
        for name in pushed.iter().rev() {
            let index = self.unit_mut().meta.varnames.add(name);
            self.op(AnyOpcode::STORE_FAST_MAYBE_NULL, index, loc);
        }
    }
}

/// The element of a list or tuple display that has just one.
fn single_element(expr: &Expr) -> Option<&Expr> {
    match &expr.kind {
        ExprKind::List { elts, .. } | ExprKind::Tuple { elts, .. } => match &elts[..] {
            [elt] if !matches!(elt.kind, ExprKind::Starred { .. }) => Some(elt),
            _ => None,
        },
        _ => None,
    }
}
