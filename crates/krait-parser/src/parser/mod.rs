//! Tokens to AST: a recursive-descent parser for valid source.
//!
//! This parser only accepts or refuses: it has no error messages beyond those that a literal's
//! value raises. When it refuses, [`crate::diagnose`] goes over the statement again, in the order
//! of CPython's grammar, to find out what to say. So every function here may assume that its
//! caller gives up at the first `Fail`, except where a comment says that it tries another way.

mod call;
mod compound;
mod expr;
mod fstring;
mod params;
mod pattern;
mod simple;
pub(crate) mod strings;

use crate::error::{ErrorKind, SyntaxError, Warning};
use crate::ident::Interner;
use crate::source;
use crate::token::{Token, TokenKind};
use crate::{Mode, Options};
use krait_ast::{Constant, Expr, ExprContext, ExprKind, Identifier, Mod, Range, Stmt, TypeIgnore};

/// How deeply the parser's own functions may nest, well within a stack of 8 MB.
const MAX_DEPTH: u32 = 2500;

/// How long chains like `a.b.c…` or `a+b+c…` may grow: they nest the tree without nesting calls.
const MAX_CHAIN: u32 = 12_000;

/// The source is not valid here; `Parser::error` holds the error if there is one already.
pub(crate) struct Fail;

pub(crate) type Res<T> = Result<T, Fail>;

pub(crate) struct Parser<'a> {
    text: &'a str,
    tokens: &'a [Token],
    pos: usize,
    names: Interner<'a>,
    options: &'a Options,
    barry_as_bdfl: bool,
    depth: u32,
    /// The depth of chains in the expressions read since it was last reset.
    chain: u32,
    /// The tokens where the last two statements outside all blocks began.
    statement_starts: [usize; 2],
    pub(crate) error: Option<Box<SyntaxError>>,
    /// What is refused because a later version brought it.
    pub(crate) too_new: Option<Box<SyntaxError>>,
    /// How many tokens CPython has looked at when it raises `error`.
    pub(crate) error_fill: usize,
    pub(crate) warnings: Vec<Warning>,
}

impl<'a> Parser<'a> {
    pub(crate) fn new(text: &'a str, tokens: &'a [Token], options: &'a Options) -> Self {
        Self {
            text,
            tokens,
            pos: 0,
            names: Interner::default(),
            options,
            barry_as_bdfl: options.barry_as_bdfl,
            depth: 0,
            chain: 0,
            statement_starts: [0; 2],
            error: None,
            too_new: None,
            error_fill: 0,
            warnings: Vec::new(),
        }
    }

    /// Whether `!=` is spelled `<>`, for the diagnosis to go on with.
    pub(crate) fn barry_as_bdfl(&self) -> bool {
        self.barry_as_bdfl
    }

    /// Where to look for the error: at the statement that was refused, or at the one before if the
    /// refused one begins with a part of a compound statement.
    pub(crate) fn suspect(&self) -> usize {
        use TokenKind as K;
        let [before, refused] = self.statement_starts;
        match self.tokens[refused].kind {
            K::Elif | K::Else | K::Except | K::Finally => before,
            _ => refused,
        }
    }

    /// Where the parse ended.
    pub(crate) fn position(&self) -> usize {
        self.pos
    }

    pub(crate) fn module(&mut self, mode: Mode, type_ignores: Vec<TypeIgnore>) -> Res<Mod> {
        match mode {
            Mode::Exec => {
                let mut body = Vec::new();
                while self.kind() != TokenKind::EndMarker {
                    self.statement_starts = [self.statement_starts[1], self.pos];
                    self.statement(&mut body)?;
                }
                Ok(Mod::Module { body, type_ignores })
            }
            Mode::Single => Ok(Mod::Interactive {
                body: self.interactive()?,
            }),
            Mode::Eval => {
                let body = Box::new(self.expressions()?);
                self.only_newlines()?;
                Ok(Mod::Expression { body })
            }
            Mode::FuncType => {
                self.expect(TokenKind::LPar)?;
                let argtypes = self.type_expressions()?;
                self.expect(TokenKind::RPar)?;
                self.expect(TokenKind::RArrow)?;
                let returns = Box::new(self.expression()?);
                self.only_newlines()?;
                Ok(Mod::FunctionType { argtypes, returns })
            }
        }
    }

