//! `multitracer completions`.

use std::io::Write as _;

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::Outcome;
use crate::args::Arguments;

pub(crate) fn completions(shell: Shell) -> Outcome {
    // a script is not for a terminal, and panics in clap_complete must not come from a closed pipe
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "multitracer", &mut script);
    std::io::stdout().write_all(&script)?;
    Ok(())
}
