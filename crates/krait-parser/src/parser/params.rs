//! Parameters of functions and lambdas, and type parameters.

use super::{Fail, Parser, Res};
use crate::token::TokenKind as K;
use krait_ast::{Arg, Arguments, Expr, TypeParam, TypeParamKind};
use krait_text::Wtf8Buf;

impl Parser<'_> {
    /// The parameters of a function, up to its closing parenthesis.
    pub(super) fn parameters(&mut self) -> Res<Arguments> {
        self.parameter_list(K::RPar, true)
    }

    /// The parameters of a lambda, up to its colon.
    pub(super) fn lambda_parameters(&mut self) -> Res<Arguments> {
        self.parameter_list(K::Colon, false)
    }

    fn parameter_list(&mut self, close: K, annotated: bool) -> Res<Arguments> {
        let mut arguments = Arguments::default();
        let mut slash_seen = false;
        while self.kind() != close {
            match self.kind() {
                K::Star => {
                    self.star_parameters(close, annotated, &mut arguments)?;
                    break;
                }
                K::DoubleStar => {
                    self.keyword_rest(close, annotated, &mut arguments)?;
                    break;
                }
                K::Slash => {
                    if slash_seen || arguments.args.is_empty() {
                        return Err(Fail);
                    }
                    self.bump();
                    slash_seen = true;
                    arguments.posonlyargs = std::mem::take(&mut arguments.args);
                    self.since_version(8, "Positional-only parameters are");
                    if !self.eat(K::Comma) {
                        break;
                    }
                }
                _ => {
                    let mut arg = self.parameter(annotated)?;
                    if self.eat(K::Equal) {
                        arguments.defaults.push(self.expression()?);
                    } else if !arguments.defaults.is_empty() {
                        return Err(Fail);
                    }
                    let more = self.end_of_parameter(&mut arg);
                    arguments.args.push(arg);
                    // A slash may follow only a comma.
                    if !more {
                        break;
                    }
                }
            }
        }
        if self.kind() == close {
            Ok(arguments)
        } else {
            Err(Fail)
        }
    }

    /// The comma and type comment after a parameter; whether there was a comma.
    fn end_of_parameter(&mut self, arg: &mut Arg) -> bool {
        let more = self.eat(K::Comma);
        arg.type_comment = self.type_comment();
        more
    }

    pub(super) fn type_comment(&mut self) -> Option<Box<Wtf8Buf>> {
        if self.kind() != K::TypeComment {
            return None;
        }
        let token = self.bump();
        Some(Box::new(Wtf8Buf::from(self.token_text(token))))
    }

    fn parameter(&mut self, annotated: bool) -> Res<Arg> {
        let (arg, start) = self.identifier()?;
        let annotation = if annotated && self.eat(K::Colon) {
            Some(Box::new(self.expression()?))
        } else {
            None
        };
        Ok(Arg {
            arg,
            annotation,
            type_comment: None,
            range: self.since(start),
        })
    }

    /// `*args` or a bare `*`, and what follows.
    fn star_parameters(&mut self, close: K, annotated: bool, arguments: &mut Arguments) -> Res<()> {
        self.bump();
        let mut more = true;
        let bare = self.eat(K::Comma);
        if !bare {
            let mut arg = self.star_parameter(annotated)?;
            more = self.end_of_parameter(&mut arg);
            arguments.vararg = Some(Box::new(arg));
        }
        while more && self.kind() != close {
            if self.kind() == K::DoubleStar {
                if bare && arguments.kwonlyargs.is_empty() {
                    return Err(Fail);
                }
                return self.keyword_rest(close, annotated, arguments);
            }
            let mut arg = self.parameter(annotated)?;
            let default = if self.eat(K::Equal) {
                Some(self.expression()?)
            } else {
                None
            };
            more = self.end_of_parameter(&mut arg);
            arguments.kwonlyargs.push(arg);
            arguments.kw_defaults.push(default);
        }
        if bare && arguments.kwonlyargs.is_empty() {
            Err(Fail)
        } else {
            Ok(())
        }
    }

    /// The name after `*`, whose annotation may be starred.
    fn star_parameter(&mut self, annotated: bool) -> Res<Arg> {
        let (arg, start) = self.identifier()?;
        let annotation = if annotated && self.eat(K::Colon) {
            Some(Box::new(self.star_expression()?))
        } else {
            None
        };
        Ok(Arg {
            arg,
            annotation,
            type_comment: None,
            range: self.since(start),
        })
    }

    /// `**kwargs`, which is the last.
    fn keyword_rest(&mut self, close: K, annotated: bool, arguments: &mut Arguments) -> Res<()> {
        self.bump();
        let mut arg = self.parameter(annotated)?;
        self.end_of_parameter(&mut arg);
        arguments.kwarg = Some(Box::new(arg));
        if self.kind() == close {
            Ok(())
        } else {
            Err(Fail)
        }
    }

    /// `[T, *Ts, **P]` if it is there.
    pub(super) fn type_params(&mut self) -> Res<Vec<TypeParam>> {
        let mut params = Vec::new();
        if !self.eat(K::LSqb) {
            return Ok(params);
        }
        loop {
            params.push(self.type_param()?);
            if !self.eat(K::Comma) || self.kind() == K::RSqb {
                break;
            }
        }
        self.expect(K::RSqb)?;
        self.since_version_read(12, "Type parameter lists are");
        Ok(params)
    }

    fn type_param(&mut self) -> Res<TypeParam> {
        let start = self.range();
        let kind = if self.eat(K::Star) {
            let (name, _) = self.identifier()?;
            let default_value = self.default_value(Self::star_expression)?;
            TypeParamKind::TypeVarTuple {
                name,
                default_value,
            }
        } else if self.eat(K::DoubleStar) {
            let (name, _) = self.identifier()?;
            let default_value = self.default_value(Self::expression)?;
            TypeParamKind::ParamSpec {
                name,
                default_value,
            }
        } else {
            let (name, _) = self.identifier()?;
            let bound = if self.eat(K::Colon) {
                Some(Box::new(self.expression()?))
            } else {
                None
            };
            let default_value = self.default_value(Self::expression)?;
            TypeParamKind::TypeVar {
                name,
                bound,
                default_value,
            }
        };
        Ok(TypeParam {
            kind,
            range: self.since(start),
        })
    }

    fn default_value(&mut self, parse: fn(&mut Self) -> Res<Expr>) -> Res<Option<Box<Expr>>> {
        if self.eat(K::Equal) {
            let value = parse(self)?;
            self.since_version(13, "Type parameter defaults are");
            Ok(Some(Box::new(value)))
        } else {
            Ok(None)
        }
    }
}
