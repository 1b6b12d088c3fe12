//! Worked examples of `#[pyclass]`, `#[pymethods]`, `#[pyfunction]` and `pymodule!`: one of each kind, checked through
//! the tables that they leave behind. What Python sees of them is tested with the interpreter.

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, c_char};

use krait_abi as abi;
use krait_macros::{pyclass, pyfunction, pymethods};
use krait_runtime::{
    Args, CompareOp, Field, KwArgs, Obj, OptionalArg, Py, PyClass, PyDict, PyModule, PyObject,
    PyResult, PyStr, PyTuple, PyType, SendResult, WeakList, pymodule, type_error,
};

/// A counter of events.
#[pyclass(
    name = "Counter",
    module = "example",
    flags(BASETYPE, GC),
    methods(METHODS, NUMBER)
)]
#[repr(C)]
pub struct PyCounter {
    ob_base: PyObject,
    count: Cell<isize>,
    #[traverse]
    on_change: Field<PyObject>,
    #[traverse]
    log: RefCell<Vec<Obj>>,
    #[weaklist]
    weaklist: WeakList,
    #[dict]
    dict: Field<PyDict>,
}

#[pymethods]
impl PyCounter {
    #[pynew(signature = "(start=0, *, on_change=None)", vectorcall)]
    fn new(cls: &PyType, start: isize, on_change: Option<&PyObject>) -> PyResult<Py<Self>> {
        Py::new_in(
            cls,
            PyCounter {
                ob_base: PyObject::HEADER,
                count: Cell::new(start),
                on_change: Field::from_option(on_change.map(PyClass::to_obj)),
                log: RefCell::new(Vec::new()),
                weaklist: WeakList::new(),
                dict: Field::empty(),
            },
        )
    }

    /// Add to the count.
    ///
    /// What was added is logged.
    #[pymethod(signature = "($self, by=1, /)")]
    fn add(&self, by: isize) -> PyResult<isize> {
        self.count.set(self.count.get() + by);
        Ok(self.count.get())
    }

    #[cfg(any())]
    #[pymethod]
    fn elsewhere(&self) {}

    #[pymethod]
    fn append(&self, item: &PyObject) {
        self.log.borrow_mut().push(item.to_obj());
    }

    #[pymethod(name = "__reduce__")]
    fn reduce(&self) -> PyResult<(Obj, (isize,))> {
        Ok((self.type_().to_obj(), (self.count.get(),)))
    }

    #[pymethod(signature = "($self, key, default=<unrepresentable>, /)")]
    fn get(&self, key: &PyStr, default: OptionalArg<&PyObject>) -> PyResult<Obj> {
        match default {
            OptionalArg::Present(default) => Ok(default.to_obj()),
            OptionalArg::Missing => Err(krait_runtime::err::key_error_object(key)),
        }
    }

