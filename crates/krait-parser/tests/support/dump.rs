//! Writes a syntax tree in one line: a node is `Name(field, …)@line:column-line:column`.

use krait_ast::*;
use std::fmt::Write;

/// The tree as text.
pub(crate) fn dump(module: &Mod) -> String {
    let mut dump = Dump { out: String::new() };
    dump.module(module);
    dump.out
}

struct Dump {
    out: String,
}

/// Writes `Name(field, …)`, each field by the statement given for it.
macro_rules! node {
    ($dump:ident, $name:expr, $($field:expr),* $(,)?) => {{
        $dump.out.push_str($name);
        $dump.out.push('(');
        $( $field; $dump.out.push_str(", "); )*
        $dump.out.push(')');
    }};
}

impl Dump {
    fn list<T>(&mut self, items: &[T], each: fn(&mut Self, &T)) {
        self.out.push('[');
        for item in items {
            each(self, item);
            self.out.push_str(", ");
        }
        self.out.push(']');
    }

    fn option<T>(&mut self, item: Option<&T>, each: fn(&mut Self, &T)) {
        match item {
            Some(item) => each(self, item),
            None => self.out.push('-'),
        }
    }

    fn boxed(&mut self, item: &Option<Box<Expr>>) {
        self.option(item.as_deref(), Self::expr);
    }

    fn code_points(&mut self, points: impl Iterator<Item = u32>) {
        self.out.push('\'');
        for point in points {
            match char::from_u32(point) {
                Some(c) if (' '..='~').contains(&c) && c != '\\' && c != '\'' => self.out.push(c),
                _ => self.write(format_args!("\\{point:x};")),
            }
        }
        self.out.push('\'');
    }

    fn write(&mut self, text: std::fmt::Arguments<'_>) {
        self.out.write_fmt(text).unwrap_or_default();
    }

    fn name(&mut self, name: &Identifier) {
        self.code_points(name.chars().map(u32::from));
    }

    fn text(&mut self, text: &krait_text::Wtf8Buf) {
        self.code_points(text.code_points());
    }

    fn comment(&mut self, text: &Option<Box<krait_text::Wtf8Buf>>) {
        self.option(text.as_deref(), Self::text);
    }

    fn at(&mut self, r: Range) {
        let Range {
            lineno,
            col_offset,
            end_lineno,
            end_col_offset,
        } = r;
        self.write(format_args!(
            "@{lineno}:{col_offset}-{end_lineno}:{end_col_offset}"
        ));
    }

    fn debug(&mut self, value: impl std::fmt::Debug) {
        self.write(format_args!("{value:?}"));
    }

    fn module(&mut self, module: &Mod) {
        match module {
            Mod::Module { body, type_ignores } => node!(
                self,
                "Module",
                self.list(body, Self::stmt),
                self.list(type_ignores, |d, t| d.write(format_args!("{}", t.lineno)))
            ),
            Mod::Interactive { body } => node!(self, "Interactive", self.list(body, Self::stmt)),
            Mod::Expression { body } => node!(self, "Expression", self.expr(body)),
            Mod::FunctionType { argtypes, returns } => node!(
                self,
                "FunctionType",
                self.list(argtypes, Self::expr),
                self.expr(returns)
            ),
        }
    }

    fn stmts(&mut self, body: &[Stmt]) {
        self.list(body, Self::stmt);
    }

    fn stmt(&mut self, stmt: &Stmt) {
        self.stmt_kind(&stmt.kind);
        self.at(stmt.range);
    }

