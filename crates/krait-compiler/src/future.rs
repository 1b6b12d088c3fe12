//! `from __future__ import …`: which features a module asks for, and where the last such line is.

use krait_ast::{Alias, Mod, Stmt, StmtKind};
use krait_bytecode::{Location, code_flags};

use crate::error::{CompileError, Result, location};

/// The features that are in force, and the place of the last `__future__` import.
#[derive(Clone, Copy, Debug)]
pub struct FutureFeatures {
    /// `CO_FUTURE_…` bits.
    pub features: u32,
    /// The last `__future__` import; line -1 if there is none.
    pub location: Location,
}

/// Reads the `__future__` imports at the start of a module.
pub fn future_from_ast(module: &Mod) -> Result<FutureFeatures> {
    let mut future = FutureFeatures {
        features: 0,
        location: Location::NONE,
    };
    let (Mod::Module { body, .. } | Mod::Interactive { body }) = module else {
        return Ok(future);
    };
    let body = if docstring(body).is_some() {
        &body[1..]
    } else {
        &body[..]
    };
    for stmt in body {
        match &stmt.kind {
            StmtKind::ImportFrom {
                module,
                names,
                level: 0,
            } if module.as_deref() == Some("__future__") => {
                for name in names {
                    future.features |= feature(name, location(stmt.range))?;
                }
                future.location = location(stmt.range);
            }
            _ => break,
        }
    }
    Ok(future)
}

fn feature(alias: &Alias, import: Location) -> Result<u32> {
    Ok(match alias.name.as_str() {
        "nested_scopes" | "generators" | "division" | "absolute_import" | "with_statement"
        | "print_function" | "unicode_literals" | "generator_stop" => 0,
        "barry_as_FLUFL" => code_flags::FUTURE_BARRY_AS_BDFL,
        "annotations" => code_flags::FUTURE_ANNOTATIONS,
        "braces" => return Err(CompileError::syntax(location(alias.range), "not a chance")),
        name => {
            let message = format!("future feature {name} is not defined");
            let _ = import;
            return Err(CompileError::syntax(location(alias.range), message));
        }
    })
}

/// The docstring of a body, if its first statement is one.
pub(crate) fn docstring(body: &[Stmt]) -> Option<&krait_text::Wtf8Buf> {
    let StmtKind::Expr { value } = &body.first()?.kind else {
        return None;
    };
    match &value.kind {
        krait_ast::ExprKind::Constant {
            value: krait_ast::Constant::Str(text),
            ..
        } => Some(text),
        _ => None,
    }
}
