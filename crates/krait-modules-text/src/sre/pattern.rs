//! `re.Pattern`.

use std::cell::Cell;

use krait_macros::{pyclass, pymethods};
use krait_runtime::abstract_::not_implemented_if;
use krait_runtime::descr::PyMappingProxy;
use krait_runtime::{
    CompareOp, Field, Obj, Py, PyClass, PyDict, PyList, PyLong, PyObject, PyResult, PyStr, PyTuple,
    PyType, StrBuilder, WeakList, generic_alias, hash, none, overflow_error, runtime_error,
    type_error,
};
use krait_sre::constants::{FLAG_ASCII, FLAG_LOCALE, FLAG_UNICODE};
use krait_sre::{Mode, Program, Scratch};

use super::match_object::Match;
use super::scanner::Scanner;
use super::subject::{Cursor, Subject};
use super::substitute::substitute;

/// Compiled regular expression object.
#[pyclass(name = "Pattern", module = "re", flags(GC, DISALLOW_INSTANTIATION))]
#[repr(C)]
pub(super) struct Pattern {
    ob_base: PyObject,
    #[traverse]
    pattern: Field<PyObject>,
    #[traverse]
    groupindex: Field<PyDict>,
    #[traverse]
    indexgroup: Field<PyTuple>,
    flags: i32,
    /// Whether the pattern is bytes; `None` if it may be used on anything.
    is_bytes: Option<bool>,
    /// What the program was made of, for comparisons.
    code: Box<[u32]>,
    program: Program,
    /// The machine's memory, unless it is in use.
    scratch: Cell<Option<Box<Scratch>>>,
    #[weaklist]
    weaklist: WeakList,
}

/// The names of flags in the order that `repr` has.
const FLAG_NAMES: [(&str, u32); 8] = [
    ("re.IGNORECASE", 2),
    ("re.LOCALE", 4),
    ("re.MULTILINE", 8),
    ("re.DOTALL", 16),
    ("re.UNICODE", 32),
    ("re.VERBOSE", 64),
    ("re.DEBUG", 128),
    ("re.ASCII", 256),
];

/// One word of code.
fn word(item: &PyObject) -> PyResult<u32> {
    let Some(item) = item.downcast::<PyLong>() else {
        return Err(type_error!("an integer is required"));
    };
    if item.is_negative() {
        return Err(overflow_error!(
            "can't convert negative value to unsigned int"
        ));
    }
    item.to_u64()
        .and_then(|value| u32::try_from(value).ok())
        .ok_or_else(|| overflow_error!("regular expression code size limit exceeded"))
}

impl Pattern {
    pub(super) fn compile(
        pattern: &PyObject,
        flags: i32,
        code: &PyList,
        groups: isize,
        groupindex: &PyDict,
        indexgroup: &PyTuple,
    ) -> PyResult<Py<Pattern>> {
        let code: PyResult<Box<[u32]>> = code.to_vec().iter().map(|item| word(item)).collect();
        let code = code?;
        let is_bytes = if pattern.is(none()) {
            None
        } else {
            Some(Subject::new(pattern)?.is_bytes())
        };
        let program = usize::try_from(groups)
            .ok()
            .and_then(|groups| Program::new(&code, groups).ok())
            .ok_or_else(|| runtime_error!("invalid SRE code"))?;
        Py::new(Pattern {
            ob_base: PyObject::HEADER,
            pattern: Field::new(pattern.to_obj()),
            groupindex: Field::new(PyClass::to_owned(groupindex)),
            indexgroup: Field::new(PyClass::to_owned(indexgroup)),
            flags,
            is_bytes,
            code,
            program,
            scratch: Cell::new(None),
            weaklist: WeakList::new(),
        })
    }

    pub(super) fn is_bytes(&self) -> Option<bool> {
        self.is_bytes
    }

    pub(super) fn flags(&self) -> i32 {
        self.flags
    }

    pub(super) fn program(&self) -> &Program {
        &self.program
    }

    pub(super) fn groups(&self) -> usize {
        self.program.groups()
    }

    /// The named groups and their numbers.
    pub(super) fn group_names(&self) -> Py<PyDict> {
        match self.groupindex.get() {
            Some(names) => names,
            // Only while the collector takes the pattern apart.
            None => PyDict::new().unwrap_or_else(|error| {
                error.clear();
                PyClass::to_owned(PyDict::type_object().dict())
            }),
        }
    }

    /// The names of groups by their numbers, `None` for those without.
    pub(super) fn index_names(&self) -> Py<PyTuple> {
        self.indexgroup.get().unwrap_or_else(PyTuple::empty)
    }

