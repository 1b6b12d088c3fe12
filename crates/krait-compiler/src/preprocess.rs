//! What is done to the tree before anything else: `__debug__` becomes a constant, `-OO` drops
//! docstrings, `'…' % (…)` becomes an f-string where that is the same, signed numbers in patterns
//! become constants; and jumps out of `finally` are warned about.

mod format;

use krait_ast::{
    Arguments, Constant, Expr, ExprContext, ExprKind, FunctionDef, MatchCase, Mod, Operator,
    Pattern, PatternKind, Range, Stmt, StmtKind, TypeParam, TypeParamKind, UnaryOp,
};
use krait_bytecode::{AnyOpcode, Const};

use crate::constfold;
use crate::error::{CompileWarning, Depth, Result, location, with_stack};
use crate::future::docstring;

/// Preprocesses a tree in place.
///
/// Without an optimisation level the tree stays as it is: only the warnings are wanted.
pub(crate) fn preprocess(
    module: &mut Mod,
    optimize: Option<u8>,
    warnings: &mut Vec<CompileWarning>,
) -> Result<()> {
    let mut state = Preprocessor {
        optimize: optimize.unwrap_or(0),
        check_only: optimize.is_none(),
        depth: Depth::default(),
        warnings,
        finally: Vec::new(),
    };
    match module {
        Mod::Module { body, .. } => state.body_with_docstring(body)?,
        Mod::Interactive { body } => state.stmts(body)?,
        Mod::Expression { body } => state.expr(body)?,
        Mod::FunctionType { .. } => {}
    }
    Ok(())
}

/// What encloses a statement, as far as jumps out of `finally` care.
#[derive(Clone, Copy)]
struct Surroundings {
    in_finally: bool,
    in_function: bool,
    in_loop: bool,
}

struct Preprocessor<'a> {
    optimize: u8,
    /// Whether to leave the tree alone.
    check_only: bool,
    depth: Depth,
    warnings: &'a mut Vec<CompileWarning>,
    finally: Vec<Surroundings>,
}

