//! CPython 3.14's opcode table, code units, marshal and `.pyc` formats.
#![forbid(unsafe_code)]
