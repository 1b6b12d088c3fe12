//! `unicodedata`: the Unicode database, and the old one that `idna` needs.

use krait_macros::{pyclass, pyfunction, pymethods};
use krait_runtime::convert::CodePoint;
use krait_runtime::{
    IntoPy, Obj, OptionalArg, Py, PyClass, PyModule, PyObject, PyResult, PyStr, key_error,
    pymodule, value_error,
};
use krait_text::StrSlice;
use krait_unicode::names::{self, Named};
use krait_unicode::normalize::{self, Database, Form, QuickCheck};
use krait_unicode::old;

use crate::util::Data;

pymodule! {
    pub UNICODEDATA = "unicodedata",
    "This module provides access to the Unicode Character Database, which\n\
    defines character properties for all Unicode characters. The data in\n\
    this database is based on the UnicodeData.txt file version\n\
    16.0.0 which is publicly available from the Unicode Consortium.",
    functions: [
        bidirectional, category, combining, decimal, decomposition, digit, east_asian_width,
        is_normalized, lookup, mirrored, name, normalize_, numeric,
    ],
    classes: [Ucd],
    exec: Some(exec)
}

fn exec(module: &PyModule) -> PyResult<()> {
    module.add(
        "unidata_version",
        &*PyStr::new(krait_unicode::UNIDATA_VERSION)?,
    )?;
    let old = Py::new(Ucd {
        ob_base: PyObject::HEADER,
    })?;
    module.add("ucd_3_2_0", &old)
}

/// The database of Unicode 3.2.
#[pyclass(name = "UCD", module = "unicodedata", flags(DISALLOW_INSTANTIATION))]
#[repr(C)]
pub(super) struct Ucd {
    ob_base: PyObject,
}

/// The name's longest length that is looked up.
const NAME_LIMIT: usize = 256;

/// A number, the caller's default, or an error.
fn or_default<T: IntoPy>(
    value: Option<T>,
    default: OptionalArg<&PyObject>,
    complaint: &str,
) -> PyResult<Obj> {
    match (value, default) {
        (Some(value), _) => value.into_py(),
        (None, OptionalArg::Present(default)) => Ok(default.to_obj()),
        (None, OptionalArg::Missing) => Err(value_error!("{complaint}")),
    }
}

fn lookup_name(name: &PyObject, sequences: bool) -> PyResult<Obj> {
    let text = match name.downcast::<PyStr>() {
        Some(text) => text.as_utf8()?.to_owned(),
        None => String::from_utf8_lossy(&Data::of(name)?).into_owned(),
    };
    if text.len() > NAME_LIMIT {
        return Err(key_error!("name too long"));
    }
    match names::lookup(&text) {
        // The old database knows the names that characters have, but none that were given them later.
        Some(Named::Character(code))
            if !sequences
                && names::name(code).is_some_and(|name| !name.eq_ignore_ascii_case(&text)) =>
        {
            Err(key_error!("undefined character name '{text}'"))
        }
        Some(Named::Character(code)) => Ok(PyStr::from_char(code)?.into_object()),
        Some(Named::Sequence(codes)) if sequences => {
            Ok(PyStr::from_slice(StrSlice::Ucs4(codes))?.into_object())
        }
        _ => Err(key_error!("undefined character name '{text}'")),
    }
}

fn form_of(form: &PyStr) -> PyResult<Form> {
    form.as_ascii()
        .and_then(Form::from_name)
        .ok_or_else(|| value_error!("invalid normalization form"))
}

fn normalized(database: Database, form: Form, text: &PyStr) -> Vec<u32> {
    match text.as_slice() {
        StrSlice::Latin1(units) => normalize::normalize_by(database, form, units),
        StrSlice::Ucs2(units) => normalize::normalize_by(database, form, units),
        StrSlice::Ucs4(units) => normalize::normalize_by(database, form, units),
    }
}

fn quick_check(form: Form, text: &PyStr) -> QuickCheck {
    match text.as_slice() {
        _ if text.is_ascii() => QuickCheck::Yes,
        StrSlice::Latin1(units) => normalize::quick_check(form, units),
        StrSlice::Ucs2(units) => normalize::quick_check(form, units),
        StrSlice::Ucs4(units) => normalize::quick_check(form, units),
    }
}

fn normalize_text(database: Database, form: &PyStr, text: &PyStr) -> PyResult<Obj> {
    if text.is_empty() {
        return Ok(text.exact()?.into_object());
    }
    let form = form_of(form)?;
    if database == Database::Current && quick_check(form, text) == QuickCheck::Yes {
        return Ok(text.exact()?.into_object());
    }
    let codes = normalized(database, form, text);
    Ok(PyStr::from_slice(StrSlice::Ucs4(&codes))?.into_object())
}

fn check_normalized(database: Database, form: &PyStr, text: &PyStr) -> PyResult<bool> {
    if text.is_empty() {
        return Ok(true);
    }
    let form = form_of(form)?;
    if database == Database::Current {
        match quick_check(form, text) {
            QuickCheck::Yes => return Ok(true),
            QuickCheck::No => return Ok(false),
            QuickCheck::Maybe => {}
        }
    }
    let codes = normalized(database, form, text);
    Ok(codes.len() == text.len() && text.as_slice().iter().eq(codes))
}

