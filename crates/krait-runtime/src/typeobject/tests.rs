//! Classes made and used from Rust; the expected texts are CPython 3.14's.

use crate::object::{Obj, Py, PyClass, PyObject};
use crate::test_support::with_runtime;
use crate::{PyDict, PyErr, PyLong, PyResult, PyStr, PyTuple, PyType};

fn text(value: &str) -> Obj {
    PyStr::new(value)
        .map(Py::into_object)
        .unwrap_or_else(|error| fail(error))
}

fn int(value: i64) -> Obj {
    PyLong::from_i64(value)
        .map(Py::into_object)
        .unwrap_or_else(|error| fail(error))
}

/// Ends the test with the exception's text.
fn fail(error: PyErr) -> ! {
    panic!("{}", message(error))
}

fn message(error: PyErr) -> String {
    let exception = error.take();
    let name = exception.type_name();
    format!(
        "{name}: {}",
        exception
            .str()
            .map_or_else(|_| "?".to_owned(), |text| text.to_string_lossy())
    )
}

fn shown(result: PyResult<Obj>) -> String {
    match result.and_then(|value| value.repr()) {
        Ok(text) => text.to_string_lossy(),
        Err(error) => message(error),
    }
}

fn tuple(items: &[&PyObject]) -> Py<PyTuple> {
    PyTuple::from_vec(items.iter().map(|item| PyClass::to_obj(*item)).collect())
        .unwrap_or_else(|error| fail(error))
}

fn dict(items: &[(&str, &PyObject)]) -> Py<PyDict> {
    let dict = PyDict::new().unwrap_or_else(|error| fail(error));
    for (name, value) in items {
        if let Err(error) = dict.set(name, value) {
            fail(error);
        }
    }
    dict
}

/// `type(name, bases, namespace)`.
fn class(name: &str, bases: &[&PyObject], namespace: &[(&str, &PyObject)]) -> PyResult<Obj> {
    let (bases, namespace) = (tuple(bases), dict(namespace));
    PyType::type_object()
        .as_object()
        .call(&[&text(name), &bases, &namespace])
}

fn object() -> &'static PyObject {
    PyObject::type_object()
}

#[test]
fn every_class_is_ready() {
    with_runtime(|| {
        for class in crate::builtin_types::builtin_types() {
            assert!(
                class.has_flag(krait_abi::Py_TPFLAGS_READY),
                "{}",
                class.tp_name()
            );
        }
        assert_eq!(shown(Ok(PyType::type_object().to_obj())), "<class 'type'>");
    });
}

#[test]
fn class_errors() {
    with_runtime(|| {
        let int_class = PyLong::type_object();
        let str_class = PyStr::type_object();
        let bool_class = crate::PyBool::type_object();
        let class = |name: &str, bases: &[&PyObject], namespace: &[(&str, &PyObject)]| {
            shown(class(name, bases, namespace))
        };
        let slots = |value: Obj| class("a", &[], &[("__slots__", &value)]);
        let x = text("x");
        let cases = [
            (
                class("a", &[int_class, str_class], &[]),
                "TypeError: multiple bases have instance lay-out conflict",
            ),
            (
                class("a", &[int_class, int_class], &[]),
                "TypeError: duplicate base class int",
            ),
            (
                class("a", &[object(), int_class], &[]),
                "TypeError: Cannot create a consistent method resolution order (MRO) for bases object, int",
            ),
            (
                class("a", &[bool_class], &[]),
                "TypeError: type 'bool' is not an acceptable base type",
            ),
            (
                class("a\0", &[], &[]),
                "ValueError: type name must not contain null characters",
            ),
            (slots(int(1)), "TypeError: 'int' object is not iterable"),
            (
                slots(tuple(&[&text("1")]).into_object()),
                "TypeError: __slots__ must be identifiers",
            ),
            (
                slots(tuple(&[&text("__dict__"), &text("__dict__")]).into_object()),
                "TypeError: __dict__ slot disallowed: we already got one",
            ),
            (
                class("a", &[], &[("__slots__", &tuple(&[&x])), ("x", &int(1))]),
                "ValueError: 'x' in __slots__ conflicts with class variable",
            ),
            (
                class("a", &[int_class], &[("__slots__", &tuple(&[&x]))]),
                "TypeError: nonempty __slots__ not supported for subtype of 'int'",
            ),
            (
                class("a", &[], &[("__qualname__", &int(1))]),
                "TypeError: type __qualname__ must be a str, not int",
            ),
            (
                class("a", &[], &[("__classcell__", &int(1))]),
                "TypeError: __classcell__ must be a nonlocal cell, not <class 'int'>",
            ),
        ];
        for (found, expected) in cases {
            assert_eq!(found, expected);
        }
    });
}

