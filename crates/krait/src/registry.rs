//! All native modules: the lists of the crates that have some.

use krait_runtime::ModuleDef;

/// The native modules of this program.
pub fn modules() -> Vec<&'static ModuleDef> {
    [
        krait_modules_core::MODULES,
        krait_modules_lang::MODULES,
        krait_modules_math::MODULES,
        krait_modules_os::MODULES,
        krait_modules_text::MODULES,
    ]
    .concat()
}
