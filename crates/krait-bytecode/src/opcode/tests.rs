//! The opcode table against facts taken from CPython.

use super::*;

#[test]
fn rows_agree_with_cpython() {
    // (name, number, caches, stack effect with argument 3), from `_opcode` of CPython 3.14.
    let expected = [
        ("NOP", 27, 0, 0),
        ("BINARY_OP", 44, 5, -1),
        ("CALL", 52, 3, -4),
        ("CALL_KW", 55, 3, -5),
        ("LOAD_ATTR", 80, 9, 1),
        ("LOAD_GLOBAL", 92, 4, 2),
        ("UNPACK_EX", 118, 0, 3),
        ("RERAISE", 105, 0, -1),
        ("BUILD_MAP", 47, 0, -5),
        ("RESUME", 128, 0, 0),
        ("ENTER_EXECUTOR", 255, 0, 0),
    ];
    for (name, number, caches, effect) in expected {
        let opcode = Opcode::from_u8(number).unwrap();
        assert_eq!(opcode.name(), name);
        assert_eq!(opcode.info().caches, caches, "{name}");
        assert_eq!(
            stack_effect(u16::from(number), 3, false),
            Some(effect),
            "{name}"
        );
    }
}

#[test]
fn specialised_forms_know_their_base() {
    assert_eq!(Opcode::BINARY_OP_ADD_INT.deopt(), Opcode::BINARY_OP);
    assert_eq!(CACHES[op::BINARY_OP_INPLACE_ADD_UNICODE as usize], 5);
    assert_eq!(specializations(Opcode::COMPARE_OP).count(), 3);
    assert_eq!(
        stack_effect(u16::from(op::BINARY_OP_ADD_INT), 0, false),
        None
    );
    assert_eq!(Opcode::from_u8(121), None);
}

#[test]
fn what_is_not_emitted_is_instrumented_or_no_opcode() {
    for number in 0..=u8::MAX {
        let emitted = Opcode::from_u8(number).is_some_and(|opcode| {
            !opcode.name().starts_with("INSTRUMENTED_") && opcode != Opcode::ENTER_EXECUTOR
        });
        let listed = matches!(number, crate::opcodes_not_emitted!());
        assert_eq!(listed, !emitted, "{number}");
    }
}
