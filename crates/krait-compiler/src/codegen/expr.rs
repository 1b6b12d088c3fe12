//! Expressions.

use krait_ast::{BoolOp, CmpOp, Constant, Expr, ExprContext, ExprKind, Identifier, UnaryOp};
use krait_bytecode::oparg::{intrinsic1, nb};
use krait_bytecode::{AnyOpcode, Const, Location};

use super::Compiler;
use super::call::STACK_USE_GUIDELINE;
use super::stmt::{attribute_location, nb_oparg};
use super::unit::ScopeType;
use crate::error::{CompileError, Result, location, with_stack};

/// A literal as a constant of the code object.
pub(super) fn constant(value: &Constant) -> Const {
    match value {
        Constant::None => Const::None,
        Constant::True => Const::True,
        Constant::False => Const::False,
        Constant::Ellipsis => Const::Ellipsis,
        Constant::Str(text) => Const::Str(text.clone()),
        Constant::Bytes(bytes) => Const::Bytes(bytes.clone()),
        Constant::Int(int) => Const::Int(int.clone()),
        Constant::Float(float) => Const::Float(*float),
        Constant::Complex { real, imag } => Const::Complex(*real, *imag),
        Constant::Tuple(items) => Const::Tuple(items.iter().map(constant).collect()),
        Constant::FrozenSet(items) => Const::FrozenSet(items.iter().map(constant).collect()),
    }
}

/// Whether a slice is one of literals only, which becomes a constant.
fn is_constant_slice(expr: &Expr) -> bool {
    let ExprKind::Slice { lower, upper, step } = &expr.kind else {
        return false;
    };
    [lower, upper, step]
        .into_iter()
        .flatten()
        .all(|part| matches!(part.kind, ExprKind::Constant { .. }))
}

/// Whether a slice has its two bounds passed on the stack rather than as an object.
pub(super) fn is_two_element_slice(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Slice { step: None, .. }) && !is_constant_slice(expr)
}

/// How a display (`[…]`, `{…}`, `(…)`) is built.
#[derive(Clone, Copy)]
pub(super) struct Display {
    pub(super) build: AnyOpcode,
    pub(super) add: AnyOpcode,
    pub(super) extend: AnyOpcode,
    pub(super) tuple: bool,
}

pub(super) const LIST: Display = Display {
    build: AnyOpcode::BUILD_LIST,
    add: AnyOpcode::LIST_APPEND,
    extend: AnyOpcode::LIST_EXTEND,
    tuple: false,
};
pub(super) const TUPLE: Display = Display {
    tuple: true,
    ..LIST
};
const SET: Display = Display {
    build: AnyOpcode::BUILD_SET,
    add: AnyOpcode::SET_ADD,
    extend: AnyOpcode::SET_UPDATE,
    tuple: false,
};

impl<'a> Compiler<'a> {
    pub(super) fn visit_exprs(&mut self, exprs: &'a [Expr]) -> Result<()> {
        exprs.iter().try_for_each(|expr| self.visit_expr(expr))
    }

    pub(super) fn visit_expr(&mut self, expr: &'a Expr) -> Result<()> {
        self.depth.enter()?;
        with_stack(|| self.expr(expr))?;
        self.depth.leave();
        Ok(())
    }

