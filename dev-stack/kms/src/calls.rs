//! The operations by name, and how often each was called.

use std::array;
use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! operations {
    ($($name:ident),+ $(,)?) => {
        /// An operation of the KMS API that is offered here.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Operation {
            $(
                #[doc = concat!("`TrentService.", stringify!($name), "`")]
                $name,
            )+
        }

        impl Operation {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The operation's name on the wire.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)+
                }
            }

            /// The action policies allow it by.
            pub fn action(self) -> &'static str {
                match self {
                    $(Self::$name => concat!("kms:", stringify!($name)),)+
                }
            }
        }
    };
}

operations!(
    CreateKey,
    DescribeKey,
    ListKeys,
    CreateAlias,
    DeleteAlias,
    ListAliases,
    GenerateDataKey,
    GenerateDataKeyWithoutPlaintext,
    Encrypt,
    Decrypt,
    EnableKey,
    DisableKey,
    ScheduleKeyDeletion,
    CancelKeyDeletion,
    GetKeyPolicy,
    PutKeyPolicy,
    EnableKeyRotation,
    DisableKeyRotation,
    GetKeyRotationStatus,
    GetPublicKey,
    Sign,
    Verify,
);

impl Operation {
    /// The operation of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|o| o.name() == name)
    }
}

/// How often each operation was called, in-process calls and refused ones included.
#[derive(Debug)]
pub struct CallCounts([u64; Operation::ALL.len()]);

impl CallCounts {
    /// Calls of one operation.
    pub fn of(&self, operation: Operation) -> u64 {
        self.0[operation as usize]
    }
}

/// Counts calls as they arrive.
#[derive(Debug, Default)]
pub(super) struct CallCounter([AtomicU64; Operation::ALL.len()]);

impl CallCounter {
    pub(super) fn count(&self, operation: Operation) {
        self.0[operation as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn counts(&self) -> CallCounts {
        CallCounts(array::from_fn(|at| self.0[at].load(Ordering::Relaxed)))
    }
}
