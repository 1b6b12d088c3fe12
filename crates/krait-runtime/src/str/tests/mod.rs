//! Methods of `str`, `complex` and numbers' formats against CPython's answers.
//!
//! A line of `cases.txt` is a receiver, a method, a tuple of arguments and the `ascii()` of the
//! result, or `!` and the exception; the values are Python literals. CPython 3.14 wrote all of them.

use crate::complex::PyComplex;
use crate::object::{Obj, Py, PyClass};
use crate::test_support::with_runtime;
use crate::{PyBytes, PyDict, PyFloat, PyList, PyLong, PyResult, PyStr, PyTuple};

/// Reads the literals that `ascii()` writes.
struct Literals<'a> {
    rest: &'a str,
}

impl Literals<'_> {
    fn eat(&mut self, prefix: &str) -> bool {
        match self.rest.strip_prefix(prefix) {
            Some(rest) => {
                self.rest = rest.trim_start_matches(' ');
                true
            }
            None => false,
        }
    }

    fn items(&mut self, close: &str) -> PyResult<(Vec<Obj>, bool)> {
        let (mut items, mut comma) = (Vec::new(), false);
        while !self.eat(close) {
            items.push(self.value()?);
            comma = self.eat(",");
        }
        Ok((items, comma))
    }

    fn value(&mut self) -> PyResult<Obj> {
        if self.eat("None") {
            return Ok(crate::none().to_obj());
        }
        if self.eat("True") {
            return Ok(crate::true_().to_obj());
        }
        if self.eat("(") {
            let (mut items, comma) = self.items(")")?;
            return match items.len() {
                1 if !comma => Ok(items.remove(0)),
                _ => Ok(PyTuple::from_vec(items)?.into_object()),
            };
        }
        if self.eat("[") {
            return Ok(PyList::from_vec(self.items("]")?.0)?.into_object());
        }
        if self.eat("{") {
            let dict = PyDict::new()?;
            while !self.eat("}") {
                let key = self.value()?;
                assert!(self.eat(":"), "a value after a key");
                dict.set_item(&key, &*self.value()?)?;
                self.eat(",");
            }
            return Ok(dict.into_object());
        }
        let is_bytes = self.rest.starts_with("b'") || self.rest.starts_with("b\"");
        if is_bytes || self.rest.starts_with(['\'', '"']) {
            let codes = self.quoted(usize::from(is_bytes));
            if is_bytes {
                let bytes: Vec<u8> = codes.iter().map(|&code| code as u8).collect();
                return Ok(PyBytes::new(&bytes)?.into_object());
            }
            return Ok(PyStr::from_code_points(codes)?.into_object());
        }
        self.number()
    }

    fn quoted(&mut self, skip: usize) -> Vec<u32> {
        let text = &self.rest[skip..];
        let quote = text.chars().next().unwrap_or('\'');
        let mut codes = Vec::new();
        let mut chars = text[1..].char_indices();
        while let Some((index, each)) = chars.next() {
            if each == quote {
                self.rest = text[index + 2..].trim_start_matches(' ');
                return codes;
            }
            if each != '\\' {
                codes.push(each.into());
                continue;
            }
            let escape = chars.next().map_or('\\', |(_, escape)| escape);
            let width = match escape {
                'x' => 2,
                'u' => 4,
                'U' => 8,
                'n' | 'r' | 't' => {
                    codes.push(match escape {
                        'n' => 10,
                        'r' => 13,
                        _ => 9,
                    });
                    continue;
                }
                other => {
                    codes.push(other.into());
                    continue;
                }
            };
            let digits: String = chars.by_ref().take(width).map(|(_, digit)| digit).collect();
            codes.push(u32::from_str_radix(&digits, 16).unwrap_or(0));
        }
        panic!("an open literal: {}", self.rest)
    }

    fn number(&mut self) -> PyResult<Obj> {
        let end = self
            .rest
            .find([',', ')', ']', '}', ':', ' '])
            .unwrap_or(self.rest.len());
        let (token, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start_matches(' ');
        if token.ends_with('j') {
            let text = PyStr::new(token)?;
            return PyComplex::type_object().as_object().call1(&text);
        }
        if token.contains(['.', 'e', 'n']) {
            let value = krait_numbers::float::parse(token.as_bytes()).expect("a float");
            return Ok(PyFloat::new(value)?.into_object());
        }
        Ok(PyLong::parse(token.as_bytes(), 10, || Ok(token.to_owned()))?.into_object())
    }
}

fn parse(text: &str) -> Obj {
    let mut literals = Literals { rest: text };
    let Ok(value) = literals.value() else {
        panic!("a literal: {text}")
    };
    assert!(literals.rest.is_empty(), "one literal: {text}");
    value
}

