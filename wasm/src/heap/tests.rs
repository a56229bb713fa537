#![allow(clippy::unwrap_used)]

extern crate std;

use std::alloc::{GlobalAlloc, Layout};
use std::vec::Vec;

use super::*;

struct Leaked;

impl Pages for Leaked {
    fn grow(count: usize) -> Option<NonNull<u8>> {
        let layout = Layout::from_size_align(count * PAGE, PAGE).unwrap();
        // SAFETY: the layout is not empty.
        NonNull::new(unsafe { std::alloc::alloc_zeroed(layout) })
    }
}

struct NoMore;

impl Pages for NoMore {
    fn grow(_: usize) -> Option<NonNull<u8>> {
        None
    }
}

fn layout(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size, align).unwrap()
}

#[test]
fn blocks_are_aligned_disjoint_and_keep_what_is_written() {
    let heap = Heap::<Leaked>::new();
    let mut held: Vec<(*mut u8, Layout, u8)> = Vec::new();
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    // Miri looks at every access, a thousand times slower.
    let (rounds, longest) = if cfg!(miri) {
        (300_u32, 300)
    } else {
        (20_000, 5_000)
    };
    for round in 0..rounds {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let pick = (random >> 33) as usize;
        if held.len() > 100 || (pick.is_multiple_of(3) && !held.is_empty()) {
            let (at, layout, mark) = held.swap_remove(pick % held.len());
            // SAFETY: allocated below with this layout and written whole.
            unsafe {
                let bytes = std::slice::from_raw_parts(at, layout.size());
                assert!(bytes.iter().all(|byte| *byte == mark), "round {round}");
                heap.dealloc(at, layout);
            }
        } else {
            let wanted = layout(1 + pick % longest, 1 << (pick % 7));
            // SAFETY: the layout is not empty; all of it is written.
            unsafe {
                let at = heap.alloc(wanted);
                assert_eq!(at.align_offset(wanted.align()), 0);
                at.write_bytes(round as u8, wanted.size());
                held.push((at, wanted, round as u8));
            }
        }
    }
}

#[test]
fn growing_keeps_the_bytes_and_stays_in_place_within_a_class() {
    let heap = Heap::<Leaked>::new();
    // SAFETY: layouts are not empty and match what they are used for.
    unsafe {
        let at = heap.alloc(layout(20, 1));
        at.write_bytes(7, 20);
        assert_eq!(heap.realloc(at, layout(20, 1), 32), at);
        let moved = heap.realloc(at, layout(32, 1), 200_000);
        assert_ne!(moved, at);
        assert_eq!(std::slice::from_raw_parts(moved, 20), [7; 20]);
        assert_eq!(heap.alloc(layout(32, 1)), at, "a freed block is used again");
    }
}

#[test]
fn a_heap_without_memory_says_so() {
    let heap = Heap::<NoMore>::new();
    // SAFETY: layouts are not empty.
    unsafe {
        assert!(heap.alloc(layout(1, 1)).is_null());
        assert!(
            Heap::<Leaked>::new()
                .alloc(layout(usize::MAX >> 2, 1))
                .is_null()
        );
        assert!(Heap::<Leaked>::new().alloc(layout(1, PAGE * 2)).is_null());
    }
}

#[test]
fn what_was_in_a_block_is_gone_when_it_is_freed_or_moves() {
    let heap = Heap::<Leaked>::new();
    let longest = if cfg!(miri) { 300 } else { 70_000 };
    for size in [1, 15, 16, 17, 40, 5_000, 70_000]
        .into_iter()
        .filter(|size| *size <= longest)
    {
        let given = layout(size, 1);
        // SAFETY: the layout is not empty, all of it is written, and the pages outlive the test.
        unsafe {
            let freed = heap.alloc(given);
            freed.write_bytes(0xaa, size);
            heap.dealloc(freed, given);
            let moved = heap.alloc(given);
            assert_eq!(freed, moved, "{size}: the block is taken again");
            moved.write_bytes(0xaa, size);
            let grown = heap.realloc(moved, given, size * 4 + 16);
            assert_ne!(moved, grown);
            let kept = std::slice::from_raw_parts(grown, size);
            assert!(kept.iter().all(|byte| *byte == 0xaa), "{size}");
            let left = std::slice::from_raw_parts(moved, size);
            assert!(!left.contains(&0xaa), "{size}");
        }
    }
}
