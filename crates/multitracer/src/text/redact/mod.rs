//! The redaction of secrets in texts from outside, whatever form they have there.
//!
//! No six consecutive characters of a secret are shown. A shorter secret is hidden as a whole if it
//! has at least four characters; a shorter one would match in any text.
//!
//! Six characters are the least that do not match ordinary words by chance, and at most 36 bits of
//! a random key. The rule protects the readers of logs from a backend or proxy that repeats what it
//! got. A backend knows the secret anyway, and could write it in a form of its own.
//!
//! The text is searched as it stands, and as its decoded forms: without escapes, and from base64
//! and hexadecimal digits, [`MAX_LAYERS`] times. Case, blanks, control characters and invisible
//! characters make no difference. The time is linear in the length of the text: the number of forms
//! has a limit, and each is searched once.

mod codes;
mod escapes;
mod grams;
mod view;

use self::escapes::Escape;
use self::grams::Grams;
use self::view::View;

/// The text in place of a secret.
const REDACTED: &str = "[REDACTED]";

/// Maximum number of encodings around a secret, such as JSON in base64 in a URL.
const MAX_LAYERS: usize = 3;

/// The secrets of one place, and their redaction.
pub(crate) struct Redactor {
    grams: Grams,
}

impl Redactor {
    /// Creates a redactor of some secrets and of their decoded forms.
    pub(crate) fn new<'s>(secrets: impl IntoIterator<Item = &'s str>) -> Self {
        let mut grams = Grams::default();
        for secret in secrets {
            for form in secret_forms(secret) {
                grams.add(&form);
            }
        }
        grams.finish();
        Self { grams }
    }

    /// Returns `text` with `[REDACTED]` in place of each part that shows a part of a secret.
    pub(crate) fn redact(&self, text: &str) -> String {
        if self.grams.is_empty() {
            return text.to_owned();
        }
        let mut marks = Marks(vec![0; text.len() + 1]);
        self.mark(&View::of(text), MAX_LAYERS, &mut marks);
        marks.redact(text)
    }

    /// Marks the secrets in a view, and in the views that it decodes to.
    fn mark(&self, view: &View, layers: usize, marks: &mut Marks) {
        self.grams.find(view.bytes(), |window| {
            if let Some((start, end)) = view.place(window) {
                marks.0[start] += 1;
                marks.0[end] -= 1;
            }
        });
        if layers > 0 {
            for decoded in decoded(view) {
                self.mark(&decoded, layers - 1, marks);
            }
        }
    }
}

/// Returns the views that a view decodes to.
fn decoded(view: &View) -> impl Iterator<Item = View> {
    let unescaped = Escape::ALL.into_iter().filter_map(|escape| escape.decode(view));
    let base64 = (0..4).filter_map(|skipped| codes::base64(view, skipped));
    let hex = (0..2).filter_map(|skipped| codes::hex(view, skipped));
    unescaped.chain(base64).chain(hex)
}

/// Returns the texts that give a secret away: itself, without escapes, with `+` for spaces, and
/// what it encodes, such as the user and the password of Basic credentials.
fn secret_forms(secret: &str) -> Vec<View> {
    let view = View::of(secret);
    let mut forms = Vec::new();
    if secret.trim().contains(' ') {
        forms.push(View::of(&secret.trim().replace(' ', "+")));
    }
    forms.extend(Escape::ALL.iter().filter_map(|escape| escape.decode(&view)));
    if let Some(text) = codes::encoded_text(&view) {
        forms.push(View::of(&text));
        if let Some((user, password)) = text.split_once(':') {
            forms.extend([View::of(user), View::of(password)]);
        }
    }
    forms.push(view);
    forms
}

/// Marks on the bytes of a text: how many marked ranges begin or end at each byte.
struct Marks(Vec<i32>);

impl Marks {
    fn redact(&self, text: &str) -> String {
        let (mut shown, mut depth) = (String::with_capacity(text.len()), 0);
        for (at, char) in text.char_indices() {
            let was_marked = depth > 0;
            // the ends of ranges are the ends of characters
            depth += self.0[at];
            match depth > 0 {
                false => shown.push(char),
                true if !was_marked => shown.push_str(REDACTED),
                true => {}
            }
        }
        shown
    }
}

#[cfg(test)]
mod tests;
