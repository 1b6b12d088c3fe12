//! `str.format` and `str.format_map`.

use krait_text::StrSlice;

use super::parser::{
    Access, ReplacementField, first_part, name_as_index, next_access, next_segment,
};
use super::{formatted, push_formatted};
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::str::StrWriter;
use crate::{Args, KwArgs, PyLong, PyResult, PyStr};

/// How deep specifiers with fields may be nested: one in a field of the template.
const DEPTH: usize = 2;

/// Where the fields' values come from.
enum Values<'a> {
    Arguments(&'a Args<'a>, &'a KwArgs<'a>),
    Mapping(&'a PyObject),
}

/// Whether fields are numbered automatically, which the first one decides.
#[derive(Clone, Copy)]
enum Numbering {
    Undecided,
    Automatic(usize),
    Manual,
}

struct Engine<'a> {
    values: Values<'a>,
    numbering: Numbering,
}

/// `template.format(*args, **kwargs)`.
pub fn format_template(
    template: &PyStr,
    args: &Args<'_>,
    kwargs: &KwArgs<'_>,
) -> PyResult<Py<PyStr>> {
    run(template, Values::Arguments(args, kwargs))
}

/// `template.format_map(mapping)`.
pub fn format_template_map(template: &PyStr, mapping: &PyObject) -> PyResult<Py<PyStr>> {
    run(template, Values::Mapping(mapping))
}

fn run(template: &PyStr, values: Values<'_>) -> PyResult<Py<PyStr>> {
    let mut engine = Engine {
        values,
        numbering: Numbering::Undecided,
    };
    if let Some(whole) = engine.whole(template)? {
        return Ok(whole);
    }
    let mut out = StrWriter::new();
    engine.expand(template.as_slice(), &mut out, DEPTH)?;
    out.finish()
}

impl Engine<'_> {
    /// The result, if the template is one text, which is that, or one field, whose text it then is.
    fn whole(&mut self, template: &PyStr) -> PyResult<Option<Py<PyStr>>> {
        let text = template.as_slice();
        let mut at = 0;
        let Some(segment) = next_segment(text, &mut at, text.len())? else {
            return Ok(None);
        };
        if at != text.len() {
            return Ok(None);
        }
        let (start, end) = segment.literal;
        let Some(field) = segment.field else {
            let is_all = template.is_exact::<PyStr>() && end - start == text.len();
            return Ok(is_all.then(|| PyClass::to_owned(template)));
        };
        if start != end || field.spec_is_nested {
            return Ok(None);
        }
        let mut value = self.value(text.sub(field.name.0, field.name.1))?;
        if let Some(conversion) = field.conversion {
            value = converted(&value, conversion)?.into_object();
        }
        let spec = text.sub(field.spec.0, field.spec.1);
        formatted(&value, spec).map(Some)
    }

    fn expand(&mut self, text: StrSlice<'_>, out: &mut StrWriter, depth: usize) -> PyResult<()> {
        if depth == 0 {
            return Err(crate::value_error!("Max string recursion exceeded"));
        }
        let mut at = 0;
        while let Some(segment) = next_segment(text, &mut at, text.len())? {
            out.push_slice(text.sub(segment.literal.0, segment.literal.1));
            if let Some(field) = segment.field {
                self.replace(text, &field, out, depth)?;
            }
        }
        Ok(())
    }

    fn replace(
        &mut self,
        text: StrSlice<'_>,
        field: &ReplacementField,
        out: &mut StrWriter,
        depth: usize,
    ) -> PyResult<()> {
        let mut value = self.value(text.sub(field.name.0, field.name.1))?;
        if let Some(conversion) = field.conversion {
            value = converted(&value, conversion)?.into_object();
        }
        let spec = text.sub(field.spec.0, field.spec.1);
        if !field.spec_is_nested {
            return push_formatted(out, &value, spec);
        }
        let mut expanded = StrWriter::new();
        self.expand(spec, &mut expanded, depth - 1)?;
        push_formatted(out, &value, expanded.as_slice())
    }

    /// The object that a field's name means.
    fn value(&mut self, name: StrSlice<'_>) -> PyResult<Obj> {
        let mut at = first_part(name);
        let first = name.sub(0, at);
        let index = name_as_index(first)?;
        let index = self.numbered(first.is_empty(), index)?;
        let mut value = match index {
            Some(index) => self.positional(index)?,
            None => self.named(&*PyStr::from_slice(first)?)?,
        };
        while let Some(access) = next_access(name, &mut at)? {
            value = match access {
                Access::Attribute(name) => value.getattr(&*PyStr::from_slice(name)?)?,
                Access::Index(index) => value.get_item(&*PyLong::from_usize(index)?)?,
                Access::Key(key) => value.get_item(&*PyStr::from_slice(key)?)?,
            };
        }
        Ok(value)
    }

    /// The index that a field has, given or counted.
    fn numbered(&mut self, is_empty: bool, index: Option<usize>) -> PyResult<Option<usize>> {
        match (is_empty, index, self.numbering) {
            (false, None, _) => Ok(None),
            (true, _, Numbering::Manual) => Err(crate::value_error!(
                "cannot switch from manual field specification to automatic field numbering"
            )),
            (false, _, Numbering::Automatic(_)) => Err(crate::value_error!(
                "cannot switch from automatic field numbering to manual field specification"
            )),
            (true, _, Numbering::Undecided) => {
                self.numbering = Numbering::Automatic(1);
                Ok(Some(0))
            }
            (true, _, Numbering::Automatic(next)) => {
                self.numbering = Numbering::Automatic(next + 1);
                Ok(Some(next))
            }
            (false, Some(index), _) => {
                self.numbering = Numbering::Manual;
                Ok(Some(index))
            }
        }
    }

    fn positional(&self, index: usize) -> PyResult<Obj> {
        match self.values {
            Values::Mapping(_) => Err(crate::value_error!(
                "Format string contains positional fields"
            )),
            Values::Arguments(args, _) => match args.get(index) {
                Some(value) => Ok(value.to_obj()),
                None => Err(crate::index_error!(
                    "Replacement index {index} out of range for positional args tuple"
                )),
            },
        }
    }

    fn named(&self, name: &PyStr) -> PyResult<Obj> {
        match self.values {
            Values::Mapping(mapping) => mapping.get_item(name),
            Values::Arguments(_, kwargs) => {
                let found = kwargs.iter().find(|(key, _)| key.same_text(name));
                match found {
                    Some((_, value)) => Ok(value.to_obj()),
                    None => Err(crate::err::key_error_object(name)),
                }
            }
        }
    }
}

/// `!r`, `!s` and `!a`.
fn converted(value: &PyObject, conversion: u32) -> PyResult<Py<PyStr>> {
    match char::from_u32(conversion) {
        Some('r') => value.repr(),
        Some('s') => value.str(),
        Some('a') => value.ascii(),
        Some(other) if (33..127).contains(&conversion) => {
            Err(crate::value_error!("Unknown conversion specifier {other}"))
        }
        _ => Err(crate::value_error!(
            "Unknown conversion specifier \\x{conversion:x}"
        )),
    }
}
