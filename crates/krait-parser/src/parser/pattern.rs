//! Patterns of `match`.

use super::{Fail, Parser, Res};
use crate::token::TokenKind as K;
use krait_ast::{
    Constant, Expr, ExprContext, ExprKind, Identifier, Operator, Pattern, PatternKind, Range,
    UnaryOp,
};

impl Parser<'_> {
    /// What follows `case`: a pattern, or a sequence of them without brackets.
    pub(super) fn patterns(&mut self) -> Res<Pattern> {
        let start = self.range();
        let first = self.maybe_star_pattern()?;
        if self.kind() != K::Comma {
            let star = matches!(first.kind, PatternKind::MatchStar { .. });
            return if star { Err(Fail) } else { Ok(first) };
        }
        self.bump();
        let mut patterns = vec![first];
        while !matches!(self.kind(), K::Colon | K::If) {
            patterns.push(self.maybe_star_pattern()?);
            if !self.eat(K::Comma) {
                break;
            }
        }
        Ok(Pattern {
            kind: PatternKind::MatchSequence { patterns },
            range: self.since(start),
        })
    }

    fn maybe_star_pattern(&mut self) -> Res<Pattern> {
        if self.kind() != K::Star {
            return self.pattern();
        }
        let start = self.bump().range;
        let name = self.capture_or_wildcard()?;
        Ok(Pattern {
            kind: PatternKind::MatchStar { name },
            range: self.since(start),
        })
    }

    /// A name, `None` for `_`.
    fn capture_or_wildcard(&mut self) -> Res<Option<Identifier>> {
        if self.at_soft_keyword("_") {
            self.bump();
            return Ok(None);
        }
        self.capture_target().map(Some)
    }

    fn capture_target(&mut self) -> Res<Identifier> {
        if self.at_soft_keyword("_") {
            return Err(Fail);
        }
        let (name, _) = self.identifier()?;
        if matches!(self.kind(), K::Dot | K::LPar | K::Equal) {
            Err(Fail)
        } else {
            Ok(name)
        }
    }

    fn pattern(&mut self) -> Res<Pattern> {
        self.deeper(|p| {
            let start = p.range();
            let pattern = p.or_pattern()?;
            if !p.eat(K::As) {
                return Ok(pattern);
            }
            let name = Some(p.capture_target()?);
            let kind = PatternKind::MatchAs {
                pattern: Some(Box::new(pattern)),
                name,
            };
            Ok(Pattern {
                kind,
                range: p.since(start),
            })
        })
    }

    fn or_pattern(&mut self) -> Res<Pattern> {
        let start = self.range();
        let first = self.closed_pattern()?;
        if self.kind() != K::VBar {
            return Ok(first);
        }
        let mut patterns = vec![first];
        while self.eat(K::VBar) {
            patterns.push(self.closed_pattern()?);
        }
        Ok(Pattern {
            kind: PatternKind::MatchOr { patterns },
            range: self.since(start),
        })
    }

    fn closed_pattern(&mut self) -> Res<Pattern> {
        let start = self.range();
        let kind = match self.kind() {
            K::Number | K::Minus | K::Plus => PatternKind::MatchValue {
                value: Box::new(self.number_literal()?),
            },
            K::String | K::FStringStart | K::TStringStart => PatternKind::MatchValue {
                value: Box::new(self.strings()?),
            },
            K::None | K::True | K::False => PatternKind::MatchSingleton {
                value: self.singleton(),
            },
            K::Name => return self.name_pattern(),
            K::LPar => return self.group_or_sequence(),
            K::LSqb => {
                self.bump();
                let patterns = self.pattern_list(K::RSqb)?;
                PatternKind::MatchSequence { patterns }
            }
            K::LBrace => self.mapping_pattern()?,
            _ => return Err(Fail),
        };
        Ok(Pattern {
            kind,
            range: self.since(start),
        })
    }

    fn singleton(&mut self) -> Constant {
        match self.bump().kind {
            K::True => Constant::True,
            K::False => Constant::False,
            _ => Constant::None,
        }
    }

    /// Patterns up to a closing bracket, which is taken.
    fn pattern_list(&mut self, close: K) -> Res<Vec<Pattern>> {
        let mut patterns = Vec::new();
        while self.kind() != close {
            patterns.push(self.maybe_star_pattern()?);
            if !self.eat(K::Comma) {
                break;
            }
        }
        self.expect(close)?;
        Ok(patterns)
    }

    fn group_or_sequence(&mut self) -> Res<Pattern> {
        let start = self.bump().range;
        let mut patterns = Vec::new();
        if self.kind() != K::RPar {
            let first = self.maybe_star_pattern()?;
            if self.kind() == K::RPar && !matches!(first.kind, PatternKind::MatchStar { .. }) {
                self.bump();
                return Ok(first);
            }
            self.expect(K::Comma)?;
            patterns.push(first);
            patterns.extend(self.pattern_list(K::RPar)?);
        } else {
            self.bump();
        }
        Ok(Pattern {
            kind: PatternKind::MatchSequence { patterns },
            range: self.since(start),
        })
    }

    /// A signed number, or a complex one as a sum.
    fn number_literal(&mut self) -> Res<Expr> {
        let left = self.signed_number()?;
        let op = match self.kind() {
            K::Plus => Operator::Add,
            K::Minus => Operator::Sub,
            _ => return Ok(left),
        };
        self.require_real(&left)?;
        self.bump();
        let token = self.expect(K::Number)?;
        let value = self.number_value(token)?;
        if !matches!(value, Constant::Complex { .. }) {
            return self.raise(token.range, "imaginary number required in complex literal");
        }
        let range = left.range;
        let right = Box::new(self.constant(value, token.range));
        let kind = ExprKind::BinOp {
            left: Box::new(left),
            op,
            right,
        };
        Ok(Expr {
            kind,
            range: self.since(range),
        })
    }

    fn require_real(&mut self, number: &Expr) -> Res<()> {
        let operand = match &number.kind {
            ExprKind::UnaryOp { operand, .. } => operand,
            _ => number,
        };
        match operand.kind {
            ExprKind::Constant {
                value: Constant::Complex { .. },
                ..
            } => {
                let range = operand.range;
                self.raise(range, "real number required in complex literal")
            }
            _ => Ok(()),
        }
    }

    fn signed_number(&mut self) -> Res<Expr> {
        let start = self.range();
        let negative = self.kind() == K::Minus;
        if negative {
            self.bump();
        }
        let token = self.expect(K::Number)?;
        let value = self.number_value(token)?;
        let number = self.constant(value, token.range);
        if !negative {
            return Ok(number);
        }
        let kind = ExprKind::UnaryOp {
            op: UnaryOp::USub,
            operand: Box::new(number),
        };
        Ok(Expr {
            kind,
            range: self.since(start),
        })
    }

    /// A capture, `_`, a dotted value, or a class.
    fn name_pattern(&mut self) -> Res<Pattern> {
        let start = self.range();
        let next = self.next_kind();
        let kind = if !matches!(next, K::Dot | K::LPar | K::Equal) {
            match self.capture_or_wildcard()? {
                Some(name) => PatternKind::MatchAs {
                    pattern: None,
                    name: Some(name),
                },
                None => PatternKind::MatchAs {
                    pattern: None,
                    name: None,
                },
            }
        } else {
            let value = self.name_or_attr()?;
            if self.kind() == K::LPar {
                self.class_pattern(value)?
            } else {
                let dotted = matches!(value.kind, ExprKind::Attribute { .. });
                if !dotted || self.kind() == K::Equal {
                    return Err(Fail);
                }
                PatternKind::MatchValue {
                    value: Box::new(value),
                }
            }
        };
        Ok(Pattern {
            kind,
            range: self.since(start),
        })
    }

    fn name_or_attr(&mut self) -> Res<Expr> {
        let (id, range) = self.identifier()?;
        let mut expr = Expr {
            kind: ExprKind::Name {
                id,
                ctx: ExprContext::Load,
            },
            range,
        };
        while self.eat(K::Dot) {
            let (attr, _) = self.identifier()?;
            self.longer_chain()?;
            let value = Box::new(expr);
            let kind = ExprKind::Attribute {
                value,
                attr,
                ctx: ExprContext::Load,
            };
            expr = Expr {
                kind,
                range: self.since(range),
            };
        }
        Ok(expr)
    }

    fn class_pattern(&mut self, cls: Expr) -> Res<PatternKind> {
        self.bump();
        let (mut patterns, mut kwd_attrs, mut kwd_patterns) = (Vec::new(), Vec::new(), Vec::new());
        while self.kind() != K::RPar {
            if self.kind() == K::Name && self.next_kind() == K::Equal {
                kwd_attrs.push(self.identifier()?.0);
                self.bump();
                kwd_patterns.push(self.pattern()?);
            } else if kwd_attrs.is_empty() {
                patterns.push(self.pattern()?);
            } else {
                return Err(Fail);
            }
            if !self.eat(K::Comma) {
                break;
            }
        }
        self.expect(K::RPar)?;
        Ok(PatternKind::MatchClass {
            cls: Box::new(cls),
            patterns,
            kwd_attrs,
            kwd_patterns,
        })
    }

    fn mapping_pattern(&mut self) -> Res<PatternKind> {
        self.bump();
        let (mut keys, mut patterns, mut rest) = (Vec::new(), Vec::new(), None);
        while self.kind() != K::RBrace {
            if self.eat(K::DoubleStar) {
                rest = Some(self.capture_target()?);
                self.eat(K::Comma);
                break;
            }
            keys.push(self.mapping_key()?);
            self.expect(K::Colon)?;
            patterns.push(self.pattern()?);
            if !self.eat(K::Comma) {
                break;
            }
        }
        self.expect(K::RBrace)?;
        Ok(PatternKind::MatchMapping {
            keys,
            patterns,
            rest,
        })
    }

    fn mapping_key(&mut self) -> Res<Expr> {
        let range: Range = self.range();
        match self.kind() {
            K::Number | K::Minus | K::Plus => self.number_literal(),
            K::String | K::FStringStart | K::TStringStart => self.strings(),
            K::None | K::True | K::False => {
                let value = self.singleton();
                Ok(self.constant(value, range))
            }
            _ => {
                let key = self.name_or_attr()?;
                let dotted = matches!(key.kind, ExprKind::Attribute { .. });
                if dotted { Ok(key) } else { Err(Fail) }
            }
        }
    }
}