    #[pyclassmethod(
        signature = "($type, text, /, encoding='utf-8', *, strict=False, ratio=0.5, limit=-1)"
    )]
    fn parse(
        cls: &PyType,
        text: &str,
        encoding: &str,
        strict: bool,
        ratio: f64,
        limit: i32,
    ) -> PyResult<String> {
        Ok(format!(
            "{}{text}{encoding}{strict}{ratio}{limit}",
            cls.name()
        ))
    }

    #[pystaticmethod(signature = "(x, y=None, /)")]
    fn pair(x: &PyObject, y: Option<isize>) -> (Obj, Option<isize>) {
        (x.to_obj(), y)
    }

    /// How many there were.
    #[pygetter]
    fn count(&self) -> isize {
        self.count.get()
    }

    #[pysetter]
    fn set_count(&self, value: Option<&PyObject>) -> PyResult<()> {
        let Some(value) = value else {
            return Err(type_error!("cannot delete count"));
        };
        self.count.set(value.extract()?);
        Ok(())
    }

    #[pygetter(name = "on_change")]
    fn get_on_change(&self) -> Option<Obj> {
        self.on_change.get()
    }

    #[slot(tp_repr, tp_str)]
    fn repr(&self) -> PyResult<String> {
        Ok(format!("Counter({})", self.count.get()))
    }

    #[slot(tp_hash)]
    fn hash(&self) -> isize {
        self.count.get()
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
        let order = other
            .downcast::<PyCounter>()
            .map(|other| self.count.get().cmp(&other.count.get()));
        Ok(krait_runtime::abstract_::not_implemented_if(
            order.map(|order| op.holds(order)),
        ))
    }

    #[slot(tp_iter)]
    fn iter(&self) -> Py<Self> {
        PyClass::to_owned(self)
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<isize>> {
        Ok((self.count.get() > 0).then(|| self.count.replace(self.count.get() - 1)))
    }

    #[slot(tp_call)]
    fn call(&self, args: &PyTuple, _kwargs: Option<&PyDict>) -> PyResult<usize> {
        Ok(args.len())
    }

    #[slot(sq_length, mp_length)]
    fn len(&self) -> usize {
        self.count.get().unsigned_abs()
    }

    #[slot(mp_subscript)]
    fn subscript(&self, key: &PyObject) -> PyResult<Obj> {
        Ok(key.to_obj())
    }

    #[slot(mp_ass_subscript)]
    fn assign(&self, _key: &PyObject, value: Option<&PyObject>) -> PyResult<()> {
        self.on_change.set(value.map(PyClass::to_obj));
        Ok(())
    }

    #[slot(sq_contains)]
    fn contains(&self, item: &PyObject) -> PyResult<bool> {
        Ok(self.log.borrow().iter().any(|each| each.is(item)))
    }

    #[slot(sq_item)]
    fn item(&self, index: isize) -> PyResult<isize> {
        Ok(index)
    }

    #[slot(sq_ass_item)]
    fn set_item(&self, _index: isize, _value: Option<&PyObject>) {}

    #[slot(tp_descr_get)]
    fn descr_get(&self, _obj: Option<&PyObject>, _ty: Option<&PyObject>) -> Py<Self> {
        PyClass::to_owned(self)
    }

    #[slot(am_send)]
    fn send(&self, arg: &PyObject) -> PyResult<SendResult> {
        Ok(SendResult::Next(arg.to_obj()))
    }

    #[slot(bf_getbuffer)]
    fn get_buffer(&self, _view: &mut abi::Py_buffer, _flags: i32) -> PyResult<()> {
        Err(type_error!("no buffer here"))
    }

    #[slot(bf_releasebuffer)]
    fn release_buffer(&self, _view: &mut abi::Py_buffer) {}

    #[slot(tp_finalize)]
    fn finalize(&self) {}
}

#[pymethods(NUMBER)]
impl PyCounter {
    #[slot(nb_add)]
    fn nb_add(left: &PyObject, right: &PyObject) -> PyResult<Obj> {
        let _ = (left, right);
        Ok(krait_runtime::not_implemented().to_obj())
    }

    #[slot(nb_power)]
    fn nb_power(left: &PyObject, _right: &PyObject, _modulus: &PyObject) -> PyResult<Obj> {
        Ok(left.to_obj())
    }

    #[slot(nb_bool)]
    fn nb_bool(&self) -> bool {
        self.count.get() != 0
    }

    #[slot(nb_index)]
    fn nb_index(&self) -> isize {
        self.count.get()
    }

    #[pymethod(signature = "($self, *values, sep=' ', **options)")]
    fn join(&self, values: Args<'_>, sep: Option<&PyStr>, options: KwArgs<'_>) -> PyResult<usize> {
        Ok(values.len() + options.len() + usize::from(sep.is_some()))
    }
}

/// A counter with a step.
#[pyclass(module = "example", base = PyCounter, flags(BASETYPE, GC))]
#[repr(C)]
pub struct PyStepCounter {
    ob_base: PyCounter,
    step: Cell<isize>,
}

#[pymethods]
impl PyStepCounter {
    #[pyinit(signature = "($self, step, /)")]
    fn init(&self, step: isize) -> PyResult<()> {
        self.step.set(step);
        Ok(())
    }

    #[pygetter]
    fn step(&self) -> isize {
        self.step.get()
    }
}

/// Return the sum of the arguments.
#[pyfunction(signature = "(*args, start=0)")]
fn total(args: Args<'_>, start: isize) -> PyResult<isize> {
    args.iter()
        .try_fold(start, |sum, each| Ok(sum + each.extract::<isize>()?))
}

/// Tell whether the module is there.
#[pyfunction]
fn in_module(module: &PyModule) -> bool {
    !module.is(krait_runtime::none())
}

#[pyfunction]
fn negate(value: f64) -> f64 {
    -value
}

#[pyfunction(signature = "(x, n=sys.maxsize, /)", name = "clip", anonymous)]
fn clip_(x: isize, n: isize) -> isize {
    x.min(n)
}

