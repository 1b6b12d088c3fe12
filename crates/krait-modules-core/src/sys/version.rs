//! Which Python this is: that of the embedded library.

/// `sys.version_info`, all but the release level, which is final.
pub const VERSION_INFO: (u8, u8, u8) = (3, 14, 7);

/// The version as text.
pub const VERSION: &str = "3.14.7";

/// `sys.hexversion`.
pub const HEXVERSION: u32 = (VERSION_INFO.0 as u32) << 24
    | (VERSION_INFO.1 as u32) << 16
    | (VERSION_INFO.2 as u32) << 8
    | 0xF0;

/// `sys.version`: CPython's form, which `platform` takes apart, with Krait as the compiler.
pub const FULL_VERSION: &str = concat!("3.14.7 (main) [Krait ", env!("CARGO_PKG_VERSION"), "]");

/// `sys.api_version`.
pub(super) const API_VERSION: i64 = 1013;

/// The triplet that names the platform's binary interface.
pub(super) const MULTIARCH: &str = if cfg!(target_arch = "aarch64") {
    "aarch64-linux-gnu"
} else {
    "x86_64-linux-gnu"
};
