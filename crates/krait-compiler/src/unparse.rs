//! Expressions as source text: what annotations are under `from __future__ import annotations`.

use krait_ast::{
    Arguments, BoolOp, CmpOp, Comprehension, Constant, Expr, ExprKind, Operator, UnaryOp,
};
use krait_text::Wtf8Buf;
use krait_text::repr::bytes_repr;

use crate::error::{CompileError, Depth, Result, with_stack};

/// The text of an expression.
pub(crate) fn expr_as_string(expr: &Expr) -> Result<Wtf8Buf> {
    let mut writer = Unparser {
        out: Wtf8Buf::new(),
        depth: Depth::default(),
    };
    writer.expr(expr, Level::Test)?;
    Ok(writer.out)
}

/// How tightly an operator binds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Tuple,
    Test,
    Or,
    And,
    Not,
    Cmp,
    BOr,
    BXor,
    BAnd,
    Shift,
    Arith,
    Term,
    Factor,
    Power,
    Await,
    Atom,
}

impl Level {
    fn next(self) -> Level {
        match self {
            Level::Tuple => Level::Test,
            Level::Test => Level::Or,
            Level::Or => Level::And,
            Level::And => Level::Not,
            Level::Not => Level::Cmp,
            Level::Cmp => Level::BOr,
            Level::BOr => Level::BXor,
            Level::BXor => Level::BAnd,
            Level::BAnd => Level::Shift,
            Level::Shift => Level::Arith,
            Level::Arith => Level::Term,
            Level::Term => Level::Factor,
            Level::Factor => Level::Power,
            Level::Power => Level::Await,
            Level::Await | Level::Atom => Level::Atom,
        }
    }
}

struct Unparser {
    out: Wtf8Buf,
    depth: Depth,
}

