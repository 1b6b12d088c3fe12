//! `moduleobject.h`, and the functions of `modsupport.h` that fill modules.

use std::cell::RefCell;
use std::ffi::{c_char, c_int, c_long, c_void};

use krait_abi as abi;
use krait_macros::{pyclass, pymethods};
use krait_runtime::{
    Interpreter, Obj, Py, PyCFunction, PyClass, PyErr, PyLong, PyModule, PyObject, PyResult, PyStr,
    system_error, type_error, typeobject,
};

use crate::glue::*;

/// What modules of several phases are made from.
#[pyclass(name = "moduledef", symbol = PyModuleDef_Type, flags(DISALLOW_INSTANTIATION), layout = manual)]
#[repr(transparent)]
pub struct PyModuleDefObject(abi::PyModuleDef);

#[pymethods]
impl PyModuleDefObject {
    #[slot(tp_dealloc)]
    unsafe extern "C" fn tp_dealloc(_definition: *mut abi::PyObject) {
        // Definitions are static memory of their extensions.
    }
}

/// What modules of one phase are called while `PyInit_*` runs, and which module each definition made.
#[derive(Default)]
pub(crate) struct Modules {
    /// The full name of the module being loaded.
    pub(crate) loading: RefCell<Option<String>>,
    /// `PyState_*`: modules by their definitions' index.
    by_index: RefCell<Vec<Option<Obj>>>,
}

pub(crate) fn modules() -> &'static Modules {
    Interpreter::current().extension::<Modules>()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyModuleDef_Init(def: Option<&abi::PyModuleDef>) -> Ptr {
    run(|| {
        let def = some(def)?;
        init_def(def);
        Ok(std::ptr::from_ref(def).cast_mut().cast::<abi::PyObject>())
    })
}

fn init_def(def: &abi::PyModuleDef) {
    if def.m_base.m_index.get() != 0 {
        return;
    }
    let mut by_index = modules().by_index.borrow_mut();
    if by_index.is_empty() {
        // An index of 0 says that there is none.
        by_index.push(None);
    }
    def.m_base.m_index.set(by_index.len() as isize);
    by_index.push(None);
    let header = &def.m_base.ob_base;
    header.ob_refcnt.set(abi::_Py_IMMORTAL_INITIAL_REFCNT);
    header
        .ob_type
        .set(PyModuleDefObject::type_object().as_type_ptr());
}

/// The slots of a definition.
pub(crate) fn slots(def: &abi::PyModuleDef) -> impl Iterator<Item = abi::PyModuleDef_Slot> {
    let mut next = def.m_slots;
    std::iter::from_fn(move || {
        // SAFETY: a definition's slots end with a row whose id is 0, which is not passed.
        let row = unsafe { next.as_ref() }.copied()?;
        if row.slot == 0 {
            return None;
        }
        // SAFETY: as above.
        next = unsafe { next.add(1) };
        Some(row)
    })
}

/// A definition's name.
fn def_name(def: &abi::PyModuleDef) -> String {
    // SAFETY: the definition's name is null or a C string.
    unsafe { Text::new(def.m_name) }.lossy()
}

fn add_functions(
    module: &PyObject,
    name: &PyObject,
    functions: *const abi::PyMethodDef,
) -> PyResult<()> {
    let mut next = functions;
    // SAFETY: a table of functions ends with a row without a name.
    while let Some(row) = unsafe { next.as_ref() }.filter(|row| !row.ml_name.is_null()) {
        if row.ml_flags & (abi::METH_CLASS | abi::METH_STATIC) != 0 {
            return Err(krait_runtime::value_error!(
                "module functions cannot set METH_CLASS or METH_STATIC"
            ));
        }
        let function = PyCFunction::new(row, Some(module), Some(name))?;
        // SAFETY: the row has a name.
        module.setattr(&*unsafe { Text::new(row.ml_name) }.name()?, Some(&function))?;
        // SAFETY: not the last row.
        next = unsafe { next.add(1) };
    }
    Ok(())
}

fn set_doc(module: &PyObject, doc: Text) -> PyResult<()> {
    if doc.get().is_some() {
        module.setattr_str("__doc__", &*doc.str()?)?;
    }
    Ok(())
}

