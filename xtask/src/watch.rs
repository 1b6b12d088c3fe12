//! Runs a program that tells of its progress on standard output, and ends it when it stops doing so.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Error;

/// Runs a command with its output in a file and no input. How it ended: `status=` and its exit status or signal, or
/// `status=timeout` when the file did not grow for as long as `patience`.
pub(crate) fn watched(
    command: &mut Command,
    output: &Path,
    patience: Duration,
) -> Result<String, Error> {
    let mut process = command
        .stdin(Stdio::null())
        .stdout(File::create(output)?)
        .spawn()
        .map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    let (mut moved, mut length) = (Instant::now(), 0);
    loop {
        if let Some(status) = process.try_wait()? {
            return Ok(format!("status={status}"));
        }
        let now = std::fs::metadata(output)?.len();
        if now != length {
            (moved, length) = (Instant::now(), now);
        } else if moved.elapsed() > patience {
            process.kill()?;
            process.wait()?;
            return Ok("status=timeout".to_owned());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
