//! `keyfront`: the one binary people use. It parses arguments, reports errors in one line and chooses the exit
//! code; what the commands do lives in the crates below it.

mod audit;
mod aws;
mod deploy;
mod dev;
mod doctor;
mod publisher;
mod report;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Serves KMS-encrypted S3 content through a CDN while the bucket stays private.
#[derive(Debug, Parser)]
#[command(name = "keyfront", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Dev(dev::DevArguments),
    Deploy(deploy::DeployArguments),
    Status(deploy::StatusArguments),
    Outputs(deploy::OutputsArguments),
    Destroy(deploy::DestroyArguments),
    Publisher(publisher::PublisherArguments),
    Doctor(Box<doctor::DoctorArguments>),
    Audit(audit::AuditArguments),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Dev(arguments) => dev::run(arguments).map(|()| ExitCode::SUCCESS),
        Command::Deploy(arguments) => deploy::run(arguments),
        Command::Status(arguments) => deploy::run_status(arguments),
        Command::Outputs(arguments) => deploy::run_outputs(arguments),
        Command::Destroy(arguments) => deploy::run_destroy(arguments),
        Command::Publisher(arguments) => publisher::run(arguments),
        Command::Doctor(arguments) => doctor::run(&arguments),
        Command::Audit(arguments) => audit::run(arguments),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            report::failure(&error);
            ExitCode::FAILURE
        }
    }
}
