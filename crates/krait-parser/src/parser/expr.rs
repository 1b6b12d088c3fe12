//! Expressions.

use super::{Fail, Parser, Res, strings};
use crate::token::TokenKind as K;
use krait_ast::{
    BoolOp, CmpOp, Comprehension, Constant, Expr, ExprContext, ExprKind, Operator, Range, UnaryOp,
};

/// Binding strength, from `or` up; 0 is no operator.
const OR: u8 = 1;
const AND: u8 = 2;
const NOT: u8 = 3;
const COMPARE: u8 = 4;
const BIT_OR: u8 = 5;

const fn precedence(kind: K) -> u8 {
    match kind {
        K::Or => OR,
        K::And => AND,
        K::Not
        | K::In
        | K::Is
        | K::EqEqual
        | K::NotEqual
        | K::Less
        | K::LessEqual
        | K::Greater
        | K::GreaterEqual => COMPARE,
        K::VBar => BIT_OR,
        K::Circumflex => 6,
        K::Amper => 7,
        K::LeftShift | K::RightShift => 8,
        K::Plus | K::Minus => 9,
        K::Star | K::Slash | K::DoubleSlash | K::Percent | K::At => 10,
        _ => 0,
    }
}

static PRECEDENCE: [u8; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < K::ALL.len() {
        table[K::ALL[i] as usize] = precedence(K::ALL[i]);
        i += 1;
    }
    table
};

fn operator(kind: K) -> Res<Operator> {
    Ok(match kind {
        K::VBar => Operator::BitOr,
        K::Circumflex => Operator::BitXor,
        K::Amper => Operator::BitAnd,
        K::LeftShift => Operator::LShift,
        K::RightShift => Operator::RShift,
        K::Plus => Operator::Add,
        K::Minus => Operator::Sub,
        K::Star => Operator::Mult,
        K::Slash => Operator::Div,
        K::DoubleSlash => Operator::FloorDiv,
        K::Percent => Operator::Mod,
        K::At => Operator::MatMult,
        _ => return Err(Fail),
    })
}

/// Whether an expression may begin with this token.
pub(super) fn begins_expression(kind: K) -> bool {
    matches!(
        kind,
        K::Name
            | K::Number
            | K::String
            | K::FStringStart
            | K::TStringStart
            | K::LPar
            | K::LSqb
            | K::LBrace
            | K::Minus
            | K::Plus
            | K::Tilde
            | K::Ellipsis
            | K::Not
            | K::Lambda
            | K::Await
            | K::None
            | K::True
            | K::False
    )
}

