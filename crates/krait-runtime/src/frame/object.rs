//! `frame`: the object through which Python code sees a frame.
//!
//! Invariant: `f_frame` points at the frame while it runs, into a generator while that lives, or at
//! the frame's copy in the object itself; it is never null once the object is made.

use std::cell::Cell;
use std::mem::offset_of;

use krait_abi as abi;
use krait_macros::{pyclass, pymethods};

use super::{Frame, PyFrameLocalsProxy, StackRef, local_value, raw_of, slot_of};
use crate::code::FRAME_SPECIALS_SIZE;
use crate::field::Field;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::state::Interpreter;
use crate::{PyCode, PyDict, PyFunction, PyLong, PyResult, PyStr};

/// A frame of a call of Python code.
#[pyclass(
    name = "frame",
    symbol = PyFrame_Type,
    flags(GC, DISALLOW_INSTANTIATION),
    layout = manual,
    basicsize = offset_of!(PyFrame, data) as isize,
    itemsize = size_of::<usize>() as isize,
    methods(METHODS, ATTRIBUTES)
)]
#[repr(C)]
pub struct PyFrame {
    ob_base: PyObject,
    f_back: Field<PyFrame>,
    f_frame: Cell<*mut Frame>,
    /// The trace function of this frame.
    pub f_trace: Field<PyObject>,
    /// Set by a tracer that wants to jump, or when the frame was cleared; 0 otherwise.
    pub f_lineno: Cell<i32>,
    /// Whether line events are wanted.
    pub f_trace_lines: Cell<i8>,
    /// Whether opcode events are wanted.
    pub f_trace_opcodes: Cell<i8>,
    /// Names set through `f_locals` that are no variables of the code.
    pub f_extra_locals: Field<PyDict>,
    f_locals_cache: Field<PyObject>,
    /// Values of variables that `f_locals` replaced: a caller's slot may still borrow them.
    f_overwritten_fast_locals: Field<PyObject>,
    data: [Cell<usize>; 1],
}

const _: () = {
    assert!(offset_of!(PyFrame, f_frame) == offset_of!(abi::PyFrameObject, f_frame));
    assert!(offset_of!(PyFrame, f_lineno) == offset_of!(abi::PyFrameObject, f_lineno));
    assert!(offset_of!(PyFrame, f_extra_locals) == offset_of!(abi::PyFrameObject, f_extra_locals));
    assert!(offset_of!(PyFrame, data) == offset_of!(abi::PyFrameObject, _f_frame_data));
};

/// The frame object of a frame, made on first use.
pub fn frame_of(frame: &Frame) -> PyResult<Py<PyFrame>> {
    let existing = frame.frame_obj.get();
    if !existing.is_null() {
        // SAFETY: `frame_obj` is null or a live frame object.
        return Ok(unsafe { Py::from_borrowed_ptr(existing.cast()) });
    }
    let code = frame.code();
    let words = code.co_framesize.get() as usize;
    // SAFETY: the allocation is large enough for the frame and all zeros past the header, which is
    // valid for every field; it is tracked only when `f_frame` is set.
    let object: Py<PyFrame> = unsafe {
        crate::alloc::alloc_object(<PyFrame as PyClass>::type_object(), words)?.cast_unchecked()
    };
    // The allocation counts items where `f_back` is.
    // SAFETY: the word after the header.
    unsafe { (*object.as_ptr().cast::<abi::PyVarObject>()).ob_size.set(0) };
    object.f_frame.set(std::ptr::from_ref(frame).cast_mut());
    object.f_trace_lines.set(1);
    frame.frame_obj.set(object.as_ptr().cast());
    // The frame's own reference.
    std::mem::forget(object.clone());
    crate::gc::track(object.as_object());
    Ok(object)
}

/// The namespace of a module or class body; `None` in functions, and where a comprehension that was
/// compiled into the body has variables of its own, which are shown instead.
fn shown_namespace(frame: &Frame) -> Option<&PyObject> {
    frame.locals().filter(|_| !has_hidden_locals(frame))
}

fn has_hidden_locals(frame: &Frame) -> bool {
    let code = frame.code();
    (0..code.co_nlocalsplus.get() as usize).any(|index| {
        code.local_kind(index) & abi::CO_FAST_HIDDEN != 0 && local_value(frame, index).is_some()
    })
}

