//! `Pickler`: what it is told, and its memo. The work is in `save`.

use std::cell::{Cell, RefCell};

use krait_macros::{pyclass, pymethods};
use krait_runtime::{
    Field, Obj, Py, PyBytes, PyClass, PyDict, PyObject, PyResult, PyStr, PyTuple, PyType, WeakList,
    attribute_error, exc, none, runtime_error, type_error, value_error,
};

use super::memo::{Memo, PicklerMemoProxy};
use super::save::Save;
use super::{DEFAULT_PROTOCOL, HIGHEST_PROTOCOL, hook, pickling_error};

/// This takes a binary file for writing a pickle data stream.
#[pyclass(name = "Pickler", module = "_pickle", flags(BASETYPE, GC))]
#[repr(C)]
pub(super) struct Pickler {
    ob_base: PyObject,
    memo: RefCell<Memo>,
    /// The file's `write`; none before `__init__`, and for `dumps`.
    #[traverse]
    write: Field<PyObject>,
    #[traverse]
    persistent_id: Field<PyObject>,
    #[traverse]
    dispatch_table: Field<PyObject>,
    #[traverse]
    buffer_callback: Field<PyObject>,
    protocol: Cell<i64>,
    /// Whether the instructions may be binary; follows from the protocol unless it is set.
    bin: Cell<i32>,
    fast: Cell<i32>,
    /// Whether an object is being saved: nothing else may be then.
    running: Cell<bool>,
    fix_imports: Cell<bool>,
    #[weaklist]
    weaklist: WeakList,
}

impl Pickler {
    pub(super) fn make(class: &PyType) -> PyResult<Py<Pickler>> {
        Py::new_in(
            class,
            Pickler {
                ob_base: PyObject::HEADER,
                memo: RefCell::default(),
                write: Field::empty(),
                persistent_id: Field::empty(),
                dispatch_table: Field::empty(),
                buffer_callback: Field::empty(),
                protocol: Cell::new(DEFAULT_PROTOCOL),
                bin: Cell::new(1),
                fast: Cell::new(0),
                running: Cell::new(false),
                fix_imports: Cell::new(true),
                weaklist: WeakList::new(),
            },
        )
    }

    pub(super) fn set_options(
        &self,
        file: Option<&PyObject>,
        protocol: Option<&PyObject>,
        fix_imports: bool,
        buffer_callback: Option<&PyObject>,
    ) -> PyResult<()> {
        let protocol = match protocol {
            None => DEFAULT_PROTOCOL,
            Some(protocol) => {
                let protocol: i32 = protocol.extract()?;
                if protocol < 0 {
                    HIGHEST_PROTOCOL
                } else {
                    i64::from(protocol)
                }
            }
        };
        if protocol > HIGHEST_PROTOCOL {
            return Err(value_error!(
                "pickle protocol must be <= {HIGHEST_PROTOCOL}"
            ));
        }
        self.protocol.set(protocol);
        self.bin.set(i32::from(protocol > 0));
        self.fix_imports.set(fix_imports && protocol < 3);
        if let Some(file) = file {
            let Some(write) = file.lookup_attr(krait_runtime::intern!("write"))? else {
                return Err(type_error!("file must have a 'write' attribute"));
            };
            self.write.set(Some(write));
        }
        if buffer_callback.is_some() && protocol < 5 {
            return Err(value_error!("buffer_callback needs protocol >= 5"));
        }
        self.buffer_callback
            .set(buffer_callback.map(PyClass::to_obj));
        Ok(())
    }

    pub(super) fn memo(&self) -> &RefCell<Memo> {
        &self.memo
    }

    /// Empties the memo.
    pub(super) fn forget(&self) {
        let old = self.memo.take();
        drop(old);
    }

    pub(super) fn protocol(&self) -> i64 {
        self.protocol.get()
    }

    pub(super) fn is_binary(&self) -> bool {
        self.bin.get() != 0
    }

    pub(super) fn is_fast(&self) -> bool {
        self.fast.get() != 0
    }

    pub(super) fn fixes_imports(&self) -> bool {
        self.fix_imports.get()
    }

    pub(super) fn buffer_callback(&self) -> Option<Obj> {
        self.buffer_callback.get()
    }

    fn save(&self, write: Option<Obj>) -> PyResult<Save<'_>> {
        if self.is_exact::<Pickler>() {
            // Nothing but its fields can say anything: its instances have no dictionary.
            let hook = self.persistent_id.get();
            return Ok(Save::new(
                self,
                write,
                hook,
                None,
                self.dispatch_table.get(),
            ));
        }
        let table = match self.dispatch_table.get() {
            Some(table) => Some(table),
            None => self.lookup_attr(krait_runtime::intern!("dispatch_table"))?,
        };
        Ok(Save::new(
            self,
            write,
            hook(
                self,
                &self.persistent_id,
                Pickler::type_object(),
                "persistent_id",
            )?,
            self.lookup_attr(krait_runtime::intern!("reducer_override"))?,
            table,
        ))
    }

    pub(super) fn dump_to_file(&self, object: &PyObject) -> PyResult<()> {
        let Some(write) = self.write.get() else {
            return Err(pickling_error(format!(
                "Pickler.__init__() was not called by {}.__init__()",
                self.type_().tp_name()
            )));
        };
        let _running = Running::start(&self.running, "Pickler")?;
        let mut save = self.save(Some(write))?;
        save.dump(object)?;
        save.flush()
    }

    pub(super) fn dump_to_bytes(&self, object: &PyObject) -> PyResult<Obj> {
        let mut save = self.save(None)?;
        save.dump(object)?;
        Ok(PyBytes::new(save.output())?.into_object())
    }
}

