//! Every command of `keyfront`, and the program that does its work. A test in each program holds its commands equal
//! to this table.

/// A program that `keyfront` runs from its own directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// The whole system on one machine.
    Dev,
    /// What operators do to a deployed system.
    Ops,
}

/// A command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommandEntry {
    /// As it is typed.
    pub name: &'static str,
    /// One line, shown by `keyfront --help`.
    pub about: &'static str,
    /// What runs it.
    pub program: Program,
}

/// Every command, in the order in which help lists them.
pub const COMMANDS: &[CommandEntry] = &[
    dev(
        "dev",
        "Run the whole system on this machine: S3, KMS, STS, the publishers' API and the CDN, all on loopback",
    ),
    ops(
        "deploy",
        "Deploy the whole system to an AWS account, or update it: key, private bucket, functions, CDN",
    ),
    ops(
        "status",
        "Show the state of the system's stacks; 0 if all are complete",
    ),
    ops(
        "outputs",
        "Print the system's outputs: CDN URL, upload endpoint, bucket, key",
    ),
    ops(
        "adopt",
        "Adopt stacks that were created from Keyfront's templates without its tag, such as in the console",
    ),
    ops(
        "destroy",
        "Remove the system from the account; the bucket and the key stay unless you name them",
    ),
    ops(
        "revoke-sessions",
        "End the sessions of a role, and with them every presigned request that they signed",
    ),
    ops("publisher", "Manage publishers: their tokens and rules"),
    ops("doctor", "Explain why a request fails or would fail"),
    ops(
        "logs",
        "Find the log lines of one request, in every Region that may have run the edge function",
    ),
    ops(
        "audit",
        "Walk a bucket and report what is public, unprotected, or not encrypted as required",
    ),
    ops(
        "rewrap",
        "Re-wrap sealed objects with another key, without changing their content",
    ),
    ops("site", "Check a site document before you use it"),
    ops(
        "viewers",
        "Manage access to protected folders: logins and rules, signed URLs and cookies",
    ),
    ops("publish", "Publish a folder as the content of a site"),
    ops(
        "releases",
        "Show, compare, roll back, fetch and remove the releases of a site",
    ),
    ops(
        "verify",
        "Prove that a site serves exactly what was published",
    ),
    ops("share", "Create a URL that reads one object"),
    ops(
        "open",
        "Download and decrypt a file shared from the publishers' page",
    ),
    ops(
        "accept",
        "Test every assumption about AWS and Cloudflare, and show the evidence",
    ),
];

impl Program {
    /// Every program.
    pub const ALL: [Self; 2] = [Self::Dev, Self::Ops];

    /// The name of its file.
    #[must_use]
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Dev => "keyfront-dev",
            Self::Ops => "keyfront-ops",
        }
    }

    /// One line on what it is for.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::Dev => "Runs Keyfront on this machine",
            Self::Ops => "Deploys, explains and audits Keyfront",
        }
    }

    /// What builds it in a checkout.
    #[must_use]
    pub const fn make_target(self) -> &'static str {
        match self {
            Self::Dev => "make dev",
            Self::Ops => "make build",
        }
    }

    /// Name and description of each of its commands, as help lists them.
    #[must_use]
    pub fn listed(self) -> Vec<(String, String)> {
        COMMANDS
            .iter()
            .filter(|entry| entry.program == self)
            .map(|entry| (entry.name.to_owned(), entry.about.to_owned()))
            .collect()
    }
}

impl CommandEntry {
    /// The command of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        COMMANDS.iter().find(|entry| entry.name == name)
    }
}

const fn dev(name: &'static str, about: &'static str) -> CommandEntry {
    CommandEntry {
        name,
        about,
        program: Program::Dev,
    }
}

const fn ops(name: &'static str, about: &'static str) -> CommandEntry {
    CommandEntry {
        name,
        about,
        program: Program::Ops,
    }
}
