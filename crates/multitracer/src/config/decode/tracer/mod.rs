//! The decoder of `tracers` and `defaults`.

mod backend;
mod backend_needs;
mod block;
mod credentials;
mod exporter;
mod exporter_block;
mod headers;
mod limits;
mod resource;
mod sampler;

use self::backend_needs::report_backend_needs;
pub(super) use self::block::TracerBlock;
use self::credentials::warn_of_inherited_credentials;
use crate::config::model::TracerConfig;
use crate::config::reader::Fields;
use crate::config::yaml::{Node, NodeKind};

/// Decodes `defaults`. `tracers` is the number of tracers that inherit from it.
pub(super) fn read_defaults(file: &Fields<'_>, tracers: usize) -> TracerBlock {
    let Some(fields) = file.section("defaults") else { return TracerBlock::default() };
    if let Some(project) = fields.given("project") {
        let help = "a shared project would mix the spans of all tracers; write it in each tracer";
        project.report("`project` belongs to a tracer", Some(help.to_owned()));
    }
    if memory_size(fields.at.node).saturating_mul(tracers) > MAX_DEFAULTS_BYTES {
        let message = format!("too large for {tracers} tracers, each of which would have a copy");
        fields.at.report(message, None);
        return TracerBlock::default();
    }
    TracerBlock::read(&fields, None)
}

/// The most memory for all copies of the defaults, in bytes.
const MAX_DEFAULTS_BYTES: usize = 256 << 20;

/// Returns roughly the bytes that a part of the file takes in memory.
fn memory_size(node: &Node<'_>) -> usize {
    const EACH: usize = 64;
    match &node.kind {
        NodeKind::Scalar { text, .. } => EACH + text.len(),
        NodeKind::Seq(nodes) => EACH + nodes.iter().map(memory_size).sum::<usize>(),
        NodeKind::Map(entries) => {
            EACH + entries.iter().map(|entry| entry.key.len() + memory_size(&entry.value)).sum::<usize>()
        }
    }
}

/// Decodes one entry of `tracers`.
pub(super) fn read_tracer(name: &str, fields: &Fields<'_>, defaults: &TracerBlock) -> TracerConfig {
    let block = TracerBlock::read(fields, defaults.backend);
    if let (Some(key), Some(exporter)) = (fields.get("api_key"), block.exporter_over(defaults))
        && block.has_valid_key()
        && let Some(kind) = exporter.without_key()
    {
        let help = "remove it, or write `exporter: otlp_http`";
        key.report(
            format!("an `api_key` needs an OTLP exporter, and this tracer's is `{kind}`"),
            Some(help.to_owned()),
        );
    }
    if let (Some(backend), None) = (block.backend.or(defaults.backend), &block.exporters) {
        report_backend_needs(name, fields, &block, defaults, backend);
    }
    if block.inherits(defaults) {
        warn_of_inherited_credentials(fields, &block, defaults);
    }
    if let Some(key) = fields.get("api_key")
        && block.has_valid_key()
        && block.exporter.is_none()
        && block.exporters.is_none()
        && defaults.exporters.is_some()
    {
        key.report(
            "an `api_key` needs one exporter, and this tracer has the `exporters` of `defaults`",
            None,
        );
    }
    block.finish(name, defaults)
}
