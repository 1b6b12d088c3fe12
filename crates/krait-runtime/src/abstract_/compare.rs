//! Comparison, truth, hashing, and the text forms of objects.

use krait_abi as abi;

use crate::call::result_from_ptr;
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::state::enter_recursive_call;
use crate::{PyErr, PyLong, PyResult, PyStr};

/// The rich comparisons, numbered as in C.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
#[allow(missing_docs)]
pub enum CompareOp {
    Lt = 0,
    Le = 1,
    Eq = 2,
    Ne = 3,
    Gt = 4,
    Ge = 5,
}

impl CompareOp {
    /// The operator with C's number; `None` for any other number.
    pub fn from_raw(op: i32) -> Option<CompareOp> {
        use CompareOp::{Eq, Ge, Gt, Le, Lt, Ne};
        [Lt, Le, Eq, Ne, Gt, Ge]
            .get(usize::try_from(op).ok()?)
            .copied()
    }

    /// The operator with the operands exchanged.
    pub fn swapped(self) -> CompareOp {
        match self {
            CompareOp::Lt => CompareOp::Gt,
            CompareOp::Le => CompareOp::Ge,
            CompareOp::Gt => CompareOp::Lt,
            CompareOp::Ge => CompareOp::Le,
            same => same,
        }
    }

    /// How the operator is written.
    pub fn symbol(self) -> &'static str {
        ["<", "<=", "==", "!=", ">", ">="][self as usize]
    }

    /// Whether the operator holds for operands in this order.
    pub fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            CompareOp::Lt => order.is_lt(),
            CompareOp::Le => order.is_le(),
            CompareOp::Eq => order.is_eq(),
            CompareOp::Ne => order.is_ne(),
            CompareOp::Gt => order.is_gt(),
            CompareOp::Ge => order.is_ge(),
        }
    }
}

/// `NotImplemented` for `None`, else the comparison's value as a `bool`.
pub fn not_implemented_if(value: Option<bool>) -> Obj {
    match value {
        Some(value) => crate::bool_object(value).to_obj(),
        None => crate::not_implemented().to_obj(),
    }
}

/// The values of two exact ints of at most one digit.
#[inline]
fn compact_ints(left: &PyObject, right: &PyObject) -> Option<(i64, i64)> {
    let (left, right) = (
        left.downcast_exact::<PyLong>()?,
        right.downcast_exact::<PyLong>()?,
    );
    (left.is_compact() && right.is_compact()).then(|| (left.compact_value(), right.compact_value()))
}

impl PyObject {
    /// Calls one side's `tp_richcompare`; `None` for `NotImplemented` or no slot.
    fn compare_slot(&self, other: &PyObject, op: CompareOp) -> PyResult<Option<Obj>> {
        let Some(slot) = self.type_().raw().tp_richcompare.get() else {
            return Ok(None);
        };
        // SAFETY: the slot takes an instance of its class, any object and an operator.
        let result = unsafe { result_from_ptr(slot(self.as_ptr(), other.as_ptr(), op as i32))? };
        Ok((!result.is(crate::not_implemented())).then_some(result))
    }

    /// `self op other`.
    pub fn rich_compare(&self, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
        enter_recursive_call(" in comparison")?;
        let mut tried_reflected = false;
        if !std::ptr::eq(self.type_(), other.type_())
            && other.type_().is_subtype(self.type_())
            && other.type_().raw().tp_richcompare.get().is_some()
        {
            tried_reflected = true;
            if let Some(result) = other.compare_slot(self, op.swapped())? {
                return Ok(result);
            }
        }
        if let Some(result) = self.compare_slot(other, op)? {
            return Ok(result);
        }
        if !tried_reflected && let Some(result) = other.compare_slot(self, op.swapped())? {
            return Ok(result);
        }
        match op {
            CompareOp::Eq => Ok(crate::bool_object(self.is(other)).to_obj()),
            CompareOp::Ne => Ok(crate::bool_object(!self.is(other)).to_obj()),
            _ => Err(crate::type_error!(
                "'{}' not supported between instances of '{}' and '{}'",
                op.symbol(),
                self.type_().tp_name(),
                other.type_().tp_name()
            )),
        }
    }

    /// `bool(self op other)`; the same object is equal to itself.
    #[inline]
    pub fn compare_bool(&self, other: &PyObject, op: CompareOp) -> PyResult<bool> {
        if self.is(other) {
            match op {
                CompareOp::Eq => return Ok(true),
                CompareOp::Ne => return Ok(false),
                _ => {}
            }
        }
        if let Some((left, right)) = compact_ints(self, other) {
            return Ok(op.holds(left.cmp(&right)));
        }
        self.rich_compare(other, op)?.is_true()
    }

    /// `self is other or self == other`.
    pub fn eq(&self, other: &PyObject) -> PyResult<bool> {
        if self.is(other) {
            return Ok(true);
        }
        if let Some(left) = self.downcast_exact::<PyStr>()
            && let Some(right) = other.downcast_exact::<PyStr>()
        {
            return Ok(left.same_text(right));
        }
        self.compare_bool(other, CompareOp::Eq)
    }

    /// `self < other`.
    pub fn lt(&self, other: &PyObject) -> PyResult<bool> {
        self.compare_bool(other, CompareOp::Lt)
    }

