//! The blocks' own tests.

use super::blocks::{
    allocate, allocate_zeroed, allocated_blocks, free, reallocate, set_limit, size_of_block,
};
use crate::test_support::attach_without_classes;

#[test]
fn blocks_are_aligned_and_counted() {
    let _attached = attach_without_classes();
    let before = allocated_blocks();
    let sizes = [0, 1, 15, 16, 17, 64, 511, 512, 513, 5000];
    let blocks: Vec<_> = sizes.iter().map(|&size| (size, allocate(size))).collect();
    assert_eq!(allocated_blocks(), before + sizes.len());
    for &(size, block) in &blocks {
        assert_eq!(block.addr() % 16, 0);
        // SAFETY: live blocks of at least this size.
        unsafe {
            if !cfg!(miri) {
                assert!(size_of_block(block) >= size);
            }
            block.write_bytes(0xA5, size);
        }
    }
    for (_, block) in blocks {
        // SAFETY: allocated above.
        unsafe { free(block) };
    }
    assert_eq!(allocated_blocks(), before);
}

#[test]
fn a_freed_block_is_used_again() {
    let _attached = attach_without_classes();
    let first = allocate(100);
    // SAFETY: allocated above.
    unsafe { free(first) };
    let second = allocate(97);
    assert_eq!(first, second);
    // SAFETY: allocated above.
    unsafe { free(second) };
}

#[test]
fn blocks_do_not_overlap() {
    let _attached = attach_without_classes();
    let mut blocks = Vec::new();
    for index in 0..3000_usize {
        let block = allocate_zeroed(48).cast::<usize>();
        // SAFETY: a new block of 48 bytes.
        unsafe { block.write(index) };
        blocks.push(block);
    }
    for (index, &block) in blocks.iter().enumerate() {
        // SAFETY: live blocks.
        assert_eq!(unsafe { block.read() }, index);
    }
    for block in blocks {
        // SAFETY: allocated above.
        unsafe { free(block.cast()) };
    }
}

#[test]
fn reallocation_keeps_the_content() {
    let _attached = attach_without_classes();
    let mut block = allocate(24);
    // SAFETY: the block always has at least 24 bytes.
    unsafe {
        for index in 0..24 {
            block.add(index).write(index as u8);
        }
        for size in [32, 33, 500, 600, 100_000, 700, 40, 24] {
            block = reallocate(block, size);
            for index in 0..24 {
                assert_eq!(block.add(index).read(), index as u8);
            }
        }
        free(block);
    }
}

#[test]
fn the_limit_makes_allocations_fail() {
    let _attached = attach_without_classes();
    set_limit(Some(0));
    assert!(allocate(1 << 20).is_null());
    set_limit(None);
    assert!(allocate(usize::MAX).is_null());
}
