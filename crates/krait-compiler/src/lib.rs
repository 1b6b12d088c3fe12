//! AST to code units: symbol table, code generation, flow graph, assembly.
#![forbid(unsafe_code)]
