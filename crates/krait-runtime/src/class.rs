//! The static tables of native classes and functions, joined at compile time.
//!
//! Each `#[pymethods]` block is a [`ClassTable`] and a function that fills in [`TypeParts`]; `#[pyclass]` joins them
//! into arrays that end with a null row and one static [`PyType`], laid out as a C extension would write them.

use std::cell::Cell;
use std::ffi::{CStr, c_char, c_int};
use std::ptr::null;

use krait_abi as abi;

use crate::object::PyClass;
use crate::typeobject::PyType;

/// A row of a table of functions: C's `PyMethodDef`.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct MethodDef(pub(crate) abi::PyMethodDef);

impl MethodDef {
    const fn new(
        name: &'static CStr,
        function: abi::PyCFunction,
        doc: Option<&'static CStr>,
        flags: c_int,
    ) -> Self {
        MethodDef(abi::PyMethodDef {
            ml_name: name.as_ptr(),
            ml_meth: Some(function),
            ml_flags: flags,
            ml_doc: c_ptr(doc),
        })
    }

    /// A function without arguments; `flags` are added to the convention's.
    pub const fn noargs(
        name: &'static CStr,
        function: abi::PyCFunction,
        doc: Option<&'static CStr>,
        flags: c_int,
    ) -> Self {
        Self::new(name, function, doc, abi::METH_NOARGS | flags)
    }

    /// A function of one argument.
    pub const fn o(
        name: &'static CStr,
        function: abi::PyCFunction,
        doc: Option<&'static CStr>,
        flags: c_int,
    ) -> Self {
        Self::new(name, function, doc, abi::METH_O | flags)
    }

    /// A function of positional arguments.
    pub const fn fastcall(
        name: &'static CStr,
        function: abi::PyCFunctionFast,
        doc: Option<&'static CStr>,
        flags: c_int,
    ) -> Self {
        // SAFETY: both are plain function pointers; `METH_FASTCALL` says what it takes, as in C.
        let function =
            unsafe { std::mem::transmute::<abi::PyCFunctionFast, abi::PyCFunction>(function) };
        Self::new(name, function, doc, abi::METH_FASTCALL | flags)
    }

    /// A function of positional and keyword arguments.
    pub const fn fastcall_keywords(
        name: &'static CStr,
        function: abi::PyCFunctionFastWithKeywords,
        doc: Option<&'static CStr>,
        flags: c_int,
    ) -> Self {
        // SAFETY: both are plain function pointers; the flags say what it takes, as in C.
        let function = unsafe {
            std::mem::transmute::<abi::PyCFunctionFastWithKeywords, abi::PyCFunction>(function)
        };
        Self::new(
            name,
            function,
            doc,
            abi::METH_FASTCALL | abi::METH_KEYWORDS | flags,
        )
    }

    /// The row as C sees it.
    pub const fn raw(&self) -> &abi::PyMethodDef {
        &self.0
    }

    /// The function's name.
    pub fn name(&self) -> &'static CStr {
        // SAFETY: every constructor stores a static C string.
        unsafe { CStr::from_ptr(self.0.ml_name) }
    }
}

/// A row of a table of computed attributes: C's `PyGetSetDef`.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct GetSetDef(pub(crate) abi::PyGetSetDef);

impl GetSetDef {
    /// A computed attribute; without a setter it is read-only.
    pub const fn new(
        name: &'static CStr,
        get: Option<abi::getter>,
        set: Option<abi::setter>,
        doc: Option<&'static CStr>,
    ) -> Self {
        GetSetDef(abi::PyGetSetDef {
            name: name.as_ptr(),
            get,
            set,
            doc: c_ptr(doc),
            closure: std::ptr::null_mut(),
        })
    }
}

const fn c_ptr(text: Option<&'static CStr>) -> *const c_char {
    match text {
        Some(text) => text.as_ptr(),
        None => null(),
    }
}

/// What one `#[pymethods]` block adds to a class, slots aside.
#[derive(Clone, Copy)]
pub struct ClassTable {
    /// Methods.
    pub methods: &'static [MethodDef],
    /// Computed attributes.
    pub getset: &'static [GetSetDef],
    /// The signature of `#[pynew]` or `#[pyinit]`, which the class's doc shows.
    pub text_signature: Option<&'static str>,
}

/// The slots of a class under construction.
pub struct TypeParts {
    /// The slots of the type object itself; all else in it is left empty.
    pub ty: abi::PyTypeObject,
    /// The number suite.
    pub number: abi::PyNumberMethods,
    /// The sequence suite.
    pub sequence: abi::PySequenceMethods,
    /// The mapping suite.
    pub mapping: abi::PyMappingMethods,
    /// The suite of awaitables and asynchronous iterators.
    pub asynchronous: abi::PyAsyncMethods,
    /// The buffer suite.
    pub buffer: abi::PyBufferProcs,
    /// Whether the number suite is used.
    pub has_number: bool,
    /// Whether the sequence suite is used.
    pub has_sequence: bool,
    /// Whether the mapping suite is used.
    pub has_mapping: bool,
    /// Whether the asynchronous suite is used.
    pub has_async: bool,
    /// Whether the buffer suite is used.
    pub has_buffer: bool,
}

