//! Warnings about code that is valid but surely not meant.

use krait_ast::{CmpOp, Constant, Expr, ExprKind};
use krait_bytecode::Location;

use super::Compiler;
use crate::error::location;

/// The name of the type that an expression surely has, if that is known.
fn inferred_type(expr: &Expr) -> Option<&'static str> {
    match &expr.kind {
        ExprKind::Tuple { .. } => Some("tuple"),
        ExprKind::List { .. } | ExprKind::ListComp { .. } => Some("list"),
        ExprKind::Dict { .. } | ExprKind::DictComp { .. } => Some("dict"),
        ExprKind::Set { .. } | ExprKind::SetComp { .. } => Some("set"),
        ExprKind::GeneratorExp { .. } => Some("generator"),
        ExprKind::Lambda { .. } => Some("function"),
        ExprKind::TemplateStr { .. } | ExprKind::Interpolation { .. } => {
            Some("string.templatelib.Template")
        }
        ExprKind::JoinedStr { .. } | ExprKind::FormattedValue { .. } => Some("str"),
        ExprKind::Constant { value, .. } => Some(constant_type(value)),
        _ => None,
    }
}

fn constant_type(value: &Constant) -> &'static str {
    match value {
        Constant::None => "NoneType",
        Constant::True | Constant::False => "bool",
        Constant::Ellipsis => "ellipsis",
        Constant::Str(_) => "str",
        Constant::Bytes(_) => "bytes",
        Constant::Int(_) => "int",
        Constant::Float(_) => "float",
        Constant::Complex { .. } => "complex",
        Constant::Tuple(_) => "tuple",
        Constant::FrozenSet(_) => "frozenset",
    }
}

/// Whether `is` may sensibly be used with the expression.
fn may_be_identity(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Constant { value, .. } => {
            matches!(
                value,
                Constant::None | Constant::True | Constant::False | Constant::Ellipsis
            )
        }
        // A tuple of literals is a literal, one level deep.
        ExprKind::Tuple { elts, .. } => elts
            .iter()
            .any(|elt| !matches!(elt.kind, ExprKind::Constant { .. })),
        _ => true,
    }
}

impl Compiler<'_> {
    pub(super) fn check_compare(
        &mut self,
        left: &Expr,
        ops: &[CmpOp],
        comparators: &[Expr],
        loc: Location,
    ) {
        let mut left = left;
        for (op, right) in ops.iter().zip(comparators) {
            if matches!(op, CmpOp::Is | CmpOp::IsNot)
                && let Some(literal) = [left, right]
                    .into_iter()
                    .find(|side| !may_be_identity(side))
            {
                let kind = inferred_type(literal).unwrap_or("object");
                let message = match op {
                    CmpOp::Is => {
                        format!("\"is\" with '{kind}' literal. Did you mean \"==\"?")
                    }
                    _ => format!("\"is not\" with '{kind}' literal. Did you mean \"!=\"?"),
                };
                self.warn(loc, message);
                return;
            }
            left = right;
        }
    }

    pub(super) fn check_assert(&mut self, test: &Expr, loc: Location) {
        let always_true = match &test.kind {
            ExprKind::Tuple { elts, .. } => !elts.is_empty(),
            ExprKind::Constant {
                value: Constant::Tuple(items),
                ..
            } => !items.is_empty(),
            _ => false,
        };
        if always_true {
            let message = "assertion is always true, perhaps remove parentheses?";
            self.warn(loc, message.to_owned());
        }
    }

    pub(super) fn check_caller(&mut self, func: &Expr) {
        // A lambda is the one display that can be called.
        if matches!(func.kind, ExprKind::Lambda { .. }) {
            return;
        }
        if let Some(kind) = inferred_type(func) {
            let message = format!("'{kind}' object is not callable; perhaps you missed a comma?");
            self.warn(location(func.range), message);
        }
    }

    pub(super) fn check_subscripter(&mut self, value: &Expr) {
        let kind = match &value.kind {
            ExprKind::Constant {
                value:
                    constant @ (Constant::None
                    | Constant::Ellipsis
                    | Constant::True
                    | Constant::False
                    | Constant::Int(_)
                    | Constant::Float(_)
                    | Constant::Complex { .. }
                    | Constant::FrozenSet(_)),
                ..
            } => constant_type(constant),
            ExprKind::Set { .. }
            | ExprKind::SetComp { .. }
            | ExprKind::GeneratorExp { .. }
            | ExprKind::TemplateStr { .. }
            | ExprKind::Interpolation { .. }
            | ExprKind::Lambda { .. } => inferred_type(value).unwrap_or("object"),
            _ => return,
        };
        let message = format!("'{kind}' object is not subscriptable; perhaps you missed a comma?");
        self.warn(location(value.range), message);
    }

    pub(super) fn check_index(&mut self, value: &Expr, index: &Expr) {
        let Some(index_type) = inferred_type(index) else {
            return;
        };
        if matches!(index_type, "int" | "bool") {
            return;
        }
        let is_sequence = match &value.kind {
            ExprKind::Constant { value, .. } => {
                matches!(
                    value,
                    Constant::Str(_) | Constant::Bytes(_) | Constant::Tuple(_)
                )
            }
            ExprKind::Tuple { .. }
            | ExprKind::List { .. }
            | ExprKind::ListComp { .. }
            | ExprKind::JoinedStr { .. }
            | ExprKind::FormattedValue { .. } => true,
            _ => false,
        };
        if !is_sequence {
            return;
        }
        let kind = inferred_type(value).unwrap_or("object");
        let message = format!(
            "{kind} indices must be integers or slices, not {index_type}; perhaps you missed a comma?"
        );
        self.warn(location(value.range), message);
    }
}
