//! The environment in which the macro runs.

use proc_macro2::TokenStream;
use std::sync::OnceLock;

/// Returns `true` if rustdoc runs the macro. Rustdoc shows signatures, so it gets the item
/// unchanged.
pub(crate) fn is_rustdoc() -> bool {
    static RUSTDOC: OnceLock<bool> = OnceLock::new();
    *RUSTDOC.get_or_init(|| {
        let executable = std::env::current_exe().ok();
        executable.as_deref().and_then(|path| path.file_stem()).is_some_and(|name| name == "rustdoc")
    })
}

/// Prints the expansion to standard error if `MULTITRACER_MACROS_DEBUG` is set and not `0`.
#[expect(
    clippy::print_stderr,
    reason = "the user requests the output, and a procedural macro has no other channel"
)]
pub(crate) fn print_if_requested(output: &TokenStream) {
    static REQUESTED: OnceLock<bool> = OnceLock::new();
    let requested = REQUESTED.get_or_init(|| {
        std::env::var_os("MULTITRACER_MACROS_DEBUG").is_some_and(|value| !value.is_empty() && value != "0")
    });
    if *requested {
        eprintln!("{output}\n");
    }
}
