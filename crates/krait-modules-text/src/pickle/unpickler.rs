//! `Unpickler`: what it is told, and its memo. The work is in `load`.

use std::cell::{Cell, RefCell};

use krait_macros::{pyclass, pymethods};
use krait_runtime::{
    Field, Obj, Py, PyBytes, PyClass, PyDict, PyObject, PyResult, PyStr, PyTuple, PyType, WeakList,
    attribute_error, exc, type_error,
};

use super::input::Input;
use super::load::Load;
use super::memo::UnpicklerMemoProxy;
use super::pickler::Running;
use super::save_reduce::{dotted, get_dotted, raised_in};
use super::{hook, unpickling_error};
use crate::util::{Data, import, import_named};

/// This takes a binary file for reading a pickle data stream.
#[pyclass(name = "Unpickler", module = "_pickle", flags(BASETYPE, GC))]
#[repr(C)]
pub(super) struct Unpickler {
    ob_base: PyObject,
    #[traverse]
    memo: RefCell<Vec<Option<Obj>>>,
    #[traverse]
    read: Field<PyObject>,
    #[traverse]
    readline: Field<PyObject>,
    #[traverse]
    persistent_load: Field<PyObject>,
    /// The iterator over out-of-band buffers.
    #[traverse]
    buffers: Field<PyObject>,
    encoding: RefCell<String>,
    errors: RefCell<String>,
    fix_imports: Cell<bool>,
    /// Whether a pickle is being read: nothing else may be then.
    running: Cell<bool>,
    /// The protocol of the pickle being read.
    protocol: Cell<u8>,
    #[weaklist]
    weaklist: WeakList,
}

/// What a caller can choose.
pub(super) struct Options<'a> {
    pub(super) file: Option<&'a PyObject>,
    pub(super) fix_imports: bool,
    pub(super) encoding: &'a str,
    pub(super) errors: &'a str,
    pub(super) buffers: Option<&'a PyObject>,
}

impl Unpickler {
    pub(super) fn make(class: &PyType) -> PyResult<Py<Unpickler>> {
        Py::new_in(
            class,
            Unpickler {
                ob_base: PyObject::HEADER,
                memo: RefCell::default(),
                read: Field::empty(),
                readline: Field::empty(),
                persistent_load: Field::empty(),
                buffers: Field::empty(),
                encoding: RefCell::default(),
                errors: RefCell::default(),
                fix_imports: Cell::new(true),
                running: Cell::new(false),
                protocol: Cell::new(0),
                weaklist: WeakList::new(),
            },
        )
    }

    pub(super) fn set_options(&self, options: Options<'_>) -> PyResult<()> {
        if let Some(file) = options.file {
            let read = file.lookup_attr(krait_runtime::intern!("read"))?;
            let readline = file.lookup_attr(krait_runtime::intern!("readline"))?;
            if read.is_none() || readline.is_none() {
                return Err(type_error!(
                    "file must have 'read' and 'readline' attributes"
                ));
            }
            self.read.set(read);
            self.readline.set(readline);
        }
        self.encoding.replace(options.encoding.to_owned());
        self.errors.replace(options.errors.to_owned());
        self.fix_imports.set(options.fix_imports);
        let buffers = match options.buffers {
            Some(buffers) => Some(buffers.iter()?),
            None => None,
        };
        self.buffers.set(buffers);
        self.protocol.set(0);
        Ok(())
    }

    pub(super) fn memo(&self) -> &RefCell<Vec<Option<Obj>>> {
        &self.memo
    }

    pub(super) fn buffers(&self) -> Option<Obj> {
        self.buffers.get()
    }

    pub(super) fn set_protocol(&self, protocol: u8) {
        self.protocol.set(protocol);
    }

    fn load_input(&self, input: Input) -> PyResult<Obj> {
        let _running = Running::start(&self.running, "Unpickler")?;
        let persistent = if self.is_exact::<Unpickler>() {
            self.persistent_load.get()
        } else {
            hook(
                self,
                &self.persistent_load,
                Unpickler::type_object(),
                "persistent_load",
            )?
        };
        self.protocol.set(0);
        Load::new(self, input, persistent).run()
    }

    pub(super) fn load_from_file(&self) -> PyResult<Obj> {
        let (Some(read), Some(readline)) = (self.read.get(), self.readline.get()) else {
            return Err(unpickling_error(format!(
                "Unpickler.__init__() was not called by {}.__init__()",
                self.type_().tp_name()
            )));
        };
        self.load_input(Input::of_file(read, readline))
    }

    pub(super) fn load_from_bytes(&self, data: Data) -> PyResult<Obj> {
        self.load_input(Input::of_bytes(data))
    }

    /// Text of a pickle of Python 2, which did not tell it from bytes.
    pub(super) fn decode(&self, bytes: &[u8]) -> PyResult<Obj> {
        let (encoding, errors) = (self.encoding.borrow().clone(), self.errors.borrow().clone());
        if encoding == "bytes" {
            return Ok(PyBytes::new(bytes)?.into_object());
        }
        Ok(krait_runtime::codecs::decode(bytes, &encoding, Some(&errors))?.into_object())
    }

    /// The object with a name; a subclass's own method is asked.
    pub(super) fn class(&self, module: &PyStr, name: &PyStr) -> PyResult<Obj> {
        if self.is_exact::<Unpickler>() {
            return self.find(module, name);
        }
        self.call_method(krait_runtime::intern!("find_class"), &[module, name])
    }

