//! The collector's doubly linked lists, through the two words before each tracked object.
//!
//! Invariants, outside a collection:
//! 1. A head that is in no list has a zero `_gc_next`; one that is in a list links both ways.
//! 2. The low bits of `_gc_prev` are flags: `FINALIZED` stays for life, `COLLECTING` is clear.
//!
//! During one, `_gc_prev` of an object in the young list holds a copy of its count instead of a
//! link, and the low bit of `_gc_next` marks an object that is not (yet) known to be reachable.

use std::cell::Cell;
use std::ptr;

use krait_abi as abi;
use krait_abi::{
    _PyGC_PREV_MASK, _PyGC_PREV_MASK_COLLECTING, _PyGC_PREV_MASK_FINALIZED, _PyGC_PREV_SHIFT,
    NEXT_MASK_UNREACHABLE,
};

/// A collector's header: of an object, or the ring that a list's [`List`] closes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Node(*mut abi::PyGC_Head);

const FLAGS: usize = !_PyGC_PREV_MASK;

impl Node {
    /// The header of a tracked or trackable object.
    ///
    /// # Safety
    /// The object has a collector's header before it and is alive for as long as the node is used.
    #[inline(always)]
    pub(super) unsafe fn of(object: *mut abi::PyObject) -> Node {
        // SAFETY: the caller's contract.
        Node(unsafe { object.cast::<abi::PyGC_Head>().sub(1) })
    }

    /// The object behind a header that is not a list's own.
    #[inline(always)]
    pub(super) fn object(self) -> *mut abi::PyObject {
        self.0.wrapping_add(1).cast()
    }

    #[inline(always)]
    fn head<'a>(self) -> &'a abi::PyGC_Head {
        // SAFETY: nodes are headers of live objects or of lists (see `of` and `List::new`).
        unsafe { &*self.0 }
    }

    #[inline(always)]
    fn address(self) -> usize {
        self.0.expose_provenance()
    }

    #[inline(always)]
    fn from_address(address: usize) -> Node {
        Node(ptr::with_exposed_provenance_mut(address))
    }

    #[inline(always)]
    pub(super) fn is_tracked(self) -> bool {
        self.head()._gc_next.get() != 0
    }

    #[inline(always)]
    pub(super) fn next(self) -> Node {
        Node::from_address(self.head()._gc_next.get() & !NEXT_MASK_UNREACHABLE)
    }

    #[inline(always)]
    pub(super) fn prev(self) -> Node {
        Node::from_address(self.head()._gc_prev.get() & _PyGC_PREV_MASK)
    }

    #[inline(always)]
    pub(super) fn set_next(self, next: Node) {
        self.head()._gc_next.set(next.address());
    }

    /// Sets the link back, keeping the flags.
    #[inline(always)]
    pub(super) fn set_prev(self, prev: Node) {
        let word = &self.head()._gc_prev;
        word.set((word.get() & FLAGS) | prev.address());
    }

    /// Links the node in before `next`, which is in a list.
    #[inline(always)]
    pub(super) fn insert_before(self, next: Node) {
        let prev = next.prev();
        prev.set_next(self);
        self.set_prev(prev);
        self.set_next(next);
        next.set_prev(self);
    }

    /// As [`Node::insert_before`], for a header whose words are not set yet: it has no flags.
    ///
    /// # Safety
    /// Nothing else refers to the header.
    #[inline(always)]
    pub(super) unsafe fn insert_new_before(self, next: Node) {
        let prev = next.prev();
        // SAFETY: the caller's contract; a node is the address of a header.
        unsafe {
            self.0.write(abi::PyGC_Head {
                _gc_next: next.address().into(),
                _gc_prev: prev.address().into(),
            });
        }
        prev.set_next(self);
        next.set_prev(self);
    }

    /// Takes the node out of its list, for good: only `FINALIZED` stays.
    #[inline(always)]
    pub(super) fn unlink(self) {
        let (prev, next) = (self.prev(), self.next());
        prev.set_next(next);
        next.set_prev(prev);
        let head = self.head();
        head._gc_next.set(0);
        head._gc_prev
            .set(head._gc_prev.get() & _PyGC_PREV_MASK_FINALIZED);
    }

    /// Moves the node to the end of another list, keeping its flags.
    pub(super) fn move_to(self, list: &List) {
        let (prev, next) = (self.prev(), self.next());
        prev.set_next(next);
        next.set_prev(prev);
        self.insert_before(list.ring());
    }

    pub(super) fn is_finalized(self) -> bool {
        self.head()._gc_prev.get() & _PyGC_PREV_MASK_FINALIZED != 0
    }

    pub(super) fn set_finalized(self) {
        self.head()
            ._gc_prev
            .update(|word| word | _PyGC_PREV_MASK_FINALIZED);
    }

