//! Messages of the interpreter itself, past every stream of the program.
//!
//! Unlike `eprint!` and `print!`, which panic, these pass over what cannot be written: the
//! descriptor may be closed, its reader gone, or its file at the limit of its size.

use std::fmt::Arguments;
use std::io::Write;

/// Writes to the standard error; see [`report!`](crate::report!).
pub fn error(message: Arguments<'_>) {
    let _unwritten = std::io::stderr().write_fmt(message);
}

/// Writes to the standard output; see [`output!`](crate::output!).
pub fn output(message: Arguments<'_>) {
    let mut stdout = std::io::stdout();
    let _unwritten = stdout.write_fmt(message).and_then(|()| stdout.flush());
}

/// Writes a formatted message to the standard error, if that is possible.
#[macro_export]
macro_rules! report {
    ($($message:tt)*) => { $crate::report::error(::std::format_args!($($message)*)) };
}

/// Writes a formatted message and the end of a line to the standard error, if that is possible.
#[macro_export]
macro_rules! reportln {
    () => { $crate::report!("\n") };
    ($format:literal $($arguments:tt)*) => { $crate::report!("{}\n", ::std::format_args!($format $($arguments)*)) };
}

/// Writes formatted text to the standard output, if that is possible.
#[macro_export]
macro_rules! output {
    ($($text:tt)*) => { $crate::report::output(::std::format_args!($($text)*)) };
}
