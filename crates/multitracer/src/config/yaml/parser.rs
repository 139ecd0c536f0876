//! The parser: YAML text to a tree of nodes.

use serde::de::DeserializeSeed as _;

use super::builder::NodeSeed;
use super::node::Node;
use super::shape::{Budget, KEY, Shape, ShapeSeed, TAGGED, TOO_LARGE};

/// The error of a text that is not a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct YamlError {
    pub(crate) message: String,
    /// The place as a byte offset.
    pub(crate) at: Option<usize>,
}

/// The most values of one file, with its aliases followed.
const MAX_VALUES: usize = 500_000;

/// The most bytes of text that is not borrowed from the file.
const MAX_OWNED_BYTES: usize = 4 << 20;

/// The most open brackets. The limit of the YAML library is 128, but it reads the whole file first.
const MAX_DEPTH: usize = 1000;

/// Parses one document. `text` must not start with a byte order mark.
pub(crate) fn parse(text: &str) -> Result<Node<'_>, YamlError> {
    refuse_early(text)?;
    let budget = Budget::new(MAX_VALUES, MAX_OWNED_BYTES);
    // two passes, because the library gives either the type of a value or its text, not both
    let shape = ShapeSeed(&budget)
        .deserialize(serde_yaml::Deserializer::from_str(text))
        .map_err(|error| YamlError::from_yaml(&error, text))?;
    if matches!(shape, Shape::Nothing) {
        return Err(YamlError { message: "the configuration is empty".to_owned(), at: None });
    }
    NodeSeed { shape: &shape, text, budget: &budget }
        .deserialize(serde_yaml::Deserializer::from_str(text))
        .map_err(|error| YamlError::from_yaml(&error, text))
}

/// Refuses a text that the YAML library would refuse too, but late or without a place.
fn refuse_early(text: &str) -> Result<(), YamlError> {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '[' | '{' => depth += 1,
            ']' | '}' => depth = depth.saturating_sub(1),
            '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'.. => {}
            _ => {
                let message = format!("the character U+{:04X} is not allowed in YAML", u32::from(c));
                return Err(YamlError { message, at: Some(at) });
            }
        }
        if depth > MAX_DEPTH {
            return Err(YamlError { message: "nested too deeply".to_owned(), at: Some(at) });
        }
    }
    Ok(())
}

impl YamlError {
    fn from_yaml(error: &serde_yaml::Error, text: &str) -> Self {
        let at = error.location().map(|location| location.index().min(text.len()));
        let message = error.to_string();
        // serde's own messages quote the value, which may be a secret
        let known = [
            ("more than one document", "more than one YAML document; the configuration is one"),
            ("recursion limit exceeded", "nested too deeply"),
            ("repetition limit exceeded", "too many aliases"),
            ("unknown anchor", "an alias without its anchor"),
            ("EOF while parsing", "the configuration is empty"),
            (KEY, KEY),
            ("invalid value: ", "a value does not fit its YAML tag"),
            (TAGGED, TAGGED),
            (TOO_LARGE, TOO_LARGE),
        ];
        let message = match known.iter().find(|(theirs, _)| message.contains(theirs)) {
            Some((_, ours)) => (*ours).to_owned(),
            None => format!("not valid YAML: {}", without_first_place(&message)),
        };
        Self { message, at }
    }
}

/// Removes the first `at line L column C`, because the diagnostic has a place of its own.
fn without_first_place(message: &str) -> String {
    let Some(at) = message.find(" at line ") else { return message.to_owned() };
    let (before, place) = message.split_at(at);
    let place = place.trim_start_matches(" at line ").trim_start_matches(|c: char| c.is_ascii_digit());
    let place = place.strip_prefix(" column ").unwrap_or(place);
    format!("{before}{}", place.trim_start_matches(|c: char| c.is_ascii_digit()))
}