/// A module's state: a zeroed block, which the module frees.
fn allocate_state(size: isize) -> PyResult<*mut c_void> {
    let block = krait_runtime::alloc::allocate_zeroed(size.max(1) as usize);
    if block.is_null() {
        Err(krait_runtime::err::no_memory())
    } else {
        Ok(block.cast())
    }
}

/// Makes a module of one phase.
fn create(def: &abi::PyModuleDef) -> PyResult<Obj> {
    init_def(def);
    let name = def_name(def);
    if !def.m_slots.is_null() {
        return Err(system_error!(
            "module {name}: PyModule_Create is incompatible with m_slots"
        ));
    }
    // In a package the definition has the last part of the name alone.
    let full = modules()
        .loading
        .borrow_mut()
        .take_if(|full| full.rsplit('.').next() == Some(&*name));
    let name = PyStr::intern(full.as_deref().unwrap_or(&name))?;
    let module = PyModule::new_object(&name)?;
    let state = if def.m_size > 0 {
        allocate_state(def.m_size)?
    } else {
        std::ptr::null_mut()
    };
    // SAFETY: definitions are static; the state was just allocated.
    unsafe { module.set_def(std::ptr::from_ref(def).cast_mut(), state) };
    add_functions(&module, &name, def.m_methods)?;
    // SAFETY: the definition's doc is null or a C string.
    set_doc(&module, unsafe { Text::new(def.m_doc) })?;
    Ok(module.into_object())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyModule_Create2(def: Option<&abi::PyModuleDef>, _version: c_int) -> Out {
    run(|| create(some(def)?))
}

/// The checks of a definition's slots that CPython does; what makes the module, if the slots say.
fn creation_slot(def: &abi::PyModuleDef, name: &str) -> PyResult<*mut c_void> {
    let mut create = std::ptr::null_mut();
    let mut seen = [false; 5];
    for row in slots(def) {
        let twice = |what: &str| system_error!("module {name} has more than one '{what}' slot");
        match row.slot {
            abi::Py_mod_create if seen[1] => {
                return Err(system_error!("module {name} has multiple create slots"));
            }
            abi::Py_mod_create => create = row.value,
            abi::Py_mod_exec => {}
            abi::Py_mod_multiple_interpreters if seen[3] => {
                return Err(twice("multiple interpreters"));
            }
            abi::Py_mod_gil if seen[4] => return Err(twice("gil")),
            abi::Py_mod_multiple_interpreters | abi::Py_mod_gil => {}
            id => return Err(system_error!("module {name} uses unknown slot ID {id}")),
        }
        seen[row.slot as usize] = true;
    }
    Ok(create)
}

/// Makes a module of several phases, not yet run.
pub(crate) fn from_def_and_spec(def: &abi::PyModuleDef, spec: &PyObject) -> PyResult<Obj> {
    init_def(def);
    let name = spec.getattr_str("name")?;
    let name = name
        .downcast::<PyStr>()
        .ok_or_else(|| system_error!("a spec's name is a string"))?;
    let text = name.to_string_lossy();
    if def.m_size < 0 {
        return Err(system_error!(
            "module {text}: m_size may not be negative for multi-phase initialization"
        ));
    }
    let create = creation_slot(def, &text)?;
    let module = if create.is_null() {
        PyModule::new_object(name)?.into_object()
    } else {
        // SAFETY: the slot holds a function of a spec and a definition.
        let made = unsafe {
            let create: unsafe extern "C" fn(Ptr, *const abi::PyModuleDef) -> Ptr =
                std::mem::transmute(create);
            Obj::from_owned_ptr_opt(create(spec.as_ptr(), def))
        };
        check_made(
            made,
            &text,
            "creation of module",
            "failed without setting an exception",
            "raised unreported exception",
        )?
    };
    match module.downcast::<PyModule>() {
        // SAFETY: definitions are static.
        Some(module) => unsafe {
            module.set_def(std::ptr::from_ref(def).cast_mut(), std::ptr::null_mut())
        },
        None if def.m_size > 0
            || def.m_traverse.is_some()
            || def.m_clear.is_some()
            || def.m_free.is_some() =>
        {
            return Err(system_error!(
                "module {text} is not a module object, but requests module state"
            ));
        }
        None if slots(def).any(|row| row.slot == abi::Py_mod_exec) => {
            return Err(system_error!(
                "module {text} specifies execution slots, but did not create a ModuleType instance"
            ));
        }
        None => {}
    }
    add_functions(&module, name, def.m_methods)?;
    // SAFETY: the definition's doc is null or a C string.
    set_doc(&module, unsafe { Text::new(def.m_doc) })?;
    Ok(module)
}

/// Checks that a C function gave an object or raised, and not both or neither.
pub(crate) fn check_made(
    made: Option<Obj>,
    name: &str,
    doing: &str,
    neither: &str,
    both: &str,
) -> PyResult<Obj> {
    match (made, PyErr::occurred()) {
        (Some(made), None) => Ok(made),
        (None, Some(error)) => Err(error),
        (None, None) => Err(system_error!("{doing} {name} {neither}")),
        (Some(_), Some(error)) => {
            let cause = error.take();
            Err(system_error!("{doing} {name} {both}").with_cause(cause))
        }
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyModule_FromDefAndSpec2(
    def: Option<&abi::PyModuleDef>,
    spec: Arg,
    _version: c_int,
) -> Out {
    run(|| from_def_and_spec(some(def)?, some(spec)?))
}

/// Runs the slots of a module of several phases.
pub(crate) fn exec_def(module: &PyModule, def: &abi::PyModuleDef) -> PyResult<()> {
    let name = module
        .name()?
        .map_or_else(String::new, |name| name.to_string_lossy());
    if def.m_size >= 0 && module.state().is_null() {
        let state = allocate_state(def.m_size)?;
        // SAFETY: definitions are static; the state was just allocated.
        unsafe { module.set_def(std::ptr::from_ref(def).cast_mut(), state) };
    }
    for row in slots(def) {
        if row.slot != abi::Py_mod_exec {
            continue;
        }
        // SAFETY: the slot holds a function of a module.
        let status = unsafe {
            let exec: unsafe extern "C" fn(Ptr) -> c_int = std::mem::transmute(row.value);
            exec(module.as_ptr())
        };
        match (status, PyErr::occurred()) {
            (0, None) => {}
            (0, Some(error)) => {
                let cause = error.take();
                return Err(system_error!(
                    "execution of module {name} raised unreported exception"
                )
                .with_cause(cause));
            }
            (_, Some(error)) => return Err(error),
            (_, None) => {
                return Err(system_error!(
                    "execution of module {name} failed without setting an exception"
                ));
            }
        }
    }
    Ok(())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyModule_ExecDef(module: Arg, def: Option<&abi::PyModuleDef>) -> c_int {
    run(|| exec_def(cast(module)?, some(def)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyModule_New(name: Text) -> Out {
    run(|| PyModule::new_object(&*name.name()?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyModule_NewObject(name: Arg) -> Out {
    run(|| PyModule::new_object(cast(name)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyModule_GetDict(module: Arg) -> Ptr {
    lend_result(cast::<PyModule>(module).map(|module| Some(module.dict().into_object())))
}

fn name_of(module: Arg) -> PyResult<Py<PyStr>> {
    let module = module
        .and_then(PyObject::downcast::<PyModule>)
        .ok_or_else(|| type_error!("bad argument type for built-in operation"))?;
    module
        .name()?
        .ok_or_else(|| system_error!("nameless module"))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyModule_GetNameObject(module: Arg) -> Out {
    run(|| name_of(module))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyModule_GetName(module: Arg) -> *const c_char {
    run(|| {
        // The module's dictionary keeps the name, which keeps its UTF-8.
        Ok(name_of(module)?.as_utf8()?.as_ptr().cast::<c_char>())
    })
}

fn file_of(module: Arg) -> PyResult<Py<PyStr>> {
    let module = cast::<PyModule>(module)?;
    let file = module.dict().get("__file__")?;
    file.and_then(|file| file.cast::<PyStr>().ok())
        .ok_or_else(|| system_error!("module filename missing"))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyModule_GetFilenameObject(module: Arg) -> Out {
    run(|| file_of(module))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyModule_GetFilename(module: Arg) -> *const c_char {
    run(|| Ok(file_of(module)?.as_utf8()?.as_ptr().cast::<c_char>()))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyModule_GetDef(module: Arg) -> *mut abi::PyModuleDef {
    run(|| Ok(cast::<PyModule>(module)?.def()))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyModule_GetState(module: Arg) -> *mut c_void {
    run(|| Ok(cast::<PyModule>(module)?.state()))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyModule_SetDocString(module: Arg, doc: Text) -> c_int {
    run(|| some(module)?.setattr_str("__doc__", &*doc.str()?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyModule_AddFunctions(
    module: Arg,
    functions: *const abi::PyMethodDef,
) -> c_int {
    run(|| {
        let name = name_of(module)?;
        add_functions(some(module)?, &name, functions)
    })
}

fn add(module: Arg, name: Text, value: Arg) -> PyResult<()> {
    let module = module
        .and_then(PyObject::downcast::<PyModule>)
        .ok_or_else(|| type_error!("PyModule_AddObjectRef() first argument must be a module"))?;
    let value = value.ok_or_else(|| {
        PyErr::occurred().unwrap_or_else(|| {
            system_error!(
                "PyModule_AddObjectRef() must be called with an exception raised if value is NULL"
            )
        })
    })?;
    module.dict().set_item(&*name.name()?, value)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyModule_AddObjectRef(module: Arg, name: Text, value: Arg) -> c_int {
    run(|| add(module, name, value))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyModule_Add(module: Arg, name: Text, value: Out) -> c_int {
    run(|| add(module, name, value.as_deref()))
}

/// The reference is taken only if it goes well.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyModule_AddObject(module: Arg, name: Text, value: Ptr) -> c_int {
    // SAFETY: the caller's object, or null.
    let status = run(|| add(module, name, unsafe { PyObject::from_ptr_opt(value) }));
    if status == 0 {
        // SAFETY: the reference is the function's now, and the module has one of its own.
        drop(unsafe { Obj::from_owned_ptr_opt(value) });
    }
    status
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyModule_AddIntConstant(module: Arg, name: Text, value: c_long) -> c_int {
    run(|| add(module, name, Some(&*PyLong::from_i64(value)?)))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyModule_AddStringConstant(module: Arg, name: Text, value: Text) -> c_int {
    run(|| add(module, name, Some(&*value.str()?)))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyModule_AddType(module: Arg, class: TypeArg) -> c_int {
    run(|| {
        let class = some(class)?;
        typeobject::ready_type(class)?;
        cast::<PyModule>(module)?.add(&class.name(), class)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyUnstable_Module_SetGIL(_module: Arg, _gil: *mut c_void) -> c_int {
    0
}

/// The place of a definition's module.
fn index_of(def: Option<&abi::PyModuleDef>) -> PyResult<usize> {
    let def = some(def)?;
    if !def.m_slots.is_null() {
        return Err(system_error!(
            "PyState functions are only for modules of one phase"
        ));
    }
    init_def(def);
    Ok(def.m_base.m_index.get() as usize)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyState_FindModule(def: Option<&abi::PyModuleDef>) -> Ptr {
    let Some(def) = def.filter(|def| def.m_slots.is_null()) else {
        return std::ptr::null_mut();
    };
    let by_index = modules().by_index.borrow();
    lend(
        by_index
            .get(def.m_base.m_index.get() as usize)
            .cloned()
            .flatten(),
    )
}

/// Remembers the module of a definition.
pub(crate) fn remember(module: &PyObject, def: &abi::PyModuleDef) -> PyResult<()> {
    let index = index_of(Some(def))?;
    let old = modules()
        .by_index
        .borrow_mut()
        .get_mut(index)
        .and_then(|place| place.replace(module.to_obj()));
    drop(old);
    Ok(())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyState_AddModule(module: Arg, def: Option<&abi::PyModuleDef>) -> c_int {
    run(|| remember(some(module)?, some(def)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyState_RemoveModule(def: Option<&abi::PyModuleDef>) -> c_int {
    run(|| {
        let index = index_of(def)?;
        let old = modules()
            .by_index
            .borrow_mut()
            .get_mut(index)
            .and_then(Option::take);
        drop(old);
        Ok(())
    })
}