    fn expr(&mut self, expr: &'a Expr) -> Result<()> {
        let loc = location(expr.range);
        match &expr.kind {
            ExprKind::NamedExpr { target, value } => {
                self.visit_expr(value)?;
                self.op(AnyOpcode::COPY, 1, loc);
                self.visit_expr(target)
            }
            ExprKind::BoolOp { op, values } => self.bool_op(*op, values, loc),
            ExprKind::BinOp { left, op, right } => {
                self.visit_expr(left)?;
                self.visit_expr(right)?;
                self.op(AnyOpcode::BINARY_OP, nb_oparg(*op), loc);
                Ok(())
            }
            ExprKind::UnaryOp { op, operand } => {
                self.visit_expr(operand)?;
                self.unary(*op, loc);
                Ok(())
            }
            ExprKind::Lambda { .. } => self.lambda(expr),
            ExprKind::IfExp { test, body, orelse } => self.if_exp(test, body, orelse, loc),
            ExprKind::Dict { keys, values } => self.dict(keys, values, loc),
            ExprKind::Set { elts } => self.star_unpack(elts, None, 0, SET, loc),
            ExprKind::ListComp { .. }
            | ExprKind::SetComp { .. }
            | ExprKind::DictComp { .. }
            | ExprKind::GeneratorExp { .. } => self.comprehension(expr),
            ExprKind::Yield { value } => {
                if !self.ste().is_function_like() {
                    return Err(CompileError::syntax(loc, "'yield' outside function"));
                }
                match value {
                    Some(value) => self.visit_expr(value)?,
                    None => self.load_none(loc),
                }
                self.yield_value(loc);
                Ok(())
            }
            ExprKind::YieldFrom { value } => {
                if !self.ste().is_function_like() {
                    return Err(CompileError::syntax(loc, "'yield from' outside function"));
                }
                if self.scope_type() == ScopeType::AsyncFunction {
                    return Err(CompileError::syntax(
                        loc,
                        "'yield from' inside async function",
                    ));
                }
                self.visit_expr(value)?;
                self.op0(AnyOpcode::GET_YIELD_FROM_ITER, loc);
                self.load_none(loc);
                self.yield_from(loc, false);
                Ok(())
            }
            ExprKind::Await { value } => self.await_expr(value, loc),
            ExprKind::Compare {
                left,
                ops,
                comparators,
            } => self.compare_expr(left, ops, comparators, loc),
            ExprKind::Call {
                func,
                args,
                keywords,
            } => self.call(expr, func, args, keywords),
            ExprKind::JoinedStr { values } => self.joined_str(values, loc),
            ExprKind::TemplateStr { values } => self.template_str(values, loc),
            ExprKind::FormattedValue {
                value,
                conversion,
                format_spec,
            } => self.formatted_value(value, *conversion, format_spec.as_deref(), loc),
            ExprKind::Interpolation {
                value,
                str,
                conversion,
                format_spec,
            } => self.interpolation(value, str, *conversion, format_spec.as_deref(), loc),
            ExprKind::Constant { value, .. } => self.load_const(constant(value), loc),
            ExprKind::Attribute { value, attr, ctx } => {
                self.attribute(expr, value, attr, *ctx, loc)
            }
            ExprKind::Subscript { value, slice, ctx } => self.subscript(value, slice, *ctx, loc),
            ExprKind::Starred { ctx, .. } => {
                let message = match ctx {
                    ExprContext::Store => "starred assignment target must be in a list or tuple",
                    _ => "can't use starred expression here",
                };
                Err(CompileError::syntax(loc, message))
            }
            ExprKind::Slice { lower, upper, step } => self.slice(
                expr,
                lower.as_deref(),
                upper.as_deref(),
                step.as_deref(),
                loc,
            ),
            ExprKind::Name { id, ctx } => self.name_op(id, *ctx, loc),
            ExprKind::List { elts, ctx } => self.sequence(elts, *ctx, LIST, loc),
            ExprKind::Tuple { elts, ctx } => self.sequence(elts, *ctx, TUPLE, loc),
        }
    }

    fn unary(&mut self, op: UnaryOp, loc: Location) {
        match op {
            UnaryOp::Invert => self.op0(AnyOpcode::UNARY_INVERT, loc),
            UnaryOp::Not => {
                self.op0(AnyOpcode::TO_BOOL, loc);
                self.op0(AnyOpcode::UNARY_NOT, loc);
            }
            UnaryOp::UAdd => {
                self.op(AnyOpcode::CALL_INTRINSIC_1, intrinsic1::UNARY_POSITIVE, loc);
            }
            UnaryOp::USub => self.op0(AnyOpcode::UNARY_NEGATIVE, loc),
        }
    }

