//! The sources of variables: the environment, or a function.

/// A source of values for `${VAR}`.
///
/// Every `Fn(&str) -> Option<String>` implements it.
///
/// ```
/// use multitracer::config::Config;
///
/// let config = Config::loader()
///     .variables(|name: &str| (name == "PROJECT").then(|| "shop".to_owned()))
///     .load_yaml("tracers: {main: {project: \"${PROJECT}\", exporter: console}}")?;
/// # Ok::<(), multitracer::config::ConfigError>(())
/// ```
pub trait Variables {
    /// Returns the value of the variable `name`, if it is set.
    fn get(&self, name: &str) -> Option<String>;

    /// Returns the names of all variables that are set, if the source can list them.
    ///
    /// A load warns about variables in this list that have no effect. The default is an empty list.
    fn names(&self) -> Vec<String> {
        Vec::new()
    }
}

impl<F: Fn(&str) -> Option<String>> Variables for F {
    fn get(&self, name: &str) -> Option<String> {
        self(name)
    }
}

/// The environment of this process. A variable with a value that is not UTF-8 counts as unset.
///
/// ```
/// use multitracer::config::{ProcessEnv, Variables};
///
/// assert_eq!(ProcessEnv.get("A_VARIABLE_THAT_IS_NOT_SET"), None);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct ProcessEnv;

impl Variables for ProcessEnv {
    fn get(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn names(&self) -> Vec<String> {
        std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect()
    }
}

/// The meaning of a `${VAR}` without a default when the variable is unset.
///
/// ```
/// use multitracer::config::{Config, UndefinedVariables};
///
/// let yaml = "tracers: {main: {environment: \"${MISSING_VARIABLE}\", exporter: console}}";
///
/// assert!(Config::from_yaml(yaml).is_err());
/// Config::loader().undefined_variables(UndefinedVariables::Empty).load_yaml(yaml)?;
/// # Ok::<(), multitracer::config::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum UndefinedVariables {
    /// An error that names the variable. This is the default.
    #[default]
    Error,
    /// An empty text, as in OpenTelemetry's specification.
    Empty,
}
