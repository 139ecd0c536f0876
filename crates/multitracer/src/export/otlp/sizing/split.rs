//! The division of an encoded request into smaller ones.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans};

/// Returns the number of spans in a request.
pub(super) fn span_count(request: &ExportTraceServiceRequest) -> usize {
    request
        .resource_spans
        .iter()
        .flat_map(|of_resource| &of_resource.scope_spans)
        .map(|of_scope| of_scope.spans.len())
        .sum()
}

/// Moves the second half of the spans into a request of their own.
pub(super) fn split_off_half(request: &mut ExportTraceServiceRequest) -> ExportTraceServiceRequest {
    let count = span_count(request);
    let mut left = count - count / 2;
    let mut second_half = Vec::new();
    for of_resource in &mut request.resource_spans {
        let mut scopes = Vec::new();
        for of_scope in &mut of_resource.scope_spans {
            let stay = left.min(of_scope.spans.len());
            left -= stay;
            let spans = of_scope.spans.split_off(stay);
            if !spans.is_empty() {
                let (scope, schema_url) = (of_scope.scope.clone(), of_scope.schema_url.clone());
                scopes.push(ScopeSpans { scope, spans, schema_url });
            }
        }
        of_resource.scope_spans.retain(|of_scope| !of_scope.spans.is_empty());
        if !scopes.is_empty() {
            second_half.push(ResourceSpans {
                resource: of_resource.resource.clone(),
                scope_spans: scopes,
                schema_url: of_resource.schema_url.clone(),
            });
        }
    }
    request.resource_spans.retain(|of_resource| !of_resource.scope_spans.is_empty());
    ExportTraceServiceRequest { resource_spans: second_half }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
    use opentelemetry_proto::tonic::trace::v1::Span;

    use super::*;

    fn names(request: &ExportTraceServiceRequest) -> Vec<String> {
        let scopes = request.resource_spans.iter().flat_map(|of_resource| &of_resource.scope_spans);
        let name = |of_scope: &ScopeSpans, span: &Span| {
            format!("{}{}", of_scope.scope.as_ref().map_or("", |scope| &scope.name), span.name)
        };
        scopes.flat_map(|of_scope| of_scope.spans.iter().map(move |span| name(of_scope, span))).collect()
    }

    #[test]
    fn halves_keep_every_span_under_its_scope() {
        let scope = |name: &str, spans: usize| ScopeSpans {
            scope: Some(InstrumentationScope { name: name.to_owned(), ..Default::default() }),
            spans: (0..spans).map(|n| Span { name: n.to_string(), ..Default::default() }).collect(),
            schema_url: String::new(),
        };
        let of_resource =
            ResourceSpans { scope_spans: vec![scope("a", 3), scope("b", 2)], ..Default::default() };
        let mut first = ExportTraceServiceRequest { resource_spans: vec![of_resource] };
        let second = split_off_half(&mut first);
        assert_eq!(
            (names(&first), names(&second)),
            (vec!["a0".into(), "a1".into(), "a2".into()], vec!["b0".to_owned(), "b1".into()])
        );
        let second = split_off_half(&mut first);
        assert_eq!((names(&first).len(), names(&second)), (2, vec!["a2".to_owned()]));
        assert_eq!(first.resource_spans[0].scope_spans.len(), 1);
    }
}
