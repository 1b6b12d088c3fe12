//! The table of slots: name, shape of the Rust function, and where the slot lies.

use crate::function::support;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Error, Ident, Result};

/// Which struct holds a slot: the type object or one of its suites.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Type,
    Number,
    Sequence,
    Mapping,
    Async,
    Buffer,
}

/// What a slot's function takes and gives; `S` stands for `&self`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// `(S) -> T`
    Unary,
    /// `(S) -> Option<T>`
    Next,
    /// `(S) -> isize`
    Hash,
    /// `(S, &PyObject, CompareOp) -> T`
    RichCompare,
    /// `(S) -> bool`
    Bool,
    /// `(S) -> usize`
    Len,
    /// `(S, &PyTuple, Option<&PyDict>) -> T`
    Call,
    /// `(S, &PyTuple, Option<&PyDict>)`
    Init,
    /// `(&PyType, &PyTuple, Option<&PyDict>) -> T`
    New,
    /// `(S, &PyObject) -> T`
    WithObject,
    /// `(S, &PyObject) -> bool`
    Contains,
    /// `(S, &PyObject, Option<&PyObject>)`
    Store,
    /// `(S, isize) -> T`
    WithIndex,
    /// `(S, isize, Option<&PyObject>)`
    StoreIndex,
    /// `(S, Option<&PyObject>, Option<&PyObject>) -> T`
    DescrGet,
    /// `(&PyObject, &PyObject) -> T`
    Binary,
    /// `(&PyObject, &PyObject, &PyObject) -> T`
    Ternary,
    /// `(S, &mut Py_buffer, i32)`
    GetBuffer,
    /// `(S, &mut Py_buffer)`, no error
    ReleaseBuffer,
    /// `(S)`, no error
    Finalize,
    /// `(S, &PyObject) -> SendResult`
    Send,
    /// The C function itself.
    Raw,
}

use Place::{Async, Buffer, Mapping, Number, Sequence, Type};
use Shape::{
    Binary, Bool, Call, Contains, DescrGet, Finalize, GetBuffer, Hash, Init, Len, New, Next, Raw,
    ReleaseBuffer, RichCompare, Send, Store, StoreIndex, Ternary, Unary, WithIndex, WithObject,
};

const SLOTS: &[(&str, Shape, Place)] = &[
    ("tp_new", New, Type),
    ("tp_init", Init, Type),
    ("tp_repr", Unary, Type),
    ("tp_str", Unary, Type),
    ("tp_hash", Hash, Type),
    ("tp_call", Call, Type),
    ("tp_getattro", WithObject, Type),
    ("tp_setattro", Store, Type),
    ("tp_richcompare", RichCompare, Type),
    ("tp_iter", Unary, Type),
    ("tp_iternext", Next, Type),
    ("tp_descr_get", DescrGet, Type),
    ("tp_descr_set", Store, Type),
    ("tp_finalize", Finalize, Type),
    ("tp_dealloc", Raw, Type),
    ("tp_traverse", Raw, Type),
    ("tp_clear", Raw, Type),
    ("tp_alloc", Raw, Type),
    ("tp_free", Raw, Type),
    ("tp_is_gc", Raw, Type),
    ("tp_vectorcall", Raw, Type),
    ("tp_getattr", Raw, Type),
    ("tp_setattr", Raw, Type),
    ("tp_del", Raw, Type),
    ("nb_add", Binary, Number),
    ("nb_subtract", Binary, Number),
    ("nb_multiply", Binary, Number),
    ("nb_remainder", Binary, Number),
    ("nb_divmod", Binary, Number),
    ("nb_power", Ternary, Number),
    ("nb_negative", Unary, Number),
    ("nb_positive", Unary, Number),
    ("nb_absolute", Unary, Number),
    ("nb_bool", Bool, Number),
    ("nb_invert", Unary, Number),
    ("nb_lshift", Binary, Number),
    ("nb_rshift", Binary, Number),
    ("nb_and", Binary, Number),
    ("nb_xor", Binary, Number),
    ("nb_or", Binary, Number),
    ("nb_int", Unary, Number),
    ("nb_float", Unary, Number),
    ("nb_inplace_add", Binary, Number),
    ("nb_inplace_subtract", Binary, Number),
    ("nb_inplace_multiply", Binary, Number),
    ("nb_inplace_remainder", Binary, Number),
    ("nb_inplace_power", Ternary, Number),
    ("nb_inplace_lshift", Binary, Number),
    ("nb_inplace_rshift", Binary, Number),
    ("nb_inplace_and", Binary, Number),
    ("nb_inplace_xor", Binary, Number),
    ("nb_inplace_or", Binary, Number),
    ("nb_floor_divide", Binary, Number),
    ("nb_true_divide", Binary, Number),
    ("nb_inplace_floor_divide", Binary, Number),
    ("nb_inplace_true_divide", Binary, Number),
    ("nb_index", Unary, Number),
    ("nb_matrix_multiply", Binary, Number),
    ("nb_inplace_matrix_multiply", Binary, Number),
    ("sq_length", Len, Sequence),
    ("sq_concat", WithObject, Sequence),
    ("sq_repeat", WithIndex, Sequence),
    ("sq_item", WithIndex, Sequence),
    ("sq_ass_item", StoreIndex, Sequence),
    ("sq_contains", Contains, Sequence),
    ("sq_inplace_concat", WithObject, Sequence),
    ("sq_inplace_repeat", WithIndex, Sequence),
    ("mp_length", Len, Mapping),
    ("mp_subscript", WithObject, Mapping),
    ("mp_ass_subscript", Store, Mapping),
    ("am_await", Unary, Async),
    ("am_aiter", Unary, Async),
    ("am_anext", Unary, Async),
    ("am_send", Send, Async),
    ("bf_getbuffer", GetBuffer, Buffer),
    ("bf_releasebuffer", ReleaseBuffer, Buffer),
];

