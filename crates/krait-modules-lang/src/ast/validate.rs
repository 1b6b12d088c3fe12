//! Finds what is wrong with a tree that a program has built, as `_PyAST_Validate` does.
//!
//! What Rust's tree cannot express (a hole in a list, a missing operand, a bad position) is found when
//! the objects are read.

use krait_ast::{
    Alias, Arg, Arguments, Comprehension, Constant, ExceptHandler, Expr, ExprContext, ExprKind,
    Keyword, MatchCase, Mod, Pattern, PatternKind, Stmt, StmtKind, TypeParam, TypeParamKind,
};
use krait_runtime::state::enter_recursive_call;
use krait_runtime::{PyResult, type_error, value_error};

use ExprContext::{Del, Load, Store};

/// Checks a whole tree.
pub(super) fn validate(tree: &Mod) -> PyResult<()> {
    match tree {
        Mod::Module { body, .. } | Mod::Interactive { body } => stmts(body),
        Mod::Expression { body } => expr(body, Load),
        Mod::FunctionType { argtypes, returns } => {
            exprs(argtypes, Load)?;
            expr(returns, Load)
        }
    }
}

fn context_name(context: ExprContext) -> &'static str {
    match context {
        Load => "Load",
        Store => "Store",
        Del => "Del",
    }
}

fn nonempty<T>(items: &[T], what: &str, owner: &str) -> PyResult<()> {
    if items.is_empty() {
        return Err(value_error!("empty {what} on {owner}"));
    }
    Ok(())
}

fn body(items: &[Stmt], owner: &str) -> PyResult<()> {
    nonempty(items, "body", owner)?;
    stmts(items)
}

fn stmts(items: &[Stmt]) -> PyResult<()> {
    items.iter().try_for_each(stmt)
}

fn exprs(items: &[Expr], context: ExprContext) -> PyResult<()> {
    items.iter().try_for_each(|item| expr(item, context))
}

fn optional(item: Option<&Expr>, context: ExprContext) -> PyResult<()> {
    item.map_or(Ok(()), |item| expr(item, context))
}

/// Names that are constants can be no variables.
fn name(name: &str) -> PyResult<()> {
    match name {
        "None" | "True" | "False" => Err(value_error!(
            "identifier field can't represent '{name}' constant"
        )),
        _ => Ok(()),
    }
}

fn keywords(items: &[Keyword]) -> PyResult<()> {
    items.iter().try_for_each(|item| expr(&item.value, Load))
}

fn args(items: &[Arg]) -> PyResult<()> {
    items
        .iter()
        .try_for_each(|item| optional(item.annotation.as_deref(), Load))
}

fn arguments(all: &Arguments) -> PyResult<()> {
    args(&all.posonlyargs)?;
    args(&all.args)?;
    if let Some(vararg) = &all.vararg {
        optional(vararg.annotation.as_deref(), Load)?;
    }
    args(&all.kwonlyargs)?;
    if let Some(kwarg) = &all.kwarg {
        optional(kwarg.annotation.as_deref(), Load)?;
    }
    if all.defaults.len() > all.posonlyargs.len() + all.args.len() {
        return Err(value_error!(
            "more positional defaults than args on arguments"
        ));
    }
    if all.kw_defaults.len() != all.kwonlyargs.len() {
        return Err(value_error!(
            "length of kwonlyargs is not the same as kw_defaults on arguments"
        ));
    }
    exprs(&all.defaults, Load)?;
    all.kw_defaults
        .iter()
        .try_for_each(|default| optional(default.as_ref(), Load))
}

fn comprehension(generators: &[Comprehension]) -> PyResult<()> {
    if generators.is_empty() {
        return Err(value_error!("comprehension with no generators"));
    }
    generators.iter().try_for_each(|generator| {
        expr(&generator.target, Store)?;
        expr(&generator.iter, Load)?;
        exprs(&generator.ifs, Load)
    })
}

fn type_params(items: &[TypeParam]) -> PyResult<()> {
    items.iter().try_for_each(|item| match &item.kind {
        TypeParamKind::TypeVar {
            name: text,
            bound,
            default_value,
        } => {
            name(text)?;
            optional(bound.as_deref(), Load)?;
            optional(default_value.as_deref(), Load)
        }
        TypeParamKind::ParamSpec {
            name: text,
            default_value,
        }
        | TypeParamKind::TypeVarTuple {
            name: text,
            default_value,
        } => {
            name(text)?;
            optional(default_value.as_deref(), Load)
        }
    })
}

