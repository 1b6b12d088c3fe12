//! `re.Match`.

use krait_macros::{pyclass, pymethods};
use krait_runtime::{
    Args, Field, Obj, Py, PyClass, PyDict, PyObject, PyResult, PyTuple, PyType, generic_alias,
    index_error, none,
};
use krait_sre::Scratch;

use super::pattern::Pattern;
use super::subject::{Cursor, Subject};
use super::template::Template;

/// Where a group that did not match lies.
const UNSET: (usize, usize) = (usize::MAX, usize::MAX);
/// So many spans fit into the object itself.
const INLINE: usize = 4;

enum Spans {
    Inline([(usize, usize); INLINE], usize),
    Row(Box<[(usize, usize)]>),
}

/// The result of re.match() and re.search().
/// Match objects always have a boolean value of True.
#[pyclass(name = "Match", module = "re", flags(GC, DISALLOW_INSTANTIATION))]
#[repr(C)]
pub(super) struct Match {
    ob_base: PyObject,
    #[traverse]
    string: Field<PyObject>,
    #[traverse]
    pattern: Field<Pattern>,
    #[traverse]
    regs: Field<PyTuple>,
    pos: usize,
    endpos: usize,
    lastindex: Option<usize>,
    spans: Spans,
}

impl Match {
    /// The match that the machine has just found.
    pub(super) fn new(
        pattern: &Pattern,
        cursor: &Cursor,
        scratch: &Scratch,
    ) -> PyResult<Py<Match>> {
        let count = pattern.groups() + 1;
        let span = |group| scratch.span(group).unwrap_or(UNSET);
        let spans = if count <= INLINE {
            let mut row = [UNSET; INLINE];
            for (group, slot) in row.iter_mut().enumerate().take(count) {
                *slot = span(group);
            }
            Spans::Inline(row, count)
        } else {
            Spans::Row((0..count).map(span).collect())
        };
        Py::new(Match {
            ob_base: PyObject::HEADER,
            string: Field::new(cursor.subject.object().to_obj()),
            pattern: Field::new(PyClass::to_owned(pattern)),
            regs: Field::empty(),
            pos: cursor.pos,
            endpos: cursor.endpos,
            lastindex: scratch.lastindex(),
            spans,
        })
    }

    fn spans(&self) -> &[(usize, usize)] {
        match &self.spans {
            Spans::Inline(row, count) => &row[..*count],
            Spans::Row(row) => row,
        }
    }

    fn string(&self) -> Obj {
        self.string.get().unwrap_or_else(|| none().to_obj())
    }

    fn subject(&self) -> PyResult<Subject> {
        Subject::new(&self.string())
    }

    /// The number of the group that an argument names.
    fn group_number(&self, group: &PyObject) -> PyResult<usize> {
        let number = if group.has_index() {
            match group.index()?.to_i64() {
                Some(number) => usize::try_from(number).ok(),
                None => None,
            }
        } else {
            self.named_group(group)?
        };
        number
            .filter(|&number| number < self.spans().len())
            .ok_or_else(|| index_error!("no such group"))
    }

    fn named_group(&self, name: &PyObject) -> PyResult<Option<usize>> {
        let Some(pattern) = self.pattern.get() else {
            return Ok(None);
        };
        match pattern.group_names().get_item(name) {
            Ok(number) => Ok(number.and_then(|number| {
                let number = number.downcast::<krait_runtime::PyLong>()?.to_i64()?;
                usize::try_from(number).ok()
            })),
            Err(error) => {
                error.clear();
                Ok(None)
            }
        }
    }

    fn span_of(&self, group: usize) -> Option<(usize, usize)> {
        self.spans()
            .get(group)
            .copied()
            .filter(|&span| span != UNSET)
    }

    fn text_of(&self, group: &PyObject) -> PyResult<Obj> {
        let span = self.span_of(self.group_number(group)?);
        self.subject()?.group(span, none())
    }

    fn bounds(&self, group: Option<&PyObject>) -> PyResult<(isize, isize)> {
        let number = match group {
            Some(group) => self.group_number(group)?,
            None => 0,
        };
        Ok(match self.span_of(number) {
            Some((start, end)) => (start as isize, end as isize),
            None => (-1, -1),
        })
    }

    /// Expands a parsed template.
    pub(super) fn expand_template(&self, template: &Template) -> PyResult<Obj> {
        let subject = self.subject()?;
        let empty = subject.empty()?;
        template.expand(&empty, |group| {
            if group >= self.spans().len() {
                return Err(index_error!("no such group"));
            }
            subject.group(self.span_of(group), none())
        })
    }
}

