//! Interned strings, and the strings that are shared by everyone.
//!
//! Invariant: the table does not count its references (as in CPython): a mortal interned string
//! leaves the table when it dies, in `str`'s deallocator.

use std::cell::RefCell;
use std::sync::atomic::{AtomicPtr, Ordering};

use hashbrown::HashTable;
use krait_abi as abi;

use crate::object::{Py, PyClass};
use crate::{PyResult, PyStr};

/// The interned strings of an interpreter.
pub struct InternTable {
    table: RefCell<HashTable<*const PyStr>>,
}

/// The strings that all interpreters share: the empty one and those of one Latin-1 character.
/// Immortal from when the first interpreter makes them.
struct Shared {
    empty: AtomicPtr<abi::PyObject>,
    latin1: [AtomicPtr<abi::PyObject>; 256],
}

static SHARED: Shared = Shared {
    empty: AtomicPtr::new(std::ptr::null_mut()),
    latin1: [const { AtomicPtr::new(std::ptr::null_mut()) }; 256],
};

impl Shared {
    #[inline(always)]
    fn get(place: &'static AtomicPtr<abi::PyObject>) -> &'static PyStr {
        let text = place.load(Ordering::Relaxed);
        debug_assert!(
            !text.is_null(),
            "the interpreter's first step makes the shared strings"
        );
        // SAFETY: made before any other string of less than two characters, and immortal.
        unsafe { crate::PyObject::from_ptr(text).downcast_unchecked() }
    }
}

impl InternTable {
    pub(crate) fn new() -> Self {
        Self {
            table: RefCell::default(),
        }
    }

    /// The interned string equal to `text`, which becomes it if it is the first and a plain `str`.
    pub fn intern(&self, text: &PyStr) -> Py<PyStr> {
        if text.is_interned() || !text.is_exact::<PyStr>() {
            return PyClass::to_owned(text);
        }
        let hash = text.hash_text() as u64;
        let mut table = self.table.borrow_mut();
        let equal = |other: &*const PyStr| {
            // SAFETY: strings leave the table before they die.
            unsafe { (**other).same_text(text) }
        };
        if let Some(found) = table.find(hash, equal) {
            // SAFETY: as above.
            return unsafe { PyClass::to_owned(&**found) };
        }
        text.set_interned(abi::SSTATE_INTERNED_MORTAL);
        table.insert_unique(hash, text, |each| {
            // SAFETY: as above.
            unsafe { (**each).hash_text() as u64 }
        });
        PyClass::to_owned(text)
    }

    /// The interned string for Rust text.
    pub fn intern_text(&self, text: &str) -> PyResult<Py<PyStr>> {
        if text.is_ascii() {
            let hash = crate::hash::hash_bytes(text.as_bytes()) as u64;
            let table = self.table.borrow();
            let found = table.find(hash, |other| {
                // SAFETY: strings leave the table before they die.
                unsafe { (**other).as_ascii() == Some(text) }
            });
            if let Some(found) = found {
                // SAFETY: as above.
                return Ok(unsafe { PyClass::to_owned(&**found) });
            }
        }
        let made = PyStr::new(text)?;
        Ok(self.intern(&made))
    }

    /// Takes a dying string out of the table.
    pub(crate) fn forget(&self, text: &PyStr) {
        let hash = text.hash_text() as u64;
        let mut table = self.table.borrow_mut();
        if let Ok(entry) = table.find_entry(hash, |other| std::ptr::eq(*other, text)) {
            entry.remove();
        }
    }

    /// All interned strings, for diagnostics: how many there are.
    pub fn len(&self) -> usize {
        self.table.borrow().len()
    }

    /// Whether nothing is interned.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Makes the shared strings; before any other string of less than two characters.
    pub fn init(&self) -> PyResult<()> {
        let immortal = |code: Option<u8>, place: &AtomicPtr<abi::PyObject>| -> PyResult<()> {
            let text = PyStr::unshared_latin1(code.as_slice())?;
            let text = self.intern(&text);
            text.set_interned(abi::SSTATE_INTERNED_IMMORTAL);
            text.make_immortal();
            place.store(text.into_ptr(), Ordering::Relaxed);
            Ok(())
        };
        immortal(None, &SHARED.empty)?;
        for (code, place) in (0..=255).zip(&SHARED.latin1) {
            immortal(Some(code), place)?;
        }
        Ok(())
    }
}

/// The empty string.
#[inline(always)]
pub fn empty_str() -> &'static PyStr {
    Shared::get(&SHARED.empty)
}

/// The string of one Latin-1 character.
#[inline(always)]
pub fn latin1_str(code: u8) -> &'static PyStr {
    Shared::get(&SHARED.latin1[usize::from(code)])
}

/// A name known at build time, interned on first use and kept for good: behind [`intern!`](crate::intern).
pub struct StaticName {
    text: &'static str,
    interned: AtomicPtr<abi::PyObject>,
}

impl StaticName {
    /// A name that is not interned yet.
    pub const fn new(text: &'static str) -> Self {
        Self {
            text,
            interned: AtomicPtr::new(std::ptr::null_mut()),
        }
    }

    /// The interned string.
    #[inline(always)]
    pub fn get(&self) -> &'static PyStr {
        let name = self.interned.load(Ordering::Relaxed);
        if name.is_null() {
            return self.intern();
        }
        // SAFETY: made immortal when it was stored.
        unsafe { crate::PyObject::from_ptr(name).downcast_unchecked() }
    }

    #[cold]
    fn intern(&self) -> &'static PyStr {
        let Ok(name) = PyStr::intern(self.text).map_err(crate::PyErr::clear) else {
            // Without memory for a name nothing can have an attribute of that name.
            return empty_str();
        };
        name.set_interned(abi::SSTATE_INTERNED_IMMORTAL);
        name.make_immortal();
        let ptr = name.into_ptr();
        self.interned.store(ptr, Ordering::Relaxed);
        // SAFETY: immortal.
        unsafe { crate::PyObject::from_ptr(ptr).downcast_unchecked() }
    }
}

/// The interned string of a literal, as `&'static PyStr`: found at once after the first use.
#[macro_export]
macro_rules! intern {
    ($text:literal) => {{
        static NAME: $crate::interned::StaticName = $crate::interned::StaticName::new($text);
        NAME.get()
    }};
}
