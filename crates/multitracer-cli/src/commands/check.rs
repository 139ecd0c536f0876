//! The command `check`, which prints the diagnostics of a configuration and its effective form.

use multitracer::Registry;
use multitracer::config::{Config, ConfigError, Diagnostic};
use serde_json::{Value, json};

use crate::args::Check;
use crate::output::CommandResult;
use crate::output::{self, CommandError, counted, err, out};

pub(crate) fn check(args: &Check) -> CommandResult {
    let name = args.file.display().to_string();
    let checked = if args.no_env {
        Config::loader().check_path(&args.file).map(|warnings| (warnings, None))
    } else {
        Config::from_path(&args.file).map(|config| (config.warnings().to_vec(), Some(config)))
    };
    let (mut warnings, config) = match checked {
        Ok(checked) => checked,
        Err(error) => return report_config_error(args, &error),
    };
    warnings.retain(|warning| !args.allow.iter().any(|name| warning.code() == Some(name)));
    // some errors appear only when the exporters are built, such as an unreadable certificate
    let built = config.as_ref().map_or(Ok(()), |config| Registry::from_config(config.clone()).map(drop));
    let build_error = match built.map_err(CommandError::from) {
        Ok(()) => None,
        Err(CommandError::Message(text)) => Some(text),
        Err(CommandError::Config(error)) => return report_config_error(args, &error),
        Err(other) => return Err(other),
    };
    let is_ok = build_error.is_none() && (warnings.is_empty() || !args.deny_warnings);
    if args.json {
        print_json(&name, is_ok, &warnings, build_error.as_deref(), config.as_ref())?;
    } else {
        print_text(&name, &warnings, build_error.as_deref(), config.as_ref())?;
    }
    if is_ok { Ok(()) } else { Err(CommandError::AlreadyReported) }
}

/// Prints the errors of an invalid configuration.
fn report_config_error(args: &Check, error: &ConfigError) -> CommandResult {
    let count = error.diagnostics().len() + error.omitted();
    if args.json {
        let problems: Vec<Value> = error.diagnostics().iter().map(output::diagnostic_json).collect();
        let report = json!({
            "file": error.source_name(),
            "ok": false,
            "problems": problems,
            "omitted": error.omitted(),
            "overrides": [],
            "configuration": null,
        });
        out(report)?;
    } else {
        output::config_error(error)?;
        err(format_args!("{}: {}", error.source_name(), counted(count, "error")))?;
    }
    Err(CommandError::AlreadyReported)
}

/// Prints the warnings and the build error to standard error, and the effective configuration to
/// standard output.
fn print_text(
    name: &str,
    warnings: &[Diagnostic],
    build_error: Option<&str>,
    config: Option<&Config>,
) -> CommandResult {
    output::print_diagnostics(name, warnings)?;
    if let Some(error) = build_error {
        err(format_args!("{name}: {error}"))?;
    }
    if let Some(config) = config {
        out(format_args!("# the effective configuration of {name}, secrets redacted"))?;
        for change in config.overrides() {
            let (path, value, variable) = (change.path(), change.value(), change.variable());
            out(format_args!("# {path} is {value}, set by {variable}"))?;
        }
        out(config.effective())?;
    }
    let scope =
        if config.is_some() { "" } else { "; only the structure was checked, without variables and files" };
    let summary = match (usize::from(build_error.is_some()), warnings.len()) {
        (0, 0) => "no problems".to_owned(),
        (0, warnings) => counted(warnings, "warning"),
        (errors, 0) => counted(errors, "error"),
        (errors, warnings) => format!("{}, {}", counted(errors, "error"), counted(warnings, "warning")),
    };
    err(format_args!("{name}: {summary}{scope}"))?;
    Ok(())
}

/// Prints the whole report as one JSON object.
fn print_json(
    name: &str,
    is_ok: bool,
    warnings: &[Diagnostic],
    build_error: Option<&str>,
    config: Option<&Config>,
) -> CommandResult {
    let build_error = build_error.map(|message| {
        json!({
            "severity": "error", "code": null, "path": "", "line": null, "column": null,
            "message": message, "help": null, "source_line": null,
        })
    });
    let problems: Vec<Value> =
        build_error.into_iter().chain(warnings.iter().map(output::diagnostic_json)).collect();
    let overrides: Vec<Value> = config
        .map(Config::overrides)
        .unwrap_or_default()
        .iter()
        .map(|change| json!({"path": change.path(), "value": change.value(), "variable": change.variable()}))
        .collect();
    let report = json!({
        "file": name,
        "ok": is_ok,
        "problems": problems,
        "omitted": 0,
        "overrides": overrides,
        "configuration": config.map(Config::effective),
    });
    out(report)?;
    Ok(())
}
