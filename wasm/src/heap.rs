//! The heap of a WASM module: one free list for each power of two.
//!
//! The standard library's allocator is 8 KB of a module whose every request frees what it took. Here a block has the
//! next power of two as its size, a freed one waits in the list of its class, and memory is only taken from the
//! host when a list is empty; so the heap is as large as the largest request needed, at most twice over.
//!
//! A freed block is wiped: a request leaves neither its credentials nor what was signed in the memory of the instance, however
//! often a buffer moved while it grew. It does not give memory back to the host or merge blocks.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ptr::{self, NonNull};

/// 16 bytes: room for a link, and the alignment of a vector.
const SMALLEST_CLASS: u32 = 4;
const CLASSES: usize = 28;
const PAGE: usize = 65_536;

/// Where memory comes from, a page of 64 KiB at a time.
pub trait Pages {
    /// `count` new pages, zeroed and aligned to a page; `None` if there are no more.
    fn grow(count: usize) -> Option<NonNull<u8>>;
}

/// The linear memory of the module.
#[cfg(target_arch = "wasm32")]
pub struct LinearMemory;

#[cfg(target_arch = "wasm32")]
impl Pages for LinearMemory {
    fn grow(count: usize) -> Option<NonNull<u8>> {
        match core::arch::wasm32::memory_grow::<0>(count) {
            usize::MAX => None,
            page => NonNull::new(ptr::without_provenance_mut(page * PAGE)),
        }
    }
}

/// The heap. Only for modules of one thread: nothing here locks.
pub struct Heap<P> {
    state: UnsafeCell<State>,
    pages: core::marker::PhantomData<fn() -> P>,
}

struct State {
    /// By class: the first free block, which holds the address of the next.
    free: [*mut Link; CLASSES],
    /// What is left of the pages taken last.
    rest: *mut u8,
    left: usize,
}

struct Link(*mut Link);

// SAFETY: a WASM module without the `atomics` feature has one thread, and no other target makes this a static.
#[cfg(any(test, all(target_arch = "wasm32", not(target_feature = "atomics"))))]
unsafe impl<P> Sync for Heap<P> {}

impl<P: Pages> Heap<P> {
    /// A heap that has taken no page.
    #[must_use]
    pub const fn new() -> Self {
        let state = State {
            free: [ptr::null_mut(); CLASSES],
            rest: ptr::null_mut(),
            left: 0,
        };
        Self {
            state: UnsafeCell::new(state),
            pages: core::marker::PhantomData,
        }
    }
}

impl<P: Pages> Default for Heap<P> {
    fn default() -> Self {
        Self::new()
    }
}

/// Which class serves a layout: blocks of `1 << (SMALLEST_CLASS + class)` bytes, aligned to that or to a page.
#[inline]
fn class(layout: Layout) -> Option<usize> {
    let size = layout.size().max(layout.align()).max(1 << SMALLEST_CLASS);
    let class = (usize::BITS - (size - 1).leading_zeros() - SMALLEST_CLASS) as usize;
    (class < CLASSES && layout.align() <= PAGE).then_some(class)
}

const fn block(class: usize) -> usize {
    1 << (class + SMALLEST_CLASS as usize)
}

// SAFETY: blocks of one class never overlap (each is carved once from pages nobody else has), and are as large and
// as aligned as their class says, which `class` made at least the layout's.
unsafe impl<P: Pages> GlobalAlloc for Heap<P> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(class) = class(layout) else {
            return ptr::null_mut();
        };
        // SAFETY: one thread, and nothing called here allocates: this is the only reference.
        let state = unsafe { &mut *self.state.get() };
        let first = state.free[class];
        if first.is_null() {
            return state.carve::<P>(block(class));
        }
        // SAFETY: what is in a list was put there by `dealloc`, which wrote a link, and nobody has owned it since.
        state.free[class] = unsafe { (*first).0 };
        first.cast()
    }

    unsafe fn dealloc(&self, freed: *mut u8, layout: Layout) {
        let Some(class) = class(layout) else {
            return;
        };
        // SAFETY: as in `alloc`.
        let state = unsafe { &mut *self.state.get() };
        let link = freed.cast::<Link>();
        // SAFETY: the block came from `alloc` with this layout, is at least 16 bytes and aligned so, and is now ours.
        unsafe {
            freed.write_bytes(0, block(class));
            link.write(Link(state.free[class]));
        }
        state.free[class] = link;
    }

    unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let Ok(wanted) = Layout::from_size_align(size, layout.align()) else {
            return ptr::null_mut();
        };
        if class(wanted) == class(layout) {
            return old;
        }
        // SAFETY: two blocks that do not overlap, each of at least the length copied.
        unsafe {
            let new = self.alloc(wanted);
            if !new.is_null() {
                ptr::copy_nonoverlapping(old, new, layout.size().min(size));
                self.dealloc(old, layout);
            }
            new
        }
    }
}

impl State {
    /// A block nobody had before, aligned to its size or to a page.
    fn carve<P: Pages>(&mut self, block: usize) -> *mut u8 {
        let padding = self.rest.align_offset(block.min(PAGE));
        if self.left < padding.saturating_add(block) {
            // What is left stays unused: less than one block of this class.
            let count = block.div_ceil(PAGE);
            let Some(page) = P::grow(count) else {
                return ptr::null_mut();
            };
            (self.rest, self.left) = (page.as_ptr(), count * PAGE);
        } else {
            self.rest = self.rest.wrapping_add(padding);
            self.left -= padding;
        }
        let carved = self.rest;
        self.rest = self.rest.wrapping_add(block);
        self.left -= block;
        carved
    }
}

#[cfg(test)]
mod tests;
