//! Compares Rust's layout of every struct, and every constant, with what a C compiler said of CPython's headers
//! (`layout.expected`, which `cargo xtask layout` writes).

use std::fmt::Write as _;

use krait_abi::layout;

#[test]
fn agrees_with_the_headers() {
    let mut ours = String::new();
    for row in layout::all() {
        writeln!(ours, "struct {} {} {}", row.name, row.size, row.align).unwrap();
        for field in row.fields {
            writeln!(
                ours,
                "field {}.{} {} {}",
                row.name, field.name, field.offset, field.size
            )
            .unwrap();
        }
    }
    for constant in layout::constants() {
        writeln!(ours, "const {} {}", constant.name, constant.value).unwrap();
    }
    let expected = include_str!("layout.expected");
    for (ours, expected) in ours.lines().zip(expected.lines()) {
        assert_eq!(ours, expected, "Rust on the left, C on the right");
    }
    assert_eq!(
        ours.lines().count(),
        expected.lines().count(),
        "run `cargo xtask layout`"
    );
}

/// `__basicsize__` of the types whose structs no header shows.
#[test]
fn private_sizes() {
    assert_eq!(size_of::<krait_abi::rangeobject>(), 48);
    assert_eq!(size_of::<krait_abi::classmethod>(), 32);
    assert_eq!(size_of::<krait_abi::PyCapsule>(), 64);
}