    fn stmt_kind(&mut self, kind: &StmtKind) {
        use StmtKind as K;
        match kind {
            K::FunctionDef(def) => self.function("FunctionDef", def),
            K::AsyncFunctionDef(def) => self.function("AsyncFunctionDef", def),
            K::ClassDef(c) => node!(
                self,
                "ClassDef",
                self.name(&c.name),
                self.list(&c.bases, Self::expr),
                self.list(&c.keywords, Self::keyword),
                self.stmts(&c.body),
                self.list(&c.decorator_list, Self::expr),
                self.list(&c.type_params, Self::type_param)
            ),
            K::Return { value } => node!(self, "Return", self.boxed(value)),
            K::Delete { targets } => node!(self, "Delete", self.list(targets, Self::expr)),
            K::Assign {
                targets,
                value,
                type_comment,
            } => node!(
                self,
                "Assign",
                self.list(targets, Self::expr),
                self.expr(value),
                self.comment(type_comment)
            ),
            K::TypeAlias {
                name,
                type_params,
                value,
            } => node!(
                self,
                "TypeAlias",
                self.expr(name),
                self.list(type_params, Self::type_param),
                self.expr(value)
            ),
            K::AugAssign { target, op, value } => {
                node!(
                    self,
                    "AugAssign",
                    self.expr(target),
                    self.debug(op),
                    self.expr(value)
                )
            }
            K::AnnAssign {
                target,
                annotation,
                value,
                simple,
            } => node!(
                self,
                "AnnAssign",
                self.expr(target),
                self.expr(annotation),
                self.boxed(value),
                self.debug(u8::from(*simple))
            ),
            K::For(f) => self.for_loop("For", f),
            K::AsyncFor(f) => self.for_loop("AsyncFor", f),
            K::While { test, body, orelse } => {
                node!(
                    self,
                    "While",
                    self.expr(test),
                    self.stmts(body),
                    self.stmts(orelse)
                )
            }
            K::If { test, body, orelse } => {
                node!(
                    self,
                    "If",
                    self.expr(test),
                    self.stmts(body),
                    self.stmts(orelse)
                )
            }
            K::With(w) => self.with("With", w),
            K::AsyncWith(w) => self.with("AsyncWith", w),
            K::Match { subject, cases } => {
                node!(
                    self,
                    "Match",
                    self.expr(subject),
                    self.list(cases, Self::case)
                )
            }
            K::Raise { exc, cause } => node!(self, "Raise", self.boxed(exc), self.boxed(cause)),
            K::Try(t) => self.try_stmt("Try", t),
            K::TryStar(t) => self.try_stmt("TryStar", t),
            K::Assert { test, msg } => node!(self, "Assert", self.expr(test), self.boxed(msg)),
            K::Import { names } => node!(self, "Import", self.list(names, Self::alias)),
            K::ImportFrom {
                module,
                names,
                level,
            } => node!(
                self,
                "ImportFrom",
                self.option(module.as_ref(), Self::name),
                self.list(names, Self::alias),
                self.debug(level)
            ),
            K::Global { names } => node!(self, "Global", self.list(names, Self::name)),
            K::Nonlocal { names } => node!(self, "Nonlocal", self.list(names, Self::name)),
            K::Expr { value } => node!(self, "Expr", self.expr(value)),
            K::Pass => self.out.push_str("Pass()"),
            K::Break => self.out.push_str("Break()"),
            K::Continue => self.out.push_str("Continue()"),
        }
    }

    fn function(&mut self, name: &str, def: &FunctionDef) {
        node!(
            self,
            name,
            self.name(&def.name),
            self.arguments(&def.args),
            self.stmts(&def.body),
            self.list(&def.decorator_list, Self::expr),
            self.boxed(&def.returns),
            self.comment(&def.type_comment),
            self.list(&def.type_params, Self::type_param)
        );
    }

    fn for_loop(&mut self, name: &str, f: &For) {
        node!(
            self,
            name,
            self.expr(&f.target),
            self.expr(&f.iter),
            self.stmts(&f.body),
            self.stmts(&f.orelse),
            self.comment(&f.type_comment)
        );
    }

    fn with(&mut self, name: &str, w: &With) {
        fn item(d: &mut Dump, i: &WithItem) {
            node!(
                d,
                "withitem",
                d.expr(&i.context_expr),
                d.boxed(&i.optional_vars)
            );
        }
        node!(
            self,
            name,
            self.list(&w.items, item),
            self.stmts(&w.body),
            self.comment(&w.type_comment)
        );
    }

    fn try_stmt(&mut self, name: &str, t: &Try) {
        fn handler(d: &mut Dump, h: &ExceptHandler) {
            node!(
                d,
                "ExceptHandler",
                d.boxed(&h.type_),
                d.option(h.name.as_ref(), Dump::name),
                d.stmts(&h.body)
            );
            d.at(h.range);
        }
        node!(
            self,
            name,
            self.stmts(&t.body),
            self.list(&t.handlers, handler),
            self.stmts(&t.orelse),
            self.stmts(&t.finalbody)
        );
    }

    fn alias(&mut self, alias: &Alias) {
        node!(
            self,
            "alias",
            self.name(&alias.name),
            self.option(alias.asname.as_ref(), Self::name)
        );
        self.at(alias.range);
    }

    fn keyword(&mut self, keyword: &Keyword) {
        node!(
            self,
            "keyword",
            self.option(keyword.arg.as_ref(), Self::name),
            self.expr(&keyword.value)
        );
        self.at(keyword.range);
    }

