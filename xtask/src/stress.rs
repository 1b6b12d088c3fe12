//! `cargo xtask stress [CARGO ARGUMENT…]`: the programs of `tests/programs` in every mode of the interpreter, also in
//! those that take too long for `cargo test`. The arguments go to `cargo test`: `--release`, say.

use std::process::Command;

use crate::Error;

/// Runs the chore.
pub(crate) fn run(arguments: &[String]) -> Result<(), Error> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["test", "--package", "krait", "--test", "programs"])
        .args(arguments)
        // One mode after the other: each uses two processors.
        .args(["--", "--include-ignored", "--test-threads=1"])
        .current_dir(crate::root())
        .status()?;
    if status.success() {
        Ok(())
    } else {
        Err("see above".into())
    }
}
