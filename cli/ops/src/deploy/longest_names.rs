//! A template before its stack exists: what AWS will name is as long as it may be. Pure.

use std::collections::BTreeMap;

use keyfront_cloudformation::{Document, Resolution};
use keyfront_names::{Partition, host};

use super::{invalid_request::MAX_STACK_NAME, template::BUCKET};

const MAX_BUCKET_NAME: usize = 63;
/// The first label of a distribution's own name.
const LONGEST_DISTRIBUTION_NAME: usize = 14;
/// The id of a multi-Region key; others are shorter.
const LONGEST_KEY_ID: usize = 36;
/// Names of roles and functions have at most 64 characters, which stand behind a prefix that has fewer.
const LONGEST_ARN: usize = 128;

/// The template with these parameters and the longest names.
pub(super) fn resolution<'d>(
    document: &'d Document,
    region: &str,
    parameters: &BTreeMap<String, String>,
) -> Resolution<'d, impl Fn(&str) -> Option<String> + use<'d>> {
    let host = host::of_function_url(&"a".repeat(32), region);
    let given = parameters
        .clone()
        .into_iter()
        .chain(longest_inputs(parameters, region, &host));
    let region = region.to_owned();
    Resolution::new(document, given, move |name| {
        Some(match name {
            "AWS::AccountId" => "1".repeat(12),
            "AWS::Region" => region.clone(),
            "AWS::Partition" => Partition::of_region(&region).as_str().to_owned(),
            "AWS::StackName" => "s".repeat(MAX_STACK_NAME),
            "AWS::URLSuffix" => Partition::of_region(&region).dns_suffix().to_owned(),
            "Bucket" => "b".repeat(MAX_BUCKET_NAME),
            "Key.Arn" => {
                let (account, id) = ("1".repeat(12), "k".repeat(LONGEST_KEY_ID));
                format!("arn:aws:kms:{region}:{account}:key/{id}")
            }
            name if name.ends_with(".DomainName") => {
                format!("{}.cloudfront.net", "d".repeat(LONGEST_DISTRIBUTION_NAME))
            }
            name if name.ends_with(".FunctionUrl") => format!("https://{host}/"),
            name if name.ends_with(".Arn") => "a".repeat(LONGEST_ARN),
            name => name.to_owned(),
        })
    })
}

/// The values that other stacks will output, as long as AWS may make them.
fn longest_inputs(
    parameters: &BTreeMap<String, String>,
    region: &str,
    host: &str,
) -> [(String, String); 3] {
    let existing = parameters.get(BUCKET).filter(|name| !name.is_empty());
    let bucket = existing
        .cloned()
        .unwrap_or_else(|| "b".repeat(MAX_BUCKET_NAME));
    [
        ("BucketName".to_owned(), bucket),
        ("BucketRegion".to_owned(), region.to_owned()),
        ("OriginHost".to_owned(), host.to_owned()),
    ]
}