/// What `locals()` gives in a frame: the namespace itself, or a fresh dictionary in a function.
pub fn locals_mapping(frame: &Frame) -> PyResult<Obj> {
    if let Some(namespace) = shown_namespace(frame) {
        return Ok(namespace.to_obj());
    }
    let object = frame_of(frame)?;
    let dict = PyDict::new()?;
    for (name, value) in PyFrameLocalsProxy::over(object)?.items_vec()? {
        dict.set_item(&name, &value)?;
    }
    Ok(dict.into_object())
}

impl PyFrame {
    /// The frame.
    pub fn frame(&self) -> &Frame {
        // SAFETY: the file's invariant.
        unsafe { &*self.f_frame.get() }
    }

    /// The frame of a call that does not run: C code makes one to show where it is in a traceback.
    pub fn new_stopped(
        code: Py<PyCode>,
        globals: Py<PyDict>,
        locals: Option<&PyObject>,
    ) -> PyResult<Py<PyFrame>> {
        let function = PyFunction::from_code(code.clone(), globals)?;
        let words = code.co_framesize.get() as usize;
        // SAFETY: as in `frame_of`.
        let object: Py<PyFrame> = unsafe {
            crate::alloc::alloc_object(<PyFrame as PyClass>::type_object(), words)?.cast_unchecked()
        };
        // SAFETY: the word after the header, and a place with room for the code's frame, all of whose fields
        // are set here; the function keeps globals and builtins.
        unsafe {
            (*object.as_ptr().cast::<abi::PyVarObject>()).ob_size.set(0);
            let place = object.own_place();
            let frame = &*place;
            let raw = &*function.as_ptr().cast::<abi::PyFunctionObject>();
            frame.f_globals.set(raw.func_globals.get());
            frame.f_builtins.set(raw.func_builtins.get());
            frame
                .f_locals
                .set(locals.map_or(std::ptr::null_mut(), |locals| locals.to_obj().into_ptr()));
            frame.instr_ptr.set(code.first_unit());
            let slots = frame.slots();
            let count = code.co_nlocalsplus.get() as usize;
            for index in 0..count {
                *slots.add(index) = StackRef::NULL;
            }
            frame.stackpointer.set(slots.add(count).cast());
            frame.owner.set(abi::FRAME_OWNED_BY_FRAME_OBJECT);
            frame.frame_obj.set(object.as_ptr().cast());
            frame
                .f_executable
                .set(raw_of(StackRef::from_obj(code.into_object())));
            frame
                .f_funcobj
                .set(raw_of(StackRef::from_obj(function.into_object())));
            object.f_frame.set(place);
        }
        object.f_trace_lines.set(1);
        crate::gc::track(object.as_object());
        Ok(object)
    }

    /// Copies the frame into the object because the frame's own place is about to go.
    ///
    /// # Safety
    /// The frame has finished; `frame` is the one the object is for.
    pub(super) unsafe fn take_over(&self, frame: &Frame) {
        let target = self.own_place();
        // SAFETY: the object was made with room for the frame.
        unsafe {
            let previous = frame.back();
            frame.move_to(target);
            let own = &*target;
            own.frame_obj.set(self.as_ptr().cast());
            own.owner.set(abi::FRAME_OWNED_BY_FRAME_OBJECT);
            self.f_frame.set(target);
            let executable = slot_of(own.f_executable.get());
            // The caller of `clear_except_code` gives the code object up on its own.
            own.f_executable
                .set(raw_of(StackRef::new(executable.as_ref())));
            if let Some(previous) = previous
                && let Ok(back) = frame_of(previous)
            {
                self.f_back.set(Some(back));
            }
        }
    }

    /// Forgets a frame that ends together with the object.
    pub(super) fn detach(&self) {
        let place = self.own_place();
        // SAFETY: the object has room for a frame header; one that holds nothing is put there.
        unsafe {
            std::ptr::write_bytes(place.cast::<usize>(), 0, FRAME_SPECIALS_SIZE);
            (&*place).f_executable.set(raw_of(StackRef::NULL));
            (&*place).f_funcobj.set(raw_of(StackRef::NULL));
            (&*place).stackpointer.set((&*place).slots().cast());
            (&*place).owner.set(abi::FRAME_OWNED_BY_FRAME_OBJECT);
        }
        self.f_frame.set(place);
    }

