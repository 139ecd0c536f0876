//! The command `completions`, which prints a completion script for a shell.

use std::io::Write as _;

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::args::Arguments;
use crate::output::CommandResult;

pub(crate) fn completions(shell: Shell) -> CommandResult {
    // clap_complete panics if the pipe is closed, so it writes to a buffer
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "multitracer", &mut script);
    std::io::stdout().write_all(&script)?;
    Ok(())
}