    fn await_expr(&mut self, value: &'a Expr, loc: Location) -> Result<()> {
        if !self.is_top_level_await() {
            if !self.ste().is_function_like() {
                return Err(CompileError::syntax(loc, "'await' outside function"));
            }
            if !matches!(
                self.scope_type(),
                ScopeType::AsyncFunction | ScopeType::Comprehension
            ) {
                return Err(CompileError::syntax(loc, "'await' outside async function"));
            }
        }
        self.visit_expr(value)?;
        self.op(AnyOpcode::GET_AWAITABLE, 0, loc);
        self.load_none(loc);
        self.yield_from(loc, true);
        Ok(())
    }

    fn bool_op(&mut self, op: BoolOp, values: &'a [Expr], loc: Location) -> Result<()> {
        let jump = match op {
            BoolOp::And => AnyOpcode::JUMP_IF_FALSE,
            BoolOp::Or => AnyOpcode::JUMP_IF_TRUE,
        };
        let end = self.new_label();
        let Some((last, first)) = values.split_last() else {
            return Err(CompileError::invalid_tree("BoolOp with less than 2 values"));
        };
        for value in first {
            self.visit_expr(value)?;
            self.jump(jump, end, loc);
            self.op0(AnyOpcode::POP_TOP, loc);
        }
        self.visit_expr(last)?;
        self.use_label(end);
        Ok(())
    }

    fn compare_expr(
        &mut self,
        left: &'a Expr,
        ops: &'a [CmpOp],
        comparators: &'a [Expr],
        loc: Location,
    ) -> Result<()> {
        self.check_compare(left, ops, comparators, loc);
        self.visit_expr(left)?;
        let (Some((last_op, _)), Some((last, first))) =
            (ops.split_last(), comparators.split_last())
        else {
            return Err(CompileError::invalid_tree("Compare with no comparators"));
        };
        if first.is_empty() {
            self.visit_expr(last)?;
            self.compare(*last_op, loc);
            return Ok(());
        }
        let cleanup = self.new_label();
        for (op, comparator) in ops.iter().zip(first) {
            self.visit_expr(comparator)?;
            self.op(AnyOpcode::SWAP, 2, loc);
            self.op(AnyOpcode::COPY, 2, loc);
            self.compare(*op, loc);
            self.op(AnyOpcode::COPY, 1, loc);
            self.op0(AnyOpcode::TO_BOOL, loc);
            self.jump(AnyOpcode::POP_JUMP_IF_FALSE, cleanup, loc);
            self.op0(AnyOpcode::POP_TOP, loc);
        }
        self.visit_expr(last)?;
        self.compare(*last_op, loc);
        let end = self.new_label();
        self.jump(AnyOpcode::JUMP_NO_INTERRUPT, end, Location::NONE);
        self.use_label(cleanup);
        self.op(AnyOpcode::SWAP, 2, loc);
        self.op0(AnyOpcode::POP_TOP, loc);
        self.use_label(end);
        Ok(())
    }

    fn attribute(
        &mut self,
        expr: &'a Expr,
        value: &'a Expr,
        attr: &Identifier,
        ctx: ExprContext,
        loc: Location,
    ) -> Result<()> {
        let attr_loc = attribute_location(loc, expr);
        if ctx == ExprContext::Load
            && *attr != "__class__"
            && let Some(args) = self.optimizable_super(value)
        {
            self.load_super_args(value, args)?;
            let index = self.name_index(attr);
            let two_args = if args.is_empty() { 0 } else { 2 };
            self.op(AnyOpcode::LOAD_SUPER_ATTR, index << 2 | two_args, loc);
            self.op0(AnyOpcode::NOP, attr_loc);
            return Ok(());
        }
        self.note_static_attribute(value, attr, ctx);
        self.visit_expr(value)?;
        match ctx {
            ExprContext::Load => self.load_attr(attr, attr_loc),
            ExprContext::Store => self.op_name(AnyOpcode::STORE_ATTR, attr, attr_loc),
            ExprContext::Del => self.op_name(AnyOpcode::DELETE_ATTR, attr, attr_loc),
        }
        Ok(())
    }

