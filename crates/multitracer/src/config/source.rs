//! The text that was loaded: lines, columns, and the line to show under a message with its secrets masked.

use super::file::FILE;
use super::path::{KeyPath, Segment, mentions_secret, shown_len};
use super::substitute::Template;
use super::yaml::{Entry, Node, NodeKind, Span};

/// A text and what to call it in messages.
pub(super) struct Source<'t> {
    pub(super) name: String,
    pub(super) text: &'t str,
    line_starts: Vec<usize>,
    /// What not to show, in order, without overlaps; `None`: the text is no tree, so anything may be secret.
    masks: Option<Vec<Mask>>,
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

/// How much of a line is looked at before and after a place, in bytes.
const NEAR: usize = 1000;
/// A part of the text that is not shown, and what is shown in its place.
#[derive(Clone, Copy)]
struct Mask {
    span: Span,
    shown: &'static str,
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

    /// Finds what must be masked. Without this call everything is, but for a key of ours that a line starts with.
    pub(super) fn mask(&mut self, root: &Node<'_>) {
        let mut finder = Finder { text: self.text, masks: Vec::new(), seen: 0, open: None };
        finder.node(root, &KeyPath::root());
        finder.close(self.text.len());
        finder.comments(self.text.len());
        finder.masks.sort_by_key(|mask| mask.span.start);
        self.masks = Some(finder.masks);
    }

    /// Line and column of a byte, both from 1; the column in characters.
    pub(super) fn position(&self, at: usize) -> (usize, usize) {
        let line = self.line_starts.partition_point(|&start| start <= at).max(1);
        let start = self.line_starts.get(line - 1).copied().unwrap_or(0);
        let before = self.text.as_bytes().get(start..at).unwrap_or_default();
        (line, before.iter().filter(|byte| (**byte & 0xC0) != 0x80).count() + 1)
    }

    /// The line of `span` with its secrets masked.
    pub(super) fn snippet(&self, span: Span) -> Option<Snippet> {
        let (line, _) = self.position(span.start);
        let line_start = *self.line_starts.get(line - 1)?;
        // A line may be the whole file; only what is near the place is looked at.
        let mut start = line_start.max(span.start.saturating_sub(NEAR));
        while !self.text.is_char_boundary(start) {
            start += 1;
        }
        let rest = self.text.get(start..)?;
        let mut end = rest.len().min(2 * NEAR);
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        let end = start + rest.get(..end)?.find(['\n', '\r']).unwrap_or(end);
        let mut shown = Shown { line: String::new(), caret: None, width: None, span };
        match &self.masks {
            Some(masks) => {
                let first = masks.partition_point(|mask| mask.span.end <= start);
                let mut at = start;
                for mask in masks.iter().skip(first).take_while(|mask| mask.span.start < end) {
                    let Span { start: from, end: to } = mask.span;
                    shown.copy(self.text, at, from.clamp(at, end));
                    shown.hide(from.max(at), to.min(end), mask.shown);
                    at = to.clamp(at, end);
                }
                shown.copy(self.text, at, end);
            }
            None => {
                let line = self.text.get(start..end).filter(|_| start == line_start)?;
                let key = first_key(line)?;
                shown.copy(self.text, start, start + key);
                if !line.get(key..)?.trim().is_empty() {
                    shown.line.push(' ');
                    shown.hide(start + key, end, MASK);
                }
            }
        }
        shown.finish(end)
    }
}

/// The length of a line up to the colon of its first key, if it is one of ours.
fn first_key(line: &str) -> Option<usize> {
    let colon = line.find(": ").or_else(|| line.ends_with(':').then(|| line.len() - 1))?;
    let key = line.get(..colon)?.trim_start_matches([' ', '-', '{', '[', '"', '\'']);
    let key = key.trim_end_matches(['"', '\'']);
    // A line of a text over several lines may look like a key, too.
    FILE.knows(key).then_some(colon + 1)
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

    fn hide(&mut self, from: usize, to: usize, shown: &str) {
        if self.caret.is_none() && (from..to).contains(&self.span.start) {
            self.caret = Some(self.line.chars().count());
            self.width = Some(shown.len());
        }
        self.line.push_str(shown);
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
    masks: Vec<Mask>,
    /// The end of what was seen last.
    seen: usize,
    /// The start of a secret whose own place is unknown: all up to the next known place is masked.
    open: Option<usize>,
}

impl Finder<'_> {
    fn close(&mut self, at: usize) {
        if let Some(start) = self.open.take_if(|start| at > *start) {
            let hidden = self.text.get(start..at).unwrap_or("");
            self.hide(Span { start, end: start + hidden.trim_end().len() });
        }
    }

    fn hide(&mut self, span: Span) {
        self.masks.push(Mask { span, shown: MASK });
    }

    /// Leaves out the comments between what was seen last and `until`: they hold keys that are out of use.
    fn comments(&mut self, until: usize) {
        let mut at = self.seen;
        while let Some(gap) = self.text.get(at..until) {
            let Some(found) = gap.find('#') else { return };
            let start = at + found;
            let end = self
                .text
                .get(start..)
                .and_then(|rest| rest.find('\n'))
                .map_or(until, |length| start + length);
            self.masks.push(Mask { span: Span { start, end }, shown: "" });
            at = end.max(start + 1);
        }
    }

    fn known(&mut self, span: Span) {
        self.comments(span.start);
        self.close(span.start);
        // An alias leads back.
        self.seen = self.seen.max(span.end);
    }

    fn node(&mut self, node: &Node<'_>, path: &KeyPath) {
        match &node.kind {
            NodeKind::Scalar { text, .. } => {
                if let Some(span) = node.span {
                    self.known(span);
                }
                if !text.is_empty() && is_secret(path, text) {
                    match node.span {
                        Some(span) => self.hide(span),
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
                            let shown = if is_stray(path, entry) { 0 } else { shown_len(&entry.key) };
                            let start = span.start + shown;
                            if start < span.end {
                                self.hide(Span { start, end: span.end });
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

/// Whether a key is more likely a value: a stray comma makes `{value: , 'text'}` of a header.
fn is_stray(path: &KeyPath, entry: &Entry<'_>) -> bool {
    entry.value.is_null() && path.is_secret() && !FILE.knows(&entry.key)
}

/// Whether a value as it stands in the file is one to hide.
pub(super) fn is_secret(path: &KeyPath, raw: &str) -> bool {
    if is_bare_reference(raw) {
        return false;
    }
    let endpoint = matches!(path.segments().last(), Some(Segment::Key(key)) if key == "endpoint");
    path.is_secret() || swallowed_one(raw) || if endpoint { !is_clean_url(raw) } else { has_userinfo(raw) }
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

/// A key without the space after its colon is part of the value before it, and `${KEY:?text}` of no use.
fn swallowed_one(raw: &str) -> bool {
    (raw.contains([':', '=']) && mentions_secret(raw))
        || Template::parse(raw).is_err_and(|inside| inside.contains(':'))
}

/// `https://user:password@host`, or something that looks like one.
fn has_userinfo(raw: &str) -> bool {
    raw.split_once("://").is_some_and(|(_, rest)| rest.contains('@'))
}

/// Host, port and path alone, or a part of them.
fn is_clean_url(raw: &str) -> bool {
    let rest = raw.split_once("://").map_or(raw, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or(rest);
    let port = authority.rsplit_once(':').map_or("", |(_, port)| port);
    !raw.contains(['@', '?', '#', '%']) && port.bytes().all(|b| b.is_ascii_digit() || b == b']')
}
