//! Decoding of base64 and of hexadecimal digits, at any place of a text.

use super::grams::MIN_LEN;
use super::view::{Place, View};

/// Decodes base64 in either alphabet, after the first `skipped` digits.
///
/// All other characters are skipped: line breaks, padding, punctuation. The caller tries four
/// values of `skipped`, because the text around the encoded part may consist of digits too.
pub(super) fn base64(view: &View, skipped: usize) -> Option<View> {
    decoded_view(base64_digits(view).skip(skipped), 6)
}

/// Decodes hexadecimal digits, after the first `skipped` digits. Other characters are skipped.
pub(super) fn hex(view: &View, skipped: usize) -> Option<View> {
    let digits = view.iter().filter_map(|(byte, place)| {
        let digit = char::from(byte).to_digit(16)?;
        Some((digit, place))
    });
    decoded_view(digits.skip(skipped), 4)
}

/// Returns the text that a secret encodes, if the whole secret is base64 of a text.
pub(super) fn encoded_text(secret: &View) -> Option<String> {
    let digits = secret.bytes().iter().rposition(|&byte| byte != b'=').map_or(0, |last| last + 1);
    let is_base64 = secret.bytes()[..digits].iter().all(|&byte| base64_digit(byte).is_some());
    if !is_base64 {
        return None;
    }
    String::from_utf8(decode(base64_digits(secret), 6).0).ok()
}

fn base64_digits(view: &View) -> impl Iterator<Item = (u32, Place)> {
    view.iter().filter_map(|(byte, place)| Some((base64_digit(byte)?, place)))
}

fn base64_digit(byte: u8) -> Option<u32> {
    let digit = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    };
    Some(u32::from(digit))
}

/// Returns the texts in the bytes that digits of `bits` bits encode, or `None` if there are none.
fn decoded_view(digits: impl Iterator<Item = (u32, Place)>, bits: u32) -> Option<View> {
    let (bytes, places) = decode(digits, bits);
    let view = View::decoded(&bytes, &places).without_noise(MIN_LEN);
    (!view.bytes().is_empty()).then_some(view)
}

/// Joins digits of `bits` bits to bytes.
fn decode(digits: impl Iterator<Item = (u32, Place)>, bits: u32) -> (Vec<u8>, Vec<Place>) {
    let (mut bytes, mut places) = (Vec::new(), Vec::new());
    let (mut buffer, mut filled, mut start) = (0_u32, 0, 0);
    for (digit, place) in digits {
        if filled == 0 {
            start = place.0;
        }
        buffer = buffer << bits | digit;
        filled += bits;
        if filled >= 8 {
            filled -= 8;
            bytes.push((buffer >> filled) as u8);
            places.push((start, place.1));
            // the rest of this digit begins the next byte
            start = place.0;
            buffer &= (1 << filled) - 1;
        }
    }
    (bytes, places)
}
