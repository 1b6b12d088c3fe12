//! `sub` and `subn`.

use krait_runtime::{Obj, PyBytes, PyClass, PyObject, PyResult, PyStr, StrBuilder, none};
use krait_sre::{Mode, Scratch};
use krait_text::StrSlice;

use super::match_object::Match;
use super::pattern::Pattern;
use super::subject::{Cursor, Subject};
use super::template::{Template, join};

/// What stands in the place of a match.
enum Filter {
    Literal(Obj),
    Template(krait_runtime::Py<Template>),
    Callable(Obj),
}

/// `re._compile_template(pattern, template)`.
pub(super) fn compile_template(pattern: &Pattern, template: &PyObject) -> PyResult<Obj> {
    crate::util::import("re")?.call_method(
        krait_runtime::intern!("_compile_template"),
        &[pattern, template],
    )
}

/// Whether the replacement has no escape; what is neither text nor bytes is left to the compiler.
fn is_literal(repl: &PyObject) -> bool {
    match Subject::new(repl) {
        Ok(subject) => !subject.units().iter().any(|code| code == u32::from(b'\\')),
        Err(error) => {
            error.clear();
            false
        }
    }
}

fn filter_of(pattern: &Pattern, repl: &PyObject) -> PyResult<Filter> {
    if repl.is_callable() {
        return Ok(Filter::Callable(repl.to_obj()));
    }
    if is_literal(repl) {
        return Ok(Filter::Literal(repl.to_obj()));
    }
    let compiled = compile_template(pattern, repl)?;
    Ok(match compiled.cast::<Template>() {
        Ok(template) => match template.as_literal() {
            Some(literal) => Filter::Literal(literal),
            None => Filter::Template(template),
        },
        Err(other) => Filter::Literal(other),
    })
}

/// Replaces matches; the result and how many there were.
pub(super) fn substitute(
    pattern: &Pattern,
    repl: &PyObject,
    string: &PyObject,
    count: isize,
) -> PyResult<(Obj, usize)> {
    let filter = filter_of(pattern, repl)?;
    let mut cursor = Cursor::new(pattern, string, 0, isize::MAX)?;
    let is_bytes = cursor.subject.is_bytes();
    let same_sort = |object: &PyObject| {
        if is_bytes {
            object.is_instance_of::<PyBytes>()
        } else {
            object.is_instance_of::<PyStr>()
        }
    };
    let native = match &filter {
        Filter::Callable(_) => false,
        Filter::Literal(literal) => same_sort(literal),
        Filter::Template(template) => template
            .literals()
            .as_slice()
            .iter()
            .all(|each| same_sort(each)),
    };
    if native {
        return substitute_natively(pattern, &filter, &mut cursor, count);
    }
    let mut scratch = pattern.take_scratch();
    let (mut parts, mut done, mut replaced) = (Vec::new(), 0, 0);
    while count == 0 || (replaced as isize) < count {
        let Some((start, end)) = cursor.next(pattern, &mut scratch, Mode::Search)? else {
            break;
        };
        if done < start {
            parts.push(cursor.subject.slice(done, start)?);
        }
        let item = match &filter {
            Filter::Literal(literal) => literal.clone(),
            Filter::Template(template) => {
                Match::new(pattern, &cursor, &scratch)?.expand_template(template)?
            }
            Filter::Callable(callable) => {
                let found = Match::new(pattern, &cursor, &scratch)?;
                callable.call1(&found)?
            }
        };
        if !item.is(none()) {
            parts.push(item);
        }
        done = end;
        replaced += 1;
    }
    pattern.give_scratch(scratch);
    if done < cursor.endpos {
        parts.push(cursor.subject.slice(done, cursor.endpos)?);
    }
    let empty = cursor.subject.empty()?;
    Ok((join(&empty, parts)?, replaced))
}

/// The characters of an object that is text or bytes.
fn units_of(object: &PyObject) -> StrSlice<'_> {
    if let Some(text) = object.downcast::<PyStr>() {
        return text.as_slice();
    }
    StrSlice::Latin1(object.downcast::<PyBytes>().map_or(&[], PyBytes::as_bytes))
}

/// As [`substitute`], for replacements that run no Python code: one buffer is filled.
fn substitute_natively(
    pattern: &Pattern,
    filter: &Filter,
    cursor: &mut Cursor,
    count: isize,
) -> PyResult<(Obj, usize)> {
    let mut scratch = pattern.take_scratch();
    let literals: Vec<Obj> = match filter {
        Filter::Literal(literal) => vec![literal.clone()],
        Filter::Template(template) => template.literals().as_slice().to_vec(),
        Filter::Callable(_) => Vec::new(),
    };
    let groups: &[usize] = match filter {
        Filter::Template(template) => template.groups(),
        _ => &[],
    };
    if groups.iter().any(|&group| group > pattern.groups()) {
        return Err(krait_runtime::index_error!("no such group"));
    }
    let mut out = StrBuilder::new();
    let (mut done, mut replaced) = (0, 0);
    while count == 0 || (replaced as isize) < count {
        let Some((start, end)) = cursor.next(pattern, &mut scratch, Mode::Search)? else {
            break;
        };
        let units = cursor.subject.units();
        out.push_slice(units.sub(done, start));
        push_replacement(&mut out, units, &literals, groups, &scratch);
        done = end;
        replaced += 1;
    }
    pattern.give_scratch(scratch);
    let (subject, end) = (&cursor.subject, cursor.endpos);
    if replaced == 0 {
        return Ok((subject.slice(0, end)?, 0));
    }
    out.push_slice(subject.units().sub(done, end.max(done)));
    let result = match (subject.is_bytes(), out.as_slice()) {
        (true, StrSlice::Latin1(bytes)) => PyBytes::new(bytes)?.into_object(),
        _ => out.finish()?.into_object(),
    };
    Ok((result, replaced))
}

fn push_replacement(
    out: &mut StrBuilder,
    units: StrSlice<'_>,
    literals: &[Obj],
    groups: &[usize],
    scratch: &Scratch,
) {
    for (index, literal) in literals.iter().enumerate() {
        out.push_slice(units_of(literal));
        if let Some((start, end)) = groups.get(index).and_then(|&group| scratch.span(group)) {
            out.push_slice(units.sub(start, end));
        }
    }
}