fn exec(module: &PyModule) -> PyResult<()> {
    let _ = module;
    Ok(())
}

pymodule! {
    pub EXAMPLE = "example", "An example.",
    functions: [total, in_module, negate, self::clip_],
    classes: [PyCounter],
    hidden: [PyStepCounter],
    exec: Some(exec)
}

/// # Safety
/// A C string or null.
unsafe fn text(ptr: *const c_char) -> Option<&'static str> {
    (!ptr.is_null()).then(|| {
        // SAFETY: every text of a static table ends with a NUL and lives for ever.
        unsafe { CStr::from_ptr(ptr) }
            .to_str()
            .expect("tables hold UTF-8")
    })
}

#[test]
fn functions_have_the_fastest_convention_and_their_signature() {
    let keywords = abi::METH_FASTCALL | abi::METH_KEYWORDS;
    let expected = [
        (
            "total",
            keywords,
            "total($module, /, *args, start=0)\n--\n\nReturn the sum of the arguments.",
        ),
        (
            "in_module",
            abi::METH_NOARGS,
            "in_module($module, /)\n--\n\nTell whether the module is there.",
        ),
        ("negate", abi::METH_O, "negate($module, value, /)\n--\n\n"),
        (
            "clip",
            abi::METH_FASTCALL,
            "clip($module, x, n=sys.maxsize, /)\n--\n\n",
        ),
    ];
    assert_eq!(EXAMPLE.functions.len(), expected.len());
    for (def, (name, flags, doc)) in EXAMPLE.functions.iter().zip(expected) {
        let def = def.raw();
        // SAFETY: a static table.
        assert_eq!(unsafe { text(def.ml_name) }, Some(name));
        assert_eq!(def.ml_flags, flags, "{name}");
        // SAFETY: a static table.
        assert_eq!(unsafe { text(def.ml_doc) }, Some(doc));
    }
}

#[test]
fn classes_are_laid_out_as_c_would_write_them() {
    let class = PyCounter::type_object().raw();
    // SAFETY: static texts.
    unsafe {
        assert_eq!(text(class.tp_name.get()), Some("example.Counter"));
        assert_eq!(
            text(class.tp_doc.get()),
            Some("Counter(start=0, *, on_change=None)\n--\n\nA counter of events.")
        );
    }
    assert_eq!(class.tp_basicsize.get(), size_of::<PyCounter>() as isize);
    assert_eq!(
        class.tp_weaklistoffset.get(),
        std::mem::offset_of!(PyCounter, weaklist) as isize
    );
    assert_eq!(
        class.tp_dictoffset.get(),
        std::mem::offset_of!(PyCounter, dict) as isize
    );
    assert!(class.tp_flags.get() & abi::Py_TPFLAGS_HAVE_GC != 0);
    assert!(
        class.tp_new.get().is_some()
            && class.tp_vectorcall.get().is_some()
            && class.tp_init.get().is_none()
    );
    // SAFETY: the suites are static.
    unsafe {
        let number = &*class.tp_as_number.get();
        assert!(
            number.nb_add.get().is_some()
                && number.nb_power.get().is_some()
                && number.nb_subtract.get().is_none()
        );
        assert!((*class.tp_as_sequence.get()).sq_length.get().is_some());
        assert!((*class.tp_as_async.get()).am_send.get().is_some());
    }
    let methods: Vec<_> = table(class.tp_methods.get());
    assert_eq!(
        methods,
        [
            "add",
            "append",
            "__reduce__",
            "get",
            "parse",
            "pair",
            "join"
        ]
    );

    let derived = PyStepCounter::type_object().raw();
    assert!(std::ptr::eq(derived.tp_base.get(), class));
    assert!(derived.tp_as_number.get().is_null() && derived.tp_init.get().is_some());
    assert!(derived.tp_methods.get().is_null());
    // SAFETY: a static text.
    let doc = unsafe { text(derived.tp_doc.get()) };
    assert_eq!(
        doc,
        Some("StepCounter(step, /)\n--\n\nA counter with a step.")
    );
}

/// The names of a method table.
fn table(mut row: *const abi::PyMethodDef) -> Vec<&'static str> {
    let mut names = Vec::new();
    // SAFETY: a static table ends with a null name.
    while let Some(name) = unsafe { text((*row).ml_name) } {
        names.push(name);
        // SAFETY: the end was not reached.
        row = unsafe { row.add(1) };
    }
    names
}