impl TypeParts {
    /// No slots.
    #[allow(
        clippy::declare_interior_mutable_const,
        reason = "a template to be copied into each static"
    )]
    pub const EMPTY: Self = Self {
        ty: abi::PyTypeObject::EMPTY,
        number: abi::PyNumberMethods::EMPTY,
        sequence: abi::PySequenceMethods::EMPTY,
        mapping: abi::PyMappingMethods::EMPTY,
        asynchronous: abi::PyAsyncMethods::EMPTY,
        buffer: abi::PyBufferProcs::EMPTY,
        has_number: false,
        has_sequence: false,
        has_mapping: false,
        has_async: false,
        has_buffer: false,
    };

    /// The number suite, which is used from now on.
    pub const fn number_suite(&mut self) -> &mut abi::PyNumberMethods {
        self.has_number = true;
        &mut self.number
    }

    /// The sequence suite, which is used from now on.
    pub const fn sequence_suite(&mut self) -> &mut abi::PySequenceMethods {
        self.has_sequence = true;
        &mut self.sequence
    }

    /// The mapping suite, which is used from now on.
    pub const fn mapping_suite(&mut self) -> &mut abi::PyMappingMethods {
        self.has_mapping = true;
        &mut self.mapping
    }

    /// The asynchronous suite, which is used from now on.
    pub const fn async_suite(&mut self) -> &mut abi::PyAsyncMethods {
        self.has_async = true;
        &mut self.asynchronous
    }

    /// The buffer suite, which is used from now on.
    pub const fn buffer_suite(&mut self) -> &mut abi::PyBufferProcs {
        self.has_buffer = true;
        &mut self.buffer
    }
}

/// A class whose type object is a Rust static.
///
/// # Safety
/// `TYPE` points at the static that [`PyClass::type_object`] gives.
pub unsafe trait StaticClass: PyClass {
    /// The address of the type object, for other statics.
    const TYPE: *mut abi::PyTypeObject;
}

/// Everything in a static type object but its slots.
pub struct TypeSpec {
    /// `tp_name`: the class's name with its module's in front, unless that is `builtins`.
    pub name: &'static CStr,
    /// `tp_basicsize`.
    pub basicsize: isize,
    /// `tp_itemsize`.
    pub itemsize: isize,
    /// `tp_flags`.
    pub flags: u64,
    /// `tp_base`; null for `object`.
    pub base: *mut abi::PyTypeObject,
    /// `tp_dictoffset`.
    pub dict_offset: isize,
    /// `tp_weaklistoffset`.
    pub weaklist_offset: isize,
    /// `tp_vectorcall_offset`.
    pub vectorcall_offset: isize,
    /// `tp_doc`.
    pub doc: *const c_char,
    /// `tp_methods`.
    pub methods: *mut abi::PyMethodDef,
    /// `tp_getset`.
    pub getset: *mut abi::PyGetSetDef,
    /// `tp_as_number`, or null; likewise below.
    pub number: *mut abi::PyNumberMethods,
    /// `tp_as_sequence`.
    pub sequence: *mut abi::PySequenceMethods,
    /// `tp_as_mapping`.
    pub mapping: *mut abi::PyMappingMethods,
    /// `tp_as_async`.
    pub asynchronous: *mut abi::PyAsyncMethods,
    /// `tp_as_buffer`.
    pub buffer: *mut abi::PyBufferProcs,
}

/// The static type object of `spec` with the slots of `parts`; its metaclass is set when it is made ready.
pub const fn static_type(spec: TypeSpec, parts: TypeParts) -> PyType {
    let mut ty = parts.ty;
    ty.ob_base.ob_base = crate::PyObject::immortal(std::ptr::null_mut()).0;
    ty.tp_name = Cell::new(spec.name.as_ptr());
    ty.tp_basicsize = Cell::new(spec.basicsize);
    ty.tp_itemsize = Cell::new(spec.itemsize);
    ty.tp_flags = Cell::new(spec.flags as _);
    ty.tp_base = Cell::new(spec.base);
    ty.tp_dictoffset = Cell::new(spec.dict_offset);
    ty.tp_weaklistoffset = Cell::new(spec.weaklist_offset);
    ty.tp_vectorcall_offset = Cell::new(spec.vectorcall_offset);
    ty.tp_doc = Cell::new(spec.doc);
    ty.tp_methods = Cell::new(spec.methods);
    ty.tp_getset = Cell::new(spec.getset);
    ty.tp_as_number = Cell::new(spec.number);
    ty.tp_as_sequence = Cell::new(spec.sequence);
    ty.tp_as_mapping = Cell::new(spec.mapping);
    ty.tp_as_async = Cell::new(spec.asynchronous);
    ty.tp_as_buffer = Cell::new(spec.buffer);
    PyType(ty)
}

