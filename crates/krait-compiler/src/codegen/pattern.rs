//! `match` statements.
//!
//! The subject is on top of the stack while a pattern is compiled. Names that the pattern captures are
//! kept on the stack below it until the whole pattern has matched. A failure jumps to one of a row of
//! labels before as many POP_TOPs as there is then something on the stack to drop.

use krait_ast::{Expr, ExprKind, Identifier, MatchCase, Pattern, PatternKind};
use krait_bytecode::oparg::nb;
use krait_bytecode::{AnyOpcode, Const, Location};

use super::Compiler;
use super::expr::constant;
use super::jump::Condition;
use crate::constfold;
use crate::error::{CompileError, Result, location, with_stack};
use crate::instr::Label;

/// `==` and `>=` among the rich comparisons.
const EQUAL: usize = 2;
const GREATER_EQUAL: usize = 5;

/// What is known while one pattern is compiled.
#[derive(Clone, Default)]
struct Context {
    /// The names captured so far, in the order of their values on the stack.
    stores: Vec<Identifier>,
    /// Whether a pattern that always matches may stand here.
    allow_irrefutable: bool,
    /// Where a failure goes, by the number of items to drop.
    fail_pop: Vec<Label>,
    /// Items on the stack above the captured values that must stay there.
    on_top: usize,
}

fn is_wildcard(pattern: &Pattern) -> bool {
    matches!(
        pattern.kind,
        PatternKind::MatchAs {
            pattern: None,
            name: None
        }
    )
}

fn is_wildcard_star(pattern: &Pattern) -> bool {
    matches!(pattern.kind, PatternKind::MatchStar { name: None })
}

fn int(value: usize) -> Const {
    Const::from(value as i64)
}

impl<'a> Compiler<'a> {
    pub(super) fn match_stmt(&mut self, subject: &'a Expr, cases: &'a [MatchCase]) -> Result<()> {
        self.visit_expr(subject)?;
        let Some(last) = cases.last() else {
            return Err(CompileError::invalid_tree("empty cases on Match"));
        };
        let end = self.new_label();
        let has_default = is_wildcard(&last.pattern) && cases.len() > 1;
        let tested = cases.len() - usize::from(has_default);
        for (index, case) in cases[..tested].iter().enumerate() {
            let loc = location(case.pattern.range);
            let keeps_subject = index + 1 != tested;
            if keeps_subject {
                self.op(AnyOpcode::COPY, 1, loc);
            }
            let mut context = Context {
                allow_irrefutable: case.guard.is_some() || index + 1 == cases.len(),
                ..Context::default()
            };
            self.pattern(&case.pattern, &mut context)?;
            for name in &context.stores {
                self.store_name(name, loc)?;
            }
            if let Some(guard) = &case.guard {
                self.ensure_fail_pop(&mut context, 0);
                self.jump_if(guard, context.fail_pop[0], Condition::False, loc)?;
            }
            if keeps_subject {
                self.op0(AnyOpcode::POP_TOP, Location::NEXT);
            }
            self.visit_stmts(&case.body)?;
            self.jump(AnyOpcode::JUMP, end, Location::NONE);
            self.emit_fail_pop(&mut context, loc);
        }
        if has_default {
            let loc = location(last.pattern.range);
            // The default has no code of its own, but its line counts.
            self.op0(AnyOpcode::NOP, loc);
            if let Some(guard) = &last.guard {
                self.jump_if(guard, end, Condition::False, loc)?;
            }
            self.visit_stmts(&last.body)?;
        }
        self.use_label(end);
        Ok(())
    }

    fn ensure_fail_pop(&mut self, context: &mut Context, pops: usize) {
        while context.fail_pop.len() <= pops {
            let label = self.new_label();
            context.fail_pop.push(label);
        }
    }

    fn jump_to_fail_pop(&mut self, context: &mut Context, op: AnyOpcode, loc: Location) {
        let pops = context.on_top + context.stores.len();
        self.ensure_fail_pop(context, pops);
        self.jump(op, context.fail_pop[pops], loc);
    }

