//! The first pass: walks statements and notes what each block binds and uses.

use krait_ast::{
    Arguments, Expr, ExprContext, Identifier, Keyword, Mod, NameMap, Range, Stmt, StmtKind,
};
use krait_bytecode::{Location, code_flags};

use super::types::{BlockType, SymbolFlags, SymbolTableEntry, def};
use super::{Directive, EntryId, KeyKind, NodeKey, SymbolTable};
use crate::error::{CompileError, Depth, Result, location, with_stack};
use crate::future::{FutureFeatures, docstring};

/// A name as the class `private` sees it: `__x` becomes `_Class__x`.
pub(crate) fn mangle(private: Option<&Identifier>, name: &Identifier) -> Identifier {
    let Some(private) = private else {
        return name.clone();
    };
    if !name.starts_with("__") || name.ends_with("__") || name.contains('.') {
        return name.clone();
    }
    let class = private.trim_start_matches('_');
    if class.is_empty() {
        return name.clone();
    }
    Identifier::from(format!("_{class}{name}"))
}

/// Builds the blocks of a tree, without scopes.
pub(super) fn build(
    module: &Mod,
    future: &FutureFeatures,
    allow_top_level_await: bool,
) -> Result<SymbolTable> {
    let mut builder = Builder {
        table: SymbolTable {
            entries: Vec::new(),
            blocks: NameMap::default(),
        },
        stack: Vec::new(),
        cur: 0,
        private: None,
        future: *future,
        allow_top_level_await,
        depth: Depth::default(),
    };
    let key = NodeKey::new(module, KeyKind::Module);
    let start = Location {
        line: 0,
        end_line: 0,
        col: 0,
        end_col: 0,
    };
    builder.enter_block("top".into(), BlockType::Module, key, start);
    match module {
        Mod::Module { body, .. } => {
            builder.table.entries[0].has_docstring = docstring(body).is_some();
            builder.stmts(body)?;
        }
        Mod::Interactive { body } => builder.stmts(body)?,
        Mod::Expression { body } => builder.expr(body)?,
        Mod::FunctionType { .. } => {
            return Err(CompileError::invalid_tree(
                "this compiler does not handle FunctionTypes",
            ));
        }
    }
    Ok(builder.table)
}

pub(super) struct Builder {
    pub(super) table: SymbolTable,
    stack: Vec<EntryId>,
    pub(super) cur: EntryId,
    pub(super) private: Option<Identifier>,
    pub(super) future: FutureFeatures,
    pub(super) allow_top_level_await: bool,
    depth: Depth,
}

impl Builder {
    pub(super) fn cur(&mut self) -> &mut SymbolTableEntry {
        &mut self.table.entries[self.cur]
    }

    pub(super) fn new_entry(
        &mut self,
        name: Identifier,
        block_type: BlockType,
        key: NodeKey,
        location: Location,
    ) -> EntryId {
        let mut entry = SymbolTableEntry::new(name, block_type, location);
        if !self.stack.is_empty() {
            let parent = self.cur();
            entry.nested = parent.nested || parent.is_function_like();
            entry.method =
                block_type == BlockType::Function && parent.block_type == BlockType::Class;
        }
        let id = self.table.entries.len();
        self.table.entries.push(entry);
        self.table.blocks.insert(key, id);
        id
    }

    pub(super) fn enter_existing(&mut self, id: EntryId) {
        if !self.stack.is_empty() {
            let parent = self.cur;
            self.table.entries[id].comp_iter_expr = self.table.entries[parent].comp_iter_expr;
            if self.table.entries[id].block_type != BlockType::Class
                && self.table.entries[parent].mangled_names.is_some()
            {
                self.table.entries[id].mangled_names =
                    self.table.entries[parent].mangled_names.clone();
            }
            // Annotations that become strings do not touch the table.
            let strings = self.future.features & code_flags::FUTURE_ANNOTATIONS != 0;
            let is_annotation = self.table.entries[id].block_type == BlockType::Annotation;
            let children = &mut self.table.entries[parent].children;
            let hidden = is_annotation && strings;
            if !hidden && !children.contains(&id) {
                children.push(id);
            }
        }
        self.stack.push(id);
        self.cur = id;
    }