/// One function of the module and one method of the old database, with the same words about both.
macro_rules! database {
    ($(
        #[doc = $doc:literal]
        $name:ident, $method:ident, $python:literal, $signature:literal, ($($argument:ident: $ty:ty),*) -> $result:ty,
        $now:expr, $then:expr;
    )*) => {
        $(
            #[doc = $doc]
            #[pyfunction(name = $python, signature = $signature)]
            fn $name($($argument: $ty),*) -> PyResult<$result> {
                $now
            }
        )*

        #[pymethods]
        impl Ucd {
            $(
                #[doc = $doc]
                #[pymethod(name = $python, signature = $signature)]
                fn $method(&self, $($argument: $ty),*) -> PyResult<$result> {
                    $then
                }
            )*

            #[pygetter]
            fn unidata_version(&self) -> &'static str {
                old::UNIDATA_VERSION
            }
        }
    };
}

database! {
    #[doc = "Return the bidirectional class of a character as text; empty if there is none."]
    bidirectional, old_bidirectional, "bidirectional", "($self, chr, /)", (chr: CodePoint) -> &'static str,
        Ok(krait_unicode::bidirectional(chr.0)), Ok(old::bidirectional(chr.0));
    #[doc = "Return the general category of a character as text."]
    category, old_category, "category", "($self, chr, /)", (chr: CodePoint) -> &'static str,
        Ok(krait_unicode::category(chr.0)), Ok(old::category(chr.0));
    #[doc = "Return the canonical combining class of a character as an int; 0 if there is none."]
    combining, old_combining, "combining", "($self, chr, /)", (chr: CodePoint) -> u8,
        Ok(krait_unicode::combining(chr.0)), Ok(old::combining(chr.0));
    #[doc = "Return the decimal value of a character as an int, or the default if there is none."]
    decimal, old_decimal, "decimal", "($self, chr, default=<unrepresentable>, /)",
        (chr: CodePoint, default: OptionalArg<&PyObject>) -> Obj,
        or_default(krait_unicode::decimal(chr.0), default, "not a decimal"),
        or_default(old::decimal(chr.0), default, "not a decimal");
    #[doc = "Return the decomposition of a character as text; empty if there is none."]
    decomposition, old_decomposition, "decomposition", "($self, chr, /)", (chr: CodePoint) -> String,
        Ok(normalize::decomposition(chr.0)), Ok(old::decomposition(chr.0));
    #[doc = "Return the digit value of a character as an int, or the default if there is none."]
    digit, old_digit, "digit", "($self, chr, default=<unrepresentable>, /)",
        (chr: CodePoint, default: OptionalArg<&PyObject>) -> Obj,
        or_default(krait_unicode::digit(chr.0), default, "not a digit"),
        or_default(old::digit(chr.0), default, "not a digit");
    #[doc = "Return the East Asian width of a character as text."]
    east_asian_width, old_east_asian_width, "east_asian_width", "($self, chr, /)",
        (chr: CodePoint) -> &'static str,
        Ok(krait_unicode::east_asian_width(chr.0)), Ok(old::east_asian_width(chr.0));
    #[doc = "Return whether a string is in the normal form 'NFC', 'NFKC', 'NFD' or 'NFKD'."]
    is_normalized, old_is_normalized, "is_normalized", "($self, form, unistr, /)",
        (form: &PyStr, unistr: &PyStr) -> bool,
        check_normalized(Database::Current, form, unistr),
        check_normalized(Database::Old, form, unistr);
    #[doc = "Look a character up by its name; KeyError if there is none."]
    lookup, old_lookup, "lookup", "($self, name, /)", (name: &PyObject) -> Obj,
        lookup_name(name, true), lookup_name(name, false);
    #[doc = "Return 1 if the character is mirrored in text from right to left, else 0."]
    mirrored, old_mirrored, "mirrored", "($self, chr, /)", (chr: CodePoint) -> i32,
        Ok(krait_unicode::is_mirrored(chr.0).into()), Ok(old::is_mirrored(chr.0).into());
    #[doc = "Return the name of a character, or the default if there is none."]
    name, old_name, "name", "($self, chr, default=<unrepresentable>, /)",
        (chr: CodePoint, default: OptionalArg<&PyObject>) -> Obj,
        or_default(names::name(chr.0), default, "no such name"),
        or_default(old::name(chr.0), default, "no such name");
    #[doc = "Return the normal form 'NFC', 'NFKC', 'NFD' or 'NFKD' of a string."]
    normalize_, old_normalize, "normalize", "($self, form, unistr, /)",
        (form: &PyStr, unistr: &PyStr) -> Obj,
        normalize_text(Database::Current, form, unistr),
        normalize_text(Database::Old, form, unistr);
    #[doc = "Return the numeric value of a character as a float, or the default if there is none."]
    numeric, old_numeric, "numeric", "($self, chr, default=<unrepresentable>, /)",
        (chr: CodePoint, default: OptionalArg<&PyObject>) -> Obj,
        or_default(krait_unicode::numeric(chr.0), default, "not a numeric character"),
        or_default(old::numeric(chr.0), default, "not a numeric character");
}
