//! The second pass: decides for every name of every block whether it is local, global, free or a cell.

use krait_ast::{Identifier, NameMap, NameSet};

use super::types::{BlockType, ComprehensionType, Scope, SymbolFlags, def};
use super::{EntryId, SymbolTable};
use crate::error::{CompileError, Depth, Result, with_stack};

type Names = NameSet<Identifier>;
type Scopes = NameMap<Identifier, Scope>;

/// Names that a class gives to the blocks in it through cells of its own.
const CLASS_CELLS: [&str; 3] = ["__class__", "__classdict__", "__conditional_annotations__"];

/// Decides all scopes.
pub(super) fn analyze(table: &mut SymbolTable) -> Result<()> {
    let mut analyzer = Analyzer {
        table,
        depth: Depth::default(),
    };
    analyzer
        .block(0, None, &Names::default(), &Names::default(), None)
        .map(drop)
}

struct Analyzer<'t> {
    table: &'t mut SymbolTable,
    depth: Depth,
}

/// What is decided about one block while its children are visited.
struct Block {
    id: EntryId,
    /// Names bound by enclosing functions; `None` at module level.
    bound: Option<Names>,
    global: Names,
    type_params: Names,
    class_entry: Option<EntryId>,
    local: Names,
    free: Names,
    scopes: Scopes,
    inlined_cells: Names,
}

