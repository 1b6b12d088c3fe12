//! Calls of Python functions: frames are pushed and arguments bound to parameters, with CPython's
//! errors where they do not fit.

use krait_abi as abi;
use krait_runtime::call::{ARGUMENTS_OFFSET, result_into_ptr};
use krait_runtime::frame::{Frame, StackRef, raw_of};
use krait_runtime::state::ThreadState;
use krait_runtime::{
    Obj, Py, PyClass, PyCode, PyDict, PyErr, PyFunction, PyObject, PyResult, PyStr, PyTuple,
    runtime_error, type_error,
};

use crate::eval::eval_frame;
use crate::slots::Slots;

/// Sets up a frame's header; the slots of variables from `null_from` on are emptied.
///
/// # Safety
/// `frame` has room for `co_framesize` words; `function` is a slot of a function of `code`, given to
/// the frame; `locals` is null or owned and given to the frame.
#[inline(always)]
pub(crate) unsafe fn init_frame(
    frame: *mut Frame,
    function: StackRef,
    code: &PyCode,
    locals: *mut abi::PyObject,
    previous: *mut Frame,
    null_from: usize,
) {
    // SAFETY: the caller's contract.
    unsafe {
        let func = &*function.as_ptr().cast::<abi::PyFunctionObject>();
        let header = &*frame;
        header
            .f_executable
            .set(raw_of(StackRef::new(code.as_object())));
        header.previous.set(previous.cast());
        header.f_funcobj.set(raw_of(function));
        header.f_globals.set(func.func_globals.get());
        header.f_builtins.set(func.func_builtins.get());
        header.f_locals.set(locals);
        header.frame_obj.set(std::ptr::null_mut());
        header.instr_ptr.set(code.first_unit());
        header.return_offset.set(0);
        header.owner.set(abi::FRAME_OWNED_BY_THREAD);
        header.visited.set(0);
        let slots = header.slots();
        let count = code.co_nlocalsplus.get() as usize;
        for index in null_from..count {
            *slots.add(index) = StackRef::NULL;
        }
        header.stackpointer.set(slots.add(count).cast());
    }
}

/// A function's code.
///
/// # Safety
/// The borrow ends before the function's code can be replaced.
#[inline(always)]
pub(crate) unsafe fn code_of<'a>(function: &PyFunction) -> &'a PyCode {
    // SAFETY: a function always has a code object; the caller's contract.
    unsafe { &*function.func_code.as_ptr().cast::<PyCode>() }
}

/// Raises `RecursionError` when the thread's limit of Python calls is reached.
#[inline(always)]
pub(crate) fn check_recursion(ts: &ThreadState) -> PyResult<()> {
    if ts.recursion_remaining.get() > 0 {
        Ok(())
    } else {
        Err(too_deep())
    }
}

#[cold]
#[inline(never)]
fn too_deep() -> PyErr {
    krait_runtime::exc!(RecursionError, "maximum recursion depth exceeded")
}

/// Pushes a frame for a call whose arguments are known to fit: exactly the positional parameters,
/// no variadic or keyword-only ones. The frame takes function and arguments over.
///
/// # Safety
/// As above, and the data stack has room for the frame.
#[inline(always)]
pub(crate) unsafe fn push_exact(
    ts: &ThreadState,
    function: StackRef,
    code: &PyCode,
    args: *const StackRef,
    count: usize,
    previous: *mut Frame,
) -> *mut Frame {
    // SAFETY: the caller's contract.
    unsafe {
        let frame: *mut Frame = ts
            .datastack
            .push_unchecked(code.co_framesize.get() as usize)
            .cast();
        init_frame(frame, function, code, std::ptr::null_mut(), previous, count);
        let slots = (*frame).slots();
        for index in 0..count {
            *slots.add(index) = *args.add(index);
        }
        ts.recursion_remaining.update(|left| left - 1);
        frame
    }
}

