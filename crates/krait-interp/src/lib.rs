//! The interpreter: frames, the eval loop, its specialiser, generators, `import`, and the bridge to
//! the compiler.
//!
//! [`install`] puts it under the runtime, which calls it through hooks and slots only.

// These macros panic where nobody reads: `krait_host::report!` and its kin do not.
#![deny(clippy::print_stderr, clippy::print_stdout)]

mod bridge;
mod builtins;
mod call;
mod errors;
mod eval;
mod hooks;
mod import;
mod imports;
mod jump;
mod monitor;
mod pending;
mod slots;
mod specialize;
mod template;
mod typing_ops;

pub mod asyncgen;
pub mod genobject;

pub use bridge::{FUTURE_MASK, TreeBridge, TreeObjects, cf, compile_file, compile_source};
pub use call::eval_code;
pub use hooks::{classes, install};
pub use pending::PendingCalls;
pub use template::{PyInterpolation, PyTemplate};
