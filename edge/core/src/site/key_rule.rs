//! The rule of every field that holds an object key or the beginning of keys.

use keyfront_names::ObjectKey;

use super::error::{SiteError, demand};

pub(super) fn check_key(name: &'static str, key: &str) -> Result<(), SiteError> {
    demand(!key.starts_with('/'), name, "must not start with a slash")?;
    match ObjectKey::new(key) {
        Ok(_) => Ok(()),
        Err(source) => Err(SiteError::Key {
            field: name,
            source,
        }),
    }
}
