//! Follows the grammar over the tokens, as CPython's generated parser does.
//!
//! The matcher runs twice: first without the error productions, to learn which token was the last
//! that the parser looked at, then with them. Reading the lexer's error token raises its error.

use super::table::{Alternative, Item, Part, Table, Yield};
use super::{actions, literals};
use crate::error::{ErrorKind, SyntaxError};
use crate::lexer::LexError;
use crate::token::{Token, TokenKind};

/// How deep rules may nest, well within a stack of 8 MB.
const MAX_DEPTH: u32 = 5000;

/// What a part matched: a token or a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ref {
    Token(u32),
    Node(u32),
}

/// A match of a rule that is more than one of its parts.
pub(super) struct Node {
    /// The kind of expression, `""` for anything else.
    pub(super) kind: &'static str,
    /// Its first token.
    pub(super) first: u32,
    /// Its last token.
    pub(super) last: u32,
    pub(super) children: Vec<Ref>,
}

/// What was matched under a name: the first and the last of its matches.
pub(super) type Captures = [Option<(Ref, Ref)>; 2];

/// An error that ends the diagnosis.
pub(super) struct Raised {
    pub(super) error: Box<SyntaxError>,
    /// Whether it is the lexer's own.
    pub(super) from_lexer: bool,
}

/// What a rule made and the token after it, if it matched.
type Found = Option<(Ref, u32)>;

/// The end of a match, or none.
type Matched<T> = Result<Option<T>, Raised>;

pub(super) struct Matcher<'a> {
    pub(super) text: &'a str,
    pub(super) tokens: &'a [Token],
    pub(super) lex_error: Option<&'a LexError>,
    pub(super) barry_as_bdfl: bool,
    pub(super) nodes: Vec<Node>,
    /// How many tokens have been looked at.
    pub(super) fill: usize,
    /// Whether error productions are tried.
    pub(super) with_errors: bool,
    /// What was found at each token, by rule and mode.
    memo: Vec<Vec<(u16, Found)>>,
    depth: u32,
    table: &'static Table,
}

impl<'a> Matcher<'a> {
    pub(super) fn new(
        text: &'a str,
        tokens: &'a [Token],
        lex_error: Option<&'a LexError>,
        barry_as_bdfl: bool,
    ) -> Self {
        Self {
            text,
            tokens,
            lex_error,
            barry_as_bdfl,
            nodes: Vec::new(),
            fill: 0,
            with_errors: false,
            memo: Vec::new(),
            depth: 0,
            table: Table::get(),
        }
    }

    /// Matches a rule from a token on.
    pub(super) fn run(&mut self, rule: &str, start: usize, with_errors: bool) -> Matched<()> {
        self.with_errors = with_errors;
        self.memo.clear();
        self.memo.resize_with(self.tokens.len() + 1, Vec::new);
        self.depth = 0;
        let matched = self.rule(self.table.number(rule), start)?;
        Ok(matched.map(drop))
    }

    /// The last token that was looked at.
    pub(super) fn last_token(&self) -> Token {
        self.tokens[self.fill.saturating_sub(1).min(self.tokens.len() - 1)]
    }

    /// Looks at a token.
    fn token(&mut self, pos: usize) -> Result<Token, Raised> {
        let pos = pos.min(self.tokens.len() - 1);
        self.fill = self.fill.max(pos + 1);
        let token = self.tokens[pos];
        if let (TokenKind::ErrorToken, Some(lexed)) = (token.kind, self.lex_error) {
            return Err(Raised {
                error: Box::new(lexed.error.clone()),
                from_lexer: true,
            });
        }
        Ok(token)
    }

