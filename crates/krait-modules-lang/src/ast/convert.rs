//! What stands in the fields of nodes, to objects and back.
//!
//! [`Tree`] is one value, [`FieldValue`] a whole field: one, perhaps one, or a list of them. Null, which in
//! CPython's trees is a missing value, is `None` in objects.

use krait_ast::{Constant, Identifier, Range};
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::state::enter_recursive_call;
use krait_runtime::{
    PyBytes, PyComplex, PyErr, PyFloat, PyFrozenSet, PyList, PyLong, PyResult, PyStr, PyTuple,
    bool_object, ellipsis, intern, none, overflow_error, type_error, value_error,
};
use krait_text::Wtf8Buf;

use super::state::{NodeClass, State};
use super::table::{Quantity, SECTIONS, Section};

/// A value that stands in a tree.
pub(super) trait Tree: Sized {
    fn to_object(&self, state: &State) -> PyResult<Obj>;

    /// The value of an object, `None` for a Python `None` that means null.
    fn from_object(object: &PyObject, at: At<'_>) -> PyResult<Option<Self>>;

    /// The value of an optional field that is missing, where Rust's tree has no option.
    fn absent() -> Option<Self> {
        None
    }
}

/// What a field holds.
pub(super) trait FieldValue: Sized {
    fn to_field(&self, state: &State) -> PyResult<Obj>;

    fn from_field(value: Option<&PyObject>, quantity: Quantity, at: At<'_>) -> PyResult<Self>;
}

/// Where in a tree of objects a value is.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) state: &'a State,
    /// The node's class and its field.
    pub(super) node: &'a str,
    pub(super) field: &'a str,
    /// The field's type in the grammar.
    pub(super) kind: &'a str,
}

/// A node whose class is known.
pub(super) struct Node<'a> {
    object: &'a PyObject,
    state: &'a State,
    class: &'a NodeClass,
    section: Section,
    /// Which variant it is.
    pub(super) position: usize,
    /// Where it stands in the source.
    pub(super) range: Range,
}

impl<'a> At<'a> {
    /// Looks at a node of a section; `None` for Python's `None`.
    pub(super) fn open(self, object: &'a PyObject, section: Section) -> PyResult<Option<Node<'a>>> {
        if object.is(none()) {
            return Ok(None);
        }
        let def = SECTIONS[section as usize];
        enter_recursive_call(" while traversing a node")?;
        let range = if def.located && !def.product {
            read_range(object, def.name)?
        } else {
            Range::default()
        };
        let position = match self.state.find(object.type_()) {
            Some((found, position)) if found == section as usize => position,
            _ if def.product => 0,
            _ => return Err(unexpected(object, section)),
        };
        let range = if def.located && def.product {
            read_range(object, def.name)?
        } else {
            range
        };
        Ok(Some(Node {
            object,
            state: self.state,
            class: &self.state.sections[section as usize].nodes[position],
            section,
            position,
            range,
        }))
    }
}

fn unexpected(object: &PyObject, section: Section) -> PyErr {
    match object.repr() {
        Ok(text) => type_error!(
            "expected some sort of {}, but got {}",
            SECTIONS[section as usize].name,
            text.to_string_lossy()
        ),
        Err(error) => error,
    }
}

impl<'a> Node<'a> {
    /// The node is of no class that its section has.
    pub(super) fn unexpected(&self) -> PyErr {
        unexpected(self.object, self.section)
    }

    /// Reads the fields one after another.
    pub(super) fn fields(&self) -> Fields<'_> {
        Fields {
            node: self,
            next: 0,
        }
    }
}

/// The fields of a node in order.
pub(super) struct Fields<'a> {
    node: &'a Node<'a>,
    next: usize,
}

