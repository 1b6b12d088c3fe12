//! `structseq.h`: tuples whose items have names too.

use std::ffi::c_char;

use krait_runtime::structseq::{StructSeq, new_empty};
use krait_runtime::{Obj, PyClass, PyTuple};

use crate::glue::*;

/// A field of a description; one without a name ends the list.
#[repr(C)]
pub struct PyStructSequence_Field {
    name: *const c_char,
    doc: *const c_char,
}

/// What a type of struct sequences is made from.
#[repr(C)]
pub struct PyStructSequence_Desc {
    name: *const c_char,
    doc: *const c_char,
    fields: *const PyStructSequence_Field,
    n_in_sequence: i32,
}

/// The name of fields that are items only.
#[repr(transparent)]
pub struct UnnamedField(*const c_char);

// SAFETY: a pointer to a constant.
unsafe impl Sync for UnnamedField {}

#[unsafe(no_mangle)]
pub static PyStructSequence_UnnamedField: UnnamedField = UnnamedField(c"unnamed field".as_ptr());

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyStructSequence_NewType(desc: Option<&PyStructSequence_Desc>) -> Out {
    run(|| {
        let desc = some(desc)?;
        // SAFETY: C's texts, and its list of fields, which ends with a field without a name.
        let (name, doc, fields) = unsafe {
            let leak =
                |text: *const c_char| -> &'static str { String::leak(Text::new(text).lossy()) };
            let mut fields = Vec::new();
            let mut next = desc.fields;
            while let Some(field) = next.as_ref().filter(|field| !field.name.is_null()) {
                let unnamed = field.name == PyStructSequence_UnnamedField.0;
                fields.push((if unnamed { "" } else { leak(field.name) }, leak(field.doc)));
                next = next.add(1);
            }
            (leak(desc.name), leak(desc.doc), fields)
        };
        let visible = usize::try_from(desc.n_in_sequence).map_err(|_| bad_call())?;
        if visible > fields.len() {
            return Err(bad_call());
        }
        // The type lives as long as the process.
        let spec = Box::leak(Box::new(
            StructSeq::new(name, doc, fields.leak()).visible(visible),
        ));
        Ok(spec.class()?.to_obj())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyStructSequence_New(class: TypeArg) -> Out {
    run(|| new_empty(some(class)?).ok_or_else(bad_call)?)
}

/// The place of a field, visible or not.
fn place(sequence: &PyTuple, index: isize) -> *mut Option<Obj> {
    // SAFETY: the fields follow the header, as many as the caller's type has.
    unsafe {
        (&raw const (*sequence.as_ptr().cast::<krait_abi::PyTupleObject>()).ob_item)
            .cast::<Option<Obj>>()
            .cast_mut()
            .offset(index)
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyStructSequence_SetItem(sequence: &PyTuple, index: isize, value: Out) {
    // SAFETY: the place is null or owns its item.
    drop(unsafe { place(sequence, index).replace(value) });
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyStructSequence_GetItem(sequence: &PyTuple, index: isize) -> Ptr {
    // SAFETY: the place is null or owns its item.
    unsafe { (*place(sequence, index)).as_ref() }.map_or(std::ptr::null_mut(), |item| item.as_ptr())
}
