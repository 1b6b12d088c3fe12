//! Arguments of calls and classes.

use super::{Fail, Parser, Res};
use crate::token::TokenKind as K;
use krait_ast::{Expr, ExprContext, ExprKind, Keyword};

/// Which arguments may still come.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Stage {
    Positional,
    /// After `name=value`: no more plain ones.
    Keywords,
    /// After `**value`: no more `*value` either.
    DoubleStarred,
}

impl Parser<'_> {
    /// A call of `func`, at its opening parenthesis.
    pub(super) fn call(&mut self, func: Expr) -> Res<ExprKind> {
        let (args, keywords) = self.deeper(Self::arguments)?;
        Ok(ExprKind::Call {
            func: Box::new(func),
            args,
            keywords,
        })
    }

    /// Arguments with their parentheses; a lone generator expression takes these as its own.
    fn arguments(&mut self) -> Res<(Vec<Expr>, Vec<Keyword>)> {
        let open = self.expect(K::LPar)?.range;
        let (mut args, mut keywords) = (Vec::new(), Vec::new());
        let mut stage = Stage::Positional;
        while self.kind() != K::RPar {
            self.argument(&mut stage, &mut args, &mut keywords)?;
            if matches!(self.kind(), K::For | K::Async) {
                let elt = match (args.pop(), args.is_empty() && keywords.is_empty()) {
                    (Some(elt), true) if !matches!(elt.kind, ExprKind::Starred { .. }) => elt,
                    _ => return Err(Fail),
                };
                let generators = self.comprehensions()?;
                self.expect(K::RPar)?;
                let kind = ExprKind::GeneratorExp {
                    elt: Box::new(elt),
                    generators,
                };
                args.push(Expr {
                    kind,
                    range: self.since(open),
                });
                return Ok((args, keywords));
            }
            if !self.eat(K::Comma) {
                break;
            }
        }
        self.expect(K::RPar)?;
        Ok((args, keywords))
    }

    fn argument(
        &mut self,
        stage: &mut Stage,
        args: &mut Vec<Expr>,
        keywords: &mut Vec<Keyword>,
    ) -> Res<()> {
        match self.kind() {
            K::Star if *stage < Stage::DoubleStarred => args.push(self.starred_expression()?),
            K::DoubleStar => {
                let start = self.bump().range;
                let value = self.expression()?;
                keywords.push(Keyword {
                    arg: None,
                    value,
                    range: self.since(start),
                });
                *stage = Stage::DoubleStarred;
            }
            K::Name if self.next_kind() == K::Equal => {
                let (name, start) = self.identifier()?;
                self.bump();
                let value = self.expression()?;
                keywords.push(Keyword {
                    arg: Some(name),
                    value,
                    range: self.since(start),
                });
                if *stage == Stage::Positional {
                    *stage = Stage::Keywords;
                }
            }
            _ if *stage == Stage::Positional => args.push(self.named_expression()?),
            _ => return Err(Fail),
        }
        Ok(())
    }

    /// The arguments of a class, if it has any.
    pub(super) fn class_arguments(&mut self) -> Res<(Vec<Expr>, Vec<Keyword>)> {
        if self.kind() != K::LPar {
            return Ok((Vec::new(), Vec::new()));
        }
        let (args, keywords) = self.arguments()?;
        let bare_generator = args.len() == 1
            && keywords.is_empty()
            && matches!(args[0].kind, ExprKind::GeneratorExp { .. })
            && args[0].range == self.since(args[0].range);
        if bare_generator {
            Err(Fail)
        } else {
            Ok((args, keywords))
        }
    }

    /// `*value` where any expression may follow the star.
    pub(super) fn starred_expression(&mut self) -> Res<Expr> {
        let start = self.expect(K::Star)?.range;
        let value = Box::new(self.expression()?);
        let kind = ExprKind::Starred {
            value,
            ctx: ExprContext::Load,
        };
        Ok(Expr {
            kind,
            range: self.since(start),
        })
    }
}
