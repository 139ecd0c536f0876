//! `multitracer ping`.

use multitracer::config::Config;
use multitracer::probe::{ProbeOutcome, ProbeReport};
use serde_json::{Value, json};

use crate::CommandResult;
use crate::args::Ping;
use crate::output::{CommandError, out};

pub(crate) fn ping(args: &Ping) -> CommandResult {
    let config = Config::from_path(&args.file)?;
    let names: Vec<&str> = config.tracer_names().collect();
    if let Some(unknown) = args.tracer.iter().find(|name| !names.contains(&name.as_str())) {
        let known = names.join(", ");
        return Err(CommandError::Message(format!("no tracer is named `{unknown}`; there are: {known}")));
    }
    let wanted = |name: &&str| args.tracer.is_empty() || args.tracer.iter().any(|wanted| wanted == name);
    let names: Vec<&str> = names.into_iter().filter(wanted).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    let probes = runtime.block_on(all(&config, &names, args));
    // a look-up of a name cannot be stopped, and is not waited for
    runtime.shutdown_background();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    for probe in &probes {
        if args.json {
            out(line(probe))?;
        } else {
            let endpoint = probe.endpoint().unwrap_or("-");
            let (name, outcome) = (probe.tracer(), probe.outcome());
            let took = match outcome {
                ProbeOutcome::Skipped { .. } => String::new(),
                _ => format!(" ({} ms)", probe.elapsed().as_millis()),
            };
            out(format_args!("{name:width$}  {endpoint}  {outcome}{took}"))?;
        }
    }
    let failed = probes.iter().any(|probe| probe.outcome().is_failure());
    if failed { Err(CommandError::AlreadyReported) } else { Ok(()) }
}

/// All at once, so that the slowest sets the time; in the order of the file.
async fn all(config: &Config, names: &[&str], args: &Ping) -> Vec<ProbeReport> {
    let mut tasks = Vec::with_capacity(names.len());
    for name in names {
        let (config, name, timeout) = (config.clone(), (*name).to_owned(), args.timeout);
        tasks.push(tokio::spawn(async move { config.probe(&name, timeout).await }));
    }
    let mut probes = Vec::with_capacity(tasks.len());
    for task in tasks {
        probes.extend(task.await.unwrap_or_default());
    }
    probes
}

fn line(probe: &ProbeReport) -> Value {
    let (status, step, message) = match probe.outcome() {
        ProbeOutcome::Partial { message, .. } => (None, None, Some(message)),
        ProbeOutcome::Refused { status, message } => (Some(status), None, Some(message)),
        ProbeOutcome::Unreachable { step, error } => (None, Some(step.as_str()), Some(error)),
        ProbeOutcome::Misconfigured { error } => (None, None, Some(error)),
        ProbeOutcome::Skipped { why } => (None, None, Some(why)),
        _ => (None, None, None),
    };
    let rejected = match probe.outcome() {
        ProbeOutcome::Partial { rejected, .. } => Some(rejected),
        _ => None,
    };
    json!({
        "tracer": probe.tracer(),
        "project": probe.project(),
        "endpoint": probe.endpoint(),
        "outcome": probe.outcome().as_str(),
        "status": status,
        "step": step,
        "rejected": rejected,
        "message": message,
        "latency_ms": probe.elapsed().as_secs_f64() * 1000.0,
    })
}
