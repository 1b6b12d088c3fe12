//! Code: `compile`, `eval`, `exec`, `globals`, `locals`, `__build_class__`.

use krait_macros::pyfunction;
use krait_runtime::hooks::CompileRequest;
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::{
    Args, Interpreter, KwArgs, PyCell, PyCode, PyDict, PyFunction, PyResult, PyStr, PyTuple,
    PyType, system_error, type_error, value_error,
};

/// Compile source into a code object that can be executed by exec() or eval().
///
/// The source code may represent a Python module, statement or expression.
/// The filename will be used for run-time error messages.
/// The mode must be 'exec' to compile a module, 'single' to compile a single (interactive)
/// statement, or 'eval' to compile an expression.
/// The flags argument, if present, controls which future statements influence the compilation of
/// the code.
/// The dont_inherit argument, if true, stops the compilation inheriting the effects of any future
/// statements in effect in the code calling compile.
#[pyfunction(
    signature = "(source, filename, mode, flags=0, dont_inherit=False, optimize=-1, *, _feature_version=-1)"
)]
pub fn compile(
    source: &PyObject,
    filename: &PyObject,
    mode: &PyStr,
    flags: i32,
    dont_inherit: bool,
    optimize: i32,
    _feature_version: i32,
) -> PyResult<Obj> {
    if flags as u32 & !COMPILE_FLAGS != 0 {
        return Err(value_error!("compile(): unrecognised flags"));
    }
    if !(-1..=2).contains(&optimize) {
        return Err(value_error!("compile(): invalid optimize value"));
    }
    let request = CompileRequest {
        source,
        filename,
        mode: mode.as_utf8()?,
        flags: flags as u32,
        dont_inherit,
        optimize,
        feature_version: _feature_version,
    };
    audit_compile(source, filename)?;
    (Interpreter::current().hooks.get().compile)(&request)
}

/// What may be among `compile()`'s flags: futures (`__future__`), and the `PyCF_` flags of `ast`.
const COMPILE_FLAGS: u32 = 0x1FE_F610;

/// Tells audit hooks of what is compiled.
fn audit_compile(source: &PyObject, filename: &PyObject) -> PyResult<()> {
    krait_runtime::audit!("compile", source, filename)
}

/// The globals of the calling code.
fn current_globals() -> PyResult<Py<PyDict>> {
    (Interpreter::current().hooks.get().current_globals)()
        .ok_or_else(|| system_error!("globals and locals cannot be NULL"))
}

/// The locals of the calling code.
pub(super) fn current_locals() -> PyResult<Obj> {
    (Interpreter::current().hooks.get().current_locals)()?
        .ok_or_else(|| system_error!("frame does not exist"))
}

/// Return the dictionary containing the current scope's global variables.
///
/// NOTE: Updates to this dictionary *will* affect name lookups in the current global scope and
/// vice-versa.
#[pyfunction]
pub fn globals() -> PyResult<Obj> {
    Ok((Interpreter::current().hooks.get().current_globals)()
        .map_or_else(super::none_obj, Py::into_object))
}

/// Return a dictionary containing the current scope's local variables.
///
/// NOTE: Whether or not updates to this dictionary will affect name lookups in the local scope and
/// vice-versa is *implementation dependent* and not covered by any backwards compatibility
/// guarantees.
#[pyfunction]
pub fn locals() -> PyResult<Obj> {
    current_locals()
}

/// The namespaces that `eval` and `exec` run in.
fn namespaces(
    function: &str,
    globals: Option<&PyObject>,
    locals: Option<&PyObject>,
) -> PyResult<(Py<PyDict>, Obj)> {
    if let Some(locals) = locals
        && !locals.is_mapping()
    {
        return Err(if function == "eval" {
            type_error!("locals must be a mapping")
        } else {
            type_error!(
                "locals must be a mapping or None, not {}",
                locals.type_().tp_name()
            )
        });
    }
    let (globals, locals) = match (globals, locals) {
        (Some(globals), locals) => {
            let Some(globals) = globals.downcast::<PyDict>() else {
                return Err(match (function, globals.is_mapping()) {
                    ("eval", true) => {
                        type_error!("globals must be a real dict; try eval(code, {{}}, mapping)")
                    }
                    ("eval", false) => type_error!("globals must be a dict"),
                    _ => type_error!(
                        "exec() globals must be a dict, not {}",
                        globals.type_().tp_name()
                    ),
                });
            };
            let locals = locals.unwrap_or(globals).to_obj();
            (globals.to_owned(), locals)
        }
        (None, Some(locals)) => (current_globals()?, locals.to_obj()),
        (None, None) => (current_globals()?, current_locals()?),
    };
    let builtins = PyStr::intern("__builtins__")?;
    if globals.get_str(&builtins)?.is_none() {
        let current = (Interpreter::current().hooks.get().current_builtins)()
            .or_else(|| Interpreter::current().builtins.get());
        if let Some(current) = current {
            globals.set_item(&builtins, &current)?;
        }
    }
    Ok((globals, locals))
}

