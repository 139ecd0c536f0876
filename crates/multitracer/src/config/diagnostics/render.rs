//! A diagnostic as a compiler shows it: place, message, source line, help.

use std::fmt;

use super::diagnostic::Diagnostic;
use super::excerpt::Excerpt;
use super::source::Position;
use crate::text::Escaped;

/// A diagnostic with the name of its source.
pub(super) struct Rendered<'d> {
    pub(super) diagnostic: &'d Diagnostic,
    pub(super) source_name: &'d str,
    /// `true` if ANSI escape sequences color the text.
    pub(super) colors: bool,
}

const BOLD: &str = "\x1b[1m";
const RED: &str = "\x1b[1;31m";
const YELLOW: &str = "\x1b[1;33m";
const BLUE: &str = "\x1b[1;34m";
const CYAN: &str = "\x1b[1;36m";
const END: &str = "\x1b[0m";

impl fmt::Display for Rendered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let paint = |style: &'static str| if self.colors { style } else { "" };
        let (bold, blue, cyan, end) = (paint(BOLD), paint(BLUE), paint(CYAN), paint(END));
        let Diagnostic { code, path, position, message, help, excerpt } = self.diagnostic;
        let mark = paint(if code.is_some() { YELLOW } else { RED });
        write!(f, "{bold}{}", Escaped(self.source_name))?;
        if let Some(Position { line, column }) = position {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ":{end} ")?;
        if code.is_some() {
            write!(f, "{mark}warning:{end} ")?;
        }
        if !path.is_empty() {
            write!(f, "{}: ", Escaped(path))?;
        }
        // a message may quote the file
        let message = Escaped(message);
        match code {
            Some(code) => write!(f, "{bold}{message}{end} [{code}]")?,
            None => write!(f, "{bold}{message}{end}")?,
        }
        let number = position.map_or_else(String::new, |position| position.line.to_string());
        let margin = number.len();
        if let Some(Excerpt { line, caret, width }) = excerpt {
            write!(f, "\n  {blue}{number} |{end} {line}\n  {blue}{:margin$} |{end} ", "")?;
            write!(f, "{:caret$}{mark}{:^<width$}{end}", "", "")?;
        }
        if let Some(help) = help {
            write!(f, "\n  {blue}{:margin$} ={end} {cyan}help:{end} {}", "", Escaped(help))?;
        }
        Ok(())
    }
}
