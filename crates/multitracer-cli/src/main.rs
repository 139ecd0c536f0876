//! The command `multitracer`, which checks and tries configurations from a shell.

mod args;
mod chi_square;
mod commands;
mod output;

use std::process::ExitCode;

use clap::Parser as _;

use self::args::{Arguments, Command};

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
        Err(error) => error.report(),
    }
}