    fn emit_fail_pop(&mut self, context: &mut Context, loc: Location) {
        while let Some(label) = context.fail_pop.pop() {
            self.use_label(label);
            if !context.fail_pop.is_empty() {
                self.op0(AnyOpcode::POP_TOP, loc);
            }
        }
    }

    fn rotate(&mut self, count: usize, loc: Location) {
        for depth in (2..=count).rev() {
            self.op(AnyOpcode::SWAP, depth as u32, loc);
        }
    }

    fn capture(
        &mut self,
        name: Option<&Identifier>,
        context: &mut Context,
        loc: Location,
    ) -> Result<()> {
        let Some(name) = name else {
            self.op0(AnyOpcode::POP_TOP, loc);
            return Ok(());
        };
        if context.stores.contains(name) {
            return Err(duplicate_capture(name, loc));
        }
        self.rotate(context.on_top + context.stores.len() + 1, loc);
        context.stores.push(name.clone());
        Ok(())
    }

    fn pattern(&mut self, pattern: &'a Pattern, context: &mut Context) -> Result<()> {
        self.depth.enter()?;
        with_stack(|| self.pattern_kind(pattern, context))?;
        self.depth.leave();
        Ok(())
    }

    fn subpattern(&mut self, pattern: &'a Pattern, context: &mut Context) -> Result<()> {
        let outer = std::mem::replace(&mut context.allow_irrefutable, true);
        self.pattern(pattern, context)?;
        context.allow_irrefutable = outer;
        Ok(())
    }

    fn pattern_kind(&mut self, pattern: &'a Pattern, context: &mut Context) -> Result<()> {
        let loc = location(pattern.range);
        match &pattern.kind {
            PatternKind::MatchValue { value } => {
                if !matches!(
                    value.kind,
                    ExprKind::Constant { .. } | ExprKind::Attribute { .. }
                ) {
                    let message = "patterns may only match literals and attribute lookups";
                    return Err(CompileError::syntax(loc, message));
                }
                self.visit_expr(value)?;
                self.op(AnyOpcode::COMPARE_OP, Self::compare_oparg(EQUAL), loc);
                self.op0(AnyOpcode::TO_BOOL, loc);
                self.jump_to_fail_pop(context, AnyOpcode::POP_JUMP_IF_FALSE, loc);
                Ok(())
            }
            PatternKind::MatchSingleton { value } => {
                self.load_const(constant(value), loc)?;
                self.op(AnyOpcode::IS_OP, 0, loc);
                self.jump_to_fail_pop(context, AnyOpcode::POP_JUMP_IF_FALSE, loc);
                Ok(())
            }
            PatternKind::MatchSequence { patterns } => {
                self.sequence_pattern(patterns, context, loc)
            }
            PatternKind::MatchMapping {
                keys,
                patterns,
                rest,
            } => self.mapping_pattern(keys, patterns, rest.as_ref(), context, loc),
            PatternKind::MatchClass {
                cls,
                patterns,
                kwd_attrs,
                kwd_patterns,
            } => self.class_pattern(cls, patterns, kwd_attrs, kwd_patterns, context, loc),
            PatternKind::MatchStar { name } => self.capture(name.as_ref(), context, loc),
            PatternKind::MatchAs {
                pattern: None,
                name,
            } => {
                if !context.allow_irrefutable {
                    let message = match name {
                        Some(name) => {
                            format!("name capture '{name}' makes remaining patterns unreachable")
                        }
                        None => "wildcard makes remaining patterns unreachable".to_owned(),
                    };
                    return Err(CompileError::syntax(loc, message));
                }
                self.capture(name.as_ref(), context, loc)
            }
            PatternKind::MatchAs {
                pattern: Some(pattern),
                name,
            } => {
                context.on_top += 1;
                self.op(AnyOpcode::COPY, 1, loc);
                self.pattern(pattern, context)?;
                context.on_top -= 1;
                self.capture(name.as_ref(), context, loc)
            }
            PatternKind::MatchOr { patterns } => self.or_pattern(patterns, context, loc),
        }
    }

