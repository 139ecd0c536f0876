//! What may stand on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

/// Checks multitracer configurations, and tries them from a shell.
#[derive(Debug, Parser)]
#[command(name = "multitracer", version, arg_required_else_help = true)]
#[command(after_help = "Exit codes: 0 good, 1 something is wrong, 2 the command was not understood.\n\
    Run `multitracer help COMMAND` for examples.")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Check(Check),
    Route(Route),
    Assign(Assign),
    /// Print the JSON Schema of the configuration, for editors
    #[command(after_help = "Example:\n  \
        multitracer schema > config.schema.json\n\n\
        Then write this as the first line of the configuration:\n  \
        # yaml-language-server: $schema=config.schema.json")]
    Schema,
    Init(Init),
    /// Print a completion script for a shell
    #[command(after_help = "Examples:\n  \
        multitracer completions bash > /etc/bash_completion.d/multitracer\n  \
        multitracer completions zsh > ~/.zfunc/_multitracer")]
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// Show every problem of a configuration, then what is in force with secrets redacted
///
/// Problems go to standard error, the effective configuration to standard output, as YAML. `MULTITRACER_*` variables that
/// replace something in the file are listed. Exporters are set up, which reads certificates; nothing is sent.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    multitracer check config.yaml\n  \
    multitracer check config.yaml --no-env --deny-warnings      # on a build machine without secrets\n  \
    multitracer check config.yaml --json | jq '.problems[].message'")]
pub(crate) struct Check {
    /// The configuration, a YAML file
    pub(crate) file: PathBuf,
    /// Look up no variable: check the structure alone
    #[arg(long)]
    pub(crate) no_env: bool,
    /// Take warnings for errors
    #[arg(long)]
    pub(crate) deny_warnings: bool,
    /// Leave out a warning, by its name; may be given more than once
    #[arg(long, value_name = "NAME")]
    pub(crate) allow: Vec<String>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Show which tracer a request with these headers gets, and why
///
/// Credentials need not be set: variables in `api_key` and in exporters' headers are not looked up.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    multitracer route config.yaml -H 'X-Canary-User: true'\n  \
    multitracer route config.yaml -H 'X-Plan: pro' -H 'X-User-Id: 42' --json")]
pub(crate) struct Route {
    /// The configuration, a YAML file
    pub(crate) file: PathBuf,
    /// A header of the request; may be given more than once
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", value_parser = header)]
    pub(crate) headers: Vec<(String, String)>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Show which variant of an experiment units get
///
/// Credentials need not be set: variables in `api_key` and in exporters' headers are not looked up.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    multitracer assign config.yaml prompt_tone user-1 user-2\n  \
    multitracer assign config.yaml prompt_tone - --json < users.txt\n  \
    seq 100000 | multitracer assign config.yaml prompt_tone - --summary")]
pub(crate) struct Assign {
    /// The configuration, a YAML file
    pub(crate) file: PathBuf,
    /// The experiment's name
    pub(crate) experiment: String,
    /// Units, user ids say; `-` reads them from standard input, one a line
    #[arg(required = true, value_name = "UNIT")]
    pub(crate) units: Vec<String>,
    /// Print counts, shares and a chi-square test against the weights, in place of each unit
    #[arg(long)]
    pub(crate) summary: bool,
    /// Print a JSON object for each unit, or one for the summary
    #[arg(long)]
    pub(crate) json: bool,
}

/// Write a commented configuration to start from
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    multitracer init                       # writes config.yaml\n  \
    multitracer init - | less")]
pub(crate) struct Init {
    /// The file to write, or `-` for standard output; one that exists is left alone
    #[arg(default_value = "config.yaml")]
    pub(crate) file: PathBuf,
    /// Write over a file that exists
    #[arg(long)]
    pub(crate) force: bool,
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("a header is written `Name: value`")?;
    let name = http::HeaderName::from_bytes(name.trim().as_bytes()).map_err(|error| error.to_string())?;
    Ok((name.to_string(), value.trim_matches([' ', '\t']).to_owned()))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_arguments_are_well_formed() {
        super::Arguments::command().debug_assert();
    }
}
