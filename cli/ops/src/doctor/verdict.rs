//! The verdicts, their classes and exit codes: the table of `docs/doctor.md` and of `--help`. Pure.

use serde::Serialize;

/// What is the matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    Healthy,
    NameUnknown,
    Unreachable,
    TlsFails,
    RequestRefused,
    ObjectMissing,
    ReleaseUnknown,
    FunctionRefused,
    EdgeNotAttached,
    EdgeFails,
    CdnRefused,
    QueryDropped,
    OtherRelease,
    SiteInvalid,
    SiteMisrouted,
    BucketPolicyDenies,
    RoleDenied,
    KmsDenied,
    OtherKey,
    KeyDisabled,
    KeyPendingDeletion,
    KeyMissing,
    KeyUnusable,
    SignatureRejected,
    ClockSkew,
    EdgeCredentials,
    Throttled,
    OriginFailed,
    OtherEncryption,
    CustomerKey,
    HeadersLeak,
    Unexplained,
}

/// Everything one exit code stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Class {
    Healthy,
    Name,
    Connection,
    Tls,
    Request,
    Missing,
    Function,
    Cdn,
    Site,
    Permission,
    Key,
    Signature,
    Clock,
    Credentials,
    Origin,
    Encryption,
    Leak,
    Unexplained,
}

/// How sure a verdict is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Certainty {
    /// The evidence leaves nothing else.
    Certain,
    /// Something that was not looked at, or cannot be, could explain it as well.
    Likely,
}

/// The result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Verdict {
    pub(crate) kind: Kind,
    pub(crate) certainty: Certainty,
    /// The evidence that decided, as a sentence.
    pub(crate) because: String,
}

impl Verdict {
    pub(crate) fn certain(kind: Kind, because: impl Into<String>) -> Self {
        Self {
            kind,
            certainty: Certainty::Certain,
            because: because.into(),
        }
    }

    pub(crate) fn likely(kind: Kind, because: impl Into<String>) -> Self {
        Self {
            certainty: Certainty::Likely,
            ..Self::certain(kind, because)
        }
    }
}

/// What people and scripts read of a verdict.
pub(crate) struct Description {
    pub(crate) name: &'static str,
    pub(crate) class: Class,
    pub(crate) means: &'static str,
    /// What to do.
    pub(crate) advice: &'static str,
}

impl Kind {
    #[cfg(test)]
    pub(crate) const ALL: [Self; 32] = [
        Self::Healthy,
        Self::NameUnknown,
        Self::Unreachable,
        Self::TlsFails,
        Self::RequestRefused,
        Self::ObjectMissing,
        Self::ReleaseUnknown,
        Self::FunctionRefused,
        Self::EdgeNotAttached,
        Self::EdgeFails,
        Self::CdnRefused,
        Self::QueryDropped,
        Self::OtherRelease,
        Self::SiteInvalid,
        Self::SiteMisrouted,
        Self::BucketPolicyDenies,
        Self::RoleDenied,
        Self::KmsDenied,
        Self::OtherKey,
        Self::KeyDisabled,
        Self::KeyPendingDeletion,
        Self::KeyMissing,
        Self::KeyUnusable,
        Self::SignatureRejected,
        Self::ClockSkew,
        Self::EdgeCredentials,
        Self::Throttled,
        Self::OriginFailed,
        Self::OtherEncryption,
        Self::CustomerKey,
        Self::HeadersLeak,
        Self::Unexplained,
    ];