fn run(
    code: &PyCode,
    globals: &PyDict,
    locals: &PyObject,
    closure: Option<&PyTuple>,
) -> PyResult<Obj> {
    krait_runtime::audit!("exec", code)?;
    (Interpreter::current().hooks.get().eval_code)(code, globals, locals, closure)
}

/// Compiles the source argument of `eval` and `exec`.
fn compile_source(source: &PyObject, mode: &str) -> PyResult<Py<PyCode>> {
    let filename = PyStr::new("<string>")?;
    audit_compile(source, &filename)?;
    let request = CompileRequest {
        source,
        filename: &filename,
        mode,
        // Source without a coding cookie of its own is UTF-8 text.
        flags: 0,
        dont_inherit: false,
        optimize: -1,
        feature_version: -1,
    };
    let code = (Interpreter::current().hooks.get().compile)(&request)?;
    code.cast::<PyCode>()
        .map_err(|_| system_error!("compiling gave no code object"))
}

/// Whether an object can be source: text or bytes.
fn is_source(object: &PyObject) -> bool {
    object.is_instance_of::<PyStr>() || object.has_buffer()
}

/// Evaluate the given source in the context of globals and locals.
///
/// The source may be a string representing a Python expression or a code object as returned by
/// compile().
/// The globals must be a dictionary and locals can be any mapping, defaulting to the current
/// globals and locals.
/// If only globals is given, locals defaults to it.
#[pyfunction(signature = "(source, /, globals=None, locals=None)")]
pub fn eval(
    source: &PyObject,
    globals: Option<&PyObject>,
    locals: Option<&PyObject>,
) -> PyResult<Obj> {
    let (globals, locals) = namespaces("eval", globals, locals)?;
    if let Some(code) = source.downcast::<PyCode>() {
        if code.co_nfreevars.get() > 0 {
            return Err(type_error!(
                "code object passed to eval() may not contain free variables"
            ));
        }
        return run(code, &globals, &locals, None);
    }
    if !is_source(source) {
        return Err(type_error!(
            "eval() arg 1 must be a string, bytes or code object"
        ));
    }
    // Leading blanks are no indentation here.
    let stripped = match source.downcast::<PyStr>() {
        Some(text)
            if text
                .as_slice()
                .iter()
                .next()
                .is_some_and(|c| c == 0x20 || c == 0x09) =>
        {
            text.call_method(krait_runtime::intern!("lstrip"), &[&*PyStr::new(" \t")?])?
        }
        _ => source.to_obj(),
    };
    run(
        &*compile_source(&stripped, "eval")?,
        &globals,
        &locals,
        None,
    )
}

/// Execute the given source in the context of globals and locals.
///
/// The source may be a string representing one or more Python statements or a code object as
/// returned by compile().
/// The globals must be a dictionary and locals can be any mapping, defaulting to the current
/// globals and locals.
/// If only globals is given, locals defaults to it.
/// The closure must be a tuple of cellvars, and can only be used when source is a code object
/// requiring exactly that many cellvars.
#[pyfunction(signature = "(source, /, globals=None, locals=None, *, closure=None)")]
pub fn exec(
    source: &PyObject,
    globals: Option<&PyObject>,
    locals: Option<&PyObject>,
    closure: Option<&PyObject>,
) -> PyResult<()> {
    let (globals, locals) = namespaces("exec", globals, locals)?;
    let Some(code) = source.downcast::<PyCode>() else {
        if closure.is_some() {
            return Err(type_error!(
                "closure can only be used when source is a code object"
            ));
        }
        if !is_source(source) {
            return Err(type_error!(
                "exec() arg 1 must be a string, bytes or code object"
            ));
        }
        run(&*compile_source(source, "exec")?, &globals, &locals, None)?;
        return Ok(());
    };
    let wanted = code.co_nfreevars.get() as usize;
    if wanted == 0 {
        if closure.is_some() {
            return Err(type_error!("cannot use a closure with this code object"));
        }
        run(code, &globals, &locals, None)?;
        return Ok(());
    }
    let cells = closure.and_then(|closure| closure.downcast_exact::<PyTuple>());
    let good = cells.filter(|cells| {
        cells.len() == wanted
            && cells
                .as_slice()
                .iter()
                .all(|cell| cell.is_exact::<PyCell>())
    });
    let Some(cells) = good else {
        return Err(type_error!(
            "code object requires a closure of exactly length {wanted}"
        ));
    };
    run(code, &globals, &locals, Some(cells))?;
    Ok(())
}

