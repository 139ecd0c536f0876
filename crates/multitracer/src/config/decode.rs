//! Walks the tree of a file, typed by the tables of `schema`, and collects every problem on the way.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashSet};

use super::core_schema;
use super::error::{Finding, MOST_PROBLEMS};
use super::load::Rules;
use super::path::{KeyPath, shown_key};
use super::rules::Breach;
use super::schema::{self, Section};
use super::source;
use super::substitute::{Template, UndefinedVariables, Variables};
use super::suggest;
use super::yaml::{Node, NodeKind, Span};

/// What all readers of one file share.
pub(super) struct Context<'v> {
    /// `None`: look at the structure alone; a value with a reference is then unknown, and right.
    pub(super) variables: Option<&'v (dyn Variables + 'v)>,
    /// Where `MULTITRACER_*` comes from.
    pub(super) overrides: Option<&'v (dyn Variables + 'v)>,
    pub(super) undefined: Cell<UndefinedVariables>,
    /// Whether variables in credentials are looked up.
    credentials: bool,
    findings: RefCell<Vec<Finding>>,
    omitted: Cell<usize>,
    warnings: RefCell<Vec<Finding>>,
    unknown: RefCell<Paths>,
    referred: RefCell<BTreeSet<String>>,
}

/// What the readers have collected.
pub(super) struct Collected {
    pub(super) findings: Vec<Finding>,
    /// How many more there were.
    pub(super) omitted: usize,
    pub(super) warnings: Vec<Finding>,
    /// The places whose values are not known.
    pub(super) unknown: Paths,
}

/// The places of which nothing more is to be said.
#[derive(Debug, Default)]
pub(super) struct Paths {
    exact: HashSet<KeyPath>,
    above: HashSet<KeyPath>,
}

impl Paths {
    fn insert(&mut self, path: KeyPath) {
        self.above.extend(path.above());
        self.exact.insert(path);
    }

    /// Whether one of the places leads to this one or lies under it.
    pub(super) fn touches(&self, path: &KeyPath) -> bool {
        self.above.contains(path)
            || self.exact.contains(path)
            || path.above().any(|path| self.exact.contains(&path))
    }
}

impl<'v> Context<'v> {
    pub(super) fn new(rules: &Rules<'v>) -> Self {
        Self {
            variables: rules.variables,
            overrides: rules.overrides,
            undefined: Cell::new(rules.undefined),
            credentials: rules.credentials,
            findings: RefCell::default(),
            omitted: Cell::new(0),
            warnings: RefCell::default(),
            unknown: RefCell::default(),
            referred: RefCell::default(),
        }
    }

    /// Whether a value of the file refers to the variable.
    pub(super) fn refers_to(&self, variable: &str) -> bool {
        self.referred.borrow().contains(variable)
    }

    pub(super) fn report(&self, finding: Finding) {
        if self.is_full() {
            self.omitted.set(self.omitted.get() + 1);
        } else {
            self.findings.borrow_mut().push(finding);
        }
    }

    fn is_full(&self) -> bool {
        self.findings.borrow().len() >= MOST_PROBLEMS
    }

    pub(super) fn finish(self) -> Collected {
        Collected {
            findings: self.findings.into_inner(),
            omitted: self.omitted.get(),
            warnings: self.warnings.into_inner(),
            unknown: self.unknown.into_inner(),
        }
    }
}

/// A value of the file, and the way to it.
#[derive(Clone)]
pub(super) struct Cursor<'a> {
    pub(super) cx: &'a Context<'a>,
    pub(super) node: &'a Node<'a>,
    pub(super) path: KeyPath,
    /// The value's own place, else the nearest one that is known.
    pub(super) span: Option<Span>,
}

/// A scalar after substitution.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar {
    Null,
    Text {
        text: String,
        /// Typed by the core schema where nothing else types it.
        plain: bool,
    },
    /// Reported, or not known without an environment.
    Unusable,
}

impl<'a> Cursor<'a> {
    pub(super) fn root(cx: &'a Context<'a>, node: &'a Node<'a>) -> Self {
        Self { cx, node, path: KeyPath::root(), span: node.span }
    }

    fn child(&self, node: &'a Node<'a>, path: KeyPath, key_span: Option<Span>) -> Self {
        let span = node.span.filter(|span| key_span.is_none() || span.start < span.end);
        Self { cx: self.cx, node, path, span: span.or(key_span).or(self.span) }
    }

    /// Reports a problem with this value; nothing else is said about it then.
    pub(super) fn problem(&self, message: impl Into<String>, help: Option<String>) {
        self.cx.unknown.borrow_mut().insert(self.path.clone());
        self.problem_at(self.span, message, help);
    }

    /// Reports that a key under this map is not there.
    pub(super) fn missing(&self, name: &str, help: Option<String>) {
        self.cx.unknown.borrow_mut().insert(self.path.key(name));
        self.problem_at(self.span, format!("missing key `{name}`"), help);
    }

