//! The interpreter's and each thread's own state; nothing of it is a Rust static.
//!
//! Invariant: a thread runs Python code only while it is attached: its [`ThreadState`] is the
//! current one and it holds the interpreter's lock. Detaching ([`ThreadState::allow_threads`]) is
//! the only way to block without stopping every other thread.

use std::any::{Any, TypeId};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::PyResult;
use crate::err::ExcStackItem;
use crate::field::Field;
use crate::hooks::Hooks;
use crate::lock::InterpreterLock;
use crate::object::{Obj, PyObject};
use crate::{PyDict, PyErr};

/// Bits of [`ThreadState::eval_breaker`]: why the eval loop should leave its fast path.
pub mod breaker {
    /// Another thread asks for the interpreter lock.
    pub const LOCK_REQUEST: usize = 1;
    /// A signal arrived; its handler is to be run by the main thread.
    pub const SIGNALS: usize = 2;
    /// Calls were queued for this interpreter (`Py_AddPendingCall`).
    pub const PENDING_CALLS: usize = 4;
    /// An exception was sent to this thread (`PyThreadState_SetAsyncExc`).
    pub const ASYNC_EXCEPTION: usize = 8;
    /// The collector is due.
    pub const COLLECT: usize = 16;
    /// All bits; above them the eval breaker carries the version of what is monitored.
    pub const MASK: usize = 0xFF;
}

/// How much native stack is kept free for code that does not check, in bytes.
const STACK_MARGIN: usize = 256 * 1024;

/// A stack size that every thread has, in bytes.
const SURE_STACK: usize = 512 * 1024;

thread_local! {
    static CURRENT: Cell<*const ThreadState> = const { Cell::new(ptr::null()) };
}

/// One interpreter: what all its threads share, guarded by its lock.
pub struct Interpreter {
    /// The lock that a thread holds while it runs Python code.
    pub lock: InterpreterLock,
    /// `sys.modules`.
    pub modules: Field<PyDict>,
    /// The `builtins` module's dictionary.
    pub builtins: Field<PyDict>,
    /// The `sys` module's dictionary.
    pub sysdict: Field<PyDict>,
    /// The `importlib._bootstrap` module.
    pub importlib: Field<PyObject>,
    /// `builtins.__import__` as first set, so that the eval loop can tell whether it was replaced.
    pub import_func: Field<PyObject>,
    /// Strings that were interned.
    pub interned: crate::interned::InternTable,
    /// The cycle collector's state.
    pub gc: crate::gc::GcState,
    /// When instructions are specialised; set before the first code object is made.
    pub specialization: Cell<Specialization>,
    /// `sys.addaudithook`: what is called with audit events.
    pub audit_hooks: RefCell<Vec<Obj>>,
    /// What `sys.monitoring`'s tools want.
    pub monitoring: crate::monitoring::Monitoring,
    /// What the interpreter crate gave the runtime to call.
    pub hooks: Cell<Hooks>,
    /// `sys.setrecursionlimit`.
    pub recursion_limit: Cell<usize>,
    /// `sys.get_int_max_str_digits`; 0 means no limit.
    pub int_max_str_digits: Cell<usize>,
    /// The command line's flags, as `sys.flags` shows them.
    pub flags: RefCell<Flags>,
    /// The key of `str` and `bytes` hashes.
    pub hash_key: Cell<(u64, u64)>,
    /// All thread states of this interpreter.
    threads: RefCell<Vec<ptr::NonNull<ThreadState>>>,
    /// State that other crates keep per interpreter, by type.
    extensions: RefCell<HashMap<TypeId, Box<dyn Any>>>,
    /// Counts up for each thread state.
    next_thread_serial: Cell<u64>,
    /// The version for the next type or dict keys object that asks for one.
    pub next_type_version: Cell<u32>,
    /// The next function version.
    pub next_func_version: Cell<u32>,
    /// The next dict-keys version.
    pub next_keys_version: Cell<u32>,
    /// Set when the interpreter shuts down.
    pub finalizing: Cell<bool>,
}

/// When the interpreter specialises an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Specialization {
    /// When it has run a few times, as CPython does.
    Adaptive,
    /// Never: every instruction stays in its general form.
    Off,
    /// When it runs for the first time, and again at every miss.
    Eager,
}

