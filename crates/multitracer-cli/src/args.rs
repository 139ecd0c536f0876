//! What may stand on the command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use multitracer::config::Config;

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
    Ping(Ping),
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
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(Config::warning_codes()))]
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

/// Send one test span through each tracer, and say what became of it
///
/// The span is called `multitracer.ping` and shows in the backend. For each tracer: `delivered`; `partial`, with what the backend
/// did not take; `refused`, with its status and words; `unreachable`, with the step that failed (DNS, connect, TLS, HTTP); `skipped`, if it is
/// off or writes to the console. No secret is shown.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    multitracer ping config.yaml\n  \
    multitracer ping config.yaml --tracer canary --timeout 2s --json")]
pub(crate) struct Ping {
    /// The configuration, a YAML file
    pub(crate) file: PathBuf,
    /// This tracer alone; may be given more than once
    #[arg(long, value_name = "NAME")]
    pub(crate) tracer: Vec<String>,
    /// The longest that one tracer may take: `5s`, `500ms`
    #[arg(long, default_value = "5s", value_parser = duration)]
    pub(crate) timeout: Duration,
    /// Print a JSON object for each tracer
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

/// `5s`, `500ms`, `1m`, or seconds without a unit.
fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| "a number with `ms`, `s` or `m` after it".to_owned())?;
    let millis = match unit {
        "ms" => Some(number),
        "s" | "" => number.checked_mul(1000),
        "m" => number.checked_mul(60_000),
        _ => return Err("the unit is `ms`, `s` or `m`".to_owned()),
    };
    match millis {
        Some(millis @ 1..=3_600_000) => Ok(Duration::from_millis(millis)),
        _ => Err("it is from 1ms to 60m".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_arguments_are_well_formed() {
        super::Arguments::command().debug_assert();
    }

    #[test]
    fn durations() {
        let millis = |text| super::duration(text).ok().map(|duration| duration.as_millis());
        assert_eq!(
            [millis("5s"), millis("250ms"), millis("2"), millis("1m")],
            [Some(5000), Some(250), Some(2000), Some(60_000)]
        );
        for bad in ["", "s", "0s", "5h", "-1s", "1.5s", "61m", "99999999999999999999s"] {
            assert_eq!(millis(bad), None, "{bad}");
        }
    }
}
