//! What the command line and the environment decide about `sys`.

use krait_runtime::object::{Obj, Py, PyClass};
use krait_runtime::state::Flags;
use krait_runtime::{
    Interpreter, PyDict, PyList, PyLong, PyResult, PyStr, PyTuple, bool_object, none,
};

use super::info::{FLAGS, string_list};

/// The values; paths are strings already, decoded as file names are.
pub struct SysConfig {
    /// `sys.argv`.
    pub argv: Vec<Py<PyStr>>,
    /// `sys.orig_argv`.
    pub orig_argv: Vec<Py<PyStr>>,
    /// `sys.executable`.
    pub executable: Py<PyStr>,
    /// `sys._base_executable`.
    pub base_executable: Py<PyStr>,
    /// `sys.prefix` and `sys.exec_prefix`.
    pub prefix: Py<PyStr>,
    /// `sys.base_prefix` and `sys.base_exec_prefix`: outside of any virtual environment.
    pub base_prefix: Py<PyStr>,
    /// `sys.path`, without what `site` adds.
    pub path: Vec<Py<PyStr>>,
    /// `sys._stdlib_dir`.
    pub stdlib_dir: Py<PyStr>,
    /// `sys._home`: `PYTHONHOME`.
    pub home: Option<Py<PyStr>>,
    /// `sys.pycache_prefix`.
    pub pycache_prefix: Option<Py<PyStr>>,
    /// `sys.warnoptions`.
    pub warnoptions: Vec<Py<PyStr>>,
    /// `sys._xoptions`: name and value.
    pub xoptions: Vec<(Py<PyStr>, Option<Py<PyStr>>)>,
    /// `sys.builtin_module_names`, sorted.
    pub builtin_module_names: Vec<&'static str>,
}

/// `sys.flags` of these flags.
fn flags_object(flags: &Flags) -> PyResult<Obj> {
    let int = |value: i32| Ok(PyLong::from_i64(value.into())?.into_object());
    let bool = |value: bool| bool_object(value).to_obj();
    FLAGS.make(vec![
        int(flags.debug)?,
        int(flags.inspect)?,
        int(flags.interactive)?,
        int(flags.optimize)?,
        int(flags.dont_write_bytecode)?,
        int(flags.no_user_site)?,
        int(flags.no_site)?,
        int(flags.ignore_environment)?,
        int(flags.verbose)?,
        int(flags.bytes_warning)?,
        int(flags.quiet)?,
        int(flags.hash_randomization)?,
        int(flags.isolated)?,
        bool(flags.dev_mode),
        int(flags.utf8_mode)?,
        int(flags.warn_default_encoding)?,
        bool(flags.safe_path),
        int(flags.int_max_str_digits)?,
        // The lock is always on.
        int(1)?,
        int(flags.thread_inherit_context)?,
        int(flags.context_aware_warnings)?,
    ])
}

/// Sets the attributes of `sys` that depend on the configuration.
pub fn update_config(dict: &PyDict, config: &SysConfig) -> PyResult<()> {
    let flags = Interpreter::current().flags.borrow().clone();
    dict.set("flags", &*flags_object(&flags)?)?;
    dict.set(
        "dont_write_bytecode",
        bool_object(flags.dont_write_bytecode != 0),
    )?;
    dict.set("argv", &*string_list(&config.argv)?)?;
    dict.set("orig_argv", &*string_list(&config.orig_argv)?)?;
    dict.set("warnoptions", &*string_list(&config.warnoptions)?)?;
    // The list itself may be known to others already.
    match dict
        .get("path")?
        .and_then(|path| path.cast::<PyList>().ok())
    {
        Some(path) => path.set_items(config.path.iter().map(|each| each.to_obj()).collect())?,
        None => dict.set("path", &*string_list(&config.path)?)?,
    }
    let xoptions = PyDict::new()?;
    for (name, value) in &config.xoptions {
        match value {
            Some(value) => xoptions.set_item(name, value)?,
            None => xoptions.set_item(name, krait_runtime::true_())?,
        }
    }
    dict.set("_xoptions", &xoptions)?;
    dict.set("executable", &config.executable)?;
    dict.set("_base_executable", &config.base_executable)?;
    for name in ["prefix", "exec_prefix"] {
        dict.set(name, &config.prefix)?;
        dict.set(&format!("base_{name}"), &config.base_prefix)?;
    }
    dict.set("platlibdir", &*PyStr::new("lib")?)?;
    dict.set("_stdlib_dir", &config.stdlib_dir)?;
    let optional = |value: &Option<Py<PyStr>>| -> Obj {
        value
            .as_ref()
            .map_or_else(|| none().to_obj(), |value| value.to_obj())
    };
    dict.set("_home", &optional(&config.home))?;
    dict.set("pycache_prefix", &optional(&config.pycache_prefix))?;
    let names = config.builtin_module_names.iter();
    let names = names.map(|name| Ok(PyStr::intern(name)?.into_object()));
    dict.set(
        "builtin_module_names",
        &*PyTuple::from_vec(names.collect::<PyResult<Vec<_>>>()?)?,
    )
}