    fn find(&self, module: &PyStr, name: &PyStr) -> PyResult<Obj> {
        krait_runtime::audit!("pickle.find_class", module, name)?;
        let (mut module, mut name) = (module.to_obj(), name.to_obj());
        if self.protocol.get() < 3 && self.fix_imports.get() {
            (module, name) = new_names(module, name)?;
        }
        let (Some(module_name), Some(name)) =
            (module.downcast::<PyStr>(), name.downcast::<PyStr>())
        else {
            return Err(type_error!("the names of a global must be str"));
        };
        let module = import_named(module_name)?;
        if self.protocol.get() < 4 {
            return module.getattr(name);
        }
        let path = dotted(name)?;
        if path.len() == 1 {
            return module.getattr(name);
        }
        get_dotted(&module, &path).or_else(|error| {
            if !error.matches(&exc::AttributeError) {
                return Err(error);
            }
            let context = error.take();
            let raised = attribute_error!(
                "Can't resolve path {} on module {}",
                name.repr()?.to_string_lossy(),
                module_name.repr()?.to_string_lossy()
            );
            Err(raised_in(context, raised))
        })
    }
}

/// What is now the name of a thing of Python 2.
fn new_names(module: Obj, name: Obj) -> PyResult<(Obj, Obj)> {
    let compat = import("_compat_pickle")?;
    let key = PyTuple::from_vec(vec![module.clone(), name.clone()])?;
    if let Some(found) = compat
        .getattr(krait_runtime::intern!("NAME_MAPPING"))?
        .lookup_item(&key)?
    {
        return match found.downcast::<PyTuple>().map(PyTuple::as_slice) {
            Some([module, name]) => Ok((module.clone(), name.clone())),
            _ => Err(krait_runtime::runtime_error!(
                "_compat_pickle.NAME_MAPPING values should be 2-tuples"
            )),
        };
    }
    match compat
        .getattr(krait_runtime::intern!("IMPORT_MAPPING"))?
        .lookup_item(&module)?
    {
        Some(module) => Ok((module, name)),
        None => Ok((module, name)),
    }
}

#[pymethods]
impl Unpickler {
    #[slot(tp_new)]
    fn tp_new(class: &PyType, _args: &PyTuple, _kwargs: Option<&PyDict>) -> PyResult<Obj> {
        Ok(Unpickler::make(class)?.into_object())
    }

    #[pyinit(
        signature = "(file, *, fix_imports=True, encoding='ASCII', errors='strict', buffers=())"
    )]
    fn init(
        &self,
        file: &PyObject,
        fix_imports: bool,
        encoding: &str,
        errors: &str,
        buffers: Option<&PyObject>,
    ) -> PyResult<()> {
        let _running = Running::start(&self.running, "Unpickler")?;
        let old = self.memo.take();
        drop(old);
        self.set_options(Options {
            file: Some(file),
            fix_imports,
            encoding,
            errors,
            buffers,
        })
    }

    /// Load a pickle and return the object.
    #[pymethod(signature = "($self, /)")]
    fn load(&self) -> PyResult<Obj> {
        self.load_from_file()
    }

    /// Return an object from a specified module.
    #[pymethod(signature = "($self, module_name, global_name, /)")]
    fn find_class(&self, module_name: &PyStr, global_name: &PyStr) -> PyResult<Obj> {
        self.find(module_name, global_name)
    }

    #[pymethod(name = "persistent_load", signature = "($self, pid, /)")]
    fn no_persistent_load(&self, pid: &PyObject) -> PyResult<Obj> {
        let _ = pid;
        Err(no_persistent_load())
    }

    /// Returns size in memory, in bytes.
    #[pymethod(name = "__sizeof__", signature = "($self, /)")]
    fn sizeof(&self) -> usize {
        size_of::<Unpickler>() + self.memo.borrow().capacity() * size_of::<Option<Obj>>()
    }

    #[slot(tp_getattro)]
    fn getattro(&self, name: &PyObject) -> PyResult<Obj> {
        let Some(name) = name.downcast::<PyStr>() else {
            return self.generic_getattr(&*name.str()?);
        };
        if name.is_text("persistent_load")
            && let Some(set) = self.persistent_load.get()
        {
            return Ok(set);
        }
        self.generic_getattr(name)
    }

    #[slot(tp_setattro)]
    fn setattro(&self, name: &PyObject, value: Option<&PyObject>) -> PyResult<()> {
        let Some(name) = name.downcast::<PyStr>() else {
            return self.generic_setattr(&*name.str()?, value);
        };
        if name.is_text("persistent_load") {
            self.persistent_load.set(value.map(PyClass::to_obj));
            return Ok(());
        }
        self.generic_setattr(name, value)
    }

    #[pygetter(name = "memo")]
    fn get_memo(&self) -> PyResult<Py<UnpicklerMemoProxy>> {
        UnpicklerMemoProxy::new(self)
    }

    #[pysetter(name = "memo")]
    fn set_memo(&self, value: Option<&PyObject>) -> PyResult<()> {
        let Some(value) = value else {
            return Err(type_error!("attribute deletion is not supported"));
        };
        let old = self.memo.replace(UnpicklerMemoProxy::entries(value)?);
        drop(old);
        Ok(())
    }
}

/// A persistent id came up and nobody knows what to do with it.
pub(super) fn no_persistent_load() -> krait_runtime::PyErr {
    unpickling_error(
        "A load persistent id instruction was encountered, but no persistent_load function was \
         specified.",
    )
}
