//! Expressions of the first pass: names, lambdas, comprehensions, named expressions.

use krait_ast::{Comprehension, Expr, ExprContext, ExprKind, Identifier};
use krait_bytecode::Location;

use super::build::{Builder, loc_of};
use super::types::{BlockType, ComprehensionType, def};
use super::{KeyKind, NodeKey};
use crate::error::{CompileError, Result};

impl Builder {
    pub(super) fn expr(&mut self, expr: &Expr) -> Result<()> {
        self.nested(|builder| builder.expr_kind(expr))
    }

    fn expr_kind(&mut self, expr: &Expr) -> Result<()> {
        let loc = loc_of(expr.range);
        match &expr.kind {
            ExprKind::NamedExpr { target, value } => self.named_expr(target, value, loc),
            ExprKind::BoolOp { values, .. } => self.exprs(values),
            ExprKind::BinOp { left, right, .. } => self.exprs([&**left, &**right]),
            ExprKind::UnaryOp { operand, .. } => self.expr(operand),
            ExprKind::Lambda { args, body } => {
                self.exprs(&args.defaults)?;
                self.exprs(args.kw_defaults.iter().flatten())?;
                let key = NodeKey::new(expr, KeyKind::Function);
                self.enter_block("lambda".into(), BlockType::Function, key, loc);
                self.arguments(args)?;
                self.expr(body)?;
                self.exit_block();
                Ok(())
            }
            ExprKind::IfExp { test, body, orelse } => self.exprs([&**test, &**body, &**orelse]),
            ExprKind::Dict { keys, values } => {
                self.exprs(keys.iter().flatten())?;
                self.exprs(values)
            }
            ExprKind::Set { elts } | ExprKind::List { elts, .. } | ExprKind::Tuple { elts, .. } => {
                self.exprs(elts)
            }
            ExprKind::GeneratorExp { elt, generators } => {
                self.comprehension(expr, "genexpr", generators, elt, None)
            }
            ExprKind::ListComp { elt, generators } => {
                self.comprehension(expr, "listcomp", generators, elt, None)
            }
            ExprKind::SetComp { elt, generators } => {
                self.comprehension(expr, "setcomp", generators, elt, None)
            }
            ExprKind::DictComp {
                key,
                value,
                generators,
            } => self.comprehension(expr, "dictcomp", generators, key, Some(value)),
            ExprKind::Yield { value } => {
                self.check_not_in_annotation("yield expression", loc)?;
                self.exprs(value.as_deref())?;
                self.cur().generator = true;
                self.check_yield_in_comprehension(loc)
            }
            ExprKind::YieldFrom { value } => {
                self.check_not_in_annotation("yield expression", loc)?;
                self.expr(value)?;
                self.cur().generator = true;
                self.check_yield_in_comprehension(loc)
            }
            ExprKind::Await { value } => {
                self.check_not_in_annotation("await expression", loc)?;
                self.check_await(loc)?;
                self.expr(value)?;
                self.cur().coroutine = true;
                Ok(())
            }
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
                self.keywords(keywords)
            }
            ExprKind::FormattedValue {
                value, format_spec, ..
            }
            | ExprKind::Interpolation {
                value, format_spec, ..
            } => {
                self.expr(value)?;
                self.exprs(format_spec.as_deref())
            }
            ExprKind::JoinedStr { values } | ExprKind::TemplateStr { values } => self.exprs(values),
            ExprKind::Constant { .. } => Ok(()),
            ExprKind::Attribute { value, attr, ctx } => {
                Self::check_name(attr, loc, *ctx)?;
                self.expr(value)
            }
            ExprKind::Subscript { value, slice, .. } => self.exprs([&**value, &**slice]),
            ExprKind::Starred { value, .. } => self.expr(value),
            ExprKind::Slice { lower, upper, step } => self.exprs(
                [lower, upper, step]
                    .into_iter()
                    .flatten()
                    .map(|part| &**part),
            ),
            ExprKind::Name { id, ctx } => self.name_use(id, *ctx, loc),
        }
    }

    fn name_use(&mut self, id: &Identifier, ctx: ExprContext, loc: Location) -> Result<()> {
        if self.cur().in_unevaluated_annotation {
            return Ok(());
        }
        let flag = if ctx == ExprContext::Load {
            def::USE
        } else {
            def::LOCAL
        };
        self.add_def_ctx(id, flag, loc, ctx)?;
        // Calling super() without arguments needs the class.
        if ctx == ExprContext::Load && id == "super" && self.cur().is_function_like() {
            self.add_str("__class__", def::USE, loc)?;
        }
        Ok(())
    }

    fn named_expr(&mut self, target: &Expr, value: &Expr, loc: Location) -> Result<()> {
        self.check_not_in_annotation("named expression", loc)?;
        if self.cur().comp_iter_expr > 0 {
            let message =
                "assignment expression cannot be used in a comprehension iterable expression";
            return Err(CompileError::syntax(loc, message));
        }
        if self.cur().comprehension != ComprehensionType::None {
            self.extend_namedexpr_scope(target)?;
        }
        self.expr(value)?;
        self.expr(target)
    }

    /// The target of a named expression in a comprehension belongs to the block around it.
    fn extend_namedexpr_scope(&mut self, target: &Expr) -> Result<()> {
        let ExprKind::Name { id, .. } = &target.kind else {
            return Ok(());
        };
        let loc = loc_of(target.range);
        let error = |message: &str| Err(CompileError::syntax(loc, message));
        for entry in self.parent_stack().into_iter().rev() {
            let block = &self.table.entries[entry];
            if block.comprehension != ComprehensionType::None {
                if self.lookup_in(entry, id) & def::COMP_ITER != 0 {
                    return Err(CompileError::syntax(
                        loc,
                        format!(
                            "assignment expression cannot rebind comprehension iteration variable '{id}'"
                        ),
                    ));
                }
                continue;
            }
            match block.block_type {
                BlockType::Function => {
                    let flags = self.lookup_in(entry, id);
                    if flags & def::GLOBAL != 0 {
                        self.add_def(id, def::GLOBAL, loc)?;
                    } else {
                        self.add_def(id, def::NONLOCAL, loc)?;
                    }
                    self.record_directive(id, loc);
                    return self.add_def_in(entry, id, def::LOCAL, loc);
                }
                BlockType::Module => {
                    self.add_def(id, def::GLOBAL, loc)?;
                    self.record_directive(id, loc);
                    return self.add_def_in(entry, id, def::GLOBAL, loc);
                }
                BlockType::Class => {
                    return error(
                        "assignment expression within a comprehension cannot be used in a class body",
                    );
                }
                BlockType::TypeVariable => {
                    return error(
                        "assignment expression within a comprehension cannot be used in a TypeVar bound",
                    );
                }
                BlockType::TypeAlias => {
                    return error(
                        "assignment expression within a comprehension cannot be used in a type alias",
                    );
                }
                BlockType::TypeParameters => {
                    return error(
                        "assignment expression within a comprehension cannot be used within the definition of a generic",
                    );
                }
                BlockType::Annotation => {}
            }
        }
        Ok(())
    }

    fn check_not_in_annotation(&mut self, what: &str, loc: Location) -> Result<()> {
        let entry = self.cur();
        let place = match entry.block_type {
            BlockType::Annotation => "an annotation",
            BlockType::TypeVariable => entry.scope_info.unwrap_or("a TypeVar bound"),
            BlockType::TypeAlias => "a type alias",
            BlockType::TypeParameters => "the definition of a generic",
            _ => return Ok(()),
        };
        Err(CompileError::syntax(
            loc,
            format!("{what} cannot be used within {place}"),
        ))
    }

    /// Whether the block is a coroutine, or may become one.
    pub(super) fn allows_await(&mut self) -> bool {
        let allow_top_level_await = self.allow_top_level_await;
        let block = self.cur();
        match block.block_type {
            BlockType::Function => block.coroutine,
            BlockType::Module => allow_top_level_await,
            _ => false,
        }
    }

    fn check_await(&mut self, loc: Location) -> Result<()> {
        if self.allows_await() || self.cur().comprehension != ComprehensionType::None {
            return Ok(());
        }
        let message = if self.cur().is_function_like() {
            "'await' outside async function"
        } else {
            "'await' outside function"
        };
        Err(CompileError::syntax(loc, message))
    }

    fn check_yield_in_comprehension(&mut self, loc: Location) -> Result<()> {
        let place = match self.cur().comprehension {
            ComprehensionType::None => return Ok(()),
            ComprehensionType::List => "list comprehension",
            ComprehensionType::Set => "set comprehension",
            ComprehensionType::Dict => "dict comprehension",
            ComprehensionType::Generator => "generator expression",
        };
        Err(CompileError::syntax(loc, format!("'yield' inside {place}")))
    }

    fn comprehension(
        &mut self,
        expr: &Expr,
        name: &str,
        generators: &[Comprehension],
        elt: &Expr,
        value: Option<&Expr>,
    ) -> Result<()> {
        let Some((outermost, inner)) = generators.split_first() else {
            return Err(CompileError::invalid_tree(
                "comprehension with no generators",
            ));
        };
        // The outermost iterator is evaluated in the block around the comprehension.
        self.cur().comp_iter_expr += 1;
        self.expr(&outermost.iter)?;
        self.cur().comp_iter_expr -= 1;
        let loc = loc_of(expr.range);
        let key = NodeKey::new(expr, KeyKind::Comprehension);
        self.enter_block(name.into(), BlockType::Function, key, loc);
        self.cur().comprehension = match expr.kind {
            ExprKind::ListComp { .. } => ComprehensionType::List,
            ExprKind::SetComp { .. } => ComprehensionType::Set,
            ExprKind::DictComp { .. } => ComprehensionType::Dict,
            _ => ComprehensionType::Generator,
        };
        let is_generator = self.cur().comprehension == ComprehensionType::Generator;
        self.cur().coroutine = outermost.is_async;
        self.add_str(".0", def::PARAM, loc)?;
        self.iteration_target(&outermost.target)?;
        self.exprs(&outermost.ifs)?;
        for generator in inner {
            self.inner_generator(generator)?;
        }
        self.exprs(value)?;
        self.expr(elt)?;
        self.cur().generator = is_generator;
        let is_async = self.cur().coroutine && !is_generator;
        self.exit_block();
        if is_async {
            let in_comprehension = self.cur().comprehension != ComprehensionType::None;
            if !in_comprehension && !self.allows_await() {
                let message = "asynchronous comprehension outside of an asynchronous function";
                return Err(CompileError::syntax(loc, message));
            }
            self.cur().coroutine = true;
        }
        Ok(())
    }

    fn iteration_target(&mut self, target: &Expr) -> Result<()> {
        self.cur().comp_iter_target = true;
        self.expr(target)?;
        self.cur().comp_iter_target = false;
        Ok(())
    }

    fn inner_generator(&mut self, generator: &Comprehension) -> Result<()> {
        self.iteration_target(&generator.target)?;
        self.cur().comp_iter_expr += 1;
        self.expr(&generator.iter)?;
        self.cur().comp_iter_expr -= 1;
        self.exprs(&generator.ifs)?;
        if generator.is_async {
            self.cur().coroutine = true;
        }
        Ok(())
    }
}
