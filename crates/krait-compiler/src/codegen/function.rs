//! Functions, lambdas, decorators and defaults.

use krait_ast::{Arguments, Expr, ExprKind, FunctionDef, Stmt};
use krait_bytecode::oparg::{intrinsic2, make_function};
use krait_bytecode::{AnyOpcode, Const, Location};

use super::unit::{FBlockKind, ScopeType, UnitArgs};
use super::{Compiler, clean_doc};
use crate::error::{Result, location};
use crate::future::docstring;
use crate::instr::Label;
use crate::symtable::{KeyKind, NodeKey};

/// The numbers of a function's parameters.
fn unit_args(args: &Arguments) -> UnitArgs {
    UnitArgs {
        args: args.args.len() as u32,
        posonly: args.posonlyargs.len() as u32,
        kwonly: args.kwonlyargs.len() as u32,
    }
}

/// The line on which a decorated definition starts.
pub(super) fn first_line(decorators: &[Expr], loc: Location) -> i32 {
    decorators
        .first()
        .map_or(loc.line, |decorator| decorator.range.lineno as i32)
}

impl<'a> Compiler<'a> {
    pub(super) fn apply_decorators(&mut self, decorators: &[Expr]) {
        for decorator in decorators.iter().rev() {
            self.op(AnyOpcode::CALL, 0, location(decorator.range));
        }
    }

    fn default_arguments(&mut self, args: &'a Arguments, loc: Location) -> Result<u32> {
        let mut flags = 0;
        if !args.defaults.is_empty() {
            flags |= make_function::DEFAULTS;
            self.visit_exprs(&args.defaults)?;
            self.op(AnyOpcode::BUILD_TUPLE, args.defaults.len() as u32, loc);
        }
        let mut count = 0;
        for (arg, default) in args.kwonlyargs.iter().zip(&args.kw_defaults) {
            if let Some(default) = default {
                let name = self.maybe_mangle(&arg.arg);
                self.load_name_const(&name, loc)?;
                self.visit_expr(default)?;
                count += 1;
            }
        }
        if count > 0 {
            flags |= make_function::KWDEFAULTS;
            self.op(AnyOpcode::BUILD_MAP, count, loc);
        }
        Ok(flags)
    }

    pub(super) fn function_def(
        &mut self,
        stmt: &'a Stmt,
        function: &'a FunctionDef,
        is_async: bool,
    ) -> Result<()> {
        let loc = location(stmt.range);
        let firstlineno = first_line(&function.decorator_list, loc);
        self.visit_exprs(&function.decorator_list)?;
        let mut flags = self.default_arguments(&function.args, loc)?;
        let generic = !function.type_params.is_empty();
        let mut type_param_args = 0;
        if generic {
            type_param_args =
                (flags & (make_function::DEFAULTS | make_function::KWDEFAULTS)).count_ones();
            if type_param_args == 2 {
                self.op(AnyOpcode::SWAP, 2, loc);
            }
            let name = format!("<generic parameters of {}>", function.name).into();
            let key = NodeKey::new(&function.type_params, KeyKind::TypeParams);
            let args = UnitArgs {
                args: type_param_args,
                ..UnitArgs::default()
            };
            self.enter_scope(name, ScopeType::Annotations, key, firstlineno, None, args)?;
            self.type_params(&function.type_params)?;
            for index in 0..type_param_args {
                self.op(AnyOpcode::LOAD_FAST, index, loc);
            }
        }
        flags |= self.function_annotations(&function.args, function.returns.as_deref(), loc)?;
        self.function_body(function, is_async, flags, firstlineno, loc)?;
        if generic {
            self.op(AnyOpcode::SWAP, 2, loc);
            self.op(
                AnyOpcode::CALL_INTRINSIC_2,
                intrinsic2::SET_FUNCTION_TYPE_PARAMS,
                loc,
            );
            let code = self.finish_scope(false)?;
            self.make_closure(code, 0, loc)?;
            if type_param_args > 0 {
                self.op(AnyOpcode::SWAP, type_param_args + 1, loc);
                self.op(AnyOpcode::CALL, type_param_args - 1, loc);
            } else {
                self.op0(AnyOpcode::PUSH_NULL, loc);
                self.op(AnyOpcode::CALL, 0, loc);
            }
        }
        self.apply_decorators(&function.decorator_list);
        self.store_name(&function.name, loc)
    }

    fn function_body(
        &mut self,
        function: &'a FunctionDef,
        is_async: bool,
        flags: u32,
        firstlineno: i32,
        loc: Location,
    ) -> Result<()> {
        let scope = if is_async {
            ScopeType::AsyncFunction
        } else {
            ScopeType::Function
        };
        let key = NodeKey::new(function, KeyKind::Function);
        let args = unit_args(&function.args);
        self.enter_scope(function.name.clone(), scope, key, firstlineno, None, args)?;
        let mut body = &function.body[..];
        if self.ste().has_docstring
            && let Some(text) = docstring(body)
        {
            self.add_const(Const::Str(clean_doc(text)));
            body = &body[1..];
        }
        let start = self.new_label();
        self.use_label(start);
        let wraps = self.ste().coroutine || self.ste().generator;
        if wraps {
            self.push_fblock(
                Location::NONE,
                FBlockKind::StopIteration,
                start,
                Label::NONE,
            )?;
        }
        self.visit_stmts(body)?;
        if wraps {
            self.wrap_in_stopiteration_handler();
            self.pop_fblock();
        }
        let code = self.finish_scope(true)?;
        self.make_closure(code, flags, loc)
    }

    pub(super) fn lambda(&mut self, node: &'a Expr) -> Result<()> {
        let ExprKind::Lambda { args, body } = &node.kind else {
            return Ok(());
        };
        let loc = location(node.range);
        let flags = self.default_arguments(args, loc)?;
        let key = NodeKey::new(node, KeyKind::Function);
        self.enter_scope(
            "<lambda>".into(),
            ScopeType::Lambda,
            key,
            loc.line,
            None,
            unit_args(args),
        )?;
        self.visit_expr(body)?;
        let code = if self.ste().generator {
            self.finish_scope(false)?
        } else {
            self.op0(AnyOpcode::RETURN_VALUE, location(body.range));
            self.finish_scope(true)?
        };
        self.make_closure(code, flags, loc)
    }
}
