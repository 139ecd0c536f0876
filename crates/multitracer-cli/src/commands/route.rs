//! The command `route`, which shows the tracer of a request.

use multitracer::routing::RuleOutcome;
use serde_json::{Value, json};

use super::registry_without_exporters;
use crate::args::Route;
use crate::output::CommandResult;
use crate::output::{out, shown};

pub(crate) fn route(args: &Route) -> CommandResult {
    let registry = registry_without_exporters(&args.file)?;
    let explanation = registry.explain_route(&args.headers);
    let route = explanation.route();
    let assignment = route.assignment();
    let (experiment, variant) =
        (assignment.map(|each| each.experiment()), assignment.and_then(|each| each.variant()));
    if args.json {
        let rules: Vec<Value> = explanation.rules().iter().map(rule_json).collect();
        out(json!({
            "tracer": route.tracer().name(),
            "route": route.name(),
            "experiment": experiment,
            "variant": variant,
            "reason": route.reason().as_str(),
            "rules": rules,
        }))?;
        return Ok(());
    }
    for rule in explanation.rules() {
        out(rule)?;
    }
    if route.name().is_none() {
        out("no route matches, so the default tracer is used")?;
    }
    if let Some(experiment) = experiment {
        let assigned =
            variant.map_or_else(|| "the fallback".to_owned(), |variant| format!("variant {variant}"));
        out(format_args!("experiment {experiment}: {assigned}"))?;
    }
    let tracer = route.tracer();
    out(format_args!(
        "=> tracer {} (project {}), reason {}",
        tracer.name(),
        shown(tracer.project()),
        route.reason()
    ))?;
    Ok(())
}

fn rule_json(rule: &RuleOutcome) -> Value {
    json!({"route": rule.route(), "matched": rule.matched(), "misses": rule.misses()})
}