    fn own_place(&self) -> *mut Frame {
        std::ptr::from_ref(&self.data).cast_mut().cast()
    }

    fn owns_frame(&self) -> bool {
        std::ptr::eq(self.f_frame.get(), self.own_place())
    }

    /// The next outer frame that Python code may see.
    pub fn back(&self) -> PyResult<Option<Py<PyFrame>>> {
        if let Some(back) = self.f_back.get() {
            return Ok(Some(back));
        }
        if self.owns_frame() {
            return Ok(None);
        }
        match self.frame().back() {
            Some(frame) => frame_of(frame).map(Some),
            None => Ok(None),
        }
    }

    /// The line being run; `None` if the instruction has none.
    pub fn line(&self) -> Option<i32> {
        match self.f_lineno.get() {
            0 => self.frame().line(),
            line => Some(line),
        }
    }

    /// Has the code tell of its instructions as soon as a trace function wants to hear of them.
    fn note_opcodes_traced(&self) -> PyResult<()> {
        if self.f_trace_opcodes.get() != 0 && self.f_trace.is_some() {
            crate::monitoring::legacy::trace_opcodes(self.frame())?;
        }
        Ok(())
    }

    /// Keeps a value that `f_locals` replaced alive as long as the frame.
    pub(super) fn keep_overwritten(&self, value: Obj) -> PyResult<()> {
        let list = match self.f_overwritten_fast_locals.get() {
            Some(list) => list,
            None => {
                let list = crate::PyList::from_vec(Vec::new())?.into_object();
                self.f_overwritten_fast_locals.set(Some(list.clone()));
                list
            }
        };
        match list.downcast::<crate::PyList>() {
            Some(list) => list.push(value),
            None => Ok(()),
        }
    }

    /// Whether the frame is being run, or suspended below something that is.
    fn is_executing(&self) -> bool {
        let frame = self.frame();
        match frame.owner.get() {
            abi::FRAME_OWNED_BY_GENERATOR => generator_state(frame) == abi::FRAME_EXECUTING,
            abi::FRAME_OWNED_BY_FRAME_OBJECT => false,
            _ => true,
        }
    }

    fn drop_parts(&self) {
        self.f_back.set(None);
        self.f_trace.set(None);
        self.f_extra_locals.set(None);
        self.f_locals_cache.set(None);
        self.f_overwritten_fast_locals.set(None);
    }
}

fn exact_bool(value: &PyObject) -> PyResult<bool> {
    match value.downcast_exact::<crate::PyBool>() {
        Some(_) => Ok(value.is(crate::bool_object(true))),
        None => Err(crate::type_error!("attribute value type must be bool")),
    }
}

/// `gi_frame_state` of the generator that a frame belongs to.
fn generator_state(frame: &Frame) -> i8 {
    let offset = offset_of!(abi::PyGenObject, gi_iframe);
    // SAFETY: a frame owned by a generator lies inside one.
    let generator = unsafe {
        &*std::ptr::from_ref(frame)
            .byte_sub(offset)
            .cast::<abi::PyGenObject>()
    };
    generator.gi_frame_state.get()
}

#[pymethods(ATTRIBUTES)]
impl PyFrame {
    #[pygetter]
    fn f_back(&self) -> PyResult<Option<Py<PyFrame>>> {
        self.back()
    }

    #[pygetter]
    fn f_locals(&self) -> PyResult<Obj> {
        match shown_namespace(self.frame()) {
            Some(namespace) => Ok(namespace.to_obj()),
            None => Ok(PyFrameLocalsProxy::over(PyClass::to_owned(self))?.into_object()),
        }
    }

    #[pygetter]
    fn f_globals(&self) -> Obj {
        self.frame().globals().to_obj()
    }

    #[pygetter]
    fn f_builtins(&self) -> Obj {
        self.frame().builtins().to_obj()
    }

