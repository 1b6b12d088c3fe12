//! The options in the parentheses of our attributes, and the doc comments beside them.

use proc_macro2::Span;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Error, Expr, ExprLit, Ident, Lit, LitStr, Meta, Result, Token};

/// What `#[pyfunction(..)]`, `#[pymethod(..)]` and their kin accept.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) name: Option<LitStr>,
    pub(crate) signature: Option<LitStr>,
    /// What `__text_signature__` shows instead of `signature`; empty for none.
    pub(crate) text_signature: Option<LitStr>,
    pub(crate) doc: Option<LitStr>,
    /// `METH_COEXIST`: the method replaces the slot's own wrapper (`dict.__contains__`).
    pub(crate) coexist: bool,
    /// Messages about arguments say "function" instead of the name, as C's `PyArg_Parse…` without a name do.
    pub(crate) anonymous: bool,
    /// For `#[pynew]`: calls of the class itself skip the argument tuple and `tp_init`.
    pub(crate) vectorcall: bool,
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut options = Self::default();
        while !input.is_empty() {
            let key: Ident = input.parse()?;
            let text = || -> Result<Option<LitStr>> {
                input.parse::<Token![=]>()?;
                input.parse().map(Some)
            };
            match key.to_string().as_str() {
                "name" => options.name = text()?,
                "signature" => options.signature = text()?,
                "text_signature" => options.text_signature = text()?,
                "doc" => options.doc = text()?,
                "coexist" => options.coexist = true,
                "vectorcall" => options.vectorcall = true,
                "anonymous" => options.anonymous = true,
                other => {
                    return Err(Error::new(
                        key.span(),
                        format!(
                            "unknown option `{other}`: expected name, signature, text_signature, doc, coexist, vectorcall or anonymous"
                        ),
                    ));
                }
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(options)
    }
}

impl Options {
    /// The options of an attribute, which may have no parentheses at all.
    pub(crate) fn of(attribute: &Attribute) -> Result<Self> {
        match &attribute.meta {
            Meta::Path(_) => Ok(Self::default()),
            _ => attribute.parse_args(),
        }
    }

    /// The Python name: the option, or the Rust name.
    pub(crate) fn python_name(&self, ident: &Ident) -> (String, Span) {
        match &self.name {
            Some(name) => (name.value(), name.span()),
            None => (plain_name(ident), ident.span()),
        }
    }

    /// The docstring: the option, or the doc comment.
    pub(crate) fn docstring(&self, attributes: &[Attribute]) -> String {
        self.doc
            .as_ref()
            .map_or_else(|| doc_comment(attributes), LitStr::value)
    }
}

/// A Rust name as Python shows it: without `r#`.
pub(crate) fn plain_name(ident: &Ident) -> String {
    let name = ident.to_string();
    name.strip_prefix("r#").map_or(name.clone(), str::to_owned)
}

/// The lines of a doc comment, each without its first space.
pub(crate) fn doc_comment(attributes: &[Attribute]) -> String {
    let mut lines = Vec::new();
    for attribute in attributes {
        let Meta::NameValue(pair) = &attribute.meta else {
            continue;
        };
        if !pair.path.is_ident("doc") {
            continue;
        }
        if let Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) = &pair.value
        {
            let text = text.value();
            lines.push(text.strip_prefix(' ').unwrap_or(&text).to_owned());
        }
    }
    lines.join("\n").trim().to_owned()
}
