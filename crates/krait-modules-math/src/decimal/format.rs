//! `Decimal.__format__`.

use krait_decimal::{Spec, Status, format};
use krait_macros::pymethods;
use krait_runtime::object::{Py, PyObject};
use krait_runtime::{OptionalArg, PyDict, PyResult, PyStr, type_error, value_error};

use super::current::current;
use super::number::PyDecimal;

/// The most bytes that a point or separator may have.
const LONGEST_MARK: usize = 4;

/// How numbers are grouped, in UTF-8.
struct Marks {
    decimal_point: String,
    thousands_sep: String,
    grouping: Vec<u8>,
}

impl Marks {
    /// Those of the C library's locale.
    fn of_locale() -> Marks {
        let conventions = krait_host::locale::localeconv();
        let text = |wanted: &str| {
            let texts = conventions.texts.iter();
            let mut found = texts.filter(|(name, _)| *name == wanted);
            let bytes = found.next().map_or(&[][..], |(_, bytes)| bytes);
            String::from_utf8_lossy(bytes).into_owned()
        };
        Marks {
            decimal_point: text("decimal_point"),
            thousands_sep: text("thousands_sep"),
            grouping: conventions
                .grouping
                .iter()
                .map(|&size| size as u8)
                .collect(),
        }
    }

    /// Those that a specifier means by itself.
    fn of(spec: &Spec) -> Marks {
        if spec.is_locale() {
            return Marks::of_locale();
        }
        let (decimal_point, thousands_sep, grouping) = match spec.separator() {
            Some(separator) => (".", separator, vec![3]),
            None => ("", "", vec![]),
        };
        Marks {
            decimal_point: decimal_point.to_owned(),
            thousands_sep: thousands_sep.to_owned(),
            grouping,
        }
    }

    /// Replaces what a dictionary with the keys of `localeconv()` holds.
    fn replace(&mut self, changes: &PyDict) -> PyResult<()> {
        let text = |name: &str| -> PyResult<Option<String>> {
            let Some(value) = changes.get(name)? else {
                return Ok(None);
            };
            match value.downcast::<PyStr>() {
                Some(text) => Ok(Some(text.as_utf8()?.to_owned())),
                None => Err(type_error!("bad argument type for built-in operation")),
            }
        };
        if let Some(point) = text("decimal_point")? {
            self.decimal_point = point;
        }
        if let Some(separator) = text("thousands_sep")? {
            self.thousands_sep = separator;
        }
        if let Some(grouping) = text("grouping")? {
            self.grouping = grouping.into_bytes();
        }
        let fits = (1..=LONGEST_MARK).contains(&self.decimal_point.len())
            && self.thousands_sep.len() <= LONGEST_MARK
            && self.grouping.is_ascii();
        if fits {
            Ok(())
        } else {
            Err(value_error!("invalid override dict"))
        }
    }
}

#[pymethods(FORMAT)]
impl PyDecimal {
    #[pymethod(
        name = "__format__",
        signature = "($self, format_spec, override=<unrepresentable>, /)",
        text_signature = "",
        anonymous
    )]
    fn format(
        &self,
        format_spec: &PyObject,
        changes: OptionalArg<&PyObject>,
    ) -> PyResult<Py<PyStr>> {
        let Some(text) = format_spec.downcast::<PyStr>() else {
            return Err(type_error!("format arg must be str"));
        };
        let text = text.as_utf8()?;
        let mut spec = Spec::parse(text).map_err(|_| value_error!("invalid format string"))?;
        if text.ends_with('N') {
            krait_runtime::hooks::warn(
                &krait_runtime::exc::DeprecationWarning,
                "Format specifier 'N' is deprecated and slated for removal in Python 3.18",
                1,
            )?;
        }
        let context = current()?;
        match changes.present() {
            None if spec.is_locale() => {
                let marks = Marks::of_locale();
                spec.set_locale(&marks.decimal_point, &marks.thousands_sep, &marks.grouping);
            }
            None => {}
            Some(changes) => {
                let Some(changes) = changes.downcast::<PyDict>() else {
                    return Err(type_error!("optional argument must be a dict"));
                };
                let mut marks = Marks::of(&spec);
                marks.replace(changes)?;
                spec.set_locale(&marks.decimal_point, &marks.thousands_sep, &marks.grouping);
            }
        }
        let mut status = Status::empty();
        let text = format(
            &self.value,
            &spec,
            context.capitals(),
            &context.arithmetic(),
            &mut status,
        );
        if status.intersects(Status::MallocError) {
            return Err(krait_runtime::err::no_memory());
        }
        if status.intersects(Status::InvalidOperation) {
            return Err(value_error!(
                "format specification exceeds internal limits of _decimal"
            ));
        }
        PyStr::new(&text)
    }
}