    fn only_newlines(&mut self) -> Res<()> {
        while self.eat(TokenKind::Newline) {}
        self.expect(TokenKind::EndMarker).map(drop)
    }

    fn interactive(&mut self) -> Res<Vec<Stmt>> {
        let mut body = Vec::new();
        if self.kind() == TokenKind::Newline {
            let range = self.bump().range;
            body.push(Stmt {
                kind: krait_ast::StmtKind::Pass,
                range,
            });
        } else if self.statement(&mut body)? {
            self.expect(TokenKind::Newline)?;
        }
        Ok(body)
    }

    #[inline]
    fn kind(&self) -> TokenKind {
        self.tokens[self.pos].kind
    }

    /// The kind of the token after the current one.
    #[inline]
    fn next_kind(&self) -> TokenKind {
        self.tokens
            .get(self.pos + 1)
            .map_or(TokenKind::EndMarker, |token| token.kind)
    }

    #[inline]
    fn token(&self) -> Token {
        self.tokens[self.pos]
    }

    /// Takes the current token. The last one is never left behind.
    #[inline]
    fn bump(&mut self) -> Token {
        let token = self.tokens[self.pos];
        if self.pos + 1 < self.tokens.len() {
            self.pos += 1;
        }
        token
    }

    #[inline]
    fn eat(&mut self, kind: TokenKind) -> bool {
        let found = self.kind() == kind;
        if found {
            self.bump();
        }
        found
    }

    #[inline]
    fn expect(&mut self, kind: TokenKind) -> Res<Token> {
        if self.kind() == kind {
            Ok(self.bump())
        } else {
            Err(Fail)
        }
    }

