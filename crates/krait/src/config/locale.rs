//! The locale of characters: taken from the environment, and the C locale coerced to one of UTF-8 (PEP 538).

use std::ffi::CStr;

use krait_host::locale::{LC_CTYPE, codeset, setlocale};

use super::environment::Environment;

/// The locales to put in C's place, the best first.
const TARGETS: [&CStr; 3] = [c"C.UTF-8", c"C.utf8", c"UTF-8"];

/// What was found and made of it.
pub(super) struct Locale {
    /// The environment asks for the C locale, or for none.
    pub(super) was_c: bool,
    /// The locale now is C or one of those that take its place: streams let undecodable bytes through.
    pub(super) is_lenient: bool,
}

impl Locale {
    /// Sets the process's locale of characters.
    pub(super) fn settle(environment: &Environment) -> Locale {
        let name = setlocale(LC_CTYPE, Some(c""));
        let was_c = name
            .as_deref()
            .is_none_or(|name| matches!(name, b"C" | b"POSIX"));
        if was_c {
            coerce(environment);
        }
        let name = setlocale(LC_CTYPE, None).unwrap_or_default();
        let is_target = TARGETS.iter().any(|target| target.to_bytes() == name);
        Locale {
            was_c,
            is_lenient: is_target || matches!(&name[..], b"C" | b"POSIX"),
        }
    }
}

fn coerce(environment: &Environment) {
    let wish = environment.get("PYTHONCOERCECLOCALE");
    let warns = wish.as_deref() == Some(b"warn");
    let fixed = krait_host::env::get(c"LC_ALL").is_some_and(|value| !value.is_empty());
    if wish.as_deref() != Some(b"0") && !fixed {
        for target in TARGETS {
            if setlocale(LC_CTYPE, Some(target)).is_none() {
                continue;
            }
            if codeset().is_empty() {
                setlocale(LC_CTYPE, Some(c""));
                continue;
            }
            // Programs that this one starts are to find the same locale.
            // SAFETY: this is the process's first thread, and the only one yet.
            if unsafe { krait_host::env::set(c"LC_CTYPE", target) }.is_err() {
                krait_host::reportln!("Error setting LC_CTYPE, skipping C locale coercion");
                return;
            }
            if warns {
                krait_host::reportln!(
                    "Python detected LC_CTYPE=C: LC_CTYPE coerced to {} (set another locale or \
                     PYTHONCOERCECLOCALE=0 to disable this locale coercion behavior).",
                    target.to_string_lossy()
                );
            }
            setlocale(LC_CTYPE, Some(c""));
            return;
        }
    }
    if warns {
        krait_host::reportln!(
            "Python runtime initialized with LC_CTYPE=C (a locale with default ASCII encoding), which may cause \
             Unicode compatibility problems. Using C.UTF-8, C.utf8, or UTF-8 (if available) as alternative \
             Unicode-compatible locales is recommended."
        );
    }
}
