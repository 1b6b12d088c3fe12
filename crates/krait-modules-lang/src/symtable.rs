//! `_symtable`: the compiler's symbol table, for the `symtable` module.

use krait_compiler::symtable::{BlockType, EntryId, Scope, SymbolTable, def};
use krait_macros::{pyclass, pyfunction, pymethods};
use krait_runtime::hooks::CompileRequest;
use krait_runtime::object::{Obj, Py, PyObject};
use krait_runtime::{
    Field, Interpreter, PyDict, PyErr, PyList, PyLong, PyModule, PyResult, PyStr, exc, pymodule,
    system_error, value_error,
};

pymodule! {
    pub SYMTABLE = "_symtable", "",
    functions: [symtable],
    classes: [],
    hidden: [Entry],
    exec: Some(exec),
}

/// `PyCF_ONLY_AST`.
const ONLY_AST: u32 = 0x400;

/// The number of a kind of block.
fn block_number(kind: BlockType) -> i64 {
    match kind {
        BlockType::Function => 0,
        BlockType::Class => 1,
        BlockType::Module => 2,
        BlockType::Annotation => 3,
        BlockType::TypeAlias => 4,
        BlockType::TypeParameters => 5,
        BlockType::TypeVariable => 6,
    }
}

fn exec(module: &PyModule) -> PyResult<()> {
    let constants = [
        ("USE", i64::from(def::USE)),
        ("DEF_GLOBAL", i64::from(def::GLOBAL)),
        ("DEF_NONLOCAL", i64::from(def::NONLOCAL)),
        ("DEF_LOCAL", i64::from(def::LOCAL)),
        ("DEF_PARAM", i64::from(def::PARAM)),
        ("DEF_TYPE_PARAM", i64::from(def::TYPE_PARAM)),
        ("DEF_FREE_CLASS", i64::from(def::FREE_CLASS)),
        ("DEF_IMPORT", i64::from(def::IMPORT)),
        ("DEF_BOUND", i64::from(def::BOUND)),
        ("DEF_ANNOT", i64::from(def::ANNOT)),
        ("DEF_COMP_ITER", i64::from(def::COMP_ITER)),
        ("DEF_COMP_CELL", i64::from(def::COMP_CELL)),
        ("TYPE_FUNCTION", block_number(BlockType::Function)),
        ("TYPE_CLASS", block_number(BlockType::Class)),
        ("TYPE_MODULE", block_number(BlockType::Module)),
        ("TYPE_ANNOTATION", block_number(BlockType::Annotation)),
        ("TYPE_TYPE_ALIAS", block_number(BlockType::TypeAlias)),
        (
            "TYPE_TYPE_PARAMETERS",
            block_number(BlockType::TypeParameters),
        ),
        ("TYPE_TYPE_VARIABLE", block_number(BlockType::TypeVariable)),
        ("LOCAL", Scope::Local as i64),
        ("GLOBAL_EXPLICIT", Scope::GlobalExplicit as i64),
        ("GLOBAL_IMPLICIT", Scope::GlobalImplicit as i64),
        ("FREE", Scope::Free as i64),
        ("CELL", Scope::Cell as i64),
        ("SCOPE_OFF", i64::from(def::SCOPE_OFFSET)),
        ("SCOPE_MASK", i64::from(def::SCOPE_MASK)),
    ];
    for (name, value) in constants {
        module.dict().set(name, &*PyLong::from_i64(value)?)?;
    }
    Ok(())
}

// A doc comment would become the class's, and CPython's has none.
#[allow(missing_docs)]
#[pyclass(name = "symtable entry", flags(GC, DISALLOW_INSTANTIATION))]
#[repr(C)]
pub struct Entry {
    ob_base: PyObject,
    id: usize,
    line: i64,
    nested: bool,
    kind: i64,
    name: Field<PyStr>,
    #[traverse]
    symbols: Field<PyDict>,
    #[traverse]
    varnames: Field<PyList>,
    #[traverse]
    children: Field<PyList>,
}

#[pymethods]
impl Entry {
    #[slot(tp_repr)]
    fn repr(&self) -> String {
        let name = self.name.get().map(|name| name.to_string_lossy());
        format!(
            "<symtable entry {}({}), line {}>",
            name.unwrap_or_default(),
            self.id,
            self.line
        )
    }

    #[pygetter]
    fn id(&self) -> usize {
        self.id
    }

    #[pygetter]
    fn name(&self) -> Option<Py<PyStr>> {
        self.name.get()
    }

    #[pygetter]
    fn symbols(&self) -> Option<Py<PyDict>> {
        self.symbols.get()
    }

    #[pygetter]
    fn varnames(&self) -> Option<Py<PyList>> {
        self.varnames.get()
    }

    #[pygetter]
    fn children(&self) -> Option<Py<PyList>> {
        self.children.get()
    }

    #[pygetter]
    fn nested(&self) -> i64 {
        i64::from(self.nested)
    }

    #[pygetter(name = "type")]
    fn kind(&self) -> i64 {
        self.kind
    }

    #[pygetter]
    fn lineno(&self) -> i64 {
        self.line
    }
}

fn entry_object(table: &SymbolTable, id: EntryId) -> PyResult<Obj> {
    krait_runtime::state::enter_recursive_call(" during compilation")?;
    let entry = table.entry(id);
    let symbols = PyDict::new()?;
    for (name, flags) in entry.symbols.iter() {
        symbols.set(name, &*PyLong::from_i64(i64::from(flags))?)?;
    }
    let varnames = entry
        .varnames
        .iter()
        .map(|name| Ok(PyStr::intern(name)?.into_object()))
        .collect::<PyResult<Vec<Obj>>>()?;
    let children = entry
        .children
        .iter()
        .map(|child| entry_object(table, *child))
        .collect::<PyResult<Vec<Obj>>>()?;
    let object = Py::new(Entry {
        ob_base: PyObject::HEADER,
        id: std::ptr::from_ref(entry) as usize,
        line: i64::from(entry.location.line.max(0)),
        nested: entry.nested,
        kind: block_number(entry.block_type),
        name: Field::new(PyStr::intern(&entry.name)?),
        symbols: Field::new(symbols),
        varnames: Field::new(PyList::from_vec(varnames)?),
        children: Field::new(PyList::from_vec(children)?),
    })?;
    Ok(object.into_object())
}

/// Return symbol and scope dictionaries used internally by compiler.
#[pyfunction(signature = "(source, filename, startstr, /)")]
pub fn symtable(source: &PyObject, filename: &PyObject, startstr: &str) -> PyResult<Obj> {
    if !matches!(startstr, "exec" | "eval" | "single") {
        return Err(value_error!(
            "symtable() arg 3 must be 'exec' or 'eval' or 'single'"
        ));
    }
    let request = |flags| CompileRequest {
        source,
        filename,
        mode: startstr,
        flags,
        dont_inherit: true,
        optimize: 0,
        feature_version: -1,
    };
    let compile = Interpreter::current().hooks.get().compile;
    let tree = compile(&request(ONLY_AST))?;
    let Some(tree) = crate::ast::from_object(&tree, startstr)? else {
        return Err(system_error!("compiling a source to a tree gave no tree"));
    };
    match krait_compiler::symbol_table(&tree) {
        Ok(table) => entry_object(&table, 0),
        // The compiler meets the same error, and raises it with its place.
        Err(error) => match compile(&request(0)) {
            Err(raised) => Err(raised),
            Ok(_) => Err(unplaced(&error.message)),
        },
    }
}

fn unplaced(message: &str) -> PyErr {
    PyErr::new(&exc::SyntaxError, message)
}
