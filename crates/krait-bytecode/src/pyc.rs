//! The header of a `.pyc` file.

/// The number that marks CPython 3.14's bytecode.
pub const MAGIC_NUMBER: u16 = 3627;
/// The first four bytes of a `.pyc` file.
pub const MAGIC: [u8; 4] = [
    (MAGIC_NUMBER & 0xFF) as u8,
    (MAGIC_NUMBER >> 8) as u8,
    b'\r',
    b'\n',
];
/// The size of the header.
pub const HEADER_SIZE: usize = 16;

const FLAG_HASH_BASED: u32 = 1;
const FLAG_CHECK_SOURCE: u32 = 2;

/// How a `.pyc` file is tied to its source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PycHeader {
    /// By the source's modification time and size, both cut to 32 bits.
    Timestamp {
        /// Seconds since 1970.
        mtime: u32,
        /// The source's size in bytes.
        size: u32,
    },
    /// By a hash of the source (PEP 552).
    Hash {
        /// `_imp.source_hash` of the source.
        hash: [u8; 8],
        /// Whether the hash is to be checked at import.
        check_source: bool,
    },
}

/// Why bytes are no usable `.pyc` header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PycError {
    /// The magic number is another one.
    BadMagic,
    /// Fewer than sixteen bytes.
    Truncated,
    /// Flag bits that no version defines.
    BadFlags(u32),
}

impl PycHeader {
    /// The header's bytes.
    pub fn to_bytes(self) -> [u8; HEADER_SIZE] {
        let mut bytes = [0; HEADER_SIZE];
        bytes[..4].copy_from_slice(&MAGIC);
        match self {
            PycHeader::Timestamp { mtime, size } => {
                bytes[8..12].copy_from_slice(&mtime.to_le_bytes());
                bytes[12..].copy_from_slice(&size.to_le_bytes());
            }
            PycHeader::Hash { hash, check_source } => {
                let flags = FLAG_HASH_BASED | if check_source { FLAG_CHECK_SOURCE } else { 0 };
                bytes[4..8].copy_from_slice(&flags.to_le_bytes());
                bytes[8..].copy_from_slice(&hash);
            }
        }
        bytes
    }

    /// Reads a header from the start of a file.
    pub fn from_bytes(bytes: &[u8]) -> Result<PycHeader, PycError> {
        if bytes.get(..4) != Some(&MAGIC[..]) {
            return Err(PycError::BadMagic);
        }
        let word = |at: usize| -> Result<[u8; 4], PycError> {
            bytes
                .get(at..at + 4)
                .and_then(|word| word.try_into().ok())
                .ok_or(PycError::Truncated)
        };
        let (flags, first, second) = (u32::from_le_bytes(word(4)?), word(8)?, word(12)?);
        if flags & !(FLAG_HASH_BASED | FLAG_CHECK_SOURCE) != 0 {
            return Err(PycError::BadFlags(flags));
        }
        if flags & FLAG_HASH_BASED == 0 {
            let (mtime, size) = (u32::from_le_bytes(first), u32::from_le_bytes(second));
            return Ok(PycHeader::Timestamp { mtime, size });
        }
        let mut hash = [0; 8];
        hash[..4].copy_from_slice(&first);
        hash[4..].copy_from_slice(&second);
        Ok(PycHeader::Hash {
            hash,
            check_source: flags & FLAG_CHECK_SOURCE != 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_back() {
        for header in [
            PycHeader::Timestamp {
                mtime: 1_700_000_000,
                size: 12,
            },
            PycHeader::Hash {
                hash: *b"01234567",
                check_source: true,
            },
            PycHeader::Hash {
                hash: *b"01234567",
                check_source: false,
            },
        ] {
            assert_eq!(PycHeader::from_bytes(&header.to_bytes()), Ok(header));
        }
        assert_eq!(MAGIC, [0x2B, 0x0E, 0x0D, 0x0A]);
        assert_eq!(
            PycHeader::from_bytes(b"\x2b\x0e\r\n\0\0"),
            Err(PycError::Truncated)
        );
        assert_eq!(
            PycHeader::from_bytes(b"\x2b\x0e\r\r"),
            Err(PycError::BadMagic)
        );
    }
}
