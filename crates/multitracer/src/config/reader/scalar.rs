//! The scalar of a value, with its variables substituted.

use super::cursor::Cursor;
use crate::config::schema::is_secret;
use crate::config::secret::shown_key;
use crate::config::suggest;
use crate::config::yaml::{FileFolder, NodeKind, Template, UndefinedVariables, core_schema};
use crate::text::is_unsafe;

/// A scalar after substitution.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scalar {
    Null,
    Text {
        text: String,
        /// `true` if the core schema types the scalar, unless the key has a type.
        plain: bool,
    },
    /// An invalid scalar (already reported), or one with an unknown variable.
    Unusable,
}

impl Cursor<'_> {
    /// Returns the scalar with its variables substituted, or reports why it has none.
    pub(crate) fn scalar(&self) -> Scalar {
        let NodeKind::Scalar { text, plain } = &self.node.kind else {
            self.report_mismatch("a single value", None);
            return Scalar::Unusable;
        };
        let template = match Template::parse(text) {
            Ok(template) => template,
            Err(inside) => {
                self.report_no_reference(text, inside);
                return Scalar::Unusable;
            }
        };
        self.cx.add_references(template.variables());
        self.note_literal_key(text);
        if !self.cx.credentials && template.has_references() && self.path.is_credential() {
            return Scalar::Null;
        }
        let Some(variables) = self.cx.variables else {
            if template.has_references() {
                self.cx.mark_unknown(self.path.clone());
                return Scalar::Unusable;
            }
            return Scalar::new(template.expand(&|_: &str| None, &FileFolder::default()).text, *plain);
        };
        let expansion = template.expand(variables, &self.cx.files);
        if let Some(file) = expansion.unusable_files.first() {
            let message = format!("cannot read the file `{}`: {}", file.path, file.why);
            self.report(message, None);
            return Scalar::Unusable;
        }
        if self.cx.undefined.get() == UndefinedVariables::Error {
            if let Some(name) = expansion.undefined.first() {
                self.report_undefined(name, &expansion.undefined);
                return Scalar::Unusable;
            }
            // an empty key fails only at the first export
            if let (Some(name), true) = (expansion.empty.first(), self.path.is_credential()) {
                let message = format!("the variable `{name}` is set, but empty");
                self.report(message, Some(format!("set it, or write `${{{name}:-}}` if it may be empty")));
                return Scalar::Unusable;
            }
        }
        Scalar::new(expansion.text, *plain)
    }

    /// Returns the text of a scalar, or `None` for a null and for a scalar with an error.
    pub(crate) fn text(&self) -> Option<String> {
        match self.scalar() {
            Scalar::Text { text, .. } => Some(text),
            Scalar::Null | Scalar::Unusable => None,
        }
    }

    /// Reports a `${..}` that is not a reference.
    fn report_no_reference(&self, text: &str, inside: &str) {
        let message = if inside.starts_with("file:") && inside.contains(is_unsafe) {
            "a `${file:..}` in the value has a control character or an invisible character in its path"
                .to_owned()
        } else if is_secret(self.secrecy_path(), text) {
            "a `${..}` in the value is not a reference to a variable".to_owned()
        } else {
            format!("`${{{}}}` is not a reference to a variable", shown_key(inside))
        };
        let help = "write `${NAME}`, `${NAME:-default}` or `${file:PATH}`, and `$$` for a `$`";
        self.report(message, Some(help.to_owned()));
    }

    fn report_undefined(&self, first: &str, names: &[String]) {
        let list = suggest::quoted(names.iter().map(String::as_str));
        let (noun, them) = if names.len() == 1 { ("variable", "it") } else { ("variables", "them") };
        let help = format!("set {them}, or write `${{{first}:-}}` for an empty value");
        self.report(format!("undefined {noun} {list}"), Some(help));
    }
}

impl Scalar {
    fn new(text: String, plain: bool) -> Self {
        if plain && core_schema::is_null(&text) { Self::Null } else { Self::Text { text, plain } }
    }
}
