//! Heap types from C specifications: `PyType_FromMetaclass` and its kin.
//!
//! Invariant: a type made here owns copies of its name, doc and member rows; everything else that
//! its slots point at lives as long as the extension that gave it, which is never unloaded.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::mem::offset_of;

use abi::{PyHeapTypeObject as Heap, PyTypeObject as Type};
use krait_abi as abi;

use super::layout::{best_base, calculate_metaclass};
use super::{PyType, heap, new, ready_type};
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{PyResult, PyStr, PyTuple, intern, runtime_error, system_error, type_error};

/// The alignment of the parts that classes add to an instance with `basicsize < 0`.
const ALIGNMENT: isize = 16;

/// Where each slot id's function goes in a heap type.
macro_rules! slot_offsets {
    ($($part:ident: $suite:ty { $($id:ident $slot:ident),+ $(,)? })+) => {
        fn slot_offset(id: c_int) -> Option<usize> {
            Some(match id {
                $($(abi::$id => offset_of!(Heap, $part) + offset_of!($suite, $slot),)+)+
                _ => return None,
            })
        }
    };
}

slot_offsets! {
    ht_type: Type {
        Py_tp_alloc tp_alloc, Py_tp_call tp_call, Py_tp_clear tp_clear, Py_tp_dealloc tp_dealloc, Py_tp_del tp_del,
        Py_tp_descr_get tp_descr_get, Py_tp_descr_set tp_descr_set, Py_tp_getattr tp_getattr,
        Py_tp_getattro tp_getattro, Py_tp_hash tp_hash, Py_tp_init tp_init, Py_tp_is_gc tp_is_gc, Py_tp_iter tp_iter,
        Py_tp_iternext tp_iternext, Py_tp_methods tp_methods, Py_tp_new tp_new, Py_tp_repr tp_repr,
        Py_tp_richcompare tp_richcompare, Py_tp_setattr tp_setattr, Py_tp_setattro tp_setattro, Py_tp_str tp_str,
        Py_tp_traverse tp_traverse, Py_tp_getset tp_getset, Py_tp_free tp_free, Py_tp_finalize tp_finalize,
        Py_tp_vectorcall tp_vectorcall, Py_tp_doc tp_doc, Py_tp_members tp_members, Py_tp_base tp_base,
        Py_tp_bases tp_bases,
    }
    as_buffer: abi::PyBufferProcs { Py_bf_getbuffer bf_getbuffer, Py_bf_releasebuffer bf_releasebuffer }
    as_mapping: abi::PyMappingMethods {
        Py_mp_ass_subscript mp_ass_subscript, Py_mp_length mp_length, Py_mp_subscript mp_subscript,
    }
    as_sequence: abi::PySequenceMethods {
        Py_sq_ass_item sq_ass_item, Py_sq_concat sq_concat, Py_sq_contains sq_contains,
        Py_sq_inplace_concat sq_inplace_concat, Py_sq_inplace_repeat sq_inplace_repeat, Py_sq_item sq_item,
        Py_sq_length sq_length, Py_sq_repeat sq_repeat,
    }
    as_async: abi::PyAsyncMethods {
        Py_am_await am_await, Py_am_aiter am_aiter, Py_am_anext am_anext, Py_am_send am_send,
    }
    as_number: abi::PyNumberMethods {
        Py_nb_absolute nb_absolute, Py_nb_add nb_add, Py_nb_and nb_and, Py_nb_bool nb_bool, Py_nb_divmod nb_divmod,
        Py_nb_float nb_float, Py_nb_floor_divide nb_floor_divide, Py_nb_index nb_index,
        Py_nb_inplace_add nb_inplace_add, Py_nb_inplace_and nb_inplace_and,
        Py_nb_inplace_floor_divide nb_inplace_floor_divide, Py_nb_inplace_lshift nb_inplace_lshift,
        Py_nb_inplace_multiply nb_inplace_multiply, Py_nb_inplace_or nb_inplace_or,
        Py_nb_inplace_power nb_inplace_power, Py_nb_inplace_remainder nb_inplace_remainder,
        Py_nb_inplace_rshift nb_inplace_rshift, Py_nb_inplace_subtract nb_inplace_subtract,
        Py_nb_inplace_true_divide nb_inplace_true_divide, Py_nb_inplace_xor nb_inplace_xor, Py_nb_int nb_int,
        Py_nb_invert nb_invert, Py_nb_lshift nb_lshift, Py_nb_multiply nb_multiply, Py_nb_negative nb_negative,
        Py_nb_or nb_or, Py_nb_positive nb_positive, Py_nb_power nb_power, Py_nb_remainder nb_remainder,
        Py_nb_rshift nb_rshift, Py_nb_subtract nb_subtract, Py_nb_true_divide nb_true_divide, Py_nb_xor nb_xor,
        Py_nb_matrix_multiply nb_matrix_multiply, Py_nb_inplace_matrix_multiply nb_inplace_matrix_multiply,
    }
}

