//! The arguments of the command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use multitracer::config::Config;

/// Checks multitracer configurations and tries them from a shell.
#[derive(Debug, Parser)]
#[command(name = "multitracer", version, arg_required_else_help = true)]
#[command(
    after_help = "Exit codes: 0 success, 1 a problem was found or the command failed, 2 wrong arguments.\n\
    Run `multitracer help COMMAND` for examples."
)]
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

/// Show every problem of a configuration and its effective form with secrets redacted
///
/// Problems go to standard error. The effective configuration goes to standard output as YAML, with
/// a list of the values that `MULTITRACER_*` variables replace. The command builds the exporters,
/// which reads certificates, but sends nothing.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    multitracer check config.yaml\n  \
    multitracer check config.yaml --no-env --deny-warnings      # on a build machine without secrets\n  \
    multitracer check config.yaml --json | jq '.problems[].message'")]
pub(crate) struct Check {
    /// The configuration, a YAML file
    pub(crate) file: PathBuf,
    /// Check only the structure, without reading variables and the files of `${file:PATH}`
    #[arg(long)]
    pub(crate) no_env: bool,
    /// Treat warnings as errors
    #[arg(long)]
    pub(crate) deny_warnings: bool,
    /// Ignore a warning by its name; may be repeated
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(Config::warning_codes()))]
    pub(crate) allow: Vec<String>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Show the tracer of a request with these headers, and the reason
///
/// Credentials may be missing: variables and files in `api_key` and in the headers of exporters are
/// not read.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    multitracer route config.yaml -H 'X-Canary-User: true'\n  \
    multitracer route config.yaml -H 'X-Plan: pro' -H 'X-User-Id: 42' --json")]
pub(crate) struct Route {
    /// The configuration, a YAML file
    pub(crate) file: PathBuf,
    /// A header of the request; may be repeated
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", value_parser = parse_header)]
    pub(crate) headers: Vec<(String, String)>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Show the variants of an experiment that units get
///
/// Credentials may be missing: variables and files in `api_key` and in the headers of exporters are
/// not read.
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
    /// Units, such as user ids; `-` reads them from standard input, one per line
    #[arg(required = true, value_name = "UNIT")]
    pub(crate) units: Vec<String>,
    /// Print counts, shares and a chi-square test against the weights instead of each unit
    #[arg(long)]
    pub(crate) summary: bool,
    /// Print a JSON object for each unit, or one object for the summary
    #[arg(long)]
    pub(crate) json: bool,
}

/// Send one test span through each tracer and show the result
///
/// The span is named `multitracer.ping` and appears in the backend. The result of a tracer is
/// `delivered`; `partial`, with the number of spans that the backend rejected; `refused`, with the
/// status and message of the backend; `unreachable`, with the step that failed (DNS, connect, TLS
/// or HTTP); `misconfigured`, with the error; or `skipped`, if the tracer is disabled or writes to
/// the console. The output contains no secrets.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    multitracer ping config.yaml\n  \
    multitracer ping config.yaml --tracer canary --timeout 2s --json")]
pub(crate) struct Ping {
    /// The configuration, a YAML file
    pub(crate) file: PathBuf,
    /// Ping only this tracer; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) tracer: Vec<String>,
    /// The time limit for each tracer, such as `5s` or `500ms`
    #[arg(long, default_value = "5s", value_parser = parse_duration)]
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
    /// The file to write, or `-` for standard output; an existing file is kept
    #[arg(default_value = "config.yaml")]
    pub(crate) file: PathBuf,
    /// Overwrite an existing file
    #[arg(long)]
    pub(crate) force: bool,
}

/// Parses `Name: value`.
fn parse_header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("expected `Name: value`")?;
    let name = http::HeaderName::from_bytes(name.trim().as_bytes()).map_err(|error| error.to_string())?;
    Ok((name.to_string(), value.trim_matches([' ', '\t']).to_owned()))
}

/// Parses `5s`, `500ms`, `1m`, or a number of seconds without a unit.
fn parse_duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 =
        number.parse().map_err(|_| "expected a number followed by `ms`, `s` or `m`".to_owned())?;
    let millis = match unit {
        "ms" => Some(number),
        "s" | "" => number.checked_mul(1000),
        "m" => number.checked_mul(60_000),
        _ => return Err("the unit must be `ms`, `s` or `m`".to_owned()),
    };
    match millis {
        Some(millis @ 1..=3_600_000) => Ok(Duration::from_millis(millis)),
        _ => Err("the duration must be from 1ms to 60m".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn arguments_are_well_formed() {
        super::Arguments::command().debug_assert();
    }

    #[test]
    fn durations_have_units_and_limits() {
        let millis = |text| super::parse_duration(text).ok().map(|duration| duration.as_millis());
        assert_eq!(
            [millis("5s"), millis("250ms"), millis("2"), millis("1m")],
            [Some(5000), Some(250), Some(2000), Some(60_000)]
        );
        for bad in ["", "s", "0s", "5h", "-1s", "1.5s", "61m", "99999999999999999999s"] {
            assert_eq!(millis(bad), None, "{bad}");
        }
    }
}
