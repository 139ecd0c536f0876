//! Tests of the configuration as a whole.

#![expect(clippy::unwrap_used, reason = "tests")]

mod backends;
mod baggage;
mod code;
mod docs;
mod effective;
mod errors;
mod example;
mod hostile;
mod model;
mod null_credentials;
mod overrides;
mod secret_files;
mod secrets;
mod substitution;
mod warnings;

use super::model::ConfigModel;
use super::{Config, ConfigError};

/// Loads a text with these variables and no others.
fn load(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let variables: Vec<_> =
        variables.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    let set = move |name: &str| variables.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    Config::loader().overrides(set.clone()).variables(set).load_yaml(text)
}

fn model(text: &str) -> ConfigModel {
    load(text, &[]).unwrap_or_else(|error| unreachable!("{error}")).model().clone()
}

/// Returns the message for a text that is refused.
fn refusal(text: &str) -> String {
    load(text, &[]).unwrap_err().to_string()
}