    #[pygetter]
    fn f_code(&self) -> Obj {
        self.frame().code().to_obj()
    }

    #[pygetter]
    fn f_lasti(&self) -> i32 {
        let lasti = self.frame().lasti();
        if lasti < 0 { -1 } else { lasti }
    }

    #[pygetter]
    fn f_lineno(&self) -> Option<i32> {
        self.line()
    }

    #[pysetter]
    fn set_f_lineno(&self, value: Option<&PyObject>) -> PyResult<()> {
        let Some(value) = value else {
            return Err(crate::attribute_error!("cannot delete attribute"));
        };
        let Some(line) = value.downcast_exact::<PyLong>() else {
            return Err(crate::value_error!("lineno must be an integer"));
        };
        (Interpreter::current().hooks.get().set_frame_line)(self, line.to_i64())
    }

    #[pygetter]
    fn f_trace(&self) -> Obj {
        self.f_trace.get().unwrap_or_else(|| crate::none().to_obj())
    }

    #[pysetter]
    fn set_f_trace(&self, value: Option<&PyObject>) -> PyResult<()> {
        let function = value.filter(|value| !value.is(crate::none()));
        self.f_trace.set(function.map(PyClass::to_obj));
        self.note_opcodes_traced()
    }

    #[pygetter]
    fn f_trace_lines(&self) -> bool {
        self.f_trace_lines.get() != 0
    }

    #[pysetter]
    fn set_f_trace_lines(&self, value: Option<&PyObject>) -> PyResult<()> {
        let Some(value) = value else {
            return Err(crate::type_error!("can't delete numeric/char attribute"));
        };
        self.f_trace_lines.set(i8::from(exact_bool(value)?));
        Ok(())
    }

    #[pygetter]
    fn f_trace_opcodes(&self) -> bool {
        self.f_trace_opcodes.get() != 0
    }

    #[pysetter]
    fn set_f_trace_opcodes(&self, value: Option<&PyObject>) -> PyResult<()> {
        let Some(value) = value else {
            return Err(crate::attribute_error!(
                "attribute 'f_trace_opcodes' of 'frame' objects cannot be deleted"
            ));
        };
        self.f_trace_opcodes.set(i8::from(exact_bool(value)?));
        self.note_opcodes_traced()
    }

    /// Return the generator or coroutine associated with this frame, or None.
    #[pygetter]
    fn f_generator(&self) -> Obj {
        let frame = self.frame();
        if frame.owner.get() != abi::FRAME_OWNED_BY_GENERATOR {
            return crate::none().to_obj();
        }
        let offset = offset_of!(abi::PyGenObject, gi_iframe);
        // SAFETY: a frame owned by a generator lies inside one, which is alive with it.
        unsafe {
            Py::from_borrowed_ptr(std::ptr::from_ref(frame).cast_mut().byte_sub(offset).cast())
        }
    }
}

#[pymethods]
impl PyFrame {
    /// Clear all references held by the frame.
    #[pymethod(signature = "($self, /)")]
    fn clear(&self) -> PyResult<()> {
        let frame = self.frame();
        if self.is_executing() {
            return Err(crate::runtime_error!("cannot clear an executing frame"));
        }
        if frame.owner.get() == abi::FRAME_OWNED_BY_GENERATOR {
            if generator_state(frame) == abi::FRAME_SUSPENDED_YIELD_FROM
                || generator_state(frame) == abi::FRAME_SUSPENDED
            {
                return Err(crate::runtime_error!("cannot clear a suspended frame"));
            }
            return (Interpreter::current().hooks.get().clear_generator)(frame);
        }
        self.f_trace.set(None);
        // SAFETY: the frame has finished: only its object refers to it.
        unsafe { clear_variables(frame) };
        Ok(())
    }

