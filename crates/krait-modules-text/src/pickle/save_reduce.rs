//! Saving what objects reduce themselves to, and names of functions and classes.

use krait_runtime::codecs::Encoding;
use krait_runtime::{
    Obj, Py, PyBytes, PyClass, PyDict, PyErr, PyList, PyObject, PyResult, PyStr, PyTuple, PyType,
    ellipsis, exc, none, not_implemented,
};

use super::opcodes::*;
use super::pickler::table_or_none;
use super::save::{BATCH, Save, class_name};
use super::{noted, pickling_error};
use crate::util::{import, import_named};

/// Adds a note on the part of an object that could not be saved.
fn part_noted(error: PyErr, object: &PyObject, part: &str) -> PyErr {
    noted(error, || {
        Ok(format!("when serializing {} {part}", class_name(object)?))
    })
}

fn qualified(object: &PyObject) -> String {
    object.type_().qualified_name().unwrap_or_else(|error| {
        error.clear();
        object.type_name()
    })
}

/// What `__reduce__` gave, taken apart.
struct Reduced {
    function: Obj,
    arguments: Py<PyTuple>,
    state: Option<Obj>,
    items: Option<Obj>,
    pairs: Option<Obj>,
    setter: Option<Obj>,
}

impl Reduced {
    fn new(tuple: &PyTuple) -> PyResult<Reduced> {
        let parts = tuple.as_slice();
        if !(2..=6).contains(&parts.len()) {
            return Err(pickling_error(
                "tuple returned by __reduce__ must contain 2 through 6 elements",
            ));
        }
        let part = |index: usize| parts.get(index).filter(|part| !part.is(none())).cloned();
        if !parts[0].is_callable() {
            return Err(pickling_error(format!(
                "first item of the tuple returned by __reduce__ must be callable, not {}",
                qualified(&parts[0])
            )));
        }
        let Some(arguments) = parts[1].downcast::<PyTuple>() else {
            return Err(pickling_error(format!(
                "second item of the tuple returned by __reduce__ must be a tuple, not {}",
                qualified(&parts[1])
            )));
        };
        for (index, name) in [(3, "fourth"), (4, "fifth")] {
            if let Some(part) = part(index)
                && !part.is_iterator()
            {
                return Err(pickling_error(format!(
                    "{name} item of the tuple returned by __reduce__ must be an iterator, not {}",
                    qualified(&part)
                )));
            }
        }
        if let Some(setter) = part(5)
            && !setter.is_callable()
        {
            return Err(pickling_error(format!(
                "sixth item of the tuple returned by __reduce__ must be callable, not {}",
                qualified(&setter)
            )));
        }
        Ok(Reduced {
            function: parts[0].clone(),
            arguments: PyClass::to_owned(arguments),
            state: part(2),
            items: part(3),
            pairs: part(4),
            setter: part(5),
        })
    }
}