/// Pushes a frame for a call and binds the arguments. Function and arguments are taken over, also
/// when it fails; `locals` is the namespace of code that is no function's body.
///
/// # Safety
/// `function` is a slot of a function; `args` has `count` positional arguments and as many values
/// as `kwnames` has names.
#[inline(never)]
pub(crate) unsafe fn push_frame(
    ts: &ThreadState,
    function: StackRef,
    locals: Option<Obj>,
    args: *const StackRef,
    count: usize,
    kwnames: Option<&PyTuple>,
    previous: *mut Frame,
) -> PyResult<*mut Frame> {
    // SAFETY: the caller's contract; the frame keeps function and code alive from here on.
    unsafe {
        let total = count + kwnames.map_or(0, PyTuple::len);
        let mut pending = Slots::new(args, total);
        let func = function.as_ref().downcast_unchecked::<PyFunction>();
        let code = code_of(func);
        if let Err(error) = check_recursion(ts) {
            drop(pending);
            function.close();
            return Err(error);
        }
        let words = code.co_framesize.get() as usize;
        let frame: *mut Frame = ts.datastack.push(words).cast();
        if frame.is_null() {
            drop(pending);
            function.close();
            return Err(krait_runtime::err::no_memory());
        }
        let locals = locals.map_or(std::ptr::null_mut(), Py::into_ptr);
        if kwnames.is_none() && takes_exactly(code, count) {
            init_frame(frame, function, code, locals, previous, count);
            let slots = (*frame).slots();
            for index in 0..count {
                *slots.add(index) = pending.take_slot();
            }
            ts.recursion_remaining.update(|left| left - 1);
            return Ok(frame);
        }
        if kwnames.is_none()
            && has_positional_only(code)
            && let Some(defaults) = missing_defaults(func, code, count)
        {
            let missing = code.co_argcount.get() as usize;
            init_frame(frame, function, code, locals, previous, missing);
            let slots = (*frame).slots();
            for index in 0..count {
                *slots.add(index) = pending.take_slot();
            }
            for (index, default) in defaults.iter().enumerate() {
                *slots.add(count + index) = StackRef::new(default);
            }
            ts.recursion_remaining.update(|left| left - 1);
            return Ok(frame);
        }
        init_frame(frame, function, code, locals, previous, 0);
        let bound = bind(func, code, (*frame).slots(), pending, count, kwnames);
        if let Err(error) = bound {
            discard(ts, frame);
            return Err(error);
        }
        ts.recursion_remaining.update(|left| left - 1);
        Ok(frame)
    }
}

/// Whether this many positional arguments are just what the code's parameters are.
#[inline(always)]
fn takes_exactly(code: &PyCode, count: usize) -> bool {
    code.co_argcount.get() as usize == count && has_positional_only(code)
}

/// Whether the code has no parameters but those that arguments are given to by position.
#[inline(always)]
fn has_positional_only(code: &PyCode) -> bool {
    code.co_kwonlyargcount.get() == 0
        && code.co_flags.get() & (abi::CO_VARARGS | abi::CO_VARKEYWORDS) == 0
}

/// The defaults of the positional parameters that `given` arguments leave open; `None` if there are
/// not as many, or too many arguments.
///
/// # Safety
/// The borrow ends before the function's defaults can be replaced.
#[inline(always)]
unsafe fn missing_defaults<'a>(
    function: &'a PyFunction,
    code: &PyCode,
    given: usize,
) -> Option<&'a [Obj]> {
    let missing = (code.co_argcount.get() as usize).checked_sub(given)?;
    // SAFETY: the caller's contract.
    let defaults = unsafe { function.func_defaults.borrow() }?.as_slice();
    defaults.get(defaults.len().checked_sub(missing)?..)
}

/// Pops a frame that was never run.
///
/// # Safety
/// The frame is the last pushed.
#[cold]
unsafe fn discard(ts: &ThreadState, frame: *mut Frame) {
    // Clearing may run finalizers, during which the exception that is set must be kept.
    let pending = PyErr::occurred().map(PyErr::take);
    // SAFETY: the caller's contract.
    unsafe {
        let executable = krait_runtime::frame::slot_of((&*frame).f_executable.get());
        (*frame).clear_except_code();
        executable.close();
        ts.datastack.pop(frame.cast());
    }
    if let Some(pending) = pending {
        let _set = PyErr::restore(pending);
    }
}

