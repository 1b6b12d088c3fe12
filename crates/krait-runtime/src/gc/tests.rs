//! Collections of real objects.

use super::{GENERATIONS, collect, is_tracked, objects, referents, referrers};
use crate::test_support::{attach, ok};
use crate::{Interpreter, Py, PyDict, PyList, PyLong, PyTuple};

fn cycle() -> Py<PyList> {
    let list = ok(PyList::new());
    ok(list.push(list.clone().into_object()));
    list
}

#[test]
fn a_cycle_is_freed() {
    let _attached = attach();
    collect(GENERATIONS - 1);
    drop(cycle());
    assert_eq!(collect(0), 1);
    assert_eq!(collect(GENERATIONS - 1), 0);
}

#[test]
fn what_is_referred_to_survives_with_all_it_refers_to() {
    let _attached = attach();
    collect(GENERATIONS - 1);
    let kept = ok(PyDict::new());
    let list = cycle();
    ok(kept.set("list", &list));
    drop(list);
    assert_eq!(collect(GENERATIONS - 1), 0);
    assert!(ok(kept.get("list")).is_some());
    drop(kept);
    assert_eq!(collect(GENERATIONS - 1), 1);
}

#[test]
fn a_ring_of_many_is_freed_at_once() {
    let _attached = attach();
    collect(GENERATIONS - 1);
    let first = ok(PyList::new());
    let mut last = first.clone();
    for _ in 0..100 {
        let next = ok(PyList::new());
        ok(last.push(next.clone().into_object()));
        last = next;
    }
    ok(last.push(first.clone().into_object()));
    assert_eq!(collect(0), 0);
    drop((first, last));
    assert_eq!(collect(0), 0, "it is in the second generation");
    assert_eq!(collect(1), 101);
}

#[test]
fn survivors_move_to_older_generations() {
    let _attached = attach();
    let gc = &Interpreter::current().gc;
    let list = ok(PyList::new());
    let generation_of = || {
        (0..GENERATIONS).find(|&each| {
            objects(gc, Some(each))
                .iter()
                .any(|object| object.is(&list))
        })
    };
    assert_eq!(generation_of(), Some(0));
    collect(0);
    assert_eq!(generation_of(), Some(1));
    collect(1);
    assert_eq!(generation_of(), Some(2));
    gc.freeze();
    assert_eq!(generation_of(), None);
    assert!(gc.freeze_count() > 0);
    gc.unfreeze();
    assert_eq!(generation_of(), Some(2));
}

#[test]
fn tuples_of_atoms_are_untracked() {
    let _attached = attach();
    let atom = ok(PyLong::from_i64(1)).into_object();
    let atoms = ok(PyTuple::from_vec(vec![atom]));
    assert!(!is_tracked(&atoms));
    let plain = ok(PyTuple::from_vec(vec![atoms.into_object()]));
    let holder = ok(PyTuple::from_vec(vec![ok(PyList::new()).into_object()]));
    assert!(is_tracked(&plain) && is_tracked(&holder));
    collect(0);
    assert!(!is_tracked(&plain) && is_tracked(&holder));
}

#[test]
fn references_are_found_both_ways() {
    let _attached = attach();
    let inner = ok(PyList::new());
    let outer = ok(PyList::from_vec(vec![inner.clone().into_object()]));
    let gc = &Interpreter::current().gc;
    let found = referrers(gc, &[&inner], None);
    assert!(found.len() == 1 && found[0].is(&outer));
    let found = referents([&**outer]);
    assert!(found.len() == 1 && found[0].is(&inner));
}

#[test]
fn thresholds_are_cpythons() {
    let _attached = attach();
    assert_eq!(super::GcState::new().thresholds(), [2000, 10, 10]);
}
