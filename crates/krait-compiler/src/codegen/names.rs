//! Names: which instruction loads, stores or deletes a name, by its scope.

use std::sync::Arc;

use krait_ast::{ExprContext, Identifier};
use krait_bytecode::oparg::make_function;
use krait_bytecode::{AnyOpcode, CodeUnit, Const, Location};

use super::Compiler;
use super::unit::ScopeType;
use crate::error::{CompileError, Result};
use crate::symtable::{BlockType, Scope};

/// Where a name is kept at run time.
enum Storage {
    Fast,
    Global,
    Deref,
    Name,
}

impl Compiler<'_> {
    pub(super) fn load_name(&mut self, name: &Identifier, loc: Location) -> Result<()> {
        self.name_op(name, ExprContext::Load, loc)
    }

    pub(super) fn store_name(&mut self, name: &Identifier, loc: Location) -> Result<()> {
        self.name_op(name, ExprContext::Store, loc)
    }

    pub(super) fn delete_name(&mut self, name: &Identifier, loc: Location) -> Result<()> {
        self.name_op(name, ExprContext::Del, loc)
    }

    /// The index of a cell or free variable.
    pub(super) fn deref_index(&mut self, name: &Identifier, is_cell: bool) -> u32 {
        let meta = &mut self.unit_mut().meta;
        if is_cell {
            meta.cellvars.add(name)
        } else {
            let cells = meta.cellvars.len() as u32;
            cells + meta.freevars.add(name)
        }
    }

    fn load_classdict(&mut self, loc: Location) {
        let name = Identifier::from("__classdict__");
        let is_cell = self.unit().meta.cellvars.get(&name).is_some();
        let index = self.deref_index(&name, is_cell);
        self.op(AnyOpcode::LOAD_DEREF, index, loc);
    }

    pub(super) fn name_op(
        &mut self,
        name: &Identifier,
        ctx: ExprContext,
        loc: Location,
    ) -> Result<()> {
        let mangled = self.maybe_mangle(name);
        let scope = self.ste().scope(&mangled);
        let function_like = self.ste().is_function_like();
        let in_class = self.ste().block_type == BlockType::Class;
        let sees_class = self.ste().can_see_class_scope;
        let in_inlined_comp = self.unit().in_inlined_comp > 0;
        let storage = match scope {
            Some(Scope::Free | Scope::Cell) => Storage::Deref,
            Some(Scope::Local) if function_like => Storage::Fast,
            Some(Scope::Local) if self.unit().meta.fasthidden.get(&mangled) == Some(&true) => {
                Storage::Fast
            }
            Some(Scope::GlobalImplicit) if function_like => Storage::Global,
            Some(Scope::GlobalExplicit) => Storage::Global,
            _ => Storage::Name,
        };
        let (op, arg) = match storage {
            Storage::Fast => {
                let op = match ctx {
                    ExprContext::Load => AnyOpcode::LOAD_FAST,
                    ExprContext::Store => AnyOpcode::STORE_FAST,
                    ExprContext::Del => AnyOpcode::DELETE_FAST,
                };
                (op, self.unit_mut().meta.varnames.add(&mangled))
            }
            Storage::Deref => {
                let arg = self.deref_index(&mangled, scope == Some(Scope::Cell));
                let op = match ctx {
                    ExprContext::Load if in_class && !in_inlined_comp => {
                        self.op0(AnyOpcode::LOAD_LOCALS, loc);
                        AnyOpcode::LOAD_FROM_DICT_OR_DEREF
                    }
                    ExprContext::Load if sees_class => {
                        self.load_classdict(loc);
                        AnyOpcode::LOAD_FROM_DICT_OR_DEREF
                    }
                    ExprContext::Load => AnyOpcode::LOAD_DEREF,
                    ExprContext::Store => AnyOpcode::STORE_DEREF,
                    ExprContext::Del => AnyOpcode::DELETE_DEREF,
                };
                (op, arg)
            }
            Storage::Global => {
                let arg = self.unit_mut().meta.names.add(&mangled);
                match ctx {
                    ExprContext::Load if sees_class && scope == Some(Scope::GlobalImplicit) => {
                        self.load_classdict(loc);
                        (AnyOpcode::LOAD_FROM_DICT_OR_GLOBALS, arg)
                    }
                    ExprContext::Load => (AnyOpcode::LOAD_GLOBAL, arg << 1),
                    ExprContext::Store => (AnyOpcode::STORE_GLOBAL, arg),
                    ExprContext::Del => (AnyOpcode::DELETE_GLOBAL, arg),
                }
            }
            Storage::Name => {
                let arg = self.unit_mut().meta.names.add(&mangled);
                match ctx {
                    ExprContext::Load if in_class && in_inlined_comp => {
                        (AnyOpcode::LOAD_GLOBAL, arg << 1)
                    }
                    ExprContext::Load => (AnyOpcode::LOAD_NAME, arg),
                    ExprContext::Store => (AnyOpcode::STORE_NAME, arg),
                    ExprContext::Del => (AnyOpcode::DELETE_NAME, arg),
                }
            }
        };
        self.op(op, arg, loc);
        Ok(())
    }

    /// The scope in which a function inside this one finds a name.
    pub(super) fn ref_type(&self, name: &str) -> Option<Scope> {
        let class_cell = matches!(
            name,
            "__class__" | "__classdict__" | "__conditional_annotations__"
        );
        if self.scope_type() == ScopeType::Class && class_cell {
            return Some(Scope::Cell);
        }
        self.ste().scope(name)
    }

    /// The index of the cell that a closure takes for a name.
    fn closure_index(&mut self, name: &str) -> Result<u32> {
        let is_cell = self.ref_type(name) == Some(Scope::Cell);
        let meta = &self.unit().meta;
        let cells = meta.cellvars.len() as u32;
        let index = match is_cell {
            true => meta.cellvars.get(name),
            false => meta.freevars.get(name).map(|index| index + cells),
        };
        index.ok_or_else(|| {
            let unit = &self.unit().meta.name;
            CompileError::invalid_tree(format!("unknown free variable {name} in {unit}"))
        })
    }

    /// Adds the function (or closure) of a code object.
    pub(super) fn make_closure(
        &mut self,
        code: Arc<CodeUnit>,
        mut flags: u32,
        loc: Location,
    ) -> Result<()> {
        let freevars: Vec<String> = code
            .freevars()
            .map(|name| name.as_str().unwrap_or_default().to_owned())
            .collect();
        if !freevars.is_empty() {
            for name in &freevars {
                let index = self.closure_index(name)?;
                self.op(AnyOpcode::LOAD_CLOSURE, index, loc);
            }
            flags |= make_function::CLOSURE;
            self.op(AnyOpcode::BUILD_TUPLE, freevars.len() as u32, loc);
        }
        self.load_const(Const::Code(code), loc)?;
        self.op0(AnyOpcode::MAKE_FUNCTION, loc);
        for attribute in [
            make_function::CLOSURE,
            make_function::ANNOTATIONS,
            make_function::ANNOTATE,
            make_function::KWDEFAULTS,
            make_function::DEFAULTS,
        ] {
            if flags & attribute != 0 {
                self.op(AnyOpcode::SET_FUNCTION_ATTRIBUTE, attribute, loc);
            }
        }
        Ok(())
    }
}
