//! Native modules of text and data formats: `_sre`, `_json`, `_csv`, `_struct`, `unicodedata`, `_pickle`…
//!
//! One file or folder a module, one row each in [`MODULES`].

mod sre;
mod string;
mod util;

use krait_runtime::ModuleDef;

/// The modules of this crate.
pub const MODULES: &[&ModuleDef] = &[&sre::SRE, &string::STRING];