    /// Reports a problem with a key, at its place.
    pub(super) fn problem_at(&self, span: Option<Span>, message: impl Into<String>, help: Option<String>) {
        let path = self.path.clone();
        self.cx.report(Finding { code: None, path, span, message: message.into(), help });
    }

    /// Says that this value is likely not meant.
    pub(super) fn warn(&self, code: &'static str, message: impl Into<String>, help: &str) {
        let mut warnings = self.cx.warnings.borrow_mut();
        if warnings.len() < MOST_PROBLEMS {
            let (path, span) = (self.path.clone(), self.span);
            let (message, help) = (message.into(), Some(help.to_owned()));
            warnings.push(Finding { code: Some(code), path, span, message, help });
        }
    }

    /// Reports that this value breaks a rule.
    pub(super) fn breach(&self, breach: Breach) {
        self.problem(format!("{} {}", subject(self.node, &self.path), breach.predicate), breach.help);
    }

    /// The value if it keeps the rule; else reports it.
    pub(super) fn keep<T>(&self, result: Result<T, Breach>) -> Option<T> {
        result.map_err(|breach| self.breach(breach)).ok()
    }

    /// Reports that the value has another form than this.
    pub(super) fn expected(&self, what: &str, help: Option<String>) {
        let found = match &self.node.kind {
            NodeKind::Scalar { .. } if self.is_null() => "nothing",
            NodeKind::Scalar { .. } => "a single value",
            NodeKind::Seq(_) => "a list",
            NodeKind::Map(_) => "a map",
        };
        self.problem(format!("expected {what}, found {found}"), help);
    }

    pub(super) fn is_null(&self) -> bool {
        self.node.is_null()
    }

    /// Whether it is a list of nothing.
    pub(super) fn is_empty_list(&self) -> bool {
        matches!(&self.node.kind, NodeKind::Seq(nodes) if nodes.is_empty())
    }

    /// Whether the file itself says the value.
    pub(super) fn is_literal(&self) -> bool {
        matches!(&self.node.kind, NodeKind::Scalar { text, .. } if !text.contains("${"))
    }

    /// The scalar with its variables put in.
    pub(super) fn scalar(&self) -> Scalar {
        let NodeKind::Scalar { text, plain } = &self.node.kind else {
            self.expected("a single value", None);
            return Scalar::Unusable;
        };
        let template = match Template::parse(text) {
            Ok(template) => template,
            Err(inside) => {
                let message = format!("`${{{}}}` is not a reference to a variable", shown_key(inside));
                let help = "write `${NAME}`, `${env:NAME}` or `${NAME:-default}`, and `$$` for a `$`";
                self.problem(message, Some(help.to_owned()));
                return Scalar::Unusable;
            }
        };
        self.cx.referred.borrow_mut().extend(template.variables().map(str::to_owned));
        if !self.cx.credentials && template.has_references() && self.path.is_credential() {
            return Scalar::Null;
        }
        let Some(variables) = self.cx.variables else {
            if template.has_references() {
                self.cx.unknown.borrow_mut().insert(self.path.clone());
                return Scalar::Unusable;
            }
            return Self::typed(template.expand(&|_: &str| None).text, *plain);
        };
        let expansion = template.expand(variables);
        if self.cx.undefined.get() == UndefinedVariables::Error {
            if let Some(name) = expansion.undefined.first() {
                let names = schema::list(expansion.undefined.iter().map(String::as_str));
                let (noun, them) =
                    if expansion.undefined.len() == 1 { ("variable", "it") } else { ("variables", "them") };
                let message = format!("undefined {noun} {names}");
                self.problem(
                    message,
                    Some(format!("set {them}, or write `${{{name}:-}}` for an empty value")),
                );
                return Scalar::Unusable;
            }
            // A key that is empty by accident is found when the backend refuses it, hours later.
            if let (Some(name), true) = (expansion.empty.first(), self.path.is_credential()) {
                let message = format!("the variable `{name}` is set, but empty");
                self.problem(message, Some(format!("set it, or write `${{{name}:-}}` if it may be empty")));
                return Scalar::Unusable;
            }
        }
        Self::typed(expansion.text, *plain)
    }

    fn typed(text: String, plain: bool) -> Scalar {
        if plain && core_schema::is_null(&text) { Scalar::Null } else { Scalar::Text { text, plain } }
    }

    /// The text of a scalar; `None` for nothing and for what was reported.
    pub(super) fn text(&self) -> Option<String> {
        match self.scalar() {
            Scalar::Text { text, .. } => Some(text),
            Scalar::Null | Scalar::Unusable => None,
        }
    }

    /// The values of a list; a null is an empty one.
    pub(super) fn items(&self) -> Vec<Self> {
        match &self.node.kind {
            NodeKind::Seq(nodes) => {
                let child = |(position, node)| self.child(node, self.path.index(position), None);
                nodes.iter().enumerate().map(child).collect()
            }
            _ if self.is_null() => Vec::new(),
            NodeKind::Map(_) => {
                self.expected("a list", Some("a list has `- ` before each item".to_owned()));
                Vec::new()
            }
            _ => {
                self.expected("a list", None);
                Vec::new()
            }
        }
    }

