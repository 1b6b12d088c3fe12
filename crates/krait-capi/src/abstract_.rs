//! `abstract.h`: the protocols of objects, numbers, sequences, mappings and iterators.

use std::ffi::c_int;

use krait_abi as abi;
use krait_runtime::abstract_::{binary_op, inplace_op, is_instance, is_subclass};
use krait_runtime::{
    BinaryOp, Obj, Py, PyClass, PyDict, PyErr, PyList, PyLong, PyObject, PyResult, PySlice, PyStr,
    PyTuple, SendResult, exc, none, type_error, value_error,
};

use crate::glue::*;

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_Type(object: Arg) -> Out {
    run(|| Ok(some(object)?.type_().to_obj()))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_Size(object: Arg) -> isize {
    run(|| some(object)?.length())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_Length(object: Arg) -> isize {
    run(|| some(object)?.length())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_LengthHint(object: Arg, default: isize) -> isize {
    run(|| some(object)?.length_hint(default.max(0) as usize))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_GetItem(object: Arg, key: Arg) -> Out {
    run(|| some(object)?.get_item(some(key)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_SetItem(object: Arg, key: Arg, value: Arg) -> c_int {
    run(|| some(object)?.set_item(some(key)?, some(value)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_DelItem(object: Arg, key: Arg) -> c_int {
    run(|| some(object)?.del_item(some(key)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_DelItemString(object: Arg, key: Text) -> c_int {
    run(|| some(object)?.del_item(&*key.str()?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_Call(callable: Arg, args: Arg, kwargs: Arg) -> Out {
    run(|| {
        let kwargs = kwargs
            .map(|kwargs| cast::<PyDict>(Some(kwargs)))
            .transpose()?;
        some(callable)?.call_tuple(cast(args)?, kwargs)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_CallNoArgs(callable: Arg) -> Out {
    run(|| some(callable)?.call0())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_CallOneArg(callable: Arg, arg: Arg) -> Out {
    run(|| some(callable)?.call1(some(arg)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_CallObject(callable: Arg, args: Arg) -> Out {
    run(|| match args {
        None => some(callable)?.call0(),
        Some(args) => match args.downcast::<PyTuple>() {
            Some(args) => some(callable)?.call_tuple(args, None),
            None => Err(type_error!("argument list must be a tuple")),
        },
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_Vectorcall(
    callable: Arg,
    args: *const Ptr,
    nargsf: usize,
    kwnames: Arg,
) -> Out {
    run(|| {
        let kwnames = kwnames
            .map(|names| cast::<PyTuple>(Some(names)))
            .transpose()?;
        // SAFETY: the vectorcall contract is the caller's.
        unsafe { some(callable)?.vectorcall_raw(args, nargsf, kwnames) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_VectorcallDict(
    callable: Arg,
    args: *const Ptr,
    nargsf: usize,
    kwargs: Arg,
) -> Out {
    run(|| {
        let callable = some(callable)?;
        let count = nargsf & !krait_runtime::call::ARGUMENTS_OFFSET;
        match kwargs {
            // SAFETY: the vectorcall contract is the caller's.
            None => unsafe { callable.vectorcall_raw(args, nargsf, None) },
            Some(kwargs) => {
                // SAFETY: as above.
                let args = PyTuple::from_refs(unsafe { objects_of(args, count) })?;
                callable.call_tuple(&args, Some(cast(Some(kwargs))?))
            }
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_VectorcallMethod(
    name: Arg,
    args: *const Ptr,
    nargsf: usize,
    kwnames: Arg,
) -> Out {
    run(|| {
        let name = cast::<PyStr>(name)?;
        let kwnames = kwnames
            .map(|names| cast::<PyTuple>(Some(names)))
            .transpose()?;
        let count = nargsf & !krait_runtime::call::ARGUMENTS_OFFSET;
        if count == 0 {
            return Err(bad_call());
        }
        // SAFETY: the vectorcall contract is the caller's; the first argument is self.
        unsafe {
            let this = PyObject::from_ptr(*args);
            let keywords = kwnames.map_or(0, PyTuple::len);
            match this.get_method(name)? {
                krait_runtime::Method::Unbound(function) => {
                    function.vectorcall_raw(args, count, kwnames)
                }
                // The slot of self may be overwritten while the function runs.
                krait_runtime::Method::OfClass(function, class) => {
                    let mut all = std::slice::from_raw_parts(args, count + keywords).to_vec();
                    all[0] = class.as_ptr();
                    function.vectorcall_raw(all.as_ptr(), count, kwnames)
                }
                krait_runtime::Method::Bound(function) => {
                    function.vectorcall_raw(args.add(1), count - 1, kwnames)
                }
            }
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyVectorcall_NARGS(nargsf: usize) -> isize {
    (nargsf & !krait_runtime::call::ARGUMENTS_OFFSET) as isize
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyVectorcall_Call(callable: Ptr, args: Ptr, kwargs: Ptr) -> Ptr {
    // SAFETY: the contract of `tp_call` is the caller's.
    unsafe { krait_runtime::call::vectorcall_call(callable, args, kwargs) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyVectorcall_Function(callable: Arg) -> Option<abi::vectorcallfunc> {
    callable?.vectorcall_func()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_Format(object: Arg, spec: Arg) -> Out {
    run(|| {
        let spec = match spec {
            Some(spec) => match spec.downcast::<PyStr>() {
                Some(spec) => PyClass::to_owned(spec),
                None => {
                    return Err(krait_runtime::system_error!(
                        "Format specifier must be a string, not {}",
                        spec.type_name()
                    ));
                }
            },
            None => PyStr::new("")?,
        };
        some(object)?.format(&spec)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_GetIter(object: Arg) -> Out {
    run(|| some(object)?.iter())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_GetAIter(object: Arg) -> Out {
    run(|| {
        let object = some(object)?;
        // SAFETY: a suite lives as long as its class; the slot takes an instance.
        let made = unsafe {
            let suite = object.type_().raw().tp_as_async.get().as_ref();
            suite
                .and_then(|suite| suite.am_aiter.get())
                .map(|slot| krait_runtime::call::result_from_ptr(slot(object.as_ptr())))
        };
        made.unwrap_or_else(|| {
            Err(type_error!(
                "'{}' object is not an async iterable",
                object.type_name()
            ))
        })
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyIter_Check(object: Arg) -> c_int {
    c_int::from(object.is_some_and(PyObject::is_iterator))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyAIter_Check(object: Arg) -> c_int {
    // SAFETY: a suite lives as long as its class.
    c_int::from(object.is_some_and(|object| unsafe {
        object
            .type_()
            .raw()
            .tp_as_async
            .get()
            .as_ref()
            .is_some_and(|suite| suite.am_anext.get().is_some())
    }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyIter_Next(iterator: Arg) -> Out {
    // The end is null without an exception.
    some(iterator).and_then(PyObject::iter_next).ok().flatten()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyIter_NextItem(iterator: Arg, item: Place<Out>) -> c_int {
    give_optional(item, some(iterator).and_then(PyObject::iter_next))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyIter_Send(iterator: Arg, value: Arg, result: Place<Out>) -> c_int {
    match some(iterator).and_then(|iterator| iterator.send(value.unwrap_or(none()))) {
        Ok(SendResult::Next(value)) => {
            put(result, Some(value));
            abi::PYGEN_NEXT
        }
        Ok(SendResult::Return(value)) => {
            put(result, Some(value));
            abi::PYGEN_RETURN
        }
        Err(_) => {
            put(result, None);
            abi::PYGEN_ERROR
        }
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PySequence_Check(object: Arg) -> c_int {
    c_int::from(object.is_some_and(PyObject::is_sequence))
}

/// The length by the sequence's own slot: a mapping has none.
fn sequence_length(object: Arg) -> PyResult<usize> {
    let object = some(object)?;
    // SAFETY: suites live as long as their class.
    let (as_sequence, as_mapping) = unsafe {
        let raw = object.type_().raw();
        (
            raw.tp_as_sequence
                .get()
                .as_ref()
                .and_then(|suite| suite.sq_length.get()),
            raw.tp_as_mapping
                .get()
                .as_ref()
                .and_then(|suite| suite.mp_length.get()),
        )
    };
    if as_sequence.is_none() && as_mapping.is_some() {
        return Err(type_error!("{} is not a sequence", object.type_name()));
    }
    object.length()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PySequence_Size(object: Arg) -> isize {
    run(|| sequence_length(object))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PySequence_Length(object: Arg) -> isize {
    run(|| sequence_length(object))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PySequence_Concat(left: Arg, right: Arg) -> Out {
    run(|| some(left)?.sequence_concat(some(right)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PySequence_InPlaceConcat(left: Arg, right: Arg) -> Out {
    run(|| {
        let (left, right) = (some(left)?, some(right)?);
        if left.is_sequence() {
            inplace_op(left, right, BinaryOp::Add)
        } else {
            left.sequence_concat(right)
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PySequence_Repeat(object: Arg, count: isize) -> Out {
    run(|| sequence_repeat(object, count, binary_op))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PySequence_InPlaceRepeat(object: Arg, count: isize) -> Out {
    run(|| sequence_repeat(object, count, inplace_op))
}

fn sequence_repeat(
    object: Arg,
    count: isize,
    operate: fn(&PyObject, &PyObject, BinaryOp) -> PyResult<Obj>,
) -> PyResult<Obj> {
    let object = some(object)?;
    if !object.is_sequence() {
        return Err(type_error!(
            "'{}' object can't be repeated",
            object.type_name()
        ));
    }
    operate(
        object,
        &*PyLong::from_i64(count as i64)?,
        BinaryOp::Multiply,
    )
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PySequence_GetItem(object: Arg, index: isize) -> Out {
    run(|| some(object)?.sequence_get(index))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PySequence_SetItem(object: Arg, index: isize, value: Arg) -> c_int {
    run(|| some(object)?.sequence_set(index, value))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PySequence_DelItem(object: Arg, index: isize) -> c_int {
    run(|| some(object)?.sequence_set(index, None))
}

fn slice(start: isize, stop: isize) -> PyResult<Py<PySlice>> {
    PySlice::new(
        &*PyLong::from_i64(start as i64)?,
        &*PyLong::from_i64(stop as i64)?,
        none(),
    )
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PySequence_GetSlice(object: Arg, start: isize, stop: isize) -> Out {
    run(|| some(object)?.get_item(&*slice(start, stop)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PySequence_SetSlice(
    object: Arg,
    start: isize,
    stop: isize,
    value: Arg,
) -> c_int {
    run(|| some(object)?.set_item(&*slice(start, stop)?, some(value)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PySequence_DelSlice(object: Arg, start: isize, stop: isize) -> c_int {
    run(|| some(object)?.del_item(&*slice(start, stop)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PySequence_Contains(object: Arg, value: Arg) -> c_int {
    run(|| some(object)?.contains(some(value)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PySequence_In(object: Arg, value: Arg) -> c_int {
    run(|| some(object)?.contains(some(value)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PySequence_Count(object: Arg, value: Arg) -> isize {
    run(|| {
        let (object, value) = (some(object)?, some(value)?);
        let mut count = 0usize;
        for item in object.try_iter()? {
            count += usize::from(item?.eq(value)?);
        }
        Ok(count)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PySequence_Index(object: Arg, value: Arg) -> isize {
    run(|| {
        let (object, value) = (some(object)?, some(value)?);
        for (index, item) in object.try_iter()?.enumerate() {
            if item?.eq(value)? {
                return Ok(index);
            }
        }
        Err(value_error!("sequence.index(x): x not in sequence"))
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PySequence_List(object: Arg) -> Out {
    run(|| PyList::from_vec(some(object)?.to_vec()?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PySequence_Tuple(object: Arg) -> Out {
    run(|| {
        let object = some(object)?;
        if object.is_exact::<PyTuple>() {
            return Ok(object.to_obj());
        }
        PyTuple::from_vec(object.to_vec()?).map(Py::into_object)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PySequence_Fast(object: Arg, message: Text) -> Out {
    run(|| {
        let object = some(object)?;
        if object.is_exact::<PyTuple>() || object.is_exact::<PyList>() {
            return Ok(object.to_obj());
        }
        let iterator = object.iter().map_err(|error| {
            if error.matches(&exc::TypeError) {
                error.clear();
                return PyErr::new(&exc::TypeError, message.lossy());
            }
            error
        })?;
        PyList::from_vec(iterator.to_vec()?).map(Py::into_object)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyMapping_Check(object: Arg) -> c_int {
    c_int::from(object.is_some_and(PyObject::is_mapping))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyMapping_Size(object: Arg) -> isize {
    run(|| some(object)?.length())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyMapping_Length(object: Arg) -> isize {
    run(|| some(object)?.length())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyMapping_GetItemString(object: Arg, key: Text) -> Out {
    run(|| some(object)?.get_item(&*key.str()?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyMapping_SetItemString(object: Arg, key: Text, value: Arg) -> c_int {
    run(|| some(object)?.set_item(&*key.str()?, some(value)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyMapping_GetOptionalItem(
    object: Arg,
    key: Arg,
    result: Place<Out>,
) -> c_int {
    give_optional(
        result,
        some(object).and_then(|object| object.lookup_item(some(key)?)),
    )
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyMapping_GetOptionalItemString(
    object: Arg,
    key: Text,
    result: Place<Out>,
) -> c_int {
    give_optional(
        result,
        some(object).and_then(|object| object.lookup_item(&*key.str()?)),
    )
}

fn has_key(object: Arg, key: PyResult<Obj>) -> PyResult<bool> {
    Ok(some(object)?.lookup_item(&*key?)?.is_some())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyMapping_HasKeyWithError(object: Arg, key: Arg) -> c_int {
    run(|| has_key(object, some(key).map(PyClass::to_obj)))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyMapping_HasKeyStringWithError(object: Arg, key: Text) -> c_int {
    run(|| has_key(object, key.str().map(Py::into_object)))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyMapping_HasKey(object: Arg, key: Arg) -> c_int {
    or_unraisable(
        has_key(object, some(key).map(PyClass::to_obj)),
        "in PyMapping_HasKey()",
    )
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyMapping_HasKeyString(object: Arg, key: Text) -> c_int {
    or_unraisable(
        has_key(object, key.str().map(Py::into_object)),
        "in PyMapping_HasKeyString()",
    )
}

/// `keys()` and its kin, as a list.
fn mapping_list(object: Arg, method: &'static str) -> PyResult<Obj> {
    let view = some(object)?.call_method_str(method, &[])?;
    let items = view.to_vec_or(&format!(
        "{}.{method}() returned a non-iterable (type {})",
        some(object)?.type_name(),
        view.type_name()
    ))?;
    PyList::from_vec(items).map(Py::into_object)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyMapping_Keys(object: Arg) -> Out {
    run(|| mapping_list(object, "keys"))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyMapping_Values(object: Arg) -> Out {
    run(|| mapping_list(object, "values"))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyMapping_Items(object: Arg) -> Out {
    run(|| mapping_list(object, "items"))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_IsInstance(object: Arg, class: Arg) -> c_int {
    run(|| is_instance(some(object)?, some(class)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_IsSubclass(derived: Arg, class: Arg) -> c_int {
    run(|| is_subclass(some(derived)?, some(class)?))
}