impl Analyzer<'_> {
    /// Analyses a block and those inside; returns the names that are free in it.
    fn block(
        &mut self,
        id: EntryId,
        outer_bound: Option<&Names>,
        outer_global: &Names,
        outer_type_params: &Names,
        class_entry: Option<EntryId>,
    ) -> Result<Names> {
        self.depth.enter()?;
        let mut block = Block {
            id,
            bound: outer_bound.cloned(),
            global: outer_global.clone(),
            type_params: outer_type_params.clone(),
            class_entry,
            local: Names::default(),
            free: Names::default(),
            scopes: Scopes::default(),
            inlined_cells: Names::default(),
        };
        let is_class = self.table.entries[id].block_type == BlockType::Class;
        let is_function_like = self.table.entries[id].is_function_like();
        // A class's own names are not visible in the blocks inside it.
        let mut child_bound = Names::default();
        let mut child_global = Names::default();
        if is_class {
            child_global.clone_from(&block.global);
            child_bound.extend(block.bound.iter().flatten().cloned());
        }
        let symbols: Vec<(Identifier, SymbolFlags)> = self.table.entries[id]
            .symbols
            .iter()
            .map(|(name, flags)| (name.clone(), flags))
            .collect();
        for (name, flags) in &symbols {
            self.name(&mut block, name, *flags)?;
        }
        if is_class {
            child_bound.extend(CLASS_CELLS.map(Identifier::from));
        } else {
            if is_function_like {
                child_bound.extend(block.local.iter().cloned());
            }
            child_bound.extend(block.bound.iter().flatten().cloned());
            child_global.extend(block.global.iter().cloned());
        }
        let mut child_free_names = Names::default();
        for child in self.table.entries[id].children.clone() {
            let free = self.child(&mut block, child, &child_bound, &child_global)?;
            child_free_names.extend(free);
        }
        self.splice_inlined_children(id);
        if is_function_like {
            analyze_cells(
                &mut block.scopes,
                &mut child_free_names,
                &block.inlined_cells,
            );
        } else if is_class {
            self.drop_class_free(id, &mut child_free_names);
        }
        self.update_symbols(&block, &child_free_names);
        self.depth.leave();
        child_free_names.extend(block.free);
        Ok(child_free_names)
    }

    fn child(
        &mut self,
        block: &mut Block,
        child: EntryId,
        bound: &Names,
        global: &Names,
    ) -> Result<Names> {
        let entries = &self.table.entries;
        let class_entry = match entries[child].can_see_class_scope {
            true if entries[block.id].block_type == BlockType::Class => Some(block.id),
            true => block.class_entry,
            false => None,
        };
        // Comprehensions run in their parent's frame, save those in annotations of a class.
        let inlined = !matches!(
            entries[child].comprehension,
            ComprehensionType::None | ComprehensionType::Generator
        ) && !entries[block.id].can_see_class_scope;
        let type_params = block.type_params.clone();
        let mut free =
            with_stack(|| self.block(child, Some(bound), global, &type_params, class_entry))?;
        if inlined {
            self.inline_comprehension(block, child, &mut free);
            self.table.entries[child].comp_inlined = true;
        }
        Ok(free)
    }

    fn directive_error<T>(&self, id: EntryId, name: &str, message: String) -> Result<T> {
        let directives = &self.table.entries[id].directives;
        let found = directives.iter().find(|each| each.name == *name);
        match found {
            Some(directive) => Err(CompileError::syntax(directive.location, message)),
            None => Err(CompileError::invalid_tree(
                "BUG: internal directive bookkeeping broken".to_owned(),
            )),
        }
    }

    fn name(&self, block: &mut Block, name: &Identifier, flags: SymbolFlags) -> Result<()> {
        let scope = if flags & def::GLOBAL != 0 {
            if flags & def::NONLOCAL != 0 {
                let message = format!("name '{name}' is nonlocal and global");
                return self.directive_error(block.id, name, message);
            }
            block.global.insert(name.clone());
            if let Some(bound) = &mut block.bound {
                bound.remove(name);
            }
            Scope::GlobalExplicit
        } else if flags & def::NONLOCAL != 0 {
            let Some(bound) = &block.bound else {
                let message = "nonlocal declaration not allowed at module level".to_owned();
                return self.directive_error(block.id, name, message);
            };
            if !bound.contains(name) {
                let message = format!("no binding for nonlocal '{name}' found");
                return self.directive_error(block.id, name, message);
            }
            if block.type_params.contains(name) {
                let message = format!("nonlocal binding not allowed for type parameter '{name}'");
                return self.directive_error(block.id, name, message);
            }
            block.free.insert(name.clone());
            Scope::Free
        } else if flags & def::BOUND != 0 {
            block.local.insert(name.clone());
            block.global.remove(name);
            if flags & def::TYPE_PARAM != 0 {
                block.type_params.insert(name.clone());
            } else {
                block.type_params.remove(name);
            }
            Scope::Local
        } else if let Some(scope) = self.class_scope(block, name) {
            scope
        } else if block
            .bound
            .as_ref()
            .is_some_and(|bound| bound.contains(name))
        {
            block.free.insert(name.clone());
            Scope::Free
        } else {
            Scope::GlobalImplicit
        };
        block.scopes.insert(name.clone(), scope);
        Ok(())
    }

    /// A name that both the enclosing class and a function around it bind is looked up in the class
    /// and then among the globals, past the function.
    fn class_scope(&self, block: &Block, name: &str) -> Option<Scope> {
        // The class's namespace itself is reached through a cell whatever the class binds.
        if name == "__classdict__" {
            return None;
        }
        let flags = self.table.entries[block.class_entry?].flags(name);
        if flags & def::GLOBAL != 0 {
            Some(Scope::GlobalExplicit)
        } else if flags & def::BOUND != 0 && flags & def::NONLOCAL == 0 {
            Some(Scope::GlobalImplicit)
        } else {
            None
        }
    }

    /// Takes the names of an inlined comprehension over into the block around it.
    fn inline_comprehension(&mut self, block: &mut Block, comp: EntryId, free: &mut Names) {
        let symbols: Vec<(Identifier, SymbolFlags)> = self.table.entries[comp]
            .symbols
            .iter()
            .map(|(name, flags)| (name.clone(), flags))
            .collect();
        let is_class = self.table.entries[block.id].block_type == BlockType::Class;
        let mut removed = Vec::new();
        for (name, flags) in symbols {
            if flags & def::PARAM != 0 {
                continue;
            }
            let mut scope = Scope::from_flags(flags);
            let only_flags = flags & ((1 << def::SCOPE_OFFSET) - 1);
            if scope == Some(Scope::Cell) || only_flags & def::COMP_CELL != 0 {
                block.inlined_cells.insert(name.clone());
            }
            // The class's own cells are for functions: a comprehension that is part of the class
            // body finds such a name among the globals, whatever the body binds.
            if scope == Some(Scope::Free) && is_class && CLASS_CELLS.contains(&name.as_str()) {
                scope = Some(Scope::GlobalImplicit);
                if !self.is_free_in_any_child(comp, &name) {
                    free.remove(&name);
                }
                removed.push(name.clone());
            }
            match self.table.entries[block.id].symbols.get(&name) {
                None => {
                    self.table.entries[block.id].symbols.set(&name, only_flags);
                    if let Some(scope) = scope {
                        block.scopes.insert(name, scope);
                    }
                }
                Some(existing) => {
                    if existing & def::BOUND != 0
                        && !is_class
                        && !self.is_free_in_any_child(comp, &name)
                    {
                        free.remove(&name);
                    }
                }
            }
        }
        // So that they stay global while the comprehension's own view of names holds.
        for name in removed {
            self.table.entries[comp].symbols.remove(&name);
        }
    }

    fn is_free_in_any_child(&self, id: EntryId, name: &str) -> bool {
        let entries = &self.table.entries;
        entries[id]
            .children
            .iter()
            .any(|&child| entries[child].scope(name) == Some(Scope::Free))
    }

    /// The children of an inlined comprehension are its parent's.
    fn splice_inlined_children(&mut self, id: EntryId) {
        let mut children = Vec::new();
        for &child in &self.table.entries[id].children {
            if self.table.entries[child].comp_inlined {
                children.extend_from_slice(&self.table.entries[child].children);
            } else {
                children.push(child);
            }
        }
        self.table.entries[id].children = children;
    }

    fn drop_class_free(&mut self, id: EntryId, free: &mut Names) {
        let entry = &mut self.table.entries[id];
        entry.needs_class_closure |= free.remove("__class__");
        entry.needs_classdict |= free.remove("__classdict__");
        entry.has_conditional_annotations |= free.remove("__conditional_annotations__");
    }

    fn update_symbols(&mut self, block: &Block, free: &Names) {
        let entry = &mut self.table.entries[block.id];
        let class_flag = entry.block_type == BlockType::Class || entry.can_see_class_scope;
        let symbols: Vec<(Identifier, SymbolFlags)> = entry
            .symbols
            .iter()
            .map(|(name, flags)| (name.clone(), flags))
            .collect();
        for (name, mut flags) in symbols {
            if block.inlined_cells.contains(&name) {
                flags |= def::COMP_CELL;
            }
            if let Some(&scope) = block.scopes.get(&name) {
                flags |= (scope as u32) << def::SCOPE_OFFSET;
            }
            entry.symbols.set(&name, flags);
        }
        let mut free: Vec<&Identifier> = free.iter().collect();
        free.sort();
        for name in free {
            if let Some(flags) = entry.symbols.get(name) {
                if class_flag {
                    entry.symbols.set(name, flags | def::FREE_CLASS);
                }
                continue;
            }
            let visible = block
                .bound
                .as_ref()
                .is_none_or(|bound| bound.contains(name));
            if visible {
                entry
                    .symbols
                    .set(name, (Scope::Free as u32) << def::SCOPE_OFFSET);
            }
        }
    }
}

/// Locals that blocks inside use become cells.
fn analyze_cells(scopes: &mut Scopes, free: &mut Names, inlined_cells: &Names) {
    for (name, scope) in scopes {
        if *scope == Scope::Local && (free.contains(name) || inlined_cells.contains(name)) {
            *scope = Scope::Cell;
            free.remove(name);
        }
    }
}
