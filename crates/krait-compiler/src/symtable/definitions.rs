//! Functions, classes, type parameters and aliases, and annotations of the first pass.

use krait_ast::{
    Arg, Arguments, Expr, ExprKind, FunctionDef, Identifier, Stmt, StmtKind, TypeParam,
    TypeParamKind,
};
use krait_bytecode::{Location, code_flags};

use super::build::Builder;
use super::types::{BlockType, def};
use super::{KeyKind, NodeKey};
use crate::error::{CompileError, Result, location};
use crate::future::docstring;

impl Builder {
    pub(super) fn function_def(
        &mut self,
        stmt: &Stmt,
        function: &FunctionDef,
        is_async: bool,
    ) -> Result<()> {
        let loc = location(stmt.range);
        let args = &*function.args;
        self.add_def(&function.name, def::LOCAL, loc)?;
        self.exprs(&args.defaults)?;
        self.exprs(args.kw_defaults.iter().flatten())?;
        self.exprs(&function.decorator_list)?;
        if !function.type_params.is_empty() {
            let key = NodeKey::new(&function.type_params, KeyKind::TypeParams);
            self.enter_type_params(&function.name, key, loc)?;
            // CPython has this parameter without defaults too.
            self.add_str(".defaults", def::PARAM, loc)?;
            if args.kw_defaults.iter().any(Option::is_some) {
                self.add_str(".kwdefaults", def::PARAM, loc)?;
            }
            self.type_params(&function.type_params)?;
        }
        let key = NodeKey::new(function, KeyKind::Function);
        let id = self.new_entry(function.name.clone(), BlockType::Function, key, loc);
        self.signature_annotations(args, function.returns.as_deref(), loc)?;
        self.enter_existing(id);
        self.cur().coroutine = is_async;
        self.cur().has_docstring = docstring(&function.body).is_some();
        self.arguments(args)?;
        self.stmts(&function.body)?;
        self.exit_block();
        if !function.type_params.is_empty() {
            self.exit_block();
        }
        Ok(())
    }

    pub(super) fn class_def(&mut self, stmt: &Stmt) -> Result<()> {
        let StmtKind::ClassDef(class) = &stmt.kind else {
            return Ok(());
        };
        let loc = location(stmt.range);
        self.add_def(&class.name, def::LOCAL, loc)?;
        self.exprs(&class.decorator_list)?;
        let outer_private = self.private.clone();
        let generic = !class.type_params.is_empty();
        if generic {
            let key = NodeKey::new(&class.type_params, KeyKind::TypeParams);
            self.enter_type_params(&class.name, key, loc)?;
            // Set when the tuple of parameters is made, used when the bases are.
            self.add_str(".type_params", def::LOCAL, loc)?;
            self.add_str(".type_params", def::USE, loc)?;
            self.private = Some(class.name.clone());
            self.add_str(".generic_base", def::LOCAL, loc)?;
            self.add_str(".generic_base", def::USE, loc)?;
            self.cur().mangled_names = Some(Default::default());
            self.type_params(&class.type_params)?;
        }
        self.exprs(&class.bases)?;
        self.keywords(&class.keywords)?;
        let key = NodeKey::new(&**class, KeyKind::Class);
        self.enter_block(class.name.clone(), BlockType::Class, key, loc);
        self.private = Some(class.name.clone());
        if generic {
            self.add_str("__type_params__", def::LOCAL, loc)?;
            self.add_str(".type_params", def::USE, loc)?;
        }
        self.cur().has_docstring = docstring(&class.body).is_some();
        self.stmts(&class.body)?;
        self.exit_block();
        if generic {
            self.exit_block();
        }
        self.private = outer_private;
        Ok(())
    }

    pub(super) fn type_alias(&mut self, stmt: &Stmt) -> Result<()> {
        let StmtKind::TypeAlias {
            name,
            type_params,
            value,
        } = &stmt.kind
        else {
            return Ok(());
        };
        let loc = location(stmt.range);
        self.expr(name)?;
        let ExprKind::Name { id, .. } = &name.kind else {
            return Err(CompileError::invalid_tree("TypeAlias with non-Name name"));
        };
        let in_class = self.cur().block_type == BlockType::Class;
        let generic = !type_params.is_empty();
        if generic {
            let key = NodeKey::new(type_params, KeyKind::TypeParams);
            self.enter_type_params(id, key, loc)?;
            self.type_params(type_params)?;
        }
        let key = NodeKey::new(&**value, KeyKind::TypeAlias);
        self.enter_block(id.clone(), BlockType::TypeAlias, key, loc);
        if in_class {
            self.see_class_scope(location(value.range))?;
        }
        self.expr(value)?;
        self.exit_block();
        if generic {
            self.exit_block();
        }
        Ok(())
    }

    fn see_class_scope(&mut self, loc: Location) -> Result<()> {
        self.cur().can_see_class_scope = true;
        self.add_str("__classdict__", def::USE, loc)
    }

    fn enter_type_params(&mut self, name: &Identifier, key: NodeKey, loc: Location) -> Result<()> {
        let in_class = self.cur().block_type == BlockType::Class;
        self.enter_block(name.clone(), BlockType::TypeParameters, key, loc);
        if in_class {
            self.see_class_scope(loc)?;
        }
        Ok(())
    }

    fn type_params(&mut self, params: &[TypeParam]) -> Result<()> {
        params
            .iter()
            .try_for_each(|param| self.nested(|builder| builder.type_param(param)))
    }

