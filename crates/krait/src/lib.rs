//! The command line: from the arguments of a process to its exit status.
//!
//! [`main`] reads the configuration, makes an interpreter, runs what was asked for and takes the
//! interpreter down again, in CPython's order.

// These macros panic where nobody reads: `krait_host::report!` and its kin do not.
#![deny(clippy::print_stderr, clippy::print_stdout)]

mod config;
mod errors;
mod finalize;
mod init;
mod library;
mod objects;
mod registry;
mod repl;
mod run;
mod stdio;

pub use registry::modules;

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use config::{Action, Config};

/// Runs the program that the process's arguments name; the result is the exit status.
pub fn main() -> i32 {
    krait_host::start::restore_closed_descriptors();
    let arguments: Vec<Vec<u8>> = std::env::args_os().map(OsString::into_vec).collect();
    let config = match config::parse(arguments) {
        Ok(Action::Run(config)) => config,
        Ok(Action::Print(text)) => {
            krait_host::output!("{text}");
            return 0;
        }
        Err(error) => {
            krait_host::report!("{}", error.text);
            return error.status;
        }
    };
    run_config(&config)
}

fn run_config(config: &Config) -> i32 {
    if let Err(error) = init::initialize(config) {
        errors::print_fatal("init_import_site", error);
        return 1;
    }
    let status = run::run_main(config);
    let status = finalize::finalize(status);
    if config.malloc_stats {
        krait_host::report!("{}", krait_runtime::alloc::stats());
    }
    if run::take_interrupted() {
        // Whoever started the process shall see that it ended by the signal.
        run::die_by_interrupt();
    }
    status
}