impl Save<'_> {
    /// The function that reduces instances of the object's class, if one is registered.
    pub(super) fn registered_reducer(&self, object: &PyObject) -> PyResult<Option<Obj>> {
        let class = object.type_();
        let table = match table_or_none(self.dispatch_table.clone()) {
            Some(table) => table,
            None => import("copyreg")?.getattr(krait_runtime::intern!("dispatch_table"))?,
        };
        if let Some(table) = table.downcast_exact::<PyDict>() {
            return table.get_item(class);
        }
        match table.get_item(class) {
            Ok(reducer) => Ok(Some(reducer)),
            Err(error) if error.matches(&exc::LookupError) => {
                error.clear();
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// `object.__reduce_ex__(protocol)`, or `__reduce__()` where there is no such method.
    pub(super) fn call_reduce(&self, object: &PyObject) -> PyResult<Obj> {
        if let Some(reduce) = object.lookup_attr(krait_runtime::intern!("__reduce_ex__"))? {
            let protocol = krait_runtime::PyLong::from_i64(self.protocol)?;
            return reduce.call1(&protocol);
        }
        match object.lookup_attr(krait_runtime::intern!("__reduce__"))? {
            Some(reduce) => reduce.call0(),
            None => Err(pickling_error(format!(
                "Can't pickle {} object: {}",
                object.type_().tp_name(),
                object.repr()?.to_string_lossy()
            ))),
        }
    }

    /// Saves what an object was reduced to: a name, or how it is made.
    pub(super) fn save_reduced(&mut self, object: &PyObject, reduced: &PyObject) -> PyResult<()> {
        if let Some(name) = reduced.downcast::<PyStr>() {
            return self.save_global(object, Some(name));
        }
        let parts = match reduced.downcast::<PyTuple>() {
            Some(tuple) => Reduced::new(tuple),
            None => Err(pickling_error(format!(
                "__reduce__ must return a string or tuple, not {}",
                qualified(reduced)
            ))),
        };
        parts
            .and_then(|parts| self.save_parts(&parts, object))
            .map_err(|error| part_noted(error, object, "object"))
    }

    /// Saves `function(*arguments)` in the place of an object.
    pub(super) fn save_call(
        &mut self,
        function: &PyObject,
        arguments: Vec<Obj>,
        object: &PyObject,
    ) -> PyResult<()> {
        let parts = Reduced {
            function: function.to_obj(),
            arguments: PyTuple::from_vec(arguments)?,
            state: None,
            items: None,
            pairs: None,
            setter: None,
        };
        self.save_parts(&parts, object)
    }

    fn save_parts(&mut self, parts: &Reduced, object: &PyObject) -> PyResult<()> {
        let name = if self.protocol >= 2 {
            parts
                .function
                .lookup_attr(krait_runtime::intern!("__name__"))?
        } else {
            None
        };
        let is_named = |text: &str| {
            name.as_deref()
                .and_then(|name| name.downcast::<PyStr>())
                .is_some_and(|name| name.is_text(text))
        };
        if is_named("__newobj_ex__") {
            self.save_newobj_ex(&parts.arguments, object)?;
        } else if is_named("__newobj__") {
            self.save_newobj(&parts.arguments, object)?;
        } else {
            self.save(&parts.function)
                .map_err(|error| part_noted(error, object, "reconstructor"))?;
            self.save(&parts.arguments)
                .map_err(|error| part_noted(error, object, "reconstructor arguments"))?;
            self.put(&[REDUCE]);
        }
        // An argument that leads back here has saved the object already.
        if self.is_known(object) {
            self.put(&[POP]);
            self.fetch(object);
        } else {
            self.memoize(object);
        }
        if let Some(items) = &parts.items {
            self.save_items(items, object)?;
        }
        if let Some(pairs) = &parts.pairs {
            self.save_pairs(pairs, object)?;
        }
        self.save_state(parts, object)
    }

    fn save_state(&mut self, parts: &Reduced, object: &PyObject) -> PyResult<()> {
        let Some(state) = &parts.state else {
            return Ok(());
        };
        let Some(setter) = &parts.setter else {
            self.save(state)
                .map_err(|error| part_noted(error, object, "state"))?;
            self.put(&[BUILD]);
            return Ok(());
        };
        // setter(object, state), whose result is thrown away.
        self.save(setter)
            .map_err(|error| part_noted(error, object, "state setter"))?;
        self.save(object)?;
        self.save(state)
            .map_err(|error| part_noted(error, object, "state"))?;
        self.put(&[TUPLE2, REDUCE, POP]);
        Ok(())
    }

    fn check_class(&self, class: &PyObject, object: &PyObject, function: &str) -> PyResult<()> {
        if class
            .lookup_attr(krait_runtime::intern!("__new__"))?
            .is_none()
        {
            return Err(pickling_error(format!(
                "first argument to {function}() has no __new__"
            )));
        }
        let own = object.getattr(krait_runtime::intern!("__class__"))?;
        if class.is(&own) {
            return Ok(());
        }
        Err(pickling_error(format!(
            "first argument to {function}() must be {}, not {}",
            own.repr()?.to_string_lossy(),
            class.repr()?.to_string_lossy()
        )))
    }

    fn save_newobj(&mut self, arguments: &PyTuple, object: &PyObject) -> PyResult<()> {
        let Some(class) = arguments.get(0) else {
            return Err(pickling_error(
                "__newobj__ expected at least 1 argument, got 0",
            ));
        };
        self.check_class(class, object, "__newobj__")?;
        self.save(class)
            .map_err(|error| part_noted(error, object, "class"))?;
        let rest = arguments.sub(1, arguments.len())?;
        self.save(&rest)
            .map_err(|error| part_noted(error, object, "__new__ arguments"))?;
        self.put(&[NEWOBJ]);
        Ok(())
    }

    fn save_newobj_ex(&mut self, arguments: &PyTuple, object: &PyObject) -> PyResult<()> {
        let [class, positional, keywords] = arguments.as_slice() else {
            return Err(pickling_error(format!(
                "__newobj_ex__ expected 3 arguments, got {}",
                arguments.len()
            )));
        };
        let wrong = |which: &str, expected: &str, actual: &PyObject| {
            pickling_error(format!(
                "{which} argument to __newobj_ex__() must be a {expected}, not {}",
                actual.type_().tp_name()
            ))
        };
        let Some(positional) = positional.downcast::<PyTuple>() else {
            return Err(wrong("second", "tuple", positional));
        };
        let Some(keywords) = keywords.downcast::<PyDict>() else {
            return Err(wrong("third", "dict", keywords));
        };
        self.check_class(class, object, "__newobj_ex__")?;
        if self.protocol >= 4 {
            self.save(class)
                .map_err(|error| part_noted(error, object, "class"))?;
            self.save(positional)
                .and_then(|()| self.save(keywords))
                .map_err(|error| part_noted(error, object, "__new__ arguments"))?;
            self.put(&[NEWOBJ_EX]);
            return Ok(());
        }
        // Older protocols call a partial of __new__.
        let new = class.getattr(krait_runtime::intern!("__new__"))?;
        let partial = import("functools")?.getattr(krait_runtime::intern!("partial"))?;
        let mut row = vec![new, class.clone()];
        row.extend(positional.as_slice().iter().cloned());
        let function = partial.call_tuple(&*PyTuple::from_vec(row)?, Some(keywords))?;
        self.save(&function)
            .map_err(|error| part_noted(error, object, "reconstructor"))?;
        self.save(&PyTuple::empty())?;
        self.put(&[REDUCE]);
        Ok(())
    }

    /// The items of an iterator, to be appended.
    fn save_items(&mut self, items: &PyObject, object: &PyObject) -> PyResult<()> {
        let save_item = |save: &mut Self, item: &PyObject, index: usize| {
            save.save(item)
                .map_err(|error| part_noted(error, object, &format!("item {index}")))
        };
        let mut index = 0;
        if !self.bin {
            while let Some(item) = items.iter_next()? {
                save_item(self, &item, index)?;
                self.put(&[APPEND]);
                index += 1;
            }
            return Ok(());
        }
        while let Some(first) = items.iter_next()? {
            let Some(mut item) = items.iter_next()? else {
                save_item(self, &first, index)?;
                self.put(&[APPEND]);
                break;
            };
            self.put(&[MARK]);
            save_item(self, &first, index)?;
            index += 1;
            let mut count = 1;
            let more = loop {
                save_item(self, &item, index)?;
                index += 1;
                count += 1;
                if count == BATCH {
                    break true;
                }
                match items.iter_next()? {
                    Some(next) => item = next,
                    None => break false,
                }
            };
            self.put(&[APPENDS]);
            if !more {
                break;
            }
        }
        Ok(())
    }

    fn save_one_pair(&mut self, pair: &PyObject, object: &PyObject) -> PyResult<()> {
        let Some([key, value]) = pair.downcast::<PyTuple>().map(PyTuple::as_slice) else {
            return Err(krait_runtime::type_error!(
                "dict items iterator must return 2-tuples"
            ));
        };
        self.save(key)?;
        self.save(value).map_err(|error| {
            noted(error, || {
                let key = key.repr()?.to_string_lossy();
                Ok(format!(
                    "when serializing {} item {key}",
                    class_name(object)?
                ))
            })
        })
    }

    /// The pairs of an iterator, to be put into a mapping.
    fn save_pairs(&mut self, pairs: &PyObject, object: &PyObject) -> PyResult<()> {
        if !self.bin {
            while let Some(pair) = pairs.iter_next()? {
                self.save_one_pair(&pair, object)?;
                self.put(&[SETITEM]);
            }
            return Ok(());
        }
        while let Some(first) = pairs.iter_next()? {
            let Some(mut pair) = pairs.iter_next()? else {
                self.save_one_pair(&first, object)?;
                self.put(&[SETITEM]);
                break;
            };
            self.put(&[MARK]);
            self.save_one_pair(&first, object)?;
            let mut count = 1;
            let more = loop {
                self.save_one_pair(&pair, object)?;
                count += 1;
                if count == BATCH {
                    break true;
                }
                match pairs.iter_next()? {
                    Some(next) => pair = next,
                    None => break false,
                }
            };
            self.put(&[SETITEMS]);
            if !more {
                break;
            }
        }
        Ok(())
    }

    /// A class; those of the singletons have no name of their own.
    pub(super) fn save_class(&mut self, class: &PyType) -> PyResult<()> {
        for singleton in [none(), not_implemented(), ellipsis()] {
            if class.is(singleton.type_()) {
                return self.save_call(PyType::type_object(), vec![singleton.to_obj()], class);
            }
        }
        self.save_global(class, None)
    }

    /// Saves the name under which an object is found in its module.
    pub(super) fn save_global(&mut self, object: &PyObject, name: Option<&PyStr>) -> PyResult<()> {
        let name = match name {
            Some(name) => name.to_obj(),
            None => match object.lookup_attr(krait_runtime::intern!("__qualname__"))? {
                Some(name) => name,
                None => object.getattr(krait_runtime::intern!("__name__"))?,
            },
        };
        let Some(name) = name.downcast::<PyStr>() else {
            return Err(pickling_error("the name of a global must be a str"));
        };
        let path = dotted(name)?;
        let module = which_module(object, name, &path)?;
        if self.protocol >= 2 && self.save_extension(&module, name)? {
            return Ok(());
        }
        if self.protocol >= 4 {
            self.save(&module)?;
            self.save(name)?;
            self.put(&[STACK_GLOBAL]);
        } else if let [first, rest @ ..] = &path[..] {
            if !rest.is_empty() {
                let getattr = import("builtins")?.getattr(krait_runtime::intern!("getattr"))?;
                for _ in rest {
                    self.save(&getattr)?;
                    if self.protocol < 2 {
                        self.put(&[MARK]);
                    }
                }
            }
            self.save_toplevel(&module, first)?;
            for attribute in rest {
                self.save(attribute)?;
                self.put(&[if self.protocol < 2 { TUPLE } else { TUPLE2 }, REDUCE]);
            }
        }
        self.memoize(object);
        Ok(())
    }

    /// The number under which the name is registered with copyreg.
    fn save_extension(&mut self, module: &PyStr, name: &PyStr) -> PyResult<bool> {
        let registry = import("copyreg")?.getattr(krait_runtime::intern!("_extension_registry"))?;
        let key = PyTuple::from_refs(&[module, name])?;
        let Some(code) = registry.lookup_item(&key)? else {
            return Ok(false);
        };
        let code: i64 = code.extract()?;
        if code <= 0 || i32::try_from(code).is_err() {
            return Err(krait_runtime::runtime_error!(
                "extension code {code} is out of range"
            ));
        }
        let bytes = code.to_le_bytes();
        if code <= 0xFF {
            self.put(&[EXT1, bytes[0]]);
        } else if code <= 0xFFFF {
            self.put(&[EXT2, bytes[0], bytes[1]]);
        } else {
            self.put(&[EXT4]);
            self.put(&bytes[..4]);
        }
        Ok(true)
    }

    fn save_toplevel(&mut self, module: &PyStr, name: &PyStr) -> PyResult<()> {
        let (mut module, mut name) = (PyClass::to_owned(module), PyClass::to_owned(name));
        if self.protocol < 3 && self.pickler.fixes_imports() {
            (module, name) = old_names(module, name)?;
        }
        let module = self.identifier("module", &module)?;
        let name = self.identifier("global", &name)?;
        self.put(&[GLOBAL]);
        self.put(module.as_bytes());
        self.put(b"\n");
        self.put(name.as_bytes());
        self.put(b"\n");
        Ok(())
    }

    /// A name as the protocol has it.
    fn identifier(&self, what: &str, name: &PyStr) -> PyResult<Py<PyBytes>> {
        let encoding = if self.protocol < 3 {
            Encoding::Ascii
        } else {
            Encoding::Utf8
        };
        encoding.encode(name, None).or_else(|error| {
            if !error.matches(&exc::UnicodeEncodeError) {
                return Err(error);
            }
            let context = error.take();
            let raised = pickling_error(format!(
                "can't pickle {what} identifier {} using pickle protocol {}",
                name.repr()?.to_string_lossy(),
                self.protocol
            ));
            Err(raised_in(context, raised))
        })
    }
}

/// What Python 2 called a thing.
fn old_names(module: Py<PyStr>, name: Py<PyStr>) -> PyResult<(Py<PyStr>, Py<PyStr>)> {
    let compat = import("_compat_pickle")?;
    let key = PyTuple::from_refs(&[&module, &name])?;
    let names = compat.getattr(krait_runtime::intern!("REVERSE_NAME_MAPPING"))?;
    if let Some(found) = names.lookup_item(&key)? {
        if let Some([module, name]) = found.downcast::<PyTuple>().map(PyTuple::as_slice) {
            return Ok((module.str()?, name.str()?));
        }
        return Err(krait_runtime::runtime_error!(
            "_compat_pickle.REVERSE_NAME_MAPPING values should be 2-tuples"
        ));
    }
    let modules = compat.getattr(krait_runtime::intern!("REVERSE_IMPORT_MAPPING"))?;
    match modules.lookup_item(&module)? {
        Some(found) => Ok((found.str()?, name)),
        None => Ok((module, name)),
    }
}

/// The names between the dots of a path.
pub(super) fn dotted(path: &PyStr) -> PyResult<Vec<Py<PyStr>>> {
    if !path.to_string_lossy().contains('.') {
        return Ok(vec![PyClass::to_owned(path)]);
    }
    let dot = PyStr::intern(".")?;
    let parts = path.call_method(krait_runtime::intern!("split"), &[&dot])?;
    let parts = parts.downcast::<PyList>().map(PyList::to_vec);
    let names = parts.unwrap_or_default().into_iter();
    Ok(names.filter_map(|name| name.cast::<PyStr>().ok()).collect())
}

/// What a dotted path leads to.
pub(super) fn get_dotted(object: &PyObject, path: &[Py<PyStr>]) -> PyResult<Obj> {
    let mut object = object.to_obj();
    for name in path {
        object = object.getattr(name)?;
    }
    Ok(object)
}

/// The module in which an object is found under its name.
fn which_module(object: &PyObject, name: &PyStr, path: &[Py<PyStr>]) -> PyResult<Py<PyStr>> {
    let shown = || -> PyResult<String> { Ok(object.repr()?.to_string_lossy()) };
    if path.iter().any(|name| name.is_text("<locals>")) {
        return Err(pickling_error(format!(
            "Can't pickle local object {}",
            shown()?
        )));
    }
    let module = object
        .lookup_attr(krait_runtime::intern!("__module__"))?
        .filter(|name| !name.is(none()));
    let module_name = match module {
        Some(name) => name,
        None => match search_modules(object, path)? {
            Some(name) => name,
            None => PyStr::intern("__main__")?.into_object(),
        },
    };
    let Some(module_name) = module_name.downcast::<PyStr>() else {
        return Err(krait_runtime::type_error!("module name must be a string"));
    };
    let module = match import_named(module_name) {
        Ok(module) => module,
        Err(error)
            if error.matches(&exc::ImportError)
                || error.matches(&exc::ValueError)
                || error.matches(&exc::KeyError) =>
        {
            let reason = error.value().str()?.to_string_lossy();
            let shown = shown()?;
            let message = format!("Can't pickle {shown}: {reason}");
            return Err(raised_in(error.take(), pickling_error(message)));
        }
        Err(error) => return Err(error),
    };
    let place = || {
        let module = module_name.to_string_lossy();
        format!("{module}.{}", name.to_string_lossy())
    };
    match get_dotted(&module, path) {
        Ok(found) if found.is(object) => Ok(PyClass::to_owned(module_name)),
        Ok(_) => Err(pickling_error(format!(
            "Can't pickle {}: it's not the same object as {}",
            shown()?,
            place()
        ))),
        Err(error) if error.matches(&exc::AttributeError) => {
            let context = error.take();
            let message = format!("Can't pickle {}: it's not found as {}", shown()?, place());
            Err(raised_in(context, pickling_error(message)))
        }
        Err(error) => Err(error),
    }
}

/// An error that came up while another exception was handled.
pub(super) fn raised_in(context: Obj, raised: PyErr) -> PyErr {
    let raised = raised.take();
    match raised.setattr_str("__context__", &context) {
        Ok(()) => PyErr::restore(raised),
        Err(error) => error,
    }
}

/// The name of a loaded module that has the object.
fn search_modules(object: &PyObject, path: &[Py<PyStr>]) -> PyResult<Option<Obj>> {
    let modules = import("sys")?.getattr(krait_runtime::intern!("modules"))?;
    let Some(modules) = modules.downcast::<PyDict>() else {
        return Ok(None);
    };
    for (name, module) in modules.items_vec() {
        let skipped = name
            .downcast::<PyStr>()
            .is_none_or(|name| name.is_text("__main__") || name.is_text("__mp_main__"));
        if skipped || module.is(none()) {
            continue;
        }
        match get_dotted(&module, path) {
            Ok(found) if found.is(object) => return Ok(Some(name)),
            Ok(_) => {}
            Err(error) => error.clear(),
        }
    }
    Ok(None)
}