    /// The entries of a map, without duplicates; a null is an empty one.
    pub(super) fn entries(&self) -> Vec<(&'a str, Option<Span>, Self)> {
        let entries = match &self.node.kind {
            NodeKind::Map(entries) => entries,
            _ if self.is_null() => return Vec::new(),
            NodeKind::Seq(_) => {
                self.expected("a map", Some("a map has `key: value` in place of `- value`".to_owned()));
                return Vec::new();
            }
            _ => {
                self.expected("a map", None);
                return Vec::new();
            }
        };
        let mut seen = HashSet::new();
        let mut kept = Vec::with_capacity(entries.len());
        for entry in entries {
            let key = entry.key.as_ref();
            let span = entry.key_span.or(entry.value.span).or(self.span);
            if key == "<<" {
                let help = "put what tracers share into `defaults`";
                self.problem_at(span, "merge keys (`<<`) are not supported", Some(help.to_owned()));
            } else if seen.insert(key) {
                kept.push((key, span, self.child(&entry.value, self.path.key(key), span)));
            } else {
                self.problem_at(span, format!("duplicate key `{}`", shown_key(key)), None);
            }
        }
        kept
    }

    /// The fields of a section; reports the keys that it does not have.
    pub(super) fn fields(&self, section: &'static Section) -> Fields<'a> {
        let mut present = Vec::new();
        for (key, span, cursor) in self.entries() {
            if section.key(key).is_some() {
                present.push((key, cursor));
            } else {
                self.unknown_key(section, key, span, cursor.node);
            }
        }
        Fields { section, at: self.clone(), present }
    }

    pub(super) fn unknown_key(
        &self,
        section: &'static Section,
        key: &str,
        span: Option<Span>,
        value: &Node<'_>,
    ) {
        let refused = section.refused.iter().find(|(name, _)| *name == key);
        let help = match refused {
            Some((_, instead)) => (*instead).to_owned(),
            // Without the space YAML takes `key:value` for one key.
            None if key.split_once(':').is_some_and(|(key, _)| section.key(key).is_some()) => {
                "a space is missing after the colon".to_owned()
            }
            None if self.cx.is_full() => String::new(),
            None => match suggest::nearest(key, section.keys.iter().map(|key| key.name)) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("{} takes {}", section.title, section.names()),
            },
        };
        // A stray comma makes `{value: , 'text'}` of a header.
        let key = if value.is_null() && self.path.is_secret() { "…".to_owned() } else { shown_key(key) };
        let what = if refused.is_some() { "unsupported" } else { "unknown" };
        self.problem_at(span, format!("{what} key `{key}`"), Some(help));
    }
}

/// A value as a message may name it: never a secret, never what a variable holds.
pub(super) fn subject(node: &Node<'_>, path: &KeyPath) -> String {
    const LONGEST: usize = 60;
    let NodeKind::Scalar { text, .. } = &node.kind else { return "the value".to_owned() };
    let variables: Vec<_> = Template::parse(text).map(|t| t.variables().collect()).unwrap_or_default();
    match variables.as_slice() {
        [] if source::is_secret(path, text) => "the value".to_owned(),
        [] if text.chars().count() > LONGEST => {
            format!("`{}…`", text.chars().take(LONGEST).collect::<String>().escape_debug())
        }
        [] => format!("`{}`", text.escape_debug()),
        [name] => format!("the value of `${{{name}}}`"),
        _ => format!("the value made from {}", schema::list(variables)),
    }
}

/// A map with fixed keys, each of which is asked for by name.
pub(super) struct Fields<'a> {
    pub(super) section: &'static Section,
    pub(super) at: Cursor<'a>,
    present: Vec<(&'a str, Cursor<'a>)>,
}

impl<'a> Fields<'a> {
    /// A section of which nothing is there.
    pub(super) fn absent(section: &'static Section, at: &Cursor<'a>) -> Self {
        Self { section, at: at.clone(), present: Vec::new() }
    }

    /// The value of a key two maps further down, as the file has it.
    pub(super) fn under(&self, first: &str, second: &str, third: &str) -> Option<Cursor<'a>> {
        let entry = |cursor: &Cursor<'a>, name: &str| {
            let NodeKind::Map(entries) = &cursor.node.kind else { return None };
            let entry = entries.iter().find(|entry| entry.key == name)?;
            Some(cursor.child(&entry.value, cursor.path.key(name), entry.key_span))
        };
        entry(&entry(self.get(first)?, second)?, third)
    }

    /// The value of a key, unless it is null.
    pub(super) fn given(&self, name: &str) -> Option<&Cursor<'a>> {
        self.get(name).filter(|cursor| !cursor.is_null())
    }

    /// The value of a key, null included.
    pub(super) fn get(&self, name: &str) -> Option<&Cursor<'a>> {
        self.present.iter().find(|(key, _)| *key == name).map(|(_, cursor)| cursor)
    }
}
