//! `datetime.h`: the table that `PyDateTime_IMPORT` gets from a capsule.
//!
//! The table is made when it is first asked for, from the classes of the `datetime` module; these must be
//! native ones, because C code reads their structs.

use std::ffi::c_int;

use krait_abi as abi;
use krait_runtime::capsule::PyCapsule;
use krait_runtime::{
    Obj, Py, PyClass, PyLong, PyObject, PyResult, PyStr, PyType, attribute_error, none,
};

use crate::glue::*;

type Class<'a> = TypeArg<'a>;

/// Calls a class with small numbers, then perhaps a zone, then perhaps `fold`.
fn make(class: Class, numbers: &[c_int], zone: Arg, fold: Option<c_int>) -> PyResult<Obj> {
    let mut parts = numbers
        .iter()
        .map(|&number| PyLong::from_i64(i64::from(number)).map(Py::into_object))
        .collect::<PyResult<Vec<_>>>()?;
    parts.extend(zone.map(PyClass::to_obj));
    let parts: Vec<&PyObject> = parts.iter().map(|part| &**part).collect();
    let class = some(class)?.as_object();
    match fold {
        Some(fold) if fold != 0 => {
            let fold = PyLong::from_i64(i64::from(fold))?;
            class.call_kw(&parts, &[("fold", &*fold)])
        }
        _ => class.call(&parts),
    }
}

unsafe extern "C" fn date(year: c_int, month: c_int, day: c_int, class: Class) -> Out {
    run(|| make(class, &[year, month, day], None, None))
}

unsafe extern "C" fn datetime(
    year: c_int,
    month: c_int,
    day: c_int,
    hour: c_int,
    minute: c_int,
    second: c_int,
    microsecond: c_int,
    zone: Arg,
    class: Class,
) -> Out {
    run(|| {
        make(
            class,
            &[year, month, day, hour, minute, second, microsecond],
            Some(zone.unwrap_or(none())),
            None,
        )
    })
}

unsafe extern "C" fn datetime_fold(
    year: c_int,
    month: c_int,
    day: c_int,
    hour: c_int,
    minute: c_int,
    second: c_int,
    microsecond: c_int,
    zone: Arg,
    fold: c_int,
    class: Class,
) -> Out {
    run(|| {
        let numbers = [year, month, day, hour, minute, second, microsecond];
        make(class, &numbers, Some(zone.unwrap_or(none())), Some(fold))
    })
}

unsafe extern "C" fn time(
    hour: c_int,
    minute: c_int,
    second: c_int,
    microsecond: c_int,
    zone: Arg,
    class: Class,
) -> Out {
    run(|| {
        make(
            class,
            &[hour, minute, second, microsecond],
            Some(zone.unwrap_or(none())),
            None,
        )
    })
}

unsafe extern "C" fn time_fold(
    hour: c_int,
    minute: c_int,
    second: c_int,
    microsecond: c_int,
    zone: Arg,
    fold: c_int,
    class: Class,
) -> Out {
    run(|| {
        make(
            class,
            &[hour, minute, second, microsecond],
            Some(zone.unwrap_or(none())),
            Some(fold),
        )
    })
}

unsafe extern "C" fn delta(
    days: c_int,
    seconds: c_int,
    microseconds: c_int,
    _normalize: c_int,
    class: Class,
) -> Out {
    run(|| make(class, &[days, seconds, microseconds], None, None))
}

unsafe extern "C" fn timezone(offset: Arg, name: Arg) -> Out {
    run(|| {
        let class = crate::import::import_name("datetime")?.getattr_str("timezone")?;
        match name {
            Some(name) => class.call(&[some(offset)?, name]),
            None => class.call1(some(offset)?),
        }
    })
}

unsafe extern "C" fn from_timestamp(class: Arg, args: Arg, kwargs: Arg) -> Out {
    run(|| {
        let kwargs = kwargs.map(|kwargs| cast(Some(kwargs))).transpose()?;
        some(class)?
            .getattr_str("fromtimestamp")?
            .call_tuple(cast(args)?, kwargs)
    })
}

unsafe extern "C" fn date_from_timestamp(class: Arg, args: Arg) -> Out {
    run(|| {
        some(class)?
            .getattr_str("fromtimestamp")?
            .call_tuple(cast(args)?, None)
    })
}

/// The module's table in a capsule.
pub(crate) fn capsule() -> PyResult<Obj> {
    let module = crate::import::import_name("datetime")?;
    let class = |name: &str| -> PyResult<*mut abi::PyTypeObject> {
        let class = module.getattr_str(name)?;
        match class.downcast::<PyType>() {
            // A native class is never freed.
            Some(class) if !class.is_heap_type() => Ok(class.as_type_ptr()),
            _ => Err(attribute_error!(
                "datetime.datetime_CAPI needs a datetime module in native code, and {name} is a Python class"
            )),
        }
    };
    let utc = module.getattr_str("timezone")?.getattr_str("utc")?;
    // SAFETY: each function is as its field says: the arguments are pointers, whatever Rust calls them.
    let table = unsafe {
        use std::mem::transmute;
        abi::PyDateTime_CAPI {
            DateType: class("date")?,
            DateTimeType: class("datetime")?,
            TimeType: class("time")?,
            DeltaType: class("timedelta")?,
            TZInfoType: class("tzinfo")?,
            // The table keeps its reference for good.
            TimeZone_UTC: utc.into_ptr(),
            Date_FromDate: transmute::<*const (), Option<_>>(date as *const ()),
            DateTime_FromDateAndTime: transmute::<*const (), Option<_>>(datetime as *const ()),
            Time_FromTime: transmute::<*const (), Option<_>>(time as *const ()),
            Delta_FromDelta: transmute::<*const (), Option<_>>(delta as *const ()),
            TimeZone_FromTimeZone: transmute::<*const (), Option<_>>(timezone as *const ()),
            DateTime_FromTimestamp: transmute::<*const (), Option<_>>(from_timestamp as *const ()),
            Date_FromTimestamp: transmute::<*const (), Option<_>>(date_from_timestamp as *const ()),
            DateTime_FromDateAndTimeAndFold: transmute::<*const (), Option<_>>(
                datetime_fold as *const (),
            ),
            Time_FromTimeAndFold: transmute::<*const (), Option<_>>(time_fold as *const ()),
        }
    };
    let table = Box::leak(Box::new(table));
    // SAFETY: the name is a constant.
    let capsule = unsafe {
        PyCapsule::new(
            std::ptr::from_mut(table).cast(),
            c"datetime.datetime_CAPI".as_ptr(),
            None,
        )
    }?;
    module.setattr(&*PyStr::intern("datetime_CAPI")?, Some(&capsule))?;
    Ok(capsule.into_object())
}