#[test]
fn instances() {
    with_runtime(|| {
        let made = class("A", &[], &[("k", &int(5))]).unwrap_or_else(|error| fail(error));
        let instance = made.call0().unwrap_or_else(|error| fail(error));
        assert_eq!(shown(instance.getattr(crate::intern!("k"))), "5");
        assert_eq!(
            shown(instance.getattr(crate::intern!("nope"))),
            "AttributeError: 'A' object has no attribute 'nope'"
        );
        for number in 0..40 {
            let name = format!("x{number}");
            assert!(instance.setattr_str(&name, &int(number)).is_ok());
            assert_eq!(shown(instance.getattr_str(&name)), number.to_string());
        }
        assert_eq!(
            shown(made.call1(&int(1))),
            "TypeError: A() takes no arguments"
        );
        assert_eq!(
            shown(made.getattr(crate::intern!("nope"))),
            "AttributeError: type object 'A' has no attribute 'nope'"
        );
        assert_eq!(
            shown(made.getattr(crate::intern!("__mro__"))),
            "(<class 'A'>, <class 'object'>)"
        );
        drop(instance);
        let slotted = class(
            "S",
            &[],
            &[("__slots__", &tuple(&[&text("b"), &text("a")]))],
        )
        .unwrap_or_else(|error| fail(error));
        let instance = slotted.call0().unwrap_or_else(|error| fail(error));
        assert!(instance.setattr_str("a", &int(1)).is_ok());
        assert_eq!(shown(instance.getattr(crate::intern!("a"))), "1");
        assert_eq!(
            shown(instance.getattr(crate::intern!("b"))),
            "AttributeError: 'S' object has no attribute 'b'"
        );
        assert_eq!(
            shown(instance.setattr_str("c", &int(1)).map(|()| int(0))),
            "AttributeError: 'S' object has no attribute 'c' and no __dict__ for setting new attributes"
        );
    });
}

#[test]
fn slots_follow_methods() {
    with_runtime(|| {
        let made = class("A", &[], &[]).unwrap_or_else(|error| fail(error));
        let instance = made.call0().unwrap_or_else(|error| fail(error));
        assert_eq!(
            shown(instance.length().map(|_| int(0))),
            "TypeError: object of type 'A' has no len()"
        );
        // A builtin under a dunder name is called without self.
        let one = PyLong::type_object();
        assert!(made.setattr_str("__index__", one).is_ok());
        assert_eq!(shown(instance.index().map(Py::into_object)), "0");
        assert!(made.setattr_str("__index__", &text("x")).is_ok());
        assert_eq!(
            shown(instance.index().map(Py::into_object)),
            "TypeError: 'str' object is not callable"
        );
        // A subclass of `int` adds with the native function itself.
        let derived = class("I", &[PyLong::type_object()], &[]).unwrap_or_else(|error| fail(error));
        let two = derived.call1(&int(2)).unwrap_or_else(|error| fail(error));
        assert_eq!(shown(two.add(&int(3))), "5");
        assert_eq!(shown(derived.call1(&int(2))), "2");
    });
}

#[test]
fn descriptors() {
    with_runtime(|| {
        let method = |class: &PyType, name: &str| {
            class
                .as_object()
                .getattr_str(name)
                .unwrap_or_else(|error| fail(error))
        };
        let append = method(crate::PyList::type_object(), "append");
        let add = method(PyLong::type_object(), "__add__");
        let cases = [
            (
                shown(append.call0()),
                "TypeError: unbound method list.append() needs an argument",
            ),
            (
                shown(append.call1(&int(1))),
                "TypeError: descriptor 'append' for 'list' objects doesn't apply to a 'int' object",
            ),
            (
                shown(add.call0()),
                "TypeError: descriptor '__add__' of 'int' object needs an argument",
            ),
            (
                shown(add.call(&[&text("a"), &int(1)])),
                "TypeError: descriptor '__add__' requires a 'int' object but received a 'str'",
            ),
            (
                shown(add.call1(&int(1))),
                "TypeError: expected 1 argument, got 0",
            ),
            (shown(add.call(&[&int(1), &int(2)])), "3"),
            (shown(Ok(append)), "<method 'append' of 'list' objects>"),
            (shown(Ok(add)), "<slot wrapper '__add__' of 'int' objects>"),
        ];
        for (found, expected) in cases {
            assert_eq!(found, expected);
        }
        assert_eq!(
            shown(
                PyLong::type_object()
                    .as_object()
                    .getattr(crate::intern!("real"))
            ),
            "<attribute 'real' of 'int' objects>"
        );
        assert_eq!(
            shown(object().setattr_str("a", &int(1)).map(|()| int(0))),
            "TypeError: cannot set 'a' attribute of immutable type 'object'"
        );
    });
}

#[test]
fn changing_bases() {
    with_runtime(|| {
        let a = class("A", &[], &[("v", &int(1))]).unwrap_or_else(|error| fail(error));
        let b = class("B", &[], &[("v", &int(2))]).unwrap_or_else(|error| fail(error));
        let c = class("C", &[&a], &[]).unwrap_or_else(|error| fail(error));
        assert_eq!(shown(c.getattr(crate::intern!("v"))), "1");
        assert!(c.setattr_str("__bases__", &tuple(&[&b])).is_ok());
        assert_eq!(shown(c.getattr(crate::intern!("v"))), "2");
        assert_eq!(
            shown(b.setattr_str("__bases__", &tuple(&[&c])).map(|()| int(0))),
            "TypeError: a __bases__ item causes an inheritance cycle"
        );
        let instance = a.call0().unwrap_or_else(|error| fail(error));
        assert!(instance.setattr_str("own", &int(7)).is_ok());
        assert!(instance.setattr_str("__class__", &c).is_ok());
        assert_eq!(shown(instance.getattr(crate::intern!("v"))), "2");
        assert_eq!(shown(instance.getattr(crate::intern!("own"))), "7");
        assert_eq!(
            shown(
                instance
                    .setattr_str("__class__", PyLong::type_object())
                    .map(|()| int(0))
            ),
            "TypeError: __class__ assignment only supported for mutable types or ModuleType subclasses"
        );
    });
}