/// What a slot of a type holds: `PyType_GetSlot`. Null for an empty slot; an error for an id that there is not.
pub(super) fn get_slot(class: &PyType, id: c_int) -> PyResult<*mut c_void> {
    let bad = || system_error!("bad argument to internal function");
    if id == abi::Py_tp_token {
        return Ok(class
            .heap()
            .map_or(std::ptr::null_mut(), |heap| heap.ht_token.get()));
    }
    let offset = slot_offset(id).ok_or_else(bad)?;
    if offset < size_of::<Type>() {
        // SAFETY: each slot of a type object is a word in a cell.
        return Ok(unsafe {
            class
                .as_type_ptr()
                .byte_add(offset)
                .cast::<*mut c_void>()
                .read()
        });
    }
    Ok(super::slotdefs::slot_place(class, offset as c_int)
        .map_or(std::ptr::null_mut(), |place| place.get()))
}

impl PyType {
    /// What a slot of the type holds, by its id (`PyType_GetSlot`).
    pub fn slot_by_id(&self, id: c_int) -> PyResult<*mut c_void> {
        get_slot(self, id)
    }
}

/// The slots of a specification, up to the row that ends them.
fn slots(spec: &abi::PyType_Spec) -> impl Iterator<Item = abi::PyType_Slot> {
    let mut next = spec.slots;
    std::iter::from_fn(move || {
        // SAFETY: a specification's slots end with a row whose id is 0, which is not passed.
        let row = unsafe { next.as_ref() }.copied()?;
        if row.slot == 0 {
            return None;
        }
        // SAFETY: as above.
        next = unsafe { next.add(1) };
        Some(row)
    })
}

/// The rows of a table of members.
fn member_rows(mut next: *const abi::PyMemberDef) -> impl Iterator<Item = abi::PyMemberDef> {
    std::iter::from_fn(move || {
        // SAFETY: a table of members ends with a row without a name, which is not passed.
        let row = unsafe { next.as_ref() }?;
        if row.name.is_null() {
            return None;
        }
        // SAFETY: as above.
        next = unsafe { next.add(1) };
        Some(abi::PyMemberDef { ..*row })
    })
}

/// What is read from a specification before the type is made.
#[derive(Default)]
struct Parts {
    members: Vec<abi::PyMemberDef>,
    base: Option<Obj>,
    bases: Option<Obj>,
    weaklist_offset: Option<isize>,
    dict_offset: Option<isize>,
    vectorcall_offset: Option<isize>,
}

fn read_parts(spec: &abi::PyType_Spec) -> PyResult<Parts> {
    let mut parts = Parts::default();
    for row in slots(spec) {
        // SAFETY: what the row's id says is there.
        unsafe {
            match row.slot {
                abi::Py_tp_members => parts.members = member_rows(row.pfunc.cast()).collect(),
                abi::Py_tp_base => {
                    parts.base = PyObject::from_ptr_opt(row.pfunc.cast()).map(PyClass::to_obj)
                }
                abi::Py_tp_bases => {
                    parts.bases = PyObject::from_ptr_opt(row.pfunc.cast()).map(PyClass::to_obj)
                }
                _ => {}
            }
        }
    }
    for row in &parts.members {
        if row.flags & abi::Py_RELATIVE_OFFSET != 0 && spec.basicsize > 0 {
            return Err(system_error!(
                "With Py_RELATIVE_OFFSET, basicsize must be negative."
            ));
        }
        // SAFETY: the row has a name.
        match unsafe { CStr::from_ptr(row.name) }.to_bytes() {
            b"__weaklistoffset__" => parts.weaklist_offset = Some(row.offset),
            b"__dictoffset__" => parts.dict_offset = Some(row.offset),
            b"__vectorcalloffset__" => parts.vectorcall_offset = Some(row.offset),
            _ => {}
        }
    }
    Ok(parts)
}

