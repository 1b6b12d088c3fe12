//! `sliceobject.h`.

use std::cell::Cell;
use std::ffi::c_int;

use krait_runtime::{PySlice, none};

use crate::glue::*;

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PySlice_New(start: Arg, stop: Arg, step: Arg) -> Out {
    run(|| {
        PySlice::new(
            start.unwrap_or(none()),
            stop.unwrap_or(none()),
            step.unwrap_or(none()),
        )
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PySlice_Unpack(
    slice: Arg,
    start: Place<isize>,
    stop: Place<isize>,
    step: Place<isize>,
) -> c_int {
    run(|| {
        let (first, last, by) = cast::<PySlice>(slice)?.unpack()?;
        put(start, first);
        put(stop, last);
        put(step, by);
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PySlice_AdjustIndices(
    length: isize,
    start: Option<&Cell<isize>>,
    stop: Option<&Cell<isize>>,
    step: isize,
) -> isize {
    let (Some(start), Some(stop)) = (start, stop) else {
        return 0;
    };
    let range = krait_runtime::slice::adjust(start.get(), stop.get(), step, length.max(0) as usize);
    start.set(range.start);
    stop.set(range.stop);
    range.len as isize
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PySlice_GetIndicesEx(
    slice: Arg,
    length: isize,
    start: Place<isize>,
    stop: Place<isize>,
    step: Place<isize>,
    count: Place<isize>,
) -> c_int {
    run(|| {
        let range = cast::<PySlice>(slice)?.adjusted(length.max(0) as usize)?;
        put(start, range.start);
        put(stop, range.stop);
        put(step, range.step);
        put(count, range.len as isize);
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PySlice_GetIndices(
    slice: Arg,
    length: isize,
    start: Place<isize>,
    stop: Place<isize>,
    step: Place<isize>,
) -> c_int {
    run(|| {
        let (first, last, by) = cast::<PySlice>(slice)?.unpack()?;
        let wrap = |index: isize| {
            if index < 0 {
                index.saturating_add(length)
            } else {
                index
            }
        };
        put(start, wrap(first));
        put(stop, wrap(last).min(length));
        put(step, by);
        Ok(())
    })
}