    pub(super) fn token_text(&self, token: Token) -> &'a str {
        &self.text[token.start as usize..token.end as usize]
    }

    fn rule(&mut self, number: u16, pos: usize) -> Matched<(Ref, usize)> {
        let rule = &self.table.rules[usize::from(number)];
        let kind = self.token(pos)?.kind;
        if !rule.first.may_begin(kind, self.with_errors) {
            return Ok(None);
        }
        // CPython shares what it remembers between `expression_without_invalid` and the rules
        // around it. What it does not remember it finds anew, so we may not mix the modes up.
        let mode = rule.shared_memo || self.with_errors;
        let key = number << 1 | u16::from(mode);
        if rule.memo {
            let known = self.memo[pos].iter().find(|(known, _)| *known == key);
            if let Some((_, found)) = known {
                return Ok(found.map(|(found, end)| (found, end as usize)));
            }
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(too_deep());
        }
        let outer = self.with_errors;
        if rule.name == "expression_without_invalid" {
            self.with_errors = false;
        }
        let found = self.alternatives(&rule.alternatives, pos, kind);
        self.with_errors = outer;
        self.depth -= 1;
        let found = found?;
        if let Some((_, end)) = found {
            self.check_literals(rule.name, pos, end)?;
        }
        if rule.memo {
            self.memo[pos].push((key, found.map(|(found, end)| (found, end as u32))));
        }
        Ok(found)
    }

    /// Raises what CPython raises when it makes the value of a literal.
    fn check_literals(&self, rule: &str, pos: usize, end: usize) -> Result<(), Raised> {
        let tokens = &self.tokens[pos..end];
        let error = match rule {
            "string" => literals::in_string(self, tokens[0]),
            "fstring" | "tstring" => literals::in_format_string(self, tokens),
            "strings" => literals::in_mixture(self, tokens),
            _ => None,
        };
        match error {
            Some(error) => Err(Raised {
                error: Box::new(error),
                from_lexer: false,
            }),
            None => Ok(()),
        }
    }

    fn alternatives(
        &mut self,
        alternatives: &'static [Alternative],
        pos: usize,
        kind: TokenKind,
    ) -> Matched<(Ref, usize)> {
        for alternative in alternatives {
            if !alternative.first.may_begin(kind, self.with_errors) {
                continue;
            }
            let mut captures = [None; 2];
            let mut children = Vec::new();
            let mut cut = false;
            let end = self.parts(
                &alternative.parts,
                pos,
                &mut captures,
                &mut children,
                &mut cut,
            )?;
            let Some(end) = end else {
                if cut {
                    return Ok(None);
                }
                continue;
            };
            match &alternative.error {
                Some(action) => {
                    if let Some(error) = actions::raise(self, action, &captures, end) {
                        return Err(Raised {
                            error: Box::new(error),
                            from_lexer: false,
                        });
                    }
                }
                None => {
                    return Ok(Some((
                        self.made(alternative, pos, end, captures, children),
                        end,
                    )));
                }
            }
        }
        Ok(None)
    }

    /// What an alternative that has matched makes.
    fn made(
        &mut self,
        alternative: &Alternative,
        pos: usize,
        end: usize,
        captures: Captures,
        children: Vec<Ref>,
    ) -> Ref {
        let kind = match (alternative.yields, &children[..]) {
            (Yield::Plain | Yield::KindIfMore(_) | Yield::LikeLast, [only]) => return *only,
            (Yield::Named, _) => match captures[0] {
                Some((first, _)) => return first,
                None => "",
            },
            (Yield::Plain, _) => "",
            (Yield::Kind("Strings"), _) => self.strings_kind(&children),
            (Yield::Kind(kind) | Yield::KindIfMore(kind), _) => kind,
            (Yield::LikeLast, children) => children.last().map_or("", |last| self.kind(*last)),
        };
        let last = end.max(pos + 1) - 1;
        self.nodes.push(Node {
            kind,
            first: pos as u32,
            last: last as u32,
            children,
        });
        Ref::Node(self.nodes.len() as u32 - 1)
    }

    fn strings_kind(&self, children: &[Ref]) -> &'static str {
        let formatted = children.iter().any(|child| self.kind(*child) == "FString");
        if formatted { "FString" } else { "Literal" }
    }

    pub(super) fn kind(&self, found: Ref) -> &'static str {
        match found {
            Ref::Token(_) => "",
            Ref::Node(node) => self.nodes[node as usize].kind,
        }
    }

    fn parts(
        &mut self,
        parts: &'static [Part],
        pos: usize,
        captures: &mut Captures,
        children: &mut Vec<Ref>,
        cut: &mut bool,
    ) -> Matched<usize> {
        let mut end = pos;
        for part in parts {
            if let Item::Cut = part.item {
                *cut = true;
                continue;
            }
            let before = children.len();
            match self.item(&part.item, end, children)? {
                Some(next) => end = next,
                None => return Ok(None),
            }
            if let (Some(name), Some(&first), Some(&last)) =
                (part.capture, children.get(before), children.last())
            {
                captures[name] = Some((first, last));
            }
        }
        Ok(Some(end))
    }

    fn item(&mut self, item: &'static Item, pos: usize, children: &mut Vec<Ref>) -> Matched<usize> {
        match item {
            Item::Token(kind) => {
                let found = self.token(pos)?.kind == *kind;
                Ok(self.taken(found, pos, children))
            }
            Item::Soft(word) => {
                let token = self.token(pos)?;
                let found = token.kind == TokenKind::Name && self.token_text(token) == *word;
                Ok(self.taken(found, pos, children))
            }
            Item::AnySoft => {
                let token = self.token(pos)?;
                let found = token.kind == TokenKind::Name
                    && matches!(self.token_text(token), "match" | "case" | "type" | "_");
                Ok(self.taken(found, pos, children))
            }
            Item::NotEqual => {
                let token = self.token(pos)?;
                if token.kind != TokenKind::NotEqual {
                    return Ok(None);
                }
                if !self.barry_as_bdfl || self.token_text(token) == "<>" {
                    return Ok(self.taken(true, pos, children));
                }
                let message = "with Barry as BDFL, use '<>' instead of '!='";
                Err(self.raised_at(token, message.to_owned()))
            }
            Item::Force(kind) => {
                let token = self.token(pos)?;
                if token.kind != *kind {
                    return Err(self.raised_at(token, format!("expected '{}'", kind.text())));
                }
                Ok(self.taken(true, pos, children))
            }
            Item::Cut => Ok(Some(pos)),
            Item::Rule(number) => {
                let found = self.rule(*number, pos)?;
                Ok(found.map(|(found, end)| {
                    children.push(found);
                    end
                }))
            }
            Item::Group(alternatives) => self.group(alternatives, pos, children),
            Item::Optional(inner) => Ok(Some(self.item(inner, pos, children)?.unwrap_or(pos))),
            Item::Look(inner, wanted) => {
                let before = children.len();
                let found = self.item(inner, pos, children)?.is_some();
                children.truncate(before);
                Ok((found == *wanted).then_some(pos))
            }
            Item::Repeat(inner, least) => self.repeat(inner, *least, pos, children),
            Item::Gather(separator, inner) => self.gather(separator, inner, pos, children),
        }
    }

    #[cold]
    fn raised_at(&self, token: Token, message: String) -> Raised {
        let error = Box::new(actions::at_place_of(self, token, message));
        Raised {
            error,
            from_lexer: false,
        }
    }

    fn taken(&self, found: bool, pos: usize, children: &mut Vec<Ref>) -> Option<usize> {
        found.then(|| {
            children.push(Ref::Token(pos as u32));
            pos + 1
        })
    }

    /// Alternatives in brackets: their parts count as parts of the alternative around them.
    fn group(
        &mut self,
        alternatives: &'static [Alternative],
        pos: usize,
        children: &mut Vec<Ref>,
    ) -> Matched<usize> {
        let kind = self.token(pos)?.kind;
        for alternative in alternatives {
            if !alternative.first.may_begin(kind, self.with_errors) {
                continue;
            }
            let before = children.len();
            let mut captures = [None; 2];
            let mut cut = false;
            let end = self.parts(&alternative.parts, pos, &mut captures, children, &mut cut)?;
            if end.is_some() {
                return Ok(end);
            }
            children.truncate(before);
        }
        Ok(None)
    }

    fn repeat(
        &mut self,
        inner: &'static Item,
        least: usize,
        pos: usize,
        children: &mut Vec<Ref>,
    ) -> Matched<usize> {
        let (mut end, mut count) = (pos, 0);
        loop {
            let before = children.len();
            match self.item(inner, end, children)? {
                Some(next) if next > end => {
                    end = next;
                    count += 1;
                }
                _ => {
                    children.truncate(before);
                    return Ok((count >= least).then_some(end));
                }
            }
        }
    }

    fn gather(
        &mut self,
        separator: &'static Item,
        inner: &'static Item,
        pos: usize,
        children: &mut Vec<Ref>,
    ) -> Matched<usize> {
        let Some(mut end) = self.item(inner, pos, children)? else {
            return Ok(None);
        };
        loop {
            let before = children.len();
            if let Some(after) = self.item(separator, end, children)?
                && let Some(next) = self.item(inner, after, children)?
            {
                end = next;
                continue;
            }
            children.truncate(before);
            return Ok(Some(end));
        }
    }
}

#[cold]
fn too_deep() -> Raised {
    let message = "Parser stack overflowed - Python source too complex to parse";
    let error = Box::new(SyntaxError::unplaced(ErrorKind::MemoryError, message));
    Raised {
        error,
        from_lexer: false,
    }
}