    #[inline(always)]
    pub(super) fn is_collecting(self) -> bool {
        self.head()._gc_prev.get() & _PyGC_PREV_MASK_COLLECTING != 0
    }

    pub(super) fn clear_collecting(self) {
        self.head()
            ._gc_prev
            .update(|word| word & !_PyGC_PREV_MASK_COLLECTING);
    }

    /// Starts the copy of the count, which takes the place of the link back.
    #[inline(always)]
    pub(super) fn begin_collecting(self, refs: usize) {
        self.head()._gc_prev.update(|word| {
            (word & _PyGC_PREV_MASK_FINALIZED)
                | _PyGC_PREV_MASK_COLLECTING
                | (refs << _PyGC_PREV_SHIFT)
        });
    }

    #[inline(always)]
    pub(super) fn refs(self) -> usize {
        self.head()._gc_prev.get() >> _PyGC_PREV_SHIFT
    }

    #[inline(always)]
    pub(super) fn set_refs(self, refs: usize) {
        self.head()
            ._gc_prev
            .update(|word| (word & FLAGS) | (refs << _PyGC_PREV_SHIFT));
    }

    #[inline(always)]
    pub(super) fn subtract_ref(self) {
        // More visits than counts would be a fault of some `tp_traverse`, which debug builds report
        // (`subtract_visited`); the object then looks unreachable as it would at zero.
        self.set_refs(self.refs().saturating_sub(1));
    }

    #[inline(always)]
    pub(super) fn is_marked_unreachable(self) -> bool {
        self.head()._gc_next.get() & NEXT_MASK_UNREACHABLE != 0
    }

    fn mark_unreachable(self) {
        self.head()
            ._gc_next
            .update(|word| word | NEXT_MASK_UNREACHABLE);
    }

    pub(super) fn clear_unreachable_mark(self) {
        self.head()
            ._gc_next
            .update(|word| word & !NEXT_MASK_UNREACHABLE);
    }

    /// Moves a node to the end of the list of what looks unreachable; `prev` is the node before it
    /// in the list it leaves, whose own links back are not in use.
    pub(super) fn set_aside(self, prev: Node, unreachable: &List) {
        prev.set_next(self.next());
        let ring = unreachable.ring();
        let last = ring.prev();
        let last_marked = last.is_marked_unreachable();
        last.set_next(self);
        if last_marked {
            last.mark_unreachable();
        }
        self.set_prev(last);
        self.set_next(ring);
        self.mark_unreachable();
        ring.set_prev(self);
    }

    /// Takes a node out for good that the walk over a list is at; `prev` is the node before it, and links
    /// back are not in use, but for the last.
    pub(super) fn leave(self, prev: Node, list: &List) {
        let ring = list.ring();
        if ring.prev() == self {
            ring.set_prev(prev);
        }
        prev.set_next(self.next());
        let head = self.head();
        head._gc_next.set(0);
        head._gc_prev
            .set(head._gc_prev.get() & _PyGC_PREV_MASK_FINALIZED);
    }

    /// Brings a node back from the list of what looks unreachable to the end of a list whose links
    /// back are not in use, but for the last.
    pub(super) fn bring_back(self, reachable: Node) {
        let (prev, next) = (self.prev(), self.next());
        let marked = prev.is_marked_unreachable();
        prev.set_next(next);
        if marked {
            prev.mark_unreachable();
        }
        next.set_prev(prev);
        let last = reachable.prev();
        last.set_next(self);
        self.set_next(reachable);
        reachable.set_prev(self);
        self.set_refs(1);
    }
}

/// A list's own header, which closes the ring. It must stay where it is once it is in use.
pub(super) struct List(abi::PyGC_Head);

impl List {
    /// A list that [`List::init`] must make a ring of before it is used.
    pub(super) const fn unset() -> List {
        List(abi::PyGC_Head {
            _gc_next: Cell::new(0),
            _gc_prev: Cell::new(0),
        })
    }

    /// Makes the list empty.
    pub(super) fn init(&self) {
        let ring = self.ring();
        self.0._gc_next.set(ring.address());
        self.0._gc_prev.set(ring.address());
    }

    /// The node that closes the ring.
    #[inline(always)]
    pub(super) fn ring(&self) -> Node {
        Node(ptr::from_ref(&self.0).cast_mut())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ring().next() == self.ring()
    }

    pub(super) fn first(&self) -> Option<Node> {
        let first = self.ring().next();
        (first != self.ring()).then_some(first)
    }

    pub(super) fn len(&self) -> usize {
        self.nodes().count()
    }

