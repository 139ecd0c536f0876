//! The header field `baggage` (<https://www.w3.org/TR/baggage/>).
//!
//! OpenTelemetry's propagator ends a value at its second `=`, does not encode percent signs, and
//! sends properties as they are. A caller could so add entries to the baggage that a service sends.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::OWN_PREFIX;

/// The most bytes and entries of a field. A service must send at least as much, and may drop more
/// (<https://www.w3.org/TR/baggage/#limits>).
const MAX_BYTES: usize = 8_192;
const MAX_ENTRIES: usize = 64;

/// The bytes of a value that are encoded: all but the unreserved ones of RFC 3986. Some receivers
/// end a value at `=`, which a value may have as it is.
const IN_VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The bytes that a property may not have as they are. Properties are kept in their encoded form.
const IN_PROPERTIES: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b',').add(b'\\');

/// An entry of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    pub(super) name: &'a str,
    pub(super) value: Cow<'a, str>,
    /// The properties in their encoded form, separated by `;`.
    pub(super) properties: Cow<'a, str>,
}

/// Returns the entries of a field, in their order. Skips those that are malformed.
pub(super) fn decode(field: &str) -> impl Iterator<Item = Entry<'_>> {
    field.split(',').filter_map(|member| {
        let (pair, properties) = member.split_once(';').unwrap_or((member, ""));
        let (name, value) = pair.split_once('=')?;
        let (name, value) = (trim(name), trim(value));
        let value = percent_decode_str(value).decode_utf8_lossy();
        is_name(name).then(|| Entry { name, value, properties: clean(properties) })
    })
}

/// Returns the field with these entries. It has no entry that is malformed, or that does not fit.
pub(super) fn encode<'a>(entries: impl IntoIterator<Item = Entry<'a>>) -> String {
    let mut field = String::new();
    let mut count = 0;
    for Entry { name, value, properties } in entries {
        if !is_name(name) {
            continue;
        }
        let start = field.len();
        if start > 0 {
            field.push(',');
        }
        field.push_str(name);
        field.push('=');
        field.extend(utf8_percent_encode(&value, IN_VALUE));
        let properties = clean(&properties);
        if !properties.is_empty() {
            field.push(';');
            field.push_str(&properties);
        }
        if field.len() > MAX_BYTES {
            field.truncate(start);
            continue;
        }
        count += 1;
        if count == MAX_ENTRIES {
            break;
        }
    }
    field
}

/// Returns properties as W3C allows them.
fn clean(properties: &str) -> Cow<'_, str> {
    let properties = properties.split(';').map(trim).filter(|property| !property.is_empty());
    let mut encoded = properties.map(|property| match property.split_once('=') {
        Some((name, value)) => encode_property(trim(name)) + "=" + encode_property(trim(value)),
        None => encode_property(property),
    });
    let first = encoded.next().unwrap_or_default();
    encoded.fold(first, |all, property| all + ";" + property)
}

fn encode_property(part: &str) -> Cow<'_, str> {
    utf8_percent_encode(part, IN_PROPERTIES).into()
}

/// Returns `true` if the name of an entry is one of this library's, also in its encoded form: other
/// receivers decode names.
pub(super) fn is_own(name: &str) -> bool {
    let decoded: Cow<'_, [u8]> = percent_decode_str(name).into();
    decoded.starts_with(OWN_PREFIX.as_bytes())
}

/// Returns `true` for a token (RFC 9110, section 5.6.2).
fn is_name(name: &str) -> bool {
    let is_token_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_token_byte)
}

fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry<'a>((name, value, properties): &(&'a str, &'a str, &'a str)) -> Entry<'a> {
        Entry { name, value: (*value).into(), properties: (*properties).into() }
    }

    fn of_texts((name, value, properties): &(String, String, String)) -> Entry<'_> {
        Entry { name, value: value.as_str().into(), properties: properties.as_str().into() }
    }

    #[test]
    fn a_field_is_read_as_w3c_says() {
        for (field, expected) in [
            ("a=1", vec![("a", "1", "")]),
            ("a=1,b=2", vec![("a", "1", ""), ("b", "2", "")]),
            (" a\t= 1 , b =2 ; p ; q = x ", vec![("a", "1", ""), ("b", "2", "p;q=x")]),
            ("a=b=c==", vec![("a", "b=c==", "")]),
            ("a=%E2%82%AC%20%25%2C%3B", vec![("a", "\u{20ac} %,;", "")]),
            ("a=%E2%82", vec![("a", "\u{fffd}", "")]),
            ("a=100%", vec![("a", "100%", "")]),
            ("a=1+2", vec![("a", "1+2", "")]),
            ("a=1;p=%2Cx=y", vec![("a", "1", "p=%2Cx=y")]),
            ("a=", vec![("a", "", "")]),
            ("a,=1,b c=1,(d)=1,\u{e4}=1,,e=1", vec![("e", "1", "")]),
            ("a%41=1", vec![("a%41", "1", "")]),
        ] {
            let expected: Vec<_> = expected.iter().map(entry).collect();
            assert_eq!(decode(field).collect::<Vec<_>>(), expected, "{field:?}");
        }
    }

    #[test]
    fn a_property_adds_no_entry() {
        let field = encode([entry(&("a", "1", "p=,multitracer.route=x; q=\"\\ \r\n\u{e4}"))]);
        assert_eq!(field, "a=1;p=%2Cmultitracer.route=x;q=%22%5C%20%0D%0A%C3%A4");
        assert_eq!(decode(&field).count(), 1);
    }

    #[test]
    fn an_own_name_is_found_in_any_form() {
        for (name, expected) in [
            ("multitracer.route", true),
            ("multitracer.", true),
            ("%6dultitracer%2Eroute", true),
            ("multitracer", false),
            ("Multitracer.route", false),
            ("my.multitracer.route", false),
        ] {
            assert_eq!(is_own(name), expected, "{name}");
        }
    }

    #[test]
    fn a_field_has_limits_and_keeps_whole_entries() {
        let many: Vec<_> = (0..100).map(|n| (format!("n{n}"), "v".to_owned(), String::new())).collect();
        let many: Vec<_> = many.iter().map(of_texts).collect();
        assert_eq!(decode(&encode(many.clone())).collect::<Vec<_>>(), many[..MAX_ENTRIES]);
        let long = "\u{e4}".repeat(4_000);
        let [short, long] = [entry(&("short", "v", "")), entry(&("long", &long, ""))];
        assert_eq!(encode([short.clone(), long, short]), "short=v,short=v");
    }

    const NAME: &str = "[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}";

    proptest! {
        #[test]
        fn entries_come_back_as_they_were(
            entries in proptest::collection::vec((NAME, any::<String>(), "([a-z]{1,4}(=[!-+./-:<-~]{0,6})?;){0,3}"), 0..8),
        ) {
            let entries: Vec<_> = entries
                .into_iter()
                .map(|(name, value, properties)| {
                    (name, value, properties.replace(['"', '\\'], "").trim_end_matches(';').to_owned())
                })
                .collect();
            let entries: Vec<_> = entries.iter().map(of_texts).collect();
            let field = encode(entries.clone());
            prop_assert_eq!(decode(&field).collect::<Vec<_>>(), entries);
        }

        #[test]
        fn hostile_entries_stay_one_entry_each(
            entries in proptest::collection::vec((".{0,8}", any::<String>(), any::<String>()), 0..8),
        ) {
            let field = encode(entries.iter().map(of_texts));
            prop_assert!(field.bytes().all(|byte| byte.is_ascii_graphic()));
            let named = |entry: Entry<'_>| (entry.name.to_owned(), entry.value.into_owned());
            let expected: Vec<_> =
                entries.iter().map(of_texts).filter(|entry| is_name(entry.name)).map(named).collect();
            prop_assert_eq!(decode(&field).map(named).collect::<Vec<_>>(), expected);
        }

        #[test]
        fn the_sdk_reads_what_is_sent(value in any::<String>(), name in "[a-z]{1,8}") {
            use std::collections::HashMap;

            use opentelemetry::Context;
            use opentelemetry::baggage::BaggageExt as _;
            use opentelemetry::propagation::TextMapPropagator as _;
            use opentelemetry_sdk::propagation::BaggagePropagator;

            let field = encode([entry(&(&name, &value, ""))]);
            let headers = HashMap::from([("baggage".to_owned(), field)]);
            let cx = BaggagePropagator::new().extract_with_context(&Context::new(), &headers);
            // it trims the text after it is decoded
            prop_assert_eq!(cx.baggage().get(&name).map(ToString::to_string), Some(value.trim().to_owned()));
        }

        #[test]
        fn any_text_is_read_without_a_panic(field in any::<String>()) {
            prop_assert!(decode(&field).all(|entry| is_name(entry.name)));
        }
    }
}
