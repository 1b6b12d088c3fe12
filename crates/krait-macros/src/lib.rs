//! `#[pyclass]`, `#[pymethods]` and `#[pyfunction]`: Python classes and functions from plain Rust.
//!
//! What they generate are the static tables that C code would hold: a `PyTypeObject` with its method suites, arrays of
//! `PyMethodDef` and `PyGetSetDef`, and one `extern "C"` function (a trampoline) for each, which borrows the arguments,
//! converts them and calls the Rust function. Every `unsafe` step of a trampoline is a documented function of
//! `krait_runtime::macro_support`; nothing else in `krait_runtime` is meant for generated code alone.
//!
//! # A class
//!
//! ```ignore
//! /// A counter of events.
//! #[pyclass(name = "Counter", module = "example", flags(BASETYPE, GC))]
//! #[repr(C)]
//! pub struct PyCounter {
//!     ob_base: PyObject,
//!     count: Cell<isize>,
//!     #[traverse]
//!     on_change: Field<PyObject>,
//!     #[weaklist]
//!     weaklist: WeakList,
//! }
//!
//! #[pymethods]
//! impl PyCounter {
//!     #[pynew(signature = "(start=0, *, on_change=None)")]
//!     fn new(cls: &PyType, start: isize, on_change: Option<&PyObject>) -> PyResult<Py<Self>> {
//!         Py::new_in(cls, PyCounter {
//!             ob_base: PyObject::HEADER,
//!             count: Cell::new(start),
//!             on_change: Field::new(on_change.map(PyObject::to_owned)),
//!             weaklist: WeakList::new(),
//!         })
//!     }
//!
//!     /// Add to the count.
//!     #[pymethod(signature = "($self, by=1, /)")]
//!     fn add(&self, by: isize) -> PyResult<()> { … }
//!
//!     /// How many there were.
//!     #[pygetter]
//!     fn count(&self) -> isize { self.count.get() }
//!
//!     #[slot(sq_length, mp_length)]
//!     fn len(&self) -> usize { … }
//!
//!     #[slot(nb_add)]
//!     fn nb_add(left: &PyObject, right: &PyObject) -> PyResult<Obj> { … }
//! }
//! ```
//!
//! # A function and a module
//!
//! ```ignore
//! /// Return the sum of the arguments, and of start.
//! #[pyfunction(signature = "(*args, start=0)")]
//! fn total(args: Args<'_>, start: isize) -> PyResult<isize> { … }
//!
//! pymodule! { pub EXAMPLE = "example", "An example.", functions: [total], classes: [PyCounter], exec: None }
//! ```
//!
//! The complete interface, with compiled examples, is in `krait-runtime/tests/macros.rs`.

mod class;
mod function;
mod methods;
mod options;
mod signature;
mod slots;

use proc_macro::TokenStream;
use syn::parse_macro_input;

/// Makes a `#[repr(C)]` struct whose first field is its base a Python class.
///
/// Options: `name`, `module`, `base = Struct`, `symbol = PyFoo_Type`, `flags(…)`, `methods(TABLE, …)`, `itemsize`,
/// `basicsize`, `vectorcall_offset = field`, `members = TABLE` (see `krait_runtime::members!`), `weaklist_offset = expr`, `layout = manual`, `doc`. Field attributes: `#[traverse]`, `#[weaklist]`,
/// `#[dict]`.
#[proc_macro_attribute]
pub fn pyclass(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let options = parse_macro_input!(arguments as class::ClassOptions);
    let item = parse_macro_input!(item as syn::ItemStruct);
    class::expand(options, item)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Makes the functions of an `impl` block the methods, getters and slots of a class.
///
/// `#[pymethods(NAME)]` names the table that it defines (`METHODS` otherwise), for classes with several blocks.
#[proc_macro_attribute]
pub fn pymethods(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let table = parse_macro_input!(arguments as Option<syn::Ident>);
    let item = parse_macro_input!(item as syn::ItemImpl);
    methods::expand(table, item)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Makes a Rust function a function of a Python module: `pymodule!` lists it by its name.
///
/// Options: `signature = "(a, b=None, /)"`, `name = "…"`, `text_signature = "…"` (empty: none), `doc = "…"`, `anonymous`
/// (messages about arguments do not name the function).
#[proc_macro_attribute]
pub fn pyfunction(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let options = parse_macro_input!(arguments as options::Options);
    let item = parse_macro_input!(item as syn::ItemFn);
    function::expand(options, item)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