    #[rustfmt::skip] // One row a verdict: this is the table of docs/doctor.md.
    pub(crate) fn description(self) -> Description {
        let (name, class, means, advice) = match self {
            Self::Healthy => ("healthy", Class::Healthy, "the URL is served", ""),
            Self::NameUnknown => ("name-unknown", Class::Name, "the name does not resolve", "correct the URL, or the name's CNAME or alias record to the distribution"),
            Self::Unreachable => ("unreachable", Class::Connection, "nothing responds at the name's address", "check the name's address, and the network of this machine"),
            Self::TlsFails => ("tls-fails", Class::Tls, "the certificate is not accepted, or TLS fails", "attach a certificate for this name; trust a private CA with --ca"),
            Self::RequestRefused => ("request-refused", Class::Request, "the edge refuses the request", "change the URL or the method; nothing is wrong with the system"),
            Self::ObjectMissing => ("object-missing", Class::Missing, "there is no such object", "upload it, or correct the path or the site's prefix"),
            Self::ReleaseUnknown => ("release-unknown", Class::Missing, "the edge knows no release of the site", "publish one with `keyfront publish`; if one is active, grant the edge's role s3:GetObject on the site's pointer"),
            Self::FunctionRefused => ("function-refused", Class::Function, "the publish endpoint or the reader refuses", "read the code: a token, a publisher's rule, or the object"),
            Self::EdgeNotAttached => ("edge-not-attached", Class::Cdn, "requests reach the bucket unsigned", "attach the edge's version to origin-request and origin-response of the behaviour"),
            Self::EdgeFails => ("edge-fails", Class::Cdn, "the edge's function throws or returns an invalid result", "read the function's log in the Region nearest to the viewer; deploy the bundle again"),
            Self::CdnRefused => ("cdn-refused", Class::Cdn, "the CDN refuses the request before the edge runs", "check the behaviour's methods, its viewer protocol, the WAF and the length of the URL"),
            Self::QueryDropped => ("query-dropped", Class::Cdn, "the CDN drops a parameter the site lists", "list the site's parameters in the behaviour's cache policy"),
            Self::OtherRelease => ("other-release", Class::Cdn, "the URL is served from another release than the active one", "wait until the activation is everywhere (`keyfront releases show active`); if it lasts, invalidate the path"),
            Self::SiteInvalid => ("site-invalid", Class::Site, "the origin's x-keyfront-site is missing or invalid", "correct the origin's custom header"),
            Self::SiteMisrouted => ("site-misrouted", Class::Site, "the site's host is not the host of the behaviour's origin", "give the behaviour the origin that its site names"),
            Self::BucketPolicyDenies => ("bucket-policy-denies", Class::Permission, "the bucket's policy denies the read", "change the statement of the bucket's policy"),
            Self::RoleDenied => ("role-denied", Class::Permission, "the edge's role may not read the object", "grant the edge's role s3:GetObject on the bucket's objects; if it has that, its session is not accepted"),
            Self::KmsDenied => ("kms-denied", Class::Key, "the edge's role may not decrypt with the object's key", "grant kms:Decrypt on the key, in the role's policy and in the key's"),
            Self::OtherKey => ("other-key", Class::Key, "the object is encrypted with another key than the system's", "encrypt the object with the system's key, or grant the role kms:Decrypt on its key"),
            Self::KeyDisabled => ("key-disabled", Class::Key, "the object's key is disabled", "enable the key"),
            Self::KeyPendingDeletion => ("key-pending-deletion", Class::Key, "the object's key is pending deletion", "cancel the key's deletion and enable it, now"),
            Self::KeyMissing => ("key-missing", Class::Key, "the object's key no longer exists", "restore the object from a copy under another key"),
            Self::KeyUnusable => ("key-unusable", Class::Key, "the object exists, but its key cannot be used", "check the key and the role with --stack, --distribution or --dev"),
            Self::SignatureRejected => ("signature-rejected", Class::Signature, "the bucket does not accept the signature", "find what changes the request between the edge and the bucket, or the wrong Region"),
            Self::ClockSkew => ("clock-skew", Class::Clock, "the edge's clock and the bucket's are too far apart", "correct the clock of the edge's host"),
            Self::EdgeCredentials => ("edge-credentials", Class::Credentials, "the edge has no credentials, or expired ones", "check the function's execution role, or renew the Worker's secrets"),
            Self::Throttled => ("throttled", Class::Origin, "S3 or KMS throttles requests", "wait; raise the quota if it lasts"),
            Self::OriginFailed => ("origin-failed", Class::Origin, "the origin fails, or is not at the site's address", "check the bucket's Region and the endpoint, and the service's health"),
            Self::OtherEncryption => ("other-encryption", Class::Encryption, "the URL is served, but its object is not encrypted with the system's key", "re-encrypt the object with the system's key"),
            Self::CustomerKey => ("customer-key", Class::Encryption, "the object is under a customer key, which the edge does not have", "read it through the site's reader, or publish it with another encryption"),
            Self::HeadersLeak => ("headers-leak", Class::Leak, "responses show viewers the bucket's own headers", "attach the edge's version to origin-response of the behaviour"),
            Self::Unexplained => ("unexplained", Class::Unexplained, "the evidence does not explain the failure", "read what was not checked, and the edge's log for the request id"),
        };
        Description { name, class, means, advice }
    }

