//! The end of generators: finalizer, deallocator, and the collector's visit.

use std::mem::offset_of;

use krait_abi as abi;
use krait_runtime::frame::{Frame, StackRef, raw_of, slot_of};
use krait_runtime::{PyClass, PyErr, PyObject, PyResult, gc};

use super::PyGenerator;

impl PyGenerator {
    /// Empties the frame of a generator that will not run again.
    pub(super) fn clear_frame(&self) {
        let frame = &self.body.gi_iframe;
        self.body.gi_frame_state.set(abi::FRAME_CLEARED);
        // SAFETY: nobody runs the frame, and nobody will.
        unsafe {
            frame.previous.set(std::ptr::null_mut());
            frame.clear_except_code();
        }
        self.body.gi_exc_state.exc_value.set(None);
    }

    /// What happens when nobody refers to the generator any more: `tp_finalize`.
    pub(crate) fn finalize(&self) {
        let body = &self.body;
        if body.gi_frame_state.get() >= abi::FRAME_COMPLETED {
            return;
        }
        let pending = PyErr::occurred().map(PyErr::take);
        self.finalize_running();
        if let Some(pending) = pending {
            let _set = PyErr::restore(pending);
        }
    }

    fn finalize_running(&self) {
        let body = &self.body;
        if self.is_async()
            && let Some(finalizer) = body.gi_origin_or_finalizer.get()
            && body.gi_closed.get() == 0
        {
            if let Err(error) = finalizer.call1(self.as_object()) {
                error.write_unraisable(None, Some(self.as_object()));
            }
            return;
        }
        if self.is_coroutine() && body.gi_frame_state.get() == abi::FRAME_CREATED {
            crate::pending::warn_unawaited(self.as_object());
            return;
        }
        if let Err(error) = self.gen_close() {
            let context = format!(
                "Exception ignored while closing generator {}",
                self.to_display()
            );
            error.write_unraisable(Some(&context), None);
        }
    }
}

/// Clears the generator that a suspended or finished frame belongs to.
pub(crate) fn clear_generator(frame: &Frame) -> PyResult<()> {
    let offset = offset_of!(abi::PyGenObject, gi_iframe);
    // SAFETY: a frame owned by a generator lies inside one, which is alive with it.
    let generator = unsafe {
        PyObject::from_ptr(std::ptr::from_ref(frame).cast_mut().byte_sub(offset).cast())
            .downcast_unchecked::<PyGenerator>()
    };
    generator.finalize();
    Ok(())
}

/// The deallocator of all three classes.
///
/// # Safety
/// The contract of `tp_dealloc`.
pub(crate) unsafe extern "C" fn dealloc(object: *mut abi::PyObject) {
    // SAFETY: the contract of `tp_dealloc`; all three classes have one layout.
    unsafe {
        let this = PyObject::from_ptr(object).downcast_unchecked::<PyGenerator>();
        let body = &this.body;
        // Callbacks of weak references may collect: the collector must not find an object without a count.
        gc::untrack_raw(object);
        krait_runtime::weakref::clear_weakrefs(this.as_object());
        if body.gi_frame_state.get() < abi::FRAME_COMPLETED {
            gc::track_raw(object);
            if gc::finalize_from_dealloc(object) {
                // Brought back to life.
                return;
            }
            gc::untrack_raw(object);
        }
        body.gi_origin_or_finalizer.set(None);
        if body.gi_frame_state.get() != abi::FRAME_CLEARED {
            this.clear_frame();
        }
        slot_of(body.gi_iframe.f_executable.replace(raw_of(StackRef::NULL))).close();
        body.gi_name.set(None);
        body.gi_qualname.set(None);
        body.gi_exc_state.exc_value.set(None);
        krait_runtime::alloc::free_object(object);
    }
}

/// The collector's visit of all three classes.
///
/// # Safety
/// The contract of `tp_traverse`.
pub(crate) unsafe extern "C" fn traverse(
    object: *mut abi::PyObject,
    visit: abi::visitproc,
    arg: *mut std::ffi::c_void,
) -> i32 {
    // SAFETY: the contract of `tp_traverse`.
    unsafe {
        let body = &PyObject::from_ptr(object)
            .downcast_unchecked::<PyGenerator>()
            .body;
        let fields = [
            body.gi_name.as_ptr(),
            body.gi_qualname.as_ptr(),
            body.gi_origin_or_finalizer.as_ptr(),
            body.gi_exc_state.exc_value.as_ptr(),
        ];
        for field in fields {
            if !field.is_null() {
                let stop = visit(field, arg);
                if stop != 0 {
                    return stop;
                }
            }
        }
        if body.gi_frame_state.get() < abi::FRAME_CLEARED {
            return body.gi_iframe.visit(visit, arg);
        }
        let code = slot_of(body.gi_iframe.f_executable.get());
        if code.is_owned() && !code.as_ptr().is_null() {
            visit(code.as_ptr(), arg)
        } else {
            0
        }
    }
}
