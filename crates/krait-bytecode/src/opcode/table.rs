//! The opcode table: one row an opcode, from which everything else about opcodes is generated.
//!
//! A row reads `NAME = number, inline caches, pops => pushes, [flags], base opcode;`. The base opcode
//! is the adaptive instruction that a specialised form goes back to (its own name for all others).
//! Numbers, caches, effects and flags are CPython 3.14's.

/// Calls `$callback!` with the whole table: `real { rows }` for what a code object can hold, then
/// `pseudo { rows }` for what only the compiler knows.
#[macro_export]
macro_rules! for_each_op {
    ($callback:path) => {
        $callback! {
            real {
                CACHE = 0, 0, fixed(0) => fixed(0), [], CACHE;
                BINARY_SLICE = 1, 0, fixed(3) => fixed(1), [ERROR ESCAPES], BINARY_SLICE;
                BUILD_TEMPLATE = 2, 0, fixed(2) => fixed(1), [ERROR ESCAPES], BUILD_TEMPLATE;
                BINARY_OP_INPLACE_ADD_UNICODE = 3, 5, fixed(2) => fixed(0), [LOCAL DEOPT EXIT ERROR ESCAPES], BINARY_OP;
                CALL_FUNCTION_EX = 4, 0, fixed(4) => fixed(1), [EVAL_BREAK ERROR ERROR_NO_POP ESCAPES], CALL_FUNCTION_EX;
                CHECK_EG_MATCH = 5, 0, fixed(2) => fixed(2), [ERROR ESCAPES], CHECK_EG_MATCH;
                CHECK_EXC_MATCH = 6, 0, fixed(2) => fixed(2), [ERROR ERROR_NO_POP ESCAPES], CHECK_EXC_MATCH;
                CLEANUP_THROW = 7, 0, fixed(3) => fixed(2), [ERROR ERROR_NO_POP ESCAPES], CLEANUP_THROW;
                DELETE_SUBSCR = 8, 0, fixed(2) => fixed(0), [ERROR ESCAPES], DELETE_SUBSCR;
                END_FOR = 9, 0, fixed(1) => fixed(0), [ESCAPES NO_SAVE_IP], END_FOR;
                END_SEND = 10, 0, fixed(2) => fixed(1), [ESCAPES PURE], END_SEND;
                EXIT_INIT_CHECK = 11, 0, fixed(1) => fixed(0), [ERROR ERROR_NO_POP ESCAPES], EXIT_INIT_CHECK;
                FORMAT_SIMPLE = 12, 0, fixed(1) => fixed(1), [ERROR ESCAPES], FORMAT_SIMPLE;
                FORMAT_WITH_SPEC = 13, 0, fixed(2) => fixed(1), [ERROR ESCAPES], FORMAT_WITH_SPEC;
                GET_AITER = 14, 0, fixed(1) => fixed(1), [ERROR ESCAPES], GET_AITER;
                GET_ANEXT = 15, 0, fixed(1) => fixed(2), [ERROR ERROR_NO_POP ESCAPES], GET_ANEXT;
                GET_ITER = 16, 0, fixed(1) => fixed(1), [ERROR ESCAPES], GET_ITER;
                RESERVED = 17, 0, fixed(0) => fixed(0), [], RESERVED;
                GET_LEN = 18, 0, fixed(1) => fixed(2), [ERROR ESCAPES], GET_LEN;
                GET_YIELD_FROM_ITER = 19, 0, fixed(1) => fixed(1), [ERROR ERROR_NO_POP ESCAPES], GET_YIELD_FROM_ITER;
                INTERPRETER_EXIT = 20, 0, fixed(1) => fixed(0), [ESCAPES], INTERPRETER_EXIT;
                LOAD_BUILD_CLASS = 21, 0, fixed(0) => fixed(1), [ERROR ESCAPES], LOAD_BUILD_CLASS;
                LOAD_LOCALS = 22, 0, fixed(0) => fixed(1), [ERROR ESCAPES], LOAD_LOCALS;
                MAKE_FUNCTION = 23, 0, fixed(1) => fixed(1), [ERROR ESCAPES], MAKE_FUNCTION;
                MATCH_KEYS = 24, 0, fixed(2) => fixed(3), [ERROR ESCAPES], MATCH_KEYS;
                MATCH_MAPPING = 25, 0, fixed(1) => fixed(2), [], MATCH_MAPPING;
                MATCH_SEQUENCE = 26, 0, fixed(1) => fixed(2), [], MATCH_SEQUENCE;
                NOP = 27, 0, fixed(0) => fixed(0), [PURE], NOP;
                NOT_TAKEN = 28, 0, fixed(0) => fixed(0), [PURE], NOT_TAKEN;
                POP_EXCEPT = 29, 0, fixed(1) => fixed(0), [ESCAPES], POP_EXCEPT;
                POP_ITER = 30, 0, fixed(1) => fixed(0), [ESCAPES PURE], POP_ITER;
                POP_TOP = 31, 0, fixed(1) => fixed(0), [ESCAPES PURE], POP_TOP;
                PUSH_EXC_INFO = 32, 0, fixed(1) => fixed(2), [], PUSH_EXC_INFO;
                PUSH_NULL = 33, 0, fixed(0) => fixed(1), [PURE], PUSH_NULL;
                RETURN_GENERATOR = 34, 0, fixed(0) => fixed(1), [ERROR ESCAPES], RETURN_GENERATOR;
                RETURN_VALUE = 35, 0, fixed(1) => fixed(1), [ESCAPES], RETURN_VALUE;
                SETUP_ANNOTATIONS = 36, 0, fixed(0) => fixed(0), [ERROR ESCAPES], SETUP_ANNOTATIONS;
                STORE_SLICE = 37, 0, fixed(4) => fixed(0), [ERROR ESCAPES], STORE_SLICE;
                STORE_SUBSCR = 38, 1, fixed(3) => fixed(0), [ERROR ESCAPES], STORE_SUBSCR;
                TO_BOOL = 39, 3, fixed(1) => fixed(1), [ERROR ESCAPES], TO_BOOL;
                UNARY_INVERT = 40, 0, fixed(1) => fixed(1), [ERROR ESCAPES], UNARY_INVERT;
                UNARY_NEGATIVE = 41, 0, fixed(1) => fixed(1), [ERROR ESCAPES], UNARY_NEGATIVE;
                UNARY_NOT = 42, 0, fixed(1) => fixed(1), [PURE], UNARY_NOT;
                WITH_EXCEPT_START = 43, 0, fixed(5) => fixed(6), [ERROR ESCAPES], WITH_EXCEPT_START;
                BINARY_OP = 44, 5, fixed(2) => fixed(1), [ARG ERROR ERROR_NO_POP ESCAPES], BINARY_OP;
                BUILD_INTERPOLATION = 45, 0, low_bit(2) => fixed(1), [ARG ERROR ESCAPES], BUILD_INTERPOLATION;
                BUILD_LIST = 46, 0, arg(0) => fixed(1), [ARG ERROR ERROR_NO_POP ESCAPES], BUILD_LIST;
                BUILD_MAP = 47, 0, twice_arg => fixed(1), [ARG ERROR ESCAPES], BUILD_MAP;
                BUILD_SET = 48, 0, arg(0) => fixed(1), [ARG ERROR ESCAPES], BUILD_SET;
                BUILD_SLICE = 49, 0, arg(0) => fixed(1), [ARG ERROR], BUILD_SLICE;
                BUILD_STRING = 50, 0, arg(0) => fixed(1), [ARG ERROR], BUILD_STRING;
                BUILD_TUPLE = 51, 0, arg(0) => fixed(1), [ARG ERROR ERROR_NO_POP], BUILD_TUPLE;
                CALL = 52, 3, arg(2) => fixed(1), [ARG EVAL_BREAK ERROR ERROR_NO_POP ESCAPES], CALL;
                CALL_INTRINSIC_1 = 53, 0, fixed(1) => fixed(1), [ARG ERROR ESCAPES], CALL_INTRINSIC_1;
                CALL_INTRINSIC_2 = 54, 0, fixed(2) => fixed(1), [ARG ERROR ESCAPES], CALL_INTRINSIC_2;
                CALL_KW = 55, 3, arg(3) => fixed(1), [ARG ERROR ERROR_NO_POP ESCAPES], CALL_KW;
                COMPARE_OP = 56, 1, fixed(2) => fixed(1), [ARG ERROR ESCAPES], COMPARE_OP;
                CONTAINS_OP = 57, 1, fixed(2) => fixed(1), [ARG ERROR ESCAPES], CONTAINS_OP;
                CONVERT_VALUE = 58, 0, fixed(1) => fixed(1), [ARG ERROR ESCAPES], CONVERT_VALUE;
                COPY = 59, 0, arg(0) => arg(1), [ARG PURE], COPY;
                COPY_FREE_VARS = 60, 0, fixed(0) => fixed(0), [ARG], COPY_FREE_VARS;
                DELETE_ATTR = 61, 0, fixed(1) => fixed(0), [ARG NAME ERROR ESCAPES], DELETE_ATTR;
                DELETE_DEREF = 62, 0, fixed(0) => fixed(0), [ARG FREE ERROR ERROR_NO_POP ESCAPES], DELETE_DEREF;
                DELETE_FAST = 63, 0, fixed(0) => fixed(0), [ARG LOCAL ERROR ESCAPES], DELETE_FAST;
                DELETE_GLOBAL = 64, 0, fixed(0) => fixed(0), [ARG NAME ERROR ERROR_NO_POP ESCAPES], DELETE_GLOBAL;
                DELETE_NAME = 65, 0, fixed(0) => fixed(0), [ARG NAME ERROR ERROR_NO_POP ESCAPES], DELETE_NAME;
                DICT_MERGE = 66, 0, arg(4) => arg(3), [ARG ERROR ESCAPES], DICT_MERGE;
                DICT_UPDATE = 67, 0, arg(1) => arg(0), [ARG ERROR ESCAPES], DICT_UPDATE;
                END_ASYNC_FOR = 68, 0, fixed(2) => fixed(0), [ARG JUMP ERROR ERROR_NO_POP ESCAPES], END_ASYNC_FOR;
                EXTENDED_ARG = 69, 0, fixed(0) => fixed(0), [ARG], EXTENDED_ARG;
                FOR_ITER = 70, 1, fixed(1) => fixed(2), [ARG JUMP ERROR ERROR_NO_POP ESCAPES], FOR_ITER;
                GET_AWAITABLE = 71, 0, fixed(1) => fixed(1), [ARG ERROR ESCAPES], GET_AWAITABLE;
                IMPORT_FROM = 72, 0, fixed(1) => fixed(2), [ARG NAME ERROR ESCAPES], IMPORT_FROM;
                IMPORT_NAME = 73, 0, fixed(2) => fixed(1), [ARG NAME ERROR ESCAPES], IMPORT_NAME;
                IS_OP = 74, 0, fixed(2) => fixed(1), [ARG], IS_OP;
                JUMP_BACKWARD = 75, 1, fixed(0) => fixed(0), [ARG JUMP EVAL_BREAK ERROR ESCAPES], JUMP_BACKWARD;
                JUMP_BACKWARD_NO_INTERRUPT = 76, 0, fixed(0) => fixed(0), [ARG JUMP], JUMP_BACKWARD_NO_INTERRUPT;
                JUMP_FORWARD = 77, 0, fixed(0) => fixed(0), [ARG JUMP], JUMP_FORWARD;
                LIST_APPEND = 78, 0, arg(1) => arg(0), [ARG ERROR], LIST_APPEND;
                LIST_EXTEND = 79, 0, arg(1) => arg(0), [ARG ERROR ESCAPES], LIST_EXTEND;
                LOAD_ATTR = 80, 9, fixed(1) => low_bit(1), [ARG NAME ERROR ESCAPES], LOAD_ATTR;
                LOAD_COMMON_CONSTANT = 81, 0, fixed(0) => fixed(1), [ARG], LOAD_COMMON_CONSTANT;
                LOAD_CONST = 82, 0, fixed(0) => fixed(1), [ARG CONST], LOAD_CONST;
                LOAD_DEREF = 83, 0, fixed(0) => fixed(1), [ARG LOCAL ERROR ESCAPES], LOAD_DEREF;
                LOAD_FAST = 84, 0, fixed(0) => fixed(1), [ARG LOCAL PURE], LOAD_FAST;
                LOAD_FAST_AND_CLEAR = 85, 0, fixed(0) => fixed(1), [ARG LOCAL], LOAD_FAST_AND_CLEAR;
                LOAD_FAST_BORROW = 86, 0, fixed(0) => fixed(1), [ARG LOCAL PURE], LOAD_FAST_BORROW;
                LOAD_FAST_BORROW_LOAD_FAST_BORROW = 87, 0, fixed(0) => fixed(2), [ARG LOCAL], LOAD_FAST_BORROW_LOAD_FAST_BORROW;
                LOAD_FAST_CHECK = 88, 0, fixed(0) => fixed(1), [ARG LOCAL ERROR ESCAPES], LOAD_FAST_CHECK;
                LOAD_FAST_LOAD_FAST = 89, 0, fixed(0) => fixed(2), [ARG LOCAL], LOAD_FAST_LOAD_FAST;
                LOAD_FROM_DICT_OR_DEREF = 90, 0, fixed(1) => fixed(1), [ARG FREE ERROR ERROR_NO_POP ESCAPES], LOAD_FROM_DICT_OR_DEREF;
                LOAD_FROM_DICT_OR_GLOBALS = 91, 0, fixed(1) => fixed(1), [ARG NAME ERROR ERROR_NO_POP ESCAPES], LOAD_FROM_DICT_OR_GLOBALS;
                LOAD_GLOBAL = 92, 4, fixed(0) => low_bit(1), [ARG NAME ERROR ESCAPES], LOAD_GLOBAL;
                LOAD_NAME = 93, 0, fixed(0) => fixed(1), [ARG NAME ERROR ESCAPES], LOAD_NAME;
                LOAD_SMALL_INT = 94, 0, fixed(0) => fixed(1), [ARG], LOAD_SMALL_INT;
                LOAD_SPECIAL = 95, 0, fixed(1) => fixed(2), [ARG ERROR ERROR_NO_POP ESCAPES], LOAD_SPECIAL;
                LOAD_SUPER_ATTR = 96, 1, fixed(3) => low_bit(1), [ARG NAME ERROR ESCAPES], LOAD_SUPER_ATTR;
                MAKE_CELL = 97, 0, fixed(0) => fixed(0), [ARG FREE ERROR ERROR_NO_POP ESCAPES], MAKE_CELL;
                MAP_ADD = 98, 0, arg(2) => arg(0), [ARG ERROR ESCAPES], MAP_ADD;
                MATCH_CLASS = 99, 0, fixed(3) => fixed(1), [ARG ERROR ESCAPES], MATCH_CLASS;
                POP_JUMP_IF_FALSE = 100, 1, fixed(1) => fixed(0), [ARG JUMP], POP_JUMP_IF_FALSE;
                POP_JUMP_IF_NONE = 101, 1, fixed(1) => fixed(0), [ARG JUMP], POP_JUMP_IF_NONE;
                POP_JUMP_IF_NOT_NONE = 102, 1, fixed(1) => fixed(0), [ARG JUMP], POP_JUMP_IF_NOT_NONE;
                POP_JUMP_IF_TRUE = 103, 1, fixed(1) => fixed(0), [ARG JUMP], POP_JUMP_IF_TRUE;
                RAISE_VARARGS = 104, 0, arg(0) => fixed(0), [ARG ERROR ERROR_NO_POP ESCAPES], RAISE_VARARGS;
                RERAISE = 105, 0, arg(1) => arg(0), [ARG ERROR ERROR_NO_POP ESCAPES], RERAISE;
                SEND = 106, 1, fixed(2) => fixed(2), [ARG JUMP ERROR ESCAPES], SEND;
                SET_ADD = 107, 0, arg(1) => arg(0), [ARG ERROR ESCAPES], SET_ADD;
                SET_FUNCTION_ATTRIBUTE = 108, 0, fixed(2) => fixed(1), [ARG ERROR ESCAPES], SET_FUNCTION_ATTRIBUTE;
                SET_UPDATE = 109, 0, arg(1) => arg(0), [ARG ERROR ESCAPES], SET_UPDATE;
                STORE_ATTR = 110, 4, fixed(2) => fixed(0), [ARG NAME ERROR ESCAPES], STORE_ATTR;
                STORE_DEREF = 111, 0, fixed(1) => fixed(0), [ARG FREE ESCAPES], STORE_DEREF;
                STORE_FAST = 112, 0, fixed(1) => fixed(0), [ARG LOCAL ESCAPES], STORE_FAST;
                STORE_FAST_LOAD_FAST = 113, 0, fixed(1) => fixed(1), [ARG LOCAL ESCAPES], STORE_FAST_LOAD_FAST;
                STORE_FAST_STORE_FAST = 114, 0, fixed(2) => fixed(0), [ARG LOCAL ESCAPES], STORE_FAST_STORE_FAST;
                STORE_GLOBAL = 115, 0, fixed(1) => fixed(0), [ARG NAME ERROR ESCAPES], STORE_GLOBAL;
                STORE_NAME = 116, 0, fixed(1) => fixed(0), [ARG NAME ERROR ESCAPES], STORE_NAME;
                SWAP = 117, 0, arg(0) => arg(0), [ARG PURE], SWAP;
                UNPACK_EX = 118, 0, fixed(1) => unpack_ex, [ARG ERROR ESCAPES], UNPACK_EX;
                UNPACK_SEQUENCE = 119, 1, fixed(1) => arg(0), [ARG ERROR ESCAPES], UNPACK_SEQUENCE;
                YIELD_VALUE = 120, 0, fixed(1) => fixed(1), [ARG ESCAPES], YIELD_VALUE;
                RESUME = 128, 0, fixed(0) => fixed(0), [ARG EVAL_BREAK ERROR ERROR_NO_POP ESCAPES], RESUME;
                BINARY_OP_ADD_FLOAT = 129, 5, fixed(2) => fixed(1), [EXIT ERROR], BINARY_OP;
                BINARY_OP_ADD_INT = 130, 5, fixed(2) => fixed(1), [EXIT ERROR ESCAPES], BINARY_OP;
                BINARY_OP_ADD_UNICODE = 131, 5, fixed(2) => fixed(1), [EXIT ERROR], BINARY_OP;
                BINARY_OP_EXTEND = 132, 5, fixed(2) => fixed(1), [DEOPT ERROR ESCAPES], BINARY_OP;
                BINARY_OP_MULTIPLY_FLOAT = 133, 5, fixed(2) => fixed(1), [EXIT ERROR], BINARY_OP;
                BINARY_OP_MULTIPLY_INT = 134, 5, fixed(2) => fixed(1), [EXIT ERROR ESCAPES], BINARY_OP;
                BINARY_OP_SUBSCR_DICT = 135, 5, fixed(2) => fixed(1), [EXIT ERROR ESCAPES], BINARY_OP;
                BINARY_OP_SUBSCR_GETITEM = 136, 5, fixed(2) => fixed(0), [DEOPT], BINARY_OP;
                BINARY_OP_SUBSCR_LIST_INT = 137, 5, fixed(2) => fixed(1), [DEOPT EXIT ESCAPES], BINARY_OP;
                BINARY_OP_SUBSCR_LIST_SLICE = 138, 5, fixed(2) => fixed(1), [EXIT ERROR ESCAPES], BINARY_OP;
                BINARY_OP_SUBSCR_STR_INT = 139, 5, fixed(2) => fixed(1), [DEOPT EXIT ESCAPES], BINARY_OP;
                BINARY_OP_SUBSCR_TUPLE_INT = 140, 5, fixed(2) => fixed(1), [DEOPT EXIT], BINARY_OP;
                BINARY_OP_SUBTRACT_FLOAT = 141, 5, fixed(2) => fixed(1), [EXIT ERROR], BINARY_OP;
                BINARY_OP_SUBTRACT_INT = 142, 5, fixed(2) => fixed(1), [EXIT ERROR ESCAPES], BINARY_OP;
                CALL_ALLOC_AND_ENTER_INIT = 143, 3, arg(2) => fixed(0), [ARG DEOPT ERROR ERROR_NO_POP ESCAPES], CALL;
                CALL_BOUND_METHOD_EXACT_ARGS = 144, 3, arg(2) => fixed(0), [ARG DEOPT EXIT ESCAPES], CALL;
                CALL_BOUND_METHOD_GENERAL = 145, 3, arg(2) => fixed(0), [ARG DEOPT EXIT ERROR ERROR_NO_POP ESCAPES], CALL;
                CALL_BUILTIN_CLASS = 146, 3, arg(2) => fixed(1), [ARG EVAL_BREAK DEOPT ERROR ESCAPES], CALL;
                CALL_BUILTIN_FAST = 147, 3, arg(2) => fixed(1), [ARG EVAL_BREAK DEOPT ERROR ESCAPES], CALL;
                CALL_BUILTIN_FAST_WITH_KEYWORDS = 148, 3, arg(2) => fixed(1), [ARG EVAL_BREAK DEOPT ERROR ESCAPES], CALL;
                CALL_BUILTIN_O = 149, 3, arg(2) => fixed(1), [ARG EVAL_BREAK EXIT ERROR ESCAPES], CALL;
                CALL_ISINSTANCE = 150, 3, arg(2) => fixed(1), [ARG DEOPT ERROR ERROR_NO_POP ESCAPES], CALL;
                CALL_KW_BOUND_METHOD = 151, 3, arg(3) => fixed(0), [ARG DEOPT EXIT ERROR ESCAPES], CALL_KW;
                CALL_KW_NON_PY = 152, 3, arg(3) => fixed(1), [ARG EVAL_BREAK EXIT ERROR ESCAPES], CALL_KW;
                CALL_KW_PY = 153, 3, arg(3) => fixed(0), [ARG DEOPT EXIT ERROR ESCAPES], CALL_KW;
                CALL_LEN = 154, 3, fixed(3) => fixed(1), [DEOPT ERROR ERROR_NO_POP ESCAPES], CALL;
                CALL_LIST_APPEND = 155, 3, fixed(3) => fixed(0), [ARG DEOPT ERROR ESCAPES], CALL;
                CALL_METHOD_DESCRIPTOR_FAST = 156, 3, arg(2) => fixed(1), [ARG EVAL_BREAK EXIT ERROR ESCAPES], CALL;
                CALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS = 157, 3, arg(2) => fixed(1), [ARG EVAL_BREAK EXIT ERROR ESCAPES], CALL;
                CALL_METHOD_DESCRIPTOR_NOARGS = 158, 3, arg(2) => fixed(1), [ARG EVAL_BREAK EXIT ERROR ESCAPES], CALL;
                CALL_METHOD_DESCRIPTOR_O = 159, 3, arg(2) => fixed(1), [ARG EVAL_BREAK EXIT ERROR ESCAPES], CALL;
                CALL_NON_PY_GENERAL = 160, 3, arg(2) => fixed(1), [ARG EVAL_BREAK EXIT ERROR ESCAPES], CALL;
                CALL_PY_EXACT_ARGS = 161, 3, arg(2) => fixed(0), [ARG DEOPT EXIT], CALL;
                CALL_PY_GENERAL = 162, 3, arg(2) => fixed(0), [ARG DEOPT EXIT ERROR ERROR_NO_POP ESCAPES], CALL;
                CALL_STR_1 = 163, 3, fixed(3) => fixed(1), [ARG EVAL_BREAK DEOPT ERROR ESCAPES], CALL;
                CALL_TUPLE_1 = 164, 3, fixed(3) => fixed(1), [ARG EVAL_BREAK DEOPT ERROR ESCAPES], CALL;
                CALL_TYPE_1 = 165, 3, fixed(3) => fixed(1), [ARG DEOPT ESCAPES], CALL;
                COMPARE_OP_FLOAT = 166, 1, fixed(2) => fixed(1), [ARG EXIT], COMPARE_OP;
                COMPARE_OP_INT = 167, 1, fixed(2) => fixed(1), [ARG DEOPT EXIT], COMPARE_OP;
                COMPARE_OP_STR = 168, 1, fixed(2) => fixed(1), [ARG EXIT], COMPARE_OP;
                CONTAINS_OP_DICT = 169, 1, fixed(2) => fixed(1), [ARG EXIT ERROR ESCAPES], CONTAINS_OP;
                CONTAINS_OP_SET = 170, 1, fixed(2) => fixed(1), [ARG DEOPT ERROR ESCAPES], CONTAINS_OP;
                FOR_ITER_GEN = 171, 1, fixed(1) => fixed(1), [ARG DEOPT], FOR_ITER;
                FOR_ITER_LIST = 172, 1, fixed(1) => fixed(2), [ARG JUMP DEOPT EXIT ESCAPES], FOR_ITER;
                FOR_ITER_RANGE = 173, 1, fixed(1) => fixed(2), [ARG JUMP EXIT ERROR], FOR_ITER;
                FOR_ITER_TUPLE = 174, 1, fixed(1) => fixed(2), [ARG JUMP EXIT ESCAPES], FOR_ITER;
                JUMP_BACKWARD_JIT = 175, 1, fixed(0) => fixed(0), [ARG JUMP EVAL_BREAK ERROR ESCAPES], JUMP_BACKWARD;
                JUMP_BACKWARD_NO_JIT = 176, 1, fixed(0) => fixed(0), [ARG JUMP EVAL_BREAK ERROR ESCAPES], JUMP_BACKWARD;
                LOAD_ATTR_CLASS = 177, 9, fixed(1) => low_bit(1), [ARG EXIT], LOAD_ATTR;
                LOAD_ATTR_CLASS_WITH_METACLASS_CHECK = 178, 9, fixed(1) => low_bit(1), [ARG EXIT], LOAD_ATTR;
                LOAD_ATTR_GETATTRIBUTE_OVERRIDDEN = 179, 9, fixed(1) => fixed(1), [ARG NAME DEOPT], LOAD_ATTR;
                LOAD_ATTR_INSTANCE_VALUE = 180, 9, fixed(1) => low_bit(1), [ARG DEOPT EXIT ESCAPES], LOAD_ATTR;
                LOAD_ATTR_METHOD_LAZY_DICT = 181, 9, fixed(1) => fixed(2), [ARG DEOPT EXIT], LOAD_ATTR;
                LOAD_ATTR_METHOD_NO_DICT = 182, 9, fixed(1) => fixed(2), [ARG EXIT], LOAD_ATTR;
                LOAD_ATTR_METHOD_WITH_VALUES = 183, 9, fixed(1) => fixed(2), [ARG DEOPT EXIT], LOAD_ATTR;
                LOAD_ATTR_MODULE = 184, 9, fixed(1) => low_bit(1), [ARG DEOPT ESCAPES], LOAD_ATTR;
                LOAD_ATTR_NONDESCRIPTOR_NO_DICT = 185, 9, fixed(1) => fixed(1), [ARG EXIT ESCAPES], LOAD_ATTR;
                LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES = 186, 9, fixed(1) => fixed(1), [ARG DEOPT EXIT ESCAPES], LOAD_ATTR;
                LOAD_ATTR_PROPERTY = 187, 9, fixed(1) => fixed(0), [ARG DEOPT EXIT], LOAD_ATTR;
                LOAD_ATTR_SLOT = 188, 9, fixed(1) => low_bit(1), [ARG DEOPT EXIT], LOAD_ATTR;
                LOAD_ATTR_WITH_HINT = 189, 9, fixed(1) => low_bit(1), [ARG NAME DEOPT EXIT ESCAPES], LOAD_ATTR;
                LOAD_CONST_IMMORTAL = 190, 0, fixed(0) => fixed(1), [ARG CONST], LOAD_CONST;
                LOAD_CONST_MORTAL = 191, 0, fixed(0) => fixed(1), [ARG CONST], LOAD_CONST;
                LOAD_GLOBAL_BUILTIN = 192, 4, fixed(0) => low_bit(1), [ARG DEOPT], LOAD_GLOBAL;
                LOAD_GLOBAL_MODULE = 193, 4, fixed(0) => low_bit(1), [ARG DEOPT], LOAD_GLOBAL;
                LOAD_SUPER_ATTR_ATTR = 194, 1, fixed(3) => fixed(1), [ARG NAME DEOPT ERROR ESCAPES], LOAD_SUPER_ATTR;
                LOAD_SUPER_ATTR_METHOD = 195, 1, fixed(3) => fixed(2), [ARG NAME DEOPT ERROR ERROR_NO_POP ESCAPES], LOAD_SUPER_ATTR;
                RESUME_CHECK = 196, 0, fixed(0) => fixed(0), [DEOPT], RESUME;
                SEND_GEN = 197, 1, fixed(2) => fixed(1), [ARG DEOPT], SEND;
                STORE_ATTR_INSTANCE_VALUE = 198, 4, fixed(2) => fixed(0), [EXIT ESCAPES], STORE_ATTR;
                STORE_ATTR_SLOT = 199, 4, fixed(2) => fixed(0), [DEOPT EXIT ESCAPES], STORE_ATTR;
                STORE_ATTR_WITH_HINT = 200, 4, fixed(2) => fixed(0), [ARG NAME DEOPT EXIT ESCAPES], STORE_ATTR;
                STORE_SUBSCR_DICT = 201, 1, fixed(3) => fixed(0), [EXIT ERROR ESCAPES], STORE_SUBSCR;
                STORE_SUBSCR_LIST_INT = 202, 1, fixed(3) => fixed(0), [DEOPT EXIT ESCAPES], STORE_SUBSCR;
                TO_BOOL_ALWAYS_TRUE = 203, 3, fixed(1) => fixed(1), [EXIT ESCAPES], TO_BOOL;
                TO_BOOL_BOOL = 204, 3, fixed(1) => fixed(1), [EXIT], TO_BOOL;
                TO_BOOL_INT = 205, 3, fixed(1) => fixed(1), [EXIT ESCAPES], TO_BOOL;
                TO_BOOL_LIST = 206, 3, fixed(1) => fixed(1), [EXIT], TO_BOOL;
                TO_BOOL_NONE = 207, 3, fixed(1) => fixed(1), [EXIT], TO_BOOL;
                TO_BOOL_STR = 208, 3, fixed(1) => fixed(1), [EXIT ESCAPES], TO_BOOL;
                UNPACK_SEQUENCE_LIST = 209, 1, fixed(1) => arg(0), [ARG DEOPT EXIT], UNPACK_SEQUENCE;
                UNPACK_SEQUENCE_TUPLE = 210, 1, fixed(1) => arg(0), [ARG DEOPT EXIT], UNPACK_SEQUENCE;
                UNPACK_SEQUENCE_TWO_TUPLE = 211, 1, fixed(1) => fixed(2), [ARG DEOPT EXIT ESCAPES], UNPACK_SEQUENCE;
                INSTRUMENTED_END_FOR = 234, 0, fixed(2) => fixed(1), [ERROR ERROR_NO_POP ESCAPES NO_SAVE_IP], INSTRUMENTED_END_FOR;
                INSTRUMENTED_POP_ITER = 235, 0, fixed(1) => fixed(0), [ESCAPES], INSTRUMENTED_POP_ITER;
                INSTRUMENTED_END_SEND = 236, 0, fixed(2) => fixed(1), [ERROR ERROR_NO_POP ESCAPES], INSTRUMENTED_END_SEND;
                INSTRUMENTED_FOR_ITER = 237, 0, fixed(1) => fixed(2), [ARG JUMP ERROR ERROR_NO_POP ESCAPES], INSTRUMENTED_FOR_ITER;
                INSTRUMENTED_INSTRUCTION = 238, 0, fixed(0) => fixed(0), [ERROR ESCAPES], INSTRUMENTED_INSTRUCTION;
                INSTRUMENTED_JUMP_FORWARD = 239, 0, fixed(0) => fixed(0), [ARG], INSTRUMENTED_JUMP_FORWARD;
                INSTRUMENTED_NOT_TAKEN = 240, 0, fixed(0) => fixed(0), [], INSTRUMENTED_NOT_TAKEN;
                INSTRUMENTED_POP_JUMP_IF_TRUE = 241, 0, fixed(1) => fixed(0), [ARG], INSTRUMENTED_POP_JUMP_IF_TRUE;
                INSTRUMENTED_POP_JUMP_IF_FALSE = 242, 0, fixed(1) => fixed(0), [ARG], INSTRUMENTED_POP_JUMP_IF_FALSE;
                INSTRUMENTED_POP_JUMP_IF_NONE = 243, 0, fixed(1) => fixed(0), [ARG ESCAPES], INSTRUMENTED_POP_JUMP_IF_NONE;
                INSTRUMENTED_POP_JUMP_IF_NOT_NONE = 244, 0, fixed(1) => fixed(0), [ARG ESCAPES], INSTRUMENTED_POP_JUMP_IF_NOT_NONE;
                INSTRUMENTED_RESUME = 245, 0, fixed(0) => fixed(0), [ARG EVAL_BREAK ERROR ERROR_NO_POP ESCAPES], INSTRUMENTED_RESUME;
                INSTRUMENTED_RETURN_VALUE = 246, 0, fixed(1) => fixed(1), [ERROR ESCAPES], INSTRUMENTED_RETURN_VALUE;
                INSTRUMENTED_YIELD_VALUE = 247, 0, fixed(1) => fixed(1), [ARG ERROR ERROR_NO_POP ESCAPES], INSTRUMENTED_YIELD_VALUE;
                INSTRUMENTED_END_ASYNC_FOR = 248, 0, fixed(2) => fixed(0), [ARG JUMP ERROR ERROR_NO_POP ESCAPES], INSTRUMENTED_END_ASYNC_FOR;
                INSTRUMENTED_LOAD_SUPER_ATTR = 249, 0, fixed(3) => low_bit(1), [ARG NAME ERROR ESCAPES], INSTRUMENTED_LOAD_SUPER_ATTR;
                INSTRUMENTED_CALL = 250, 0, arg(2) => fixed(1), [ARG EVAL_BREAK ERROR ERROR_NO_POP ESCAPES], INSTRUMENTED_CALL;
                INSTRUMENTED_CALL_KW = 251, 0, arg(3) => fixed(1), [ARG ERROR ERROR_NO_POP ESCAPES], INSTRUMENTED_CALL_KW;
                INSTRUMENTED_CALL_FUNCTION_EX = 252, 0, fixed(4) => fixed(1), [EVAL_BREAK ERROR ERROR_NO_POP ESCAPES], INSTRUMENTED_CALL_FUNCTION_EX;
                INSTRUMENTED_JUMP_BACKWARD = 253, 0, fixed(0) => fixed(0), [ARG EVAL_BREAK ERROR ESCAPES], INSTRUMENTED_JUMP_BACKWARD;
                INSTRUMENTED_LINE = 254, 0, fixed(0) => fixed(0), [ESCAPES], INSTRUMENTED_LINE;
                ENTER_EXECUTOR = 255, 0, fixed(0) => fixed(0), [ARG], ENTER_EXECUTOR;
            }
            pseudo {
                ANNOTATIONS_PLACEHOLDER = 256, 0, fixed(0) => fixed(0), [PURE], ANNOTATIONS_PLACEHOLDER;
                JUMP = 257, 0, fixed(0) => fixed(0), [ARG JUMP EVAL_BREAK ERROR ESCAPES], JUMP;
                JUMP_IF_FALSE = 258, 0, fixed(1) => fixed(1), [ARG JUMP ERROR ESCAPES], JUMP_IF_FALSE;
                JUMP_IF_TRUE = 259, 0, fixed(1) => fixed(1), [ARG JUMP ERROR ESCAPES], JUMP_IF_TRUE;
                JUMP_NO_INTERRUPT = 260, 0, fixed(0) => fixed(0), [ARG JUMP], JUMP_NO_INTERRUPT;
                LOAD_CLOSURE = 261, 0, fixed(0) => fixed(1), [ARG LOCAL PURE], LOAD_CLOSURE;
                POP_BLOCK = 262, 0, fixed(0) => fixed(0), [PURE], POP_BLOCK;
                SETUP_CLEANUP = 263, 0, fixed(0) => fixed(2), [PURE ARG], SETUP_CLEANUP;
                SETUP_FINALLY = 264, 0, fixed(0) => fixed(1), [PURE ARG], SETUP_FINALLY;
                SETUP_WITH = 265, 0, fixed(0) => fixed(1), [PURE ARG], SETUP_WITH;
                STORE_FAST_MAYBE_NULL = 266, 0, fixed(1) => fixed(0), [ARG LOCAL ESCAPES], STORE_FAST_MAYBE_NULL;
            }
        }
    };
}

/// The numbers that no instruction has, and those of the instructions that only tracing and JIT
/// compilers write: patterns for a `match` over a byte that has an arm for every value, so that the
/// compiler need not check the range.
#[macro_export]
macro_rules! opcodes_not_emitted {
    () => {
        121 | 122
            | 123
            | 124
            | 125
            | 126
            | 127
            | 212
            | 213
            | 214
            | 215
            | 216
            | 217
            | 218
            | 219
            | 220
            | 221
            | 222
            | 223
            | 224
            | 225
            | 226
            | 227
            | 228
            | 229
            | 230
            | 231
            | 232
            | 233
            | 234
            | 235
            | 236
            | 237
            | 238
            | 239
            | 240
            | 241
            | 242
            | 243
            | 244
            | 245
            | 246
            | 247
            | 248
            | 249
            | 250
            | 251
            | 252
            | 253
            | 254
            | 255
    };
}