    #[pymethod(name = "__sizeof__", signature = "($self, /)")]
    fn sizeof(&self) -> PyResult<usize> {
        let words = self.frame().code().co_framesize.get() as usize;
        Ok(offset_of!(PyFrame, data) + words * size_of::<usize>())
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Obj> {
        let code = self.frame().code();
        let file = match code.co_filename.get() {
            Some(file) => file.repr()?.to_string_lossy(),
            None => "'?'".to_owned(),
        };
        let name = code
            .co_name
            .get()
            .map(|name| name.to_string_lossy())
            .unwrap_or_default();
        let line = self
            .line()
            .map_or_else(|| "None".to_owned(), |line| line.to_string());
        let text = format!("<frame at {self:p}, file {file}, line {line}, code {name}>");
        Ok(PyStr::new(&text)?.into_object())
    }

    #[slot(tp_dealloc)]
    #[inline(never)]
    unsafe extern "C" fn tp_dealloc(object: *mut abi::PyObject) {
        // SAFETY: the contract of `tp_dealloc`.
        unsafe {
            let this = PyObject::from_ptr(object).downcast_unchecked::<PyFrame>();
            crate::gc::untrack(this);
            this.drop_parts();
            if this.owns_frame() {
                let frame = this.frame();
                frame.clear_slots();
                slot_of(frame.f_funcobj.replace(raw_of(StackRef::NULL))).close();
                slot_of(frame.f_executable.replace(raw_of(StackRef::NULL))).close();
            }
            crate::alloc::free_object(object);
        }
    }

    #[slot(tp_traverse)]
    #[inline(never)]
    unsafe extern "C" fn tp_traverse(
        object: *mut abi::PyObject,
        visit: abi::visitproc,
        arg: *mut std::ffi::c_void,
    ) -> i32 {
        // SAFETY: the contract of `tp_traverse`.
        unsafe {
            let this = PyObject::from_ptr(object).downcast_unchecked::<PyFrame>();
            let parts = [
                this.f_back.as_ptr(),
                this.f_trace.as_ptr(),
                this.f_extra_locals.as_ptr(),
                this.f_locals_cache.as_ptr(),
                this.f_overwritten_fast_locals.as_ptr(),
            ];
            for part in parts {
                if !part.is_null() {
                    let stop = visit(part, arg);
                    if stop != 0 {
                        return stop;
                    }
                }
            }
            if this.owns_frame() {
                this.frame().visit(visit, arg)
            } else {
                0
            }
        }
    }

    #[slot(tp_clear)]
    #[inline(never)]
    unsafe extern "C" fn tp_clear(object: *mut abi::PyObject) -> i32 {
        // SAFETY: the contract of `tp_clear`.
        unsafe {
            let this = PyObject::from_ptr(object).downcast_unchecked::<PyFrame>();
            this.f_trace.set(None);
            this.f_extra_locals.set(None);
            if this.owns_frame() {
                clear_variables(this.frame());
            }
        }
        0
    }
}

/// Empties the variables and the stack; the slots of variables stay, empty.
///
/// # Safety
/// The frame has finished.
unsafe fn clear_variables(frame: &Frame) {
    if slot_of(frame.f_executable.get()).is_null() {
        return;
    }
    let (depth, variables) = (frame.depth(), frame.code().co_nlocalsplus.get() as usize);
    let variables = variables.min(depth);
    // SAFETY: slots below the depth are valid; each is emptied before its value ends.
    unsafe {
        frame.stackpointer.set(frame.slots().add(variables).cast());
        for index in 0..depth {
            let slot = frame.slots().add(index);
            let value = *slot;
            *slot = StackRef::NULL;
            value.close();
        }
    }
}

impl Frame {
    /// Visits what the frame refers to for the collector.
    ///
    /// # Safety
    /// The contract of `tp_traverse`.
    pub unsafe fn visit(&self, visit: abi::visitproc, arg: *mut std::ffi::c_void) -> i32 {
        // SAFETY: slots below the stack pointer are valid; borrowed ones are not counted, so the
        // collector must not hear of them.
        unsafe {
            let locals = self.f_locals.get();
            if !locals.is_null() {
                let stop = visit(locals, arg);
                if stop != 0 {
                    return stop;
                }
            }
            let header = [self.f_funcobj.get(), self.f_executable.get()].map(slot_of);
            let slots = (0..self.depth()).map(|index| self.slot(index));
            for slot in header.into_iter().chain(slots) {
                if slot.is_owned() && !slot.is_null() {
                    let stop = visit(slot.as_ptr(), arg);
                    if stop != 0 {
                        return stop;
                    }
                }
            }
        }
        0
    }
}