    /// `self.attr = …` in a method makes `attr` one of the class's static attributes.
    fn note_static_attribute(&mut self, value: &Expr, attr: &Identifier, ctx: ExprContext) {
        let is_self = matches!(&value.kind, ExprKind::Name { id, .. } if id == "self");
        if !is_self || ctx != ExprContext::Store {
            return;
        }
        let enclosing = self.units.iter_mut().rev().skip(1);
        if let Some(class) = enclosing
            .into_iter()
            .find(|unit| unit.scope == ScopeType::Class)
        {
            class.static_attributes.insert(attr.clone());
        }
    }

    fn subscript(
        &mut self,
        value: &'a Expr,
        slice: &'a Expr,
        ctx: ExprContext,
        loc: Location,
    ) -> Result<()> {
        if ctx == ExprContext::Load {
            self.check_subscripter(value);
            self.check_index(value, slice);
        }
        self.visit_expr(value)?;
        if is_two_element_slice(slice) && ctx != ExprContext::Del {
            self.slice_two_parts(slice)?;
            let op = match ctx {
                ExprContext::Load => AnyOpcode::BINARY_SLICE,
                _ => AnyOpcode::STORE_SLICE,
            };
            self.op0(op, loc);
            return Ok(());
        }
        self.visit_expr(slice)?;
        match ctx {
            ExprContext::Load => self.op(AnyOpcode::BINARY_OP, nb::SUBSCR, loc),
            ExprContext::Store => self.op0(AnyOpcode::STORE_SUBSCR, loc),
            ExprContext::Del => self.op0(AnyOpcode::DELETE_SUBSCR, loc),
        }
        Ok(())
    }

    /// Leaves the two bounds of a slice on the stack.
    pub(super) fn slice_two_parts(&mut self, slice: &'a Expr) -> Result<()> {
        let ExprKind::Slice { lower, upper, .. } = &slice.kind else {
            return Ok(());
        };
        for part in [lower, upper] {
            match part {
                Some(part) => self.visit_expr(part)?,
                None => self.load_none(location(slice.range)),
            }
        }
        Ok(())
    }

    fn slice(
        &mut self,
        expr: &'a Expr,
        lower: Option<&'a Expr>,
        upper: Option<&'a Expr>,
        step: Option<&'a Expr>,
        loc: Location,
    ) -> Result<()> {
        if is_constant_slice(expr) {
            let parts = [lower, upper, step].map(|part| match part.map(|part| &part.kind) {
                Some(ExprKind::Constant { value, .. }) => constant(value),
                _ => Const::None,
            });
            return self.load_const(Const::Slice(Box::new(parts)), loc);
        }
        self.slice_two_parts(expr)?;
        let mut count = 2;
        if let Some(step) = step {
            self.visit_expr(step)?;
            count = 3;
        }
        self.op(AnyOpcode::BUILD_SLICE, count, loc);
        Ok(())
    }

    fn sequence(
        &mut self,
        elts: &'a [Expr],
        ctx: ExprContext,
        display: Display,
        loc: Location,
    ) -> Result<()> {
        match ctx {
            ExprContext::Store => self.unpack_targets(elts, loc),
            ExprContext::Load => self.star_unpack(elts, None, 0, display, loc),
            ExprContext::Del => self.visit_exprs(elts),
        }
    }

    fn unpack_targets(&mut self, elts: &'a [Expr], loc: Location) -> Result<()> {
        let mut star = None;
        for (index, elt) in elts.iter().enumerate() {
            if !matches!(elt.kind, ExprKind::Starred { .. }) {
                continue;
            }
            if star.is_some() {
                let message = "multiple starred expressions in assignment";
                return Err(CompileError::syntax(loc, message));
            }
            let after = elts.len() - index - 1;
            if index >= 1 << 8 || after >= (i32::MAX >> 8) as usize {
                let message = "too many expressions in star-unpacking assignment";
                return Err(CompileError::syntax(loc, message));
            }
            star = Some((index + (after << 8)) as u32);
        }
        match star {
            Some(arg) => self.op(AnyOpcode::UNPACK_EX, arg, loc),
            None => self.op(AnyOpcode::UNPACK_SEQUENCE, elts.len() as u32, loc),
        }
        for elt in elts {
            match &elt.kind {
                ExprKind::Starred { value, .. } => self.visit_expr(value)?,
                _ => self.visit_expr(elt)?,
            }
        }
        Ok(())
    }