/// Checks the context that an expression says it is in.
fn check_context(node: &Expr, wanted: ExprContext) -> PyResult<()> {
    let actual = match &node.kind {
        ExprKind::Attribute { ctx, .. }
        | ExprKind::Subscript { ctx, .. }
        | ExprKind::Starred { ctx, .. }
        | ExprKind::List { ctx, .. }
        | ExprKind::Tuple { ctx, .. } => *ctx,
        ExprKind::Name { ctx, id } => {
            name(id)?;
            *ctx
        }
        _ if wanted != Load => {
            return Err(value_error!(
                "expression which can't be assigned to in {} context",
                context_name(wanted)
            ));
        }
        _ => return Ok(()),
    };
    if actual != wanted {
        return Err(value_error!(
            "expression must have {} context but has {} instead",
            context_name(wanted),
            context_name(actual)
        ));
    }
    Ok(())
}

fn expr(node: &Expr, context: ExprContext) -> PyResult<()> {
    enter_recursive_call(" during compilation")?;
    check_context(node, context)?;
    match &node.kind {
        ExprKind::BoolOp { values, .. } => {
            if values.len() < 2 {
                return Err(value_error!("BoolOp with less than 2 values"));
            }
            exprs(values, Load)
        }
        ExprKind::BinOp { left, right, .. } => {
            expr(left, Load)?;
            expr(right, Load)
        }
        ExprKind::UnaryOp { operand, .. } => expr(operand, Load),
        ExprKind::Lambda { args, body } => {
            arguments(args)?;
            expr(body, Load)
        }
        ExprKind::IfExp { test, body, orelse } => {
            expr(test, Load)?;
            expr(body, Load)?;
            expr(orelse, Load)
        }
        ExprKind::Dict { keys, values } => {
            if keys.len() != values.len() {
                return Err(value_error!(
                    "Dict doesn't have the same number of keys as values"
                ));
            }
            keys.iter()
                .try_for_each(|key| optional(key.as_ref(), Load))?;
            exprs(values, Load)
        }
        ExprKind::Set { elts } => exprs(elts, Load),
        ExprKind::ListComp { elt, generators }
        | ExprKind::SetComp { elt, generators }
        | ExprKind::GeneratorExp { elt, generators } => {
            comprehension(generators)?;
            expr(elt, Load)
        }
        ExprKind::DictComp {
            key,
            value,
            generators,
        } => {
            comprehension(generators)?;
            expr(key, Load)?;
            expr(value, Load)
        }
        ExprKind::Yield { value } => optional(value.as_deref(), Load),
        ExprKind::YieldFrom { value } | ExprKind::Await { value } => expr(value, Load),
        ExprKind::Compare {
            left,
            ops,
            comparators,
        } => compare(left, ops.len(), comparators),
        ExprKind::Call {
            func,
            args,
            keywords: named,
        } => {
            expr(func, Load)?;
            exprs(args, Load)?;
            keywords(named)
        }
        ExprKind::FormattedValue {
            value, format_spec, ..
        }
        | ExprKind::Interpolation {
            value, format_spec, ..
        } => {
            expr(value, Load)?;
            optional(format_spec.as_deref(), Load)
        }
        ExprKind::JoinedStr { values } | ExprKind::TemplateStr { values } => exprs(values, Load),
        ExprKind::Constant { .. } | ExprKind::Name { .. } => Ok(()),
        ExprKind::Attribute { value, .. } => expr(value, Load),
        ExprKind::Subscript { value, slice, .. } => {
            expr(slice, Load)?;
            expr(value, Load)
        }
        ExprKind::Starred { value, ctx } => expr(value, *ctx),
        ExprKind::List { elts, ctx } | ExprKind::Tuple { elts, ctx } => exprs(elts, *ctx),
        ExprKind::NamedExpr { target, value } => {
            if !matches!(target.kind, ExprKind::Name { .. }) {
                return Err(type_error!("NamedExpr target must be a Name"));
            }
            expr(value, Load)
        }
        ExprKind::Slice { lower, upper, step } => {
            optional(lower.as_deref(), Load)?;
            optional(upper.as_deref(), Load)?;
            optional(step.as_deref(), Load)
        }
    }
}

fn compare(left: &Expr, operators: usize, comparators: &[Expr]) -> PyResult<()> {
    if comparators.is_empty() {
        return Err(value_error!("Compare with no comparators"));
    }
    if comparators.len() != operators {
        return Err(value_error!(
            "Compare has a different number of comparators and operands"
        ));
    }
    exprs(comparators, Load)?;
    expr(left, Load)
}

