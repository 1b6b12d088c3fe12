//! String literals side by side, f-strings, t-strings.

use super::strings::{BadEscape, Decoded, Literal, decode_bytes, decode_str};
use super::{Fail, Parser, Res};
use crate::error::{Warning, WarningCategory};
use crate::token::{Token, TokenKind as K};
use krait_ast::{Constant, Expr, ExprKind, Range};
use krait_text::Wtf8Buf;

/// Adjacent literals, put together.
#[derive(Default)]
struct Pieces {
    /// The text and the fields so far; adjacent texts are one.
    values: Vec<Expr>,
    bytes: Option<Vec<u8>>,
    kind: Option<Box<Wtf8Buf>>,
    text_seen: bool,
    formatted: bool,
}

/// The closing of a replacement field's expression: `=`, a conversion, a format.
struct FieldTail {
    debug: bool,
    conversion: i32,
    format_spec: Option<Box<Expr>>,
    /// The first token after the expression and its `=`.
    after: Token,
    /// The first token after the expression.
    expression_end: Token,
}

impl Parser<'_> {
    /// `strings`: one or more literals side by side.
    pub(super) fn strings(&mut self) -> Res<Expr> {
        let first = self.token();
        if first.kind == K::TStringStart {
            return self.template_strings();
        }
        let mut pieces = Pieces::default();
        loop {
            match self.kind() {
                K::String => self.string_piece(&mut pieces)?,
                K::FStringStart => {
                    pieces.text_seen = true;
                    pieces.formatted = true;
                    self.format_string(&mut pieces.values)?;
                }
                K::TStringStart => return Err(Fail),
                _ => break,
            }
        }
        if pieces.bytes.is_some() && pieces.text_seen {
            return self.raise_here("cannot mix bytes and nonbytes literals");
        }
        let range = self.since(first.range);
        let kind = match pieces.bytes {
            Some(value) => ExprKind::Constant {
                value: Constant::Bytes(value),
                kind: None,
            },
            None if pieces.formatted => {
                pieces.values.retain(|value| !is_empty_text(value));
                ExprKind::JoinedStr {
                    values: pieces.values,
                }
            }
            None => match pieces.values.pop() {
                Some(text) => text.kind,
                None => return Err(Fail),
            },
        };
        Ok(Expr { kind, range })
    }

    fn template_strings(&mut self) -> Res<Expr> {
        let first = self.range();
        let mut values = Vec::new();
        while self.kind() == K::TStringStart {
            self.format_string(&mut values)?;
        }
        if matches!(self.kind(), K::String | K::FStringStart) {
            return Err(Fail);
        }
        values.retain(|value| !is_empty_text(value));
        self.since_version_read(14, "t-strings are");
        Ok(Expr {
            kind: ExprKind::TemplateStr { values },
            range: self.since(first),
        })
    }

    /// One plain literal.
    fn string_piece(&mut self, pieces: &mut Pieces) -> Res<()> {
        let token = self.bump();
        let literal = Literal::of(self.token_text(token));
        let Literal { prefix, body, .. } = literal;
        let raw = literal.is_raw();
        if literal.is_bytes() {
            if !body.is_ascii() {
                let message = "bytes can only contain ASCII literal characters";
                return self.raise(token.range, message);
            }
            let value = if raw || !body.contains('\\') {
                body.as_bytes().to_vec()
            } else {
                let decoded = decode_bytes(body);
                self.decoded(decoded, body, token)?
            };
            pieces.bytes.get_or_insert_default().extend(value);
            return Ok(());
        }
        let value = self.text_value(body, raw, token)?;
        let kind = matches!(prefix, "u" | "U").then(|| Box::new(Wtf8Buf::from("u")));
        pieces.kind = kind.clone();
        pieces.text_seen = true;
        let text = ExprKind::Constant {
            value: Constant::Str(value),
            kind,
        };
        push_value(
            &mut pieces.values,
            Expr {
                kind: text,
                range: token.range,
            },
        );
        Ok(())
    }

    fn text_value(&mut self, body: &str, raw: bool, token: Token) -> Res<Wtf8Buf> {
        if raw || !body.contains('\\') {
            return Ok(Wtf8Buf::from(body));
        }
        self.decoded(decode_str(body), body, token)
    }

    /// A decoded body, with its warning or error placed at its token.
    fn decoded<T>(&mut self, decoded: Decoded<T>, body: &str, token: Token) -> Res<T> {
        match decoded {
            Ok((value, None)) => Ok(value),
            Ok((value, Some(bad))) => {
                self.warn_of_escape(&bad, body, token);
                Ok(value)
            }
            Err(message) => {
                let last_line = token.range.end_lineno;
                let error = self.error_seen_to(token.range, message, last_line);
                self.error_fill = self.pos;
                self.error.get_or_insert_with(|| Box::new(error));
                Err(Fail)
            }
        }
    }

    /// Warns of an escape in a body. CPython counts its place from the token's start: lines and bytes
    /// of the body (in which other characters than ASCII are ten bytes), and the quotes that the
    /// token begins with, but no prefix.
    fn warn_of_escape(&mut self, bad: &BadEscape, body: &str, token: Token) {
        // Of braces the tokenizer has warned already.
        if token.kind != K::String && matches!(&*bad.text, "{" | "}") {
            return;
        }
        let text = &bad.text;
        let octal = if bad.octal { "octal " } else { "" };
        let what = format!("\"\\{text}\" is an invalid {octal}escape sequence.");
        let advice = format!("Did you mean \"\\\\{text}\"? A raw string is also an option.");
        let before = &body[..bad.offset];
        let lines = before.matches('\n').count() as u32;
        let last = &before[before.rfind('\n').map_or(0, |newline| newline + 1)..];
        let mut col_offset: u32 = last
            .chars()
            .map(|c| if c.is_ascii() { 1 } else { 10 })
            .sum();
        if lines == 0 {
            let source = self.token_text(token);
            let quote = source.chars().next().unwrap_or_default();
            let quotes = source.chars().take_while(|c| matches!(c, '\'' | '"'));
            col_offset += quotes.filter(|c| *c == quote).count() as u32 + token.range.col_offset;
        }
        let lineno = token.range.lineno + lines;
        let place = Range {
            lineno,
            col_offset,
            end_lineno: lineno,
            end_col_offset: col_offset + 2,
        };
        let error = self.error_seen_to(place, format!("{what} {advice}"), token.range.end_lineno);
        self.warnings.push(Warning {
            category: WarningCategory::SyntaxWarning,
            message: format!("{what} Such sequences will not work in the future. {advice}"),
            lineno,
            error: Box::new(error),
        });
    }

    /// One f-string or t-string: its texts and fields are added to `values`.
    fn format_string(&mut self, values: &mut Vec<Expr>) -> Res<()> {
        let start = self.bump();
        let template = start.kind == K::TStringStart;
        let raw = self.token_text(start).contains(['r', 'R']);
        self.deeper(|p| {
            loop {
                match p.kind() {
                    K::FStringMiddle | K::TStringMiddle => {
                        let text = p.middle(raw, false)?;
                        if !is_empty_text(&text) {
                            push_value(values, text);
                        }
                    }
                    K::LBrace => p.replacement_field(template, raw, false, values)?,
                    K::FStringEnd | K::TStringEnd => {
                        p.bump();
                        return Ok(());
                    }
                    _ => return Err(Fail),
                }
            }
        })
    }

    /// A piece of text; `in_spec` says that it is part of a format.
    fn middle(&mut self, raw: bool, in_spec: bool) -> Res<Expr> {
        let token = self.bump();
        let body = self.token_text(token);
        if raw || !body.contains('\\') {
            return Ok(self.constant(Constant::Str(Wtf8Buf::from(body)), token.range));
        }
        let place = if in_spec {
            token
        } else {
            self.end_of_format_string()
        };
        let value = self.decoded(decode_str(body), body, place)?;
        Ok(self.constant(Constant::Str(value), token.range))
    }

    /// The token that ends the f-string being read, where CPython reports its bad escapes.
    fn end_of_format_string(&self) -> Token {
        let mut depth = 0;
        for token in &self.tokens[self.pos..] {
            match token.kind {
                K::FStringStart | K::TStringStart => depth += 1,
                K::FStringEnd | K::TStringEnd if depth == 0 => return *token,
                K::FStringEnd | K::TStringEnd => depth -= 1,
                _ => {}
            }
        }
        self.token()
    }

    /// `{expression=!r:format}`
    fn replacement_field(
        &mut self,
        template: bool,
        raw: bool,
        in_spec: bool,
        values: &mut Vec<Expr>,
    ) -> Res<()> {
        let open = self.expect(K::LBrace)?;
        let value = Box::new(self.annotated_rhs()?);
        let tail = self.field_tail(template, raw)?;
        self.expect(K::RBrace)?;
        let FieldTail {
            debug,
            mut conversion,
            format_spec,
            after,
            expression_end,
        } = tail;
        if debug {
            if conversion < 0 && format_spec.is_none() {
                conversion = i32::from(b'r');
            }
            let text = self.field_text(open, after);
            let start = open.range;
            let range = Range {
                lineno: start.lineno,
                col_offset: start.col_offset + 1,
                end_lineno: after.range.lineno,
                end_col_offset: after.range.col_offset,
            };
            push_value(
                values,
                self.constant(Constant::Str(Wtf8Buf::from(text)), range),
            );
        }
        let kind = if template && !in_spec {
            let text = self.field_text(open, expression_end);
            let str = Constant::Str(Wtf8Buf::from(text));
            ExprKind::Interpolation {
                value,
                str,
                conversion,
                format_spec,
            }
        } else {
            ExprKind::FormattedValue {
                value,
                conversion,
                format_spec,
            }
        };
        values.push(Expr {
            kind,
            range: self.since(open.range),
        });
        Ok(())
    }

    fn field_tail(&mut self, template: bool, raw: bool) -> Res<FieldTail> {
        let expression_end = self.token();
        let debug = self.eat(K::Equal);
        let after = self.token();
        let mut conversion = -1;
        if self.eat(K::Exclamation) {
            conversion = self.conversion(after, template)?;
        }
        let format_spec = if self.kind() == K::Colon {
            Some(Box::new(self.format_spec(template, raw)?))
        } else {
            None
        };
        Ok(FieldTail {
            debug,
            conversion,
            format_spec,
            after,
            expression_end,
        })
    }

    fn conversion(&mut self, sign: Token, template: bool) -> Res<i32> {
        let letter = if template { 't' } else { 'f' };
        let name = self.expect(K::Name)?;
        if sign.end != name.start {
            let message = format!(
                "{letter}-string: conversion type must come right after the exclamation mark"
            );
            return self.raise(sign.range.to(name.range), message);
        }
        match self.token_text(name) {
            text @ ("r" | "s" | "a") => Ok(i32::from(text.as_bytes()[0])),
            text => self.raise(
                name.range,
                format!("{letter}-string: invalid conversion character '{text}': expected 's', 'r', or 'a'"),
            ),
        }
    }

    fn format_spec(&mut self, template: bool, raw: bool) -> Res<Expr> {
        let colon = self.expect(K::Colon)?;
        let mut values = Vec::new();
        self.deeper(|p| {
            loop {
                match p.kind() {
                    K::FStringMiddle | K::TStringMiddle => {
                        let text = p.middle(raw, true)?;
                        if !is_empty_text(&text) {
                            push_value(&mut values, text);
                        }
                    }
                    K::LBrace => p.replacement_field(template, raw, true, &mut values)?,
                    _ => return Ok(()),
                }
            }
        })?;
        Ok(Expr {
            kind: ExprKind::JoinedStr { values },
            range: self.since(colon.range),
        })
    }

    /// The source between a field's brace and a later token, without comments.
    fn field_text(&self, open: Token, end: Token) -> String {
        let source = &self.text[open.end as usize..end.start as usize];
        if source.contains('#') {
            without_comments(source)
        } else {
            source.to_owned()
        }
    }
}

fn without_comments(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut quote = None;
    let mut chars = source.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                out.push(c);
                out.extend(chars.next());
                continue;
            }
            '\'' | '"' => match quote {
                Some(open) if open == c => quote = None,
                None => quote = Some(c),
                _ => {}
            },
            '#' if quote.is_none() => {
                if chars.by_ref().any(|c| c == '\n') {
                    out.push('\n');
                }
                continue;
            }
            _ => {}
        }
        out.push(c);
    }
    out
}

fn is_empty_text(value: &Expr) -> bool {
    matches!(&value.kind, ExprKind::Constant { value: Constant::Str(text), .. } if text.is_empty())
}

/// Adds a value; text goes on with the text before it.
fn push_value(values: &mut Vec<Expr>, value: Expr) {
    if let ExprKind::Constant {
        value: Constant::Str(more),
        ..
    } = &value.kind
        && let Some(Expr {
            kind:
                ExprKind::Constant {
                    value: Constant::Str(text),
                    ..
                },
            range,
        }) = values.last_mut()
    {
        text.push_wtf8(more);
        *range = range.to(value.range);
        return;
    }
    values.push(value);
}
