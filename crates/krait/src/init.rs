//! From a configuration to an interpreter that can run a program.
//!
//! The order is CPython's: classes, `builtins` and `sys`; the import system from its frozen
//! modules, and over it the importer of the embedded library; the codecs; the standard streams;
//! `site`.

use krait_modules_core::sys::{SysConfig, update_config};
use krait_modules_lang::imp::{DynamicLoader, ExtensionLoading, import_builtin, import_frozen};
use krait_runtime::{
    Interpreter, ModuleRegistry, Obj, Py, PyClass, PyDict, PyModule, PyObject, PyResult, PyStr,
    ThreadState, type_error,
};

use crate::config::Config;
use crate::objects::{import, modules, sys_dict, text, tuple};
use crate::{registry, stdio};

/// Makes the interpreter and attaches the calling thread to it.
pub(crate) fn initialize(config: &Config) -> PyResult<()> {
    if config.c_allocator {
        krait_runtime::alloc::use_c_library();
    }
    let interp = Interpreter::create(config.hash_key);
    interp.gc.set_stress(config.gc_stress);
    interp.specialization.set(config.specialization);
    let _thread = ThreadState::attach_new(interp);
    interp.interned.init()?;
    krait_runtime::typeobject::ready_all()?;
    krait_runtime::exceptions::ready()?;
    for class in krait_interp::classes() {
        krait_runtime::typeobject::ready_type(class)?;
    }
    *interp.flags.borrow_mut() = config.flags.clone();
    interp
        .int_max_str_digits
        .set(config.flags.int_max_str_digits.max(0) as usize);
    interp
        .extension::<ModuleRegistry>()
        .set(registry::modules());
    core_modules(interp, config)?;
    krait_interp::install(interp)?;
    krait_modules_core::warnings::install(interp);
    let trees = krait_interp::TreeObjects {
        to_object: krait_modules_lang::ast::to_object,
        from_object: krait_modules_lang::ast::from_object,
    };
    interp
        .extension::<krait_interp::TreeBridge>()
        .0
        .set(Some(trees));
    c_api(interp)?;
    import_system(interp, config)?;
    make_main_module()?;
    stdio::initialize(config)?;
    install_signals()?;
    finish(config)?;
    if config.gc_stress {
        // What is there at the start is most of what each collection would look at.
        interp.gc.freeze();
    }
    Ok(())
}

/// Extension modules: the interface that they call, and the loader behind `_imp`.
fn c_api(interp: &'static Interpreter) -> PyResult<()> {
    krait_capi::install(interp)?;
    let loader = DynamicLoader {
        create: krait_capi::loader::create,
        exec: krait_capi::loader::exec,
    };
    interp.extension::<ExtensionLoading>().0.set(Some(loader));
    Ok(())
}

/// `sys` and `builtins`, by hand.
fn core_modules(interp: &'static Interpreter, config: &Config) -> PyResult<()> {
    interp.modules.set(Some(PyDict::new()?));
    let sys = module(import_builtin("sys")?)?;
    let dict = sys.dict();
    interp.sysdict.set(Some(dict.clone()));
    dict.set("modules", &*modules()?)?;
    let stderr = krait_modules_core::sys::std_printer(2)?;
    dict.set("stderr", &stderr)?;
    dict.set("__stderr__", &stderr)?;
    update_config(&dict, &sys_config(config)?)?;
    let builtins = module(import_builtin("builtins")?)?;
    interp.builtins.set(Some(builtins.dict()));
    // Until the streams are there, errors go straight to the descriptor.
    let import = builtins.dict().get("__import__")?;
    interp.import_func.set(import);
    Ok(())
}

fn module(object: Obj) -> PyResult<Py<PyModule>> {
    object
        .cast::<PyModule>()
        .map_err(|_| type_error!("not a module"))
}

/// What `sys` says of the configuration.
fn sys_config(config: &Config) -> PyResult<SysConfig> {
    let list = |items: &[Vec<u8>]| {
        items
            .iter()
            .map(|item| text(item))
            .collect::<PyResult<Vec<_>>>()
    };
    let paths = &config.paths;
    let optional = |value: &Option<Vec<u8>>| value.as_deref().map(text).transpose();
    let xoptions =
        config.xoptions.iter().map(
            |option| match option.iter().position(|&byte| byte == b'=') {
                Some(at) => Ok((text(&option[..at])?, Some(text(&option[at + 1..])?))),
                None => Ok((text(option)?, None)),
            },
        );
    let mut names: Vec<&'static str> = registry::modules()
        .iter()
        .map(|module| module.name())
        .collect();
    names.sort_unstable();
    Ok(SysConfig {
        argv: list(&config.argv)?,
        orig_argv: list(&config.orig_argv)?,
        executable: text(&paths.executable)?,
        base_executable: text(&paths.base_executable)?,
        prefix: text(&paths.prefix)?,
        base_prefix: text(&paths.base_prefix)?,
        path: list(&paths.search)?,
        stdlib_dir: text(&paths.stdlib)?,
        home: optional(&paths.home)?,
        pycache_prefix: optional(&config.pycache_prefix)?,
        warnoptions: list(&config.warnoptions)?,
        xoptions: xoptions.collect::<PyResult<Vec<_>>>()?,
        builtin_module_names: names,
    })
}