#[pymethods]
impl Pickler {
    #[slot(tp_new)]
    fn tp_new(class: &PyType, _args: &PyTuple, _kwargs: Option<&PyDict>) -> PyResult<Obj> {
        Ok(Pickler::make(class)?.into_object())
    }

    #[pyinit(signature = "(file, protocol=None, fix_imports=True, buffer_callback=None)")]
    fn init(
        &self,
        file: &PyObject,
        protocol: Option<&PyObject>,
        fix_imports: bool,
        buffer_callback: Option<&PyObject>,
    ) -> PyResult<()> {
        let _running = Running::start(&self.running, "Pickler")?;
        self.forget();
        self.fast.set(0);
        self.set_options(Some(file), protocol, fix_imports, buffer_callback)
    }

    /// Write a pickled representation of the given object to the open file.
    #[pymethod(signature = "($self, obj, /)")]
    fn dump(&self, obj: &PyObject) -> PyResult<()> {
        self.dump_to_file(obj)
    }

    /// Clears the pickler's "memo".
    #[pymethod(signature = "($self, /)")]
    fn clear_memo(&self) {
        self.forget();
    }

    #[pymethod(name = "persistent_id", signature = "($self, obj, /)")]
    fn no_persistent_id(&self, obj: &PyObject) {
        let _ = obj;
    }

    /// Returns size in memory, in bytes.
    #[pymethod(name = "__sizeof__", signature = "($self, /)")]
    fn sizeof(&self) -> usize {
        let entry = size_of::<(usize, (usize, Obj))>();
        size_of::<Pickler>() + self.memo.borrow().capacity() * entry
    }

    #[slot(tp_getattro)]
    fn getattro(&self, name: &PyObject) -> PyResult<Obj> {
        let Some(name) = name.downcast::<PyStr>() else {
            return self.generic_getattr(&*name.str()?);
        };
        if name.is_text("persistent_id")
            && let Some(set) = self.persistent_id.get()
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
        if name.is_text("persistent_id") {
            self.persistent_id.set(value.map(PyClass::to_obj));
            return Ok(());
        }
        self.generic_setattr(name, value)
    }

    #[pygetter(name = "bin")]
    fn get_bin(&self) -> i32 {
        self.bin.get()
    }

    #[pysetter(name = "bin")]
    fn set_bin(&self, value: Option<&PyObject>) -> PyResult<()> {
        self.bin.set(int_field(value)?);
        Ok(())
    }

    #[pygetter(name = "fast")]
    fn get_fast(&self) -> i32 {
        self.fast.get()
    }

    #[pysetter(name = "fast")]
    fn set_fast(&self, value: Option<&PyObject>) -> PyResult<()> {
        self.fast.set(int_field(value)?);
        Ok(())
    }

    #[pygetter(name = "dispatch_table")]
    fn get_dispatch_table(&self) -> PyResult<Obj> {
        self.dispatch_table
            .get()
            .ok_or_else(|| attribute_error!("dispatch_table"))
    }

    #[pysetter(name = "dispatch_table")]
    fn set_dispatch_table(&self, value: Option<&PyObject>) -> PyResult<()> {
        if value.is_none() && !self.dispatch_table.is_some() {
            return Err(attribute_error!("dispatch_table"));
        }
        self.dispatch_table.set(value.map(PyClass::to_obj));
        Ok(())
    }

    #[pygetter(name = "memo")]
    fn get_memo(&self) -> PyResult<Py<PicklerMemoProxy>> {
        PicklerMemoProxy::new(self)
    }

    #[pysetter(name = "memo")]
    fn set_memo(&self, value: Option<&PyObject>) -> PyResult<()> {
        let Some(value) = value else {
            return Err(type_error!("attribute deletion is not supported"));
        };
        let old = self.memo.replace(PicklerMemoProxy::entries(value)?);
        drop(old);
        Ok(())
    }
}

/// What a field that holds a C int is set to.
fn int_field(value: Option<&PyObject>) -> PyResult<i32> {
    let Some(value) = value else {
        return Err(type_error!("can't delete numeric/char attribute"));
    };
    let value: i64 = value.extract()?;
    if i32::try_from(value).is_err() {
        let message = "Truncation of value to int";
        krait_runtime::hooks::warn(&exc::RuntimeWarning, message, 1)?;
    }
    Ok(value as i32)
}

/// Marks a pickler or unpickler as being used until it goes.
pub(super) struct Running<'a>(&'a Cell<bool>);

impl<'a> Running<'a> {
    pub(super) fn start(flag: &'a Cell<bool>, what: &str) -> PyResult<Running<'a>> {
        if flag.replace(true) {
            return Err(runtime_error!("{what} object is already used"));
        }
        Ok(Running(flag))
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

/// `None` as no table, which stands for copyreg's.
pub(super) fn table_or_none(table: Option<Obj>) -> Option<Obj> {
    table.filter(|table| !table.is(none()))
}
