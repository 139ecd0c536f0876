//! The `ping` command, which sends a test span through each tracer.

use multitracer::config::Config;
use multitracer::probe::{ProbeOutcome, ProbeReport};
use serde_json::{Value, json};

use crate::args::Ping;
use crate::output::CommandResult;
use crate::output::{CommandError, out};

/// Probes the tracers and prints their reports in the order of the file.
pub(crate) fn ping(args: &Ping) -> CommandResult {
    let config = Config::from_path(&args.file)?;
    let names: Vec<&str> = config.tracer_names().collect();
    if let Some(unknown) = args.tracer.iter().find(|name| !names.contains(&name.as_str())) {
        let known = names.join(", ");
        return Err(CommandError::Message(format!("no tracer is named `{unknown}`; there are: {known}")));
    }
    let is_wanted = |name: &&str| args.tracer.is_empty() || args.tracer.iter().any(|wanted| wanted == name);
    let names: Vec<&str> = names.into_iter().filter(is_wanted).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    let reports = runtime.block_on(probe_all(&config, &names, args));
    // a DNS lookup cannot be stopped, so the runtime does not wait for it
    runtime.shutdown_background();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    for report in &reports {
        if args.json {
            out(to_json(report))?;
        } else {
            let endpoint = report.endpoint().unwrap_or("-");
            let (name, outcome) = (report.tracer(), report.outcome());
            let elapsed = match outcome {
                ProbeOutcome::Skipped { .. } => String::new(),
                _ => format!(" ({} ms)", report.elapsed().as_millis()),
            };
            out(format_args!("{name:width$}  {endpoint}  {outcome}{elapsed}"))?;
        }
    }
    let failed = reports.iter().any(|report| report.outcome().is_failure());
    if failed { Err(CommandError::AlreadyReported) } else { Ok(()) }
}

/// Probes all tracers at the same time. Returns the reports in the order of `names`.
async fn probe_all(config: &Config, names: &[&str], args: &Ping) -> Vec<ProbeReport> {
    let mut tasks = Vec::with_capacity(names.len());
    for name in names {
        let (config, name, timeout) = (config.clone(), (*name).to_owned(), args.timeout);
        tasks.push(tokio::spawn(async move { config.probe(&name, timeout).await }));
    }
    let mut reports = Vec::with_capacity(tasks.len());
    for task in tasks {
        reports.extend(task.await.unwrap_or_default());
    }
    reports
}

fn to_json(report: &ProbeReport) -> Value {
    let (status, step, message) = match report.outcome() {
        ProbeOutcome::Partial { message, .. } => (None, None, Some(message)),
        ProbeOutcome::Refused { status, message } => (Some(status), None, Some(message)),
        ProbeOutcome::Unreachable { step, error } => (None, Some(step.as_str()), Some(error)),
        ProbeOutcome::Misconfigured { error } => (None, None, Some(error)),
        ProbeOutcome::Skipped { why } => (None, None, Some(why)),
        _ => (None, None, None),
    };
    let rejected = match report.outcome() {
        ProbeOutcome::Partial { rejected, .. } => Some(rejected),
        _ => None,
    };
    json!({
        "tracer": report.tracer(),
        "project": report.project(),
        "endpoint": report.endpoint(),
        "outcome": report.outcome().as_str(),
        "status": status,
        "step": step,
        "rejected": rejected,
        "message": message,
        "latency_ms": report.elapsed().as_secs_f64() * 1000.0,
    })
}
