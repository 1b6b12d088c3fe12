//! The table behind the crate: each struct and constant is also a row here, so that one check covers them all.
//!
//! `abi_structs!` and `abi_consts!` are used at most once per module; they define the items and the module's rows.

/// One field of a struct as Rust lays it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldLayout {
    /// The field's name, the same in C and in Rust.
    pub name: &'static str,
    /// Bytes from the start of the struct.
    pub offset: usize,
    /// Size in bytes; 0 for a C flexible array member.
    pub size: usize,
}

/// One struct as Rust lays it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StructLayout {
    /// The name in Rust.
    pub name: &'static str,
    /// The type as a C program spells it.
    pub c_name: &'static str,
    /// Size in bytes.
    pub size: usize,
    /// Alignment in bytes.
    pub align: usize,
    /// The fields in order.
    pub fields: &'static [FieldLayout],
}

/// One integer constant, widened (values above `i64::MAX` keep their bits).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConstValue {
    /// The name, the same in C and in Rust.
    pub name: &'static str,
    /// The value.
    pub value: i64,
}

/// A field's name as C spells it: without the `r#` that Rust's keywords need.
pub(crate) const fn c_field(name: &'static str) -> &'static str {
    match name.as_bytes() {
        [b'r', b'#', ..] => name.split_at(2).1,
        _ => name,
    }
}

/// Defines the `repr(C)` structs of one module and its rows of the layout table.
///
/// A C spelling that differs from the Rust name follows as `struct Name = "C spelling" { … }`.
macro_rules! abi_structs {
    ($(
        $(#[$meta:meta])*
        pub struct $name:ident $(= $c_name:literal)? {
            $( $(#[$field_meta:meta])* pub $field:ident : $ty:ty ),* $(,)?
        }
    )*) => {
        $(
            $(#[$meta])*
            #[repr(C)]
            #[allow(missing_docs, reason = "the fields are documented by their C names")]
            pub struct $name {
                $( $(#[$field_meta])* pub $field: $ty, )*
            }
        )*

        /// This module's rows of the layout table.
        pub(crate) const STRUCTS: &[$crate::layout::StructLayout] = &[
            $( $crate::layout::StructLayout {
                name: stringify!($name),
                c_name: abi_structs!(@c_name $name $($c_name)?),
                size: size_of::<$name>(),
                align: align_of::<$name>(),
                fields: &[
                    $( $crate::layout::FieldLayout {
                        name: $crate::layout::c_field(stringify!($field)),
                        offset: core::mem::offset_of!($name, $field),
                        size: size_of::<$ty>(),
                    }, )*
                ],
            }, )*
        ];
    };
    (@c_name $name:ident) => { stringify!($name) };
    (@c_name $name:ident $c_name:literal) => { $c_name };
}

/// Defines integer constants under their C names and the module's rows of the table of constants.
macro_rules! abi_consts {
    ($( $(#[$meta:meta])* pub const $name:ident : $ty:ty = $value:expr; )*) => {
        $(
            $(#[$meta])*
            #[allow(missing_docs, reason = "the constants are documented by their C names")]
            pub const $name: $ty = $value;
        )*

        /// This module's rows of the table of constants.
        pub(crate) const CONSTS: &[$crate::layout::ConstValue] = &[
            $( $crate::layout::ConstValue { name: stringify!($name), value: $name as i64 }, )*
        ];
    };
}

/// Gives structs a constant `EMPTY` of all zeros, null pointers and empty slots.
macro_rules! abi_empty {
    ($( $name:ident ),* $(,)?) => { $(
        impl $name {
            /// All zeros: null pointers, empty slots, no flags.
            #[allow(clippy::declare_interior_mutable_const, reason = "a template to be copied into each static")]
            // SAFETY: every field is an integer, a raw pointer, an `Option` of a function pointer, or a `Cell` or
            // array of such: all of them are valid when every byte is zero.
            pub const EMPTY: Self = unsafe { core::mem::zeroed() };
        }
    )* };
}

/// Lets structs live in Rust statics, as their C counterparts live in C statics.
macro_rules! abi_sync {
    ($( $name:ident ),* $(,)?) => { $(
        // SAFETY: objects, static ones included, are only touched by a thread that holds the interpreter lock.
        unsafe impl Sync for $name {}
    )* };
}

macro_rules! tables {
    ($kind:ident: $( $module:ident ),* $(,)?) => { [ $( crate::$module::$kind ),* ] };
}

/// Every struct of the crate whose layout C headers define.
pub fn all() -> impl Iterator<Item = &'static StructLayout> {
    let modules = tables![STRUCTS: object, pybuffer, typeobject, longintrepr, floatobject, unicodeobject, bytesobject,
        listobject, dictobject, setobject, sliceobject, funcobject, methodobject, descrobject, moduleobject, code, frame,
        pyerrors, weakrefobject, gc, memoryobject, pystate, contextobject, structseq, datetime];
    modules.into_iter().flatten()
}

/// Every constant of the crate that C headers define.
pub fn constants() -> impl Iterator<Item = &'static ConstValue> {
    let modules = tables![CONSTS: refcount, object, pybuffer, typeobject, typeslots, longintrepr, unicodeobject, dictobject,
        setobject, funcobject, methodobject, descrobject, moduleobject, code, frame, gc, memoryobject, pystate, constants];
    modules.into_iter().flatten()
}
