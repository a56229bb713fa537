//! The condition keys the stack fills, and the type of each.
//!
//! A key belongs here only if the stack gives it the value AWS would, or leaves it out where AWS does: a
//! condition on a key that is never filled would silently hold or fail.

/// The type of a key's values, which says which operators go with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueKind {
    Text,
    Arn,
    Bool,
    Numeric,
    Date,
    Address,
}

/// Whether a request has at most one value for a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cardinality {
    One,
    Many,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KeyDefinition {
    pub(super) kind: ValueKind,
    pub(super) cardinality: Cardinality,
}

/// Keys that continue with a name of the caller's choice.
pub(super) const ENCRYPTION_CONTEXT: &str = "kms:EncryptionContext:";

/// Every other key, by the name AWS writes.
#[rustfmt::skip]
pub(super) const KEYS: &[(&str, ValueKind, Cardinality)] = {
    use Cardinality::{Many, One};
    use ValueKind::{Address, Arn, Bool, Date, Numeric, Text};
    &[
        ("aws:CurrentTime", Date, One),
        ("aws:EpochTime", Date, One),
        ("aws:MultiFactorAuthPresent", Bool, One),
        ("aws:PrincipalAccount", Text, One),
        ("aws:PrincipalArn", Arn, One),
        ("aws:PrincipalIsAWSService", Bool, One),
        ("aws:PrincipalServiceName", Text, One),
        ("aws:PrincipalType", Text, One),
        ("aws:RequestedRegion", Text, One),
        ("aws:ResourceAccount", Text, One),
        ("aws:SecureTransport", Bool, One),
        ("aws:SourceAccount", Text, One),
        ("aws:SourceArn", Arn, One),
        ("aws:SourceIp", Address, One),
        ("aws:SourceVpc", Text, One),
        ("aws:SourceVpce", Text, One),
        ("aws:TokenIssueTime", Date, One),
        ("aws:UserAgent", Text, One),
        ("aws:ViaAWSService", Bool, One),
        ("aws:VpcSourceIp", Address, One),
        ("aws:userid", Text, One),
        ("aws:username", Text, One),
        ("kms:CallerAccount", Text, One),
        ("kms:EncryptionAlgorithm", Text, One),
        ("kms:EncryptionContextKeys", Text, Many),
        ("kms:KeyOrigin", Text, One),
        ("kms:KeySpec", Text, One),
        ("kms:KeyUsage", Text, One),
        ("kms:MessageType", Text, One),
        ("kms:MultiRegion", Bool, One),
        ("kms:RequestAlias", Text, One),
        ("kms:ResourceAliases", Text, Many),
        ("kms:ScheduleKeyDeletionPendingWindowInDays", Numeric, One),
        ("kms:SigningAlgorithm", Text, One),
        ("kms:ViaService", Text, One),
        ("lambda:FunctionArn", Arn, One),
        ("lambda:FunctionUrlAuthType", Text, One),
        ("lambda:InvokedViaFunctionUrl", Bool, One),
        ("s3:ResourceAccount", Text, One),
        ("s3:TlsVersion", Numeric, One),
        ("s3:authType", Text, One),
        ("s3:delimiter", Text, One),
        ("s3:if-match", Text, One),
        ("s3:if-none-match", Text, One),
        ("s3:max-keys", Numeric, One),
        ("s3:prefix", Text, One),
        ("s3:signatureAge", Numeric, One),
        ("s3:signatureversion", Text, One),
        ("s3:x-amz-acl", Text, One),
        ("s3:x-amz-content-sha256", Text, One),
        ("s3:x-amz-copy-source", Text, One),
        ("s3:x-amz-metadata-directive", Text, One),
        ("s3:x-amz-server-side-encryption", Text, One),
        ("s3:x-amz-server-side-encryption-aws-kms-key-id", Arn, One),
        ("s3:x-amz-server-side-encryption-customer-algorithm", Text, One),
        ("s3:x-amz-storage-class", Text, One),
        ("sts:DurationSeconds", Numeric, One),
        ("sts:ExternalId", Text, One),
        ("sts:RoleSessionName", Text, One),
    ]
};

/// The definition of a key; names of keys know no case.
pub(super) fn define(key: &str) -> Option<KeyDefinition> {
    let is_prefixed = key
        .get(..ENCRYPTION_CONTEXT.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(ENCRYPTION_CONTEXT));
    if is_prefixed {
        return (key.len() > ENCRYPTION_CONTEXT.len()).then_some(KeyDefinition {
            kind: ValueKind::Text,
            cardinality: Cardinality::One,
        });
    }
    let known = KEYS
        .iter()
        .find(|(name, ..)| name.eq_ignore_ascii_case(key));
    known.map(|&(_, kind, cardinality)| KeyDefinition { kind, cardinality })
}