/// A row of a class's table of members: a field that programs read as an attribute and cannot set.
pub const fn member(
    name: &'static CStr,
    kind: std::ffi::c_int,
    offset: usize,
    doc: Option<&'static CStr>,
) -> abi::PyMemberDef {
    abi::PyMemberDef {
        name: name.as_ptr(),
        r#type: kind,
        offset: offset as isize,
        flags: abi::Py_READONLY,
        doc: match doc {
            Some(doc) => doc.as_ptr(),
            None => std::ptr::null(),
        },
    }
}

/// The table of a class's members, for `#[pyclass(members = TABLE)]`: the attribute's name, the
/// field, its type code, and the docstring if there is one.
#[macro_export]
macro_rules! members {
    ($class:ident: $($name:literal $field:ident $kind:ident $($doc:literal)?;)*) => {
        &[
            $($crate::class::member(
                $name,
                ::krait_abi::$kind,
                ::std::mem::offset_of!($class, $field),
                $crate::members!(@doc $($doc)?),
            ),)*
            ::krait_abi::PyMemberDef::EMPTY,
        ]
    };
    (@doc) => { None };
    (@doc $doc:literal) => { Some($doc) };
}

/// The address of a static type object.
pub const fn static_type_ptr(ty: *const PyType) -> *mut abi::PyTypeObject {
    ty.cast_mut().cast()
}

/// A suite's address if the class uses it.
pub const fn used<T>(used: bool, suite: *const T) -> *mut T {
    if used {
        suite.cast_mut()
    } else {
        std::ptr::null_mut()
    }
}

/// How many methods the tables have together.
pub const fn method_count(tables: &[ClassTable]) -> usize {
    let (mut count, mut index) = (0, 0);
    while index < tables.len() {
        count += tables[index].methods.len();
        index += 1;
    }
    count
}

/// How many computed attributes the tables have together.
pub const fn getset_count(tables: &[ClassTable]) -> usize {
    let (mut count, mut index) = (0, 0);
    while index < tables.len() {
        count += tables[index].getset.len();
        index += 1;
    }
    count
}

macro_rules! join {
    ($(#[$doc:meta])* $name:ident, $field:ident, $row:ident, $end:expr) => {
        $(#[$doc])*
        pub const fn $name<const N: usize>(tables: &[ClassTable]) -> [$row; N] {
            let mut rows = [$row($end); N];
            let (mut next, mut table) = (0, 0);
            while table < tables.len() {
                let mut row = 0;
                while row < tables[table].$field.len() {
                    rows[next] = tables[table].$field[row];
                    next += 1;
                    row += 1;
                }
                table += 1;
            }
            rows
        }
    };
}

join! {
    /// All methods, then a null row.
    join_methods, methods, MethodDef, abi::PyMethodDef::EMPTY
}
join! {
    /// All computed attributes, then a null row.
    join_getset, getset, GetSetDef, abi::PyGetSetDef::EMPTY
}

/// `tp_methods` of a joined table: null if it has only its end.
pub const fn methods_ptr(table: &'static [MethodDef]) -> *mut abi::PyMethodDef {
    if table.len() == 1 {
        std::ptr::null_mut()
    } else {
        table.as_ptr().cast_mut().cast()
    }
}

/// `tp_getset` of a joined table: null if it has only its end.
pub const fn getset_ptr(table: &'static [GetSetDef]) -> *mut abi::PyGetSetDef {
    if table.len() == 1 {
        std::ptr::null_mut()
    } else {
        table.as_ptr().cast_mut().cast()
    }
}

/// What separates a signature from the docstring in `tp_doc`.
const SIGNATURE_END: &str = "\n--\n\n";

const fn class_signature(tables: &[ClassTable]) -> Option<&'static str> {
    let mut index = 0;
    while index < tables.len() {
        if let Some(signature) = tables[index].text_signature {
            return Some(signature);
        }
        index += 1;
    }
    None
}

/// How many bytes `tp_doc` takes, its NUL included; 0 if there is nothing to say.
pub const fn doc_len(name: &str, tables: &[ClassTable], doc: &str) -> usize {
    match class_signature(tables) {
        Some(signature) => name.len() + signature.len() + SIGNATURE_END.len() + doc.len() + 1,
        None if doc.is_empty() => 0,
        None => doc.len() + 1,
    }
}

/// `tp_doc`: the signature in front of the docstring.
pub const fn doc_bytes<const N: usize>(name: &str, tables: &[ClassTable], doc: &str) -> [u8; N] {
    let mut bytes = [0; N];
    let mut end = 0;
    if let Some(signature) = class_signature(tables) {
        end = append(&mut bytes, end, name);
        end = append(&mut bytes, end, signature);
        end = append(&mut bytes, end, SIGNATURE_END);
    }
    append(&mut bytes, end, doc);
    bytes
}

const fn append(bytes: &mut [u8], at: usize, text: &str) -> usize {
    let text = text.as_bytes();
    let mut index = 0;
    while index < text.len() {
        bytes[at + index] = text[index];
        index += 1;
    }
    at + text.len()
}

/// The pointer to a doc that ends with a NUL: null for an empty one.
pub const fn doc_ptr(doc: &'static [u8]) -> *const c_char {
    if doc.is_empty() {
        null()
    } else {
        doc.as_ptr().cast()
    }
}
