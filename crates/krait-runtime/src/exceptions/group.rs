//! `BaseExceptionGroup` and `ExceptionGroup`, and what `except*` needs of them.

use std::collections::HashSet;
use std::mem::offset_of;

use krait_abi as abi;

use super::base::{PyBaseException, or_none, to_tuple};
use super::class::{
    Exception, Own, borrow, clear_all, exception_class, member, method, method_o, no_keywords,
    one_arg, traverse_all,
};
use super::{exc, given_exception_matches, is_exception, is_exception_class};
use crate::field::Field;
use crate::gc::{TraverseResult, Visitor};
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::typeobject::PyType;
use crate::{PyDict, PyList, PyResult, PyStr, PyTuple};

/// `BaseExceptionGroup`.
#[repr(C)]
pub struct PyBaseExceptionGroup {
    base: PyBaseException,
    /// `message`.
    pub msg: Field<PyObject>,
    /// `exceptions`: a tuple.
    pub excs: Field<PyObject>,
    /// How `repr` shows the exceptions, if they came as a sequence that is neither list nor tuple.
    pub excs_str: Field<PyObject>,
}

const _: () =
    assert!(size_of::<PyBaseExceptionGroup>() == size_of::<abi::PyBaseExceptionGroupObject>());

exception_class!(PyBaseExceptionGroup, BaseExceptionGroup);