impl Unparser {
    fn text(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn parenthesized(
        &mut self,
        condition: bool,
        body: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        if condition {
            self.text("(");
        }
        body(self)?;
        if condition {
            self.text(")");
        }
        Ok(())
    }

    fn list(&mut self, exprs: &[Expr], level: Level) -> Result<()> {
        for (index, expr) in exprs.iter().enumerate() {
            if index > 0 {
                self.text(", ");
            }
            self.expr(expr, level)?;
        }
        Ok(())
    }

    fn expr(&mut self, expr: &Expr, level: Level) -> Result<()> {
        self.depth.enter()?;
        with_stack(|| self.expr_kind(expr, level))?;
        self.depth.leave();
        Ok(())
    }

    fn expr_kind(&mut self, expr: &Expr, level: Level) -> Result<()> {
        match &expr.kind {
            ExprKind::BoolOp { op, values } => {
                let (word, own) = match op {
                    BoolOp::And => (" and ", Level::And),
                    BoolOp::Or => (" or ", Level::Or),
                };
                self.parenthesized(level > own, |this| {
                    for (index, value) in values.iter().enumerate() {
                        if index > 0 {
                            this.text(word);
                        }
                        this.expr(value, own.next())?;
                    }
                    Ok(())
                })
            }
            ExprKind::BinOp { left, op, right } => {
                let (sign, own, right_associative) = binary_sign(*op);
                self.parenthesized(level > own, |this| {
                    let (left_level, right_level) = if right_associative {
                        (own.next(), own)
                    } else {
                        (own, own.next())
                    };
                    this.expr(left, left_level)?;
                    this.text(sign);
                    this.expr(right, right_level)
                })
            }
            ExprKind::UnaryOp { op, operand } => {
                let (sign, own) = match op {
                    UnaryOp::Invert => ("~", Level::Factor),
                    UnaryOp::Not => ("not ", Level::Not),
                    UnaryOp::UAdd => ("+", Level::Factor),
                    UnaryOp::USub => ("-", Level::Factor),
                };
                self.parenthesized(level > own, |this| {
                    this.text(sign);
                    this.expr(operand, own)
                })
            }
            ExprKind::Lambda { args, body } => self.parenthesized(level > Level::Test, |this| {
                let has_args = !args.posonlyargs.is_empty()
                    || !args.args.is_empty()
                    || args.vararg.is_some()
                    || !args.kwonlyargs.is_empty()
                    || args.kwarg.is_some();
                this.text(if has_args { "lambda " } else { "lambda" });
                this.arguments(args)?;
                this.text(": ");
                this.expr(body, Level::Test)
            }),
            ExprKind::IfExp { test, body, orelse } => {
                self.parenthesized(level > Level::Test, |this| {
                    this.expr(body, Level::Or)?;
                    this.text(" if ");
                    this.expr(test, Level::Or)?;
                    this.text(" else ");
                    this.expr(orelse, Level::Test)
                })
            }
            ExprKind::Dict { keys, values } => {
                self.text("{");
                for (index, (key, value)) in keys.iter().zip(values).enumerate() {
                    if index > 0 {
                        self.text(", ");
                    }
                    match key {
                        Some(key) => {
                            self.expr(key, Level::Test)?;
                            self.text(": ");
                            self.expr(value, Level::Test)?;
                        }
                        None => {
                            self.text("**");
                            self.expr(value, Level::BOr)?;
                        }
                    }
                }
                self.text("}");
                Ok(())
            }
            ExprKind::Set { elts } => {
                self.text("{");
                self.list(elts, Level::Test)?;
                self.text("}");
                Ok(())
            }
            ExprKind::GeneratorExp { elt, generators } => {
                self.comprehension("(", elt, None, generators, ")")
            }
            ExprKind::ListComp { elt, generators } => {
                self.comprehension("[", elt, None, generators, "]")
            }
            ExprKind::SetComp { elt, generators } => {
                self.comprehension("{", elt, None, generators, "}")
            }
            ExprKind::DictComp {
                key,
                value,
                generators,
            } => self.comprehension("{", key, Some(value), generators, "}"),
            ExprKind::Yield { value } => {
                self.text("(yield");
                if let Some(value) = value {
                    self.text(" ");
                    self.expr(value, Level::Tuple)?;
                }
                self.text(")");
                Ok(())
            }
            ExprKind::YieldFrom { value } => {
                self.text("(yield from ");
                self.expr(value, Level::Test)?;
                self.text(")");
                Ok(())
            }
            ExprKind::Await { value } => self.parenthesized(level > Level::Await, |this| {
                this.text("await ");
                this.expr(value, Level::Atom)
            }),
            ExprKind::Compare {
                left,
                ops,
                comparators,
            } => self.parenthesized(level > Level::Cmp, |this| {
                this.expr(left, Level::Cmp.next())?;
                for (op, comparator) in ops.iter().zip(comparators) {
                    this.text(compare_sign(*op));
                    this.expr(comparator, Level::Cmp.next())?;
                }
                Ok(())
            }),
            ExprKind::Call { .. } => self.call(expr),
            ExprKind::Constant { value, kind } => {
                if kind.is_some() {
                    self.text("u");
                }
                self.constant(value)
            }
            ExprKind::JoinedStr { .. } | ExprKind::FormattedValue { .. } => self.fstring("f", expr),
            ExprKind::TemplateStr { .. } | ExprKind::Interpolation { .. } => {
                self.fstring("t", expr)
            }
            ExprKind::Attribute { value, attr, .. } => {
                self.expr(value, Level::Atom)?;
                // `1.real` would be a float.
                let is_int = matches!(
                    &value.kind,
                    ExprKind::Constant {
                        value: Constant::Int(_),
                        ..
                    }
                );
                self.text(if is_int { " ." } else { "." });
                self.text(attr);
                Ok(())
            }
            ExprKind::Starred { value, .. } => {
                self.text("*");
                self.expr(value, Level::BOr)
            }
            ExprKind::Name { id, .. } => {
                self.text(id);
                Ok(())
            }
            ExprKind::List { elts, .. } => {
                self.text("[");
                self.list(elts, Level::Test)?;
                self.text("]");
                Ok(())
            }
            ExprKind::Tuple { elts, .. } => self.tuple(elts, level),
            ExprKind::Subscript { value, slice, .. } => {
                self.expr(value, Level::Atom)?;
                self.text("[");
                self.expr(slice, Level::Tuple)?;
                self.text("]");
                Ok(())
            }
            ExprKind::Slice { lower, upper, step } => {
                if let Some(lower) = lower {
                    self.expr(lower, Level::Test)?;
                }
                self.text(":");
                if let Some(upper) = upper {
                    self.expr(upper, Level::Test)?;
                }
                if let Some(step) = step {
                    self.text(":");
                    self.expr(step, Level::Test)?;
                }
                Ok(())
            }
            ExprKind::NamedExpr { target, value } => {
                self.parenthesized(level > Level::Tuple, |this| {
                    this.expr(target, Level::Atom)?;
                    this.text(" := ");
                    this.expr(value, Level::Atom)
                })
            }
        }
    }

    fn tuple(&mut self, elts: &[Expr], level: Level) -> Result<()> {
        if elts.is_empty() {
            self.text("()");
            return Ok(());
        }
        self.parenthesized(level > Level::Tuple, |this| {
            this.list(elts, Level::Test)?;
            if elts.len() == 1 {
                this.text(",");
            }
            Ok(())
        })
    }

    fn call(&mut self, expr: &Expr) -> Result<()> {
        let ExprKind::Call {
            func,
            args,
            keywords,
        } = &expr.kind
        else {
            return Ok(());
        };
        self.expr(func, Level::Atom)?;
        if let ([argument], []) = (&args[..], &keywords[..])
            && matches!(argument.kind, ExprKind::GeneratorExp { .. })
        {
            return self.expr(argument, Level::Test);
        }
        self.text("(");
        self.list(args, Level::Test)?;
        for (index, keyword) in keywords.iter().enumerate() {
            if index > 0 || !args.is_empty() {
                self.text(", ");
            }
            match &keyword.arg {
                Some(name) => {
                    self.text(name);
                    self.text("=");
                }
                None => self.text("**"),
            }
            self.expr(&keyword.value, Level::Test)?;
        }
        self.text(")");
        Ok(())
    }

    fn arguments(&mut self, args: &Arguments) -> Result<()> {
        let mut first = true;
        let mut comma = |this: &mut Self| {
            if !std::mem::replace(&mut first, false) {
                this.text(", ");
            }
        };
        let positional = args.posonlyargs.len() + args.args.len();
        for (index, arg) in args.posonlyargs.iter().chain(&args.args).enumerate() {
            comma(self);
            self.text(&arg.arg);
            let default = (index + args.defaults.len()).checked_sub(positional);
            if let Some(default) = default.and_then(|index| args.defaults.get(index)) {
                self.text("=");
                self.expr(default, Level::Test)?;
            }
            if index + 1 == args.posonlyargs.len() {
                self.text(", /");
            }
        }
        if args.vararg.is_some() || !args.kwonlyargs.is_empty() {
            comma(self);
            self.text("*");
            if let Some(vararg) = &args.vararg {
                self.text(&vararg.arg);
            }
        }
        for (arg, default) in args.kwonlyargs.iter().zip(&args.kw_defaults) {
            comma(self);
            self.text(&arg.arg);
            if let Some(default) = default {
                self.text("=");
                self.expr(default, Level::Test)?;
            }
        }
        if let Some(kwarg) = &args.kwarg {
            comma(self);
            self.text("**");
            self.text(&kwarg.arg);
        }
        Ok(())
    }

    fn comprehension(
        &mut self,
        open: &str,
        elt: &Expr,
        value: Option<&Expr>,
        generators: &[Comprehension],
        close: &str,
    ) -> Result<()> {
        self.text(open);
        self.expr(elt, Level::Test)?;
        if let Some(value) = value {
            self.text(": ");
            self.expr(value, Level::Test)?;
        }
        for generator in generators {
            self.text(if generator.is_async {
                " async for "
            } else {
                " for "
            });
            self.expr(&generator.target, Level::Tuple)?;
            self.text(" in ");
            self.expr(&generator.iter, Level::Test.next())?;
            for test in &generator.ifs {
                self.text(" if ");
                self.expr(test, Level::Test.next())?;
            }
        }
        self.text(close);
        Ok(())
    }

    fn constant(&mut self, value: &Constant) -> Result<()> {
        match value {
            Constant::None => self.text("None"),
            Constant::True => self.text("True"),
            Constant::False => self.text("False"),
            Constant::Ellipsis => self.text("..."),
            Constant::Str(text) => self.out.push_wtf8(&str_repr(text)),
            Constant::Bytes(bytes) => self.text(&bytes_repr(bytes)),
            Constant::Int(int) => self.text(&int.to_string()),
            Constant::Float(float) => self.text(&float_text(*float)),
            Constant::Complex { real, imag } => {
                let imag = float_text(*imag);
                let imag = imag.strip_suffix(".0").unwrap_or(&imag);
                if *real == 0.0 {
                    self.text(&format!("{imag}j"));
                } else {
                    self.text(&format!("({}+{imag}j)", float_text(*real)));
                }
            }
            Constant::Tuple(items) => {
                self.text("(");
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        self.text(", ");
                    }
                    self.constant(item)?;
                }
                self.text(if items.len() == 1 { ",)" } else { ")" });
            }
            Constant::FrozenSet(_) => {
                return Err(CompileError::invalid_tree("frozenset in an annotation"));
            }
        }
        Ok(())
    }

    fn fstring(&mut self, prefix: &str, expr: &Expr) -> Result<()> {
        let mut body = Unparser {
            out: Wtf8Buf::new(),
            depth: Depth::default(),
        };
        body.fstring_element(expr)?;
        self.text(prefix);
        self.out.push_wtf8(&str_repr(&body.out));
        Ok(())
    }

    fn fstring_element(&mut self, expr: &Expr) -> Result<()> {
        match &expr.kind {
            ExprKind::Constant {
                value: Constant::Str(text),
                ..
            } => {
                let mut escaped = Wtf8Buf::new();
                for point in text.code_points() {
                    escaped.push(point);
                    if point == u32::from('{') || point == u32::from('}') {
                        escaped.push(point);
                    }
                }
                self.out.push_wtf8(&escaped);
                Ok(())
            }
            ExprKind::JoinedStr { values } | ExprKind::TemplateStr { values } => values
                .iter()
                .try_for_each(|value| self.fstring_element(value)),
            ExprKind::FormattedValue {
                value,
                conversion,
                format_spec,
            } => {
                let mut inner = Unparser {
                    out: Wtf8Buf::new(),
                    depth: Depth::default(),
                };
                inner.expr(value, Level::Test.next())?;
                self.field(&inner.out, *conversion, format_spec.as_deref())
            }
            ExprKind::Interpolation {
                str,
                conversion,
                format_spec,
                ..
            } => match str {
                Constant::Str(text) => self.field(text, *conversion, format_spec.as_deref()),
                _ => Err(CompileError::invalid_tree("interpolation without its text")),
            },
            _ => Err(CompileError::invalid_tree(
                "unknown expression kind inside f-string",
            )),
        }
    }

    fn field(&mut self, text: &Wtf8Buf, conversion: i32, spec: Option<&Expr>) -> Result<()> {
        // A brace right after the opening one would escape it.
        self.text(if text.as_bytes().first() == Some(&b'{') {
            "{ "
        } else {
            "{"
        });
        self.out.push_wtf8(text);
        if let Ok(conversion) = u8::try_from(conversion) {
            self.text("!");
            self.out.push(u32::from(conversion));
        }
        if let Some(spec) = spec {
            self.text(":");
            self.fstring_element(spec)?;
        }
        self.text("}");
        Ok(())
    }
}

