//! Functions of a site: what their fields must be.

use alloc::{borrow::ToOwned, string::String, sync::Arc};

use keyfront_names::{Region, host};

use super::document::FunctionDocument;
use super::error::{SiteError, demand};
use super::key_rule::check_key;
use super::origin::FunctionOrigin;

pub(super) fn function(
    name: &'static str,
    document: Option<FunctionDocument>,
) -> Result<Option<Arc<FunctionOrigin>>, SiteError> {
    let Some(origin) = document else {
        return Ok(None);
    };
    demand(
        Region::is_name(&origin.region),
        name,
        "has a region that is not a region name",
    )?;
    demand(
        host::is_authority(&origin.host),
        name,
        "has a host that is not a host name",
    )?;
    Ok(Some(Arc::new(FunctionOrigin {
        prefix: function_prefix(name, &origin.prefix)?,
        host: origin.host,
        region: origin.region,
    })))
}

/// A prefix without the slash that it may end with.
pub(super) fn function_prefix(name: &'static str, written: &str) -> Result<String, SiteError> {
    demand(
        written.starts_with('/'),
        name,
        "has a prefix that does not start with a slash",
    )?;
    let prefix = written.strip_suffix('/').unwrap_or(written);
    if let Some(key) = prefix.strip_prefix('/') {
        demand(
            !prefix.ends_with('/'),
            name,
            "has a prefix that ends with two slashes",
        )?;
        check_key(name, key)?;
    }
    Ok(prefix.to_owned())
}
