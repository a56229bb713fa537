//! `keyfront deploy`, `status`, `outputs`, `adopt`, `destroy`, `revoke-sessions`, `publisher`, `doctor`, `logs`, `audit`, `rewrap`,
//! `site`, `viewers`, `publish`, `releases`, `verify`, `share`, `open` and `accept`: what operators do to a deployed system, and to a running dev stack as far as it is the same.
//!
//! Each command is a room with its own rendering. None of them links the dev stack.

mod accept;
mod audit;
mod aws;
mod bucket_target;
mod deploy;
mod difference;
mod doctor;
mod http_client;
mod logs;
mod named_bucket;
mod now_seconds;
mod objects;
mod open;
mod policy_document;
mod policy_probe;
mod presigned_age;
mod publish;
mod publish_api;
mod publisher;
mod release_api;
mod releases;
mod rewrap;
mod runtime;
mod s3_document;
mod share;
mod site;
mod span;
mod status_line;
mod system;
mod verify;
mod viewer_keys;
mod viewers;
mod web_target;

use std::process::ExitCode;

use clap::Subcommand;
use keyfront_cli::Program;

#[derive(Debug, Subcommand)]
enum Command {
    Deploy(deploy::DeployArguments),
    Status(deploy::StatusArguments),
    Outputs(deploy::OutputsArguments),
    Adopt(deploy::AdoptArguments),
    Destroy(deploy::DestroyArguments),
    RevokeSessions(deploy::RevokeSessionsArguments),
    Publisher(publisher::PublisherArguments),
    Doctor(Box<doctor::DoctorArguments>),
    Logs(logs::LogsArguments),
    Audit(audit::AuditArguments),
    Rewrap(Box<rewrap::RewrapArguments>),
    Site(site::SiteArguments),
    Viewers(viewers::ViewersArguments),
    Publish(Box<publish::PublishArguments>),
    Releases(Box<releases::ReleasesArguments>),
    Verify(verify::VerifyArguments),
    Share(share::ShareArguments),
    Open(open::OpenArguments),
    Accept(Box<accept::AcceptArguments>),
}

fn main() -> ExitCode {
    keyfront_cli::main(Program::Ops, |command| match command {
        Command::Deploy(arguments) => deploy::run(arguments),
        Command::Status(arguments) => deploy::run_status(arguments),
        Command::Outputs(arguments) => deploy::run_outputs(arguments),
        Command::Adopt(arguments) => deploy::run_adopt(arguments),
        Command::Destroy(arguments) => deploy::run_destroy(arguments),
        Command::RevokeSessions(arguments) => deploy::run_revoke_sessions(arguments),
        Command::Publisher(arguments) => publisher::run(arguments),
        Command::Doctor(arguments) => doctor::run(&arguments),
        Command::Logs(arguments) => logs::run(&arguments),
        Command::Audit(arguments) => audit::run(arguments),
        Command::Rewrap(arguments) => rewrap::run(*arguments),
        Command::Site(arguments) => site::run(&arguments),
        Command::Viewers(arguments) => viewers::run(&arguments),
        Command::Publish(arguments) => publish::run(&arguments),
        Command::Releases(arguments) => releases::run(&arguments),
        Command::Verify(arguments) => verify::run(&arguments),
        Command::Share(arguments) => share::run(&arguments),
        Command::Open(arguments) => open::run(&arguments),
        Command::Accept(arguments) => accept::run(&arguments),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use keyfront_cli::Program;

    /// The headings of help, with the arguments below each: those of the group that has the heading, and no others.
    const HEADINGS: [(&str, &[&str]); 5] = [
        ("Which system", &["url", "dev"]),
        (
            "Which bucket",
            &["bucket", "stack", "dev", "profile", "region"],
        ),
        ("Which key", &["key", "stack", "dev", "profile", "region"]),
        (
            "What the publisher may do",
            &[
                "prefix",
                "methods",
                "max_size",
                "types",
                "overwrite",
                "inline",
                "no_sandbox",
                "cache_control",
                "modes",
                "max_lifetime",
                "rules",
            ],
        ),
        (
            "What to check (without any, only the URL)",
            &[
                "stack",
                "dev",
                "bucket",
                "distribution",
                "key",
                "edge_role",
                "profile",
                "region",
            ],
        ),
    ];

    #[test]
    fn keyfront_lists_the_commands_of_this_program_in_their_own_words() {
        let definition = keyfront_cli::definition::<super::Command>(Program::Ops);
        assert_eq!(Program::Ops.listed(), keyfront_cli::listed(&definition));
    }

    #[test]
    fn a_heading_of_help_has_the_arguments_of_its_group_alone() {
        for command in commands() {
            let mut headings = BTreeMap::<_, Vec<_>>::new();
            for argument in command.get_arguments() {
                if let Some(heading) = argument.get_help_heading() {
                    let below = headings.entry(heading).or_default();
                    below.push(argument.get_id().as_str());
                }
            }
            for (heading, arguments) in headings {
                let group = HEADINGS.iter().find(|(known, _)| *known == heading);
                let expected = group.map(|(_, arguments)| *arguments);
                let name = command.get_name();
                assert_eq!(expected, Some(&arguments[..]), "{name}: {heading}");
            }
        }
    }

    #[test]
    fn a_paragraph_of_help_is_wrapped_by_the_terminal_alone() {
        for command in commands() {
            let help = command.get_after_help().map(ToString::to_string);
            let help = help.unwrap_or_default();
            for (line, next) in help.lines().zip(help.lines().skip(1)) {
                let continues = !line.is_empty() && !next.is_empty() && !next.starts_with(' ');
                assert!(!continues, "{}: {line:?}, {next:?}", command.get_name());
            }
        }
    }

    /// Every command, and those below it.
    fn commands() -> Vec<clap::Command> {
        let mut commands = vec![keyfront_cli::definition::<super::Command>(Program::Ops)];
        let mut at = 0;
        while let Some(command) = commands.get(at) {
            let below: Vec<_> = command.get_subcommands().cloned().collect();
            commands.extend(below);
            at += 1;
        }
        commands
    }
}
