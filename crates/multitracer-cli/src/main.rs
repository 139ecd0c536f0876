//! The command `multitracer`: checks a configuration, tries its routes and splits, pings its backends.

mod args;
mod chi_square;
mod commands;
mod output;

use std::process::ExitCode;

use clap::Parser as _;

use self::args::{Arguments, Command};
use self::output::Failure;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match arguments.command {
        Command::Check(check) => commands::check(&check),
        Command::Route(route) => commands::route(&route),
        Command::Assign(assign) => commands::assign(&assign),
        Command::Ping(ping) => commands::ping(&ping),
        Command::Schema => commands::schema(),
        Command::Init(init) => commands::init(&init),
        Command::Completions { shell } => commands::completions(shell),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

/// Whether a run did what it was asked for.
type Outcome = Result<(), Failure>;
