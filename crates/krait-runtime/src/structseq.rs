//! Struct sequences (`PyStructSequence`): tuples whose items have names too, such as `os.stat_result`.
//!
//! A module writes one table per class and makes instances from it:
//!
//! ```ignore
//! static STRUCT_PASSWD: StructSeq = StructSeq::new("pwd.struct_passwd", "pwd.struct_passwd: …", &[
//!     ("pw_name", "user name"),
//!     ("pw_passwd", "password"),
//! ]);
//! dict.set("struct_passwd", STRUCT_PASSWD.class()?)?;
//! STRUCT_PASSWD.make(vec![name, password])
//! ```
//!
//! Invariants:
//! 1. The first `visible` fields are the tuple's items; the others follow them in memory, counted in
//!    `tp_basicsize`, and are seen by name only. A hidden field may be null, which reads as None.
//! 2. The class of an instance is the first field of a [`SeqType`] and has no subclasses.

use std::cell::Cell;
use std::ffi::{CString, c_char, c_int, c_void};
use std::mem::offset_of;
use std::sync::atomic::{AtomicPtr, Ordering};

use krait_abi as abi;
use krait_macros::pymethods;

use crate::args::{ArgSpec, CallArgs};
use crate::class::{self, TypeParts, TypeSpec};
use crate::object::{Obj, PyClass, PyObject, decref};
use crate::typeobject::PyType;
use crate::{
    Args, KwArgs, PyDict, PyErr, PyList, PyResult, PyStr, PyTuple, exc, gc, none, type_error,
};

/// What a class of struct sequences consists of.
pub struct StructSeq {
    /// The class's name, with its module in front.
    name: &'static str,
    doc: &'static str,
    /// Names and docs; a field whose name is empty is an item of the tuple only.
    fields: &'static [(&'static str, &'static str)],
    /// How many fields are items of the tuple.
    visible: usize,
    /// Whether Python code may make instances.
    instantiable: bool,
    /// Whether Python code may set attributes of the class.
    mutable: bool,
    /// Fills hidden fields in that Python code did not give.
    complete: Option<fn(&mut [Option<Obj>])>,
    /// The fields as parameters of the class, which takes a sequence otherwise.
    parameters: Option<&'static ArgSpec>,
    made: AtomicPtr<SeqType>,
}

/// A class with what its slots need to know.
#[repr(C)]
struct SeqType {
    class: PyType,
    spec: &'static StructSeq,
    /// The named fields, as `tp_members` has them.
    members: Vec<abi::PyMemberDef>,
}

/// Bytes before the items of a tuple.
const HEADER: usize = offset_of!(abi::PyTupleObject, ob_item);

impl StructSeq {
    /// A class whose fields are all items of the tuple.
    pub const fn new(
        name: &'static str,
        doc: &'static str,
        fields: &'static [(&'static str, &'static str)],
    ) -> StructSeq {
        StructSeq {
            name,
            doc,
            fields,
            visible: fields.len(),
            instantiable: true,
            mutable: true,
            complete: None,
            parameters: None,
            made: AtomicPtr::new(std::ptr::null_mut()),
        }
    }

    /// Only the first `visible` fields are items of the tuple; the others have names alone.
    pub const fn visible(mut self, visible: usize) -> StructSeq {
        assert!(visible <= self.fields.len());
        self.visible = visible;
        self
    }

    /// A class of the interpreter itself, whose attributes cannot be set.
    pub const fn immutable(mut self) -> StructSeq {
        self.mutable = false;
        self
    }

    /// Python code cannot make instances (`sys.flags`).
    pub const fn not_instantiable(mut self) -> StructSeq {
        self.instantiable = false;
        self
    }

    /// `complete` fills hidden fields in of an instance that Python code makes; it sees all fields.
    pub const fn completed_by(mut self, complete: fn(&mut [Option<Obj>])) -> StructSeq {
        self.complete = Some(complete);
        self
    }

    /// The class takes the fields, all of which are items, as arguments.
    pub const fn called_with(mut self, parameters: &'static ArgSpec) -> StructSeq {
        assert!(parameters.params.len() == self.fields.len());
        assert!(self.visible == self.fields.len());
        self.parameters = Some(parameters);
        self
    }