/// The interpreter's flags, as `sys.flags` has them.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct Flags {
    pub debug: i32,
    pub inspect: i32,
    pub interactive: i32,
    pub optimize: i32,
    pub dont_write_bytecode: i32,
    pub no_user_site: i32,
    pub no_site: i32,
    pub ignore_environment: i32,
    pub verbose: i32,
    pub bytes_warning: i32,
    pub quiet: i32,
    pub hash_randomization: i32,
    pub isolated: i32,
    pub dev_mode: bool,
    pub utf8_mode: i32,
    pub warn_default_encoding: i32,
    pub safe_path: bool,
    pub int_max_str_digits: i32,
    pub context_aware_warnings: i32,
    pub thread_inherit_context: i32,
    /// `-X cpu_count`; 0 if it is not given.
    pub cpu_count: i32,
    /// `-X importtime`: 1 tells of modules that are loaded, 2 of those found loaded, too.
    pub import_time: i32,
    /// `-X no_debug_ranges`: code objects keep no columns.
    pub no_debug_ranges: bool,
}

// SAFETY: a thread touches the cells only while it holds `lock`; `lock` itself is thread-safe.
unsafe impl Sync for Interpreter {}
// SAFETY: as above.
unsafe impl Send for Interpreter {}

impl Interpreter {
    /// A new interpreter without any module; it lives until the process ends.
    pub fn create(hash_key: (u64, u64)) -> &'static Interpreter {
        Box::leak(Box::new(Interpreter {
            lock: InterpreterLock::new(),
            modules: Field::empty(),
            builtins: Field::empty(),
            sysdict: Field::empty(),
            importlib: Field::empty(),
            import_func: Field::empty(),
            interned: crate::interned::InternTable::new(),
            gc: crate::gc::GcState::new(),
            specialization: Cell::new(Specialization::Adaptive),
            audit_hooks: RefCell::default(),
            monitoring: crate::monitoring::Monitoring::new(),
            hooks: Cell::new(Hooks::UNSET),
            recursion_limit: Cell::new(1000),
            int_max_str_digits: Cell::new(4300),
            flags: RefCell::default(),
            hash_key: Cell::new(hash_key),
            threads: RefCell::default(),
            extensions: RefCell::default(),
            next_thread_serial: Cell::new(1),
            next_type_version: Cell::new(1),
            next_func_version: Cell::new(1),
            next_keys_version: Cell::new(1),
            finalizing: Cell::new(false),
        }))
    }

    /// The interpreter of the current thread.
    #[inline(always)]
    pub fn current() -> &'static Interpreter {
        ThreadState::current().interp
    }

    /// State of type `T` that a crate keeps per interpreter, made by `T::default` on first use.
    pub fn extension<T: Default + 'static>(&self) -> &'static T {
        let mut extensions = self.extensions.borrow_mut();
        let state = extensions
            .entry(TypeId::of::<T>())
            .or_insert_with(|| Box::<T>::default());
        let state: *const T = state.downcast_ref::<T>().expect("keyed by its own type");
        // SAFETY: the box is never removed or replaced, and the interpreter is never freed.
        unsafe { &*state }
    }

    /// Calls `visit` with each thread state of the interpreter.
    pub fn for_each_thread(&self, mut visit: impl FnMut(&ThreadState)) {
        for &thread in self.threads.borrow().iter() {
            // SAFETY: a thread state leaves the list before it is freed.
            visit(unsafe { thread.as_ref() });
        }
    }

    /// As [`Interpreter::for_each_thread`], the newest first.
    pub fn for_each_thread_newest_first(&self, mut visit: impl FnMut(&ThreadState)) {
        for &thread in self.threads.borrow().iter().rev() {
            // SAFETY: a thread state leaves the list before it is freed.
            visit(unsafe { thread.as_ref() });
        }
    }

    /// Sets `bits` in every thread's eval breaker. Callable from any thread or signal handler
    /// that is handed the interpreter of a live process.
    pub fn raise_breaker(&self, bits: usize) {
        self.for_each_thread(|thread| thread.set_breaker(bits));
    }
}

