//! Where each line is run, and what comes of it.

/// Where a line is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum World {
    /// On a stack of this machine, which takes the place of the deployed one, with further flags.
    Dev(&'static str),
    /// At a scripted AWS with the system `media`, with further flags.
    Aws(&'static str),
    /// As it is, in a folder with the documents that the page shows.
    Alone,
    /// Nowhere here, for this reason.
    Nowhere(&'static str),
}

use World::{Alone, Aws, Dev, Nowhere};

/// The first row with which a line begins says where it is run.
pub(super) const ROWS: &[(&str, World)] = &[
    (
        "keyfront audit my-bucket --expect-key any --inventory",
        Nowhere("an inventory is S3's to write; `audit_scale` and `audit` read made ones"),
    ),
    (
        "keyfront audit media --expect-key alias/media --fix --batch",
        Nowhere("a job of S3 Batch Operations; `audit` has one scripted"),
    ),
    ("keyfront audit", Dev("")),
    ("keyfront rewrap docs/", Dev("--yes")),
    ("keyfront rewrap", Dev("")),
    (
        "keyfront doctor https://d111111abcdef8.cloudfront.net",
        Nowhere("a distribution of CloudFront"),
    ),
    (
        "keyfront doctor https://cdn.example.com/img/logo.png --distribution",
        Nowhere("a distribution of CloudFront; `doctor` has one scripted"),
    ),
    ("keyfront doctor", Dev("")),
    ("keyfront publisher", Dev("")),
    ("keyfront viewers rotate-key", Aws("")),
    ("keyfront viewers", Dev("")),
    ("KEYFRONT_TOKEN=kfp_... keyfront share", Dev("")),
    (
        "keyfront publish",
        Nowhere("`publish_command` publishes folders to a site with releases"),
    ),
    (
        "keyfront releases",
        Nowhere("`publish_command` has releases to list, compare and roll back"),
    ),
    (
        "keyfront verify",
        Nowhere("`publish_command` verifies the site that it publishes"),
    ),
    ("keyfront accept --dev", Dev("")),
    (
        "keyfront accept",
        Nowhere("an account at AWS; `accept::deployed_stacks` has one scripted"),
    ),
    ("keyfront logs", Aws("")),
    ("keyfront deploy", Aws("--yes --poll 5 --no-publisher")),
    (
        "target/debug/keyfront deploy",
        Aws("--yes --poll 5 --no-publisher"),
    ),
    ("keyfront adopt", Aws("--confirm media --poll 5")),
    ("keyfront revoke-sessions", Aws("--yes --poll 5")),
    ("keyfront site", Alone),
    ("curl", Dev("")),
    (
        "make",
        Nowhere("what it would build is built: this runs over it"),
    ),
    ("git clone", Nowhere("it is cloned")),
    ("npx wrangler", Nowhere("`worker_wrangler` runs wrangler")),
    (
        "aws ssm put-parameter",
        Nowhere("Amazon's own command, of Amazon's own service"),
    ),
    (
        "aws kms create-key",
        Nowhere("Amazon's own command, of Amazon's own service"),
    ),
];

/// Lines that do what they should with another status than 0.
pub(super) const OTHER_STATUS: &[(&str, i32)] = &[
    // A dry run that found what is to be re-wrapped.
    ("keyfront rewrap \"\"", 1),
];

/// What `curl` gets for the lines that contain this: the first that is in one decides.
pub(super) const ANSWERS: &[(&str, &str)] = &[
    ("curl -T", "201"),
    // The bucket refuses the read that the CDN has served.
    ("keyfront-dev/hello.txt", "403"),
    ("viewers sign", "200"),
    ("/members/plan.txt", "403"),
    ("", "200"),
];

pub(super) fn row_of(line: &str) -> Option<&'static (&'static str, World)> {
    ROWS.iter()
        .find(|(beginning, _)| line.starts_with(beginning))
}