    /// `bool(self)`.
    pub fn is_true(&self) -> PyResult<bool> {
        if self.is(crate::true_()) {
            return Ok(true);
        }
        if self.is(crate::false_()) || self.is(crate::none()) {
            return Ok(false);
        }
        // SAFETY: a suite lives as long as its class.
        let number = unsafe { self.type_().raw().tp_as_number.get().as_ref() };
        // SAFETY: the slots take instances of their class.
        let answer = unsafe {
            if let Some(slot) = number.and_then(|suite| suite.nb_bool.get()) {
                slot(self.as_ptr()) as isize
            } else if let Some(slot) = self.mapping_suite().and_then(|s| s.mp_length.get()) {
                slot(self.as_ptr())
            } else if let Some(slot) = self.sequence_suite().and_then(|s| s.sq_length.get()) {
                slot(self.as_ptr())
            } else {
                return Ok(true);
            }
        };
        if answer < 0 {
            Err(PyErr::fetch())
        } else {
            Ok(answer > 0)
        }
    }

    /// `hash(self)`.
    #[inline]
    pub fn hash(&self) -> PyResult<isize> {
        if let Some(text) = self.downcast_exact::<PyStr>() {
            return Ok(text.hash_text());
        }
        let Some(slot) = self.type_().raw().tp_hash.get() else {
            return Err(unhashable(self));
        };
        // A container's hash is made of its items' hashes.
        if self.type_().has_flag(krait_abi::Py_TPFLAGS_HAVE_GC) {
            enter_recursive_call("")?;
        }
        // SAFETY: the slot takes instances of its class.
        let hash = unsafe { slot(self.as_ptr()) };
        if hash == -1 {
            Err(PyErr::fetch())
        } else {
            Ok(hash)
        }
    }

    /// `hash(self)` of a key of a dictionary or an element of a set: a `TypeError` says what the
    /// object was to be used as (`role`, such as "a dict key").
    #[inline]
    pub fn hash_for(&self, role: &str) -> PyResult<isize> {
        self.hash().map_err(|error| unusable(self, role, error))
    }

    /// `repr(self)`.
    pub fn repr(&self) -> PyResult<Py<PyStr>> {
        enter_recursive_call(" while getting the repr of an object")?;
        let Some(slot) = self.type_().raw().tp_repr.get() else {
            return PyStr::new(&format!("<{} object at {self:p}>", self.type_().tp_name()));
        };
        // SAFETY: the slot takes instances of its class.
        let text = unsafe { result_from_ptr(slot(self.as_ptr()))? };
        text.cast().map_err(|other| {
            crate::type_error!(
                "__repr__ returned non-string (type {})",
                other.type_().tp_name()
            )
        })
    }

    /// `str(self)`.
    pub fn str(&self) -> PyResult<Py<PyStr>> {
        if let Some(text) = self.downcast_exact::<PyStr>() {
            return Ok(PyClass::to_owned(text));
        }
        let Some(slot) = self.type_().raw().tp_str.get() else {
            return self.repr();
        };
        enter_recursive_call(" while getting the str of an object")?;
        // SAFETY: the slot takes instances of its class.
        let text = unsafe { result_from_ptr(slot(self.as_ptr()))? };
        text.cast().map_err(|other| {
            crate::type_error!(
                "__str__ returned non-string (type {})",
                other.type_().tp_name()
            )
        })
    }

    /// `ascii(self)`.
    pub fn ascii(&self) -> PyResult<Py<PyStr>> {
        self.repr()?.to_ascii_repr()
    }

    /// `format(self, spec)`.
    pub fn format(&self, spec: &PyStr) -> PyResult<Py<PyStr>> {
        if spec.is_empty() {
            if let Some(text) = self.downcast_exact::<PyStr>() {
                return Ok(PyClass::to_owned(text));
            }
            if self.is_exact::<crate::PyLong>() {
                return self.str();
            }
        }
        let Some(result) = self.call_special(crate::intern!("__format__"), &[spec])? else {
            return Err(crate::type_error!(
                "Type {} doesn't define __format__",
                self.type_().tp_name()
            ));
        };
        result.cast().map_err(|other| {
            crate::type_error!(
                "__format__ must return a str, not {}",
                other.type_().tp_name()
            )
        })
    }

    /// The text of `str(self)` for messages, without raising.
    pub fn to_display(&self) -> String {
        match self.str() {
            Ok(text) => text.to_string_lossy(),
            Err(error) => {
                error.clear();
                format!("<unprintable {} object>", self.type_name())
            }
        }
    }

    /// The text of `repr(self)` for messages, without raising: a failing `repr` leaves the class's name.
    pub fn to_display_repr(&self) -> String {
        match self.repr() {
            Ok(text) => text.to_string_lossy(),
            Err(error) => {
                error.clear();
                format!("<{} object>", self.type_name())
            }
        }
    }
}

/// Says what an unhashable object was to be used as; other errors are passed on.
#[cold]
fn unusable(object: &PyObject, role: &str, error: PyErr) -> PyErr {
    let exception = error.take();
    if !std::ptr::eq(exception.type_(), &crate::exc::TypeError) {
        return PyErr::restore(exception);
    }
    let class = match object.type_().qualified_name() {
        Ok(name) => name,
        Err(error) => {
            error.clear();
            object.type_name()
        }
    };
    crate::type_error!(
        "cannot use '{class}' as {role} ({})",
        exception.to_display()
    )
}

/// Raises `TypeError` for an object without a hash.
#[cold]
pub fn unhashable(object: &PyObject) -> PyErr {
    crate::type_error!("unhashable type: '{}'", object.type_().tp_name())
}

/// `PyObject_HashNotImplemented`: the `tp_hash` of classes with `__hash__ = None`.
///
/// # Safety
/// The contract of `tp_hash`.
pub unsafe extern "C" fn hash_not_implemented(object: *mut abi::PyObject) -> isize {
    // SAFETY: the contract of `tp_hash`.
    let _error = unhashable(unsafe { PyObject::from_ptr(object) });
    -1
}
