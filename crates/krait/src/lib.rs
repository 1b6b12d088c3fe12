//! The command line: from the arguments of a process to its exit status.
//!
//! [`main`] reads the configuration, makes an interpreter, runs what was asked for and takes the
//! interpreter down again, in CPython's order.

mod config;
mod errors;
mod finalize;
mod init;
mod objects;
mod registry;
mod repl;
mod run;
mod stdio;

pub use registry::modules;

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use config::{Action, Config};

/// How much native stack the main thread gets: deep recursion in Python needs some in Rust.
const MAIN_STACK: usize = 64 << 20;

/// Runs the program that the process's arguments name; the result is the exit status.
pub fn main() -> i32 {
    let arguments: Vec<Vec<u8>> = std::env::args_os().map(OsString::into_vec).collect();
    let config = match config::parse(arguments) {
        Ok(Action::Run(config)) => config,
        Ok(Action::Print(text)) => {
            print!("{text}");
            return 0;
        }
        Err(error) => {
            eprint!("{}", error.text);
            return error.status;
        }
    };
    on_large_stack(move || run_config(&config))
}

/// Runs `body` where the stack is large: the main thread's own may be limited to a few megabytes.
fn on_large_stack(body: impl FnOnce() -> i32 + Send + 'static) -> i32 {
    match std::thread::Builder::new().stack_size(MAIN_STACK).spawn(body) {
        Ok(thread) => thread.join().unwrap_or(1),
        Err(_) => {
            eprintln!("Fatal Python error: cannot start the main thread");
            1
        }
    }
}

fn run_config(config: &Config) -> i32 {
    if let Err(error) = init::initialize(config) {
        errors::print_fatal("init_import_site", error);
        return 1;
    }
    let status = run::run_main(config);
    let status = finalize::finalize(status);
    if run::take_interrupted() {
        // Whoever started the process shall see that it ended by the signal.
        run::die_by_interrupt();
    }
    status
}
