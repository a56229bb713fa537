//! `keyfront doctor` on stacks that are really broken: every verdict is provoked, and reported with the evidence for it.

mod command;
mod deployed_stacks;
mod released;
mod stage;
mod verdicts;

/// No test waits this long; it is for machines under load.
const TIMEOUT: &str = "20";

/// A stack and how it was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Start {
    Whole,
    Bundle,
    BundleSession,
    Without(&'static str, &'static str),
    EdgeClock,
    EdgeSession,
    SiteMissing,
    SiteRefused,
    SiteOfAnotherBucket,
    SiteOfAnotherRegion,
    NoResponseFunction,
    NoFunctions,
    ThrowingBundle,
    S3Gone,
    S3Throttling,
    S3BehindRespelling,
    QueryDropped,
    WithCustomerKeys,
    Releases,
    ReleasesUnread,
}

/// What is done to it before the doctor runs, and what the doctor may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Break {
    Nothing,
    ObjectDeletedBehindTheCache,
    KeyDisabled,
    KeyDisabledBehindTheCache,
    KeyPendingDeletion,
    KeyUnknown,
    ObjectUnderAnotherKey,
    ObjectUnderS3sKey,
    ObjectUnderCustomerKey,
    PolicyDenies,
    PolicyDeniesBehindTheCache,
    OperatorsSecretWrong,
    ReleaseSwitchedBehindTheCache,
}

/// What the doctor is given besides the URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Given {
    Dev,
    OnlyTheCa,
    Nothing,
}

struct Case {
    start: Start,
    cause: Break,
    given: Given,
    /// From its slash on, or a whole URL.
    target: &'static str,
    method: &'static str,
    verdict: &'static str,
    code: i32,
    certain: bool,
    /// What the evidence must say.
    says: &'static [&'static str],
}

const CASE: Case = Case {
    start: Start::Whole,
    cause: Break::Nothing,
    given: Given::Dev,
    target: "/a/object.txt",
    method: "GET",
    verdict: "healthy",
    code: 0,
    certain: true,
    says: &[],
};
