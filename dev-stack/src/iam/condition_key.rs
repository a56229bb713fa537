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
    /// A date; `aws:EpochTime` may also be compared as a number.
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
const ENCRYPTION_CONTEXT_PREFIX: &str = "kms:encryptioncontext:";

/// The definition of a key, given in lower case: names of keys know no case.
pub(super) fn define(key: &str) -> Option<KeyDefinition> {
    let one = |kind| {
        Some(KeyDefinition {
            kind,
            cardinality: Cardinality::One,
        })
    };
    if let Some(name) = key.strip_prefix(ENCRYPTION_CONTEXT_PREFIX) {
        return if name.is_empty() {
            None
        } else {
            one(ValueKind::Text)
        };
    }
    match key {
        "aws:principalarn" | "aws:sourcearn" => one(ValueKind::Arn),
        "aws:principalaccount"
        | "aws:principalservicename"
        | "aws:principaltype"
        | "aws:requestedregion"
        | "aws:resourceaccount"
        | "aws:sourceaccount"
        | "aws:useragent"
        | "aws:userid"
        | "aws:username" => one(ValueKind::Text),
        "aws:multifactorauthpresent"
        | "aws:principalisawsservice"
        | "aws:securetransport"
        | "aws:viaawsservice" => one(ValueKind::Bool),
        "aws:currenttime" | "aws:epochtime" | "aws:tokenissuetime" => one(ValueKind::Date),
        "aws:sourceip" => one(ValueKind::Address),

        "s3:authtype"
        | "s3:delimiter"
        | "s3:if-match"
        | "s3:if-none-match"
        | "s3:locationconstraint"
        | "s3:prefix"
        | "s3:resourceaccount"
        | "s3:signatureversion"
        | "s3:x-amz-acl"
        | "s3:x-amz-content-sha256"
        | "s3:x-amz-copy-source"
        | "s3:x-amz-metadata-directive"
        | "s3:x-amz-server-side-encryption"
        | "s3:x-amz-server-side-encryption-customer-algorithm"
        | "s3:x-amz-storage-class" => one(ValueKind::Text),
        "s3:x-amz-server-side-encryption-aws-kms-key-id" => one(ValueKind::Arn),
        "s3:max-keys" | "s3:signatureage" => one(ValueKind::Numeric),

        "kms:calleraccount"
        | "kms:encryptionalgorithm"
        | "kms:keyorigin"
        | "kms:keyspec"
        | "kms:keyusage"
        | "kms:requestalias"
        | "kms:viaservice" => one(ValueKind::Text),
        "kms:multiregion" => one(ValueKind::Bool),
        "kms:schedulekeydeletionpendingwindowindays" => one(ValueKind::Numeric),
        "kms:encryptioncontextkeys" | "kms:resourcealiases" => Some(KeyDefinition {
            kind: ValueKind::Text,
            cardinality: Cardinality::Many,
        }),

        "sts:externalid" | "sts:rolesessionname" => one(ValueKind::Text),
        "sts:durationseconds" => one(ValueKind::Numeric),

        "lambda:functionarn" => one(ValueKind::Arn),
        "lambda:functionurlauthtype" => one(ValueKind::Text),
        "lambda:invokedviafunctionurl" => one(ValueKind::Bool),
        _ => None,
    }
}
