//! CPython 3.14's C struct layouts as `repr(C)` types, flags and offsets; no logic.