/// Binds arguments to the parameters' slots, all of them empty.
///
/// # Safety
/// `slots` are the variables of a frame of `code`; `args` holds the arguments.
unsafe fn bind(
    function: &PyFunction,
    code: &PyCode,
    slots: *mut StackRef,
    mut args: Slots,
    given: usize,
    kwnames: Option<&PyTuple>,
) -> PyResult<()> {
    let positional = code.co_argcount.get() as usize;
    let named = positional + code.co_kwonlyargcount.get() as usize;
    let has_varargs = code.has_flag(abi::CO_VARARGS);
    // SAFETY: the parameters' slots come first: named ones, `*args`, `**kwargs`.
    let put = |index: usize, value: StackRef| unsafe { *slots.add(index) = value };
    // SAFETY: as above.
    let is_empty = |index: usize| unsafe { (*slots.add(index)).is_null() };
    let kwargs = if code.has_flag(abi::CO_VARKEYWORDS) {
        let dict = PyDict::new()?;
        put(
            named + usize::from(has_varargs),
            StackRef::new(dict.as_object()),
        );
        Some(dict)
    } else {
        None
    };
    for index in 0..given.min(positional) {
        put(index, args.take_slot());
    }
    if has_varargs {
        let rest = PyTuple::from_exact(args.split(given.saturating_sub(positional)))?;
        put(named, StackRef::from_obj(rest.into_object()));
    } else {
        for _ in positional..given {
            // Too many: the error comes after the keywords'.
            // SAFETY: the argument is given up.
            unsafe { args.take_slot().close() };
        }
    }
    if let Some(names) = kwnames {
        for name in names.as_slice() {
            match find_parameter(function, code, name, named, kwargs.as_deref(), names)? {
                Some(index) if !is_empty(index) => {
                    return Err(type_error!(
                        "{}() got multiple values for argument '{}'",
                        qualname(function),
                        name.to_display()
                    ));
                }
                Some(index) => put(index, args.take_slot()),
                None => {
                    // SAFETY: the argument is moved into the dictionary.
                    let value = unsafe { args.take_slot().into_obj() };
                    if let Some(kwargs) = &kwargs {
                        kwargs.set_item(name, &value)?;
                    }
                }
            }
        }
    }
    if given > positional && !has_varargs {
        let kwonly_given = (positional..named)
            .filter(|index| !is_empty(*index))
            .count();
        return Err(too_many_positional(function, code, given, kwonly_given));
    }
    // SAFETY: as above.
    unsafe { fill_defaults(function, code, slots, given) }
}

/// Gives parameters without an argument their defaults.
///
/// # Safety
/// As for [`bind`].
unsafe fn fill_defaults(
    function: &PyFunction,
    code: &PyCode,
    slots: *mut StackRef,
    given: usize,
) -> PyResult<()> {
    let positional = code.co_argcount.get() as usize;
    let named = positional + code.co_kwonlyargcount.get() as usize;
    // SAFETY: the caller's contract.
    let put = |index: usize, value: &PyObject| unsafe { *slots.add(index) = StackRef::new(value) };
    // SAFETY: as above.
    let is_empty = |index: usize| unsafe { (*slots.add(index)).is_null() };
    if given < positional {
        let defaults = function.func_defaults.get();
        let defaults = defaults.as_deref().map_or(&[][..], PyTuple::as_slice);
        let required = positional.saturating_sub(defaults.len());
        if (given..required).any(is_empty) {
            let missing: Vec<usize> = (given..required).filter(|index| is_empty(*index)).collect();
            return Err(missing_arguments(function, code, &missing, "positional"));
        }
        for index in given.max(required)..positional {
            if is_empty(index) {
                put(index, &defaults[index - required]);
            }
        }
    }
    if named > positional {
        let kwdefaults = function.func_kwdefaults.get();
        let mut missing = Vec::new();
        for index in (positional..named).filter(|index| is_empty(*index)) {
            let default = match (&kwdefaults, code.local_name(index)) {
                (Some(defaults), Some(name)) => defaults.get_item(&name)?,
                _ => None,
            };
            match default {
                Some(default) => put(index, &default),
                None => missing.push(index),
            }
        }
        if !missing.is_empty() {
            return Err(missing_arguments(function, code, &missing, "keyword-only"));
        }
    }
    Ok(())
}