    /// Builds a display of `elts`, with `pushed` items already on the stack and perhaps a name's value
    /// after the last.
    pub(super) fn star_unpack(
        &mut self,
        elts: &'a [Expr],
        injected: Option<&Identifier>,
        pushed: u32,
        display: Display,
        loc: Location,
    ) -> Result<()> {
        let count = elts.len() as u32;
        let injected_count = u32::from(injected.is_some());
        let big = count + pushed + injected_count > STACK_USE_GUIDELINE;
        let has_star = elts
            .iter()
            .any(|elt| matches!(elt.kind, ExprKind::Starred { .. }));
        if !has_star && !big {
            self.visit_exprs(elts)?;
            if let Some(name) = injected {
                self.load_name(name, loc)?;
            }
            let build = if display.tuple {
                AnyOpcode::BUILD_TUPLE
            } else {
                display.build
            };
            self.op(build, count + injected_count + pushed, loc);
            return Ok(());
        }
        let mut built = false;
        if big {
            self.op(display.build, pushed, loc);
            built = true;
        }
        for (index, elt) in elts.iter().enumerate() {
            if let ExprKind::Starred { value, .. } = &elt.kind {
                if !built {
                    self.op(display.build, index as u32 + pushed, loc);
                    built = true;
                }
                self.visit_expr(value)?;
                self.op(display.extend, 1, loc);
            } else {
                self.visit_expr(elt)?;
                if built {
                    self.op(display.add, 1, loc);
                }
            }
        }
        if let Some(name) = injected {
            self.load_name(name, loc)?;
            self.op(display.add, 1, loc);
        }
        if display.tuple {
            self.op(AnyOpcode::CALL_INTRINSIC_1, intrinsic1::LIST_TO_TUPLE, loc);
        }
        Ok(())
    }

    fn dict(&mut self, keys: &'a [Option<Expr>], values: &'a [Expr], loc: Location) -> Result<()> {
        let mut have_dict = false;
        let mut elements = 0;
        for (index, key) in keys.iter().enumerate() {
            if key.is_none() {
                if elements > 0 {
                    let range = index - elements..index;
                    self.sub_dict(&keys[range.clone()], &values[range], loc)?;
                    self.merge_dict(have_dict, loc);
                    have_dict = true;
                    elements = 0;
                }
                if !have_dict {
                    self.op(AnyOpcode::BUILD_MAP, 0, loc);
                    have_dict = true;
                }
                self.visit_expr(&values[index])?;
                self.op(AnyOpcode::DICT_UPDATE, 1, loc);
            } else if elements * 2 > STACK_USE_GUIDELINE as usize {
                let range = index - elements..index + 1;
                self.sub_dict(&keys[range.clone()], &values[range], loc)?;
                self.merge_dict(have_dict, loc);
                have_dict = true;
                elements = 0;
            } else {
                elements += 1;
            }
        }
        if elements > 0 {
            let range = keys.len() - elements..keys.len();
            self.sub_dict(&keys[range.clone()], &values[range], loc)?;
            self.merge_dict(have_dict, loc);
            have_dict = true;
        }
        if !have_dict {
            self.op(AnyOpcode::BUILD_MAP, 0, loc);
        }
        Ok(())
    }

    fn merge_dict(&mut self, have_dict: bool, loc: Location) {
        if have_dict {
            self.op(AnyOpcode::DICT_UPDATE, 1, loc);
        }
    }

    fn sub_dict(
        &mut self,
        keys: &'a [Option<Expr>],
        values: &'a [Expr],
        loc: Location,
    ) -> Result<()> {
        let big = keys.len() * 2 > STACK_USE_GUIDELINE as usize;
        if big {
            self.op(AnyOpcode::BUILD_MAP, 0, loc);
        }
        for (key, value) in keys.iter().flatten().zip(values) {
            self.visit_expr(key)?;
            self.visit_expr(value)?;
            if big {
                self.op(AnyOpcode::MAP_ADD, 1, loc);
            }
        }
        if !big {
            self.op(AnyOpcode::BUILD_MAP, keys.len() as u32, loc);
        }
        Ok(())
    }
}