/// One thread's state. Its beginning is laid out as C's `PyThreadState`: extensions read and write the exception
/// there.
#[repr(C)]
pub struct ThreadState {
    _links: [Cell<usize>; 2],
    /// The interpreter that the thread runs in.
    pub interp: &'static Interpreter,
    /// Reasons for the eval loop to stop at its next check; see [`breaker`].
    pub eval_breaker: AtomicUsize,
    _status: [Cell<i32>; 9],
    /// The frame being run, as the interpreter crate defines it; null outside.
    pub current_frame: Cell<*mut krait_abi::_PyInterpreterFrame>,
    _c_tracing: [Cell<usize>; 4],
    /// The exception that is being raised: what a C function signals by NULL.
    pub(crate) current_exception: Field<PyObject>,
    /// The innermost entry of the stack of exceptions being handled.
    pub exc_info: Cell<*const ExcStackItem>,
    /// `PyThreadState_GetDict()`.
    pub dict: Field<PyDict>,
    _gilstate_counter: Cell<usize>,
    /// The exception that another thread sent.
    pub async_exception: Field<PyObject>,
    /// `threading.get_ident()`.
    pub ident: Cell<usize>,
    /// A number that no other thread state of the interpreter has.
    pub serial: u64,
    /// Always null: what C calls by this name is the runtime's `delete_later`.
    _delete_later: Cell<usize>,
    /// The outermost entry of the stack of exceptions being handled.
    pub exc_base: ExcStackItem,
    /// Where the frames of Python calls live.
    pub datastack: crate::frame::DataStack,
    /// Python calls that may still be made before `RecursionError`.
    pub recursion_remaining: Cell<isize>,
    /// Below this address a native call raises `RecursionError`.
    stack_limit: Cell<usize>,
    /// Objects whose deallocation waits for a shallower stack.
    pub(crate) delete_later: RefCell<Vec<*mut krait_abi::PyObject>>,
    /// The current context of `contextvars`.
    pub context: Field<PyObject>,
    /// Counts context switches, so that a `ContextVar` can cache its value.
    pub context_version: Cell<u64>,
    /// `sys.set_asyncgen_hooks(firstiter=)`.
    pub async_gen_firstiter: Field<PyObject>,
    /// `sys.set_asyncgen_hooks(finalizer=)`.
    pub async_gen_finalizer: Field<PyObject>,
    /// `sys.set_coroutine_origin_tracking_depth`.
    pub coroutine_origin_depth: Cell<usize>,
    /// `sys.settrace`: the function.
    pub trace_func: Field<PyObject>,
    /// `sys.setprofile`: the function.
    pub profile_func: Field<PyObject>,
    /// How many callbacks of monitoring are running: they are not monitored themselves.
    pub tracing: Cell<usize>,
    /// The event that the innermost of them was told of; -1 outside.
    pub what_event: Cell<i32>,
    /// The frame that it happened in: the only one whose place a callback may change.
    pub told_frame: Cell<*const crate::frame::Frame>,
    /// Objects whose `repr` is being made, to break cycles.
    pub repr_stack: RefCell<Vec<*const PyObject>>,
}

const _: () = {
    use std::mem::offset_of;
    type C = krait_abi::PyThreadState;
    assert!(offset_of!(ThreadState, interp) == offset_of!(C, interp));
    assert!(offset_of!(ThreadState, eval_breaker) == offset_of!(C, eval_breaker));
    assert!(offset_of!(ThreadState, current_frame) == offset_of!(C, current_frame));
    assert!(offset_of!(ThreadState, current_exception) == offset_of!(C, current_exception));
    assert!(offset_of!(ThreadState, exc_info) == offset_of!(C, exc_info));
    assert!(offset_of!(ThreadState, dict) == offset_of!(C, dict));
    assert!(offset_of!(ThreadState, async_exception) == offset_of!(C, async_exc));
    assert!(offset_of!(ThreadState, ident) == offset_of!(C, thread_id));
    assert!(offset_of!(ThreadState, _delete_later) == offset_of!(C, delete_later));
};