    fn length_check(
        &mut self,
        operator: usize,
        length: usize,
        context: &mut Context,
        loc: Location,
    ) -> Result<()> {
        self.op0(AnyOpcode::GET_LEN, loc);
        self.load_const(int(length), loc)?;
        self.op(AnyOpcode::COMPARE_OP, Self::compare_oparg(operator), loc);
        self.jump_to_fail_pop(context, AnyOpcode::POP_JUMP_IF_FALSE, loc);
        Ok(())
    }

    fn sequence_pattern(
        &mut self,
        patterns: &'a [Pattern],
        context: &mut Context,
        loc: Location,
    ) -> Result<()> {
        let mut star = None;
        for (index, pattern) in patterns.iter().enumerate() {
            if matches!(pattern.kind, PatternKind::MatchStar { .. }) {
                if star.is_some() {
                    let message = "multiple starred names in sequence pattern";
                    return Err(CompileError::syntax(loc, message));
                }
                star = Some(index);
            }
        }
        let only_wildcard = patterns
            .iter()
            .all(|pattern| is_wildcard(pattern) || is_wildcard_star(pattern));
        context.on_top += 1;
        self.op0(AnyOpcode::MATCH_SEQUENCE, loc);
        self.jump_to_fail_pop(context, AnyOpcode::POP_JUMP_IF_FALSE, loc);
        if star.is_none() {
            self.length_check(EQUAL, patterns.len(), context, loc)?;
        } else if patterns.len() > 1 {
            self.length_check(GREATER_EQUAL, patterns.len() - 1, context, loc)?;
        }
        context.on_top -= 1;
        match star {
            _ if only_wildcard => {
                self.op0(AnyOpcode::POP_TOP, loc);
                Ok(())
            }
            Some(star) if is_wildcard_star(&patterns[star]) => {
                self.sequence_subscr(patterns, star, context, loc)
            }
            _ => self.sequence_unpack(patterns, star, context, loc),
        }
    }

    fn sequence_unpack(
        &mut self,
        patterns: &'a [Pattern],
        star: Option<usize>,
        context: &mut Context,
        loc: Location,
    ) -> Result<()> {
        match star {
            Some(star) => {
                let after = patterns.len() - star - 1;
                if star >= 1 << 8 || after >= (i32::MAX >> 8) as usize {
                    let message = "too many expressions in star-unpacking sequence pattern";
                    return Err(CompileError::syntax(loc, message));
                }
                self.op(AnyOpcode::UNPACK_EX, (star + (after << 8)) as u32, loc);
            }
            None => self.op(AnyOpcode::UNPACK_SEQUENCE, patterns.len() as u32, loc),
        }
        context.on_top += patterns.len();
        for pattern in patterns {
            context.on_top -= 1;
            self.subpattern(pattern, context)?;
        }
        Ok(())
    }

    /// Matches the elements one by one, since those of the star are not wanted.
    fn sequence_subscr(
        &mut self,
        patterns: &'a [Pattern],
        star: usize,
        context: &mut Context,
        loc: Location,
    ) -> Result<()> {
        context.on_top += 1;
        for (index, pattern) in patterns.iter().enumerate() {
            if is_wildcard(pattern) || index == star {
                continue;
            }
            self.op(AnyOpcode::COPY, 1, loc);
            if index < star {
                self.load_const(int(index), loc)?;
            } else {
                // The subject need not support negative indices.
                self.op0(AnyOpcode::GET_LEN, loc);
                self.load_const(int(patterns.len() - index), loc)?;
                self.op(AnyOpcode::BINARY_OP, nb::SUBTRACT, loc);
            }
            self.op(AnyOpcode::BINARY_OP, nb::SUBSCR, loc);
            self.subpattern(pattern, context)?;
        }
        context.on_top -= 1;
        self.op0(AnyOpcode::POP_TOP, loc);
        Ok(())
    }