    fn arguments(&mut self, a: &Arguments) {
        node!(
            self,
            "arguments",
            self.list(&a.posonlyargs, Self::arg),
            self.list(&a.args, Self::arg),
            self.option(a.vararg.as_deref(), Self::arg),
            self.list(&a.kwonlyargs, Self::arg),
            self.list(&a.kw_defaults, |d, e| d.option(e.as_ref(), Self::expr)),
            self.option(a.kwarg.as_deref(), Self::arg),
            self.list(&a.defaults, Self::expr)
        );
    }

    fn arg(&mut self, arg: &Arg) {
        node!(
            self,
            "arg",
            self.name(&arg.arg),
            self.boxed(&arg.annotation),
            self.comment(&arg.type_comment)
        );
        self.at(arg.range);
    }

    fn type_param(&mut self, param: &TypeParam) {
        match &param.kind {
            TypeParamKind::TypeVar {
                name,
                bound,
                default_value,
            } => {
                node!(
                    self,
                    "TypeVar",
                    self.name(name),
                    self.boxed(bound),
                    self.boxed(default_value)
                )
            }
            TypeParamKind::ParamSpec {
                name,
                default_value,
            } => {
                node!(
                    self,
                    "ParamSpec",
                    self.name(name),
                    self.boxed(default_value)
                )
            }
            TypeParamKind::TypeVarTuple {
                name,
                default_value,
            } => {
                node!(
                    self,
                    "TypeVarTuple",
                    self.name(name),
                    self.boxed(default_value)
                )
            }
        }
        self.at(param.range);
    }

    fn comprehension(&mut self, c: &Comprehension) {
        node!(
            self,
            "comprehension",
            self.expr(&c.target),
            self.expr(&c.iter),
            self.list(&c.ifs, Self::expr),
            self.debug(u8::from(c.is_async))
        );
    }

    fn constant(&mut self, value: &Constant) {
        match value {
            Constant::None | Constant::True | Constant::False | Constant::Ellipsis => {
                self.debug(value)
            }
            Constant::Str(text) => self.text(text),
            Constant::Bytes(bytes) => {
                self.out.push('b');
                self.code_points(bytes.iter().map(|&byte| u32::from(byte)));
            }
            Constant::Int(int) => {
                self.out.push_str("0x");
                self.debug(int.digits());
            }
            Constant::Float(value) => self.write(format_args!("{:016x}", value.to_bits())),
            Constant::Complex { imag, .. } => self.write(format_args!("{:016x}j", imag.to_bits())),
            Constant::Tuple(_) | Constant::FrozenSet(_) => self.debug(value),
        }
    }

    fn expr(&mut self, expr: &Expr) {
        self.expr_kind(&expr.kind);
        self.at(expr.range);
    }

