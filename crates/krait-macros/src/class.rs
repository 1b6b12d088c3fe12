//! `#[pyclass]`: the static type object of a struct.

use crate::function::{allowances, c_string, support};
use crate::methods::slots_function;
use crate::options::doc_comment;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{
    Attribute, Error, Expr, Field, Fields, Ident, Index, ItemStruct, LitStr, Member, Path, Result,
    Token, parenthesized,
};

/// The options of `#[pyclass(..)]`.
#[derive(Default)]
pub(crate) struct ClassOptions {
    name: Option<LitStr>,
    module: Option<LitStr>,
    base: Option<Path>,
    symbol: Option<Ident>,
    flags: Vec<Ident>,
    /// `None`: the one table `METHODS`.
    methods: Option<Vec<Ident>>,
    itemsize: Option<Expr>,
    basicsize: Option<Expr>,
    vectorcall_offset: Option<Ident>,
    /// The table of the struct's fields that programs see as attributes.
    members: Option<Path>,
    /// For structs whose fields are those of `krait-abi`: where the list of weak references begins.
    weaklist_offset: Option<Expr>,
    manual_layout: bool,
    doc: Option<LitStr>,
}

impl Parse for ClassOptions {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut options = Self::default();
        while !input.is_empty() {
            let key: Ident = input.parse()?;
            let text = key.to_string();
            if matches!(text.as_str(), "flags" | "methods") {
                let content;
                parenthesized!(content in input);
                let names = Punctuated::<Ident, Token![,]>::parse_terminated(&content)?
                    .into_iter()
                    .collect();
                if text == "flags" {
                    options.flags = names;
                } else {
                    options.methods = Some(names);
                }
            } else {
                input.parse::<Token![=]>()?;
                match text.as_str() {
                    "name" => options.name = Some(input.parse()?),
                    "module" => options.module = Some(input.parse()?),
                    "base" => options.base = Some(input.parse()?),
                    "symbol" => options.symbol = Some(input.parse()?),
                    "itemsize" => options.itemsize = Some(input.parse()?),
                    "basicsize" => options.basicsize = Some(input.parse()?),
                    "vectorcall_offset" => options.vectorcall_offset = Some(input.parse()?),
                    "members" => options.members = Some(input.parse()?),
                    "weaklist_offset" => options.weaklist_offset = Some(input.parse()?),
                    "doc" => options.doc = Some(input.parse()?),
                    "layout" => {
                        let value: Ident = input.parse()?;
                        if value != "manual" {
                            return Err(Error::new(value.span(), "expected `layout = manual`"));
                        }
                        options.manual_layout = true;
                    }
                    other => {
                        return Err(Error::new(
                            key.span(),
                            format!(
                                "unknown option `{other}`: expected name, module, base, symbol, flags(..), methods(..), \
                                 itemsize, basicsize, vectorcall_offset, members, weaklist_offset, layout or doc"
                            ),
                        ));
                    }
                }
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(options)
    }
}

/// The fields of a class by what the collector and the attribute machinery do with them.
struct Layout {
    base: Member,
    own: Vec<Member>,
    traversed: Vec<Member>,
    weaklist: Option<Member>,
    dict: Option<Member>,
}

impl Layout {
    /// Reads the fields and takes our attributes off them.
    fn take(item: &mut ItemStruct) -> Result<Self> {
        let span = item.ident.span();
        let fields = match &mut item.fields {
            Fields::Named(fields) => &mut fields.named,
            Fields::Unnamed(fields) => &mut fields.unnamed,
            Fields::Unit => return Err(Error::new(span, "a Python class is a struct with a base")),
        };
        let mut fields = fields
            .iter_mut()
            .enumerate()
            .map(|(index, field)| (member(index, field), field));
        let Some((base, _)) = fields.next() else {
            return Err(Error::new(
                span,
                "the first field is the base: `ob_base: PyObject`",
            ));
        };
        let mut layout = Self {
            base,
            own: Vec::new(),
            traversed: Vec::new(),
            weaklist: None,
            dict: None,
        };
        for (name, field) in fields {
            let mut keep = Vec::new();
            for attribute in std::mem::take(&mut field.attrs) {
                if attribute.path().is_ident("traverse") {
                    layout.traversed.push(name.clone());
                } else if attribute.path().is_ident("weaklist") {
                    layout.weaklist = Some(name.clone());
                } else if attribute.path().is_ident("dict") {
                    layout.dict = Some(name.clone());
                    layout.traversed.push(name.clone());
                } else {
                    keep.push(attribute);
                }
            }
            field.attrs = keep;
            layout.own.push(name);
        }
        Ok(layout)
    }
}

/// How code names a field.
fn member(index: usize, field: &Field) -> Member {
    match &field.ident {
        Some(ident) => Member::Named(ident.clone()),
        None => Member::Unnamed(Index {
            index: index as u32,
            span: field.span(),
        }),
    }
}

fn has_repr_c(attributes: &[Attribute]) -> bool {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("repr"))
        .any(|attribute| {
            attribute
                .parse_args_with(Punctuated::<Ident, Token![,]>::parse_terminated)
                .is_ok_and(|reprs| {
                    reprs
                        .iter()
                        .any(|repr| repr == "C" || repr == "transparent")
                })
        })
}

