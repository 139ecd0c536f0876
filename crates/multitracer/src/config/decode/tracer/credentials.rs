//! The warning about credentials of `defaults` that go to a tracer's own endpoint.

use super::backend::{AUTHORIZATION, Backend};
use super::block::TracerBlock;
use crate::config::check::warnings;
use crate::config::reader::Fields;
use crate::config::suggest;

/// Warns if a tracer sends the credentials of the defaults to an endpoint of its own.
pub(super) fn warn_of_inherited_credentials(
    fields: &Fields<'_>,
    block: &TracerBlock,
    defaults: &TracerBlock,
) {
    let Some(own) = &block.exporter else { return };
    let (base, preset) = (defaults.exporter.as_ref(), defaults.backend.map(Backend::preset));
    let Some(endpoint) = own.foreign_endpoint(base, preset.as_ref()) else { return };
    let mut inherited = base.map(|base| own.inherited_credentials(base)).unwrap_or_default();
    inherited.retain(|name| block.api_key.as_ref().is_none_or(|own| own.header != *name));
    let key = block.inherited_key(defaults).filter(|key| key.credential.is_some());
    inherited.extend(key.map(|key| key.header));
    inherited.sort_unstable();
    inherited.dedup();
    let inherited: Vec<&str> = inherited.into_iter().filter(|name| !own.mentions(name)).collect();
    let Some(first) = inherited.first() else { return };
    let of = suggest::quoted(inherited.iter().copied());
    let help = match *first {
        AUTHORIZATION => {
            "give the tracer an `api_key` of its own, or remove it with `api_key: null`".to_owned()
        }
        other => format!("give the tracer its own, or remove it with `headers: {{{other}: null}}`"),
    };
    let message = format!("this endpoint gets the credentials of `defaults`: {of}");
    let at = fields.get_nested(["exporter", endpoint, "endpoint"]);
    at.unwrap_or_else(|| fields.at.clone()).warn(warnings::INHERITED_CREDENTIALS, message, &help);
}
