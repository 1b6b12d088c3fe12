//! `_locale`: the C library's locale.

use std::cmp::Ordering;
use std::ffi::CString;

use krait_macros::pyfunction;
use krait_runtime::{
    IntoPy, Obj, Py, PyDict, PyList, PyModule, PyResult, PyStr, exc, pymodule, value_error,
};

use crate::util::{add_exception, raise};

pymodule! {
    pub LOCALE = "_locale", "Support for POSIX locales.",
    functions: [getencoding, localeconv, nl_langinfo, setlocale, strcoll, strxfrm],
    classes: [],
    exec: Some(exec)
}

/// The name of the module's exception.
const ERROR: &str = "locale.Error";

/// glibc's numbers, the same on every Linux.
const CATEGORIES: [(&str, i32); 8] = [
    ("LC_CTYPE", 0),
    ("LC_NUMERIC", 1),
    ("LC_TIME", 2),
    ("LC_COLLATE", 3),
    ("LC_MONETARY", 4),
    ("LC_MESSAGES", 5),
    ("LC_ALL", 6),
    ("CHAR_MAX", 127),
];

/// What `nl_langinfo` can be asked: runs of consecutive numbers, and single ones.
const ITEM_RUNS: [(&str, i32, i32); 4] = [
    ("ABDAY_", 0x20000, 7),
    ("DAY_", 0x20007, 7),
    ("ABMON_", 0x2000E, 12),
    ("MON_", 0x2001A, 12),
];
const ITEMS: [(&str, i32); 18] = [
    ("CODESET", 14),
    ("RADIXCHAR", 0x10000),
    ("THOUSEP", 0x10001),
    ("AM_STR", 0x20026),
    ("PM_STR", 0x20027),
    ("D_T_FMT", 0x20028),
    ("D_FMT", 0x20029),
    ("T_FMT", 0x2002A),
    ("T_FMT_AMPM", 0x2002B),
    ("ERA", 0x2002C),
    ("ERA_D_FMT", 0x2002E),
    ("ALT_DIGITS", 0x2002F),
    ("ERA_D_T_FMT", 0x20030),
    ("ERA_T_FMT", 0x20031),
    ("_DATE_FMT", 0x2006C),
    ("CRNCYSTR", 0x4000F),
    ("YESEXPR", 0x50000),
    ("NOEXPR", 0x50001),
];

fn exec(module: &PyModule) -> PyResult<()> {
    let add = |name: &str, value: i32| module.add(name, &*value.into_py()?);
    for (name, value) in CATEGORIES.into_iter().chain(ITEMS) {
        add(name, value)?;
    }
    for (prefix, first, count) in ITEM_RUNS {
        for index in 0..count {
            add(&format!("{prefix}{}", index + 1), first + index)?;
        }
    }
    add_exception(module, ERROR, &[&exc::Exception], None)?;
    Ok(())
}

fn is_item(key: i32) -> bool {
    ITEMS.iter().any(|&(_, item)| item == key)
        || ITEM_RUNS
            .iter()
            .any(|&(_, first, count)| (first..first + count).contains(&key))
}

/// Text that the C library gave, in the locale's encoding: UTF-8, or taken for Latin-1.
fn text(bytes: &[u8]) -> PyResult<Obj> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => PyStr::new(text)?,
        Err(_) => PyStr::from_latin1(bytes)?,
    };
    Ok(text.into_object())
}

fn c_text(text: &PyStr) -> PyResult<CString> {
    CString::new(text.as_utf8()?).map_err(|_| value_error!("embedded null character"))
}

/// The keys of `localeconv`, in order.
const CONVENTIONS: [&str; 18] = [
    "int_curr_symbol",
    "currency_symbol",
    "mon_decimal_point",
    "mon_thousands_sep",
    "mon_grouping",
    "positive_sign",
    "negative_sign",
    "int_frac_digits",
    "frac_digits",
    "p_cs_precedes",
    "p_sep_by_space",
    "n_cs_precedes",
    "n_sep_by_space",
    "p_sign_posn",
    "n_sign_posn",
    "decimal_point",
    "thousands_sep",
    "grouping",
];

/// The sizes of groups of digits as a list.
fn sizes(sizes: &[std::ffi::c_char]) -> PyResult<Obj> {
    let mut items = Vec::new();
    for &size in sizes {
        items.push(i32::from(size).into_py()?);
    }
    // A row that does not end with CHAR_MAX goes on for ever, which a zero says.
    if sizes.last().is_some_and(|&size| i32::from(size) != 127) {
        items.push(0.into_py()?);
    }
    Ok(PyList::from_vec(items)?.into_object())
}

/// Get the current locale encoding.
#[pyfunction(signature = "()")]
fn getencoding() -> PyResult<Obj> {
    text(&krait_host::locale::codeset())
}

/// Activate a locale for a category, or ask for the one in use.
#[pyfunction(signature = "(category, locale=None, /)")]
fn setlocale(category: i32, locale: Option<&PyStr>) -> PyResult<Obj> {
    let name = locale.map(c_text).transpose()?;
    match krait_host::locale::setlocale(category, name.as_deref()) {
        Some(answer) => text(&answer),
        None if name.is_some() => Err(raise(ERROR, "unsupported locale setting")),
        None => Err(raise(ERROR, "locale query failed")),
    }
}

/// Return what the locale says of numbers and money.
#[pyfunction(signature = "()")]
fn localeconv() -> PyResult<Py<PyDict>> {
    let conventions = krait_host::locale::localeconv();
    let result = PyDict::new()?;
    for name in CONVENTIONS {
        let as_text = conventions.texts.iter().find(|(key, _)| *key == name);
        let as_number = conventions.numbers.iter().find(|(key, _)| *key == name);
        let value = match (as_text, as_number) {
            (Some((_, value)), _) => text(value)?,
            (_, Some((_, value))) => i32::from(*value).into_py()?,
            _ if name == "grouping" => sizes(&conventions.grouping)?,
            _ => sizes(&conventions.mon_grouping)?,
        };
        result.set(name, &value)?;
    }
    Ok(result)
}

/// Return the value for the locale information associated with key.
#[pyfunction(signature = "(key, /)")]
fn nl_langinfo(key: i32) -> PyResult<Obj> {
    if !is_item(key) {
        return Err(value_error!("unsupported langinfo constant"));
    }
    text(&krait_host::locale::nl_langinfo(key))
}

/// Compares two strings according to the locale.
#[pyfunction(signature = "(os1, os2, /)")]
fn strcoll(os1: &PyStr, os2: &PyStr) -> PyResult<i32> {
    let order = krait_host::locale::strcoll(&c_text(os1)?, &c_text(os2)?);
    Ok(match order {
        Ordering::Less => -1,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    })
}

/// Return a string that can be used as a key for locale-aware comparisons.
#[pyfunction(signature = "(string, /)")]
fn strxfrm(string: &PyStr) -> PyResult<Obj> {
    text(&krait_host::locale::strxfrm(&c_text(string)?))
}
