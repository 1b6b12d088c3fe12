//! Compound statements.

use super::{Fail, Parser, Res};
use crate::token::TokenKind as K;
use krait_ast::{
    ClassDef, ExceptHandler, Expr, ExprContext, ExprKind, For, FunctionDef, MatchCase, Stmt,
    StmtKind, Try, With, WithItem,
};

impl Parser<'_> {
    /// One compound statement, or a line of simple ones. True if it was compound.
    pub(super) fn statement(&mut self, out: &mut Vec<Stmt>) -> Res<bool> {
        let start = self.range();
        let kind = match self.kind() {
            K::Def => self.function_def(Vec::new())?,
            K::If => self.if_stmt()?,
            K::Class => self.class_def(Vec::new())?,
            K::With => self.with_stmt(false)?,
            K::For => self.for_stmt(false)?,
            K::Try => self.try_stmt()?,
            K::While => self.while_stmt()?,
            K::Async => self.async_stmt()?,
            K::At => return self.decorated(out).map(|()| true),
            K::Name if self.at_soft_keyword("match") => match self.match_stmt()? {
                Some(kind) => kind,
                None => return self.simple_stmts(out).map(|()| false),
            },
            _ => return self.simple_stmts(out).map(|()| false),
        };
        out.push(Stmt {
            kind,
            range: self.since_statement(start),
        });
        Ok(true)
    }

    /// The body of a compound statement.
    fn block(&mut self) -> Res<Vec<Stmt>> {
        let mut body = Vec::new();
        if !self.eat(K::Newline) {
            self.simple_stmts(&mut body)?;
            return Ok(body);
        }
        self.expect(K::Indent)?;
        self.deeper(|p| {
            loop {
                p.statement(&mut body)?;
                if p.kind() == K::Dedent {
                    return Ok(());
                }
            }
        })?;
        self.bump();
        Ok(body)
    }

    fn colon_block(&mut self) -> Res<Vec<Stmt>> {
        self.expect(K::Colon)?;
        self.block()
    }

    fn else_block(&mut self) -> Res<Vec<Stmt>> {
        if self.eat(K::Else) {
            self.colon_block()
        } else {
            Ok(Vec::new())
        }
    }

    fn async_stmt(&mut self) -> Res<StmtKind> {
        match self.next_kind() {
            K::Def => self.function_def(Vec::new()),
            K::With => {
                self.bump();
                self.with_stmt(true)
            }
            K::For => {
                self.bump();
                self.for_stmt(true)
            }
            _ => Err(Fail),
        }
    }

    fn decorated(&mut self, out: &mut Vec<Stmt>) -> Res<()> {
        let mut decorators = Vec::new();
        while self.eat(K::At) {
            decorators.push(self.named_expression()?);
            self.expect(K::Newline)?;
        }
        let start = self.range();
        let kind = match self.kind() {
            K::Def | K::Async => self.function_def(decorators)?,
            K::Class => self.class_def(decorators)?,
            _ => return Err(Fail),
        };
        out.push(Stmt {
            kind,
            range: self.since_statement(start),
        });
        Ok(())
    }

    fn function_def(&mut self, decorator_list: Vec<Expr>) -> Res<StmtKind> {
        let is_async = self.eat(K::Async);
        self.expect(K::Def)?;
        let (name, _) = self.identifier()?;
        let type_params = self.type_params()?;
        self.expect(K::LPar)?;
        let args = Box::new(self.parameters()?);
        self.expect(K::RPar)?;
        let returns = if self.eat(K::RArrow) {
            Some(Box::new(self.expression()?))
        } else {
            None
        };
        self.expect(K::Colon)?;
        if self.kind() == K::Newline && self.next_kind() == K::TypeComment {
            self.bump();
        }
        let type_comment = self.type_comment();
        let body = self.block()?;
        let def = FunctionDef {
            name,
            args,
            body,
            decorator_list,
            returns,
            type_comment,
            type_params,
        };
        let def = Box::new(def);
        Ok(if is_async {
            self.since_version(5, "Async functions are");
            StmtKind::AsyncFunctionDef(def)
        } else {
            StmtKind::FunctionDef(def)
        })
    }

    fn class_def(&mut self, decorator_list: Vec<Expr>) -> Res<StmtKind> {
        self.bump();
        let (name, _) = self.identifier()?;
        let type_params = self.type_params()?;
        let (bases, keywords) = self.class_arguments()?;
        let body = self.colon_block()?;
        let class = ClassDef {
            name,
            bases,
            keywords,
            body,
            decorator_list,
            type_params,
        };
        Ok(StmtKind::ClassDef(Box::new(class)))
    }

    /// `if` or `elif`, with all that follows.
    fn if_stmt(&mut self) -> Res<StmtKind> {
        self.bump();
        self.chain = 0;
        let test = Box::new(self.named_expression()?);
        let body = self.colon_block()?;
        let orelse = if self.kind() == K::Elif {
            let start = self.range();
            let kind = self.deeper(Self::if_stmt)?;
            vec![Stmt {
                kind,
                range: self.since_statement(start),
            }]
        } else {
            self.else_block()?
        };
        Ok(StmtKind::If { test, body, orelse })
    }

    fn while_stmt(&mut self) -> Res<StmtKind> {
        self.bump();
        self.chain = 0;
        let test = Box::new(self.named_expression()?);
        let body = self.colon_block()?;
        let orelse = self.else_block()?;
        Ok(StmtKind::While { test, body, orelse })
    }

    fn for_stmt(&mut self, is_async: bool) -> Res<StmtKind> {
        self.bump();
        self.chain = 0;
        let target = self.star_targets()?;
        self.expect(K::In)?;
        let iter = self.star_expressions()?;
        self.expect(K::Colon)?;
        let type_comment = self.type_comment();
        let body = self.block()?;
        let orelse = self.else_block()?;
        let stmt = Box::new(For {
            target,
            iter,
            body,
            orelse,
            type_comment,
        });
        Ok(if is_async {
            self.since_version(5, "Async for loops are");
            StmtKind::AsyncFor(stmt)
        } else {
            StmtKind::For(stmt)
        })
    }

    fn with_stmt(&mut self, is_async: bool) -> Res<StmtKind> {
        self.bump();
        self.chain = 0;
        let bracketed = match self.kind() {
            K::LPar => self.attempt(Self::bracketed_items)?,
            _ => None,
        };
        let items = match bracketed {
            Some(items) => items,
            None => {
                let mut items = vec![self.with_item()?];
                while self.eat(K::Comma) {
                    items.push(self.with_item()?);
                }
                self.expect(K::Colon)?;
                items
            }
        };
        let type_comment = self.type_comment();
        let body = self.block()?;
        let stmt = Box::new(With {
            items,
            body,
            type_comment,
        });
        Ok(if is_async {
            self.since_version(5, "Async with statements are");
            StmtKind::AsyncWith(stmt)
        } else {
            StmtKind::With(stmt)
        })
    }

    /// `(item, item):`, which may turn out to be one expression in parentheses.
    fn bracketed_items(&mut self) -> Res<Vec<WithItem>> {
        self.bump();
        let mut items = vec![self.with_item()?];
        while self.eat(K::Comma) && self.kind() != K::RPar {
            items.push(self.with_item()?);
        }
        self.expect(K::RPar)?;
        self.expect(K::Colon)?;
        Ok(items)
    }

    fn with_item(&mut self) -> Res<WithItem> {
        let context_expr = self.expression()?;
        if !self.eat(K::As) {
            return Ok(WithItem {
                context_expr,
                optional_vars: None,
            });
        }
        let target = self.star_target()?;
        if !matches!(self.kind(), K::Comma | K::RPar | K::Colon) {
            return Err(Fail);
        }
        Ok(WithItem {
            context_expr,
            optional_vars: Some(Box::new(target)),
        })
    }

    fn try_stmt(&mut self) -> Res<StmtKind> {
        self.bump();
        let body = self.colon_block()?;
        let mut handlers = Vec::new();
        let star = self.kind() == K::Except && self.next_kind() == K::Star;
        while self.kind() == K::Except && (self.next_kind() == K::Star) == star {
            handlers.push(self.except_block(star)?);
        }
        let orelse = if handlers.is_empty() {
            Vec::new()
        } else {
            self.else_block()?
        };
        let finalbody = if self.eat(K::Finally) {
            self.colon_block()?
        } else {
            Vec::new()
        };
        if handlers.is_empty() && finalbody.is_empty() {
            return Err(Fail);
        }
        let stmt = Box::new(Try {
            body,
            handlers,
            orelse,
            finalbody,
        });
        Ok(if star {
            self.since_version(11, "Exception groups are");
            StmtKind::TryStar(stmt)
        } else {
            StmtKind::Try(stmt)
        })
    }

    fn except_block(&mut self, star: bool) -> Res<ExceptHandler> {
        let start = self.bump().range;
        self.chain = 0;
        if star {
            self.bump();
        }
        let (mut type_, mut name) = (None, None);
        let mut bare = false;
        if star || self.kind() != K::Colon {
            let first = self.range();
            let exception = self.expression()?;
            if self.eat(K::As) {
                name = Some(self.identifier()?.0);
                type_ = Some(Box::new(exception));
            } else {
                bare = self.kind() == K::Comma;
                type_ = Some(Box::new(self.expressions_after(exception, first)?));
            }
        }
        let body = self.colon_block()?;
        if bare {
            self.since_version(14, "except expressions without parentheses are");
        }
        Ok(ExceptHandler {
            type_,
            name,
            body,
            range: self.since_statement(start),
        })
    }

    /// `match`, or nothing if the word is a name here.
    fn match_stmt(&mut self) -> Res<Option<StmtKind>> {
        let subject = self.attempt(|p| {
            p.bump();
            p.chain = 0;
            let subject = p.subject()?;
            p.expect(K::Colon)?;
            p.expect(K::Newline)?;
            p.expect(K::Indent)?;
            if p.at_soft_keyword("case") {
                Ok(subject)
            } else {
                Err(Fail)
            }
        })?;
        let Some(subject) = subject else {
            return Ok(None);
        };
        let mut cases = Vec::new();
        self.deeper(|p| {
            while p.kind() != K::Dedent {
                cases.push(p.case_block()?);
            }
            Ok(())
        })?;
        self.bump();
        self.since_version(10, "Pattern matching is");
        Ok(Some(StmtKind::Match {
            subject: Box::new(subject),
            cases,
        }))
    }

    fn subject(&mut self) -> Res<Expr> {
        let start = self.range();
        let first = self.star_named_expression()?;
        if self.kind() != K::Comma {
            let starred = matches!(first.kind, ExprKind::Starred { .. });
            return if starred { Err(Fail) } else { Ok(first) };
        }
        self.bump();
        let mut elts = vec![first];
        self.star_named_expressions(K::Colon, &mut elts)?;
        let kind = ExprKind::Tuple {
            elts,
            ctx: ExprContext::Load,
        };
        Ok(Expr {
            kind,
            range: self.since(start),
        })
    }

    fn case_block(&mut self) -> Res<MatchCase> {
        if !self.at_soft_keyword("case") {
            return Err(Fail);
        }
        self.bump();
        let pattern = self.patterns()?;
        let guard = if self.eat(K::If) {
            Some(Box::new(self.named_expression()?))
        } else {
            None
        };
        let body = self.colon_block()?;
        Ok(MatchCase {
            pattern,
            guard,
            body,
        })
    }

    /// The argument types of a function's type comment, stars left out.
    pub(super) fn type_expressions(&mut self) -> Res<Vec<Expr>> {
        let mut types = Vec::new();
        let mut stars = 0;
        while self.kind() != K::RPar {
            match self.kind() {
                K::Star if stars < 1 => stars = 1,
                K::DoubleStar if stars < 2 => stars = 2,
                _ if stars > 0 => return Err(Fail),
                _ => {
                    types.push(self.expression()?);
                    if self.kind() != K::RPar {
                        self.expect(K::Comma)?;
                        if self.kind() == K::RPar {
                            return Err(Fail);
                        }
                    }
                    continue;
                }
            }
            self.bump();
            types.push(self.expression()?);
            if !self.eat(K::Comma) {
                break;
            }
            if self.kind() == K::RPar {
                return Err(Fail);
            }
        }
        Ok(types)
    }
}
