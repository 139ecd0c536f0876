//! The text that was loaded: lines, columns, and the line to show under a message with its secrets masked.

use super::path::{KeyPath, shown_len};
use super::yaml::{Node, NodeKind, Span};

/// A text and what to call it in messages.
pub(super) struct Source<'t> {
    pub(super) name: String,
    pub(super) text: &'t str,
    line_starts: Vec<usize>,
    /// What not to show, in order, without overlaps; `None`: the text is no tree, so anything may be secret.
    masks: Option<Vec<Span>>,
}

/// One line of the text, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Snippet {
    pub(super) line: String,
    /// In characters of `line`, from 0.
    pub(super) caret: usize,
    /// In characters, at least 1.
    pub(super) width: usize,
}

const MASK: &str = "[REDACTED]";
/// How much of a long line is shown before the place, in characters.
const LEAD: usize = 60;
/// How much of a long line is shown, in characters.
const LONGEST: usize = 120;

impl<'t> Source<'t> {
    pub(super) fn new(name: &str, text: &'t str) -> Self {
        let starts = text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n').map(|(at, _)| at + 1);
        let line_starts = std::iter::once(0).chain(starts).collect();
        Self { name: name.to_owned(), text, line_starts, masks: None }
    }

    /// Finds what must be masked. Without this call everything but the first key of a line is.
    pub(super) fn mask(&mut self, root: &Node<'_>) {
        let mut finder = Finder { text: self.text, masks: Vec::new(), seen: 0, open: None };
        finder.node(root, &KeyPath::root());
        finder.close(self.text.len());
        finder.masks.sort_by_key(|span| span.start);
        self.masks = Some(finder.masks);
    }

    /// Line and column of a byte, both from 1; the column in characters.
    pub(super) fn position(&self, at: usize) -> (usize, usize) {
        let line = self.line_starts.partition_point(|&start| start <= at).max(1);
        let start = self.line_starts.get(line - 1).copied().unwrap_or(0);
        let column = self.text.get(start..at).map_or(at - start, |before| before.chars().count());
        (line, column + 1)
    }

    /// The line of `span` with its secrets masked.
    pub(super) fn snippet(&self, span: Span) -> Option<Snippet> {
        let (line, _) = self.position(span.start);
        let start = *self.line_starts.get(line - 1)?;
        let rest = self.text.get(start..)?;
        let end = start + rest.find(['\n', '\r']).unwrap_or(rest.len());
        let mut shown = Shown { line: String::new(), caret: None, width: None, span };
        match &self.masks {
            Some(masks) => {
                let first = masks.partition_point(|mask| mask.end <= start);
                let mut at = start;
                for mask in masks.iter().skip(first).take_while(|mask| mask.start < end) {
                    shown.copy(self.text, at, mask.start.clamp(at, end));
                    shown.hide(mask.start.max(at), mask.end.min(end));
                    at = mask.end.clamp(at, end);
                }
                shown.copy(self.text, at, end);
            }
            None => {
                let line = self.text.get(start..end)?;
                let key = first_key(line)?;
                shown.copy(self.text, start, start + key);
                if !line.get(key..)?.trim().is_empty() {
                    shown.line.push(' ');
                    shown.hide(start + key, end);
                }
            }
        }
        shown.finish(end)
    }
}

/// The length of a line up to the colon of its first key.
fn first_key(line: &str) -> Option<usize> {
    let colon = line.find(": ").or_else(|| line.ends_with(':').then(|| line.len() - 1))?;
    let key = line.get(..colon)?.trim_start_matches([' ', '-', '{', '[', '"', '\'']);
    let key = key.trim_end_matches(['"', '\'']);
    (shown_len(key) == key.len()).then_some(colon + 1)
}

/// A line being copied.
struct Shown {
    line: String,
    caret: Option<usize>,
    width: Option<usize>,
    span: Span,
}

