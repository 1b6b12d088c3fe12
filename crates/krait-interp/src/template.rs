//! `string.templatelib.Template` and `Interpolation`: what t-strings make.

use std::cell::Cell;

use krait_macros::{pyclass, pymethods};
use krait_runtime::generic_alias::new_generic_alias;
use krait_runtime::{
    Args, Field, Obj, Py, PyClass, PyObject, PyResult, PyStr, PyTuple, PyType, type_error,
};

/// String template object
#[pyclass(name = "Template", module = "string.templatelib", symbol = _PyTemplate_Type, flags(GC))]
#[repr(C)]
pub struct PyTemplate {
    ob_base: PyObject,
    #[traverse]
    strings: Field<PyTuple>,
    #[traverse]
    interpolations: Field<PyTuple>,
}

/// String interpolation object
#[pyclass(name = "Interpolation", module = "string.templatelib", symbol = _PyInterpolation_Type, flags(GC))]
#[repr(C)]
pub struct PyInterpolation {
    ob_base: PyObject,
    #[traverse]
    value: Field<PyObject>,
    #[traverse]
    expression: Field<PyObject>,
    #[traverse]
    conversion: Field<PyObject>,
    #[traverse]
    format_spec: Field<PyObject>,
}

/// The iterator over the parts of a template.
#[pyclass(name = "TemplateIter", module = "string.templatelib", flags(GC))]
#[repr(C)]
pub struct PyTemplateIter {
    ob_base: PyObject,
    #[traverse]
    strings: Field<PyTuple>,
    #[traverse]
    interpolations: Field<PyTuple>,
    /// How many parts it has gone over: a text, an interpolation, a text…
    given: Cell<usize>,
}

/// What the classes have beyond methods.
pub(crate) fn add_constants() -> PyResult<()> {
    let names = ["value", "expression", "conversion", "format_spec"];
    let names = names.map(PyStr::intern).into_iter();
    let names = names.map(|name| Ok(name?.into_object()));
    let names = PyTuple::from_vec(names.collect::<PyResult<_>>()?)?;
    let class = PyInterpolation::type_object();
    class.dict().set("__match_args__", &names)?;
    class.modified();
    Ok(())
}

/// `BUILD_TEMPLATE`.
#[inline(never)]
pub(crate) fn build_template(strings: &PyObject, interpolations: &PyObject) -> PyResult<Obj> {
    let tuple = |object: &PyObject| match object.to_obj().cast::<PyTuple>() {
        Ok(tuple) => Ok(tuple),
        Err(object) => Err(type_error!(
            "expected a tuple, got {}",
            object.type_().tp_name()
        )),
    };
    let template = PyTemplate {
        ob_base: PyObject::HEADER,
        strings: Field::new(tuple(strings)?),
        interpolations: Field::new(tuple(interpolations)?),
    };
    Ok(Py::new(template)?.into_object())
}

/// `BUILD_INTERPOLATION`.
#[inline(never)]
pub(crate) fn build_interpolation(
    value: &PyObject,
    expression: &PyObject,
    conversion: u32,
    format_spec: Option<&PyObject>,
) -> PyResult<Obj> {
    let conversion = match conversion {
        1 => PyStr::intern("s")?.into_object(),
        2 => PyStr::intern("r")?.into_object(),
        3 => PyStr::intern("a")?.into_object(),
        _ => krait_runtime::none().to_obj(),
    };
    let spec = format_spec.unwrap_or_else(|| krait_runtime::interned::empty_str().as_object());
    let made = PyInterpolation {
        ob_base: PyObject::HEADER,
        value: Field::new(value.to_obj()),
        expression: Field::new(expression.to_obj()),
        conversion: Field::new(conversion),
        format_spec: Field::new(spec.to_obj()),
    };
    Ok(Py::new(made)?.into_object())
}

fn or_none(field: &Field<PyObject>) -> Obj {
    field
        .get()
        .unwrap_or_else(|| krait_runtime::none().to_obj())
}