impl Preprocessor<'_> {
    fn body_with_docstring(&mut self, body: &mut Vec<Stmt>) -> Result<()> {
        if self.check_only {
            return self.stmts(body);
        }
        let mut had_docstring = docstring(body).is_some();
        if self.optimize >= 2 && had_docstring {
            had_docstring = false;
            let first = body.remove(0);
            if body.is_empty() {
                body.push(Stmt {
                    kind: StmtKind::Pass,
                    range: pass_range(first.range),
                });
            }
        }
        self.stmts(body)?;
        // A statement that has become a string is no docstring.
        if !had_docstring && docstring(body).is_some() {
            let StmtKind::Expr { value } = &mut body[0].kind else {
                return Ok(());
            };
            let range = value.range;
            let placeholder = ExprKind::Constant {
                value: Constant::None,
                kind: None,
            };
            let text = std::mem::replace(
                &mut **value,
                Expr {
                    kind: placeholder,
                    range,
                },
            );
            value.kind = ExprKind::JoinedStr { values: vec![text] };
        }
        Ok(())
    }

    fn stmts(&mut self, body: &mut [Stmt]) -> Result<()> {
        body.iter_mut().try_for_each(|stmt| self.stmt(stmt))
    }

    fn exprs<'e>(&mut self, exprs: impl IntoIterator<Item = &'e mut Expr>) -> Result<()> {
        exprs.into_iter().try_for_each(|expr| self.expr(expr))
    }

    fn surrounded(
        &mut self,
        surroundings: Surroundings,
        body: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        self.finally.push(surroundings);
        body(self)?;
        self.finally.pop();
        Ok(())
    }

    fn in_function(&mut self, body: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let inside = Surroundings {
            in_finally: false,
            in_function: true,
            in_loop: false,
        };
        self.surrounded(inside, body)
    }

    fn in_loop(&mut self, body: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let inside = Surroundings {
            in_finally: false,
            in_function: false,
            in_loop: true,
        };
        self.surrounded(inside, body)
    }

    fn warn_in_finally(&mut self, keyword: &str, stmt: &Stmt) {
        let message = format!("'{keyword}' in a 'finally' block");
        self.warnings.push(CompileWarning {
            message,
            location: location(stmt.range),
        });
    }

    fn check_jump(&mut self, stmt: &Stmt) {
        let Some(inside) = self.finally.last().copied() else {
            return;
        };
        if !inside.in_finally {
            return;
        }
        match stmt.kind {
            StmtKind::Return { .. } if !inside.in_function => self.warn_in_finally("return", stmt),
            StmtKind::Break if !inside.in_loop => self.warn_in_finally("break", stmt),
            StmtKind::Continue if !inside.in_loop => self.warn_in_finally("continue", stmt),
            _ => {}
        }
    }

    fn stmt(&mut self, stmt: &mut Stmt) -> Result<()> {
        self.depth.enter()?;
        with_stack(|| self.stmt_kind(stmt))?;
        self.depth.leave();
        Ok(())
    }

    fn stmt_kind(&mut self, stmt: &mut Stmt) -> Result<()> {
        self.check_jump(stmt);
        match &mut stmt.kind {
            StmtKind::FunctionDef(function) | StmtKind::AsyncFunctionDef(function) => {
                self.function(function)
            }
            StmtKind::ClassDef(class) => {
                self.type_params(&mut class.type_params)?;
                self.exprs(&mut class.bases)?;
                self.exprs(class.keywords.iter_mut().map(|keyword| &mut keyword.value))?;
                self.body_with_docstring(&mut class.body)?;
                self.exprs(&mut class.decorator_list)
            }
            StmtKind::Return { value } => self.exprs(value.as_deref_mut()),
            StmtKind::Delete { targets } => self.exprs(targets),
            StmtKind::Assign { targets, value, .. } => {
                self.exprs(targets)?;
                self.expr(value)
            }
            StmtKind::TypeAlias {
                name,
                type_params,
                value,
            } => {
                self.expr(name)?;
                self.type_params(type_params)?;
                self.expr(value)
            }
            StmtKind::AugAssign { target, value, .. } => {
                self.expr(target)?;
                self.expr(value)
            }
            StmtKind::AnnAssign {
                target,
                annotation,
                value,
                ..
            } => {
                self.expr(target)?;
                self.expr(annotation)?;
                self.exprs(value.as_deref_mut())
            }
            StmtKind::For(node) | StmtKind::AsyncFor(node) => {
                self.expr(&mut node.target)?;
                self.expr(&mut node.iter)?;
                self.in_loop(|this| this.stmts(&mut node.body))?;
                self.stmts(&mut node.orelse)
            }
            StmtKind::While { test, body, orelse } => {
                self.expr(test)?;
                self.in_loop(|this| this.stmts(body))?;
                self.stmts(orelse)
            }
            StmtKind::If { test, body, orelse } => {
                self.expr(test)?;
                self.stmts(body)?;
                self.stmts(orelse)
            }
            StmtKind::With(node) | StmtKind::AsyncWith(node) => {
                for item in &mut node.items {
                    self.expr(&mut item.context_expr)?;
                    self.exprs(item.optional_vars.as_deref_mut())?;
                }
                self.stmts(&mut node.body)
            }
            StmtKind::Match { subject, cases } => {
                self.expr(subject)?;
                cases.iter_mut().try_for_each(|case| self.match_case(case))
            }
            StmtKind::Raise { exc, cause } => {
                self.exprs(exc.as_deref_mut())?;
                self.exprs(cause.as_deref_mut())
            }
            StmtKind::Try(node) | StmtKind::TryStar(node) => {
                self.stmts(&mut node.body)?;
                for handler in &mut node.handlers {
                    self.exprs(handler.type_.as_deref_mut())?;
                    self.stmts(&mut handler.body)?;
                }
                self.stmts(&mut node.orelse)?;
                let inside = Surroundings {
                    in_finally: true,
                    in_function: false,
                    in_loop: false,
                };
                self.surrounded(inside, |this| this.stmts(&mut node.finalbody))
            }
            StmtKind::Assert { test, msg } => {
                self.expr(test)?;
                self.exprs(msg.as_deref_mut())
            }
            StmtKind::Expr { value } => self.expr(value),
            StmtKind::Import { .. }
            | StmtKind::ImportFrom { .. }
            | StmtKind::Global { .. }
            | StmtKind::Nonlocal { .. }
            | StmtKind::Pass
            | StmtKind::Break
            | StmtKind::Continue => Ok(()),
        }
    }

    fn function(&mut self, function: &mut FunctionDef) -> Result<()> {
        self.type_params(&mut function.type_params)?;
        self.arguments(&mut function.args)?;
        self.in_function(|this| this.body_with_docstring(&mut function.body))?;
        self.exprs(&mut function.decorator_list)?;
        self.exprs(function.returns.as_deref_mut())
    }

    fn arguments(&mut self, args: &mut Arguments) -> Result<()> {
        let named = args
            .posonlyargs
            .iter_mut()
            .chain(&mut args.args)
            .chain(&mut args.kwonlyargs);
        let rest = args
            .vararg
            .as_deref_mut()
            .into_iter()
            .chain(args.kwarg.as_deref_mut());
        for arg in named.chain(rest) {
            self.exprs(arg.annotation.as_deref_mut())?;
        }
        self.exprs(args.kw_defaults.iter_mut().flatten())?;
        self.exprs(&mut args.defaults)
    }

    fn type_params(&mut self, params: &mut [TypeParam]) -> Result<()> {
        for param in params {
            match &mut param.kind {
                TypeParamKind::TypeVar {
                    bound,
                    default_value,
                    ..
                } => {
                    self.exprs(bound.as_deref_mut())?;
                    self.exprs(default_value.as_deref_mut())?;
                }
                TypeParamKind::ParamSpec { default_value, .. }
                | TypeParamKind::TypeVarTuple { default_value, .. } => {
                    self.exprs(default_value.as_deref_mut())?;
                }
            }
        }
        Ok(())
    }

    fn match_case(&mut self, case: &mut MatchCase) -> Result<()> {
        if !self.check_only {
            self.pattern(&mut case.pattern)?;
        }
        self.exprs(case.guard.as_deref_mut())?;
        self.stmts(&mut case.body)
    }

    fn pattern(&mut self, pattern: &mut Pattern) -> Result<()> {
        self.depth.enter()?;
        with_stack(|| self.pattern_kind(pattern))?;
        self.depth.leave();
        Ok(())
    }

    fn pattern_kind(&mut self, pattern: &mut Pattern) -> Result<()> {
        match &mut pattern.kind {
            PatternKind::MatchValue { value } => {
                fold_pattern_value(value);
                Ok(())
            }
            PatternKind::MatchSingleton { .. } | PatternKind::MatchStar { .. } => Ok(()),
            PatternKind::MatchSequence { patterns } | PatternKind::MatchOr { patterns } => {
                patterns.iter_mut().try_for_each(|each| self.pattern(each))
            }
            PatternKind::MatchMapping { keys, patterns, .. } => {
                keys.iter_mut().for_each(fold_pattern_value);
                patterns.iter_mut().try_for_each(|each| self.pattern(each))
            }
            PatternKind::MatchClass {
                cls,
                patterns,
                kwd_patterns,
                ..
            } => {
                self.expr(cls)?;
                patterns
                    .iter_mut()
                    .chain(kwd_patterns)
                    .try_for_each(|each| self.pattern(each))
            }
            PatternKind::MatchAs { pattern, .. } => match pattern {
                Some(pattern) => self.pattern(pattern),
                None => Ok(()),
            },
        }
    }

    fn expr(&mut self, expr: &mut Expr) -> Result<()> {
        if self.check_only {
            return Ok(());
        }
        self.depth.enter()?;
        with_stack(|| self.expr_kind(expr))?;
        self.depth.leave();
        Ok(())
    }

    fn expr_kind(&mut self, expr: &mut Expr) -> Result<()> {
        match &mut expr.kind {
            ExprKind::BoolOp { values, .. }
            | ExprKind::JoinedStr { values }
            | ExprKind::TemplateStr { values } => self.exprs(values),
            ExprKind::NamedExpr { target, value } => {
                self.expr(target)?;
                self.expr(value)
            }
            ExprKind::BinOp { left, right, op } => {
                let is_format = *op == Operator::Mod;
                self.expr(left)?;
                self.expr(right)?;
                if is_format {
                    format::optimize_format(expr);
                }
                Ok(())
            }
            ExprKind::UnaryOp { operand, .. } => self.expr(operand),
            ExprKind::Lambda { args, body } => {
                self.arguments(args)?;
                self.expr(body)
            }
            ExprKind::IfExp { test, body, orelse } => {
                self.expr(test)?;
                self.expr(body)?;
                self.expr(orelse)
            }
            ExprKind::Dict { keys, values } => {
                self.exprs(keys.iter_mut().flatten())?;
                self.exprs(values)
            }
            ExprKind::Set { elts } | ExprKind::List { elts, .. } | ExprKind::Tuple { elts, .. } => {
                self.exprs(elts)
            }
            ExprKind::ListComp { elt, generators }
            | ExprKind::SetComp { elt, generators }
            | ExprKind::GeneratorExp { elt, generators } => {
                self.expr(elt)?;
                self.generators(generators)
            }
            ExprKind::DictComp {
                key,
                value,
                generators,
            } => {
                self.expr(key)?;
                self.expr(value)?;
                self.generators(generators)
            }
            ExprKind::Await { value }
            | ExprKind::YieldFrom { value }
            | ExprKind::Attribute { value, .. }
            | ExprKind::Starred { value, .. } => self.expr(value),
            ExprKind::Yield { value } => self.exprs(value.as_deref_mut()),
            ExprKind::Compare {
                left, comparators, ..
            } => {
                self.expr(left)?;
                self.exprs(comparators)
            }
            ExprKind::Call {
                func,
                args,
                keywords,
            } => {
                self.expr(func)?;
                self.exprs(args)?;
                self.exprs(keywords.iter_mut().map(|keyword| &mut keyword.value))
            }
            ExprKind::FormattedValue {
                value, format_spec, ..
            }
            | ExprKind::Interpolation {
                value, format_spec, ..
            } => {
                self.expr(value)?;
                self.exprs(format_spec.as_deref_mut())
            }
            ExprKind::Subscript { value, slice, .. } => {
                self.expr(value)?;
                self.expr(slice)
            }
            ExprKind::Slice { lower, upper, step } => self.exprs(
                [lower, upper, step]
                    .into_iter()
                    .flatten()
                    .map(|part| &mut **part),
            ),
            ExprKind::Name {
                id,
                ctx: ExprContext::Load,
            } if id == "__debug__" => {
                let value = if self.optimize == 0 {
                    Constant::True
                } else {
                    Constant::False
                };
                expr.kind = ExprKind::Constant { value, kind: None };
                Ok(())
            }
            ExprKind::Name { .. } | ExprKind::Constant { .. } => Ok(()),
        }
    }

    fn generators(&mut self, generators: &mut [krait_ast::Comprehension]) -> Result<()> {
        for generator in generators {
            self.expr(&mut generator.target)?;
            self.expr(&mut generator.iter)?;
            self.exprs(&mut generator.ifs)?;
        }
        Ok(())
    }
}

