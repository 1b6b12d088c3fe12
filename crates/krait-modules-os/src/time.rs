//! `time`: clocks, calendars, sleep.

mod calendar;
mod clocks;

use krait_runtime::{IntoPy, PyDict, PyModule, PyResult, pymodule};

use crate::common::{add_ints, constants};

pymodule! {
    pub TIME = "time",
    "This module provides various functions to manipulate time values.\n\nThere are two standard representations of time.  One is the number\nof seconds since the Epoch, in UTC (a.k.a. GMT).  It may be an integer\nor a floating-point number (to represent fractions of seconds).\n\nThe other representation is a tuple of 9 integers giving local time.",
    functions: [
        clocks::time, clocks::time_ns, clocks::monotonic, clocks::monotonic_ns,
        clocks::perf_counter, clocks::perf_counter_ns, clocks::process_time,
        clocks::process_time_ns, clocks::thread_time, clocks::thread_time_ns,
        clocks::clock_gettime, clocks::clock_gettime_ns, clocks::clock_settime,
        clocks::clock_settime_ns, clocks::clock_getres, clocks::pthread_getcpuclockid,
        clocks::get_clock_info, clocks::sleep,
        calendar::gmtime, calendar::localtime, calendar::asctime, calendar::ctime,
        calendar::mktime, calendar::strftime, calendar::strptime, calendar::tzset,
    ],
    classes: [],
    exec: Some(exec)
}

fn exec(module: &PyModule) -> PyResult<()> {
    let dict = module.dict();
    dict.set("struct_time", calendar::STRUCT_TIME.class()?)?;
    add_ints(&dict, &[("_STRUCT_TM_ITEMS", 11)])?;
    constants!(
        &dict,
        CLOCK_BOOTTIME CLOCK_MONOTONIC CLOCK_MONOTONIC_RAW CLOCK_PROCESS_CPUTIME_ID CLOCK_REALTIME
        CLOCK_TAI CLOCK_THREAD_CPUTIME_ID
    )?;
    add_zone(&dict)
}

/// Sets `timezone`, `altzone`, `daylight` and `tzname` from how January and July are this year.
fn add_zone(dict: &PyDict) -> PyResult<()> {
    const YEAR: i64 = (365 * 24 + 6) * 3600;
    krait_host::time::tzset();
    let now = krait_host::time::clock_gettime(libc::CLOCK_REALTIME).map_or(0, |now| now.sec);
    let january = now / YEAR * YEAR;
    let half = |at: i64| {
        let parts = krait_host::time::localtime(at).unwrap_or_default();
        (-parts.gmtoff, parts.zone.to_string_lossy().into_owned())
    };
    let ((winter, winter_name), (summer, summer_name)) = (half(january), half(january + YEAR / 2));
    // South of the equator July is the winter.
    let (standard, standard_name, saving, saving_name) = if winter < summer {
        (summer, summer_name, winter, winter_name)
    } else {
        (winter, winter_name, summer, summer_name)
    };
    let rows = [
        ("timezone", standard),
        ("altzone", saving),
        ("daylight", i64::from(standard != saving)),
    ];
    add_ints(dict, &rows)?;
    dict.set("tzname", &*(standard_name, saving_name).into_py()?)
}