    pub(super) fn enter_block(
        &mut self,
        name: Identifier,
        block_type: BlockType,
        key: NodeKey,
        location: Location,
    ) {
        let id = self.new_entry(name, block_type, key, location);
        self.enter_existing(id);
        if matches!(
            block_type,
            BlockType::Annotation | BlockType::TypeVariable | BlockType::TypeAlias
        ) {
            // The parameter of the function that evaluates the annotation.
            let name = Identifier::from(".format");
            self.cur().symbols.set(&name, def::PARAM | def::USE);
            self.cur().varnames.push(name);
        }
    }

    pub(super) fn exit_block(&mut self) {
        self.stack.pop();
        if let Some(&parent) = self.stack.last() {
            self.cur = parent;
        }
    }

    fn maybe_mangle(&mut self, name: &Identifier) -> Identifier {
        if let Some(names) = &self.table.entries[self.cur].mangled_names
            && !names.borrow().contains(name)
        {
            return name.clone();
        }
        mangle(self.private.as_ref(), name)
    }

    pub(super) fn lookup(&mut self, name: &Identifier) -> SymbolFlags {
        let mangled = self.maybe_mangle(name);
        self.table.entries[self.cur].flags(&mangled)
    }

    pub(super) fn add_def_in(
        &mut self,
        id: EntryId,
        name: &Identifier,
        flag: SymbolFlags,
        location: Location,
    ) -> Result<()> {
        let mangled = self.maybe_mangle(name);
        let entry = &mut self.table.entries[id];
        let mut flags = entry.flags(&mangled);
        if flag & flags & def::PARAM != 0 {
            let message = format!("duplicate argument '{name}' in function definition");
            return Err(CompileError::syntax(location, message));
        }
        if flag & flags & def::TYPE_PARAM != 0 {
            let message = format!("duplicate type parameter '{name}'");
            return Err(CompileError::syntax(location, message));
        }
        flags |= flag;
        // A name in a subscript of the target is used, not bound.
        if entry.comp_iter_target && flag & def::LOCAL != 0 {
            // Named expressions must not rebind iteration variables, nor the other way round.
            if flags & (def::GLOBAL | def::NONLOCAL) != 0 {
                let message = format!(
                    "comprehension inner loop cannot rebind assignment expression target '{name}'"
                );
                return Err(CompileError::syntax(location, message));
            }
            flags |= def::COMP_ITER;
        }
        entry.symbols.set(&mangled, flags);
        if flag & def::PARAM != 0 {
            entry.varnames.push(mangled);
        } else if flag & def::GLOBAL != 0 {
            let top = &mut self.table.entries[0].symbols;
            let flags = top.get(&mangled).unwrap_or(0) | flag;
            top.set(&mangled, flags);
        }
        Ok(())
    }

    pub(super) fn check_name(name: &str, location: Location, ctx: ExprContext) -> Result<()> {
        let message = match ctx {
            ExprContext::Store if name == "__debug__" => "cannot assign to __debug__",
            ExprContext::Del if name == "__debug__" => "cannot delete __debug__",
            _ => return Ok(()),
        };
        Err(CompileError::syntax(location, message))
    }

    pub(super) fn add_def_ctx(
        &mut self,
        name: &Identifier,
        flag: SymbolFlags,
        location: Location,
        ctx: ExprContext,
    ) -> Result<()> {
        if flag & (def::PARAM | def::LOCAL | def::IMPORT) != 0 {
            Self::check_name(name, location, ctx)?;
        }
        if flag & def::TYPE_PARAM != 0
            && let Some(names) = &self.table.entries[self.cur].mangled_names
        {
            names.borrow_mut().insert(name.clone());
        }
        self.add_def_in(self.cur, name, flag, location)
    }

    pub(super) fn add_def(
        &mut self,
        name: &Identifier,
        flag: SymbolFlags,
        location: Location,
    ) -> Result<()> {
        let ctx = if flag & def::USE != 0 {
            ExprContext::Load
        } else {
            ExprContext::Store
        };
        self.add_def_ctx(name, flag, location, ctx)
    }

    pub(super) fn add_str(
        &mut self,
        name: &str,
        flag: SymbolFlags,
        location: Location,
    ) -> Result<()> {
        self.add_def(&Identifier::from(name), flag, location)
    }

    pub(super) fn stmts(&mut self, body: &[Stmt]) -> Result<()> {
        body.iter().try_for_each(|stmt| self.stmt(stmt))
    }

