//! Showing an exception: through the `traceback` module, or plainly without it.
//!
//! The plain form is what is left when the library cannot be imported, or fails: it has the same
//! text, without carets, colours and suggestions.

use krait_runtime::object::{Obj, PyClass, PyObject};
use krait_runtime::traceback::PyTraceback;
use krait_runtime::{PyBaseException, PyResult, PyStr, PyType, exc, none};

use super::hooks::{import_module, sys_attribute};

const CAUSE_MESSAGE: &str =
    "\nThe above exception was the direct cause of the following exception:\n\n";
const CONTEXT_MESSAGE: &str =
    "\nDuring handling of the above exception, another exception occurred:\n\n";

/// How often a line of a traceback is shown before repetitions are counted.
const REPEATS_SHOWN: usize = 3;

/// Shows an exception on `sys.stderr`.
pub(super) fn display(value: &PyObject) -> PyResult<()> {
    let file = match sys_attribute("stderr")? {
        None => {
            krait_host::report!("{}", print_plain(value)?);
            return Ok(());
        }
        Some(file) if file.is(none()) => return Ok(()),
        Some(file) => file,
    };
    print_exception_to(value, &file)
}

/// Shows an exception on a stream.
pub fn print_exception_to(value: &PyObject, file: &PyObject) -> PyResult<()> {
    let printer = import_module("traceback")
        .and_then(|traceback| traceback.getattr(krait_runtime::intern!("_print_exception_bltin")));
    let printed = printer.and_then(|printer| printer.call1(value));
    match printed {
        Ok(_) => return Ok(()),
        Err(error) => error.clear(),
    }
    if value.downcast::<PyBaseException>().is_none() {
        let text = format!(
            "TypeError: print_exception(): Exception expected for value, {} found\n",
            value.type_name()
        );
        file.call_method(krait_runtime::intern!("write"), &[&*PyStr::new(&text)?])?;
        return Ok(());
    }
    let text = print_plain(value)?;
    file.call_method(krait_runtime::intern!("write"), &[&*PyStr::new(&text)?])?;
    file.call_method(krait_runtime::intern!("flush"), &[])?;
    Ok(())
}

