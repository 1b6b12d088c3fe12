//! The symbol table: which names each block binds and uses, and in which scope each name lives.
//!
//! `build` walks the tree and notes definitions and uses, `analyze` then decides the scopes. A block is
//! found again by the node that opens it.

mod analyze;
mod build;
mod comprehension;
mod definitions;
mod patterns;
mod types;

use krait_ast::{Identifier, Mod, NameMap};
use krait_bytecode::Location;

use crate::error::Result;
use crate::future::FutureFeatures;

pub(crate) use build::mangle;
pub use types::{BlockType, ComprehensionType, Scope, SymbolFlags, SymbolTableEntry, Symbols, def};

/// The index of a block in the table.
pub type EntryId = usize;

/// What a node opens: one node can open more than one block.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum KeyKind {
    Module,
    Function,
    Class,
    Comprehension,
    Annotations,
    TypeParams,
    TypeAlias,
    TypeParamBound,
    TypeParamDefault,
}

/// The identity of a node together with what it opens.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct NodeKey(usize, KeyKind);

impl NodeKey {
    /// The key of the block that `node` opens. The node must not move while the table is in use.
    pub(crate) fn new<T>(node: &T, kind: KeyKind) -> Self {
        NodeKey(std::ptr::from_ref(node) as usize, kind)
    }
}

/// All blocks of a module.
#[derive(Debug)]
pub struct SymbolTable {
    pub(crate) entries: Vec<SymbolTableEntry>,
    blocks: NameMap<NodeKey, EntryId>,
}

impl SymbolTable {
    /// Builds the table of a tree.
    pub(crate) fn build(
        module: &Mod,
        future: &FutureFeatures,
        allow_top_level_await: bool,
    ) -> Result<SymbolTable> {
        let mut table = build::build(module, future, allow_top_level_await)?;
        analyze::analyze(&mut table)?;
        Ok(table)
    }

    /// The module's own block.
    pub fn top(&self) -> &SymbolTableEntry {
        &self.entries[0]
    }

    /// A block by its index.
    pub fn entry(&self, id: EntryId) -> &SymbolTableEntry {
        &self.entries[id]
    }

    /// The number of blocks.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no block (there always is the module's).
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The key under which a block is found.
    pub(crate) fn key_of(&self, id: EntryId) -> Option<NodeKey> {
        self.blocks
            .iter()
            .find(|(_, block)| **block == id)
            .map(|(key, _)| *key)
    }

    pub(crate) fn lookup(&self, key: NodeKey) -> Option<EntryId> {
        self.blocks.get(&key).copied()
    }
}

/// A `global` or `nonlocal` statement's name and place.
#[derive(Clone, Debug)]
pub(crate) struct Directive {
    pub(crate) name: Identifier,
    pub(crate) location: Location,
}
