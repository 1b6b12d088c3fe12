//! `ceval.h`, `pythonrun.h`, `compile.h` and `sysmodule.h`: running code, and what surrounds it.

use std::ffi::{c_char, c_int};

use krait_runtime::frame::{current_frame, frame_of};
use krait_runtime::hooks::CompileRequest;
use krait_runtime::traceback::PyTraceback;
use krait_runtime::{
    Interpreter, Obj, Py, PyClass, PyCode, PyDict, PyErr, PyObject, PyResult, PyStr, PyTuple, none,
    system_error,
};

use crate::glue::*;

fn eval(code: Arg, globals: Arg, locals: Arg) -> PyResult<Obj> {
    let globals = globals
        .and_then(PyObject::downcast::<PyDict>)
        .ok_or_else(|| system_error!("PyEval_EvalCode: globals must be a dict"))?;
    let interp = Interpreter::current();
    if globals.get("__builtins__")?.is_none()
        && let Some(builtins) = interp.builtins.get()
    {
        globals.set("__builtins__", &builtins)?;
    }
    (interp.hooks.get().eval_code)(
        cast::<PyCode>(code)?,
        globals,
        locals.unwrap_or(globals),
        None,
    )
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyEval_EvalCode(code: Arg, globals: Arg, locals: Arg) -> Out {
    run(|| eval(code, globals, locals))
}

fn compile(
    source: &PyObject,
    file: &PyObject,
    start: c_int,
    flags: u32,
    optimize: c_int,
) -> PyResult<Obj> {
    let mode = match start {
        256 => "single",
        257 => "exec",
        258 => "eval",
        345 => "func_type",
        _ => return Err(bad_call()),
    };
    (Interpreter::current().hooks.get().compile)(&CompileRequest {
        source,
        filename: file,
        mode,
        flags,
        dont_inherit: true,
        optimize,
        feature_version: -1,
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn Py_CompileString(source: Text, file: Text, start: c_int) -> Out {
    run(|| compile(&*source.str()?, &*file.str()?, start, 0, -1))
}

/// The flags that a caller of `Py_CompileStringExFlags` gives.
#[repr(C)]
pub struct PyCompilerFlags {
    cf_flags: c_int,
    cf_feature_version: c_int,
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn Py_CompileStringExFlags(
    source: Text,
    file: Text,
    start: c_int,
    flags: Option<&PyCompilerFlags>,
    optimize: c_int,
) -> Out {
    run(|| {
        compile(
            &*source.str()?,
            &*file.str()?,
            start,
            flags.map_or(0, |flags| flags.cf_flags as u32),
            optimize,
        )
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn Py_CompileStringObject(
    source: Text,
    file: Arg,
    start: c_int,
    flags: Option<&PyCompilerFlags>,
    optimize: c_int,
) -> Out {
    run(|| {
        compile(
            &*source.str()?,
            some(file)?,
            start,
            flags.map_or(0, |flags| flags.cf_flags as u32),
            optimize,
        )
    })
}

fn run_string(source: Text, start: c_int, globals: Arg, locals: Arg) -> PyResult<Obj> {
    let code = compile(&*source.str()?, &*PyStr::new("<string>")?, start, 0, -1)?;
    eval(Some(&code), globals, locals)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyRun_String(
    source: Text,
    start: c_int,
    globals: Arg,
    locals: Arg,
) -> Out {
    run(|| run_string(source, start, globals, locals))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyRun_StringFlags(
    source: Text,
    start: c_int,
    globals: Arg,
    locals: Arg,
    _flags: *mut PyCompilerFlags,
) -> Out {
    run(|| run_string(source, start, globals, locals))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyRun_SimpleString(source: Text) -> c_int {
    let main = crate::import::import_name("__main__");
    let ran = main.and_then(|main| {
        let dict = main.getattr_str("__dict__")?;
        run_string(source, 257, Some(&dict), Some(&dict))
    });
    match ran {
        Ok(_) => 0,
        Err(_) => {
            // SAFETY: an exception is set.
            unsafe { crate::pyerrors::PyErr_Print() };
            -1
        }
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyRun_SimpleStringFlags(
    source: Text,
    _flags: *mut PyCompilerFlags,
) -> c_int {
    // SAFETY: the same contract.
    unsafe { PyRun_SimpleString(source) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyEval_GetBuiltins() -> Ptr {
    let builtins = (Interpreter::current().hooks.get().current_builtins)();
    lend(
        builtins
            .or_else(|| Interpreter::current().builtins.get())
            .map(Py::into_object),
    )
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyEval_GetGlobals() -> Ptr {
    lend((Interpreter::current().hooks.get().current_globals)().map(Py::into_object))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyEval_GetFrameGlobals() -> Out {
    (Interpreter::current().hooks.get().current_globals)().map(Py::into_object)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyEval_GetFrameBuiltins() -> Out {
    let builtins = (Interpreter::current().hooks.get().current_builtins)();
    builtins
        .or_else(|| Interpreter::current().builtins.get())
        .map(Py::into_object)
}

fn locals() -> PyResult<Obj> {
    (Interpreter::current().hooks.get().current_locals)()?
        .ok_or_else(|| system_error!("frame does not exist"))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyEval_GetFrameLocals() -> Out {
    run(locals)
}

/// Locals of a function are a new dictionary each time: the thread's keeps the last one alive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyEval_GetLocals() -> Ptr {
    let kept = locals().and_then(|locals| {
        crate::pystate::thread_dict()?.set("__locals__", &locals)?;
        Ok(Some(locals))
    });
    lend_result(kept)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyEval_GetFrame() -> Ptr {
    lend_result(
        current_frame()
            .map(|frame| frame_of(frame).map(Py::into_object))
            .transpose(),
    )
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyFrame_GetCode(frame: Arg) -> Out {
    run(|| some(frame)?.getattr_str("f_code"))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyFrame_GetBack(frame: Arg) -> Out {
    let back = some(frame)
        .and_then(|frame| frame.getattr_str("f_back"))
        .ok()?;
    (!back.is(none())).then_some(back)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyFrame_GetLocals(frame: Arg) -> Out {
    run(|| some(frame)?.getattr_str("f_locals"))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyFrame_GetGlobals(frame: Arg) -> Out {
    run(|| some(frame)?.getattr_str("f_globals"))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyFrame_GetBuiltins(frame: Arg) -> Out {
    run(|| some(frame)?.getattr_str("f_builtins"))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyFrame_GetLasti(frame: Arg) -> c_int {
    let lasti = some(frame).and_then(|frame| frame.getattr_str("f_lasti")?.as_isize(None));
    lasti.map_or(-1, |lasti| lasti as c_int)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyFrame_GetLineNumber(frame: Arg) -> c_int {
    let line = some(frame).and_then(|frame| frame.getattr_str("f_lineno"));
    line.ok()
        .and_then(|line| line.int_value())
        .map_or(-1, |line| line as c_int)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyFrame_GetVarString(frame: Arg, name: Text) -> Out {
    run(|| {
        some(frame)?
            .getattr_str("f_locals")?
            .get_item(&*name.name()?)
    })
}

/// Adds an entry to the traceback of the exception that is set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyTraceback_Add(function: Text, file: Text, line: c_int) {
    (Interpreter::current().hooks.get().add_traceback)(&function.lossy(), &file.lossy(), line);
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyTraceBack_Here(frame: Arg) -> c_int {
    run(|| {
        let frame = cast::<krait_runtime::frame::PyFrame>(frame)?;
        let Some(error) = PyErr::occurred() else {
            return Err(bad_call());
        };
        let exception = error.take();
        // C code sets the line of a frame of its own making.
        if let Some(raised) = exception.downcast::<krait_runtime::PyBaseException>() {
            let next = raised.traceback().and_then(|next| next.cast().ok());
            let line = frame.line().unwrap_or(-1);
            let level =
                PyTraceback::at(next, PyClass::to_owned(frame), frame.frame().lasti(), line)?;
            raised.traceback.set(Some(level.into_object()));
        }
        let _error = PyErr::restore(exception);
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyTraceBack_Print(traceback: Arg, file: Arg) -> c_int {
    run(|| {
        let module = crate::import::import_name("traceback")?;
        let function = module.getattr_str("print_tb")?;
        function
            .call_kw(&[some(traceback)?], &[("file", some(file)?)])
            .map(drop)
    })
}

/// A code object that stands for a function written in C, for its entry in tracebacks.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyCode_NewEmpty(file: Text, function: Text, line: c_int) -> Out {
    run(|| {
        let source = PyStr::new(&format!(
            "{}def {}(): pass\n",
            "\n".repeat((line - 1).clamp(0, 1 << 20) as usize),
            "_"
        ))?;
        let code = compile(&source, &*file.str()?, 257, 0, -1)?;
        let consts = code.getattr_str("co_consts")?;
        let inner = consts
            .to_vec()?
            .into_iter()
            .find(|each| each.downcast::<PyCode>().is_some());
        let inner = inner.ok_or_else(bad_call)?;
        let name = function.str()?;
        let replace = inner.getattr_str("replace")?;
        replace.call_kw(&[], &[("co_name", &*name), ("co_qualname", &*name)])
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyCode_Addr2Line(code: Arg, offset: c_int) -> c_int {
    cast::<PyCode>(code)
        .ok()
        .and_then(|code| code.line_of(offset))
        .unwrap_or(-1)
}

macro_rules! code_parts {
    ($($get:ident $name:literal;)+) => { $(
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $get(code: Arg) -> Out {
            run(|| some(code)?.getattr_str($name))
        }
    )+ };
}

code_parts! {
    PyCode_GetCode "co_code";
    PyCode_GetVarnames "co_varnames";
    PyCode_GetCellvars "co_cellvars";
    PyCode_GetFreevars "co_freevars";
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn Py_GetRecursionLimit() -> c_int {
    Interpreter::current().recursion_limit.get() as c_int
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn Py_SetRecursionLimit(limit: c_int) {
    let set = crate::longobject::sys_attribute("setrecursionlimit")
        .and_then(|set| set.call1(&*krait_runtime::PyLong::from_i64(i64::from(limit))?));
    if let Err(error) = set {
        error.clear();
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyEval_MergeCompilerFlags(_flags: *mut PyCompilerFlags) -> c_int {
    0
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PySys_GetObject(name: Text) -> Ptr {
    let sys = Interpreter::current().sysdict.get();
    let found = sys.map(|sys| sys.get_item(&*name.name()?)).transpose();
    match found {
        Ok(found) => lend(found.flatten()),
        Err(error) => {
            error.clear();
            std::ptr::null_mut()
        }
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PySys_GetAttr(name: Arg) -> Out {
    run(|| crate::longobject::sys_attribute(&cast::<PyStr>(name)?.to_string_lossy()))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PySys_GetAttrString(name: Text) -> Out {
    run(|| crate::longobject::sys_attribute(&name.lossy()))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PySys_SetObject(name: Text, value: Arg) -> c_int {
    run(|| {
        let sys = Interpreter::current()
            .sysdict
            .get()
            .ok_or_else(|| krait_runtime::runtime_error!("lost sys"))?;
        let name = name.name()?;
        match value {
            Some(value) => sys.set_item(&name, value),
            None => sys.del_item(&name).map(drop),
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PySys_GetXOptions() -> Ptr {
    lend_result(crate::longobject::sys_attribute("_xoptions").map(Some))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PySys_AuditTuple(event: Text, args: Arg) -> c_int {
    run(|| {
        let mut all = vec![event.str()?.into_object()];
        if let Some(args) = args {
            all.extend(cast::<PyTuple>(Some(args))?.as_slice().iter().cloned());
        }
        let audit = crate::longobject::sys_attribute("audit")?;
        audit.call_tuple(&*PyTuple::from_vec(all)?, None).map(drop)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyFile_WriteObject(object: Arg, file: Arg, flags: c_int) -> c_int {
    const RAW: c_int = 1;
    run(|| {
        let file = file.ok_or_else(|| krait_runtime::type_error!("writeobject with NULL file"))?;
        let object = some(object)?;
        let text = if flags & RAW != 0 {
            object.str()?
        } else {
            object.repr()?
        };
        file.call_method_str("write", &[&*text]).map(drop)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyFile_WriteString(text: Text, file: Arg) -> c_int {
    run(|| {
        let file = file.ok_or_else(|| system_error!("null file for PyFile_WriteString"))?;
        file.call_method_str("write", &[&*text.str()?]).map(drop)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyFile_GetLine(file: Arg, count: c_int) -> Out {
    run(|| {
        let file = some(file)?;
        if count <= 0 {
            return file.call_method_str("readline", &[]);
        }
        file.call_method_str(
            "readline",
            &[&*krait_runtime::PyLong::from_i64(i64::from(count))?],
        )
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyContext_CopyCurrent() -> Out {
    run(krait_runtime::context::copy_current)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyContextVar_New(name: Text, default: Arg) -> Out {
    run(|| {
        let class = crate::import::import_name("contextvars")?.getattr_str("ContextVar")?;
        let name = name.str()?;
        match default {
            Some(default) => class.call_kw(&[&*name], &[("default", default)]),
            None => class.call1(&name),
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyContextVar_Get(variable: Arg, default: Arg, value: Place<Out>) -> c_int {
    let found = some(variable).and_then(|variable| {
        let found = match default {
            Some(default) => variable.call_method_str("get", &[default]),
            None => variable.call_method_str("get", &[]),
        };
        match found {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.matches(&krait_runtime::exc::LookupError) => {
                error.clear();
                Ok(None)
            }
            Err(error) => Err(error),
        }
    });
    if give_optional(value, found) < 0 {
        -1
    } else {
        0
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyContextVar_Set(variable: Arg, value: Arg) -> Out {
    run(|| some(variable)?.call_method_str("set", &[some(value)?]))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyContextVar_Reset(variable: Arg, token: Arg) -> c_int {
    run(|| {
        some(variable)?
            .call_method_str("reset", &[some(token)?])
            .map(drop)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn Py_MakePendingCalls() -> c_int {
    run(krait_runtime::hooks::check_signals)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyEval_GetFuncDesc(object: &PyObject) -> *const c_char {
    let is_function = object.downcast::<krait_runtime::PyFunction>().is_some()
        || object.downcast::<krait_runtime::PyCFunction>().is_some()
        || object.downcast::<krait_runtime::PyMethod>().is_some();
    if is_function {
        c"()".as_ptr()
    } else {
        c" object".as_ptr()
    }
}