/// The bases as a tuple: as given, or as the slots have them, or `object`.
fn effective_bases(given: Option<&PyObject>, parts: &Parts) -> PyResult<Py<PyTuple>> {
    let bases = match given {
        Some(bases) => bases.to_obj(),
        None => match (&parts.bases, &parts.base) {
            (Some(bases), _) => bases.clone(),
            (None, Some(base)) => base.clone(),
            (None, None) => PyObject::type_object().to_obj(),
        },
    };
    match bases.cast::<PyTuple>() {
        Ok(bases) => Ok(bases),
        Err(base) => PyTuple::from_vec(vec![base]),
    }
}

/// Makes a type of a specification.
///
/// # Safety
/// `spec` is one as C's documentation demands: its slots hold what their ids say, and live on.
pub unsafe fn from_spec(
    meta: Option<&PyType>,
    module: Option<&PyObject>,
    spec: &abi::PyType_Spec,
    bases: Option<&PyObject>,
) -> PyResult<Py<PyType>> {
    if spec.name.is_null() {
        return Err(system_error!("Type spec does not define the name field."));
    }
    // SAFETY: the specification's name is a C string.
    let full_name = unsafe { CStr::from_ptr(spec.name) };
    let full_text = full_name.to_string_lossy().into_owned();
    let (module_name, name) = match full_text.rsplit_once('.') {
        Some((module, name)) => (Some(module), name),
        None => (None, full_text.as_str()),
    };
    let parts = read_parts(spec)?;
    let bases = effective_bases(bases, &parts)?;
    let meta = calculate_metaclass(meta.unwrap_or_else(|| PyType::type_object()), &bases)?;
    let slot_address = |class: &PyType| class.raw().tp_new.get().map(|new| new as usize);
    // A metaclass that cannot be called at all has none.
    let own_new = slot_address(&meta);
    if own_new.is_some() && own_new != slot_address(PyType::type_object()) {
        return Err(type_error!(
            "Metaclasses with custom tp_new are not supported."
        ));
    }
    let base = best_base(&bases)?;
    check_immutable(spec, &bases, &full_text)?;
    let class = new::allocate(&meta, parts.members.len())?;
    class.set_flags(u64::from(spec.flags) | abi::Py_TPFLAGS_HEAPTYPE);
    let raw = class.raw();
    raw.tp_base.set(PyClass::to_owned(base).into_ptr().cast());
    raw.tp_bases.set(bases.clone().into_ptr());
    let Some(heap) = class.heap() else {
        return Err(system_error!("a type of a specification is a heap type"));
    };
    let name = PyStr::intern(name)?;
    heap.ht_name.set(name.to_obj().into_ptr());
    heap.ht_qualname.set(name.into_ptr());
    heap.ht_module
        .set(module.map_or(std::ptr::null_mut(), |module| module.to_obj().into_ptr()));
    let tp_name = full_name.to_owned().into_raw();
    heap._ht_tpname.set(tp_name);
    raw.tp_name.set(tp_name);
    lay_out(&class, base, spec, &parts);
    // SAFETY: the caller's contract.
    unsafe { fill_slots(&class, heap, spec) }?;
    if raw.tp_dealloc.get().is_none() {
        raw.tp_dealloc.set(Some(heap::subtype_dealloc));
    }
    ready_type(&class)?;
    set_module_name(&class, module_name, &full_text)?;
    Ok(class)
}

fn check_immutable(spec: &abi::PyType_Spec, bases: &PyTuple, name: &str) -> PyResult<()> {
    if u64::from(spec.flags) & abi::Py_TPFLAGS_IMMUTABLETYPE == 0 {
        return Ok(());
    }
    for base in bases.as_slice() {
        if let Some(base) = base.downcast::<PyType>()
            && !base.has_flag(abi::Py_TPFLAGS_IMMUTABLETYPE)
        {
            return Err(type_error!(
                "Creating immutable type {name} from mutable base {}",
                base.name()
            ));
        }
    }
    Ok(())
}

