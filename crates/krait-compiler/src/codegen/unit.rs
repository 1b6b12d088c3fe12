//! Units: what is known of a code object while it is being compiled; opening and closing scopes.

use std::collections::BTreeSet;
use std::hash::{Hash as _, Hasher as _};
use std::sync::Arc;

use krait_ast::{Identifier, NameHasher, NameMap, Stmt};
use krait_bytecode::{AnyOpcode, CodeUnit, Const, Location, code_flags};

use super::Compiler;
use crate::assemble;
use crate::error::{CompileError, Result};
use crate::flowgraph;
use crate::instr::{InstrSeq, Label};
use crate::symtable::{EntryId, NodeKey, Scope, SymbolTableEntry, def, mangle};

/// What kind of code a unit is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ScopeType {
    Module,
    Class,
    Function,
    AsyncFunction,
    Lambda,
    Comprehension,
    Annotations,
}

/// Distinct names in the order in which they were added.
#[derive(Clone, Debug, Default)]
pub(crate) struct NameTable {
    names: Vec<Identifier>,
    indices: NameMap<Identifier, u32>,
}

impl NameTable {
    pub(crate) fn add(&mut self, name: &Identifier) -> u32 {
        if let Some(&index) = self.indices.get(name) {
            return index;
        }
        let index = self.names.len() as u32;
        self.names.push(name.clone());
        self.indices.insert(name.clone(), index);
        index
    }

    pub(crate) fn get(&self, name: &str) -> Option<u32> {
        self.indices.get(name).copied()
    }

    pub(crate) fn names(&self) -> &[Identifier] {
        &self.names
    }

    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }
}

/// Distinct constants in the order in which they were added.
#[derive(Clone, Debug, Default)]
pub(crate) struct ConstTable {
    values: Vec<Const>,
    /// Indices by hash; of two values with one hash, the later is under the next free one.
    indices: NameMap<u64, u32>,
}

impl ConstTable {
    pub(crate) fn add(&mut self, value: Const) -> u32 {
        // What is not equal to itself is never found.
        let index = self.values.len() as u32;
        if !has_nan(&value) {
            let mut hasher = NameHasher::default();
            value.hash(&mut hasher);
            let mut key = hasher.finish();
            while let Some(&known) = self.indices.get(&key) {
                if self.values[known as usize] == value {
                    return known;
                }
                key = key.wrapping_add(1);
            }
            self.indices.insert(key, index);
        }
        self.values.push(value);
        index
    }

    pub(crate) fn get(&self, index: u32) -> &Const {
        &self.values[index as usize]
    }

    /// Takes the constants out, in order.
    pub(crate) fn take(&mut self) -> Vec<Const> {
        self.indices.clear();
        std::mem::take(&mut self.values)
    }

    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    /// A table that nothing is added to any more.
    pub(crate) fn from_values(values: Vec<Const>) -> Self {
        let indices = NameMap::default();
        Self { values, indices }
    }
}

fn has_nan(value: &Const) -> bool {
    match value {
        Const::Float(float) => float.is_nan(),
        Const::Complex(real, imag) => real.is_nan() || imag.is_nan(),
        Const::Tuple(items) | Const::FrozenSet(items) => items.iter().any(has_nan),
        _ => false,
    }
}

/// The parts of a code object that code generation decides.
#[derive(Debug)]
pub(crate) struct Metadata {
    pub(crate) name: Identifier,
    pub(crate) qualname: Option<Identifier>,
    pub(crate) consts: ConstTable,
    pub(crate) names: NameTable,
    pub(crate) varnames: NameTable,
    pub(crate) cellvars: NameTable,
    pub(crate) freevars: NameTable,
    /// Names that are fast locals only inside an inlined comprehension; `true` while in one.
    pub(crate) fasthidden: NameMap<Identifier, bool>,
    pub(crate) args: UnitArgs,
    pub(crate) firstlineno: i32,
    pub(crate) nparams: usize,
}

/// The numbers of parameters.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct UnitArgs {
    /// Parameters that are positional or keyword.
    pub(crate) args: u32,
    pub(crate) posonly: u32,
    pub(crate) kwonly: u32,
}

/// Why control flow must do something on its way out.
#[derive(Clone, Debug)]
pub(super) enum FBlockKind<'a> {
    WhileLoop,
    ForLoop,
    TryExcept,
    FinallyTry(&'a [Stmt]),
    FinallyEnd,
    With,
    AsyncWith,
    HandlerCleanup(Option<Identifier>),
    PopValue,
    ExceptionHandler,
    ExceptionGroupHandler,
    AsyncComprehensionGenerator,
    InlinedComprehension,
    StopIteration,
}

