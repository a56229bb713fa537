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
mod publish;
mod publish_api;
mod publisher;
mod release_api;
mod releases;
mod rewrap;
mod share;
mod site;
mod span;
mod status_line;
mod system;
mod verify;
mod viewer_keys;
mod viewers;

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
    use keyfront_cli::Program;

    #[test]
    fn keyfront_lists_the_commands_of_this_program_in_their_own_words() {
        let definition = keyfront_cli::definition::<super::Command>(Program::Ops);
        assert_eq!(Program::Ops.listed(), keyfront_cli::listed(&definition));
    }
}