impl Fields<'_> {
    /// The next field.
    pub(super) fn take<T: FieldValue>(&mut self, quantity: Quantity) -> PyResult<T> {
        let class = self.node.class;
        let def = &class.def.fields[self.next];
        let name = &class.fields[self.next];
        self.next += 1;
        let value = self.node.object.lookup_attr(name)?;
        let at = At {
            state: self.node.state,
            node: class.def.name,
            field: def.name.trim_end_matches('_'),
            kind: def.kind,
        };
        T::from_field(value.as_deref(), quantity, at)
    }
}

/// The position of a node, checked as CPython's validator does.
fn read_range(object: &PyObject, name: &str) -> PyResult<Range> {
    let required = |attribute: &'static PyStr| match object.lookup_attr(attribute)? {
        Some(value) => read_int(&value),
        None => Err(type_error!(
            "required field \"{}\" missing from {name}",
            attribute.to_string_lossy()
        )),
    };
    let optional = |attribute: &'static PyStr, default: i32| match object.lookup_attr(attribute)? {
        Some(value) if !value.is(none()) => read_int(&value),
        _ => Ok(default),
    };
    let line = required(intern!("lineno"))?;
    let column = required(intern!("col_offset"))?;
    let end_line = optional(intern!("end_lineno"), line)?;
    let end_column = optional(intern!("end_col_offset"), column)?;
    if line > end_line {
        return Err(value_error!(
            "AST node line range ({line}, {end_line}) is not valid"
        ));
    }
    if (line < 0 && end_line != line) || (column < 0 && column != end_column) {
        return Err(value_error!(
            "AST node column range ({column}, {end_column}) for line range ({line}, {end_line}) is not valid"
        ));
    }
    if line == end_line && column > end_column {
        return Err(value_error!(
            "line {line}, column {column}-{end_column} is not a valid range"
        ));
    }
    let unsigned = |value: i32| value.max(0) as u32;
    Ok(Range {
        lineno: unsigned(line),
        col_offset: unsigned(column),
        end_lineno: unsigned(end_line),
        end_col_offset: unsigned(end_column),
    })
}

fn read_int(object: &PyObject) -> PyResult<i32> {
    let Some(int) = object.downcast::<PyLong>() else {
        return Err(value_error!(
            "invalid integer value: {}",
            object.repr()?.to_string_lossy()
        ));
    };
    int.to_i64()
        .and_then(|value| i32::try_from(value).ok())
        .ok_or_else(|| overflow_error!("Python int too large to convert to C int"))
}

impl<T: Tree> FieldValue for T {
    fn to_field(&self, state: &State) -> PyResult<Obj> {
        self.to_object(state)
    }

    fn from_field(value: Option<&PyObject>, quantity: Quantity, at: At<'_>) -> PyResult<Self> {
        if quantity == Quantity::opt
            && value.is_none_or(|value| value.is(none()))
            && let Some(absent) = T::absent()
        {
            return Ok(absent);
        }
        let Some(value) = value else {
            return Err(type_error!(
                "required field \"{}\" missing from {}",
                at.field,
                at.node
            ));
        };
        T::from_object(value, at)?
            .ok_or_else(|| value_error!("field '{}' is required for {}", at.field, at.node))
    }
}

impl<T: Tree> FieldValue for Option<T> {
    fn to_field(&self, state: &State) -> PyResult<Obj> {
        match self {
            Some(value) => value.to_object(state),
            None => Ok(none().to_obj()),
        }
    }

    fn from_field(value: Option<&PyObject>, _: Quantity, at: At<'_>) -> PyResult<Self> {
        match value {
            Some(value) if !value.is(none()) => T::from_object(value, at),
            _ => Ok(None),
        }
    }
}