    /// The class, made on first use.
    pub fn class(&'static self) -> PyResult<&'static PyType> {
        let mut made = self.made.load(Ordering::Acquire);
        if made.is_null() {
            made = Box::into_raw(Box::new(self.build()));
            // SAFETY: just leaked.
            let seq_type = unsafe { &*made };
            seq_type
                .class
                .raw()
                .tp_members
                .set(seq_type.members.as_ptr().cast_mut());
            crate::typeobject::ready_type(&seq_type.class)?;
            self.add_constants(seq_type)?;
            if self.mutable {
                let flags = &seq_type.class.raw().tp_flags;
                flags.set(flags.get() & !abi::Py_TPFLAGS_IMMUTABLETYPE);
            }
            self.made.store(made, Ordering::Release);
        }
        // SAFETY: leaked above.
        Ok(unsafe { &(*made).class })
    }

    /// An instance; hidden fields at the end may be left out.
    pub fn make(&'static self, values: Vec<Obj>) -> PyResult<Obj> {
        debug_assert!(
            (self.visible..=self.fields.len()).contains(&values.len()),
            "{}",
            self.name
        );
        self.filled(values.into_iter().map(Some))
    }

    fn unnamed(&self) -> usize {
        self.fields
            .iter()
            .filter(|(name, _)| name.is_empty())
            .count()
    }

    fn filled(&'static self, values: impl Iterator<Item = Option<Obj>>) -> PyResult<Obj> {
        let object = crate::alloc::alloc_object(self.class()?, self.visible)?;
        // SAFETY: the object has room for all fields (invariant 1), zeroed, which nobody sees yet.
        unsafe {
            (*object.as_ptr().cast::<abi::PyTupleObject>())
                .ob_hash
                .set(-1);
            let slots = object.as_ptr().byte_add(HEADER).cast::<Option<Obj>>();
            for (index, value) in values.take(self.fields.len()).enumerate() {
                slots.add(index).write(value);
            }
        }
        gc::track(&object);
        Ok(object)
    }

    /// The type object, not ready yet.
    fn build(&'static self) -> SeqType {
        let c_text = |text: &str| -> *const c_char {
            // Tables hold no NUL.
            CString::new(text).unwrap_or_default().into_raw()
        };
        let member = |(index, (name, doc)): (usize, &(&str, &str))| abi::PyMemberDef {
            name: c_text(name),
            r#type: abi::_Py_T_OBJECT,
            offset: (HEADER + index * size_of::<Obj>()) as isize,
            flags: abi::Py_READONLY,
            doc: if doc.is_empty() {
                std::ptr::null()
            } else {
                c_text(doc)
            },
        };
        let named = self
            .fields
            .iter()
            .enumerate()
            .filter(|(_, (name, _))| !name.is_empty());
        let mut members: Vec<_> = named.map(member).collect();
        members.push(abi::PyMemberDef::EMPTY);

        let mut parts = TypeParts::EMPTY;
        PyStructSeq::__krait_slots_METHODS(&mut parts);
        parts.ty.tp_dealloc = Cell::new(Some(dealloc));
        parts.ty.tp_traverse = Cell::new(Some(traverse));
        if self.instantiable {
            parts.ty.tp_new = Cell::new(Some(new));
        }
        let methods: &'static mut [_] =
            Box::leak(Box::new(class::join_methods::<3>(&[PyStructSeq::METHODS])));
        let hidden = (self.fields.len() - self.visible) * size_of::<Obj>();
        let flags = abi::Py_TPFLAGS_DEFAULT | abi::Py_TPFLAGS_HAVE_GC;
        let class = class::static_type(
            TypeSpec {
                // SAFETY: leaked by `c_text`.
                name: unsafe { std::ffi::CStr::from_ptr(c_text(self.name)) },
                basicsize: (HEADER + hidden) as isize,
                itemsize: size_of::<Obj>() as isize,
                flags: if self.instantiable {
                    flags
                } else {
                    flags | abi::Py_TPFLAGS_DISALLOW_INSTANTIATION
                },
                base: <PyTuple as class::StaticClass>::TYPE,
                dict_offset: 0,
                weaklist_offset: 0,
                vectorcall_offset: 0,
                doc: if self.doc.is_empty() {
                    std::ptr::null()
                } else {
                    c_text(self.doc)
                },
                methods: class::methods_ptr(methods),
                getset: std::ptr::null_mut(),
                number: std::ptr::null_mut(),
                sequence: std::ptr::null_mut(),
                mapping: std::ptr::null_mut(),
                asynchronous: std::ptr::null_mut(),
                buffer: std::ptr::null_mut(),
            },
            parts,
        );
        SeqType {
            class,
            spec: self,
            members,
        }
    }

    /// `n_fields` and its kin, and `__match_args__`.
    fn add_constants(&self, seq_type: &SeqType) -> PyResult<()> {
        let dict = seq_type.class.dict();
        let count = |count: usize| crate::PyLong::from_i64(count as i64);
        dict.set("n_sequence_fields", &*count(self.visible)?)?;
        dict.set("n_fields", &*count(self.fields.len())?)?;
        dict.set("n_unnamed_fields", &*count(self.unnamed())?)?;
        let names = self.fields[..self.visible]
            .iter()
            .filter(|(name, _)| !name.is_empty())
            .map(|(name, _)| Ok(PyStr::intern(name)?.into_object()))
            .collect::<PyResult<Vec<_>>>()?;
        dict.set("__match_args__", &*PyTuple::from_vec(names)?)?;
        seq_type.class.modified();
        Ok(())
    }

    /// The name that goes with a field in `repr` and pickles: unnamed fields are passed over, as
    /// CPython does.
    fn shown_name(&self, index: usize) -> &'static str {
        self.fields
            .iter()
            .filter(|(name, _)| !name.is_empty())
            .nth(index)
            .map_or("", |(name, _)| name)
    }

