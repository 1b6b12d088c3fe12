//! f-strings and t-strings.

use krait_ast::{Constant, Expr, ExprKind};
use krait_bytecode::oparg::convert;
use krait_bytecode::{AnyOpcode, Const, Location};

use super::Compiler;
use super::call::STACK_USE_GUIDELINE;
use super::expr::constant;
use crate::error::{CompileError, Result};

/// The argument of `CONVERT_VALUE` for `!s`, `!r`, `!a` or none.
fn conversion_oparg(conversion: i32) -> Result<u32> {
    match u8::try_from(conversion) {
        Err(_) => Ok(convert::NONE),
        Ok(b's') => Ok(convert::STR),
        Ok(b'r') => Ok(convert::REPR),
        Ok(b'a') => Ok(convert::ASCII),
        Ok(_) => Err(CompileError::invalid_tree(format!(
            "Unrecognized conversion character {conversion}"
        ))),
    }
}

impl<'a> Compiler<'a> {
    pub(super) fn joined_str(&mut self, values: &'a [Expr], loc: Location) -> Result<()> {
        if values.len() > STACK_USE_GUIDELINE as usize {
            self.load_const(Const::from(""), loc)?;
            self.load_method(&"join".into(), loc);
            self.op(AnyOpcode::BUILD_LIST, 0, loc);
            for value in values {
                self.visit_expr(value)?;
                self.op(AnyOpcode::LIST_APPEND, 1, loc);
            }
            self.op(AnyOpcode::CALL, 1, loc);
            return Ok(());
        }
        self.visit_exprs(values)?;
        match values.len() {
            0 => self.load_const(Const::from(""), loc)?,
            1 => {}
            count => self.op(AnyOpcode::BUILD_STRING, count as u32, loc),
        }
        Ok(())
    }

    pub(super) fn formatted_value(
        &mut self,
        value: &'a Expr,
        conversion: i32,
        format_spec: Option<&'a Expr>,
        loc: Location,
    ) -> Result<()> {
        self.visit_expr(value)?;
        let oparg = conversion_oparg(conversion)?;
        if oparg != convert::NONE {
            self.op(AnyOpcode::CONVERT_VALUE, oparg, loc);
        }
        match format_spec {
            Some(spec) => {
                self.visit_expr(spec)?;
                self.op0(AnyOpcode::FORMAT_WITH_SPEC, loc);
            }
            None => self.op0(AnyOpcode::FORMAT_SIMPLE, loc),
        }
        Ok(())
    }

    /// A template: the tuple of its strings, one more than interpolations, then the tuple of those.
    pub(super) fn template_str(&mut self, values: &'a [Expr], loc: Location) -> Result<()> {
        let is_interpolation = |value: &Expr| matches!(value.kind, ExprKind::Interpolation { .. });
        let mut after_interpolation = true;
        let mut strings = 0;
        for value in values {
            if is_interpolation(value) {
                if after_interpolation {
                    self.load_const(Const::from(""), loc)?;
                    strings += 1;
                }
                after_interpolation = true;
            } else {
                self.visit_expr(value)?;
                strings += 1;
                after_interpolation = false;
            }
        }
        if after_interpolation {
            self.load_const(Const::from(""), loc)?;
            strings += 1;
        }
        self.op(AnyOpcode::BUILD_TUPLE, strings, loc);
        let mut interpolations = 0;
        for value in values.iter().filter(|value| is_interpolation(value)) {
            self.visit_expr(value)?;
            interpolations += 1;
        }
        self.op(AnyOpcode::BUILD_TUPLE, interpolations, loc);
        self.op0(AnyOpcode::BUILD_TEMPLATE, loc);
        Ok(())
    }

    pub(super) fn interpolation(
        &mut self,
        value: &'a Expr,
        text: &Constant,
        conversion: i32,
        format_spec: Option<&'a Expr>,
        loc: Location,
    ) -> Result<()> {
        self.visit_expr(value)?;
        self.load_const(constant(text), loc)?;
        let mut oparg = 2;
        if let Some(spec) = format_spec {
            oparg += 1;
            self.visit_expr(spec)?;
        }
        oparg |= conversion_oparg(conversion)? << 2;
        self.op(AnyOpcode::BUILD_INTERPOLATION, oparg, loc);
        Ok(())
    }
}