fn or_empty(field: &Field<PyTuple>) -> Py<PyTuple> {
    field.get().unwrap_or_else(PyTuple::empty)
}

#[pymethods]
impl PyInterpolation {
    #[pynew(signature = "(value, expression='', conversion=None, format_spec='')")]
    fn new(
        _cls: &PyType,
        value: &PyObject,
        expression: &str,
        conversion: Option<&PyObject>,
        format_spec: &str,
    ) -> PyResult<Obj> {
        let which = match conversion {
            None => 0,
            Some(conversion) => {
                let Some(text) = conversion.downcast::<PyStr>() else {
                    return Err(type_error!(
                        "Interpolation() argument 'conversion' must be str, not {}",
                        conversion.type_().tp_name()
                    ));
                };
                match text.to_string_lossy().as_str() {
                    "s" => 1,
                    "r" => 2,
                    "a" => 3,
                    _ => {
                        return Err(krait_runtime::value_error!(
                            "Interpolation() argument 'conversion' must be one of 's', 'a' or 'r'"
                        ));
                    }
                }
            }
        };
        let (expression, spec) = (PyStr::new(expression)?, PyStr::new(format_spec)?);
        build_interpolation(value, &expression, which, Some(&spec))
    }

    /// Value
    #[pygetter]
    fn value(&self) -> Obj {
        or_none(&self.value)
    }

    /// Expression
    #[pygetter]
    fn expression(&self) -> Obj {
        or_none(&self.expression)
    }

    /// Conversion
    #[pygetter]
    fn conversion(&self) -> Obj {
        or_none(&self.conversion)
    }

    /// Format specifier
    #[pygetter]
    fn format_spec(&self) -> Obj {
        or_none(&self.format_spec)
    }

    /// See PEP 585
    #[pyclassmethod(name = "__class_getitem__", signature = "($type, object, /)")]
    fn class_getitem(class: &PyType, item: &PyObject) -> PyResult<Obj> {
        new_generic_alias(class, item)
    }

    #[pymethod(name = "__reduce__", signature = "($self, /)")]
    fn reduce(&self) -> PyResult<Obj> {
        let parts = [
            &self.value,
            &self.expression,
            &self.conversion,
            &self.format_spec,
        ];
        let parts = PyTuple::from_vec(parts.into_iter().map(or_none).collect())?;
        Ok(PyTuple::from_vec(vec![self.type_().to_obj(), parts.into_object()])?.into_object())
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Obj> {
        let mut parts = Vec::new();
        for part in [
            &self.value,
            &self.expression,
            &self.conversion,
            &self.format_spec,
        ] {
            parts.push(or_none(part).repr()?.to_string_lossy());
        }
        Ok(PyStr::new(&format!("Interpolation({})", parts.join(", ")))?.into_object())
    }
}

#[pymethods]
impl PyTemplateIter {
    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Obj>> {
        let (strings, items) = (or_empty(&self.strings), or_empty(&self.interpolations));
        loop {
            let index = self.given.get();
            let parts = if index.is_multiple_of(2) {
                &strings
            } else {
                &items
            };
            let Some(part) = parts.as_slice().get(index / 2) else {
                return Ok(None);
            };
            self.given.set(index + 1);
            // Empty texts are passed over.
            if !part.downcast::<PyStr>().is_some_and(PyStr::is_empty) {
                return Ok(Some(part.clone()));
            }
        }
    }
}

#[pymethods]
impl PyTemplate {
    #[pynew(signature = "(*args)", text_signature = "")]
    fn new(_cls: &PyType, args: Args<'_>) -> PyResult<Obj> {
        let (mut strings, mut interpolations) = (Vec::new(), Vec::new());
        let mut text: Option<Py<PyStr>> = None;
        for arg in args.iter() {
            if let Some(part) = arg.downcast::<PyStr>() {
                text = Some(match text {
                    Some(before) => before.concat(part)?,
                    None => PyClass::to_owned(part),
                });
            } else if arg.is_exact::<PyInterpolation>() {
                strings.push(
                    text.take()
                        .map_or_else(|| PyStr::new(""), Ok)?
                        .into_object(),
                );
                interpolations.push(arg.to_obj());
            } else {
                return Err(type_error!(
                    "Template.__new__ *args need to be of type 'str' or 'Interpolation', got {}",
                    arg.type_().tp_name()
                ));
            }
        }
        strings.push(text.map_or_else(|| PyStr::new(""), Ok)?.into_object());
        build_template(
            &*PyTuple::from_vec(strings)?,
            &*PyTuple::from_vec(interpolations)?,
        )
    }