    /// The fields of an instance from the arguments of a call.
    fn fields_from(&self, items: Vec<Obj>, named: Option<&PyObject>) -> PyResult<Vec<Option<Obj>>> {
        let (name, least, most, given) = (self.name, self.visible, self.fields.len(), items.len());
        let named = match named {
            None => None,
            Some(named) => Some(
                named
                    .downcast::<PyDict>()
                    .ok_or_else(|| type_error!("{name}() takes a dict as second arg, if any"))?,
            ),
        };
        if least == most && given != least {
            return Err(type_error!(
                "{name}() takes a {least}-sequence ({given}-sequence given)"
            ));
        }
        if given < least {
            return Err(type_error!(
                "{name}() takes an at least {least}-sequence ({given}-sequence given)"
            ));
        }
        if given > most {
            return Err(type_error!(
                "{name}() takes an at most {most}-sequence ({given}-sequence given)"
            ));
        }
        let mut fields: Vec<Option<Obj>> = items.into_iter().map(Some).collect();
        let mut used = 0;
        for index in given..most {
            let value = match named {
                Some(named) => named.get(self.shown_name(index - self.unnamed()))?,
                None => None,
            };
            used += usize::from(value.is_some());
            fields.push(value);
        }
        if named.is_some_and(|named| named.len() > used) {
            return Err(type_error!(
                "{name}() got duplicate or unexpected field name(s)"
            ));
        }
        if let Some(complete) = self.complete {
            complete(&mut fields);
        }
        for field in &mut fields {
            field.get_or_insert_with(|| none().to_obj());
        }
        Ok(fields)
    }
}

/// An instance without any field, which C code fills in; `None` if the class is not one of these.
pub fn new_empty(class: &PyType) -> Option<PyResult<Obj>> {
    let is_made_here = class
        .raw()
        .tp_dealloc
        .get()
        .is_some_and(|slot| slot as usize == dealloc as *const () as usize);
    // SAFETY: invariant 2: only classes made here have this deallocator.
    let spec =
        is_made_here.then(|| unsafe { (*std::ptr::from_ref(class).cast::<SeqType>()).spec })?;
    Some(spec.filled(std::iter::empty()))
}

/// What `sys.unraisablehook` is called with.
pub static UNRAISABLE_HOOK_ARGS: StructSeq = StructSeq::new(
    "UnraisableHookArgs",
    "UnraisableHookArgs\n\nType used to pass arguments to sys.unraisablehook.",
    &[
        ("exc_type", "Exception type"),
        ("exc_value", "Exception value"),
        ("exc_traceback", "Exception traceback"),
        ("err_msg", "Error message"),
        ("object", "Object causing the exception"),
    ],
)
.immutable();

