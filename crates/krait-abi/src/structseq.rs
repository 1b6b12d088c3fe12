//! `structseq.h`: tuples with named fields.

use core::ffi::{c_char, c_int};

abi_structs! {
    /// A field; a null name ends the array.
    #[derive(Clone, Copy)]
    pub struct PyStructSequence_Field {
        pub name: *const c_char,
        pub doc: *const c_char,
    }

    /// What a struct sequence type is made of.
    #[derive(Clone, Copy)]
    pub struct PyStructSequence_Desc {
        pub name: *const c_char,
        pub doc: *const c_char,
        pub fields: *mut PyStructSequence_Field,
        pub n_in_sequence: c_int,
    }
}

abi_sync!(PyStructSequence_Field, PyStructSequence_Desc);
abi_empty!(PyStructSequence_Field, PyStructSequence_Desc);
