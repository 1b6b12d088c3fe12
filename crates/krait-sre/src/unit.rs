//! Code units of a subject: the three widths of `str`, and bytes.

use memchr::{memchr, memchr2, memchr3, memrchr};

mod sealed {
    pub trait Sealed {}
    impl Sealed for u8 {}
    impl Sealed for u16 {}
    impl Sealed for u32 {}
}

/// One character of a subject as it is stored.
pub trait Unit: Copy + Eq + sealed::Sealed + 'static {
    /// The character's number.
    fn code(self) -> u32;

    /// The unit that stores `code`, if this width can.
    fn from_code(code: u32) -> Option<Self>;

    /// The subject as bytes, when its units are bytes.
    #[inline]
    fn as_bytes(_subject: &[Self]) -> Option<&[u8]> {
        None
    }

    /// The first index of `code` in `hay`.
    #[inline]
    fn find(hay: &[Self], code: u32) -> Option<usize> {
        let unit = Self::from_code(code)?;
        chunked(hay, |c| c == unit)
    }

    /// The last index of `code` in `hay`.
    #[inline]
    fn rfind(hay: &[Self], code: u32) -> Option<usize> {
        let unit = Self::from_code(code)?;
        hay.iter().rposition(|&c| c == unit)
    }

    /// The first index of any of `codes` (one to three, all below 256) in `hay`.
    #[inline]
    fn find_any(hay: &[Self], codes: &[u8]) -> Option<usize> {
        match *codes {
            [a] => Self::find(hay, u32::from(a)),
            [a, b] => {
                let (a, b) = (Self::from_code(a.into())?, Self::from_code(b.into())?);
                chunked(hay, |c| c == a || c == b)
            }
            [a, b, d] => {
                let a = Self::from_code(a.into())?;
                let (b, d) = (Self::from_code(b.into())?, Self::from_code(d.into())?);
                chunked(hay, |c| c == a || c == b || c == d)
            }
            _ => None,
        }
    }
}

/// The first index of a unit that passes: whole chunks are asked at once, without a branch for each
/// unit, so that the compiler can use wide registers.
#[inline]
fn chunked<U: Copy>(hay: &[U], passes: impl Fn(U) -> bool) -> Option<usize> {
    const CHUNK: usize = 32;
    let chunks = hay.chunks_exact(CHUNK);
    let rest = chunks.remainder();
    for (index, chunk) in chunks.enumerate() {
        if chunk.iter().fold(false, |any, &c| any | passes(c)) {
            let inside = chunk.iter().position(|&c| passes(c))?;
            return Some(index * CHUNK + inside);
        }
    }
    let inside = rest.iter().position(|&c| passes(c))?;
    Some(hay.len() - rest.len() + inside)
}

impl Unit for u8 {
    #[inline(always)]
    fn code(self) -> u32 {
        u32::from(self)
    }

    #[inline]
    fn from_code(code: u32) -> Option<Self> {
        u8::try_from(code).ok()
    }

    #[inline]
    fn as_bytes(subject: &[Self]) -> Option<&[u8]> {
        Some(subject)
    }

    #[inline]
    fn find(hay: &[Self], code: u32) -> Option<usize> {
        memchr(u8::try_from(code).ok()?, hay)
    }

    #[inline]
    fn rfind(hay: &[Self], code: u32) -> Option<usize> {
        memrchr(u8::try_from(code).ok()?, hay)
    }

    #[inline]
    fn find_any(hay: &[Self], codes: &[u8]) -> Option<usize> {
        match *codes {
            [a] => memchr(a, hay),
            [a, b] => memchr2(a, b, hay),
            [a, b, c] => memchr3(a, b, c, hay),
            _ => None,
        }
    }
}

impl Unit for u16 {
    #[inline(always)]
    fn code(self) -> u32 {
        u32::from(self)
    }

    #[inline]
    fn from_code(code: u32) -> Option<Self> {
        u16::try_from(code).ok()
    }
}

impl Unit for u32 {
    #[inline(always)]
    fn code(self) -> u32 {
        self
    }

    #[inline]
    fn from_code(code: u32) -> Option<Self> {
        Some(code)
    }
}
