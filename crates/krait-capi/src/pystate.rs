//! `pystate.h` and `pythread.h`: threads, their states and the lock.
//!
//! Invariant: a `PyThreadState *` that C code holds is a [`ThreadState`]; it is opaque but for
//! being passed back.

use std::cell::Cell;
use std::ffi::{c_int, c_ulong, c_void};
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use krait_runtime::alloc::trace;
use krait_runtime::{Interpreter, Obj, Py, PyDict, PyResult, ThreadState};

use crate::glue::*;

/// The interpreter that threads which C code started attach to.
static MAIN: AtomicPtr<Interpreter> = AtomicPtr::new(ptr::null_mut());

/// Remembers the interpreter for threads that know none.
pub(crate) fn set_main(interp: &'static Interpreter) {
    MAIN.store(ptr::from_ref(interp).cast_mut(), Ordering::Release);
}

type State = &'static ThreadState;

fn main_interpreter() -> &'static Interpreter {
    // SAFETY: set at start, before any extension is loaded; interpreters live as long as the process.
    unsafe { &*MAIN.load(Ordering::Acquire) }
}

thread_local! {
    /// The state that `PyGILState_Ensure` made for the thread, and how many calls rely on it.
    static ENSURED: Cell<(Option<State>, usize)> = const { Cell::new((None, 0)) };
    /// The thread's state while it is detached.
    static DETACHED: Cell<Option<State>> = const { Cell::new(None) };
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyThreadState_Get() -> State {
    ThreadState::current()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyThreadState_GetUnchecked() -> Option<State> {
    ThreadState::current_opt()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyThreadState_UncheckedGet() -> Option<State> {
    ThreadState::current_opt()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyEval_SaveThread() -> State {
    let state = ThreadState::current();
    DETACHED.set(Some(state));
    state.detach();
    state
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyEval_RestoreThread(state: State) {
    // Calls between keep C's `errno`.
    let errno = krait_host::errno::Errno::last();
    DETACHED.set(None);
    state.attach();
    errno.set_last();
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyEval_AcquireThread(state: State) {
    DETACHED.set(None);
    state.attach();
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyEval_ReleaseThread(state: State) {
    DETACHED.set(Some(state));
    state.detach();
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyEval_InitThreads() {}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyEval_ThreadsInitialized() -> c_int {
    1
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyThreadState_Swap(state: Option<State>) -> Option<State> {
    let old = ThreadState::current_opt();
    if old.map(ptr::from_ref) == state.map(ptr::from_ref) {
        return old;
    }
    if let Some(old) = old {
        DETACHED.set(Some(old));
        old.detach();
    }
    if let Some(state) = state {
        DETACHED.set(None);
        state.attach();
    }
    old
}

/// `PyGILState_LOCKED` and `PyGILState_UNLOCKED`.
const LOCKED: c_int = 0;
const UNLOCKED: c_int = 1;

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyGILState_Ensure() -> c_int {
    let (made, depth) = ENSURED.get();
    if ThreadState::current_opt().is_some() {
        ENSURED.set((made, depth + 1));
        return LOCKED;
    }
    if let Some(state) = DETACHED.take().or(made) {
        state.attach();
        ENSURED.set((made, depth + 1));
        return UNLOCKED;
    }
    let state = ThreadState::attach_new(main_interpreter());
    ENSURED.set((Some(state), 1));
    UNLOCKED
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyGILState_Release(before: c_int) {
    let (made, depth) = ENSURED.get();
    let depth = depth.saturating_sub(1);
    ENSURED.set((made, depth));
    if before == LOCKED {
        return;
    }
    match made {
        Some(state) if depth == 0 => {
            ENSURED.set((None, 0));
            // SAFETY: made by `PyGILState_Ensure` for this thread, and nobody relies on it any more.
            unsafe { ThreadState::detach_and_free(state) };
        }
        _ => {
            let state = ThreadState::current();
            DETACHED.set(Some(state));
            state.detach();
        }
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyGILState_Check() -> c_int {
    c_int::from(ThreadState::current_opt().is_some())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyGILState_GetThisThreadState() -> Option<State> {
    ThreadState::current_opt()
        .or(DETACHED.get())
        .or(ENSURED.get().0)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyInterpreterState_Get() -> *const Interpreter {
    ptr::from_ref(Interpreter::current())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyInterpreterState_Main() -> *const Interpreter {
    ptr::from_ref(main_interpreter())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyInterpreterState_GetID(_interp: *const Interpreter) -> i64 {
    0
}

/// A dictionary for what extensions keep per interpreter.
#[derive(Default)]
struct InterpreterDict(krait_runtime::Field<PyDict>);

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyInterpreterState_GetDict(_interp: *const Interpreter) -> Ptr {
    let kept = &Interpreter::current().extension::<InterpreterDict>().0;
    if !kept.is_some() {
        match PyDict::new() {
            Ok(dict) => kept.set(Some(dict)),
            Err(error) => error.clear(),
        }
    }
    lend(kept.get().map(Py::into_object))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyThreadState_GetInterpreter(state: State) -> *const Interpreter {
    ptr::from_ref(state.interp)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyThreadState_GetID(state: State) -> u64 {
    state.serial
}

/// The thread's dictionary, made on first use.
pub(crate) fn thread_dict() -> PyResult<Py<PyDict>> {
    let kept = &ThreadState::current().dict;
    if let Some(dict) = kept.get() {
        return Ok(dict);
    }
    let dict = PyDict::new()?;
    kept.set(Some(dict.clone()));
    Ok(dict)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyThreadState_GetDict() -> Ptr {
    if ThreadState::current_opt().is_none() {
        return ptr::null_mut();
    }
    match thread_dict() {
        Ok(dict) => lend(Some(dict.into_object())),
        Err(error) => {
            error.clear();
            ptr::null_mut()
        }
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyThreadState_GetFrame(_state: State) -> Out {
    let frame = krait_runtime::frame::current_frame()?;
    krait_runtime::frame::frame_of(frame)
        .ok()
        .map(Py::into_object)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyThreadState_SetAsyncExc(ident: c_ulong, exception: Arg) -> c_int {
    let mut found = 0;
    Interpreter::current().for_each_thread(|thread| {
        if thread.ident.get() == ident as usize {
            thread
                .async_exception
                .set(exception.map(krait_runtime::PyClass::to_obj));
            thread.set_breaker(krait_runtime::state::breaker::ASYNC_EXCEPTION);
            found += 1;
        }
    });
    found
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyThreadState_EnterTracing(state: State) {
    state.tracing.set(state.tracing.get() + 1);
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyThreadState_LeaveTracing(state: State) {
    state.tracing.set(state.tracing.get().saturating_sub(1));
}

/// A lock that any thread may release: what `PyThread_type_lock` points at.
#[derive(Default)]
pub struct ThreadLock {
    held: Mutex<bool>,
    released: Condvar,
}

impl ThreadLock {
    /// Waits for the lock; no limit with `None`.
    fn acquire(&self, limit: Option<Duration>) -> bool {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let deadline = limit.map(|limit| std::time::Instant::now() + limit);
        while *held {
            match deadline {
                None => {
                    held = self
                        .released
                        .wait(held)
                        .unwrap_or_else(PoisonError::into_inner)
                }
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(std::time::Instant::now());
                    if left.is_zero() {
                        return false;
                    }
                    let (guard, _) = self
                        .released
                        .wait_timeout(held, left)
                        .unwrap_or_else(PoisonError::into_inner);
                    held = guard;
                }
            }
        }
        *held = true;
        true
    }

    fn release(&self) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.released.notify_one();
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyThread_allocate_lock() -> *mut ThreadLock {
    Box::into_raw(Box::default())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyThread_free_lock(lock: *mut ThreadLock) {
    if !lock.is_null() {
        // SAFETY: made by `PyThread_allocate_lock`, and given back once.
        drop(unsafe { Box::from_raw(lock) });
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyThread_acquire_lock(lock: &ThreadLock, wait: c_int) -> c_int {
    c_int::from(lock.acquire((wait == 0).then_some(Duration::ZERO)))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyThread_acquire_lock_timed(
    lock: &ThreadLock,
    microseconds: i64,
    _interruptible: c_int,
) -> c_int {
    let limit = u64::try_from(microseconds).ok().map(Duration::from_micros);
    c_int::from(lock.acquire(limit))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyThread_release_lock(lock: &ThreadLock) {
    lock.release();
}

/// `PyMutex`: one byte, whose lowest bit says that it is held.
#[repr(transparent)]
pub struct PyMutex(std::sync::atomic::AtomicU8);

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyMutex_Lock(mutex: &PyMutex) {
    let take = || {
        mutex
            .0
            .compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
    };
    if take() {
        return;
    }
    // Who holds the mutex may wait for the interpreter's lock.
    let state = ThreadState::current_opt();
    if let Some(state) = state {
        state.detach();
    }
    while !take() {
        std::thread::sleep(Duration::from_micros(50));
    }
    if let Some(state) = state {
        state.attach();
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyMutex_Unlock(mutex: &PyMutex) {
    mutex.0.store(0, Ordering::Release);
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyMutex_IsLocked(mutex: &PyMutex) -> c_int {
    c_int::from(mutex.0.load(Ordering::Relaxed) & 1)
}

/// Critical sections: with an interpreter lock there is nothing to do.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyCriticalSection_Begin(_section: *mut c_void, _object: Arg) {}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyCriticalSection_End(_section: *mut c_void) {}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyCriticalSection2_Begin(_section: *mut c_void, _left: Arg, _right: Arg) {}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyCriticalSection2_End(_section: *mut c_void) {}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyThread_get_thread_ident() -> c_ulong {
    krait_host::thread::ident() as c_ulong
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyThread_get_thread_native_id() -> c_ulong {
    krait_host::thread::native_id() as c_ulong
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyThread_init_thread() {}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyThread_start_new_thread(
    function: unsafe extern "C" fn(*mut c_void),
    arg: *mut c_void,
) -> c_ulong {
    struct Start(unsafe extern "C" fn(*mut c_void), *mut c_void);
    // SAFETY: C code passes the argument on to a thread that it wants.
    unsafe impl Send for Start {}
    let start = Start(function, arg);
    let body = Box::new(move || {
        let start = start;
        // SAFETY: the function takes its argument.
        unsafe { (start.0)(start.1) };
    });
    krait_host::thread::start(0, body).map_or(c_ulong::MAX, |ident| ident as c_ulong)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyThread_get_stacksize() -> usize {
    0
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyThread_set_stacksize(_size: usize) -> c_int {
    -2
}

/// A key of thread-specific storage, laid out as C's `Py_tss_t`.
#[repr(C)]
pub struct ThreadKey {
    is_initialized: Cell<c_int>,
    key: Cell<u32>,
}

thread_local! {
    static VALUES: std::cell::RefCell<std::collections::HashMap<u32, *mut c_void>> = std::cell::RefCell::default();
}

static NEXT_KEY: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(1);

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyThread_tss_alloc() -> *mut ThreadKey {
    Box::into_raw(Box::new(ThreadKey {
        is_initialized: Cell::new(0),
        key: Cell::new(0),
    }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyThread_tss_free(key: *mut ThreadKey) {
    if !key.is_null() {
        // SAFETY: made by `PyThread_tss_alloc`, and given back once.
        drop(unsafe { Box::from_raw(key) });
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyThread_tss_is_created(key: &ThreadKey) -> c_int {
    key.is_initialized.get()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyThread_tss_create(key: &ThreadKey) -> c_int {
    if key.is_initialized.get() == 0 {
        key.key.set(NEXT_KEY.fetch_add(1, Ordering::Relaxed));
        key.is_initialized.set(1);
    }
    0
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyThread_tss_delete(key: &ThreadKey) {
    key.is_initialized.set(0);
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyThread_tss_set(key: &ThreadKey, value: *mut c_void) -> c_int {
    VALUES.with_borrow_mut(|values| values.insert(key.key.get(), value));
    0
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyThread_tss_get(key: &ThreadKey) -> *mut c_void {
    VALUES
        .with_borrow(|values| values.get(&key.key.get()).copied())
        .unwrap_or(ptr::null_mut())
}

/// Notes memory that an extension got elsewhere; -2 if nothing is traced. The caller need not hold
/// the lock.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyTraceMalloc_Track(
    domain: std::ffi::c_uint,
    address: usize,
    size: usize,
) -> c_int {
    with_lock(|| trace::track(domain, address, size))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyTraceMalloc_Untrack(domain: std::ffi::c_uint, address: usize) -> c_int {
    with_lock(|| trace::untrack(domain, address))
}

/// `_PyTraceMalloc_GetTraceback`: the frames of a trace, or None.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyTraceMalloc_GetTraceback(
    domain: std::ffi::c_uint,
    address: usize,
) -> Option<Obj> {
    let Some(traceback) = trace::traceback_of(domain, address) else {
        return Some(krait_runtime::PyClass::to_obj(krait_runtime::none()));
    };
    traceback.to_tuple().ok().map(Py::into_object)
}

/// 0 if the work was done, -2 if not.
fn with_lock(work: impl FnOnce() -> bool) -> c_int {
    // SAFETY: the two calls are a pair.
    let before = unsafe { PyGILState_Ensure() };
    let done = work();
    // SAFETY: as above.
    unsafe { PyGILState_Release(before) };
    if done { 0 } else { -2 }
}

/// Keys of thread-specific storage as they were before `Py_tss_t`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyThread_create_key() -> c_int {
    NEXT_KEY.fetch_add(1, Ordering::Relaxed) as c_int
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyThread_delete_key(_key: c_int) {}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyThread_set_key_value(key: c_int, value: *mut c_void) -> c_int {
    VALUES.with_borrow_mut(|values| values.insert(key as u32, value));
    0
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyThread_get_key_value(key: c_int) -> *mut c_void {
    VALUES
        .with_borrow(|values| values.get(&(key as u32)).copied())
        .unwrap_or(ptr::null_mut())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyThread_delete_key_value(key: c_int) {
    VALUES.with_borrow_mut(|values| values.remove(&(key as u32)));
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyThread_ReInitTLS() {}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyThread_GetInfo() -> Out {
    run(|| crate::longobject::sys_attribute("thread_info"))
}