/// Reads a list's items, which may change meanwhile.
fn read_list<T>(
    value: Option<&PyObject>,
    at: At<'_>,
    mut read: impl FnMut(&PyObject) -> PyResult<T>,
) -> PyResult<Vec<T>> {
    let Some(value) = value else {
        return Ok(Vec::new());
    };
    let Some(list) = value.downcast::<PyList>() else {
        return Err(type_error!(
            "{} field \"{}\" must be a list, not a {}",
            at.node,
            at.field,
            value.type_().tp_name()
        ));
    };
    let count = list.len();
    let mut items = Vec::with_capacity(count);
    for index in 0..count {
        let Some(item) = list.get(index) else { break };
        items.push(read(&item)?);
        if list.len() != count {
            return Err(krait_runtime::runtime_error!(
                "{} field \"{}\" changed size during iteration",
                at.node,
                at.field
            ));
        }
    }
    Ok(items)
}

impl<T: Tree> FieldValue for Vec<T> {
    fn to_field(&self, state: &State) -> PyResult<Obj> {
        let items = self
            .iter()
            .map(|item| item.to_object(state))
            .collect::<PyResult<Vec<Obj>>>()?;
        Ok(PyList::from_vec(items)?.into_object())
    }

    fn from_field(value: Option<&PyObject>, _: Quantity, at: At<'_>) -> PyResult<Self> {
        read_list(value, at, |item| {
            T::from_object(item, at)?.ok_or_else(|| {
                let kind = match at.kind {
                    "expr" => "expression",
                    "stmt" => "statement",
                    other => other,
                };
                value_error!("None disallowed in {kind} list")
            })
        })
    }
}

impl<T: Tree> FieldValue for Vec<Option<T>> {
    fn to_field(&self, state: &State) -> PyResult<Obj> {
        let items = self
            .iter()
            .map(|item| item.to_field(state))
            .collect::<PyResult<Vec<Obj>>>()?;
        Ok(PyList::from_vec(items)?.into_object())
    }

    fn from_field(value: Option<&PyObject>, _: Quantity, at: At<'_>) -> PyResult<Self> {
        read_list(value, at, |item| T::from_object(item, at))
    }
}

impl<T: Tree> Tree for Box<T> {
    fn to_object(&self, state: &State) -> PyResult<Obj> {
        (**self).to_object(state)
    }

    fn from_object(object: &PyObject, at: At<'_>) -> PyResult<Option<Self>> {
        Ok(T::from_object(object, at)?.map(Box::new))
    }
}

impl Tree for Identifier {
    fn to_object(&self, _: &State) -> PyResult<Obj> {
        Ok(PyStr::intern(self.as_str())?.into_object())
    }

    fn from_object(object: &PyObject, _: At<'_>) -> PyResult<Option<Self>> {
        if object.is(none()) {
            return Ok(None);
        }
        match object.downcast_exact::<PyStr>() {
            Some(text) => Ok(Some(Identifier::from(text.as_utf8()?))),
            None => Err(type_error!("AST identifier must be of type str")),
        }
    }
}

impl Tree for Wtf8Buf {
    fn to_object(&self, _: &State) -> PyResult<Obj> {
        Ok(PyStr::from_wtf8(self)?.into_object())
    }

    fn from_object(object: &PyObject, _: At<'_>) -> PyResult<Option<Self>> {
        if object.is(none()) {
            return Ok(None);
        }
        match object.downcast_exact::<PyStr>() {
            Some(text) => Ok(Some(text.to_wtf8())),
            None => Err(type_error!("AST string must be of type str")),
        }
    }
}

impl Tree for i32 {
    fn to_object(&self, _: &State) -> PyResult<Obj> {
        Ok(PyLong::from_i64(i64::from(*self))?.into_object())
    }

    fn from_object(object: &PyObject, _: At<'_>) -> PyResult<Option<Self>> {
        read_int(object).map(Some)
    }
}

impl Tree for bool {
    fn to_object(&self, _: &State) -> PyResult<Obj> {
        Ok(PyLong::from_i64(i64::from(*self))?.into_object())
    }

    fn from_object(object: &PyObject, _: At<'_>) -> PyResult<Option<Self>> {
        Ok(Some(read_int(object)? != 0))
    }
}