/// An open frame block.
#[derive(Clone, Debug)]
pub(super) struct FBlock<'a> {
    pub(super) kind: FBlockKind<'a>,
    pub(super) block: Label,
    pub(super) loc: Location,
    pub(super) exit: Label,
}

/// How many frame blocks may nest.
const MAX_FBLOCKS: usize = 21;

/// A code object in the making.
pub(super) struct Unit<'a> {
    pub(super) ste: EntryId,
    pub(super) scope: ScopeType,
    pub(super) private: Option<Identifier>,
    pub(super) static_attributes: BTreeSet<Identifier>,
    pub(super) deferred_annotations: Vec<(&'a Stmt, Option<u32>)>,
    pub(super) next_conditional_annotation: u32,
    pub(super) in_conditional_block: u32,
    pub(super) in_inlined_comp: u32,
    pub(super) seq: InstrSeq,
    /// The unit's own sequence, while annotations are made in one of their own.
    pub(super) stashed: Option<InstrSeq>,
    pub(super) fblocks: Vec<FBlock<'a>>,
    pub(super) meta: Metadata,
}

impl<'a> Compiler<'a> {
    pub(super) fn unit(&self) -> &Unit<'a> {
        self.units
            .last()
            .expect("a unit is open while code is generated")
    }

    pub(super) fn unit_mut(&mut self) -> &mut Unit<'a> {
        self.units
            .last_mut()
            .expect("a unit is open while code is generated")
    }

    /// The symbol table's block of the current unit.
    pub(super) fn ste(&self) -> &SymbolTableEntry {
        self.symtable.entry(self.unit().ste)
    }

    pub(super) fn scope_type(&self) -> ScopeType {
        self.unit().scope
    }

    pub(super) fn entry_id(&self, key: NodeKey) -> Result<EntryId> {
        self.symtable
            .lookup(key)
            .ok_or_else(|| CompileError::invalid_tree("unknown symbol table entry"))
    }

    pub(super) fn maybe_mangle(&self, name: &Identifier) -> Identifier {
        if let Some(names) = &self.ste().mangled_names
            && !names.borrow().contains(name)
        {
            return name.clone();
        }
        mangle(self.unit().private.as_ref(), name)
    }

    /// Opens a scope; `private` is the class whose names are mangled from here on, if it changes.
    pub(super) fn enter_scope(
        &mut self,
        name: Identifier,
        scope: ScopeType,
        key: NodeKey,
        firstlineno: i32,
        private: Option<Identifier>,
        args: UnitArgs,
    ) -> Result<()> {
        let ste = self.entry_id(key)?;
        let entry = self.symtable.entry(ste);
        let mut varnames = NameTable::default();
        entry.varnames.iter().for_each(|name| {
            varnames.add(name);
        });
        let mut cellvars = names_of(entry, Scope::Cell, def::COMP_CELL);
        for (needed, name) in [
            (entry.needs_class_closure, "__class__"),
            (entry.needs_classdict, "__classdict__"),
            (
                entry.has_conditional_annotations,
                "__conditional_annotations__",
            ),
        ] {
            if needed {
                cellvars.add(&name.into());
            }
        }
        let freevars = names_of(entry, Scope::Free, def::FREE_CLASS);
        let meta = Metadata {
            name,
            qualname: None,
            consts: ConstTable::default(),
            names: NameTable::default(),
            varnames,
            cellvars,
            freevars,
            fasthidden: NameMap::default(),
            args,
            firstlineno,
            nparams: entry.varnames.len(),
        };
        let private = private.or_else(|| self.units.last().and_then(|unit| unit.private.clone()));
        self.units.push(Unit {
            ste,
            scope,
            private,
            static_attributes: BTreeSet::new(),
            deferred_annotations: Vec::new(),
            next_conditional_annotation: 0,
            in_conditional_block: 0,
            in_inlined_comp: 0,
            seq: InstrSeq::default(),
            stashed: None,
            fblocks: Vec::new(),
            meta,
        });
        if scope != ScopeType::Module {
            let qualname = self.qualname();
            self.unit_mut().meta.qualname = Some(qualname);
        }
        let line = if scope == ScopeType::Module {
            0
        } else {
            firstlineno
        };
        let loc = Location {
            line,
            end_line: firstlineno,
            col: 0,
            end_col: 0,
        };
        self.op(
            AnyOpcode::RESUME,
            krait_bytecode::oparg::resume::AT_FUNC_START,
            loc,
        );
        if scope == ScopeType::Module {
            self.op0(AnyOpcode::ANNOTATIONS_PLACEHOLDER, loc);
        }
        Ok(())
    }

    fn qualname(&self) -> Identifier {
        let depth = self.units.len();
        let unit = &self.units[depth - 1];
        let name = &unit.meta.name;
        let mut parent_index = depth - 2;
        if parent_index == 0 {
            return name.clone();
        }
        if self.units[parent_index].scope == ScopeType::Annotations {
            // The scope of type parameters does not show in names.
            parent_index -= 1;
            if parent_index == 0 {
                return name.clone();
            }
        }
        let parent = &self.units[parent_index];
        if matches!(
            unit.scope,
            ScopeType::Function | ScopeType::AsyncFunction | ScopeType::Class
        ) {
            let mangled = mangle(parent.private.as_ref(), name);
            let scope = self.symtable.entry(parent.ste).scope(&mangled);
            if scope == Some(Scope::GlobalExplicit) {
                return name.clone();
            }
        }
        let base = parent.meta.qualname.as_ref().unwrap_or(&parent.meta.name);
        match parent.scope {
            ScopeType::Function | ScopeType::AsyncFunction | ScopeType::Lambda => {
                Identifier::from(format!("{base}.<locals>.{name}"))
            }
            _ => Identifier::from(format!("{base}.{name}")),
        }
    }

    /// Ends the current scope and makes its code object.
    pub(super) fn finish_scope(&mut self, add_none: bool) -> Result<Arc<CodeUnit>> {
        if add_none {
            self.load_none(Location::NONE);
        }
        self.op0(AnyOpcode::RETURN_VALUE, Location::NONE);
        let flags = self.code_flags();
        let Some(unit) = self.units.pop() else {
            return Err(CompileError::invalid_tree("no open scope"));
        };
        let mut meta = unit.meta;
        let optimized = flowgraph::optimize_and_linearize(unit.seq, &mut meta, flags)?;
        let code = assemble::assemble(optimized, meta, flags, self.settings.filename)?;
        Ok(Arc::new(code))
    }

    fn code_flags(&self) -> u32 {
        let entry = self.ste();
        let mut flags = self.settings.inherited_flags;
        let mut set = |condition: bool, bits: u32| {
            if condition {
                flags |= bits;
            }
        };
        if entry.is_function_like() {
            set(true, code_flags::NEWLOCALS | code_flags::OPTIMIZED);
            set(entry.nested, code_flags::NESTED);
            set(entry.generator && !entry.coroutine, code_flags::GENERATOR);
            set(
                entry.generator && entry.coroutine,
                code_flags::ASYNC_GENERATOR,
            );
            set(entry.coroutine && !entry.generator, code_flags::COROUTINE);
            set(entry.varargs, code_flags::VARARGS);
            set(entry.varkeywords, code_flags::VARKEYWORDS);
            set(entry.has_docstring, code_flags::HAS_DOCSTRING);
            set(entry.method, code_flags::METHOD);
        }
        set(
            self.is_top_level_await() && entry.coroutine && !entry.generator,
            code_flags::COROUTINE,
        );
        flags
    }

    /// Whether `await` may stand right in the module here.
    pub(super) fn is_top_level_await(&self) -> bool {
        self.settings.allow_top_level_await && self.scope_type() == ScopeType::Module
    }

    pub(super) fn push_fblock(
        &mut self,
        loc: Location,
        kind: FBlockKind<'a>,
        block: Label,
        exit: Label,
    ) -> Result<()> {
        if self.unit().fblocks.len() >= MAX_FBLOCKS {
            return Err(CompileError::syntax(
                loc,
                "too many statically nested blocks",
            ));
        }
        self.unit_mut().fblocks.push(FBlock {
            kind,
            block,
            loc,
            exit,
        });
        Ok(())
    }

    pub(super) fn pop_fblock(&mut self) {
        self.unit_mut().fblocks.pop();
    }

    pub(super) fn conditional<T>(
        &mut self,
        body: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        self.unit_mut().in_conditional_block += 1;
        let value = body(self)?;
        self.unit_mut().in_conditional_block -= 1;
        Ok(value)
    }

    /// Adds a constant for a name.
    pub(super) fn load_name_const(&mut self, name: &Identifier, loc: Location) -> Result<()> {
        self.load_const(Const::from(name.as_str()), loc)
    }
}

/// The names of a block with a scope or a flag, in alphabetical order.
fn names_of(entry: &SymbolTableEntry, scope: Scope, flag: u32) -> NameTable {
    let mut names: Vec<&Identifier> = entry
        .symbols
        .iter()
        .filter(|(_, flags)| Scope::from_flags(*flags) == Some(scope) || flags & flag != 0)
        .map(|(name, _)| name)
        .collect();
    names.sort();
    let mut table = NameTable::default();
    names.into_iter().for_each(|name| {
        table.add(name);
    });
    table
}
