//! How an object is encrypted: the modes a publisher may ask for and a rule may allow, and the
//! encryption contexts that bind data keys to what they are for.
//!
//! It does not encrypt, and talks to nobody.

mod context;
mod mode;

pub use self::{
    context::{content_context, metadata_context, upload_context},
    mode::{EncryptionMode, EncryptionModes, EnvelopeWrap, ServerSide},
};