    #[inline]
    fn token_text(&self, token: Token) -> &'a str {
        &self.text[token.start as usize..token.end as usize]
    }

    /// Whether the current token is the soft keyword `word`.
    #[inline]
    fn at_soft_keyword(&self, word: &str) -> bool {
        let token = self.token();
        token.kind == TokenKind::Name && self.token_text(token) == word
    }

    fn identifier(&mut self) -> Res<(Identifier, Range)> {
        let token = self.expect(TokenKind::Name)?;
        Ok((self.name(token)?, token.range))
    }

    /// The identifier that a token spells.
    fn name(&mut self, token: Token) -> Res<Identifier> {
        let text = self.token_text(token);
        let name = self.names.get(text);
        if !text.is_ascii() && matches!(name.as_str(), "None" | "True" | "False") {
            let message = format!("identifier field can't represent '{name}' constant");
            let error = SyntaxError::unplaced(ErrorKind::ValueError, message);
            self.error.get_or_insert_with(|| Box::new(error));
            return Err(Fail);
        }
        Ok(name)
    }

    #[inline]
    fn range(&self) -> Range {
        self.tokens[self.pos].range
    }

    /// The range from `first` to the last token taken.
    #[inline]
    fn since(&self, first: Range) -> Range {
        first.to(self.tokens[self.pos.saturating_sub(1)].range)
    }

    /// The range from `first` to the last token taken that is not a line end or dedent.
    fn since_statement(&self, first: Range) -> Range {
        let mut pos = self.pos;
        while pos > 0 {
            pos -= 1;
            use TokenKind as K;
            if !matches!(
                self.tokens[pos].kind,
                K::Newline | K::Indent | K::Dedent | K::EndMarker
            ) {
                return first.to(self.tokens[pos].range);
            }
        }
        first
    }

    /// Runs `inner` one level deeper, unless that is too deep.
    #[inline]
    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Res<T>) -> Res<T> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            self.raise_unplaced(
                ErrorKind::MemoryError,
                "Parser stack overflowed - Python source too complex to parse",
            )?;
        }
        let result = inner(self);
        self.depth -= 1;
        result
    }

    /// Counts one more level of a chain.
    #[inline]
    fn longer_chain(&mut self) -> Res<()> {
        self.chain += 1;
        if self.chain > MAX_CHAIN {
            return self.raise_unplaced(
                ErrorKind::RecursionError,
                "maximum recursion depth exceeded during compilation",
            );
        }
        Ok(())
    }

    fn raise_unplaced<T>(&mut self, kind: ErrorKind, message: &str) -> Res<T> {
        self.error
            .get_or_insert_with(|| Box::new(SyntaxError::unplaced(kind, message)));
        Err(Fail)
    }

    /// A `SyntaxError` at a range.
    fn error_at(&self, range: Range, message: impl Into<String>) -> SyntaxError {
        let last_line = self.token().range.end_lineno;
        self.error_seen_to(range, message, last_line)
    }

    /// The same, where CPython has read the source up to a line.
    fn error_seen_to(
        &self,
        range: Range,
        message: impl Into<String>,
        last_line: u32,
    ) -> SyntaxError {
        source::error_at(self.text, ErrorKind::SyntaxError, message, range, last_line)
    }

    /// Raises a `SyntaxError` at a range.
    fn raise<T>(&mut self, range: Range, message: impl Into<String>) -> Res<T> {
        let error = self.error_at(range, message);
        self.error_fill = self.pos;
        self.error.get_or_insert_with(|| Box::new(error));
        Err(Fail)
    }

    /// Raises a `SyntaxError` at the current token.
    fn raise_here<T>(&mut self, message: &str) -> Res<T> {
        let token = self.token();
        if token.kind == TokenKind::ErrorToken {
            // Looking at this token has already raised the lexer's error.
            return Err(Fail);
        }
        let (kind, line) = (ErrorKind::SyntaxError, token.range.end_lineno);
        let error = source::error_at_token(self.text, kind, message, token, line);
        self.error_fill = self.pos + 1;
        self.error.get_or_insert_with(|| Box::new(error));
        Err(Fail)
    }

    /// Notes that what has just been read came with a later version, unless that is accepted. The
    /// parser goes on: what is around it may yet be refused, but the first such note is raised.
    #[inline]
    fn since_version(&mut self, minor: u32, what: &str) {
        if self.options.feature_version < minor {
            // CPython looks one token ahead, but not over the end of a statement.
            let last = self.tokens[self.pos.saturating_sub(1)];
            let ended = matches!(last.kind, TokenKind::Newline | TokenKind::Dedent);
            let token = if ended { last } else { self.token() };
            self.note_too_new(minor, what, token);
        }
    }

    /// The same where CPython knows without looking further than the last token.
    #[inline]
    fn since_version_read(&mut self, minor: u32, what: &str) {
        if self.options.feature_version < minor {
            self.note_too_new(minor, what, self.tokens[self.pos.saturating_sub(1)]);
        }
    }

    #[cold]
    fn note_too_new(&mut self, minor: u32, what: &str, token: Token) {
        let message = format!("{what} only supported in Python 3.{minor} and greater");
        let (kind, line) = (ErrorKind::SyntaxError, token.range.end_lineno);
        let error = source::error_at_token(self.text, kind, message, token, line);
        self.too_new.get_or_insert_with(|| Box::new(error));
    }

    /// Tries `attempt`; if it refuses without an error of its own, everything is as before.
    fn attempt<T>(&mut self, attempt: impl FnOnce(&mut Self) -> Res<T>) -> Res<Option<T>> {
        let (pos, depth, warnings) = (self.pos, self.depth, self.warnings.len());
        match attempt(self) {
            Ok(value) => Ok(Some(value)),
            Err(Fail) if self.error.is_some() => Err(Fail),
            Err(Fail) => {
                self.pos = pos;
                self.depth = depth;
                self.warnings.truncate(warnings);
                Ok(None)
            }
        }
    }

    fn constant(&self, value: Constant, range: Range) -> Expr {
        Expr {
            kind: ExprKind::Constant { value, kind: None },
            range,
        }
    }
}

/// Turns an expression into a target, or refuses if it cannot be one.
fn set_context(expr: &mut Expr, context: ExprContext) -> Res<()> {
    match &mut expr.kind {
        ExprKind::Name { ctx, .. }
        | ExprKind::Attribute { ctx, .. }
        | ExprKind::Subscript { ctx, .. } => *ctx = context,
        ExprKind::Starred { value, ctx } if context == ExprContext::Store => {
            if matches!(value.kind, ExprKind::Starred { .. }) {
                return Err(Fail);
            }
            *ctx = context;
            set_context(value, context)?;
        }
        ExprKind::List { elts, ctx } | ExprKind::Tuple { elts, ctx } => {
            *ctx = context;
            for elt in elts {
                set_context(elt, context)?;
            }
        }
        _ => return Err(Fail),
    }
    Ok(())
}
