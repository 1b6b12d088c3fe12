//! The marshal reader. Any bytes give a value or an error: nothing is allocated beyond what the
//! input can hold, nesting is bounded, and so is what references multiply.

use std::sync::Arc;

use krait_numbers::BigInt;
use krait_text::Wtf8Buf;

use super::{FLAG_REF, tag};
use crate::code::{CodeUnit, Const};

/// How deep objects may nest.
const MAX_DEPTH: usize = 2000;
/// How many levels a code object counts for: it takes more stack than a tuple.
const CODE_DEPTH: usize = 4;
/// How many constants references may copy in all.
const MAX_COPIES: usize = 1 << 24;

/// Why bytes are not what was to be read. The text is CPython's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MarshalError {
    /// The input ends too early (`EOFError`).
    Eof,
    /// The input is wrong (`ValueError`); the reason is what stands in the brackets.
    Bad(&'static str),
    /// What was read is another kind of object than a code object.
    NotCode,
}

impl std::fmt::Display for MarshalError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            MarshalError::Eof => out.write_str("marshal data too short"),
            MarshalError::Bad(reason) => write!(out, "bad marshal data ({reason})"),
            MarshalError::NotCode => out.write_str("not a code object"),
        }
    }
}

impl std::error::Error for MarshalError {}

type Result<T> = std::result::Result<T, MarshalError>;

/// Reads one constant from the start of `bytes`.
pub fn read(bytes: &[u8]) -> Result<Const> {
    let mut reader = Reader {
        bytes,
        references: Vec::new(),
        depth: 0,
        copies: 0,
    };
    Ok(reader.object()?.0)
}