impl Parser<'_> {
    /// `expressions`: without stars, a tuple if there is a comma.
    pub(super) fn expressions(&mut self) -> Res<Expr> {
        let start = self.range();
        let first = self.expression()?;
        self.expressions_after(first, start)
    }

    /// The rest of `expressions` after its first element, which began at `start`.
    pub(super) fn expressions_after(&mut self, first: Expr, start: Range) -> Res<Expr> {
        if self.kind() != K::Comma {
            return Ok(first);
        }
        let mut elts = vec![first];
        while self.eat(K::Comma) && begins_expression(self.kind()) {
            elts.push(self.expression()?);
        }
        Ok(self.tuple(elts, start))
    }

    fn tuple(&self, elts: Vec<Expr>, start: Range) -> Expr {
        let kind = ExprKind::Tuple {
            elts,
            ctx: ExprContext::Load,
        };
        Expr {
            kind,
            range: self.since(start),
        }
    }

    /// `star_expressions`: a tuple if there is a comma.
    pub(super) fn star_expressions(&mut self) -> Res<Expr> {
        let start = self.range();
        let first = self.star_expression()?;
        if self.kind() != K::Comma {
            return Ok(first);
        }
        let mut elts = vec![first];
        while self.eat(K::Comma) && (self.kind() == K::Star || begins_expression(self.kind())) {
            elts.push(self.star_expression()?);
        }
        Ok(self.tuple(elts, start))
    }

    fn starred_bitwise_or(&mut self) -> Res<Expr> {
        let start = self.expect(K::Star)?.range;
        let value = Box::new(self.binary(BIT_OR)?);
        let kind = ExprKind::Starred {
            value,
            ctx: ExprContext::Load,
        };
        Ok(Expr {
            kind,
            range: self.since(start),
        })
    }

    pub(super) fn star_expression(&mut self) -> Res<Expr> {
        if self.kind() == K::Star {
            self.starred_bitwise_or()
        } else {
            self.expression()
        }
    }

    pub(super) fn star_named_expression(&mut self) -> Res<Expr> {
        if self.kind() == K::Star {
            self.starred_bitwise_or()
        } else {
            self.named_expression()
        }
    }

    /// Elements up to a closing bracket, with a comma between and perhaps after them.
    pub(super) fn star_named_expressions(&mut self, close: K, elts: &mut Vec<Expr>) -> Res<()> {
        while self.kind() != close {
            elts.push(self.star_named_expression()?);
            if !self.eat(K::Comma) {
                break;
            }
        }
        Ok(())
    }

    pub(super) fn named_expression(&mut self) -> Res<Expr> {
        if self.kind() != K::Name || self.next_kind() != K::ColonEqual {
            return self.expression();
        }
        let (id, range) = self.identifier()?;
        self.bump();
        let target = Expr {
            kind: ExprKind::Name {
                id,
                ctx: ExprContext::Store,
            },
            range,
        };
        let value = Box::new(self.expression()?);
        self.since_version(8, "Assignment expressions are");
        let kind = ExprKind::NamedExpr {
            target: Box::new(target),
            value,
        };
        Ok(Expr {
            kind,
            range: self.since(range),
        })
    }

    /// `annotated_rhs`: what may stand after `=`.
    pub(super) fn annotated_rhs(&mut self) -> Res<Expr> {
        if self.kind() == K::Yield {
            self.yield_expr()
        } else {
            self.star_expressions()
        }
    }

    pub(super) fn yield_expr(&mut self) -> Res<Expr> {
        let start = self.expect(K::Yield)?.range;
        let kind = if self.eat(K::From) {
            ExprKind::YieldFrom {
                value: Box::new(self.expression()?),
            }
        } else if self.kind() == K::Star || begins_expression(self.kind()) {
            ExprKind::Yield {
                value: Some(Box::new(self.star_expressions()?)),
            }
        } else {
            ExprKind::Yield { value: None }
        };
        Ok(Expr {
            kind,
            range: self.since(start),
        })
    }

    pub(super) fn expression(&mut self) -> Res<Expr> {
        self.deeper(|p| {
            if p.kind() == K::Lambda {
                return p.lambda();
            }
            let start = p.range();
            let body = p.binary(OR)?;
            if p.kind() == K::If {
                p.conditional(body, start)
            } else {
                Ok(body)
            }
        })
    }

    fn conditional(&mut self, body: Expr, start: Range) -> Res<Expr> {
        self.bump();
        let test = Box::new(self.disjunction()?);
        self.expect(K::Else)?;
        let orelse = Box::new(self.expression()?);
        let kind = ExprKind::IfExp {
            test,
            body: Box::new(body),
            orelse,
        };
        Ok(Expr {
            kind,
            range: self.since(start),
        })
    }

    fn lambda(&mut self) -> Res<Expr> {
        let start = self.bump().range;
        let args = Box::new(self.lambda_parameters()?);
        self.expect(K::Colon)?;
        let body = Box::new(self.expression()?);
        Ok(Expr {
            kind: ExprKind::Lambda { args, body },
            range: self.since(start),
        })
    }

    pub(super) fn disjunction(&mut self) -> Res<Expr> {
        self.binary(OR)
    }

    /// `bitwise_or`
    pub(super) fn bitwise_or(&mut self) -> Res<Expr> {
        self.binary(BIT_OR)
    }

    /// Operators that bind at least as strongly as `least`.
    fn binary(&mut self, least: u8) -> Res<Expr> {
        let start = self.range();
        if self.kind() == K::Not {
            if least > NOT {
                return Err(Fail);
            }
            let left = self.deeper(|p| {
                p.bump();
                let operand = Box::new(p.binary(NOT)?);
                let kind = ExprKind::UnaryOp {
                    op: UnaryOp::Not,
                    operand,
                };
                Ok(Expr {
                    kind,
                    range: p.since(start),
                })
            })?;
            return self.operators(left, start, least, AND);
        }
        let left = self.factor()?;
        if PRECEDENCE[self.kind() as usize] < least.max(OR) {
            return Ok(left);
        }
        self.operators(left, start, least, u8::MAX)
    }

    /// Reads on after `left`, which began at `start` (perhaps with a parenthesis of its own), with
    /// operators that bind between `least` and `most`.
    fn operators(&mut self, mut left: Expr, start: Range, least: u8, most: u8) -> Res<Expr> {
        let outer = std::mem::take(&mut self.chain);
        loop {
            let kind = self.kind();
            let strength = PRECEDENCE[kind as usize];
            if strength < least || strength == 0 || strength > most {
                break;
            }
            left = match strength {
                OR => self.bool_op(left, start, K::Or, BoolOp::Or, OR + 1)?,
                AND => self.bool_op(left, start, K::And, BoolOp::And, AND + 1)?,
                COMPARE => match self.comparison(left, start)? {
                    (compared, true) => compared,
                    (left, false) => {
                        self.chain = self.chain.max(outer);
                        return Ok(left);
                    }
                },
                _ => {
                    self.bump();
                    let before = std::mem::take(&mut self.chain);
                    let right = Box::new(self.binary(strength + 1)?);
                    self.chain = self.chain.max(before);
                    self.longer_chain()?;
                    let op = operator(kind)?;
                    if op == Operator::MatMult {
                        self.since_version(5, super::simple::MATRIX);
                    }
                    let kind = ExprKind::BinOp {
                        left: Box::new(left),
                        op,
                        right,
                    };
                    Expr {
                        kind,
                        range: self.since(start),
                    }
                }
            };
        }
        self.chain = self.chain.max(outer);
        Ok(left)
    }

    fn bool_op(&mut self, first: Expr, start: Range, kind: K, op: BoolOp, next: u8) -> Res<Expr> {
        let mut values = vec![first];
        while self.eat(kind) {
            values.push(self.binary(next)?);
        }
        Ok(Expr {
            kind: ExprKind::BoolOp { op, values },
            range: self.since(start),
        })
    }

    /// A chain of comparisons; false if the current token begins none after all.
    fn comparison(&mut self, left: Expr, start: Range) -> Res<(Expr, bool)> {
        let mut ops = Vec::new();
        let mut comparators = Vec::new();
        while let Some(op) = self.comparison_operator()? {
            ops.push(op);
            comparators.push(self.binary(BIT_OR)?);
        }
        if ops.is_empty() {
            return Ok((left, false));
        }
        let kind = ExprKind::Compare {
            left: Box::new(left),
            ops,
            comparators,
        };
        Ok((
            Expr {
                kind,
                range: self.since(start),
            },
            true,
        ))
    }

    fn comparison_operator(&mut self) -> Res<Option<CmpOp>> {
        let op = match self.kind() {
            K::EqEqual => CmpOp::Eq,
            K::NotEqual => {
                let token = self.token();
                let sign = self.token_text(token);
                if self.barry_as_bdfl && sign == "!=" {
                    let message = "with Barry as BDFL, use '<>' instead of '!='";
                    return self.raise(token.range, message);
                }
                CmpOp::NotEq
            }
            // The lexer cannot know of a `barry_as_FLUFL` that the source itself imports.
            K::Less if self.barry_as_bdfl && self.next_kind() == K::Greater => {
                let sign = self.bump();
                if self.token().start != sign.end {
                    return Err(Fail);
                }
                CmpOp::NotEq
            }
            K::Less => CmpOp::Lt,
            K::LessEqual => CmpOp::LtE,
            K::Greater => CmpOp::Gt,
            K::GreaterEqual => CmpOp::GtE,
            K::In => CmpOp::In,
            K::Not if self.next_kind() == K::In => {
                self.bump();
                CmpOp::NotIn
            }
            K::Is if self.next_kind() == K::Not => {
                self.bump();
                CmpOp::IsNot
            }
            K::Is => CmpOp::Is,
            _ => return Ok(None),
        };
        self.bump();
        Ok(Some(op))
    }

    fn factor(&mut self) -> Res<Expr> {
        let op = match self.kind() {
            K::Plus => UnaryOp::UAdd,
            K::Minus => UnaryOp::USub,
            K::Tilde => UnaryOp::Invert,
            _ => return self.power(),
        };
        self.deeper(|p| {
            let start = p.bump().range;
            let operand = Box::new(p.factor()?);
            Ok(Expr {
                kind: ExprKind::UnaryOp { op, operand },
                range: p.since(start),
            })
        })
    }

    fn power(&mut self) -> Res<Expr> {
        let start = self.range();
        let left = if self.kind() == K::Await {
            self.bump();
            let value = Box::new(self.primary()?);
            self.since_version(5, "Await expressions are");
            Expr {
                kind: ExprKind::Await { value },
                range: self.since(start),
            }
        } else {
            self.primary()?
        };
        if self.kind() != K::DoubleStar {
            return Ok(left);
        }
        self.deeper(|p| {
            p.bump();
            let right = Box::new(p.factor()?);
            let kind = ExprKind::BinOp {
                left: Box::new(left),
                op: Operator::Pow,
                right,
            };
            Ok(Expr {
                kind,
                range: p.since(start),
            })
        })
    }

    pub(super) fn primary(&mut self) -> Res<Expr> {
        let outer = std::mem::take(&mut self.chain);
        let start = self.range();
        let mut expr = self.atom()?;
        loop {
            let kind = match self.kind() {
                K::Dot => {
                    self.bump();
                    let (attr, _) = self.identifier()?;
                    let value = Box::new(expr);
                    ExprKind::Attribute {
                        value,
                        attr,
                        ctx: ExprContext::Load,
                    }
                }
                K::LPar => self.call(expr)?,
                K::LSqb => {
                    self.bump();
                    let slice = Box::new(self.slices()?);
                    self.expect(K::RSqb)?;
                    let value = Box::new(expr);
                    ExprKind::Subscript {
                        value,
                        slice,
                        ctx: ExprContext::Load,
                    }
                }
                _ => break,
            };
            self.longer_chain()?;
            expr = Expr {
                kind,
                range: self.since(start),
            };
        }
        self.chain = self.chain.max(outer);
        Ok(expr)
    }

    fn slices(&mut self) -> Res<Expr> {
        let start = self.range();
        let starred = self.kind() == K::Star;
        let first = self.slice_or_starred()?;
        if self.kind() != K::Comma && !starred {
            return Ok(first);
        }
        let mut elts = vec![first];
        while self.eat(K::Comma) && self.kind() != K::RSqb {
            elts.push(self.slice_or_starred()?);
        }
        Ok(self.tuple(elts, start))
    }

    fn slice_or_starred(&mut self) -> Res<Expr> {
        if self.kind() == K::Star {
            return self.starred_expression();
        }
        let start = self.range();
        let named = self.kind() == K::Name && self.next_kind() == K::ColonEqual;
        let mut lower = None;
        if self.kind() != K::Colon {
            let expr = self.named_expression()?;
            if self.kind() != K::Colon || named {
                return Ok(expr);
            }
            lower = Some(Box::new(expr));
        }
        self.expect(K::Colon)?;
        let upper = self.slice_bound()?;
        let step = if self.eat(K::Colon) {
            self.slice_bound()?
        } else {
            None
        };
        Ok(Expr {
            kind: ExprKind::Slice { lower, upper, step },
            range: self.since(start),
        })
    }

    fn slice_bound(&mut self) -> Res<Option<Box<Expr>>> {
        if matches!(self.kind(), K::Colon | K::Comma | K::RSqb) {
            return Ok(None);
        }
        Ok(Some(Box::new(self.expression()?)))
    }

    fn atom(&mut self) -> Res<Expr> {
        let token = self.token();
        let value = match token.kind {
            K::Name => {
                self.bump();
                let id = self.name(token)?;
                let kind = ExprKind::Name {
                    id,
                    ctx: ExprContext::Load,
                };
                return Ok(Expr {
                    kind,
                    range: token.range,
                });
            }
            K::Number => {
                self.bump();
                self.number_value(token)?
            }
            K::String | K::FStringStart | K::TStringStart => return self.strings(),
            K::LPar => return self.deeper(Self::parenthesised),
            K::LSqb => return self.deeper(Self::list),
            K::LBrace => return self.deeper(Self::braced),
            K::True | K::False | K::None | K::Ellipsis => {
                self.bump();
                match token.kind {
                    K::True => Constant::True,
                    K::False => Constant::False,
                    K::None => Constant::None,
                    _ => Constant::Ellipsis,
                }
            }
            _ => return Err(Fail),
        };
        Ok(self.constant(value, token.range))
    }

    pub(super) fn number_value(&mut self, token: crate::token::Token) -> Res<Constant> {
        let text = self.token_text(token);
        if self.options.feature_version < 6 && text.contains('_') {
            self.note_too_new(6, "Underscores in numeric literals are", token);
        }
        match strings::number(text, self.options.int_max_str_digits) {
            Ok(value) => Ok(value),
            Err(message) => self.raise(token.range, message),
        }
    }

    /// A tuple, a generator expression, or an expression in parentheses.
    fn parenthesised(&mut self) -> Res<Expr> {
        let start = self.bump().range;
        if self.kind() == K::RPar {
            self.bump();
            return Ok(self.tuple(Vec::new(), start));
        }
        if self.kind() == K::Yield {
            let expr = self.yield_expr()?;
            self.expect(K::RPar)?;
            return Ok(expr);
        }
        let first = self.star_named_expression()?;
        let starred = matches!(first.kind, ExprKind::Starred { .. });
        match self.kind() {
            K::Comma => {
                self.bump();
                let mut elts = vec![first];
                self.star_named_expressions(K::RPar, &mut elts)?;
                self.expect(K::RPar)?;
                Ok(self.tuple(elts, start))
            }
            K::RPar if !starred => {
                self.bump();
                Ok(first)
            }
            K::For | K::Async if !starred => {
                let generators = self.comprehensions()?;
                self.expect(K::RPar)?;
                let kind = ExprKind::GeneratorExp {
                    elt: Box::new(first),
                    generators,
                };
                Ok(Expr {
                    kind,
                    range: self.since(start),
                })
            }
            _ => Err(Fail),
        }
    }

    fn list(&mut self) -> Res<Expr> {
        let start = self.bump().range;
        let mut elts = Vec::new();
        if self.kind() != K::RSqb {
            let first = self.star_named_expression()?;
            if matches!(self.kind(), K::For | K::Async) {
                return self.list_comprehension(first, start);
            }
            elts.push(first);
            if self.eat(K::Comma) {
                self.star_named_expressions(K::RSqb, &mut elts)?;
            }
        }
        self.expect(K::RSqb)?;
        let kind = ExprKind::List {
            elts,
            ctx: ExprContext::Load,
        };
        Ok(Expr {
            kind,
            range: self.since(start),
        })
    }

    fn list_comprehension(&mut self, elt: Expr, start: Range) -> Res<Expr> {
        if matches!(elt.kind, ExprKind::Starred { .. }) {
            return Err(Fail);
        }
        let generators = self.comprehensions()?;
        self.expect(K::RSqb)?;
        let kind = ExprKind::ListComp {
            elt: Box::new(elt),
            generators,
        };
        Ok(Expr {
            kind,
            range: self.since(start),
        })
    }

    /// A dict, a set, or a comprehension of one.
    fn braced(&mut self) -> Res<Expr> {
        let start = self.bump().range;
        if self.kind() == K::RBrace || self.kind() == K::DoubleStar {
            return self.dict(start, Vec::new(), Vec::new());
        }
        let named = self.kind() == K::Name && self.next_kind() == K::ColonEqual;
        let first = self.star_named_expression()?;
        let starred = matches!(first.kind, ExprKind::Starred { .. });
        if self.kind() == K::Colon && !named && !starred {
            self.bump();
            let value = self.expression()?;
            if matches!(self.kind(), K::For | K::Async) {
                let generators = self.comprehensions()?;
                self.expect(K::RBrace)?;
                let (key, value) = (Box::new(first), Box::new(value));
                let kind = ExprKind::DictComp {
                    key,
                    value,
                    generators,
                };
                return Ok(Expr {
                    kind,
                    range: self.since(start),
                });
            }
            if self.kind() != K::RBrace {
                self.expect(K::Comma)?;
            }
            return self.dict(start, vec![Some(first)], vec![value]);
        }
        if matches!(self.kind(), K::For | K::Async) {
            if starred {
                return Err(Fail);
            }
            let generators = self.comprehensions()?;
            self.expect(K::RBrace)?;
            let kind = ExprKind::SetComp {
                elt: Box::new(first),
                generators,
            };
            return Ok(Expr {
                kind,
                range: self.since(start),
            });
        }
        let mut elts = vec![first];
        if self.eat(K::Comma) {
            self.star_named_expressions(K::RBrace, &mut elts)?;
        }
        self.expect(K::RBrace)?;
        Ok(Expr {
            kind: ExprKind::Set { elts },
            range: self.since(start),
        })
    }

    /// The rest of a dict after its first items.
    fn dict(
        &mut self,
        start: Range,
        mut keys: Vec<Option<Expr>>,
        mut values: Vec<Expr>,
    ) -> Res<Expr> {
        while self.kind() != K::RBrace {
            if self.eat(K::DoubleStar) {
                keys.push(None);
                values.push(self.bitwise_or()?);
            } else {
                keys.push(Some(self.expression()?));
                self.expect(K::Colon)?;
                values.push(self.expression()?);
            }
            if !self.eat(K::Comma) {
                break;
            }
        }
        self.expect(K::RBrace)?;
        Ok(Expr {
            kind: ExprKind::Dict { keys, values },
            range: self.since(start),
        })
    }

    /// `for_if_clauses`
    pub(super) fn comprehensions(&mut self) -> Res<Vec<Comprehension>> {
        let mut clauses = Vec::new();
        while matches!(self.kind(), K::For | K::Async) {
            let is_async = self.eat(K::Async);
            self.expect(K::For)?;
            let target = self.star_targets()?;
            self.expect(K::In)?;
            let iter = self.disjunction()?;
            let mut ifs = Vec::new();
            while self.eat(K::If) {
                ifs.push(self.disjunction()?);
            }
            if is_async {
                self.since_version(6, "Async comprehensions are");
            }
            clauses.push(Comprehension {
                target,
                iter,
                ifs,
                is_async,
            });
        }
        if clauses.is_empty() {
            Err(Fail)
        } else {
            Ok(clauses)
        }
    }
}
