//! The requests of the example: plain, canary, shadow, users of an experiment, and one that fails.

use std::error::Error;

/// The question of a request, and its headers.
type Request = (&'static str, &'static [(&'static str, &'static str)]);

const REQUESTS: [Request; 10] = [
    ("what is a trace", &[]),
    ("what is a span", &[("X-Canary-User", "false")]),
    ("what is a canary", &[("X-Canary-User", "true")]),
    ("and on which branch", &[("x-canary-user", "true")]),
    ("a copy of live traffic", &[("X-Shadow-Traffic", "true")]),
    ("how do I pay", &[("X-Plan", "pro"), ("X-User-Id", "user-42")]),
    ("how do I pay again", &[("X-Plan", "pro"), ("X-User-Id", "user-42")]),
    ("how does a team pay", &[("X-Plan", "team"), ("X-User-Id", "user-1")]),
    ("who am I", &[("X-Plan", "team")]),
    ("please overload", &[("X-Canary-User", "true")]),
];

/// Sends all requests to `url`, one after another.
pub(crate) async fn send(url: &str) -> Result<(), Box<dyn Error>> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    for (question, headers) in REQUESTS {
        let mut request = client.post(url).body(question);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await?.bytes().await?;
    }
    Ok(())
}
