//! How an object is encrypted: the modes a publisher may ask for and a rule may allow, what S3 is asked to apply and
//! whether it did, and the encryption contexts that bind data keys to what they are for.
//!
//! It does not encrypt, and calls nobody.

mod context;
mod customer_key;
mod mode;
mod server_side;

pub use self::{
    context::{content_context, metadata_context, upload_context},
    customer_key::{CUSTOMER_ALGORITHM, CustomerKey, CustomerKeyRing, NotCustomerKeys},
    mode::{EncryptionMode, EncryptionModes, EnvelopeWrap},
    server_side::{ServerSide, SseApplied, SseKeys, SseRequest},
};
