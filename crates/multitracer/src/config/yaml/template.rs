//! The references to variables in a scalar, as OpenTelemetry's configuration data model defines
//! them, and those to files, which are ours.
//!
//! `$$` is a literal `$`. The text between two `$$` is substituted once, from left to right. The
//! value of a variable is not substituted again.

use super::secret_file::FileFolder;
use super::variables::Variables;
use crate::text::is_unsafe;

/// The parts of a scalar's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template<'t>(Vec<Piece<'t>>);

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece<'t> {
    Literal(&'t str),
    Reference {
        name: &'t str,
        default: Option<&'t str>,
    },
    /// `file:PATH`, without and with its prefix. The path has no unsafe character.
    File {
        path: &'t str,
        label: &'t str,
        default: Option<&'t str>,
    },
}

/// The text of a template with its variables substituted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Expansion {
    pub(crate) text: String,
    /// The variables without a default that are not set.
    pub(crate) undefined: Vec<String>,
    /// The variables without a default that are set, but empty.
    pub(crate) empty: Vec<String>,
    /// The files that cannot be used, each with its reason, which holds no part of the text.
    pub(crate) unusable_files: Vec<UnusableFile>,
}

/// A file that a reference cannot use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnusableFile {
    pub(crate) path: String,
    pub(crate) why: String,
}

impl<'t> Template<'t> {
    /// Parses a text.
    ///
    /// # Errors
    ///
    /// Returns the inside of the first `${..}` that is not a reference.
    pub(crate) fn parse(text: &'t str) -> Result<Self, &'t str> {
        let mut pieces = Vec::new();
        for (position, part) in text.split("$$").enumerate() {
            if position > 0 {
                pieces.push(Piece::Literal("$"));
            }
            let mut rest = part;
            while let Some((before, opened)) = rest.split_once("${") {
                // a reference without an end is text: the default of `${A:-$${B}}` ends at the
                // escape
                let Some((inside, after)) = opened.split_once('}') else { break };
                if !before.is_empty() {
                    pieces.push(Piece::Literal(before));
                }
                pieces.push(reference(inside).ok_or(inside)?);
                rest = after;
            }
            if !rest.is_empty() {
                pieces.push(Piece::Literal(rest));
            }
        }
        Ok(Self(pieces))
    }

    /// Returns the names of the variables, in the order of the text.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &'t str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Reference { name, .. } => Some(*name),
            Piece::Literal(_) | Piece::File { .. } => None,
        })
    }

    /// Returns the names of the variables and the files, in the order of the text: `NAME`,
    /// `file:PATH`.
    pub(crate) fn references(&self) -> impl Iterator<Item = &'t str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Reference { name, .. } => Some(*name),
            Piece::File { label, .. } => Some(*label),
            Piece::Literal(_) => None,
        })
    }

    pub(crate) fn has_references(&self) -> bool {
        self.references().next().is_some()
    }

    /// Substitutes the variables and the texts of files.
    pub(crate) fn expand(&self, variables: &dyn Variables, files: &FileFolder) -> Expansion {
        let mut expansion = Expansion::default();
        for piece in &self.0 {
            match piece {
                Piece::Literal(text) => expansion.text.push_str(text),
                Piece::Reference { name, default } => match (variables.get(name), default) {
                    (Some(value), _) if !value.is_empty() => expansion.text.push_str(&value),
                    (_, Some(default)) => expansion.text.push_str(default),
                    (Some(_), None) => expansion.empty.push((*name).to_owned()),
                    (None, None) => expansion.undefined.push((*name).to_owned()),
                },
                Piece::File { path, default, .. } => match (files.read(path), default) {
                    (Ok(Some(text)), _) if !text.is_empty() => expansion.text.push_str(&text),
                    (Ok(_), Some(default)) => expansion.text.push_str(default),
                    (found, _) => {
                        let why = match found {
                            Ok(Some(_)) => "it is empty".to_owned(),
                            Ok(None) => "there is no such file".to_owned(),
                            Err(why) => why,
                        };
                        expansion.unusable_files.push(UnusableFile { path: (*path).to_owned(), why });
                    }
                },
            }
        }
        expansion
    }
}

/// Parses `[env:]NAME[:-DEFAULT]` and `file:PATH[:-DEFAULT]`.
fn reference(inside: &str) -> Option<Piece<'_>> {
    // the form without the prefix comes first, because `${env:-x}` is the variable `env` with a
    // default
    name_and_default(inside)
        .or_else(|| name_and_default(inside.strip_prefix("env:")?))
        .or_else(|| file_and_default(inside))
}

fn file_and_default(inside: &str) -> Option<Piece<'_>> {
    let (label, default) = match inside.split_once(":-") {
        Some((label, default)) => (label, Some(default)),
        None => (inside, None),
    };
    // a message shows the path, so it must not change a terminal or the order of a line
    let path = label.strip_prefix("file:").filter(|path| !path.is_empty() && !path.contains(is_unsafe))?;
    Some(Piece::File { path, label, default })
}

fn name_and_default(inside: &str) -> Option<Piece<'_>> {
    let end = inside.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(inside.len());
    let (name, rest) = inside.split_at(end);
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    match rest {
        "" => Some(Piece::Reference { name, default: None }),
        _ => rest.strip_prefix(":-").map(|default| Piece::Reference { name, default: Some(default) }),
    }
}
