//! `pybuffer.h` and `memoryobject.h`.

use std::ffi::{c_char, c_int, c_void};

use krait_abi as abi;
use krait_runtime::buffer::{self, BufferView};
use krait_runtime::memoryview::PyMemoryView;
use krait_runtime::{Py, PyBytes, PyClass, PyObject, PyResult, buffer_error, none, type_error};

use crate::glue::*;

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_CheckBuffer(object: Arg) -> c_int {
    c_int::from(object.is_some_and(PyObject::has_buffer))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_GetBuffer(
    object: Arg,
    view: *mut abi::Py_buffer,
    flags: c_int,
) -> c_int {
    run(|| {
        let object = some(object)?;
        // SAFETY: a suite lives as long as its class.
        let suite = unsafe { object.type_().raw().tp_as_buffer.get().as_ref() };
        let Some(get) = suite.and_then(|suite| suite.bf_getbuffer.get()) else {
            return Err(type_error!(
                "a bytes-like object is required, not '{}'",
                object.type_().tp_name()
            ));
        };
        // SAFETY: the slot fills the caller's view, which it may use until it releases it.
        if unsafe { get(object.as_ptr(), view, flags) } < 0 {
            return Err(krait_runtime::PyErr::fetch());
        }
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyBuffer_Release(view: *mut abi::Py_buffer) {
    if !view.is_null() {
        // SAFETY: the caller's view, filled or with a null exporter.
        unsafe { buffer::release(view) };
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyBuffer_FillInfo(
    view: *mut abi::Py_buffer,
    exporter: Arg,
    data: *mut c_void,
    size: isize,
    readonly: c_int,
    flags: c_int,
) -> c_int {
    run(|| {
        if view.is_null() {
            return Err(buffer_error!(
                "PyBuffer_FillInfo: view==NULL argument is obsolete"
            ));
        }
        // SAFETY: the caller's view, which may hold anything: every field is set.
        let view = unsafe {
            view.write(abi::Py_buffer::EMPTY);
            &mut *view
        };
        let placeholder = exporter.unwrap_or(none());
        buffer::fill_info(
            view,
            placeholder,
            data.cast(),
            size.max(0) as usize,
            readonly != 0,
            flags,
        )?;
        if exporter.is_none() {
            // Immortal `None` stood in for no exporter.
            view.obj.set(std::ptr::null_mut());
        }
        Ok(())
    })
}

/// One dimension of a view.
fn dimensions(view: &abi::Py_buffer) -> Vec<(isize, isize)> {
    let count = view.ndim.get().max(0) as usize;
    let (shape, strides) = (view.shape.get(), view.strides.get());
    let mut dims = Vec::with_capacity(count);
    for index in 0..count {
        // SAFETY: the arrays, where there are any, have an entry a dimension.
        let (size, stride) = unsafe {
            let size = if shape.is_null() {
                view.len.get() / view.itemsize.get().max(1)
            } else {
                *shape.add(index)
            };
            (
                size,
                if strides.is_null() {
                    None
                } else {
                    Some(*strides.add(index))
                },
            )
        };
        dims.push((size, stride.unwrap_or(0)));
    }
    if strides.is_null() {
        let mut stride = view.itemsize.get();
        for dim in dims.iter_mut().rev() {
            dim.1 = stride;
            stride *= dim.0;
        }
    }
    dims
}

/// Whether the items lie without gaps in C's (`C`) or Fortran's (`F`) order, or in either (`A`).
fn is_contiguous(view: &abi::Py_buffer, order: u8) -> bool {
    if !view.suboffsets.get().is_null() {
        return false;
    }
    let dims = dimensions(view);
    if view.len.get() == 0 || view.strides.get().is_null() && (order != b'F' || dims.len() <= 1) {
        return true;
    }
    let packed = |dims: &mut dyn Iterator<Item = &(isize, isize)>| {
        let mut expected = view.itemsize.get();
        for &(size, stride) in dims {
            if size > 1 && stride != expected {
                return false;
            }
            expected *= size;
        }
        true
    };
    match order {
        b'C' => packed(&mut dims.iter().rev()),
        b'F' => packed(&mut dims.iter()),
        b'A' => packed(&mut dims.iter().rev()) || packed(&mut dims.iter()),
        _ => false,
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyBuffer_IsContiguous(view: &abi::Py_buffer, order: c_char) -> c_int {
    c_int::from(is_contiguous(view, order as u8))
}

/// The address of an item.
///
/// # Safety
/// The indices are within the view, an index a dimension.
unsafe fn item_at(view: &abi::Py_buffer, dims: &[(isize, isize)], indices: &[isize]) -> *mut u8 {
    let mut pointer = view.buf.get().cast::<u8>();
    let suboffsets = view.suboffsets.get();
    for (place, (&index, &(_, stride))) in indices.iter().zip(dims).enumerate() {
        // SAFETY: the caller's contract: the exporter describes its own memory.
        unsafe {
            pointer = pointer.offset(index * stride);
            if !suboffsets.is_null() && *suboffsets.add(place) >= 0 {
                pointer = pointer
                    .cast::<*mut u8>()
                    .read()
                    .offset(*suboffsets.add(place));
            }
        }
    }
    pointer
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyBuffer_GetPointer(
    view: &abi::Py_buffer,
    indices: *const isize,
) -> *mut c_void {
    let dims = dimensions(view);
    // SAFETY: the caller's indices, one a dimension.
    unsafe {
        let indices: Vec<isize> = (0..dims.len()).map(|place| *indices.add(place)).collect();
        item_at(view, &dims, &indices).cast()
    }
}

/// Calls `visit` with the address of each item, the last (`C`) or first (`F`) index fastest.
fn each_item(view: &abi::Py_buffer, order: u8, mut visit: impl FnMut(*mut u8)) {
    let dims = dimensions(view);
    if dims.iter().any(|&(size, _)| size == 0) {
        return;
    }
    let mut indices = vec![0isize; dims.len()];
    loop {
        // SAFETY: each index stays below its dimension's size.
        visit(unsafe { item_at(view, &dims, &indices) });
        let mut advance = |place: usize| {
            indices[place] += 1;
            if indices[place] < dims[place].0 {
                return true;
            }
            indices[place] = 0;
            false
        };
        let moved = if order == b'F' {
            (0..dims.len()).any(&mut advance)
        } else {
            (0..dims.len()).rev().any(&mut advance)
        };
        if !moved {
            return;
        }
    }
}

/// C's order unless Fortran's is asked for; `A` keeps what the view has.
fn copy_order(view: &abi::Py_buffer, order: c_char) -> u8 {
    match order as u8 {
        b'A' if is_contiguous(view, b'F') && !is_contiguous(view, b'C') => b'F',
        b'F' => b'F',
        _ => b'C',
    }
}

/// The view's bytes without gaps.
fn to_contiguous(view: &abi::Py_buffer, order: c_char) -> Vec<u8> {
    let size = view.itemsize.get().max(1) as usize;
    let mut bytes = Vec::with_capacity(view.len.get().max(0) as usize);
    each_item(view, copy_order(view, order), |item| {
        // SAFETY: an item of the view.
        bytes.extend_from_slice(unsafe { std::slice::from_raw_parts(item, size) });
    });
    bytes
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyBuffer_ToContiguous(
    to: *mut c_void,
    view: &abi::Py_buffer,
    size: isize,
    order: c_char,
) -> c_int {
    run(|| {
        if size != view.len.get() {
            return Err(krait_runtime::value_error!(
                "PyBuffer_ToContiguous: len != view->len"
            ));
        }
        let bytes = to_contiguous(view, order);
        // SAFETY: the caller's memory has the view's size.
        unsafe {
            to.cast::<u8>()
                .copy_from_nonoverlapping(bytes.as_ptr(), bytes.len())
        };
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyBuffer_FromContiguous(
    view: &abi::Py_buffer,
    from: *const c_void,
    size: isize,
    order: c_char,
) -> c_int {
    let item = view.itemsize.get().max(1) as usize;
    let total = size.min(view.len.get()).max(0) as usize;
    let mut done = 0;
    each_item(view, copy_order(view, order), |target| {
        if done + item <= total {
            // SAFETY: an item of the view, and bytes that the caller has.
            unsafe { target.copy_from(from.cast::<u8>().add(done), item) };
            done += item;
        }
    });
    0
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_CopyData(to: Arg, from: Arg) -> c_int {
    run(|| {
        let (to, from) = (some(to)?, some(from)?);
        if !to.has_buffer() || !from.has_buffer() {
            return Err(type_error!(
                "both destination and source must be bytes-like objects"
            ));
        }
        let target = to.buffer(abi::PyBUF_FULL)?;
        let source = from.buffer(abi::PyBUF_FULL_RO)?;
        if target.len() < source.len() {
            return Err(buffer_error!(
                "destination is too small to receive data from source"
            ));
        }
        let bytes = to_contiguous(source.raw(), b'C' as c_char);
        let (mut done, item) = (0, target.raw().itemsize.get().max(1) as usize);
        each_item(target.raw(), b'C', |place| {
            if let Some(part) = bytes.get(done..done + item) {
                // SAFETY: an item of the target.
                unsafe { place.copy_from(part.as_ptr(), item) };
                done += item;
            }
        });
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyBuffer_FillContiguousStrides(
    count: c_int,
    shape: *const isize,
    strides: *mut isize,
    itemsize: isize,
    order: c_char,
) {
    let count = count.max(0) as usize;
    let mut stride = itemsize;
    for step in 0..count {
        let place = if order as u8 == b'F' {
            step
        } else {
            count - 1 - step
        };
        // SAFETY: the caller's arrays have an entry a dimension.
        unsafe {
            strides.add(place).write(stride);
            stride *= *shape.add(place);
        }
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyBuffer_SizeFromFormat(format: Text) -> isize {
    run(|| {
        let size = crate::import::import_name("struct")?
            .call_method_str("calcsize", &[&*format.str()?])?;
        size.as_isize(None)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyMemoryView_FromObject(object: Arg) -> Out {
    run(|| PyMemoryView::from_object(some(object)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyMemoryView_FromBuffer(view: Option<&abi::Py_buffer>) -> Out {
    run(|| {
        let view = some(view)?;
        if view.buf.get().is_null() {
            return Err(krait_runtime::value_error!(
                "PyMemoryView_FromBuffer(): info->buf must not be NULL"
            ));
        }
        // SAFETY: the memory outlives the memoryview, as C's documentation demands.
        PyMemoryView::from_buffer(unsafe { BufferView::unowned(view) })
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyMemoryView_FromMemory(
    memory: *mut c_char,
    size: isize,
    flags: c_int,
) -> Out {
    run(|| {
        let mut view = abi::Py_buffer::EMPTY;
        let readonly = flags != abi::PyBUF_WRITE;
        buffer::fill_info(
            &mut view,
            none(),
            memory.cast(),
            size.max(0) as usize,
            readonly,
            abi::PyBUF_FULL_RO,
        )?;
        // Immortal `None` stood in for no exporter.
        view.obj.set(std::ptr::null_mut());
        // SAFETY: the memory outlives the memoryview, as C's documentation demands.
        let mut buffer = unsafe { BufferView::unowned(&view) };
        buffer.point_at_itself();
        PyMemoryView::from_buffer(buffer)
    })
}

/// A contiguous memoryview of an object, a copy if need be.
fn contiguous(object: Arg, kind: c_int, order: c_char) -> PyResult<Py<PyMemoryView>> {
    let object = some(object)?;
    let view = PyMemoryView::from_object(object)?;
    let buffer = view.as_object().buffer(abi::PyBUF_FULL_RO)?;
    if kind == abi::PyBUF_WRITE && buffer.is_readonly() {
        return Err(buffer_error!("underlying buffer is not writable"));
    }
    if is_contiguous(buffer.raw(), order as u8) {
        return Ok(view);
    }
    if kind == abi::PyBUF_WRITE {
        return Err(buffer_error!(
            "writable contiguous buffer requested for a non-contiguous object."
        ));
    }
    PyMemoryView::from_object(&*PyBytes::new(&to_contiguous(buffer.raw(), order))?)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyMemoryView_GetContiguous(
    object: Arg,
    kind: c_int,
    order: c_char,
) -> Out {
    run(|| contiguous(object, kind, order))
}