impl Shown {
    fn copy(&mut self, text: &str, from: usize, to: usize) {
        let Some(piece) = text.get(from..to) else { return };
        if self.caret.is_none() && (from..to).contains(&self.span.start) {
            let before = piece.get(..self.span.start - from).unwrap_or("");
            self.caret = Some(self.line.chars().count() + before.chars().count());
        }
        self.line.extend(piece.chars().map(|c| if c.is_control() { ' ' } else { c }));
    }

    fn hide(&mut self, from: usize, to: usize) {
        if self.caret.is_none() && (from..to).contains(&self.span.start) {
            self.caret = Some(self.line.chars().count());
            self.width = Some(MASK.len());
        }
        self.line.push_str(MASK);
    }

    fn finish(self, end: usize) -> Option<Snippet> {
        let mut line = self.line.trim_end().to_owned();
        if line.trim_start().is_empty() {
            return None;
        }
        let mut caret = self.caret.unwrap_or_else(|| line.chars().count());
        let width = self.width.unwrap_or(self.span.end.min(end).saturating_sub(self.span.start));
        if caret > LEAD {
            let cut = caret - LEAD;
            line = format!("…{}", line.chars().skip(cut + 1).collect::<String>());
            caret = LEAD;
        }
        if line.chars().count() > LONGEST {
            line = line.chars().take(LONGEST).chain(['…']).collect();
        }
        let width = width.min(line.chars().count().saturating_sub(caret)).max(1);
        Some(Snippet { line, caret, width })
    }
}

/// Walks the tree in the order of the text and collects what to mask.
struct Finder<'t> {
    text: &'t str,
    masks: Vec<Span>,
    /// The end of what was seen last.
    seen: usize,
    /// The start of a secret whose own place is unknown: all up to the next known place is masked.
    open: Option<usize>,
}

impl Finder<'_> {
    fn close(&mut self, at: usize) {
        if let Some(start) = self.open.take_if(|start| at > *start) {
            let hidden = self.text.get(start..at).unwrap_or("");
            self.masks.push(Span { start, end: start + hidden.trim_end().len() });
        }
    }

    fn known(&mut self, span: Span) {
        self.close(span.start);
        self.seen = span.end;
    }

    fn node(&mut self, node: &Node<'_>, path: &KeyPath) {
        match &node.kind {
            NodeKind::Scalar { text, .. } => {
                if let Some(span) = node.span {
                    self.known(span);
                }
                if !text.is_empty() && is_secret(path, text) {
                    match node.span {
                        Some(span) => self.masks.push(span),
                        None => self.open = self.open.or(Some(self.seen)),
                    }
                }
            }
            NodeKind::Seq(nodes) => {
                for (position, node) in nodes.iter().enumerate() {
                    self.node(node, &path.index(position));
                }
            }
            NodeKind::Map(entries) => {
                for entry in entries {
                    match entry.key_span {
                        Some(span) => {
                            self.known(span);
                            let start = span.start + shown_len(&entry.key);
                            if start < span.end {
                                self.masks.push(Span { start, end: span.end });
                            }
                        }
                        None => self.open = self.open.or(Some(self.seen)),
                    }
                    self.node(&entry.value, &path.key(entry.key.as_ref()));
                }
            }
        }
    }
}

/// Whether a value as it stands in the file is one to hide.
pub(super) fn is_secret(path: &KeyPath, raw: &str) -> bool {
    has_userinfo(raw) || (path.is_secret() && !is_bare_reference(raw))
}

/// `${NAME}`, alone or after the name of an authentication scheme, says nothing.
fn is_bare_reference(raw: &str) -> bool {
    let raw = raw.strip_prefix("Bearer ").or_else(|| raw.strip_prefix("Basic ")).unwrap_or(raw);
    let name = raw.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    name.is_some_and(|name| {
        let name = name.strip_prefix("env:").unwrap_or(name);
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    })
}

/// `https://user:password@host`, or something that looks like one.
fn has_userinfo(raw: &str) -> bool {
    raw.split_once("://").is_some_and(|(_, rest)| rest.contains('@'))
}