fn binary_sign(op: Operator) -> (&'static str, Level, bool) {
    match op {
        Operator::Add => (" + ", Level::Arith, false),
        Operator::Sub => (" - ", Level::Arith, false),
        Operator::Mult => (" * ", Level::Term, false),
        Operator::MatMult => (" @ ", Level::Term, false),
        Operator::Div => (" / ", Level::Term, false),
        Operator::Mod => (" % ", Level::Term, false),
        Operator::LShift => (" << ", Level::Shift, false),
        Operator::RShift => (" >> ", Level::Shift, false),
        Operator::BitOr => (" | ", Level::BOr, false),
        Operator::BitXor => (" ^ ", Level::BXor, false),
        Operator::BitAnd => (" & ", Level::BAnd, false),
        Operator::FloorDiv => (" // ", Level::Term, false),
        Operator::Pow => (" ** ", Level::Power, true),
    }
}

fn compare_sign(op: CmpOp) -> &'static str {
    match op {
        CmpOp::Eq => " == ",
        CmpOp::NotEq => " != ",
        CmpOp::Lt => " < ",
        CmpOp::LtE => " <= ",
        CmpOp::Gt => " > ",
        CmpOp::GtE => " >= ",
        CmpOp::Is => " is ",
        CmpOp::IsNot => " is not ",
        CmpOp::In => " in ",
        CmpOp::NotIn => " not in ",
    }
}

