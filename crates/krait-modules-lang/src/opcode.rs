//! `_opcode`: what the compiler knows of each opcode, for `opcode` and `dis`.

use krait_bytecode::opcode::{self, OPCODES, OpcodeInfo, flag};
use krait_bytecode::{AnyOpcode, oparg};
use krait_macros::pyfunction;
use krait_runtime::object::{Obj, Py, PyObject};
use krait_runtime::{PyCode, PyList, PyModule, PyResult, PyStr, pymodule, type_error, value_error};
use krait_runtime::{PyLong, PyTuple};

pymodule! {
    pub OPCODE = "_opcode", "Opcode support module.",
    functions: [
        stack_effect, is_valid, has_arg, has_const, has_name, has_jump, has_free, has_local, has_exc,
        get_specialization_stats, get_nb_ops, get_intrinsic1_descs, get_intrinsic2_descs, get_executor,
        get_special_method_names,
    ],
    classes: [],
    exec: Some(exec),
}

fn exec(module: &PyModule) -> PyResult<()> {
    let one = PyLong::from_i64(1)?;
    module.dict().set("ENABLE_SPECIALIZATION", &one)?;
    module.dict().set("ENABLE_SPECIALIZATION_FT", &one)
}

/// The metadata of a number that is an opcode.
fn info(opcode: i32) -> Option<&'static OpcodeInfo> {
    OPCODES
        .get(usize::try_from(opcode).ok()?)
        .filter(|info| info.valid)
}

/// Compute the stack effect of the opcode.
#[pyfunction(signature = "(opcode, oparg=None, /, *, jump=None)")]
pub fn stack_effect(
    opcode: i32,
    oparg: Option<&PyObject>,
    jump: Option<&PyObject>,
) -> PyResult<i64> {
    let oparg = match oparg {
        Some(oparg) => oparg.extract::<i32>()?,
        None => 0,
    };
    let effect = |jump| {
        let opcode = u16::try_from(opcode).ok()?;
        opcode::stack_effect(opcode, oparg as u32, jump)
    };
    let effect = match jump {
        None => effect(false).max(effect(true)),
        Some(jump) if jump.is(krait_runtime::true_()) => effect(true),
        Some(jump) if jump.is(krait_runtime::false_()) => effect(false),
        Some(_) => {
            return Err(value_error!(
                "stack_effect: jump must be False, True or None"
            ));
        }
    };
    effect.ok_or_else(|| value_error!("invalid opcode or oparg"))
}

/// Return True if opcode is valid, False otherwise.
#[pyfunction(signature = "(opcode)")]
pub fn is_valid(opcode: i32) -> bool {
    info(opcode).is_some()
}

macro_rules! queries {
    ($($(#[$doc:meta])* $name:ident $flag:ident;)*) => {$(
        $(#[$doc])*
        #[pyfunction(signature = "(opcode)")]
        pub fn $name(opcode: i32) -> bool {
            info(opcode).is_some_and(|info| info.has(flag::$flag))
        }
    )*};
}

queries! {
    /// Return True if the opcode uses its oparg, False otherwise.
    has_arg ARG;
    /// Return True if the opcode accesses a constant, False otherwise.
    has_const CONST;
    /// Return True if the opcode accesses an attribute by name, False otherwise.
    has_name NAME;
    /// Return True if the opcode has a jump target, False otherwise.
    has_jump JUMP;
    /// Return True if the opcode accesses a free variable, False otherwise.
    ///
    /// A variable is free here if it is shared with an inner or an outer scope; globals and builtins are not.
    has_free FREE;
    /// Return True if the opcode accesses a local variable, False otherwise.
    has_local LOCAL;
}

/// Return True if the opcode sets an exception handler, False otherwise.
#[pyfunction(signature = "(opcode)")]
pub fn has_exc(opcode: i32) -> bool {
    [
        AnyOpcode::SETUP_FINALLY,
        AnyOpcode::SETUP_WITH,
        AnyOpcode::SETUP_CLEANUP,
    ]
    .iter()
    .any(|each| i32::from(*each as u16) == opcode)
}

/// Return the specialization stats
#[pyfunction(signature = "()")]
pub fn get_specialization_stats() -> Option<bool> {
    None
}

/// Return array of symbols of binary ops.
///
/// Indexed by the BINARY_OP oparg value.
#[pyfunction(signature = "()")]
pub fn get_nb_ops() -> PyResult<Obj> {
    let rows = oparg::NB_OPS
        .iter()
        .map(|(name, sign)| {
            let pair = vec![
                PyStr::new(name)?.into_object(),
                PyStr::new(sign)?.into_object(),
            ];
            Ok(PyTuple::from_vec(pair)?.into_object())
        })
        .collect::<PyResult<Vec<Obj>>>()?;
    Ok(PyList::from_vec(rows)?.into_object())
}

fn names(names: &[&str]) -> PyResult<Py<PyList>> {
    let names = names
        .iter()
        .map(|name| Ok(PyStr::new(name)?.into_object()))
        .collect::<PyResult<Vec<Obj>>>()?;
    PyList::from_vec(names)
}

/// Return a list of names of the unary intrinsics.
#[pyfunction(signature = "()")]
pub fn get_intrinsic1_descs() -> PyResult<Py<PyList>> {
    names(&oparg::INTRINSIC_1_NAMES)
}

/// Return a list of names of the binary intrinsics.
#[pyfunction(signature = "()")]
pub fn get_intrinsic2_descs() -> PyResult<Py<PyList>> {
    names(&oparg::INTRINSIC_2_NAMES)
}

/// Return a list of special method names.
#[pyfunction(signature = "()")]
pub fn get_special_method_names() -> PyResult<Py<PyList>> {
    names(&oparg::SPECIAL_METHOD_NAMES)
}

/// Return the executor object at offset in code if exists, None otherwise.
#[pyfunction(signature = "(code, offset)")]
pub fn get_executor(code: &PyObject, offset: i32) -> PyResult<Obj> {
    let _ = offset;
    if !code.is_instance_of::<PyCode>() {
        return Err(type_error!(
            "expected a code object, not '{}'",
            code.type_().tp_name()
        ));
    }
    Err(value_error!("no executor at given byte offset"))
}
