//! The command `schema`, which prints the JSON Schema of the configuration.

use multitracer::config::Config;

use crate::output::CommandResult;
use crate::output::{CommandError, out};

pub(crate) fn schema() -> CommandResult {
    let text = serde_json::to_string_pretty(&Config::json_schema());
    out(text.map_err(|error| CommandError::Message(error.to_string()))?)?;
    Ok(())
}