    fn mapping_pattern(
        &mut self,
        keys: &'a [Expr],
        patterns: &'a [Pattern],
        rest: Option<&Identifier>,
        context: &mut Context,
        loc: Location,
    ) -> Result<()> {
        let size = keys.len();
        if size != patterns.len() {
            let message = format!(
                "keys ({size}) / patterns ({}) length mismatch in mapping pattern",
                patterns.len()
            );
            return Err(CompileError::syntax(loc, message));
        }
        context.on_top += 1;
        self.op0(AnyOpcode::MATCH_MAPPING, loc);
        self.jump_to_fail_pop(context, AnyOpcode::POP_JUMP_IF_FALSE, loc);
        if size == 0 && rest.is_none() {
            context.on_top -= 1;
            self.op0(AnyOpcode::POP_TOP, loc);
            return Ok(());
        }
        if size > 0 {
            self.length_check(GREATER_EQUAL, size, context, loc)?;
        }
        self.mapping_keys(keys, loc)?;
        self.op(AnyOpcode::BUILD_TUPLE, size as u32, loc);
        self.op0(AnyOpcode::MATCH_KEYS, loc);
        // The keys and the values are now above the subject.
        context.on_top += 2;
        self.op(AnyOpcode::COPY, 1, loc);
        self.load_none(loc);
        self.op(AnyOpcode::IS_OP, 1, loc);
        self.jump_to_fail_pop(context, AnyOpcode::POP_JUMP_IF_FALSE, loc);
        self.op(AnyOpcode::UNPACK_SEQUENCE, size as u32, loc);
        context.on_top += size;
        context.on_top -= 1;
        for pattern in patterns {
            context.on_top -= 1;
            self.subpattern(pattern, context)?;
        }
        context.on_top -= 2;
        let Some(rest) = rest else {
            self.op0(AnyOpcode::POP_TOP, loc);
            self.op0(AnyOpcode::POP_TOP, loc);
            return Ok(());
        };
        // A copy of the subject without the keys.
        self.op(AnyOpcode::BUILD_MAP, 0, loc);
        self.op(AnyOpcode::SWAP, 3, loc);
        self.op(AnyOpcode::DICT_UPDATE, 2, loc);
        self.op(AnyOpcode::UNPACK_SEQUENCE, size as u32, loc);
        for left in (1..=size as u32).rev() {
            self.op(AnyOpcode::COPY, 1 + left, loc);
            self.op(AnyOpcode::SWAP, 2, loc);
            self.op0(AnyOpcode::DELETE_SUBSCR, loc);
        }
        self.capture(Some(rest), context, loc)
    }

    fn mapping_keys(&mut self, keys: &'a [Expr], loc: Location) -> Result<()> {
        let mut seen: Vec<Const> = Vec::new();
        for key in keys {
            match &key.kind {
                ExprKind::Constant { value, .. } => {
                    let value = constant(value);
                    if seen.iter().any(|other| constfold::equals(other, &value)) {
                        let text = crate::unparse::expr_as_string(key)?;
                        let text = String::from_utf8_lossy(text.as_bytes()).into_owned();
                        let message = format!("mapping pattern checks duplicate key ({text})");
                        return Err(CompileError::syntax(loc, message));
                    }
                    seen.push(value);
                }
                ExprKind::Attribute { .. } => {}
                _ => {
                    let message =
                        "mapping pattern keys may only match literals and attribute lookups";
                    return Err(CompileError::syntax(loc, message));
                }
            }
            self.visit_expr(key)?;
        }
        Ok(())
    }