/// The constants that a pattern may compare with.
fn pattern_value(node: &Expr) -> PyResult<()> {
    expr(node, Load)?;
    match &node.kind {
        ExprKind::Constant { value, .. } => match value {
            Constant::Str(_)
            | Constant::Bytes(_)
            | Constant::Int(_)
            | Constant::Float(_)
            | Constant::Complex { .. } => Ok(()),
            _ => Err(value_error!(
                "unexpected constant inside of a literal pattern"
            )),
        },
        ExprKind::Attribute { .. } | ExprKind::UnaryOp { .. } | ExprKind::BinOp { .. } => Ok(()),
        ExprKind::JoinedStr { .. } | ExprKind::TemplateStr { .. } => Ok(()),
        _ => Err(value_error!(
            "patterns may only match literals and attribute lookups"
        )),
    }
}

fn capture(text: &str) -> PyResult<()> {
    if text == "_" {
        return Err(value_error!("can't capture name '_' in patterns"));
    }
    name(text)
}

fn patterns(items: &[Pattern], star_ok: bool) -> PyResult<()> {
    items.iter().try_for_each(|item| pattern(item, star_ok))
}

fn pattern(node: &Pattern, star_ok: bool) -> PyResult<()> {
    enter_recursive_call(" during compilation")?;
    match &node.kind {
        PatternKind::MatchValue { value } => pattern_value(value),
        PatternKind::MatchSingleton { value } => match value {
            Constant::None | Constant::True | Constant::False => Ok(()),
            _ => Err(value_error!(
                "MatchSingleton can only contain True, False and None"
            )),
        },
        PatternKind::MatchSequence { patterns: items } => patterns(items, true),
        PatternKind::MatchMapping {
            keys,
            patterns: items,
            rest,
        } => match_mapping(keys, items, rest.as_deref()),
        PatternKind::MatchClass {
            cls,
            patterns: items,
            kwd_attrs,
            kwd_patterns,
        } => {
            if kwd_attrs.len() != kwd_patterns.len() {
                return Err(value_error!(
                    "MatchClass doesn't have the same number of keyword attributes as patterns"
                ));
            }
            class_reference(cls)?;
            kwd_attrs.iter().try_for_each(|attr| name(attr))?;
            patterns(items, false)?;
            patterns(kwd_patterns, false)
        }
        PatternKind::MatchStar { name: text } => {
            if !star_ok {
                return Err(value_error!("can't use MatchStar here"));
            }
            text.as_deref().map_or(Ok(()), capture)
        }
        PatternKind::MatchAs {
            pattern: inner,
            name: text,
        } => {
            text.as_deref().map_or(Ok(()), capture)?;
            match inner {
                None => Ok(()),
                Some(_) if text.is_none() => Err(value_error!(
                    "MatchAs must specify a target name if a pattern is given"
                )),
                Some(inner) => pattern(inner, false),
            }
        }
        PatternKind::MatchOr { patterns: items } => {
            if items.len() < 2 {
                return Err(value_error!("MatchOr requires at least 2 patterns"));
            }
            patterns(items, false)
        }
    }
}

fn match_mapping(keys: &[Expr], items: &[Pattern], rest: Option<&str>) -> PyResult<()> {
    if keys.len() != items.len() {
        return Err(value_error!(
            "MatchMapping doesn't have the same number of keys as patterns"
        ));
    }
    rest.map_or(Ok(()), capture)?;
    for key in keys {
        if let ExprKind::Constant {
            value: Constant::None | Constant::True | Constant::False,
            ..
        } = &key.kind
        {
            continue;
        }
        pattern_value(key)?;
    }
    patterns(items, false)
}

/// A class in a pattern is a dotted name.
fn class_reference(node: &Expr) -> PyResult<()> {
    expr(node, Load)?;
    let mut each = node;
    loop {
        match &each.kind {
            ExprKind::Name { .. } => return Ok(()),
            ExprKind::Attribute { value, .. } => each = value,
            _ => {
                return Err(value_error!(
                    "MatchClass cls field can only contain Name or Attribute nodes."
                ));
            }
        }
    }
}

fn match_case(case: &MatchCase) -> PyResult<()> {
    pattern(&case.pattern, false)?;
    optional(case.guard.as_deref(), Load)?;
    body(&case.body, "match_case")
}

fn handler(node: &ExceptHandler) -> PyResult<()> {
    optional(node.type_.as_deref(), Load)?;
    node.name.as_deref().map_or(Ok(()), name)?;
    body(&node.body, "ExceptHandler")
}

fn aliases(names: &[Alias], owner: &str) -> PyResult<()> {
    nonempty(names, "names", owner)?;
    names
        .iter()
        .try_for_each(|alias| name(alias.asname.as_ref().unwrap_or(&alias.name)))
}

fn try_statement(node: &krait_ast::Try, owner: &str) -> PyResult<()> {
    body(&node.body, owner)?;
    if node.handlers.is_empty() && node.finalbody.is_empty() {
        return Err(value_error!(
            "{owner} has neither except handlers nor finalbody"
        ));
    }
    if node.handlers.is_empty() && !node.orelse.is_empty() {
        return Err(value_error!("{owner} has orelse but no except handlers"));
    }
    node.handlers.iter().try_for_each(handler)?;
    stmts(&node.finalbody)?;
    stmts(&node.orelse)
}