/// `importlib`, from its frozen halves, and the importers of archives and of the library.
fn import_system(interp: &'static Interpreter, config: &Config) -> PyResult<()> {
    let bootstrap = import_frozen("_frozen_importlib")?;
    interp.importlib.set(Some(bootstrap.clone()));
    let imp = import_builtin("_imp")?;
    let sys = modules()?.get("sys")?;
    let sys = sys.ok_or_else(|| krait_runtime::runtime_error!("lost sys"))?;
    bootstrap.call_method_str("_install", &[&sys, &imp])?;
    if let Some(check) = &config.check_hash_pycs {
        imp.setattr_str("check_hash_based_pycs", &*PyStr::new(check)?)?;
    }
    bootstrap.call_method_str("_install_external_importers", &[])?;
    if !config.paths.stdlib_on_disk {
        crate::library::mount(&config.paths.stdlib);
        install_library(config)?;
    }
    // Without what it needs, archives are only no source of modules.
    if let Some(zipimport) = crate::objects::ignore(import("zipimport"))
        && let Some(hooks) = sys_dict()?.get("path_hooks")?
    {
        let zero = krait_runtime::PyLong::from_i64(0)?;
        let zipimporter = zipimport.getattr_str("zipimporter")?;
        hooks.call_method_str("insert", &[&*zero, &zipimporter])?;
    }
    // The codecs are looked up from here on; their registry searches in `encodings`.
    import("encodings")?;
    Ok(())
}

/// Lets the importer of the embedded library serve the library's folder.
fn install_library(config: &Config) -> PyResult<()> {
    let name = "_krait_importer";
    let Some(entry) = krait_lib::find_module(name) else {
        return Err(krait_runtime::import_error!(
            "no module named '{name}' in the library"
        ));
    };
    let code = krait_modules_lang::library::code_of(entry, "<frozen _krait_importer>")?;
    let Some(code) = code.downcast::<krait_runtime::PyCode>() else {
        return Err(type_error!("'{name}' is not code"));
    };
    let module = PyModule::new(name)?;
    modules()?.set(name, &module)?;
    let dict = module.dict();
    let interp = Interpreter::current();
    if let Some(builtins) = interp.builtins.get() {
        dict.set("__builtins__", &builtins)?;
    }
    (interp.hooks.get().eval_code)(code, &dict, &dict, None)?;
    module
        .as_object()
        .call_method_str("install", &[&*text(&config.paths.stdlib)?])?;
    Ok(())
}

/// The empty `__main__`.
fn make_main_module() -> PyResult<()> {
    let main = PyModule::new("__main__")?;
    let dict = main.dict();
    if let Some(builtins) = modules()?.get("builtins")? {
        dict.set("__builtins__", &builtins)?;
    }
    if let Some(bootstrap) = Interpreter::current().importlib.get() {
        dict.set("__loader__", &*bootstrap.getattr_str("BuiltinImporter")?)?;
    }
    modules()?.set("__main__", &main)
}

/// Ctrl-C becomes `KeyboardInterrupt`, a broken pipe an error.
fn install_signals() -> PyResult<()> {
    const SIGPIPE: i32 = 13;
    const SIGXFSZ: i32 = 25;
    for signal in [SIGPIPE, SIGXFSZ] {
        // A system that refuses keeps its own way.
        let _ =
            krait_host::signal::set_disposition(signal, krait_host::signal::Disposition::Ignore);
    }
    // Importing the module installs the handler of SIGINT.
    if Interpreter::current()
        .extension::<ModuleRegistry>()
        .find("_signal")
        .is_some()
    {
        import("_signal")?;
    }
    Ok(())
}

/// Warnings, debugging aids, `site`.
fn finish(config: &Config) -> PyResult<()> {
    if !config.warnoptions.is_empty() {
        crate::objects::ignore(import("warnings"));
    }
    if config.faulthandler
        && let Some(faulthandler) = crate::objects::ignore(import("faulthandler"))
    {
        faulthandler.call_method_str("enable", &[])?;
    }
    if config.tracemalloc > 0 {
        krait_runtime::alloc::trace::start(config.tracemalloc)?;
    }
    if config.flags.no_site == 0 {
        import("site")?;
    }
    Ok(())
}

/// The loader object that `__main__` gets for a script, of a class of `importlib`.
pub(crate) fn script_loader(class: &str, path: &PyObject) -> PyResult<Obj> {
    let Some(external) = modules()?.get("_frozen_importlib_external")? else {
        return Err(krait_runtime::import_error!("lost importlib"));
    };
    let class = external.getattr_str(class)?;
    class.call_tuple(&*tuple(&[&*PyStr::intern("__main__")?, path])?, None)
}
