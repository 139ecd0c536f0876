//! Every kind of error, as a user sees it.

mod exporters;
mod relations;
mod text;
mod values;

use super::load;

/// Compares the whole message for a text, with one empty variable and one with a secret.
#[track_caller]
fn refuses(text: &str, message: &str) {
    let error = load(text, &[("EMPTY", ""), ("WORD", "sk-canary")]).unwrap_err();
    assert_eq!(error.to_string(), message, "\n{error}");
    assert!(!format!("{error:?}").contains("sk-canary"), "{error:?}");
}
