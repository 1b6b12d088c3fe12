//! The loop itself: one arm an opcode, nothing in it but the call of the opcode's function.

use krait_bytecode::op;
use krait_bytecode::opcode::DEOPT;
use krait_runtime::frame::{Frame, StackRef};
use krait_runtime::state::ThreadState;
use krait_runtime::{Obj, PyErr, PyResult};

use super::machine::{Flow, Machine, Unit, own, pin};
use super::{
    arith, async_ops, attrs, build, calls, calls_special, compare, control, exceptions, functions,
    imports, iterate, matching, names, stack, text, unwind, unwind_thrown,
};
use crate::monitor;

/// Runs the thread's current frame and what it calls until the entry frame is reached.
///
/// # Safety
/// The frame keeps the eval loop's rules, and is linked to an entry frame.
pub(crate) unsafe fn run(
    ts: &'static ThreadState,
    frame: *mut Frame,
    throw: bool,
) -> PyResult<Obj> {
    // SAFETY: the caller's contract.
    let mut machine = unsafe { Machine::new(ts, frame) };
    if throw {
        // SAFETY: as above; an exception is set.
        match unsafe { unwind_thrown(machine) } {
            Some(registers) => machine = registers,
            None => return Err(PyErr::fetch()),
        }
    }
    // SAFETY: the registers are those of a running frame.
    unsafe { run_loop(ts, machine.frame, machine.ip, machine.sp) }
}

