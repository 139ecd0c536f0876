//! Secrets in every form in which a backend may repeat them.

use std::fmt::Write as _;
use std::time::Instant;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use proptest::prelude::*;
use proptest::sample::select;

use super::Redactor;

/// Characters that interrupt a secret without being seen, and their names in JSON.
const INTERRUPTIONS: [&str; 12] = [
    "\n", "\r\n", "\0", " ", "\t", "\u{200b}", "\u{200d}", "\u{202e}", "\u{2066}", "\u{feff}", "\u{ad}",
    "\u{1b}",
];

/// A form in which a backend repeats a text.
#[derive(Clone, Copy, Debug)]
enum Form {
    Plain,
    UpperCase,
    Json,
    JsonUtf16,
    DebugOfRust,
    Percent,
    PercentTwice,
    Html,
    Base64,
    Base64NoPad,
    Base64Url,
    Base64UrlNoPad,
    Base64Lines,
    Base64OfJson,
    PercentOfBase64,
    Hex,
}

impl Form {
    const ALL: [Self; 16] = [
        Self::Plain,
        Self::UpperCase,
        Self::Json,
        Self::JsonUtf16,
        Self::DebugOfRust,
        Self::Percent,
        Self::PercentTwice,
        Self::Html,
        Self::Base64,
        Self::Base64NoPad,
        Self::Base64Url,
        Self::Base64UrlNoPad,
        Self::Base64Lines,
        Self::Base64OfJson,
        Self::PercentOfBase64,
        Self::Hex,
    ];

    fn write(self, text: &str) -> String {
        let percent = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let json = |text: &str| serde_json::Value::from(text).to_string();
        match self {
            Self::Plain => text.to_owned(),
            Self::UpperCase => text.to_uppercase(),
            Self::Json => json(text).replace('/', "\\/"),
            Self::JsonUtf16 => text.encode_utf16().fold(String::new(), |mut all, unit| {
                let _ = write!(all, "\\u{unit:04x}");
                all
            }),
            Self::DebugOfRust => format!("{text:?}"),
            Self::Percent => percent(text),
            Self::PercentTwice => percent(&percent(text)),
            Self::Html => {
                text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;").replace('\'', "&#39;")
            }
            Self::Base64 => BASE64_STANDARD.encode(text),
            Self::Base64NoPad => BASE64_STANDARD_NO_PAD.encode(text),
            Self::Base64Url => BASE64_URL_SAFE.encode(text),
            Self::Base64UrlNoPad => BASE64_URL_SAFE_NO_PAD.encode(text),
            Self::Base64Lines => {
                let encoded: Vec<char> = BASE64_STANDARD.encode(text).chars().collect();
                let lines: Vec<String> = encoded.chunks(7).map(|line| line.iter().collect()).collect();
                lines.join("\r\n")
            }
            Self::Base64OfJson => BASE64_STANDARD.encode(json(text)),
            Self::PercentOfBase64 => percent(&BASE64_STANDARD.encode(text)),
            Self::Hex => text.bytes().fold(String::new(), |mut all, byte| {
                let _ = write!(all, "{byte:02x}");
                all
            }),
        }
    }
}

/// Returns `text` with `inserted` after each `every` characters.
fn interrupted(text: &str, every: usize, inserted: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let parts: Vec<String> = chars.chunks(every).map(|part| part.iter().collect()).collect();
    parts.join(inserted)
}

/// Returns all readings of a shown text that a reader could make with common tools.
fn readings(shown: &str) -> Vec<Vec<u8>> {
    let seen: String = shown.chars().filter(|char| !super::super::hidden::is_hidden(*char)).collect();
    let mut all = vec![seen.clone().into_bytes()];
    let percent: Vec<u8> = percent_decode_str(&seen).collect();
    all.push(percent_decode_str(&String::from_utf8_lossy(&percent)).collect());
    let unquoted = seen.trim_matches('"');
    all.extend(serde_json::from_str::<String>(&format!("\"{unquoted}\"")).ok().map(String::into_bytes));
    for text in [seen, String::from_utf8_lossy(&percent).into_owned()] {
        let text = text.replace('-', "+").replace('_', "/");
        for run in text.split(|char: char| !char.is_ascii_alphanumeric() && !matches!(char, '+' | '/')) {
            for skipped in 0..4.min(run.len()) {
                let digits = &run[skipped..run.len() - (run.len() - skipped) % 4];
                all.extend(BASE64_STANDARD.decode(digits).ok());
            }
        }
    }
    all
}