    /// Strings
    #[pygetter]
    fn strings(&self) -> Obj {
        or_empty(&self.strings).into_object()
    }

    /// Interpolations
    #[pygetter]
    fn interpolations(&self) -> Obj {
        or_empty(&self.interpolations).into_object()
    }

    /// Values of interpolations
    #[pygetter]
    fn values(&self) -> PyResult<Obj> {
        let items = or_empty(&self.interpolations);
        let values = items
            .as_slice()
            .iter()
            .map(|item| item.getattr(krait_runtime::intern!("value")));
        Ok(PyTuple::from_vec(values.collect::<PyResult<_>>()?)?.into_object())
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        let iter = PyTemplateIter {
            ob_base: PyObject::HEADER,
            strings: Field::new(or_empty(&self.strings)),
            interpolations: Field::new(or_empty(&self.interpolations)),
            given: Cell::new(0),
        };
        Ok(Py::new(iter)?.into_object())
    }

    #[pymethod(name = "__reduce__", signature = "($self, /)")]
    fn reduce(&self) -> PyResult<Obj> {
        let name = PyStr::intern("_template_unpickle")?;
        let fromlist = PyTuple::from_refs(&[&name])?;
        let import = krait_runtime::Interpreter::current().hooks.get().import;
        let library = PyStr::intern("string.templatelib")?;
        let library = import(&library, None, None, Some(&fromlist), 0)?;
        let unpickle = library.getattr(&name)?;
        let parts = [self.strings(), self.interpolations()];
        let parts = PyTuple::from_array(parts)?.into_object();
        Ok(PyTuple::from_array([unpickle, parts])?.into_object())
    }

    /// See PEP 585
    #[pyclassmethod(name = "__class_getitem__", signature = "($type, object, /)")]
    fn class_getitem(class: &PyType, item: &PyObject) -> PyResult<Obj> {
        new_generic_alias(class, item)
    }

    #[slot(sq_concat)]
    fn concat(&self, other: &PyObject) -> PyResult<Obj> {
        let Some(second) = other.downcast::<PyTemplate>() else {
            return Err(type_error!(
                "can only concatenate string.templatelib.Template (not \"{}\") to string.templatelib.Template",
                other.type_().tp_name()
            ));
        };
        let mut strings = or_empty(&self.strings).as_slice().to_vec();
        let rest = or_empty(&second.strings);
        let mut rest = rest.as_slice().iter();
        if let (Some(last), Some(next)) = (strings.pop(), rest.next()) {
            strings.push(last.add(next)?);
        }
        strings.extend(rest.cloned());
        let mut items = or_empty(&self.interpolations).as_slice().to_vec();
        items.extend(or_empty(&second.interpolations).as_slice().iter().cloned());
        build_template(&*PyTuple::from_vec(strings)?, &*PyTuple::from_vec(items)?)
    }

    #[slot(tp_repr)]
    fn repr(&self) -> PyResult<Obj> {
        let strings = or_empty(&self.strings).repr()?.to_string_lossy();
        let items = or_empty(&self.interpolations).repr()?.to_string_lossy();
        let text = format!("Template(strings={strings}, interpolations={items})");
        Ok(PyStr::new(&text)?.into_object())
    }
}
