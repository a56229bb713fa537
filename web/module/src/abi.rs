//! The module's exports: its calls and the memory.
//!
//! The host asks for room, writes a call's frame there, makes the call, and reads the frame that comes back before its
//! next one. What passed is wiped: the input by the call, the output by the host.

// `no_mangle` counts as unsafe: another symbol of the same name could be linked. No pointer is dereferenced.
#![allow(unsafe_code)]

use alloc::vec::Vec;

use keyfront_wasm_module::{Instance, OneThread};
use zeroize::Zeroize as _;

use crate::refused::Refused;
use crate::session::{self, Session};
use crate::{answer, publisher_key};

keyfront_wasm_module::install!();

static INSTANCE: OneThread<Instance<Session>> = OneThread::new(Instance::new(Session::new()));

/// The place of `length` bytes for a frame.
#[unsafe(no_mangle)]
pub extern "C" fn input(length: usize) -> *mut u8 {
    INSTANCE.borrow_mut().place(length)
}

type Call = fn(&mut Session, &[u8], &mut Vec<u8>) -> Result<(), Refused>;

/// Makes a call with the input; the place of the frame that answers.
fn run(call: Call) -> *const u8 {
    let Instance {
        kept: session,
        input,
        output,
    } = &mut *INSTANCE.borrow_mut();
    answer(output, |out| call(session, input, out));
    input.zeroize();
    output.as_ptr()
}

macro_rules! export {
    ($($(#[$doc:meta])* $name:ident = $call:expr;)*) => {
        $(
            $(#[$doc])*
            #[unsafe(no_mangle)]
            pub extern "C" fn $name() -> *const u8 {
                run($call)
            }
        )*
    };
}

export! {
    /// [`Session::seal`]
    seal = Session::seal;
    /// [`Session::segment`]
    segment = Session::segment;
    /// [`Session::sealed`]
    sealed = Session::sealed;
    /// [`Session::missing`]
    missing = Session::missing;
    /// [`Session::tag`]
    tag = Session::tag;
    /// [`Session::open`]
    open = Session::open;
    /// [`Session::open_shared`]
    open_shared = Session::open_shared;
    /// [`Session::arrived`]
    arrived = Session::arrived;
    /// [`Session::verify`]
    verify = Session::verify;
    /// Forgets the file and its keys.
    forget = |session, _, _| { *session = Session::new(); Ok(()) };
    /// [`session::share`]
    share = |_, frame, out| session::share(frame, out);
    /// [`session::describe`]
    describe = |_, frame, out| session::describe(frame, out);
    /// [`publisher_key::key_id`]
    key_id = |_, frame, out| publisher_key::key_id(frame, out);
    /// [`publisher_key::derive`]
    derive = |_, frame, out| publisher_key::derive(frame, out);
}
