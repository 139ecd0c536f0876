//! The decoding of escapes: of JSON, of Rust strings, of URLs and of HTML.

use super::view::{Place, View};

/// Longest escape, in bytes: `\u{10ffff}` and `&#x10ffff;`.
const MAX_LEN: usize = 10;

/// A kind of escape. A text may hold something that looks like an escape of another kind, so each
/// kind is decoded alone.
#[derive(Clone, Copy)]
pub(super) enum Escape {
    /// `%41`, of URLs.
    Percent,
    /// `\n`, `\u0041` and `\u{41}`, of JSON and of Rust.
    Backslash,
    /// `&#65;` and `&amp;`, of HTML and XML.
    Entity,
}

impl Escape {
    pub(super) const ALL: [Self; 3] = [Self::Percent, Self::Backslash, Self::Entity];

    /// Decodes all escapes of this kind. Returns `None` if there are none.
    pub(super) fn decode(self, view: &View) -> Option<View> {
        let bytes = view.bytes();
        let (mut decoded, mut places): (Vec<u8>, Vec<Place>) = (Vec::new(), Vec::new());
        let (mut at, mut is_changed) = (0, false);
        while at < bytes.len() {
            let rest = &bytes[at..bytes.len().min(at + 2 * MAX_LEN)];
            let escape = self.read(rest);
            is_changed |= escape.is_some();
            let (char, len) = escape.unwrap_or((Decoded::Byte(bytes[at]), 1));
            match char {
                Decoded::Byte(byte) => decoded.push(byte),
                Decoded::Char(char) => decoded.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
            }
            let place = view.place(at..at + len)?;
            places.resize(decoded.len(), place);
            at += len;
        }
        is_changed.then(|| View::decoded(&decoded, &places))
    }

    /// Returns the meaning and the length of the escape that `bytes` begin with.
    fn read(self, bytes: &[u8]) -> Option<(Decoded, usize)> {
        let (&first, rest) = bytes.split_first()?;
        let (decoded, len) = match (self, first) {
            (Self::Percent, b'%') => hex_byte(rest, 0)?,
            (Self::Backslash, b'\\') => backslash(rest)?,
            (Self::Entity, b'&') => entity(rest)?,
            _ => return None,
        };
        Some((decoded, len + 1))
    }
}

/// The meaning of an escape.
enum Decoded {
    Byte(u8),
    Char(char),
}

/// Returns the byte of two hexadecimal digits after `skipped` bytes.
fn hex_byte(bytes: &[u8], skipped: usize) -> Option<(Decoded, usize)> {
    let byte = number(bytes.get(skipped..skipped + 2)?, 16)?;
    Some((Decoded::Byte(u8::try_from(byte).ok()?), skipped + 2))
}

fn backslash(rest: &[u8]) -> Option<(Decoded, usize)> {
    let byte = match rest {
        [b'u', b'{', digits @ ..] => {
            let len = digits.iter().take(MAX_LEN).position(|&byte| byte == b'}')?;
            return Some((Decoded::Char(char::from_u32(number(&digits[..len], 16)?)?), len + 3));
        }
        [b'u', digits @ ..] => return utf16(digits),
        [b'x', ..] => return hex_byte(rest, 1),
        // the next view drops control characters, so all of them may be the same
        [b'n' | b'r' | b't' | b'b' | b'f' | b'v' | b'a' | b'e' | b'0', ..] => b' ',
        [byte @ (b'"' | b'\'' | b'\\' | b'/'), ..] => *byte,
        _ => return None,
    };
    Some((Decoded::Byte(byte), 1))
}

/// Returns the character of `\u` with four digits, or of a pair of surrogates.
fn utf16(digits: &[u8]) -> Option<(Decoded, usize)> {
    let first = number(digits.get(..4)?, 16)?;
    if let Some(char) = char::from_u32(first) {
        return Some((Decoded::Char(char), 5));
    }
    let second = number(digits.get(4..)?.strip_prefix(b"\\u")?.get(..4)?, 16)?;
    let units = [u16::try_from(first).ok()?, u16::try_from(second).ok()?];
    let char = char::decode_utf16(units).next()?.ok()?;
    Some((Decoded::Char(char), 11))
}

fn entity(rest: &[u8]) -> Option<(Decoded, usize)> {
    let len = rest.iter().take(MAX_LEN).position(|&byte| byte == b';')?;
    let char = match &rest[..len] {
        b"amp" => '&',
        b"lt" => '<',
        b"gt" => '>',
        b"quot" => '"',
        b"apos" => '\'',
        b"nbsp" => ' ',
        [b'#', b'x' | b'X', digits @ ..] => char::from_u32(number(digits, 16)?)?,
        [b'#', digits @ ..] => char::from_u32(number(digits, 10)?)?,
        _ => return None,
    };
    Some((Decoded::Char(char), len + 1))
}

/// Parses a number that consists of digits alone.
fn number(digits: &[u8], radix: u32) -> Option<u32> {
    let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
    u32::from_str_radix(digits, radix).ok()
}
