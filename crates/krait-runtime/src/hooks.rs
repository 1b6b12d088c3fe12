//! What the interpreter crate gives the runtime to call.
//!
//! The runtime never names the interpreter: it calls through slots, vectorcall and this table,
//! which the interpreter fills once at start. A hook that was never set raises `SystemError`.

use crate::object::{Obj, Py, PyObject};
use crate::{PyCode, PyDict, PyErr, PyFunction, PyResult, PyStr, PyTuple};

/// The hooks of one interpreter.
#[derive(Clone, Copy)]
pub struct Hooks {
    /// Runs a Python function with vectorcall's arguments: the `vectorcall` of function objects.
    pub function_vectorcall: unsafe extern "C" fn(
        *mut krait_abi::PyObject,
        *const *mut krait_abi::PyObject,
        usize,
        *mut krait_abi::PyObject,
    ) -> *mut krait_abi::PyObject,
    /// Runs a code object in namespaces: `exec(code, globals, locals)` with an optional closure.
    pub eval_code: fn(&PyCode, &PyDict, &PyObject, Option<&PyTuple>) -> PyResult<Obj>,
    /// Compiles source or an AST: (source, filename, mode, flags, dont_inherit, optimize, feature_version).
    pub compile: fn(&CompileRequest<'_>) -> PyResult<Obj>,
    /// `__import__` for native code: (name, globals, locals, fromlist, level).
    pub import:
        fn(&PyStr, Option<&PyObject>, Option<&PyObject>, Option<&PyObject>, i32) -> PyResult<Obj>,
    /// The globals of the innermost Python frame.
    pub current_globals: fn() -> Option<Py<PyDict>>,
    /// The locals of the innermost Python frame, as `locals()` gives them.
    pub current_locals: fn() -> PyResult<Option<Obj>>,
    /// The builtins of the innermost Python frame.
    pub current_builtins: fn() -> Option<Py<PyDict>>,
    /// The function of the innermost Python frame, for `super()` and `__build_class__`: the frame's
    /// first argument and its `__class__` cell's content.
    pub super_arguments: fn() -> PyResult<(Obj, Obj)>,
    /// Adds a traceback entry for a native function's (pseudo) code: (function, file, line).
    pub add_traceback: fn(&str, &str, i32),
    /// Reports an exception that nobody can catch: (error, message, object).
    pub write_unraisable: fn(PyErr, Option<&str>, Option<&PyObject>),
    /// Issues a warning: (category, message, stack level, the object that it is about).
    pub warn: fn(&PyObject, &str, isize, Option<&PyObject>) -> PyResult<()>,
    /// Issues a warning about a line of a file.
    pub warn_explicit: fn(&ExplicitWarning<'_>) -> PyResult<()>,
    /// Runs pending signal handlers; called where a system call was interrupted (PEP 475).
    pub check_signals: fn() -> PyResult<()>,
    /// Called after the version of a function's parts changed, so that specialised code gives up.
    pub function_modified: fn(&PyFunction),
    /// The awaitable of `anext(iterator, default)`: (awaitable, default).
    pub anext_with_default: fn(&PyObject, &PyObject) -> PyResult<Obj>,
    /// Assigns to `f_lineno`: where a tracer wants the frame to go on; `None` for a huge number.
    pub set_frame_line: fn(&crate::frame::PyFrame, Option<i64>) -> PyResult<()>,
    /// Clears the generator that a frame belongs to, which is not running.
    pub clear_generator: fn(&crate::frame::Frame) -> PyResult<()>,
}

/// A warning whose place is known: the arguments of `warnings.warn_explicit()`.
pub struct ExplicitWarning<'a> {
    /// A subclass of `Warning`.
    pub category: &'a PyObject,
    /// Text, or an instance of the category.
    pub message: &'a PyObject,
    /// The file that the warning is about.
    pub filename: &'a PyObject,
    /// The line in it, from 1.
    pub line: i32,
    /// The module's name; the file's without `.py` if there is none.
    pub module: Option<&'a PyObject>,
    /// Which warnings were shown before.
    pub registry: Option<&'a PyObject>,
}

/// The arguments of `compile()`.
pub struct CompileRequest<'a> {
    /// Source text, bytes or AST object.
    pub source: &'a PyObject,
    /// For messages and `co_filename`.
    pub filename: &'a PyObject,
    /// "exec", "eval", "single" or "func_type".
    pub mode: &'a str,
    /// `PyCF_*` and `CO_FUTURE_*` flags.
    pub flags: u32,
    /// Whether the flags of the calling code are left out.
    pub dont_inherit: bool,
    /// -1 for the interpreter's own level.
    pub optimize: i32,
    /// Minor version that the grammar is restricted to, or -1.
    pub feature_version: i32,
}

impl Hooks {
    /// No hook set: each raises `SystemError` or does nothing.
    pub const UNSET: Hooks = Hooks {
        function_vectorcall: unset_vectorcall,
        eval_code: |_, _, _, _| Err(unset("eval_code")),
        compile: |_| Err(unset("compile")),
        import: |_, _, _, _, _| Err(unset("import")),
        anext_with_default: |_, _| Err(unset("anext_with_default")),
        current_globals: || None,
        current_locals: || Ok(None),
        current_builtins: || None,
        super_arguments: || Err(unset("super_arguments")),
        add_traceback: |_, _, _| (),
        write_unraisable: |error, _, _| error.clear(),
        warn: |_, _, _, _| Ok(()),
        warn_explicit: |_| Ok(()),
        check_signals: || Ok(()),
        function_modified: |_| (),
        set_frame_line: |_, _| Err(unset("set_frame_line")),
        clear_generator: |_| Err(unset("clear_generator")),
    };
}

fn unset(name: &str) -> PyErr {
    crate::system_error!("the interpreter's hook '{name}' is not installed")
}

unsafe extern "C" fn unset_vectorcall(
    _: *mut krait_abi::PyObject,
    _: *const *mut krait_abi::PyObject,
    _: usize,
    _: *mut krait_abi::PyObject,
) -> *mut krait_abi::PyObject {
    let _error = unset("function_vectorcall");
    std::ptr::null_mut()
}

/// Issues a warning of a builtin category at the given stack level.
pub fn warn(category: &crate::PyType, message: &str, stack_level: isize) -> PyResult<()> {
    (crate::Interpreter::current().hooks.get().warn)(category, message, stack_level, None)
}

/// Issues a warning about an object, so that it can be told where that was made.
pub fn warn_about(
    source: &PyObject,
    category: &crate::PyType,
    message: &str,
    stack_level: isize,
) -> PyResult<()> {
    let warn = crate::Interpreter::current().hooks.get().warn;
    warn(category, message, stack_level, Some(source))
}

/// Issues a `ResourceWarning` about an object that ends while it holds a resource.
pub fn warn_resource(message: &str, source: &PyObject) -> PyResult<()> {
    let category = &crate::exc::ResourceWarning;
    (crate::Interpreter::current().hooks.get().warn)(category, message, 1, Some(source))
}

/// Runs signal handlers that are due: to be called after EINTR before a system call is retried.
pub fn check_signals() -> PyResult<()> {
    (crate::Interpreter::current().hooks.get().check_signals)()
}
