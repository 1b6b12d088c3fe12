//! `sys`: the interpreter as programs see it.
//!
//! [`SYS`] makes what is the same in every run; [`update_config`] adds what the command line and the
//! environment decide, once they are known (CPython's `_PySys_UpdateConfig`).

mod config;
mod frames;
mod hooks;
mod info;
mod monitoring;
mod objects;
mod print_exception;
mod settings;
mod stdlib_names;
mod stdprinter;
mod version;

pub use config::{SysConfig, update_config};
pub use hooks::audit_event;
pub(crate) use print_exception::source_line;
pub use print_exception::{print_exception_to, print_plain};
pub use settings::BaseRepl;
pub use stdprinter::std_printer;
pub use version::{FULL_VERSION, HEXVERSION, VERSION, VERSION_INFO};

use krait_runtime::{PyModule, PyResult, PyStr, pymodule};

pymodule! {
    pub SYS = "sys",
    "This module gives access to what the interpreter uses and maintains,\nand to functions that talk to it closely.",
    functions: [
        hooks::addaudithook,
        hooks::audit,
        hooks::breakpointhook,
        hooks::displayhook,
        hooks::excepthook,
        hooks::unraisablehook,
        hooks::exit,
        frames::exc_info,
        frames::exception,
        frames::_getframe,
        frames::_getframemodulename,
        frames::_current_frames,
        frames::_current_exceptions,
        frames::settrace,
        frames::gettrace,
        frames::setprofile,
        frames::getprofile,
        frames::_settraceallthreads,
        frames::_setprofileallthreads,
        frames::call_tracing,
        objects::getrefcount,
        objects::getsizeof,
        objects::intern,
        objects::_is_interned,
        objects::_is_immortal,
        objects::getallocatedblocks,
        objects::getunicodeinternedsize,
        objects::_clear_type_cache,
        objects::_clear_internal_caches,
        objects::_clear_type_descriptors,
        objects::_debugmallocstats,
        settings::getdefaultencoding,
        settings::getfilesystemencoding,
        settings::getfilesystemencodeerrors,
        settings::getrecursionlimit,
        settings::setrecursionlimit,
        settings::get_int_max_str_digits,
        settings::set_int_max_str_digits,
        settings::getswitchinterval,
        settings::setswitchinterval,
        settings::getdlopenflags,
        settings::setdlopenflags,
        settings::get_asyncgen_hooks,
        settings::set_asyncgen_hooks,
        settings::get_coroutine_origin_tracking_depth,
        settings::set_coroutine_origin_tracking_depth,
        settings::is_finalizing,
        settings::_is_gil_enabled,
        settings::is_stack_trampoline_active,
        settings::activate_stack_trampoline,
        settings::deactivate_stack_trampoline,
        settings::_get_cpu_count_config,
        settings::is_remote_debug_enabled,
        settings::remote_exec,
        settings::_baserepl,
    ],
    classes: [],
    hidden: [stdprinter::StdPrinter],
    exec: Some(exec)
}

fn exec(module: &PyModule) -> PyResult<()> {
    let dict = module.dict();
    info::add_constants(&dict)?;
    for name in [
        "displayhook",
        "excepthook",
        "breakpointhook",
        "unraisablehook",
    ] {
        if let Some(function) = dict.get(name)? {
            dict.set(&format!("__{name}__"), &function)?;
        }
    }
    dict.set("monitoring", &*monitoring::create()?)?;
    dict.set("_jit", &*settings::jit_module()?)?;
    dict.set("__name__", &*PyStr::intern("sys")?)
}
