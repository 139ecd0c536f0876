//! Warnings: values that are allowed and likely a mistake.

mod codes;
mod destinations;
mod environment;
mod permissions;
mod routes;
mod samplers;

pub(crate) use self::codes::{ALL, INHERITED_CREDENTIALS, NEWER_FILE_FORMAT};
pub(crate) use self::environment::{Environment, check_environment};
pub(crate) use self::permissions::check_permissions;
use crate::config::diagnostics::ModelDiagnostic;
use crate::config::model::{ConfigModel, RouteConfig};
use crate::config::overrides::Override;
use crate::config::yaml::{KeyPath, PathSet};

/// The most warnings with the same code.
const MAX_PER_CODE: usize = 100;

/// Facts about a load that are not in the model.
pub(crate) struct WarningContext<'k> {
    pub(crate) overrides: &'k [Override],
    /// The paths of values that are not known.
    pub(crate) unknown: &'k PathSet,
    /// Returns `true` if the value at a path uses no variable. A message may then show it.
    pub(crate) is_literal: &'k dyn Fn(&KeyPath) -> bool,
    /// `true` if a variable gives the default tracer. The default tracer may then differ between
    /// environments.
    pub(crate) default_tracer_varies: bool,
}

/// Returns the warnings about a model.
pub(crate) fn check_model(model: &ConfigModel, context: &WarningContext<'_>) -> Vec<ModelDiagnostic> {
    let mut collector = Collector { warnings: Vec::new(), context };
    collector.check_shared_projects(model);
    collector.check_plain_http(model);
    collector.check_unreachable_routes(&model.routes);
    if !context.default_tracer_varies {
        collector.check_unused_tracers(model);
    }
    collector.check_sample_rates(model);
    collector.check_unlimited_canaries(model);
    collector.warnings
}

/// The warnings so far.
struct Collector<'k> {
    warnings: Vec<ModelDiagnostic>,
    context: &'k WarningContext<'k>,
}

impl Collector<'_> {
    /// Adds a warning, unless there are too many with its code.
    fn add(&mut self, code: &'static str, warning: ModelDiagnostic) {
        let code = Some(code);
        if self.warnings.iter().filter(|warning| warning.code == code).count() < MAX_PER_CODE {
            self.warnings.push(ModelDiagnostic { code, ..warning });
        }
    }

    /// Returns `true` if the value at a path, and the value that it inherits, are known.
    fn is_known(&self, path: &KeyPath) -> bool {
        let inherited = path.in_defaults();
        let unknown = self.context.unknown;
        !unknown.touches(path) && inherited.is_none_or(|path| !unknown.touches(&path))
    }

    /// Returns a route's name, or its path if a variable gives the name.
    fn route_name(&self, position: usize, route: &RouteConfig) -> String {
        let path = KeyPath::root().key("routes").index(position);
        if (self.context.is_literal)(&path.key("name")) { route.name.clone() } else { path.to_string() }
    }
}
