//! The persistent map behind contexts: a trie over the address of each variable.
//!
//! Invariants:
//! 1. Nodes never change after they are made, so maps share them freely.
//! 2. A node is an object of its own, so that the collector sees each shared reference once.
//! 3. The trie's key is a bijection of the variable's address: two variables never collide.

use krait_macros::{pyclass, pymethods};

use super::ContextVar;
use crate::gc::{TRAVERSED, Traverse, TraverseResult, Visitor};
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{PyResult, gc};

/// Bits of the key that each level of the trie looks at.
const BITS: u32 = 5;

/// One slot of a node.
#[derive(Clone)]
enum Entry {
    Leaf(Py<ContextVar>, Obj),
    Node(Py<HamtNode>),
}

impl Traverse for Entry {
    fn traverse(&self, visitor: &mut Visitor) -> TraverseResult {
        match self {
            Entry::Leaf(var, value) => {
                visitor.visit(var.as_object())?;
                visitor.visit(value)
            }
            Entry::Node(node) => visitor.visit(node.as_object()),
        }
    }

    fn clear(&self) {}
}

/// An immutable node: one entry for each bit set in `bitmap`, in the order of the bits.
#[pyclass(name = "hamt_bitmap_node", flags(GC, DISALLOW_INSTANTIATION))]
#[repr(C)]
pub(crate) struct HamtNode {
    ob_base: PyObject,
    bitmap: u32,
    #[traverse]
    entries: Box<[Entry]>,
}

#[pymethods]
impl HamtNode {}

/// The key: multiplying by an odd number loses nothing and spreads neighbours over the slots.
fn key_of(var: &ContextVar) -> u64 {
    let address = std::ptr::from_ref(var).addr() as u64;
    (address >> 4).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

impl HamtNode {
    fn new(bitmap: u32, entries: Vec<Entry>) -> PyResult<Py<HamtNode>> {
        Py::new(HamtNode {
            ob_base: PyObject::HEADER,
            bitmap,
            entries: entries.into_boxed_slice(),
        })
    }

    fn slot(&self, key: u64) -> (u32, usize) {
        let bit = 1 << (key & ((1 << BITS) - 1));
        let index = (self.bitmap & (bit - 1)).count_ones() as usize;
        (bit, index)
    }

    fn find(&self, var: &ContextVar) -> Option<&Obj> {
        let (mut node, mut key) = (self, key_of(var));
        loop {
            let (bit, index) = node.slot(key);
            if node.bitmap & bit == 0 {
                return None;
            }
            match &node.entries[index] {
                Entry::Leaf(found, value) => return found.is(var).then_some(value),
                Entry::Node(next) => node = next,
            }
            key >>= BITS;
        }
    }

    fn with_entry(&self, bit: u32, index: usize, entry: Entry) -> PyResult<Py<HamtNode>> {
        let mut entries = self.entries.to_vec();
        if self.bitmap & bit == 0 {
            entries.insert(index, entry);
        } else {
            entries[index] = entry;
        }
        Self::new(self.bitmap | bit, entries)
    }

    /// This node with `var` set; `shift` is how many bits of the key lead here.
    fn with(&self, var: &ContextVar, value: &PyObject, shift: u32) -> PyResult<Py<HamtNode>> {
        let (bit, index) = self.slot(key_of(var) >> shift);
        let leaf = Entry::Leaf(PyClass::to_owned(var), value.to_obj());
        if self.bitmap & bit == 0 {
            return self.with_entry(bit, index, leaf);
        }
        let entry = match &self.entries[index] {
            Entry::Leaf(found, _) if found.is(var) => leaf,
            Entry::Leaf(found, old) => {
                let below = Self::new(0, Vec::new())?
                    .with(found, old, shift + BITS)?
                    .with(var, value, shift + BITS)?;
                Entry::Node(below)
            }
            Entry::Node(node) => Entry::Node(node.with(var, value, shift + BITS)?),
        };
        self.with_entry(bit, index, entry)
    }

    /// This node without `var`, which it holds.
    fn without(&self, var: &ContextVar, shift: u32) -> PyResult<Py<HamtNode>> {
        let (bit, index) = self.slot(key_of(var) >> shift);
        if let Some(Entry::Node(node)) = self.entries.get(index) {
            let below = node.without(var, shift + BITS)?;
            // A lone leaf moves up, so that equal maps do not grow deeper with their history.
            let entry = match &*below.entries {
                [leaf @ Entry::Leaf(..)] => leaf.clone(),
                _ => Entry::Node(below),
            };
            return self.with_entry(bit, index, entry);
        }
        let mut entries = self.entries.to_vec();
        entries.remove(index);
        Self::new(self.bitmap & !bit, entries)
    }

    fn collect(&self, items: &mut Vec<(Py<ContextVar>, Obj)>) {
        for entry in &self.entries {
            match entry {
                Entry::Leaf(var, value) => items.push((var.clone(), value.clone())),
                Entry::Node(node) => node.collect(items),
            }
        }
    }
}

/// A map from variables to values; copies are cheap.
#[derive(Clone, Default)]
pub(crate) struct Hamt {
    root: Option<Py<HamtNode>>,
    len: usize,
}

impl Hamt {
    /// How many variables have a value.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The value of `var`.
    pub(crate) fn get(&self, var: &ContextVar) -> Option<&Obj> {
        self.root.as_ref()?.find(var)
    }

    /// The map with `var` set to `value`.
    pub(crate) fn with(&self, var: &ContextVar, value: &PyObject) -> PyResult<Hamt> {
        let root = match &self.root {
            Some(root) => root.with(var, value, 0)?,
            None => HamtNode::new(0, Vec::new())?.with(var, value, 0)?,
        };
        let added = usize::from(self.get(var).is_none());
        Ok(Hamt {
            root: Some(root),
            len: self.len + added,
        })
    }

    /// The map without `var`.
    pub(crate) fn without(&self, var: &ContextVar) -> PyResult<Hamt> {
        match &self.root {
            Some(root) if root.find(var).is_some() => Ok(Hamt {
                root: Some(root.without(var, 0)?),
                len: self.len - 1,
            }),
            _ => Ok(self.clone()),
        }
    }

    /// All variables with their values.
    pub(crate) fn items(&self) -> Vec<(Py<ContextVar>, Obj)> {
        let mut items = Vec::with_capacity(self.len);
        if let Some(root) = &self.root {
            root.collect(&mut items);
        }
        items
    }
}

impl gc::Traverse for Hamt {
    fn traverse(&self, visitor: &mut Visitor) -> TraverseResult {
        match &self.root {
            Some(root) => visitor.visit(root.as_object()),
            None => TRAVERSED,
        }
    }

    fn clear(&self) {}
}