/// An instance of any class of struct sequences.
#[repr(transparent)]
pub struct PyStructSeq(PyTuple);

// SAFETY: laid out as a tuple; only classes made here have this deallocator.
unsafe impl PyClass for PyStructSeq {
    const NAME: &'static str = "structseq";

    fn type_object() -> &'static PyType {
        PyTuple::type_object()
    }

    fn check(obj: &PyObject) -> bool {
        obj.type_()
            .raw()
            .tp_dealloc
            .get()
            .is_some_and(|slot| slot as usize == dealloc as *const () as usize)
    }
}

impl PyStructSeq {
    fn spec(&self) -> &'static StructSeq {
        // SAFETY: invariant 2.
        unsafe { (*std::ptr::from_ref(self.as_object().type_()).cast::<SeqType>()).spec }
    }

    /// Field number `index`, hidden ones included.
    pub fn field(&self, index: usize) -> Option<Obj> {
        self.all().get(index)?.clone()
    }

    fn all(&self) -> &[Option<Obj>] {
        // SAFETY: invariant 1; an `Option<Obj>` is a pointer that may be null, and fields never
        // change once the instance is made.
        unsafe {
            std::slice::from_raw_parts(
                self.as_object()
                    .as_ptr()
                    .byte_add(HEADER)
                    .cast::<Option<Obj>>(),
                self.spec().fields.len(),
            )
        }
    }
}

#[pymethods]
impl PyStructSeq {
    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Obj> {
        let spec = self.spec();
        let mut text = crate::StrBuilder::new();
        text.push_str(spec.name);
        text.push_str("(");
        for (index, value) in self.all()[..spec.visible].iter().enumerate() {
            if index > 0 {
                text.push_str(", ");
            }
            text.push_str(spec.shown_name(index));
            text.push_str("=");
            if let Some(value) = value {
                text.push_py(&*value.repr()?);
            }
        }
        text.push_str(")");
        Ok(text.finish()?.into_object())
    }

    #[pymethod(name = "__reduce__", signature = "($self, /)")]
    fn reduce(&self) -> PyResult<Obj> {
        let spec = self.spec();
        let or_none = |value: &Option<Obj>| value.clone().unwrap_or_else(|| none().to_obj());
        let items = self.all()[..spec.visible].iter().map(or_none).collect();
        if spec.parameters.is_some() {
            let class = self.as_object().type_().to_obj();
            let items = PyTuple::from_vec(items)?.into_object();
            return Ok(PyTuple::from_vec(vec![class, items])?.into_object());
        }
        let hidden = PyDict::new()?;
        for (index, value) in self.all().iter().enumerate().skip(spec.visible) {
            hidden.set(spec.shown_name(index - spec.unnamed()), &or_none(value))?;
        }
        let arguments = PyTuple::from_vec(vec![
            PyTuple::from_vec(items)?.into_object(),
            hidden.into_object(),
        ])?;
        let class = self.as_object().type_().to_obj();
        Ok(PyTuple::from_vec(vec![class, arguments.into_object()])?.into_object())
    }

    /// Return a copy of the structure with new values for the specified fields.
    #[pymethod(
        name = "__replace__",
        signature = "($self, *args, **changes)",
        text_signature = "($self, /, **changes)"
    )]
    fn replace(&self, args: Args<'_>, changes: KwArgs<'_>) -> PyResult<Obj> {
        let spec = self.spec();
        if args.iter().len() > 0 {
            return Err(type_error!("__replace__() takes no positional arguments"));
        }
        if spec.unnamed() > 0 {
            return Err(type_error!(
                "__replace__() is not supported for {} because it has unnamed field(s)",
                spec.name
            ));
        }
        let mut fields = self.all().to_vec();
        let mut unexpected = Vec::new();
        for (name, value) in changes.iter() {
            match spec
                .fields
                .iter()
                .position(|(field, _)| name.is_text(field))
            {
                Some(index) => fields[index] = Some(value.to_obj()),
                None => unexpected.push(name.to_obj()),
            }
        }
        if !unexpected.is_empty() {
            let names = PyList::from_vec(unexpected)?.repr()?;
            return Err(type_error!(
                "Got unexpected field name(s): {}",
                names.to_string_lossy()
            ));
        }
        spec.filled(fields.into_iter())
    }
}