    pub(crate) fn class(self) -> Class {
        self.description().class
    }
}

impl Class {
    /// Codes below ten are the program's own: 1, it could not begin; 2, wrong arguments.
    pub(crate) fn exit_code(self) -> u8 {
        match self {
            Self::Healthy => 0,
            Self::Name => 10,
            Self::Connection => 11,
            Self::Tls => 12,
            Self::Request => 20,
            Self::Missing => 21,
            Self::Function => 22,
            Self::Cdn => 30,
            Self::Site => 31,
            Self::Permission => 40,
            Self::Key => 41,
            Self::Signature => 42,
            Self::Clock => 43,
            Self::Credentials => 44,
            Self::Origin => 50,
            Self::Encryption => 60,
            Self::Leak => 61,
            Self::Unexplained => 70,
        }
    }
}

/// The table of `--help`.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0   healthy
  1   the doctor could not start (a file cannot be read)
  2   wrong arguments
  10  name: name-unknown
  11  connection: unreachable
  12  tls: tls-fails
  20  request: request-refused
  21  missing: object-missing, release-unknown
  22  function: function-refused
  30  cdn: edge-not-attached, edge-fails, cdn-refused, query-dropped, other-release
  31  site: site-invalid, site-misrouted
  40  permission: bucket-policy-denies, role-denied
  41  key: kms-denied, other-key, key-disabled, key-pending-deletion, key-missing, key-unusable
  42  signature: signature-rejected
  43  clock: clock-skew
  44  credentials: edge-credentials
  50  origin: throttled, origin-failed
  60  encryption: other-encryption, customer-key
  61  leak: headers-leak
  70  unexplained

docs/doctor.md says what each verdict means and what to do.";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_exit_codes_of_the_help_and_the_documentation_are_the_verdicts_own() {
        let document = include_str!("../../../../docs/doctor.md");
        for kind in Kind::ALL {
            let description = kind.description();
            let code = description.class.exit_code().to_string();
            let class = serde_json::to_value(description.class).unwrap();
            let helped = EXIT_CODES.lines().any(|line| {
                let mut words = line.split([' ', ',', ':']).filter(|word| !word.is_empty());
                words.next() == Some(&code) && words.any(|word| word == description.name)
            });
            assert!(helped, "{} is not at {code} in --help", description.name);
            let row = format!(
                "| `{}` | {} | {code} | {} | {} |",
                description.name,
                class.as_str().unwrap(),
                description.means,
                if description.advice.is_empty() {
                    "-"
                } else {
                    description.advice
                }
            );
            assert!(
                document.contains(&row),
                "docs/doctor.md lacks the row {row}"
            );
            assert_eq!(serde_json::to_value(kind).unwrap(), description.name);
        }
        assert_eq!(document.matches("\n| `").count(), Kind::ALL.len());
    }
}
