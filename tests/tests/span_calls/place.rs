//! The position of the `code.*` attributes.

/// Lists the place in the source first. It is counted first, but its position means nothing. No
/// program sets these two keys.
pub(crate) fn place_first<T>(attributes: &mut [T], key: impl Fn(&T) -> &str) {
    let is_first = |attribute: &T| ["code.function.name", "code.file.path"].contains(&key(attribute));
    if let Some(at) = attributes.iter().position(is_first) {
        attributes.rotate_left(at);
    }
}