/// Expands `#[pyclass]`.
pub(crate) fn expand(options: ClassOptions, mut item: ItemStruct) -> Result<TokenStream> {
    if !has_repr_c(&item.attrs) {
        return Err(Error::new(
            item.ident.span(),
            "a Python class is #[repr(C)] (or transparent): its base comes first",
        ));
    }
    if !item.generics.params.is_empty() {
        return Err(Error::new(
            item.generics.span(),
            "a Python class cannot be generic",
        ));
    }
    let layout = Layout::take(&mut item)?;
    let class = &item.ident;
    let support = support();
    let allow = allowances();
    let name = match &options.name {
        Some(name) => name.clone(),
        None => LitStr::new(class.to_string().trim_start_matches("Py"), class.span()),
    };
    let tables: Vec<Ident> = options
        .methods
        .clone()
        .unwrap_or_else(|| vec![format_ident!("METHODS")]);
    let collected = options.flags.iter().any(|flag| flag == "GC");
    let gc = gc_impl(class, &layout, &options);
    let body = type_body(
        &options,
        &layout,
        class,
        &name,
        &tables,
        &item.attrs,
        collected,
    )?;
    let (symbol, static_item) = match &options.symbol {
        Some(symbol) => {
            let visibility = &item.vis;
            let doc = format!("The type object of `{}`.", name.value());
            let item = quote! {
                #[doc = #doc]
                #allow
                #[unsafe(no_mangle)]
                #visibility static #symbol: #support::PyType = { #body };
            };
            (quote!(#symbol), item)
        }
        None => {
            let symbol = format_ident!("__KRAIT_TYPE_{}", class);
            let item = quote! {
                #[doc(hidden)]
                #allow
                static #symbol: #support::PyType = { #body };
            };
            (quote!(#symbol), item)
        }
    };
    let base_field = &layout.base;
    let allocation = allocation(&options);
    Ok(quote! {
        #item

        #static_item

        #allow
        const _: () = {
            assert!(::core::mem::offset_of!(#class, #base_field) == 0, "the base is the first field");

            impl ::core::ops::Deref for #class {
                type Target = #support::PyObject;

                #[inline(always)]
                fn deref(&self) -> &#support::PyObject {
                    unsafe { #support::header_of(self) }
                }
            }

            unsafe impl #support::PyClass for #class {
                const NAME: &'static str = #name;
                const ALLOCATION: #support::Allocation = #support::Allocation::#allocation;

                #[inline(always)]
                fn type_object() -> &'static #support::PyType {
                    &#symbol
                }
            }

            unsafe impl #support::StaticClass for #class {
                const TYPE: *mut #support::RawType = #support::static_type_ptr(&raw const #symbol);
            }

            #gc
        };
    })
}

/// What the options tell of the memory of direct instances (`Allocation`).
fn allocation(options: &ClassOptions) -> Ident {
    let has_more = options.basicsize.is_some()
        || options.itemsize.is_some()
        || options
            .flags
            .iter()
            .any(|flag| flag.to_string().contains("MANAGED"));
    let name = if has_more {
        "Ask"
    } else if options.flags.iter().any(|flag| flag == "GC") {
        "Collected"
    } else if options.base.is_some() {
        // The base may have a collector's header to pass on.
        "Ask"
    } else {
        "Plain"
    };
    format_ident!("{name}")
}

/// What deallocation and the collector need to know of the fields.
fn gc_impl(class: &Ident, layout: &Layout, options: &ClassOptions) -> TokenStream {
    if options.manual_layout {
        return quote!();
    }
    let support = support();
    let Layout {
        own,
        traversed,
        weaklist,
        ..
    } = layout;
    let has_flag = |name: &str| options.flags.iter().any(|flag| flag == name);
    let weakrefs =
        weaklist.is_some() || options.weaklist_offset.is_some() || has_flag("MANAGED_WEAKREF");
    let managed_dict = has_flag("MANAGED_DICT");
    let base = match &options.base {
        Some(base) => quote!(::core::option::Option::Some(<#base as #support::StaticClass>::TYPE)),
        None => quote!(::core::option::Option::None),
    };
    quote! {
        unsafe impl #support::ClassFields for #class {
            const BASE: ::core::option::Option<*mut #support::RawType> = #base;
            const WEAKREFS: bool = #weakrefs;
            const MANAGED_DICT: bool = #managed_dict;

            fn traverse_fields(&self, visitor: &mut #support::Visitor) -> #support::TraverseResult {
                #(#support::Traverse::traverse(&self.#traversed, visitor)?;)*
                #support::TRAVERSED
            }

            fn clear_fields(&self) {
                #(#support::Traverse::clear(&self.#traversed);)*
            }

            unsafe fn drop_fields(this: *mut Self) {
                #(unsafe { ::core::ptr::drop_in_place(&raw mut (*this).#own) };)*
            }
        }
    }
}

/// The block that computes the static type object.
fn type_body(
    options: &ClassOptions,
    layout: &Layout,
    class: &Ident,
    name: &LitStr,
    tables: &[Ident],
    attributes: &[Attribute],
    collected: bool,
) -> Result<TokenStream> {
    let support = support();
    let full_name = match &options.module {
        Some(module) if module.value() != "builtins" => {
            format!("{}.{}", module.value(), name.value())
        }
        _ => name.value(),
    };
    let full_name = c_string(&full_name, name.span())?;
    let doc = options
        .doc
        .as_ref()
        .map_or_else(|| doc_comment(attributes), LitStr::value);
    let flags = options
        .flags
        .iter()
        .map(|flag| match flag.to_string().as_str() {
            "GC" => quote!(#support::abi::Py_TPFLAGS_HAVE_GC),
            "MATCH_SELF" | "STATIC_BUILTIN" => {
                let flag = format_ident!("_Py_TPFLAGS_{flag}");
                quote!(#support::abi::#flag)
            }
            text if text.starts_with('_') || text.starts_with("Py_") => {
                quote!(#support::abi::#flag)
            }
            text => {
                let flag = format_ident!("Py_TPFLAGS_{text}", span = flag.span());
                quote!(#support::abi::#flag)
            }
        });
    let vectorcall_flag = options
        .vectorcall_offset
        .iter()
        .map(|_| quote!(#support::abi::Py_TPFLAGS_HAVE_VECTORCALL));
    let flags = flags.chain(vectorcall_flag);
    let offset = |field: &Option<Member>| match field {
        Some(field) => quote!(::core::mem::offset_of!(#class, #field) as isize),
        None => quote!(0),
    };
    let weaklist = match &options.weaklist_offset {
        Some(offset) => quote!((#offset) as isize),
        None => offset(&layout.weaklist),
    };
    let dict = offset(&layout.dict);
    let vectorcall = offset(&options.vectorcall_offset.clone().map(Member::Named));
    let basicsize = match &options.basicsize {
        Some(size) => quote!((#size) as isize),
        None => quote!(::core::mem::size_of::<#class>() as isize),
    };
    let itemsize = options
        .itemsize
        .as_ref()
        .map_or_else(|| quote!(0), |size| quote!((#size) as isize));
    let base = match &options.base {
        Some(base) => quote!(<#base as #support::StaticClass>::TYPE),
        None => quote!(::core::ptr::null_mut()),
    };
    let fill = tables.iter().map(slots_function);
    let members = options.members.iter().map(
        |table| quote!(parts.ty.tp_members = ::core::cell::Cell::new(#table.as_ptr().cast_mut());),
    );
    let lifecycle = if options.manual_layout {
        quote!()
    } else if collected {
        quote!(#support::fill_collected::<#class>(&mut parts);)
    } else {
        quote!(#support::fill_plain::<#class>(&mut parts);)
    };
    Ok(quote! {
        const TABLES: &[::krait_runtime::ClassTable] = &[#(#class::#tables),*];
        const DOC: &str = #doc;
        const PARTS: #support::TypeParts = {
            let mut parts = #support::TypeParts::EMPTY;
            #lifecycle
            #(#class::#fill(&mut parts);)*
            #(#members)*
            parts
        };
        static METHODS: [#support::MethodDef; #support::method_count(TABLES) + 1] = #support::join_methods(TABLES);
        static GETSET: [#support::GetSetDef; #support::getset_count(TABLES) + 1] = #support::join_getset(TABLES);
        static DOCSTRING: [u8; #support::doc_len(#name, TABLES, DOC)] = #support::doc_bytes(#name, TABLES, DOC);
        static NUMBER: #support::abi::PyNumberMethods = PARTS.number;
        static SEQUENCE: #support::abi::PySequenceMethods = PARTS.sequence;
        static MAPPING: #support::abi::PyMappingMethods = PARTS.mapping;
        static ASYNC: #support::abi::PyAsyncMethods = PARTS.asynchronous;
        static BUFFER: #support::abi::PyBufferProcs = PARTS.buffer;
        #support::static_type(#support::TypeSpec {
            name: #full_name,
            basicsize: #basicsize,
            itemsize: #itemsize,
            flags: #support::abi::Py_TPFLAGS_DEFAULT #(| #flags)*,
            base: #base,
            dict_offset: #dict,
            weaklist_offset: #weaklist,
            vectorcall_offset: #vectorcall,
            doc: #support::doc_ptr(&DOCSTRING),
            methods: #support::methods_ptr(&METHODS),
            getset: #support::getset_ptr(&GETSET),
            number: #support::used(PARTS.has_number, &raw const NUMBER),
            sequence: #support::used(PARTS.has_sequence, &raw const SEQUENCE),
            mapping: #support::used(PARTS.has_mapping, &raw const MAPPING),
            asynchronous: #support::used(PARTS.has_async, &raw const ASYNC),
            buffer: #support::used(PARTS.has_buffer, &raw const BUFFER),
        }, PARTS)
    })
}