    fn type_param(&mut self, param: &TypeParam) -> Result<()> {
        let loc = location(param.range);
        let (name, bound, default, default_info) = match &param.kind {
            TypeParamKind::TypeVar {
                name,
                bound,
                default_value,
            } => (
                name,
                bound.as_deref(),
                default_value.as_deref(),
                "a TypeVar default",
            ),
            TypeParamKind::ParamSpec {
                name,
                default_value,
            } => (name, None, default_value.as_deref(), "a ParamSpec default"),
            TypeParamKind::TypeVarTuple {
                name,
                default_value,
            } => (
                name,
                None,
                default_value.as_deref(),
                "a TypeVarTuple default",
            ),
        };
        if name == "__classdict__" {
            let message = format!("reserved name '{name}' cannot be used for type parameter");
            return Err(CompileError::syntax(loc, message));
        }
        self.add_def(name, def::TYPE_PARAM | def::LOCAL, loc)?;
        if let Some(bound) = bound {
            let info = match bound.kind {
                ExprKind::Tuple { .. } => "a TypeVar constraint",
                _ => "a TypeVar bound",
            };
            let key = NodeKey::new(param, KeyKind::TypeParamBound);
            self.type_param_expr(bound, name, key, info)?;
        }
        if let Some(default) = default {
            let key = NodeKey::new(param, KeyKind::TypeParamDefault);
            self.type_param_expr(default, name, key, default_info)?;
        }
        Ok(())
    }

    fn type_param_expr(
        &mut self,
        expr: &Expr,
        name: &Identifier,
        key: NodeKey,
        info: &'static str,
    ) -> Result<()> {
        let in_class = self.cur().can_see_class_scope;
        self.enter_block(
            name.clone(),
            BlockType::TypeVariable,
            key,
            location(expr.range),
        );
        if in_class {
            self.see_class_scope(location(expr.range))?;
        }
        self.cur().scope_info = Some(info);
        self.expr(expr)?;
        self.exit_block();
        Ok(())
    }

    pub(super) fn ann_assign(&mut self, stmt: &Stmt) -> Result<()> {
        let StmtKind::AnnAssign {
            target,
            annotation,
            value,
            simple,
        } = &stmt.kind
        else {
            return Ok(());
        };
        let loc = location(stmt.range);
        self.cur().annotations_used = true;
        if let ExprKind::Name { id, .. } = &target.kind {
            let flags = self.lookup(id);
            if flags & (def::GLOBAL | def::NONLOCAL) != 0 && self.cur != 0 && *simple {
                let kind = if flags & def::GLOBAL != 0 {
                    "global"
                } else {
                    "nonlocal"
                };
                let message = format!("annotated name '{id}' can't be {kind}");
                return Err(CompileError::syntax(loc, message));
            }
            let target_loc = location(target.range);
            if *simple {
                self.add_def(id, def::ANNOT | def::LOCAL, target_loc)?;
            } else if value.is_some() {
                self.add_def(id, def::LOCAL, target_loc)?;
            }
        } else {
            self.expr(target)?;
        }
        let key = NodeKey::new(stmt, KeyKind::Annotations);
        self.variable_annotation(annotation, key)?;
        self.exprs(value.as_deref())
    }

    fn variable_annotation(&mut self, annotation: &Expr, key: NodeKey) -> Result<()> {
        let loc = location(annotation.range);
        let parent = self.cur;
        let block_type = self.cur().block_type;
        // In a function nothing evaluates the annotation.
        let unevaluated = block_type == BlockType::Function;
        // A module may have run in part only, so that all its annotations are conditional.
        let conditional = block_type == BlockType::Module
            || (block_type == BlockType::Class && self.cur().in_conditional_block);
        if conditional && !self.cur().has_conditional_annotations {
            self.cur().has_conditional_annotations = true;
            self.add_str("__conditional_annotations__", def::USE, loc)?;
        }
        match self.table.entries[parent].annotation_block {
            Some(block) => self.enter_existing(block),
            None => {
                self.enter_block("__annotate__".into(), BlockType::Annotation, key, loc);
                self.table.entries[parent].annotation_block = Some(self.cur);
                let strings = self.future.features & code_flags::FUTURE_ANNOTATIONS != 0;
                if block_type == BlockType::Class && !strings {
                    self.see_class_scope(loc)?;
                }
            }
        }
        self.cur().in_unevaluated_annotation = unevaluated;
        self.expr(annotation)?;
        self.cur().in_unevaluated_annotation = false;
        self.exit_block();
        Ok(())
    }

    fn signature_annotations(
        &mut self,
        args: &Arguments,
        returns: Option<&Expr>,
        loc: Location,
    ) -> Result<()> {
        let sees_class =
            self.cur().can_see_class_scope || self.cur().block_type == BlockType::Class;
        let key = NodeKey::new(args, KeyKind::Annotations);
        self.enter_block("__annotate__".into(), BlockType::Annotation, key, loc);
        if sees_class {
            self.see_class_scope(loc)?;
        }
        let annotation = |arg: &Arg| arg.annotation.is_some();
        for arg in args.posonlyargs.iter().chain(&args.args) {
            self.arg_annotation(arg)?;
        }
        for arg in args
            .vararg
            .as_deref()
            .into_iter()
            .chain(args.kwarg.as_deref())
        {
            if annotation(arg) {
                self.arg_annotation(arg)?;
            }
        }
        for arg in &args.kwonlyargs {
            self.arg_annotation(arg)?;
        }
        if let Some(returns) = returns {
            self.cur().annotations_used = true;
            self.expr(returns)?;
        }
        self.exit_block();
        Ok(())
    }

    fn arg_annotation(&mut self, arg: &Arg) -> Result<()> {
        if let Some(annotation) = &arg.annotation {
            self.cur().annotations_used = true;
            self.expr(annotation)?;
        }
        Ok(())
    }
}
