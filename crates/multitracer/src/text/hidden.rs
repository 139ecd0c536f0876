//! Characters without a glyph of their own.

/// Returns `true` for a character that no reader sees: controls, blanks, line breaks,
/// bidirectional marks, zero-width characters, tags and fillers.
#[cfg_attr(
    not(any(test, feature = "otlp-http", feature = "otlp-grpc")),
    expect(dead_code, reason = "only the redactor looks through all of them")
)]
pub(super) fn is_hidden(char: char) -> bool {
    char.is_whitespace() || char == '\u{2800}' || is_joiner(char) || is_unsafe(char)
}

/// Returns `true` for a character that can change a terminal, or the order or the presence of the
/// text around it.
pub(crate) fn is_unsafe(char: char) -> bool {
    char.is_control()
        || matches!(char,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// Returns `true` for the joiners and variation selectors, which emoji and several scripts need.
fn is_joiner(char: char) -> bool {
    matches!(char, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}')
}