/// The loop. It takes the registers one by one: a struct would come by address and stay in memory.
///
/// # Safety
/// The registers are those of a running frame.
#[inline(never)]
unsafe fn run_loop(
    ts: &'static ThreadState,
    frame: *mut Frame,
    ip: *mut Unit,
    sp: *mut StackRef,
) -> PyResult<Obj> {
    let mut machine = Machine { ip, sp, frame, ts };
    let m = &mut machine;
    'fetch: loop {
        let word = m.unit(0).cache.get();
        let mut opcode = word as u8;
        let mut oparg = u32::from(word >> 8);
        loop {
            let flow = match opcode {
                op::EXTENDED_ARG => {
                    m.next(0);
                    let word = m.unit(0).cache.get();
                    opcode = word as u8;
                    oparg = oparg << 8 | u32::from(word >> 8);
                    continue;
                }
                op::LOAD_FAST => stack::load_fast(m, pin(oparg)),
                op::LOAD_FAST_BORROW => stack::load_fast_borrow(m, pin(oparg)),
                op::LOAD_FAST_LOAD_FAST => stack::load_fast_load_fast(m, pin(oparg)),
                op::LOAD_FAST_BORROW_LOAD_FAST_BORROW => {
                    stack::load_fast_borrow_load_fast_borrow(m, pin(oparg))
                }
                op::LOAD_FAST_CHECK => stack::load_fast_check(m, pin(oparg)),
                op::LOAD_FAST_AND_CLEAR => stack::load_fast_and_clear(m, pin(oparg)),
                op::STORE_FAST => stack::store_fast(m, pin(oparg)),
                op::STORE_FAST_LOAD_FAST => stack::store_fast_load_fast(m, pin(oparg)),
                op::STORE_FAST_STORE_FAST => stack::store_fast_store_fast(m, pin(oparg)),
                op::DELETE_FAST => stack::delete_fast(m, pin(oparg)),
                op::LOAD_CONST | op::LOAD_CONST_IMMORTAL | op::LOAD_CONST_MORTAL => {
                    stack::load_const(m, pin(oparg))
                }
                op::LOAD_SMALL_INT => stack::load_small_int(m, pin(oparg)),
                op::LOAD_COMMON_CONSTANT => stack::load_common_constant(m, pin(oparg)),
                op::POP_TOP => stack::pop_top(m),
                op::PUSH_NULL => stack::push_null(m),
                op::COPY => stack::copy(m, pin(oparg)),
                op::SWAP => stack::swap(m, pin(oparg)),
                op::MAKE_CELL => stack::make_cell(m, pin(oparg)),
                op::COPY_FREE_VARS => stack::copy_free_vars(m, pin(oparg)),
                op::LOAD_DEREF => stack::load_deref(m, pin(oparg)),
                op::STORE_DEREF => stack::store_deref(m, pin(oparg)),
                op::DELETE_DEREF => stack::delete_deref(m, pin(oparg)),
                op::LOAD_FROM_DICT_OR_DEREF => stack::load_from_dict_or_deref(m, pin(oparg)),
                op::NOP | op::NOT_TAKEN | op::CACHE | op::RESERVED => m.next(0),
                op::LOAD_NAME => names::load_name(m, pin(oparg)),
                op::LOAD_GLOBAL => names::load_global(m, pin(oparg)),
                op::LOAD_GLOBAL_MODULE => names::load_global_module(m, pin(oparg)),
                op::LOAD_GLOBAL_BUILTIN => names::load_global_builtin(m, pin(oparg)),
                op::LOAD_FROM_DICT_OR_GLOBALS => names::load_from_dict_or_globals(m, pin(oparg)),
                op::STORE_NAME => names::store_name(m, pin(oparg)),
                op::DELETE_NAME => names::delete_name(m, pin(oparg)),
                op::STORE_GLOBAL => names::store_global(m, pin(oparg)),
                op::DELETE_GLOBAL => names::delete_global(m, pin(oparg)),
                op::LOAD_LOCALS => names::load_locals(m),
                op::LOAD_BUILD_CLASS => names::load_build_class(m),
                op::SETUP_ANNOTATIONS => names::setup_annotations(m),
                op::BINARY_OP => arith::binary_op_generic(m, pin(oparg)),
                op::BINARY_OP_ADD_FLOAT => arith::binary_op_add_float(m),
                op::BINARY_OP_SUBTRACT_FLOAT => arith::binary_op_subtract_float(m),
                op::BINARY_OP_MULTIPLY_FLOAT => arith::binary_op_multiply_float(m),
                op::BINARY_OP_ADD_INT => arith::binary_op_add_int(m),
                op::BINARY_OP_SUBTRACT_INT => arith::binary_op_subtract_int(m),
                op::BINARY_OP_MULTIPLY_INT => arith::binary_op_multiply_int(m),
                op::BINARY_OP_ADD_UNICODE => arith::binary_op_add_unicode(m),
                op::BINARY_OP_INPLACE_ADD_UNICODE => arith::binary_op_inplace_add_unicode(m),
                op::BINARY_OP_EXTEND => arith::binary_op_extend(m),
                op::BINARY_OP_SUBSCR_LIST_INT => arith::binary_op_subscr_list_int(m),
                op::BINARY_OP_SUBSCR_TUPLE_INT => arith::binary_op_subscr_tuple_int(m),
                op::BINARY_OP_SUBSCR_STR_INT => arith::binary_op_subscr_str_int(m),
                op::BINARY_OP_SUBSCR_LIST_SLICE => arith::binary_op_subscr_list_slice(m),
                op::BINARY_OP_SUBSCR_DICT => arith::binary_op_subscr_dict(m),
                op::BINARY_OP_SUBSCR_GETITEM => calls::binary_op_subscr_getitem(m),
                op::UNARY_NEGATIVE => arith::unary_negative(m),
                op::UNARY_INVERT => arith::unary_invert(m),
                op::UNARY_NOT => arith::unary_not(m),
                op::BINARY_SLICE => arith::binary_slice(m),
                op::STORE_SLICE => arith::store_slice(m),
                op::STORE_SUBSCR => arith::store_subscr(m),
                op::STORE_SUBSCR_LIST_INT => arith::store_subscr_list_int(m),
                op::STORE_SUBSCR_DICT => arith::store_subscr_dict(m),
                op::DELETE_SUBSCR => arith::delete_subscr(m),
                op::COMPARE_OP => compare::compare_op(m, pin(oparg)),
                op::COMPARE_OP_INT => compare::compare_op_int(m, pin(oparg)),
                op::COMPARE_OP_FLOAT => compare::compare_op_float(m, pin(oparg)),
                op::COMPARE_OP_STR => compare::compare_op_str(m, pin(oparg)),
                op::CONTAINS_OP => compare::contains_op(m, pin(oparg)),
                op::CONTAINS_OP_DICT => compare::contains_op_dict(m, pin(oparg)),
                op::CONTAINS_OP_SET => compare::contains_op_set(m, pin(oparg)),
                op::IS_OP => compare::is_op(m, pin(oparg)),
                op::TO_BOOL => compare::to_bool(m),
                op::TO_BOOL_BOOL => compare::to_bool_bool(m),
                op::TO_BOOL_INT => compare::to_bool_int(m),
                op::TO_BOOL_LIST => compare::to_bool_list(m),
                op::TO_BOOL_NONE => compare::to_bool_none(m),
                op::TO_BOOL_STR => compare::to_bool_str(m),
                op::TO_BOOL_ALWAYS_TRUE => compare::to_bool_always_true(m),
                op::LOAD_ATTR => attrs::load_attr(m, pin(oparg)),
                op::LOAD_ATTR_INSTANCE_VALUE => attrs::load_attr_instance_value(m, pin(oparg)),
                op::LOAD_ATTR_MODULE => attrs::load_attr_module(m, pin(oparg)),
                op::LOAD_ATTR_WITH_HINT => attrs::load_attr_with_hint(m, pin(oparg)),
                op::LOAD_ATTR_SLOT => attrs::load_attr_slot(m, pin(oparg)),
                op::LOAD_ATTR_CLASS => attrs::load_attr_class(m, pin(oparg)),
                op::LOAD_ATTR_CLASS_WITH_METACLASS_CHECK => {
                    attrs::load_attr_class_with_metaclass_check(m, pin(oparg))
                }
                op::LOAD_ATTR_PROPERTY => attrs::load_attr_property(m, pin(oparg)),
                op::LOAD_ATTR_GETATTRIBUTE_OVERRIDDEN => {
                    attrs::load_attr_getattribute_overridden(m, pin(oparg))
                }
                op::LOAD_ATTR_METHOD_WITH_VALUES => attrs::load_attr_method_with_values(m),
                op::LOAD_ATTR_METHOD_NO_DICT => attrs::load_attr_method_no_dict(m),
                op::LOAD_ATTR_METHOD_LAZY_DICT => attrs::load_attr_method_lazy_dict(m),
                op::LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES => {
                    attrs::load_attr_nondescriptor_with_values(m)
                }
                op::LOAD_ATTR_NONDESCRIPTOR_NO_DICT => attrs::load_attr_nondescriptor_no_dict(m),
                op::STORE_ATTR => attrs::store_attr(m, pin(oparg)),
                op::STORE_ATTR_INSTANCE_VALUE => attrs::store_attr_instance_value(m),
                op::STORE_ATTR_WITH_HINT => attrs::store_attr_with_hint(m, pin(oparg)),
                op::STORE_ATTR_SLOT => attrs::store_attr_slot(m),
                op::DELETE_ATTR => attrs::delete_attr(m, pin(oparg)),
                op::LOAD_SUPER_ATTR => attrs::load_super_attr(m, pin(oparg)),
                op::LOAD_SUPER_ATTR_ATTR => attrs::load_super_attr_attr(m, pin(oparg)),
                op::LOAD_SUPER_ATTR_METHOD => attrs::load_super_attr_method(m, pin(oparg)),
                op::CALL => calls::call(m, pin(oparg)),
                op::CALL_PY_EXACT_ARGS => calls::call_py_exact_args(m, pin(oparg)),
                op::CALL_BOUND_METHOD_EXACT_ARGS => {
                    calls::call_bound_method_exact_args(m, pin(oparg))
                }
                op::CALL_PY_GENERAL => calls::call_py_general(m, pin(oparg)),
                op::CALL_BOUND_METHOD_GENERAL => calls::call_bound_method_general(m, pin(oparg)),
                op::CALL_NON_PY_GENERAL => calls::call_non_py_general(m, pin(oparg)),
                op::CALL_ALLOC_AND_ENTER_INIT => calls::call_alloc_and_enter_init(m, pin(oparg)),
                op::CALL_TYPE_1 => calls_special::call_type_1(m, pin(oparg)),
                op::CALL_STR_1 => calls_special::call_str_1(m, pin(oparg)),
                op::CALL_TUPLE_1 => calls_special::call_tuple_1(m, pin(oparg)),
                op::CALL_BUILTIN_CLASS => calls_special::call_builtin_class(m, pin(oparg)),
                op::CALL_BUILTIN_O => calls_special::call_builtin_o(m, pin(oparg)),
                op::CALL_BUILTIN_FAST => calls_special::call_builtin_fast(m, pin(oparg)),
                op::CALL_BUILTIN_FAST_WITH_KEYWORDS => {
                    calls_special::call_builtin_fast_with_keywords(m, pin(oparg))
                }
                op::CALL_LEN => calls_special::call_len(m, pin(oparg)),
                op::CALL_ISINSTANCE => calls_special::call_isinstance(m, pin(oparg)),
                op::CALL_LIST_APPEND => calls_special::call_list_append(m, pin(oparg)),
                op::CALL_METHOD_DESCRIPTOR_O => {
                    calls_special::call_method_descriptor_o(m, pin(oparg))
                }
                op::CALL_METHOD_DESCRIPTOR_NOARGS => {
                    calls_special::call_method_descriptor_noargs(m, pin(oparg))
                }
                op::CALL_METHOD_DESCRIPTOR_FAST => {
                    calls_special::call_method_descriptor_fast(m, pin(oparg))
                }
                op::CALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS => {
                    calls_special::call_method_descriptor_fast_with_keywords(m, pin(oparg))
                }
                op::CALL_KW => calls::call_kw(m, pin(oparg)),
                op::CALL_KW_PY => calls::call_kw_py(m, pin(oparg)),
                op::CALL_KW_BOUND_METHOD => calls::call_kw_bound_method(m, pin(oparg)),
                op::CALL_KW_NON_PY => calls::call_kw_non_py(m, pin(oparg)),
                op::CALL_FUNCTION_EX => calls::call_function_ex(m),
                op::MAKE_FUNCTION => functions::make_function(m),
                op::SET_FUNCTION_ATTRIBUTE => functions::set_function_attribute(m, pin(oparg)),
                op::CALL_INTRINSIC_1 => functions::call_intrinsic_1(m, pin(oparg)),
                op::CALL_INTRINSIC_2 => functions::call_intrinsic_2(m, pin(oparg)),
                op::RESUME => control::resume(m, pin(oparg)),
                op::RESUME_CHECK => control::resume_check(m),
                op::JUMP_FORWARD => control::jump_forward(m, pin(oparg)),
                op::JUMP_BACKWARD | op::JUMP_BACKWARD_NO_JIT | op::JUMP_BACKWARD_JIT => {
                    control::jump_backward(m, pin(oparg))
                }
                op::JUMP_BACKWARD_NO_INTERRUPT => {
                    control::jump_backward_no_interrupt(m, pin(oparg))
                }
                op::POP_JUMP_IF_TRUE => control::pop_jump_if_true(m, pin(oparg)),
                op::POP_JUMP_IF_FALSE => control::pop_jump_if_false(m, pin(oparg)),
                op::POP_JUMP_IF_NONE => control::pop_jump_if_none(m, pin(oparg)),
                op::POP_JUMP_IF_NOT_NONE => control::pop_jump_if_not_none(m, pin(oparg)),
                op::RETURN_VALUE => control::return_value(m),
                op::YIELD_VALUE => control::yield_value(m, pin(oparg)),
                op::RETURN_GENERATOR => control::return_generator(m),
                op::GET_ITER => iterate::get_iter(m),
                op::FOR_ITER => iterate::for_iter(m, pin(oparg)),
                op::FOR_ITER_LIST => iterate::for_iter_list(m, pin(oparg)),
                op::FOR_ITER_TUPLE => iterate::for_iter_tuple(m, pin(oparg)),
                op::FOR_ITER_RANGE => iterate::for_iter_range(m, pin(oparg)),
                op::FOR_ITER_GEN => iterate::for_iter_gen(m, pin(oparg)),
                op::END_FOR => iterate::end_for(m),
                op::POP_ITER => iterate::pop_iter(m),
                op::SEND => iterate::send(m, pin(oparg)),
                op::SEND_GEN => iterate::send_gen(m, pin(oparg)),
                op::END_SEND => iterate::end_send(m),
                op::UNPACK_SEQUENCE => iterate::unpack_sequence(m, pin(oparg)),
                op::UNPACK_SEQUENCE_TWO_TUPLE => iterate::unpack_sequence_two_tuple(m),
                op::UNPACK_SEQUENCE_TUPLE => iterate::unpack_sequence_tuple(m, pin(oparg)),
                op::UNPACK_SEQUENCE_LIST => iterate::unpack_sequence_list(m, pin(oparg)),
                op::UNPACK_EX => iterate::unpack_ex(m, pin(oparg)),
                op::BUILD_TUPLE => build::build_tuple(m, pin(oparg)),
                op::BUILD_LIST => build::build_list(m, pin(oparg)),
                op::BUILD_SET => build::build_set(m, pin(oparg)),
                op::BUILD_MAP => build::build_map(m, pin(oparg)),
                op::BUILD_SLICE => build::build_slice(m, pin(oparg)),
                op::LIST_APPEND => build::list_append(m, pin(oparg)),
                op::LIST_EXTEND => build::list_extend(m, pin(oparg)),
                op::SET_ADD => build::set_add(m, pin(oparg)),
                op::SET_UPDATE => build::set_update(m, pin(oparg)),
                op::MAP_ADD => build::map_add(m, pin(oparg)),
                op::DICT_UPDATE => build::dict_update(m, pin(oparg)),
                op::DICT_MERGE => build::dict_merge(m, pin(oparg)),
                op::GET_LEN => build::get_len(m),
                op::PUSH_EXC_INFO => exceptions::push_exc_info(m),
                op::POP_EXCEPT => exceptions::pop_except(m),
                op::CHECK_EXC_MATCH => exceptions::check_exc_match(m),
                op::CHECK_EG_MATCH => exceptions::check_eg_match(m),
                op::RAISE_VARARGS => exceptions::raise_varargs(m, pin(oparg)),
                op::RERAISE => exceptions::reraise(m, pin(oparg)),
                op::CLEANUP_THROW => exceptions::cleanup_throw(m),
                op::END_ASYNC_FOR => exceptions::end_async_for(m),
                op::WITH_EXCEPT_START => exceptions::with_except_start(m),
                op::LOAD_SPECIAL => exceptions::load_special(m, pin(oparg)),
                op::EXIT_INIT_CHECK => exceptions::exit_init_check(m),
                op::IMPORT_NAME => imports::import_name(m, pin(oparg)),
                op::IMPORT_FROM => imports::import_from(m, pin(oparg)),
                op::MATCH_MAPPING => matching::match_mapping(m),
                op::MATCH_SEQUENCE => matching::match_sequence(m),
                op::MATCH_KEYS => matching::match_keys(m),
                op::MATCH_CLASS => matching::match_class(m, pin(oparg)),
                op::CONVERT_VALUE => text::convert_value(m, pin(oparg)),
                op::FORMAT_SIMPLE => text::format_simple(m),
                op::FORMAT_WITH_SPEC => text::format_with_spec(m),
                op::BUILD_STRING => text::build_string(m, pin(oparg)),
                op::BUILD_TEMPLATE => text::build_template(m),
                op::BUILD_INTERPOLATION => text::build_interpolation(m, pin(oparg)),
                op::GET_AWAITABLE => async_ops::get_awaitable(m, pin(oparg)),
                op::GET_AITER => async_ops::get_aiter(m),
                op::GET_ANEXT => async_ops::get_anext(m),
                op::GET_YIELD_FROM_ITER => async_ops::get_yield_from_iter(m),
                op::INTERPRETER_EXIT => Flow::Exit,
                krait_bytecode::opcodes_not_emitted!() => {
                    match monitor::step(m.snapshot(), opcode, oparg) {
                        monitor::Step::Run(plain) => {
                            opcode = plain;
                            continue;
                        }
                        monitor::Step::Go(registers) => {
                            *m = registers;
                            Flow::Next
                        }
                        monitor::Step::Fail(registers) => {
                            *m = registers;
                            Flow::Error
                        }
                    }
                }
            };
            match flow {
                Flow::Next => continue 'fetch,
                Flow::Again => opcode = m.unit(0).code(),
                Flow::Base => opcode = DEOPT[usize::from(m.unit(0).code())],
                Flow::Exit => return Ok(own(m.pop())),
                Flow::Error | Flow::Unwind => {
                    // SAFETY: an exception is set.
                    match unsafe { unwind(m.snapshot(), flow == Flow::Error) } {
                        Some(registers) => *m = registers,
                        None => return Err(PyErr::fetch()),
                    }
                    continue 'fetch;
                }
            }
        }
    }
}
