//! `errno`: the names of the system's error numbers.

use krait_runtime::{PyDict, PyLong, PyModule, PyResult, PyStr, pymodule};

pymodule! {
    pub ERRNO = "errno",
    "Standard errno system symbols, as ints, and the dictionary errorcode that names them.",
    functions: [],
    classes: [],
    exec: Some(exec)
}

fn exec(module: &PyModule) -> PyResult<()> {
    let (dict, codes) = (module.dict(), PyDict::new()?);
    for (name, number) in krait_host::errno::NAMES {
        let number = PyLong::from_i64(i64::from(*number))?;
        dict.set(name, &number)?;
        // Of two names for one number CPython knows this one by the other.
        if *name != "EWOULDBLOCK" {
            codes.set_item(&number, &*PyStr::intern(name)?)?;
        }
    }
    dict.set("errorcode", &codes)
}
