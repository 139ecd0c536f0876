//! `multitracer schema`.

use multitracer::config::Config;

use crate::Outcome;
use crate::output::{Failure, out};

pub(crate) fn schema() -> Outcome {
    let text = serde_json::to_string_pretty(&Config::json_schema());
    out(text.map_err(|error| Failure::Because(error.to_string()))?)?;
    Ok(())
}
