//! Exceptions by their arguments; expected values are CPython 3.14's.

use super::{PyBaseException, create_group, exc, exception_group_match, prep_reraise_star};
use crate::test_support::{attach, ok, raised};
use crate::{Obj, PyBytes, PyClass, PyErr, PyList, PyLong, PyStr, PyTuple, PyType};

/// An argument.
enum Arg {
    None,
    Int(i64),
    Str(&'static str),
    Bytes(&'static [u8]),
    Tuple(&'static [Arg]),
    List(&'static [Arg]),
    /// `ValueError(n)`
    Error(i64),
    Interrupt,
}

use Arg::{Bytes, Error, Int, Interrupt, List, None as Nothing, Str, Tuple};

impl Arg {
    fn make(&self) -> Obj {
        let all = |items: &[Arg]| items.iter().map(Arg::make).collect();
        match self {
            Nothing => crate::none().to_obj(),
            Int(value) => ok(PyLong::from_i64(*value)).into_object(),
            Str(text) => ok(PyStr::new(text)).into_object(),
            Bytes(bytes) => ok(PyBytes::new(bytes)).into_object(),
            Tuple(items) => ok(PyTuple::from_vec(all(items))).into_object(),
            List(items) => ok(PyList::from_vec(all(items))).into_object(),
            Error(number) => ok(exc::ValueError.call1(ok(PyLong::from_i64(*number)).as_object())),
            Interrupt => ok(exc::KeyboardInterrupt.call0()),
        }
    }
}

fn call(class: &PyType, args: &[Arg]) -> crate::PyResult<Obj> {
    let args = ok(PyTuple::from_vec(args.iter().map(Arg::make).collect()));
    class.call_tuple(&args, None)
}

#[test]
fn exceptions_show_their_arguments() {
    let _attached = attach();
    let check = |class: &PyType, args: &[Arg], repr: &str, str: &str| {
        let exception = ok(call(class, args));
        assert_eq!(ok(exception.repr()).to_string_lossy(), repr);
        assert_eq!(ok(exception.str()).to_string_lossy(), str, "str of {repr}");
    };
    check(&exc::ValueError, &[], "ValueError()", "");
    check(&exc::ValueError, &[Str("x")], "ValueError('x')", "x");
    check(
        &exc::ValueError,
        &[Str("x"), Int(1)],
        "ValueError('x', 1)",
        "('x', 1)",
    );
    check(&exc::KeyError, &[Str("x")], "KeyError('x')", "'x'");
    check(
        &exc::KeyError,
        &[Int(1), Int(2)],
        "KeyError(1, 2)",
        "(1, 2)",
    );
    check(&exc::OSError, &[Int(2)], "OSError(2)", "2");
    check(
        &exc::OSError,
        &[Int(2), Str("x")],
        "FileNotFoundError(2, 'x')",
        "[Errno 2] x",
    );
    check(
        &exc::OSError,
        &[Int(2), Str("x"), Str("f")],
        "FileNotFoundError(2, 'x')",
        "[Errno 2] x: 'f'",
    );
    check(
        &exc::OSError,
        &[Int(2), Str("x"), Str("f"), Nothing, Str("g")],
        "FileNotFoundError(2, 'x')",
        "[Errno 2] x: 'f' -> 'g'",
    );
    check(
        &exc::BlockingIOError,
        &[Int(11), Str("x"), Int(7)],
        "BlockingIOError(11, 'x', 7)",
        "[Errno 11] x",
    );
    let location = Tuple(&[Str("/x/f"), Int(2), Int(3), Int(4)]);
    check(
        &exc::SyntaxError,
        &[Str("a"), location],
        "SyntaxError('a', ('/x/f', 2, 3, 4))",
        "a (f, line 2)",
    );
    check(&exc::ImportError, &[Str("a")], "ImportError('a')", "a");
    check(
        &exc::UnicodeEncodeError,
        &[Str("a"), Str("\u{1234}"), Int(0), Int(1), Str("5")],
        "UnicodeEncodeError('a', '\u{1234}', 0, 1, '5')",
        "'a' codec can't encode character '\\u1234' in position 0: 5",
    );
    check(
        &exc::UnicodeEncodeError,
        &[Str("a"), Str("b"), Int(-5), Int(40), Str("5")],
        "UnicodeEncodeError('a', 'b', -5, 40, '5')",
        "'a' codec can't encode characters in position -5-39: 5",
    );
    check(
        &exc::UnicodeDecodeError,
        &[Str("a"), Bytes(b"bcd"), Int(0), Int(1), Str("5")],
        "UnicodeDecodeError('a', b'bcd', 0, 1, '5')",
        "'a' codec can't decode byte 0x62 in position 0: 5",
    );
    check(
        &exc::UnicodeTranslateError,
        &[Str("bcd"), Int(0), Int(2), Str("5")],
        "UnicodeTranslateError('bcd', 0, 2, '5')",
        "can't translate characters in position 0-1: 5",
    );
    check(
        &exc::BaseExceptionGroup,
        &[Str("m"), List(&[Error(1)])],
        "ExceptionGroup('m', [ValueError(1)])",
        "m (1 sub-exception)",
    );
    check(
        &exc::ExceptionGroup,
        &[Str("m"), Tuple(&[Error(1), Error(2)])],
        "ExceptionGroup('m', (ValueError(1), ValueError(2)))",
        "m (2 sub-exceptions)",
    );
}

#[test]
fn wrong_arguments_raise_cpythons_errors() {
    let _attached = attach();
    let check = |class: &PyType, args: &[Arg], error: &str, message: &str| {
        assert_eq!(
            raised(call(class, args)),
            (error.to_owned(), message.to_owned())
        );
    };
    check(
        &exc::SyntaxError,
        &[Str("a"), Tuple(&[Int(1)])],
        "TypeError",
        "function takes at least 4 arguments (1 given)",
    );
    check(
        &exc::UnicodeEncodeError,
        &[Int(1), Int(2)],
        "TypeError",
        "function takes exactly 5 arguments (2 given)",
    );
    check(
        &exc::UnicodeEncodeError,
        &[Str("a"), Int(2), Int(3), Int(4), Int(5)],
        "TypeError",
        "argument 2 must be str, not int",
    );
    check(
        &exc::ExceptionGroup,
        &[],
        "TypeError",
        "BaseExceptionGroup.__new__() takes exactly 2 arguments (0 given)",
    );
    check(
        &exc::ExceptionGroup,
        &[Str("m"), Int(3)],
        "TypeError",
        "second argument (exceptions) must be a sequence",
    );
    check(
        &exc::ExceptionGroup,
        &[Str("m"), List(&[])],
        "ValueError",
        "second argument (exceptions) must be a non-empty sequence",
    );
    check(
        &exc::ExceptionGroup,
        &[Str("m"), List(&[Int(3)])],
        "ValueError",
        "Item 0 of second argument (exceptions) is not an exception",
    );
    check(
        &exc::ExceptionGroup,
        &[Str("m"), List(&[Interrupt])],
        "TypeError",
        "Cannot nest BaseExceptions in an ExceptionGroup",
    );
}

#[test]
fn raising_links_the_context() {
    let _attached = attach();
    let error = PyErr::new(&exc::ValueError, "a");
    assert!(error.matches(&exc::Exception) && !error.matches(&exc::TypeError));
    let cause = ok(exc::KeyError.call0());
    let exception = error.with_cause(cause.clone()).take();
    let fields = exception
        .downcast::<PyBaseException>()
        .expect("an exception");
    assert!(fields.cause.is(&cause));
    assert_eq!(fields.suppress_context.get(), 1);
}

#[test]
fn notes_are_a_list_of_strings() {
    let _attached = attach();
    let exception = ok(exc::ValueError.call0());
    let note = ok(PyStr::new("n"));
    ok(exception.call_method(crate::intern!("add_note"), &[&note]));
    let notes = ok(exception.getattr(crate::intern!("__notes__")));
    assert_eq!(ok(notes.repr()).to_string_lossy(), "['n']");
    let number = ok(PyLong::from_i64(1));
    assert_eq!(
        raised(exception.call_method(crate::intern!("add_note"), &[&number])).1,
        "add_note() argument must be str, not int"
    );
}

#[test]
fn groups_are_split_by_class() {
    let _attached = attach();
    let leaf = |class: &PyType| ok(class.call0());
    let inner = ok(create_group(
        "inner",
        vec![leaf(&exc::KeyError), leaf(&exc::OSError)],
    ));
    let group = ok(create_group("outer", vec![leaf(&exc::ValueError), inner]));
    let parts = ok(exception_group_match(&group, &exc::LookupError));
    let show = |part: &Option<Obj>| {
        part.as_ref()
            .map_or_else(String::new, |part| ok(part.repr()).to_string_lossy())
    };
    assert_eq!(
        show(&parts.matched),
        "ExceptionGroup('outer', [ExceptionGroup('inner', [KeyError()])])"
    );
    assert_eq!(
        show(&parts.rest),
        "ExceptionGroup('outer', [ValueError(), ExceptionGroup('inner', [OSError()])])"
    );
    // Both parts raised again are the group itself once more.
    let raised = [parts.matched, parts.rest].into_iter().flatten().collect();
    let raised = ok(PyList::from_vec(raised));
    let again = ok(prep_reraise_star(&group, &raised));
    assert_eq!(
        show(&Some(again)),
        "ExceptionGroup('outer', [ValueError(), ExceptionGroup('inner', [KeyError(), OSError()])])"
    );
    // A naked exception that matches is wrapped.
    let parts = ok(exception_group_match(
        &leaf(&exc::KeyError),
        &exc::LookupError,
    ));
    assert_eq!(show(&parts.matched), "ExceptionGroup('', [KeyError()])");
}