impl ThreadState {
    /// Makes a state for the calling thread, takes the lock and makes it current.
    pub fn attach_new(interp: &'static Interpreter) -> &'static ThreadState {
        let owned = ptr::NonNull::from(Box::leak(Box::new(ThreadState {
            _links: Default::default(),
            _status: Default::default(),
            _c_tracing: Default::default(),
            _gilstate_counter: Cell::new(0),
            _delete_later: Cell::new(0),
            interp,
            serial: interp.next_thread_serial.get(),
            ident: Cell::new(krait_host::thread::ident() as usize),
            current_exception: Field::empty(),
            exc_info: Cell::new(ptr::null()),
            exc_base: ExcStackItem::new(),
            current_frame: Cell::new(ptr::null_mut()),
            datastack: crate::frame::DataStack::new(),
            eval_breaker: AtomicUsize::new(0),
            recursion_remaining: Cell::new(0),
            stack_limit: Cell::new(0),
            delete_later: RefCell::default(),
            context: Field::empty(),
            context_version: Cell::new(0),
            dict: Field::empty(),
            async_gen_firstiter: Field::empty(),
            async_gen_finalizer: Field::empty(),
            coroutine_origin_depth: Cell::new(0),
            async_exception: Field::empty(),
            trace_func: Field::empty(),
            profile_func: Field::empty(),
            tracing: Cell::new(0),
            what_event: Cell::new(-1),
            told_frame: Cell::new(ptr::null()),
            repr_stack: RefCell::default(),
        })));
        // SAFETY: the state lives until `detach_and_free`, after which its references are not used.
        let tstate: &'static ThreadState = unsafe { owned.as_ref() };
        interp.lock.acquire(&tstate.eval_breaker);
        tstate.exc_info.set(&raw const tstate.exc_base);
        tstate
            .recursion_remaining
            .set(interp.recursion_limit.get() as isize);
        // Without knowing the stack's bounds, what is in use and a little more is all that is sure.
        let low = krait_host::thread::stack_bounds()
            .map_or(stack_pointer().saturating_sub(SURE_STACK), |bounds| {
                bounds.low
            });
        tstate.stack_limit.set(low + STACK_MARGIN);
        interp.next_thread_serial.set(tstate.serial + 1);
        interp.threads.borrow_mut().push(owned);
        CURRENT.set(tstate);
        crate::monitoring::adopt_in(tstate);
        tstate
    }

    /// Ends the calling thread's state: drops what it holds and releases the lock.
    ///
    /// # Safety
    /// `state` is the calling thread's, and no reference to it is used afterwards. (It is a pointer
    /// because a reference that is an argument must outlive the call.)
    pub unsafe fn detach_and_free(state: *const ThreadState) {
        // SAFETY: alive until the end of this function, where this borrow is over.
        let this = unsafe { &*state };
        this.drop_contents();
        let interp = this.interp;
        let owned = {
            let mut threads = interp.threads.borrow_mut();
            let place = threads
                .iter()
                .position(|each| ptr::eq(each.as_ptr(), state));
            place.map(|place| threads.remove(place))
        };
        CURRENT.set(ptr::null());
        interp.lock.release();
        if let Some(owned) = owned {
            // SAFETY: made by `Box::leak` in `attach_new`; the caller gives up every reference.
            drop(unsafe { Box::from_raw(owned.as_ptr()) });
        }
    }

    /// In the child of a fork: ends the states of all other threads, which do not run there.
    ///
    /// What their frames hold is lost, and so is their memory: nobody can tell what borrows it.
    pub fn forget_others(&self) {
        let others = {
            let mut threads = self.interp.threads.borrow_mut();
            let all = std::mem::take(&mut *threads);
            let is_own = |each: &ptr::NonNull<ThreadState>| ptr::eq(each.as_ptr(), self);
            let (own, others): (Vec<_>, Vec<_>) = all.into_iter().partition(is_own);
            *threads = own;
            others
        };
        for other in others {
            // SAFETY: the thread's state was in the list, and is never freed from now on.
            unsafe { other.as_ref() }.drop_contents();
        }
    }

    /// Lets go of what the state holds, frames apart.
    fn drop_contents(&self) {
        let was_watched = self.trace_func.is_some() || self.profile_func.is_some();
        for field in [
            &self.current_exception,
            &self.context,
            &self.async_gen_firstiter,
            &self.async_gen_finalizer,
            &self.async_exception,
            &self.trace_func,
            &self.profile_func,
            &self.exc_base.exc_value,
        ] {
            field.set(None);
        }
        self.dict.set(None);
        if was_watched && let Err(error) = crate::monitoring::legacy::note_changed() {
            error.clear();
        }
    }

    /// Calls `look` with the lock held by a thread that runs no Python code; it gets the state that
    /// the thread has for so long.
    pub fn look_from_outside(interp: &'static Interpreter, look: impl FnOnce(&ThreadState)) {
        let own = Self::attach_new(interp);
        look(own);
        // SAFETY: `look` could not keep its borrow, and nobody else's of this thread's state outlives
        // what they do with the list of threads, under the lock.
        unsafe { Self::detach_and_free(own) }
    }

    /// The calling thread's state.
    ///
    /// Must only be called by an attached thread: code above the kernel runs in no other.
    #[inline(always)]
    pub fn current() -> &'static ThreadState {
        let tstate = CURRENT.get();
        debug_assert!(
            !tstate.is_null(),
            "no thread state: the thread is not attached"
        );
        // SAFETY: objects can only be reached by attached threads, whose state is alive.
        unsafe { &*tstate }
    }

