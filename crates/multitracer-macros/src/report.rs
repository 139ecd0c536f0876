use proc_macro2::TokenStream;
use std::sync::OnceLock;

/// Whether rustdoc runs us. It shows signatures, so it gets the item as the user wrote it.
pub(crate) fn is_rustdoc() -> bool {
    static RUSTDOC: OnceLock<bool> = OnceLock::new();
    *RUSTDOC.get_or_init(|| {
        let executable = std::env::current_exe().ok();
        executable.as_deref().and_then(|path| path.file_stem()).is_some_and(|name| name == "rustdoc")
    })
}

/// Prints the expansion if `MULTITRACER_MACROS_DEBUG` asks for it.
#[expect(clippy::print_stderr, reason = "asked for by the user; a proc macro has no other channel")]
pub(crate) fn show(output: &TokenStream) {
    static WANTED: OnceLock<bool> = OnceLock::new();
    let wanted = WANTED.get_or_init(|| {
        std::env::var_os("MULTITRACER_MACROS_DEBUG").is_some_and(|value| !value.is_empty() && value != "0")
    });
    if *wanted {
        eprintln!("{output}\n");
    }
}
