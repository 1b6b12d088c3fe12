//! `#[pymethods]`: the table of an `impl` block, and the function that fills in its slots.

use crate::function::{
    Arguments, Callee, allowances, c_string, encoded_doc, method_def, parameters, reject_unfit,
    support,
};
use crate::options::{Options, plain_name};
use crate::slots::slot_code;
use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Error, FnArg, Ident, ImplItem, ImplItemFn, ItemImpl, Result, Token};

/// The attributes that give a function a role, each with what its first parameter is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Method,
    ClassMethod,
    StaticMethod,
    Getter,
    Setter,
    New,
    Init,
    Slot,
}

impl Role {
    fn of(attribute: &Attribute) -> Option<Self> {
        const ROLES: &[(&str, Role)] = &[
            ("pymethod", Role::Method),
            ("pyclassmethod", Role::ClassMethod),
            ("pystaticmethod", Role::StaticMethod),
            ("pygetter", Role::Getter),
            ("pysetter", Role::Setter),
            ("pynew", Role::New),
            ("pyinit", Role::Init),
            ("slot", Role::Slot),
        ];
        ROLES
            .iter()
            .find(|(name, _)| attribute.path().is_ident(name))
            .map(|(_, role)| *role)
    }
}

/// A computed attribute: the getter, the setter or both.
struct Computed {
    name: String,
    span: Span,
    doc: String,
    getter: Option<Ident>,
    setter: Option<Ident>,
}

/// What the functions of one block add up to.
#[derive(Default)]
struct Table {
    functions: Vec<TokenStream>,
    method_defs: Vec<TokenStream>,
    attributes: Vec<Computed>,
    slot_functions: Vec<TokenStream>,
    slot_stores: Vec<TokenStream>,
    text_signature: Option<String>,
}

/// The associated function that fills in the slots of the block named `table`.
pub(crate) fn slots_function(table: &Ident) -> Ident {
    format_ident!("__krait_slots_{table}")
}

/// Expands `#[pymethods]`.
pub(crate) fn expand(name: Option<Ident>, mut item: ItemImpl) -> Result<TokenStream> {
    if let Some((_, path, _)) = &item.trait_ {
        return Err(Error::new(
            path.span(),
            "#[pymethods] belongs on an inherent impl",
        ));
    }
    if !item.generics.params.is_empty() {
        return Err(Error::new(
            item.generics.span(),
            "a Python class cannot be generic",
        ));
    }
    let name = name.unwrap_or_else(|| format_ident!("METHODS"));
    let mut table = Table::default();
    for member in &mut item.items {
        let ImplItem::Fn(function) = member else {
            continue;
        };
        let (roles, others): (Vec<_>, Vec<_>) = function
            .attrs
            .drain(..)
            .partition(|attribute| Role::of(attribute).is_some());
        function.attrs = others;
        for attribute in &roles {
            if let Some(role) = Role::of(attribute) {
                table.add(role, attribute, function)?;
            }
        }
    }
    table.emit(&name, &item)
}

impl Table {
    fn add(&mut self, role: Role, attribute: &Attribute, function: &ImplItemFn) -> Result<()> {
        reject_unfit(&function.sig)?;
        match role {
            Role::Slot => self.add_slots(attribute, function),
            Role::Getter | Role::Setter => self.add_attribute(role, attribute, function),
            Role::New => self.add_new(&Options::of(attribute)?, function),
            Role::Init => self.add_init(&Options::of(attribute)?, function),
            Role::Method | Role::ClassMethod | Role::StaticMethod => {
                self.add_method(role, &Options::of(attribute)?, function)
            }
        }
    }

    fn add_slots(&mut self, attribute: &Attribute, function: &ImplItemFn) -> Result<()> {
        let slots = attribute.parse_args_with(Punctuated::<Ident, Token![,]>::parse_terminated)?;
        if slots.is_empty() {
            return Err(Error::new(attribute.span(), "#[slot(..)] names the slots"));
        }
        for slot in &slots {
            let code = slot_code(slot, &function.sig.ident, function.sig.inputs.len())?;
            self.slot_functions.push(code.function);
            self.slot_stores.push(code.store);
        }
        Ok(())
    }