/// The parameter that a keyword names; `None` if it goes into `**kwargs`.
fn find_parameter(
    function: &PyFunction,
    code: &PyCode,
    keyword: &PyObject,
    named: usize,
    kwargs: Option<&PyDict>,
    kwnames: &PyTuple,
) -> PyResult<Option<usize>> {
    if !keyword.is_instance_of::<PyStr>() {
        return Err(type_error!(
            "{}() keywords must be strings",
            qualname(function)
        ));
    }
    let positional_only = code.co_posonlyargcount.get() as usize;
    let names = code.co_localsplusnames.get();
    let names = names.as_deref().map_or(&[][..], PyTuple::as_slice);
    // Names are interned, so the first pass nearly always finds them.
    if let Some(index) = (positional_only..named).find(|index| names[*index].is(keyword)) {
        return Ok(Some(index));
    }
    for (index, name) in names.iter().enumerate().take(named).skip(positional_only) {
        if name.eq(keyword)? {
            return Ok(Some(index));
        }
    }
    if kwargs.is_some() {
        return Ok(None);
    }
    Err(unexpected_keyword(function, code, keyword, named, kwnames)?)
}

fn qualname(function: &PyFunction) -> String {
    function
        .func_qualname
        .get()
        .map(|name| name.to_string_lossy())
        .unwrap_or_default()
}

#[cold]
fn unexpected_keyword(
    function: &PyFunction,
    code: &PyCode,
    keyword: &PyObject,
    named: usize,
    kwnames: &PyTuple,
) -> PyResult<PyErr> {
    let positional_only = code.co_posonlyargcount.get() as usize;
    let text = |index: usize| code.local_name(index).map(|name| name.to_string_lossy());
    let mut misused = Vec::new();
    for index in 0..positional_only {
        let Some(name) = code.local_name(index) else {
            continue;
        };
        for keyword in kwnames.as_slice() {
            if keyword.is(&name) || keyword.eq(&name)? {
                misused.push(name.to_string_lossy());
            }
        }
    }
    if !misused.is_empty() {
        return Ok(type_error!(
            "{}() got some positional-only arguments passed as keyword arguments: '{}'",
            qualname(function),
            misused.join(", ")
        ));
    }
    let keyword = keyword.to_display();
    let candidates: Vec<String> = (positional_only..named).filter_map(text).collect();
    let candidates = candidates.iter().map(String::as_str);
    Ok(
        match krait_runtime::suggestions::closest(&keyword, candidates) {
            Some(close) => type_error!(
                "{}() got an unexpected keyword argument '{keyword}'. Did you mean '{close}'?",
                qualname(function)
            ),
            None => {
                type_error!(
                    "{}() got an unexpected keyword argument '{keyword}'",
                    qualname(function)
                )
            }
        },
    )
}

#[cold]
fn too_many_positional(
    function: &PyFunction,
    code: &PyCode,
    given: usize,
    kwonly_given: usize,
) -> PyErr {
    let s = |count: usize| if count == 1 { "" } else { "s" };
    let positional = code.co_argcount.get() as usize;
    let defaults = function
        .func_defaults
        .get()
        .map_or(0, |defaults| defaults.len());
    let (signature, plural) = if defaults > 0 {
        (
            format!(
                "from {} to {positional}",
                positional.saturating_sub(defaults)
            ),
            "s",
        )
    } else {
        (positional.to_string(), s(positional))
    };
    let keyword_only = if kwonly_given > 0 {
        format!(
            " positional argument{} (and {kwonly_given} keyword-only argument{})",
            s(given),
            s(kwonly_given)
        )
    } else {
        String::new()
    };
    type_error!(
        "{}() takes {signature} positional argument{plural} but {given}{keyword_only} {} given",
        qualname(function),
        if given == 1 && kwonly_given == 0 {
            "was"
        } else {
            "were"
        }
    )
}

#[cold]
fn missing_arguments(function: &PyFunction, code: &PyCode, missing: &[usize], kind: &str) -> PyErr {
    let names: Vec<String> = missing
        .iter()
        .filter_map(|index| code.local_name(*index))
        .map(|name| format!("'{}'", name.to_string_lossy()))
        .collect();
    let listed = match &names[..] {
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [first @ .., last] => format!("{}, and {last}", first.join(", ")),
        [] => String::new(),
    };
    type_error!(
        "{}() missing {} required {kind} argument{}: {listed}",
        qualname(function),
        names.len(),
        if names.len() == 1 { "" } else { "s" }
    )
}

/// Runs a function from native code.
///
/// # Safety
/// As for [`push_frame`].
pub(crate) unsafe fn run_function(
    function: StackRef,
    locals: Option<Obj>,
    args: &[StackRef],
    count: usize,
    kwnames: Option<&PyTuple>,
) -> PyResult<Obj> {
    let ts = ThreadState::current();
    // SAFETY: the caller's contract; a frame just pushed keeps the eval loop's rules.
    unsafe {
        let previous = std::ptr::null_mut();
        let frame = push_frame(
            ts,
            function,
            locals,
            args.as_ptr(),
            count,
            kwnames,
            previous,
        )?;
        eval_frame(ts, frame, false)
    }
}