    /// The nodes; the next one is read before a node is given out, so that it may be moved away.
    pub(super) fn nodes(&self) -> Nodes {
        Nodes {
            ring: self.ring(),
            next: self.ring().next(),
        }
    }

    /// Moves everything to the end of another list.
    pub(super) fn append_to(&self, other: &List) {
        if self.is_empty() {
            return;
        }
        let (first, last) = (self.ring().next(), self.ring().prev());
        let (end, ring) = (other.ring().prev(), other.ring());
        end.set_next(first);
        first.set_prev(end);
        last.set_next(ring);
        ring.set_prev(last);
        self.init();
    }
}

/// The nodes of a list, in order.
pub(super) struct Nodes {
    ring: Node,
    next: Node,
}

impl Iterator for Nodes {
    type Item = Node;

    fn next(&mut self) -> Option<Node> {
        let node = self.next;
        if node == self.ring {
            return None;
        }
        self.next = node.next();
        Some(node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heads(count: usize) -> Vec<abi::PyGC_Head> {
        (0..count)
            .map(|_| abi::PyGC_Head {
                _gc_next: Cell::new(0),
                _gc_prev: Cell::new(0),
            })
            .collect()
    }

    fn node(head: &abi::PyGC_Head) -> Node {
        Node(ptr::from_ref(head).cast_mut())
    }

    fn order(list: &List, heads: &[abi::PyGC_Head]) -> Vec<usize> {
        let place = |each: Node| {
            heads
                .iter()
                .position(|head| node(head) == each)
                .unwrap_or(99)
        };
        list.nodes().map(place).collect()
    }

    #[test]
    fn nodes_keep_their_order() {
        let heads = heads(4);
        let (left, right) = (List::unset(), List::unset());
        left.init();
        right.init();
        for head in &heads {
            node(head).insert_before(left.ring());
        }
        assert_eq!(order(&left, &heads), [0, 1, 2, 3]);
        node(&heads[1]).move_to(&right);
        node(&heads[3]).unlink();
        assert!(!node(&heads[3]).is_tracked());
        assert_eq!(order(&left, &heads), [0, 2]);
        right.append_to(&left);
        assert_eq!(order(&left, &heads), [0, 2, 1]);
        assert!(right.is_empty());
        assert_eq!(left.len(), 3);
    }

    #[test]
    fn flags_survive_links_and_counts() {
        let heads = heads(2);
        let list = List::unset();
        list.init();
        let first = node(&heads[0]);
        first.insert_before(list.ring());
        first.set_finalized();
        node(&heads[1]).insert_before(list.ring());
        first.begin_collecting(7);
        assert!(first.is_collecting() && first.is_finalized());
        first.subtract_ref();
        assert_eq!(first.refs(), 6);
        first.set_prev(list.ring());
        first.clear_collecting();
        assert!(!first.is_collecting() && first.is_finalized());
        first.unlink();
        assert!(first.is_finalized());
        assert_eq!(order(&list, &heads), [1]);
    }

    #[test]
    fn a_walk_can_leave_nodes_behind() {
        let heads = heads(3);
        let list = List::unset();
        list.init();
        for head in &heads {
            node(head).insert_before(list.ring());
            node(head).begin_collecting(1);
        }
        node(&heads[0]).leave(list.ring(), &list);
        assert!(!node(&heads[0]).is_tracked() && !node(&heads[0]).is_collecting());
        node(&heads[1]).set_prev(list.ring());
        node(&heads[2]).leave(node(&heads[1]), &list);
        assert_eq!(order(&list, &heads), [1]);
        assert!(list.ring().prev() == node(&heads[1]));
    }

    #[test]
    fn what_was_set_aside_can_come_back() {
        let heads = heads(3);
        let (young, unreachable) = (List::unset(), List::unset());
        young.init();
        unreachable.init();
        for head in &heads {
            node(head).insert_before(young.ring());
            node(head).begin_collecting(0);
        }
        let mut prev = young.ring();
        node(&heads[0]).set_aside(prev, &unreachable);
        node(&heads[1]).set_aside(prev, &unreachable);
        assert!(node(&heads[0]).is_marked_unreachable());
        assert_eq!(order(&unreachable, &heads), [0, 1]);
        // The third is the last of the young list, as the collector leaves it when it gets there.
        prev.set_next(node(&heads[2]));
        node(&heads[2]).set_prev(prev);
        prev = node(&heads[2]);
        young.ring().set_prev(prev);
        node(&heads[0]).bring_back(young.ring());
        assert_eq!(order(&unreachable, &heads), [1]);
        assert_eq!(order(&young, &heads), [2, 0]);
        assert_eq!(node(&heads[0]).refs(), 1);
        assert!(!node(&heads[0]).is_marked_unreachable());
        assert!(node(&heads[1]).is_marked_unreachable());
    }
}
