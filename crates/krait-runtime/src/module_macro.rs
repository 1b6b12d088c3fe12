//! Native modules: [`pymodule!`](crate::pymodule) writes the table, [`ModuleDef::create`] makes the module.

use std::ffi::CStr;

use crate::class::MethodDef;
use crate::object::Py;
use crate::typeobject::PyType;
use crate::{PyCFunction, PyModule, PyResult, PyStr};

/// What a native module holds: a row of the registry of modules points at one.
pub struct ModuleDef {
    /// The full name.
    pub name: &'static CStr,
    /// `__doc__`; empty for none.
    pub doc: &'static str,
    /// The functions.
    pub functions: &'static [MethodDef],
    /// The classes that are attributes of the module, under their names.
    pub classes: &'static [fn() -> &'static PyType],
    /// Classes that the module only uses, such as its iterators.
    pub hidden_classes: &'static [fn() -> &'static PyType],
    /// Adds all else: constants, exceptions, state.
    pub exec: Option<fn(&PyModule) -> PyResult<()>>,
}

impl ModuleDef {
    /// The module's name.
    pub fn name(&self) -> &'static str {
        // Names are ASCII by the macro's own making.
        self.name.to_str().unwrap_or_default()
    }

    /// Makes a new module object and fills it in, except for [`exec`](ModuleDef::exec).
    pub fn create(&'static self) -> PyResult<Py<PyModule>> {
        let module = PyModule::new(self.name())?;
        let dict = module.dict();
        if !self.doc.is_empty() {
            let doc = PyStr::new(self.doc)?;
            dict.set("__doc__", &doc)?;
        }
        let name = PyStr::intern(self.name())?;
        for def in self.functions {
            let function = PyCFunction::new(def.raw(), Some(&module), Some(&name))?;
            dict.set(&def.name().to_string_lossy(), &function)?;
        }
        for class in self.hidden_classes {
            crate::typeobject::ready_type(class())?;
        }
        for class in self.classes {
            let class = class();
            crate::typeobject::ready_type(class)?;
            dict.set(&class.name(), class)?;
        }
        Ok(module)
    }

    /// Runs the module's own code, once the module is in `sys.modules`.
    pub fn exec(&self, module: &PyModule) -> PyResult<()> {
        self.exec.map_or(Ok(()), |exec| exec(module))
    }
}

/// Defines a native module:
///
/// ```ignore
/// pymodule! {
///     pub BISECT = "_bisect", "Bisection algorithms.",
///     functions: [bisect_right, insort_right],
///     classes: [],
///     hidden: [],
///     exec: Some(exec)
/// }
/// ```
///
/// `functions` lists `#[pyfunction]`s by path, `classes` the module's classes, `hidden` (which may be left out) classes
/// that are no attributes; `exec` is an `Option` of `fn(&PyModule) -> PyResult<()>`.
#[macro_export]
macro_rules! pymodule {
    (
        $(#[$meta:meta])*
        $vis:vis $static:ident = $name:literal, $doc:expr,
        functions: [$($(#[$function_meta:meta])* $($function:ident)::+),* $(,)?],
        classes: [$($(#[$class_meta:meta])* $class:path),* $(,)?],
        $(hidden: [$($(#[$hidden_meta:meta])* $hidden:path),* $(,)?],)?
        exec: $exec:expr $(,)?
    ) => {
        $(#[$meta])*
        #[doc = concat!("The module `", $name, "`.")]
        $vis static $static: $crate::ModuleDef = $crate::ModuleDef {
            name: match ::std::ffi::CStr::from_bytes_with_nul(concat!($name, "\0").as_bytes()) {
                Ok(name) => name,
                Err(_) => panic!("a module's name holds no NUL"),
            },
            doc: $doc,
            functions: &[$($(#[$function_meta])* $($function)::+::DEF),*],
            classes: &[$($(#[$class_meta])* <$class as $crate::PyClass>::type_object),*],
            hidden_classes: &[$($($(#[$hidden_meta])* <$hidden as $crate::PyClass>::type_object),*)?],
            exec: $exec,
        };
    };
}

/// The native modules that an interpreter has: its program says which.
#[derive(Default)]
pub struct ModuleRegistry(std::cell::Cell<&'static [&'static ModuleDef]>);

impl ModuleRegistry {
    /// Sets the modules.
    pub fn set(&self, modules: Vec<&'static ModuleDef>) {
        self.0.set(Vec::leak(modules));
    }

    /// All modules.
    pub fn all(&self) -> &'static [&'static ModuleDef] {
        self.0.get()
    }

    /// The module with this name.
    pub fn find(&self, name: &str) -> Option<&'static ModuleDef> {
        self.0
            .get()
            .iter()
            .copied()
            .find(|module| module.name() == name)
    }
}