    fn add_method(&mut self, role: Role, options: &Options, function: &ImplItemFn) -> Result<()> {
        let support = support();
        let ident = &function.sig.ident;
        let (name, span) = options.python_name(ident);
        let mut inputs = function.sig.inputs.iter();
        let (implicit, receiver, flag) = match role {
            Role::StaticMethod => (None, None, Some("METH_STATIC")),
            Role::ClassMethod => {
                first_parameter(&mut inputs, ident, "cls: &PyType")?;
                (
                    Some("type"),
                    Some(quote!(unsafe { #support::receiver(slf) })),
                    Some("METH_CLASS"),
                )
            }
            _ => {
                first_parameter(&mut inputs, ident, "&self")?;
                (
                    Some("self"),
                    Some(quote!(unsafe { #support::receiver::<Class>(slf) })),
                    None,
                )
            }
        };
        let arguments = Arguments::new(
            options,
            parameters(inputs)?,
            implicit,
            quote!(#name),
            ident.span(),
        )?;
        let trampoline = format_ident!("method_{}", plain_name(ident));
        let callee = Callee {
            path: quote!(Class::#ident),
            receiver,
        };
        let (code, constructor) = arguments.trampoline(&trampoline, &callee)?;
        let doc = encoded_doc(
            &name,
            options,
            &arguments.signature,
            &options.docstring(&function.attrs),
        );
        let coexist = options.coexist.then_some("METH_COEXIST");
        let flags: Vec<&str> = flag.into_iter().chain(coexist).collect();
        let def = method_def((&name, span), &trampoline, &constructor, &doc, &flags)?;
        let conditions: Vec<_> = function
            .attrs
            .iter()
            .filter(|attribute| attribute.path().is_ident("cfg"))
            .collect();
        self.functions.push(quote!(#(#conditions)* #code));
        self.method_defs.push(quote!(#(#conditions)* #def));
        Ok(())
    }

    fn add_attribute(
        &mut self,
        role: Role,
        attribute: &Attribute,
        function: &ImplItemFn,
    ) -> Result<()> {
        let support = support();
        let options = Options::of(attribute)?;
        let ident = &function.sig.ident;
        let (mut name, span) = options.python_name(ident);
        let trampoline;
        if role == Role::Getter {
            if function.sig.inputs.len() != 1 {
                return Err(Error::new(ident.span(), "a getter takes &self only"));
            }
            trampoline = format_ident!("get_{}", plain_name(ident));
            self.functions.push(quote! {
                #[inline(never)]
                unsafe extern "C" fn #trampoline(slf: *mut #support::Raw, _: *mut ::core::ffi::c_void) -> *mut #support::Raw {
                    #support::finish(Class::#ident(unsafe { #support::receiver::<Class>(slf) }))
                }
            });
        } else {
            if function.sig.inputs.len() != 2 {
                return Err(Error::new(
                    ident.span(),
                    "a setter takes &self and value: Option<&PyObject>",
                ));
            }
            if options.name.is_none() {
                name = name
                    .strip_prefix("set_")
                    .map_or(name.clone(), str::to_owned);
            }
            trampoline = format_ident!("set_{}", plain_name(ident));
            self.functions.push(quote! {
                #[inline(never)]
                unsafe extern "C" fn #trampoline(
                    slf: *mut #support::Raw, value: *mut #support::Raw, _: *mut ::core::ffi::c_void
                ) -> ::core::ffi::c_int {
                    #support::finish_unit(Class::#ident(
                        unsafe { #support::receiver::<Class>(slf) },
                        unsafe { #support::borrow_nullable(value) },
                    ))
                }
            });
        }
        let index = match self.attributes.iter().position(|known| known.name == name) {
            Some(index) => index,
            None => {
                let doc = String::new();
                self.attributes.push(Computed {
                    name,
                    span,
                    doc,
                    getter: None,
                    setter: None,
                });
                self.attributes.len() - 1
            }
        };
        let entry = &mut self.attributes[index];
        let place = if role == Role::Getter {
            &mut entry.getter
        } else {
            &mut entry.setter
        };
        if place.replace(trampoline).is_some() {
            return Err(Error::new(
                ident.span(),
                format!("`{}` is defined twice", entry.name),
            ));
        }
        if role == Role::Getter || entry.doc.is_empty() {
            entry.doc = options.docstring(&function.attrs);
        }
        Ok(())
    }

    /// `tp_new` with parsed arguments.
    fn add_new(&mut self, options: &Options, function: &ImplItemFn) -> Result<()> {
        let support = support();
        let ident = &function.sig.ident;
        let mut inputs = function.sig.inputs.iter();
        first_parameter(&mut inputs, ident, "cls: &PyType")?;
        let arguments = self.constructor_arguments(options, parameters(inputs)?, ident)?;
        let spec = arguments.spec();
        let callee = Callee {
            path: quote!(Class::#ident),
            receiver: Some(quote!(class)),
        };
        let body = arguments.parsed_body(&callee, "into_object")?;
        self.slot_functions.push(quote! {
            const NEW_SPEC: #support::ArgSpec = #spec;
            #[inline(never)]
            unsafe extern "C" fn slot_tp_new(
                class: *mut #support::RawType, args: *mut #support::Raw, kwargs: *mut #support::Raw
            ) -> *mut #support::Raw {
                const SPEC: #support::ArgSpec = NEW_SPEC;
                let class = unsafe { #support::type_ref(class) };
                let call = unsafe { #support::CallArgs::of_new::<Class>(class, args, kwargs, &SPEC) };
                #support::finish_try(|| { #body })
            }
        });
        self.slot_stores
            .push(quote!(parts.ty.tp_new = ::core::cell::Cell::new(::core::option::Option::Some(slot_tp_new));));
        if options.vectorcall {
            self.slot_functions.push(quote! {
                #[inline(never)]
                unsafe extern "C" fn slot_tp_vectorcall(
                    callable: *mut #support::Raw, args: *const *mut #support::Raw, nargsf: usize,
                    kwnames: *mut #support::Raw,
                ) -> *mut #support::Raw {
                    const SPEC: #support::ArgSpec = NEW_SPEC;
                    let class = unsafe { #support::receiver::<#support::PyType>(callable) };
                    let call = unsafe { #support::CallArgs::vectorcall(args, nargsf, kwnames) };
                    #support::finish_try(|| { #body })
                }
            });
            self.slot_stores.push(quote!(
                parts.ty.tp_vectorcall = ::core::cell::Cell::new(::core::option::Option::Some(slot_tp_vectorcall));
            ));
        }
        Ok(())
    }

    /// `tp_init` with parsed arguments.
    fn add_init(&mut self, options: &Options, function: &ImplItemFn) -> Result<()> {
        let support = support();
        let ident = &function.sig.ident;
        let mut inputs = function.sig.inputs.iter();
        first_parameter(&mut inputs, ident, "&self")?;
        let arguments = self.constructor_arguments(options, parameters(inputs)?, ident)?;
        let spec = arguments.spec();
        let callee = Callee {
            path: quote!(Class::#ident),
            receiver: Some(quote!(slf)),
        };
        let body = arguments.parsed_body(&callee, "into_unit")?;
        self.slot_functions.push(quote! {
            #[inline(never)]
            unsafe extern "C" fn slot_tp_init(
                slf: *mut #support::Raw, args: *mut #support::Raw, kwargs: *mut #support::Raw
            ) -> ::core::ffi::c_int {
                const SPEC: #support::ArgSpec = #spec;
                let slf = unsafe { #support::receiver::<Class>(slf) };
                let call = unsafe { #support::CallArgs::of_init(slf, args, kwargs, &SPEC) };
                #support::finish_try_unit(|| { #body })
            }
        });
        self.slot_stores
            .push(quote!(parts.ty.tp_init = ::core::cell::Cell::new(::core::option::Option::Some(slot_tp_init));));
        Ok(())
    }

    /// The arguments of `tp_new` or `tp_init`: named after the class, whose doc shows their signature.
    fn constructor_arguments(
        &mut self,
        options: &Options,
        parameters: Vec<(String, syn::Type)>,
        ident: &Ident,
    ) -> Result<Arguments> {
        let support = support();
        let name = match &options.name {
            Some(name) => quote!(#name),
            None => quote!(<Class as #support::PyClass>::NAME),
        };
        // A class's signature shows no implicit argument: parsing without one takes a declared one out.
        let arguments = Arguments::new(options, parameters, None, name, ident.span())?;
        let text = match &options.text_signature {
            Some(text) => text.value(),
            None => arguments.signature.text.clone(),
        };
        if !text.is_empty() {
            self.text_signature = Some(text);
        }
        Ok(arguments)
    }

    fn emit(self, name: &Ident, item: &ItemImpl) -> Result<TokenStream> {
        let support = support();
        let class = &item.self_ty;
        let allow = allowances();
        let slots_function = slots_function(name);
        let Self {
            functions,
            method_defs,
            attributes,
            slot_functions,
            slot_stores,
            text_signature,
        } = self;
        let getset_defs = attributes
            .iter()
            .map(Computed::def)
            .collect::<Result<Vec<_>>>()?;
        let text_signature = match text_signature {
            Some(text) => quote!(::core::option::Option::Some(#text)),
            None => quote!(::core::option::Option::None),
        };
        Ok(quote! {
            #item

            #allow
            impl #class {
                #[doc(hidden)]
                pub const #name: ::krait_runtime::ClassTable = {
                    type Class = #class;
                    #(#functions)*
                    ::krait_runtime::ClassTable {
                        methods: &[#(#method_defs),*],
                        getset: &[#(#getset_defs),*],
                        text_signature: #text_signature,
                    }
                };

                #[doc(hidden)]
                pub const fn #slots_function(parts: &mut #support::TypeParts) {
                    type Class = #class;
                    #(#slot_functions)*
                    #(#slot_stores)*
                }
            }
        })
    }
}

impl Computed {
    fn def(&self) -> Result<TokenStream> {
        let support = support();
        let optional = |ident: &Option<Ident>| match ident {
            Some(ident) => quote!(::core::option::Option::Some(#ident)),
            None => quote!(::core::option::Option::None),
        };
        let name = c_string(&self.name, self.span)?;
        let (getter, setter) = (optional(&self.getter), optional(&self.setter));
        let doc = if self.doc.is_empty() {
            quote!(::core::option::Option::None)
        } else {
            let doc = c_string(&self.doc, self.span)?;
            quote!(::core::option::Option::Some(#doc))
        };
        Ok(quote!(#support::GetSetDef::new(#name, #getter, #setter, #doc)))
    }
}

/// Takes the receiver off the parameters.
fn first_parameter<'a>(
    inputs: &mut impl Iterator<Item = &'a FnArg>,
    function: &Ident,
    expected: &str,
) -> Result<&'a FnArg> {
    inputs.next().ok_or_else(|| {
        Error::new(
            function.span(),
            format!("the first parameter is `{expected}`"),
        )
    })
}
