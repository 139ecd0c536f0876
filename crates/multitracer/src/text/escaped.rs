//! The escaping of characters that could change a terminal.

use std::fmt::{self, Write};

use super::hidden::is_unsafe;

/// A text from outside, shown on one line and without effect on a terminal.
///
/// Control characters, bidirectional marks and invisible characters are shown as in a Rust string:
/// `\n`, `\u{1b}`, `\u{202e}`.
pub(crate) struct Escaped<T>(pub(crate) T);

impl<T: fmt::Display> fmt::Display for Escaped<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(EscapingWriter(f), "{}", self.0)
    }
}

/// A writer that escapes what passes through it.
struct EscapingWriter<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl Write for EscapingWriter<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some((at, char)) = rest.char_indices().find(|&(_, char)| is_unsafe(char)) {
            self.0.write_str(&rest[..at])?;
            write!(self.0, "{}", char.escape_default())?;
            rest = &rest[at + char.len_utf8()..];
        }
        self.0.write_str(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_change_the_terminal_or_the_order_of_the_line() {
        for (text, shown) in [
            ("plain, prüfung 検査", "plain, prüfung 検査"),
            ("\x1b]0;owned\x07\x1b[2J", r"\u{1b}]0;owned\u{7}\u{1b}[2J"),
            ("\u{9b}2J", r"\u{9b}2J"),
            ("a\r\nb\tc\0", r"a\r\nb\tc\u{0}"),
            ("\u{202e}gpj.exe\u{202c}", r"\u{202e}gpj.exe\u{202c}"),
            ("\u{2066}\u{2069}\u{200f}\u{61c}", r"\u{2066}\u{2069}\u{200f}\u{61c}"),
            ("pass\u{200b}word\u{feff}", r"pass\u{200b}word\u{feff}"),
            ("\u{2028}\u{e0041}", r"\u{2028}\u{e0041}"),
            // one glyph, which needs its joiner
            ("👩\u{200d}💻 ❤\u{fe0f}", "👩\u{200d}💻 ❤\u{fe0f}"),
        ] {
            assert_eq!(Escaped(text).to_string(), shown);
        }
    }

    #[test]
    fn an_escaped_text_stays_as_it_is() {
        let once = Escaped("\x1b[2J\u{202e}").to_string();
        assert_eq!(Escaped(&once).to_string(), once);
    }
}
