//! `cargo xtask miri [FILTER…]`: the unit tests of the object kernel under Miri, which sees what goes beyond a block or
//! comes too late to it, reads what was never written, or breaks Rust's rules of aliasing. It needs a nightly toolchain
//! with the components `miri` and `rust-src`, and about ten minutes.

use std::process::Command;

use crate::Error;

/// - Tree Borrows: a reference to an object's header may reach what lies behind it, as C does; the older rules of Stacked
///   Borrows have no way to say so.
/// - Permissive provenance: the collector's lists keep addresses with flags in them, as in C.
/// - Deterministic floats: Miri's own rounding errors, which a port to a new machine might see, are not what is tested.
/// - Leaks: classes, singletons and interned strings live as long as the process.
const FLAGS: &str = "-Zmiri-tree-borrows -Zmiri-permissive-provenance -Zmiri-disable-isolation -Zmiri-deterministic-floats -Zmiri-ignore-leaks";

/// The tests of the allocator need its own blocks; everywhere else each object gets a block of the C library, so that Miri
/// knows where it ends.
const ALLOCATOR: &str = "alloc::";

/// Runs the chore.
pub(crate) fn run(arguments: &[String]) -> Result<(), Error> {
    if !arguments.is_empty() {
        return test(arguments);
    }
    test(&[ALLOCATOR.to_owned()])?;
    test(&["--skip".to_owned(), ALLOCATOR.to_owned()])
}

fn test(filter: &[String]) -> Result<(), Error> {
    // Not `$CARGO`: that is the stable toolchain's own, which does not know `+nightly`.
    let status = Command::new("cargo")
        .args([
            "+nightly",
            "miri",
            "test",
            "--locked",
            "--package",
            "krait-runtime",
            "--lib",
            "--",
        ])
        .args(filter)
        // What `cargo xtask` itself set, above all the toolchain.
        .env_remove("RUSTUP_TOOLCHAIN")
        .env_remove("CARGO")
        .env_remove("RUSTC")
        .env("MIRIFLAGS", FLAGS)
        .env("CARGO_TARGET_DIR", crate::root().join("target/miri"))
        .current_dir(crate::root())
        .status()?;
    if status.success() {
        Ok(())
    } else {
        Err("see above".into())
    }
}