    pub(super) fn exprs<'e>(&mut self, exprs: impl IntoIterator<Item = &'e Expr>) -> Result<()> {
        exprs.into_iter().try_for_each(|expr| self.expr(expr))
    }

    fn conditional(&mut self, body: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let before = std::mem::replace(&mut self.cur().in_conditional_block, true);
        body(self)?;
        self.cur().in_conditional_block = before;
        Ok(())
    }

    pub(super) fn nested(&mut self, body: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        self.depth.enter()?;
        with_stack(|| body(self))?;
        self.depth.leave();
        Ok(())
    }

    fn stmt(&mut self, stmt: &Stmt) -> Result<()> {
        self.nested(|builder| builder.stmt_kind(stmt))
    }

    fn stmt_kind(&mut self, stmt: &Stmt) -> Result<()> {
        let loc = location(stmt.range);
        let keyword = match &stmt.kind {
            StmtKind::AsyncFor(_) => Some("async for"),
            StmtKind::AsyncWith(_) => Some("async with"),
            _ => None,
        };
        if let Some(keyword) = keyword
            && !self.allows_await()
        {
            let message = format!("'{keyword}' outside async function");
            return Err(CompileError::syntax(loc, message));
        }
        if keyword.is_some() && self.cur().block_type == BlockType::Module {
            self.cur().coroutine = true;
        }
        match &stmt.kind {
            StmtKind::FunctionDef(function) => self.function_def(stmt, function, false),
            StmtKind::AsyncFunctionDef(function) => self.function_def(stmt, function, true),
            StmtKind::ClassDef(_) => self.class_def(stmt),
            StmtKind::TypeAlias { .. } => self.type_alias(stmt),
            StmtKind::Return { value } => {
                if let Some(value) = value {
                    self.expr(value)?;
                    self.cur().returns_value = true;
                }
                Ok(())
            }
            StmtKind::Delete { targets } => self.exprs(targets),
            StmtKind::Assign { targets, value, .. } => {
                self.exprs(targets)?;
                self.expr(value)
            }
            StmtKind::AnnAssign { .. } => self.ann_assign(stmt),
            StmtKind::AugAssign { target, value, .. } => {
                self.expr(target)?;
                self.expr(value)
            }
            StmtKind::For(node) | StmtKind::AsyncFor(node) => {
                self.expr(&node.target)?;
                self.expr(&node.iter)?;
                self.conditional(|builder| {
                    builder.stmts(&node.body)?;
                    builder.stmts(&node.orelse)
                })
            }
            StmtKind::While { test, body, orelse } | StmtKind::If { test, body, orelse } => {
                self.expr(test)?;
                self.conditional(|builder| {
                    builder.stmts(body)?;
                    builder.stmts(orelse)
                })
            }
            StmtKind::Match { subject, cases } => {
                self.expr(subject)?;
                self.conditional(|builder| {
                    cases.iter().try_for_each(|case| builder.match_case(case))
                })
            }
            StmtKind::Raise { exc, cause } => {
                self.exprs(exc.as_deref())?;
                self.exprs(cause.as_deref())
            }
            StmtKind::Try(node) | StmtKind::TryStar(node) => self.conditional(|builder| {
                builder.stmts(&node.body)?;
                for handler in &node.handlers {
                    builder.exprs(handler.type_.as_deref())?;
                    if let Some(name) = &handler.name {
                        builder.add_def(name, def::LOCAL, location(handler.range))?;
                    }
                    builder.stmts(&handler.body)?;
                }
                builder.stmts(&node.orelse)?;
                builder.stmts(&node.finalbody)
            }),
            StmtKind::Assert { test, msg } => {
                self.expr(test)?;
                self.exprs(msg.as_deref())
            }
            StmtKind::Import { names } => names.iter().try_for_each(|alias| self.alias(alias)),
            StmtKind::ImportFrom {
                module,
                names,
                level,
            } => {
                self.check_future_import(module.as_deref(), *level, loc)?;
                names.iter().try_for_each(|alias| self.alias(alias))
            }
            StmtKind::Global { names } => names.iter().try_for_each(|name| self.global(name, loc)),
            StmtKind::Nonlocal { names } => {
                names.iter().try_for_each(|name| self.nonlocal(name, loc))
            }
            StmtKind::Expr { value } => self.expr(value),
            StmtKind::Pass | StmtKind::Break | StmtKind::Continue => Ok(()),
            StmtKind::With(node) | StmtKind::AsyncWith(node) => self.conditional(|builder| {
                for item in &node.items {
                    builder.expr(&item.context_expr)?;
                    builder.exprs(item.optional_vars.as_deref())?;
                }
                builder.stmts(&node.body)
            }),
        }
    }

    fn check_future_import(&self, module: Option<&str>, level: u32, loc: Location) -> Result<()> {
        let last = self.future.location;
        if module == Some("__future__")
            && level == 0
            && (loc.line > last.line || (loc.line == last.end_line && loc.col > last.end_col))
        {
            let message = "from __future__ imports must occur at the beginning of the file";
            return Err(CompileError::syntax(loc, message));
        }
        Ok(())
    }

    pub(super) fn arguments(&mut self, args: &Arguments) -> Result<()> {
        let named = args
            .posonlyargs
            .iter()
            .chain(&args.args)
            .chain(&args.kwonlyargs);
        for arg in named {
            self.add_def(&arg.arg, def::PARAM, location(arg.range))?;
        }
        if let Some(arg) = &args.vararg {
            self.add_def(&arg.arg, def::PARAM, location(arg.range))?;
            self.cur().varargs = true;
        }
        if let Some(arg) = &args.kwarg {
            self.add_def(&arg.arg, def::PARAM, location(arg.range))?;
            self.cur().varkeywords = true;
        }
        Ok(())
    }

    pub(super) fn keywords(&mut self, keywords: &[Keyword]) -> Result<()> {
        for keyword in keywords {
            if let Some(name) = &keyword.arg {
                Self::check_name(name, location(keyword.range), ExprContext::Store)?;
            }
        }
        self.exprs(keywords.iter().map(|keyword| &keyword.value))
    }

    fn alias(&mut self, alias: &krait_ast::Alias) -> Result<()> {
        let loc = location(alias.range);
        if alias.name == "*" {
            if self.cur().block_type != BlockType::Module {
                let message = "import * only allowed at module level";
                return Err(CompileError::syntax(loc, message));
            }
            return Ok(());
        }
        match &alias.asname {
            Some(name) => self.add_def(name, def::IMPORT, loc),
            None => {
                let first = alias.name.split('.').next().unwrap_or_default();
                self.add_def(&Identifier::from(first), def::IMPORT, loc)
            }
        }
    }

    fn global(&mut self, name: &Identifier, loc: Location) -> Result<()> {
        let flags = self.lookup(name);
        self.check_directive(name, flags, "global", loc)?;
        self.add_def(name, def::GLOBAL, loc)?;
        self.record_directive(name, loc);
        Ok(())
    }

    fn nonlocal(&mut self, name: &Identifier, loc: Location) -> Result<()> {
        let flags = self.lookup(name);
        self.check_directive(name, flags, "nonlocal", loc)?;
        self.add_def(name, def::NONLOCAL, loc)?;
        self.record_directive(name, loc);
        Ok(())
    }

    fn check_directive(
        &self,
        name: &Identifier,
        flags: SymbolFlags,
        kind: &str,
        loc: Location,
    ) -> Result<()> {
        let message = if flags & def::PARAM != 0 {
            format!("name '{name}' is parameter and {kind}")
        } else if flags & def::USE != 0 {
            format!("name '{name}' is used prior to {kind} declaration")
        } else if flags & def::ANNOT != 0 {
            format!("annotated name '{name}' can't be {kind}")
        } else if flags & def::LOCAL != 0 {
            format!("name '{name}' is assigned to before {kind} declaration")
        } else {
            return Ok(());
        };
        Err(CompileError::syntax(loc, message))
    }

    pub(super) fn record_directive(&mut self, name: &Identifier, location: Location) {
        let name = self.maybe_mangle(name);
        self.cur().directives.push(Directive { name, location });
    }

    pub(super) fn parent_stack(&self) -> Vec<EntryId> {
        self.stack.clone()
    }

    pub(super) fn lookup_in(&self, id: EntryId, name: &Identifier) -> SymbolFlags {
        self.table.entries[id].flags(&mangle(self.private.as_ref(), name))
    }
}

/// Turns a node's range into a location.
pub(super) fn loc_of(range: Range) -> Location {
    location(range)
}