fn function(node: &krait_ast::FunctionDef, owner: &str) -> PyResult<()> {
    name(&node.name)?;
    body(&node.body, owner)?;
    type_params(&node.type_params)?;
    arguments(&node.args)?;
    exprs(&node.decorator_list, Load)?;
    optional(node.returns.as_deref(), Load)
}

fn for_loop(node: &krait_ast::For, owner: &str) -> PyResult<()> {
    expr(&node.target, Store)?;
    expr(&node.iter, Load)?;
    body(&node.body, owner)?;
    stmts(&node.orelse)
}

fn with(node: &krait_ast::With, owner: &str) -> PyResult<()> {
    nonempty(&node.items, "items", owner)?;
    for item in &node.items {
        expr(&item.context_expr, Load)?;
        optional(item.optional_vars.as_deref(), Store)?;
    }
    body(&node.body, owner)
}

fn stmt(node: &Stmt) -> PyResult<()> {
    enter_recursive_call(" during compilation")?;
    match &node.kind {
        StmtKind::FunctionDef(node) => function(node, "FunctionDef"),
        StmtKind::AsyncFunctionDef(node) => function(node, "AsyncFunctionDef"),
        StmtKind::ClassDef(node) => {
            name(&node.name)?;
            body(&node.body, "ClassDef")?;
            type_params(&node.type_params)?;
            exprs(&node.bases, Load)?;
            keywords(&node.keywords)?;
            exprs(&node.decorator_list, Load)
        }
        StmtKind::Return { value } => optional(value.as_deref(), Load),
        StmtKind::Delete { targets } => {
            nonempty(targets, "targets", "Delete")?;
            exprs(targets, Del)
        }
        StmtKind::Assign { targets, value, .. } => {
            nonempty(targets, "targets", "Assign")?;
            exprs(targets, Store)?;
            expr(value, Load)
        }
        StmtKind::AugAssign { target, value, .. } => {
            expr(target, Store)?;
            expr(value, Load)
        }
        StmtKind::AnnAssign {
            target,
            annotation,
            value,
            simple,
        } => {
            if *simple && !matches!(target.kind, ExprKind::Name { .. }) {
                return Err(type_error!("AnnAssign with simple non-Name target"));
            }
            expr(target, Store)?;
            optional(value.as_deref(), Load)?;
            expr(annotation, Load)
        }
        StmtKind::TypeAlias {
            name,
            type_params: params,
            value,
        } => {
            if !matches!(name.kind, ExprKind::Name { .. }) {
                return Err(type_error!("TypeAlias with non-Name name"));
            }
            expr(name, Store)?;
            type_params(params)?;
            expr(value, Load)
        }
        StmtKind::For(node) => for_loop(node, "For"),
        StmtKind::AsyncFor(node) => for_loop(node, "AsyncFor"),
        StmtKind::While {
            test,
            body: items,
            orelse,
        } => {
            expr(test, Load)?;
            body(items, "While")?;
            stmts(orelse)
        }
        StmtKind::If {
            test,
            body: items,
            orelse,
        } => {
            expr(test, Load)?;
            body(items, "If")?;
            stmts(orelse)
        }
        StmtKind::With(node) => with(node, "With"),
        StmtKind::AsyncWith(node) => with(node, "AsyncWith"),
        StmtKind::Match { subject, cases } => {
            expr(subject, Load)?;
            nonempty(cases, "cases", "Match")?;
            cases.iter().try_for_each(match_case)
        }
        StmtKind::Raise { exc, cause } => {
            if exc.is_none() && cause.is_some() {
                return Err(value_error!("Raise with cause but no exception"));
            }
            optional(exc.as_deref(), Load)?;
            optional(cause.as_deref(), Load)
        }
        StmtKind::Try(node) => try_statement(node, "Try"),
        StmtKind::TryStar(node) => try_statement(node, "TryStar"),
        StmtKind::Assert { test, msg } => {
            expr(test, Load)?;
            optional(msg.as_deref(), Load)
        }
        StmtKind::Import { names } => aliases(names, "Import"),
        StmtKind::ImportFrom { names, .. } => aliases(names, "ImportFrom"),
        StmtKind::Global { names } => nonempty(names, "names", "Global"),
        StmtKind::Nonlocal { names } => nonempty(names, "names", "Nonlocal"),
        StmtKind::Expr { value } => expr(value, Load),
        StmtKind::Pass | StmtKind::Break | StmtKind::Continue => Ok(()),
    }
}
