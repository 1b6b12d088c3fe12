//! Python text signatures such as `($self, item, /, start=0, *, key=None)`: parsing and normal form.
//!
//! The order of the parameters is the order of the Rust parameters they fill. `$self`, `$type`, `$cls` and `$module`
//! name the implicit first argument, which the caller of the C function passes on its own.

use proc_macro2::Span;
use syn::{Error, Result};

/// How an argument may be given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    PositionalOnly,
    PositionalOrKeyword,
    VarArgs,
    KeywordOnly,
    VarKeywords,
}

/// One parameter of a signature.
#[derive(Clone, Debug)]
pub(crate) struct Param {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// The text after `=`.
    pub(crate) default: Option<String>,
}

/// A parsed signature and its text in CPython's form.
#[derive(Clone, Debug)]
pub(crate) struct Signature {
    pub(crate) params: Vec<Param>,
    /// What becomes `__text_signature__`, with the implicit argument in front where the function has one.
    pub(crate) text: String,
}

impl Signature {
    /// Parses `text`; `implicit` is the name CPython gives to the implicit first argument (`self`, `type`, `module`).
    pub(crate) fn parse(text: &str, implicit: Option<&str>, span: Span) -> Result<Self> {
        let fail = |message: String| Error::new(span, message);
        let inner = text
            .trim()
            .strip_prefix('(')
            .and_then(|rest| rest.strip_suffix(')'))
            .ok_or_else(|| fail(format!("a signature is written in parentheses: `{text}`")))?;
        let items = split_commas(inner);
        let names_implicit = items.first().is_some_and(|item| item.starts_with('$'));
        let mut params: Vec<Param> = Vec::new();
        let mut state = Kind::PositionalOrKeyword;
        let mut seen_star = false;
        for item in &items[usize::from(names_implicit)..] {
            match item.as_str() {
                "/" => {
                    if seen_star
                        || params
                            .iter()
                            .any(|param| param.kind == Kind::PositionalOnly)
                    {
                        return Err(fail("`/` stands once, before any `*`".into()));
                    }
                    for param in &mut params {
                        param.kind = Kind::PositionalOnly;
                    }
                }
                "*" => {
                    seen_star = true;
                    state = Kind::KeywordOnly;
                }
                item => {
                    let (kind, rest) = if let Some(name) = item.strip_prefix("**") {
                        (Kind::VarKeywords, name)
                    } else if let Some(name) = item.strip_prefix('*') {
                        seen_star = true;
                        state = Kind::KeywordOnly;
                        (Kind::VarArgs, name)
                    } else {
                        (state, item)
                    };
                    let (name, default) = match rest.split_once('=') {
                        Some((name, default)) => (name.trim(), Some(default.trim().to_owned())),
                        None => (rest.trim(), None),
                    };
                    let name_is_word =
                        !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
                    if !name_is_word {
                        return Err(fail(format!("`{name}` is not a parameter name")));
                    }
                    params.push(Param {
                        name: name.to_owned(),
                        kind,
                        default,
                    });
                }
            }
        }
        check_order(&params).map_err(fail)?;
        let text = match implicit {
            Some(implicit) if !names_implicit => {
                prefixed(implicit, inner, params.first().map(|param| param.kind))
            }
            Some(_) => text.trim().to_owned(),
            None if names_implicit => format!("({})", items[1..].join(", ")),
            None => text.trim().to_owned(),
        };
        Ok(Self { params, text })
    }

    /// The signature of a function that declares none: every parameter required and positional-only.
    pub(crate) fn positional(names: &[String], implicit: Option<&str>) -> Self {
        let params: Vec<Param> = names
            .iter()
            .map(|name| Param {
                name: name.clone(),
                kind: Kind::PositionalOnly,
                default: None,
            })
            .collect();
        let mut items: Vec<String> = implicit
            .map(|name| format!("${name}"))
            .into_iter()
            .collect();
        items.extend(names.iter().cloned());
        if !items.is_empty() {
            items.push("/".into());
        }
        Self {
            params,
            text: format!("({})", items.join(", ")),
        }
    }

    /// The parameters that have a slot of their own (all but `*args` and `**kwargs`).
    pub(crate) fn named(&self) -> impl Iterator<Item = &Param> {
        self.params
            .iter()
            .filter(|param| !matches!(param.kind, Kind::VarArgs | Kind::VarKeywords))
    }

    pub(crate) fn has(&self, kind: Kind) -> bool {
        self.params.iter().any(|param| param.kind == kind)
    }