    /// The calling thread's state, if it is attached.
    pub fn current_opt() -> Option<&'static ThreadState> {
        // SAFETY: a thread's state is alive for as long as it is current.
        unsafe { CURRENT.get().as_ref() }
    }

    /// Runs `body` without the lock, so that other threads run meanwhile: for calls that block.
    /// `body` must not touch any object.
    pub fn allow_threads<R>(body: impl FnOnce() -> R) -> R {
        let tstate = Self::current();
        CURRENT.set(ptr::null());
        tstate.interp.lock.release();
        let result = body();
        tstate.interp.lock.acquire(&tstate.eval_breaker);
        CURRENT.set(tstate);
        result
    }

    /// Gives the lock up until [`ThreadState::attach`]: what `allow_threads` does, in two halves.
    pub fn detach(&'static self) {
        CURRENT.set(ptr::null());
        self.interp.lock.release();
    }

    /// Takes the lock again and makes the state current.
    pub fn attach(&'static self) {
        self.interp.lock.acquire(&self.eval_breaker);
        CURRENT.set(self);
    }

    /// The interpreter ends: other threads stop where they next want the lock.
    pub fn begin_finalizing(&self) {
        self.interp.finalizing.set(true);
        self.interp.lock.close_to_others(&self.eval_breaker);
    }

    /// Lets a waiting thread have the lock for a turn.
    pub fn yield_lock(&self) {
        CURRENT.set(ptr::null());
        self.interp.lock.yield_to_waiter(&self.eval_breaker);
        CURRENT.set(self);
    }

    /// Sets bits in the eval breaker; callable from signal handlers.
    pub fn set_breaker(&self, bits: usize) {
        self.eval_breaker.fetch_or(bits, Ordering::Relaxed);
    }

    /// Clears bits in the eval breaker.
    pub fn clear_breaker(&self, bits: usize) {
        self.eval_breaker.fetch_and(!bits, Ordering::Relaxed);
    }

    /// Whether the native stack is nearly used up.
    #[inline(always)]
    pub fn stack_is_low(&self) -> bool {
        stack_pointer() < self.stack_limit.get()
    }

    /// Whether much of the native stack is free again, so that postponed work can be done.
    #[inline]
    pub(crate) fn stack_is_roomy(&self) -> bool {
        stack_pointer() > self.stack_limit.get() + STACK_MARGIN
    }

    /// Raises `RecursionError` when the native stack is nearly used up; `doing` completes the
    /// message, as in " while calling a Python object".
    #[inline(always)]
    pub fn check_stack(&self, doing: &str) -> PyResult<()> {
        if self.stack_is_low() {
            Err(recursion_error(doing))
        } else {
            Ok(())
        }
    }

    /// What is being handled (`sys.exception()`): the innermost entry that holds an exception.
    pub fn handled_exception(&self) -> Option<Obj> {
        let mut item = self.exc_info.get();
        while !item.is_null() {
            // SAFETY: entries of the stack are alive while linked.
            let entry = unsafe { &*item };
            if let Some(value) = entry.exc_value.get() {
                return (!value.is(crate::none())).then_some(value);
            }
            item = entry.previous.get();
        }
        None
    }
}

/// The address of the current native frame.
#[inline(always)]
fn stack_pointer() -> usize {
    let marker = 0u8;
    (&raw const marker).addr()
}

#[cold]
fn recursion_error(doing: &str) -> PyErr {
    crate::exc!(RecursionError, "maximum recursion depth exceeded{doing}")
}

/// Guards a native function that may recurse through Python objects: `RecursionError` instead of
/// an overflow of the native stack.
#[inline(always)]
pub fn enter_recursive_call(doing: &str) -> PyResult<()> {
    ThreadState::current().check_stack(doing)
}