/// A line, or the level of a relative import.
impl Tree for u32 {
    fn to_object(&self, _: &State) -> PyResult<Obj> {
        Ok(PyLong::from_i64(i64::from(*self))?.into_object())
    }

    fn from_object(object: &PyObject, at: At<'_>) -> PyResult<Option<Self>> {
        let value = read_int(object)?;
        if value < 0 && at.field == "level" {
            return Err(value_error!("Negative ImportFrom level"));
        }
        Ok(Some(value.max(0) as u32))
    }

    fn absent() -> Option<Self> {
        Some(0)
    }
}

impl Tree for Constant {
    #[allow(clippy::only_used_in_recursion, reason = "the other trees need it")]
    fn to_object(&self, state: &State) -> PyResult<Obj> {
        let items = |items: &[Constant]| {
            items
                .iter()
                .map(|item| item.to_object(state))
                .collect::<PyResult<Vec<Obj>>>()
        };
        Ok(match self {
            Constant::None => none().to_obj(),
            Constant::True => bool_object(true).to_obj(),
            Constant::False => bool_object(false).to_obj(),
            Constant::Ellipsis => ellipsis().to_obj(),
            Constant::Str(text) => PyStr::from_wtf8(text)?.into_object(),
            Constant::Bytes(bytes) => PyBytes::new(bytes)?.into_object(),
            Constant::Int(value) => PyLong::from_bigint(value)?.into_object(),
            Constant::Float(value) => PyFloat::new(*value)?.into_object(),
            Constant::Complex { real, imag } => PyComplex::new(*real, *imag)?.into_object(),
            Constant::Tuple(values) => PyTuple::from_vec(items(values)?)?.into_object(),
            Constant::FrozenSet(values) => PyFrozenSet::from_vec(items(values)?)?.into_object(),
        })
    }

    fn from_object(object: &PyObject, _: At<'_>) -> PyResult<Option<Self>> {
        read_constant(object).map(Some)
    }
}

fn read_constant(object: &PyObject) -> PyResult<Constant> {
    enter_recursive_call(" during compilation")?;
    let is = |singleton: &PyObject| object.is(singleton);
    if is(none()) {
        return Ok(Constant::None);
    }
    if is(ellipsis()) {
        return Ok(Constant::Ellipsis);
    }
    if is(bool_object(true)) {
        return Ok(Constant::True);
    }
    if is(bool_object(false)) {
        return Ok(Constant::False);
    }
    if let Some(int) = object.downcast_exact::<PyLong>() {
        return Ok(Constant::Int(int.to_bigint()));
    }
    if let Some(float) = object.downcast_exact::<PyFloat>() {
        return Ok(Constant::Float(float.value()));
    }
    if let Some(number) = object.downcast_exact::<PyComplex>() {
        return Ok(Constant::Complex {
            real: number.real(),
            imag: number.imag(),
        });
    }
    if let Some(text) = object.downcast_exact::<PyStr>() {
        return Ok(Constant::Str(text.to_wtf8()));
    }
    if let Some(bytes) = object.downcast_exact::<PyBytes>() {
        return Ok(Constant::Bytes(bytes.as_bytes().to_vec()));
    }
    let read_all = |items: &[Obj]| {
        items
            .iter()
            .map(|item| read_constant(item))
            .collect::<PyResult<Vec<Constant>>>()
    };
    if let Some(tuple) = object.downcast_exact::<PyTuple>() {
        return Ok(Constant::Tuple(read_all(tuple.as_slice())?));
    }
    if object.is_exact::<PyFrozenSet>() {
        return Ok(Constant::FrozenSet(read_all(&object.to_vec()?)?));
    }
    Err(type_error!(
        "got an invalid type in Constant: {}",
        object.type_().tp_name()
    ))
}

/// A position's number as an object.
pub(super) fn number(value: u32) -> PyResult<Py<PyLong>> {
    PyLong::from_i64(i64::from(value))
}
