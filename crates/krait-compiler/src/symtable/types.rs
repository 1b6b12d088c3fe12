//! The table's data: blocks, symbols, flags.

use std::cell::RefCell;
use std::rc::Rc;

use krait_ast::{Identifier, NameMap, NameSet};
use krait_bytecode::Location;

use super::{Directive, EntryId};

/// The flags of a symbol: how it is defined and used, and above [`def::SCOPE_OFFSET`] its scope.
pub type SymbolFlags = u32;

/// The bits of [`SymbolFlags`].
#[allow(missing_docs)]
pub mod def {
    pub const GLOBAL: u32 = 1;
    pub const LOCAL: u32 = 2;
    pub const PARAM: u32 = 2 << 1;
    pub const NONLOCAL: u32 = 2 << 2;
    pub const USE: u32 = 2 << 3;
    pub const FREE_CLASS: u32 = 2 << 5;
    pub const IMPORT: u32 = 2 << 6;
    pub const ANNOT: u32 = 2 << 7;
    pub const COMP_ITER: u32 = 2 << 8;
    pub const TYPE_PARAM: u32 = 2 << 9;
    pub const COMP_CELL: u32 = 2 << 10;
    pub const BOUND: u32 = LOCAL | PARAM | IMPORT;
    pub const SCOPE_OFFSET: u32 = 12;
    pub const SCOPE_MASK: u32 = GLOBAL | LOCAL | PARAM | NONLOCAL;
}

/// Where a name lives.
#[allow(missing_docs)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Scope {
    Local = 1,
    GlobalExplicit = 2,
    GlobalImplicit = 3,
    Free = 4,
    Cell = 5,
}

impl Scope {
    /// The scope that the flags hold, `None` before analysis or for unknown names.
    pub fn from_flags(flags: SymbolFlags) -> Option<Scope> {
        match flags >> def::SCOPE_OFFSET & def::SCOPE_MASK {
            1 => Some(Scope::Local),
            2 => Some(Scope::GlobalExplicit),
            3 => Some(Scope::GlobalImplicit),
            4 => Some(Scope::Free),
            5 => Some(Scope::Cell),
            _ => None,
        }
    }
}

/// What kind of code a block is.
#[allow(missing_docs)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BlockType {
    Function,
    Class,
    Module,
    Annotation,
    TypeAlias,
    TypeParameters,
    TypeVariable,
}

/// Which comprehension a block is, if any.
#[allow(missing_docs)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ComprehensionType {
    None,
    List,
    Dict,
    Set,
    Generator,
}

/// Names with their flags, in the order of their first appearance.
#[derive(Clone, Debug, Default)]
pub struct Symbols {
    order: Vec<Identifier>,
    flags: NameMap<Identifier, SymbolFlags>,
}

impl Symbols {
    /// The flags of a name.
    pub fn get(&self, name: &str) -> Option<SymbolFlags> {
        self.flags.get(name).copied()
    }

    /// Sets the flags of a name.
    pub fn set(&mut self, name: &Identifier, flags: SymbolFlags) {
        if self.flags.insert(name.clone(), flags).is_none() {
            self.order.push(name.clone());
        }
    }

    /// Forgets a name.
    pub fn remove(&mut self, name: &str) {
        if self.flags.remove(name).is_some() {
            self.order.retain(|each| each.as_str() != name);
        }
    }

    /// Names and flags in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Identifier, SymbolFlags)> {
        self.order.iter().map(|name| (name, self.flags[name]))
    }
}

/// One block: CPython's `symtable_entry`.
#[derive(Debug)]
pub struct SymbolTableEntry {
    /// The block's name.
    pub name: Identifier,
    /// What kind of block it is.
    pub block_type: BlockType,
    /// The names.
    pub symbols: Symbols,
    /// The parameters, in order.
    pub varnames: Vec<Identifier>,
    /// The blocks inside.
    pub children: Vec<EntryId>,
    /// Where the block opens.
    pub location: Location,
    /// Whether the block is inside a function.
    pub nested: bool,
    /// Whether it is a generator.
    pub generator: bool,
    /// Whether it is a coroutine.
    pub coroutine: bool,
    /// Whether it has `*args`.
    pub varargs: bool,
    /// Whether it has `**kwargs`.
    pub varkeywords: bool,
    /// Whether it has `return` with a value.
    pub returns_value: bool,
    /// Whether it has annotations.
    pub annotations_used: bool,
    /// Which comprehension it is.
    pub comprehension: ComprehensionType,
    /// Whether a class needs a cell for `__class__`.
    pub needs_class_closure: bool,
    /// Whether a class needs a cell for its namespace.
    pub needs_classdict: bool,
    /// Whether a comprehension runs in its parent's frame.
    pub comp_inlined: bool,
    /// Whether the names of an enclosing class are visible.
    pub can_see_class_scope: bool,
    /// Whether a function has a docstring.
    pub has_docstring: bool,
    /// Whether it is a function right in a class.
    pub method: bool,
    /// Whether annotations stand in conditional code.
    pub has_conditional_annotations: bool,
    pub(crate) in_conditional_block: bool,
    pub(crate) in_unevaluated_annotation: bool,
    pub(crate) comp_iter_target: bool,
    pub(crate) comp_iter_expr: u32,
    /// What a type variable's block is, for messages.
    pub(crate) scope_info: Option<&'static str>,
    /// The only names that are mangled here, if not all are; shared with the blocks inside.
    pub(crate) mangled_names: Option<Rc<RefCell<NameSet<Identifier>>>>,
    pub(crate) directives: Vec<Directive>,
    /// The block of this block's annotations.
    pub annotation_block: Option<EntryId>,
}

impl SymbolTableEntry {
    pub(crate) fn new(name: Identifier, block_type: BlockType, location: Location) -> Self {
        Self {
            name,
            block_type,
            symbols: Symbols::default(),
            varnames: Vec::new(),
            children: Vec::new(),
            location,
            nested: false,
            generator: false,
            coroutine: false,
            varargs: false,
            varkeywords: false,
            returns_value: false,
            annotations_used: false,
            comprehension: ComprehensionType::None,
            needs_class_closure: false,
            needs_classdict: false,
            comp_inlined: false,
            can_see_class_scope: false,
            has_docstring: false,
            method: false,
            has_conditional_annotations: false,
            in_conditional_block: false,
            in_unevaluated_annotation: false,
            comp_iter_target: false,
            comp_iter_expr: 0,
            scope_info: None,
            mangled_names: None,
            directives: Vec::new(),
            annotation_block: None,
        }
    }

    /// Whether names in the block behave as in a function.
    pub fn is_function_like(&self) -> bool {
        matches!(
            self.block_type,
            BlockType::Function
                | BlockType::Annotation
                | BlockType::TypeVariable
                | BlockType::TypeAlias
                | BlockType::TypeParameters
        )
    }

    /// The flags of a name, 0 if the block does not know it.
    pub fn flags(&self, name: &str) -> SymbolFlags {
        self.symbols.get(name).unwrap_or(0)
    }

    /// The scope of a name, if the block knows it.
    pub fn scope(&self, name: &str) -> Option<Scope> {
        Scope::from_flags(self.flags(name))
    }
}
