//! Classes, type parameters and type aliases.

use krait_ast::{ClassDef, Expr, ExprKind, Identifier, Stmt, TypeParam, TypeParamKind};
use krait_bytecode::oparg::{intrinsic1, intrinsic2, make_function};
use krait_bytecode::{AnyOpcode, Const, Location};

use super::Compiler;
use super::function::first_line;
use super::unit::{ScopeType, UnitArgs};
use crate::error::{CompileError, Result, location};
use crate::symtable::{KeyKind, NodeKey};

impl<'a> Compiler<'a> {
    pub(super) fn class_def(&mut self, stmt: &'a Stmt, class: &'a ClassDef) -> Result<()> {
        let loc = location(stmt.range);
        let firstlineno = first_line(&class.decorator_list, loc);
        self.visit_exprs(&class.decorator_list)?;
        let generic = !class.type_params.is_empty();
        let type_params = Identifier::from(".type_params");
        if generic {
            let name = format!("<generic parameters of {}>", class.name).into();
            let key = NodeKey::new(&class.type_params, KeyKind::TypeParams);
            self.enter_scope(
                name,
                ScopeType::Annotations,
                key,
                firstlineno,
                Some(class.name.clone()),
                UnitArgs::default(),
            )?;
            self.type_params(&class.type_params)?;
            self.store_name(&type_params, loc)?;
        }
        self.class_body(class, firstlineno, loc)?;
        if generic {
            let generic_base = Identifier::from(".generic_base");
            self.load_name(&type_params, loc)?;
            self.op(
                AnyOpcode::CALL_INTRINSIC_1,
                intrinsic1::SUBSCRIPT_GENERIC,
                loc,
            );
            self.store_name(&generic_base, loc)?;
            self.call_helper(2, &class.bases, &class.keywords, Some(&generic_base), loc)?;
            let code = self.finish_scope(false)?;
            self.make_closure(code, 0, loc)?;
            self.op0(AnyOpcode::PUSH_NULL, loc);
            self.op(AnyOpcode::CALL, 0, loc);
        } else {
            self.call_helper(2, &class.bases, &class.keywords, None, loc)?;
        }
        self.apply_decorators(&class.decorator_list);
        self.store_name(&class.name, loc)
    }

    /// Compiles the body and adds what calls `__build_class__` up to the class's name.
    fn class_body(
        &mut self,
        class: &'a ClassDef,
        firstlineno: i32,
        stmt_loc: Location,
    ) -> Result<()> {
        let key = NodeKey::new(class, KeyKind::Class);
        self.enter_scope(
            class.name.clone(),
            ScopeType::Class,
            key,
            firstlineno,
            Some(class.name.clone()),
            UnitArgs::default(),
        )?;
        let loc = Location {
            line: firstlineno,
            end_line: firstlineno,
            col: 0,
            end_col: 0,
        };
        self.load_name(&"__name__".into(), loc)?;
        self.store_name(&"__module__".into(), loc)?;
        let qualname = self
            .unit()
            .meta
            .qualname
            .clone()
            .unwrap_or_else(|| class.name.clone());
        self.load_name_const(&qualname, loc)?;
        self.store_name(&"__qualname__".into(), loc)?;
        self.load_const(Const::from(i64::from(firstlineno)), loc)?;
        self.store_name(&"__firstlineno__".into(), loc)?;
        if !class.type_params.is_empty() {
            self.load_name(&".type_params".into(), loc)?;
            self.store_name(&"__type_params__".into(), loc)?;
        }
        if self.ste().needs_classdict {
            self.op0(AnyOpcode::LOAD_LOCALS, loc);
            let index = self.deref_index(&"__classdict__".into(), true);
            self.op(AnyOpcode::STORE_DEREF, index, loc);
        }
        if self.ste().has_conditional_annotations {
            self.op(AnyOpcode::BUILD_SET, 0, loc);
            let index = self.deref_index(&"__conditional_annotations__".into(), true);
            self.op(AnyOpcode::STORE_DEREF, index, loc);
        }
        self.body(&class.body, loc)?;
        let none = Location::NONE;
        let attributes = self
            .unit()
            .static_attributes
            .iter()
            .map(|name| Const::from(name.as_str()))
            .collect();
        self.load_const(Const::Tuple(attributes), none)?;
        self.store_name(&"__static_attributes__".into(), none)?;
        if self.ste().needs_classdict {
            let index = self.deref_index(&"__classdict__".into(), true);
            self.op(AnyOpcode::LOAD_CLOSURE, index, none);
            self.store_name(&"__classdictcell__".into(), none)?;
        }
        if self.ste().needs_class_closure {
            let index = self.deref_index(&"__class__".into(), true);
            self.op(AnyOpcode::LOAD_CLOSURE, index, none);
            self.op(AnyOpcode::COPY, 1, none);
            self.store_name(&"__classcell__".into(), none)?;
        } else {
            self.load_none(none);
        }
        self.op0(AnyOpcode::RETURN_VALUE, none);
        let code = self.finish_scope(true)?;
        self.op0(AnyOpcode::LOAD_BUILD_CLASS, stmt_loc);
        self.op0(AnyOpcode::PUSH_NULL, stmt_loc);
        self.make_closure(code, 0, stmt_loc)?;
        self.load_name_const(&class.name, stmt_loc)
    }

