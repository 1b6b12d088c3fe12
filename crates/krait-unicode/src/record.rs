//! The rows of the generated tables, and how a code point finds its row.

use crate::tables;

/// What the current database says of a class of code points.
pub(crate) struct Record {
    pub(crate) flags: u32,
    /// Differences between the simple case mappings and the code point itself.
    pub(crate) lower: i32,
    pub(crate) upper: i32,
    pub(crate) title: i32,
    pub(crate) fold: i32,
    pub(crate) category: u8,
    pub(crate) bidirectional: u8,
    pub(crate) combining: u8,
    pub(crate) width: u8,
    /// -1 for none.
    pub(crate) decimal: i8,
    /// -1 for none.
    pub(crate) digit: i8,
    /// An index from one into `NUMBERS`; 0 for none.
    pub(crate) numeric: u8,
}

/// What the database of Unicode 3.2 says of a class of code points.
pub(crate) struct OldRecord {
    pub(crate) category: u8,
    pub(crate) bidirectional: u8,
    pub(crate) combining: u8,
    pub(crate) width: u8,
    pub(crate) mirrored: bool,
    pub(crate) decimal: i8,
    pub(crate) digit: i8,
    pub(crate) numeric: u8,
}

const BLOCK_SHIFT: u32 = 7;

fn look_up(index: &[u16], blocks: &[u16], code_point: u32) -> usize {
    let block = match index.get((code_point >> BLOCK_SHIFT) as usize) {
        Some(&block) => usize::from(block),
        None => return 0,
    };
    let low = (code_point & ((1 << BLOCK_SHIFT) - 1)) as usize;
    usize::from(blocks[(block << BLOCK_SHIFT) + low])
}

#[inline]
pub(crate) fn record(code_point: u32) -> &'static Record {
    &tables::RECORDS[look_up(&tables::RECORD_INDEX, &tables::RECORD_BLOCKS, code_point)]
}

#[inline]
pub(crate) fn old_record(code_point: u32) -> &'static OldRecord {
    &tables::OLD_RECORDS[look_up(&tables::OLD_INDEX, &tables::OLD_BLOCKS, code_point)]
}

pub(crate) fn number(index: u8) -> Option<f64> {
    tables::NUMBERS
        .get(usize::from(index).checked_sub(1)?)
        .copied()
}

/// The code points a flag of a record stands for.
pub(crate) mod flag {
    macro_rules! flags {
        ($($name:ident)*) => { flags!(@ 0u32; $($name)*); };
        (@ $bit:expr; $name:ident $($rest:ident)*) => {
            pub(crate) const $name: u32 = 1 << ($bit);
            flags!(@ $bit + 1; $($rest)*);
        };
        (@ $bit:expr;) => {};
    }
    // In the order of `flags` in xtask's `unicode.py`.
    flags! {
        ALPHA DECIMAL DIGIT NUMERIC SPACE LINEBREAK PRINTABLE UPPER LOWER TITLE CASED CASE_IGNORABLE
        XID_START XID_CONTINUE MIRRORED NFD_NO NFKD_NO NFC_NO NFC_MAYBE NFKC_NO NFKC_MAYBE EXTENDED_CASE
    }
}
