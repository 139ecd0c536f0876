//! `multitracer check`.

use multitracer::Registry;
use multitracer::config::{Config, ConfigError, Diagnostic};
use serde_json::{Value, json};

use super::refused;
use crate::Outcome;
use crate::args::Check;
use crate::output::{self, Failure, counted, err, out};

pub(crate) fn check(args: &Check) -> Outcome {
    let name = args.file.display().to_string();
    let checked = if args.no_env {
        Config::loader().check_path(&args.file).map(|warnings| (warnings, None))
    } else {
        Config::from_path(&args.file).map(|config| (config.diagnostics().to_vec(), Some(config)))
    };
    let (mut warnings, config) = match checked {
        Ok(checked) => checked,
        Err(error) => return refuse(args, &error),
    };
    warnings.retain(|warning| !args.allow.iter().any(|name| warning.code() == Some(name)));
    // what only shows when the exporters are set up: certificates that cannot be read, say
    let built = config.as_ref().map_or(Ok(()), |config| Registry::from_config(config.clone()).map(drop));
    let fault = match built.map_err(refused) {
        Ok(()) => None,
        Err(Failure::Because(text)) => Some(text),
        Err(Failure::Config(error)) => return refuse(args, &error),
        Err(other) => return Err(other),
    };
    let good = fault.is_none() && (warnings.is_empty() || !args.deny_warnings);
    if args.json {
        json_report(&name, good, &warnings, fault.as_deref(), config.as_ref())?;
    } else {
        report(&name, &warnings, fault.as_deref(), config.as_ref())?;
    }
    if good { Ok(()) } else { Err(Failure::Said) }
}

fn refuse(args: &Check, error: &ConfigError) -> Outcome {
    let count = error.diagnostics().len() + error.omitted();
    if args.json {
        let problems: Vec<Value> = error.diagnostics().iter().map(output::problem).collect();
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
        output::errors(error)?;
        err(format_args!("{}: {}", error.source_name(), counted(count, "error")))?;
    }
    Err(Failure::Said)
}

fn report(name: &str, warnings: &[Diagnostic], fault: Option<&str>, config: Option<&Config>) -> Outcome {
    output::problems(name, warnings)?;
    if let Some(fault) = fault {
        err(format_args!("{name}: {fault}"))?;
    }
    if let Some(config) = config {
        out(format_args!("# {name} as it is in force, secrets redacted"))?;
        for set in config.overrides() {
            out(format_args!("# {} is {}, set by {}", set.path(), set.value(), set.variable()))?;
        }
        out(config.effective())?;
    }
    let looked_at = if config.is_some() { "" } else { "; the structure alone, no variable was looked up" };
    let verdict = match (usize::from(fault.is_some()), warnings.len()) {
        (0, 0) => "no problem".to_owned(),
        (0, warnings) => counted(warnings, "warning"),
        (errors, 0) => counted(errors, "error"),
        (errors, warnings) => format!("{}, {}", counted(errors, "error"), counted(warnings, "warning")),
    };
    err(format_args!("{name}: {verdict}{looked_at}"))?;
    Ok(())
}

fn json_report(
    name: &str,
    good: bool,
    warnings: &[Diagnostic],
    fault: Option<&str>,
    config: Option<&Config>,
) -> Outcome {
    let fault = fault.map(|message| {
        json!({
            "severity": "error", "code": null, "path": "", "line": null, "column": null,
            "message": message, "help": null, "source_line": null,
        })
    });
    let problems: Vec<Value> = fault.into_iter().chain(warnings.iter().map(output::problem)).collect();
    let overrides: Vec<Value> = config
        .map(Config::overrides)
        .unwrap_or_default()
        .iter()
        .map(|set| json!({"path": set.path(), "value": set.value(), "variable": set.variable()}))
        .collect();
    let report = json!({
        "file": name,
        "ok": good,
        "problems": problems,
        "omitted": 0,
        "overrides": overrides,
        "configuration": config.map(Config::effective),
    });
    out(report)?;
    Ok(())
}
