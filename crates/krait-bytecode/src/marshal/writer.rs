//! The marshal writer: first every object gets an identity, then the graph is written.

use std::collections::{HashMap, HashSet};

use krait_numbers::BigInt;
use krait_text::Wtf8Buf;

use super::{FLAG_REF, all_name_chars, tag};
use crate::code::{CodeUnit, Const, code_flags};

/// The index of a node in the graph.
type Id = usize;

/// An object whose parts are nodes; equal nodes are one node.
#[derive(PartialEq, Eq, Hash)]
enum Node<'a> {
    Singleton(u8),
    Int(&'a BigInt),
    Float(u64),
    Complex(u64, u64),
    Str(&'a [u8]),
    /// An interned string: never the same object as an equal one that is not.
    Name(&'a [u8]),
    Bytes(&'a [u8]),
    /// Bytes that are an object of their own, whatever else is equal to them.
    OwnBytes(&'a [u8], usize),
    Tuple(Vec<Id>),
    /// A tuple that is an object of its own.
    OwnTuple(Vec<Id>, usize),
    /// Frozen sets are never made one.
    FrozenSet(Vec<Id>, usize),
    Slice([Id; 3]),
    Code(Box<CodeNode>),
}

#[derive(PartialEq, Eq, Hash)]
struct CodeNode {
    counts: [u32; 5],
    firstlineno: i32,
    /// Code, constants, names, locals, kinds, filename, name, qualified name.
    head: [Id; 8],
    /// Line table and exception table.
    tail: [Id; 2],
}

#[derive(Default)]
struct Graph<'a> {
    nodes: Vec<std::rc::Rc<Node<'a>>>,
    ids: HashMap<std::rc::Rc<Node<'a>>, Id>,
    /// The qualified names that class bodies load, which are those of their code objects.
    class_names: HashSet<&'a [u8]>,
    /// Distinguishes the [`Node::OwnBytes`] of different code objects.
    own: usize,
}

impl<'a> Graph<'a> {
    fn node(&mut self, node: Node<'a>) -> Id {
        if let Some(&id) = self.ids.get(&node) {
            return id;
        }
        let node = std::rc::Rc::new(node);
        let id = self.nodes.len();
        self.nodes.push(node.clone());
        self.ids.insert(node, id);
        id
    }

    fn interned_str(&mut self, text: &'a Wtf8Buf) -> Id {
        self.node(Node::Name(text.as_bytes()))
    }

    fn names(&mut self, names: &'a [Wtf8Buf]) -> Id {
        let items = names.iter().map(|name| self.interned_str(name)).collect();
        self.node(Node::Tuple(items))
    }

    /// The names of the frame's variables. Those of annotation functions are renamed after equal
    /// tuples have been made one.
    fn locals(&mut self, code: &'a CodeUnit) -> Id {
        let first = code.localsplusnames.first().and_then(Wtf8Buf::as_str);
        if first != Some("format") || code.name.as_str() != Some("__annotate__") {
            return self.names(&code.localsplusnames);
        }
        let items = code
            .localsplusnames
            .iter()
            .map(|name| self.interned_str(name))
            .collect();
        self.own += 1;
        let own = self.own;
        self.node(Node::OwnTuple(items, own))
    }

    fn collect_class_names(&mut self, code: &'a CodeUnit) {
        let is_body = code.flags & code_flags::OPTIMIZED == 0;
        if is_body
            && matches!(code.consts.first(), Some(Const::Str(text)) if *text == code.qualname)
        {
            self.class_names.insert(code.qualname.as_bytes());
        }
        for value in &code.consts {
            if let Const::Code(code) = value {
                self.collect_class_names(code);
            }
        }
    }

    fn own_bytes(&mut self, bytes: &'a [u8]) -> Id {
        if bytes.is_empty() {
            return self.node(Node::Bytes(bytes));
        }
        self.own += 1;
        let own = self.own;
        self.node(Node::OwnBytes(bytes, own))
    }

    fn items(&mut self, items: &'a [Const]) -> Vec<Id> {
        items.iter().map(|item| self.constant(item)).collect()
    }

    fn constant(&mut self, value: &'a Const) -> Id {
        let node = match value {
            Const::None => Node::Singleton(tag::NONE),
            Const::True => Node::Singleton(tag::TRUE),
            Const::False => Node::Singleton(tag::FALSE),
            Const::Ellipsis => Node::Singleton(tag::ELLIPSIS),
            Const::Int(value) => Node::Int(value),
            Const::Float(value) => Node::Float(value.to_bits()),
            Const::Complex(real, imag) => Node::Complex(real.to_bits(), imag.to_bits()),
            Const::Str(text) => {
                let bytes = text.as_bytes();
                let interned = all_name_chars(bytes)
                    || is_latin1_char(text)
                    || self.class_names.contains(bytes);
                if interned {
                    Node::Name(bytes)
                } else {
                    Node::Str(bytes)
                }
            }
            Const::Bytes(bytes) => Node::Bytes(bytes),
            Const::Tuple(items) => Node::Tuple(self.items(items)),
            Const::FrozenSet(items) => {
                let items = self.items(items);
                self.own += 1;
                Node::FrozenSet(items, self.own)
            }
            Const::Slice(parts) => {
                let [start, stop, step] = &**parts;
                Node::Slice([
                    self.constant(start),
                    self.constant(stop),
                    self.constant(step),
                ])
            }
            Const::Code(code) => return self.code(code),
        };
        self.node(node)
    }

    fn code(&mut self, code: &'a CodeUnit) -> Id {
        let consts = self.items(&code.consts);
        let head = [
            self.own_bytes(&code.code),
            self.node(Node::Tuple(consts)),
            self.names(&code.names),
            self.locals(code),
            self.own_bytes(&code.localspluskinds),
            self.interned_str(&code.filename),
            self.interned_str(&code.name),
            self.interned_str(&code.qualname),
        ];
        let tail = [
            self.node(Node::Bytes(&code.linetable)),
            self.node(Node::Bytes(&code.exceptiontable)),
        ];
        let counts = [
            code.argcount,
            code.posonlyargcount,
            code.kwonlyargcount,
            code.stacksize,
            code.flags,
        ];
        let firstlineno = code.firstlineno;
        self.node(Node::Code(Box::new(CodeNode {
            counts,
            firstlineno,
            head,
            tail,
        })))
    }
}

fn is_latin1_char(text: &Wtf8Buf) -> bool {
    let mut points = text.code_points();
    matches!(points.next(), Some(0..=0xFF)) && points.next().is_none()
}

struct Writer<'a> {
    graph: Graph<'a>,
    /// How many parents (or places in a parent) each node has.
    uses: Vec<usize>,
    /// The nodes of co_code, which the code object itself keeps a second reference to.
    always: Vec<bool>,
    references: HashMap<Id, u32>,
    bytes: Vec<u8>,
}

/// Writes a constant.
pub fn write(value: &Const) -> Vec<u8> {
    let mut graph = Graph::default();
    let root = graph.constant(value);
    Writer::new(graph, root, false).run(root)
}

/// Writes a code object, as `marshal.dumps(code)`.
pub fn write_code(code: &CodeUnit) -> Vec<u8> {
    let mut graph = Graph::default();
    graph.collect_class_names(code);
    let root = graph.code(code);
    Writer::new(graph, root, true).run(root)
}

impl<'a> Writer<'a> {
    fn new(graph: Graph<'a>, root: Id, root_is_shared: bool) -> Self {
        let mut uses = vec![0; graph.nodes.len()];
        let mut always = vec![false; graph.nodes.len()];
        // Parts come before the whole, so every node is an edge's end at most once per parent.
        for node in &graph.nodes {
            match &**node {
                Node::Tuple(items) | Node::OwnTuple(items, _) => {
                    items.iter().for_each(|&id| uses[id] += 1);
                }
                // Its members are also those of the set it was made from.
                Node::FrozenSet(items, _) => items.iter().for_each(|&id| always[id] = true),
                Node::Slice(parts) => parts.iter().for_each(|&id| uses[id] += 1),
                Node::Code(code) => {
                    code.head
                        .iter()
                        .chain(&code.tail)
                        .for_each(|&id| uses[id] += 1);
                    always[code.head[0]] = true;
                }
                _ => {}
            }
        }
        if root_is_shared {
            always[root] = true;
        }
        Self {
            graph,
            uses,
            always,
            references: HashMap::new(),
            bytes: Vec::new(),
        }
    }

    fn run(mut self, root: Id) -> Vec<u8> {
        self.object(root);
        self.bytes
    }

    fn is_referable(&self, id: Id) -> bool {
        if self.uses[id] > 1 || self.always[id] {
            return true;
        }
        match &*self.graph.nodes[id] {
            Node::Int(value) => small_int(value).is_some_and(|small| (-5..=256).contains(&small)),
            Node::Name(_) => true,
            Node::Bytes(bytes) => bytes.len() < 2,
            Node::Tuple(items) => items.is_empty(),
            _ => false,
        }
    }

    fn u32(&mut self, value: u32) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    fn sized(&mut self, code: u8, bytes: &[u8]) {
        self.bytes.push(code);
        self.u32(bytes.len() as u32);
        self.bytes.extend_from_slice(bytes);
    }

    fn object(&mut self, id: Id) {
        let node = self.graph.nodes[id].clone();
        if let Node::Singleton(code) = *node {
            self.bytes.push(code);
            return;
        }
        let mut flag = 0;
        if self.is_referable(id) {
            if let Some(&reference) = self.references.get(&id) {
                self.bytes.push(tag::REF);
                self.u32(reference);
                return;
            }
            self.references.insert(id, self.references.len() as u32);
            flag = FLAG_REF;
        }
        match &*node {
            Node::Singleton(_) => {}
            Node::Int(value) => self.int(value, flag),
            Node::Float(bits) => {
                self.bytes.push(tag::BINARY_FLOAT | flag);
                self.bytes.extend_from_slice(&bits.to_le_bytes());
            }
            Node::Complex(real, imag) => {
                self.bytes.push(tag::BINARY_COMPLEX | flag);
                self.bytes.extend_from_slice(&real.to_le_bytes());
                self.bytes.extend_from_slice(&imag.to_le_bytes());
            }
            Node::Str(bytes) => self.string(bytes, false, flag),
            Node::Name(bytes) => self.string(bytes, true, flag),
            Node::Bytes(bytes) | Node::OwnBytes(bytes, _) => {
                self.sized(tag::STRING | flag, bytes);
            }
            Node::Tuple(items) | Node::OwnTuple(items, _) => {
                match u8::try_from(items.len()) {
                    Ok(count) => self
                        .bytes
                        .extend_from_slice(&[tag::SMALL_TUPLE | flag, count]),
                    Err(_) => {
                        self.bytes.push(tag::TUPLE | flag);
                        self.u32(items.len() as u32);
                    }
                }
                items.iter().for_each(|&item| self.object(item));
            }
            Node::FrozenSet(items, _) => {
                self.bytes.push(tag::FROZENSET | flag);
                self.u32(items.len() as u32);
                self.members(items);
            }
            Node::Slice(parts) => {
                self.bytes.push(tag::SLICE | flag);
                parts.iter().for_each(|&part| self.object(part));
            }
            Node::Code(code) => {
                self.bytes.push(tag::CODE | flag);
                code.counts.iter().for_each(|&count| self.u32(count));
                code.head.iter().for_each(|&part| self.object(part));
                self.u32(code.firstlineno as u32);
                code.tail.iter().for_each(|&part| self.object(part));
            }
        }
    }

    /// Writes a set's members in the order of their own marshalled bytes, which does not depend on
    /// hashes.
    fn members(&mut self, items: &[Id]) {
        let mut ordered: Vec<(Vec<u8>, Id)> = items
            .iter()
            .map(|&item| {
                let mut plain = Vec::new();
                std::mem::swap(&mut plain, &mut self.bytes);
                let references = std::mem::take(&mut self.references);
                let flags = std::mem::replace(&mut self.uses, vec![0; self.graph.nodes.len()]);
                self.object(item);
                self.uses = flags;
                self.references = references;
                std::mem::swap(&mut plain, &mut self.bytes);
                (plain, item)
            })
            .collect();
        ordered.sort();
        ordered.iter().for_each(|&(_, item)| self.object(item));
    }

    fn int(&mut self, value: &BigInt, flag: u8) {
        if let Some(small) = small_int(value) {
            self.bytes.push(tag::INT | flag);
            self.u32(small as u32);
            return;
        }
        let digits = value.digits();
        let mut halves: Vec<u16> = digits
            .iter()
            .flat_map(|digit| [(digit & 0x7FFF) as u16, (digit >> 15) as u16])
            .collect();
        if halves.last() == Some(&0) {
            halves.pop();
        }
        let count = halves.len() as i32;
        self.bytes.push(tag::LONG | flag);
        self.u32(if value.is_negative() { -count } else { count } as u32);
        for half in halves {
            self.bytes.extend_from_slice(&half.to_le_bytes());
        }
    }

    fn string(&mut self, bytes: &[u8], interned: bool, flag: u8) {
        if !bytes.is_ascii() {
            let code = if interned {
                tag::INTERNED
            } else {
                tag::UNICODE
            };
            self.sized(code | flag, bytes);
        } else if let Ok(length) = u8::try_from(bytes.len()) {
            let code = if interned {
                tag::SHORT_ASCII_INTERNED
            } else {
                tag::SHORT_ASCII
            };
            self.bytes.extend_from_slice(&[code | flag, length]);
            self.bytes.extend_from_slice(bytes);
        } else {
            let code = if interned {
                tag::ASCII_INTERNED
            } else {
                tag::ASCII
            };
            self.sized(code | flag, bytes);
        }
    }
}

/// The integer, if it fits 32 bits.
fn small_int(value: &BigInt) -> Option<i32> {
    let magnitude = match *value.digits() {
        [] => 0,
        [low] => i64::from(low),
        [low, high] => i64::from(high) << 30 | i64::from(low),
        _ => return None,
    };
    i32::try_from(if value.is_negative() {
        -magnitude
    } else {
        magnitude
    })
    .ok()
}