/// Runs a function from native code with just the arguments that its code takes.
///
/// # Safety
/// `code` is the function's, of a function's body; `args` are `count` arguments, as many as
/// [`takes_exactly`] wants.
unsafe fn run_exact(
    function: &PyFunction,
    code: &PyCode,
    args: *const *mut abi::PyObject,
    count: usize,
) -> PyResult<Obj> {
    let ts = ThreadState::current();
    check_recursion(ts)?;
    // SAFETY: the caller's contract; the frame has room for its variables, of which the arguments
    // are the first.
    unsafe {
        let frame: *mut Frame = ts.datastack.push(code.co_framesize.get() as usize).cast();
        if frame.is_null() {
            return Err(krait_runtime::err::no_memory());
        }
        let null = std::ptr::null_mut();
        let callee = StackRef::new(function.as_object());
        init_frame(frame, callee, code, null, std::ptr::null_mut(), count);
        let slots = (*frame).slots();
        for index in 0..count {
            // Native callers often pass what only a container holds: the frame has its own counts.
            *slots.add(index) = StackRef::new(PyObject::from_ptr(*args.add(index)));
        }
        ts.recursion_remaining.update(|left| left - 1);
        eval_frame(ts, frame, false)
    }
}

/// The vectorcall of function objects.
///
/// # Safety
/// The vectorcall contract.
pub(crate) unsafe extern "C" fn function_vectorcall(
    callable: *mut abi::PyObject,
    args: *const *mut abi::PyObject,
    nargsf: usize,
    kwnames: *mut abi::PyObject,
) -> *mut abi::PyObject {
    const SMALL: usize = 8;
    // SAFETY: the vectorcall contract: `count` positional arguments, then the keywords' values.
    unsafe {
        let count = nargsf & !ARGUMENTS_OFFSET;
        let kwnames =
            PyObject::from_ptr_opt(kwnames).map(|names| names.downcast_unchecked::<PyTuple>());
        let total = count + kwnames.map_or(0, PyTuple::len);
        let function = PyObject::from_ptr(callable).downcast_unchecked::<PyFunction>();
        // Native callers often pass what only a container holds: the frame gets counts of its own.
        let slot = |index: usize| StackRef::new(PyObject::from_ptr(*args.add(index)));
        let code = code_of(function);
        if kwnames.is_none() && takes_exactly(code, count) && code.has_flag(abi::CO_OPTIMIZED) {
            return result_into_ptr(run_exact(function, code, args, count));
        }
        let locals = if code.has_flag(abi::CO_OPTIMIZED) {
            None
        } else {
            function.func_globals.get().map(Py::into_object)
        };
        let function = StackRef::new(PyObject::from_ptr(callable));
        let result = if total <= SMALL {
            let mut slots = [StackRef::NULL; SMALL];
            for (index, place) in slots[..total].iter_mut().enumerate() {
                *place = slot(index);
            }
            run_function(function, locals, &slots[..total], count, kwnames)
        } else {
            let slots: Vec<StackRef> = (0..total).map(slot).collect();
            run_function(function, locals, &slots, count, kwnames)
        };
        result_into_ptr(result)
    }
}

/// Runs a code object in namespaces: what `exec` and `eval` do, and imports.
pub fn eval_code(
    code: &PyCode,
    globals: &PyDict,
    locals: &PyObject,
    closure: Option<&PyTuple>,
) -> PyResult<Obj> {
    let function = PyFunction::from_code(PyClass::to_owned(code), PyClass::to_owned(globals))?;
    let free = code.co_nfreevars.get() as usize;
    if closure.map_or(0, PyTuple::len) != free {
        return Err(runtime_error!(
            "code object with {free} free variables needs a closure of that size"
        ));
    }
    function.func_closure.set(closure.map(PyClass::to_owned));
    let function = StackRef::from_obj(function.into_object());
    let locals = (!code.has_flag(abi::CO_OPTIMIZED)).then(|| locals.to_obj());
    // SAFETY: a function without arguments.
    unsafe { run_function(function, locals, &[], 0, None) }
}