/// Reads a code object from the start of `bytes`.
pub fn read_code(bytes: &[u8]) -> Result<Arc<CodeUnit>> {
    match read(bytes)? {
        Const::Code(code) => Ok(code),
        _ => Err(MarshalError::NotCode),
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    /// Finished objects with their weight; `None` while one is being read.
    references: Vec<Option<(Const, usize)>>,
    depth: usize,
    copies: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let (head, rest) = self
            .bytes
            .split_at_checked(count)
            .ok_or(MarshalError::Eof)?;
        self.bytes = rest;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (head, rest) = self.bytes.split_first_chunk().ok_or(MarshalError::Eof)?;
        self.bytes = rest;
        Ok(*head)
    }

    fn u8(&mut self) -> Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    fn i32(&mut self) -> Result<i32> {
        Ok(i32::from_le_bytes(self.array()?))
    }

    fn f64(&mut self) -> Result<f64> {
        Ok(f64::from_le_bytes(self.array()?))
    }

    fn size(&mut self, error: &'static str) -> Result<usize> {
        usize::try_from(self.i32()?).map_err(|_| MarshalError::Bad(error))
    }

    fn text_float(&mut self) -> Result<f64> {
        let size = self.u8()?;
        let text = self.take(usize::from(size))?;
        let text = std::str::from_utf8(text)
            .ok()
            .and_then(|text| text.parse().ok());
        text.ok_or(MarshalError::Bad("invalid float"))
    }

    /// Reads an object and says how many constants it is made of.
    fn object(&mut self) -> Result<(Const, usize)> {
        if self.depth >= MAX_DEPTH {
            return Err(MarshalError::Bad("recursion limit exceeded"));
        }
        self.depth += 1;
        let code = self.u8()?;
        let slot = (code & FLAG_REF != 0).then(|| {
            self.references.push(None);
            self.references.len() - 1
        });
        let result = match code & !FLAG_REF {
            tag::REF => self.reference(),
            code @ (tag::SMALL_TUPLE | tag::TUPLE | tag::FROZENSET) => self.container(code),
            tag::SLICE => self.slice(),
            tag::CODE => self.code(),
            code => self.leaf(code),
        };
        self.depth -= 1;
        let (value, weight) = result?;
        if let Some(slot) = slot {
            self.copies += weight;
            if self.copies > MAX_COPIES {
                return Err(MarshalError::Bad("too many references"));
            }
            self.references[slot] = Some((value.clone(), weight));
        }
        Ok((value, weight))
    }

    fn container(&mut self, code: u8) -> Result<(Const, usize)> {
        let count = match code {
            tag::SMALL_TUPLE => usize::from(self.u8()?),
            tag::TUPLE => self.size("tuple size out of range")?,
            _ => self.size("set size out of range")?,
        };
        let (items, weight) = self.items(count)?;
        let value = if code == tag::FROZENSET {
            Const::FrozenSet(items)
        } else {
            Const::Tuple(items)
        };
        Ok((value, weight))
    }

    fn slice(&mut self) -> Result<(Const, usize)> {
        let (start, stop, step) = (self.object()?, self.object()?, self.object()?);
        let weight = 1 + start.1 + stop.1 + step.1;
        Ok((Const::Slice(Box::new([start.0, stop.0, step.0])), weight))
    }

    // Kept out of line so that nesting costs little stack.
    #[inline(never)]
    fn leaf(&mut self, code: u8) -> Result<(Const, usize)> {
        let value = match code {
            tag::NONE => Const::None,
            tag::TRUE => Const::True,
            tag::FALSE => Const::False,
            tag::ELLIPSIS => Const::Ellipsis,
            tag::INT => Const::from(i64::from(self.i32()?)),
            tag::INT64 => Const::from(i64::from_le_bytes(self.array()?)),
            tag::LONG => Const::Int(self.long()?),
            tag::FLOAT => Const::Float(self.text_float()?),
            tag::BINARY_FLOAT => Const::Float(self.f64()?),
            tag::COMPLEX => Const::Complex(self.text_float()?, self.text_float()?),
            tag::BINARY_COMPLEX => Const::Complex(self.f64()?, self.f64()?),
            tag::STRING => {
                let size = self.size("bytes object size out of range")?;
                Const::Bytes(self.take(size)?.to_vec())
            }
            tag::SHORT_ASCII | tag::SHORT_ASCII_INTERNED => {
                let size = usize::from(self.u8()?);
                Const::Str(self.string(size)?)
            }
            tag::ASCII | tag::ASCII_INTERNED | tag::UNICODE | tag::INTERNED => {
                let size = self.size("string size out of range")?;
                Const::Str(self.string(size)?)
            }
            tag::NULL => return Err(MarshalError::Bad("NULL object in marshal data for object")),
            _ => return Err(MarshalError::Bad("unknown type code")),
        };
        Ok((value, 1))
    }

    fn reference(&mut self) -> Result<(Const, usize)> {
        let invalid = MarshalError::Bad("invalid reference");
        let index = usize::try_from(self.i32()?).map_err(|_| invalid)?;
        let (value, weight) = self
            .references
            .get(index)
            .and_then(Option::as_ref)
            .ok_or(invalid)?;
        self.copies += weight;
        if self.copies > MAX_COPIES {
            return Err(MarshalError::Bad("too many references"));
        }
        Ok((value.clone(), *weight))
    }

    fn items(&mut self, count: usize) -> Result<(Vec<Const>, usize)> {
        // An item takes a byte at least.
        let mut items = Vec::with_capacity(count.min(self.bytes.len()));
        let mut weight = 1;
        for _ in 0..count {
            let (item, item_weight) = self.object()?;
            weight += item_weight;
            items.push(item);
        }
        Ok((items, weight))
    }

    fn string(&mut self, size: usize) -> Result<Wtf8Buf> {
        let bytes = self.take(size)?.to_vec();
        Wtf8Buf::from_bytes(bytes).ok_or(MarshalError::Bad("invalid string"))
    }

    fn long(&mut self) -> Result<BigInt> {
        let count = self.i32()?;
        if count == i32::MIN {
            return Err(MarshalError::Bad("long size out of range"));
        }
        let halves = self.take(count.unsigned_abs() as usize * 2)?;
        let mut digits = Vec::with_capacity(halves.len() / 4 + 1);
        for (index, half) in halves.chunks_exact(2).enumerate() {
            let half = u32::from(half[0]) | u32::from(half[1]) << 8;
            if half > 0x7FFF {
                return Err(MarshalError::Bad("digit out of range in long"));
            }
            match digits.last_mut() {
                Some(digit) if index % 2 == 1 => *digit |= half << 15,
                _ => digits.push(half),
            }
        }
        if count != 0 && halves.ends_with(&[0, 0]) {
            return Err(MarshalError::Bad("unnormalized long data"));
        }
        Ok(BigInt::from_digits(count < 0, digits))
    }

    fn part_bytes(&mut self) -> Result<Vec<u8>> {
        match self.object()?.0 {
            Const::Bytes(bytes) => Ok(bytes),
            _ => Err(MarshalError::Bad("invalid code object")),
        }
    }

    fn part_str(&mut self) -> Result<Wtf8Buf> {
        match self.object()?.0 {
            Const::Str(text) => Ok(text),
            _ => Err(MarshalError::Bad("invalid code object")),
        }
    }

    fn part_tuple(&mut self) -> Result<Vec<Const>> {
        match self.object()?.0 {
            Const::Tuple(items) => Ok(items),
            _ => Err(MarshalError::Bad("invalid code object")),
        }
    }

    fn part_names(&mut self) -> Result<Vec<Wtf8Buf>> {
        let name = |item| match item {
            Const::Str(text) => Ok(text),
            _ => Err(MarshalError::Bad("invalid code object")),
        };
        self.part_tuple()?.into_iter().map(name).collect()
    }

    fn count(&mut self) -> Result<u32> {
        u32::try_from(self.i32()?).map_err(|_| MarshalError::Bad("invalid code object"))
    }

    #[inline(never)]
    fn code(&mut self) -> Result<(Const, usize)> {
        self.depth += CODE_DEPTH;
        let code = self.code_unit()?;
        self.depth -= CODE_DEPTH;
        Ok((Const::Code(code), 1))
    }

    #[inline(never)]
    fn code_unit(&mut self) -> Result<Arc<CodeUnit>> {
        let code = CodeUnit {
            argcount: self.count()?,
            posonlyargcount: self.count()?,
            kwonlyargcount: self.count()?,
            stacksize: self.count()?,
            flags: self.i32()? as u32,
            code: self.part_bytes()?,
            consts: self.part_tuple()?,
            names: self.part_names()?,
            localsplusnames: self.part_names()?,
            localspluskinds: self.part_bytes()?,
            filename: self.part_str()?,
            name: self.part_str()?,
            qualname: self.part_str()?,
            firstlineno: self.i32()?,
            linetable: self.part_bytes()?,
            exceptiontable: self.part_bytes()?,
        };
        let parameters = u64::from(code.argcount) + u64::from(code.kwonlyargcount);
        if code.localspluskinds.len() != code.localsplusnames.len()
            || !code.code.len().is_multiple_of(2)
            || code.posonlyargcount > code.argcount
            || parameters > code.localsplusnames.len() as u64
        {
            return Err(MarshalError::Bad("invalid code object"));
        }
        Ok(Arc::new(code))
    }
}