    fn expr_kind(&mut self, kind: &ExprKind) {
        use ExprKind as K;
        match kind {
            K::BoolOp { op, values } => {
                node!(
                    self,
                    "BoolOp",
                    self.debug(op),
                    self.list(values, Self::expr)
                )
            }
            K::NamedExpr { target, value } => {
                node!(self, "NamedExpr", self.expr(target), self.expr(value))
            }
            K::BinOp { left, op, right } => {
                node!(
                    self,
                    "BinOp",
                    self.expr(left),
                    self.debug(op),
                    self.expr(right)
                )
            }
            K::UnaryOp { op, operand } => {
                node!(self, "UnaryOp", self.debug(op), self.expr(operand))
            }
            K::Lambda { args, body } => {
                node!(self, "Lambda", self.arguments(args), self.expr(body))
            }
            K::IfExp { test, body, orelse } => {
                node!(
                    self,
                    "IfExp",
                    self.expr(test),
                    self.expr(body),
                    self.expr(orelse)
                )
            }
            K::Dict { keys, values } => node!(
                self,
                "Dict",
                self.list(keys, |d, k| d.option(k.as_ref(), Self::expr)),
                self.list(values, Self::expr)
            ),
            K::Set { elts } => node!(self, "Set", self.list(elts, Self::expr)),
            K::ListComp { elt, generators } => self.comp("ListComp", elt, generators),
            K::SetComp { elt, generators } => self.comp("SetComp", elt, generators),
            K::GeneratorExp { elt, generators } => self.comp("GeneratorExp", elt, generators),
            K::DictComp {
                key,
                value,
                generators,
            } => node!(
                self,
                "DictComp",
                self.expr(key),
                self.expr(value),
                self.list(generators, Self::comprehension)
            ),
            K::Await { value } => node!(self, "Await", self.expr(value)),
            K::Yield { value } => node!(self, "Yield", self.boxed(value)),
            K::YieldFrom { value } => node!(self, "YieldFrom", self.expr(value)),
            K::Compare {
                left,
                ops,
                comparators,
            } => node!(
                self,
                "Compare",
                self.expr(left),
                self.list(ops, |d, op| d.debug(op)),
                self.list(comparators, Self::expr)
            ),
            K::Call {
                func,
                args,
                keywords,
            } => node!(
                self,
                "Call",
                self.expr(func),
                self.list(args, Self::expr),
                self.list(keywords, Self::keyword)
            ),
            K::FormattedValue {
                value,
                conversion,
                format_spec,
            } => node!(
                self,
                "FormattedValue",
                self.expr(value),
                self.debug(conversion),
                self.boxed(format_spec)
            ),
            K::Interpolation {
                value,
                str,
                conversion,
                format_spec,
            } => node!(
                self,
                "Interpolation",
                self.expr(value),
                self.constant(str),
                self.debug(conversion),
                self.boxed(format_spec)
            ),
            K::JoinedStr { values } => node!(self, "JoinedStr", self.list(values, Self::expr)),
            K::TemplateStr { values } => node!(self, "TemplateStr", self.list(values, Self::expr)),
            K::Constant { value, kind } => {
                node!(self, "Constant", self.constant(value), self.comment(kind))
            }
            K::Attribute { value, attr, ctx } => {
                node!(
                    self,
                    "Attribute",
                    self.expr(value),
                    self.name(attr),
                    self.debug(ctx)
                )
            }
            K::Subscript { value, slice, ctx } => {
                node!(
                    self,
                    "Subscript",
                    self.expr(value),
                    self.expr(slice),
                    self.debug(ctx)
                )
            }
            K::Starred { value, ctx } => node!(self, "Starred", self.expr(value), self.debug(ctx)),
            K::Name { id, ctx } => node!(self, "Name", self.name(id), self.debug(ctx)),
            K::List { elts, ctx } => {
                node!(self, "List", self.list(elts, Self::expr), self.debug(ctx))
            }
            K::Tuple { elts, ctx } => {
                node!(self, "Tuple", self.list(elts, Self::expr), self.debug(ctx))
            }
            K::Slice { lower, upper, step } => {
                node!(
                    self,
                    "Slice",
                    self.boxed(lower),
                    self.boxed(upper),
                    self.boxed(step)
                )
            }
        }
    }

    fn comp(&mut self, name: &str, elt: &Expr, generators: &[Comprehension]) {
        node!(
            self,
            name,
            self.expr(elt),
            self.list(generators, Self::comprehension)
        );
    }

    fn case(&mut self, case: &MatchCase) {
        node!(
            self,
            "match_case",
            self.pattern(&case.pattern),
            self.boxed(&case.guard),
            self.stmts(&case.body)
        );
    }

    fn patterns(&mut self, patterns: &[Pattern]) {
        self.list(patterns, Self::pattern);
    }

    fn pattern(&mut self, pattern: &Pattern) {
        use PatternKind as K;
        match &pattern.kind {
            K::MatchValue { value } => node!(self, "MatchValue", self.expr(value)),
            K::MatchSingleton { value } => node!(self, "MatchSingleton", self.constant(value)),
            K::MatchSequence { patterns } => node!(self, "MatchSequence", self.patterns(patterns)),
            K::MatchMapping {
                keys,
                patterns,
                rest,
            } => node!(
                self,
                "MatchMapping",
                self.list(keys, Self::expr),
                self.patterns(patterns),
                self.option(rest.as_ref(), Self::name)
            ),
            K::MatchClass {
                cls,
                patterns,
                kwd_attrs,
                kwd_patterns,
            } => node!(
                self,
                "MatchClass",
                self.expr(cls),
                self.patterns(patterns),
                self.list(kwd_attrs, Self::name),
                self.patterns(kwd_patterns)
            ),
            K::MatchStar { name } => {
                node!(self, "MatchStar", self.option(name.as_ref(), Self::name))
            }
            K::MatchAs { pattern, name } => node!(
                self,
                "MatchAs",
                self.option(pattern.as_deref(), Self::pattern),
                self.option(name.as_ref(), Self::name)
            ),
            K::MatchOr { patterns } => node!(self, "MatchOr", self.patterns(patterns)),
        }
        self.at(pattern.range);
    }
}