/// The C function of a slot, and the statement that stores it in `parts`.
pub(crate) struct SlotCode {
    pub(crate) function: TokenStream,
    pub(crate) store: TokenStream,
}

/// Generates the code for `#[slot(name)]` on the associated function `method` (of `Class`).
pub(crate) fn slot_code(name: &Ident, method: &Ident, parameters: usize) -> Result<SlotCode> {
    let text = name.to_string();
    let Some((_, shape, place)) = SLOTS.iter().find(|(slot, ..)| *slot == text) else {
        return Err(Error::new(
            name.span(),
            format!("there is no slot `{text}`"),
        ));
    };
    let place = place_store(*place, name);
    if *shape == Raw {
        return Ok(SlotCode {
            function: quote!(),
            store: quote!(#place = ::core::cell::Cell::new(::core::option::Option::Some(Class::#method));),
        });
    }
    let expected = rust_arity(*shape);
    if parameters != expected {
        return Err(Error::new(
            method.span(),
            format!(
                "the function of `{text}` takes {expected} parameters ({}), not {parameters}",
                describe(*shape)
            ),
        ));
    }
    let function_name = format_ident!("slot_{name}");
    let function = wrap(*shape, &function_name, method);
    Ok(SlotCode {
        function,
        store: quote!(#place = ::core::cell::Cell::new(::core::option::Option::Some(#function_name));),
    })
}

/// The place that a slot's function goes to, in terms of `parts: &mut TypeParts`.
fn place_store(place: Place, name: &Ident) -> TokenStream {
    match place {
        Type => quote!(parts.ty.#name),
        Number => quote!(parts.number_suite().#name),
        Sequence => quote!(parts.sequence_suite().#name),
        Mapping => quote!(parts.mapping_suite().#name),
        Async => quote!(parts.async_suite().#name),
        Buffer => quote!(parts.buffer_suite().#name),
    }
}

/// How many parameters the Rust function has, `self` or `cls` included.
fn rust_arity(shape: Shape) -> usize {
    match shape {
        Unary | Next | Hash | Bool | Len | Finalize => 1,
        WithObject | Contains | WithIndex | Binary | ReleaseBuffer | Send => 2,
        RichCompare | Call | Init | New | Store | StoreIndex | DescrGet | Ternary | GetBuffer => 3,
        Raw => 0,
    }
}

fn describe(shape: Shape) -> &'static str {
    match shape {
        Unary | Next | Hash | Bool | Len | Finalize => "&self",
        RichCompare => "&self, other: &PyObject, op: CompareOp",
        Call | Init => "&self, args: &PyTuple, kwargs: Option<&PyDict>",
        New => "cls: &PyType, args: &PyTuple, kwargs: Option<&PyDict>",
        WithObject | Contains | Send => "&self, other: &PyObject",
        Store => "&self, key: &PyObject, value: Option<&PyObject>",
        WithIndex => "&self, index: isize",
        StoreIndex => "&self, index: isize, value: Option<&PyObject>",
        DescrGet => "&self, obj: Option<&PyObject>, ty: Option<&PyObject>",
        Binary => "left: &PyObject, right: &PyObject",
        Ternary => "left: &PyObject, right: &PyObject, modulus: &PyObject",
        GetBuffer => "&self, view: &mut Py_buffer, flags: i32",
        ReleaseBuffer => "&self, view: &mut Py_buffer",
        Raw => "the C function's own",
    }
}

/// The `extern "C"` function of a shape: C's parameters, their Rust form, and how the result goes back.
fn wrap(shape: Shape, name: &Ident, method: &Ident) -> TokenStream {
    let support = support();
    let raw = quote!(*mut #support::Raw);
    let slf = quote!(unsafe { #support::receiver::<Class>(slf) });
    let borrow = |name: &str| {
        let name = format_ident!("{name}");
        quote!(unsafe { #support::borrow(#name) })
    };
    let nullable = |name: &str| {
        let name = format_ident!("{name}");
        quote!(unsafe { #support::borrow_nullable(#name) })
    };
    let tuple_and_dict = quote!(
        unsafe { #support::receiver::<#support::PyTuple>(args) },
        unsafe { #support::receiver_nullable::<#support::PyDict>(kwargs) }
    );
    let (a, b, c) = (borrow("a"), borrow("b"), borrow("c"));
    let b_nullable = nullable("b");
    let value = nullable("value");
    let int = quote!(::core::ffi::c_int);
    let (parameters, arguments, finish, result) = match shape {
        Unary => (quote!(), quote!(#slf), quote!(finish), raw.clone()),
        Next => (quote!(), quote!(#slf), quote!(finish_next), raw.clone()),
        Hash => (quote!(), quote!(#slf), quote!(finish_hash), quote!(isize)),
        Bool => (quote!(), quote!(#slf), quote!(finish_bool), int.clone()),
        Len => (quote!(), quote!(#slf), quote!(finish_len), quote!(isize)),
        Finalize => (quote!(), quote!(#slf), quote!(finish_nothing), quote!(())),
        RichCompare => (
            quote!(b: #raw, op: #int),
            quote!(#slf, #b, #support::compare_op(op)),
            quote!(finish),
            raw.clone(),
        ),
        Call => (
            quote!(args: #raw, kwargs: #raw),
            quote!(#slf, #tuple_and_dict),
            quote!(finish),
            raw.clone(),
        ),
        Init => (
            quote!(args: #raw, kwargs: #raw),
            quote!(#slf, #tuple_and_dict),
            quote!(finish_unit),
            int.clone(),
        ),
        New => (
            quote!(args: #raw, kwargs: #raw),
            quote!(unsafe { #support::type_ref(slf) }, #tuple_and_dict),
            quote!(finish),
            raw.clone(),
        ),
        WithObject => (
            quote!(b: #raw),
            quote!(#slf, #b),
            quote!(finish),
            raw.clone(),
        ),
        Contains => (
            quote!(b: #raw),
            quote!(#slf, #b),
            quote!(finish_bool),
            int.clone(),
        ),
        Store => (
            quote!(b: #raw, value: #raw),
            quote!(#slf, #b, #value),
            quote!(finish_unit),
            int.clone(),
        ),
        WithIndex => (
            quote!(index: isize),
            quote!(#slf, index),
            quote!(finish),
            raw.clone(),
        ),
        StoreIndex => (
            quote!(index: isize, value: #raw),
            quote!(#slf, index, #value),
            quote!(finish_unit),
            int.clone(),
        ),
        DescrGet => (
            quote!(b: #raw, value: #raw),
            quote!(#slf, #b_nullable, #value),
            quote!(finish),
            raw.clone(),
        ),
        Binary => (quote!(b: #raw), quote!(#a, #b), quote!(finish), raw.clone()),
        Ternary => (
            quote!(b: #raw, c: #raw),
            quote!(#a, #b, #c),
            quote!(finish),
            raw.clone(),
        ),
        GetBuffer => (
            quote!(view: *mut #support::Py_buffer, flags: #int),
            quote!(#slf, unsafe { #support::buffer(view) }, flags),
            quote!(finish_unit),
            int.clone(),
        ),
        ReleaseBuffer => (
            quote!(view: *mut #support::Py_buffer),
            quote!(#slf, unsafe { #support::buffer(view) }),
            quote!(finish_nothing),
            quote!(()),
        ),
        Send | Raw => (quote!(), quote!(), quote!(), quote!()),
    };
    let first = match shape {
        Binary | Ternary => quote!(a: #raw),
        New => quote!(slf: *mut #support::RawType),
        _ => quote!(slf: #raw),
    };
    if shape == Send {
        return quote! {
            #[inline(never)]
            unsafe extern "C" fn #name(slf: #raw, b: #raw, out: *mut #raw) -> ::core::ffi::c_int {
                unsafe { #support::finish_send(Class::#method(#slf, #b), out) }
            }
        };
    }
    quote! {
        #[inline(never)]
        unsafe extern "C" fn #name(#first, #parameters) -> #result {
            #support::#finish(Class::#method(#arguments))
        }
    }
}