/// Sizes, offsets and the copy of the members' rows.
fn lay_out(class: &PyType, base: &PyType, spec: &abi::PyType_Spec, parts: &Parts) {
    let raw = class.raw();
    let of_base = base.raw().tp_basicsize.get();
    let align = |size: isize| (size + ALIGNMENT - 1) & !(ALIGNMENT - 1);
    let (start, size) = match isize::try_from(spec.basicsize).unwrap_or(0) {
        0 => (of_base, of_base),
        size if size < 0 => (align(of_base), align(of_base) + align(-size)),
        size => (0, size),
    };
    raw.tp_basicsize.set(size);
    raw.tp_itemsize.set(spec.itemsize as isize);
    let place = |offset: Option<isize>| match offset {
        Some(offset) if spec.basicsize <= 0 => offset + start,
        Some(offset) => offset,
        None => 0,
    };
    raw.tp_weaklistoffset.set(place(parts.weaklist_offset));
    raw.tp_dictoffset.set(place(parts.dict_offset));
    raw.tp_vectorcall_offset.set(place(parts.vectorcall_offset));
    let offset = class.as_object().type_().raw().tp_basicsize.get();
    // SAFETY: the type was allocated with room for a row a member, and one more, which stays zero.
    let rows = unsafe {
        class
            .as_ptr()
            .byte_offset(offset)
            .cast::<abi::PyMemberDef>()
    };
    for (index, row) in parts.members.iter().enumerate() {
        let mut row = abi::PyMemberDef { ..*row };
        if row.flags & abi::Py_RELATIVE_OFFSET != 0 {
            row.flags &= !abi::Py_RELATIVE_OFFSET;
            row.offset += start;
        }
        // SAFETY: as above.
        unsafe { rows.add(index).write(row) };
    }
    raw.tp_members.set(rows);
}

/// Puts the functions in their places.
///
/// # Safety
/// As [`from_spec`].
unsafe fn fill_slots(class: &PyType, heap: &Heap, spec: &abi::PyType_Spec) -> PyResult<()> {
    for row in slots(spec) {
        match row.slot {
            abi::Py_tp_base | abi::Py_tp_bases | abi::Py_tp_members => {}
            abi::Py_tp_doc => {
                let doc: *const c_char = row.pfunc.cast_const().cast();
                let copy = if doc.is_null() {
                    std::ptr::null_mut()
                } else {
                    // SAFETY: the row holds a C string.
                    CString::from(unsafe { CStr::from_ptr(doc) }).into_raw()
                };
                class.raw().tp_doc.set(copy);
            }
            abi::Py_tp_token => {
                // A null token stands for the specification itself.
                let token = if row.pfunc.is_null() {
                    std::ptr::from_ref(spec).cast_mut().cast()
                } else {
                    row.pfunc
                };
                heap.ht_token.set(token);
            }
            id => {
                let Some(offset) = slot_offset(id) else {
                    return Err(runtime_error!("invalid slot offset"));
                };
                // SAFETY: the offset is that of a word in the heap type.
                unsafe {
                    class
                        .as_type_ptr()
                        .byte_add(offset)
                        .cast::<*mut c_void>()
                        .write(row.pfunc);
                }
            }
        }
    }
    Ok(())
}

/// `__module__`, from the name's first part.
fn set_module_name(class: &PyType, module: Option<&str>, full_name: &str) -> PyResult<()> {
    let key = intern!("__module__");
    if class.dict().get_str(key)?.is_some() {
        return Ok(());
    }
    match module {
        Some(module) => class.dict().set_item(key, &*PyStr::intern(module)?),
        None => crate::hooks::warn(
            &crate::exc::DeprecationWarning,
            &format!("builtin type {full_name} has no __module__ attribute"),
            1,
        ),
    }
}

/// Where the part that `class` adds to its instances begins: `PyObject_GetTypeData`.
pub fn type_data_offset(class: &PyType) -> isize {
    let of_base = class.base().map_or(0, |base| base.raw().tp_basicsize.get());
    (of_base + ALIGNMENT - 1) & !(ALIGNMENT - 1)
}
