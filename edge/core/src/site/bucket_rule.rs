//! How a bucket is reached: what its fields must be, and what they make together.

use alloc::{borrow::ToOwned, string::String};

use keyfront_names::host::{self, Scheme};
use keyfront_names::{BucketName, Region};
use keyfront_sigv4::sigv4a::is_region_set;

use super::document::{Document, Text};
use super::error::{SiteError, demand, field};
use super::origin::{Bucket, Signing};
use crate::text::joined;

pub(super) fn bucket(document: &Document) -> Result<Bucket, SiteError> {
    let name = document.required(Text::Bucket);
    let region = document.required(Text::Region);
    let style = document.required(Text::Style);
    let access_point = host::is_multi_region_alias(name);
    demand(
        access_point || BucketName::new(name).is_ok(),
        "bucket",
        "is not a bucket name",
    )?;
    demand(Region::is_name(region), "region", "is not a region name")?;
    let signing = signing(document)?;
    if access_point {
        return multi_region_access_point(document, signing);
    }
    let (scheme, service) = match document.text(Text::Endpoint) {
        Some(endpoint) => {
            let (scheme, host) =
                host::endpoint(endpoint).map_err(|error| field("endpoint", error.as_str()))?;
            (scheme, host.to_owned())
        }
        None => (Scheme::Https, host::of_service("s3", region)),
    };
    // A virtual host's certificate is a wildcard for one label.
    let (host, path) = match style {
        "path" => (service, joined(&["/", name])),
        "virtual" if name.contains('.') => {
            return Err(field("bucket", "has a dot, which needs style path"));
        }
        "virtual" => (joined(&[name, ".", &service]), String::new()),
        _ => return Err(field("style", "must be virtual or path")),
    };
    Ok(Bucket {
        scheme,
        host,
        path,
        signing,
    })
}

fn signing(document: &Document) -> Result<Signing, SiteError> {
    let region = document.required(Text::Region);
    match (
        document.required(Text::Signing),
        document.text(Text::RegionSet),
    ) {
        ("sigv4", None) => Ok(Signing::SigV4 {
            region: region.to_owned(),
        }),
        ("sigv4", Some(_)) => Err(field("region_set", "is for sigv4a only")),
        ("sigv4a", None) => Err(field("region_set", "is required by sigv4a")),
        ("sigv4a", Some(set)) => {
            demand(
                is_region_set(set),
                "region_set",
                "is not a list of region names",
            )?;
            // Whether a pattern covers the region is for the verifier; a set of other regions never does.
            let may_cover = |member: &str| member.contains('*') || member == region;
            demand(
                set.split(',').any(may_cover),
                "region_set",
                "must include the region",
            )?;
            let region_set = set.to_owned();
            Ok(Signing::SigV4a { region_set })
        }
        _ => Err(field("signing", "must be sigv4 or sigv4a")),
    }
}

/// S3 reaches an access point's buckets by its alias, which is a name of two labels below a host of its own.
fn multi_region_access_point(document: &Document, signing: Signing) -> Result<Bucket, SiteError> {
    demand(
        matches!(signing, Signing::SigV4a { .. }),
        "signing",
        "must be sigv4a for a multi-region access point",
    )?;
    demand(
        document.text(Text::Endpoint).is_none(),
        "endpoint",
        "cannot be chosen for a multi-region access point",
    )?;
    demand(
        document.required(Text::Style) == "virtual",
        "style",
        "must be virtual for a multi-region access point",
    )?;
    Ok(Bucket {
        scheme: Scheme::Https,
        host: host::of_multi_region_access_point(document.required(Text::Bucket)),
        path: String::new(),
        signing,
    })
}