    fn class_pattern(
        &mut self,
        cls: &'a Expr,
        patterns: &'a [Pattern],
        kwd_attrs: &'a [Identifier],
        kwd_patterns: &'a [Pattern],
        context: &mut Context,
        loc: Location,
    ) -> Result<()> {
        if kwd_attrs.len() != kwd_patterns.len() {
            let message = format!(
                "kwd_attrs ({}) / kwd_patterns ({}) length mismatch in class pattern",
                kwd_attrs.len(),
                kwd_patterns.len()
            );
            return Err(CompileError::syntax(loc, message));
        }
        for (index, attr) in kwd_attrs.iter().enumerate() {
            let again = (index + 1..kwd_attrs.len()).find(|&other| kwd_attrs[other] == *attr);
            if let Some(again) = again {
                let message = format!("attribute name repeated in class pattern: {attr}");
                let loc = location(kwd_patterns[again].range);
                return Err(CompileError::syntax(loc, message));
            }
        }
        self.visit_expr(cls)?;
        let names = kwd_attrs
            .iter()
            .map(|name| Const::from(name.as_str()))
            .collect();
        self.load_const(Const::Tuple(names), loc)?;
        self.op(AnyOpcode::MATCH_CLASS, patterns.len() as u32, loc);
        self.op(AnyOpcode::COPY, 1, loc);
        self.load_none(loc);
        self.op(AnyOpcode::IS_OP, 1, loc);
        context.on_top += 1;
        self.jump_to_fail_pop(context, AnyOpcode::POP_JUMP_IF_FALSE, loc);
        let count = patterns.len() + kwd_attrs.len();
        self.op(AnyOpcode::UNPACK_SEQUENCE, count as u32, loc);
        context.on_top += count;
        context.on_top -= 1;
        for pattern in patterns.iter().chain(kwd_patterns) {
            context.on_top -= 1;
            if is_wildcard(pattern) {
                self.op0(AnyOpcode::POP_TOP, loc);
            } else {
                self.subpattern(pattern, context)?;
            }
        }
        Ok(())
    }

    fn or_pattern(
        &mut self,
        patterns: &'a [Pattern],
        context: &mut Context,
        loc: Location,
    ) -> Result<()> {
        let end = self.new_label();
        let mut control: Option<Vec<Identifier>> = None;
        for (index, alternative) in patterns.iter().enumerate() {
            let alt_loc = location(alternative.range);
            let mut inner = Context {
                allow_irrefutable: index + 1 == patterns.len() && context.allow_irrefutable,
                ..Context::default()
            };
            self.op(AnyOpcode::COPY, 1, alt_loc);
            self.pattern(alternative, &mut inner)?;
            match &control {
                None => control = Some(std::mem::take(&mut inner.stores)),
                Some(control) => self.align_captures(control, &mut inner.stores, alt_loc, loc)?,
            }
            self.jump(AnyOpcode::JUMP, end, alt_loc);
            self.emit_fail_pop(&mut inner, alt_loc);
        }
        let control = control.unwrap_or_default();
        // No alternative matched: drop the copy of the subject and fail.
        self.op0(AnyOpcode::POP_TOP, loc);
        self.jump_to_fail_pop(context, AnyOpcode::JUMP, loc);
        self.use_label(end);
        let rotations = control.len() + 1 + context.on_top + context.stores.len();
        for name in control {
            self.rotate(rotations, loc);
            if context.stores.contains(&name) {
                return Err(duplicate_capture(&name, loc));
            }
            context.stores.push(name);
        }
        self.op0(AnyOpcode::POP_TOP, loc);
        Ok(())
    }

    /// Brings the captured values of an alternative into the order of the first alternative's.
    fn align_captures(
        &mut self,
        control: &[Identifier],
        stores: &mut Vec<Identifier>,
        alt_loc: Location,
        loc: Location,
    ) -> Result<()> {
        let differ = || CompileError::syntax(loc, "alternative patterns bind different names");
        if stores.len() != control.len() {
            return Err(differ());
        }
        for (wanted, name) in control.iter().enumerate().rev() {
            let found = stores
                .iter()
                .position(|store| store == name)
                .ok_or_else(differ)?;
            if found == wanted {
                continue;
            }
            let moved: Vec<Identifier> = stores.drain(..=found).collect();
            let at = wanted - found;
            stores.splice(at..at, moved);
            for _ in 0..=found {
                self.rotate(wanted + 1, alt_loc);
            }
        }
        Ok(())
    }
}

fn duplicate_capture(name: &Identifier, loc: Location) -> CompileError {
    CompileError::syntax(
        loc,
        format!("multiple assignments to name '{name}' in pattern"),
    )
}
