//! Weak references to sets, which accept them.

use super::{clear_weakrefs, new_proxy, new_ref, weakref_count};
use crate::test_support::{attach, ok, raised};
use crate::{CompareOp, Obj, PyClass, PyList, PyLong, PySet, exc, gc};

fn set() -> Obj {
    ok(PySet::type_object().call0())
}

#[test]
fn a_reference_ends_with_its_referent() {
    let _attached = attach();
    let object = set();
    let reference = ok(new_ref(&object, None));
    assert!(reference.get().is_some_and(|referent| referent.is(&object)));
    assert!(ok(reference.call0()).is(&object));
    drop(object);
    assert!(reference.get().is_none());
    assert!(ok(reference.call0()).is(crate::none()));
    assert!(ok(reference.repr()).to_string_lossy().ends_with("; dead>"));
}

#[test]
fn plain_references_are_shared() {
    let _attached = attach();
    let object = set();
    let first = ok(new_ref(&object, None));
    let second = ok(new_ref(&object, Some(crate::none())));
    assert!(first.is(&second));
    let proxy = ok(new_proxy(&object, None));
    assert!(proxy.is(ok(new_proxy(&object, None)).as_object()));
    let callback = ok(ok(PyList::new()).getattr(crate::intern!("append")));
    let third = ok(new_ref(&object, Some(&callback)));
    assert!(!first.is(&third));
    assert_eq!(weakref_count(&object), 3);
    drop(third);
    assert_eq!(weakref_count(&object), 2);
}

#[test]
fn callbacks_are_called_newest_first() {
    let _attached = attach();
    let object = set();
    let told = ok(PyList::new());
    let callback = ok(told.getattr(crate::intern!("append")));
    let first = ok(new_ref(&object, Some(&callback)));
    let second = ok(new_ref(&object, Some(&callback)));
    // One that is gone before its referent is not called.
    drop(ok(new_ref(&object, Some(&callback))));
    drop(object);
    let told = told.to_vec();
    assert!(told.len() == 2 && told[0].is(&second) && told[1].is(&first));
}

#[test]
fn unreachable_references_are_not_told() {
    let _attached = attach();
    gc::collect(2);
    let told = ok(PyList::new());
    let callback = ok(told.getattr(crate::intern!("append")));
    let object = set();
    let cycle = ok(PyList::from_vec(vec![object.clone()]));
    let reference = ok(new_ref(&object, Some(&callback)));
    ok(cycle.push(reference.into_object()));
    ok(cycle.push(cycle.clone().into_object()));
    let outside = ok(new_ref(&object, Some(&callback)));
    drop((object, cycle));
    gc::collect(2);
    assert!(outside.get().is_none());
    let told = told.to_vec();
    assert!(told.len() == 1 && told[0].is(&outside));
}

#[test]
fn some_objects_have_no_weak_references() {
    let _attached = attach();
    let number = ok(PyLong::from_i64(3));
    let (class, message) = raised(new_ref(&number, None));
    assert_eq!(
        (&*class, &*message),
        ("TypeError", "cannot create weak reference to 'int' object")
    );
    clear_weakrefs(&number);
}

#[test]
fn references_compare_and_hash_as_their_referents() {
    let _attached = attach();
    let (left, right) = (set(), set());
    let references = (ok(new_ref(&left, None)), ok(new_ref(&right, None)));
    assert!(ok(references.0.compare_bool(&references.1, CompareOp::Eq)));
    assert_eq!(raised(references.0.hash()).1, "unhashable type: 'set'");
    drop((left, right));
    assert!(!ok(references.0.compare_bool(&references.1, CompareOp::Eq)));
    assert!(ok(references.0.compare_bool(&references.0, CompareOp::Eq)));
}

#[test]
fn proxies_act_as_their_referents() {
    let _attached = attach();
    let object = set();
    let proxy = ok(new_proxy(&object, None));
    assert_eq!(ok(proxy.length()), 0);
    assert!(!ok(proxy.is_true()));
    drop(object);
    let Err(error) = proxy.length() else {
        panic!("the referent is gone")
    };
    assert!(error.matches(&exc::ReferenceError));
    error.clear();
}
