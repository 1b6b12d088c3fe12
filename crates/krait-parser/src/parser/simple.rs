//! Simple statements and targets.

use super::expr::begins_expression;
use super::{Fail, Parser, Res, set_context};
use crate::token::TokenKind as K;
use krait_ast::{Alias, Expr, ExprContext, ExprKind, Identifier, Operator, Stmt, StmtKind};

impl Parser<'_> {
    /// `simple_stmts`: statements with semicolons between, up to the end of the line.
    pub(super) fn simple_stmts(&mut self, out: &mut Vec<Stmt>) -> Res<()> {
        loop {
            let stmt = self.simple_stmt()?;
            out.push(stmt);
            if !self.eat(K::Semi) || self.kind() == K::Newline {
                break;
            }
        }
        self.expect(K::Newline).map(drop)
    }

    fn simple_stmt(&mut self) -> Res<Stmt> {
        self.chain = 0;
        let start = self.range();
        let kind = match self.kind() {
            K::Name if self.next_kind() == K::Name && self.at_soft_keyword("type") => {
                self.type_alias()?
            }
            K::Import => self.import_name()?,
            K::From => self.import_from()?,
            K::Return => {
                self.bump();
                let star = self.kind() == K::Star;
                let value = if star || begins_expression(self.kind()) {
                    Some(Box::new(self.star_expressions()?))
                } else {
                    None
                };
                StmtKind::Return { value }
            }
            K::Raise => self.raise_stmt()?,
            K::Pass => {
                self.bump();
                StmtKind::Pass
            }
            K::Break => {
                self.bump();
                StmtKind::Break
            }
            K::Continue => {
                self.bump();
                StmtKind::Continue
            }
            K::Del => self.del_stmt()?,
            K::Assert => {
                self.bump();
                let test = Box::new(self.expression()?);
                let msg = if self.eat(K::Comma) {
                    Some(Box::new(self.expression()?))
                } else {
                    None
                };
                StmtKind::Assert { test, msg }
            }
            K::Global => {
                self.bump();
                StmtKind::Global {
                    names: self.names()?,
                }
            }
            K::Nonlocal => {
                self.bump();
                StmtKind::Nonlocal {
                    names: self.names()?,
                }
            }
            K::Yield => {
                let value = Box::new(self.yield_expr()?);
                StmtKind::Expr { value }
            }
            _ => self.expression_stmt()?,
        };
        Ok(Stmt {
            kind,
            range: self.since(start),
        })
    }

    fn names(&mut self) -> Res<Vec<Identifier>> {
        let mut names = vec![self.identifier()?.0];
        while self.eat(K::Comma) {
            names.push(self.identifier()?.0);
        }
        Ok(names)
    }

    /// An expression, or an assignment to it.
    fn expression_stmt(&mut self) -> Res<StmtKind> {
        let plain_name = self.kind() == K::Name;
        let first = self.star_expressions()?;
        match self.kind() {
            K::Equal => self.assign(first),
            K::Colon => self.ann_assign(first, plain_name),
            kind => match augmented(kind) {
                Some(op) => {
                    if op == Operator::MatMult && self.options.feature_version < 5 {
                        self.note_too_new(5, MATRIX, self.token());
                    }
                    self.aug_assign(first, op)
                }
                None => Ok(StmtKind::Expr {
                    value: Box::new(first),
                }),
            },
        }
    }

    fn assign(&mut self, mut value: Expr) -> Res<StmtKind> {
        let mut targets = Vec::new();
        while self.eat(K::Equal) {
            set_context(&mut value, ExprContext::Store)?;
            targets.push(value);
            value = self.annotated_rhs()?;
        }
        let type_comment = self.type_comment();
        Ok(StmtKind::Assign {
            targets,
            value: Box::new(value),
            type_comment,
        })
    }

    fn ann_assign(&mut self, mut target: Expr, plain_name: bool) -> Res<StmtKind> {
        only_single_target(&mut target)?;
        let simple = plain_name && matches!(target.kind, ExprKind::Name { .. });
        self.bump();
        let annotation = Box::new(self.expression()?);
        let value = if self.eat(K::Equal) {
            Some(Box::new(self.annotated_rhs()?))
        } else {
            None
        };
        self.since_version(6, "Variable annotation syntax is");
        Ok(StmtKind::AnnAssign {
            target: Box::new(target),
            annotation,
            value,
            simple,
        })
    }

    fn aug_assign(&mut self, mut target: Expr, op: Operator) -> Res<StmtKind> {
        only_single_target(&mut target)?;
        self.bump();
        let value = Box::new(self.annotated_rhs()?);
        Ok(StmtKind::AugAssign {
            target: Box::new(target),
            op,
            value,
        })
    }

    fn raise_stmt(&mut self) -> Res<StmtKind> {
        self.bump();
        if !begins_expression(self.kind()) {
            return Ok(StmtKind::Raise {
                exc: None,
                cause: None,
            });
        }
        let exc = Some(Box::new(self.expression()?));
        let cause = if self.eat(K::From) {
            Some(Box::new(self.expression()?))
        } else {
            None
        };
        Ok(StmtKind::Raise { exc, cause })
    }

    fn del_stmt(&mut self) -> Res<StmtKind> {
        self.bump();
        let mut targets = Vec::new();
        while !matches!(self.kind(), K::Semi | K::Newline) {
            let mut target = self.primary()?;
            set_context(&mut target, ExprContext::Del)?;
            targets.push(target);
            if !self.eat(K::Comma) {
                break;
            }
        }
        let ended = matches!(self.kind(), K::Semi | K::Newline) && !targets.is_empty();
        if ended {
            Ok(StmtKind::Delete { targets })
        } else {
            Err(Fail)
        }
    }

    fn type_alias(&mut self) -> Res<StmtKind> {
        self.bump();
        let (id, range) = self.identifier()?;
        let name = Box::new(Expr {
            kind: ExprKind::Name {
                id,
                ctx: ExprContext::Store,
            },
            range,
        });
        let type_params = self.type_params()?;
        self.expect(K::Equal)?;
        let value = Box::new(self.expression()?);
        self.since_version(12, "Type statement is");
        Ok(StmtKind::TypeAlias {
            name,
            type_params,
            value,
        })
    }

    fn import_name(&mut self) -> Res<StmtKind> {
        self.bump();
        let mut names = Vec::new();
        loop {
            let start = self.range();
            let name = self.dotted_name()?;
            let asname = self.as_name()?;
            names.push(Alias {
                name,
                asname,
                range: self.since(start),
            });
            if !self.eat(K::Comma) {
                return Ok(StmtKind::Import { names });
            }
        }
    }

    fn as_name(&mut self) -> Res<Option<Identifier>> {
        if self.eat(K::As) {
            Ok(Some(self.identifier()?.0))
        } else {
            Ok(None)
        }
    }

    fn dotted_name(&mut self) -> Res<Identifier> {
        let (first, _) = self.identifier()?;
        if self.kind() != K::Dot {
            return Ok(first);
        }
        let mut name = first.to_string();
        while self.eat(K::Dot) {
            name.push('.');
            name.push_str(&self.identifier()?.0);
        }
        Ok(Identifier::from(name))
    }

    fn import_from(&mut self) -> Res<StmtKind> {
        self.bump();
        let mut level = 0;
        loop {
            level += match self.kind() {
                K::Dot => 1,
                K::Ellipsis => 3,
                _ => break,
            };
            self.bump();
        }
        let module = match self.kind() {
            K::Import if level > 0 => None,
            _ => Some(self.dotted_name()?),
        };
        self.expect(K::Import)?;
        let names = self.import_targets()?;
        let future = module.as_deref() == Some("__future__");
        if future && level == 0 && names.iter().any(|alias| alias.name == "barry_as_FLUFL") {
            self.barry_as_bdfl = true;
        }
        Ok(StmtKind::ImportFrom {
            module,
            names,
            level,
        })
    }

    fn import_targets(&mut self) -> Res<Vec<Alias>> {
        if self.kind() == K::Star {
            let range = self.bump().range;
            return Ok(vec![Alias {
                name: Identifier::from("*"),
                asname: None,
                range,
            }]);
        }
        let bracketed = self.eat(K::LPar);
        let mut names = Vec::new();
        loop {
            let start = self.range();
            let (name, _) = self.identifier()?;
            let asname = self.as_name()?;
            names.push(Alias {
                name,
                asname,
                range: self.since(start),
            });
            if !self.eat(K::Comma) || bracketed && self.kind() == K::RPar {
                break;
            }
        }
        if bracketed {
            self.expect(K::RPar)?;
        }
        Ok(names)
    }

    /// `star_targets`: what `for` assigns to.
    pub(super) fn star_targets(&mut self) -> Res<Expr> {
        let start = self.range();
        let first = self.star_target()?;
        if self.kind() != K::Comma {
            return Ok(first);
        }
        let mut elts = vec![first];
        while self.eat(K::Comma) {
            if self.kind() != K::Star && !begins_expression(self.kind()) {
                break;
            }
            elts.push(self.star_target()?);
        }
        let kind = ExprKind::Tuple {
            elts,
            ctx: ExprContext::Store,
        };
        Ok(Expr {
            kind,
            range: self.since(start),
        })
    }

    pub(super) fn star_target(&mut self) -> Res<Expr> {
        if self.kind() == K::Star {
            let start = self.bump().range;
            if self.kind() == K::Star {
                return Err(Fail);
            }
            let value = Box::new(self.star_target()?);
            let kind = ExprKind::Starred {
                value,
                ctx: ExprContext::Store,
            };
            return Ok(Expr {
                kind,
                range: self.since(start),
            });
        }
        let mut target = self.primary()?;
        set_context(&mut target, ExprContext::Store)?;
        Ok(target)
    }
}

/// Makes a target of a name, attribute or subscript, and of nothing else.
fn only_single_target(target: &mut Expr) -> Res<()> {
    match target.kind {
        ExprKind::Name { .. } | ExprKind::Attribute { .. } | ExprKind::Subscript { .. } => {
            set_context(target, ExprContext::Store)
        }
        _ => Err(Fail),
    }
}

/// What a version error calls `@`.
pub(super) const MATRIX: &str = "The '@' operator is";

fn augmented(kind: K) -> Option<Operator> {
    Some(match kind {
        K::PlusEqual => Operator::Add,
        K::MinEqual => Operator::Sub,
        K::StarEqual => Operator::Mult,
        K::AtEqual => Operator::MatMult,
        K::SlashEqual => Operator::Div,
        K::PercentEqual => Operator::Mod,
        K::AmperEqual => Operator::BitAnd,
        K::VBarEqual => Operator::BitOr,
        K::CircumflexEqual => Operator::BitXor,
        K::LeftShiftEqual => Operator::LShift,
        K::RightShiftEqual => Operator::RShift,
        K::DoubleStarEqual => Operator::Pow,
        K::DoubleSlashEqual => Operator::FloorDiv,
        _ => return None,
    })
}