    /// The machine's memory, to be given back after use.
    pub(super) fn take_scratch(&self) -> Box<Scratch> {
        self.scratch.take().unwrap_or_default()
    }

    pub(super) fn give_scratch(&self, scratch: Box<Scratch>) {
        self.scratch.set(Some(scratch));
    }

    fn find(&self, string: &PyObject, pos: isize, endpos: isize, mode: Mode) -> PyResult<Obj> {
        let mut cursor = Cursor::new(self, string, pos, endpos)?;
        let mut scratch = self.take_scratch();
        let found = cursor.run(self, &mut scratch, mode)?;
        let result = if found {
            Match::new(self, &cursor, &scratch).map(Py::into_object)
        } else {
            Ok(none().to_obj())
        };
        self.give_scratch(scratch);
        result
    }

    fn same_as(&self, other: &Pattern) -> PyResult<bool> {
        if std::ptr::eq(self, other) {
            return Ok(true);
        }
        if self.flags != other.flags || self.is_bytes != other.is_bytes || self.code != other.code {
            return Ok(false);
        }
        match (self.pattern.get(), other.pattern.get()) {
            (Some(one), Some(two)) => one.eq(&two),
            _ => Ok(false),
        }
    }
}

#[pymethods]
impl Pattern {
    /// Match the pattern at the beginning of the string.
    #[pymethod(
        name = "match",
        signature = "($self, /, string, pos=0, endpos=sys.maxsize)"
    )]
    fn match_(&self, string: &PyObject, pos: isize, endpos: isize) -> PyResult<Obj> {
        self.find(string, pos, endpos, Mode::Match)
    }

    /// Match the pattern against all of the string.
    #[pymethod(signature = "($self, /, string, pos=0, endpos=sys.maxsize)")]
    fn fullmatch(&self, string: &PyObject, pos: isize, endpos: isize) -> PyResult<Obj> {
        self.find(string, pos, endpos, Mode::FullMatch)
    }

    /// Find the first match anywhere in the string; None if there is none.
    #[pymethod(signature = "($self, /, string, pos=0, endpos=sys.maxsize)")]
    fn search(&self, string: &PyObject, pos: isize, endpos: isize) -> PyResult<Obj> {
        self.find(string, pos, endpos, Mode::Search)
    }

    /// Return the string with the leftmost matches replaced by repl.
    #[pymethod(signature = "($self, /, repl, string, count=0)")]
    fn sub(&self, repl: &PyObject, string: &PyObject, count: isize) -> PyResult<Obj> {
        Ok(substitute(self, repl, string, count)?.0)
    }

    /// Return the string with the leftmost matches replaced, and how many there were.
    #[pymethod(signature = "($self, /, repl, string, count=0)")]
    fn subn(&self, repl: &PyObject, string: &PyObject, count: isize) -> PyResult<(Obj, usize)> {
        substitute(self, repl, string, count)
    }

    /// Split the string where the pattern matches.
    #[pymethod(signature = "($self, /, string, maxsplit=0)")]
    fn split(&self, string: &PyObject, maxsplit: isize) -> PyResult<Py<PyList>> {
        let mut cursor = Cursor::new(self, string, 0, isize::MAX)?;
        let mut scratch = self.take_scratch();
        let (mut parts, mut last, mut count) = (Vec::new(), 0, 0);
        while maxsplit == 0 || count < maxsplit {
            let Some((start, end)) = cursor.next(self, &mut scratch, Mode::Search)? else {
                break;
            };
            parts.push(cursor.subject.slice(last, start)?);
            for group in 1..=self.groups() {
                parts.push(cursor.subject.group(scratch.span(group), none())?);
            }
            last = end;
            count += 1;
        }
        parts.push(cursor.subject.slice(last, cursor.endpos)?);
        self.give_scratch(scratch);
        PyList::from_vec(parts)
    }

    /// Return a list of all matches: of the text matched, or of the groups if there are any.
    #[pymethod(signature = "($self, /, string, pos=0, endpos=sys.maxsize)")]
    fn findall(&self, string: &PyObject, pos: isize, endpos: isize) -> PyResult<Py<PyList>> {
        let mut cursor = Cursor::new(self, string, pos, endpos)?;
        let mut scratch = self.take_scratch();
        let empty = cursor.subject.empty()?;
        let mut found = Vec::new();
        while let Some((start, end)) = cursor.next(self, &mut scratch, Mode::Search)? {
            let subject = &cursor.subject;
            found.push(match self.groups() {
                0 => subject.slice(start, end)?,
                1 => subject.group(scratch.span(1), &empty)?,
                groups => {
                    let row: PyResult<Vec<Obj>> = (1..=groups)
                        .map(|group| subject.group(scratch.span(group), &empty))
                        .collect();
                    PyTuple::from_vec(row?)?.into_object()
                }
            });
        }
        self.give_scratch(scratch);
        PyList::from_vec(found)
    }

    /// Return an iterator over all matches.
    #[pymethod(signature = "($self, /, string, pos=0, endpos=sys.maxsize)")]
    fn finditer(&self, string: &PyObject, pos: isize, endpos: isize) -> PyResult<Obj> {
        let scanner = self.scanner(string, pos, endpos)?;
        let search = scanner.getattr(krait_runtime::intern!("search"))?;
        krait_runtime::descr::builtin("iter")?.call(&[&search, none()])
    }

    /// Return an object that finds one match after another.
    #[pymethod(signature = "($self, /, string, pos=0, endpos=sys.maxsize)")]
    fn scanner(&self, string: &PyObject, pos: isize, endpos: isize) -> PyResult<Py<Scanner>> {
        Scanner::new(self, Cursor::new(self, string, pos, endpos)?)
    }

    #[pymethod(name = "__copy__", signature = "($self, /)")]
    fn copy(&self) -> Obj {
        self.to_obj()
    }

    #[pymethod(name = "__deepcopy__", signature = "($self, memo, /)")]
    fn deepcopy(&self, memo: &PyObject) -> Obj {
        let _ = memo;
        self.to_obj()
    }

    /// See PEP 585
    #[pyclassmethod(name = "__class_getitem__", signature = "($type, object, /)")]
    fn class_getitem(class: &PyType, item: &PyObject) -> PyResult<Obj> {
        generic_alias::new_generic_alias(class, item)
    }

    /// A dictionary of the named groups and their numbers.
    #[pygetter(name = "groupindex")]
    fn get_groupindex(&self) -> PyResult<Py<PyMappingProxy>> {
        PyMappingProxy::from_mapping(&self.group_names())
    }

    /// The pattern string from which the object was compiled.
    #[pygetter(name = "pattern")]
    fn get_pattern(&self) -> Option<Obj> {
        self.pattern.get()
    }

    /// The flags of the pattern.
    #[pygetter(name = "flags")]
    fn get_flags(&self) -> i32 {
        self.flags
    }

    /// The number of groups in the pattern.
    #[pygetter(name = "groups")]
    fn get_groups(&self) -> usize {
        self.groups()
    }

    #[slot(tp_hash)]
    fn hash_value(&self) -> PyResult<isize> {
        let pattern = self.get_pattern().map_or(Ok(0), |pattern| pattern.hash())?;
        let code: Vec<u8> = self
            .code
            .iter()
            .flat_map(|word| word.to_ne_bytes())
            .collect();
        let sort = match self.is_bytes {
            None => -1,
            Some(bytes) => isize::from(bytes),
        };
        Ok(pattern ^ hash::hash_bytes(&code) ^ self.flags as isize ^ sort ^ self.groups() as isize)
    }

    #[slot(tp_richcompare)]
    fn richcompare(&self, other: &PyObject, op: CompareOp) -> PyResult<Obj> {
        let Some(other) = other.downcast::<Pattern>() else {
            return Ok(not_implemented_if(None));
        };
        match op {
            CompareOp::Eq => Ok(not_implemented_if(Some(self.same_as(other)?))),
            CompareOp::Ne => Ok(not_implemented_if(Some(!self.same_as(other)?))),
            _ => Ok(not_implemented_if(None)),
        }
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Py<PyStr>> {
        let mut out = StrBuilder::new();
        out.push_str("re.compile(");
        let pattern = self.get_pattern().unwrap_or_else(|| none().to_obj());
        let text = pattern.repr()?;
        out.push_slice(text.as_slice().sub(0, text.len().min(200)));
        let mut flags = self.flags as u32;
        if self.is_bytes == Some(false)
            && flags & (FLAG_LOCALE | FLAG_UNICODE | FLAG_ASCII) == FLAG_UNICODE
        {
            flags &= !FLAG_UNICODE;
        }
        let mut names: Vec<String> = Vec::new();
        for (name, flag) in FLAG_NAMES {
            if flags & flag != 0 {
                names.push(name.to_owned());
                flags &= !flag;
            }
        }
        if flags != 0 {
            names.push(format!("{flags:#x}"));
        }
        if !names.is_empty() {
            out.push_str(", ");
            out.push_str(&names.join("|"));
        }
        out.push_str(")");
        out.finish()
    }
}