/// `tp_new`: from a sequence, and a dictionary of hidden fields.
unsafe extern "C" fn new(
    class: *mut abi::PyTypeObject,
    args: *mut abi::PyObject,
    kwargs: *mut abi::PyObject,
) -> *mut abi::PyObject {
    // SAFETY: the contract of `tp_new`; by invariant 2 only classes made here come along.
    let (spec, args, kwargs) = unsafe {
        (
            (*class.cast::<SeqType>()).spec,
            PyObject::from_ptr(args).downcast_unchecked::<PyTuple>(),
            PyObject::from_ptr_opt(kwargs).and_then(|kwargs| kwargs.downcast::<PyDict>()),
        )
    };
    crate::call::result_into_ptr(new_instance(spec, args, kwargs))
}

fn new_instance(
    spec: &'static StructSeq,
    args: &PyTuple,
    kwargs: Option<&PyDict>,
) -> PyResult<Obj> {
    if let Some(parameters) = spec.parameters {
        let call = CallArgs::tuple_and_dict(args, kwargs);
        let mut buffer = vec![None; spec.fields.len()];
        let fields = call.parse(parameters, &mut buffer)?;
        return spec.filled(fields.iter().map(|field| field.map(PyClass::to_obj)));
    }
    let count = args.len() + kwargs.map_or(0, PyDict::len);
    if count > 2 {
        return Err(type_error!(
            "structseq() takes at most 2 arguments ({count} given)"
        ));
    }
    let mut values = [
        args.get(0).map(PyClass::to_owned),
        args.get(1).map(PyClass::to_owned),
    ];
    for (key, value) in kwargs.iter().flat_map(|kwargs| kwargs.items_vec()) {
        let name = key.str()?.to_string_lossy();
        let index = match name.as_str() {
            "sequence" => 0,
            "dict" => 1,
            _ => {
                return Err(type_error!(
                    "structseq() got an unexpected keyword argument '{name}'"
                ));
            }
        };
        if values[index].replace(value).is_some() {
            return Err(type_error!(
                "argument for structseq() given by name ('{name}') and position ({})",
                index + 1
            ));
        }
    }
    let [sequence, named] = values;
    let Some(sequence) = sequence else {
        return Err(type_error!(
            "structseq() missing required argument 'sequence' (pos 1)"
        ));
    };
    let items = sequence.to_vec().map_err(|error| {
        if error.matches(&exc::TypeError) {
            error.clear();
            return PyErr::new(&exc::TypeError, "constructor requires a sequence");
        }
        error
    })?;
    spec.filled(spec.fields_from(items, named.as_deref())?.into_iter())
}

/// `tp_dealloc`.
unsafe extern "C" fn dealloc(object: *mut abi::PyObject) {
    // SAFETY: nothing refers to the instance any more; its fields are owned pointers or null.
    unsafe {
        gc::untrack_raw(object);
        let spec = PyObject::from_ptr(object)
            .downcast_unchecked::<PyStructSeq>()
            .spec();
        let fields = object.byte_add(HEADER).cast::<*mut abi::PyObject>();
        for index in 0..spec.fields.len() {
            let field = *fields.add(index);
            if !field.is_null() {
                decref(field);
            }
        }
        crate::alloc::free_object(object);
    }
}

/// `tp_traverse`.
unsafe extern "C" fn traverse(
    object: *mut abi::PyObject,
    visit: abi::visitproc,
    arg: *mut c_void,
) -> c_int {
    // SAFETY: the collector calls this with a live instance.
    let fields = unsafe {
        PyObject::from_ptr(object)
            .downcast_unchecked::<PyStructSeq>()
            .all()
    };
    for field in fields.iter().flatten() {
        // SAFETY: the visitor takes a live object and its own argument.
        let status = unsafe { visit(field.as_ptr(), arg) };
        if status != 0 {
            return status;
        }
    }
    0
}
