//! A value of the file and the path to it.

use super::context::Context;
use crate::config::diagnostics::{SourceDiagnostic, Violation, subject};
use crate::config::secret::is_credential_header;
use crate::config::yaml::{KeyPath, Node, NodeKind, Segment, Span};

/// A value of the file and the path to it.
#[derive(Clone)]
pub(crate) struct Cursor<'a> {
    pub(crate) cx: &'a Context<'a>,
    pub(crate) node: &'a Node<'a>,
    pub(crate) path: KeyPath,
    /// The path in the map form, for a value of the form `{name, value}`. The name decides if the
    /// value is a secret.
    pub(super) map_path: Option<KeyPath>,
    /// The place of the value, or the nearest known one.
    pub(crate) span: Option<Span>,
}

impl<'a> Cursor<'a> {
    pub(crate) fn root(cx: &'a Context<'a>, node: &'a Node<'a>) -> Self {
        Self { cx, node, path: KeyPath::root(), map_path: None, span: node.span }
    }

    pub(super) fn child(&self, node: &'a Node<'a>, path: KeyPath, key_span: Option<Span>) -> Self {
        let span = node.span.filter(|span| key_span.is_none() || span.start < span.end);
        let map_path = self.map_path.clone();
        Self { cx: self.cx, node, path, map_path, span: span.or(key_span).or(self.span) }
    }

    /// Reports an error in this value. Later checks then skip the value.
    pub(crate) fn report(&self, message: impl Into<String>, help: Option<String>) {
        self.cx.mark_unknown(self.path.clone());
        self.report_at(self.span, message, help);
    }

    /// Reports that a key is missing under this map.
    pub(crate) fn report_missing(&self, name: &str, help: Option<String>) {
        self.cx.mark_unknown(self.path.key(name));
        self.report_at(self.span, format!("missing key `{name}`"), help);
    }

    /// Reports an error in a key, at its place. The value stays known.
    pub(crate) fn report_at(&self, span: Option<Span>, message: impl Into<String>, help: Option<String>) {
        let path = self.path.clone();
        self.cx.report(SourceDiagnostic { code: None, path, span, message: message.into(), help });
    }

    /// Reports that this value breaks a rule.
    pub(crate) fn report_violation(&self, violation: Violation) {
        self.report(
            format!("{} {}", subject(self.node, self.secrecy_path()), violation.predicate),
            violation.help,
        );
    }

    /// Reports that the value has another form than `expected`.
    pub(crate) fn report_mismatch(&self, expected: &str, help: Option<String>) {
        let found = match &self.node.kind {
            NodeKind::Scalar { .. } if self.is_null() => "nothing",
            NodeKind::Scalar { .. } => "a single value",
            NodeKind::Seq(_) => "a list",
            NodeKind::Map(_) => "a map",
        };
        self.report(format!("expected {expected}, found {found}"), help);
    }

    /// Warns that this value is likely a mistake.
    pub(crate) fn warn(&self, code: &'static str, message: impl Into<String>, help: &str) {
        self.cx.warn(SourceDiagnostic {
            code: Some(code),
            path: self.path.clone(),
            span: self.span,
            message: message.into(),
            help: Some(help.to_owned()),
        });
    }

    /// Returns the value of a rule that holds, or reports the violation.
    pub(crate) fn accept<T>(&self, result: Result<T, Violation>) -> Option<T> {
        result.map_err(|violation| self.report_violation(violation)).ok()
    }

    /// Notes the place of the value, if it is or has a literal key of a backend.
    pub(super) fn note_literal_key(&self, text: &str) {
        if !self.path.is_credential() || text.is_empty() || self.is_null() {
            return;
        }
        let is_key = match self.secrecy_path().segments() {
            [.., Segment::Key(headers), Segment::Key(name)] if headers == "headers" => {
                self.is_literal() && is_credential_header(name)
            }
            [.., Segment::Key(key)] if key == "headers_list" => text.split(',').any(is_literal_credential),
            [.., Segment::Key(key)] => self.is_literal() && is_credential_header(key),
            _ => false,
        };
        if is_key {
            self.cx.note_literal_key(&self.path, self.span);
        }
    }

    /// Returns the path that decides if the value is a secret.
    pub(super) fn secrecy_path(&self) -> &KeyPath {
        self.map_path.as_ref().unwrap_or(&self.path)
    }

    pub(crate) fn is_null(&self) -> bool {
        self.node.is_null()
    }

    pub(crate) fn is_empty_list(&self) -> bool {
        matches!(&self.node.kind, NodeKind::Seq(nodes) if nodes.is_empty())
    }

    /// Returns `true` if the value is a scalar without variables.
    pub(super) fn is_literal(&self) -> bool {
        matches!(&self.node.kind, NodeKind::Scalar { .. }) && !self.node.has_reference()
    }
}

/// Returns `true` if an entry of `headers_list` is a credential without a reference.
fn is_literal_credential(pair: &str) -> bool {
    let is_literal = |value: &str| !value.trim().is_empty() && !value.contains("${");
    pair.split_once('=').is_some_and(|(name, value)| is_credential_header(name.trim()) && is_literal(value))
}