/// The text of an exception with its causes, as CPython prints it without the library.
pub fn print_plain(value: &PyObject) -> PyResult<String> {
    let mut chain: Vec<(Obj, &'static str)> = Vec::new();
    let mut next = Some((value.to_obj(), ""));
    while let Some((exception, message)) = next.take() {
        if chain.iter().any(|(seen, _)| seen.is(&exception)) {
            break;
        }
        if let Some(raised) = exception.downcast::<PyBaseException>() {
            next = match (raised.cause.get(), raised.context.get()) {
                (Some(cause), _) => Some((cause, CAUSE_MESSAGE)),
                (None, Some(context)) if raised.suppress_context.get() == 0 => {
                    Some((context, CONTEXT_MESSAGE))
                }
                _ => None,
            };
        }
        chain.push((exception, message));
    }
    let mut text = String::new();
    for (exception, message) in chain.iter().rev() {
        if let Some(traceback) = exception
            .downcast::<PyBaseException>()
            .and_then(|raised| raised.traceback.get())
        {
            text.push_str(&traceback_text(&traceback)?);
        }
        if exception.type_().is_subtype(&exc::SyntaxError) {
            text.push_str(&syntax_error_place(exception)?);
        }
        text.push_str(&headline(exception.type_(), Some(exception)));
        text.push_str(message);
    }
    Ok(text)
}

/// The last line: class and message.
pub(super) fn headline(class: &PyObject, value: Option<&PyObject>) -> String {
    let name = class_name(class);
    let message = value.map(|value| message_of(value).map_err(krait_runtime::PyErr::clear));
    match message {
        None => format!("{name}\n"),
        Some(Ok(message))
            if message.is_empty()
                || message == "None" && value.is_some_and(|value| value.is(none())) =>
        {
            format!("{name}\n")
        }
        Some(Ok(message)) => format!("{name}: {message}\n"),
        Some(Err(())) => format!("{name}: <exception str() failed>\n"),
    }
}

fn message_of(value: &PyObject) -> PyResult<String> {
    if value.type_().is_subtype(&exc::SyntaxError)
        && let Some(message) = value.lookup_attr(krait_runtime::intern!("msg"))?
    {
        return Ok(message.str()?.to_string_lossy());
    }
    Ok(value.str()?.to_string_lossy())
}

/// The class's name with its module's in front, unless that is `builtins` or `__main__`.
fn class_name(class: &PyObject) -> String {
    let Some(class) = class.downcast::<PyType>() else {
        return "<unknown>".to_owned();
    };
    let attribute = |name: &str| -> PyResult<Option<String>> {
        let value = class.as_object().lookup_attr_str(name)?;
        Ok(value.and_then(|value| Some(value.downcast::<PyStr>()?.to_string_lossy())))
    };
    let attribute = |name: &str| {
        attribute(name).unwrap_or_else(|error| {
            error.clear();
            None
        })
    };
    let name = attribute("__qualname__").unwrap_or_else(|| class.name());
    match attribute("__module__") {
        Some(module) if module == "builtins" || module == "__main__" => name,
        Some(module) => format!("{module}.{name}"),
        None => format!("<unknown>.{name}"),
    }
}

/// Where a syntax error is, with its line and a mark under it.
fn syntax_error_place(exception: &PyObject) -> PyResult<String> {
    let text = |name: &str| -> PyResult<Option<String>> {
        let value = exception.lookup_attr_str(name)?;
        Ok(value
            .filter(|value| !value.is(none()))
            .map(|value| value.str())
            .transpose()?
            .map(|value| value.to_string_lossy()))
    };
    let Some(line) = text("lineno")? else {
        return Ok(String::new());
    };
    let file = text("filename")?.unwrap_or_else(|| "<string>".to_owned());
    let mut shown = format!("  File \"{file}\", line {line}\n");
    if let Some(source) = text("text")? {
        let source = source.trim_end_matches('\n');
        let stripped = source.trim_start_matches([' ', '\t', '\u{c}']);
        shown.push_str(&format!("    {stripped}\n"));
        let offset = text("offset")?
            .and_then(|offset| offset.parse::<usize>().ok())
            .unwrap_or(0);
        let cut = source.chars().count() - stripped.chars().count();
        if offset > cut {
            shown.push_str(&format!("    {}^\n", " ".repeat(offset - 1 - cut)));
        }
    }
    Ok(shown)
}

/// The text of a traceback, its heading included.
pub(super) fn traceback_text(traceback: &PyObject) -> PyResult<String> {
    let limit = match sys_attribute("tracebacklimit")? {
        Some(limit) => limit.int_value(),
        None => None,
    };
    let mut entries = Vec::new();
    let mut level = traceback.downcast::<PyTraceback>().map(PyClass::to_owned);
    while let Some(entry) = level {
        level = entry.tb_next.get();
        entries.push(entry);
    }
    let limit = limit.map_or(1000, |limit| usize::try_from(limit).unwrap_or(0));
    if limit == 0 {
        return Ok(String::new());
    }
    let skipped = entries.len().saturating_sub(limit);
    let mut text = "Traceback (most recent call last):\n".to_owned();
    let mut last: Option<(String, i32, String)> = None;
    let mut repeats = 0;
    for entry in &entries[skipped..] {
        let Some(frame) = entry.tb_frame.get() else {
            continue;
        };
        let code = frame.frame().code();
        let name = |text: Option<krait_runtime::Py<PyStr>>| {
            text.map_or_else(String::new, |text| text.to_string_lossy())
        };
        let place = (
            name(code.co_filename.get()),
            entry.line().unwrap_or(-1),
            name(code.co_name.get()),
        );
        if last.as_ref() == Some(&place) {
            repeats += 1;
        } else {
            text.push_str(&repeated(repeats));
            repeats = 1;
        }
        if repeats <= REPEATS_SHOWN {
            text.push_str(&format!(
                "  File \"{}\", line {}, in {}\n",
                place.0, place.1, place.2
            ));
            if let Some(line) = source_line(&place.0, place.1) {
                text.push_str(&format!("    {line}\n"));
            }
        }
        last = Some(place);
    }
    text.push_str(&repeated(repeats));
    Ok(text)
}

fn repeated(count: usize) -> String {
    match count.saturating_sub(REPEATS_SHOWN) {
        0 => String::new(),
        1 => "  [Previous line repeated 1 more time]\n".to_owned(),
        more => format!("  [Previous line repeated {more} more times]\n"),
    }
}

/// A line of a source file, without what indents it.
pub(crate) fn source_line(file: &str, line: i32) -> Option<String> {
    let path = std::ffi::CString::new(file).ok()?;
    let text = krait_host::fs::read_file(&path).ok()?;
    let text = String::from_utf8_lossy(&text);
    let line = text
        .lines()
        .nth(usize::try_from(line).ok()?.checked_sub(1)?)?;
    Some(line.trim().to_owned())
}