#[pymethods]
impl Match {
    /// Return one or more groups of the match; group 0 is all of it.
    #[pymethod(signature = "($self, *args)", text_signature = "")]
    fn group(&self, args: Args<'_>) -> PyResult<Obj> {
        match args.as_slice() {
            [] => self.subject()?.group(self.span_of(0), none()),
            [one] => self.text_of(one),
            several => {
                let groups: PyResult<Vec<Obj>> =
                    several.iter().map(|group| self.text_of(group)).collect();
                Ok(PyTuple::from_vec(groups?)?.into_object())
            }
        }
    }

    /// Return the index at which the text of the group begins.
    #[pymethod(signature = "($self, group=0, /)")]
    fn start(&self, group: Option<&PyObject>) -> PyResult<isize> {
        Ok(self.bounds(group)?.0)
    }

    /// Return the index at which the text of the group ends.
    #[pymethod(signature = "($self, group=0, /)")]
    fn end(&self, group: Option<&PyObject>) -> PyResult<isize> {
        Ok(self.bounds(group)?.1)
    }

    /// Return where the group begins and ends.
    #[pymethod(signature = "($self, group=0, /)")]
    fn span(&self, group: Option<&PyObject>) -> PyResult<(isize, isize)> {
        self.bounds(group)
    }

    /// Return a tuple of all groups, with a default for those that did not match.
    #[pymethod(signature = "($self, /, default=None)")]
    fn groups(&self, default: Option<&PyObject>) -> PyResult<Py<PyTuple>> {
        let subject = self.subject()?;
        let default = default.unwrap_or(none());
        let groups: PyResult<Vec<Obj>> = (1..self.spans().len())
            .map(|group| subject.group(self.span_of(group), default))
            .collect();
        PyTuple::from_vec(groups?)
    }

    /// Return a dict of the named groups, with a default for those that did not match.
    #[pymethod(signature = "($self, /, default=None)")]
    fn groupdict(&self, default: Option<&PyObject>) -> PyResult<Py<PyDict>> {
        let result = PyDict::new()?;
        let subject = self.subject()?;
        let Some(pattern) = self.pattern.get() else {
            return Ok(result);
        };
        for (name, number) in pattern.group_names().items_vec() {
            let span = self.span_of(self.group_number(&number)?);
            let value = subject.group(span, default.unwrap_or(none()))?;
            result.set_item(&name, &value)?;
        }
        Ok(result)
    }

    /// Return the template with its references to groups replaced, as sub() does.
    #[pymethod(signature = "($self, /, template)")]
    fn expand(&self, template: &PyObject) -> PyResult<Obj> {
        let Some(pattern) = self.pattern.get() else {
            return Ok(none().to_obj());
        };
        let compiled = super::substitute::compile_template(&pattern, template)?;
        match compiled.downcast::<Template>() {
            Some(template) => self.expand_template(template),
            None => Ok(compiled),
        }
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

    #[slot(mp_subscript)]
    fn subscript(&self, group: &PyObject) -> PyResult<Obj> {
        self.text_of(group)
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Obj> {
        let (start, end) = self.bounds(None)?;
        let text = self.subject()?.group(self.span_of(0), none())?.repr()?;
        let mut out = krait_runtime::StrBuilder::new();
        out.push_str(&format!("<re.Match object; span=({start}, {end}), match="));
        out.push_py(&text);
        out.push_str(">");
        Ok(out.finish()?.into_object())
    }

    /// The string passed to match() or search().
    #[pygetter(name = "string")]
    fn get_string(&self) -> Obj {
        self.string()
    }

    /// The regular expression object.
    #[pygetter(name = "re")]
    fn get_re(&self) -> Option<Py<Pattern>> {
        self.pattern.get()
    }

    /// The index into the string at which the search began.
    #[pygetter(name = "pos")]
    fn get_pos(&self) -> usize {
        self.pos
    }

    /// The index into the string beyond which the search did not go.
    #[pygetter(name = "endpos")]
    fn get_endpos(&self) -> usize {
        self.endpos
    }

    /// The number of the last group that matched.
    #[pygetter(name = "lastindex")]
    fn get_lastindex(&self) -> Option<usize> {
        self.lastindex
    }

    /// The name of the last group that matched.
    #[pygetter(name = "lastgroup")]
    fn get_lastgroup(&self) -> Option<Obj> {
        let names = self.pattern.get()?.index_names();
        names.get(self.lastindex?).map(PyClass::to_obj)
    }

    /// The spans of all groups.
    #[pygetter(name = "regs")]
    fn get_regs(&self) -> PyResult<Py<PyTuple>> {
        if let Some(regs) = self.regs.get() {
            return Ok(regs);
        }
        let mut rows = Vec::with_capacity(self.spans().len());
        for group in 0..self.spans().len() {
            let pair = match self.span_of(group) {
                Some((start, end)) => (start as isize, end as isize),
                None => (-1, -1),
            };
            rows.push(krait_runtime::IntoPy::into_py(pair)?);
        }
        let regs = PyTuple::from_vec(rows)?;
        self.regs.set(Some(regs.clone()));
        Ok(regs)
    }
}
