//! Query parameters that may never reach the bucket: S3's subresources and operations, and signing parameters.
//!
//! The rule for requests (`admission`) and for what a site may list (`site`).

/// Whether a decoded parameter may never reach the bucket: S3 subresources and operations (they would turn a read
/// of an object into another request), and everything presigned URLs carry. Also the rule for what a site
/// may list.
///
/// S3 compares these names by case, its imitators do not all; so case does not help a viewer. `Policy` alone, as
/// CloudFront's signed URLs spell it, is no subresource: CloudFront consumes it, and it is never listed.
pub(crate) fn is_refused_parameter(name: &str) -> bool {
    let subresource = SUBRESOURCES
        .split(' ')
        .any(|refused| name.eq_ignore_ascii_case(refused));
    is_signing_parameter(name) || (subresource && name != "Policy")
}

pub(crate) fn is_signing_parameter(name: &str) -> bool {
    name.get(..6)
        .is_some_and(|head| head.eq_ignore_ascii_case("x-amz-"))
        || name.eq_ignore_ascii_case("awsaccesskeyid")
}

/// S3's subresources and listing parameters, as its API reference names them, in lower case. One text: a list of texts is a third
/// larger in a module.
const SUBRESOURCES: &str = "\
    accelerate acl analytics append attributes continuation-token cors delete delimiter encoding-type \
    encryption fetch-owner intelligent-tiering inventory key-marker legal-hold lifecycle list-type \
    location logging marker max-keys max-parts max-uploads metadataconfiguration metadatatable \
    metrics notification object-lock ownershipcontrols part-number-marker partnumber policy \
    policystatus prefix publicaccessblock replication requestpayment restore retention select \
    select-type session start-after tagging torrent upload-id-marker uploadid uploads \
    version-id-marker versionid versioning versions website";
