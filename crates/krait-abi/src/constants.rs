//! Constants of headers that define no struct: `compile.h`, `cpython/compile.h`.

use core::ffi::c_int;

use crate::{
    CO_FUTURE_ABSOLUTE_IMPORT, CO_FUTURE_ANNOTATIONS, CO_FUTURE_BARRY_AS_BDFL, CO_FUTURE_DIVISION,
    CO_FUTURE_GENERATOR_STOP, CO_FUTURE_PRINT_FUNCTION, CO_FUTURE_UNICODE_LITERALS,
    CO_FUTURE_WITH_STATEMENT, CO_NESTED,
};

abi_consts! {
    pub const Py_single_input: c_int = 256;
    pub const Py_file_input: c_int = 257;
    pub const Py_eval_input: c_int = 258;
    pub const Py_func_type_input: c_int = 345;
    pub const PyCF_MASK: c_int = CO_FUTURE_DIVISION
        | CO_FUTURE_ABSOLUTE_IMPORT
        | CO_FUTURE_WITH_STATEMENT
        | CO_FUTURE_PRINT_FUNCTION
        | CO_FUTURE_UNICODE_LITERALS
        | CO_FUTURE_BARRY_AS_BDFL
        | CO_FUTURE_GENERATOR_STOP
        | CO_FUTURE_ANNOTATIONS;
    pub const PyCF_MASK_OBSOLETE: c_int = CO_NESTED;
    pub const PyCF_SOURCE_IS_UTF8: c_int = 0x0100;
    pub const PyCF_DONT_IMPLY_DEDENT: c_int = 0x0200;
    pub const PyCF_ONLY_AST: c_int = 0x0400;
    pub const PyCF_IGNORE_COOKIE: c_int = 0x0800;
    pub const PyCF_TYPE_COMMENTS: c_int = 0x1000;
    pub const PyCF_ALLOW_TOP_LEVEL_AWAIT: c_int = 0x2000;
    pub const PyCF_ALLOW_INCOMPLETE_INPUT: c_int = 0x4000;
    pub const PyCF_OPTIMIZED_AST: c_int = 0x8000 | PyCF_ONLY_AST;
}
