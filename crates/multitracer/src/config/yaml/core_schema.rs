//! The types of plain scalars in YAML 1.2's core schema.

/// The type that the core schema gives a plain scalar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Typed {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// All other scalars, and integers beyond 64 bits, which would lose digits.
    Text,
}

/// Returns the type and the value of a plain scalar.
pub(crate) fn resolve(text: &str) -> Typed {
    if is_null(text) {
        return Typed::Null;
    }
    if let Some(value) = parse_bool(text) {
        return Typed::Bool(value);
    }
    if let Some(value) = parse_int(text) {
        return Typed::Int(value);
    }
    if is_decimal(text) {
        return Typed::Text;
    }
    parse_float(text).map_or(Typed::Text, Typed::Float)
}

/// Returns `true` for the forms of null, which include the empty text.
pub(crate) fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

pub(crate) fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

/// Parses a decimal, `0x` or `0o` integer of 64 bits.
pub(crate) fn parse_int(text: &str) -> Option<i64> {
    let digits = |rest: &str, radix| {
        rest.bytes().all(|b| b.is_ascii_alphanumeric()).then(|| i64::from_str_radix(rest, radix).ok())?
    };
    if let Some(rest) = text.strip_prefix("0x") {
        return digits(rest, 16);
    }
    if let Some(rest) = text.strip_prefix("0o") {
        return digits(rest, 8);
    }
    is_decimal(text).then(|| text.parse().ok())?
}

fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

/// Parses a number with a point or an exponent, `.inf`, `.nan`, or an integer.
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    let (sign, rest) = match text.as_bytes().first()? {
        b'-' => (-1.0, text.get(1..)?),
        b'+' => (1.0, text.get(1..)?),
        _ => (1.0, text),
    };
    match rest {
        ".inf" | ".Inf" | ".INF" => return Some(sign * f64::INFINITY),
        ".nan" | ".NaN" | ".NAN" if rest.len() == text.len() => return Some(f64::NAN),
        _ => {}
    }
    // Rust also parses `inf` and `nan`, which are text in YAML
    let number = rest.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && rest.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    number.then(|| rest.parse::<f64>().ok().map(|value| sign * value))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_plain_scalars() {
        for (text, typed) in [
            ("", Typed::Null),
            ("~", Typed::Null),
            ("null", Typed::Null),
            ("nULL", Typed::Text),
            ("true", Typed::Bool(true)),
            ("yes", Typed::Text),
            ("on", Typed::Text),
            ("0", Typed::Int(0)),
            ("-12", Typed::Int(-12)),
            ("+7", Typed::Int(7)),
            ("0123", Typed::Int(123)),
            ("0o17", Typed::Int(15)),
            ("0x1F", Typed::Int(31)),
            ("0x", Typed::Text),
            ("0x-1", Typed::Text),
            ("1_000", Typed::Text),
            ("99999999999999999999", Typed::Text),
            ("1.10", Typed::Float(1.1)),
            (".5", Typed::Float(0.5)),
            ("1.", Typed::Float(1.0)),
            ("-1e3", Typed::Float(-1000.0)),
            ("-.inf", Typed::Float(f64::NEG_INFINITY)),
            ("inf", Typed::Text),
            ("nan", Typed::Text),
            ("+.nan", Typed::Text),
            (".", Typed::Text),
            ("1.2.3", Typed::Text),
            ("12e03", Typed::Float(12000.0)),
            ("-", Typed::Text),
        ] {
            assert_eq!(resolve(text), typed, "{text:?}");
        }
        assert!(matches!(resolve(".nan"), Typed::Float(value) if value.is_nan()));
    }
}
