//! `_sre`: compiled regular expressions. The machine itself is the crate `krait-sre`; here are the
//! objects around it.

mod match_object;
mod pattern;
mod scanner;
mod subject;
mod substitute;
mod template;

use krait_macros::pyfunction;
use krait_runtime::{Obj, Py, PyDict, PyList, PyModule, PyObject, PyResult, PyTuple, pymodule};
use krait_sre::constants::{CODESIZE, MAGIC, MAXGROUPS, MAXREPEAT};

use pattern::Pattern;
use template::Template;

pymodule! {
    pub SRE = "_sre", "",
    functions: [
        compile, template_, getcodesize, ascii_iscased, ascii_tolower, unicode_iscased,
        unicode_tolower,
    ],
    classes: [],
    hidden: [Pattern, match_object::Match, scanner::Scanner, Template],
    exec: Some(exec)
}

fn exec(module: &PyModule) -> PyResult<()> {
    let numbers = [
        ("MAGIC", MAGIC as usize),
        ("CODESIZE", CODESIZE),
        ("MAXREPEAT", MAXREPEAT as usize),
        ("MAXGROUPS", MAXGROUPS),
    ];
    for (name, value) in numbers {
        module.add(name, &*krait_runtime::PyLong::from_usize(value)?)?;
    }
    Ok(())
}

/// Make a pattern object of the code that the regular expression compiler emitted.
#[pyfunction(signature = "(pattern, flags, code, groups, groupindex, indexgroup)")]
fn compile(
    pattern: &PyObject,
    flags: i32,
    code: &PyList,
    groups: isize,
    groupindex: &PyDict,
    indexgroup: &PyTuple,
) -> PyResult<Py<Pattern>> {
    Pattern::compile(pattern, flags, code, groups, groupindex, indexgroup)
}

/// Make a template object of a parsed replacement: literals with group numbers between them.
#[pyfunction(name = "template", signature = "(pattern, template, /)")]
fn template_(pattern: &PyObject, template: &PyList) -> PyResult<Obj> {
    // The pattern is part of the signature only.
    let _ = pattern;
    Ok(Template::parse(template)?.into_object())
}

/// The number of bytes in a word of code.
#[pyfunction(signature = "()")]
fn getcodesize() -> usize {
    CODESIZE
}

/// Whether the character is an ASCII letter.
#[pyfunction(signature = "(character, /)")]
fn ascii_iscased(character: i32) -> bool {
    krait_sre::ascii_iscased(character as u32)
}

/// The character in lower case, if it is an ASCII letter.
#[pyfunction(signature = "(character, /)")]
fn ascii_tolower(character: i32) -> i32 {
    krait_sre::ascii_tolower(character as u32) as i32
}

/// Whether the character has an upper or lower case form.
#[pyfunction(signature = "(character, /)")]
fn unicode_iscased(character: i32) -> bool {
    krait_sre::unicode_iscased(character as u32)
}

/// The character in lower case.
#[pyfunction(signature = "(character, /)")]
fn unicode_tolower(character: i32) -> i32 {
    krait_sre::unicode_tolower(character as u32) as i32
}