/// The bases of a class statement, with `__mro_entries__` asked.
fn resolve_bases(bases: &[&PyObject]) -> PyResult<Option<Py<PyTuple>>> {
    let mut resolved: Option<Vec<Obj>> = None;
    let original = PyTuple::from_refs(bases)?;
    for (index, base) in bases.iter().enumerate() {
        let entries = if base.is_instance_of::<PyType>() {
            None
        } else {
            base.lookup_attr(krait_runtime::intern!("__mro_entries__"))?
        };
        match entries {
            None => {
                if let Some(resolved) = &mut resolved {
                    resolved.push(base.to_obj());
                }
            }
            Some(method) => {
                let replacement = method.call1(&original)?;
                let Some(replacement) = replacement.downcast::<PyTuple>() else {
                    return Err(type_error!("__mro_entries__ must return a tuple"));
                };
                resolved
                    .get_or_insert_with(|| original.as_slice()[..index].to_vec())
                    .extend_from_slice(replacement.as_slice());
            }
        }
    }
    resolved.map(PyTuple::from_vec).transpose()
}

/// __build_class__(func, name, /, *bases, [metaclass], **kwds) -> class
///
/// Internal helper function used by the class statement.
#[pyfunction(
    name = "__build_class__",
    signature = "(func, name, /, *bases, **kwds)",
    text_signature = ""
)]
pub fn build_class(
    func: &PyObject,
    name: &PyObject,
    bases: Args<'_>,
    kwds: KwArgs<'_>,
) -> PyResult<Obj> {
    let Some(function) = func.downcast::<PyFunction>() else {
        return Err(type_error!("__build_class__: func must be a function"));
    };
    if !name.is_instance_of::<PyStr>() {
        return Err(type_error!("__build_class__: name is not a string"));
    }
    let given: Vec<&PyObject> = bases.iter().collect();
    let original = PyTuple::from_refs(&given)?;
    let resolved = resolve_bases(&given)?;
    let bases = resolved.clone().unwrap_or_else(|| original.clone());
    let keywords = PyDict::new()?;
    let mut meta = None;
    for (key, value) in kwds.iter() {
        if key.is_text("metaclass") {
            meta = Some(value.to_obj());
        } else {
            keywords.set_item(key, value)?;
        }
    }
    let meta = winning_metaclass(meta, &bases)?;
    let namespace = prepare(&meta, name, &bases, &keywords)?;
    let Some(globals) = function.func_globals.get() else {
        return Err(system_error!("a function without globals"));
    };
    let cell = (Interpreter::current().hooks.get().eval_code)(
        &function.code(),
        &globals,
        &namespace,
        function.func_closure.get().as_deref(),
    )?;
    if resolved.is_some() {
        namespace.set_item(&*PyStr::intern("__orig_bases__")?, &original)?;
    }
    let arguments = PyTuple::from_refs(&[name, &bases, &namespace])?;
    let class = meta.call_tuple(&arguments, Some(&keywords))?;
    if let Some(cell) = cell.downcast::<PyCell>()
        && class.is_instance_of::<PyType>()
    {
        check_class_cell(cell, &class, name)?;
    }
    Ok(class)
}

/// The metaclass that wins: the most derived of the given one and those of the bases.
fn winning_metaclass(meta: Option<Obj>, bases: &PyTuple) -> PyResult<Obj> {
    let meta = match meta {
        Some(meta) => meta,
        None => match bases.as_slice().first() {
            Some(base) => base.type_().to_obj(),
            None => PyType::type_object().to_obj(),
        },
    };
    match meta.downcast::<PyType>() {
        Some(class) => Ok(krait_runtime::typeobject::calculate_metaclass(class, bases)?.to_obj()),
        None => Ok(meta),
    }
}

/// The namespace that the metaclass prepares.
fn prepare(meta: &PyObject, name: &PyObject, bases: &PyTuple, keywords: &PyDict) -> PyResult<Obj> {
    let Some(method) = meta.lookup_attr(krait_runtime::intern!("__prepare__"))? else {
        return Ok(PyDict::new()?.into_object());
    };
    let arguments = PyTuple::from_refs(&[name, bases])?;
    let namespace = method.call_tuple(&arguments, Some(keywords))?;
    if !namespace.is_mapping() {
        let shown = match meta.downcast::<PyType>() {
            Some(class) => class.name(),
            None => "<metaclass>".to_owned(),
        };
        return Err(type_error!(
            "{shown}.__prepare__() must return a mapping, not {}",
            namespace.type_().tp_name()
        ));
    }
    Ok(namespace)
}

/// `type.__new__` must have filled the `__class__` cell of the body.
fn check_class_cell(cell: &PyCell, class: &PyObject, name: &PyObject) -> PyResult<()> {
    let name_text = name.repr()?.to_string_lossy();
    match cell.contents.get() {
        Some(set) if set.is(class) => Ok(()),
        Some(set) => Err(type_error!(
            "__class__ set to {} defining {name_text} as {}",
            set.repr()?.to_string_lossy(),
            class.repr()?.to_string_lossy()
        )),
        None => Err(krait_runtime::runtime_error!(
            "__class__ not set defining {name_text} as {}. Was __classcell__ propagated to \
             type.__new__?",
            class.repr()?.to_string_lossy()
        )),
    }
}