    /// Makes the type parameters, binds them and leaves the tuple of them.
    pub(super) fn type_params(&mut self, params: &'a [TypeParam]) -> Result<()> {
        let mut seen_default = false;
        for param in params {
            let loc = location(param.range);
            let (name, bound, default, intrinsic, starred) = match &param.kind {
                TypeParamKind::TypeVar {
                    name,
                    bound,
                    default_value,
                } => (
                    name,
                    bound.as_deref(),
                    default_value,
                    intrinsic1::TYPEVAR,
                    false,
                ),
                TypeParamKind::TypeVarTuple {
                    name,
                    default_value,
                } => (name, None, default_value, intrinsic1::TYPEVARTUPLE, true),
                TypeParamKind::ParamSpec {
                    name,
                    default_value,
                } => (name, None, default_value, intrinsic1::PARAMSPEC, false),
            };
            self.load_name_const(name, loc)?;
            if let Some(bound) = bound {
                let key = NodeKey::new(param, KeyKind::TypeParamBound);
                self.type_param_expr(bound, name, key, false)?;
                let intrinsic = match bound.kind {
                    ExprKind::Tuple { .. } => intrinsic2::TYPEVAR_WITH_CONSTRAINTS,
                    _ => intrinsic2::TYPEVAR_WITH_BOUND,
                };
                self.op(AnyOpcode::CALL_INTRINSIC_2, intrinsic, loc);
            } else {
                self.op(AnyOpcode::CALL_INTRINSIC_1, intrinsic, loc);
            }
            if let Some(default) = default {
                seen_default = true;
                let key = NodeKey::new(param, KeyKind::TypeParamDefault);
                self.type_param_expr(default, name, key, starred)?;
                self.op(
                    AnyOpcode::CALL_INTRINSIC_2,
                    intrinsic2::SET_TYPEPARAM_DEFAULT,
                    loc,
                );
            } else if seen_default {
                let message =
                    format!("non-default type parameter '{name}' follows default type parameter");
                return Err(CompileError::syntax(loc, message));
            }
            self.op(AnyOpcode::COPY, 1, loc);
            self.store_name(name, loc)?;
        }
        if let Some(first) = params.first() {
            self.op(
                AnyOpcode::BUILD_TUPLE,
                params.len() as u32,
                location(first.range),
            );
        }
        Ok(())
    }

    /// The default of the functions that evaluate a bound, a default or an alias: the format.
    fn load_evaluator_defaults(&mut self, loc: Location) -> Result<()> {
        self.load_const(Const::Tuple(vec![Const::from(1)]), loc)
    }

    fn type_param_expr(
        &mut self,
        expr: &'a Expr,
        name: &Identifier,
        key: NodeKey,
        allow_starred: bool,
    ) -> Result<()> {
        let loc = location(expr.range);
        self.load_evaluator_defaults(loc)?;
        self.enter_annotations_scope(name.clone(), key, loc)?;
        match &expr.kind {
            ExprKind::Starred { value, .. } if allow_starred => {
                self.visit_expr(value)?;
                self.op(AnyOpcode::UNPACK_SEQUENCE, 1, loc);
            }
            _ => self.visit_expr(expr)?,
        }
        self.op0(AnyOpcode::RETURN_VALUE, loc);
        let code = self.finish_scope(true)?;
        self.make_closure(code, make_function::DEFAULTS, loc)
    }

    pub(super) fn type_alias(
        &mut self,
        target: &'a Expr,
        type_params: &'a Vec<TypeParam>,
        value: &'a Expr,
        loc: Location,
    ) -> Result<()> {
        let ExprKind::Name { id: name, .. } = &target.kind else {
            return Err(CompileError::invalid_tree("TypeAlias with non-Name name"));
        };
        let generic = !type_params.is_empty();
        if generic {
            let scope_name = format!("<generic parameters of {name}>").into();
            let key = NodeKey::new(type_params, KeyKind::TypeParams);
            let args = UnitArgs::default();
            self.enter_scope(
                scope_name,
                ScopeType::Annotations,
                key,
                loc.line,
                None,
                args,
            )?;
            self.load_name_const(name, loc)?;
            self.type_params(type_params)?;
        } else {
            self.load_name_const(name, loc)?;
            self.load_none(loc);
        }
        self.load_evaluator_defaults(loc)?;
        let key = NodeKey::new(value, KeyKind::TypeAlias);
        self.enter_annotations_scope(name.clone(), key, loc)?;
        self.visit_expr(value)?;
        self.op0(AnyOpcode::RETURN_VALUE, loc);
        let code = self.finish_scope(false)?;
        self.make_closure(code, make_function::DEFAULTS, loc)?;
        self.op(AnyOpcode::BUILD_TUPLE, 3, loc);
        self.op(AnyOpcode::CALL_INTRINSIC_1, intrinsic1::TYPEALIAS, loc);
        if generic {
            let code = self.finish_scope(false)?;
            self.make_closure(code, 0, loc)?;
            self.op0(AnyOpcode::PUSH_NULL, loc);
            self.op(AnyOpcode::CALL, 0, loc);
        }
        self.store_name(name, loc)
    }
}