    pub(crate) fn count(&self, accept: impl Fn(&Param) -> bool) -> usize {
        self.params.iter().filter(|param| accept(param)).count()
    }

    /// Whether anything at all may be given by keyword.
    pub(crate) fn takes_keywords(&self) -> bool {
        self.params
            .iter()
            .any(|param| !matches!(param.kind, Kind::PositionalOnly | Kind::VarArgs))
    }
}

/// `(a, b)` with its implicit argument: `($module, /, a, b)`, but `($module, a, /)` when `a` is positional-only already.
fn prefixed(implicit: &str, inner: &str, first: Option<Kind>) -> String {
    let inner = inner.trim();
    match first {
        None => format!("(${implicit}, /)"),
        Some(Kind::PositionalOnly) => format!("(${implicit}, {inner})"),
        Some(_) => format!("(${implicit}, /, {inner})"),
    }
}

fn check_order(params: &[Param]) -> std::result::Result<(), String> {
    let mut optional = [false; 2];
    for (index, param) in params.iter().enumerate() {
        let group = usize::from(param.kind == Kind::KeywordOnly);
        match param.kind {
            Kind::VarArgs | Kind::VarKeywords if param.default.is_some() => {
                return Err(format!("`{}` cannot have a default", param.name));
            }
            Kind::VarKeywords if index + 1 != params.len() => {
                return Err("`**` comes last".into());
            }
            Kind::VarArgs | Kind::VarKeywords => {}
            _ if param.default.is_some() => optional[group] = true,
            _ if optional[group] => {
                return Err(format!(
                    "required `{}` follows an optional parameter",
                    param.name
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Splits at commas outside brackets and quotes; the items are trimmed, an empty last one is dropped.
fn split_commas(text: &str) -> Vec<String> {
    let mut items = Vec::new();
    let mut current = String::new();
    let mut depth = 0_u32;
    let mut quote: Option<char> = None;
    let mut escaped = false;
    for c in text.chars() {
        if let Some(open) = quote {
            if escaped {
                escaped = false;
            } else if c == '\\' {
                escaped = true;
            } else if c == open {
                quote = None;
            }
        } else {
            match c {
                '\'' | '"' => quote = Some(c),
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => depth = depth.saturating_sub(1),
                ',' if depth == 0 => {
                    items.push(std::mem::take(&mut current).trim().to_owned());
                    continue;
                }
                _ => {}
            }
        }
        current.push(c);
    }
    if !current.trim().is_empty() {
        items.push(current.trim().to_owned());
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, implicit: Option<&str>, normal: &str, shape: &str) {
        let signature = Signature::parse(text, implicit, Span::call_site()).expect("parses");
        assert_eq!(signature.text, normal);
        let kinds: Vec<String> = signature
            .params
            .iter()
            .map(|param| {
                let mark = match param.kind {
                    Kind::PositionalOnly => 'p',
                    Kind::PositionalOrKeyword => 'a',
                    Kind::VarArgs => '*',
                    Kind::KeywordOnly => 'k',
                    Kind::VarKeywords => '#',
                };
                format!(
                    "{mark}{}{}",
                    param.name,
                    if param.default.is_some() { "=" } else { "" }
                )
            })
            .collect();
        assert_eq!(kinds.join(" "), shape);
    }

    #[test]
    fn signatures_of_cpython() {
        check(
            "(a, x, lo=0, *, key=None)",
            Some("module"),
            "($module, /, a, x, lo=0, *, key=None)",
            "aa ax alo= kkey=",
        );
        check("(x, /)", Some("module"), "($module, x, /)", "px");
        check("()", Some("module"), "($module, /)", "");
        check(
            "($self, /, sep=',', maxsplit=-1)",
            Some("self"),
            "($self, /, sep=',', maxsplit=-1)",
            "asep= amaxsplit=",
        );
        check(
            "($self, key, default=(1, 2), /)",
            Some("self"),
            "($self, key, default=(1, 2), /)",
            "pkey pdefault=",
        );
        check(
            "(*args, sep=' ', **kw)",
            None,
            "(*args, sep=' ', **kw)",
            "*args ksep= #kw",
        );
        check(
            "($type, iterable=(), /)",
            None,
            "(iterable=(), /)",
            "piterable=",
        );
    }

    #[test]
    fn mistakes_are_named() {
        for text in ["a, b", "(a=1, b)", "(**kw, a)", "(a-b)", "(a, /, b, /)"] {
            assert!(
                Signature::parse(text, None, Span::call_site()).is_err(),
                "{text}"
            );
        }
    }
}
