//! Trampolines: the `extern "C"` functions between C's calling conventions and plain Rust functions.

use crate::options::{Options, plain_name};
use crate::signature::{Kind, Param, Signature};
use proc_macro2::{Literal, Span, TokenStream};
use quote::{format_ident, quote};
use std::ffi::CString;
use syn::spanned::Spanned;
use syn::{Error, FnArg, Ident, ItemFn, Pat, Result, Type};

/// The lints that generated items are exempt from: their `unsafe` steps are argued in `macro_support`.
pub(crate) fn allowances() -> TokenStream {
    quote! {
        #[allow(
            missing_docs, unreachable_pub, non_snake_case, non_upper_case_globals, unused_variables, unused_mut,
            clippy::all, clippy::undocumented_unsafe_blocks
        )]
    }
}

/// The path of the runtime's support for generated code.
pub(crate) fn support() -> TokenStream {
    quote!(::krait_runtime::macro_support)
}

/// A C string literal of `text`.
pub(crate) fn c_string(text: &str, span: Span) -> Result<TokenStream> {
    let text =
        CString::new(text).map_err(|_| Error::new(span, "the text holds a NUL character"))?;
    let mut literal = Literal::c_string(&text);
    literal.set_span(span);
    Ok(quote!(#literal))
}

/// How the trampoline calls the Rust function.
pub(crate) struct Callee {
    /// The function's path as seen from the trampoline.
    pub(crate) path: TokenStream,
    /// The argument before the Python-level ones, computed from `slf` (or `cls`).
    pub(crate) receiver: Option<TokenStream>,
}

/// The Python-level arguments of a function: their signature and the Rust types they become.
pub(crate) struct Arguments {
    pub(crate) signature: Signature,
    types: Vec<Type>,
    /// The name that error messages show, as a `&'static str` expression.
    function: TokenStream,
}

/// The Rust parameters of a function without its receiver: name and type.
pub(crate) fn parameters<'a>(
    inputs: impl Iterator<Item = &'a FnArg>,
) -> Result<Vec<(String, Type)>> {
    inputs
        .map(|input| match input {
            FnArg::Receiver(receiver) => {
                Err(Error::new(receiver.span(), "this function takes no `self`"))
            }
            FnArg::Typed(typed) => {
                let name = match &*typed.pat {
                    Pat::Ident(name) => plain_name(&name.ident).trim_start_matches('_').to_owned(),
                    _ => {
                        return Err(Error::new(
                            typed.pat.span(),
                            "a parameter needs a plain name",
                        ));
                    }
                };
                Ok((name, (*typed.ty).clone()))
            }
        })
        .collect()
}

impl Arguments {
    /// Pairs the signature that `options` declares with the Rust parameters.
    pub(crate) fn new(
        options: &Options,
        parameters: Vec<(String, Type)>,
        implicit: Option<&str>,
        function: TokenStream,
        span: Span,
    ) -> Result<Self> {
        let (names, types): (Vec<String>, Vec<Type>) = parameters.into_iter().unzip();
        let signature = match &options.signature {
            Some(text) => Signature::parse(&text.value(), implicit, text.span())?,
            None => Signature::positional(&names, implicit),
        };
        if signature.params.len() != types.len() {
            return Err(Error::new(
                span,
                format!(
                    "the signature has {} parameters ({}) but the function takes {} ({})",
                    signature.params.len(),
                    signature
                        .params
                        .iter()
                        .map(|param| param.name.as_str())
                        .collect::<Vec<_>>()
                        .join(", "),
                    types.len(),
                    names.join(", "),
                ),
            ));
        }
        let function = if options.anonymous {
            quote!("")
        } else {
            function
        };
        Ok(Self {
            signature,
            types,
            function,
        })
    }

    fn single(&self) -> bool {
        matches!(
            &self.signature.params[..],
            [Param {
                kind: Kind::PositionalOnly,
                default: None,
                ..
            }]
        )
    }

    /// The `ArgSpec` that the parser reads.
    pub(crate) fn spec(&self) -> TokenStream {
        let support = support();
        let function = &self.function;
        let signature = &self.signature;
        let names = signature.named().map(|param| &param.name);
        let positional_only = signature.count(|param| param.kind == Kind::PositionalOnly);
        let is_positional =
            |param: &Param| matches!(param.kind, Kind::PositionalOnly | Kind::PositionalOrKeyword);
        let positional = signature.count(is_positional);
        let required = signature.count(|param| is_positional(param) && param.default.is_none());
        let required_keywords =
            signature.count(|param| param.kind == Kind::KeywordOnly && param.default.is_none());
        let varargs = signature.has(Kind::VarArgs);
        let varkeywords = signature.has(Kind::VarKeywords);
        let single = self.single();
        quote! {
            #support::ArgSpec {
                function: #function,
                params: &[#(#names),*],
                positional_only: #positional_only,
                positional: #positional,
                required: #required,
                required_keywords: #required_keywords,
                varargs: #varargs,
                varkeywords: #varkeywords,
                single: #single,
            }
        }
    }

    /// One expression for each Rust parameter, in terms of `slots`, `call` and `SPEC`.
    fn extractions(&self) -> Result<Vec<TokenStream>> {
        let support = support();
        let mut slot = 0_usize;
        let mut expressions = Vec::new();
        for (param, ty) in self.signature.params.iter().zip(&self.types) {
            let expression = match param.kind {
                Kind::VarArgs => quote!(call.rest(&SPEC)),
                Kind::VarKeywords => quote!(call.rest_keywords(&SPEC)),
                _ => {
                    let index = slot;
                    slot += 1;
                    match (&param.default, last_segment(ty).as_deref()) {
                        (None, _) => quote!(#support::required(slots, #index, &SPEC)?),
                        (Some(_), Some("Option")) => {
                            quote!(#support::optional(slots, #index, &SPEC)?)
                        }
                        (Some(_), Some("OptionalArg")) => {
                            quote!(#support::maybe_missing(slots, #index, &SPEC)?)
                        }
                        (Some(default), _) => {
                            let default = default_value(default, ty)?;
                            quote!(#support::or_default(slots, #index, &SPEC, || #default)?)
                        }
                    }
                }
            };
            expressions.push(expression);
        }
        Ok(expressions)
    }

    /// A body that parses `call` (a `CallArgs`) and ends in `wrap` (`into_object`, `into_unit`) of the result.
    pub(crate) fn parsed_body(&self, callee: &Callee, wrap: &str) -> Result<TokenStream> {
        let support = support();
        let wrap = format_ident!("{wrap}");
        let count = self.signature.named().count();
        let extractions = self.extractions()?;
        let path = &callee.path;
        let receiver = callee.receiver.iter();
        Ok(quote! {
            let mut buffer = [::core::option::Option::None; #count];
            let slots = call.parse(&SPEC, &mut buffer)?;
            #support::#wrap(#path(#(#receiver,)* #(#extractions),*))
        })
    }

    /// The trampoline `name` in the fastest convention that fits, and the constructor of `MethodDef` to use for it.
    pub(crate) fn trampoline(&self, name: &Ident, callee: &Callee) -> Result<(TokenStream, Ident)> {
        let support = support();
        let path = &callee.path;
        let receiver: Vec<_> = callee.receiver.iter().collect();
        let spec = self.spec();
        if self.signature.params.is_empty() {
            let function = quote! {
                unsafe extern "C" fn #name(slf: *mut #support::Raw, _: *mut #support::Raw) -> *mut #support::Raw {
                    #support::finish(#path(#(#receiver),*))
                }
            };
            return Ok((function, format_ident!("noargs")));
        }
        if self.single() {
            let function = quote! {
                unsafe extern "C" fn #name(slf: *mut #support::Raw, argument: *mut #support::Raw) -> *mut #support::Raw {
                    const SPEC: #support::ArgSpec = #spec;
                    #support::finish_try(|| {
                        #support::into_object(
                            #path(#(#receiver,)* #support::single(unsafe { #support::borrow(argument) }, &SPEC)?)
                        )
                    })
                }
            };
            return Ok((function, format_ident!("o")));
        }
        let body = self.parsed_body(callee, "into_object")?;
        let keywords = self.signature.takes_keywords();
        let (kwnames, kwnames_value, constructor) = if keywords {
            (
                quote!(kwnames: *mut #support::Raw),
                quote!(kwnames),
                "fastcall_keywords",
            )
        } else {
            (quote!(), quote!(::core::ptr::null_mut()), "fastcall")
        };
        let function = quote! {
            unsafe extern "C" fn #name(
                slf: *mut #support::Raw, args: *const *mut #support::Raw, nargs: isize, #kwnames
            ) -> *mut #support::Raw {
                const SPEC: #support::ArgSpec = #spec;
                let call = unsafe { #support::CallArgs::vector(args, nargs, #kwnames_value) };
                #support::finish_try(|| { #body })
            }
        };
        Ok((function, format_ident!("{constructor}")))
    }
}

/// `name(signature)\n--\n\ndoc`, CPython's encoding of `__text_signature__` and `__doc__` in one string.
pub(crate) fn encoded_doc(
    name: &str,
    options: &Options,
    signature: &Signature,
    doc: &str,
) -> String {
    let text = match &options.text_signature {
        Some(text) => text.value(),
        None => signature.text.clone(),
    };
    if text.is_empty() {
        doc.to_owned()
    } else {
        format!("{name}{text}\n--\n\n{doc}")
    }
}

/// The `MethodDef` expression of a trampoline.
pub(crate) fn method_def(
    name: (&str, Span),
    trampoline: &Ident,
    constructor: &Ident,
    doc: &str,
    flags: &[&str],
) -> Result<TokenStream> {
    let support = support();
    let (name, span) = name;
    let name = c_string(name, span)?;
    let doc = if doc.is_empty() {
        quote!(::core::option::Option::None)
    } else {
        let doc = c_string(doc, span)?;
        quote!(::core::option::Option::Some(#doc))
    };
    let flags = flags.iter().map(|flag| format_ident!("{flag}"));
    Ok(
        quote!(#support::MethodDef::#constructor(#name, #trampoline, #doc, 0 #(| #support::#flags)*)),
    )
}

/// Expands `#[pyfunction]`.
pub(crate) fn expand(options: Options, item: ItemFn) -> Result<TokenStream> {
    let ident = &item.sig.ident;
    reject_unfit(&item.sig)?;
    let support = support();
    let (name, span) = options.python_name(ident);
    let mut parameters = parameters(item.sig.inputs.iter())?;
    let first_is_module = parameters
        .first()
        .is_some_and(|(_, ty)| referenced_name(ty).as_deref() == Some("PyModule"));
    let declared = match &options.signature {
        Some(text) => Some(
            Signature::parse(&text.value(), Some("module"), text.span())?
                .params
                .len(),
        ),
        None => None,
    };
    let takes_module =
        first_is_module && declared.is_none_or(|count| parameters.len() == count + 1);
    if takes_module {
        parameters.remove(0);
    }
    let arguments = Arguments::new(
        &options,
        parameters,
        Some("module"),
        quote!(#name),
        ident.span(),
    )?;
    let callee = Callee {
        path: quote!(super::#ident),
        receiver: takes_module.then(|| quote!(unsafe { #support::receiver(slf) })),
    };
    let trampoline = format_ident!("trampoline");
    let (function, constructor) = arguments.trampoline(&trampoline, &callee)?;
    let doc = encoded_doc(
        &name,
        &options,
        &arguments.signature,
        &options.docstring(&item.attrs),
    );
    let def = method_def((&name, span), &trampoline, &constructor, &doc, &[])?;
    let visibility = &item.vis;
    let allow = allowances();
    let conditions = item
        .attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("cfg"));
    Ok(quote! {
        #item

        #(#conditions)*
        #[doc(hidden)]
        #allow
        #visibility mod #ident {
            #function
            /// The row of the module's table of functions.
            pub const DEF: ::krait_runtime::MethodDef = #def;
        }
    })
}

/// Refuses what no trampoline can call.
pub(crate) fn reject_unfit(signature: &syn::Signature) -> Result<()> {
    if let Some(asyncness) = &signature.asyncness {
        return Err(Error::new(
            asyncness.span(),
            "a Python-callable function cannot be async Rust",
        ));
    }
    if let Some(parameter) = signature.generics.type_params().next() {
        return Err(Error::new(
            parameter.span(),
            "a Python-callable function cannot be generic",
        ));
    }
    Ok(())
}

/// The last path segment of a type: `Option` of `std::option::Option<T>`.
fn last_segment(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .map(|segment| segment.ident.to_string()),
        Type::Paren(inner) => last_segment(&inner.elem),
        Type::Group(inner) => last_segment(&inner.elem),
        _ => None,
    }
}

/// The last path segment of `T` in `&T`.
pub(crate) fn referenced_name(ty: &Type) -> Option<String> {
    match ty {
        Type::Reference(reference) => last_segment(&reference.elem),
        _ => None,
    }
}

/// The Rust expression for a default written in Python, for a parameter of type `ty`.
fn default_value(text: &str, ty: &Type) -> Result<TokenStream> {
    let fail = |message: String| Error::new(ty.span(), message);
    let name = last_segment(ty)
        .or_else(|| referenced_name(ty))
        .unwrap_or_default();
    let parse = |text: &str| -> Result<TokenStream> {
        text.parse()
            .map_err(|_| fail(format!("`{text}` is no Rust literal")))
    };
    match name.as_str() {
        "bool" => match text {
            "True" => Ok(quote!(true)),
            "False" => Ok(quote!(false)),
            _ => Err(fail(format!(
                "the default of a bool is True or False, not `{text}`"
            ))),
        },
        "f64" => match text {
            "inf" => Ok(quote!(f64::INFINITY)),
            "-inf" => Ok(quote!(f64::NEG_INFINITY)),
            _ => match text.parse::<f64>() {
                Ok(value) if value.is_sign_negative() => {
                    let value = Literal::f64_unsuffixed(-value);
                    Ok(quote!(-#value))
                }
                Ok(value) => {
                    let value = Literal::f64_unsuffixed(value);
                    Ok(quote!(#value))
                }
                Err(_) => Err(fail(format!(
                    "the default of an f64 is a number, not `{text}`"
                ))),
            },
        },
        "i8" | "i16" | "i32" | "i64" | "isize" | "u8" | "u16" | "u32" | "u64" | "usize" => {
            match text {
                "sys.maxsize" | "sys.maxint" => Ok(quote!(isize::MAX as _)),
                _ if text.trim_start_matches('-').parse::<u64>().is_ok()
                    || text.starts_with("0x") =>
                {
                    parse(text)
                }
                _ => Err(fail(format!(
                    "the default of an integer parameter is a number, not `{text}`"
                ))),
            }
        }
        "str" | "String" => {
            let quoted = ['\'', '"']
                .iter()
                .find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote));
            let Some(inner) = quoted else {
                return Err(fail(format!(
                    "the default of a string is a string literal, not `{text}`: use Option or OptionalArg"
                )));
            };
            let value: TokenStream = parse(&format!(
                "\"{}\"",
                inner.replace("\\'", "'").replace('"', "\\\"")
            ))?;
            Ok(quote!(::core::convert::Into::into(#value)))
        }
        _ => Err(fail(format!(
            "a parameter with the default `{text}` is an Option<..> (missing and None are one) or an OptionalArg<..>"
        ))),
    }
}
