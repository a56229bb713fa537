//! Describing an object that may be under a customer key.
//!
//! S3 describes nothing of such an object without its key, and does not say which key it is: `HEAD` is 400 without one
//! and 403 with another. So an object is described without a key first, then with each key the reader has.

use keyfront_names::ObjectKey;
use keyfront_origin_core::encryption::CustomerKey;

use super::{holder::Holder, keys::CustomerKeys};
use crate::{
    error::{Error, Fault},
    store::{self, Store},
};

/// An object, and the customer key that opens it.
#[derive(Debug)]
pub struct OpenableObject {
    /// What S3 says of it.
    pub object: store::ObjectDescription,
    /// `None` for one that is under no customer key.
    pub key: Option<CustomerKey>,
}

impl CustomerKeys {
    /// Describes an object with the keys that `holder` has.
    ///
    /// # Errors
    /// [`Error::CustomerKeyRequired`] where it is under another key; [`Error::NotFound`]; what S3 and SSM returned.
    pub async fn describe(
        &self,
        store: &Store,
        key: &ObjectKey,
        holder: Holder<'_>,
    ) -> Result<OpenableObject, Error> {
        if let Some(object) = store.describe_openly(key).await? {
            return Ok(OpenableObject { object, key: None });
        }
        let mut unread = None;
        for parameter in self.parameters(holder) {
            let ring = match self.ring(parameter).await {
                Ok(ring) => ring,
                Err(error) => {
                    // Another parameter may have the key.
                    unread.get_or_insert(error);
                    continue;
                }
            };
            for customer in ring.reading() {
                match store.describe_under(key, customer).await {
                    // Without a key it was 400, so it is the key that S3 denies.
                    Err(Error::Upstream {
                        fault: Fault::Denied,
                        ..
                    }) => {}
                    found => {
                        let object = found?;
                        let key = Some(customer.clone());
                        return Ok(OpenableObject { object, key });
                    }
                }
            }
        }
        match unread {
            Some(error) => Err(error),
            None => Err(store.undescribed(key).await),
        }
    }
}