/// A float's repr, with infinity as a literal that overflows to it.
fn float_text(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 {
            "1e309".into()
        } else {
            "-1e309".into()
        };
    }
    krait_numbers::float::repr(value)
}

/// Which quote a repr uses.
fn quote(has_single: bool, has_double: bool) -> u8 {
    if has_single && !has_double {
        b'"'
    } else {
        b'\''
    }
}

fn str_repr(text: &Wtf8Buf) -> Wtf8Buf {
    let bytes = text.as_bytes();
    let quote = u32::from(quote(bytes.contains(&b'\''), bytes.contains(&b'"')));
    let mut out = Wtf8Buf::new();
    out.push(quote);
    for point in text.code_points() {
        match point {
            0x09 => out.push_str("\\t"),
            0x0A => out.push_str("\\n"),
            0x0D => out.push_str("\\r"),
            _ if point == quote || point == u32::from('\\') => {
                out.push_str("\\");
                out.push(point);
            }
            _ if krait_unicode::is_printable(point) => out.push(point),
            0..0x100 => out.push_str(&format!("\\x{point:02x}")),
            0x100..0x1_0000 => out.push_str(&format!("\\u{point:04x}")),
            _ => out.push_str(&format!("\\U{point:08x}")),
        }
    }
    out.push(quote);
    out
}
