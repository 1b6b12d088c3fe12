//! Native modules of text and data formats: `_sre`, `_json`, `_csv`, `_struct`, `unicodedata`, `_pickle`…
//!
//! One file or folder a module, one row each in [`MODULES`].

// These macros panic where nobody reads: `krait_host::report!` and its kin do not.
#![deny(clippy::print_stderr, clippy::print_stdout)]

mod binascii;
mod csv;
mod elementtree;
mod json;
mod locale;
mod multibytecodec;
mod pickle;
mod pyexpat;
mod random;
mod sre;
mod string;
mod structs;
mod unicodedata;
mod util;

use krait_runtime::ModuleDef;

/// The modules of this crate.
pub const MODULES: &[&ModuleDef] = &[
    &binascii::BINASCII,
    &csv::CSV,
    &elementtree::ELEMENTTREE,
    &json::JSON,
    &locale::LOCALE,
    &multibytecodec::CODECS_CN,
    &multibytecodec::CODECS_HK,
    &multibytecodec::CODECS_ISO2022,
    &multibytecodec::CODECS_JP,
    &multibytecodec::CODECS_KR,
    &multibytecodec::CODECS_TW,
    &multibytecodec::MULTIBYTECODEC,
    &pickle::PICKLE,
    &pyexpat::PYEXPAT,
    &random::RANDOM,
    &sre::SRE,
    &string::STRING,
    &structs::STRUCT,
    &unicodedata::UNICODEDATA,
];