/// Panics if six consecutive characters of `secret` are shown, in any reading.
#[track_caller]
fn assert_hidden(shown: &str, secret: &str) {
    let secret: Vec<u8> =
        secret.bytes().filter(|byte| *byte > b' ').map(|byte| byte.to_ascii_lowercase()).collect();
    for part in shown.split("[REDACTED]") {
        for reading in readings(part) {
            let reading = reading.to_ascii_lowercase();
            let found = secret.windows(6).find(|gram| reading.windows(6).any(|window| window == *gram));
            assert!(found.is_none(), "{:?} in {shown:?}", found.map(String::from_utf8_lossy));
        }
    }
}

fn secrets() -> impl Strategy<Value = String> {
    prop_oneof![
        "[A-Za-z0-9_-]{8,48}",
        "[!-~]{8,40}",
        "[!-~]{3,12} [!-~]{6,12}",
        "[a-z]{3}\\.[A-Za-z0-9+/]{20}={0,2}"
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_six_characters_of_an_echoed_secret_are_shown(
        secret in secrets(),
        before in "[ -~]{0,20}",
        after in "[ -~]{0,20}",
        form in select(Form::ALL.to_vec()),
        inner in select(INTERRUPTIONS.to_vec()),
        outer in select(INTERRUPTIONS.to_vec()),
        (inner_every, outer_every) in (1..9_usize, 1..40_usize),
        cut in 0..3_usize,
    ) {
        let redactor = Redactor::new([secret.as_str()]);
        // a part of the secret, perhaps interrupted, in an encoding, which is interrupted too
        let part: String = secret.chars().skip(cut).collect();
        let part = if inner_every < 7 { interrupted(&part, inner_every, inner) } else { part };
        let echoed = form.write(&format!("{before}{part}{after}"));
        let echoed = if outer_every < 30 { interrupted(&echoed, outer_every, outer) } else { echoed };
        let shown = redactor.redact(&format!("invalid key: {echoed}, try again"));
        assert_hidden(&shown, &secret);
        prop_assert!(shown.contains("[REDACTED]"), "{shown:?}");
    }

    #[test]
    fn neither_half_of_basic_credentials_is_shown(
        user in "[a-zA-Z0-9_-]{4,20}",
        password in "[!-~]{6,30}",
        form in select(Form::ALL.to_vec()),
        is_padded: bool,
        shown_part in 0..4_usize,
    ) {
        let pair = format!("{user}:{password}");
        let token = if is_padded { BASE64_STANDARD.encode(&pair) } else { BASE64_STANDARD_NO_PAD.encode(&pair) };
        let redactor = Redactor::new([token.as_str()]);
        let echoed = [&user, &password, &pair, &token][shown_part];
        let shown = redactor.redact(&format!("got {} from you", form.write(echoed)));
        for secret in [&user, &password, &pair, &token] {
            assert_hidden(&shown, secret);
        }
    }

    #[test]
    fn other_texts_stay_as_they_are(text in "\\PC{0,200}") {
        let redactor = Redactor::new(["Zq7-unlikely-9xW", "V2h5IGFyZSB5b3UgcmVhZGluZyB0aGlzPw=="]);
        prop_assert_eq!(redactor.redact(&text), text);
    }
}

#[test]
fn the_words_around_a_secret_stay() {
    let redactor = Redactor::new(["sk-live-1234567890", "tiny", "abc"]);
    for (text, shown) in [
        ("the key sk-live-1234567890 has expired", "the key [REDACTED] has expired"),
        ("the key sk-live-… has expired", "the key [REDACTED]… has expired"),
        ("keys begin with sk-li", "keys begin with sk-li"),
        ("tiny, abc and tin", "[REDACTED], abc and tin"),
        ("{\"key\":\"sk-live-\\u00311234567890\"}", "{\"key\":\"[REDACTED]\"}"),
        ("prüfung sk-\u{202e}live-12345\n67890 検査", "prüfung [REDACTED] 検査"),
    ] {
        assert_eq!(redactor.redact(text), shown, "{text}");
    }
}

#[test]
fn the_time_is_linear_in_the_length() {
    let redactor = Redactor::new(["sk-live-1234567890"]);
    let time = |len: usize| {
        let bodies = ["%25\\u0025sk-live-", "c2stbGl2ZS0x", "\u{202e}", "&#x31;2\\", "\\u{", "&"]
            .map(|part| part.repeat(len / part.len()));
        let once = || {
            let started = Instant::now();
            assert!(bodies.iter().all(|body| !redactor.redact(body).is_empty()));
            started.elapsed()
        };
        // the best of several runs, because another process can delay any one of them
        (0..5).map(|_| once()).min().unwrap_or_default()
    };
    let (short, long) = (time(16 << 10), time(128 << 10));
    // eight times the text; a quadratic search takes 64 times as long
    assert!(long < short * 24, "{short:?} for 16 KiB, {long:?} for 128 KiB");
}