/// What is asked of each exception when a group is split.
enum Matcher<'a> {
    /// An exception class or a tuple of such.
    Types(&'a PyObject),
    /// A function of the exception.
    Predicate(&'a PyObject),
    /// The exceptions themselves, by identity.
    Instances(&'a HashSet<usize>),
}

impl<'a> Matcher<'a> {
    fn from_object(value: &'a PyObject) -> PyResult<Matcher<'a>> {
        let is_class = value.downcast::<PyType>().is_some();
        if value.is_callable() && !is_class {
            return Ok(Matcher::Predicate(value));
        }
        let is_tuple_of_types = || {
            value
                .downcast::<PyTuple>()
                .is_some_and(|types| types.as_slice().iter().all(|each| is_exception_class(each)))
        };
        if is_exception_class(value) || is_tuple_of_types() {
            return Ok(Matcher::Types(value));
        }
        Err(crate::type_error!(
            "expected an exception type, a tuple of exception types, or a callable (other than a class)"
        ))
    }

    fn matches(&self, exception: &PyObject) -> PyResult<bool> {
        match self {
            Matcher::Types(types) => Ok(given_exception_matches(exception, types)),
            Matcher::Predicate(predicate) => predicate.call1(exception)?.is_true(),
            Matcher::Instances(ids) => {
                // A group is never in the set: only its leaves are.
                Ok(exception.downcast::<PyBaseExceptionGroup>().is_none()
                    && ids.contains(&identity(exception)))
            }
        }
    }
}

fn identity(object: &PyObject) -> usize {
    std::ptr::from_ref(object).addr()
}

/// The two halves of a group: what matched, and the rest.
#[derive(Default)]
pub struct GroupMatch {
    /// The part that matched.
    pub matched: Option<Obj>,
    /// The part that did not.
    pub rest: Option<Obj>,
}

fn new(class: &PyType, args: &PyTuple) -> PyResult<Obj> {
    let [message, exceptions] = args.as_slice() else {
        return Err(crate::type_error!(
            "BaseExceptionGroup.__new__() takes exactly 2 arguments ({} given)",
            args.len()
        ));
    };
    if message.downcast::<PyStr>().is_none() {
        return Err(crate::type_error!(
            "BaseExceptionGroup.__new__() argument 1 must be str, not {}",
            message.type_name()
        ));
    }
    if !exceptions.is_sequence() {
        return Err(crate::type_error!(
            "second argument (exceptions) must be a sequence"
        ));
    }
    let is_plain =
        exceptions.downcast::<PyList>().is_some() || exceptions.downcast::<PyTuple>().is_some();
    let shown = if is_plain {
        None
    } else {
        Some(exceptions.repr()?.into_object())
    };
    let exceptions = to_tuple(exceptions)?;
    if exceptions.is_empty() {
        return Err(crate::value_error!(
            "second argument (exceptions) must be a non-empty sequence"
        ));
    }
    let mut nested_base_exceptions = false;
    for (index, exception) in exceptions.as_slice().iter().enumerate() {
        if !is_exception(exception) {
            return Err(crate::value_error!(
                "Item {index} of second argument (exceptions) is not an exception"
            ));
        }
        nested_base_exceptions |= !exception.type_().is_subtype(&exc::Exception);
    }
    let class = class_for(class, nested_base_exceptions)?;
    let object = super::base::allocate(class, args)?;
    // SAFETY: `class` is `BaseExceptionGroup` or a subclass.
    let group = unsafe { object.downcast_unchecked::<PyBaseExceptionGroup>() };
    group.msg.set(Some(message.to_obj()));
    group.excs.set(Some(exceptions.into_object()));
    group.excs_str.set(shown);
    Ok(object)
}

fn class_for(class: &PyType, nested_base_exceptions: bool) -> PyResult<&PyType> {
    if std::ptr::eq(class, &exc::BaseExceptionGroup) {
        return Ok(if nested_base_exceptions {
            class
        } else {
            &exc::ExceptionGroup
        });
    }
    if !nested_base_exceptions || !class.is_subtype(&exc::Exception) {
        return Ok(class);
    }
    Err(if std::ptr::eq(class, &exc::ExceptionGroup) {
        crate::type_error!("Cannot nest BaseExceptions in an ExceptionGroup")
    } else {
        crate::type_error!("Cannot nest BaseExceptions in '{}'", class.tp_name())
    })
}

unsafe extern "C" fn group_new(
    class: *mut abi::PyTypeObject,
    args: *mut abi::PyObject,
    _kwargs: *mut abi::PyObject,
) -> *mut abi::PyObject {
    // SAFETY: the contract of `tp_new`.
    let (class, args) = unsafe { (PyType::from_type_ptr(class), borrow::<PyTuple>(args)) };
    crate::call::result_into_ptr(new(class, args))
}

/// `BaseExceptionGroup(message, exceptions)`, which becomes an `ExceptionGroup` if it can.
pub fn create_group(message: &str, exceptions: Vec<Obj>) -> PyResult<Obj> {
    let message = PyStr::new(message)?.into_object();
    let exceptions = PyList::from_vec(exceptions)?.into_object();
    new(
        &exc::BaseExceptionGroup,
        &*PyTuple::from_vec(vec![message, exceptions])?,
    )
}

impl PyBaseExceptionGroup {
    fn fields(&self) -> [&Field<PyObject>; 3] {
        [&self.msg, &self.excs, &self.excs_str]
    }

    /// `exceptions`.
    pub fn exceptions(&self) -> PyResult<Py<PyTuple>> {
        let exceptions = self.excs.get().and_then(|excs| excs.cast::<PyTuple>().ok());
        exceptions.map_or_else(|| PyTuple::from_vec(Vec::new()), Ok)
    }

    fn derive(&self, exceptions: &PyObject) -> PyResult<Obj> {
        let args = vec![or_none(self.msg.get()), exceptions.to_obj()];
        new(&exc::BaseExceptionGroup, &*PyTuple::from_vec(args)?)
    }

    fn split(&self, matcher: &PyObject) -> PyResult<Obj> {
        let parts = split(self, &Matcher::from_object(matcher)?, true)?;
        let pair = vec![or_none(parts.matched), or_none(parts.rest)];
        Ok(PyTuple::from_vec(pair)?.into_object())
    }

    fn subgroup(&self, matcher: &PyObject) -> PyResult<Obj> {
        Ok(or_none(
            split(self, &Matcher::from_object(matcher)?, false)?.matched,
        ))
    }

    /// A group of some of the exceptions with this one's message, notes, traceback and chain.
    fn subset(&self, exceptions: Vec<Obj>) -> PyResult<Option<Obj>> {
        if exceptions.is_empty() {
            return Ok(None);
        }
        let exceptions = PyList::from_vec(exceptions)?;
        let derived = self.call_method(crate::intern!("derive"), &[&*exceptions])?;
        let Some(group) = derived.downcast::<PyBaseExceptionGroup>() else {
            return Err(crate::type_error!(
                "derive must return an instance of BaseExceptionGroup"
            ));
        };
        if let Some(traceback) = self.base.traceback.get() {
            group.base.traceback.set(Some(traceback));
        }
        group.base.context.set(self.base.context.get());
        group.base.set_cause(self.base.cause.get());
        // Each group has a list of notes of its own: a note added to one is not on the others.
        if let Some(notes) = self.lookup_attr(crate::intern!("__notes__"))?
            && notes.is_sequence()
        {
            let copy = PyList::type_object().as_object().call1(&notes)?;
            group.setattr_str("__notes__", &copy)?;
        }
        Ok(Some(derived))
    }
}

/// Splits an exception, group or not, keeping the shape of nested groups.
fn split(exception: &PyObject, matcher: &Matcher<'_>, want_rest: bool) -> PyResult<GroupMatch> {
    if matcher.matches(exception)? {
        return Ok(GroupMatch {
            matched: Some(exception.to_obj()),
            rest: None,
        });
    }
    let Some(group) = exception.downcast::<PyBaseExceptionGroup>() else {
        let rest = want_rest.then(|| exception.to_obj());
        return Ok(GroupMatch {
            matched: None,
            rest,
        });
    };
    let (mut matched, mut rest) = (Vec::new(), Vec::new());
    crate::state::enter_recursive_call(" in exceptiongroup_split_recursive")?;
    for each in group.exceptions()?.as_slice() {
        let parts = split(each, matcher, want_rest)?;
        matched.extend(parts.matched);
        rest.extend(parts.rest);
    }
    let matched = group.subset(matched)?;
    let rest = if want_rest { group.subset(rest)? } else { None };
    Ok(GroupMatch { matched, rest })
}

/// What `except*` does for one clause (`CHECK_EG_MATCH`): a matching naked exception is wrapped in a
/// group. `types` has been checked. The caller adds its traceback to a new wrapper.
pub fn exception_group_match(exception: &PyObject, types: &PyObject) -> PyResult<GroupMatch> {
    if exception.is(crate::none()) {
        return Ok(GroupMatch::default());
    }
    let is_group = exception.downcast::<PyBaseExceptionGroup>().is_some();
    if given_exception_matches(exception, types) {
        let matched = if is_group {
            exception.to_obj()
        } else {
            create_group("", vec![exception.to_obj()])?
        };
        return Ok(GroupMatch {
            matched: Some(matched),
            rest: None,
        });
    }
    if !is_group {
        return Ok(GroupMatch {
            matched: None,
            rest: Some(exception.to_obj()),
        });
    }
    let pair = exception.call_method(crate::intern!("split"), &[types])?;
    let class = exception.type_().tp_name();
    let Some(pair) = pair.downcast::<PyTuple>() else {
        return Err(crate::type_error!(
            "{class}.split must return a tuple, not {}",
            pair.type_().tp_name()
        ));
    };
    let [matched, rest, ..] = pair.as_slice() else {
        return Err(crate::type_error!(
            "{class}.split must return a 2-tuple, got tuple of size {}",
            pair.len()
        ));
    };
    let some = |value: &PyObject| (!value.is(crate::none())).then(|| value.to_obj());
    Ok(GroupMatch {
        matched: some(matched),
        rest: some(rest),
    })
}

/// What remains to be raised after the clauses of `except*` (`INTRINSIC_PREP_RERAISE_STAR`): `raised`
/// holds what the clauses raised or raised again, and what matched none of them; entries may be `None`.
/// The result is `None` when nothing is left.
pub fn prep_reraise_star(original: &PyObject, raised: &PyList) -> PyResult<Obj> {
    let mut entries = Vec::new();
    for index in 0..raised.len() {
        if let Some(entry) = raised.get(index)
            && !entry.is(crate::none())
        {
            entries.push(entry);
        }
    }
    let Some(group) = original.downcast::<PyBaseExceptionGroup>() else {
        // A naked exception was wrapped for the one clause that ran.
        return Ok(or_none(entries.into_iter().next()));
    };
    let (reraised, mut new): (Vec<_>, Vec<_>) = entries
        .into_iter()
        .partition(|entry| has_same_metadata(entry, group));
    let reraised = projection(group, &reraised)?;
    if new.is_empty() {
        return Ok(or_none(reraised));
    }
    new.extend(reraised);
    match <[Obj; 1]>::try_from(new) {
        Ok([only]) => Ok(only),
        Err(several) => create_group("", several),
    }
}

/// Whether a group is a part of `original` that was raised again, not one raised anew.
fn has_same_metadata(exception: &PyObject, original: &PyBaseExceptionGroup) -> bool {
    let Some(group) = exception.downcast::<PyBaseExceptionGroup>() else {
        return false;
    };
    let same = |left: &Field<PyObject>, right: &Field<PyObject>| match (left.get(), right.get()) {
        (Some(left), Some(right)) => left.is(&right),
        (left, right) => left.is_none() && right.is_none(),
    };
    let (left, right) = (&group.base, &original.base);
    same(&left.traceback, &right.traceback)
        && same(&left.context, &right.context)
        && same(&left.cause, &right.cause)
}

/// The part of `group` whose leaves are in the groups of `keep`.
fn projection(group: &PyBaseExceptionGroup, keep: &[Obj]) -> PyResult<Option<Obj>> {
    let mut ids = HashSet::new();
    for each in keep {
        collect_leaves(each, &mut ids)?;
    }
    Ok(split(group, &Matcher::Instances(&ids), false)?.matched)
}

fn collect_leaves(exception: &PyObject, ids: &mut HashSet<usize>) -> PyResult<()> {
    let Some(group) = exception.downcast::<PyBaseExceptionGroup>() else {
        ids.insert(identity(exception));
        return Ok(());
    };
    crate::state::enter_recursive_call(" in collect_exception_group_leaf_ids")?;
    for each in group.exceptions()?.as_slice() {
        collect_leaves(each, ids)?;
    }
    Ok(())
}

one_arg!(
    group_derive = PyBaseExceptionGroup,
    PyBaseExceptionGroup::derive
);
one_arg!(
    group_split = PyBaseExceptionGroup,
    PyBaseExceptionGroup::split
);
one_arg!(
    group_subgroup = PyBaseExceptionGroup,
    PyBaseExceptionGroup::subgroup
);
one_arg!(group_class_getitem = PyObject, class_getitem);

fn class_getitem(class: &PyObject, item: &PyObject) -> PyResult<Obj> {
    crate::generic_alias::new_generic_alias(class, item)
}

impl Exception for PyBaseExceptionGroup {
    const OWN: Own = Own {
        init: true,
        str: true,
        repr: true,
        new: Some(group_new),
        methods: &[
            method(
                c"__class_getitem__",
                c"__class_getitem__($type, object, /)\n--\n\nException groups are generic over the type of their contained exceptions",
                group_class_getitem,
                abi::METH_O | abi::METH_CLASS,
            ),
            method_o(c"derive", c"derive($self, excs, /)\n--\n\n", group_derive),
            method_o(c"split", c"split($self, matcher_value, /)\n--\n\n", group_split),
            method_o(c"subgroup", c"subgroup($self, matcher_value, /)\n--\n\n", group_subgroup),
            abi::PyMethodDef::EMPTY,
        ],
        members: &[
            member(
                c"message",
                offset_of!(PyBaseExceptionGroup, msg),
                abi::_Py_T_OBJECT,
                abi::Py_READONLY,
                c"exception message",
            ),
            member(
                c"exceptions",
                offset_of!(PyBaseExceptionGroup, excs),
                abi::_Py_T_OBJECT,
                abi::Py_READONLY,
                c"nested exceptions",
            ),
            abi::PyMemberDef::EMPTY,
        ],
        ..Own::NOTHING
    };

    fn init(&self, args: &PyTuple, kwargs: Option<&PyDict>) -> PyResult<()> {
        no_keywords(self.type_(), kwargs)?;
        self.base.args.set(Some(args.to_owned()));
        Ok(())
    }

    fn str(&self) -> PyResult<Obj> {
        let count = self.exceptions()?.len();
        let plural = if count == 1 { "" } else { "s" };
        let message = or_none(self.msg.get()).str()?.to_string_lossy();
        Ok(PyStr::new(&format!("{message} ({count} sub-exception{plural})"))?.into_object())
    }

    fn repr(&self) -> PyResult<Obj> {
        let exceptions = self.exceptions()?;
        let came_as_list = matches!(self.base.args()?.as_slice(),
            [_, exceptions, ..] if exceptions.downcast::<PyList>().is_some());
        let shown = match self.excs_str.get() {
            Some(shown) => shown.str()?,
            // From the tuple, not from the list in `args`, which may have changed since.
            None if came_as_list => {
                let items = exceptions
                    .as_slice()
                    .iter()
                    .map(|each| each.to_obj())
                    .collect();
                PyList::from_vec(items)?.repr()?
            }
            None => exceptions.repr()?,
        };
        let text = format!(
            "{}({}, {})",
            self.type_name(),
            or_none(self.msg.get()).repr()?.to_string_lossy(),
            shown.to_string_lossy()
        );
        Ok(PyStr::new(&text)?.into_object())
    }

    fn traverse_own(&self, visitor: &mut Visitor) -> TraverseResult {
        traverse_all(&self.fields(), visitor)
    }

    fn clear_own(&self) {
        clear_all(&self.fields());
    }
}
