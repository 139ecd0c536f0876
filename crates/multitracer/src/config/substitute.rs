//! `${VAR}` in scalar values, as OpenTelemetry's configuration data model defines it.
//!
//! `$$` is a `$` that starts nothing; what stands between two of them is substituted once, from left to
//! right; what a variable holds is never looked at again.

/// Where `${VAR}` gets its value from.
///
/// Every `Fn(&str) -> Option<String>` is one.
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
    /// The value of the variable `name`, if it is set.
    fn get(&self, name: &str) -> Option<String>;

    /// The names of all that are set, where they can be listed: to find variables that are set and mean nothing. The
    /// default is none.
    fn names(&self) -> Vec<String> {
        Vec::new()
    }
}

impl<F: Fn(&str) -> Option<String>> Variables for F {
    fn get(&self, name: &str) -> Option<String> {
        self(name)
    }
}

/// The environment of this process. A value that is not UTF-8 counts as not set.
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

/// What a `${VAR}` without a default means when the variable is not set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum UndefinedVariables {
    /// An error that names the variable. This is the default.
    #[default]
    Error,
    /// Nothing, as OpenTelemetry's specification says.
    Empty,
}

/// A scalar's text, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template<'t>(Vec<Piece<'t>>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece<'t> {
    Literal(&'t str),
    Reference { name: &'t str, default: Option<&'t str> },
}

/// What a template became.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Expansion {
    pub(super) text: String,
    /// Variables that are not set and have no default.
    pub(super) undefined: Vec<String>,
    /// Variables that are set but empty and have no default.
    pub(super) empty: Vec<String>,
}

impl<'t> Template<'t> {
    /// Takes `text` apart; the error is the inside of the first `${..}` that is no reference.
    pub(super) fn parse(text: &'t str) -> Result<Self, &'t str> {
        let mut pieces = Vec::new();
        for (position, part) in text.split("$$").enumerate() {
            if position > 0 {
                pieces.push(Piece::Literal("$"));
            }
            let mut rest = part;
            while let Some((before, opened)) = rest.split_once("${") {
                // Without an end it is text: the default of `${A:-$${B}}` ends at the escape.
                let Some((inside, after)) = opened.split_once('}') else { break };
                if !before.is_empty() {
                    pieces.push(Piece::Literal(before));
                }
                pieces.push(reference(inside).ok_or(inside)?);
                rest = after;
            }
            if !rest.is_empty() {
                pieces.push(Piece::Literal(rest));
            }
        }
        Ok(Self(pieces))
    }

    /// The names of the variables, in the order of the text.
    pub(super) fn variables(&self) -> impl Iterator<Item = &'t str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Reference { name, .. } => Some(*name),
            Piece::Literal(_) => None,
        })
    }

    pub(super) fn has_references(&self) -> bool {
        self.variables().next().is_some()
    }

    /// Puts the variables in.
    pub(super) fn expand(&self, variables: &dyn Variables) -> Expansion {
        let mut expansion = Expansion::default();
        for piece in &self.0 {
            match piece {
                Piece::Literal(text) => expansion.text.push_str(text),
                Piece::Reference { name, default } => match (variables.get(name), default) {
                    (Some(value), _) if !value.is_empty() => expansion.text.push_str(&value),
                    (_, Some(default)) => expansion.text.push_str(default),
                    (Some(_), None) => expansion.empty.push((*name).to_owned()),
                    (None, None) => expansion.undefined.push((*name).to_owned()),
                },
            }
        }
        expansion
    }
}

/// `[env:]NAME[:-DEFAULT]`.
fn reference(inside: &str) -> Option<Piece<'_>> {
    // First without the prefix: `${env:-x}` is a variable called `env` with a default.
    name_and_default(inside).or_else(|| name_and_default(inside.strip_prefix("env:")?))
}

fn name_and_default(inside: &str) -> Option<Piece<'_>> {
    let end = inside.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(inside.len());
    let (name, rest) = inside.split_at(end);
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    match rest {
        "" => Some(Piece::Reference { name, default: None }),
        _ => rest.strip_prefix(":-").map(|default| Piece::Reference { name, default: Some(default) }),
    }
}

#[cfg(test)]
mod tests;