/// Where the `pass` stands that takes a docstring's place.
fn pass_range(docstring: Range) -> Range {
    Range {
        end_lineno: docstring.lineno,
        end_col_offset: docstring.col_offset + 4,
        ..docstring
    }
}

/// `-1`, `1 + 2j` and `-1 - 2j` in a pattern become constants.
fn fold_pattern_value(expr: &mut Expr) {
    let folded = match &mut expr.kind {
        ExprKind::UnaryOp {
            op: UnaryOp::USub,
            operand,
        } => numeric_const(operand)
            .and_then(|value| constfold::unary(AnyOpcode::UNARY_NEGATIVE, &value)),
        ExprKind::BinOp {
            left,
            op: op @ (Operator::Add | Operator::Sub),
            right,
        } => {
            let operator = match op {
                Operator::Add => krait_bytecode::oparg::nb::ADD,
                _ => krait_bytecode::oparg::nb::SUBTRACT,
            };
            fold_pattern_value(left);
            match (numeric_const(left), numeric_const(right)) {
                (Some(left), Some(right)) => constfold::binary(operator, &left, &right),
                _ => None,
            }
        }
        _ => None,
    };
    let value = match folded {
        Some(Const::Int(int)) => Constant::Int(int),
        Some(Const::Float(float)) => Constant::Float(float),
        Some(Const::Complex(real, imag)) => Constant::Complex { real, imag },
        _ => return,
    };
    expr.kind = ExprKind::Constant { value, kind: None };
}

fn numeric_const(expr: &Expr) -> Option<Const> {
    let ExprKind::Constant { value, .. } = &expr.kind else {
        return None;
    };
    match value {
        Constant::Int(int) => Some(Const::Int(int.clone())),
        Constant::Float(float) => Some(Const::Float(*float)),
        Constant::Complex { real, imag } => Some(Const::Complex(*real, *imag)),
        _ => None,
    }
}