fn outcome(receiver: &Obj, method: &str, arguments: &PyTuple) -> String {
    let call = || -> PyResult<Py<PyStr>> {
        let bound = receiver.getattr_str(method)?;
        bound.call_tuple(arguments, None)?.ascii()
    };
    match call() {
        Ok(text) => text.to_string_lossy(),
        Err(error) => {
            let exception = error.take();
            let message = exception.str().and_then(|text| {
                PyStr::from_slice(krait_text::repr::str_ascii(text.as_slice()).as_slice())
            });
            let message = message.map_or(String::new(), |message| message.to_string_lossy());
            let inner = message.get(1..message.len() - 1).unwrap_or_default();
            format!("!{}: {inner}", exception.type_name())
        }
    }
}

#[test]
fn cases() {
    with_runtime(|| {
        let mut failures = Vec::new();
        let text = std::env::var("KRAIT_STR_CASES")
            .ok()
            .and_then(|path| std::fs::read_to_string(path).ok())
            .unwrap_or_else(|| include_str!("cases.txt").to_owned());
        // Every method has many lines: Miri, which is slow, is shown some of each.
        let step = if cfg!(miri) { 10 } else { 1 };
        for line in text.lines().step_by(step) {
            let fields: Vec<&str> = line.split('\t').collect();
            let [receiver, method, arguments, expected] = fields[..] else {
                panic!("four fields: {line}")
            };
            let arguments = parse(arguments)
                .cast::<PyTuple>()
                .expect("a tuple of arguments");
            let actual = outcome(&parse(receiver), method, &arguments);
            if actual != expected {
                failures.push(format!("{line}\n    got {actual}"));
            }
        }
        assert!(
            failures.is_empty(),
            "{} wrong:\n{}",
            failures.len(),
            failures.join("\n")
        );
    });
}

/// A subclass of `str` made as `type(name, (str,), {})` makes it.
fn subclass() -> Obj {
    let make = || -> PyResult<Obj> {
        let name = PyStr::new("Sub")?.into_object();
        let bases = PyTuple::from_vec(vec![PyStr::type_object().to_obj()])?.into_object();
        let namespace = PyDict::new()?.into_object();
        let arguments = PyTuple::from_vec(vec![name, bases, namespace])?;
        crate::PyType::type_object()
            .as_object()
            .call_tuple(&arguments, None)
    };
    make().unwrap_or_else(|error| panic!("{}", error.take().to_display()))
}

#[test]
fn subclasses() {
    with_runtime(|| {
        let class = subclass();
        for text in ["", "a", "plain", "\u{E9}t\u{E9}", "\u{1234}", "\u{1F600}!"] {
            let plain = PyStr::new(text).ok().expect("a string");
            let Ok(made) = class.call1(&plain) else {
                panic!("an instance of {text:?}")
            };
            let made = made.cast::<PyStr>().expect("a string");
            assert!(!made.is_exact::<PyStr>());
            assert!(made.same_text(&plain) && made.hash_text() == plain.hash_text());
            assert_eq!(made.as_utf8().ok(), Some(text));
            let exact = made.as_object().str().ok().expect("its text");
            // `str` of a subclass without `__str__` is a plain string.
            assert!(exact.is_exact::<PyStr>() && exact.same_text(&plain));
            let longer = made.concat(&plain).ok().expect("a longer string");
            assert_eq!(longer.to_string_lossy(), format!("{text}{text}"));
        }
    });
}

#[test]
fn appending() {
    with_runtime(|| {
        let mut text = PyStr::new("start").ok().expect("a string").into_object();
        let mut expected = "start".to_owned();
        for (index, part) in ["", "x", "yz", "\u{E9}", "tail", "\u{1234}", "end"]
            .iter()
            .cycle()
            // Miri is slow.
            .take(if cfg!(miri) { 30 } else { 500 })
            .enumerate()
        {
            let part = PyStr::new(part).ok().expect("a string");
            let shared = (index % 50 == 0).then(|| text.clone());
            let before = expected.clone();
            text = crate::str::append_in_place(text, &part)
                .ok()
                .expect("a longer string");
            expected.push_str(&part.to_string_lossy());
            let made = text.downcast::<PyStr>().expect("a string");
            assert_eq!(made.as_utf8().ok(), Some(expected.as_str()));
            if let Some(shared) = shared {
                let shared = shared.downcast::<PyStr>().expect("a string");
                assert_eq!(
                    shared.to_string_lossy(),
                    before,
                    "a shared string never changes"
                );
            }
        }
    });
}

#[test]
fn interned_strings_leave_the_table() {
    with_runtime(|| {
        let interned = || {
            let text = PyStr::new("seen nowhere else").ok().expect("a string");
            assert!(!text.is_interned(), "the table forgot the string");
            text.interned()
        };
        assert!(interned().is_interned());
        drop(interned());
    });
}
